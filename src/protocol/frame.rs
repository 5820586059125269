//! Frames: where message boundaries are made, since TCP has none.
//!
//! A frame is the payload's length (4 bytes, big-endian), its kind (1 byte) and the payload. The length is checked
//! against the kind's bound before anything is allocated for it.

use std::io::Cursor;

use bytes::{
    Buf, BufMut, Bytes, BytesMut,
    buf::{Chain, Limit},
};

use super::{
    buffers::Buffers,
    limits::{
        MAX_BATCH_ENTRIES, MAX_CHUNK, MAX_NAME, MAX_OFFER_ITEMS, MAX_RESUME_GROUPS, MAX_TEXT, MAX_THUMBHASH,
        MAX_THUMBNAIL, MAX_THUMBNAILS,
    },
};

/// Bytes before each payload.
pub const HEADER_LEN: usize = 5;

/// One frame. The payload shares the buffer it was read into or comes from; cloning copies nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    pub kind: Kind,
    pub payload: Bytes,
}

/// A frame ready to be written: header and payload as two slices for a vectored write
/// (`tokio::io::AsyncWriteExt::write_all_buf` makes one where the stream can).
pub type WireFrame = Chain<Cursor<[u8; HEADER_LEN]>, Bytes>;

impl Frame {
    /// What goes before the payload.
    pub fn header(&self) -> [u8; HEADER_LEN] {
        // Payloads are bounded by `Kind::max_len`, far below u32::MAX.
        let [a, b, c, d] = (self.payload.len() as u32).to_be_bytes();
        [a, b, c, d, self.kind as u8]
    }

    /// Bytes on the wire.
    pub fn wire_len(&self) -> usize {
        HEADER_LEN + self.payload.len()
    }

    /// For a vectored write; copies nothing.
    pub fn into_wire(self) -> WireFrame {
        Cursor::new(self.header()).chain(self.payload)
    }

    /// Appends header and payload, for gathering small frames into one write.
    pub fn encode(&self, into: &mut BytesMut) {
        into.reserve(self.wire_len());
        into.put_slice(&self.header());
        into.put_slice(&self.payload);
    }
}

/// What a payload is. The numbers are the wire's and are never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Kind {
    Hello = 0x01,
    Ping = 0x02,
    Pong = 0x03,
    Bye = 0x04,

    Offer = 0x10,
    Answer = 0x11,
    Thumbnails = 0x12,
    Text = 0x13,
    TextSaved = 0x14,
    Cancel = 0x15,
    Pause = 0x16,
    Continue = 0x17,
    OpenData = 0x18,
    Browse = 0x19,
    Shelf = 0x1A,
    Take = 0x1B,
    CompareAsk = 0x1C,
    CompareCommit = 0x1D,
    CompareReveal = 0x1E,
    CompareStop = 0x1F,
    Waiting = 0x20,

    Entry = 0x40,
    Chunk = 0x41,
    EntryEnd = 0x42,
    Batch = 0x43,
    Skipped = 0x44,
    End = 0x45,
    Saved = 0x46,
    Failed = 0x47,
}

/// Every kind there is, for tests and tables.
pub const KINDS: [Kind; 29] = [
    Kind::Hello,
    Kind::Ping,
    Kind::Pong,
    Kind::Bye,
    Kind::Offer,
    Kind::Answer,
    Kind::Thumbnails,
    Kind::Text,
    Kind::TextSaved,
    Kind::Cancel,
    Kind::Pause,
    Kind::Continue,
    Kind::OpenData,
    Kind::Browse,
    Kind::Shelf,
    Kind::Take,
    Kind::CompareAsk,
    Kind::CompareCommit,
    Kind::CompareReveal,
    Kind::CompareStop,
    Kind::Waiting,
    Kind::Entry,
    Kind::Chunk,
    Kind::EntryEnd,
    Kind::Batch,
    Kind::Skipped,
    Kind::End,
    Kind::Saved,
    Kind::Failed,
];

/// Small messages: a few numbers, an id, a reason, with room for fields to come.
const MAX_SMALL: usize = 1024;
/// A greeting: a name and a dozen numbers, with room for fields to come.
const MAX_HELLO: usize = 4 * 1024;
/// An entry's header or note: a path and numbers.
const MAX_ENTRY: usize = 8 * 1024;
/// A thousand items, each a name, a thumbhash and numbers.
const MAX_ITEMS: usize = MAX_OFFER_ITEMS * (MAX_NAME + MAX_THUMBHASH + 105);
/// A thousand ids of at most 10 bytes.
const MAX_TAKE: usize = 16 * 1024;
/// Receipts: a batch's worth of entries as triples of at most 15 bytes, several batches of them.
const MAX_SAVED: usize = 4 * 15 * MAX_BATCH_ENTRIES;

