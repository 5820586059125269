//! The size that an AVIF or HEIC says its picture has, by its boxes: what the system makes of it is smaller.
//!
//! Nothing is decoded. Of the file's `meta` box, which is bounded, three parts are read: which item is the picture
//! (`pitm`), what properties there are (`ipco`) and which of them belong to it (`ipma`).

use std::io::{Read, Seek, SeekFrom};

use super::{
    Size,
    limits::{MAX_BOXES, MAX_META_BYTES, MAX_SIDE},
};

/// Of the picture in `file`, upright; `None` where it doesn't say or makes no sense.
pub(super) fn size(file: &mut (impl Read + Seek)) -> Option<Size> {
    let meta = meta(file)?;
    // Version and flags come first.
    let meta = meta.get(4..)?;
    let primary = Boxes(meta).find(|(name, _)| *name == b"pitm").and_then(|(_, content)| {
        let (version, mut rest) = full(content)?;
        number(&mut rest, if version == 0 { 2 } else { 4 })
    })?;
    let (_, properties) = Boxes(meta).find(|(name, _)| *name == b"iprp")?;
    let (_, all) = Boxes(properties).find(|(name, _)| *name == b"ipco")?;
    let (_, mut associations) = Boxes(properties).find(|(name, _)| *name == b"ipma")?;
    let mut found = None;
    // In the order in which they are applied.
    for index in of_item(&mut associations, primary)? {
        // They are counted from one; none is zero.
        let Some((name, mut content)) = index.checked_sub(1).and_then(|index| Boxes(all).nth(index)) else { continue };
        let size = match name {
            b"ispe" => {
                full(content)?;
                content = content.get(4..)?;
                Size::new(number(&mut content, 4)?, number(&mut content, 4)?)
            }
            b"clap" => {
                let (width, height) = (ratio(&mut content)?, ratio(&mut content)?);
                let whole: Size = found?;
                // It cuts away, and never adds.
                Size::new(width.min(whole.width), height.min(whole.height))
            }
            b"irot" if content.first()? & 1 == 1 => {
                let Size { width, height } = found?;
                Size::new(height, width)
            }
            _ => continue,
        };
        found = Some(size);
    }
    found.filter(|size| (1..=MAX_SIDE).contains(&size.width) && (1..=MAX_SIDE).contains(&size.height))
}

/// The content of the box of that name, which lies among the first of the file.
fn meta(file: &mut (impl Read + Seek)) -> Option<Vec<u8>> {
    file.rewind().ok()?;
    for _ in 0..MAX_BOXES {
        let mut head = [0; 8];
        file.read_exact(&mut head).ok()?;
        let (short, name) = head.split_first_chunk::<4>()?;
        let (length, header) = match u32::from_be_bytes(*short) {
            1 => {
                let mut long = [0; 8];
                file.read_exact(&mut long).ok()?;
                (u64::from_be_bytes(long), 16)
            }
            short => (u64::from(short), 8),
        };
        // One of length zero goes up to the end, and is the last.
        let content = length.checked_sub(header)?;
        if name == b"meta" {
            let mut bytes = Vec::new();
            let read = file.take(content.min(MAX_META_BYTES)).read_to_end(&mut bytes).ok()?;
            return (read as u64 == content).then_some(bytes);
        }
        file.seek(SeekFrom::Current(i64::try_from(content).ok()?)).ok()?;
    }
    None
}

/// The indices of the properties of this item.
fn of_item(associations: &mut &[u8], item: u32) -> Option<Vec<usize>> {
    let version = *associations.first()?;
    let wide = associations.get(3)? & 1 == 1;
    *associations = associations.get(4..)?;
    for _ in 0..number(associations, 4)? {
        let id = number(associations, if version == 0 { 2 } else { 4 })?;
        let count = number(associations, 1)?;
        let indices = (0..count).map(|_| {
            // The first bit says whether it must be understood.
            Some(if wide { number(associations, 2)? & 0x7fff } else { number(associations, 1)? & 0x7f } as usize)
        });
        let indices = indices.collect::<Option<Vec<_>>>()?;
        if id == item {
            return Some(indices);
        }
    }
    None
}

/// A number of pixels, written as one number over another.
fn ratio(content: &mut &[u8]) -> Option<u32> {
    let (above, below) = (number(content, 4)?, number(content, 4)?);
    above.checked_div(below)
}

fn full(content: &[u8]) -> Option<(u8, &[u8])> {
    Some((*content.first()?, content.get(4..)?))
}

/// Takes a number of so many bytes off the front.
fn number(rest: &mut &[u8], bytes: usize) -> Option<u32> {
    let (taken, left) = rest.split_at_checked(bytes)?;
    *rest = left;
    Some(taken.iter().fold(0, |number, byte| number << 8 | u32::from(*byte)))
}

/// Name and content of one box after the other, until one makes no sense.
struct Boxes<'a>(&'a [u8]);

impl<'a> Iterator for Boxes<'a> {
    type Item = (&'a [u8; 4], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (length, rest) = self.0.split_first_chunk::<4>()?;
        let (name, _) = rest.split_first_chunk::<4>()?;
        let length = u32::from_be_bytes(*length) as usize;
        let content = self.0.get(8..length)?;
        self.0 = self.0.get(length..)?;
        Some((name, content))
    }
}

#[cfg(test)]
mod tests {
    use std::{io::Cursor, path::Path};

    use proptest::prelude::*;

    use super::*;

    fn fixture(name: &str) -> Vec<u8> {
        std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/foreign").join(name)).unwrap()
    }

    fn size_of(bytes: &[u8]) -> Option<Size> {
        size(&mut Cursor::new(bytes))
    }

    #[test]
    fn a_picture_has_the_size_it_is_seen_in_turned_and_cut_as_it_says() {
        // The second is stored lying on its side, and 16 rows of the third are cut away.
        for name in ["quadrants.avif", "turned.avif", "quadrants.heic"] {
            assert_eq!(size_of(&fixture(name)), Some(Size::new(64, 48)), "{name}");
        }
    }

    #[test]
    fn a_file_that_is_cut_or_says_it_is_huge_has_no_size() {
        let bytes = fixture("quadrants.avif");
        // The picture itself comes last, and isn't looked at.
        let meta_ends = bytes.windows(4).position(|name| name == b"mdat").unwrap() - 4;
        for length in 0..meta_ends {
            assert_eq!(size_of(&bytes[..length]), None, "cut at {length}");
        }
        let mut huge = bytes;
        let at = huge.windows(4).position(|name| name == b"ispe").unwrap() + 8;
        huge[at..at + 4].fill(0xff);
        assert_eq!(size_of(&huge), None);
    }

    proptest! {
        #[test]
        fn whatever_is_changed_in_it_gives_a_size_within_bounds_or_none(
            changes in prop::collection::vec((0..300_usize, any::<u8>()), 1..6)
        ) {
            let mut bytes = fixture("turned.avif");
            for (at, byte) in changes {
                bytes[at] = byte;
            }
            if let Some(Size { width, height }) = size_of(&bytes) {
                prop_assert!((1..=MAX_SIDE).contains(&width) && (1..=MAX_SIDE).contains(&height));
            }
        }
    }
}
