//! The window: egui lives here and nowhere else.
//!
//! ```text
//! engine ─ wake ─▶ logic: take in what is new ─▶ model ─▶ ui: draw ─▶ actions ─▶ perform ─ command ─▶ engine
//! ```
//! [`App::logic`](eframe::App::logic) brings the [`model`] up to date; drawing reads the model and queues [`actions`],
//! which are performed after the frame. Files, sockets and the clipboard are never touched on this thread.
#![forbid(unsafe_code)]

pub mod actions;
pub mod album;
mod asks;
pub mod avatar;
mod compare;
pub mod conversation;
pub mod design;
mod dialogs;
pub mod drawings;
mod drops;
mod empty;
mod errands;
mod first_time;
pub mod fonts;
mod header;
pub mod icons;
mod known;
mod list;
mod logic;
mod menus;
pub mod model;
mod no_window;
mod notices;
mod paste;
mod perform;
mod pickers;
pub mod previews;
mod run;
mod settings;
#[cfg(test)]
mod tests;
mod tile;
pub mod viewer;
pub mod widgets;

use std::{collections::HashMap, sync::Arc};

use egui::{CentralPanel, Frame, Key, Modifiers, Panel, Rect, Ui, UiBuilder};

use self::{
    actions::Action,
    asks::AskView,
    compare::CompareCard,
    conversation::ConversationView,
    design::{Palette, size},
    dialogs::{Dialog, Next},
    drops::{Drops, Places},
    errands::Errands,
    list::ListView,
    model::{Draft, Model},
    notices::Toasts,
    paste::Paste,
    pickers::Pickers,
    previews::Previews,
    viewer::Viewer,
};
pub use self::{
    no_window::show_why_not,
    run::{Options, Request, RunError, Show, run},
};
use crate::{
    engine::{
        Busy,
        api::{Command, CommandId, Event, Settings, Snapshot},
    },
    i18n::Texts,
    protocol::Fingerprint,
};

/// What every part of the window draws with: all that is known, the words, the pictures, and where to say what the
/// person wants.
#[derive(Debug)]
pub struct Scene<'a> {
    pub model: &'a Model,
    pub texts: &'a Texts,
    pub previews: &'a mut Previews,
    /// The composer's content for those chosen.
    pub draft: &'a mut Draft,
    pub actions: &'a mut Vec<Action>,
}

/// The engine as the window sees it.
pub trait Link {
    /// # Errors
    /// [`Busy`] when too much waits already.
    fn send(&self, command: Command) -> Result<CommandId, Busy>;
    fn events(&self) -> Vec<Event>;
    fn snapshot(&self) -> Arc<Snapshot>;
}

impl Link for crate::engine::Client {
    fn send(&self, command: Command) -> Result<CommandId, Busy> {
        Self::send(self, command)
    }

    fn events(&self) -> Vec<Event> {
        self.try_events().collect()
    }

    fn snapshot(&self) -> Arc<Snapshot> {
        Self::snapshot(self)
    }
}

/// The window's state.
pub struct App {
    link: Box<dyn Link>,
    requests: flume::Receiver<Request>,
    model: Model,
    texts: Texts,
    settings: Settings,
    previews: Previews,
    drafts: HashMap<Vec<Fingerprint>, Draft>,
    next_chip: u64,
    actions: Vec<Action>,
    list: ListView,
    conversation: ConversationView,
    asks: AskView,
    comparison: CompareCard,
    dialog: Option<Dialog>,
    /// They know that something waits here.
    waited_for: Vec<Fingerprint>,
    drops: Drops,
    paste: Paste,
    pickers: Pickers,
    errands: Errands,
    toasts: Toasts,
    viewer: Viewer,
    /// No font here draws Chinese; `None` until it was looked at.
    chinese_missing: Option<bool>,
    title: String,
    quitting: bool,
    places: Remembered,
    /// The window's size as it is kept, when the window isn't maximised.
    window: Option<String>,
}

/// Where the conversation lay when it was last drawn.
#[derive(Debug, Default)]
struct Remembered {
    conversation: Option<Rect>,
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("model", &self.model).finish_non_exhaustive()
    }
}

impl App {
    #[must_use]
    pub fn new(ctx: &egui::Context, link: Box<dyn Link>, requests: flume::Receiver<Request>) -> Self {
        let snapshot = link.snapshot();
        let texts = Texts::for_setting(snapshot.settings.language.as_deref());
        design::install(ctx);
        fonts::install(ctx, texts.language());
        let mut app = Self {
            link,
            requests,
            model: Model { can_drop: crate::platform::windowing::drops_work(), ..Model::default() },
            texts,
            settings: Settings::default(),
            previews: Previews::new(ctx),
            drafts: HashMap::new(),
            next_chip: 0,
            actions: Vec::new(),
            list: ListView::default(),
            conversation: ConversationView::default(),
            asks: AskView::default(),
            comparison: CompareCard::default(),
            dialog: None,
            waited_for: Vec::new(),
            drops: Drops::default(),
            paste: Paste::default(),
            pickers: Pickers::default(),
            errands: Errands::new(ctx),
            toasts: Toasts::default(),
            viewer: Viewer::default(),
            chinese_missing: None,
            title: String::new(),
            quitting: false,
            places: Remembered::default(),
            window: None,
        };
        app.take_settings(ctx, snapshot.settings.clone());
        app.take_snapshot(snapshot);
        app.model.revision = app.model.snapshot.revision;
        app
    }
}

