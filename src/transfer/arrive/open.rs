//! A file that is being filled, from its beginning or from what an earlier attempt left.

use std::{
    ffi::OsStr,
    fs::File,
    io::{self, Seek as _, SeekFrom},
};

use super::{ArriveError, Parts};
use crate::{
    platform::files::{self, Folder},
    protocol::{
        limits::{MAX_BATCHED_FILE, RESUME_GROUP},
        message::{Entry, Time},
    },
    transfer::{
        flush::lock,
        hash::GroupHasher,
        kept::{Partial, groups_of},
    },
};

/// Bytes that are left to gather before the disk begins with them: long enough for few and large writes of the disk,
/// short against what it writes in a tenth of a second.
const WRITE_BEHIND: u64 = 8 << 20;

/// A file that is being filled.
pub(super) struct Open {
    pub entry: u32,
    pub path: String,
    pub name: String,
    pub size: u64,
    pub written: u64,
    pub modified: Option<Time>,
    /// `None`: it is there already, and what comes is not looked at.
    pub content: Option<Content>,
}

/// What of it is on the disk.
pub(super) struct Content {
    pub file: File,
    pub hasher: GroupHasher,
    /// Up to here it is on its way to the disk.
    behind: u64,
    /// Groups that are written down as flushed, or are about to be.
    pub told: usize,
}

impl Open {
    pub(super) fn new(entry: &Entry, name: String, content: Option<Content>) -> Self {
        Self {
            entry: entry.entry,
            path: entry.path.as_str().to_owned(),
            name,
            size: entry.size,
            written: entry.from,
            modified: entry.modified,
            content,
        }
    }
}

impl Content {
    pub(super) fn new(file: File) -> Self {
        Self { file, hasher: GroupHasher::new(), behind: 0, told: 0 }
    }

    /// Goes on with a file of which the beginning is there, from where its entry says.
    pub(super) fn go_on(
        parts: &Parts<'_>,
        entry: &Entry,
        folder: &Folder,
        name: &str,
        partial: Partial,
    ) -> Result<Self, ArriveError> {
        let Partial { local, mut groups, size, .. } = partial;
        let from = usize::try_from(entry.from / RESUME_GROUP).unwrap_or(usize::MAX);
        if from > groups.len() {
            return Err(ArriveError::Rule("a file goes on where nothing is"));
        }
        if from < groups.len() || size != entry.size {
            void_groups(parts, entry, &local, from)?;
        }
        groups.truncate(from);
        let mut file = folder.writable_file(OsStr::new(name))?;
        file.set_len(entry.from)?;
        file.seek(SeekFrom::Start(entry.from))?;
        Ok(Self { file, told: groups.len(), behind: entry.from, hasher: GroupHasher::after(groups) })
    }

    /// Begins anew.
    pub(super) fn empty(&mut self) -> io::Result<()> {
        self.file.set_len(0)?;
        self.file.rewind()?;
        (self.hasher, self.behind, self.told) = (GroupHasher::new(), 0, 0);
        Ok(())
    }

    /// Has the disk begin with what was `written`, from time to time and at the `end`, instead of with all of it when it
    /// is flushed. Small files are flushed together, and soon.
    pub(super) fn write_behind(&mut self, written: u64, end: bool) {
        let length = written - self.behind;
        if length >= if end { MAX_BATCHED_FILE as u64 } else { WRITE_BEHIND } {
            files::begin_write_back(&self.file, self.behind, length);
            self.behind = written;
        }
    }
}

/// Writes down that of a file only the first groups count. Before anything is overwritten, so that it never counts as
/// what it was.
pub(super) fn void_groups(parts: &Parts<'_>, entry: &Entry, local: &str, from: usize) -> io::Result<()> {
    let mut journal = lock(parts.journal);
    for record in groups_of(entry.item, entry.entry, local, entry.size, from, &[]) {
        journal.append(&record)?;
    }
    journal.flush()
}
