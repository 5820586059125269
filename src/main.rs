//! Arguments in; a window or a command out.

use std::process::ExitCode;

use fantail::cli::{self, Wanted};

fn main() -> ExitCode {
    // Warnings of this program and its libraries, on stderr; RUST_LOG asks for more.
    env_logger::Builder::from_env(env_logger::Env::default().default_filter_or("warn")).init();
    match cli::run(std::env::args_os()) {
        Wanted::Ended(exit) => exit.into(),
        Wanted::Window(_wanted) => ExitCode::SUCCESS,
    }
}
