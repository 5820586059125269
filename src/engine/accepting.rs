//! What was agreed to here, until its bytes come.
//!
//! Only after Accept is a folder opened, an entry written and a data connection honoured; a stranger enters the store in
//! that same step. Then: Preparing → Text, or Comparing → Joining → Moving.

use std::{path::PathBuf, sync::Arc};

use tokio::time::Instant;

use super::{
    again::{Opened, told},
    api::{Body, Direction, Item, ItemState, Notice, Problem, Rule, State},
    deciding::shown_item,
    hub::Hub,
    transfer::{Key, Side, Stage, Transfer},
    transfers::{GRACE, JOIN_WITHIN, TEXT_WITHIN, discard},
};
use crate::{
    protocol::{
        Ranges,
        control::CantSend,
        message::{Accept, DeclineReason, ItemKind as WireKind, Offer},
    },
    store::{ItemUpdate, NewEntry},
    transfer::Progress,
};

/// Where its things go, if not to the usual folder, and what else this person said.
#[derive(Debug, Default)]
pub(super) struct Terms {
    /// Indices; `None` takes all.
    pub items: Option<Vec<u32>>,
    pub into: Option<PathBuf>,
    /// Also sets the rule.
    pub always: bool,
}

impl Hub {
    /// Says yes: the folder first, so that a full disk is a no and not a broken promise.
    pub fn accept(&mut self, key: Key, terms: Terms) {
        let usual = self.me.folder.clone();
        let Some(transfer) = self.transfers.get_mut(&key) else { return };
        let Side::In { offer, accepted, into, same, .. } = &mut transfer.side else { return };
        let wanted = |index: u32| terms.items.as_ref().is_none_or(|items| items.contains(&index));
        let possible = offer.items.iter().zip(0u32..);
        let possible = possible.filter(|(item, index)| item.kind != WireKind::Unknown && wanted(*index));
        *accepted = Ranges::from_numbers(possible.clone().map(|(_, index)| index));
        transfer.bytes = possible.clone().map(|(item, _)| item.size).sum();
        transfer.files = possible.map(|(item, _)| item.files).sum();
        if accepted.is_empty() {
            return self.decline(key, DeclineReason::Unsupported);
        }
        *into = terms.into.unwrap_or(usual);
        transfer.stage = Stage::Preparing;
        self.pace.touch();
        if offer.is_text() {
            return self.accept_text(key, terms.always);
        }
        let Some(same) = same.clone() else { return self.open_folder(key, Ranges::default(), terms.always) };
        let (attempt, (with, id)) = (transfer.attempt, key);
        self.library.post(
            move |store| store.entry_of(&with, &id),
            move |hub, result| {
                let saved = result.ok().flatten().map(|entry| told(&entry)).unwrap_or_default();
                if hub.transfers.get(&key).is_some_and(|transfer| transfer.attempt == attempt) {
                    let told = Ranges::from_numbers(saved.iter().filter(|item| same.contains(*item)));
                    hub.open_folder(key, told, terms.always);
                }
            },
        );
    }

    /// The folder can (or can't) be written to: now the entry, then the answer.
    pub fn folder_opened(&mut self, key: Key, attempt: u32, always: bool, opened: Result<Box<Opened>, Problem>) {
        let Some(transfer) = self.transfers.get_mut(&key).filter(|transfer| transfer.attempt == attempt) else {
            return;
        };
        let Side::In { offer, accepted, into, consented, .. } = &transfer.side else { return };
        let opened = match opened {
            Ok(opened) => opened,
            Err(problem) => {
                let reason = reason(&problem);
                let (notice, consented) = (Notice::FolderNotWritable { folder: into.clone() }, *consented);
                let taken = offer.for_take.then_some(transfer.group);
                let body = entered(transfer, offer, accepted);
                if !consented {
                    discard(into.clone(), key);
                }
                if reason == DeclineReason::FolderNotWritable {
                    self.notice(notice);
                }
                if consented {
                    return self.can_not_go_on(key, &problem);
                }
                // Both screens tell why: it was agreed to here.
                match taken {
                    Some(group) => {
                        self.decline(key, reason);
                        self.write_failed_take(key, group, State::Stopped(problem));
                    }
                    None => {
                        let body = Some((body, Ranges::default()));
                        self.enter_received(key, always, body, State::Stopped(problem), |_, _| {});
                        self.decline(key, reason);
                    }
                }
                return;
            }
        };
        let notice = Notice::FolderNotWritable { folder: into.clone() };
        let body = (!*consented).then(|| entered(transfer, offer, accepted));
        self.withdraw_notice(&notice);
        let Some(body) = body else {
            self.write_state(key, State::Running);
            return self.note_same(key, attempt, *opened);
        };
        let told = opened.place.1.told().clone();
        self.enter_received(key, always, Some((body, told)), State::Running, move |hub, result| match result {
            Ok(()) if hub.transfers.get(&key).is_some_and(|transfer| transfer.attempt == attempt) => {
                hub.note_same(key, attempt, *opened);
            }
            // It broke while it was written down: it is agreed to all the same.
            Ok(()) => {
                if let Some(Transfer { side: Side::In { consented, .. }, .. }) = hub.transfers.get_mut(&key) {
                    *consented = true;
                }
            }
            Err(problem) => {
                log::error!("nothing can be accepted: {problem:?}");
                hub.decline(key, reason(&problem));
            }
        });
    }

