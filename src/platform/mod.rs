//! What differs by system: each thing in one file behind one interface.

pub mod files;
pub mod home;
pub mod path_bytes;
pub mod private;
