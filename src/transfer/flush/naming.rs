//! The names of whole items: written down beforehand, given without replacing anything, and told.

use std::{
    ffi::OsStr,
    io,
    path::{Path, PathBuf},
    sync::Mutex,
};

use tokio::sync::oneshot;

use super::{
    super::{
        content::Digest,
        events::{Received, SavedItem, problem_of},
        journal::{Journal, Record},
        kept::Named,
        names,
    },
    Complete, FlushError, Flushed, Gone, Place, lock,
};
use crate::{
    platform::files::{self, Folder, Stamp},
    protocol::message::Fault,
    store::model::ItemKind,
};

/// Writes down which items are about to get their names, so that they are known again if nobody can be told any more.
pub(super) fn announce(partials: &Folder, journal: &Mutex<Journal>, items: &[Complete]) -> io::Result<()> {
    let mut journal = lock(journal);
    for complete in items {
        let inode = partials.look(OsStr::new(&complete.index.to_string()))?.inode;
        let Complete { index: item, files, size: bytes, left_out_count, .. } = *complete;
        let left_out = complete.left_out.clone();
        journal.append(&Record::Naming { item, inode, files, bytes, left_out_count, left_out })?;
    }
    journal.write()
}

/// Moves an item to the first free form of its name.
pub(super) fn give_name(partials: &Folder, target: &Folder, item: &Complete) -> io::Result<PathBuf> {
    let from = item.index.to_string();
    let mut wanted = item.name.clone();
    let mut n = 1;
    while n <= names::MAX_NUMBER {
        let name = names::candidate(&wanted, item.is_folder, n).into_owned();
        match partials.rename_new(OsStr::new(&from), target, OsStr::new(&name)) {
            Ok(()) => return Ok(target.path().join(name)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => n += 1,
            Err(error) if error.kind() == io::ErrorKind::InvalidFilename && wanted.len() > names::SHORT_NAME => {
                wanted = names::cut_short(&wanted, item.is_folder);
                n = 1;
            }
            Err(error) => return Err(error),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// What a file is under its name, if nobody touched it since it was hashed: flushing and naming it leave all but the time
/// of change as it was.
pub(super) fn untouched(path: &Path, hashed: &Stamp) -> Option<Stamp> {
    let (_, now) = files::look(path).ok()?;
    (Stamp { changed: hashed.changed, ..now } == *hashed).then_some(now)
}

/// What is told of an item that has its name.
pub(super) struct Moved {
    pub index: u32,
    pub is_folder: bool,
    pub files: u64,
    pub bytes: u64,
    pub left_out: Vec<(String, Fault)>,
    pub left_out_count: u64,
    /// Its digest, and what tells that it wasn't touched since.
    pub known: Option<(Digest, Stamp)>,
}

impl From<Complete> for Moved {
    fn from(item: Complete) -> Self {
        let Complete { index, is_folder, files, size, left_out, left_out_count, .. } = item;
        Self { index, is_folder, files, bytes: size, left_out, left_out_count, known: None }
    }
}

/// Tells of items that got their names in an earlier attempt.
pub(in super::super) fn tell_named(
    named: Vec<Named>,
    is_folder: impl Fn(u32) -> bool,
    place: &Place<'_>,
) -> Result<(), FlushError> {
    if named.is_empty() {
        return Ok(());
    }
    place.target.folder().flush()?;
    let moved = named.into_iter().map(|Named { item, name, files, bytes, left_out, left_out_count, .. }| {
        let path = place.target.path().join(name);
        let is_folder = is_folder(item);
        (Moved { index: item, is_folder, files, bytes, left_out, left_out_count, known: None }, path)
    });
    Ok(tell(moved.collect(), place)?)
}

pub(super) fn tell(moved: Vec<(Moved, PathBuf)>, place: &Place<'_>) -> Result<(), Gone> {
    let (acknowledge, acknowledged) = oneshot::channel();
    let told = Flushed::Saved {
        items: moved.iter().map(|(item, _)| item.index).collect(),
        files: moved.iter().map(|(item, _)| item.files).sum(),
        bytes: moved.iter().map(|(item, _)| item.bytes).sum(),
        acknowledged,
    };
    let items = moved.into_iter().map(|(item, path)| SavedItem {
        index: item.index,
        kind: if item.is_folder { ItemKind::Folder } else { ItemKind::File },
        path,
        files: item.files,
        bytes: item.bytes,
        left_out_count: item.left_out_count,
        known: item.known,
        left_out: item.left_out.into_iter().map(|(path, fault)| problem_of(fault, true, path)).collect(),
    });
    place.events.blocking_send(Received::Saved { items: items.collect(), acknowledge }).map_err(|_| Gone)?;
    place.out.blocking_send(told).map_err(|_| Gone)
}

#[cfg(test)]
mod tests {
    use std::{fs::File, time::Duration};

    use super::*;

    #[test]
    fn a_digest_is_kept_only_of_what_nobody_touched_since_it_was_hashed() {
        let place = tempfile::tempdir().unwrap();
        let (half, whole) = (place.path().join("0"), place.path().join("film.mkv"));
        let write = |path: &Path, content: &str| {
            std::fs::write(path, content).unwrap();
            let file = File::options().write(true).open(path).unwrap();
            file.set_modified(std::time::UNIX_EPOCH + Duration::from_secs(1_000_000)).unwrap();
            Stamp::of(&file.metadata().unwrap())
        };
        let hashed = write(&half, "content");
        std::fs::rename(&half, &whole).unwrap();
        let known = untouched(&whole, &hashed).expect("a name is no change");
        assert_eq!(files::look(&whole).unwrap().1, known);
        // Of the same size, while it was flushed.
        std::fs::write(&whole, "Content").unwrap();
        assert_eq!(untouched(&whole, &hashed), None);
        #[cfg(unix)]
        {
            std::fs::remove_file(&whole).unwrap();
            let other = write(&place.path().join("other"), "Content");
            std::fs::rename(place.path().join("other"), &whole).unwrap();
            assert_eq!((other.size, other.modified), (hashed.size, hashed.modified));
            assert_eq!(untouched(&whole, &other).map(|stamp| stamp.inode), Some(other.inode));
            let elsewhere = Stamp { inode: other.inode + 1, ..other };
            assert_eq!(untouched(&whole, &elsewhere), None, "another file lies there");
        }
    }
}
