//! Everything that happens to networks, disks, clocks and programs, while two computers send to each other: at the end
//! every byte is right, nothing half was ever visible, nothing that was there has changed, and it all went on by itself.
//!
//! Each kind of fault comes once, in an order and on a side that a seed decides. The long form:
//! `FANTAIL_TEST_FAULTS=120 cargo test --test hosts faults -- --nocapture`, with so many faults, each kind on each side
//! before any comes again; `FANTAIL_TEST_SEED` makes another order.

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{
    forgetful::{Disk, Flushes, dice::Dice},
    network::{Host, Network, Running, said, wait_for},
};

/// Both directions are held to this rate, so that a transfer takes some seconds.
const RATE: &str = "80mbit";

/// Of the file that each side sends in each round: two and a half seconds, and more than a group that is gone on from.
const FILM: usize = 24 << 20;

/// From the moment when both sides have begun to the fault, at most; in milliseconds.
const STRIKES_WITHIN: u32 = 1500;

/// After a fault is over: to be noticed, found, dialled and gone on with, on a busy machine.
const GOES_ON: Duration = Duration::from_secs(120);

/// A clock jumps forth or back by so many hours at most: a year and a month, as one does whose battery was empty.
const JUMP: u32 = 400 * 24;

/// Of the disk that can be full.
const SIZE: &str = "size=200m";

/// What a receiver says of a disk that takes nothing.
const FULL: &str = "This computer’s disk is full; it goes on when there is room";
const READ_ONLY: &str = "Nothing can be saved into the folder for received files; it goes on when that works again";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// Of this computer, for so many seconds.
    CableOut(usize, u64),
    Slow(usize),
    /// On both sides.
    PacketSize(u32),
    NewAddress(usize),
    OtherInterface(usize),
    DiskFull,
    DiskReadOnly,
    ClockJump(usize),
    Killed(usize),
}

/// By the side that they come upon, where they have one. The disk of the second computer can become full, that of the
/// first one read-only.
const KINDS: [fn(usize) -> Fault; 11] = [
    |who| Fault::CableOut(who, 1),
    // Until it counts as gone.
    |who| Fault::CableOut(who, 10),
    Fault::Slow,
    |_| Fault::PacketSize(600),
    |_| Fault::PacketSize(9000),
    Fault::NewAddress,
    Fault::OtherInterface,
    |_| Fault::DiskFull,
    |_| Fault::DiskReadOnly,
    Fault::ClockJump,
    Fault::Killed,
];

#[test]
fn faults_of_network_disk_clock_and_program_lose_nothing_and_all_goes_on_by_itself() {
    let Some(network) = Network::new(2) else { return };
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<usize>().ok());
    let seed = number("FANTAIL_TEST_SEED").unwrap_or(1) as u64;
    let begun = Instant::now();
    let mut pair = Pair::new(&network, seed);
    let once: Vec<Fault> = KINDS.iter().map(|kind| kind(pair.dice.below(2) as usize)).collect();
    let mut on_each_side: Vec<Fault> = KINDS.iter().flat_map(|kind| [kind(0), kind(1)]).collect();
    on_each_side.dedup();
    let (all, count) = match number("FANTAIL_TEST_FAULTS") {
        Some(count) => (on_each_side, count),
        None => (once, KINDS.len()),
    };
    let mut happened: BTreeMap<String, (u32, Duration)> = BTreeMap::new();
    let mut order = Vec::new();
    for round in 0..count {
        if order.is_empty() {
            order.clone_from(&all);
        }
        let fault = order.swap_remove(pair.dice.below(order.len() as u32) as usize);
        let took = pair.round(round, fault);
        eprintln!("{round}: {fault:?}, everything there after {:.1} s", took.as_secs_f32());
        let seen = happened.entry(format!("{fault:?}")).or_default();
        *seen = (seen.0 + 1, seen.1.max(took));
    }
    eprintln!(
        "seed {seed}: {count} faults in {:.0} s; how often each, and the longest round:",
        begun.elapsed().as_secs_f32()
    );
    for (fault, (times, longest)) in happened {
        eprintln!("{fault}: {times}, {:.1} s", longest.as_secs_f32());
    }
}

struct Pair<'h> {
    computers: [Computer<'h>; 2],
    dice: Dice,
    addresses: usize,
}

/// A computer on a host that receives all the time.
struct Computer<'h> {
    host: &'h Host,
    name: &'static str,
    place: tempfile::TempDir,
    fingerprint: String,
    /// What may lie in the receive folder, whole.
    expected: BTreeMap<PathBuf, blake3::Hash>,
    interface: usize,
    addresses: Vec<String>,
    /// Ends before its disk is taken away.
    receiving: Receiving,
    disk: Medium,
}

/// A `fantail receive` and what it says.
struct Receiving {
    program: Running,
    lines: flume::Receiver<Value>,
}

