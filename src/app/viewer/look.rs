//! How a picture lies in the viewer: zoomed, moved, turned.

use egui::{Pos2, Rect, Vec2, pos2, vec2};

use crate::app::previews::Seen;

/// Largest zoom, in display pixels per pixel of the picture.
const CLOSEST: f32 = 32.0;

/// Zoom, place and turns of one picture. All in points from the middle of the stage.
#[derive(Clone, Debug, Default)]
pub(super) struct Look {
    /// Points per pixel of the picture; `None` is fitted into the window, whatever its size.
    scale: Option<f32>,
    /// Of the picture's middle.
    offset: Vec2,
    /// Quarter turns clockwise.
    turns: u8,
    framed: Option<Framed>,
}

#[derive(Clone, Copy, Debug)]
struct Framed {
    /// Of the picture in pixels, upright.
    size: Vec2,
    room: Vec2,
    /// One pixel of the picture on one of the display.
    actual: f32,
}

impl Look {
    /// Says what is looked at and in how much room. Call each frame before the others.
    pub(super) fn frame(&mut self, size: Vec2, room: Vec2, pixels_per_point: f32) {
        self.framed = Some(Framed { size, room, actual: 1.0 / pixels_per_point });
        self.keep_inside();
    }

    pub(super) fn forget(&mut self) {
        self.framed = None;
    }

    /// Of a picture that was turned before.
    pub(super) fn turned(turns: u8) -> Self {
        Self { turns: turns % 4, ..Self::default() }
    }

    /// Quarter turns clockwise, less than four.
    pub(super) fn turns(&self) -> u8 {
        self.turns
    }

    /// The picture is turned onto its side.
    pub(super) fn lies(&self) -> bool {
        self.turns % 2 == 1
    }

    pub(super) fn is_fitted(&self) -> bool {
        self.scale.is_none()
    }

    /// Closer than fitted: there may be more to see than the window's pixels show.
    pub(super) fn is_closer(&self) -> bool {
        self.framed.is_some_and(|framed| self.scale_of(framed) > self.fitted(framed) * 1.02)
    }

    pub(super) fn can_pan(&self) -> bool {
        self.framed.is_some_and(|framed| {
            let shown = self.lying(framed.size) * self.scale_of(framed);
            shown.x > framed.room.x + 1.0 || shown.y > framed.room.y + 1.0
        })
    }

    pub(super) fn fit(&mut self) {
        self.scale = None;
        self.offset = Vec2::ZERO;
    }

    /// 100 %, keeping what lies at `around` (from the middle of the stage).
    pub(super) fn actual(&mut self, around: Vec2) {
        if let Some(framed) = self.framed {
            self.scale_to(framed.actual, around);
        }
    }

    pub(super) fn zoom(&mut self, factor: f32, around: Vec2) {
        if let Some(framed) = self.framed {
            self.scale_to(self.scale_of(framed) * factor, around);
        }
    }

    pub(super) fn pan(&mut self, by: Vec2) {
        self.offset += by;
        self.keep_inside();
    }

    /// By parts of the room.
    pub(super) fn pan_by_parts(&mut self, by: Vec2) {
        if let Some(framed) = self.framed {
            self.pan(by * framed.room);
        }
    }

    /// By quarters, clockwise.
    pub(super) fn turn(&mut self, quarters: i8) {
        self.turns = (self.turns as i8 + quarters).rem_euclid(4) as u8;
        self.fit();
    }

    /// Of the picture's own size on the display, in whole percent.
    pub(super) fn percent(&self) -> Option<u32> {
        let framed = self.framed?;
        Some((self.scale_of(framed) / framed.actual * 100.0).round() as u32)
    }

    /// Where a point of the picture (0 to 1) is shown.
    pub(super) fn place(&self, point: Pos2, center: Pos2) -> Option<Pos2> {
        let framed = self.framed?;
        let from_middle = (point.to_vec2() - vec2(0.5, 0.5)) * framed.size * self.scale_of(framed);
        let turned = (0..self.turns).fold(from_middle, |at, _| vec2(-at.y, at.x));
        Some(center + self.offset + turned)
    }

    pub(super) fn rect(&self, center: Pos2) -> Option<Rect> {
        let framed = self.framed?;
        let size = self.lying(framed.size) * self.scale_of(framed);
        Some(Rect::from_center_size(center + self.offset, size))
    }

    /// What of the picture lies in the stage.
    pub(super) fn seen(&self, stage: Rect) -> Option<Seen> {
        let framed = self.framed?;
        let scale = self.scale_of(framed);
        let point = |at: Pos2| {
            let turned = at - stage.center() - self.offset;
            let from_middle = (0..self.turns).fold(turned, |at, _| vec2(at.y, -at.x));
            (from_middle / (framed.size * scale) + vec2(0.5, 0.5)).to_pos2()
        };
        let whole = Rect::from_min_max(Pos2::ZERO, pos2(1.0, 1.0));
        let part = Rect::from_two_pos(point(stage.min), point(stage.max)).intersect(whole);
        Some(Seen { part, scale: scale / framed.actual })
    }

