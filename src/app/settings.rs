//! What this person can choose. Every change holds at once and is kept by the engine.

use std::path::Path;

use egui::{Align, Layout, RichText, Ui, vec2};

use super::{
    Scene,
    actions::Action,
    design::{self, Palette, size, space},
    dialogs::Next,
    icons, list,
    widgets::{self, Button, Kind},
};
use crate::{
    engine::api::{Settings, Theme, Visibility},
    i18n::{Language, Texts},
};

/// Zoom is offered in steps of this, within the bounds.
const ZOOM_STEP: f32 = 0.1;
pub const ZOOM_LEAST: f32 = 0.7;
pub const ZOOM_MOST: f32 = 2.5;
/// The longest name a computer is given here, in characters; the wire's own bound is wider.
const NAME: usize = 60;

/// What is being edited; taken from the snapshot when the dialog opens, so that two quick changes don't undo each other.
#[derive(Debug)]
pub struct SettingsView {
    pub settings: Settings,
    name: String,
}

impl SettingsView {
    #[must_use]
    pub fn new(settings: &Settings, name: &str) -> Self {
        Self { settings: settings.clone(), name: name.to_owned() }
    }
}

pub fn show(ui: &mut Ui, view: &mut SettingsView, scene: &mut Scene<'_>) {
    let before = view.settings.clone();
    let texts = scene.texts;
    ui.spacing_mut().item_spacing = vec2(space::S, space::XS);

    heading(ui, texts.settings_name());
    let field = widgets::field(ui, &mut view.name, texts.settings_name(), &scene.model.snapshot.me.name);
    if let Some((cut, _)) = view.name.char_indices().nth(NAME) {
        view.name.truncate(cut);
    }
    if field.lost_focus() {
        take_name(view, &scene.model.snapshot.me.name);
    }
    widgets::secondary(ui, texts.settings_name_hint());

    heading(ui, texts.settings_folder());
    folder(ui, view, scene);

    heading(ui, texts.settings_language());
    let current = view.settings.language.as_deref().and_then(Language::for_tag);
    let mut choices = vec![(None, texts.settings_language_system())];
    choices.extend(Language::all().map(|language| (Some(language), language.own_name())));
    if let Some(chosen) = widgets::segments(ui, texts.settings_language(), current, &choices) {
        view.settings.language = chosen.map(|language| language.tag().to_owned());
    }

    heading(ui, texts.settings_theme());
    let choices =
        [(Theme::System, texts.theme_system()), (Theme::Light, texts.theme_light()), (Theme::Dark, texts.theme_dark())];
    if let Some(theme) = widgets::segments(ui, texts.settings_theme(), view.settings.theme, &choices) {
        view.settings.theme = theme;
    }

    heading(ui, texts.settings_visibility());
    let choices = [
        (Visibility::Everyone, texts.visibility_everyone()),
        (Visibility::KnownOnly, texts.visibility_known()),
        (Visibility::Hidden, texts.visibility_hidden()),
    ];
    if let Some(visibility) = widgets::segments(ui, texts.settings_visibility(), view.settings.visibility, &choices) {
        view.settings.visibility = visibility;
    }
    widgets::secondary(
        ui,
        match view.settings.visibility {
            Visibility::Everyone => texts.visibility_everyone_explain(),
            Visibility::KnownOnly => texts.visibility_known_explain(),
            Visibility::Hidden => texts.visibility_hidden_explain(),
        },
    );

    if Button::new(Kind::Flat, texts.settings_known()).icon(icons::SHIELD_CHECK).flush().show(ui).clicked() {
        leave(view, scene);
        scene.actions.push(Action::ShowKnown);
    }

    ui.add_space(space::M);
    zoom(ui, view, scene);
    widgets::switch(ui, &mut view.settings.reduced_motion, texts.settings_motion());
    ui.add_space(space::S);
    widgets::rule(ui);
    about(ui, scene);

    changed(view, &before, scene);
}

/// The button that ends it, below what scrolls.
pub fn done(ui: &mut Ui, view: &mut SettingsView, scene: &mut Scene<'_>) -> Next {
    let mut next = Next::Stay;
    ui.allocate_ui_with_layout(vec2(ui.available_width(), size::TARGET), Layout::right_to_left(Align::Center), |ui| {
        if widgets::primary(ui, scene.texts.done()).clicked() {
            next = Next::Close;
        }
    });
    if next == Next::Close {
        leave(view, scene);
    }
    next
}

/// A name that was typed holds also when the dialog is closed from its field.
pub fn leave(view: &mut SettingsView, scene: &mut Scene<'_>) {
    let before = view.settings.clone();
    take_name(view, &scene.model.snapshot.me.name);
    changed(view, &before, scene);
}

