//! A round picture for every computer, made from its identity: a colour and a bird, the same on every screen.
//!
//! Decoration only: it never stands for the verified mark.

use std::sync::LazyLock;

use egui::{Color32, Painter, Pos2, Rect, Response, Sense, Shape as EguiShape, Stroke, Ui, Vec2, pos2, vec2};

use super::{
    design::Palette,
    drawings::{
        birds::{self, Bird},
        vector::{Placed, Shape},
    },
};
use crate::protocol::Fingerprint;

/// Calm colours that white stands out from. Never reorder: a computer's colour is chosen by its place.
const COLORS: [Color32; 12] = [
    Color32::from_rgb(0x2B, 0x7A, 0x90),
    Color32::from_rgb(0x47, 0x7A, 0x56),
    Color32::from_rgb(0x86, 0x6A, 0x3A),
    Color32::from_rgb(0xA0, 0x58, 0x49),
    Color32::from_rgb(0x7A, 0x5C, 0x96),
    Color32::from_rgb(0x4A, 0x6E, 0xA4),
    Color32::from_rgb(0x3A, 0x80, 0x77),
    Color32::from_rgb(0x96, 0x58, 0x79),
    Color32::from_rgb(0x68, 0x76, 0x38),
    Color32::from_rgb(0x5B, 0x6B, 0x7C),
    Color32::from_rgb(0xA5, 0x68, 0x34),
    Color32::from_rgb(0x5A, 0x62, 0xA8),
];

/// The bird's longest side, in parts of the circle's diameter.
const FILLS: f32 = 0.66;

/// Of the ring: how thick and how far outside, in parts of the diameter.
const RING: f32 = 0.06;
const RING_GAP: f32 = 0.045;

/// How it is drawn besides colour and bird.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Look {
    /// Not there now: pale.
    pub away: bool,
    /// A ring around it, 0 to 1; `None` draws no ring.
    pub progress: Option<f32>,
}

/// Paints it into the square `rect` (28 to 96 points); the ring lies just outside of it.
pub fn paint(painter: &Painter, rect: Rect, fingerprint: &Fingerprint, look: Look) {
    let dark = painter.ctx().global_style().visuals.dark_mode;
    let palette = Palette::for_dark(dark);
    let radius = rect.width().min(rect.height()) / 2.0;
    let (color, bird) = of(fingerprint);
    // Opaque colours throughout: where shapes overlap nothing shines through.
    let back = if look.away { palette.list.lerp_to_gamma(color, if dark { 0.42 } else { 0.36 }) } else { color };
    let light = Color32::WHITE.lerp_to_gamma(back, if look.away { 0.22 } else { 0.04 });
    painter.circle_filled(rect.center(), radius, back);
    CUT[bird].paint(painter, rect.center(), radius * 2.0 * FILLS, light, back);
    if let Some(progress) = look.progress {
        ring(painter, rect.center(), radius, progress, palette);
    }
}

/// Takes `side` points of the layout and paints it there. Decorative: give the name beside it to accessibility.
pub fn show(ui: &mut Ui, side: f32, fingerprint: &Fingerprint, look: Look) -> Response {
    let (rect, response) = ui.allocate_exact_size(Vec2::splat(side), Sense::hover());
    if ui.is_rect_visible(rect) {
        paint(ui.painter(), rect, fingerprint, look);
    }
    response
}

/// Colour and bird (its place in [`birds::ALL`]). All bytes of a fingerprint are equally random; these two are
/// independent of each other.
fn of(fingerprint: &Fingerprint) -> (Color32, usize) {
    let [color, bird, ..] = fingerprint.0;
    (COLORS[usize::from(color) % COLORS.len()], usize::from(bird) % birds::ALL.len())
}

