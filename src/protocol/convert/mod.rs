//! Between the wire's messages and ours; everything from outside is checked here.

use bytes::{Bytes, BytesMut};
use prost::Message as _;

use super::{
    TransferId,
    frame::{Frame, Kind},
    limits::{MAX_BATCH_ENTRIES, MAX_OFFER_ITEMS, MAX_TEXT, MAX_THUMBNAILS},
    message::{Answer, Batch, Entry, Failed, Hello, Message, Offer, Saved, Shelf, Skipped, Take, Thumbnails},
    names::NameError,
    ranges::NotRanges,
    wire,
};

mod control;
mod data;
mod enums;

/// A frame whose payload is no message of its kind, or one beyond a bound. The connection can't go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MessageError {
    #[error("a {0:?} frame is no valid message")]
    Malformed(Kind),
    #[error("a {0:?} frame is out of bounds: {1}")]
    OutOfBounds(Kind, &'static str),
    #[error("a {0:?} frame names something that can't be named: {1}")]
    Name(Kind, NameError),
}

/// Why a message is refused, before it is known which one it is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Refusal {
    Malformed,
    Bounds(&'static str),
    Name(NameError),
}

impl Refusal {
    pub(super) fn of(self, kind: Kind) -> MessageError {
        match self {
            Self::Malformed => MessageError::Malformed(kind),
            Self::Bounds(what) => MessageError::OutOfBounds(kind, what),
            Self::Name(why) => MessageError::Name(kind, why),
        }
    }
}

impl From<prost::DecodeError> for Refusal {
    fn from(_: prost::DecodeError) -> Self {
        Self::Malformed
    }
}

impl From<NameError> for Refusal {
    fn from(why: NameError) -> Self {
        Self::Name(why)
    }
}

impl From<NotRanges> for Refusal {
    fn from(_: NotRanges) -> Self {
        Self::Bounds("ranges")
    }
}

type Checked<T> = Result<T, Refusal>;

fn ensure(holds: bool, what: &'static str) -> Checked<()> {
    if holds { Ok(()) } else { Err(Refusal::Bounds(what)) }
}

impl Message {
    /// Reads a frame.
    ///
    /// # Errors
    /// When the payload isn't a message of the frame's kind within all bounds.
    pub fn decode(frame: Frame) -> Result<Self, MessageError> {
        let kind = frame.kind;
        from_wire(kind, frame.payload).map_err(|refusal| refusal.of(kind))
    }

    /// Its frame. Chunks are not copied.
    pub fn encode(&self) -> Frame {
        let (kind, payload) = match self {
            Self::Hello(hello) => (Kind::Hello, write(&hello.to_wire())),
            Self::Ping { token } => (Kind::Ping, write(&wire::Ping { token: *token })),
            Self::Pong { token } => (Kind::Pong, write(&wire::Ping { token: *token })),
            Self::Bye(reason) => (Kind::Bye, write(&wire::Bye { reason: wire::ByeReason::from(*reason).into() })),
            Self::Offer(offer) => (Kind::Offer, write(&offer.to_wire())),
            Self::Answer { transfer, answer } => (Kind::Answer, write(&answer.to_wire(*transfer))),
            Self::Thumbnails(thumbnails) => (Kind::Thumbnails, write(&thumbnails.to_wire())),
            Self::Text { transfer, text } => (Kind::Text, encode_text(*transfer, text)),
            Self::TextSaved { transfer } => (Kind::TextSaved, write_id(*transfer)),
            Self::Cancel { transfer, reason } => {
                let reason = wire::CancelReason::from(*reason).into();
                (Kind::Cancel, write(&wire::Cancel { transfer: id_to_wire(*transfer), reason }))
            }
            Self::Pause { transfer } => (Kind::Pause, write_id(*transfer)),
            Self::Continue { transfer } => (Kind::Continue, write_id(*transfer)),
            Self::OpenData { transfer } => (Kind::OpenData, write_id(*transfer)),
            Self::Browse { request } => (Kind::Browse, write(&wire::Browse { request: *request })),
            Self::Shelf(shelf) => (Kind::Shelf, write(&shelf.to_wire())),
            Self::Take(take) => {
                let Take { transfer, items, again } = take;
                let take = wire::Take { transfer: id_to_wire(*transfer), items: items.clone(), again: *again };
                (Kind::Take, write(&take))
            }
            Self::CompareAsk => (Kind::CompareAsk, Bytes::new()),
            Self::CompareCommit { run, commitment } => {
                let commitment = Bytes::copy_from_slice(commitment);
                (Kind::CompareCommit, write(&wire::CompareCommit { run: *run, commitment }))
            }
            Self::CompareReveal { run, nonce } => {
                let nonce = Bytes::copy_from_slice(nonce);
                (Kind::CompareReveal, write(&wire::CompareReveal { run: *run, nonce }))
            }
            Self::CompareStop { run, reason } => {
                let reason = wire::CompareEnd::from(*reason).into();
                (Kind::CompareStop, write(&wire::CompareStop { run: *run, reason }))
            }
            Self::Waiting { waits } => (Kind::Waiting, write(&wire::Waiting { waits: *waits })),
            Self::Entry(entry) => (Kind::Entry, write(&entry.to_wire())),
            Self::Chunk(bytes) => (Kind::Chunk, bytes.clone()),
            Self::EntryEnd { blake3 } => {
                (Kind::EntryEnd, write(&wire::EntryEnd { blake3: Bytes::copy_from_slice(blake3) }))
            }
            Self::Batch(batch) => (Kind::Batch, write(&batch.to_wire())),
            Self::Skipped(skipped) => (Kind::Skipped, write(&skipped.to_wire())),
            Self::End { files, bytes } => (Kind::End, write(&wire::End { files: *files, bytes: *bytes })),
            Self::Saved(saved) => (Kind::Saved, write(&saved.to_wire())),
            Self::Failed(Failed { item, entry, fault }) => {
                let fault = wire::Fault::from(*fault).into();
                (Kind::Failed, write(&wire::Failed { item: *item, entry: *entry, fault }))
            }
        };
        Frame { kind, payload }
    }
}

