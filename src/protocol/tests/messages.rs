use super::*;
use crate::protocol::{
    frame::{KINDS, Kind},
    limits::{MAX_OFFER_ITEMS, RESUME_GROUP},
    message::{
        Accept, Answer, Batch, ByeReason, CancelReason, DeclineReason, DeviceKind, Entry, EntryKind, Failed, Fault,
        Features, Hello, Resume, Role, Saved, Shelf, ShelfItem, Skipped, Small, Take, Thumbnail, Thumbnails, Time,
    },
    names::{RelativePath, computer_name, to_wire},
};

fn ids() -> impl Strategy<Value = TransferId> {
    any::<[u8; 16]>().prop_map(TransferId)
}

fn bytes(max: usize) -> impl Strategy<Value = Bytes> {
    proptest::collection::vec(any::<u8>(), 1..=max).prop_map(Bytes::from)
}

fn times() -> impl Strategy<Value = Option<Time>> {
    proptest::option::of((any::<i64>(), 0u32..1_000_000_000).prop_map(|(seconds, nanos)| Time { seconds, nanos }))
}

fn items() -> impl Strategy<Value = Item> {
    let kinds = proptest::sample::select(vec![ItemKind::File, ItemKind::Folder, ItemKind::Unknown]);
    (kinds, any::<String>(), 0u64..1 << 40, 0u64..1000, times(), proptest::option::of(bytes(40))).prop_map(
        |(kind, name, size, files, modified, thumbhash)| {
            let files = if kind == ItemKind::File { 1 } else { files };
            Item { kind, name: to_wire(&name), size, files, modified, thumbhash, version: 0, digest: None }
        },
    )
}

fn ranges(end: u32) -> impl Strategy<Value = Ranges> {
    proptest::collection::vec(0..end, 0..20).prop_map(Ranges::from_numbers)
}

fn accepts() -> impl Strategy<Value = Accept> {
    let part = (ranges(1000), any::<u32>(), proptest::collection::vec(any::<[u8; 32]>(), 0..5));
    proptest::collection::btree_map(0..MAX_OFFER_ITEMS as u32, proptest::option::of(part), 1..20).prop_map(|items| {
        let resume = items.iter().filter_map(|(item, part)| {
            let (saved, entry, groups) = part.clone()?;
            Some(Resume { item: *item, saved, entry, groups: groups.concat().into() })
        });
        Accept { resume: resume.collect(), known: Ranges::default(), items: items.keys().copied().collect() }
    })
}

fn paths() -> impl Strategy<Value = RelativePath> {
    proptest::collection::vec(any::<String>(), 0..5)
        .prop_map(|names| names.iter().fold(RelativePath::itself(), |path, name| path.join(name).unwrap()))
}

fn entries() -> impl Strategy<Value = Entry> {
    (0u32..1000, 0u32..1_000_000, paths(), any::<bool>(), 0u64..1 << 40, times(), any::<u64>()).prop_map(
        |(item, entry, path, is_file, size, modified, from)| {
            let (kind, size) = if is_file { (EntryKind::File, size) } else { (EntryKind::Folder, 0) };
            let from = from % (size / RESUME_GROUP + 1) * RESUME_GROUP;
            Entry { item, entry, path, kind, size, modified, from }
        },
    )
}

fn smalls() -> impl Strategy<Value = Small> {
    (entries(), proptest::collection::vec(any::<u8>(), 0..2000), any::<[u8; 32]>()).prop_map(
        |(entry, content, blake3)| match entry.kind {
            EntryKind::File => {
                let size = content.len() as u64;
                Small { entry: Entry { size, from: 0, ..entry }, content: content.into(), blake3 }
            }
            EntryKind::Folder => Small { entry: Entry { from: 0, ..entry }, content: Bytes::new(), blake3: [0; 32] },
        },
    )
}

fn faults() -> impl Strategy<Value = Fault> {
    proptest::sample::select(vec![
        Fault::Unknown,
        Fault::Gone,
        Fault::Unreadable,
        Fault::Changed,
        Fault::Damaged,
        Fault::DiskFull,
        Fault::FolderNotWritable,
        Fault::NotAFile,
        Fault::NotPossible,
    ])
}