/// What a receive folder lies on.
enum Medium {
    /// Of a size that can be filled.
    Small { _mount: Mount },
    /// One that can become read-only under those who write to it.
    Failing { disk: Disk, _session: fuser::BackgroundSession },
}

impl<'h> Pair<'h> {
    fn new(network: &'h Network, seed: u64) -> Self {
        let computer = |n: usize| Computer::new(&network.hosts[n], n + 1, ["Mei's laptop", "Office PC"][n]);
        Self { computers: [computer(0), computer(1)], dice: Dice::new(seed), addresses: 0 }
    }

    /// Both send; then the fault comes, and goes. How long it took until everything was there.
    fn round(&mut self, round: usize, fault: Fault) -> Duration {
        let begun = Instant::now();
        let _sending = [self.send(round, 0), self.send(round, 1)];
        std::thread::sleep(Duration::from_millis(self.dice.below(STRIKES_WITHIN).into()));
        for computer in &self.computers {
            // What it said of earlier rounds.
            computer.receiving.lines.drain();
        }
        self.strike(fault);
        for computer in &self.computers {
            computer.check(&format!("round {round}, while {fault:?}"));
        }
        self.relieve(fault);
        let mut missing = Vec::new();
        wait_for(&format!("everything of round {round}, after {fault:?}"), GOES_ON, || {
            missing = self.computers.iter().flat_map(Computer::missing).collect();
            missing.is_empty().then_some(())
        });
        for computer in &mut self.computers {
            computer.check(&format!("round {round}, after {fault:?}"));
            computer.clear();
        }
        begun.elapsed()
    }

    /// A large file whose name is taken there, and a folder of small ones. All bytes are new. From its return on all of
    /// it must arrive.
    fn send(&mut self, round: usize, from: usize) -> Running {
        let (film, trip) = (format!("film {round}.bin"), format!("trip {round}"));
        let desk = self.computers[from].place.path().join("desk");
        std::fs::remove_dir_all(&desk).ok();
        let mut make = |name: String, there: String, length: usize| {
            let bytes = self.dice.bytes(length);
            let path = desk.join(name);
            std::fs::create_dir_all(path.parent().expect("below the desk")).expect("a folder");
            std::fs::write(path, &bytes).expect("a file");
            self.computers[1 - from].expected.insert(PathBuf::from(there), blake3::hash(&bytes));
        };
        make(film.clone(), format!("film {round} (2).bin"), FILM);
        for n in 0..60 {
            let name = format!("{trip}/day {}/{n}.bin", n % 4);
            make(name.clone(), name, 1000 + n * 500);
        }
        let to = &mut self.computers[1 - from];
        let mine = format!("mine, before round {round}");
        to.expected.insert(PathBuf::from(&film), blake3::hash(mine.as_bytes()));
        std::fs::write(to.received().join(&film), mine).expect("the name is taken");
        let to = to.fingerprint.clone();
        let from = &self.computers[from];
        let mut command = from.fantail(&["send", "--json", "--to", &to]);
        command.arg(desk.join(film)).arg(desk.join(trip));
        let (sending, lines) = start("send", &mut command);
        lines.recv_timeout(GOES_ON).expect("it doesn't say that it sends");
        sending
    }

    fn strike(&mut self, fault: Fault) {
        match fault {
            Fault::CableOut(who, seconds) => {
                self.computers[who].host.cable(false);
                std::thread::sleep(Duration::from_secs(seconds));
            }
            Fault::Slow(who) => {
                self.computers[who].limit("4mbit");
                std::thread::sleep(Duration::from_secs(2));
            }
            Fault::PacketSize(bytes) => {
                self.computers.iter().for_each(|computer| computer.host.packet_size(&computer.device(), bytes));
                std::thread::sleep(Duration::from_secs(2));
            }
            Fault::NewAddress(who) => {
                self.addresses += 1;
                self.computers[who].take_addresses(50 + self.addresses % 100);
            }
            Fault::OtherInterface(who) => {
                self.addresses += 1;
                self.computers[who].change_interface(50 + self.addresses % 100);
            }
            Fault::DiskFull => {
                let [_, computer] = &self.computers;
                computer.fill_disk();
                computer.until_said(FULL);
            }
            Fault::DiskReadOnly => {
                let [computer, _] = &self.computers;
                computer.set_read_only(true);
                computer.until_said(READ_ONLY);
            }
            Fault::ClockJump(who) => {
                let hours = i64::from(self.dice.below(2 * JUMP + 1)) - i64::from(JUMP);
                self.computers[who].set_clock(hours);
                std::thread::sleep(Duration::from_secs(1));
                // What is held against the clock at a start shows itself only there.
                self.computers[who].kill_and_start_again();
            }
            Fault::Killed(who) => self.computers[who].kill_and_start_again(),
        }
    }

