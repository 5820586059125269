//! What leaves: from a person's Send to the other side's Saved.
//!
//! One entry per recipient is in the store before anything is said to anybody. Then each goes its own way:
//! Preparing (sources are walked) → Reaching (no connection yet) → Waiting (offered) → Text, or Joining → Moving.

use std::{fs, path::PathBuf, sync::Arc, time::Duration};

use tokio::time::Instant;

use super::{
    api::{Body, Direction, GroupId, Hold, ItemKind, KnownComputer, Outgoing, Problem, Reply, State},
    clients::Asker,
    hub::{Hub, Message},
    prepare::{Prepared, named},
    transfers::{Cargo, GRACE, Key, MAX_TRANSFERS, REACH_WITHIN, Side, Stage, TEXT_WITHIN, Transfer, left_out},
};
use crate::{
    protocol::{
        Fingerprint, Ranges, TransferId,
        control::CantSend,
        limits::{MAX_ENTRIES, MAX_OFFER_ITEMS, MAX_TEXT},
        message::{Answer, CancelReason, DeclineReason, Item as WireItem, ItemKind as WireKind, Offer},
    },
    store::{NewEntry, Store, StoreError},
    transfer::{StopOnDrop, names},
};

/// A class, or everybody in the office; more at once is a mistake.
const MAX_RECIPIENTS: usize = 256;

/// An acceptance this quick was a rule's.
pub(super) const NOBODY_IS_SO_QUICK: Duration = Duration::from_millis(500);

/// An offer that was made again and is declined without a reason is made once more, up to this attempt.
const MAX_UNEXPLAINED: u32 = 4;

/// Below the folder of the database: pictures that were pasted and have no file of their own.
const PASTED: &str = "pasted";

