//! The receiving end of a data connection.
//!
//! The connection's task reads frames and answers; a writing thread makes the files (see `arrive`), a flushing thread
//! makes them durable and gives them their names (see `flush`). Between them are bounded channels, so a slow disk slows
//! the sender through TCP and costs no memory.

use std::{
    collections::VecDeque,
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::{mpsc, oneshot},
    time::timeout,
};

use super::{
    arrive::{Arrival, ArriveError, Arrived, Parts},
    events::{Outcome, Received, TransferError, problem_of},
    flush::{FlushError, Flushed, Flusher, Place, tell_named},
    folder::{FolderError, Missing, ReceiveFolder, explain},
    framed::{FrameReader, FrameWriter, Framed, ReadError},
    kept::Kept,
    plan::StopOnDrop,
    progress::Progress,
    room,
};
use crate::platform::files::is_full;
use crate::protocol::{
    Fingerprint, Ranges,
    consent::Consent,
    data::{Inbound, Incoming},
    frame::{Frame, Stage},
    message::{ByeReason, Failed, Fault, Item, ItemKind, Message, Saved},
};

/// What is read ahead of the disk, in frames of at most 1 MiB. With the one that is being read, the one that is being
/// written and what a batch takes when it is unpacked, one transfer holds at most 10 MiB; TLS and the kernel's own
/// buffers not counted.
const AHEAD: usize = 6;

/// Receipts that wait to be written, in bytes. Beyond that the sender isn't reading, and saving pauses.
const MAX_RECEIPTS: usize = 64 * 1024;

/// Groups of saved items that wait to be acknowledged here.
const MAX_UNACKNOWLEDGED: usize = 64;

/// How long the last words may take to reach the other side.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// All that a receiving transfer needs.
#[derive(Debug)]
pub struct Receiving {
    /// Who gives.
    pub with: Fingerprint,
    pub consent: Consent,
    pub into: ReceiveFolder,
    /// What earlier attempts left, as the acceptance says it.
    pub kept: Option<Kept>,
    /// Made for as many items as were offered.
    pub progress: Arc<Progress>,
    pub events: mpsc::Sender<Received>,
}

/// Receives until the other side is done, and everything is saved and told; to be called right after the Hello.
///
/// Dropping the future ends it: its threads notice within milliseconds, flush what there is, and what was not complete
/// waits for [`ReceiveFolder::kept`] or [`ReceiveFolder::discard`]. A silent connection is not noticed here but by the control connection beside it.
///
/// # Errors
/// See [`TransferError`]. What was saved before stays, and was told; nothing else lies under a final name.
pub async fn receive<S: AsyncRead + AsyncWrite + Send + 'static>(
    framed: Framed<S>,
    receiving: Receiving,
) -> Result<Outcome, TransferError> {
    let Framed { mut reader, mut writer } = framed;
    reader.enter(Stage::DataIn);
    let consent = receiving.consent.clone();
    let events = receiving.events.clone();
    let (with, into) = (receiving.with, receiving.into.clone());
    let told = receiving.kept.as_ref().map(|kept| kept.told.clone()).unwrap_or_default();
    let stop = StopOnDrop::default();
    let (arrived, arriving) = mpsc::channel(AHEAD);
    let (flushed, mut flushes) = mpsc::channel(MAX_UNACKNOWLEDGED);
    let (end, ended) = oneshot::channel();
    let flag = Arc::clone(&stop.0);
    std::thread::Builder::new()
        .name("fantail-write".to_owned())
        .spawn(move || end.send(save(receiving, arriving, &flushed, &flag)).ok())
        .map_err(TransferError::System)?;

    let mut input = Input { inbound: Inbound::new(consent.clone()), arrived: Some(arrived), lost: None };
    let mut unacknowledged = VecDeque::new();
    let mut outcome = Outcome::default();
    if !told.is_empty() {
        // It may not have heard so.
        outcome.saved.extend(told.iter());
        writer.push(Message::Saved(Saved { items: told, ..Saved::default() }).encode());
    }
    // Ends with whether all that is saved here was told there.
    let told = loop {
        let room = unacknowledged.len() < MAX_UNACKNOWLEDGED && writer.queued() < MAX_RECEIPTS;
        let acknowledged = tokio::select! {
            flush = flushes.recv(), if room => match flush {
                Some(flush) => {
                    unacknowledged.push_back(flush);
                    continue;
                }
                // Both threads are done, and all they said was told.
                None if unacknowledged.is_empty() => break Ok(()),
                None => acknowledged(&mut unacknowledged).await,
            },
            acknowledged = acknowledged(&mut unacknowledged), if !unacknowledged.is_empty() => acknowledged,
            written = writer.flush(), if writer.queued() > 0 && input.lost.is_none() => {
                if let Err(error) = written {
                    input.lose(TransferError::Connection(error));
                }
                continue;
            }
            next = Input::next(input.arrived.as_ref(), &mut reader), if input.arrived.is_some() => {
                input.take(next);
                continue;
            }
        };
        let told = match acknowledged {
            Ok(told) => tell(told, &mut outcome, &mut writer, &consent, &events).await,
            Err(error) => Err(error),
        };
        if told.is_err() {
            stop.0.store(true, Ordering::Relaxed);
            break told;
        }
    };
    drop((input.arrived.take(), flushes));
    outcome.saved.sort_unstable();
    let saved = ended.await.unwrap_or_else(|_| Err(TransferError::System(io::ErrorKind::Other.into())));
    if saved.is_ok() && told.is_ok() {
        // Not before all was acknowledged: until then only the journal knows what lies under its final name.
        let transfer = consent.transfer();
        tokio::task::spawn_blocking(move || into.end(with, transfer)).await.ok();
    }
    let result = told.and(input.lost.map_or(saved, Err));
    let last = match &result {
        Ok(()) => Message::Saved(Saved { all: true, ..Saved::default() }),
        Err(TransferError::Connection(_) | TransferError::Closed(_)) => return result.map(|()| outcome),
        Err(error) => match error.fault() {
            Some(fault) => Message::Failed(Failed { item: None, entry: None, fault }),
            None => Message::Bye(ByeReason::Misbehaved),
        },
    };
    writer.push(last.encode());
    let parting = async move { timeout(LAST_WORDS, part(reader, writer)).await.ok() };
    match result {
        Ok(()) => drop(parting.await),
        // What is wrong is known here first: the other side may be gone as soon as it hears of it.
        Err(error) => {
            tokio::spawn(parting);
            return Err(error);
        }
    }
    Ok(outcome)
}

