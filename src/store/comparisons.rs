//! The comparisons this person began lately: three an hour with one computer are enough, also after a restart.

use super::{Store, StoreError, model::Millis};
use crate::protocol::Fingerprint;

/// Rows kept; more within an hour are made by a script, and the oldest go.
const MAX_ROWS: i64 = 256;

impl Store {
    /// Those that are kept, oldest first.
    pub fn comparisons(&self) -> Result<Vec<(Fingerprint, Millis)>, StoreError> {
        self.read(|connection| {
            Ok(connection
                .prepare_cached("SELECT computer, at FROM comparisons ORDER BY at, rowid")?
                .query_map([], |row| Ok((row.get(0)?, Millis(row.get(1)?))))?
                .collect::<Result<_, _>>()?)
        })
    }

    /// Notes one, and forgets those before `since`.
    pub fn note_comparison(&mut self, with: &Fingerprint, at: Millis, since: Millis) -> Result<(), StoreError> {
        self.write(|transaction| {
            transaction.prepare_cached("INSERT INTO comparisons VALUES (?, ?)")?.execute((with, at.0))?;
            transaction
                .prepare_cached(
                    "DELETE FROM comparisons WHERE at < ?1
                     OR rowid NOT IN (SELECT rowid FROM comparisons ORDER BY rowid DESC LIMIT ?2)",
                )?
                .execute((since.0, MAX_ROWS))?;
            Ok(())
        })
    }
}
