//! The workloads, and what they share: blocks in which all tools take turns.

mod delay;
mod file;
mod growth;
mod many;
mod memory;
mod network;
mod photos;
mod small;
mod text;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
    time::Duration,
};

use clap::ValueEnum;
use tempfile::TempDir;

use crate::{
    options::{Extent, Options},
    process::Outcome,
    sources::{self, Source},
    stats::{Sample, readable},
    table::{Report, progress},
    tools::{Job, Moved, Stage, Tool, fantail, installed, installed_crate, python, version},
};

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Work {
    /// One large file, into memory and onto the disk
    File,
    /// Many small files
    Small,
    /// Two hundred photographs
    Photos,
    /// A line of text
    Text,
    /// Networks of 1 Gbit/s and 100 Mbit/s
    Network,
    /// A network with delay and jitter
    Delay,
    /// Resident memory at full speed
    Memory,
    /// One to twenty, twenty to one, and a slow one among them
    Many,
    /// How the time grows with size and number
    Growth,
}

/// Another tool that takes longer has its one run: what it shows is clear enough.
const LONG: Duration = Duration::from_secs(60);

const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

/// What every workload has at hand.
struct Bench<'o> {
    options: &'o Options,
    report: Report,
    memory: TempDir,
    disk: TempDir,
    logs: PathBuf,
}

