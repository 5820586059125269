//! A picture over the whole window.
//!
//! It appears at once from what the conversation shows already (its blur or its small picture), becomes sharp in the
//! window's own pixels, and gets all of its pixels in tiles when somebody looks closer.

mod about;
mod bar;
mod gallery;
mod look;
mod stage;
#[cfg(test)]
mod tests;
mod wish;

use std::path::{Path, PathBuf};

use egui::{Align2, Context, Id, Modal, Rect, Ui, Vec2, pos2, vec2};

pub use self::gallery::{Gallery, Shown};
use self::{
    gallery::Step,
    look::Look,
    wish::{Wish, keys},
};
use super::{
    design::{Palette, size, space},
    icons,
    previews::Previews,
};
use crate::{engine::api::Towards, i18n::Texts, protocol::Fingerprint};

/// Height of the bar above the picture.
const BAR: f32 = 56.0;

/// Width of the panel with what is known of the file.
const ABOUT: f32 = 264.0;

/// In a window less wide than this the panel lies over the picture instead of beside it: previous and next have no room
/// there, each with the same distance to either side.
const ABOUT_BESIDE_FROM: f32 = ABOUT + 2.0 * (size::TARGET + 2.0 * space::L);

/// One press of + or −.
const STEP: f32 = 1.25;

/// One press of an arrow key moves a picture that is larger than the window by so much of the window.
const PAN: f32 = 0.15;

/// The viewer, closed at first.
#[derive(Debug, Default)]
pub struct Viewer {
    open: Option<Open>,
    /// What gets the keyboard back now that it is closed.
    gives_back: Option<Id>,
    /// The panel with what is known of the file is open, and stays so for the next picture.
    about: bool,
}

/// What the person asked the viewer for; performed by the window.
#[derive(Clone, Debug, PartialEq)]
pub enum ViewerAction {
    /// Put the picture's pixels on the clipboard.
    Copy(PathBuf),
    /// Put the file on the clipboard.
    CopyFile(PathBuf),
    CopyText(String),
    /// Ask where to, and write a copy of the file there.
    SaveAs {
        path: PathBuf,
        name: String,
    },
    /// With the system's program for it.
    Open(PathBuf),
    /// Show the file in the system's file manager.
    Reveal(PathBuf),
    /// To the system's bin.
    Bin(PathBuf),
    /// Ask for more pictures of the conversation; [`Viewer::take`] has the answer.
    More {
        with: Fingerprint,
        towards: Towards,
    },
}

#[derive(Debug)]
struct Open {
    gallery: Gallery,
    look: Look,
    /// The picture's own, once it was drawn.
    picture: Option<Id>,
    /// The picture has the keyboard's focus from the start.
    focused: bool,
    /// What had the keyboard before, and gets it back.
    before: Option<Id>,
    about: bool,
    /// This person wants to know where this one was taken.
    place: bool,
}

impl Viewer {
    /// Opens; the others are reached by next and previous.
    pub fn open(&mut self, gallery: Gallery) {
        self.open = Some(Open {
            gallery,
            look: Look::default(),
            picture: None,
            focused: false,
            before: None,
            about: self.about,
            place: false,
        });
    }

    #[must_use]
    pub fn is_open(&self) -> bool {
        self.open.is_some()
    }

    #[cfg(test)]
    pub(super) fn shown(&self) -> Option<&Shown> {
        self.open.as_ref().map(|open| open.gallery.shown())
    }

    pub fn close(&mut self) {
        self.open = None;
    }

    /// Its file is not there any more: the next one takes its place, and with the last one the viewer closes.
    pub fn remove(&mut self, path: &Path, previews: &mut Previews) {
        let Some(open) = &mut self.open else { return };
        match open.gallery.remove(path) {
            None => self.leave(previews),
            Some(true) => open.begin(previews),
            Some(false) => {}
        }
    }

    /// The computer whose pictures are looked at.
    #[must_use]
    pub fn with(&self) -> Option<Fingerprint> {
        self.open.as_ref()?.gallery.with()
    }

    /// The pictures of an entry of that conversation, which came or changed while it is open.
    pub fn join(&mut self, seq: i64, pictures: Vec<Shown>) {
        if let Some(open) = &mut self.open {
            open.gallery.join(seq, pictures);
        }
    }

    /// What [`ViewerAction::More`] asked for: in the order of the conversation, and beyond which entry it goes on; `None`
    /// if it could not be told.
    pub fn take(&mut self, towards: Towards, told: Option<(Vec<Shown>, Option<i64>)>, previews: &mut Previews) {
        let Some(open) = &mut self.open else { return };
        match told {
            None => open.gallery.not_told(),
            Some((pictures, beyond)) => {
                if open.gallery.take(towards, pictures, beyond) {
                    open.begin(previews);
                }
            }
        }
    }

