//! The control connection of a pair: offers, answers, texts, the shelf, liveness.
//!
//! A [`Control`] takes the frames that arrive and this side's wishes, and gives [`Event`]s and frames to write. It holds
//! no socket and reads no clock. Around it goes one loop:
//!
//! ```text
//! loop {
//!     while let Some(frame) = control.poll_transmit() { write(frame) }
//!     select! {
//!         frame = read(), unless control.is_backed_up() => if let Some(event) = control.receive(frame, now)? { … }
//!         command = wishes                              => control.offer(…)? / accept / cancel / …
//!         () = sleep_until(control.poll_timeout())      => control.handle_timeout(now)?
//!     }
//! }
//! ```
//!
//! File data never crosses it, and none may cross elsewhere before [`Control::connect_data`] says so.

mod liveness;
mod outbox;
mod receive;
mod say;

use std::{
    collections::{BTreeMap, HashSet, VecDeque},
    sync::Arc,
    time::Instant,
};

use liveness::Liveness;
pub use liveness::Silent;
use outbox::Outbox;

use super::{
    TransferId,
    compare::{self, CompareError, Comparison, Ends},
    consent::{Consent, End},
    convert::MessageError,
    frame::{Frame, Kind},
    limits::{MAX_ENDED_REMEMBERED, MAX_OPEN_TRANSFERS, MAX_WAITING_ITEMS, MAX_WAITING_OFFERS},
    message::{Answer, ByeReason, CancelReason, Features, Hello, Offer, Shelf, Take, Thumbnails},
};

/// Tokens of pings that ask whether something was heard begin here, those of signs of life at 1.
const FIRST_ASKED: u64 = 1 << 32;

/// What the other side wants or says.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// To be answered by [`Control::accept`] or [`Control::decline`]. With `for_take` it is what [`Control::take`] asked
    /// for. With `again`, this side may know it already and may have accepted it; it is to be answered anew all the
    /// same, and a data connection it has is void.
    Offered(Arc<Offer>),
    /// To our offer. After an acceptance of files the dialler of this connection dials the data connection; after
    /// one of a text comes [`Control::text`].
    Answered { transfer: TransferId, answer: Answer },
    /// Pictures of an offer that waits here.
    Thumbnails(Thumbnails),
    /// A text that was accepted; to be answered by [`Control::text_saved`] once it is kept.
    Text { transfer: TransferId, text: String },
    /// Our text is kept there. The transfer has ended.
    TextSaved { transfer: TransferId },
    /// It has ended. Its data connection, if there is one, is to be closed. It may be one that was left unfinished on an
    /// earlier connection, or one that nobody here knows.
    Cancelled { transfer: TransferId, reason: CancelReason },
    /// The other side has paused it: its data connection is to be closed. It may be one that was left unfinished on an
    /// earlier connection, or one that nobody here knows.
    Paused { transfer: TransferId },
    /// The other side's pause is over.
    Continued { transfer: TransferId },
    /// Dial the data connection of this transfer: they can't.
    OpenData { transfer: TransferId },
    /// To be answered by [`Control::shelf`].
    Browsed { request: u32 },
    /// The answer to [`Control::browse`].
    Shelf(Shelf),
    /// To be answered by [`Control::offer`] with the same id and `for_take`, or by [`Control::cancel`]. With `again`, this
    /// side may know it already.
    Taken(Take),
    /// Something waits there for its person's yes before it is offered; or nothing any more.
    Waiting(bool),
    /// Of the comparing on this connection.
    Compare(compare::Event),
    /// The other side has read that these were ended here: see [`Control::withdraw`].
    Heard(Vec<TransferId>),
    /// The connection ends; nothing more comes.
    Bye(ByeReason),
}

/// The other side broke the rules. Say [`ByeReason::Misbehaved`] and close.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ControlError {
    #[error(transparent)]
    Message(#[from] MessageError),
    #[error("a {0:?} frame has no place on a control connection")]
    Unexpected(Kind),
    #[error("transfer {0} is offered or asked for although its id is in use or was")]
    Duplicate(TransferId),
    #[error("a {0:?} frame is about transfer {1}, of which there is no such")]
    NoSuchTransfer(Kind, TransferId),
    #[error("the text of transfer {0} comes before it was accepted")]
    BeforeConsent(TransferId),
    #[error("what is said about transfer {0} doesn't fit what was offered")]
    DoesNotFit(TransferId),
    #[error("more is asked than is answered")]
    Flood,
    #[error(transparent)]
    Compare(#[from] CompareError),
}

/// A wish of this side that can't be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CantSend {
    /// Too much waits already, here or there; later it works.
    #[error("too much is waiting")]
    Busy,
    #[error("the connection is closing")]
    Closing,
    /// It ended, was cancelled, or isn't at that point. Cancels and answers may cross, so this is no fault.
    #[error("there is no such transfer at that point")]
    NoSuchTransfer,
    #[error("the other side has no such feature")]
    Unsupported,
    #[error("it is out of bounds")]
    OutOfBounds,
}

/// Why a data connection can't be joined to a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoData {
    /// Our offer isn't answered yet. The answer may be overtaken by the data connection: wait for it, for as long as a
    /// handshake may take.
    #[error("the offer isn't answered yet")]
    NotYet,
    /// Never accepted, ended, or it has one. The connection gets [`ByeReason::NoSuchTransfer`].
    #[error("no transfer waits for a data connection of this id")]
    No,
}

