//! Sentences for people.

use std::{borrow::Cow, fmt::Write as _, io, time::Duration};

use serde_json::Value;

use super::{CLEAR_LINE, Open, Printer, picture_of};
use crate::{
    cli::line::{
        CompareLine, CompareNews, ComputerLine, Kind, KnownLine, Line, Nothing, NoticeLine, RuleWord, ShelfLine,
        TransferEvent, TransferLine,
    },
    store::model::{DeviceKind, Problem},
    transfer::names::{shown, shown_text},
};

impl Printer {
    pub(super) fn text_line(&mut self, line: &Line) -> io::Result<()> {
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
                let text = if sent && line.already {
                    format!("{}: {item}", self.texts.state_already_on(&other))
                } else if sent {
                    format!("{}: {item}", self.texts.state_saved_on(&other))
                } else {
                    let place = line.path.as_ref().map(|path| path.0.to_string_lossy());
                    self.texts.cli_from(&other, &place.as_deref().map_or(item.clone(), shown))
                };
                if line.already && !sent {
                    return self.result(&format!("{text} ({})", self.texts.state_already()));
                }
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
    pub(super) fn notice(&self, notice: &NoticeLine) -> String {
        match notice {
            NoticeLine::StoreSetAside { path } => self.texts.notice_store(&path.0.to_string_lossy()),
            NoticeLine::StoreFull => self.texts.notice_store_full().to_owned(),
            NoticeLine::StoreNotWritable => self.texts.notice_store_not_writable().to_owned(),
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
}
