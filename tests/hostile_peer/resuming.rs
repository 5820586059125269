//! Going on after a break as a way in: offsets, hashes and offers that are not what was agreed to, from a giver and from a
//! receiver.

use std::{
    fs,
    net::TcpListener,
    path::PathBuf,
    time::{Duration, Instant},
};

use fantail::{
    engine::api::{Command, Decision, Outgoing, Problem, Reply, Rule, State},
    protocol::{
        Ranges, TransferId,
        limits::RESUME_GROUP,
        message::{
            Accept, Answer, Entry, EntryKind, Failed, Fault, Item, Message, Offer, Resume, Role, Thumbnail, Thumbnails,
        },
        names::RelativePath,
    },
};

use crate::{
    Siege,
    receiver::{Honest, LONG, Receiver},
    villain::{Line, PATIENCE, Villain, all_saved, file_item, id},
};

const MIB: usize = 1 << 20;
/// Two groups and a half.
const SIZE: usize = 40 * MIB;
/// A group and a little.
const SENT: usize = 17 * MIB;

fn content() -> Vec<u8> {
    let mut bytes = vec![0; SIZE];
    blake3::Hasher::new().update(b"content").finalize_xof().fill(&mut bytes);
    bytes
}

fn items(name: &str, size: usize) -> Vec<Item> {
    vec![file_item(name, size as u64)]
}

fn entry(size: usize, from: u64) -> Message {
    Message::Entry(Entry {
        item: 0,
        entry: 0,
        path: RelativePath::from_wire("").unwrap(),
        kind: EntryKind::File,
        size: size as u64,
        modified: None,
        from,
    })
}

fn chunks(data: &mut Line, bytes: &[u8]) {
    for chunk in bytes.chunks(MIB) {
        data.say(&Message::Chunk(chunk.to_vec().into()));
    }
}

