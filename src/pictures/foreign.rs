//! What this program has no decoder for: kinds that the system may have one for, told by content.
//!
//! The system makes a small picture ([`thumbnailer`](crate::platform::thumbnailer)), which is then decoded like any other,
//! in a process of its own: nothing that the system's programs say is believed. The last few are kept as they came, so
//! that the size, the small and the large picture of one file cost one run.

use std::{
    collections::VecDeque,
    fs::File,
    io::BufReader,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use serde::{Deserialize, Serialize};

use super::{
    Format, Outcome, Picture, PictureError, Size, Stamp, Wanted, heif,
    limits::{LONGEST_ASKED, MADE_BYTES, MADE_SIDE, MAX_MADE},
    process::{self, decoded},
    sniff::first_words,
    tiff::{self, Tiff, VALUE_AT},
};
use crate::platform::thumbnailer::{self, ThumbnailerError, small_picture};

/// A kind of file that only the system may show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Foreign {
    Avif,
    /// HEIC, which phones make, and its relatives.
    Heif,
    /// Of the kinds that this program's decoder doesn't read; the others are [`Format::Tiff`].
    Tiff,
    Dng,
    Cr2,
    Cr3,
    Nef,
    Arw,
    Pef,
    Raf,
    Rw2,
    Orf,
    Pdf,
    Mp4,
    QuickTime,
    Matroska,
    WebM,
    Avi,
    Mpeg,
    MpegTs,
    Asf,
    Flv,
    OggVideo,
    OpenText,
    OpenSheet,
    OpenSlides,
    /// Word, Excel or PowerPoint of today, which begin alike.
    OfficeXml,
    /// Word, Excel or PowerPoint before 2007, which begin alike.
    OldOffice,
    Epub,
}

impl Foreign {
    /// As people write it.
    pub const fn name(self) -> &'static str {
        self.facts().0
    }

    /// Neither a photograph nor a film.
    pub const fn is_document(self) -> bool {
        matches!(
            self,
            Self::Pdf
                | Self::OpenText
                | Self::OpenSheet
                | Self::OpenSlides
                | Self::OfficeXml
                | Self::OldOffice
                | Self::Epub
        )
    }

    /// Its name, what its files are called by, and its media types, as shared-mime-info and IANA have them.
    const fn facts(self) -> (&'static str, &'static str, &'static [&'static str]) {
        match self {
            Self::Avif => ("AVIF", "avif", &["image/avif", "image/heif"]),
            Self::Heif => ("HEIC", "heic", &["image/heif", "image/heic"]),
            Self::Tiff => ("TIFF", "tiff", &["image/tiff"]),
            Self::Dng => ("DNG", "dng", &["image/x-adobe-dng", "image/x-dcraw"]),
            Self::Cr2 => ("CR2", "cr2", &["image/x-canon-cr2", "image/x-dcraw"]),
            Self::Cr3 => ("CR3", "cr3", &["image/x-canon-cr3", "image/x-dcraw"]),
            Self::Nef => ("NEF", "nef", &["image/x-nikon-nef", "image/x-dcraw"]),
            Self::Arw => ("ARW", "arw", &["image/x-sony-arw", "image/x-dcraw"]),
            Self::Pef => ("PEF", "pef", &["image/x-pentax-pef", "image/x-dcraw"]),
            Self::Raf => ("RAF", "raf", &["image/x-fuji-raf", "image/x-dcraw"]),
            Self::Rw2 => ("RW2", "rw2", &["image/x-panasonic-rw2", "image/x-panasonic-raw2", "image/x-dcraw"]),
            Self::Orf => ("ORF", "orf", &["image/x-olympus-orf", "image/x-dcraw"]),
            Self::Pdf => ("PDF", "pdf", &["application/pdf"]),
            Self::Mp4 => ("MP4", "mp4", &["video/mp4"]),
            Self::QuickTime => ("QuickTime", "mov", &["video/quicktime"]),
            Self::Matroska => ("Matroska", "mkv", &["video/x-matroska", "video/matroska"]),
            Self::WebM => ("WebM", "webm", &["video/webm"]),
            Self::Avi => ("AVI", "avi", &["video/x-msvideo", "video/vnd.avi", "video/avi"]),
            Self::Mpeg => ("MPEG", "mpg", &["video/mpeg"]),
            Self::MpegTs => ("MPEG-TS", "ts", &["video/mp2t"]),
            Self::Asf => ("WMV", "wmv", &["video/x-ms-wmv", "video/x-ms-asf"]),
            Self::Flv => ("FLV", "flv", &["video/x-flv"]),
            Self::OggVideo => ("Ogg", "ogv", &["video/ogg"]),
            Self::OpenText => ("OpenDocument", "odt", &["application/vnd.oasis.opendocument.text"]),
            Self::OpenSheet => ("OpenDocument", "ods", &["application/vnd.oasis.opendocument.spreadsheet"]),
            Self::OpenSlides => ("OpenDocument", "odp", &["application/vnd.oasis.opendocument.presentation"]),
            Self::OfficeXml => (
                "Office",
                "docx",
                &[
                    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
                    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
                ],
            ),
            Self::OldOffice => {
                ("Office", "doc", &["application/msword", "application/vnd.ms-powerpoint", "application/vnd.ms-excel"])
            }
            Self::Epub => ("EPUB", "epub", &["application/epub+zip"]),
        }
    }
}

