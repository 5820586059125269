//! What must hold for every parser of outside bytes, whatever the bytes are.
//!
//! Each function takes raw bytes and panics when its property doesn't hold. The fuzz targets and `tests/corpora.rs` both
//! include this file.
#![allow(dead_code, clippy::unwrap_used, reason = "each fuzz target uses one of them; a panic is the finding")]

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use fantail::nearby::announcement::{self, Announcement};
use fantail::pictures::thumbhash::{self, MAX_DECODED_SIDE};
use fantail::protocol::{
    Consent, Ranges, TransferId,
    consent::End,
    control::Control,
    data::{Inbound, Incoming},
    frame::{Decoder, Frame, HEADER_LEN, KINDS, Kind, Stage},
    limits::{MAX_NAME, MAX_PATH, MAX_QUEUED_BYTES},
    message::{
        Accept, CancelReason, DeclineReason, DeviceKind, EntryKind, Features, Hello, Item, ItemKind, Message, Offer,
        Role,
    },
    names::{self, RelativePath},
};

/// The first byte chooses the stage. Frames are the same however the rest is cut, within their bounds, and together no
/// longer than what went in.
pub fn frames(data: &[u8]) {
    let Some((&first, stream)) = data.split_first() else { return };
    let stage = [Stage::Hello, Stage::Control, Stage::DataIn, Stage::DataOut][usize::from(first) % 4];
    let read = |piece: usize| {
        let mut decoder = Decoder::new();
        decoder.enter(stage);
        let mut frames = Vec::new();
        for piece in stream.chunks(piece.max(1)) {
            decoder.push(piece);
            loop {
                match decoder.frame() {
                    Ok(Some(frame)) => frames.push(frame),
                    Ok(None) => break,
                    Err(error) => {
                        assert_eq!(decoder.frame(), Err(error), "an error stays");
                        return (frames, Some(error));
                    }
                }
            }
        }
        (frames, None)
    };
    let whole = read(stream.len());
    assert_eq!(whole, read(1));
    assert_eq!(whole, read(usize::from(first) / 4));
    let mut length = 0;
    for frame in whole.0 {
        assert!(stage.allows(frame.kind) && frame.payload.len() <= frame.kind.max_len());
        length += HEADER_LEN + frame.payload.len();
    }
    assert!(length <= stream.len());
}

/// The first byte chooses the kind. What is read is read as the same from what is written of it.
pub fn messages(data: &[u8]) {
    let Some((&first, payload)) = data.split_first() else { return };
    let kind = kind_of(first);
    if payload.len() > kind.max_len() {
        return;
    }
    let frame = Frame { kind, payload: payload.to_vec().into() };
    let Ok(message) = Message::decode(frame) else { return };
    let again = message.encode();
    // Composing characters can make a path a little longer; a batch of a thousand has no room for that.
    assert!(kind == Kind::Batch || again.payload.len() <= kind.max_len());
    assert_eq!(Message::decode(again), Ok(message));
}

/// Every text becomes a name that may be on the wire, and no name that may be there is a path.
pub fn names(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let wire = names::to_wire(&text);
    assert!(!wire.is_empty() && wire.len() <= MAX_NAME);
    assert_eq!(names::component(&wire), Ok(wire));
    if let Ok(component) = names::component(&text) {
        assert_safe(&component);
        assert_eq!(names::to_wire(&component), component);
    }
    if let Ok(path) = RelativePath::from_wire(&text) {
        assert!(path.as_str().len() <= MAX_PATH);
        path.components().for_each(assert_safe);
        assert_eq!(RelativePath::from_wire(path.as_str()), Ok(path));
    }
    let shown = names::computer_name(&text);
    assert!(!shown.chars().any(char::is_control) && shown.trim() == shown);
    assert_eq!(names::computer_name(&shown), shown);
}

/// What is read was there: writing it gives the same bytes, but for those whose meaning is left to later versions.
pub fn announcements(data: &[u8]) {
    let read = Announcement::decode(data);
    if let Some(read) = read {
        assert!(read.port != 0 && data.len() <= announcement::MAX_LEN);
        let written = read.encode();
        assert_eq!((&written[..4], &written[6..]), (&data[..4], &data[6..announcement::LEN]));
    }
    // Whatever follows the first fields changes nothing.
    let mut longer = data.to_vec();
    longer.push(0);
    if data.len() >= announcement::LEN && longer.len() <= announcement::MAX_LEN {
        assert_eq!(Announcement::decode(&longer), read);
    }
    // JSON is LocalSend's, on the same port.
    assert!(read.is_none() || std::str::from_utf8(data).is_err());
}