/// From the top, clockwise, over a faint whole circle.
fn ring(painter: &Painter, center: Pos2, radius: f32, progress: f32, palette: &Palette) {
    let wide = (radius * 2.0 * RING).max(2.0);
    let at = radius + radius * 2.0 * RING_GAP + wide / 2.0;
    painter.circle_stroke(center, at, Stroke::new(wide, palette.accent.gamma_multiply(0.22)));
    let progress = progress.clamp(0.0, 1.0);
    if progress >= 1.0 {
        painter.circle_stroke(center, at, Stroke::new(wide, palette.accent));
        return;
    }
    // Even nothing yet is a dot: it has begun.
    let turn = (progress * std::f32::consts::TAU).max(0.05);
    let pieces = (turn * at).ceil().clamp(4.0, 200.0) as u32;
    let point = |part: f32| {
        let angle = turn * part;
        center + at * vec2(angle.sin(), -angle.cos())
    };
    let points: Vec<Pos2> = (0..=pieces).map(|piece| point(piece as f32 / pieces as f32)).collect();
    painter.add(EguiShape::line(points, Stroke::new(wide, palette.accent)));
    painter.circle_filled(point(0.0), wide / 2.0, palette.accent);
    painter.circle_filled(point(1.0), wide / 2.0, palette.accent);
}

/// The birds, cut into triangles once.
static CUT: LazyLock<Vec<Cut>> = LazyLock::new(|| birds::ALL.iter().map(|bird| Cut::new(bird)).collect());

struct Cut {
    bird: &'static Bird,
    body: Shape,
    wing: Shape,
    bounds: Rect,
}

impl Cut {
    fn new(bird: &'static Bird) -> Self {
        let (body, wing) = (Shape::from_svg(bird.body), Shape::from_svg(bird.wing));
        let bounds = body.bounds().union(wing.bounds());
        Self { bird, body, wing, bounds }
    }

    /// Its longest side `side` points long, in the middle of `center`.
    fn paint(&self, painter: &Painter, center: Pos2, side: f32, light: Color32, back: Color32) {
        let scale = side / self.bounds.width().max(self.bounds.height());
        let origin = center - self.bounds.center().to_vec2() * scale;
        let placed = Placed { origin, scale: Vec2::splat(scale) };
        paint_bird(painter, placed, self.bird, &self.body, &self.wing, light, back);
    }
}

/// A bird in two tones; its eye is the colour behind it.
pub(super) fn paint_bird(
    painter: &Painter,
    placed: Placed,
    bird: &Bird,
    body: &Shape,
    wing: &Shape,
    light: Color32,
    back: Color32,
) {
    if bird.behind {
        wing.paint(painter, placed, light.lerp_to_gamma(back, 0.42));
        body.paint(painter, placed, light);
    } else {
        body.paint(painter, placed, light);
        wing.paint(painter, placed, light.lerp_to_gamma(back, 0.45));
    }
    for eye in bird.eyes {
        let at = placed.apply(pos2(eye.x, eye.y));
        painter.circle_filled(at, placed.length(eye.radius), back);
        if eye.pupil > 0.0 {
            painter.circle_filled(at, placed.length(eye.pupil), light);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_colour_and_every_bird_is_somebodys() {
        let mut seen = std::collections::HashSet::new();
        for color in 0..=255 {
            for bird in 0..=255 {
                let mut bytes = [0; 32];
                (bytes[0], bytes[1]) = (color, bird);
                let (color, bird) = of(&Fingerprint(bytes));
                seen.insert((color.to_array(), bird));
            }
        }
        assert_eq!(seen.len(), COLORS.len() * birds::ALL.len());
    }

    #[test]
    fn white_stands_out_from_every_colour() {
        let part = |value: u8| {
            let value = f64::from(value) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        for color in COLORS {
            let luminance = 0.2126 * part(color.r()) + 0.7152 * part(color.g()) + 0.0722 * part(color.b());
            let ratio = 1.05 / (luminance + 0.05);
            assert!(ratio >= 4.3, "{color:?}: {ratio:.2}");
        }
    }
}
