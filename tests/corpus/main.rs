//! Pictures that other people's programs made, through the same decoding process that the window has: what comes out is
//! compared with other people's decoders, and what is refused is refused with a reason.
//!
//! `tests/corpus/install` fetches them; `tests/corpus/exceptions` says which differ, and why.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "a test")]

use std::{
    collections::{BTreeMap, HashMap},
    fmt::Write as _,
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
    sync::Mutex,
    thread,
    time::{Duration, Instant},
};

use fantail::pictures::{self, Picture, PictureError, Size, Wanted};

/// How far, of 255 levels, pixels are from the reference's on average (alpha multiplied in), and how many of them are
/// further than [`FAR`] away. Decoders round the waves of JPEG differently and smooth its colours differently; in all
/// other formats pixels are the same but for a step of rounding.
const MEAN: f64 = 3.0;
const MANY: f64 = 0.03;
const FAR: u8 = 40;

/// Memory that decoding one picture may take, in KiB.
const KIB: u64 = 512 << 10;

/// The last figures are written when the process has ended, just behind its answer.
const SOON: Duration = Duration::from_secs(10);

/// As many pictures at a time as the window has decoded.
const THREADS: usize = 2;

/// At least so many pictures are compared, or the corpus is not what it was.
const LEAST: usize = 400;

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target/corpus/pictures")
}

fn program() -> PathBuf {
    std::env::var_os("FANTAIL_TEST_PROGRAM").map_or_else(|| env!("CARGO_BIN_EXE_fantail").into(), PathBuf::from)
}

fn files_below(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            files_below(&entry.path(), files);
        } else if kind.is_file() {
            files.push(entry.path());
        }
    }
}

/// What became of one file.
#[derive(Debug, Clone)]
enum Outcome {
    Matched(Apart),
    /// Shown here, refused by the references.
    Alone,
    Refused,
    Wrong(String),
}

struct Told {
    format: String,
    outcome: Outcome,
    cost: Cost,
}

/// The one that is asked for every file, and the one for those where the first says something else.
#[derive(Debug, Clone, Copy)]
enum Who {
    First,
    Second,
}

/// Other decoders, asked about one file after the other.
struct Reference {
    child: Child,
    answers: BufReader<ChildStdout>,
}

impl Reference {
    fn start() -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/reference.py");
        // The system's, which tests/run installed Pillow for.
        let started = Command::new("/usr/bin/python3")
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let mut child = started.expect("python3 with Pillow, which tests/run installs");
        let answers = BufReader::new(child.stdout.take().unwrap());
        Self { child, answers }
    }

    /// `None` if it refuses this file, or falls over it.
    fn of(&mut self, who: Who, size: Size, path: &Path) -> Option<(Size, Vec<u8>)> {
        let who = match who {
            Who::First => "first",
            Who::Second => "second",
        };
        writeln!(self.child.stdin.as_mut().unwrap(), "{who} {} {} {}", size.width, size.height, path.display()).ok()?;
        let mut line = String::new();
        if self.answers.read_line(&mut line).unwrap() == 0 {
            println!("the reference fell over {}", path.display());
            *self = Self::start();
            return None;
        }
        let (width, height) = line.trim().split_once(' ')?;
        let size = Size::new(width.parse().ok()?, height.parse().ok()?);
        let mut pixels = vec![0; size.width as usize * size.height as usize * 4];
        self.answers.read_exact(&mut pixels).unwrap();
        Some((size, pixels))
    }
}

impl Drop for Reference {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// What the kernel counted for the process that decoded: seconds of processor time, and KiB of memory at most.
#[derive(Debug, Clone, Copy, Default)]
struct Cost {
    seconds: f64,
    kib: u64,
}

/// The program as a script that writes down what each run of it costs, by the inode of the picture.
struct Costed {
    folder: tempfile::TempDir,
}

impl Costed {
    fn program() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let costed = Self { folder };
        // In the background: who asks ends the script as soon as it has the answer.
        let script = format!(
            "#!/bin/sh\n\
             picture=$(stat -L -c %i -)\n\
             exec 3<&0\n\
             /usr/bin/time --quiet --append --output '{}' --format \"%U %S %M $picture\" '{}' \"$@\" <&3 3<&- &\n\
             wait\n",
            costed.log().display(),
            program().display()
        );
        fs::write(costed.script(), script).unwrap();
        fs::set_permissions(costed.script(), fs::Permissions::from_mode(0o700)).unwrap();
        costed
    }

