//! The questions that wait for this person: few from strangers, none for ever.

use std::{
    collections::VecDeque,
    net::IpAddr,
    time::{Duration, Instant},
};

use super::api::{Ask, Millis};
use crate::protocol::{Fingerprint, TransferId};

/// A stranger's question goes away after this: nobody at the screen means no.
pub(super) const STRANGER_PATIENCE: Duration = Duration::from_secs(60);

/// Strangers' questions at once: a room full of people, not a flood.
const MAX_STRANGERS: usize = 8;

/// Questions of known computers at once; they don't run away, so many days' may gather.
const MAX_KNOWN: usize = 64;

/// Of one known computer: one that asks more has gone wild.
const MAX_OF_ONE: usize = 16;

/// A question isn't asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NotAsked {
    /// This person wants no strangers now.
    Hidden,
    /// One per address, and so many in all.
    TooMany,
}

#[derive(Debug)]
struct Asked {
    ask: Ask,
    address: IpAddr,
    until: Option<Instant>,
}

/// All that wait, oldest first.
#[derive(Debug, Default)]
pub(super) struct Asks {
    list: VecDeque<Asked>,
    hidden_until: Option<Instant>,
}

impl Asks {
    /// `until` is when the question goes away by itself.
    pub fn add(&mut self, ask: Ask, address: IpAddr, until: Option<Instant>, now: Instant) -> Result<(), NotAsked> {
        let strangers = self.list.iter().filter(|asked| asked.ask.stranger);
        if ask.stranger {
            if self.strangers_hidden(now) {
                return Err(NotAsked::Hidden);
            }
            if strangers.clone().count() >= MAX_STRANGERS || strangers.clone().any(|asked| asked.address == address) {
                return Err(NotAsked::TooMany);
            }
        } else {
            let known = self.list.len() - strangers.count();
            let of_this = self.list.iter().filter(|asked| asked.ask.with == ask.with).count();
            if known >= MAX_KNOWN || of_this >= MAX_OF_ONE {
                return Err(NotAsked::TooMany);
            }
        }
        self.list.push_back(Asked { ask, address, until });
        Ok(())
    }

    /// Takes a question away because it was answered, or its asker gave up.
    pub fn remove(&mut self, with: Fingerprint, transfer: TransferId) -> Option<Ask> {
        let at = self.list.iter().position(|asked| asked.ask.with == with && asked.ask.transfer == transfer)?;
        self.list.remove(at).map(|asked| asked.ask)
    }

    /// Takes away all of one computer's.
    pub fn remove_all(&mut self, with: Fingerprint) -> Vec<Ask> {
        self.remove_where(|asked| asked.ask.with == with)
    }

    /// Takes away those whose time has come.
    pub fn expired(&mut self, now: Instant) -> Vec<Ask> {
        self.remove_where(|asked| asked.until.is_some_and(|until| until <= now))
    }

    /// This person looks closely at a computer: its questions stand for at least so long.
    pub fn keep(&mut self, with: Fingerprint, during: Duration, now: Instant, by_clock: Millis) {
        for asked in self.list.iter_mut().filter(|asked| asked.ask.with == with) {
            asked.until = asked.until.map(|until| until.max(now + during));
            let shown = Millis(by_clock.0.saturating_add(during.as_millis() as i64));
            asked.ask.until = asked.ask.until.map(|until| until.max(shown));
        }
    }

    /// When [`Asks::expired`] is to be called next.
    pub fn next_expiry(&self) -> Option<Instant> {
        self.list.iter().filter_map(|asked| asked.until).min()
    }

