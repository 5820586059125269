//! Comparing: one short code on two screens, so that people can be sure that nobody stands between their computers.
//!
//! The dialling side of the control connection commits to a nonce, the other reveals its own, then the first reveals.
//! So neither can choose its nonce to fit, and whoever stands between two connections has one guess in a million that
//! the codes of both are the same. `PROTOCOL.md` has the argument.
//!
//! ```text
//! dialler                                   acceptor
//!         ◀─────────────────── CompareAsk   (only if the person there began)
//!   CompareCommit ────────────────────────▶
//!         ◀──────────────── CompareReveal
//!   CompareReveal ────────────────────────▶
//!   shows the code                          checks the commitment, shows the code
//! ```

mod code;

pub use code::{Code, EXPORTER_LABEL, EXPORTER_LEN, Ends, NONCE_LEN, PICTURES, TABLE};

use super::message::{CompareEnd, Message};

/// What a run has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// The person there wants to compare. To be answered by [`Comparison::begin`] or [`Comparison::stop`].
    Asked,
    /// The other side committed to its nonce: whatever comes of it now counts as a run. To be answered by
    /// [`Comparison::begin`] or [`Comparison::stop`].
    Committed,
    /// To be shown.
    Code(Code),
    /// The other side ended it before there was a code.
    Stopped(CompareEnd),
}

/// The other side broke the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CompareError {
    #[error("a message of comparing that has no place there")]
    Unexpected,
    #[error("the nonce is not the one that was committed to")]
    NotCommitted,
}

/// One run at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a comparison is under way")]
pub struct UnderWay;

/// The comparing of one control connection: at most one run at a time.
#[derive(Debug)]
pub struct Comparison {
    ends: Ends,
    /// This side dialled the connection.
    dialled: bool,
    state: State,
    /// The newest run there was; the dialler counts them from 1.
    run: u32,
    /// The run this side ended last: what was on its way then is nobody's fault.
    stopped: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Rest,
    /// Acceptor: we asked.
    Asking,
    /// Acceptor: we asked, and want it no more; the answer is still to come.
    Withdrawn,
    /// Dialler: they asked, and this side has not answered.
    Asked,
    /// Dialler: we are committed to this nonce.
    Committed {
        nonce: [u8; NONCE_LEN],
    },
    /// Acceptor: they are committed, and this side has not answered.
    Awaiting {
        commitment: [u8; 32],
    },
    /// Acceptor: our nonce is out.
    Revealed {
        commitment: [u8; 32],
        nonce: [u8; NONCE_LEN],
    },
}

impl Comparison {
    /// Of a fresh connection.
    #[must_use]
    pub fn new(ends: Ends, dialled: bool) -> Self {
        Self { ends, dialled, state: State::Rest, run: 0, stopped: 0 }
    }

    /// Whether [`Comparison::begin`] will commit to the nonce or reveal it now, so that the run counts from then on;
    /// otherwise it only asks.
    #[must_use]
    pub fn commits(&self) -> bool {
        self.dialled || matches!(self.state, State::Awaiting { .. })
    }

    /// Begins a run, or goes on with the one that the other side wants. `nonce` must be random, and used once.
    /// `None`: nothing needs to be said for it.
    ///
    /// # Errors
    /// One is under way.
    pub fn begin(&mut self, nonce: [u8; NONCE_LEN]) -> Result<Option<Message>, UnderWay> {
        let (state, message) = match (self.state, self.dialled) {
            (State::Rest | State::Asked, true) => {
                self.run += 1;
                let commitment = self.ends.commitment(&nonce);
                (State::Committed { nonce }, Message::CompareCommit { run: self.run, commitment })
            }
            (State::Rest, false) => (State::Asking, Message::CompareAsk),
            // The answer to what was withdrawn may still come, and is taken for the answer to this.
            (State::Withdrawn, false) => {
                self.state = State::Asking;
                return Ok(None);
            }
            (State::Awaiting { commitment }, _) => {
                (State::Revealed { commitment, nonce }, Message::CompareReveal { run: self.run, nonce })
            }
            _ => return Err(UnderWay),
        };
        self.state = state;
        Ok(Some(message))
    }

