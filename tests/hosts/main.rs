//! The whole program on several hosts: real binaries, real broadcasts, real windows.
//!
//! Hosts are network namespaces joined by a switch that each test makes for itself, so nothing leaves the machine and
//! tests run side by side. Making them needs root, or user namespaces (then each test runs itself again inside one).
//!
//! `FANTAIL_TEST_PROGRAM` names the program to run; without it, it is the one cargo built for this test.
//! Screenshots are kept in `target/screenshots/`.

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "helpers of tests fail as tests do; clippy knows only functions marked as tests"
)]

mod command_line;
mod desktop;
mod faults;
#[path = "../forgetful/mod.rs"]
mod forgetful;
mod network;
mod seat;
mod using;
mod windows;

use std::path::{Path, PathBuf};

/// The program under test.
fn program() -> PathBuf {
    std::env::var_os("FANTAIL_TEST_PROGRAM").map_or_else(|| PathBuf::from(env!("CARGO_BIN_EXE_fantail")), PathBuf::from)
}

fn blake3_of(path: &Path) -> String {
    let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    blake3::hash(&bytes).to_string()
}
