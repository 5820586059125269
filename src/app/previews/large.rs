//! One picture in all its pixels, in tiles, for looking closely.
//!
//! All pixels lie in memory, and ever again at half the size ([`Wanted::Whole`]); on the graphics lies only what is in
//! sight, from that size which has about as many pixels as the display shows of it.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use egui::{Color32, ColorImage, Context, Rect, TextureFilter, TextureHandle, TextureId, TextureOptions, pos2, vec2};

use crate::pictures::{Frame, Outcome, PictureError, Previews, Request, RequestId, Size, Source, Ticket, Wanted};

/// A side of a tile: every graphics card takes it, and one is cut and handed over in 2 to 3 ms.
const TILE: u32 = 1024;

/// Tiles that are handed to the graphics in one frame: 8 MiB, within the time of a frame at 60 a second.
pub(super) const TILES_PER_FRAME: usize = 2;

/// What lies this near to what is in sight (in tiles) is made ready; what is further away than twice that is given back.
const NEAR: f32 = 0.5;

/// From so many display pixels for each of the picture's on, pixels are shown as the squares they are; before, they would
/// come out unequally wide.
const CRISP: f32 = 3.0;

/// What is seen of a picture.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    /// The part of the whole picture, 0 to 1.
    pub part: Rect,
    /// Display pixels for each pixel of the original.
    pub scale: f32,
}

/// A part of a picture.
#[derive(Clone, Copy, Debug)]
pub struct Tile {
    pub texture: TextureId,
    /// Of the whole picture, 0 to 1.
    pub part: Rect,
    /// What of the texture belongs to it: neighbours share a pixel, so that no seam shows.
    pub uv: Rect,
}

pub(super) struct Large {
    path: PathBuf,
    ticket: Ticket,
    original: Size,
    /// The largest first; empty until they are there.
    levels: Vec<Frame>,
    tiles: HashMap<Place, TextureHandle>,
}

impl std::fmt::Debug for Large {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Large").field("path", &self.path).field("tiles", &self.tiles.len()).finish_non_exhaustive()
    }
}

/// Where a tile belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Place {
    level: usize,
    x: u32,
    y: u32,
    size: Size,
    /// Drawn with its pixels as squares.
    crisp: bool,
}

