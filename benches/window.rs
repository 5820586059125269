//! What people feel of the window, measured from outside on real X servers with software GL: no instrument inside the
//! program, only posted input and pixels on the screen. Prints Markdown; what goes on meanwhile is said on stderr.
//!
//! ```text
//! cargo build --release --examples
//! cargo bench --bench window [-- [--smoke] start|idle|preview|frames|last-byte|full-view|many-pictures|scroll …]
//! ```
//!
//! With `--smoke` everything is done once with very little, and nothing printed: that the harness works.
//!
//! - `start`: from starting the program to its first frame on the screen, 11 runs.
//! - `idle`: processor time over a minute with the window open, and memory beside a bare window with the same fonts.
//! - `preview`: a 12-megapixel JPEG dropped here, to its preview on the other screen, 7 runs.
//! - `frames`: from posted pointer motion to the changed pixel while a large file arrives at full speed.
//! - `last-byte`: a 24-megapixel JPEG that has arrived, to its preview, at 100 % and at 200 %, 9 runs each.
//! - `full-view`: from the click on a preview of 24 megapixels to the picture in the viewer, and from the key for all
//!   pixels until they are sharp, 8 runs.
//! - `many-pictures`: the same as `frames` while 200 such pictures arrive and are shown, and the memory they take.
//! - `scroll`: from frame to frame while a conversation of 10,000 pictures is scrolled, and the memory it takes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a measurement that fails says so and ends"
)]

#[path = "../tests/hosts/desktop.rs"]
#[allow(dead_code, reason = "shared with the tests, which use more of it")]
mod desktop;
#[path = "../tests/hosts/network.rs"]
#[allow(dead_code, reason = "shared with the tests, which use more of it")]
mod network;
mod pictures;
mod screen;
#[path = "speed/table.rs"]
#[allow(dead_code, reason = "shared with the other benchmark, which uses more of it")]
mod table;

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use desktop::Desktop;
use fantail::{
    platform::home::Home,
    store::{Store, model::Settings},
};
use network::{Host, Network, Running, wait_for};
use screen::Screen;
use table::{Report, progress};

const PATIENCE: Duration = Duration::from_secs(60);
const WINDOW: (u32, u32) = (1000, 720);

/// Whoever looks without a pause takes one of the processors from what is measured.
const LOOK_EVERY: Duration = Duration::from_millis(1);

/// What must not be exceeded by any frame: two of a display with 60 a second.
const LATE: Duration = Duration::from_millis(33);

type Mode = fn(&Bench, &Host);
const MODES: [(&str, Mode); 8] = [
    ("start", start),
    ("idle", idle),
    ("preview", preview),
    ("frames", frames),
    ("last-byte", pictures::last_byte),
    ("full-view", pictures::full_view),
    ("many-pictures", pictures::many),
    ("scroll", pictures::scroll),
];

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let smoke = words.iter().any(|word| word == "--smoke");
    let chosen: Vec<&str> = words.iter().map(String::as_str).filter(|word| !word.starts_with('-')).collect();
    if let Some(unknown) = chosen.iter().find(|word| MODES.iter().all(|(name, _)| name != *word)) {
        panic!("{unknown} is none of {:?}", MODES.map(|(name, _)| name));
    }
    let bench = Bench { report: Report::new(!smoke), smoke };
    let network = Network::new(1).expect("network namespaces (run as root)");
    for (name, measure) in MODES {
        if chosen.is_empty() || chosen.contains(&name) {
            progress(name);
            measure(&bench, &network.hosts[0]);
        }
    }
    bench.report.conclude("What is asked of the window");
}

/// What is printed, and how much is done.
struct Bench {
    report: Report,
    smoke: bool,
}

impl Bench {
    /// So many, or hardly any of them.
    fn pick<T>(&self, full: T, smoke: T) -> T {
        if self.smoke { smoke } else { full }
    }

    /// A section of its own.
    fn section(&self, what: &str, times: &mut [Duration]) -> Measured {
        assert!(!times.is_empty(), "{what}: nothing was measured");
        times.sort_unstable();
        let at = |share: f64| times[((times.len() - 1) as f64 * share).round() as usize].as_secs_f64() * 1000.0;
        let measured = Measured { least: at(0.0), median: at(0.5), most: at(1.0) };
        let millis = |millis: f64| format!("{millis:.1}");
        let row = [millis(measured.median), millis(measured.least), millis(at(0.99)), millis(measured.most)];
        let row = row.into_iter().chain([times.len().to_string()]).collect();
        self.report.heading(&format!("The window: {what}"));
        self.report.table(&["median, ms", "least", "99 %", "most", "runs"], &[row]);
        measured
    }

