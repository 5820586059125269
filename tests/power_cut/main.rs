//! A power cut: everything that was told as *saved* is there afterwards, nothing half is under a final name, and the
//! transfer goes on and ends right.
//!
//! Killing a program loses nothing that it wrote, so the disk itself is made to forget what was not flushed: see
//! `forgetful`. The receiving program has its whole home on it, identity and database included.
//!
//! The long form: `FANTAIL_TEST_CUTS=200 cargo test --test power_cut -- --nocapture`; `FANTAIL_TEST_SEED` repeats one.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "helpers of tests fail as tests do; clippy knows only functions marked as tests"
)]
#![cfg(target_os = "linux")]

#[path = "../forgetful/mod.rs"]
mod forgetful;
mod machine;
#[path = "../receiver/mod.rs"]
mod receiver;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use fantail::{
    engine::api::{Body, Phase, State},
    protocol::TransferId,
};
use forgetful::{Luck, dice::Dice};
use machine::{FileSystem, Machine};
use receiver::{Honest, Receiver, discovery_port};

/// Of each kind, in `tests/run`; the long form says how many instead.
const CUTS: u32 = 8;

/// Cuts while one transfer is under way, at most.
const CUTS_PER_ROUND: u32 = 4;

/// Rounds on one disk.
const ROUNDS_PER_DISK: u32 = 5;

/// No step takes longer on a busy machine.
const LONG: Duration = Duration::from_secs(90);

const POLL: Duration = Duration::from_millis(3);

#[test]
fn what_was_told_as_saved_outlives_a_power_cut_on_a_disk_that_keeps_only_what_was_flushed() {
    cut_often(FileSystem::Strict);
}

#[test]
fn what_was_told_as_saved_outlives_a_power_cut_on_a_real_file_system() {
    cut_often(FileSystem::Ext4);
}

#[test]
fn a_disk_that_only_says_it_flushed_is_found_out() {
    for file_system in [FileSystem::Strict, FileSystem::Ext4] {
        let Some(mut scene) = Scene::new(file_system, 7) else { return };
        scene.machine.ignore_flushes();
        let transfer = scene.begin_round();
        scene.wait_for(transfer, Moment::Saved(1));
        let told = scene.cut(transfer, Luck { names: 0, blocks: 0 });
        let seen = scene.check(&told);
        assert!(seen.is_err(), "{file_system:?}: something was told as saved, nothing was flushed, and nobody noticed");
    }
}

fn cut_often(file_system: FileSystem) {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u32>().ok());
    let cuts = number("FANTAIL_TEST_CUTS").unwrap_or(CUTS);
    let seed = number("FANTAIL_TEST_SEED").unwrap_or(1);
    eprintln!("{file_system:?}: FANTAIL_TEST_SEED={seed}");
    let (mut done, mut rounds) = (Done::default(), 0u32);
    while done.cuts < cuts {
        let Some(mut scene) = Scene::new(file_system, u64::from(seed) << 32 | u64::from(rounds)) else { return };
        for _ in 0..ROUNDS_PER_DISK.min(cuts - done.cuts) {
            rounds += 1;
            scene.round(CUTS_PER_ROUND.min(cuts - done.cuts), &mut done);
            if done.cuts >= cuts {
                break;
            }
        }
    }
    eprintln!("{file_system:?}: {rounds} transfers, {done:?}");
}

/// For the one who reads the long form.
#[derive(Debug, Default)]
struct Done {
    cuts: u32,
    /// While something was under way.
    running: u32,
    /// Items that had been told when it was cut.
    told: usize,
}

/// When it is cut.
#[derive(Clone, Copy, Debug)]
enum Moment {
    /// When so many more items were told as saved.
    Saved(usize),
    After(Duration),
}

/// A giver that stays on, and a receiver whose power fails.
struct Scene {
    /// Before the machine, which can be taken down only when nobody works there.
    receiver: Option<Receiver>,
    machine: Machine,
    giver: Honest,
    port: u16,
    discovery_port: u16,
    dice: Dice,
    round: u32,
    /// Everything that may lie in the receive folder, whole: its files by their paths.
    expected: BTreeMap<PathBuf, blake3::Hash>,
    /// What must lie there: names in the receive folder.
    told: BTreeSet<PathBuf>,
    /// Where each item of this round is to come to lie, by its name.
    names: BTreeMap<String, PathBuf>,
}