/// What lies in the receiver's folder of partials.
fn partials(receiver: &Receiver) -> Vec<PathBuf> {
    let mut found = Vec::new();
    crate::walk(&receiver.received(".fantail"), &mut |path, is_folder| {
        if !is_folder {
            found.push(path.to_owned());
        }
        true
    });
    found
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !holds() {
        assert!(begin.elapsed() < PATIENCE, "never: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// An accepted transfer of which a group and a little lie there, without a data connection.
fn begun(siege: &Siege, villain: &Villain, control: &mut Line, transfer: TransferId) {
    let arrived = || {
        let lengths = partials(&siege.receiver).into_iter().filter_map(|path| fs::metadata(path).ok());
        lengths.map(|about| about.len() as usize).sum::<usize>()
    };
    let before = arrived();
    control.offer_accepted(transfer, items("half", SIZE));
    let mut data = joined(siege, villain, transfer);
    data.say(&entry(SIZE, 0));
    chunks(&mut data, &content()[..SENT]);
    until("a part of it has arrived", || {
        control.say(&Message::Ping { token: 0 });
        arrived() >= before + SENT
    });
}

fn joined(siege: &Siege, villain: &Villain, transfer: TransferId) -> Line {
    let mut data = villain.data(siege.receiver.address, siege.receiver.fingerprint, transfer);
    assert!(matches!(data.hear(), Some(Message::Hello(_))));
    data
}

/// Offers it once more; what is answered.
fn again(control: &mut Line, transfer: TransferId, items: Vec<Item>) -> Answer {
    control.say(&Message::Offer(Offer { transfer, items, for_take: false, again: true }));
    control.hear_until("the answer to an offer made again", |message| match message {
        Message::Answer { transfer: of, answer } if *of == transfer => Some(answer.clone()),
        _ => None,
    })
}

fn named(answer: &Answer) -> usize {
    let Answer::Accept(accept) = answer else { panic!("{answer:?}") };
    accept.resume.iter().map(|resume| resume.groups.len() / 32).sum()
}

#[test]
fn going_on_anywhere_but_where_the_receiver_said_ends_the_data_connection_and_leaves_nothing() {
    let mut siege = Siege::begin();
    let cases = [
        ("beyond what was named", 2 * RESUME_GROUP),
        ("not on a border", RESUME_GROUP - 1),
        ("a byte in", 1),
        ("beyond the end", 3 * RESUME_GROUP),
        ("at the end of numbers", !(RESUME_GROUP - 1)),
    ];
    for (n, (why, from)) in (1..).zip(cases) {
        let villain = Villain::new();
        let mut control = villain.control(siege.receiver.address, siege.receiver.fingerprint);
        begun(&siege, &villain, &mut control, id(n));
        assert_eq!(named(&again(&mut control, id(n), items("half", SIZE))), 1, "{why}: a group is there");
        let mut data = joined(&siege, &villain, id(n));
        data.say(&entry(SIZE, from));
        chunks(&mut data, &content()[SENT..][..MIB]);
        data.expect_cut_off(why);
        siege.stands(why);
    }
}

#[test]
fn a_rest_that_does_not_fit_what_is_there_is_thrown_away_and_told_and_the_true_one_is_saved() {
    let mut siege = Siege::begin();
    let villain = Villain::new();
    let mut control = villain.control(siege.receiver.address, siege.receiver.fingerprint);
    begun(&siege, &villain, &mut control, id(1));
    assert_eq!(named(&again(&mut control, id(1), items("half", SIZE))), 1);
    let mut data = joined(&siege, &villain, id(1));
    data.say(&entry(SIZE, RESUME_GROUP));
    // The hash of what the giver would like to be there, over a beginning that is another.
    let mut forged = content();
    forged[5] ^= 1;
    chunks(&mut data, &forged[RESUME_GROUP as usize..]);
    data.say(&Message::EntryEnd { blake3: *blake3::hash(&forged).as_bytes() });
    data.say(&Message::End { files: 1, bytes: SIZE as u64 });
    data.hear_until("that it is damaged", |message| {
        (*message == Message::Failed(Failed { item: Some(0), entry: None, fault: Fault::Damaged })).then_some(())
    });
    drop(data);
    siege.stands("a forged beginning");

    begun(&siege, &villain, &mut control, id(2));
    assert_eq!(named(&again(&mut control, id(2), items("half", SIZE))), 1);
    let mut data = joined(&siege, &villain, id(2));
    data.say(&entry(SIZE, RESUME_GROUP));
    chunks(&mut data, &content()[RESUME_GROUP as usize..]);
    data.say(&Message::EntryEnd { blake3: *blake3::hash(&content()).as_bytes() });
    data.say(&Message::End { files: 1, bytes: SIZE as u64 });
    data.hear_until("that all is saved", all_saved);
    siege.expect(["half"]);
    assert!(fs::read(siege.receiver.received("half")).unwrap() == content());

    // A finished one that comes again is told as saved, and what comes of it is not looked at.
    drop(data);
    let Answer::Accept(accept) = again(&mut control, id(2), items("half", SIZE)) else { panic!("it is saved") };
    assert_eq!(accept.resume[0].saved, Ranges::all(1));
    let mut data = joined(&siege, &villain, id(2));
    data.say(&entry(SIZE, 0));
    chunks(&mut data, &forged);
    data.say(&Message::EntryEnd { blake3: *blake3::hash(&forged).as_bytes() });
    data.say(&Message::End { files: 1, bytes: SIZE as u64 });
    data.hear_until("that all is saved", all_saved);
    assert!(fs::read(siege.receiver.received("half")).unwrap() == content(), "not replaced");
    siege.stands("one that was finished");
}

#[test]
fn what_arrived_of_one_computer_under_one_id_is_nobody_elses_and_no_other_transfers() {
    let mut siege = Siege::begin();
    let (villain, other) = (Villain::new(), Villain::new());
    let mut control = villain.control(siege.receiver.address, siege.receiver.fingerprint);
    let mut from_other = other.control(siege.receiver.address, siege.receiver.fingerprint);
    begun(&siege, &villain, &mut control, id(1));
    assert_eq!(named(&again(&mut from_other, id(1), items("half", SIZE))), 0, "another's");
    assert_eq!(named(&again(&mut control, id(2), items("half", SIZE))), 0, "another transfer's");
    from_other.say(&Message::Pause { transfer: id(1) });
    assert_eq!(named(&again(&mut control, id(1), items("half", SIZE))), 1, "its own is still there");

    // The files of the first one laid into the folder of the second.
    let roots: Vec<PathBuf> = fs::read_dir(siege.receiver.received(".fantail"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    let rich = roots.iter().find(|root| fs::read_dir(root).unwrap().flatten().any(|entry| len(&entry) > SENT / 2));
    let rich = rich.expect("a folder with a beginning").clone();
    let mut data = joined(&siege, &villain, id(2));
    data.say(&entry(SIZE, 0));
    chunks(&mut data, &content()[..MIB]);
    drop(data);
    for root in roots.iter().filter(|root| **root != rich) {
        for entry in fs::read_dir(&rich).unwrap().flatten() {
            fs::copy(entry.path(), root.join(entry.file_name())).ok();
        }
    }
    let mut forged = content();
    forged[5] ^= 1;
    let there = named(&again(&mut control, id(2), items("half", SIZE)));
    let from = there as u64 * RESUME_GROUP;
    let mut data = joined(&siege, &villain, id(2));
    data.say(&entry(SIZE, from));
    chunks(&mut data, &forged[from as usize..]);
    data.say(&Message::EntryEnd { blake3: *blake3::hash(&forged).as_bytes() });
    data.say(&Message::End { files: 1, bytes: SIZE as u64 });
    data.hear_until("its end", |message| {
        matches!(message, Message::Failed(_)).then_some(()).or_else(|| all_saved(message))
    });
    let half = siege.receiver.received("half");
    if half.exists() {
        assert!(fs::read(half).unwrap() == forged, "what is saved is what the giver's hash says");
        siege.expect(["half"]);
    }
    siege.stands("a journal of another transfer");
}

fn len(entry: &fs::DirEntry) -> usize {
    entry.metadata().map_or(0, |about| about.len() as usize)
}

#[test]
fn another_name_a_larger_size_or_more_of_it_is_a_new_question_and_a_blocked_one_is_not_gone_on_with() {
    let receiver = Receiver::start();
    let victim = Honest::asking(&receiver);
    let asked = |with, size: u64| {
        let snapshot = victim.client.snapshot();
        snapshot.asks.iter().any(|ask| ask.with == with && ask.bytes == size)
    };
    let more = [items("half", SIZE), items("other", 1)].concat();
    let cases =
        [("another name", items("whole", SIZE)), ("a larger size", items("half", SIZE + 1)), ("one thing more", more)];
    for (why, changed) in cases {
        let villain = Villain::new();
        let with = villain.fingerprint();
        let mut control = villain.control(victim.address(), victim.fingerprint());
        let answer = |decision| {
            let answered = victim.ask(Command::Answer { with, transfer: id(1), decision });
            assert!(matches!(answered, Ok(Reply::Done)), "{why}: {answered:?}");
        };
        control.say(&Message::Offer(Offer {
            transfer: id(1),
            items: items("half", SIZE),
            for_take: false,
            again: false,
        }));
        until("the question", || asked(with, SIZE as u64));
        answer(Decision::Accept { items: None, into: None, always: false });
        let heard = |message: &Message| match message {
            Message::Answer { answer, .. } => Some(matches!(answer, Answer::Accept(_))),
            _ => None,
        };
        assert!(control.hear_until("a yes", heard));
        until("the question to be gone", || !asked(with, SIZE as u64));
        let size = changed.iter().map(|item| item.size).sum();
        control.say(&Message::Offer(Offer { transfer: id(1), items: changed, for_take: false, again: true }));
        until(why, || {
            control.say(&Message::Ping { token: 0 });
            asked(with, size)
        });
        answer(Decision::Decline);
        assert!(!control.hear_until("a no", heard), "{why}");
        let block = victim.ask(Command::SetRule { with, rule: Rule::Block });
        assert!(matches!(block, Ok(Reply::Done)));
        control.expect_cut_off("it is blocked");
        let received = victim.home.path().join("Received");
        let left = fs::read_dir(&received).into_iter().flatten().flatten();
        assert_eq!(left.filter(|entry| entry.file_name() != ".fantail").count(), 0, "nothing half is visible");
    }
}

#[test]
fn a_receiver_that_lies_about_what_it_has_gets_the_whole_or_is_cut_off() {
    let receiver = Receiver::start();
    let honest = Honest::near(&receiver);
    let groups = |count: usize| vec![7; 32 * count];
    let resume = |item, groups: Vec<u8>| Resume { item, saved: Ranges::default(), entry: 0, groups: groups.into() };
    let cases: Vec<(&str, Vec<Resume>, bool)> = vec![
        ("values that don't fit", vec![resume(0, groups(2))], true),
        ("more than the file has", vec![resume(0, groups(1_000))], true),
        ("an item beyond", vec![resume(9, groups(1))], false),
        ("one item twice", vec![resume(0, groups(1)), resume(0, groups(1))], false),
        ("half a value", vec![resume(0, vec![7; 31])], false),
        ("more than a mebibyte of values", vec![resume(0, groups(32 * 1024 + 1))], false),
    ];
    for (why, resume, goes_on) in cases {
        let villain = Villain::new();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let whom = listener.local_addr().unwrap().to_string();
        let dial = honest.client.send(Command::Resolve { whom, new: true, within: LONG }).unwrap();
        let (mut control, _) = villain.answer(&listener);
        assert!(matches!(honest.reply(dial), Ok(Reply::Resolved(_))));
        let path = honest.file("large", &content());
        let sent = honest.ask(Command::Send {
            to: vec![villain.fingerprint()],
            what: Outgoing::paths(vec![path]),
            keep: false,
        });
        let Ok(Reply::Sent { transfers, .. }) = sent else { panic!("not sent: {sent:?}") };
        let transfer = transfers[0].1;
        control.hear_until("an offer", |message| matches!(message, Message::Offer(_)).then_some(()));
        let accept = Accept { items: Ranges::all(1), resume, ..Accept::default() };
        control.say(&Message::Answer { transfer, answer: Answer::Accept(accept) });
        if goes_on {
            let (mut data, role) = villain.answer(&listener);
            assert_eq!(role, Role::Data { transfer });
            let from = data.hear_until("its file", |message| match message {
                Message::Entry(entry) => Some(entry.from),
                _ => None,
            });
            assert_eq!(from, 0, "{why}");
            drop((data, control));
        } else {
            control.expect_cut_off(why);
            assert_eq!(honest.end_with(villain.fingerprint(), transfer), State::Stopped(Problem::Misbehaved), "{why}");
        }
    }
    let path = honest.file("true", b"still");
    let transfer = honest.send(&receiver, &path);
    assert_eq!(honest.end_of(&receiver, transfer), State::Saved);
}

#[test]
fn floods_of_pauses_pictures_and_hints_about_nothing_are_borne_within_the_bound() {
    let mut siege = Siege::begin();
    let villain = Villain::new();
    let mut line = villain.control(siege.receiver.address, siege.receiver.fingerprint);
    line.offer_accepted(id(1), vec![file_item("picture.png", 10)]);
    for n in 0..50_000_u32 {
        let transfer = id((n % 7) as u8);
        line.say(&Message::Pause { transfer });
        line.say(&Message::Continue { transfer });
        line.say(&Message::Waiting { waits: n % 2 == 0 });
    }
    siege.stands("pauses of what isn't there");
    let picture = || Thumbnail { item: 0, picture: vec![0x89; 16 * 1024].into() };
    for n in 0..600_u32 {
        let pictures = (0..12).map(|_| picture()).collect();
        assert!(line.say(&Message::Thumbnails(Thumbnails { transfer: id(1 + (n % 2) as u8), pictures })), "{n}");
    }
    siege.stands("pictures nobody wants to see");
    // Large pieces that leave room for small ones in what they were read into.
    line.offer_accepted(id(4), vec![file_item("pieces", 60 * MIB as u64)]);
    let mut data = joined(&siege, &villain, id(4));
    data.say(&entry(60 * MIB, 0));
    for _ in 0..30 {
        for length in [MIB, 100_000, 100_000, MIB - 300_000, 100_000] {
            data.say(&Message::Chunk(vec![7; length].into()));
        }
        line.say(&Message::Ping { token: 0 });
    }
    siege.stands("pieces of many sizes");
    drop(data);
    // It was heard to its end, and breaks no rule.
    line.offer_accepted(id(3), vec![file_item("next", 1)]);
}
