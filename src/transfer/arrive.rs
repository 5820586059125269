//! What arrives, written down: the thread that makes the files, hashes them and hands whole items on to be flushed.
//!
//! It works inside the transfer's folder of partials only, relative to folders it opened itself. An item lies there
//! under its number; a folder's contents have their names already, made safe.

use std::{ffi::OsStr, fs::File, io, io::Write as _};

use super::{
    flush::{Complete, Flusher, Gone},
    names::{self, Place, Taken},
    progress::Progress,
};
use crate::{
    platform::files::{self, FLUSHES_FILE_SYSTEM, Folder},
    protocol::{
        limits::MAX_BATCHED_FILE,
        message::{Entry, EntryKind, Fault, Item, ItemKind, Skipped, Small, Time},
    },
};

/// What the writing thread is told, in the order of the wire.
#[derive(Debug)]
pub(super) enum Arrived {
    Entry(Entry),
    Chunk(bytes::Bytes),
    EntryEnd { blake3: [u8; 32] },
    Batch(Vec<Small>),
    Skipped(Skipped),
    End,
}

/// Why writing can't go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(super) enum ArriveError {
    #[error("not written")]
    Io(#[from] io::Error),
    #[error("the other side broke a rule: {0}")]
    Rule(&'static str),
    /// Nobody waits for it any more.
    #[error("the transfer was dropped")]
    Gone,
}

impl From<Gone> for ArriveError {
    fn from(_: Gone) -> Self {
        Self::Gone
    }
}

/// Notes on entries that were left out, per item: enough to tell a person, not enough to fill memory.
pub(super) const MAX_LEFT_OUT: usize = 20;

/// The state of one receiving transfer on its way to the disk.
pub(super) struct Arrival<'a> {
    partials: Folder,
    items: &'a [Item],
    progress: &'a Progress,
    flusher: Flusher,
    current: Option<Current>,
}

/// The item that is under way.
struct Current {
    index: u32,
    bytes: u64,
    files: u64,
    /// The first of them.
    left_out: Vec<(String, Fault)>,
    left_out_count: u64,
    /// Nothing of it is kept.
    failed: Option<Fault>,
    /// The item itself is a file, and it is complete.
    file: Option<(Option<File>, u64)>,
    /// Opened folders from the item down to where we are; none for a file.
    levels: Vec<Level>,
    open: Option<Open>,
}

/// A folder that is being filled.
struct Level {
    /// As the wire calls it.
    wire: String,
    folder: Folder,
    taken: Taken,
    modified: Option<Time>,
}

/// A file that is being filled.
struct Open {
    path: String,
    name: String,
    file: File,
    hasher: blake3::Hasher,
    written: u64,
    size: u64,
    modified: Option<Time>,
}

impl<'a> Arrival<'a> {
    pub(super) fn new(partials: Folder, items: &'a [Item], progress: &'a Progress, flusher: Flusher) -> Self {
        Self { partials, items, progress, flusher, current: None }
    }

    /// Writes down one thing.
    pub(super) fn take(&mut self, arrived: Arrived) -> Result<(), ArriveError> {
        match arrived {
            Arrived::Entry(entry) => self.entry(&entry),
            Arrived::Chunk(bytes) => self.chunk(&bytes),
            Arrived::EntryEnd { blake3 } => self.entry_end(blake3),
            Arrived::Batch(entries) => entries.iter().try_for_each(|small| self.small(small)),
            Arrived::Skipped(skipped) => self.skipped(&skipped),
            Arrived::End => self.finish_item(),
        }
    }

    fn small(&mut self, small: &Small) -> Result<(), ArriveError> {
        self.entry(&small.entry)?;
        if small.entry.kind == EntryKind::File {
            self.chunk(&small.content)?;
            self.entry_end(small.blake3)?;
        }
        Ok(())
    }

    fn entry(&mut self, entry: &Entry) -> Result<(), ArriveError> {
        let kind = self.begin_item(entry.item)?;
        let Some(current) = &mut self.current else { return Err(ArriveError::Rule("no item")) };
        if current.failed.is_some() {
            return Ok(());
        }
        if current.open.is_some() {
            return Err(ArriveError::Rule("a file begins inside another"));
        }
        // What was agreed to is the offered size; a folder that grew meanwhile is offered again.
        let offered = self.items.get(entry.item as usize).map_or(0, |item| item.size);
        if current.bytes.saturating_add(entry.size) > offered {
            return Err(ArriveError::Rule("more than was offered"));
        }
        match (kind, entry.kind, entry.path.is_itself()) {
            (ItemKind::File, EntryKind::File, true) if current.file.is_none() => {
                let name = entry.item.to_string();
                let file = self.partials.create_file(OsStr::new(&name))?;
                current.open = Some(Open::new(entry, name, file));
                Ok(())
            }
            (ItemKind::Folder, EntryKind::Folder, true) => {
                if let Some(top) = current.levels.first_mut() {
                    top.modified = entry.modified;
                }
                Ok(())
            }
            (ItemKind::Folder, kind, false) => current.below(entry, kind),
            _ => Err(ArriveError::Rule("an entry of another kind than its item")),
        }
    }

