//! One large file: from memory to memory beside everything else, and onto the disk beside `dd`.

use std::path::PathBuf;

use super::{BARE, Bench, FANTAIL, GIB, Into, MIB, best};
use crate::{
    process::{Outcome, Program, Usage},
    sources::Source,
    stats::{Sample, readable},
    tcp::Buffers,
    tools::{
        Job, Moved, Tool,
        classic::{Bare, Netcat, RsyncDaemon, Socat, ThroughSsh, bare_without_files, iperf3},
        fantail::Fantail,
        localsend::{LocalsendTs, Localsendd},
        sendme::Sendme,
        wormhole::Wormhole,
    },
};

/// 2 GiB less one byte: localsend-ts takes no more.
const LARGEST: u64 = 2 * GIB - 1;

/// Pieces that are worth trying, in bytes.
const PIECES: [usize; 4] = [64 << 10, 128 << 10, 256 << 10, 1 << 20];

pub fn run(bench: &Bench<'_>) -> Outcome<()> {
    let bytes = bench.extent().pick(4 * MIB, 256 * MIB, LARGEST);
    let source = Source::file(&bench.memory.path().join("file.bin"), bytes)?;
    let bare = in_memory(bench, &source)?;
    onto_disk(bench, &source, bare)
}

fn size(source: &Source) -> String {
    if source.bytes == LARGEST {
        "2 GiB less one byte (localsend-ts takes no more)".to_owned()
    } else {
        format!("{} MiB", source.bytes / MIB)
    }
}

/// Gives back what bare TCP is fastest with.
fn in_memory(bench: &Bench<'_>, source: &Source) -> Outcome<Buffers> {
    let runs = bench.extent().pick(1, 3, 5);
    let stage = bench.in_memory();
    let folder = bench.memory.path();
    bench.report.heading(&format!("One file of {}, memory to memory", size(source)));

    let carry = |tool: &dyn Tool| {
        let job = Job { stage, source, into: folder };
        let into = tempfile::tempdir_in(folder).map_err(|error| error.to_string())?;
        tool.carry(&Job { into: into.path(), ..job }).map(|moved| moved.wall.as_secs_f64())
    };
    let bare = best_buffers(bench, |buffers| carry(&Bare(buffers)))?;
    if bench.extent() != super::Extent::Smoke {
        as_good_as_iperf3(bench, source.bytes)?;
    }
    let socat = if bench.extent() == super::Extent::Smoke || Socat(0).missing().is_some() {
        PIECES[0]
    } else {
        best(&PIECES, |piece| carry(&Socat(piece)))?
    };
    let ours: Vec<Box<dyn Tool>> = vec![Box::new(Bare(bare)), Box::new(Fantail)];
    let others: Vec<Box<dyn Tool>> = vec![
        Box::new(Socat(socat)),
        Box::new(Netcat),
        Box::new(RsyncDaemon),
        Box::new(ThroughSsh::Rsync),
        Box::new(ThroughSsh::Scp),
        Box::new(Wormhole),
        Box::new(Sendme),
        Box::new(LocalsendTs),
        Box::new(Localsendd),
    ];
    let tools = bench.with_others(ours, others);
    let rounds = bench.rounds(&tools, runs, stage, source, Into { folder, keep: false });
    rounds.print(&bench.report, BARE);
    rounds.require(BARE)?;
    rounds.require(FANTAIL)?;

    let report = &bench.report;
    let what = "one file, memory to memory: rate";
    // As a share of bare TCP's rate it is bare TCP's time as a share of this one's.
    let share = rounds.times(BARE, FANTAIL);
    report.verdict(what, "≥ 0.50 × bare TCP", format!("{share} ×"), share.median() >= 0.5);
    let gib = source.bytes as f64 / GIB as f64;
    for (side, of) in [
        ("sending", (|moved| moved.sender.processor) as fn(&Moved) -> std::time::Duration),
        ("receiving", |moved| moved.receiver.processor),
    ] {
        let fantail = rounds.find(FANTAIL).ok_or("no Fantail")?;
        let processor = rounds.sample(fantail, |moved| of(moved).as_secs_f64() / gib);
        let what = format!("one file, memory to memory: processor, {side}");
        report.verdict(what, "≤ 0.9 s per GiB", format!("{processor} s"), processor.median() <= 0.9);
    }
    let what = "one file, memory to memory";
    // Level: no slower than what alternating runs of one program differ by.
    rounds.at_least(report, what, 0.95, "rsync daemon");
    rounds.at_least(report, what, 2.5, "rsync over ssh");
    rounds.at_least(report, what, 5.0, "sendme");
    rounds.at_least(report, what, 10.0, "localsend-ts");
    rounds.at_least(report, what, 10.0, "localsendd");
    let why = "its receiver (0.1.2) says that it accepts and answers nobody without a terminal";
    report.unknown(what, "≥ 10 × localsend-rs", why);
    Ok(bare)
}

