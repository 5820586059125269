//! `fantail send`

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    time::{Duration, Instant},
};

use crate::{
    cli::{
        follow::{Follow, Key},
        line::Exit,
        session::{Failure, Session, unexpected},
    },
    engine::api::{Command, Form, Outgoing, Parcel, Phase, Problem, Reply, Thing},
};

/// How long the last words of a cancelled transfer are waited for.
const LAST_WORDS: Duration = Duration::from_secs(2);

#[derive(Debug)]
pub(super) struct Wish {
    pub to: Vec<String>,
    pub paths: Vec<PathBuf>,
    pub text: Option<String>,
    /// A name may mean a stranger.
    pub new: bool,
    /// What can't be reached is waited for by whichever process of this home is there then.
    pub queue: bool,
    /// Also what is there already.
    pub copy: bool,
    /// How the pictures among them go.
    pub form: Form,
    /// For an answer, in seconds.
    pub wait: u32,
}

/// Finds everybody first, so that a mistyped name sends nothing to anybody; then sends and waits until all is saved.
pub(super) fn send(session: &mut Session<'_>, wish: Wish) -> Result<Exit, Failure> {
    let Wish { to: names, paths, text, new, queue, copy, form, wait } = wish;
    let mut to = Vec::new();
    for whom in &names {
        let fingerprint = session.whom(whom, new)?.fingerprint;
        if !to.contains(&fingerprint) {
            to.push(fingerprint);
        }
    }
    let follow = Follow::new(&session.client.snapshot());
    let mut sent = BTreeSet::new();
    let things: Vec<Thing> = paths.into_iter().map(Thing::Path).collect();
    let files = (!things.is_empty()).then_some(Outgoing::Parcel(Parcel { things, form, copies: copy }));
    for what in [text.map(Outgoing::Text), files].into_iter().flatten() {
        let sending = Command::Send { to: to.clone(), what, keep: queue };
        let Reply::Sent { transfers, again, .. } = session.call(&sending)? else {
            return Err(unexpected());
        };
        sent.extend(transfers.into_iter().chain(again));
    }
    until_ended(session, follow, sent, Duration::from_secs(wait.into()))
}

/// Whoever need not ask anybody answers sooner, so that `--wait 0` means them.
const AT_ONCE: Duration = Duration::from_secs(1);

/// Tells about these until they ended, cancelling what is not answered in time, and all if this person does.
pub(super) fn until_ended(
    session: &mut Session<'_>,
    mut follow: Follow,
    mut open: BTreeSet<Key>,
    wait: Duration,
) -> Result<Exit, Failure> {
    let wait = wait.max(AT_ONCE);
    let mut exit = Exit::Done;
    let mut asked: BTreeMap<Key, Instant> = BTreeMap::new();
    while !open.is_empty() {
        let step = session.wait().and_then(|snapshot| {
            let ended = follow.tell(session, &snapshot, |key| open.contains(key))?;
            for (entry, end) in ended {
                open.remove(&(entry.with, entry.transfer));
                exit = exit.or(end);
            }
            for running in &snapshot.transfers {
                let key = (running.with, running.transfer);
                if !open.contains(&key) || running.phase != Phase::Waiting {
                    asked.remove(&key);
                } else if asked.entry(key).or_insert_with(Instant::now).elapsed() >= wait && follow.give_up(key) {
                    match session.call(&Command::Cancel { with: key.0, transfer: key.1 }) {
                        // It ended in this moment; its entry tells how.
                        Err(Failure::Problem(problem)) => log::info!("nothing to give up: {problem:?}"),
                        other => drop(other?),
                    }
                }
            }
            Ok(())
        });
        if let Err(Failure::Stopped) = step {
            if session.stop.is_cancelled() {
                return Ok(exit.or(cancel(session, &mut follow, open)));
            }
            follow.leave(session, &open);
            return Ok(exit.or(Exit::Stopped));
        }
        step?;
    }
    Ok(exit)
}

/// Cancels what still runs, and tells so.
fn cancel(session: &mut Session<'_>, follow: &mut Follow, mut open: BTreeSet<Key>) -> Exit {
    for (with, transfer) in open.clone() {
        match session.call_last(&Command::Cancel { with, transfer }) {
            // The engine has ended.
            Err(Failure::Problem(Problem::Closed | Problem::Busy)) => return Exit::Stopped,
            // It ended in this moment.
            Err(error) => log::info!("nothing to cancel: {error:?}"),
            Ok(_) => {}
        }
    }
    session.stop = crate::cli::session::Stop::default();
    let until = Instant::now() + LAST_WORDS;
    let mut exit = Exit::Done;
    while !open.is_empty() && Instant::now() < until {
        let told = session.wait().and_then(|snapshot| follow.tell(session, &snapshot, |key| open.contains(key)));
        let Ok(ended) = told else { break };
        for (entry, end) in ended {
            open.remove(&(entry.with, entry.transfer));
            exit = exit.or(end);
        }
    }
    if open.is_empty() { exit } else { Exit::Failed }
}
