use super::*;
use crate::protocol::{
    consent::End,
    data::{BatchBuilder, DataError, Inbound, Incoming, Outbound, Receipt, Receipts},
    frame::Kind,
    limits::{MAX_BATCHED_FILE, MAX_CHUNK, RESUME_GROUP},
    message::{Accept, Batch, Entry, EntryKind, Failed, Fault, Resume, Saved, Skipped},
    names::RelativePath,
};

fn consent(end: End, items: Vec<Item>, accepted: &[u32]) -> Consent {
    let accept = Accept { items: accepted.iter().copied().collect(), resume: Vec::new(), known: Ranges::default() };
    Consent::new(end, Arc::new(offer(id(1), items)), Arc::new(accept)).unwrap()
}

fn path(path: &str) -> RelativePath {
    RelativePath::from_wire(path).unwrap()
}

fn entry(item: u32, number: u32, at: &str, size: u64) -> Entry {
    Entry { item, entry: number, path: path(at), kind: EntryKind::File, size, modified: None, from: 0 }
}

fn directory(item: u32, number: u32, at: &str) -> Entry {
    Entry { kind: EntryKind::Folder, ..entry(item, number, at, 0) }
}

fn hash(bytes: &[u8]) -> [u8; 32] {
    *blake3::hash(bytes).as_bytes()
}

fn things() -> Vec<Item> {
    vec![file("big.bin", 300_000), file("left out", 5), folder("Trip", 100_000, 9), file("last", 0)]
}

/// A transfer with everything in it, as the giving end makes it.
fn script() -> (Vec<Frame>, Vec<Incoming>) {
    let mut out = Outbound::new(consent(End::Giving, things(), &[0, 2, 3]));
    let mut frames = Vec::new();
    let mut told = Vec::new();
    let big = vec![7; 300_000];
    let begin = entry(0, 0, "", 300_000);
    frames.push(out.entry(begin.clone()).unwrap());
    told.push(Incoming::Entry(begin));
    for part in big.chunks(120_000) {
        let part = Bytes::copy_from_slice(part);
        frames.push(out.chunk(part.clone()).unwrap());
        told.push(Incoming::Chunk(part));
    }
    frames.push(out.entry_end(hash(&big)).unwrap());
    told.push(Incoming::EntryEnd { blake3: hash(&big) });

    let mut builder = BatchBuilder::new();
    builder.push(directory(2, 0, ""), Bytes::new(), [0; 32]);
    builder.push(directory(2, 1, "empty"), Bytes::new(), [0; 32]);
    for number in 2..6 {
        let content = Bytes::from(vec![number as u8; number]);
        let begin = entry(2, number as u32, &format!("day {number}/照片.jpg"), 0);
        assert!(builder.fits(&begin, content.len()));
        builder.push(begin, content.clone(), hash(&content));
    }
    let batch = builder.take().unwrap();
    frames.push(out.batch(batch.clone()).unwrap());
    told.push(Incoming::Batch(batch));

    let gone = Skipped { item: 2, entry: 6, path: path("gone"), fault: Fault::Gone };
    frames.push(out.skipped(gone.clone()).unwrap());
    told.push(Incoming::Skipped(gone));
    // One that changes while it is read.
    let begin = entry(2, 7, "changing", 90_000);
    frames.push(out.entry(begin.clone()).unwrap());
    told.push(Incoming::Entry(begin));
    frames.push(out.chunk(Bytes::from_static(b"begun")).unwrap());
    told.push(Incoming::Chunk(Bytes::from_static(b"begun")));
    let changed = Skipped { item: 2, entry: 7, path: path("changing"), fault: Fault::Changed };
    frames.push(out.skipped(changed.clone()).unwrap());
    told.push(Incoming::Skipped(changed));

    let last = entry(3, 0, "", 0);
    frames.push(out.entry(last.clone()).unwrap());
    told.push(Incoming::Entry(last));
    frames.push(out.entry_end(hash(b"")).unwrap());
    told.push(Incoming::EntryEnd { blake3: hash(b"") });
    frames.push(out.end().unwrap());
    told.push(Incoming::End { files: 6, bytes: 300_014 });
    (frames, told)
}

