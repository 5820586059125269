//! A long way: 20 ms in each direction, ten more or less.

use std::time::Duration;

use super::{
    Bench, MIB,
    network::{Beside, compare},
};
use crate::{
    delay_line::{self, Delay},
    network::Network,
    process::Outcome,
    sources::Source,
    tools::Stage,
};

const DELAY: Delay = Delay { mean: Duration::from_millis(20), jitter: Duration::from_millis(10) };

/// What bare TCP may ask the kernel for besides leaving it to its own tuning, in bytes.
const SOCKETS: [usize; 2] = [4 << 20, 16 << 20];

const PIECE: usize = 256 << 10;

pub fn run(bench: &Bench<'_>) -> Outcome<()> {
    let bytes = bench.extent().pick(MIB, 128 * MIB, 512 * MIB);
    bench.report.heading(&format!("20 ms of delay in each direction, 10 ms of jitter, {} MiB", bytes / MIB));
    let network = Network::new(2).ok_or("no network namespaces here")?;
    let (near, far) = (&network.hosts[0], &network.hosts[1]);
    delay_line::lay(near, far, DELAY)?;
    let stage = Stage { hosts: Some((near, far)), address: delay_line::FAR, ..bench.in_memory() };
    let source = Source::file(&bench.memory.path().join("file.bin"), bytes)?;
    let what = "20 ms of delay and 10 ms of jitter: rate";
    compare(bench, stage, &source, PIECE, what, 0.9, Beside::Bare(&SOCKETS))
}
