//! What must hold for every parser of outside bytes, whatever the bytes are.
//!
//! Each function takes raw bytes and panics when its property doesn't hold. The fuzz targets and `tests/corpora.rs` both
//! include this file.
#![allow(dead_code, clippy::unwrap_used, reason = "each fuzz target uses one of them; a panic is the finding")]

#[path = "../src/trust/records/tests/shaken.rs"]
mod shaken;

use std::{
    cell::RefCell,
    sync::{Arc, LazyLock},
    time::{Duration, Instant},
};

use fantail::app::conversation::links;
use fantail::cli::exchange::{Envelope, LineReader, write_line};
use fantail::nearby::announcement::{self, Announcement};
#[cfg(target_os = "linux")]
use fantail::nearby::changes::netlink::{Carriers, MAX_LINKS};
use fantail::pictures::{
    self, Size, Wanted, bare, embedded,
    thumbhash::{self, MAX_DECODED_SIDE},
};
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
use fantail::transfer::{
    journal,
    names::{Place, cut_short, native, numbered, shown, shown_text},
};
use fantail::trust::{self, Identity, MAX_RECORD, Opened, RecordError, Records, Schedule};
use ring::aead::{AES_128_GCM, AES_256_GCM, Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use rustls::ConnectionTrafficSecrets;
use shaken::shaken;

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
    let called = names::computer_name(&text);
    assert!(!called.chars().any(char::is_control) && called.trim() == called);
    assert_eq!(names::computer_name(&called), called);
    for place in [Place::Top, Place::Inside] {
        let lies = native(&text, place);
        assert_safe(&lies);
        assert!(!lies.contains(':') && !lies.ends_with(['.', ' ']), "{lies:?}");
        assert!(place == Place::Inside || !lies.starts_with('.'), "{lies:?}");
        assert_eq!(native(&lies, place), lies);
        assert_safe(&numbered(&lies, 100_000));
        assert_safe(&cut_short(&lies, false));
    }
}

