//! What a file is, by its first bytes; a name only says whether it is worth looking.

use serde::{Deserialize, Serialize};

use super::{Foreign, Size, foreign, svg};

/// A format that can be decoded, or that the system is asked about.
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
    /// PBM, PGM, PPM and PAM.
    Pnm,
    /// Radiance's, with more light than a screen shows.
    Hdr,
    Exr,
    Tga,
    /// JPEG XL.
    Jxl,
    Svg,
    Foreign(Foreign),
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
            Self::Pnm => "PNM",
            Self::Hdr => "HDR",
            Self::Exr => "OpenEXR",
            Self::Tga => "TGA",
            Self::Jxl => "JPEG XL",
            Self::Svg => "SVG",
            Self::Foreign(kind) => kind.name(),
        }
    }

    /// Where `image` decodes it.
    pub(super) const fn image_format(self) -> Option<image::ImageFormat> {
        Some(match self {
            Self::Png => image::ImageFormat::Png,
            Self::Jpeg => image::ImageFormat::Jpeg,
            Self::Gif => image::ImageFormat::Gif,
            Self::WebP => image::ImageFormat::WebP,
            Self::Bmp => image::ImageFormat::Bmp,
            Self::Tiff => image::ImageFormat::Tiff,
            Self::Ico => image::ImageFormat::Ico,
            Self::Qoi => image::ImageFormat::Qoi,
            Self::Pnm => image::ImageFormat::Pnm,
            Self::Hdr => image::ImageFormat::Hdr,
            Self::Exr => image::ImageFormat::OpenExr,
            Self::Tga => image::ImageFormat::Tga,
            Self::Jxl | Self::Svg | Self::Foreign(_) => return None,
        })
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

/// As many bytes of a file as [`sniff`] looks at: cameras put who made them behind their first directories.
pub(super) const HEAD: usize = 64 * 1024;

/// As many of them as hold a text's or a film's first words.
const FIRST_WORDS: usize = 1024;

/// The format that `head`, the first bytes of a file, belong to. A kilobyte is enough for all but cameras' own formats.
pub fn sniff(head: &[u8]) -> Option<Format> {
    if let Some(kind) = foreign::sniff(head) {
        return Some(Format::Foreign(kind));
    }
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
        // A text that begins with "P5 " would be a strange one; comments come after white space too.
        [b'P', b'1'..=b'7', b'\n' | b'\r' | b' ' | b'\t', b'0'..=b'9' | b'#' | b'W' | b'\n', ..] => Some(Format::Pnm),
        [b'#', b'?', b'R', b'A', b'D', b'I', b'A', b'N', b'C', b'E', b'\n' | b'\r', ..]
        | [b'#', b'?', b'R', b'G', b'B', b'E', b'\n' | b'\r', ..] => Some(Format::Hdr),
        [0x76, 0x2f, 0x31, 0x01, 2, ..] => Some(Format::Exr),
        [0xff, 0x0a, ..] | [0, 0, 0, 0x0c, b'J', b'X', b'L', b' ', b'\r', b'\n', 0x87, b'\n', ..] => Some(Format::Jxl),
        head if is_svg(first_words(head)) => Some(Format::Svg),
        head if svg::is_packed(head) && is_svg(&svg::unpacked_head(first_words(head))) => Some(Format::Svg),
        head if is_tga(head) => Some(Format::Tga),
        _ => None,
    }
}

pub(super) fn first_words(head: &[u8]) -> &[u8] {
    &head[..head.len().min(FIRST_WORDS)]
}

/// Text that begins as XML does, with a drawing as its first element.
fn is_svg(head: &[u8]) -> bool {
    let start = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    let begins = |what: &[u8]| start.starts_with(what);
    let holds = |what: &[u8]| start.windows(what.len()).any(|window| window == what);
    let element = [&b"<svg "[..], b"<svg\n", b"<svg\r", b"<svg\t", b"<svg>"];
    if begins(b"<?xml") || begins(b"<!--") || begins(b"<!DOCTYPE svg") {
        holds(b"<!DOCTYPE svg") || (element.into_iter().any(holds) && !holds(b"<html"))
    } else {
        element.into_iter().any(begins)
    }
}

