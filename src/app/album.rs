//! Pictures in a conversation: one is its own bubble, several are a grid.

use super::previews::Previews;
use crate::store::model::Item;

/// No picture of a conversation is wider, in points.
pub const MAX_WIDTH: f32 = 420.0;

/// Whether an item is drawn as a picture: it has a ThumbHash, or its name suggests a picture, and nothing is known
/// against it. Everything else is a file card.
pub fn is_picture(previews: &Previews, item: &Item) -> bool {
    let _ = (previews, item);
    false
}

/// What happened to an album.
#[derive(Clone, Debug)]
pub struct AlbumResponse {
    /// Where it lies.
    pub rect: egui::Rect,
    /// The picture (index into the items given) that was clicked or chosen by keyboard: open the viewer there.
    pub open: Option<usize>,
    /// The picture under the pointer or with the keyboard's focus.
    pub hovered: Option<usize>,
}

/// Draws `items`, all pictures by [`is_picture`], no wider than `width` (and [`MAX_WIDTH`]), at the place the layout gives.
pub fn show(ui: &mut egui::Ui, previews: &mut Previews, items: &[&Item], width: f32) -> AlbumResponse {
    let _ = (previews, items);
    let (rect, _) = ui.allocate_exact_size(egui::vec2(width.min(MAX_WIDTH), 0.0), egui::Sense::hover());
    AlbumResponse { rect, open: None, hovered: None }
}

/// The size [`show`] will take, without drawing.
pub fn size(previews: &mut Previews, ctx: &egui::Context, items: &[&Item], width: f32) -> egui::Vec2 {
    let _ = (previews, ctx, items);
    egui::vec2(width.min(MAX_WIDTH), 0.0)
}
