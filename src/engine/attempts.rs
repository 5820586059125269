//! How often an address may be tried: hints and memories come for free, connections don't.

use std::{
    collections::HashMap,
    net::SocketAddr,
    time::{Duration, Instant},
};

use crate::protocol::Fingerprint;

/// Addresses that are remembered; the longest untried is forgotten first.
const MAX_ADDRESSES: usize = 1024;

/// After a try that worked, or the first that didn't.
const SHORTEST_PAUSE: Duration = Duration::from_secs(2);

/// An address that never answers is still tried this often: a computer may wake up.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// When somebody waits for it.
const URGENT_PAUSE: Duration = Duration::from_millis(500);

/// An address, and who is expected there: another one living there now says nothing about the one we look for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Target {
    pub address: SocketAddr,
    pub expected: Option<Fingerprint>,
}

/// Who wants an address tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Urgency {
    /// A hint, or a memory.
    Background,
    /// This person waits for it.
    Person,
}

#[derive(Debug, Clone, Copy)]
struct Tried {
    at: Instant,
    failures: u32,
    running: bool,
}

impl Tried {
    fn pause(&self, urgency: Urgency) -> Duration {
        match urgency {
            Urgency::Person => URGENT_PAUSE,
            Urgency::Background => {
                SHORTEST_PAUSE.saturating_mul(1 << self.failures.saturating_sub(1).min(8)).min(LONGEST_PAUSE)
            }
        }
    }
}

/// The tries of all addresses.
#[derive(Debug, Default)]
pub(super) struct Attempts {
    tried: HashMap<Target, Tried>,
}

impl Attempts {
    /// Whether `target` may be tried now; if so it counts as being tried until [`Attempts::ended`].
    pub fn begin(&mut self, target: Target, urgency: Urgency, now: Instant) -> bool {
        let before = self.tried.get(&target).copied();
        if before.is_some_and(|tried| tried.running || now.duration_since(tried.at) < tried.pause(urgency)) {
            return false;
        }
        if before.is_none() && self.tried.len() >= MAX_ADDRESSES && !self.forget_one() {
            return false;
        }
        let failures = before.map_or(0, |tried| tried.failures);
        self.tried.insert(target, Tried { at: now, failures, running: true });
        true
    }

    pub fn ended(&mut self, target: Target, worked: bool, now: Instant) {
        if let Some(tried) = self.tried.get_mut(&target) {
            let failures = if worked { 0 } else { tried.failures.saturating_add(1) };
            *tried = Tried { at: now, failures, running: false };
        }
    }

    /// The network changed, or this person asked to look again: everything may be tried at once.
    pub fn forgive(&mut self) {
        self.tried.retain(|_, tried| tried.running);
    }

    fn forget_one(&mut self) -> bool {
        let oldest = self.tried.iter().filter(|(_, tried)| !tried.running).min_by_key(|(_, tried)| tried.at);
        let oldest = oldest.map(|(target, _)| *target);
        oldest.is_some_and(|target| self.tried.remove(&target).is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(port: u16) -> Target {
        Target { address: SocketAddr::from(([127, 0, 0, 1], port)), expected: None }
    }

    #[test]
    fn an_address_is_tried_once_at_a_time_and_ever_more_seldom_while_it_fails() {
        let mut now = Instant::now();
        let mut attempts = Attempts::default();
        let mut pauses = Vec::new();
        for _ in 0..8 {
            let begun = now;
            while !attempts.begin(address(1), Urgency::Background, now) {
                now += Duration::from_millis(500);
            }
            assert!(!attempts.begin(address(1), Urgency::Person, now), "one at a time");
            attempts.ended(address(1), false, now);
            pauses.push(now.duration_since(begun).as_secs());
        }
        assert_eq!(pauses, [0, 2, 4, 8, 16, 32, 60, 60]);
        assert!(attempts.begin(address(1), Urgency::Person, now + URGENT_PAUSE), "a person needn't wait as long");
    }

    #[test]
    fn the_memory_is_bounded_and_forgets_the_oldest() {
        let now = Instant::now();
        let mut attempts = Attempts::default();
        for port in 0..MAX_ADDRESSES as u16 {
            assert!(attempts.begin(address(port), Urgency::Background, now));
        }
        assert!(!attempts.begin(address(5000), Urgency::Background, now), "all are running");
        attempts.ended(address(7), true, now);
        assert!(attempts.begin(address(5000), Urgency::Background, now));
        assert_eq!(attempts.tried.len(), MAX_ADDRESSES);
    }
}
