//! What was consented to and is offered again: accepted by itself, going on with what is there.
//!
//! The same means: from the same computer, of the same transfer, the same things under the same names, none larger.
//! Anything else is a new question, and what had arrived is kept until it is answered.

use std::{
    ffi::OsStr,
    path::PathBuf,
    sync::{Arc, atomic::AtomicBool},
};

use tokio::time::Instant;

use super::{
    accepting,
    api::{Body, Direction, Entry, GroupId, Hold, ItemState, Problem, State},
    deciding::{shown_item, shown_kind},
    hub::{Hub, Message},
    transfer::{Key, Side, Stage, Transfer},
};
use crate::{
    protocol::{
        Ranges,
        message::{Item as WireItem, NOT_COMPARED, Offer},
    },
    store::{ItemUpdate, Sought},
    transfer::{Before, FolderError, Kept, Missing, ReceiveFolder, StopOnDrop},
};

/// A folder that can take a transfer, with what is there of it.
pub(super) type Place = (ReceiveFolder, Kept);

/// A place that is ready, and what was found out about what came earlier.
#[derive(Debug)]
pub(super) struct Opened {
    pub place: Place,
    /// Items of which something of the same size came from the same computer.
    pub known: Ranges,
    /// Items that are there already, and where.
    pub same: Vec<(u32, PathBuf)>,
}

/// What is to be opened.
struct ToOpen {
    key: Key,
    offer: Arc<Offer>,
    accepted: Ranges,
    into: PathBuf,
    /// Told as saved before.
    told: Ranges,
    missing: Missing,
    /// What came from the same computer earlier, by item.
    before: Vec<(u32, Before)>,
}