    /// Draws it over everything while it is open. Call last.
    pub fn show(&mut self, ctx: &Context, previews: &mut Previews, texts: &Texts) -> Vec<ViewerAction> {
        let Some(open) = &mut self.open else {
            // Not in the frame in which it closed: nothing behind it could have the keyboard then.
            if let Some(behind) = self.gives_back.take() {
                ctx.memory_mut(|memory| memory.request_focus(behind));
            }
            return Vec::new();
        };
        let focus = ctx.memory(egui::Memory::focused);
        if !open.focused {
            // Now: what lies behind loses the keyboard as soon as something lies before it.
            open.before = focus;
            open.look = Look::turned(previews.turns(&open.gallery.shown().path));
        }
        // A menu takes its keys itself.
        let menu = egui::Popup::is_any_open(ctx);
        let mut wishes = if menu { Vec::new() } else { keys(ctx, focus.is_none() || focus == open.picture) };
        let screen = ctx.content_rect();
        let area = Modal::default_area(Id::unique("viewer"))
            .anchor(Align2::LEFT_TOP, Vec2::ZERO)
            .accessible_name(texts.viewer_name());
        // A picture is looked at on dark, whatever the theme.
        let dark = Palette::for_dark(true);
        Modal::new(Id::unique("viewer")).area(area).frame(egui::Frame::NONE).backdrop_color(dark.list).show(
            ctx,
            |ui| {
                ui.style_mut().visuals = ui.ctx().style_of(egui::Theme::Dark).visuals.clone();
                ui.set_min_size(screen.size());
                open.draw(ui, previews, texts, screen, &mut wishes);
            },
        );
        let mut actions = Vec::new();
        let mut close = false;
        for wish in wishes {
            close |= wish == Wish::Close;
            actions.extend(open.fulfil(wish, ctx, previews));
        }
        actions.extend(open.gallery.wants());
        self.about = open.about;
        if close {
            self.leave(previews);
            ctx.request_repaint();
        }
        actions
    }

    fn leave(&mut self, previews: &mut Previews) {
        self.gives_back = self.open.take().and_then(|open| open.before);
        previews.forget_tiles();
    }
}

impl Open {
    fn fulfil(&mut self, wish: Wish, ctx: &Context, previews: &mut Previews) -> Option<ViewerAction> {
        let wish = match wish {
            Wish::Arrow(x, y) if self.look.can_pan() => {
                self.look.pan_by_parts(-PAN * vec2(x.into(), y.into()));
                ctx.request_repaint();
                return None;
            }
            Wish::Arrow(x, y) if x + y < 0 => Wish::Previous,
            Wish::Arrow(..) => Wish::Next,
            other => other,
        };
        let step = match wish {
            Wish::Previous => Some(Step::Previous),
            Wish::Next => Some(Step::Next),
            Wish::First => Some(Step::First),
            Wish::Last => Some(Step::Last),
            _ => None,
        };
        if step.is_some_and(|step| self.gallery.go(step)) {
            self.begin(previews);
        }
        ctx.request_repaint();
        let Shown { path, name, settled, .. } = self.gallery.shown();
        match wish {
            Wish::ZoomIn => self.look.zoom(STEP, Vec2::ZERO),
            Wish::ZoomOut => self.look.zoom(1.0 / STEP, Vec2::ZERO),
            Wish::Fit => self.look.fit(),
            Wish::Actual => self.look.actual(Vec2::ZERO),
            Wish::RotateLeft | Wish::RotateRight => {
                self.look.turn(if wish == Wish::RotateLeft { -1 } else { 1 });
                previews.turn(path, self.look.turns());
            }
            Wish::Play => {
                if let Some(motion) = previews.motion(path) {
                    previews.set_playing(path, !motion.playing);
                }
            }
            Wish::StepBack => previews.step(path, -1),
            Wish::StepOn => previews.step(path, 1),
            Wish::About => self.about = !self.about,
            Wish::Place => self.place = true,
            Wish::CopyPlace => {
                let (north, east) = previews.about(path, true).details?.place?;
                return Some(ViewerAction::CopyText(about::coordinates(north, east)));
            }
            Wish::Copy => return Some(ViewerAction::Copy(path.clone())),
            Wish::CopyFile => return Some(ViewerAction::CopyFile(path.clone())),
            Wish::Save => return Some(ViewerAction::SaveAs { path: path.clone(), name: name.clone() }),
            Wish::Open => return Some(ViewerAction::Open(path.clone())),
            Wish::Reveal => return Some(ViewerAction::Reveal(path.clone())),
            Wish::Bin => return settled.then(|| ViewerAction::Bin(path.clone())),
            Wish::Arrow(..) | Wish::Previous | Wish::Next | Wish::First | Wish::Last | Wish::Close => {}
        }
        None
    }

    /// Another picture than before.
    fn begin(&mut self, previews: &mut Previews) {
        self.look = Look::turned(previews.turns(&self.gallery.shown().path));
        self.place = false;
        previews.forget_tiles();
    }

    fn draw(&mut self, ui: &mut Ui, previews: &mut Previews, texts: &Texts, screen: Rect, wishes: &mut Vec<Wish>) {
        let bar = Rect::from_min_max(screen.min, pos2(screen.right(), screen.top() + BAR));
        let mut stage = Rect::from_min_max(pos2(screen.left(), bar.bottom()), screen.max);
        let panel = Rect::from_min_max(pos2(stage.right() - ABOUT.min(stage.width()), stage.top()), stage.max);
        if self.about && stage.width() >= ABOUT_BESIDE_FROM {
            stage.max.x = panel.left();
        }
        self.draw_picture(ui, previews, texts, stage, wishes);
        self.draw_bar(ui, texts, bar, wishes);
        if self.gallery.goes_on(Step::Previous) {
            let at = pos2(stage.left() + space::L + size::TARGET / 2.0, stage.center().y);
            bar::side_button(ui, at, icons::CARET_LEFT, texts.viewer_previous(), Wish::Previous, wishes);
        }
        if self.gallery.goes_on(Step::Next) {
            let at = pos2(stage.right() - space::L - size::TARGET / 2.0, stage.center().y);
            bar::side_button(ui, at, icons::CARET_RIGHT, texts.viewer_next(), Wish::Next, wishes);
        }
        if let Some(motion) = previews.motion(&self.gallery.shown().path) {
            bar::motion(ui, texts, stage, motion, wishes);
        }
        if self.about {
            self.draw_about(ui, previews, texts, panel, wishes);
        }
    }
}
