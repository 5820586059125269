//! Textures of pictures: what `pictures` made ready becomes something to draw.
//!
//! A picture is asked for by drawing it: [`Previews::preview`] each frame while it is in sight. What left sight is taken
//! back from the queue, and its texture goes when [`ROOM`] is used up, the longest unseen first. Textures are as large as
//! the place they are drawn in, in the display's own pixels.

mod animation;
mod blurs;
mod large;
mod looking;
mod slot;
mod turned;

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use egui::{ColorImage, Context, TextureHandle, TextureId, TextureOptions, Vec2};

use self::{
    animation::Moving,
    blurs::Blurs,
    large::Large,
    slot::{Fit, Key, Place, Shown, Slot},
    turned::Turned,
};
use crate::engine::api::Thumbnail;
use crate::pictures::{self, Finished, Outcome, Picture, PictureError, Request, RequestId, Size, Source, Wanted};

pub use self::{
    animation::Motion,
    large::{Seen, Tile},
    looking::About,
};

/// Bytes of textures and frames. What is in sight stays even beyond it.
const ROOM: usize = 64 * 1024 * 1024;

/// Bytes that are handed to the graphics in one frame: about 3 ms.
const UPLOAD_PER_FRAME: usize = 12 * 1024 * 1024;

/// Pictures whose size or failure is remembered.
const MAX_SLOTS: usize = 4096;

/// One that comes into sight again after this is compared with its file, and so often one is tried again that couldn't be
/// shown.
const LOOK_AGAIN: Duration = Duration::from_secs(3);

/// No texture is larger, whatever the graphics could take.
const MAX_SIDE: u32 = 4096;

/// Pictures as textures. One for the whole window; call [`Previews::logic`] once a frame, before drawing.
#[derive(Debug)]
pub struct Previews {
    pool: Option<pictures::Previews>,
    slots: HashMap<Key, Slot>,
    asked: HashMap<RequestId, Key>,
    blurs: Blurs,
    large: Option<Large>,
    about: Option<looking::Asked>,
    turned: Turned,
    reduced_motion: bool,
    /// Frames drawn so far, as egui counts.
    frame: u64,
}

/// What there is to draw of a picture now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Preview {
    /// Being made ready; its size, if that is known already.
    Loading(Option<Size>),
    Ready {
        texture: TextureId,
        /// Of the original, upright.
        original: Size,
        /// It moves.
        animated: bool,
    },
    Failed(PictureError),
}

impl Previews {
    /// Starts the threads that decode; without them (an error is logged) every picture stays a file card.
    #[must_use]
    pub fn new(ctx: &Context) -> Self {
        let wake = {
            let ctx = ctx.clone();
            move || ctx.request_repaint_of(egui::ViewportId::ROOT)
        };
        let pool = pictures::Previews::start(wake).inspect_err(|error| log::error!("no threads for pictures: {error}"));
        Self {
            pool: pool.ok(),
            slots: HashMap::new(),
            asked: HashMap::new(),
            blurs: Blurs::default(),
            large: None,
            about: None,
            turned: Turned::default(),
            reduced_motion: false,
            frame: 0,
        }
    }

    /// From now on previews for the conversation are kept in `folder`, and found there when they are wanted again.
    pub fn keep_in(&self, folder: PathBuf) {
        if let Some(pool) = &self.pool {
            pool.keep_in(folder);
        }
    }

    /// Takes results in, uploads a few textures, lets go of those out of sight. Cheap when nothing happened.
    pub fn logic(&mut self, ctx: &Context) {
        self.frame = ctx.cumulative_frame_nr();
        self.take_back_what_left_sight();
        let mut uploaded = 0;
        while uploaded < UPLOAD_PER_FRAME {
            let Some(finished) = self.pool.as_ref().and_then(pictures::Previews::try_finished) else { break };
            uploaded += self.take(ctx, finished);
        }
        if uploaded >= UPLOAD_PER_FRAME {
            ctx.request_repaint();
        }
        self.make_room();
    }

    /// No animation plays.
    pub fn set_reduced_motion(&mut self, reduced: bool) {
        self.reduced_motion = reduced;
    }

    /// The picture at `path`, large enough to fill a place of `points` on the screen. Asks for it if it isn't there or
    /// too small. Never blocks; call it each frame while the picture is in sight.
    pub fn preview(&mut self, ctx: &Context, path: &Path, points: Vec2) -> Preview {
        self.preview_in(&Key::file(path, Place::Conversation), ctx, || Source::File(path.to_owned()), points, true)
    }

