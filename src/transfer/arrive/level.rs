//! A folder that is being filled: names that are safe and free in it, and what it is given when it is complete.

use std::{ffi::OsStr, io, ops::ControlFlow};

use super::ArriveError;
use crate::{
    platform::files::{self, Folder},
    protocol::message::Time,
    transfer::{
        folder,
        names::{self, Place, Taken},
    },
};

/// A folder that is being filled.
pub(super) struct Level {
    /// As the wire calls it.
    pub wire: String,
    /// Below the item, on the wire and on the disk.
    pub wire_path: String,
    pub local_path: String,
    pub folder: Folder,
    taken: Taken,
    pub modified: Option<Time>,
}

impl Level {
    pub(super) fn new(
        wire: String,
        wire_path: String,
        local_path: String,
        folder: Folder,
        modified: Option<Time>,
    ) -> Self {
        Self { wire, wire_path, local_path, folder, taken: Taken::default(), modified }
    }

    /// Takes in the names that are given here already.
    pub(super) fn look_around(&mut self) -> io::Result<()> {
        let Self { folder, taken, .. } = self;
        folder.list(&mut |entry| {
            taken.hold(&entry.name.to_string_lossy());
            ControlFlow::Continue(())
        })
    }

    /// The name of something directly in here, by its path below the item.
    pub(super) fn name_inside<'p>(&self, local: &'p str) -> Option<&'p str> {
        let name = match self.local_path.as_str() {
            "" => local,
            above => local.strip_prefix(above)?.strip_prefix('/')?,
        };
        (!name.is_empty() && !name.contains('/')).then_some(name)
    }

    /// Makes something under a safe name that is free here, and tells that name.
    pub(super) fn make<T>(
        &mut self,
        wire: &str,
        is_folder: bool,
        mut make: impl FnMut(&Folder, &OsStr) -> io::Result<T>,
    ) -> Result<(String, T), ArriveError> {
        let Self { folder, taken, .. } = self;
        let mut made = None;
        let mut attempt = |name: &str| match make(folder, OsStr::new(name)) {
            Ok(it) => {
                made = Some(it);
                Ok(true)
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(error),
        };
        let name = names::native(wire, Place::Inside);
        let taken = match taken.take(&name, is_folder, &mut attempt) {
            Err(error) if error.kind() == io::ErrorKind::InvalidFilename => {
                taken.take(&names::cut_short(&name, is_folder), is_folder, &mut attempt)?
            }
            result => result?,
        };
        taken.zip(made).ok_or(ArriveError::Rule("thousands of entries of one name"))
    }

    pub(super) fn close(self) -> io::Result<()> {
        if let Some(modified) = self.modified {
            // A folder's own time is a nicety that not every file system has.
            let moment = files::Moment { seconds: modified.seconds, nanoseconds: modified.nanos };
            self.folder.set_modified(moment).ok();
        }
        if self.folder.flushes_file_system() { Ok(()) } else { self.folder.flush() }
    }
}

/// Removes what lies at a path below a folder.
pub(super) fn remove_below(folder: &Folder, local: &str) -> io::Result<()> {
    match local.split_once('/') {
        Some((first, rest)) => remove_below(&folder.folder(OsStr::new(first))?, rest),
        None => {
            folder::remove(folder, OsStr::new(local))?;
            folder.flush()
        }
    }
}
