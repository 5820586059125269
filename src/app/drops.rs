//! Dragging things in from other programs: where they would go, said while they hover, and done when they are let go.
//!
//! During such a drag egui knows no pointer position, so the window system is asked itself ([`PointerProbe`]). A drop is
//! aimed by what was lit when it came. Files of one drop may come in several frames; they are gathered for a moment.

use std::{path::PathBuf, time::Duration};

use egui::{
    Align2, Area, CornerRadius, Id, LayerId, Margin, Order, Pos2, Rect, RichText, StrokeKind, Ui, accesskit::Role, pos2,
};

use super::{
    Scene,
    actions::Action,
    design::{self, Palette, radius, size, space},
    icons,
};
use crate::{platform::pointer::PointerProbe, protocol::Fingerprint};

/// Files of one drop come as one event each, over a frame or two. In seconds.
const GATHER: f64 = 0.1;

/// Where something let go now would go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// To this computer, at once.
    Tile(Fingerprint),
    /// Into the composer of those chosen.
    Composer,
    /// To whom is asked.
    AskWhom,
    /// Nowhere.
    Nowhere,
}

/// Asks where the pointer is.
#[derive(Debug)]
enum Pointer {
    System(PointerProbe),
    #[cfg(test)]
    Fixed(Option<Pos2>),
}

#[derive(Debug)]
pub struct Drops {
    pointer: Pointer,
    target: Target,
    /// Let go, and still being gathered since then by egui's clock.
    gathered: Option<(Target, Vec<PathBuf>, f64)>,
}

impl Default for Drops {
    fn default() -> Self {
        Self { pointer: Pointer::System(PointerProbe::default()), target: Target::Nowhere, gathered: None }
    }
}

/// Where things can be let go, as last drawn.
#[derive(Debug)]
pub struct Places<'a> {
    pub tiles: &'a [(Fingerprint, Rect)],
    pub conversation: Option<Rect>,
    pub chosen: &'a [Fingerprint],
    /// A question is open in front of everything: nothing behind it can be meant.
    pub blocked: bool,
}

impl Drops {
    /// The tile that is to light up.
    #[must_use]
    pub fn lit(&self) -> Option<Fingerprint> {
        match self.target {
            Target::Tile(who) => Some(who),
            _ => None,
        }
    }

    /// Looks at what hovers and what was let go. Returns what to do about it.
    pub fn update(&mut self, ui: &Ui, frame: &eframe::Frame, places: &Places<'_>) -> Option<Action> {
        let (hovers, dropped) = ui.input(|input| {
            let dropped: Vec<PathBuf> = input.raw.dropped_files.iter().map(|file| file.path().to_path_buf()).collect();
            (!input.raw.hovered_files.is_empty(), dropped)
        });
        // A drop may come without having hovered in any frame.
        let unannounced = !dropped.is_empty() && self.gathered.is_none() && self.target == Target::Nowhere;
        if hovers || unannounced {
            let target = aim(self.pointer(ui, frame), places);
            if target != self.target {
                self.target = target;
                // The tile was drawn already in this frame.
                ui.ctx().request_repaint();
            }
        }
        if !dropped.is_empty() {
            let target = self.target;
            let now = ui.input(|input| input.time);
            let (_, paths, _) = self.gathered.get_or_insert_with(|| (target, Vec::new(), now));
            paths.extend(dropped);
        } else if !hovers && self.target != Target::Nowhere && self.gathered.is_none() {
            self.target = Target::Nowhere;
            ui.ctx().request_repaint();
        }
        self.finish(ui)
    }

    fn finish(&mut self, ui: &Ui) -> Option<Action> {
        let (_, _, since) = self.gathered.as_ref()?;
        let waited = ui.input(|input| input.time) - since;
        if waited < GATHER {
            ui.ctx().request_repaint_after(Duration::from_secs_f64(GATHER - waited));
            return None;
        }
        let (target, mut paths, _) = self.gathered.take()?;
        self.target = Target::Nowhere;
        ui.ctx().request_repaint();
        paths.dedup();
        match target {
            Target::Tile(who) => Some(Action::SendPaths { to: vec![who], paths }),
            Target::Composer => Some(Action::Attach(paths)),
            Target::AskWhom => Some(Action::AskWhom(paths)),
            Target::Nowhere => None,
        }
    }

    fn pointer(&mut self, ui: &Ui, frame: &eframe::Frame) -> Option<Pos2> {
        match &mut self.pointer {
            Pointer::System(probe) => {
                let at = probe.position(frame)?;
                let scale = ui.ctx().pixels_per_point();
                Some(pos2(at.x / scale, at.y / scale))
            }
            #[cfg(test)]
            Pointer::Fixed(at) => *at,
        }
    }

    #[cfg(test)]
    pub fn fix_pointer(&mut self, at: Option<Pos2>) {
        self.pointer = Pointer::Fixed(at);
    }

