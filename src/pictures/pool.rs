//! Two threads that make pictures ready, newest request first, sizes before pictures; a third waits for the system where
//! that is to make them, so that one film holds up no photograph.
//!
//! Bounded everywhere: at most [`MAX_WAITING`] requests wait (the oldest is sent back as
//! [`PictureError::Postponed`]), at most [`MAX_FINISHED`] results lie ready; a window that doesn't take them slows the
//! threads, not the other way round. Dropping a [`Ticket`] takes its request back.

use std::{
    collections::VecDeque,
    io,
    path::PathBuf,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
};

use super::{
    Finished, Outcome, PictureError, Request, RequestId, Source, Wanted,
    decode::{Answered, answer},
    kept::Kept,
    limits::{MAX_FINISHED, MAX_WAITING, THREADS},
    turn::turned,
};

/// The pool. Dropping it ends the threads after what they are at; they are not waited for.
pub struct Previews {
    shared: Arc<Shared>,
    /// What the system is to be asked about.
    foreign: Arc<Shared>,
    finished: flume::Receiver<Finished>,
    next: AtomicU64,
}

impl Previews {
    /// Starts the threads. `wake` is called after each result, from a thread of the pool.
    pub fn start(wake: impl Fn() + Send + Sync + 'static) -> io::Result<Self> {
        let (shared, foreign) = (Arc::new(Shared::default()), Arc::new(Shared::default()));
        let (results, finished) = flume::bounded(MAX_FINISHED);
        let wake: Arc<dyn Fn() + Send + Sync> = Arc::new(wake);
        // Made first, so that an error below ends those threads that run.
        let pool =
            Self { shared: Arc::clone(&shared), foreign: Arc::clone(&foreign), finished, next: AtomicU64::new(1) };
        for _ in 0..THREADS {
            let (shared, foreign) = (Arc::clone(&shared), Arc::clone(&foreign));
            let (results, wake) = (results.clone(), Arc::clone(&wake));
            thread::Builder::new()
                .name("fantail-pictures".to_owned())
                .spawn(move || work(&shared, Some(&foreign), &results, wake.as_ref()))?;
        }
        thread::Builder::new()
            .name("fantail-foreign".to_owned())
            .spawn(move || work(&foreign, None, &results, wake.as_ref()))?;
        Ok(pool)
    }

    /// From now on previews for a conversation are kept in `folder` and found there again; the first folder counts.
    pub fn keep_in(&self, folder: PathBuf) {
        let kept = Arc::new(Kept::new(folder));
        for shared in [&self.shared, &self.foreign] {
            shared.kept.set(Arc::clone(&kept)).ok();
        }
    }

    /// Puts a request before all that wait. Never blocks. Keep the ticket while the picture is in sight.
    #[must_use = "dropping the ticket takes the request back"]
    pub fn request(&self, request: Request) -> Ticket {
        let id = RequestId(self.next.fetch_add(1, Ordering::Relaxed));
        let cancelled = Arc::new(AtomicBool::new(false));
        self.shared.put(Job { id, request, cancelled: Arc::clone(&cancelled), postponed: false });
        Ticket { id, cancelled }
    }

    /// The next result, if one is there.
    pub fn try_finished(&self) -> Option<Finished> {
        self.finished.try_recv().ok()
    }

    /// Requests that no thread has begun.
    pub fn waiting(&self) -> usize {
        self.shared.queue().waiting.len()
    }
}

impl std::fmt::Debug for Previews {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Previews").field("waiting", &self.waiting()).finish_non_exhaustive()
    }
}

impl Drop for Previews {
    fn drop(&mut self) {
        self.shared.end();
        self.foreign.end();
    }
}

/// A request that is under way. Dropping it takes the request back; a result may still come and is to be ignored.
#[derive(Debug)]
pub struct Ticket {
    id: RequestId,
    cancelled: Arc<AtomicBool>,
}

impl Ticket {
    pub fn id(&self) -> RequestId {
        self.id
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }
}

#[derive(Default)]
struct Shared {
    queue: Mutex<Queue>,
    something_to_do: Condvar,
    kept: OnceLock<Arc<Kept>>,
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        // Nothing is decoded under this lock, so a poisoned one still holds a sound queue.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, job: Job) {
        let mut queue = self.queue();
        if queue.ended {
            return;
        }
        queue.waiting.push_back(job);
        queue.postpone_what_is_too_much();
        drop(queue);
        self.something_to_do.notify_one();
    }

    fn end(&self) {
        let mut queue = self.queue();
        queue.ended = true;
        queue.waiting.clear();
        drop(queue);
        self.something_to_do.notify_all();
    }

    /// Waits for the newest request. `None` when the pool has ended.
    fn next(&self) -> Option<Job> {
        let mut queue = self.queue();
        loop {
            if queue.ended {
                return None;
            }
            if let Some(job) = queue.postponed.pop_front().or_else(|| queue.newest()) {
                return Some(job);
            }
            queue = self.something_to_do.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

#[derive(Default)]
struct Queue {
    /// The newest is at the back.
    waiting: VecDeque<Job>,
    /// To be answered without being decoded.
    postponed: VecDeque<Job>,
    ended: bool,
}

impl Queue {
    /// Sizes before pictures: they are read in a millisecond, and places on the screen depend on them.
    fn newest(&mut self) -> Option<Job> {
        let size = self.waiting.iter().rposition(|job| job.request.wanted == Wanted::Size);
        match size {
            Some(at) => self.waiting.remove(at),
            None => self.waiting.pop_back(),
        }
    }

    fn postpone_what_is_too_much(&mut self) {
        if self.waiting.len() <= MAX_WAITING {
            return;
        }
        self.waiting.retain(|job| !job.is_cancelled());
        while self.waiting.len() > MAX_WAITING {
            if let Some(mut oldest) = self.waiting.pop_front() {
                oldest.postponed = true;
                self.postponed.push_back(oldest);
            }
        }
        // Nobody has taken an answer for as long as this: the oldest are not answered at all.
        while self.postponed.len() > MAX_WAITING {
            self.postponed.pop_front();
        }
    }
}

struct Job {
    id: RequestId,
    request: Request,
    cancelled: Arc<AtomicBool>,
    postponed: bool,
}

impl Job {
    fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }
}

/// What the decoders have no answer to goes `onward`, if there is such a place.
fn work(shared: &Shared, onward: Option<&Shared>, results: &flume::Sender<Finished>, wake: &(dyn Fn() + Send + Sync)) {
    while let Some(job) = shared.next() {
        if job.is_cancelled() {
            continue;
        }
        let kept = shared.kept.get().map(Arc::as_ref);
        let (stamp, result) = if job.postponed {
            (None, Err(PictureError::Postponed))
        } else {
            answer(&job.request, kept, onward.is_none(), &|| job.is_cancelled())
        };
        if let (Err(PictureError::NeedsSystem(_)), Source::File(_), Some(onward)) =
            (&result, &job.request.source, onward)
        {
            onward.put(job);
            continue;
        }
        // Shown first, then kept.
        let new = match &result {
            Ok(Answered { outcome: Outcome::Picture(picture), new: Some(key) }) if picture.frames.len() == 1 => {
                kept.map(|kept| (kept, *key, picture.clone()))
            }
            _ => None,
        };
        if !job.is_cancelled() {
            let result = result.map(|answered| turned(answered.outcome, job.request.turns));
            // An error means that the pool was dropped: `next` ends this thread.
            if results.send(Finished { id: job.id, stamp, result }).is_ok() {
                wake();
            }
        }
        if let Some((kept, key, picture)) = new {
            kept.keep(key, &picture);
        }
    }
}
