//! JPEG XL, by `jxl`.

use std::{
    io::{self, IoSliceMut},
    num::NonZero,
    panic::resume_unwind,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::Duration,
};

use image::{DynamicImage, GrayAlphaImage, GrayImage, RgbImage, RgbaImage};
use jxl::{
    api::{
        AlphaMode, Event, ExtraChannel, JxlBitstreamInput, JxlColorEncoding, JxlColorProfile, JxlColorType,
        JxlDataFormat, JxlDecoder, JxlDecoderOptions, JxlOutputBuffer, JxlParallelRunner, JxlParallelRunnerFun,
        JxlPixelFormat, JxlPrimaries, JxlTransferFunction, JxlWhitePoint, ProfileLevel,
    },
    error::Error,
};

use super::{
    PictureError, Size,
    animation::RawFrame,
    limits::{JXL_THREADS, MAX_JXL_SAMPLES, MAX_SIDE},
    open::Input,
};

/// One whose head was read.
pub(super) struct Jxl<'a> {
    decoder: JxlDecoder,
    fed: Fed<'a>,
    size: Size,
    kind: JxlColorType,
    /// Beside colours made of inks; everywhere else it comes with the colours.
    alpha_apart: bool,
}

impl<'a> Jxl<'a> {
    /// Reads the head. `len` is that of the input in bytes.
    pub(super) fn open(input: Box<dyn Input + 'a>, len: u64) -> Result<Self, PictureError> {
        let mut options = JxlDecoderOptions::default();
        // Its own frames are bounded like the picture, before anything is made for them.
        options.sample_limit = Some(MAX_JXL_SAMPLES);
        options.alpha_mode = AlphaMode::Unpremultiplied;
        // Inks, and pictures larger than a browser would show.
        options.max_profile_level = ProfileLevel::Main10;
        let mut this = Self {
            decoder: JxlDecoder::new(options),
            fed: Fed { input, left: len },
            size: Size::new(0, 0),
            kind: JxlColorType::Rgb,
            alpha_apart: false,
        };
        while this.step(None)? != Event::BasicInfo {}
        let info = this.decoder.basic_info().ok_or(PictureError::Damaged)?;
        let side = |side: usize| u32::try_from(side).ok().filter(|side| *side <= MAX_SIDE);
        let (width, height) = (side(info.size.0), side(info.size.1));
        this.size = Size::new(width.ok_or(PictureError::TooLarge)?, height.ok_or(PictureError::TooLarge)?);
        let channels: Vec<_> = info.extra_channels.iter().map(|channel| channel.ec_type).collect();
        let alpha = channels.iter().position(|channel| *channel == ExtraChannel::Alpha);
        let grey = this.decoder.current_pixel_format().is_some_and(|format| format.color_type.is_grayscale());
        this.kind = match (grey, alpha) {
            _ if channels.contains(&ExtraChannel::Black) => JxlColorType::Cmyk,
            (true, None) => JxlColorType::Grayscale,
            (true, Some(_)) => JxlColorType::GrayscaleAlpha,
            (false, None) => JxlColorType::Rgb,
            (false, Some(_)) => JxlColorType::Rgba,
        };
        let bytes = JxlDataFormat::U8 { bit_depth: 8 };
        let mut format = JxlPixelFormat {
            color_type: this.kind,
            color_data_format: Some(bytes),
            extra_channel_format: vec![None; channels.len()],
        };
        if let (JxlColorType::Cmyk, Some(alpha)) = (this.kind, alpha) {
            format.extra_channel_format[alpha] = Some(bytes);
            this.alpha_apart = true;
        }
        this.decoder.set_pixel_format(format).map_err(refused)?;
        Ok(this)
    }

    /// Upright, as frames are given.
    pub(super) const fn size(&self) -> Size {
        self.size
    }

    /// What its pixels will be in, unless that is sRGB.
    pub(super) fn profile(&self) -> Option<Vec<u8>> {
        let profile = self.decoder.output_color_profile()?;
        (!is_srgb(profile)).then(|| profile.try_as_icc().map(std::borrow::Cow::into_owned)).flatten()
    }

    pub(super) fn is_animated(&self) -> bool {
        self.decoder.basic_info().is_some_and(|info| info.animation.is_some())
    }

    /// The first frame.
    pub(super) fn still(mut self) -> Result<DynamicImage, PictureError> {
        Ok(self.frame()?.ok_or(PictureError::Damaged)?.0)
    }

    /// All of them in turn.
    pub(super) fn frames(mut self) -> impl Iterator<Item = Result<RawFrame, PictureError>> {
        std::iter::from_fn(move || {
            let frame = self.frame().transpose()?;
            Some(frame.map(|(image, delay)| (image.into_rgba8().into_raw(), delay)))
        })
    }

    /// The next one, if there is any.
    fn frame(&mut self) -> Result<Option<(DynamicImage, Duration)>, PictureError> {
        loop {
            match self.step(None)? {
                Event::FrameHeader => break,
                Event::Complete => return Ok(None),
                _ => {}
            }
        }
        let shown = self.decoder.frame_header().and_then(|header| header.duration).unwrap_or_default();
        let (width, height) = (self.size.width as usize, self.size.height as usize);
        let mut samples = vec![0; width * height * self.kind.samples_per_pixel()];
        let mut alpha = vec![0; if self.alpha_apart { width * height } else { 0 }];
        loop {
            let mut buffers = vec![JxlOutputBuffer::new(&mut samples, height, width * self.kind.samples_per_pixel())];
            if self.alpha_apart {
                buffers.push(JxlOutputBuffer::new(&mut alpha, height, width));
            }
            if let Event::FrameComplete { .. } = self.step(Some(&mut buffers))? {
                break;
            }
        }
        let image = self.image(samples, &alpha).ok_or(PictureError::Damaged)?;
        Ok(Some((image, Duration::try_from_secs_f64(shown / 1000.0).unwrap_or(Duration::MAX))))
    }