    /// Says over everything what would happen.
    pub fn show(&self, ui: &Ui, scene: &Scene<'_>, places: &Places<'_>) {
        if !ui.input(|input| !input.raw.hovered_files.is_empty()) || places.blocked {
            return;
        }
        let texts = scene.texts;
        let palette = Palette::of(ui);
        let words = match (self.target, places.chosen) {
            (Target::Tile(who), _) => texts.drop_send_to(&scene.model.name(who)),
            (Target::Composer, [one]) => texts.drop_add(&scene.model.name(*one)),
            (Target::Composer, several) => texts.drop_add_several(several.len() as u64),
            (Target::AskWhom, _) => texts.drop_ask_whom().to_owned(),
            (Target::Nowhere, _) => texts.drop_elsewhere().to_owned(),
        };
        let screen = ui.ctx().content_rect();
        let lit = matches!(self.target, Target::Composer | Target::AskWhom);
        if let (true, Some(place)) = (lit, places.conversation) {
            let painter = ui.ctx().layer_painter(LayerId::new(Order::Foreground, Id::unique("drop place")));
            let place = place.shrink(space::M);
            let corner = CornerRadius::same(radius::CARD);
            painter.rect_filled(place, corner, palette.accent_tint.gamma_multiply(0.7));
            painter.rect_stroke(place, corner, design::focus_ring(palette), StrokeKind::Inside);
        }
        let bottom = places.conversation.map_or(screen, |place| if place.width() > 200.0 { place } else { screen });
        Area::new(Id::unique("drop words"))
            .order(Order::Tooltip)
            .interactable(false)
            .pivot(Align2::CENTER_BOTTOM)
            .fixed_pos(pos2(bottom.center().x, bottom.bottom() - 104.0))
            .constrain_to(screen)
            .role(Role::Alert)
            .show(ui.ctx(), |ui| {
                let nowhere = self.target == Target::Nowhere;
                let (fill, ink) =
                    if nowhere { (palette.card, palette.secondary) } else { (palette.accent, palette.on_accent) };
                egui::Frame::new()
                    .fill(fill)
                    .corner_radius(radius::CARD)
                    .inner_margin(Margin::symmetric(space::L as i8, space::M as i8))
                    .shadow(design::float_shadow(palette))
                    .show(ui, |ui| {
                        ui.horizontal(|ui| {
                            let icon = if nowhere { icons::HAND_PALM } else { icons::PAPER_PLANE_TILT };
                            ui.label(icons::text(icon, size::ICON).color(ink));
                            ui.label(RichText::new(words).font(design::body()).color(ink));
                        });
                    });
            });
    }
}

/// What lies under a place. Where the system doesn't tell the place (a program of Wayland dragging onto X11), nothing is
/// sent at once, and nothing is lost either: it goes to the composer.
fn aim(at: Option<Pos2>, places: &Places<'_>) -> Target {
    if places.blocked {
        return Target::Nowhere;
    }
    let composer = if places.chosen.is_empty() { Target::AskWhom } else { Target::Composer };
    let Some(at) = at else { return composer };
    if let Some((who, _)) = places.tiles.iter().find(|(_, rect)| rect.contains(at)) {
        return Target::Tile(*who);
    }
    match places.conversation {
        Some(place) if place.contains(at) => composer,
        _ => Target::Nowhere,
    }
}

#[cfg(test)]
mod tests {
    use egui::vec2;

    use super::*;

    #[test]
    fn a_drop_is_aimed_at_what_lies_under_the_pointer() {
        let who = Fingerprint([1; 32]);
        let tile = Rect::from_min_size(pos2(0.0, 60.0), vec2(200.0, 60.0));
        let conversation = Rect::from_min_size(pos2(200.0, 0.0), vec2(400.0, 400.0));
        let aim = |x, y, chosen: &[Fingerprint], blocked| {
            let tiles = [(who, tile)];
            let places = Places { tiles: &tiles, conversation: Some(conversation), chosen, blocked };
            super::aim(Some(pos2(x, y)), &places)
        };
        assert_eq!(aim(10.0, 70.0, &[], false), Target::Tile(who));
        assert_eq!(aim(300.0, 70.0, &[], false), Target::AskWhom);
        assert_eq!(aim(300.0, 70.0, &[who], false), Target::Composer);
        assert_eq!(aim(10.0, 300.0, &[who], false), Target::Nowhere);
        assert_eq!(aim(10.0, 70.0, &[], true), Target::Nowhere);
    }

    #[test]
    fn a_drop_whose_place_is_not_known_goes_to_the_composer_and_not_at_once_to_anybody() {
        let who = Fingerprint([1; 32]);
        let everywhere = Rect::from_min_size(Pos2::ZERO, vec2(1000.0, 1000.0));
        let aim = |chosen: &[Fingerprint]| {
            let tiles = [(who, everywhere)];
            super::aim(None, &Places { tiles: &tiles, conversation: Some(everywhere), chosen, blocked: false })
        };
        assert_eq!(aim(&[who]), Target::Composer);
        assert_eq!(aim(&[]), Target::AskWhom);
    }
}
