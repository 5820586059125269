//! The head of a conversation: who it is, whether it is sure and there, and what can be done with it.

use egui::{
    Align, Color32, Frame, Layout, Margin, Popup, Rect, Sense, Ui, Vec2, WidgetInfo, accesskit::Role, pos2, vec2,
};

use super::{
    Scene,
    actions::Action,
    avatar,
    design::{self, Palette, size, space},
    icons, menus, widgets,
};
use crate::engine::api::{Computer, Presence, Rule};

/// Draws it. `narrow`: list and conversation are two screens, so there is a way back.
pub fn show(ui: &mut Ui, scene: &mut Scene<'_>, narrow: bool) {
    match scene.model.chosen[..] {
        [] => {}
        [one] => {
            if let Some(computer) = scene.model.snapshot.clone().computers.iter().find(|c| c.fingerprint == one) {
                head(ui, scene, narrow, &computer.name, &presence(scene, computer), Some(computer));
                warnings(ui, scene, computer);
            } else {
                let name = scene.model.name(one);
                head(ui, scene, narrow, &name, scene.texts.header_away(), None);
            }
        }
        ref several => {
            let title = scene.texts.header_several(several.len() as u64);
            let names: Vec<String> = several.iter().map(|&who| scene.model.name(who)).collect();
            head(ui, scene, narrow, &title, &scene.texts.list(names.iter().map(String::as_str)), None);
        }
    }
}

fn head(ui: &mut Ui, scene: &mut Scene<'_>, narrow: bool, title: &str, note: &str, computer: Option<&Computer>) {
    let palette = Palette::of(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), size::HEADER), Sense::hover());
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, design::hairline(palette));
    // Lines up with the column below; the last button by its icon.
    let margin = design::column_margin(rect.width());
    let mut inner = rect;
    inner.min.x += if narrow { space::XS } else { margin };
    inner.max.x -= margin - space::S;
    let mut ui = ui.new_child(egui::UiBuilder::new().max_rect(inner).layout(Layout::left_to_right(Align::Center)));
    let ui = &mut ui;
    if narrow && widgets::icon_button(ui, icons::ARROW_LEFT, scene.texts.back()).clicked() {
        scene.actions.push(Action::ChooseNone);
    }
    if let Some(computer) = computer {
        let look = avatar::Look { away: computer.presence == Presence::Away, progress: None };
        avatar::show(ui, size::TARGET, &computer.fingerprint, look);
        ui.add_space(space::XS);
    } else {
        for &who in scene.model.chosen.iter().take(3) {
            avatar::show(ui, size::TARGET, &who, avatar::Look { away: scene.model.is_away(who), progress: None });
            ui.add_space(-space::L);
        }
        ui.add_space(space::L + space::XS);
    }
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        ui.spacing_mut().item_spacing.x = 0.0;
        if let Some(computer) = computer {
            let menu = widgets::icon_button(ui, icons::DOTS_THREE_VERTICAL, scene.texts.menu());
            Popup::menu(&menu).gap(space::XS).show(|ui| menus::computer(ui, scene, computer));
            if widgets::icon_button(ui, icons::MAGNIFYING_GLASS, scene.texts.search_here()).clicked() {
                scene.actions.push(Action::OpenSearch);
            }
        }
        let (place, words) = ui.allocate_exact_size(vec2(ui.available_width(), size::HEADER), Sense::hover());
        let spoken = format!("{title}, {note}");
        words.widget_info(|| WidgetInfo::labeled(Role::Heading, true, &spoken));
        title_and_note(ui, place, title, note, computer);
    });
}

fn title_and_note(ui: &Ui, place: Rect, title: &str, note: &str, computer: Option<&Computer>) {
    let palette = Palette::of(ui);
    let verified = computer.is_some_and(|computer| computer.verified);
    let room = place.width() - if verified { size::ICON_SMALL + space::S } else { 0.0 } - space::S;
    let title = widgets::one_line(ui, title, design::body(), palette.text, room);
    let note = widgets::one_line(ui, note, design::small(), palette.secondary, place.width() - space::S);
    let top = place.center().y - (title.size().y + note.size().y) / 2.0;
    if verified {
        let at = pos2(place.left() + title.size().x + space::S + size::ICON_SMALL / 2.0, top + title.size().y / 2.0);
        icons::paint(ui.painter(), at, icons::SEAL_CHECK, size::ICON_SMALL, palette.accent);
    }
    let note_at = pos2(place.left(), top + title.size().y);
    ui.painter().galley(pos2(place.left(), top), title, palette.text);
    ui.painter().galley(note_at, note, palette.secondary);
}

