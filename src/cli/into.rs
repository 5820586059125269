//! The folder of `--into`.

use std::{fs, path::Path};

use crate::store::model::Problem;

/// Makes the folder if it isn't there, and tries whether something can be saved into it: better said now than when
/// something arrives.
///
/// # Errors
/// [`Problem::FolderNotWritable`].
pub(super) fn prepare(folder: &Path) -> Result<(), Problem> {
    let tried = fs::create_dir_all(folder).and_then(|()| tempfile::tempfile_in(folder));
    tried.map(drop).map_err(|error| {
        log::info!("nothing can be saved into {}: {error}", folder.display());
        Problem::FolderNotWritable { here: true, folder: Some(folder.display().to_string()) }
    })
}