/// What comes in over the connection.
struct Input {
    inbound: Inbound,
    /// `None` when nothing more is read.
    arrived: Option<mpsc::Sender<Arrived>>,
    lost: Option<TransferError>,
}

impl Input {
    /// The next frame, once there is room for it; `None` when the writing thread doesn't take any more.
    async fn next<S: AsyncRead>(
        arrived: Option<&mpsc::Sender<Arrived>>,
        reader: &mut FrameReader<S>,
    ) -> Option<Result<Option<Frame>, ReadError>> {
        room(arrived?).await?;
        Some(reader.next().await)
    }

    fn take(&mut self, next: Option<Result<Option<Frame>, ReadError>>) {
        let frame = match next {
            Some(Ok(Some(frame))) => frame,
            Some(Ok(None)) => return self.lose(TransferError::Closed(None)),
            Some(Err(error)) => return self.lose(error.into()),
            None => return self.arrived = None,
        };
        let arrived = match self.inbound.receive(frame) {
            Ok(Incoming::Entry(entry)) => Arrived::Entry(entry),
            Ok(Incoming::Chunk(bytes)) => Arrived::Chunk(bytes),
            Ok(Incoming::EntryEnd { blake3 }) => Arrived::EntryEnd { blake3 },
            Ok(Incoming::Batch(batch)) => Arrived::Batch(batch.entries),
            Ok(Incoming::Skipped(skipped)) => Arrived::Skipped(skipped),
            Ok(Incoming::End { .. }) => Arrived::End,
            Ok(Incoming::Bye(reason)) => return self.lose(TransferError::Closed(Some(reason))),
            Err(error) => return self.lose(TransferError::Misbehaved { what: error.to_string() }),
        };
        let ends = matches!(arrived, Arrived::End);
        let taken = self.arrived.as_ref().is_some_and(|channel| channel.try_send(arrived).is_ok());
        if ends || !taken {
            self.arrived = None;
        }
    }

    /// Nothing more comes. What was complete is still saved.
    fn lose(&mut self, why: TransferError) {
        self.arrived = None;
        self.lost.get_or_insert(why);
    }
}

/// Something the other side may hear now.
enum Told {
    Saved { items: Vec<u32>, files: u64, bytes: u64 },
    Failed { item: u32, fault: Fault },
}

/// The first in the queue, once it is acknowledged. Dropping the future leaves it there.
async fn acknowledged(queue: &mut VecDeque<Flushed>) -> Result<Told, TransferError> {
    if let Some(Flushed::Saved { acknowledged, .. }) = queue.front_mut() {
        acknowledged.await.unwrap_or(Err(TransferError::NobodyListens))?;
    }
    match queue.pop_front() {
        Some(Flushed::Saved { items, files, bytes, .. }) => Ok(Told::Saved { items, files, bytes }),
        Some(Flushed::Failed { item, fault }) => Ok(Told::Failed { item, fault }),
        None => std::future::pending().await,
    }
}

