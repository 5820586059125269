//! A giver that lies about how much there is, what it is, and what it sends.

use fantail::protocol::{
    message::{Batch, Entry, EntryKind, Failed, Fault, Message, Saved, Small},
    names::RelativePath,
};

use crate::{
    Siege,
    villain::{Line, Villain, all_saved, file, file_item, folder_item, id},
};

/// An accepted transfer of these items, and its data connection.
fn begin(siege: &Siege, villain: &Villain, items: Vec<fantail::protocol::message::Item>) -> (Line, Line) {
    let (address, receiver) = (siege.receiver.address, siege.receiver.fingerprint);
    let mut control = villain.control(address, receiver);
    control.offer_accepted(id(1), items);
    let mut data = villain.data(address, receiver, id(1));
    assert!(matches!(data.hear(), Some(Message::Hello(_))));
    (control, data)
}

fn entry(number: u32, path: &str, kind: EntryKind, size: u64) -> Message {
    Message::Entry(Entry {
        item: 0,
        entry: number,
        path: RelativePath::from_wire(path).unwrap(),
        kind,
        size,
        modified: None,
        from: 0,
    })
}

fn chunk(length: usize) -> Message {
    Message::Chunk(vec![7; length].into())
}

fn small(number: u32, path: &str, content: &[u8]) -> Small {
    Small {
        entry: Entry {
            item: 0,
            entry: number,
            path: RelativePath::from_wire(path).unwrap(),
            kind: EntryKind::File,
            size: content.len() as u64,
            modified: None,
            from: 0,
        },
        content: content.to_vec().into(),
        blake3: *blake3::hash(content).as_bytes(),
    }
}

#[test]
fn a_giver_that_lies_about_sizes_and_counts_is_cut_off_and_leaves_nothing() {
    let mut siege = Siege::begin();
    let one = || vec![file_item("lie.bin", 100)];
    let folder = || vec![folder_item("lies", 2, 100)];
    let whole = |number, path: &str| file(0, number, path, b"ten bytes!").to_vec();
    let cases: Vec<(&str, Vec<_>, Vec<Message>)> = vec![
        ("a file of more than was offered", one(), vec![entry(0, "", EntryKind::File, 101)]),
        ("a file of 4 EiB", one(), vec![entry(0, "", EntryKind::File, 1 << 62)]),
        ("more bytes than the file has", one(), vec![entry(0, "", EntryKind::File, 10), chunk(11)]),
        ("bytes after its last", one(), vec![entry(0, "", EntryKind::File, 10), chunk(10), chunk(1)]),
        (
            "an end before its bytes",
            one(),
            vec![entry(0, "", EntryKind::File, 10), Message::EntryEnd { blake3: [0; 32] }],
        ),
        (
            "a folder instead of a file",
            one(),
            vec![entry(0, "", EntryKind::Folder, 0), Message::End { files: 0, bytes: 0 }],
        ),
        ("a path below a file", one(), vec![entry(0, "x", EntryKind::File, 1)]),
        ("more files than were offered", folder(), [whole(1, "a"), whole(2, "b"), whole(3, "c")].concat()),
        (
            "more bytes together",
            folder(),
            vec![
                entry(1, "a", EntryKind::File, 60),
                chunk(60),
                Message::EntryEnd { blake3: *blake3::hash(&[7; 60]).as_bytes() },
                entry(2, "b", EntryKind::File, 60),
            ],
        ),
        ("an entry twice", folder(), [whole(1, "a"), whole(1, "a")].concat()),
        ("entries backwards", folder(), [whole(2, "b"), whole(1, "a")].concat()),
        ("an entry of a number beyond all", folder(), whole(1_000_000, "a")),
        ("an item that was not offered", one(), file(1, 0, "", b"x").to_vec()),
        ("bytes of no file", one(), vec![chunk(1)]),
        ("a file inside a file", folder(), vec![entry(1, "a", EntryKind::File, 5), entry(2, "b", EntryKind::File, 5)]),
        ("an end too early", one(), vec![Message::End { files: 0, bytes: 0 }]),
        ("sums that are not so", one(), [whole(0, ""), vec![Message::End { files: 2, bytes: 10 }]].concat()),
        (
            "a beginning in the middle",
            one(),
            vec![Message::Entry(Entry {
                item: 0,
                entry: 0,
                path: RelativePath::from_wire("").unwrap(),
                kind: EntryKind::File,
                size: 100,
                modified: None,
                from: 16 << 20,
            })],
        ),
        (
            "a batch with a file that is too large",
            folder(),
            vec![Message::Batch(Batch { entries: vec![small(1, "a", &[1; 99]), small(2, "b", &[1; 99])] })],
        ),
        ("what a receiver says", one(), vec![Message::Saved(Saved { all: true, ..Saved::default() })]),
        ("what a control connection says", one(), vec![Message::Ping { token: 1 }]),
    ];
    for (why, items, messages) in cases {
        let (_control, mut data) = begin(&siege, &Villain::new(), items);
        for message in &messages {
            data.say(message);
        }
        data.expect_cut_off(why);
        siege.stands(why);
    }
}

