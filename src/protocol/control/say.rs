//! What this side wants said.

use std::sync::Arc;

use super::{CantSend, Control, NoData, Open};
use crate::protocol::{
    TransferId,
    compare::{Comparison, NONCE_LEN},
    consent::{Consent, End},
    limits::{MAX_OFFER_ITEMS, MAX_OPEN_BROWSES, MAX_OPEN_TRANSFERS, MAX_TEXT, MAX_THUMBNAIL, MAX_THUMBNAILS},
    message::{
        Accept, Answer, ByeReason, CancelReason, CompareEnd, DeclineReason, Features, Message, Offer, Shelf, Take,
        Thumbnails,
    },
};

impl Control {
    // ---- Giving

    /// Offers items or a text; with `for_take` it answers a [`Event::Taken`]. With `again` it repeats what was offered
    /// before.
    ///
    /// # Errors
    /// [`CantSend::OutOfBounds`] when items break a bound or the id was used, [`CantSend::NoSuchTransfer`] when no such
    /// take waits, [`CantSend::Busy`] when as many offers wait as may, or this one does.
    pub fn offer(&mut self, offer: Offer) -> Result<(), CantSend> {
        offer.check().map_err(|_| CantSend::OutOfBounds)?;
        let transfer = offer.transfer;
        match self.open.get(&transfer) {
            Some(Open::Taken) if offer.for_take => {}
            // It was asked for on an older connection.
            None if offer.for_take && offer.again => {}
            _ if offer.for_take => return Err(CantSend::NoSuchTransfer),
            None if offer.again || !self.ended.contains(transfer) => {}
            // An answer that is on its way would be taken for one to this.
            Some(Open::Waiting { end: End::Giving, .. }) if offer.again => return Err(CantSend::Busy),
            // What became of it was lost sight of: the question is open again.
            Some(open) if offer.again && open.gives() => {}
            _ => return Err(CantSend::OutOfBounds),
        }
        if !self.has_room(End::Giving, &offer) {
            return Err(CantSend::Busy);
        }
        let offer = Arc::new(offer);
        self.outbox.push(&Message::Offer(Offer::clone(&offer)))?;
        self.open.insert(transfer, Open::Waiting { end: End::Giving, offer });
        Ok(())
    }

    /// Real small pictures of an offer that waits there or was accepted.
    ///
    /// # Errors
    /// See [`CantSend`].
    pub fn thumbnails(&mut self, thumbnails: Thumbnails) -> Result<(), CantSend> {
        match self.open.get(&thumbnails.transfer) {
            Some(Open::Waiting { end: End::Giving, .. }) => {}
            Some(Open::Moving { consent, .. }) if consent.end() == End::Giving => {}
            _ => return Err(CantSend::NoSuchTransfer),
        }
        let fits = thumbnails.pictures.len() <= MAX_THUMBNAILS
            && thumbnails.pictures.iter().all(|thumbnail| (1..=MAX_THUMBNAIL).contains(&thumbnail.picture.len()));
        match (self.theirs.contains(Features::THUMBNAILS), fits) {
            (false, _) => Err(CantSend::Unsupported),
            (_, false) => Err(CantSend::OutOfBounds),
            _ => self.outbox.push(&Message::Thumbnails(thumbnails)),
        }
    }

    /// Something waits here for this person's yes before it is offered; or nothing any more.
    ///
    /// # Errors
    /// See [`CantSend`].
    pub fn waiting(&mut self, waits: bool) -> Result<(), CantSend> {
        if !self.theirs.contains(Features::WAITING) {
            return Err(CantSend::Unsupported);
        }
        self.outbox.push(&Message::Waiting { waits })
    }

