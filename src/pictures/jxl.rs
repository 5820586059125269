//! JPEG XL, by `jxl-oxide`.

use std::{io::Read as _, time::Duration};

use image::{DynamicImage, GrayAlphaImage, GrayImage, RgbImage, RgbaImage};
use jxl_oxide::{
    AllocTracker, EnumColourEncoding, ExtraChannelType, InitializeResult, JxlImage, JxlThreadPool, PixelFormat,
    RenderingIntent,
};

use super::{
    PictureError, Size, animation::RawFrame, decode::from_io, limits::MAX_JXL_BYTES, open::Input, scale::divide_alpha,
};

/// Fed to the decoder at once.
const STEP: usize = 64 << 10;

/// One whose head was read.
pub(super) struct Jxl<'a> {
    image: JxlImage,
    fed: Fed<'a>,
}

impl<'a> Jxl<'a> {
    pub(super) fn open(input: Box<dyn Input + 'a>) -> Result<Self, PictureError> {
        let mut fed = Fed { input, waiting: Vec::new() };
        let mut beginning = JxlImage::builder()
            // No threads: a process that decodes may start none.
            .pool(JxlThreadPool::none())
            .alloc_tracker(AllocTracker::with_limit(MAX_JXL_BYTES))
            .build_uninit();
        loop {
            if !fed.step(|bytes| beginning.feed_bytes(bytes))? {
                return Err(PictureError::Damaged);
            }
            beginning = match beginning.try_init().map_err(damaged)? {
                InitializeResult::NeedMoreData(beginning) => beginning,
                InitializeResult::Initialized(mut image) => {
                    let metadata = &image.image_header().metadata;
                    // Colours that the format itself describes become sRGB in the decoder, light beyond white drawn
                    // together; only a profile's pixels come as they are.
                    if metadata.xyb_encoded || !metadata.colour_encoding.want_icc() {
                        let srgb = if metadata.grayscale() {
                            EnumColourEncoding::gray_srgb(RenderingIntent::Relative)
                        } else {
                            EnumColourEncoding::srgb(RenderingIntent::Relative)
                        };
                        image.request_color_encoding(srgb);
                    }
                    return Ok(Self { image, fed });
                }
            };
        }
    }

    /// Upright, as frames are given.
    pub(super) fn size(&self) -> Size {
        Size::new(self.image.width(), self.image.height())
    }

    pub(super) fn profile(&self) -> Option<Vec<u8>> {
        let metadata = &self.image.image_header().metadata;
        (!metadata.xyb_encoded && metadata.colour_encoding.want_icc()).then(|| self.image.rendered_icc())
    }

    pub(super) fn is_animated(&self) -> bool {
        self.image.image_header().metadata.animation.is_some()
    }

    /// The first frame.
    pub(super) fn still(mut self) -> Result<DynamicImage, PictureError> {
        while self.image.num_loaded_keyframes() == 0 {
            let image = &mut self.image;
            if !self.fed.step(|bytes| image.feed_bytes(bytes))? {
                return Err(PictureError::Damaged);
            }
        }
        Ok(self.frame(0)?.0)
    }

    /// All of them in turn.
    pub(super) fn frames(mut self) -> impl Iterator<Item = Result<RawFrame, PictureError>> {
        let mut next = 0;
        std::iter::from_fn(move || {
            while self.image.num_loaded_keyframes() <= next {
                let image = &mut self.image;
                match self.fed.step(|bytes| image.feed_bytes(bytes)) {
                    Ok(true) => {}
                    Ok(false) => return None,
                    Err(error) => return Some(Err(error)),
                }
            }
            let frame = self.frame(next);
            next += 1;
            Some(frame.map(|(image, delay)| (image.into_rgba8().into_raw(), delay)))
        })
    }

    fn frame(&self, index: usize) -> Result<(DynamicImage, Duration), PictureError> {
        let render = self.image.render_frame(index).map_err(damaged)?;
        let mut stream = render.stream();
        let (width, height) = (stream.width(), stream.height());
        let mut samples = vec![0_u8; width as usize * height as usize * stream.channels() as usize];
        stream.write_to_buffer(&mut samples);
        let image = match self.image.pixel_format() {
            PixelFormat::Gray => GrayImage::from_raw(width, height, samples).map(DynamicImage::from),
            PixelFormat::Graya => GrayAlphaImage::from_raw(width, height, samples).map(DynamicImage::from),
            PixelFormat::Rgb => RgbImage::from_raw(width, height, samples).map(DynamicImage::from),
            PixelFormat::Rgba => {
                if self.alpha_is_multiplied_in() {
                    divide_alpha(&mut samples);
                }
                RgbaImage::from_raw(width, height, samples).map(DynamicImage::from)
            }
            // As other decoders here do without a profile for inks. No ink is 255.
            PixelFormat::Cmyk => {
                let rgb = samples.as_chunks::<4>().0.iter().flat_map(|&[c, m, y, k]| [c, m, y].map(|ink| on(ink, k)));
                RgbImage::from_raw(width, height, rgb.collect()).map(DynamicImage::from)
            }
            PixelFormat::Cmyka => {
                let inked = |&[c, m, y, k, alpha]: &[u8; 5]| [on(c, k), on(m, k), on(y, k), alpha];
                let rgba = samples.as_chunks::<5>().0.iter().flat_map(inked);
                RgbaImage::from_raw(width, height, rgba.collect()).map(DynamicImage::from)
            }
        };
        Ok((image.ok_or(PictureError::Damaged)?, self.duration(render.duration())))
    }

    fn alpha_is_multiplied_in(&self) -> bool {
        let channels = &self.image.image_header().metadata.ec_info;
        channels.iter().any(|channel| matches!(channel.ty, ExtraChannelType::Alpha { alpha_associated: true }))
    }

    fn duration(&self, ticks: u32) -> Duration {
        let Some(animation) = &self.image.image_header().metadata.animation else { return Duration::ZERO };
        let seconds =
            f64::from(ticks) * f64::from(animation.tps_denominator) / f64::from(animation.tps_numerator.max(1));
        Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
    }
}

/// Light that `ink` lets through on paper that black ink lets `paper` of.
fn on(ink: u8, paper: u8) -> u8 {
    (u16::from(ink) * u16::from(paper) / 255) as u8
}

/// Bytes on their way into the decoder.
struct Fed<'a> {
    input: Box<dyn Input + 'a>,
    /// Read, but too little for the decoder to go on with.
    waiting: Vec<u8>,
}

impl Fed<'_> {
    /// Hands the next bytes over. `false` if there are none.
    fn step(&mut self, take: impl FnOnce(&[u8]) -> jxl_oxide::Result<usize>) -> Result<bool, PictureError> {
        let step =
            (&mut self.input).take(STEP as u64).read_to_end(&mut self.waiting).map_err(|error| from_io(&error))?;
        if step == 0 {
            return Ok(false);
        }
        let taken = take(&self.waiting).map_err(damaged)?;
        self.waiting.drain(..taken.min(self.waiting.len()));
        Ok(true)
    }
}

#[allow(clippy::needless_pass_by_value, reason = "what map_err hands over")]
fn damaged(error: Box<dyn std::error::Error + Send + Sync>) -> PictureError {
    log::debug!("JPEG XL: {error}");
    PictureError::Damaged
}
