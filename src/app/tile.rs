//! One computer in the list.

use egui::{
    Color32, CornerRadius, Rect, Response, Sense, StrokeKind, Ui, Vec2, WidgetInfo, accesskit::Role, pos2, vec2,
};

use super::{
    Scene, avatar,
    design::{self, Palette, motion, radius, size, space},
    icons, widgets,
};
use crate::{
    engine::api::{Computer, DeviceKind, Direction, Phase, Presence, Rule},
    i18n::Texts,
};

/// By how much a tile grows under a drag.
const GROWTH: f32 = 2.0;

#[derive(Clone, Copy, Debug)]
pub struct Tile<'a, 'b> {
    pub scene: &'a Scene<'b>,
    pub computer: &'a Computer,
    pub folded: bool,
    pub lit: bool,
}

#[derive(Debug)]
pub struct Drawn {
    pub response: Response,
    /// The mark was clicked: choose it together with others, or not any more.
    pub also: bool,
}

pub fn show(ui: &mut Ui, tile: &Tile<'_, '_>) -> Drawn {
    let &Tile { scene, computer, folded, lit } = tile;
    let palette = Palette::of(ui);
    let who = computer.fingerprint;
    let chosen = scene.model.chosen.contains(&who);
    let state = state(scene, computer);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), size::ROW), Sense::click());
    let spoken = spoken(scene.texts, computer, &state.words);
    response.widget_info(|| WidgetInfo::selected(Role::ListItem, true, chosen, &spoken));
    widgets::follow_focus(ui, &response);
    if !ui.is_rect_visible(rect) {
        return Drawn { response, also: false };
    }

    let over = widgets::hover_amount(ui, &response);
    let time = motion::time(ui, motion::QUICK);
    let light = ui.ctx().animate_bool_with_time(response.id.with("lit"), lit, time);
    let back = rect.shrink2(vec2(space::S, 0.0)).expand(GROWTH * light);
    let corner = CornerRadius::same(radius::CONTROL);
    let fill = if chosen { palette.chosen } else { palette.hover.gamma_multiply(over) };
    ui.painter().rect_filled(back, corner, fill);
    if light > 0.0 {
        ui.painter().rect_filled(back, corner, palette.accent_tint.gamma_multiply(light));
        let stroke = egui::Stroke::new(2.0, palette.accent.gamma_multiply(light));
        ui.painter().rect_stroke(back, corner, stroke, StrokeKind::Inside);
    }

    let look = avatar::Look { away: computer.presence == Presence::Away, progress: state.progress };
    let also = if folded {
        draw_folded(ui, palette, rect, computer, look);
        response.clone().on_hover_text(format!("{}\n{}", computer.name, state.words));
        false
    } else {
        draw_whole(ui, palette, back, (scene, computer), look, &state, &response)
    };
    if response.has_focus() {
        ui.painter().rect_stroke(back, corner, design::focus_ring(palette), StrokeKind::Inside);
    }
    Drawn { response, also }
}

fn draw_folded(ui: &Ui, palette: &Palette, rect: Rect, computer: &Computer, look: avatar::Look) {
    let picture = Rect::from_center_size(rect.center(), Vec2::splat(size::AVATAR));
    avatar::paint(ui.painter(), picture, &computer.fingerprint, look);
    if let Some((icon, color)) = seal(palette, computer) {
        let at = picture.right_bottom() - vec2(6.0, 6.0);
        ui.painter().circle_filled(at, 9.0, palette.list);
        icons::paint(ui.painter(), at, icon, size::ICON_SMALL, color);
    }
    if computer.unread > 0 {
        widgets::badge(ui, pos2(picture.right() + 8.0, picture.top() + 4.0), computer.unread);
    }
}

