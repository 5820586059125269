//! `fantail shelf`

use std::path::PathBuf;

use crate::{
    cli::{
        line::{Exit, Line, ShelfLine},
        request::KeptPath,
        session::{Failure, Session, unexpected},
    },
    engine::api::{Audience, Command, ItemKind, Problem, Reply, ShelfItem},
};

pub(super) fn list(session: &mut Session<'_>) -> Result<Exit, Failure> {
    let items = shelf(session, &Command::ShelfList)?;
    for item in items {
        session.say(line(item));
    }
    Ok(Exit::Done)
}

/// Puts them out, and lists them with their numbers.
pub(super) fn add(session: &mut Session<'_>, paths: &[PathBuf], audience: Audience) -> Result<Exit, Failure> {
    let items = shelf(session, &Command::ShelfAdd { paths: paths.to_vec(), audience })?;
    for item in items.into_iter().filter(|item| paths.contains(&item.path)) {
        session.say(line(item));
    }
    Ok(Exit::Done)
}

/// All of them, or none if one isn't there.
pub(super) fn remove(session: &mut Session<'_>, ids: Vec<u64>) -> Result<Exit, Failure> {
    let there = shelf(session, &Command::ShelfList)?;
    if !ids.iter().all(|id| there.iter().any(|item| item.id == *id)) {
        return Err(Problem::NotOnShelf.into());
    }
    shelf(session, &Command::ShelfRemove { ids })?;
    Ok(Exit::Done)
}

fn shelf(session: &mut Session<'_>, command: &Command) -> Result<Vec<ShelfItem>, Failure> {
    match session.call(command)? {
        Reply::Shelf(items) => Ok(items),
        _ => Err(unexpected()),
    }
}

fn line(item: ShelfItem) -> Line {
    Line::Shelf(ShelfLine {
        id: item.id,
        name: item.name,
        path: KeptPath(item.path),
        bytes: item.size,
        files: item.files.max(u64::from(item.kind == ItemKind::File)),
        audience: item.audience,
    })
}