impl Scene {
    fn new(file_system: FileSystem, seed: u64) -> Option<Self> {
        let machine = Machine::new(file_system)?;
        let receiver = Receiver::start_in(&machine.home(), 0, discovery_port());
        Some(Self {
            giver: Honest::near(&receiver),
            port: receiver.address.port(),
            discovery_port: receiver.discovery_port,
            machine,
            receiver: Some(receiver),
            dice: Dice::new(seed),
            round: 0,
            expected: BTreeMap::new(),
            told: BTreeSet::new(),
            names: BTreeMap::new(),
        })
    }

    /// One transfer, with the power cut up to so many times on its way.
    fn round(&mut self, cuts: u32, done: &mut Done) {
        let transfer = self.begin_round();
        for _ in 0..cuts {
            let moment = match self.dice.below(3) {
                0 => Moment::Saved(1 + self.dice.below(20) as usize),
                _ => Moment::After(Duration::from_millis(u64::from(self.dice.below(600)))),
            };
            let runs = self.wait_for(transfer, moment);
            let chances = [0, 30, 70, 100];
            let luck =
                Luck { names: chances[self.dice.below(4) as usize], blocks: chances[self.dice.below(4) as usize] };
            let told = self.cut(transfer, luck);
            done.cuts += 1;
            done.running += u32::from(runs);
            done.told += told.len();
            if let Err(what) = self.check(&told) {
                panic!("round {}, cut {moment:?}, {luck:?}: {what}", self.round);
            }
            self.start();
            if !runs {
                break;
            }
        }
        self.wait_for_end(transfer);
        let told = self.told_of(transfer);
        assert_eq!(told.len(), self.names.len(), "everything of round {}", self.round);
        self.check(&told).unwrap_or_else(|what| panic!("at the end of round {}: {what}", self.round));
    }

    /// Sends one large file, a folder, many small files, and one whose name is taken. All bytes are new.
    fn begin_round(&mut self) -> TransferId {
        self.round += 1;
        let round = self.round;
        self.names.clear();
        let desk = self.giver.home.path().join(format!("round {round}"));
        let mut paths = Vec::new();
        let mut make = |scene: &mut Self, name: String, length: usize| {
            let bytes = scene.dice.bytes(length);
            let path = desk.join(&name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, &bytes).unwrap();
            let top = name.split('/').next().unwrap().to_owned();
            if !scene.names.contains_key(&top) {
                scene.names.insert(top.clone(), PathBuf::from(&top));
                paths.push(desk.join(&top));
            }
            scene.expected.insert(PathBuf::from(name), blake3::hash(&bytes));
        };
        for n in 0..30 {
            make(self, format!("note {round}-{n}.txt"), 100 + n * 700);
        }
        for n in 0..150 {
            make(self, format!("trip {round}/day {}/{n}.bin", n % 5), 2_000 + n * 300);
        }
        make(self, format!("film {round}.mkv"), 80 << 20);
        make(self, format!("photo {round}.jpg"), 900_000);
        make(self, format!("last {round}.txt"), 10);
        if round == 1 {
            // Not even the receive folder is there yet.
            return self.giver.send_all(self.receiver.as_ref().unwrap(), paths);
        }
        // Somebody has the photo's name already.
        let (photo, second) = (format!("photo {round}.jpg"), format!("photo {round} (2).jpg"));
        let mine = self.dice.bytes(5_000);
        self.machine.put(&self.machine.home().join("Received").join(&photo), &mine);
        let moved = self.expected.insert(PathBuf::from(&photo), blake3::hash(&mine)).unwrap();
        self.expected.insert(PathBuf::from(&second), moved);
        self.told.insert(PathBuf::from(&photo));
        self.names.insert(photo, PathBuf::from(second));
        self.giver.send_all(self.receiver.as_ref().unwrap(), paths)
    }

