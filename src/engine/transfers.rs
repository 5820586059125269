//! What all transfers have in common, whichever way they go: their stages, their ends, and what is shown of them.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc, time::Duration};

use tokio::{task::AbortHandle, time::Instant};

use super::{
    again::Place,
    api::{Direction, GroupId, Hold, ItemState, Phase, Problem, Resting, Running, State},
    hub::Hub,
    pausing::Paused,
    prepare::{Prepared, Stored},
    thumbnails::Held,
};
use crate::{
    protocol::{
        Fingerprint, Ranges, TransferId,
        message::{CancelReason, DeclineReason, Offer},
    },
    store::ItemUpdate,
    transfer::{Hashed, Meter, Missing, Progress, ReceiveFolder},
};

/// A transfer is known by whom it is with and its id: ids are unique per pair.
pub(super) type Key = (Fingerprint, TransferId);

/// Transfers at once, waiting ones included; each holds some kilobytes, its plan aside.
pub(super) const MAX_TRANSFERS: usize = 1024;

/// A recipient is looked for so long before this person is told that it can't be reached.
pub(super) const REACH_WITHIN: Duration = Duration::from_secs(8);

/// A connection that broke is given so long to come back before its transfers count as stopped.
pub(super) const GRACE: Duration = Duration::from_secs(5);

/// The place of what isn't in the store yet.
pub(super) const LAST: i64 = i64::MAX;

/// From Accept to the data connection: each side tries in turn.
pub(super) const JOIN_WITHIN: Duration = Duration::from_secs(15);

/// From Accept to the text, and from the text to its receipt: a flush of a busy disk fits.
pub(super) const TEXT_WITHIN: Duration = Duration::from_secs(20);

#[derive(Debug)]
pub(super) struct Transfer {
    pub group: GroupId,
    pub stage: Stage,
    pub side: Side,
    /// What was accepted; before that, what was offered.
    pub files: u64,
    pub bytes: u64,
    pub progress: Option<Arc<Progress>>,
    pub meter: Meter,
    /// Folders that go without some of what is in them: how many things, and why the first of them.
    pub left_out: BTreeMap<u32, (u64, Problem)>,
    /// What runs for it; ended with it.
    pub work: Work,
    /// When it stops, unless the computer is back before.
    pub lost: Option<Instant>,
    /// When it was offered, or began to move.
    pub since: Instant,
    /// Counts its beginnings, so that what an earlier one still has to say is known as that.
    pub attempt: u32,
    /// Attempts in a row that failed at once.
    pub tries: u32,
    /// Out: items that were there already, as the other side says in each answer.
    pub already: Ranges,
    /// Out: digests were told, and the answer to them is awaited.
    pub digested: bool,
    /// How often it was offered again because a file became larger.
    pub grown: u32,
    /// It rests because a disk is full or can't be written to, and asks from time to time whether it takes something again.
    /// Nothing of that is shown.
    pub waits_for_disk: bool,
    /// What was still to come when it began to rest, at least; `None` until something of it moved since the start.
    pub missing: Option<Missing>,
    pub hashed: Arc<Hashed>,
    /// Where it stands among what leaves for this computer: the smaller goes first.
    pub place: i64,
    pub paused: Paused,
    /// It waits for its computer, however long that takes.
    pub keep: bool,
    /// What the store says it waits for, while it rests.
    pub hold: Option<Hold>,
    /// In: what came of its pictures.
    pub thumbnails: Held,
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Sources are being read, or a folder opened.
    Preparing,
    /// Out: the recipient is being dialled.
    Reaching {
        until: Instant,
    },
    /// Out: the question is over there. In: it is here.
    Waiting,
    /// A take was sent: the offer is awaited.
    Taking {
        until: Instant,
    },
    /// The text, or its receipt, is awaited.
    Text {
        until: Instant,
    },
    /// The data connection is awaited. `asked`: the other side was asked to dial.
    Joining {
        until: Instant,
        asked: bool,
    },
    Moving,
    /// It was accepted, and some of it may be there already: the giver finds digests.
    Comparing,
    /// The data connection broke; the other side may still say why.
    Broken {
        until: Instant,
    },
    /// It rests until the other computer is back, or until it is tried again.
    Away {
        retry: Option<Instant>,
    },
}

