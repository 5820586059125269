//! What is sent, read from the disk: the thread that opens, reads and hashes, a little ahead of the network.
//!
//! A file must stay what it is while it is read: its stamp is compared when it is opened, after each group and when its
//! last byte was read. One that changed begins anew, a few times, then it is skipped with a note as what has vanished or
//! can't be read is, and the rest goes on. One that became larger than what was agreed to has to be offered again.
//!
//! What the other side has already is not read again: whole entries are passed over, and a file goes on after the last
//! group of which both have the same value.

use std::{
    fs::File,
    io::{self, Read as _, Seek as _, SeekFrom},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use bytes::Bytes;
use tokio::sync::mpsc;

use super::{
    hash::{GroupHasher, Value, resumable},
    plan::{Node, Plan, Source, What},
    progress::Progress,
};
use crate::{
    platform::files::{self, Moment, Stamp},
    protocol::{
        Ranges,
        buffers::Buffers,
        consent::Consent,
        data::{BatchBuilder, DataError, Outbound},
        frame::Frame,
        limits::{MAX_BATCHED_FILE, RESUME_GROUP},
        message::{Entry, EntryKind, Fault, Skipped, Time},
        names::RelativePath,
    },
};

/// Bytes of one chunk. Smaller ones cost frames and system calls; larger ones leave the processor's cache, and TLS gains
/// nothing from them.
const CHUNK: usize = 256 * 1024;

/// A batch that is not full goes after this: a slow disk shall not look like a standstill.
const BATCH_WITHIN: Duration = Duration::from_millis(200);

/// How often a file that changes while it is sent begins anew before it is left out. A growing log is never done.
const MAX_ANEW: u32 = 3;

/// The same for all files of one attempt, so that a folder in which everything changes comes to an end.
const MAX_ANEW_IN_ALL: u32 = 100;

/// Whoever writes a file is given this time to end.
const ANEW_PAUSE: Duration = Duration::from_millis(300);

/// A file that became too large for what was agreed to, and what tells whether anything else of its item changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grown {
    pub item: u32,
    /// Its number inside the item.
    pub entry: u32,
    /// As [`Plan::digest_without`] it.
    pub rest: [u8; 32],
}

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

/// One frame, and what it counts for.
#[derive(Debug)]
pub(super) struct Piece {
    pub frame: Frame,
    /// Bytes of files in it, by item.
    pub bytes: Vec<(u32, u64)>,
    /// Bytes of a file that begins anew with it: they count no more.
    pub void: Option<(u32, u64)>,
    /// Files that are complete with it.
    pub files: u64,
    /// What can't be sent, with its path inside the item.
    pub skipped: Option<(u32, RelativePath, Fault)>,
    /// Nothing follows it.
    pub last: bool,
}

impl From<Frame> for Piece {
    fn from(frame: Frame) -> Self {
        Self { frame, bytes: Vec::new(), void: None, files: 0, skipped: None, last: false }
    }
}

/// Why reading ended early.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReadingError {
    /// The connection's task doesn't take pieces any more.
    #[error("the transfer was dropped")]
    Gone,
    /// It may be offered again.
    #[error("a file is larger than what was agreed to")]
    Grown(Grown),
    /// What was read doesn't fit what was offered: a mistake of this program.
    #[error(transparent)]
    Refused(#[from] DataError),
}

/// Reads the accepted items of a plan until all is read, or nobody takes the pieces any more.
pub(super) fn run(
    plan: &Arc<Plan>,
    consent: &Consent,
    progress: &Arc<Progress>,
    hashed: &Arc<Hashed>,
    may_grow: bool,
    out: mpsc::Sender<Piece>,
) -> Result<(), ReadingError> {
    let accepted = &consent.accept().items;
    let mut reader = Reader {
        outbound: Outbound::new(consent.clone()),
        consent,
        progress,
        hashed,
        out,
        batch: BatchBuilder::new(),
        buffers: Buffers::default(),
        counts: Counts::default(),
        began: Instant::now(),
        spare: 0,
        anew: 0,
    };
    for item in plan.items().iter().filter(|item| accepted.contains(item.index)) {
        if let Some(entry) = reader.item(item, plan.nodes(item), may_grow)? {
            let rest = plan.digest_without(item, entry);
            return Err(ReadingError::Grown(Grown { item: item.index, entry, rest }));
        }
    }
    reader.send_batch()?;
    let frame = reader.outbound.end()?;
    reader.send(Piece { last: true, ..frame.into() })
}

struct Reader<'a> {
    outbound: Outbound,
    consent: &'a Consent,
    progress: &'a Progress,
    hashed: &'a Hashed,
    out: mpsc::Sender<Piece>,
    batch: BatchBuilder,
    buffers: Buffers,
    /// Of the batch.
    counts: Counts,
    /// When the batch was begun.
    began: Instant,
    /// Bytes that were agreed to and aren't needed by the rest of the item as it was planned.
    spare: u64,
    /// Beginnings anew.
    anew: u32,
}

