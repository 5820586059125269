//! Who has to wait: addresses that blocked keys came from, and computers that take nothing from here.

use std::{
    collections::HashMap,
    hash::Hash,
    time::{Duration, Instant},
};

/// Long enough that a blocked computer costs nothing, short enough that an address which somebody else has by now, or a
/// mind that was changed, is not shut out for long.
const WAIT: Duration = Duration::from_secs(10 * 60);

/// Remembered at once; the oldest is forgotten first.
const MAX: usize = 1024;

#[derive(Debug)]
pub(super) struct Waits<K>(HashMap<K, Instant>);

impl<K> Default for Waits<K> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<K: Eq + Hash + Copy> Waits<K> {
    /// It waits from now on, if it doesn't already: trying again makes it no longer.
    pub fn begin(&mut self, who: K, now: Instant) {
        self.0.retain(|_, since| now.duration_since(*since) < WAIT);
        if self.0.len() >= MAX
            && let Some(oldest) = self.0.iter().min_by_key(|(_, since)| **since).map(|(who, _)| *who)
        {
            self.0.remove(&oldest);
        }
        self.0.entry(who).or_insert(now);
    }

    pub fn waits(&self, who: &K, now: Instant) -> bool {
        self.0.get(who).is_some_and(|since| now.duration_since(*since) < WAIT)
    }

    pub fn end(&mut self, who: &K) {
        self.0.remove(who);
    }

    pub fn end_all(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_minutes_and_never_for_ever_however_often_it_tries() {
        let start = Instant::now();
        let mut waits = Waits::default();
        let almost = WAIT.saturating_sub(Duration::from_secs(1));
        for minute in 0..10 {
            waits.begin(1, start + Duration::from_secs(60 * minute));
        }
        assert!(waits.waits(&1, start + almost) && !waits.waits(&2, start));
        assert!(!waits.waits(&1, start + WAIT));
    }

    #[test]
    fn a_flood_of_addresses_is_bounded() {
        let mut waits = Waits::default();
        let start = Instant::now();
        for who in 0..2 * MAX as u64 {
            waits.begin(who, start + Duration::from_millis(who));
        }
        assert_eq!(waits.0.len(), MAX);
        assert!(!waits.waits(&0, start) && waits.waits(&(2 * MAX as u64 - 1), start + Duration::from_secs(3)));
    }
}
