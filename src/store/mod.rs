//! The embedded database (SQLite): conversations, computers, the shelf and settings.
//!
//! rusqlite types stop here; everybody else sees the plain types of [`model`].
//!
//! - One [`Store`] is one connection. Its methods block (every writing one waits for the disk: what it returned from is
//!   promised), so it lives on a thread of its own.
//! - Each method is one transaction: after an error nothing was changed.
//! - Every change of an entry gets a *revision*, a number that only grows; [`Store::changes`] tells a reader what came
//!   after the one it knows. Removed entries leave their number behind until the next start.
//! - Strangers stay out: an entry needs its computer, and only [`Store::upsert_seen`] adds one, or, for a while and within
//!   bounds, [`Store::note_taker`].
//! - What can't be read is set aside under another name, never deleted: [`Opened::set_aside`].
#![forbid(unsafe_code)]

use std::{fs::File, path::PathBuf, time::Duration};

use rusqlite::{Connection, OptionalExtension as _};

mod columns;
mod comparisons;
mod computers;
mod contents;
mod entries;
mod error;
pub mod model;
mod open;
mod paths;
mod reading;
mod schema;
mod search;
mod settings;
mod shelf;
mod takers;
#[cfg(test)]
mod tests;
mod unfinished;

pub use contents::Sought;
pub use entries::{ItemUpdate, NewEntry};
pub use error::{Refusal, StoreError};
pub use open::{Opened, lies_aside};
pub use paths::Paths;
pub use reading::{Changes, Page};
#[cfg(test)]
pub(crate) use takers::{MAX_TAKERS, MAX_TAKES};
pub use unfinished::{Going, MAX_WITHDRAWN, Unfinished};

/// How long another process (a command in a terminal) may hold the database before [`StoreError::Busy`].
pub const BUSY_FOR: Duration = Duration::from_secs(5);

/// Entries read at once, at most: a thousand items each must stay a moment's work.
pub const MAX_PAGE: usize = 1_000;

/// The open database.
#[derive(Debug)]
pub struct Store {
    connection: Connection,
    /// Where damage that shows itself later is noted, so that the next start looks at every page.
    suspicion: PathBuf,
    /// Why the last change could not be written, where that is the disk's doing.
    refusal: Option<Refusal>,
    /// Rows that were changed until the last transaction ended, whichever way.
    changed: u64,
    /// Held while open, shared: who gets it alone knows that no other process is at work.
    in_use: File,
}

impl Store {
    /// The newest revision.
    pub fn revision(&self) -> Result<i64, StoreError> {
        self.noted(revision(&self.connection))
    }

    /// Why the last change could not be written, where that is the disk's doing.
    #[must_use]
    pub fn refusal(&self) -> Option<Refusal> {
        self.refusal
    }

    /// Notes damage for the next start on its way out.
    fn noted<T>(&self, result: Result<T, StoreError>) -> Result<T, StoreError> {
        if let Err(StoreError::Damaged(_)) = &result
            && let Err(error) = std::fs::write(&self.suspicion, b"")
        {
            log::warn!("the damage can't be noted: {error}");
        }
        result
    }

    /// What `work` changes happens as one, with one flush of the disk for all of it; after an error nothing of it has.
    ///
    /// # Errors
    /// Those of `work`, and of writing it down.
    pub fn together<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T, StoreError>) -> Result<T, StoreError> {
        self.written(|store| Ok(store.connection.execute_batch("BEGIN IMMEDIATE")?))?;
        let result = work(self).and_then(|value| {
            self.written(|store| Ok(store.connection.execute_batch("COMMIT")?))?;
            Ok(value)
        });
        // Some errors have taken it back already.
        if result.is_err()
            && !self.connection.is_autocommit()
            && let Err(error) = self.connection.execute_batch("ROLLBACK")
        {
            log::error!("what was begun can't be taken back: {error}");
        }
        self.changed = self.connection.total_changes();
        result
    }

    /// Everything in `work` happens, or nothing.
    fn write<T>(&mut self, work: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        self.written(|store| {
            // Inside [`Self::together`] it is a part of what happens there.
            if !store.connection.is_autocommit() {
                let part = store.connection.savepoint()?;
                let value = work(&part)?;
                part.commit()?;
                return Ok(value);
            }
            let transaction = store.connection.transaction()?;
            let value = work(&transaction)?;
            transaction.commit()?;
            Ok(value)
        })
    }

    /// Notes what became of a change on its way out. Where nothing reached the disk, since there was nothing to change or it
    /// isn't at its end yet, nothing is known of what the disk takes.
    fn written<T>(&mut self, change: impl FnOnce(&mut Self) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let result = change(self);
        let changed = self.connection.total_changes();
        let is_over = self.connection.is_autocommit();
        self.refusal = match &result {
            Ok(_) if is_over && changed > self.changed => None,
            Ok(_) => self.refusal,
            Err(error) => error.refusal().or(self.refusal),
        };
        if is_over {
            self.changed = changed;
        }
        self.noted(result)
    }

    /// What `work` reads is of one moment.
    fn read<T>(&self, work: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        if !self.connection.is_autocommit() {
            return self.noted(work(&self.connection));
        }
        let result = rusqlite::Transaction::new_unchecked(&self.connection, rusqlite::TransactionBehavior::Deferred)
            .map_err(StoreError::from)
            .and_then(|transaction| work(&transaction));
        self.noted(result)
    }
}

fn revision(connection: &Connection) -> Result<i64, StoreError> {
    let revision = connection
        .prepare_cached("SELECT value FROM counters WHERE name = 'revision'")?
        .query_row([], |row| row.get(0))
        .optional()?;
    Ok(revision.unwrap_or(0))
}

/// A new revision for one change.
fn next_revision(connection: &Connection) -> Result<i64, StoreError> {
    Ok(connection
        .prepare_cached("UPDATE counters SET value = value + 1 WHERE name = 'revision' RETURNING value")?
        .query_row([], |row| row.get(0))?)
}
