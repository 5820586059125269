//! Bytes as they are on the wire, made by hand and not by this program. They may never change; PROTOCOL.md lists them.

use super::*;
use crate::protocol::message::{
    Accept, Answer, Batch, ByeReason, CancelReason, CompareEnd, DeclineReason, DeviceKind, Entry, EntryKind, Failed,
    Fault, Features, Hello, Role, Saved, Shelf, ShelfItem, Skipped, Small, Take, Time,
};
use crate::protocol::names::RelativePath;

const PROTOCOL_MD: &str = include_str!("../../../PROTOCOL.md");

const T: TransferId = TransferId([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);

const COUNTING: [u8; 32] = [
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30,
    31,
];

fn hello(role: Role) -> Message {
    Message::Hello(Hello {
        version: 1,
        features: Features::SHELF,
        name: "Mei".to_owned(),
        kind: DeviceKind::Computer,
        port: 53317,
        role,
        software: String::new(),
    })
}

fn entry(number: u32, path: &str, kind: EntryKind, size: u64) -> Entry {
    let path = RelativePath::from_wire(path).unwrap();
    Entry { item: 1, entry: number, path, kind, size, modified: None, from: 0 }
}

fn vectors() -> Vec<(&'static str, Message, &'static str)> {
    vec![
        ("hello-control", hello(Role::Control), "0000000d01080110081a034d656928c5a003"),
        (
            "hello-data",
            hello(Role::Data { transfer: T }),
            "0000001f01080110081a034d656928c5a0033210000102030405060708090a0b0c0d0e0f",
        ),
        ("ping", Message::Ping { token: 7 }, "00000002020807"),
        ("pong", Message::Pong { token: 7 }, "00000002030807"),
        ("bye-duplicate", Message::Bye(ByeReason::Duplicate), "00000002040802"),
        (
            "offer-file",
            Message::Offer(offer(
                T,
                vec![Item {
                    modified: Some(Time { seconds: 1_700_000_000, nanos: 5 }),
                    thumbhash: Some(Bytes::from_static(&[1, 2, 3])),
                    version: 0,
                    digest: None,
                    ..file("照片.jpg", 6_000_000)
                }],
            )),
            "00000038100a10000102030405060708090a0b0c0d0e0f12240801120ae785a7e789872e6a706718809bee0220012a080880c49fd50c10053203010203",
        ),
        (
            "offer-text",
            Message::Offer(offer(T, vec![text_item(2)])),
            "00000018100a10000102030405060708090a0b0c0d0e0f120408031802",
        ),
        (
            "answer-accept",
            Message::Answer {
                transfer: T,
                answer: Answer::Accept(Accept {
                    items: [0, 1, 3].into_iter().collect(),
                    resume: vec![],
                    known: Ranges::default(),
                }),
            },
            "00000018110a10000102030405060708090a0b0c0d0e0f120400020301",
        ),
        (
            "answer-decline",
            Message::Answer { transfer: T, answer: Answer::Decline(DeclineReason::Person) },
            "00000014110a10000102030405060708090a0b0c0d0e0f2001",
        ),
        (
            "text",
            Message::Text { transfer: T, text: "hi".to_owned() },
            "00000016130a10000102030405060708090a0b0c0d0e0f12026869",
        ),
        ("text-saved", Message::TextSaved { transfer: T }, "00000012140a10000102030405060708090a0b0c0d0e0f"),
        (
            "cancel-person",
            Message::Cancel { transfer: T, reason: CancelReason::Person },
            "00000014150a10000102030405060708090a0b0c0d0e0f1001",
        ),
        ("browse", Message::Browse { request: 5 }, "00000002190805"),
        (
            "shelf",
            Message::Shelf(Shelf {
                request: 5,
                items: vec![ShelfItem { id: 9, item: folder("Trip", 10, 2) }],
                more: false,
            }),
            "000000121a0805120e080910021a0454726970200a2802",
        ),
        (
            "take",
            Message::Take(Take { transfer: T, items: vec![9], again: false }),
            "000000151b0a10000102030405060708090a0b0c0d0e0f120109",
        ),
        ("compare-ask", Message::CompareAsk, "000000001c"),
        (
            "compare-commit",
            Message::CompareCommit { run: 1, commitment: COUNTING },
            "000000241d08011220000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
        ),
        (
            "compare-reveal",
            Message::CompareReveal { run: 1, nonce: COUNTING },
            "000000241e08011220000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
        ),
        ("compare-stop", Message::CompareStop { run: 1, reason: CompareEnd::Person }, "000000041f08011001"),
        ("waiting", Message::Waiting { waits: true }, "00000002200801"),
        (
            "entry-file",
            Message::Entry(entry(3, "day 1/a.txt", EntryKind::File, 2)),
            "0000001540080110031a0b64617920312f612e74787420012802",
        ),
        ("entry-folder", Message::Entry(entry(0, "empty", EntryKind::Folder, 0)), "0000000b4008011a05656d7074792002"),
        ("chunk", Message::Chunk(Bytes::from_static(b"hi")), "00000002416869"),
        (
            "entry-end",
            Message::EntryEnd { blake3: COUNTING },
            "00000022420a20000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
        ),
        (
            "batch",
            Message::Batch(Batch {
                entries: vec![Small {
                    entry: entry(3, "a", EntryKind::File, 2),
                    content: Bytes::from_static(b"hi"),
                    blake3: COUNTING,
                }],
            }),
            "00000031430a2f080110031a01612001320268693a20000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
        ),
        (
            "skipped",
            Message::Skipped(Skipped {
                item: 1,
                entry: 4,
                path: RelativePath::from_wire("gone").unwrap(),
                fault: Fault::Gone,
            }),
            "0000000c44080110041a04676f6e652001",
        ),
        ("end", Message::End { files: 2, bytes: 4 }, "000000044508021004"),
        (
            "saved",
            Message::Saved(Saved {
                items: Ranges::all(1),
                entries: vec![(1, [3, 4].into_iter().collect())],
                all: false,
            }),
            "00000009460a0200011203010302",
        ),
        (
            "saved-all",
            Message::Saved(Saved { items: Ranges::all(2), entries: vec![], all: true }),
            "00000006460a0200021801",
        ),
        (
            "failed-disk-full",
            Message::Failed(Failed { item: None, entry: None, fault: Fault::DiskFull }),
            "00000002471805",
        ),
        (
            "failed-item-0",
            Message::Failed(Failed { item: Some(0), entry: None, fault: Fault::Damaged }),
            "000000044708001804",
        ),
    ]
}

fn bytes_of(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.chars().map(|digit| digit.to_digit(16).unwrap() as u8).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

#[test]
fn each_message_is_these_bytes_and_these_bytes_are_that_message() {
    for (name, message, hex) in vectors() {
        let mut bytes = BytesMut::new();
        message.encode().encode(&mut bytes);
        assert_eq!(bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>(), hex, "{name}");

        let mut decoder = Decoder::new();
        let stages = [Stage::Hello, Stage::Control, Stage::DataIn, Stage::DataOut];
        decoder.enter(stages.into_iter().find(|stage| stage.allows(message.encode().kind)).unwrap());
        decoder.push(&bytes_of(hex));
        let frame = decoder.frame().unwrap().unwrap();
        assert_eq!(Message::decode(frame), Ok(message), "{name}");
        assert!(decoder.is_between_frames());
    }
}

#[test]
fn protocol_md_lists_every_vector() {
    for (name, _, hex) in vectors() {
        assert!(
            PROTOCOL_MD.contains(&format!("| `{name}` | `{hex}` |")),
            "{name} is missing or differs in PROTOCOL.md"
        );
    }
}

#[test]
fn protocol_md_lists_every_kind_with_its_bound() {
    for kind in frame::KINDS {
        let row = format!("| `{:#04X}` | {kind:?} | {} |", kind as u8, kind.max_len()).replace("0X", "0x");
        assert!(PROTOCOL_MD.contains(&row), "missing in PROTOCOL.md: {row}");
    }
}
