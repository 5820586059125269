//! What came from a computer earlier, found again by its size.

use rusqlite::{Connection, Row};

use super::{
    Store, StoreError,
    columns::{optional_path, size_column},
    entries::seq_of,
    model::ItemKind,
};
use crate::{
    platform::files::{Moment, Stamp},
    protocol::{Fingerprint, TransferId},
    transfer::{Before, Digest},
};

/// So many of one size are looked at, the newest first: more would be the same thing sent again and again.
const MAX_OF_ONE_SIZE: usize = 8;

/// What is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sought {
    /// Its number in the offer.
    pub item: u32,
    pub kind: ItemKind,
    pub size: u64,
    pub files: u64,
}

impl Store {
    /// Notes digests of items that were saved. Those that aren't there (any more) are left out.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn keep_contents(
        &mut self,
        with: &Fingerprint,
        transfer: &TransferId,
        contents: &[(u32, Digest, Stamp)],
    ) -> Result<(), StoreError> {
        if contents.is_empty() {
            return Ok(());
        }
        self.write(|transaction| {
            let Some(seq) = seq_of(transaction, with, transfer)? else { return Ok(()) };
            let mut insert = transaction.prepare_cached("INSERT OR REPLACE INTO contents VALUES (?, ?, ?, ?)")?;
            for (place, digest, stamp) in contents {
                insert.execute((seq, place, digest, stamp_to_bytes(stamp)))?;
            }
            Ok(())
        })
    }

    /// What was received from this very computer, is of the same kind and size, and was not taken out of the
    /// conversation; by item.
    ///
    /// # Errors
    /// When it can't be read.
    pub fn came_before(&self, with: &Fingerprint, sought: &[Sought]) -> Result<Vec<(u32, Before)>, StoreError> {
        self.read(|connection| {
            let mut all = Vec::new();
            for one in sought {
                all.extend(of_size(connection, with, one)?.into_iter().map(|before| (one.item, before)));
            }
            Ok(all)
        })
    }
}

fn of_size(connection: &Connection, with: &Fingerprint, sought: &Sought) -> Result<Vec<Before>, StoreError> {
    let Sought { kind, size, files, .. } = *sought;
    let mut statement = connection.prepare_cached(
        "SELECT items.path AS path, contents.digest AS digest, contents.stamp AS stamp
         FROM items JOIN entries ON entries.seq = items.entry
         LEFT JOIN contents ON contents.entry = items.entry AND contents.place = items.place
         WHERE items.size = ?1 AND items.files = ?2 AND items.kind = ?3 AND items.path IS NOT NULL
         AND items.state IN (1, 4, 5) AND entries.computer = ?4 AND entries.direction = ?5
         ORDER BY items.entry DESC",
    )?;
    let direction = super::model::Direction::Received;
    let mut rows = statement.query((size_column(size), size_column(files), kind, with, direction))?;
    let mut found: Vec<Before> = Vec::new();
    while let Some(row) = rows.next()? {
        let Some(path) = optional_path(row, "path")? else { continue };
        let known = known_from(row)?;
        if let Some(same) = found.iter_mut().find(|before| before.path == path) {
            same.known = same.known.or(known);
        } else if found.len() < MAX_OF_ONE_SIZE {
            found.push(Before { path, known });
        } else {
            break;
        }
    }
    Ok(found)
}

fn known_from(row: &Row<'_>) -> rusqlite::Result<Option<(Digest, Stamp)>> {
    let digest: Option<Digest> = row.get("digest")?;
    let stamp: Option<Vec<u8>> = row.get("stamp")?;
    Ok(digest.zip(stamp.as_deref().and_then(stamp_from_bytes)))
}

/// Devices are left out, since their numbers may change when a computer starts.
fn stamp_to_bytes(stamp: &Stamp) -> Vec<u8> {
    let Stamp { size, modified, changed, device: _, inode } = *stamp;
    let moments = [modified, changed].map(|Moment { seconds, nanoseconds }| (seconds as u64, u64::from(nanoseconds)));
    let [(modified, modified_part), (changed, changed_part)] = moments;
    [size, modified, modified_part, changed, changed_part, inode]
        .iter()
        .flat_map(|number| number.to_le_bytes())
        .collect()
}

fn stamp_from_bytes(bytes: &[u8]) -> Option<Stamp> {
    let (numbers, rest) = bytes.as_chunks::<8>();
    let numbers: Vec<u64> = numbers.iter().map(|bytes| u64::from_le_bytes(*bytes)).collect();
    let &[size, modified, modified_part, changed, changed_part, inode] = &numbers[..] else { return None };
    let moment =
        |seconds: u64, part: u64| Some(Moment { seconds: seconds as i64, nanoseconds: u32::try_from(part).ok()? });
    let (modified, changed) = (moment(modified, modified_part)?, moment(changed, changed_part)?);
    rest.is_empty().then_some(Stamp { size, modified, changed, device: 0, inode })
}
