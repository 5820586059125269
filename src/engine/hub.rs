//! The one task that owns what is known and decides. It never waits for anybody but its own channels: see the
//! module above.

use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};

use tokio::{sync::mpsc, time::Instant};

use super::{
    StartError,
    api::{Config, KnownComputer, Me, Notice, Settings},
    asks::Asks,
    clients::{Clients, Request},
    library::{Digest, Done, Found, Library},
    listener::{self, Sockets},
    snapshot::{Pace, View},
};
use crate::protocol::Fingerprint;

/// What the hub is made of.
#[derive(Debug)]
pub(super) struct Parts {
    pub config: Config,
    pub clients: Arc<Clients>,
    pub view: Arc<View>,
    pub requests: flume::Receiver<Request>,
    pub stopped: flume::Receiver<Duration>,
}

/// Messages that may wait for the hub. Their senders wait when it is full.
const INBOX: usize = 256;

/// Ages, retries and what else needs no precision are looked at this often.
const TICK: Duration = Duration::from_secs(1);

/// Lines of [`Notice`]s kept.
const MAX_NOTICES: usize = 12;

/// Everything that is known, and by whom it is told.
pub(super) struct Hub {
    pub config: Config,
    pub me: Me,
    pub settings: Settings,
    pub known: BTreeMap<Fingerprint, KnownComputer>,
    pub asks: Asks,
    pub library: Library,
    pub digest: Digest,
    pub pace: Pace,
    pub view: Arc<View>,
    pub clients: Arc<Clients>,
    pub inbox: mpsc::Sender<Message>,
    pub notices: Vec<Notice>,
}

impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hub").finish_non_exhaustive()
    }
}

/// What the tasks tell the hub.
#[derive(Debug)]
pub(super) enum Message {}

pub(super) async fn run(parts: Parts, ready: &flume::Sender<Result<(), StartError>>) {
    let Parts { config, clients, view, requests, stopped } = parts;
    let (mut hub, mut inbox, mut done) = match start(config, clients, view).await {
        Ok(started) => started,
        Err(error) => return drop(ready.try_send(Err(error))),
    };
    hub.publish(Instant::now());
    ready.try_send(Ok(())).ok();
    let mut tick = tokio::time::interval(TICK);
    let within = loop {
        let room = hub.library.has_room();
        let due = hub.due();
        tokio::select! {
            within = stopped.recv_async() => break within.unwrap_or_default(),
            Some(finished) = done.recv() => hub.done(finished),
            Some(message) = inbox.recv(), if room => hub.message(message),
            Ok(request) = requests.recv_async(), if room => hub.command(request),
            _ = tick.tick() => hub.tick(),
            () = tokio::time::sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {}
        }
        hub.timers(Instant::now());
    };
    hub.end(done, within).await;
}

async fn start(
    config: Config,
    clients: Arc<Clients>,
    view: Arc<View>,
) -> Result<(Hub, mpsc::Receiver<Message>, mpsc::Receiver<Done>), StartError> {
    let (library, opening, done) = Library::start(config.home.database.clone()).map_err(StartError::Thread)?;
    let Sockets { port, sockets: _ } = listener::open(config.port, config.loopback_only)?;
    let Found { set_aside, start } = opening.await.map_err(|_| StartError::Ended)?.map_err(StartError::Store)?;
    let me = Me { port, folder: config.home.received.clone(), ..Me::default() };
    let (inbox, messages) = mpsc::channel(INBOX);
    let mut hub = Hub {
        config,
        me,
        settings: Settings::default(),
        known: start.known.into_iter().map(|known| (known.fingerprint, known)).collect(),
        asks: Asks::default(),
        library,
        digest: start.digest,
        pace: Pace::default(),
        view,
        clients,
        inbox,
        notices: Vec::new(),
    };
    if let Some(path) = set_aside {
        hub.notice(Notice::StoreSetAside { path });
    }
    hub.apply_settings(start.settings);
    Ok((hub, messages, done))
}

impl Hub {
    /// One line for this person; the oldest goes when there are too many, and nothing is said twice.
    pub fn notice(&mut self, notice: Notice) {
        if !self.notices.contains(&notice) {
            self.notices.push(notice);
            let surplus = self.notices.len().saturating_sub(MAX_NOTICES);
            self.notices.drain(..surplus);
            self.pace.touch();
        }
    }

    fn message(&mut self, message: Message) {
        match message {}
    }

    fn done(&mut self, done: Done) {
        self.library.took();
        if let Some(digest) = done.digest {
            self.digest = digest;
            self.pace.touch();
        }
        (done.then)(self);
    }

    fn tick(&mut self) {}

    /// When something is to be done next.
    fn due(&self) -> Option<Instant> {
        let asks = self.asks.next_expiry().map(Instant::from_std);
        [self.pace.due(), asks].into_iter().flatten().min()
    }

    fn timers(&mut self, now: Instant) {
        if self.asks.next_expiry().is_some_and(|at| at <= now.into_std()) {
            for ask in self.asks.expired(now.into_std()) {
                log::debug!("nobody answered {}", ask.with);
            }
            self.pace.touch();
        }
        if self.pace.due().is_some_and(|due| due <= now) {
            self.publish(now);
        }
    }

    fn publish(&mut self, now: Instant) {
        self.view.store(self.snapshot());
        self.pace.published(now);
        self.clients.wake();
    }

    /// Says goodbye, and waits for the store to have written what it was given.
    async fn end(self, mut done: mpsc::Receiver<Done>, within: Duration) {
        let Self { library, .. } = self;
        let thread = library.close();
        let written = async { while done.recv().await.is_some() {} };
        if tokio::time::timeout(within, written).await.is_ok() {
            thread.join().ok();
        }
    }
}
