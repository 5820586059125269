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

/// Decides when the next snapshot is due.
#[derive(Debug, Default)]
pub(super) struct Pace {
    dirty: bool,
    last: Option<Instant>,
}

impl Pace {
    const INTERVAL: Duration = Duration::from_millis(1000 / SNAPSHOTS_PER_SECOND as u64);

    /// Something that is shown has changed.
    pub fn touch(&mut self) {
        self.dirty = true;
    }

    /// When the change is to be shown: at once after a quiet time.
    pub fn due(&self) -> Option<Instant> {
        self.dirty.then(|| self.last.map_or_else(Instant::now, |last| last + Self::INTERVAL))
    }

    pub fn published(&mut self, now: Instant) {
        self.dirty = false;
        self.last = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_after_a_quiet_time_is_shown_at_once_and_the_next_a_tenth_of_a_second_later() {
        let mut pace = Pace::default();
        assert_eq!(pace.due(), None);
        pace.touch();
        let now = Instant::now();
        assert!(pace.due().is_some_and(|due| due <= now + Duration::from_millis(1)));
        pace.published(now);
        assert_eq!(pace.due(), None);
        pace.touch();
        assert_eq!(pace.due(), Some(now + Duration::from_millis(100)));
    }
}