fn from_wire(kind: Kind, payload: Bytes) -> Checked<Message> {
    Ok(match kind {
        Kind::Hello => Message::Hello(Hello::from_wire(&wire::Hello::decode(payload)?)?),
        Kind::Ping => Message::Ping { token: wire::Ping::decode(payload)?.token },
        Kind::Pong => Message::Pong { token: wire::Ping::decode(payload)?.token },
        Kind::Bye => Message::Bye(wire::Bye::decode(payload)?.reason().into()),
        Kind::Offer => {
            at_most(&payload, 2, MAX_OFFER_ITEMS)?;
            Message::Offer(Offer::from_wire(wire::Offer::decode(payload)?)?)
        }
        Kind::Answer => {
            at_most(&payload, 3, MAX_OFFER_ITEMS)?;
            let answer = wire::Answer::decode(payload)?;
            Message::Answer { transfer: id_from_wire(&answer.transfer)?, answer: Answer::from_wire(answer)? }
        }
        Kind::Thumbnails => {
            at_most(&payload, 2, MAX_THUMBNAILS)?;
            Message::Thumbnails(Thumbnails::from_wire(wire::Thumbnails::decode(payload)?)?)
        }
        Kind::Text => {
            let wire::Text { transfer, text } = wire::Text::decode(payload)?;
            ensure((1..=MAX_TEXT).contains(&text.len()), "the text's length")?;
            Message::Text { transfer: id_from_wire(&transfer)?, text }
        }
        Kind::TextSaved => Message::TextSaved { transfer: read_id(payload)? },
        Kind::Cancel => {
            let cancel = wire::Cancel::decode(payload)?;
            Message::Cancel { transfer: id_from_wire(&cancel.transfer)?, reason: cancel.reason().into() }
        }
        Kind::Pause => Message::Pause { transfer: read_id(payload)? },
        Kind::Continue => Message::Continue { transfer: read_id(payload)? },
        Kind::OpenData => Message::OpenData { transfer: read_id(payload)? },
        Kind::Browse => Message::Browse { request: wire::Browse::decode(payload)?.request },
        Kind::Shelf => {
            at_most(&payload, 2, MAX_OFFER_ITEMS)?;
            Message::Shelf(Shelf::from_wire(wire::Shelf::decode(payload)?)?)
        }
        Kind::Take => {
            let wire::Take { transfer, items, again } = wire::Take::decode(payload)?;
            ensure(items.len() <= MAX_OFFER_ITEMS, "items taken")?;
            Message::Take(Take { transfer: id_from_wire(&transfer)?, items, again })
        }
        Kind::CompareAsk => {
            // For fields to come.
            wire::CompareAsk::decode(payload)?;
            Message::CompareAsk
        }
        Kind::CompareCommit => {
            let wire::CompareCommit { run, commitment } = wire::CompareCommit::decode(payload)?;
            ensure(run > 0, "a run's number")?;
            Message::CompareCommit { run, commitment: digest(&commitment)? }
        }
        Kind::CompareReveal => {
            let wire::CompareReveal { run, nonce } = wire::CompareReveal::decode(payload)?;
            ensure(run > 0, "a run's number")?;
            Message::CompareReveal { run, nonce: digest(&nonce)? }
        }
        Kind::CompareStop => {
            let stop = wire::CompareStop::decode(payload)?;
            Message::CompareStop { run: stop.run, reason: stop.reason().into() }
        }
        Kind::Waiting => Message::Waiting { waits: wire::Waiting::decode(payload)?.waits },
        Kind::Entry => Message::Entry(Entry::from_wire(&wire::Entry::decode(payload)?)?),
        Kind::Chunk => {
            ensure(!payload.is_empty(), "an empty chunk")?;
            Message::Chunk(payload)
        }
        Kind::EntryEnd => Message::EntryEnd { blake3: digest(&wire::EntryEnd::decode(payload)?.blake3)? },
        Kind::Batch => {
            at_most(&payload, 1, MAX_BATCH_ENTRIES)?;
            Message::Batch(Batch::from_wire(wire::Batch::decode(payload)?)?)
        }
        Kind::Skipped => Message::Skipped(Skipped::from_wire(&wire::Skipped::decode(payload)?)?),
        Kind::End => {
            let wire::End { files, bytes } = wire::End::decode(payload)?;
            Message::End { files, bytes }
        }
        Kind::Saved => Message::Saved(Saved::from_wire(&wire::Saved::decode(payload)?)?),
        Kind::Failed => {
            let failed = wire::Failed::decode(payload)?;
            Message::Failed(Failed { item: failed.item, entry: failed.entry, fault: failed.fault().into() })
        }
    })
}

