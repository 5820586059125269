//! Buttons, switches and cards as this program draws them. Every one has an accessible name and shows the keyboard's focus.

use egui::{
    Align2, Color32, CornerRadius, CursorIcon, FontId, Frame, Galley, Margin, Rect, Response, RichText, Sense, Stroke,
    StrokeKind, Ui, Vec2, WidgetInfo, accesskit::Role, pos2, vec2,
};
use std::sync::Arc;

use super::{
    design::{self, Palette, motion, radius, size, space},
    icons,
};

/// How much a button asks to be pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The one thing to do here.
    Primary,
    /// Another thing to do.
    Quiet,
    /// Only words (and an icon) until the pointer is there.
    Flat,
    /// Takes something away.
    Danger,
}

/// A button with words, and maybe an icon before them.
#[derive(Debug)]
#[must_use]
pub struct Button<'a> {
    kind: Kind,
    icon: Option<&'a str>,
    label: &'a str,
    width: Option<f32>,
    left: bool,
    flush: bool,
}

impl<'a> Button<'a> {
    pub fn new(kind: Kind, label: &'a str) -> Self {
        Self { kind, icon: None, label, width: None, left: false, flush: false }
    }

    pub fn icon(mut self, icon: &'a str) -> Self {
        self.icon = Some(icon);
        self
    }

    /// At least this wide.
    pub fn width(mut self, width: f32) -> Self {
        self.width = Some(width);
        self
    }

    /// Icon and words begin at the left instead of in the middle.
    pub fn left(mut self) -> Self {
        self.left = true;
        self
    }

    /// Its icon, not its unseen edge, begins where the row does.
    pub fn flush(self) -> Self {
        Self { left: true, flush: true, ..self }
    }

    pub fn show(self, ui: &mut Ui) -> Response {
        let palette = Palette::of(ui);
        let padding = vec2(
            match (self.flush, self.left) {
                (true, _) => 0.0,
                (false, true) => space::S,
                (false, false) => space::L,
            },
            space::S,
        );
        let icon_width = if self.icon.is_some() { size::ICON + space::S } else { 0.0 };
        let room = (ui.available_width() - 2.0 * padding.x - icon_width).max(size::TARGET);
        let text = one_line(ui, self.label, design::body(), Color32::PLACEHOLDER, room);
        let wanted = vec2(text.size().x + icon_width, text.size().y) + 2.0 * padding;
        let wanted = wanted.max(vec2(self.width.unwrap_or(0.0), size::TARGET));
        let (rect, response) = ui.allocate_exact_size(wanted, Sense::click());
        let enabled = ui.is_enabled();
        response.widget_info(|| WidgetInfo::labeled(Role::Button, enabled, self.label));
        follow_focus(ui, &response);
        if !ui.is_rect_visible(rect) {
            return response;
        }

        let over = hover_amount(ui, &response);
        let quiet = ui.visuals().widgets.inactive.bg_fill;
        let kind = if enabled { self.kind } else { Kind::Quiet };
        let (fill, ink) = match kind {
            Kind::Primary => (palette.accent.lerp_to_gamma(palette.accent_hover, over), palette.on_accent),
            Kind::Quiet => (quiet.lerp_to_gamma(ui.visuals().widgets.hovered.bg_fill, over), palette.text),
            Kind::Flat => (palette.hover.gamma_multiply(over), palette.text),
            Kind::Danger => (palette.bad.lerp_to_gamma(palette.text, over * 0.12), palette.on_bad),
        };
        // What can't be pressed is pale already, since egui fades all of it.
        let fade = if enabled { 1.0 } else { 0.8 };
        let corner = CornerRadius::same(radius::CONTROL);
        let face = if self.flush { rect.expand2(vec2(space::S, 0.0)) } else { rect };
        ui.painter().rect_filled(face, corner, fill.gamma_multiply(fade));
        let inner = text.size().x + icon_width;
        let mut x = if self.left { rect.left() + padding.x } else { rect.center().x - inner / 2.0 };
        let ink = ink.gamma_multiply(fade);
        if let Some(icon) = self.icon {
            let ink = if self.kind == Kind::Flat { palette.secondary.gamma_multiply(fade) } else { ink };
            icons::paint(ui.painter(), pos2(x + size::ICON / 2.0, rect.center().y), icon, size::ICON, ink);
            x += icon_width;
        }
        ui.painter().galley(pos2(x, rect.center().y - text.size().y / 2.0), text, ink);
        match self.kind {
            Kind::Primary | Kind::Danger => focus_around(ui, &response, radius::CONTROL),
            Kind::Quiet | Kind::Flat if response.has_focus() => focus_ring(ui, face, radius::CONTROL),
            Kind::Quiet | Kind::Flat => {}
        }
        response
    }
}

