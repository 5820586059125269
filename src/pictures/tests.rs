//! With files that other programs made: `tests/fixtures/pictures/make.py` says which and how.

mod damaged;
mod drawings;
mod offered;
mod pool;

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use super::*;

const LARGE: Wanted = Wanted::Within(Size::new(1000, 1000));
const RED: [u8; 4] = [255, 0, 0, 255];
const GREEN: [u8; 4] = [0, 128, 0, 255];
const BLUE: [u8; 4] = [0, 0, 255, 255];
const WHITE: [u8; 4] = [255, 255, 255, 255];

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/pictures").join(name)
}

fn bytes_of(name: &str) -> Vec<u8> {
    std::fs::read(fixture(name)).unwrap()
}

fn decoded(name: &str) -> Picture {
    decode_file(&fixture(name), LARGE).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The colour at a place given in parts of the size.
fn at(frame: &Frame, x: f32, y: f32) -> [u8; 4] {
    let (x, y) = ((frame.size.width as f32 * x) as usize, (frame.size.height as f32 * y) as usize);
    frame.rgba.as_chunks::<4>().0[y * frame.size.width as usize + x]
}

fn far(a: [u8; 4], b: [u8; 4]) -> u8 {
    a.iter().zip(b).map(|(a, b)| a.abs_diff(b)).max().unwrap()
}

fn assert_upright(name: &str, frame: &Frame, tolerance: u8) {
    for (x, y, colour) in [(0.25, 0.25, RED), (0.75, 0.25, GREEN), (0.25, 0.75, BLUE), (0.75, 0.75, WHITE)] {
        let seen = at(frame, x, y);
        assert!(far(seen, colour) <= tolerance, "{name} at {x} {y}: {seen:?} instead of {colour:?}");
    }
}

#[test]
fn every_format_is_known_by_content_and_shows_its_colours() {
    for (name, format, tolerance) in [
        ("quadrants.png", Format::Png, 0),
        ("palette.png", Format::Png, 0),
        ("sixteen.png", Format::Png, 0),
        ("interlaced.png", Format::Png, 0),
        ("quadrants.jpg", Format::Jpeg, 4),
        ("progressive.jpg", Format::Jpeg, 4),
        ("quadrants.gif", Format::Gif, 0),
        ("quadrants.webp", Format::WebP, 0),
        ("lossy.webp", Format::WebP, 12),
        ("quadrants.bmp", Format::Bmp, 0),
        ("quadrants.tif", Format::Tiff, 0),
        ("tiles.tif", Format::Tiff, 0),
        // Its second page is black.
        ("pages.tif", Format::Tiff, 0),
        ("quadrants.qoi", Format::Qoi, 0),
        ("bmp-inside.ico", Format::Ico, 0),
        ("png-inside.ico", Format::Ico, 0),
        ("quadrants.tga", Format::Tga, 0),
        ("runs.tga", Format::Tga, 0),
        ("palette.tga", Format::Tga, 0),
        ("quadrants.ppm", Format::Pnm, 0),
        ("text.ppm", Format::Pnm, 0),
        ("sixteen.ppm", Format::Pnm, 0),
        ("quadrants.pam", Format::Pnm, 0),
        ("quadrants.jxl", Format::Jxl, 0),
        ("lossy.jxl", Format::Jxl, 12),
        // Light as floating point, of eight and of sixteen bits: halfway it rounds.
        ("quadrants.hdr", Format::Hdr, 2),
        ("quadrants.exr", Format::Exr, 2),
    ] {
        let bytes = bytes_of(name);
        assert_eq!(sniff(&bytes[..18]), Some(format), "{name}");
        let picture = decode_bytes(&bytes, LARGE).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(picture.format, format, "{name}");
        assert_eq!(picture.frames.len(), 1, "{name}");
        assert_upright(name, &picture.frames[0], tolerance);
        let size = if name == "png-inside.ico" { Size::new(48, 48) } else { Size::new(24, 16) };
        assert_eq!(picture.original, size, "{name}");
        assert_eq!(picture.size(), size, "{name}: never enlarged");
        assert_eq!(dimensions_of(&fixture(name)), Ok((format, size)), "{name}");
    }
}

#[test]
fn a_wrong_name_does_not_matter() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("holiday.jpg");
    std::fs::write(&path, bytes_of("quadrants.png")).unwrap();
    assert_eq!(decode_file(&path, LARGE).unwrap().format, Format::Png);
    std::fs::write(&path, "Dear Mei, this is not a picture at all").unwrap();
    assert_eq!(decode_file(&path, LARGE), Err(PictureError::NotAPicture));
}

