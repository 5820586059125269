//! The line below an entry: when, how it stands in words and with an icon, and the one thing to do about it.

use std::sync::Arc;

use egui::{
    Color32, CursorIcon, FontId, Galley, Id, Pos2, Rect, Response, Sense, Ui, WidgetInfo,
    accesskit::Role,
    pos2,
    text::{LayoutJob, TextFormat, TextWrapping},
    vec2,
};

use super::{
    Stage,
    acts::{self, Act},
    entry::{Place, Shown, lay},
    status::Status,
    text::{self, SMALL_LINE_HEIGHT},
    words,
};
use crate::{
    app::{
        album,
        design::{self, Palette, size, space},
        icons, widgets,
    },
    store::model::{Body, Entry},
};

/// A name of a file in the line is at most so long.
const NAME_WIDTH: f32 = 220.0;

/// From the left edge of the icon to the words behind it.
const FLOW: f32 = size::ICON_SMALL + space::L;

#[derive(Debug)]
pub struct Line {
    icon: Option<(&'static str, Color32)>,
    galley: Arc<Galley>,
    /// To pause or to continue: an icon before the words.
    flow: Option<Act>,
    act: Option<Act>,
    /// The words on the button, and whether they stand on a row of their own.
    button: Option<(Arc<Galley>, bool)>,
    pub height: f32,
    width: f32,
}

/// The lines of an entry: one, or one per computer it was sent to, or none in the middle of a group.
pub fn of(ui: &Ui, stage: &Stage<'_>, shown: &Shown, status: &Status, place: Place, widest: f32) -> Vec<Line> {
    if !shown.recipients.is_empty() {
        let each = |entry: &Arc<Entry>| {
            let status = stage.status(entry);
            let name = stage.model.name(entry.with);
            let said = words::sentence(stage.texts, &status, &name, true);
            // "Saved on Office PC" names the computer already, "Sending 63 %" does not.
            let said = if said.contains(&name) { said } else { format!("{name}: {said}") };
            Line::new(ui, stage, entry, &status, &[stage.texts.time_of_day(entry.at)], &said, widest)
        };
        return shown.recipients.iter().map(each).collect();
    }
    let entry = &shown.entry;
    let is_text = matches!(entry.body, Body::Text(_));
    if is_text && !place.last && !status.stands_out() {
        return Vec::new();
    }
    let mut facts = what(ui, stage, entry);
    facts.push(stage.texts.time_of_day(entry.at));
    let said = words::sentence(stage.texts, status, &stage.model.name(entry.with), shown.sent());
    vec![Line::new(ui, stage, entry, status, &facts, &said, widest)]
}

/// Name and size of pictures, which have no card that says so.
fn what(ui: &Ui, stage: &Stage<'_>, entry: &Entry) -> Vec<String> {
    let Body::Items { items, bytes, .. } = &entry.body else { return Vec::new() };
    let all_pictures = items.iter().all(|item| album::is_picture(stage.previews, item));
    match &items[..] {
        [item] if all_pictures => {
            let width = |text: &str| text::small(ui, text, Color32::PLACEHOLDER).size().x;
            vec![super::names::elide(&item.name, NAME_WIDTH, width), stage.texts.size(item.size)]
        }
        several if all_pictures => vec![stage.texts.pictures(several.len() as u64), stage.texts.size(*bytes)],
        _ => Vec::new(),
    }
}

impl Line {
    fn new(
        ui: &Ui,
        stage: &Stage<'_>,
        entry: &Arc<Entry>,
        status: &Status,
        facts: &[String],
        said: &str,
        widest: f32,
    ) -> Self {
        let palette = Palette::of(ui);
        let icon = words::mark(palette, status);
        let color = match status {
            Status::Stopped(_) => palette.bad,
            Status::Declined | Status::Partly { .. } | Status::SavedWithout { .. } => palette.warn,
            _ => palette.secondary,
        };
        let facts = facts.join(" · ");
        let format = |color| TextFormat {
            line_height: Some(SMALL_LINE_HEIGHT),
            ..TextFormat::simple(FontId::proportional(size::SMALL), color)
        };
        let mut job = LayoutJob::default();
        job.append(&facts, 0.0, format(palette.secondary));
        if !said.is_empty() {
            job.append(" · ", 0.0, format(palette.secondary));
            job.append(said, 0.0, format(color));
        }
        let indent = if icon.is_some() { size::ICON_SMALL + space::XS } else { 0.0 };
        job.wrap = TextWrapping::wrap_at_width((widest - indent).max(80.0));
        let galley = lay(ui, job);

        let act = acts::to_end_or_begin(stage, entry, status);
        let words = act.as_ref().map(|act| text::small(ui, act.label.as_str(), palette.accent));
        let beside = indent + galley.size().x;
        let flow = acts::pause_or_continue(stage, entry, status);
        let before = if flow.is_some() { FLOW } else { 0.0 };
        let button = words.map(|words| {
            let below = beside + space::M + before + words.size().x > widest;
            (words, below)
        });
        let (mut width, mut height) = (beside, galley.size().y);
        if let Some((words, below)) = &button {
            if *below {
                width = width.max(before + words.size().x);
                height += SMALL_LINE_HEIGHT + space::XS;
            } else {
                width += space::M + before + words.size().x;
            }
        }
        Self { icon, galley, flow, act, button, height, width }
    }

