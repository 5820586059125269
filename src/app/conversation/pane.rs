//! The list of entries on the screen: scrolled, followed at its end, walked by keyboard.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use egui::{Event, EventFilter, Key, Modifiers, Rect, Ui, pos2, vec2};
use jiff::tz::TimeZone;

use super::{
    Stage, draw,
    entry::{self, Place, Shown},
    list::{Jump, List},
    reader, rows,
    rows::{Row, RowKey},
    scroll, separators,
};
use crate::{
    app::{
        actions::Action,
        design::{self, space},
        model::{Conversation, Model, PAGE},
    },
    engine::api::PageAt,
    protocol::Fingerprint,
    store::model::{Direction, Entry, GroupId},
};

/// Wider than this, the eye loses the line between what was sent and what came.
pub const WIDEST: f32 = 920.0;

/// More entries are fetched when the end of those that are loaded is nearer than this, so that scrolling doesn't wait
/// for them.
const FETCH_WITHIN: f32 = 800.0;

/// How long an entry that a search led to stays marked, in seconds.
const FLASH: f64 = 1.6;

/// Below the newest entry.
const FOOT: f32 = space::M;

/// One list of entries: of a computer, or of what was sent to several.
#[derive(Debug, Default)]
pub struct Pane {
    seen: Option<Seen>,
    entries: Vec<Arc<Entry>>,
    /// Of a sending to several, by the number of the one that stands for it.
    recipients: HashMap<i64, Vec<Arc<Entry>>>,
    rows: Vec<Row>,
    list: List,
    offset: f32,
    width: f32,
    /// Above it stands the line "New".
    new_from: Option<i64>,
    /// It was shown before, so what is new is known.
    opened: bool,
    /// The newest entry there was, when the rows were made.
    newest: i64,
    /// The newest entry this person was told to have seen.
    marked: Option<i64>,
    /// The height of an entry that is not loaded.
    unloaded: f32,
    wanted: Option<Wanted>,
    /// The entry the keyboard goes to as soon as it is drawn.
    focus_next: Option<i64>,
}

/// What the rows were made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Seen {
    version: u64,
    new_from: Option<i64>,
}

/// An entry somebody wants to see.
#[derive(Clone, Copy, Debug)]
struct Wanted {
    seq: i64,
    /// When it came into view.
    since: Option<f64>,
}