/// The one thing to do here.
pub fn primary(ui: &mut Ui, label: &str) -> Response {
    Button::new(Kind::Primary, label).show(ui)
}

/// Another thing to do.
pub fn quiet(ui: &mut Ui, label: &str) -> Response {
    Button::new(Kind::Quiet, label).show(ui)
}

/// A round button with only an icon; `name` is told to screen readers and shown as a tooltip.
pub fn icon_button(ui: &mut Ui, icon: &str, name: &str) -> Response {
    icon_button_colored(ui, icon, name, Palette::of(ui).secondary)
}

/// [`icon_button`] in another colour.
pub fn icon_button_colored(ui: &mut Ui, icon: &str, name: &str, color: Color32) -> Response {
    icon_button_tipped(ui, icon, name, color, name)
}

/// [`icon_button_colored`] with other words in its tooltip than its name.
pub fn icon_button_tipped(ui: &mut Ui, icon: &str, name: &str, color: Color32, tip: &str) -> Response {
    let palette = Palette::of(ui);
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(size::TARGET), Sense::click());
    let enabled = ui.is_enabled();
    response.widget_info(|| WidgetInfo::labeled(Role::Button, enabled, name));
    follow_focus(ui, &response);
    if ui.is_rect_visible(rect) {
        let over = hover_amount(ui, &response);
        let round = CornerRadius::same((size::TARGET / 2.0) as u8);
        ui.painter().rect_filled(rect, round, palette.hover.gamma_multiply(over));
        if response.is_pointer_button_down_on() {
            ui.painter().rect_filled(rect, round, palette.hover);
        }
        let fade = if enabled { 1.0 } else { 0.45 };
        icons::paint(ui.painter(), rect.center(), icon, size::ICON, color.gamma_multiply(fade));
        focus(ui, &response, (size::TARGET / 2.0) as u8);
    }
    response.on_hover_text(tip)
}

/// Begins a menu, of the width they all have.
pub fn menu(ui: &mut Ui) {
    /// Wide enough for every line in every language there is.
    const WIDTH: f32 = 248.0;
    ui.set_width(WIDTH);
    ui.spacing_mut().item_spacing.y = 0.0;
}

/// A line of a menu: closes the menu when clicked.
pub fn menu_item(ui: &mut Ui, icon: &str, label: &str) -> Response {
    let response = menu_line(ui, icon, label, None, "");
    if response.clicked() {
        ui.close();
    }
    response
}

/// [`menu_item`] that also says its key.
pub fn menu_item_keyed(ui: &mut Ui, icon: &str, label: &str, key: &str) -> Response {
    let response = menu_line(ui, icon, label, None, key);
    if response.clicked() {
        ui.close();
    }
    response
}

/// A line of a menu that is one of several choices.
pub fn menu_choice(ui: &mut Ui, icon: &str, label: &str, on: bool) -> Response {
    let response = menu_line(ui, icon, label, Some(on), "");
    if response.clicked() {
        ui.close();
    }
    response
}

fn menu_line(ui: &mut Ui, icon: &str, label: &str, on: Option<bool>, key: &str) -> Response {
    let palette = Palette::of(ui);
    let text = one_line(ui, label, design::body(), palette.text, f32::INFINITY);
    let mark = if on.is_some() { size::ICON + space::S } else { 0.0 };
    let key = one_line(ui, key, design::small(), palette.secondary, f32::INFINITY);
    let keyed = if key.size().x > 0.0 { space::L + key.size().x } else { 0.0 };
    let width = space::M + size::ICON + space::M + text.size().x + keyed + mark + space::M;
    let (rect, response) = ui.allocate_exact_size(vec2(width.max(ui.available_width()), size::TARGET), Sense::click());
    let enabled = ui.is_enabled();
    response.widget_info(|| match on {
        None => WidgetInfo::labeled(Role::MenuItem, enabled, label),
        Some(on) => WidgetInfo::selected(Role::MenuItemRadio, enabled, on, label),
    });
    if ui.is_rect_visible(rect) {
        let over = hover_amount(ui, &response);
        ui.painter().rect_filled(rect, CornerRadius::same(6), palette.hover.gamma_multiply(over));
        let middle = rect.center().y;
        let icon_at = pos2(rect.left() + space::M + size::ICON / 2.0, middle);
        icons::paint(ui.painter(), icon_at, icon, size::ICON, palette.secondary);
        let text_at = pos2(rect.left() + space::M + size::ICON + space::M, middle - text.size().y / 2.0);
        ui.painter().galley(text_at, text, palette.text);
        let key_at = pos2(rect.right() - space::M - key.size().x, middle - key.size().y / 2.0);
        ui.painter().galley(key_at, key, palette.secondary);
        if on == Some(true) {
            let mark_at = pos2(rect.right() - space::M - size::ICON_SMALL / 2.0, middle);
            icons::paint(ui.painter(), mark_at, icons::CHECK, size::ICON_SMALL, palette.accent);
        }
        focus(ui, &response, 6);
    }
    response
}

