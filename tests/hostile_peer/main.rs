//! A peer of ill will: it has a key, speaks our TLS and our frames, and lies, floods, stalls and sneaks. After each of
//! its tricks nothing of it is left where it shouldn't be, memory is bounded, and an honest computer is served.
//!
//! `THREAT_MODEL.md` tells which rule each of these proves.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr, reason = "a test")]

mod floods;
mod giving;
mod names;
#[path = "../receiver/mod.rs"]
mod receiver;
mod receiving;
mod resuming;
mod rules;
mod stalls;
mod villain;

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use fantail::engine::api::State;
use receiver::{Honest, Receiver};

/// What the receiving program may hold more than before, whatever it is told: the buffers of a few transfers (10 MiB
/// each), some thousand waiting items, and what an allocator keeps.
const MORE_AT_MOST: u64 = 48 * 1024 * 1024;

/// The real program, receiving from everybody, and an honest computer that goes on using it.
struct Siege {
    receiver: Receiver,
    honest: Honest,
    beside: BTreeSet<PathBuf>,
    expected: BTreeSet<PathBuf>,
    memory: u64,
    rounds: usize,
}

impl Siege {
    fn begin() -> Self {
        let receiver = Receiver::start();
        let honest = Honest::near(&receiver);
        let mut siege = Self {
            honest,
            receiver,
            beside: BTreeSet::new(),
            expected: BTreeSet::new(),
            memory: u64::MAX - MORE_AT_MOST,
            rounds: 0,
        };
        siege.stands("before anything happened");
        siege.beside = siege.beside();
        siege.memory = siege.receiver.memory();
        siege
    }

    /// These are there now, and may be: names below the receive folder.
    fn expect<'a>(&mut self, names: impl IntoIterator<Item = &'a str>) {
        self.expected.extend(names.into_iter().map(PathBuf::from));
    }

    /// The invariants, after `what`: the honest computer is served, nothing else is in the receive folder, nothing new
    /// beside it, and memory is bounded.
    fn stands(&mut self, what: &str) {
        self.rounds += 1;
        let name = format!("honest {}", self.rounds);
        let path = self.honest.file(&name, what.as_bytes());
        let transfer = self.honest.send(&self.receiver, &path);
        assert_eq!(self.honest.end_of(&self.receiver, transfer), State::Saved, "{what}");
        assert_eq!(std::fs::read(self.receiver.received(&name)).unwrap(), what.as_bytes());
        self.expected.insert(name.into());
        assert_eq!(self.tree(), self.expected, "{what}");
        if !self.beside.is_empty() {
            assert_eq!(self.beside(), self.beside, "{what}");
        }
        let memory = self.receiver.memory();
        assert!(memory <= self.memory + MORE_AT_MOST, "{what}: {} KiB more", (memory - self.memory) / 1024);
    }

    /// Everything in the receive folder but what is still under way.
    fn tree(&self) -> BTreeSet<PathBuf> {
        let root = self.receiver.received("");
        let mut found = BTreeSet::new();
        walk(&root, &mut |path, is_folder| {
            let below = path.strip_prefix(&root).unwrap();
            if below.starts_with(".fantail") {
                return false;
            }
            if !is_folder {
                found.insert(below.to_owned());
            }
            true
        });
        found
    }

    /// What lies beside the receive folder: the program's own.
    fn beside(&self) -> BTreeSet<PathBuf> {
        let entries = std::fs::read_dir(&self.receiver.home).unwrap();
        entries.map(|entry| entry.unwrap().path()).collect()
    }
}

/// Visits everything below a folder, following no links; `visit` says whether to enter.
fn walk(folder: &Path, visit: &mut impl FnMut(&Path, bool) -> bool) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if visit(&entry.path(), is_folder) && is_folder {
            walk(&entry.path(), visit);
        }
    }
}
