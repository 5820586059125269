//! How fast Fantail is, side by side with other tools, each run as people run it: whole programs in a network of their
//! own, alternating within one block, with the processor time and memory of both ends. Prints Markdown.
//!
//! ```text
//! benches/run                                       installs the other tools, builds the release, prints everything
//! cargo bench --bench speed -- [--quick] [file|small|photos|text|network|delay|memory|many|growth …]
//! ```
//!
//! Without `--bench`, as `cargo test` runs it, it only tries each workload once with very little: that the harness works.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a measurement that fails says so and ends"
)]

mod delay_line;
#[path = "../../tests/hosts/network.rs"]
#[allow(dead_code, reason = "shared with the tests, which use more of it")]
mod network;
mod options;
mod process;
mod sources;
mod stats;
mod table;
mod tcp;
mod tools;
mod work;

use std::process::ExitCode;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if words.first().is_some_and(|word| word == tcp::ROLE) {
        return match tcp::be(&words[1..]) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("{error}");
                ExitCode::FAILURE
            }
        };
    }
    let Some(options) = options::Options::of(&words) else { return ExitCode::SUCCESS };
    if !options::is_inside() {
        return options::run_inside(&words);
    }
    work::run(&options)
}
