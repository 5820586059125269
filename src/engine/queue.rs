//! Whose turn it is: what leaves for one computer goes in the order of its places, a few at once.
//!
//! A transfer that can't go now rests ([`Stage::Away`]) and is in the store, whether its computer is away or others are
//! before it. The queue is for an identity: only a connection with that very fingerprint makes anything of it move.
//! Texts have a lane of their own, one after the other, so that they arrive as they were written and never wait for
//! files. How many send at once in all is decided where their data goes (see `data`).

use tokio::time::Instant;

use super::{
    api::{Direction, Hold, Problem, Queued, State, Visibility},
    hub::Hub,
    offering::NOBODY_IS_SO_QUICK,
    transfer::{Cargo, Key, LAST, Side, Stage, Transfer},
    transfers::GRACE,
};
use crate::protocol::{Fingerprint, TransferId};

/// Transfers of files to one computer that are offered or move at once, and texts that are asked about: two keep a
/// network and a disk busy, and a large one must not hold up the small ones behind it.
const MAX_AT_ONCE_WITH_ONE: usize = 4;

/// What may be on its way to one computer, waiting or not: a person who sends so much while it is away has a folder.
pub(super) const MAX_QUEUED_WITH_ONE: usize = 100;

/// The same to all. What arrives has the rest of [`super::transfers::MAX_TRANSFERS`].
pub(super) const MAX_QUEUED: usize = 768;

/// What a lane does next.
enum Next {
    Begins(Key),
    /// Nothing, before this moment.
    Later(Instant),
    Nothing,
}

impl Hub {
    /// Whether so many more to each of these may begin to wait.
    pub fn has_place_for(&self, to: &[Fingerprint]) -> Result<(), Problem> {
        let leaving = |transfer: &Transfer| transfer.direction() == Direction::Sent;
        if self.transfers.values().filter(|one| leaving(one)).count() + to.len() > MAX_QUEUED {
            return Err(Problem::QueueFull { limit: MAX_QUEUED as u64 });
        }
        if to.iter().any(|with| self.leaving(*with).len() >= MAX_QUEUED_WITH_ONE) {
            return Err(Problem::QueueFull { limit: MAX_QUEUED_WITH_ONE as u64 });
        }
        Ok(())
    }

    /// It is in the store, at this place: it goes as soon as it may.
    pub fn enqueue(&mut self, key: Key, place: i64) {
        let Some(transfer) = self.transfers.get_mut(&key) else {
            // Cancelled while it was written down.
            return self.write_state(key, State::Cancelled { here: true });
        };
        transfer.place = place;
        if matches!(transfer.side, Side::Out { for_take: true, .. }) || !self.links.contains_key(&key.0) {
            return self.offer_or_reach(key);
        }
        transfer.stage = Stage::Away { retry: None };
        self.take_turns_with(key.0, Instant::now());
    }

    /// Something that may change whose turn it is.
    pub fn queue_moved(&mut self) {
        self.next_turn = Some(Instant::now());
    }

    /// Lets those begin whose turn has come, with everybody.
    pub fn take_turns(&mut self, now: Instant) {
        self.next_turn = None;
        let mut all: Vec<Fingerprint> =
            self.transfers.iter().filter(|(_, one)| one.rests_to_leave()).map(|((with, _), _)| *with).collect();
        all.dedup();
        for with in all {
            self.take_turns_with(with, now);
        }
    }

    /// The same with one; those that have to wait say so.
    pub fn take_turns_with(&mut self, with: Fingerprint, now: Instant) {
        if !self.links.contains_key(&with) {
            return self.nobody_to_wait_for(with, now);
        }
        for texts in [true, false] {
            match self.next_in_lane(with, texts, now) {
                // What it may begin next is seen when it was answered.
                Next::Begins(key) => self.go_on(key),
                Next::Later(at) => self.next_turn = Some(self.next_turn.map_or(at, |next| next.min(at))),
                Next::Nothing => {}
            }
        }
        for key in self.leaving(with) {
            if self.transfers.get(&key).is_some_and(|one| one.rests_to_leave() && one.hold != Some(Hold::Turn)) {
                self.rest(key, Hold::Turn);
            }
        }
    }

    /// Those that waited for their turn wait for their computer now, unless it is back at once.
    fn nobody_to_wait_for(&mut self, with: Fingerprint, now: Instant) {
        let back_by = self.present.get(&with).and_then(|present| present.gone).map(|gone| gone + GRACE);
        if let Some(back_by) = back_by.filter(|at| *at > now) {
            self.next_turn = Some(self.next_turn.map_or(back_by, |next| next.min(back_by)));
            return;
        }
        for key in self.leaving(with) {
            if self.transfers.get(&key).is_some_and(|one| one.hold == Some(Hold::Turn)) {
                self.rest(key, Hold::Away);
            }
        }
    }

