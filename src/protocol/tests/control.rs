//! Both ends of a control connection against each other.

mod again;
mod bounds;
mod consent;
mod conversation;
mod liveness;

use std::time::Instant;

use super::*;
use crate::protocol::{
    control::{Control, ControlError, Event},
    message::{Accept, DeviceKind, Features, Hello, Role},
};

fn hello() -> Hello {
    Hello {
        version: 1,
        features: Features::SHELF | Features::PAUSE | Features::THUMBNAILS,
        name: "Mei's laptop".to_owned(),
        kind: DeviceKind::Computer,
        port: 53317,
        role: Role::Control,
        software: String::new(),
    }
}

fn all(offer: &Offer) -> Accept {
    Accept { items: Ranges::all(offer.items.len() as u32), resume: Vec::new(), known: Ranges::default() }
}

/// Two ends and the wires between them.
struct Pair {
    ends: [Control; 2],
    pipes: [Pipe; 2],
    now: Instant,
}

const MEI: usize = 0;
const OFFICE: usize = 1;

impl Pair {
    fn new(cuts: &Cuts) -> Self {
        let now = Instant::now();
        let pipes = [0, 1].map(|_| Pipe::new(Stage::Control, cuts.clone()));
        Self { ends: [0, 1].map(|_| Control::new(&hello(), now)), pipes, now }
    }

    /// Lets both speak until both are silent; what happened at each, in order.
    fn run(&mut self, mut on: impl FnMut(&mut Control, usize, &Event)) -> Result<[Vec<Event>; 2], ControlError> {
        let mut events = [Vec::new(), Vec::new()];
        loop {
            let mut busy = false;
            for from in [MEI, OFFICE] {
                let to = 1 - from;
                while let Some(frame) = self.ends[from].poll_transmit() {
                    self.pipes[from].write(&frame);
                }
                let Some(frames) = self.pipes[from].deliver() else { continue };
                busy = true;
                for frame in frames.expect("honest frames") {
                    if let Some(event) = self.ends[to].receive(frame, self.now)? {
                        on(&mut self.ends[to], to, &event);
                        events[to].push(event);
                    }
                }
            }
            if !busy {
                return Ok(events);
            }
        }
    }

    fn quiet(&mut self) -> [Vec<Event>; 2] {
        self.run(|_, _, _| {}).expect("an honest conversation")
    }
}
