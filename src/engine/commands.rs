//! What the window and the command line ask for, one arm each.

use std::{path::PathBuf, sync::Arc};

use super::{
    api::{Command, Entry, Problem, Reply, Settings},
    clients::{Asker, Request},
    hub::Hub,
    library::unknown,
    pasted::unnamed_of,
    taking::Wish,
};
use crate::{
    pictures::{forget_previews, name_suggests_picture},
    protocol::Fingerprint,
    store::{Page, Paths, Store, StoreError},
};

/// A name people give, in characters; more than any line shows.
const MAX_GIVEN_NAME: usize = 64;

impl Hub {
    pub(super) fn command(&mut self, request: Request) {
        let Request { from, command } = request;
        match command {
            Command::Changes { since, limit } => self.library.answer(from, move |store| {
                let changes = store.changes(since, limit)?;
                let entries = shared(changes.entries);
                Ok(Reply::Changes { entries, removed: changes.removed, up_to: changes.up_to })
            }),
            Command::Page { with, at, limit } => self.library.answer(from, move |store| {
                let Page { entries, before, after } = store.page(&with, at, limit)?;
                Ok(Reply::Page { with, entries: shared(entries), before, after })
            }),
            Command::Pictures { with, towards, limit } => self.library.answer(from, move |store| {
                let is_picture = |name: &str, hashed: bool| hashed || name_suggests_picture(name);
                let entries = store.nearest_with_file(&with, towards, limit, is_picture)?;
                Ok(Reply::Pictures { entries: shared(entries) })
            }),
            Command::Search { text, with, limit } => self.library.answer(from, move |store| {
                Ok(Reply::Found { entries: shared(store.search(&text, with.as_ref(), limit)?) })
            }),
            Command::MarkRead { with } => self.library.answer(from, move |store| {
                store.mark_read(&with)?;
                Ok(Reply::Done)
            }),
            Command::RemoveEntry { seq } => {
                self.remove(from, Paths::OfEntry(seq), move |store| store.remove_entry(seq), |_, _| Ok(()));
            }
            Command::RemoveConversation { with } => {
                self.end_what_rests(with);
                self.remove(from, Paths::With(with), move |store| store.remove_conversation(&with), |_, _| Ok(()));
            }
            Command::SetRule { with, rule } => self.command_rule(from, with, rule),
            Command::Rename { with, name } => self.rename(from, with, name),
            Command::SetFolder { with, folder } => self.set_folder(from, with, folder),
            Command::ChangeSettings(settings) => self.change_settings(from, settings),
            Command::HideStrangers { during } => {
                self.hide_strangers(during);
                from.reply(Ok(Reply::Done));
            }
            Command::Send { to, what, keep } => self.send(from, to, what, keep),
            Command::Sooner { with, transfer, first } => {
                let result = self.send_sooner((with, transfer), first);
                from.reply(result.map(|()| Reply::Done));
            }
            Command::Waiting { to } => {
                self.say_waiting(to);
                from.reply(Ok(Reply::Done));
            }
            Command::Answer { with, transfer, decision } => {
                let result = self.decided((with, transfer), decision);
                from.reply(result.map(|()| Reply::Done));
            }
            Command::Cancel { with, transfer } => {
                let result = self.cancel((with, transfer));
                from.reply(result.map(|()| Reply::Done));
            }
            Command::Pause { with, transfer } => {
                let result = self.pause((with, transfer));
                from.reply(result.map(|()| Reply::Done));
            }
            Command::Continue { with, transfer } => {
                let result = self.unpause((with, transfer));
                from.reply(result.map(|()| Reply::Done));
            }
            Command::Forget { with } => self.forget(from, with),
            Command::Compare { with } => self.compare(from, with),
            Command::EndCompare { with } => self.end_comparing(from, with),
            Command::Verify { with, verified } => self.command_verify(from, with, verified),
            Command::Resolve { whom, new, within } => self.resolve(from, whom, new, within),
            Command::Refresh => {
                self.refresh();
                from.reply(Ok(Reply::Done));
            }
            Command::ShelfList => self.library.answer(from, |store| Ok(Reply::Shelf(store.shelf()?))),
            Command::ShelfAdd { paths, audience } => self.shelf_add(from, paths, audience),
            Command::ShelfRemove { ids } => self.shelf_remove(from, ids),
            Command::Needed { path } => self.needed(from, path),
            Command::Browse { with } => self.browse(from, with),
            Command::Take { with, items, listed, into } => self.take(from, with, Wish::new(items, listed), into),
        }
    }

