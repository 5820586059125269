//! (room)

pub mod album;
pub mod avatar;
pub mod drawings;
pub mod previews;
pub mod viewer;
