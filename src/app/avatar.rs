//! A round picture for every computer, made from its identity: a bird in two colours and what lies behind it, the same on
//! every screen.
//!
//! Decoration only: it never stands for the verified mark.

mod scenery;

use std::sync::LazyLock;

use egui::{Color32, Painter, Pos2, Rect, Response, Sense, Shape as EguiShape, Stroke, Ui, Vec2, pos2, vec2};

use self::scenery::Scenery;
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

/// How much white a pale ground has, and how much black the bird on it.
const PALE: f32 = 0.66;
const DEEP: f32 = 0.38;

/// The bird's longest side, in parts of the circle's diameter.
const FILLS: f32 = 0.66;

/// Of the ring: how thick and how far outside, in parts of the diameter.
const RING: f32 = 0.06;
const RING_GAP: f32 = 0.045;

/// How it is drawn besides what the identity says.
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
    let (center, radius) = (rect.center(), rect.width().min(rect.height()) / 2.0);
    let face = Face::of(fingerprint);
    // Opaque colours throughout: where shapes overlap nothing shines through.
    let (ground, ink) = if look.away { face.faded(palette.list, dark) } else { face.colors() };
    painter.circle_filled(center, radius, ground);
    face.scenery.paint(painter, center, radius, ground, ink);
    CUT[face.bird].paint(painter, center, radius * 2.0 * FILLS, face.mirrored, ink, ground);
    if let Some(progress) = look.progress {
        ring(painter, center, radius, progress, palette);
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

/// What an identity looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Face {
    /// Of [`COLORS`].
    color: usize,
    /// A deep bird on a pale ground instead of a light one on a deep ground.
    pale: bool,
    /// Of [`birds::ALL`].
    bird: usize,
    scenery: Scenery,
    /// The bird looks to the left.
    mirrored: bool,
}

impl Face {
    /// All bytes of a fingerprint are equally random and independent of each other.
    fn of(fingerprint: &Fingerprint) -> Self {
        let [color, bird, scenery, rest, ..] = fingerprint.0;
        Self {
            color: usize::from(color) % COLORS.len(),
            pale: rest & 1 == 1,
            bird: usize::from(bird) % birds::ALL.len(),
            scenery: Scenery::ALL[usize::from(scenery) % Scenery::ALL.len()],
            mirrored: rest & 2 == 2,
        }
    }

    /// Of the ground and of the bird.
    fn colors(self) -> (Color32, Color32) {
        let color = COLORS[self.color];
        if self.pale {
            (color.lerp_to_gamma(Color32::WHITE, PALE), color.lerp_to_gamma(Color32::BLACK, DEEP))
        } else {
            (color, Color32::WHITE.lerp_to_gamma(color, 0.04))
        }
    }

    /// The same of one that is away.
    fn faded(self, behind: Color32, dark: bool) -> (Color32, Color32) {
        let (ground, ink) = self.colors();
        let strength = match (dark, self.pale) {
            (false, false) => 0.36,
            (false, true) => 0.6,
            (true, false) => 0.42,
            (true, true) => 0.24,
        };
        let faded = behind.lerp_to_gamma(ground, strength);
        // A dark bird would vanish in the dark: there it is lighter than its ground.
        let ink = if dark && self.pale { ground } else { ink };
        (faded, faded.lerp_to_gamma(ink, if self.pale { 0.42 } else { 0.78 }))
    }
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
    fn paint(&self, painter: &Painter, center: Pos2, side: f32, mirrored: bool, light: Color32, back: Color32) {
        let scale = side / self.bounds.width().max(self.bounds.height());
        let scale = vec2(if mirrored { -scale } else { scale }, scale);
        let origin = center - self.bounds.center().to_vec2() * scale;
        let placed = Placed { origin, scale };
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
    use crate::app::design::{DARK, LIGHT, tests::contrast};

    /// WCAG 2 contrast. What is away is meant to be faint, not gone.
    const SEEN: f64 = 1.5;

    /// Those of forty computers that happen to be around.
    fn forty() -> Vec<Face> {
        let fingerprint = |n: u32| Fingerprint(*blake3::hash(&n.to_le_bytes()).as_bytes());
        (0..40).map(|n| Face::of(&fingerprint(n))).collect()
    }

    /// Every colour, pale and not.
    fn colours() -> impl Iterator<Item = Face> {
        let face = forty()[0];
        (0..COLORS.len()).flat_map(move |color| [false, true].map(|pale| Face { color, pale, ..face }))
    }

    #[test]
    fn the_bird_of_one_that_is_away_can_still_be_seen_on_its_ground() {
        for (palette, dark) in [(&LIGHT, false), (&DARK, true)] {
            for face in colours() {
                let (ground, bird) = face.faded(palette.list, dark);
                let ratio = contrast(ground, bird);
                assert!(ratio >= SEEN, "{face:?}, dark: {dark}: {ratio:.2}");
            }
        }
    }

    #[test]
    fn forty_computers_look_different_from_each_other() {
        let faces = forty();
        for (at, one) in faces.iter().enumerate() {
            for other in &faces[at + 1..] {
                // Which way it looks is not enough to tell two apart.
                assert_ne!(Face { mirrored: false, ..*one }, Face { mirrored: false, ..*other });
            }
        }
        let kinds: std::collections::HashSet<_> = faces.iter().map(|face| (face.bird, face.colors())).collect();
        assert!(kinds.len() >= 36, "only {} birds and colours among forty", kinds.len());
    }

    #[test]
    fn one_identity_looks_the_same_on_every_screen() {
        let face = Face::of(&Fingerprint([0xA7; 32]));
        let scenery = Scenery::ALL[7];
        assert_eq!(face, Face { color: 11, pale: true, bird: 13, scenery, mirrored: true });
    }

    #[test]
    fn the_bird_stands_out_from_every_ground() {
        for face in colours() {
            let (ground, ink) = face.colors();
            let ratio = contrast(ground, ink);
            assert!(ratio >= 4.0, "{face:?}: {ratio:.2}");
        }
    }
}
