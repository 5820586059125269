//! `fantail receive`

use std::path::PathBuf;

use super::compare::Watch;
use crate::{
    cli::{
        follow::{Follow, Key},
        line::{Exit, Line},
        notices::Told,
        request::KeptPath,
        session::{Failure, Session, Stop},
    },
    engine::api::{Ask, Command, Decision, Direction},
};

/// Whoever can say yes or no.
pub(in crate::cli) trait Person {
    /// Shows a question. Called once for each.
    fn ask(&mut self, ask: &Ask);

    /// The answer to the question shown last, if it is there.
    fn answer(&mut self) -> Option<bool>;

    /// The question shown last went away.
    fn withdrawn(&mut self);
}

/// Receives until stopped, `into` a folder of its own or the usual one. Questions go to `person`; without one they are
/// declined.
pub(in crate::cli) fn receive(
    session: &mut Session<'_>,
    into: Option<PathBuf>,
    once: bool,
    person: Option<&mut dyn Person>,
) -> Exit {
    match receiving(session, into, once, person) {
        // Being stopped is how it ends.
        Ok(()) | Err(Failure::Stopped) => Exit::Done,
        Err(failure) => session.fail(failure),
    }
}

fn receiving(
    session: &mut Session<'_>,
    into: Option<PathBuf>,
    once: bool,
    person: Option<&mut dyn Person>,
) -> Result<(), Failure> {
    let snapshot = session.ready()?;
    let mut told = Told::default();
    told.fresh(&snapshot).into_iter().for_each(|notice| session.say(notice));
    let me = &snapshot.me;
    session.say(Line::Ready {
        name: me.name.clone(),
        fingerprint: me.fingerprint.map(|fingerprint| fingerprint.to_string()).unwrap_or_default(),
        port: me.port,
        path: KeptPath(into.unwrap_or_else(|| me.folder.clone())),
    });
    let mut follow = Follow::new(&snapshot);
    let result = following(session, once, person, &mut told, &mut follow);
    if matches!(result, Err(Failure::Stopped)) {
        // What happened just before is still told.
        session.stop = Stop::default();
        let snapshot = session.wait()?;
        follow.tell(session, &snapshot, |_| true)?;
    }
    result
}

fn following(
    session: &mut Session<'_>,
    once: bool,
    mut person: Option<&mut dyn Person>,
    told: &mut Told,
    follow: &mut Follow,
) -> Result<(), Failure> {
    let mut asking: Option<Key> = None;
    let mut answered: Vec<Key> = Vec::new();
    let mut watch = Watch::default();
    loop {
        let snapshot = session.wait()?;
        told.fresh(&snapshot).into_iter().for_each(|notice| session.say(notice));
        watch.news(&snapshot).into_iter().for_each(|line| session.say(line));
        let ended = follow.tell(session, &snapshot, |_| true)?;
        if once && ended.iter().any(|(entry, exit)| entry.direction == Direction::Received && *exit == Exit::Done) {
            return Ok(());
        }

        let keys: Vec<Key> = snapshot.asks.iter().map(|ask| (ask.with, ask.transfer)).collect();
        answered.retain(|key| keys.contains(key));
        let Some(person) = &mut person else {
            for key in keys.iter().filter(|key| !answered.contains(key)) {
                decide(session, key, false)?;
            }
            answered = keys;
            continue;
        };
        if let Some(key) = asking {
            if !keys.contains(&key) {
                person.withdrawn();
                asking = None;
            } else if let Some(yes) = person.answer() {
                decide(session, &key, yes)?;
                answered.push(key);
                asking = None;
            }
        }
        if asking.is_none()
            && let Some(ask) = snapshot.asks.iter().find(|ask| !answered.contains(&(ask.with, ask.transfer)))
        {
            person.ask(ask);
            asking = Some((ask.with, ask.transfer));
        }
    }
}

fn decide(session: &mut Session<'_>, (with, transfer): &Key, yes: bool) -> Result<(), Failure> {
    let decision = if yes { Decision::Accept { items: None, into: None, always: false } } else { Decision::Decline };
    match session.call(&Command::Answer { with: *with, transfer: *transfer, decision }) {
        // It went away in this moment.
        Err(Failure::Problem(problem)) => {
            log::info!("an answer came too late: {problem:?}");
            Ok(())
        }
        other => other.map(drop),
    }
}
