//! The truth about an entry: which sentence stands below it, how far it is, and what can be done about it.

use std::time::Duration;

use crate::{
    app::model::part,
    engine::api::{Phase, Running},
    store::model::{Body, Direction, Entry, Hold, Item, ItemState, Problem, State},
};

/// What the line below an entry says, as data; [`super::words`] makes the sentence.
#[derive(Clone, Debug, PartialEq)]
pub enum Status {
    Preparing,
    /// The other person has not answered.
    WaitingThere,
    /// This person has not answered.
    WaitingHere,
    Moving(Progress),
    /// All bytes are over; being flushed.
    Finishing,
    /// A text the other computer has.
    Delivered,
    /// Saved there, or here when it was received.
    Saved,
    /// The same was there from an earlier time: nothing crossed.
    AlreadyThere,
    /// All is there but so many things inside folders.
    SavedWithout {
        count: u64,
    },
    /// Some were left out or failed.
    Partly {
        saved: u64,
        total: u64,
    },
    Declined,
    Cancelled {
        here: bool,
    },
    /// Not over, but it waits for something.
    Resting(Rest),
    Stopped(Problem),
    /// Nothing needs saying: a text that came.
    Nothing,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rest {
    pub hold: Hold,
    /// The how manieth it is among those that wait to be sent, and how many they are, if it isn't the only one.
    pub line: Option<(usize, usize)>,
    /// How far it was, 0 to 1, as far as that is known.
    pub part: Option<f32>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    pub sending: bool,
    /// 0 to 1.
    pub part: f32,
    /// Bytes per second; 0 while it is not known.
    pub speed: u64,
    pub left: Option<Duration>,
}

impl Status {
    pub fn of(entry: &Entry, running: Option<&Running>) -> Self {
        let sending = entry.direction == Direction::Sent;
        match &entry.state {
            State::Waiting | State::Running => running.map_or_else(
                || match entry.state {
                    State::Waiting if sending => Self::WaitingThere,
                    State::Waiting => Self::WaitingHere,
                    _ => Self::Preparing,
                },
                |running| Self::under_way(running, sending),
            ),
            State::Held(hold) => {
                let rest = Rest { hold: *hold, line: None, part: saved_part(&entry.body) };
                running.map_or(Self::Resting(rest), |running| Self::under_way(running, sending))
            }
            State::Saved => match &entry.body {
                Body::Text(_) if sending => Self::Delivered,
                Body::Text(_) => Self::Nothing,
                Body::Items { items, .. } => Self::saved(items),
            },
            State::Declined => Self::Declined,
            State::Cancelled { here } => Self::Cancelled { here: *here },
            State::Stopped(problem) => Self::Stopped(problem.clone()),
        }
    }

    fn under_way(running: &Running, sending: bool) -> Self {
        match running.phase {
            Phase::Preparing => Self::Preparing,
            Phase::Waiting if sending => Self::WaitingThere,
            Phase::Waiting => Self::WaitingHere,
            Phase::Moving => Self::Moving(Progress {
                sending,
                part: part(running.bytes, running.total),
                speed: running.speed,
                left: running.left,
            }),
            Phase::Finishing => Self::Finishing,
        }
    }

    fn saved(items: &[Item]) -> Self {
        let saved =
            items.iter().filter(|item| !matches!(item.state, ItemState::LeftOut | ItemState::Failed(_))).count();
        if saved < items.len() {
            return Self::Partly { saved: saved as u64, total: items.len() as u64 };
        }
        if !items.is_empty() && items.iter().all(|item| item.state == ItemState::AlreadyThere) {
            return Self::AlreadyThere;
        }
        let without = items.iter().map(|item| match item.state {
            ItemState::SavedWithout { count, .. } => count,
            _ => 0,
        });
        match without.fold(0, u64::saturating_add) {
            0 => Self::Saved,
            count => Self::SavedWithout { count },
        }
    }

    /// With what else is known of an entry that was sent: whether its computer is away, and where it stands among those
    /// that wait for it.
    #[must_use]
    pub fn waiting(self, away: bool, in_line: Option<(usize, usize)>) -> Self {
        match (self, in_line) {
            (Self::Resting(rest), line) => Self::Resting(Rest { line: line.filter(|(_, count)| *count > 1), ..rest }),
            // Being looked for where it has not been for a while.
            (Self::Preparing, None) if away => Self::Resting(Rest { hold: Hold::Queued, line: None, part: None }),
            (status, _) => status,
        }
    }

    /// With how far it was before it rested.
    #[must_use]
    pub fn rests_at(self, part: Option<f32>) -> Self {
        match self {
            Self::Resting(rest) => Self::Resting(Rest { part: part.or(rest.part), ..rest }),
            status => status,
        }
    }

    /// Not over, so that it can be cancelled.
    pub fn is_open(&self) -> bool {
        let goes = matches!(self, Self::Preparing | Self::WaitingThere | Self::WaitingHere | Self::Moving(_));
        goes || matches!(self, Self::Finishing | Self::Resting(_))
    }

