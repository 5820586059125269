//! Frames in an order, or at a place, where they must not be.

use fantail::protocol::{
    Ranges,
    frame::Kind,
    message::{Accept, Answer, ByeReason, CancelReason, EntryKind, Message, Offer, Role, Shelf},
};

use crate::{
    Siege,
    villain::{Line, Villain, all_saved, file, file_item, hello, id, text_item},
};

fn control(siege: &Siege, villain: &Villain) -> Line {
    villain.control(siege.receiver.address, siege.receiver.fingerprint)
}

fn no_such_transfer(mut line: Line, why: &str) {
    assert!(matches!(line.hear(), Some(Message::Hello(_))), "{why}");
    assert_eq!(line.hear(), Some(Message::Bye(ByeReason::NoSuchTransfer)), "{why}");
    line.expect_cut_off(why);
}

#[test]
fn data_that_nobody_agreed_to_is_turned_away() {
    let mut siege = Siege::begin();
    let (address, receiver) = (siege.receiver.address, siege.receiver.fingerprint);
    let (villain, other) = (Villain::new(), Villain::new());

    let unknown = villain.data(address, receiver, id(1));
    no_such_transfer(unknown, "a transfer that never was");

    let mut line = control(&siege, &villain);
    let unoffered = villain.data(address, receiver, id(1));
    no_such_transfer(unoffered, "one that was not offered");

    line.offer_accepted(id(2), vec![file_item("mine.txt", 2)]);
    let foreign = other.data(address, receiver, id(2));
    no_such_transfer(foreign, "another's");

    let mut right = villain.data(address, receiver, id(2));
    assert!(matches!(right.hear(), Some(Message::Hello(_))));
    let second = villain.data(address, receiver, id(2));
    no_such_transfer(second, "one that runs already");

    for message in file(0, 0, "", b"ok") {
        right.say(&message);
    }
    right.say(&Message::End { files: 1, bytes: 2 });
    right.hear_until("that all is saved", all_saved);
    siege.expect(["mine.txt"]);
    let again = villain.data(address, receiver, id(2));
    no_such_transfer(again, "one that has ended");
    siege.stands("data without consent");
}

#[test]
fn a_connection_that_greets_as_another_kind_than_it_was_named_is_cut_off() {
    let mut siege = Siege::begin();
    let (address, receiver) = (siege.receiver.address, siege.receiver.fingerprint);
    let villain = Villain::new();
    for role in [Role::Control, Role::Data { transfer: id(1) }] {
        let line = villain.disguised(address, receiver, role);
        line.expect_cut_off(&format!("{role:?} under the other's name"));
    }
    siege.stands("connections under another's name");
}

#[test]
fn what_has_no_place_on_a_control_connection_ends_it() {
    let mut siege = Siege::begin();
    let offer = |n| Message::Offer(Offer { transfer: id(n), items: vec![text_item(2)], for_take: false, again: false });
    let text = |n, words: &str| Message::Text { transfer: id(n), text: words.into() };
    let accept = Answer::Accept(Accept { items: Ranges::all(1), resume: Vec::new(), known: Ranges::default() });
    let cases: Vec<(&str, Vec<Message>)> = vec![
        ("a second greeting", vec![hello(Role::Control, 0)]),
        ("data on a control connection", file(0, 0, "", b"x").to_vec()),
        ("an id that is in use", vec![offer(1), offer(1)]),
        (
            "an offer that was never asked for",
            vec![Message::Offer(Offer {
                transfer: id(1),
                items: vec![file_item("a", 1)],
                for_take: true,
                again: false,
            })],
        ),
        ("an answer to no offer", vec![Message::Answer { transfer: id(1), answer: accept }]),
        ("a text that was not offered", vec![text(1, "hi")]),
        ("a receipt of nothing", vec![Message::TextSaved { transfer: id(1) }]),
        ("a shelf nobody asked for", vec![Message::Shelf(Shelf { request: 3, items: Vec::new(), more: false })]),
        ("nine questions at once", (0..200).map(|request| Message::Browse { request }).collect()),
    ];
    for (why, messages) in cases {
        let mut line = control(&siege, &Villain::new());
        for message in &messages {
            line.say(message);
        }
        line.expect_cut_off(why);
        siege.stands(why);
    }
    for (why, words) in [("a longer text than was offered", "longer"), ("a shorter one", "")] {
        let mut line = control(&siege, &Villain::new());
        line.offer_accepted(id(1), vec![text_item(2)]);
        line.say(&text(1, words));
        line.expect_cut_off(why);
        siege.stands(why);
    }
    // What is about nothing, but may have crossed with an end, is borne.
    let mut line = control(&siege, &Villain::new());
    line.say(&Message::Cancel { transfer: id(9), reason: CancelReason::Person });
    line.say(&Message::OpenData { transfer: id(9) });
    line.offer_accepted(id(1), vec![text_item(2)]);
    siege.stands("cancels of what never was");
}

