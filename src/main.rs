//! Arguments in; a window or a command out.

use std::{
    error::Error as _,
    io::{self, Write as _},
    process::ExitCode,
};

use fantail::{
    app::{self, Options, RunError},
    cli::{self, BeginError, Exit, Wanted, WindowWanted},
    i18n::Texts,
    pictures, platform,
};

fn main() -> ExitCode {
    if let Some(ended) = pictures::run_decoder(std::env::args_os()) {
        return ended;
    }
    #[cfg(windows)]
    if let Some(ended) = platform::thumbnailer::run_thumbnailer(std::env::args_os()) {
        return ended;
    }
    cli::start_log();
    match platform::this_program() {
        Ok(program) => pictures::decode_apart(program),
        Err(error) => log::error!("pictures are decoded in this process: {error}"),
    }
    match cli::run(std::env::args_os()) {
        Wanted::Ended(exit) => exit.into(),
        Wanted::NoWindow(error) => why_not(&error),
        Wanted::Window(wanted) => match window(*wanted) {
            Ok(()) => ExitCode::SUCCESS,
            Err(RunError::Engine(error)) => {
                let error = BeginError::from(error);
                writeln!(io::stderr(), "fantail: {}", error.message(&Texts::for_setting(None))).ok();
                why_not(&error)
            }
            Err(error) => {
                let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
                writeln!(io::stderr(), "fantail: {error}{cause}").ok();
                Exit::Failed.into()
            }
        },
    }
}

/// It was said; now where a person sees it who has no terminal.
fn why_not(error: &BeginError) -> ExitCode {
    match app::show_why_not(error.message(&Texts::for_setting(None))) {
        Ok(()) | Err(RunError::NoDisplay) => {}
        Err(error) => log::warn!("it could not be shown: {error}"),
    }
    Exit::Failed.into()
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
