//! What was consented to and is offered again: accepted by itself, going on with what is there.
//!
//! The same means: from the same computer, of the same transfer, the same things under the same names, none larger.
//! Anything else is a new question, and what had arrived is kept until it is answered.

use std::{path::PathBuf, sync::Arc};

use tokio::time::Instant;

use super::{
    api::{Body, Direction, Entry, GroupId, Hold, ItemState, Problem, State},
    hub::{Hub, Message},
    incoming::shown_item,
    transfers::{Key, Side, Stage, Transfer},
};
use crate::{
    protocol::{
        Ranges,
        message::{DeclineReason, Item as WireItem, Offer},
    },
    transfer::{FolderError, Kept, Missing, ReceiveFolder},
};

/// A folder that can take a transfer, with what is there of it.
pub(super) type Opened = (ReceiveFolder, Kept);

impl Hub {
    /// Goes on receiving.
    pub fn receive_again(&mut self, key: Key, offer: Arc<Offer>) {
        let Some(transfer) = self.transfers.get_mut(&key) else { return };
        transfer.halt(Stage::Preparing);
        transfer.paused.there = false;
        let attempt = transfer.attempt;
        let Side::In { offer: before, accepted, .. } = &mut transfer.side else { return };
        *before = offer;
        (transfer.files, transfer.bytes) = before.sums(accepted);
        self.pace.touch();
        let (with, id) = key;
        self.library.post(
            move |store| store.entry_of(&with, &id),
            move |hub, result| {
                let entry = result.ok().flatten();
                let told = entry.as_ref().map(told).unwrap_or_default();
                if hub.transfers.get(&key).is_some_and(|transfer| transfer.attempt == attempt) {
                    hub.open_folder(key, told, false);
                }
            },
        );
    }

    /// Opens the folder a transfer goes to, and looks at what is there of it.
    pub fn open_folder(&mut self, key: Key, told: Ranges, always: bool) {
        let Some(transfer) = self.transfers.get_mut(&key) else { return };
        let Side::In { offer, accepted, into, .. } = &transfer.side else { return };
        let (offer, accepted, into) = (offer.clone(), accepted.clone(), into.clone());
        let Missing { bytes, files } = transfer.missing;
        let missing = Missing { bytes: bytes.min(transfer.bytes), files: files.min(transfer.files) };
        let (attempt, hub) = (transfer.attempt, self.inbox.clone());
        let task = tokio::spawn(async move {
            let open = move || open(key, &into, &offer.items, &accepted, told, missing);
            let opened = tokio::task::spawn_blocking(open).await.unwrap_or(Err(Problem::Closed));
            hub.send(Message::FolderOpened { key, attempt, always, opened: opened.map(Box::new) }).await.ok();
        });
        transfer.work.add(task.abort_handle());
    }

    /// What was consented to can't be received into its folder now.
    pub fn can_not_go_on(&mut self, key: Key, problem: &Problem) {
        let full = matches!(problem, Problem::DiskFull { .. });
        let reason = if full { DeclineReason::DiskFull } else { DeclineReason::FolderNotWritable };
        self.mention(key.0, |control| control.decline(key.1, reason));
        if full {
            self.rest(key, Hold::DiskFull { here: true });
        } else {
            self.finish(key, State::Stopped(problem.clone()));
        }
    }

    /// An offer of something that is in the store already, but not under way. False if it isn't what was agreed to.
    pub fn offered_after_the_end(&mut self, key: Key, offer: &Arc<Offer>, entry: &Entry) -> bool {
        let Body::Items { items, .. } = &entry.body else { return false };
        if entry.state != State::Saved || entry.direction != Direction::Received {
            return false;
        }
        let same = items.len() == offer.items.len()
            && items.iter().zip(&offer.items).zip(0..).all(|((kept, item), index)| {
                let now = shown_item(item, index);
                (kept.kind, &kept.name) == (now.kind, &now.name) && now.size <= kept.size
            });
        if !same {
            return false;
        }
        // Its last word was lost on the way.
        let wanted = items.iter().filter(|item| item.state != ItemState::LeftOut).map(|item| item.index);
        let folder = items.iter().find_map(|item| item.path.as_ref()?.parent().map(PathBuf::from));
        let side = Side::In {
            offer: offer.clone(),
            accepted: Ranges::from_numbers(wanted),
            into: folder.unwrap_or_else(|| self.me.folder.clone()),
            kept: None,
            consented: true,
            same: None,
        };
        self.transfers.insert(key, Transfer::new(GroupId(entry.group.0), Stage::Preparing, side));
        self.receive_again(key, offer.clone());
        true
    }

    /// The receiving side waits for the offer to come again, as long as a connection may take to come back.
    pub fn await_again(&mut self, key: Key) {
        let Some(transfer) = self.transfers.get_mut(&key) else { return };
        transfer.halt(Stage::Away { retry: None });
        transfer.lost = Some(Instant::now() + super::transfers::GRACE);
        self.pace.touch();
    }
}

/// What was consented to covers this offer.
pub(super) fn covers(consented: &Offer, offer: &Offer) -> bool {
    let covers = |(before, now): (&WireItem, &WireItem)| {
        (before.kind, &before.name) == (now.kind, &now.name) && now.size <= before.size && now.files <= before.files
    };
    consented.items.len() == offer.items.len() && consented.items.iter().zip(&offer.items).all(covers)
}

/// Items that are saved, or as far as they could be.
pub(super) fn told(entry: &Entry) -> Ranges {
    let Body::Items { items, .. } = &entry.body else { return Ranges::default() };
    Ranges::from_numbers(items.iter().filter(|item| item.state.is_saved()).map(|item| item.index))
}

fn open(
    (with, transfer): Key,
    into: &std::path::Path,
    items: &[WireItem],
    accepted: &Ranges,
    told: Ranges,
    missing: Missing,
) -> Result<Opened, Problem> {
    let open = || -> Result<Opened, FolderError> {
        let folder = ReceiveFolder::open(into)?;
        // First, since it is asked often while a disk is full.
        if let Err(FolderError::Full) = folder.check_room(missing) {
            return Err(FolderError::Full);
        }
        folder.check()?;
        let kept = folder.kept(with, transfer, items, accepted, told)?;
        match folder.check_room(kept.missing(items, accepted)) {
            Err(FolderError::Full) => Err(FolderError::Full),
            // It shows on the way then.
            _ => Ok((folder, kept)),
        }
    };
    open().map_err(|error| error.problem())
}