    /// In a lane nothing is offered before what stands in front of it is answered, or asks a person. So things arrive in
    /// their order wherever a rule answers, and a person who doesn't holds up nothing.
    fn next_in_lane(&self, with: Fingerprint, texts: bool, now: Instant) -> Next {
        let mut under_way = 0;
        for key in self.leaving(with) {
            let Some(transfer) = self.transfers.get(&key) else { continue };
            if transfer.is_text() != texts {
                continue;
            }
            match transfer.stage {
                _ if transfer.rests_to_leave() => {
                    return if under_way < MAX_AT_ONCE_WITH_ONE { Next::Begins(key) } else { Next::Nothing };
                }
                // Not written down yet, so nothing is before which it stands.
                _ if transfer.place == LAST => {}
                Stage::Preparing | Stage::Text { .. } => return Next::Nothing,
                // It is tried again soon; a text must not be overtaken by the next.
                Stage::Away { .. } if texts => return Next::Nothing,
                Stage::Waiting => {
                    let asks = transfer.since + NOBODY_IS_SO_QUICK;
                    if now < asks {
                        return Next::Later(asks);
                    }
                    under_way += 1;
                }
                Stage::Comparing | Stage::Joining { .. } | Stage::Moving | Stage::Broken { .. } => under_way += 1,
                Stage::Away { .. } | Stage::Reaching { .. } | Stage::Taking { .. } => {}
            }
        }
        Next::Nothing
    }

    /// What leaves for one computer, in its order.
    pub fn leaving(&self, with: Fingerprint) -> Vec<Key> {
        let range = (with, TransferId([0; 16]))..=(with, TransferId([0xFF; 16]));
        let leaving = self.transfers.range(range).filter(|(_, one)| one.direction() == Direction::Sent);
        let mut all: Vec<(i64, Key)> = leaving.map(|(key, one)| (one.place, *key)).collect();
        all.sort_unstable();
        all.into_iter().map(|(_, key)| key).collect()
    }

    /// What waits to leave for one computer, in its order.
    fn queue_of(&self, with: Fingerprint) -> Vec<Key> {
        let mut all = self.leaving(with);
        all.retain(|key| self.transfers.get(key).is_some_and(Transfer::rests_to_leave));
        all
    }

    /// Everything that waits, computer by computer.
    pub fn queued(&self) -> Vec<Queued> {
        let mut all: Vec<Fingerprint> =
            self.transfers.iter().filter(|(_, one)| one.rests_to_leave()).map(|((with, _), _)| *with).collect();
        all.dedup();
        all.into_iter().flat_map(|with| self.queue_of(with)).map(|(with, transfer)| Queued { with, transfer }).collect()
    }

    /// This person wants it sent sooner: before the one in front of it, or first of all.
    pub fn send_sooner(&mut self, key: Key, first: bool) -> Result<(), Problem> {
        let mut queue = self.queue_of(key.0);
        let Some(at) = queue.iter().position(|other| *other == key) else {
            return Err(Problem::NotFound { whom: key.1.to_string() });
        };
        let places: Vec<i64> =
            queue.iter().filter_map(|key| self.transfers.get(key)).map(|transfer| transfer.place).collect();
        let to = if first { 0 } else { at.saturating_sub(1) };
        let moved = queue.remove(at);
        queue.insert(to, moved);
        let changed: Vec<(TransferId, i64)> = queue.iter().map(|key| key.1).zip(places).collect();
        for (transfer, place) in &changed {
            if let Some(transfer) = self.transfers.get_mut(&(key.0, *transfer)) {
                transfer.place = *place;
            }
        }
        self.library.write("the order of the queue", move |store| store.set_places(&key.0, &changed));
        self.pace.touch();
        self.queue_moved();
        Ok(())
    }

    /// Nothing goes on that isn't shown any more: what waits or rests, also while it is paused or a disk is full.
    pub fn end_what_rests(&mut self, with: Fingerprint) {
        for key in self.transfers_with(with) {
            if self.transfers.get(&key).is_some_and(|one| matches!(one.stage, Stage::Away { .. })) {
                self.cancel(key).ok();
            }
        }
    }

    /// Computers that something waits for, whichever way it goes: the other may not know that it can go on. Looking for
    /// them is this person's wish, also where this one is hidden.
    pub fn is_waited_for(&self, with: Fingerprint) -> bool {
        let waits = |transfer: &Transfer| transfer.rests_to_leave() || transfer.rests_to_come();
        self.transfers_with(with).iter().any(|key| self.transfers.get(key).is_some_and(waits))
    }

    /// Whether a computer may be dialled that nobody asked for just now.
    pub fn looks_for(&self, with: Fingerprint) -> bool {
        self.settings.visibility != Visibility::Hidden || self.is_waited_for(with)
    }
}

impl Transfer {
    /// It waits until its computer is there and those before it are under way.
    pub fn rests_to_leave(&self) -> bool {
        self.direction() == Direction::Sent
            && self.lost.is_none()
            && !self.paused.by_anybody()
            && matches!(self.stage, Stage::Away { retry: None })
    }

    /// It waits until its giver is there.
    fn rests_to_come(&self) -> bool {
        self.direction() == Direction::Received && !self.paused.by_anybody() && matches!(self.stage, Stage::Away { .. })
    }

    pub fn is_text(&self) -> bool {
        matches!(self.side, Side::Out { cargo: Cargo::Text(_), .. })
    }
}
