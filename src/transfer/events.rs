//! What the ends of a data connection tell while it runs, and how it ended.

use std::{io, path::PathBuf};

use tokio::sync::oneshot;

use super::{content::Digest, folder::FolderError, framed::ReadError, read::Grown};
use crate::{
    platform::files::Stamp,
    protocol::message::{ByeReason, Fault},
    store::model::{Hold, ItemKind, Problem},
};

/// What a receiving transfer tells.
#[derive(Debug)]
#[non_exhaustive]
pub enum Received {
    /// These items lie complete, checked and flushed under their final names. The other side is told so once this is
    /// acknowledged: write it down first.
    Saved { items: Vec<SavedItem>, acknowledge: oneshot::Sender<Acknowledged> },
    /// Nothing of this item is kept; the others go on.
    Failed { item: u32, problem: Problem },
}

/// Whether what lies under its final name was written down.
pub type Acknowledged = Result<(), TransferError>;

/// A top-level item that was received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedItem {
    pub index: u32,
    /// [`ItemKind::File`] or [`ItemKind::Folder`].
    pub kind: ItemKind,
    /// Its final place.
    pub path: PathBuf,
    /// 1 for a file; for a folder, the files that came with it.
    pub files: u64,
    pub bytes: u64,
    /// Of a folder: what is not in it, and why; the first twenty.
    pub left_out: Vec<Problem>,
    /// How many things are not in it.
    pub left_out_count: u64,
    /// Of a file: its digest, and what tells that it wasn't touched since.
    pub known: Option<(Digest, Stamp)>,
}

/// What a sending transfer tells: the other side said it about an item.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Delivered {
    /// Complete, checked and flushed there.
    Saved { items: Vec<u32> },
    /// It was not read here, or not saved there; the others go on.
    Failed { item: u32, problem: Problem },
    /// Something inside a folder could not be sent; the folder goes on without it.
    LeftOut { item: u32, problem: Problem },
}

/// How a transfer that reached its end went.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Items saved on the receiving side, ascending.
    pub saved: Vec<u32>,
    /// Items of which nothing was kept, and why.
    pub failed: Vec<(u32, Problem)>,
    /// Files and bytes sent, or saved.
    pub files: u64,
    pub bytes: u64,
}

/// Why a transfer stopped before its end. What was saved until then stays.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransferError {
    #[error("the connection ended")]
    Connection(#[source] io::Error),
    /// The other side closed the connection, with a reason if it gave one.
    #[error("the other side closed the connection")]
    Closed(Option<ByeReason>),
    #[error("the other side broke the rules: {what}")]
    Misbehaved { what: String },
    /// It can't go on there.
    #[error("the other side can't go on")]
    Remote(Fault),
    /// It can't be written here.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// Whatever else this computer's system may say.
    #[error("the system refused")]
    System(#[source] io::Error),
    /// A file became larger than what was agreed to: it is to be offered again.
    #[error("a file is larger than what was agreed to")]
    Grown(Grown),
    /// Whoever listened to the events is gone, or could not write them down.
    #[error("nobody listens to what is saved")]
    NobodyListens,
}

impl TransferError {
    /// What to tell this person.
    #[must_use]
    pub fn problem(&self) -> Problem {
        match self {
            Self::Connection(_) | Self::Closed(None) => Problem::ComputerGone,
            Self::Closed(Some(reason)) => match reason {
                ByeReason::Refused => Problem::Refused,
                ByeReason::Misbehaved => Problem::Misbehaved,
                ByeReason::Incompatible => Problem::Incompatible,
                ByeReason::Busy => Problem::Busy,
                _ => Problem::ComputerGone,
            },
            Self::Misbehaved { .. } => Problem::Misbehaved,
            Self::Remote(fault @ (Fault::DiskFull | Fault::FolderNotWritable | Fault::NotPossible)) => {
                problem_of(*fault, false, String::new())
            }
            Self::Remote(_) => Problem::ComputerGone,
            Self::Folder(error) => error.problem(),
            Self::System(error) => Problem::System { message: error.to_string() },
            Self::Grown(_) => Problem::SourceChanged { name: String::new() },
            Self::NobodyListens => Problem::Closed,
        }
    }

    /// What it waits for, where it goes on by itself as soon as a disk takes it again.
    #[must_use]
    pub fn hold(&self) -> Option<Hold> {
        match self {
            Self::Folder(FolderError::Full) => Some(Hold::DiskFull { here: true }),
            Self::Remote(Fault::DiskFull) => Some(Hold::DiskFull { here: false }),
            Self::Folder(FolderError::NotWritable { .. }) => Some(Hold::FolderNotWritable { here: true }),
            Self::Remote(Fault::FolderNotWritable) => Some(Hold::FolderNotWritable { here: false }),
            _ => None,
        }
    }
}

impl TransferError {
    /// What the other side is told about a disk that is this side's.
    pub(super) fn fault(&self) -> Option<Fault> {
        match self {
            Self::Folder(FolderError::Full) => Some(Fault::DiskFull),
            Self::Folder(FolderError::NotWritable { .. }) => Some(Fault::FolderNotWritable),
            Self::Folder(FolderError::System(_)) => Some(Fault::NotPossible),
            Self::System(_) | Self::NobodyListens => Some(Fault::Unknown),
            _ => None,
        }
    }
}

impl From<ReadError> for TransferError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Io(error) => Self::Connection(error),
            ReadError::CutOff => Self::Closed(None),
            ReadError::Frame(error) => Self::Misbehaved { what: error.to_string() },
        }
    }
}

/// A fault in a person's terms; `here` says whose disk it is about, `name` what it is about.
#[must_use]
pub fn problem_of(fault: Fault, here: bool, name: String) -> Problem {
    match fault {
        Fault::Gone => Problem::SourceGone { name },
        Fault::Changed => Problem::SourceChanged { name },
        Fault::Damaged => Problem::Damaged { name },
        Fault::DiskFull => Problem::DiskFull { here },
        Fault::FolderNotWritable | Fault::NotPossible => Problem::FolderNotWritable { here, folder: None },
        Fault::NotAFile => Problem::NotAFile { name },
        Fault::Unreadable | Fault::Unknown => Problem::SourceUnreadable { name },
    }
}
