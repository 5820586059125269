//! Files that claim too much, are cut or damaged, or are no pictures at all.

use std::time::{Duration, Instant};

use super::*;

/// Changes the size that a small file claims to have.
fn claims(name: &str, patch: impl Fn(&mut Vec<u8>)) -> Vec<u8> {
    let mut bytes = bytes_of(name);
    patch(&mut bytes);
    bytes
}

fn patch(bytes: &mut [u8], at: usize, new: &[u8]) {
    bytes[at..at + new.len()].copy_from_slice(new);
}

#[test]
fn small_files_that_claim_to_be_huge_are_refused_at_once() {
    let jpeg = claims("quadrants.jpg", |bytes| {
        let sof = bytes.windows(2).position(|w| w == [0xff, 0xc0]).unwrap();
        patch(bytes, sof + 5, &[0xff, 0xdc, 0xff, 0xdc]);
    });
    let bombs = [
        ("jpeg", jpeg),
        ("png", bytes_of("bomb.png")),
        ("webp", bytes_of("bomb.webp")),
        ("gif", claims("quadrants.gif", |bytes| patch(bytes, 6, &[0xff; 4]))),
        ("bmp", claims("quadrants.bmp", |bytes| patch(bytes, 18, &[0xff, 0xff, 0, 0, 0xff, 0xff, 0, 0]))),
        ("qoi", claims("quadrants.qoi", |bytes| patch(bytes, 4, &[0, 0, 0xff, 0xff, 0, 0, 0xff, 0xff]))),
        ("tga", claims("quadrants.tga", |bytes| patch(bytes, 12, &[0xff; 4]))),
        ("ppm", b"P6\n50000 50000\n255\n".to_vec()),
        ("hdr", b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 50000 +X 50000\n".to_vec()),
        (
            "exr",
            claims("quadrants.exr", |bytes| {
                let name = b"dataWindow\0box2i\0";
                let window = bytes.windows(name.len()).position(|w| w == name).unwrap() + name.len() + 4;
                patch(bytes, window + 8, &[0x50, 0xc3, 0, 0, 0x50, 0xc3, 0, 0]);
            }),
        ),
        ("ico", {
            let mut ico = b"\0\0\x01\0\x01\0\0\0\0\0\x01\0\x20\0".to_vec();
            let png = bytes_of("bomb.png");
            ico.extend((png.len() as u32).to_le_bytes());
            ico.extend(22_u32.to_le_bytes());
            ico.extend(png);
            ico
        }),
    ];
    for (name, bytes) in bombs {
        let begun = Instant::now();
        let result = decode_bytes(&bytes, LARGE).map(|picture| picture.original);
        // The decoders of QOI and EXR have bounds of their own, and say so by their own errors.
        let refused = if matches!(name, "qoi" | "exr") { PictureError::Damaged } else { PictureError::TooLarge };
        assert_eq!(result, Err(refused), "{name}");
        assert!(begun.elapsed() < Duration::from_millis(500), "{name}: {:?}", begun.elapsed());
    }
}

#[test]
fn every_cut_of_every_file_gives_a_picture_or_an_error() {
    for entry in std::fs::read_dir(fixture("")).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        if bytes.len() > 2000 {
            continue;
        }
        for len in 0..bytes.len() {
            match decode_bytes(&bytes[..len], LARGE) {
                Ok(picture) => assert!(!picture.frames.is_empty()),
                Err(error) => assert!(
                    matches!(
                        error,
                        PictureError::Damaged
                            | PictureError::NotAPicture
                            | PictureError::TooLarge
                            | PictureError::NeedsSystem(Foreign::Tiff)
                    ),
                    "{}: {error:?}",
                    path.display()
                ),
            }
        }
    }
}

#[test]
fn every_flipped_byte_gives_a_picture_or_an_error() {
    for name in [
        "quadrants.jpg",
        "moving.gif",
        "moving.webp",
        "moving.png",
        "quadrants.tif",
        "bmp-inside.ico",
        "runs.tga",
        "palette.tga",
        "sixteen.ppm",
        "quadrants.pam",
        "quadrants.hdr",
        "quadrants.exr",
        "moving.jxl",
        "half.jxl",
    ] {
        let bytes = bytes_of(name);
        for at in 0..bytes.len() {
            let mut bytes = bytes.clone();
            bytes[at] ^= 0xff;
            if let Ok(picture) = decode_bytes(&bytes, LARGE) {
                assert!(picture.byte_size() <= limits::MAX_FRAMES_BYTES, "{name} with byte {at} flipped");
            }
        }
    }
}

#[test]
fn what_is_no_file_is_told_apart() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(decode_file(&dir.path().join("nothing.png"), LARGE), Err(PictureError::Gone));
    assert_eq!(decode_file(dir.path(), LARGE), Err(PictureError::NotAPicture));
}

#[test]
fn a_panic_in_a_decoder_costs_one_preview() {
    let result = decode::contained(|| -> Result<(), PictureError> { panic!("as decoders do") });
    assert_eq!(result, Err(PictureError::Damaged));
}
