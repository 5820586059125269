//! Which paths are named in here.

use std::{
    collections::BTreeSet,
    ffi::OsString,
    path::{Path, PathBuf},
};

use rusqlite::ToSql;

use super::{Store, StoreError, columns::PathColumn};
use crate::protocol::Fingerprint;

/// Of what paths are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paths {
    OfEntry(i64),
    With(Fingerprint),
}

impl Store {
    /// Where things of conversations lie here, each path once.
    pub fn paths(&self, of: Paths) -> Result<Vec<PathBuf>, StoreError> {
        self.read(|connection| {
            let (query, value): (_, &dyn ToSql) = match &of {
                Paths::OfEntry(seq) => ("SELECT DISTINCT path FROM items WHERE entry = ? AND path IS NOT NULL", seq),
                Paths::With(with) => (
                    "SELECT DISTINCT path FROM items JOIN entries ON entries.seq = items.entry
                     WHERE entries.computer = ? AND path IS NOT NULL",
                    with,
                ),
            };
            let mut statement = connection.prepare_cached(query)?;
            let paths = statement.query_map([value], |row| Ok(row.get::<_, PathColumn>("path")?.0))?;
            Ok(paths.collect::<Result<_, _>>()?)
        })
    }

    /// Of the folders in `all` with these names, those that nothing in here names: no item of an entry, no copy that goes in
    /// its place, nothing on the shelf, no folder that something goes to; neither they themselves, nor what lies in them
    /// or around them.
    ///
    /// By its name a folder is meant wherever that stands in a path: the same place may have been named by another way,
    /// through a link above it or before it was moved. So names have to be such as nobody else gives.
    pub fn unnamed(&self, all: &Path, mut names: BTreeSet<OsString>) -> Result<BTreeSet<OsString>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT path FROM items WHERE path IS NOT NULL
                 UNION ALL SELECT rendition FROM items WHERE rendition IS NOT NULL
                 UNION ALL SELECT path FROM shelf
                 UNION ALL SELECT folder FROM unfinished WHERE folder IS NOT NULL
                 UNION ALL SELECT folder FROM computers WHERE folder IS NOT NULL",
            )?;
            let mut rows = statement.query([])?;
            while let (false, Some(row)) = (names.is_empty(), rows.next()?) {
                let PathColumn(named) = row.get(0)?;
                if all.starts_with(&named) {
                    names.clear();
                }
                for part in named.components() {
                    names.remove(part.as_os_str());
                }
            }
            Ok(names)
        })
    }
}
