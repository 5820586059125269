//! What computers tell each other, as this program's own checked types.
//!
//! [`Message::decode`] and [`Message::encode`] are the only ways between these and the wire; whatever `decode` gives
//! is within the bounds of [`super::limits`].

use std::{
    ops::{BitAnd, BitOr},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;

pub use super::convert::MessageError;
use super::{TransferId, names::RelativePath, ranges::Ranges};

/// The version of the protocol this program speaks.
pub const VERSION: u32 = 1;

/// Any message, one frame each.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    Hello(Hello),
    Ping {
        token: u64,
    },
    Pong {
        token: u64,
    },
    Bye(ByeReason),

    Offer(Offer),
    Answer {
        transfer: TransferId,
        answer: Answer,
    },
    Thumbnails(Thumbnails),
    Text {
        transfer: TransferId,
        text: String,
    },
    TextSaved {
        transfer: TransferId,
    },
    Cancel {
        transfer: TransferId,
        reason: CancelReason,
    },
    Pause {
        transfer: TransferId,
    },
    Continue {
        transfer: TransferId,
    },
    /// "Dial the data connection of this transfer to me, I can't dial you."
    OpenData {
        transfer: TransferId,
    },
    Browse {
        request: u32,
    },
    Shelf(Shelf),
    Take(Take),
    /// "Begin a comparison with me": only the side that dialled can.
    CompareAsk,
    CompareCommit {
        /// From 1, greater than all before on this connection.
        run: u32,
        commitment: [u8; 32],
    },
    CompareReveal {
        run: u32,
        nonce: [u8; super::compare::NONCE_LEN],
    },
    CompareStop {
        /// 0: what was asked for by `CompareAsk` does not begin.
        run: u32,
        reason: CompareEnd,
    },
    /// Something waits here for this person's yes before it is offered; or nothing any more.
    Waiting {
        waits: bool,
    },

    Entry(Entry),
    Chunk(Bytes),
    EntryEnd {
        blake3: [u8; 32],
    },
    Batch(Batch),
    Skipped(Skipped),
    End {
        files: u64,
        bytes: u64,
    },
    Saved(Saved),
    Failed(Failed),
}

/// The first frame, both ways.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hello {
    /// The newest version it speaks; the lower of both is spoken.
    pub version: u32,
    pub features: Features,
    /// Already cleaned for display by [`super::names::computer_name`]. May be empty.
    pub name: String,
    pub kind: DeviceKind,
    /// TCP port it listens on; 0 when it doesn't.
    pub port: u16,
    pub role: Role,
    /// Such as `fantail 0.1.0`; nothing depends on it.
    pub software: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    Control,
    Data { transfer: TransferId },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum DeviceKind {
    #[default]
    Computer,
    Phone,
    Browser,
}

/// What a computer acts on beyond the first version's duties; a message of a feature is sent only to who has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Features(pub u64);

impl Features {
    pub const NONE: Self = Self(0);
    /// Goes on with a stopped transfer ([`Accept::resume`], [`Entry::from`]).
    pub const RESUME: Self = Self(1);
    /// Shows [`Thumbnails`].
    pub const THUMBNAILS: Self = Self(1 << 1);
    /// Understands Pause and Continue.
    pub const PAUSE: Self = Self(1 << 2);
    /// Answers Browse and Take.
    pub const SHELF: Self = Self(1 << 3);
    /// Compares: see [`super::compare`].
    pub const COMPARE: Self = Self(1 << 4);
    /// Shows that something [waits](Message::Waiting).
    pub const WAITING: Self = Self(1 << 5);
    /// Tells the digests of what it gives ([`Accept::known`], [`Item::digest`]).
    pub const KNOWN: Self = Self(1 << 6);

    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

impl BitOr for Features {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl BitAnd for Features {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

/// Why a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ByeReason {
    Unknown,
    /// The program ends, or the computer goes to sleep.
    Closing,
    /// Another control connection of this pair stays.
    Duplicate,
    /// It takes nothing from here.
    Refused,
    Idle,
    /// The other side broke the rules.
    Misbehaved,
    /// No common version.
    Incompatible,
    /// A data connection for a transfer that isn't accepted, or has one already.
    NoSuchTransfer,
    Busy,
    /// A data connection that has nothing left to do.
    Done,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ItemKind {
    File,
    Folder,
    /// Alone in its offer; its body crosses in [`Message::Text`] after consent.
    Text,
    /// Something newer; it can be shown, but not accepted.
    Unknown,
}

/// "I'd like to give you these." At most [`super::limits::MAX_OFFER_ITEMS`] items, at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    pub transfer: TransferId,
    /// Files, folders and unknown ones; or one text alone.
    pub items: Vec<Item>,
    /// Answers a [`Take`] of the same id; the taker accepts by itself.
    pub for_take: bool,
    /// Offered before, on a connection or data connection that broke.
    pub again: bool,
}

impl Offer {
    /// Files in it, those inside folders included.
    pub fn files(&self) -> u64 {
        self.items.iter().map(|item| item.files).sum()
    }

