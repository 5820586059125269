//! The pictures that next and previous go through: a stretch of a conversation's, which grows towards where one goes.

use std::{
    collections::VecDeque,
    path::{Path, PathBuf},
};

use super::ViewerAction;
use crate::{engine::api::Towards, protocol::Fingerprint};

/// More are asked for when so few are left on one side.
const AHEAD: usize = 3;

/// So many are held; beyond it those furthest behind go, and are asked for again on the way back.
const HELD: usize = 2_000;

/// The ends of the conversation.
const FROM_FIRST: Towards = Towards::Newer(i64::MIN);
const TO_LAST: Towards = Towards::Older(i64::MAX);

/// A picture that can be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// Of its entry.
    pub seq: i64,
    pub path: PathBuf,
    /// As people call it.
    pub name: String,
    pub thumbhash: Option<Vec<u8>>,
    /// Nobody waits for the file to be sent: it may be moved to the bin.
    pub settled: bool,
}

/// In the order of the conversation, never empty while it is shown.
#[derive(Debug)]
pub struct Gallery {
    with: Option<Fingerprint>,
    pictures: VecDeque<Shown>,
    at: usize,
    /// Where the conversation goes on: entries older, and newer, than these were not looked through.
    older: Option<i64>,
    newer: Option<i64>,
    asked: Option<Towards>,
    /// This person went on before the answer came.
    steps: Option<Step>,
}

/// Where to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Previous,
    Next,
    First,
    Last,
}

impl Gallery {
    /// Just these. `None` if there is no picture at `at`.
    #[must_use]
    pub fn new(pictures: Vec<Shown>, at: usize) -> Option<Self> {
        let pictures = VecDeque::from(pictures);
        (at < pictures.len()).then_some(Self {
            with: None,
            pictures,
            at,
            older: None,
            newer: None,
            asked: None,
            steps: None,
        })
    }

    /// A stretch of the conversation with a computer, which goes on beyond these entries.
    #[must_use]
    pub fn of_conversation(self, with: Fingerprint, older: Option<i64>, newer: Option<i64>) -> Self {
        Self { with: Some(with), older, newer, ..self }
    }

    pub(super) fn shown(&self) -> &Shown {
        &self.pictures[self.at]
    }

    /// The one before or after, if it is known.
    pub(super) fn near(&self, step: Step) -> Option<&Shown> {
        match step {
            Step::Previous => self.pictures.get(self.at.checked_sub(1)?),
            _ => self.pictures.get(self.at + 1),
        }
    }

    /// There is one on this side, or may be.
    pub(super) fn goes_on(&self, step: Step) -> bool {
        let open = if step == Step::Previous { self.older } else { self.newer };
        open.is_some() || self.near(step).is_some()
    }

    /// Which of how many this is, once all are known and there are several.
    pub(super) fn place(&self) -> Option<(u64, u64)> {
        let all = self.older.is_none() && self.newer.is_none() && self.pictures.len() > 1;
        all.then_some((self.at as u64 + 1, self.pictures.len() as u64))
    }

    /// Goes there, now or as soon as it is known what is there. Whether another picture is shown now.
    pub(super) fn go(&mut self, step: Step) -> bool {
        let before = self.at;
        let last = self.pictures.len() - 1;
        match step {
            Step::Previous if self.at > 0 => self.at -= 1,
            Step::Next if self.at < last => self.at += 1,
            Step::First if self.older.is_none() => self.at = 0,
            Step::Last if self.newer.is_none() => self.at = last,
            // Those at the very end are asked for, whatever else was.
            Step::First | Step::Last => self.asked = None,
            Step::Previous | Step::Next => {}
        }
        let waits = match step {
            Step::Previous => before == 0 && self.older.is_some(),
            Step::Next => before == last && self.newer.is_some(),
            Step::First => self.older.is_some(),
            Step::Last => self.newer.is_some(),
        };
        self.steps = waits.then_some(step);
        self.at != before
    }