fn received(frames: &[Frame], cuts: Cuts) -> Vec<Incoming> {
    let mut inbound = Inbound::new(consent(End::Receiving, things(), &[0, 2, 3]));
    let mut pipe = Pipe::new(Stage::DataIn, cuts);
    frames.iter().for_each(|frame| pipe.write(frame));
    let mut told = Vec::new();
    while let Some(frames) = pipe.deliver() {
        for frame in frames.unwrap() {
            told.push(inbound.receive(frame).unwrap());
        }
    }
    assert!(inbound.is_ended() && pipe.decoder.is_between_frames());
    told
}

#[test]
fn a_transfer_arrives_as_it_was_given_wherever_the_stream_is_cut() {
    let (frames, told) = script();
    assert_eq!(received(&frames, Cuts::Whole), told);
    assert_eq!(received(&frames, Cuts::SingleBytes), told);
    // Every cut but those inside the long runs of chunks' bytes, where only a sample differs.
    let mut at = 0;
    for frame in &frames {
        let len = frame.wire_len();
        for cut in (0..len.min(40)).chain(len.saturating_sub(10)..len) {
            assert_eq!(received(&frames, Cuts::At(at + cut)), told, "cut at {}", at + cut);
        }
        at += len;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn a_transfer_arrives_as_it_was_given_with_cuts_anywhere(cuts in proptest::collection::vec(1usize..50_000, 1..20)) {
        let (frames, told) = script();
        prop_assert_eq!(received(&frames, Cuts::Pieces(cuts)), told);
    }
}

/// The first refusal of a receiving end that agreed to items 0, 2 and 3 of [`things`].
fn refusal(messages: Vec<Message>) -> DataError {
    let mut inbound = Inbound::new(consent(End::Receiving, things(), &[0, 2, 3]));
    let count = messages.len();
    for (number, message) in messages.into_iter().enumerate() {
        match inbound.receive(message.encode()) {
            Ok(_) => assert!(number + 1 < count, "nothing was refused"),
            Err(error) => {
                assert_eq!(number + 1, count, "refused too early: {error}");
                return error;
            }
        }
    }
    unreachable!("nothing was said")
}

fn whole(entry: Entry, content: &[u8]) -> Vec<Message> {
    let mut messages = vec![Message::Entry(entry)];
    if !content.is_empty() {
        messages.push(Message::Chunk(Bytes::copy_from_slice(content)));
    }
    messages.push(Message::EntryEnd { blake3: hash(content) });
    messages
}

#[test]
fn not_a_byte_comes_beyond_what_was_agreed_to() {
    let big = |size| Message::Entry(entry(0, 0, "", size));
    let chunk = |len: usize| Message::Chunk(Bytes::from(vec![0; len]));
    let skip = |item, number| Message::Skipped(Skipped { item, entry: number, path: path(""), fault: Fault::Gone });
    let end = Message::EntryEnd { blake3: [0; 32] };
    // A larger file, more bytes than it said, fewer, or bytes of nothing.
    assert_eq!(refusal(vec![big(300_001)]), DataError::TooMuch(0));
    assert_eq!(refusal(vec![big(5), chunk(6)]), DataError::Length);
    assert_eq!(refusal(vec![big(5), chunk(4), end.clone()]), DataError::Length);
    assert_eq!(refusal(vec![chunk(1)]), DataError::Unexpected(Kind::Chunk));
    assert_eq!(refusal(vec![end.clone()]), DataError::Unexpected(Kind::EntryEnd));
    // Another file while one is under way; that one may begin anew, but not become more than was offered.
    let other = Message::Entry(entry(2, 0, "x", 1));
    assert_eq!(refusal(vec![big(5), other]), DataError::Entry { item: 2, entry: 0 });
    assert_eq!(refusal(vec![big(5), chunk(3), big(4), chunk(5)]), DataError::Length);
    assert_eq!(refusal(vec![big(5), chunk(3), big(300_001)]), DataError::TooMuch(0));
    // What was left out, what was never offered, what is passed over, what comes late.
    assert_eq!(refusal(vec![skip(0, 0), Message::Entry(entry(1, 0, "", 5))]), DataError::Item(1));
    assert_eq!(refusal(vec![skip(0, 0), Message::Entry(entry(4, 0, "", 5))]), DataError::Item(4));
    assert_eq!(refusal(vec![Message::Entry(directory(2, 0, ""))]), DataError::Item(2));
    assert_eq!(refusal(vec![skip(0, 0), skip(2, 0), big(1)]), DataError::Item(0));
    assert_eq!(refusal(vec![skip(0, 0), skip(2, 5), skip(2, 5)]), DataError::Entry { item: 2, entry: 5 });
    // A file where a folder was offered, and the other way; a path inside a file; files into the folder's own name.
    assert_eq!(refusal(vec![Message::Entry(directory(0, 0, ""))]), DataError::Entry { item: 0, entry: 0 });
    assert_eq!(refusal(vec![Message::Entry(entry(0, 0, "x", 1))]), DataError::Entry { item: 0, entry: 0 });
    assert_eq!(refusal(vec![Message::Entry(entry(0, 1, "", 1))]), DataError::Entry { item: 0, entry: 1 });
    assert_eq!(refusal(vec![skip(0, 0), Message::Entry(entry(2, 0, "", 1))]), DataError::Entry { item: 2, entry: 0 });
    // A second file of a single one.
    let mut twice = whole(entry(0, 0, "", 1), b"a");
    twice.push(Message::Entry(entry(0, 1, "", 1)));
    assert_eq!(refusal(twice), DataError::Entry { item: 0, entry: 1 });
    // Going on where nothing was.
    let on = Message::Entry(Entry { from: RESUME_GROUP, ..entry(0, 0, "", RESUME_GROUP) });
    assert_eq!(refusal(vec![on]), DataError::Entry { item: 0, entry: 0 });
}

#[test]
fn a_folder_holds_no_more_files_and_bytes_than_it_said() {
    let items = vec![folder("Trip", 100, 3)];
    let sizes = |sizes: &[u64]| {
        let mut out = Outbound::new(consent(End::Giving, items.clone(), &[0]));
        sizes.iter().enumerate().try_for_each(|(number, size)| {
            out.entry(entry(0, number as u32, &format!("{number}"), *size))?;
            if *size > 0 {
                out.chunk(Bytes::from(vec![0; *size as usize]))?;
            }
            out.entry_end([0; 32]).map(|_| ())
        })
    };
    assert_eq!(sizes(&[50, 50, 0]), Ok(()));
    assert_eq!(sizes(&[50, 51]), Err(DataError::TooMuch(0)));
    assert_eq!(sizes(&[1, 1, 1, 1]), Err(DataError::TooMuch(0)));
}

#[test]
fn the_end_comes_only_after_everything_and_with_true_sums() {
    let end = |files, bytes| Message::End { files, bytes };
    let skip = |item| Message::Skipped(Skipped { item, entry: 0, path: path(""), fault: Fault::Unreadable });
    assert_eq!(refusal(vec![end(0, 0)]), DataError::End);
    assert_eq!(refusal(vec![skip(0), skip(2), end(0, 0)]), DataError::End);
    assert_eq!(refusal(vec![skip(0), skip(2), skip(3), end(1, 0)]), DataError::End);
    assert_eq!(refusal(vec![skip(0), skip(2), Message::Entry(entry(3, 0, "", 0)), end(0, 0)]), DataError::End);
    assert_eq!(refusal(vec![skip(0), skip(2), skip(3), end(0, 0), end(0, 0)]), DataError::End);
    let mut late = vec![skip(0), skip(2), skip(3), end(0, 0)];
    late.push(Message::Entry(entry(3, 0, "", 0)));
    assert_eq!(refusal(late), DataError::Entry { item: 3, entry: 0 });
}

#[test]
fn a_stopped_transfer_goes_on_behind_what_the_receiver_has() {
    let items = || vec![file("done", 5), file("big", 3 * RESUME_GROUP), folder("Trip", 10, 3)];
    let resume = vec![
        Resume { item: 0, saved: Ranges::all(1), entry: 0, groups: Bytes::new() },
        Resume { item: 1, saved: Ranges::default(), entry: 0, groups: Bytes::from(vec![1; 64]) },
        Resume { item: 2, saved: Ranges::all(2), entry: 2, groups: Bytes::new() },
    ];
    let accept = Arc::new(Accept { items: Ranges::all(3), resume, known: Ranges::default() });
    let given = Arc::new(offer(id(1), items()));
    let consent = |end| Consent::new(end, Arc::clone(&given), Arc::clone(&accept)).unwrap();
    let mut out = Outbound::new(consent(End::Giving));
    let mut inbound = Inbound::new(consent(End::Receiving));
    let beyond = Entry { from: 3 * RESUME_GROUP, ..entry(1, 0, "", 3 * RESUME_GROUP) };
    assert_eq!(out.entry(beyond).unwrap_err(), DataError::Entry { item: 1, entry: 0 });
    let mut frames = vec![out.entry(Entry { from: 2 * RESUME_GROUP, ..entry(1, 0, "", 3 * RESUME_GROUP) }).unwrap()];
    for _ in 0..16 {
        frames.push(out.chunk(Bytes::from(vec![0; MAX_CHUNK])).unwrap());
    }
    frames.push(out.entry_end([5; 32]).unwrap());
    frames.push(out.entry(entry(2, 2, "third", 0)).unwrap());
    frames.push(out.entry_end(hash(b"")).unwrap());
    frames.push(out.end().unwrap());
    for frame in frames {
        inbound.receive(frame).unwrap();
    }
    assert!(inbound.is_ended());
}

#[test]
fn a_batch_holds_what_fits_a_frame_and_no_more() {
    let items = || vec![folder("many", 1 << 30, 100_000)];
    let mut out = Outbound::new(consent(End::Giving, items(), &[0]));
    let mut inbound = Inbound::new(consent(End::Receiving, items(), &[0]));
    let mut builder = BatchBuilder::new();
    let deep = vec!["x".repeat(255); 15].join("/");
    let content = Bytes::from(vec![1; MAX_BATCHED_FILE]);
    let mut batches = 0;
    for number in 0..5_000 {
        let begin = entry(0, number, &format!("{deep}/{number}"), 0);
        // Long and empty files in turn.
        let content = if number % 7 == 0 { content.clone() } else { Bytes::new() };
        if !builder.fits(&begin, content.len()) {
            let frame = out.batch(builder.take().unwrap()).unwrap();
            assert!(frame.payload.len() > MAX_CHUNK / 2, "batches are worth it");
            inbound.receive(frame).unwrap();
            batches += 1;
        }
        assert!(builder.fits(&begin, content.len()));
        builder.push(begin, content, [3; 32]);
    }
    inbound.receive(out.batch(builder.take().unwrap()).unwrap()).unwrap();
    assert!(builder.is_empty() && builder.take().is_none() && batches > 10);
    assert!(!builder.fits(&entry(0, 0, "x", 0), MAX_BATCHED_FILE + 1));
    let empty = Message::Batch(Batch::default()).encode();
    assert!(matches!(inbound.receive(empty), Err(DataError::Message(_))));
}

#[test]
fn a_receiver_can_only_have_saved_what_was_agreed_to_and_all_of_it_only_after_the_end() {
    let mut receipts = Receipts::new(consent(End::Giving, things(), &[0, 2, 3]));
    let mut receive = |message: Message, end_sent| receipts.receive(message.encode(), end_sent);
    let saved = |items: &[u32], all| Saved { items: items.iter().copied().collect(), entries: Vec::new(), all };
    assert_eq!(receive(Message::Saved(saved(&[1], false)), false), Err(DataError::Item(1)));
    let entries = vec![(1, Ranges::all(4))];
    assert_eq!(receive(Message::Saved(Saved { entries, ..saved(&[], false) }), false), Err(DataError::Item(1)));
    assert_eq!(receive(Message::Saved(saved(&[0], true)), false), Err(DataError::End));
    let failed = Failed { item: Some(7), entry: None, fault: Fault::DiskFull };
    assert_eq!(receive(Message::Failed(failed), false), Err(DataError::Item(7)));
    assert_eq!(receive(Message::End { files: 0, bytes: 0 }, false), Err(DataError::Unexpected(Kind::End)));
    let failed = Failed { item: None, entry: None, fault: Fault::DiskFull };
    assert_eq!(receive(Message::Failed(failed), false), Ok(Receipt::Failed(failed)));
    let last = saved(&[0, 2, 3], true);
    assert_eq!(receive(Message::Saved(last.clone()), true), Ok(Receipt::Saved(last.clone())));
    assert_eq!(receive(Message::Saved(last), true), Err(DataError::Unexpected(Kind::Saved)));
    assert!(receipts.is_finished());
}
