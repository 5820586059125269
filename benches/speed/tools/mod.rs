//! The programs that carry files from one computer to the other, each as people use it.

pub mod classic;
pub mod fantail;
pub mod localsend;
pub mod sendme;
pub mod wormhole;

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::atomic::{AtomicU16, Ordering},
    time::{Duration, Instant},
};

use crate::{
    network::Host,
    process::{Outcome, Program, Usage},
    sources::Source,
};

/// Where the two ends run, and how the sender reaches the receiver.
#[derive(Clone, Copy)]
pub struct Stage<'a> {
    /// None is this process's own network: loopback.
    pub hosts: Option<(&'a Host, &'a Host)>,
    /// The receiver's, as the sender sees it.
    pub address: &'a str,
    /// Empty at the beginning, for homes, keys and settings; on the same file system as what is sent to.
    pub scratch: &'a Path,
    pub logs: &'a Path,
}

/// What is to be carried.
#[derive(Clone, Copy)]
pub struct Job<'a> {
    pub stage: Stage<'a>,
    pub source: &'a Source,
    /// An empty folder.
    pub into: &'a Path,
}

/// How it went.
#[derive(Clone, Copy, Debug)]
pub struct Moved {
    /// From the start of the sending command to the end of the last that has to end.
    pub wall: Duration,
    pub sender: Usage,
    pub receiver: Usage,
}

pub trait Tool {
    fn name(&self) -> String;

    /// What must be found to run it; the first one that isn't is named.
    fn programs(&self) -> Vec<PathBuf>;

    fn carry(&self, job: &Job<'_>) -> Outcome<Moved>;

    /// Whether it carries the files of a folder without the folder.
    fn flattens(&self) -> bool {
        false
    }

    /// Where what was sent lies afterwards.
    fn arrives(&self, job: &Job<'_>) -> PathBuf {
        if self.flattens() && job.source.files > 1 { job.into.to_owned() } else { job.into.join(job.source.name()) }
    }

    /// Whether all arrived as it was sent.
    fn check(&self, job: &Job<'_>) -> Outcome<()> {
        job.source.check(&self.arrives(job), self.flattens())
    }

    /// The first program that is missing here.
    fn missing(&self) -> Option<PathBuf> {
        self.programs().into_iter().find(|program| !exists(program))
    }
}

impl<'a> Stage<'a> {
    /// On this machine, over loopback.
    pub fn loopback(scratch: &'a Path, logs: &'a Path) -> Self {
        Self { hosts: None, address: "127.0.0.1", scratch, logs }
    }

    pub fn at_sender(&self, program: impl AsRef<Path>) -> Command {
        quiet(self.hosts.map(|(sender, _)| sender), program.as_ref())
    }

    pub fn at_receiver(&self, program: impl AsRef<Path>) -> Command {
        quiet(self.hosts.map(|(_, receiver)| receiver), program.as_ref())
    }
}

fn quiet(host: Option<&Host>, program: &Path) -> Command {
    let mut command = host.map_or_else(|| Command::new(program), |host| host.command(program));
    command.stdin(Stdio::null()).stdout(Stdio::null());
    command
}

/// Which of the two ends have to come to their end by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// The sender knows when the receiver has everything; the receiver is a server and is stopped.
    SenderEnds,
    /// The same with a receiver that ends by itself, for which nobody waits.
    SenderEndsThenReceiver,
    /// The sender doesn't know; it is done when the receiver ends too.
    BothEnd,
}

/// Starts the sender, with the receiver ready, and measures until both are done.
pub fn measure(
    name: &str,
    mut receiver: Program,
    sending: &mut Command,
    stage: &Stage<'_>,
    until: Until,
) -> Outcome<Moved> {
    receiver.count_from_here();
    let began = Instant::now();
    let mut sender = Program::start(&format!("{name} sending"), sending, stage.logs)?;
    sender.wait(&mut [&mut receiver])?;
    if until == Until::BothEnd {
        receiver.wait(&mut [])?;
    }
    let wall = began.elapsed();
    let sender = sender.end()?;
    let receiver = if until == Until::SenderEnds { receiver.stop() } else { receiver.end()? };
    Ok(Moved { wall, sender, receiver })
}

/// A TCP port that nobody has used: the network is this process's own, and the kernel chooses others for itself.
pub fn fresh_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(20_000);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// The folder with what `benches/run` installs.
pub fn installed() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench-tools")
}

/// What comes from PyPI.
pub fn python(program: &str) -> PathBuf {
    installed().join("python/bin").join(program)
}

/// A program by its path or, without one, on the search path (and where servers lie).
fn exists(program: &Path) -> bool {
    if program.components().count() > 1 {
        return program.exists();
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).chain(["/usr/sbin".into()]).any(|folder| folder.join(program).exists())
}

/// What `cargo install` has put there: name and version.
pub fn installed_crate(name: &str) -> String {
    let list = std::fs::read_to_string(installed().join(".crates.toml")).unwrap_or_default();
    let start = format!("\"{name} ");
    let line = list.lines().find_map(|line| line.strip_prefix(&*start));
    line.and_then(|line| line.split_whitespace().next()).unwrap_or("not installed").to_owned()
}

/// The first line of what `program --version` or the like says.
pub fn version(program: &Path, words: &[&str]) -> String {
    let Ok(output) = Command::new(program).args(words).stdin(Stdio::null()).output() else {
        return "not installed".into();
    };
    let said = if output.stdout.is_empty() { output.stderr } else { output.stdout };
    let text = String::from_utf8_lossy(&said);
    text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default().to_owned()
}
