//! The blur of a picture for an offer, within a time that was set.

use std::{path::Path, time::Instant};

use super::{Size, Wanted, decode::decode_file, thumbhash};

/// The ThumbHash of the picture at `path`: at most 25 bytes. `None` if it is no picture, can't be read, or would not be
/// ready by `deadline` (judged by its size before decoding). Blocks; not for the window's thread.
pub fn thumbhash_of(path: &Path, deadline: Instant) -> Option<Vec<u8>> {
    if Instant::now() >= deadline {
        return None;
    }
    let side = thumbhash::MAX_ENCODED_SIDE;
    let picture = decode_file(path, Wanted::Still(Size::new(side, side))).ok()?;
    let frame = picture.frames.first()?;
    thumbhash::encode(frame.size, &frame.rgba)
}
