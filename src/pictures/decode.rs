//! Read, sniff, bound, decode, scale, set upright.

use std::path::Path;

use super::{Format, Outcome, Picture, PictureError, Request, Size, Stamp, Wanted};

/// The picture in a file. Blocks for up to some seconds with the largest pictures.
pub fn decode_file(_path: &Path, _wanted: Wanted) -> Result<Picture, PictureError> {
    Err(PictureError::NotAPicture)
}

/// The picture in these bytes.
pub fn decode_bytes(_bytes: &[u8], _wanted: Wanted) -> Result<Picture, PictureError> {
    Err(PictureError::NotAPicture)
}

/// Format and upright size by the head of a file, without decoding it.
pub fn dimensions_of(_path: &Path) -> Result<(Format, Size), PictureError> {
    Err(PictureError::NotAPicture)
}

/// What the pool answers to a request.
pub(super) fn answer(
    _request: &Request,
    _cancelled: &dyn Fn() -> bool,
) -> (Option<Stamp>, Result<Outcome, PictureError>) {
    (None, Err(PictureError::NotAPicture))
}