impl Hub {
    /// Goes on receiving.
    pub fn receive_again(&mut self, key: Key, offer: Arc<Offer>) {
        let Some(transfer) = self.transfers.get_mut(&key) else { return };
        transfer.halt(Stage::Preparing);
        transfer.paused.there = false;
        let attempt = transfer.attempt;
        let Side::In { offer: before, accepted, .. } = &mut transfer.side else { return };
        let changed = changed_since(before, &offer, accepted);
        *before = offer;
        (transfer.files, transfer.bytes) = before.sums(accepted);
        self.pace.touch();
        self.write_items(key, changed);
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

    /// Opens the folder a transfer goes to, and looks at what is there of it and what came earlier. Only of what was
    /// agreed to, and only what came from the same computer.
    pub fn open_folder(&mut self, key: Key, told: Ranges, always: bool) {
        let tells = self.links.get(&key.0).is_some_and(|link| link.control.tells_digests());
        let Some(transfer) = self.transfers.get_mut(&key) else { return };
        let Side::In { offer, accepted, into, .. } = &transfer.side else { return };
        let (offer, accepted, into) = (offer.clone(), accepted.clone(), into.clone());
        let Missing { bytes, files } = transfer.missing.unwrap_or_default();
        let missing = Missing { bytes: bytes.min(transfer.bytes), files: files.min(transfer.files) };
        let attempt = transfer.attempt;
        let wanted = accepted.iter().filter(|item| tells && !told.contains(*item));
        let sought: Vec<Sought> = wanted.filter_map(|index| sought(&offer, index)).collect();
        let open = ToOpen { key, offer, accepted, into, told, missing, before: Vec::new() };
        if sought.is_empty() {
            return self.open(attempt, always, open);
        }
        self.library.post(
            move |store| store.came_before(&key.0, &sought),
            move |hub, before| {
                let before = before.inspect_err(|error| log::warn!("what came earlier can't be read: {error}"));
                let mut before = before.unwrap_or_default();
                before.retain(|(index, before)| open.may_be(*index, before));
                if hub.transfers.get(&key).is_some_and(|transfer| transfer.attempt == attempt) {
                    hub.open(attempt, always, ToOpen { before, ..open });
                }
            },
        );
    }

    fn open(&mut self, attempt: u32, always: bool, open: ToOpen) {
        let (key, hub) = (open.key, self.inbox.clone());
        let task = tokio::spawn(async move {
            let stop = StopOnDrop::default();
            let flag = stop.0.clone();
            let opened = tokio::task::spawn_blocking(move || open.open(&flag)).await.unwrap_or(Err(Problem::Closed));
            hub.send(Message::FolderOpened { key, attempt, always, opened: opened.map(Box::new) }).await.ok();
        });
        if let Some(transfer) = self.transfers.get_mut(&key) {
            transfer.work.add(task.abort_handle());
        }
    }

    /// What was consented to can't be received into its folder now.
    pub fn can_not_go_on(&mut self, key: Key, problem: &Problem) {
        let hold = match problem {
            Problem::DiskFull { .. } => Hold::DiskFull { here: true },
            _ => Hold::FolderNotWritable { here: true },
        };
        self.mention(key.0, |control| control.decline(key.1, accepting::reason(problem)));
        self.rest(key, hold);
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
        // Its versions aren't known any more: what had one but the first is received anew rather than missed.
        let first = offer.items.iter().map(|item| WireItem { version: 0, ..item.clone() }).collect();
        let side = Side::In {
            offer: Arc::new(Offer { items: first, ..Offer::clone(offer) }),
            accepted: Ranges::from_numbers(wanted),
            into: folder.unwrap_or_else(|| self.me.folder.clone()),
            kept: None,
            consented: true,
            same: None,
        };
        self.transfers.insert(key, Transfer::new(GroupId(entry.group.0), Stage::Preparing, side));
        // In one step, so that it is never under way with nothing to go on with: then everything would come again.
        if let Some(going) = self.going(key) {
            self.library.write("what goes on", move |store| store.run_again(&key.0, &key.1, &going));
        }
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

/// Items that changed since they were offered last: what is saved of them is not what they are now, and they are received
/// anew beside it.
pub(super) fn changed_since(before: &Offer, now: &Offer, accepted: &Ranges) -> Vec<ItemUpdate> {
    let pairs = before.items.iter().zip(&now.items).zip(0..);
    let changed = pairs.filter(|((before, now), index)| before.version != now.version && accepted.contains(*index));
    changed.map(|(_, index)| ItemUpdate { index, state: ItemState::Pending, path: None }).collect()
}

/// Items that are saved, or as far as they could be.
pub(super) fn told(entry: &Entry) -> Ranges {
    let Body::Items { items, .. } = &entry.body else { return Ranges::default() };
    Ranges::from_numbers(items.iter().filter(|item| item.state.is_saved()).map(|item| item.index))
}

/// What is looked for among what came earlier. Nothing if it shall come whatever is there.
fn sought(offer: &Offer, index: u32) -> Option<Sought> {
    let item = offer.items.get(index as usize)?;
    let kind = shown_kind(item.kind);
    (item.digest != Some(NOT_COMPARED)).then_some(Sought { item: index, kind, size: item.size, files: item.files })
}

impl ToOpen {
    /// Empty things have nothing but their name in common.
    fn may_be(&self, index: u32, before: &Before) -> bool {
        let item = self.offer.items.get(index as usize);
        item.is_some_and(|item| item.size > 0 || before.path.file_name() == Some(OsStr::new(&item.name)))
    }

    fn open(self, stop: &AtomicBool) -> Result<Opened, Problem> {
        self.try_open(stop).map_err(|error| error.problem())
    }

    fn try_open(self, stop: &AtomicBool) -> Result<Opened, FolderError> {
        let same = self.same(stop);
        let Self { key: (with, transfer), offer, accepted, into, told, missing, before } = self;
        let items = &offer.items;
        let folder = ReceiveFolder::open(&into)?;
        // First, since it is asked often while a disk is full.
        if same.is_empty()
            && let Err(FolderError::Full) = folder.check_room(missing)
        {
            return Err(FolderError::Full);
        }
        folder.check()?;
        let told = Ranges::from_numbers(told.iter().chain(same.iter().map(|(item, _)| *item)));
        let kept = folder.kept(with, transfer, items, &accepted, told)?;
        let is_known = |index: &u32| {
            let item = items.get(*index as usize).filter(|item| item.digest.is_none());
            let is_there = |item: &WireItem| {
                let of_it = before.iter().filter(|(of, _)| of == index);
                of_it.into_iter().any(|(_, before)| before.is_there(shown_kind(item.kind), item.size))
            };
            !kept.has_some_of(*index) && item.is_some_and(is_there)
        };
        let known = Ranges::from_numbers(accepted.iter().filter(is_known));
        // What may be there already may need no room.
        let surely = Ranges::from_numbers(accepted.iter().filter(|item| !known.contains(*item)));
        match folder.check_room(kept.missing(items, &surely)) {
            Err(FolderError::Full) => Err(FolderError::Full),
            // It shows on the way then.
            _ => Ok(Opened { place: (folder, kept), known, same }),
        }
    }

    /// Items whose digest is that of something that came earlier and still is what it was.
    fn same(&self, stop: &AtomicBool) -> Vec<(u32, PathBuf)> {
        let mut same: Vec<(u32, PathBuf)> = Vec::new();
        for (index, before) in &self.before {
            let Some(item) = self.offer.items.get(*index as usize) else { continue };
            let Some(digest) = item.digest.filter(|digest| *digest != NOT_COMPARED) else { continue };
            let is_found = same.last().is_some_and(|(last, _)| last == index);
            if !is_found && before.is_still(shown_kind(item.kind), item.size, &digest, stop) {
                same.push((*index, before.path.clone()));
            }
        }
        same
    }
}
