//! JPEG XL: the bare code stream, which says nothing beside the picture and which side is up, or boxes around it.

use super::{Pieces, keep, take};

/// What the picture is made of. The parts that would make it a JPEG again are not among them: they hold that one's EXIF.
const KEPT: [&[u8; 4]; 6] = [b"JXL ", b"ftyp", b"jxll", b"jxli", b"jxlc", b"jxlp"];

pub(super) fn bare(bytes: &[u8]) -> Option<Pieces<'_>> {
    let mut pieces = Vec::new();
    if bytes.starts_with(&[0xff, 0x0a]) {
        keep(&mut pieces, bytes);
        return Some(pieces);
    }
    let mut rest = bytes;
    let mut streams = 0;
    while !rest.is_empty() {
        let whole = rest;
        let short = u32::from_be_bytes(*take(&mut rest, 4)?.first_chunk()?);
        let name: &[u8; 4] = take(&mut rest, 4)?.first_chunk()?;
        let length = match short {
            // Up to the end.
            0 => whole.len(),
            1 => usize::try_from(u64::from_be_bytes(*take(&mut rest, 8)?.first_chunk()?)).ok()?,
            short => short as usize,
        };
        let header = whole.len() - rest.len();
        take(&mut rest, length.checked_sub(header)?)?;
        streams += usize::from(matches!(name, b"jxlc" | b"jxlp"));
        if KEPT.contains(&name) {
            keep(&mut pieces, &whole[..length]);
        }
    }
    (streams > 0).then_some(pieces)
}
