//! The state of this thread: the system doesn't sleep while one demands it.
//!
//! Unsafe code: `SetThreadExecutionState` has no safe wrapper in the standard library. It takes flags and touches no
//! memory of ours.
#![allow(unsafe_code)]

use std::io;

use windows_sys::Win32::System::Power::{ES_CONTINUOUS, ES_SYSTEM_REQUIRED, SetThreadExecutionState};

/// Dropping it, in the thread that made it, lets go.
#[derive(Debug)]
pub(super) struct Hold;

pub(super) fn hold() -> io::Result<Hold> {
    // SAFETY: flags only.
    match unsafe { SetThreadExecutionState(ES_CONTINUOUS | ES_SYSTEM_REQUIRED) } {
        0 => Err(io::Error::other("the system refused")),
        _ => Ok(Hold),
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        // SAFETY: flags only.
        unsafe { SetThreadExecutionState(ES_CONTINUOUS) };
    }
}