#[test]
fn each_exif_orientation_is_set_upright() {
    for orientation in 1..=8 {
        let name = format!("orientation-{orientation}.jpg");
        let picture = decoded(&name);
        assert_eq!(picture.original, Size::new(24, 16), "{name}");
        assert_eq!(dimensions_of(&fixture(&name)), Ok((Format::Jpeg, Size::new(24, 16))));
        assert_upright(&name, &picture.frames[0], 4);
    }
    for name in ["orientation-6.png", "orientation-6.webp", "orientation-6.tif", "orientation-6.jxl"] {
        let picture = decoded(name);
        assert_eq!(picture.original, Size::new(24, 16), "{name}");
        assert_upright(name, &picture.frames[0], if name == "orientation-6.jxl" { 6 } else { 0 });
    }
}

#[test]
fn which_side_is_up_is_read_where_programs_write_it_otherwise_than_the_standards_say() {
    fn behind(bytes: &[u8], what: &[u8]) -> usize {
        bytes.windows(what.len()).position(|window| window == what).unwrap() + what.len()
    }
    // A WebP whose EXIF begins as it does in JPEG.
    let mut webp = std::fs::read(fixture("orientation-6.webp")).unwrap();
    let length = behind(&webp, b"EXIF");
    webp[length] += 6;
    webp.splice(length + 4..length + 4, *b"Exif\0\0");
    webp[4] += 6;
    // A JPEG whose number is a signed one of four bytes.
    let mut jpeg = std::fs::read(fixture("orientation-6.jpg")).unwrap();
    let tag = behind(&jpeg, b"\x01\x12\0\x03");
    jpeg[tag - 1] = 9;
    jpeg[tag + 4..tag + 8].copy_from_slice(&6_i32.to_be_bytes());
    for (name, bytes) in [("WebP", webp), ("JPEG", jpeg)] {
        let picture = decode_bytes(&bytes, LARGE).unwrap();
        assert_eq!(picture.original, Size::new(24, 16), "{name}");
        assert_upright(name, &picture.frames[0], 4);
    }
}

#[test]
fn a_turned_picture_fits_into_what_was_wanted_after_turning() {
    let picture = decode_file(&fixture("orientation-6.jpg"), Wanted::Within(Size::new(12, 100))).unwrap();
    assert_eq!(picture.size(), Size::new(12, 8));
    assert_upright("small", &picture.frames[0], 40);
}

#[test]
fn display_p3_becomes_the_srgb_that_littlecms_computes() {
    for name in ["p3.jpg", "p3.png", "p3.webp", "p3.tif", "p3.jxl"] {
        let seen = at(&decoded(name).frames[0], 0.5, 0.5);
        assert!(far(seen, [214, 104, 84, 255]) <= 3, "{name}: {seen:?}");
    }
}

#[test]
fn adobes_wider_green_becomes_the_srgb_that_littlecms_computes() {
    let seen = at(&decoded("adobe.png").frames[0], 0.5, 0.5);
    assert!(far(seen, [163, 110, 89, 255]) <= 3, "{seen:?}");
}

#[test]
fn a_grey_profile_is_applied() {
    // 55 of linear light is 128 in sRGB.
    let seen = at(&decoded("linear-grey.png").frames[0], 0.5, 0.5);
    assert!(far(seen, [128, 128, 128, 255]) <= 2, "{seen:?}");
}

#[test]
fn a_broken_profile_does_not_lose_the_picture() {
    assert_eq!(at(&decoded("broken-profile.png").frames[0], 0.5, 0.5), [200, 110, 90, 255]);
}

#[test]
fn cmyk_shows_red_as_red_and_cyan_as_cyan() {
    // The second holds its inks as brightness and colours (YCCK).
    for name in ["cmyk.jpg", "ycck.jpg"] {
        let frame = &decoded(name).frames[0];
        let (red, cyan) = (at(frame, 0.25, 0.5), at(frame, 0.75, 0.5));
        assert!(red[0] > 200 && red[1] < 60 && red[2] < 60, "{name}: {red:?}");
        assert!(cyan[0] < 60 && cyan[1] > 120 && cyan[2] > 120, "{name}: {cyan:?}");
    }
}