    fn image(&self, samples: Vec<u8>, alpha: &[u8]) -> Option<DynamicImage> {
        let Size { width, height } = self.size;
        match self.kind {
            JxlColorType::Grayscale => GrayImage::from_raw(width, height, samples).map(DynamicImage::from),
            JxlColorType::GrayscaleAlpha => GrayAlphaImage::from_raw(width, height, samples).map(DynamicImage::from),
            JxlColorType::Rgba => RgbaImage::from_raw(width, height, samples).map(DynamicImage::from),
            // As other decoders here do without a profile for inks. No ink is 255.
            JxlColorType::Cmyk => {
                let rgb = samples.as_chunks::<4>().0.iter().map(|&[c, m, y, k]| [c, m, y].map(|ink| on(ink, k)));
                if self.alpha_apart {
                    let rgba = rgb.zip(alpha).flat_map(|([r, g, b], &alpha)| [r, g, b, alpha]);
                    return RgbaImage::from_raw(width, height, rgba.collect()).map(DynamicImage::from);
                }
                RgbImage::from_raw(width, height, rgb.flatten().collect()).map(DynamicImage::from)
            }
            _ => RgbImage::from_raw(width, height, samples).map(DynamicImage::from),
        }
    }

    /// Up to the next thing of note. A file that ends before it is damaged.
    fn step(&mut self, buffers: Option<&mut [JxlOutputBuffer<'_>]>) -> Result<Event, PictureError> {
        match self.decoder.process(&mut self.fed, buffers, Some(&mut Threads)).map_err(refused)? {
            Event::NeedMoreInput { .. } => Err(PictureError::Damaged),
            event => Ok(event),
        }
    }
}

/// Colours that need nothing done to them.
fn is_srgb(profile: &JxlColorProfile) -> bool {
    let JxlColorProfile::Simple(encoding) = profile else { return false };
    matches!(
        encoding,
        JxlColorEncoding::RgbColorSpace {
            white_point: JxlWhitePoint::D65,
            primaries: JxlPrimaries::SRGB,
            transfer_function: JxlTransferFunction::SRGB,
            ..
        } | JxlColorEncoding::GrayscaleColorSpace {
            white_point: JxlWhitePoint::D65,
            transfer_function: JxlTransferFunction::SRGB,
            ..
        }
    )
}

/// Light that `ink` lets through on paper that black ink lets `paper` of.
fn on(ink: u8, paper: u8) -> u8 {
    (u16::from(ink) * u16::from(paper) / 255) as u8
}

/// Bytes on their way into the decoder.
struct Fed<'a> {
    input: Box<dyn Input + 'a>,
    left: u64,
}

impl JxlBitstreamInput for Fed<'_> {
    fn available_bytes(&mut self) -> io::Result<usize> {
        Ok(usize::try_from(self.left).unwrap_or(usize::MAX))
    }

    fn read(&mut self, bufs: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        let mut read = 0;
        for mut rest in bufs.iter_mut().map(|slice| &mut **slice) {
            while !rest.is_empty() {
                match self.input.read(rest) {
                    Ok(0) => {
                        self.left = 0;
                        return Ok(read);
                    }
                    Ok(now) => {
                        rest = &mut rest[now..];
                        self.left = self.left.saturating_sub(now as u64);
                        read += now;
                    }
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(read)
    }
}

/// A few, for each stretch of work anew: starting one takes less than a thousandth of what it does.
struct Threads;

impl JxlParallelRunner for Threads {
    fn num_threads(&self) -> usize {
        thread::available_parallelism().map_or(1, NonZero::get).min(JXL_THREADS)
    }

    fn run(&mut self, num: usize, fun: &JxlParallelRunnerFun<'_>) -> Result<(), Error> {
        let next = AtomicUsize::new(0);
        let work = || {
            loop {
                let part = next.fetch_add(1, Ordering::Relaxed);
                if part >= num {
                    return Ok(());
                }
                fun(part)?;
            }
        };
        thread::scope(|scope| {
            let helpers: Vec<_> = (1..self.num_threads().min(num))
                // Without one, those that are there do its work.
                .filter_map(|_| thread::Builder::new().spawn_scoped(scope, work).ok())
                .collect();
            let mut done = work();
            for helper in helpers {
                done = done.and(helper.join().unwrap_or_else(|panic| resume_unwind(panic)));
            }
            done
        })
    }
}

#[allow(clippy::needless_pass_by_value, reason = "what map_err hands over")]
fn refused(error: Error) -> PictureError {
    log::debug!("JPEG XL: {error}");
    match error {
        Error::OutOfMemory(_)
        | Error::ImageOutOfMemory(..)
        | Error::ImageSizeTooLarge(..)
        | Error::ImageDimensionTooLarge(_) => PictureError::TooLarge,
        _ => PictureError::Damaged,
    }
}
