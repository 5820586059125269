//! The computers: this one at the top, those nearby, those seen before, and what to do when one is missing.

use egui::{
    Align, CornerRadius, Layout, Margin, Popup, PopupCloseBehavior, Rect, Response, RichText, ScrollArea, Sense, Ui,
    WidgetInfo, accesskit::Role, pos2, vec2,
};

use super::{
    Scene,
    actions::Action,
    avatar,
    design::{self, Palette, radius, size, space},
    empty, icons, menus,
    tile::{self, Tile},
    widgets::{self, Button, Kind},
};
use crate::{
    engine::api::{Computer, Presence, Visibility},
    protocol::Fingerprint,
};

/// What the list remembers between frames.
#[derive(Debug, Default)]
pub struct ListView {
    /// Where each computer's tile lay when it was last drawn, as far as it was in sight: what can be dropped onto.
    pub tiles: Vec<(Fingerprint, Rect)>,
    /// The one that lights up under a drag.
    pub lit: Option<Fingerprint>,
    /// Whose conversation was shown when this was last drawn.
    shown: Option<Fingerprint>,
}

/// How much of the window the list has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// All of it.
    Alone,
    Beside,
    /// Only the pictures.
    Folded,
}

pub fn show(ui: &mut Ui, view: &mut ListView, scene: &mut Scene<'_>, extent: Extent) {
    let folded = extent == Extent::Folded;
    view.tiles.clear();
    ui.spacing_mut().item_spacing.y = 0.0;
    own(ui, scene, folded);
    widgets::rule(ui);

    let foot = 2.0 * size::TARGET + 2.0 * space::S + 1.0;
    // In a low window the list has all the room, and the buttons come after its end.
    let low = ui.available_height() < size::LOW - size::HEADER;
    let height = if low { ui.available_height() } else { (ui.available_height() - foot).max(size::ROW) };
    if extent == Extent::Alone && !low && scene.model.snapshot.computers.is_empty() {
        ui.allocate_ui(vec2(ui.available_width(), height), |ui| {
            ui.set_min_height(height);
            empty::show(ui, scene);
        });
        return foot_buttons(ui, scene, folded);
    }
    ScrollArea::vertical().id_salt("computers").max_height(height).auto_shrink([false, false]).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        ui.add_space(space::S);
        computers(ui, view, scene, folded);
        ui.add_space(space::S);
        if low {
            foot_buttons(ui, scene, folded);
        }
    });
    if !low {
        foot_buttons(ui, scene, folded);
    }
}

fn computers(ui: &mut Ui, view: &mut ListView, scene: &mut Scene<'_>, folded: bool) {
    let model = scene.model;
    let (near, before): (Vec<&Computer>, Vec<&Computer>) =
        model.listed().into_iter().partition(|computer| computer.presence != Presence::Away);
    section(ui, scene.texts.nearby(), folded);
    if near.is_empty() && !folded {
        egui::Frame::new().inner_margin(Margin::symmetric(space::L as i8, space::S as i8)).show(ui, |ui| {
            widgets::secondary(ui, scene.texts.empty_title());
        });
    }
    near.into_iter().for_each(|computer| one(ui, view, scene, computer, folded));
    if !before.is_empty() {
        ui.add_space(space::M);
        section(ui, scene.texts.seen_before(), folded);
        before.into_iter().for_each(|computer| one(ui, view, scene, computer, folded));
    }
    view.shown = model.shown();
}

fn one(ui: &mut Ui, view: &mut ListView, scene: &mut Scene<'_>, computer: &Computer, folded: bool) {
    let who = computer.fingerprint;
    let lit = view.lit == Some(who);
    let drawn = tile::show(ui, &Tile { scene, computer, folded, lit });
    if scene.model.shown() == Some(who) && view.shown != Some(who) {
        // Chosen from elsewhere, it may be out of sight.
        ui.scroll_to_rect(drawn.response.rect.expand(space::S), None);
    }
    let seen = drawn.response.rect.intersect(ui.clip_rect());
    if seen.is_positive() {
        view.tiles.push((who, seen));
    }
    if drawn.also {
        scene.actions.push(Action::ChooseAlso(who));
    } else if drawn.response.clicked() {
        let modifiers = ui.input(|input| input.modifiers);
        scene.actions.push(match (modifiers.command, modifiers.shift) {
            (_, true) => Action::ChooseTo(who),
            (true, false) => Action::ChooseAlso(who),
            (false, false) => Action::Choose(who),
        });
    }
    drawn.response.context_menu(|ui| menus::computer(ui, scene, computer));
}

