//! Many small files: in memory, on the disk with everything durable, ten times as many, and how soon the question is
//! asked.

use std::time::Instant;

use super::{Bench, FANTAIL, Into};
use crate::{
    process::{Outcome, Program},
    sources::Source,
    stats::{Sample, readable},
    table::progress,
    tools::{
        Tool,
        classic::{RsyncDaemon, TarNetcat, ThroughSsh},
        fantail::{Fantail, Receiver, send, sender_home},
        localsend::Library,
        sendme::Sendme,
    },
};

pub fn run(bench: &Bench<'_>) -> Outcome<()> {
    let (files, each) = (bench.extent().pick(20, 2000, 10_000), 4 << 10);
    {
        let source = Source::folder(&bench.memory.path().join("small"), files, each)?;
        in_memory(bench, &source)?;
        asked(bench, &source)?;
    }
    let source = Source::folder(&bench.disk.path().join("small"), files, each)?;
    onto_disk(bench, &source)?;
    linear(bench)
}

fn in_memory(bench: &Bench<'_>, source: &Source) -> Outcome<()> {
    bench.report.heading(&format!("{} files of 4 KiB, memory to memory", source.files));
    let others: Vec<Box<dyn Tool>> = vec![
        Box::new(RsyncDaemon),
        Box::new(TarNetcat),
        Box::new(ThroughSsh::Tar),
        Box::new(ThroughSsh::Rsync),
        Box::new(ThroughSsh::Scp),
        Box::new(Sendme),
        Box::new(Library),
    ];
    let tools = bench.with_others(vec![Box::new(Fantail)], others);
    let into = Into { folder: bench.memory.path(), keep: false };
    let rounds = bench.rounds(&tools, bench.extent().pick(1, 3, 5), bench.in_memory(), source, into);
    rounds.print(&bench.report, FANTAIL);
    rounds.require(FANTAIL)?;
    let (what, wanted) = ("10,000 × 4 KiB, memory to memory: time", "≤ 1.2 × rsync daemon");
    let ratio = rounds.times(FANTAIL, "rsync daemon");
    if ratio.is_empty() {
        bench.report.unknown(what, wanted, rounds.why_not("rsync daemon"));
    } else {
        bench.report.verdict(what, wanted, format!("{ratio} ×"), ratio.median() <= 1.2);
    }
    Ok(())
}

fn onto_disk(bench: &Bench<'_>, source: &Source) -> Outcome<()> {
    bench.report.heading(&format!("{} files of 4 KiB, disk to disk, durable at the end", source.files));
    let tools = bench.with_others(vec![Box::new(Fantail)], vec![Box::new(ThroughSsh::RsyncFlushed)]);
    let into = Into { folder: bench.disk.path(), keep: true };
    let rounds = bench.rounds(&tools, bench.extent().pick(1, 3, 5), bench.on_disk(), source, into);
    rounds.print(&bench.report, FANTAIL);
    rounds.require(FANTAIL)?;
    let (what, wanted) = ("10,000 × 4 KiB, disk to disk, durable: time", "≤ 0.5 × rsync over ssh");
    let ratio = rounds.times(FANTAIL, "rsync over ssh");
    if ratio.is_empty() {
        bench.report.unknown(what, wanted, rounds.why_not("rsync over ssh"));
    } else {
        bench.report.verdict(what, wanted, format!("{ratio} ×"), ratio.median() <= 0.5);
    }
    Ok(())
}

/// From the command to the question: the receiver has nobody to ask, so its answer, no, comes at once and a little later
/// than the question would.
fn asked(bench: &Bench<'_>, source: &Source) -> Outcome<()> {
    let stage = bench.in_memory();
    let folder = |name: &str| tempfile::Builder::new().prefix(name).tempdir_in(bench.memory.path());
    let (home, into) =
        (folder("asked-").map_err(|error| error.to_string())?, folder("into-").map_err(|e| e.to_string())?);
    let receiver = Receiver::start(&stage, home.path(), into.path(), &["--accept", "ask"])?;
    let mut seconds = Vec::new();
    for _ in 0..bench.extent().pick(1, 3, 11) {
        let mut command = send(&stage, &sender_home(&stage)?);
        command.args(["--json", "--to", &receiver.address(&stage)]).arg(&source.path);
        let began = Instant::now();
        let sender = Program::start_talking("fantail send", &mut command, stage.logs)?;
        let declined = sender.line("being declined", |line| {
            crate::tools::fantail::event(line, "declined").map(|_| line.at.saturating_duration_since(began))
        })?;
        seconds.push(declined.as_secs_f64());
    }
    let seconds = Sample::of(seconds);
    let what = format!("{} files: from the command to the question and its answer", source.files);
    bench.report.verdict(what, "≤ 0.3 s", format!("{seconds} s"), seconds.median() <= 0.3);
    Ok(())
}

/// Ten times as many files take ten times as long.
fn linear(bench: &Bench<'_>) -> Outcome<()> {
    let files = bench.extent().pick(10, 1000, 10_000);
    bench.report.heading(&format!("{} and {} files of 1 KiB, memory to memory", files, 10 * files));
    let mut seconds = Vec::new();
    for files in [files, 10 * files] {
        let source = Source::folder(&bench.memory.path().join("many"), files, 1 << 10)?;
        let into = Into { folder: bench.memory.path(), keep: false };
        let tools: Vec<Box<dyn Tool>> = vec![Box::new(Fantail)];
        let rounds = bench.rounds(&tools, bench.extent().pick(1, 3, 5), bench.in_memory(), &source, into);
        rounds.print(&bench.report, FANTAIL);
        rounds.require(FANTAIL)?;
        seconds.push(rounds.seconds(FANTAIL).median());
    }
    let times = seconds[1] / seconds[0];
    progress(&format!("ten times as many files: {} times the time", readable(times)));
    let what = "100,000 × 1 KiB: time as a multiple of that of 10,000";
    bench.report.verdict(what, "≤ 11 (linear)", readable(times), times <= 11.0);
    Ok(())
}