    fn script(&self) -> PathBuf {
        self.folder.path().join("fantail")
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("costs")
    }

    /// By inode, of so many pictures.
    fn costs(&self, count: usize) -> HashMap<u64, Cost> {
        let figures = |line: &str| {
            let figures: Vec<&str> = line.split(' ').collect();
            let [user, system, kib, inode] = figures[..] else { return None };
            let seconds = user.parse::<f64>().ok()? + system.parse::<f64>().ok()?;
            Some((inode.parse().ok()?, Cost { seconds, kib: kib.parse().ok()? }))
        };
        let begun = Instant::now();
        loop {
            let log = fs::read_to_string(self.log()).expect("time, which tests/run installs");
            let costs: HashMap<u64, Cost> = log.lines().filter_map(figures).collect();
            if costs.len() >= count || begun.elapsed() > SOON {
                return costs;
            }
            thread::sleep(Duration::from_millis(20));
        }
    }
}

/// How far two pictures of one size are apart, in levels of 255 with alpha multiplied in.
#[derive(Debug, Clone, Copy, Default)]
struct Apart {
    mean: f64,
    /// Share of the pixels of which a channel is off by more than [`FAR`].
    far: f64,
    most: u8,
}

fn apart(ours: &[u8], theirs: &[u8]) -> Apart {
    let (mut sum, mut far, mut largest) = (0_u64, 0_u64, 0);
    let (ours, theirs) = (ours.as_chunks::<4>().0, theirs.as_chunks::<4>().0);
    for (ours, theirs) in ours.iter().zip(theirs) {
        let alpha = u32::from(theirs[3]);
        let mut most = ours[3].abs_diff(theirs[3]);
        sum += u64::from(most);
        for channel in 0..3 {
            let theirs = ((u32::from(theirs[channel]) * alpha + 127) / 255) as u8;
            let off = ours[channel].abs_diff(theirs);
            sum += u64::from(off);
            most = most.max(off);
        }
        far += u64::from(most > FAR);
        largest = largest.max(most);
    }
    let pixels = ours.len().max(1) as f64;
    Apart { mean: sum as f64 / pixels / 4.0, far: far as f64 / pixels, most: largest }
}

fn compared(ours: &Picture, theirs: &(Size, Vec<u8>)) -> Outcome {
    if ours.size() != theirs.0 {
        return Outcome::Wrong(format!("{:?} instead of {:?}", ours.size(), theirs.0));
    }
    let apart = apart(&ours.frames[0].rgba, &theirs.1);
    if apart.mean <= MEAN && apart.far <= MANY { Outcome::Matched(apart) } else { Outcome::Wrong(format!("{apart:?}")) }
}

fn tell(path: &Path, reference: &mut Reference) -> (String, Outcome) {
    let ours = pictures::decode_file(path, Wanted::Whole);
    let ending = path.extension().unwrap_or_default().to_string_lossy().to_uppercase();
    let format = ours.as_ref().map_or(ending, |picture| picture.format.name().to_owned());
    let size = ours.as_ref().map_or(Size::new(64, 64), Picture::size);
    let first = reference.of(Who::First, size, path);
    let outcome = match (&ours, first) {
        (Ok(ours), Some(first)) => match compared(ours, &first) {
            Outcome::Wrong(what) => match reference.of(Who::Second, size, path).map(|second| compared(ours, &second)) {
                Some(Outcome::Wrong(second)) => Outcome::Wrong(format!("{what}, {second}")),
                Some(matched) => matched,
                None => Outcome::Wrong(what),
            },
            matched => matched,
        },
        (Ok(ours), None) => match reference.of(Who::Second, size, path) {
            Some(second) => compared(ours, &second),
            None => Outcome::Alone,
        },
        (Err(error), Some(_)) => Outcome::Wrong(format!("refused: {error}")),
        // Each has its sentence; these would be our fault.
        (Err(error @ (PictureError::Gone | PictureError::Cancelled)), None) => Outcome::Wrong(error.to_string()),
        (Err(error), None) => match reference.of(Who::Second, size, path) {
            Some(_) => Outcome::Wrong(format!("refused, second shows: {error}")),
            None => Outcome::Refused,
        },
    };
    (format, outcome)
}