fn section(ui: &mut Ui, title: &str, folded: bool) {
    if folded {
        return;
    }
    let palette = Palette::of(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 28.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Heading, true, title));
    let galley = widgets::one_line(ui, title, design::small(), palette.secondary, rect.width() - 2.0 * space::L);
    let at = pos2(rect.left() + space::L, rect.center().y - galley.size().y / 2.0);
    ui.painter().galley(at, galley, palette.secondary);
}

/// This computer, and its menu.
fn own(ui: &mut Ui, scene: &mut Scene<'_>, folded: bool) {
    let palette = Palette::of(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), size::HEADER), Sense::click());
    let me = &scene.model.snapshot.me;
    let name = if me.name.is_empty() { scene.texts.no_name_yet() } else { &me.name };
    let spoken = scene.texts.own_name(name);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &spoken));

    let inner = rect.shrink2(vec2(space::S, 6.0));
    let over = widgets::hover_amount(ui, &response);
    let corner = CornerRadius::same(radius::CONTROL);
    ui.painter().rect_filled(inner, corner, palette.hover.gamma_multiply(over));
    let picture = if folded {
        Rect::from_center_size(rect.center(), egui::Vec2::splat(size::AVATAR))
    } else {
        Rect::from_center_size(pos2(inner.left() + space::S + 18.0, rect.center().y), egui::Vec2::splat(36.0))
    };
    match &me.fingerprint {
        Some(fingerprint) => avatar::paint(ui.painter(), picture, fingerprint, avatar::Look::default()),
        None => icons::paint(ui.painter(), picture.center(), icons::DESKTOP, size::ICON, palette.secondary),
    }
    if folded {
        response.clone().on_hover_text(&spoken);
    } else {
        let left = picture.right() + space::M;
        let room = inner.right() - left - size::ICON - space::S;
        let title = widgets::one_line(ui, name, design::body(), palette.text, room);
        let shown = match scene.model.snapshot.settings.visibility {
            Visibility::Everyone => scene.texts.this_computer(),
            Visibility::KnownOnly => scene.texts.visibility_known(),
            Visibility::Hidden => scene.texts.visibility_hidden(),
        };
        let note = widgets::one_line(ui, shown, design::small(), palette.secondary, room);
        let top = rect.center().y - (title.size().y + note.size().y) / 2.0;
        let below = top + title.size().y;
        ui.painter().galley(pos2(left, top), title, palette.text);
        ui.painter().galley(pos2(left, below), note, palette.secondary);
        let caret = pos2(inner.right() - size::ICON / 2.0 - space::XS, rect.center().y);
        icons::paint(ui.painter(), caret, icons::CARET_DOWN, size::ICON_SMALL, palette.secondary);
    }
    focus_inside(ui, &response, inner);

    Popup::menu(&response).anchor(inner).gap(space::XS).show(|ui| {
        widgets::menu(ui);
        if widgets::menu_item(ui, icons::GEAR, scene.texts.settings_open()).clicked() {
            scene.actions.push(Action::ShowSettings);
        }
        if widgets::menu_item(ui, icons::FOLDER_OPEN, scene.texts.show_received()).clicked() {
            scene.actions.push(Action::ShowReceived);
        }
        if widgets::menu_item(ui, icons::MAGNIFYING_GLASS, scene.texts.search_all()).clicked() {
            scene.actions.push(Action::SearchEverywhere);
        }
        if widgets::menu_item(ui, icons::ARROW_CLOCKWISE, scene.texts.refresh()).clicked() {
            scene.actions.push(Action::Refresh);
        }
    });
}

