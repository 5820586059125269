//! A picture over the whole window.

use std::path::PathBuf;

use super::previews::Previews;

/// The viewer, closed at first.
#[derive(Debug, Default)]
pub struct Viewer {}

/// A picture that can be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    pub path: PathBuf,
    /// As people call it.
    pub name: String,
    pub thumbhash: Option<Vec<u8>>,
}

/// What the person asked the viewer for; performed by the window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ViewerAction {
    /// Put the picture's pixels on the clipboard.
    Copy(PathBuf),
    /// Ask where to, and write a copy of the file there.
    SaveAs { path: PathBuf, name: String },
    /// Show the file in the system's file manager.
    Reveal(PathBuf),
}

impl Viewer {
    /// Opens at `pictures[at]`; the others are reached by next and previous.
    pub fn open(&mut self, pictures: Vec<Shown>, at: usize) {
        let _ = (pictures, at);
    }

    pub fn is_open(&self) -> bool {
        false
    }

    pub fn close(&mut self) {}

    /// Draws it over everything while it is open. Call last.
    pub fn show(&mut self, ctx: &egui::Context, previews: &mut Previews) -> Vec<ViewerAction> {
        let _ = (ctx, previews);
        Vec::new()
    }
}
