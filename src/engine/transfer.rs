//! One transfer, whichever way it goes: how far it is, and what is shown of it.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use tokio::{task::AbortHandle, time::Instant};

use super::{
    again::Place,
    api::{Direction, GroupId, Hold, Phase, Problem, Resting, Running},
    pausing::Paused,
    prepare::{Prepared, Stored},
    thumbnails::Held,
};
use crate::{
    protocol::{Fingerprint, Ranges, TransferId, message::Offer},
    transfer::{Hashed, Meter, Missing, Progress},
};

/// A transfer is known by whom it is with and its id: ids are unique per pair.
pub(super) type Key = (Fingerprint, TransferId);

/// The place of what isn't in the store yet.
pub(super) const LAST: i64 = i64::MAX;

#[derive(Debug)]
pub(super) struct Transfer {
    pub group: GroupId,
    pub stage: Stage,
    pub side: Side,
    /// What was accepted; before that, what was offered.
    pub files: u64,
    pub bytes: u64,
    pub progress: Option<Arc<Progress>>,
    pub meter: Meter,
    /// Folders that go without some of what is in them: how many things, and why the first of them.
    pub left_out: BTreeMap<u32, (u64, Problem)>,
    /// What runs for it; ended with it.
    pub work: Work,
    /// When it stops, unless the computer is back before.
    pub lost: Option<Instant>,
    /// When it was offered, or began to move.
    pub since: Instant,
    /// Counts its beginnings, so that what an earlier one still has to say is known as that.
    pub attempt: u32,
    /// Attempts in a row that failed at once.
    pub tries: u32,
    /// Out: items that were there already, as the other side says in each answer.
    pub already: Ranges,
    /// Out: digests were told, and the answer to them is awaited.
    pub digested: bool,
    /// How often it was offered again because a file became larger.
    pub grown: u32,
    /// It rests because a disk is full or can't be written to, and asks from time to time whether it takes something again.
    /// Nothing of that is shown.
    pub waits_for_disk: bool,
    /// The disk it waits for is the one with its sources.
    pub waits_for_source: bool,
    /// What was still to come when it began to rest, at least; `None` until something of it moved since the start.
    pub missing: Option<Missing>,
    pub hashed: Arc<Hashed>,
    /// Where it stands among what leaves for this computer: the smaller goes first.
    pub place: i64,
    pub paused: Paused,
    /// It waits for its computer, however long that takes.
    pub keep: bool,
    /// What the store says it waits for, while it rests.
    pub hold: Option<Hold>,
    /// In: what came of its pictures.
    pub thumbnails: Held,
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Sources are being read, or a folder opened.
    Preparing,
    /// Out: the recipient is being dialled.
    Reaching {
        until: Instant,
    },
    /// Out: the question is over there. In: it is here.
    Waiting,
    /// A take was sent: the offer is awaited.
    Taking {
        until: Instant,
    },
    /// The text, or its receipt, is awaited.
    Text {
        until: Instant,
    },
    /// The data connection is awaited. `asked`: the other side was asked to dial.
    Joining {
        until: Instant,
        asked: bool,
    },
    Moving,
    /// It was accepted, and some of it may be there already: the giver finds digests.
    Comparing,
    /// The data connection broke; the other side may still say why.
    Broken {
        until: Instant,
    },
    /// It rests until the other computer is back, or until it is tried again.
    Away {
        retry: Option<Instant>,
    },
}

#[derive(Debug)]
pub(super) enum Side {
    /// `offered`: at least once. `consented`: it was accepted there once.
    Out { cargo: Cargo, offered: bool, for_take: bool, consented: bool },
    /// `kept` is there from Accept until the data connection. `consented`: it was accepted here, and is in the store.
    /// `same`: where another offer of this transfer was agreed to before, the items that it had just so.
    In {
        offer: Arc<Offer>,
        accepted: Ranges,
        into: PathBuf,
        kept: Option<Box<Place>>,
        consented: bool,
        same: Option<Ranges>,
    },
}

#[derive(Debug, Clone)]
pub(super) enum Cargo {
    /// The plan is being made.
    Planned,
    Text(Arc<str>),
    Files(Arc<Prepared>),
    /// To be walked again when it goes on.
    Stored(Arc<Stored>),
}

