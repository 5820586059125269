//! Programs that are measured: started, watched, waited for, and what they used.

use std::{
    fs::{self, File},
    io::{BufRead as _, BufReader},
    os::unix::process::ExitStatusExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};

/// What went wrong with a program, in a sentence for the table.
pub type Outcome<T> = Result<T, String>;

/// Nothing that is measured takes longer: a tool that hangs must not hold up the others for ever.
pub const PATIENCE: Duration = Duration::from_secs(600);

/// Between two looks whether a program has ended: far below what is measured this way, and hardly a cost.
const POLL: Duration = Duration::from_micros(500);

/// Between two looks at the memory of a program.
const MEMORY_POLL: Duration = Duration::from_millis(20);

/// Kernel clock ticks a second in `/proc/PID/stat`: `USER_HZ`, 100 on every Linux architecture that Rust knows.
const TICKS: u64 = 100;

/// What a program and those it started used.
#[derive(Clone, Copy, Debug, Default)]
pub struct Usage {
    pub processor: Duration,
    /// The most resident memory at once, in bytes, seen every 20 ms.
    pub memory: u64,
}

/// A line that a program wrote, and when it was read.
#[derive(Debug)]
pub struct Line {
    pub text: String,
    pub at: Instant,
}

/// A running program. Ended by force on drop, by its id.
#[derive(Debug)]
pub struct Program {
    name: String,
    child: Child,
    lines: Option<flume::Receiver<Line>>,
    log: PathBuf,
    /// Used before what is measured began.
    before: Duration,
    memory: u64,
    memory_seen: Instant,
}

impl Program {
    /// Starts it with what it says in a file; stdin and stdout stay as `command` has them.
    pub fn start(name: &str, command: &mut Command, logs: &Path) -> Outcome<Self> {
        let log = logs.join(format!("{}.log", name.replace([' ', '/'], "-")));
        let file = File::create(&log).map_err(|error| format!("{}: {error}", log.display()))?;
        let child = command.stderr(file).spawn().map_err(|error| format!("{name} doesn't start: {error}"))?;
        Ok(Self {
            name: name.to_owned(),
            child,
            lines: None,
            log,
            before: Duration::ZERO,
            memory: 0,
            memory_seen: Instant::now(),
        })
    }