    fn chunk(&mut self, bytes: &[u8]) -> Result<(), ArriveError> {
        let Some(current) = self.current.as_mut().filter(|current| current.failed.is_none()) else { return Ok(()) };
        let open = current.open.as_mut().ok_or(ArriveError::Rule("bytes of no file"))?;
        let length = bytes.len() as u64;
        if open.written + length > open.size {
            return Err(ArriveError::Rule("more bytes than the file has"));
        }
        open.hasher.update(bytes);
        open.file.write_all(bytes)?;
        open.written += length;
        current.bytes += length;
        self.progress.add(current.index, length);
        Ok(())
    }

    fn entry_end(&mut self, blake3: [u8; 32]) -> Result<(), ArriveError> {
        let Some(current) = self.current.as_mut().filter(|current| current.failed.is_none()) else { return Ok(()) };
        let open = current.open.take().ok_or(ArriveError::Rule("the end of no file"))?;
        if open.written != open.size {
            return Err(ArriveError::Rule("fewer bytes than the file has"));
        }
        if *open.hasher.finalize().as_bytes() != blake3 {
            return self.fail_item(Fault::Damaged);
        }
        let folder = current.levels.last().map_or(&self.partials, |level| &level.folder);
        folder.mark_from_outside(OsStr::new(&open.name), &open.file);
        // Last, since marking may count as a change. A time the system can't express is not worth failing for.
        if let Some(time) = open.modified.and_then(Time::to_system_time) {
            open.file.set_modified(time).ok();
        }
        if current.levels.is_empty() {
            // A small one is opened again if it must be flushed by itself, so that many don't hold many open files.
            let file = (open.size > MAX_BATCHED_FILE as u64).then_some(open.file);
            current.file = Some((file, open.size));
        } else if !FLUSHES_FILE_SYSTEM {
            files::flush_file(&open.file)?;
        }
        current.files += 1;
        self.progress.add_files(1);
        Ok(())
    }

    fn skipped(&mut self, skipped: &Skipped) -> Result<(), ArriveError> {
        let Skipped { item, fault, .. } = *skipped;
        let path = skipped.path.as_str();
        self.begin_item(item)?;
        let Some(current) = self.current.as_mut().filter(|current| current.failed.is_none()) else { return Ok(()) };
        if let Some(open) = current.open.take_if(|open| open.path == path) {
            drop(open.file);
            current.bytes -= open.written;
            let folder = current.levels.last().map_or(&self.partials, |level| &level.folder);
            folder.remove_file(OsStr::new(&open.name))?;
        } else if current.open.is_some() {
            return Err(ArriveError::Rule("a note inside another file"));
        }
        if path.is_empty() {
            return self.fail_item(fault);
        }
        current.left_out_count += 1;
        if current.left_out.len() < MAX_LEFT_OUT {
            current.left_out.push((path.to_owned(), fault));
        }
        Ok(())
    }

    /// Makes the item the current one; the one before is complete then.
    fn begin_item(&mut self, index: u32) -> Result<ItemKind, ArriveError> {
        let kind = self.items.get(index as usize).ok_or(ArriveError::Rule("an item that wasn't offered"))?.kind;
        match &self.current {
            Some(current) if current.index == index => return Ok(kind),
            Some(current) if current.index > index => return Err(ArriveError::Rule("an item after its end")),
            _ => {}
        }
        self.finish_item()?;
        let mut levels = Vec::new();
        if kind == ItemKind::Folder {
            let name = index.to_string();
            self.partials.create_folder(OsStr::new(&name), false)?;
            levels.push(Level::new(String::new(), self.partials.folder(OsStr::new(&name))?, None));
        }
        self.current = Some(Current {
            index,
            bytes: 0,
            files: 0,
            left_out: Vec::new(),
            left_out_count: 0,
            failed: None,
            file: None,
            levels,
            open: None,
        });
        Ok(kind)
    }