    /// What is there already points at where it lies, before the other side hears that it needn't come.
    fn note_same(&mut self, key: Key, attempt: u32, opened: Opened) {
        if opened.same.is_empty() {
            return self.ready_to_receive(key, opened);
        }
        let update = |(index, path): &(u32, PathBuf)| {
            let (index, path) = (*index, Some(path.clone()));
            ItemUpdate { index, state: ItemState::AlreadyThere, path }
        };
        let updates: Vec<ItemUpdate> = opened.same.iter().map(update).collect();
        let (with, id) = key;
        self.library.post(
            move |store| store.update_items(&with, &id, &updates),
            move |hub, result| {
                if hub.transfers.get(&key).is_none_or(|transfer| transfer.attempt != attempt) {
                    return;
                }
                match result {
                    Ok(_) => hub.ready_to_receive(key, opened),
                    Err(error) => {
                        log::error!("what is there already could not be written down: {error}");
                        hub.can_not_go_on(key, &error.problem());
                    }
                }
            },
        );
    }

    /// The entry is in the store, the folder open: the other side may hear that it is accepted.
    fn ready_to_receive(&mut self, key: Key, opened: Opened) {
        let Some(transfer) = self.transfers.get_mut(&key) else { return };
        let Side::In { offer, kept, consented, .. } = &mut transfer.side else { return };
        let Opened { place, known, same: _ } = opened;
        transfer.waits_for_disk = false;
        transfer.progress = Some(Arc::new(Progress::new(offer.items.len())));
        (*kept, *consented) = (Some(Box::new(place)), true);
        // It was paused while it was agreed to.
        if transfer.paused.by_anybody() {
            return self.rest_paused(key);
        }
        transfer.stage = if known.is_empty() {
            Stage::Joining { until: Instant::now() + JOIN_WITHIN, asked: false }
        } else {
            Stage::Comparing
        };
        self.say_accepted(key, known);
    }

    fn accept_text(&mut self, key: Key, always: bool) {
        // The entry is written with the text itself, and so is what is new of a known computer: one flush less before
        // the text is there. Where the disk took nothing last, it is asked again before anything is said.
        if !always && self.known.contains_key(&key.0) && !self.store_refuses() {
            return self.expect_text(key);
        }
        self.enter_received(key, always, None, State::Saved, move |hub, result| match result {
            Err(problem) if hub.transfers.contains_key(&key) => hub.decline(key, reason(&problem)),
            _ => hub.expect_text(key),
        });
    }

    fn expect_text(&mut self, key: Key) {
        let Some(transfer) = self.transfers.get_mut(&key) else { return };
        transfer.stage = Stage::Text { until: Instant::now() + TEXT_WITHIN };
        self.say_accepted(key, Ranges::default());
    }

