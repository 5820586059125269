//! Whole items, made durable and given their names: the thread that may say "saved".
//!
//! Order, for one file: flush of the file, move to a free name without replacing, flush of the folder, and only then is
//! it told. For several at once, and for folders: one flush of the file system, the moves, one flush of the folder.
//! Whatever completes within a tenth of a second, or while a flush runs, is flushed together.
//!
//! From time to time what is under way is flushed too, and then written down in the journal: a [`Checkpoint`].

mod naming;

use std::{
    cell::Cell,
    ffi::OsStr,
    fs::File,
    io,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::sync::{mpsc, oneshot};

pub(super) use self::naming::tell_named;
use self::naming::{Moved, announce, give_name, tell, untouched};
use super::{
    content::Digest,
    events::{Acknowledged, Received},
    folder::ReceiveFolder,
    journal::{Journal, Record},
};
use crate::{
    platform::files::{self, Folder, Stamp},
    protocol::message::Fault,
};

/// Items that wait to be flushed; each may hold an open file.
const WAITING: usize = 64;

/// Items flushed together at most.
const TOGETHER: usize = 1_000;

/// How long more is waited for before a flush: many small files then share one, and nobody sees a tenth of a second.
const GATHERING: Duration = Duration::from_millis(100);

/// So few files are flushed one by one: a flush of the whole file system also waits for what others write to it.
const FEW: usize = 16;

/// Between two checkpoints, at least: what came since the last one comes again after a crash.
const CHECKPOINT_AFTER: Duration = Duration::from_secs(1);

/// The same for files inside folders: that flushes the whole file system, and many small ones come in a second.
const NAMES_AFTER: Duration = Duration::from_secs(5);

/// And so many times as long as the last one took, so that a slow disk spends little of its time on them.
const CHECKPOINT_SHARE: u32 = 4;

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
    /// Of a file: its digest, and what it was when it was hashed.
    pub known: Option<(Digest, Stamp)>,
    pub files: u64,
    pub left_out: Vec<(String, Fault)>,
    pub left_out_count: u64,
}

/// What is under way, to be flushed and then written down, so that another attempt can go on from it.
#[derive(Debug)]
pub(super) struct Checkpoint {
    /// The file of `groups`.
    pub file: Option<File>,
    /// Files and folders were made too: everything that was written down before `upto` is to be flushed.
    pub names: bool,
    pub upto: u64,
    /// Written down when the file is flushed.
    pub groups: Vec<Record>,
}

/// What the connection's task hears, in order.
#[derive(Debug)]
pub(super) enum Flushed {
    /// To be told to the other side when this one has been acknowledged.
    Saved {
        items: Vec<u32>,
        files: u64,
        bytes: u64,
        acknowledged: oneshot::Receiver<Acknowledged>,
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
    took: Arc<AtomicU64>,
    last: Cell<(Instant, Duration)>,
}

/// How often it is looked whether a checkpoint is made.
const SETTLING: Duration = Duration::from_millis(5);

/// What a checkpoint is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum About {
    /// The beginning of a large file.
    Groups,
    /// Files inside a folder.
    Names,
}

#[derive(Debug)]
enum Waiting {
    Complete(Complete),
    Failed { index: u32, fault: Fault },
    Checkpoint(Checkpoint),
}

/// Instead of how long a checkpoint took: it isn't done.
const UNDER_WAY: u64 = u64::MAX;

impl Flusher {
    pub(super) fn new() -> (Self, FlushQueue) {
        let (queue, waiting) = flume::bounded(WAITING);
        let took = Arc::new(AtomicU64::new(0));
        let last = Cell::new((Instant::now(), Duration::ZERO));
        (Self { queue, took: Arc::clone(&took), last }, FlushQueue { waiting, took })
    }

    /// Whether the last one is done, and long enough ago. Also where none can be made any more: that shows then, instead
    /// of when all has come.
    pub(super) fn is_checkpoint_due(&self, about: About) -> bool {
        if self.queue.is_disconnected() {
            return true;
        }
        let (last, took) = self.last.get();
        let pause = if about == About::Groups { CHECKPOINT_AFTER } else { NAMES_AFTER };
        last.elapsed() >= pause.max(took * CHECKPOINT_SHARE) && self.took.load(Ordering::Relaxed) != UNDER_WAY
    }

