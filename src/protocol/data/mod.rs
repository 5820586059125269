//! The two ends of a data connection: what may follow what, and not a byte beyond what was agreed to.
//!
//! The giving end makes its frames with an [`Outbound`] and reads the other's with [`Receipts`]; the receiving end
//! reads with an [`Inbound`] and writes [`Message::Saved`] and [`Message::Failed`]. Each takes and gives whole frames,
//! one at a time, so that a pipeline can be built around it; no payload is copied.

mod order;

use bytes::Bytes;
use order::Order;

use super::{
    consent::Consent,
    frame::{Frame, Kind},
    limits::{MAX_BATCH_ENTRIES, MAX_BATCHED_FILE, MAX_CHUNK},
    message::{Batch, ByeReason, Entry, Failed, Message, MessageError, Saved, Skipped, Small},
};

/// What breaks the rules of a data connection. It can't go on; nothing that was begun is kept as complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    #[error(transparent)]
    Message(#[from] MessageError),
    #[error("a {0:?} frame has no place here")]
    Unexpected(Kind),
    #[error("item {0} was not agreed to, or comes out of order")]
    Item(u32),
    #[error("entry {entry} of item {item} comes out of order or isn't what was offered")]
    Entry { item: u32, entry: u32 },
    #[error("item {0} is larger than what was offered")]
    TooMuch(u32),
    #[error("a file's bytes are more or fewer than its size")]
    Length,
    #[error("a chunk or batch is larger than a frame may be")]
    Chunk,
    #[error("the end comes before everything agreed to, or its sums are wrong")]
    End,
}

/// What a receiving end reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Incoming {
    /// A file begins, or a folder is there. When it is the file under way, that one begins anew, and what came of it is
    /// void.
    Entry(Entry),
    /// The next bytes of the file that began last.
    Chunk(Bytes),
    /// That file is complete; the hash is of the whole of it.
    EntryEnd { blake3: [u8; 32] },
    /// Complete small files and folders. Their hashes are still to be checked.
    Batch(Batch),
    /// It doesn't come; when it is the file that began last, what came of it is void.
    Skipped(Skipped),
    /// Everything has come. What is left is to flush and say so.
    End { files: u64, bytes: u64 },
    /// The other side ends the connection.
    Bye(ByeReason),
}

/// The receiving end. Whatever comes out of it lies within the consent it was made from.
#[derive(Debug)]
pub struct Inbound {
    order: Order,
}

impl Inbound {
    pub fn new(consent: Consent) -> Self {
        Self { order: Order::new(consent) }
    }

    /// Takes the next frame.
    ///
    /// # Errors
    /// When the other side breaks the rules.
    pub fn receive(&mut self, frame: Frame) -> Result<Incoming, DataError> {
        let kind = frame.kind;
        let order = &mut self.order;
        Ok(match Message::decode(frame)? {
            Message::Entry(entry) => {
                order.begin(&entry)?;
                Incoming::Entry(entry)
            }
            Message::Chunk(bytes) => {
                order.chunk(bytes.len())?;
                Incoming::Chunk(bytes)
            }
            Message::EntryEnd { blake3 } => {
                order.entry_end()?;
                Incoming::EntryEnd { blake3 }
            }
            Message::Batch(batch) => {
                order.batch(&batch)?;
                Incoming::Batch(batch)
            }
            Message::Skipped(skipped) => {
                order.skipped(&skipped)?;
                Incoming::Skipped(skipped)
            }
            Message::End { files, bytes } => {
                if order.end()? != (files, bytes) {
                    return Err(DataError::End);
                }
                Incoming::End { files, bytes }
            }
            Message::Bye(reason) => Incoming::Bye(reason),
            _ => return Err(DataError::Unexpected(kind)),
        })
    }

    /// The End has come.
    pub fn is_ended(&self) -> bool {
        self.order.is_ended()
    }
}

/// The giving end's frames. Errors are this side's own mistakes, caught before they reach the wire.
#[derive(Debug)]
pub struct Outbound {
    order: Order,
}

impl Outbound {
    pub fn new(consent: Consent) -> Self {
        Self { order: Order::new(consent) }
    }

    /// A file begins ([`Outbound::chunk`]s and [`Outbound::entry_end`] follow), or a folder is told. The file under way
    /// begins anew.
    ///
    /// # Errors
    /// When it is out of order or beyond what was offered: a file that grew is [`Outbound::skipped`] as changed.
    pub fn entry(&mut self, entry: Entry) -> Result<Frame, DataError> {
        entry.check().map_err(|refusal| refusal.of(Kind::Entry))?;
        self.order.begin(&entry)?;
        Ok(Message::Entry(entry).encode())
    }

