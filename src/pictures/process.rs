//! Decoding in a process of its own: decoders are where attackers get in.
//!
//! For each picture this same program is started once more ([`run_decoder`]), with the file as its standard input and
//! nothing else. It gives up everything it does not need (see [`confine`](crate::platform::confine)), decodes, scales,
//! and writes the pixels to its standard output. What it says is checked: it may have been taken over. One that takes too
//! long, or whose picture is out of sight, is ended.
//!
//! A fresh process for each, not one that is kept: nothing of one picture is left for the next, the file need not be
//! copied through a pipe, and starting one takes 3 ms (measured with the release build).

use std::{
    ffi::OsString,
    fs::File,
    io::{self, BufRead as _, BufReader, Cursor, Read, Seek as _, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, ExitCode, Stdio},
    sync::OnceLock,
    thread,
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};

use super::{
    Details, Format, Frame, Outcome, Picture, PictureError, Size, Wanted,
    decode::{contained, from_io, outcome},
    faces,
    limits::{
        CPU_SECONDS, LONGEST, MAX_FILE_BYTES, MAX_FRAMES, MAX_FRAMES_BYTES, MAX_MEMORY_BYTES, MAX_PIXELS, MAX_SIDE,
        MAX_WANTED_SIDE, MAX_WHOLE_PIXELS, SLOWEST_FILE,
    },
    sniff,
};
use crate::{
    platform::{
        confine,
        faces::{Face, chinese},
        pipe,
        priority::let_others_go_first,
    },
    protocol::limits::MAX_THUMBHASH,
};

/// The first word of a decoder's command line.
const DECODER: &str = "--decode-picture";

/// How often somebody looks whether the picture is still wanted.
const LOOK: Duration = Duration::from_millis(20);

/// Of the line before the pixels: the most frames take some 30 KiB.
const MAX_LINE: u64 = 64 << 10;

static PROGRAM: OnceLock<PathBuf> = OnceLock::new();

/// From now on `program` decodes every picture: it has to begin with [`run_decoder`]. Until this is said, and in tests of
/// the decoders themselves, they run in this process.
pub fn decode_apart(program: PathBuf) {
    PROGRAM.set(program).ok();
}

/// What is decoded.
pub(super) enum Input<'a> {
    /// Of so many bytes.
    File(File, u64),
    Bytes(&'a [u8]),
}

/// What becomes of the picture in there.
pub(super) fn decoded(input: Input<'_>, wanted: Wanted, cancelled: &dyn Fn() -> bool) -> Result<Outcome, PictureError> {
    match (PROGRAM.get(), input) {
        (Some(program), input) => decoded_by(program, input, wanted, cancelled),
        (None, Input::File(file, length)) => contained(|| outcome(Box::new(buffered(file)), length, wanted, cancelled)),
        (None, Input::Bytes(bytes)) => {
            contained(|| outcome(Box::new(Cursor::new(bytes)), bytes.len() as u64, wanted, cancelled))
        }
    }
}

fn buffered(file: File) -> BufReader<File> {
    BufReader::with_capacity(64 << 10, file)
}

/// What a decoder is told on its command line.
#[derive(Debug, Serialize, Deserialize)]
struct Order {
    wanted: Wanted,
    /// Of the input, in bytes.
    length: u64,
    /// The input is a file and can be read anywhere; otherwise it comes through a pipe.
    is_file: bool,
    /// For letters in a drawing; opened before anything of the input is read.
    face: Option<Face>,
}

/// The line before the pixels.
#[derive(Debug, Serialize, Deserialize)]
enum Answer {
    Size(Format, Size, Option<Head>),
    Blur(Vec<u8>),
    Details(Details),
    Picture { format: Format, original: Size, shortened: bool, frames: Vec<Head> },
    Error(PictureError),
}

/// Of a frame; its pixels follow the line, one frame after the other.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Head {
    size: Size,
    delay: Duration,
}

impl Head {
    fn of(&Frame { size, delay, .. }: &Frame) -> Self {
        Self { size, delay }
    }
}

