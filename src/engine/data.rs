//! Data connections: one for each running transfer, dialled by whoever dialled the control connection, since that
//! direction is known to work. Where it doesn't, the other side is asked to try (OpenData).

use std::{sync::Arc, time::Duration};

use tokio::{sync::mpsc, time::Instant};

use super::{
    api::{ItemState, Problem, State},
    door::{Arrival, Connection, DoorError, goodbye},
    hub::{Hub, Message},
    transfer::{Cargo, Key, Side, Stage},
    transfers::JOIN_WITHIN,
};
use crate::{
    protocol::{
        TransferId,
        consent::Consent,
        control::NoData,
        limits::HANDSHAKE_WITHIN,
        message::{ByeReason, Fault, Role},
    },
    store::{ItemUpdate, Refusal},
    transfer::{
        Delivered, FolderError, Outcome, Progress, Received, Receiving, SavedItem, Sending, TransferError, receive,
        send,
    },
};

/// News of one transfer that may wait to be passed on.
const NEWS: usize = 64;

/// Data connections that wait for an answer which is still on its way.
const MAX_EARLY: usize = 16;

/// Transfers of files that send at once, to everybody together: each reads ahead some megabytes and keeps a disk busy.
/// The others wait in order, their connections standing.
pub(super) const MAX_SENDING: usize = 16;

/// How often what was agreed to is offered again because a file became larger meanwhile. A growing log is never done.
const MAX_GROWN: u32 = 3;

/// What was said at the same moment on the data connection and on the control connection is heard within this time of
/// each other, in any order: that somebody cancelled, or that all is saved, and goodbye.
pub(super) const LAST_WORDS_WITHIN: Duration = Duration::from_secs(1);

/// What a running transfer tells the hub.
#[derive(Debug)]
pub(super) enum News {
    Received(Received),
    Delivered(Delivered),
    /// Of which attempt.
    Ended(u32, Result<Outcome, TransferError>),
}

impl Hub {
    /// An accepted transfer needs its data connection.
    pub fn join(&mut self, key: Key) {
        let Some(transfer) = self.transfers.get_mut(&key) else { return };
        transfer.stage = Stage::Joining { until: Instant::now() + JOIN_WITHIN, asked: false };
        if self.join_early(key) {
            return;
        }
        if self.links.get(&key.0).is_some_and(|link| link.dialled) {
            self.dial_data(key);
        }
    }

    /// The other side can't dial us.
    pub fn asked_to_dial(&mut self, key: Key) {
        if self.transfers.get(&key).is_some_and(|transfer| matches!(transfer.stage, Stage::Joining { .. })) {
            self.dial_data(key);
        }
    }

    fn dial_data(&mut self, key: Key) {
        let Some(link) = self.links.get(&key.0) else { return };
        let (with, transfer) = key;
        let address = if link.dialled { link.remote } else { link.listens_at() };
        let (door, hub) = (self.door.clone(), self.inbox.clone());
        let task = tokio::spawn(async move {
            let result = door.knock(address, Some(with), Role::Data { transfer }).await.map(Box::new);
            hub.send(Message::DataDialled(key, result)).await.ok();
        });
        if let Some(transfer) = self.transfers.get_mut(&key) {
            transfer.work.add(task.abort_handle());
        }
    }

    pub fn data_dialled(&mut self, key: Key, result: Result<Box<Arrival>, DoorError>) {
        match result {
            Ok(arrival) => self.data_arrived(*arrival, key.1),
            Err(error) => {
                log::debug!("no data connection could be dialled: {error}");
                let Some(transfer) = self.transfers.get_mut(&key) else { return };
                if let Stage::Joining { asked, .. } = &mut transfer.stage
                    && !std::mem::replace(asked, true)
                {
                    self.mention(key.0, |control| control.ask_for_data(key.1));
                }
            }
        }
    }

