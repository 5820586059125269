//! Finding and reaching computers: hints, memories, and those somebody waits for.

use std::{net::SocketAddr, time::Duration};

use tokio::time::Instant;

use super::{
    api::{Hold, Notice, Problem, State, Visibility},
    attempts::{Target, Urgency},
    dialer::{MAX_ADDRESSES, reach},
    door::{Arrival, DoorError},
    hub::{Hub, Message},
    transfer::{Cargo, Side, Stage, Transfer},
};
use crate::{
    nearby::Hint,
    protocol::{Fingerprint, message::Role},
};

/// Attempts at once that nobody waits for.
const MAX_BACKGROUND: usize = 32;

/// Attempts at once in all.
const MAX_DIALS: usize = 96;

/// A computer that was just started, and announced itself, may be dialling a typed address itself: it has this much
/// time. Two connections at the same moment cost one of them, and what was already said on it.
const YOU_FIRST: Duration = Duration::from_millis(150);

/// The greater fingerprint dials first; the smaller one gives it this much time, which saves half of the handshakes.
const AFTER_YOU: Duration = Duration::from_millis(500);

/// Hints whose dial waits.
const MAX_LATE: usize = 256;

/// Computers whose announcements are remembered.
const MAX_HEARD: usize = 512;

/// An announcement says that it is there for so long: two heartbeats and some.
pub(super) const HEARD_FOR: Duration = Duration::from_secs(12);

/// An attempt and why it was made.
#[derive(Debug)]
pub(super) struct Dialled {
    pub targets: Vec<Target>,
    pub expected: Option<Fingerprint>,
    pub urgency: Urgency,
    pub result: Result<Box<Arrival>, DoorError>,
}

impl Hub {
    /// Somebody may be at an address.
    pub fn hint(&mut self, hint: Hint, late: bool) {
        if late {
            self.late.remove(&hint.address);
        }
        let claimed = hint.fingerprint;
        if claimed == Some(self.myself) {
            return;
        }
        if let Some(with) = claimed {
            if self.heard.len() < MAX_HEARD || self.heard.contains_key(&with) {
                let is_new = self.heard.insert(with, (hint.address, Instant::now())).is_none();
                if is_new && self.known.contains_key(&with) {
                    self.pace.touch();
                }
            }
            let refused = self.refused.waits(&with, Instant::now().into_std());
            if refused || self.links.contains_key(&with) || self.is_blocked(with) {
                return;
            }
        } else if self.links.values().any(|link| link.listens_at() == hint.address) {
            return;
        }
        let is_known = claimed.is_some_and(|with| self.known.contains_key(&with));
        match self.settings.visibility {
            Visibility::Everyone => {}
            Visibility::KnownOnly if is_known => {}
            Visibility::Hidden if claimed.is_some_and(|with| self.is_waited_for(with)) => {
                self.dial(&[hint.address], claimed, Urgency::Background);
                return;
            }
            Visibility::KnownOnly | Visibility::Hidden => return,
        }
        if !late {
            let pause = if claimed.is_some_and(|with| with > self.myself) { AFTER_YOU } else { YOU_FIRST };
            if self.late.len() < MAX_LATE && self.late.insert(hint.address) {
                let hub = self.inbox.clone();
                tokio::spawn(async move {
                    tokio::time::sleep(pause).await;
                    hub.send(Message::LateHint(hint)).await.ok();
                });
            }
            return;
        }
        self.dial(&[hint.address], None, Urgency::Background);
    }

    /// Tries these addresses, as far as they may be tried now. False if none was.
    pub fn dial(&mut self, addresses: &[SocketAddr], expected: Option<Fingerprint>, urgency: Urgency) -> bool {
        let most = if urgency == Urgency::Person { MAX_DIALS } else { MAX_BACKGROUND };
        if self.dialling >= most {
            return false;
        }
        let now = Instant::now().into_std();
        let targets: Vec<Target> = addresses
            .iter()
            .map(|address| Target { address: *address, expected })
            .filter(|target| self.attempts.begin(*target, urgency, now))
            .take(MAX_ADDRESSES)
            .collect();
        if targets.is_empty() {
            return false;
        }
        self.dialling += 1;
        let (door, hub) = (self.door.clone(), self.inbox.clone());
        let addresses = targets.iter().map(|target| target.address).collect();
        tokio::spawn(async move {
            let result = reach(door, addresses, expected, Role::Control).await.map(Box::new);
            hub.send(Message::Dialled(Dialled { targets, expected, urgency, result })).await.ok();
        });
        true
    }

