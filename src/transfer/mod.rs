//! Moving items: reading, hashing, sending, receiving, and onto the disk.
#![forbid(unsafe_code)]

pub mod names;
