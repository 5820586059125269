//! A list of rows of unlike heights, of which only the visible ones are laid out.
//!
//! Heights are known once a row has been visible, and guessed before. So that nothing moves under someone's hand while
//! guesses become facts, the list holds on to one row that is on the screen (the anchor) and lays the others out around
//! it: what grows above grows upward. At the end it holds on to the end instead, so that new rows come into view.
//! Knows no egui: heights come from a closure, the scrolled distance goes in and out as a number.

use std::{
    collections::{HashMap, HashSet},
    ops::Range,
};

use super::rows::RowKey;

/// Being this near to the end is being at the end, in points.
const AT_END: f32 = 2.0;

/// Rows this far outside are laid out as well, in points, so that a flick meets no blank.
const OVERSCAN: f32 = 120.0;

/// Heights of rows that are gone are kept up to this many beyond those that are there.
const SPARE_HEIGHTS: usize = 20_000;

/// Measuring can show that guesses were wrong and other rows are visible; so often at most.
const ROUNDS: usize = 16;

/// Which row is held on to, and where its top is below the top of the view.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Anchor {
    /// `None` for the top of everything, where nothing is in view that will stay.
    key: Option<RowKey>,
    y: f32,
}

/// Where a person asked to go.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Jump {
    End,
    Start,
    /// The row is brought into view at about a third from the top.
    To(RowKey),
    /// The row is brought into view by the shortest way.
    Show(RowKey),
    /// Scrolled by so much, down if positive.
    By(f32),
}

/// The list's memory across frames.
#[derive(Debug, Default)]
pub struct List {
    known: HashMap<RowKey, f32>,
    keys: Vec<RowKey>,
    heights: Vec<f32>,
    /// `tops[i]` is where row `i` begins; one more for the end.
    tops: Vec<f32>,
    anchor: Option<Anchor>,
    away_from_end: bool,
    jump: Option<Jump>,
    /// Rows placed in the last round, with heights that are facts.
    placed: Range<usize>,
}

/// What is to be drawn now.
#[derive(Clone, Debug, PartialEq)]
pub struct Placed {
    /// How far the list is scrolled.
    pub offset: f32,
    /// Height of everything.
    pub total: f32,
    /// The rows to draw.
    pub rows: Range<usize>,
}

impl List {
    /// Tells which rows there are. `guess` gives the height of one that has not been visible yet.
    pub fn set_rows(&mut self, keys: impl Iterator<Item = RowKey>, mut guess: impl FnMut(usize) -> f32) {
        self.keys.clear();
        self.keys.extend(keys);
        if self.known.len() > self.keys.len() + SPARE_HEIGHTS {
            let present: HashSet<_> = self.keys.iter().copied().collect();
            self.known.retain(|key, _| present.contains(key));
        }
        self.heights.clear();
        for (index, key) in self.keys.iter().enumerate() {
            let known = self.known.get(key).filter(|_| !key.is_gap());
            self.heights.push(known.copied().unwrap_or_else(|| guess(index)));
        }
        self.sum_up();
    }

    /// Goes there in the next frame.
    pub fn jump(&mut self, jump: Jump) {
        self.jump = Some(jump);
    }

    pub fn at_end(&self) -> bool {
        !self.away_from_end
    }

    /// Where row `index` begins, from the top of everything.
    pub fn top(&self, index: usize) -> f32 {
        self.tops.get(index).copied().unwrap_or_default()
    }

    pub fn height(&self, index: usize) -> f32 {
        self.heights.get(index).copied().unwrap_or_default()
    }

