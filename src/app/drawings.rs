//! Drawings of our own for empty places, and the window's icon.

pub(super) mod birds;
mod scenes;
pub(super) mod vector;

use egui::{IconData, Response, Sense, Ui, vec2};

use super::design::Palette;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Drawing {
    /// A pigeon on a wire: nobody here yet.
    NobodyHere,
    /// Two pigeons: choose a computer.
    ChooseComputer,
    /// An opened tail: this conversation is still empty.
    EmptyConversation,
    /// Nothing was found.
    NothingFound,
    /// Something went wrong.
    Trouble,
}

/// Height of every drawing in parts of its width.
const SHAPE: f32 = 0.6;

/// Draws it `width` points wide (160 to 280 look well), in the colours of the theme. Decorative.
pub fn show(ui: &mut Ui, drawing: Drawing, width: f32) -> Response {
    let (rect, response) = ui.allocate_exact_size(vec2(width, width * SHAPE), Sense::hover());
    if ui.is_rect_visible(rect) {
        scenes::paint(ui.painter(), rect, drawing, Palette::of(ui));
    }
    response
}

/// The window's icon for `egui::ViewportBuilder::with_icon`.
#[must_use]
pub fn window_icon() -> IconData {
    const PNG: &[u8] = include_bytes!("../../assets/icon-256.png");
    match image::load_from_memory_with_format(PNG, image::ImageFormat::Png) {
        Ok(icon) => {
            let icon = icon.into_rgba8();
            IconData { width: icon.width(), height: icon.height(), rgba: icon.into_raw() }
        }
        // Our own file, held by a test.
        Err(_) => IconData::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_has_its_icon() {
        let icon = window_icon();
        assert_eq!((icon.width, icon.height), (256, 256));
        let middle = &icon.rgba[(128 * 256 + 128) * 4..][..4];
        assert_eq!(middle[3], 255);
    }

    #[test]
    fn every_size_of_the_icon_is_there() {
        for side in [16, 24, 32, 48, 64, 128, 256, 512] {
            let path = format!("{}/assets/icon-{side}.png", env!("CARGO_MANIFEST_DIR"));
            assert_eq!(image::image_dimensions(&path).unwrap(), (side, side), "{path}");
        }
    }
}
