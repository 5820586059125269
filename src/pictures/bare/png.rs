//! PNG: chunks of a length, a name, content and a checksum.

use std::borrow::Cow;

use super::{Pieces, keep, take, upright_note};

const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// The pixels, how they are to be shown, and their movement.
const KEPT: [&[u8; 4]; 18] = [
    b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT", b"bKGD", b"pHYs",
    b"acTL", b"fcTL", b"fdAT", b"cICP", b"mDCV", b"cLLI",
];

pub(super) fn bare(bytes: &[u8]) -> Option<Pieces<'_>> {
    let mut rest = bytes.strip_prefix(SIGNATURE)?;
    let mut pieces: Pieces<'_> = vec![Cow::Borrowed(SIGNATURE)];
    let (mut exif, mut first_pixels) = (None, None);
    loop {
        let whole = rest;
        let length = u32::from_be_bytes(*take(&mut rest, 4)?.first_chunk()?) as usize;
        let name: &[u8; 4] = take(&mut rest, 4)?.first_chunk()?;
        let content = take(&mut rest, length)?;
        take(&mut rest, 4)?;
        if name == b"eXIf" {
            exif = Some(content);
        }
        if name == b"IDAT" {
            first_pixels.get_or_insert(pieces.len());
        }
        if KEPT.contains(&name) {
            keep(&mut pieces, &whole[..length + 12]);
        } else if name[0].is_ascii_uppercase() {
            // It says that nothing can be shown without it.
            return None;
        }
        if name == b"IEND" {
            break;
        }
    }
    if let Some(note) = upright_note(exif) {
        let mut chunk = Vec::with_capacity(note.len() + 12);
        chunk.extend_from_slice(&(note.len() as u32).to_be_bytes());
        chunk.extend_from_slice(b"eXIf");
        chunk.extend_from_slice(&note);
        chunk.extend_from_slice(&checksum(&chunk[4..]).to_be_bytes());
        pieces.insert(first_pixels?, Cow::Owned(chunk));
    }
    first_pixels.map(|_| pieces)
}

/// CRC-32, of a few dozen bytes.
fn checksum(bytes: &[u8]) -> u32 {
    let step = |sum: u32, _| if sum & 1 == 1 { 0xedb8_8320 ^ (sum >> 1) } else { sum >> 1 };
    !bytes.iter().fold(u32::MAX, |sum, byte| (0..8).fold(sum ^ u32::from(*byte), step))
}
