//! What this person sends, until it stands in its queues.
//!
//! Sources are walked, then one entry per recipient is in the store before anything is said to anybody. Where the same is on
//! its way already, that goes on instead (see `resending`).

use std::sync::Arc;

use super::{
    api::{Body, Direction, Form, GroupId, KnownComputer, Outgoing, Parcel, Problem, Reply, State, Thing},
    clients::Asker,
    hub::{Hub, Message},
    ids::random,
    pasted,
    prepare::Prepared,
    renditions::{self, Unsent},
    transfer::{Cargo, Key, Side, Stage, Transfer},
    transfers::MAX_TRANSFERS,
};
use crate::{
    protocol::{
        Fingerprint, TransferId,
        limits::{MAX_OFFER_ITEMS, MAX_TEXT},
        message::CancelReason,
    },
    store::NewEntry,
};

/// A class, or everybody in the office; more at once is a mistake.
const MAX_RECIPIENTS: usize = 256;

impl Hub {
    /// One transfer per recipient. With `keep` it waits for those that can't be reached.
    pub fn send(&mut self, from: Asker, mut to: Vec<Fingerprint>, what: Outgoing, keep: bool) {
        to.sort_unstable();
        to.dedup();
        if let Err(problem) = self.may_send(&to, &what) {
            return from.reply(Err(problem));
        }
        let group = GroupId(random());
        let keys: Vec<Key> = to.into_iter().map(|with| (with, TransferId(random()))).collect();
        let cargo = match &what {
            Outgoing::Text(text) => Cargo::Text(text.as_str().into()),
            Outgoing::Parcel(_) => Cargo::Planned,
        };
        for key in &keys {
            let side = Side::Out { cargo: cargo.clone(), offered: false, for_take: false, consented: false };
            self.transfers.insert(*key, Transfer { keep, ..Transfer::new(group, Stage::Preparing, side) });
        }
        self.pace.touch();
        let batch = Batch { from: Some(from), group, keys, again: Vec::new(), copies: false, unsent: None };
        match what {
            Outgoing::Text(text) => self.write_sent(batch, Body::Text(text)),
            Outgoing::Parcel(Parcel { things, form, copies }) => self.plan(Batch { copies, ..batch }, things, form),
        }
    }

    fn may_send(&self, to: &[Fingerprint], what: &Outgoing) -> Result<(), Problem> {
        match what {
            Outgoing::Text(text) if text.len() > MAX_TEXT => {
                return Err(Problem::TooMuch { limit: MAX_TEXT as u64 });
            }
            Outgoing::Text(text) if text.is_empty() => return Err(Problem::NothingToSend),
            Outgoing::Parcel(Parcel { things, .. }) if things.is_empty() => return Err(Problem::NothingToSend),
            Outgoing::Parcel(Parcel { things, .. }) if things.len() > MAX_OFFER_ITEMS => {
                return Err(Problem::TooMuch { limit: MAX_OFFER_ITEMS as u64 });
            }
            _ => {}
        }
        if to.is_empty() {
            return Err(Problem::NotFound { whom: String::new() });
        }
        if to.len() > MAX_RECIPIENTS {
            return Err(Problem::TooMuch { limit: MAX_RECIPIENTS as u64 });
        }
        if self.transfers.len() + to.len() > MAX_TRANSFERS {
            return Err(Problem::Busy);
        }
        if to.iter().any(|with| self.is_blocked(*with)) {
            return Err(Problem::NotReachable);
        }
        // There is no identity to keep it for.
        if let Some(nobody) = to.iter().find(|with| !self.known.contains_key(with) && !self.present.contains_key(with))
        {
            return Err(Problem::NotFound { whom: nobody.to_string() });
        }
        self.has_place_for(to)
    }

    /// Walks the sources on a thread of its own, after writing down what was pasted and what goes in pictures' places.
    pub fn plan(&mut self, mut batch: Batch, things: Vec<Thing>, form: Form) {
        let hub = self.inbox.clone();
        let (keys, copies) = (batch.keys.clone(), batch.copies);
        let folder = self.pasted_folder().join(TransferId(batch.group.0).to_string());
        let unsent = (!form.is_as_it_is()).then(|| Unsent::new(self.renditions_folder(), batch.group));
        // Blurs take a moment to make, and are only looked at where a person is asked.
        let blurred = keys.iter().any(|(with, _)| !self.unasked.contains(with));
        let task = tokio::spawn(async move {
            let prepared = async {
                let written = tokio::task::spawn_blocking(move || pasted::paths_of(things, &folder)).await;
                let paths = written.map_err(|_| Problem::Closed)?;
                let mut paths = paths.map_err(|error| Problem::System { message: error.to_string() })?;
                let mut origins = renditions::Origins::default();
                if let Some(unsent) = &unsent {
                    (paths, origins) = unsent.make(paths, form).await?;
                }
                Prepared::read(paths, blurred, origins).await
            };
            let prepared = prepared.await.map(|it| if copies { it.not_compared() } else { it });
            batch.unsent = unsent;
            hub.send(Message::Prepared(batch, prepared.map(Arc::new))).await.ok();
        });
        // The last recipient that is cancelled ends the walk.
        if let [only] = keys[..]
            && let Some(transfer) = self.transfers.get_mut(&only)
        {
            transfer.work.add(task.abort_handle());
        }
    }

