//! What the window and the command line say to the engine, and what it says back.
//!
//! - *Latest value*: [`Snapshot`] (who is there, what is running, what is asked), swapped whole, at most
//!   [`SNAPSHOTS_PER_SECOND`] times a second. Being late loses nothing: the newest one says it all.
//! - *What must not be lost* is in the store, numbered by revision; [`Snapshot::revision`] says how far it goes, and a
//!   client that is behind asks for [`Command::Changes`].
//! - *Replies* answer one command each and carry its id.

use std::{collections::BTreeMap, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

pub use crate::protocol::compare::Code;
use crate::protocol::{Fingerprint, TransferId};
pub use crate::store::Refusal;
pub use crate::store::model::{
    Audience, Body, DeviceKind, Direction, Entry, Form, GroupId, Hold, Item, ItemKind, ItemState, KnownComputer,
    Millis, PageAt, Problem, Rendition, Rule, Settings, ShelfItem, State, Theme, Towards, Visibility,
};

/// Progress is shown at most this often; faster is noise to eyes and work to the window.
pub const SNAPSHOTS_PER_SECOND: u32 = 10;

/// Ties a reply to its command. Unique per client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CommandId(pub u64);

#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Command {
    /// One transfer per recipient, all of one group; where one of the same files isn't over, that one goes on. Sending confirms the recipient ("is this the right one?" is asked
    /// by whoever issues this, before). With `keep`, what can't be reached now waits for it, also across restarts;
    /// without, it ends as out of reach after some seconds. → [`Reply::Sent`]
    Send { to: Vec<Fingerprint>, what: Outgoing, keep: bool },
    /// Stops a transfer of files that was agreed to, until it is continued from this side. → [`Reply::Done`]
    Pause { with: Fingerprint, transfer: TransferId },
    /// Ends this side's pause. → [`Reply::Done`]
    Continue { with: Fingerprint, transfer: TransferId },
    /// Of what waits to be sent to a computer ([`Snapshot::queue`]), this goes before the one in front of it, or `first`
    /// of all. → [`Reply::Done`]
    Sooner { with: Fingerprint, transfer: TransferId, first: bool },
    /// This person is asked whether these are the right ones before something is sent to them; they may know that
    /// something waits. Takes the place of what was said before. → [`Reply::Done`]
    Waiting { to: Vec<Fingerprint> },
    /// This person's answer to an [`Ask`]. → [`Reply::Done`]
    Answer { with: Fingerprint, transfer: TransferId, decision: Decision },
    /// Ends a running or waiting transfer from this side. → [`Reply::Done`]
    Cancel { with: Fingerprint, transfer: TransferId },
    /// Strangers are not asked about for so long. → [`Reply::Done`]
    HideStrangers { during: Duration },

    /// Entries changed after this revision, oldest change first. → [`Reply::Changes`]
    Changes { since: i64, limit: usize },
    /// A stretch of a conversation, newest first. → [`Reply::Page`]
    Page { with: Fingerprint, at: PageAt, limit: usize },
    /// The entries nearest to one that have pictures lying here, as far as names tell. → [`Reply::Pictures`]
    Pictures { with: Fingerprint, towards: Towards, limit: usize },
    /// Texts and names containing all the words. → [`Reply::Found`]
    Search { text: String, with: Option<Fingerprint>, limit: usize },
    /// Everything up to the newest entry was seen. → [`Reply::Done`]
    MarkRead { with: Fingerprint },
    /// Out of the conversation; files stay. → [`Reply::Done`]
    RemoveEntry { seq: i64 },
    /// → [`Reply::Done`]
    RemoveConversation { with: Fingerprint },

    /// → [`Reply::Done`]
    SetRule { with: Fingerprint, rule: Rule },
    /// → [`Reply::Done`]
    Rename { with: Fingerprint, name: Option<String> },
    /// Where its things go; `None`: the usual folder. → [`Reply::Done`]
    SetFolder { with: Fingerprint, folder: Option<PathBuf> },
    /// Its conversation, rules and addresses go; files stay. → [`Reply::Done`]
    Forget { with: Fingerprint },
    /// Begins a comparison, or joins the one that the other person has just begun: [`Snapshot::comparison`] shows it. What goes
    /// wrong later is shown there too. → [`Reply::Comparing`]
    Compare { with: Fingerprint },
    /// It need not be shown any more; one that is under way is stopped. → [`Reply::Done`]
    EndCompare { with: Fingerprint },
    /// This person compared, and it is (or isn't) the right one. Without, the rule [`Rule::Accept`] goes back to
    /// [`Rule::Ask`]. → [`Reply::Done`]
    Verify { with: Fingerprint, verified: bool },
    /// Finds whom a person means: a fingerprint, an address, a known name (verified or given a rule; others only with
    /// `new`), a DNS name; dials typed addresses. Waits up to `within` for it to be found. → [`Reply::Resolved`]
    Resolve { whom: String, new: bool, within: Duration },
    /// Looks around again now. → [`Reply::Done`]
    Refresh,

    /// → [`Reply::Done`]
    ChangeSettings(Settings),

    /// → [`Reply::Shelf`]
    ShelfList,
    /// → [`Reply::Shelf`]
    ShelfAdd { paths: Vec<PathBuf>, audience: Audience },
    /// → [`Reply::Shelf`]
    ShelfRemove { ids: Vec<u64> },
    /// Whether a file here may be taken away. → [`Reply::Needed`]
    Needed { path: PathBuf },
    /// What another has put out for this computer. → [`Reply::Offered`]
    Browse { with: Fingerprint },
    /// Takes from another's shelf; no `items` are everything. `listed` is what the other showed of it: nothing else is
    /// taken, whatever comes. → [`Reply::Sent`] with the transfer that was begun.
    Take { with: Fingerprint, items: Vec<u64>, listed: Vec<OfferedItem>, into: Option<PathBuf> },
}

