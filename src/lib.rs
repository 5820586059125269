//! Fantail hands pictures, words and files to the computer next to you.
//!
//! The map of the house, from what people see down to the wire. `ARCHITECTURE.md` tells how data flows through it and
//! who may know whom.
//!
//! - [`app`]: the window. egui lives here and nowhere else.
//! - [`cli`]: the same engine from a terminal.
//! - [`engine`]: the background networking thread; it alone joins the rooms below.
//! - [`transfer`]: moving items: reading, hashing, sending, receiving, and onto the disk.
//! - [`nearby`]: who is out there.
//! - [`trust`]: who they really are.
//! - [`pictures`]: from bytes to something worth showing.
//! - [`store`]: conversations, computers and settings, kept in SQLite.
//! - [`platform`]: what differs by system.
//! - [`i18n`]: every sentence people read, in their language.
//! - [`protocol`]: frames, messages and the two ends' state machines, without sockets, clocks or disks.
#![deny(unsafe_code)]

pub mod app;
pub mod cli;
pub mod engine;
pub mod i18n;
pub mod nearby;
pub mod pictures;
pub mod platform;
pub mod protocol;
pub mod store;
pub mod transfer;
pub mod trust;
