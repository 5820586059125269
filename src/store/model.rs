//! What is kept, as plain data.

use std::{net::SocketAddr, path::PathBuf};

use crate::protocol::{Fingerprint, TransferId};

/// Milliseconds since 1970-01-01 UTC by this computer's clock. Entries are ordered by arrival, not by this: clocks differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Millis(pub i64);

/// What a computer is, for its picture and word only; it grants nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum DeviceKind {
    #[default]
    Computer,
    Phone,
    Browser,
}

/// What happens to an offer from a computer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Rule {
    #[default]
    Ask,
    Accept,
    Block,
}

/// What a computer says of itself when it is met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub name: String,
    pub kind: DeviceKind,
    /// Where it answers, best first.
    pub addresses: Vec<SocketAddr>,
    pub at: Millis,
}

/// A computer this person has dealt with. Strangers are not here: they enter by this person's act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownComputer {
    pub fingerprint: Fingerprint,
    /// The name it gave itself last time, already cleaned for display.
    pub name: String,
    /// The name this person gave it, shown instead.
    pub given_name: Option<String>,
    pub kind: DeviceKind,
    /// Compared by people, not merely met.
    pub verified: bool,
    pub rule: Rule,
    /// Where its things go, instead of the usual folder.
    pub folder: Option<PathBuf>,
    /// This person said once that sending to it is right.
    pub confirmed: bool,
    pub first_seen: Millis,
    pub last_seen: Millis,
    /// It only took from the shelf: this person never dealt with it, and it may be forgotten.
    pub taker: bool,
    /// Where it answered before, newest first, at most [`MAX_ADDRESSES`].
    pub addresses: Vec<SocketAddr>,
}

/// Enough for every interface of two networks; older ones are forgotten.
pub const MAX_ADDRESSES: usize = 8;

/// Entries that were sent together to several computers share one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupId(pub [u8; 16]);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    Sent,
    Received,
}

/// One thing in a conversation: a text, or items that crossed together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Order of arrival here, unique, growing.
    pub seq: i64,
    /// Grows with every change of any entry, so that a reader can ask for what changed since.
    pub revision: i64,
    pub with: Fingerprint,
    pub transfer: TransferId,
    pub group: GroupId,
    pub direction: Direction,
    pub at: Millis,
    pub body: Body,
    pub state: State,
    /// Seen by this person. Always true for what was sent.
    pub read: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    Text(String),
    Items {
        /// The top-level items, at most 1,000 (the offer's bound).
        items: Vec<Item>,
        /// Files in them all, folders' contents included.
        files: u64,
        bytes: u64,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ItemKind {
    File,
    Folder,
    Text,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    pub index: u32,
    pub kind: ItemKind,
    /// As it is shown; where it lies under another name, `path` says so.
    pub name: String,
    pub size: u64,
    /// Files inside, for a folder.
    pub files: u64,
    /// Where it lies here: the source when sent, the saved place when received and saved.
    pub path: Option<PathBuf>,
    /// At most 40 bytes, for pictures.
    pub thumbhash: Option<Vec<u8>>,
    /// Sent: what goes in its place. `name` and `size` are that one's, `path` is still where this person has it.
    pub rendition: Option<Rendition>,
    pub state: ItemState,
}

/// How pictures are sent: as they are, unless something of this was chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct Form {
    /// Without what they say beside what they show: place, camera, time, texts.
    pub without_metadata: bool,
    /// As copies of at most 2048 pixels on their longer side.
    pub smaller: bool,
}

impl Form {
    /// Nothing was chosen.
    #[must_use]
    pub fn is_as_it_is(self) -> bool {
        self == Self::default()
    }
}

/// A copy of a picture that was made for sending it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendition {
    /// Where it lies until it is sent.
    pub path: PathBuf,
    pub form: Form,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ItemState {
    /// Not there yet.
    Pending,
    /// Complete, checked and flushed on the receiving side.
    Saved,
    /// A folder that is saved, but without `count` of the things inside it, since they vanished, changed or couldn't be
    /// read on the way. `problem` is what happened to the first of them.
    SavedWithout {
        count: u64,
        problem: Problem,
    },
    /// It was there already: the receiving side has the same from an earlier time, and nothing of it crossed. `path` is
    /// where that lies.
    AlreadyThere,
    /// The receiving person left it out.
    LeftOut,
    Failed(Problem),
}

