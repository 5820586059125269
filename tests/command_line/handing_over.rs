//! Commands of one home share one engine: a window's, that of `receive`, or each other's.

use std::{
    io::{BufRead as _, BufReader},
    process::Child,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::lan::{Ended, Lan, PATIENCE, WindowLike, interrupt};

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
    Ended::of(child, &words).with_code(1);
    let client = window.engine.client(|| {});
    let until = Instant::now() + PATIENCE;
    while !client.snapshot().transfers.is_empty() {
        assert!(Instant::now() < until, "it goes on in the window");
        client.wait(Duration::from_millis(100));
    }
}
