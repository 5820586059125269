//! Control connections as the hub sees them: at most one per computer, kept open with everybody who is near.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    sync::{OwnedSemaphorePermit, mpsc},
    time::Instant,
};

use super::{
    api::{DeviceKind, KnownComputer, Problem},
    data::turn_away,
    door::{Arrival, Gate},
    hub::Hub,
    link::{self, Heard, LinkEnd, LinkId},
};
use crate::{
    protocol::{
        Fingerprint, TransferId,
        compare::Ends,
        control::{CantSend, Control, Event},
        frame::Frame,
        limits::SAME_MOMENT,
        meet::{Stays, which_stays},
        message::{self, ByeReason, Role},
    },
    store::model::{MAX_ADDRESSES, Seen},
};

/// An office floor. Each holds some tens of kilobytes.
const MAX_LINKS: usize = 256;

/// Of them with computers this person never dealt with.
const MAX_STRANGERS: usize = 128;

/// Of those from one address: many accounts on one machine, or a test.
const MAX_STRANGERS_AT_ONE: usize = 64;

/// Between the end of a connection that was one too many and the arrival of the one that stays.
const ANOTHER_WITHIN: Duration = Duration::from_secs(1);

/// A stranger that is gone is shown dimmed for so long, then not at all.
const STRANGER_FADES: Duration = Duration::from_secs(30);

/// A standing control connection.
#[derive(Debug)]
pub(super) struct Link {
    pub id: LinkId,
    pub control: Control,
    frames: mpsc::Sender<Frame>,
    /// Given back when the other side reads what it is told.
    held: Option<OwnedSemaphorePermit>,
    /// By us.
    pub dialled: bool,
    pub remote: SocketAddr,
    pub port: u16,
    pub since: Instant,
}

impl Link {
    /// Where the other side can be dialled, as far as it says.
    pub fn listens_at(&self) -> SocketAddr {
        let mut address = self.remote;
        if self.port != 0 && !self.dialled {
            address.set_port(self.port);
        }
        address
    }
}

/// A computer that a connection stood with since the start.
#[derive(Debug)]
pub(super) struct Present {
    pub name: String,
    pub kind: DeviceKind,
    pub port: u16,
    /// Where it answered, newest first.
    pub addresses: Vec<SocketAddr>,
    /// When the last connection ended.
    pub gone: Option<Instant>,
    /// The other side keeps another connection of ours, which will be here by then: meanwhile it isn't gone.
    pub back_by: Option<Instant>,
}

impl Hub {
    /// A connection that has said Hello: one that knocked, or that we dialled in passing.
    pub fn arrived(&mut self, arrival: Arrival, wanted: bool) {
        match arrival.hello.role {
            Role::Data { transfer } => self.data_arrived(arrival, transfer),
            Role::Control => self.link_up(arrival, wanted),
        }
    }

