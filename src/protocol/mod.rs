//! The messages on the wire: frames, messages and the two ends' state machines.
//!
//! No socket, no clock, no disk: bytes and times are arguments. `PROTOCOL.md` is the contract; this room implements it.
#![forbid(unsafe_code)]

pub mod ids;
pub mod limits;

pub use ids::{Fingerprint, TransferId};
