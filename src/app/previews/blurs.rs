//! Textures of ThumbHashes: shown at once while the picture is being made ready, or instead of it.

use std::collections::HashMap;

use egui::{ColorImage, Context, TextureHandle, TextureId, TextureOptions};

use crate::pictures::thumbhash;

/// At most 4 KiB each; an offer may hold a thousand, a screen shows some dozens.
const MOST: usize = 512;

#[derive(Debug, Default)]
pub(super) struct Blurs {
    /// `None` for bytes that are no hash.
    known: HashMap<Vec<u8>, Option<Blur>>,
}

struct Blur {
    texture: TextureHandle,
    aspect: f32,
    frame: u64,
}

impl std::fmt::Debug for Blur {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Blur").field("aspect", &self.aspect).finish_non_exhaustive()
    }
}

impl Blurs {
    pub(super) fn get(&mut self, ctx: &Context, hash: &[u8], frame: u64) -> Option<(TextureId, f32)> {
        if !self.known.contains_key(hash) {
            self.known.insert(hash.to_vec(), made(ctx, hash));
        }
        let blur = self.known.get_mut(hash)?.as_mut()?;
        blur.frame = frame;
        Some((blur.texture.id(), blur.aspect))
    }

    pub(super) fn make_room(&mut self, frame: u64) {
        if self.known.len() > MOST {
            self.known.retain(|_, blur| blur.as_ref().is_some_and(|blur| blur.frame + 2 >= frame));
        }
    }
}

fn made(ctx: &Context, hash: &[u8]) -> Option<Blur> {
    let (size, rgba) = thumbhash::decode(hash)?;
    let aspect = thumbhash::approximate_aspect(hash)?;
    let image = ColorImage::from_rgba_unmultiplied([size.width as usize, size.height as usize], &rgba);
    Some(Blur { texture: ctx.load_texture("blur", image, TextureOptions::LINEAR), aspect, frame: 0 })
}
