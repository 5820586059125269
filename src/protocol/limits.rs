//! Bounds of everything that comes from outside, each with its reason.

use std::time::Duration;

/// A text is a message, not a file: a long chapter fits. In bytes of UTF-8.
pub const MAX_TEXT: usize = 1024 * 1024;

/// Top-level items of one offer: what a person can select by hand; more belongs into a folder.
pub const MAX_OFFER_ITEMS: usize = 1_000;

/// A ThumbHash is 5 to 25 bytes; with room.
pub const MAX_THUMBHASH: usize = 40;

/// Files and folders of one transfer, those inside folders included: a source tree with its history fits, and what a
/// receiver remembers per entry stays within tens of megabytes.
pub const MAX_ENTRIES: u64 = 1_000_000;

/// Bytes of one transfer, so that sums never overflow, and fit a signed 64-bit column.
pub const MAX_TRANSFER_BYTES: u64 = 1 << 62;

/// One component of a path in UTF-8: what Linux and macOS file systems hold.
pub const MAX_NAME: usize = 255;

/// Components of a path below its item. Deeper trees than this are loops or traps.
pub const MAX_DEPTH: usize = 64;

/// A path below its item, separators included: Linux's PATH_MAX.
pub const MAX_PATH: usize = 4_096;

/// A computer's name in bytes of UTF-8; what is shown is cut shorter still.
pub const MAX_COMPUTER_NAME: usize = 256;

/// Small real pictures that may follow an offer: one screen of them.
pub const MAX_THUMBNAILS: usize = 12;

/// Enough for 256 × 256 pixels of JPEG.
pub const MAX_THUMBNAIL: usize = 16 * 1024;

/// One read of a file and one frame of a data connection. Large enough that frames cost nothing, small enough that a
/// few of them in flight fit every computer.
pub const MAX_CHUNK: usize = 1024 * 1024;

/// Larger files go in chunks: copying more than this into a batch costs more than a frame of its own.
pub const MAX_BATCHED_FILE: usize = 64 * 1024;

/// Files and folders in one batch: 1 KiB files fill it.
pub const MAX_BATCH_ENTRIES: usize = 1_024;

/// Resuming goes on at multiples of this: the unit both ends keep a BLAKE3 chaining value of.
pub const RESUME_GROUP: u64 = 16 * 1024 * 1024;

/// Bytes of chaining values in one answer: 512 GiB can go on where they stopped, more begins at that mark.
pub const MAX_RESUME_GROUPS: usize = 1024 * 1024;

/// Offers from one computer that wait for an answer on one connection; further ones are declined as busy.
pub const MAX_WAITING_OFFERS: usize = 32;

/// Items of all those offers together, so that waiting ones stay within a few megabytes.
pub const MAX_WAITING_ITEMS: usize = 4 * MAX_OFFER_ITEMS;

/// Transfers of one connection that are open in all, both directions, waiting ones included.
pub const MAX_OPEN_TRANSFERS: usize = 256;

/// Ended transfers whose ids are remembered, to tell a late message from a wrong one.
pub const MAX_ENDED_REMEMBERED: usize = 1_024;

/// Frames waiting to be written to a control connection, in bytes: four of the largest texts. A command that would
/// exceed it is refused as busy, and nothing more is read until the other side reads too.
pub const MAX_QUEUED_BYTES: usize = 4 * 1024 * 1024;

/// The same in frames.
pub const MAX_QUEUED_FRAMES: usize = 1_024;

/// A control connection that was silent for so long is asked whether it still lives.
pub const PING_AFTER: Duration = Duration::from_secs(4);

/// And is given up after so long without a byte: a cable that was pulled is noticed within this.
pub const DEAD_AFTER: Duration = Duration::from_secs(10);

/// TLS handshake and the first frame together. A computer on the same network needs milliseconds; a sleeping phone's
/// radio a second.
pub const HANDSHAKE_WITHIN: Duration = Duration::from_secs(3);

/// Two connections of one pair that began within this of each other were dialled at the same moment; a later one means
/// that its dialler has lost the first.
pub const SAME_MOMENT: Duration = Duration::from_secs(5);

/// Questions for the shelf that aren't answered yet, each way: a person looks at one at a time.
pub const MAX_OPEN_BROWSES: usize = 8;
