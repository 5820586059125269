use std::{fs, path::PathBuf, process::Command};

use super::*;
use crate::pictures::{Size, Wanted, decode_bytes};

fn fixture(name: &str) -> Vec<u8> {
    fs::read(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/pictures").join(name)).unwrap()
}

fn bared(bytes: &[u8]) -> Vec<u8> {
    bare(bytes).unwrap().concat()
}

/// All frames, upright and in sRGB.
fn pixels(bytes: &[u8]) -> Vec<(Size, Vec<u8>)> {
    let picture = decode_bytes(bytes, Wanted::Within(Size::new(4096, 4096))).unwrap();
    picture.frames.into_iter().map(|frame| (frame.size, frame.rgba)).collect()
}

/// Every kind that can be freed of what it says.
const ALL: [&str; 30] = [
    "quadrants.jpg",
    "progressive.jpg",
    "grey.jpg",
    "cmyk.jpg",
    "p3.jpg",
    "small-inside.jpg",
    "orientation-1.jpg",
    "orientation-2.jpg",
    "orientation-3.jpg",
    "orientation-4.jpg",
    "orientation-5.jpg",
    "orientation-6.jpg",
    "orientation-7.jpg",
    "orientation-8.jpg",
    "quadrants.png",
    "interlaced.png",
    "palette.png",
    "sixteen.png",
    "p3.png",
    "moving.png",
    "orientation-6.png",
    "quadrants.gif",
    "moving.gif",
    "lossy.webp",
    "p3.webp",
    "moving.webp",
    "orientation-6.webp",
    "quadrants.jxl",
    "moving.jxl",
    "orientation-6.jxl",
];

/// Runs exiftool, another's reader and writer of what pictures say. Where it isn't installed the test says so and fails,
/// unless skipping was allowed.
fn exiftool(words: &[&str]) -> Option<String> {
    match Command::new("exiftool").args(words).output() {
        Ok(output) => Some(String::from_utf8_lossy(&output.stdout).into_owned()),
        Err(error) => {
            assert!(std::env::var_os("FANTAIL_TEST_ALLOW_SKIP").is_some(), "exiftool (see tests/run): {error}");
            eprintln!("skipped: no exiftool");
            None
        }
    }
}

#[test]
fn a_bared_picture_has_the_same_pixels_colours_movement_and_side_up() {
    for name in ALL {
        let before = fixture(name);
        let after = bared(&before);
        assert!(pixels(&before) == pixels(&after), "{name} looks otherwise");
    }
}

#[test]
fn nothing_of_what_a_camera_or_program_wrote_into_a_picture_is_left_in_it_by_another_reader() {
    let dir = tempfile::tempdir().unwrap();
    for name in ALL {
        let path = dir.path().join(name);
        fs::write(&path, fixture(name)).unwrap();
        let place = path.to_str().unwrap();
        let written = exiftool(&[
            "-overwrite_original",
            "-n",
            "-Make=Secretcam",
            "-Model=Secretcam 9",
            "-GPSLatitude=47.123456",
            "-GPSLatitudeRef=N",
            "-GPSLongitude=8.654321",
            "-GPSLongitudeRef=E",
            "-DateTimeOriginal=2026:01:02 03:04:05",
            "-IPTC:City=Secretcity",
            "-XMP-dc:Creator=Secretperson",
            "-XMP-photoshop:City=Secretcity",
            "-XMP-exif:GPSLatitude=47.123456",
            "-Comment=Secretcomment",
            place,
        ]);
        if written.is_none() {
            return;
        }
        let before = fs::read(&path).unwrap();
        let wrote_something = before.windows(6).any(|window| window == b"Secret");
        // exiftool writes into JPEG XL only where there are boxes already.
        assert!(wrote_something || name.ends_with("jxl"), "{name}: nothing to look for was written");
        let upright = pixels(&before);

        let after = bared(&before);
        fs::write(&path, &after).unwrap();
        assert!(!after.windows(6).any(|window| window == b"Secret"), "{name}");
        let told = exiftool(&["-a", "-G1", "-s", "-ee", "-u", place]).unwrap();
        for group in ["[GPS]", "[ExifIFD]", "[XMP", "[IPTC]", "[Photoshop]", "[IFD1]", "[MPF"] {
            assert!(!told.contains(group), "{name} still has {group}\n{told}");
        }
        let exif: Vec<&str> = told.lines().filter(|line| line.starts_with("[IFD0]")).collect();
        assert!(exif.iter().all(|line| line.contains("Orientation")), "{name}: {exif:?}");
        assert!(!told.contains("Warning"), "{name} is written wrongly\n{told}");
        assert!(pixels(&after) == upright, "{name} looks otherwise");
    }
}

#[test]
fn the_colour_profile_stays() {
    // In a PNG it is packed.
    for (name, holds) in [("p3.jpg", b"acsp"), ("p3.png", b"iCCP"), ("p3.webp", b"acsp")] {
        let after = bared(&fixture(name));
        assert!(after.windows(4).any(|window| window == holds), "{name} lost its profile");
    }
}

#[test]
fn what_lies_behind_the_end_of_a_picture_goes() {
    for name in ["quadrants.jpg", "quadrants.png", "quadrants.gif", "lossy.webp"] {
        let before = fixture(name);
        let mut longer = before.clone();
        longer.extend_from_slice(b"a film of where it was taken");
        assert_eq!(bared(&longer), bared(&before), "{name}");
    }
}

#[test]
fn what_stands_between_the_scans_of_a_progressive_photograph_goes() {
    let before = fixture("progressive.jpg");
    // Before the last scan: a comment and EXIF, where nobody expects them.
    let at = before.windows(2).rposition(|window| window == [0xff, 0xda]).unwrap();
    let mut odd = before[..at].to_vec();
    odd.extend_from_slice(b"\xff\xfe\x00\x08Secret\xff\xe1\x00\x0eExif\0\0Secret");
    odd.extend_from_slice(&before[at..]);
    let after = bared(&odd);
    assert!(!after.windows(6).any(|window| window == b"Secret"));
    assert!(pixels(&after) == pixels(&before));
}

#[test]
fn a_photograph_that_ends_too_soon_is_still_one() {
    let before = fixture("quadrants.jpg");
    let cut = &before[..before.len() - 2];
    assert!(pixels(&bared(cut)) == pixels(&before));
}

#[test]
fn whatever_is_cut_or_changed_is_refused_or_bared_but_never_breaks_anything() {
    for name in ["small-inside.jpg", "moving.png", "moving.gif", "moving.webp", "orientation-6.jxl"] {
        let whole = fixture(name);
        for length in 0..whole.len() {
            bare(&whole[..length]).ok();
        }
        for at in 0..whole.len().min(2_000) {
            let mut changed = whole.clone();
            changed[at] ^= 0xff;
            bare(&changed).ok();
        }
    }
}

#[test]
fn a_file_is_judged_by_what_is_in_it_and_by_its_name_where_that_says_nothing() {
    for (name, expected) in [
        ("quadrants.jpg", Telling::Removable),
        ("quadrants.jxl", Telling::Removable),
        ("quadrants.bmp", Telling::Nothing),
        ("quadrants.tif", Telling::Lasting),
        ("quadrants.svg", Telling::Lasting),
    ] {
        assert_eq!(Telling::of(&fixture(name), "renamed.txt"), expected, "{name}");
    }
    assert_eq!(Telling::of(b"\0\0\0\x18ftypheic", "IMG_0001"), Telling::Lasting);
    assert_eq!(Telling::of(b"\0\0\0\x18ftypmp42", "film.txt"), Telling::Lasting);
    assert_eq!(Telling::of(b"damaged", "IMG_0001.HEIC"), Telling::Lasting);
    assert_eq!(Telling::of(b"%PDF-1.7", "letter.pdf"), Telling::Nothing);
    assert_eq!(Telling::of(b"Dear Mei", "letter.txt"), Telling::Nothing);
}
