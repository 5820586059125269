//! Textures of pictures: what `pictures` made ready becomes something to draw, bounded in bytes.

use std::path::Path;

use crate::pictures::{PictureError, Size};

/// Pictures as textures. One for the whole window; call [`Previews::logic`] once a frame, before drawing.
#[derive(Debug)]
pub struct Previews {}

/// What there is to draw of a picture now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Preview {
    /// Being made ready; its size, if that is known already.
    Loading(Option<Size>),
    Ready {
        texture: egui::TextureId,
        /// Of the original, upright.
        original: Size,
        /// It moves.
        animated: bool,
    },
    Failed(PictureError),
}

impl Previews {
    /// Starts the threads that decode; without them (an error is logged) every picture stays a file card.
    pub fn new(_ctx: &egui::Context) -> Self {
        Self {}
    }

    /// Takes results in, uploads a few textures, lets go of those out of sight. Cheap when nothing happened.
    pub fn logic(&mut self, _ctx: &egui::Context) {}

    /// No animation plays.
    pub fn set_reduced_motion(&mut self, _reduced: bool) {}

    /// The picture at `path` for a place of `points` on the screen. Asks for it if it isn't there or too small. Never
    /// blocks; call it each frame while the picture is in sight.
    pub fn preview(&mut self, _ctx: &egui::Context, _path: &Path, _points: egui::Vec2) -> Preview {
        Preview::Loading(None)
    }

    /// The blur from a ThumbHash of at most 40 bytes, and its rough width divided by height.
    pub fn blur(&mut self, _ctx: &egui::Context, _hash: &[u8]) -> Option<(egui::TextureId, f32)> {
        None
    }

    /// The size of the original, upright, as far as it is known.
    pub fn size_of(&self, _path: &Path) -> Option<Size> {
        None
    }

    /// Why the picture at `path` can't be shown, if it was tried.
    pub fn failure(&self, _path: &Path) -> Option<PictureError> {
        None
    }
}