fn decoded_by(
    program: &Path,
    input: Input<'_>,
    wanted: Wanted,
    cancelled: &dyn Fn() -> bool,
) -> Result<Outcome, PictureError> {
    let (stdin, bytes, order) = match input {
        Input::File(mut file, length) => {
            let face = face_for(&head_of(&mut file).map_err(|error| from_io(&error))?);
            (Stdio::from(file), &[][..], Order { wanted, length, is_file: true, face })
        }
        Input::Bytes(bytes) => {
            let face = face_for(&bytes[..bytes.len().min(sniff::HEAD)]);
            (Stdio::piped(), bytes, Order { wanted, length: bytes.len() as u64, is_file: false, face })
        }
    };
    let order = serde_json::to_string(&order).map_err(|_| PictureError::Unreadable)?;
    let begun = Instant::now();
    let mut child = Command::new(program)
        .args([DECODER, &order])
        .stdin(stdin)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map(Running)
        .map_err(|error| not_run(&error))?;
    let (feed, answer) = (child.0.stdin.take(), child.0.stdout.take().ok_or(PictureError::Unreadable)?);
    pipe::widen(&answer);
    thread::scope(|scope| {
        let (said, heard) = flume::bounded(1);
        thread::Builder::new()
            .name("fantail-decoder".to_owned())
            .spawn_scoped(scope, move || said.send(converse(feed, bytes, answer, wanted)).ok())
            .map_err(|error| not_run(&error))?;
        let result = loop {
            match heard.recv_timeout(LOOK) {
                Ok(result) => break result,
                Err(flume::RecvTimeoutError::Disconnected) => break Err(PictureError::Damaged),
                Err(flume::RecvTimeoutError::Timeout) if cancelled() => break Err(PictureError::Cancelled),
                Err(flume::RecvTimeoutError::Timeout) if begun.elapsed() > LONGEST => {
                    break Err(PictureError::TooLarge);
                }
                Err(flume::RecvTimeoutError::Timeout) => {}
            }
        };
        // Before the scope waits for the thread, which may be waiting for it.
        drop(child);
        result
    })
}

/// Its first bytes; what the decoder reads begins with them again.
fn head_of(file: &mut File) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    file.take(sniff::HEAD as u64).read_to_end(&mut head)?;
    file.rewind()?;
    Ok(head)
}

/// Only drawings have letters.
fn face_for(head: &[u8]) -> Option<Face> {
    // What isn't text can't be said on a command line.
    (sniff::sniff(head) == Some(Format::Svg)).then(chinese)?.filter(|face| face.path.to_str().is_some())
}

fn not_run(error: &io::Error) -> PictureError {
    log::warn!("no process to decode a picture: {error}");
    PictureError::Unreadable
}

/// A decoder, ended when it is not needed any more.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It has ended already when it answered.
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

fn converse(
    feed: Option<ChildStdin>,
    bytes: &[u8],
    answer: ChildStdout,
    wanted: Wanted,
) -> Result<Outcome, PictureError> {
    if let Some(mut feed) = feed {
        // One that does not want all of it says why.
        feed.write_all(bytes).ok();
    }
    read_answer(BufReader::new(answer), wanted)
}

/// Nothing is believed, and nothing allocated before it is bounded. One that ended without a word was ended by its bounds
/// or by what it read.
fn read_answer(mut said: impl io::BufRead, wanted: Wanted) -> Result<Outcome, PictureError> {
    let mut line = Vec::new();
    said.by_ref().take(MAX_LINE).read_until(b'\n', &mut line).map_err(|_| PictureError::Damaged)?;
    match serde_json::from_slice(&line).map_err(|_| PictureError::Damaged)? {
        Answer::Error(error) => Err(error),
        Answer::Size(format, size, small) => {
            check_original(size)?;
            check_frames(small.as_slice(), Wanted::Size)?;
            Ok(Outcome::Size(format, size, small.map(|head| read_frame(&mut said, head)).transpose()?))
        }
        Answer::Blur(hash) if hash.len() <= MAX_THUMBHASH => Ok(Outcome::Blur(hash)),
        Answer::Details(details) if details.is_sound() => Ok(Outcome::Details(details)),
        Answer::Blur(_) | Answer::Details(_) => Err(PictureError::Damaged),
        Answer::Picture { format, original, shortened, frames } => {
            check_original(original)?;
            check_frames(&frames, wanted)?;
            if frames.is_empty() {
                return Err(PictureError::Damaged);
            }
            let frames = frames.into_iter().map(|head| read_frame(&mut said, head)).collect::<Result<_, _>>()?;
            Ok(Outcome::Picture(Picture { format, original, frames, shortened }))
        }
    }
}