#[derive(Debug)]
pub(super) enum Side {
    /// `offered`: at least once. `consented`: it was accepted there once.
    Out { cargo: Cargo, offered: bool, for_take: bool, consented: bool },
    /// `kept` is there from Accept until the data connection. `consented`: it was accepted here, and is in the store.
    /// `same`: where another offer of this transfer was agreed to before, the items that it had just so.
    In {
        offer: Arc<Offer>,
        accepted: Ranges,
        into: PathBuf,
        kept: Option<Box<Place>>,
        consented: bool,
        same: Option<Ranges>,
    },
}

#[derive(Debug, Clone)]
pub(super) enum Cargo {
    /// The plan is being made.
    Planned,
    Text(Arc<str>),
    Files(Arc<Prepared>),
    /// To be walked again when it goes on.
    Stored(Arc<Stored>),
}

/// Tasks of one transfer, ended when this is dropped.
#[derive(Debug, Default)]
pub(super) struct Work(Vec<AbortHandle>);

impl Work {
    pub fn add(&mut self, task: AbortHandle) {
        self.0.retain(|task| !task.is_finished());
        self.0.push(task);
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        for task in &self.0 {
            task.abort();
        }
    }
}

impl Transfer {
    pub fn new(group: GroupId, stage: Stage, side: Side) -> Self {
        Self {
            group,
            stage,
            side,
            files: 0,
            bytes: 0,
            progress: None,
            meter: Meter::default(),
            left_out: BTreeMap::new(),
            work: Work::default(),
            lost: None,
            since: Instant::now(),
            attempt: 0,
            tries: 0,
            already: Ranges::default(),
            digested: false,
            grown: 0,
            waits_for_disk: false,
            missing: None,
            hashed: Arc::default(),
            place: LAST,
            paused: Paused::default(),
            keep: false,
            hold: None,
            thumbnails: Held::default(),
        }
    }

    pub fn direction(&self) -> Direction {
        match self.side {
            Side::Out { .. } => Direction::Sent,
            Side::In { .. } => Direction::Received,
        }
    }

    /// It survives a break: what is given, and what was agreed to be received.
    pub fn can_go_on(&self) -> bool {
        match self.side {
            Side::Out { for_take, consented, .. } => consented || !for_take,
            Side::In { consented, .. } => consented,
        }
    }

    /// When something is to be done about it.
    pub fn due(&self) -> Option<Instant> {
        let stage = match self.stage {
            Stage::Reaching { until }
            | Stage::Taking { until }
            | Stage::Text { until }
            | Stage::Joining { until, .. }
            | Stage::Broken { until } => Some(until),
            Stage::Away { retry } => retry,
            Stage::Preparing | Stage::Waiting | Stage::Comparing | Stage::Moving => None,
        };
        [stage, self.lost].into_iter().flatten().min()
    }

    /// Bytes cross, or are being flushed.
    pub fn moves(&self) -> bool {
        let is_finishing = self.progress.as_ref().is_some_and(|progress| progress.finishing());
        self.stage == Stage::Moving && (self.meter.speed() > 0 || is_finishing)
    }

    /// As it is shown. A question to this person is shown as that, not as a transfer.
    pub fn running(&self, (with, transfer): Key) -> Option<Running> {
        let phase = match (self.stage, &self.progress) {
            _ if self.waits_for_disk => return None,
            (Stage::Waiting, _) if self.direction() == Direction::Received => return None,
            (Stage::Away { .. }, _) if self.lost.is_none() => return None,
            (Stage::Waiting, _) => Phase::Waiting,
            (Stage::Moving, Some(progress)) if progress.finishing() => Phase::Finishing,
            // Its connection may be back in a moment: how far it was is still true.
            (Stage::Moving | Stage::Broken { .. } | Stage::Away { .. }, _) => Phase::Moving,
            _ => Phase::Preparing,
        };
        let progress = self.progress.as_deref();
        Some(Running {
            with,
            transfer,
            group: self.group,
            direction: self.direction(),
            phase,
            bytes: self.done(),
            total: self.bytes,
            files: progress.map_or(0, |progress| progress.files().min(self.files)),
            files_total: self.files,
            speed: self.meter.speed(),
            left: self.meter.left(self.bytes),
            items: progress.map_or_else(BTreeMap::new, Progress::items),
            thumbnails: self.thumbnails.shown.clone(),
        })
    }