    /// Out of the store by `job`; then, unless `then` has a problem with it, goes what isn't kept without its entries: their
    /// previews, and pictures that were pasted.
    pub(super) fn remove<T: Send + 'static>(
        &mut self,
        from: Asker,
        of: Paths,
        job: impl FnOnce(&mut Store) -> Result<T, StoreError> + Send + 'static,
        then: impl FnOnce(&mut Self, T) -> Result<(), Problem> + Send + 'static,
    ) {
        let pasted = self.pasted_folder();
        self.library.post(
            move |store| {
                let paths = store.paths(of)?;
                let removed = job(store)?;
                let unnamed = unnamed_of(store, &pasted, &paths);
                Ok((removed, paths, unnamed))
            },
            move |hub, result: Result<_, StoreError>| {
                let done = result
                    .map_err(|error| error.problem())
                    .and_then(|(removed, paths, unnamed)| then(hub, removed).map(|()| (paths, unnamed)));
                let (paths, unnamed) = match done {
                    Ok(left) => left,
                    Err(problem) => return from.reply(Err(problem)),
                };
                let (previews, pasted) = (hub.config.home.previews.clone(), hub.unneeded_pasted(unnamed));
                tokio::task::spawn_blocking(move || {
                    if let Err(error) = forget_previews(&previews, &paths) {
                        log::warn!("previews of what was removed could not be removed: {error}");
                    }
                    pasted.remove();
                    from.reply(Ok(Reply::Done));
                });
            },
        );
    }

    fn rename(&mut self, from: Asker, with: Fingerprint, name: Option<String>) {
        let name = name.map(|name| one_line(&name)).filter(|name| !name.is_empty());
        let given = name.clone();
        self.library.post(
            move |store| store.rename(&with, given.as_deref()),
            move |hub, result| {
                let result = known_only(result, with);
                if let (Ok(()), Some(known)) = (&result, hub.known.get_mut(&with)) {
                    (known.given_name, known.taker) = (name, false);
                }
                hub.update_gate();
                from.reply(result.map(|()| Reply::Done));
            },
        );
    }

    fn set_folder(&mut self, from: Asker, with: Fingerprint, folder: Option<PathBuf>) {
        let chosen = folder.clone();
        self.library.post(
            move |store| store.set_folder(&with, chosen.as_deref()),
            move |hub, result| {
                let result = known_only(result, with);
                if let (Ok(()), Some(known)) = (&result, hub.known.get_mut(&with)) {
                    (known.folder, known.taker) = (folder, false);
                }
                hub.update_gate();
                from.reply(result.map(|()| Reply::Done));
            },
        );
    }

    fn change_settings(&mut self, from: Asker, mut settings: Settings) {
        settings.name = settings.name.map(|name| one_line(&name)).filter(|name| !name.is_empty());
        let stored = settings.clone();
        self.library.post(
            move |store| store.save_settings(&stored),
            move |hub, result| {
                if result.is_ok() {
                    hub.apply_settings(settings);
                }
                from.reply(result.map(|()| Reply::Done).map_err(|error| error.problem()));
            },
        );
    }
}

/// `false` from the store means that it doesn't know the computer.
pub(super) fn known_only(result: Result<bool, StoreError>, with: Fingerprint) -> Result<(), Problem> {
    match result {
        Ok(true) => Ok(()),
        Ok(false) => Err(unknown(with)),
        Err(error) => Err(error.problem()),
    }
}

fn shared(entries: Vec<Entry>) -> Vec<Arc<Entry>> {
    entries.into_iter().map(Arc::new).collect()
}

fn one_line(name: &str) -> String {
    let name = crate::transfer::names::shown(name.trim());
    name.chars().take(MAX_GIVEN_NAME).collect::<String>().trim_end().to_owned()
}
