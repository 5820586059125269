//! Real engines in one process, on loopback: real sockets, real files, a discovery port of their own for each test.

mod asking;
#[cfg(target_os = "linux")]
mod awake;
#[cfg(target_os = "linux")]
mod changing;
mod comparing;
mod crossing;
mod finding;
mod forms;
#[cfg(target_os = "linux")]
mod full_disk;
mod known;
mod lasting;
mod moving;
mod needed;
mod pasted;
#[cfg(target_os = "linux")]
mod pausing;
mod puppet;
mod queueing;
mod reconnecting;
mod relay;
mod removing;
#[cfg(target_os = "linux")]
mod resending;
#[cfg(target_os = "linux")]
mod resuming;
mod shelves;
#[cfg(target_os = "linux")]
mod source_away;
mod texting;
mod thumbnails;
#[cfg(target_os = "linux")]
mod unplugged;
mod waiting;
mod withdrawing;

use std::{
    fs,
    net::UdpSocket,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use tempfile::TempDir;

use super::{Client, Engine, api::*};
use crate::{
    platform::home::Home,
    protocol::{Fingerprint, TransferId},
};

/// No step of a test takes longer on a busy machine.
const LONG: Duration = Duration::from_secs(20);

/// A network that only the computers of one test are on.
pub(super) struct Net {
    port: u16,
}

impl Net {
    pub fn new() -> Self {
        env_logger::builder().is_test(true).try_init().ok();
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        Self { port: socket.local_addr().unwrap().port() }
    }

    pub fn computer(&self, name: &str) -> Machine {
        self.computer_with(name, |_| {}, None)
    }

    pub fn computer_with(&self, name: &str, change: impl FnOnce(&mut Config), patience: Option<Duration>) -> Machine {
        let home = tempfile::tempdir().unwrap();
        let mut config = Config {
            home: Home::below(home.path()),
            name: Some(name.to_owned()),
            port: Some(0),
            discovery_port: self.port,
            loopback_only: true,
            beside_window: false,
            receive: Receive::Ask { into: None },
        };
        change(&mut config);
        let engine = Engine::start_with(config.clone(), patience).unwrap();
        let client = engine.client(|| {});
        Machine { engine: Some(engine), client, config, home }
    }
}

/// One computer with a person at it.
pub(super) struct Machine {
    pub engine: Option<Engine>,
    pub client: Client,
    pub config: Config,
    pub home: TempDir,
}

impl Machine {
    pub fn id(&self) -> Fingerprint {
        self.client.snapshot().me.fingerprint.unwrap()
    }

    pub fn ask(&self, command: Command) -> Result<Reply, Problem> {
        let id = self.client.send(command).unwrap();
        let until = Instant::now() + LONG;
        loop {
            match self.client.wait_event(until.saturating_duration_since(Instant::now())) {
                Some(Event::Replied { id: of, result }) if of == id => return result,
                Some(Event::Replied { .. }) => {}
                other => panic!("no reply: {other:?}"),
            }
        }
    }

    /// Waits until the snapshot says so.
    #[track_caller]
    pub fn until<T>(&self, what: &str, mut look: impl FnMut(&Snapshot) -> Option<T>) -> T {
        let until = Instant::now() + LONG;
        loop {
            let snapshot = self.client.snapshot();
            if let Some(found) = look(&snapshot) {
                return found;
            }
            assert!(Instant::now() < until, "waited in vain for {what}: {snapshot:#?}");
            self.client.wait(Duration::from_millis(50));
        }
    }

    #[track_caller]
    pub fn sees(&self, other: &Self) -> Computer {
        let id = other.id();
        self.until("the other to be reachable", |snapshot| {
            let computer = snapshot.computers.iter().find(|computer| computer.fingerprint == id)?;
            (computer.presence == Presence::Reachable).then(|| computer.clone())
        })
    }

    #[track_caller]
    pub fn send(&self, to: &[&Self], what: Outgoing) -> Vec<TransferId> {
        let to: Vec<Fingerprint> = to.iter().map(|other| other.id()).collect();
        let sent = self.ask(Command::Send { to: to.clone(), what, keep: true });
        let Ok(Reply::Sent { mut transfers, again, .. }) = sent else { panic!("not sent: {sent:?}") };
        transfers.extend(again);
        to.iter().map(|to| transfers.iter().find(|(with, _)| with == to).unwrap().1).collect()
    }

    pub fn send_text(&self, to: &Self, text: &str) -> TransferId {
        self.send(&[to], Outgoing::Text(text.to_owned()))[0]
    }

    pub fn send_paths(&self, to: &Self, paths: &[&Path]) -> TransferId {
        self.send(&[to], Outgoing::paths(paths.iter().map(|path| path.to_path_buf()).collect()))[0]
    }

    /// The newest entry first.
    pub fn conversation(&self, with: &Self) -> Vec<Arc<Entry>> {
        match self.ask(Command::Page { with: with.id(), at: PageAt::End, limit: 100 }) {
            Ok(Reply::Page { entries, .. }) => entries,
            other => panic!("no page: {other:?}"),
        }
    }

    pub fn entry(&self, with: &Self, transfer: TransferId) -> Option<Arc<Entry>> {
        self.conversation(with).into_iter().find(|entry| entry.transfer == transfer)
    }

    /// Waits for the state of a transfer to be this.
    #[track_caller]
    pub fn until_state(&self, with: &Self, transfer: TransferId, state: &State) -> Arc<Entry> {
        self.until_entry(with, transfer, |entry| entry.state == *state)
    }

    #[track_caller]
    pub fn until_entry(&self, with: &Self, transfer: TransferId, is: impl Fn(&Entry) -> bool) -> Arc<Entry> {
        let until = Instant::now() + LONG;
        loop {
            let entry = self.entry(with, transfer);
            if let Some(entry) = entry.as_ref().filter(|entry| is(entry)) {
                return entry.clone();
            }
            let moving = || self.client.snapshot().transfers.clone();
            assert!(Instant::now() < until, "it stays so: {entry:#?}; what moves: {:#?}", moving());
            self.client.wait(Duration::from_millis(20));
        }
    }

    #[track_caller]
    pub fn question(&self) -> super::api::Ask {
        self.until("a question", |snapshot| snapshot.asks.first().cloned())
    }

    pub fn answer(&self, ask: &super::api::Ask, decision: Decision) {
        let command = Command::Answer { with: ask.with, transfer: ask.transfer, decision };
        assert!(matches!(self.ask(command), Ok(Reply::Done)));
    }

    pub fn accept_next(&self) {
        let ask = self.question();
        self.answer(&ask, ACCEPT);
    }

    /// From now on everything of the other is taken.
    pub fn always_accepts(&self, other: &Self) {
        self.sees(other);
        let rule = self.ask(Command::SetRule { with: other.id(), rule: Rule::Accept });
        assert!(matches!(rule, Ok(Reply::Done)), "{rule:?}");
    }

    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.home.path().join("desk").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    pub fn received(&self, name: &str) -> PathBuf {
        self.config.home.received.join(name)
    }

    pub fn shut_down(&mut self) -> bool {
        self.engine.take().unwrap().shutdown(Duration::from_secs(1))
    }

    /// As the same computer, with the same port.
    pub fn start_again(&mut self) {
        self.config.port = Some(self.client.snapshot().me.port);
        let engine = Engine::start(self.config.clone()).unwrap();
        self.client = engine.client(|| {});
        self.engine = Some(engine);
    }
}

pub(super) const ACCEPT: Decision = Decision::Accept { items: None, into: None, always: false };

/// Two that see each other.
pub(super) fn pair() -> (Machine, Machine) {
    let net = Net::new();
    let (one, other) = (net.computer("Studio Mac"), net.computer("Office PC"));
    one.sees(&other);
    other.sees(&one);
    (one, other)
}

/// Two that dealt with each other before: texts arrive unasked.
pub(super) fn friends() -> (Machine, Machine) {
    let (one, other) = pair();
    one.always_accepts(&other);
    other.always_accepts(&one);
    (one, other)
}

/// Bytes that don't repeat.
pub(super) fn noise(len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    blake3::Hasher::new().update(&len.to_le_bytes()).finalize_xof().fill(&mut bytes);
    bytes
}

/// What the other side has already goes too.
pub(super) fn copies(paths: &[&Path]) -> Outgoing {
    let things = paths.iter().map(|path| Thing::Path(path.to_path_buf())).collect();
    Outgoing::Parcel(Parcel { things, copies: true, ..Parcel::default() })
}
