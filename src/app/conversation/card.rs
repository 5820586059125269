//! Files and folders: a card with a row for each, saying what it is, how large, and how far.

use std::{ops::RangeInclusive, path::Path, sync::Arc};

use egui::{
    Color32, CornerRadius, CursorIcon, FontFamily, FontId, Galley, Id, Rect, Response, Sense, TextureId, Ui, Vec2,
    WidgetInfo, accesskit::Role, epaint::RectShape, pos2, vec2,
};

use super::{
    Stage, acts,
    entry::Shown,
    kinds, names,
    status::{self, Status},
    text, words,
};
use crate::{
    app::{
        actions::Action,
        album,
        design::{self, Palette, size, space},
        fonts, icons,
        previews::Preview,
        widgets,
    },
    pictures::PictureError,
    store::model::{Body, Entry, Item, ItemState},
};

/// Where there are more texts none shows how it begins: they would push everything else away.
const BEGINNINGS: usize = 3;

/// Around the first lines, and their height.
const EXCERPT: Vec2 = vec2(10.0, 8.0);
const EXCERPT_LINE: f32 = 17.0;

/// Where there are more pages and films none shows a picture: each costs a run of the system's program.
const PAGES: usize = 6;

/// Height of what is seen of a page, at most; a film that stands upright is cut as well.
const PAGE: f32 = 200.0;

/// Height of one item.
pub const ROW: f32 = 56.0;

/// More are shown when this person wants to see them.
pub const ROWS_AT_FIRST: usize = 5;

const WIDTH: f32 = 320.0;
const PADDING: f32 = 4.0;
const TILE: f32 = 40.0;

#[derive(Debug)]
pub struct Laid {
    rows: Vec<Row>,
    /// How many items are not shown; the last row says so.
    hidden: usize,
    pub size: Vec2,
}

#[derive(Debug)]
struct Row {
    /// Index into the entry's items.
    at: usize,
    name: Arc<Galley>,
    note: Arc<Galley>,
    /// How a text begins.
    excerpt: Vec<Arc<Galley>>,
    /// The first page, or a frame of a film.
    page: Option<Page>,
    icon: &'static str,
    color: Color32,
    /// It lies here and can be opened.
    opens: bool,
    height: f32,
}

/// What the system shows of a file.
#[derive(Debug)]
struct Page {
    /// Once it is there.
    texture: Option<TextureId>,
    uv: Rect,
    size: Vec2,
}

impl Laid {
    pub fn new(
        ui: &Ui,
        stage: &mut Stage<'_>,
        entry: &Entry,
        items: &[Item],
        which: &[usize],
        width: RangeInclusive<f32>,
    ) -> Self {
        let width = WIDTH.max(*width.start()).min(*width.end());
        let all = which.len() <= ROWS_AT_FIRST + 1 || stage.expanded.contains(&entry.seq);
        let count = if all { which.len() } else { ROWS_AT_FIRST };
        let texts = which.iter().filter(|at| kinds::may_be_text(&items[**at].name)).count();
        let pages = which.iter().filter(|at| kinds::system_may_show(&items[**at].name)).count();
        let looks = Looks { texts: texts <= BEGINNINGS, pages: pages <= PAGES };
        let rows: Vec<Row> =
            which[..count].iter().map(|at| Row::new(ui, stage, entry, &items[*at], *at, looks, width)).collect();
        let hidden = which.len() - count;
        let mut height = rows.iter().map(|row| row.height).sum::<f32>() + 2.0 * PADDING;
        if hidden > 0 {
            height += size::TARGET;
        }
        Self { rows, hidden, size: vec2(width, height) }
    }

    /// Draws the rows into `rect`. The card itself is drawn already.
    pub fn show(
        &self,
        ui: &mut Ui,
        stage: &mut Stage<'_>,
        id: Id,
        rect: Rect,
        shown: &Shown,
        status: &Status,
    ) -> Vec<Id> {
        let mut top = rect.top() + PADDING;
        let mut ids = Vec::new();
        for row in &self.rows {
            let place = Rect::from_min_size(pos2(rect.left(), top), vec2(rect.width(), row.height));
            if ui.is_rect_visible(place) {
                ids.extend(row.show(ui, stage, id.with(row.at), place, shown, status).map(|row| row.id));
            }
            top += row.height;
        }
        if self.hidden > 0 {
            let place = Rect::from_min_size(pos2(rect.left(), top), vec2(rect.width(), size::TARGET));
            let label = stage.texts.and_more(self.hidden as u64);
            let response = words_button(ui, id.with("all"), place, &label);
            if response.clicked() {
                stage.expanded.insert(shown.entry.seq);
            }
            ids.push(response.id);
        }
        ids
    }
}

/// Whether rows show what is inside.
#[derive(Clone, Copy, Debug)]
struct Looks {
    texts: bool,
    pages: bool,
}

