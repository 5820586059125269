//! Where received things go, and where they lie until they are complete.
//!
//! Partials lie in `.fantail/<transfer>/` below the receive folder, so on the same file system, and only their owner can
//! enter there. What is removed is found by what this program called it, never by a name that came from outside.

use std::{
    ffi::{OsStr, OsString},
    fs::DirBuilder,
    io,
    ops::ControlFlow,
    path::Path,
    sync::Arc,
    time::{Duration, SystemTime},
};

use super::{journal, kept::Kept};
use crate::{
    platform::files::{Folder, Kind, Moment, Room, is_full, make_folders},
    protocol::{Fingerprint, Ranges, TransferId, message::Item},
    store::model::Problem,
};

/// The folder for partials, in every receive folder while something is under way.
pub(super) const PARTIALS: &str = ".fantail";

/// Partials of what no transfer is under way for: its end could not remove them, or the database was set aside. What is
/// under way keeps its own however long that takes, since clocks jump.
const KEEP_PARTIALS: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// What is never filled: the disk is often the system's own, and the database of what is received may lie on it too.
const LEFT_TO_OTHERS: u64 = 16 * 1024 * 1024;

/// Of a small file system, less: one part in so many.
const PART_LEFT_TO_OTHERS: u64 = 64;

/// What a transfer still needs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Missing {
    pub bytes: u64,
    pub files: u64,
}

/// A folder that takes what is received. Cloning gives another handle of the same.
#[derive(Clone, Debug)]
pub struct ReceiveFolder {
    folder: Arc<Folder>,
}

/// Why nothing can be received into a folder.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FolderError {
    /// It isn't there, must not be written to, or its disk doesn't work: now, that is.
    #[error("the folder can't be written to: {source}: {folder}")]
    NotWritable { folder: String, source: io::Error },
    #[error("the disk is full")]
    Full,
    /// What is to be received can never be written there.
    #[error("writing failed: {0}")]
    System(#[source] io::Error),
}

impl FolderError {
    /// What to tell this person.
    #[must_use]
    pub fn problem(&self) -> Problem {
        match self {
            Self::NotWritable { folder, .. } => Problem::FolderNotWritable { here: true, folder: Some(folder.clone()) },
            Self::Full => Problem::DiskFull { here: true },
            Self::System(error) => Problem::System { message: error.to_string() },
        }
    }
}

