//! Computers on one machine: homes of their own, real sockets on loopback, and what scripts see of the program.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    net::UdpSocket,
    path::PathBuf,
    process::{Child, Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use fantail::{
    engine::{
        Engine,
        api::{Config, Receive},
    },
    platform::{
        home::Home,
        instance::{self, Claim},
    },
};
#[cfg(unix)]
pub use rustix::process::Signal;
use serde_json::Value;

/// Everything here takes a second or two; a busy machine gets time.
pub const PATIENCE: Duration = Duration::from_secs(40);

/// Computers that see each other and nobody else.
pub struct Lan {
    pub discovery_port: u16,
    pub dir: tempfile::TempDir,
}

impl Lan {
    pub fn new() -> Self {
        // Free at this moment, and asked for by no other test.
        let probe = UdpSocket::bind("127.0.0.1:0").unwrap();
        Self { discovery_port: probe.local_addr().unwrap().port(), dir: tempfile::tempdir().unwrap() }
    }

    pub fn computer(&self, name: &str) -> Computer<'_> {
        Computer { lan: self, name: name.to_owned() }
    }

    pub fn file(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }
}

pub struct Computer<'a> {
    pub lan: &'a Lan,
    pub name: String,
}

impl Computer<'_> {
    pub fn home(&self) -> PathBuf {
        self.lan.dir.path().join("homes").join(&self.name)
    }

    pub fn received(&self, name: &str) -> PathBuf {
        self.home().join("Received").join(name)
    }

    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_fantail"));
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("FANTAIL_") {
                command.env_remove(name);
            }
        }
        command
            .args(words)
            .env("LC_ALL", "C.UTF-8")
            .env("LANGUAGE", "en")
            .env("FANTAIL_HOME", self.home())
            .env("FANTAIL_NAME", &self.name)
            .env("FANTAIL_LOOPBACK_ONLY", "1")
            .env("FANTAIL_DISCOVERY_PORT", self.lan.discovery_port.to_string())
            .env_remove("RUST_LOG")
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_DISPLAY")
            .env_remove("WAYLAND_SOCKET")
            .current_dir(self.lan.dir.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// To its end.
    pub fn run(&self, words: &[&str]) -> Ended {
        Ended::of(self.command(words).spawn().unwrap(), words)
    }

    /// `receive --json` with these words, ready.
    pub fn receive(&self, words: &[&str]) -> Receiving {
        let words = [&["receive", "--json", "--port", "0"], words].concat();
        let mut receiving = Receiving::of(self.command(&words).spawn().unwrap());
        receiving.ready = receiving.event("ready");
        assert_eq!(receiving.ready["name"], self.name.as_str());
        receiving
    }
}

/// A `fantail receive` that runs. Ended by force when the test is over.
pub struct Receiving {
    pub child: Option<Child>,
    pub lines: flume::Receiver<Value>,
    pub ready: Value,
}

impl Receiving {
    pub fn of(mut child: Child) -> Self {
        let out = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = flume::bounded(10_000);
        let read = move || {
            for line in out.lines() {
                sender.send(serde_json::from_str(&line.unwrap()).unwrap()).ok();
            }
        };
        thread::Builder::new().name("reader".into()).spawn(read).unwrap();
        Self { child: Some(child), lines, ready: Value::Null }
    }

    /// The next line with this event; others are passed over.
    #[track_caller]
    pub fn event(&self, event: &str) -> Value {
        let until = Instant::now() + PATIENCE;
        let mut others = Vec::new();
        loop {
            match self.lines.recv_deadline(until) {
                Ok(line) if line["event"] == event => return line,
                Ok(line) => others.push(line),
                Err(_) => panic!("no {event} among {others:?}"),
            }
        }
    }

    pub fn fingerprint(&self) -> &str {
        self.ready["fingerprint"].as_str().unwrap()
    }

    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.ready["port"])
    }

    /// It comes to its end by itself.
    pub fn end(mut self) -> Ended {
        Ended::of(self.child.take().unwrap(), &["receive"])
    }

    /// As Ctrl+C.
    #[cfg(unix)]
    pub fn interrupt(&self) {
        interrupt(self.child.as_ref().unwrap());
    }
}

impl Drop for Receiving {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().ok();
            child.wait().ok();
        }
    }
}

#[cfg(unix)]
pub fn interrupt(child: &Child) {
    signal_to(child, Signal::INT);
}

#[cfg(unix)]
pub fn signal_to(child: &Child, signal: Signal) {
    let process = rustix::process::Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    rustix::process::kill_process(process, signal).unwrap();
}

/// A command that came to its end.
pub struct Ended {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Ended {
    pub fn of(mut child: Child, words: &[&str]) -> Self {
        let until = Instant::now() + PATIENCE;
        while child.try_wait().unwrap().is_none() {
            if Instant::now() > until {
                child.kill().unwrap();
                let output = child.wait_with_output().unwrap();
                panic!("fantail {words:?} does not end: {output:?}");
            }
            thread::sleep(Duration::from_millis(10));
        }
        let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Self { code: status.code().unwrap_or(-1), out: text(stdout), err: text(stderr) }
    }

    #[track_caller]
    pub fn with_code(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout: {}\nstderr: {}", self.out, self.err);
        self
    }

    pub fn json(&self) -> Vec<Value> {
        self.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The one line with this event.
    #[track_caller]
    pub fn event(&self, event: &str) -> Value {
        let found: Vec<Value> = self.json().into_iter().filter(|line| line["event"] == event).collect();
        assert_eq!(found.len(), 1, "{event} in {}", self.out);
        found[0].clone()
    }
}

/// What a window's process does for the command line, without a window.
pub struct WindowLike {
    // Ends first.
    pub serving: Option<fantail::cli::Serving>,
    pub engine: Engine,
    pub shown: flume::Receiver<Vec<PathBuf>>,
}

impl WindowLike {
    pub fn open(lan: &Lan, name: &str) -> Self {
        let home = Home::below(lan.computer(name).home());
        let Ok(Claim::First(listener)) = instance::claim(&home) else { panic!("somebody has this home") };
        let engine = Engine::start(Config {
            home,
            name: Some(name.into()),
            port: Some(0),
            discovery_port: lan.discovery_port,
            loopback_only: true,
            beside_window: true,
            receive: Receive::Ask { into: None },
        })
        .unwrap();
        let (sender, shown) = flume::bounded(10);
        let show = move |paths| sender.try_send(paths).unwrap();
        let serving = Some(fantail::cli::serve(listener, engine.handle(), show).unwrap());
        Self { engine, serving, shown }
    }

    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.engine.client(|| {}).snapshot().me.port)
    }
}
