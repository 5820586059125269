//! The command line as a script would use it: the real program, two homes on one machine, real sockets on loopback.
// Clippy sees only the test functions themselves as tests, not what helps them.
#![allow(clippy::unwrap_used, clippy::panic)]

mod comparing;
mod lan;
#[cfg(target_os = "linux")]
mod terminal;

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead as _, BufReader},
    path::Path,
    process::Child,
    time::{Duration, Instant},
};

use lan::{Ended, Lan, PATIENCE, Receiving, WindowLike, interrupt};
use serde_json::Value;

#[test]
fn computers_on_one_network_are_listed_with_what_is_known_of_them() {
    let lan = Lan::new();
    let mei = lan.computer("Mei's laptop").receive(&[]);
    let listed = lan.computer("Office").run(&["nearby", "--json", "--for", "3"]).with_code(0);
    let lines = listed.json();
    assert_eq!(lines.len(), 1, "{}", listed.out);
    assert_eq!(lines[0]["name"], "Mei's laptop");
    assert_eq!(lines[0]["fingerprint"], mei.fingerprint());
    assert_eq!(lines[0]["port"], mei.ready["port"]);
    assert_eq!(lines[0]["kind"], "computer");
    assert_eq!(lines[0]["addresses"][0], "127.0.0.1");
    for (what, expected) in [("verified", false), ("reachable", true), ("new", true)] {
        assert_eq!(lines[0][what], expected, "{what}");
    }
    let for_people = lan.computer("Office").run(&["nearby", "--for", "3"]).with_code(0);
    assert!(for_people.out.contains("Mei's laptop") && for_people.out.contains(mei.fingerprint()));
}

#[test]
fn a_text_a_file_and_a_folder_arrive_whole_and_both_sides_say_so() {
    let lan = Lan::new();
    let (mei, office) = (lan.computer("Mei"), lan.computer("Office"));
    let photo: Vec<u8> = (0..3_000_000u32).map(|n| (n.wrapping_mul(n) >> 5) as u8).collect();
    let path = lan.file("照片.jpg", &photo);
    lan.file("folder/deep/note.txt", b"note");
    fs::create_dir_all(lan.dir.path().join("folder/empty")).unwrap();

    let receiving = mei.receive(&["--accept", "all"]);
    let words = ["send", "--json", "--to", "Mei", "--new", "--text", "你好", "照片.jpg", "folder"];
    let sent = office.run(&words).with_code(0);

    let text = receiving.event("text");
    assert_eq!((text["text"].as_str(), text["from"].as_str()), (Some("你好"), Some("Office")));
    let saved = [receiving.event("saved"), receiving.event("saved")];
    let file = saved.iter().find(|line| line["name"] == "照片.jpg").unwrap();
    assert_eq!(file["path"], mei.received("照片.jpg").to_str().unwrap());
    assert_eq!((file["bytes"].as_u64(), file["from"].as_str()), (Some(3_000_000), Some("Office")));
    assert!(fs::read(mei.received("照片.jpg")).unwrap() == photo);
    assert_eq!(fs::read(mei.received("folder/deep/note.txt")).unwrap(), b"note");
    assert!(mei.received("folder/empty").is_dir());

    let lines = sent.json();
    let saved: Vec<&Value> = lines.iter().filter(|line| line["event"] == "saved").collect();
    assert_eq!(saved.len(), 3, "{}", sent.out);
    for line in saved {
        assert_eq!((line["to"].as_str(), line["fingerprint"].as_str()), (Some("Mei"), Some(receiving.fingerprint())));
        assert_eq!(line["transfer"].as_str().unwrap().len(), 32);
    }
    let file = lines.iter().find(|line| line["name"] == "照片.jpg").unwrap();
    assert_eq!(file["path"], path.to_str().unwrap());
}

