//! The structure of TIFF, which EXIF and many cameras' own formats have too: numbers in either order of bytes, and
//! directories of fields with twelve bytes each.

use std::{
    collections::HashSet,
    io::{BufRead, Seek, SeekFrom},
};

use super::{
    Size,
    limits::{MAX_PAGES, MAX_SIDE},
};

/// Of the first picture of a file, upright; `None` where it doesn't say or makes no sense. Of the kind with large offsets
/// (BigTIFF) nothing is known.
pub(super) fn size(file: &mut (impl BufRead + Seek)) -> Option<Size> {
    const WIDTH: u16 = 256;
    const HEIGHT: u16 = 257;
    const ORIENTATION: u16 = 274;
    let directory = Directories::of(file)?.next()?;
    let (width, height) = (directory.number(WIDTH)?, directory.number(HEIGHT)?);
    let lies = matches!(directory.number(ORIENTATION), Some(5..=8));
    let size = if lies { Size::new(height, width) } else { Size::new(width, height) };
    ((1..=MAX_SIDE).contains(&width) && (1..=MAX_SIDE).contains(&height)).then_some(size)
}

/// Pictures in a file, without smaller forms and masks of others; at most [`MAX_PAGES`]. `None` where it isn't known.
pub(super) fn pages(file: &mut (impl BufRead + Seek)) -> Option<u32> {
    const NEW_SUBFILE_TYPE: u16 = 254;
    /// The bits for a smaller form of another picture and for a mask (TIFF 6.0, section 8).
    const NOT_A_PAGE: u32 = 0b101;
    let pages = Directories::of(file)?
        .filter(|directory| directory.number(NEW_SUBFILE_TYPE).unwrap_or(0) & NOT_A_PAGE == 0)
        .count();
    u32::try_from(pages).ok()
}

/// Whether the colours of the first picture are as dark as it is clear. The decoder gives them as they are stored.
pub(super) fn alpha_is_multiplied_in(file: &mut (impl BufRead + Seek)) -> bool {
    const EXTRA_SAMPLES: u16 = 338;
    const ASSOCIATED: u32 = 1;
    let first = Directories::of(file).and_then(|mut directories| directories.next());
    first.is_some_and(|directory| directory.number(EXTRA_SAMPLES) == Some(ASSOCIATED))
}

/// The directories of a file in turn, up to the first that makes no sense or was seen before.
struct Directories<'a, F> {
    file: &'a mut F,
    little: bool,
    next: u32,
    seen: HashSet<u32>,
}

impl<'a, F: BufRead + Seek> Directories<'a, F> {
    fn of(file: &'a mut F) -> Option<Self> {
        file.rewind().ok()?;
        let mut head = [0; 8];
        file.read_exact(&mut head).ok()?;
        let tiff = Tiff::new(&head)?;
        let (little, next) = (tiff.little, u32::try_from(tiff.first_directory()?).ok()?);
        Some(Self { file, little, next, seen: HashSet::new() })
    }

    fn read(&mut self) -> Option<Directory> {
        let mut count = [0; COUNT_LEN];
        self.file.seek(SeekFrom::Start(self.next.into())).ok()?;
        self.file.read_exact(&mut count).ok()?;
        let count = if self.little { u16::from_le_bytes(count) } else { u16::from_be_bytes(count) };
        // At most 768 KiB.
        let mut fields = vec![0; usize::from(count) * FIELD_LEN];
        self.file.read_exact(&mut fields).ok()?;
        let mut next = [0; 4];
        // A file may end here.
        self.next = match self.file.read_exact(&mut next) {
            Ok(()) if self.little => u32::from_le_bytes(next),
            Ok(()) => u32::from_be_bytes(next),
            Err(_) => 0,
        };
        Some(Directory { fields, little: self.little })
    }
}

impl<F: BufRead + Seek> Iterator for Directories<'_, F> {
    type Item = Directory;

    fn next(&mut self) -> Option<Directory> {
        let goes_on = self.next != 0 && self.seen.len() < MAX_PAGES as usize && self.seen.insert(self.next);
        if goes_on { self.read() } else { None }
    }
}

struct Directory {
    fields: Vec<u8>,
    little: bool,
}

impl Directory {
    /// The one number of a field, if it has one.
    fn number(&self, tag: u16) -> Option<u32> {
        const SHORT: u16 = 3;
        const LONG: u16 = 4;
        let fields = Tiff { bytes: &self.fields, little: self.little };
        let at = (0..self.fields.len()).step_by(FIELD_LEN).find(|at| fields.u16_at(*at) == Some(tag))?;
        match fields.u16_at(at + 2)? {
            SHORT => fields.u16_at(at + VALUE_AT).map(u32::from),
            LONG => fields.u32_at(at + VALUE_AT).and_then(|value| u32::try_from(value).ok()),
            _ => None,
        }
    }
}

