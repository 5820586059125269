//! Conversations: what is written into them.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension as _, Params};

use super::{
    Store, StoreError,
    columns::{item_state_columns, path_value, short, size_column, state_columns},
    model::{Body, Direction, Entry, Form, GroupId, Item, ItemState, Millis, State},
    next_revision,
    search::words_of,
    unfinished::settle_state,
};
use crate::protocol::{
    Fingerprint, TransferId,
    limits::{MAX_OFFER_ITEMS, MAX_TEXT, MAX_THUMBHASH},
};

/// An [`Entry`] before it has its place in the conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEntry {
    pub with: Fingerprint,
    pub transfer: TransferId,
    pub group: GroupId,
    pub direction: Direction,
    pub at: Millis,
    pub body: Body,
    pub state: State,
}

/// One item's news.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemUpdate {
    pub index: u32,
    pub state: ItemState,
    /// Where it lies now; `None` leaves what is there.
    pub path: Option<PathBuf>,
}

impl Store {
    /// Adds an entry at the end of its conversation. Received ones are unread.
    ///
    /// # Errors
    /// [`StoreError::UnknownComputer`], [`StoreError::AlreadyThere`], [`StoreError::TooMuch`].
    pub fn append(&mut self, new: NewEntry) -> Result<Entry, StoreError> {
        self.write(|transaction| add(transaction, new))
    }

    /// Many in one step, so that a test can fill a conversation.
    #[cfg(test)]
    pub fn append_all(&mut self, all: impl Iterator<Item = NewEntry>) -> Result<(), StoreError> {
        self.write(|transaction| all.into_iter().try_for_each(|new| add(transaction, new).map(drop)))
    }

    /// What is the case already is no news. False if there is no such entry (any more).
    pub fn update_state(
        &mut self,
        with: &Fingerprint,
        transfer: &TransferId,
        state: &State,
    ) -> Result<bool, StoreError> {
        self.write(|transaction| {
            let Some(seq) = seq_of(transaction, with, transfer)? else { return Ok(false) };
            set_state(transaction, seq, state)?;
            settle_state(transaction, seq, state)?;
            Ok(true)
        })
    }

    /// One item's state, and where it lies now (`None` leaves what is there). False if there is no such item (any more).
    pub fn update_item(
        &mut self,
        with: &Fingerprint,
        transfer: &TransferId,
        index: u32,
        state: ItemState,
        path: Option<&Path>,
    ) -> Result<bool, StoreError> {
        self.update_items(with, transfer, &[ItemUpdate { index, state, path: path.map(Path::to_owned) }])
    }

    /// Many items in one step: one wait for the disk. False if there is none of these (any more), or nothing new.
    pub fn update_items(
        &mut self,
        with: &Fingerprint,
        transfer: &TransferId,
        updates: &[ItemUpdate],
    ) -> Result<bool, StoreError> {
        self.write(|transaction| {
            let Some(seq) = seq_of(transaction, with, transfer)? else { return Ok(false) };
            let mut statement = transaction.prepare_cached(
                "UPDATE items SET state = ?1, problem = ?2, path = coalesce(?3, path)
                 WHERE entry = ?4 AND place = ?5
                 AND (state IS NOT ?1 OR problem IS NOT ?2 OR path IS NOT coalesce(?3, path))",
            )?;
            let mut changed = 0;
            for ItemUpdate { index, state, path } in updates {
                let (number, problem) = item_state_columns(state);
                changed += statement.execute((number, problem, path.as_deref().map(path_value), seq, index))?;
            }
            if changed > 0 {
                let revision = next_revision(transaction)?;
                transaction
                    .prepare_cached("UPDATE entries SET revision = ? WHERE seq = ?")?
                    .execute((revision, seq))?;
            }
            Ok(changed > 0)
        })
    }

    /// Everything from this computer was seen. False if nothing was unread.
    pub fn mark_read(&mut self, with: &Fingerprint) -> Result<bool, StoreError> {
        self.write(|transaction| {
            let unread: Vec<i64> = transaction
                .prepare_cached("SELECT seq FROM entries WHERE computer = ? AND read = 0 ORDER BY seq")?
                .query_map([with], |row| row.get(0))?
                .collect::<Result<_, _>>()?;
            for seq in &unread {
                let revision = next_revision(transaction)?;
                transaction
                    .prepare_cached("UPDATE entries SET read = 1, revision = ? WHERE seq = ?")?
                    .execute((revision, seq))?;
            }
            Ok(!unread.is_empty())
        })
    }

    /// Out of the conversation; files stay. False if it was not there.
    pub fn remove_entry(&mut self, seq: i64) -> Result<bool, StoreError> {
        self.write(|transaction| Ok(remove_where(transaction, "seq = ?", [seq])? > 0))
    }

    /// The whole conversation goes; the computer, its rule and all files stay. How many entries went.
    pub fn remove_conversation(&mut self, with: &Fingerprint) -> Result<usize, StoreError> {
        self.write(|transaction| remove_where(transaction, "computer = ?", [with]))
    }
}

