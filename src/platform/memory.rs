//! Memory that is let go of goes back to the system.
//!
//! Unsafe code: mallopt(3) has no safe wrapper. It takes two numbers and touches no memory of ours.
#![allow(unsafe_code)]

/// Pieces of this many bytes and more are mappings of their own, which end when they are let go of. This is glibc's own
/// first choice, which it raises up to 32 MiB as soon as a large piece was let go of. After that textures and decoded
/// pictures lie between small things that stay: a window that scrolls through thousands of pictures holds 265 MB instead
/// of 203, and draws no more frames for it.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const LARGE: libc::c_int = 128 * 1024;

/// From here on large pieces don't stay with this process. Only glibc has to be told.
pub fn give_back_large_pieces() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: numbers only.
    if unsafe { libc::mallopt(libc::M_MMAP_THRESHOLD, LARGE) } == 0 {
        log::debug!("memory that is let go of may stay with this process");
    }
}
