//! "Something waits": said to computers while this person is asked whether they are the right ones, before anything is
//! sent to them; and what others say of that kind. It tells neither what nor how much, and nothing of it is stored.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
    time::{Duration, Instant},
};

use super::{asks::STRANGER_PATIENCE, hub::Hub};
use crate::protocol::Fingerprint;

/// It is shown as long as a stranger's question stands.
const SHOWN_FOR: Duration = STRANGER_PATIENCE;

/// And then not again for so long, nor is another stranger's from the same address: whoever says it without end is seen
/// half of the time at most.
const QUIET_FOR: Duration = SHOWN_FOR;

/// Strangers' at once: a room full of people, not a flood.
const MAX_STRANGERS: usize = 8;

/// Of strangers that are remembered to keep them quiet.
const MAX_REMEMBERED: usize = 64;

/// What is said here and there.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    /// This person is asked about these.
    said: BTreeSet<Fingerprint>,
    heard: BTreeMap<Fingerprint, Heard>,
}

#[derive(Debug)]
struct Heard {
    stranger: bool,
    address: IpAddr,
    since: Instant,
    withdrawn: bool,
}

impl Heard {
    fn is_shown(&self, now: Instant) -> bool {
        !self.withdrawn && now < self.since + SHOWN_FOR
    }
}

impl Waiting {
    /// Whether it is shown from now on.
    fn hear(&mut self, with: Fingerprint, stranger: bool, address: IpAddr, now: Instant) -> bool {
        self.heard.retain(|_, heard| now < heard.since + SHOWN_FOR + QUIET_FOR);
        if self.heard.contains_key(&with) {
            return false;
        }
        let strangers = || self.heard.values().filter(|heard| heard.stranger);
        let is_too_much = strangers().filter(|heard| heard.is_shown(now)).count() >= MAX_STRANGERS
            || strangers().count() >= MAX_REMEMBERED
            || strangers().any(|heard| heard.address == address);
        if stranger && is_too_much {
            return false;
        }
        self.heard.insert(with, Heard { stranger, address, since: now, withdrawn: false });
        true
    }

    /// Whether it was shown until now.
    fn withdraw(&mut self, with: Fingerprint, now: Instant) -> bool {
        let Some(heard) = self.heard.get_mut(&with) else { return false };
        let was_shown = heard.is_shown(now);
        heard.withdrawn = true;
        was_shown
    }

    pub fn hide_strangers(&mut self) {
        self.heard.values_mut().filter(|heard| heard.stranger).for_each(|heard| heard.withdrawn = true);
    }

    /// Something waits there for its person's yes.
    pub fn is_shown(&self, with: &Fingerprint, now: Instant) -> bool {
        self.heard.get(with).is_some_and(|heard| heard.is_shown(now))
    }

    /// When [`Waiting::expire`] is to be called next.
    pub fn due(&self) -> Option<Instant> {
        self.heard.values().filter(|heard| !heard.withdrawn).map(|heard| heard.since + SHOWN_FOR).min()
    }

    /// Those whose minute is over are no longer shown.
    pub fn expire(&mut self, now: Instant) {
        self.heard.values_mut().for_each(|heard| heard.withdrawn |= !heard.is_shown(now));
    }
}

impl Hub {
    /// This person is asked about these, and about nobody else any more.
    pub fn say_waiting(&mut self, to: Vec<Fingerprint>) {
        let to: BTreeSet<Fingerprint> = to.into_iter().collect();
        let before = std::mem::replace(&mut self.waiting.said, to.clone());
        for with in before.symmetric_difference(&to) {
            let waits = to.contains(with);
            self.mention(*with, |control| control.waiting(waits));
        }
    }

    /// A connection stands (again).
    pub fn repeat_waiting(&mut self, with: Fingerprint) {
        if self.waiting.said.contains(&with) {
            self.mention(with, |control| control.waiting(true));
        }
    }

    pub fn waiting_heard(&mut self, with: Fingerprint, waits: bool) {
        let now = Instant::now();
        let stranger = self.is_stranger(&with);
        let Some(address) = self.links.get(&with).map(|link| link.remote.ip()) else { return };
        let changed = match waits {
            true if stranger && self.asks.strangers_hidden(now) => false,
            true => self.waiting.hear(with, stranger, address, now),
            false => self.waiting.withdraw(with, now),
        };
        if changed {
            self.pace.touch();
        }
    }

    /// Its connection ended.
    pub fn forget_waiting(&mut self, with: Fingerprint) {
        self.waiting.withdraw(with, Instant::now());
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn who(n: u8) -> Fingerprint {
        Fingerprint([n; 32])
    }

    fn at(last: u8) -> IpAddr {
        Ipv4Addr::new(192, 168, 1, last).into()
    }

    #[test]
    fn something_that_waits_is_shown_for_a_minute_and_then_not_again_for_another() {
        let mut waiting = Waiting::default();
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        assert!(waiting.hear(who(1), true, at(1), start));
        assert!(waiting.is_shown(&who(1), after(59)) && !waiting.is_shown(&who(1), after(60)));
        assert_eq!(waiting.due(), Some(after(60)));
        // Whatever is said meanwhile.
        for second in 0..119 {
            assert!(!waiting.hear(who(1), true, at(1), after(second)));
            assert!(!waiting.hear(who(2), true, at(1), after(second)), "another key from there");
        }
        assert!(waiting.hear(who(1), true, at(1), after(120)));
        assert!(waiting.withdraw(who(1), after(121)) && !waiting.is_shown(&who(1), after(121)));
        assert!(!waiting.hear(who(1), true, at(1), after(122)), "nor by taking it back and saying it again");
    }

    #[test]
    fn strangers_that_wait_are_eight_at_once_and_hold_back_nobody_known() {
        let mut waiting = Waiting::default();
        let now = Instant::now();
        let shown = (1..=200).filter(|n| waiting.hear(who(*n), true, at(*n), now)).count();
        assert_eq!(shown, MAX_STRANGERS);
        assert!(waiting.hear(who(201), false, at(1), now));
        // Taken back at once, so that there is room for the next.
        for n in 1..=200 {
            waiting.withdraw(who(n), now);
            waiting.hear(who(n.wrapping_add(30)), true, at(n.wrapping_add(30)), now);
        }
        assert!(waiting.heard.len() <= MAX_REMEMBERED + 1, "{}", waiting.heard.len());
        waiting.hide_strangers();
        let still = waiting.heard.keys().filter(|with| waiting.is_shown(with, now)).count();
        assert_eq!(still, 1);
    }
}