    fn relieve(&mut self, fault: Fault) {
        match fault {
            Fault::CableOut(who, _) => self.computers[who].host.cable(true),
            Fault::Slow(who) => self.computers[who].limit(RATE),
            Fault::PacketSize(_) => {
                for computer in &self.computers {
                    computer.host.packet_size(&computer.device(), 1500);
                    computer.give_addresses();
                }
            }
            Fault::DiskFull => std::fs::remove_file(self.computers[1].filler()).expect("room again"),
            Fault::DiskReadOnly => self.computers[0].set_read_only(false),
            Fault::NewAddress(_) | Fault::OtherInterface(_) | Fault::ClockJump(_) | Fault::Killed(_) => {}
        }
    }
}

impl<'h> Computer<'h> {
    fn new(host: &'h Host, number: usize, name: &'static str) -> Self {
        let place = tempfile::Builder::new().prefix("fantail-faults-").tempdir().expect("a temporary folder");
        for folder in ["home", "disk"] {
            std::fs::create_dir(place.path().join(folder)).expect("a folder");
        }
        let at = place.path().join("disk");
        let disk = if number == 1 { Medium::failing(&at) } else { Medium::small(&at) };
        std::fs::create_dir(place.path().join("disk/Received")).expect("a folder");
        // The two clocks are hours apart from the beginning.
        set_clock(place.path(), if number == 1 { -7 } else { 5 });
        let (receiving, ready) = Receiving::start(host, place.path(), name);
        let computer = Self {
            host,
            name,
            place,
            fingerprint: ready["fingerprint"].as_str().expect("a fingerprint").to_owned(),
            expected: BTreeMap::new(),
            interface: 0,
            addresses: vec![format!("10.77.0.{number}/24"), format!("fd77::{number}/64")],
            receiving,
            disk,
        };
        computer.limit(RATE);
        computer
    }

    fn kill_and_start_again(&mut self) {
        let Running { child, .. } = &mut self.receiving.program;
        child.kill().expect("it is killed");
        child.wait().expect("it is gone");
        let (receiving, ready) = Receiving::start(self.host, self.place.path(), self.name);
        assert_eq!(ready["fingerprint"], self.fingerprint.as_str(), "it is the same computer");
        self.receiving = receiving;
    }

    /// It says why it doesn't go on.
    fn until_said(&self, sentence: &str) {
        let until = Instant::now() + GOES_ON;
        let mut said = Vec::new();
        while let Ok(line) = self.receiving.lines.recv_deadline(until) {
            if line["event"] == "stopped" && line["message"] == sentence {
                return;
            }
            said.push(line);
        }
        panic!("not said: {sentence}, but {said:?}");
    }

    fn fantail(&self, arguments: &[&str]) -> Command {
        fantail(self.host, self.place.path(), arguments)
    }

    fn received(&self) -> PathBuf {
        self.place.path().join("disk/Received")
    }

    fn filler(&self) -> PathBuf {
        self.place.path().join("disk/filler")
    }

    fn device(&self) -> String {
        format!("eth{}", self.interface)
    }

    fn limit(&self, rate: &str) {
        let device = self.device();
        let limit =
            ["qdisc", "replace", "dev", &device, "root", "tbf", "rate", rate, "burst", "128k", "latency", "50ms"];
        let output = self.host.command("tc").args(limit).output().expect("tc (iproute2) is installed");
        assert!(output.status.success(), "no limit of the rate (tc, kernel module sch_tbf): {}", said(&output));
    }

    fn take_addresses(&mut self, number: usize) {
        for address in std::mem::take(&mut self.addresses) {
            self.host.ip(&["addr", "del", &address, "dev", &self.device()]).ok();
        }
        self.addresses = vec![format!("10.77.0.{number}/24"), format!("fd77::{number}/64")];
        self.give_addresses();
    }

    fn give_addresses(&self) {
        for address in &self.addresses {
            let nodad: &[&str] = if address.contains(':') { &["nodad"] } else { &["broadcast", "10.77.0.255"] };
            // Those that are there already stay.
            self.host.ip(&[&["addr", "replace", address, "dev", &self.device()], nodad].concat()).ok();
        }
    }

    fn change_interface(&mut self, number: usize) {
        let old = self.device();
        self.interface = 1 - self.interface;
        self.host.plug_in_another(&self.device());
        self.limit(RATE);
        for address in std::mem::take(&mut self.addresses) {
            self.host.ip(&["addr", "del", &address, "dev", &old]).ok();
        }
        self.host.ip(&["link", "set", &old, "down"]).expect("it goes down");
        self.addresses = vec![format!("10.77.0.{number}/24"), format!("fd77::{number}/64")];
        self.give_addresses();
    }

