//! One entry of the list: laid out first, so that its height is known before anything is drawn.

use std::sync::Arc;

use egui::{Galley, Ui, Vec2, text::LayoutJob, vec2};

use super::{
    Stage,
    acts::{self, Act},
    card, line,
    line::Line,
    status::Status,
    text,
};
use crate::{
    app::{album, design::size},
    store::model::{Body, Direction, Entry, Item},
};

/// Between words and the edge of their bubble.
pub const PADDING: Vec2 = vec2(12.0, 8.0);

/// Above the first of a group, and above the others.
const GAP_GROUP: f32 = 14.0;
const GAP_NEIGHBOUR: f32 = 3.0;

/// Between the parts of one entry: album and card.
pub const GAP_PARTS: f32 = 3.0;

/// Between a bubble and the line below it.
const GAP_LINE: f32 = 4.0;

/// The bar below what is moving, with the air above it.
pub const BAR: f32 = 3.0;
pub const GAP_BAR: f32 = 6.0;

/// The row with "Show all of it" inside a bubble.
pub const MORE_ROW: f32 = size::TARGET;

/// What the list shows as one: an entry, or what was sent to several at once with all their states.
#[derive(Clone, Debug)]
pub struct Shown {
    pub entry: Arc<Entry>,
    /// The same sending to each of those chosen; empty when one computer's conversation is shown.
    pub recipients: Vec<Arc<Entry>>,
}

impl Shown {
    pub fn sent(&self) -> bool {
        self.entry.direction == Direction::Sent
    }
}

/// Where an entry stands among its neighbours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub first: bool,
    pub last: bool,
}

/// An entry with all its measures.
#[derive(Debug)]
pub struct Laid {
    pub place: Place,
    pub status: Status,
    pub parts: Vec<(Part, Vec2)>,
    pub lines: Vec<Line>,
    /// How far it is, when it moves or has moved, and whether it rests.
    pub bar: Option<(f32, bool)>,
    pub gap: f32,
    pub height: f32,
}

#[derive(Debug)]
pub enum Part {
    Text(text::Laid),
    /// Emoji alone, without a bubble.
    Gesture(text::Laid),
    /// Indices of the items that are pictures.
    Album(Vec<usize>),
    Card(card::Laid),
}

impl Laid {
    /// Lays it out for a list of this width.
    pub fn new(ui: &Ui, stage: &mut Stage<'_>, shown: &Shown, place: Place, width: f32) -> Self {
        let status = stage.status(&shown.entry);
        let widest = widest(width);
        let parts = match &shown.entry.body {
            Body::Text(text) => vec![of_text(ui, stage, text, widest)],
            Body::Items { items, .. } => of_items(ui, stage, shown, items, widest),
        };
        let lines = line::of(ui, stage, shown, &status, place, widest);
        let bar = match &status {
            Status::Moving(progress) => Some((progress.part, false)),
            Status::Finishing => Some((1.0, false)),
            Status::Resting(rest) => rest.part.map(|part| (part, true)),
            _ => None,
        };
        let gap = if place.first { GAP_GROUP } else { GAP_NEIGHBOUR };
        let body: f32 = parts.iter().map(|(_, size)| size.y).sum::<f32>() + GAP_PARTS * (parts.len().max(1) - 1) as f32;
        let bar_height = if bar.is_some() { GAP_BAR + BAR } else { 0.0 };
        let lines_height: f32 = lines.iter().map(|line| line.height).sum();
        let below = if lines.is_empty() { 0.0 } else { GAP_LINE + lines_height };
        let height = (gap + body + bar_height + below).ceil();
        Self { place, status, parts, lines, bar, gap, height }
    }

    /// Width of the widest part.
    pub fn bubble_width(&self) -> f32 {
        self.parts.iter().map(|(_, size)| size.x).fold(0.0, f32::max)
    }
}

