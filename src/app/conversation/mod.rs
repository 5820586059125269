//! The conversation with one computer, or what is sent to several at once: the entries, the search and the composer.
//!
//! ```text
//! model ─▶ rows (days, groups, "New") ─▶ list (what is visible, held in place) ─▶ entry (laid out) ─▶ draw
//! ```
//! Only what is visible is laid out, and of a long text only its beginning; the whole of it opens in the `reader`.
#![forbid(unsafe_code)]

mod acts;
mod beginning;
mod card;
mod chips;
mod choices;
mod composer;
mod draw;
mod entry;
mod excerpt;
mod kinds;
mod line;
pub mod links;
mod list;
mod names;
mod pane;
mod reader;
mod rows;
#[cfg(test)]
pub(super) mod samples;
mod scroll;
mod search;
mod separators;
mod status;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod text;
mod whereabouts;
mod words;

use std::{collections::HashMap, path::Path};

use egui::{Frame, Panel, Ui};

use self::{
    composer::Composer,
    pane::{Expanded, Pane},
    reader::Reader,
    search::SearchBar,
    status::Status,
    whereabouts::Whereabouts,
};
use super::{Scene, actions::Action, design::space, drawings, model::Model, previews::Previews};
use crate::{
    engine::api::Thumbnails,
    i18n::Texts,
    protocol::Fingerprint,
    store::model::{Direction, Entry},
};

/// Conversations whose place in the list is remembered.
const PANES: usize = 32;

/// What the window keeps of the conversation from frame to frame: where each is scrolled to, the search, what is typed
/// through an input method.
#[derive(Debug, Default)]
pub struct ConversationView {
    panes: HashMap<Vec<Fingerprint>, Pane>,
    shown: Vec<Fingerprint>,
    composer: Composer,
    search: SearchBar,
    reader: Option<Reader>,
    whereabouts: Whereabouts,
    expanded: Expanded,
    focus_within: Option<i64>,
    toggle_search: bool,
    search_everywhere: bool,
    /// Something lies over it: its keys belong to that.
    covered: bool,
    /// An entry to go to as soon as its conversation is shown.
    go_to: Option<(Fingerprint, i64)>,
}

/// What the parts of the list draw with.
struct Stage<'a> {
    model: &'a Model,
    texts: &'a Texts,
    previews: &'a mut Previews,
    actions: &'a mut Vec<Action>,
    whereabouts: &'a mut Whereabouts,
    /// Entries whose card shows all its files.
    expanded: &'a mut Expanded,
    /// The entry the keyboard is on or in.
    focus_within: &'a mut Option<i64>,
    /// Something lies over it.
    covered: bool,
    reader: &'a mut Option<Reader>,
}

impl Stage<'_> {
    fn status(&self, entry: &Entry) -> Status {
        let status = Status::of(entry, self.model.running(entry.with, entry.transfer));
        let status = status.rests_at(self.model.rests_at(entry));
        if entry.direction == Direction::Received {
            return status;
        }
        status.waiting(self.model.is_away(entry.with), self.model.in_line(entry.with, entry.transfer))
    }

    /// What came of the pictures of an entry while they are under way.
    fn thumbnails(&self, entry: &Entry) -> Thumbnails {
        let running = self.model.running(entry.with, entry.transfer);
        running.map(|running| running.thumbnails.clone()).unwrap_or_default()
    }

    fn is_gone(&self, path: &Path) -> bool {
        self.whereabouts.is_gone(path)
    }

    fn look_for(&mut self, path: &Path) -> bool {
        self.whereabouts.look_for(path)
    }
}

impl ConversationView {
    /// Says that a file is not where it was.
    pub fn is_gone(&mut self, path: &Path) {
        self.whereabouts.moved_away(path);
    }

    /// Draws it for those chosen into all the room there is, below the header: search (when open), entries, composer.
    pub fn show(&mut self, ui: &mut Ui, scene: &mut Scene<'_>) {
        self.whereabouts.logic(ui.ctx());
        self.switch_to(&scene.model.chosen, scene);
        if scene.model.chosen.is_empty() {
            return;
        }
        self.open_search(ui, scene);

        let asked = Panel::bottom("composer")
            .resizable(false)
            .show_separator_line(false)
            .frame(Frame::NONE)
            .show(ui, |ui| self.composer.show(ui, scene, self.covered))
            .inner;
        self.search.show_field(ui, scene);
        if self.search.covers_entries() {
            if let Some((with, seq)) = self.search.show_found(ui, scene) {
                self.go_to(scene, with, seq);
            }
        } else {
            self.entries(ui, scene, asked.page);
        }
        if let Some(reader) = &mut self.reader
            && !reader.show(ui.ctx(), scene.texts, scene.actions)
        {
            self.reader = None;
        }
    }

