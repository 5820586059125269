//! Pictures that move: GIF, WebP and APNG, as many frames as the budget holds.
//!
//! Frames are scaled one by one, so that only the small ones are kept. When they outgrow the budget, all are scaled
//! down a little more, twice at most; after that later frames are left out.

use std::time::Duration;

use image::metadata::Orientation;

use super::{
    Frame, PictureError, Size,
    colour::Profile,
    limits::{DELAY_INSTEAD, LONGEST_DELAY, MAX_ANIMATION_PIXELS, MAX_FRAMES, MAX_SHRINKS, SHORTEST_DELAY, SHRINK},
    scale::scaled_rgba,
};

/// A frame as a decoder gives it: of the whole canvas, RGBA, alpha not multiplied in, and how long it stays.
pub(super) type RawFrame = (Vec<u8>, Duration);

/// Collects frames of a canvas of `size` for `target` (both as stored, before orientation) in at most `room` bytes. An
/// error after the first frame ends the animation there. Returns the frames, RGBA without multiplied alpha, and whether
/// some were left out.
pub(super) fn collect(
    size: Size,
    target: Size,
    room: usize,
    frames: impl Iterator<Item = Result<RawFrame, PictureError>>,
    cancelled: &dyn Fn() -> bool,
) -> Result<(Vec<Frame>, bool), PictureError> {
    let mut kept = Kept { target, room, frames: Vec::new(), bytes: 0, shrinks: 0 };
    let most = usize::try_from(MAX_ANIMATION_PIXELS / (u64::from(size.width) * u64::from(size.height)).max(1))
        .unwrap_or(usize::MAX)
        .clamp(1, MAX_FRAMES);
    let mut shortened = false;
    for frame in frames {
        if cancelled() {
            return Err(PictureError::Cancelled);
        }
        if kept.frames.len() >= most {
            shortened = true;
            break;
        }
        let (rgba, delay) = match frame {
            Ok(frame) => frame,
            Err(error) if kept.frames.is_empty() => return Err(error),
            Err(_) => {
                shortened = true;
                break;
            }
        };
        if !kept.add(size, &rgba, delay)? {
            shortened = true;
            break;
        }
    }
    match kept.frames.as_mut_slice() {
        [] => return Err(PictureError::Damaged),
        [only] => only.delay = Duration::ZERO,
        _ => {}
    }
    Ok((kept.frames, shortened))
}

struct Kept {
    target: Size,
    room: usize,
    frames: Vec<Frame>,
    bytes: usize,
    shrinks: u32,
}

impl Kept {
    /// Whether there was room.
    fn add(&mut self, size: Size, rgba: &[u8], delay: Duration) -> Result<bool, PictureError> {
        while self.bytes + bytes_of(self.target) > self.room && !self.frames.is_empty() {
            if self.shrinks == MAX_SHRINKS {
                return Ok(false);
            }
            self.shrink()?;
        }
        let rgba = scaled_rgba(size, rgba, self.target)?;
        self.bytes += rgba.len();
        self.frames.push(Frame { size: self.target, rgba, delay: shown(delay) });
        Ok(true)
    }

    fn shrink(&mut self) -> Result<(), PictureError> {
        self.shrinks += 1;
        let smaller = |side: u32| ((side as f32 * SHRINK) as u32).max(1);
        let target = Size::new(smaller(self.target.width), smaller(self.target.height));
        for frame in &mut self.frames {
            frame.rgba = scaled_rgba(frame.size, &frame.rgba, target)?;
            frame.size = target;
        }
        self.target = target;
        self.bytes = self.frames.len() * bytes_of(target);
        Ok(())
    }
}

fn bytes_of(size: Size) -> usize {
    size.width as usize * size.height as usize * 4
}

fn shown(delay: Duration) -> Duration {
    if delay < SHORTEST_DELAY { DELAY_INSTEAD } else { delay.min(LONGEST_DELAY) }
}

/// Brings frames to sRGB, upright, with alpha multiplied in.
pub(super) fn finished(
    frames: Vec<Frame>,
    profile: Option<&Profile>,
    orientation: Orientation,
) -> Result<Vec<Frame>, PictureError> {
    frames
        .into_iter()
        .map(|Frame { size, mut rgba, delay }| {
            if let Some(profile) = profile {
                rgba = profile.apply(rgba);
            }
            let image = image::RgbaImage::from_raw(size.width, size.height, rgba).ok_or(PictureError::Damaged)?;
            Ok(super::decode::upright_frame(image, orientation, delay))
        })
        .collect()
}
