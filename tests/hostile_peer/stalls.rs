//! One who begins and doesn't go on, at every point where that is possible.

use std::time::{Duration, Instant};

use fantail::{
    engine::api::{Command, Presence},
    protocol::message::{ByeReason, Message, Offer},
};

use crate::{
    Siege,
    receiver::{Honest, LONG, Receiver},
    villain::{Villain, file, file_item, id, text_item},
};

#[test]
fn whoever_stalls_anywhere_holds_up_nobody_else() {
    let mut siege = Siege::begin();
    let (address, receiver) = (siege.receiver.address, siege.receiver.fingerprint);
    let mut held = Vec::new();
    // After TLS, and after the greeting.
    held.push(Villain::new().knock(address, receiver));
    held.push(Villain::new().control(address, receiver));
    // Inside a frame.
    let mut line = Villain::new().control(address, receiver);
    line.raw(&[0, 0, 4, 0, 0x15, 1, 2, 3]);
    held.push(line);
    // After a text was accepted; after files were, without a data connection.
    let mut line = Villain::new().control(address, receiver);
    line.offer_accepted(id(1), vec![text_item(1_000_000)]);
    held.push(line);
    let mut line = Villain::new().control(address, receiver);
    for n in 0..60 {
        line.offer_accepted(id(n), vec![file_item("stalled", 1 << 30)]);
    }
    held.push(line);
    // On data connections: after the greeting, after an entry, inside a chunk.
    let villain = Villain::new();
    let mut control = villain.control(address, receiver);
    for n in 0..30_u8 {
        control.offer_accepted(id(n), vec![file_item("stalled", 1 << 30)]);
        let mut data = villain.data(address, receiver, id(n));
        assert!(matches!(data.hear(), Some(Message::Hello(_))));
        let [entry, ..] = file(0, 0, "", &vec![0; 1 << 20]);
        let Message::Entry(mut entry) = entry else { unreachable!() };
        entry.size = 1 << 30;
        match n % 3 {
            0 => {}
            1 => drop(data.say(&Message::Entry(entry))),
            _ => {
                data.say(&Message::Entry(entry));
                data.say(&Message::Chunk(vec![0; 1 << 20].into()));
                data.raw(&[0, 15, 0, 0, 0x41, 1, 2, 3]);
            }
        }
        held.push(data);
    }
    held.push(control);
    siege.stands("everybody stalls");
    drop(held);
    siege.stands("the stalled ones are gone");
}

#[test]
fn one_that_answers_no_ping_is_taken_for_gone_and_what_it_began_is_not_kept_under_its_name() {
    let mut siege = Siege::begin();
    let villain = Villain::new();
    let mut control = villain.control(siege.receiver.address, siege.receiver.fingerprint);
    control.offer_accepted(id(1), vec![file_item("half", 1 << 30)]);
    let mut data = villain.data(siege.receiver.address, siege.receiver.fingerprint, id(1));
    let Message::Entry(mut entry) = file(0, 0, "", b"")[0].clone() else { unreachable!() };
    entry.size = 1 << 30;
    data.say(&Message::Entry(entry));
    data.say(&Message::Chunk(vec![0; 1 << 20].into()));
    let begin = Instant::now();
    loop {
        match control.hear() {
            Some(Message::Bye(reason)) => break assert_eq!(reason, ByeReason::Idle),
            Some(_) => assert!(begin.elapsed() < Duration::from_secs(20), "it is still waited for"),
            None => break,
        }
    }
    drop(data);
    siege.stands("a peer that fell silent");
}

#[test]
fn nothing_of_a_stranger_is_on_the_disk_before_this_person_said_yes() {
    let receiver = Receiver::start();
    let victim = Honest::asking(&receiver);
    let villain = Villain::new();
    let mut line = villain.control(victim.address(), victim.fingerprint());
    let mut item = file_item("SECRET-NAME.jpg", 1_000);
    item.thumbhash = Some(vec![0x5A; 40].into());
    line.say(&Message::Offer(Offer { transfer: id(1), items: vec![item], for_take: false, again: false }));
    let until = Instant::now() + LONG;
    while victim.client.snapshot().asks.is_empty() {
        assert!(Instant::now() < until, "never asked");
        victim.client.wait(Duration::from_millis(20));
    }
    let traces = |victim: &Honest| {
        let mut found = Vec::new();
        crate::walk(victim.home.path(), &mut |path, is_folder| {
            let content = if is_folder { Vec::new() } else { std::fs::read(path).unwrap_or_default() };
            let has = |needle: &[u8]| content.windows(needle.len()).any(|window| window == needle);
            let hex = villain.fingerprint().to_string();
            if has(b"SECRET-NAME")
                || has(&villain.fingerprint().0)
                || has(hex.as_bytes())
                || has(b"Villain")
                || path.to_string_lossy().contains("SECRET-NAME")
                || path.file_name().is_some_and(|name| name == ".fantail")
            {
                found.push(path.to_owned());
            }
            true
        });
        found
    };
    assert!(traces(&victim).is_empty(), "while it is asked: {:?}", traces(&victim));
    let asked = victim.client.snapshot().asks[0].clone();
    let decision = fantail::engine::api::Decision::Decline;
    victim.ask(Command::Answer { with: asked.with, transfer: asked.transfer, decision }).unwrap();
    line.hear_until("the answer", |message| matches!(message, Message::Answer { .. }).then_some(()));
    assert!(traces(&victim).is_empty(), "after it was declined: {:?}", traces(&victim));
    let seen = victim.client.snapshot();
    let shown = seen.computers.iter().find(|computer| computer.fingerprint == villain.fingerprint()).unwrap();
    assert!(shown.new && shown.presence == Presence::Reachable);
}
