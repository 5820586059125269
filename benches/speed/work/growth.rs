//! How the time grows with the size of one file, and with the number of files.

use super::{Bench, FANTAIL, GIB, Into, MIB};
use crate::{
    process::Outcome,
    sources::Source,
    stats::{line, readable},
    tools::{Tool, fantail::Fantail},
};

pub fn run(bench: &Bench<'_>) -> Outcome<()> {
    let path = bench.memory.path().join("growing");
    let sizes = bench.extent().pick(vec![1, 2], vec![1, 16, 64, 256], vec![1, 16, 256, 4 * GIB / MIB]);
    bench.report.heading("One file, memory to memory, growing");
    grow(bench, "MiB", &sizes, |size| Source::file(&path, size * MIB))?;
    let counts = bench.extent().pick(vec![1, 10], vec![1, 100, 1000, 10_000], vec![1, 100, 10_000, 100_000]);
    bench.report.heading("Files of 1 KiB in a folder, memory to memory, more and more");
    grow(bench, "files", &counts, |count| Source::folder(&path, count as usize, 1 << 10))
}

fn grow(bench: &Bench<'_>, unit: &str, steps: &[u64], make: impl Fn(u64) -> Outcome<Source>) -> Outcome<()> {
    let tools: Vec<Box<dyn Tool>> = vec![Box::new(Fantail)];
    let into = Into { folder: bench.memory.path(), keep: false };
    let (mut rows, mut points) = (Vec::new(), Vec::new());
    for &step in steps {
        let source = make(step)?;
        let rounds = bench.rounds(&tools, bench.extent().pick(1, 3, 5), bench.in_memory(), &source, into);
        rounds.require(FANTAIL)?;
        let seconds = rounds.seconds(FANTAIL);
        points.push((step as f64, seconds.median()));
        rows.push(vec![format!("{step} {unit}"), seconds.to_string()]);
    }
    bench.report.table(&["what", "seconds"], &rows);
    let (first, each) = line(&points);
    bench.report.note(&format!(
        "Fitted: {} ms and {} µs for each of the {unit}.",
        readable(first * 1e3),
        readable(each * 1e6)
    ));
    // By how much the largest step is above the line through all: growing faster than the work would show there.
    let (most, seconds) = points.last().copied().ok_or("no step")?;
    let (before, seconds_before) = points[points.len() - 2];
    let exponent = (seconds / seconds_before).ln() / (most / before).ln();
    let what = format!("time grows as the work grows, {before} to {most} {unit}: exponent");
    bench.report.verdict(what, "≤ 1.1", readable(exponent), exponent <= 1.1);
    Ok(())
}