async fn tell<S: AsyncWrite>(
    told: Told,
    outcome: &mut Outcome,
    writer: &mut FrameWriter<S>,
    consent: &Consent,
    events: &mpsc::Sender<Received>,
) -> Result<(), TransferError> {
    match told {
        Told::Saved { items, files, bytes } => {
            outcome.saved.extend(&items);
            outcome.files += files;
            outcome.bytes += bytes;
            writer.push(Message::Saved(Saved { items: Ranges::from_numbers(items), ..Saved::default() }).encode());
        }
        Told::Failed { item, fault } => {
            let name = consent.offer().items.get(item as usize).map(|item| item.name.clone()).unwrap_or_default();
            let problem = problem_of(fault, true, name);
            outcome.failed.push((item, problem.clone()));
            events.send(Received::Failed { item, problem }).await.map_err(|_| TransferError::NobodyListens)?;
            writer.push(Message::Failed(Failed { item: Some(item), entry: None, fault }).encode());
        }
    }
    Ok(())
}

/// Says the last words and waits for the other side to close: closing first would reset the connection while bytes are
/// still coming, and the last words would be lost.
async fn part<S: AsyncRead + AsyncWrite>(mut reader: FrameReader<S>, mut writer: FrameWriter<S>) -> io::Result<()> {
    writer.flush().await?;
    while let Ok(Some(_)) = reader.next().await {}
    writer.close().await
}

/// The writing thread: makes the files, with the flushing thread beside it, until the end has come and all is flushed.
fn save(
    receiving: Receiving,
    mut arriving: mpsc::Receiver<Arrived>,
    flushed: &mpsc::Sender<Flushed>,
    stop: &AtomicBool,
) -> Result<(), TransferError> {
    let Receiving { with, consent, into, kept, progress, events } = receiving;
    let explain = |error| TransferError::from(explain(into.path(), error));
    let items = &consent.offer().items;
    let is_folder = |index: u32| items.get(index as usize).is_some_and(|item| item.kind == ItemKind::Folder);
    let accepted = &consent.accept().items;
    let all = Missing { bytes: consent.bytes(), files: consent.files() };
    into.check_room(kept.as_ref().map_or(all, |kept| kept.missing(items, accepted)))?;
    let kept = match kept {
        Some(kept) => kept,
        None => Kept::begin(into.begin(with, consent.transfer()).map_err(explain)?, items).map_err(explain)?,
    };
    let whole = kept.whole();
    show(&kept, items, &progress);
    let Kept { partials, journal, items: kept, named, .. } = kept;
    let for_flushing = partials.try_clone().map_err(explain)?;
    let journal = Mutex::new(journal);
    let (flusher, queue) = Flusher::new();
    let parts = Parts { partials, items, accepted, whole, progress: &progress, journal: &journal };
    let mut arrival = Arrival::new(parts, kept, flusher);
    let place = Place { partials: &for_flushing, target: &into, journal: &journal, events: &events, out: flushed };
    let result = std::thread::scope(|scope| {
        let flush = || tell_named(named, is_folder, &place).and_then(|()| queue.run(&place));
        let flushing = std::thread::Builder::new()
            .name("fantail-flush".to_owned())
            .spawn_scoped(scope, flush)
            .map_err(TransferError::System)?;
        let written = loop {
            let Some(arrived) = arriving.blocking_recv().filter(|_| !stop.load(Ordering::Relaxed)) else {
                // The connection was lost or the transfer dropped: its task knows which.
                break arrival.pause().and(Err(ArriveError::Gone));
            };
            let ends = matches!(arrived, Arrived::End);
            if ends {
                progress.finish();
            }
            match arrival.take(arrived) {
                Ok(()) if ends => break Ok(()),
                Ok(()) => {}
                Err(ArriveError::Io(error)) => {
                    // What is there is gone on with when it can be written again.
                    if is_full(&error) {
                        arrival.give_back().ok();
                    }
                    arrival.pause().ok();
                    break Err(error.into());
                }
                Err(error) => break Err(error),
            }
        };
        // The flushing thread ends when it has done what is queued; nothing more is read meanwhile.
        drop((arrival, arriving));
        let flushed = flushing.join().unwrap_or(Err(FlushError::Gone));
        match (flushed, written) {
            (Err(FlushError::Io(error)), _) | (_, Err(ArriveError::Io(error))) => Err(explain(error)),
            (_, Err(ArriveError::Rule(what))) => Err(TransferError::Misbehaved { what: what.to_owned() }),
            (Err(FlushError::Gone), _) | (_, Err(ArriveError::Gone)) => Err(TransferError::NobodyListens),
            (Ok(()), Ok(())) => Ok(()),
        }
    });
    drop((for_flushing, journal));
    if let Err(TransferError::Folder(FolderError::System(_)) | TransferError::Misbehaved { .. }) = &result {
        // Nobody will go on with it.
        into.discard(with, consent.transfer()).ok();
    }
    result
}

/// What needn't come counts as done.
fn show(kept: &Kept, items: &[Item], progress: &Progress) {
    for index in kept.whole().iter() {
        if let Some(item) = items.get(index as usize) {
            progress.add(index, item.size);
            progress.add_files(item.files);
        }
    }
    for (index, item) in &kept.items {
        progress.add(*index, item.bytes);
        progress.add_files(item.files);
    }
}