/// Runs what was chosen and prints it.
pub fn run(options: &Options) -> ExitCode {
    let Some(bench) = Bench::new(options) else { return ExitCode::FAILURE };
    if options.extent != Extent::Smoke {
        bench.describe();
    }
    let mut good = true;
    for work in &options.work {
        progress(&format!("{work:?}"));
        let done = match work {
            Work::File => file::run(&bench),
            Work::Small => small::run(&bench),
            Work::Photos => photos::run(&bench),
            Work::Text => text::run(&bench),
            Work::Network => network::run(&bench),
            Work::Delay => delay::run(&bench),
            Work::Memory => memory::run(&bench),
            Work::Many => many::run(&bench),
            Work::Growth => growth::run(&bench),
        };
        if let Err(why) = done {
            good = false;
            eprintln!("{work:?}: {why}");
            bench.report.unknown(format!("{work:?}"), "–", why);
        }
    }
    if options.extent != Extent::Smoke {
        bench.report.conclude("What is asked for");
    }
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

impl<'o> Bench<'o> {
    fn new(options: &'o Options) -> Option<Self> {
        let disk = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).ok()?;
        let logs = disk.path().join("logs");
        fs::create_dir_all(&logs).ok()?;
        let memory = tempfile::Builder::new().prefix("fantail-speed-").tempdir_in("/dev/shm").ok()?;
        Some(Self { options, report: Report::new(options.extent != Extent::Smoke), memory, disk, logs })
    }

    fn extent(&self) -> Extent {
        self.options.extent
    }

    /// Loopback, with homes and the like in memory.
    fn in_memory(&self) -> Stage<'_> {
        Stage::loopback(self.memory.path(), &self.logs)
    }

    /// Loopback, with homes and the like on the disk.
    fn on_disk(&self) -> Stage<'_> {
        Stage::loopback(self.disk.path(), &self.logs)
    }

    /// What a tool is compared with; in a smoke run only what needs no installing.
    fn with_others(&self, mut ours: Vec<Box<dyn Tool>>, others: Vec<Box<dyn Tool>>) -> Vec<Box<dyn Tool>> {
        let only = &self.options.only;
        let wanted = |tool: &dyn Tool| only.is_empty() || only.iter().any(|name| tool.name().starts_with(&**name));
        if self.extent() != Extent::Smoke {
            ours.extend(others.into_iter().filter(|tool| wanted(&**tool)));
        }
        ours
    }

    /// Machine, versions and date.
    fn describe(&self) {
        let first = |program: &str, words: &[&str]| version(Path::new(program), words);
        let processor = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let processor = processor.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or_default();
        let cores = std::thread::available_parallelism().map_or(0, usize::from);
        let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
        let memory = memory.split_whitespace().nth(1).and_then(|kib| kib.parse::<f64>().ok()).unwrap_or_default();
        let control = fs::read_to_string("/proc/sys/net/ipv4/tcp_congestion_control").unwrap_or_default();
        println!("# Speed, side by side with other tools\n");
        println!("Made by `benches/run{}`.\n", if self.extent() == Extent::Quick { " --quick" } else { "" });
        let rows = [
            ("date", first("date", &["-u", "+%F %H:%M UTC"])),
            ("processor", format!("{}, {cores} cores", processor.trim_start_matches([':', '\t', ' ']).trim())),
            ("memory", format!("{:.0} GiB", memory / (1 << 20) as f64)),
            ("system", first("uname", &["-srm"])),
            ("TCP congestion control", control.trim().to_owned()),
            ("disk", first("findmnt", &["-n", "-o", "FSTYPE,OPTIONS", "-T", env!("CARGO_TARGET_TMPDIR")])),
            ("Fantail", first(&fantail::program().display().to_string(), &["--version"])),
            ("commit", first("git", &["describe", "--always", "--dirty", "--exclude", "*"])),
            ("Rust", first("rustc", &["--version"])),
            ("iperf3", first("iperf3", &["--version"])),
            ("nc", first("dpkg-query", &["-W", "-f", "${Package} ${Version}", "netcat-openbsd"])),
            ("socat", first("dpkg-query", &["-W", "-f", "${Version}", "socat"])),
            ("rsync", first("rsync", &["--version"])),
            ("ssh", first("ssh", &["-V"])),
            ("magic-wormhole", version(&python("wormhole"), &["--version"])),
            ("sendme", installed_crate("sendme")),
            ("localsendd", version(&python("localsendd"), &["--version"])),
            ("localsend-ts", first("node", &["-p", &node_version()])),
            ("LocalSend library", library_version()),
        ];
        let rows: Vec<Vec<String>> = rows.into_iter().map(|(what, value)| vec![what.to_owned(), value]).collect();
        self.report.table(&["", ""], &rows);
        self.report.note(
            "Both ends run on this one machine. Within a block all tools take turns, the first one moving on with each \
             block; a ratio is the median of the blocks' ratios. Figures are medians, with the least and the most in \
             brackets. Time runs from the start of the sending command until everything has arrived; what arrived is \
             compared with what was sent after the clock has stopped. Processor seconds and memory are those of all \
             processes of a side.",
        );
    }

    /// Has all tools carry the same, in turns.
    fn rounds(
        &self,
        tools: &[Box<dyn Tool>],
        runs: usize,
        stage: Stage<'_>,
        source: &Source,
        into: Into<'_>,
    ) -> Rounds {
        let mut rounds = Rounds {
            names: tools.iter().map(|tool| tool.name()).collect(),
            bytes: source.bytes,
            done: vec![Vec::new(); tools.len()],
            failed: vec![None; tools.len()],
        };
        for (number, tool) in tools.iter().enumerate() {
            let missing = tool.missing().map(|program| format!("not installed: {}", program.display()));
            rounds.failed[number] = missing;
        }
        let mut kept = Vec::new();
        for run in 0..runs {
            for turn in 0..tools.len() {
                let number = (run + turn) % tools.len();
                if rounds.failed[number].is_some() {
                    rounds.done[number].push(None);
                    continue;
                }
                let once = self.once(&*tools[number], stage, source, into, &mut kept);
                match &once {
                    Ok(moved) => progress(&format!(
                        "{}: {} s, {} MiB/s",
                        tools[number].name(),
                        readable(moved.wall.as_secs_f64()),
                        readable(source.bytes as f64 / MIB as f64 / moved.wall.as_secs_f64())
                    )),
                    Err(why) => progress(&format!("{}: {why}", tools[number].name())),
                }
                rounds.failed[number] = match &once {
                    Ok(moved) if moved.wall > LONG && !tools[number].name().starts_with(FANTAIL) => {
                        Some(format!("one run took more than {} s", LONG.as_secs()))
                    }
                    Ok(_) => None,
                    Err(why) => Some(why.clone()),
                };
                rounds.done[number].push(once.ok());
            }
        }
        rounds
    }

    fn once(
        &self,
        tool: &dyn Tool,
        stage: Stage<'_>,
        source: &Source,
        into: Into<'_>,
        kept: &mut Vec<TempDir>,
    ) -> Outcome<Moved> {
        let folder = tempfile::Builder::new().prefix("into-").tempdir_in(into.folder);
        let folder = folder.map_err(|error| error.to_string())?;
        let job = Job { stage, source, into: folder.path() };
        // What the one before left to be written is not this one's burden.
        sources::flush(into.folder)?;
        let moved = tool.carry(&job)?;
        tool.check(&job)?;
        if into.keep {
            kept.push(folder);
        }
        Ok(moved)
    }
}

/// Where things arrive: in a new folder below this one each time.
#[derive(Clone, Copy)]
struct Into<'a> {
    folder: &'a Path,
    /// All stays until the end: ext4 creates files about ten times slower right after many were removed.
    keep: bool,
}

/// What came of the blocks, by tool.
struct Rounds {
    names: Vec<String>,
    bytes: u64,
    /// By tool, then by block.
    done: Vec<Vec<Option<Moved>>>,
    /// Why there is no more of this one.
    failed: Vec<Option<String>>,
}

impl Rounds {
    /// The blocks of another run of the same tools behind these.
    fn append(&mut self, other: Self) {
        for (done, more) in self.done.iter_mut().zip(other.done) {
            done.extend(more);
        }
        for (failed, more) in self.failed.iter_mut().zip(other.failed) {
            *failed = failed.take().or(more);
        }
    }

