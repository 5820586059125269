//! Conversations: what is read out of them.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension as _, Row};

use super::{
    MAX_PAGE, Store, StoreError,
    columns::{item_state_from, optional_path, size_from, state_from},
    model::{Body, Entry, GroupId, Item, ItemKind, Millis, PageAt, Rendition, Towards},
    revision,
};
use crate::protocol::{Fingerprint, TransferId};

/// What happened after a revision.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// As they are now, oldest change first.
    pub entries: Vec<Entry>,
    /// Numbers of entries that are gone.
    pub removed: Vec<i64>,
    /// Ask from here next time. Below [`Store::revision`] if there is more.
    pub up_to: i64,
}

/// A stretch of one conversation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Newest first.
    pub entries: Vec<Entry>,
    /// How many older ones there are, and how many newer ones.
    pub before: u64,
    pub after: u64,
}

impl Store {
    /// What changed after revision `since`, oldest change first, at most `limit` (1 to [`MAX_PAGE`]) at once. Knows of
    /// entries removed since the start of the program.
    pub fn changes(&self, since: i64, limit: usize) -> Result<Changes, StoreError> {
        let limit = limit.clamp(1, MAX_PAGE);
        self.read(|connection| {
            let entries = read_entries(
                connection,
                "SELECT * FROM entries WHERE revision > ? ORDER BY revision LIMIT ?",
                (since, limit as i64),
            )?;
            let removed: Vec<(i64, i64)> = connection
                .prepare_cached("SELECT revision, seq FROM removed WHERE revision > ? ORDER BY revision LIMIT ?")?
                .query_map((since, limit as i64), |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect::<Result<_, _>>()?;
            // Both lists in one order of change, cut after `limit`.
            let mut revisions: Vec<i64> = entries
                .iter()
                .map(|entry| entry.revision)
                .chain(removed.iter().map(|(revision, _)| *revision))
                .collect();
            revisions.sort_unstable();
            let up_to = match revisions.get(limit - 1) {
                Some(last) => *last,
                None => revision(connection)?.max(since),
            };
            Ok(Changes {
                entries: entries.into_iter().filter(|entry| entry.revision <= up_to).collect(),
                removed: removed.into_iter().filter(|(revision, _)| *revision <= up_to).map(|(_, seq)| seq).collect(),
                up_to,
            })
        })
    }

    /// A stretch of a conversation, newest first, at most `limit` (1 to [`MAX_PAGE`]).
    pub fn page(&self, with: &Fingerprint, at: PageAt, limit: usize) -> Result<Page, StoreError> {
        let limit = limit.clamp(1, MAX_PAGE);
        self.read(|connection| {
            // Older than `before`, and so many of those that are not.
            let (before, newer) = match at {
                PageAt::End => (i64::MAX, 0),
                PageAt::Before(seq) => (seq, 0),
                PageAt::After(seq) => (seq.saturating_add(1), limit),
                PageAt::Around(seq) => (seq, limit.div_ceil(2)),
                PageAt::Place(place) => (seq_at(connection, with, place)?, limit.div_ceil(2)),
            };
            let mut entries = read_entries(
                connection,
                "SELECT * FROM entries WHERE computer = ? AND seq >= ? ORDER BY seq LIMIT ?",
                (with, before, newer as i64),
            )?;
            entries.reverse();
            let older = if matches!(at, PageAt::After(_)) { 0 } else { limit - entries.len() };
            entries.extend(read_entries(
                connection,
                "SELECT * FROM entries WHERE computer = ? AND seq < ? ORDER BY seq DESC LIMIT ?",
                (with, before, older as i64),
            )?);
            let first = entries.last().map_or(before, |entry| entry.seq);
            let end = entries.first().map_or(before, |entry| entry.seq.saturating_add(1));
            let count = |condition: &str, seq: i64| -> Result<u64, StoreError> {
                let query = format!("SELECT count(*) FROM entries WHERE computer = ? AND seq {condition} ?");
                let count: i64 = connection.prepare_cached(&query)?.query_row((with, seq), |row| row.get(0))?;
                Ok(count.unsigned_abs())
            };
            Ok(Page { before: count("<", first)?, after: count(">=", end)?, entries })
        })
    }

    /// Entries with a file here whose item is wanted by its name and whether it has a ThumbHash, the nearest first, at most
    /// `limit` (1 to [`MAX_PAGE`]). Rows are read one by one until there are enough.
    pub fn nearest_with_file(
        &self,
        with: &Fingerprint,
        towards: Towards,
        limit: usize,
        is_wanted: impl Fn(&str, bool) -> bool,
    ) -> Result<Vec<Entry>, StoreError> {
        let limit = limit.clamp(1, MAX_PAGE);
        let (seq, side) = match towards {
            Towards::Older(seq) => (seq, "< ? ORDER BY entries.seq DESC"),
            Towards::Newer(seq) => (seq, "> ? ORDER BY entries.seq"),
        };
        let query = format!(
            "SELECT items.entry, items.kind, items.name, items.thumbhash IS NOT NULL AS hashed
             FROM entries JOIN items ON items.entry = entries.seq
             WHERE items.path IS NOT NULL AND entries.computer = ? AND entries.seq {side}"
        );
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&query)?;
            let mut rows = statement.query((with, seq))?;
            let mut found: Vec<i64> = Vec::new();
            while let Some(row) = rows.next()? {
                let seq = row.get("entry")?;
                if found.last() == Some(&seq) || row.get::<_, ItemKind>("kind")? != ItemKind::File {
                    continue;
                }
                if is_wanted(row.get_ref("name")?.as_str().unwrap_or_default(), row.get("hashed")?) {
                    found.push(seq);
                    if found.len() == limit {
                        break;
                    }
                }
            }
            found.into_iter().filter_map(|seq| entry(connection, seq).transpose()).collect()
        })
    }

    pub fn entry(&self, seq: i64) -> Result<Option<Entry>, StoreError> {
        self.read(|connection| entry(connection, seq))
    }

    /// The entry of one transfer.
    pub fn entry_of(&self, with: &Fingerprint, transfer: &TransferId) -> Result<Option<Entry>, StoreError> {
        self.read(|connection| {
            let found = read_entries(
                connection,
                "SELECT * FROM entries WHERE computer = ? AND transfer = ?",
                (with, transfer),
            )?;
            Ok(found.into_iter().next())
        })
    }

    /// How many entries of each computer are unread; those with none are absent.
    pub fn unread(&self) -> Result<BTreeMap<Fingerprint, u32>, StoreError> {
        self.read(|connection| {
            Ok(connection
                .prepare_cached("SELECT computer, count(*) FROM entries WHERE read = 0 GROUP BY computer")?
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect::<Result<_, _>>()?)
        })
    }
}

