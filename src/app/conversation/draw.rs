//! Drawing one entry that was laid out.

use egui::{
    CornerRadius, Event, Id, Key, Modifiers, Rect, Response, Sense, StrokeKind, Ui, UiBuilder, WidgetInfo,
    accesskit::Role, pos2, vec2,
};

use super::{
    Stage, acts, card,
    entry::{self, BAR, GAP_BAR, GAP_PARTS, Laid, MORE_ROW, PADDING, Part, Shown},
    reader,
    status::Status,
    words,
};
use crate::{
    app::{
        actions::{Action, ViewerTarget},
        album,
        design::{self, Palette, radius},
    },
    store::model::Body,
};

/// Where neighbours of one group meet, corners are less round.
const JOINT: u8 = 5;

/// Between a bubble and the buttons beside it.
const BESIDE: f32 = 6.0;

/// An entry's id, whatever computer it is from.
pub fn id_of(seq: i64) -> Id {
    Id::unique(("conversation entry", seq))
}

/// Draws it into its row. Gives back whether the keyboard is on it or in it.
pub fn show(ui: &mut Ui, stage: &mut Stage<'_>, row: Rect, shown: &Shown, laid: &Laid, flash: f32) -> bool {
    let id = id_of(shown.entry.seq);
    let right = shown.sent();
    let top = row.top() + laid.gap;
    let place = Rect::from_min_max(pos2(row.left(), top), row.max);
    let response = ui.interact(place, id, Sense::click());
    response.widget_info(|| {
        let name = stage.model.name(shown.entry.with);
        WidgetInfo::labeled(Role::ListItem, true, words::spoken(stage.texts, &shown.entry, &laid.status, &name))
    });

    let width = laid.bubble_width();
    let left = if right { row.right() - width } else { row.left() };
    let mut inside = Inside { ids: Vec::new(), focused: response.has_focus() };
    let mut y = top;
    for (part, size) in &laid.parts {
        let x = if right { row.right() - size.x } else { row.left() };
        show_part(ui, stage, &mut inside, Rect::from_min_size(pos2(x, y), *size), shown, laid, part);
        y += size.y + GAP_PARTS;
    }
    let bubble = Rect::from_min_max(pos2(left, top), pos2(left + width, y - GAP_PARTS));
    ring(ui, &response, bubble, flash);
    let mut below = bubble.bottom();
    if let Some((part, rests)) = laid.bar {
        below += GAP_BAR;
        bar(ui, Rect::from_min_size(pos2(left, below), vec2(width, BAR)), part, rests);
        below += BAR;
    }
    below += 4.0;
    for (number, line) in laid.lines.iter().enumerate() {
        for button in line.show(ui, stage, id.with(("line", number)), bubble, below, right) {
            inside.note(&button);
        }
        below += line.height;
    }
    around(ui, stage, &mut inside, row, bubble, shown, laid, &response);
    inside.focused |= ui.memory(|memory| memory.focused().is_some_and(|focused| inside.ids.contains(&focused)));
    inside.focused
}

/// What of the entry takes the keyboard.
struct Inside {
    ids: Vec<Id>,
    focused: bool,
}

impl Inside {
    fn note(&mut self, response: &Response) {
        self.ids.push(response.id);
    }
}

fn show_part(
    ui: &mut Ui,
    stage: &mut Stage<'_>,
    inside: &mut Inside,
    rect: Rect,
    shown: &Shown,
    laid: &Laid,
    part: &Part,
) {
    let id = id_of(shown.entry.seq);
    match part {
        Part::Gesture(text) => {
            text.show(ui, id.with("text"), rect.min);
        }
        Part::Text(text) => {
            bubble(ui, rect, shown, laid);
            let (_, link) = text.show(ui, id.with("text"), rect.min + PADDING);
            stage.actions.extend(link.map(Action::OpenLink));
            if text.cut {
                more_row(ui, stage, inside, rect, shown);
            }
        }
        Part::Card(card) => {
            bubble(ui, rect, shown, laid);
            inside.ids.extend(card.show(ui, stage, id.with("item"), rect, shown, &laid.status));
        }
        Part::Album(pictures) => show_album(ui, stage, inside, rect, shown, pictures),
    }
}