impl ItemState {
    /// It lies under its final name on the receiving side.
    #[must_use]
    pub fn is_saved(&self) -> bool {
        matches!(self, Self::Saved | Self::SavedWithout { .. } | Self::AlreadyThere)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// The receiving person has not answered yet.
    Waiting,
    Running,
    /// Not over, but it doesn't move now.
    Held(Hold),
    /// All that was accepted is saved.
    Saved,
    Declined,
    /// Somebody pressed Cancel: this side or the other.
    Cancelled {
        here: bool,
    },
    Stopped(Problem),
}

/// Why a transfer that isn't over doesn't move, and what it waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
#[serde(tag = "held", rename_all = "kebab-case")]
pub enum Hold {
    /// The other computer isn't there. It goes on by itself when both see each other again.
    Away,
    /// The same, of something that nothing was said of yet: it is sent when both see each other.
    Queued,
    /// The other computer is there, and is sent something else first.
    Turn,
    /// Somebody paused it: this side or the other.
    Paused { here: bool },
    /// A disk is full. It goes on by itself when there is room.
    DiskFull { here: bool },
    /// The receiving folder can't be written to. It goes on by itself when it can.
    FolderNotWritable { here: bool },
    /// What is sent can't be reached, with the disk or folder that it lies on. It goes on by itself when it can.
    SourceAway,
}

/// Why something did not work, as data; every variant has one plain sentence in every language (`problem-*` messages).
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "code", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Problem {
    /// It stopped answering or closed the connection.
    ComputerGone,
    /// No address of it answers now.
    NotReachable,
    /// Nobody answered the question in time.
    NoAnswer,
    /// It refused the connection because it doesn't take anything from here.
    Refused,
    /// The disk of the receiving computer is full. `here` says whether that is this one.
    DiskFull { here: bool },
    /// The receiving folder can't be written to.
    FolderNotWritable { here: bool, folder: Option<String> },
    /// A file changed while it was being sent.
    SourceChanged { name: String },
    /// A file was moved or deleted before it was sent.
    SourceGone { name: String },
    /// A file can't be read.
    SourceUnreadable { name: String },
    /// A shortcut (link) or the like, which isn't sent.
    NotAFile { name: String },
    /// It was to go without its metadata, and that can't be taken out of it here.
    KeepsMetadata { name: String },
    /// Copies of pictures that wait to be sent take at most so many bytes.
    RenditionsFull { limit: u64 },
    /// What arrived is not what was sent.
    Damaged { name: String },
    /// The other side broke the rules of the protocol.
    Misbehaved,
    /// Versions that don't understand each other.
    Incompatible,
    /// Nothing to send was found at the paths.
    NothingToSend,
    /// More top-level items, entries, or longer text than can be offered at once.
    TooMuch { limit: u64 },
    /// Nobody by that name or address.
    NotFound { whom: String },
    /// No known computer bears this name; others were not meant.
    NotKnown { whom: String },
    /// The name means several; their fingerprints.
    Ambiguous { fingerprints: Vec<String> },
    /// The program was closed while it was under way.
    Closed,
    /// Nothing of that id on the shelf any more, or not for this computer.
    NotOnShelf,
    /// What was offered for a take is more than was listed, or something else.
    ShelfChanged,
    /// The other computer's software can't do that.
    Unsupported,
    /// Too much at once; a moment later it works.
    Busy,
    /// So much waits to be sent already, to that computer or in all.
    QueueFull { limit: u64 },
    /// A comparison broke off after it had begun: a bad line, or somebody who stands between and did not like the code.
    CompareBroke,
    /// It was closed on the other screen.
    CompareClosed,
    /// Three comparisons an hour with one computer are enough; `here` says who counted.
    ComparedTooOften { here: bool },
    /// No window is open there, and nothing else that shows a code.
    NobodyLooks,
    /// An error of this computer's system, in its own words.
    System { message: String },
}

/// Who may take a thing from the shelf.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Audience {
    /// Computers verified by comparing.
    #[default]
    Verified,
    /// Verified, or given a rule by this person.
    Known,
    /// Anybody, after asking this person each time.
    Ask,
    All,
}

/// A thing put out for others to take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShelfItem {
    pub id: u64,
    pub path: PathBuf,
    pub name: String,
    pub kind: ItemKind,
    pub size: u64,
    pub files: u64,
    /// Its modification time when it was put out. With another time or size it isn't what was put out, and not given.
    pub modified: Millis,
    pub audience: Audience,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Visibility {
    #[default]
    Everyone,
    KnownOnly,
    Hidden,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Theme {
    #[default]
    System,
    Light,
    Dark,
}

/// What this person chose. `None` is always "as the system says".
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Settings {
    pub name: Option<String>,
    /// A BCP 47 tag that has a translation, such as `zh-CN`.
    pub language: Option<String>,
    pub folder: Option<PathBuf>,
    pub theme: Theme,
    pub visibility: Visibility,
    pub reduced_motion: bool,
    /// 1.0 is 100 %.
    pub zoom: Option<f32>,
    /// Sources for extra drawing of the window, kept for it as it likes: position and size.
    pub window: Option<String>,
    /// Kept for the window in the same way: how pictures were turned.
    pub turned: Option<String>,
}

/// Which stretch of a conversation is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PageAt {
    /// The newest.
    End,
    /// Those just older than this entry.
    Before(i64),
    /// Those just newer.
    After(i64),
    /// This entry, or what is where it was, in the middle.
    Around(i64),
    /// The same, of the entry that has so many older ones.
    Place(u64),
}

/// On which side of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Towards {
    Older(i64),
    Newer(i64),
}