/// The widest an entry may be in a list of this width: the other side stays visible as the other side.
pub fn widest(width: f32) -> f32 {
    /// Below this, bubbles take more of the little there is.
    const NARROW: f32 = 480.0;
    let share = if width < NARROW { 0.88 } else { 0.76 };
    (width * share).min(size::BUBBLE).floor()
}

/// A guess at the height of an entry that was never visible, without laying anything out.
pub fn guess(entry: &Entry, width: f32) -> f32 {
    /// About the width of a Latin character of body text.
    const CHARACTER: f32 = 7.6;
    /// Above and below the words, and the line of the group's last.
    const AROUND: f32 = 2.0 * PADDING.y + GAP_NEIGHBOUR + 8.0;
    /// A picture with its line, as they are on average.
    const PICTURE: f32 = 300.0;
    match &entry.body {
        Body::Text(text) => {
            let per_line = ((widest(width) - 2.0 * PADDING.x) / CHARACTER).max(8.0);
            // A character of Chinese has three bytes and twice the width.
            let lines = (text.len().min(4_096) as f32 / per_line).ceil().clamp(1.0, 24.0);
            lines.mul_add(text::LINE_HEIGHT, AROUND)
        }
        Body::Items { items, .. } => {
            let pictures = items.iter().any(|item| item.thumbhash.is_some());
            let cards = items.iter().filter(|item| item.thumbhash.is_none()).count().min(card::ROWS_AT_FIRST);
            (cards as f32).mul_add(card::ROW, if pictures { PICTURE } else { 40.0 })
        }
    }
}

fn of_text(ui: &Ui, stage: &Stage<'_>, text: &str, widest: f32) -> (Part, Vec2) {
    let laid = text::Laid::excerpt_of(ui, text, widest - 2.0 * PADDING.x);
    if laid.gesture {
        let size = laid.size();
        return (Part::Gesture(laid), size);
    }
    let mut size = laid.size() + 2.0 * PADDING;
    if laid.cut {
        let row = line::button_width(ui, stage.texts.text_show_all()) + line::button_width(ui, stage.texts.text_save());
        size = vec2(size.x.max((row + 2.0 * PADDING.x).min(widest)), size.y + MORE_ROW);
    }
    (Part::Text(laid), size.ceil())
}

fn of_items(ui: &Ui, stage: &mut Stage<'_>, shown: &Shown, items: &[Item], widest: f32) -> Vec<(Part, Vec2)> {
    let entry = &shown.entry;
    let thumbnails = stage.thumbnails(entry);
    let is_picture = |stage: &Stage<'_>, item: &Item| {
        let gone = acts::here(entry, item).is_some_and(|path| stage.is_gone(&path));
        let coming = item.path.is_none() && thumbnails.contains_key(&item.index);
        !gone && (coming || album::is_picture(stage.previews, item))
    };
    let (pictures, others): (Vec<usize>, Vec<usize>) = (0..items.len()).partition(|at| is_picture(stage, &items[*at]));
    let mut parts = Vec::new();
    if !pictures.is_empty() {
        let shown: Vec<&Item> = pictures.iter().map(|at| &items[*at]).collect();
        let size = album::size(stage.previews, ui.ctx(), &shown, &thumbnails, widest.min(size::PICTURE));
        parts.push((Part::Album(pictures), size));
    }
    if !others.is_empty() {
        // As wide as the pictures above it.
        let least = parts.first().map_or(0.0, |(_, size): &(Part, Vec2)| size.x);
        let laid = card::Laid::new(ui, stage, entry, items, &others, least..=widest);
        let size = laid.size;
        parts.push((Part::Card(laid), size));
    }
    parts
}

/// What can be done with it; made only for the entry under the pointer or with the focus.
pub fn acts(stage: &Stage<'_>, shown: &Shown, laid: &Laid) -> Vec<Act> {
    acts::of_entry(stage, shown, &laid.status)
}

/// Lays out one job with this program's fonts.
pub fn lay(ui: &Ui, job: LayoutJob) -> Arc<Galley> {
    ui.fonts_mut(|fonts| fonts.layout_job(job))
}
