//! Transfers that aren't over, with what another process needs to go on with them.
//!
//! A row lives beside its entry, from the moment the entry is written until its state is an end.

use rusqlite::{Connection, OptionalExtension as _, Row};

use super::{
    Store, StoreError,
    columns::{optional_path, path_value, state_columns},
    entries::{add, exists, renew, seq_of, set_state},
    model::{Entry, State},
    reading,
};
use crate::{
    protocol::{Fingerprint, TransferId},
    store::NewEntry,
};

/// Transfers that were ended here and that the other side may not have heard of, in all: they fit what may wait to be
/// written to one connection, with as much room for other words.
pub const MAX_WITHDRAWN: usize = 512;

/// What is kept beside the entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Going {
    /// It was offered at least once.
    pub offered: bool,
    /// It was agreed to.
    pub consented: bool,
    /// The offer as the wire has it.
    pub offer: Vec<u8>,
    /// Of what is sent: what tells whether an item's sources are still what they were.
    pub digests: Vec<[u8; 32]>,
    /// Of what is received: the items that were agreed to.
    pub accepted: Vec<u32>,
    /// Of what is received: where it goes.
    pub folder: Option<std::path::PathBuf>,
}

/// A transfer that isn't over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfinished {
    pub entry: Entry,
    pub going: Going,
    /// Where it stands in the queue for its computer; that of its entry's number, unless it was moved.
    pub place: i64,
}

impl Store {
    /// As [`Store::append`], of something that can be gone on with later. It goes to the end of the queue.
    ///
    /// # Errors
    /// As that one's.
    pub fn append_going(&mut self, new: NewEntry, going: &Going) -> Result<Entry, StoreError> {
        self.write(|transaction| {
            let entry = add(transaction, new)?;
            keep(transaction, entry.seq, going)?;
            Ok(entry)
        })
    }

    /// Begins an entry anew that is there already, with what was agreed to this time.
    ///
    /// # Errors
    /// As those of [`Store::append`].
    pub fn renew(&mut self, new: NewEntry, going: &Going) -> Result<(), StoreError> {
        self.write(|transaction| {
            let seq = renew(transaction, new)?;
            keep(transaction, seq, going)
        })
    }

    /// Notes what changed about it, or that it can be gone on with from now on. False if it is over, or was never there.
    pub fn keep_going(&mut self, with: &Fingerprint, transfer: &TransferId, going: &Going) -> Result<bool, StoreError> {
        self.write(|transaction| {
            let Some(seq) = seq_of(transaction, with, transfer)? else { return Ok(false) };
            // All but the ends (see `state_columns`).
            let open = "SELECT 1 FROM entries WHERE seq = ? AND state NOT IN (2, 3, 4, 5, 6)";
            let is_open = exists(transaction, open, [seq])?;
            if is_open {
                keep(transaction, seq, going)?;
            }
            Ok(is_open)
        })
    }

    /// It runs again, also if it was over, and can be gone on with from now on. False if it was never there.
    ///
    /// # Errors
    /// As those of [`Store::update_state`].
    pub fn run_again(&mut self, with: &Fingerprint, transfer: &TransferId, going: &Going) -> Result<bool, StoreError> {
        self.write(|transaction| {
            let Some(seq) = seq_of(transaction, with, transfer)? else { return Ok(false) };
            set_state(transaction, seq, &State::Running)?;
            keep(transaction, seq, going)?;
            Ok(true)
        })
    }

    /// All that aren't over, in the order of their queues.
    pub fn unfinished(&self) -> Result<Vec<Unfinished>, StoreError> {
        self.read(|connection| {
            let rows: Vec<(i64, i64, Going)> = connection
                .prepare_cached("SELECT * FROM unfinished ORDER BY place, entry")?
                .query_map([], |row| Ok((row.get("entry")?, row.get("place")?, going_from(row)?)))?
                .collect::<Result<_, _>>()?;
            let mut all = Vec::with_capacity(rows.len());
            for (seq, place, going) in rows {
                let Some(entry) = reading::entry(connection, seq)? else { continue };
                all.push(Unfinished { entry, going, place });
            }
            Ok(all)
        })
    }