    /// Ended without what was wanted, so that sending again makes sense.
    pub fn is_failure(&self) -> bool {
        matches!(self, Self::Declined | Self::Cancelled { .. } | Self::Stopped(_))
    }

    /// Worth saying below every entry, also in the middle of a group.
    pub fn stands_out(&self) -> bool {
        self.is_open() || self.is_failure() || matches!(self, Self::Partly { .. } | Self::SavedWithout { .. })
    }
}

/// How far one item is: 0 to 1 while it moves, `None` when there is nothing to show.
pub fn item_part(item: &Item, running: Option<&Running>) -> Option<f32> {
    let running = running.filter(|running| running.phase == Phase::Moving)?;
    if item.state != ItemState::Pending {
        return None;
    }
    Some(part(running.items.get(&item.index).copied().unwrap_or(0), item.size))
}

/// What is saved of it already, from what the store says; `None` if that is nothing.
fn saved_part(body: &Body) -> Option<f32> {
    let Body::Items { items, bytes, .. } = body else { return None };
    let saved: u64 = items.iter().filter(|item| item.state.is_saved()).map(|item| item.size).sum();
    (saved > 0).then(|| part(saved, *bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::conversation::samples::{self, entry, file, items, received, running, sent};

    const AT: i64 = 1_800_000_000_000;

    #[test]
    fn a_transfer_is_followed_from_the_question_to_the_disk() {
        let entry = entry(1, AT, Direction::Sent, items(vec![file(0, "a.pdf", 100)]), State::Running);
        let at = |phase, bytes| Status::of(&entry, Some(&running(&entry, phase, bytes, 100)));
        assert_eq!(Status::of(&entry, None), Status::Preparing);
        assert_eq!(at(Phase::Waiting, 0), Status::WaitingThere);
        let Status::Moving(progress) = at(Phase::Moving, 63) else { panic!("it moves") };
        assert!(progress.sending && (progress.part - 0.63).abs() < 1e-6);
        assert_eq!(at(Phase::Finishing, 100), Status::Finishing);
    }

    #[test]
    fn each_end_is_told_and_only_failures_can_be_sent_again() {
        let with = |state| Status::of(&entry(1, AT, Direction::Sent, items(vec![file(0, "a.pdf", 1)]), state), None);
        assert_eq!(with(State::Saved), Status::Saved);
        assert_eq!(with(State::Declined), Status::Declined);
        assert_eq!(with(State::Cancelled { here: false }), Status::Cancelled { here: false });
        let stopped = with(State::Stopped(Problem::DiskFull { here: false }));
        assert_eq!(stopped, Status::Stopped(Problem::DiskFull { here: false }));
        assert!(stopped.is_failure() && !with(State::Saved).is_failure() && with(State::Waiting).is_open());
    }

    #[test]
    fn what_was_left_out_is_counted() {
        let left_out = Item { state: ItemState::LeftOut, ..file(1, "b.pdf", 1) };
        let body = items(vec![file(0, "a.pdf", 1), left_out, file(2, "c.pdf", 1)]);
        let entry = entry(1, AT, Direction::Sent, body, State::Saved);
        assert_eq!(Status::of(&entry, None), Status::Partly { saved: 2, total: 3 });
    }

    #[test]
    fn a_folder_that_came_without_some_of_its_files_counts_as_saved_and_says_without_how_many() {
        let without = |index, count| Item {
            state: ItemState::SavedWithout { count, problem: Problem::SourceGone { name: "trip/a".into() } },
            ..samples::folder(index, "trip", 100, 3)
        };
        let status = |items_there| {
            let entry = entry(1, AT, Direction::Received, items(items_there), State::Saved);
            Status::of(&entry, None)
        };
        let folders = vec![without(0, 2), file(1, "b.pdf", 1), without(2, 1)];
        assert_eq!(status(folders.clone()), Status::SavedWithout { count: 3 });
        assert!(status(folders.clone()).stands_out() && !status(folders.clone()).is_failure());
        let left_out = Item { state: ItemState::LeftOut, ..file(3, "c.pdf", 1) };
        assert_eq!(status([folders, vec![left_out]].concat()), Status::Partly { saved: 3, total: 4 });
    }

    #[test]
    fn a_text_that_came_needs_no_words_and_one_that_went_is_delivered() {
        assert_eq!(Status::of(&received(1, AT, "hi"), None), Status::Nothing);
        assert_eq!(Status::of(&sent(1, AT, "hi"), None), Status::Delivered);
    }

    #[test]
    fn an_item_of_no_size_does_not_divide_by_zero() {
        let item = Item { state: ItemState::Pending, ..file(0, "empty", 0) };
        let entry = samples::entry(1, AT, Direction::Sent, items(vec![item.clone()]), State::Running);
        assert_eq!(item_part(&item, Some(&running(&entry, Phase::Moving, 0, 0))), Some(0.0));
    }
}
