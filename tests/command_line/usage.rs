//! What is said before or instead of doing anything.

use std::fs;

use crate::lan::{Lan, Receiving};

#[test]
fn wrong_usage_is_code_2() {
    let lan = Lan::new();
    lan.file("a.txt", b"hello");
    let office = lan.computer("Office");
    for words in [
        &["there-is-no-such-file"][..],
        &["send", "--to", "Mei", "there-is-no-such-file"],
        &["send", "a.txt"],
        &["send", "--to", "Mei"],
        &["a.txt", "nearby"],
        &["nearby", "--no-such-option"],
        &["shelf", "add", "there-is-no-such-file"],
        &["receive", "--accept", "some"],
        &["compare", "--yes"],
        &["known", "verify"],
    ] {
        let ended = office.run(words).with_code(2);
        assert_eq!(ended.out, "", "{words:?}");
        assert_eq!((ended.err.lines().count(), ended.err.starts_with("fantail: ")), (1, true), "{}", ended.err);
    }
    for words in [&["--json", "there-is-no-such-file"][..], &["send", "--json", "a.txt"]] {
        let json = office.run(words).with_code(2);
        assert_eq!((json.json().len(), json.err.as_str()), (1, ""), "{}", json.out);
        assert_eq!(json.event("error")["code"], "usage");
    }
    office.run(&["--help"]).with_code(0);
    office.run(&["send", "--help"]).with_code(0);
    assert!(!office.home().exists(), "nothing was begun");
}

#[test]
fn without_a_display_the_window_is_refused_in_one_sentence_that_names_the_way() {
    let lan = Lan::new();
    let ended = lan.computer("Office").run(&[]).with_code(1);
    assert_eq!(ended.err.lines().count(), 1, "{}", ended.err);
    assert!(ended.err.contains("fantail --help"));
}

#[test]
fn what_a_person_should_know_is_said_once_whatever_the_command_does() {
    let lan = Lan::new();
    let (mei, office) = (lan.computer("Mei"), lan.computer("Office"));
    for computer in [&mei, &office] {
        fs::create_dir_all(computer.home()).unwrap();
        fs::write(computer.home().join("fantail.db"), "this is no database, and long enough to be seen as none")
            .unwrap();
    }
    let known = mei.run(&["known"]).with_code(0);
    assert_eq!((known.err.lines().count(), known.out.as_str()), (1, ""), "{}", known.err);
    assert!(known.err.contains("could not be read"), "{}", known.err);
    assert_eq!(mei.run(&["known"]).with_code(0).err, "");

    let receiving = Receiving::of(office.command(&["receive", "--json", "--port", "0"]).spawn().unwrap());
    assert_eq!(receiving.event("notice")["code"], "store-set-aside");
    receiving.event("ready");
    receiving.interrupt();
    assert!(receiving.lines.iter().all(|line| line["event"] != "notice"), "said again");
}

#[test]
fn a_list_of_nothing_says_so_to_people_and_nothing_to_programs() {
    let lan = Lan::new();
    let (mei, office) = (lan.computer("Mei"), lan.computer("Office"));
    let nobody = office.run(&["nearby", "--for", "0"]).with_code(0);
    assert_eq!((nobody.out.as_str(), nobody.err.lines().count()), ("", 1), "{}", nobody.err);
    let receiving = mei.receive(&[]);
    let empty = office.run(&["take", "--list", "--from", &receiving.address()]).with_code(0);
    assert_eq!((empty.out.as_str(), empty.err.as_str()), ("", "Nothing is put out for this computer\n"));
    let empty = office.run(&["take", "--list", "--json", "--from", &receiving.address()]).with_code(0);
    assert_eq!((empty.out.as_str(), empty.err.as_str()), ("", ""));
}