    /// Gives transfers with one computer other places in its queue. Those that are over are passed by.
    pub fn set_places(&mut self, with: &Fingerprint, places: &[(TransferId, i64)]) -> Result<(), StoreError> {
        self.write(|transaction| {
            let mut statement = transaction.prepare_cached(
                "UPDATE unfinished SET place = ?
                 WHERE entry = (SELECT seq FROM entries WHERE computer = ? AND transfer = ?)",
            )?;
            for (transfer, place) in places {
                statement.execute((place, with, transfer))?;
            }
            Ok(())
        })
    }

    /// To be told to the other side until it has heard it, also after it was forgotten: this one ended the transfer. The
    /// oldest goes when there are more than [`MAX_WITHDRAWN`].
    pub fn withdraw(&mut self, with: &Fingerprint, transfer: &TransferId) -> Result<(), StoreError> {
        self.write(|transaction| {
            transaction
                .prepare_cached("INSERT OR IGNORE INTO withdrawn (computer, transfer) VALUES (?, ?)")?
                .execute((with, transfer))?;
            transaction
                .prepare_cached(
                    "DELETE FROM withdrawn WHERE place IN
                     (SELECT place FROM withdrawn ORDER BY place DESC LIMIT -1 OFFSET ?)",
                )?
                .execute([MAX_WITHDRAWN as i64])?;
            Ok(())
        })
    }

    /// All that is to be told, the oldest first.
    pub fn withdrawn(&self) -> Result<Vec<(Fingerprint, TransferId)>, StoreError> {
        self.read(|connection| {
            Ok(connection
                .prepare_cached("SELECT computer, transfer FROM withdrawn ORDER BY place")?
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect::<Result<_, _>>()?)
        })
    }

    /// The computer has heard that these were ended here.
    pub fn forget_withdrawn(&mut self, with: &Fingerprint, transfers: &[TransferId]) -> Result<(), StoreError> {
        self.write(|transaction| {
            let mut statement =
                transaction.prepare_cached("DELETE FROM withdrawn WHERE computer = ? AND transfer = ?")?;
            for transfer in transfers {
                statement.execute((with, transfer))?;
            }
            Ok(())
        })
    }
}

fn keep(connection: &Connection, seq: i64, going: &Going) -> Result<(), StoreError> {
    let Going { offered, consented, offer, digests, accepted, folder } = going;
    let accepted: Vec<u8> = accepted.iter().flat_map(|item| item.to_le_bytes()).collect();
    let place: Option<i64> = connection
        .prepare_cached("SELECT place FROM unfinished WHERE entry = ?")?
        .query_row([seq], |row| row.get(0))
        .optional()?;
    connection.prepare_cached("INSERT OR REPLACE INTO unfinished VALUES (?, ?, ?, ?, ?, ?, ?, ?)")?.execute(
        rusqlite::params![
            seq,
            place.unwrap_or(seq),
            offered,
            consented,
            offer,
            digests.as_flattened(),
            accepted,
            folder.as_deref().map(path_value),
        ],
    )?;
    Ok(())
}

fn going_from(row: &Row<'_>) -> rusqlite::Result<Going> {
    let digests: Vec<u8> = row.get("digests")?;
    let accepted: Vec<u8> = row.get("accepted")?;
    Ok(Going {
        offered: row.get("offered")?,
        consented: row.get("consented")?,
        offer: row.get("offer")?,
        digests: digests.as_chunks().0.to_vec(),
        accepted: accepted.as_chunks().0.iter().map(|bytes| u32::from_le_bytes(*bytes)).collect(),
        folder: optional_path(row, "folder")?,
    })
}

/// With an end, nothing is left to go on with.
pub(super) fn settle_state(connection: &Connection, seq: i64, state: &State) -> Result<(), StoreError> {
    if !matches!(state, State::Waiting | State::Running | State::Held(_)) {
        connection.prepare_cached("DELETE FROM unfinished WHERE entry = ?")?.execute([seq])?;
    }
    Ok(())
}

/// After a start, nothing moves yet.
pub(super) fn held_away() -> i64 {
    state_columns(&State::Held(super::model::Hold::Away)).0
}
