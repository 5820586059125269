//! One to twenty computers at once, twenty to one, and a slow one among them.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::{Bench, MIB};
use crate::{
    process::{Outcome, Program},
    sources::Source,
    stats::Sample,
    table::progress,
    tools::fantail::{Receiver, event, make_home, send},
};

/// The slow computer runs for so long and then stands still for so long: a tenth of its share of the processors.
const RUNS: Duration = Duration::from_millis(10);
const STANDS: Duration = Duration::from_millis(90);

pub fn run(bench: &Bench<'_>) -> Outcome<()> {
    let others = bench.extent().pick(2, 20, 20);
    bench.report.heading(&format!("One and {others} computers"));
    // The single one gets a larger file, so that starting counts as little as among the many.
    let folder = bench.memory.path();
    let large = Source::file(&folder.join("large.bin"), bench.extent().pick(2 * MIB, 256 * MIB, 1024 * MIB))?;
    let small = Source::file(&folder.join("small.bin"), bench.extent().pick(MIB, 16 * MIB, 96 * MIB))?;
    let (mut alone, mut fan_out, mut fan_in, mut with_slow) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..bench.extent().pick(1, 3, 5) {
        alone.push(to_many(bench, &large, 1, false)?);
        fan_out.push(to_many(bench, &small, others, false)?);
        with_slow.push(to_many(bench, &small, others, true)?);
        fan_in.push(from_many(bench, &small, others)?);
    }
    let row = |what: &str, times: &[Times]| {
        vec![
            what.to_owned(),
            Sample::of(times.iter().map(Times::rate)).to_string(),
            Sample::of(times.iter().map(Times::fairness)).to_string(),
        ]
    };
    let rows = [
        row("1 to 1", &alone),
        row(&format!("1 to {others}"), &fan_out),
        row(&format!("1 to {others}, one of them slow: the others"), &with_slow),
        row(&format!("{others} to 1"), &fan_in),
    ];
    bench.report.table(&["what", "MiB/s in all", "slowest ÷ mean"], &rows);

    let against = |times: &[Times], base: &[Times]| {
        Sample::of(times.iter().zip(base).map(|(many, one)| many.rate() / one.rate()))
    };
    let report = &bench.report;
    for (what, times) in [(format!("1 → {others}"), &fan_out), (format!("{others} → 1"), &fan_in)] {
        let share = against(times, &alone);
        report.verdict(
            format!("{what}: total rate"),
            "≥ 0.9 × one receiver's",
            format!("{share} ×"),
            share.median() >= 0.9,
        );
        let fair = Sample::of(times.iter().map(Times::fairness));
        report.verdict(format!("{what}: the slowest"), "≥ 0.5 × mean", format!("{fair} ×"), fair.median() >= 0.5);
    }
    let share = against(&with_slow, &fan_out);
    let what = format!("1 → {others}, one of them slow: the others' rate");
    report.verdict(what, "≥ 0.9 × the rate without a slow one", format!("{share} ×"), share.median() >= 0.9);
    Ok(())
}

/// How long each took.
struct Times {
    each: Vec<Duration>,
    bytes: u64,
}

impl Times {
    /// MiB a second, all together.
    fn rate(&self) -> f64 {
        let longest = self.each.iter().max().copied().unwrap_or_default();
        (self.bytes * self.each.len() as u64) as f64 / MIB as f64 / longest.as_secs_f64()
    }

    /// The slowest rate beside the mean of all.
    fn fairness(&self) -> f64 {
        let rates: Vec<f64> = self.each.iter().map(|time| 1.0 / time.as_secs_f64()).collect();
        let least = rates.iter().copied().fold(f64::INFINITY, f64::min);
        least * rates.len() as f64 / rates.iter().sum::<f64>()
    }
}

