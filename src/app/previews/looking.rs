//! What the viewer asks for beside pictures: all pixels, what a file says of itself, and how what moves is to move.

use std::path::{Path, PathBuf};

use egui::Context;

use super::{
    Large, Previews,
    animation::Motion,
    large::{Seen, Tile},
    slot::{Key, Place},
};
use crate::pictures::{Details, Outcome, PictureError, Request, RequestId, Source, Stamp, Ticket, Wanted};

/// What a file says of itself, once it was read.
#[derive(Debug)]
pub(super) struct Asked {
    path: PathBuf,
    place: bool,
    ticket: Option<Ticket>,
    details: Option<Details>,
    /// In bytes.
    size: Option<u64>,
}

/// What is known of the file of a picture.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct About {
    /// Of the file in bytes.
    pub bytes: Option<u64>,
    pub details: Option<Details>,
}

impl Asked {
    pub(super) fn is(&self, id: RequestId) -> bool {
        self.ticket.as_ref().is_some_and(|ticket| ticket.id() == id)
    }

    pub(super) fn take(&mut self, stamp: Option<Stamp>, result: Result<Outcome, PictureError>) {
        self.ticket = None;
        self.size = stamp.map(|stamp| stamp.len);
        if let Ok(Outcome::Details(details)) = result {
            self.details = Some(details);
        }
    }
}

impl Previews {
    /// What there is of a still picture in all its pixels for what is seen of it. One picture at a time.
    pub fn tiles(&mut self, ctx: &Context, path: &Path, seen: Seen) -> Vec<Tile> {
        if self.large.as_ref().is_none_or(|large| large.path() != path) {
            self.large = self.pool.as_ref().map(|pool| Large::ask(pool, path));
        }
        self.large.as_mut().map(|large| large.tiles(ctx, seen)).unwrap_or_default()
    }

    pub fn forget_tiles(&mut self) {
        self.large = None;
    }

    /// What the file says of itself, as far as it was read; where it was taken only with `place`. One picture at a time.
    pub fn about(&mut self, path: &Path, place: bool) -> About {
        let same = |asked: &&Asked| asked.path == path && (asked.place || !place);
        if self.about.as_ref().filter(same).is_none() {
            let known = self.about.take().filter(|asked| asked.path == path);
            let ticket = self.pool.as_ref().map(|pool| {
                let source = Source::File(path.to_owned());
                pool.request(Request { source, wanted: Wanted::Details { place }, turns: 0, known: None })
            });
            // Until the place is there, the rest stays.
            let (details, size) = known.map(|known| (known.details, known.size)).unwrap_or_default();
            self.about = Some(Asked { path: path.to_owned(), place, ticket, details, size });
        }
        self.about.as_ref().map(|asked| About { bytes: asked.size, details: asked.details.clone() }).unwrap_or_default()
    }

    /// Quarter turns clockwise that this person gave a picture.
    #[must_use]
    pub fn turns(&self, path: &Path) -> u8 {
        self.turned.of(path)
    }

    /// Turns a picture, here and wherever the conversation shows it.
    pub fn turn(&mut self, path: &Path, turns: u8) {
        self.turned.set(path, turns);
        // Made ready anew; what is under way for it is answered to nobody.
        self.slots.remove(&Key::file(path, Place::Conversation));
    }

    /// What was turned before the program started, as [`Previews::turned_to_keep`] gave it.
    pub fn remember_turned(&mut self, kept: &str) {
        self.turned = super::turned::Turned::kept(kept);
        // Something may be under way already.
        let Self { slots, turned, .. } = self;
        slots.retain(|key, _| !matches!(key, Key::File(path, Place::Conversation) if turned.of(path) > 0));
    }

    /// What is turned, if that changed since it was last asked for.
    pub fn turned_to_keep(&mut self) -> Option<String> {
        self.turned.take_changed()
    }

    /// Of a picture in the viewer that moves.
    #[must_use]
    pub fn motion(&self, path: &Path) -> Option<Motion> {
        let shown = self.slots.get(&Key::file(path, Place::Viewer))?.shown.as_ref()?;
        Some(shown.moving.as_ref()?.motion(self.reduced_motion))
    }

    pub fn set_playing(&mut self, path: &Path, playing: bool) {
        let slot = self.slots.get_mut(&Key::file(path, Place::Viewer));
        if let Some(moving) = slot.and_then(|slot| slot.shown.as_mut()).and_then(|shown| shown.moving.as_mut()) {
            moving.set_playing(playing);
        }
    }

    /// Stops at a frame so many after the one that is shown.
    pub fn step(&mut self, path: &Path, by: isize) {
        let slot = self.slots.get_mut(&Key::file(path, Place::Viewer));
        if let Some(shown) = slot.and_then(|slot| slot.shown.as_mut())
            && let Some(moving) = &mut shown.moving
        {
            moving.step(&mut shown.texture, by);
        }
    }
}
