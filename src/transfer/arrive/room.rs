//! Sees to it that the disk isn't filled to its last byte, without asking for its room each time.

use std::io;

use crate::{platform::files::Folder, transfer::folder::left_to_others};

#[derive(Default)]
pub(super) struct RoomLeft {
    /// Bytes that may be written before it is asked for again.
    allowed: u64,
}

impl RoomLeft {
    /// Counts a file, or bytes of one, that were written.
    pub(super) fn take(&mut self, partials: &Folder, bytes: u64) -> io::Result<()> {
        // A file takes a block, whatever is in it.
        let bytes = bytes.max(LEAST_TAKEN);
        if let Some(left) = self.allowed.checked_sub(bytes) {
            self.allowed = left;
            return Ok(());
        }
        let room = partials.room()?;
        let left_to_others = left_to_others(&room);
        if room.free < left_to_others {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.allowed = left_to_others / 4;
        Ok(())
    }
}

/// The usual size of a block.
const LEAST_TAKEN: u64 = 4096;
