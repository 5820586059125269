//! Read, sniff, bound, decode, scale, bring to sRGB, set upright.
//!
//! Scaling comes before colours and orientation: both then work on the few pixels that are shown.

use std::{
    fs::{self, File, Metadata},
    io::ErrorKind,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    time::Duration,
};

use image::{DynamicImage, RgbaImage, metadata::Orientation};

use super::{
    Foreign, Format, Frame, Outcome, Picture, PictureError, Request, Size, Source, Stamp, Wanted, animation,
    budget::fits_into,
    colour::{Profile, to_srgb},
    details, foreign,
    kept::{Kept, Key},
    levels,
    limits::{MAX_FILE_BYTES, MAX_FRAMES_BYTES, MAX_MOVING_PIXELS, MAX_WANTED_SIDE},
    open::{Input, Kind, Opened},
    process::{self, decoded},
    scale::{multiply_alpha, scaled},
    sniff,
    thumbhash::{self, MAX_ENCODED_SIDE},
    turn::before_turning,
};

/// The picture in a file. Blocks for up to some seconds with the largest pictures.
pub fn decode_file(path: &Path, wanted: Wanted) -> Result<Picture, PictureError> {
    picture_of(plainly(Source::File(path.to_owned()), wanted))
}

/// The picture in these bytes.
pub fn decode_bytes(bytes: &[u8], wanted: Wanted) -> Result<Picture, PictureError> {
    picture_of(decoded(process::Input::Bytes(bytes), wanted, &|| false))
}

/// Format and upright size by the head of a file, without decoding it.
pub fn dimensions_of(path: &Path) -> Result<(Format, Size), PictureError> {
    size_of(plainly(Source::File(path.to_owned()), Wanted::Size)?)
}

/// Format and upright size of the picture in these bytes, without decoding it.
pub fn dimensions_of_bytes(bytes: &[u8]) -> Result<(Format, Size), PictureError> {
    size_of(decoded(process::Input::Bytes(bytes), Wanted::Size, &|| false)?)
}

fn size_of(outcome: Outcome) -> Result<(Format, Size), PictureError> {
    match outcome {
        Outcome::Size(format, size, _) => Ok((format, size)),
        Outcome::Picture(picture) => Ok((picture.format, picture.original)),
        Outcome::Blur(_) | Outcome::Details(_) | Outcome::Unchanged => Err(PictureError::Unreadable),
    }
}

/// The ThumbHash of the picture in a file, if it can be made so quickly.
pub(super) fn blur_of(path: &Path, within: Duration) -> Result<Vec<u8>, PictureError> {
    match plainly(Source::File(path.to_owned()), Wanted::Blur { within })? {
        Outcome::Blur(hash) => Ok(hash),
        _ => Err(PictureError::Unreadable),
    }
}

/// What the pool answers to a request, not turned yet, with what is `kept` on the disk. What the decoders don't know the
/// system is asked about, if that is `by_system`.
pub(super) fn answer(
    request: &Request,
    kept: Option<&Kept>,
    by_system: bool,
    cancelled: &dyn Fn() -> bool,
) -> (Option<Stamp>, Result<Answered, PictureError>) {
    let Request { source, wanted, turns, known } = request;
    let wanted = &before_turning(*wanted, *turns);
    let path = match source {
        Source::Bytes(bytes) => {
            return (None, decoded(process::Input::Bytes(bytes), *wanted, cancelled).map(Answered::found));
        }
        Source::File(path) => path,
    };
    let metadata = match look(path) {
        Ok(metadata) => metadata,
        Err(error) => return (None, Err(error)),
    };
    let stamp = Stamp { modified: metadata.modified().ok(), len: metadata.len() };
    if *known == Some(stamp) {
        return (Some(stamp), Ok(Answered::found(Outcome::Unchanged)));
    }
    let keeping = kept.map(|kept| (kept, Key::of(path, &metadata)));
    let found = keeping.and_then(|(kept, key)| match wanted {
        Wanted::Size => kept.size(key).map(|(format, size)| Outcome::Size(format, size, None)),
        Wanted::Covering(_) => kept.find(key, *wanted).map(Outcome::Picture),
        _ => None,
    });
    let result = match found {
        Some(outcome) => Ok(Answered::found(outcome)),
        None => match outcome_of_file(path, stamp.len, *wanted, cancelled) {
            Err(PictureError::NeedsSystem(kind)) if by_system => {
                foreign::outcome(path, stamp, kind, *wanted, cancelled)
            }
            result => result,
        }
        .map(|outcome| {
            // What the conversation shows; the viewer's are as large as a screen, and looked at one by one.
            let new = keeping.filter(|_| matches!(wanted, Wanted::Covering(_))).map(|(_, key)| key);
            Answered { outcome, new }
        }),
    };
    (Some(stamp), result)
}

