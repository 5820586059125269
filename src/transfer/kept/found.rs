//! What a journal says of an earlier attempt, held against what lies on the disk.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    ffi::{OsStr, OsString},
    fs::File,
    hash::{BuildHasher as _, RandomState},
    io,
    ops::ControlFlow,
};

use super::{KeptFolder, KeptItem, Named, Partial, below};
use crate::{
    platform::files::{Folder, Kind},
    protocol::{
        Ranges,
        message::{Item, ItemKind},
    },
    transfer::{
        folder::remove,
        journal::{self, Journal, Record},
    },
};

/// What a journal says, before the disk is asked.
pub(super) struct Found {
    pub items: BTreeMap<u32, FoundItem>,
    pub naming: BTreeMap<u32, Named>,
    /// What counts lies before this position.
    upto: u64,
    state: RandomState,
}

#[derive(Default)]
pub(super) struct FoundItem {
    is_folder: bool,
    kept: KeptItem,
    /// By the hashes of their paths on the disk: entry and size.
    files: HashMap<u64, (u32, u64)>,
    /// The hashes of its folders' paths.
    known: HashSet<u64>,
    /// Of everything that is there.
    seen: HashSet<u64>,
}

impl Found {
    pub(super) fn of(old: &File, items: &[Item], accepted: &Ranges, told: &Ranges) -> io::Result<Self> {
        let mut begun_with = Vec::new();
        let mut upto = 0;
        journal::read(old, |_, record| {
            match record {
                Record::Flushed { upto: more } => upto = upto.max(more),
                Record::Begun { versions } => begun_with = versions,
                _ => {}
            }
            Ok(())
        })?;
        let is_wanted = |index: u32| {
            let version = items.get(index as usize).map(|item| item.version);
            version.is_some()
                && begun_with.get(index as usize).copied() == version
                && accepted.contains(index)
                && !told.contains(index)
        };
        let is_folder = |index: u32| items.get(index as usize).is_some_and(|item| item.kind == ItemKind::Folder);
        let state = RandomState::new();
        let new = |index: u32| (index, FoundItem { is_folder: is_folder(index), ..FoundItem::default() });
        let mut found: BTreeMap<u32, FoundItem> = accepted.iter().filter(|index| is_wanted(*index)).map(new).collect();
        let mut naming = BTreeMap::new();
        journal::read(old, |position, record| {
            match record {
                Record::Folder { item, entry, wire, local, modified } if position <= upto => {
                    if let Some(found) = found.get_mut(&item) {
                        found.kept.folders.insert(wire, KeptFolder { entry, local, modified });
                    }
                }
                Record::File { item, entry, local, size } if position <= upto => {
                    if let Some(found) = found.get_mut(&item) {
                        found.files.insert(state.hash_one(&local), (entry, size));
                    }
                }
                Record::Groups { item, entry, local, size, first, values } => {
                    if let Some(found) = found.get_mut(&item) {
                        found.kept.add_groups(Partial { entry, local, size, groups: values }, first as usize);
                    }
                }
                Record::Naming { item, inode, files, bytes, left_out_count, left_out } if found.contains_key(&item) => {
                    let name = OsString::new();
                    naming.insert(item, Named { item, inode, name, files, bytes, left_out, left_out_count });
                }
                _ => {}
            }
            Ok(())
        })?;
        Ok(Self { items: found, naming, upto, state })
    }

    /// Holds it against the disk: what isn't there is forgotten, what isn't known is removed.
    pub(super) fn check(&mut self, partials: &Folder) -> io::Result<()> {
        let mut unknown = Vec::new();
        partials.list(&mut |entry| {
            if entry.name != journal::NAME {
                unknown.push((entry.name, entry.kind, entry.stamp.size));
            }
            ControlFlow::Continue(())
        })?;
        let mut there = HashSet::new();
        for (name, kind, size) in unknown {
            let index = name.to_str().and_then(|name| name.parse::<u32>().ok());
            let found = index.and_then(|index| self.items.get_mut(&index));
            let stays = match found {
                Some(found) if found.is_folder && kind == Kind::Folder => {
                    found.check_folders(&partials.folder(&name)?, &self.state)?
                }
                Some(found) if !found.is_folder && kind == Kind::File => found.kept.check_partial(size),
                _ => false,
            };
            if stays {
                there.extend(index);
            } else {
                remove(partials, &name)?;
            }
        }
        self.items.retain(|index, _| there.contains(index));
        Ok(())
    }

