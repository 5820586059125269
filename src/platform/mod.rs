//! What differs by system: each thing in one file behind one interface, so that no other room needs to know which
//! system it runs on.
//!
//! - [`home`]: where this program's things lie.
//! - [`confine`]: a process that gives up everything it does not need.
//! - [`faces`]: the faces of letters that are installed.
//! - [`computer`]: what this computer is called, and its own id.
//! - [`private`]: folders and files that only their owner may read.
//! - [`instance`]: one running window per home, and the way to reach it.
//! - [`windowing`]: which window system, and whether it delivers dropped files.
//! - [`pointer`]: where the pointer is while something is dragged over the window.
//! - [`clipboard`]: files, pictures and text on the clipboard.
//! - [`files`]: what files need from the system beside `std`.
//! - [`path_bytes`]: paths kept as bytes and back.
//! - [`pipe`]: pipes that hold more.
//! - [`memory`]: what is let go of goes back to the system.
//! - [`priority`]: the window goes before the transfer when the processors are busy.
//! - [`reveal`]: showing and opening things with the system's programs.
//! - [`sleep`]: the computer stays awake while something moves.
//! - [`thumbnailer`]: small pictures that the system's own programs make.
//! - [`runnable`]: what could run when it is opened, and is not.

pub mod bin;
pub mod clipboard;
pub mod computer;
pub mod confine;
pub mod faces;
pub mod files;
pub mod home;
pub mod instance;
pub mod interrupt;
pub mod memory;
pub mod path_bytes;
pub mod pipe;
pub mod pointer;
pub mod priority;
pub mod private;
pub mod reveal;
pub mod runnable;
pub mod sleep;
pub mod thumbnailer;
pub mod windowing;

/// This program, to be started once more: the one that runs, also if another version has taken its place.
///
/// # Errors
/// The system doesn't tell.
pub fn this_program() -> std::io::Result<std::path::PathBuf> {
    let itself = std::path::Path::new("/proc/self/exe");
    if itself.exists() { Ok(itself.to_owned()) } else { std::env::current_exe() }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod desktop_tests;
