//! What is said without being asked: lines that float by, and lines that stay until they are dismissed.

use std::time::Duration;

use egui::{Align2, Area, Margin, Order, Rect, RichText, Ui, accesskit::Role, pos2, vec2};

use super::{
    Scene,
    actions::Action,
    design::{self, Palette, space},
    fonts, header, icons,
    model::{Conversation, Model, Note},
    widgets::{self, Button, Kind},
};
use crate::{
    engine::api::{Notice, Phase, Refusal, State},
    protocol::{Fingerprint, TransferId},
};

/// How many seconds a line stays: long enough to read a sentence twice.
const SHOWN: f64 = 6.0;
/// More than this at once is not read; the oldest goes.
const AT_ONCE: usize = 3;

/// A line that floats by.
#[derive(Debug)]
struct Toast {
    text: String,
    /// By egui's clock, in seconds; set when it is first drawn.
    until: Option<f64>,
    /// What can still be taken back.
    undo: Vec<(Fingerprint, TransferId)>,
    /// Of these, some were seen under way.
    under_way: bool,
}

impl Toast {
    /// What it speaks of has ended: the conversation says how.
    fn is_over(&mut self, model: &Model) -> bool {
        let running = |&(with, transfer): &_| model.running(with, transfer).is_some();
        let ended = |&(with, transfer): &_| {
            let entries = model.conversation(with).into_iter().flat_map(Conversation::entries);
            let entry = entries.rev().find(|entry| entry.transfer == transfer);
            entry.is_some_and(|entry| !matches!(entry.state, State::Waiting | State::Running))
        };
        let runs = self.undo.iter().any(running);
        self.under_way |= runs;
        // What was over before a snapshot showed it is known by its entry alone.
        !self.undo.is_empty() && !runs && (self.under_way || self.undo.iter().all(ended))
    }
}

#[derive(Debug, Default)]
pub struct Toasts {
    shown: Vec<Toast>,
}

impl Toasts {
    pub fn say(&mut self, text: impl Into<String>) {
        self.push(text.into(), Vec::new());
    }

    /// With an Undo that cancels these transfers, for as long as they are not done.
    pub fn say_with_undo(&mut self, text: impl Into<String>, undo: Vec<(Fingerprint, TransferId)>) {
        self.push(text.into(), undo);
    }

    fn push(&mut self, text: String, undo: Vec<(Fingerprint, TransferId)>) {
        self.shown.retain(|toast| toast.text != text);
        self.shown.push(Toast { text, until: None, undo, under_way: false });
        let surplus = self.shown.len().saturating_sub(AT_ONCE);
        self.shown.drain(..surplus);
    }

    /// Draws them at the bottom of `place`; `over_dark` where the viewer lies behind them, whatever the theme.
    pub fn show(&mut self, ui: &Ui, scene: &mut Scene<'_>, place: Rect, over_dark: bool) {
        let now = ui.input(|input| input.time);
        self.shown.retain_mut(|toast| *toast.until.get_or_insert(now + SHOWN) > now && !toast.is_over(scene.model));
        if self.shown.is_empty() {
            return;
        }
        let next = self.shown.iter().filter_map(|toast| toast.until).fold(f64::INFINITY, f64::min);
        ui.ctx().request_repaint_after(Duration::from_secs_f64((next - now).clamp(0.02, SHOWN)));

        let palette = if over_dark { Palette::for_dark(true) } else { Palette::of(ui) };
        let mut undone = None;
        Area::new(ui.scope_id().with("toasts"))
            .order(Order::Foreground)
            .pivot(Align2::CENTER_BOTTOM)
            .fixed_pos(pos2(place.center().x, place.bottom() - 88.0))
            .constrain_to(place)
            .role(Role::Alert)
            .show(ui.ctx(), |ui| {
                ui.spacing_mut().item_spacing = vec2(space::S, space::S);
                if over_dark {
                    ui.style_mut().visuals = ui.ctx().style_of(egui::Theme::Dark).visuals.clone();
                }
                for (index, toast) in self.shown.iter().enumerate() {
                    let frame = widgets::card(ui)
                        .inner_margin(Margin::symmetric(space::L as i8, space::S as i8))
                        .shadow(design::float_shadow(palette));
                    frame.show(ui, |ui| {
                        ui.set_max_width(place.width() - 4.0 * space::L);
                        ui.horizontal(|ui| {
                            let text = RichText::new(&toast.text).font(design::body()).color(palette.text);
                            ui.add(egui::Label::new(text).wrap());
                            if can_undo(scene, toast)
                                && Button::new(Kind::Flat, scene.texts.undo())
                                    .icon(icons::ARROW_U_UP_LEFT)
                                    .left()
                                    .show(ui)
                                    .clicked()
                            {
                                undone = Some(index);
                            }
                        });
                    });
                }
            });
        if let Some(index) = undone {
            let toast = self.shown.remove(index);
            scene.actions.extend(toast.undo.iter().map(|&(with, transfer)| Action::Cancel { with, transfer }));
        }
    }
}

/// What is saved over there can't be taken back from here, and the line doesn't pretend so.
fn can_undo(scene: &Scene<'_>, toast: &Toast) -> bool {
    toast.undo.iter().any(|&(with, transfer)| {
        scene.model.running(with, transfer).is_some_and(|running| running.phase != Phase::Finishing)
    })
}

/// Draws what the engine wants read once, and what this machine lacks, over the top of the conversation.
pub fn banners(ui: &mut Ui, scene: &mut Scene<'_>, chinese_missing: bool) {
    let palette = Palette::of(ui);
    let warn = (icons::WARNING, palette.warn);
    if scene.model.ended {
        header::banner(ui, palette.bad_tint, (icons::WARNING_CIRCLE, palette.bad), None, scene.texts.engine_ended());
    }
    let notices = scene.model.snapshot.notices.iter().cloned().map(Note::Engine);
    let notes = chinese_missing.then_some(Note::FontsMissing).into_iter().chain(notices);
    let unread: Vec<Note> = notes.filter(|note| !scene.model.dismissed.contains(note)).collect();
    for note in unread {
        let text = match &note {
            Note::FontsMissing => scene.texts.notice_fonts(fonts::advice(scene.texts)),
            Note::Engine(notice) => sentence(scene, notice),
        };
        if header::closable_banner(ui, palette.warn_tint, warn, None, &text, Some(scene.texts.notice_dismiss())) {
            scene.actions.push(Action::DismissNotice(note));
        }
    }
}

fn sentence(scene: &Scene<'_>, notice: &Notice) -> String {
    let texts = scene.texts;
    match notice {
        Notice::StoreSetAside { path } => texts.notice_store(&path.display().to_string()),
        Notice::StoreRefuses(Refusal::Full) => texts.notice_store_full().to_owned(),
        Notice::StoreRefuses(Refusal::NotWritable) => texts.notice_store_not_writable().to_owned(),
        Notice::NewIdentity => texts.notice_identity().to_owned(),
        Notice::FolderNotWritable { folder } => texts.notice_folder(&folder.display().to_string()),
        Notice::SharedIdentity { with } => texts.notice_shared(&scene.model.name(*with)),
        Notice::DiscoveryUnavailable => texts.notice_discovery().to_owned(),
        #[allow(unreachable_patterns, reason = "the enum may grow")]
        _ => texts.problem_other().to_owned(),
    }
}
