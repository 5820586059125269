//! JPEG: segments, each led by a marker, and scans whose bytes run until the next marker.

use std::borrow::Cow;

use super::{Pieces, keep, take, upright_note};

const START: u8 = 0xd8;
const END: u8 = 0xd9;
const SCAN: u8 = 0xda;

/// JFIF's header without its small picture: signature, version, unit, densities.
const JFIF: usize = 12;

pub(super) fn bare(bytes: &[u8]) -> Option<Pieces<'_>> {
    let mut rest = bytes.strip_prefix(&[0xff, START])?;
    let mut pieces: Pieces<'_> = vec![Cow::Borrowed(&[0xff, START])];
    let (mut exif, mut scans) = (None, 0);
    loop {
        let Some(marker) = marker(&mut rest) else {
            // Many a camera that lost power never wrote the end, and the picture is shown all the same.
            if scans == 0 || !rest.is_empty() {
                return None;
            }
            break;
        };
        match marker {
            END => break,
            // Markers without a length mean nothing between segments.
            0x01 | 0xd0..=0xd7 => continue,
            _ => {}
        }
        let whole = rest;
        let length = usize::from(u16::from_be_bytes(*take(&mut rest, 2)?.first_chunk()?));
        let content = take(&mut rest, length.checked_sub(2)?)?;
        match marker {
            0xe0 if content.starts_with(b"JFIF\0") && content.len() >= JFIF => {
                let mut header = vec![0xff, 0xe0, 0, JFIF as u8 + 4];
                header.extend_from_slice(&content[..JFIF]);
                // No small picture: it is 0 by 0.
                header.extend_from_slice(&[0, 0]);
                pieces.push(Cow::Owned(header));
            }
            0xe1 if exif.is_none() => exif = content.strip_prefix(b"Exif\0\0"),
            _ if makes_pixels(marker, content) => {
                pieces.push(Cow::Owned(vec![0xff, marker]));
                keep(&mut pieces, &whole[..length]);
            }
            _ => {}
        }
        if marker == SCAN {
            scans += 1;
            let entropy = entropy(rest);
            keep(&mut pieces, take(&mut rest, entropy)?);
        }
    }
    if scans == 0 {
        return None;
    }
    if let Some(note) = upright_note(exif) {
        let mut segment = vec![0xff, 0xe1, 0, (2 + 6 + note.len()) as u8];
        segment.extend_from_slice(b"Exif\0\0");
        segment.extend_from_slice(&note);
        // Behind JFIF's header, if there is one: both want to be first, and readers take them so.
        let at = if pieces.get(1).is_some_and(|piece| piece.starts_with(&[0xff, 0xe0])) { 2 } else { 1 };
        pieces.insert(at, Cow::Owned(segment));
    }
    keep(&mut pieces, &[0xff, END]);
    Some(pieces)
}

/// The next marker, with the bytes before it that only fill.
fn marker(rest: &mut &[u8]) -> Option<u8> {
    let after = rest.strip_prefix(&[0xff])?;
    let fill = after.iter().take_while(|byte| **byte == 0xff).count();
    let marker = *after.get(fill)?;
    *rest = &after[fill + 1..];
    Some(marker)
}

/// Tables, frames and scans; the colour profile, and Adobe's note without which colours are read wrongly.
fn makes_pixels(marker: u8, content: &[u8]) -> bool {
    match marker {
        0xc0..=0xcf | 0xda..=0xdf => true,
        0xe2 => content.starts_with(b"ICC_PROFILE\0"),
        0xee => content.starts_with(b"Adobe"),
        _ => false,
    }
}

/// Bytes of a scan: up to a marker that is neither a stuffed byte nor a restart.
fn entropy(rest: &[u8]) -> usize {
    let mut at = 0;
    while let Some(found) = rest[at..].iter().position(|byte| *byte == 0xff) {
        at += found;
        match rest.get(at + 1) {
            Some(0 | 0xd0..=0xd7) => at += 2,
            Some(0xff) => at += 1,
            Some(_) => return at,
            None => break,
        }
    }
    rest.len()
}
