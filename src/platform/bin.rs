//! Moving files to the system's bin, from where people get them back.
#![forbid(unsafe_code)]

use std::{io, path::Path};

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BinError {
    /// It was moved or deleted before.
    #[error("it is not there any more")]
    Gone,
    /// There is no bin for this disk, or it can't be written to. Nothing was moved.
    #[error("it can't be moved to a bin: {0}")]
    NoBin(String),
}

/// Moves the file to the bin; it is never deleted where there is none. Blocks for as long as the system takes.
pub fn move_to_bin(path: &Path) -> Result<(), BinError> {
    match path.symlink_metadata() {
        Ok(meta) if meta.is_dir() => return Err(BinError::NoBin("a folder".to_owned())),
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(BinError::Gone),
        Err(error) => return Err(BinError::NoBin(error.to_string())),
    }
    trash::delete(path).map_err(|error| {
        log::warn!("not moved to the bin: {error}");
        BinError::NoBin(error.to_string())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_there_is_told_as_gone() {
        let dir = tempfile::tempdir().unwrap();
        assert!(matches!(move_to_bin(&dir.path().join("none.png")), Err(BinError::Gone)));
    }

    #[test]
    fn a_folder_is_left_where_it_is() {
        let dir = tempfile::tempdir().unwrap();
        assert!(matches!(move_to_bin(dir.path()), Err(BinError::NoBin(_))));
        assert!(dir.path().is_dir());
    }
}