    /// A section of its own, and the verdict whether all were seen in time.
    fn on_time(&self, what: &str, times: &mut [Duration]) {
        let Measured { median, most, .. } = self.section(what, times);
        let late = times.iter().filter(|time| **time > LATE).count();
        let measured = format!("{most:.0} ms (median {median:.0} ms); {late} of {} later", times.len());
        self.report.verdict(what, format!("never > {} ms", LATE.as_millis()), measured, late == 0);
    }

    /// Kept for the table at the end: the median within so many milliseconds.
    fn median_within(&self, what: &str, most: f64, Measured { least, median, most: worst }: Measured) {
        let measured = format!("{median:.0} ({least:.0} to {worst:.0}) ms");
        self.report.verdict(what, format!("≤ {most:.0} ms"), measured, median <= most);
    }
}

/// In milliseconds.
#[derive(Clone, Copy)]
struct Measured {
    least: f64,
    median: f64,
    most: f64,
}

/// The program that is measured.
fn fantail() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_fantail"))
}

/// A desktop with a window on it.
struct Seat<'h> {
    desktop: Desktop<'h>,
    screen: Screen,
    home: tempfile::TempDir,
}

impl<'h> Seat<'h> {
    fn take(host: &'h Host, name: &str) -> Self {
        Self::furnished(host, name, 1, tempfile::tempdir().expect("a temporary folder"), |_, _| {})
    }

    /// On a screen that is so many times finer, with this home and what `furnish` puts into the store.
    fn furnished(
        host: &'h Host,
        name: &str,
        fineness: u32,
        home: tempfile::TempDir,
        furnish: impl FnOnce(&Home, &mut Store),
    ) -> Self {
        let mut desktop = Desktop::start(host, 1280 * fineness, 900 * fineness);
        let screen = Screen::open(desktop.display());
        // Colours that fade would hide which frame an input was first seen in.
        let zoom = (fineness > 1).then_some(fineness as f32);
        let still = Settings { reduced_motion: true, zoom, ..Settings::default() };
        let places = Home::below(home.path());
        let mut store = Store::open(&places.database).expect("a new database").store;
        store.save_settings(&still).expect("settings can be saved");
        furnish(&places, &mut store);
        drop(store);
        let mut program = desktop.command(fantail());
        program.env("FANTAIL_HOME", home.path()).env("FANTAIL_NAME", name);
        desktop.start_program("fantail", &mut program);
        desktop.resize("Fantail", WINDOW.0 * fineness, WINDOW.1 * fineness);
        Self { desktop, screen, home }
    }

