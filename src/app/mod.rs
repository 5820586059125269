//! The window: egui lives here and nowhere else.
//!
//! [`App::logic`] takes in what the engine says and brings the [`model`] up to date; drawing reads the model and queues
//! [`actions`], which are performed after the frame. Files and sockets are never touched on this thread.
#![forbid(unsafe_code)]

pub mod actions;
pub mod album;
pub mod avatar;
pub mod conversation;
pub mod design;
pub mod drawings;
pub mod fonts;
pub mod icons;
pub mod model;
pub mod previews;
pub mod viewer;
pub mod widgets;

use self::{
    actions::Action,
    model::{Draft, Model},
    previews::Previews,
};
use crate::i18n::Texts;

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
