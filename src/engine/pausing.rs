//! Pausing: either side stops a transfer of files for as long as it likes, and only that side continues it.
//!
//! A paused transfer rests like one whose computer is away: its work is dropped on both sides, so that it holds neither
//! memory nor a place among those that send, and no timeout concerns it. It is gone on with as after a break.

use super::{
    api::{Direction, Hold, Problem, State},
    hub::Hub,
    transfer::{Key, Side, Stage, Transfer},
};
use crate::protocol::{
    Fingerprint,
    control::CantSend,
    message::{Accept, DeclineReason},
};

/// Who has paused a transfer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Paused {
    /// Kept across restarts: it doesn't go on by itself.
    pub here: bool,
    /// As far as is known: the other side says so again on each connection.
    pub there: bool,
}

impl Paused {
    /// What the store says of it.
    pub fn of(hold: Hold) -> Self {
        Self { here: hold == Hold::Paused { here: true }, there: hold == Hold::Paused { here: false } }
    }

    pub fn by_anybody(self) -> bool {
        self.here || self.there
    }
}

impl Hub {
    /// This person pauses it.
    pub fn pause(&mut self, key: Key) -> Result<(), Problem> {
        let Some(transfer) = self.transfers.get(&key).filter(|transfer| transfer.can_be_paused()) else {
            return Err(Problem::NotFound { whom: key.1.to_string() });
        };
        if transfer.paused.here {
            return Ok(());
        }
        // Whoever isn't there hears of it when the connection stands again.
        if self.speak(key.0, |control| control.pause(key.1)) == Err(CantSend::Unsupported) {
            return Err(Problem::Unsupported);
        }
        if let Some(transfer) = self.transfers.get_mut(&key) {
            transfer.paused.here = true;
        }
        self.rest_paused(key);
        Ok(())
    }

    /// This person ends their pause.
    pub fn unpause(&mut self, key: Key) -> Result<(), Problem> {
        let Some(transfer) = self.transfers.get_mut(&key).filter(|transfer| transfer.paused.here) else {
            return Err(Problem::NotFound { whom: key.1.to_string() });
        };
        transfer.paused.here = false;
        self.mention(key.0, |control| control.unpause(key.1));
        self.end_pause(key);
        Ok(())
    }

    pub fn peer_paused(&mut self, key: Key) {
        let Some(transfer) = self.transfers.get_mut(&key).filter(|transfer| transfer.may_be_paused_there()) else {
            return;
        };
        transfer.paused.there = true;
        match &mut transfer.side {
            // The question stands: what is accepted of it rests.
            Side::In { consented: false, .. } => return,
            Side::In { .. } => {}
            // Whoever pauses it has accepted it, and that answer may have been lost.
            Side::Out { consented, .. } => *consented = true,
        }
        self.rest_paused(key);
    }

    pub fn peer_continued(&mut self, key: Key) {
        let Some(transfer) = self.transfers.get_mut(&key).filter(|transfer| transfer.paused.there) else { return };
        transfer.paused.there = false;
        if transfer.can_go_on() {
            self.end_pause(key);
        }
    }

    /// A connection stands: the other side hears what is paused here. What it has paused it says by itself.
    pub fn tell_pauses(&mut self, with: Fingerprint) {
        for key in self.transfers_with(with) {
            let Some(transfer) = self.transfers.get_mut(&key) else { continue };
            if transfer.direction() == Direction::Sent {
                transfer.paused.there = false;
            }
            if transfer.paused.here {
                self.mention(with, |control| control.pause(key.1));
            }
        }
    }

    /// What is paused here is offered again, since the other side didn't know: it is agreed to as before, and paused.
    pub fn accept_paused(&mut self, key: Key) {
        self.accept_what_rests(key);
        self.mention(key.0, |control| control.pause(key.1));
    }

    /// The same of something that was not agreed to: it is a question when the pause is over.
    pub fn decline_paused(&mut self, key: Key) {
        self.mention(key.0, |control| control.decline(key.1, DeclineReason::Busy));
        self.mention(key.0, |control| control.pause(key.1));
    }

    /// It was agreed to; whatever runs for it ends.
    pub fn rest_paused(&mut self, key: Key) {
        let Some(transfer) = self.transfers.get(&key) else { return };
        let hold = Hold::Paused { here: transfer.paused.here };
        if let Some(control) = self.control_of(key.0) {
            control.data_closed(key.1);
        }
        self.accept_what_rests(key);
        self.rest(key, hold);
    }

    /// An offer that waits for its answer gets it also if it met a pause: its giver waits for that before it offers again.
    fn accept_what_rests(&mut self, key: Key) {
        let Some(Transfer { side: Side::In { accepted, .. }, .. }) = self.transfers.get(&key) else { return };
        let accept = Accept { items: accepted.clone(), ..Accept::default() };
        if self.links.get(&key.0).is_some_and(|link| link.control.owes_answer(key.1)) {
            self.mention(key.0, |control| control.accept(key.1, accept));
        }
    }

    /// One side's pause is over; it goes on unless the other's isn't.
    fn end_pause(&mut self, key: Key) {
        let Some(transfer) = self.transfers.get_mut(&key) else { return };
        if transfer.paused.by_anybody() {
            return self.rest_paused(key);
        }
        let link = self.links.get(&key.0);
        // It was offered before the pause, and goes on with the answer.
        if link.is_some_and(|link| link.control.awaits_answer(key.1)) {
            transfer.stage = Stage::Waiting;
            self.pace.touch();
            self.queue_moved();
            return self.write_state(key, State::Waiting);
        }
        let (is_here, is_received) = (link.is_some(), transfer.direction() == Direction::Received);
        self.rest(key, Hold::Away);
        if !is_here {
            self.seek(key.0);
        } else if is_received {
            self.await_again(key);
        }
    }
}

impl Transfer {
    /// Files that were agreed to, as far as is known here, or that the other side is asked about once more: what it says
    /// of a pause may cross with an offer or an answer.
    fn may_be_paused_there(&self) -> bool {
        match &self.side {
            Side::Out { for_take, consented, .. } => (*consented || !*for_take) && !self.is_text(),
            Side::In { offer, .. } => !offer.is_text() && !matches!(self.stage, Stage::Taking { .. }),
        }
    }

    /// Files that were agreed to.
    fn can_be_paused(&self) -> bool {
        match &self.side {
            Side::Out { consented, .. } => *consented && !self.is_text(),
            Side::In { consented, offer, .. } => {
                *consented && !offer.is_text() && !matches!(self.stage, Stage::Taking { .. })
            }
        }
    }
}
