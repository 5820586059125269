//! Telling what becomes of transfers: out of the store's entries, which lose nothing, and the snapshot's progress.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
};

use super::{
    line::{Exit, Line, Reason, TransferEvent, TransferLine},
    request::KeptPath,
    session::{Failure, Session, name_of, unexpected},
};
use crate::{
    engine::api::{
        Body, Command, Direction, Entry, Hold, Item, ItemState, Phase, Problem, Reply, Running, Snapshot, State,
    },
    protocol::{Fingerprint, TransferId},
};

/// Entries asked for at once.
const STEP: usize = 200;

/// Ended transfers that are remembered, so that a later change of theirs (read, say) is not told as news.
const REMEMBERED: usize = 4096;

pub(super) type Key = (Fingerprint, TransferId);

/// What has been told so far.
#[derive(Debug)]
pub(super) struct Follow {
    since: i64,
    told: BTreeMap<Key, Told>,
    ended: VecDeque<Key>,
    /// Not answered in time, and cancelled for it.
    given_up: BTreeSet<Key>,
}

#[derive(Debug, Default)]
struct Told {
    waiting: bool,
    /// What becomes of each item was told; only the end of the whole is not.
    done: bool,
    bytes: Option<u64>,
    items: BTreeSet<u32>,
}

impl Follow {
    /// From now on.
    pub fn new(snapshot: &Snapshot) -> Self {
        Self { since: snapshot.revision, told: BTreeMap::new(), ended: VecDeque::new(), given_up: BTreeSet::new() }
    }

    /// The next end of this one is told as "nobody answered". False if that was said before.
    pub fn give_up(&mut self, key: Key) -> bool {
        self.given_up.insert(key)
    }

    /// Tells that these go on without being followed.
    pub fn leave(&self, session: &mut Session<'_>, open: &BTreeSet<Key>) {
        let snapshot = session.client.snapshot();
        let moving = |key: &Key| snapshot.transfers.iter().find(|one| (one.with, one.transfer) == *key);
        for key in open {
            let direction = moving(key).map_or(Direction::Sent, |running| running.direction);
            let line = line(&snapshot, key, direction, TransferEvent::Stopped);
            session.say(Line::Transfer(Box::new(TransferLine { reason: Some(Reason::Left), ..line })));
        }
    }

    /// Tells what happened to the transfers that `wanted` wants. Those that ended, in order.
    pub fn tell(
        &mut self,
        session: &mut Session<'_>,
        snapshot: &Snapshot,
        wanted: impl Fn(&Key) -> bool,
    ) -> Result<Vec<(Arc<Entry>, Exit)>, Failure> {
        // First, since the changes may be newer than the snapshot: how far something is, is not said after its end.
        for running in &snapshot.transfers {
            let key = (running.with, running.transfer);
            if wanted(&key) && !self.ended.contains(&key) {
                self.running(snapshot, running, |line| session.say(line));
            }
        }
        let mut ended = Vec::new();
        while snapshot.revision > self.since {
            let Reply::Changes { entries, up_to, .. } =
                session.call(&Command::Changes { since: self.since, limit: STEP })?
            else {
                return Err(unexpected());
            };
            for entry in entries {
                let key = (entry.with, entry.transfer);
                if wanted(&key)
                    && !self.ended.contains(&key)
                    && let Some(exit) = self.entry(snapshot, &entry, |line| session.say(line))
                {
                    ended.push((entry, exit));
                }
            }
            if up_to <= self.since {
                break;
            }
            self.since = up_to;
        }
        Ok(ended)
    }

    fn entry(&mut self, snapshot: &Snapshot, entry: &Entry, mut out: impl FnMut(Line)) -> Option<Exit> {
        let key = (entry.with, entry.transfer);
        let told = self.told.entry(key).or_default();
        let line = |event| line(snapshot, &key, entry.direction, event);
        let mut worst = Exit::Done;
        if let Body::Items { items, .. } = &entry.body {
            for item in items {
                let Some((event, reason)) = item_news(entry, item) else { continue };
                let missing = match item.state {
                    ItemState::SavedWithout { count, .. } => Some(count),
                    _ => None,
                };
                if matches!(item.state, ItemState::Failed(_)) {
                    worst = Exit::Failed;
                }
                if told.items.insert(item.index) {
                    out(Line::Transfer(Box::new(TransferLine {
                        item: Some(item.index),
                        name: Some(item.name.clone()),
                        path: item.path.clone().map(KeptPath),
                        bytes: Some(item.size),
                        missing,
                        already: item.state == ItemState::AlreadyThere,
                        reason,
                        ..line(event)
                    })));
                }
            }
        }
        told.done = matches!(&entry.body, Body::Items { items, .. } if told.items.len() == items.len());
        let mut say = |event, reason, text| {
            out(Line::Transfer(Box::new(TransferLine { reason, text, ..line(event) })));
        };
        let exit = match &entry.state {
            // Whether a person is asked by now, the snapshot tells; one that has its turn still to come waits for others.
            State::Waiting | State::Running | State::Held(Hold::Turn) => return None,
            State::Held(hold) => {
                say(TransferEvent::Stopped, Some(Reason::Held(*hold)), None);
                // What is received goes on while this runs; whoever sends need not wait for that.
                return (entry.direction == Direction::Sent).then_some(Exit::Stopped);
            }
            State::Saved => {
                if let Body::Text(text) = &entry.body {
                    match entry.direction {
                        Direction::Sent => say(TransferEvent::Saved, None, None),
                        Direction::Received => say(TransferEvent::Text, None, Some(text.clone())),
                    }
                }
                worst
            }
            State::Cancelled { here: true } if self.given_up.contains(&key) => {
                say(TransferEvent::Stopped, Some(Reason::Problem(Problem::NoAnswer)), None);
                Exit::Declined
            }
            State::Declined => {
                say(TransferEvent::Declined, None, None);
                Exit::Declined
            }
            State::Cancelled { here } => {
                say(TransferEvent::Stopped, Some(Reason::Cancelled { here: *here }), None);
                Exit::Failed
            }
            State::Stopped(problem) => {
                say(TransferEvent::Stopped, Some(Reason::Problem(problem.clone())), None);
                Exit::of(problem)
            }
        };
        self.told.remove(&key);
        self.given_up.remove(&key);
        self.ended.push_back(key);
        if self.ended.len() > REMEMBERED {
            self.ended.pop_front();
        }
        Some(exit)
    }

