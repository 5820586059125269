//! A decoder for each format behind one face, made so that nothing is allocated before it was bounded.
//!
//! The `image` crate's limits are honoured by some decoders only, and its way that knows orientation ignores
//! `max_alloc`: sizes are therefore checked here, before any pixel is decoded.

use std::{
    io::{BufRead, Cursor, Read as _, Seek, SeekFrom},
    time::Duration,
};

use image::{
    AnimationDecoder as _, DynamicImage, ImageDecoder, ImageError, ImageReader, Limits,
    codecs::{gif::GifDecoder, png::PngDecoder, tiff::TiffDecoder},
    metadata::Orientation,
};
use image_webp::WebPDecoder;

use super::{
    Format, Frame, PictureError, Size,
    animation::RawFrame,
    decode::from_io,
    embedded::thumbnail_in_head,
    jpeg::Jpeg,
    jxl::Jxl,
    limits::{JXL_PIXEL_BYTES, MAX_DECODED_BYTES, MAX_ICC_BYTES, MAX_PIXELS, MAX_SIDE, MAX_SIDE_DATA_BYTES},
    scale::divide_alpha,
    svg::Drawing,
    tiff, tone,
};

/// What a picture is read from.
pub(super) trait Input: BufRead + Seek {}
impl<T: BufRead + Seek> Input for T {}

/// A picture whose head was read and found to be within bounds.
pub(super) struct Opened<'a> {
    /// As stored.
    pub size: Size,
    pub orientation: Orientation,
    pub profile: Option<Vec<u8>>,
    pub kind: Decoder<'a>,
}