    /// As [`Previews::preview`], of a picture that has no file: `id` tells it apart in the window, `encoded` is what it is.
    pub fn pasted(&mut self, ctx: &Context, id: u64, encoded: &Arc<[u8]>, points: Vec2) -> Preview {
        self.preview_in(&Key::Pasted(id), ctx, || Source::Bytes(encoded.clone()), points, true)
    }

    /// Nobody will see that one again.
    pub fn forget_pasted(&mut self, id: u64) {
        self.slots.remove(&Key::Pasted(id));
    }

    /// A picture that can't be shown is in sight as something else: now and then it is looked at again, since what
    /// hindered it may have passed (its disk is back, it was written anew). The same bytes are not decoded twice.
    pub fn look_again(&mut self, ctx: &Context, path: &Path) {
        let Self { pool, slots, asked, frame, turned, .. } = self;
        let key = Key::file(path, Place::Conversation);
        let (Some(pool), Some(slot)) = (pool, slots.get_mut(&key).filter(|slot| slot.failed.is_some())) else { return };
        slot.frame = *frame;
        let now = ctx.input(|input| input.time);
        if slot.sizing.is_none() && slot.loading.is_none() && now - slot.seen >= LOOK_AGAIN.as_secs_f64() {
            slot.seen = now;
            let source = Source::File(path.to_owned());
            let ticket =
                pool.request(Request { source, wanted: Wanted::Size, turns: turned.of(path), known: slot.stamp });
            asked.insert(ticket.id(), key);
            slot.sizing = Some(ticket);
        }
    }

    /// As [`Previews::preview`], fitted into the place, for the viewer. Until it is there, what the conversation shows.
    pub(super) fn fitted(&mut self, ctx: &Context, path: &Path, points: Vec2) -> Preview {
        let preview =
            self.preview_in(&Key::file(path, Place::Viewer), ctx, || Source::File(path.to_owned()), points, true);
        if let Preview::Loading(_) = preview
            && self.turns(path) == 0
            && let Some(slot) = self.slots.get(&Key::file(path, Place::Conversation))
            && let (Some(shown), Some(original)) = (&slot.shown, slot.original)
        {
            let animated = shown.moving.is_some();
            return Preview::Ready { texture: shown.texture.id(), original, animated };
        }
        preview
    }

    /// Makes ready what will be [`Previews::fitted`] soon.
    pub(super) fn prefetch(&mut self, ctx: &Context, path: &Path, points: Vec2) {
        self.preview_in(&Key::file(path, Place::Viewer), ctx, || Source::File(path.to_owned()), points, false);
    }

    /// The blur from a ThumbHash of at most 40 bytes, and its rough width divided by height.
    pub fn blur(&mut self, ctx: &Context, hash: &[u8]) -> Option<(TextureId, f32)> {
        self.blurs.get(ctx, hash, self.frame)
    }

    /// What stands for a picture that isn't there (yet): the small one that came with its offer, the one inside its file
    /// at `path`, or its blur. With its width divided by height.
    pub fn stand_in(
        &mut self,
        ctx: &Context,
        path: Option<&Path>,
        thumbnail: Option<&Thumbnail>,
        hash: Option<&[u8]>,
        points: Vec2,
    ) -> Option<(TextureId, f32)> {
        let small = thumbnail.map(|small| {
            self.preview_in(&Key::Sent(small.number), ctx, || Source::Bytes(small.encoded.clone()), points, false)
        });
        if let Some(Preview::Ready { texture, original, .. }) = small {
            return Some((texture, original.aspect()));
        }
        let slot = path.and_then(|path| self.slots.get(&Key::file(path, Place::Conversation)));
        match slot.and_then(|slot| slot.small.as_ref().zip(slot.original)) {
            Some((texture, original)) => Some((texture.id(), original.aspect())),
            None => hash.and_then(|hash| self.blur(ctx, hash)),
        }
    }

    /// The shape (width divided by height) and, if known, the size of a picture that is to be laid out. Until its size is
    /// known the shape is that of its thumbnail, or of its ThumbHash, which is near but rounded.
    pub(super) fn shape(
        &mut self,
        ctx: &Context,
        path: Option<&Path>,
        thumbnail: Option<&Thumbnail>,
        hash: Option<&[u8]>,
    ) -> (f32, Option<Size>) {
        /// Without anything known; most cameras' shape.
        const USUAL: f32 = 4.0 / 3.0;
        if let Some(size) = path.and_then(|path| self.size_of(path)) {
            return (size.aspect(), Some(size));
        }
        let small = thumbnail.and_then(|small| self.slots.get(&Key::Sent(small.number))?.original);
        if let Some(size) = small {
            return (size.aspect(), None);
        }
        let blur = hash.and_then(|hash| self.blurs.get(ctx, hash, self.frame));
        (blur.map_or(USUAL, |(_, aspect)| aspect), None)
    }

