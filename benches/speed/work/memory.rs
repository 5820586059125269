//! Resident memory of both sides at full speed, above what the same process has while idle.

use std::{
    thread,
    time::{Duration, Instant},
};

use super::{Bench, GIB, MIB};
use crate::{
    process::{Outcome, Program, forget_peak, peak_memory, resident},
    sources::Source,
    stats::readable,
    tools::fantail::{Receiver, send},
};

/// What may come on top of idle, in bytes: 40 MB.
const ALLOWED: f64 = 40e6;

pub fn run(bench: &Bench<'_>) -> Outcome<()> {
    bench.report.heading("Resident memory above idle");
    let folder = bench.memory.path().join("measured");
    let extent = bench.extent();
    let file = |bytes| Source::file(&folder, bytes);
    let files = |count, each| Source::folder(&folder, count, each);
    type Make<'a> = Box<dyn Fn() -> Outcome<Source> + 'a>;
    let cases: [(&str, Make<'_>); 4] = [
        ("one large file", Box::new(|| file(extent.pick(4 * MIB, 512 * MIB, 4 * GIB)))),
        ("photographs of 5 MiB", Box::new(|| files(extent.pick(2, 40, 200), 5 * MIB))),
        ("files of 4 KiB", Box::new(|| files(extent.pick(20, 2000, 10_000), 4 << 10))),
        ("files of 1 KiB", Box::new(|| files(extent.pick(20, 10_000, 100_000), 1 << 10))),
    ];
    let mut rows = Vec::new();
    let (mut most_sending, mut most_receiving) = (0.0_f64, 0.0_f64);
    for (what, make) in cases {
        let source = make()?;
        let (sending, receiving, row) = once(bench, &source)?;
        (most_sending, most_receiving) = (most_sending.max(sending), most_receiving.max(receiving));
        rows.push([vec![format!("{what}: {} files, {} MiB", source.files, source.bytes / MIB)], row].concat());
    }
    let head = ["what", "sending, idle (MB)", "at most", "above", "receiving, idle (MB)", "at most", "above"];
    bench.report.table(&head, &rows);
    for (side, most) in [("sending", most_sending), ("receiving", most_receiving)] {
        let what = format!("resident memory above idle, {side}, the most of all sizes and numbers");
        bench.report.verdict(what, "≤ 40 MB", format!("{} MB", readable(most / 1e6)), most <= ALLOWED);
    }
    Ok(())
}

/// Two long-running processes; the sender is told by a command that is handed to it.
fn once(bench: &Bench<'_>, source: &Source) -> Outcome<(f64, f64, Vec<String>)> {
    let stage = bench.in_memory();
    let folder = tempfile::tempdir_in(stage.scratch).map_err(|error| error.to_string())?;
    let (home, other) = (folder.path().join("mei"), folder.path().join("office"));
    let into = folder.path().join("into");
    let receiver = Receiver::start(&stage, &other, &into, &["--accept", "all"])?;
    let sender = Receiver::start_at_sender(&stage, &home, &folder.path().join("nothing"), &["--accept", "all"])?;
    thread::sleep(Duration::from_millis(bench.extent().pick(100, 1000, 2000)));
    let idle = |one: &Receiver| {
        forget_peak(one.program.id())?;
        Ok::<_, String>(resident(one.program.id()) as f64)
    };
    let (sender_idle, receiver_idle) = (idle(&sender)?, idle(&receiver)?);
    let began = Instant::now();
    let mut command = send(&stage, &home);
    command.args(["--to", &receiver.address(&stage)]).arg(&source.path);
    Program::start("fantail send", &mut command, stage.logs)?.end()?;
    receiver.told("saved", began)?;
    source.check(&into.join(source.name()), false)?;
    let (sender_most, receiver_most) =
        (peak_memory(sender.program.id()) as f64, peak_memory(receiver.program.id()) as f64);
    let mb = |bytes: f64| readable(bytes / 1e6);
    let (sending, receiving) = (sender_most - sender_idle, receiver_most - receiver_idle);
    let row = [sender_idle, sender_most, sending, receiver_idle, receiver_most, receiving].map(mb).to_vec();
    Ok((sending, receiving, row))
}
