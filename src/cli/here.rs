//! Carrying a command out in this process: reaching the one that has the engine, or being it.

use std::{
    cell::RefCell,
    env,
    error::Error,
    path::PathBuf,
    rc::Rc,
    thread,
    time::{Duration, Instant},
};

use super::{
    args::{self, Accept, Common},
    commands::{Person, perform, receive},
    exchange::Role,
    handover::{Handed, hand_over, serve_as},
    into,
    line::{CompareLine, CompareNews, Exit, Line},
    notices::Told,
    print::Printer,
    request::{Request, UsageError, absolute},
    session::{Session, Stop, TICK},
    terminal::{Said, Terminal},
};
use crate::{
    engine::{
        Engine,
        api::{Config, Receive},
    },
    i18n::Texts,
    nearby::DISCOVERY_PORT,
    platform::{
        home::{Home, HomeError, Unwritable},
        instance::{self, Claim, InstanceError, Listener},
        interrupt::{Asked, on_interrupt},
    },
};

/// How long goodbyes may take at the end.
const GOODBYE: Duration = Duration::from_secs(1);

/// The other was just ending so many times in a row: something is wrong with it.
const MAX_TRIES: u32 = 100;

/// Why a command could not even begin; the exit code is 1, or 2 for wrong usage.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BeginError {
    #[error(transparent)]
    Usage(#[from] UsageError),
    #[error(transparent)]
    Home(#[from] HomeError),
    #[error(transparent)]
    Instance(#[from] InstanceError),
    #[error(transparent)]
    Start(#[from] crate::engine::StartError),
    /// Another process of this home; the sentence says which.
    #[error("{0}")]
    InTheWay(String),
    #[error("{0}")]
    NoDisplay(String),
}

impl BeginError {
    pub(super) fn exit(&self) -> Exit {
        if matches!(self, Self::Usage(_)) { Exit::Usage } else { Exit::Failed }
    }

    /// The program itself can't start; it is no matter of how it was called.
    pub(super) fn is_about_starting(&self) -> bool {
        matches!(self, Self::Home(_) | Self::Instance(_) | Self::Start(_))
    }

    /// The word for it in JSON.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::Usage(_) => "usage",
            Self::InTheWay(_) => "running",
            Self::NoDisplay(_) => "no-display",
            _ => "failed",
        }
    }

    /// The folder of this program's own that takes nothing, if that is the reason.
    fn unwritable(&self) -> Option<Unwritable> {
        match self {
            Self::Home(HomeError::NotMade { path, source }) | Self::Instance(InstanceError::Home { path, source }) => {
                Some(Unwritable::new(path, source))
            }
            Self::Start(error) => error.unwritable(),
            _ => None,
        }
    }

    /// A sentence for people. Where there is none, the error with its causes, in one line, without the system's numbers.
    #[must_use]
    pub fn message(&self, texts: &Texts) -> String {
        if let Some(Unwritable { folder, full }) = self.unwritable() {
            log::info!("{self}: {:?}", self.source());
            let folder = folder.display().to_string();
            return if full { texts.start_disk_full(&folder) } else { texts.start_not_writable(&folder) };
        }
        let mut message = self.to_string();
        // A transparent error's source is already its own source's.
        let mut cause = self.source();
        while let Some(error) = cause {
            let text = error.to_string();
            if !message.contains(&text) {
                message = format!("{message}: {text}");
            }
            cause = error.source();
        }
        while let Some(begin) = message.find(" (os error ")
            && let Some(length) = message[begin..].find(')')
        {
            message.replace_range(begin..=begin + length, "");
        }
        message
    }
}

/// What the engine of this process is started with.
pub(super) fn config(common: &Common, receive: Receive) -> Result<Config, BeginError> {
    let given = common.home.clone().filter(|home| !home.is_empty()).map(PathBuf::from);
    let discovery_port = match text_variable("FANTAIL_DISCOVERY_PORT") {
        None => DISCOVERY_PORT,
        Some(text) => text.parse().map_err(|_| UsageError::Port("FANTAIL_DISCOVERY_PORT"))?,
    };
    Ok(Config {
        home: Home::choose(given)?,
        name: common.name.clone().filter(|name| !name.trim().is_empty()),
        port: common.port,
        discovery_port,
        loopback_only: text_variable("FANTAIL_LOOPBACK_ONLY").is_some_and(|text| text == "1"),
        beside_window: false,
        receive,
    })
}

fn text_variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|text| !text.is_empty())
}

