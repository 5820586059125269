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

/// Room for one more in a channel that nobody else sends into; `None` when nobody receives any more. Where there is none
/// it is waited for until half the channel is empty, so that not every single one costs two changes of threads.
async fn room<T>(channel: &tokio::sync::mpsc::Sender<T>) -> Option<()> {
    if channel.capacity() == 0 {
        channel.reserve_many(channel.max_capacity().div_ceil(2)).await.ok()?;
    }
    (!channel.is_closed()).then_some(())
}

#[cfg(test)]
mod tests;
