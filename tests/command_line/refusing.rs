//! What is declined, given up or stopped.

use std::{
    fs,
    time::{Duration, Instant},
};

use crate::lan::{Ended, Lan, Signal, WindowLike, interrupt, signal_to};

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
    let stopped = Ended::of(child, &words).with_code(1);
    assert_eq!(stopped.event("stopped")["code"], "cancelled");
    assert_eq!(receiving.event("stopped")["code"], "cancelled");
    assert!(!mei.received("big").exists());
    receiving.interrupt();
    receiving.end().with_code(0);
}

#[cfg(unix)]
#[test]
fn a_sender_that_the_system_ends_goes_on_where_it_was_at_the_next_start() {
    for (signal, name) in [(Signal::TERM, "terminated"), (Signal::HUP, "hung up")] {
        let lan = Lan::new();
        let (mei, office) = (lan.computer("Mei"), lan.computer("Office"));
        let receiving = mei.receive(&["--accept", "all"]);
        let size = 400_000_000;
        fs::File::create(lan.dir.path().join("big")).unwrap().set_len(size).unwrap();
        let words = ["send", "--json", "--to", &receiving.address(), "big"];
        let child = office.command(&words).spawn().unwrap();
        receiving.event("progress");
        signal_to(&child, signal);
        let stopped = Ended::of(child, &words).with_code(5);
        assert_eq!(stopped.event("stopped")["code"], "left", "{name}");
        assert!(!mei.received("big").exists(), "{name}");
        let goes_on = office.receive(&[]);
        let saved = receiving.event("saved");
        assert_eq!(
            (&saved["name"], &saved["transfer"]),
            (&"big".into(), &stopped.event("stopped")["transfer"]),
            "{name}"
        );
        assert_eq!(fs::metadata(mei.received("big")).unwrap().len(), size);
        assert!(!mei.received("big (2)").exists(), "{name}");
        drop(goes_on);
    }
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
