//! Questions in front of everything: each is one title, one explanation, one main button.

use egui::{Align, Id, Key, Layout, Margin, Modal, RichText, ScrollArea, Sense, Ui, Vec2, accesskit::Role, vec2};

use super::{
    Scene,
    actions::Action,
    compare::{self, CompareView},
    design::{self, Palette, size, space},
    first_time::{self, FirstTime},
    icons,
    known::{self, AboutView},
    list,
    settings::{self, SettingsView},
    tile,
    widgets::{self, Button, Kind},
};
use crate::{
    engine::api::{Computer, Presence, Rule},
    protocol::Fingerprint,
};

/// Names a person gives and texts typed here are no longer than this, in characters: far more than is useful.
const MAX_TYPED: usize = 200;

#[derive(Debug)]
pub enum Dialog {
    Add(Adding),
    Help,
    Rename {
        who: Fingerprint,
        text: String,
    },
    Forget(Fingerprint),
    Block(Fingerprint),
    Clear(Fingerprint),
    /// Both screens show a code.
    Compare(Box<CompareView>),
    /// The known computers.
    Known,
    /// One of them.
    About(AboutView),
    /// Sending to somebody for the first time; what waits is sent after a yes.
    FirstTime(FirstTime),
    /// Something was dropped, or opened with this program, while nobody was chosen.
    Whom {
        what: Vec<std::path::PathBuf>,
    },
    Settings(SettingsView),
    Quit {
        running: u64,
    },
}

/// A computer is being added by its address.
#[derive(Debug, Default)]
pub struct Adding {
    pub text: String,
    pub state: AddState,
}

#[derive(Debug, Default, PartialEq, Eq)]
pub enum AddState {
    #[default]
    Typing,
    Looking,
    Nobody,
    Several,
}

/// Draws the open dialog. Returns what it says to do with itself.
pub fn show(ui: &Ui, dialog: &mut Dialog, scene: &mut Scene<'_>) -> Next {
    let palette = Palette::of(ui);
    let title = title(dialog, scene);
    let id = Id::unique(("dialog", std::mem::discriminant(dialog)));
    let screen = ui.ctx().content_rect();
    let width = dialog_width(dialog).min(screen.width() - 2.0 * space::M);
    // In a small window (or with a large zoom) the room is for what is asked, not for air.
    let around = if screen.height() < size::LOW || width < size::DIALOG { space::L } else { space::XL };
    let area = Modal::default_area(id).accessible_name(title.clone()).role(Role::Dialog).default_size(screen.size());
    // The scroll bar has the outer part of the right margin to itself.
    let margin = around as i8;
    let frame = widgets::card(ui)
        .inner_margin(Margin { left: margin, right: space::S as i8, top: margin, bottom: margin })
        .shadow(design::float_shadow(palette));
    let inner_width = width - 2.0 * around;
    let shown = Modal::new(id).area(area).frame(frame).backdrop_color(palette.backdrop).show(ui.ctx(), |ui| {
        ui.set_width(width - around - space::S);
        // Not the height it had in the last frame: the window may have grown. Before anything lies in it.
        ui.set_max_height(screen.height());
        ui.spacing_mut().item_spacing = vec2(space::S, space::M);
        let column = |ui: &mut Ui, add: &mut dyn FnMut(&mut Ui) -> Next| {
            ui.scope(|ui| {
                ui.set_max_width(inner_width);
                add(ui)
            })
            .inner
        };
        column(ui, &mut |ui| {
            ui.add(egui::Label::new(RichText::new(&title).font(design::title()).color(palette.text)).wrap());
            Next::Stay
        });
        let title = ui.min_rect().height() + ui.spacing().item_spacing.y;
        let foot = if matches!(dialog, Dialog::Settings(_)) { size::TARGET + ui.spacing().item_spacing.y } else { 0.0 };
        let room = screen.height() - 2.0 * (around + space::S) - title - foot;
        let next = ScrollArea::vertical()
            .max_height(room.max(size::ROW))
            .auto_shrink([false, true])
            .show(ui, |ui| column(ui, &mut |ui| content(ui, dialog, scene)))
            .inner;
        match dialog {
            Dialog::Settings(view) => column(ui, &mut |ui| settings::done(ui, view, scene)),
            _ => next,
        }
    });
    if !shown.should_close() {
        return shown.inner;
    }
    match dialog {
        Dialog::Settings(view) => settings::leave(view, scene),
        Dialog::About(view) => known::leave(view, scene),
        _ => {}
    }
    Next::Close
}

/// What becomes of the dialog after this frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    Stay,
    Close,
}

fn dialog_width(dialog: &Dialog) -> f32 {
    if matches!(dialog, Dialog::Settings(_)) { size::DIALOG + 60.0 } else { size::DIALOG }
}

