//! A text in a bubble: selectable, copyable, with its links.

use std::{ops::Range, sync::Arc};

use egui::{
    Color32, CursorIcon, FontId, Galley, Id, Pos2, Rect, Response, Sense, Stroke, Ui, WidgetInfo,
    accesskit::Role,
    pos2,
    text::{LayoutJob, TextFormat, TextWrapping},
    text_selection::LabelSelectionState,
};

use super::{
    excerpt,
    links::{self, Link},
};
use crate::app::design::{self, Palette, size};

/// About 1.4 times the type, which suits Latin and Chinese alike.
pub const LINE_HEIGHT: f32 = 21.0;
pub const SMALL_LINE_HEIGHT: f32 = 18.0;

/// One to three emoji alone.
const GESTURE_SIZE: f32 = 40.0;

/// A text as it is laid out: its excerpt, its links, and the lines they make.
#[derive(Clone, Debug)]
pub struct Laid {
    pub galley: Arc<Galley>,
    pub links: Vec<Link>,
    /// Something was left out.
    pub cut: bool,
    /// Emoji alone: large, and without a bubble.
    pub gesture: bool,
}

impl Laid {
    /// Lays out what the list shows of `text`, at most `width` wide.
    pub fn excerpt_of(ui: &Ui, text: &str, width: f32) -> Self {
        let gesture = excerpt::is_gesture(text);
        let (shown, cut) = excerpt::excerpt(text);
        let font = if gesture { FontId::proportional(GESTURE_SIZE) } else { design::body() };
        let line_height = if gesture { GESTURE_SIZE * 1.25 } else { LINE_HEIGHT };
        Self::new(ui, shown, width, &font, line_height, cut, gesture)
    }

    /// Lays out one of [`excerpt::pieces`].
    pub fn piece(ui: &Ui, piece: &str, width: f32) -> Self {
        let piece = piece.strip_suffix('\n').unwrap_or(piece);
        Self::new(ui, piece, width, &design::body(), LINE_HEIGHT, false, false)
    }

    fn new(ui: &Ui, shown: &str, width: f32, font: &FontId, line_height: f32, cut: bool, gesture: bool) -> Self {
        let palette = Palette::of(ui);
        let links = links::links(shown);
        let format = |link: bool| {
            let color = if link { palette.accent } else { palette.text };
            let underline = if link { Stroke::new(1.0, palette.accent.gamma_multiply(0.5)) } else { Stroke::NONE };
            TextFormat { color, underline, line_height: Some(line_height), ..TextFormat::simple(font.clone(), color) }
        };
        let mut job = LayoutJob { wrap: TextWrapping::wrap_at_width(width.floor()), ..LayoutJob::default() };
        let mut end = 0;
        for link in &links {
            append(&mut job, &shown[end..link.range.start], format(false));
            append(&mut job, &shown[link.range.clone()], format(true));
            end = link.range.end;
        }
        append(&mut job, &shown[end..], format(false));
        laid_out::count(shown);
        Self { galley: ui.fonts_mut(|fonts| fonts.layout_job(job)), links, cut, gesture }
    }

    pub fn size(&self) -> egui::Vec2 {
        self.galley.size()
    }

    /// Paints it at `at`, lets it be selected, and gives back the target of a link that was clicked.
    pub fn show(&self, ui: &Ui, id: Id, at: Pos2) -> (Response, Option<String>) {
        let rect = Rect::from_min_size(at, self.size());
        // Tab goes to links and buttons; text is selected with the pointer.
        let response = ui.interact(rect, id, Sense::click_and_drag() - Sense::FOCUSABLE);
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, self.galley.text()));
        let color = Palette::of(ui).text;
        LabelSelectionState::label_text_selection(ui, &response, at, self.galley.clone(), color, Stroke::NONE);
        let mut opened = None;
        for (number, link) in self.links.iter().enumerate() {
            if self.show_link(ui, id.with(number), at, link) {
                opened = Some(link.target.clone());
            }
        }
        (response, opened)
    }

    fn show_link(&self, ui: &Ui, id: Id, at: Pos2, link: &Link) -> bool {
        let rects = self.rects_of(&link.range);
        let mut clicked = false;
        for (row, rect) in rects.into_iter().enumerate() {
            let rect = rect.translate(at.to_vec2());
            // Only its first row is a stop of the keyboard.
            let sense = if row == 0 { Sense::click() } else { Sense::click() - Sense::FOCUSABLE };
            let response = ui.interact(rect, id.with(row), sense).on_hover_cursor(CursorIcon::PointingHand);
            response.widget_info(|| WidgetInfo::labeled(Role::Link, true, &link.target));
            if response.has_focus() {
                let ring = Stroke::new(1.5, Palette::of(ui).accent);
                ui.painter().rect_stroke(rect.expand(1.0), 4.0, ring, egui::StrokeKind::Outside);
            }
            clicked |= response.on_hover_text(&link.target).clicked();
        }
        clicked
    }

    /// Where a part of the text lies, row by row, from the top left of the galley.
    fn rects_of(&self, bytes: &Range<usize>) -> Vec<Rect> {
        let text = self.galley.text();
        let start = text.get(..bytes.start).map_or(0, |before| before.chars().count());
        let count = text.get(bytes.clone()).map_or(0, |inside| inside.chars().count());
        let (mut at, mut rects) = (0, Vec::new());
        for row in &self.galley.rows {
            let (from, to) = (at, at + row.char_count_excluding_newline().0);
            let (first, last) = (start.clamp(from, to), (start + count).clamp(from, to));
            if first < last {
                let x = |column: usize| row.pos.x + row.x_offset((column - from).into());
                rects.push(Rect::from_min_max(pos2(x(first), row.min_y()), pos2(x(last), row.max_y())));
            }
            at = from + row.char_count_including_newline().0;
            if at >= start + count {
                break;
            }
        }
        rects
    }
}

fn append(job: &mut LayoutJob, text: &str, format: TextFormat) {
    if !text.is_empty() || job.text.is_empty() {
        job.append(text, 0.0, format);
    }
}

/// One line of secondary text.
pub fn small(ui: &Ui, text: impl Into<String>, color: Color32) -> Arc<Galley> {
    wrapped(ui, text, size::SMALL, SMALL_LINE_HEIGHT, color, f32::INFINITY)
}

/// Text of one colour over as many lines as it takes.
pub fn wrapped(ui: &Ui, text: impl Into<String>, size: f32, line: f32, color: Color32, width: f32) -> Arc<Galley> {
    let format = TextFormat { line_height: Some(line), ..TextFormat::simple(FontId::proportional(size), color) };
    let mut job = LayoutJob::single_section(text.into(), format);
    job.wrap = TextWrapping::wrap_at_width(width);
    ui.fonts_mut(|fonts| fonts.layout_job(job))
}

/// How much text was handed to layout, so that tests can hold that a long one costs what a short one does.
pub mod laid_out {
    #[cfg(test)]
    thread_local! {
        static BYTES: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
    }

    #[cfg(not(test))]
    pub(super) fn count(_: &str) {}

    #[cfg(test)]
    pub(super) fn count(text: &str) {
        BYTES.set(BYTES.get() + text.len());
    }

    /// Bytes since the last call.
    #[cfg(test)]
    pub fn take() -> usize {
        BYTES.replace(0)
    }
}
