//! What is measured and how long; and the network of its own that everything runs in.

use std::{
    env,
    process::{Command, ExitCode, Stdio},
};

use clap::{Parser, ValueEnum};

use crate::{tcp, work::Work};

/// How much is moved and how often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// A few seconds in all: whether the harness works.
    Smoke,
    /// A few minutes: for whoever changes something.
    Quick,
    /// What the table is made with.
    Full,
}

impl Extent {
    /// One value for each extent.
    pub fn pick<T>(self, smoke: T, quick: T, full: T) -> T {
        match self {
            Self::Smoke => smoke,
            Self::Quick => quick,
            Self::Full => full,
        }
    }
}

/// The speed of Fantail beside that of other tools.
#[derive(Debug, Parser)]
#[command(name = "speed")]
struct Words {
    /// What to measure [default: everything]
    #[arg(value_enum)]
    work: Vec<Work>,

    /// Small sizes and three runs of each
    #[arg(long)]
    quick: bool,

    /// Hardly anything, once: whether the harness works
    #[arg(long, conflicts_with = "quick")]
    smoke: bool,

    /// Only these tools beside Fantail and bare TCP, by the beginning of their names; may be given several times
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,

    /// Added by `cargo bench`
    #[arg(long, hide = true)]
    bench: bool,
}

#[derive(Debug)]
pub struct Options {
    pub extent: Extent,
    pub work: Vec<Work>,
    /// Empty for all.
    pub only: Vec<String>,
}

impl Options {
    /// None if there is nothing to do: the tests of another name were asked for.
    pub fn of(words: &[String]) -> Option<Self> {
        if !words.iter().any(|word| word == "--bench") {
            return is_asked_for(words).then(|| Self { extent: Extent::Smoke, work: all(), only: Vec::new() });
        }
        let words = Words::parse_from(std::iter::once("speed").chain(words.iter().map(String::as_str)));
        let extent = match (words.smoke, words.quick) {
            (true, _) => Extent::Smoke,
            (_, true) => Extent::Quick,
            _ => Extent::Full,
        };
        let work = if words.work.is_empty() { all() } else { words.work };
        Some(Self { extent, work, only: words.only })
    }
}

fn all() -> Vec<Work> {
    Work::value_variants().to_vec()
}

/// Run by `cargo test`, whose words are for the test harness that this is not: only a filter counts.
fn is_asked_for(words: &[String]) -> bool {
    const NAME: &str = "speed";
    let mut filters = words.iter().filter(|word| !word.starts_with('-')).peekable();
    !words.iter().any(|word| word == "--list")
        && (filters.peek().is_none() || filters.any(|word| NAME.contains(&**word)))
}

/// Set for the run inside.
const INSIDE: &str = "FANTAIL_BENCH_INSIDE";

pub fn is_inside() -> bool {
    env::var_os(INSIDE).is_some()
}

/// Runs this program again with a loopback of its own: no other program's traffic or port is in the way, and nothing
/// that LocalSend's clones announce leaves. An ordinary user becomes root in a user namespace for it.
pub fn run_inside(words: &[String]) -> ExitCode {
    // What the kernel remembers of the connections of one program must not be where the next one begins.
    const LOOPBACK: &str = "ip link set lo up multicast on && ip route add 224.0.0.0/4 dev lo && \
                            echo 1 > /proc/sys/net/ipv4/tcp_no_metrics_save";
    let (flags, prepare): (&[&str], String) = if rustix::process::geteuid().is_root() {
        (&["--net"], LOOPBACK.into())
    } else {
        // With an empty /run for `ip netns`.
        (&["--user", "--map-root-user", "--net", "--mount"], format!("mount -t tmpfs tmpfs /run && {LOOPBACK}"))
    };
    let mut probe = Command::new("unshare");
    let possible = probe.args(flags).args(["sh", "-c", &prepare]).stderr(Stdio::null()).status();
    if !possible.is_ok_and(|status| status.success()) {
        let may_skip = env::var_os("FANTAIL_TEST_ALLOW_SKIP").is_some();
        eprintln!("no network namespaces here: root or user namespaces are needed");
        return if may_skip { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    }
    let Ok(myself) = tcp::myself() else { return ExitCode::FAILURE };
    let mut again = Command::new("unshare");
    again.args(flags).args(["sh", "-c", &format!("{prepare} && exec \"$0\" \"$@\"")]).arg(myself).args(words);
    let ended = again.env(INSIDE, "1").status();
    if ended.is_ok_and(|status| status.success()) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