impl Row {
    fn new(ui: &Ui, stage: &mut Stage<'_>, entry: &Entry, item: &Item, at: usize, looks: Looks, width: f32) -> Self {
        let palette = Palette::of(ui);
        let alone = matches!(&entry.body, Body::Items { items, .. } if items.len() == 1);
        let room = width - space::M - TILE - space::M - space::M;
        let body = |text: &str| widgets::one_line(ui, text, design::body(), palette.text, f32::INFINITY);
        let name = body(&names::elide(&item.name, room, |text| body(text).size().x));

        let running = stage.model.running(entry.with, entry.transfer);
        let part = (!alone).then(|| status::item_part(item, running)).flatten();
        let path = acts::here(entry, item);
        let gone = path.as_ref().filter(|path| stage.look_for(path));
        if let Some(path) = path.as_ref().filter(|_| gone.is_none() && album::might_be_picture(item)) {
            stage.previews.look_again(ui.ctx(), path);
        }
        let beginning = path.as_ref().filter(|_| gone.is_none()).and_then(|path| stage.whereabouts.beginning(path));
        let page = path.as_ref().filter(|_| gone.is_none() && looks.pages && kinds::system_may_show(&item.name));
        let page = page.and_then(|path| Page::new(ui, stage, path, &item.name, width - 2.0 * space::M));
        let unseen = path.as_ref().and_then(|path| stage.previews.failure(path));
        let failed = matches!(item.state, ItemState::Failed(_));
        let incomplete = matches!(item.state, ItemState::SavedWithout { .. });
        let (note, color) = if let Some(path) = gone {
            (stage.texts.state_moved(&path.display().to_string()), palette.warn)
        } else {
            let mut note = words::item_facts(stage.texts, item, beginning.is_some());
            if let Some(more) = words::item_note(stage.texts, item, part) {
                note = format!("{note} · {more}");
            } else if matches!(unseen, Some(PictureError::NeedsSystem(_))) {
                note = format!("{note} · {}", stage.texts.file_unseen());
            }
            let color = match item.state {
                ItemState::Failed(_) => palette.bad,
                ItemState::SavedWithout { .. } => palette.warn,
                _ => palette.secondary,
            };
            (note, color)
        };
        let note = text::wrapped(ui, note, size::SMALL, text::SMALL_LINE_HEIGHT, color, room);
        let icon = if gone.is_some() || failed { icons::FILE_X } else { kinds::item_icon(item) };
        let color = if failed {
            palette.bad
        } else if gone.is_some() || incomplete {
            palette.warn
        } else {
            palette.accent
        };
        let family = if kinds::is_code(&item.name) { fonts::fixed() } else { FontFamily::Proportional };
        let font = FontId::new(size::SMALL, family);
        let room = width - 2.0 * (space::M + EXCERPT.x);
        let lay = |line: &String| widgets::one_line(ui, line, font.clone(), palette.secondary, room);
        let excerpt: Vec<_> =
            beginning.iter().filter(|_| looks.texts).flat_map(|lines| lines.iter()).map(lay).collect();
        let head = ROW.max(text::LINE_HEIGHT + note.size().y + 2.0 * space::S);
        let opens = path.is_some() && gone.is_none();
        let row = Self { at, name, note, excerpt, page, icon, color, opens, height: head };
        Self { height: head + row.inside_height(), ..row }
    }

    /// Of what is shown of the file's inside, below its name.
    fn inside_height(&self) -> f32 {
        let lines = self.excerpt.len() as f32 * EXCERPT_LINE + 2.0 * EXCERPT.y;
        match &self.page {
            Some(page) => page.size.y + space::S,
            None if self.excerpt.is_empty() => 0.0,
            None => lines + space::S,
        }
    }

