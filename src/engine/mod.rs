//! The background networking thread: commands in, events out. No egui.
//!
//! [`api`] is all that the window and the command line know of it. Who starts whom:
//!
//! ```text
//! Engine::start ── thread "fantail-engine", owning a tokio runtime of two workers
//!   └─ hub        the one task that owns what is known: computers, links, transfers, questions, the shelf
//!        ├─ library     thread "fantail-store": the database, one job after another
//!        ├─ nearby      hints: somebody may be at this address
//!        ├─ listener    one task per socket; one short task per arriving connection until it has said who it is
//!        ├─ dialer      one task per attempt to reach a computer
//!        ├─ link        one task per control connection; speaks `protocol::control`
//!        └─ data        one task per transfer that moves
//! ```
//!
//! Everybody tells the hub through one bounded channel and waits while it is full; the hub never waits for anybody: it
//! hands on with `try_send` and drops whom it finds stuck. So nothing here can wait in a circle.
#![forbid(unsafe_code)]

mod accepting;
mod again;
pub mod api;
mod asking;
mod asks;
mod attempts;
mod clients;
mod commands;
mod comparing;
mod data;
mod deciding;
mod dialer;
mod door;
mod finding;
mod going;
mod hub;
mod ids;
mod library;
mod link;
mod links;
mod listener;
mod needed;
mod offering;
mod pasted;
mod pausing;
mod prepare;
mod presence;
mod queue;
mod renditions;
mod resending;
mod resolve;
mod secure;
mod sending;
mod shelf;
mod snapshot;
mod socket;
mod start;
mod stream;
mod taking;
#[cfg(test)]
mod tests;
mod thumbnails;
mod transfer;
mod transfers;
mod unfinished;
mod waiting;
mod waits;
mod whom;
mod withdrawing;

use std::{path::PathBuf, sync::Arc, thread::JoinHandle, time::Duration};

use self::{
    api::Config,
    clients::{Clients, Request},
    snapshot::View,
};
use crate::{
    platform::{self, home::Unwritable},
    trust::IdentityError,
};
pub use clients::{Busy, Client};

/// One for the hub and small things, one for a transfer; hashing and disk work have threads of their own.
const WORKERS: usize = 2;

/// Commands that may wait for the hub, of all clients together. A person's clicks never get near it.
const COMMAND_QUEUE: usize = 256;

/// How long a dropped engine is waited for; `shutdown` says how long itself.
const DROP_GRACE: Duration = Duration::from_secs(1);

/// How long a connection may take to close when all is said.
const LAST_WORDS: Duration = Duration::from_millis(300);

/// A running engine. Dropping it shuts it down.
#[derive(Debug)]
pub struct Engine {
    clients: Arc<Clients>,
    commands: flume::Sender<Request>,
    view: Arc<View>,
    stop: Option<flume::Sender<Duration>>,
    ended: flume::Receiver<()>,
    thread: Option<JoinHandle<()>>,
}

/// Makes clients of an engine wherever one is needed, without keeping the engine running.
#[derive(Clone, Debug)]
pub struct Handle {
    clients: Arc<Clients>,
    commands: flume::Sender<Request>,
    view: Arc<View>,
}

impl Handle {
    /// As [`Engine::client`]. Of an engine that has ended, it only shows the last snapshot and is always [`Busy`].
    pub fn client(&self, wake: impl Fn() + Send + Sync + 'static) -> Client {
        Client::new(&self.clients, self.commands.clone(), self.view.clone(), wake)
    }
}

