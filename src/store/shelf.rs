//! What this person has put out for others.

use rusqlite::{OptionalExtension as _, Row};

use super::{
    Store, StoreError,
    columns::{PathColumn, path_value, short, size_column, size_from},
    model::{Millis, ShelfItem},
};
use crate::protocol::limits::MAX_OFFER_ITEMS;

impl Store {
    /// All of it, in the order it was put out.
    pub fn shelf(&self) -> Result<Vec<ShelfItem>, StoreError> {
        self.read(|connection| {
            Ok(connection
                .prepare_cached("SELECT * FROM shelf ORDER BY id")?
                .query_map([], item_from)?
                .collect::<Result<_, _>>()?)
        })
    }

    /// Puts a thing out; its id is chosen here. A path that is on the shelf already keeps its id and takes the rest from
    /// here. Size, files and time are what it has now, to be compared when it is taken.
    ///
    /// # Errors
    /// [`StoreError::TooMuch`]: as many as one offer can carry are there.
    pub fn shelf_add(&mut self, new: &ShelfItem) -> Result<ShelfItem, StoreError> {
        let ShelfItem { id: _, path, name, kind, size, files, modified, audience } = new;
        self.write(|transaction| {
            let path = path_value(path);
            let known = transaction.prepare_cached("SELECT 1 FROM shelf WHERE path = ?")?.exists([&path])?;
            let count: i64 = transaction.query_row("SELECT count(*) FROM shelf", [], |row| row.get(0))?;
            if !known && count >= MAX_OFFER_ITEMS as i64 {
                return Err(StoreError::TooMuch { limit: MAX_OFFER_ITEMS });
            }
            Ok(transaction
                .prepare_cached(
                    "INSERT INTO shelf (path, name, kind, size, files, modified, audience)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
                     ON CONFLICT (path) DO UPDATE SET
                     name = ?2, kind = ?3, size = ?4, files = ?5, modified = ?6, audience = ?7
                     RETURNING *",
                )?
                .query_row(
                    (path, short(name), kind, size_column(*size), size_column(*files), modified.0, audience),
                    item_from,
                )?)
        })
    }

    /// `None`: not there (any more).
    pub fn shelf_item(&self, id: u64) -> Result<Option<ShelfItem>, StoreError> {
        self.read(|connection| {
            Ok(connection
                .prepare_cached("SELECT * FROM shelf WHERE id = ?")?
                .query_row([size_column(id)], item_from)
                .optional()?)
        })
    }

    /// Takes it from the shelf; the file stays. False if it was not there.
    pub fn shelf_remove(&mut self, id: u64) -> Result<bool, StoreError> {
        self.write(|transaction| Ok(transaction.execute("DELETE FROM shelf WHERE id = ?", [size_column(id)])? > 0))
    }
}

fn item_from(row: &Row<'_>) -> rusqlite::Result<ShelfItem> {
    Ok(ShelfItem {
        id: size_from(row, "id")?,
        path: row.get::<_, PathColumn>("path")?.0,
        name: row.get("name")?,
        kind: row.get("kind")?,
        size: size_from(row, "size")?,
        files: size_from(row, "files")?,
        modified: Millis(row.get("modified")?),
        audience: row.get("audience")?,
    })
}
