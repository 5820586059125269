//! Rows of pictures in their own proportions that all end at the same edge.

use egui::{Pos2, Rect, Vec2, pos2, vec2};

/// Longer shapes are cut: a panorama must not make all others tiny.
const SHAPES: std::ops::RangeInclusive<f32> = 0.6..=1.9;

/// A row this high, in parts of the width, looks best: two or three ordinary photographs side by side.
const BEST_HEIGHT: f32 = 0.4;

/// Higher albums than this, in parts of the width, leave the screen.
const MOST_HEIGHT: f32 = 1.25;

/// Places for pictures of these shapes (width divided by height), in order, in rows exactly `width` wide. All ways to
/// cut them into rows are tried: at most nine pictures, 256 ways. Returns the size and the places, in whole points.
pub(super) fn justified(aspects: &[f32], width: f32, gap: f32) -> (Vec2, Vec<Rect>) {
    let aspects: Vec<f32> = aspects.iter().map(|aspect| aspect.clamp(*SHAPES.start(), *SHAPES.end())).collect();
    let cuts = aspects.len().saturating_sub(1).min(16);
    let best = (0..1_u32 << cuts)
        .map(|cuts| rows(&aspects, cuts))
        .min_by(|a, b| cost(a, width, gap).total_cmp(&cost(b, width, gap)))
        .unwrap_or_default();

    let mut cells = Vec::with_capacity(aspects.len());
    let mut top = 0.0;
    for row in &best {
        let height = height_of(row, width, gap).round();
        let mut left = 0.0;
        for (at, aspect) in row.iter().enumerate() {
            // The last one takes what rounding left.
            let last = at + 1 == row.len();
            let right = if last { width } else { (left + height * aspect).round() };
            cells.push(Rect::from_min_max(pos2(left, top), Pos2::new(right, top + height)));
            left = right + gap;
        }
        top += height + gap;
    }
    (vec2(width, (top - gap).max(0.0)), cells)
}

/// Cut after each picture whose bit is set.
fn rows(aspects: &[f32], cuts: u32) -> Vec<&[f32]> {
    let mut rows = Vec::new();
    let mut start = 0;
    for at in 1..=aspects.len() {
        if at == aspects.len() || cuts >> (at - 1) & 1 == 1 {
            rows.push(&aspects[start..at]);
            start = at;
        }
    }
    rows
}

fn height_of(row: &[f32], width: f32, gap: f32) -> f32 {
    (width - gap * (row.len() - 1) as f32) / row.iter().sum::<f32>()
}

fn cost(rows: &[&[f32]], width: f32, gap: f32) -> f32 {
    let heights = rows.iter().map(|row| height_of(row, width, gap));
    let uneven: f32 = heights.clone().map(|height| (height / (BEST_HEIGHT * width)).ln().powi(2)).sum();
    let high = (heights.sum::<f32>() / width - MOST_HEIGHT).max(0.0);
    // By the picture: one lonely large row weighs as much as it takes attention.
    uneven + 20.0 * high
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn two_ordinary_photographs_lie_side_by_side() {
        let (size, cells) = justified(&[1.5, 1.5], 420.0, 3.0);
        assert_eq!(cells[0].top(), cells[1].top());
        assert!((size.y - 139.0).abs() < 1.0, "{size}");
    }

    #[test]
    fn nine_are_about_square() {
        let (size, _) = justified(&[1.5; 9], 420.0, 3.0);
        assert!((0.5..=1.3).contains(&(size.y / size.x)), "{size}");
    }

    proptest! {
        #[test]
        fn pictures_never_overlap_never_leave_the_album_and_fill_its_width(
            aspects in prop::collection::vec(0.05_f32..20.0, 2..=9),
            width in 64.0_f32..420.0,
        ) {
            let width = width.floor();
            let (size, cells) = justified(&aspects, width, 3.0);
            prop_assert_eq!(cells.len(), aspects.len());
            let whole = Rect::from_min_size(pos2(0.0, 0.0), size).expand(0.5);
            for (at, cell) in cells.iter().enumerate() {
                prop_assert!(whole.contains_rect(*cell), "{:?} of {:?}", cell, size);
                prop_assert!(cell.width() >= 1.0 && cell.height() >= 1.0);
                for other in &cells[at + 1..] {
                    prop_assert!(!cell.shrink(0.5).intersects(other.shrink(0.5)), "{:?} {:?}", cell, other);
                }
            }
            prop_assert!(cells.iter().any(|cell| (cell.right() - width).abs() < 0.5));
        }
    }
}
