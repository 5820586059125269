//! The rules of order, the same for both ends.

use super::DataError;
use crate::protocol::{
    consent::Consent,
    frame::Kind,
    limits::MAX_ENTRIES,
    message::{Batch, Entry, EntryKind, Item, ItemKind, Skipped},
};

/// Items come in ascending order, none of the accepted left out; entries of an item in ascending order.
#[derive(Debug)]
pub(super) struct Order {
    consent: Consent,
    item: Option<AtItem>,
    /// The file under way.
    file: Option<AtFile>,
    entries: u64,
    /// Complete ones.
    files: u64,
    bytes: u64,
    ended: bool,
}

#[derive(Clone, Copy, Debug)]
struct AtItem {
    item: u32,
    next_entry: u32,
    files: u64,
    bytes: u64,
}

#[derive(Clone, Copy, Debug)]
struct AtFile {
    item: u32,
    entry: u32,
    size: u64,
    left: u64,
}

impl Order {
    pub(super) fn new(consent: Consent) -> Self {
        Self { consent, item: None, file: None, entries: 0, files: 0, bytes: 0, ended: false }
    }

    pub(super) fn begin(&mut self, entry: &Entry) -> Result<(), DataError> {
        let &Entry { item, entry: number, ref path, kind, size, from, .. } = entry;
        let out_of_order = DataError::Entry { item, entry: number };
        if kind == EntryKind::File && from == 0 {
            self.void(item, number);
        }
        let at = self.advance(item, number)?;
        let offered = self.offered(item)?;
        let fits = match (offered.kind, kind) {
            (ItemKind::File, EntryKind::File) => path.is_itself(),
            (ItemKind::Folder, EntryKind::Folder) => !path.is_itself() || number == 0,
            (ItemKind::Folder, EntryKind::File) => !path.is_itself(),
            _ => false,
        };
        if !fits || from > self.consent.resume_from(item, number) {
            return Err(out_of_order);
        }
        let mut at = at;
        if kind == EntryKind::File {
            at.files += 1;
            at.bytes = at.bytes.saturating_add(size);
            if at.files > offered.files || at.bytes > offered.size {
                return Err(DataError::TooMuch(item));
            }
            self.file = Some(AtFile { item, entry: number, size, left: size - from });
        }
        self.item = Some(at);
        self.entries += 1;
        Ok(())
    }

    pub(super) fn chunk(&mut self, len: usize) -> Result<(), DataError> {
        let file = self.file.as_mut().ok_or(DataError::Unexpected(Kind::Chunk))?;
        file.left = file.left.checked_sub(len as u64).ok_or(DataError::Length)?;
        Ok(())
    }

    pub(super) fn entry_end(&mut self) -> Result<(), DataError> {
        let file = self.file.ok_or(DataError::Unexpected(Kind::EntryEnd))?;
        if file.left > 0 {
            return Err(DataError::Length);
        }
        self.file = None;
        self.files += 1;
        self.bytes += file.size;
        Ok(())
    }

    pub(super) fn batch(&mut self, batch: &Batch) -> Result<(), DataError> {
        for small in &batch.entries {
            if small.entry.size != small.content.len() as u64 {
                return Err(DataError::Length);
            }
            self.begin(&small.entry)?;
            if let Some(file) = self.file.take() {
                self.files += 1;
                self.bytes += file.size;
            }
        }
        Ok(())
    }

    pub(super) fn skipped(&mut self, skipped: &Skipped) -> Result<(), DataError> {
        let &Skipped { item, entry, .. } = skipped;
        if let Some(file) = self.file.take() {
            let Some(at) = self.item.as_mut().filter(|_| (file.item, file.entry) == (item, entry)) else {
                return Err(DataError::Entry { item, entry });
            };
            at.files -= 1;
            at.bytes -= file.size;
            return Ok(());
        }
        let at = self.advance(item, entry)?;
        if self.offered(item)?.kind == ItemKind::File && !skipped.path.is_itself() {
            return Err(DataError::Entry { item, entry });
        }
        self.item = Some(at);
        self.entries += 1;
        Ok(())
    }

    pub(super) fn end(&mut self) -> Result<(u64, u64), DataError> {
        let next = self.item.map_or(0, |at| at.item + 1);
        if self.ended || self.file.is_some() || self.missing(next, u32::MAX).is_some() {
            return Err(DataError::End);
        }
        self.ended = true;
        Ok((self.files, self.bytes))
    }

    pub(super) fn is_ended(&self) -> bool {
        self.ended
    }

    /// The file under way may begin anew: what came of it doesn't count then.
    fn void(&mut self, item: u32, entry: u32) {
        let (Some(file), Some(at)) = (self.file, self.item.as_mut()) else { return };
        if (file.item, file.entry) == (item, entry) {
            self.file = None;
            at.files -= 1;
            at.bytes -= file.size;
            at.next_entry = entry;
        }
    }

    /// Where the order would be at with this entry begun.
    fn advance(&self, item: u32, entry: u32) -> Result<AtItem, DataError> {
        if self.ended || self.file.is_some() || self.entries >= MAX_ENTRIES {
            return Err(DataError::Entry { item, entry });
        }
        let mut at = match self.item {
            Some(at) if at.item == item => at,
            Some(at) if at.item > item => return Err(DataError::Item(item)),
            at => {
                let next = at.map_or(0, |at| at.item + 1);
                if !self.consent.accept().items.contains(item) || self.missing(next, item).is_some() {
                    return Err(DataError::Item(item));
                }
                AtItem { item, next_entry: 0, files: 0, bytes: 0 }
            }
        };
        let only_one = self.offered(item)?.kind == ItemKind::File;
        if entry < at.next_entry || only_one && entry > 0 {
            return Err(DataError::Entry { item, entry });
        }
        at.next_entry = entry.saturating_add(1);
        Ok(at)
    }

    /// The first accepted item from `from` on and before `until` of which nothing is there.
    fn missing(&self, from: u32, until: u32) -> Option<u32> {
        let mut next = from;
        while let Some(item) = self.consent.accept().items.next_from(next).filter(|item| *item < until) {
            if self.consent.resume(item).is_none_or(|resume| resume.saved.is_empty()) {
                return Some(item);
            }
            next = item + 1;
        }
        None
    }

    fn offered(&self, item: u32) -> Result<&Item, DataError> {
        self.consent.offer().items.get(item as usize).ok_or(DataError::Item(item))
    }
}