/// What bare TCP is fastest with.
fn best_buffers(bench: &Bench<'_>, seconds: impl FnMut(Buffers) -> Outcome<f64>) -> Outcome<Buffers> {
    let candidates = PIECES.map(|piece| Buffers { piece, socket: None });
    let candidates = if bench.extent() == super::Extent::Smoke { &candidates[..1] } else { &candidates[..] };
    best(candidates, seconds)
}

/// A yardstick that is itself slow would flatter everything measured with it.
///
/// Half a second each: on a machine whose processors others share, single runs differ by a third and the median of few
/// says little.
fn as_good_as_iperf3(bench: &Bench<'_>, bytes: u64) -> Outcome<()> {
    let stage = bench.in_memory();
    let (what, wanted) = ("the yardstick: bare TCP out of memory into nowhere", "≥ 0.95 × iperf3");
    if !super::has("iperf3") {
        bench.report.unknown(what, wanted, "not installed: iperf3");
        return Ok(());
    }
    let own = best_buffers(bench, |buffers| Ok(1.0 / bare_without_files(&stage, bytes, buffers)?))?;
    let other = best(&PIECES, |piece| Ok(1.0 / iperf3(&stage, bytes, piece)?))?;
    let (mut rates, mut iperf3_rates, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for run in 0..bench.extent().pick(1, 5, 21) {
        // The first one moves on, as everywhere.
        let early = if run % 2 == 0 { Some(bare_without_files(&stage, bytes, own)?) } else { None };
        let iperf3 = iperf3(&stage, bytes, other)?;
        let rate = early.map_or_else(|| bare_without_files(&stage, bytes, own), Ok)?;
        rates.push(rate / MIB as f64);
        iperf3_rates.push(iperf3 / MIB as f64);
        ratios.push(rate / iperf3);
    }
    let (rate, iperf3, ratio) = (Sample::of(rates), Sample::of(iperf3_rates), Sample::of(ratios));
    bench.report.note(&format!(
        "Out of memory into nowhere: bare TCP ({own}) {rate} MiB/s, iperf3 ({} KiB) {iperf3} MiB/s.",
        other >> 10
    ));
    bench.report.verdict(what, wanted, format!("{ratio} ×"), ratio.median() >= 0.95);
    Ok(())
}

fn onto_disk(bench: &Bench<'_>, source: &Source, bare: Buffers) -> Outcome<()> {
    let runs = bench.extent().pick(1, 3, 11);
    let (stage, folder) = (bench.on_disk(), bench.disk.path());
    bench.report.heading(&format!("One file of {}, from memory onto the disk, flushed", size(source)));
    let candidates = if bench.extent() == super::Extent::Smoke { &PIECES[..1] } else { &PIECES[..] };
    let piece = best(candidates, |piece| {
        let into = tempfile::tempdir_in(folder).map_err(|error| error.to_string())?;
        Dd(piece).carry(&Job { stage, source, into: into.path() }).map(|moved| moved.wall.as_secs_f64())
    })?;
    let tools: Vec<Box<dyn Tool>> = vec![Box::new(Dd(piece)), Box::new(Bare(bare)), Box::new(Fantail)];
    let rounds = bench.rounds(&tools, runs, stage, source, Into { folder, keep: false });
    rounds.print(&bench.report, "dd");
    rounds.require("dd")?;
    rounds.require(FANTAIL)?;
    let share = rounds.times("dd", FANTAIL);
    let held = share.median() >= 0.95;
    bench.report.verdict("one file, onto the disk, flushed: rate", "≥ 0.95 × dd", format!("{share} ×"), held);
    bench.report.note(&format!(
        "Bare TCP onto the same disk is {} × as fast as dd: a disk that is faster than two processors carry bytes is \
         the measure of nobody who carries them.",
        rounds.times("dd", BARE)
    ));
    let spread = rounds.seconds(FANTAIL);
    let spread = (spread.most() - spread.least()) / spread.median();
    bench.report.note(&format!("Fantail's slowest and fastest run differ by {} of the median.", readable(spread)));
    Ok(())
}

/// A plain copy with a flush at its end, in pieces of so many bytes.
struct Dd(usize);

impl Tool for Dd {
    fn name(&self) -> String {
        format!("dd conv=fsync ({} KiB)", self.0 >> 10)
    }

    fn programs(&self) -> Vec<PathBuf> {
        vec!["dd".into()]
    }

    fn carry(&self, job: &Job<'_>) -> Outcome<Moved> {
        let mut command = job.stage.at_receiver("dd");
        command.arg(format!("if={}", job.source.path.display())).arg(format!("of={}", self.arrives(job).display()));
        command.arg(format!("bs={}", self.0)).arg("conv=fsync");
        let began = std::time::Instant::now();
        let mut program = Program::start("dd", &mut command, job.stage.logs)?;
        program.wait(&mut [])?;
        let wall = began.elapsed();
        Ok(Moved { wall, sender: Usage::default(), receiver: program.end()? })
    }
}