    pub fn bytes(&self) -> u64 {
        self.items.iter().map(|item| item.size).sum()
    }

    /// Files and bytes of some of its items.
    pub fn sums(&self, items: &Ranges) -> (u64, u64) {
        let some = items.iter().filter_map(|index| self.items.get(index as usize));
        some.fold((0, 0), |(files, bytes), item| (files + item.files, bytes + item.size))
    }

    pub fn is_text(&self) -> bool {
        self.items.iter().any(|item| item.kind == ItemKind::Text)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    pub kind: ItemKind,
    /// One component as [`super::names::component`] checks it; empty for a text.
    pub name: String,
    /// Bytes, a folder's contents included.
    pub size: u64,
    /// Files in it: 1 for a file, 0 for a text.
    pub files: u64,
    pub modified: Option<Time>,
    /// For pictures; 1 to [`super::limits::MAX_THUMBHASH`] bytes.
    pub thumbhash: Option<Bytes>,
    /// How often its content began anew since it was first offered.
    pub version: u32,
    /// Of the whole content, as [`Accept::known`] asked for it; [`NOT_COMPARED`] where it can't or shall not be compared.
    pub digest: Option<[u8; blake3::OUT_LEN]>,
}

/// Instead of a digest: the item comes whatever is there.
pub const NOT_COMPARED: [u8; blake3::OUT_LEN] = [0; blake3::OUT_LEN];

/// A moment on a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time {
    /// Since 1970-01-01 UTC, rounded down.
    pub seconds: i64,
    /// Below 1,000,000,000.
    pub nanos: u32,
}

impl From<SystemTime> for Time {
    fn from(time: SystemTime) -> Self {
        match time.duration_since(UNIX_EPOCH) {
            Ok(after) => {
                Self { seconds: i64::try_from(after.as_secs()).unwrap_or(i64::MAX), nanos: after.subsec_nanos() }
            }
            Err(before) => {
                let before = before.duration();
                let seconds = i64::try_from(before.as_secs()).map_or(i64::MIN, |seconds| -seconds);
                match before.subsec_nanos() {
                    0 => Self { seconds, nanos: 0 },
                    nanos => Self { seconds: seconds.saturating_sub(1), nanos: 1_000_000_000 - nanos },
                }
            }
        }
    }
}

impl Time {
    /// `None` where this system can't express it.
    pub fn to_system_time(self) -> Option<SystemTime> {
        let whole = Duration::from_secs(self.seconds.unsigned_abs());
        let seconds = if self.seconds < 0 { UNIX_EPOCH.checked_sub(whole) } else { UNIX_EPOCH.checked_add(whole) };
        seconds?.checked_add(Duration::from_nanos(self.nanos.into()))
    }
}

/// What the receiving person (or a rule of theirs) says to an offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    Accept(Accept),
    Decline(DeclineReason),
}

#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Accept {
    /// Top-level items to send; at least one.
    pub items: Ranges,
    /// What is already there of them, by item, ascending. Only with [`Features::RESUME`].
    pub resume: Vec<Resume>,
    /// Accepted items of which something of the same size came from this giver before: it offers them once more with
    /// their digests. Only with [`Features::KNOWN`].
    pub known: Ranges,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resume {
    pub item: u32,
    /// Entries that needn't come.
    pub saved: Ranges,
    /// The entry of which the beginning is there.
    pub entry: u32,
    /// BLAKE3 chaining values of that beginning's complete groups of [`super::limits::RESUME_GROUP`] bytes, 32 bytes
    /// each, in order. Empty: none of it.
    pub groups: Bytes,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeclineReason {
    Unknown,
    /// Somebody pressed Decline.
    Person,
    /// Too much is waiting already.
    Busy,
    /// Nothing is received there now.
    NotReceiving,
    DiskFull,
    FolderNotWritable,
    /// None of the items is of a kind it knows.
    Unsupported,
    /// Nobody answered the question in time.
    NoAnswer,
}

/// Real small pictures of items of an offer that waits or was accepted. Only with [`Features::THUMBNAILS`], and only
/// between computers that verified each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thumbnails {
    pub transfer: TransferId,
    /// At most [`super::limits::MAX_THUMBNAILS`].
    pub pictures: Vec<Thumbnail>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thumbnail {
    pub item: u32,
    /// JPEG or PNG, at most [`super::limits::MAX_THUMBNAIL`] bytes; not decoded by this room.
    pub picture: Bytes,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CancelReason {
    Unknown,
    /// Somebody pressed Cancel.
    Person,
    Closing,
    NoAnswer,
    /// Not on the shelf any more, or not for that computer.
    NotOnShelf,
    Busy,
    /// It can't go on; the data connection said why.
    Failed,
    /// Somebody said no to a take.
    Declined,
}

/// Why a comparison ended without a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CompareEnd {
    Unknown,
    /// Somebody closed it.
    Person,
    /// Another comparison is on that screen.
    Busy,
    /// So many within an hour are enough.
    TooOften,
    /// Nobody looks at a screen there.
    Nobody,
    /// The other side did not go on in time.
    Late,
}

/// What is out for the computer that asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shelf {
    pub request: u32,
    /// At most [`super::limits::MAX_OFFER_ITEMS`].
    pub items: Vec<ShelfItem>,
    /// There is more than fits.
    pub more: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShelfItem {
    pub id: u64,
    pub item: Item,
}

/// "Send me these of your shelf."
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Take {
    /// Chosen by the taker; the offer that answers bears the same.
    pub transfer: TransferId,
    /// At most [`super::limits::MAX_OFFER_ITEMS`]; empty takes everything.
    pub items: Vec<u64>,
    /// Asked before, on a connection that broke or was replaced.
    pub again: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EntryKind {
    File,
    Folder,
}

/// A file or folder begins. A folder is only this; a file's bytes follow as chunks and end with `EntryEnd`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub item: u32,
    /// Its number in the item; grows.
    pub entry: u32,
    /// Below the item's own name.
    pub path: RelativePath,
    pub kind: EntryKind,
    /// Of the whole file; 0 for a folder.
    pub size: u64,
    pub modified: Option<Time>,
    /// The first byte that follows; not 0 only when resuming.
    pub from: u64,
}

/// Many small things in one frame.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Batch {
    pub entries: Vec<Small>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Small {
    /// Its `size` is the content's length, its `from` is 0.
    pub entry: Entry,
    /// At most [`super::limits::MAX_BATCHED_FILE`] bytes, none for a folder. Points into the frame it came in.
    pub content: Bytes,
    /// Of the content. All zeros for a folder.
    pub blake3: [u8; 32],
}

/// Why a file could not be read or written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    Unknown,
    /// Not there any more.
    Gone,
    Unreadable,
    /// It changed while it was read, or since it was offered.
    Changed,
    /// What arrived is not what was sent.
    Damaged,
    DiskFull,
    FolderNotWritable,
    /// A link, a device, a socket.
    NotAFile,
    /// The receiver's system will never save it, such as a file larger than its disk can hold one.
    NotPossible,
}

/// An entry that doesn't come, or whose chunks so far are void.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    pub item: u32,
    pub entry: u32,
    pub path: RelativePath,
    pub fault: Fault,
}

/// Complete, checked and flushed: it survives a power cut.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Saved {
    /// Items that are whole now.
    pub items: Ranges,
    /// Of items that aren't whole yet: item and entries.
    pub entries: Vec<(u32, Ranges)>,
    /// Everything that can be saved is, and nothing more will be said.
    pub all: bool,
}

/// Something can't be saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Failed {
    /// `None`: the whole transfer, which ends.
    pub item: Option<u32>,
    /// `None`: the whole item.
    pub entry: Option<u32>,
    pub fault: Fault,
}