    /// The tool whose name begins like this.
    fn find(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|known| known.starts_with(name))
    }

    fn sample(&self, tool: usize, of: impl Fn(&Moved) -> f64) -> Sample {
        Sample::of(self.done[tool].iter().flatten().map(of))
    }

    fn seconds(&self, name: &str) -> Sample {
        self.find(name).map(|tool| self.sample(tool, |moved| moved.wall.as_secs_f64())).unwrap_or_default()
    }

    /// How much longer `slower` took than `faster` within the same block.
    fn times(&self, slower: &str, faster: &str) -> Sample {
        let (Some(slower), Some(faster)) = (self.find(slower), self.find(faster)) else { return Sample::default() };
        let pairs = self.done[slower].iter().zip(&self.done[faster]);
        Sample::of(pairs.filter_map(|(slower, faster)| {
            Some(slower.as_ref()?.wall.as_secs_f64() / faster.as_ref()?.wall.as_secs_f64())
        }))
    }

    /// Why there is nothing of this one.
    fn why_not(&self, name: &str) -> String {
        self.find(name).and_then(|tool| self.failed[tool].clone()).unwrap_or_else(|| "not chosen".into())
    }

    /// One row for each tool, beside the one named.
    fn print(&self, report: &Report, beside: &str) {
        let gib = self.bytes as f64 / GIB as f64;
        let mib = self.bytes as f64 / MIB as f64;
        let mut rows = Vec::new();
        for (tool, name) in self.names.iter().enumerate() {
            let seconds = self.sample(tool, |moved| moved.wall.as_secs_f64());
            if seconds.is_empty() {
                rows.push(vec![name.clone(), format!("– ({})", self.why_not(name))]);
                continue;
            }
            let rate = self.sample(tool, |moved| mib / moved.wall.as_secs_f64());
            let of = |usage: fn(&Moved) -> f64| readable(self.sample(tool, usage).median());
            let per_gib = |usage: fn(&Moved) -> f64| readable(self.sample(tool, usage).median() / gib);
            rows.push(vec![
                name.clone(),
                seconds.to_string(),
                readable(rate.median()),
                readable(self.times(name, beside).median()),
                per_gib(|moved| moved.sender.processor.as_secs_f64()),
                per_gib(|moved| moved.receiver.processor.as_secs_f64()),
                of(|moved| moved.sender.memory as f64 / MIB as f64),
                of(|moved| moved.receiver.memory as f64 / MIB as f64),
            ]);
        }
        let ratio = format!("time ÷ {beside}'s");
        let head =
            ["tool", "seconds", "MiB/s", &ratio, "CPU s/GiB sending", "receiving", "MiB resident sending", "receiving"];
        report.table(&head, &rows);
        for (name, why) in self.names.iter().zip(&self.failed).filter_map(|(name, why)| Some((name, why.as_ref()?))) {
            if self.find(name).is_some_and(|tool| self.done[tool].iter().any(Option::is_some)) {
                report.note(&format!("{name} stopped taking part: {why}."));
            }
        }
    }

    /// Our tool must have come through.
    fn require(&self, name: &str) -> Outcome<()> {
        match self.find(name).and_then(|tool| self.failed[tool].clone()) {
            Some(why) => Err(why),
            None => Ok(()),
        }
    }

    /// At least so many times as fast as another, by time in the same block.
    fn at_least(&self, report: &Report, what: &str, times: f64, other: &str) {
        let wanted = format!("≥ {times} × {other}");
        let ratio = self.times(other, FANTAIL);
        if ratio.is_empty() {
            report.unknown(what, wanted, self.why_not(other));
        } else {
            report.verdict(what, wanted, format!("{ratio} ×"), ratio.median() >= times);
        }
    }
}

/// What makes Node.js say which localsend-ts is there.
fn node_version() -> String {
    let description = installed().join("node/node_modules/localsend/package.json");
    format!("require('{}').version", description.display())
}

/// Of the library inside the program around it.
fn library_version() -> String {
    let lock = include_str!("../../localsend_library/Cargo.lock");
    let behind = lock.split("name = \"localsend\"\nversion = \"").nth(1).unwrap_or_default();
    format!("localsend {}", behind.split('"').next().unwrap_or_default())
}

/// How Fantail's name begins in every table.
const FANTAIL: &str = "Fantail";

/// How bare TCP's does.
const BARE: &str = "bare TCP";

/// The candidate that is fastest in three runs each, after one that doesn't count. They take turns, so that a moment in
/// which the machine is busy decides nothing.
fn best<T: Copy>(candidates: &[T], mut seconds: impl FnMut(T) -> Outcome<f64>) -> Outcome<T> {
    if let Some(first) = candidates.first() {
        seconds(*first)?;
    }
    let mut least = vec![f64::INFINITY; candidates.len()];
    for _ in 0..3 {
        for (candidate, least) in candidates.iter().zip(&mut least) {
            *least = least.min(seconds(*candidate)?);
        }
    }
    let found = candidates.iter().zip(least).min_by(|(_, one), (_, other)| one.total_cmp(other));
    found.map(|(candidate, _)| *candidate).ok_or_else(|| "nothing to choose from".into())
}

/// Whether a program of this name can be called.
fn has(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok()
}