fn read_frame(said: &mut impl Read, Head { size, delay }: Head) -> Result<Frame, PictureError> {
    let mut rgba = vec![0; bytes_of(size)];
    said.read_exact(&mut rgba).map_err(|_| PictureError::Damaged)?;
    Ok(Frame { size, rgba, delay })
}

fn check_original(Size { width, height }: Size) -> Result<(), PictureError> {
    let sides = 1..=MAX_SIDE;
    let fits = sides.contains(&width) && sides.contains(&height) && u64::from(width) * u64::from(height) <= MAX_PIXELS;
    if fits { Ok(()) } else { Err(PictureError::Damaged) }
}

fn check_frames(frames: &[Head], wanted: Wanted) -> Result<(), PictureError> {
    let sides = 1..=MAX_WANTED_SIDE;
    let within = |head: &Head| sides.contains(&head.size.width) && sides.contains(&head.size.height);
    let fits = match frames {
        [] => true,
        [only] if wanted == Wanted::Whole => {
            let Size { width, height } = only.size;
            let sides = 1..=MAX_SIDE;
            sides.contains(&width)
                && sides.contains(&height)
                && u64::from(width) * u64::from(height) <= MAX_WHOLE_PIXELS
        }
        [only] => within(only),
        several => {
            several.len() <= MAX_FRAMES
                && several.iter().all(|head| within(head) && head.size == several[0].size)
                && bytes_of(several[0].size).saturating_mul(several.len())
                    <= MAX_FRAMES_BYTES.max(bytes_of(several[0].size))
        }
    };
    if fits { Ok(()) } else { Err(PictureError::Damaged) }
}

fn bytes_of(size: Size) -> usize {
    size.width as usize * size.height as usize * 4
}

/// Is the decoder, if the words of the command line say so: reads a picture from standard input, writes it to standard
/// output, and ends.
pub fn run_decoder(mut words: impl Iterator<Item = OsString>) -> Option<ExitCode> {
    (words.nth(1)? == DECODER).then(|| {
        let order = words.next().and_then(|word| serde_json::from_str(word.to_str()?).ok());
        let done = order.is_some_and(|order| answer(&order).is_ok());
        if done { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    })
}

fn answer(order: &Order) -> io::Result<()> {
    // What a decoder prints when it panics is for nobody.
    std::panic::set_hook(Box::new(|_| {}));
    // Whoever looks at the window scrolls it meanwhile.
    let_others_go_first();
    let file = confine::stdin_as_file()?;
    faces::hold(order.face.clone());
    confine::confine(confine::Bounds {
        memory: MAX_MEMORY_BYTES,
        cpu_seconds: CPU_SECONDS + order.length.min(MAX_FILE_BYTES) / SLOWEST_FILE,
    });
    let result = if order.is_file {
        contained(|| outcome(Box::new(buffered(file)), order.length, order.wanted, &|| false))
    } else {
        let mut bytes = Vec::new();
        file.take(MAX_FILE_BYTES).read_to_end(&mut bytes)?;
        contained(|| outcome(Box::new(Cursor::new(&bytes)), order.length, order.wanted, &|| false))
    };
    let mut out = io::stdout().lock();
    let (line, frames) = match result {
        Ok(Outcome::Picture(Picture { format, original, frames, shortened })) => {
            let heads = frames.iter().map(Head::of).collect();
            (Answer::Picture { format, original, shortened, frames: heads }, frames)
        }
        Ok(Outcome::Size(format, size, small)) => {
            (Answer::Size(format, size, small.as_ref().map(Head::of)), small.into_iter().collect())
        }
        Ok(Outcome::Blur(hash)) => (Answer::Blur(hash), Vec::new()),
        Ok(Outcome::Details(details)) => (Answer::Details(details), Vec::new()),
        Ok(Outcome::Unchanged) => (Answer::Error(PictureError::Unreadable), Vec::new()),
        Err(error) => (Answer::Error(error), Vec::new()),
    };
    serde_json::to_writer(&mut out, &line)?;
    out.write_all(b"\n")?;
    for frame in &frames {
        out.write_all(&frame.rgba)?;
    }
    out.flush()
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
