//! Down to the size that is shown, with alpha multiplied in while it happens.

use fast_image_resize::{
    FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer,
    images::{Image, ImageRef},
};
use image::{DynamicImage, ImageBuffer, Pixel};

use super::{PictureError, Size};

/// `image` scaled down to exactly `target`, in the depth and channels it has; as it is if it has that size.
/// More than 8 bits become 8 first.
pub(super) fn scaled(image: DynamicImage, target: Size) -> Result<DynamicImage, PictureError> {
    if Size::new(image.width(), image.height()) == target {
        return Ok(image);
    }
    match image {
        DynamicImage::ImageLuma8(image) => buffer(&image, target, PixelType::U8).map(DynamicImage::ImageLuma8),
        DynamicImage::ImageLumaA8(image) => buffer(&image, target, PixelType::U8x2).map(DynamicImage::ImageLumaA8),
        DynamicImage::ImageRgb8(image) => buffer(&image, target, PixelType::U8x3).map(DynamicImage::ImageRgb8),
        DynamicImage::ImageRgba8(image) => buffer(&image, target, PixelType::U8x4).map(DynamicImage::ImageRgba8),
        DynamicImage::ImageLuma16(image) => scaled(DynamicImage::ImageLuma16(image).to_luma8().into(), target),
        DynamicImage::ImageLumaA16(image) => scaled(DynamicImage::ImageLumaA16(image).to_luma_alpha8().into(), target),
        DynamicImage::ImageRgb16(image) => scaled(DynamicImage::ImageRgb16(image).to_rgb8().into(), target),
        other if other.color().has_alpha() => scaled(other.to_rgba8().into(), target),
        other => scaled(other.to_rgb8().into(), target),
    }
}

/// RGBA (alpha not multiplied in) scaled down to exactly `target`.
pub(super) fn scaled_rgba(size: Size, rgba: &[u8], target: Size) -> Result<Vec<u8>, PictureError> {
    if size == target {
        return Ok(rgba.to_vec());
    }
    resized(size, rgba, target, PixelType::U8x4)
}

fn buffer<P: Pixel<Subpixel = u8>>(
    image: &ImageBuffer<P, Vec<u8>>,
    target: Size,
    kind: PixelType,
) -> Result<ImageBuffer<P, Vec<u8>>, PictureError> {
    let pixels = resized(Size::new(image.width(), image.height()), image.as_raw(), target, kind)?;
    ImageBuffer::from_raw(target.width, target.height, pixels).ok_or(PictureError::Damaged)
}

fn resized(size: Size, pixels: &[u8], target: Size, kind: PixelType) -> Result<Vec<u8>, PictureError> {
    let source = ImageRef::new(size.width, size.height, pixels, kind).map_err(|_| PictureError::Damaged)?;
    let mut scaled = Image::new(target.width, target.height, kind);
    // Catmull-Rom: as sharp as photographs want it, without Lanczos' rings around letters in screenshots.
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::CatmullRom)).use_alpha(true);
    Resizer::new().resize(&source, &mut scaled, &options).map_err(|_| PictureError::Damaged)?;
    Ok(scaled.into_vec())
}

/// Multiplies alpha in, in place, as graphics want it. In sRGB's own steps, like everything on the screen.
pub(super) fn multiply_alpha(rgba: &mut [u8]) {
    for pixel in rgba.as_chunks_mut::<4>().0 {
        let alpha = u32::from(pixel[3]);
        if alpha != 255 {
            for channel in &mut pixel[..3] {
                *channel = ((u32::from(*channel) * alpha + 127) / 255) as u8;
            }
        }
    }
}

/// Undoes [`multiply_alpha`], as far as its rounding allows.
pub(super) fn divide_alpha(rgba: &mut [u8]) {
    for pixel in rgba.as_chunks_mut::<4>().0 {
        let alpha = u32::from(pixel[3]);
        if alpha != 255 && alpha != 0 {
            for channel in &mut pixel[..3] {
                *channel = ((u32::from(*channel) * 255 + alpha / 2) / alpha).min(255) as u8;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_colour_of_invisible_pixels_does_not_bleed_into_visible_ones() {
        // A red dot on invisible green: scaled without regard to alpha its edge would turn brown.
        let rgba: Vec<u8> =
            (0..64u32).flat_map(|i| if (i % 8) < 4 { [255, 0, 0, 255] } else { [0, 255, 0, 0] }).collect();
        let small = scaled_rgba(Size::new(8, 8), &rgba, Size::new(3, 3)).unwrap();
        for pixel in small.as_chunks::<4>().0 {
            assert!(pixel[3] == 0 || pixel[1] < 8, "green shines through: {pixel:?}");
        }
    }

    #[test]
    fn multiplied_alpha_never_exceeds_alpha() {
        let mut rgba: Vec<u8> = (0..=255u8).flat_map(|alpha| [255, 128, 0, alpha]).collect();
        multiply_alpha(&mut rgba);
        for pixel in rgba.as_chunks::<4>().0 {
            assert!(pixel[..3].iter().all(|channel| *channel <= pixel[3]), "{pixel:?}");
            assert_eq!(pixel[0], pixel[3]);
        }
        divide_alpha(&mut rgba);
        assert!(rgba.as_chunks::<4>().0.iter().all(|pixel| pixel[3] == 0 || pixel[0] == 255));
    }
}