    pub fn dialled(&mut self, dialled: Dialled) {
        let Dialled { targets, expected, urgency, result } = dialled;
        self.dialling = self.dialling.saturating_sub(1);
        let now = Instant::now().into_std();
        for target in &targets {
            self.attempts.ended(*target, result.is_ok(), now);
        }
        match result {
            Ok(arrival) => self.arrived(*arrival, urgency == Urgency::Person),
            Err(error) => {
                log::debug!("nobody was reached: {error}");
                if matches!(error, DoorError::Myself) {
                    self.met_myself(&targets);
                }
                let mut problem = error.problem();
                if let Some(with) = expected {
                    if problem == Some(Problem::Refused) {
                        self.refused.begin(with, now);
                    } else if matches!(error, DoorError::Tls(_) | DoorError::Closed(_))
                        && self.refused.waits(&with, now)
                    {
                        // It said so before, and doesn't say it each time.
                        problem = Some(Problem::Refused);
                    }
                }
                if let (Some(with), Some(problem)) = (expected, problem) {
                    for key in self.transfers_with(with) {
                        if let Some(Transfer { stage: Stage::Reaching { .. }, side, .. }) = self.transfers.get(&key) {
                            // It rested before, and may do so again.
                            if matches!(side, Side::Out { cargo: Cargo::Stored(_), .. }) {
                                self.rest(key, Hold::Away);
                            } else {
                                self.finish(key, State::Stopped(problem.clone()));
                            }
                        }
                    }
                }
            }
        }
    }

    /// Looks for a computer that this person wants to reach, wherever it may be.
    pub fn seek(&mut self, with: Fingerprint) {
        let mut addresses: Vec<SocketAddr> = Vec::new();
        let heard = self.heard.get(&with).map(|(address, _)| *address);
        let present = self.present.get(&with).map(|present| present.addresses.as_slice()).unwrap_or_default();
        let known = self.known.get(&with).map(|known| known.addresses.as_slice()).unwrap_or_default();
        for address in heard.iter().chain(present).chain(known) {
            if !addresses.contains(address) {
                addresses.push(*address);
            }
        }
        self.dial(&addresses, Some(with), Urgency::Person);
    }

    /// Once a second: those somebody waits for, then the known ones that are away.
    pub fn look_around(&mut self) {
        let mut wanted: Vec<Fingerprint> = self
            .transfers
            .iter()
            .filter(|(_, transfer)| {
                matches!(transfer.stage, Stage::Reaching { .. } | Stage::Taking { .. }) || transfer.lost.is_some()
            })
            .map(|((with, _), _)| *with)
            .chain(self.browses.iter().map(|browse| browse.with))
            .chain(self.comparing.sought())
            .filter(|with| !self.links.contains_key(with))
            .collect();
        wanted.dedup();
        for with in wanted {
            self.seek(with);
        }
        let away: Vec<(Fingerprint, Vec<SocketAddr>)> = self
            .known
            .values()
            .filter(|known| !self.links.contains_key(&known.fingerprint) && !self.is_blocked(known.fingerprint))
            .filter(|known| self.looks_for(known.fingerprint))
            .filter(|known| !self.refused.waits(&known.fingerprint, Instant::now().into_std()))
            .map(|known| (known.fingerprint, known.addresses.clone()))
            .collect();
        for (with, addresses) in away {
            self.dial(&addresses, Some(with), Urgency::Background);
        }
    }

    /// Everything from the beginning: this person asked, or the network changed.
    pub fn refresh(&mut self) {
        self.attempts.forgive();
        self.refused.end_all();
        if let Some(nearby) = &self.nearby {
            nearby.announce_now();
        }
        self.look_around();
    }

    /// The network changed, or discovery came or went.
    pub fn nearby_changed(&mut self) {
        let Some(nearby) = &self.nearby else { return };
        let status = nearby.status().borrow().clone();
        if self.me.addresses != status.addresses {
            self.me.addresses = status.addresses;
            self.refresh();
        }
        if !status.listening {
            self.deaf_since.get_or_insert_with(Instant::now);
        } else if self.deaf_since.take().is_some() {
            self.withdraw_notice(&Notice::DiscoveryUnavailable);
        }
        self.pace.touch();
    }

    /// The first moments don't count: the sockets are only being opened.
    pub fn notice_deafness(&mut self, now: Instant) {
        if self.deaf_since.is_some_and(|since| now.duration_since(since) > HEARD_FOR / 3) {
            self.notice(Notice::DiscoveryUnavailable);
        }
    }

    /// Our own identity answered. At an address of another machine that is a cloned disk.
    fn met_myself(&mut self, targets: &[Target]) {
        let ours = |address: &SocketAddr| {
            address.ip().is_loopback() || self.me.addresses.iter().any(|own| own.ip() == address.ip())
        };
        if !self.me.addresses.is_empty() && targets.iter().any(|target| !ours(&target.address)) {
            self.notice(Notice::SharedIdentity { with: self.myself });
        }
    }
}
