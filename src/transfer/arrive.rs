//! What arrives, written down: the thread that makes the files, hashes them and hands whole items on to be flushed.
//!
//! It works inside the transfer's folder of partials only, relative to folders it opened itself. An item lies there
//! under its number; a folder's contents have their names already, made safe.

mod item;
mod level;
mod open;
mod room;

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    io::{self, Write as _},
    sync::Mutex,
};

use item::{Current, Ignored, Whole};
use level::{Level, remove_below};
use open::{Content, Open, void_groups};
use room::RoomLeft;

use super::{
    flush::{About, Checkpoint, Complete, Flusher, Gone, lock},
    journal::{Journal, Record},
    kept::{KeptItem, below, groups_of},
    names::{self, Place},
    progress::Progress,
};
use crate::{
    platform::files::{self, Folder, Stamp},
    protocol::{
        Ranges,
        limits::{MAX_BATCHED_FILE, RESUME_GROUP},
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
    parts: Parts<'a>,
    flusher: Flusher,
    /// What earlier attempts left of items that are still to come.
    kept: BTreeMap<u32, KeptItem>,
    /// The first item that was not begun yet.
    next: u32,
    current: Option<Current>,
    room: RoomLeft,
}

/// What it works with.
pub(super) struct Parts<'a> {
    pub partials: Folder,
    pub items: &'a [Item],
    pub accepted: &'a Ranges,
    /// Items that have their final names; what comes of them once more is not looked at.
    pub whole: Ranges,
    pub progress: &'a Progress,
    pub journal: &'a Mutex<Journal>,
}

impl<'a> Arrival<'a> {
    pub(super) fn new(parts: Parts<'a>, kept: BTreeMap<u32, KeptItem>, flusher: Flusher) -> Self {
        Self { parts, flusher, kept, next: 0, current: None, room: RoomLeft::default() }
    }

    /// Writes down one thing.
    pub(super) fn take(&mut self, arrived: Arrived) -> Result<(), ArriveError> {
        match arrived {
            Arrived::Entry(entry) => self.entry(&entry),
            Arrived::Chunk(bytes) => self.chunk(&bytes),
            Arrived::EntryEnd { blake3 } => self.entry_end(blake3),
            Arrived::Batch(entries) => entries.iter().try_for_each(|small| self.small(small)),
            Arrived::Skipped(skipped) => self.skipped(&skipped),
            Arrived::End => {
                self.finish_item()?;
                self.finish_kept(u32::MAX)
            }
        }
    }

    /// On a full disk: gives back what can't be gone on from, so that there is room to write down the rest.
    pub(super) fn give_back(&mut self) -> Result<(), ArriveError> {
        let Some(current) = &mut self.current else { return Ok(()) };
        let Some(Open { name, content: Some(content), .. }) = &mut current.open else { return Ok(()) };
        let groups = content.hasher.values().len() as u64;
        if groups > 0 {
            content.file.set_len(groups * RESUME_GROUP)?;
            return Ok(());
        }
        let folder = current.levels.last().map_or(&self.parts.partials, |level| &level.folder);
        folder.remove_file(OsStr::new(&name))?;
        current.open = None;
        Ok(())
    }

    /// Has everything flushed and written down that is there, so that another attempt can go on from it.
    pub(super) fn pause(&mut self) -> Result<(), ArriveError> {
        self.checkpoint()
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
        if current.ignored.is_some() {
            return Ok(());
        }
        if current.open.as_ref().is_some_and(|open| open.entry == entry.entry) {
            return self.begin_anew(entry);
        }
        if current.open.is_some() {
            return Err(ArriveError::Rule("a file begins inside another"));
        }
        // What was agreed to is the offered size; a folder that grew meanwhile is offered again.
        let offered = self.parts.items.get(entry.item as usize).map_or(0, |item| item.size);
        let is_there = current.kept.saved.contains(entry.entry);
        if !is_there && current.bytes.saturating_add(entry.size) > offered {
            return Err(ArriveError::Rule("more than was offered"));
        }
        match (kind, entry.kind, entry.path.is_itself()) {
            (ItemKind::File, EntryKind::File, true) if current.file.is_none() => {
                let name = entry.item.to_string();
                let content = match current.kept.partial.take_if(|partial| partial.entry == entry.entry) {
                    Some(partial) => Content::go_on(&self.parts, entry, &self.parts.partials, &name, partial)?,
                    None => Content::new(self.parts.partials.create_file(OsStr::new(&name))?),
                };
                current.begin(&self.parts, Open::new(entry, name, Some(content)), entry.from);
                Ok(())
            }
            (ItemKind::Folder, EntryKind::Folder, true) => {
                if let Some(top) = current.levels.first_mut() {
                    top.modified = entry.modified;
                    let (item, entry, modified) = (entry.item, Some(entry.entry), entry.modified);
                    let (wire, local) = (String::new(), String::new());
                    current.note(&self.parts, &Record::Folder { item, entry, wire, local, modified })?;
                }
                Ok(())
            }
            (ItemKind::Folder, kind, false) => current.below(&self.parts, entry, kind),
            _ => Err(ArriveError::Rule("an entry of another kind than its item")),
        }
    }