/// Removes entries and leaves their numbers behind for [`Store::changes`].
pub(super) fn remove_where(
    connection: &Connection,
    condition: &'static str,
    values: impl Params,
) -> Result<usize, StoreError> {
    let seqs: Vec<i64> = connection
        .prepare_cached(&format!("SELECT seq FROM entries WHERE {condition} ORDER BY seq"))?
        .query_map(values, |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let mut unlist = connection.prepare_cached("DELETE FROM words WHERE rowid = ?")?;
    let mut delete = connection.prepare_cached("DELETE FROM entries WHERE seq = ?")?;
    let mut remember = connection.prepare_cached("INSERT INTO removed (revision, seq) VALUES (?, ?)")?;
    for seq in &seqs {
        unlist.execute([seq])?;
        delete.execute([seq])?;
        remember.execute((next_revision(connection)?, seq))?;
    }
    Ok(seqs.len())
}

pub(super) fn add(transaction: &Connection, new: NewEntry) -> Result<Entry, StoreError> {
    let NewEntry { with, transfer, group, direction, at, mut body, state } = new;
    bound(&mut body)?;
    if !exists(transaction, "SELECT 1 FROM computers WHERE fingerprint = ?", [with])? {
        return Err(StoreError::UnknownComputer);
    }
    if exists(transaction, "SELECT 1 FROM entries WHERE computer = ? AND transfer = ?", (with, transfer))? {
        return Err(StoreError::AlreadyThere);
    }
    let revision = next_revision(transaction)?;
    let (state_number, problem) = state_columns(&state);
    let read = direction == Direction::Sent;
    let (text, files, bytes) = match &body {
        Body::Text(text) => (Some(text.as_str()), 0, text.len() as u64),
        Body::Items { files, bytes, .. } => (None, *files, *bytes),
    };
    transaction
        .prepare_cached(
            "INSERT INTO entries
             (revision, computer, transfer, grp, direction, at, state, problem, read, files, bytes, text)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute(rusqlite::params![
            revision,
            with,
            transfer,
            group.0,
            direction,
            at.0,
            state_number,
            problem,
            read,
            size_column(files),
            size_column(bytes),
            text,
        ])?;
    let seq = transaction.last_insert_rowid();
    if let Body::Items { items, .. } = &body {
        insert_items(transaction, seq, items)?;
    }
    transaction.prepare_cached("INSERT INTO words (rowid, text) VALUES (?, ?)")?.execute((seq, words_of(&body)))?;
    Ok(Entry { seq, revision, with, transfer, group, direction, at, body, state, read })
}

pub(super) fn set_state(transaction: &Connection, seq: i64, state: &State) -> Result<(), StoreError> {
    let (number, problem) = state_columns(state);
    let is_news = "SELECT 1 FROM entries WHERE seq = ? AND (state IS NOT ? OR problem IS NOT ?)";
    if exists(transaction, is_news, (seq, number, &problem))? {
        let revision = next_revision(transaction)?;
        transaction
            .prepare_cached("UPDATE entries SET state = ?, problem = ?, revision = ? WHERE seq = ?")?
            .execute((number, problem, revision, seq))?;
    }
    Ok(())
}

/// Gives an entry another body and state; it keeps its place in the conversation. Its number.
pub(super) fn renew(transaction: &Connection, new: NewEntry) -> Result<i64, StoreError> {
    let NewEntry { with, transfer, mut body, state, .. } = new;
    bound(&mut body)?;
    let Some(seq) = seq_of(transaction, &with, &transfer)? else { return Err(StoreError::UnknownComputer) };
    let (number, problem) = state_columns(&state);
    let revision = next_revision(transaction)?;
    transaction
        .prepare_cached("UPDATE entries SET state = ?, problem = ?, revision = ? WHERE seq = ?")?
        .execute((number, problem, revision, seq))?;
    if let Body::Items { items, files, bytes } = &body {
        transaction.prepare_cached("UPDATE entries SET files = ?, bytes = ? WHERE seq = ?")?.execute((
            size_column(*files),
            size_column(*bytes),
            seq,
        ))?;
        transaction.prepare_cached("DELETE FROM items WHERE entry = ?")?.execute([seq])?;
        insert_items(transaction, seq, items)?;
        transaction.prepare_cached("DELETE FROM words WHERE rowid = ?")?.execute([seq])?;
        transaction.prepare_cached("INSERT INTO words (rowid, text) VALUES (?, ?)")?.execute((seq, words_of(&body)))?;
    }
    Ok(seq)
}

/// Holds a body to the bounds of an offer, whoever made it.
fn bound(body: &mut Body) -> Result<(), StoreError> {
    match body {
        Body::Text(text) if text.len() > MAX_TEXT => Err(StoreError::TooMuch { limit: MAX_TEXT }),
        Body::Text(_) => Ok(()),
        Body::Items { items, .. } if items.len() > MAX_OFFER_ITEMS => {
            Err(StoreError::TooMuch { limit: MAX_OFFER_ITEMS })
        }
        Body::Items { items, .. } => {
            for item in items {
                item.name.truncate(short(&item.name).len());
                item.thumbhash = item.thumbhash.take().filter(|hash| hash.len() <= MAX_THUMBHASH);
            }
            Ok(())
        }
    }
}

fn insert_items(connection: &Connection, seq: i64, items: &[Item]) -> Result<(), StoreError> {
    let mut statement = connection.prepare_cached("INSERT INTO items VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")?;
    for Item { index, kind, name, size, files, path, thumbhash, rendition, state } in items {
        let (number, problem) = item_state_columns(state);
        statement.execute((
            seq,
            index,
            kind,
            name,
            size_column(*size),
            size_column(*files),
            path.as_deref().map(path_value),
            thumbhash,
            rendition.as_ref().map(|made| path_value(&made.path)),
            rendition.as_ref().map_or_else(Form::default, |made| made.form),
            number,
            problem,
        ))?;
    }
    Ok(())
}

pub(super) fn seq_of(
    connection: &Connection,
    with: &Fingerprint,
    transfer: &TransferId,
) -> Result<Option<i64>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT seq FROM entries WHERE computer = ? AND transfer = ?")?
        .query_row((with, transfer), |row| row.get(0))
        .optional()?)
}

pub(super) fn exists(connection: &Connection, query: &str, values: impl Params) -> Result<bool, StoreError> {
    Ok(connection.prepare_cached(query)?.exists(values)?)
}