/// Where a field's value is, or where it points to.
pub(super) const VALUE_AT: usize = 8;

/// Of a directory's number of fields.
const COUNT_LEN: usize = 2;
const FIELD_LEN: usize = 12;

/// Bytes that begin as TIFF does; nothing else about them is known to make sense.
pub(super) struct Tiff<'a> {
    bytes: &'a [u8],
    little: bool,
}

impl<'a> Tiff<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Option<Self> {
        let little = bytes.starts_with(b"II*\0");
        (little || bytes.starts_with(b"MM\0*")).then_some(Self { bytes, little })
    }

    pub(super) fn u16_at(&self, at: usize) -> Option<u16> {
        let bytes = *self.bytes.get(at..)?.first_chunk()?;
        Some(if self.little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) })
    }

    pub(super) fn u32_at(&self, at: usize) -> Option<usize> {
        let bytes = *self.bytes.get(at..)?.first_chunk()?;
        usize::try_from(if self.little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) }).ok()
    }

    /// Where the first directory is.
    pub(super) fn first_directory(&self) -> Option<usize> {
        self.u32_at(4)
    }

    /// Where the one behind `directory` is.
    pub(super) fn next_directory(&self, directory: usize) -> Option<usize> {
        let fields = usize::from(self.u16_at(directory)?);
        self.u32_at(directory.checked_add(COUNT_LEN + fields * FIELD_LEN)?).filter(|next| *next != 0)
    }

    /// The tag of each field of a directory and where the field is, up to where the bytes end.
    pub(super) fn fields(&self, directory: usize) -> impl Iterator<Item = (u16, usize)> {
        let count = self.u16_at(directory).map_or(0, usize::from);
        (0..count).map_while(move |field| {
            let at = directory.checked_add(COUNT_LEN + field * FIELD_LEN)?;
            Some((self.u16_at(at)?, at))
        })
    }

    /// What begins at `at`.
    pub(super) fn from(&self, at: usize) -> &'a [u8] {
        self.bytes.get(at..).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use proptest::prelude::*;

    use super::*;

    /// One after the other: of each directory its fields (tag, short number), then the last points to `last`.
    fn file(directories: &[&[(u16, u16)]], last: u32) -> Vec<u8> {
        let mut bytes = b"MM\0*\0\0\0\x08".to_vec();
        for (number, fields) in directories.iter().enumerate() {
            bytes.extend((fields.len() as u16).to_be_bytes());
            for (tag, value) in *fields {
                bytes.extend([&tag.to_be_bytes()[..], &[0, 3, 0, 0, 0, 1], &value.to_be_bytes(), &[0, 0]].concat());
            }
            let next = if number + 1 < directories.len() { bytes.len() as u32 + 4 } else { last };
            bytes.extend(next.to_be_bytes());
        }
        bytes
    }

    #[test]
    fn smaller_forms_and_masks_are_no_pages() {
        let page: &[_] = &[(256, 30), (257, 20)];
        let small: &[_] = &[(254, 1), (256, 3), (257, 2)];
        let mask: &[_] = &[(254, 4), (256, 30), (257, 20)];
        assert_eq!(pages(&mut Cursor::new(file(&[page, small, page, mask, page], 0))), Some(3));
    }

    #[test]
    fn the_pages_of_a_file_that_goes_in_circles_are_counted_once() {
        let page: &[_] = &[(256, 30), (257, 20)];
        assert_eq!(pages(&mut Cursor::new(file(&[page, page], 8))), Some(2));
        assert_eq!(pages(&mut Cursor::new(file(&[page, page], u32::MAX))), Some(2), "the third is not there");
    }

    #[test]
    fn the_size_is_that_of_the_picture_set_upright() {
        let size = |fields: &[_]| size(&mut Cursor::new(file(&[fields], 0)));
        assert_eq!(size(&[(256, 30), (257, 20)]), Some(Size::new(30, 20)));
        assert_eq!(size(&[(256, 30), (257, 20), (274, 6)]), Some(Size::new(20, 30)));
        assert_eq!(size(&[(256, 0), (257, 20)]), None);
        assert_eq!(size(&[(256, 30)]), None);
    }

    proptest! {
        #[test]
        fn any_bytes_have_some_pages_or_none(mut bytes in prop::collection::vec(any::<u8>(), 0..300), big in any::<bool>()) {
            let begin = if big { b"MM\0*\0\0\0\x08" } else { b"II*\0\x08\0\0\0" };
            bytes.splice(..begin.len().min(bytes.len()), *begin);
            let mut file = Cursor::new(bytes);
            prop_assert!(pages(&mut file).unwrap_or(0) <= MAX_PAGES);
            size(&mut file);
        }
    }
}
