//! What all transfers have in common, whichever way they go: their ends, and what breaks or has its time over.

use std::{path::PathBuf, time::Duration};

use tokio::time::Instant;

use super::{
    api::{Direction, Hold, ItemState, Problem, State},
    data::LAST_WORDS_WITHIN,
    hub::Hub,
    transfer::{Key, Side, Stage, Transfer},
};
use crate::{
    protocol::{
        Fingerprint, Ranges, TransferId,
        message::{CancelReason, DeclineReason},
    },
    store::ItemUpdate,
    transfer::ReceiveFolder,
};

/// Transfers at once, waiting ones included; each holds some kilobytes, its plan aside.
pub(super) const MAX_TRANSFERS: usize = 1024;

/// A recipient is looked for so long before this person is told that it can't be reached.
pub(super) const REACH_WITHIN: Duration = Duration::from_secs(8);

/// What may wait for its computer does so after this: whoever is there has announced itself and shaken hands by then
/// (`fantail nearby` looks for so long), and whoever comes later is still dialled.
pub(super) const KEPT_AFTER: Duration = Duration::from_secs(3);

/// A connection that broke is given so long to come back before its transfers count as stopped.
pub(super) const GRACE: Duration = Duration::from_secs(5);

/// From Accept to the data connection: each side tries in turn.
pub(super) const JOIN_WITHIN: Duration = Duration::from_secs(15);

/// From Accept to the text, and from the text to its receipt: a flush of a busy disk fits.
pub(super) const TEXT_WITHIN: Duration = Duration::from_secs(20);

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
        self.drop_renditions(transfer.group);
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
        self.withdraw(key);
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

    /// Its transfers rest: it said goodbye, or is silent. Whoever says goodbye has said on another connection before
    /// that everything is saved, but it may be heard after: what moves has a moment for that.
    pub fn rest_all(&mut self, with: Fingerprint, said_goodbye: bool) {
        for key in self.transfers_with(with) {
            let Some(one) = self.transfers.get_mut(&key) else { continue };
            match one.stage {
                // Those that need no connection yet may still find one.
                Stage::Preparing | Stage::Reaching { .. } if one.direction() == Direction::Sent => {}
                Stage::Away { retry: None } => {}
                Stage::Moving if said_goodbye => one.lost = Some(Instant::now() + LAST_WORDS_WITHIN),
                _ => self.rest(key, Hold::Away),
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
