//! What can go wrong with the database.

use std::{error::Error, io};

use rusqlite::ErrorCode;

use super::model::Problem;
use crate::platform::files::is_full;

/// Why the store could not do it. Nothing was changed: every method is one transaction.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    #[error("the file or folder of the database can't be made or moved")]
    File(#[from] io::Error),
    /// The file holds something else or is broken. The next [`Store::open`](super::Store::open) sets it aside.
    #[error("the database is damaged")]
    Damaged(#[source] Box<dyn Error + Send + Sync>),
    #[error("the disk with the database is full")]
    Full,
    /// Its folder or file is write-protected or belongs to another account, or the disk doesn't do what it is told.
    #[error("the database can't be written to")]
    NotWritable(#[source] Box<dyn Error + Send + Sync>),
    /// Another process held it for longer than [`BUSY_FOR`](super::BUSY_FOR).
    #[error("another program holds the database")]
    Busy,
    /// The computer has to be in the store first: [`Store::upsert_seen`](super::Store::upsert_seen).
    #[error("this computer is not known")]
    UnknownComputer,
    /// A transfer id is used once per computer.
    #[error("this transfer is in the conversation already")]
    AlreadyThere,
    /// More items or a longer text than an entry may have.
    #[error("more than an entry can hold: {limit}")]
    TooMuch { limit: usize },
    #[error("the database failed")]
    Failed(#[source] Box<dyn Error + Send + Sync>),
}

/// Why the database takes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Its disk has no room.
    Full,
    /// Its folder or disk is write-protected, or broken.
    NotWritable,
}

impl StoreError {
    /// Whether its folder takes nothing, and if so, why.
    pub fn refusal(&self) -> Option<Refusal> {
        match self {
            Self::Full => Some(Refusal::Full),
            Self::File(error) if is_full(error) => Some(Refusal::Full),
            Self::File(_) | Self::NotWritable(_) => Some(Refusal::NotWritable),
            _ => None,
        }
    }

    /// For people.
    pub fn problem(&self) -> Problem {
        match self {
            Self::Full => Problem::DiskFull { here: true },
            Self::Busy => Problem::Busy,
            Self::TooMuch { limit } => Problem::TooMuch { limit: *limit as u64 },
            Self::File(error) if is_full(error) => Problem::DiskFull { here: true },
            other => Problem::System { message: with_causes(other) },
        }
    }
}

/// The error and what caused it, in one line.
fn with_causes(error: &dyn Error) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        line.push_str(": ");
        line.push_str(&error.to_string());
        cause = error.source();
    }
    line
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::Error;
        match error.sqlite_error_code() {
            // What stands in a column is nothing that was ever written there.
            None if matches!(
                error,
                Error::FromSqlConversionFailure(..)
                    | Error::InvalidColumnType(..)
                    | Error::IntegralValueOutOfRange(..)
                    | Error::Utf8Error(..)
            ) =>
            {
                Self::Damaged(Box::new(error))
            }
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged(Box::new(error)),
            Some(ErrorCode::DiskFull) => Self::Full,
            Some(
                ErrorCode::ReadOnly
                | ErrorCode::CannotOpen
                | ErrorCode::PermissionDenied
                // A disk that the system made read-only after an error answers like a broken one.
                | ErrorCode::SystemIoFailure,
            ) => Self::NotWritable(Box::new(error)),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            _ => Self::Failed(Box::new(error)),
        }
    }
}
