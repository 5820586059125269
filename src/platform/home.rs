//! Where everything of this program's lies.
#![forbid(unsafe_code)]

use std::{
    io,
    path::{Path, PathBuf},
};

use directories::{ProjectDirs, UserDirs};

use super::{files::is_full, private::make_folder};

/// The places of one installation. With `--home DIR` all are below it; without, they are the system's own places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    /// Key, certificate and the machine's mark; owner-only.
    pub identity: PathBuf,
    /// `fantail.db`.
    pub database: PathBuf,
    /// Where received things go unless a setting says otherwise.
    pub received: PathBuf,
    /// Previews of pictures, which are made again if they are missing; owner-only.
    pub previews: PathBuf,
    /// Given by `--home` or `FANTAIL_HOME`.
    pub custom: bool,
}

/// A folder of this program's own in which nothing can be kept: it can't start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unwritable {
    pub folder: PathBuf,
    /// For want of room; otherwise it is write-protected, belongs to another account, or its disk fails.
    pub full: bool,
}

impl Unwritable {
    /// As it shows in an error at that folder, or at a file in it.
    #[must_use]
    pub fn new(folder: &Path, error: &io::Error) -> Self {
        Self { folder: folder.to_path_buf(), full: is_full(error) }
    }
}

/// Why the places of this program could not be found or made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HomeError {
    /// This account has no home folder and none was given.
    #[error("this account has no home folder; give one with --home")]
    NoHome,
    #[error("cannot make the folder: {source}: {}", path.display())]
    NotMade { path: PathBuf, source: io::Error },
}

const IDENTITY: &str = "identity";
const DATABASE: &str = "fantail.db";
const PREVIEWS: &str = "previews";

impl Home {
    /// The given folder, or the system's own places.
    pub fn choose(given: Option<PathBuf>) -> Result<Self, HomeError> {
        given.map_or_else(Self::system, |dir| Ok(Self::below(dir)))
    }

    /// The system's own places: its folder for programs' data that stay on this machine (a key must not roam to
    /// another), and `Fantail` below this person's downloads, whatever that folder is called in their language.
    pub fn system() -> Result<Self, HomeError> {
        let project = ProjectDirs::from("", "", "Fantail").ok_or(HomeError::NoHome)?;
        let user = UserDirs::new().ok_or(HomeError::NoHome)?;
        let downloads = user.download_dir().map_or_else(|| user.home_dir().join("Downloads"), Path::to_path_buf);
        let data = project.data_local_dir();
        Ok(Self {
            identity: data.join(IDENTITY),
            database: data.join(DATABASE),
            received: downloads.join("Fantail"),
            previews: project.cache_dir().join(PREVIEWS),
            custom: false,
        })
    }

    /// Everything below one folder.
    pub fn below(dir: impl AsRef<Path>) -> Self {
        // Absolute, so that changing the working folder later changes nothing. It fails for an empty path only.
        let dir = std::path::absolute(dir.as_ref()).unwrap_or_else(|_| dir.as_ref().to_path_buf());
        Self {
            identity: dir.join(IDENTITY),
            database: dir.join(DATABASE),
            received: dir.join("Received"),
            previews: dir.join("cache").join(PREVIEWS),
            custom: true,
        }
    }

    /// The folder of the database, where other private things of this installation lie too.
    pub fn private_dir(&self) -> &Path {
        self.database.parent().unwrap_or(&self.identity)
    }

    /// Makes the private folders, readable by their owner alone. A folder that this person gave and that was there before
    /// keeps its rights, except for the identity's below it. The receiving folder is made when something comes.
    pub fn create(&self) -> Result<(), HomeError> {
        let failed = |path: &Path, source| HomeError::NotMade { path: path.to_path_buf(), source };
        make_folder(self.private_dir()).map_err(|source| failed(self.private_dir(), source))?;
        create_private_dir(&self.identity).map_err(|source| failed(&self.identity, source))
    }
}

/// Makes a folder, and those above it, which only its owner can enter. One that is there already and belongs to us is
/// closed to others, so it must be one of this program's own.
///
/// On Windows the folders of an account are closed to other accounts by what they inherit, so nothing is added.
pub fn create_private_dir(dir: &Path) -> io::Result<()> {
    make_folder(dir)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;

        let rights = std::fs::metadata(dir)?.permissions();
        if rights.mode() & 0o077 != 0 {
            std::fs::set_permissions(dir, std::fs::Permissions::from_mode(rights.mode() & !0o077))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_lies_below_a_given_folder() {
        let home = Home::choose(Some(PathBuf::from("/somewhere/else"))).unwrap();
        assert!(home.custom);
        for path in [&home.identity, &home.database, &home.received, &home.previews] {
            assert!(path.starts_with(std::path::absolute("/somewhere/else").unwrap()), "{}", path.display());
        }
        assert!(home.database.ends_with("fantail.db"));
        assert!(home.received.ends_with("Received"));
    }

    #[test]
    fn a_relative_folder_stays_the_same_one_wherever_the_program_goes() {
        assert!(Home::below("here").identity.is_absolute());
    }

    #[cfg(unix)]
    #[test]
    fn private_folders_are_closed_to_others_even_if_they_were_open() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::below(dir.path().join("a/b"));
        home.create().unwrap();
        assert_eq!((rights(home.private_dir()), rights(&home.identity)), (0o700, 0o700));
        set_rights(&home.identity, 0o755);
        home.create().unwrap();
        assert_eq!(rights(&home.identity), 0o700);
        assert!(!home.received.exists(), "made only when something comes");
    }

    #[cfg(unix)]
    #[test]
    fn a_folder_that_was_there_before_keeps_its_rights() {
        let dir = tempfile::tempdir().unwrap();
        set_rights(dir.path(), 0o755);
        Home::below(dir.path()).create().unwrap();
        assert_eq!(rights(dir.path()), 0o755);
    }

    #[cfg(unix)]
    fn rights(path: &Path) -> u32 {
        std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(path).unwrap().permissions()) & 0o777
    }

    #[cfg(unix)]
    fn set_rights(path: &Path, mode: u32) {
        std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
    }

    #[test]
    fn a_file_in_the_way_is_named_in_the_error() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::below(dir.path());
        std::fs::write(&home.identity, b"").unwrap();
        let error = home.create().unwrap_err().to_string();
        assert!(error.contains("identity"), "{error}");
    }
}