    /// A connection that says it carries a transfer. Only what was agreed to, and only once.
    pub fn data_arrived(&mut self, arrival: Arrival, transfer: TransferId) {
        let key = (arrival.with, transfer);
        let connection = arrival.connection;
        let consent = match self.control_of(key.0).map(|control| control.connect_data(transfer)) {
            Some(Ok(consent)) => consent,
            // It overtook the answer to our offer.
            Some(Err(NoData::NotYet)) if self.early.len() < MAX_EARLY => {
                self.early.insert(key, (connection, Instant::now() + HANDSHAKE_WITHIN));
                return;
            }
            _ => return turn_away(connection, ByeReason::NoSuchTransfer),
        };
        self.move_data(key, consent, connection);
    }

    /// The answer came after its data connection.
    pub fn join_early(&mut self, key: Key) -> bool {
        let Some((connection, _)) = self.early.remove(&key) else { return false };
        match self.control_of(key.0).map(|control| control.connect_data(key.1)) {
            Some(Ok(consent)) => self.move_data(key, consent, connection),
            _ => turn_away(connection, ByeReason::NoSuchTransfer),
        }
        true
    }

    fn move_data(&mut self, key: Key, consent: Consent, connection: Connection) {
        let Some(running) = self.transfers.get_mut(&key) else {
            return turn_away(connection, ByeReason::NoSuchTransfer);
        };
        let hub = self.inbox.clone();
        let attempt = running.attempt;
        let task = match &mut running.side {
            Side::Out { cargo: Cargo::Files(prepared), .. } => {
                let plan = &prepared.plan;
                let progress = Arc::new(Progress::new(plan.items().len()));
                running.progress = Some(progress.clone());
                let (events, news) = mpsc::channel(NEWS);
                let (plan, hashed) = (plan.clone(), running.hashed.clone());
                let may_grow = running.grown < MAX_GROWN;
                let sending = Sending { plan, consent, progress, hashed, may_grow, events };
                let turn = self.sending.clone();
                tokio::spawn(async move {
                    // Ends only with the program.
                    let _turn = turn.acquire_owned().await;
                    let passing = pass_on(key, news, News::Delivered, &hub);
                    let (result, ()) = tokio::join!(send(connection, sending), passing);
                    hub.send(Message::News(key, News::Ended(attempt, result))).await.ok();
                })
            }
            Side::In { kept, .. } => {
                let (Some((into, kept)), Some(progress)) = (kept.take().map(|place| *place), running.progress.clone())
                else {
                    return turn_away(connection, ByeReason::NoSuchTransfer);
                };
                let (events, news) = mpsc::channel(NEWS);
                let receiving = Receiving { with: key.0, consent, into, kept: Some(kept), progress, events };
                tokio::spawn(async move {
                    let passing = pass_on(key, news, News::Received, &hub);
                    let (result, ()) = tokio::join!(receive(connection, receiving), passing);
                    hub.send(Message::News(key, News::Ended(attempt, result))).await.ok();
                })
            }
            Side::Out { .. } => return turn_away(connection, ByeReason::NoSuchTransfer),
        };
        running.work.add(task.abort_handle());
        running.stage = Stage::Moving;
        running.since = Instant::now();
        self.pace.touch();
        self.note_going(key);
    }

    /// Early connections whose answer never came.
    pub fn overdue_early(&mut self, now: Instant) {
        self.early.retain(|_, (_, until)| *until > now);
    }