    /// Writes down anew the files that are there.
    pub(super) fn copy_files(&self, old: &File, journal: &mut Journal) -> io::Result<()> {
        journal::read(old, |position, record| match &record {
            Record::File { item, local, .. } if position <= self.upto => {
                let seen = |found: &FoundItem| found.seen.contains(&self.state.hash_one(local));
                if self.items.get(item).is_some_and(seen) { journal.append(&record) } else { Ok(()) }
            }
            _ => Ok(()),
        })
    }

    pub(super) fn into_items(self) -> BTreeMap<u32, KeptItem> {
        let whole = |found: FoundItem| {
            let FoundItem { mut kept, files, seen, .. } = found;
            let there = files.iter().filter(|(path, _)| seen.contains(path)).map(|(_, file)| *file);
            let folders = kept.folders.values().filter_map(|folder| folder.entry);
            kept.saved = Ranges::from_numbers(there.clone().map(|(entry, _)| entry).chain(folders));
            kept.files = there.clone().count() as u64;
            kept.bytes = there.map(|(_, size)| size).sum();
            kept
        };
        self.items.into_iter().map(|(index, found)| (index, whole(found))).collect()
    }
}

impl FoundItem {
    /// Looks through the whole folder. False if nothing in it counts.
    fn check_folders(&mut self, folder: &Folder, state: &RandomState) -> io::Result<bool> {
        self.known = self.kept.folders.values().map(|folder| state.hash_one(&folder.local)).collect();
        self.check_folder(folder, "", state)?;
        let seen = &self.seen;
        let is_there = |local: &str| seen.contains(&state.hash_one(local));
        self.kept.folders.retain(|_, folder| folder.local.is_empty() || is_there(&folder.local));
        self.kept.partial = self.kept.partial.take().filter(|partial| is_there(&partial.local));
        Ok(!seen.is_empty())
    }

    /// Looks through one folder, `local` being its path below the item.
    fn check_folder(&mut self, folder: &Folder, local: &str, state: &RandomState) -> io::Result<()> {
        let mut inside = Vec::new();
        folder.list(&mut |entry| {
            inside.push((entry.name, entry.kind, entry.stamp.size));
            ControlFlow::Continue(())
        })?;
        let mut removed = false;
        for (name, kind, size) in inside {
            let path = name.to_str().map(|name| below(local, name)).unwrap_or_default();
            let hash = state.hash_one(&path);
            let stays = match kind {
                Kind::Folder => self.known.contains(&hash),
                Kind::File if self.files.get(&hash).is_some_and(|file| file.1 == size) => true,
                Kind::File => {
                    let is_partial = self.kept.partial.as_ref().is_some_and(|partial| partial.local == path);
                    is_partial && self.kept.check_partial(size)
                }
                Kind::Link | Kind::Special => false,
            };
            if !stays {
                remove(folder, &name)?;
                removed = true;
                continue;
            }
            self.seen.insert(hash);
            if kind == Kind::Folder {
                self.check_folder(&folder.folder(&name)?, &path, state)?;
            }
        }
        // What is gone from here must not be back when the folder has its final name.
        if removed { folder.flush() } else { Ok(()) }
    }
}

/// Those of `naming` that left the partials and have their final names.
pub(super) fn find_named(partials: &Folder, target: &Folder, naming: BTreeMap<u32, Named>) -> io::Result<Vec<Named>> {
    let left = |item: &u32| {
        partials.look(OsStr::new(&item.to_string())).is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
    };
    // Where the system gives no numbers, nothing can be found again, and comes a second time.
    let there = naming.into_values().filter(|named| named.inode != 0 && left(&named.item));
    let mut sought: HashMap<u64, Named> = there.map(|named| (named.inode, named)).collect();
    let mut found = Vec::new();
    if sought.is_empty() {
        return Ok(found);
    }
    target.list(&mut |entry| {
        let fits = |named: &Named| match entry.kind {
            Kind::File => named.bytes == entry.stamp.size,
            Kind::Folder => true,
            Kind::Link | Kind::Special => false,
        };
        if sought.get(&entry.stamp.inode).is_some_and(fits)
            && let Some(named) = sought.remove(&entry.stamp.inode)
        {
            found.push(Named { name: entry.name, ..named });
        }
        ControlFlow::Continue(())
    })?;
    found.sort_unstable_by_key(|named| named.item);
    Ok(found)
}
