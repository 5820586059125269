//! Small pictures of files that this program has no decoder for, made by the system as its file manager has them made.
//!
//! What is made here is only bytes from a program that read a file from outside: whoever shows them decodes them as they
//! decode any other picture. Linux has them made by the desktop's thumbnailers, locked in; macOS by Quick Look; Windows by
//! the shell. Where the system makes none there is none.

use std::{
    io::Read,
    path::Path,
    process::Child,
    thread,
    time::{Duration, Instant},
};

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "macos")]
mod macos;
#[cfg(windows)]
mod windows;

#[cfg(target_os = "linux")]
use linux as system;
#[cfg(target_os = "macos")]
use macos as system;
#[cfg(windows)]
use windows as system;

#[cfg(windows)]
pub use self::windows::run_thumbnailer;

/// Bytes of a small picture as it comes: a PNG of noise with 2048 pixels on a side takes 16 MiB.
const MAX_BYTES: u64 = 24 << 20;

/// How often somebody looks whether it is still wanted.
const LOOK: Duration = Duration::from_millis(20);

/// What a small picture is wanted of.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    pub path: &'a Path,
    /// The media types that stand for what is in the file, the best first: which program is asked depends on them.
    pub media_types: &'a [&'a str],
    /// What files of this kind are called by: some programs go by it. Without the dot.
    pub ending: &'a str,
    /// Of the picture's longer side, in pixels; systems keep to it roughly.
    pub side: u32,
    /// By the clock, for everything.
    pub within: Duration,
}

/// Why there is no small picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ThumbnailerError {
    #[error("the system has no program for this kind of file")]
    NoProgram,
    #[error("the program could not be locked in, and so it was not run")]
    NotConfined,
    #[error("the program made no picture of this file")]
    NothingMade,
    #[error("the program took too long")]
    TooLong,
    #[error("it was not wanted any more")]
    Cancelled,
}

/// The small picture of a file, as PNG or what else the system makes. Blocks for as long as `wanted` allows.
///
/// # Errors
/// There is none, for a reason that concerns the log alone.
pub fn small_picture(wanted: Wanted<'_>, cancelled: &dyn Fn() -> bool) -> Result<Vec<u8>, ThumbnailerError> {
    #[cfg(any(target_os = "linux", target_os = "macos", windows))]
    return system::small_picture(wanted, cancelled);
    #[cfg(not(any(target_os = "linux", target_os = "macos", windows)))]
    {
        let _ = (wanted, cancelled);
        Err(ThumbnailerError::NoProgram)
    }
}

/// What `child` writes to its standard output, until `deadline`; maybe nothing. It has ended afterwards.
fn written_by(child: Child, deadline: Instant, cancelled: &dyn Fn() -> bool) -> Result<Vec<u8>, ThumbnailerError> {
    let mut child = Running(child);
    let output = child.0.stdout.take().ok_or(ThumbnailerError::NothingMade)?;
    thread::scope(|scope| {
        let (said, heard) = flume::bounded(1);
        let read = move || {
            let mut bytes = Vec::new();
            let read = output.take(MAX_BYTES + 1).read_to_end(&mut bytes);
            said.send(read.map(|_| bytes)).ok();
        };
        thread::Builder::new()
            .name("fantail-thumbnailer".to_owned())
            .spawn_scoped(scope, read)
            .map_err(|_| ThumbnailerError::NothingMade)?;
        let result = loop {
            match heard.recv_timeout(LOOK) {
                Ok(Ok(bytes)) if bytes.len() as u64 <= MAX_BYTES => break Ok(bytes),
                Ok(_) | Err(flume::RecvTimeoutError::Disconnected) => break Err(ThumbnailerError::NothingMade),
                Err(flume::RecvTimeoutError::Timeout) if cancelled() => break Err(ThumbnailerError::Cancelled),
                Err(flume::RecvTimeoutError::Timeout) if Instant::now() >= deadline => {
                    break Err(ThumbnailerError::TooLong);
                }
                Err(flume::RecvTimeoutError::Timeout) => {}
            }
        };
        // Before the scope waits for the thread, which reads until its end.
        drop(child);
        result
    })
}

/// Ended when it is not needed any more.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}
