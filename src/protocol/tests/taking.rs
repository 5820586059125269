//! A take whose connection is replaced by another one while it is agreed on: whatever crossed or was lost with the older
//! one, both ends come to the same.
//!
//! Both ends do here what PROTOCOL.md, section 7, asks of them, in every order there is.

use std::{collections::VecDeque, time::Instant};

use super::*;
use crate::protocol::{
    control::{CantSend, Control, Event},
    message::{Accept, Answer, CancelReason, DeviceKind, Features, Hello, Role, Take},
};

/// How it is meant to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    Given,
    Refused,
    /// The taker changes its mind, at any moment.
    GivenUp,
}

/// One thing that may happen next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// The next frame of a connection arrives at a side.
    Arrives {
        newer: bool,
        at: usize,
    },
    /// A side learns that the newer connection stays.
    Replaces(usize),
    /// The taker's folder is open.
    Accept,
    /// The owner has read its files, or has decided that it doesn't give them.
    Offer,
    GiveUp,
}

const TAKER: usize = 0;
const OWNER: usize = 1;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Nothing,
    /// The taker has asked.
    Taking,
    /// The owner reads its files; the taker opens its folder.
    Preparing,
    /// The owner has offered, or tried to.
    Waiting,
    Agreed,
    Over,
}

struct Side {
    control: Control,
    stage: Stage,
    /// At least once: the take or the offer.
    said: bool,
    replaced: bool,
}

struct World {
    sides: [Side; 2],
    /// What is on its way, by connection and by whom it goes to.
    wires: [[VecDeque<Frame>; 2]; 2],
    ending: Ending,
    now: Instant,
}

fn control(now: Instant) -> Control {
    let hello = Hello {
        version: 1,
        features: Features::SHELF,
        name: String::new(),
        kind: DeviceKind::Computer,
        port: 0,
        role: Role::Control,
        software: String::new(),
    };
    Control::new(&hello, now)
}

impl World {
    fn new(ending: Ending) -> Self {
        let now = Instant::now();
        let side = || Side { control: control(now), stage: Stage::Nothing, said: false, replaced: false };
        let mut world = Self { sides: [side(), side()], wires: Default::default(), ending, now };
        world.sides[TAKER].stage = Stage::Taking;
        world.take();
        world.send();
        world
    }

    fn possible(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        for at in [TAKER, OWNER] {
            let replaced = self.sides[at].replaced;
            // What comes on the older connection after that is read by nobody, and the newer one not before.
            if !self.wires[usize::from(replaced)][at].is_empty() {
                steps.push(Step::Arrives { newer: replaced, at });
            }
            if !replaced {
                steps.push(Step::Replaces(at));
            }
        }
        if self.sides[TAKER].stage == Stage::Preparing {
            steps.push(Step::Accept);
        }
        if self.sides[OWNER].stage == Stage::Preparing {
            steps.push(Step::Offer);
        }
        if self.ending == Ending::GivenUp && self.sides[TAKER].stage != Stage::Over {
            steps.push(Step::GiveUp);
        }
        steps
    }

    fn perform(&mut self, step: Step) {
        match step {
            Step::Arrives { newer, at } => {
                let frame = self.wires[usize::from(newer)][at].pop_front().unwrap();
                if let Some(event) = self.sides[at].control.receive(frame, self.now).expect("nobody breaks a rule") {
                    self.told(at, event);
                }
            }
            Step::Replaces(at) => {
                let side = &mut self.sides[at];
                let older = std::mem::replace(&mut side.control, control(self.now));
                side.control.take_over(older);
                side.replaced = true;
                match (at, side.stage) {
                    (TAKER, Stage::Taking) => self.take(),
                    (OWNER, Stage::Waiting) => self.offer(),
                    _ => {}
                }
            }
            Step::Accept => self.accept(),
            Step::Offer if self.ending == Ending::Refused => {
                self.sides[OWNER].stage = Stage::Over;
                self.sides[OWNER].control.cancel(id(1), CancelReason::NotOnShelf).ok();
            }
            Step::Offer => self.offer(),
            Step::GiveUp => {
                self.sides[TAKER].stage = Stage::Over;
                self.sides[TAKER].control.cancel(id(1), CancelReason::Person).ok();
                self.sides[TAKER].control.finished(id(1));
            }
        }
        self.send();
    }

    fn send(&mut self) {
        for from in [TAKER, OWNER] {
            let Side { control, replaced, .. } = &mut self.sides[from];
            self.wires[usize::from(*replaced)][1 - from].extend(std::iter::from_fn(|| control.poll_transmit()));
        }
    }

