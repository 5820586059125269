//! `fantail known`

use crate::{
    cli::{
        line::{Exit, KnownLine, Line, RuleWord},
        request::KnownAct,
        session::{Failure, Session},
    },
    engine::api::{Command, Computer, Presence, Problem, Rule},
    protocol::Fingerprint,
};

pub(super) fn list(session: &mut Session<'_>) -> Result<Exit, Failure> {
    let snapshot = session.ready()?;
    for computer in snapshot.computers.iter().filter(|computer| !computer.new) {
        session.say(line(computer));
    }
    Ok(Exit::Done)
}

/// Finds them all first, so that a mistyped name changes nothing.
pub(super) fn act(session: &mut Session<'_>, act: KnownAct, whom: &[String]) -> Result<Exit, Failure> {
    let found: Vec<Fingerprint> = whom.iter().map(|whom| find(session, whom)).collect::<Result<_, _>>()?;
    let rule = match act {
        KnownAct::Verify => return verify(session, &found),
        KnownAct::Accept => Some(Rule::Accept),
        KnownAct::Ask => Some(Rule::Ask),
        KnownAct::Block => Some(Rule::Block),
        KnownAct::Forget => None,
    };
    for with in &found {
        let with = *with;
        session.call(&rule.map_or(Command::Forget { with }, |rule| Command::SetRule { with, rule }))?;
    }
    // So that a list right after it shows it.
    session.seen(|snapshot| {
        found.iter().all(|with| {
            let known = snapshot.computers.iter().find(|computer| computer.fingerprint == *with && !computer.new);
            known.map(|computer| computer.rule) == rule
        })
    })?;
    Ok(Exit::Done)
}

fn verify(session: &mut Session<'_>, found: &[Fingerprint]) -> Result<Exit, Failure> {
    for with in found {
        session.call(&Command::Verify { with: *with, verified: true })?;
    }
    session.seen(|snapshot| {
        let is_verified = |with: &Fingerprint| {
            snapshot.computers.iter().any(|computer| computer.fingerprint == *with && computer.verified)
        };
        found.iter().all(is_verified)
    })?;
    Ok(Exit::Done)
}

pub(super) fn rename(session: &mut Session<'_>, whom: &str, name: &str) -> Result<Exit, Failure> {
    let with = find(session, whom)?;
    let name = Some(name.trim().to_owned()).filter(|name| !name.is_empty());
    session.call(&Command::Rename { with, name: name.clone() })?;
    session.seen(|snapshot| {
        let known = snapshot.computers.iter().find(|computer| computer.fingerprint == with);
        known.is_none_or(|computer| name.as_ref().is_none_or(|name| computer.name == *name))
    })?;
    Ok(Exit::Done)
}

/// A known computer needs no looking around for.
fn find(session: &mut Session<'_>, whom: &str) -> Result<Fingerprint, Failure> {
    let snapshot = session.ready()?;
    let known: Vec<&Computer> = snapshot
        .computers
        .iter()
        .filter(|computer| !computer.new)
        .filter(|computer| computer.name == whom || whom.parse() == Ok(computer.fingerprint))
        .collect();
    match known.as_slice() {
        [only] => Ok(only.fingerprint),
        [] => Ok(session.whom(whom, false)?.fingerprint),
        several => {
            let fingerprints = several.iter().map(|computer| computer.fingerprint.to_string()).collect();
            Err(Problem::Ambiguous { fingerprints }.into())
        }
    }
}

fn line(computer: &Computer) -> Line {
    Line::Known(KnownLine {
        name: computer.name.clone(),
        fingerprint: computer.fingerprint.to_string(),
        verified: computer.verified,
        rule: match computer.rule {
            Rule::Ask => RuleWord::Ask,
            Rule::Accept => RuleWord::Accept,
            Rule::Block => RuleWord::Block,
        },
        reachable: computer.presence == Presence::Reachable,
        first_seen: computer.first_seen.map(|at| at.0),
        last_seen: computer.last_seen.map(|at| at.0),
    })
}
