//! From the bytes of a file to something worth showing: sniffed by content, bounded before anything is allocated,
//! decoded, set upright, brought to sRGB and scaled down; never on the window's thread.
//!
//! ```text
//! window ── Request{source, wanted} ──▶ Previews (2 threads, newest first) ── Finished ──▶ window, then wake()
//!                                          │ kept on the disk, or
//!                                          │ a process for each picture:
//! engine ── thumbhash_of(path, deadline) ──┘ read → sniff → bounds → decode → scale → colour → upright
//! ```
//!
//! Nothing here knows egui: pictures leave as plain RGBA. A file that is damaged, hostile or too large costs one preview
//! and says why ([`PictureError`]): every picture is decoded in a process of its own, which may do as little else as the
//! system can see to.
#![forbid(unsafe_code)]

mod animation;
pub mod bare;
mod budget;
mod colour;
mod decode;
mod details;
pub mod embedded;
mod faces;
mod foreign;
mod heif;
mod jpeg;
mod jxl;
mod kept;
mod levels;
mod limits;
mod open;
mod pool;
mod process;
mod scale;
mod smaller;
mod sniff;
mod svg;
pub mod thumbhash;
mod thumbnail;
mod tiff;
mod tone;
mod turn;

use std::{path::PathBuf, sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};

pub use budget::thumbhash_of;
pub use decode::{decode_bytes, decode_file, dimensions_of, dimensions_of_bytes};
pub use details::Details;
pub use foreign::Foreign;
pub use kept::forget_previews;
pub use pool::{Previews, Ticket};
pub use process::{decode_apart, run_decoder};
pub use smaller::{Smaller, smaller};
pub use sniff::{Format, name_suggests_picture, size_of_png, sniff};
pub use svg::TEXT_FACE;
pub use thumbnail::{thumbnail_from, thumbnail_of};

/// In pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Size {
    pub width: u32,
    pub height: u32,
}

impl Size {
    pub const fn new(width: u32, height: u32) -> Self {
        Self { width, height }
    }

    /// Width divided by height; 1 for something without extent.
    pub fn aspect(self) -> f32 {
        if self.width == 0 || self.height == 0 { 1.0 } else { self.width as f32 / self.height as f32 }
    }

    /// The smallest size that neither of the two sticks out of.
    #[must_use]
    pub fn covered_with(self, other: Self) -> Self {
        Self::new(self.width.max(other.width), self.height.max(other.height))
    }

    /// The smallest size of the same proportions that fills `place`, never larger than this, and no longer than
    /// [`LONGEST`] times the place.
    #[must_use]
    pub fn covering(self, place: Self) -> Self {
        let ratio = (f64::from(place.width) / f64::from(self.width.max(1)))
            .max(f64::from(place.height) / f64::from(self.height.max(1)));
        if ratio >= 1.0 {
            return self;
        }
        let scaled = |side: u32| (f64::from(side) * ratio).ceil() as u32;
        let most = Self::new(place.width.saturating_mul(LONGEST), place.height.saturating_mul(LONGEST));
        Self::new(scaled(self.width), scaled(self.height)).fitted_into(most)
    }

    /// The largest size of the same proportions inside `bounds`, never larger than this and never less than a pixel.
    #[must_use]
    pub fn fitted_into(self, bounds: Self) -> Self {
        if self.width <= bounds.width && self.height <= bounds.height {
            return self;
        }
        let ratio = (f64::from(bounds.width) / f64::from(self.width.max(1)))
            .min(f64::from(bounds.height) / f64::from(self.height.max(1)));
        let scaled = |side: u32, bound: u32| ((f64::from(side) * ratio).round() as u32).clamp(1, bound.max(1));
        Self::new(scaled(self.width, bounds.width), scaled(self.height, bounds.height))
    }
}

/// A picture as it is shown: upright, in sRGB, scaled to what was wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    pub format: Format,
    /// Of the original, set upright.
    pub original: Size,
    /// At least one; several are an animation. All of one size.
    pub frames: Vec<Frame>,
    /// Frames were left out because the animation is longer than fits into the budget.
    pub shortened: bool,
}

impl Picture {
    /// Of every frame.
    pub fn size(&self) -> Size {
        self.frames.first().map_or(Size::new(0, 0), |frame| frame.size)
    }