    /// The size of the original as it is shown in the conversation, as far as it is known.
    #[must_use]
    pub fn size_of(&self, path: &Path) -> Option<Size> {
        let of = |place| self.slots.get(&Key::file(path, place))?.original;
        of(Place::Conversation).or_else(|| {
            let size = of(Place::Viewer)?;
            Some(if self.turns(path) % 2 == 1 { Size::new(size.height, size.width) } else { size })
        })
    }

    /// Why the picture at `path` can't be shown, if it was tried.
    #[must_use]
    pub fn failure(&self, path: &Path) -> Option<PictureError> {
        self.slots.get(&Key::file(path, Place::Conversation))?.failed
    }

    /// Bytes of all textures and frames.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.slots.values().filter_map(|slot| slot.shown.as_ref()).map(Shown::bytes).sum()
    }

    fn preview_in(
        &mut self,
        key: &Key,
        ctx: &Context,
        source: impl Fn() -> Source,
        points: Vec2,
        plays: bool,
    ) -> Preview {
        let Self { pool, slots, asked, frame, reduced_motion, turned, .. } = self;
        // The viewer turns what it draws.
        let turns = match key {
            Key::File(path, Place::Conversation) => turned.of(path),
            _ => 0,
        };
        *frame = ctx.cumulative_frame_nr();
        let now = ctx.input(|input| input.time);
        let slot = slots.entry(key.clone()).or_default();
        let away = now - slot.seen;
        let again = slot.frame + 1 < *frame && slot.seen > 0.0 && away > LOOK_AGAIN.as_secs_f64();
        let wanted = pixels(ctx, points);
        if slot.frame != *frame {
            slot.largest_before = std::mem::take(&mut slot.largest);
        }
        (slot.frame, slot.seen) = (*frame, now);
        slot.largest = slot.largest.covered_with(wanted);
        let largest = slot.largest.covered_with(slot.largest_before);
        let Some(pool) = pool else { return Preview::Failed(PictureError::Unreadable) };
        // While the original's size isn't known, nothing is known to be wrong with what was asked for.
        let fit = |made_for: Size, place: Size| {
            slot.original.map_or(Fit::Near, |original| Fit::of(original, key.wants(made_for), key.wants(place)))
        };
        let outgrown = slot.loading.as_ref().is_some_and(|(_, asked)| fit(*asked, largest) == Fit::Wrong);
        let fits = match &slot.shown {
            Some(shown) => fit(shown.wanted, largest) == Fit::Sharp,
            None => slot.failed.is_some(),
        };
        if let Some((ticket, _)) = slot.loading.take_if(|_| outgrown) {
            asked.remove(&ticket.id());
        }
        let mut ask = |wanted, known| {
            let ticket = pool.request(Request { source: source(), wanted, turns, known });
            asked.insert(ticket.id(), key.clone());
            ticket
        };
        if slot.original.is_none() && slot.failed.is_none() {
            // It is there a moment later; then the picture takes its true place.
            slot.sizing.get_or_insert_with(|| ask(Wanted::Size, None));
        }
        if again && slot.loading.is_none() && (fits || slot.failed.is_some()) {
            let known = slot.stamp.filter(|_| slot.shown.is_some());
            slot.loading = Some((ask(key.wants(largest), known), largest));
        } else if !fits && slot.loading.is_none() {
            slot.loading = Some((ask(key.wants(largest), None), largest));
        }

        if let Some(error) = slot.failed {
            return Preview::Failed(error);
        }
        match (&mut slot.shown, slot.original) {
            (Some(shown), Some(original)) => {
                if let Some(moving) = &mut shown.moving
                    && plays
                    && moving.motion(*reduced_motion).playing
                {
                    moving.play(ctx, &mut shown.texture, now);
                }
                Preview::Ready { texture: shown.texture.id(), original, animated: shown.moving.is_some() }
            }
            (_, original) => Preview::Loading(original),
        }
    }

    /// Returns how many bytes were handed to the graphics.
    fn take(&mut self, ctx: &Context, finished: Finished) -> usize {
        let Finished { id, stamp, result } = finished;
        if let Some(large) = &mut self.large
            && large.is(id)
        {
            large.take(result);
            ctx.request_repaint();
            return 0;
        }
        if let Some(about) = self.about.as_mut().filter(|about| about.is(id)) {
            about.take(stamp, result);
            ctx.request_repaint();
            return 0;
        }
        let Some(key) = self.asked.remove(&id) else { return 0 };
        let Some(slot) = self.slots.get_mut(&key) else { return 0 };
        if slot.sizing.as_ref().is_some_and(|ticket| ticket.id() == id) {
            slot.sizing = None;
            match result {
                Ok(Outcome::Size(_, size, small)) => {
                    slot.original = Some(size);
                    slot.failed = None;
                    if slot.shown.is_none() {
                        slot.small = small.map(|small| load(ctx, key.name(), small.size, &small.rgba));
                    }
                }
                Ok(_) | Err(PictureError::Postponed | PictureError::Cancelled) => {}
                Err(error) => {
                    slot.failed = Some(error);
                    slot.stamp = stamp;
                }
            }
            ctx.request_repaint();
            return 0;
        }
        // An answer to what isn't asked any more.
        let Some((_, wanted)) = slot.loading.take_if(|(ticket, _)| ticket.id() == id) else { return 0 };
        match result {
            Ok(Outcome::Picture(picture)) => {
                slot.failed = None;
                slot.stamp = stamp;
                slot.original = Some(picture.original);
                slot.shown = upload(ctx, key.name(), picture, wanted);
                slot.shown.as_ref().map_or(0, |shown| bytes_of(shown.size))
            }
            Ok(Outcome::Unchanged | Outcome::Blur(_) | Outcome::Details(_)) => 0,
            Ok(Outcome::Size(_, size, _)) => {
                slot.original = Some(size);
                0
            }
            // Asked again by being drawn again.
            Err(PictureError::Postponed | PictureError::Cancelled) => {
                ctx.request_repaint();
                0
            }
            Err(error) => {
                slot.failed = Some(error);
                slot.stamp = stamp;
                slot.shown = None;
                slot.small = None;
                0
            }
        }
    }

    fn take_back_what_left_sight(&mut self) {
        let frame = self.frame;
        for slot in self.slots.values_mut().filter(|slot| slot.frame + 2 < frame) {
            slot.small = None;
            if slot.loading.is_some() || slot.sizing.is_some() {
                for ticket in slot.sizing.take().into_iter().chain(slot.loading.take().map(|(ticket, _)| ticket)) {
                    self.asked.remove(&ticket.id());
                }
            }
        }
    }

    fn make_room(&mut self) {
        let frame = self.frame;
        let unseen = |slot: &Slot| slot.frame + 2 < frame;
        self.blurs.make_room(frame);
        let mut bytes = self.bytes();
        if bytes > ROOM {
            let mut old: Vec<_> = self.slots.iter().filter(|(_, slot)| unseen(slot) && slot.shown.is_some()).collect();
            old.sort_by_key(|(_, slot)| slot.frame);
            let old: Vec<_> = old.into_iter().map(|(key, _)| key.clone()).collect();
            for key in old {
                if bytes <= ROOM {
                    break;
                }
                if let Some(shown) = self.slots.get_mut(&key).and_then(|slot| slot.shown.take()) {
                    bytes -= shown.bytes();
                }
            }
        }
        if self.slots.len() > MAX_SLOTS {
            self.slots.retain(|_, slot| !unseen(slot) || slot.shown.is_some());
        }
    }
}

