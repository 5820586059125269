//! What arrives: from an offer to "it is saved here".
//!
//! An offer is answered by a rule, by the way this engine was started, or by this person: [`Hub::decide`]. Only after
//! Accept is a folder opened, an entry written and a data connection honoured; a stranger enters the store in that same
//! step. Then: Preparing → Text, or Joining → Moving.

use std::{path::PathBuf, sync::Arc};

use tokio::time::Instant;

use super::{
    api::{Body, Direction, GroupId, Item, ItemKind, ItemState, KnownComputer, Notice, Problem, Receive, Rule, State},
    asking::Question,
    hub::{Hub, Message},
    outgoing::random,
    transfers::{GRACE, JOIN_WITHIN, Key, MAX_TRANSFERS, Side, Stage, TEXT_WITHIN, Transfer},
};
use crate::{
    protocol::{
        Fingerprint, Ranges,
        control::CantSend,
        message::{Accept, DeclineReason, Item as WireItem, ItemKind as WireKind, Offer},
    },
    store::{NewEntry, StoreError},
    transfer::{FolderError, Progress, ReceiveFolder, names},
};

/// Transfers that one computer may have open here.
const MAX_FROM_ONE: usize = 64;

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
    /// Somebody offers something.
    pub fn offered(&mut self, with: Fingerprint, offer: Arc<Offer>) {
        let key = (with, offer.transfer);
        if let Some(transfer) = self.transfers.get_mut(&key) {
            let Side::In { offer: before, into, .. } = &transfer.side else {
                return self.decline_offer(key, DeclineReason::Unknown);
            };
            let is_same = before.items == offer.items;
            match transfer.stage {
                Stage::Taking { .. } => {
                    let terms = Terms { into: Some(into.clone()), ..Terms::default() };
                    *transfer = incoming(transfer.group, offer);
                    self.accept(key, terms);
                }
                // What this person is asked about, or agreed to, was something else.
                Stage::Waiting if !is_same => self.decline(key, DeclineReason::Unknown),
                _ if !is_same => {
                    self.decline_offer(key, DeclineReason::Unknown);
                    self.finish(key, State::Stopped(Problem::Misbehaved));
                }
                // The connection broke and is back; the question stands as it was.
                Stage::Waiting | Stage::Preparing => transfer.lost = None,
                // It was answered, and the answer was lost.
                Stage::Text { .. } | Stage::Joining { .. } => {
                    transfer.lost = None;
                    self.say_accepted(key);
                }
                _ => self.decline_offer(key, DeclineReason::Unknown),
            }
            return;
        }
        if self.transfers.len() >= MAX_TRANSFERS || self.transfers_with(with).len() >= MAX_FROM_ONE {
            return self.decline_offer(key, DeclineReason::Busy);
        }
        let is_text = offer.is_text();
        let transfer = incoming(GroupId(random()), offer);
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
                Ok((_, Some(_))) | Err(_) => hub.decline(key, DeclineReason::Unknown),
            },
        );
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

    /// Says yes: the folder first, so that a full disk is a no and not a broken promise.
    pub fn accept(&mut self, key: Key, terms: Terms) {
        let usual = self.me.folder.clone();
        let Some(transfer) = self.transfers.get_mut(&key) else { return };
        let Side::In { offer, accepted, into, .. } = &mut transfer.side else { return };
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
        let (folder, bytes) = (into.clone(), transfer.bytes);
        let hub = self.inbox.clone();
        let task = tokio::spawn(async move {
            let opened = tokio::task::spawn_blocking(move || open_folder(&folder, bytes)).await;
            let opened = opened.unwrap_or(Err(Problem::Closed));
            hub.send(Message::FolderOpened(key, terms.always, opened)).await.ok();
        });
        transfer.work.add(task.abort_handle());
    }

    /// The folder can (or can't) be written to: now the entry, then the answer.
    pub fn folder_opened(&mut self, key: Key, always: bool, opened: Result<ReceiveFolder, Problem>) {
        let Some(transfer) = self.transfers.get_mut(&key) else { return };
        let Side::In { offer, accepted, into, .. } = &transfer.side else { return };
        let folder = match opened {
            Ok(folder) => folder,
            Err(problem) => {
                let reason = match &problem {
                    Problem::DiskFull { .. } => DeclineReason::DiskFull,
                    _ => DeclineReason::FolderNotWritable,
                };
                let notice = Notice::FolderNotWritable { folder: into.clone() };
                if reason == DeclineReason::FolderNotWritable {
                    self.notice(notice);
                }
                return self.decline(key, reason);
            }
        };
        let count = offer.items.len();
        self.notices.retain(|notice| *notice != Notice::FolderNotWritable { folder: into.clone() });
        let shown = offer.items.iter().zip(0u32..).map(|(item, index)| {
            let state = if accepted.contains(index) { ItemState::Pending } else { ItemState::LeftOut };
            Item { state, ..shown_item(item, index) }
        });
        let body = Body::Items { items: shown.collect(), files: transfer.files, bytes: transfer.bytes };
        self.enter_received(key, always, Some(body), State::Running, move |hub, result| match result {
            Ok(()) => {
                let Some(transfer) = hub.transfers.get_mut(&key) else { return };
                transfer.progress = Some(Arc::new(Progress::new(count)));
                if let Side::In { folder: slot, .. } = &mut transfer.side {
                    *slot = Some(folder);
                }
                transfer.stage = Stage::Joining { until: Instant::now() + JOIN_WITHIN, asked: false };
                hub.say_accepted(key);
            }
            Err(problem) => {
                log::error!("nothing can be accepted: {problem:?}");
                hub.decline(key, DeclineReason::DiskFull);
            }
        });
    }

    fn accept_text(&mut self, key: Key, always: bool) {
        // The entry is written with the text itself.
        self.enter_received(key, always, None, State::Saved, move |hub, result| {
            let Some(transfer) = hub.transfers.get_mut(&key) else { return };
            if result.is_err() {
                return hub.decline(key, DeclineReason::DiskFull);
            }
            transfer.stage = Stage::Text { until: Instant::now() + TEXT_WITHIN };
            hub.say_accepted(key);
        });
    }

    /// The other side hears it; for files, the data connection comes next.
    fn say_accepted(&mut self, key: Key) {
        let Some(Transfer { side: Side::In { offer, accepted, .. }, .. }) = self.transfers.get(&key) else { return };
        let is_text = offer.is_text();
        let accept = Accept { items: accepted.clone(), resume: Vec::new() };
        match self.speak(key.0, |control| control.accept(key.1, accept)) {
            Ok(()) if is_text => {}
            Ok(()) => self.join(key),
            // No connection, or a new one on which it is not offered again yet.
            Err(CantSend::Closing | CantSend::NoSuchTransfer) => {
                if let Some(transfer) = self.transfers.get_mut(&key) {
                    transfer.lost.get_or_insert(Instant::now() + GRACE);
                }
            }
            Err(error) => {
                log::info!("an acceptance could not be said: {error}");
                self.finish(key, State::Stopped(Problem::Busy));
            }
        }
    }

    /// The text of an accepted offer. Its sender hears "saved" when the store has it.
    pub fn text_arrived(&mut self, key: Key, text: String) {
        let Some(transfer) = self.transfers.get(&key) else { return };
        if !matches!((&transfer.side, transfer.stage), (Side::In { .. }, Stage::Text { .. })) {
            return;
        }
        self.enter_received(key, false, Some(Body::Text(text)), State::Saved, move |hub, result| match result {
            Ok(()) => {
                hub.mention(key.0, |control| control.text_saved(key.1));
                hub.transfers.remove(&key);
                hub.pace.touch();
            }
            Err(problem) => hub.give_up(key, problem),
        });
    }

    /// The computer and, with `body`, the entry go into the store; this is where a stranger stops being one.
    fn enter_received(
        &mut self,
        (with, transfer): Key,
        always: bool,
        body: Option<Body>,
        state: State,
        then: impl FnOnce(&mut Self, Result<(), Problem>) + Send + 'static,
    ) {
        let Some(group) = self.transfers.get(&(with, transfer)).map(|transfer| transfer.group) else { return };
        let seen = self.seen(with);
        let at = super::now();
        self.library.post(
            move |store| -> Result<Option<KnownComputer>, StoreError> {
                seen.enter(store, with)?;
                if always {
                    store.set_rule(&with, Rule::Accept)?;
                }
                if let Some(body) = body {
                    let direction = Direction::Received;
                    match store.append(NewEntry { with, transfer, group, direction, at, body, state }) {
                        // A text whose receipt was lost.
                        Ok(_) | Err(StoreError::AlreadyThere) => {}
                        Err(error) => return Err(error),
                    }
                }
                store.computer(&with)
            },
            move |hub, result| {
                let result = result.map(|known| hub.learn(known)).map_err(|error| error.problem());
                then(hub, result);
            },
        );
    }

    /// Says no, and forgets it.
    pub fn decline(&mut self, key: Key, reason: DeclineReason) {
        self.transfers.remove(&key);
        self.asks.remove(key.0, key.1);
        self.pace.touch();
        self.decline_offer(key, reason);
    }

    fn decline_offer(&mut self, (with, transfer): Key, reason: DeclineReason) {
        self.mention(with, |control| control.decline(transfer, reason));
    }
}

