//! Whole items, made durable and given their names: the thread that may say "saved".
//!
//! Order, for one file: flush of the file, move to a free name without replacing, flush of the folder, and only then is
//! it told. For several at once, and for folders: one flush of the file system, the moves, one flush of the folder.
//! Whatever completes within a tenth of a second, or while a flush runs, is flushed together.

use std::{
    ffi::OsStr,
    fs::File,
    io,
    path::PathBuf,
    time::{Duration, Instant},
};

use tokio::sync::{mpsc, oneshot};

use super::{
    events::{Received, SavedItem},
    folder::ReceiveFolder,
    names,
};
use crate::{
    platform::files::{self, FLUSHES_FILE_SYSTEM, Folder},
    protocol::message::Fault,
    store::model::ItemKind,
};

/// Items that wait to be flushed; each may hold an open file.
const WAITING: usize = 64;

/// Items flushed together at most.
const TOGETHER: usize = 1_000;

/// How long more is waited for before a flush: many small files then share one, and nobody sees a tenth of a second.
const GATHERING: Duration = Duration::from_millis(100);

/// So few files are flushed one by one: a flush of the whole file system also waits for what others write to it.
const FEW: usize = 16;

/// An item of which everything is written.
#[derive(Debug)]
pub(super) struct Complete {
    pub index: u32,
    pub is_folder: bool,
    /// Wanted in the receive folder.
    pub name: String,
    /// Still open, if it is a large file.
    pub file: Option<File>,
    pub size: u64,
    pub files: u64,
    pub left_out: Vec<(String, Fault)>,
    pub left_out_count: u64,
}

/// What the connection's task hears, in order.
#[derive(Debug)]
pub(super) enum Flushed {
    /// To be told to the other side when this one has been acknowledged.
    Saved {
        items: Vec<u32>,
        files: u64,
        bytes: u64,
        acknowledged: oneshot::Receiver<()>,
    },
    Failed {
        item: u32,
        fault: Fault,
    },
}

/// Nobody listens any more: the transfer was dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the transfer was dropped")]
pub(super) struct Gone;

/// The writing thread's end.
#[derive(Debug)]
pub(super) struct Flusher {
    queue: flume::Sender<Waiting>,
}

#[derive(Debug)]
enum Waiting {
    Complete(Complete),
    Failed { index: u32, fault: Fault },
}

impl Flusher {
    pub(super) fn new() -> (Self, FlushQueue) {
        let (queue, waiting) = flume::bounded(WAITING);
        (Self { queue }, FlushQueue { waiting })
    }

    pub(super) fn complete(&self, complete: Complete) -> Result<(), Gone> {
        self.queue.send(Waiting::Complete(complete)).map_err(|_| Gone)
    }

    pub(super) fn failed(&self, index: u32, fault: Fault) -> Result<(), Gone> {
        self.queue.send(Waiting::Failed { index, fault }).map_err(|_| Gone)
    }
}

/// The flushing thread's end.
#[derive(Debug)]
pub(super) struct FlushQueue {
    waiting: flume::Receiver<Waiting>,
}