/// Payloads of kinds this version doesn't know are skipped without being kept, up to this length.
pub const MAX_UNKNOWN: usize = 64 * 1024;

impl Kind {
    pub fn from_byte(byte: u8) -> Option<Self> {
        KINDS.into_iter().find(|kind| *kind as u8 == byte)
    }

    /// The longest payload this kind may have, in bytes.
    pub const fn max_len(self) -> usize {
        match self {
            Self::Hello => MAX_HELLO,
            Self::Ping
            | Self::Pong
            | Self::Bye
            | Self::TextSaved
            | Self::Cancel
            | Self::Pause
            | Self::Continue
            | Self::OpenData
            | Self::Browse
            | Self::CompareAsk
            | Self::CompareCommit
            | Self::CompareReveal
            | Self::CompareStop
            | Self::Waiting
            | Self::EntryEnd
            | Self::End
            | Self::Failed => MAX_SMALL,
            Self::Offer | Self::Shelf => MAX_ITEMS,
            Self::Answer => MAX_RESUME_GROUPS + 256 * 1024,
            Self::Thumbnails => MAX_THUMBNAILS * (MAX_THUMBNAIL + 64) + MAX_SMALL,
            Self::Text => MAX_TEXT + MAX_SMALL,
            Self::Take => MAX_TAKE,
            Self::Entry | Self::Skipped => MAX_ENTRY,
            Self::Chunk | Self::Batch => MAX_CHUNK,
            Self::Saved => MAX_SAVED,
        }
    }
}

/// What a connection is at, which says the kinds that may come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    /// Nothing but Hello, or Bye instead of it. Unknown kinds are refused here.
    Hello,
    Control,
    /// The receiving end of a data connection.
    DataIn,
    /// The sending end of a data connection.
    DataOut,
}

impl Stage {
    pub const fn allows(self, kind: Kind) -> bool {
        match kind {
            Kind::Hello => matches!(self, Self::Hello),
            Kind::Bye => true,
            Kind::Ping
            | Kind::Pong
            | Kind::Offer
            | Kind::Answer
            | Kind::Thumbnails
            | Kind::Text
            | Kind::TextSaved
            | Kind::Cancel
            | Kind::Pause
            | Kind::Continue
            | Kind::OpenData
            | Kind::Browse
            | Kind::Shelf
            | Kind::Take
            | Kind::CompareAsk
            | Kind::CompareCommit
            | Kind::CompareReveal
            | Kind::CompareStop
            | Kind::Waiting => matches!(self, Self::Control),
            Kind::Entry | Kind::Chunk | Kind::EntryEnd | Kind::Batch | Kind::Skipped | Kind::End => {
                matches!(self, Self::DataIn)
            }
            Kind::Saved | Kind::Failed => matches!(self, Self::DataOut),
        }
    }
}

/// What makes a stream of bytes no stream of frames. The connection can't go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FrameError {
    #[error("a frame of kind {kind:#04x} says it is {length} bytes long, more than {max}")]
    TooLong { kind: u8, length: u32, max: usize },
    #[error("a frame of kind {kind:#04x} doesn't belong here ({stage:?})")]
    NotExpected { kind: u8, stage: Stage },
}

/// Cuts a stream of bytes into frames.
///
/// Bytes go in through [`Decoder::push`] (copied) or [`Decoder::space`] (read into directly), frames come out of
/// [`Decoder::frame`]; take all of them before putting more in. Bytes behind the Hello are kept until
/// [`Decoder::enter`] says what they are.
#[derive(Debug)]
pub struct Decoder {
    stage: Stage,
    buffer: BytesMut,
    /// Of frames with much in them.
    buffers: Buffers,
    /// The length of the last of them, header and all: the next may well be like it.
    like: usize,
    /// Bytes of an unknown frame that are still to be dropped.
    skip: usize,
}