/// A stream on a control connection, with a side that says yes to some things: nothing is joined without consent, and
/// what is kept stays bounded.
pub fn control(data: &[u8]) {
    let hello = Hello {
        version: 1,
        features: Features(u64::MAX),
        name: String::new(),
        kind: DeviceKind::Computer,
        port: 0,
        role: Role::Control,
        software: String::new(),
    };
    let mut now = Instant::now();
    let mut control = Control::new(&hello, now);
    let own = offer(vec![item(ItemKind::File, 1)]);
    control.offer(own.clone()).unwrap();
    let mut decoder = Decoder::new();
    decoder.enter(Stage::Control);
    decoder.push(data);
    let mut queued = 0;
    while let Ok(Some(frame)) = decoder.frame() {
        now += Duration::from_millis(frame.payload.len() as u64 % 2_000);
        let Ok(event) = control.receive(frame, now) else { return };
        let answered = match event {
            Some(fantail::protocol::control::Event::Offered(offer)) => {
                let transfer = offer.transfer;
                assert!(control.connect_data(transfer).is_err(), "nobody agreed yet");
                let accept = Accept { items: Ranges::all(offer.items.len() as u32), resume: Vec::new() };
                match transfer.0[0] % 4 {
                    0 => control.accept(transfer, accept),
                    1 => control.decline(transfer, DeclineReason::Person),
                    2 => control.cancel(transfer, CancelReason::Person),
                    _ => Ok(()),
                }
            }
            Some(fantail::protocol::control::Event::Text { transfer, .. }) => control.text_saved(transfer),
            _ => Ok(()),
        };
        queued += usize::from(answered.is_ok());
        if control.handle_timeout(now).is_err() {
            return;
        }
    }
    let (mut frames, mut bytes) = (0, 0);
    while let Some(frame) = control.poll_transmit() {
        assert!(frame.payload.len() <= frame.kind.max_len());
        frames += 1;
        bytes += frame.wire_len();
    }
    assert!(bytes <= MAX_QUEUED_BYTES && frames <= queued + 3 + data.len() / HEADER_LEN);
}

/// A stream on a data connection after consent to three items: not a byte beyond it comes out.
pub fn data(data: &[u8]) {
    let mut items = vec![item(ItemKind::File, 1_000), item(ItemKind::Folder, 5_000), item(ItemKind::File, 0)];
    items[1].files = 5;
    let accept = Accept { items: Ranges::all(3), resume: Vec::new() };
    let consent = Consent::new(End::Receiving, Arc::new(offer(items)), Arc::new(accept)).unwrap();
    let mut inbound = Inbound::new(consent);
    let mut decoder = Decoder::new();
    decoder.enter(Stage::DataIn);
    decoder.push(data);
    let (mut files, mut bytes) = (0u64, 0u64);
    // A file that is skipped half-way may come once more, so its bytes count only when it is complete.
    let mut begun = 0;
    while let Ok(Some(frame)) = decoder.frame() {
        let Ok(incoming) = inbound.receive(frame) else { return };
        match incoming {
            Incoming::Entry(entry) => begun = if entry.kind == EntryKind::File { entry.size } else { 0 },
            Incoming::Chunk(chunk) => assert!(chunk.len() as u64 <= begun),
            Incoming::EntryEnd { .. } => (files, bytes) = (files + 1, bytes + begun),
            Incoming::Batch(batch) => {
                for small in batch.entries {
                    assert_eq!(small.entry.size, small.content.len() as u64);
                    files += u64::from(small.entry.kind == EntryKind::File);
                    bytes += small.entry.size;
                }
            }
            Incoming::End { files: said, bytes: sum } => assert_eq!((said, sum), (files, bytes)),
            Incoming::Skipped(_) | Incoming::Bye(_) => {}
        }
        assert!(files <= 7 && bytes <= 6_000, "more than was agreed to");
    }
}

/// Whatever the bytes, a ThumbHash is a picture of a few pixels or none.
pub fn thumbhashes(data: &[u8]) {
    thumbhash::approximate_aspect(data);
    if let Some((size, rgba)) = thumbhash::decode(data) {
        assert!((1..=MAX_DECODED_SIDE).contains(&size.width) && (1..=MAX_DECODED_SIDE).contains(&size.height));
        assert_eq!(rgba.len(), size.width as usize * size.height as usize * 4);
    }
}

/// Small numbers choose in turn, a kind's own number chooses that kind.
fn kind_of(byte: u8) -> Kind {
    Kind::from_byte(byte).unwrap_or(KINDS[usize::from(byte) % KINDS.len()])
}

fn assert_safe(component: &str) {
    assert!(!component.is_empty() && component != "." && component != ".." && component.len() <= MAX_NAME);
    assert!(!component.contains(['/', '\\', '\0']) && !component.chars().any(char::is_control));
}

fn item(kind: ItemKind, size: u64) -> Item {
    Item { kind, name: "x".to_owned(), size, files: 1, modified: None, thumbhash: None, version: 0 }
}

fn offer(items: Vec<Item>) -> Offer {
    Offer { transfer: TransferId([0xFF; 16]), items, for_take: false, again: false }
}