    /// Goes on while it is made; those that follow wait for it.
    pub(super) fn checkpoint(&self, checkpoint: Checkpoint) -> Result<(), Gone> {
        let took = match self.took.swap(UNDER_WAY, Ordering::Relaxed) {
            UNDER_WAY => Duration::ZERO,
            millis => Duration::from_millis(millis),
        };
        self.last.set((Instant::now(), took));
        self.queue.send(Waiting::Checkpoint(checkpoint)).map_err(|_| Gone)
    }

    /// Waits until what a checkpoint says stands in the journal.
    pub(super) fn settle(&self) -> Result<(), Gone> {
        while self.took.load(Ordering::Relaxed) == UNDER_WAY {
            if self.queue.is_disconnected() {
                return Err(Gone);
            }
            std::thread::sleep(SETTLING);
        }
        Ok(())
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
    /// Milliseconds that the last checkpoint took.
    took: Arc<AtomicU64>,
}

/// Where the flushing thread works, and whom it tells.
pub(super) struct Place<'a> {
    pub partials: &'a Folder,
    pub target: &'a ReceiveFolder,
    pub journal: &'a Mutex<Journal>,
    pub events: &'a mpsc::Sender<Received>,
    pub out: &'a mpsc::Sender<Flushed>,
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
    pub(super) fn run(self, place: &Place<'_>) -> Result<(), FlushError> {
        let Place { partials, target, journal, out, .. } = *place;
        while let Ok(first) = self.waiting.recv() {
            let (mut complete, mut checkpoints) = (Vec::new(), Vec::new());
            for waiting in std::iter::once(first).chain(self.gather()) {
                match waiting {
                    Waiting::Complete(item) => complete.push(item),
                    Waiting::Checkpoint(checkpoint) => checkpoints.push(checkpoint),
                    Waiting::Failed { index, fault } => {
                        out.blocking_send(Flushed::Failed { item: index, fault }).map_err(|_| Gone)?;
                    }
                }
            }
            for checkpoint in checkpoints {
                let begin = Instant::now();
                checkpoint.make(partials, journal)?;
                let took = u64::try_from(begin.elapsed().as_millis()).unwrap_or(0);
                self.took.store(took, Ordering::Relaxed);
            }
            if complete.is_empty() {
                continue;
            }
            announce(partials, journal, &complete)?;
            flush_content(partials, journal, &mut complete)?;
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
                let moved = moved.into_iter().map(|(item, path)| {
                    let known = item.known.and_then(|(digest, hashed)| Some((digest, untouched(&path, &hashed)?)));
                    (Moved { known, ..item.into() }, path)
                });
                tell(moved.collect(), place)?;
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

impl Checkpoint {
    fn make(self, partials: &Folder, journal: &Mutex<Journal>) -> io::Result<()> {
        let Self { file, names, upto, groups } = self;
        if names && partials.flushes_file_system() {
            partials.flush_file_system()?;
        } else if let Some(file) = &file {
            file.sync_data()?;
        }
        let mut journal = lock(journal);
        if names {
            journal.append(&Record::Flushed { upto })?;
        }
        for record in &groups {
            journal.append(record)?;
        }
        journal.flush()
    }
}

pub(super) fn lock(journal: &Mutex<Journal>) -> MutexGuard<'_, Journal> {
    journal.lock().unwrap_or_else(PoisonError::into_inner)
}

fn flush_content(partials: &Folder, journal: &Mutex<Journal>, items: &mut [Complete]) -> io::Result<()> {
    let few = items.len() <= FEW && items.iter().all(|item| !item.is_folder);
    if !few && partials.flushes_file_system() {
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
    lock(journal).flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flush_that_failed_shows_at_once_and_not_when_everything_has_come() {
        let (flusher, queue) = Flusher::new();
        let checkpoint = || Checkpoint { file: None, names: false, upto: 0, groups: Vec::new() };
        flusher.checkpoint(checkpoint()).unwrap();
        assert!(!flusher.is_checkpoint_due(About::Groups), "the first is under way");
        // The flushing thread ends with its error.
        drop(queue);
        assert!(flusher.is_checkpoint_due(About::Groups), "the disk is written to in vain");
        assert_eq!(flusher.checkpoint(checkpoint()), Err(Gone));
    }
}