    fn fill_disk(&self) {
        let mut filler = std::fs::File::create(self.filler()).expect("the filler");
        let zeros = vec![0; 1 << 20];
        while filler.write_all(&zeros).is_ok() {}
    }

    fn set_read_only(&self, read_only: bool) {
        let Medium::Failing { disk, .. } = &self.disk else { panic!("this one can't") };
        disk.set_read_only(read_only);
    }

    fn set_clock(&self, hours: i64) {
        set_clock(self.place.path(), hours);
    }

    fn missing(&self) -> Vec<PathBuf> {
        self.expected.keys().filter(|path| !self.received().join(path).exists()).cloned().collect()
    }

    /// Everything that is visible is right, and nothing else is.
    fn check(&self, when: &str) {
        for (path, hash) in tree(&self.received()) {
            assert_eq!(self.expected.get(&path), Some(&hash), "{when}: {} is half, wrong or too much", path.display());
        }
    }

    /// Makes room for the next round.
    fn clear(&mut self) {
        for name in self.expected.keys().filter_map(|path| path.iter().next()) {
            let path = self.received().join(name);
            std::fs::remove_dir_all(&path).or_else(|_| std::fs::remove_file(&path)).ok();
        }
        self.expected.clear();
    }
}

impl Receiving {
    /// With the line that says that it is ready.
    fn start(host: &Host, place: &Path, name: &str) -> (Self, Value) {
        let arguments = ["receive", "--json", "--accept", "all", "--name", name, "--into"];
        let mut command = fantail(host, place, &arguments);
        let (program, lines) = start("receive", command.arg(place.join("disk/Received")));
        let ready = lines.recv_timeout(GOES_ON).expect("it is ready");
        (Self { program, lines }, ready)
    }
}

/// A program that writes JSON, and its lines. Those that nobody reads are dropped, the latest first.
fn start(name: &str, command: &mut Command) -> (Running, flume::Receiver<Value>) {
    const UNREAD: usize = 10_000;
    let mut running = Running::start(name, command.stdout(Stdio::piped()));
    let lines = BufReader::new(running.child.stdout.take().expect("piped")).lines();
    let (sender, said) = flume::bounded(UNREAD);
    let read = move || {
        for line in lines.map_while(Result::ok) {
            sender.try_send(serde_json::from_str(&line).expect("JSON")).ok();
        }
    };
    std::thread::Builder::new().spawn(read).expect("a thread");
    (running, said)
}

/// With a clock of its own, which is not the one that only counts: that can't be set on any computer.
fn fantail(host: &Host, place: &Path, arguments: &[&str]) -> Command {
    let mut command = host.command(crate::program());
    command
        .args(arguments)
        .env("FANTAIL_HOME", place.join("home"))
        .env("LC_ALL", "C.UTF-8")
        .env("LANGUAGE", "en")
        .env("LD_PRELOAD", faketime())
        .env("FAKETIME_TIMESTAMP_FILE", place.join("clock"))
        .env("FAKETIME_NO_CACHE", "1")
        .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
        .env("NO_FAKE_STAT", "1");
    command
}

fn set_clock(place: &Path, hours: i64) {
    let new = place.join("clock.new");
    std::fs::write(&new, format!("{hours:+}h\n")).expect("the clock");
    std::fs::rename(new, place.join("clock")).expect("the clock");
}

/// The library of Debian's package faketime.
fn faketime() -> PathBuf {
    let folders = [format!("/usr/lib/{}-linux-gnu/faketime", std::env::consts::ARCH), "/usr/lib/faketime".to_owned()];
    let found = folders.iter().map(|folder| Path::new(folder).join("libfaketimeMT.so.1")).find(|path| path.exists());
    found.expect("libfaketimeMT.so.1 is missing: install the package faketime")
}

impl Medium {
    fn small(at: &Path) -> Self {
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", SIZE, "tmpfs"]).arg(at).output();
        let mounted = mounted.expect("mount is installed");
        assert!(mounted.status.success(), "no small disk: {}", said(&mounted));
        Self::Small { _mount: Mount(at.to_owned()) }
    }

    fn failing(at: &Path) -> Self {
        let disk = Disk::new(Flushes::Heeded);
        Self::Failing { _session: disk.mount(at), disk }
    }
}

struct Mount(PathBuf);

impl Drop for Mount {
    fn drop(&mut self) {
        Command::new("umount").arg("--lazy").arg(&self.0).status().ok();
    }
}

/// What is visible below a folder.
fn tree(root: &Path) -> BTreeMap<PathBuf, blake3::Hash> {
    let mut all = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            // It comes and goes.
            if entry.file_name() == ".fantail" {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else {
                let bytes = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
                all.insert(path.strip_prefix(root).expect("below").to_owned(), blake3::hash(&bytes));
            }
        }
    }
    all
}