    /// `wanted`: this person asked for this very computer.
    fn link_up(&mut self, arrival: Arrival, wanted: bool) {
        let with = arrival.with;
        let now = Instant::now();
        let is_known = !self.is_stranger(&with);
        let is_admitted = self.gate().admits(&with) || (wanted && !self.is_blocked(with));
        if !is_admitted {
            return turn_away(arrival.connection, ByeReason::Refused);
        }
        if let Some(standing) = self.links.get(&with) {
            let since = standing.since.into_std();
            match which_stays(self.myself, with, standing.dialled, since, arrival.dialled, now.into_std()) {
                Stays::Standing => return turn_away(arrival.connection, ByeReason::Duplicate),
                Stays::Newcomer => {}
            }
        } else if !self.has_room_for(&arrival, is_known) {
            return turn_away(arrival.connection, ByeReason::Busy);
        }

        self.next_link += 1;
        let id = LinkId { with, number: self.next_link };
        let Arrival { connection, hello, remote, dialled, exporter, .. } = arrival;
        let (dialler, acceptor) = if dialled { (self.myself, with) } else { (with, self.myself) };
        let mut control = Control::new(&hello, now.into_std());
        if let Some(exporter) = exporter {
            control = control.comparing(Ends { dialler, acceptor, exporter }, dialled);
        }
        if let Some(standing) = self.links.remove(&with) {
            self.lose_comparison(with, ByeReason::Duplicate);
            // The other side noticed first that nothing gets through. Data connections don't notice by themselves.
            let is_dead = standing.control.is_in_doubt()
                || (standing.remote.ip() != remote.ip() && standing.since.elapsed() > SAME_MOMENT);
            control.take_over(self.part(standing, ByeReason::Duplicate));
            if is_dead {
                self.rest_all(with, false);
            }
        } else if let Some(older) = self.left_controls.remove(&with) {
            control.take_over(older);
        }
        let frames = link::start(id, connection, self.inbox.clone());
        let link = Link { id, control, frames, held: None, dialled, remote, port: hello.port, since: now };
        let address = link.listens_at();
        self.links.insert(with, link);

        let present = self.present.entry(with).or_insert_with(|| Present {
            name: String::new(),
            kind: DeviceKind::Computer,
            port: 0,
            addresses: Vec::new(),
            gone: None,
            back_by: None,
        });
        present.name = if hello.name.is_empty() { short(with) } else { hello.name };
        present.kind = kind(hello.kind);
        present.port = hello.port;
        present.gone = None;
        present.back_by = None;
        if hello.port != 0 || dialled {
            present.addresses.retain(|known| *known != address);
            present.addresses.insert(0, address);
            present.addresses.truncate(MAX_ADDRESSES);
        }
        self.refused.end(&with);
        self.note_seen(with);
        self.pace.touch();
        self.tell_withdrawn(with);
        self.tell_pauses(with);
        self.resume_outgoing(with);
        self.resume_takes(with);
        self.resume_browses(with);
        self.resume_comparison(with);
        self.repeat_waiting(with);
        self.look_again();
    }

    /// What a link tells. One that was replaced meanwhile has nothing to say any more.
    pub fn link_said(&mut self, id: LinkId, heard: Heard) {
        let Some(link) = self.links.get_mut(&id.with).filter(|link| link.id == id) else { return };
        match heard {
            Heard::Frame(frame, permit) => match link.control.receive(frame, Instant::now().into_std()) {
                Ok(event) => {
                    if link.control.is_backed_up() {
                        link.held = Some(permit);
                    }
                    if let Some(event) = event {
                        self.said(id.with, event);
                    }
                    self.pump(id.with);
                }
                Err(error) => {
                    log::info!("{} broke the rules: {error}", id.with);
                    self.hang_up(id.with, ByeReason::Misbehaved);
                    self.stop_all(id.with, &Problem::Misbehaved);
                }
            },
            Heard::Drained => self.pump(id.with),
            Heard::Ended(LinkEnd::Closed) => {
                self.hang_up(id.with, ByeReason::Unknown);
                self.lose(id.with);
            }
            Heard::Ended(LinkEnd::Misbehaved) => {
                self.hang_up(id.with, ByeReason::Misbehaved);
                self.stop_all(id.with, &Problem::Misbehaved);
            }
        }
    }

    fn said(&mut self, with: Fingerprint, event: Event) {
        match event {
            Event::Offered(offer) => self.offered(with, offer),
            Event::Answered { transfer, answer } => self.answered((with, transfer), answer),
            Event::Text { transfer, text } => self.text_arrived((with, transfer), text),
            Event::TextSaved { transfer } => self.text_saved((with, transfer)),
            Event::Cancelled { transfer, reason } => self.peer_cancelled((with, transfer), reason),
            Event::Heard(transfers) => self.withdrawal_heard(with, transfers),
            Event::OpenData { transfer } => self.asked_to_dial((with, transfer)),
            Event::Browsed { request } => self.browsed(with, request),
            Event::Shelf(shelf) => self.shelf_arrived(with, &shelf),
            Event::Taken(take) => self.take_asked(with, take),
            Event::Compare(event) => self.compare_said(with, event),
            Event::Bye(reason) => self.bye_heard(with, reason),
            Event::Waiting(waits) => self.waiting_heard(with, waits),
            Event::Thumbnails(thumbnails) => self.thumbnails_arrived(with, thumbnails),
            Event::Paused { transfer } => self.peer_paused((with, transfer)),
            Event::Continued { transfer } => self.peer_continued((with, transfer)),
        }
    }