#[test]
fn animations_have_their_frames_and_delays() {
    for (name, last) in [("moving.gif", 100), ("moving.webp", 300), ("moving.png", 300), ("moving.jxl", 300)] {
        let picture = decoded(name);
        assert!(!picture.shortened, "{name}");
        let delays: Vec<_> = picture.frames.iter().map(|frame| frame.delay.as_millis()).collect();
        assert_eq!(delays, [100, 200, last], "{name}: no delay at all is shown as 100 ms");
        for (frame, colour) in picture.frames.iter().zip([RED, GREEN, BLUE]) {
            assert!(far(at(frame, 0.5, 0.5), colour) <= 1, "{name}: {:?}", at(frame, 0.5, 0.5));
        }
        let still = decode_file(&fixture(name), Wanted::Still(Size::new(100, 100))).unwrap();
        assert_eq!(still.frames.len(), 1, "{name}");
        assert!(far(at(&still.frames[0], 0.5, 0.5), RED) <= 1, "{name}");
    }
}

#[test]
fn an_animation_beyond_its_budget_loses_size_and_then_its_end_not_its_beginning() {
    const ROOM: usize = 1_000_000;
    let frame = || Ok((vec![200_u8; 100 * 100 * 4], Duration::from_millis(50)));
    let collected = |count| {
        let frames = std::iter::repeat_with(frame).take(count);
        let (frames, shortened) =
            animation::collect(Size::new(100, 100), Size::new(100, 100), ROOM, frames, &|| false).unwrap();
        assert!(frames.iter().map(|frame| frame.rgba.len()).sum::<usize>() <= ROOM);
        assert!(frames.iter().all(|frame| frame.size == frames[0].size));
        (frames.len(), frames[0].size.width, shortened)
    };
    assert_eq!(collected(25), (25, 100, false));
    assert_eq!(collected(40), (40, 70, false));
    assert_eq!(collected(90), (90, 49, false));
    let (frames, width, shortened) = collected(200);
    assert!((90..200).contains(&frames) && width == 49 && shortened, "{frames} {width}");
}

#[test]
fn half_invisible_pixels_come_with_alpha_multiplied_in() {
    let grey = &decoded("grey-alpha.png").frames[0];
    assert_eq!([at(grey, 0.25, 0.5), at(grey, 0.75, 0.5)], [[100, 100, 100, 128], [200, 200, 200, 255]]);
    for name in ["half.png", "half.tga", "half.jxl", "half-multiplied.tif"] {
        let frame = &decoded(name).frames[0];
        assert_eq!(at(frame, 0.25, 0.5), [128, 0, 0, 128], "{name}");
        assert_eq!(at(frame, 0.75, 0.5), [0, 0, 0, 0], "{name}");
    }
}

#[test]
fn a_photograph_without_colours_has_none() {
    let frame = &decoded("grey.jpg").frames[0];
    // The luminance of red, and white.
    for (x, y, grey) in [(0.25, 0.25, 76), (0.75, 0.75, 255)] {
        let seen = at(frame, x, y);
        assert!(far(seen, [grey, grey, grey, 255]) <= 3, "{x} {y}: {seen:?}");
    }
}

#[test]
fn a_picture_of_one_bit_is_black_where_it_says_so() {
    let frame = &decoded("black.pbm").frames[0];
    assert_eq!(at(frame, 0.25, 0.25), [0, 0, 0, 255]);
    assert_eq!(at(frame, 0.75, 0.75), WHITE);
}

#[test]
fn pictures_are_scaled_down_to_what_is_wanted_and_keep_their_proportions() {
    let picture = decode_file(&fixture("quadrants.png"), Wanted::Within(Size::new(12, 12))).unwrap();
    assert_eq!((picture.size(), picture.original), (Size::new(12, 8), Size::new(24, 16)));
    assert_upright("small", &picture.frames[0], 3);
}

/// `cargo test --release --lib pictures:: -- --ignored --nocapture` with `FANTAIL_PHOTO` naming a large JPEG.
#[test]
#[ignore = "measures; needs a large photograph and a release build"]
fn measure_a_large_photograph() {
    let path = PathBuf::from(std::env::var_os("FANTAIL_PHOTO").expect("FANTAIL_PHOTO names a picture"));
    println!("{:?}", dimensions_of(&path));
    for wanted in [
        Wanted::Size,
        Wanted::Within(Size::new(420, 420)),
        Wanted::Within(Size::new(840, 840)),
        Wanted::Within(Size::new(4096, 4096)),
    ] {
        let request = Request { source: Source::File(path.clone()), wanted, turns: 0, known: None };
        let begun = Instant::now();
        let result = decode::answer(&request, None, true, &|| false).1.map(|answered| answered.outcome);
        println!("{wanted:?}: {:?}, {}", begun.elapsed(), result.is_ok());
    }
    let begun = Instant::now();
    let hash = thumbhash_of(&path, begun + Duration::from_secs(10));
    println!("thumbhash: {:?}, {:?}", begun.elapsed(), hash.map(|hash| hash.len()));
}
