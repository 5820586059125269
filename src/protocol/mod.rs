//! The messages on the wire: frames, messages and the two ends' state machines.
//!
//! No socket, no clock, no disk: bytes and times are arguments. `PROTOCOL.md` is the contract; this room implements it.
//!
//! From the wire inwards: [`frame`] cuts bytes into frames, [`message`] are those frames checked, [`control`] and
//! [`data`] are the rules of what may follow what. `fantail.proto` and the types made from it stay inside this room.
#![forbid(unsafe_code)]

pub mod buffers;
pub mod compare;
pub mod consent;
pub mod control;
mod convert;
pub mod data;
pub mod frame;
pub mod ids;
pub mod limits;
pub mod meet;
pub mod message;
pub mod names;
pub mod ranges;
#[cfg(test)]
mod tests;

pub use consent::Consent;
pub use ids::{Fingerprint, TransferId};
pub use ranges::Ranges;

/// What prost makes of `fantail.proto`.
mod wire {
    #![allow(clippy::all, clippy::pedantic, clippy::nursery, clippy::use_self, clippy::semicolon_if_nothing_returned)]
    #![allow(clippy::uninlined_format_args, clippy::needless_pass_by_value)]
    include!(concat!(env!("OUT_DIR"), "/fantail.v1.rs"));
}