/// Whatever is written, what is shown of it commands nothing and hides nothing, and its links lead to the web or to mail
/// and say where.
pub fn texts(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let line = shown(&text);
    assert!(!line.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202A}'..='\u{202E}')));
    assert_eq!(shown(&line), line);
    let lines = shown_text(&text);
    assert!(!lines.chars().any(|c| c.is_control() && c != '\n' && c != '\t'));
    assert_eq!(shown_text(&lines), lines);
    let mut end = 0;
    for link in links::links(&lines) {
        assert!(link.range.start >= end && links::may_open(&link.target));
        let said = &lines[link.range.clone()];
        assert!(link.target == said || link.target == format!("mailto:{said}"));
        end = link.range.end;
    }
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
                let accept = Accept {
                    items: Ranges::all(offer.items.len() as u32),
                    resume: Vec::new(),
                    known: Ranges::default(),
                };
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
    let accept = Accept { items: Ranges::all(3), resume: Vec::new(), known: Ranges::default() };
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

/// A file of any bytes: what can be shown of it is shown in bounded time and memory.
pub fn pictures(data: &[u8]) {
    let size = pictures::dimensions_of_bytes(data);
    // The camera's own small picture, judged as if it had the right shape.
    if let Some(small) = embedded::thumbnail_in_head(data, Size::new(4, 3)) {
        assert_eq!(small.rgba.len(), small.size.width as usize * small.size.height as usize * 4);
    }
    if let Some(small) = pictures::thumbnail_from(data) {
        assert!((1..=512).contains(&small.size.width) && (1..=512).contains(&small.size.height));
        assert_eq!(small.rgba.len(), small.size.width as usize * small.size.height as usize * 4);
    }
    let Ok((format, size)) = size else { return };
    assert_eq!(pictures::sniff(data), Some(format));
    assert!(u64::from(size.width) * u64::from(size.height) <= 120_000_000);
    // Larger ones are decoded the same way, but one may take seconds.
    if u64::from(size.width) * u64::from(size.height) > 65_536 {
        return;
    }
    let place = Size::new(50, 40);
    if let Ok(picture) = pictures::decode_bytes(data, Wanted::Within(place)) {
        assert_eq!((picture.format, picture.original), (format, size));
        assert!(!picture.frames.is_empty());
        for frame in picture.frames {
            assert!(frame.size.width <= place.width && frame.size.height <= place.height);
            assert_eq!(frame.rgba.len(), frame.size.width as usize * frame.size.height as usize * 4);
        }
    }
}

/// A picture that is sent without what it says beside what it shows: nothing is added, and nothing is left to take out.
pub fn bares(data: &[u8]) {
    /// The note that says which side is up, and the part around it.
    const NOTE: usize = 64;
    let Ok(pieces) = bare::bare(data) else { return };
    let once = pieces.concat();
    assert!(once.len() <= data.len() + NOTE);
    assert_eq!(pictures::sniff(&once), pictures::sniff(data));
    let again = bare::bare(&once).expect("what was freed is a picture").concat();
    assert!(once == again, "something was left to take out");
}

/// What another terminal says: what is read as a command is read as the same from what is written of it.
pub fn requests(data: &[u8]) {
    let mut lines = LineReader::new(data);
    while let Ok(Some(line)) = lines.next::<serde_json::Value>(|| false) {
        let Some(read) = Envelope::read(line) else { continue };
        let mut written = Vec::new();
        write_line(&mut written, &read).unwrap();
        let again = LineReader::new(&written[..]).next(|| false).unwrap().unwrap();
        assert_eq!(Envelope::read(again), Some(read));
    }
}

/// A journal that may have been damaged: only whole records are shown, and what is read of a record's content is read as
/// the same from what is written of it.
pub fn journals(data: &[u8]) {
    let read = |bytes: &[u8]| {
        let mut all = Vec::new();
        journal::records(bytes, |position, record| {
            assert!(position <= bytes.len() as u64);
            all.push((position, record));
            Ok(())
        })
        .unwrap();
        all
    };
    let found = read(data);
    assert!(found.is_sorted_by(|(before, _), (after, _)| before < after));
    // The sums keep chance out of everything behind them.
    let mut sealed = Vec::new();
    journal::seal(data, &mut sealed);
    let found = read(&sealed);
    assert!(found.len() <= 1);
    for (_, record) in found {
        let mut content = Vec::new();
        journal::encode(&record, &mut content);
        assert!(content.len() <= data.len().max(9));
        let mut again = Vec::new();
        journal::seal(&content, &mut again);
        assert_eq!(read(&again), [(again.len() as u64, record)]);
    }
}

/// What knocks at the port: whatever it says, it is not let in without proving a key.
pub fn hellos(data: &[u8]) {
    static CONFIG: LazyLock<Arc<rustls::ServerConfig>> =
        LazyLock::new(|| trust::server_config(&Identity::generate().unwrap()).unwrap());

    let mut acceptor = rustls::server::Acceptor::default();
    let mut rest = data;
    let accepted = loop {
        match acceptor.read_tls(&mut rest) {
            Ok(read) if read > 0 => {}
            _ => return,
        }
        match acceptor.accept() {
            Ok(None) => {}
            Ok(Some(accepted)) => break accepted,
            Err(_) => return,
        }
    };
    if trust::spoken(&accepted.client_hello()).is_none() {
        return;
    }
    let Ok(mut connection) = accepted.into_connection(CONFIG.clone()) else { return };
    loop {
        let said = connection.process_new_packets();
        assert!(connection.is_handshaking() && connection.peer_certificates().is_none_or(|shown| shown.len() <= 1));
        if said.is_err() || !connection.read_tls(&mut rest).is_ok_and(|read| read > 0) {
            return;
        }
    }
}

/// What another computer puts into a record of a data connection. It has the keys, so anything may be in there; what comes
/// out is what it put in, or an error.
pub fn records(data: &[u8]) {
    if let Ok(Some(length)) = trust::record_len(data) {
        // A header, the kind and the tag.
        assert!((5 + 1 + 16..=MAX_RECORD).contains(&length));
    }
    if data.is_empty() || data.len() > 1 << 14 {
        return;
    }
    SEALED.with_borrow_mut(|end| {
        let Sealed { records, key, iv, sequence } = end.get_or_insert_with(Sealed::new);
        let sealed = data.len() + AES_128_GCM.tag_len();
        let mut record = vec![23, 3, 3, (sealed >> 8) as u8, sealed as u8];
        let mut nonce = *iv;
        nonce[4..].iter_mut().zip(sequence.to_be_bytes()).for_each(|(byte, number)| *byte ^= number);
        *sequence += 1;
        let mut body = data.to_vec();
        key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(&record), &mut body).unwrap();
        record.extend(body);
        // What stood before it is overwritten.
        let at = usize::from(data[0]) % 64;
        record.splice(..0, std::iter::repeat_n(7, at));
        let opened = records.open(&mut record, at);
        // Padding of zeros, then the kind, before it the content.
        let kind = data.iter().rposition(|byte| *byte != 0);
        let expected = match kind.map(|at| (data[at], &data[..at])) {
            Some((23, content)) => {
                assert_eq!(&record[..content.len()], content);
                Ok(Opened::Data(content.len()))
            }
            Some((21, [_, 0])) => Ok(Opened::End),
            Some((21, [_, alert])) => Err(RecordError::Alert(*alert)),
            Some((22, [_, ..])) if opened.is_ok() => Ok(Opened::Nothing),
            _ => Err(RecordError::Malformed),
        };
        assert_eq!(opened, expected);
        if opened == Ok(Opened::Nothing) {
            // The keys may be others now.
            *end = None;
        }
    });
}

