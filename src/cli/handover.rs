//! Commands that are carried out by another process of this account: the one that has the engine already.
//!
//! Over the socket of [`crate::platform::instance`] goes what `exchange` describes. The end of the
//! stream means that nobody follows it any more, which cancels nothing.

use std::{
    fmt, io,
    path::PathBuf,
    sync::{
        Arc, Condvar, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use super::{
    commands::perform,
    exchange::{CANCEL, Envelope, LEAVE, LineReader, Role, Said, write_line},
    line::{Exit, Line},
    request::{Request, paths},
    session::{Session, Stop, TICK},
};
use crate::{
    engine::Handle,
    platform::instance::{Listener, Stopper, Stream},
    store::model::Problem,
};

/// Conversations at once: scripts that send to many. More have to wait at the door.
const MAX_CONVERSATIONS: usize = 16;

/// The request follows the connection at once.
const REQUEST_WITHIN: Duration = Duration::from_secs(10);

/// A terminal that doesn't take a line for so long is gone.
const TAKE_WITHIN: Duration = Duration::from_secs(10);

/// How long the last words are waited for after a stop.
const LAST_WORDS: Duration = Duration::from_secs(4);

/// Between two looks at a thread that is ending.
const JOIN_POLL: Duration = Duration::from_millis(5);

/// What came of handing a command over.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Handed {
    Done {
        role: Role,
        exit: Exit,
    },
    /// The other was just ending: try again.
    NotBegun,
    /// It ended in the middle.
    Lost,
}

/// Hands the request over and passes on what is said. `accepted` is told the other's language first; `answer` is asked
/// what the person says to the command's question.
pub(super) fn hand_over(
    stream: &Stream,
    request: &Request,
    stop: &Stop,
    mut accepted: impl FnMut(Option<&str>),
    mut say: impl FnMut(&Line),
    mut answer: impl FnMut() -> Option<bool>,
) -> Handed {
    let mut begun = None;
    let mut talk = || -> io::Result<Option<Exit>> {
        let mut writer = stream.try_clone()?;
        stream.set_read_timeout(Some(TICK))?;
        stream.set_write_timeout(Some(TAKE_WITHIN))?;
        write_line(&mut writer, &Envelope::new(request.clone()))?;
        let mut reader = LineReader::new(stream.try_clone()?);
        let mut stopping: Option<Instant> = None;
        loop {
            match reader.next(|| {
                if stop.requested() && stopping.is_none() {
                    stopping = Some(Instant::now());
                    write_line(&mut writer, &if stop.is_cancelled() { CANCEL } else { LEAVE }).ok();
                }
                if let Some(answer) = answer() {
                    write_line(&mut writer, &answer).ok();
                }
                stopping.is_some_and(|since| since.elapsed() > LAST_WORDS)
            })? {
                None => return Ok(stopping.map(|_| Exit::Stopped)),
                Some(Said::Accepted { role, language }) => {
                    begun = Some(role);
                    accepted(language.as_deref());
                }
                Some(Said::Line(line)) => say(&line),
                Some(Said::End(exit)) => return Ok(Some(exit)),
            }
        }
    };
    let ended = talk();
    stream.shutdown();
    match (begun, ended) {
        (Some(role), Ok(Some(exit))) => Handed::Done { role, exit },
        (Some(_), _) => Handed::Lost,
        (None, Ok(Some(exit))) => Handed::Done { role: Role::Command, exit },
        (None, _) => Handed::NotBegun,
    }
}

/// Carries out what other processes of this account hand over. Dropping it ends it.
pub struct Serving {
    stopper: Stopper,
    thread: Option<JoinHandle<()>>,
    shared: Arc<Shared>,
}

impl fmt::Debug for Serving {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Serving").field("role", &self.shared.role).finish_non_exhaustive()
    }
}

struct Shared {
    engine: Handle,
    role: Role,
    since: Instant,
    show: Box<dyn Fn(Vec<PathBuf>) + Send + Sync>,
    running: Mutex<usize>,
    changed: Condvar,
    /// Those that run should stop.
    ending: AtomicBool,
}

/// For the window's process: listens on threads of its own and carries out what is handed over with this engine.
/// `show` is called to bring the window to the front, with paths to be ready for sending; it must not block.
///
/// # Errors
/// The system gives no thread.
pub fn serve(
    listener: Listener,
    engine: Handle,
    show: impl Fn(Vec<PathBuf>) + Send + Sync + 'static,
) -> io::Result<Serving> {
    serve_as(Role::Window, listener, engine, show)
}

pub(super) fn serve_as(
    role: Role,
    listener: Listener,
    engine: Handle,
    show: impl Fn(Vec<PathBuf>) + Send + Sync + 'static,
) -> io::Result<Serving> {
    let shared = Arc::new(Shared {
        engine,
        role,
        since: Instant::now(),
        show: Box::new(show),
        running: Mutex::new(0),
        changed: Condvar::new(),
        ending: AtomicBool::new(false),
    });
    let stopper = listener.stopper();
    let for_thread = shared.clone();
    let thread = thread::Builder::new().name("fantail-door".into()).spawn(move || {
        while let Some(stream) = listener.accept() {
            converse(&for_thread, stream);
        }
    })?;
    Ok(Serving { stopper, thread: Some(thread), shared })
}