/// Returns whether the mark for choosing several was clicked.
fn draw_whole(
    ui: &Ui,
    palette: &Palette,
    back: Rect,
    (scene, computer): (&Scene<'_>, &Computer),
    look: avatar::Look,
    state: &State,
    row: &Response,
) -> bool {
    let middle = back.center().y;
    let picture =
        Rect::from_center_size(pos2(back.left() + space::S + size::AVATAR / 2.0, middle), Vec2::splat(size::AVATAR));
    avatar::paint(ui.painter(), picture, &computer.fingerprint, look);

    let mut right = back.right() - space::S;
    let (mark, also) = choose_mark(ui, scene, computer, pos2(right, middle), row);
    if mark {
        right -= size::TARGET;
    }
    if computer.unread > 0 {
        right = widgets::badge(ui, pos2(right, middle), computer.unread).left() - space::S;
    }

    let left = picture.right() + space::M;
    let away = computer.presence == Presence::Away;
    let name_color = if away { palette.secondary } else { palette.text };
    let seal = seal(palette, computer);
    let seal_width = if seal.is_some() { size::ICON_SMALL + space::XS } else { 0.0 };
    let name = widgets::one_line(ui, &computer.name, design::body(), name_color, right - left - seal_width);
    let words_left = left + size::ICON_SMALL + space::XS;
    let words = widgets::one_line(ui, &state.words, design::small(), state.color(palette), right - words_left);
    let top = middle - (name.size().y + words.size().y) / 2.0;
    let words_top = top + name.size().y;
    if let Some((icon, color)) = seal {
        let at = pos2(left + name.size().x + space::XS + size::ICON_SMALL / 2.0, top + name.size().y / 2.0);
        icons::paint(ui.painter(), at, icon, size::ICON_SMALL, color);
    }
    ui.painter().galley(pos2(left, top), name, name_color);
    let kind_at = pos2(left + size::ICON_SMALL / 2.0, words_top + words.size().y / 2.0);
    icons::paint(ui.painter(), kind_at, kind_icon(computer.kind), size::ICON_SMALL, palette.secondary);
    ui.painter().galley(pos2(words_left, words_top), words, palette.secondary);
    also
}

/// What is to be known of it before all else.
fn seal(palette: &Palette, computer: &Computer) -> Option<(&'static str, Color32)> {
    if computer.impostor_of.is_some() {
        return Some((icons::SHIELD_WARNING, palette.bad));
    }
    computer.verified.then_some((icons::SEAL_CHECK, palette.accent))
}

/// The round mark at the right end for choosing several: there when several are chosen, or under the pointer.
/// Returns whether it is there and whether it was clicked.
fn choose_mark(ui: &Ui, scene: &Scene<'_>, computer: &Computer, right: egui::Pos2, row: &Response) -> (bool, bool) {
    let palette = Palette::of(ui);
    let chosen = scene.model.chosen.contains(&computer.fingerprint);
    let several = scene.model.chosen.len() > 1;
    // Choosing one more only makes sense beside one that is chosen.
    let offered = several || (!scene.model.chosen.is_empty() && !chosen && row.contains_pointer());
    if !offered {
        return (false, false);
    }
    let rect = Rect::from_min_size(right - vec2(size::TARGET, size::TARGET / 2.0), Vec2::splat(size::TARGET));
    let response = ui.interact(rect, row.id.with("also"), Sense::click());
    let name = if chosen { scene.texts.choose_not() } else { scene.texts.choose_also() };
    response.widget_info(|| WidgetInfo::selected(Role::CheckBox, true, chosen, format!("{name}: {}", computer.name)));
    let (icon, color) = if chosen { (icons::CHECK_CIRCLE, palette.accent) } else { (icons::CIRCLE, palette.secondary) };
    icons::paint(ui.painter(), rect.center(), icon, size::ICON + 2.0, color);
    widgets::focus(ui, &response, radius::CONTROL);
    let clicked = response.clicked();
    response.on_hover_text(name);
    (true, clicked)
}

/// What the second line says, and the ring.
struct State {
    words: String,
    tone: Tone,
    /// 0 to 1.
    progress: Option<f32>,
}

enum Tone {
    Calm,
    Wanting,
    Bad,
}

impl State {
    fn color(&self, palette: &Palette) -> Color32 {
        match self.tone {
            Tone::Calm => palette.secondary,
            Tone::Wanting => palette.accent,
            Tone::Bad => palette.bad,
        }
    }
}

fn state(scene: &Scene<'_>, computer: &Computer) -> State {
    let (texts, model) = (scene.texts, scene.model);
    let who = computer.fingerprint;
    let calm = |words: &str| State { words: words.to_owned(), tone: Tone::Calm, progress: None };
    if let Some(ask) = model.snapshot.asks.iter().find(|ask| ask.with == who) {
        let words = if ask.takes { texts.list_wants() } else { texts.list_asks() };
        return State { words: words.to_owned(), tone: Tone::Wanting, progress: None };
    }
    if let Some(known) = computer.impostor_of {
        return State { tone: Tone::Bad, ..calm(&texts.ask_impostor(&model.name(known))) };
    }
    if computer.waits {
        return State { words: texts.list_waits().to_owned(), tone: Tone::Wanting, progress: None };
    }
    let moving: Vec<_> =
        model.running_with(who).filter(|running| matches!(running.phase, Phase::Moving | Phase::Finishing)).collect();
    if let Some(first) = moving.first() {
        let (bytes, total) = moving.iter().fold((0, 0), |(b, t), running| (b + running.bytes, t + running.total));
        let part = texts.part(bytes, total);
        let words = match first.direction {
            Direction::Sent => texts.list_sending(&part),
            Direction::Received => texts.list_receiving(&part),
        };
        let progress = if total == 0 { 0.0 } else { (bytes as f64 / total as f64) as f32 };
        return State { words, tone: Tone::Calm, progress: Some(progress.clamp(0.0, 1.0)) };
    }
    if model.running_with(who).any(|running| running.phase == Phase::Waiting) {
        return calm(texts.list_waiting());
    }
    match (computer.rule, computer.presence) {
        (Rule::Block, _) => calm(texts.list_blocked()),
        (_, Presence::Reachable) if computer.new => calm(texts.list_new()),
        (_, Presence::Reachable) => calm(texts.list_reachable()),
        (_, Presence::Visible) => calm(texts.list_connecting()),
        (_, Presence::Away) => match model.queue_for(who).count() {
            0 => calm(texts.list_away()),
            waiting => calm(&texts.list_away_queue(waiting as u64)),
        },
    }
}

/// Everything the tile shows, as one sentence for screen readers.
fn spoken(texts: &Texts, computer: &Computer, state: &str) -> String {
    let mut parts = vec![computer.name.clone(), texts.kind(computer.kind).to_owned()];
    if computer.verified {
        parts.push(texts.verified().to_owned());
    }
    parts.push(state.to_owned());
    if computer.unread > 0 {
        parts.push(texts.unread(computer.unread.into()));
    }
    parts.join(", ")
}

fn kind_icon(kind: DeviceKind) -> &'static str {
    match kind {
        DeviceKind::Computer => icons::DESKTOP,
        DeviceKind::Phone => icons::DEVICE_MOBILE,
        DeviceKind::Browser => icons::GLOBE,
    }
}
