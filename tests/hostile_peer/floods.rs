//! Too much of everything.

use std::{
    net::UdpSocket,
    time::{Duration, Instant},
};

use fantail::{
    nearby::announcement::Announcement,
    protocol::{
        Fingerprint, TransferId,
        message::{Answer, DeclineReason, Message, Offer},
    },
};

use crate::{
    Siege,
    receiver::{Honest, LONG, Receiver},
    villain::{Villain, file_item},
};

#[test]
fn fifty_thousand_announced_identities_cost_little_and_hide_nobody() {
    let mut siege = Siege::begin();
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_broadcast(true).unwrap();
    let mut before = siege.receiver.memory();
    for n in 0..50_000_u64 {
        let mut fingerprint = [0; 32];
        fingerprint[..8].copy_from_slice(&n.to_be_bytes());
        // Ports on which nobody listens, and everybody else's.
        let said = Announcement { port: (n % 65_535 + 1) as u16, instance: n, fingerprint: Fingerprint(fingerprint) };
        socket.send_to(&said.encode(), ("127.255.255.255", siege.receiver.discovery_port)).ok();
        if n % 1_000 == 0 {
            before = before.max(siege.receiver.memory());
            std::thread::sleep(Duration::from_millis(5));
        }
    }
    let newcomer = Honest::near(&siege.receiver);
    let path = newcomer.file("newcomer", b"hello");
    let transfer = newcomer.send(&siege.receiver, &path);
    assert_eq!(newcomer.end_of(&siege.receiver, transfer), fantail::engine::api::State::Saved);
    siege.expect(["newcomer"]);
    siege.stands("a flood of announcements");
    assert!(before <= siege.memory + crate::MORE_AT_MOST, "{} KiB more", (before - siege.memory) / 1024);
}

#[test]
fn a_flood_of_offers_is_declined_as_busy_and_asks_one_question() {
    let receiver = Receiver::start();
    let victim = Honest::asking(&receiver);
    let mut line = Villain::new().control(victim.address(), victim.fingerprint());
    let mut busy = 0;
    for n in 0..2_000_u32 {
        let mut transfer = [0; 16];
        transfer[..4].copy_from_slice(&n.to_be_bytes());
        let items = vec![file_item("flood", 1)];
        line.say(&Message::Offer(Offer { transfer: TransferId(transfer), items, for_take: false, again: false }));
        // A reader of the answers, or it would be cut off as one who only asks.
        if n > 0 {
            let declined = line.hear_until("an answer", |message| match message {
                Message::Answer { answer: Answer::Decline(reason), .. } => Some(*reason),
                _ => None,
            });
            busy += usize::from(declined == DeclineReason::Busy);
        }
    }
    assert!(busy > 1_900, "{busy} were told that it is busy");
    assert_eq!(victim.client.snapshot().asks.len(), 1, "one question per address");
}

#[test]
fn one_who_asks_without_reading_the_answers_is_cut_off_or_waits() {
    let mut siege = Siege::begin();
    let mut line = Villain::new().control(siege.receiver.address, siege.receiver.fingerprint);
    let begin = Instant::now();
    // Each Ping wants a Pong, each of these offers an answer.
    for n in 0..200_000_u64 {
        let said = if n % 2 == 0 {
            line.say(&Message::Ping { token: n })
        } else {
            let mut transfer = [1; 16];
            transfer[..8].copy_from_slice(&n.to_be_bytes());
            let items = vec![file_item("", 1)];
            line.say(&Message::Offer(Offer { transfer: TransferId(transfer), items, for_take: false, again: false }))
        };
        if !said || begin.elapsed() > LONG {
            break;
        }
    }
    siege.stands("one who only talks");
}

#[test]
fn hundreds_of_strangers_from_one_address_leave_room_for_others() {
    let mut siege = Siege::begin();
    let mut held = Vec::new();
    for _ in 0..150 {
        let mut line = Villain::new().knock(siege.receiver.address, siege.receiver.fingerprint);
        line.say(&crate::villain::hello(fantail::protocol::message::Role::Control, 0));
        held.push(line);
    }
    let newcomer = Honest::near(&siege.receiver);
    drop(newcomer);
    siege.stands("a crowd of strangers");
    drop(held);
}