    /// While nobody is chosen: the search through all conversations, if it is open. Returns whether what was found is shown;
    /// otherwise there is room for something else below.
    pub fn show_search(&mut self, ui: &mut Ui, scene: &mut Scene<'_>) -> bool {
        self.switch_to(&[], scene);
        self.open_search(ui, scene);
        self.search.show_field(ui, scene);
        if !self.search.covers_entries() {
            return false;
        }
        if let Some((with, seq)) = self.search.show_found(ui, scene) {
            self.go_to(scene, with, seq);
        }
        true
    }

    /// Opens the field to search in, or closes it (Ctrl+F does so by itself; this is for a button in the header).
    pub fn toggle_search(&mut self) {
        self.toggle_search = true;
    }

    /// Opens the search through all conversations (Ctrl+Shift+F does so by itself).
    pub fn search_everywhere(&mut self) {
        self.search_everywhere = true;
    }

    /// Whether something else has the keyboard: the viewer, a dialog.
    pub fn set_covered(&mut self, covered: bool) {
        self.covered = covered;
    }

    /// The next frame puts the cursor into the composer.
    pub fn focus_composer(&mut self) {
        self.composer.focus();
    }

    /// The next frame puts the cursor into the composer, behind a text that was put there.
    pub fn focus_end_of_composer(&mut self) {
        self.composer.focus_at_end();
    }

    fn open_search(&mut self, ui: &Ui, scene: &mut Scene<'_>) {
        if std::mem::take(&mut self.toggle_search) {
            self.search.toggle(scene);
        }
        if std::mem::take(&mut self.search_everywhere) {
            self.search.open(true);
        }
        if !self.covered {
            self.search.keys(ui, scene);
        }
    }

    fn switch_to(&mut self, chosen: &[Fingerprint], scene: &mut Scene<'_>) {
        if self.shown == chosen {
            return;
        }
        if let Some(left) = self.panes.get_mut(&self.shown) {
            left.left();
        }
        if self.panes.len() > PANES {
            self.panes.clear();
        }
        self.shown = chosen.to_vec();
        self.focus_within = None;
        self.search.close(scene);
    }

    fn go_to(&mut self, scene: &mut Scene<'_>, with: Fingerprint, seq: i64) {
        self.search.close(scene);
        if scene.model.shown() != Some(with) {
            scene.actions.push(Action::Choose(with));
        }
        self.go_to = Some((with, seq));
    }

    fn entries(&mut self, ui: &mut Ui, scene: &mut Scene<'_>, page: f32) {
        let pane = self.panes.entry(self.shown.clone()).or_default();
        if let Some((_, seq)) = self.go_to.take_if(|(with, _)| scene.model.shown() == Some(*with)) {
            pane.go_to(seq);
        }
        if page != 0.0 {
            pane.page(page * (ui.available_height() - space::XL).max(0.0));
        }
        let mut stage = Stage {
            model: scene.model,
            texts: scene.texts,
            previews: &mut *scene.previews,
            actions: &mut *scene.actions,
            whereabouts: &mut self.whereabouts,
            expanded: &mut self.expanded,
            focus_within: &mut self.focus_within,
            covered: self.covered,
            reader: &mut self.reader,
        };
        let room = ui.available_rect_before_wrap();
        pane.show(ui, &mut stage, &self.shown);
        let loaded = self.shown.iter().all(|who| scene.model.conversation(*who).is_some_and(|all| all.loaded));
        if loaded && pane.is_empty() {
            empty(ui, scene, room);
        }
    }
}

/// Nothing was said yet: what one can do.
fn empty(ui: &mut Ui, scene: &Scene<'_>, room: egui::Rect) {
    /// The drawing's width, its height, and the height of the words below it with the air between.
    const DRAWING: f32 = 200.0;
    const DRAWN: f32 = 0.6 * DRAWING;
    const WORDS: f32 = 72.0;

    // A question is in front of it, or there is room for the composer alone.
    if !scene.model.snapshot.asks.is_empty() || room.height() < WORDS {
        return;
    }
    let texts = scene.texts;
    let drawn = room.height() > DRAWN + WORDS + 2.0 * space::L;
    let height = WORDS + if drawn { DRAWN } else { 0.0 };
    ui.scope_builder(egui::UiBuilder::new().max_rect(room), |ui| {
        ui.shrink_clip_rect(room);
        ui.vertical_centered(|ui| {
            ui.spacing_mut().item_spacing.y = space::S;
            ui.add_space(((room.height() - height) / 2.0).max(0.0));
            if drawn {
                drawings::show(ui, drawings::Drawing::EmptyConversation, DRAWING);
                ui.add_space(space::S);
            }
            ui.label(egui::RichText::new(texts.conversation_empty()).font(super::design::title()));
            super::widgets::secondary(ui, texts.conversation_empty_explain());
        });
    });
}
