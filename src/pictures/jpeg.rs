//! JPEG, decoded no larger than it is shown.
//!
//! A JPEG is stored as waves over blocks of 8 × 8 pixels; from the longest of them alone comes a picture of an eighth, a
//! quarter or half the size, without the whole one ever being made.

use std::io::{Cursor, Read as _};

use image::{DynamicImage, GrayImage, RgbImage, codecs::jpeg::JpegDecoder, metadata::Orientation};
use jpeg_decoder::PixelFormat;

use super::{
    PictureError, Size,
    decode::{contained, from_io},
    details,
    limits::{HEAD_BYTES, MAX_DECODED_BYTES},
    open::{Decoder, Input, Kind, Opened, from_image, still},
};

/// A JPEG whose head was read.
pub(super) struct Jpeg<'a> {
    /// At its beginning.
    input: Box<dyn Input + 'a>,
    head: Vec<u8>,
}

impl<'a> Jpeg<'a> {
    /// Reads the head: size, orientation and profile of nearly all are in it, and the decoder reads to the end of whatever
    /// it is given.
    pub(super) fn open(mut input: Box<dyn Input + 'a>) -> Result<Opened<'a>, PictureError> {
        let mut head = Vec::new();
        input.by_ref().take(HEAD_BYTES).read_to_end(&mut head).map_err(|error| from_io(&error))?;
        input.rewind().map_err(|error| from_io(&error))?;
        let opened = match JpegDecoder::new(Cursor::new(&head)) {
            Ok(decoder) => Opened::bounded_still(decoder).map(Opened::without_decoder),
            Err(_) => {
                let decoder = JpegDecoder::new(&mut input).map_err(|error| from_image(&error));
                let opened = decoder.and_then(|decoder| Opened::bounded_still(decoder).map(Opened::without_decoder))?;
                input.rewind().map_err(|error| from_io(&error))?;
                Ok(opened)
            }
        };
        let (size, orientation, profile) = opened?;
        let orientation = match orientation {
            Orientation::NoTransforms => details::orientation(Cursor::new(&head)).unwrap_or(orientation),
            said => said,
        };
        let kind = Decoder::Jpeg(Box::new(Self { input, head }));
        Ok(Opened { size, orientation, profile, kind })
    }

    /// The first bytes of the file, [`HEAD_BYTES`] at most.
    pub(super) fn head(&self) -> &[u8] {
        &self.head
    }

    /// At least as large as `target`, at most as large as it is.
    pub(super) fn decoded(mut self, size: Size, target: Size) -> Result<Kind<'a>, PictureError> {
        // Whatever one decoder doesn't read, the other may: it knows more kinds, and shows what is there of a cut file.
        if target.width <= size.width / 2 && target.height <= size.height / 2 {
            let mut bytes = Vec::new();
            self.input.read_to_end(&mut bytes).map_err(|error| from_io(&error))?;
            if let Ok(image) = contained(|| scaled(&bytes, target)) {
                return Ok(Kind::Still(image));
            }
            self.input = Box::new(Cursor::new(bytes));
        }
        still(JpegDecoder::new(self.input).map_err(|error| from_image(&error))?)
    }
}

fn scaled(bytes: &[u8], target: Size) -> Result<DynamicImage, PictureError> {
    let damaged = |_| PictureError::Damaged;
    let mut decoder = jpeg_decoder::Decoder::new(Cursor::new(bytes));
    decoder.set_max_decoding_buffer_size(MAX_DECODED_BYTES as usize);
    let side = |side: u32| u16::try_from(side).unwrap_or(u16::MAX);
    let (width, height) = decoder.scale(side(target.width), side(target.height)).map_err(damaged)?;
    let format = decoder.info().ok_or(PictureError::Damaged)?.pixel_format;
    if !matches!(format, PixelFormat::L8 | PixelFormat::RGB24) {
        return Err(PictureError::NotAPicture);
    }
    let pixels = decoder.decode().map_err(damaged)?;
    let (width, height) = (width.into(), height.into());
    let image = match format {
        PixelFormat::L8 => GrayImage::from_raw(width, height, pixels).map(DynamicImage::ImageLuma8),
        _ => RgbImage::from_raw(width, height, pixels).map(DynamicImage::ImageRgb8),
    };
    image.ok_or(PictureError::Damaged)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::pictures::{Format, decode::outcome, scale::scaled as resized};

    /// Colours that run slowly, as in photographs, and a dark frame.
    fn photo(width: u32, height: u32) -> Vec<u8> {
        let image = RgbImage::from_fn(width, height, |x, y| {
            let edge = x < 64 || y < 64 || x + 64 >= width || y + 64 >= height;
            image::Rgb(if edge { [20; 3] } else { [(x * 255 / width) as u8, (y * 255 / height) as u8, 128] })
        });
        let mut bytes = Cursor::new(Vec::new());
        image.write_to(&mut bytes, image::ImageFormat::Jpeg).unwrap();
        bytes.into_inner()
    }

    #[test]
    fn a_photo_decoded_small_looks_like_the_whole_one_scaled_down() {
        let (bytes, target) = (photo(1603, 1207), Size::new(201, 151));
        let small = scaled(&bytes, target).unwrap();
        assert!(small.width() < 1603 / 4 && small.width() >= target.width, "it is made {} wide", small.width());
        let whole = image::load_from_memory(&bytes).unwrap();
        let [small, whole] = [small, whole].map(|image| resized(image, target).unwrap().into_rgb8());
        let off = small.as_raw().iter().zip(whole.as_raw()).map(|(a, b)| u64::from(a.abs_diff(*b))).sum::<u64>();
        let off = off as f64 / small.as_raw().len() as f64;
        assert!(off < 2.0, "a channel differs by {off:.2} on average");
    }

    #[test]
    fn what_one_decoder_does_not_read_the_other_shows() {
        let mut cut = photo(1600, 1200);
        cut.truncate(cut.len() / 2);
        assert!(scaled(&cut, Size::new(100, 75)).is_err(), "cut in the middle");
        let wanted = crate::pictures::Wanted::Within(Size::new(100, 75));
        let length = cut.len() as u64;
        let outcome = outcome(Box::new(Cursor::new(cut)), length, wanted, &|| false).unwrap();
        let crate::pictures::Outcome::Picture(picture) = outcome else { panic!("{outcome:?}") };
        assert_eq!((picture.format, picture.size()), (Format::Jpeg, Size::new(100, 75)));
    }
}
