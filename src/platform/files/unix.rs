//! Linux, macOS and their kin, through `rustix`: every call relative to an opened folder.
#![forbid(unsafe_code)]

use std::{
    ffi::{OsStr, OsString},
    fs::File,
    io,
    ops::ControlFlow,
    os::{
        fd::{AsFd as _, BorrowedFd, OwnedFd},
        unix::{
            ffi::{OsStrExt as _, OsStringExt as _},
            fs::MetadataExt as _,
        },
    },
    path::{Path, PathBuf},
};

use rustix::fs::{Access, AtFlags, Dir, FileType, Mode, OFlags, RenameFlags, XattrFlags};
use rustix::io::Errno;

use super::{Kind, Listed, Moment, Room, Stamp};

/// Linux' file systems of which `syncfs` flushes everything to the disk, by their numbers (linux/magic.h and the
/// file systems' own headers). Others, such as FUSE and SMB, report success without having told whoever keeps the bytes.
#[cfg(target_os = "linux")]
const FLUSHED_AS_A_WHOLE: [u32; 11] = [
    0xEF53,      // ext2, ext3, ext4
    0x5846_5342, // XFS
    0x9123_683E, // Btrfs
    0xF2F5_2010, // F2FS
    0xCA45_1A4E, // bcachefs
    0x2FC1_2FC1, // ZFS
    0x4D44,      // FAT
    0x2011_BAB0, // exFAT
    0x7366_746E, // NTFS, the kernel's own
    0x794C_7630, // overlayfs, which hands it on to the one above
    0x0102_1994, // tmpfs, where there is nothing to flush
];

/// An opened folder.
#[derive(Debug)]
pub struct Folder {
    handle: OwnedFd,
    path: PathBuf,
}

impl Folder {
    /// Opens the folder at a path of this person's own choice: links in it are followed.
    ///
    /// # Errors
    /// Those of the system; not being a folder is one.
    pub fn open(path: &Path) -> io::Result<Self> {
        let handle = rustix::fs::open(path, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
        Ok(Self { handle, path: path.to_owned() })
    }

    /// Opens the folder of that name in this one. A link is an error.
    ///
    /// # Errors
    /// Those of the system.
    pub fn folder(&self, name: &OsStr) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let handle = rustix::fs::openat(&self.handle, single(name)?, flags, Mode::empty())?;
        Ok(Self { handle, path: self.path.join(name) })
    }

    /// Makes a new folder; a `private` one can only be entered by its owner.
    ///
    /// # Errors
    /// Those of the system; the name being taken is [`io::ErrorKind::AlreadyExists`].
    pub fn create_folder(&self, name: &OsStr, private: bool) -> io::Result<()> {
        let mode = if private { Mode::RWXU } else { Mode::from_raw_mode(0o777) };
        Ok(rustix::fs::mkdirat(&self.handle, single(name)?, mode)?)
    }