fn show_album(ui: &mut Ui, stage: &mut Stage<'_>, inside: &mut Inside, rect: Rect, shown: &Shown, pictures: &[usize]) {
    let Body::Items { items, .. } = &shown.entry.body else { return };
    let shown_items: Vec<_> = pictures.iter().map(|at| &items[*at]).collect();
    let thumbnails = stage.thumbnails(&shown.entry);
    let builder = UiBuilder::new().max_rect(rect).id_salt(("album", shown.entry.seq));
    let mut child = ui.new_child(builder);
    let response = album::show(&mut child, stage.previews, stage.texts, &shown_items, &thumbnails, rect.width());
    // Hovered by pointer or focused by keyboard; the pointer is noticed anyway.
    inside.focused |= response.hovered.is_some() && !ui.rect_contains_pointer(rect);
    if let Some(item) = response.open.and_then(|at| shown_items.get(at)) {
        let entry = &shown.entry;
        let target = ViewerTarget { with: entry.with, seq: entry.seq, item: item.index };
        stage.actions.push(Action::View(target));
    }
}

/// "Show all of it" and "Save as a file…" at the foot of a long text.
fn more_row(ui: &Ui, stage: &mut Stage<'_>, inside: &mut Inside, rect: Rect, shown: &Shown) {
    let Body::Text(text) = &shown.entry.body else { return };
    let foot = Rect::from_min_max(pos2(rect.left(), rect.bottom() - MORE_ROW), rect.max);
    let palette = Palette::of(ui);
    let line = foot.left() + PADDING.x..=foot.right() - PADDING.x;
    ui.painter().hline(line, foot.top(), design::hairline(palette));
    let id = id_of(shown.entry.seq).with("long");
    let half = vec2(foot.width() / 2.0, MORE_ROW);
    let all = card::words_button(ui, id.with("all"), Rect::from_min_size(foot.min, half), stage.texts.text_show_all());
    let save = Rect::from_min_size(foot.min + vec2(half.x, 0.0), half);
    let save = card::words_button(ui, id.with("save"), save, stage.texts.text_save());
    inside.note(&all);
    inside.note(&save);
    if all.clicked() {
        *stage.reader = Some(reader::Reader::new(shown.entry.clone()));
    }
    if save.clicked() {
        stage.actions.push(Action::SaveText(text.clone()));
    }
}

fn bubble(ui: &Ui, rect: Rect, shown: &Shown, laid: &Laid) {
    let palette = Palette::of(ui);
    let corner = corners(shown.sent(), laid.place);
    let fill = if shown.sent() { palette.accent_tint } else { palette.bubble };
    ui.painter().rect_filled(rect, corner, fill);
    if !shown.sent() && !ui.visuals().dark_mode {
        // White on nearly white: the edge is what shows it.
        ui.painter().rect_stroke(rect, corner, design::hairline(palette), StrokeKind::Inside);
    }
}

fn corners(right: bool, place: entry::Place) -> CornerRadius {
    let round = radius::CARD;
    let upper = if place.first { round } else { JOINT };
    let lower = if place.last { round } else { JOINT };
    if right {
        CornerRadius { nw: round, sw: round, ne: upper, se: lower }
    } else {
        CornerRadius { nw: upper, sw: lower, ne: round, se: round }
    }
}

/// How far it is: in the accent while it moves, dim while it rests.
fn bar(ui: &Ui, rect: Rect, part: f32, rests: bool) {
    let palette = Palette::of(ui);
    let corner = CornerRadius::same(2);
    ui.painter().rect_filled(rect, corner, palette.hairline);
    let done = Rect::from_min_size(rect.min, vec2((rect.width() * part).max(BAR), BAR));
    ui.painter().rect_filled(done, corner, if rests { palette.secondary.gamma_multiply(0.6) } else { palette.accent });
}