    /// Hands a command to the running window.
    fn tell(&self, arguments: &[&str]) -> String {
        let mut command = self.desktop.command(fantail());
        command.args(arguments).env("FANTAIL_HOME", self.home.path());
        let output = command.output().expect("the program starts");
        assert!(output.status.success(), "{arguments:?}: {}", network::said(&output));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn tile(&self, name: &str) -> desktop::Node {
        self.desktop.find(&format!("{name}'s tile"), |node| node.role == "list item" && node.name.starts_with(name))
    }

    /// The fingerprint of a computer nearby.
    fn fingerprint(&self, name: &str) -> String {
        wait_for(&format!("{name} nearby"), PATIENCE, || {
            let lines = self.tell(&["nearby", "--json", "--for", "1"]);
            lines.lines().find_map(|line| {
                let line: serde_json::Value = serde_json::from_str(line).ok()?;
                (line["name"] == name).then(|| line["fingerprint"].as_str().map(str::to_owned))?
            })
        })
    }
}

/// Two seats on one host that see each other; the second takes everything from the first.
fn pair(host: &Host) -> (Seat<'_>, Seat<'_>) {
    let (mei, office) = (Seat::take(host, "Mei's laptop"), Seat::take(host, "Office PC"));
    let (to, from) = (mei.fingerprint("Office PC"), office.fingerprint("Mei's laptop"));
    office.tell(&["known", "accept", &from]);
    mei.tell(&["send", "--to", &to, "--text", "hello"]);
    (mei, office)
}

fn start(bench: &Bench, host: &Host) {
    let desktop = Desktop::start(host, 1280, 900);
    let screen = Screen::open(desktop.display());
    let mut times = Vec::new();
    // One more than is counted: the first one fills the page cache.
    for run in 0..bench.pick(12, 2) {
        let home = tempfile::tempdir().expect("a temporary folder");
        let began = Instant::now();
        let _program = Running::start("fantail", desktop.command(fantail()).env("FANTAIL_HOME", home.path()));
        while !screen.shows_window("Fantail") {
            assert!(began.elapsed() < PATIENCE, "no window");
            std::thread::sleep(Duration::from_millis(2));
        }
        if run > 0 {
            times.push(began.elapsed());
        }
    }
    bench.section("from its start to the first frame", &mut times);
}

fn idle(bench: &Bench, host: &Host) {
    let bare = {
        let mut desktop = Desktop::start(host, 1280, 900);
        let example = fantail().parent().map(|folder| folder.join("examples/bare_window")).expect("a folder");
        let mut command = desktop.command(&example);
        desktop.start_program("bare window", &mut command);
        desktop.resize("Bare window", WINDOW.0, WINDOW.1);
        std::thread::sleep(Duration::from_secs(5));
        resident(&find_process(&example))
    };
    let seat = Seat::take(host, "Mei's laptop");
    let _other = Running::start(
        "receive",
        host.command(fantail())
            .arg("receive")
            .env("FANTAIL_HOME", seat.home.path().join("other"))
            .env("FANTAIL_NAME", "x"),
    );
    seat.tile("x");
    std::thread::sleep(Duration::from_secs(5));
    let process = find_window_process(&fantail());
    let before = processor_time(&process);
    let minute = Duration::from_secs(bench.pick(60, 1));
    std::thread::sleep(minute);
    let used = processor_time(&process) - before;
    let ours = resident(&process);
    bench.report.heading("The window: open, and nothing happens");
    bench.report.table(
        &["processor, of a core over a minute", "resident", "a bare window with the same fonts", "above it"],
        &[vec![
            format!("{:.2} %", 100.0 * used.as_secs_f64() / minute.as_secs_f64()),
            format!("{:.0} MB", mb(ours)),
            format!("{:.0} MB", mb(bare)),
            format!("{:.0} MB", mb(ours) - mb(bare)),
        ]],
    );
}

fn preview(bench: &Bench, host: &Host) {
    let (mut mei, office) = pair(host);
    let photos: Vec<PathBuf> = (0..bench.pick(8, 2)).map(|number| photo(mei.home.path(), number)).collect();
    let mut times = Vec::new();
    office.desktop.click_at(office.tile("Mei's laptop").center());
    for (run, photo) in photos.iter().enumerate() {
        mei.desktop.start_drag_source((1060, 100 + 90 * (run as i32 % 8)), &[photo]);
        let target = mei.tile("Office PC").center();
        let reference = screen::Reference::of(photo);
        mei.desktop.drag((1100, 130 + 90 * (run as i32 % 8)), target, |_| {});
        let dropped = Instant::now();
        while !office.screen.shows(&reference) {
            assert!(dropped.elapsed() < PATIENCE, "the preview of {} is not seen", photo.display());
            std::thread::sleep(10 * LOOK_EVERY);
        }
        progress(&format!("seen after {:.0?}", dropped.elapsed()));
        if run > 0 {
            times.push(dropped.elapsed());
        }
    }
    bench.section("from dropping 12 megapixels to the preview on the other screen", &mut times);
}

/// A 12-megapixel JPEG of about 6 MB made from a real photograph, each number in other colours.
fn photo(folder: &Path, number: usize) -> PathBuf {
    let path = folder.join(format!("photo-{number}.jpg"));
    let status = Command::new("convert")
        .arg("/usr/share/backgrounds/mate/abstract/Elephants_5640x3172.jpg")
        .args(["-resize", "4000x3000!", "-modulate", &format!("100,100,{}", number * 24), "-quality", "93"])
        .arg(&path)
        .status();
    assert!(status.is_ok_and(|status| status.success()), "ImageMagick and the package mate-backgrounds are needed");
    path
}

fn frames(bench: &Bench, host: &Host) {
    let (mei, office) = pair(host);
    let to = mei.fingerprint("Office PC");
    // Sparse: it costs no memory to send from, and is written to the disk on the other side.
    const BIG: u64 = 20 << 30;
    let big = tempfile::Builder::new().tempfile_in("/dev/shm").expect("memory to send from");
    big.as_file().set_len(BIG).expect("a sparse file");
    // Two tiles to move between: each motion changes the colour under one of them.
    let _third = Running::start(
        "receive",
        host.command(fantail())
            .arg("receive")
            .env("FANTAIL_HOME", mei.home.path().join("third"))
            .env("FANTAIL_NAME", "Third"),
    );
    let tiles = [office.tile("Mei's laptop"), office.tile("Third")];
    let mut command = mei.desktop.command(fantail());
    command.args(["send", "--to", &to]).arg(big.path()).env("FANTAIL_HOME", mei.home.path());
    let mut sending = Running::start("send", &mut command);
    std::thread::sleep(Duration::from_secs(1));
    let most = bench.pick(2000, 20);
    let mut times = motions(&office, &tiles, |seen| sending.is_running() && seen < most);
    bench.on_time("from a motion to the pixel it changes, while a large file arrives", &mut times);
}

/// Moves the pointer from one tile to the other as often as `goes_on` says, and measures from each posted motion to the
/// colour it changes.
fn motions(
    seat: &Seat<'_>,
    [first, second]: &[desktop::Node; 2],
    mut goes_on: impl FnMut(usize) -> bool,
) -> Vec<Duration> {
    let mut times = Vec::new();
    while goes_on(times.len()) {
        for (to, other) in [(first, second), (second, first)] {
            let next = Instant::now() + Duration::from_millis(16);
            let probe = corner(to);
            let before = seat.screen.pixel(probe);
            let posted = Instant::now();
            seat.screen.move_pointer(to.center());
            let seen = loop {
                if seat.screen.pixel(probe) != before {
                    break posted.elapsed();
                }
                if posted.elapsed() > PATIENCE {
                    let picture = seat.desktop.screenshot("bench-failed");
                    panic!(
                        "no pixel changed at {probe:?}, between {} and {}: {}",
                        other.name,
                        to.name,
                        picture.display()
                    );
                }
                std::thread::sleep(LOOK_EVERY);
            };
            times.push(seen);
            std::thread::sleep(next.saturating_duration_since(Instant::now()));
        }
    }
    times
}

/// Inside a tile, left of its picture.
fn corner(tile: &desktop::Node) -> (i32, i32) {
    let [x, y, _, height] = tile.place.expect("it has a place");
    (x + 12, y + height / 2)
}

/// The process of this program, by its number.
fn find_process(program: &Path) -> String {
    let processes = std::fs::read_dir("/proc").expect("/proc");
    processes
        .flatten()
        .filter(|entry| std::fs::read_link(entry.path().join("exe")).is_ok_and(|exe| exe == program))
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .next()
        .unwrap_or_else(|| panic!("{} is not running", program.display()))
}

/// The one without arguments: the window, not a command.
fn find_window_process(program: &Path) -> String {
    let processes = std::fs::read_dir("/proc").expect("/proc");
    processes
        .flatten()
        .filter(|entry| std::fs::read_link(entry.path().join("exe")).is_ok_and(|exe| exe == program))
        .filter(|entry| {
            std::fs::read(entry.path().join("cmdline"))
                .is_ok_and(|line| line.iter().filter(|byte| **byte == 0).count() == 1)
        })
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .next()
        .expect("the window is running")
}

fn processor_time(process: &str) -> Duration {
    let text = std::fs::read_to_string(format!("/proc/{process}/stat")).expect("it runs");
    let fields: Vec<&str> = text.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    // utime and stime, in ticks of a hundredth of a second (proc_pid_stat(5)).
    let ticks: u64 = [11, 12].iter().map(|field| fields[*field].parse::<u64>().unwrap_or(0)).sum();
    Duration::from_millis(ticks * 10)
}

fn resident(process: &str) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{process}/status")).expect("it runs");
    let line = text.lines().find(|line| line.starts_with("VmRSS")).expect("its memory");
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) * 1024
}

fn mb(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