    fn running(&mut self, snapshot: &Snapshot, running: &Running, mut out: impl FnMut(Line)) {
        let key = (running.with, running.transfer);
        let told = self.told.entry(key).or_default();
        let line = line(snapshot, &key, running.direction, TransferEvent::Progress);
        match running.phase {
            Phase::Preparing => {}
            Phase::Waiting => {
                if !std::mem::replace(&mut told.waiting, true) {
                    out(Line::Transfer(Box::new(TransferLine { event: TransferEvent::Waiting, ..line })));
                }
            }
            Phase::Moving | Phase::Finishing if told.done => {}
            Phase::Moving | Phase::Finishing => {
                if told.bytes.replace(running.bytes) != Some(running.bytes) {
                    out(Line::Transfer(Box::new(TransferLine {
                        bytes: Some(running.bytes),
                        total: Some(running.total),
                        speed: (running.speed > 0).then_some(running.speed),
                        left: running.left.map(|left| left.as_secs()),
                        ..line
                    })));
                }
            }
        }
    }
}

/// What is to be told of one item. With the whole saved, one that still counts as under way is saved too.
fn item_news(entry: &Entry, item: &Item) -> Option<(TransferEvent, Option<Reason>)> {
    match &item.state {
        ItemState::Saved | ItemState::AlreadyThere => Some((TransferEvent::Saved, None)),
        ItemState::SavedWithout { problem, .. } => Some((TransferEvent::Saved, Some(Reason::Problem(problem.clone())))),
        ItemState::LeftOut => Some((TransferEvent::Declined, None)),
        ItemState::Failed(problem) => Some((TransferEvent::Stopped, Some(Reason::Problem(problem.clone())))),
        ItemState::Pending => (entry.state == State::Saved).then_some((TransferEvent::Saved, None)),
    }
}

fn line(snapshot: &Snapshot, (with, transfer): &Key, direction: Direction, event: TransferEvent) -> TransferLine {
    let name = Some(name_of(snapshot, with));
    let (from, to) = match direction {
        Direction::Sent => (None, name),
        Direction::Received => (name, None),
    };
    TransferLine {
        event,
        transfer: transfer.to_string(),
        item: None,
        name: None,
        path: None,
        bytes: None,
        total: None,
        speed: None,
        left: None,
        text: None,
        from,
        to,
        fingerprint: with.to_string(),
        missing: None,
        already: false,
        reason: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::model::{GroupId, ItemKind, Millis};

    const MEI: Fingerprint = Fingerprint([7; 32]);
    const ID: TransferId = TransferId([1; 16]);

    fn entry(items: &[ItemState], state: State) -> Entry {
        let item = |(index, state): (usize, &ItemState)| Item {
            index: index as u32,
            kind: ItemKind::File,
            name: format!("{index}.jpg"),
            size: 100,
            files: 1,
            path: None,
            thumbhash: None,
            rendition: None,
            state: state.clone(),
        };
        let items: Vec<Item> = items.iter().enumerate().map(item).collect();
        Entry {
            seq: 1,
            revision: 1,
            with: MEI,
            transfer: ID,
            group: GroupId([1; 16]),
            direction: Direction::Sent,
            at: Millis(0),
            body: Body::Items { files: items.len() as u64, bytes: 100 * items.len() as u64, items },
            state,
            read: true,
        }
    }

    fn running(bytes: u64) -> Running {
        Running {
            with: MEI,
            transfer: ID,
            group: GroupId([1; 16]),
            direction: Direction::Sent,
            phase: Phase::Moving,
            bytes,
            total: 200,
            files: 0,
            files_total: 2,
            speed: 0,
            left: None,
            items: BTreeMap::new(),
            thumbnails: Arc::default(),
        }
    }

    #[test]
    fn how_far_it_is_is_said_until_the_last_item_is_saved_and_never_after_it() {
        let snapshot = Snapshot::default();
        let mut follow = Follow::new(&snapshot);
        let mut events = Vec::new();
        let mut say = |line| {
            let Line::Transfer(line) = line else { panic!("{line:?}") };
            events.push(line.event);
        };
        follow.running(&snapshot, &running(50), &mut say);
        follow.entry(&snapshot, &entry(&[ItemState::Saved, ItemState::Pending], State::Running), &mut say);
        follow.running(&snapshot, &running(150), &mut say);
        follow.running(&snapshot, &running(150), &mut say);
        // All is on the other's disk, but this side has not closed the transfer yet.
        let left_out = [ItemState::Saved, ItemState::LeftOut];
        assert_eq!(follow.entry(&snapshot, &entry(&left_out, State::Running), &mut say), None);
        follow.running(&snapshot, &running(200), &mut say);
        assert_eq!(follow.entry(&snapshot, &entry(&left_out, State::Saved), &mut say), Some(Exit::Done));
        use TransferEvent::{Declined, Progress, Saved};
        assert_eq!(events, [Progress, Saved, Progress, Declined]);
    }
}
