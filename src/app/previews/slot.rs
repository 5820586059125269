//! What is known of one picture in one kind of place.

use std::path::{Path, PathBuf};

use egui::TextureHandle;

use super::{MAX_SIDE, animation::Moving, bytes_of};
use crate::pictures::{PictureError, Size, Stamp, Ticket, Wanted};

/// Which picture, and where it is drawn: the conversation and the viewer don't take a file's texture from each other.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Key {
    File(PathBuf, Place),
    /// Without a file; only the composer shows such.
    Pasted(u64),
    /// Came with an offer.
    Sent(u64),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Place {
    Conversation,
    Viewer,
}

impl Key {
    pub(super) fn file(path: &Path, place: Place) -> Self {
        Self::File(path.to_owned(), place)
    }

    /// For people who look at textures.
    pub(super) fn name(&self) -> String {
        match self {
            Self::File(path, _) => path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            Self::Pasted(id) => format!("pasted {id}"),
            Self::Sent(number) => format!("thumbnail {number}"),
        }
    }

    pub(super) const fn wants(&self, size: Size) -> Wanted {
        match self {
            Self::File(_, Place::Viewer) => Wanted::Within(size),
            Self::File(_, Place::Conversation) | Self::Pasted(_) => Wanted::Covering(size),
            // Small already, and not to move.
            Self::Sent(_) => Wanted::Still(Size::new(MAX_SIDE, MAX_SIDE)),
        }
    }
}

#[derive(Default)]
pub(super) struct Slot {
    /// The last frame it was drawn in, and when.
    pub frame: u64,
    pub seen: f64,
    /// The largest place it is drawn in, in this frame and in the last one: the same file may be on the screen twice.
    pub largest: Size,
    pub largest_before: Size,
    pub original: Option<Size>,
    pub stamp: Option<Stamp>,
    pub failed: Option<PictureError>,
    pub shown: Option<Shown>,
    /// The small picture inside the file, while it is in sight.
    pub small: Option<TextureHandle>,
    /// The size is being read.
    pub sizing: Option<Ticket>,
    /// The picture is being made ready, for a place of this size.
    pub loading: Option<(Ticket, Size)>,
}

impl std::fmt::Debug for Slot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { original, failed, shown, loading, .. } = self;
        let mut all = f.debug_struct("Slot");
        all.field("original", original).field("failed", failed).field("shown", shown).field("loading", loading);
        all.finish_non_exhaustive()
    }
}

/// How a picture that was made ready for one place looks in another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fit {
    Sharp,
    /// A little soft: good enough to wait for.
    Near,
    /// Blurred, or wastefully large.
    Wrong,
}

impl Fit {
    /// How a picture of `original` size that was `wanted` for one place fits into `other`.
    pub(super) fn of(original: Size, wanted: Wanted, other: Wanted) -> Self {
        let (has, needs) = (wanted.made_of(original), other.made_of(original));
        let ratio = |has: u32, needs: u32| f64::from(has) / f64::from(needs.max(1));
        let least = ratio(has.width, needs.width).min(ratio(has.height, needs.height));
        match least {
            ..0.75 | 2.5.. => Self::Wrong,
            0.98.. => Self::Sharp,
            _ => Self::Near,
        }
    }
}

pub(super) struct Shown {
    pub texture: TextureHandle,
    pub size: Size,
    /// The place it was made for.
    pub wanted: Size,
    pub moving: Option<Moving>,
}

impl std::fmt::Debug for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shown").field("size", &self.size).finish_non_exhaustive()
    }
}

impl Shown {
    pub(super) fn bytes(&self) -> usize {
        bytes_of(self.size) + self.moving.as_ref().map_or(0, Moving::bytes)
    }
}
