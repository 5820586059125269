//! How what a command says is printed: sentences for people, one JSON object a line for programs.
//!
//! Results go to stdout; what is only for a person who waits (progress, errors, questions) goes to stderr. With `--json`
//! everything goes to stdout.

mod objects;
mod sentences;
#[cfg(test)]
mod tests;

use std::io::{self, IsTerminal as _, Write};

use serde::Serialize;
use serde_json::json;

use self::objects::{code, harmless, with_readable_path};
use super::line::{Line, Reason, TransferLine};
use crate::{i18n::Texts, protocol::compare::TABLE, store::model::Hold, transfer::names::shown};

/// Back to the start of the line, and nothing on it.
const CLEAR_LINE: &str = "\r\x1b[K";

pub(super) struct Printer {
    texts: Texts,
    json: bool,
    out: Box<dyn Write>,
    errors: Box<dyn Write>,
    /// A person reads stdout.
    out_is_terminal: bool,
    /// A person waits for progress.
    errors_is_terminal: bool,
    /// The last line on stderr has no end yet.
    open: Open,
}

#[derive(Debug, PartialEq, Eq)]
enum Open {
    Nothing,
    /// To be written over.
    Progress,
    /// To be shown again below whatever comes between it and its answer.
    Question(String),
}

impl Printer {
    /// Onto this process's stdout and stderr.
    pub fn new(texts: Texts, json: bool) -> Self {
        Self {
            texts,
            json,
            out_is_terminal: io::stdout().is_terminal(),
            errors_is_terminal: io::stderr().is_terminal(),
            out: Box::new(io::stdout()),
            errors: Box::new(io::stderr()),
            open: Open::Nothing,
        }
    }

    pub fn texts(&self) -> &Texts {
        &self.texts
    }

    /// The person may have chosen another language than the system's.
    pub fn set_texts(&mut self, texts: Texts) {
        self.texts = texts;
    }

    /// # Errors
    /// Nobody reads any more.
    pub fn line(&mut self, line: &Line) -> io::Result<()> {
        if self.json { self.json_line(line) } else { self.text_line(line) }
    }

    /// An error that isn't a [`Problem`]: wrong usage, no home, no port.
    pub fn error(&mut self, code: &str, message: &str) -> io::Result<()> {
        if self.json {
            return self.object(&json!({ "event": "error", "code": code, "message": message }));
        }
        self.for_person(&format!("fantail: {}", shown(message)))
    }

    /// A question: the answer is typed behind it.
    pub fn prompt(&mut self, text: &str) -> io::Result<()> {
        self.make_room()?;
        write!(self.errors, "{} ", shown(text))?;
        self.open = Open::Question(text.to_owned());
        self.errors.flush()
    }

    /// The person has ended the question's line.
    pub fn answered(&mut self) {
        self.open = Open::Nothing;
    }

    /// The question needs no answer any more.
    pub fn withdraw(&mut self) -> io::Result<()> {
        self.make_room()?;
        self.open = Open::Nothing;
        let text = self.texts.cli_withdrawn().to_owned();
        self.for_person(&text)
    }
    fn reason(&self, line: &TransferLine, reason: &Reason) -> (String, String) {
        let other = line.to.as_ref().or(line.from.as_ref()).map_or("", String::as_str);
        match reason {
            Reason::Problem(problem) => (code(problem), self.texts.problem_sentence(problem)),
            Reason::Held(Hold::Queued) => ("queued".into(), self.texts.cli_queued(other)),
            Reason::Held(hold) => ("held".into(), self.texts.held(*hold, other)),
            Reason::Left => ("left".into(), self.texts.cli_left().into()),
            Reason::Cancelled { here: true } => ("cancelled".into(), self.texts.state_cancelled_here().into()),
            Reason::Cancelled { here: false } => ("cancelled".into(), self.texts.state_cancelled_there(other)),
        }
    }

    fn result(&mut self, text: &str) -> io::Result<()> {
        self.make_room()?;
        writeln!(self.out, "{text}")?;
        self.out.flush()?;
        self.ask_again()
    }

    fn for_person(&mut self, text: &str) -> io::Result<()> {
        self.make_room()?;
        writeln!(self.errors, "{text}")?;
        self.errors.flush()?;
        self.ask_again()
    }

    fn object(&mut self, value: &impl Serialize) -> io::Result<()> {
        let text = match with_readable_path(serde_json::to_value(value)?) {
            Some(value) => value.to_string(),
            None => serde_json::to_string(value)?,
        };
        self.result(&harmless(&text))
    }

    /// Ends the line that is open.
    fn make_room(&mut self) -> io::Result<()> {
        match &self.open {
            Open::Nothing => return Ok(()),
            Open::Progress => {
                self.open = Open::Nothing;
                write!(self.errors, "{CLEAR_LINE}")?;
            }
            Open::Question(_) => writeln!(self.errors)?,
        }
        self.errors.flush()
    }

    fn ask_again(&mut self) -> io::Result<()> {
        match std::mem::replace(&mut self.open, Open::Nothing) {
            Open::Question(text) => self.prompt(&text),
            _ => Ok(()),
        }
    }
}

impl Drop for Printer {
    /// What comes after this program begins at the left edge.
    fn drop(&mut self) {
        self.make_room().ok();
    }
}
/// By its number in the table; one beyond it can't come from this program.
fn picture_of(number: u8) -> &'static str {
    TABLE.get(usize::from(number)).copied().unwrap_or_default()
}
