//! The scenes: a few flat shapes each, in the colours of the theme, drawn in a field of 280 × 168.

use std::sync::LazyLock;

use egui::{Color32, Painter, Pos2, Rect, Shape as EguiShape, Stroke, Vec2, pos2, vec2};

use super::{
    Drawing,
    birds::{self, Bird},
    vector::{Placed, Shape, cubic},
};
use crate::app::{avatar::paint_bird, design::Palette};

const FIELD: Vec2 = vec2(280.0, 168.0);

/// A hill behind everything, lying on the lower edge of the field.
const HILL: &str =
    "M18 150 C26 116 58 104 84 108 C96 66 138 44 174 62 C204 70 216 92 220 108 C242 108 260 124 264 150 Z";

const LENS: Pos2 = pos2(132.0, 74.0);

pub(super) fn paint(painter: &Painter, rect: Rect, drawing: Drawing, palette: &Palette) {
    let field = Placed::fit(FIELD, rect);
    let scene = Scene { painter, field, tones: Tones::of(palette) };
    match drawing {
        Drawing::NobodyHere => scene.nobody_here(),
        Drawing::ChooseComputer => scene.choose_computer(),
        Drawing::EmptyConversation => scene.empty_conversation(),
        Drawing::NothingFound => scene.nothing_found(),
        Drawing::Trouble => scene.trouble(),
    }
}

/// Three steps from the background to the accent.
struct Tones {
    ground: Color32,
    soft: Color32,
    line: Color32,
    bird: Color32,
    other: Color32,
}

impl Tones {
    fn of(palette: &Palette) -> Self {
        let on = palette.conversation;
        Self {
            ground: on.lerp_to_gamma(palette.accent, 0.10),
            soft: on.lerp_to_gamma(palette.accent, 0.24),
            line: on.lerp_to_gamma(palette.accent, 0.45),
            bird: palette.accent,
            other: on.lerp_to_gamma(palette.accent, 0.62),
        }
    }
}

struct Scene<'a> {
    painter: &'a Painter,
    field: Placed,
    tones: Tones,
}

impl Scene<'_> {
    fn nobody_here(&self) {
        self.hill();
        self.wire([pos2(8.0, 112.0), pos2(96.0, 134.0), pos2(184.0, 134.0), pos2(272.0, 112.0)]);
        self.bird(&PIGEON, pos2(104.0, 51.0), 0.86, false, self.tones.bird, self.tones.ground);
        self.legs(pos2(150.0, 128.5));
    }

    fn choose_computer(&self) {
        self.hill();
        self.wire([pos2(8.0, 112.0), pos2(96.0, 136.0), pos2(184.0, 136.0), pos2(272.0, 112.0)]);
        self.bird(&PIGEON, pos2(54.0, 54.0), 0.82, false, self.tones.bird, self.tones.ground);
        self.bird(&PIGEON, pos2(228.0, 61.0), 0.74, true, self.tones.other, self.tones.ground);
        self.legs(pos2(98.0, 128.5));
        self.legs(pos2(188.0, 128.5));
    }

    fn empty_conversation(&self) {
        self.hill();
        self.bird(&FANTAIL, pos2(74.0, 14.0), 1.42, false, self.tones.bird, self.tones.ground);
        self.line(&[pos2(62.0, 134.5), pos2(218.0, 134.5)], 3.0, self.tones.line);
    }

    fn nothing_found(&self) {
        self.hill();
        let lens = self.field.apply(LENS);
        self.line(&[LENS + vec2(34.0, 36.0), LENS + vec2(66.0, 70.0)], 12.0, self.tones.bird);
        self.painter.circle_filled(lens, self.field.length(50.0), self.tones.bird);
        self.painter.circle_filled(lens, self.field.length(42.0), self.tones.ground);
        self.bird(&PIGEON, LENS - vec2(31.0, 34.0), 0.64, false, self.tones.soft, self.tones.ground);
    }

    fn trouble(&self) {
        self.hill();
        self.wire([pos2(8.0, 108.0), pos2(44.0, 128.0), pos2(84.0, 134.0), pos2(112.0, 134.0)]);
        self.line(&[pos2(112.0, 134.0), pos2(118.0, 140.0), pos2(120.0, 150.0)], 2.4, self.tones.line);
        self.wire([pos2(272.0, 108.0), pos2(246.0, 124.0), pos2(210.0, 132.0), pos2(182.0, 128.0)]);
        self.line(&[pos2(182.0, 128.0), pos2(175.0, 130.0), pos2(171.0, 139.0)], 2.4, self.tones.line);
        self.bird(&SWALLOW, pos2(110.0, 8.0), 0.9, false, self.tones.bird, self.tones.ground);
    }

    fn hill(&self) {
        HILL_SHAPE.paint(self.painter, self.field, self.tones.ground);
    }

    fn bird(&self, bird: &Drawn, at: Pos2, scale: f32, mirrored: bool, color: Color32, back: Color32) {
        let scale = vec2(if mirrored { -scale } else { scale }, scale);
        paint_bird(self.painter, self.field.within(at, scale), bird.0, &bird.1, &bird.2, color, back);
    }

    /// Two short ones, standing on the wire.
    fn legs(&self, wire: Pos2) {
        for x in [-6.0, 5.0] {
            let foot = wire + vec2(x, 0.0);
            self.line(&[foot, foot + vec2(1.0, -10.0)], 2.2, self.tones.bird);
        }
    }

    fn wire(&self, [from, a, b, to]: [Pos2; 4]) {
        let points: Vec<Pos2> = (0..=32).map(|piece| cubic(from, a, b, to, piece as f32 / 32.0)).collect();
        self.line(&points, 2.4, self.tones.line);
    }

    /// With round ends.
    fn line(&self, points: &[Pos2], width: f32, color: Color32) {
        let points: Vec<Pos2> = points.iter().map(|point| self.field.apply(*point)).collect();
        let width = self.field.length(width);
        for end in [points.first(), points.last()].into_iter().flatten() {
            self.painter.circle_filled(*end, width / 2.0, color);
        }
        self.painter.add(EguiShape::line(points, Stroke::new(width, color)));
    }
}

static HILL_SHAPE: LazyLock<Shape> = LazyLock::new(|| Shape::from_svg(HILL));

/// A bird, its body and its wing.
type Drawn = (&'static Bird, Shape, Shape);

static PIGEON: LazyLock<Drawn> = LazyLock::new(|| drawn(&birds::PIGEON));
static FANTAIL: LazyLock<Drawn> = LazyLock::new(|| drawn(&birds::FANTAIL));
static SWALLOW: LazyLock<Drawn> = LazyLock::new(|| drawn(&birds::SWALLOW));

fn drawn(bird: &'static Bird) -> Drawn {
    (bird, Shape::from_svg(bird.body), Shape::from_svg(bird.wing))
}