/// What a person hands over at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outgoing {
    /// At most [`crate::protocol::limits::MAX_TEXT`] bytes.
    Text(String),
    Parcel(Parcel),
}

impl Outgoing {
    /// Files and folders as they lie on the disk.
    #[must_use]
    pub fn paths(paths: Vec<PathBuf>) -> Self {
        Self::Parcel(Parcel { things: paths.into_iter().map(Thing::Path).collect(), ..Parcel::default() })
    }
}

/// Files, folders and pictures that go together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parcel {
    pub things: Vec<Thing>,
    /// Of the pictures among them, not of those inside folders.
    pub form: Form,
    /// Also of what the other side already got from here: as another copy.
    pub copies: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Thing {
    Path(PathBuf),
    /// A picture that has no file yet (pasted), as encoded PNG; kept beside the database.
    Pasted {
        name: String,
        png: Arc<[u8]>,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    Accept {
        /// Indices of the top-level items to take; `None` takes all.
        items: Option<Vec<u32>>,
        /// Instead of the usual folder.
        into: Option<PathBuf>,
        /// Also sets the computer's rule to [`Rule::Accept`].
        always: bool,
    },
    Decline,
    /// Declines, and sets the rule to [`Rule::Block`].
    Block,
}

/// Everything that can be drawn at this moment.
#[derive(Clone, Debug, Default)]
pub struct Snapshot {
    pub me: Me,
    /// Nearby first, then those seen before; stable within each.
    pub computers: Vec<Computer>,
    pub transfers: Vec<Running>,
    /// What waits to be sent, each computer's in its order.
    pub queue: Vec<Queued>,
    /// What was under way since the start and rests now.
    pub resting: Vec<Resting>,
    /// Questions for this person, oldest first. Strangers are already bounded (one per address, eight in all).
    pub asks: Vec<Ask>,
    /// What is being compared, or was just now.
    pub comparison: Option<Comparison>,
    pub settings: Settings,
    /// The newest revision in the store.
    pub revision: i64,
    /// Things worth one line to this person, oldest first, at most a dozen.
    pub notices: Vec<Notice>,
}

#[derive(Clone, Debug, Default)]
pub struct Me {
    /// `None` until the identity is loaded.
    pub fingerprint: Option<Fingerprint>,
    pub name: String,
    /// The TCP port that was bound.
    pub port: u16,
    pub addresses: Vec<SocketAddr>,
    /// Where received things go.
    pub folder: PathBuf,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Computer {
    pub fingerprint: Fingerprint,
    /// As this person knows it.
    pub name: String,
    pub kind: DeviceKind,
    pub verified: bool,
    pub rule: Rule,
    /// This person sent to it before, so the first-time question is not asked again.
    pub confirmed: bool,
    /// Never dealt with: not in the store.
    pub new: bool,
    pub presence: Presence,
    pub addresses: Vec<SocketAddr>,
    pub port: u16,
    pub unread: u32,
    pub first_seen: Option<Millis>,
    pub last_seen: Option<Millis>,
    /// Where its things go, instead of the usual folder.
    pub folder: Option<PathBuf>,
    /// It bears the name of a known computer, but is not that one.
    pub impostor_of: Option<Fingerprint>,
    /// Something waits there for its person's yes before it is offered.
    pub waits: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Presence {
    /// A live, authenticated connection.
    Reachable,
    /// Heard of lately, but no connection stands (yet).
    Visible,
    /// Gone, or never there since the start.
    Away,
}

/// A transfer that is under way.
#[derive(Clone, Debug, PartialEq)]
pub struct Running {
    pub with: Fingerprint,
    pub transfer: TransferId,
    pub group: GroupId,
    pub direction: Direction,
    pub phase: Phase,
    pub bytes: u64,
    pub total: u64,
    pub files: u64,
    pub files_total: u64,
    /// Bytes per second over the last seconds; 0 while it is not known.
    pub speed: u64,
    pub left: Option<Duration>,
    /// Bytes done of single top-level items that are under way or done.
    pub items: BTreeMap<u32, u64>,
    /// Of what is received.
    pub thumbnails: Thumbnails,
}

/// Real small pictures that a verified computer sent with its offer, by their items' indices; at most a dozen.
pub type Thumbnails = Arc<BTreeMap<u32, Thumbnail>>;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thumbnail {
    /// Given once.
    pub number: u64,
    /// JPEG or PNG, at most 16 KiB and 512 × 512 pixels.
    pub encoded: Arc<[u8]>,
}

/// It waits for its computer, or for its turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Queued {
    pub with: Fingerprint,
    pub transfer: TransferId,
}

/// How far something was before it was held or paused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resting {
    pub with: Fingerprint,
    pub transfer: TransferId,
    pub bytes: u64,
    pub total: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Being found, dialled or read.
    Preparing,
    /// The question is on the other screen.
    Waiting,
    Moving,
    /// All bytes are over; being flushed.
    Finishing,
}

/// Somebody offers something, and this person is asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Ask {
    pub with: Fingerprint,
    /// As it calls itself, cleaned for display.
    pub name: String,
    pub kind: DeviceKind,
    pub transfer: TransferId,
    pub verified: bool,
    pub stranger: bool,
    pub impostor_of: Option<Fingerprint>,
    /// It wants something of our shelf (an item with [`Audience::Ask`]) instead of giving.
    pub takes: bool,
    pub items: Vec<Item>,
    pub files: u64,
    pub bytes: u64,
    /// The question goes away then.
    pub until: Option<Millis>,
    pub thumbnails: Thumbnails,
}

