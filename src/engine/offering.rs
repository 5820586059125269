//! What leaves, from its turn to the other side's Saved.
//!
//! Each transfer goes its own way: Reaching (no connection yet) → Waiting (offered) → Text, or Comparing → Joining →
//! Moving.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use super::{
    api::{Hold, ItemKind, Problem, State},
    hub::{Hub, Message},
    prepare::{Prepared, named},
    transfer::{Cargo, Key, Side, Stage},
    transfers::{GRACE, KEPT_AFTER, REACH_WITHIN, TEXT_WITHIN, left_out},
};
use crate::{
    protocol::{
        Fingerprint, Ranges, TransferId,
        control::CantSend,
        limits::MAX_ENTRIES,
        message::{Answer, CancelReason, DeclineReason, Item as WireItem, ItemKind as WireKind, Offer},
    },
    transfer::StopOnDrop,
};

/// An acceptance this quick was a rule's.
pub(super) const NOBODY_IS_SO_QUICK: Duration = Duration::from_millis(500);

/// An offer that was made again and is declined without a reason is made once more, up to this attempt.
const MAX_UNEXPLAINED: u32 = 4;

impl Hub {
    /// Offers it if a connection stands, else looks for the recipient.
    pub fn offer_or_reach(&mut self, key: Key) {
        let Some(transfer) = self.transfers.get_mut(&key) else { return };
        let Side::Out { cargo, offered, for_take, consented } = &mut transfer.side else { return };
        self.pace.touch();
        if !self.links.contains_key(&key.0) {
            if *consented || matches!(cargo, Cargo::Stored(_)) {
                return self.rest(key, Hold::Away);
            }
            let patience = if transfer.keep { KEPT_AFTER } else { REACH_WITHIN };
            transfer.stage = Stage::Reaching { until: Instant::now() + patience };
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
            Err(error) => {
                self.withdraw(key);
                self.finish(key, State::Stopped(cant_send(error)));
            }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_no_of_the_other_side_keeps_its_reason() {
        assert_eq!(declined(DeclineReason::Person), State::Declined);
        assert_eq!(declined(DeclineReason::NoAnswer), State::Stopped(Problem::NoAnswer));
        assert_eq!(declined(DeclineReason::DiskFull), State::Stopped(Problem::DiskFull { here: false }));
    }
}