    fn bye_heard(&mut self, with: Fingerprint, reason: ByeReason) {
        log::debug!("{with} says goodbye: {reason:?}");
        self.hang_up(with, ByeReason::Done);
        match reason {
            ByeReason::Closing => {
                self.heard.remove(&with);
                self.rest_all(with, true);
            }
            ByeReason::Duplicate => {
                if let Some(present) = self.present.get_mut(&with) {
                    present.back_by = Some(Instant::now() + ANOTHER_WITHIN);
                }
                self.lose(with);
            }
            ByeReason::Refused => {
                self.refused.begin(with, Instant::now().into_std());
                self.stop_all(with, &Problem::Refused);
            }
            ByeReason::Incompatible => self.stop_all(with, &Problem::Incompatible),
            // Another connection stands there, or will: what was under way waits a little for it.
            _ => self.lose(with),
        }
    }

    /// Ends a connection from here. What was under way on it can be taken over by the next.
    pub fn hang_up(&mut self, with: Fingerprint, reason: ByeReason) {
        let Some(link) = self.links.remove(&with) else { return };
        self.forget_waiting(with);
        let control = self.part(link, reason);
        self.lose_comparison(with, reason);
        self.left_controls.insert(with, control);
        if let Some(present) = self.present.get_mut(&with) {
            present.gone = Some(Instant::now());
        }
        self.note_seen(with);
        self.queue_moved();
        self.pace.touch();
    }

    /// Says the last word on a connection and keeps what it was at.
    fn part(&mut self, link: Link, reason: ByeReason) -> Control {
        let Link { mut control, frames, .. } = link;
        if reason != ByeReason::Unknown {
            control.bye(reason);
            while let Some(frame) = control.poll_transmit() {
                if frames.try_send(frame).is_err() {
                    break;
                }
            }
        }
        control
    }

    /// Of the connection that stands, or of the one that was lost and may come back: what was agreed on goes on.
    pub fn control_of(&mut self, with: Fingerprint) -> Option<&mut Control> {
        let standing = self.links.get_mut(&with).map(|link| &mut link.control);
        standing.or_else(|| self.left_controls.get_mut(&with))
    }

    /// A wish of this side about a connection.
    pub fn speak<T>(
        &mut self,
        with: Fingerprint,
        wish: impl FnOnce(&mut Control) -> Result<T, CantSend>,
    ) -> Result<T, CantSend> {
        let link = self.links.get_mut(&with).ok_or(CantSend::Closing)?;
        let result = wish(&mut link.control);
        self.pump(with);
        result
    }

    /// The same where nobody waits for the result: the other side may have gone on meanwhile.
    pub fn mention(&mut self, with: Fingerprint, wish: impl FnOnce(&mut Control) -> Result<(), CantSend>) {
        if let Err(error) = self.speak(with, wish) {
            log::debug!("not said to {with}: {error}");
        }
    }

    /// Hands frames to the link's task as far as it takes them.
    pub fn pump(&mut self, with: Fingerprint) {
        let Some(link) = self.links.get_mut(&with) else { return };
        while let Ok(place) = link.frames.try_reserve() {
            let Some(frame) = link.control.poll_transmit() else { break };
            place.send(frame);
        }
        if !link.control.is_backed_up() {
            link.held = None;
        }
    }

    /// Once a second: asks the silent ones whether they live, and parts from those that don't.
    pub fn check_links(&mut self, now: Instant) {
        let mut silent = Vec::new();
        for (with, link) in &mut self.links {
            if link.control.poll_timeout() <= now.into_std() && link.control.handle_timeout(now.into_std()).is_err() {
                silent.push(*with);
            }
        }
        for present in self.present.values_mut().filter(|present| present.back_by.is_some_and(|by| by <= now)) {
            present.back_by = None;
            self.pace.touch();
        }
        for with in silent {
            log::debug!("{with} is silent");
            self.hang_up(with, ByeReason::Idle);
            self.rest_all(with, false);
        }
        self.ask_whether_heard();
        let linked: Vec<Fingerprint> = self.links.keys().copied().collect();
        for with in linked {
            self.pump(with);
        }
        let (transfers, links) = (&self.transfers, &self.links);
        let all = |with: Fingerprint| (with, TransferId([0; 16]))..=(with, TransferId([0xFF; 16]));
        self.left_controls.retain(|with, _| !links.contains_key(with) && transfers.range(all(*with)).next().is_some());
    }