    /// Makes a new file, never executable, and opens it for writing.
    ///
    /// # Errors
    /// Those of the system; the name being taken, also by a link, is [`io::ErrorKind::AlreadyExists`].
    pub fn create_file(&self, name: &OsStr) -> io::Result<File> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let handle = rustix::fs::openat(&self.handle, single(name)?, flags, Mode::from_raw_mode(0o666))?;
        Ok(File::from(handle))
    }

    /// Opens a plain file. A link, and anything but a plain file, is an error.
    ///
    /// # Errors
    /// Those of the system.
    pub fn file(&self, name: &OsStr) -> io::Result<File> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = File::from(rustix::fs::openat(&self.handle, single(name)?, flags, Mode::empty())?);
        if file.metadata()?.is_file() { Ok(file) } else { Err(Errno::INVAL.into()) }
    }

    /// Opens a plain file for reading and writing. A link, and anything but a plain file, is an error.
    ///
    /// # Errors
    /// Those of the system.
    pub fn writable_file(&self, name: &OsStr) -> io::Result<File> {
        let flags = OFlags::RDWR | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = File::from(rustix::fs::openat(&self.handle, single(name)?, flags, Mode::empty())?);
        if file.metadata()?.is_file() { Ok(file) } else { Err(Errno::INVAL.into()) }
    }

    /// What lies under a name, links not followed.
    ///
    /// # Errors
    /// Those of the system; [`io::ErrorKind::NotFound`] where nothing does.
    pub fn look(&self, name: &OsStr) -> io::Result<Stamp> {
        Ok(stamp_of_stat(&rustix::fs::statat(&self.handle, single(name)?, AtFlags::SYMLINK_NOFOLLOW)?))
    }

    /// Renames a file within this folder, replacing what has the name `to`.
    ///
    /// # Errors
    /// Those of the system.
    pub fn replace_file(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
        Ok(rustix::fs::renameat(&self.handle, single(from)?, &self.handle, single(to)?)?)
    }

    /// Whether anything, a dangling link included, has that name.
    ///
    /// # Errors
    /// Those of the system.
    pub fn contains(&self, name: &OsStr) -> io::Result<bool> {
        match rustix::fs::statat(&self.handle, single(name)?, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(_) => Ok(true),
            Err(Errno::NOENT) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Shows every name once, in the system's order, until `visit` breaks. What vanishes meanwhile is left out.
    ///
    /// # Errors
    /// Those of the system.
    pub fn list(&self, visit: &mut dyn FnMut(Listed) -> ControlFlow<()>) -> io::Result<()> {
        for entry in Dir::read_from(&self.handle)? {
            let entry = entry?;
            let name = entry.file_name().to_bytes();
            if name == b"." || name == b".." {
                continue;
            }
            let stat = match rustix::fs::statat(&self.handle, entry.file_name(), AtFlags::SYMLINK_NOFOLLOW) {
                Ok(stat) => stat,
                Err(Errno::NOENT) => continue,
                Err(error) => return Err(error.into()),
            };
            let kind = match FileType::from_raw_mode(stat.st_mode) {
                FileType::RegularFile => Kind::File,
                FileType::Directory => Kind::Folder,
                FileType::Symlink => Kind::Link,
                _ => Kind::Special,
            };
            let name = OsString::from_vec(name.to_vec());
            if visit(Listed { name, kind, stamp: stamp_of_stat(&stat) }).is_break() {
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
        let (from, to) = (single(from)?, single(to)?);
        #[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
        match rustix::fs::renameat_with(&self.handle, from, &folder.handle, to, RenameFlags::NOREPLACE) {
            Ok(()) => return Ok(()),
            // Old kernels and some network and FUSE file systems don't know the flag.
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => {}
            Err(error) => return Err(error.into()),
        }
        rename_new_by_other_means(self.handle.as_fd(), from, folder.handle.as_fd(), to)
    }

    /// Removes a file or a link, not what it leads to.
    ///
    /// # Errors
    /// Those of the system.
    pub fn remove_file(&self, name: &OsStr) -> io::Result<()> {
        Ok(rustix::fs::unlinkat(&self.handle, single(name)?, AtFlags::empty())?)
    }

    /// Removes an empty folder.
    ///
    /// # Errors
    /// Those of the system.
    pub fn remove_folder(&self, name: &OsStr) -> io::Result<()> {
        Ok(rustix::fs::unlinkat(&self.handle, single(name)?, AtFlags::REMOVEDIR)?)
    }

    /// Writes the folder's list of names through to the disk.
    ///
    /// # Errors
    /// Those of the system: a name given lately may be lost in a crash.
    pub fn flush(&self) -> io::Result<()> {
        match rustix::fs::fsync(&self.handle) {
            // Some file systems (FUSE, network) have nothing to flush in a folder.
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => Ok(()),
            result => Ok(result?),
        }
    }

    /// Whether [`Self::flush_file_system`] can be relied on; where not, every file must be flushed by itself.
    #[must_use]
    pub fn flushes_file_system(&self) -> bool {
        #[cfg(target_os = "linux")]
        #[allow(clippy::cast_possible_truncation, clippy::unnecessary_cast, reason = "its type differs by processor")]
        return rustix::fs::fstatfs(&self.handle).is_ok_and(|stat| FLUSHED_AS_A_WHOLE.contains(&(stat.f_type as u32)));
        #[cfg(not(target_os = "linux"))]
        false
    }

    /// Writes everything of the folder's file system through to the disk, where [`Self::flushes_file_system`].
    ///
    /// # Errors
    /// Those of the system: some of what was written may be lost.
    pub fn flush_file_system(&self) -> io::Result<()> {
        #[cfg(target_os = "linux")]
        rustix::fs::syncfs(&self.handle)?;
        Ok(())
    }

    /// What this user can still write here.
    ///
    /// # Errors
    /// Those of the system.
    pub fn room(&self) -> io::Result<Room> {
        let stat = rustix::fs::fstatvfs(&self.handle)?;
        let bytes = |blocks: u64| blocks.saturating_mul(stat.f_frsize);
        // Where files aren't counted, there are none in all.
        let files = (stat.f_files > 0).then_some(stat.f_favail);
        Ok(Room { free: bytes(stat.f_bavail), total: bytes(stat.f_blocks), block: stat.f_frsize, files })
    }

    /// Says on the file itself that it came from another computer, where the file system can keep that.
    pub fn mark_from_outside(&self, _name: &OsStr, file: &File) {
        // What it can't keep is no reason to refuse the file: it is not executable either way.
        #[cfg(target_os = "linux")]
        let done = rustix::fs::fsetxattr(file, "user.xdg.origin.url", b"fantail:", XattrFlags::empty());
        #[cfg(target_vendor = "apple")]
        let done = rustix::fs::fsetxattr(file, "com.apple.quarantine", &quarantine(), XattrFlags::empty());
        #[cfg(any(target_os = "linux", target_vendor = "apple"))]
        done.ok();
        #[cfg(not(any(target_os = "linux", target_vendor = "apple")))]
        let _ = file;
    }

    /// Sets the folder's own time of modification.
    ///
    /// # Errors
    /// Those of the system.
    pub fn set_modified(&self, modified: Moment) -> io::Result<()> {
        let Some(time) = modified.as_system_time() else { return Ok(()) };
        File::from(self.handle.try_clone()?).set_modified(time)
    }

    /// Whether names can be made in it, as far as the system tells without making one.
    ///
    /// # Errors
    /// Why not.
    pub fn check_writable(&self) -> io::Result<()> {
        let wanted = Access::WRITE_OK | Access::EXEC_OK;
        match rustix::fs::accessat(&self.handle, ".", wanted, AtFlags::EACCESS) {
            // Not every system can answer for the program instead of for whoever started it; making a name tells.
            Err(Errno::NOSYS | Errno::INVAL) => Ok(()),
            result => Ok(result?),
        }
    }

    /// Keeps others out. Without effect on file systems that have no owners.
    pub fn make_private(&self) {
        rustix::fs::fchmod(&self.handle, Mode::RWXU).ok();
    }

    /// Whether this user, or whoever owns `other`, owns this folder: nobody else could have laid it in the way.
    ///
    /// # Errors
    /// Those of the system.
    pub fn is_ours(&self, other: &Self) -> io::Result<bool> {
        let owner = rustix::fs::fstat(&self.handle)?.st_uid;
        Ok(owner == rustix::process::geteuid().as_raw() || owner == rustix::fs::fstat(&other.handle)?.st_uid)
    }

    /// When it was last written to, and which one it is.
    ///
    /// # Errors
    /// Those of the system.
    pub fn stamp(&self) -> io::Result<Stamp> {
        Ok(stamp_of_stat(&rustix::fs::fstat(&self.handle)?))
    }

    /// Another handle of the same folder.
    ///
    /// # Errors
    /// Those of the system, such as too many open files.
    pub fn try_clone(&self) -> io::Result<Self> {
        Ok(Self { handle: self.handle.try_clone()?, path: self.path.clone() })
    }

    /// The path it was opened by.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

pub(super) fn open_plain(path: &Path) -> io::Result<File> {
    // Without NONBLOCK a pipe would wait here for its writer.
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    Ok(File::from(rustix::fs::open(path, flags, Mode::empty())?))
}

pub(super) fn is_link(error: &io::Error) -> bool {
    error.raw_os_error() == Some(Errno::LOOP.raw_os_error())
}

pub(super) fn stamp(metadata: &std::fs::Metadata) -> Stamp {
    Stamp {
        size: metadata.size(),
        modified: Moment { seconds: metadata.mtime(), nanoseconds: nanoseconds(metadata.mtime_nsec()) },
        changed: Moment { seconds: metadata.ctime(), nanoseconds: nanoseconds(metadata.ctime_nsec()) },
        device: metadata.dev(),
        inode: metadata.ino(),
    }
}

#[allow(clippy::unnecessary_cast, clippy::useless_conversion, reason = "the fields' types differ by system")]
fn stamp_of_stat(stat: &rustix::fs::Stat) -> Stamp {
    Stamp {
        size: stat.st_size as u64,
        modified: Moment { seconds: stat.st_mtime as i64, nanoseconds: nanoseconds(stat.st_mtime_nsec as i64) },
        changed: Moment { seconds: stat.st_ctime as i64, nanoseconds: nanoseconds(stat.st_ctime_nsec as i64) },
        device: stat.st_dev as u64,
        inode: stat.st_ino as u64,
    }
}

fn nanoseconds(count: i64) -> u32 {
    u32::try_from(count).unwrap_or(0)
}

/// A single component: whatever could lead elsewhere is refused here again, whoever cleaned it before.
fn single(name: &OsStr) -> io::Result<&OsStr> {
    let bytes = name.as_bytes();
    if bytes.is_empty() || bytes == b"." || bytes == b".." || bytes.contains(&b'/') || bytes.contains(&0) {
        return Err(Errno::INVAL.into());
    }
    Ok(name)
}

fn rename_new_by_other_means(old: BorrowedFd<'_>, from: &OsStr, new: BorrowedFd<'_>, to: &OsStr) -> io::Result<()> {
    let stat = rustix::fs::statat(old, from, AtFlags::SYMLINK_NOFOLLOW)?;
    if FileType::from_raw_mode(stat.st_mode) == FileType::Directory {
        // A rename replaces an empty folder only, and this one is ours: whoever had the name before makes it fail, and
        // so does whoever puts something into it meanwhile.
        rustix::fs::mkdirat(new, to, Mode::RWXU)?;
        return match rustix::fs::renameat(old, from, new, to) {
            Err(Errno::NOTEMPTY) => Err(Errno::EXIST.into()),
            result => Ok(result?),
        };
    }
    match rustix::fs::linkat(old, from, new, to, AtFlags::empty()) {
        Ok(()) => return Ok(rustix::fs::unlinkat(old, from, AtFlags::empty())?),
        // No hard links there.
        Err(Errno::PERM | Errno::OPNOTSUPP | Errno::NOSYS | Errno::MLINK) => {}
        Err(error) => return Err(error.into()),
    }
    replace_what_we_hold(old, from, new, to)
}

/// The last resort, for disks that know neither the flag nor hard links (some over FUSE or a network): holds the name with
/// an empty file of our own, and replaces that.
///
/// Whoever had the name before keeps it. Two windows of some microseconds are left, which nothing there can close: what
/// somebody puts in the place of our empty file, or writes into it, after it was looked at and before the rename, is
/// replaced; and a death between the two calls leaves the empty file, beside which what was received gets the next free
/// name when it goes on. To clean up by name would be worse: an empty file can be this person's own.
fn replace_what_we_hold(old: BorrowedFd<'_>, from: &OsStr, new: BorrowedFd<'_>, to: &OsStr) -> io::Result<()> {
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    drop(rustix::fs::openat(new, to, flags, Mode::RUSR | Mode::WUSR)?);
    // Not told by its number, which need not stay the same there.
    let is_empty = || {
        let stat = rustix::fs::statat(new, to, AtFlags::SYMLINK_NOFOLLOW);
        stat.is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile && stat.st_size == 0)
    };
    if !is_empty() {
        return Err(Errno::EXIST.into());
    }
    rustix::fs::renameat(old, from, new, to).map_err(|error| {
        if is_empty() {
            rustix::fs::unlinkat(new, to, AtFlags::empty()).ok();
        }
        error.into()
    })
}

/// "Downloaded, not yet looked at", when, by whom.
#[cfg(target_vendor = "apple")]
fn quarantine() -> Vec<u8> {
    let seconds = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_secs());
    format!("0083;{seconds:08x};Fantail;").into_bytes()
}

/// Without the flag, and with `linked` false without hard links either.
#[cfg(test)]
pub(super) fn rename_new_without_the_flag(from: (&Folder, &str), to: (&Folder, &str), linked: bool) -> io::Result<()> {
    let rename = if linked { rename_new_by_other_means } else { replace_what_we_hold };
    rename(from.0.handle.as_fd(), from.1.as_ref(), to.0.handle.as_fd(), to.1.as_ref())
}