fn upload(ctx: &Context, name: String, picture: Picture, wanted: Size) -> Option<Shown> {
    let most = ctx.input(|input| input.max_texture_side) as u32;
    let size = picture.size();
    let first = picture.frames.first()?;
    if size.width > most || size.height > most {
        log::warn!("a picture of {} × {} is too large for one texture of {most}", size.width, size.height);
        return None;
    }
    let texture = load(ctx, name, size, &first.rgba);
    let moving = (picture.frames.len() > 1).then(|| Moving::new(picture.frames));
    Some(Shown { texture, size, wanted, moving })
}

/// The one place where textures are made.
fn load(ctx: &Context, name: String, size: Size, rgba: &[u8]) -> TextureHandle {
    ctx.load_texture(name, color_image(size, rgba), TextureOptions::LINEAR)
}

fn color_image(size: Size, rgba: &[u8]) -> ColorImage {
    ColorImage::from_rgba_premultiplied([size.width as usize, size.height as usize], rgba)
}

/// A place on the screen in the display's pixels, within what one texture can hold.
fn pixels(ctx: &Context, points: Vec2) -> Size {
    let most = (ctx.input(|input| input.max_texture_side) as u32).min(MAX_SIDE);
    let scale = ctx.pixels_per_point();
    let side = |points: f32| ((points * scale).round().max(1.0) as u32).min(most);
    Size::new(side(points.x), side(points.y))
}

fn bytes_of(size: Size) -> usize {
    size.width as usize * size.height as usize * 4
}

#[cfg(test)]
mod tests;
