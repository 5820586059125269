//! The same things sent again to a computer whose transfer of them isn't over: that one goes on, and none is begun beside it.

use tokio::time::Instant;

use super::{
    api::{Form, Hold, State},
    hub::Hub,
    prepare::{Prepared, Stored},
    renditions::Origin,
    transfer::{Cargo, Key, Side, Stage, Transfer},
    transfers::{KEPT_AFTER, REACH_WITHIN},
};
use crate::protocol::Fingerprint;

impl Hub {
    /// The unfinished transfer of just these things to this computer, the one that goes first.
    pub fn sent_already(&self, with: Fingerprint, now: &Prepared) -> Option<Key> {
        // This person is to hear what can't be sent, which nobody said then.
        if !now.plan.missing().is_empty() {
            return None;
        }
        let now = now.stored();
        self.leaving(with).into_iter().find(|key| self.transfers.get(key).is_some_and(|one| one.carries(&now)))
    }

    /// This person wants it sent now, whatever held it up here. With `keep` it need not be looked for any longer than what
    /// is put into the queue.
    pub fn send_on(&mut self, key: Key, keep: bool) {
        self.unpause(key).ok();
        let Some(transfer) = self.transfers.get_mut(&key) else { return };
        if !matches!(transfer.stage, Stage::Away { .. }) {
            return;
        }
        transfer.hold = None;
        let is_here = self.links.contains_key(&key.0);
        let is_paused_there = is_here && transfer.paused.there;
        transfer.stage = if is_here {
            Stage::Away { retry: None }
        } else {
            let patience = if keep { KEPT_AFTER } else { REACH_WITHIN };
            Stage::Reaching { until: Instant::now() + patience }
        };
        // Whoever follows it hears what it waits for also if that is the same as before.
        self.write_state(key, State::Waiting);
        if is_paused_there {
            self.rest(key, Hold::Paused { here: false });
        } else if is_here {
            self.queue_moved();
        } else {
            self.seek(key.0);
        }
        self.pace.touch();
    }
}

impl Transfer {
    /// Whether it is of just these sources, in whichever order. With one more or one less it is another: what the other
    /// side agreed to was the whole, and the same file may well be wanted in two albums.
    fn carries(&self, now: &Stored) -> bool {
        let (then, is_running) = match &self.side {
            Side::Out { for_take: false, cargo: Cargo::Files(prepared), .. } => (&prepared.stored(), true),
            Side::Out { for_take: false, cargo: Cargo::Stored(stored), .. } => (&**stored, false),
            _ => return false,
        };
        // What was left out there is asked about once more.
        let files: u64 = then.sources.iter().map(|source| source.item.files).sum();
        if files != self.files || then.sources.iter().any(|source| !source.wanted) {
            return false;
        }
        // What rests looks at its sources when it goes on. What runs may have sent what is another by now.
        let seen = |of: &Stored| {
            let digests = of.digests.iter().map(|digest| is_running.then_some(*digest));
            // What was made of a picture is made anew each time it is sent.
            let sources = of.sources.iter().zip(digests).map(|(source, digest)| match of.origins.get(&source.path) {
                Some(Origin { path, form }) => (path.clone(), *form, source.item.size, None),
                None => (source.path.clone(), Form::default(), 0, digest),
            });
            let mut seen: Vec<_> = sources.collect();
            seen.sort_unstable();
            seen
        };
        seen(then) == seen(now)
    }
}
