//! How fast a transfer goes and how long it will take.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

/// What came in the last seconds tells the speed; longer is sluggish, shorter jumps.
const WINDOW: Duration = Duration::from_secs(3);

/// Nothing is said before this much was watched: first figures are wild.
const SHORTEST: Duration = Duration::from_millis(400);

/// Watches a count of bytes grow.
#[derive(Debug, Default)]
pub(super) struct Speed {
    samples: VecDeque<(Instant, u64)>,
}

impl Speed {
    /// Notes that `bytes` were done at `now`. Called at most ten times a second, so a few dozen samples are kept.
    pub fn note(&mut self, now: Instant, bytes: u64) {
        self.samples.push_back((now, bytes));
        // The newest sample that is older than the window stays as its left edge.
        while self.samples.get(1).is_some_and(|(at, _)| now.duration_since(*at) >= WINDOW) {
            self.samples.pop_front();
        }
    }

    /// Bytes per second, 0 while unknown.
    pub fn per_second(&self) -> u64 {
        let (Some((from, first)), Some((to, last))) = (self.samples.front(), self.samples.back()) else { return 0 };
        let time = to.duration_since(*from);
        if time < SHORTEST {
            return 0;
        }
        (last.saturating_sub(*first) as f64 / time.as_secs_f64()) as u64
    }

    /// How long `left` more bytes will take, in whole seconds; `None` while it can't be said.
    pub fn time_for(&self, left: u64) -> Option<Duration> {
        match self.per_second() {
            0 => None,
            speed => Some(Duration::from_secs(left.div_ceil(speed))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_steady_stream_shows_its_speed_and_the_time_left() {
        let start = Instant::now();
        let mut speed = Speed::default();
        speed.note(start, 0);
        assert_eq!(speed.per_second(), 0, "unknown at first");
        for tick in 1..=50u32 {
            speed.note(start + Duration::from_millis(100) * tick, u64::from(tick) * 1_000);
        }
        assert!((9_900..=10_100).contains(&speed.per_second()), "{}", speed.per_second());
        assert_eq!(speed.time_for(100_000).map(|left| left.as_secs()), Some(10));
        assert!(speed.samples.len() <= 32, "bounded");
    }

    #[test]
    fn a_stream_that_stands_still_falls_to_zero_and_promises_nothing() {
        let start = Instant::now();
        let mut speed = Speed::default();
        for tick in 0..40u32 {
            speed.note(start + Duration::from_millis(100) * tick, 5_000);
        }
        assert_eq!(speed.per_second(), 0);
        assert_eq!(speed.time_for(1), None);
    }
}