#[test]
fn nothing_that_is_there_is_overwritten() {
    let lan = Lan::new();
    let (mei, office) = (lan.computer("Mei"), lan.computer("Office"));
    let receiving = mei.receive(&["--accept", "all"]);
    for content in ["one", "two"] {
        lan.file("a.txt", content.as_bytes());
        office.run(&["send", "--to", &receiving.address(), "a.txt"]).with_code(0);
    }
    assert_eq!(fs::read(mei.received("a.txt")).unwrap(), b"one");
    assert_eq!(fs::read(mei.received("a (2).txt")).unwrap(), b"two");
}

#[test]
fn receiving_once_into_a_folder_ends_after_the_first_thing_is_saved() {
    let lan = Lan::new();
    lan.file("a.txt", b"hello");
    let receiving = lan.computer("Mei").receive(&["--accept", "all", "--once", "--into", "new/folder"]);
    assert_eq!(receiving.ready["path"], lan.dir.path().join("new/folder").to_str().unwrap());
    let to = receiving.fingerprint().to_lowercase();
    lan.computer("Office").run(&["send", "--to", &to, "a.txt"]).with_code(0);
    let saved = receiving.event("saved");
    let place = lan.dir.path().join("new/folder/a.txt");
    assert_eq!(saved["path"], place.to_str().unwrap());
    assert_eq!(fs::read(place).unwrap(), b"hello");
    receiving.end().with_code(0);
}