impl Large {
    pub(super) fn ask(pool: &Previews, path: &Path) -> Self {
        let source = Source::File(path.to_owned());
        let ticket = pool.request(Request { source, wanted: Wanted::Whole, turns: 0, known: None });
        let (levels, tiles) = (Vec::new(), HashMap::new());
        Self { path: path.to_owned(), ticket, original: Size::default(), levels, tiles }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn is(&self, id: RequestId) -> bool {
        self.ticket.id() == id
    }

    pub(super) fn take(&mut self, result: Result<Outcome, PictureError>) {
        // A failure has been shown by the smaller picture already.
        if let Ok(Outcome::Picture(picture)) = result {
            self.original = picture.original;
            self.levels = picture.frames;
        }
    }

    /// The tiles for what is seen, coarser ones first, as far as they are there; hands a few more to the graphics and gives
    /// back those out of sight.
    pub(super) fn tiles(&mut self, ctx: &Context, seen: Seen) -> Vec<Tile> {
        let wanted = self.wanted(ctx, seen);
        let missing: Vec<_> = wanted.iter().filter(|place| !self.tiles.contains_key(place)).copied().collect();
        for place in missing.iter().take(TILES_PER_FRAME) {
            let options = TextureOptions {
                magnification: if place.crisp { TextureFilter::Nearest } else { TextureFilter::Linear },
                ..TextureOptions::LINEAR
            };
            let Place { level, x, y, size, .. } = *place;
            let image = cut(&self.levels[level], x, y, size);
            let texture = ctx.load_texture(format!("tile {level} {x} {y}"), image, options);
            self.tiles.insert(*place, texture);
        }
        if missing.len() > TILES_PER_FRAME {
            ctx.request_repaint();
        } else {
            // All are there: others are neither needed to stand in for them, nor because they are near.
            let Self { levels, tiles, .. } = self;
            tiles.retain(|place, _| {
                let near = |wanted: &Place| (wanted.level, wanted.crisp) == (place.level, place.crisp);
                wanted.contains(place)
                    || wanted.first().is_some_and(near)
                        && around(&levels[place.level], seen.part, 2.0 * NEAR).intersects(place.part(levels))
            });
        }
        let mut tiles: Vec<_> = self.tiles.iter().collect();
        tiles.sort_by_key(|(place, _)| (std::cmp::Reverse(place.level), place.crisp));
        let tile = |(place, texture): (&Place, &TextureHandle)| {
            let (part, uv) = parts(self.levels[place.level].size, place.x, place.y, place.size);
            Tile { texture: texture.id(), part, uv }
        };
        tiles.into_iter().map(tile).collect()
    }

    /// Of what is seen and near it, the nearest to the middle first.
    fn wanted(&self, ctx: &Context, seen: Seen) -> Vec<Place> {
        let Some(level) = self.level_for(seen.scale) else { return Vec::new() };
        let side = TILE.min(ctx.input(|input| input.max_texture_side) as u32);
        let crisp = level == 0 && seen.scale >= CRISP;
        let near = around(&self.levels[level], seen.part, NEAR);
        let mut wanted: Vec<Place> = places(self.levels[level].size, side)
            .into_iter()
            .map(|(x, y, size)| Place { level, x, y, size, crisp })
            .filter(|place| near.intersects(place.part(&self.levels)))
            .collect();
        let middle = seen.part.center();
        let far = |place: &Place| place.part(&self.levels).center().distance_sq(middle);
        wanted.sort_by(|a, b| far(a).total_cmp(&far(b)));
        wanted
    }

    /// The smallest that is not blurred when this many display pixels show one of the original's.
    fn level_for(&self, scale: f32) -> Option<usize> {
        let whole = self.levels.first()?.size.width as f32 / self.original.width.max(1) as f32;
        let enough = |level: usize| whole / (1 << level) as f32 >= scale * 0.99;
        Some((0..self.levels.len()).rev().find(|level| enough(*level)).unwrap_or(0))
    }
}

impl Drop for Large {
    /// Giving back hundreds of megabytes takes the system longer than a frame.
    fn drop(&mut self) {
        let levels = std::mem::take(&mut self.levels);
        if !levels.is_empty() {
            let dropped = std::thread::Builder::new().name("fantail-give-back".to_owned()).spawn(move || drop(levels));
            if let Err(error) = dropped {
                log::warn!("no thread to give memory back: {error}");
            }
        }
    }
}

impl Place {
    fn part(&self, levels: &[Frame]) -> Rect {
        parts(levels[self.level].size, self.x, self.y, self.size).0
    }
}

/// The part of a level with so many tiles more on each side.
fn around(level: &Frame, part: Rect, tiles: f32) -> Rect {
    let more = TILE as f32 * tiles;
    part.expand2(vec2(more / level.size.width as f32, more / level.size.height as f32))
}

/// Corners and sizes of tiles. Each begins a pixel before the last one ended.
fn places(size: Size, side: u32) -> Vec<(u32, u32, Size)> {
    let step = side.saturating_sub(1).max(1);
    let starts = |length: u32| (0..length.saturating_sub(1).max(1)).step_by(step as usize);
    starts(size.height)
        .flat_map(|y| {
            starts(size.width).map(move |x| (x, y, Size::new(side.min(size.width - x), side.min(size.height - y))))
        })
        .collect()
}

fn cut(frame: &Frame, x: u32, y: u32, size: Size) -> ColorImage {
    let row = frame.size.width as usize * 4;
    let (from, length) = (x as usize * 4, size.width as usize * 4);
    let mut pixels = Vec::with_capacity(size.width as usize * size.height as usize);
    for row in frame.rgba.chunks_exact(row).skip(y as usize).take(size.height as usize) {
        let pixel = |&[r, g, b, a]: &[u8; 4]| Color32::from_rgba_premultiplied(r, g, b, a);
        pixels.extend(row[from..][..length].as_chunks().0.iter().map(pixel));
    }
    ColorImage::new([size.width as usize, size.height as usize], pixels)
}

/// Between the middles of shared pixels a tile draws itself; at the picture's edges up to the edge.
fn parts(whole: Size, x: u32, y: u32, size: Size) -> (Rect, Rect) {
    let axis = |start: u32, length: u32, whole: u32| {
        let first = if start == 0 { 0.0 } else { 0.5 };
        let last = if start + length == whole { length as f32 } else { length as f32 - 0.5 };
        let part = [first, last].map(|at| (start as f32 + at) / whole as f32);
        (part, [first / length as f32, last / length as f32])
    };
    let ((px, ux), (py, uy)) = (axis(x, size.width, whole.width), axis(y, size.height, whole.height));
    let rect = |x: [f32; 2], y: [f32; 2]| Rect::from_min_max(pos2(x[0], y[0]), pos2(x[1], y[1]));
    (rect(px, py), rect(ux, uy))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_cover_the_picture_without_gap_or_overlap() {
        for (width, height) in [(1, 1), (1023, 1), (1024, 1024), (1025, 5), (4096, 4096), (6000, 4000)] {
            let size = Size::new(width, height);
            let mut area = 0.0;
            for (x, y, tile) in places(size, TILE) {
                assert!(tile.width <= TILE && tile.height <= TILE && tile.width > 0 && tile.height > 0);
                assert!(x + tile.width <= width && y + tile.height <= height);
                let (part, uv) = parts(size, x, y, tile);
                assert!(uv.is_positive() && uv.min.to_vec2().min_elem() >= 0.0 && uv.max.to_vec2().max_elem() <= 1.0);
                area += f64::from(part.area());
            }
            assert!((area - 1.0).abs() < 1e-4, "{width} × {height}: {area}");
        }
    }

    fn large() -> Large {
        let levels = [4000, 2000, 1000, 500].map(|width| {
            let size = Size::new(width, width / 2);
            Frame { size, rgba: vec![200; (width * width / 2 * 4) as usize], delay: std::time::Duration::ZERO }
        });
        let pool = Previews::start(|| {}).unwrap();
        let mut large = Large::ask(&pool, Path::new("none"));
        (large.original, large.levels) = (Size::new(4000, 2000), levels.into());
        large
    }

    #[test]
    fn few_tiles_are_handed_over_in_a_frame_and_those_out_of_sight_are_given_back() {
        let ctx = Context::default();
        let mut large = large();
        let corner = Seen { part: Rect::from_min_max(pos2(0.0, 0.0), pos2(0.2, 0.2)), scale: 1.0 };
        let mut before = 0;
        for _ in 0..20 {
            let there = large.tiles(&ctx, corner).len();
            assert!(there <= before + TILES_PER_FRAME);
            before = there;
        }
        // 800 × 400 pixels and half a tile around them.
        assert_eq!(before, 2);
        let other = Seen { part: Rect::from_min_max(pos2(0.9, 0.9), pos2(1.0, 1.0)), scale: 1.0 };
        for _ in 0..20 {
            before = large.tiles(&ctx, other).len();
        }
        assert!(large.tiles.keys().all(|place| place.x > 1000), "the corner is given back: {:?}", large.tiles.keys());
        assert!((1..=4).contains(&before), "{before}");
    }

    #[test]
    fn all_of_a_large_picture_takes_no_more_texture_than_the_display_shows_of_it() {
        let ctx = Context::default();
        let mut large = large();
        let all = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
        for _ in 0..20 {
            large.tiles(&ctx, Seen { part: all, scale: 0.24 });
        }
        let texels: u32 = large.tiles.keys().map(|place| place.size.width * place.size.height).sum();
        assert_eq!((large.tiles.keys().next().unwrap().level, texels), (2, 1000 * 500));
    }

    #[test]
    fn coarser_tiles_stay_until_the_finer_ones_are_there() {
        let ctx = Context::default();
        let mut large = large();
        let part = Rect::from_min_max(pos2(0.0, 0.0), pos2(0.9, 0.9));
        for _ in 0..20 {
            large.tiles(&ctx, Seen { part, scale: 0.25 });
        }
        let closer = Seen { part, scale: 1.0 };
        let first = large.tiles(&ctx, closer);
        assert!(large.tiles.keys().any(|place| place.level == 2), "stands in");
        assert!(first[0].part.area() > first.last().unwrap().part.area(), "below the finer ones");
        for _ in 0..20 {
            large.tiles(&ctx, closer);
        }
        assert!(large.tiles.keys().all(|place| place.level == 0));
    }

    #[test]
    fn pixels_are_squares_only_when_they_are_looked_at_very_closely() {
        let ctx = Context::default();
        let mut large = large();
        let part = Rect::from_min_max(pos2(0.4, 0.4), pos2(0.45, 0.45));
        large.tiles(&ctx, Seen { part, scale: 2.0 });
        assert!(large.tiles.keys().all(|place| !place.crisp));
        for _ in 0..5 {
            large.tiles(&ctx, Seen { part, scale: 8.0 });
        }
        assert!(large.tiles.keys().all(|place| place.crisp && place.level == 0));
    }
}