#[test]
fn what_cannot_be_read_ends_the_connection() {
    let mut siege = Siege::begin();
    let text_that_is_none = [&[0x0A, 16][..], &[1; 16], &[0x12, 2, 0xFF, 0xFE]].concat();
    let cases: Vec<(&str, u8, Vec<u8>)> = vec![
        ("half a message", Kind::Offer as u8, vec![0x0A, 0xFF]),
        ("a field of endless length", Kind::Offer as u8, [&[0x12][..], &[0xFF; 9], &[1]].concat()),
        ("an id of 15 bytes", Kind::Cancel as u8, [&[0x0A, 15][..], &[1; 15]].concat()),
        ("a text that is not UTF-8", Kind::Text as u8, text_that_is_none),
        (
            "more items than an offer has",
            Kind::Offer as u8,
            [&[0x0A, 16][..], &[1; 16], &[0x12, 0].repeat(1001)].concat(),
        ),
        (
            "a hundred thousand empty items",
            Kind::Offer as u8,
            [&[0x0A, 16][..], &[1; 16], &[0x12, 0].repeat(100_000)].concat(),
        ),
        ("an unknown kind of 65,537 bytes", 0xEE, vec![0; 65_537]),
        ("groups nested without end", Kind::Offer as u8, vec![0x0B; 100_000]),
    ];
    for (why, kind, payload) in cases {
        let mut line = control(&siege, &Villain::new());
        line.frame(kind, &payload);
        line.expect_cut_off(why);
        siege.stands(why);
    }
    // Unknown kinds within bounds are skipped, however many.
    let mut line = control(&siege, &Villain::new());
    for _ in 0..500 {
        line.frame(0xEE, &[0; 65_536]);
    }
    line.offer_accepted(id(1), vec![text_item(2)]);
    siege.stands("32 MiB of what later versions may say");
}

#[test]
fn entries_that_nobody_can_say_end_the_data_connection() {
    use crate::villain::{folder_item, raw_entry};

    let mut siege = Siege::begin();
    let villain = Villain::new();
    let mut line = control(&siege, &villain);
    let deep = ["d"; 65].join("/");
    let long = "n".repeat(5_000);
    let paths: Vec<&[u8]> = vec![
        b"../escape",
        b"..",
        b"a/../../escape",
        b"/etc/passwd",
        b"a//b",
        b"a/",
        b".",
        b"a\\b",
        b"C:\\evil\\x",
        b"a\0b",
        b"a\nb",
        b"\x1b[31mred",
        b"\xFF\xFE",
        deep.as_bytes(),
        long.as_bytes(),
    ];
    for (n, path) in (1_u8..).zip(paths) {
        for kind in [EntryKind::File as u8 + 1, EntryKind::Folder as u8 + 1] {
            let transfer = id(n * 2 + kind);
            let why = String::from_utf8_lossy(path).into_owned();
            line.offer_accepted(transfer, vec![folder_item("f", 3, 1_000)]);
            let mut data = villain.data(siege.receiver.address, siege.receiver.fingerprint, transfer);
            assert!(matches!(data.hear(), Some(Message::Hello(_))), "{why}");
            data.frame(Kind::Entry as u8, &raw_entry(0, 1, path, kind, 0));
            data.expect_cut_off(&why);
        }
    }
    siege.stands("paths that lead out");
}
