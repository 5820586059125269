//! The database's own thread, "fantail-store": one job after another, in the order they were posted.
//!
//! A job runs there and hands back what is to happen then, which the hub does with itself as argument. So the hub never
//! waits for the disk, and what was posted first is in the store first.

use std::{collections::BTreeMap, io, path::PathBuf, thread::JoinHandle};

use tokio::sync::{mpsc, oneshot};

use super::{clients::Asker, hub::Hub};
use crate::{
    engine::api::{Problem, Reply},
    protocol::Fingerprint,
    store::{Opened, Refusal, Store, StoreError},
};

/// The hub takes no new work while so many jobs are under way. Each of its steps posts a few at most.
const COMFORTABLE: usize = 512;

/// With room for the steps that were begun: a person's largest send posts one job per recipient and some more.
const QUEUE: usize = 2 * COMFORTABLE;

/// What the hub does when a job is done.
pub(super) type Then = Box<dyn FnOnce(&mut Hub) + Send>;

/// The store, or why it can't be opened, once that is known.
pub(super) type Opening = oneshot::Receiver<Result<Found, StoreError>>;

type Job = Box<dyn FnOnce(&mut Store) -> Then + Send>;

/// A job that is done.
pub(super) struct Done {
    pub then: Then,
    /// If the store has a newer revision.
    pub digest: Option<Digest>,
    /// Why the store's disk took no change the last time.
    pub refusal: Option<Refusal>,
}

/// What the snapshot says about the store.
#[derive(Debug, Clone, Default)]
pub(super) struct Digest {
    pub revision: i64,
    pub unread: BTreeMap<Fingerprint, u32>,
}

/// What was found when the store was opened.
pub(super) struct Found {
    pub set_aside: Option<PathBuf>,
    pub start: Box<Start>,
}

/// Everything the hub keeps a mirror of.
#[derive(Debug, Default)]
pub(super) struct Start {
    pub known: Vec<crate::store::model::KnownComputer>,
    pub comparisons: Vec<(Fingerprint, crate::store::model::Millis)>,
    pub settings: crate::store::model::Settings,
    pub digest: Digest,
    /// In the order of their queues.
    pub unfinished: Vec<crate::store::Unfinished>,
    /// Oldest first.
    pub withdrawn: Vec<super::transfer::Key>,
}

/// The hub's end of the store.
#[derive(Debug)]
pub(super) struct Library {
    jobs: flume::Sender<Job>,
    under_way: usize,
    thread: JoinHandle<()>,
}

impl Library {
    /// Starts the thread, which opens the store first and says so.
    pub fn start(path: PathBuf) -> io::Result<(Self, Opening, mpsc::Receiver<Done>)> {
        let (jobs, queue) = flume::bounded::<Job>(QUEUE);
        let (opened, opening) = oneshot::channel();
        // As long as the queue of jobs: its sender never waits, so hub and library can't wait for each other.
        let (finished, done) = mpsc::channel(QUEUE + 1);
        let thread = std::thread::Builder::new()
            .name("fantail-store".into())
            .spawn(move || run(&path, &queue, opened, &finished))?;
        Ok((Self { jobs, under_way: 0, thread }, opening, done))
    }

    /// Whether the hub may take up new work.
    pub fn has_room(&self) -> bool {
        self.under_way < COMFORTABLE
    }

    /// Runs `job` on the store's thread, then `then` in the hub.
    pub fn post<T: Send + 'static>(
        &mut self,
        job: impl FnOnce(&mut Store) -> T + Send + 'static,
        then: impl FnOnce(&mut Hub, T) + Send + 'static,
    ) {
        let job: Job = Box::new(move |store| {
            let result = job(store);
            Box::new(move |hub: &mut Hub| then(hub, result))
        });
        match self.jobs.try_send(job) {
            Ok(()) => self.under_way += 1,
            // `has_room` makes this impossible short of a thread that died.
            Err(error) => log::error!("the store takes nothing more: {error}"),
        }
    }

    /// Something to be written whose success nobody waits for.
    pub fn write<T>(
        &mut self,
        what: &'static str,
        job: impl FnOnce(&mut Store) -> Result<T, StoreError> + Send + 'static,
    ) {
        self.post(
            move |store| {
                if let Err(error) = job(store) {
                    log::error!("{what} could not be written: {error}");
                }
            },
            |_, ()| {},
        );
    }

    /// Answers a command with what the store says.
    pub fn answer(&mut self, asker: Asker, job: impl FnOnce(&mut Store) -> Result<Reply, StoreError> + Send + 'static) {
        self.post(job, |_, result| asker.reply(result.map_err(|error| error.problem())));
    }

    /// Counts a [`Done`].
    pub fn took(&mut self) {
        self.under_way = self.under_way.saturating_sub(1);
    }

    /// Takes no more jobs; the thread ends after those that were posted.
    pub fn close(self) -> JoinHandle<()> {
        self.thread
    }
}

fn run(
    path: &std::path::Path,
    queue: &flume::Receiver<Job>,
    opened: oneshot::Sender<Result<Found, StoreError>>,
    finished: &mpsc::Sender<Done>,
) {
    let mut store = match open(path) {
        Ok((store, found)) => {
            if opened.send(Ok(found)).is_err() {
                return;
            }
            store
        }
        Err(error) => return drop(opened.send(Err(error))),
    };
    let mut revision = store.revision().unwrap_or_default();
    while let Ok(job) = queue.recv() {
        let then = job(&mut store);
        let digest = digest(&store, &mut revision);
        // The hub may be gone already; what was posted is written all the same.
        finished.blocking_send(Done { then, digest, refusal: store.refusal() }).ok();
    }
}

fn open(path: &std::path::Path) -> Result<(Store, Found), StoreError> {
    let (Opened { store, set_aside }, start) = Store::open_reading(path, |store| {
        Ok(Start {
            known: store.computers()?,
            comparisons: store.comparisons()?,
            settings: store.settings()?,
            digest: Digest { revision: store.revision()?, unread: store.unread()? },
            unfinished: store.unfinished()?,
            withdrawn: store.withdrawn()?,
        })
    })?;
    Ok((store, Found { set_aside, start: Box::new(start) }))
}

fn digest(store: &Store, seen: &mut i64) -> Option<Digest> {
    let revision = store.revision().ok().filter(|revision| revision != seen)?;
    *seen = revision;
    Some(Digest { revision, unread: store.unread().unwrap_or_default() })
}

/// The sentence for a computer that is not in the store.
pub(super) fn unknown(with: Fingerprint) -> Problem {
    Problem::NotFound { whom: with.to_string() }
}
