//! One picture in all its pixels (at most 4096 on a side), in tiles, for looking closely.

use std::path::{Path, PathBuf};

use egui::{Context, Rect, TextureHandle, TextureId, pos2};

use super::{bytes_of, load};
use crate::pictures::{Frame, Outcome, PictureError, Previews, Request, RequestId, Size, Source, Ticket, Wanted};

/// A side of a tile, unless the graphics can take less. 16 MiB each: the upload of one fits into a frame.
const TILE: u32 = 2048;

const WHOLE: Wanted = Wanted::Still(Size::new(4096, 4096));

/// A part of a picture.
pub struct Tile {
    texture: TextureHandle,
    /// Of the whole picture, 0 to 1.
    pub part: Rect,
    /// What of the texture belongs to it: neighbours share a pixel, so that no seam shows.
    pub uv: Rect,
}

impl std::fmt::Debug for Tile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tile").field("part", &self.part).finish_non_exhaustive()
    }
}

impl Tile {
    pub fn texture(&self) -> TextureId {
        self.texture.id()
    }
}

#[derive(Debug)]
pub(super) struct Large {
    path: PathBuf,
    ticket: Ticket,
    /// Decoded, and not yet all in tiles.
    frame: Option<Frame>,
    tiles: Vec<Tile>,
    complete: bool,
}

impl Large {
    pub(super) fn ask(pool: &Previews, path: &Path) -> Self {
        let source = Source::File(path.to_owned());
        let ticket = pool.request(Request { source, wanted: WHOLE, known: None });
        Self { path: path.to_owned(), ticket, frame: None, tiles: Vec::new(), complete: false }
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
            self.frame = picture.frames.into_iter().next();
        }
    }

    pub(super) fn tiles(&self) -> Option<&[Tile]> {
        self.complete.then_some(&self.tiles)
    }

    /// Makes tiles of about `room` bytes, at least one.
    pub(super) fn upload(&mut self, ctx: &Context, room: usize) {
        let Some(frame) = &self.frame else { return };
        let side = TILE.min(ctx.input(|input| input.max_texture_side) as u32);
        let places = places(frame.size, side);
        let mut bytes = 0;
        for (x, y, size) in places.iter().skip(self.tiles.len()) {
            let rgba = cut(frame, *x, *y, *size);
            let texture = load(ctx, format!("tile {x} {y}"), *size, &rgba);
            let (part, uv) = parts(frame.size, *x, *y, *size);
            self.tiles.push(Tile { texture, part, uv });
            bytes += bytes_of(*size);
            if bytes > room {
                break;
            }
        }
        if self.tiles.len() == places.len() {
            self.complete = true;
            self.frame = None;
        }
        ctx.request_repaint();
    }
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

fn cut(frame: &Frame, x: u32, y: u32, size: Size) -> Vec<u8> {
    let row = frame.size.width as usize * 4;
    let (from, length) = (x as usize * 4, size.width as usize * 4);
    frame
        .rgba
        .chunks_exact(row)
        .skip(y as usize)
        .take(size.height as usize)
        .flat_map(|row| &row[from..][..length])
        .copied()
        .collect()
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
        for (width, height) in [(1, 1), (2047, 1), (2048, 2048), (2049, 5), (4096, 4096), (4095, 3001)] {
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
}