impl eframe::App for App {
    fn logic(&mut self, ctx: &egui::Context, frame: &mut eframe::Frame) {
        self.take_in(ctx, frame);
    }

    fn ui(&mut self, ui: &mut Ui, frame: &mut eframe::Frame) {
        self.note_size(ui);
        self.chinese_missing.get_or_insert_with(|| !fonts::has_chinese(ui.ctx()));
        self.shortcuts(ui);
        self.draw(ui, frame);
        let actions = std::mem::take(&mut self.actions);
        if !actions.is_empty() {
            // What they change is drawn in the next frame.
            ui.ctx().request_repaint();
        }
        for action in actions {
            self.perform(ui.ctx(), frame, action);
        }
        self.ask_engine();
        self.set_title(ui.ctx());
    }

    fn raw_input_hook(&mut self, _ctx: &egui::Context, input: &mut egui::RawInput) {
        if self.paste.hook(&mut input.events).paste {
            self.actions.push(Action::Paste);
        }
    }

    /// The ground of the conversation, which nothing else fills: without a graphics card a filled rectangle of the window's
    /// size costs as much as the rest of a frame.
    fn clear_color(&self, visuals: &egui::Visuals) -> [f32; 4] {
        visuals.panel_fill.to_normalized_gamma_f32()
    }

    fn on_exit(&mut self, _gl: Option<&eframe::glow::Context>) {
        self.keep_window();
    }
}

impl App {
    fn draw(&mut self, ui: &mut Ui, frame: &eframe::Frame) {
        let palette = Palette::of(ui);
        let width = ui.available_width();
        let two_screens = width < size::TWO_SCREENS_BELOW;
        let folded = !two_screens && width < size::FOLD_BELOW;
        self.places.conversation = None;
        self.list.lit = self.drops.lit();
        self.list.tiles.clear();

        if two_screens {
            CentralPanel::no_frame().show(ui, |ui| {
                if self.model.chosen.is_empty() {
                    ui.painter().rect_filled(ui.max_rect(), 0.0, palette.list);
                    self.draw_notices(ui);
                    if !self.draw_search(ui) {
                        self.with_scene(|app, scene| list::show(ui, app.list, scene, list::Extent::Alone));
                    }
                } else {
                    self.draw_conversation(ui, true);
                }
            });
        } else {
            let extent = if folded { list::Extent::Folded } else { list::Extent::Beside };
            let wide = match width {
                _ if folded => size::LIST_FOLDED,
                width if width >= size::WIDE_FROM => size::LIST_WIDE,
                _ => size::LIST,
            };
            Panel::left("list")
                .exact_size(wide)
                .resizable(false)
                .show_separator_line(false)
                .frame(Frame::new().fill(palette.list))
                .show(ui, |ui| {
                    self.with_scene(|app, scene| {
                        list::show(ui, app.list, scene, extent);
                    });
                });
            CentralPanel::no_frame().show(ui, |ui| {
                let line = ui.max_rect();
                self.draw_conversation(ui, false);
                // Last: over the ground of notices.
                ui.painter().vline(line.left() + 0.5, line.y_range(), design::hairline(palette));
            });
        }
        self.draw_over(ui, frame, ui.ctx().content_rect());
    }

    fn draw_conversation(&mut self, ui: &mut Ui, narrow: bool) {
        let place = ui.max_rect();
        self.places.conversation = Some(place);
        ui.spacing_mut().item_spacing.y = 0.0;
        if self.model.chosen.is_empty() {
            self.draw_notices(ui);
            if !self.draw_search(ui) {
                self.with_scene(|_, scene| empty::show(ui, scene));
            }
            return;
        }
        self.with_scene(|_, scene| header::show(ui, scene, narrow));
        self.draw_notices(ui);
        let rest = ui.available_rect_before_wrap();
        let mut inner = ui.new_child(UiBuilder::new().max_rect(rest).id_salt("conversation"));
        inner.spacing_mut().item_spacing = egui::Vec2::splat(design::space::S);
        self.conversation.set_covered(self.viewer.is_open() || self.dialog.is_some());
        self.with_scene(|app, scene| app.conversation.show(&mut inner, scene));
    }

    /// The search while nobody is chosen. Returns whether it takes all the room.
    fn draw_search(&mut self, ui: &mut Ui) -> bool {
        self.conversation.set_covered(self.viewer.is_open() || self.dialog.is_some());
        self.with_scene(|app, scene| app.conversation.show_search(ui, scene))
    }

    fn draw_notices(&mut self, ui: &mut Ui) {
        let missing = self.chinese_missing == Some(true);
        self.with_scene(|_, scene| notices::banners(ui, scene, missing));
    }

