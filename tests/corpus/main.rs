//! Pictures that other people's programs made, through the same decoding process that the window has: what comes out is
//! compared with other people's decoders, and what is refused is refused with a reason.
//!
//! `tests/corpus/install` fetches them; `tests/corpus/exceptions` says which differ, and why.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "a test")]

use std::{
    collections::{BTreeMap, HashMap},
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
    sync::Mutex,
    thread,
};

use fantail::pictures::{self, Format, Picture, PictureError, Size, Wanted};

/// The largest that is shown.
const WHOLE: Size = Size::new(4096, 4096);

/// How far, of 255 levels, pixels are from the reference's on average (alpha multiplied in), and how many of them are
/// further than [`FAR`] away. Decoders round the waves of JPEG differently and smooth its colours differently; in all
/// other formats pixels are the same but for a step of rounding.
const MEAN: f64 = 3.0;
const MANY: f64 = 0.03;
const FAR: u8 = 40;

/// Each picture's bounds: of processor time in seconds, and of memory in KiB.
const SECONDS: f64 = 2.0;
const KIB: u64 = 512 << 10;

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
    Matched,
    /// Shown here, refused by the reference.
    Alone,
    Refused,
    Wrong(String),
}

struct Told {
    format: String,
    outcome: Outcome,
    seconds: f64,
    kib: u64,
}

/// Another decoder, asked about one file after the other.
struct Reference {
    child: Child,
    answers: BufReader<ChildStdout>,
}

impl Reference {
    fn start() -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/reference.py");
        // The system's, which tests/run installed Pillow for.
        let started = Command::new("/usr/bin/python3").arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut child = started.expect("python3 with Pillow, which tests/run installs");
        let answers = BufReader::new(child.stdout.take().unwrap());
        Self { child, answers }
    }

    /// `None` if it refuses this file, or falls over it.
    fn of(&mut self, size: Size, path: &Path) -> Option<(Size, Vec<u8>)> {
        writeln!(self.child.stdin.as_mut().unwrap(), "{} {} {}", size.width, size.height, path.display()).ok()?;
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

/// Processor time and memory of the process that decodes, as the kernel counted them.
fn cost(path: &Path) -> (f64, u64) {
    let length = fs::metadata(path).unwrap().len();
    let order = format!(
        r#"{{"wanted":{{"Still":{{"width":{},"height":{}}}}},"length":{length},"is_file":true}}"#,
        WHOLE.width, WHOLE.height
    );
    let timed = Command::new("/usr/bin/time")
        .args(["--quiet", "-f", "%U %S %M"])
        .arg(program())
        .args(["--decode-picture", &order])
        .stdin(fs::File::open(path).unwrap())
        .stdout(Stdio::null())
        .output()
        .expect("time, which tests/run installs");
    let said = String::from_utf8_lossy(&timed.stderr);
    let figures: Vec<&str> = said.lines().last().unwrap_or_default().split(' ').collect();
    let [user, system, kib] = figures[..] else { panic!("{}: {said}", path.display()) };
    (user.parse::<f64>().unwrap() + system.parse::<f64>().unwrap(), kib.parse().unwrap())
}

/// How far two pictures of one size are apart: on average, and how many pixels are far.
fn apart(ours: &[u8], theirs: &[u8]) -> (f64, f64) {
    let (mut sum, mut far) = (0_u64, 0_u64);
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
    }
    let pixels = ours.len().max(1) as f64;
    (sum as f64 / pixels / 4.0, far as f64 / pixels)
}

fn compared(ours: &Picture, theirs: &(Size, Vec<u8>)) -> Outcome {
    // Icons hold several, of which each program chooses one; drawings have no size of their own.
    let chosen = matches!(ours.format, Format::Ico | Format::Svg);
    if ours.original != theirs.0 && !chosen {
        return Outcome::Wrong(format!("{:?} instead of {:?}", ours.original, theirs.0));
    }
    if ours.size() != theirs.0 {
        return Outcome::Matched;
    }
    let (mean, many) = apart(&ours.frames[0].rgba, &theirs.1);
    if mean <= MEAN && many <= MANY {
        Outcome::Matched
    } else {
        Outcome::Wrong(format!("off by {mean:.1} levels, {:.1} % of pixels far", many * 100.0))
    }
}

