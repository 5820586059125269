//! Files and folders, reached so that nobody can slip another one in.
//!
//! Everything goes through an opened [`Folder`]: names are single components below its handle, and links are never
//! followed, so a link put in the way leads nowhere. On Windows, where the standard library has no such handles, paths
//! below a canonical one stand in for them.
//!
//! No unsafe code on Unix but for one system call of Linux (see `files/write_back.rs`); on Windows two need it (see
//! `files/windows.rs`).

use std::{
    ffi::OsString,
    fs::File,
    io,
    path::{Path, PathBuf},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;
#[cfg(target_os = "linux")]
mod write_back;

#[cfg(unix)]
use unix as system;
#[cfg(windows)]
use windows as system;

pub use system::Folder;

/// Whether a [`Stamp`] differs after every change, whichever times somebody set: no program can set the time of change.
/// On Windows, where the standard library doesn't tell that time, whoever must be sure reads the file.
pub const STAMPS_TELL_EVERY_CHANGE: bool = cfg!(unix);

/// What tells two states of a file apart, as far as the system tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Stamp {
    /// In bytes.
    pub size: u64,
    pub modified: Moment,
    /// Of content or attributes; of creation on Windows.
    pub changed: Moment,
    pub device: u64,
    /// 0 where the system has no such number at hand.
    pub inode: u64,
}

impl Stamp {
    /// Of an open file or of metadata read without following links.
    #[must_use]
    pub fn of(metadata: &std::fs::Metadata) -> Self {
        system::stamp(metadata)
    }
}

/// A file's time: seconds since 1970-01-01 UTC (negative before) and nanoseconds (0 to 999,999,999) after those.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Moment {
    pub seconds: i64,
    pub nanoseconds: u32,
}

impl Moment {
    #[must_use]
    pub fn from_millis(millis: i64) -> Self {
        let nanoseconds = u32::try_from(millis.rem_euclid(1000)).unwrap_or(0) * 1_000_000;
        Self { seconds: millis.div_euclid(1000), nanoseconds }
    }

    /// Rounded down.
    #[must_use]
    pub fn as_millis(self) -> i64 {
        self.seconds.saturating_mul(1000).saturating_add(i64::from(self.nanoseconds / 1_000_000))
    }

    /// `None` when the system can't express it.
    #[must_use]
    pub fn as_system_time(self) -> Option<SystemTime> {
        let whole = Duration::from_secs(self.seconds.unsigned_abs());
        let start = if self.seconds < 0 { UNIX_EPOCH.checked_sub(whole) } else { UNIX_EPOCH.checked_add(whole) };
        start?.checked_add(Duration::from_nanos(u64::from(self.nanoseconds)))
    }
}

impl From<SystemTime> for Moment {
    fn from(time: SystemTime) -> Self {
        match time.duration_since(UNIX_EPOCH) {
            Ok(after) => {
                Self { seconds: after.as_secs().try_into().unwrap_or(i64::MAX), nanoseconds: after.subsec_nanos() }
            }
            Err(before) => {
                let before = before.duration();
                let seconds = i64::try_from(before.as_secs()).unwrap_or(i64::MAX);
                match before.subsec_nanos() {
                    0 => Self { seconds: -seconds, nanoseconds: 0 },
                    part => Self { seconds: -seconds - 1, nanoseconds: 1_000_000_000 - part },
                }
            }
        }
    }
}

/// What lies under a name, links not followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    File,
    Folder,
    Link,
    /// Pipes, sockets, devices: nothing that can be copied.
    Special,
}

/// One name in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    pub name: OsString,
    pub kind: Kind,
    pub stamp: Stamp,
}

/// What is left of a file system for this user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Bytes that can still be written.
    pub free: u64,
    /// Bytes that the whole file system holds.
    pub total: u64,
    /// Bytes that are given to files at a time.
    pub block: u64,
    /// How many more files can be made, where that is limited.
    pub files: Option<u64>,
}

/// Opens a file for reading. A link as the last component, a folder or a special file is refused, the latter without
/// waiting for its other end.
///
/// # Errors
/// Those of the system; [`io::ErrorKind::InvalidInput`] for what is not a plain file.
pub fn open_plain(path: &Path) -> io::Result<(File, Stamp)> {
    let file = system::open_plain(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a plain file"));
    }
    Ok((file, Stamp::of(&metadata)))
}

/// What lies at a path, without following a link there; then, for a link, what it leads to.
///
/// # Errors
/// Those of the system.
pub fn look(path: &Path) -> io::Result<(Kind, Stamp)> {
    let metadata = std::fs::symlink_metadata(path)?;
    Ok((kind_of(metadata.file_type()), Stamp::of(&metadata)))
}

/// Has what was written there on its way to the disk while more is written, so that little is left to do for
/// [`flush_file`]; promises nothing. May wait for a busy disk. Without effect where the system has no such hint.
pub fn begin_write_back(file: &File, from: u64, length: u64) {
    #[cfg(target_os = "linux")]
    write_back::begin(file, from, length);
    #[cfg(not(target_os = "linux"))]
    let _ = (file, from, length);
}

/// Writes a file's content and metadata through to the disk, the disk's own cache included where the system can tell it
/// to.
///
/// # Errors
/// Those of the system: some of the content may be lost.
pub fn flush_file(file: &File) -> io::Result<()> {
    // On macOS the standard library uses F_FULLFSYNC, on Windows FlushFileBuffers.
    file.sync_all()
}

/// Makes a folder and those above it where they are missing, so that they are still there after a power cut.
///
/// # Errors
/// Those of the system.
pub fn make_folders(path: &Path, builder: &mut std::fs::DirBuilder) -> io::Result<()> {
    let missing: Vec<&Path> = path.ancestors().take_while(|folder| !folder.exists()).collect();
    builder.recursive(true).create(path)?;
    for parent in missing.iter().filter_map(|made| made.parent()) {
        let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
        match Folder::open(parent).and_then(|parent| parent.flush()) {
            // Where names can be made but not listed, nothing more can be done.
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {}
            flushed => flushed?,
        }
    }
    Ok(())
}

/// The disk is full, or this person's share of it.
#[must_use]
pub fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

/// A link was met where none is followed.
#[must_use]
pub fn is_link(error: &io::Error) -> bool {
    system::is_link(error)
}

/// The path in its one true form, links resolved.
///
/// # Errors
/// Those of the system, such as nothing being there.
pub fn canonical(path: &Path) -> io::Result<PathBuf> {
    std::fs::canonicalize(path)
}

fn kind_of(kind: std::fs::FileType) -> Kind {
    if kind.is_file() {
        Kind::File
    } else if kind.is_dir() {
        Kind::Folder
    } else if kind.is_symlink() {
        Kind::Link
    } else {
        Kind::Special
    }
}

#[cfg(all(test, target_os = "linux"))]
pub(crate) mod small_disk;
#[cfg(test)]
mod tests;