    /// The same for one whose lines on stdout are needed.
    pub fn start_talking(name: &str, command: &mut Command, logs: &Path) -> Outcome<Self> {
        let mut program = Self::start(name, command.stdout(Stdio::piped()), logs)?;
        let stdout = program.child.stdout.take().ok_or("stdout is not piped")?;
        let (sender, lines) = flume::bounded(100_000);
        let read = move || {
            for text in BufReader::new(stdout).lines().map_while(Result::ok) {
                if sender.send(Line { text, at: Instant::now() }).is_err() {
                    break;
                }
            }
        };
        thread::Builder::new().name("lines".into()).spawn(read).map_err(|error| error.to_string())?;
        program.lines = Some(lines);
        Ok(program)
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The next line that `wanted` makes something of; others are passed over.
    pub fn line<T>(&self, what: &str, wanted: impl Fn(&Line) -> Option<T>) -> Outcome<T> {
        let lines = self.lines.as_ref().ok_or("it is not listened to")?;
        let until = Instant::now() + PATIENCE;
        loop {
            let line = lines.recv_deadline(until).map_err(|_| self.failed(&format!("said nothing about {what}")))?;
            if let Some(found) = wanted(&line) {
                return Ok(found);
            }
        }
    }

    /// Waits until it, or one it started, listens on this TCP port.
    pub fn listens(&mut self, port: u16) -> Outcome<()> {
        let needle = format!(":{port:04X} ");
        let until = Instant::now() + PATIENCE;
        while !is_listening(self.id(), &needle) {
            if self.has_ended() || Instant::now() > until {
                return Err(self.failed("doesn't listen"));
            }
            thread::sleep(Duration::from_millis(2));
        }
        Ok(())
    }

    /// What it used up to now is not counted.
    pub fn count_from_here(&mut self) {
        self.before = self.processor();
        self.memory = 0;
    }

    /// Waits for the end of the first, watching the memory of all.
    pub fn wait(&mut self, others: &mut [&mut Self]) -> Outcome<()> {
        let until = Instant::now() + PATIENCE;
        while !self.has_ended() {
            if Instant::now() > until {
                return Err(self.failed("did not end"));
            }
            self.look_at_memory();
            others.iter_mut().for_each(|other| other.look_at_memory());
            thread::sleep(POLL);
        }
        Ok(())
    }

    fn look_at_memory(&mut self) {
        if self.memory_seen.elapsed() >= MEMORY_POLL {
            self.memory_seen = Instant::now();
            self.memory = self.memory.max(with_descendants(self.id(), &peak_memory));
        }
    }

    /// What it used, after it came to its end by itself and well.
    pub fn end(mut self) -> Outcome<Usage> {
        self.wait(&mut [])?;
        // Still there to be read until it is waited for.
        let usage = self.usage();
        let status = self.child.wait().map_err(|error| error.to_string())?;
        if status.success() {
            return Ok(usage);
        }
        let why = match status.signal() {
            Some(signal) => format!("was ended by signal {signal}"),
            None => format!("failed with code {}", status.code().unwrap_or(-1)),
        };
        Err(self.failed(&why))
    }

    /// What it used so far; then it is ended, since it would run for ever.
    pub fn stop(mut self) -> Usage {
        self.wait_for_children();
        self.memory = self.memory.max(with_descendants(self.id(), &peak_memory));
        let usage = self.usage();
        self.signal(Signal::TERM);
        let until = Instant::now() + Duration::from_secs(2);
        while !self.has_ended() && Instant::now() < until {
            thread::sleep(POLL);
        }
        usage
    }

    /// A server's processor time includes that of the processes it has started and buried.
    fn wait_for_children(&self) {
        let until = Instant::now() + Duration::from_secs(2);
        while !children(self.id()).is_empty() && Instant::now() < until {
            thread::sleep(POLL);
        }
    }

    pub fn signal(&self, signal: Signal) {
        if let Some(process) = Pid::from_raw(self.id() as i32) {
            kill_process(process, signal).ok();
        }
    }

    /// Without burying it.
    pub fn has_ended(&mut self) -> bool {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        let Some(process) = Pid::from_raw(self.id() as i32) else { return true };
        !matches!(waitid(WaitId::Pid(process), options), Ok(None))
    }

    fn usage(&self) -> Usage {
        Usage { processor: self.processor().saturating_sub(self.before), memory: self.memory }
    }

    fn processor(&self) -> Duration {
        Duration::from_millis(with_descendants(self.id(), &ticks) * 1000 / TICKS)
    }

    /// What is known of a failure: what it called an error, or the last it said.
    fn failed(&self, why: &str) -> String {
        let said = fs::read_to_string(&self.log).unwrap_or_default();
        let error = said.lines().find(|line| line.to_lowercase().contains("error"));
        let last = error.or_else(|| said.lines().rev().find(|line| !line.trim().is_empty())).unwrap_or_default();
        let name = &self.name;
        if last.is_empty() { format!("{name} {why}") } else { format!("{name} {why}: {}", last.trim()) }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // What it has started goes with it.
        for child in children(self.id()) {
            if let Some(process) = Pid::from_raw(child as i32) {
                kill_process(process, Signal::KILL).ok();
            }
        }
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Resident memory of a running program now.
pub fn resident(process: u32) -> u64 {
    status(process, "VmRSS:")
}

/// The most it was since its start or since [`forget_peak`].
pub fn peak_memory(process: u32) -> u64 {
    status(process, "VmHWM:")
}

/// From here on [`peak_memory`] counts anew (proc_pid_clear_refs(5)).
pub fn forget_peak(process: u32) -> Outcome<()> {
    fs::write(format!("/proc/{process}/clear_refs"), "5").map_err(|error| format!("clear_refs: {error}"))
}

fn status(process: u32, field: &str) -> u64 {
    let text = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(field)).unwrap_or_default();
    line.split_whitespace().next().and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) * 1024
}

/// User and system time, its own and that of the children it has waited for.
fn ticks(process: u32) -> u64 {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // The name before may hold spaces; behind it, utime to cstime are the fields 14 to 17 (proc_pid_stat(5)).
    let fields = text.rsplit(')').next().unwrap_or_default().split_whitespace();
    fields.skip(11).take(4).filter_map(|field| field.parse::<u64>().ok()).sum()
}

fn with_descendants(process: u32, of_one: &dyn Fn(u32) -> u64) -> u64 {
    let below: u64 = children(process).into_iter().map(|child| with_descendants(child, of_one)).sum();
    of_one(process) + below
}

fn children(process: u32) -> Vec<u32> {
    let tasks = fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
    let lists = tasks.filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
    lists.flat_map(|list| list.split_whitespace().filter_map(|id| id.parse().ok()).collect::<Vec<u32>>()).collect()
}

/// In the network of this process: `needle` is the port as the kernel writes it, behind the address.
fn is_listening(process: u32, needle: &str) -> bool {
    const LISTENING: &str = "0A";
    ["tcp", "tcp6"].iter().any(|table| {
        let text = fs::read_to_string(format!("/proc/{process}/net/{table}")).unwrap_or_default();
        text.lines().any(|line| {
            let mut fields = line.split_whitespace().skip(1);
            let local = fields.next().unwrap_or_default();
            format!("{local} ").contains(needle) && fields.nth(1) == Some(LISTENING)
        })
    })
}
