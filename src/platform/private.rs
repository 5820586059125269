//! Files and folders that only their owner may open.

use std::{
    fs::{self, DirBuilder, OpenOptions},
    io,
    path::Path,
};

use super::files::make_folders;

/// Makes the folder and those above it where they are missing. New ones are for their owner alone (on Windows the
/// user's own folders already are).
pub fn make_folder(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    make_folders(path, &mut builder)
}

/// Makes an empty file for its owner alone, or takes others' rights from the one that is there. Never opens one that
/// is there: closing it again would drop the locks that SQLite holds on it.
pub fn make_file(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => take_others_rights(path),
        made => made.map(drop),
    }
}

#[cfg(unix)]
fn take_others_rights(path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    if fs::metadata(path)?.permissions().mode() & 0o077 != 0 {
        fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
    }
    Ok(())
}

#[cfg(not(unix))]
fn take_others_rights(path: &Path) -> io::Result<()> {
    fs::metadata(path).map(drop)
}
