//! Where everything of this program's lies.
#![forbid(unsafe_code)]

use std::{
    io,
    path::{Path, PathBuf},
};

use directories::{ProjectDirs, UserDirs};

/// The places of one installation. With `--home DIR` all are below it; without, they are the system's own places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    /// Key, certificate and the machine's mark; owner-only.
    pub identity: PathBuf,
    /// `fantail.db`.
    pub database: PathBuf,
    /// Where received things go unless a setting says otherwise.
    pub received: PathBuf,
    /// Given by `--home` or `FANTAIL_HOME`.
    pub custom: bool,
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
            custom: true,
        }
    }

    /// The folder of the database, where other private things of this installation lie too.
    pub fn private_dir(&self) -> &Path {
        self.database.parent().unwrap_or(&self.identity)
    }

    /// Makes the private folders, readable by their owner alone. The receiving folder is made when something comes.
    pub fn create(&self) -> Result<(), HomeError> {
        for dir in [self.private_dir(), &self.identity] {
            create_private_dir(dir).map_err(|source| HomeError::NotMade { path: dir.to_path_buf(), source })?;
        }
        Ok(())
    }
}

/// Makes a folder, and those above it, which only its owner can enter. One that is there already and belongs to us is
/// closed to others.
///
/// On Windows the folders of an account are closed to other accounts by what they inherit, so nothing is added.
pub fn create_private_dir(dir: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};

        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
        let rights = std::fs::metadata(dir)?.permissions();
        if rights.mode() & 0o077 != 0 {
            std::fs::set_permissions(dir, std::fs::Permissions::from_mode(rights.mode() & !0o077))?;
        }
        Ok(())
    }
    #[cfg(not(unix))]
    std::fs::create_dir_all(dir)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_lies_below_a_given_folder() {
        let home = Home::choose(Some(PathBuf::from("/somewhere/else"))).unwrap();
        assert!(home.custom);
        for path in [&home.identity, &home.database, &home.received] {
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
        use std::os::unix::fs::PermissionsExt as _;

        let dir = tempfile::tempdir().unwrap();
        let home = Home::below(dir.path().join("a/b"));
        std::fs::create_dir_all(&home.identity).unwrap();
        std::fs::set_permissions(&home.identity, std::fs::Permissions::from_mode(0o755)).unwrap();
        home.create().unwrap();
        for path in [home.private_dir(), &home.identity] {
            let mode = std::fs::metadata(path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o700, "{}", path.display());
        }
        assert!(!home.received.exists(), "made only when something comes");
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
