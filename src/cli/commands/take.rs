//! `fantail take`

use std::{collections::BTreeSet, path::PathBuf, time::Duration};

use super::send::until_ended;
use crate::{
    cli::{
        follow::Follow,
        into::prepare,
        line::{Exit, Line, Nothing, OfferedLine},
        session::{Failure, Session, unexpected},
    },
    engine::api::{Command, Problem, Reply},
};

/// A thing on the shelf may be given only after its owner was asked.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);

/// Lists what another computer has put out for this one.
pub(super) fn list(session: &mut Session<'_>, from: &str) -> Result<Exit, Failure> {
    let with = session.whom(from, false)?.fingerprint;
    let Reply::Offered { items, .. } = session.call(&Command::Browse { with })? else { return Err(unexpected()) };
    if items.is_empty() {
        session.say(Line::Nothing(Nothing::OnShelf));
    }
    for item in items {
        session.say(Line::Offered(OfferedLine { id: item.id, name: item.name, bytes: item.size, files: item.files }));
    }
    Ok(Exit::Done)
}

/// Takes these, or everything, and waits until it is saved here.
pub(super) fn take(
    session: &mut Session<'_>,
    from: &str,
    items: Vec<u64>,
    into: Option<PathBuf>,
) -> Result<Exit, Failure> {
    into.as_deref().map_or(Ok(()), prepare)?;
    let with = session.whom(from, false)?.fingerprint;
    let follow = Follow::new(&session.client.snapshot());
    // What comes is held against it.
    let Reply::Offered { items: listed, .. } = session.call(&Command::Browse { with })? else {
        return Err(unexpected());
    };
    let Reply::Sent { transfers, .. } = session.call(&Command::Take { with, items, listed, into })? else {
        return Err(unexpected());
    };
    if transfers.is_empty() {
        return Err(Problem::NotOnShelf.into());
    }
    until_ended(session, follow, BTreeSet::from_iter(transfers), ANSWER_WITHIN)
}