    /// The file under way changed at its source: what came of it is void.
    fn begin_anew(&mut self, entry: &Entry) -> Result<(), ArriveError> {
        let offered = self.parts.items.get(entry.item as usize).map_or(0, |item| item.size);
        let Some(current) = &mut self.current else { return Err(ArriveError::Rule("no item")) };
        let Some(open) = current.open.as_mut().filter(|open| open.path == entry.path.as_str()) else {
            return Err(ArriveError::Rule("a file begins anew under another name"));
        };
        if let Some(content) = &mut open.content {
            current.bytes -= open.written;
            self.parts.progress.take_back(current.index, open.written);
            if current.bytes.saturating_add(entry.size) > offered {
                return Err(ArriveError::Rule("more than was offered"));
            }
            if content.told > 0 {
                self.flusher.settle()?;
                let local = current.levels.last().map(|level| below(&level.local_path, &open.name)).unwrap_or_default();
                void_groups(&self.parts, entry, &local, 0)?;
            }
            content.empty()?;
        }
        (open.size, open.written, open.modified) = (entry.size, 0, entry.modified);
        Ok(())
    }

    fn chunk(&mut self, bytes: &[u8]) -> Result<(), ArriveError> {
        let Some(current) = self.current.as_mut().filter(|current| current.ignored.is_none()) else { return Ok(()) };
        let open = current.open.as_mut().ok_or(ArriveError::Rule("bytes of no file"))?;
        let length = bytes.len() as u64;
        if open.written + length > open.size {
            return Err(ArriveError::Rule("more bytes than the file has"));
        }
        open.written += length;
        let Some(content) = &mut open.content else { return Ok(()) };
        // In this order, so that only what was written is ever taken for what is there.
        content.file.write_all(bytes)?;
        content.hasher.update(bytes);
        content.write_behind(open.written, open.written == open.size);
        let has_more = content.hasher.values().len() > content.told;
        current.bytes += length;
        self.parts.progress.add(current.index, length);
        self.room.take(&self.parts.partials, length)?;
        if has_more && self.flusher.is_checkpoint_due(About::Groups) { self.checkpoint() } else { Ok(()) }
    }

    fn entry_end(&mut self, blake3: [u8; 32]) -> Result<(), ArriveError> {
        let Some(current) = self.current.as_mut().filter(|current| current.ignored.is_none()) else { return Ok(()) };
        let open = current.open.take().ok_or(ArriveError::Rule("the end of no file"))?;
        let Open { entry, path: _, name, size, written, modified, content } = open;
        if written != size {
            return Err(ArriveError::Rule("fewer bytes than the file has"));
        }
        let Some(Content { file, hasher, .. }) = content else { return Ok(()) };
        if hasher.finish() != blake3 {
            return self.fail_item(Fault::Damaged);
        }
        let folder = current.levels.last().map_or(&self.parts.partials, |level| &level.folder);
        folder.mark_from_outside(OsStr::new(&name), &file);
        // Last, since marking may count as a change. A time the system can't express is not worth failing for.
        if let Some(time) = modified.and_then(Time::to_system_time) {
            file.set_modified(time).ok();
        }
        current.files += 1;
        self.parts.progress.add_files(1);
        self.room.take(&self.parts.partials, 0)?;
        let Some(level) = current.levels.last() else {
            // A small one is opened again if it must be flushed by itself, so that many don't hold many open files.
            let hashed = file.metadata().ok().map(|metadata| Stamp::of(&metadata));
            let file = (size > MAX_BATCHED_FILE as u64).then_some(file);
            current.file = Some(Whole { file, size, known: hashed.map(|stamp| (blake3, stamp)) });
            return Ok(());
        };
        let local = below(&level.local_path, &name);
        if !level.folder.flushes_file_system() {
            files::flush_file(&file)?;
        }
        drop(file);
        current.note(&self.parts, &Record::File { item: current.index, entry, local, size })?;
        if self.flusher.is_checkpoint_due(About::Names) { self.checkpoint() } else { Ok(()) }
    }

    /// Has what is new of the current item flushed, and written down that it is. Goes on without waiting for that.
    fn checkpoint(&mut self) -> Result<(), ArriveError> {
        let Some(current) = self.current.as_mut().filter(|current| current.ignored.is_none()) else { return Ok(()) };
        let (mut file, mut groups) = (None, Vec::new());
        if let Some(Open { entry, name, size, content: Some(content), .. }) = &mut current.open
            && let Some(values) = content.hasher.values().get(content.told..).filter(|values| !values.is_empty())
        {
            let local = current.levels.last().map(|level| below(&level.local_path, name)).unwrap_or_default();
            groups = groups_of(current.index, *entry, &local, *size, content.told, values).collect();
            content.told += values.len();
            file = Some(content.file.try_clone()?);
        }
        if groups.is_empty() && !current.fresh {
            return Ok(());
        }
        if current.fresh && !self.parts.partials.flushes_file_system() {
            current.levels.iter().try_for_each(|level| level.folder.flush())?;
        }
        let names = std::mem::replace(&mut current.fresh, false);
        let upto = {
            let mut journal = lock(self.parts.journal);
            journal.write()?;
            journal.position()
        };
        Ok(self.flusher.checkpoint(Checkpoint { file, names, upto, groups })?)
    }