fn title(dialog: &Dialog, scene: &Scene<'_>) -> String {
    let texts = scene.texts;
    let name = |who: &Fingerprint| scene.model.name(*who);
    match dialog {
        Dialog::Add(_) => texts.add_title().into(),
        Dialog::Help => texts.help_title().into(),
        Dialog::Rename { who, .. } => texts.rename_title(&name(who)),
        Dialog::Forget(who) => texts.forget_title(&name(who)),
        Dialog::Block(who) => texts.block_title(&name(who)),
        Dialog::Clear(who) => texts.clear_title(&name(who)),
        Dialog::Compare(view) => view.title(scene),
        Dialog::Known => texts.known_title().into(),
        Dialog::About(view) => name(&view.who),
        Dialog::FirstTime(_) => texts.first_title().into(),
        Dialog::Whom { what } => texts.drop_whom_title(&paths_in_words(scene, what)),
        Dialog::Settings(_) => texts.settings().into(),
        Dialog::Quit { .. } => texts.quit_title().into(),
    }
}

fn content(ui: &mut Ui, dialog: &mut Dialog, scene: &mut Scene<'_>) -> Next {
    let texts = scene.texts;
    match dialog {
        Dialog::Add(adding) => add(ui, adding, scene),
        Dialog::Help => {
            list::help(ui, scene);
            buttons(ui, scene, None)
        }
        Dialog::Rename { who, text } => rename(ui, *who, text, scene),
        Dialog::Forget(who) => {
            let action = Action::Forget(*who);
            confirm(ui, scene, texts.forget_explain(), texts.forget_go(), vec![action])
        }
        Dialog::Block(who) => {
            let action = Action::SetRule { with: *who, rule: Rule::Block };
            confirm(ui, scene, texts.block_explain(), texts.block_go(), vec![action])
        }
        Dialog::Clear(who) => {
            let action = Action::RemoveConversation(*who);
            confirm(ui, scene, texts.clear_explain(), texts.clear_go(), vec![action])
        }
        Dialog::Compare(view) => compare::show(ui, view, scene),
        Dialog::Known => known::list(ui, scene),
        Dialog::About(view) => known::about(ui, view, scene),
        Dialog::FirstTime(first) => first_time::show(ui, first, scene),
        Dialog::Whom { what } => whom(ui, what, scene),
        Dialog::Settings(view) => {
            settings::show(ui, view, scene);
            Next::Stay
        }
        Dialog::Quit { running } => {
            explain(ui, &texts.quit_explain(*running));
            let mut next = Next::Stay;
            row(ui, |ui| {
                if focused_first(ui, Button::new(Kind::Primary, texts.quit_stay())) {
                    next = Next::Close;
                }
                if widgets::quiet(ui, texts.quit_go()).clicked() {
                    scene.actions.push(Action::Quit);
                    next = Next::Close;
                }
            });
            next
        }
    }
}

fn confirm(ui: &mut Ui, scene: &mut Scene<'_>, text: &str, go: &str, actions: Vec<Action>) -> Next {
    explain(ui, text);
    buttons(ui, scene, Some((Kind::Danger, go, actions)))
}

/// Cancel (or Close) and the main button, at the right.
pub(super) fn buttons(ui: &mut Ui, scene: &mut Scene<'_>, go: Option<(Kind, &str, Vec<Action>)>) -> Next {
    let mut next = Next::Stay;
    let leave = if go.is_some() { scene.texts.cancel() } else { scene.texts.close() };
    row(ui, |ui| {
        if let Some((kind, label, actions)) = go
            && Button::new(kind, label).show(ui).clicked()
        {
            scene.actions.extend(actions);
            next = Next::Close;
        }
        if focused_first(ui, Button::new(Kind::Quiet, leave)) {
            next = Next::Close;
        }
    });
    next
}

pub(super) fn row(ui: &mut Ui, add: impl FnOnce(&mut Ui)) {
    ui.add_space(space::S);
    ui.allocate_ui_with_layout(vec2(ui.available_width(), size::TARGET), Layout::right_to_left(Align::Center), add);
}

/// The button that has the keyboard when the dialog opens: the safe one.
pub(super) fn focused_first(ui: &mut Ui, button: Button<'_>) -> bool {
    let response = button.show(ui);
    focus_once(ui, &response);
    response.clicked()
}

/// Gives the keyboard to `response` once after the dialog has opened.
fn focus_once(ui: &Ui, response: &egui::Response) {
    let key = Id::unique("dialog focused").with(response.layer_id);
    let frame = ui.ctx().cumulative_pass_nr();
    let last: Option<u64> = ui.data(|data| data.get_temp(key));
    // Not drawn in the frame before: it is new.
    if last.is_none_or(|last| frame.saturating_sub(last) > 2) {
        response.request_focus();
    }
    ui.data_mut(|data| data.insert_temp(key, frame));
}

