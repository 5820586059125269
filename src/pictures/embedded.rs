//! The small picture inside a photograph: EXIF keeps one of 160 × 120 or so for displays of cameras.

use image::{DynamicImage, metadata::Orientation};

use super::{
    Frame, Size, Wanted,
    decode::{decode_bytes, upright_frame},
    thumbhash,
    tiff::{Tiff, VALUE_AT},
};

/// Some programs crop or turn a photograph and leave the old small picture; so much (as a natural logarithm) may shapes
/// differ by rounding.
const SAME_SHAPE: f32 = 0.04;

/// The small picture in the first bytes of a JPEG file, upright, if there is one and its shape is that of `original`
/// (upright).
pub fn thumbnail_in_head(head: &[u8], original: Size) -> Option<Frame> {
    let exif = exif_of(head)?;
    let side = thumbhash::MAX_ENCODED_SIDE;
    let small = decode_bytes(thumbnail_in(exif)?, Wanted::Still(Size::new(side, side))).ok()?;
    // The small picture lies as the large one is stored.
    let orientation = Orientation::from_exif_chunk(exif).unwrap_or(Orientation::NoTransforms);
    let frame = small.frames.into_iter().next()?;
    let rgba = image::RgbaImage::from_raw(frame.size.width, frame.size.height, frame.rgba)?;
    let frame = upright_frame(DynamicImage::from(rgba).into_rgba8(), orientation, frame.delay);
    let differs = (frame.size.aspect() / original.aspect()).ln().abs();
    // Rounding of few pixels is not another shape.
    let rounding = 1.0 / frame.size.width.min(frame.size.height) as f32;
    (differs < SAME_SHAPE + rounding).then_some(frame)
}

/// The TIFF structure of the first EXIF segment of a JPEG.
fn exif_of(jpeg: &[u8]) -> Option<&[u8]> {
    let mut rest = jpeg.strip_prefix(&[0xff, 0xd8])?;
    loop {
        let (&[0xff, marker, high, low], _) = rest.split_first_chunk::<4>()? else { return None };
        // Start of the picture itself: no more segments.
        if marker == 0xda {
            return None;
        }
        let segment = rest.get(4..2 + usize::from(u16::from_be_bytes([high, low])))?;
        if marker == 0xe1
            && let Some(exif) = segment.strip_prefix(b"Exif\0\0")
        {
            return Some(exif);
        }
        rest = &rest[4 + segment.len()..];
    }
}

/// The JPEG that the second directory of a TIFF structure points to.
fn thumbnail_in(exif: &[u8]) -> Option<&[u8]> {
    const AT: u16 = 0x0201;
    const LENGTH: u16 = 0x0202;
    let tiff = Tiff::new(exif)?;
    let second = tiff.next_directory(tiff.first_directory()?)?;
    let (mut at, mut length) = (None, None);
    for (tag, field) in tiff.fields(second) {
        match tag {
            AT => at = tiff.u32_at(field + VALUE_AT),
            LENGTH => length = tiff.u32_at(field + VALUE_AT),
            _ => {}
        }
    }
    tiff.from(at?).get(..length?)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_bytes_hold_a_small_picture_or_none(mut bytes in prop::collection::vec(any::<u8>(), 0..200), little: bool) {
            exif_of(&bytes);
            bytes.splice(..4.min(bytes.len()), if little { *b"II*\0" } else { *b"MM\0*" });
            thumbnail_in(&bytes);
        }
    }
}
