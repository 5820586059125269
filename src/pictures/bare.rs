//! A picture without what it says beside what it shows: EXIF with its place and camera, XMP, IPTC, comments, and whatever
//! lies behind its end. Nothing is decoded or encoded: of the file's parts those that make the pixels are kept as they
//! are, and all others go, known or not. The colour profile stays, and so does which side is up.

mod boxes;
mod gif;
mod jpeg;
mod png;
mod webp;

use std::borrow::Cow;

use image::metadata::Orientation;

use super::{Format, name_suggests_picture, sniff};

/// What a file may say beside what it shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Telling {
    /// No place or camera: its kind has no room for that, or it is no picture and no film.
    Nothing,
    /// [`bare`] takes it out.
    Removable,
    /// It can't be taken out here.
    Lasting,
}

impl Telling {
    /// By the first kilobyte of a file, and its name.
    #[must_use]
    pub fn of(head: &[u8], name: &str) -> Self {
        match sniff(head) {
            Some(Format::Jpeg | Format::Png | Format::Gif | Format::WebP | Format::Jxl) => Self::Removable,
            Some(Format::Bmp | Format::Qoi) => Self::Nothing,
            Some(Format::Foreign(kind)) if kind.is_document() => Self::Nothing,
            Some(_) => Self::Lasting,
            None if is_camera_made(head) || name_suggests_picture(name) || name_suggests_camera(name) => Self::Lasting,
            None => Self::Nothing,
        }
    }
}

/// Why a picture can't be freed of what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("its parts can't be told apart")]
pub struct NotBare;

type Pieces<'a> = Vec<Cow<'a, [u8]>>;

/// The pieces of the same picture with nothing beside it, in their order.
///
/// # Errors
/// The format isn't [`Telling::Removable`], or its parts are not where they should be.
pub fn bare(bytes: &[u8]) -> Result<Vec<Cow<'_, [u8]>>, NotBare> {
    match sniff(bytes) {
        Some(Format::Jpeg) => jpeg::bare(bytes),
        Some(Format::Png) => png::bare(bytes),
        Some(Format::Gif) => gif::bare(bytes),
        Some(Format::WebP) => webp::bare(bytes),
        Some(Format::Jxl) => boxes::bare(bytes),
        _ => None,
    }
    .ok_or(NotBare)
}

/// Films, photographs of formats without a decoder, and cameras' own formats, by their first bytes.
fn is_camera_made(head: &[u8]) -> bool {
    matches!(
        head,
        // MP4, QuickTime, HEIC, AVIF, Canon's CR3.
        [_, _, _, _, b'f', b't', b'y', b'p', ..]
            | [_, _, _, _, b'm', b'o', b'o', b'v', ..]
            | [_, _, _, _, b'w', b'i', b'd', b'e', ..]
            | [_, _, _, _, b'm', b'd', b'a', b't', ..]
            // Matroska and WebM, AVI, Windows Media.
            | [0x1a, 0x45, 0xdf, 0xa3, ..]
            | [b'R', b'I', b'F', b'F', _, _, _, _, b'A', b'V', b'I', b' ', ..]
            | [0x30, 0x26, 0xb2, 0x75, ..]
            // JPEG 2000, Photoshop.
            | [0, 0, 0, 0x0c, b'j', b'P', b' ', b' ', ..]
            | [b'8', b'B', b'P', b'S', ..]
            // TIFF with 64 bits, Olympus, Panasonic, Fujifilm, Sigma, Minolta.
            | [b'I', b'I', 0x2b, 0, ..]
            | [b'M', b'M', 0, 0x2b, ..]
            | [b'I', b'I', b'R', b'O' | b'S', ..]
            | [b'M', b'M', b'O', b'R', ..]
            | [b'I', b'I', b'U', 0, ..]
            | [b'F', b'U', b'J', b'I', b'F', b'I', b'L', b'M', ..]
            | [b'F', b'O', b'V', b'b', ..]
            | [0, b'M', b'R', b'M', ..]
    )
}

/// The same by the name: what is inside may be damaged, or begin otherwise.
fn name_suggests_camera(name: &str) -> bool {
    const ENDINGS: [&str; 34] = [
        "heic", "heif", "hif", "avif", "jp2", "psd", "dng", "cr2", "cr3", "crw", "nef", "nrw", "arw", "sr2", "raf",
        "orf", "rw2", "pef", "srw", "x3f", "3fr", "iiq", "mp4", "m4v", "mov", "qt", "avi", "mkv", "webm", "3gp", "mts",
        "m2ts", "insv", "insp",
    ];
    name.rsplit_once('.').is_some_and(|(_, end)| ENDINGS.iter().any(|known| known.eq_ignore_ascii_case(end)))
}

/// An EXIF block (TIFF) that says only which side is up; `None` where that is up already.
fn upright_note(exif: Option<&[u8]>) -> Option<[u8; 26]> {
    let orientation = Orientation::from_exif_chunk(exif?)?.to_exif();
    (orientation > 1).then(|| {
        let mut block = *b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\0\0\0\0\0\0\0\0";
        block[18] = orientation;
        block
    })
}

/// Takes so many bytes off the front.
fn take<'a>(rest: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (taken, left) = rest.split_at_checked(count)?;
    *rest = left;
    Some(taken)
}

/// Adds a piece that adjoins the last one, or another.
fn keep<'a>(pieces: &mut Pieces<'a>, piece: &'a [u8]) {
    if !piece.is_empty() {
        pieces.push(Cow::Borrowed(piece));
    }
}

#[cfg(test)]
mod tests;