    /// # Errors
    /// When no file is under way, or it would become longer than it was said to be.
    pub fn chunk(&mut self, bytes: Bytes) -> Result<Frame, DataError> {
        if bytes.is_empty() || bytes.len() > MAX_CHUNK {
            return Err(DataError::Chunk);
        }
        self.order.chunk(bytes.len())?;
        Ok(Frame { kind: Kind::Chunk, payload: bytes })
    }

    /// # Errors
    /// When the file isn't complete.
    pub fn entry_end(&mut self, blake3: [u8; 32]) -> Result<Frame, DataError> {
        self.order.entry_end()?;
        Ok(Message::EntryEnd { blake3 }.encode())
    }

    /// # Errors
    /// As [`Outbound::entry`]; and when the batch wasn't made by a [`BatchBuilder`] and is too large.
    pub fn batch(&mut self, batch: Batch) -> Result<Frame, DataError> {
        self.order.batch(&batch)?;
        let frame = Message::Batch(batch).encode();
        if frame.payload.len() > MAX_CHUNK { Err(DataError::Chunk) } else { Ok(frame) }
    }

    /// An entry that doesn't come, or the one under way that can't be finished.
    ///
    /// # Errors
    /// When it is out of order.
    pub fn skipped(&mut self, skipped: Skipped) -> Result<Frame, DataError> {
        self.order.skipped(&skipped)?;
        Ok(Message::Skipped(skipped).encode())
    }

    /// # Errors
    /// When something that was agreed to has neither come nor been skipped.
    pub fn end(&mut self) -> Result<Frame, DataError> {
        let (files, bytes) = self.order.end()?;
        Ok(Message::End { files, bytes }.encode())
    }
}

/// What a giving end reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Receipt {
    /// With `all`, nothing more follows but a Bye.
    Saved(Saved),
    Failed(Failed),
    Bye(ByeReason),
}

/// Reads what the receiving end says.
#[derive(Debug)]
pub struct Receipts {
    consent: Consent,
    finished: bool,
}

impl Receipts {
    pub fn new(consent: Consent) -> Self {
        Self { consent, finished: false }
    }

    /// Takes the next frame. `end_sent`: the End has been written, before which not all can be saved.
    ///
    /// # Errors
    /// When the other side breaks the rules: says saved what it never got.
    pub fn receive(&mut self, frame: Frame, end_sent: bool) -> Result<Receipt, DataError> {
        let kind = frame.kind;
        let accepted = |item: u32| {
            if self.consent.accept().items.contains(item) { Ok(()) } else { Err(DataError::Item(item)) }
        };
        match Message::decode(frame)? {
            Message::Bye(reason) => Ok(Receipt::Bye(reason)),
            Message::Saved(saved) if !self.finished => {
                saved.items.iter().try_for_each(accepted)?;
                saved.entries.iter().try_for_each(|(item, _)| accepted(*item))?;
                if saved.all && !end_sent {
                    return Err(DataError::End);
                }
                self.finished = saved.all;
                Ok(Receipt::Saved(saved))
            }
            Message::Failed(failed) if !self.finished => {
                failed.item.map_or(Ok(()), accepted)?;
                Ok(Receipt::Failed(failed))
            }
            _ => Err(DataError::Unexpected(kind)),
        }
    }

    /// The final Saved has come.
    pub fn is_finished(&self) -> bool {
        self.finished
    }
}

/// Gathers small files and folders into one frame.
#[derive(Debug, Default)]
pub struct BatchBuilder {
    batch: Batch,
    len: usize,
}

/// More than everything of an entry but its path and content takes on the wire.
const BATCH_OVERHEAD: usize = 128;

impl BatchBuilder {
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether another one fits; one that doesn't even fit into an empty batch goes as [`Outbound::entry`].
    pub fn fits(&self, entry: &Entry, content: usize) -> bool {
        content <= MAX_BATCHED_FILE
            && self.batch.entries.len() < MAX_BATCH_ENTRIES
            && self.len + cost(entry, content) <= MAX_CHUNK
    }

    /// Adds one that [`BatchBuilder::fits`]. Its size becomes the content's length. For a folder both are empty.
    pub fn push(&mut self, mut entry: Entry, content: Bytes, blake3: [u8; 32]) {
        self.len += cost(&entry, content.len());
        entry.size = content.len() as u64;
        entry.from = 0;
        self.batch.entries.push(Small { entry, content, blake3 });
    }

    pub fn is_empty(&self) -> bool {
        self.batch.entries.is_empty()
    }

    /// What was gathered; `None` when there is nothing.
    pub fn take(&mut self) -> Option<Batch> {
        self.len = 0;
        let batch = std::mem::take(&mut self.batch);
        (!batch.entries.is_empty()).then_some(batch)
    }
}

fn cost(entry: &Entry, content: usize) -> usize {
    BATCH_OVERHEAD + entry.path.as_str().len() + content
}