    /// How far it was when it began to rest, while it does.
    pub fn resting(&self, (with, transfer): Key) -> Option<Resting> {
        let rests = self.waits_for_disk || matches!(self.stage, Stage::Away { .. }) && self.lost.is_none();
        let bytes = self.done();
        (rests && bytes > 0).then_some(Resting { with, transfer, bytes, total: self.bytes })
    }

    /// Bytes that are over. Until what goes on has found out, what it had before it rested.
    fn done(&self) -> u64 {
        match self.progress.as_ref().map_or(0, |progress| progress.bytes()) {
            0 => self.missing.map_or(0, |missing| self.bytes.saturating_sub(missing.bytes)),
            bytes => bytes.min(self.bytes),
        }
    }
}

impl Hub {
    /// The end of a transfer: here, in the store, and in the questions.
    pub fn finish(&mut self, key: Key, state: State) {
        let Some(transfer) = self.transfers.remove(&key) else { return };
        self.queue_moved();
        self.asks.remove(key.0, key.1);
        if let Some(control) = self.control_of(key.0) {
            control.finished(key.1);
        }
        self.pace.touch();
        if let Side::In { into, consented: true, .. } = &transfer.side
            && state != State::Saved
        {
            discard(into.clone(), key);
        }
        if matches!(transfer.stage, Stage::Taking { .. }) {
            self.write_failed_take(key, transfer.group, state);
        } else {
            self.write_state(key, state);
        }
    }

    pub fn write_state(&mut self, (with, transfer): Key, state: State) {
        self.library.write("a transfer's state", move |store| store.update_state(&with, &transfer, &state));
    }

    /// Notes for single items; `state` only if it changed too.
    pub fn write_items(&mut self, (with, transfer): Key, items: Vec<ItemUpdate>) {
        if !items.is_empty() {
            self.library.write("a transfer's items", move |store| store.update_items(&with, &transfer, &items));
        }
    }

    /// This person ends it.
    pub fn cancel(&mut self, key: Key) -> Result<(), Problem> {
        let Some(transfer) = self.transfers.get(&key) else {
            return Err(Problem::NotFound { whom: key.1.to_string() });
        };
        if matches!(transfer.stage, Stage::Waiting) && transfer.direction() == Direction::Received {
            self.decline(key, DeclineReason::Person);
            return Ok(());
        }
        // Nobody hears of what was never offered.
        let is_secret = matches!(transfer.side, Side::Out { offered: false, .. });
        let is_told = is_secret || self.speak(key.0, |control| control.withdraw(key.1)).is_ok();
        if !is_told {
            let (with, transfer) = key;
            self.library.write("what was ended", move |store| store.withdraw(&with, &transfer));
        }
        self.finish(key, State::Cancelled { here: true });
        Ok(())
    }

    /// The other side ended it.
    pub fn cancelled(&mut self, key: Key, reason: CancelReason) {
        let Some(transfer) = self.transfers.get(&key) else { return };
        let state = match reason {
            CancelReason::Person => State::Cancelled { here: false },
            CancelReason::Declined => State::Declined,
            CancelReason::NoAnswer => State::Stopped(Problem::NoAnswer),
            CancelReason::NotOnShelf => State::Stopped(Problem::NotOnShelf),
            CancelReason::Busy => State::Stopped(Problem::Busy),
            // The data connection says what happened, or at least that it ended.
            CancelReason::Failed if transfer.stage == Stage::Moving => return,
            CancelReason::Closing | CancelReason::Failed | CancelReason::Unknown if transfer.can_go_on() => {
                return self.again_later(key);
            }
            CancelReason::Closing | CancelReason::Failed | CancelReason::Unknown => {
                State::Stopped(Problem::ComputerGone)
            }
        };
        self.finish(key, state);
    }

    /// The connection to a computer is gone; its transfers wait a little for it to come back.
    pub fn lose(&mut self, with: Fingerprint) {
        let until = Instant::now() + GRACE;
        for transfer in self.transfers_with(with) {
            if let Some(transfer) = self.transfers.get_mut(&transfer) {
                match transfer.stage {
                    // These have their own patience, and don't need the connection yet.
                    Stage::Preparing | Stage::Reaching { .. } => {}
                    // Rests already.
                    Stage::Away { retry: None } => {}
                    _ => transfer.lost = Some(until),
                }
            }
        }
    }

