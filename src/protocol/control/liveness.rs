//! Whether the other side is still there.

use std::time::Instant;

use crate::protocol::limits::{DEAD_AFTER, PING_AFTER};

/// Nothing came for [`DEAD_AFTER`], not even an answer to our question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the other side has been silent for too long")]
pub struct Silent;

#[derive(Debug)]
pub(super) struct Liveness {
    heard: Instant,
    asked: bool,
    token: u64,
}

impl Liveness {
    pub(super) fn new(now: Instant) -> Self {
        Self { heard: now, asked: false, token: 0 }
    }

    pub(super) fn heard(&mut self, now: Instant) {
        self.heard = self.heard.max(now);
        self.asked = false;
    }

    pub(super) fn next(&self) -> Instant {
        self.heard + if self.asked { DEAD_AFTER } else { PING_AFTER }
    }

    /// It was asked and has not answered yet.
    pub(super) fn is_asked(&self) -> bool {
        self.asked
    }

    /// The token of a ping that is to be sent now, if one is.
    pub(super) fn check(&mut self, now: Instant) -> Result<Option<u64>, Silent> {
        let silence = now.saturating_duration_since(self.heard);
        if silence >= DEAD_AFTER {
            return Err(Silent);
        }
        if silence < PING_AFTER || self.asked {
            return Ok(None);
        }
        self.asked = true;
        self.token += 1;
        Ok(Some(self.token))
    }
}
