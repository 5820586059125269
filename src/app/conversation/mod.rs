//! The conversation with one computer, or what is sent to several at once: the entries, the search and the composer.
//!
//! ```text
//! model ─▶ rows (days, groups, "new") ─▶ list (what is visible, held in place) ─▶ entry (laid out) ─▶ drawn
//! ```
//! Only what is visible is laid out, and of a long text only its beginning.
#![forbid(unsafe_code)]

mod excerpt;
mod links;
mod list;
mod names;
mod rows;
#[cfg(test)]
mod samples;
mod status;

use super::Scene;

/// What the window keeps of the conversation from frame to frame: where each is scrolled to, the search, what is typed
/// through an input method.
#[derive(Debug, Default)]
pub struct ConversationView {}

impl ConversationView {
    /// Draws it for those chosen into all the room there is, below the header: search (when open), entries, composer.
    pub fn show(&mut self, ui: &mut egui::Ui, scene: &mut Scene<'_>) {
        let _ = (ui, scene);
    }

    /// Opens the field to search in, or closes it (Ctrl+F does so by itself; this is for a button in the header).
    pub fn toggle_search(&mut self) {}

    /// The next frame puts the cursor into the composer.
    pub fn focus_composer(&mut self) {}
}
