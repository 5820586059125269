//! Pictures in a conversation: one is its own bubble, several are a grid.
//!
//! Places are laid out before the pictures are there: by their ThumbHash, whose proportions are rounded, and in their true
//! proportions as soon as their size is known, which is long before they are decoded.

mod grid;
#[cfg(test)]
mod tests;

use egui::{
    Align2, Color32, Context, CornerRadius, CursorIcon, Rect, Sense, StrokeKind, Ui, UiBuilder, Vec2, WidgetInfo,
    accesskit::Role, epaint::RectShape, pos2, vec2,
};

use super::{
    design::{self, Palette, motion, radius, size},
    icons,
    previews::{Preview, Previews},
};
use crate::{
    engine::api::{Thumbnail, Thumbnails},
    i18n::Texts,
    pictures::{Size, name_suggests_picture},
    store::model::{Item, ItemKind},
};

/// No picture of a conversation is wider, in points.
pub const MAX_WIDTH: f32 = size::PICTURE;

/// Nor higher: two of them fit into a small window.
const MAX_HEIGHT: f32 = 440.0;

/// Even an icon of 16 pixels has a place that can be clicked.
const LEAST: f32 = 64.0;

/// A single picture longer than this is cut in the conversation; the viewer shows all of it.
const SINGLE_SHAPES: std::ops::RangeInclusive<f32> = 0.42..=3.2;

/// Pictures of an album that are drawn; the last one says how many more there are.
const MOST: usize = 9;

/// Between pictures.
const GAP: f32 = 3.0;

/// Corners of pictures where they meet others.
const INNER_RADIUS: u8 = 4;

/// Whether an item is drawn as a picture: it has a ThumbHash, or its name suggests a picture, and nothing is known
/// against it. Everything else is a file card.
#[must_use]
pub fn is_picture(previews: &Previews, item: &Item) -> bool {
    might_be_picture(item) && item.path.as_ref().is_none_or(|path| previews.failure(path).is_none())
}

/// By its name or its ThumbHash alone.
#[must_use]
pub fn might_be_picture(item: &Item) -> bool {
    item.kind == ItemKind::File
        && (item.thumbhash.is_some() || (item.path.is_some() && name_suggests_picture(&item.name)))
}

/// What happened to an album.
#[derive(Clone, Debug)]
pub struct AlbumResponse {
    /// Where it lies.
    pub rect: Rect,
    /// The picture (index into the items given) that was clicked or chosen by keyboard: open the viewer there.
    pub open: Option<usize>,
    /// The picture under the pointer or with the keyboard's focus.
    pub hovered: Option<usize>,
}

/// Draws `items`, all pictures by [`is_picture`] or with a thumbnail, no wider than `width` (and [`MAX_WIDTH`]), at the place the layout gives.
/// `thumbnails` stand for those that aren't there yet.
pub fn show(
    ui: &mut Ui,
    previews: &mut Previews,
    texts: &Texts,
    items: &[&Item],
    thumbnails: &Thumbnails,
    width: f32,
) -> AlbumResponse {
    let plan = Plan::new(previews, ui.ctx(), items, thumbnails, width);
    let (rect, _) = ui.allocate_exact_size(plan.size, Sense::hover());
    let mut response = AlbumResponse { rect, open: None, hovered: None };
    if !ui.is_rect_visible(rect) {
        return response;
    }
    for (at, (item, cell)) in items.iter().zip(&plan.cells).enumerate() {
        let place = cell.translate(rect.min.to_vec2());
        let hidden = items.len() - plan.cells.len();
        let more = if at + 1 == plan.cells.len() { hidden } else { 0 };
        let corners = corners(rect, place);
        let mut child = ui.new_child(UiBuilder::new().max_rect(place).id_salt(("picture", item.index)));
        let shown = (*item, thumbnails.get(&item.index));
        let picture = show_one(&mut child, previews, texts, shown, place, corners, more);
        if picture.clicked() {
            response.open = Some(at);
        }
        if picture.hovered() || picture.has_focus() {
            response.hovered = Some(at);
        }
    }
    response
}

/// The size [`show`] will take, without drawing.
pub fn size(previews: &mut Previews, ctx: &Context, items: &[&Item], thumbnails: &Thumbnails, width: f32) -> Vec2 {
    Plan::new(previews, ctx, items, thumbnails, width).size
}

/// Where pictures lie, from the album's own corner.
struct Plan {
    size: Vec2,
    cells: Vec<Rect>,
}

impl Plan {
    fn new(previews: &mut Previews, ctx: &Context, items: &[&Item], thumbnails: &Thumbnails, width: f32) -> Self {
        let width = width.clamp(LEAST, MAX_WIDTH).floor();
        let mut shape = |item: &Item| {
            let thumbnail = thumbnails.get(&item.index);
            previews.shape(ctx, item.path.as_deref(), thumbnail, item.thumbhash.as_deref())
        };
        match items {
            [] => Self { size: Vec2::ZERO, cells: Vec::new() },
            [item] => {
                let (aspect, original) = shape(item);
                let size = single(aspect, original, ctx.pixels_per_point(), width);
                Self { size, cells: vec![Rect::from_min_size(pos2(0.0, 0.0), size)] }
            }
            _ => {
                let aspects: Vec<f32> = items.iter().take(MOST).map(|item| shape(item).0).collect();
                let (size, cells) = grid::justified(&aspects, width, GAP);
                Self { size, cells }
            }
        }
    }
}