    pub fn news(&mut self, key: Key, news: News) {
        match news {
            News::Received(Received::Saved { items, acknowledge }) => {
                let known = |item: &SavedItem| item.known.map(|(digest, stamp)| (item.index, digest, stamp));
                let contents: Vec<_> = items.iter().filter_map(known).collect();
                let updates: Vec<ItemUpdate> = items
                    .into_iter()
                    .map(|item| ItemUpdate {
                        index: item.index,
                        state: saved(item.left_out.into_iter().next().map(|first| (item.left_out_count, first))),
                        path: Some(item.path),
                    })
                    .collect();
                let (with, transfer) = key;
                self.library.post(
                    move |store| {
                        store.keep_contents(&with, &transfer, &contents)?;
                        store.update_items(&with, &transfer, &updates)
                    },
                    move |hub, result| match result {
                        Ok(_) => drop(acknowledge.send(Ok(()))),
                        // The other side isn't told that it is saved, but why it stops.
                        Err(error) => {
                            log::error!("what is saved could not be written down: {error}");
                            let why = match error.refusal() {
                                Some(Refusal::Full) => FolderError::Full.into(),
                                Some(Refusal::NotWritable) => FolderError::NotWritable {
                                    folder: hub.config.home.database.display().to_string(),
                                    source: std::io::Error::other(error),
                                }
                                .into(),
                                None => TransferError::NobodyListens,
                            };
                            drop(acknowledge.send(Err(why)));
                        }
                    },
                );
            }
            News::Received(Received::Failed { item, problem })
            | News::Delivered(Delivered::Failed { item, problem }) => {
                let update = ItemUpdate { index: item, state: ItemState::Failed(problem), path: None };
                self.write_items(key, vec![update]);
            }
            News::Delivered(Delivered::Saved { items }) => {
                let left_out = self.transfers.get(&key).map(|transfer| transfer.left_out.clone()).unwrap_or_default();
                let already = self.transfers.get(&key).map(|transfer| transfer.already.clone()).unwrap_or_default();
                let state = |index| match already.contains(index) {
                    true => ItemState::AlreadyThere,
                    false => saved(left_out.get(&index).cloned()),
                };
                let update = |index| ItemUpdate { index, state: state(index), path: None };
                self.write_items(key, items.into_iter().map(update).collect());
            }
            // Told with the folder, once the rest of it is saved.
            News::Delivered(Delivered::LeftOut { item, problem }) => {
                if let Some(transfer) = self.transfers.get_mut(&key) {
                    transfer.left_out.entry(item).or_insert((0, problem)).0 += 1;
                }
            }
            News::Ended(attempt, result) => self.moved(key, attempt, result),
        }
    }

    /// The data connection is over, one way or the other.
    fn moved(&mut self, key: Key, attempt: u32, result: Result<Outcome, TransferError>) {
        let Some(transfer) = self.transfers.get_mut(&key).filter(|transfer| transfer.attempt == attempt) else {
            return;
        };
        if let Some(link) = self.links.get_mut(&key.0) {
            link.control.data_closed(key.1);
        }
        let error = match result {
            Ok(outcome) => {
                let state = match outcome.failed.first() {
                    // Nothing came of it at all: that is no success.
                    Some((_, problem)) if outcome.saved.is_empty() => State::Stopped(problem.clone()),
                    _ => State::Saved,
                };
                return self.finish(key, state);
            }
            Err(error) => error,
        };
        log::info!("a transfer stopped: {error}");
        if let Some(hold) = error.hold() {
            return self.rest(key, hold);
        }
        match (&error, error.problem()) {
            (TransferError::Connection(_) | TransferError::Closed(None), _) => {
                transfer.stage = Stage::Broken { until: Instant::now() + LAST_WORDS_WITHIN };
            }
            (TransferError::Grown(grown), _) => self.offer_grown(key, *grown),
            (
                TransferError::Closed(_) | TransferError::Remote(Fault::Unknown),
                Problem::ComputerGone | Problem::Busy,
            )
            | (TransferError::NobodyListens, _) => self.again_later(key),
            (_, problem) => self.finish(key, State::Stopped(problem)),
        }
    }
}

/// The state of an item that is on the disk, if so without some of what was in it.
fn saved(without: Option<(u64, Problem)>) -> ItemState {
    without.map_or(ItemState::Saved, |(count, problem)| ItemState::SavedWithout { count, problem })
}

/// Says why, closes, and is done within a second.
pub(super) fn turn_away(mut connection: Connection, reason: ByeReason) {
    tokio::spawn(async move {
        tokio::time::timeout(super::LAST_WORDS, goodbye(&mut connection, reason)).await.ok();
    });
}

async fn pass_on<T>(key: Key, mut news: mpsc::Receiver<T>, wrap: fn(T) -> News, hub: &mpsc::Sender<Message>) {
    while let Some(one) = news.recv().await {
        if hub.send(Message::News(key, wrap(one))).await.is_err() {
            return;
        }
    }
}
