//! Bounds of everything that comes from outside, each with its reason.

/// A text is a message, not a file: a long chapter fits. In bytes of UTF-8.
pub const MAX_TEXT: usize = 1024 * 1024;

/// Top-level items of one offer: what a person can select by hand; more belongs into a folder.
pub const MAX_OFFER_ITEMS: usize = 1_000;

/// A ThumbHash is 5 to 25 bytes; with room.
pub const MAX_THUMBHASH: usize = 40;
