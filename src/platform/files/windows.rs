//! Windows: paths below a canonical one, since the standard library opens nothing relative to a handle.
//!
//! Unsafe code: `MoveFileExW` (the standard rename replaces) and `GetDiskFreeSpaceExW` have no safe wrapper in the
//! standard library. Both get a zero-terminated path that lives across the call, and nothing else of ours but a number
//! to fill.
#![allow(unsafe_code)]

use std::{
    ffi::OsStr,
    fs::{File, OpenOptions},
    io,
    ops::ControlFlow,
    os::windows::{
        ffi::OsStrExt as _,
        fs::{MetadataExt as _, OpenOptionsExt as _},
    },
    path::{Component, Path, PathBuf},
};

use windows_sys::Win32::Storage::FileSystem::{
    FILE_FLAG_BACKUP_SEMANTICS, FILE_FLAG_OPEN_REPARSE_POINT, FILE_WRITE_ATTRIBUTES, GetDiskFreeSpaceExW,
    MOVEFILE_WRITE_THROUGH, MoveFileExW,
};

use super::{Listed, Moment, Room, Stamp, kind_of};

/// Bytes that NTFS gives to files at a time, by default; only an estimate is made of it.
const CLUSTER: u64 = 4096;

/// An opened folder.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
}

impl Folder {
    /// Opens the folder at a path of this person's own choice: links in it are followed.
    ///
    /// # Errors
    /// Those of the system; not being a folder is one.
    pub fn open(path: &Path) -> io::Result<Self> {
        let path = std::fs::canonicalize(path)?;
        if !std::fs::metadata(&path)?.is_dir() {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        Ok(Self { path })
    }

    /// Opens the folder of that name in this one. A link is an error.
    ///
    /// # Errors
    /// Those of the system.
    pub fn folder(&self, name: &OsStr) -> io::Result<Self> {
        let path = self.below(name)?;
        // A junction or a link is no folder here.
        if !std::fs::symlink_metadata(&path)?.file_type().is_dir() {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        Ok(Self { path })
    }

    /// Makes a new folder.
    ///
    /// # Errors
    /// Those of the system; the name being taken is [`io::ErrorKind::AlreadyExists`].
    pub fn create_folder(&self, name: &OsStr, _private: bool) -> io::Result<()> {
        std::fs::create_dir(self.below(name)?)
    }

    /// Makes a new file and opens it for writing.
    ///
    /// # Errors
    /// Those of the system; the name being taken, also by a link, is [`io::ErrorKind::AlreadyExists`].
    pub fn create_file(&self, name: &OsStr) -> io::Result<File> {
        OpenOptions::new().write(true).create_new(true).open(self.below(name)?)
    }

    /// Opens a plain file so that it can be flushed. A link, and anything but a plain file, is an error.
    ///
    /// # Errors
    /// Those of the system.
    pub fn file(&self, name: &OsStr) -> io::Result<File> {
        let path = self.below(name)?;
        let file = OpenOptions::new().read(true).write(true).custom_flags(FILE_FLAG_OPEN_REPARSE_POINT).open(path)?;
        if file.metadata()?.is_file() { Ok(file) } else { Err(io::ErrorKind::InvalidInput.into()) }
    }

    /// Opens a plain file for reading and writing. A link, and anything but a plain file, is an error.
    ///
    /// # Errors
    /// Those of the system.
    pub fn writable_file(&self, name: &OsStr) -> io::Result<File> {
        self.file(name)
    }

    /// What lies under a name, links not followed.
    ///
    /// # Errors
    /// Those of the system; [`io::ErrorKind::NotFound`] where nothing does.
    pub fn look(&self, name: &OsStr) -> io::Result<Stamp> {
        Ok(stamp(&std::fs::symlink_metadata(self.below(name)?)?))
    }

    /// Renames a file within this folder, replacing what has the name `to`.
    ///
    /// # Errors
    /// Those of the system.
    pub fn replace_file(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
        std::fs::rename(self.below(from)?, self.below(to)?)
    }

    /// Whether anything, a dangling link included, has that name.
    ///
    /// # Errors
    /// Those of the system.
    pub fn contains(&self, name: &OsStr) -> io::Result<bool> {
        match std::fs::symlink_metadata(self.below(name)?) {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Shows every name once, in the system's order, until `visit` breaks. What vanishes meanwhile is left out.
    ///
    /// # Errors
    /// Those of the system.
    pub fn list(&self, visit: &mut dyn FnMut(Listed) -> ControlFlow<()>) -> io::Result<()> {
        for entry in std::fs::read_dir(&self.path)? {
            let entry = entry?;
            let metadata = match entry.metadata() {
                Ok(metadata) => metadata,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            };
            let listed =
                Listed { name: entry.file_name(), kind: kind_of(metadata.file_type()), stamp: stamp(&metadata) };
            if visit(listed).is_break() {
                break;
            }
        }
        Ok(())
    }

    /// Moves what is called `from` here to the name `to` in another folder of the same file system, and never replaces
    /// anything.
    ///
    /// # Errors
    /// Those of the system; the name being taken is [`io::ErrorKind::AlreadyExists`].
    pub fn rename_new(&self, from: &OsStr, folder: &Self, to: &OsStr) -> io::Result<()> {
        let (from, to) = (wide(&self.below(from)?), wide(&folder.below(to)?));
        // SAFETY: both are zero-terminated and live until the call returns.
        match unsafe { MoveFileExW(from.as_ptr(), to.as_ptr(), MOVEFILE_WRITE_THROUGH) } {
            0 => Err(io::Error::last_os_error()),
            _ => Ok(()),
        }
    }

    /// Removes a file or a link, not what it leads to.
    ///
    /// # Errors
    /// Those of the system.
    pub fn remove_file(&self, name: &OsStr) -> io::Result<()> {
        let path = self.below(name)?;
        std::fs::remove_file(&path).or_else(|error| {
            // A link to a folder is removed like a folder.
            let kind = std::fs::symlink_metadata(&path)?.file_type();
            if kind.is_symlink() { std::fs::remove_dir(&path) } else { Err(error) }
        })
    }

    /// Removes an empty folder.
    ///
    /// # Errors
    /// Those of the system.
    pub fn remove_folder(&self, name: &OsStr) -> io::Result<()> {
        std::fs::remove_dir(self.below(name)?)
    }

    /// Names are written through by the rename itself here.
    ///
    /// # Errors
    /// None.
    pub fn flush(&self) -> io::Result<()> {
        Ok(())
    }

    /// Whether [`Self::flush_file_system`] can be relied on: every file must be flushed by itself here.
    #[must_use]
    pub fn flushes_file_system(&self) -> bool {
        false
    }

    /// Nothing here: see [`Self::flushes_file_system`].
    ///
    /// # Errors
    /// None.
    pub fn flush_file_system(&self) -> io::Result<()> {
        Ok(())
    }

    /// What this user can still write here.
    ///
    /// # Errors
    /// Those of the system.
    pub fn room(&self) -> io::Result<Room> {
        let path = wide(&self.path);
        let (mut free, mut total) = (0, 0);
        // SAFETY: the path is zero-terminated, the numbers outlive the call, and null means "not wanted".
        match unsafe { GetDiskFreeSpaceExW(path.as_ptr(), &raw mut free, &raw mut total, std::ptr::null_mut()) } {
            0 => Err(io::Error::last_os_error()),
            _ => Ok(Room { free, total, block: CLUSTER, files: None }),
        }
    }

    /// Says on the file itself that it came from another computer (the mark of the web), where the file system can keep
    /// that.
    pub fn mark_from_outside(&self, name: &OsStr, _file: &File) {
        if let Ok(mut stream) = self.below(name).map(PathBuf::into_os_string) {
            stream.push(":Zone.Identifier");
            // What it can't keep is no reason to refuse the file.
            std::fs::write(stream, "[ZoneTransfer]\r\nZoneId=3\r\n").ok();
        }
    }

    /// Sets the folder's own time of modification.
    ///
    /// # Errors
    /// Those of the system.
    pub fn set_modified(&self, modified: Moment) -> io::Result<()> {
        let Some(time) = modified.as_system_time() else { return Ok(()) };
        let folder = OpenOptions::new()
            .access_mode(FILE_WRITE_ATTRIBUTES)
            .custom_flags(FILE_FLAG_BACKUP_SEMANTICS)
            .open(&self.path)?;
        folder.set_modified(time)
    }

    /// Downloads are private to their user here already.
    pub fn make_private(&self) {}

    /// Whether names can be made in it: here only making one tells.
    ///
    /// # Errors
    /// None.
    #[allow(clippy::unnecessary_wraps, reason = "other systems tell")]
    pub fn check_writable(&self) -> io::Result<()> {
        Ok(())
    }

    /// Always: see [`Self::make_private`].
    ///
    /// # Errors
    /// None.
    pub fn is_ours(&self, _other: &Self) -> io::Result<bool> {
        Ok(true)
    }

    /// When it was last written to.
    ///
    /// # Errors
    /// Those of the system.
    pub fn stamp(&self) -> io::Result<Stamp> {
        Ok(stamp(&std::fs::symlink_metadata(&self.path)?))
    }

    /// Another handle of the same folder.
    ///
    /// # Errors
    /// None.
    pub fn try_clone(&self) -> io::Result<Self> {
        Ok(Self { path: self.path.clone() })
    }

    /// The path it was opened by, in its canonical form.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A single component: whatever could lead elsewhere is refused here again, whoever cleaned it before.
    fn below(&self, name: &OsStr) -> io::Result<PathBuf> {
        let mut components = Path::new(name).components();
        let single =
            matches!((components.next(), components.next()), (Some(Component::Normal(only)), None) if only == name);
        if !single || name.encode_wide().any(|unit| unit == 0 || unit == u16::from(b':')) {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        Ok(self.path.join(name))
    }
}

pub(super) fn open_plain(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).custom_flags(FILE_FLAG_OPEN_REPARSE_POINT).open(path)
}

pub(super) fn is_link(_error: &io::Error) -> bool {
    // A link opens as itself there and is told by its kind.
    false
}

pub(super) fn stamp(metadata: &std::fs::Metadata) -> Stamp {
    Stamp {
        size: metadata.file_size(),
        modified: moment(metadata.last_write_time()),
        changed: moment(metadata.creation_time()),
        device: 0,
        inode: 0,
    }
}

/// From 100 ns since 1601-01-01 UTC.
fn moment(time: u64) -> Moment {
    const UNTIL_1970: i64 = 11_644_473_600;
    let seconds = i64::try_from(time / 10_000_000).unwrap_or(i64::MAX) - UNTIL_1970;
    Moment { seconds, nanoseconds: u32::try_from(time % 10_000_000).unwrap_or(0) * 100 }
}

fn wide(path: &Path) -> Vec<u16> {
    path.as_os_str().encode_wide().chain([0]).collect()
}