pub(super) fn explain(ui: &mut Ui, text: &str) {
    let palette = Palette::of(ui);
    ui.add(egui::Label::new(RichText::new(text).font(design::body()).color(palette.secondary)).wrap());
}

fn add(ui: &mut Ui, adding: &mut Adding, scene: &mut Scene<'_>) -> Next {
    let texts = scene.texts;
    explain(ui, texts.add_explain());
    let field = widgets::field(ui, &mut adding.text, texts.add_field(), texts.add_hint());
    focus_once(ui, &field);
    truncate(&mut adding.text);
    if field.changed() {
        adding.state = AddState::Typing;
    }
    let looking = adding.state == AddState::Looking;
    match adding.state {
        AddState::Typing => {}
        AddState::Looking => {
            ui.horizontal(|ui| {
                ui.add(egui::Spinner::new().size(size::ICON_SMALL).color(Palette::of(ui).accent));
                widgets::secondary(ui, texts.add_looking());
            });
        }
        AddState::Nobody => problem(ui, texts.add_nobody()),
        AddState::Several => problem(ui, texts.add_several()),
    }
    let entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
    let mut go = entered;
    let mut next = Next::Stay;
    row(ui, |ui| {
        let ready = !adding.text.trim().is_empty() && !looking;
        ui.add_enabled_ui(ready, |ui| go |= widgets::primary(ui, texts.add_go()).clicked());
        go &= ready;
        if widgets::quiet(ui, texts.cancel()).clicked() {
            next = Next::Close;
        }
    });
    if go {
        adding.state = AddState::Looking;
        scene.actions.push(Action::Find(adding.text.trim().to_owned()));
    }
    next
}

/// A line that says what didn't work.
pub(super) fn problem(ui: &mut Ui, text: &str) {
    let palette = Palette::of(ui);
    ui.horizontal_top(|ui| {
        let (rect, _) = ui.allocate_exact_size(Vec2::splat(size::ICON), Sense::hover());
        icons::paint(ui.painter(), rect.center(), icons::WARNING_CIRCLE, size::ICON, palette.warn);
        ui.add(egui::Label::new(RichText::new(text).font(design::small()).color(palette.text)).wrap());
    });
}

fn rename(ui: &mut Ui, who: Fingerprint, text: &mut String, scene: &mut Scene<'_>) -> Next {
    let texts = scene.texts;
    let hint = scene.model.name(who);
    let field = widgets::field(ui, text, texts.rename_field(), &hint);
    focus_once(ui, &field);
    truncate(text);
    widgets::secondary(ui, texts.rename_explain());
    let mut go = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
    let mut next = Next::Stay;
    row(ui, |ui| {
        go |= widgets::primary(ui, texts.rename_go()).clicked();
        if widgets::quiet(ui, texts.cancel()).clicked() {
            next = Next::Close;
        }
    });
    if go {
        let name = Some(text.trim().to_owned()).filter(|name| !name.is_empty());
        scene.actions.push(Action::Rename { with: who, name });
        next = Next::Close;
    }
    next
}

fn whom(ui: &mut Ui, what: &[std::path::PathBuf], scene: &mut Scene<'_>) -> Next {
    let snapshot = scene.model.snapshot.clone();
    // It waits for those that are away, as long as they aren't strangers.
    let there = |c: &&Computer| (c.presence != Presence::Away || !c.new) && c.rule != Rule::Block;
    let mut possible: Vec<&Computer> = snapshot.computers.iter().filter(there).collect();
    possible.sort_by_key(|computer| computer.presence == Presence::Away);
    let mut next = Next::Stay;
    if possible.is_empty() {
        explain(ui, scene.texts.drop_nobody());
    }
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        for computer in possible {
            let drawn = tile::show(ui, &tile::Tile { scene, computer, folded: false, lit: false });
            if drawn.response.clicked() {
                scene.actions.push(Action::SendPaths { to: vec![computer.fingerprint], paths: what.to_vec() });
                next = Next::Close;
            }
        }
    });
    if buttons(ui, scene, None) == Next::Close { Next::Close } else { next }
}

/// "holiday.jpg" or "3 items".
#[must_use]
pub fn paths_in_words(scene: &Scene<'_>, paths: &[std::path::PathBuf]) -> String {
    match paths {
        [one] => shown_name(one),
        several => scene.texts.items(several.len() as u64),
    }
}

/// The last part of a path, as one can show it.
#[must_use]
pub fn shown_name(path: &std::path::Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

pub(super) fn truncate(text: &mut String) {
    if let Some((cut, _)) = text.char_indices().nth(MAX_TYPED) {
        text.truncate(cut);
    }
}