    /// Ends what is under way, or says no to what the other side wants. `None`: nothing needs to be said.
    pub fn stop(&mut self, reason: CompareEnd) -> Option<Message> {
        let (state, run) = match self.state {
            State::Rest | State::Withdrawn => return None,
            State::Asking => {
                self.state = State::Withdrawn;
                return None;
            }
            State::Asked => (State::Rest, 0),
            State::Committed { .. } | State::Awaiting { .. } | State::Revealed { .. } => (State::Rest, self.run),
        };
        self.state = state;
        self.stopped = self.stopped.max(run);
        Some(Message::CompareStop { run, reason })
    }

    /// Takes what the other side says; what it means here, and what is to be said back at once.
    ///
    /// # Errors
    /// When the other side breaks the rules. The connection can't go on, and the run has failed.
    pub fn receive(&mut self, message: &Message) -> Result<(Option<Event>, Option<Message>), CompareError> {
        match *message {
            Message::CompareAsk => self.on_ask().map(|event| (event, None)),
            Message::CompareCommit { run, commitment } => self.on_commit(run, commitment),
            Message::CompareReveal { run, nonce } => self.on_reveal(run, &nonce),
            Message::CompareStop { run, reason } => self.on_stop(run, reason).map(|event| (event, None)),
            _ => Err(CompareError::Unexpected),
        }
    }

    fn on_ask(&mut self) -> Result<Option<Event>, CompareError> {
        match (self.state, self.dialled) {
            (State::Rest, true) => {
                self.state = State::Asked;
                Ok(Some(Event::Asked))
            }
            // Both people began at the same moment.
            (State::Committed { .. }, true) => Ok(None),
            _ => Err(CompareError::Unexpected),
        }
    }

    fn on_commit(&mut self, run: u32, commitment: [u8; 32]) -> Result<(Option<Event>, Option<Message>), CompareError> {
        let waits = matches!(self.state, State::Rest | State::Asking | State::Withdrawn);
        if self.dialled || !waits || run <= self.run {
            return Err(CompareError::Unexpected);
        }
        self.run = run;
        if self.state == State::Withdrawn {
            self.state = State::Rest;
            self.stopped = run;
            return Ok((None, Some(Message::CompareStop { run, reason: CompareEnd::Person })));
        }
        self.state = State::Awaiting { commitment };
        Ok((Some(Event::Committed), None))
    }

    fn on_reveal(
        &mut self,
        run: u32,
        theirs: &[u8; NONCE_LEN],
    ) -> Result<(Option<Event>, Option<Message>), CompareError> {
        match self.state {
            State::Committed { nonce } if run == self.run => {
                self.state = State::Rest;
                let reveal = Message::CompareReveal { run, nonce };
                Ok((Some(Event::Code(self.ends.code(&nonce, theirs))), Some(reveal)))
            }
            State::Revealed { commitment, nonce } if run == self.run => {
                self.state = State::Rest;
                if self.ends.commitment(theirs) != commitment {
                    return Err(CompareError::NotCommitted);
                }
                Ok((Some(Event::Code(self.ends.code(theirs, &nonce))), None))
            }
            // Our end of the run and their nonce crossed.
            _ if run == self.stopped => Ok((None, None)),
            _ => Err(CompareError::Unexpected),
        }
    }

    fn on_stop(&mut self, run: u32, reason: CompareEnd) -> Result<Option<Event>, CompareError> {
        let under_way = match self.state {
            State::Asking => run == 0,
            State::Withdrawn if run == 0 => {
                self.state = State::Rest;
                return Ok(None);
            }
            State::Committed { .. } | State::Awaiting { .. } | State::Revealed { .. } => run == self.run,
            State::Rest | State::Withdrawn | State::Asked => false,
        };
        if under_way {
            self.state = State::Rest;
            return Ok(Some(Event::Stopped(reason)));
        }
        // Both ended it, or it was over here already.
        if run <= self.run { Ok(None) } else { Err(CompareError::Unexpected) }
    }
}
