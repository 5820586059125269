//! Previews stay on the disk, so that a conversation opens at once next time.
//!
//! One file for each preview, named by whose it is: where the original lies, the state it was in (size, times, inode), its
//! size and that of the preview. Reading the originals to know them by their content would take what is saved here; one
//! that was changed or replaced has another state, and its preview is not found any more.
//!
//! A preview is written by this process from pixels that were checked, never by the one that decodes. What was damaged on
//! the disk is noticed by its digest, thrown away and made anew.

use std::{
    collections::HashMap,
    fs::{self, File, Metadata},
    io::{self, Cursor, Write as _},
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use image::{
    ExtendedColorType, ImageEncoder as _, ImageFormat, ImageReader, Limits,
    codecs::{
        jpeg::JpegEncoder,
        png::{CompressionType, FilterType, PngEncoder},
    },
};

use super::{
    Format, Frame, Picture, PictureError, Size, Wanted,
    decode::contained,
    limits::{MAX_KEPT_BYTES, MAX_WANTED_SIDE, ROOM_FOR_OTHERS},
};
use crate::platform::{
    files::{self, Stamp},
    home::create_private_dir,
    path_bytes,
};

/// High enough that nobody sees it was stored twice.
const QUALITY: u8 = 92;

/// When a preview was used is written down no oftener: looking at a conversation writes nothing for a day.
const USED_TO_A: Duration = Duration::from_secs(24 * 60 * 60);

/// What is cleared when there is too much, so that it isn't done again at once.
const CLEARED_TO: u64 = MAX_KEPT_BYTES / 10 * 9;

/// Files take their room in such steps on most disks.
const BLOCK: u64 = 4096;

/// Of a preview, how much larger than wanted it may be and still be taken: more would look uneven.
const LARGER: f32 = 1.25;

/// Which file in which state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    place: [u8; 16],
    state: [u8; 16],
}

impl Key {
    /// Of the file at `path`, with links followed.
    pub(super) fn of(path: &Path, metadata: &Metadata) -> Self {
        let Stamp { size, modified, changed, device: _, inode } = Stamp::of(metadata);
        let numbers = [size, modified.seconds as u64, changed.seconds as u64, inode];
        let parts = [modified.nanoseconds, changed.nanoseconds];
        let bytes: Vec<u8> = numbers
            .iter()
            .flat_map(|number| number.to_le_bytes())
            .chain(parts.iter().flat_map(|part| part.to_le_bytes()))
            .collect();
        Self { place: short(&path_bytes::to_bytes(path)), state: short(&bytes) }
    }
}

fn short(bytes: &[u8]) -> [u8; 16] {
    let mut digest = [0; 16];
    blake3::Hasher::new().update(bytes).finalize_xof().fill(&mut digest);
    digest
}

/// The previews in one folder, at most [`MAX_KEPT_BYTES`] of them.
#[derive(Debug)]
pub(super) struct Kept {
    folder: PathBuf,
    /// Read when it is first asked for.
    index: Mutex<Option<Index>>,
}

#[derive(Debug, Default)]
struct Index {
    files: HashMap<Key, Vec<Entry>>,
    bytes: u64,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    format: Format,
    original: Size,
    made: Size,
    /// On the disk.
    bytes: u64,
    used: SystemTime,
}

