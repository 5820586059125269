//! The embedded database (SQLite): conversations, computers, the shelf and settings.
//!
//! rusqlite types stop here; everybody else sees the plain types of [`model`].
#![forbid(unsafe_code)]

pub mod model;
