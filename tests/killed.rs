//! SIGKILL at random moments, to either program: both go on by themselves when they are started again, and at the end
//! every byte is right, once.
//!
//! Each kill is aimed at one part of a transfer (the offer, the bytes of a folder, those of a large file, its flush, the
//! giving of names), which part being seen in the receive folder alone.
//!
//! The long form: `FANTAIL_TEST_KILLS=200 cargo test --test killed -- --nocapture` kills each side so often, prints where
//! that hit, and demands that each part of a transfer was hit on each side. `FANTAIL_TEST_PROGRAM` names another program
//! to run, `FANTAIL_TEST_SEED` makes other moments.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr, reason = "a test")]
#![cfg(target_os = "linux")]

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader, Lines},
    net::UdpSocket,
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
    time::{Duration, Instant},
};

/// Of each side, in `tests/run`; the long form says how many instead.
const KILLS: u32 = 5;

/// So many hit everything, whatever the chance.
const MANY_KILLS: u32 = 100;

/// While one transfer is under way, at most.
const KILLS_PER_ROUND: u32 = 8;

/// Bytes of the large file.
const FILM: u64 = 400 << 20;

/// No step takes longer on a busy machine.
const LONG: Duration = Duration::from_secs(60);

/// Between two looks at the receive folder.
const LOOK: Duration = Duration::from_micros(500);

/// One computer's home and the discovery port of the test's network.
struct Computer {
    home: tempfile::TempDir,
    discovery_port: u16,
    port: u16,
}

impl Computer {
    fn new(discovery_port: u16) -> Self {
        Self { home: tempfile::tempdir().unwrap(), discovery_port, port: 0 }
    }

    fn command(&self, words: &[&str]) -> Command {
        let program = std::env::var_os("FANTAIL_TEST_PROGRAM");
        let mut command = Command::new(program.unwrap_or_else(|| env!("CARGO_BIN_EXE_fantail").into()));
        command
            .args(words)
            .arg("--home")
            .arg(self.home.path())
            .env("FANTAIL_LOOPBACK_ONLY", "1")
            .env("FANTAIL_DISCOVERY_PORT", self.discovery_port.to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        command
    }

    /// A program that runs until it is killed, always at the same port.
    fn start(&mut self) -> Child {
        let port = self.port.to_string();
        let words = ["receive", "--json", "--accept", "all", "--port", &port];
        let mut child = self.command(&words).spawn().unwrap();
        let (ready, rest) = first_line(&mut child);
        std::thread::Builder::new().spawn(move || rest.for_each(drop)).unwrap();
        self.port = u16::try_from(ready["port"].as_u64().unwrap()).unwrap();
        child
    }

    fn received(&self) -> PathBuf {
        self.home.path().join("Received")
    }
}

fn first_line(child: &mut Child) -> (serde_json::Value, Lines<BufReader<ChildStdout>>) {
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let line = lines.next().expect("it ended before it said anything").unwrap();
    (serde_json::from_str(&line).unwrap(), lines)
}

fn kill(child: &mut Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Everything below a folder but what isn't finished.
fn tree(root: &Path) -> BTreeMap<PathBuf, blake3::Hash> {
    let mut all = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().map(Result::unwrap) {
            let path = entry.path();
            if entry.file_type().unwrap().is_dir() {
                if entry.file_name() != ".fantail" {
                    folders.push(path);
                }
            } else {
                let hash = blake3::hash(&std::fs::read(&path).unwrap());
                all.insert(path.strip_prefix(root).unwrap().to_owned(), hash);
            }
        }
    }
    all
}

/// A part of a transfer, in the order of its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Offer,
    Folder,
    Film,
    Flush,
    Names,
}

const PARTS: [Part; 5] = [Part::Offer, Part::Folder, Part::Film, Part::Flush, Part::Names];

/// Where a transfer is that the giver has begun, as far as the receive folder tells; `None` when all is over.
fn whereabouts(received: &Path) -> Option<Part> {
    let is_there = |name: &str| received.join(name).exists();
    let under_way = std::fs::read_dir(received.join(".fantail")).into_iter().flatten().flatten().next();
    let Some(partials) = under_way.map(|entry| entry.path()) else {
        return (!is_there("last.txt")).then_some(Part::Offer);
    };
    let film = std::fs::metadata(partials.join("1")).map(|film| film.len());
    Some(match film {
        Ok(FILM) => Part::Flush,
        Ok(_) => Part::Film,
        Err(_) if is_there("trip") || is_there("film.mkv") || is_there("last.txt") => Part::Names,
        Err(_) if partials.join("0").exists() => Part::Folder,
        Err(_) => Part::Offer,
    })
}

fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    blake3::Hasher::new().update(&seed.to_le_bytes()).finalize_xof().fill(&mut bytes);
    bytes
}

