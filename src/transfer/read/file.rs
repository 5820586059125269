//! One file, as it is while it is read.
//!
//! A file must stay what it is: its stamp is compared when it is opened, after each group and when its last byte was
//! read. One that changed begins anew, a few times. One of which the other side has a beginning goes on after the last
//! group of which both have the same value.

use std::{
    fs::File,
    io::{self, Read as _, Seek as _, SeekFrom},
    path::Path,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use super::{
    super::hash::{GroupHasher, Value, resumable},
    Piece, Reader, ReadingError, time,
};
use crate::{
    platform::files::{self, Stamp},
    protocol::{
        limits::{MAX_BATCHED_FILE, RESUME_GROUP},
        message::{Entry, Fault},
    },
};

/// Bytes of one chunk. Smaller ones cost frames and system calls; larger ones leave the processor's cache, and TLS gains
/// nothing from them.
const CHUNK: usize = 256 * 1024;

/// How often a file that changes while it is sent begins anew before it is left out. A growing log is never done.
const MAX_ANEW: u32 = 3;

/// The same for all files of one attempt, so that a folder in which everything changes comes to an end.
const MAX_ANEW_IN_ALL: u32 = 100;

/// Whoever writes a file is given this time to end.
const ANEW_PAUSE: Duration = Duration::from_millis(300);

/// What is known of the file that was sent last, so that going on with it needn't hash its beginning again. Shared by
/// the attempts of one transfer; 32 bytes for 16 MiB.
#[derive(Debug, Default)]
pub struct Hashed(Mutex<HashedFile>);

#[derive(Debug, Default)]
struct HashedFile {
    item: u32,
    entry: u32,
    stamp: Stamp,
    values: Vec<Value>,
}

impl Hashed {
    /// The values that are known of a file as it is now.
    fn of(&self, entry: &Entry, stamp: &Stamp) -> Vec<Value> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_this = (known.item, known.entry, known.stamp) == (entry.item, entry.entry, *stamp);
        if is_this { known.values.clone() } else { Vec::new() }
    }

    fn begin(&self, item: u32, entry: u32, stamp: &Stamp, values: &[Value]) {
        let values = values.to_vec();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = HashedFile { item, entry, stamp: *stamp, values };
    }

    fn add(&self, value: Value) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).values.push(value);
    }
}

/// What doesn't come of a file.
pub(super) enum Stopped {
    Fault(Fault),
    /// It is larger than what was agreed to.
    Grown,
}

impl From<Fault> for Stopped {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl Reader<'_> {
    /// Sends one file, as often as it changes and may begin anew. The inner error says why it doesn't come.
    pub fn file(&mut self, path: &Path, planned: &Entry) -> Result<Result<(), Stopped>, ReadingError> {
        let mut sent = None;
        for tried in 0.. {
            let (mut file, now) = match files::open_plain(path) {
                Ok(opened) => opened,
                // Some programs take a file away before they write it anew.
                Err(error) if (1..MAX_ANEW).contains(&tried) && error.kind() == io::ErrorKind::NotFound => {
                    std::thread::sleep(ANEW_PAUSE);
                    continue;
                }
                Err(error) => return Ok(Err(fault(&error).into())),
            };
            if now.size > planned.size.saturating_add(self.spare) {
                return Ok(Err(Stopped::Grown));
            }
            // What changed before is sent as it is.
            let modified = Some(time(now.modified));
            let entry = Entry { size: now.size, modified, ..planned.clone() };
            let result = if sent.is_some() || now.size > MAX_BATCHED_FILE as u64 {
                self.large(&mut file, &entry, &now, &mut sent)?
            } else {
                match whole(&mut file, &now) {
                    Ok(content) => {
                        let blake3 = *blake3::hash(&content).as_bytes();
                        self.small(entry, content.into(), blake3).map(Ok)?
                    }
                    Err(fault) => Err(fault),
                }
            };
            match result {
                Ok(()) => {
                    self.spare = self.spare.saturating_add(planned.size).saturating_sub(now.size);
                    return Ok(Ok(()));
                }
                Err(Fault::Changed) if tried < MAX_ANEW && self.anew < MAX_ANEW_IN_ALL && !self.out.is_closed() => {
                    self.anew += 1;
                    std::thread::sleep(ANEW_PAUSE);
                }
                Err(fault) => return Ok(Err(fault.into())),
            }
        }
        Ok(Err(Fault::Changed.into()))
    }

