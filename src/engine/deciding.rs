//! What others offer, until there is an answer.
//!
//! An offer is answered by a rule, by the way this engine was started, or by this person: [`Hub::decide`].

use std::{path::PathBuf, sync::Arc};

use super::{
    accepting::Terms,
    again::{changed_since, covers},
    api::{Body, Direction, GroupId, Item, ItemKind, ItemState, KnownComputer, Receive, Rule, State},
    asking::Question,
    hub::Hub,
    ids::random,
    queue::MAX_QUEUED_WITH_ONE,
    transfer::{Key, Side, Stage, Transfer},
    transfers::MAX_TRANSFERS,
};
use crate::{
    protocol::{
        Fingerprint, Ranges,
        message::{CancelReason, DeclineReason, Item as WireItem, ItemKind as WireKind, Offer},
    },
    store::StoreError,
    transfer::names,
};

/// Transfers that one computer may have open here.
const MAX_FROM_ONE: usize = 64;

/// Of what was agreed to of one computer, so much may rest here: twice what waits in its own queue for this one.
const MAX_RESTING_FROM_ONE: usize = 2 * MAX_QUEUED_WITH_ONE;

impl Hub {
    /// Somebody offers something.
    pub fn offered(&mut self, with: Fingerprint, offer: Arc<Offer>) {
        let key = (with, offer.transfer);
        if offer.for_take && !self.transfers.contains_key(&key) {
            // Given up meanwhile.
            return self.mention(with, |control| control.cancel(key.1, CancelReason::Unknown));
        }
        let mut same = None;
        if let Some(transfer) = self.transfers.get_mut(&key) {
            let Side::In { offer: before, accepted, into, consented, .. } = &mut transfer.side else {
                return self.decline_offer(key, DeclineReason::Unknown);
            };
            let is_same = before.items == offer.items;
            match transfer.stage {
                Stage::Taking { .. } if self.takes.get(&key).is_none_or(|wish| !wish.covers(&offer)) => {
                    return self.refuse_offer_for_take(key);
                }
                Stage::Taking { .. } => {
                    let terms = Terms { into: Some(into.clone()), ..Terms::default() };
                    self.takes.remove(&key);
                    *transfer = incoming(transfer.group, offer);
                    return self.accept(key, terms);
                }
                // It was answered, and the answer was lost.
                Stage::Text { .. } if is_same => {
                    transfer.lost = None;
                    return self.say_accepted(key, Ranges::default());
                }
                _ if *consented && covers(before, &offer) && transfer.paused.here => {
                    let changed = changed_since(before, &offer, accepted);
                    *before = offer;
                    self.write_items(key, changed);
                    return self.accept_paused(key);
                }
                _ if *consented && transfer.paused.here => return self.decline_paused(key),
                _ if *consented && covers(before, &offer) => return self.receive_again(key, offer),
                // The connection broke and is back; the question stands as it was.
                Stage::Waiting | Stage::Preparing if is_same => {
                    transfer.lost = None;
                    transfer.paused.there = false;
                    return;
                }
                // What this person is asked about was something else.
                _ if !*consented => return self.decline(key, DeclineReason::Unknown),
                // What this person agreed to was something else: a new question.
                _ => {
                    same = Some(same_items(before, &offer));
                    self.drop_question(key);
                }
            }
        }
        if self.transfers.len() >= MAX_TRANSFERS || self.has_too_much_of(with) {
            return self.decline_offer(key, DeclineReason::Busy);
        }
        let is_text = offer.is_text();
        let mut transfer = incoming(GroupId(random()), offer.clone());
        if let Side::In { same: unchanged, .. } = &mut transfer.side {
            *unchanged = same;
        }
        self.transfers.insert(key, transfer);
        // Another program on this home may have changed the rules meanwhile.
        self.library.post(
            move |store| Ok::<_, StoreError>((store.computer(&with)?, store.entry_of(&with, &key.1)?)),
            move |hub, result| match result {
                Ok((known, None)) => hub.decide(key, known.as_ref()),
                // It came here before, and its receipt was lost on the way.
                Ok((_, Some(entry)))
                    if is_text && entry.state == State::Saved && matches!(entry.body, Body::Text(_)) =>
                {
                    hub.accept(key, Terms::default());
                }
                Ok((_, Some(entry))) if matches!(entry.state, State::Cancelled { .. }) => {
                    hub.drop_question(key);
                    hub.mention(with, |control| control.cancel(key.1, CancelReason::Person));
                }
                Ok((_, Some(entry))) if hub.offered_after_the_end(key, &offer, &entry) => {}
                Ok((known, Some(entry))) if entry.direction == Direction::Received => hub.decide(key, known.as_ref()),
                Ok((_, Some(_))) | Err(_) => hub.decline(key, DeclineReason::Unknown),
            },
        );
    }

