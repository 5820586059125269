//! What lies behind the bird: one or two calm shapes in a tone of the ground.

use egui::{Color32, Painter, Pos2, Shape, Stroke, Vec2, vec2};

/// Never reorder: a computer's is chosen by its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Scenery {
    Sky,
    Water,
    Hill,
    Hills,
    Sun,
    Moon,
    Slope,
    Wire,
    Dusk,
    Snow,
}

/// How far the shapes go from the ground's colour to the bird's.
const SOFT: f32 = 0.16;
const CLEAR: f32 = 0.34;

/// Points on a whole circle; none is further than a pixel from the next at the largest size.
const POINTS: u32 = 72;

impl Scenery {
    pub(super) const ALL: [Self; 10] = [
        Self::Sky,
        Self::Water,
        Self::Hill,
        Self::Hills,
        Self::Sun,
        Self::Moon,
        Self::Slope,
        Self::Wire,
        Self::Dusk,
        Self::Snow,
    ];

    /// Within the circle that is the avatar.
    pub(super) fn paint(self, painter: &Painter, center: Pos2, radius: f32, ground: Color32, ink: Color32) {
        let soft = ground.lerp_to_gamma(ink, SOFT);
        let clear = ground.lerp_to_gamma(ink, CLEAR);
        let at = |x: f32, y: f32| center + radius * vec2(x, y);
        let disc = |x: f32, y: f32, r: f32, color: Color32| {
            painter.circle_filled(at(x, y), r * radius, color);
        };
        let area = |outline: Vec<Vec2>, color: Color32| {
            let points = outline.into_iter().map(|point| center + point * radius).collect();
            painter.add(Shape::convex_polygon(points, color, Stroke::NONE));
        };
        match self {
            Self::Sky => {}
            Self::Water => area(below(0.0, 0.4), soft),
            Self::Hill => area(common(vec2(-0.3, 1.3), 1.15), soft),
            Self::Hills => {
                area(common(vec2(0.75, 1.05), 0.95), soft);
                area(common(vec2(-0.7, 1.15), 0.85), ground.lerp_to_gamma(ink, SOFT * 1.7));
            }
            Self::Sun => disc(-0.44, -0.44, 0.27, clear),
            Self::Moon => disc(0.0, 0.0, 0.76, soft),
            Self::Slope => area(below(0.5, 0.15), soft),
            Self::Wire => {
                let half = (1.0_f32 - 0.56 * 0.56).sqrt();
                painter.line_segment([at(-half, 0.56), at(half, 0.56)], Stroke::new(radius * 0.08, clear));
            }
            Self::Dusk => area(below(std::f32::consts::FRAC_PI_2, 0.0), soft),
            Self::Snow => {
                for (x, y) in [(-0.55, -0.45), (0.1, -0.74), (0.62, -0.3), (-0.72, 0.2), (0.66, 0.4), (-0.2, 0.76)] {
                    disc(x, y, 0.085, clear);
                }
            }
        }
    }
}

/// The part of the unit circle below a line that is turned by so much (in radians) and lies so far from the middle.
fn below(turned: f32, distance: f32) -> Vec<Vec2> {
    let (sin, cos) = turned.sin_cos();
    circle(Vec2::ZERO, 1.0).filter(|point| point.y * cos + point.x * sin >= distance).collect::<Vec<_>>().around()
}

/// What the unit circle and another one have in common.
fn common(middle: Vec2, radius: f32) -> Vec<Vec2> {
    let inside = circle(Vec2::ZERO, 1.0).filter(|point| (*point - middle).length() <= radius);
    inside.chain(circle(middle, radius).filter(|point| point.length() <= 1.0)).collect::<Vec<_>>().around()
}

fn circle(middle: Vec2, radius: f32) -> impl Iterator<Item = Vec2> {
    (0..POINTS).map(move |point| middle + radius * Vec2::angled(std::f32::consts::TAU * point as f32 / POINTS as f32))
}

trait Around {
    /// The corners of a convex shape in order around its middle.
    fn around(self) -> Self;
}

impl Around for Vec<Vec2> {
    fn around(mut self) -> Self {
        let middle = self.iter().fold(Vec2::ZERO, |sum, point| sum + *point) / self.len().max(1) as f32;
        self.sort_by(|a, b| (*a - middle).angle().total_cmp(&(*b - middle).angle()));
        self
    }
}