/// Where the keyboard is, or what a search led to.
fn ring(ui: &Ui, response: &Response, bubble: Rect, flash: f32) {
    let palette = Palette::of(ui);
    let corner = CornerRadius::same(radius::CARD + 3);
    if flash > 0.0 {
        let color = palette.accent.gamma_multiply(flash);
        ui.painter().rect_stroke(bubble.expand(3.0), corner, egui::Stroke::new(2.0, color), StrokeKind::Inside);
    }
    if response.has_focus() {
        ui.painter().rect_stroke(bubble.expand(3.0), corner, design::focus_ring(palette), StrokeKind::Inside);
    }
}

/// The buttons beside it, its menu, and its keys.
#[expect(clippy::too_many_arguments, reason = "where it lies, what it is, and what becomes of it")]
fn around(
    ui: &mut Ui,
    stage: &mut Stage<'_>,
    inside: &mut Inside,
    row: Rect,
    bubble: Rect,
    shown: &Shown,
    laid: &Laid,
    response: &Response,
) {
    let id = response.id;
    let menu_open = response.context_menu_opened();
    let more_open = egui::Popup::is_id_open(ui.ctx(), acts::menu_id(id));
    let focused = inside.focused || *stage.focus_within == Some(shown.entry.seq);
    let wanted = response.container_hovered() || focused || menu_open || more_open;
    if !wanted {
        return;
    }
    let acts = entry::acts(stage, shown, laid);
    if acts.is_empty() {
        return;
    }
    if response.has_focus() {
        keys(ui, stage, shown, &laid.status);
    }
    // Beside what is in view of a tall one.
    let seen = bubble.y_range().intersection(ui.clip_rect().y_range());
    let free = if shown.sent() {
        Rect::from_x_y_ranges(row.left()..=bubble.left() - BESIDE, seen)
    } else {
        Rect::from_x_y_ranges(bubble.right() + BESIDE..=row.right(), seen)
    };
    inside.ids.extend(acts::show_beside(ui, stage, id, bubble, free, shown.sent(), &acts));
    let rows_have_menus = laid.parts.iter().any(|(part, _)| matches!(part, Part::Card(_)));
    if !rows_have_menus {
        response.container_context_menu(|ui| acts::menu(ui, stage, &acts));
    }
}

/// Keys of an entry that has the focus itself: copy its words, look at its pictures, send it sooner.
fn keys(ui: &Ui, stage: &mut Stage<'_>, shown: &Shown, status: &Status) {
    let entry = &shown.entry;
    for act in acts::flow(stage, shown, status) {
        let key = match act.action {
            Action::Sooner { first: false, .. } => Key::ArrowUp,
            Action::Sooner { first: true, .. } => Key::Home,
            _ => continue,
        };
        if ui.input_mut(|input| input.consume_key(Modifiers::ALT, key)) {
            stage.actions.push(act.action);
        }
    }
    let enter = ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Enter));
    let copy = ui.input(|input| input.events.iter().any(|event| matches!(event, Event::Copy)));
    match &entry.body {
        Body::Text(text) if copy => stage.actions.push(Action::CopyText(text.clone())),
        Body::Text(_) if enter => {}
        Body::Items { items, .. } => {
            let here = |item| Some((item, acts::here(entry, item)?));
            // Pictures stand above everything else.
            let picture = items.iter().filter(|item| album::is_picture(stage.previews, item)).find_map(here);
            let Some((item, path)) = picture.or_else(|| items.iter().find_map(here)) else { return };
            if copy {
                stage
                    .actions
                    .push(Action::CopyFiles(items.iter().filter_map(|item| acts::here(entry, item)).collect()));
            } else if enter && album::is_picture(stage.previews, item) {
                let target = ViewerTarget { with: entry.with, seq: entry.seq, item: item.index };
                stage.actions.push(Action::View(target));
            } else if enter {
                stage.actions.push(Action::Open(path));
            }
        }
        Body::Text(_) => {}
    }
}