/// An answer, and under what it is to be kept if it is new.
pub(super) struct Answered {
    pub outcome: Outcome,
    pub new: Option<Key>,
}

impl Answered {
    fn found(outcome: Outcome) -> Self {
        Self { outcome, new: None }
    }
}

/// The answer without anything kept.
pub(super) fn plainly(source: Source, wanted: Wanted) -> Result<Outcome, PictureError> {
    answer(&Request { source, wanted, turns: 0, known: None }, None, true, &|| false).1.map(|answered| answered.outcome)
}

/// Runs decoders so that one that panics costs only its picture. They are pure functions of the file: nothing is left
/// half done behind them.
pub(super) fn contained<T>(decode: impl FnOnce() -> Result<T, PictureError>) -> Result<T, PictureError> {
    catch_unwind(AssertUnwindSafe(decode)).unwrap_or(Err(PictureError::Damaged))
}

fn picture_of(result: Result<Outcome, PictureError>) -> Result<Picture, PictureError> {
    match result? {
        Outcome::Picture(picture) => Ok(picture),
        // No pixels were asked for.
        Outcome::Size(..) | Outcome::Blur(_) | Outcome::Details(_) | Outcome::Unchanged => Err(PictureError::Cancelled),
    }
}

fn look(path: &Path) -> Result<Metadata, PictureError> {
    let metadata = fs::metadata(path).map_err(|error| from_io(&error))?;
    // Looked at before opening: opening a pipe would wait for its other end.
    if metadata.is_file() { Ok(metadata) } else { Err(PictureError::NotAPicture) }
}

fn outcome_of_file(
    path: &Path,
    len: u64,
    wanted: Wanted,
    cancelled: &dyn Fn() -> bool,
) -> Result<Outcome, PictureError> {
    let file = File::open(path).map_err(|error| from_io(&error))?;
    with_levels(decoded(process::Input::File(file, len), wanted, cancelled)?, wanted)
}

/// What is in `input`, `len` bytes long, decoded in this process.
pub(super) fn outcome(
    mut input: Box<dyn Input + '_>,
    len: u64,
    wanted: Wanted,
    cancelled: &dyn Fn() -> bool,
) -> Result<Outcome, PictureError> {
    let mut head = vec![0; sniff::HEAD];
    let read = read_as_much(&mut input, &mut head)?;
    let format = sniff::sniff(&head[..read]).ok_or(PictureError::NotAPicture)?;
    input.rewind().map_err(|error| from_io(&error))?;
    match (format, wanted) {
        (_, Wanted::Details { place }) if len <= MAX_FILE_BYTES => {
            Ok(Outcome::Details(details::read(input, format, place)))
        }
        (Format::Foreign(kind), _) => Err(PictureError::NeedsSystem(kind)),
        _ if len > MAX_FILE_BYTES => Err(PictureError::TooLarge),
        (Format::Tiff, _) => {
            contained(|| decoded_here(input, format, len, wanted, cancelled)).map_err(|error| match error {
                // There are many kinds of TIFF, and systems that read nearly all; of some the decoder says that they are
                // damaged, or panics.
                PictureError::NotAPicture | PictureError::Damaged => PictureError::NeedsSystem(Foreign::Tiff),
                error => error,
            })
        }
        _ => decoded_here(input, format, len, wanted, cancelled),
    }
}