impl Kept {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder, index: Mutex::default() }
    }

    /// Format and upright size of the original, if a preview of it is here.
    pub(super) fn size(&self, key: Key) -> Option<(Format, Size)> {
        let mut index = self.index();
        let entry = index.get_or_insert_with(|| Index::read(&self.folder)).files.get(&key)?.first()?;
        Some((entry.format, entry.original))
    }

    /// The preview for `wanted`, or one that is a little larger.
    pub(super) fn find(&self, key: Key, wanted: Wanted) -> Option<Picture> {
        let (entry, last_used) = self.entry(key, wanted)?;
        let path = self.folder.join(name(key, &entry));
        match read(&path, &entry) {
            Ok(frame) => {
                if last_used.elapsed().is_ok_and(|since| since > USED_TO_A) {
                    let file = File::options().append(true).open(&path);
                    file.and_then(|file| file.set_modified(SystemTime::now())).ok();
                }
                let Entry { format, original, .. } = entry;
                Some(Picture { format, original, frames: vec![frame], shortened: false })
            }
            Err(error) => {
                log::debug!("a kept preview is made anew: {error}");
                fs::remove_file(&path).ok();
                self.index().as_mut()?.remove(key, entry.made);
                None
            }
        }
    }

    /// Keeps a preview if it is one of a still picture. Without room for it nothing happens.
    pub(super) fn keep(&self, key: Key, picture: &Picture) {
        let [frame] = &picture.frames[..] else { return };
        if picture.shortened {
            return;
        }
        let Picture { format, original, .. } = *picture;
        let mut entry = Entry { format, original, made: frame.size, bytes: 0, used: SystemTime::now() };
        match self.write(key, &entry, frame) {
            Ok(bytes) => {
                entry.bytes = bytes;
                let mut index = self.index();
                let index = index.get_or_insert_with(|| Index::read(&self.folder));
                index.remove(key, entry.made);
                index.add(key, entry);
                index.make_room(&self.folder);
            }
            Err(error) => log::debug!("a preview is not kept: {error}"),
        }
    }

    fn index(&self) -> MutexGuard<'_, Option<Index>> {
        // Its numbers are right after each line; at worst a file is looked for in vain.
        self.index.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn entry(&self, key: Key, wanted: Wanted) -> Option<(Entry, SystemTime)> {
        let mut index = self.index();
        let index = index.get_or_insert_with(|| Index::read(&self.folder));
        let entries = index.files.get_mut(&key)?;
        let needs = wanted.made_of(entries.first()?.original);
        let fits = |made: u32, needs: u32| made >= needs && made as f32 <= (needs as f32 * LARGER).ceil();
        let entry = entries
            .iter_mut()
            .filter(|entry| fits(entry.made.width, needs.width) && fits(entry.made.height, needs.height))
            .min_by_key(|entry| entry.made.width)?;
        let last_used = std::mem::replace(&mut entry.used, SystemTime::now());
        Some((*entry, last_used))
    }

    /// Under its name only when it is complete. Returns the bytes it takes.
    fn write(&self, key: Key, entry: &Entry, frame: &Frame) -> io::Result<u64> {
        let bytes = encoded(entry.format, frame).ok_or(io::ErrorKind::InvalidData)?;
        create_private_dir(&self.folder)?;
        if files::Folder::open(&self.folder)?.room()?.free < ROOM_FOR_OTHERS {
            return Err(io::ErrorKind::StorageFull.into());
        }
        // For its owner alone from the start.
        let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
        file.write_all(blake3::hash(&bytes).as_bytes())?;
        file.write_all(&bytes)?;
        file.persist(self.folder.join(name(key, entry))).map_err(|error| error.error)?;
        Ok(blocks(blake3::OUT_LEN as u64 + bytes.len() as u64))
    }
}

impl Index {
    fn read(folder: &Path) -> Self {
        let mut index = Self::default();
        for file in fs::read_dir(folder).into_iter().flatten().flatten() {
            let named = file.file_name().to_str().and_then(from_name);
            match (named, file.metadata()) {
                (Some((key, mut entry)), Ok(metadata)) => {
                    entry.bytes = blocks(metadata.len());
                    entry.used = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
                    index.add(key, entry);
                }
                // Begun and not finished; nobody else writes here.
                _ => drop(fs::remove_file(file.path())),
            }
        }
        index.make_room(folder);
        index
    }

    fn add(&mut self, key: Key, entry: Entry) {
        self.bytes += entry.bytes;
        self.files.entry(key).or_default().push(entry);
    }

    fn remove(&mut self, key: Key, made: Size) {
        let Some(entries) = self.files.get_mut(&key) else { return };
        let bytes = &mut self.bytes;
        entries.retain(|entry| {
            let stays = entry.made != made;
            *bytes -= if stays { 0 } else { entry.bytes };
            stays
        });
        if entries.is_empty() {
            self.files.remove(&key);
        }
    }

    /// Those that were not used for the longest time go.
    fn make_room(&mut self, folder: &Path) {
        if self.bytes <= MAX_KEPT_BYTES {
            return;
        }
        let mut all: Vec<(Key, Entry)> =
            self.files.iter().flat_map(|(key, entries)| entries.iter().map(|entry| (*key, *entry))).collect();
        all.sort_by_key(|(_, entry)| entry.used);
        for (key, entry) in all {
            if self.bytes <= CLEARED_TO {
                break;
            }
            fs::remove_file(folder.join(name(key, &entry))).ok();
            self.remove(key, entry.made);
        }
    }
}