/// Any message that may be on the wire.
fn messages() -> impl Strategy<Value = Message> {
    use proptest::collection::vec;
    let hello = (1..u32::MAX, any::<u64>(), any::<String>(), any::<u16>(), proptest::option::of(ids())).prop_map(
        |(version, features, name, port, data)| {
            Message::Hello(Hello {
                version,
                features: Features(features),
                name: computer_name(&name),
                kind: DeviceKind::Phone,
                port,
                role: data.map_or(Role::Control, |transfer| Role::Data { transfer }),
                software: "fantail 0.1.0".to_owned(),
            })
        },
    );
    let offers = (ids(), vec(items(), 1..8), any::<bool>(), any::<bool>())
        .prop_map(|(transfer, items, again, taken)| Message::Offer(Offer { transfer, items, for_take: taken, again }));
    let shelf = (any::<u32>(), vec((any::<u64>(), items()), 0..8), any::<bool>()).prop_map(|(request, items, more)| {
        let items = items.into_iter().map(|(id, item)| ShelfItem { id, item }).collect();
        Message::Shelf(Shelf { request, items, more })
    });
    let saved = (ranges(1000), proptest::collection::btree_map(0u32..1000, ranges(1000), 0..5), any::<bool>())
        .prop_map(|(items, entries, all)| {
            let entries = entries.into_iter().filter(|(_, ranges)| !ranges.is_empty()).collect();
            Message::Saved(Saved { items, entries, all })
        });
    let control = prop_oneof![
        hello,
        any::<u64>().prop_map(|token| Message::Ping { token }),
        any::<u64>().prop_map(|token| Message::Pong { token }),
        Just(Message::Bye(ByeReason::NoSuchTransfer)),
        offers,
        (ids(), Just(text_item(7))).prop_map(|(transfer, item)| Message::Offer(offer(transfer, vec![item]))),
        (ids(), accepts()).prop_map(|(transfer, accept)| Message::Answer { transfer, answer: Answer::Accept(accept) }),
        ids().prop_map(|transfer| Message::Answer { transfer, answer: Answer::Decline(DeclineReason::Person) }),
        (ids(), vec((any::<u32>(), bytes(500)), 0..12)).prop_map(|(transfer, pictures)| {
            let pictures = pictures.into_iter().map(|(item, picture)| Thumbnail { item, picture }).collect();
            Message::Thumbnails(Thumbnails { transfer, pictures })
        }),
        (ids(), ".{1,300}").prop_map(|(transfer, text)| Message::Text { transfer, text }),
        ids().prop_map(|transfer| Message::TextSaved { transfer }),
        ids().prop_map(|transfer| Message::Cancel { transfer, reason: CancelReason::Failed }),
        ids().prop_map(|transfer| Message::Pause { transfer }),
        ids().prop_map(|transfer| Message::Continue { transfer }),
        ids().prop_map(|transfer| Message::OpenData { transfer }),
        any::<u32>().prop_map(|request| Message::Browse { request }),
        shelf,
        (ids(), vec(any::<u64>(), 0..50), any::<bool>()).prop_map(|(transfer, items, again)| Message::Take(Take {
            transfer,
            items,
            again
        })),
    ];
    let data = prop_oneof![
        entries().prop_map(Message::Entry),
        bytes(500).prop_map(Message::Chunk),
        any::<[u8; 32]>().prop_map(|blake3| Message::EntryEnd { blake3 }),
        vec(smalls(), 1..5).prop_map(|entries| Message::Batch(Batch { entries })),
        (0u32..1000, 0u32..1_000_000, paths(), faults())
            .prop_map(|(item, entry, path, fault)| Message::Skipped(Skipped { item, entry, path, fault })),
        (any::<u64>(), any::<u64>()).prop_map(|(files, bytes)| Message::End { files, bytes }),
        saved,
        (any::<Option<u32>>(), any::<Option<u32>>(), faults())
            .prop_map(|(item, entry, fault)| Message::Failed(Failed { item, entry, fault })),
    ];
    prop_oneof![control, data]
}

proptest! {
    #[test]
    fn every_message_is_read_as_what_was_written(message in messages()) {
        let frame = message.encode();
        prop_assert!(frame.payload.len() <= frame.kind.max_len());
        prop_assert_eq!(Message::decode(frame), Ok(message));
    }

    #[test]
    fn no_payload_however_hostile_is_more_than_refused(kind in 0..KINDS.len(), payload in proptest::collection::vec(any::<u8>(), 0..200)) {
        let kind = KINDS[kind];
        if let Ok(message) = Message::decode(Frame { kind, payload: payload.into() }) {
            prop_assert_eq!(Message::decode(message.encode()), Ok(message));
        }
    }

    #[test]
    fn a_valid_message_with_a_flipped_or_missing_byte_is_refused_or_valid(message in messages(), at in any::<usize>(), flip in 1u8..) {
        let Frame { kind, payload } = message.encode();
        let mut flipped = payload.to_vec();
        if !flipped.is_empty() {
            let at = at % flipped.len();
            flipped[at] ^= flip;
            let cut = flipped[..at].to_vec();
            for payload in [flipped, cut] {
                if let Ok(message) = Message::decode(Frame { kind, payload: payload.into() }) {
                    prop_assert_eq!(Message::decode(message.encode()), Ok(message));
                }
            }
        }
    }
}

#[test]
fn the_largest_offer_fits_its_frame() {
    let item = Item {
        kind: ItemKind::Folder,
        name: "x".repeat(255),
        size: limits::MAX_TRANSFER_BYTES / 1000,
        files: 1000,
        modified: Some(Time { seconds: i64::MIN, nanos: 999_999_999 }),
        thumbhash: Some(Bytes::from(vec![1; 40])),
        version: u32::MAX,
        digest: Some([1; 32]),
    };
    let offer = offer(id(1), vec![item; MAX_OFFER_ITEMS]);
    let frame = Message::Offer(offer.clone()).encode();
    assert!(frame.payload.len() <= Kind::Offer.max_len(), "{}", frame.payload.len());
    assert_eq!(Message::decode(frame), Ok(Message::Offer(offer)));
}

#[test]
fn a_moment_on_a_file_survives_the_wire_before_and_after_1970() {
    use std::time::{Duration, UNIX_EPOCH};
    for nanos in [0u64, 1, 999_999_999, 1_000_000_000, 1_700_000_000_123_456_789] {
        for time in [UNIX_EPOCH + Duration::from_nanos(nanos), UNIX_EPOCH - Duration::from_nanos(nanos)] {
            assert_eq!(Time::from(time).to_system_time(), Some(time));
        }
    }
}
