//! What is left of a transfer that stopped: read from its journal, held against what lies on the disk, and tidied up, so
//! that receiving can go on there.
//!
//! Only what was flushed counts; everything else in the folder of partials is removed and comes again. Blocks.

mod found;

use std::{
    collections::{BTreeMap, HashMap},
    ffi::{OsStr, OsString},
    fs::{File, TryLockError},
    io,
    time::{Duration, Instant},
};

use found::{Found, find_named};

use super::{
    folder::{Missing, remove},
    hash::{Value, resumable},
    journal::{self, Journal, MAX_VALUES, Record},
};
use crate::{
    platform::files::{Folder, Stamp},
    protocol::{
        Ranges,
        limits::{MAX_ENTRIES, MAX_OFFER_ITEMS, MAX_RESUME_GROUPS, RESUME_GROUP},
        message::{Fault, Item, ItemKind, Resume, Time},
    },
};

/// While a journal is written anew.
const NEW_NAME: &str = "journal.new";

/// An attempt that was just ended still flushes what it has.
const PATIENCE: Duration = Duration::from_secs(30);

/// Ranges of saved entries that an answer may name in all, so that it stays within its frame beside the groups. What is
/// beyond comes again and is ignored.
const MAX_RANGES: usize = 16 * MAX_OFFER_ITEMS;

/// Everything that is left, with the journal open and locked. Dropping it lets others in.
///
/// Holds about 40 bytes for each entry inside folders, and twice its path for each folder, while it is read; the latter
/// also while receiving goes on.
#[derive(Debug)]
pub struct Kept {
    pub(super) partials: Folder,
    pub(super) journal: Journal,
    pub(super) items: BTreeMap<u32, KeptItem>,
    /// Told as saved by an earlier attempt.
    pub(super) told: Ranges,
    /// Under their final names, but nobody was told.
    pub(super) named: Vec<Named>,
}

/// What is left of an item.
#[derive(Debug, Default)]
pub(super) struct KeptItem {
    /// Entries that needn't come.
    pub saved: Ranges,
    pub files: u64,
    pub bytes: u64,
    /// By their paths on the wire, below the item.
    pub folders: HashMap<String, KeptFolder>,
    pub partial: Option<Partial>,
}

#[derive(Debug)]
pub(super) struct KeptFolder {
    entry: Option<u32>,
    /// On the disk, below the item.
    pub local: String,
    pub modified: Option<Time>,
}

/// The beginning of a file.
#[derive(Debug)]
pub(super) struct Partial {
    pub entry: u32,
    /// On the disk, below the item; empty for an item that is a file.
    pub local: String,
    pub size: u64,
    pub groups: Vec<Value>,
}

#[derive(Debug)]
pub(super) struct Named {
    pub item: u32,
    /// The number the file system gave it.
    pub inode: u64,
    pub name: OsString,
    pub files: u64,
    pub bytes: u64,
    pub left_out: Vec<(String, Fault)>,
    pub left_out_count: u64,
}

impl Kept {
    /// A fresh start in an empty folder of partials.
    pub(super) fn begin(partials: Folder, items: &[Item]) -> io::Result<Self> {
        let file = partials.create_file(OsStr::new(journal::NAME))?;
        lock(&file)?;
        let mut journal = Journal::new(file);
        journal.append(&begun(items))?;
        partials.flush()?;
        let told = Ranges::default();
        Ok(Self { partials, journal, items: BTreeMap::new(), told, named: Vec::new() })
    }

    /// What earlier attempts left in `partials` of the accepted items, `told` being those that were told as saved.
    /// `None` when there is nothing to go on from.
    pub(super) fn read(
        partials: Folder,
        target: &Folder,
        items: &[Item],
        accepted: &Ranges,
        told: &Ranges,
    ) -> io::Result<Option<Self>> {
        let Some(old) = open_locked(&partials)? else { return Ok(None) };
        let mut found = Found::of(&old, items, accepted, told)?;
        let named = find_named(&partials, target, std::mem::take(&mut found.naming))?;
        for named in &named {
            found.items.remove(&named.item);
        }
        found.check(&partials)?;

        // Only what is there stays written down: what comes again must not count before it is flushed again.
        remove(&partials, OsStr::new(NEW_NAME))?;
        let file = partials.create_file(OsStr::new(NEW_NAME))?;
        lock(&file)?;
        let mut journal = Journal::new(file);
        journal.append(&begun(items))?;
        found.copy_files(&old, &mut journal)?;
        let kept = found.into_items();
        for (item, kept) in &kept {
            kept.write_down(*item, &mut journal)?;
        }
        // Until they are told, nobody else knows.
        for Named { item, inode, files, bytes, left_out, left_out_count, .. } in &named {
            let (item, inode, files, bytes, left_out_count) = (*item, *inode, *files, *bytes, *left_out_count);
            let left_out = left_out.clone();
            journal.append(&Record::Naming { item, inode, files, bytes, left_out_count, left_out })?;
        }
        let upto = journal.position();
        journal.append(&Record::Flushed { upto })?;
        journal.flush()?;
        drop(old);
        partials.replace_file(OsStr::new(NEW_NAME), OsStr::new(journal::NAME))?;
        partials.flush()?;
        Ok(Some(Self { partials, journal, items: kept, told: told.clone(), named }))
    }

