//! One task per control connection: frames in, frames out. What they mean is the hub's, which holds the
//! [`Control`](crate::protocol::control::Control) of each connection.
//!
//! The hub is given a few frames ahead ([`FRAMES_AHEAD`]) and no more: a side that talks faster than it is listened to
//! is slowed by TCP.

use std::{io, sync::Arc, time::Duration};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use super::{door::Connection, hub::Message};
use crate::{
    protocol::{
        Fingerprint,
        frame::{Frame, Stage},
    },
    transfer::framed::ReadError,
};

/// Frames of one connection that the hub has not looked at yet. Each may be as large as a text.
const FRAMES_AHEAD: usize = 2;

/// Frames on their way out of the hub; more wait in the connection's `Control`, which bounds them by bytes too.
pub(super) const FRAMES_OUT: usize = 8;

/// After the last frame, for the other side to close as well; what is unread would make the kernel reset the
/// connection and lose our last words.
const LINGER: Duration = Duration::from_millis(300);

/// What a link tells the hub.
#[derive(Debug)]
pub(super) enum Heard {
    /// The permit goes back when the hub has looked at it.
    Frame(Frame, OwnedSemaphorePermit),
    /// There is room for more frames.
    Drained,
    Ended(LinkEnd),
}

#[derive(Debug)]
pub(super) enum LinkEnd {
    /// Closed or broken.
    Closed,
    /// No stream of frames.
    Misbehaved,
}

/// Tells one connection from another of the same pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LinkId {
    pub with: Fingerprint,
    pub number: u64,
}

/// Starts the task. It ends when the other side does, or when the sender of frames is dropped and all are written.
pub(super) fn start(id: LinkId, connection: Connection, hub: mpsc::Sender<Message>) -> mpsc::Sender<Frame> {
    let (frames, out) = mpsc::channel(FRAMES_OUT);
    tokio::spawn(run(id, connection, out, hub));
    frames
}

async fn run(id: LinkId, connection: Connection, mut out: mpsc::Receiver<Frame>, hub: mpsc::Sender<Message>) {
    let (mut reader, mut writer) = connection.split();
    reader.enter(Stage::Control);
    let ahead = Arc::new(Semaphore::new(FRAMES_AHEAD));
    let read = async {
        loop {
            // Never closed.
            let Ok(permit) = ahead.clone().acquire_owned().await else { return LinkEnd::Closed };
            let frame = match reader.next().await {
                Ok(Some(frame)) => frame,
                Ok(None) | Err(ReadError::Io(_) | ReadError::CutOff) => return LinkEnd::Closed,
                Err(error) => {
                    log::info!("{} broke the rules: {error}", id.with);
                    return LinkEnd::Misbehaved;
                }
            };
            if hub.send(Message::Link(id, Heard::Frame(frame, permit))).await.is_err() {
                return LinkEnd::Closed;
            }
        }
    };
    tokio::pin!(read);
    let write = async {
        let mut frames = Vec::with_capacity(FRAMES_OUT);
        while out.recv_many(&mut frames, FRAMES_OUT).await > 0 {
            let was_full = frames.len() == FRAMES_OUT;
            for frame in frames.drain(..) {
                writer.push(frame);
            }
            writer.flush().await?;
            if was_full && hub.send(Message::Link(id, Heard::Drained)).await.is_err() {
                break;
            }
        }
        writer.close().await?;
        tokio::time::sleep(LINGER).await;
        Ok::<_, io::Error>(())
    };
    let end = tokio::select! {
        end = &mut read => end,
        _ = write => LinkEnd::Closed,
    };
    hub.send(Message::Link(id, Heard::Ended(end))).await.ok();
}