    /// Finds out which rows are visible in a view of this height, measuring each of them, and where the list has to be
    /// scrolled to so that what people look at stays where it is.
    pub fn place(&mut self, view: f32, mut measure: impl FnMut(usize) -> f32) -> Placed {
        let (hold, y) = self.hold_on(view);
        let mut measured = HashSet::new();
        let mut rows = 0..0;
        for _ in 0..ROUNDS {
            // The end is held by the row after the last.
            let offset = (self.top(hold) - y).clamp(0.0, self.end_offset(view));
            rows = self.between(offset - OVERSCAN, offset + view + OVERSCAN);
            let mut changed = false;
            for index in rows.clone() {
                if measured.insert(index) {
                    changed |= self.learn(index, measure(index));
                }
            }
            if !changed {
                break;
            }
            self.sum_up();
        }
        let offset = (self.top(hold) - y).clamp(0.0, self.end_offset(view));
        self.away_from_end = offset < self.end_offset(view) - AT_END;
        self.placed = rows.clone();
        Placed { offset, total: self.total(), rows }
    }

    /// Takes over how far a person has scrolled after [`Self::place`].
    pub fn scrolled(&mut self, offset: f32, view: f32) {
        self.away_from_end = offset < self.end_offset(view) - AT_END;
        let visible = self.between(offset, offset + view);
        let known = |index: &usize| self.placed.contains(index) && matches!(self.keys[*index], RowKey::Entry(_));
        let whole = visible.clone().filter(known).find(|index| self.top(*index) >= offset);
        let hold = whole.or_else(|| visible.clone().find(known)).or_else(|| visible.clone().next());
        self.anchor = hold.map(|index| match self.keys[index] {
            gap if gap.is_gap() => Anchor { key: None, y: -offset },
            key => Anchor { key: Some(key), y: self.top(index) - offset },
        });
    }

    /// The row to hold on to (one past the last for the end), and where its top is to be in the view.
    fn hold_on(&mut self, view: f32) -> (usize, f32) {
        let end = (self.keys.len(), view);
        match self.jump.take() {
            Some(Jump::End) => return end,
            Some(Jump::Start) => return (0, 0.0),
            Some(Jump::By(distance)) => {
                if let Some((index, y)) = self.held() {
                    return (index, y - distance);
                }
            }
            Some(Jump::To(key)) => match self.find(key) {
                Some(index) => return (index, view / 3.0),
                // Not there yet: an older page that is on its way.
                None => self.jump = Some(Jump::To(key)),
            },
            Some(Jump::Show(key)) => {
                if let Some(index) = self.find(key) {
                    return (index, self.shortest_way(index, view));
                }
            }
            None => {}
        }
        if !self.away_from_end {
            return end;
        }
        self.held().unwrap_or(end)
    }

    /// The anchor, if its row is still there.
    fn held(&self) -> Option<(usize, f32)> {
        let Anchor { key, y } = self.anchor?;
        Some((key.map_or(Some(0), |key| self.find(key))?, y))
    }

    fn shortest_way(&self, index: usize, view: f32) -> f32 {
        let offset = self.held().map_or(0.0, |(held, y)| self.top(held) - y);
        let (y, height) = (self.top(index) - offset, self.height(index));
        if y < 0.0 || height > view { 0.0 } else { y.min(view - height) }
    }

    fn find(&self, key: RowKey) -> Option<usize> {
        self.keys.iter().position(|other| *other == key)
    }

    fn learn(&mut self, index: usize, height: f32) -> bool {
        self.known.insert(self.keys[index], height);
        let changed = (self.heights[index] - height).abs() > f32::EPSILON;
        self.heights[index] = height;
        changed
    }

    fn sum_up(&mut self) {
        self.tops.clear();
        self.tops.push(0.0);
        // Ten thousand rows are millions of points; singles would lose the last ones on the way.
        let mut top = 0.0_f64;
        for height in &self.heights {
            top += f64::from(*height);
            self.tops.push(top as f32);
        }
    }

    fn total(&self) -> f32 {
        self.tops.last().copied().unwrap_or_default()
    }

    fn end_offset(&self, view: f32) -> f32 {
        (self.total() - view).max(0.0)
    }

    fn between(&self, from: f32, to: f32) -> Range<usize> {
        let count = self.keys.len();
        let start = self.tops.partition_point(|top| *top <= from).saturating_sub(1).min(count);
        let end = self.tops.partition_point(|top| *top < to).min(count);
        start..end.max(start)
    }
}

#[cfg(test)]
mod tests;
