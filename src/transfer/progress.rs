//! How far a transfer is: written by its ends, read by whoever shows it.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::{Duration, Instant},
};

/// How far one running transfer is. Shared; reading costs next to nothing.
#[derive(Debug)]
pub struct Progress {
    bytes: AtomicU64,
    files: AtomicU64,
    finishing: AtomicBool,
    items: Box<[AtomicU64]>,
}

impl Progress {
    /// For an offer of that many top-level items.
    #[must_use]
    pub fn new(items: usize) -> Self {
        let items = (0..items).map(|_| AtomicU64::new(0)).collect();
        Self { bytes: AtomicU64::new(0), files: AtomicU64::new(0), finishing: AtomicBool::new(false), items }
    }

    /// Bytes sent or received so far.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Files sent or received so far.
    #[must_use]
    pub fn files(&self) -> u64 {
        self.files.load(Ordering::Relaxed)
    }

    /// All bytes are over; what is left is flushing.
    #[must_use]
    pub fn finishing(&self) -> bool {
        self.finishing.load(Ordering::Relaxed)
    }

    /// Bytes of the top-level items that were begun.
    #[must_use]
    pub fn items(&self) -> BTreeMap<u32, u64> {
        let numbered = (0..).zip(self.items.iter().map(|bytes| bytes.load(Ordering::Relaxed)));
        numbered.filter(|&(_, bytes)| bytes > 0).collect()
    }

    pub(super) fn add(&self, item: u32, bytes: u64) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        if let Some(item) = self.items.get(item as usize) {
            item.fetch_add(bytes, Ordering::Relaxed);
        }
    }

    /// What was counted of a file that begins anew.
    pub(super) fn take_back(&self, item: u32, bytes: u64) {
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
        if let Some(item) = self.items.get(item as usize) {
            item.fetch_sub(bytes, Ordering::Relaxed);
        }
    }

    pub(super) fn add_files(&self, count: u64) {
        self.files.fetch_add(count, Ordering::Relaxed);
    }

    pub(super) fn finish(&self) {
        self.finishing.store(true, Ordering::Relaxed);
    }
}

/// What a [`Meter`] looks back at: long enough to be calm, short enough to notice a change.
const WINDOW: Duration = Duration::from_secs(4);

/// Samples closer together than this replace each other, so that at most [`WINDOW`] / this many are held.
const STEP: Duration = Duration::from_millis(100);

/// A speed from less than this is chance.
const LEAST: Duration = Duration::from_millis(300);

/// Speed over the last seconds, and the time that is left.
#[derive(Clone, Debug, Default)]
pub struct Meter {
    samples: VecDeque<(Instant, u64)>,
}

impl Meter {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// So many bytes in all are done now. Call it several times a second, also when nothing moved.
    pub fn tick(&mut self, now: Instant, bytes: u64) {
        let newest = self.samples.len().checked_sub(2).and_then(|at| self.samples.get(at)).zip(self.samples.back());
        if newest.is_some_and(|(before, last)| last.0.saturating_duration_since(before.0) < STEP) {
            self.samples.pop_back();
        }
        self.samples.push_back((now, bytes));
        // The oldest sample that is kept lies at the window's edge or just before it.
        while self.samples.get(1).is_some_and(|second| now.saturating_duration_since(second.0) >= WINDOW) {
            self.samples.pop_front();
        }
    }

    /// Bytes per second; 0 while it is not known, or nothing moves.
    #[must_use]
    pub fn speed(&self) -> u64 {
        let (Some(first), Some(last)) = (self.samples.front(), self.samples.back()) else { return 0 };
        let span = last.0.saturating_duration_since(first.0);
        if span < LEAST {
            return 0;
        }
        let rate = u128::from(last.1.saturating_sub(first.1)) * 1000 / span.as_millis().max(1);
        u64::try_from(rate).unwrap_or(u64::MAX)
    }

    /// Time until `total` bytes are done, at this speed, in whole seconds rounded up.
    #[must_use]
    pub fn left(&self, total: u64) -> Option<Duration> {
        let done = self.samples.back()?.1;
        match self.speed() {
            0 => None,
            speed => Some(Duration::from_secs(total.saturating_sub(done).div_ceil(speed))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steady_transfer_has_a_steady_speed_and_an_end() {
        let (mut meter, start) = (Meter::new(), Instant::now());
        assert_eq!((meter.speed(), meter.left(100)), (0, None));
        for tick in 0..200 {
            meter.tick(start + Duration::from_millis(50 * tick), tick * 50_000);
            assert!(meter.samples.len() < 50, "bounded");
        }
        assert_eq!(meter.speed(), 1_000_000);
        assert_eq!(meter.left(19_950_000), Some(Duration::from_secs(10)));
        assert_eq!(meter.left(5), Some(Duration::ZERO), "never negative");
    }

    #[test]
    fn a_transfer_that_stands_still_says_so_within_the_window() {
        let (mut meter, start) = (Meter::new(), Instant::now());
        for tick in 0..100_u64 {
            meter.tick(start + Duration::from_millis(100 * tick), tick.min(50) * 100);
        }
        assert_eq!((meter.speed(), meter.left(10_000)), (0, None));
    }

    #[test]
    fn progress_counts_by_item_and_ignores_what_is_not_offered() {
        let progress = Progress::new(3);
        progress.add(2, 5);
        progress.add(2, 6);
        progress.add(9, 1);
        progress.add_files(1);
        assert_eq!((progress.bytes(), progress.files(), progress.finishing()), (12, 1, false));
        assert_eq!(progress.items(), BTreeMap::from([(2, 11)]));
    }
}