    /// The body of a text that was accepted; as long as the offer said.
    ///
    /// # Errors
    /// See [`CantSend`].
    pub fn text(&mut self, transfer: TransferId, text: String) -> Result<(), CantSend> {
        let Some(Open::Text { end: End::Giving, offer, crossed: crossed @ false }) = self.open.get_mut(&transfer)
        else {
            return Err(CantSend::NoSuchTransfer);
        };
        if text.is_empty() || text.len() > MAX_TEXT || text.len() as u64 != offer.bytes() {
            return Err(CantSend::OutOfBounds);
        }
        self.outbox.push(&Message::Text { transfer, text })?;
        *crossed = true;
        Ok(())
    }

    // ---- Receiving

    /// Takes these of the offered items. For files, a data connection may now come or be dialled; for a text, the text
    /// comes.
    ///
    /// # Errors
    /// [`CantSend::OutOfBounds`] when the items aren't in the offer; see [`CantSend`].
    pub fn accept(&mut self, transfer: TransferId, accept: Accept) -> Result<(), CantSend> {
        let Some(Open::Waiting { end: End::Receiving, offer }) = self.open.get(&transfer) else {
            return Err(CantSend::NoSuchTransfer);
        };
        if !accept.known.is_empty() && !self.tells_digests() {
            return Err(CantSend::Unsupported);
        }
        if !accept.resume.is_empty() && !self.theirs.contains(Features::RESUME) {
            return Err(CantSend::Unsupported);
        }
        let offer = Arc::clone(offer);
        let consent = Consent::new(End::Receiving, Arc::clone(&offer), Arc::new(accept.clone()))
            .map_err(|_| CantSend::OutOfBounds)?;
        self.outbox.push(&Message::Answer { transfer, answer: Answer::Accept(accept) })?;
        let open = if offer.is_text() {
            Open::Text { end: End::Receiving, offer, crossed: false }
        } else {
            Open::Moving { consent, connected: false }
        };
        self.open.insert(transfer, open);
        Ok(())
    }

    /// Whether the other side tells the digests of what it gives.
    #[must_use]
    pub fn tells_digests(&self) -> bool {
        self.theirs.contains(Features::KNOWN)
    }

    /// # Errors
    /// See [`CantSend`].
    pub fn decline(&mut self, transfer: TransferId, reason: DeclineReason) -> Result<(), CantSend> {
        let Some(Open::Waiting { end: End::Receiving, .. }) = self.open.get(&transfer) else {
            return Err(CantSend::NoSuchTransfer);
        };
        self.outbox.push(&Message::Answer { transfer, answer: Answer::Decline(reason) })?;
        self.end(transfer);
        Ok(())
    }

    /// The text is kept and survives a power cut. The transfer ends.
    ///
    /// # Errors
    /// See [`CantSend`].
    pub fn text_saved(&mut self, transfer: TransferId) -> Result<(), CantSend> {
        let Some(Open::Text { end: End::Receiving, crossed: true, .. }) = self.open.get(&transfer) else {
            return Err(CantSend::NoSuchTransfer);
        };
        self.outbox.push(&Message::TextSaved { transfer })?;
        self.end(transfer);
        Ok(())
    }

    // ---- Both

    /// Ends a transfer or take of either direction. Its data connection is this side's to close.
    ///
    /// # Errors
    /// See [`CantSend`].
    pub fn cancel(&mut self, transfer: TransferId, reason: CancelReason) -> Result<(), CantSend> {
        if !self.open.contains_key(&transfer) {
            return Err(CantSend::NoSuchTransfer);
        }
        self.outbox.push(&Message::Cancel { transfer, reason })?;
        self.end(transfer);
        Ok(())
    }

    /// Tells that a transfer, also of an earlier connection, was ended here. One that is unknown there is ignored, and so is
    /// what is offered of it again before that is heard. [`Event::Heard`] follows [`Control::ask_whether_heard`].
    ///
    /// # Errors
    /// See [`CantSend`].
    pub fn withdraw(&mut self, transfer: TransferId) -> Result<(), CantSend> {
        self.withdrawn.insert(transfer);
        self.outbox.push(&Message::Cancel { transfer, reason: CancelReason::Person })?;
        self.end(transfer);
        self.said.push(transfer);
        Ok(())
    }