/// What doesn't come of a file.
enum Stopped {
    Fault(Fault),
    /// It is larger than what was agreed to.
    Grown,
}

impl From<Fault> for Stopped {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

#[derive(Default)]
struct Counts {
    bytes: Vec<(u32, u64)>,
    files: u64,
}

/// Where the walk through an item is.
struct Place {
    path: PathBuf,
    /// On the wire: every folder above, the item itself first. `path` is that of the last one.
    above: Vec<RelativePath>,
}

impl Reader<'_> {
    /// Sends an item. If `may_grow`, the number of a file that ends it since it became too large.
    fn item(&mut self, item: &Source, nodes: &[Node], may_grow: bool) -> Result<Option<u32>, ReadingError> {
        self.spare = 0;
        let saved = self.consent.resume(item.index).map_or_else(Ranges::default, |resume| resume.saved.clone());
        let mut place = Place { path: item.path.clone(), above: Vec::new() };
        // Everything deeper than this is below a folder that couldn't be named.
        let mut unnamed_below = None;
        for (number, node) in (0..).zip(nodes) {
            let depth = usize::from(node.depth);
            while place.above.len() > depth.max(1) {
                place.above.pop();
                place.path.pop();
            }
            if unnamed_below.is_some_and(|limit| depth > limit) {
                continue;
            }
            unnamed_below = None;
            let wire = match place.above.last() {
                Some(parent) if depth > 0 => match parent.join(&node.name.to_string_lossy()) {
                    Ok(path) => path,
                    Err(_) => {
                        unnamed_below = Some(depth);
                        let path = parent.clone();
                        self.skip(item.index, number, path, Fault::NotAFile)?;
                        continue;
                    }
                },
                _ => RelativePath::itself(),
            };
            if depth > 0 {
                place.path.push(&*node.name);
            }
            let entry = |kind, size| Entry {
                item: item.index,
                entry: number,
                path: wire.clone(),
                kind,
                size,
                modified: Some(time(node.stamp.modified)),
                from: 0,
            };
            match node.what {
                _ if saved.contains(number) => {
                    if node.what == What::File {
                        self.progress.add(item.index, node.stamp.size);
                        self.progress.add_files(1);
                    }
                }
                What::File => match self.file(&place.path, &entry(EntryKind::File, node.stamp.size))? {
                    Ok(()) => {}
                    Err(Stopped::Grown) if may_grow => return Ok(Some(number)),
                    Err(Stopped::Grown) => self.skip(item.index, number, wire.clone(), Fault::Changed)?,
                    Err(Stopped::Fault(fault)) => self.skip(item.index, number, wire.clone(), fault)?,
                },
                What::Folder => {
                    self.small(entry(EntryKind::Folder, 0), Bytes::new(), [0; 32])?;
                }
                What::NotAFile => self.skip(item.index, number, wire.clone(), Fault::NotAFile)?,
                What::Unreadable => self.skip(item.index, number, wire.clone(), Fault::Unreadable)?,
                What::Gone => self.skip(item.index, number, wire.clone(), Fault::Gone)?,
            }
            if node.what == What::Folder {
                place.above.push(wire);
            } else if depth > 0 {
                place.path.pop();
            }
        }
        Ok(None)
    }

    /// Sends one file, as often as it changes and may begin anew. The inner error says why it doesn't come.
    fn file(&mut self, path: &Path, planned: &Entry) -> Result<Result<(), Stopped>, ReadingError> {
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

    fn small(&mut self, entry: Entry, content: Bytes, blake3: [u8; 32]) -> Result<(), ReadingError> {
        if !self.batch.fits(&entry, content.len()) {
            self.send_batch()?;
        }
        if self.batch.is_empty() {
            self.began = Instant::now();
        }
        match self.counts.bytes.last_mut() {
            Some((item, sum)) if *item == entry.item => *sum += entry.size,
            _ => self.counts.bytes.push((entry.item, entry.size)),
        }
        self.counts.files += u64::from(entry.kind == EntryKind::File);
        self.batch.push(entry, content, blake3);
        if self.began.elapsed() > BATCH_WITHIN { self.send_batch() } else { Ok(()) }
    }

    fn send_batch(&mut self) -> Result<(), ReadingError> {
        let Some(batch) = self.batch.take() else { return Ok(()) };
        let Counts { bytes, files } = std::mem::take(&mut self.counts);
        let frame = self.outbound.batch(batch)?;
        self.send(Piece { bytes, files, ..frame.into() })
    }

    fn skip(&mut self, item: u32, entry: u32, path: RelativePath, fault: Fault) -> Result<(), ReadingError> {
        self.send_batch()?;
        let frame = self.outbound.skipped(Skipped { item, entry, path: path.clone(), fault })?;
        self.send(Piece { skipped: Some((item, path, fault)), ..frame.into() })
    }

    fn send(&mut self, piece: Piece) -> Result<(), ReadingError> {
        self.out.blocking_send(piece).map_err(|_| ReadingError::Gone)
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

fn time(moment: Moment) -> Time {
    Time { seconds: moment.seconds, nanos: moment.nanoseconds }
}