fn tell(path: &Path, reference: &mut Reference) -> Told {
    let (seconds, kib) = cost(path);
    let ours = pictures::decode_file(path, Wanted::Still(WHOLE));
    let ending = path.extension().unwrap_or_default().to_string_lossy().to_uppercase();
    let format = ours.as_ref().map_or(ending, |picture| picture.format.name().to_owned());
    let size = ours.as_ref().map_or(Size::new(64, 64), Picture::size);
    let theirs = reference.of(size, path);
    let outcome = match (&ours, &theirs) {
        (Ok(ours), Some(theirs)) => compared(ours, theirs),
        (Ok(_), None) => Outcome::Alone,
        (Err(error), Some(_)) => Outcome::Wrong(format!("refused: {error}")),
        // Each has its sentence; these would be our fault.
        (Err(error @ (PictureError::Gone | PictureError::Cancelled)), None) => Outcome::Wrong(error.to_string()),
        (Err(_), None) => Outcome::Refused,
    };
    Told { format, outcome, seconds, kib }
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
    slowest: f64,
    most: u64,
}

#[test]
fn pictures_of_other_peoples_programs_come_out_as_in_other_peoples_decoders() {
    pictures::decode_apart(program());
    let root = corpus();
    assert!(root.join("../complete").exists(), "no corpus; tests/corpus/install fetches it");
    let mut files = Vec::new();
    files_below(&root, &mut files);
    files.sort();
    let next = Mutex::new(files.iter());
    let told = Mutex::new(BTreeMap::new());
    thread::scope(|scope| {
        for _ in 0..2 {
            let work = || {
                let mut reference = Reference::start();
                loop {
                    let file = next.lock().unwrap().next();
                    let Some(path) = file else { break };
                    let result = tell(path, &mut reference);
                    told.lock().unwrap().insert(path.strip_prefix(&root).unwrap().display().to_string(), result);
                }
            };
            thread::Builder::new().name("corpus".to_owned()).spawn_scoped(scope, work).unwrap();
        }
    });
    let told = told.into_inner().unwrap();
    let mut known = exceptions();
    let mut rows: BTreeMap<String, Row> = BTreeMap::new();
    let mut wrong = Vec::new();
    for (path, told) in &told {
        let row = rows.entry(told.format.clone()).or_default();
        row.files += 1;
        row.slowest = row.slowest.max(told.seconds);
        row.most = row.most.max(told.kib);
        match (&told.outcome, known.remove(path)) {
            (Outcome::Matched, None) => row.matched += 1,
            (Outcome::Alone, None) => row.alone += 1,
            (Outcome::Refused, None) => row.refused += 1,
            (Outcome::Wrong(_), Some(_)) => row.excepted += 1,
            (Outcome::Wrong(what), None) => wrong.push(format!("{path}: {what}")),
            (outcome, Some(_)) => wrong.push(format!("{path}: is an exception no more ({outcome:?})")),
        }
        if told.seconds > SECONDS {
            wrong.push(format!("{path}: took {:.1} s", told.seconds));
        }
        if told.kib > KIB {
            wrong.push(format!("{path}: took {} MiB", told.kib >> 10));
        }
    }
    wrong.extend(known.into_keys().map(|path| format!("{path}: is not in the corpus")));
    println!(
        "| format | files | as the reference | shown here alone | refused by both | excepted | slowest, s | most memory, MiB |"
    );
    println!("|---|---|---|---|---|---|---|---|");
    for (format, Row { files, matched, alone, refused, excepted, slowest, most }) in &rows {
        println!(
            "| {format} | {files} | {matched} | {alone} | {refused} | {excepted} | {slowest:.2} | {} |",
            most >> 10
        );
    }
    let matched: usize = rows.values().map(|row| row.matched).sum();
    assert!(wrong.is_empty(), "{} of {} files:\n{}", wrong.len(), told.len(), wrong.join("\n"));
    assert!(matched >= LEAST, "only {matched} were compared");
}
