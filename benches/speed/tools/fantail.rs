//! Fantail itself, by its command line.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use serde_json::Value;

use super::{Job, Moved, Stage, Tool, Until, measure};
use crate::process::{Line, Outcome, Program};

/// The program that is measured.
pub fn program() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_fantail"))
}

pub struct Fantail;

impl Tool for Fantail {
    fn name(&self) -> String {
        "Fantail".into()
    }

    fn programs(&self) -> Vec<PathBuf> {
        vec![program()]
    }

    /// To a computer that has nothing from here yet: its home is new each time.
    fn carry(&self, job: &Job<'_>) -> Outcome<Moved> {
        let home = tempfile::tempdir_in(job.stage.scratch).map_err(|error| error.to_string())?;
        let receiver = Receiver::start(&job.stage, home.path(), job.into, &["--accept", "all", "--once"])?;
        let mut sending = send(&job.stage, &sender_home(&job.stage)?);
        sending.args(["--to", &receiver.address(&job.stage)]).arg(&job.source.path);
        measure("fantail", receiver.program, &mut sending, &job.stage, Until::SenderEndsThenReceiver)
    }
}

/// A home that has its identity already, as any but the very first command finds it.
pub fn sender_home(stage: &Stage<'_>) -> Outcome<PathBuf> {
    let home = stage.scratch.join("fantail-sender");
    make_home(stage, &home)?;
    Ok(home)
}

pub fn make_home(stage: &Stage<'_>, home: &Path) -> Outcome<()> {
    if home.exists() {
        return Ok(());
    }
    fs::create_dir_all(home).map_err(|error| error.to_string())?;
    let made = fantail(stage.at_sender(program()), stage, home).args(["known", "list"]).status();
    if made.is_ok_and(|status| status.success()) { Ok(()) } else { Err("fantail can't make a home".into()) }
}

/// `fantail send`, without whom and what.
pub fn send(stage: &Stage<'_>, home: &Path) -> Command {
    let mut command = fantail(stage.at_sender(program()), stage, home);
    command.arg("send");
    command
}

fn fantail(mut command: Command, stage: &Stage<'_>, home: &Path) -> Command {
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("FANTAIL_")) {
        command.env_remove(name);
    }
    // Each says which one it is when something goes wrong.
    command.env("FANTAIL_NAME", home.file_name().unwrap_or_default());
    command.env("FANTAIL_HOME", home).env("LC_ALL", "C.UTF-8").env_remove("RUST_LOG");
    if stage.hosts.is_none() {
        command.env("FANTAIL_LOOPBACK_ONLY", "1");
    }
    command
}

/// A `fantail receive` that is ready.
#[derive(Debug)]
pub struct Receiver {
    pub program: Program,
    pub fingerprint: String,
    port: u64,
}

impl Receiver {
    pub fn start(stage: &Stage<'_>, home: &Path, into: &Path, words: &[&str]) -> Outcome<Self> {
        Self::start_with(stage.at_receiver(program()), stage, home, into, words)
    }

    /// One at the sender's end: commands of the same home are handed to it.
    pub fn start_at_sender(stage: &Stage<'_>, home: &Path, into: &Path, words: &[&str]) -> Outcome<Self> {
        Self::start_with(stage.at_sender(program()), stage, home, into, words)
    }

    fn start_with(command: Command, stage: &Stage<'_>, home: &Path, into: &Path, words: &[&str]) -> Outcome<Self> {
        let mut command = fantail(command, stage, home);
        command.args(["receive", "--json", "--port", "0", "--into"]).arg(into).args(words);
        let name = format!("fantail receive {}", home.file_name().unwrap_or_default().to_string_lossy());
        let program = Program::start_talking(&name, &mut command, stage.logs)?;
        let ready = program.line("being ready", |line| event(line, "ready"))?;
        let fingerprint = ready["fingerprint"].as_str().unwrap_or_default().to_owned();
        Ok(Self { program, fingerprint, port: ready["port"].as_u64().unwrap_or_default() })
    }

    pub fn address(&self, stage: &Stage<'_>) -> String {
        format!("{}:{}", stage.address, self.port)
    }

    /// When it said that something was saved, or a text was there, since `began`.
    pub fn told(&self, what: &str, began: Instant) -> Outcome<Duration> {
        self.program.line(what, |line| event(line, what).map(|_| line.at.saturating_duration_since(began)))
    }
}

/// The line's object if it is about this event.
pub fn event(line: &Line, event: &str) -> Option<Value> {
    serde_json::from_str::<Value>(&line.text).ok().filter(|value| value["event"] == event)
}