/// Something that is on or off. The label stands at the left, the switch at the right end of the row.
pub fn switch(ui: &mut Ui, on: &mut bool, label: &str) -> Response {
    let palette = Palette::of(ui);
    let width = ui.available_width();
    let (rect, mut response) = ui.allocate_exact_size(vec2(width, size::TARGET), Sense::click());
    if response.clicked() {
        *on = !*on;
        response.mark_changed();
    }
    let (is_on, enabled) = (*on, ui.is_enabled());
    response.widget_info(|| WidgetInfo::selected(Role::Switch, enabled, is_on, label));
    follow_focus(ui, &response);
    if ui.is_rect_visible(rect) {
        let text = one_line(ui, label, design::body(), palette.text, width - 60.0);
        ui.painter().galley(pos2(rect.left(), rect.center().y - text.size().y / 2.0), text, palette.text);
        let track = Rect::from_center_size(pos2(rect.right() - 22.0, rect.center().y), vec2(44.0, 24.0));
        let time = motion::time(ui, motion::QUICK);
        let slid = ui.ctx().animate_bool_with_time(response.id, is_on, time);
        let off = ui.visuals().widgets.active.bg_fill;
        ui.painter().rect_filled(track, CornerRadius::same(12), off.lerp_to_gamma(palette.accent, slid));
        let knob = pos2(egui::lerp(track.left() + 12.0..=track.right() - 12.0, slid), track.center().y);
        let knob_color = Color32::WHITE.lerp_to_gamma(palette.on_accent, slid);
        ui.painter().circle_filled(knob, 9.0, knob_color);
        focus(ui, &response, 12);
    }
    response
}

/// A few choices side by side, one of which holds. Returns the newly chosen one.
pub fn segments<T: Copy + PartialEq>(ui: &mut Ui, name: &str, current: T, choices: &[(T, &str)]) -> Option<T> {
    let palette = Palette::of(ui);
    let mut chosen = None;
    let width = ui.available_width();
    let (rect, _) = ui.allocate_exact_size(vec2(width, size::TARGET), Sense::hover());
    ui.painter().rect_filled(rect, CornerRadius::same(radius::CONTROL), ui.visuals().widgets.inactive.bg_fill);
    let each = width / choices.len().max(1) as f32;
    for (index, (value, label)) in choices.iter().enumerate() {
        let place = Rect::from_min_size(rect.min + vec2(each * index as f32, 0.0), vec2(each, size::TARGET));
        let response = ui.interact(place, ui.scope_id().with((name, index)), Sense::click());
        let on = *value == current;
        let enabled = ui.is_enabled();
        response.widget_info(|| WidgetInfo::selected(Role::RadioButton, enabled, on, format!("{name}: {label}")));
        follow_focus(ui, &response);
        let inner = place.shrink(3.0);
        if on {
            // Raised: lighter than the track in both themes.
            let fill = if ui.visuals().dark_mode { ui.visuals().widgets.active.bg_fill } else { palette.card };
            let corner = CornerRadius::same(radius::CONTROL - 2);
            ui.painter().rect(inner, corner, fill, design::hairline(palette), StrokeKind::Inside);
        } else {
            let over = hover_amount(ui, &response);
            let fill = palette.hover.gamma_multiply(over);
            ui.painter().rect_filled(inner, CornerRadius::same(radius::CONTROL - 2), fill);
        }
        let text = one_line(ui, label, design::body(), palette.text, each - 12.0);
        ui.painter().galley(place.center() - text.size() / 2.0, text, palette.text);
        focus(ui, &response, radius::CONTROL);
        if response.clicked() && !on {
            chosen = Some(*value);
        }
    }
    chosen
}