/// Counts a message's own occurrences of a field before it is decoded: two bytes on the wire can stand for an empty
/// message that takes a hundred in memory.
fn at_most(payload: &[u8], field: u32, max: usize) -> Checked<()> {
    let mut rest = payload;
    let mut count = 0;
    while !rest.is_empty() {
        let (number, wire_type) = prost::encoding::decode_key(&mut rest)?;
        prost::encoding::skip_field(wire_type, number, &mut rest, prost::encoding::DecodeContext::default())?;
        count += usize::from(number == field);
        if count > max {
            return Err(Refusal::Bounds("too many in one message"));
        }
    }
    Ok(())
}

fn write(message: &impl prost::Message) -> Bytes {
    let mut payload = BytesMut::with_capacity(message.encoded_len());
    // Writing into memory that grows can't run out of room, prost's only error.
    message.encode(&mut payload).ok();
    payload.freeze()
}

fn id_to_wire(id: TransferId) -> Bytes {
    Bytes::copy_from_slice(&id.0)
}

fn id_from_wire(id: &[u8]) -> Checked<TransferId> {
    id.try_into().map(TransferId).map_err(|_| Refusal::Bounds("a transfer's id"))
}

fn write_id(id: TransferId) -> Bytes {
    write(&wire::Transfer { transfer: id_to_wire(id) })
}

fn read_id(payload: Bytes) -> Checked<TransferId> {
    id_from_wire(&wire::Transfer::decode(payload)?.transfer)
}

fn digest(bytes: &[u8]) -> Checked<[u8; 32]> {
    bytes.try_into().map_err(|_| Refusal::Bounds("a hash's length"))
}

/// As `wire::Text`, without a copy of the text in between.
fn encode_text(transfer: TransferId, text: &str) -> Bytes {
    let mut payload = BytesMut::with_capacity(text.len() + 32);
    prost::encoding::bytes::encode(1, &id_to_wire(transfer), &mut payload);
    prost::encoding::encode_key(2, prost::encoding::WireType::LengthDelimited, &mut payload);
    prost::encoding::encode_varint(text.len() as u64, &mut payload);
    payload.extend_from_slice(text.as_bytes());
    payload.freeze()
}
