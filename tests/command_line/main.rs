//! The command line as a script would use it: the real program, two homes on one machine, real sockets on loopback.
// Clippy sees only the test functions themselves as tests, not what helps them.
#![allow(clippy::unwrap_used, clippy::panic)]

mod lan;
#[cfg(target_os = "linux")]
mod screen;

mod comparing;
#[cfg(target_os = "linux")]
mod failing_disk;
mod finding;
mod handing_over;
mod moving;
#[cfg(target_os = "linux")]
mod questions;
mod queueing;
mod refusing;
mod shelves;
#[cfg(target_os = "linux")]
mod unwritable;
mod usage;