    /// The other side hears it; for files, the data connection comes next, or first the digests of what is `known`.
    pub fn say_accepted(&mut self, key: Key, known: Ranges) {
        let Some(Transfer { side: Side::In { offer, accepted, kept, .. }, .. }) = self.transfers.get(&key) else {
            return;
        };
        let is_text = offer.is_text();
        let resume = kept.as_deref().map(|(_, kept)| kept.resume(&offer.items)).unwrap_or_default();
        let all = Accept { items: accepted.clone(), resume: Vec::new(), known: Ranges::default() };
        let is_compared = !known.is_empty();
        let accept = Accept { resume, known, ..all.clone() };
        let said = match self.speak(key.0, |control| control.accept(key.1, accept)) {
            // It can't go on, so everything comes again; what is there already is passed over then.
            Err(CantSend::Unsupported) if !is_compared => self.speak(key.0, |control| control.accept(key.1, all)),
            said => said,
        };
        match said {
            Ok(()) if is_text || is_compared => {}
            Ok(()) => self.join(key),
            // No connection, or a new one on which it is not offered again yet.
            Err(CantSend::Closing | CantSend::NoSuchTransfer) => {
                if let Some(transfer) = self.transfers.get_mut(&key) {
                    transfer.lost.get_or_insert(Instant::now() + GRACE);
                }
            }
            Err(error) => {
                log::info!("an acceptance could not be said: {error}");
                self.again_later(key);
            }
        }
    }

    /// The text of an accepted offer. Its sender hears "saved" when the store has it.
    pub fn text_arrived(&mut self, key: Key, text: String) {
        let Some(transfer) = self.transfers.get(&key) else { return };
        if !matches!((&transfer.side, transfer.stage), (Side::In { .. }, Stage::Text { .. })) {
            return;
        }
        self.enter_received(
            key,
            false,
            Some((Body::Text(text), Ranges::default())),
            State::Saved,
            move |hub, result| match result {
                Ok(()) => {
                    hub.mention(key.0, |control| control.text_saved(key.1));
                    hub.transfers.remove(&key);
                    hub.pace.touch();
                }
                Err(problem) => hub.give_up(key, problem),
            },
        );
    }

    /// The computer and, with `body`, the entry go into the store; this is where a stranger stops being one. Beside the
    /// body stand items of which what an earlier entry says stays true.
    fn enter_received(
        &mut self,
        (with, transfer): Key,
        always: bool,
        body: Option<(Body, Ranges)>,
        state: State,
        then: impl FnOnce(&mut Self, Result<(), Problem>) + Send + 'static,
    ) {
        let Some(group) = self.transfers.get(&(with, transfer)).map(|transfer| transfer.group) else { return };
        let going = self.going((with, transfer)).filter(|_| state == State::Running);
        let seen = self.seen(with);
        let at = super::now();
        self.library.post(
            move |store| {
                store.together(|store| {
                    store.upsert_seen(&with, &seen)?;
                    if always {
                        store.set_rule(&with, Rule::Accept)?;
                    }
                    if let Some((mut body, told)) = body {
                        let before = store.entry_of(&with, &transfer)?;
                        let is_there = before.is_some();
                        if let (Body::Items { items, .. }, Some(Body::Items { items: before, .. })) =
                            (&mut body, before.map(|entry| entry.body))
                        {
                            let still_true = items.iter_mut().zip(before).filter(|(item, _)| told.contains(item.index));
                            still_true.for_each(|(item, before)| *item = before);
                        }
                        let direction = Direction::Received;
                        let new = NewEntry { with, transfer, group, direction, at, body, state };
                        match going {
                            Some(going) if is_there => store.renew(new, &going)?,
                            Some(going) => drop(store.append_going(new, &going)?),
                            // A text whose receipt was lost.
                            None if is_there => {}
                            None => drop(store.append(new)?),
                        }
                    }
                    store.computer(&with)
                })
            },
            move |hub, result| {
                let result = result.map(|known| hub.learn(known)).map_err(|error| error.problem());
                if always && result.is_ok() {
                    hub.accept_what_is_asked(with);
                }
                then(hub, result);
            },
        );
    }
}

/// What the other side is told of what keeps this one from receiving.
pub(super) fn reason(problem: &Problem) -> DeclineReason {
    match problem {
        Problem::DiskFull { .. } => DeclineReason::DiskFull,
        _ => DeclineReason::FolderNotWritable,
    }
}

/// An accepted offer as its entry in the conversation.
fn entered(transfer: &Transfer, offer: &Offer, accepted: &Ranges) -> Body {
    let shown = offer.items.iter().zip(0u32..).map(|(item, index)| {
        let state = if accepted.contains(index) { ItemState::Pending } else { ItemState::LeftOut };
        Item { state, ..shown_item(item, index) }
    });
    Body::Items { items: shown.collect(), files: transfer.files, bytes: transfer.bytes }
}
