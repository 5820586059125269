//! Questions to this person, about offers and about takes, and what they answer.

use std::{net::IpAddr, time::Duration};

use tokio::time::Instant;

use super::{
    accepting::Terms,
    api::{Ask, Decision, Item, KnownComputer, Millis, Problem, Thumbnails},
    asks::{NotAsked, STRANGER_PATIENCE},
    hub::Hub,
    transfer::Key,
};
use crate::protocol::{
    Fingerprint, TransferId,
    message::{CancelReason, DeclineReason},
};

/// How long a stranger's question stands, unless a test is in a hurry.
pub(super) const PATIENCE: Duration = STRANGER_PATIENCE;

/// What this person is asked about.
pub(super) struct Question {
    pub takes: bool,
    pub items: Vec<Item>,
    pub files: u64,
    pub bytes: u64,
}

impl Hub {
    /// Asks this person. Whoever may not be asked about is declined.
    pub fn put_question(&mut self, key: Key, known: Option<&KnownComputer>, question: Question) {
        let Question { takes, items, files, bytes } = question;
        let (with, transfer) = key;
        let Some(present) = self.present.get(&with) else { return };
        let stranger = known.is_none_or(|known| known.taker);
        let name = known.and_then(|known| known.given_name.clone()).unwrap_or_else(|| present.name.clone());
        let now = Instant::now();
        let patience = self.patience;
        // Who takes waits at the other end, and gets at least what needs no question.
        let expires = stranger || takes;
        let ask = Ask {
            with,
            impostor_of: self.impersonated(with, &present.name),
            name,
            kind: present.kind,
            transfer,
            verified: known.is_some_and(|known| known.verified),
            stranger,
            takes,
            items,
            files,
            bytes,
            until: expires.then(|| Millis(super::now().0 + patience.as_millis() as i64)),
            // Those that come are its transfer's.
            thumbnails: Thumbnails::default(),
        };
        let address = present.addresses.first().map_or(IpAddr::from([0, 0, 0, 0]), |address| address.ip());
        let until = expires.then(|| (now + patience).into_std());
        match self.asks.add(ask, address, until, now.into_std()) {
            Ok(()) => self.pace.touch(),
            Err(NotAsked::Hidden) => self.not_asked(key, takes, DeclineReason::NoAnswer),
            Err(NotAsked::TooMany) => self.not_asked(key, takes, DeclineReason::Busy),
        }
    }

    /// Nobody answered, or nobody was asked.
    pub fn not_asked(&mut self, key: Key, takes: bool, reason: DeclineReason) {
        if takes {
            let reason = if reason == DeclineReason::Busy { CancelReason::Busy } else { CancelReason::NoAnswer };
            self.deny_take(key, reason);
        } else {
            self.decline(key, reason);
        }
    }

    /// This person's answer.
    pub fn decided(&mut self, key: Key, decision: Decision) -> Result<(), Problem> {
        let Some(ask) = self.asks.remove(key.0, key.1) else {
            return Err(Problem::NotFound { whom: key.1.to_string() });
        };
        self.pace.touch();
        match (decision, ask.takes) {
            (Decision::Accept { items, into, always }, false) => {
                let folder = self.known.get(&key.0).and_then(|known| known.folder.clone());
                self.accept(key, Terms { items, into: into.or(folder), always });
            }
            (Decision::Accept { items, always, .. }, true) => self.grant_take(key, items.as_deref(), always),
            (Decision::Decline, true) => self.deny_take(key, CancelReason::Declined),
            (Decision::Decline, false) => self.decline(key, DeclineReason::Person),
            (Decision::Block, takes) => {
                if takes {
                    self.pending_takes.remove(&key);
                    self.refuse_take(key.0, key.1, CancelReason::Declined);
                } else {
                    self.decline(key, DeclineReason::Person);
                }
                self.block(key.0);
            }
        }
        Ok(())
    }

    /// The rule answers what was asked before it was made. What is wanted from the shelf is another question.
    pub fn accept_what_is_asked(&mut self, with: Fingerprint) {
        let asked = self.asks.iter().filter(|ask| ask.with == with && !ask.takes);
        let transfers: Vec<TransferId> = asked.map(|ask| ask.transfer).collect();
        for transfer in transfers {
            self.decided((with, transfer), Decision::Accept { items: None, into: None, always: false }).ok();
        }
    }

    /// Questions whose time has come.
    pub fn overdue_asks(&mut self, now: Instant) {
        for ask in self.asks.expired(now.into_std()) {
            self.not_asked((ask.with, ask.transfer), ask.takes, DeclineReason::NoAnswer);
            self.pace.touch();
        }
    }

    /// No stranger is asked about for a while.
    pub fn hide_strangers(&mut self, during: Duration) {
        for ask in self.asks.hide_strangers(during, Instant::now().into_std()) {
            self.not_asked((ask.with, ask.transfer), ask.takes, DeclineReason::NoAnswer);
        }
        self.waiting.hide_strangers();
        self.pace.touch();
    }
}
