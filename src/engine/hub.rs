//! The one task that owns what is known and decides. It never waits for anybody but its own channels: see the
//! module above.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque},
    fmt,
    net::SocketAddr,
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use tokio::{
    sync::{Semaphore, mpsc, watch},
    task::JoinSet,
    time::Instant,
};

use super::{
    again::Opened,
    api::{Audience, Config, GroupId, KnownComputer, Me, Notice, Problem, Refusal, Settings, State},
    asks::Asks,
    attempts::Attempts,
    clients::{Asker, Clients, Request},
    comparing::Comparing,
    data::News,
    door::{Arrival, Connection, Door, DoorError},
    finding::Dialled,
    library::{Digest, Done, Library},
    link::{Heard, LinkId},
    links::{Link, Present},
    prepare::{Prepared, Unprepared},
    resolve::Sought,
    sending::Batch,
    shelf::PendingTake,
    snapshot::{Pace, View},
    taking::{Browse, Wish},
    thumbnails::Checks,
    transfer::{Key, Stage, Transfer},
    waiting::Waiting,
    waits::Waits,
};
use crate::{
    nearby::{Hint, Nearby, Status},
    platform::sleep::Awake,
    protocol::{Fingerprint, control::Control, message::ByeReason},
    transfer::Plan,
};

/// Messages that may wait for the hub. Their senders wait when it is full.
pub(super) const INBOX: usize = 256;

/// Hints that may wait; more are dropped, and come again with the next heartbeat.
pub(super) const HINTS: usize = 64;

/// Ages, retries and what else needs no precision are looked at this often.
const TICK: Duration = Duration::from_secs(1);

/// How often speeds are sampled and shown while something moves: less often than snapshots may come, so that its end is
/// still shown at once.
const SAMPLE: Duration = Duration::from_millis(125);

/// What moves for longer than this keeps the computer awake: nothing falls asleep as quickly.
const AWAKE_AFTER: Duration = Duration::from_secs(2);

/// Lines of [`Notice`]s kept.
const MAX_NOTICES: usize = 12;

/// Everything that is known, and by whom it is told. Each file of this room adds the methods of its subject.
pub(super) struct Hub {
    pub config: Config,
    pub myself: Fingerprint,
    /// The system's name for this computer.
    pub own_name: String,
    pub me: Me,
    pub settings: Settings,
    pub notices: Vec<Notice>,
    /// How long a stranger's question stands.
    pub patience: Duration,

    // Computers.
    pub known: BTreeMap<Fingerprint, KnownComputer>,
    pub present: BTreeMap<Fingerprint, Present>,
    pub links: BTreeMap<Fingerprint, Link>,
    /// What lost connections were at, for those that come back.
    pub left_controls: BTreeMap<Fingerprint, Control>,
    pub next_link: u64,

    // Finding them.
    pub door: Arc<Door>,
    pub nearby: Option<Nearby>,
    pub deaf_since: Option<Instant>,
    pub heard: HashMap<Fingerprint, (SocketAddr, Instant)>,
    pub late: HashSet<SocketAddr>,
    pub attempts: Attempts,
    /// Computers that take nothing from here: they are not dialled by ourselves.
    pub refused: Waits<Fingerprint>,
    pub dialling: usize,
    pub sought: Vec<Sought>,
    pub next_sought: u64,

    // Transfers.
    pub transfers: BTreeMap<Key, Transfer>,
    /// Ended here, oldest first, and not surely heard of there; also in the store.
    pub withdrawn: VecDeque<Key>,
    pub asks: Asks,
    /// Computers that accepted the last time without asking anybody.
    pub unasked: HashSet<Fingerprint>,
    /// Data connections that came before the answer they belong to.
    pub early: BTreeMap<Key, (Connection, Instant)>,
    pub next_sample: Option<Instant>,
    /// Places for those that send.
    pub sending: Arc<Semaphore>,
    /// When to look whose turn it is.
    pub next_turn: Option<Instant>,
    /// Copies of pictures lie there for transfers of these groups.
    pub renditions: BTreeSet<GroupId>,
    pub awake: Awake,
    pub moving_since: Option<Instant>,

    // The shelf.
    pub browses: Vec<Browse>,
    /// Takes of ours that no offer came for yet.
    pub takes: BTreeMap<Key, Wish>,
    /// Takes of others that this person is asked about.
    pub pending_takes: BTreeMap<Key, PendingTake>,

    pub comparing: Comparing,
    pub thumbnail_checks: Checks,
    pub waiting: Waiting,