impl Hub {
    /// Begins one transfer per recipient. With `keep` it waits for those that can't be reached.
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
            Outgoing::Paths(_) | Outgoing::Copies(_) | Outgoing::Picture { .. } => Cargo::Planned,
        };
        for key in &keys {
            let side = Side::Out { cargo: cargo.clone(), offered: false, for_take: false, consented: false };
            self.transfers.insert(*key, Transfer { keep, ..Transfer::new(group, Stage::Preparing, side) });
        }
        self.pace.touch();
        let copies = matches!(what, Outgoing::Copies(_));
        let batch = Batch { from: Some(from), group, keys, copies };
        match what {
            Outgoing::Text(text) => self.write_sent(batch, Body::Text(text)),
            Outgoing::Paths(paths) | Outgoing::Copies(paths) => self.plan(batch, paths, None),
            Outgoing::Picture { name, png } => {
                let folder = self.pasted_folder().join(TransferId(group.0).to_string());
                let path = folder.join(names::native(&names::to_wire(name.as_ref()), names::Place::Top));
                self.plan(batch, vec![path], Some(png));
            }
        }
    }

    /// Where pictures lie that were pasted: a folder each.
    pub fn pasted_folder(&self) -> PathBuf {
        self.config.home.private_dir().join(PASTED)
    }

    fn may_send(&self, to: &[Fingerprint], what: &Outgoing) -> Result<(), Problem> {
        match what {
            Outgoing::Text(text) if text.len() > MAX_TEXT => {
                return Err(Problem::TooMuch { limit: MAX_TEXT as u64 });
            }
            Outgoing::Text(text) if text.is_empty() => return Err(Problem::NothingToSend),
            Outgoing::Paths(paths) | Outgoing::Copies(paths) if paths.is_empty() => return Err(Problem::NothingToSend),
            Outgoing::Paths(paths) | Outgoing::Copies(paths) if paths.len() > MAX_OFFER_ITEMS => {
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

    /// Walks the sources on a thread of its own, after writing down a pasted picture.
    pub fn plan(&mut self, batch: Batch, paths: Vec<PathBuf>, pasted: Option<Arc<[u8]>>) {
        let hub = self.inbox.clone();
        let (keys, copies) = (batch.keys.clone(), batch.copies);
        // Blurs take a moment to make, and are only looked at where a person is asked.
        let blurred = keys.iter().any(|(with, _)| !self.unasked.contains(with));
        let task = tokio::spawn(async move {
            let written = match (pasted, paths.first().cloned()) {
                (Some(png), Some(path)) => tokio::task::spawn_blocking(move || write_pasted(&path, &png)).await,
                _ => Ok(Ok(())),
            };
            let prepared = match written {
                Ok(Ok(())) => {
                    Prepared::read(paths, blurred).await.map(|it| if copies { it.not_compared() } else { it })
                }
                Ok(Err(error)) => Err(Problem::System { message: error.to_string() }),
                Err(_) => Err(Problem::Closed),
            };
            hub.send(Message::Prepared(batch, prepared.map(Arc::new))).await.ok();
        });
        // The last recipient that is cancelled ends the walk.
        if let [only] = keys[..]
            && let Some(transfer) = self.transfers.get_mut(&only)
        {
            transfer.work.add(task.abort_handle());
        }
    }

    pub fn prepared(&mut self, batch: Batch, prepared: Result<Arc<Prepared>, Problem>) {
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
        for key in &batch.keys {
            if let Some(transfer) = self.transfers.get_mut(key)
                && let Side::Out { cargo, .. } = &mut transfer.side
            {
                *cargo = Cargo::Files(prepared.clone());
                transfer.files = prepared.plan.files();
                transfer.bytes = prepared.plan.bytes();
            }
        }
        let (files, bytes) = (prepared.plan.files(), prepared.plan.bytes());
        let body = Body::Items { items: prepared.shown_items(), files, bytes };
        self.write_sent(batch, body);
    }

    /// Puts the recipients and their entries into the store, then begins to offer.
    pub fn write_sent(&mut self, batch: Batch, body: Body) {
        let people: Vec<_> = batch.keys.iter().map(|key| (*key, self.seen(key.0), self.going(*key))).collect();
        let group = batch.group;
        let at = super::now();
        let by_person = batch.from.is_some();
        self.library.post(
            move |store| -> Result<(Vec<KnownComputer>, Vec<i64>), StoreError> {
                let (mut known, mut places) = (Vec::new(), Vec::new());
                for ((with, transfer), seen, going) in people {
                    seen.enter(store, with)?;
                    if by_person {
                        store.confirm(&with)?;
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
                Ok((known, places))
            },
            move |hub, result| match result {
                Ok((known, places)) => {
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

    /// Offers it if a connection stands, else looks for the recipient.
    pub fn offer_or_reach(&mut self, key: Key) {
        let Some(transfer) = self.transfers.get_mut(&key) else { return };
        let Side::Out { cargo, offered, for_take, consented } = &mut transfer.side else { return };
        self.pace.touch();
        if !self.links.contains_key(&key.0) {
            if *consented || matches!(cargo, Cargo::Stored(_)) {
                return self.rest(key, Hold::Away);
            }
            transfer.stage = Stage::Reaching { until: Instant::now() + REACH_WITHIN };
            return self.seek(key.0);
        }
        let items = match cargo {
            Cargo::Planned => return,
            Cargo::Stored(_) => return self.go_on(key),
            Cargo::Text(text) => vec![text_item(text)],
            Cargo::Files(prepared) => prepared.items.clone(),
        };
        let again = std::mem::replace(offered, true);
        let for_take = *for_take && !*consented;
        let offer = Offer { transfer: key.1, items, for_take, again };
        transfer.stage = Stage::Waiting;
        transfer.since = Instant::now();
        transfer.lost = None;
        self.queue_moved();
        match self.speak(key.0, |control| control.offer(offer)) {
            Ok(()) => self.make_thumbnails(key),
            // The connection is a new one, on which the taker asks again.
            Err(CantSend::NoSuchTransfer) if for_take => {
                if let Some(transfer) = self.transfers.get_mut(&key) {
                    transfer.lost = Some(Instant::now() + GRACE);
                }
            }
            Err(CantSend::Busy | CantSend::Closing) if !for_take => self.again_later(key),
            Err(error) => self.finish(key, State::Stopped(cant_send(error))),
        }
    }

    /// What the other side says to our offer.
    pub fn answered(&mut self, key: Key, answer: Answer) {
        let Some(transfer) = self.transfers.get_mut(&key) else { return };
        let is_paused = transfer.paused.by_anybody();
        let Side::Out { cargo, consented, .. } = &mut transfer.side else { return };
        if transfer.stage != Stage::Waiting && !is_paused {
            return;
        }
        let accept = match answer {
            // The pause came while it was asked about: what is agreed to is offered again when that is over.
            Answer::Accept(_) if is_paused => {
                *consented = true;
                return self.note_going(key);
            }
            Answer::Accept(accept) => accept,
            Answer::Decline(reason) if is_paused && passes(reason) => return,
            Answer::Decline(DeclineReason::DiskFull) if *consented => {
                return self.rest(key, Hold::DiskFull { here: false });
            }
            Answer::Decline(DeclineReason::FolderNotWritable) if *consented => {
                return self.rest(key, Hold::FolderNotWritable { here: false });
            }
            // It was accepted once.
            Answer::Decline(reason) if *consented && passes(reason) => return self.again_later(key),
            // It changed here while the question stood there.
            Answer::Decline(DeclineReason::Unknown) if (1..MAX_UNEXPLAINED).contains(&transfer.attempt) => {
                return self.again_later(key);
            }
            Answer::Decline(reason) => return self.finish(key, declined(reason)),
        };
        let is_first = !std::mem::replace(consented, true);
        transfer.waits_for_disk = false;
        let updates = match cargo {
            Cargo::Planned => return,
            // It was paused in between: its sources are walked anew.
            Cargo::Stored(_) => return self.go_on(key),
            Cargo::Text(text) => {
                let text = text.to_string();
                transfer.stage = Stage::Text { until: Instant::now() + TEXT_WITHIN };
                self.mention(key.0, |control| control.text(key.1, text));
                Vec::new()
            }
            Cargo::Files(prepared) => {
                let plan = &prepared.plan;
                let taken = plan.items().iter().filter(|item| accept.items.contains(item.index));
                transfer.bytes = taken.clone().map(|item| item.size).sum();
                transfer.files = taken.map(|item| item.files.max(u64::from(item.kind == ItemKind::File))).sum();
                let updates = left_out(plan.items().len(), &accept.items);
                if is_first && transfer.since.elapsed() < NOBODY_IS_SO_QUICK {
                    self.unasked.insert(key.0);
                } else if is_first {
                    self.unasked.remove(&key.0);
                }
                transfer.already = if std::mem::take(&mut transfer.digested) {
                    prepared.found(&accept)
                } else {
                    // Since then it may have changed, and then it is not named.
                    let still = named(&accept).filter(|item| transfer.already.contains(*item));
                    Ranges::from_numbers(still)
                };
                let asked = prepared.asked(&accept);
                if asked.is_empty() {
                    self.join(key);
                } else {
                    self.find_digests(key, asked);
                }
                updates
            }
        };
        self.write_items(key, updates);
        self.write_state(key, State::Running);
        self.queue_moved();
        self.pace.touch();
    }

    /// The other side may have some of it: it compares their digests.
    fn find_digests(&mut self, key: Key, asked: Ranges) {
        let Some(transfer) = self.transfers.get_mut(&key) else { return };
        let Side::Out { cargo: Cargo::Files(prepared), .. } = &transfer.side else { return };
        let (prepared, attempt, hub) = (prepared.clone(), transfer.attempt, self.inbox.clone());
        transfer.stage = Stage::Comparing;
        let task = tokio::spawn(async move {
            let stop = StopOnDrop::default();
            let flag = stop.0.clone();
            let find = move || prepared.with_digests(&asked, &flag);
            if let Ok(prepared) = tokio::task::spawn_blocking(find).await {
                hub.send(Message::Digested(key, attempt, Arc::new(prepared))).await.ok();
            }
        });
        transfer.work.add(task.abort_handle());
    }

    /// It is offered once more, with digests.
    pub fn digested(&mut self, key: Key, attempt: u32, digested: Arc<Prepared>) {
        let Some(transfer) = self.transfers.get_mut(&key).filter(|transfer| transfer.attempt == attempt) else {
            return;
        };
        if let Side::Out { cargo, .. } = &mut transfer.side {
            *cargo = Cargo::Files(digested);
            transfer.digested = true;
            self.offer_or_reach(key);
        }
    }

    pub fn text_saved(&mut self, key: Key) {
        if self.transfers.get(&key).is_some_and(|transfer| {
            matches!(transfer.stage, Stage::Text { .. }) && matches!(transfer.side, Side::Out { .. })
        }) {
            self.finish(key, State::Saved);
        }
    }

    /// A connection stands (again): what waited for it goes on.
    pub fn resume_outgoing(&mut self, with: Fingerprint) {
        for key in self.transfers_with(with) {
            if let Some(transfer) = self.transfers.get_mut(&key)
                && !matches!((transfer.stage, &transfer.side), (Stage::Away { .. }, Side::In { .. }))
            {
                transfer.lost = None;
            }
        }
        for key in self.leaving(with) {
            let Some(transfer) = self.transfers.get_mut(&key) else { continue };
            match transfer.stage {
                // They were offered already.
                Stage::Waiting => self.offer_or_reach(key),
                Stage::Text { .. } => {
                    // Its receipt may have been lost; the other side knows whether it has it.
                    transfer.stage = Stage::Waiting;
                    self.offer_or_reach(key);
                }
                Stage::Reaching { .. } if matches!(transfer.side, Side::Out { for_take: true, .. }) => {
                    self.offer_or_reach(key);
                }
                Stage::Reaching { .. } | Stage::Away { .. } | Stage::Broken { .. } => {
                    transfer.stage = Stage::Away { retry: None };
                }
                // Who dials it was a question of the connection that is gone.
                Stage::Joining { .. } => transfer.halt(Stage::Away { retry: None }),
                _ => {}
            }
        }
        self.take_turns_with(with, Instant::now());
    }

    /// Nothing to be had: the owner of the shelf says no.
    pub fn refuse_take(&mut self, with: Fingerprint, transfer: TransferId, reason: CancelReason) {
        self.mention(with, |control| control.cancel(transfer, reason));
    }
}

/// Transfers that began together.
#[derive(Debug)]
pub(super) struct Batch {
    /// Who waits for the reply; nobody if the other side began it.
    pub from: Option<Asker>,
    pub group: GroupId,
    pub keys: Vec<Key>,
    /// Of what is there already too.
    pub copies: bool,
}

impl Batch {
    fn reply(self, result: Result<(), Problem>) {
        if let Some(from) = self.from {
            from.reply(result.map(|()| Reply::Sent { group: self.group, transfers: self.keys }));
        }
    }
}

/// What is known of a computer that enters the store.
#[derive(Debug)]
pub(super) struct Seen {
    pub name: String,
    pub kind: super::api::DeviceKind,
    pub addresses: Vec<std::net::SocketAddr>,
}

impl Seen {
    /// By this person's act.
    pub fn enter(&self, store: &mut Store, with: Fingerprint) -> Result<(), StoreError> {
        store.upsert_seen(&with, &self.name, self.kind, &self.addresses, super::now())
    }
}

/// Not guessable, never the same twice.
pub(super) fn random() -> [u8; 16] {
    use ring::rand::SecureRandom as _;
    let mut bytes = [0; 16];
    if ring::rand::SystemRandom::new().fill(&mut bytes).is_err() {
        // The identity could not have been made then; ids only need to differ.
        bytes = std::array::from_fn(|_| std::hash::BuildHasher::hash_one(&std::hash::RandomState::new(), 0) as u8);
    }
    bytes
}

fn cant_send(error: CantSend) -> Problem {
    match error {
        CantSend::Busy => Problem::Busy,
        CantSend::Unsupported => Problem::Unsupported,
        CantSend::OutOfBounds => Problem::TooMuch { limit: MAX_ENTRIES },
        _ => Problem::ComputerGone,
    }
}

/// What is in the way goes by itself.
fn passes(reason: DeclineReason) -> bool {
    match reason {
        DeclineReason::Busy
        | DeclineReason::NoAnswer
        | DeclineReason::NotReceiving
        | DeclineReason::DiskFull
        | DeclineReason::FolderNotWritable => true,
        DeclineReason::Person | DeclineReason::Unknown | DeclineReason::Unsupported => false,
    }
}

fn declined(reason: DeclineReason) -> State {
    match reason {
        DeclineReason::Person | DeclineReason::Unknown | DeclineReason::NotReceiving => State::Declined,
        DeclineReason::Busy => State::Stopped(Problem::Busy),
        DeclineReason::DiskFull => State::Stopped(Problem::DiskFull { here: false }),
        DeclineReason::FolderNotWritable => State::Stopped(Problem::FolderNotWritable { here: false, folder: None }),
        DeclineReason::Unsupported => State::Stopped(Problem::Unsupported),
        DeclineReason::NoAnswer => State::Stopped(Problem::NoAnswer),
    }
}

pub(super) fn text_item(text: &str) -> WireItem {
    WireItem {
        kind: WireKind::Text,
        name: String::new(),
        size: text.len() as u64,
        files: 0,
        modified: None,
        thumbhash: None,
        version: 0,
        digest: None,
    }
}

fn write_pasted(path: &std::path::Path, png: &[u8]) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        crate::platform::home::create_private_dir(folder)?;
    }
    fs::write(path, png)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_no_of_the_other_side_keeps_its_reason() {
        assert_eq!(declined(DeclineReason::Person), State::Declined);
        assert_eq!(declined(DeclineReason::NoAnswer), State::Stopped(Problem::NoAnswer));
        assert_eq!(declined(DeclineReason::DiskFull), State::Stopped(Problem::DiskFull { here: false }));
    }

    #[test]
    fn ids_differ() {
        assert_ne!(random(), random());
    }
}
