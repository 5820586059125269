//! Going on after a break: what rests until the other computer is back, and how it begins again.
//!
//! A transfer that isn't over is in the store with all that another process needs. When nothing of it can move it rests
//! ([`Stage::Away`]); when a connection stands again, the giving side offers it once more with `again`, and the
//! receiving side accepts by itself what was consented to (see `again`). Sources are walked anew before that, since they
//! may have changed; plans, which may be large, aren't kept meanwhile.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use tokio::time::Instant;

use super::{
    api::{Direction, GroupId, Hold, Item, ItemState, Problem, Rendition, State},
    hub::{Hub, Message},
    offering::text_item,
    pausing::Paused,
    prepare::{Prepared, Stored, Unprepared},
    renditions::Origin,
    transfer::{Cargo, Key, Side, Stage, Transfer, Work},
    transfers::GRACE,
};
use crate::{
    protocol::{
        Ranges,
        frame::{Frame, Kind},
        limits::MAX_OFFER_ITEMS,
        message::{Message as WireMessage, Offer},
    },
    store::{
        Going, NewEntry, Store, StoreError, Unfinished,
        model::{Body, Entry},
    },
    transfer::{Grown, Missing, Offered},
};

/// Before an attempt that failed at once is made again, doubled each time.
const FIRST_PAUSE: Duration = Duration::from_millis(300);

/// The longest of these pauses: a person who waits notices nothing shorter.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// An attempt that lasted so long was none that failed at once.
const GOOD_ATTEMPT: Duration = Duration::from_secs(10);

/// Whoever makes a file larger is given this time to end.
const GROWING_PAUSE: Duration = Duration::from_millis(500);

/// Before it is tried whether a disk takes something again, or is there again, doubled each time.
const FIRST_DISK_PAUSE: Duration = Duration::from_secs(2);

/// The longest of these pauses: whoever has made room, or put the disk back, may be watching.
const LONGEST_DISK_PAUSE: Duration = Duration::from_secs(15);

impl Hub {
    /// What the last process left unfinished.
    pub fn restore(&mut self, unfinished: Vec<Unfinished>) {
        for Unfinished { entry, going, place } in unfinished {
            let key = (entry.with, entry.transfer);
            let hold = match entry.state {
                State::Held(hold) => hold,
                _ => Hold::Away,
            };
            let Some(transfer) = restored(entry, going) else {
                log::error!("what was unfinished of {} can't be read", key.1);
                self.write_state(key, State::Stopped(Problem::Closed));
                continue;
            };
            let paused = Paused::of(hold);
            self.transfers.insert(key, Transfer { place, paused, keep: true, hold: Some(hold), ..transfer });
            // The last process ended before it could write that down.
            if self.withdrawn.contains(&key) {
                self.finish(key, State::Cancelled { here: true });
            }
        }
        self.queue_moved();
    }

    /// It can't move now. What can be gone on with waits; the rest is over.
    pub fn rest(&mut self, key: Key, hold: Hold) {
        let Some(transfer) = self.transfers.get_mut(&key) else { return };
        match &transfer.side {
            _ if matches!(transfer.stage, Stage::Taking { .. }) => {
                return self.finish(key, State::Stopped(Problem::ComputerGone));
            }
            // The taker asks for it again.
            Side::Out { for_take: true, consented: false, .. } => {
                return self.finish(key, State::Stopped(Problem::ComputerGone));
            }
            // It is offered again.
            Side::In { consented: false, .. } => return self.drop_question(key),
            Side::In { offer, .. } if offer.is_text() => return self.drop_question(key),
            Side::Out { .. } | Side::In { .. } => {}
        }
        transfer.waits_for_source = hold == Hold::SourceAway;
        transfer.waits_for_disk =
            transfer.waits_for_source || matches!(hold, Hold::DiskFull { .. } | Hold::FolderNotWritable { .. });
        // Nothing yet is less than what was there before.
        if let Some(progress) = transfer.progress.as_ref().filter(|progress| progress.bytes() > 0) {
            let bytes = transfer.bytes.saturating_sub(progress.bytes());
            transfer.missing = Some(Missing { bytes, files: transfer.files.saturating_sub(progress.files()) });
        }
        transfer.halt(Stage::Away { retry: None });
        if let Side::Out { cargo, .. } = &mut transfer.side
            && let Cargo::Files(prepared) = cargo
        {
            *cargo = Cargo::Stored(Arc::new(prepared.stored()));
        }
        let hold = if hold == Hold::Away { transfer.away() } else { hold };
        (transfer.keep, transfer.hold) = (true, Some(hold));
        if transfer.waits_for_disk && transfer.direction() == Direction::Sent {
            let pause = transfer.next_pause(FIRST_DISK_PAUSE, LONGEST_DISK_PAUSE);
            transfer.stage = Stage::Away { retry: Some(Instant::now() + pause) };
        }
        self.pace.touch();
        self.queue_moved();
        self.write_state(key, State::Held(hold));
    }

    /// A question that nobody was asked, or that nobody answered yet.
    pub fn drop_question(&mut self, key: Key) {
        self.transfers.remove(&key);
        self.asks.remove(key.0, key.1);
        self.pace.touch();
    }