/// Files that differ, with why.
fn exceptions() -> HashMap<String, String> {
    let text = include_str!("exceptions");
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| line.split_once(": ").expect("PATH: REASON")).map(|(a, b)| (a.to_owned(), b.to_owned())).collect()
}

#[derive(Default)]
struct Row {
    files: usize,
    matched: usize,
    alone: usize,
    refused: usize,
    excepted: usize,
    /// The largest of each.
    apart: Apart,
    cost: Cost,
}

#[test]
fn pictures_of_other_peoples_programs_come_out_as_in_other_peoples_decoders() {
    let costed = Costed::program();
    pictures::decode_apart(costed.script());
    let root = corpus();
    assert!(root.join("../complete").exists(), "no corpus; tests/corpus/install fetches it");
    let mut files = Vec::new();
    files_below(&root, &mut files);
    files.sort();
    let next = Mutex::new(files.iter());
    let found = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..THREADS {
            let work = || {
                let mut reference = Reference::start();
                loop {
                    let file = next.lock().unwrap().next();
                    let Some(path) = file else { break };
                    let (format, outcome) = tell(path, &mut reference);
                    found.lock().unwrap().push((path, format, outcome));
                }
            };
            thread::Builder::new().name("corpus".to_owned()).spawn_scoped(scope, work).unwrap();
        }
    });
    let costs = costed.costs(files.len());
    let told = found.into_inner().unwrap().into_iter().map(|(path, format, outcome)| {
        let inode = fs::metadata(path).unwrap().ino();
        let cost = *costs.get(&inode).unwrap_or_else(|| panic!("nobody decoded {}", path.display()));
        (path.strip_prefix(&root).unwrap().display().to_string(), Told { format, outcome, cost })
    });
    let told: BTreeMap<String, Told> = told.collect();
    let mut known = exceptions();
    let mut rows: BTreeMap<String, Row> = BTreeMap::new();
    let mut wrong = Vec::new();
    let mut record = String::new();
    for (path, Told { format, outcome, cost }) in &told {
        writeln!(record, "{path}\t{format}\t{outcome:?}\t{cost:?}").unwrap();
        let row = rows.entry(format.clone()).or_default();
        row.files += 1;
        row.cost.seconds = row.cost.seconds.max(cost.seconds);
        row.cost.kib = row.cost.kib.max(cost.kib);
        match (outcome, known.remove(path)) {
            (Outcome::Matched(apart), None) => {
                row.matched += 1;
                row.apart.mean = row.apart.mean.max(apart.mean);
                row.apart.far = row.apart.far.max(apart.far);
                row.apart.most = row.apart.most.max(apart.most);
            }
            (Outcome::Alone, None) => row.alone += 1,
            (Outcome::Refused, None) => row.refused += 1,
            (Outcome::Wrong(_), Some(_)) => row.excepted += 1,
            (Outcome::Wrong(what), None) => wrong.push(format!("{path}: {what}")),
            (outcome, Some(_)) => wrong.push(format!("{path}: is an exception no more ({outcome:?})")),
        }
        if cost.kib > KIB {
            wrong.push(format!("{path}: took {} MiB", cost.kib >> 10));
        }
    }
    fs::write(root.join("../outcomes.tsv"), record).unwrap();
    wrong.extend(known.into_keys().map(|path| format!("{path}: is not in the corpus")));
    println!(
        "| format | files | as the reference | shown here alone | refused by all | excepted | most apart on average, levels \
         | most pixels far, % | slowest, s of a core | most memory, MiB |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|");
    for (format, Row { files, matched, alone, refused, excepted, apart, cost }) in &rows {
        println!(
            "| {format} | {files} | {matched} | {alone} | {refused} | {excepted} | {:.2} | {:.2} | {:.2} | {} |",
            apart.mean,
            apart.far * 100.0,
            cost.seconds,
            cost.kib >> 10
        );
    }
    let matched: usize = rows.values().map(|row| row.matched).sum();
    assert!(wrong.is_empty(), "{} of {} files:\n{}", wrong.len(), told.len(), wrong.join("\n"));
    assert!(matched >= LEAST, "only {matched} were compared");
}
