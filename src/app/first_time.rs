//! Before something is sent to a computer for the first time: is this the right one? Until a yes it learns only that
//! something waits.

use egui::Ui;

use super::{
    Scene,
    actions::{Action, Then},
    avatar,
    design::{Palette, space},
    dialogs::{self, Next},
    header, icons,
    model::Model,
    widgets::{Button, Kind},
};
use crate::{
    engine::api::{Computer, Outgoing},
    protocol::Fingerprint,
};

/// The round pictures, and how many at most.
const FACE: f32 = 56.0;
const FACES: usize = 5;

/// What waits for the answer.
#[derive(Debug)]
pub struct FirstTime {
    pub to: Vec<Fingerprint>,
    pub what: Vec<Outgoing>,
    /// It was dropped onto a tile; the sentence of its Undo.
    pub undo: Option<String>,
    /// With yes, or it goes on by comparing.
    pub answered: bool,
}

impl FirstTime {
    /// Those the question is about.
    #[must_use]
    pub fn asked(&self, model: &Model) -> Vec<Fingerprint> {
        self.to.iter().copied().filter(|&who| model.computer(who).is_none_or(is_unsure)).collect()
    }
}

/// Whether sending to it asks first: neither compared nor ever sent to.
#[must_use]
pub fn is_unsure(computer: &Computer) -> bool {
    !computer.verified && !computer.confirmed
}

pub fn show(ui: &mut Ui, first: &mut FirstTime, scene: &mut Scene<'_>) -> Next {
    let texts = scene.texts;
    let asked = first.asked(scene.model);
    let shown = &asked[..asked.len().min(FACES)];
    ui.horizontal(|ui| {
        let width = shown.len() as f32 * (FACE + space::S) - space::S;
        ui.add_space((ui.available_width() - width) / 2.0);
        for who in shown {
            avatar::show(ui, FACE, who, avatar::Look::default());
        }
    });
    ui.add_space(space::XS);
    let names: Vec<String> = asked.iter().map(|&who| scene.model.name(who)).collect();
    match &names[..] {
        [one] => dialogs::explain(ui, &texts.first_explain(one)),
        several => dialogs::explain(ui, &texts.first_explain_several(&texts.list(several.iter().map(String::as_str)))),
    }
    let pretends = asked.iter().find_map(|&who| scene.model.computer(who)?.impostor_of);
    if let Some(known) = pretends {
        let palette = Palette::of(ui);
        let name = scene.model.name(known);
        let (title, note) = (texts.impostor_title(&name), texts.impostor_note(&name));
        header::banner(ui, palette.bad_tint, (icons::SHIELD_WARNING, palette.bad), Some(&title), &note);
    }
    let mut next = Next::Stay;
    dialogs::row(ui, |ui| {
        let FirstTime { to, what, undo, .. } = &*first;
        let (to, what, undo) = (to.clone(), what.clone(), undo.clone());
        let mut go = None;
        // Comparing is the way for one that bears another's name.
        let (send, compare) =
            if pretends.is_some() { (Kind::Quiet, Kind::Primary) } else { (Kind::Primary, Kind::Quiet) };
        if Button::new(send, texts.first_send()).show(ui).clicked() {
            go = Some(Action::SendConfirmed { to, what, undo });
        } else if let [one] = asked[..]
            && Button::new(compare, texts.first_compare()).show(ui).clicked()
        {
            go = Some(Action::Compare { with: one, then: Then::Send { to, what, undo } });
        }
        if dialogs::focused_first(ui, Button::new(Kind::Quiet, texts.cancel())) {
            next = Next::Close;
        }
        if let Some(go) = go {
            scene.actions.push(go);
            first.answered = true;
            next = Next::Close;
        }
    });
    next
}