    /// Paints it below a bubble, from `left` or up to `right`. Gives back its buttons.
    pub fn show(&self, ui: &Ui, stage: &mut Stage<'_>, id: Id, bubble: Rect, top: f32, right: bool) -> Vec<Response> {
        let palette = Palette::of(ui);
        let left = if right { bubble.right() - self.width } else { bubble.left() };
        let mut at = pos2(left, top);
        if let Some((icon, color)) = self.icon {
            icons::paint(
                ui.painter(),
                at + vec2(size::ICON_SMALL, SMALL_LINE_HEIGHT) / 2.0,
                icon,
                size::ICON_SMALL,
                color,
            );
            at.x += size::ICON_SMALL + space::XS;
        }
        ui.painter().galley(at, self.galley.clone(), palette.secondary);
        let rect = Rect::from_min_size(at, self.galley.size());
        let said = ui.interact(rect, id, Sense::hover());
        said.widget_info(|| WidgetInfo::labeled(Role::Label, true, self.galley.text()));
        let (Some((words, below)), Some(act)) = (&self.button, &self.act) else { return Vec::new() };
        let before = if self.flow.is_some() { FLOW } else { 0.0 };
        let at = if *below {
            let row = before + words.size().x;
            pos2(if right { bubble.right() - row } else { left }, rect.bottom() + space::XS)
        } else {
            pos2(rect.right() + space::M, rect.bottom() - SMALL_LINE_HEIGHT)
        };
        let mut buttons = Vec::with_capacity(2);
        if let Some(flow) = &self.flow {
            let middle = at + vec2(size::ICON_SMALL, words.size().y) / 2.0;
            let target = Rect::from_center_size(middle, vec2(FLOW, size::TARGET));
            let response = icon_button(ui, id.with("flow"), target, flow);
            if response.clicked() {
                stage.actions.push(flow.action.clone());
            }
            buttons.push(response);
        }
        let response = small_button(ui, id.with("act"), at + vec2(before, 0.0), words, &act.label);
        if response.clicked() {
            stage.actions.push(act.action.clone());
        }
        buttons.push(response);
        buttons
    }
}

/// An icon to click in a line of small text.
fn icon_button(ui: &Ui, id: Id, target: Rect, act: &Act) -> Response {
    let response = ui.interact(target, id, Sense::click()).on_hover_cursor(CursorIcon::PointingHand);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), &act.label));
    let palette = Palette::of(ui);
    let color = if response.hovered() { palette.accent_hover } else { palette.accent };
    icons::paint(ui.painter(), target.center(), act.icon, size::ICON_SMALL, color);
    if response.has_focus() {
        let face = Rect::from_center_size(target.center(), egui::Vec2::splat(size::ICON_SMALL + space::S));
        ui.painter().rect_stroke(face, 4.0, design::focus_ring(palette), egui::StrokeKind::Outside);
    }
    response.on_hover_text(&act.label)
}

/// Words to click in a line of small text; its target is as large as any.
fn small_button(ui: &Ui, id: Id, at: Pos2, words: &Arc<Galley>, label: &str) -> Response {
    let rect = Rect::from_min_size(at, words.size());
    let target = Rect::from_center_size(rect.center(), vec2(rect.width() + 2.0 * space::S, size::TARGET));
    let response = ui.interact(target, id, Sense::click()).on_hover_cursor(CursorIcon::PointingHand);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), label));
    let palette = Palette::of(ui);
    let color = if response.hovered() { palette.accent_hover } else { palette.accent };
    ui.painter().galley_with_override_text_color(at, words.clone(), color);
    if response.hovered() {
        ui.painter().hline(rect.x_range(), rect.bottom() - 2.0, egui::Stroke::new(1.0, color));
    }
    if response.has_focus() {
        let ring = design::focus_ring(palette);
        ui.painter().rect_stroke(rect.expand2(vec2(4.0, 2.0)), 4.0, ring, egui::StrokeKind::Outside);
    }
    response
}

/// How wide a flat button with these words is.
pub fn button_width(ui: &Ui, label: &str) -> f32 {
    widgets::one_line(ui, label, design::body(), Color32::PLACEHOLDER, f32::INFINITY).size().x + 2.0 * space::L
}