fn decoded_here(
    input: Box<dyn Input + '_>,
    format: Format,
    len: u64,
    wanted: Wanted,
    cancelled: &dyn Fn() -> bool,
) -> Result<Outcome, PictureError> {
    let opened = Opened::open(input, format, len)?;
    let original = turned(opened.size, opened.orientation);
    let (bounds, still) = match wanted {
        Wanted::Size => return Ok(Outcome::Size(format, original, opened.embedded(original))),
        Wanted::Within(bounds) => (bounds, false),
        Wanted::Covering(place) => (original.covering(place), false),
        Wanted::Still(bounds) => (bounds, true),
        Wanted::Whole => (wanted.made_of(original), true),
        // Answered before.
        Wanted::Details { .. } => return Err(PictureError::Unreadable),
        Wanted::Blur { within } => {
            if let Some(frame) = opened.embedded(original) {
                return blur(&frame);
            }
            if !fits_into(format, original, within) {
                return Err(PictureError::TooLarge);
            }
            (Size::new(MAX_ENCODED_SIDE, MAX_ENCODED_SIDE), true)
        }
    };
    if cancelled() {
        return Err(PictureError::Cancelled);
    }
    let bounds = match wanted {
        Wanted::Whole => bounds,
        _ => Size::new(bounds.width.clamp(1, MAX_WANTED_SIDE), bounds.height.clamp(1, MAX_WANTED_SIDE)),
    };
    // The decoders give pixels as stored, lying or mirrored as they are.
    let target = opened.size.fitted_into(turned(bounds, opened.orientation));
    let (frames, shortened) = frames(opened, target, still, cancelled)?;
    if let (Wanted::Blur { .. }, [frame, ..]) = (wanted, &frames[..]) {
        return blur(frame);
    }
    Ok(Outcome::Picture(Picture { format, original, frames, shortened }))
}

fn blur(frame: &Frame) -> Result<Outcome, PictureError> {
    thumbhash::encode(frame.size, &frame.straight_rgba()).map(Outcome::Blur).ok_or(PictureError::Damaged)
}

fn frames(
    opened: Opened<'_>,
    target: Size,
    still: bool,
    cancelled: &dyn Fn() -> bool,
) -> Result<(Vec<Frame>, bool), PictureError> {
    let Opened { size, orientation, profile, kind } = opened;
    let profile = profile.as_deref().and_then(Profile::parse);
    let profile = profile.as_ref();
    let moves = !still && u64::from(size.width) * u64::from(size.height) <= MAX_MOVING_PIXELS;
    match kind.frames(size, target, moves)? {
        Kind::Still(image) => {
            if cancelled() {
                return Err(PictureError::Cancelled);
            }
            let rgba = to_srgb(scaled(image, target)?, profile);
            Ok((vec![upright_frame(rgba, orientation, Duration::ZERO)], !moves && !still))
        }
        Kind::Moving(frames) => {
            let (frames, shortened) = animation::collect(size, target, MAX_FRAMES_BYTES, frames, cancelled)?;
            Ok((animation::finished(frames, profile, orientation)?, shortened))
        }
    }
}

/// Here, not where it was decoded: pixels harm nobody, and a third more needn't go through the pipe.
fn with_levels(outcome: Outcome, wanted: Wanted) -> Result<Outcome, PictureError> {
    match (outcome, wanted) {
        (Outcome::Picture(mut picture), Wanted::Whole) => {
            let whole = picture.frames.drain(..).next().ok_or(PictureError::Damaged)?;
            picture.frames = levels::levels(whole)?;
            Ok(Outcome::Picture(picture))
        }
        (outcome, _) => Ok(outcome),
    }
}

/// Sets a scaled frame upright and multiplies its alpha in.
pub(super) fn upright_frame(image: RgbaImage, orientation: Orientation, delay: Duration) -> Frame {
    let mut image = DynamicImage::ImageRgba8(image);
    image.apply_orientation(orientation);
    let image = image.into_rgba8();
    let size = Size::new(image.width(), image.height());
    let mut rgba = image.into_raw();
    multiply_alpha(&mut rgba);
    Frame { size, rgba, delay }
}

/// A size after (or, as turning twice is nothing, before) setting upright.
fn turned(size: Size, orientation: Orientation) -> Size {
    match orientation {
        Orientation::Rotate90 | Orientation::Rotate270 | Orientation::Rotate90FlipH | Orientation::Rotate270FlipH => {
            Size::new(size.height, size.width)
        }
        _ => size,
    }
}

fn read_as_much(input: &mut Box<dyn Input + '_>, buffer: &mut [u8]) -> Result<usize, PictureError> {
    let mut filled = 0;
    while filled < buffer.len() {
        match input.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(n) => filled += n,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(from_io(&error)),
        }
    }
    Ok(filled)
}

pub(super) fn from_io(error: &std::io::Error) -> PictureError {
    match error.kind() {
        ErrorKind::NotFound => PictureError::Gone,
        // A file that ends in the middle, and what decoders make of nonsense.
        ErrorKind::UnexpectedEof | ErrorKind::InvalidData | ErrorKind::InvalidInput | ErrorKind::Other => {
            PictureError::Damaged
        }
        _ => PictureError::Unreadable,
    }
}