    /// Nothing more of one computer, so that it doesn't take the place of all others.
    fn has_too_much_of(&self, with: Fingerprint) -> bool {
        let all = self.transfers_with(with);
        let (resting, open): (Vec<&Transfer>, _) = all
            .iter()
            .filter_map(|key| self.transfers.get(key))
            .partition(|transfer| matches!(transfer.stage, Stage::Away { .. }));
        let received = resting.iter().filter(|transfer| transfer.direction() == Direction::Received);
        open.len() >= MAX_FROM_ONE || received.count() >= MAX_RESTING_FROM_ONE
    }

    /// By rule, by the way this engine was started, or by asking. An answer in words from a computer that this person
    /// sent something to is not asked about; having met gives nothing.
    fn decide(&mut self, key: Key, known: Option<&KnownComputer>) {
        let Some(Transfer { side: Side::In { offer, .. }, .. }) = self.transfers.get(&key) else { return };
        let is_text = offer.is_text();
        let folder = known.and_then(|known| known.folder.clone());
        let rule = known.map_or(Rule::Ask, |known| known.rule);
        let trusted = known.is_some_and(|known| known.verified || known.rule == Rule::Accept);
        self.learn(known.cloned());
        let (receive, into) = match &self.config.receive {
            Receive::Nothing => return self.decline(key, DeclineReason::NotReceiving),
            Receive::Ask { into } => {
                (rule == Rule::Accept || (is_text && known.is_some_and(|known| known.confirmed)), into.clone())
            }
            Receive::Known { into } => {
                if !trusted {
                    return self.decline(key, DeclineReason::NotReceiving);
                }
                (true, into.clone())
            }
            Receive::All { into } => (true, into.clone()),
        };
        if rule == Rule::Block {
            return self.decline(key, DeclineReason::Unknown);
        }
        if receive {
            self.accept(key, Terms { into: into.or(folder), ..Terms::default() });
        } else {
            self.ask(key, known);
        }
    }

    fn ask(&mut self, key: Key, known: Option<&KnownComputer>) {
        let Some(transfer) = self.transfers.get_mut(&key) else { return };
        let Side::In { offer, .. } = &transfer.side else { return };
        let items = offer.items.iter().zip(0..).map(|(item, index)| shown_item(item, index)).collect();
        transfer.stage = Stage::Waiting;
        let (files, bytes) = (transfer.files, transfer.bytes);
        self.put_question(key, known, Question { takes: false, items, files, bytes });
    }

    /// Says no, and forgets it.
    pub fn decline(&mut self, key: Key, reason: DeclineReason) {
        if let Some(Transfer { side: Side::In { same: Some(_), .. }, .. }) = self.transfers.remove(&key)
            && !matches!(reason, DeclineReason::DiskFull | DeclineReason::FolderNotWritable)
        {
            self.write_state(key, State::Declined);
        }
        self.asks.remove(key.0, key.1);
        self.pace.touch();
        self.decline_offer(key, reason);
    }

    fn decline_offer(&mut self, (with, transfer): Key, reason: DeclineReason) {
        self.mention(with, |control| control.decline(transfer, reason));
    }
}

/// Items that are the same in both offers, also in their content.
fn same_items(before: &Offer, now: &Offer) -> Ranges {
    let is_same = |(before, now): &(&WireItem, &WireItem)| {
        let what = |item: &WireItem| (item.kind, item.name.clone(), item.size, item.files, item.version);
        what(before) == what(now)
    };
    let pairs = before.items.iter().zip(&now.items).zip(0..);
    Ranges::from_numbers(pairs.filter(|(pair, _)| is_same(pair)).map(|(_, index)| index))
}

fn incoming(group: GroupId, offer: Arc<Offer>) -> Transfer {
    let (files, bytes) = (offer.files(), offer.bytes());
    let (accepted, into) = (Ranges::default(), PathBuf::new());
    let side = Side::In { offer, accepted, into, kept: None, consented: false, same: None };
    let mut transfer = Transfer::new(group, Stage::Waiting, side);
    transfer.files = files;
    transfer.bytes = bytes;
    transfer
}

pub(super) fn shown_kind(kind: WireKind) -> ItemKind {
    match kind {
        WireKind::Folder => ItemKind::Folder,
        WireKind::Text => ItemKind::Text,
        WireKind::File | WireKind::Unknown => ItemKind::File,
    }
}

pub(super) fn shown_item(item: &WireItem, index: u32) -> Item {
    Item {
        index,
        kind: shown_kind(item.kind),
        name: names::shown(&item.name).into_owned(),
        size: item.size,
        files: item.files,
        path: None,
        thumbhash: item.thumbhash.as_ref().map(|hash| hash.to_vec()),
        rendition: None,
        state: ItemState::Pending,
    }
}
