//! Computers that entered by taking what is there for all, and not by an act of this person: every take is shown, but
//! whoever makes up one identity after the other must not fill the store with them.

use super::{Store, StoreError, columns::short, computers::write_addresses, entries::remove_where, model::Seen};
use crate::protocol::Fingerprint;

/// Such computers: a class that takes the same sheet, twice.
pub(crate) const MAX_TAKERS: usize = 64;

/// What all of them took, in entries of up to a thousand items.
pub(crate) const MAX_TAKES: usize = 256;

impl Store {
    /// Adds a computer that takes something, or brings one up to date; before its take is appended. Of those that this
    /// person never dealt with, whose last take is the longest ago goes with its takes when there are more than
    /// [`MAX_TAKERS`], and the oldest take when there are more than [`MAX_TAKES`].
    ///
    /// Returns who went.
    pub fn note_taker(&mut self, fingerprint: &Fingerprint, seen: &Seen) -> Result<Vec<Fingerprint>, StoreError> {
        let Seen { name, kind, addresses, at } = seen;
        self.write(|transaction| {
            transaction
                .prepare_cached(
                    "INSERT INTO computers (fingerprint, name, kind, first_seen, last_seen, taker)
                     VALUES (?1, ?2, ?3, ?4, ?4, (SELECT coalesce(max(taker), 0) + 1 FROM computers))
                     ON CONFLICT DO UPDATE SET name = ?2, kind = ?3, last_seen = max(last_seen, ?4),
                     taker = CASE WHEN taker IS NULL THEN NULL ELSE excluded.taker END",
                )?
                .execute((fingerprint, short(name), kind, at.0))?;
            write_addresses(transaction, fingerprint, addresses)?;
            let gone: Vec<Fingerprint> = transaction
                .prepare_cached(
                    "SELECT fingerprint FROM computers WHERE taker IS NOT NULL ORDER BY taker DESC LIMIT -1 OFFSET ?",
                )?
                .query_map([MAX_TAKERS as i64], |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            for taker in &gone {
                remove_where(transaction, "computer = ?", [taker])?;
                transaction.prepare_cached("DELETE FROM computers WHERE fingerprint = ?")?.execute([taker])?;
            }
            remove_where(
                transaction,
                "seq IN (SELECT seq FROM entries
                 WHERE computer IN (SELECT fingerprint FROM computers WHERE taker IS NOT NULL)
                 ORDER BY seq DESC LIMIT -1 OFFSET ?)",
                [MAX_TAKES as i64 - 1],
            )?;
            Ok(gone)
        })
    }
}
