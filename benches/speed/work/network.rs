//! Networks with a limit, made by the kernel's token bucket on both ends of a cable between two virtual hosts.

use super::{Bench, FANTAIL, MIB};
use crate::{
    network::{Host, Network},
    process::Outcome,
    sources::Source,
    stats::{Sample, readable},
    table::progress,
    tcp::Buffers,
    tools::{
        Job, Stage, Tool,
        classic::{Bare, iperf3},
        fantail::Fantail,
    },
};

/// For a link that is the limit itself any is good.
const PIECE: usize = 256 << 10;

pub fn run(bench: &Bench<'_>) -> Outcome<()> {
    for (megabits, bytes) in [
        (1000, bench.extent().pick(MIB, 128 * MIB, 512 * MIB)),
        (100, bench.extent().pick(MIB / 4, 32 * MIB, 128 * MIB)),
    ] {
        let network = Network::new(2).ok_or("no network namespaces here")?;
        for host in &network.hosts {
            limit(host, megabits)?;
        }
        limited(bench, &network, megabits, bytes)?;
    }
    Ok(())
}

/// What a host may send in a second. The bucket holds some two milliseconds: a limit as even as that of a real cable.
fn limit(host: &Host, megabits: u64) -> Outcome<()> {
    let burst = (megabits * 1_000_000 / 8 / 500).max(32 << 10);
    let mut command = host.command("tc");
    command.args(["qdisc", "add", "dev", "eth0", "root", "tbf", "rate", &format!("{megabits}mbit")]);
    command.args(["burst", &burst.to_string(), "latency", "50ms"]);
    let output = command.output().map_err(|error| format!("tc: {error}"))?;
    if output.status.success() {
        Ok(())
    } else {
        Err(format!("tc: {}", String::from_utf8_lossy(&output.stderr).trim()))
    }
}

fn limited(bench: &Bench<'_>, network: &Network, megabits: u64, bytes: u64) -> Outcome<()> {
    bench.report.heading(&format!("A network of {megabits} Mbit/s, {} MiB", bytes / MIB));
    let (near, far) = (&network.hosts[0], &network.hosts[1]);
    // The second host that `Network` makes.
    let stage = Stage { hosts: Some((near, far)), address: "10.77.0.2", ..bench.in_memory() };
    let source = Source::file(&bench.memory.path().join("file.bin"), bytes)?;
    compare(bench, stage, &source, PIECE, &format!("a network of {megabits} Mbit/s: rate"), 0.95, Beside::Iperf3)
}

/// What decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Beside {
    Iperf3,
    /// Bare TCP with the best of these: the kernel's own tuning, and buffers of these sizes.
    Bare(&'static [usize]),
}

/// Fantail, iperf3 and bare TCP in turns over the same network.
pub(super) fn compare(
    bench: &Bench<'_>,
    stage: Stage<'_>,
    source: &Source,
    piece: usize,
    what: &str,
    wanted: f64,
    beside: Beside,
) -> Outcome<()> {
    let folder = bench.memory.path();
    for host in stage.hosts.into_iter().flat_map(|(sender, receiver)| [sender, receiver]) {
        forget_connections(host)?;
    }
    let carry = |tool: &dyn Tool| {
        let into = tempfile::tempdir_in(folder).map_err(|error| error.to_string())?;
        let job = Job { stage, source, into: into.path() };
        let moved = tool.carry(&job)?;
        tool.check(&job)?;
        let rate = source.bytes as f64 / moved.wall.as_secs_f64() * 8.0 / 1e6;
        progress(&format!("{}: {} Mbit/s", tool.name(), readable(rate)));
        Ok::<_, String>(rate)
    };
    let mut sockets = vec![None];
    if let Beside::Bare(sizes) = beside {
        sockets.extend(sizes.iter().copied().map(Some));
    }
    let has_iperf3 = bench.extent() != super::Extent::Smoke && super::has("iperf3");
    let bare: Vec<Bare> = sockets.into_iter().map(|socket| Bare(Buffers { piece, socket })).collect();
    let mut rates: Vec<Vec<f64>> = vec![Vec::new(); bare.len() + 2];
    for _ in 0..bench.extent().pick(1, 3, 5) {
        rates[0].push(carry(&Fantail)?);
        if has_iperf3 {
            rates[1].push(iperf3(&stage, source.bytes, piece)? * 8.0 / 1e6);
        }
        for (tool, rates) in bare.iter().zip(&mut rates[2..]) {
            rates.push(carry(tool)?);
        }
    }
    let names = [FANTAIL.to_owned(), "iperf3".to_owned()].into_iter().chain(bare.iter().map(Tool::name));
    let rows: Vec<Vec<String>> =
        names.zip(&rates).map(|(name, rates)| vec![name, Sample::of(rates.iter().copied()).to_string()]).collect();
    bench.report.table(&["tool", "Mbit/s of content"], &rows);

    let (name, other) = match beside {
        Beside::Iperf3 => ("iperf3", &rates[1]),
        Beside::Bare(_) => {
            let median = |rates: &&Vec<f64>| Sample::of(rates.iter().copied()).median();
            let best = rates[2..].iter().max_by(|a, b| median(a).total_cmp(&median(b))).ok_or("no bare TCP")?;
            ("bare TCP with its best buffers", best)
        }
    };
    let asked = format!("≥ {wanted} × {name}");
    if other.is_empty() {
        bench.report.unknown(what, asked, "not installed: iperf3");
        return Ok(());
    }
    let share = Sample::of(rates[0].iter().zip(other).map(|(own, other)| own / other));
    bench.report.verdict(what, asked, format!("{share} ×"), share.median() >= wanted);
    Ok(())
}

/// What the kernel remembers of the connections of one program must not be where the next one begins.
fn forget_connections(host: &Host) -> Outcome<()> {
    let status = host.command("sh").args(["-c", "echo 1 > /proc/sys/net/ipv4/tcp_no_metrics_save"]).status();
    if status.is_ok_and(|status| status.success()) { Ok(()) } else { Err("tcp_no_metrics_save can't be set".into()) }
}