fn foot_buttons(ui: &mut Ui, scene: &mut Scene<'_>, folded: bool) {
    let texts = scene.texts;
    widgets::rule(ui);
    ui.add_space(6.0);
    if folded {
        ui.vertical_centered(|ui| {
            ui.spacing_mut().item_spacing.y = space::XS;
            if widgets::icon_button(ui, icons::PLUS, texts.add_computer()).clicked() {
                scene.actions.push(Action::AskAdd);
            }
            let help = widgets::icon_button(ui, icons::QUESTION, texts.cant_see());
            help_popup(&help, scene);
        });
        return;
    }
    egui::Frame::new().inner_margin(Margin::symmetric(space::S as i8, 0)).show(ui, |ui| {
        ui.with_layout(Layout::top_down_justified(Align::Min), |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            let width = ui.available_width();
            let flat = |icon, label| Button::new(Kind::Flat, label).icon(icon).left().width(width);
            if flat(icons::PLUS, texts.add_computer()).show(ui).clicked() {
                scene.actions.push(Action::AskAdd);
            }
            let help = flat(icons::QUESTION, texts.cant_see()).show(ui);
            help_popup(&help, scene);
        });
    });
}

/// Plain advice for when a computer doesn't show up.
fn help_popup(button: &Response, scene: &mut Scene<'_>) {
    let shown = Popup::from_toggle_button_response(button)
        .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
        .width(340.0)
        .accessible_name(scene.texts.help_title())
        .show(|ui| help(ui, scene));
    drop(shown);
}

/// The advice itself, also shown where nobody is there yet.
pub fn help(ui: &mut Ui, scene: &mut Scene<'_>) {
    let texts = scene.texts;
    let palette = Palette::of(ui);
    egui::Frame::new().inner_margin(Margin::same(space::M as i8)).show(ui, |ui| {
        ui.spacing_mut().item_spacing.y = space::M;
        ui.label(RichText::new(texts.help_title()).font(design::body()).color(palette.text));
        for (icon, line) in [
            (icons::MONITOR, texts.help_open()),
            (icons::WIFI_HIGH, texts.help_network()),
            (icons::SHIELD_CHECK, texts.help_firewall()),
            (icons::EYE_SLASH, texts.help_visible()),
            (icons::PROHIBIT, texts.help_guest()),
        ] {
            ui.horizontal_top(|ui| {
                ui.spacing_mut().item_spacing.x = space::M;
                let (rect, _) = ui.allocate_exact_size(egui::Vec2::splat(size::ICON), Sense::hover());
                icons::paint(ui.painter(), rect.center(), icon, size::ICON, palette.accent);
                ui.add(egui::Label::new(RichText::new(line).font(design::small()).color(palette.text)).wrap());
            });
        }
        widgets::rule(ui);
        widgets::secondary(ui, own_address(scene));
        if Button::new(Kind::Quiet, texts.add_computer()).icon(icons::PLUS).show(ui).clicked() {
            scene.actions.push(Action::AskAdd);
            ui.close();
        }
    });
}

/// The address another person types to reach this computer.
pub fn own_address(scene: &Scene<'_>) -> String {
    let me = &scene.model.snapshot.me;
    // The first one that others can use; with a port only where it isn't the usual one.
    let address = me.addresses.iter().find(|address| address.is_ipv4()).or_else(|| me.addresses.first());
    match address {
        Some(address) if me.port == USUAL_PORT => scene.texts.my_address(&address.ip().to_string()),
        Some(address) => scene.texts.my_address(&std::net::SocketAddr::new(address.ip(), me.port).to_string()),
        None => scene.texts.no_address().to_owned(),
    }
}

/// The TCP port that needn't be said.
const USUAL_PORT: u16 = 53317;

fn focus_inside(ui: &Ui, response: &Response, rect: Rect) {
    if response.has_focus() {
        let ring = design::focus_ring(Palette::of(ui));
        ui.painter().rect_stroke(rect, CornerRadius::same(radius::CONTROL), ring, egui::StrokeKind::Inside);
    }
}
