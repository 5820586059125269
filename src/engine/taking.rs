//! The shelves of others: looking at them, and taking.

use std::{collections::HashMap, path::PathBuf, sync::Arc, time::Duration};

use tokio::time::Instant;

use super::{
    api::{Body, Direction, GroupId, Item, ItemKind, OfferedItem, Problem, Reply, State},
    asking::PATIENCE,
    clients::Asker,
    deciding::shown_item,
    hub::Hub,
    ids::random,
    transfer::{Key, Side, Stage, Transfer},
    transfers::{MAX_TRANSFERS, REACH_WITHIN},
};
use crate::{
    protocol::{
        Fingerprint, Ranges, TransferId,
        control::Control,
        limits::MAX_OFFER_ITEMS,
        message::{CancelReason, Offer, Shelf, ShelfItem as WireShelfItem, Take},
    },
    store::NewEntry,
};

/// Questions "what have you put out?" that wait for their answer.
const MAX_BROWSES: usize = 64;

/// Between Take and the offer lie a question to a person and the reading of a folder.
const OFFERED_WITHIN: Duration = PATIENCE.saturating_add(Duration::from_secs(30));

/// What of another's shelf is asked for.
#[derive(Debug)]
pub(super) struct Wish {
    /// Everything if empty.
    items: Vec<u64>,
    /// Of what the other showed of its shelf, what is asked for.
    listed: Vec<OfferedItem>,
    /// At least once.
    asked: bool,
}

impl Wish {
    pub fn new(items: Vec<u64>, mut listed: Vec<OfferedItem>) -> Self {
        listed.retain(|item| items.is_empty() || items.contains(&item.id));
        Self { items, listed, asked: false }
    }

    /// Nothing is offered but what was listed and asked for: each thing once, of the same kind and name, none larger.
    pub fn covers(&self, offer: &Offer) -> bool {
        let mut listed: HashMap<(ItemKind, String), Vec<(u64, u64)>> = HashMap::new();
        for item in &self.listed {
            listed.entry((item.kind, item.name.clone())).or_default().push((item.size, item.files));
        }
        offer.items.iter().all(|item| {
            let Item { kind, name, size, files, .. } = shown_item(item, 0);
            let Some(alike) = listed.get_mut(&(kind, name)) else { return false };
            let is_enough = |had: &(u64, u64)| size <= had.0 && (kind == ItemKind::File || files <= had.1);
            let enough = alike.iter().enumerate().filter(|(_, had)| is_enough(had));
            let Some((place, _)) = enough.min_by_key(|(_, had)| **had) else { return false };
            alike.swap_remove(place);
            true
        })
    }
}

/// A question of ours about another's shelf.
#[derive(Debug)]
pub(super) struct Browse {
    pub with: Fingerprint,
    /// Its number on the connection that stands; `None` while none does.
    request: Option<u32>,
    from: Asker,
    until: Instant,
}

impl Browse {
    pub fn due(&self) -> Instant {
        self.until
    }
}

impl Hub {
    /// What has another put out?
    pub fn browse(&mut self, from: Asker, with: Fingerprint) {
        if self.browses.len() >= MAX_BROWSES {
            return from.reply(Err(Problem::Busy));
        }
        let until = Instant::now() + REACH_WITHIN;
        self.browses.push(Browse { with, request: None, from, until });
        self.resume_browses(with);
        if !self.links.contains_key(&with) {
            self.seek(with);
        }
    }

    /// A connection stands: what waited for it is asked.
    pub fn resume_browses(&mut self, with: Fingerprint) {
        let mut browses = std::mem::take(&mut self.browses);
        for browse in browses.iter_mut().filter(|browse| browse.with == with) {
            browse.request = self.speak(with, Control::browse).ok();
        }
        self.browses = browses;
    }

