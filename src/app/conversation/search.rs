//! Looking for words: a field above the entries, and what was found instead of them.

use std::{ops::Range, sync::Arc};

use egui::{
    CornerRadius, Galley, Id, Key, Modifiers, Rect, ScrollArea, Sense, Ui, UiBuilder, WidgetInfo,
    accesskit::Role,
    pos2,
    text::{LayoutJob, TextFormat, TextWrapping},
    vec2,
};

use super::pane;
use crate::{
    app::{
        Scene,
        actions::Action,
        avatar,
        design::{self, Palette, radius, size, space},
        drawings, icons, widgets,
    },
    protocol::Fingerprint,
    store::model::{Body, Direction, Entry},
};

/// Words are looked for when the typing pauses for so long, in seconds.
const PAUSE: f64 = 0.15;

const ROW: f32 = 64.0;

/// The field is never narrower, in points.
const LEAST_FIELD: f32 = 120.0;

/// Around a found word, so much of the text is shown before it, in characters.
const BEFORE: usize = 24;

/// And so much in all, in bytes.
const SNIPPET: usize = 400;

/// The beginning of a long text in which the found word is marked.
const LOOKED_THROUGH: usize = 64 * 1024;

#[derive(Debug, Default)]
pub struct SearchBar {
    open: bool,
    text: String,
    everywhere: bool,
    /// When it was typed what hasn't been looked for yet.
    typed: Option<f64>,
    focus: bool,
}

impl SearchBar {
    pub fn toggle(&mut self, scene: &mut Scene<'_>) {
        if self.open {
            self.close(scene);
        } else {
            self.open(false);
        }
    }

    /// Opens it or goes to it; through all conversations with `everywhere`.
    pub fn open(&mut self, everywhere: bool) {
        if everywhere && !self.everywhere {
            self.everywhere = true;
            // At once, also for what is typed already.
            self.typed = self.open.then_some(f64::NEG_INFINITY);
        }
        self.open = true;
        self.focus = true;
    }