/// Ctrl+C asks the command to stop, and so does the system; a second time ends the process at once.
fn stop_on_interrupt() -> Stop {
    let stop = Stop::default();
    let requested = stop.clone();
    let listening = on_interrupt(move |asked| {
        if requested.requested() {
            std::process::exit(i32::from(Exit::Stopped as u8));
        }
        match asked {
            Asked::Person => requested.cancel(),
            Asked::System => requested.request(),
        }
    });
    if let Err(error) = listening {
        log::warn!("Ctrl+C ends at once: {error}");
    }
    stop
}

/// Any command but `receive`: handed over if somebody has the engine already, otherwise carried out here.
pub(super) fn run(common: &Common, mut request: Request, printer: Printer) -> Result<Exit, BeginError> {
    // Nobody is received from by a command that only wants to send.
    let config = config(common, Receive::Nothing)?;
    let stop = stop_on_interrupt();
    let printer = Rc::new(RefCell::new(printer));
    let asking = Asking::new(&printer, &stop);
    if let Request::Compare { yes: false, asks, .. } = &mut request {
        *asks = !common.json && Terminal::can_ask();
    }
    let print = |line: &Line| {
        print(&printer, line, &stop);
        asking.heard(line);
    };
    let accepted = |language: Option<&str>| {
        if language.is_some() {
            printer.borrow_mut().set_texts(Texts::for_setting(language));
        }
    };
    for _ in 0..MAX_TRIES {
        let stream = match instance::claim(&config.home) {
            Ok(Claim::First(listener)) => return alone(config, Some(listener), request, &asking),
            Ok(Claim::Running(stream)) => stream,
            Err(error @ (InstanceError::Home { .. } | InstanceError::Silent)) => return Err(error.into()),
            Err(error) => {
                log::warn!("commands from other terminals will have to wait: {error}");
                return alone(config, None, request, &asking);
            }
        };
        match hand_over(&stream, &request, &stop, accepted, print, || asking.answer()) {
            Handed::Done { exit, .. } => return Ok(exit),
            Handed::Lost => {
                print(&Line::Error(crate::store::model::Problem::Closed));
                return Ok(Exit::Stopped);
            }
            Handed::NotBegun if stop.requested() => return Ok(Exit::Stopped),
            Handed::NotBegun => thread::sleep(TICK),
        }
    }
    Err(InstanceError::Silent.into())
}

fn alone(config: Config, listener: Option<Listener>, request: Request, asking: &Asking) -> Result<Exit, BeginError> {
    let Asking { printer, stop, .. } = asking;
    let engine = Engine::start(config)?;
    let since = Instant::now();
    let serving = listener.and_then(|listener| serve_as(Role::Command, listener, engine.handle(), |_| {}).ok());
    let (client, watching) = (engine.client(|| {}), engine.client(|| {}));
    choose_language(printer, client.snapshot().settings.language.as_deref());
    let mut told = Told::default();
    let mut notices = || told.fresh(&watching.snapshot()).iter().for_each(|line| print(printer, line, stop));
    let mut say = |line: Line| {
        // Perhaps the reason for it.
        notices();
        print(printer, &line, stop);
        asking.heard(&line);
    };
    let session = Session::new(client, since, stop.clone(), &mut say);
    let exit = perform(request, &mut session.with_answers(Box::new(|| asking.answer())));
    notices();
    if let Some(serving) = serving {
        serving.finish(stop);
    }
    engine.shutdown(GOODBYE);
    Ok(exit)
}

/// The person at this terminal, where a command's question is put to them once it is said.
struct Asking {
    printer: Rc<RefCell<Printer>>,
    stop: Stop,
    terminal: RefCell<Option<Terminal>>,
}

impl Asking {
    fn new(printer: &Rc<RefCell<Printer>>, stop: &Stop) -> Self {
        Self { printer: printer.clone(), stop: stop.clone(), terminal: RefCell::default() }
    }

