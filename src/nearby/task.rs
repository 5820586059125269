//! The task that announces and listens.

use std::{
    collections::BTreeMap,
    io,
    net::SocketAddr,
    time::{Duration, Instant},
};

use tokio::{
    sync::{mpsc, watch},
    time::sleep_until,
};

use super::{
    Hint, NearbyConfig, Status, Wishes,
    announcement::Announcement,
    changes::{Change, Changes},
    limits::{Limits, READS_PER_WINDOW, WINDOW},
    links::{Link, Links},
    sockets::{Ear, Mouth},
};

/// After the start and after every change of network: at once, and again because the first datagrams on a network that
/// just came up are often lost. The last is within the two seconds in which others should see this computer.
const BURST: [Duration; 4] =
    [Duration::ZERO, Duration::from_millis(250), Duration::from_millis(650), Duration::from_millis(900)];

/// Three may be lost before others call this computer gone (15 s), which they only do without a connection.
const HEARTBEAT: Duration = Duration::from_millis(4_750);

/// Up to so much is added to the heartbeat, by a number of each program's own, so that many don't speak in step.
const SPREAD_MILLIS: u64 = 250;

/// Between two announcements that somebody asked for.
const PAUSE: Duration = Duration::from_secs(1);

/// How often the networks are read where the system doesn't tell of changes: soon enough that a cable or a Wi-Fi is used
/// within two seconds.
const LOOK_AT_LINKS: Duration = Duration::from_secs(1);

/// Between two readings because the system told of changes: plugging in makes several of them.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// A listening socket with so many errors in a row is opened anew. Windows reports a datagram that is too long as one.
const ERRORS_IN_A_ROW: u32 = 64;

/// Longer than any datagram we read, so that too long ones are seen to be too long; LocalSend's fit as well, which spares
/// Windows an error for each.
const BUFFER: usize = 2_048;

pub(super) struct Task {
    config: NearbyConfig,
    /// What is said, and what is recognised as one's own.
    mine: Announcement,
    hints: mpsc::Sender<Hint>,
    status: watch::Sender<Status>,
    links: Links,
    /// A network was away since they were read.
    interrupted: bool,
    ears: Ears,
    mouths: BTreeMap<Link, Mouth>,
    limits: Limits,
    schedule: Schedule,
}

impl Task {
    pub(super) fn new(
        config: NearbyConfig,
        instance: u64,
        hints: mpsc::Sender<Hint>,
        status: watch::Sender<Status>,
    ) -> Self {
        let mine = Announcement { port: config.port, instance, fingerprint: config.fingerprint };
        let now = Instant::now();
        let schedule = Schedule::new(now, HEARTBEAT + Duration::from_millis(instance % SPREAD_MILLIS));
        Self {
            config,
            mine,
            hints,
            status,
            links: Links::default(),
            interrupted: false,
            ears: Ears::default(),
            mouths: BTreeMap::new(),
            limits: Limits::new(now),
            schedule,
        }
    }

    /// Ends when nobody holds the other end of `wished` any more.
    pub(super) async fn run(mut self, mut wished: watch::Receiver<Wishes>) {
        let mut changes = Changes::open(self.config.loopback_only);
        let mut looked = None;
        let mut look_at = Instant::now();
        let mut wishes = *wished.borrow_and_update();
        let mut buffers = [[0; BUFFER]; 2];
        let mut reads = Reads::new(Instant::now());
        loop {
            tokio::select! {
                changed = wished.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    let new = *wished.borrow_and_update();
                    if new.visible && !wishes.visible {
                        self.schedule.burst(Instant::now());
                    } else if new.again != wishes.again {
                        self.schedule.soon(Instant::now());
                    }
                    wishes = new;
                }
                change = changes.next() => {
                    self.interrupted |= change == Change::Interrupted;
                    let now = Instant::now();
                    look_at = look_at.min(looked.map_or(now, |looked: Instant| now.max(looked + LOOK_AGAIN)));
                }
                () = sleep_until(look_at.into()) => {
                    self.look().await;
                    if wishes.visible {
                        let datagram = self.mine.encode();
                        self.mouths.values_mut().for_each(|mouth| mouth.say_again(&datagram));
                    }
                    let now = Instant::now();
                    (looked, look_at) = (Some(now), now + LOOK_AT_LINKS);
                }
                () = sleep_until(self.schedule.next.into()), if wishes.visible => {
                    self.schedule.said(Instant::now());
                    let datagram = self.mine.encode();
                    self.mouths.values_mut().for_each(|mouth| mouth.say(&datagram));
                }
                () = sleep_until(reads.window_ends().into()), if reads.exhausted() => reads.next_window(Instant::now()),
                heard = self.ears.hear(&mut buffers), if !reads.exhausted() => {
                    let now = Instant::now();
                    reads.count(now);
                    if let Some((ear, length, source)) = heard {
                        self.consider(&buffers[ear][..length], source, now);
                    }
                }
            }
        }
    }

    /// Reads the networks, and follows them with both kinds of sockets.
    async fn look(&mut self) {
        let loopback_only = self.config.loopback_only;
        // Takes milliseconds on some systems, and the engine's threads have better things to do.
        match tokio::task::spawn_blocking(move || Links::read(loopback_only)).await {
            Ok(Ok(links)) => {
                let interrupted = std::mem::take(&mut self.interrupted);
                if links != self.links || interrupted {
                    log::debug!("networks: {:?}", links.addresses);
                    self.links = links;
                    self.schedule.burst(Instant::now());
                }
            }
            // The last ones are still the best guess.
            Ok(Err(error)) => log::warn!("the networks of this computer can't be read: {error}"),
            Err(_) => return,
        }
        self.ears.follow(&self.config, &self.links);
        self.follow_with_mouths();
        let status = Status { listening: self.ears.v4.is_some(), addresses: self.links.sockets(self.config.port) };
        self.status.send_if_modified(|old| {
            let changed = *old != status;
            *old = status;
            changed
        });
    }

    fn follow_with_mouths(&mut self) {
        let Self { mouths, links, config, schedule, .. } = self;
        mouths.retain(|link, _| links.links.contains(link));
        for link in &links.links {
            if mouths.contains_key(link) {
                continue;
            }
            match Mouth::open(link, config.discovery_port) {
                Ok(mouth) => {
                    mouths.insert(link.clone(), mouth);
                    // One that the system only now allows has said nothing yet.
                    schedule.burst(Instant::now());
                }
                Err(error) => log::debug!("no announcing on a network yet: {error}: {link:?}"),
            }
        }
    }

    /// What becomes of a datagram: mostly nothing.
    fn consider(&mut self, datagram: &[u8], source: SocketAddr, now: Instant) {
        let Some(said) = Announcement::decode(datagram) else { return };
        if said.instance == self.mine.instance || !self.links.has(source) || !self.limits.allow(source.ip(), &said, now)
        {
            return;
        }
        let mut address = source;
        address.set_port(said.port);
        // No room: the engine has enough to dial, and the next heartbeat says it again.
        self.hints.try_send(Hint { address, fingerprint: Some(said.fingerprint) }).ok();
    }
}