fn changed(view: &SettingsView, before: &Settings, scene: &mut Scene<'_>) {
    if view.settings != *before {
        scene.actions.push(Action::ChangeSettings(view.settings.clone()));
    }
}

/// A name that is left empty, or as it was, is the computer's own.
fn take_name(view: &mut SettingsView, current: &str) {
    let name = view.name.trim();
    if name.is_empty() {
        view.settings.name = None;
    } else if name != current {
        view.settings.name = Some(name.to_owned());
    }
}

/// Above what it names.
pub fn heading(ui: &mut Ui, text: &str) {
    let palette = Palette::of(ui);
    ui.add_space(space::M);
    ui.label(RichText::new(text).font(design::small()).color(palette.secondary));
}

fn folder(ui: &mut Ui, view: &mut SettingsView, scene: &mut Scene<'_>) {
    // A folder that was just picked is in the snapshot a moment later.
    let path = view.settings.folder.clone().unwrap_or_else(|| scene.model.snapshot.me.folder.clone());
    if folder_line(ui, scene.texts, &path) {
        scene.actions.push(Action::PickReceiveFolder);
    }
    if view.settings.folder.is_some() && usual_folder(ui, scene.texts) {
        view.settings.folder = None;
    }
}

/// A folder, and the button to choose another. Returns whether it was pressed.
pub fn folder_line(ui: &mut Ui, texts: &Texts, path: &Path) -> bool {
    let palette = Palette::of(ui);
    let path = path.display().to_string();
    let mut pressed = false;
    ui.horizontal(|ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            pressed = widgets::quiet(ui, texts.settings_folder_change()).clicked();
            let room = ui.available_width();
            // The end of a path says more than its beginning.
            let shown = from_the_end(ui, &path, room);
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                ui.label(RichText::new(shown).font(design::body()).color(palette.text)).on_hover_text(&path);
            });
        });
    });
    pressed
}

/// Back to the folder for everything. Returns whether it was pressed.
pub fn usual_folder(ui: &mut Ui, texts: &Texts) -> bool {
    let button = Button::new(Kind::Flat, texts.settings_folder_usual()).icon(icons::ARROW_COUNTER_CLOCKWISE);
    button.flush().show(ui).clicked()
}

/// The text, or "…" and as much of its end as fits.
fn from_the_end(ui: &Ui, text: &str, width: f32) -> String {
    let wide = |text: &str| ui.painter().layout_no_wrap(text.to_owned(), design::body(), Palette::of(ui).text).size().x;
    if wide(text) <= width {
        return text.to_owned();
    }
    let starts: Vec<usize> = text.char_indices().map(|(at, _)| at).collect();
    let at = starts.partition_point(|&at| wide(&format!("…{}", &text[at..])) > width);
    starts.get(at).map_or_else(String::new, |&at| format!("…{}", &text[at..]))
}

fn zoom(ui: &mut Ui, view: &mut SettingsView, scene: &Scene<'_>) {
    let palette = Palette::of(ui);
    let texts = scene.texts;
    let current = view.settings.zoom.unwrap_or_else(|| ui.ctx().zoom_factor());
    let mut wanted = current;
    ui.horizontal(|ui| {
        ui.label(RichText::new(texts.settings_zoom()).font(design::body()).color(palette.text));
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.spacing_mut().item_spacing.x = 0.0;
            if widgets::icon_button(ui, icons::PLUS, texts.viewer_zoom_in()).clicked() {
                wanted += ZOOM_STEP;
            }
            let percent = texts.percent(&format!("{:.0}", current * 100.0));
            let text = RichText::new(percent).font(design::body()).color(palette.text);
            ui.add_sized(vec2(60.0, size::TARGET), egui::Label::new(text));
            if widgets::icon_button(ui, icons::MINUS, texts.viewer_zoom_out()).clicked() {
                wanted -= ZOOM_STEP;
            }
        });
    });
    if wanted != current {
        view.settings.zoom = Some(wanted.clamp(ZOOM_LEAST, ZOOM_MOST));
    }
}

fn about(ui: &mut Ui, scene: &mut Scene<'_>) {
    let texts = scene.texts;
    let me = &scene.model.snapshot.me;
    ui.add_space(space::S);
    widgets::secondary(ui, list::own_address(scene));
    if let Some(fingerprint) = me.fingerprint {
        ui.horizontal(|ui| {
            let whole = fingerprint.to_string();
            widgets::secondary(ui, format!("{} {}…", texts.settings_fingerprint(), &whole[..16]));
            if widgets::icon_button(ui, icons::COPY, texts.entry_copy()).clicked() {
                scene.actions.push(Action::CopyText(whole));
            }
        });
    }
    widgets::secondary(ui, texts.settings_version(env!("CARGO_PKG_VERSION")));
}
