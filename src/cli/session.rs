//! A command's hold on an engine: one question at a time, ended by Ctrl+C.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use super::line::{Exit, Line};
use crate::{
    engine::{
        Client,
        api::{Command, Computer, Event, Problem, Reply, Snapshot},
    },
    protocol::Fingerprint,
};

/// How quickly a command notices that it should stop.
pub(super) const TICK: Duration = Duration::from_millis(50);

/// How long a computer is looked for: twice what its appearing may take, and a slow name server.
pub(super) const FIND_WITHIN: Duration = Duration::from_secs(5);

/// How long after its start an engine has heard of everybody who is here (appearing takes at most so long): before that
/// a stranger's name may still turn out to mean two.
const LOOKED_AROUND: Duration = Duration::from_secs(2);

/// How long a change may take to be seen in the snapshot.
const SEEN_WITHIN: Duration = Duration::from_secs(1);

/// How long an engine may have too much to do; one that has ended stays so.
const BUSY_WITHIN: Duration = Duration::from_secs(5);

/// How long a fresh engine may take to say who it is.
const START_WITHIN: Duration = Duration::from_secs(5);

/// Somebody wants the command to end.
#[derive(Clone, Debug, Default)]
pub(super) struct Stop(Arc<AtomicU8>);

/// Nobody wants anything yet.
const GOES_ON: u8 = 0;

/// See [`Stop::request`].
const ENDS: u8 = 1;

/// See [`Stop::cancel`].
const CANCELLED: u8 = 2;

impl Stop {
    /// The command ends, since the system, its terminal or the other end of a hand-over does. What it began goes on later.
    pub fn request(&self) {
        self.0.fetch_max(ENDS, Ordering::AcqRel);
    }

    /// This person doesn't want it any more, and pressed Ctrl+C.
    pub fn cancel(&self) {
        self.0.fetch_max(CANCELLED, Ordering::AcqRel);
    }

    /// Either of them.
    pub fn requested(&self) -> bool {
        self.0.load(Ordering::Acquire) > GOES_ON
    }

    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Acquire) == CANCELLED
    }
}

/// Why a command does not go on.
#[derive(Debug)]
pub(super) enum Failure {
    Problem(Problem),
    /// By [`Stop`].
    Stopped,
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

/// What the person says to a command's question, once they have.
pub(super) type Answers<'a> = Box<dyn FnMut() -> Option<bool> + 'a>;

pub(super) struct Session<'a> {
    pub client: Client,
    pub stop: Stop,
    /// When the engine was started, or not long after.
    engine_since: Instant,
    say: &'a mut dyn FnMut(Line),
    answers: Option<Answers<'a>>,
}

impl<'a> Session<'a> {
    pub fn new(client: Client, engine_since: Instant, stop: Stop, say: &'a mut dyn FnMut(Line)) -> Self {
        Self { client, stop, engine_since, say, answers: None }
    }

    /// Somebody can be asked.
    pub fn with_answers(self, answers: Answers<'a>) -> Self {
        Self { answers: Some(answers), ..self }
    }

    /// The answer to the question that was said last, if it is there.
    pub fn answer(&mut self) -> Option<bool> {
        self.answers.as_mut().and_then(|answers| answers())
    }

    pub fn say(&mut self, line: Line) {
        (self.say)(line);
    }

    /// Says what went wrong and how the command ends by it.
    pub fn fail(&mut self, failure: Failure) -> Exit {
        match failure {
            Failure::Stopped => Exit::Stopped,
            Failure::Problem(problem) => {
                let exit = Exit::of(&problem);
                self.say(Line::Error(problem));
                exit
            }
        }
    }

    /// Asks the engine and waits for the reply.
    pub fn call(&mut self, command: &Command) -> Result<Reply, Failure> {
        self.call_anyway(command, Some(&self.stop.clone()))
    }

    /// The same after a stop was requested: for tidying up.
    pub fn call_last(&mut self, command: &Command) -> Result<Reply, Failure> {
        self.call_anyway(command, None)
    }

    fn call_anyway(&mut self, command: &Command, stop: Option<&Stop>) -> Result<Reply, Failure> {
        let until = Instant::now() + BUSY_WITHIN;
        let id = loop {
            match self.client.send(command.clone()) {
                Ok(id) => break id,
                // Others keep the engine busy; a command can wait.
                Err(_) if Instant::now() < until => thread::sleep(TICK),
                Err(_) => return Err(Problem::Busy.into()),
            }
            self.check(stop)?;
        };
        loop {
            match self.client.wait_event(TICK) {
                Some(Event::Replied { id: replied, result }) if replied == id => return Ok(result?),
                Some(Event::Ended) => return Err(Problem::Closed.into()),
                _ => self.check(stop)?,
            }
        }
    }

    fn check(&self, stop: Option<&Stop>) -> Result<(), Failure> {
        if stop.is_some_and(Stop::requested) { Err(Failure::Stopped) } else { Ok(()) }
    }

    /// Waits for news, at most a [`TICK`].
    pub fn wait(&self) -> Result<Arc<Snapshot>, Failure> {
        self.check(Some(&self.stop))?;
        self.client.wait(TICK);
        Ok(self.client.snapshot())
    }

    /// The state once the engine knows who it is.
    pub fn ready(&self) -> Result<Arc<Snapshot>, Failure> {
        let until = Instant::now() + START_WITHIN;
        loop {
            let snapshot = self.client.snapshot();
            if snapshot.me.fingerprint.is_some() {
                return Ok(snapshot);
            }
            if Instant::now() > until {
                return Err(Problem::Busy.into());
            }
            self.wait()?;
        }
    }

    /// Waits until the snapshot shows a change that was made.
    pub fn seen(&self, shown: impl Fn(&Snapshot) -> bool) -> Result<(), Failure> {
        let until = Instant::now() + SEEN_WITHIN;
        while !shown(&self.client.snapshot()) && Instant::now() < until {
            self.wait()?;
        }
        Ok(())
    }

    /// The one computer that a person means.
    pub fn whom(&mut self, whom: &str, new: bool) -> Result<Computer, Failure> {
        let found = self.resolve(whom, new)?;
        // By its name alone, which somebody else near may bear too; by fingerprint or address there is nothing to mistake.
        if !new || found.name != whom || self.engine_since.elapsed() > LOOKED_AROUND {
            return Ok(found);
        }
        while self.engine_since.elapsed() <= LOOKED_AROUND {
            self.wait()?;
        }
        self.resolve(whom, new)
    }

    fn resolve(&mut self, whom: &str, new: bool) -> Result<Computer, Failure> {
        let reply = self.call(&Command::Resolve { whom: whom.to_owned(), new, within: FIND_WITHIN })?;
        let Reply::Resolved(mut found) = reply else { return Err(unexpected()) };
        match (found.pop(), found.len()) {
            (None, _) => Err(Problem::NotFound { whom: whom.to_owned() }.into()),
            (Some(only), 0) => Ok(only),
            (Some(last), _) => {
                let all = found.iter().chain([&last]);
                let fingerprints = all.map(|computer| computer.fingerprint.to_string()).collect();
                Err(Problem::Ambiguous { fingerprints }.into())
            }
        }
    }
}

/// The engine answered with something else than was asked for.
pub(super) fn unexpected() -> Failure {
    Problem::Unsupported.into()
}

/// What a person calls it.
pub(super) fn name_of(snapshot: &Snapshot, with: &Fingerprint) -> String {
    let named = snapshot.computers.iter().find(|computer| computer.fingerprint == *with);
    named.map_or_else(|| with.to_string(), |computer| computer.name.clone())
}
