//! The giving end of a data connection.
//!
//! A thread reads and hashes a little ahead (see `read`); the connection's task writes what it read and hears what was
//! saved.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    sync::Arc,
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::{
        mpsc::{self, error::TryRecvError},
        oneshot,
    },
    time::timeout,
};

use super::{
    events::{Delivered, Outcome, TransferError, problem_of},
    framed::{FrameReader, FrameWriter, Framed},
    plan::Plan,
    progress::Progress,
    read::{self, Hashed, Piece, ReadingError},
};
use crate::protocol::{
    consent::Consent,
    data::{Receipt, Receipts},
    frame::{Frame, Stage},
    message::{ByeReason, Fault, Message},
    names::RelativePath,
};
use crate::store::model::Problem;

/// Frames that are read ahead of the network, of at most 1 MiB (batches) or 256 KiB (chunks). With the one being read
/// and the one being written, one transfer holds at most 8 MiB, TLS and the kernel's own buffers not counted.
const AHEAD: usize = 6;

/// How long a connection may take to close when all is said.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// All that a giving transfer needs.
#[derive(Debug)]
pub struct Sending {
    /// The items of the consent's offer are this plan's, one by one.
    pub plan: Arc<Plan>,
    pub consent: Consent,
    /// Made for as many items as were offered.
    pub progress: Arc<Progress>,
    /// Of the transfer's earlier attempts.
    pub hashed: Arc<Hashed>,
    /// A file that became too large ends the attempt with [`TransferError::Grown`], instead of being left out.
    pub may_grow: bool,
    pub events: mpsc::Sender<Delivered>,
}

/// Sends the accepted items until the other side has said that everything is saved; to be called right after the Hello.
///
/// Dropping the future ends it; its thread notices with the next piece it has read. A silent connection is not noticed
/// here but by the control connection beside it.
///
/// # Errors
/// See [`TransferError`]. What the other side said is saved, is.
pub async fn send<S: AsyncRead + AsyncWrite>(framed: Framed<S>, sending: Sending) -> Result<Outcome, TransferError> {
    let Sending { plan, consent, progress, hashed, may_grow, events } = sending;
    let Framed { mut reader, mut writer } = framed;
    reader.enter(Stage::DataOut);
    let (out, mut pieces) = mpsc::channel(AHEAD);
    let (end, mut ended) = oneshot::channel();
    let runtime = tokio::runtime::Handle::current();
    let (agreed, shown) = (consent.clone(), Arc::clone(&progress));
    std::thread::Builder::new()
        .name("fantail-read".to_owned())
        .spawn(move || end.send(read::run(&plan, &agreed, &shown, &hashed, may_grow, out, &runtime)).ok())
        .map_err(TransferError::System)?;

    let mut state = State::new(consent, progress, events);
    while !state.receipts.is_finished() {
        tokio::select! {
            piece = next(&mut pieces, &mut writer, state.written), if !state.written || writer.queued() > 0 => match piece {
                Ok(Some(piece)) => {
                    let frame = state.account(piece).await?;
                    writer.push(frame);
                }
                Ok(None) if state.written => {}
                Ok(None) => return Err(why((&mut ended).await)),
                Err(error) => return Err(state.last_words(error, &mut reader).await),
            },
            frame = reader.next() => state.hear(frame?).await?,
        }
    }
    writer.push(Message::Bye(ByeReason::Done).encode());
    // All is said: how the connection closes doesn't matter any more.
    timeout(LAST_WORDS, writer.close()).await.ok();
    state.finish()
}

/// Bytes that are gathered before they are written.
const GATHER: usize = 64 * 1024;

/// The next piece, `None` after the last; meanwhile what is queued gets written. Dropping the future loses nothing.
async fn next<S: AsyncWrite>(
    pieces: &mut mpsc::Receiver<Piece>,
    writer: &mut FrameWriter<S>,
    was_last: bool,
) -> io::Result<Option<Piece>> {
    if was_last {
        writer.flush().await?;
        return Ok(None);
    }
    if writer.queued() >= GATHER {
        writer.write().await?;
    }
    match pieces.try_recv() {
        Ok(piece) => Ok(Some(piece)),
        Err(TryRecvError::Disconnected) => Ok(None),
        Err(TryRecvError::Empty) => {
            writer.flush().await?;
            Ok(pieces.recv().await)
        }
    }
}

/// Why the reading thread ended without its last piece.
fn why(ended: Result<Result<(), ReadingError>, oneshot::error::RecvError>) -> TransferError {
    match ended {
        Ok(Err(ReadingError::Grown(grown))) => TransferError::Grown(grown),
        Ok(Err(error)) => TransferError::System(io::Error::other(error)),
        _ => TransferError::System(io::Error::other("reading ended early")),
    }
}

