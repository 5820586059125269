//! A computer that is gone from one moment to the next.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr, reason = "a test")]

mod receiver;

use std::time::{Duration, Instant};

use fantail::engine::api::{Hold, Phase, Presence, State};
use receiver::{Honest, LONG, Receiver};

#[test]
fn a_receiver_that_is_killed_in_the_middle_is_noticed_and_waited_for_and_leaves_no_half_file() {
    let mut receiver = Receiver::start();
    let honest = Honest::near(&receiver);
    let path = honest.home.path().join("large");
    std::fs::File::create(&path).unwrap().set_len(2_000_000_000).unwrap();
    let transfer = honest.send(&receiver, &path);
    let until = Instant::now() + LONG;
    while !honest.client.snapshot().transfers.iter().any(|one| one.phase == Phase::Moving && one.bytes > 0) {
        assert!(Instant::now() < until, "it never moved");
        honest.client.wait(Duration::from_millis(10));
    }
    receiver.child.kill().unwrap();
    let begin = Instant::now();
    assert_eq!(honest.end_of(&receiver, transfer), State::Held(Hold::Away));
    assert!(begin.elapsed() < Duration::from_secs(10), "{:?}", begin.elapsed());
    assert!(!receiver.received("large").exists());
    let gone = |presence| presence != Presence::Reachable;
    assert!(honest.client.snapshot().computers.iter().all(|computer| gone(computer.presence)));
}
