//! The commands themselves: plain functions over a [`Session`]. They don't know in which process they run, nor how
//! what they say is printed.

mod compare;
mod known;
mod nearby;
mod receive;
mod send;
mod shelf;
mod take;

use super::{line::Exit, request::Request, session::Session};

pub(super) use receive::{Person, receive};

/// Carries it out. Requests about the process itself ([`Request::Show`], [`Request::Who`]) are not for here.
pub(super) fn perform(request: Request, session: &mut Session<'_>) -> Exit {
    let result = match request {
        Request::Nearby { seconds } => nearby::nearby(session, seconds),
        Request::Send { to, paths, text, new, queue, copy, form, wait } => send::send(
            session,
            send::Wish { to, paths: super::request::paths(paths), text, new, queue, copy, form, wait },
        ),
        Request::ShelfList => shelf::list(session),
        Request::ShelfAdd { paths, audience } => shelf::add(session, &super::request::paths(paths), audience),
        Request::ShelfRemove { items } => shelf::remove(session, items),
        Request::Take { from, items, into } => take::take(session, &from, items, into.map(|path| path.0)),
        Request::TakeList { from } => take::list(session, &from),
        Request::Compare { with, new, yes, asks } => compare::compare(session, &with, new, yes, asks),
        Request::KnownList => known::list(session),
        Request::Known { act, whom } => known::act(session, act, &whom),
        Request::KnownRename { whom, name } => known::rename(session, &whom, &name),
        Request::Show { .. } | Request::Who => Ok(Exit::Failed),
    };
    result.unwrap_or_else(|failure| session.fail(failure))
}