thread_local! {
    static SEALED: RefCell<Option<Sealed>> = const { RefCell::new(None) };
}

/// Our end of a connection, and the keys of the other one.
struct Sealed {
    records: Records,
    key: LessSafeKey,
    iv: [u8; NONCE_LEN],
    sequence: u64,
}

impl Sealed {
    fn new() -> Self {
        let (mei, office) = (Identity::generate().unwrap(), Identity::generate().unwrap());
        let client = trust::client_config(&mei, Some(office.fingerprint()), trust::DATA_ALPN).unwrap();
        let (ours, theirs) = shaken(client, trust::server_config(&office).unwrap());
        let (secrets, schedule) = ours.dangerous_into_kernel_connection().unwrap();
        let records = Records::new(secrets, Schedule::Client(schedule)).unwrap();
        let (sequence, secrets) = theirs.dangerous_extract_secrets().unwrap().tx;
        let (algorithm, key, iv) = match &secrets {
            ConnectionTrafficSecrets::Aes128Gcm { key, iv } => (&AES_128_GCM, key, iv),
            ConnectionTrafficSecrets::Aes256Gcm { key, iv } => (&AES_256_GCM, key, iv),
            ConnectionTrafficSecrets::Chacha20Poly1305 { key, iv } => (&CHACHA20_POLY1305, key, iv),
            _ => unreachable!(),
        };
        let key = LessSafeKey::new(UnboundKey::new(algorithm, key.as_ref()).unwrap());
        Self { records, key, iv: iv.as_ref().try_into().unwrap(), sequence }
    }
}

/// What the kernel says of networks, however it is cut.
#[cfg(target_os = "linux")]
pub fn netlink(data: &[u8]) {
    let mut carriers = Carriers::default();
    carriers.told(data);
    // A message about a link takes 32 bytes.
    assert!(carriers.links() <= MAX_LINKS.min(data.len() / 32));
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
    Item { kind, name: "x".to_owned(), size, files: 1, modified: None, thumbhash: None, version: 0, digest: None }
}

fn offer(items: Vec<Item>) -> Offer {
    Offer { transfer: TransferId([0xFF; 16]), items, for_take: false, again: false }
}
