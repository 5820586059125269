//! Everything that happens to networks, disks and clocks, while two computers send to each other: at the end every byte
//! is right, nothing half was ever visible, nothing that was there has changed, and it all went on by itself.
//!
//! Each fault comes once, in an order that a seed decides. The long form: `FANTAIL_TEST_FAULTS=120 cargo test --test
//! hosts faults -- --nocapture`, with so many faults; `FANTAIL_TEST_SEED` makes another order.

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use crate::network::{Host, Network, Running, said, wait_for};

/// Both directions are held to this rate, so that a transfer takes some seconds.
const RATE: &str = "80mbit";

/// Of the file that each side sends in each round: four seconds.
const FILM: usize = 40 << 20;

/// After a fault is over: to be noticed, found, dialled and gone on with, on a busy machine.
const GOES_ON: Duration = Duration::from_secs(120);

/// Of each receive folder's disk.
const DISK: &str = "size=200m";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// Of this computer, for so many seconds.
    CableOut(usize, u64),
    Slow(usize),
    /// On both sides.
    PacketSize(u32),
    NewAddress(usize),
    OtherInterface(usize),
    DiskFull(usize),
    ClockJump(usize),
}

/// Each of them happens before any comes again.
const FAULTS: [Fault; 14] = [
    Fault::CableOut(0, 1),
    Fault::CableOut(1, 1),
    Fault::CableOut(1, 10),
    Fault::Slow(0),
    Fault::Slow(1),
    Fault::PacketSize(600),
    Fault::PacketSize(9000),
    Fault::NewAddress(0),
    Fault::NewAddress(1),
    Fault::OtherInterface(0),
    Fault::OtherInterface(1),
    Fault::DiskFull(1),
    Fault::ClockJump(0),
    Fault::ClockJump(1),
];

#[test]
fn faults_of_network_disk_and_clock_lose_nothing_and_all_goes_on_by_itself() {
    let Some(network) = Network::new(2) else { return };
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<usize>().ok());
    let count = number("FANTAIL_TEST_FAULTS").unwrap_or(FAULTS.len());
    let seed = number("FANTAIL_TEST_SEED").unwrap_or(1) as u64;
    let begun = Instant::now();
    let mut pair = Pair::new(&network, seed);
    let mut happened: BTreeMap<String, (u32, Duration)> = BTreeMap::new();
    let mut order = Vec::new();
    for round in 0..count {
        if order.is_empty() {
            order = FAULTS.to_vec();
        }
        let fault = order.swap_remove(pair.random(order.len()));
        let took = pair.round(round, fault);
        eprintln!("{round}: {fault:?}, everything there after {:.1} s", took.as_secs_f32());
        let seen = happened.entry(format!("{fault:?}")).or_default();
        *seen = (seen.0 + 1, seen.1.max(took));
    }
    eprintln!(
        "seed {seed}: {count} faults in {:?}; how often each, and the longest round: {happened:#?}",
        begun.elapsed()
    );
}

struct Pair<'h> {
    computers: [Computer<'h>; 2],
    chance: blake3::OutputReader,
    addresses: usize,
}

/// A computer on a host that receives all the time.
struct Computer<'h> {
    host: &'h Host,
    place: tempfile::TempDir,
    fingerprint: String,
    /// What may lie in the receive folder, whole.
    expected: BTreeMap<PathBuf, blake3::Hash>,
    interface: usize,
    addresses: Vec<String>,
    _disk: Mount,
    _receiving: Running,
}

impl<'h> Pair<'h> {
    fn new(network: &'h Network, seed: u64) -> Self {
        let computer = |n: usize| Computer::new(&network.hosts[n], n + 1, ["Mei's laptop", "Office PC"][n]);
        let chance = blake3::Hasher::new().update(&seed.to_le_bytes()).finalize_xof();
        Self { computers: [computer(0), computer(1)], chance, addresses: 0 }
    }

    fn random(&mut self, end: usize) -> usize {
        let mut bytes = [0; 4];
        self.chance.fill(&mut bytes);
        u32::from_le_bytes(bytes) as usize % end
    }

