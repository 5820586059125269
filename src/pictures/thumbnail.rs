//! Real small pictures for an offer that waits: made of a file here, and checked when they come from another computer.

use std::{path::Path, time::Instant};

use image::{
    ExtendedColorType, ImageEncoder as _,
    codecs::{
        jpeg::JpegEncoder,
        png::{CompressionType, FilterType, PngEncoder},
    },
};

use super::{
    Format, Frame, Outcome, Request, Size, Source, Wanted,
    budget::fits_into,
    decode::{answer, decode_bytes, decode_file, dimensions_of_bytes},
    scale::scaled_rgba,
    sniff,
};
use crate::protocol::limits::MAX_THUMBNAIL;

/// The longer side of one that is made here. In pixels: a question shows them at a quarter of that, on a fine screen at
/// half.
const SIDE: u32 = 320;

/// Each next try is so much smaller on a side; after six what is left of the side is a sixth.
const SMALLER: f32 = 0.7;
const TRIES: u32 = 6;

/// How good a JPEG is tried to be, before it is made smaller.
const QUALITIES: [u8; 2] = [80, 60];

/// The longer side of one that is taken from others: decoded it is a megabyte.
const MAX_SIDE: u32 = 512;

/// A small picture of the one at `path`: upright, in sRGB, JPEG or (with transparency) PNG of at most [`MAX_THUMBNAIL`]
/// bytes without anything beside its pixels. `None` if it is no picture, can't be read, or would not be ready by
/// `deadline`. Blocks; not for the window's thread.
#[must_use]
pub fn thumbnail_of(path: &Path, deadline: Instant) -> Option<Vec<u8>> {
    let request = Request { source: Source::File(path.to_owned()), wanted: Wanted::Size, turns: 0, known: None };
    let late = || Instant::now() >= deadline;
    let Ok(Outcome::Size(format, size, _)) = answer(&request, None, true, &late).1.map(|answered| answered.outcome)
    else {
        return None;
    };
    if !fits_into(format, size, deadline.checked_duration_since(Instant::now())?) {
        return None;
    }
    let frame = decode_file(path, Wanted::Still(Size::new(SIDE, SIDE))).ok()?.frames.into_iter().next()?;
    encoded(&frame)
}

fn encoded(frame: &Frame) -> Option<Vec<u8>> {
    let (size, rgba) = (frame.size, frame.straight_rgba());
    let opaque = rgba.as_chunks::<4>().0.iter().all(|pixel| pixel[3] == u8::MAX);
    let mut place = size;
    for _ in 0..TRIES {
        let scaled = scaled_rgba(size, &rgba, place).ok()?;
        let fits = |bytes: &Vec<u8>| (1..=MAX_THUMBNAIL).contains(&bytes.len());
        let small = if opaque {
            let rgb: Vec<u8> =
                scaled.as_chunks::<4>().0.iter().flat_map(|&[red, green, blue, _]| [red, green, blue]).collect();
            QUALITIES.into_iter().filter_map(|quality| jpeg(place, &rgb, quality)).find(fits)
        } else {
            png(place, &scaled).filter(fits)
        };
        if small.is_some() {
            return small;
        }
        let smaller = |side: u32| ((side as f32 * SMALLER) as u32).max(1);
        place = Size::new(smaller(place.width), smaller(place.height));
    }
    None
}

pub(super) fn jpeg(size: Size, rgb: &[u8], quality: u8) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut bytes, quality);
    encoder.write_image(rgb, size.width, size.height, ExtendedColorType::Rgb8).ok()?;
    Some(bytes)
}

pub(super) fn png(size: Size, rgba: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let encoder = PngEncoder::new_with_quality(&mut bytes, CompressionType::Default, FilterType::Adaptive);
    encoder.write_image(rgba, size.width, size.height, ExtendedColorType::Rgba8).ok()?;
    Some(bytes)
}

/// The small picture that another computer sent: a still one of at most [`MAX_THUMBNAIL`] bytes and 512 × 512 pixels,
/// judged by its first bytes before anything of it is decoded. `None` for anything else.
#[must_use]
pub fn thumbnail_from(bytes: &[u8]) -> Option<Frame> {
    sniff(bytes).filter(|format| matches!(format, Format::Jpeg | Format::Png))?;
    if bytes.len() > MAX_THUMBNAIL {
        return None;
    }
    let (_, size) = dimensions_of_bytes(bytes).ok()?;
    if size.width > MAX_SIDE || size.height > MAX_SIDE {
        return None;
    }
    decode_bytes(bytes, Wanted::Still(Size::new(MAX_SIDE, MAX_SIDE))).ok()?.frames.into_iter().next()
}
