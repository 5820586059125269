//! A line of text, from the command to the line on the other side.

use std::{
    thread,
    time::{Duration, Instant},
};

use super::Bench;
use crate::{
    process::{Outcome, Program},
    stats::Sample,
    tools::{
        Stage,
        fantail::{Receiver, make_home, send},
    },
};

/// A hundred bytes.
const TEXT: &str =
    "The meeting is at three in the small room on the second floor, and there is cake for all who come.!";

pub fn run(bench: &Bench<'_>) -> Outcome<()> {
    bench.report.heading("A text of 100 bytes, over loopback");
    let (disk, memory) = (bench.on_disk(), bench.in_memory());
    // What is kept is flushed first, on both sides: in memory that costs nothing.
    let (known_disk, known_memory) = (known(bench, &disk)?, known(bench, &memory)?);
    let (new_disk, new_memory) = (new(bench, &disk)?, new(bench, &memory)?);
    let rows =
        [("known computer, idle connection", &known_disk, &known_memory), ("new computer", &new_disk, &new_memory)];
    let rows = rows.map(|(what, disk, memory)| vec![what.to_owned(), disk.to_string(), memory.to_string()]);
    let head = ["ms from the command to the event on the other side", "conversations on the disk", "in memory"];
    bench.report.table(&head, &rows);
    for (place, known, new) in [("on the disk", &known_disk, &new_disk), ("in memory", &known_memory, &new_memory)] {
        let what = format!("100-byte text, known computer, idle connection, conversations {place}");
        bench.report.verdict(what, "≤ 10 ms", format!("{known} ms"), known.median() <= 10.0);
        let what = format!("100-byte text, first connection to a new computer, conversations {place}");
        bench.report.verdict(what, "≤ 50 ms", format!("{new} ms"), new.median() <= 50.0);
    }
    Ok(())
}

/// Both run, know each other and hold their connection; a command is handed to the one.
fn known(bench: &Bench<'_>, stage: &Stage<'_>) -> Outcome<Sample> {
    let folder = tempfile::tempdir_in(stage.scratch).map_err(|error| error.to_string())?;
    let (home, other) = (folder.path().join("mei"), folder.path().join("office"));
    let into = folder.path().join("into");
    let receiver = Receiver::start(stage, &other, &into, &["--accept", "all"])?;
    let sender = Receiver::start_at_sender(stage, &home, &into, &["--accept", "all"])?;
    let text = |whom: &str| {
        let began = Instant::now();
        let program =
            Program::start("fantail send", send(stage, &home).args(["--to", whom, "--text", TEXT]), stage.logs)?;
        let told = receiver.told("text", began)?;
        program.end()?;
        Ok::<_, String>(told.as_secs_f64() * 1000.0)
    };
    // They meet, and the first one after that is not counted either.
    text(&receiver.address(stage))?;
    text(&receiver.fingerprint)?;
    let mut times = Vec::new();
    for _ in 0..bench.extent().pick(2, 11, 21) {
        // Idle, as between two things that people do.
        thread::sleep(Duration::from_millis(bench.extent().pick(50, 300, 500)));
        times.push(text(&receiver.fingerprint)?);
    }
    drop(sender);
    Ok(Sample::of(times))
}

/// The sender has an identity and nothing else; its command starts an engine of its own.
fn new(bench: &Bench<'_>, stage: &Stage<'_>) -> Outcome<Sample> {
    let mut times = Vec::new();
    for _ in 0..bench.extent().pick(1, 5, 11) {
        let folder = tempfile::tempdir_in(stage.scratch).map_err(|error| error.to_string())?;
        let (home, other) = (folder.path().join("mei"), folder.path().join("office"));
        make_home(stage, &home)?;
        let receiver = Receiver::start(stage, &other, &folder.path().join("into"), &["--accept", "all"])?;
        let whom = receiver.address(stage);
        let began = Instant::now();
        let program =
            Program::start("fantail send", send(stage, &home).args(["--to", &whom, "--text", TEXT]), stage.logs)?;
        times.push(receiver.told("text", began)?.as_secs_f64() * 1000.0);
        program.end()?;
    }
    Ok(Sample::of(times))
}