/// Read at once while nothing is known of the next frame: several small ones fit.
const READ: usize = 8 * 1024;
/// On a control connection the buffer grows by this with what really arrives, so that a length alone costs nothing.
const GROW: usize = 64 * 1024;
/// On a data connection there is so much room beyond a large frame: for small ones before it and the next header,
const BEYOND: usize = 1024;
/// and this part of its length for what protects it on its way (22 bytes for each 16 KiB with TLS), which is removed where
/// it was read to.
const BEYOND_PART: usize = 512;

impl Default for Decoder {
    fn default() -> Self {
        Self::new()
    }
}

impl Decoder {
    /// At [`Stage::Hello`].
    pub fn new() -> Self {
        Self { stage: Stage::Hello, buffer: BytesMut::new(), buffers: Buffers::default(), like: 0, skip: 0 }
    }

    /// From the next frame on, these kinds may come.
    pub fn enter(&mut self, stage: Stage) {
        self.stage = stage;
    }

    pub fn stage(&self) -> Stage {
        self.stage
    }

    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// Where to read into next, for `AsyncReadExt::read_buf`. Never empty.
    ///
    /// On a data connection a large frame, the one under way or one like the last, has room for little more than itself,
    /// so that it can be split off and little that follows it is copied.
    pub fn space(&mut self) -> Limit<&mut BytesMut> {
        let next = self.peek();
        let missing = |length: usize| (HEADER_LEN + length).saturating_sub(self.buffer.len());
        let want = match (next, self.stage) {
            (Ok(Some((_, length))), Stage::DataIn) if length > GROW => self.make_room(HEADER_LEN + length),
            (Ok(None), Stage::DataIn) if self.like > 0 => self.make_room(self.like),
            (Ok(Some((_, length))), _) if length > GROW => (missing(length) + HEADER_LEN).min(GROW),
            (Ok(Some((_, length))), _) => missing(length).max(READ),
            _ => READ,
        };
        self.buffer.reserve(want);
        (&mut self.buffer).limit(want)
    }

    /// Goes on in a buffer that was used before, if this one can't hold a frame of so many bytes; tells what is free for
    /// it.
    fn make_room(&mut self, frame: usize) -> usize {
        let bytes = frame + frame / BEYOND_PART + BEYOND;
        if self.buffer.capacity() < bytes {
            let mut larger = self.buffers.take();
            larger.clear();
            larger.reserve(bytes);
            larger.extend_from_slice(&self.buffer);
            self.buffer = larger;
        }
        bytes - self.buffer.len().min(frame)
    }

    /// The next whole frame, if it is there. After an error every call says the same.
    pub fn frame(&mut self) -> Result<Option<Frame>, FrameError> {
        loop {
            let dropped = self.skip.min(self.buffer.len());
            self.buffer.advance(dropped);
            self.skip -= dropped;
            if self.skip > 0 {
                return Ok(None);
            }
            let Some((kind, length)) = self.peek()? else { return Ok(None) };
            let Some(kind) = kind else {
                self.buffer.advance(HEADER_LEN);
                self.skip = length;
                continue;
            };
            if self.buffer.len() < HEADER_LEN + length {
                return Ok(None);
            }
            self.buffer.advance(HEADER_LEN);
            let payload = self.buffer.split_to(length).freeze();
            // Elsewhere the buffer grows with what arrives, and none is taken again.
            if length > GROW && self.stage == Stage::DataIn {
                self.like = HEADER_LEN + length;
                self.buffers.lend(&payload);
            }
            return Ok(Some(Frame { kind, payload }));
        }
    }

    /// Nothing of a frame has arrived: a connection that closes here was not cut off in the middle of one.
    pub fn is_between_frames(&self) -> bool {
        self.skip == 0 && self.buffer.is_empty()
    }

    /// Kind (`None`: one to be skipped) and payload length of the frame that begins the buffer, checked.
    fn peek(&self) -> Result<Option<(Option<Kind>, usize)>, FrameError> {
        let Some(&[a, b, c, d, byte]) = self.buffer.first_chunk::<HEADER_LEN>() else { return Ok(None) };
        let length = u32::from_be_bytes([a, b, c, d]);
        let kind = Kind::from_byte(byte);
        let max = kind.map_or(MAX_UNKNOWN, Kind::max_len);
        if kind.map_or(self.stage == Stage::Hello, |kind| !self.stage.allows(kind)) {
            return Err(FrameError::NotExpected { kind: byte, stage: self.stage });
        }
        if length as usize > max {
            return Err(FrameError::TooLong { kind: byte, length, max });
        }
        Ok(Some((kind, length as usize)))
    }
}
