//! What stands between entries: days, "New", and the way back to the newest.

use egui::{CornerRadius, Id, Rect, Sense, Ui, Vec2, WidgetInfo, accesskit::Role, pos2, vec2};

use super::{
    Stage,
    list::{Jump, List},
    rows::Row,
    text,
};
use crate::{
    app::{
        design::{self, Palette, size, space},
        icons, widgets,
    },
    i18n::Texts,
};

const DAY: f32 = 52.0;
const NEW: f32 = 40.0;

/// What stands for entries that are not loaded is about as high as they will be.
const UNLOADED: f32 = 72.0;

/// Together no higher than this, in points: single-precision positions are exact to a quarter of a point there.
const HIGHEST: f32 = 4_000_000.0;

/// Further from the end than this, there is a button that leads back, in points.
const FAR: f32 = 240.0;

/// The button that leads back.
const BUTTON: f32 = 40.0;

/// The height of an entry that is not loaded, where so many are not.
pub fn unloaded(count: u64) -> f32 {
    UNLOADED.min(HIGHEST / count.max(1) as f32)
}

/// `unloaded`: the height of one that is not loaded.
pub fn height(row: &Row, unloaded: f32) -> f32 {
    match row {
        Row::Older(count) | Row::Newer(count) => *count as f32 * unloaded,
        Row::Day { .. } => DAY,
        Row::New => NEW,
        Row::Entry { .. } => 0.0,
    }
}

pub fn show(ui: &Ui, texts: &Texts, row: &Row, rect: Rect) {
    let palette = Palette::of(ui);
    match row {
        Row::Older(_) | Row::Newer(_) => {
            // In the middle of what is seen of it, for the moment until they are there.
            let middle = rect.intersect(ui.clip_rect()).center();
            icons::paint(ui.painter(), middle, icons::DOTS_THREE, size::ICON, palette.secondary);
        }
        Row::Day { at, seq } => {
            let words = text::small(ui, texts.day(*at), palette.secondary);
            // A little lower than the middle: it belongs to what follows.
            let middle = pos2(rect.center().x, rect.top() + DAY * 0.6);
            name(ui, Id::unique(("day", *seq)), Rect::from_center_size(middle, words.size()), words.text());
            ui.painter().galley(middle - words.size() / 2.0, words, palette.secondary);
        }
        Row::New => {
            let words = text::small(ui, texts.new_messages(), palette.accent);
            let middle = pos2(rect.center().x, rect.top() + NEW * 0.6);
            let place = Rect::from_center_size(middle, words.size());
            let stroke = egui::Stroke::new(1.0, palette.accent.gamma_multiply(0.4));
            ui.painter().hline(rect.left()..=place.left() - space::M, middle.y, stroke);
            ui.painter().hline(place.right() + space::M..=rect.right(), middle.y, stroke);
            name(ui, Id::unique("new entries"), place, words.text());
            ui.painter().galley(place.min, words, palette.accent);
        }
        Row::Entry { .. } => {}
    }
}

fn name(ui: &Ui, id: Id, rect: Rect, words: &str) {
    let response = ui.interact(rect, id, Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, words));
}

/// A round button over the list, while its end is far away.
pub fn to_newest(ui: &Ui, stage: &Stage<'_>, view: Rect, list: &mut List, offset: f32, total: f32) {
    if list.at_end() || total - view.height() - offset < FAR {
        return;
    }
    let palette = Palette::of(ui);
    let rect = Rect::from_min_size(view.right_bottom() - Vec2::splat(BUTTON + space::L), Vec2::splat(BUTTON));
    let response = ui.interact(rect, Id::unique("to the newest"), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, stage.texts.to_newest()));
    let over = widgets::hover_amount(ui, &response);
    let round = CornerRadius::same((BUTTON / 2.0) as u8);
    ui.painter().add(design::float_shadow(palette).as_shape(rect, round));
    ui.painter().rect(rect, round, palette.card, design::hairline(palette), egui::StrokeKind::Inside);
    ui.painter().rect_filled(rect, round, palette.hover.gamma_multiply(over));
    icons::paint(ui.painter(), rect.center(), icons::ARROW_DOWN, size::ICON, palette.text);
    widgets::focus(ui, &response, (BUTTON / 2.0) as u8);
    let unread = stage.model.shown().and_then(|who| stage.model.computer(who)).map_or(0, |computer| computer.unread);
    if unread > 0 {
        widgets::badge(ui, rect.right_top() + vec2(6.0, 2.0), unread);
    }
    if response.on_hover_text(stage.texts.to_newest()).clicked() {
        list.jump(Jump::End);
    }
}
