//! The background networking thread: commands in, events out. No egui.
//!
//! [`api`] is all that the window and the command line know of it.
#![forbid(unsafe_code)]

pub mod api;