#[test]
fn what_is_not_what_its_hash_says_is_thrown_away_and_told() {
    let mut siege = Siege::begin();
    let (_control, mut data) =
        begin(&siege, &Villain::new(), vec![file_item("a", 10), file_item("b", 10), file_item("c", 10)]);
    let [start, bytes, _] = file(0, 0, "", b"ten bytes!");
    for message in [start, bytes, Message::EntryEnd { blake3: [1; 32] }] {
        data.say(&message);
    }
    let mut forged = small(0, "", b"ten bytes!");
    forged.entry.item = 1;
    forged.blake3 = [2; 32];
    data.say(&Message::Batch(Batch { entries: vec![forged] }));
    for message in file(2, 0, "", b"ten bytes!") {
        data.say(&message);
    }
    data.say(&Message::End { files: 3, bytes: 30 });
    for item in [0, 1] {
        data.hear_until("that it is damaged", |message| {
            (*message == Message::Failed(Failed { item: Some(item), entry: None, fault: Fault::Damaged })).then_some(())
        });
    }
    data.hear_until("that the rest is saved", all_saved);
    siege.expect(["c"]);
    siege.stands("wrong hashes");
}

/// The long form says how many files instead: with the folder, a million entries at most.
#[test]
fn a_hundred_thousand_empty_files_and_the_deepest_folder_fit_into_bounded_memory() {
    const AT_ONCE: u32 = 1_000;
    let files: u32 = std::env::var("FANTAIL_TEST_FILES").map_or(100_000, |text| text.parse().unwrap());
    let mut siege = Siege::begin();
    let (control, mut data) = begin(&siege, &Villain::new(), vec![folder_item("many", u64::from(files), 0)]);
    let _control = control.kept_alive();
    for first in (0..files).step_by(AT_ONCE as usize) {
        let entries = (first..files.min(first + AT_ONCE)).map(|n| small(n + 1, &format!("{n}"), b"")).collect();
        assert!(data.say(&Message::Batch(Batch { entries })));
    }
    data.say(&Message::End { files: u64::from(files), bytes: 0 });
    data.hear_until("that all is saved", all_saved);
    assert_eq!(std::fs::read_dir(siege.receiver.received("many")).unwrap().count(), files as usize);
    std::fs::remove_dir_all(siege.receiver.received("many")).unwrap();
    siege.stands("very many files");

    let (_control, mut data) = begin(&siege, &Villain::new(), vec![folder_item("deep", 1, 4)]);
    // 63 folders and a file: the deepest path there may be.
    let path = format!("{}/f", vec!["d"; 63].join("/"));
    for message in file(0, 1, &path, b"deep") {
        data.say(&message);
    }
    data.say(&Message::End { files: 1, bytes: 4 });
    data.hear_until("that all is saved", all_saved);
    siege.expect([format!("deep/{path}").as_str()]);
    siege.stands("the deepest folder");
}