/// TGA has no signature: its header must make sense in every field. A colour map or none, a kind that is drawn, a depth
/// that the kind has, a size, and no flags that nobody sets.
fn is_tga(head: &[u8]) -> bool {
    let Some(&[_, map, kind, start_low, start_high, map_low, map_high, map_depth, ..]) = head.first_chunk::<18>()
    else {
        return false;
    };
    let &[width_low, width_high, height_low, height_high, depth, flags] = &head[12..18] else { return false };
    let no_map = [map, start_low, start_high, map_low, map_high, map_depth] == [0; 6];
    let with_map = map == 1 && [map_low, map_high] != [0; 2] && matches!(map_depth, 15 | 16 | 24 | 32);
    let drawn = match kind {
        1 | 9 => with_map && matches!(depth, 8 | 16),
        2 | 10 => no_map && matches!(depth, 15 | 16 | 24 | 32),
        3 | 11 => no_map && matches!(depth, 8 | 16),
        _ => false,
    };
    // How many of the bits are alpha, where the first pixel is, and two bits that are always zero.
    let flags_fit = flags & 0b1100_0000 == 0 && flags & 0b1111 <= 8;
    drawn && flags_fit && [width_low, width_high] != [0; 2] && [height_low, height_high] != [0; 2]
}

/// Whether a name promises a picture. Decides only whether it is worth looking inside; what is inside decides.
pub fn name_suggests_picture(name: &str) -> bool {
    const ENDINGS: [&str; 37] = [
        "png", "apng", "jpg", "jpeg", "jpe", "jfif", "gif", "webp", "bmp", "tif", "tiff", "ico", "qoi", "tga", "pnm",
        "pbm", "pgm", "ppm", "pam", "hdr", "exr", "jxl", "svg", "avif", "heic", "heif", "hif", "dng", "cr2", "cr3",
        "nef", "arw", "pef", "raf", "rw2", "orf", "svgz",
    ];
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
    fn a_drawing_is_known_by_its_first_element() {
        for text in [
            "<svg>",
            "\u{feff}\n<svg xmlns='http://www.w3.org/2000/svg'/>",
            "<?xml version='1.0'?>\n<!-- by hand -->\n<svg\nwidth='1'/>",
            "<?xml version='1.0'?><!DOCTYPE svg PUBLIC '' '' [<!ENTITY a 'b'>",
        ] {
            assert_eq!(sniff(text.as_bytes()), Some(Format::Svg), "{text}");
        }
        for text in [
            "<svgs>",
            "<!DOCTYPE html><svg>",
            "<?xml version='1.0'?><html><svg>",
            "I wrote <svg> and it was nice",
            "<?xml version='1.0'?><plist>",
        ] {
            assert_eq!(sniff(text.as_bytes()), None, "{text}");
        }
        let late = format!("<!--{}--><svg>", "-".repeat(FIRST_WORDS));
        assert_eq!(sniff(late.as_bytes()), None, "looked for in the first kilobyte");
    }

    #[test]
    fn what_only_begins_like_a_tga_is_none() {
        let header = [0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 24, 0, 16, 0, 24, 0x20];
        assert_eq!(sniff(&header), Some(Format::Tga));
        assert_eq!(sniff(&header[..17]), None);
        // A map that is not there, another kind, no width, no height, a depth of 23 bits, flags of nobody.
        for (at, byte) in [(1, 1), (2, 7), (7, 24), (12, 0), (14, 0), (16, 23), (17, 0x40), (17, 0x0f)] {
            let mut other = header;
            other[at] = byte;
            assert_eq!(sniff(&other), None, "byte {at} is {byte}");
        }
        assert_eq!(sniff(&[0; 18]), None);
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
        for name in ["jpg", ".jpg", "a.jpg.exe", "a.html", "", "a."] {
            assert!(!name_suggests_picture(name), "{name}");
        }
    }
}