/// The place of a picture that is alone: its own pixels if they fit, in whole points.
fn single(aspect: f32, original: Option<Size>, pixels_per_point: f32, width: f32) -> Vec2 {
    let shape = aspect.clamp(*SINGLE_SHAPES.start(), *SINGLE_SHAPES.end());
    let own = original.map_or(f32::INFINITY, |size| {
        // Of one that is cut, the side that isn't.
        let side = if aspect > shape { size.height as f32 * shape } else { size.width as f32 };
        side / pixels_per_point
    });
    let wide = own.min(width).min(MAX_HEIGHT * shape);
    vec2(wide, wide / shape).round().max(Vec2::splat(LEAST))
}

/// Round where the album ends, less so where pictures meet.
fn corners(album: Rect, place: Rect) -> CornerRadius {
    let edge = |a: f32, b: f32| (a - b).abs() < 1.0;
    let (left, right) = (edge(album.left(), place.left()), edge(album.right(), place.right()));
    let (top, bottom) = (edge(album.top(), place.top()), edge(album.bottom(), place.bottom()));
    let round = |outer: bool| if outer { radius::CARD } else { INNER_RADIUS };
    CornerRadius {
        nw: round(top && left),
        ne: round(top && right),
        sw: round(bottom && left),
        se: round(bottom && right),
    }
}

fn show_one(
    ui: &mut Ui,
    previews: &mut Previews,
    texts: &Texts,
    (item, thumbnail): (&Item, Option<&Thumbnail>),
    place: Rect,
    corners: CornerRadius,
    more: usize,
) -> egui::Response {
    let palette = Palette::of(ui);
    let response = ui.allocate_rect(place, Sense::click());
    let preview = match &item.path {
        Some(path) => previews.preview(ui.ctx(), path, place.size()),
        None => Preview::Loading(None),
    };
    let name = match preview {
        Preview::Ready { animated: true, .. } => texts.picture_animated(&item.name),
        Preview::Ready { original, .. } | Preview::Loading(Some(original)) => {
            texts.picture_sized(&item.name, original.width, original.height)
        }
        Preview::Loading(None) if item.path.is_some() => texts.picture_loading(&item.name),
        Preview::Loading(None) | Preview::Failed(_) => texts.picture_of(&item.name),
    };
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));

    let painter = ui.painter();
    let ready = matches!(preview, Preview::Ready { .. });
    let shown = ui.ctx().animate_bool_with_time(response.id.with("ready"), ready, motion::time(ui, motion::CALM));
    if shown < 1.0 {
        match previews.stand_in(ui.ctx(), item.path.as_deref(), thumbnail, item.thumbhash.as_deref(), place.size()) {
            Some((texture, aspect)) => {
                let uv = cover(aspect, place.width() / place.height());
                painter.add(RectShape::filled(place, corners, Color32::WHITE).with_texture(texture, uv));
            }
            None => {
                painter.rect_filled(place, corners, palette.list);
                let ink = palette.secondary.gamma_multiply(0.5);
                icons::paint(painter, place.center(), icons::IMAGE, size::ICON * 1.4, ink);
            }
        }
    }
    if let Preview::Ready { texture, original, .. } = preview {
        let own = vec2(original.width as f32, original.height as f32) / ui.ctx().pixels_per_point();
        let tint = Color32::WHITE.gamma_multiply(shown);
        if own.x < place.width() - 1.0 && own.y < place.height() - 1.0 {
            // Smaller than its place: as it is, in the middle.
            painter.rect_filled(place, corners, palette.list);
            let rect = Rect::from_center_size(place.center(), own);
            painter.image(texture, rect, Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0)), tint);
        } else {
            let uv = cover(original.aspect(), place.width() / place.height());
            painter.add(RectShape::filled(place, corners, tint).with_texture(texture, uv));
        }
    }
    // What is as light or as dark as the ground still has an edge.
    painter.rect_stroke(place, corners, egui::Stroke::new(1.0, palette.text.gamma_multiply(0.1)), StrokeKind::Inside);
    if more > 0 {
        painter.rect_filled(place, corners, palette.scrim);
        let text = format!("+{more}");
        painter.text(place.center(), Align2::CENTER_CENTER, text, design::title(), palette.on_scrim);
    }
    let over =
        ui.ctx().animate_bool_with_time(response.id.with("over"), response.hovered(), motion::time(ui, motion::QUICK));
    painter.rect_filled(place, corners, palette.scrim.gamma_multiply(over * 0.14));
    if response.has_focus() {
        painter.rect_stroke(place, corners, design::focus_ring(palette), StrokeKind::Inside);
        let inside = egui::Stroke::new(1.0, palette.on_scrim);
        painter.rect_stroke(place.shrink(2.0), corners, inside, StrokeKind::Inside);
    }
    response.on_hover_cursor(CursorIcon::PointingHand)
}

/// The middle part of a picture of shape `aspect` that fills a place of shape `place`.
fn cover(aspect: f32, place: f32) -> Rect {
    let part = if aspect > place { vec2(place / aspect, 1.0) } else { vec2(1.0, aspect / place) };
    Rect::from_center_size(pos2(0.5, 0.5), part)
}
