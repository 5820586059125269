//! The kernel's own hint to begin with what will have to be flushed anyway (sync_file_range(2)), which `rustix` doesn't
//! have.

#![allow(unsafe_code)]

use std::{fs::File, os::fd::AsRawFd as _};

/// Has these bytes of the file on their way to the disk, without waiting until they are there.
pub(in crate::platform) fn begin(file: &File, from: u64, length: u64) {
    let (Ok(from), Ok(length)) = (libc::off64_t::try_from(from), libc::off64_t::try_from(length)) else { return };
    // SAFETY: the descriptor stays open during the call, and no memory of ours is touched.
    let result = unsafe { libc::sync_file_range(file.as_raw_fd(), from, length, libc::SYNC_FILE_RANGE_WRITE) };
    if result != 0 {
        // Whatever is wrong shows when it is flushed.
        log::debug!("write-back did not begin: {}", std::io::Error::last_os_error());
    }
}
