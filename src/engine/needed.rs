//! What still needs a file that lies on this computer: asked before it is taken away.

use std::path::{Path, PathBuf};

use super::{
    api::{Need, Reply},
    clients::Asker,
    hub::Hub,
    transfer::{Cargo, Side, Transfer},
};

impl Hub {
    pub fn needed(&mut self, from: Asker, path: PathBuf) {
        let sends = |one: &Transfer| one.sources().iter().any(|source| path.starts_with(source));
        if let Some(((with, _), _)) = self.transfers.iter().find(|(_, one)| sends(one)) {
            return from.reply(Ok(Reply::Needed(Some(Need::ToSend { with: *with }))));
        }
        self.library.answer(from, move |store| {
            let is_on_shelf = store.shelf()?.iter().any(|item| path.starts_with(&item.path));
            Ok(Reply::Needed(is_on_shelf.then_some(Need::OnShelf)))
        });
    }
}

impl Transfer {
    /// Where that lies which it sends; nothing as long as it isn't known.
    pub fn sources(&self) -> Vec<&Path> {
        match &self.side {
            Side::Out { cargo: Cargo::Files(prepared), .. } => {
                prepared.plan.items().iter().map(|source| &*source.path).collect()
            }
            Side::Out { cargo: Cargo::Stored(stored), .. } => {
                stored.sources.iter().map(|source| &*source.path).collect()
            }
            Side::Out { cargo: Cargo::Planned | Cargo::Text(_), .. } | Side::In { .. } => Vec::new(),
        }
    }
}
