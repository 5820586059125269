//! From the colours a camera or screen meant to sRGB.

use image::{DynamicImage, RgbaImage};
use moxcms::{ColorProfile, DataColorSpace, Layout, TransformOptions};

use super::limits::MAX_ICC_BYTES;

/// A profile that can be applied to what the decoders give.
pub(super) struct Profile {
    profile: ColorProfile,
    grey: bool,
}

impl Profile {
    /// `None` for profiles that are broken, too large, sRGB itself or of a colour space that the decoder has converted
    /// from already (CMYK): such a picture is shown as if it were sRGB.
    pub(super) fn parse(icc: &[u8]) -> Option<Self> {
        if icc.is_empty() || icc.len() > MAX_ICC_BYTES {
            return None;
        }
        let profile = ColorProfile::new_from_slice(icc).ok()?;
        let grey = match profile.color_space {
            DataColorSpace::Rgb => false,
            DataColorSpace::Gray => true,
            _ => return None,
        };
        Some(Self { profile, grey })
    }

    /// RGBA of this profile becomes RGBA of sRGB. As it was if the transform can't be made.
    pub(super) fn apply(&self, rgba: Vec<u8>) -> Vec<u8> {
        if self.grey {
            return rgba;
        }
        self.transformed(&rgba, Layout::Rgba).unwrap_or(rgba)
    }

    /// `samples` in `layout` to sRGB as RGBA.
    fn transformed(&self, samples: &[u8], layout: Layout) -> Option<Vec<u8>> {
        let channels = if matches!(layout, Layout::Rgba) { 4 } else { 2 };
        let transform = self
            .profile
            .create_transform_8bit(layout, &ColorProfile::new_srgb(), Layout::Rgba, TransformOptions::default())
            .ok()?;
        let mut rgba = vec![0; samples.len() / channels * 4];
        transform.transform(samples, &mut rgba).ok()?;
        Some(rgba)
    }
}

/// Any picture as RGBA in sRGB, 8 bits, alpha not multiplied in.
pub(super) fn to_srgb(image: DynamicImage, profile: Option<&Profile>) -> RgbaImage {
    let (width, height) = (image.width(), image.height());
    let Some(profile) = profile else { return image.into_rgba8() };
    if profile.grey {
        if image.color().has_color() {
            return image.into_rgba8();
        }
        let samples = image.to_luma_alpha8().into_raw();
        return match profile.transformed(&samples, Layout::GrayAlpha) {
            Some(rgba) => RgbaImage::from_raw(width, height, rgba).unwrap_or_else(|| image.into_rgba8()),
            None => image.into_rgba8(),
        };
    }
    let plain = image.into_rgba8().into_raw();
    RgbaImage::from_raw(width, height, profile.apply(plain)).unwrap_or_default()
}
