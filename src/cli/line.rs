//! What a command says, before it is known how it will be printed: it may be said in another process than the one with
//! the terminal.

use serde::{Deserialize, Serialize};

use super::request::KeptPath;
use crate::store::model::{Audience, Hold, Problem};

/// One thing a command says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "line", rename_all = "kebab-case")]
pub(super) enum Line {
    Computer(ComputerLine),
    Known(KnownLine),
    Shelf(ShelfLine),
    Offered(OfferedLine),
    Transfer(Box<TransferLine>),
    Error(Problem),
    Notice(NoticeLine),
    Compare(CompareLine),
    /// A list is empty.
    Nothing(Nothing),
    /// `receive` is ready.
    Ready {
        name: String,
        fingerprint: String,
        port: u16,
        path: KeptPath,
    },
}

/// What a comparison has come to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct CompareLine {
    pub name: String,
    pub fingerprint: String,
    pub news: CompareNews,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum CompareNews {
    Code {
        /// As shown.
        digits: String,
        /// Their numbers in the table.
        pictures: Vec<u8>,
        /// The person there began.
        pushed: bool,
        /// Whether both are the same is asked next.
        asks: bool,
    },
    Failed(Problem),
    Verified,
    Differs,
}

/// What there is nothing of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "kebab-case")]
pub(super) enum Nothing {
    Nearby,
    /// Of another computer, for this one.
    OnShelf,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ComputerLine {
    pub name: String,
    pub fingerprint: String,
    pub addresses: Vec<String>,
    pub port: u16,
    pub kind: Kind,
    pub verified: bool,
    pub reachable: bool,
    pub new: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    Computer,
    Phone,
    Browser,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct KnownLine {
    pub name: String,
    pub fingerprint: String,
    pub verified: bool,
    pub rule: RuleWord,
    pub reachable: bool,
    /// Milliseconds since 1970 by this computer's clock.
    pub first_seen: Option<i64>,
    pub last_seen: Option<i64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum RuleWord {
    Ask,
    Accept,
    Block,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ShelfLine {
    pub id: u64,
    pub name: String,
    pub path: KeptPath,
    pub bytes: u64,
    pub files: u64,
    #[serde(rename = "for")]
    pub audience: Audience,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct OfferedLine {
    pub id: u64,
    pub name: String,
    pub bytes: u64,
    pub files: u64,
}

/// A transfer's news. About one item where `item` says which, about the whole where not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct TransferLine {
    pub event: TransferEvent,
    pub transfer: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where it lies here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<KeptPath>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<u64>,
    /// Bytes per second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speed: Option<u64>,
    /// Seconds left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The other computer's name: one of these two.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    pub fingerprint: String,
    /// So many things inside the folder that was saved are not in it; `reason` is the first one's.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub missing: Option<u64>,
    /// It was there from an earlier time: nothing of it crossed.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub already: bool,
    /// Why, for `stopped`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Reason {
    Problem(Problem),
    /// It isn't over: it goes on by itself later, or when somebody continues it.
    Held(Hold),
    /// It goes on later without this command.
    Left,
    /// Somebody pressed Cancel; `here` says on which side.
    Cancelled {
        here: bool,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum TransferEvent {
    Waiting,
    Progress,
    Saved,
    Declined,
    Stopped,
    /// A text arrived; it stands in `text`.
    Text,
}

/// One of the engine's notices.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub(super) enum NoticeLine {
    StoreSetAside { path: KeptPath },
    StoreFull,
    StoreNotWritable,
    NewIdentity,
    FolderNotWritable { path: KeptPath },
    SharedIdentity { name: String, fingerprint: String },
    DiscoveryUnavailable,
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[repr(u8)]
pub enum Exit {
    Done = 0,
    Failed = 1,
    Usage = 2,
    NobodyFound = 3,
    Declined = 4,
    Stopped = 5,
}

impl Exit {
    /// What a problem means for the exit code.
    pub(super) fn of(problem: &Problem) -> Self {
        match problem {
            Problem::NotFound { .. } | Problem::NotKnown { .. } | Problem::NotReachable => Self::NobodyFound,
            Problem::Refused | Problem::NoAnswer | Problem::CompareClosed | Problem::NobodyLooks => Self::Declined,
            Problem::ComputerGone | Problem::Closed => Self::Stopped,
            _ => Self::Failed,
        }
    }

    /// The first thing that went wrong counts.
    pub(super) fn or(self, later: Self) -> Self {
        if self == Self::Done { later } else { self }
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