    /// What of the accepted items is still to come.
    #[must_use]
    pub fn missing(&self, items: &[Item], accepted: &Ranges) -> Missing {
        let whole = self.whole();
        let mut missing = Missing::default();
        for index in accepted.iter().filter(|index| !whole.contains(*index)) {
            let Some(item) = items.get(index as usize) else { continue };
            let (mut bytes, mut files) = (0, 0);
            if let Some(kept) = self.items.get(&index) {
                let begun = kept.partial.as_ref().map_or(0, |partial| partial.groups.len() as u64 * RESUME_GROUP);
                bytes = kept.bytes.saturating_add(begun);
                files = kept.files + u64::from(kept.partial.is_some());
            }
            missing.bytes = missing.bytes.saturating_add(item.size.saturating_sub(bytes));
            missing.files = missing.files.saturating_add(item.files.saturating_sub(files));
        }
        missing
    }

    /// Whether something of an item is there.
    #[must_use]
    pub fn has_some_of(&self, item: u32) -> bool {
        self.items.contains_key(&item) || self.whole().contains(item)
    }

    /// Items that were told as saved before.
    #[must_use]
    pub fn told(&self) -> &Ranges {
        &self.told
    }

    /// Items under their final names.
    pub(super) fn whole(&self) -> Ranges {
        Ranges::from_numbers(self.told.iter().chain(self.named.iter().map(|named| named.item)))
    }

    /// For the answer: what needn't come.
    #[must_use]
    pub fn resume(&self, items: &[Item]) -> Vec<Resume> {
        let whole = self.whole();
        let (mut ranges, mut values) = (MAX_RANGES, MAX_RESUME_GROUPS / blake3::OUT_LEN);
        let mut all = Vec::new();
        for (item, index) in items.iter().zip(0..) {
            let resume = if whole.contains(index) {
                let entries = if item.kind == ItemKind::File { 1 } else { MAX_ENTRIES as u32 };
                Resume { item: index, saved: Ranges::all(entries), entry: 0, groups: bytes::Bytes::new() }
            } else if let Some(kept) = self.items.get(&index) {
                let saved = kept.saved.first_ranges(ranges.min(MAX_OFFER_ITEMS));
                ranges -= saved.as_slice().len();
                let groups = kept.partial.as_ref().map_or(&[][..], |partial| &partial.groups);
                let groups = groups.get(..values.min(groups.len())).unwrap_or_default();
                values -= groups.len();
                let entry = kept.partial.as_ref().map_or(0, |partial| partial.entry);
                let groups = bytes::Bytes::copy_from_slice(groups.as_flattened());
                Resume { item: index, saved, entry, groups }
            } else {
                continue;
            };
            if !resume.saved.is_empty() || !resume.groups.is_empty() {
                all.push(resume);
            }
        }
        all
    }
}

impl KeptItem {
    fn add_groups(&mut self, new: Partial, first: usize) {
        match &mut self.partial {
            Some(old) if (old.entry, old.size, &old.local) == (new.entry, new.size, &new.local) => {
                old.groups.truncate(first);
                if old.groups.len() == first {
                    old.groups.extend(new.groups);
                }
            }
            _ => self.partial = (first == 0).then_some(new),
        }
    }

    /// Holds the beginning of a file against the length it has. False if nothing of it counts.
    fn check_partial(&mut self, length: u64) -> bool {
        if let Some(partial) = &mut self.partial {
            let most = resumable(partial.size).min(length / RESUME_GROUP);
            partial.groups.truncate(usize::try_from(most).unwrap_or(usize::MAX));
        }
        self.partial = self.partial.take().filter(|partial| !partial.groups.is_empty());
        self.partial.is_some()
    }

    /// All but its files, which are copied one by one.
    fn write_down(&self, item: u32, journal: &mut Journal) -> io::Result<()> {
        for (wire, KeptFolder { entry, local, modified }) in &self.folders {
            let (wire, local) = (wire.clone(), local.clone());
            journal.append(&Record::Folder { item, entry: *entry, wire, local, modified: *modified })?;
        }
        let Some(Partial { entry, local, size, groups }) = &self.partial else { return Ok(()) };
        for record in groups_of(item, *entry, local, *size, 0, groups) {
            journal.append(&record)?;
        }
        Ok(())
    }
}

/// The records of a file's groups from number `first` on; at least one, which voids what was said of later ones.
pub(super) fn groups_of(
    item: u32,
    entry: u32,
    local: &str,
    size: u64,
    first: usize,
    values: &[Value],
) -> impl Iterator<Item = Record> {
    let count = values.len().div_ceil(MAX_VALUES).max(1);
    (0..count).map(move |n| {
        let from = n * MAX_VALUES;
        let values = values.get(from..values.len().min(from + MAX_VALUES)).unwrap_or_default().to_vec();
        let first = u32::try_from(first + from).unwrap_or(u32::MAX);
        Record::Groups { item, entry, local: local.to_owned(), size, first, values }
    })
}

fn begun(items: &[Item]) -> Record {
    Record::Begun { versions: items.iter().map(|item| item.version).collect() }
}

/// The journal, once nobody else is at it.
fn open_locked(partials: &Folder) -> io::Result<Option<File>> {
    let name = OsStr::new(journal::NAME);
    loop {
        let file = match partials.writable_file(name) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            file => file?,
        };
        lock(&file)?;
        // Whoever had it may have put another in its place.
        if partials.look(name).is_ok_and(|now| file.metadata().is_ok_and(|this| Stamp::of(&this).inode == now.inode)) {
            return Ok(Some(file));
        }
    }
}

/// Whoever holds the lock is receiving there. Where the file system has no locks, nobody is.
fn lock(file: &File) -> io::Result<()> {
    let until = Instant::now() + PATIENCE;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => return Ok(()),
            Err(TryLockError::Error(error)) => return Err(error),
            Err(TryLockError::WouldBlock) if Instant::now() > until => return Err(io::ErrorKind::TimedOut.into()),
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(10)),
        }
    }
}

pub(super) fn below(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}
