//! The latest value: swapped whole, at most [`SNAPSHOTS_PER_SECOND`] times a second, then everybody is woken.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::api::{SNAPSHOTS_PER_SECOND, Snapshot};

/// Where the newest snapshot hangs for everybody to see.
#[derive(Debug, Default)]
pub(super) struct View(Mutex<Arc<Snapshot>>);

impl View {
    pub fn load(&self) -> Arc<Snapshot> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn store(&self, snapshot: Snapshot) {
        let old = std::mem::replace(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner), Arc::new(snapshot));
        drop(old);
    }
}

/// Decides when the next snapshot is due: [`SNAPSHOTS_PER_SECOND`] in the long run, a few at once after a quiet time,
/// so that what a person waits for (a text that arrives, a transfer that ends) is not held back by what came before it.
#[derive(Debug, Default)]
pub(super) struct Pace {
    dirty: bool,
    last: Option<Instant>,
    /// When the next one would be due if they came evenly.
    even: Option<Instant>,
}

impl Pace {
    const INTERVAL: Duration = Duration::from_millis(1000 / SNAPSHOTS_PER_SECOND as u64);

    /// So many intervals may be used ahead of time: a text or a picture makes some six steps from beginning to end, and
    /// the last is the one that people wait for.
    const AHEAD: u32 = 8;

    /// One step of anything makes several changes within this. A text that is received takes two steps: at 15 ms it was
    /// seen after 21 ms, at 2 ms after 9.
    const GAP: Duration = Duration::from_millis(2);

    /// Something that is shown has changed.
    pub fn touch(&mut self) {
        self.dirty = true;
    }

    /// When the change is to be shown: at once after a quiet time.
    pub fn due(&self) -> Option<Instant> {
        let (Some(last), Some(even)) = (self.last, self.even) else { return self.dirty.then(Instant::now) };
        let earliest = even.checked_sub(Self::INTERVAL * Self::AHEAD).unwrap_or(last);
        self.dirty.then(|| earliest.max(last + Self::GAP))
    }

    pub fn published(&mut self, now: Instant) {
        self.dirty = false;
        self.last = Some(now);
        self.even = Some(self.even.map_or(now, |even| even.max(now)) + Self::INTERVAL);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_a_quiet_time_changes_are_shown_at_once_and_then_ten_times_a_second() {
        let mut pace = Pace::default();
        assert_eq!(pace.due(), None);
        let start = Instant::now();
        let mut shown = Vec::new();
        // Something changes every millisecond for two seconds.
        for millis in 0..2000 {
            let now = start + Duration::from_millis(millis);
            pace.touch();
            if shown.is_empty() || pace.due().is_some_and(|due| due <= now) {
                pace.published(now);
                shown.push(millis);
            }
        }
        assert_eq!(shown[..11], [0, 2, 4, 6, 8, 10, 12, 14, 16, 100, 200]);
        assert_eq!(shown.len(), 9 + 19);
        pace.published(start + Duration::from_secs(2));
        assert_eq!(pace.due(), None, "nothing new, nothing to show");
    }
}