    /// After it was printed.
    fn heard(&self, line: &Line) {
        if let Line::Compare(CompareLine { news: CompareNews::Code { asks: true, .. }, .. }) = line {
            let mut terminal = self.terminal.borrow_mut();
            if terminal.is_none() {
                *terminal = Terminal::of_this_process(self.printer.clone());
            }
            if let Some(terminal) = terminal.as_mut() {
                terminal.ask_whether_same();
            }
        }
    }

    fn answer(&self) -> Option<bool> {
        match self.terminal.borrow_mut().as_mut()?.said()? {
            Said::Yes => Some(true),
            Said::No => Some(false),
            Said::Gone => {
                self.stop.request();
                None
            }
        }
    }
}

/// `fantail receive`: always in this process.
pub(super) fn run_receive(
    common: &Common,
    receive_args: args::Receive,
    mut printer: Printer,
) -> Result<Exit, BeginError> {
    let args::Receive { into, accept, once } = receive_args;
    let into = into.as_deref().map(absolute).transpose()?;
    if let Some(Err(problem)) = into.as_deref().map(into::prepare) {
        let exit = Exit::of(&problem);
        printer.line(&Line::Error(problem)).ok();
        return Ok(exit);
    }
    let folder = into.clone();
    let config = config(
        common,
        match accept {
            Accept::Ask => Receive::Ask { into },
            Accept::Known => Receive::Known { into },
            Accept::All => Receive::All { into },
        },
    )?;
    let stop = stop_on_interrupt();
    let printer = Rc::new(RefCell::new(printer));
    let listener = match claim_for(&config.home, &Request::Who, &stop)? {
        Claimed::Ours(listener) => listener,
        Claimed::Theirs { .. } => {
            return Err(BeginError::InTheWay(printer.borrow().texts().cli_receives_already().to_owned()));
        }
        Claimed::Stopped => return Ok(Exit::Done),
    };
    let engine = Engine::start(config)?;
    let serving = serve_as(Role::Receive, listener, engine.handle(), |_| {});
    let client = engine.client(|| {});
    choose_language(&printer, client.snapshot().settings.language.as_deref());
    let mut terminal = (accept == Accept::Ask).then(|| Terminal::of_this_process(printer.clone())).flatten();
    let mut say = |line: Line| print(&printer, &line, &stop);
    let mut session = Session::new(client, Instant::now(), stop.clone(), &mut say);
    let exit = receive(&mut session, folder, once, terminal.as_mut().map(|terminal| terminal as &mut dyn Person));
    drop(session);
    match serving {
        Ok(serving) => serving.finish(&stop),
        Err(error) => log::warn!("commands from other terminals were not served: {error}"),
    }
    engine.shutdown(GOODBYE);
    Ok(exit)
}

/// Who holds the door of a home.
pub(super) enum Claimed {
    Ours(Listener),
    /// A window or `fantail receive` that was handed the request.
    Theirs {
        role: Role,
        exit: Exit,
    },
    /// A stop was requested while a short command was waited for.
    Stopped,
}

/// Becomes the one process of this home, for `receive` or a window, or hands `request` to the one that is.
pub(super) fn claim_for(home: &Home, request: &Request, stop: &Stop) -> Result<Claimed, BeginError> {
    loop {
        let stream = match instance::claim(home)? {
            Claim::First(listener) => return Ok(Claimed::Ours(listener)),
            Claim::Running(stream) => stream,
        };
        match hand_over(&stream, request, stop, |_| {}, |_| {}, || None) {
            Handed::Done { role: role @ (Role::Window | Role::Receive), exit } => {
                return Ok(Claimed::Theirs { role, exit });
            }
            // A short command has the engine; it ends soon.
            _ if stop.requested() => return Ok(Claimed::Stopped),
            _ => thread::sleep(TICK),
        }
    }
}

fn choose_language(printer: &RefCell<Printer>, language: Option<&str>) {
    if language.is_some() {
        printer.borrow_mut().set_texts(Texts::for_setting(language));
    }
}

fn print(printer: &RefCell<Printer>, line: &Line, stop: &Stop) {
    if printer.borrow_mut().line(line).is_err() {
        // Nobody reads any more.
        stop.request();
    }
}