    fn skipped(&mut self, skipped: &Skipped) -> Result<(), ArriveError> {
        let Skipped { item, fault, .. } = *skipped;
        let path = skipped.path.as_str();
        self.begin_item(item)?;
        let Some(current) = self.current.as_mut().filter(|current| current.ignored.is_none()) else { return Ok(()) };
        if let Some(open) = current.open.take_if(|open| open.path == path) {
            if let Some(content) = open.content {
                drop(content);
                current.bytes -= open.written;
                let folder = current.levels.last().map_or(&self.parts.partials, |level| &level.folder);
                folder.remove_file(OsStr::new(&open.name))?;
            }
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

    /// Makes the item the current one; those before it are complete then.
    fn begin_item(&mut self, index: u32) -> Result<ItemKind, ArriveError> {
        let kind = self.parts.items.get(index as usize).ok_or(ArriveError::Rule("an item that wasn't offered"))?.kind;
        match &self.current {
            Some(current) if current.index == index => return Ok(kind),
            _ if index < self.next => return Err(ArriveError::Rule("an item after its end")),
            _ => {}
        }
        self.finish_item()?;
        self.finish_kept(index)?;
        self.current = Some(self.open_item(index, kind)?);
        self.next = index + 1;
        Ok(kind)
    }

    fn open_item(&mut self, index: u32, kind: ItemKind) -> Result<Current, ArriveError> {
        let kept = self.kept.remove(&index);
        let is_new = kept.is_none();
        let kept = kept.unwrap_or_default();
        let ignored = self.parts.whole.contains(index).then_some(Ignored::Whole);
        let mut levels = Vec::new();
        if kind == ItemKind::Folder && ignored.is_none() {
            let name = index.to_string();
            if is_new {
                self.parts.partials.create_folder(OsStr::new(&name), false)?;
            }
            let modified = kept.folders.get("").and_then(|folder| folder.modified);
            let folder = self.parts.partials.folder(OsStr::new(&name))?;
            let mut level = Level::new(String::new(), String::new(), String::new(), folder, modified);
            if !is_new {
                level.look_around()?;
            }
            levels.push(level);
        }
        Ok(Current {
            index,
            bytes: kept.bytes,
            files: kept.files,
            left_out: Vec::new(),
            left_out_count: 0,
            ignored,
            file: None,
            levels,
            open: None,
            kept,
            fresh: false,
        })
    }

    /// Folders before `until` of which everything was there, so that nothing of them came.
    fn finish_kept(&mut self, until: u32) -> Result<(), ArriveError> {
        let passed: Vec<u32> = self.kept.range(..until).map(|(index, _)| *index).collect();
        for index in passed {
            let is_folder = self.parts.items.get(index as usize).is_some_and(|item| item.kind == ItemKind::Folder);
            if is_folder && self.parts.accepted.contains(index) {
                self.current = Some(self.open_item(index, ItemKind::Folder)?);
                self.finish_item()?;
            }
        }
        Ok(())
    }

    fn finish_item(&mut self) -> Result<(), ArriveError> {
        let Some(mut current) = self.current.take() else { return Ok(()) };
        if current.open.is_some() {
            return Err(ArriveError::Rule("an item ends inside a file"));
        }
        match current.ignored {
            Some(Ignored::Whole) => return Ok(()),
            Some(Ignored::Failed(fault)) => return Ok(self.flusher.failed(current.index, fault)?),
            None => {}
        }
        let is_folder = !current.levels.is_empty();
        if let (Some(partial), Some(top)) = (current.kept.partial.take(), current.levels.first()) {
            // It didn't come: its beginning alone is no file.
            remove_below(&top.folder, &partial.local)?;
        }
        while let Some(level) = current.levels.pop() {
            level.close()?;
        }
        let (file, size, known) = match current.file {
            Some(Whole { file, size, known }) => (file, size, known),
            None if is_folder => (None, current.bytes, None),
            None => return Err(ArriveError::Rule("an item without its file")),
        };
        let offered = self.parts.items.get(current.index as usize).map_or("", |item| item.name.as_str());
        self.flusher.complete(Complete {
            index: current.index,
            is_folder,
            name: names::native(offered, Place::Top),
            file,
            size,
            known,
            files: current.files,
            left_out: current.left_out,
            left_out_count: current.left_out_count,
        })?;
        Ok(())
    }

    /// Nothing of the current item is kept; the rest of the transfer goes on.
    fn fail_item(&mut self, fault: Fault) -> Result<(), ArriveError> {
        if let Some(current) = &mut self.current {
            current.ignored = Some(Ignored::Failed(fault));
            current.open = None;
            current.levels.clear();
            super::folder::remove(&self.parts.partials, OsStr::new(&current.index.to_string()))?;
        }
        Ok(())
    }
}
