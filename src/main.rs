//! Arguments in; a window or a command out.

use std::{
    error::Error as _,
    io::{self, Write as _},
    process::ExitCode,
};

use fantail::{
    app::{self, Options, RunError},
    cli::{self, Exit, Wanted, WindowWanted},
    pictures, platform,
};

fn main() -> ExitCode {
    if let Some(ended) = pictures::run_decoder(std::env::args_os()) {
        return ended;
    }
    cli::start_log();
    match platform::this_program() {
        Ok(program) => pictures::decode_apart(program),
        Err(error) => log::error!("pictures are decoded in this process: {error}"),
    }
    match cli::run(std::env::args_os()) {
        Wanted::Ended(exit) => exit.into(),
        Wanted::Window(wanted) => match window(*wanted) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
                writeln!(io::stderr(), "fantail: {error}{cause}").ok();
                Exit::Failed.into()
            }
        },
    }
}

fn window(WindowWanted { config, listener, paths }: WindowWanted) -> Result<(), RunError> {
    app::run(Options { config, paths }, |engine, show| {
        let serving = cli::serve(listener, engine.handle(), move |paths| show.show(paths));
        if let Err(error) = &serving {
            log::warn!("other starts of the program can't reach this window: {error}");
        }
        serving
    })
}