#[test]
fn a_folder_that_nothing_can_be_saved_into_is_refused_before_anything_arrives() {
    let lan = Lan::new();
    lan.file("file", b"not a folder");
    let (mei, office) = (lan.computer("Mei"), lan.computer("Office"));
    for words in [&["receive", "--into", "file"][..], &["take", "--from", "Mei", "--into", "file/below"]] {
        let refused = office.run(words).with_code(1);
        assert!(refused.err.starts_with("fantail: Nothing can be saved into the folder /"), "{}", refused.err);
        assert_eq!(refused.err.lines().count(), 1, "{}", refused.err);
    }
    let refused = mei.run(&["receive", "--json", "--into", "file"]).with_code(1);
    assert_eq!((refused.json().len(), &refused.event("error")["code"]), (1, &"folder-not-writable".into()));
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

#[test]
fn text_comes_from_stdin_when_asked_for() {
    let lan = Lan::new();
    let receiving = lan.computer("Mei").receive(&["--accept", "all"]);
    let input = lan.file("input", b"first line\nsecond line\n");
    let words = ["send", "--to", &receiving.address(), "--text", "-"];
    let child = lan.computer("Office").command(&words).stdin(fs::File::open(input).unwrap()).spawn().unwrap();
    let ended = Ended::of(child, &words).with_code(0);
    assert_eq!(ended.out, "Saved on Mei\n");
    assert_eq!(receiving.event("text")["text"], "first line\nsecond line");
}

#[test]
fn without_anybody_to_ask_a_stranger_is_declined() {
    let lan = Lan::new();
    lan.file("a.txt", b"hello");
    let mei = lan.computer("Mei");
    let receiving = mei.receive(&[]);
    let words = ["send", "--json", "--to", &receiving.address(), "a.txt"];
    let declined = lan.computer("Office").run(&words).with_code(4);
    assert_eq!(declined.event("declined")["to"], "Mei");
    assert!(!mei.received("a.txt").exists());
    let for_people = lan.computer("Office").run(&["send", "--to", &receiving.address(), "a.txt"]).with_code(4);
    assert!(for_people.err.contains("Mei declined"), "{}", for_people.err);
    assert_eq!(for_people.out, "");
}

#[test]
fn nobody_found_is_code_3_and_one_sentence() {
    let lan = Lan::new();
    lan.file("a.txt", b"hello");
    let office = lan.computer("Office");
    let nobody = office.run(&["send", "--to", "Zoe", "a.txt"]).with_code(3);
    assert_eq!((nobody.err.as_str(), nobody.out.as_str()), ("fantail: Nobody called Zoe was found\n", ""));
    // A port that nobody listens on any more.
    let refusing = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let refused = office.run(&["send", "--json", "--to", &refusing.to_string(), "a.txt"]).with_code(3);
    let code = &refused.event("error")["code"];
    assert!(code == "not-found" || code == "not-reachable", "{code}");
}

#[test]
fn a_stranger_is_meant_by_name_only_when_said_so() {
    let lan = Lan::new();
    let _receiving = lan.computer("Mei").receive(&["--accept", "all"]);
    let office = lan.computer("Office");
    office.run(&["send", "--to", "Mei", "--text", "hi"]).with_code(3);
    office.run(&["send", "--to", "Mei", "--new", "--text", "hi"]).with_code(0);
    // Now she is known.
    office.run(&["send", "--to", "Mei", "--text", "hi again"]).with_code(0);
}

#[test]
fn two_of_one_name_are_told_apart_by_their_fingerprints() {
    // A name that no other test uses: their computers may come by at a port that was theirs.
    let lan = Lan::new();
    let one = lan.computer("Twin").receive(&["--accept", "all"]);
    let other = lan.computer("Twin").receive(&["--accept", "all", "--home", "twin"]);
    let office = lan.computer("Office");
    let both = office.run(&["send", "--json", "--to", "Twin", "--new", "--text", "hi"]).with_code(1);
    let error = both.event("error");
    assert_eq!(error["code"], "ambiguous");
    let mut told: Vec<&str> = error["fingerprints"].as_array().unwrap().iter().map(|f| f.as_str().unwrap()).collect();
    let mut expected = [one.fingerprint(), other.fingerprint()];
    told.sort_unstable();
    expected.sort_unstable();
    assert_eq!(told, expected);
    office.run(&["send", "--to", other.fingerprint(), "--text", "hi"]).with_code(0);
    assert_eq!(other.event("text")["text"], "hi");
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
fn things_on_the_shelf_are_listed_and_taken_by_those_they_are_for() {
    let lan = Lan::new();
    let (mei, office) = (lan.computer("Mei"), lan.computer("Office"));
    lan.file("cat.jpg", b"a cat");
    lan.file("album/1.jpg", b"one");
    lan.file("secret.txt", b"secret");
    let added = mei.run(&["shelf", "add", "--json", "cat.jpg", "album", "--for", "all"]).with_code(0).json();
    assert_eq!(added.len(), 2);
    assert_eq!((added[0]["name"].as_str(), added[0]["for"].as_str()), (Some("cat.jpg"), Some("all")));
    mei.run(&["shelf", "add", "secret.txt"]).with_code(0);
    assert_eq!(mei.run(&["shelf", "list", "--json"]).with_code(0).json().len(), 3);

    let receiving = mei.receive(&[]);
    let from = receiving.address();
    let offered = office.run(&["take", "--from", &from, "--list", "--json"]).with_code(0).json();
    let names: Vec<&str> = offered.iter().map(|item| item["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["cat.jpg", "album"]);

    let cat = offered[0]["id"].to_string();
    let taken = office.run(&["take", "--json", "--from", &from, "--into", "taken", &cat]).with_code(0);
    let place = lan.dir.path().join("taken/cat.jpg");
    assert_eq!(taken.event("saved")["path"], place.to_str().unwrap());
    assert_eq!(fs::read(place).unwrap(), b"a cat");
    assert!(!lan.dir.path().join("taken/album").exists());

    office.run(&["take", "--from", &from]).with_code(0);
    assert_eq!(fs::read(office.received("album/1.jpg")).unwrap(), b"one");
    assert!(!office.received("secret.txt").exists());

    // While it runs, too.
    mei.run(&["shelf", "remove", &cat]).with_code(0);
    let gone = office.run(&["take", "--json", "--from", &from, &cat]).with_code(1);
    assert_eq!(gone.event("stopped")["code"], "not-on-shelf");
    mei.run(&["shelf", "remove", &cat]).with_code(1);
}

#[test]
fn rules_decide_what_is_taken_and_forgetting_takes_them_back() {
    let lan = Lan::new();
    lan.file("a.txt", b"hello");
    let (mei, office) = (lan.computer("Mei"), lan.computer("Office"));
    let receiving = mei.receive(&["--accept", "known"]);
    let to = receiving.address();
    office.run(&["send", "--to", &to, "a.txt"]).with_code(4);

    // Having met gives nothing; a rule does.
    let known = office.run(&["known", "--json"]).with_code(0).json();
    assert_eq!((known[0]["name"].as_str(), known[0]["rule"].as_str()), (Some("Mei"), Some("ask")));
    let me = office.receive(&["--accept", "known"]);
    mei.run(&["known", "accept", me.fingerprint()]).with_code(0);
    office.run(&["send", "--to", &to, "a.txt"]).with_code(0);
    assert_eq!(fs::read(mei.received("a.txt")).unwrap(), b"hello");

    mei.run(&["known", "rename", "Office", "My desk"]).with_code(0);
    mei.run(&["known", "block", "My desk"]).with_code(0);
    let listed = mei.run(&["known", "list", "--json"]).with_code(0).json();
    assert_eq!((listed[0]["name"].as_str(), listed[0]["rule"].as_str()), (Some("My desk"), Some("block")));
    assert_ne!(office.run(&["send", "--to", &to, "a.txt", "--wait", "3"]).code, 0);
    assert!(!mei.received("a (2).txt").exists());

    mei.run(&["known", "forget", "My desk"]).with_code(0);
    assert_eq!(mei.run(&["known"]).with_code(0).out, "");
    mei.run(&["known", "accept", "Nobody of that name"]).with_code(3);
}

#[test]
fn several_computers_get_the_same_thing_and_each_says_for_itself() {
    let lan = Lan::new();
    lan.file("a.txt", b"hello");
    let (mei, dad) = (lan.computer("Mei"), lan.computer("Dad"));
    let (to_mei, to_dad) = (mei.receive(&["--accept", "all"]), dad.receive(&[]));
    let words = ["send", "--json", "--to", &to_mei.address(), "--to", &to_dad.address(), "a.txt"];
    let sent = lan.computer("Office").run(&words).with_code(4);
    assert_eq!(sent.event("saved")["to"], "Mei");
    assert_eq!(sent.event("declined")["to"], "Dad");
    assert!(mei.received("a.txt").exists() && !dad.received("a.txt").exists());
}

#[test]
fn while_one_receives_its_other_commands_go_through_it_and_a_second_receiver_is_refused() {
    let lan = Lan::new();
    lan.file("a.txt", b"hello");
    let (mei, office) = (lan.computer("Mei"), lan.computer("Office"));
    let (receiving, busy) = (mei.receive(&["--accept", "all"]), office.receive(&["--accept", "all"]));
    let refused = office.run(&["receive", "--json"]).with_code(1);
    assert_eq!(refused.event("error")["code"], "running");
    let sent = office.run(&["send", "--json", "--to", &receiving.address(), "a.txt"]).with_code(0);
    assert_eq!(sent.event("saved")["name"], "a.txt");
    // The one with the engine saw it too.
    assert_eq!(busy.event("saved")["to"], "Mei");
    assert_eq!(receiving.event("saved")["fingerprint"], busy.fingerprint());
}

#[test]
fn commands_at_the_same_time_share_one_engine_and_all_come_to_their_end() {
    let lan = Lan::new();
    let receiving = lan.computer("Mei").receive(&["--accept", "all"]);
    let office = lan.computer("Office");
    let children: Vec<Child> = (0..6)
        .map(|n| {
            let words = ["send", "--to", &receiving.address(), "--text", &format!("number {n}")];
            office.command(&words).spawn().unwrap()
        })
        .collect();
    for child in children {
        Ended::of(child, &["send"]).with_code(0);
    }
    let mut texts: Vec<String> = (0..6).map(|_| receiving.event("text")["text"].as_str().unwrap().to_owned()).collect();
    texts.sort_unstable();
    assert_eq!(texts, (0..6).map(|n| format!("number {n}")).collect::<Vec<_>>());
}

#[test]
fn line_by_line_a_transfer_is_told_in_the_order_in_which_it_happens() {
    let lan = Lan::new();
    let receiving = lan.computer("Mei").receive(&["--accept", "all"]);
    // Holes cost no disk; the last item ends the transfer.
    for (name, size) in [("first", 150_000_000), ("last", 150_000_000)] {
        lan.file(name, b"");
        fs::File::options().write(true).open(lan.dir.path().join(name)).unwrap().set_len(size).unwrap();
    }
    let words = ["send", "--json", "--to", &receiving.address(), "--text", "hello", "first", "last"];
    let sent = lan.computer("Office").run(&words).with_code(0).json();
    let mut came: Vec<Value> = Vec::new();
    while came.iter().filter(|line| line["event"] == "saved" || line["event"] == "text").count() < 3 {
        came.push(receiving.lines.recv_timeout(PATIENCE).unwrap());
    }
    receiving.interrupt();
    came.extend(receiving.lines.iter());
    receiving.end().with_code(0);

    for (lines, text) in [(sent, "saved"), (came, "text")] {
        let mut transfers: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
        for line in &lines {
            let transfer = line["transfer"].as_str().unwrap_or_else(|| panic!("{line}"));
            assert!(transfer.len() == 32 && line["fingerprint"].as_str().unwrap().len() == 64, "{line}");
            transfers.entry(transfer).or_default().push(line);
        }
        assert_eq!(transfers.len(), 2);
        for lines in transfers.values() {
            let events: Vec<&str> = lines.iter().map(|line| line["event"].as_str().unwrap()).collect();
            let ends = events.iter().filter(|event| **event != "waiting" && **event != "progress").count();
            if lines.iter().any(|line| line["item"].is_null() && line["event"] == text) {
                assert_eq!((ends, events.last()), (1, Some(&text)), "{events:?}");
                continue;
            }
            assert!(events.contains(&"progress"), "{events:?}");
            assert_eq!((ends, events.last()), (2, Some(&"saved")), "{events:?}");
            assert!(events.iter().rposition(|event| *event == "waiting").is_none_or(|at| at == 0), "{events:?}");
            let told = lines.iter().filter(|line| line["event"] == "progress");
            let bytes: Vec<u64> = told.clone().map(|line| line["bytes"].as_u64().unwrap()).collect();
            assert!(bytes.is_sorted() && told.clone().all(|line| line["total"] == 300_000_000), "{bytes:?}");
        }
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_a_sender_that_moves_data_and_a_receiver_that_waits() {
    let lan = Lan::new();
    let (mei, office) = (lan.computer("Mei"), lan.computer("Office"));
    let receiving = mei.receive(&["--accept", "all"]);
    // Long enough to be interrupted; a hole costs the sender no disk.
    let big = lan.dir.path().join("big");
    fs::File::create(&big).unwrap().set_len(4_000_000_000).unwrap();
    let words = ["send", "--json", "--to", &receiving.address(), "big"];
    let child = office.command(&words).spawn().unwrap();
    receiving.event("progress");
    interrupt(&child);
    let stopped = Ended::of(child, &words).with_code(5);
    assert_eq!(stopped.event("stopped")["code"], "cancelled");
    assert_eq!(receiving.event("stopped")["code"], "cancelled");
    assert!(!mei.received("big").exists());
    receiving.interrupt();
    receiving.end().with_code(0);
}

#[test]
fn what_is_not_answered_in_time_is_given_up() {
    let lan = Lan::new();
    lan.file("a.txt", b"hello");
    let mei = WindowLike::open(&lan, "Mei");
    let words = ["send", "--json", "--to", &mei.address(), "--wait", "1", "a.txt"];
    let started = Instant::now();
    let ended = lan.computer("Office").run(&words).with_code(4);
    assert!(started.elapsed() < Duration::from_secs(15));
    assert_eq!(ended.event("waiting")["to"], "Mei");
    assert_eq!(ended.event("stopped")["code"], "no-answer");
}

#[test]
fn while_a_window_runs_commands_are_handed_to_it_and_paths_are_shown_in_it() {
    let lan = Lan::new();
    let path = lan.file("a b.txt", b"hello");
    let (mei, office) = (lan.computer("Mei"), lan.computer("Office"));
    let receiving = mei.receive(&["--accept", "all"]);
    let mut window = WindowLike::open(&lan, "Office");

    office.run(&["a b.txt"]).with_code(0);
    assert_eq!(window.shown.recv_timeout(PATIENCE).unwrap(), [path]);
    office.run(&[]).with_code(0);
    assert!(window.shown.recv_timeout(PATIENCE).unwrap().is_empty());
    office.run(&["there-is-no-such-file"]).with_code(2);

    let me = window.engine.client(|| {}).snapshot().me.fingerprint.unwrap().to_string();
    let sent = office.run(&["send", "--json", "--to", &receiving.address(), "a b.txt"]).with_code(0);
    assert_eq!(sent.event("saved")["name"], "a b.txt");
    assert_eq!(receiving.event("saved")["fingerprint"], me.as_str());
    assert_eq!(office.run(&["send", "--to", "Nobody", "a b.txt"]).with_code(3).err.lines().count(), 1);

    let refused = office.run(&["receive"]).with_code(1);
    assert_eq!(refused.err.lines().count(), 1, "{}", refused.err);
    assert_eq!(refused.out, "");

    // Its end is the end of the hand-over, not of the command line.
    drop(window.serving.take());
    assert!(window.engine.shutdown(Duration::from_secs(5)));
    let alone = office.run(&["send", "--json", "--to", &receiving.address(), "a b.txt"]).with_code(0);
    assert_eq!(alone.event("saved")["name"], "a b.txt");
}

#[cfg(unix)]
#[test]
fn ctrl_c_at_a_command_that_was_handed_over_cancels_it_in_the_window() {
    let lan = Lan::new();
    lan.file("a.txt", b"hello");
    let mei = WindowLike::open(&lan, "Mei");
    let office = lan.computer("Office");
    let window = WindowLike::open(&lan, "Office");
    let words = ["send", "--json", "--to", &mei.address(), "a.txt"];
    let mut child = office.command(&words).spawn().unwrap();
    let mut first = String::new();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    out.read_line(&mut first).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&first).unwrap()["event"], "waiting");
    interrupt(&child);
    Ended::of(child, &words).with_code(5);
    let client = window.engine.client(|| {});
    let until = Instant::now() + PATIENCE;
    while !client.snapshot().transfers.is_empty() {
        assert!(Instant::now() < until, "it goes on in the window");
        client.wait(Duration::from_millis(100));
    }
}

#[cfg(unix)]
#[test]
fn a_name_made_to_command_a_terminal_is_only_shown() {
    let lan = Lan::new();
    let evil = "\u{1b}]0;owned\u{7}x\u{202e}gpj.txt";
    lan.file(evil, b"hello");
    let receiving = lan.computer("Mei").receive(&["--accept", "all"]);
    let sent = lan.computer("Office").run(&["send", "--to", &receiving.address(), evil]).with_code(0);
    let harmful = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
    assert!(sent.out.contains("gpj.txt") && !sent.out.contains(harmful), "{:?}", sent.out);
    let saved = receiving.event("saved");
    let place = Path::new(saved["path"].as_str().unwrap());
    assert!(!place.file_name().unwrap().to_str().unwrap().contains(harmful));
    assert_eq!(fs::read(place).unwrap(), b"hello");
}
