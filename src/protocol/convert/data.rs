//! Messages of a data connection.

use bytes::Bytes;

use super::{
    Checked, Refusal, digest, ensure,
    enums::{time_from_wire, time_to_wire},
};
use crate::protocol::{
    limits::{MAX_BATCHED_FILE, MAX_ENTRIES, MAX_OFFER_ITEMS, MAX_TRANSFER_BYTES, RESUME_GROUP},
    message::{Batch, Entry, EntryKind, Saved, Skipped, Small},
    names::RelativePath,
    ranges::Ranges,
    wire,
};

fn kind_from_wire(kind: wire::EntryKind) -> Checked<EntryKind> {
    match kind {
        wire::EntryKind::File => Ok(EntryKind::File),
        wire::EntryKind::Folder => Ok(EntryKind::Folder),
        wire::EntryKind::Unknown => Err(Refusal::Bounds("an entry that is neither file nor folder")),
    }
}

fn kind_to_wire(kind: EntryKind) -> i32 {
    match kind {
        EntryKind::File => wire::EntryKind::File.into(),
        EntryKind::Folder => wire::EntryKind::Folder.into(),
    }
}

fn numbers(item: u32, entry: u32) -> Checked<()> {
    ensure((item as usize) < MAX_OFFER_ITEMS && u64::from(entry) < MAX_ENTRIES, "an item's or entry's number")
}

impl Entry {
    pub(in crate::protocol) fn check(&self) -> Checked<()> {
        numbers(self.item, self.entry)?;
        ensure(self.size <= MAX_TRANSFER_BYTES, "a file's size")?;
        ensure(self.kind == EntryKind::File || self.size == 0, "a folder's size")?;
        ensure(self.from <= self.size && self.from.is_multiple_of(RESUME_GROUP), "where a file goes on")
    }

    pub(super) fn from_wire(entry: &wire::Entry) -> Checked<Self> {
        let entry = Self {
            kind: kind_from_wire(entry.kind())?,
            item: entry.item,
            entry: entry.entry,
            path: RelativePath::from_wire(&entry.path)?,
            size: entry.size,
            modified: time_from_wire(entry.modified),
            from: entry.from,
        };
        entry.check()?;
        Ok(entry)
    }

    pub(super) fn to_wire(&self) -> wire::Entry {
        wire::Entry {
            item: self.item,
            entry: self.entry,
            path: self.path.as_str().to_owned(),
            kind: kind_to_wire(self.kind),
            size: self.size,
            modified: time_to_wire(self.modified),
            from: self.from,
        }
    }
}

impl Batch {
    pub(super) fn from_wire(batch: wire::Batch) -> Checked<Self> {
        let entries: Vec<Small> = batch.entries.into_iter().map(Small::from_wire).collect::<Checked<_>>()?;
        ensure(!entries.is_empty(), "an empty batch")?;
        Ok(Self { entries })
    }

    pub(super) fn to_wire(&self) -> wire::Batch {
        wire::Batch { entries: self.entries.iter().map(Small::to_wire).collect() }
    }
}

impl Small {
    fn from_wire(small: wire::Small) -> Checked<Self> {
        let kind = kind_from_wire(small.kind())?;
        ensure(small.content.len() <= MAX_BATCHED_FILE, "a small file's length")?;
        let entry = Entry {
            item: small.item,
            entry: small.entry,
            path: RelativePath::from_wire(&small.path)?,
            kind,
            size: small.content.len() as u64,
            modified: time_from_wire(small.modified),
            from: 0,
        };
        entry.check()?;
        let blake3 = match kind {
            EntryKind::File => digest(&small.blake3)?,
            EntryKind::Folder => [0; 32],
        };
        Ok(Self { entry, content: small.content, blake3 })
    }

    pub(in crate::protocol) fn to_wire(&self) -> wire::Small {
        wire::Small {
            item: self.entry.item,
            entry: self.entry.entry,
            path: self.entry.path.as_str().to_owned(),
            kind: kind_to_wire(self.entry.kind),
            modified: time_to_wire(self.entry.modified),
            content: self.content.clone(),
            blake3: match self.entry.kind {
                EntryKind::File => Bytes::copy_from_slice(&self.blake3),
                EntryKind::Folder => Bytes::new(),
            },
        }
    }
}

impl Skipped {
    pub(super) fn from_wire(skipped: &wire::Skipped) -> Checked<Self> {
        numbers(skipped.item, skipped.entry)?;
        Ok(Self {
            item: skipped.item,
            entry: skipped.entry,
            path: RelativePath::from_wire(&skipped.path)?,
            fault: skipped.fault().into(),
        })
    }

    pub(super) fn to_wire(&self) -> wire::Skipped {
        wire::Skipped {
            item: self.item,
            entry: self.entry,
            path: self.path.as_str().to_owned(),
            fault: wire::Fault::from(self.fault).into(),
        }
    }
}

impl Saved {
    /// Entries are grouped by item here; on the wire each range stands for itself.
    pub(super) fn from_wire(saved: &wire::Saved) -> Checked<Self> {
        let (triples, rest) = saved.entries.as_chunks::<3>();
        ensure(rest.is_empty(), "triples")?;
        let mut entries: Vec<(u32, Vec<u32>)> = Vec::new();
        for &[item, first, count] in triples {
            numbers(item, first)?;
            match entries.last_mut() {
                Some((last, pairs)) if *last == item => pairs.extend([first, count]),
                Some((last, _)) if *last > item => return Err(Refusal::Bounds("items in order")),
                _ => entries.push((item, vec![first, count])),
            }
        }
        let entries =
            entries.into_iter().map(|(item, pairs)| Ok((item, Ranges::from_pairs(&pairs, MAX_ENTRIES as u32)?)));
        Ok(Self {
            items: Ranges::from_pairs(&saved.items, MAX_OFFER_ITEMS as u32)?,
            entries: entries.collect::<Checked<_>>()?,
            all: saved.all,
        })
    }

    pub(super) fn to_wire(&self) -> wire::Saved {
        let ranges =
            self.entries.iter().flat_map(|(item, ranges)| ranges.as_slice().iter().map(move |range| (item, range)));
        wire::Saved {
            items: self.items.to_pairs(),
            entries: ranges.flat_map(|(item, range)| [*item, range.start, range.end - range.start]).collect(),
            all: self.all,
        }
    }
}
