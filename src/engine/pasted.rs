//! Pictures that were pasted and have no file of their own: written down so that they can be sent, sent again and shown,
//! and removed when nothing names them any more.
//!
//! Those of one sending lie in a folder below that of the database, each in one of its own. Whatever else is found there
//! isn't ours and stays.

use std::{
    collections::BTreeSet,
    ffi::{OsStr, OsString},
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use super::{
    api::Thing,
    hub::Hub,
    transfer::{Cargo, Side, Transfer},
};
use crate::{
    platform::home::create_private_dir,
    store::{Store, lies_aside},
    transfer::names::{self, Place},
};

/// Below the folder of the database.
const FOLDER: &str = "pasted";

/// Letters of a sending's id as it is written.
const NAME: usize = 32;

impl Hub {
    pub fn pasted_folder(&self) -> PathBuf {
        self.config.home.private_dir().join(FOLDER)
    }

    /// What nothing names of all that earlier processes wrote. What this one writes comes later.
    pub fn clean_pasted(&mut self) {
        let all = self.pasted_folder();
        let found = fs::read_dir(&all).into_iter().flatten().flatten();
        let names = found.map(|entry| entry.file_name()).filter(|name| is_ours(name)).collect();
        self.library.post(
            move |store| unnamed(store, &all, names),
            |hub, names| {
                let unneeded = hub.unneeded_pasted(names);
                tokio::task::spawn_blocking(move || unneeded.remove());
            },
        );
    }

    /// Of those that nothing in the store names, all but what is on its way all the same: what moves although its entry was
    /// removed, and what is about to be sent. Those are left to the next start.
    pub fn unneeded_pasted(&self, mut names: BTreeSet<OsString>) -> Unneeded {
        names.retain(|name| !self.transfers.values().any(|transfer| transfer.may_be_of(name)));
        Unneeded { all: self.pasted_folder(), names, database: self.config.home.database.clone() }
    }
}

/// Of these paths, the names of folders of ours in `all` that nothing in the store names. None if that can't be read.
pub(super) fn unnamed_of(store: &Store, all: &Path, paths: &[PathBuf]) -> BTreeSet<OsString> {
    let below = paths.iter().filter_map(|path| path.strip_prefix(all).ok()?.iter().next());
    unnamed(store, all, below.filter(|name| is_ours(name)).map(OsString::from).collect())
}

fn unnamed(store: &Store, all: &Path, names: BTreeSet<OsString>) -> BTreeSet<OsString> {
    if names.is_empty() {
        return names;
    }
    store.unnamed(all, names).unwrap_or_else(|error| {
        log::warn!("whether pasted pictures are needed can't be read: {error}");
        BTreeSet::new()
    })
}

/// Folders of pictures that nothing needs any more.
#[derive(Debug)]
pub(super) struct Unneeded {
    all: PathBuf,
    names: BTreeSet<OsString>,
    database: PathBuf,
}

impl Unneeded {
    /// Nothing goes while a database that was set aside lies beside the one in use: its entries name pictures too, and it may
    /// be made whole again. Blocks.
    pub fn remove(self) {
        if self.names.is_empty() {
            return;
        }
        let Self { all, names, database } = self;
        let may_go = lies_aside(&database).and_then(|aside| Ok(!aside && is_folder(&all)?));
        let failed = |error| log::warn!("pasted pictures could not be removed: {error}");
        if may_go.map_err(failed) == Ok(true) {
            names.iter().filter_map(|name| remove_written(&all.join(name)).err()).for_each(failed);
        }
    }
}

impl Transfer {
    /// Whether it may send something of the folder with this name.
    fn may_be_of(&self, name: &OsStr) -> bool {
        let is_of = |path: &&Path| path.iter().any(|part| part == name);
        matches!(self.side, Side::Out { cargo: Cargo::Planned, .. }) || self.sources().iter().any(is_of)
    }
}

/// Where things lie; what was pasted is written into `folder` first, each into one of its own, since they may have one name.
/// It is on the disk when this returns, like the word in the store that it is to be sent.
pub(super) fn paths_of(things: Vec<Thing>, folder: &Path) -> io::Result<Vec<PathBuf>> {
    let write = |(number, thing)| match thing {
        Thing::Path(path) => Ok(path),
        Thing::Pasted { name, png } => {
            let folder = folder.join(format!("{number}"));
            create_private_dir(&folder)?;
            let path = folder.join(names::native(&names::to_wire(name.as_ref()), Place::Top));
            let mut file = File::create_new(&path)?;
            file.write_all(&png)?;
            file.sync_all().map(|()| path)
        }
    };
    let written: io::Result<_> = things.into_iter().enumerate().map(write).collect();
    if written.is_err()
        && let Err(error) = remove_written(folder)
    {
        log::warn!("what was begun of pasted pictures could not be removed: {error}");
    }
    written
}

fn is_ours(name: &OsStr) -> bool {
    let name = name.as_encoded_bytes();
    name.len() == NAME && name.iter().all(|letter| matches!(letter, b'0'..=b'9' | b'a'..=b'f'))
}

/// A sending's folder, as far as it is what [`paths_of`] makes. A link is left alone, and a folder in which there is more
/// than one file: somebody has put something there.
fn remove_written(folder: &Path) -> io::Result<()> {
    if !is_folder(folder)? {
        return Ok(());
    }
    for own in fs::read_dir(folder)? {
        let own = own?.path();
        if !is_folder(&own)? {
            continue;
        }
        let files = fs::read_dir(&own)?.take(2).collect::<io::Result<Vec<_>>>()?;
        match &files[..] {
            [] => {}
            [only] if only.file_type()?.is_file() => fs::remove_file(only.path())?,
            _ => continue,
        }
        fs::remove_dir(&own)?;
    }
    match fs::remove_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => Ok(()),
        removed => removed,
    }
}

/// And not a link to one.
fn is_folder(path: &Path) -> io::Result<bool> {
    match fs::symlink_metadata(path) {
        Ok(found) => Ok(found.is_dir()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}