    /// False if it was over before.
    fn wait_for(&self, transfer: TransferId, moment: Moment) -> bool {
        let begun = Instant::now();
        let until = begun + LONG;
        let before = self.told_of(transfer).len();
        let mut moving = None;
        loop {
            assert!(Instant::now() < until, "{moment:?} never comes: {:?}", self.state(transfer));
            if self.state(transfer) == State::Saved {
                return false;
            }
            let moves = self.giver.client.snapshot().transfers.iter().any(|one| one.phase == Phase::Moving);
            if moves {
                moving.get_or_insert_with(Instant::now);
            }
            match moment {
                Moment::Saved(more) if self.told_of(transfer).len() >= before + more => return true,
                Moment::After(time) if moving.is_some_and(|moving| moving.elapsed() >= time) => return true,
                _ => drop(self.giver.client.wait(POLL)),
            }
        }
    }

    /// Cuts the power, and tells what the giver had been told by then.
    fn cut(&mut self, transfer: TransferId, luck: Luck) -> BTreeSet<PathBuf> {
        let mut receiver = self.receiver.take().unwrap();
        self.machine.cut(&mut self.dice, luck, || receiver.child.kill().unwrap());
        drop(receiver);
        let until = Instant::now() + LONG;
        while matches!(self.state(transfer), State::Running | State::Waiting) {
            assert!(Instant::now() < until, "the giver doesn't notice");
            self.giver.client.wait(POLL);
        }
        self.machine.switch_off();
        self.machine.switch_on();
        self.told_of(transfer)
    }

    fn start(&mut self) {
        self.receiver = Some(Receiver::start_in(&self.machine.home(), self.port, self.discovery_port));
        let aside: Vec<_> = names_in(&self.machine.home())
            .into_iter()
            .chain(names_in(&self.machine.home().join("identity")))
            .filter(|name| name.contains(".db.") || name.contains(".old"))
            .collect();
        assert!(aside.is_empty(), "the store or the identity did not outlive the cut: {aside:?}");
    }

    fn wait_for_end(&self, transfer: TransferId) {
        let until = Instant::now() + LONG;
        while self.state(transfer) != State::Saved {
            assert!(Instant::now() < until, "it doesn't go on: {:?}", self.state(transfer));
            self.giver.client.wait(POLL);
        }
    }

    /// What was told is there, and everything that is there is right and whole.
    fn check(&mut self, told: &BTreeSet<PathBuf>) -> Result<(), String> {
        self.told.extend(told.iter().cloned());
        let there = tree(&self.machine.home().join("Received"));
        let tops: BTreeSet<&Path> = there.keys().map(|path| top(path)).collect();
        for (path, hash) in &there {
            match self.expected.get(path) {
                None => return Err(format!("nobody sent {}", path.display())),
                Some(right) if right != hash => return Err(format!("{} is half or wrong", path.display())),
                Some(_) => {}
            }
        }
        for (path, _) in self.expected.iter().filter(|(path, _)| tops.contains(top(path))) {
            if !there.contains_key(path) {
                return Err(format!("{} is missing from what is there under its final name", path.display()));
            }
        }
        match self.told.iter().find(|name| !tops.contains(name.as_path())) {
            Some(name) => Err(format!("{} was told as saved and is gone", name.display())),
            None => Ok(()),
        }
    }

    fn told_of(&self, transfer: TransferId) -> BTreeSet<PathBuf> {
        let entry = self.giver.entry(self.peer(), transfer);
        let Body::Items { items, .. } = &entry.body else { panic!("a text") };
        let saved = items.iter().filter(|item| item.state.is_saved());
        saved.map(|item| self.names[&item.name].clone()).collect()
    }

    fn state(&self, transfer: TransferId) -> State {
        self.giver.entry(self.peer(), transfer).state.clone()
    }

    fn peer(&self) -> fantail::protocol::Fingerprint {
        self.giver.client.snapshot().computers.first().expect("the giver knows one computer").fingerprint
    }
}

fn top(path: &Path) -> &Path {
    Path::new(path.iter().next().unwrap())
}

fn names_in(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
}

/// The files below a folder but those that aren't finished.
fn tree(root: &Path) -> BTreeMap<PathBuf, blake3::Hash> {
    let mut all = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for name in names_in(&folder).into_iter().filter(|name| name != ".fantail") {
            let path = folder.join(name);
            if path.is_dir() {
                folders.push(path);
            } else {
                let hash = blake3::hash(&std::fs::read(&path).unwrap());
                all.insert(path.strip_prefix(root).unwrap().to_owned(), hash);
            }
        }
    }
    all
}
