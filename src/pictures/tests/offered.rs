//! What goes with an offer: blurs and small pictures.

use std::time::{Duration, Instant};

use super::*;

#[test]
fn the_blur_for_an_offer_is_upright_and_small_and_refused_after_the_deadline() {
    let soon = || Instant::now() + Duration::from_secs(5);
    let hash = thumbhash_of(&fixture("orientation-6.jpg"), soon()).unwrap();
    assert!(hash.len() <= crate::protocol::limits::MAX_THUMBHASH);
    let (size, rgba) = thumbhash::decode(&hash).unwrap();
    assert!(size.width > size.height, "{size:?}");
    let red = &rgba[(size.height as usize / 4 * size.width as usize + size.width as usize / 4) * 4..][..3];
    assert!(red[0] > 150 && red[1] < 110 && red[2] < 110, "{red:?}");
    assert_eq!(thumbhash_of(&fixture("orientation-6.jpg"), Instant::now()), None);
    assert_eq!(thumbhash_of(&fixture("make.py"), soon()), None);
    assert_eq!(thumbhash_of(&fixture("bomb.webp"), soon()), None);
}

#[test]
fn the_small_picture_inside_a_photograph_is_taken_if_its_shape_is_right() {
    let middle_of = |name: &str| {
        let hash = thumbhash_of(&fixture(name), Instant::now() + Duration::from_secs(20)).unwrap();
        let (size, rgba) = thumbhash::decode(&hash).unwrap();
        assert!(size.width > size.height, "{name}: upright");
        let at = (size.height as usize / 4 * size.width as usize + size.width as usize / 4) * 4;
        (rgba[at], rgba[at + 2])
    };
    // The small one is grey, so a test can tell.
    let (red, blue) = middle_of("small-inside.jpg");
    assert!(red.abs_diff(blue) < 12, "{red} {blue}");
    let (red, blue) = middle_of("wrong-small-inside.jpg");
    assert!(red > 150 && blue < 100, "{red} {blue}");
}

#[test]
fn a_thumbnail_is_upright_small_in_bytes_and_holds_nothing_but_pixels() {
    let later = || Instant::now() + Duration::from_secs(20);
    let upright = thumbnail_of(&fixture("orientation-6.jpg"), later()).unwrap();
    assert_eq!(sniff(&upright), Some(Format::Jpeg));
    assert!(bytes_of("orientation-6.jpg").windows(4).any(|four| four == b"Exif"));
    assert!(!upright.windows(4).any(|four| four == b"Exif" || four == b"ICC_"), "metadata is left out");
    let (small, whole) =
        (thumbnail_from(&upright).unwrap(), decode_file(&fixture("orientation-6.jpg"), LARGE).unwrap());
    assert_eq!(small.size, whole.size());
    let difference = |(a, b): (&u8, &u8)| u64::from(a.abs_diff(*b));
    let apart: u64 = small.rgba.iter().zip(&whole.frames[0].rgba).map(difference).sum();
    assert!(apart < 8 * small.rgba.len() as u64, "the same picture: {apart}");

    let seen_through = thumbnail_of(&fixture("half.png"), later()).unwrap();
    assert_eq!(sniff(&seen_through), Some(Format::Png));
    assert!(thumbnail_from(&seen_through).unwrap().rgba.iter().skip(3).step_by(4).any(|alpha| *alpha < 255));

    // Noise is the worst there is.
    let dir = tempfile::tempdir().unwrap();
    for (name, color) in [("opaque.png", image::ColorType::Rgb8), ("seen-through.png", image::ColorType::Rgba8)] {
        let path = dir.path().join(name);
        let mut pixels = vec![0; 900 * 500 * usize::from(color.bytes_per_pixel())];
        blake3::Hasher::new().finalize_xof().fill(&mut pixels);
        image::save_buffer(&path, &pixels, 900, 500, color).unwrap();
        let bytes = thumbnail_of(&path, later()).unwrap();
        assert!(bytes.len() <= crate::protocol::limits::MAX_THUMBNAIL, "{name}: {}", bytes.len());
        let small = thumbnail_from(&bytes).unwrap();
        assert!((small.size.aspect() - 1.8).abs() < 0.1 && small.size.height >= 20, "{name}: {:?}", small.size);
    }
    assert_eq!(thumbnail_of(&fixture("orientation-6.jpg"), Instant::now()), None, "there is no time");
    assert_eq!(thumbnail_of(&fixture("make.py"), later()), None);
}

#[test]
fn of_others_only_small_still_pictures_in_two_formats_are_taken() {
    for name in ["quadrants.gif", "quadrants.webp", "quadrants.bmp", "bomb.png", "make.py"] {
        assert!(thumbnail_from(&bytes_of(name)).is_none(), "{name}");
    }
    assert!(thumbnail_from(&bytes_of("moving.png")).is_some(), "its first frame");
    let large = |width, height| {
        let mut png = Vec::new();
        let image = image::RgbImage::new(width, height);
        image.write_to(&mut std::io::Cursor::new(&mut png), image::ImageFormat::Png).unwrap();
        png
    };
    assert!(thumbnail_from(&large(512, 512)).is_some());
    assert!(thumbnail_from(&large(513, 1)).is_none() && thumbnail_from(&large(1, 513)).is_none());
    let mut padded = large(8, 8);
    padded.resize(crate::protocol::limits::MAX_THUMBNAIL + 1, 0);
    assert!(thumbnail_from(&padded).is_none());
}