    fn has_room_for(&self, arrival: &Arrival, is_known: bool) -> bool {
        if is_known {
            return self.links.len() < MAX_LINKS;
        }
        let ip = arrival.remote.ip();
        let strangers = || self.links.iter().filter(|(with, _)| self.is_stranger(with));
        self.links.len() < MAX_LINKS
            && strangers().count() < MAX_STRANGERS
            && strangers().filter(|(_, link)| link.remote.ip() == ip).count() < MAX_STRANGERS_AT_ONE
    }

    /// Strangers that are gone fade away, those gone longest first when there are many.
    pub fn fade_strangers(&mut self, now: Instant) {
        let known = &self.known;
        let before = self.present.len();
        self.present.retain(|with, present| {
            known.contains_key(with) || present.gone.is_none_or(|gone| now.duration_since(gone) < STRANGER_FADES)
        });
        while self.present.len() > MAX_LINKS + MAX_STRANGERS {
            let gone = self.present.iter().filter_map(|(with, present)| Some((present.gone?, *with))).min();
            let Some((_, with)) = gone else { break };
            self.present.remove(&with);
        }
        if self.present.len() != before {
            self.pace.touch();
        }
    }

    /// Brings a known computer's row up to date; does nothing for strangers.
    fn note_seen(&mut self, with: Fingerprint) {
        let seen = self.seen(with);
        let Some(known) = self.known.get_mut(&with) else { return };
        known.name.clone_from(&seen.name);
        known.kind = seen.kind;
        known.last_seen = seen.at;
        for address in seen.addresses.iter().rev() {
            known.addresses.retain(|other| other != address);
            known.addresses.insert(0, *address);
        }
        known.addresses.truncate(MAX_ADDRESSES);
        self.library.write("who was seen", move |store| store.note_seen(&with, &seen));
    }

    /// What is to be written down of a computer.
    pub fn seen(&self, with: Fingerprint) -> Seen {
        let (name, kind, addresses) = match (self.present.get(&with), self.known.get(&with)) {
            (Some(present), _) => (present.name.clone(), present.kind, present.addresses.clone()),
            (None, Some(known)) => (known.name.clone(), known.kind, Vec::new()),
            (None, None) => (short(with), DeviceKind::Computer, Vec::new()),
        };
        Seen { name, kind, addresses, at: super::now() }
    }

    /// Takes over what the store says of computers.
    pub fn learn(&mut self, known: impl IntoIterator<Item = KnownComputer>) {
        for known in known {
            self.known.insert(known.fingerprint, known);
        }
        self.update_gate();
    }

    pub fn update_gate(&mut self) {
        self.door.set_gate(self.gate());
        self.pace.touch();
    }

    pub fn gate(&self) -> Gate {
        let blocked = self.known.values().filter(|known| known.rule == super::api::Rule::Block);
        Gate {
            visibility: self.settings.visibility,
            blocked: blocked.map(|known| known.fingerprint).collect(),
            known: self.known.keys().copied().filter(|with| !self.is_stranger(with)).collect(),
        }
    }

    /// This person never dealt with it.
    pub fn is_stranger(&self, with: &Fingerprint) -> bool {
        self.known.get(with).is_none_or(|known| known.taker)
    }

    pub fn is_blocked(&self, with: Fingerprint) -> bool {
        self.known.get(&with).is_some_and(|known| known.rule == super::api::Rule::Block)
    }
}

/// For a computer that doesn't tell its name.
fn short(with: Fingerprint) -> String {
    with.to_string().chars().take(8).collect()
}

fn kind(kind: message::DeviceKind) -> DeviceKind {
    match kind {
        message::DeviceKind::Computer => DeviceKind::Computer,
        message::DeviceKind::Phone => DeviceKind::Phone,
        message::DeviceKind::Browser => DeviceKind::Browser,
    }
}