pub(super) enum Decoder<'a> {
    Still(Box<dyn ImageDecoder + 'a>),
    /// As [`Decoder::Still`], with its alpha multiplied into its colours.
    Multiplied(Box<dyn ImageDecoder + 'a>),
    Png(Box<PngDecoder<Box<dyn Input + 'a>>>),
    Gif(Box<GifDecoder<Box<dyn Input + 'a>>>),
    WebP(Box<WebPDecoder<Box<dyn Input + 'a>>>),
    Jpeg(Box<Jpeg<'a>>),
    Jxl(Box<Jxl<'a>>),
    Svg(Box<Drawing>),
}

/// Decoded: one picture in whatever depth it has, or frames in turn.
pub(super) enum Kind<'a> {
    Still(DynamicImage),
    Moving(Box<dyn Iterator<Item = Result<RawFrame, PictureError>> + 'a>),
}

impl<'a> Opened<'a> {
    /// Reads the head. `len` is that of the whole input in bytes.
    pub(super) fn open(mut input: Box<dyn Input + 'a>, format: Format, len: u64) -> Result<Self, PictureError> {
        match format {
            Format::Png => Self::png(input),
            Format::Jpeg => Jpeg::open(input),
            Format::WebP => Self::webp(input),
            Format::Gif => {
                let mut decoder = GifDecoder::new(input).map_err(|error| from_image(&error))?;
                let size = bounded(&decoder)?;
                decoder.set_limits(limits()).map_err(|error| from_image(&error))?;
                Ok(Self {
                    size,
                    orientation: Orientation::NoTransforms,
                    profile: None,
                    kind: Decoder::Gif(Box::new(decoder)),
                })
            }
            Format::Ico => match png_in_ico(&mut input, len)? {
                Some(png) => Self::png(Box::new(Cursor::new(png))),
                None => Self::still(input, format),
            },
            Format::Tiff => {
                let multiplied = tiff::alpha_is_multiplied_in(&mut input);
                input.rewind().map_err(|error| from_io(&error))?;
                let decoder = TiffDecoder::new(input).map_err(|error| from_image(&error))?;
                let opened = Self::bounded_still(decoder)?;
                Ok(match opened.kind {
                    Decoder::Still(decoder) if multiplied => Self { kind: Decoder::Multiplied(decoder), ..opened },
                    kind => Self { kind, ..opened },
                })
            }
            Format::Jxl => {
                let decoder = Jxl::open(input, len)?;
                let (size, profile) = (decoder.size(), decoder.profile());
                check(size, u64::from(size.width) * u64::from(size.height) * JXL_PIXEL_BYTES)?;
                Ok(Self {
                    size,
                    orientation: Orientation::NoTransforms,
                    profile,
                    kind: Decoder::Jxl(Box::new(decoder)),
                })
            }
            Format::Svg => {
                let drawing = Drawing::open(input)?;
                let (size, orientation) = (drawing.size(), Orientation::NoTransforms);
                Ok(Self { size, orientation, profile: None, kind: Decoder::Svg(Box::new(drawing)) })
            }
            _ => Self::still(input, format),
        }
    }

    fn still(input: Box<dyn Input + 'a>, format: Format) -> Result<Self, PictureError> {
        let mut reader = ImageReader::with_format(input, format.image_format().ok_or(PictureError::NotAPicture)?);
        reader.limits(limits());
        Self::bounded_still(reader.into_decoder().map_err(|error| from_image(&error))?)
    }

    /// The small picture inside, upright, if there is one of the same shape as `original` (upright).
    pub(super) fn embedded(&self, original: Size) -> Option<Frame> {
        match &self.kind {
            Decoder::Jpeg(jpeg) => thumbnail_in_head(jpeg.head(), original),
            _ => None,
        }
    }

    /// Its head, for a decoder that is made anew when the pixels are wanted.
    pub(super) fn without_decoder(self) -> (Size, Orientation, Option<Vec<u8>>) {
        (self.size, self.orientation, self.profile)
    }

    pub(super) fn bounded_still(mut decoder: impl ImageDecoder + 'a) -> Result<Self, PictureError> {
        let size = bounded(&decoder)?;
        // Bad EXIF or a bad profile must not lose the picture. Asked for before limits are set: after it, TIFF's decoder
        // gives no profile any more, and its own limit for one is a megabyte.
        let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
        let profile = decoder.icc_profile().ok().flatten();
        decoder.set_limits(limits()).map_err(|error| from_image(&error))?;
        Ok(Self { size, orientation, profile, kind: Decoder::Still(Box::new(decoder)) })
    }

    fn png(input: Box<dyn Input + 'a>) -> Result<Self, PictureError> {
        let mut strict = limits();
        strict.max_alloc = Some(MAX_SIDE_DATA_BYTES);
        let mut decoder = PngDecoder::with_limits(input, strict).map_err(|error| from_image(&error))?;
        let size = bounded(&decoder)?;
        decoder.set_limits(limits()).map_err(|error| from_image(&error))?;
        let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
        let profile = decoder.icc_profile().ok().flatten();
        Ok(Self { size, orientation, profile, kind: Decoder::Png(Box::new(decoder)) })
    }

    fn webp(input: Box<dyn Input + 'a>) -> Result<Self, PictureError> {
        let mut decoder = WebPDecoder::new(input).map_err(from_webp)?;
        decoder.set_memory_limit(MAX_ICC_BYTES);
        let (width, height) = decoder.dimensions();
        let size = Size::new(width, height);
        let bytes = u64::from(width) * u64::from(height) * if decoder.has_alpha() { 4 } else { 3 };
        check(size, bytes)?;
        let orientation = decoder
            .exif_metadata()
            .ok()
            .flatten()
            // Some writers begin it as in JPEG, which the format doesn't say.
            .and_then(|exif| Orientation::from_exif_chunk(exif.strip_prefix(b"Exif\0\0").unwrap_or(&exif)))
            .unwrap_or(Orientation::NoTransforms);
        let profile = decoder.icc_profile().ok().flatten();
        Ok(Self { size, orientation, profile, kind: Decoder::WebP(Box::new(decoder)) })
    }
}

impl<'a> Decoder<'a> {
    /// Decodes: all of a still picture; of a moving one, if it may move, each frame when it is asked for. A drawing is made
    /// as large as `target`, a JPEG not much larger, all others as they are stored.
    pub(super) fn frames(self, size: Size, target: Size, moves: bool) -> Result<Kind<'a>, PictureError> {
        match self {
            Self::Still(decoder) => still(decoder),
            Self::Multiplied(decoder) => {
                let mut rgba = image_of(decoder)?.into_rgba8();
                divide_alpha(&mut rgba);
                Ok(Kind::Still(rgba.into()))
            }
            Self::Png(decoder) if moves && decoder.is_apng().unwrap_or(false) => {
                let decoder = decoder.apng().map_err(|error| from_image(&error))?;
                Ok(Kind::Moving(Box::new(decoder.into_frames().map(raw_frame))))
            }
            Self::Png(decoder) => still(*decoder),
            Self::Gif(decoder) if moves => Ok(Kind::Moving(Box::new(decoder.into_frames().map(raw_frame)))),
            Self::Gif(decoder) => still(*decoder),
            Self::Jpeg(jpeg) => jpeg.decoded(size, target),
            Self::Jxl(decoder) if moves && decoder.is_animated() => Ok(Kind::Moving(Box::new(decoder.frames()))),
            Self::Jxl(decoder) => decoder.still().map(Kind::Still),
            Self::Svg(drawing) => drawing.rendered(target).map(Kind::Still),
            Self::WebP(mut decoder) => {
                if moves && decoder.is_animated() {
                    let mut left = decoder.num_frames();
                    return Ok(Kind::Moving(Box::new(std::iter::from_fn(move || {
                        left = left.checked_sub(1)?;
                        Some(webp_frame(&mut decoder))
                    }))));
                }
                let mut pixels = vec![0; decoder.output_buffer_size().ok_or(PictureError::TooLarge)?];
                decoder.read_image(&mut pixels).map_err(from_webp)?;
                let Size { width, height } = size;
                let image = if decoder.has_alpha() {
                    image::RgbaImage::from_raw(width, height, pixels).map(DynamicImage::ImageRgba8)
                } else {
                    image::RgbImage::from_raw(width, height, pixels).map(DynamicImage::ImageRgb8)
                };
                image.map(Kind::Still).ok_or(PictureError::Damaged)
            }
        }
    }
}

pub(super) fn still<'a>(decoder: impl ImageDecoder) -> Result<Kind<'a>, PictureError> {
    image_of(decoder).map(Kind::Still)
}

fn image_of(decoder: impl ImageDecoder) -> Result<DynamicImage, PictureError> {
    DynamicImage::from_decoder(decoder).map(tone::mapped).map_err(|error| from_image(&error))
}

fn raw_frame(frame: Result<image::Frame, ImageError>) -> Result<RawFrame, PictureError> {
    let frame = frame.map_err(|error| from_image(&error))?;
    let delay = Duration::from(frame.delay());
    Ok((frame.into_buffer().into_raw(), delay))
}

fn webp_frame(decoder: &mut WebPDecoder<Box<dyn Input + '_>>) -> Result<RawFrame, PictureError> {
    let mut pixels = vec![0; decoder.output_buffer_size().ok_or(PictureError::TooLarge)?];
    let delay = decoder.read_frame(&mut pixels).map_err(from_webp)?;
    if !decoder.has_alpha() {
        pixels = pixels.as_chunks::<3>().0.iter().flat_map(|&[r, g, b]| [r, g, b, 255]).collect();
    }
    Ok((pixels, Duration::from_millis(delay.into())))
}

fn limits() -> Limits {
    let mut limits = Limits::no_limits();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(MAX_DECODED_BYTES);
    limits
}

fn bounded(decoder: &impl ImageDecoder) -> Result<Size, PictureError> {
    let (width, height) = decoder.dimensions();
    let size = Size::new(width, height);
    check(size, decoder.total_bytes())?;
    Ok(size)
}

fn check(size: Size, bytes: u64) -> Result<(), PictureError> {
    let Size { width, height } = size;
    if width == 0 || height == 0 {
        return Err(PictureError::Damaged);
    }
    let too_large = width > MAX_SIDE
        || height > MAX_SIDE
        || u64::from(width) * u64::from(height) > MAX_PIXELS
        || bytes > MAX_DECODED_BYTES;
    if too_large { Err(PictureError::TooLarge) } else { Ok(()) }
}

/// The largest PNG of an icon file, if it holds any. The `image` crate would read it without limits.
fn png_in_ico(input: &mut Box<dyn Input + '_>, len: u64) -> Result<Option<Vec<u8>>, PictureError> {
    const HEADER: u64 = 6;
    const ENTRY: usize = 16;
    const SIGNATURE: [u8; 8] = *b"\x89PNG\r\n\x1a\n";
    let io = |error: std::io::Error| from_io(&error);

    let mut header = [0; HEADER as usize];
    input.read_exact(&mut header).map_err(io)?;
    let mut entries = vec![0; usize::from(u16::from_le_bytes([header[4], header[5]])) * ENTRY];
    input.read_exact(&mut entries).map_err(io)?;
    // Pixels, offset and bytes.
    let mut largest: Option<(u32, u32, u32)> = None;
    for entry in entries.as_chunks::<ENTRY>().0 {
        let size = u32::from_le_bytes([entry[8], entry[9], entry[10], entry[11]]);
        let offset = u32::from_le_bytes([entry[12], entry[13], entry[14], entry[15]]);
        // A side of 256 is written as 0.
        let side = |byte: u8| if byte == 0 { 256 } else { u32::from(byte) };
        let pixels = side(entry[0]) * side(entry[1]);
        if u64::from(offset) + u64::from(size) > len || largest.is_some_and(|(most, ..)| most >= pixels) {
            continue;
        }
        let mut signature = [0; SIGNATURE.len()];
        input.seek(SeekFrom::Start(offset.into())).map_err(io)?;
        if input.read_exact(&mut signature).is_ok() && signature == SIGNATURE {
            largest = Some((pixels, offset, size));
        }
    }
    let png = match largest {
        None => None,
        Some((_, offset, size)) => {
            let mut png = Vec::new();
            input.seek(SeekFrom::Start(offset.into())).map_err(io)?;
            input.by_ref().take(size.into()).read_to_end(&mut png).map_err(io)?;
            Some(png)
        }
    };
    input.rewind().map_err(io)?;
    Ok(png)
}

pub(super) fn from_image(error: &ImageError) -> PictureError {
    match error {
        ImageError::Limits(_) => PictureError::TooLarge,
        ImageError::Unsupported(_) => PictureError::NotAPicture,
        ImageError::IoError(error) => from_io(error),
        _ => PictureError::Damaged,
    }
}

fn from_webp(error: image_webp::DecodingError) -> PictureError {
    match error {
        image_webp::DecodingError::IoError(error) => from_io(&error),
        image_webp::DecodingError::ImageTooLarge | image_webp::DecodingError::MemoryLimitExceeded => {
            PictureError::TooLarge
        }
        _ => PictureError::Damaged,
    }
}