    /// Its attempt came to nothing although the other computer is there: once more, a little later.
    pub fn again_later(&mut self, key: Key) {
        let Some(transfer) = self.transfers.get_mut(&key) else { return };
        if transfer.direction() == Direction::Received {
            return self.await_again(key);
        }
        let pause = transfer.next_pause(FIRST_PAUSE, LONGEST_PAUSE);
        transfer.halt(Stage::Away { retry: Some(Instant::now() + pause) });
        if !self.links.contains_key(&key.0) {
            transfer.lost.get_or_insert(Instant::now() + GRACE);
        }
        self.pace.touch();
        self.queue_moved();
    }

    /// A file became larger than what was agreed to: the other side is asked again.
    pub fn offer_grown(&mut self, key: Key, grown: Grown) {
        let Some(transfer) = self.transfers.get_mut(&key) else { return };
        transfer.halt(Stage::Away { retry: Some(Instant::now() + GROWING_PAUSE) });
        transfer.grown += 1;
        if let Side::Out { cargo, .. } = &mut transfer.side
            && let Cargo::Files(prepared) = cargo
        {
            *cargo = Cargo::Stored(Arc::new(Stored { grown: Some(grown), ..prepared.stored() }));
        }
        self.pace.touch();
        self.queue_moved();
    }

    /// Its turn has come again.
    pub fn go_on(&mut self, key: Key) {
        if !self.links.contains_key(&key.0) {
            return;
        }
        let Some(transfer) = self.transfers.get_mut(&key) else { return };
        transfer.hold = None;
        let Side::Out { cargo, offered, .. } = &transfer.side else { return };
        let Cargo::Stored(stored) = cargo else { return self.offer_or_reach(key) };
        let (stored, offered) = (stored.clone(), *offered);
        transfer.halt(Stage::Preparing);
        let (attempt, hub) = (transfer.attempt, self.inbox.clone());
        let blurred = !self.unasked.contains(&key.0);
        let task = tokio::spawn(async move {
            let prepared = Prepared::of_rested(&stored, offered, blurred).await.map(Arc::new);
            hub.send(Message::WalkedAgain(key, attempt, prepared)).await.ok();
        });
        transfer.work.add(task.abort_handle());
        self.pace.touch();
    }

    /// The sources as they are now. What is offered is in the store before it is said, so that no version of an item is
    /// ever two contents.
    pub fn walked_again(&mut self, key: Key, attempt: u32, prepared: Result<Arc<Prepared>, Unprepared>) {
        let Some(transfer) = self.transfers.get_mut(&key).filter(|transfer| transfer.attempt == attempt) else {
            return;
        };
        let Side::Out { cargo, offered, .. } = &mut transfer.side else { return };
        let prepared = match prepared {
            Ok(prepared) => prepared,
            Err(Unprepared::Away) => {
                // The pauses grow from one look to the next.
                transfer.since = Instant::now();
                return self.rest(key, Hold::SourceAway);
            }
            Err(Unprepared::Never(problem)) => {
                self.withdraw(key);
                return self.finish(key, State::Stopped(problem));
            }
        };
        let fresh = (!*offered).then(|| (prepared.clone(), transfer.group));
        if fresh.is_some() {
            (transfer.files, transfer.bytes) = (prepared.plan.files(), prepared.plan.bytes());
        }
        *cargo = Cargo::Files(prepared);
        if std::mem::take(&mut transfer.waits_for_source) {
            transfer.waits_for_disk = false;
            self.write_state(key, State::Waiting);
        }
        let Some(going) = self.going(key) else { return };
        let (with, id) = key;
        self.library.post(
            move |store| match fresh {
                Some((prepared, group)) => write_anew(store, key, group, &prepared, &going),
                None => store.keep_going(&with, &id, &going).map(drop),
            },
            move |hub, result| match result {
                Ok(()) if hub.transfers.get(&key).is_some_and(|transfer| transfer.attempt == attempt) => {
                    hub.offer_or_reach(key);
                }
                Ok(()) => {}
                Err(error) => {
                    log::error!("what goes on could not be written down: {error}");
                    hub.again_later(key);
                }
            },
        );
    }

    /// What the store keeps of it.
    pub fn going(&self, key: Key) -> Option<Going> {
        let transfer = self.transfers.get(&key)?;
        Some(match &transfer.side {
            Side::Out { cargo, offered, consented, .. } => {
                let (items, digests) = match cargo {
                    Cargo::Planned => return None,
                    Cargo::Text(text) => (vec![text_item(text)], Vec::new()),
                    Cargo::Files(prepared) => (prepared.items.clone(), prepared.digests.clone()),
                    Cargo::Stored(stored) => {
                        (stored.sources.iter().map(|source| source.item.clone()).collect(), stored.digests.clone())
                    }
                };
                let offer = Offer { transfer: key.1, items, for_take: false, again: true };
                let (offered, consented) = (*offered, *consented);
                Going { offered, consented, offer: to_bytes(offer), digests, ..Going::default() }
            }
            Side::In { offer, accepted, into, .. } => Going {
                offered: true,
                consented: true,
                offer: to_bytes(Offer::clone(offer)),
                digests: Vec::new(),
                accepted: accepted.iter().collect(),
                folder: Some(into.clone()),
            },
        })
    }