    fn finish_item(&mut self) -> Result<(), ArriveError> {
        let Some(mut current) = self.current.take() else { return Ok(()) };
        if current.open.is_some() {
            return Err(ArriveError::Rule("an item ends inside a file"));
        }
        if let Some(fault) = current.failed {
            return Ok(self.flusher.failed(current.index, fault)?);
        }
        let is_folder = !current.levels.is_empty();
        while let Some(level) = current.levels.pop() {
            level.close()?;
        }
        let (file, size) = match current.file {
            Some(file) => file,
            None if is_folder => (None, current.bytes),
            None => return Err(ArriveError::Rule("an item without its file")),
        };
        let offered = self.items.get(current.index as usize).map_or("", |item| item.name.as_str());
        self.flusher.complete(Complete {
            index: current.index,
            is_folder,
            name: names::native(offered, Place::Top),
            file,
            size,
            files: current.files,
            left_out: current.left_out,
            left_out_count: current.left_out_count,
        })?;
        Ok(())
    }

    /// Nothing of the current item is kept; the rest of the transfer goes on.
    fn fail_item(&mut self, fault: Fault) -> Result<(), ArriveError> {
        if let Some(current) = &mut self.current {
            current.failed = Some(fault);
            current.open = None;
            current.levels.clear();
            super::folder::remove(&self.partials, OsStr::new(&current.index.to_string()))?;
        }
        Ok(())
    }
}

impl Current {
    /// An entry inside a folder.
    fn below(&mut self, entry: &Entry, kind: EntryKind) -> Result<(), ArriveError> {
        let mut parents: Vec<&str> = entry.path.components().collect();
        let Some(wire) = parents.pop() else { return Err(ArriveError::Rule("an entry without a name")) };
        // Depth first: whatever isn't above this entry is complete.
        let open = self.levels.iter().skip(1);
        let common = open.zip(&parents).take_while(|(level, parent)| level.wire == **parent).count();
        while self.levels.len() > common + 1 {
            if let Some(level) = self.levels.pop() {
                level.close()?;
            }
        }
        for parent in parents.iter().skip(common) {
            self.descend(parent, None)?;
        }
        match kind {
            EntryKind::Folder => self.descend(wire, entry.modified),
            EntryKind::File => {
                let level = self.levels.last_mut().ok_or(ArriveError::Rule("an entry outside a folder"))?;
                let (name, file) = level.make(wire, false, |folder, name| folder.create_file(name))?;
                self.open = Some(Open::new(entry, name, file));
                Ok(())
            }
        }
    }

    fn descend(&mut self, wire: &str, modified: Option<Time>) -> Result<(), ArriveError> {
        let level = self.levels.last_mut().ok_or(ArriveError::Rule("an entry outside a folder"))?;
        let (name, ()) = level.make(wire, true, |folder, name| folder.create_folder(name, false))?;
        let folder = level.folder.folder(OsStr::new(&name))?;
        self.levels.push(Level::new(wire.to_owned(), folder, modified));
        Ok(())
    }
}

impl Level {
    fn new(wire: String, folder: Folder, modified: Option<Time>) -> Self {
        Self { wire, folder, taken: Taken::default(), modified }
    }

    /// Makes something under a safe name that is free here, and tells that name.
    fn make<T>(
        &mut self,
        wire: &str,
        is_folder: bool,
        mut make: impl FnMut(&Folder, &OsStr) -> io::Result<T>,
    ) -> Result<(String, T), ArriveError> {
        let Self { folder, taken, .. } = self;
        let mut made = None;
        let mut attempt = |name: &str| match make(folder, OsStr::new(name)) {
            Ok(it) => {
                made = Some(it);
                Ok(true)
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(error),
        };
        let name = names::native(wire, Place::Inside);
        let taken = match taken.take(&name, is_folder, &mut attempt) {
            Err(error) if error.kind() == io::ErrorKind::InvalidFilename => {
                taken.take(&names::cut_short(&name, is_folder), is_folder, &mut attempt)?
            }
            result => result?,
        };
        taken.zip(made).ok_or(ArriveError::Rule("thousands of entries of one name"))
    }

    fn close(self) -> io::Result<()> {
        if let Some(modified) = self.modified {
            // A folder's own time is a nicety that not every file system has.
            let moment = files::Moment { seconds: modified.seconds, nanoseconds: modified.nanos };
            self.folder.set_modified(moment).ok();
        }
        if FLUSHES_FILE_SYSTEM { Ok(()) } else { self.folder.flush() }
    }
}

impl Open {
    fn new(entry: &Entry, name: String, file: File) -> Self {
        Self {
            path: entry.path.as_str().to_owned(),
            name,
            file,
            hasher: blake3::Hasher::new(),
            written: 0,
            size: entry.size,
            modified: entry.modified,
        }
    }
}
