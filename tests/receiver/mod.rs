//! The real program, receiving from everybody, as a process of its own; and an engine here that sends to it.

#![allow(dead_code, reason = "each test uses its part")]

use std::{
    io::{BufRead as _, BufReader},
    net::{SocketAddr, UdpSocket},
    path::{Path, PathBuf},
    process::{Child, Command as Process, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use fantail::{
    engine::{Client, Engine, api::*},
    platform::home::Home,
    protocol::{Fingerprint, TransferId},
};

/// No step takes longer on a busy machine.
pub const LONG: Duration = Duration::from_secs(30);

pub struct Receiver {
    pub child: Child,
    pub address: SocketAddr,
    pub fingerprint: Fingerprint,
    pub discovery_port: u16,
    pub home: PathBuf,
    /// Where the home is this one's own.
    _place: Option<tempfile::TempDir>,
}

/// For the announcements of computers that are to find each other, and nobody else.
pub fn discovery_port() -> u16 {
    UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

impl Receiver {
    pub fn start() -> Self {
        let place = tempfile::tempdir().unwrap();
        let home = place.path().to_owned();
        Self::start_at(home, 0, discovery_port(), Some(place))
    }

    /// With a home that stays, at a port; 0 is any.
    pub fn start_in(home: &Path, port: u16, discovery_port: u16) -> Self {
        Self::start_at(home.to_owned(), port, discovery_port, None)
    }

    fn start_at(home: PathBuf, port: u16, discovery_port: u16, place: Option<tempfile::TempDir>) -> Self {
        let mut child = Process::new(env!("CARGO_BIN_EXE_fantail"))
            .args(["receive", "--json", "--accept", "all", "--port", &port.to_string(), "--home"])
            .arg(&home)
            .env("FANTAIL_LOOPBACK_ONLY", "1")
            .env("FANTAIL_DISCOVERY_PORT", discovery_port.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let ready = lines.next().expect("it ended before it was ready").unwrap();
        let ready: serde_json::Value = serde_json::from_str(&ready).unwrap();
        std::thread::Builder::new().spawn(move || lines.for_each(drop)).unwrap();
        let port = u16::try_from(ready["port"].as_u64().unwrap()).unwrap();
        let fingerprint = ready["fingerprint"].as_str().unwrap().parse().unwrap();
        Self { child, address: ([127, 0, 0, 1], port).into(), fingerprint, discovery_port, home, _place: place }
    }

    pub fn received(&self, name: &str) -> PathBuf {
        self.home.join("Received").join(name)
    }

    /// Bytes of memory it has in use.
    #[cfg(target_os = "linux")]
    pub fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().strip_suffix(" kB").unwrap().trim().parse::<u64>().unwrap() * 1024
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// An honest computer on the same network.
pub struct Honest {
    pub client: Client,
    pub home: tempfile::TempDir,
    _engine: Engine,
}

impl Honest {
    pub fn near(receiver: &Receiver) -> Self {
        Self::start(receiver, Receive::Nothing)
    }

    /// One that asks the person at it.
    pub fn asking(receiver: &Receiver) -> Self {
        Self::start(receiver, Receive::Ask { into: None })
    }

    pub fn address(&self) -> SocketAddr {
        ([127, 0, 0, 1], self.client.snapshot().me.port).into()
    }

    pub fn fingerprint(&self) -> Fingerprint {
        self.client.snapshot().me.fingerprint.unwrap()
    }

    fn start(receiver: &Receiver, receive: Receive) -> Self {
        let home = tempfile::tempdir().unwrap();
        let engine = Engine::start(Config {
            home: Home::below(home.path()),
            name: Some("Honest".into()),
            port: Some(0),
            discovery_port: receiver.discovery_port,
            loopback_only: true,
            beside_window: false,
            receive,
        })
        .unwrap();
        let honest = Self { client: engine.client(|| {}), home, _engine: engine };
        let whom = receiver.fingerprint.to_string();
        let found = honest.ask(Command::Resolve { whom, new: true, within: LONG });
        assert!(matches!(found, Ok(Reply::Resolved(_))), "{found:?}");
        honest
    }

    pub fn ask(&self, command: Command) -> Result<Reply, Problem> {
        self.reply(self.client.send(command).unwrap())
    }

    /// What comes back to a command.
    pub fn reply(&self, to: CommandId) -> Result<Reply, Problem> {
        loop {
            match self.client.wait_event(LONG) {
                Some(Event::Replied { id, result }) if id == to => return result,
                Some(Event::Replied { .. }) => {}
                other => panic!("no reply: {other:?}"),
            }
        }
    }

    pub fn file(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.home.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    pub fn send(&self, to: &Receiver, path: &Path) -> TransferId {
        self.send_all(to, vec![path.to_path_buf()])
    }

    pub fn send_all(&self, to: &Receiver, paths: Vec<PathBuf>) -> TransferId {
        let sent = self.ask(Command::Send { to: vec![to.fingerprint], what: Outgoing::paths(paths), keep: false });
        let Ok(Reply::Sent { transfers, .. }) = sent else { panic!("not sent: {sent:?}") };
        transfers[0].1
    }

    /// Waits until the transfer has come to its end.
    pub fn end_of(&self, to: &Receiver, transfer: TransferId) -> State {
        self.end_with(to.fingerprint, transfer)
    }

    /// The same of a transfer with anybody.
    pub fn end_with(&self, with: Fingerprint, transfer: TransferId) -> State {
        let until = Instant::now() + LONG;
        loop {
            let state = self.entry(with, transfer).state.clone();
            if !matches!(state, State::Waiting | State::Running) {
                return state;
            }
            assert!(Instant::now() < until, "it stays {state:?}");
            self.client.wait(Duration::from_millis(20));
        }
    }

    /// What this person sees of the transfer now.
    pub fn entry(&self, with: Fingerprint, transfer: TransferId) -> Arc<Entry> {
        let page = self.ask(Command::Page { with, at: PageAt::End, limit: 100 });
        let Ok(Reply::Page { entries, .. }) = page else { panic!("no page: {page:?}") };
        entries.into_iter().find(|entry| entry.transfer == transfer).expect("no such transfer")
    }
}