/// One code on two screens.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// Grows with each.
    pub number: u64,
    pub with: Fingerprint,
    /// As this person knows it, or as it calls itself.
    pub name: String,
    pub stranger: bool,
    /// This person began it, or joined it.
    pub begun_here: bool,
    pub stage: ComparisonStage,
}

#[derive(Clone, Debug, PartialEq)]
pub enum ComparisonStage {
    /// It is being looked for, or asked.
    UnderWay,
    /// To be compared with the other screen.
    Code(Code),
    /// There was no code, and none comes by itself.
    Failed(Problem),
}

/// Something this person should read once.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// The database could not be read and was set aside there.
    StoreSetAside { path: PathBuf },
    /// The disk of the database takes nothing: nothing can be accepted or remembered until it does.
    StoreRefuses(Refusal),
    /// The identity came from another machine; a new one was made.
    NewIdentity,
    /// No file can be received into this folder.
    FolderNotWritable { folder: PathBuf },
    /// Two live addresses show one identity: a cloned disk.
    SharedIdentity { with: Fingerprint },
    /// The port for finding others can't be opened; typed addresses still work.
    DiscoveryUnavailable,
}

#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Event {
    Replied {
        id: CommandId,
        result: Result<Reply, Problem>,
    },
    /// The engine has ended; nothing more will come.
    Ended,
}