fn incoming(group: GroupId, offer: Arc<Offer>) -> Transfer {
    let (files, bytes) = (offer.files(), offer.bytes());
    let side = Side::In { offer, accepted: Ranges::default(), into: PathBuf::new(), folder: None };
    let mut transfer = Transfer::new(group, Stage::Waiting, side);
    transfer.files = files;
    transfer.bytes = bytes;
    transfer
}

pub(super) fn shown_item(item: &WireItem, index: u32) -> Item {
    Item {
        index,
        kind: match item.kind {
            WireKind::Folder => ItemKind::Folder,
            WireKind::Text => ItemKind::Text,
            WireKind::File | WireKind::Unknown => ItemKind::File,
        },
        name: names::shown(&item.name).into_owned(),
        size: item.size,
        files: item.files,
        path: None,
        thumbhash: item.thumbhash.as_ref().map(|hash| hash.to_vec()),
        state: ItemState::Pending,
    }
}

fn open_folder(path: &std::path::Path, bytes: u64) -> Result<ReceiveFolder, Problem> {
    let open = || -> Result<ReceiveFolder, FolderError> {
        let folder = ReceiveFolder::open(path)?;
        folder.check()?;
        Ok(folder)
    };
    let folder = open().map_err(|error| error.problem())?;
    match folder.free_space() {
        Ok(free) if free < bytes => Err(Problem::DiskFull { here: true }),
        _ => Ok(folder),
    }
}