    /// Ctrl+F opens it, Ctrl+Shift+F through everything, Escape closes it.
    pub fn keys(&mut self, ui: &Ui, scene: &mut Scene<'_>) {
        if ui.memory(|memory| memory.top_modal_layer().is_some()) {
            return;
        }
        // First the one with more keys: the other would take it too.
        if ui.input_mut(|input| input.consume_key(Modifiers::COMMAND | Modifiers::SHIFT, Key::F)) {
            self.open(true);
        }
        if ui.input_mut(|input| input.consume_key(Modifiers::COMMAND, Key::F)) {
            self.open(false);
        }
        if self.open && ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape)) {
            self.close(scene);
        }
    }

    pub fn close(&mut self, scene: &mut Scene<'_>) {
        let was_asked = !self.text.is_empty();
        *self = Self::default();
        if was_asked {
            scene.actions.push(Action::Search { text: String::new(), with: None });
        }
    }

    /// Whether what was found is shown instead of the entries.
    pub fn covers_entries(&self) -> bool {
        self.open && !self.text.trim().is_empty()
    }

    /// The field, when it is open.
    pub fn show_field(&mut self, ui: &mut Ui, scene: &mut Scene<'_>) {
        if !self.open {
            return;
        }
        let room = ui.available_width();
        let margin = design::column_margin(room);
        let width = (room - 2.0 * margin).min(pane::WIDEST);
        let left = ui.max_rect().left() + (room - width) / 2.0;
        let top = ui.cursor().top() + space::S;
        let rect = Rect::from_min_size(pos2(left, top), vec2(width, size::TARGET + 2.0));
        ui.scope_builder(UiBuilder::new().max_rect(rect), |ui| {
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = space::S;
                let texts = scene.texts;
                // With nobody chosen, or several, there is no "here" that could be meant instead.
                let here = scene.model.shown().is_some();
                let everywhere = if here { width_of(ui, texts.search_all()) + space::S } else { 0.0 };
                let field_width = (width - everywhere - size::TARGET - space::S).max(LEAST_FIELD);
                let field = ui.allocate_ui(vec2(field_width, size::TARGET), |ui| {
                    widgets::field(ui, &mut self.text, texts.search(), texts.search_hint())
                });
                let field = field.inner;
                if std::mem::take(&mut self.focus) {
                    field.request_focus();
                }
                if field.changed() {
                    self.typed = Some(ui.input(|input| input.time));
                }
                if here && self.everywhere_switch(ui, texts.search_all()) {
                    self.typed = Some(f64::NEG_INFINITY);
                }
                if widgets::icon_button(ui, icons::X, texts.search_clear()).clicked() {
                    self.close(scene);
                }
            });
        });
        ui.add_space(space::S);
        widgets::rule(ui);
        self.ask(ui, scene);
    }

    fn everywhere_switch(&mut self, ui: &mut Ui, label: &str) -> bool {
        let on = self.everywhere;
        let kind = if on { widgets::Kind::Primary } else { widgets::Kind::Quiet };
        let response = widgets::Button::new(kind, label).show(ui);
        response.widget_info(|| WidgetInfo::selected(Role::Switch, true, on, label));
        if response.clicked() {
            self.everywhere = !on;
            self.focus = true;
        }
        response.clicked()
    }

    fn ask(&mut self, ui: &Ui, scene: &mut Scene<'_>) {
        let Some(typed) = self.typed else { return };
        let waited = ui.input(|input| input.time) - typed;
        if waited < PAUSE {
            ui.ctx().request_repaint_after_secs((PAUSE - waited) as f32);
            return;
        }
        self.typed = None;
        let with = scene.model.shown().filter(|_| !self.everywhere);
        scene.actions.push(Action::Search { text: self.text.trim().to_owned(), with });
    }

    /// What was found; gives back the one that was chosen.
    pub fn show_found(&self, ui: &mut Ui, scene: &mut Scene<'_>) -> Option<(Fingerprint, i64)> {
        let search = scene.model.search.as_ref()?;
        let found = search.found.as_ref()?;
        if found.is_empty() {
            nothing(ui, scene, &search.text);
            return None;
        }
        let room = ui.available_width();
        let margin = design::column_margin(room);
        let width = (room - 2.0 * margin).min(pane::WIDEST);
        let mut chosen = None;
        let area = ScrollArea::vertical().id_salt("found").auto_shrink(false);
        area.show_rows(ui, ROW, found.len(), |ui, rows| {
            ui.spacing_mut().item_spacing.y = 0.0;
            for entry in &found[rows] {
                let (row, _) = ui.allocate_exact_size(vec2(room, ROW), Sense::hover());
                let rect = Rect::from_center_size(row.center(), vec2(width, ROW));
                if show_one(ui, scene, entry, &search.text, rect) {
                    chosen = Some((entry.with, entry.seq));
                }
            }
        });
        chosen
    }
}

fn width_of(ui: &Ui, label: &str) -> f32 {
    super::line::button_width(ui, label)
}

fn nothing(ui: &mut Ui, scene: &Scene<'_>, text: &str) {
    ui.vertical_centered(|ui| {
        ui.add_space(ui.available_height() * 0.2);
        drawings::show(ui, drawings::Drawing::NothingFound, 200.0);
        ui.add_space(space::L);
        ui.label(scene.texts.search_nothing(text));
    });
}

fn show_one(ui: &Ui, scene: &Scene<'_>, entry: &Arc<Entry>, words: &str, rect: Rect) -> bool {
    let (palette, texts) = (Palette::of(ui), scene.texts);
    let name = scene.model.name(entry.with);
    let who = if entry.direction == Direction::Sent { texts.entry_you() } else { &name };
    let response = ui.interact(rect, Id::unique(("found", entry.seq)), Sense::click());
    let over = widgets::hover_amount(ui, &response);
    ui.painter().rect_filled(rect, CornerRadius::same(radius::CONTROL), palette.hover.gamma_multiply(over));
    let face = Rect::from_center_size(pos2(rect.left() + space::S + 20.0, rect.center().y), egui::Vec2::splat(40.0));
    avatar::paint(ui.painter(), face, &entry.with, avatar::Look::default());
    let left = face.right() + space::M;
    let room = rect.right() - space::S - left;
    let when = texts.when(entry.at);
    let when = super::text::small(ui, when, palette.secondary);
    let who = if entry.direction == Direction::Sent { format!("{who} → {name}") } else { name.clone() };
    let head = widgets::one_line(ui, &who, design::small(), palette.secondary, room - when.size().x - space::M);
    let (snippet, marked) = snippet(entry, words);
    let line = marked_line(ui, &snippet, marked, room);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("{who}, {}: {snippet}", when.text())));
    let top = rect.center().y - (head.size().y + line.size().y) / 2.0;
    ui.painter().galley(pos2(left, top), head.clone(), palette.secondary);
    ui.painter().galley(pos2(rect.right() - space::S - when.size().x, top), when.clone(), palette.secondary);
    ui.painter().galley(pos2(left, top + head.size().y), line, palette.text);
    widgets::focus(ui, &response, radius::CONTROL);
    response.clicked()
}