/// Removes the previews in `folder` of all files at these paths, whatever state they were in.
///
/// # Errors
/// When the folder can't be read, or one of them can't be removed.
pub fn forget_previews(folder: &Path, paths: &[PathBuf]) -> io::Result<()> {
    let places: std::collections::HashSet<[u8; 16]> =
        paths.iter().map(|path| short(&path_bytes::to_bytes(path))).collect();
    let files = match fs::read_dir(folder) {
        Ok(files) => files,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    let mut result = Ok(());
    for file in files.flatten() {
        let place = file.file_name().to_str().and_then(from_name).map(|(key, _)| key.place);
        if place.is_some_and(|place| places.contains(&place))
            && let Err(error) = fs::remove_file(file.path())
            && error.kind() != io::ErrorKind::NotFound
        {
            result = Err(error);
        }
    }
    result
}

const fn blocks(bytes: u64) -> u64 {
    bytes.next_multiple_of(BLOCK)
}

fn name(key: Key, Entry { format, original, made, .. }: &Entry) -> String {
    let hex = |bytes: [u8; 16]| format!("{:032x}", u128::from_be_bytes(bytes));
    let size = |size: &Size| format!("{}x{}", size.width, size.height);
    format!("{}-{}-{}-{}-{format:?}", hex(key.place), hex(key.state), size(original), size(made))
}

fn from_name(name: &str) -> Option<(Key, Entry)> {
    let mut parts = name.split('-');
    let mut next = || parts.next();
    let hex = |text: &str| (text.len() == 32).then(|| u128::from_str_radix(text, 16).ok())?.map(u128::to_be_bytes);
    let size = |text: &str| {
        let (width, height) = text.split_once('x')?;
        Some(Size::new(width.parse().ok()?, height.parse().ok()?))
    };
    let key = Key { place: hex(next()?)?, state: hex(next()?)? };
    let (original, made) = (size(next()?)?, size(next()?)?);
    let format = serde_json::from_value(next()?.into()).ok()?;
    let entry = Entry { format, original, made, bytes: 0, used: SystemTime::UNIX_EPOCH };
    parts.next().is_none().then_some((key, entry))
}

/// What was a JPEG stays one; everything else keeps every pixel, as letters and drawings want it.
fn encoded(format: Format, Frame { size, rgba, .. }: &Frame) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    if format == Format::Jpeg {
        let rgb: Vec<u8> =
            rgba.as_chunks::<4>().0.iter().flat_map(|&[red, green, blue, _]| [red, green, blue]).collect();
        let encoder = JpegEncoder::new_with_quality(&mut bytes, QUALITY);
        encoder.write_image(&rgb, size.width, size.height, ExtendedColorType::Rgb8).ok()?;
    } else {
        // With alpha multiplied in, as it is shown.
        let encoder = PngEncoder::new_with_quality(&mut bytes, CompressionType::Fast, FilterType::Adaptive);
        encoder.write_image(rgba, size.width, size.height, ExtendedColorType::Rgba8).ok()?;
    }
    Some(bytes)
}

fn read(path: &Path, entry: &Entry) -> io::Result<Frame> {
    let damaged = || io::Error::from(io::ErrorKind::InvalidData);
    let bytes = fs::read(path)?;
    let (digest, bytes) = bytes.split_first_chunk::<{ blake3::OUT_LEN }>().ok_or_else(damaged)?;
    if blake3::hash(bytes) != *digest {
        return Err(damaged());
    }
    let format = if entry.format == Format::Jpeg { ImageFormat::Jpeg } else { ImageFormat::Png };
    let decode = || {
        let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
        let mut limits = Limits::no_limits();
        (limits.max_image_width, limits.max_image_height) = (Some(MAX_WANTED_SIDE), Some(MAX_WANTED_SIDE));
        reader.limits(limits);
        reader.decode().map_err(|_| PictureError::Damaged)
    };
    let image = contained(decode).map_err(|_| damaged())?.into_rgba8();
    let size = Size::new(image.width(), image.height());
    if size != entry.made {
        return Err(damaged());
    }
    Ok(Frame { size, rgba: image.into_raw(), delay: Duration::ZERO })
}

#[cfg(test)]
mod tests;
