//! A disk that says it is full, a quota that is used up, or a disk that takes nothing, at calls where no file system here
//! does so by itself: strace answers in its stead.

use std::{
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

use super::lan::{Computer, Ended, Lan, PATIENCE, Receiving, interrupt};

/// What both sides say of it: the giver, the receiver.
type Sentences = [&'static str; 2];

const FULL: Sentences = [
    "The disk of Office PC is full; it goes on when there is room",
    "This computer’s disk is full; it goes on when there is room",
];

const NOT_WRITABLE: Sentences = [
    "Office PC can’t save into its folder; it goes on when that works again",
    "Nothing can be saved into the folder for received files; it goes on when that works again",
];

/// Bytes of the large file.
const FILM: usize = 60 << 20;

fn noise(length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    blake3::Hasher::new().update(&length.to_le_bytes()).finalize_xof().fill(&mut bytes);
    bytes
}

/// From now on these system calls of a program fail; only those on a file, if one is named.
fn make_fail(child: &Child, inject: &str, file: Option<&Path>) -> Child {
    let mut strace = Command::new("strace")
        .args(["-f", "-o", "/dev/null", "-e", inject, "-p", &child.id().to_string()])
        .args(file.iter().flat_map(|file| [Path::new("-P"), file]))
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(strace.stderr.take().unwrap()).lines();
    let said = lines.by_ref().map(Result::unwrap).find(|line| !line.contains("Requested path"));
    let said = said.unwrap_or_default();
    assert!(said.contains("attached"), "strace: {said}");
    thread::Builder::new().name("strace".into()).spawn(move || lines.for_each(drop)).unwrap();
    strace
}

fn stop(mut strace: Child) {
    interrupt(&strace);
    strace.wait().unwrap();
}

/// Names in a receive folder that people see, in order.
fn visible(received: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(received).into_iter().flatten();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|name| name != ".fantail");
    names.sort();
    names
}

/// Both sides said why it doesn't go on, and neither said that it was saved.
fn check_said(sentences: Sentences, sent: &str, receiving: &Receiving) {
    assert!(sent.contains(sentences[0]), "{sent}");
    let stopped = receiving.event("stopped");
    assert_eq!(stopped["message"], sentences[1], "{stopped}");
}

/// The receiving program's calls fail for a while; what came until then is gone on with.
fn hand_over(inject: &str, sentences: Sentences) {
    let lan = Lan::new();
    let (one, other) = (lan.computer("Studio Mac"), lan.computer("Office PC"));
    let film = lan.file("film.mkv", &noise(FILM));
    for n in 0..400 {
        lan.file(&format!("trip/day {}/{n}.bin", n % 20), &noise(3_000 + n));
    }
    let receiving = other.receive(&["--accept", "all"]);
    let failing = make_fail(receiving.child.as_ref().unwrap(), inject, None);

    let trip = lan.dir.path().join("trip");
    let to = receiving.address();
    let words = ["send", "--new", "--to", &to, film.to_str().unwrap(), trip.to_str().unwrap()];
    let ended = one.run(&words).with_code(5);
    check_said(sentences, &(ended.out + &ended.err), &receiving);

    stop(failing);
    let _going_on = one.receive(&[]);
    while receiving.event("saved")["name"] != "trip" {}
    assert!(std::fs::read(other.received("film.mkv")).unwrap() == noise(FILM));
    for n in 0..400 {
        let file = other.received("trip").join(format!("day {}/{n}.bin", n % 20));
        assert!(std::fs::read(file).unwrap() == noise(3_000 + n), "file {n}");
    }
    assert_eq!(visible(&other.received("")), ["film.mkv", "trip"]);
}

#[test]
fn a_flush_of_the_disk_that_finds_it_full_holds_the_transfer() {
    hand_over("inject=syncfs:error=ENOSPC", FULL);
}

#[test]
fn a_quota_that_is_used_up_holds_the_transfer() {
    hand_over("inject=mkdirat:error=EDQUOT:when=8+", FULL);
}

#[test]
fn a_disk_that_becomes_read_only_holds_the_transfer() {
    hand_over("inject=mkdirat:error=EROFS:when=8+", NOT_WRITABLE);
}

#[test]
fn a_folder_that_takes_no_new_names_holds_the_transfer() {
    hand_over("inject=renameat2:error=EACCES", NOT_WRITABLE);
}

#[test]
fn a_disk_that_fails_to_flush_holds_the_transfer() {
    hand_over("inject=syncfs:error=EIO", NOT_WRITABLE);
}

/// Every byte of a large file is written without a complaint, which comes only when it is flushed.
fn hand_over_a_film_that_can_not_be_flushed(error: &str, sentences: Sentences) {
    let lan = Lan::new();
    let (one, other) = (lan.computer("Studio Mac"), lan.computer("Office PC"));
    let receiving = other.receive(&["--accept", "all"]);
    let inject = format!("inject=fsync,fdatasync:error={error}");
    let (failing, ended) = send_film(&lan, &one, &receiving, &inject, || partial(&other));
    let ended = ended.with_code(5);
    check_said(sentences, &(ended.out + &ended.err), &receiving);
    assert_eq!(visible(&other.received("")), [""; 0], "it is not on the disk");

    stop(failing);
    let _going_on = one.receive(&[]);
    assert_eq!(receiving.event("saved")["name"], "film.mkv");
    assert!(std::fs::read(other.received("film.mkv")).unwrap() == noise(FILM));
    assert_eq!(visible(&other.received("")), ["film.mkv"]);
}

/// Sends a film to somebody whose disk fails at a file, once that is there: what makes it fail, and how sending ended.
fn send_film(
    lan: &Lan,
    one: &Computer<'_>,
    receiving: &Receiving,
    inject: &str,
    at: impl FnOnce() -> PathBuf,
) -> (Child, Ended) {
    let film = lan.file("film.mkv", &noise(FILM));
    let to = receiving.address();
    let words = ["send", "--new", "--to", &to, film.to_str().unwrap()];
    thread::scope(|scope| {
        let sending = scope.spawn(|| one.run(&words));
        let (child, file) = (receiving.child.as_ref().unwrap(), at());
        // It stands still meanwhile, so that it can't be through before.
        signal(child, Signal::STOP);
        let failing = make_fail(child, inject, Some(&file));
        signal(child, Signal::CONT);
        (failing, sending.join().unwrap())
    })
}

fn signal(child: &Child, signal: Signal) {
    let process = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    kill_process(process, signal).unwrap();
}

/// Where the first item lies until it is complete, once it has begun.
fn partial(other: &Computer<'_>) -> PathBuf {
    let until = Instant::now() + PATIENCE;
    loop {
        let transfers = std::fs::read_dir(other.received(".fantail")).into_iter().flatten().flatten();
        if let Some(file) = transfers.map(|entry| entry.path().join("0")).find(|file| file.exists()) {
            return file;
        }
        assert!(Instant::now() < until, "it doesn't begin");
        thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn a_large_file_of_which_only_the_flush_finds_the_disk_full_is_not_told_as_saved_and_goes_on() {
    hand_over_a_film_that_can_not_be_flushed("ENOSPC", FULL);
}

#[test]
fn a_large_file_of_which_only_the_flush_finds_the_quota_used_up_is_not_told_as_saved_and_goes_on() {
    hand_over_a_film_that_can_not_be_flushed("EDQUOT", FULL);
}

#[test]
fn a_large_file_that_the_disk_fails_to_flush_is_not_told_as_saved_and_goes_on() {
    hand_over_a_film_that_can_not_be_flushed("EIO", NOT_WRITABLE);
}

#[test]
fn a_database_without_room_is_told_on_both_sides_and_all_goes_on_when_there_is_some() {
    hand_over_a_film_that_can_not_be_noted_down("ENOSPC", FULL, "store-full");
}

#[test]
fn a_database_that_becomes_write_protected_is_told_on_both_sides_and_all_goes_on_when_it_is_not() {
    hand_over_a_film_that_can_not_be_noted_down("EROFS", NOT_WRITABLE, "store-not-writable");
}

fn hand_over_a_film_that_can_not_be_noted_down(error: &str, told: Sentences, code: &str) {
    let lan = Lan::new();
    let (one, other) = (lan.computer("Studio Mac"), lan.computer("Office PC"));
    let receiving = other.receive(&["--accept", "all"]);
    let database = || {
        partial(&other);
        other.home().join("fantail.db-wal")
    };
    let (failing, ended) = send_film(&lan, &one, &receiving, &format!("inject=pwrite64:error={error}"), database);
    let ended = ended.with_code(5);
    let said = ended.out + &ended.err;
    assert!(said.contains(told[0]), "{said}");
    assert!(!said.contains("Saved"), "what is not written down there is not told as saved: {said}");
    let notice = receiving.event("notice");
    assert_eq!(notice["code"], code, "{notice}");

    stop(failing);
    let _going_on = one.receive(&[]);
    assert_eq!(receiving.event("saved")["name"], "film.mkv");
    assert!(std::fs::read(other.received("film.mkv")).unwrap() == noise(FILM));
    assert_eq!(visible(&other.received("")), ["film.mkv"]);
}

#[test]
fn a_file_that_the_disk_can_never_hold_ends_and_is_not_sent_again() {
    let lan = Lan::new();
    let (one, other) = (lan.computer("Studio Mac"), lan.computer("Office PC"));
    let receiving = other.receive(&["--accept", "all"]);
    let (failing, ended) = send_film(&lan, &one, &receiving, "inject=write:error=EFBIG", || partial(&other));
    let ended = ended.with_code(1);
    let said = ended.out + &ended.err;
    assert!(said.contains("The other computer can’t save into its folder"), "{said}");
    let stopped = receiving.event("stopped");
    assert!(stopped["message"].as_str().unwrap().contains("File too large"), "{stopped}");
    stop(failing);
    let going_on = one.receive(&[]);
    let until = Instant::now() + Duration::from_secs(3);
    if let Ok(line) = receiving.lines.recv_deadline(until) {
        panic!("it is sent again: {line}");
    }
    drop(going_on);
    assert_eq!(std::fs::read_dir(other.received("")).unwrap().count(), 0, "nothing is left of it");
}