#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Reply {
    Done,
    Sent {
        /// Of those that were begun.
        group: GroupId,
        /// Begun by this command.
        transfers: Vec<(Fingerprint, TransferId)>,
        /// Of the same things, and on their way before.
        again: Vec<(Fingerprint, TransferId)>,
    },
    /// Entries in order of change, the removed ones by number, and how far this goes.
    Changes {
        entries: Vec<Arc<Entry>>,
        removed: Vec<i64>,
        up_to: i64,
    },
    Page {
        with: Fingerprint,
        entries: Vec<Arc<Entry>>,
        /// How many older ones there are, and how many newer ones.
        before: u64,
        after: u64,
    },
    /// The nearest first. Fewer than asked for are all.
    Pictures {
        entries: Vec<Arc<Entry>>,
    },
    Found {
        entries: Vec<Arc<Entry>>,
    },
    Resolved(Vec<Computer>),
    Comparing {
        /// [`Comparison::number`]
        number: u64,
    },
    Shelf(Vec<ShelfItem>),
    /// Nothing would miss it if `None`.
    Needed(Option<Need>),
    Offered {
        with: Fingerprint,
        items: Vec<OfferedItem>,
    },
}

/// What still needs a file that lies here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Need {
    /// It waits to be sent, or is being sent.
    ToSend { with: Fingerprint },
    /// It, or a folder that it lies in, is on this computer's shelf.
    OnShelf,
}

/// A thing on another computer's shelf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferedItem {
    pub id: u64,
    pub kind: ItemKind,
    pub name: String,
    pub size: u64,
    pub files: u64,
}

/// Where an engine keeps its things and how it shows itself.
#[derive(Clone, Debug)]
pub struct Config {
    pub home: crate::platform::home::Home,
    /// Instead of the settings' and the computer's name.
    pub name: Option<String>,
    /// TCP. `None`: the default port, or any free one if that is taken. `Some(0)`: any free one.
    pub port: Option<u16>,
    /// UDP.
    pub discovery_port: u16,
    /// Listens and announces on loopback alone (tests; `FANTAIL_LOOPBACK_ONLY=1`).
    pub loopback_only: bool,
    /// This process draws a window too, which goes first where processors are busy.
    pub beside_window: bool,
    /// Whether offers are answered at all: a short command such as `nearby` declines them.
    pub receive: Receive,
}

/// What happens to offers that no rule answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Receive {
    /// Asks through [`Snapshot::asks`]: a window, or a terminal with a person at it.
    Ask { into: Option<PathBuf> },
    /// Known computers (verified, or with the rule "accept") are accepted, others declined.
    Known { into: Option<PathBuf> },
    /// Everybody is accepted.
    All { into: Option<PathBuf> },
    /// Nothing is taken.
    Nothing,
}
