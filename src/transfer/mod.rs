//! Moving items: reading, hashing, sending, receiving, and onto the disk.
#![forbid(unsafe_code)]

mod folder;
pub mod names;
pub mod plan;
mod progress;

pub use folder::{FolderError, KEEP_PARTIALS, ReceiveFolder};
pub use plan::{Plan, PlanError, Source};
pub use progress::{Meter, Progress};
