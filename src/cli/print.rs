//! How what a command says is printed: sentences for people, one JSON object a line for programs.
//!
//! Results go to stdout; what is only for a person who waits (progress, errors, questions) goes to stderr. With `--json`
//! everything goes to stdout.

use std::{
    borrow::Cow,
    fmt::Write as _,
    io::{self, IsTerminal as _, Write},
    time::Duration,
};

use serde::Serialize;
use serde_json::{Value, json};

use super::line::{
    CompareLine, CompareNews, ComputerLine, Kind, KnownLine, Line, Nothing, NoticeLine, Reason, RuleWord, ShelfLine,
    TransferEvent, TransferLine,
};
use crate::{
    i18n::Texts,
    platform::path_bytes,
    protocol::compare::TABLE,
    store::model::{DeviceKind, Problem},
    transfer::names::{shown, shown_text},
};

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

    fn json_line(&mut self, line: &Line) -> io::Result<()> {
        match line {
            Line::Computer(computer) => self.object(computer),
            Line::Known(known) => self.object(known),
            Line::Shelf(item) => self.object(item),
            Line::Offered(item) => self.object(item),
            Line::Transfer(transfer) => {
                let mut line = transfer.clone();
                let why = line.reason.take().map(|reason| self.reason(transfer, &reason));
                let (code, message) = why.unzip();
                self.object(&Reasoned { line: &line, code, message })
            }
            Line::Error(problem) => {
                let mut value = json!({
                    "event": "error",
                    "code": code(problem),
                    "message": self.texts.problem_sentence(problem),
                });
                if let Problem::Ambiguous { fingerprints } = problem {
                    value["fingerprints"] = fingerprints.as_slice().into();
                }
                self.object(&value)
            }
            Line::Notice(notice) => {
                let mut value = serde_json::to_value(notice)?;
                value["event"] = "notice".into();
                value["message"] = self.notice(notice).into();
                self.object(&value)
            }
            Line::Compare(compare) => {
                let value = self.compare_value(compare);
                self.object(&value)
            }
            Line::Nothing(_) => Ok(()),
            Line::Ready { name, fingerprint, port, path } => self.object(
                &json!({ "event": "ready", "name": name, "fingerprint": fingerprint, "port": port, "path": path }),
            ),
        }
    }

    fn text_line(&mut self, line: &Line) -> io::Result<()> {
        match line {
            Line::Computer(computer) => {
                let text = self.computer(computer);
                self.result(&text)
            }
            Line::Known(known) => {
                let text = self.known(known);
                self.result(&text)
            }
            Line::Shelf(item) => {
                let text = self.shelf(item);
                self.result(&text)
            }
            Line::Offered(item) => {
                let text = format!("{:>4}  {}  {}", item.id, shown(&item.name), self.size(item.bytes, item.files));
                self.result(&text)
            }
            Line::Transfer(transfer) => self.transfer(transfer),
            Line::Error(problem) => {
                let mut text = self.texts.problem_sentence(problem);
                if let Problem::Ambiguous { fingerprints } = problem {
                    fingerprints.iter().for_each(|fingerprint| text += &format!("\n  {fingerprint}"));
                }
                self.for_person(&format!("fantail: {text}"))
            }
            Line::Notice(notice) => {
                let text = self.notice(notice);
                self.for_person(&format!("fantail: {}", shown(&text)))
            }
            Line::Compare(compare) => self.compare(compare),
            Line::Nothing(Nothing::Nearby) => {
                let text = self.texts.cli_nobody().to_owned();
                self.for_person(&text)
            }
            Line::Nothing(Nothing::OnShelf) => {
                let text = self.texts.cli_nothing_on_shelf().to_owned();
                self.for_person(&text)
            }
            Line::Ready { name, port, path, fingerprint: _ } => {
                let folder = path.0.to_string_lossy();
                let text = self.texts.cli_ready(&shown(name), &shown(&folder), &port.to_string());
                self.for_person(&text)
            }
        }
    }

    fn compare_value(&self, line: &CompareLine) -> Value {
        let CompareLine { name, fingerprint, news } = line;
        let mut value = json!({ "name": name, "fingerprint": fingerprint });
        value["event"] = match news {
            CompareNews::Code { digits, pictures, pushed, asks: _ } => {
                value["digits"] = digits.replace(' ', "").into();
                value["emoji"] = pictures.iter().map(|picture| picture_of(*picture)).collect();
                value["names"] = pictures.iter().map(|picture| self.texts.emoji_name((*picture).into())).collect();
                value["pushed"] = (*pushed).into();
                "code"
            }
            CompareNews::Failed(problem) => {
                value["code"] = code(problem).into();
                value["message"] = self.texts.problem_sentence(problem).into();
                "compare-failed"
            }
            CompareNews::Verified => "verified",
            CompareNews::Differs => "differs",
        }
        .into();
        value
    }

    fn compare(&mut self, line: &CompareLine) -> io::Result<()> {
        let CompareLine { name, fingerprint: _, news } = line;
        let name = shown(name);
        match news {
            CompareNews::Code { digits, pictures, pushed, asks: _ } => {
                let named = pictures
                    .iter()
                    .map(|picture| format!("{} {}", picture_of(*picture), self.texts.emoji_name((*picture).into())));
                let named: Vec<String> = named.collect();
                if *pushed {
                    let text = self.texts.cli_compares(&name);
                    self.for_person(&text)?;
                }
                let text = self.texts.cli_code(&name, digits);
                self.result(&text)?;
                self.result(&format!("  {}", named.join("  ")))
            }
            CompareNews::Failed(problem) => {
                let text = self.texts.problem_sentence(problem);
                self.for_person(&format!("{name}: {text}"))
            }
            CompareNews::Verified => {
                let text = format!("{name}: {}", self.texts.verified());
                self.result(&text)
            }
            CompareNews::Differs => {
                let text =
                    format!("{name}: {}. {}", self.texts.compare_differ_title(), self.texts.compare_differ_explain());
                self.for_person(&text)
            }
        }
    }

    fn transfer(&mut self, line: &TransferLine) -> io::Result<()> {
        let other = line.to.as_ref().or(line.from.as_ref()).map_or(Cow::Borrowed(""), |name| shown(name));
        let item = line.name.as_deref().map(shown);
        let sent = line.to.is_some();
        match (line.event, item) {
            (TransferEvent::Waiting, _) if sent => {
                let text = self.texts.state_waiting_for(&other);
                self.for_person(&text)
            }
            (TransferEvent::Waiting, _) => Ok(()),
            (TransferEvent::Progress, _) => self.progress(line, &other),
            (TransferEvent::Saved, None) => {
                let text = self.texts.state_saved_on(&other);
                self.result(&text)
            }
            (TransferEvent::Saved, Some(item)) => {
                let text = if sent {
                    format!("{}: {item}", self.texts.state_saved_on(&other))
                } else {
                    let place = line.path.as_ref().map(|path| path.0.to_string_lossy());
                    self.texts.cli_from(&other, &place.as_deref().map_or(item.clone(), shown))
                };
                let Some(missing) = line.missing else { return self.result(&text) };
                self.result(&self.texts.state_without(&text, missing))?;
                let Some(reason) = &line.reason else { return Ok(()) };
                let (_, why) = self.reason(line, reason);
                self.for_person(&format!("{item}: {}", shown(&why)))
            }
            (TransferEvent::Text, _) => {
                let text = line.text.as_deref().unwrap_or_default();
                // Piped on, a text stays as it came.
                let text = if self.out_is_terminal { shown_text(text) } else { text.into() };
                let text = self.texts.cli_from(&other, &text);
                self.result(&text)
            }
            (TransferEvent::Declined, Some(item)) => {
                let text = format!("{item}: {}", self.texts.state_left_out());
                self.for_person(&text)
            }
            (TransferEvent::Declined, None) if sent => {
                let text = self.texts.state_declined_by(&other);
                self.for_person(&text)
            }
            (TransferEvent::Declined, None) => {
                let text = format!("{other}: {}", self.texts.state_declined_here());
                self.for_person(&text)
            }
            (TransferEvent::Stopped, item) => {
                let Some(reason) = &line.reason else { return Ok(()) };
                let (_, message) = self.reason(line, reason);
                let about = item.unwrap_or(other);
                self.for_person(&format!("{about}: {}", shown(&message)))
            }
        }
    }

    fn progress(&mut self, line: &TransferLine, other: &str) -> io::Result<()> {
        // A question keeps its line.
        if !self.errors_is_terminal || matches!(self.open, Open::Question(_)) {
            return Ok(());
        }
        let part = self.texts.part(line.bytes.unwrap_or(0), line.total.unwrap_or(0));
        let speed = line.speed.map(|speed| self.texts.speed(speed));
        let left = line.left.map(|left| self.texts.duration(Duration::from_secs(left)));
        let text = match (speed, left) {
            (Some(speed), Some(left)) => self.texts.state_progress(&part, &speed, &left),
            (Some(speed), None) => self.texts.state_progress_plain(&part, &speed),
            _ => part,
        };
        self.open = Open::Progress;
        write!(self.errors, "{CLEAR_LINE}{other}: {text}")?;
        self.errors.flush()
    }

    /// Code for programs and sentence for people.
    fn reason(&self, line: &TransferLine, reason: &Reason) -> (String, String) {
        match reason {
            Reason::Problem(problem) => (code(problem), self.texts.problem_sentence(problem)),
            Reason::Cancelled { here: true } => ("cancelled".into(), self.texts.state_cancelled_here().into()),
            Reason::Cancelled { here: false } => {
                let other = line.to.as_ref().or(line.from.as_ref()).map_or("", String::as_str);
                ("cancelled".into(), self.texts.state_cancelled_there(other))
            }
        }
    }

    fn notice(&self, notice: &NoticeLine) -> String {
        match notice {
            NoticeLine::StoreSetAside { path } => self.texts.notice_store(&path.0.to_string_lossy()),
            NoticeLine::NewIdentity => self.texts.notice_identity().to_owned(),
            NoticeLine::FolderNotWritable { path } => self.texts.cli_folder(&path.0.to_string_lossy()),
            NoticeLine::SharedIdentity { name, fingerprint: _ } => self.texts.notice_shared(name),
            NoticeLine::DiscoveryUnavailable => self.texts.notice_discovery().to_owned(),
        }
    }

    fn computer(&self, line: &ComputerLine) -> String {
        let ComputerLine { name, fingerprint, addresses, port, kind, verified, reachable, new } = line;
        let kind = self.texts.kind(match kind {
            Kind::Computer => DeviceKind::Computer,
            Kind::Phone => DeviceKind::Phone,
            Kind::Browser => DeviceKind::Browser,
        });
        let mut text = format!("{}  {kind}", shown(name));
        let marks = [
            (*verified, self.texts.verified()),
            (*reachable, self.texts.list_reachable()),
            (*new, self.texts.list_new()),
        ];
        for (_, mark) in marks.iter().filter(|(holds, _)| *holds) {
            write!(text, ", {mark}").ok();
        }
        let places: Vec<String> = addresses
            .iter()
            .map(
                |address| {
                    if address.contains(':') { format!("[{address}]:{port}") } else { format!("{address}:{port}") }
                },
            )
            .collect();
        write!(text, "  {}\n  {fingerprint}", places.join(" ")).ok();
        text
    }

    fn known(&self, line: &KnownLine) -> String {
        let KnownLine { name, fingerprint, verified, rule, reachable, first_seen: _, last_seen: _ } = line;
        let rule = match rule {
            RuleWord::Ask => self.texts.menu_ask(),
            RuleWord::Accept => self.texts.menu_accept(),
            RuleWord::Block => self.texts.menu_block(),
        };
        let mut text = format!("{}  {rule}", shown(name));
        let marks = [(*verified, self.texts.verified()), (*reachable, self.texts.list_reachable())];
        for (_, mark) in marks.iter().filter(|(holds, _)| *holds) {
            write!(text, ", {mark}").ok();
        }
        write!(text, "\n  {fingerprint}").ok();
        text
    }

    fn shelf(&self, item: &ShelfLine) -> String {
        let ShelfLine { id, name: _, path, bytes, files, audience } = item;
        // The words of `--for`.
        let audience = serde_json::to_value(audience).ok();
        let audience = audience.as_ref().and_then(Value::as_str).unwrap_or_default();
        let path = path.0.to_string_lossy();
        format!("{id:>4}  {audience:<8}  {}  {}", shown(&path), self.size(*bytes, *files))
    }

    fn size(&self, bytes: u64, files: u64) -> String {
        let size = self.texts.size(bytes);
        if files > 1 { format!("{size}, {}", self.texts.files(files)) } else { size }
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

/// A transfer's news with its reason in words.
#[derive(Serialize)]
struct Reasoned<'a> {
    #[serde(flatten)]
    line: &'a TransferLine,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

/// A path that is not Unicode came as bytes: as readable as it gets in `path`, and in hex in `path_bytes`. `None` where
/// nothing has to be changed.
fn with_readable_path(mut value: Value) -> Option<Value> {
    let Some(Value::Array(bytes)) = value.get("path") else { return None };
    let bytes: Vec<u8> = bytes.iter().filter_map(|byte| byte.as_u64()?.try_into().ok()).collect();
    let hex = bytes.iter().fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").ok();
        hex
    });
    value["path"] = path_bytes::from_bytes(&bytes).to_string_lossy().into();
    value["path_bytes"] = hex.into();
    Some(value)
}

/// By its number in the table; one beyond it can't come from this program.
fn picture_of(number: u8) -> &'static str {
    TABLE.get(usize::from(number)).copied().unwrap_or_default()
}

/// The word of a problem in JSON.
fn code(problem: &Problem) -> String {
    let value = serde_json::to_value(problem).ok();
    let code = value.as_ref().and_then(|value| value["code"].as_str());
    code.unwrap_or("unknown").to_owned()
}

/// JSON in which nothing commands a terminal or changes the direction of its text: such characters stand only inside
/// strings, where JSON can write them as numbers.
fn harmless(json: &str) -> Cow<'_, str> {
    let harmful = |c: char| {
        matches!(c, '\u{7f}'..='\u{9f}' | '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}')
    };
    if !json.contains(harmful) {
        return json.into();
    }
    let mut text = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        if harmful(c) {
            write!(text, "\\u{:04x}", u32::from(c)).ok();
        } else {
            text.push(c);
        }
    }
    text.into()
}

#[cfg(test)]
mod tests;