    /// What is to be asked for now.
    pub(super) fn wants(&mut self) -> Option<ViewerAction> {
        let with = self.with.filter(|_| self.asked.is_none())?;
        let towards = match self.steps {
            Some(Step::First) => FROM_FIRST,
            Some(Step::Last) => TO_LAST,
            _ => {
                let older = self.older.filter(|_| self.at < AHEAD).map(Towards::Older);
                older.or_else(|| self.newer.filter(|_| self.at + AHEAD >= self.pictures.len()).map(Towards::Newer))?
            }
        };
        self.asked = Some(towards);
        Some(ViewerAction::More { with, towards })
    }

    /// The answer: in the order of the conversation, and beyond which entry it goes on. Whether another picture is shown
    /// now.
    pub(super) fn take(&mut self, towards: Towards, pictures: Vec<Shown>, beyond: Option<i64>) -> bool {
        if self.asked != Some(towards) {
            return false;
        }
        self.asked = None;
        match towards {
            FROM_FIRST | TO_LAST => {
                self.steps = None;
                if pictures.is_empty() {
                    return false;
                }
                self.at = if towards == TO_LAST { pictures.len() - 1 } else { 0 };
                (self.older, self.newer) = if towards == TO_LAST { (beyond, None) } else { (None, beyond) };
                self.pictures = pictures.into();
                return true;
            }
            Towards::Older(_) => {
                self.older = beyond;
                self.at += pictures.len();
                pictures.into_iter().rev().for_each(|picture| self.pictures.push_front(picture));
            }
            Towards::Newer(_) => {
                self.newer = beyond;
                self.pictures.extend(pictures);
            }
        }
        self.make_room(towards);
        self.steps.take().is_some_and(|step| self.go(step))
    }

    /// The pictures that an entry has now, which came or changed meanwhile. The one that is looked at stays where it is.
    pub(super) fn join(&mut self, seq: i64, mut pictures: Vec<Shown>) {
        let beyond = self.older.is_some_and(|than| seq < than) || self.newer.is_some_and(|than| seq > than);
        if beyond || pictures.is_empty() {
            return;
        }
        let begin = self.pictures.partition_point(|picture| picture.seq < seq);
        let end = self.pictures.partition_point(|picture| picture.seq <= seq);
        if begin == self.pictures.len() && begin + pictures.len() > HELD {
            // Asked for when somebody comes near.
            self.newer = self.pictures.back().map(|last| last.seq);
            return;
        }
        if (begin..end).contains(&self.at) {
            let shown = self.shown();
            let place = pictures.iter().position(|picture| picture.path == shown.path).unwrap_or_else(|| {
                let place = (self.at - begin).min(pictures.len());
                pictures.insert(place, shown.clone());
                place
            });
            self.at = begin + place;
        } else if self.at >= end {
            self.at = self.at - (end - begin) + pictures.len();
        }
        let after = self.pictures.split_off(end);
        self.pictures.truncate(begin);
        self.pictures.extend(pictures);
        self.pictures.extend(after);
    }

    /// Whose conversation it goes through, if it goes through one.
    pub(super) const fn with(&self) -> Option<Fingerprint> {
        self.with
    }

    /// It asked in vain. What could not be told now is not asked for again with every frame.
    pub(super) fn not_told(&mut self) {
        self.steps = None;
    }

    /// Without those of one file, which is gone. Whether another picture is shown now; `None` if there is none left.
    pub(super) fn remove(&mut self, path: &Path) -> Option<bool> {
        let shown = self.shown().path == path;
        let before = self.pictures.iter().take(self.at).filter(|picture| picture.path == path).count();
        self.pictures.retain(|picture| picture.path != path);
        self.at = (self.at - before).min(self.pictures.len().checked_sub(1)?);
        Some(shown)
    }

