//! What is sent, read from the disk: the thread that opens, reads and hashes, a little ahead of the network.
//!
//! It walks through what was planned, file by file ([`file`]). What can't be read, has vanished or keeps changing is
//! skipped with a note, and the rest goes on. A file that became larger than what was agreed to has to be offered again.
//! What the other side has already is passed over.

mod file;

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use tokio::sync::mpsc;

pub use self::file::Hashed;
use self::file::Stopped;
use super::{
    plan::{Node, Plan, Source, What},
    progress::Progress,
    room,
};
use crate::{
    platform::files::Moment,
    protocol::{
        Ranges,
        buffers::Buffers,
        consent::Consent,
        data::{BatchBuilder, DataError, Outbound},
        frame::Frame,
        message::{Entry, EntryKind, Fault, Skipped, Time},
        names::RelativePath,
    },
};

/// A batch that is not full goes after this: a slow disk shall not look like a standstill.
const BATCH_WITHIN: Duration = Duration::from_millis(200);

/// A file that became too large for what was agreed to, and what tells whether anything else of its item changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grown {
    pub item: u32,
    /// Its number inside the item.
    pub entry: u32,
    /// As [`Plan::digest_without`] it.
    pub rest: [u8; 32],
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
    runtime: &tokio::runtime::Handle,
) -> Result<(), ReadingError> {
    let accepted = &consent.accept().items;
    let mut reader = Reader {
        outbound: Outbound::new(consent.clone()),
        consent,
        progress,
        hashed,
        out,
        runtime,
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
    runtime: &'a tokio::runtime::Handle,
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
        self.runtime.block_on(room(&self.out)).ok_or(ReadingError::Gone)?;
        self.out.try_send(piece).map_err(|_| ReadingError::Gone)
    }
}

fn time(moment: Moment) -> Time {
    Time { seconds: moment.seconds, nanos: moment.nanoseconds }
}