    /// What another process needs of it changed.
    pub fn note_going(&mut self, key: Key) {
        let Some(going) = self.going(key) else { return };
        self.library.write("what goes on", move |store| store.keep_going(&key.0, &key.1, &going));
    }
}

impl Transfer {
    /// What it waits for when its computer isn't there.
    pub fn away(&self) -> Hold {
        if matches!(self.side, Side::Out { offered: false, .. }) { Hold::Queued } else { Hold::Away }
    }

    /// Before the next attempt: twice as long each time, unless the last one went well.
    fn next_pause(&mut self, first: Duration, longest: Duration) -> Duration {
        if self.since.elapsed() > GOOD_ATTEMPT {
            self.tries = 0;
        }
        let pause = first.saturating_mul(1 << self.tries.min(16)).min(longest);
        self.tries = self.tries.saturating_add(1);
        pause
    }

    /// Ends what runs for it; it begins anew from this stage.
    pub fn halt(&mut self, stage: Stage) {
        self.work = Work::default();
        self.attempt = self.attempt.wrapping_add(1);
        self.stage = stage;
        self.lost = None;
        self.hold = None;
        self.progress = None;
        self.left_out.clear();
        self.digested = false;
        self.meter = crate::transfer::Meter::default();
        if let Side::In { kept, .. } = &mut self.side {
            *kept = None;
        }
    }
}

/// The entry of what waited, with its sources as they are now. What was missing when it was put there stays told.
fn write_anew(
    store: &mut Store,
    (with, transfer): Key,
    group: GroupId,
    prepared: &Prepared,
    going: &Going,
) -> Result<(), StoreError> {
    let mut items = prepared.shown_items();
    if let Some(Entry { body: Body::Items { items: before, .. }, .. }) = store.entry_of(&with, &transfer)? {
        let told = before.into_iter().filter(|item| matches!(item.state, ItemState::Failed(_)));
        items.extend(told.zip(items.len() as u32..).map(|(item, index)| Item { index, ..item }).collect::<Vec<_>>());
        items.truncate(MAX_OFFER_ITEMS);
    }
    let body = Body::Items { items, files: prepared.plan.files(), bytes: prepared.plan.bytes() };
    let (direction, at, state) = (Direction::Sent, super::now(), State::Waiting);
    store.renew(NewEntry { with, transfer, group, direction, at, body, state }, going)
}

fn restored(entry: Entry, going: Going) -> Option<Transfer> {
    let Going { offered, consented, offer, digests, accepted, folder } = going;
    let offer = from_bytes(offer)?;
    let Entry { group, direction, body, .. } = entry;
    let side = match (direction, body) {
        (Direction::Sent, Body::Text(text)) => {
            Side::Out { cargo: Cargo::Text(text.into()), offered, for_take: false, consented }
        }
        (Direction::Sent, Body::Items { items, .. }) => {
            let mut origins = BTreeMap::new();
            let sources = offer.items.into_iter().zip(items).map(|(item, shown)| {
                let wanted = shown.state != ItemState::LeftOut;
                let mut path = shown.path?;
                if let Some(Rendition { path: made, form }) = shown.rendition {
                    origins.insert(made.clone(), Origin { path, form });
                    path = made;
                }
                Some(Offered { path, item, wanted })
            });
            let sources = sources.collect::<Option<Vec<_>>>()?;
            let stored = Stored { sources, digests, origins: origins.into(), grown: None };
            let cargo = Cargo::Stored(Arc::new(stored));
            return Some(at_rest(group, Side::Out { cargo, offered, for_take: false, consented }));
        }
        (Direction::Received, _) => {
            let accepted = Ranges::from_numbers(accepted);
            Side::In { offer: Arc::new(offer), accepted, into: folder?, kept: None, consented: true, same: None }
        }
    };
    Some(at_rest(group, side))
}

fn at_rest(group: GroupId, side: Side) -> Transfer {
    let mut transfer = Transfer::new(group, Stage::Away { retry: None }, side);
    (transfer.files, transfer.bytes) = match &transfer.side {
        Side::In { offer, accepted, .. } => offer.sums(accepted),
        Side::Out { cargo: Cargo::Stored(stored), .. } => {
            let taken = stored.sources.iter().filter(|source| source.wanted).map(|source| &source.item);
            (taken.clone().map(|item| item.files).sum(), taken.map(|item| item.size).sum())
        }
        Side::Out { .. } => (0, 0),
    };
    transfer
}

fn to_bytes(offer: Offer) -> Vec<u8> {
    WireMessage::Offer(offer).encode().payload.to_vec()
}

fn from_bytes(bytes: Vec<u8>) -> Option<Offer> {
    match WireMessage::decode(Frame { kind: Kind::Offer, payload: bytes.into() }) {
        Ok(WireMessage::Offer(offer)) => Some(offer),
        _ => None,
    }
}