/// Why flushing stopped.
#[derive(Debug, thiserror::Error)]
pub(super) enum FlushError {
    #[error("not flushed")]
    Io(#[from] io::Error),
    #[error("the transfer was dropped")]
    Gone,
}

impl From<Gone> for FlushError {
    fn from(Gone: Gone) -> Self {
        Self::Gone
    }
}

impl FlushQueue {
    /// Flushes until the writing thread is done.
    pub(super) fn run(
        self,
        partials: &Folder,
        target: &ReceiveFolder,
        events: &mpsc::Sender<Received>,
        out: &mpsc::Sender<Flushed>,
    ) -> Result<(), FlushError> {
        while let Ok(first) = self.waiting.recv() {
            let mut complete = Vec::new();
            for waiting in std::iter::once(first).chain(self.gather()) {
                match waiting {
                    Waiting::Complete(item) => complete.push(item),
                    Waiting::Failed { index, fault } => {
                        out.blocking_send(Flushed::Failed { item: index, fault }).map_err(|_| Gone)?;
                    }
                }
            }
            if complete.is_empty() {
                continue;
            }
            flush_content(partials, &mut complete)?;
            let mut moved = Vec::with_capacity(complete.len());
            let mut failure = None;
            for item in complete {
                match give_name(partials, target.folder(), &item) {
                    Ok(path) => moved.push((item, path)),
                    Err(error) => {
                        failure = Some(error);
                        break;
                    }
                }
            }
            // Also after a failure: what has its name already is saved.
            if !moved.is_empty() {
                target.folder().flush()?;
                tell(moved, events, out)?;
            }
            if let Some(error) = failure {
                return Err(error.into());
            }
        }
        Ok(())
    }

    /// What else becomes complete within [`GATHERING`]. Waits for nothing once everything has come.
    fn gather(&self) -> impl Iterator<Item = Waiting> + '_ {
        let until = Instant::now() + GATHERING;
        std::iter::from_fn(move || self.waiting.recv_deadline(until).ok()).take(TOGETHER)
    }
}

fn flush_content(partials: &Folder, items: &mut [Complete]) -> io::Result<()> {
    let one_by_one = !FLUSHES_FILE_SYSTEM || (items.len() <= FEW && items.iter().all(|item| !item.is_folder));
    if !one_by_one {
        // Closed before, so that nothing of them is written later.
        items.iter_mut().for_each(|item| item.file = None);
        return partials.flush_file_system();
    }
    // Where the file system can't be flushed as a whole, the files inside folders were flushed when they were written.
    for item in items.iter_mut().filter(|item| !item.is_folder) {
        let file = match item.file.take() {
            Some(file) => file,
            None => partials.file(OsStr::new(&item.index.to_string()))?,
        };
        files::flush_file(&file)?;
    }
    Ok(())
}

/// Moves an item to the first free form of its name.
fn give_name(partials: &Folder, target: &Folder, item: &Complete) -> io::Result<PathBuf> {
    let from = item.index.to_string();
    let mut wanted = item.name.clone();
    let mut n = 1;
    while n <= names::MAX_NUMBER {
        let name = names::candidate(&wanted, item.is_folder, n).into_owned();
        match partials.rename_new(OsStr::new(&from), target, OsStr::new(&name)) {
            Ok(()) => return Ok(target.path().join(name)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => n += 1,
            Err(error) if error.kind() == io::ErrorKind::InvalidFilename && wanted.len() > names::SHORT_NAME => {
                wanted = names::cut_short(&wanted, item.is_folder);
                n = 1;
            }
            Err(error) => return Err(error),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

fn tell(
    moved: Vec<(Complete, PathBuf)>,
    events: &mpsc::Sender<Received>,
    out: &mpsc::Sender<Flushed>,
) -> Result<(), Gone> {
    let (acknowledge, acknowledged) = oneshot::channel();
    let told = Flushed::Saved {
        items: moved.iter().map(|(item, _)| item.index).collect(),
        files: moved.iter().map(|(item, _)| item.files).sum(),
        bytes: moved.iter().map(|(item, _)| item.size).sum(),
        acknowledged,
    };
    let items = moved.into_iter().map(|(item, path)| SavedItem {
        index: item.index,
        kind: if item.is_folder { ItemKind::Folder } else { ItemKind::File },
        path,
        files: item.files,
        bytes: item.size,
        left_out_count: item.left_out_count,
        left_out: item.left_out.into_iter().map(|(path, fault)| super::events::problem_of(fault, true, path)).collect(),
    });
    events.blocking_send(Received::Saved { items: items.collect(), acknowledge }).map_err(|_| Gone)?;
    out.blocking_send(told).map_err(|_| Gone)
}