/// A folder of many files, a large file and a small one, with bytes that were never sent before.
fn lay_out(desk: &Path, round: u64) -> Vec<PathBuf> {
    std::fs::remove_dir_all(desk).ok();
    for n in 0..400 {
        let content = noise(round << 32 | n, 5_000 + n as usize * 50);
        let path = desk.join(format!("trip/day {}/{n}.bin", n % 7));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    std::fs::write(desk.join("film.mkv"), noise(round << 32 | 1000, FILM as usize)).unwrap();
    std::fs::write(desk.join("last.txt"), format!("last {round}")).unwrap();
    ["trip", "film.mkv", "last.txt"].map(|name| desk.join(name)).into()
}

#[test]
fn programs_that_are_killed_at_random_moments_lose_nothing_and_do_nothing_twice() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u32>().ok());
    let kills = number("FANTAIL_TEST_KILLS").unwrap_or(KILLS);
    let seed = number("FANTAIL_TEST_SEED").unwrap_or(0);
    let discovery_port = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (mut giver, mut taker) = (Computer::new(discovery_port), Computer::new(discovery_port));
    let desk = tempfile::tempdir().unwrap();

    let mut hits: BTreeMap<(&str, Part), u32> = BTreeMap::new();
    let (mut killed, mut missed, mut round) = ([0, 0], 0, 0u32);
    while killed.iter().any(|done| *done < kills) {
        round += 1;
        let paths = lay_out(desk.path(), u64::from(seed) << 16 | u64::from(round));
        let expected = tree(desk.path());
        std::fs::remove_dir_all(taker.received()).ok();
        let mut taking = taker.start();
        let to = format!("127.0.0.1:{}", taker.port);
        let mut giving = giver.command(&["send", "--json", "--to", &to]).args(&paths).spawn().unwrap();
        // It has said that it sends: from now on it must.
        let (_, rest) = first_line(&mut giving);
        std::thread::Builder::new().spawn(move || rest.for_each(drop)).unwrap();
        let mut story = Vec::new();
        for step in 0..KILLS_PER_ROUND {
            // Different moments each time, the same in each run.
            let random = noise(u64::from(seed) << 32 | u64::from(round * 100 + step), 4);
            // The first hit is the sender's: what goes on from then on is a program that stays.
            let side = if step == 0 { 0 } else { usize::from(random[2] % 2) };
            // Enough of one side: the other's turn.
            let side = if step > 0 && killed[side] >= kills { 1 - side } else { side };
            if killed.iter().all(|done| *done >= kills) {
                break;
            }
            let who = ["giver", "receiver"][side];
            let so_far = |part: &Part| hits.get(&(who, *part)).copied().unwrap_or_default();
            let now = whereabouts(&taker.received());
            // Every other time at what is still to come and was hit least, since some parts are hard to hit.
            let rarest = PARTS.into_iter().filter(|part| Some(*part) >= now).min_by_key(so_far);
            let any = PARTS[random[0] as usize % PARTS.len()];
            let aim = rarest.filter(|_| random[3].is_multiple_of(2)).unwrap_or(any);
            let begun = Instant::now();
            while whereabouts(&taker.received()).is_some_and(|part| part < aim) {
                assert!(begun.elapsed() < LONG, "it never comes to {aim:?}: {hits:?}");
                std::thread::sleep(LOOK);
            }
            // Most parts are over in no time, the bytes of the large file are not.
            let longest = if aim == Part::Film { 300_000 } else { 5_000 };
            std::thread::sleep(Duration::from_micros(u64::from(random[1]) * longest / 256));
            let Some(hit) = whereabouts(&taker.received()) else { break };
            let child = if side == 0 { &mut giving } else { &mut taking };
            kill(child);
            story.push(format!("{who} at {hit:?}, aimed at {aim:?}"));
            killed[side] += 1;
            *hits.entry((who, hit)).or_default() += 1;
            missed += u32::from(whereabouts(&taker.received()).is_none());
            *child = if side == 0 { giver.start() } else { taker.start() };
        }
        let begun = Instant::now();
        while whereabouts(&taker.received()).is_some() || taker.received().join(".fantail").exists() {
            assert!(begun.elapsed() < LONG, "it doesn't go on: {hits:?}, {:?}", tree(&taker.received()).keys());
            std::thread::sleep(Duration::from_millis(20));
        }
        let there = tree(&taker.received());
        assert!(there == expected, "round {round}, killed {story:?}: {:?}", there.keys());
        kill(&mut taking);
        kill(&mut giving);
    }
    eprintln!("{} and {} kills in {round} transfers hit: {hits:#?}", killed[0], killed[1]);
    eprintln!("{missed} of them were over when the program was gone");
    if kills >= MANY_KILLS {
        let all = killed[0] + killed[1];
        assert!(missed * 10 <= all, "only {} of {all} kills hit a transfer that was under way", all - missed);
        for (who, part) in ["giver", "receiver"].iter().flat_map(|who| PARTS.map(|part| (*who, part))) {
            assert!(hits.contains_key(&(who, part)), "the {who} was never hit at {part:?}");
        }
    }
}