    pub fn prepared(&mut self, mut batch: Batch, prepared: Result<Arc<Prepared>, Problem>) {
        let prepared = match prepared {
            Ok(prepared) => prepared,
            Err(problem) => {
                for key in &batch.keys {
                    self.transfers.remove(key);
                    if batch.from.is_none() {
                        self.refuse_take(key.0, key.1, CancelReason::NotOnShelf);
                    }
                }
                self.pace.touch();
                return batch.reply(Err(problem));
            }
        };
        if batch.from.is_some() && !batch.copies {
            self.go_on_with_same(&mut batch, &prepared);
        }
        for key in &batch.keys {
            if let Some(transfer) = self.transfers.get_mut(key)
                && let Side::Out { cargo, .. } = &mut transfer.side
            {
                *cargo = Cargo::Files(prepared.clone());
                transfer.files = prepared.plan.files();
                transfer.bytes = prepared.plan.bytes();
            }
        }
        if let Some(unsent) = batch.unsent.take() {
            self.hold_renditions(batch.group, unsent);
        }
        let (files, bytes) = (prepared.plan.files(), prepared.plan.bytes());
        let body = Body::Items { items: prepared.shown_items(), files, bytes };
        self.write_sent(batch, body);
    }

    /// Leaves out of the batch whoever is sent just this already.
    fn go_on_with_same(&mut self, batch: &mut Batch, prepared: &Prepared) {
        let (mut begun, mut again) = (Vec::new(), Vec::new());
        for key in std::mem::take(&mut batch.keys) {
            match (self.transfers.get(&key).map(|fresh| fresh.keep), self.sent_already(key.0, prepared)) {
                (Some(keep), Some(same)) => {
                    self.transfers.remove(&key);
                    self.send_on(same, keep);
                    again.push(same);
                }
                // Cancelled meanwhile, or new.
                _ => begun.push(key),
            }
        }
        (batch.keys, batch.again) = (begun, again);
    }

    /// Puts the recipients and their entries into the store, then begins to offer.
    pub fn write_sent(&mut self, batch: Batch, body: Body) {
        let people: Vec<_> = batch.keys.iter().map(|key| (*key, self.seen(key.0), self.going(*key))).collect();
        let group = batch.group;
        let at = super::now();
        let by_person = batch.from.is_some();
        self.library.post(
            move |store| {
                store.together(|store| {
                    let (mut known, mut places, mut gone) = (Vec::<KnownComputer>::new(), Vec::new(), Vec::new());
                    for ((with, transfer), seen, going) in people {
                        if by_person {
                            store.upsert_seen(&with, &seen)?;
                            store.confirm(&with)?;
                        } else {
                            gone.extend(store.note_taker(&with, &seen)?);
                        }
                        let (direction, state, body) = (Direction::Sent, State::Waiting, body.clone());
                        let new = NewEntry { with, transfer, group, direction, at, body, state };
                        let entry = match going {
                            Some(going) if by_person => store.append_going(new, &going)?,
                            // Cancelled meanwhile, or taken: the taker asks again.
                            _ => store.append(new)?,
                        };
                        places.push(entry.seq);
                        known.extend(store.computer(&with)?);
                    }
                    Ok((known, places, gone))
                })
            },
            move |hub, result| match result {
                Ok((known, places, gone)) => {
                    hub.known.retain(|with, _| !gone.contains(with));
                    hub.learn(known);
                    let keys = batch.keys.clone();
                    batch.reply(Ok(()));
                    for (key, place) in keys.into_iter().zip(places) {
                        hub.enqueue(key, place);
                    }
                }
                Err(error) => {
                    for key in &batch.keys {
                        if batch.from.is_none() {
                            hub.refuse_take(key.0, key.1, CancelReason::Failed);
                        }
                        hub.finish(*key, State::Stopped(error.problem()));
                    }
                    batch.reply(Err(error.problem()));
                }
            },
        );
    }
}

/// Transfers that began together.
#[derive(Debug)]
pub(super) struct Batch {
    /// Who waits for the reply; nobody if the other side began it.
    pub from: Option<Asker>,
    pub group: GroupId,
    pub keys: Vec<Key>,
    /// Those that were on their way, and go on.
    pub again: Vec<Key>,
    /// Of what is there already too.
    pub copies: bool,
    /// What was made for it, removed unless it is sent.
    pub unsent: Option<Unsent>,
}

impl Batch {
    fn reply(self, result: Result<(), Problem>) {
        if let Some(from) = self.from {
            from.reply(result.map(|()| Reply::Sent { group: self.group, transfers: self.keys, again: self.again }));
        }
    }
}