    /// Strangers aren't asked about for so long; their waiting questions are handed back.
    pub fn hide_strangers(&mut self, during: Duration, now: Instant) -> Vec<Ask> {
        self.hidden_until = now.checked_add(during);
        self.remove_where(|asked| asked.ask.stranger)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Ask> {
        self.list.iter().map(|asked| &asked.ask)
    }

    pub fn strangers_hidden(&self, now: Instant) -> bool {
        self.hidden_until.is_some_and(|until| now < until)
    }

    fn remove_where(&mut self, matches: impl Fn(&Asked) -> bool) -> Vec<Ask> {
        let (gone, stay) = std::mem::take(&mut self.list).into_iter().partition::<VecDeque<_>, _>(matches);
        self.list = stay;
        gone.into_iter().map(|asked| asked.ask).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::{net::Ipv4Addr, sync::Arc};

    use super::*;
    use crate::engine::api::DeviceKind;

    fn ask(who: u8, transfer: u8, stranger: bool) -> Ask {
        Ask {
            with: Fingerprint([who; 32]),
            name: format!("computer {who}"),
            kind: DeviceKind::Computer,
            transfer: TransferId([transfer; 16]),
            verified: false,
            stranger,
            impostor_of: None,
            takes: false,
            items: Vec::new(),
            files: 1,
            bytes: 1,
            until: None,
            thumbnails: Arc::default(),
        }
    }

    fn address(last: u8) -> IpAddr {
        Ipv4Addr::new(192, 168, 1, last).into()
    }

    #[test]
    fn strangers_get_one_question_per_address_and_eight_in_all() {
        let now = Instant::now();
        let mut asks = Asks::default();
        for who in 1..=8 {
            assert_eq!(asks.add(ask(who, who, true), address(who), None, now), Ok(()));
        }
        assert_eq!(asks.add(ask(9, 9, true), address(9), None, now), Err(NotAsked::TooMany));
        asks.remove(Fingerprint([1; 32]), TransferId([1; 16])).unwrap();
        assert_eq!(asks.add(ask(9, 9, true), address(2), None, now), Err(NotAsked::TooMany), "an address in use");
        assert_eq!(asks.add(ask(9, 9, true), address(9), None, now), Ok(()));
    }

    #[test]
    fn known_computers_are_not_held_back_by_strangers_but_are_bounded_too() {
        let now = Instant::now();
        let mut asks = Asks::default();
        for who in 1..=8 {
            asks.add(ask(who, who, true), address(who), None, now).unwrap();
        }
        for transfer in 0..16 {
            assert_eq!(asks.add(ask(20, transfer, false), address(1), None, now), Ok(()));
        }
        assert_eq!(asks.add(ask(20, 99, false), address(1), None, now), Err(NotAsked::TooMany));
    }

    #[test]
    fn a_question_goes_away_at_its_time_and_not_before() {
        let now = Instant::now();
        let mut asks = Asks::default();
        asks.add(ask(1, 1, true), address(1), Some(now + STRANGER_PATIENCE), now).unwrap();
        asks.add(ask(2, 2, false), address(2), None, now).unwrap();
        assert_eq!(asks.next_expiry(), Some(now + STRANGER_PATIENCE));
        assert!(asks.expired(now + STRANGER_PATIENCE - Duration::from_millis(1)).is_empty());
        let gone = asks.expired(now + STRANGER_PATIENCE);
        assert_eq!(gone.iter().map(|ask| ask.transfer).collect::<Vec<_>>(), [TransferId([1; 16])]);
        assert_eq!(asks.iter().count(), 1);
    }

    #[test]
    fn a_question_waits_while_its_asker_is_compared() {
        let now = Instant::now();
        let mut asks = Asks::default();
        asks.add(ask(1, 1, true), address(1), Some(now + STRANGER_PATIENCE), now).unwrap();
        asks.add(ask(2, 2, true), address(2), Some(now + STRANGER_PATIENCE), now).unwrap();
        asks.keep(Fingerprint([1; 32]), 2 * STRANGER_PATIENCE, now, Millis(0));
        assert_eq!(asks.expired(now + STRANGER_PATIENCE).len(), 1, "the other one's time is over");
        assert_eq!(asks.next_expiry(), Some(now + 2 * STRANGER_PATIENCE));
    }

    #[test]
    fn hidden_strangers_are_not_asked_about_until_the_hour_is_over() {
        let now = Instant::now();
        let hour = Duration::from_secs(3600);
        let mut asks = Asks::default();
        asks.add(ask(1, 1, true), address(1), None, now).unwrap();
        asks.add(ask(2, 2, false), address(2), None, now).unwrap();
        assert_eq!(asks.hide_strangers(hour, now).len(), 1);
        assert_eq!(asks.add(ask(3, 3, true), address(3), None, now), Err(NotAsked::Hidden));
        assert_eq!(asks.add(ask(4, 4, false), address(4), None, now), Ok(()));
        assert_eq!(asks.add(ask(3, 3, true), address(3), None, now + hour), Ok(()));
    }
}
