//! What two processes of this account say to each other when a command is handed over: lines of JSON.
//!
//! One [`Envelope`] there, then [`Said`] back until [`Said::End`]. A further line there is `true` or `false`, what the
//! person answers to the command's question, [`CANCEL`] or [`LEAVE`].

use std::io::{self, BufRead as _, BufReader, Read as _, Write};

use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{
    line::{Exit, Line},
    request::Request,
};
use crate::protocol::limits::MAX_TEXT;

/// A megabyte of text in which every character has to be written as `\u0000`, and a thousand long paths that aren't
/// text. In bytes.
pub const MAX_LINE: usize = 6 * MAX_TEXT + 1000 * 4096 * 4;

/// The language of both ends. A number that changes when they no longer understand each other.
pub(super) const VERSION: u32 = 2;

/// This person doesn't want it any more.
pub(super) const CANCEL: &str = "cancel";

/// Nobody follows it any more, as at the end of the stream.
pub(super) const LEAVE: &str = "leave";

/// A command on its way.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Envelope {
    version: u32,
    request: Request,
}

impl Envelope {
    pub(super) fn new(request: Request) -> Self {
        Self { version: VERSION, request }
    }

    /// `None`: it speaks for another version of this program, from before or after an update, or not our language.
    #[must_use]
    pub fn read(line: serde_json::Value) -> Option<Self> {
        serde_json::from_value(line).ok().filter(|read: &Self| read.version == VERSION)
    }

    pub(super) fn into_request(self) -> Request {
        self.request
    }
}

/// What the process with the engine is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Role {
    Window,
    Receive,
    /// It ends by itself soon.
    Command,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Said {
    /// It will be done; an end of the stream before this means that it was not begun.
    Accepted {
        role: Role,
        language: Option<String>,
    },
    Line(Line),
    End(Exit),
}

/// Says one thing.
///
/// # Errors
/// Those of the stream.
pub fn write_line(writer: &mut impl Write, value: &impl Serialize) -> io::Result<()> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    writer.write_all(&line)?;
    writer.flush()
}

/// Lines of at most [`MAX_LINE`] from a stream whose reads time out.
#[derive(Debug)]
pub struct LineReader<S> {
    stream: BufReader<S>,
    line: Vec<u8>,
}

impl<S: io::Read> LineReader<S> {
    /// From where the stream stands.
    pub fn new(stream: S) -> Self {
        Self { stream: BufReader::new(stream), line: Vec::new() }
    }

    /// The next line; `None` at the end of the stream, or once `give_up` says so (asked at each timeout).
    ///
    /// # Errors
    /// Those of the stream; `InvalidData` for a line that is too long or not what was expected.
    pub fn next<T: DeserializeOwned>(&mut self, mut give_up: impl FnMut() -> bool) -> io::Result<Option<T>> {
        loop {
            if give_up() {
                return Ok(None);
            }
            let room = (MAX_LINE + 1).saturating_sub(self.line.len()) as u64;
            match (&mut self.stream).take(room).read_until(b'\n', &mut self.line) {
                Ok(_) if self.line.last() == Some(&b'\n') => {
                    let value = serde_json::from_slice(&self.line)?;
                    self.line.clear();
                    return Ok(Some(value));
                }
                Ok(_) if self.line.len() > MAX_LINE => return Err(io::ErrorKind::InvalidData.into()),
                Ok(_) => return Ok(None),
                Err(error) if is_timeout(&error) => {}
                Err(error) => return Err(error),
            }
        }
    }
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut | io::ErrorKind::Interrupted)
}