    // Who is told.
    pub library: Library,
    pub digest: Digest,
    pub pace: Pace,
    pub view: Arc<View>,
    pub clients: Arc<Clients>,
    pub inbox: mpsc::Sender<Message>,
}

impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hub").finish_non_exhaustive()
    }
}

/// What the tasks tell the hub.
#[derive(Debug)]
pub(super) enum Message {
    /// Somebody knocked and said Hello.
    Arrived(Box<Arrival>),
    Dialled(Dialled),
    DataDialled(Key, Result<Box<Arrival>, DoorError>),
    LateHint(Hint),
    LookedUp(u64, Vec<SocketAddr>),
    Link(LinkId, Heard),
    Prepared(Batch, Result<Arc<Prepared>, Problem>),
    WalkedAgain(Key, u32, Result<Arc<Prepared>, Unprepared>),
    /// The same items with digests.
    Digested(Key, u32, Arc<Prepared>),
    FolderOpened {
        key: Key,
        attempt: u32,
        always: bool,
        opened: Result<Box<Opened>, Problem>,
    },
    News(Key, News),
    ShelfPlanned(Asker, Audience, Result<Plan, Problem>),
    ThumbnailMade(Key, u32, Bytes),
    ThumbnailsChecked(Key, u32, Vec<(u32, Arc<[u8]>)>),
}

/// What the hub listens to.
pub(super) struct Ears {
    pub inbox: mpsc::Receiver<Message>,
    pub done: mpsc::Receiver<Done>,
    pub hints: mpsc::Receiver<Hint>,
    pub nearby: watch::Receiver<Status>,
    pub requests: flume::Receiver<Request>,
    pub stopped: flume::Receiver<Duration>,
    /// The tasks that accept connections, ended with the hub.
    pub listening: JoinSet<()>,
}

impl Hub {
    /// Works until it is told to stop, then says goodbye.
    pub async fn run(mut self, mut ears: Ears) {
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let within = loop {
            let room = self.library.has_room();
            let due = self.due();
            tokio::select! {
                within = ears.stopped.recv_async() => break within.unwrap_or_default(),
                Some(finished) = ears.done.recv() => self.done(finished),
                Some(message) = ears.inbox.recv(), if room => self.message(message),
                Ok(request) = ears.requests.recv_async(), if room => self.command(request),
                Some(hint) = ears.hints.recv(), if room => self.hint(hint, false),
                Ok(()) = ears.nearby.changed() => self.nearby_changed(),
                _ = tick.tick() => self.tick(),
                () = tokio::time::sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {}
            }
            self.timers(Instant::now());
        };
        self.end(ears, within).await;
    }

    /// One line for this person; the oldest goes when there are too many, and nothing is said twice.
    pub fn notice(&mut self, notice: Notice) {
        if !self.notices.contains(&notice) {
            self.notices.push(notice);
            let surplus = self.notices.len().saturating_sub(MAX_NOTICES);
            self.notices.drain(..surplus);
            self.pace.touch();
        }
    }

    /// It is over.
    pub fn withdraw_notice(&mut self, notice: &Notice) {
        let before = self.notices.len();
        self.notices.retain(|other| other != notice);
        if self.notices.len() < before {
            self.pace.touch();
        }
    }

    /// The disk didn't take the last change of the store.
    pub fn store_refuses(&self) -> bool {
        self.notices.iter().any(|notice| matches!(notice, Notice::StoreRefuses(_)))
    }

    /// Shows everything as it is now.
    pub fn publish(&mut self, now: Instant) {
        self.view.store(self.snapshot());
        self.pace.published(now);
        self.clients.wake();
    }

    fn message(&mut self, message: Message) {
        match message {
            Message::Arrived(arrival) => self.arrived(*arrival, false),
            Message::Dialled(dialled) => self.dialled(dialled),
            Message::DataDialled(key, result) => self.data_dialled(key, result),
            Message::LateHint(hint) => self.hint(hint, true),
            Message::LookedUp(id, addresses) => self.looked_up(id, addresses),
            Message::Link(id, heard) => self.link_said(id, heard),
            Message::Prepared(batch, prepared) => self.prepared(batch, prepared),
            Message::WalkedAgain(key, attempt, prepared) => self.walked_again(key, attempt, prepared),
            Message::Digested(key, attempt, prepared) => self.digested(key, attempt, prepared),
            Message::FolderOpened { key, attempt, always, opened } => self.folder_opened(key, attempt, always, opened),
            Message::News(key, news) => self.news(key, news),
            Message::ShelfPlanned(from, audience, plan) => self.shelf_planned(from, audience, plan),
            Message::ThumbnailMade(key, item, picture) => self.thumbnail_made(key, item, picture),
            Message::ThumbnailsChecked(key, attempt, good) => self.thumbnails_checked(key, attempt, good),
        }
    }

