//! Files, pictures and text on the clipboard.
//!
//! Reading can take long (another program has to hand it over, a screenshot is tens of megabytes), so the window asks a
//! [`Clipboard`], which works on a thread of its own. That thread also keeps what was put there available: on X11 and
//! Wayland the program that owns the clipboard serves it, and it is gone when the program ends.
#![forbid(unsafe_code)]

use std::{path::PathBuf, sync::Arc, thread};

use arboard::ImageData;
use image::{ExtendedColorType, ImageEncoder as _, codecs::png};

/// What was found on the clipboard, the richest form it is there in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pasted {
    /// Files and folders copied in a file manager.
    Files(Vec<PathBuf>),
    /// A picture that has no file, as PNG. Its size in pixels.
    Picture {
        png: Arc<[u8]>,
        width: u32,
        height: u32,
    },
    Text(String),
}

/// What to put onto the clipboard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Copied {
    Files(Vec<PathBuf>),
    /// `rgba` holds `width` × `height` × 4 bytes, upright, not premultiplied.
    Picture {
        rgba: Arc<[u8]>,
        width: u32,
        height: u32,
    },
    Text(String),
}

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClipboardError {
    /// Nothing on it that could be pasted here.
    #[error("there is nothing on the clipboard to paste")]
    Empty,
    #[error("the picture on the clipboard is too large")]
    TooLarge,
    /// No clipboard, or the program that owns it does not answer.
    #[error("the clipboard does not answer: {0}")]
    Unavailable(String),
    /// The thread is at work on earlier requests.
    #[error("the clipboard is busy")]
    Busy,
}

/// A picture larger than two 8K screens is not a screenshot; in pixels. As RGBA it is 256 MiB, held only while it is
/// turned into PNG.
pub const MAX_PIXELS: u64 = 64 * 1024 * 1024;

/// More text than this is pasted as nothing rather than stalling the window; in bytes. Larger than any message may be.
pub const MAX_TEXT: usize = 16 * 1024 * 1024;

/// More files than a person selects by hand; the rest belongs into a folder.
pub const MAX_FILES: usize = 10_000;

/// Requests waiting at once; a person presses no faster.
const WAITING: usize = 4;

/// The clipboard, worked on by a thread that ends with this.
#[derive(Debug)]
pub struct Clipboard {
    jobs: flume::Sender<Job>,
}

impl Clipboard {
    /// Starts the thread. The clipboard itself is opened when it is first needed.
    pub fn start() -> std::io::Result<Self> {
        let (jobs, work) = flume::bounded::<Job>(WAITING);
        let run = move || {
            let mut board = None;
            for job in work {
                job(&mut board);
            }
        };
        thread::Builder::new().name("fantail-clipboard".to_owned()).spawn(run)?;
        Ok(Self { jobs })
    }

    /// Reads what is there; `then` is called on the clipboard's thread, or at once if that is busy.
    pub fn read(&self, then: impl FnOnce(Result<Pasted, ClipboardError>) + Send + 'static) {
        self.work(read, then);
    }

    /// Puts something there; `then` is called on the clipboard's thread, or at once if that is busy.
    pub fn write(&self, what: Copied, then: impl FnOnce(Result<(), ClipboardError>) + Send + 'static) {
        self.work(move |board| write(board, what), then);
    }

    fn work<T: 'static>(
        &self,
        job: impl FnOnce(&mut arboard::Clipboard) -> Result<T, ClipboardError> + Send + 'static,
        then: impl FnOnce(Result<T, ClipboardError>) + Send + 'static,
    ) {
        // Shared only so that whoever calls `then` may be this thread when the other one has no room.
        let then = Arc::new(std::sync::Mutex::new(Some(then)));
        let answer = {
            let then = Arc::clone(&then);
            move |result| {
                let then = then.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
                if let Some(then) = then {
                    then(result);
                }
            }
        };
        let answer_later = answer.clone();
        let job: Job = Box::new(move |board| answer_later(open(board).and_then(job)));
        if self.jobs.try_send(job).is_err() {
            answer(Err(ClipboardError::Busy));
        }
    }
}

type Job = Box<dyn FnOnce(&mut Option<arboard::Clipboard>) + Send>;

fn open(board: &mut Option<arboard::Clipboard>) -> Result<&mut arboard::Clipboard, ClipboardError> {
    match board {
        Some(board) => Ok(board),
        none => Ok(none.insert(arboard::Clipboard::new().map_err(unavailable)?)),
    }
}