/// A field to type one line into, as wide as there is room.
pub fn field(ui: &mut Ui, text: &mut String, name: &str, hint: &str) -> Response {
    let palette = Palette::of(ui);
    let edit = egui::TextEdit::singleline(text)
        .hint_text(RichText::new(hint).color(palette.secondary))
        .font(design::body())
        .margin(Margin::ZERO)
        .align(egui::Align2::LEFT_CENTER)
        .frame(Frame::NONE)
        .desired_width(f32::INFINITY);
    let framed = Frame::new()
        .fill(palette.field)
        .stroke(design::hairline(palette))
        .corner_radius(radius::CONTROL)
        .inner_margin(Margin::symmetric(space::M as i8, 1))
        .show(ui, |ui| ui.add(edit));
    let response = framed.inner;
    follow_focus(ui, &response);
    if response.has_focus() {
        let corner = CornerRadius::same(radius::CONTROL);
        ui.painter().rect_stroke(framed.response.rect, corner, design::focus_ring(palette), StrokeKind::Inside);
    }
    let (enabled, value) = (ui.is_enabled(), text.clone());
    response.widget_info(|| {
        let mut info = WidgetInfo::text_edit(enabled, "", &value, hint);
        info.label = Some(name.to_owned());
        info
    });
    response
}

/// The frame of a card.
pub fn card(ui: &Ui) -> Frame {
    let palette = Palette::of(ui);
    Frame::new()
        .fill(palette.card)
        .stroke(design::hairline(palette))
        .corner_radius(radius::CARD)
        .inner_margin(Margin::same(space::L as i8))
}

/// Secondary words.
pub fn secondary(ui: &mut Ui, text: impl Into<String>) -> Response {
    let palette = Palette::of(ui);
    ui.label(RichText::new(text).font(design::small()).color(palette.secondary))
}

/// A thin line across.
pub fn rule(ui: &mut Ui) {
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 1.0), Sense::hover());
    ui.painter().hline(rect.x_range(), rect.center().y, design::hairline(Palette::of(ui)));
}

/// A count in a pill (what is unread), its right middle at `right`. Returns its rectangle.
pub fn badge(ui: &Ui, right: egui::Pos2, count: u32) -> Rect {
    let palette = Palette::of(ui);
    let text = if count > 99 { "99+".to_owned() } else { count.to_string() };
    let galley = ui.painter().layout_no_wrap(text, design::small(), palette.on_accent);
    let wide = vec2((galley.size().x + 12.0).max(20.0), 20.0);
    let rect = Align2::RIGHT_CENTER.anchor_size(right, wide);
    ui.painter().rect_filled(rect, CornerRadius::same(10), palette.accent);
    ui.painter().galley(rect.center() - galley.size() / 2.0, galley, palette.on_accent);
    rect
}

/// Shows where the keyboard is. Does nothing while the pointer is used: egui gives focus by keyboard and by click alike,
/// and a ring around what was just clicked is noise only where the click says it already.
pub fn focus(ui: &Ui, response: &Response, corner: u8) {
    if response.has_focus() {
        focus_ring(ui, response.rect, corner);
    }
}

fn focus_ring(ui: &Ui, rect: Rect, corner: u8) {
    let ring: Stroke = design::focus_ring(Palette::of(ui));
    ui.painter().rect_stroke(rect.shrink(1.0), CornerRadius::same(corner), ring, StrokeKind::Inside);
}

/// [`focus`] of what has the accent's colour itself: around it, with a gap.
pub fn focus_around(ui: &Ui, response: &Response, corner: u8) {
    if response.has_focus() {
        let ring = design::focus_ring(Palette::of(ui));
        let rect = response.rect.expand(2.0);
        ui.painter().rect_stroke(rect, CornerRadius::same(corner + 2), ring, StrokeKind::Outside);
    }
}

/// Scrolls to what the keyboard has just come to. Call it also for what is out of sight.
pub fn follow_focus(ui: &Ui, response: &Response) {
    if response.gained_focus() {
        ui.scroll_to_rect(response.rect.expand(space::S), None);
    }
}

/// How far the pointer's coming has got, 0 to 1.
#[must_use]
pub fn hover_amount(ui: &Ui, response: &Response) -> f32 {
    if !ui.is_enabled() {
        return 0.0;
    }
    if response.hovered() {
        ui.ctx().set_cursor_icon(CursorIcon::PointingHand);
    }
    let time = motion::time(ui, motion::QUICK);
    ui.ctx().animate_bool_with_time(response.id.with("over"), response.hovered(), time)
}

/// One line, cut with "…" where it is wider than `width`.
#[must_use]
pub fn one_line(ui: &Ui, text: &str, font: FontId, color: Color32, width: f32) -> Arc<Galley> {
    let mut job = egui::text::LayoutJob::simple_singleline(text.to_owned(), font, color);
    job.wrap = egui::text::TextWrapping::truncate_at_width(width.max(0.0));
    ui.fonts_mut(|fonts| fonts.layout_job(job))
}
