//! SIGKILL at random moments, to either program: both go on by themselves when they are started again, and at the end
//! every byte is right, once.
//!
//! The long form: `FANTAIL_TEST_KILLS=200 cargo test --test killed -- --nocapture`; it prints where the kills hit.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr, reason = "a test")]
#![cfg(target_os = "linux")]

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader},
    net::UdpSocket,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// In `tests/run`; the long form says how many instead.
const KILLS: u32 = 6;

/// Bytes of the large file.
const FILM: u64 = 400 << 20;

/// No step takes longer on a busy machine.
const LONG: Duration = Duration::from_secs(60);

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
        let mut command = Command::new(env!("CARGO_BIN_EXE_fantail"));
        command
            .args(words)
            .arg("--home")
            .arg(self.home.path())
            .env("FANTAIL_LOOPBACK_ONLY", "1")
            .env("FANTAIL_DISCOVERY_PORT", self.discovery_port.to_string())
            .stdin(Stdio::null())
            .stderr(Stdio::null());
        command
    }

    /// A program that runs until it is killed, always at the same port.
    fn start(&mut self) -> Child {
        let port = self.port.to_string();
        let words = ["receive", "--json", "--accept", "all", "--port", &port];
        let mut child = self.command(&words).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let ready: serde_json::Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
        std::thread::Builder::new().spawn(move || lines.for_each(drop)).unwrap();
        self.port = u16::try_from(ready["port"].as_u64().unwrap()).unwrap();
        child
    }

    fn received(&self) -> PathBuf {
        self.home.path().join("Received")
    }
}

fn kill(child: &mut Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Everything below a folder but what isn't finished.
fn tree(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
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
                all.insert(path.strip_prefix(root).unwrap().to_owned(), std::fs::read(&path).unwrap());
            }
        }
    }
    all
}

/// Where the receiving computer was when it was hit, as far as its folder tells; `None` when all is over.
fn whereabouts(received: &Path) -> Option<&'static str> {
    let partials = std::fs::read_dir(received.join(".fantail")).into_iter().flatten().flatten().next()?.path();
    let film = std::fs::metadata(partials.join("1")).map(|film| film.len());
    Some(match film {
        Ok(FILM) => "flush of the large file",
        Ok(_) => "data of the large file",
        Err(_) if partials.join("0").exists() => "data of the folder",
        Err(_) if received.join("trip").exists() => "names, and telling of them",
        Err(_) => "offer",
    })
}

fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    blake3::Hasher::new().update(&seed.to_le_bytes()).finalize_xof().fill(&mut bytes);
    bytes
}

#[test]
fn programs_that_are_killed_at_random_moments_lose_nothing_and_do_nothing_twice() {
    let kills = std::env::var("FANTAIL_TEST_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(KILLS);
    let discovery_port = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (mut giver, mut taker) = (Computer::new(discovery_port), Computer::new(discovery_port));
    let desk = tempfile::tempdir().unwrap();
    for n in 0..400 {
        let content = noise(n, 5_000 + n as usize * 50);
        let path = desk.path().join(format!("trip/day {}/{n}.bin", n % 7));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }
    std::fs::write(desk.path().join("film.mkv"), noise(1000, FILM as usize)).unwrap();
    std::fs::write(desk.path().join("last.txt"), "last").unwrap();
    let expected = tree(desk.path());
    let paths = ["trip", "film.mkv", "last.txt"].map(|name| desk.path().join(name));

    let mut hits: BTreeMap<&str, u32> = BTreeMap::new();
    let (mut done, mut round) = (0, 0);
    while done < kills {
        round += 1;
        std::fs::remove_dir_all(taker.received()).ok();
        let mut taking = taker.start();
        let to = format!("127.0.0.1:{}", taker.port);
        let mut giving =
            giver.command(&["send", "--json", "--to", &to]).args(&paths).stdout(Stdio::null()).spawn().unwrap();
        let begun = Instant::now();
        while !taker.received().join(".fantail").exists() {
            assert!(begun.elapsed() < LONG, "it never began");
            std::thread::sleep(Duration::from_millis(2));
        }
        // Different moments each time, the same in each run.
        for step in 0..(kills - done).min(6) {
            let random = noise(u64::from(round * 100 + step), 2);
            // A program needs some of it to start and to find the other.
            let wait = u64::from(random[0]) * if step == 0 { 2 } else { 4 };
            std::thread::sleep(Duration::from_millis(wait));
            let Some(place) = whereabouts(&taker.received()) else { break };
            *hits.entry(place).or_default() += 1;
            done += 1;
            // The first hit is the sender's: what goes on from then on is a program that stays.
            if step == 0 || random[1].is_multiple_of(2) {
                kill(&mut giving);
                giving = giver.start();
            } else {
                kill(&mut taking);
                taking = taker.start();
            }
        }
        let begun = Instant::now();
        let is_there = |name: &str| taker.received().join(name).exists();
        while !(is_there("trip") && is_there("film.mkv") && is_there("last.txt")) || is_there(".fantail") {
            assert!(begun.elapsed() < LONG, "it doesn't go on: {hits:?}, {:?}", tree(&taker.received()).keys());
            std::thread::sleep(Duration::from_millis(20));
        }
        assert!(tree(&taker.received()) == expected, "round {round}: {:?}", tree(&taker.received()).keys());
        kill(&mut taking);
        kill(&mut giving);
    }
    eprintln!("{done} kills in {round} rounds hit: {hits:#?}");
}