impl Pane {
    /// Brings an entry into view and marks it, fetching older ones until it is there.
    pub fn go_to(&mut self, seq: i64) {
        self.wanted = Some(Wanted { seq, since: None });
        self.list.jump(Jump::To(RowKey::Entry(seq)));
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// It was left: what is new then will be told anew.
    pub fn left(&mut self) {
        self.opened = false;
        self.new_from = None;
    }

    /// Draws the list into all the room there is.
    pub fn show(&mut self, ui: &mut Ui, stage: &mut Stage<'_>, chosen: &[Fingerprint]) {
        self.take_in(ui, stage.model, chosen);
        let view = ui.available_rect_before_wrap();
        let margin = design::column_margin(view.width());
        let width = (view.width() - 2.0 * margin).min(WIDEST).floor();
        let left = (view.width() - width) / 2.0;
        if (width - self.width).abs() > 0.5 {
            self.width = width;
            self.guess_rows();
        }
        self.keys(ui, stage, view.height());

        let mut laid: HashMap<usize, entry::Laid> = HashMap::new();
        let Self { rows, entries, recipients, list, unloaded, .. } = self;
        let placed = list.place(view.height(), |index| {
            let foot = if index + 1 == rows.len() { FOOT } else { 0.0 };
            let height = match &rows[index] {
                Row::Entry { index: at, first, last, .. } => {
                    let shown = shown(entries, recipients, *at);
                    let entry = entry::Laid::new(ui, stage, &shown, Place { first: *first, last: *last }, width);
                    let height = entry.height;
                    laid.insert(index, entry);
                    height
                }
                other => separators::height(other, *unloaded),
            };
            height + foot
        });

        let Self { rows, entries, recipients, list, offset, wanted, .. } = self;
        scroll::show(ui, ("entries", chosen), list, offset, &placed, view.height(), |ui, list, origin| {
            let mut within = None;
            for index in placed.rows.clone() {
                let at = pos2(origin.x + left, origin.y + list.top(index));
                match &rows[index] {
                    Row::Entry { index: entry, seq, .. } => {
                        let Some(laid) = laid.get(&index) else { continue };
                        let shown = shown(entries, recipients, *entry);
                        let row = Rect::from_min_size(at, vec2(width, laid.height));
                        if draw::show(ui, stage, row, &shown, laid, flash(ui, wanted, *seq)) {
                            within = Some(*seq);
                        }
                    }
                    other => {
                        let row = Rect::from_min_size(at, vec2(width, list.height(index)));
                        separators::show(ui, stage.texts, other, row);
                    }
                }
            }
            *stage.focus_within = within;
        });
        if let Some(seq) = self.focus_next.take() {
            ui.memory_mut(|memory| memory.request_focus(draw::id_of(seq)));
        }
        self.fetch(stage, chosen, view.height(), placed.total);
        self.tell_seen(ui, stage, chosen);
        separators::to_newest(ui, stage, view, &mut self.list, self.offset, placed.total);
    }

    /// Makes the rows anew when the entries changed.
    fn take_in(&mut self, ui: &Ui, model: &Model, chosen: &[Fingerprint]) {
        let conversations = || chosen.iter().filter_map(|who| model.conversation(*who));
        let loaded = conversations().count() == chosen.len() && conversations().all(|conversation| conversation.loaded);
        let version = conversations().map(|conversation| conversation.version).sum();
        let seen = Seen { version, new_from: self.new_from };
        if self.seen == Some(seen) && (self.opened || !loaded) {
            return;
        }
        let gaps = match chosen {
            [one] => model.conversation(*one).map_or((0, 0), |all| (all.before, all.after)),
            _ => (0, 0),
        };
        if let [one] = chosen {
            self.entries = model.conversation(*one).map(|all| all.entries().cloned().collect()).unwrap_or_default();
            self.recipients.clear();
        } else {
            self.sent_to_several(model, chosen);
        }
        self.note_news(ui, model, chosen, loaded);
        self.seen = Some(Seen { new_from: self.new_from, ..seen });
        self.rows = rows::rows(&self.entries, self.new_from, gaps, &TimeZone::system());
        self.unloaded = separators::unloaded(gaps.0 + gaps.1);
        self.guess_rows();
    }

    fn guess_rows(&mut self) {
        let Self { rows, entries, list, width, unloaded, .. } = self;
        list.set_rows(rows.iter().map(Row::key), |index| match &rows[index] {
            Row::Entry { index, .. } => entry::guess(&entries[*index], *width),
            other => separators::height(other, *unloaded),
        });
    }

    /// What was sent to more than one of those chosen, each sending once.
    fn sent_to_several(&mut self, model: &Model, chosen: &[Fingerprint]) {
        let mut groups: HashMap<GroupId, Vec<Arc<Entry>>> = HashMap::new();
        let conversations = chosen.iter().filter_map(|who| model.conversation(*who));
        for entry in conversations.flat_map(|conversation| conversation.entries()) {
            if entry.direction == Direction::Sent {
                groups.entry(entry.group).or_default().push(entry.clone());
            }
        }
        self.recipients.clear();
        self.entries.clear();
        for mut group in groups.into_values().filter(|group| group.len() > 1) {
            group.sort_by_key(|entry| entry.seq);
            self.entries.push(group[0].clone());
            self.recipients.insert(group[0].seq, group);
        }
        self.entries.sort_by_key(|entry| entry.seq);
    }

    /// Where "New" stands: before what had not been seen when this was opened, or came while nobody looked.
    fn note_news(&mut self, ui: &Ui, model: &Model, chosen: &[Fingerprint], loaded: bool) {
        let conversations = || chosen.iter().filter_map(|who| model.conversation(*who));
        let newest = conversations().map(Conversation::newest).max().unwrap_or_default();
        let newest_before = std::mem::replace(&mut self.newest, newest);
        let first_unread = rows::first_unread(&self.entries);
        if !self.opened {
            self.opened = loaded;
            self.new_from = first_unread;
            if loaded && first_unread.is_some() {
                self.list.jump(Jump::To(RowKey::New));
            } else if loaded && self.wanted.is_none() {
                self.list.jump(Jump::End);
            }
            return;
        }
        let here = |entry: &&Arc<Entry>| entry.direction == Direction::Sent;
        let sent_here = self.entries.iter().rev().find(here).map(|entry| entry.seq);
        let sent = sent_here.max(conversations().filter_map(|conversation| conversation.sent_beyond).max());
        if newest_before > 0 && sent.is_some_and(|sent| sent > newest_before) {
            // Who answers has read.
            self.new_from = None;
            self.list.jump(Jump::End);
        } else if self.new_from.is_none() && !(ui.input(|input| input.focused) && self.list.at_end()) {
            let beyond = conversations().filter_map(|conversation| conversation.received_beyond).min();
            self.new_from = first_unread.or(beyond);
        }
    }

    /// Asks for what is in view or near, and not loaded.
    fn fetch(&mut self, stage: &mut Stage<'_>, chosen: &[Fingerprint], view: f32, total: f32) {
        let [with] = *chosen else { return };
        let Some(conversation) = stage.model.conversation(with).filter(|all| all.loaded && !all.loading) else {
            return;
        };
        let Conversation { before, after, .. } = *conversation;
        let Some((first, last)) = conversation.ends() else {
            if before + after > 0 {
                stage.actions.push(Action::Load { with, at: PageAt::End });
            }
            return;
        };
        // Where what is loaded begins and ends in the list.
        let (begin, end) = (before as f32 * self.unloaded, total - after as f32 * self.unloaded);
        let far = PAGE as f32 * self.unloaded;
        let (top, bottom) = (self.offset, self.offset + view);
        let middle = (top + bottom) / 2.0;
        let entries = |height: f32| (height / self.unloaded) as u64;
        let at = if let Some(wanted) = self.wanted.filter(|wanted| conversation.get(wanted.seq).is_none()) {
            if (first..=last).contains(&wanted.seq) {
                // It was removed meanwhile.
                self.wanted = None;
                return;
            }
            PageAt::Around(wanted.seq)
        } else if before > 0 && bottom < begin - far {
            PageAt::Place(entries(middle))
        } else if after > 0 && top > end + far {
            PageAt::Place(before + conversation.len() as u64 + entries(middle - end))
        } else if before > 0 && top < begin + FETCH_WITHIN {
            PageAt::Before(first)
        } else if after > 0 && bottom > end - FETCH_WITHIN {
            PageAt::After(last)
        } else {
            return;
        };
        stage.actions.push(Action::Load { with, at });
    }

    /// Everything was seen when the end is in view of somebody.
    fn tell_seen(&mut self, ui: &Ui, stage: &mut Stage<'_>, chosen: &[Fingerprint]) {
        let ([one], Some(newest)) = (chosen, self.entries.last()) else { return };
        if stage.model.conversation(*one).is_none_or(|conversation| conversation.after > 0) {
            return;
        }
        let unread = rows::first_unread(&self.entries).is_some()
            || stage.model.computer(*one).is_some_and(|computer| computer.unread > 0);
        let looked_at = ui.input(|input| input.focused) && self.list.at_end();
        if unread && looked_at && self.marked != Some(newest.seq) {
            self.marked = Some(newest.seq);
            stage.actions.push(Action::MarkRead(*one));
        }
    }

    fn keys(&mut self, ui: &mut Ui, stage: &Stage<'_>, view: f32) {
        if stage.covered || ui.memory(|memory| memory.top_modal_layer().is_some()) {
            return;
        }
        let focused = ui.memory(|memory| memory.focused());
        let current = *stage.focus_within;
        let on_entry = current.filter(|seq| focused == Some(draw::id_of(*seq)));
        if let Some(seq) = on_entry {
            let filter = EventFilter { vertical_arrows: true, ..EventFilter::default() };
            ui.memory_mut(|memory| memory.set_focus_lock_filter(draw::id_of(seq), filter));
            // What is done with the entry itself.
            let with_alt = |event: &Event| matches!(event, Event::Key { modifiers, .. } if modifiers.alt);
            if ui.input(|input| input.events.iter().any(with_alt)) {
                return;
            }
            let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
            let step = i64::from(pressed(Key::ArrowDown)) - i64::from(pressed(Key::ArrowUp));
            if step != 0 {
                self.step(seq, step);
            }
        }
        let nothing_else = focused.is_none() || current.is_some();
        if nothing_else {
            reader::keys(ui, &mut self.list, view);
        }
    }

    /// From one entry to the next or the one before.
    fn step(&mut self, from: i64, step: i64) {
        let Ok(at) = self.entries.binary_search_by_key(&from, |entry| entry.seq) else { return };
        let next = at.saturating_add_signed(step as isize).min(self.entries.len() - 1);
        let seq = self.entries[next].seq;
        self.list.jump(Jump::Show(RowKey::Entry(seq)));
        self.focus_next = Some(seq);
    }

    /// Pages through the list from elsewhere: from the composer.
    pub fn page(&mut self, by: f32) {
        self.list.jump(Jump::By(by));
    }
}

fn shown(entries: &[Arc<Entry>], recipients: &HashMap<i64, Vec<Arc<Entry>>>, at: usize) -> Shown {
    let entry = entries[at].clone();
    let recipients = recipients.get(&entry.seq).cloned().unwrap_or_default();
    Shown { entry, recipients }
}

/// How strongly an entry is marked now, 1 to 0.
fn flash(ui: &Ui, wanted: &mut Option<Wanted>, seq: i64) -> f32 {
    let Some(found) = wanted.as_mut().filter(|wanted| wanted.seq == seq) else { return 0.0 };
    let now = ui.input(|input| input.time);
    let gone_by = now - *found.since.get_or_insert(now);
    if gone_by >= FLASH {
        *wanted = None;
        return 0.0;
    }
    let still = ui.style().animation_time == 0.0;
    let left = FLASH - gone_by;
    ui.ctx().request_repaint_after_secs(if still { left as f32 } else { 1.0 / 30.0 });
    if still { 1.0 } else { (left / FLASH).min(0.5) as f32 * 2.0 }
}

/// Which entries' cards are shown whole; forgotten with the window.
pub type Expanded = HashSet<i64>;