    /// Sends a file in chunks, and counts those that were `sent`; what an earlier beginning of it sent is void.
    fn large(
        &mut self,
        file: &mut File,
        entry: &Entry,
        stamp: &Stamp,
        sent: &mut Option<u64>,
    ) -> Result<Result<(), Fault>, ReadingError> {
        self.send_batch()?;
        let (item, number) = (entry.item, entry.entry);
        let void = sent.take();
        let agreed = if void.is_some() { Ok(Vec::new()) } else { self.agreed(file, entry, stamp) };
        let values = match agreed {
            Ok(values) => values,
            Err(error) => return Ok(Err(fault(&error))),
        };
        let from = values.len() as u64 * RESUME_GROUP;
        if let Err(error) = file.seek(SeekFrom::Start(from)) {
            return Ok(Err(fault(&error)));
        }
        let frame = self.outbound.entry(Entry { from, ..entry.clone() })?;
        *sent = Some(from);
        self.send(Piece { void: void.map(|bytes| (item, bytes)), bytes: vec![(item, from)], ..frame.into() })?;
        self.hashed.begin(item, number, stamp, &values);
        let mut known = values.len();
        let mut hasher = GroupHasher::after(values);
        let mut left = stamp.size - from;
        while left > 0 {
            let want = left.min(CHUNK as u64);
            let mut chunk = self.buffers.take();
            // What a used one had in it is overwritten; only a new one must be cleared.
            chunk.resize(want as usize, 0);
            match file.read_exact(&mut chunk) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(Err(Fault::Changed)),
                Err(error) => return Ok(Err(fault(&error))),
            }
            hasher.update(&chunk);
            let is_group = hasher.values().len() > known;
            for value in hasher.values().iter().skip(known) {
                self.hashed.add(*value);
                known += 1;
            }
            left -= want;
            let chunk = chunk.freeze();
            self.buffers.lend(&chunk);
            let frame = self.outbound.chunk(chunk)?;
            self.send(Piece { bytes: vec![(item, want)], ..frame.into() })?;
            *sent = sent.map(|bytes| bytes + want);
            if is_group && let Err(fault) = unchanged(file, stamp) {
                return Ok(Err(fault));
            }
        }
        if let Err(fault) = unchanged(file, stamp) {
            return Ok(Err(fault));
        }
        let frame = self.outbound.entry_end(hasher.finish())?;
        self.send(Piece { files: 1, ..frame.into() }).map(Ok)
    }

    /// The values of the groups at the file's beginning that the other side has as they are here. What isn't known of
    /// them is read and hashed.
    fn agreed(&self, file: &mut File, entry: &Entry, stamp: &Stamp) -> io::Result<Vec<Value>> {
        let theirs = match self.consent.resume(entry.item) {
            Some(resume) if resume.entry == entry.entry => resume.groups.as_chunks::<{ blake3::OUT_LEN }>().0,
            _ => return Ok(Vec::new()),
        };
        let most = theirs.len().min(usize::try_from(resumable(stamp.size)).unwrap_or(usize::MAX));
        let mut known = self.hashed.of(entry, stamp);
        let mut agreed = Vec::with_capacity(most);
        let mut read = GroupHasher::after(Vec::new());
        for (theirs, number) in theirs.iter().take(most).zip(0..) {
            let ours = match known.get(number) {
                Some(value) => *value,
                None => {
                    if read.values().len() < number {
                        read = GroupHasher::after(std::mem::take(&mut known));
                        file.seek(SeekFrom::Start(number as u64 * RESUME_GROUP))?;
                    }
                    hash_group(file, &mut read)?
                }
            };
            if ours != *theirs || self.out.is_closed() {
                break;
            }
            agreed.push(ours);
        }
        Ok(agreed)
    }
}

/// Reads the next group.
fn hash_group(file: &mut File, hasher: &mut GroupHasher) -> io::Result<Value> {
    let mut buffer = vec![0; CHUNK];
    let before = hasher.values().len();
    while hasher.values().len() == before {
        file.read_exact(&mut buffer)?;
        hasher.update(&buffer);
    }
    hasher.values().last().copied().ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
}

/// A small file's content, if it is still what it was.
fn whole(file: &mut File, stamp: &Stamp) -> Result<Vec<u8>, Fault> {
    let size = usize::try_from(stamp.size).map_err(|_| Fault::Changed)?;
    let mut content = Vec::with_capacity(size);
    file.by_ref().take(stamp.size).read_to_end(&mut content).map_err(|error| fault(&error))?;
    if content.len() != size {
        return Err(Fault::Changed);
    }
    unchanged(file, stamp)?;
    Ok(content)
}

fn unchanged(file: &File, stamp: &Stamp) -> Result<(), Fault> {
    let now = file.metadata().map_err(|error| fault(&error))?;
    if Stamp::of(&now) == *stamp { Ok(()) } else { Err(Fault::Changed) }
}

fn fault(error: &io::Error) -> Fault {
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Fault::Gone,
        // A link or a folder is there now where a file was.
        io::ErrorKind::InvalidInput | io::ErrorKind::IsADirectory => Fault::Changed,
        _ if files::is_link(error) => Fault::Changed,
        _ => Fault::Unreadable,
    }
}