/// Files before a picture before text: a file manager offers a copied picture file as all three, and means the file.
fn read(board: &mut arboard::Clipboard) -> Result<Pasted, ClipboardError> {
    let mut problem = ClipboardError::Empty;
    match board.get().file_list() {
        Ok(mut files) => {
            files.retain(|path| path.is_absolute());
            files.truncate(MAX_FILES);
            if !files.is_empty() {
                return Ok(Pasted::Files(files));
            }
        }
        Err(error) => note(&mut problem, error),
    }
    match board.get_image() {
        Ok(picture) => return encode(&picture),
        Err(error) => note(&mut problem, error),
    }
    match board.get_text() {
        Ok(text) if text.len() > MAX_TEXT => return Err(ClipboardError::TooLarge),
        Ok(text) if !text.is_empty() => return Ok(Pasted::Text(text)),
        Ok(_) => {}
        Err(error) => note(&mut problem, error),
    }
    Err(problem)
}

/// "Not there in this form" is no problem; anything else is told if no other form is there either.
fn note(problem: &mut ClipboardError, error: arboard::Error) {
    if !matches!(error, arboard::Error::ContentNotAvailable | arboard::Error::ConversionFailure) {
        *problem = unavailable(error);
    }
}

#[allow(clippy::needless_pass_by_value, reason = "for map_err")]
fn unavailable(error: arboard::Error) -> ClipboardError {
    ClipboardError::Unavailable(error.to_string())
}

fn encode(picture: &ImageData<'_>) -> Result<Pasted, ClipboardError> {
    let too_large = |_| ClipboardError::TooLarge;
    let width = u32::try_from(picture.width).map_err(too_large)?;
    let height = u32::try_from(picture.height).map_err(too_large)?;
    let pixels = u64::from(width) * u64::from(height);
    if pixels > MAX_PIXELS {
        return Err(ClipboardError::TooLarge);
    }
    if pixels == 0 || picture.bytes.len() as u64 != pixels * 4 {
        return Err(ClipboardError::Empty);
    }
    let mut png = Vec::new();
    // A person is waiting, and the picture crosses a local network: speed before size.
    png::PngEncoder::new_with_quality(&mut png, png::CompressionType::Fast, png::FilterType::Adaptive)
        .write_image(&picture.bytes, width, height, ExtendedColorType::Rgba8)
        .map_err(|error| ClipboardError::Unavailable(error.to_string()))?;
    Ok(Pasted::Picture { png: png.into(), width, height })
}

fn write(board: &mut arboard::Clipboard, what: Copied) -> Result<(), ClipboardError> {
    match what {
        Copied::Files(files) => board.set().file_list(&files),
        Copied::Picture { rgba, width, height } => {
            let (width, height) = (width as usize, height as usize);
            if width.checked_mul(height).and_then(|pixels| pixels.checked_mul(4)) != Some(rgba.len()) {
                return Err(ClipboardError::Empty);
            }
            board.set_image(ImageData { width, height, bytes: rgba.as_ref().into() })
        }
        Copied::Text(text) => board.set_text(text),
    }
    .map_err(unavailable)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_pasted_picture_is_the_same_picture_as_png() {
        let rgba: Vec<u8> = (0..3 * 2 * 4).map(|i| i * 7).collect();
        let picture = ImageData { width: 3, height: 2, bytes: rgba.clone().into() };
        let Pasted::Picture { png, width: 3, height: 2 } = encode(&picture).unwrap() else { panic!() };
        let back = image::load_from_memory(&png).unwrap().into_rgba8();
        assert_eq!((back.width(), back.height(), back.into_raw()), (3, 2, rgba));
    }

    #[test]
    fn a_picture_that_lies_about_its_size_or_is_huge_is_refused() {
        let lies = ImageData { width: 100, height: 100, bytes: vec![0; 8].into() };
        assert!(matches!(encode(&lies), Err(ClipboardError::Empty)));
        let huge = ImageData { width: 1 << 20, height: 1 << 20, bytes: vec![0; 8].into() };
        assert!(matches!(encode(&huge), Err(ClipboardError::TooLarge)));
    }

    #[test]
    fn every_request_is_answered_even_without_a_clipboard_or_when_there_are_too_many() {
        let clipboard = Clipboard::start().unwrap();
        let (answers, answered) = flume::bounded(64);
        for _ in 0..32 {
            let answers = answers.clone();
            clipboard.read(move |_| answers.send(()).unwrap());
        }
        for _ in 0..32 {
            answered.recv_timeout(Duration::from_secs(20)).unwrap();
        }
    }
}