    /// Whole entries go, so that it is known where to ask.
    fn make_room(&mut self, towards: Towards) {
        while self.pictures.len() > HELD {
            let here = self.shown().seq;
            let furthest =
                if matches!(towards, Towards::Older(_)) { self.pictures.back() } else { self.pictures.front() };
            let Some(gone) = furthest.map(|picture| picture.seq).filter(|gone| *gone != here) else { break };
            let before = self.pictures.iter().take(self.at).filter(|picture| picture.seq == gone).count();
            self.pictures.retain(|picture| picture.seq != gone);
            self.at -= before;
            match towards {
                Towards::Older(_) => self.newer = self.pictures.back().map(|last| last.seq),
                Towards::Newer(_) => self.older = self.pictures.front().map(|first| first.seq),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(seq: i64) -> Shown {
        Shown { seq, path: format!("/{seq}.jpg").into(), name: seq.to_string(), thumbhash: None, settled: true }
    }

    fn of(seqs: std::ops::Range<i64>) -> Vec<Shown> {
        seqs.map(picture).collect()
    }

    fn part(seqs: std::ops::Range<i64>, at: usize, older: Option<i64>, newer: Option<i64>) -> Gallery {
        Gallery::new(of(seqs), at).unwrap().of_conversation(Fingerprint([1; 32]), older, newer)
    }

    /// Asks for nothing else but this.
    fn asks(gallery: &mut Gallery) -> Option<Towards> {
        let wants = gallery.wants();
        assert_eq!(gallery.wants(), None, "it asks once");
        wants.map(|wants| match wants {
            ViewerAction::More { towards, .. } => towards,
            other => panic!("{other:?}"),
        })
    }

    #[test]
    fn from_a_loaded_stretch_one_gets_to_the_first_and_the_last_picture_of_the_conversation() {
        // Every tenth entry is a picture, 10 to 10,000; those about 5,000 are loaded.
        const PAGE: i64 = 50;
        let answer = |towards| {
            let all = (1..=1_000).map(|n| n * 10);
            let (mut found, beyond): (Vec<i64>, _) = match towards {
                Towards::Older(than) => {
                    let mut found: Vec<i64> = all.rev().filter(|seq| *seq < than).take(PAGE as usize).collect();
                    found.reverse();
                    (found.clone(), found.first().copied().filter(|first| *first > 10))
                }
                Towards::Newer(than) => {
                    let found: Vec<i64> = all.filter(|seq| *seq > than).take(PAGE as usize).collect();
                    (found.clone(), found.last().copied().filter(|last| *last < 10_000))
                }
            };
            (found.drain(..).map(picture).collect::<Vec<_>>(), beyond)
        };
        let start = || {
            let loaded = (480..520).map(|n| picture(n * 10)).collect();
            Gallery::new(loaded, 20).unwrap().of_conversation(Fingerprint([1; 32]), Some(4_795), Some(5_195))
        };
        for (step, end) in [(Step::Previous, 10), (Step::Next, 10_000)] {
            let mut gallery = start();
            let mut passed = vec![gallery.shown().seq];
            while gallery.goes_on(step) {
                let moved = gallery.go(step);
                let (towards, told) = match asks(&mut gallery) {
                    Some(towards) => {
                        let (pictures, beyond) = answer(towards);
                        (true, gallery.take(towards, pictures, beyond))
                    }
                    None => (false, false),
                };
                assert!(moved || told || towards, "it stays at {}", gallery.shown().seq);
                passed.push(gallery.shown().seq);
            }
            passed.dedup();
            assert_eq!(passed.last(), Some(&end));
            let steps: Vec<i64> = passed.windows(2).map(|pair| (pair[1] - pair[0]).abs()).collect();
            assert!(steps.iter().all(|step| *step == 10), "{passed:?}");
        }
        for (step, end) in [(Step::First, 10), (Step::Last, 10_000)] {
            let mut gallery = start();
            assert!(!gallery.go(step));
            let towards = asks(&mut gallery).unwrap();
            let (pictures, beyond) = answer(towards);
            assert!(gallery.take(towards, pictures, beyond));
            assert_eq!(gallery.shown().seq, end);
        }
    }

    #[test]
    fn who_goes_on_before_the_answer_came_is_taken_there_with_it() {
        let mut gallery = part(5..6, 0, Some(5), None);
        assert!(!gallery.go(Step::Previous));
        assert_eq!(asks(&mut gallery), Some(Towards::Older(5)));
        assert!(!gallery.take(Towards::Newer(5), of(6..7), None), "nobody asked for that");
        assert!(gallery.take(Towards::Older(5), of(3..5), None));
        assert_eq!((gallery.shown().seq, gallery.place()), (4, Some((2, 3))));
        assert_eq!(asks(&mut gallery), None);
    }

    #[test]
    fn what_could_not_be_told_is_not_asked_for_without_end() {
        let mut gallery = part(5..6, 0, Some(5), None);
        assert_eq!(asks(&mut gallery), Some(Towards::Older(5)));
        gallery.not_told();
        assert_eq!(asks(&mut gallery), None);
        assert_eq!(gallery.shown().seq, 5);
    }

    #[test]
    fn pictures_of_which_none_can_be_shown_are_passed_over() {
        let mut gallery = part(5..6, 0, None, Some(5));
        gallery.go(Step::Next);
        assert_eq!(asks(&mut gallery), Some(Towards::Newer(5)));
        assert!(!gallery.take(Towards::Newer(5), Vec::new(), Some(90)));
        assert_eq!(asks(&mut gallery), Some(Towards::Newer(90)));
        assert!(gallery.take(Towards::Newer(90), of(91..92), None));
        assert_eq!(gallery.shown().seq, 91);
    }

    #[test]
    fn pictures_that_arrive_join_the_others_and_the_one_that_is_looked_at_stays() {
        let album = |names: &[&str]| -> Vec<Shown> {
            names.iter().map(|name| Shown { path: format!("/{name}").into(), ..picture(7) }).collect()
        };
        let paths = |gallery: &Gallery| {
            gallery.pictures.iter().map(|shown| shown.path.display().to_string()).collect::<Vec<_>>()
        };
        let mut gallery = part(5..7, 1, None, None);
        gallery.join(7, album(&["b"]));
        assert_eq!((gallery.shown().seq, gallery.place()), (6, Some((2, 3))));
        assert!(gallery.go(Step::Next));
        gallery.join(9, of(9..10));
        gallery.join(7, album(&["a", "b", "c"]));
        assert_eq!(paths(&gallery), ["/5.jpg", "/6.jpg", "/a", "/b", "/c", "/9.jpg"]);
        assert_eq!((gallery.shown().path.as_path(), gallery.place()), (Path::new("/b"), Some((4, 6))));
        gallery.join(7, album(&["a", "c"]));
        assert_eq!(gallery.shown().path, Path::new("/b"), "nothing takes it from under one's eyes");
        gallery.join(5, [of(5..6), album(&["d"])].concat().into_iter().map(|it| Shown { seq: 5, ..it }).collect());
        assert_eq!((gallery.shown().path.as_path(), gallery.place()), (Path::new("/b"), Some((5, 7))));
    }

    #[test]
    fn what_arrives_beyond_what_was_looked_through_or_is_too_much_to_hold_is_asked_for_later() {
        let mut gallery = part(5..9, 0, Some(5), Some(8));
        gallery.join(4, of(4..5));
        gallery.join(9, of(9..10));
        assert_eq!(gallery.pictures.len(), 4);
        let mut gallery = part(0..HELD as i64, 0, None, None);
        gallery.join(HELD as i64, of(HELD as i64..HELD as i64 + 1));
        assert_eq!((gallery.pictures.len(), gallery.shown().seq), (HELD, 0));
        gallery.go(Step::Last);
        assert_eq!(asks(&mut gallery), Some(TO_LAST), "there are more");
    }

    #[test]
    fn after_many_pictures_those_far_behind_are_let_go_and_asked_for_again_on_the_way_back() {
        let mut gallery = part(0..HELD as i64, HELD - 1, None, Some(HELD as i64));
        asks(&mut gallery);
        let new = HELD as i64 + 1..HELD as i64 + 101;
        gallery.take(Towards::Newer(HELD as i64), of(new), None);
        assert_eq!(gallery.pictures.len(), HELD);
        assert_eq!((gallery.shown().seq, gallery.older), (HELD as i64 - 1, Some(100)));
        assert_eq!(gallery.place(), None, "nobody counted them");
    }
}