/// Why an engine could not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The system gave no thread or no event queue.
    #[error("the networking thread could not be started")]
    Thread(#[source] std::io::Error),
    /// A port was demanded and is taken, or no port can be opened at all.
    #[error("the port {port} could not be opened")]
    Port {
        port: u16,
        #[source]
        source: std::io::Error,
    },
    /// The database can't be used, and not be set aside either.
    #[error("the database could not be opened")]
    Store {
        folder: PathBuf,
        #[source]
        source: crate::store::StoreError,
    },
    #[error("this computer's identity could not be loaded or made")]
    Identity(#[source] IdentityError),
    #[error("secure connections could not be set up")]
    Tls(#[source] crate::trust::TlsError),
    /// The thread ended before it was ready.
    #[error("the networking thread ended at its start")]
    Ended,
}

impl StartError {
    /// The folder that takes nothing, if that is the reason.
    #[must_use]
    pub fn unwritable(&self) -> Option<Unwritable> {
        match self {
            Self::Identity(IdentityError::Io { path, source }) => Some(Unwritable::new(path, source)),
            Self::Store { folder, source } => {
                source.refusal().map(|why| Unwritable { folder: folder.clone(), full: why == api::Refusal::Full })
            }
            _ => None,
        }
    }
}

impl Engine {
    /// Starts the thread and returns when the port is bound and the identity and the database are open: some ten
    /// milliseconds.
    pub fn start(config: Config) -> Result<Self, StartError> {
        Self::start_with(config, None)
    }

    /// With another patience for strangers' questions than a minute.
    fn start_with(config: Config, patience: Option<Duration>) -> Result<Self, StartError> {
        let clients = Arc::new(Clients::default());
        let view = Arc::new(View::default());
        let (commands, requests) = flume::bounded(COMMAND_QUEUE);
        let (stop, stopped) = flume::bounded(1);
        let (ready, started) = flume::bounded(1);
        let (end, ended) = flume::bounded(1);
        let parts = start::Parts { config, clients: clients.clone(), view: view.clone(), requests, stopped, patience };
        let thread = std::thread::Builder::new()
            .name("fantail-engine".into())
            .spawn(move || {
                run(parts, &ready);
                end.try_send(()).ok();
            })
            .map_err(StartError::Thread)?;
        started.recv().map_err(|_| StartError::Ended)??;
        Ok(Self { clients, commands, view, stop: Some(stop), ended, thread: Some(thread) })
    }

    /// Another pair of hands on this engine. `wake` is called, from the engine's threads, after an event was queued or
    /// a newer snapshot published; it must be quick and must not call back into the client.
    pub fn client(&self, wake: impl Fn() + Send + Sync + 'static) -> Client {
        Client::new(&self.clients, self.commands.clone(), self.view.clone(), wake)
    }

    /// For those who make clients of their own, such as the door for commands from other terminals.
    pub fn handle(&self) -> Handle {
        Handle { clients: self.clients.clone(), commands: self.commands.clone(), view: self.view.clone() }
    }

    /// Says goodbye to everybody and ends the thread. `false` if it took longer than `within`; it then ends by itself.
    pub fn shutdown(mut self, within: Duration) -> bool {
        self.end(within)
    }

    fn end(&mut self, within: Duration) -> bool {
        let Some(stop) = self.stop.take() else { return true };
        stop.try_send(within).ok();
        let in_time = self.ended.recv_timeout(within) != Err(flume::RecvTimeoutError::Timeout);
        if let (true, Some(thread)) = (in_time, self.thread.take()) {
            thread.join().ok();
        }
        in_time
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.end(DROP_GRACE);
    }
}

fn run(parts: start::Parts, ready: &flume::Sender<Result<(), StartError>>) {
    let clients = parts.clients.clone();
    if parts.config.beside_window {
        // Before any thread is started from here: reading, hashing and writing inherit it.
        platform::priority::let_others_go_first();
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .thread_name("fantail-engine")
        .enable_all()
        .build();
    match runtime {
        Err(error) => drop(ready.try_send(Err(StartError::Thread(error)))),
        Ok(runtime) => {
            runtime.block_on(start::run(parts, ready));
            // What still reads a slow disk is left behind; everybody was told goodbye.
            runtime.shutdown_background();
        }
    }
    clients.end();
}

/// By this computer's clock.
fn now() -> api::Millis {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    api::Millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