/// What the system shows of the file at `path`, which is of this kind.
pub(super) fn outcome(
    path: &Path,
    stamp: Stamp,
    kind: Foreign,
    wanted: Wanted,
    cancelled: &dyn Fn() -> bool,
) -> Result<Outcome, PictureError> {
    let within = match wanted {
        Wanted::Blur { within } => within.min(LONGEST_ASKED),
        _ => LONGEST_ASKED,
    };
    let own = own_size(path, kind);
    // Some programs make small pictures larger if they are asked to.
    let side = own.map_or(MADE_SIDE, |own| own.width.max(own.height).min(MADE_SIDE));
    let made = made(path, stamp, kind, side, within, cancelled)?.ok_or(PictureError::NeedsSystem(kind))?;
    let format = Format::Foreign(kind);
    match decoded(process::Input::Bytes(&made), wanted, cancelled) {
        Ok(Outcome::Picture(picture)) => {
            Ok(Outcome::Picture(Picture { format, original: own.unwrap_or(picture.original), ..picture }))
        }
        Ok(Outcome::Size(_, size, frame)) => Ok(Outcome::Size(format, own.unwrap_or(size), frame)),
        Err(PictureError::NeedsSystem(_) | PictureError::NotAPicture) => Err(PictureError::NeedsSystem(kind)),
        other => other,
    }
}

/// What the file itself says, where that is known: what is made of it may be smaller.
fn own_size(path: &Path, kind: Foreign) -> Option<Size> {
    let file = || File::open(path).ok().map(BufReader::new);
    match kind {
        Foreign::Avif | Foreign::Heif => heif::size(&mut file()?),
        Foreign::Tiff => tiff::size(&mut file()?),
        _ => None,
    }
}

/// As the system made it, or `None` if it makes none of this file.
fn made(
    path: &Path,
    stamp: Stamp,
    kind: Foreign,
    side: u32,
    within: Duration,
    cancelled: &dyn Fn() -> bool,
) -> Result<Made, PictureError> {
    if let Some(made) = kept().find(path, stamp) {
        return Ok(made);
    }
    let (_, ending, media_types) = kind.facts();
    let made = match small_picture(thumbnailer::Wanted { path, media_types, ending, side, within }, cancelled) {
        Ok(made) => Some(Arc::from(made)),
        Err(ThumbnailerError::Cancelled) => return Err(PictureError::Cancelled),
        // Another time there may be more of it.
        Err(ThumbnailerError::TooLong) if within < LONGEST_ASKED => return Err(PictureError::NeedsSystem(kind)),
        // A program may be installed at any time.
        Err(error @ (ThumbnailerError::NoProgram | ThumbnailerError::NotConfined)) => {
            log::debug!("{}: {error}", kind.name());
            return Err(PictureError::NeedsSystem(kind));
        }
        Err(_) => None,
    };
    kept().keep(path, stamp, made.clone());
    Ok(made)
}

fn kept() -> std::sync::MutexGuard<'static, Kept> {
    static KEPT: Mutex<Kept> = Mutex::new(Kept(VecDeque::new()));
    KEPT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The last few that the system made, or could not make; the newest at the back.
struct Kept(VecDeque<(PathBuf, Stamp, Made)>);

/// A small picture, encoded; `None` if the system makes none of this file.
type Made = Option<Arc<[u8]>>;

impl Kept {
    fn find(&self, path: &Path, stamp: Stamp) -> Option<Made> {
        let (.., made) = self.0.iter().find(|(of, state, _)| of == path && *state == stamp)?;
        Some(made.clone())
    }

    fn keep(&mut self, path: &Path, stamp: Stamp, made: Made) {
        self.0.retain(|(of, ..)| of != path);
        self.0.push_back((path.to_owned(), stamp, made));
        let bytes = |kept: &Self| kept.0.iter().filter_map(|(.., made)| Some(made.as_ref()?.len())).sum::<usize>();
        while self.0.len() > MAX_MADE || (self.0.len() > 1 && bytes(self) > MADE_BYTES) {
            self.0.pop_front();
        }
    }
}

