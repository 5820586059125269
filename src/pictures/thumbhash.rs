//! Tiny blurs of pictures: encoder and decoder of the public ThumbHash format, bounded.
//!
//! A hash is a handful of cosine coefficients of brightness and two colour differences (and alpha), quantised to four
//! bits each: 5 to 25 bytes, from which a soft picture of at most 32 × 32 pixels is made. Strangers send them, so the
//! decoder takes any bytes and does a bounded amount of work.

use super::Size;

/// The encoder looks at no more than this on a side.
pub const MAX_ENCODED_SIDE: u32 = 100;

/// The decoder's result is no larger than this on a side.
pub const MAX_DECODED_SIDE: u32 = 32;

/// The hash of a picture given as RGBA (four bytes a pixel, alpha not multiplied in), at most [`MAX_ENCODED_SIDE`] on a
/// side. `None` if sizes and bytes don't fit together.
pub fn encode(size: Size, rgba: &[u8]) -> Option<Vec<u8>> {
    let _ = (size, rgba);
    None
}

/// The blur: its size and RGBA. `None` if these bytes are no ThumbHash (too short or longer than
/// [`MAX_THUMBHASH`](crate::protocol::limits::MAX_THUMBHASH)).
pub fn decode(hash: &[u8]) -> Option<(Size, Vec<u8>)> {
    let _ = hash;
    None
}

/// Roughly width divided by height of the picture the hash was made from. `None` as with [`decode`].
pub fn approximate_aspect(hash: &[u8]) -> Option<f32> {
    let _ = hash;
    None
}