    pub fn shelf_arrived(&mut self, with: Fingerprint, shelf: &Shelf) {
        let Some(at) = self.browses.iter().position(|one| one.with == with && one.request == Some(shelf.request))
        else {
            return;
        };
        let items = shelf.items.iter().map(|WireShelfItem { id, item }| {
            let Item { kind, name, size, files, .. } = shown_item(item, 0);
            OfferedItem { id: *id, kind, name, size, files }
        });
        let items = items.collect();
        self.browses.swap_remove(at).from.reply(Ok(Reply::Offered { with, items }));
    }

    pub fn overdue_browses(&mut self, now: Instant) {
        let (over, wait) = std::mem::take(&mut self.browses).into_iter().partition(|browse| browse.until <= now);
        self.browses = wait;
        for Browse { from, request, .. } in over {
            from.reply(Err(if request.is_some() { Problem::NoAnswer } else { Problem::NotReachable }));
        }
    }

    /// Takes from another's shelf: the offer that comes back is accepted by itself.
    pub fn take(&mut self, from: Asker, with: Fingerprint, wish: Wish, into: Option<PathBuf>) {
        if self.transfers.len() >= MAX_TRANSFERS {
            return from.reply(Err(Problem::Busy));
        }
        if wish.items.len().max(wish.listed.len()) > MAX_OFFER_ITEMS {
            return from.reply(Err(Problem::TooMuch { limit: MAX_OFFER_ITEMS as u64 }));
        }
        if !self.known.contains_key(&with) && !self.present.contains_key(&with) {
            return from.reply(Err(Problem::NotFound { whom: with.to_string() }));
        }
        let (transfer, group) = (TransferId(random()), GroupId(random()));
        let nothing = Offer { transfer, items: Vec::new(), for_take: true, again: false };
        let into = into.unwrap_or_else(|| self.me.folder.clone());
        let (offer, accepted) = (Arc::new(nothing), Ranges::default());
        let side = Side::In { offer, accepted, into, kept: None, consented: false, same: None };
        let stage = Stage::Taking { until: Instant::now() + REACH_WITHIN };
        self.transfers.insert((with, transfer), Transfer::new(group, stage, side));
        self.takes.insert((with, transfer), wish);
        self.pace.touch();
        from.reply(Ok(Reply::Sent { group, transfers: vec![(with, transfer)], again: Vec::new() }));
        if self.links.contains_key(&with) {
            self.resume_takes(with);
        } else {
            self.seek(with);
        }
    }

    /// A connection stands (again): what is not offered yet is asked for.
    pub fn resume_takes(&mut self, with: Fingerprint) {
        for key in self.transfers_with(with) {
            let Some(transfer) = self.transfers.get_mut(&key) else { continue };
            let Some(wish) = self.takes.get_mut(&key) else { continue };
            if matches!(transfer.stage, Stage::Taking { .. }) {
                transfer.stage = Stage::Taking { until: Instant::now() + OFFERED_WITHIN };
                transfer.lost = None;
                let again = std::mem::replace(&mut wish.asked, true);
                let take = Take { transfer: key.1, items: wish.items.clone(), again };
                self.mention(with, |control| control.take(take));
            }
        }
    }

    /// What is offered for a take is more than was wished for, or something else.
    pub fn refuse_offer_for_take(&mut self, key: Key) {
        self.mention(key.0, |control| control.cancel(key.1, CancelReason::NotOnShelf));
        self.finish(key, State::Stopped(Problem::ShelfChanged));
    }

    /// A take that came to nothing has no entry yet; the conversation tells it all the same.
    pub fn write_failed_take(&mut self, (with, transfer): Key, group: GroupId, state: State) {
        self.takes.remove(&(with, transfer));
        let seen = self.seen(with);
        let (direction, at) = (Direction::Received, seen.at);
        let body = Body::Items { items: Vec::new(), files: 0, bytes: 0 };
        self.library.write("a take", move |store| {
            store.together(|store| {
                store.upsert_seen(&with, &seen)?;
                store.append(NewEntry { with, transfer, group, direction, at, body, state })
            })
        });
    }
}