    /// What lies over the rest: the asking card, drags, dialogs, the viewer and the lines that float by.
    fn draw_over(&mut self, ui: &mut Ui, frame: &eframe::Frame, screen: Rect) {
        let place = self.places.conversation.filter(|place| place.width() > 360.0).unwrap_or(screen);
        let below_header = Rect::from_min_max(place.min + egui::vec2(0.0, size::HEADER), place.max);
        if !self.viewer.is_open() {
            self.with_scene(|app, scene| asks::show(ui, app.asks, scene, below_header));
            if self.dialog.is_none() {
                self.with_scene(|app, scene| compare::card(ui, app.comparison, scene, below_header));
            }
        }

        let tiles = std::mem::take(&mut self.list.tiles);
        let chosen = self.model.chosen.clone();
        let blocked = self.dialog.is_some() || self.viewer.is_open();
        let places = Places { tiles: &tiles, conversation: self.places.conversation, chosen: &chosen, blocked };
        if let Some(action) = self.drops.update(ui, frame, &places) {
            self.actions.push(action);
        }
        self.with_scene(|app, scene| app.drops.show(ui, scene, &places));
        self.list.tiles = tiles;

        for wanted in self.viewer.show(ui.ctx(), &mut self.previews, &self.texts) {
            self.actions.push(match wanted {
                viewer::ViewerAction::Copy(path) => Action::CopyPicture(path),
                viewer::ViewerAction::CopyFile(path) => Action::CopyFiles(vec![path]),
                viewer::ViewerAction::CopyText(text) => Action::CopyText(text),
                viewer::ViewerAction::Open(path) => Action::Open(path),
                viewer::ViewerAction::Bin(path) => Action::MoveToBin(path),
                viewer::ViewerAction::SaveAs { path, .. } => Action::SaveAs(path),
                viewer::ViewerAction::Reveal(path) => Action::ShowInFolder(path),
                viewer::ViewerAction::More { with, towards } => Action::MorePictures { with, towards },
            });
        }
        if let Some(turned) = self.previews.turned_to_keep() {
            self.settings.turned = Some(turned.clone());
            self.actions.push(Action::ChangeSettings(Settings { turned: Some(turned), ..self.edited_settings() }));
        }
        if let Some(mut dialog) = self.dialog.take() {
            let next = self.with_scene(|_, scene| dialogs::show(ui, &mut dialog, scene));
            match next {
                Next::Stay => self.dialog = Some(dialog),
                Next::Close => self.closed(dialog),
            }
        }
        // The viewer is over the whole window, and so in the middle of it is what is said there.
        let viewing = self.viewer.is_open();
        let place = if viewing { screen } else { place };
        self.with_scene(|app, scene| app.toasts.show(ui, scene, place, viewing));
    }

    /// Lends out what drawing needs, with the composer's content of those chosen.
    fn with_scene<T>(&mut self, draw: impl FnOnce(&mut Parts<'_>, &mut Scene<'_>) -> T) -> T {
        let Self {
            model, texts, previews, drafts, actions, list, conversation, asks, comparison, drops, toasts, ..
        } = self;
        let draft = drafts.entry(model.chosen.clone()).or_default();
        let mut scene = Scene { model, texts, previews, draft, actions };
        draw(&mut Parts { list, conversation, asks, comparison, drops, toasts }, &mut scene)
    }

    fn note_size(&mut self, ui: &Ui) {
        let viewport = ui.input(|input| {
            let viewport = input.viewport();
            let whole = viewport.maximized == Some(true) || viewport.fullscreen == Some(true);
            viewport.inner_rect.filter(|_| !whole)
        });
        // In the system's points: the zoom is kept apart.
        self.window = viewport.map(|rect| run::size_text(rect.size() * ui.ctx().zoom_factor())).or(self.window.take());
    }

    fn shortcuts(&mut self, ui: &Ui) {
        if self.dialog.is_some() || self.viewer.is_open() {
            return;
        }
        let pressed = |modifiers, key| ui.input_mut(|input| input.consume_key(modifiers, key));
        if pressed(Modifiers::COMMAND, Key::Comma) {
            self.actions.push(Action::ShowSettings);
        }
        if pressed(Modifiers::COMMAND, Key::O) && !self.model.chosen.is_empty() {
            self.actions.push(Action::PickFiles);
        }
        if pressed(Modifiers::COMMAND, Key::N) {
            self.actions.push(Action::AskAdd);
        }
        if pressed(Modifiers::COMMAND, Key::Q) || pressed(Modifiers::COMMAND, Key::W) {
            ui.ctx().send_viewport_cmd(egui::ViewportCommand::Close);
        }
    }
}

/// The parts of the window that keep something of their own between frames.
struct Parts<'a> {
    list: &'a mut ListView,
    conversation: &'a mut ConversationView,
    asks: &'a mut AskView,
    comparison: &'a mut CompareCard,
    drops: &'a mut Drops,
    toasts: &'a mut Toasts,
}