struct State {
    consent: Consent,
    receipts: Receipts,
    progress: Arc<Progress>,
    events: mpsc::Sender<Delivered>,
    saved: BTreeSet<u32>,
    failed: BTreeMap<u32, Problem>,
    files: u64,
    bytes: u64,
    /// The end has been queued.
    written: bool,
}

impl State {
    fn new(consent: Consent, progress: Arc<Progress>, events: mpsc::Sender<Delivered>) -> Self {
        Self {
            receipts: Receipts::new(consent.clone()),
            consent,
            progress,
            events,
            saved: BTreeSet::new(),
            failed: BTreeMap::new(),
            files: 0,
            bytes: 0,
            written: false,
        }
    }

    /// Counts a piece that is going to be written.
    async fn account(&mut self, piece: Piece) -> Result<Frame, TransferError> {
        let Piece { frame, bytes, void, files, skipped, last } = piece;
        if let Some((item, count)) = void {
            self.progress.take_back(item, count);
            self.bytes = self.bytes.saturating_sub(count);
        }
        for (item, count) in bytes {
            self.progress.add(item, count);
            self.bytes += count;
        }
        self.files += files;
        self.progress.add_files(files);
        if let Some((item, path, fault)) = skipped {
            if path.is_itself() {
                self.fail(item, fault, true).await?;
            } else {
                let problem = problem_of(fault, true, self.name(item, &path));
                self.tell(Delivered::LeftOut { item, problem }).await?;
            }
        }
        if last {
            self.written = true;
            self.progress.finish();
        }
        Ok(frame)
    }

    /// Takes in what the other side says.
    async fn hear(&mut self, frame: Option<Frame>) -> Result<(), TransferError> {
        let frame = frame.ok_or(TransferError::Closed(None))?;
        let receipt = self.receipts.receive(frame, self.written);
        match receipt.map_err(|error| TransferError::Misbehaved { what: error.to_string() })? {
            Receipt::Saved(saved) => {
                let failed = &self.failed;
                let items: Vec<u32> = saved.items.iter().filter(|item| !failed.contains_key(item)).collect();
                if items.is_empty() {
                    return Ok(());
                }
                self.saved.extend(&items);
                self.tell(Delivered::Saved { items }).await
            }
            Receipt::Failed(failed) => match (failed.item, failed.entry) {
                (None, _) => Err(TransferError::Remote(failed.fault)),
                (Some(item), None) => self.fail(item, failed.fault, false).await,
                (Some(item), Some(_)) => {
                    let problem = problem_of(failed.fault, false, self.name(item, &RelativePath::itself()));
                    self.tell(Delivered::LeftOut { item, problem }).await
                }
            },
            Receipt::Bye(reason) => Err(TransferError::Closed(Some(reason))),
        }
    }

    /// Nothing more can be written: perhaps the other side has said why before it closed.
    async fn last_words<S: AsyncRead>(&mut self, error: io::Error, reader: &mut FrameReader<S>) -> TransferError {
        let listen = async {
            while let Ok(Some(frame)) = reader.next().await {
                if let Err(error @ (TransferError::Remote(_) | TransferError::Closed(Some(_)))) =
                    self.hear(Some(frame)).await
                {
                    return Some(error);
                }
            }
            None
        };
        timeout(LAST_WORDS, listen).await.ok().flatten().unwrap_or(TransferError::Connection(error))
    }

    async fn fail(&mut self, item: u32, fault: Fault, here: bool) -> Result<(), TransferError> {
        if self.failed.contains_key(&item) || self.saved.contains(&item) {
            return Ok(());
        }
        let problem = problem_of(fault, here, self.name(item, &RelativePath::itself()));
        self.failed.insert(item, problem.clone());
        self.tell(Delivered::Failed { item, problem }).await
    }

    async fn tell(&self, delivered: Delivered) -> Result<(), TransferError> {
        self.events.send(delivered).await.map_err(|_| TransferError::NobodyListens)
    }

    fn name(&self, item: u32, path: &RelativePath) -> String {
        let name = self.consent.offer().items.get(item as usize).map_or("", |item| item.name.as_str());
        if path.is_itself() { name.to_owned() } else { format!("{name}/{path}") }
    }

    fn finish(self) -> Result<Outcome, TransferError> {
        let Self { consent, saved, failed, files, bytes, .. } = self;
        let told = |item: &u32| saved.contains(item) || failed.contains_key(item);
        if !consent.accept().items.iter().all(|item| told(&item)) {
            return Err(TransferError::Misbehaved { what: "it forgot some items".to_owned() });
        }
        Ok(Outcome { saved: saved.into_iter().collect(), failed: failed.into_iter().collect(), files, bytes })
    }
}
