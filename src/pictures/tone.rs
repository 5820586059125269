//! From light, which has no upper end, to what a screen shows.

use image::{DynamicImage, Rgba, RgbaImage};

/// Pixels that are looked at to find how bright a picture is.
const LOOKED_AT: usize = 100_000;

/// So many of a picture's pixels may be brighter than white: the sun and lamps don't darken all the rest.
const BEYOND_WHITE: f64 = 0.005;

/// Rec. 709, whose primaries are sRGB's.
const LUMINANCE: [f32; 3] = [0.2126, 0.7152, 0.0722];

/// Linear light (floating point) becomes sRGB; other pictures stay as they are.
///
/// Reinhard's operator with a white point ("Photographic Tone Reproduction for Digital Images", 2002, equation 4): what
/// is no brighter than a screen's white stays exactly so, and of a brighter picture the lights are drawn together, at the
/// colours they have.
pub(super) fn mapped(image: DynamicImage) -> DynamicImage {
    let (DynamicImage::ImageRgb32F(_) | DynamicImage::ImageRgba32F(_)) = image else { return image };
    let opaque = !image.color().has_alpha();
    let light = image.into_rgba32f();
    let white = white_of(light.pixels().map(luminance), (light.width() * light.height()) as usize);
    let pixels = light.pixels().flat_map(|pixel| shown(pixel, white));
    let shown = RgbaImage::from_raw(light.width(), light.height(), pixels.collect()).unwrap_or_default();
    if opaque { DynamicImage::from(shown).into_rgb8().into() } else { shown.into() }
}

fn white_of(luminances: impl Iterator<Item = f32>, count: usize) -> f32 {
    let mut some: Vec<f32> = luminances.step_by(count.div_ceil(LOOKED_AT).max(1)).collect();
    let at = some.len().saturating_sub(1 + (some.len() as f64 * BEYOND_WHITE) as usize);
    if some.is_empty() {
        return 1.0;
    }
    some.select_nth_unstable_by(at, f32::total_cmp).1.max(1.0)
}

/// What isn't a number is no light, and nothing is endlessly bright.
fn sound(light: f32) -> f32 {
    if light.is_nan() { 0.0 } else { light.clamp(0.0, 1e9) }
}

fn luminance(Rgba([red, green, blue, _]): &Rgba<f32>) -> f32 {
    sound(*red) * LUMINANCE[0] + sound(*green) * LUMINANCE[1] + sound(*blue) * LUMINANCE[2]
}

fn shown(pixel: &Rgba<f32>, white: f32) -> [u8; 4] {
    let light = luminance(pixel);
    let scale = (1.0 + light / (white * white)) / (1.0 + light);
    let Rgba([red, green, blue, alpha]) = *pixel;
    let channel = |light: f32| (srgb((sound(light) * scale).min(1.0)) * 255.0).round() as u8;
    [channel(red), channel(green), channel(blue), (sound(alpha).min(1.0) * 255.0).round() as u8]
}

/// IEC 61966-2-1.
fn srgb(linear: f32) -> f32 {
    if linear <= 0.003_130_8 { linear * 12.92 } else { 1.055 * linear.powf(1.0 / 2.4) - 0.055 }
}

#[cfg(test)]
mod tests {
    use image::Rgb32FImage;

    use super::*;

    fn row(lights: &[f32]) -> Vec<u8> {
        let pixels = lights.iter().flat_map(|&light| [light; 3]).collect();
        let image = Rgb32FImage::from_raw(lights.len() as u32, 1, pixels).unwrap();
        mapped(image.into()).into_rgb8().into_raw().into_iter().step_by(3).collect()
    }

    #[test]
    fn what_a_screen_can_show_is_shown_as_it_is() {
        // 18 % grey is 118 in sRGB.
        assert_eq!(row(&[0.0, 0.18, 0.5, 1.0]), [0, 118, 188, 255]);
    }

    #[test]
    fn brighter_light_is_drawn_together_and_stays_in_its_order() {
        let shown = row(&[0.0, 0.18, 1.0, 4.0, 16.0]);
        assert!(shown.is_sorted() && shown[4] == 255 && shown[2] < 200 && shown[1] > 90, "{shown:?}");
    }

    #[test]
    fn what_is_no_light_harms_nothing() {
        let shown = row(&[f32::NAN, -1.0, f32::INFINITY, f32::MAX, 0.18]);
        assert_eq!((shown[0], shown[1], shown[2]), (0, 0, 255));
    }
}