impl ReceiveFolder {
    /// Opens the folder, and makes it first where there is none. Blocks.
    ///
    /// # Errors
    /// When it isn't there and can't be made, or is no folder. Whether files can be made in it shows when one is.
    pub fn open(path: &Path) -> Result<Self, FolderError> {
        let open = || {
            make_folders(path, &mut DirBuilder::new())?;
            Folder::open(path)
        };
        let folder = open().map_err(|error| explain(path, error))?;
        Ok(Self { folder: Arc::new(folder) })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Whether there is room for so many more bytes in so many more files, besides what is left to everybody else.
    /// Blocks shortly.
    ///
    /// # Errors
    /// [`FolderError::Full`] when there isn't, and when the system doesn't say.
    pub fn check_room(&self, missing: Missing) -> Result<(), FolderError> {
        let room = self.folder.room().map_err(|error| explain(self.path(), error))?;
        if has_room(&room, missing) { Ok(()) } else { Err(FolderError::Full) }
    }

    /// Finds out whether something can be received here. Blocks shortly.
    ///
    /// # Errors
    /// When nothing can be made in it.
    pub fn check(&self) -> Result<(), FolderError> {
        // Partials that are there already say nothing about the folder itself.
        let check = || self.folder.check_writable().and_then(|()| self.partials());
        check().map_err(|error| explain(self.path(), error))?;
        self.tidy();
        Ok(())
    }

    /// Removes what is there of a transfer that will not go on. A transfer that is still being dropped is waited for, a
    /// moment long. Blocks.
    ///
    /// # Errors
    /// When something can't be removed; it is tried again by [`Self::clean`] after a week.
    pub fn discard(&self, with: Fingerprint, transfer: TransferId) -> Result<(), FolderError> {
        let remove = || -> io::Result<()> {
            let Some(partials) = self.existing_partials()? else { return Ok(()) };
            remove_patiently(&partials, &key(with, transfer))
        };
        let result = remove().map_err(|error| explain(self.path(), error));
        self.tidy();
        result
    }

    /// Removes partials that are older than [`KEEP_PARTIALS`], but for those of transfers that `rest`, for as long as that
    /// takes; for the program's start. Blocks.
    ///
    /// # Errors
    /// When something can't be read or removed; the rest is removed all the same.
    pub fn clean(&self, now: SystemTime, rest: &[(Fingerprint, TransferId)]) -> Result<(), FolderError> {
        let rest: Vec<OsString> = rest.iter().map(|(with, transfer)| key(*with, *transfer)).collect();
        let clean = || -> io::Result<()> {
            let Some(partials) = self.existing_partials()? else { return Ok(()) };
            let oldest = now.checked_sub(KEEP_PARTIALS).map_or(Moment::default(), Moment::from);
            let mut old = Vec::new();
            partials.list(&mut |entry| {
                if entry.kind == Kind::Folder && entry.stamp.modified < oldest && !rest.contains(&entry.name) {
                    old.push(entry.name);
                }
                ControlFlow::Continue(())
            })?;
            // A large file grows without its folder changing.
            let last = |name: &OsString| partials.folder(name).and_then(|one| one.look(OsStr::new(journal::NAME)));
            old.retain(|name| last(name).map_or(true, |journal| journal.modified < oldest));
            old.iter().try_for_each(|name| remove(&partials, name))
        };
        let result = clean().map_err(|error| explain(self.path(), error));
        self.tidy();
        result
    }

    /// What earlier attempts left of a transfer, tidied up; or, where nothing is left, a fresh start. `told` are the items
    /// that were told as saved before. Waits, bounded, for an attempt that was just ended. Blocks.
    ///
    /// # Errors
    /// When something can't be read or made.
    pub fn kept(
        &self,
        with: Fingerprint,
        transfer: TransferId,
        items: &[Item],
        accepted: &Ranges,
        told: Ranges,
    ) -> Result<Kept, FolderError> {
        let read = || -> io::Result<Kept> {
            let partials = match self.existing_partials()?.map(|all| all.folder(&key(with, transfer))) {
                Some(Err(error)) if error.kind() == io::ErrorKind::NotFound => None,
                Some(opened) => Some(opened?),
                None => None,
            };
            let kept =
                partials.map(|partials| Kept::read(partials, &self.folder, items, accepted, &told)).transpose()?;
            match kept.flatten() {
                Some(kept) => Ok(kept),
                None => Kept::begin(self.begin(with, transfer)?, items).map(|fresh| Kept { told, ..fresh }),
            }
        };
        read().map_err(|error| explain(self.path(), error))
    }

    pub(super) fn folder(&self) -> &Folder {
        &self.folder
    }

    /// A new, empty folder for the partials of a transfer; what is left of an earlier attempt is removed.
    pub(super) fn begin(&self, with: Fingerprint, transfer: TransferId) -> io::Result<Folder> {
        let name = key(with, transfer);
        // Another transfer's end may take the empty folder away between two of these steps.
        let mut last = io::Error::from(io::ErrorKind::NotFound);
        for _ in 0..10 {
            let attempt = || {
                let partials = self.partials()?;
                remove_patiently(&partials, &name)?;
                partials.create_folder(&name, true)?;
                // What is written down in it about items that get their names must be found again.
                partials.flush()?;
                partials.folder(&name)
            };
            match attempt() {
                Err(error) if error.kind() == io::ErrorKind::NotFound => last = error,
                result => return result,
            }
        }
        Err(last)
    }

    /// The end of a transfer of which nothing is left: its folder goes if it is empty.
    pub(super) fn end(&self, with: Fingerprint, transfer: TransferId) {
        if let Ok(Some(partials)) = self.existing_partials() {
            let key = key(with, transfer);
            if let Ok(folder) = partials.folder(&key) {
                folder.remove_file(OsStr::new(journal::NAME)).ok();
            }
            partials.remove_folder(&key).ok();
        }
        self.tidy();
    }

    /// Takes the folder for partials away if nothing is in it.
    fn tidy(&self) {
        self.folder.remove_folder(OsStr::new(PARTIALS)).ok();
    }

    fn existing_partials(&self) -> io::Result<Option<Folder>> {
        match self.folder.folder(OsStr::new(PARTIALS)) {
            Ok(partials) if partials.is_ours(&self.folder)? => Ok(Some(partials)),
            // Somebody else's, laid in the way: nothing of ours is in there.
            Ok(_) => Err(io::ErrorKind::PermissionDenied.into()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn partials(&self) -> io::Result<Folder> {
        match self.folder.create_folder(OsStr::new(PARTIALS), true) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        let partials = self.existing_partials()?.ok_or(io::ErrorKind::NotFound)?;
        partials.make_private();
        Ok(partials)
    }
}

/// Different computers may choose the same transfer id, by chance or by malice.
fn key(with: Fingerprint, transfer: TransferId) -> OsString {
    let with = with.to_string();
    OsString::from(format!("{transfer}-{}", with.get(..16).unwrap_or(&with)))
}

/// Bytes of a file system that are never filled.
pub(super) fn left_to_others(room: &Room) -> u64 {
    LEFT_TO_OTHERS.min(room.total / PART_LEFT_TO_OTHERS)
}

fn has_room(room: &Room, Missing { bytes, files }: Missing) -> bool {
    // The last block of a file is half empty on average.
    let blocks = files.saturating_mul(room.block / 2);
    let needed = bytes.saturating_add(blocks).saturating_add(left_to_others(room));
    needed <= room.free && room.files.is_none_or(|free| files <= free)
}

/// Whether it can be written there later is told apart only roughly: the system has many words for a disk that isn't
/// there any more, and what is waited for in vain can be cancelled.
pub(super) fn explain(folder: &Path, source: io::Error) -> FolderError {
    use io::ErrorKind::{FileTooLarge, InvalidFilename, InvalidInput, Unsupported};

    if is_full(&source) {
        FolderError::Full
    } else if matches!(source.kind(), FileTooLarge | InvalidFilename | InvalidInput | Unsupported) {
        FolderError::System(source)
    } else {
        FolderError::NotWritable { folder: folder.display().to_string(), source }
    }
}

/// A transfer's threads notice within milliseconds that it was dropped; until then they may still make files.
fn remove_patiently(parent: &Folder, name: &OsStr) -> io::Result<()> {
    const ATTEMPTS: u32 = 100;
    const PAUSE: Duration = Duration::from_millis(20);
    for _ in 1..ATTEMPTS {
        match remove(parent, name) {
            Ok(()) => return Ok(()),
            Err(_) => std::thread::sleep(PAUSE),
        }
    }
    remove(parent, name)
}

/// Removes a file, or a folder with all that is in it, following no links. That nothing is there is fine.
pub(super) fn remove(parent: &Folder, name: &OsStr) -> io::Result<()> {
    let folder = match parent.folder(name) {
        Ok(folder) => folder,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(_) => return parent.remove_file(name),
    };
    let mut inside = Vec::new();
    folder.list(&mut |entry| {
        inside.push((entry.name, entry.kind));
        ControlFlow::Continue(())
    })?;
    for (name, kind) in inside {
        if kind == Kind::Folder {
            remove(&folder, &name)?;
        } else {
            folder.remove_file(&name)?;
        }
    }
    drop(folder);
    parent.remove_folder(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PEER: Fingerprint = Fingerprint([7; 32]);
    const TRANSFER: TransferId = TransferId([1; 16]);

    #[test]
    fn a_missing_folder_is_made_and_leaves_no_trace_of_ours() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("Downloads/Fantail");
        let folder = ReceiveFolder::open(&path).unwrap();
        folder.check().unwrap();
        drop(folder.begin(PEER, TRANSFER).unwrap());
        folder.end(PEER, TRANSFER);
        assert_eq!(std::fs::read_dir(&path).unwrap().count(), 0);
        folder.check_room(Missing::default()).unwrap();
    }

    #[test]
    fn discarding_removes_one_transfers_partials_and_nothing_else() {
        let place = tempfile::tempdir().unwrap();
        let folder = ReceiveFolder::open(place.path()).unwrap();
        std::fs::write(place.path().join("mine"), "mine").unwrap();
        let partials = folder.begin(PEER, TRANSFER).unwrap();
        let other = folder.begin(Fingerprint([8; 32]), TRANSFER).unwrap();
        std::fs::create_dir(partials.path().join("0")).unwrap();
        std::fs::write(partials.path().join("0/inner"), "x").unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink(place.path(), partials.path().join("0/out")).unwrap();
        folder.discard(PEER, TRANSFER).unwrap();
        assert!(!partials.path().exists() && other.path().exists());
        assert_eq!(std::fs::read(place.path().join("mine")).unwrap(), b"mine");
        folder.discard(PEER, TRANSFER).unwrap();
    }

    #[test]
    fn beginning_again_starts_empty() {
        let place = tempfile::tempdir().unwrap();
        let folder = ReceiveFolder::open(place.path()).unwrap();
        let first = folder.begin(PEER, TRANSFER).unwrap();
        std::fs::write(first.path().join("0"), "half").unwrap();
        let second = folder.begin(PEER, TRANSFER).unwrap();
        assert_eq!(std::fs::read_dir(second.path()).unwrap().count(), 0);
    }

    #[test]
    fn partials_of_a_week_ago_go_but_younger_ones_and_those_of_what_rests_stay() {
        let place = tempfile::tempdir().unwrap();
        let folder = ReceiveFolder::open(place.path()).unwrap();
        let old = folder.begin(PEER, TRANSFER).unwrap();
        let young = folder.begin(PEER, TransferId([2; 16])).unwrap();
        let resting = folder.begin(PEER, TransferId([3; 16])).unwrap();
        std::fs::write(old.path().join("0"), "half").unwrap();
        std::fs::write(resting.path().join("0"), "half").unwrap();
        let week_ago = SystemTime::now() - KEEP_PARTIALS - Duration::from_secs(60);
        old.set_modified(week_ago.into()).unwrap();
        resting.set_modified(week_ago.into()).unwrap();
        folder.clean(SystemTime::now(), &[(PEER, TransferId([3; 16]))]).unwrap();
        assert!(!old.path().exists() && young.path().exists());
        assert!(resting.path().join("0").exists(), "what rests has no end of its own");
    }

    #[test]
    #[cfg(unix)]
    fn a_link_laid_in_the_way_of_partials_is_refused() {
        let place = tempfile::tempdir().unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(elsewhere.path(), place.path().join(PARTIALS)).unwrap();
        let folder = ReceiveFolder::open(place.path()).unwrap();
        assert!(matches!(folder.check(), Err(FolderError::NotWritable { .. })));
        assert!(folder.begin(PEER, TRANSFER).is_err());
        assert_eq!(std::fs::read_dir(elsewhere.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_file_where_the_folder_should_be_is_told() {
        let place = tempfile::NamedTempFile::new().unwrap();
        let error = ReceiveFolder::open(place.path()).unwrap_err();
        assert!(matches!(error.problem(), Problem::FolderNotWritable { here: true, folder: Some(_) }));
    }

    #[test]
    fn there_is_room_only_beside_what_is_left_to_others() {
        let mib = 1024 * 1024;
        let disk = Room { free: 116 * mib, total: 100_000 * mib, block: 4096, files: Some(1000) };
        let fits = |bytes, files| has_room(&disk, Missing { bytes, files });
        assert!(fits(100 * mib, 0) && !fits(100 * mib + 1, 0));
        assert!(!fits(100 * mib, 1), "a file takes whole blocks");
        assert!(fits(0, 1000) && !fits(0, 1001), "there may be no more files");
        let stick = Room { free: 64, total: 64 * 10, block: 1, files: None };
        assert!(has_room(&stick, Missing { bytes: 54, files: 10 }));
        assert!(!has_room(&stick, Missing { bytes: 55, files: 10 }));
    }
}
