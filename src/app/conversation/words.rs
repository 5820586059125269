//! What an entry says about itself, in the person's language: below it, and to somebody who doesn't see it.

use egui::Color32;

use super::{
    excerpt, kinds,
    status::{Rest, Status},
};
use crate::{
    app::{design::Palette, icons},
    i18n::Texts,
    store::model::{Body, Direction, Entry, Hold, Item, ItemKind, ItemState},
};

/// As much of a text is read out as one sentence; the rest can be walked through.
const SPOKEN_TEXT: usize = 400;

/// So many names of items are read out.
const SPOKEN_ITEMS: usize = 4;

/// The sentence of a state; empty when nothing needs saying. `name` is the other computer's, `sent` the direction.
pub fn sentence(texts: &Texts, status: &Status, name: &str, sent: bool) -> String {
    match status {
        Status::Preparing => texts.state_preparing().to_owned(),
        Status::WaitingThere => texts.state_waiting_for(name),
        Status::WaitingHere => texts.state_waiting_here().to_owned(),
        Status::Moving(progress) => {
            let percent = texts.percent(&percent(progress.part).to_string());
            let mut parts =
                vec![if progress.sending { texts.state_sending(&percent) } else { texts.state_receiving(&percent) }];
            if progress.speed > 0 {
                parts.push(texts.speed(progress.speed));
                parts.extend(progress.left.map(|left| texts.state_left(&texts.duration(left))));
            }
            parts.join(" · ")
        }
        Status::Finishing => texts.state_finishing().to_owned(),
        Status::Delivered => texts.state_delivered().to_owned(),
        Status::Saved if sent => texts.state_saved_on(name),
        Status::Saved => texts.state_saved().to_owned(),
        Status::AlreadyThere if sent => texts.state_already_on(name),
        Status::AlreadyThere => texts.state_already_here().to_owned(),
        Status::SavedWithout { count } if sent => texts.state_without(&texts.state_saved_on(name), *count),
        Status::SavedWithout { count } => texts.state_without(texts.state_saved(), *count),
        Status::Partly { saved, total } => texts.state_partly(*saved, *total),
        Status::Declined if sent => texts.state_declined_by(name),
        Status::Declined => texts.state_declined_here().to_owned(),
        Status::Cancelled { here: true } => texts.state_cancelled_here().to_owned(),
        Status::Cancelled { here: false } => texts.state_cancelled_there(name),
        Status::Resting(Rest { hold, line, part }) => {
            let mut parts = vec![texts.held(*hold, name)];
            parts.extend(part.map(|part| texts.percent(&percent(part).to_string())));
            parts.extend(line.map(|(place, count)| texts.state_in_line(place as u64, count as u64)));
            parts.join(" · ")
        }
        Status::Stopped(problem) => texts.state_stopped(&texts.problem(problem)),
        Status::Nothing => String::new(),
    }
}

/// Never 100 before all is there.
fn percent(part: f32) -> u32 {
    (part * 100.0).floor().clamp(0.0, 99.0) as u32
}

/// The icon of a state and its colour.
pub fn mark(palette: &Palette, status: &Status) -> Option<(&'static str, Color32)> {
    Some(match status {
        Status::Preparing | Status::WaitingThere | Status::WaitingHere => (icons::CLOCK, palette.secondary),
        Status::Moving(progress) if progress.sending => (icons::ARROW_UP, palette.accent),
        Status::Moving(_) => (icons::ARROW_DOWN, palette.accent),
        Status::Finishing => (icons::HARD_DRIVE, palette.accent),
        Status::Delivered => (icons::CHECK, palette.secondary),
        Status::Saved | Status::AlreadyThere => (icons::CHECK_CIRCLE, palette.good),
        Status::SavedWithout { .. } | Status::Partly { .. } => (icons::WARNING_CIRCLE, palette.warn),
        Status::Declined => (icons::PROHIBIT, palette.warn),
        Status::Cancelled { .. } => (icons::X_CIRCLE, palette.secondary),
        Status::Resting(rest) => match rest.hold {
            Hold::DiskFull { .. } | Hold::FolderNotWritable { .. } | Hold::SourceAway => {
                (icons::WARNING_CIRCLE, palette.warn)
            }
            Hold::Paused { .. } => (icons::PAUSE, palette.secondary),
            _ => (icons::CLOCK, palette.secondary),
        },
        Status::Stopped(_) => (icons::WARNING, palette.bad),
        Status::Nothing => return None,
    })
}

/// What is said of one item after its size: nothing while all is as the entry says.
pub fn item_note(texts: &Texts, item: &Item, part: Option<f32>) -> Option<String> {
    match &item.state {
        ItemState::Pending => part.filter(|part| *part > 0.0).map(|part| texts.percent(&percent(part).to_string())),
        ItemState::Saved => None,
        ItemState::AlreadyThere => Some(texts.state_already().to_owned()),
        ItemState::SavedWithout { count, problem } => {
            Some(format!("{} · {}", texts.state_without(texts.state_saved(), *count), texts.problem(problem)))
        }
        ItemState::LeftOut => Some(texts.state_left_out().to_owned()),
        ItemState::Failed(problem) => Some(texts.problem(problem)),
    }
}

/// "PDF document · 6.1 MB", or "12 files · 80 MB" for a folder.
pub fn item_facts(texts: &Texts, item: &Item, is_text: bool) -> String {
    let size = texts.size(item.size);
    match item.kind {
        ItemKind::Folder => format!("{} · {size}", texts.files(item.files)),
        ItemKind::File | ItemKind::Text => format!("{} · {size}", kinds::word(texts, &item.name, is_text)),
    }
}

/// The whole entry as one sentence: who, when, what, and how it stands.
pub fn spoken(texts: &Texts, entry: &Entry, status: &Status, name: &str) -> String {
    let sent = entry.direction == Direction::Sent;
    let who = if sent { texts.entry_you() } else { name };
    let time = texts.time_of_day(entry.at);
    let what = match &entry.body {
        Body::Text(text) => {
            let (shown, _) = excerpt::excerpt(text);
            shown[..shown.floor_char_boundary(SPOKEN_TEXT)].to_owned()
        }
        Body::Items { items, bytes, .. } => {
            let more = items.len().saturating_sub(SPOKEN_ITEMS) as u64;
            let mut names: Vec<String> = items.iter().take(SPOKEN_ITEMS).map(|item| item.name.clone()).collect();
            if more > 0 {
                names.push(texts.and_more(more));
            }
            format!("{}, {}", names.join(", "), texts.size(*bytes))
        }
    };
    let state = sentence(texts, status, name, sent);
    if state.is_empty() {
        texts.entry_spoken_plain(who, &time, &what)
    } else {
        texts.entry_spoken(who, &time, &what, &state)
    }
}