    fn told(&mut self, at: usize, event: Event) {
        let stage = &mut self.sides[at].stage;
        match (at, event) {
            (TAKER, Event::Offered(_)) => match stage {
                Stage::Taking => *stage = Stage::Preparing,
                Stage::Agreed => self.accept(),
                Stage::Preparing => {}
                other => panic!("offered while {other:?}"),
            },
            (OWNER, Event::Taken(_)) => match stage {
                Stage::Nothing | Stage::Over => *stage = Stage::Preparing,
                Stage::Waiting => self.offer(),
                Stage::Preparing => {}
                other => panic!("asked while {other:?}"),
            },
            (OWNER, Event::Answered { answer: Answer::Accept(_), .. }) => *stage = Stage::Agreed,
            (_, Event::Cancelled { .. }) => *stage = Stage::Over,
            (_, other) => panic!("{other:?}"),
        }
    }

    fn take(&mut self) {
        let Side { control, said, .. } = &mut self.sides[TAKER];
        let again = std::mem::replace(said, true);
        control.take(Take { transfer: id(1), items: vec![], again }).unwrap();
    }

    /// On a newer connection on which it isn't asked for yet it can't be offered for the first time.
    fn offer(&mut self) {
        let Side { control, said, stage, .. } = &mut self.sides[OWNER];
        *stage = Stage::Waiting;
        let again = std::mem::replace(said, true);
        let offer = Offer { for_take: true, again, ..offer(id(1), vec![file("cat.jpg", 5)]) };
        assert!(matches!(control.offer(offer), Ok(()) | Err(CantSend::NoSuchTransfer)));
    }

    /// Before the offer is repeated on a newer connection this can't be said; it is said then.
    fn accept(&mut self) {
        let Side { control, stage, .. } = &mut self.sides[TAKER];
        *stage = Stage::Agreed;
        let all = Accept { items: Ranges::all(1), resume: vec![], known: Ranges::default() };
        assert!(matches!(control.accept(id(1), all), Ok(()) | Err(CantSend::NoSuchTransfer)));
    }

    fn check(mut self) {
        let stages = [TAKER, OWNER].map(|at| self.sides[at].stage);
        match self.ending {
            Ending::Given => {
                assert_eq!(stages, [Stage::Agreed; 2]);
                for side in &mut self.sides {
                    side.control.connect_data(id(1)).unwrap();
                }
            }
            Ending::Refused => assert_eq!(stages, [Stage::Over; 2]),
            // The owner may not have heard of it; no data connection comes about all the same.
            Ending::GivenUp => {
                assert_eq!(stages[TAKER], Stage::Over);
                self.sides[TAKER].control.connect_data(id(1)).unwrap_err();
            }
        }
    }
}

/// Goes through all orders; how many there are.
fn every_order(ending: Ending) -> usize {
    let mut count = 0;
    // The way to the order that comes next: which of the possible steps is taken.
    let mut way: Vec<usize> = Vec::new();
    loop {
        let mut world = World::new(ending);
        let mut steps = Vec::new();
        let mut widths = Vec::new();
        loop {
            let possible = world.possible();
            if possible.is_empty() {
                break;
            }
            let choice = way.get(steps.len()).copied().unwrap_or(0);
            widths.push(possible.len());
            let step = possible[choice];
            steps.push((choice, step));
            let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| world.perform(step)));
            result.unwrap_or_else(|_| panic!("after {steps:?}"));
        }
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| world.check()));
        result.unwrap_or_else(|_| panic!("after {steps:?}"));
        count += 1;
        way = steps.iter().map(|(choice, _)| *choice).collect();
        while let Some(choice) = way.pop() {
            if choice + 1 < widths[way.len()] {
                way.push(choice + 1);
                break;
            }
        }
        if way.is_empty() {
            return count;
        }
    }
}

#[test]
fn a_take_whose_connection_is_replaced_is_agreed_on_whatever_was_lost_with_the_older_one() {
    assert!(every_order(Ending::Given) >= 30);
}

#[test]
fn a_take_that_is_refused_while_its_connection_is_replaced_is_refused() {
    assert!(every_order(Ending::Refused) >= 15);
}

#[test]
fn a_take_that_is_given_up_while_its_connection_is_replaced_breaks_no_rule_and_moves_nothing() {
    assert!(every_order(Ending::GivenUp) >= 300);
}
