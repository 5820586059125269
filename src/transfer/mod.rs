//! Moving items: reading, hashing, sending, receiving, and onto the disk.
//!
//! ```text
//! Plan ─▶ read (thread) ─▶ send (task) ═══ Framed ═══▶ receive (task) ─▶ arrive (thread) ─▶ flush (thread) ─▶ final name
//!                             ◀──────── saved ────────────  ◀─ acknowledged by the engine ◀──┘
//! ```
//!
//! Every arrow is a bounded channel or TCP: whoever is slowest sets the pace, and neither end of a transfer ever holds
//! more than about 10 MiB of what is moving.
#![forbid(unsafe_code)]

mod arrive;
mod content;
mod events;
mod flush;
mod folder;
pub mod framed;
mod hash;
pub mod journal;
mod kept;
pub mod names;
pub mod plan;
mod progress;
mod read;
mod receive;
mod send;

pub use content::{Before, Digest, digest_of};
pub use events::{Delivered, Outcome, Received, SavedItem, TransferError, problem_of};
pub use folder::{FolderError, Missing, ReceiveFolder};
pub use framed::Framed;
pub use kept::Kept;
pub use plan::{Offered, Plan, PlanError, Source, StopOnDrop};
pub use progress::{Meter, Progress};
pub use read::{Grown, Hashed};
pub use receive::{Receiving, receive};
pub use send::{Sending, send};

#[cfg(test)]
mod tests;
