//! A picture in all its pixels, and ever again at half the size, for looking at any part of it from any distance.

use fast_image_resize::{
    FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer,
    images::{Image, ImageRef},
};

use super::{
    Frame, PictureError, Size,
    limits::{LEAST_LEVEL_SIDE, MAX_WHOLE_PIXELS},
};

/// The size of the largest form of an original.
pub(super) fn whole(original: Size) -> Size {
    let pixels = f64::from(original.width) * f64::from(original.height);
    if pixels <= MAX_WHOLE_PIXELS as f64 {
        return original;
    }
    let ratio = (MAX_WHOLE_PIXELS as f64 / pixels).sqrt();
    let scaled = |side: u32| ((f64::from(side) * ratio) as u32).max(1);
    Size::new(scaled(original.width), scaled(original.height))
}

/// The picture, then each half as large as the one before.
pub(super) fn levels(frame: Frame) -> Result<Vec<Frame>, PictureError> {
    let mut levels = vec![frame];
    while let Some(half) = levels.last().filter(|last| last.size.width.max(last.size.height) > LEAST_LEVEL_SIDE) {
        let half = halved(half)?;
        levels.push(half);
    }
    Ok(levels)
}

fn halved(frame: &Frame) -> Result<Frame, PictureError> {
    let Size { width, height } = frame.size;
    let size = Size::new(width.div_ceil(2), height.div_ceil(2));
    let source = ImageRef::new(width, height, &frame.rgba, PixelType::U8x4).map_err(|_| PictureError::Damaged)?;
    let mut half = Image::new(size.width, size.height, PixelType::U8x4);
    // Alpha is multiplied in already.
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Box)).use_alpha(false);
    Resizer::new().resize(&source, &mut half, &options).map_err(|_| PictureError::Damaged)?;
    Ok(Frame { size, rgba: half.into_vec(), delay: frame.delay })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_of_two_hundred_megapixels_keeps_its_shape_within_what_may_be_held() {
        let size = whole(Size::new(16_320, 12_240));
        assert!(u64::from(size.width) * u64::from(size.height) <= MAX_WHOLE_PIXELS, "{size:?}");
        assert!((size.aspect() - 4.0 / 3.0).abs() < 0.01, "{size:?}");
        assert_eq!(whole(Size::new(6000, 4000)), Size::new(6000, 4000));
    }

    #[test]
    fn each_smaller_form_is_half_the_one_before_and_the_mean_of_its_pixels() {
        let size = Size::new(1025, 3);
        let rgba = (0..size.width * size.height).flat_map(|_| [40, 80, 120, 255]).collect();
        let levels = levels(Frame { size, rgba, delay: std::time::Duration::ZERO }).unwrap();
        let sizes: Vec<_> = levels.iter().map(|level| (level.size.width, level.size.height)).collect();
        assert_eq!(sizes, [(1025, 3), (513, 2), (257, 1)]);
        assert!(levels[2].rgba.chunks(4).all(|pixel| pixel == [40, 80, 120, 255]));
    }
}
