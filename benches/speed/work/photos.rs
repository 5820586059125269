//! Two hundred photographs of 5 MiB, beside one file of the same size.

use super::{Bench, FANTAIL, Into, MIB, Rounds};
use crate::{
    process::Outcome,
    sources::Source,
    stats::Sample,
    tools::{
        Tool,
        classic::{RsyncDaemon, ThroughSsh},
        fantail::Fantail,
        localsend::{Library, Localsendd},
        sendme::Sendme,
    },
};

pub fn run(bench: &Bench<'_>) -> Outcome<()> {
    let files = bench.extent().pick(3, 40, 200);
    let folder = bench.memory.path();
    let photos = Source::folder(&folder.join("photos"), files, 5 * MIB)?;
    let one = Source::file(&folder.join("one.bin"), photos.bytes)?;
    bench.report.heading(&format!("{files} photographs of 5 MiB, memory to memory"));
    let others: Vec<Box<dyn Tool>> = vec![
        Box::new(Library),
        Box::new(Localsendd),
        Box::new(RsyncDaemon),
        Box::new(ThroughSsh::Rsync),
        Box::new(Sendme),
    ];
    let tools = bench.with_others(vec![Box::new(Fantail)], others);
    let single: Vec<Box<dyn Tool>> = vec![Box::new(Fantail)];
    let into = Into { folder, keep: false };
    // One block holds all of them, the single file too.
    let mut shares = Vec::new();
    let mut all: Option<Rounds> = None;
    for _ in 0..bench.extent().pick(1, 3, 5) {
        let alone = bench.rounds(&single, 1, bench.in_memory(), &one, into);
        alone.require(FANTAIL)?;
        let block = bench.rounds(&tools, 1, bench.in_memory(), &photos, into);
        block.require(FANTAIL)?;
        shares.push(alone.seconds(FANTAIL).median() / block.seconds(FANTAIL).median());
        match &mut all {
            Some(all) => all.append(block),
            None => all = Some(block),
        }
    }
    let rounds = all.ok_or("no run")?;
    rounds.print(&bench.report, FANTAIL);
    let share = Sample::of(shares);
    let what = "200 × 5 MiB: rate";
    bench.report.verdict(what, "≥ 0.9 × one file of the same size", format!("{share} ×"), share.median() >= 0.9);
    rounds.at_least(&bench.report, what, 1.5, "LocalSend library");
    Ok(())
}