fn marked_line(ui: &Ui, text: &str, marked: Option<Range<usize>>, width: f32) -> Arc<Galley> {
    let palette = Palette::of(ui);
    let plain = TextFormat::simple(design::body(), palette.text);
    let strong = TextFormat { color: palette.accent, background: palette.accent_tint, ..plain.clone() };
    let marked = marked.unwrap_or(0..0);
    let mut job = LayoutJob { wrap: TextWrapping::truncate_at_width(width), ..LayoutJob::default() };
    job.break_on_newline = false;
    job.append(&text[..marked.start], 0.0, plain.clone());
    job.append(&text[marked.clone()], 0.0, strong);
    job.append(&text[marked.end..], 0.0, plain);
    ui.fonts_mut(|fonts| fonts.layout_job(job))
}

/// The part of an entry around what was found, on one line, and where in it the word is.
fn snippet(entry: &Entry, words: &str) -> (String, Option<Range<usize>>) {
    let text = match &entry.body {
        Body::Text(text) => text[..text.floor_char_boundary(LOOKED_THROUGH)].to_owned(),
        Body::Items { items, .. } => items.iter().map(|item| item.name.as_str()).collect::<Vec<_>>().join(", "),
    };
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let found = words.split_whitespace().find_map(|word| find(&text, word));
    let Some(found) = found else { return (text[..text.floor_char_boundary(SNIPPET)].to_owned(), None) };
    let start = text[..found.start].char_indices().rev().nth(BEFORE).map_or(0, |(at, _)| at);
    // With a whole word, where there are spaces between words.
    let start =
        if start == 0 { 0 } else { text[start..found.start].find(' ').map_or(start, |space| start + space + 1) };
    let end = text.floor_char_boundary((start + SNIPPET).max(found.end).min(text.len()));
    let lead = if start > 0 { "…" } else { "" };
    let moved = found.start - start + lead.len()..found.end - start + lead.len();
    (format!("{lead}{}", &text[start..end]), Some(moved))
}

/// Finds a word whatever its case.
fn find(text: &str, word: &str) -> Option<Range<usize>> {
    let wanted: Vec<char> = word.chars().flat_map(char::to_lowercase).collect();
    text.char_indices().find_map(|(start, _)| {
        let mut wanted = wanted.iter();
        for (at, c) in text[start..].char_indices() {
            for lower in c.to_lowercase() {
                match wanted.next() {
                    Some(next) if *next == lower => {}
                    Some(_) => return None,
                    None => return Some(start..start + at),
                }
            }
            if wanted.len() == 0 {
                return Some(start..start + at + c.len_utf8());
            }
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::conversation::samples::received;

    #[test]
    fn the_found_word_is_marked_whatever_its_case() {
        let (text, marked) = snippet(&received(1, 0, "Grüße aus MÜNCHEN an alle"), "münchen");
        assert_eq!(marked.map(|range| text[range].to_owned()).as_deref(), Some("MÜNCHEN"));
        let (text, marked) = snippet(&received(1, 0, "明天几点到？我们在海边等你"), "海边");
        assert_eq!(marked.map(|range| text[range].to_owned()).as_deref(), Some("海边"));
    }

    #[test]
    fn a_word_far_down_is_shown_with_what_stands_around_it() {
        let long = format!("{}\nneedle in here", "hay ".repeat(5_000));
        let (text, marked) = snippet(&received(1, 0, &long), "needle");
        assert!(text.starts_with('…') && text.len() <= SNIPPET + 8);
        assert_eq!(marked.map(|range| text[range].to_owned()).as_deref(), Some("needle"));
        assert_eq!(snippet(&received(1, 0, "nothing"), "else").1, None);
    }
}