/// The rules of one control connection.
#[derive(Debug)]
pub struct Control {
    theirs: Features,
    open: BTreeMap<TransferId, Open>,
    ended: Ended,
    /// What this side has ended for good.
    withdrawn: Ended,
    /// Of that, what was said since the last question whether it was heard.
    said: Vec<TransferId>,
    /// That question's token, and what it is about.
    asked: Option<(u64, Vec<TransferId>)>,
    next_asked: u64,
    outbox: Outbox,
    liveness: Liveness,
    next_browse: u32,
    browses: VecDeque<u32>,
    their_browses: VecDeque<u32>,
    comparison: Option<Comparison>,
}

/// A transfer that isn't over.
#[derive(Debug)]
enum Open {
    /// We want it from their shelf; their offer is to come.
    Taking,
    /// They want it from our shelf; our offer is to go.
    Taken,
    /// Not answered yet.
    Waiting { end: End, offer: Arc<Offer> },
    /// A text that was accepted, and whether it has crossed.
    Text { end: End, offer: Arc<Offer>, crossed: bool },
    /// Files that were accepted, and whether they have a data connection.
    Moving { consent: Consent, connected: bool },
}

impl Open {
    /// This side gives, or wants to.
    fn gives(&self) -> bool {
        match self {
            Self::Taking | Self::Taken => false,
            Self::Waiting { end, .. } | Self::Text { end, .. } => *end == End::Giving,
            Self::Moving { consent, .. } => consent.end() == End::Giving,
        }
    }
}

impl Control {
    /// After the greetings, `theirs` being what the other side said.
    pub fn new(theirs: &Hello, now: Instant) -> Self {
        Self {
            theirs: theirs.features,
            open: BTreeMap::new(),
            ended: Ended::default(),
            withdrawn: Ended::default(),
            said: Vec::new(),
            asked: None,
            next_asked: FIRST_ASKED,
            outbox: Outbox::default(),
            liveness: Liveness::new(now),
            next_browse: 1,
            browses: VecDeque::new(),
            their_browses: VecDeque::new(),
            comparison: None,
        }
    }

    /// What comparing needs to know of the connection; without it nothing is compared.
    #[must_use]
    pub fn comparing(self, ends: Ends, dialled: bool) -> Self {
        Self { comparison: Some(Comparison::new(ends, dialled)), ..self }
    }

    /// Goes on with what an older connection of the same pair was at, when this one replaces it.
    ///
    /// Accepted transfers of files go on with their data connections. Whatever else was under way is dropped here, and
    /// each side repeats with `again` what it made: its offers that are unanswered or whose text isn't saved, those for a
    /// take included, and its takes that no offer came for. A take of this side stays known, so that the offer for it is
    /// taken up whichever of the two is repeated first.
    pub fn take_over(&mut self, older: Self) {
        older.ended.order.iter().for_each(|transfer| self.ended.insert(*transfer));
        for (transfer, open) in older.open {
            let stays = match open {
                Open::Moving { .. } => Some(open),
                Open::Taking => Some(Open::Taking),
                Open::Waiting { end: End::Receiving, offer } if offer.for_take => Some(Open::Taking),
                Open::Waiting { .. } | Open::Text { .. } | Open::Taken => None,
            };
            if let Some(open) = stays {
                self.open.entry(transfer).or_insert(open);
            }
        }
    }

    // ---- Time and bytes

    /// Bytes arrived, even if no whole frame: the other side lives.
    pub fn heard(&mut self, now: Instant) {
        self.liveness.heard(now);
    }

    /// The next frame to write.
    pub fn poll_transmit(&mut self) -> Option<Frame> {
        self.outbox.pop()
    }

    /// So much waits to be written that nothing should be read until some of it is.
    pub fn is_backed_up(&self) -> bool {
        self.outbox.is_backed_up()
    }

    /// When [`Control::handle_timeout`] is to be called.
    pub fn poll_timeout(&self) -> Instant {
        self.liveness.next()
    }

    /// Asks a silent side whether it lives.
    ///
    /// # Errors
    /// When it has been silent for too long: close, it is gone.
    pub fn handle_timeout(&mut self, now: Instant) -> Result<(), Silent> {
        if let Some(token) = self.liveness.check(now)? {
            self.outbox.ping(token);
        }
        Ok(())
    }

    /// The other side was asked whether it lives, and has not answered yet.
    #[must_use]
    pub fn is_in_doubt(&self) -> bool {
        self.liveness.is_asked()
    }

    /// Whether one more offer may wait. Both sides count alike, so that an honest one isn't declined for it.
    fn has_room(&self, of: End, offer: &Offer) -> bool {
        let waiting = self.open.iter().filter_map(|(transfer, open)| match open {
            Open::Waiting { end, offer: waiting } if *end == of && *transfer != offer.transfer => {
                Some(waiting.items.len())
            }
            _ => None,
        });
        let (offers, items) = waiting.fold((0, 0), |(offers, items), more| (offers + 1, items + more));
        self.open.len() < MAX_OPEN_TRANSFERS + usize::from(self.open.contains_key(&offer.transfer))
            && offers < MAX_WAITING_OFFERS
            && items + offer.items.len() <= MAX_WAITING_ITEMS
    }

    fn end(&mut self, transfer: TransferId) -> Option<Open> {
        let open = self.open.remove(&transfer)?;
        self.ended.insert(transfer);
        Some(open)
    }
}

/// The ids of the last transfers that ended here.
#[derive(Debug, Default)]
struct Ended {
    known: HashSet<TransferId>,
    order: VecDeque<TransferId>,
}

impl Ended {
    fn contains(&self, transfer: TransferId) -> bool {
        self.known.contains(&transfer)
    }

    fn insert(&mut self, transfer: TransferId) {
        if !self.known.insert(transfer) {
            return;
        }
        self.order.push_back(transfer);
        if self.order.len() > MAX_ENDED_REMEMBERED {
            self.order.pop_front().map(|oldest| self.known.remove(&oldest));
        }
    }
}