/// The number of the entry that has so many older ones, or of the last one.
fn seq_at(connection: &Connection, with: &Fingerprint, place: u64) -> Result<i64, StoreError> {
    let place = i64::try_from(place).unwrap_or(i64::MAX);
    let at = connection
        .prepare_cached("SELECT seq FROM entries WHERE computer = ? ORDER BY seq LIMIT 1 OFFSET ?")?
        .query_row((with, place), |row| row.get(0))
        .optional()?;
    let last = "SELECT coalesce(max(seq), 0) FROM entries WHERE computer = ?";
    at.map_or_else(|| Ok(connection.prepare_cached(last)?.query_row([with], |row| row.get(0))?), Ok)
}

pub(super) fn entry(connection: &Connection, seq: i64) -> Result<Option<Entry>, StoreError> {
    let found =
        connection.prepare_cached("SELECT * FROM entries WHERE seq = ?")?.query_row([seq], entry_from).optional()?;
    found.map(|entry| with_items(connection, entry)).transpose()
}

fn read_entries(connection: &Connection, query: &str, values: impl rusqlite::Params) -> Result<Vec<Entry>, StoreError> {
    let entries: Vec<Entry> =
        connection.prepare_cached(query)?.query_map(values, entry_from)?.collect::<Result<_, _>>()?;
    entries.into_iter().map(|entry| with_items(connection, entry)).collect()
}

/// An entry without its items.
fn entry_from(row: &Row<'_>) -> rusqlite::Result<Entry> {
    let text: Option<String> = row.get("text")?;
    let body = match text {
        Some(text) => Body::Text(text),
        None => Body::Items { items: Vec::new(), files: size_from(row, "files")?, bytes: size_from(row, "bytes")? },
    };
    Ok(Entry {
        seq: row.get("seq")?,
        revision: row.get("revision")?,
        with: row.get("computer")?,
        transfer: row.get("transfer")?,
        group: GroupId(row.get("grp")?),
        direction: row.get("direction")?,
        at: Millis(row.get("at")?),
        body,
        state: state_from(row)?,
        read: row.get("read")?,
    })
}

fn with_items(connection: &Connection, mut entry: Entry) -> Result<Entry, StoreError> {
    if let Body::Items { items, .. } = &mut entry.body {
        *items = connection
            .prepare_cached("SELECT * FROM items WHERE entry = ? ORDER BY place")?
            .query_map([entry.seq], item_from)?
            .collect::<Result<_, _>>()?;
    }
    Ok(entry)
}

fn item_from(row: &Row<'_>) -> rusqlite::Result<Item> {
    Ok(Item {
        index: row.get("place")?,
        kind: row.get("kind")?,
        name: row.get("name")?,
        size: size_from(row, "size")?,
        files: size_from(row, "files")?,
        path: optional_path(row, "path")?,
        thumbhash: row.get("thumbhash")?,
        rendition: rendition_from(row)?,
        state: item_state_from(row)?,
    })
}

fn rendition_from(row: &Row<'_>) -> rusqlite::Result<Option<Rendition>> {
    let path = optional_path(row, "rendition")?;
    path.map(|path| Ok(Rendition { path, form: row.get("form")? })).transpose()
}
