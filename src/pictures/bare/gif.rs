//! GIF: blocks after a header, each a chain of parts of at most 255 bytes.

use super::{Pieces, keep, take};

const TABLE_FOLLOWS: u8 = 0x80;

/// Repetitions of a moving picture, and its colour profile.
const KEPT: [&[u8; 11]; 3] = [b"NETSCAPE2.0", b"ANIMEXTS1.0", b"ICCRGBG1012"];

pub(super) fn bare(bytes: &[u8]) -> Option<Pieces<'_>> {
    let mut rest = bytes;
    let header = take(&mut rest, 13)?;
    take(&mut rest, table(header[10]))?;
    let mut pieces = Vec::new();
    keep(&mut pieces, &bytes[..bytes.len() - rest.len()]);
    let mut images = 0;
    loop {
        let whole = rest;
        let kept = match take(&mut rest, 1) {
            // The end; or there is none, as in many old ones.
            Some([0x3b]) | None => break,
            Some([0x2c]) => {
                let place = take(&mut rest, 9)?;
                take(&mut rest, table(place[8]))?;
                take(&mut rest, 1)?;
                images += 1;
                true
            }
            Some([0x21]) => match take(&mut rest, 1)? {
                // How a picture is shown, and words drawn into it.
                [0xf9 | 0x01] => true,
                [0xff] => KEPT.iter().any(|name| rest.get(1..12) == Some(&name[..])),
                _ => false,
            },
            Some(_) => return None,
        };
        loop {
            let length = usize::from(*take(&mut rest, 1)?.first()?);
            if length == 0 {
                break;
            }
            take(&mut rest, length)?;
        }
        if kept {
            keep(&mut pieces, &whole[..whole.len() - rest.len()]);
        }
    }
    keep(&mut pieces, &[0x3b]);
    (images > 0).then_some(pieces)
}

/// Bytes of the colour table that these flags announce.
fn table(flags: u8) -> usize {
    if flags & TABLE_FOLLOWS == 0 { 0 } else { 3 << ((flags & 7) + 1) }
}
