//! A smaller copy of a picture, to be sent in its place: what a screen shows, in a tenth of the bytes.

use std::{
    fs::File,
    io::{self, Read as _},
    path::Path,
};

use super::{
    Format, PictureError, Size, Wanted, decode_file, dimensions_of,
    limits::MAX_MOVING_PIXELS,
    thumbnail::{jpeg, png},
};

/// The longer side: fills most screens, and prints at the size of a postcard.
const SIDE: u32 = 2048;

/// Of JPEG: nobody sees a difference on a screen.
const QUALITY: u8 = 85;

/// In the first so many bytes of a PNG stands whether it moves.
const HEAD: u64 = 64 * 1024;

/// An encoded picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Smaller {
    pub bytes: Vec<u8>,
    /// Of the name it needs now.
    pub extension: &'static str,
}

/// The picture at `path` with its longer side at most 2048 pixels: upright, in sRGB, as JPEG or (with transparency) PNG,
/// without anything beside its pixels. `None` where that is nothing for it: it is no picture or a drawing, it moves, or
/// it would not become smaller. Blocks; it is decoded in a process of its own.
///
/// # Errors
/// It is a picture, and can't be decoded.
pub fn smaller(path: &Path) -> Result<Option<Smaller>, PictureError> {
    let (format, size) = match dimensions_of(path) {
        Ok(known) => known,
        Err(PictureError::NotAPicture) => return Ok(None),
        Err(error) => return Err(error),
    };
    let bounds = Size::new(SIDE, SIDE);
    // Drawings have no pixels, and the light of the other two is what they are sent for.
    let is_meant = !matches!(format, Format::Svg | Format::Hdr | Format::Exr);
    if !is_meant || size.fitted_into(bounds) == size || moves_and_is_huge(path, format, size)? {
        return Ok(None);
    }
    let picture = decode_file(path, Wanted::Within(bounds))?;
    let [frame] = &picture.frames[..] else { return Ok(None) };
    let rgba = frame.straight_rgba();
    let opaque = rgba.as_chunks::<4>().0.iter().all(|pixel| pixel[3] == u8::MAX);
    let (bytes, extension) = if opaque {
        let rgb: Vec<u8> =
            rgba.as_chunks::<4>().0.iter().flat_map(|&[red, green, blue, _]| [red, green, blue]).collect();
        (jpeg(frame.size, &rgb, QUALITY), "jpg")
    } else {
        (png(frame.size, &rgba), "png")
    };
    let bytes = bytes.ok_or(PictureError::Damaged)?;
    let before = path.metadata().map_err(|_| PictureError::Unreadable)?.len();
    Ok(((bytes.len() as u64) < before).then_some(Smaller { bytes, extension }))
}

/// One that moves is decoded as a still one where its frames are beyond what is shown.
fn moves_and_is_huge(path: &Path, format: Format, size: Size) -> Result<bool, PictureError> {
    if u64::from(size.width) * u64::from(size.height) <= MAX_MOVING_PIXELS {
        return Ok(false);
    }
    let mut head = Vec::new();
    let read = |head: &mut Vec<u8>| -> io::Result<usize> { File::open(path)?.take(HEAD).read_to_end(head) };
    read(&mut head).map_err(|_| PictureError::Unreadable)?;
    Ok(match format {
        Format::Png => head.windows(4).any(|name| name == b"acTL"),
        // The flag in its extended header.
        Format::WebP => head.get(12..16) == Some(b"VP8X") && head.get(20).is_some_and(|flags| flags & 0x02 != 0),
        // Not known before all of it is read.
        Format::Gif | Format::Jxl => true,
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use image::{ExtendedColorType, ImageEncoder as _, codecs::png::PngEncoder};

    use super::*;
    use crate::pictures::{decode_bytes, size_of_png};

    /// A photograph's like: no two neighbours are the same.
    fn noisy(width: u32, height: u32, channels: usize) -> Vec<u8> {
        let mut state = 7_u32;
        (0..width as usize * height as usize * channels)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 24) as u8
            })
            .collect()
    }

    fn file(dir: &tempfile::TempDir, name: &str, bytes: &[u8]) -> std::path::PathBuf {
        let path = dir.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    fn encoded(width: u32, height: u32, kind: ExtendedColorType, channels: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        let encoder = PngEncoder::new(&mut bytes);
        encoder.write_image(&noisy(width, height, channels), width, height, kind).unwrap();
        bytes
    }

    #[test]
    fn a_large_picture_becomes_2048_on_its_longer_side_and_a_jpeg() {
        let dir = tempfile::tempdir().unwrap();
        let path = file(&dir, "scan.png", &encoded(2400, 1200, ExtendedColorType::Rgb8, 3));
        let small = smaller(&path).unwrap().unwrap();
        assert_eq!(small.extension, "jpg");
        let picture = decode_bytes(&small.bytes, Wanted::Within(Size::new(4096, 4096))).unwrap();
        assert_eq!((picture.format, picture.size()), (Format::Jpeg, Size::new(2048, 1024)));
        assert!(!small.bytes.windows(4).any(|window| window == b"Exif"));
    }

    #[test]
    fn transparency_is_kept() {
        let dir = tempfile::tempdir().unwrap();
        let path = file(&dir, "logo.png", &encoded(1000, 3000, ExtendedColorType::Rgba8, 4));
        let small = smaller(&path).unwrap().unwrap();
        assert_eq!((small.extension, size_of_png(&small.bytes)), ("png", Some(Size::new(683, 2048))));
    }

    #[test]
    fn nothing_is_made_larger_and_what_moves_or_is_no_picture_is_left_alone() {
        let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/pictures");
        for name in ["quadrants.jpg", "moving.gif", "moving.png", "quadrants.svg", "make.py"] {
            assert_eq!(smaller(&fixtures.join(name)), Ok(None), "{name}");
        }
        let dir = tempfile::tempdir().unwrap();
        let flat = vec![200; 3000 * 3000 * 3];
        let mut bytes = Vec::new();
        PngEncoder::new(&mut bytes).write_image(&flat, 3000, 3000, ExtendedColorType::Rgb8).unwrap();
        let path = file(&dir, "flat.png", &bytes);
        let made = smaller(&path).unwrap();
        assert!(made.is_none_or(|made| made.bytes.len() < bytes.len()), "a copy that takes more bytes");
    }
}