    fn done(&mut self, done: Done) {
        self.library.took();
        if let Some(digest) = done.digest {
            self.digest = digest;
            self.pace.touch();
        }
        for refusal in [Refusal::Full, Refusal::NotWritable] {
            let notice = Notice::StoreRefuses(refusal);
            match done.refusal == Some(refusal) {
                true => self.notice(notice),
                false => self.withdraw_notice(&notice),
            }
        }
        (done.then)(self);
    }

    fn tick(&mut self) {
        let now = Instant::now();
        self.check_links(now);
        self.fade_strangers(now);
        self.look_around();
        self.dial_sought();
        self.notice_deafness(now);
        self.overdue_early(now);
        self.drop_left_takes(now);
        if self.forget_unheard(now) {
            self.pace.touch();
        }
    }

    /// When something is to be done next.
    fn due(&self) -> Option<Instant> {
        let asks = self.asks.next_expiry().map(Instant::from_std);
        let transfers = self.transfers.values().filter_map(Transfer::due).min();
        let browses = self.browses.iter().map(Browse::due).min();
        let all =
            [self.pace.due(), asks, transfers, browses, self.next_sought(), self.next_sample, self.comparing.due()];
        let waiting = self.waiting.due().map(Instant::from_std);
        all.into_iter().chain([self.next_turn, waiting]).flatten().min()
    }

    fn timers(&mut self, now: Instant) {
        let is_due = |at: Option<Instant>| at.is_some_and(|at| at <= now);
        if is_due(self.asks.next_expiry().map(Instant::from_std)) {
            self.overdue_asks(now);
        }
        if is_due(self.waiting.due().map(Instant::from_std)) {
            self.waiting.expire(now.into_std());
            self.pace.touch();
        }
        if is_due(self.transfers.values().filter_map(Transfer::due).min()) {
            self.overdue_transfers(now);
        }
        if is_due(self.next_turn) {
            self.take_turns(now);
        }
        if is_due(self.browses.iter().map(Browse::due).min()) {
            self.overdue_browses(now);
        }
        if is_due(self.comparing.due()) {
            self.overdue_comparison(now);
        }
        if is_due(self.next_sought()) {
            self.look_again();
        }
        if self.next_sample.is_none_or(|at| at <= now) {
            let moving = self.sample_transfers(now);
            self.keep_awake(now);
            self.next_sample = moving.then(|| now + SAMPLE);
            if moving {
                self.pace.touch();
            }
        }
        if is_due(self.pace.due()) {
            self.publish(now);
        }
    }

    /// The computer may fall asleep only while nothing moves.
    fn keep_awake(&mut self, now: Instant) {
        let moves = self.transfers.values().any(Transfer::moves);
        self.moving_since = moves.then(|| self.moving_since.unwrap_or(now));
        self.awake.keep(self.moving_since.is_some_and(|since| now.duration_since(since) >= AWAKE_AFTER));
    }

    /// Says goodbye to everybody, writes down what stopped, and waits for the store to have it.
    async fn end(mut self, ears: Ears, within: Duration) {
        let Ears { listening, mut done, mut inbox, .. } = ears;
        drop(listening);
        drop(self.nearby.take());
        let everybody: Vec<Fingerprint> = self.links.keys().copied().collect();
        for with in everybody {
            self.hang_up(with, ByeReason::Closing);
        }
        for (key, transfer) in std::mem::take(&mut self.transfers) {
            // What rests says so already.
            let rests = matches!(transfer.stage, Stage::Away { .. }) && transfer.lost.is_none();
            if !transfer.can_go_on() {
                self.write_state(key, State::Stopped(Problem::Closed));
            } else if !rests {
                self.write_state(key, State::Held(transfer.away()));
            }
        }
        self.publish(Instant::now());
        let Self { library, inbox: own, .. } = self;
        drop(own);
        let thread = library.close();
        // The first ends when the store's thread does, the second when all links have said their last words.
        let written = async { while done.recv().await.is_some() {} };
        let said = async { while inbox.recv().await.is_some() {} };
        let last_words = tokio::time::timeout(super::LAST_WORDS.min(within / 2), said);
        if tokio::time::timeout(within, async { tokio::join!(written, last_words) }).await.is_ok() {
            thread.join().ok();
        }
    }
}
