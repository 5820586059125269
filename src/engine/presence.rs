//! Who is there: the known computers, and the strangers that a connection stands or stood with.

use tokio::time::Instant;

use super::{
    api::{Computer, KnownComputer, Presence, Problem, Rule, Settings, Snapshot, Visibility},
    clients::Asker,
    commands::known_only,
    finding::HEARD_FOR,
    hub::Hub,
    links::Present,
    whom::same_name,
};
use crate::{
    engine::api::Reply,
    protocol::{Fingerprint, message::ByeReason},
    store::Paths,
};

impl Hub {
    /// Everything that can be drawn now.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            me: self.me.clone(),
            computers: self.computers(),
            transfers: self.transfers.iter().filter_map(|(key, transfer)| transfer.running(*key)).collect(),
            queue: self.queued(),
            resting: self.transfers.iter().filter_map(|(key, transfer)| transfer.resting(*key)).collect(),
            asks: self.asks.iter().map(|ask| self.with_thumbnails(ask)).collect(),
            comparison: self.comparison(),
            settings: self.settings.clone(),
            revision: self.digest.revision,
            notices: self.notices.clone(),
        }
    }

    /// Takes over what this person chose.
    pub fn apply_settings(&mut self, settings: Settings) {
        let chosen = self.config.name.clone().or_else(|| settings.name.clone());
        self.me.name = chosen.unwrap_or_else(|| self.own_name.clone());
        self.me.folder = settings.folder.clone().unwrap_or_else(|| self.config.home.received.clone());
        self.settings = settings;
        self.door.set_name(&self.me.name);
        if let Some(nearby) = &self.nearby {
            nearby.set_visible(self.settings.visibility == Visibility::Everyone);
        }
        self.update_gate();
        if self.settings.visibility != Visibility::Everyone {
            let strangers = self.links.keys().filter(|with| self.is_stranger(with));
            for with in strangers.copied().collect::<Vec<_>>() {
                self.hang_up(with, ByeReason::Closing);
            }
        }
    }

    /// Nearby first, then those seen before; by name within each.
    pub fn computers(&self) -> Vec<Computer> {
        let known = self.known.values().map(|known| self.known_computer(known));
        let strangers = self.present.iter().filter(|(with, _)| !self.known.contains_key(with));
        let mut computers: Vec<Computer> =
            known.chain(strangers.map(|(with, present)| self.stranger(*with, present))).collect();
        computers.sort_by_cached_key(|computer| {
            (computer.presence == Presence::Away, computer.name.to_lowercase(), computer.fingerprint)
        });
        computers
    }

    /// The known computer that people would take this one for, by the name it gives itself. Having dealt with it makes
    /// it no better than the one that bore the name before; comparing does, or a name that this person gave it.
    pub fn impersonated(&self, fingerprint: Fingerprint, name: &str) -> Option<Fingerprint> {
        let itself = self.known.get(&fingerprint);
        if itself.is_some_and(|known| known.verified || known.given_name.is_some()) {
            return None;
        }
        let was_there =
            |known: &KnownComputer| itself.is_none_or(|new| known.verified || known.first_seen < new.first_seen);
        let bears = |known: &&KnownComputer| {
            known.fingerprint != fingerprint
                && was_there(known)
                && (same_name(&known.name, name)
                    || known.given_name.as_ref().is_some_and(|given| same_name(given, name)))
        };
        self.known.values().find(bears).map(|known| known.fingerprint)
    }

    /// Changes what happens to a computer's offers; a stranger becomes known by it.
    pub fn command_rule(&mut self, from: Asker, with: Fingerprint, rule: Rule) {
        if !self.known.contains_key(&with) && !self.present.contains_key(&with) {
            return from.reply(Err(super::library::unknown(with)));
        }
        self.set_rule(with, rule, move |_, result| from.reply(result.map(|()| Reply::Done)));
    }

    /// Nothing of it comes in any more.
    pub fn block(&mut self, with: Fingerprint) {
        self.set_rule(with, Rule::Block, |_, result| {
            if let Err(problem) = result {
                log::error!("a computer could not be blocked: {problem:?}");
            }
        });
    }

    pub fn set_rule(
        &mut self,
        with: Fingerprint,
        rule: Rule,
        then: impl FnOnce(&mut Self, Result<(), Problem>) + Send + 'static,
    ) {
        let seen = self.seen(with);
        self.library.post(
            move |store| {
                store.together(|store| {
                    if store.computer(&with)?.is_none() {
                        store.upsert_seen(&with, &seen)?;
                    }
                    store.set_rule(&with, rule)?;
                    store.computer(&with)
                })
            },
            move |hub, result| {
                let result = result.map(|known| hub.learn(known)).map_err(|error| error.problem());
                if rule == Rule::Block && result.is_ok() {
                    hub.forget_comparison(with);
                    for ask in hub.asks.remove_all(with) {
                        hub.pending_takes.remove(&(with, ask.transfer));
                    }
                    for key in hub.transfers_with(with) {
                        hub.cancel(key).ok();
                    }
                    hub.hang_up(with, ByeReason::Refused);
                }
                if rule == Rule::Accept && result.is_ok() {
                    hub.accept_what_is_asked(with);
                }
                then(hub, result);
            },
        );
    }

    /// Its conversation, rules and addresses go. If it is near, it stays as a stranger.
    pub fn forget(&mut self, from: Asker, with: Fingerprint) {
        self.forget_comparison(with);
        for key in self.transfers_with(with) {
            self.cancel(key).ok();
        }
        self.remove(
            from,
            Paths::With(with),
            move |store| store.forget(&with),
            move |hub, forgotten| {
                known_only(Ok(forgotten), with)?;
                hub.known.remove(&with);
                hub.update_gate();
                Ok(())
            },
        );
    }

    /// Announcements count for some seconds. True if one ended.
    pub fn forget_unheard(&mut self, now: Instant) -> bool {
        let before = self.heard.len();
        self.heard.retain(|_, (_, at)| now.duration_since(*at) < HEARD_FOR);
        self.heard.len() != before
    }

    fn known_computer(&self, known: &KnownComputer) -> Computer {
        let with = known.fingerprint;
        Computer {
            fingerprint: with,
            name: known.given_name.clone().unwrap_or_else(|| known.name.clone()),
            kind: known.kind,
            verified: known.verified,
            rule: known.rule,
            confirmed: known.confirmed,
            new: false,
            presence: self.presence(with),
            addresses: known.addresses.clone(),
            port: self.port(with).or_else(|| known.addresses.first().map(std::net::SocketAddr::port)).unwrap_or(0),
            unread: self.digest.unread.get(&with).copied().unwrap_or(0),
            first_seen: Some(known.first_seen),
            last_seen: Some(known.last_seen),
            folder: known.folder.clone(),
            impostor_of: self.impersonated(with, &known.name),
            waits: self.waiting.is_shown(&with, std::time::Instant::now()),
        }
    }

    fn stranger(&self, with: Fingerprint, present: &Present) -> Computer {
        Computer {
            fingerprint: with,
            name: present.name.clone(),
            kind: present.kind,
            verified: false,
            rule: Rule::Ask,
            confirmed: false,
            new: true,
            presence: self.presence(with),
            addresses: present.addresses.clone(),
            port: present.port,
            unread: 0,
            first_seen: None,
            last_seen: None,
            folder: None,
            impostor_of: self.impersonated(with, &present.name),
            waits: self.waiting.is_shown(&with, std::time::Instant::now()),
        }
    }

    fn presence(&self, with: Fingerprint) -> Presence {
        let is_coming = || self.present.get(&with).is_some_and(|present| present.back_by.is_some());
        if self.links.contains_key(&with) || is_coming() {
            Presence::Reachable
        } else if self.heard.contains_key(&with) {
            Presence::Visible
        } else {
            Presence::Away
        }
    }

    fn port(&self, with: Fingerprint) -> Option<u16> {
        self.present.get(&with).map(|present| present.port).filter(|port| *port != 0)
    }
}