    /// Asks whether what was withdrawn since the last time was read, if anything was; one question at a time. It goes behind
    /// all that waits to be written, unlike signs of life.
    pub fn ask_whether_heard(&mut self) {
        if self.asked.is_some() || self.said.is_empty() {
            return;
        }
        let token = self.next_asked;
        if self.outbox.push(&Message::Ping { token }).is_ok() {
            self.next_asked += 1;
            self.asked = Some((token, std::mem::take(&mut self.said)));
        }
    }

    /// Tells that this side has paused a transfer of files: its data connection is closed, and it isn't offered again
    /// until [`Control::unpause`]. It may be one of an earlier connection.
    ///
    /// # Errors
    /// See [`CantSend`].
    pub fn pause(&mut self, transfer: TransferId) -> Result<(), CantSend> {
        self.about_pause(transfer, &Message::Pause { transfer })
    }

    /// Ends this side's pause.
    ///
    /// # Errors
    /// See [`CantSend`].
    pub fn unpause(&mut self, transfer: TransferId) -> Result<(), CantSend> {
        self.about_pause(transfer, &Message::Continue { transfer })
    }

    fn about_pause(&mut self, transfer: TransferId, message: &Message) -> Result<(), CantSend> {
        if !self.theirs.contains(Features::PAUSE) {
            return Err(CantSend::Unsupported);
        }
        if !self.may_be_paused(transfer) {
            return Err(CantSend::NoSuchTransfer);
        }
        self.outbox.push(message)
    }

    /// Accepted on this connection, offered again, of an earlier connection, or offered again and declined for now.
    pub(super) fn may_be_paused(&self, transfer: TransferId) -> bool {
        match self.open.get(&transfer) {
            Some(Open::Moving { .. }) | None => true,
            Some(Open::Waiting { offer, .. }) => offer.again && !offer.is_text(),
            Some(Open::Taking | Open::Taken | Open::Text { .. }) => false,
        }
    }

    /// Whether our offer is not answered yet.
    #[must_use]
    pub fn awaits_answer(&self, transfer: TransferId) -> bool {
        matches!(self.open.get(&transfer), Some(Open::Waiting { end: End::Giving, .. }))
    }

    /// Whether their offer is to be answered.
    #[must_use]
    pub fn owes_answer(&self, transfer: TransferId) -> bool {
        matches!(self.open.get(&transfer), Some(Open::Waiting { end: End::Receiving, .. }))
    }

    /// Asks the other side to dial a data connection, because this one can't.
    ///
    /// # Errors
    /// See [`CantSend`].
    pub fn ask_for_data(&mut self, transfer: TransferId) -> Result<(), CantSend> {
        let Some(Open::Moving { .. }) = self.open.get(&transfer) else { return Err(CantSend::NoSuchTransfer) };
        self.outbox.push(&Message::OpenData { transfer })
    }

    /// Whether a data connection of this id may carry data, and which. It is this transfer's only one until
    /// [`Control::data_closed`].
    ///
    /// # Errors
    /// [`NoData`]; nothing is changed then.
    pub fn connect_data(&mut self, transfer: TransferId) -> Result<Consent, NoData> {
        match self.open.get_mut(&transfer) {
            Some(Open::Moving { consent, connected: connected @ false }) => {
                *connected = true;
                Ok(consent.clone())
            }
            Some(Open::Waiting { end: End::Giving, .. }) => Err(NoData::NotYet),
            _ => Err(NoData::No),
        }
    }

    /// The data connection closed before its transfer was finished; another may be opened.
    pub fn data_closed(&mut self, transfer: TransferId) {
        if let Some(Open::Moving { connected, .. }) = self.open.get_mut(&transfer) {
            *connected = false;
        }
    }

    /// It is over for this side: all of it is saved, or it stopped for good, as its data connection said or because the
    /// other side was gone. Says nothing to the other side.
    pub fn finished(&mut self, transfer: TransferId) {
        self.end(transfer);
    }

    // ---- The shelf