/// Each receiver's time; with a slow one, that of the others.
fn to_many(bench: &Bench<'_>, source: &Source, count: usize, slow: bool) -> Outcome<Times> {
    let stage = bench.in_memory();
    let folder = folder(bench)?;
    let sender = folder.path().join("sender");
    make_home(&stage, &sender)?;
    let mut receivers = Vec::new();
    for number in 0..count {
        let (home, into) = (folder.path().join(format!("home{number}")), into(&folder, number));
        receivers.push(Receiver::start(&stage, &home, &into, &["--accept", "all", "--once"])?);
    }
    let mut command = send(&stage, &sender);
    for receiver in &receivers {
        command.args(["--to", &receiver.address(&stage)]);
    }
    let held_back = slow.then(|| receivers.pop()).flatten();
    let began = Instant::now();
    let program = Program::start("fantail send", command.arg(&source.path), stage.logs)?;
    // Slow from its first bytes on: it is a slow transfer that is looked at, not a slow handshake.
    let brake = held_back.as_ref().map(|receiver| {
        receiver.program.line("bytes", |line| event(line, "progress").or_else(|| event(line, "saved")))?;
        Brake::pull(receiver.program.id())
    });
    let brake = brake.transpose()?;
    let mut each = Vec::new();
    for receiver in &receivers {
        each.push(receiver.told("saved", began)?);
    }
    drop(brake);
    // The slow one gets everything as well.
    program.end()?;
    for number in 0..count {
        source.check(&into(&folder, number).join(source.name()), false)?;
    }
    let times = Times { each, bytes: source.bytes };
    progress(&format!("1 to {count}{}: {:.0} MiB/s", if slow { ", one slow" } else { "" }, times.rate()));
    Ok(times)
}

fn from_many(bench: &Bench<'_>, source: &Source, count: usize) -> Outcome<Times> {
    let stage = bench.in_memory();
    let folder = folder(bench)?;
    let into = into(&folder, 0);
    let receiver = Receiver::start(&stage, &folder.path().join("receiver"), &into, &["--accept", "all"])?;
    let homes: Vec<PathBuf> = (0..count).map(|number| folder.path().join(format!("home{number}"))).collect();
    for home in &homes {
        make_home(&stage, home)?;
    }
    let whom = receiver.address(&stage);
    let began = Instant::now();
    let mut programs = Vec::new();
    for home in &homes {
        let mut command = send(&stage, home);
        command.args(["--to", &whom]).arg(&source.path);
        programs.push(Program::start("fantail send", &mut command, stage.logs)?);
    }
    let mut each = Vec::new();
    for _ in 0..count {
        each.push(receiver.told("saved", began)?);
    }
    for program in programs {
        program.end()?;
    }
    let arrived = std::fs::read_dir(&into).into_iter().flatten().flatten().map(|entry| entry.path());
    let arrived: Vec<PathBuf> = arrived.filter(|path| path.is_file()).collect();
    if arrived.len() != count {
        return Err(format!("{} files from {count} computers", arrived.len()));
    }
    arrived.iter().try_for_each(|path| source.check(path, false))?;
    let times = Times { each, bytes: source.bytes };
    progress(&format!("{count} to 1: {:.0} MiB/s", times.rate()));
    Ok(times)
}

fn folder(bench: &Bench<'_>) -> Outcome<TempDir> {
    tempfile::tempdir_in(bench.memory.path()).map_err(|error| error.to_string())
}

fn into(folder: &TempDir, number: usize) -> PathBuf {
    folder.path().join(format!("into{number}"))
}

/// Makes a program slow, until dropped.
struct Brake {
    released: Arc<AtomicBool>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Brake {
    fn pull(process: u32) -> Outcome<Self> {
        let released = Arc::new(AtomicBool::new(false));
        let seen = released.clone();
        let Some(process) = Pid::from_raw(process as i32) else { return Err("no process to slow down".into()) };
        let hold = move || {
            while !seen.load(Ordering::Acquire) {
                kill_process(process, Signal::STOP).ok();
                thread::sleep(STANDS);
                kill_process(process, Signal::CONT).ok();
                thread::sleep(RUNS);
            }
        };
        let thread = thread::Builder::new().name("brake".into()).spawn(hold).map_err(|error| error.to_string())?;
        Ok(Self { released, thread: Some(thread) })
    }
}

impl Drop for Brake {
    fn drop(&mut self) {
        self.released.store(true, Ordering::Release);
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}