/// The listening sockets that there are.
#[derive(Debug, Default)]
struct Ears {
    v4: Option<Ear>,
    v6: Option<Ear>,
    errors: [u32; 2],
    told: bool,
}

impl Ears {
    fn follow(&mut self, config: &NearbyConfig, links: &Links) {
        if self.v4.is_none() {
            match Ear::open_v4(config.discovery_port, config.loopback_only) {
                Ok(ear) => (self.v4, self.told) = (Some(ear), false),
                Err(error) => {
                    if !std::mem::replace(&mut self.told, true) {
                        log::warn!("other computers can't be heard: {error}: UDP port {}", config.discovery_port);
                    }
                }
            }
        }
        if self.v6.is_none() && !config.loopback_only && links.links.iter().any(|link| matches!(link, Link::V6 { .. }))
        {
            match Ear::open_v6(config.discovery_port) {
                Ok(ear) => self.v6 = Some(ear),
                Err(error) => log::debug!("other computers can't be heard by IPv6: {error}"),
            }
        }
        for ear in [&mut self.v4, &mut self.v6].into_iter().flatten() {
            ear.follow(links);
        }
    }

    /// The next datagram: which buffer it is in, its length and source. `None` after an error that means nothing.
    async fn hear(&mut self, [v4, v6]: &mut [[u8; BUFFER]; 2]) -> Option<(usize, usize, SocketAddr)> {
        let (ear, heard) = tokio::select! {
            heard = hear(self.v4.as_ref(), v4) => (0, heard),
            heard = hear(self.v6.as_ref(), v6) => (1, heard),
        };
        match heard {
            Ok((length, source)) => {
                self.errors[ear] = 0;
                Some((ear, length, source))
            }
            Err(error) => {
                self.errors[ear] += 1;
                if self.errors[ear] >= ERRORS_IN_A_ROW {
                    log::warn!("listening for other computers failed, and begins anew: {error}");
                    self.errors[ear] = 0;
                    *[&mut self.v4, &mut self.v6][ear] = None;
                }
                None
            }
        }
    }
}

async fn hear(ear: Option<&Ear>, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
    match ear {
        Some(ear) => ear.hear(buffer).await,
        None => std::future::pending().await,
    }
}

/// When to announce.
#[derive(Debug)]
struct Schedule {
    next: Instant,
    last: Option<Instant>,
    /// The next step of [`BURST`].
    step: usize,
    heartbeat: Duration,
}

impl Schedule {
    /// Nothing can be said before the networks were read, which begins a burst.
    fn new(now: Instant, heartbeat: Duration) -> Self {
        Self { next: now + heartbeat, last: None, step: BURST.len(), heartbeat }
    }

    fn burst(&mut self, now: Instant) {
        self.next = now + BURST[0];
        self.step = 1;
    }

    fn soon(&mut self, now: Instant) {
        let earliest = self.last.map_or(now, |last| last + PAUSE).max(now);
        self.next = self.next.min(earliest);
    }

    fn said(&mut self, now: Instant) {
        self.last = Some(now);
        let pause = BURST.get(self.step).copied();
        self.step += usize::from(pause.is_some());
        self.next = now + pause.unwrap_or(self.heartbeat);
    }
}

/// Counts datagrams, so that a flood leaves time for everything else.
#[derive(Debug)]
struct Reads {
    since: Instant,
    count: u32,
}

impl Reads {
    fn new(now: Instant) -> Self {
        Self { since: now, count: 0 }
    }

    fn count(&mut self, now: Instant) {
        if now >= self.window_ends() {
            self.next_window(now);
        }
        self.count += 1;
    }

    fn exhausted(&self) -> bool {
        self.count >= READS_PER_WINDOW
    }

    fn window_ends(&self) -> Instant {
        self.since + WINDOW
    }

    fn next_window(&mut self, now: Instant) {
        *self = Self::new(now);
    }
}
