//! The item that is under way: where in it we are, and what came of it so far.

use std::{ffi::OsStr, fs::File};

use super::{
    ArriveError, Parts,
    level::Level,
    open::{Content, Open},
};
use crate::{
    platform::files::Stamp,
    protocol::message::{Entry, EntryKind, Fault},
    transfer::{
        content::Digest,
        flush::lock,
        journal::Record,
        kept::{KeptItem, below},
    },
};

/// The item that is under way.
pub(super) struct Current {
    pub index: u32,
    pub bytes: u64,
    pub files: u64,
    /// The first of them.
    pub left_out: Vec<(String, Fault)>,
    pub left_out_count: u64,
    /// What comes of it is not kept.
    pub ignored: Option<Ignored>,
    /// The item itself is a file, and it is complete.
    pub file: Option<Whole>,
    /// Opened folders from the item down to where we are; none for a file.
    pub levels: Vec<Level>,
    pub open: Option<Open>,
    pub kept: KeptItem,
    /// Names that were written down since the last checkpoint.
    pub fresh: bool,
}

/// A file that is an item, and complete.
pub(super) struct Whole {
    pub file: Option<File>,
    pub size: u64,
    /// With what the file was when it was hashed.
    pub known: Option<(Digest, Stamp)>,
}

#[derive(Clone, Copy)]
pub(super) enum Ignored {
    /// It has its final name already.
    Whole,
    Failed(Fault),
}

impl Current {
    /// An entry inside a folder.
    pub(super) fn below(&mut self, parts: &Parts<'_>, entry: &Entry, kind: EntryKind) -> Result<(), ArriveError> {
        let mut parents: Vec<&str> = entry.path.components().collect();
        let Some(wire) = parents.pop() else { return Err(ArriveError::Rule("an entry without a name")) };
        if kind == EntryKind::File && self.kept.saved.contains(entry.entry) {
            self.open = Some(Open::new(entry, String::new(), None));
            return Ok(());
        }
        // Depth first: whatever isn't above this entry is complete.
        let open = self.levels.iter().skip(1);
        let common = open.zip(&parents).take_while(|(level, parent)| level.wire == **parent).count();
        while self.levels.len() > common + 1 {
            if let Some(level) = self.levels.pop() {
                level.close()?;
            }
        }
        for parent in parents.iter().skip(common) {
            self.descend(parts, parent, None)?;
        }
        match kind {
            EntryKind::Folder => self.descend(parts, wire, Some(entry)),
            EntryKind::File => {
                let level = self.levels.last_mut().ok_or(ArriveError::Rule("an entry outside a folder"))?;
                let begun = self.kept.partial.take_if(|partial| partial.entry == entry.entry);
                let begun = begun.and_then(|partial| Some((level.name_inside(&partial.local)?.to_owned(), partial)));
                let (name, content) = match begun {
                    Some((name, partial)) => {
                        let content = Content::go_on(parts, entry, &level.folder, &name, partial)?;
                        (name, content)
                    }
                    None => {
                        let (name, file) = level.make(wire, false, |folder, name| folder.create_file(name))?;
                        (name, Content::new(file))
                    }
                };
                self.begin(parts, Open::new(entry, name, Some(content)), entry.from);
                Ok(())
            }
        }
    }

    pub(super) fn begin(&mut self, parts: &Parts<'_>, open: Open, from: u64) {
        self.bytes += from;
        if from > 0 {
            parts.progress.add(self.index, from);
        }
        self.open = Some(open);
    }

    /// Goes into a folder; into the one that was made for it, if an earlier attempt did.
    fn descend(&mut self, parts: &Parts<'_>, wire: &str, entry: Option<&Entry>) -> Result<(), ArriveError> {
        let level = self.levels.last_mut().ok_or(ArriveError::Rule("an entry outside a folder"))?;
        let wire_path = below(&level.wire_path, wire);
        let modified = entry.and_then(|entry| entry.modified);
        let kept = self.kept.folders.get(&wire_path);
        let known =
            kept.and_then(|kept| Some((level.name_inside(&kept.local)?.to_owned(), modified.or(kept.modified))));
        if let Some((name, modified)) = known {
            let local_path = below(&level.local_path, &name);
            let folder = level.folder.folder(OsStr::new(&name))?;
            let mut level = Level::new(wire.to_owned(), wire_path, local_path, folder, modified);
            level.look_around()?;
            self.levels.push(level);
            return Ok(());
        }
        let (name, ()) = level.make(wire, true, |folder, name| folder.create_folder(name, false))?;
        let local = below(&level.local_path, &name);
        let folder = level.folder.folder(OsStr::new(&name))?;
        self.levels.push(Level::new(wire.to_owned(), wire_path.clone(), local.clone(), folder, modified));
        let (item, entry) = (self.index, entry.map(|entry| entry.entry));
        self.note(parts, &Record::Folder { item, entry, wire: wire_path, local, modified })
    }

    pub(super) fn note(&mut self, parts: &Parts<'_>, record: &Record) -> Result<(), ArriveError> {
        self.fresh = true;
        Ok(lock(parts.journal).append(record)?)
    }
}