impl Serving {
    /// Lets nobody in any more, and waits until those who are in have been served or `stop` is requested.
    pub(super) fn finish(self, stop: &Stop) {
        self.stopper.stop();
        let mut running = self.shared.running();
        while *running > 0 && !stop.requested() {
            running = self.shared.changed.wait_timeout(running, TICK).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn end(&mut self) {
        self.shared.ending.store(true, Ordering::Release);
        self.stopper.stop();
        let until = Instant::now() + LAST_WORDS;
        if let Some(thread) = self.thread.take() {
            // It may never wake if somebody tidied its socket away; closing a window must not wait for that.
            while !thread.is_finished() && Instant::now() < until {
                thread::sleep(JOIN_POLL);
            }
        }
        // Their last words still go through the engine.
        let mut running = self.shared.running();
        while *running > 0 && Instant::now() < until {
            running = self.shared.changed.wait_timeout(running, TICK).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.end();
    }
}

impl Shared {
    fn running(&self) -> std::sync::MutexGuard<'_, usize> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts a conversation for as long as it lives.
struct Place(Arc<Shared>);

impl Drop for Place {
    fn drop(&mut self) {
        *self.0.running() -= 1;
        self.0.changed.notify_all();
    }
}

/// On a thread of its own, once there is a free place.
fn converse(shared: &Arc<Shared>, stream: Stream) {
    {
        let mut running = shared.running();
        while *running >= MAX_CONVERSATIONS && !shared.ending.load(Ordering::Acquire) {
            running = shared.changed.wait_timeout(running, TICK).unwrap_or_else(PoisonError::into_inner).0;
        }
        *running += 1;
    }
    let place = Place(shared.clone());
    let started = thread::Builder::new().name("fantail-handed".into()).spawn(move || {
        if let Err(error) = answer(&place.0, &stream) {
            log::info!("a command from another terminal ended early: {error}");
        }
        stream.shutdown();
    });
    if let Err(error) = started {
        log::warn!("no thread for a command from another terminal: {error}");
    }
}

fn answer(shared: &Arc<Shared>, stream: &Stream) -> io::Result<()> {
    stream.set_read_timeout(Some(TICK))?;
    stream.set_write_timeout(Some(TAKE_WITHIN))?;
    let mut writer = stream.try_clone()?;
    let mut reader = LineReader::new(stream.try_clone()?);
    let late = Instant::now() + REQUEST_WITHIN;
    let ending = || shared.ending.load(Ordering::Acquire);
    let Some(value) = reader.next::<serde_json::Value>(|| Instant::now() > late || ending())? else { return Ok(()) };

    let stop = Stop::default();
    let client = shared.engine.client(|| {});
    let language = client.snapshot().settings.language.clone();
    write_line(&mut writer, &Said::Accepted { role: shared.role, language })?;
    let Some(envelope) = Envelope::read(value) else {
        write_line(&mut writer, &Said::Line(Line::Error(Problem::Incompatible)))?;
        return write_line(&mut writer, &Said::End(Exit::Failed));
    };

    let watching = stop.clone();
    let (said, answers) = flume::bounded(1);
    let done = Arc::new(AtomicBool::new(false));
    let (until, watched) = (done.clone(), shared.clone());
    let watcher = thread::Builder::new().name("fantail-handed".into()).spawn(move || {
        let over = || until.load(Ordering::Acquire) || watched.ending.load(Ordering::Acquire);
        loop {
            match reader.next(over) {
                Ok(Some(serde_json::Value::Bool(answer))) => {
                    said.try_send(answer).ok();
                }
                Ok(Some(serde_json::Value::String(word))) if word == CANCEL => break watching.cancel(),
                _ => break watching.request(),
            }
        }
    })?;

    let exit = match envelope.into_request() {
        Request::Show { paths: kept } => {
            if shared.role == Role::Window {
                (shared.show)(paths(kept));
                Exit::Done
            } else {
                Exit::Failed
            }
        }
        Request::Who => Exit::Done,
        request => {
            let mut say = |line: Line| {
                if write_line(&mut writer, &Said::Line(line)).is_err() {
                    stop.request();
                }
            };
            let session = Session::new(client, shared.since, stop.clone(), &mut say);
            perform(request, &mut session.with_answers(Box::new(|| answers.try_recv().ok())))
        }
    };
    done.store(true, Ordering::Release);
    // First, since the watcher only sees at its next look that it is done.
    let ended = write_line(&mut writer, &Said::End(exit));
    watcher.join().ok();
    ended
}

#[cfg(test)]
mod tests;