    pub fn byte_size(&self) -> usize {
        self.frames.iter().map(|frame| frame.rgba.len()).sum()
    }
}

#[derive(Clone, PartialEq, Eq)]
pub struct Frame {
    pub size: Size,
    /// Four bytes a pixel, sRGB, alpha multiplied in, rows from the top without padding.
    pub rgba: Vec<u8>,
    /// How long it stays; zero in a picture of one frame.
    pub delay: Duration,
}

impl Frame {
    /// The pixels with alpha not multiplied in, as files and clipboards have them.
    #[must_use]
    pub fn straight_rgba(&self) -> Vec<u8> {
        let mut rgba = self.rgba.clone();
        scale::divide_alpha(&mut rgba);
        rgba
    }
}

impl std::fmt::Debug for Frame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { size, rgba, delay } = self;
        f.debug_struct("Frame").field("size", size).field("bytes", &rgba.len()).field("delay", delay).finish()
    }
}

/// Where a picture is read from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    File(PathBuf),
    /// Something pasted that has no file yet, encoded.
    Bytes(Arc<[u8]>),
}

/// What is wanted of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Wanted {
    /// Only the size of the original, upright, and the small picture that is inside: reads the head of the file.
    Size,
    /// The picture scaled down to fit, never up; with all its frames.
    Within(Size),
    /// Scaled down, never up, so that it fills the place and is cut at its longer side; with all its frames.
    /// One of extreme proportions is at most [`LONGEST`] times as long as the place.
    Covering(Size),
    /// The first frame alone, scaled down to fit.
    Still(Size),
    /// The first frame alone with all its pixels, scaled down only where it has more than 64 million; then the same ever
    /// again at half the size, until it is small: what is drawn never has many more pixels than it covers.
    Whole,
    /// What the file says of itself: when and with what it was taken; where only if that is asked for.
    Details { place: bool },
    /// The ThumbHash alone, if it can be made so quickly.
    Blur { within: Duration },
}

impl Wanted {
    /// The size of what is made of an original of this size.
    pub fn made_of(self, original: Size) -> Size {
        match self {
            Self::Size | Self::Blur { .. } | Self::Details { .. } => original,
            Self::Whole => levels::whole(original),
            Self::Within(bounds) | Self::Still(bounds) => original.fitted_into(bounds),
            Self::Covering(place) => original.covering(place),
        }
    }
}

/// A panorama in a square place is not decoded to its full length.
pub const LONGEST: u32 = 4;

/// Tells two states of one file apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Stamp {
    pub modified: Option<std::time::SystemTime>,
    pub len: u64,
}

#[derive(Clone, Debug)]
pub struct Request {
    pub source: Source,
    pub wanted: Wanted,
    /// Quarter turns clockwise that the picture is given, beyond being set upright.
    pub turns: u8,
    /// What is already shown is of this state; if the file is still so, nothing is decoded.
    pub known: Option<Stamp>,
}

/// What became of a request.
#[derive(Debug)]
pub struct Finished {
    pub id: RequestId,
    /// Of the file; `None` if there is no file.
    pub stamp: Option<Stamp>,
    pub result: Result<Outcome, PictureError>,
}

#[derive(Debug)]
pub enum Outcome {
    Picture(Picture),
    /// With the small picture inside, if one was found on the way.
    Size(Format, Size, Option<Frame>),
    /// At most 25 bytes.
    Blur(Vec<u8>),
    Details(Details),
    /// The file is as [`Request::known`] said.
    Unchanged,
}

/// Ties a result to its request; unique per pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u64);

/// Why a picture can't be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error, Serialize, Deserialize)]
#[non_exhaustive]
pub enum PictureError {
    #[error("there is no such file")]
    Gone,
    #[error("the file can't be read")]
    Unreadable,
    #[error("this is not a picture of a known format")]
    NotAPicture,
    #[error("only the system could show this kind of file, and it doesn't")]
    NeedsSystem(Foreign),
    #[error("the picture is too large to be shown")]
    TooLarge,
    #[error("the picture is damaged")]
    Damaged,
    #[error("more pictures were asked for than can wait; ask again while it is in sight")]
    Postponed,
    #[error("it was not wanted any more")]
    Cancelled,
}

#[cfg(test)]
mod tests;