/// "Verified · On this network": two facts, said as two.
fn presence(scene: &Scene<'_>, computer: &Computer) -> String {
    let texts = scene.texts;
    if computer.rule == Rule::Block {
        return texts.header_blocked().to_owned();
    }
    let sure = if computer.verified { texts.verified() } else { texts.not_verified() };
    if computer.waits {
        return format!("{sure} · {}", texts.list_waits());
    }
    let there = match (computer.presence, computer.last_seen) {
        (Presence::Reachable, _) => texts.header_reachable().to_owned(),
        (Presence::Visible, _) => texts.header_visible().to_owned(),
        (Presence::Away, Some(at)) => texts.header_seen(&texts.when(at)),
        (Presence::Away, None) => texts.header_away().to_owned(),
    };
    format!("{sure} · {there}")
}

/// What this person should know before trusting what comes from there.
fn warnings(ui: &mut Ui, scene: &Scene<'_>, computer: &Computer) {
    let palette = Palette::of(ui);
    if let Some(known) = computer.impostor_of {
        let name = scene.model.name(known);
        let title = scene.texts.impostor_title(&name);
        let note = scene.texts.impostor_note(&name);
        banner(ui, palette.bad_tint, (icons::SHIELD_WARNING, palette.bad), Some(&title), &note);
    } else if computer.new {
        banner(ui, palette.hover, (icons::INFO, palette.secondary), None, scene.texts.stranger_note());
    }
}

/// A line across the top of the conversation that stays.
pub fn banner(ui: &mut Ui, fill: Color32, icon: (&str, Color32), title: Option<&str>, text: &str) {
    closable_banner(ui, fill, icon, title, text, None);
}

/// [`banner`], with a button of this name that closes it. Returns whether it was pressed.
pub fn closable_banner(
    ui: &mut Ui,
    fill: Color32,
    (icon, color): (&str, Color32),
    title: Option<&str>,
    text: &str,
    close: Option<&str>,
) -> bool {
    let palette = Palette::of(ui);
    let mut closed = false;
    // Lines up with the head above it.
    let margin = design::column_margin(ui.available_width());
    Frame::new().fill(fill).inner_margin(Margin::symmetric(margin as i8, space::S as i8)).show(ui, |ui| {
        let width = ui.available_width();
        ui.set_width(width);
        // Before the row begins: it is as high as its icon, and higher only for more text or the button.
        ui.spacing_mut().interact_size.y = size::ICON;
        ui.spacing_mut().item_spacing.x = space::M;
        ui.horizontal(|ui| {
            let (rect, _) = ui.allocate_exact_size(Vec2::splat(size::ICON), Sense::hover());
            icons::paint(ui.painter(), rect.center(), icon, size::ICON, color);
            let button = if close.is_some() { size::TARGET + space::M } else { 0.0 };
            let room = (width - size::ICON - space::M - button).max(size::TARGET);
            let lay = |text: &str, font, color| ui.painter().layout(text.to_owned(), font, color, room);
            let title_lines = title.map(|title| lay(title, design::body(), color));
            let lines = lay(text, design::small(), palette.text);
            let title_height = title_lines.as_ref().map_or(0.0, |lines| lines.size().y + 2.0);
            let (place, words) = ui.allocate_exact_size(vec2(room, title_height + lines.size().y), Sense::hover());
            let spoken = title.map_or_else(|| text.to_owned(), |title| format!("{title}. {text}"));
            words.widget_info(|| WidgetInfo::labeled(Role::Label, true, &spoken));
            if let Some(lines) = title_lines {
                ui.painter().galley(place.min, lines, color);
            }
            ui.painter().galley(place.min + vec2(0.0, title_height), lines, palette.text);
            closed = close.is_some_and(|name| widgets::icon_button(ui, icons::X, name).clicked());
        });
    });
    closed
}