    /// Asks what is out for us; [`Event::Shelf`] bears the number this gives.
    ///
    /// # Errors
    /// See [`CantSend`].
    pub fn browse(&mut self) -> Result<u32, CantSend> {
        if !self.theirs.contains(Features::SHELF) {
            return Err(CantSend::Unsupported);
        }
        if self.browses.len() >= MAX_OPEN_BROWSES {
            return Err(CantSend::Busy);
        }
        let request = self.next_browse;
        self.outbox.push(&Message::Browse { request })?;
        self.next_browse = self.next_browse.wrapping_add(1);
        self.browses.push_back(request);
        Ok(request)
    }

    /// Answers [`Event::Browsed`].
    ///
    /// # Errors
    /// See [`CantSend`].
    pub fn shelf(&mut self, shelf: Shelf) -> Result<(), CantSend> {
        let Some(at) = self.their_browses.iter().position(|request| *request == shelf.request) else {
            return Err(CantSend::NoSuchTransfer);
        };
        shelf.check().map_err(|_| CantSend::OutOfBounds)?;
        self.outbox.push(&Message::Shelf(shelf))?;
        self.their_browses.remove(at);
        Ok(())
    }

    /// Asks for things of the other's shelf; an empty list for everything. With `again` it repeats what was asked before,
    /// on a connection that was replaced or is lost. An [`Event::Offered`] with this id and
    /// `for_take` answers, or an [`Event::Cancelled`].
    ///
    /// # Errors
    /// See [`CantSend`].
    pub fn take(&mut self, take: Take) -> Result<(), CantSend> {
        let transfer = take.transfer;
        if !self.theirs.contains(Features::SHELF) {
            return Err(CantSend::Unsupported);
        }
        let is_free = match self.open.get(&transfer) {
            None => take.again || !self.ended.contains(transfer),
            Some(open) => take.again && matches!(open, Open::Taking),
        };
        if !is_free || take.items.len() > MAX_OFFER_ITEMS {
            return Err(CantSend::OutOfBounds);
        }
        if self.open.len() >= MAX_OPEN_TRANSFERS {
            return Err(CantSend::Busy);
        }
        self.outbox.push(&Message::Take(take))?;
        self.open.insert(transfer, Open::Taking);
        Ok(())
    }

    // ---- Comparing

    /// Begins to compare, or goes on with what the other side wants: see [`Comparison::begin`]. `nonce` must be random,
    /// and used once.
    ///
    /// # Errors
    /// [`CantSend::Busy`] while a run is under way; see [`CantSend`].
    pub fn compare(&mut self, nonce: [u8; NONCE_LEN]) -> Result<(), CantSend> {
        let comparison = self.comparison.as_mut().filter(|_| self.theirs.contains(Features::COMPARE));
        let comparison = comparison.ok_or(CantSend::Unsupported)?;
        // First, so that nothing is begun that can't be said.
        if self.outbox.is_backed_up() {
            return Err(CantSend::Busy);
        }
        match comparison.begin(nonce).map_err(|_| CantSend::Busy)? {
            Some(message) => self.outbox.push(&message),
            None => Ok(()),
        }
    }

    /// Whether [`Control::compare`] would commit this side to its nonce now, or reveal it, instead of only asking.
    #[must_use]
    pub fn compare_commits(&self) -> bool {
        self.comparison.as_ref().is_some_and(Comparison::commits)
    }

    /// Ends the run that is under way, or says no to the one that is wanted. Does nothing where none is.
    ///
    /// # Errors
    /// See [`CantSend`].
    pub fn stop_comparing(&mut self, reason: CompareEnd) -> Result<(), CantSend> {
        match self.comparison.as_mut().and_then(|comparison| comparison.stop(reason)) {
            Some(message) => self.outbox.push(&message),
            None => Ok(()),
        }
    }

    // ---- The end

    /// The last thing this side says.
    pub fn bye(&mut self, reason: ByeReason) {
        self.outbox.close(&Message::Bye(reason));
    }
}