    fn show(
        &self,
        ui: &mut Ui,
        stage: &mut Stage<'_>,
        id: Id,
        rect: Rect,
        shown: &Shown,
        status: &Status,
    ) -> Option<Response> {
        let Body::Items { items, .. } = &shown.entry.body else { return None };
        let item = items.get(self.at)?;
        let sense = if self.opens { Sense::click() } else { Sense::hover() };
        let mut response = ui.interact(rect, id, sense);
        let said = format!("{}, {}", item.name, self.note.text());
        let role = if self.opens { Role::Button } else { Role::Label };
        response.widget_info(|| WidgetInfo::labeled(role, ui.is_enabled(), &said));
        let palette = Palette::of(ui);
        let face = rect.shrink2(vec2(PADDING, 0.0));
        if self.opens {
            response = response.on_hover_cursor(CursorIcon::PointingHand);
            if response.hovered() {
                ui.painter().rect_filled(face, CornerRadius::same(design::radius::CARD - 4), palette.hover);
            }
            if response.has_focus() {
                let corner = CornerRadius::same(design::radius::CARD - 4);
                ui.painter().rect_stroke(face, corner, design::focus_ring(palette), egui::StrokeKind::Inside);
            }
        }
        let tile = Rect::from_min_size(rect.min + vec2(space::M, (ROW - TILE) / 2.0), Vec2::splat(TILE));
        ui.painter().rect_filled(tile, CornerRadius::same(design::radius::CONTROL), self.color.gamma_multiply(0.12));
        icons::paint(ui.painter(), tile.center(), self.icon, 22.0, self.color);
        let words = self.name.size().y + self.note.size().y;
        let head = rect.height() - self.inside_height();
        let at = pos2(tile.right() + space::M, rect.top() + (head - words) / 2.0);
        ui.painter().galley(at, self.name.clone(), palette.text);
        ui.painter().galley(at + vec2(0.0, self.name.size().y), self.note.clone(), palette.secondary);

        if let Some(page) = &self.page {
            let at = pos2(rect.left() + space::M, rect.top() + head);
            page.paint(ui, Rect::from_min_size(at, page.size));
        } else if !self.excerpt.is_empty() {
            let face = Rect::from_min_max(
                pos2(rect.left() + space::M, rect.top() + head),
                pos2(rect.right() - space::M, rect.bottom() - space::S),
            );
            let ground = palette.text.gamma_multiply(0.05);
            ui.painter().rect_filled(face, CornerRadius::same(design::radius::CONTROL), ground);
            let mut at = face.min + EXCERPT;
            for line in &self.excerpt {
                ui.painter().galley(at, line.clone(), palette.secondary);
                at.y += EXCERPT_LINE;
            }
        }
        if let Some(path) = item.path.clone().filter(|_| self.opens && response.clicked()) {
            stage.actions.push(Action::Open(path));
        }
        if self.opens {
            let mut acts = acts::of_item(stage, &shown.entry, item);
            acts.extend(acts::flow(stage, shown, status));
            acts.extend(acts::ends(stage, shown, status));
            response.context_menu(|ui| acts::menu(ui, stage, &acts));
        }
        let shortened = self.name.text() != item.name;
        Some(if shortened { response.on_hover_text(&item.name) } else { response })
    }
}

impl Page {
    /// `None` while nothing is known of it, or the system shows nothing.
    fn new(ui: &Ui, stage: &mut Stage<'_>, path: &Path, name: &str, width: f32) -> Option<Self> {
        let (texture, original) = match stage.previews.preview(ui.ctx(), path, vec2(width, PAGE)) {
            Preview::Ready { texture, original, .. } => (Some(texture), original),
            Preview::Loading(Some(original)) => (None, original),
            Preview::Loading(None) | Preview::Failed(_) => return None,
        };
        let all = width / original.aspect();
        let size = vec2(width, all.min(PAGE).round());
        let part = (size.y / all).min(1.0);
        let top = if kinds::is_film(name) { (1.0 - part) / 2.0 } else { 0.0 };
        let uv = Rect::from_min_max(pos2(0.0, top), pos2(1.0, top + part));
        Some(Self { texture, uv, size })
    }

    fn paint(&self, ui: &Ui, rect: Rect) {
        let palette = Palette::of(ui);
        let corner = CornerRadius::same(design::radius::CONTROL);
        match self.texture {
            Some(texture) => {
                let shape = RectShape::filled(rect, corner, Color32::WHITE).with_texture(texture, self.uv);
                ui.painter().add(shape);
            }
            None => _ = ui.painter().rect_filled(rect, corner, palette.text.gamma_multiply(0.05)),
        }
        // White paper on a white card has an edge, too.
        let edge = egui::Stroke::new(1.0, palette.text.gamma_multiply(0.12));
        ui.painter().rect_stroke(rect, corner, edge, egui::StrokeKind::Inside);
    }
}

/// Words across a card that can be clicked.
pub fn words_button(ui: &Ui, id: Id, rect: Rect, label: &str) -> Response {
    let response = ui.interact(rect, id, Sense::click()).on_hover_cursor(CursorIcon::PointingHand);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), label));
    let palette = Palette::of(ui);
    let face = rect.shrink2(vec2(PADDING, 2.0));
    if response.hovered() {
        ui.painter().rect_filled(face, CornerRadius::same(design::radius::CONTROL), palette.hover);
    }
    let words = widgets::one_line(ui, label, design::body(), palette.accent, rect.width() - 2.0 * space::M);
    ui.painter().galley(rect.center() - words.size() / 2.0, words, palette.accent);
    if response.has_focus() {
        let ring = design::focus_ring(palette);
        ui.painter().rect_stroke(face, design::radius::CONTROL, ring, egui::StrokeKind::Inside);
    }
    response
}