    /// Its transfers rest: it said goodbye, or is silent.
    pub fn rest_all(&mut self, with: Fingerprint) {
        for key in self.transfers_with(with) {
            // Those that need no connection yet may still find one.
            let waits = self.transfers.get(&key).is_some_and(|one| {
                let is_early = matches!(one.stage, Stage::Preparing | Stage::Reaching { .. });
                one.direction() == Direction::Sent && is_early || matches!(one.stage, Stage::Away { retry: None })
            });
            if !waits {
                self.rest(key, Hold::Away);
            }
        }
    }

    /// Its transfers stop: it may not come in any more, or we not there.
    pub fn stop_all(&mut self, with: Fingerprint, problem: &Problem) {
        for key in self.transfers_with(with) {
            // Those that need no connection yet may still find one.
            let is_early = self.transfers.get(&key).is_some_and(|one| {
                one.direction() == Direction::Sent && matches!(one.stage, Stage::Preparing | Stage::Reaching { .. })
            });
            if !is_early {
                self.finish(key, State::Stopped(problem.clone()));
            }
        }
    }

    pub fn transfers_with(&self, with: Fingerprint) -> Vec<Key> {
        let range = (with, TransferId([0; 16]))..=(with, TransferId([0xFF; 16]));
        self.transfers.range(range).map(|(key, _)| *key).collect()
    }

    /// Looks after those whose time has come.
    pub fn overdue_transfers(&mut self, now: Instant) {
        let due = |transfer: &Transfer| transfer.due().is_some_and(|due| due <= now);
        let keys: Vec<Key> = self.transfers.iter().filter(|(_, transfer)| due(transfer)).map(|(key, _)| *key).collect();
        for key in keys {
            let Some(transfer) = self.transfers.get(&key) else { continue };
            if transfer.lost.is_some_and(|lost| lost <= now) {
                self.rest(key, Hold::Away);
                continue;
            }
            match transfer.stage {
                Stage::Reaching { .. } if transfer.keep => self.rest(key, Hold::Away),
                Stage::Reaching { .. } => self.finish(key, State::Stopped(Problem::NotReachable)),
                Stage::Taking { .. } => self.give_up(key, Problem::NoAnswer),
                // It is offered again, and nothing of it was kept.
                Stage::Text { .. } if transfer.direction() == Direction::Received => self.drop_question(key),
                Stage::Text { .. } | Stage::Joining { .. } | Stage::Broken { .. } => self.again_later(key),
                Stage::Away { .. } => {
                    if let Some(transfer) = self.transfers.get_mut(&key) {
                        transfer.stage = Stage::Away { retry: None };
                    }
                    self.queue_moved();
                }
                Stage::Preparing | Stage::Waiting | Stage::Comparing | Stage::Moving => {}
            }
        }
    }

    /// Ends it from here because it can't go on, and tells the other side.
    pub fn give_up(&mut self, key: Key, problem: Problem) {
        self.mention(key.0, |control| control.cancel(key.1, CancelReason::Failed));
        self.finish(key, State::Stopped(problem));
    }

    /// Samples speeds. True if anything moves.
    pub fn sample_transfers(&mut self, now: Instant) -> bool {
        let mut moving = false;
        for transfer in self.transfers.values_mut() {
            if let (Stage::Moving, Some(progress)) = (transfer.stage, &transfer.progress) {
                transfer.meter.tick(now.into_std(), progress.bytes());
                moving = true;
            }
        }
        moving
    }
}

/// What lies half-way goes: nobody goes on with it.
pub(super) fn discard(into: PathBuf, (with, transfer): Key) {
    tokio::task::spawn_blocking(move || {
        let removed = ReceiveFolder::open(&into).and_then(|folder| folder.discard(with, transfer));
        if let Err(error) = removed {
            log::warn!("what arrived in part could not be removed: {error}");
        }
    });
}

/// Items that were left out of what was accepted.
pub(super) fn left_out(count: usize, accepted: &Ranges) -> Vec<ItemUpdate> {
    (0..count as u32)
        .filter(|index| !accepted.contains(*index))
        .map(|index| ItemUpdate { index, state: ItemState::LeftOut, path: None })
        .collect()
}
