//! A disk that says it is full, or a quota that is used up, at calls where no file system here does so by itself: strace
//! answers in its stead.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
};

use super::lan::{Lan, interrupt};

fn noise(length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    blake3::Hasher::new().update(&length.to_le_bytes()).finalize_xof().fill(&mut bytes);
    bytes
}

/// From now on these system calls of a program fail.
fn make_fail(child: &Child, inject: &str) -> Child {
    let mut strace = Command::new("strace")
        .args(["-f", "-o", "/dev/null", "-e", inject, "-p", &child.id().to_string()])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(strace.stderr.take().unwrap()).lines();
    let said = lines.next().map(Result::unwrap).unwrap_or_default();
    assert!(said.contains("attached"), "strace: {said}");
    std::thread::Builder::new().name("strace".into()).spawn(move || lines.for_each(drop)).unwrap();
    strace
}

/// The receiving program's calls fail for a while; what came until then is gone on with.
fn hand_over(inject: &str) {
    let lan = Lan::new();
    let (one, other) = (lan.computer("Studio Mac"), lan.computer("Office PC"));
    let film = lan.file("film.mkv", &noise(60 << 20));
    for n in 0..400 {
        lan.file(&format!("trip/day {}/{n}.bin", n % 20), &noise(3_000 + n));
    }
    let receiving = other.receive(&["--accept", "all"]);
    let mut failing = make_fail(receiving.child.as_ref().unwrap(), inject);

    let trip = lan.dir.path().join("trip");
    let to = receiving.address();
    let words = ["send", "--new", "--to", &to, film.to_str().unwrap(), trip.to_str().unwrap()];
    let ended = one.run(&words).with_code(5);
    let sentence = "The disk of Office PC is full; it goes on when there is room";
    assert!(ended.err.contains(sentence) || ended.out.contains(sentence), "{}{}", ended.out, ended.err);
    let stopped = receiving.event("stopped");
    assert_eq!(stopped["message"], "This computer’s disk is full; it goes on when there is room", "{stopped}");

    interrupt(&failing);
    failing.wait().unwrap();
    let _going_on = one.receive(&[]);
    while receiving.event("saved")["name"] != "trip" {}
    assert!(std::fs::read(other.received("film.mkv")).unwrap() == noise(60 << 20));
    for n in 0..400 {
        let file = other.received("trip").join(format!("day {}/{n}.bin", n % 20));
        assert!(std::fs::read(file).unwrap() == noise(3_000 + n), "file {n}");
    }
    let mut names: Vec<_> =
        std::fs::read_dir(other.received("")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.retain(|name| name != ".fantail");
    assert_eq!(names.len(), 2, "{names:?}");
}

#[test]
fn a_flush_of_the_disk_that_finds_it_full_holds_the_transfer() {
    hand_over("inject=syncfs:error=ENOSPC");
}

#[test]
fn a_quota_that_is_used_up_holds_the_transfer() {
    hand_over("inject=mkdirat:error=EDQUOT:when=8+");
}
