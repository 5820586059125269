//! A line of text, from the command to the line on the other side.

use std::{
    thread,
    time::{Duration, Instant},
};

use super::Bench;
use crate::{
    process::{Outcome, Program},
    stats::Sample,
    tools::fantail::{Receiver, make_home, send},
};

/// A hundred bytes.
const TEXT: &str =
    "The meeting is at three in the small room on the second floor, and there is cake for all who come.!";

pub fn run(bench: &Bench<'_>) -> Outcome<()> {
    bench.report.heading("A text of 100 bytes, over loopback");
    let known = known(bench)?;
    let new = new(bench)?;
    let rows = [
        vec!["known computer, idle connection".to_owned(), known.to_string()],
        vec!["new computer, first connection, cold start of the sender".to_owned(), new.to_string()],
    ];
    bench.report.table(&["from the command to the event on the other side", "ms"], &rows);
    let what = "100-byte text, known computer, idle connection";
    bench.report.verdict(what, "≤ 10 ms", format!("{known} ms"), known.median() <= 10.0);
    let what = "100-byte text, first connection to a new computer";
    bench.report.verdict(what, "≤ 50 ms", format!("{new} ms"), new.median() <= 50.0);
    Ok(())
}

/// Both run, know each other and hold their connection; a command is handed to the one.
fn known(bench: &Bench<'_>) -> Outcome<Sample> {
    let stage = bench.on_disk();
    let folder = tempfile::tempdir_in(stage.scratch).map_err(|error| error.to_string())?;
    let (home, other) = (folder.path().join("mei"), folder.path().join("office"));
    let into = folder.path().join("into");
    let receiver = Receiver::start(&stage, &other, &into, &["--accept", "all"])?;
    let sender = Receiver::start_at_sender(&stage, &home, &into, &["--accept", "all"])?;
    let text = |whom: &str| {
        let began = Instant::now();
        let program =
            Program::start("fantail send", send(&stage, &home).args(["--to", whom, "--text", TEXT]), stage.logs)?;
        let told = receiver.told("text", began)?;
        program.end()?;
        Ok::<_, String>(told.as_secs_f64() * 1000.0)
    };
    // They meet, and the first one after that is not counted either.
    text(&receiver.address(&stage))?;
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
fn new(bench: &Bench<'_>) -> Outcome<Sample> {
    let stage = bench.on_disk();
    let mut times = Vec::new();
    for _ in 0..bench.extent().pick(1, 5, 11) {
        let folder = tempfile::tempdir_in(stage.scratch).map_err(|error| error.to_string())?;
        let (home, other) = (folder.path().join("mei"), folder.path().join("office"));
        make_home(&stage, &home)?;
        let receiver = Receiver::start(&stage, &other, &folder.path().join("into"), &["--accept", "all"])?;
        let whom = receiver.address(&stage);
        let began = Instant::now();
        let program =
            Program::start("fantail send", send(&stage, &home).args(["--to", &whom, "--text", TEXT]), stage.logs)?;
        times.push(receiver.told("text", began)?.as_secs_f64() * 1000.0);
        program.end()?;
    }
    Ok(Sample::of(times))
}
