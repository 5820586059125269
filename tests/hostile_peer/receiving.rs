//! A receiver that lies to an honest giver: nothing more leaves than was agreed to, and nothing is called saved that
//! this receiver did not say it saved.

use std::{net::TcpListener, time::Duration};

use fantail::{
    engine::api::{Command, Outgoing, Problem, Reply, State},
    protocol::{
        Ranges, TransferId,
        message::{Accept, Answer, ByeReason, Failed, Fault, Message, Role, Saved},
    },
};

use crate::{
    receiver::{Honest, LONG, Receiver},
    villain::{Line, Villain},
};

/// An honest giver, and a villain it was told to send to.
struct Pair {
    honest: Honest,
    villain: Villain,
    listener: TcpListener,
    control: Line,
    _receiver: Receiver,
}

impl Pair {
    fn new() -> Self {
        let receiver = Receiver::start();
        let honest = Honest::near(&receiver);
        let villain = Villain::new();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let whom = listener.local_addr().unwrap().to_string();
        let dial = honest.client.send(Command::Resolve { whom, new: true, within: LONG }).unwrap();
        let (control, role) = villain.answer(&listener);
        assert_eq!(role, Role::Control);
        assert!(matches!(honest.reply(dial), Ok(Reply::Resolved(_))));
        Self { honest, villain, listener, control, _receiver: receiver }
    }

    /// The honest side sends these; the villain accepts all that is offered.
    fn agree(&mut self, files: &[(&str, &[u8])]) -> (TransferId, Line) {
        let transfer = self.offered(files);
        let accept = Accept { items: Ranges::all(files.len() as u32), resume: Vec::new(), known: Ranges::default() };
        self.control.say(&Message::Answer { transfer, answer: Answer::Accept(accept) });
        let (data, role) = self.villain.answer(&self.listener);
        assert_eq!(role, Role::Data { transfer });
        (transfer, data)
    }

    fn offered(&mut self, files: &[(&str, &[u8])]) -> TransferId {
        let paths = files.iter().map(|(name, content)| self.honest.file(name, content)).collect();
        let to = vec![self.villain.fingerprint()];
        let sent = self.honest.ask(Command::Send { to, what: Outgoing::paths(paths), keep: false });
        let Ok(Reply::Sent { transfers, .. }) = sent else { panic!("not sent: {sent:?}") };
        let transfer = transfers[0].1;
        self.control.hear_until("an offer", |message| match message {
            Message::Offer(offer) if offer.transfer == transfer => Some(()),
            _ => None,
        });
        transfer
    }

    fn end_of(&self, transfer: TransferId) -> State {
        self.honest.end_with(self.villain.fingerprint(), transfer)
    }
}

fn hear_all(data: &mut Line) {
    data.hear_until("the end of the data", |message| matches!(message, Message::End { .. }).then_some(()));
}

#[test]
fn an_answer_that_takes_what_was_not_offered_ends_the_connection() {
    let mut pair = Pair::new();
    let transfer = pair.offered(&[("one.txt", b"1")]);
    let accept = Accept { items: Ranges::all(3), resume: Vec::new(), known: Ranges::default() };
    pair.control.say(&Message::Answer { transfer, answer: Answer::Accept(accept) });
    pair.control.expect_cut_off("more than was offered");
    assert_eq!(pair.honest.end_with(pair.villain.fingerprint(), transfer), State::Stopped(Problem::Misbehaved));
}

#[test]
fn saved_is_believed_only_of_what_was_sent_and_agreed_to() {
    for (why, early, saved) in [
        ("all is saved before the end", true, Saved { all: true, ..Saved::default() }),
        ("an item that was not agreed to", false, Saved { items: Ranges::from_numbers([5]), ..Saved::default() }),
        ("entries of nothing", false, Saved { entries: vec![(7, Ranges::all(3))], ..Saved::default() }),
    ] {
        let mut pair = Pair::new();
        let (transfer, mut data) = pair.agree(&[("one.txt", b"1")]);
        if !early {
            hear_all(&mut data);
        }
        data.say(&Message::Saved(saved));
        data.expect_cut_off(why);
        let end = pair.end_of(transfer);
        assert_ne!(end, State::Saved, "{why}");
    }
}

#[test]
fn a_receiver_that_only_says_that_all_is_saved_without_naming_it_is_not_believed() {
    let mut pair = Pair::new();
    let (transfer, mut data) = pair.agree(&[("one.txt", b"1"), ("two.txt", b"2")]);
    hear_all(&mut data);
    data.say(&Message::Saved(Saved { items: Ranges::from_numbers([0]), ..Saved::default() }));
    data.say(&Message::Saved(Saved { all: true, ..Saved::default() }));
    data.expect_cut_off("one item was neither saved nor failed");
    assert_ne!(pair.end_of(transfer), State::Saved);
}

#[test]
fn what_a_leaving_receiver_saved_counts_though_its_goodbye_is_heard_first() {
    let mut pair = Pair::new();
    let (transfer, mut data) = pair.agree(&[("one.txt", b"1")]);
    hear_all(&mut data);
    pair.control.say(&Message::Bye(ByeReason::Closing));
    while pair.control.hear().is_some() {}
    data.say(&Message::Saved(Saved { items: Ranges::from_numbers([0]), ..Saved::default() }));
    data.say(&Message::Saved(Saved { all: true, ..Saved::default() }));
    assert_eq!(pair.end_of(transfer), State::Saved);
}

#[test]
fn a_flood_of_failures_is_one_plain_end() {
    let mut pair = Pair::new();
    let (transfer, mut data) = pair.agree(&[("one.txt", b"1")]);
    for _ in 0..10_000 {
        if !data.say(&Message::Failed(Failed { item: Some(0), entry: None, fault: Fault::DiskFull })) {
            break;
        }
    }
    data.say(&Message::Saved(Saved { all: true, ..Saved::default() }));
    let end = pair.end_of(transfer);
    assert!(matches!(end, State::Stopped(_)), "{end:?}");
}

#[test]
fn a_receiver_that_reads_nothing_makes_the_giver_hold_no_more_than_its_bound() {
    let mut pair = Pair::new();
    let path = pair.honest.home.path().join("large");
    std::fs::File::create(&path).unwrap().set_len(4 << 30).unwrap();
    let sent = pair.honest.ask(Command::Send {
        to: vec![pair.villain.fingerprint()],
        what: Outgoing::paths(vec![path]),
        keep: false,
    });
    let Ok(Reply::Sent { transfers, .. }) = sent else { panic!("not sent: {sent:?}") };
    let transfer = transfers[0].1;
    pair.control.hear_until("an offer", |message| matches!(message, Message::Offer(_)).then_some(()));
    let accept = Accept { items: Ranges::all(1), resume: Vec::new(), known: Ranges::default() };
    pair.control.say(&Message::Answer { transfer, answer: Answer::Accept(accept) });
    let (data, _) = pair.villain.answer(&pair.listener);
    // The control connection lives, so the transfer waits; what is sent is bounded by TCP.
    let moved = |pair: &Pair| {
        let snapshot = pair.honest.client.snapshot();
        snapshot.transfers.iter().find(|one| one.transfer == transfer).map_or(0, |one| one.bytes)
    };
    let (mut last, mut still) = (0, 0);
    while still < 10 {
        pair.control.say(&Message::Ping { token: 1 });
        std::thread::sleep(Duration::from_millis(50));
        let now = moved(&pair);
        still = if now == last { still + 1 } else { 0 };
        last = now;
    }
    assert!(last < 64 << 20, "{last} bytes went to one who reads nothing");
    drop(data);
}
