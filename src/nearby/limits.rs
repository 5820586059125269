//! How much anybody may make this computer do by sending datagrams.

use std::{
    collections::HashMap,
    net::IpAddr,
    time::{Duration, Instant},
};

use super::announcement::Announcement;

/// A computer announces itself four times in its first two seconds, by broadcast and multicast, perhaps from several
/// programs; then every five seconds.
const SOURCE_BURST: f32 = 32.0;
const SOURCE_PER_SECOND: f32 = 4.0;

/// All sources together: a classroom that is switched on at once, and then some. Each hint may cost a dial.
const ALL_BURST: f32 = 256.0;
const ALL_PER_SECOND: f32 = 64.0;

/// Sources remembered; about 64 bytes each. The others share one allowance.
const MAX_SOURCES: usize = 1024;

/// A source that was silent for so long is forgotten when room is needed: its allowance is full again anyway.
const FORGET_AFTER: Duration = Duration::from_secs(60);
const SWEEP_EVERY: Duration = Duration::from_secs(1);

/// The same announcement comes by broadcast and by multicast; the second one says nothing new.
const SAME_WITHIN: Duration = Duration::from_millis(400);

/// Datagrams read from the sockets in [`WINDOW`]; beyond it they are left to the system, which drops them when its
/// buffer is full. Reading one costs about two microseconds, so a flood costs at most two hundredths of a core.
pub(super) const READS_PER_WINDOW: u32 = 1_000;
pub(super) const WINDOW: Duration = Duration::from_millis(100);

/// Decides which announcements become hints.
#[derive(Debug)]
pub(super) struct Limits {
    all: Bucket,
    others: Bucket,
    sources: HashMap<IpAddr, Source>,
    swept: Instant,
}

#[derive(Debug)]
struct Source {
    bucket: Bucket,
    last: Option<(u16, u64, Instant)>,
}

impl Limits {
    pub(super) fn new(now: Instant) -> Self {
        let source = Bucket::new(SOURCE_BURST, SOURCE_PER_SECOND, now);
        Self { all: Bucket::new(ALL_BURST, ALL_PER_SECOND, now), others: source, sources: HashMap::new(), swept: now }
    }

    /// Whether this announcement may make somebody dial.
    pub(super) fn allow(&mut self, source: IpAddr, said: &Announcement, now: Instant) -> bool {
        if self.sources.len() >= MAX_SOURCES && !self.sources.contains_key(&source) && !self.make_room(now) {
            return self.others.take(now) && self.all.take(now);
        }
        let source = self
            .sources
            .entry(source)
            .or_insert_with(|| Source { bucket: Bucket::new(SOURCE_BURST, SOURCE_PER_SECOND, now), last: None });
        let same = |(port, instance, at): (u16, u64, Instant)| {
            port == said.port && instance == said.instance && now.saturating_duration_since(at) < SAME_WITHIN
        };
        if source.last.is_some_and(same) {
            return false;
        }
        // The source's own allowance is spent first, so that a loud one takes nothing from the others.
        if !source.bucket.take(now) || !self.all.take(now) {
            return false;
        }
        source.last = Some((said.port, said.instance, now));
        true
    }
}

impl Limits {
    /// Forgets the silent ones; whether there is room now. Not at every datagram: it looks at all of them.
    fn make_room(&mut self, now: Instant) -> bool {
        if now.saturating_duration_since(self.swept) >= SWEEP_EVERY {
            self.swept = now;
            self.sources.retain(|_, source| now.saturating_duration_since(source.bucket.at) < FORGET_AFTER);
        }
        self.sources.len() < MAX_SOURCES
    }
}

/// Tokens that come back with time.
#[derive(Debug)]
struct Bucket {
    tokens: f32,
    at: Instant,
    burst: f32,
    per_second: f32,
}

impl Bucket {
    fn new(burst: f32, per_second: f32, now: Instant) -> Self {
        Self { tokens: burst, at: now, burst, per_second }
    }

    fn take(&mut self, now: Instant) -> bool {
        let passed = now.saturating_duration_since(self.at).as_secs_f32();
        self.at = now;
        self.tokens = (self.tokens + passed * self.per_second).min(self.burst);
        let enough = self.tokens >= 1.0;
        if enough {
            self.tokens -= 1.0;
        }
        enough
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;
    use crate::protocol::Fingerprint;

    fn said(instance: u64) -> Announcement {
        Announcement { port: 1, instance, fingerprint: Fingerprint([1; 32]) }
    }

    fn ip(n: u32) -> IpAddr {
        Ipv4Addr::from_bits(0x0A00_0000 + n).into()
    }

    #[test]
    fn a_loud_source_is_cut_off_and_a_quiet_one_is_still_heard() {
        let start = Instant::now();
        let mut limits = Limits::new(start);
        let heard = (0..50_000).filter(|&i| limits.allow(ip(1), &said(i), start)).count();
        assert_eq!(heard, SOURCE_BURST as usize);
        assert!(limits.allow(ip(2), &said(0), start));
    }

    #[test]
    fn a_cut_off_source_is_heard_again_later() {
        let start = Instant::now();
        let mut limits = Limits::new(start);
        (0..1_000).for_each(|i| {
            limits.allow(ip(1), &said(i), start);
        });
        assert!(!limits.allow(ip(1), &said(5_000), start + Duration::from_millis(100)));
        assert!(limits.allow(ip(1), &said(5_001), start + Duration::from_secs(1)));
    }

    #[test]
    fn a_million_invented_sources_cost_bounded_memory_and_few_hints() {
        let start = Instant::now();
        let mut limits = Limits::new(start);
        let heard = (0..1_000_000).filter(|&i| limits.allow(ip(i), &said(i.into()), start)).count();
        assert!(heard <= ALL_BURST as usize, "{heard}");
        assert!(limits.sources.len() <= MAX_SOURCES);
    }

    #[test]
    fn when_the_flood_is_over_new_sources_find_room_again() {
        let start = Instant::now();
        let mut limits = Limits::new(start);
        (0..10_000).for_each(|i| {
            limits.allow(ip(i), &said(i.into()), start);
        });
        let later = start + FORGET_AFTER + Duration::from_secs(1);
        assert!(limits.allow(ip(999_999), &said(7), later));
        assert!(limits.sources.contains_key(&ip(999_999)));
    }

    #[test]
    fn what_came_by_broadcast_and_multicast_is_one_hint_and_the_next_heartbeat_another() {
        let start = Instant::now();
        let mut limits = Limits::new(start);
        assert!(limits.allow(ip(1), &said(1), start));
        assert!(!limits.allow(ip(1), &said(1), start + Duration::from_millis(1)));
        assert!(limits.allow(ip(1), &said(2), start + Duration::from_millis(2)), "another program there");
        assert!(limits.allow(ip(1), &said(2), start + Duration::from_secs(5)));
    }

    #[test]
    fn a_classroom_that_starts_at_once_is_heard_whole() {
        let start = Instant::now();
        let mut limits = Limits::new(start);
        assert!((0..100).all(|i| limits.allow(ip(i), &said(i.into()), start)));
    }
}
