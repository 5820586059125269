//! The same engine from a terminal, and the door through which terminals reach a running window.
//!
//! - [`args`]: the words; [`request`]: the same with paths and stdin already looked up.
//! - `commands`: what each command does, over a `session` (one client of an engine, one question at a time) and `follow`
//!   (what becomes of transfers). They say `line`s, and `print` makes sentences or JSON of these.
//! - `here`: carries a command out in this process with an engine of its own; `handover`: in the process that has one, and
//!   [`exchange`] is what they say to each other.
//! - `logging`: what is said to whoever looks for a fault.
//!
//! There is never more than one engine for one home: whoever starts one also holds the door and carries out what the
//! others hand over, be it a window, `fantail receive` or another short command.
#![forbid(unsafe_code)]

pub mod args;
mod commands;
pub mod exchange;
mod follow;
mod handover;
mod here;
mod into;
mod line;
mod logging;
mod notices;
mod print;
pub mod request;
mod session;
mod terminal;
mod usage;

use std::{env, ffi::OsString, path::PathBuf};

use clap::Parser as _;

pub use self::{
    args::Arguments,
    handover::{Serving, serve},
    here::BeginError,
    line::Exit,
    logging::start_log,
    request::UsageError,
};
use self::{exchange::Role, here::Claimed, print::Printer, request::Request, session::Stop};
use crate::{
    engine::api::{Config, Receive},
    i18n::Texts,
    platform::{
        instance::{self, Listener},
        windowing,
    },
};

/// What the command line asks of `main`.
#[derive(Debug)]
#[must_use]
pub enum Wanted {
    /// A command was carried out.
    Ended(Exit),
    /// This process is to open the window.
    Window(Box<WindowWanted>),
    /// There can be no window; this was said, and whoever started it without a terminal has not seen that.
    NoWindow(BeginError),
}

/// What a window starts with.
#[derive(Debug)]
pub struct WindowWanted {
    pub config: Config,
    /// For [`serve`].
    pub listener: Listener,
    /// To be ready for sending.
    pub paths: Vec<PathBuf>,
}

/// Reads the command line and carries it out; only opening the window is left to the caller.
pub fn run(words: impl IntoIterator<Item = OsString>) -> Wanted {
    let words: Vec<OsString> = words.into_iter().collect();
    let arguments = match Arguments::try_parse_from(&words) {
        Ok(arguments) => arguments,
        Err(error) => return Wanted::Ended(wrong_words(&error, &words)),
    };
    let Arguments { common, command, paths } = arguments;
    if command.is_some() && env::var_os("RUST_LOG").is_none() {
        // What people should know, commands say in sentences of their own.
        log::set_max_level(log::max_level().min(log::LevelFilter::Error));
    }
    let printer = || Printer::new(Texts::for_setting(None), common.json);
    let is_window = command.is_none();
    let result = match command {
        Some(_) if !paths.is_empty() => Err(UsageError::PathAndCommand.into()),
        Some(args::Command::Receive(receive)) => here::run_receive(&common, receive, printer()).map(Wanted::Ended),
        Some(command) => match Request::from_command(command) {
            Ok(Some(request)) => here::run(&common, request, printer()).map(Wanted::Ended),
            Ok(None) => Ok(Wanted::Ended(Exit::Usage)),
            Err(error) => Err(error.into()),
        },
        None => window(&common, &paths),
    };
    result.unwrap_or_else(|error| {
        let printer = &mut printer();
        let message = error.message(printer.texts());
        printer.error(error.code(), &message).ok();
        if is_window && error.is_about_starting() { Wanted::NoWindow(error) } else { Wanted::Ended(error.exit()) }
    })
}

/// Shows the window that runs already, or leaves it to the caller to open one.
fn window(common: &args::Common, paths: &[PathBuf]) -> Result<Wanted, BeginError> {
    let paths = request::existing(paths)?;
    let config = Config { beside_window: true, ..here::config(common, Receive::Ask { into: None })? };
    let texts = Texts::for_setting(None);
    let stop = Stop::default();
    let show = Request::Show { paths: paths.clone() };
    // A window on another display can show them even if this terminal has none.
    if !windowing::has_display() && instance::running(&config.home).is_none() {
        return Err(BeginError::NoDisplay(texts.cli_no_display().to_owned()));
    }
    match here::claim_for(&config.home, &show, &stop)? {
        Claimed::Ours(_) if !windowing::has_display() => Err(BeginError::NoDisplay(texts.cli_no_display().to_owned())),
        Claimed::Ours(listener) => {
            Ok(Wanted::Window(Box::new(WindowWanted { config, listener, paths: request::paths(paths) })))
        }
        Claimed::Theirs { role: Role::Window, exit } => Ok(Wanted::Ended(exit)),
        Claimed::Theirs { .. } => Err(BeginError::InTheWay(texts.cli_receive_in_the_way().to_owned())),
        Claimed::Stopped => Ok(Wanted::Ended(Exit::Stopped)),
    }
}

/// Help and version are no errors; a wrong word is one sentence, or an object with `--json`.
fn wrong_words(error: &clap::Error, words: &[OsString]) -> Exit {
    if !error.use_stderr() {
        error.print().ok();
        return Exit::Done;
    }
    let json = words.iter().any(|word| word == "--json");
    Printer::new(Texts::for_setting(None), json).error("usage", &usage::sentence(error, words)).ok();
    Exit::Usage
}