/// Tasks of one transfer, ended when this is dropped.
#[derive(Debug, Default)]
pub(super) struct Work(Vec<AbortHandle>);

impl Work {
    pub fn add(&mut self, task: AbortHandle) {
        self.0.retain(|task| !task.is_finished());
        self.0.push(task);
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        for task in &self.0 {
            task.abort();
        }
    }
}

impl Transfer {
    pub fn new(group: GroupId, stage: Stage, side: Side) -> Self {
        Self {
            group,
            stage,
            side,
            files: 0,
            bytes: 0,
            progress: None,
            meter: Meter::default(),
            left_out: BTreeMap::new(),
            work: Work::default(),
            lost: None,
            since: Instant::now(),
            attempt: 0,
            tries: 0,
            already: Ranges::default(),
            digested: false,
            grown: 0,
            waits_for_disk: false,
            waits_for_source: false,
            missing: None,
            hashed: Arc::default(),
            place: LAST,
            paused: Paused::default(),
            keep: false,
            hold: None,
            thumbnails: Held::default(),
        }
    }

    pub fn direction(&self) -> Direction {
        match self.side {
            Side::Out { .. } => Direction::Sent,
            Side::In { .. } => Direction::Received,
        }
    }

    /// It survives a break: what is given, and what was agreed to be received.
    pub fn can_go_on(&self) -> bool {
        match self.side {
            Side::Out { for_take, consented, .. } => consented || !for_take,
            Side::In { consented, .. } => consented,
        }
    }

    /// When something is to be done about it.
    pub fn due(&self) -> Option<Instant> {
        let stage = match self.stage {
            Stage::Reaching { until }
            | Stage::Taking { until }
            | Stage::Text { until }
            | Stage::Joining { until, .. }
            | Stage::Broken { until } => Some(until),
            Stage::Away { retry } => retry,
            Stage::Preparing | Stage::Waiting | Stage::Comparing | Stage::Moving => None,
        };
        [stage, self.lost].into_iter().flatten().min()
    }

    /// Bytes cross, or are being flushed.
    pub fn moves(&self) -> bool {
        let is_finishing = self.progress.as_ref().is_some_and(|progress| progress.finishing());
        self.stage == Stage::Moving && (self.meter.speed() > 0 || is_finishing)
    }

    /// As it is shown. A question to this person is shown as that, not as a transfer.
    pub fn running(&self, (with, transfer): Key) -> Option<Running> {
        let phase = match (self.stage, &self.progress) {
            _ if self.waits_for_disk => return None,
            (Stage::Waiting, _) if self.direction() == Direction::Received => return None,
            (Stage::Away { .. }, _) if self.lost.is_none() => return None,
            (Stage::Waiting, _) => Phase::Waiting,
            (Stage::Moving, Some(progress)) if progress.finishing() => Phase::Finishing,
            // Its connection may be back in a moment: how far it was is still true.
            (Stage::Moving | Stage::Broken { .. } | Stage::Away { .. }, _) => Phase::Moving,
            _ => Phase::Preparing,
        };
        let progress = self.progress.as_deref();
        Some(Running {
            with,
            transfer,
            group: self.group,
            direction: self.direction(),
            phase,
            bytes: self.done(),
            total: self.bytes,
            files: progress.map_or(0, |progress| progress.files().min(self.files)),
            files_total: self.files,
            speed: self.meter.speed(),
            left: self.meter.left(self.bytes),
            items: progress.map_or_else(BTreeMap::new, Progress::items),
            thumbnails: self.thumbnails.shown.clone(),
        })
    }

    /// How far it was when it began to rest, while it does.
    pub fn resting(&self, (with, transfer): Key) -> Option<Resting> {
        let rests = self.waits_for_disk || matches!(self.stage, Stage::Away { .. }) && self.lost.is_none();
        let bytes = self.done();
        (rests && bytes > 0).then_some(Resting { with, transfer, bytes, total: self.bytes })
    }

    /// Bytes that are over. Until what goes on has found out, what it had before it rested.
    fn done(&self) -> u64 {
        match self.progress.as_ref().map_or(0, |progress| progress.bytes()) {
            0 => self.missing.map_or(0, |missing| self.bytes.saturating_sub(missing.bytes)),
            bytes => bytes.min(self.bytes),
        }
    }
}