    /// Both send; then the fault comes, and goes. How long it took until everything was there.
    fn round(&mut self, round: usize, fault: Fault) -> Duration {
        let begun = Instant::now();
        let _sending = [self.send(round, 0), self.send(round, 1)];
        std::thread::sleep(Duration::from_millis(500 + self.random(2500) as u64));
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

    /// A large file whose name is taken there, and a folder of small ones. All bytes are new.
    fn send(&mut self, round: usize, from: usize) -> Running {
        let (film, trip) = (format!("film {round}.bin"), format!("trip {round}"));
        let desk = self.computers[from].place.path().join("desk");
        std::fs::remove_dir_all(&desk).ok();
        let mut make = |name: String, there: String, length: usize| {
            let mut bytes = vec![0; length];
            self.chance.fill(&mut bytes);
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
        command.arg(desk.join(film)).arg(desk.join(trip)).stdout(Stdio::null());
        Running::start("send", &mut command)
    }

    fn strike(&mut self, fault: Fault) {
        match fault {
            Fault::CableOut(who, seconds) => {
                self.computers[who].host.cable(false);
                std::thread::sleep(Duration::from_secs(seconds));
            }
            Fault::Slow(who) => {
                self.computers[who].limit("4mbit");
                std::thread::sleep(Duration::from_secs(3));
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
            Fault::DiskFull(who) => {
                self.computers[who].fill_disk();
                std::thread::sleep(Duration::from_secs(5));
            }
            Fault::ClockJump(who) => {
                let hours = self.random(200) as i64 - 100;
                self.computers[who].set_clock(hours);
                std::thread::sleep(Duration::from_secs(1));
            }
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
            Fault::DiskFull(who) => std::fs::remove_file(self.computers[who].filler()).expect("room again"),
            Fault::NewAddress(_) | Fault::OtherInterface(_) | Fault::ClockJump(_) => {}
        }
    }
}

impl<'h> Computer<'h> {
    fn new(host: &'h Host, number: usize, name: &str) -> Self {
        let place = tempfile::Builder::new().prefix("fantail-faults-").tempdir().expect("a temporary folder");
        for folder in ["home", "disk"] {
            std::fs::create_dir(place.path().join(folder)).expect("a folder");
        }
        let disk = Mount::small(&place.path().join("disk"));
        std::fs::create_dir(place.path().join("disk/Received")).expect("a folder");
        // The two clocks are hours apart from the beginning.
        set_clock(place.path(), if number == 1 { -7 } else { 5 });
        let mut command =
            fantail(host, place.path(), &["receive", "--json", "--accept", "all", "--name", name, "--into"]);
        let mut receiving =
            Running::start("receive", command.arg(place.path().join("disk/Received")).stdout(Stdio::piped()));
        let mut lines = BufReader::new(receiving.child.stdout.take().expect("piped")).lines();
        let ready = lines.next().expect("it is ready").expect("text");
        let ready: serde_json::Value = serde_json::from_str(&ready).expect("JSON");
        std::thread::Builder::new().spawn(move || lines.for_each(drop)).expect("a thread");
        let computer = Self {
            host,
            place,
            fingerprint: ready["fingerprint"].as_str().expect("a fingerprint").to_owned(),
            expected: BTreeMap::new(),
            interface: 0,
            addresses: vec![format!("10.77.0.{number}/24"), format!("fd77::{number}/64")],
            _disk: disk,
            _receiving: receiving,
        };
        computer.limit(RATE);
        computer
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

/// With a clock of its own, which is not the one that only counts: that can't be set on any computer.
fn fantail(host: &Host, place: &Path, arguments: &[&str]) -> Command {
    let mut command = host.command(crate::program());
    command
        .args(arguments)
        .env("FANTAIL_HOME", place.join("home"))
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

struct Mount(PathBuf);

impl Mount {
    fn small(at: &Path) -> Self {
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", DISK, "tmpfs"]).arg(at).output();
        let mounted = mounted.expect("mount is installed");
        assert!(mounted.status.success(), "no small disk: {}", said(&mounted));
        Self(at.to_owned())
    }
}

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
