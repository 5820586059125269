//! Who is there: the known computers, and the strangers that a connection stands with.

use super::{
    api::{Computer, KnownComputer, Presence, Problem, Rule, Settings, Snapshot},
    commands::known_only,
    hub::Hub,
    whom::same_name,
};
use crate::protocol::Fingerprint;

impl Hub {
    /// Everything that can be drawn now.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot {
            me: self.me.clone(),
            computers: self.computers(),
            transfers: Vec::new(),
            asks: self.asks.iter().cloned().collect(),
            settings: self.settings.clone(),
            revision: self.digest.revision,
            notices: self.notices.clone(),
        }
    }

    /// Takes over what this person chose.
    pub fn apply_settings(&mut self, settings: Settings) {
        let chosen = self.config.name.clone().or_else(|| settings.name.clone());
        self.me.name = chosen.unwrap_or_default();
        self.me.folder = settings.folder.clone().unwrap_or_else(|| self.config.home.received.clone());
        self.settings = settings;
        self.pace.touch();
    }

    /// Changes what happens to a computer's offers.
    pub fn set_rule(
        &mut self,
        with: Fingerprint,
        rule: Rule,
        then: impl FnOnce(&mut Self, Result<(), Problem>) + Send + 'static,
    ) {
        self.library.post(
            move |store| store.set_rule(&with, rule),
            move |hub, result| {
                let result = known_only(result, with);
                if let (Ok(()), Some(known)) = (&result, hub.known.get_mut(&with)) {
                    known.rule = rule;
                }
                hub.pace.touch();
                then(hub, result);
            },
        );
    }

    fn computers(&self) -> Vec<Computer> {
        self.known.values().map(|known| self.known_computer(known)).collect()
    }

    fn known_computer(&self, known: &KnownComputer) -> Computer {
        Computer {
            fingerprint: known.fingerprint,
            name: known.given_name.clone().unwrap_or_else(|| known.name.clone()),
            kind: known.kind,
            verified: known.verified,
            rule: known.rule,
            confirmed: known.confirmed,
            new: false,
            presence: Presence::Away,
            addresses: known.addresses.clone(),
            port: 0,
            unread: self.digest.unread.get(&known.fingerprint).copied().unwrap_or(0),
            last_seen: Some(known.last_seen),
            impostor_of: None,
        }
    }

    /// The known computer whose name `name` is, if it isn't `fingerprint` itself.
    pub fn impersonated(&self, fingerprint: Fingerprint, name: &str) -> Option<Fingerprint> {
        let bears = |known: &&KnownComputer| {
            same_name(&known.name, name) || known.given_name.as_ref().is_some_and(|given| same_name(given, name))
        };
        let known = self.known.values().filter(|known| known.fingerprint != fingerprint).find(bears);
        known.map(|known| known.fingerprint)
    }
}