/// The kind that `head`, the first bytes of a file, belong to.
pub(super) fn sniff(head: &[u8]) -> Option<Foreign> {
    let holds = |what: &[u8]| first_words(head).windows(what.len()).any(|window| window == what);
    match head {
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => isobmff(head),
        [_, _, _, _, b'm', b'o', b'o', b'v', ..]
        | [_, _, _, _, b'w', b'i', b'd', b'e', 0, 0, 0, _, b'm', b'd', b'a', b't', ..] => Some(Foreign::QuickTime),
        [b'%', b'P', b'D', b'F', b'-', ..] => Some(Foreign::Pdf),
        [0x1a, 0x45, 0xdf, 0xa3, ..] => Some(if holds(b"webm") { Foreign::WebM } else { Foreign::Matroska }),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'A', b'V', b'I', b' ', ..] => Some(Foreign::Avi),
        [0, 0, 1, 0xba, ..] => Some(Foreign::Mpeg),
        // ASF's header object.
        [0x30, 0x26, 0xb2, 0x75, 0x8e, 0x66, 0xcf, 0x11, ..] => Some(Foreign::Asf),
        [b'F', b'L', b'V', 1, ..] => Some(Foreign::Flv),
        [b'O', b'g', b'g', b'S', ..] if holds(b"\x80theora") => Some(Foreign::OggVideo),
        // Three packets of 188 bytes in a row begin with the same byte.
        [0x47, ..] if head.get(188) == Some(&0x47) && head.get(376) == Some(&0x47) => Some(Foreign::MpegTs),
        [b'P', b'K', 3, 4, ..] => zipped(head),
        [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1, ..] => Some(Foreign::OldOffice),
        [b'I', b'I', b'*', 0, _, _, _, _, b'C', b'R', 2, ..] => Some(Foreign::Cr2),
        [b'I', b'I', b'*', 0, ..] | [b'M', b'M', 0, b'*', ..] => raw_like_tiff(head),
        [b'I', b'I', b'U', 0, ..] => Some(Foreign::Rw2),
        [b'I', b'I', b'R', b'O' | b'S', ..] | [b'M', b'M', b'O', b'R', ..] => Some(Foreign::Orf),
        head if head.starts_with(b"FUJIFILMCCD-RAW ") => Some(Foreign::Raf),
        _ => None,
    }
}

/// ISO's base format: the brands in its first box say what it holds.
fn isobmff(head: &[u8]) -> Option<Foreign> {
    let (length, rest) = head.split_first_chunk()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).ok()?.clamp(16, head.len().max(16));
    let brands = || {
        let compatible = head.get(16..length).unwrap_or_default();
        rest.get(4..8).into_iter().chain(compatible.chunks_exact(4))
    };
    let has = |known: &[&[u8; 4]]| brands().any(|brand| known.iter().any(|known| brand == *known));
    let major = rest.get(4..8)?;
    match major {
        b"crx " => Some(Foreign::Cr3),
        b"qt  " => Some(Foreign::QuickTime),
        b"M4A " | b"M4B " | b"M4P " => None,
        _ if has(&[b"avif", b"avis"]) => Some(Foreign::Avif),
        _ if has(&[b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1"]) => {
            Some(Foreign::Heif)
        }
        _ if has(&[
            b"isom", b"iso2", b"mp41", b"mp42", b"avc1", b"M4V ", b"dash", b"MSNV", b"3gp4", b"3gp5", b"3gp6",
        ]) =>
        {
            Some(Foreign::Mp4)
        }
        _ => None,
    }
}

/// Documents that are archives say what they are with their first entry.
fn zipped(head: &[u8]) -> Option<Foreign> {
    /// Where the first entry's name begins.
    const NAME: usize = 30;
    let first = head.get(NAME..)?;
    let Some(kind) = first.strip_prefix(b"mimetype") else {
        let office = first.starts_with(b"[Content_Types].xml") || first.starts_with(b"_rels/.rels");
        return office.then_some(Foreign::OfficeXml);
    };
    if kind.starts_with(b"application/epub+zip") {
        return Some(Foreign::Epub);
    }
    let kind = kind.strip_prefix(b"application/vnd.oasis.opendocument.")?;
    if kind.starts_with(b"text") {
        Some(Foreign::OpenText)
    } else if kind.starts_with(b"spreadsheet") {
        Some(Foreign::OpenSheet)
    } else if kind.starts_with(b"presentation") {
        Some(Foreign::OpenSlides)
    } else {
        None
    }
}

/// Cameras' own formats with the structure of TIFF: one says its version, others are known by who made them and by a first
/// directory that is not the whole picture.
fn raw_like_tiff(head: &[u8]) -> Option<Foreign> {
    const NEW_SUBFILE_TYPE: u16 = 0x00fe;
    const MAKE: u16 = 0x010f;
    const DNG_VERSION: u16 = 0xc612;
    let tiff = Tiff::new(head)?;
    let (mut reduced, mut make) = (false, &[][..]);
    for (tag, field) in tiff.fields(tiff.first_directory()?) {
        match tag {
            NEW_SUBFILE_TYPE => reduced = tiff.u32_at(field + VALUE_AT)? == 1,
            MAKE => make = tiff.from(tiff.u32_at(field + VALUE_AT)?),
            DNG_VERSION => return Some(Foreign::Dng),
            _ => {}
        }
    }
    let by = |name: &[u8]| make.get(..name.len()).is_some_and(|begins| begins.eq_ignore_ascii_case(name));
    match reduced {
        true if by(b"NIKON") => Some(Foreign::Nef),
        true if by(b"SONY") => Some(Foreign::Arw),
        true if by(b"PENTAX") || by(b"RICOH") => Some(Foreign::Pef),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