    fn lying(&self, size: Vec2) -> Vec2 {
        if self.lies() { vec2(size.y, size.x) } else { size }
    }

    /// The whole picture in the room, never larger than its pixels.
    fn fitted(&self, framed: Framed) -> f32 {
        let size = self.lying(framed.size);
        (framed.room.x / size.x).min(framed.room.y / size.y).min(framed.actual)
    }

    fn scale_of(&self, framed: Framed) -> f32 {
        self.scale.unwrap_or_else(|| self.fitted(framed))
    }

    fn scale_to(&mut self, scale: f32, around: Vec2) {
        let Some(framed) = self.framed else { return };
        let fitted = self.fitted(framed);
        let before = self.scale_of(framed);
        let scale = scale.clamp(fitted, framed.actual * CLOSEST);
        if scale <= fitted * 1.001 && framed.actual > fitted * 1.001 {
            self.fit();
            return;
        }
        self.offset = around - (around - self.offset) * (scale / before);
        self.scale = Some(scale);
        self.keep_inside();
    }

    /// A picture larger than the room covers it; a smaller one stays in the middle.
    fn keep_inside(&mut self) {
        let Some(framed) = self.framed else { return };
        let over = (self.lying(framed.size) * self.scale_of(framed) - framed.room).max(Vec2::ZERO) / 2.0;
        self.offset = self.offset.clamp(-over, over);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framed(size: Vec2) -> Look {
        let mut look = Look::default();
        look.frame(size, vec2(1000.0, 600.0), 2.0);
        look
    }

    #[test]
    fn a_large_picture_is_fitted_and_a_small_one_keeps_its_pixels() {
        assert_eq!(framed(vec2(4000.0, 1200.0)).rect(Pos2::ZERO).unwrap().size(), vec2(1000.0, 300.0));
        let small = framed(vec2(100.0, 80.0));
        assert_eq!(small.rect(Pos2::ZERO).unwrap().size(), vec2(50.0, 40.0));
        assert_eq!(small.percent(), Some(100));
    }

    #[test]
    fn what_lies_under_the_pointer_stays_there_while_zooming() {
        let mut look = framed(vec2(4000.0, 3000.0));
        let pointer = vec2(120.0, -80.0);
        let under = |look: &Look| {
            let rect = look.rect(Pos2::ZERO).unwrap();
            (pointer - rect.min.to_vec2()) / rect.size()
        };
        look.zoom(3.0, pointer);
        let before = under(&look);
        look.zoom(1.7, pointer);
        assert!((under(&look) - before).length() < 1e-4);
    }

    #[test]
    fn zooming_out_ends_fitted_in_the_middle() {
        let mut look = framed(vec2(4000.0, 3000.0));
        look.zoom(4.0, vec2(300.0, 200.0));
        look.zoom(0.01, vec2(-300.0, 0.0));
        assert!(look.is_fitted());
        assert_eq!(look.rect(Pos2::ZERO).unwrap().center(), Pos2::ZERO);
    }

    #[test]
    fn a_picture_cannot_be_pushed_out_of_sight() {
        let mut look = framed(vec2(4000.0, 3000.0));
        look.actual(Vec2::ZERO);
        look.pan(vec2(1e6, -1e6));
        let rect = look.rect(Pos2::ZERO).unwrap();
        assert!((rect.left() + 500.0).abs() < 0.1 && (rect.bottom() - 300.0).abs() < 0.1, "{rect}");
    }

    #[test]
    fn what_is_seen_of_a_turned_picture_is_where_it_is_drawn() {
        let stage = Rect::from_center_size(pos2(500.0, 300.0), vec2(1000.0, 600.0));
        for turns in 0..4 {
            let mut look = framed(vec2(4000.0, 3000.0));
            look.turn(turns);
            look.actual(Vec2::ZERO);
            look.pan(vec2(120.0, -70.0));
            let seen = look.seen(stage).unwrap();
            let drawn = |corner| look.place(corner, stage.center()).unwrap();
            let back = Rect::from_two_pos(drawn(seen.part.min), drawn(seen.part.max));
            assert!(back.min.distance(stage.min) < 0.1 && back.max.distance(stage.max) < 0.1, "{turns}: {back}");
            assert!((seen.scale - 1.0).abs() < 1e-5);
        }
    }

    #[test]
    fn a_quarter_turn_brings_the_top_left_corner_to_the_top_right() {
        let mut look = framed(vec2(4000.0, 3000.0));
        look.turn(1);
        let rect = look.rect(Pos2::ZERO).unwrap();
        assert!(look.place(pos2(0.0, 0.0), Pos2::ZERO).unwrap().distance(rect.right_top()) < 0.1);
        look.turn(-2);
        let rect = look.rect(Pos2::ZERO).unwrap();
        assert!(look.place(pos2(0.0, 0.0), Pos2::ZERO).unwrap().distance(rect.left_bottom()) < 0.1);
    }
}
