//! Whom a person means: by fingerprint, by address, by a known name, by a stranger's name where strangers are meant,
//! by DNS name, in this order.

use std::net::SocketAddr;

use tokio::time::{Duration, Instant};

use super::{
    api::{Computer, Presence, Problem, Reply, Rule},
    attempts::Urgency,
    clients::Asker,
    hub::{Hub, Message},
    whom::{Whom, dns_name, same_name},
};
use crate::protocol::Fingerprint;

/// Questions at once.
const MAX_QUESTIONS: usize = 64;

/// A name server that doesn't know is given so long to say so.
const LOOK_UP_WITHIN: Duration = Duration::from_secs(3);

/// Longest wait that may be asked for.
const LONGEST: Duration = Duration::from_secs(600);

/// A question that is not answered yet.
#[derive(Debug)]
pub(super) struct Sought {
    id: u64,
    text: String,
    whom: Whom,
    new: bool,
    until: Instant,
    /// What a DNS name stands for.
    addresses: Vec<SocketAddr>,
    looking_up: bool,
    from: Asker,
}

enum Found {
    These(Vec<Fingerprint>),
    NotYet,
    /// Waiting would not help.
    Never,
}

impl Hub {
    pub fn resolve(&mut self, from: Asker, text: String, new: bool, within: Duration) {
        if self.sought.len() >= MAX_QUESTIONS {
            return from.reply(Err(Problem::Busy));
        }
        self.next_sought += 1;
        let mut sought = Sought {
            id: self.next_sought,
            whom: Whom::parse(&text, zone),
            text,
            new,
            until: Instant::now() + within.min(LONGEST),
            addresses: Vec::new(),
            looking_up: false,
            from,
        };
        if let Whom::Address(address) = sought.whom {
            sought.addresses.push(address);
        }
        if let Whom::Name(name) = &sought.whom
            && matches!(self.find(&sought), Found::Never | Found::NotYet)
            && let Some((name, port)) = dns_name(name)
        {
            sought.looking_up = true;
            look_up(sought.id, name.to_owned(), port, self.inbox.clone());
        }
        self.sought.push(sought);
        self.look_again();
        self.dial_sought();
    }

    pub fn looked_up(&mut self, id: u64, addresses: Vec<SocketAddr>) {
        if let Some(sought) = self.sought.iter_mut().find(|sought| sought.id == id) {
            sought.looking_up = false;
            sought.addresses = addresses;
            self.look_again();
            self.dial_sought();
        }
    }

    /// Dials the addresses that somebody named. Once a second, and at once for new ones.
    pub fn dial_sought(&mut self) {
        let addresses: Vec<Vec<SocketAddr>> = self.sought.iter().map(|sought| sought.addresses.clone()).collect();
        for addresses in addresses {
            self.dial(&addresses, None, Urgency::Person);
        }
    }

    /// Somebody came, or time went by: answers what can be answered.
    pub fn look_again(&mut self) {
        let now = Instant::now();
        let mut waiting = Vec::new();
        for sought in std::mem::take(&mut self.sought) {
            match self.find(&sought) {
                Found::These(found) => sought.from.reply(self.one_of(&found)),
                Found::NotYet if sought.until > now => waiting.push(sought),
                _ if !sought.new && matches!(sought.whom, Whom::Name(_)) => {
                    sought.from.reply(Err(Problem::NotKnown { whom: sought.text }));
                }
                _ => sought.from.reply(Err(Problem::NotFound { whom: sought.text })),
            }
        }
        self.sought = waiting;
    }

    pub fn next_sought(&self) -> Option<Instant> {
        self.sought.iter().map(|sought| sought.until).min()
    }

    fn find(&self, sought: &Sought) -> Found {
        let found: Vec<Fingerprint> = match &sought.whom {
            Whom::Fingerprint(with) => {
                let there = self.known.contains_key(with) || self.links.contains_key(with);
                there.then_some(*with).into_iter().collect()
            }
            Whom::Address(address) => self.at(&[*address]),
            Whom::Name(name) => {
                let bears = |computer: &Computer| same_name(&computer.name, name);
                let is_there = |computer: &Computer| !computer.new || computer.presence == Presence::Reachable;
                let is_meant = |computer: &Computer| is_known(computer) || (sought.new && is_there(computer));
                let computers = self.computers();
                let named = computers.iter().filter(|computer| bears(computer) && is_meant(computer));
                let named: Vec<Fingerprint> = named.map(|computer| computer.fingerprint).collect();
                if named.is_empty() { self.at(&sought.addresses) } else { named }
            }
        };
        let may_come = match &sought.whom {
            Whom::Fingerprint(_) | Whom::Address(_) => true,
            Whom::Name(_) => sought.new || sought.looking_up || !sought.addresses.is_empty(),
        };
        match (found.is_empty(), may_come) {
            (false, _) => Found::These(found),
            (true, true) => Found::NotYet,
            (true, false) => Found::Never,
        }
    }

    /// Who answers at one of these addresses now.
    fn at(&self, addresses: &[SocketAddr]) -> Vec<Fingerprint> {
        let there = |with: &Fingerprint| {
            self.present.get(with).is_some_and(|present| present.addresses.iter().any(|one| addresses.contains(one)))
        };
        self.links.keys().filter(|with| there(with)).copied().collect()
    }

    fn one_of(&self, found: &[Fingerprint]) -> Result<Reply, Problem> {
        match found {
            [one] => {
                let computers = self.computers().into_iter().filter(|computer| computer.fingerprint == *one);
                Ok(Reply::Resolved(computers.collect()))
            }
            several => Err(Problem::Ambiguous { fingerprints: several.iter().map(ToString::to_string).collect() }),
        }
    }
}

/// Verified, or given a rule by this person: having met gives nothing.
fn is_known(computer: &Computer) -> bool {
    computer.verified || computer.rule != Rule::Ask
}

/// Off the runtime's threads: the system's resolver blocks.
fn look_up(id: u64, name: String, port: u16, hub: tokio::sync::mpsc::Sender<Message>) {
    tokio::spawn(async move {
        let found = tokio::time::timeout(LOOK_UP_WITHIN, tokio::net::lookup_host((name, port))).await;
        let addresses = match found {
            Ok(Ok(addresses)) => addresses.take(super::dialer::MAX_ADDRESSES).collect(),
            _ => Vec::new(),
        };
        hub.send(Message::LookedUp(id, addresses)).await.ok();
    });
}

/// The number of a network interface by its name.
fn zone(name: &str) -> Option<u32> {
    let interfaces = if_addrs::get_if_addrs().ok()?;
    interfaces.into_iter().find(|interface| interface.name == name)?.index
}
