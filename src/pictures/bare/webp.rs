//! WebP: RIFF chunks of a name, a length and content, padded to even lengths.

use std::borrow::Cow;

use super::{Pieces, keep, take, upright_note};

const HEADER: usize = 12;

/// In the first byte of `VP8X`: what other chunks there are.
const HAS_XMP: u8 = 0x04;
const HAS_EXIF: u8 = 0x08;

/// Of `ANMF` before the frame's own chunks.
const FRAME_HEADER: usize = 16;

pub(super) fn bare(bytes: &[u8]) -> Option<Pieces<'_>> {
    let size = u32::from_le_bytes(*bytes.get(4..)?.first_chunk()?) as usize;
    // What lies behind the end is no part of it.
    let mut rest = bytes.get(HEADER..size.checked_add(8)?.min(bytes.len()))?;
    let (mut pieces, mut exif, mut extended): (Pieces<'_>, _, _) = (Vec::new(), None, None);
    while rest.len() >= 8 {
        let (name, content, whole) = chunk(&mut rest)?;
        match name {
            b"VP8X" => {
                let flags = content.first()? & !(HAS_XMP | HAS_EXIF);
                let mut header = whole.to_vec();
                *header.get_mut(8)? = flags;
                extended = Some(pieces.len());
                pieces.push(Cow::Owned(header));
            }
            b"ANMF" => pieces.push(Cow::Owned(frame(content)?)),
            b"VP8 " | b"VP8L" | b"ALPH" | b"ANIM" | b"ICCP" => keep(&mut pieces, whole),
            b"EXIF" => exif = Some(content.strip_prefix(b"Exif\0\0").unwrap_or(content)),
            _ => {}
        }
    }
    if let (Some(note), Some(extended)) = (upright_note(exif), extended) {
        if let Some(Cow::Owned(header)) = pieces.get_mut(extended) {
            *header.get_mut(8)? |= HAS_EXIF;
        }
        let mut chunk = b"EXIF".to_vec();
        chunk.extend_from_slice(&(note.len() as u32).to_le_bytes());
        chunk.extend_from_slice(&note);
        pieces.push(Cow::Owned(chunk));
    }
    if pieces.is_empty() {
        return None;
    }
    let length: usize = 4 + pieces.iter().map(|piece| piece.len()).sum::<usize>();
    let mut header = b"RIFF".to_vec();
    header.extend_from_slice(&u32::try_from(length).ok()?.to_le_bytes());
    header.extend_from_slice(b"WEBP");
    pieces.insert(0, Cow::Owned(header));
    Some(pieces)
}

/// Name, content, and all of the next chunk. Only of the last one the padding may be missing.
fn chunk<'a>(rest: &mut &'a [u8]) -> Option<(&'a [u8; 4], &'a [u8], &'a [u8])> {
    let whole = *rest;
    let name = take(rest, 4)?.first_chunk()?;
    let length = u32::from_le_bytes(*take(rest, 4)?.first_chunk()?) as usize;
    let content = take(rest, length)?;
    let padding = usize::from(length % 2 == 1 && !rest.is_empty());
    take(rest, padding)?;
    Some((name, content, &whole[..8 + length + padding]))
}

/// A frame of a moving picture, which has chunks of its own.
fn frame(content: &[u8]) -> Option<Vec<u8>> {
    let mut rest = content;
    let mut kept = take(&mut rest, FRAME_HEADER)?.to_vec();
    while rest.len() >= 8 {
        let (name, _, whole) = chunk(&mut rest)?;
        if matches!(name, b"VP8 " | b"VP8L" | b"ALPH") {
            kept.extend_from_slice(whole);
            kept.resize(kept.len().next_multiple_of(2), 0);
        }
    }
    let mut frame = b"ANMF".to_vec();
    frame.extend_from_slice(&u32::try_from(kept.len()).ok()?.to_le_bytes());
    frame.extend_from_slice(&kept);
    Some(frame)
}
