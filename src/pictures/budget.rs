//! The blur of a picture for an offer, within a time that was set.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use super::{Format, Size, decode::blur_of};

/// What decoders do in a second, with room for a busy machine: JPEG's, made small, was measured at 220 to 310 million (a
/// progressive one at 50), WebP without loss at 12.
const fn pixels_per_second(format: Format) -> f64 {
    match format {
        Format::Jpeg => 100_000_000.0,
        _ => 8_000_000.0,
    }
}

/// The ThumbHash of the picture at `path`: at most 25 bytes. `None` if it is no picture, can't be read, or would not be
/// ready by `deadline` (judged by its size before decoding). Blocks; not for the window's thread.
///
/// Photographs carry a small picture of themselves, which is taken if its shape is right: that takes milliseconds.
#[must_use]
pub fn thumbhash_of(path: &Path, deadline: Instant) -> Option<Vec<u8>> {
    blur_of(path, deadline.checked_duration_since(Instant::now())?).ok()
}

/// Whether a picture of this size is decoded in so much time.
pub(super) fn fits_into(format: Format, size: Size, time: Duration) -> bool {
    let pixels = f64::from(size.width) * f64::from(size.height);
    pixels / pixels_per_second(format) <= time.as_secs_f64()
}
