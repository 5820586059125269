//! What a file is, by its first bytes; never by its name.

use serde::{Deserialize, Serialize};

use super::Size;

/// A format that can be decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Format {
    Png,
    Jpeg,
    Gif,
    WebP,
    Bmp,
    Tiff,
    Ico,
    Qoi,
}

impl Format {
    /// As people write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Png => "PNG",
            Self::Jpeg => "JPEG",
            Self::Gif => "GIF",
            Self::WebP => "WebP",
            Self::Bmp => "BMP",
            Self::Tiff => "TIFF",
            Self::Ico => "ICO",
            Self::Qoi => "QOI",
        }
    }

    pub(super) const fn image_format(self) -> image::ImageFormat {
        match self {
            Self::Png => image::ImageFormat::Png,
            Self::Jpeg => image::ImageFormat::Jpeg,
            Self::Gif => image::ImageFormat::Gif,
            Self::WebP => image::ImageFormat::WebP,
            Self::Bmp => image::ImageFormat::Bmp,
            Self::Tiff => image::ImageFormat::Tiff,
            Self::Ico => image::ImageFormat::Ico,
            Self::Qoi => image::ImageFormat::Qoi,
        }
    }
}

/// The size a PNG says it has, by its first bytes. `None` if it is none.
pub fn size_of_png(png: &[u8]) -> Option<Size> {
    // Signature, length and name of the first chunk, which is always `IHDR`.
    const WIDTH_AT: usize = 16;
    let (width, rest) = png.get(WIDTH_AT..)?.split_first_chunk()?;
    let height = rest.first_chunk()?;
    let size = Size::new(u32::from_be_bytes(*width), u32::from_be_bytes(*height));
    (sniff(png) == Some(Format::Png)).then_some(size)
}

/// The format that `head`, the first bytes of a file, belong to. A dozen bytes are enough.
pub fn sniff(head: &[u8]) -> Option<Format> {
    match head {
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some(Format::Png),
        [0xff, 0xd8, 0xff, ..] => Some(Format::Jpeg),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some(Format::Gif),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some(Format::WebP),
        [b'I', b'I', b'*', 0, ..] | [b'M', b'M', 0, b'*', ..] => Some(Format::Tiff),
        [b'q', b'o', b'i', b'f', ..] => Some(Format::Qoi),
        // One to 255 icons; the fourth byte of an entry is reserved, its planes are 0 or 1.
        [0, 0, 1, 0, 1..=255, 0, _, _, _, _, 0 | 1, 0, ..] => Some(Format::Ico),
        // "BM" begins many a text: the reserved bytes must be zero too, as in every writer's files.
        [b'B', b'M', _, _, _, _, 0, 0, 0, 0, ..] => Some(Format::Bmp),
        _ => None,
    }
}

/// Whether a name promises a picture. Decides only whether it is worth looking inside; what is inside decides.
pub fn name_suggests_picture(name: &str) -> bool {
    const ENDINGS: [&str; 13] =
        ["png", "apng", "jpg", "jpeg", "jpe", "jfif", "gif", "webp", "bmp", "tif", "tiff", "ico", "qoi"];
    name.rsplit_once('.')
        .is_some_and(|(stem, end)| !stem.is_empty() && ENDINGS.iter().any(|e| e.eq_ignore_ascii_case(end)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_begins_with_bm_is_no_picture() {
        assert_eq!(sniff(b"BMW drives well, and so on and on"), None);
    }

    #[test]
    fn too_few_bytes_are_no_picture() {
        for len in 0..3 {
            assert_eq!(sniff(&[0xff, 0xd8, 0xff][..len]), None);
        }
    }

    #[test]
    fn only_a_real_ending_suggests_a_picture() {
        for name in ["a.jpg", "Ferien.JPEG", "x.y.png", "照片.webp"] {
            assert!(name_suggests_picture(name), "{name}");
        }
        for name in ["jpg", ".jpg", "a.jpg.exe", "a.svg", "", "a."] {
            assert!(!name_suggests_picture(name), "{name}");
        }
    }
}
