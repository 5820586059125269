//! What arrives.

use std::{sync::Arc, time::Instant};

use super::{Control, ControlError, Event, Open};
use crate::protocol::{
    TransferId,
    consent::{Consent, End},
    frame::{Frame, Kind},
    limits::{MAX_OPEN_BROWSES, MAX_OPEN_TRANSFERS},
    message::{Answer, CancelReason, DeclineReason, Message, Offer, Take, Thumbnails},
};

impl Control {
    /// Takes the next frame; what it means to this side, if anything.
    ///
    /// # Errors
    /// When the other side breaks the rules.
    pub fn receive(&mut self, frame: Frame, now: Instant) -> Result<Option<Event>, ControlError> {
        self.heard(now);
        let kind = frame.kind;
        match Message::decode(frame)? {
            Message::Ping { token } => self.outbox.pong(token),
            Message::Pong { token } => return Ok(self.on_pong(token)),
            Message::Bye(reason) => return Ok(Some(Event::Bye(reason))),
            Message::Offer(offer) => return self.on_offer(offer),
            Message::Answer { transfer, answer } => return self.on_answer(transfer, answer),
            Message::Thumbnails(thumbnails) => return self.on_thumbnails(thumbnails),
            Message::Text { transfer, text } => return self.on_text(transfer, text),
            Message::TextSaved { transfer } => return self.on_text_saved(transfer),
            Message::Cancel { transfer, reason } => {
                // May cross with the end; then it says nothing new. One that isn't open on this connection may have
                // been left unfinished on an earlier one.
                let is_over = self.end(transfer).is_none() && self.ended.contains(transfer);
                return Ok((!is_over).then_some(Event::Cancelled { transfer, reason }));
            }
            Message::Pause { transfer } => {
                return Ok(self.may_be_paused(transfer).then_some(Event::Paused { transfer }));
            }
            Message::Continue { transfer } => {
                return Ok(self.may_be_paused(transfer).then_some(Event::Continued { transfer }));
            }
            Message::OpenData { transfer } => {
                return Ok(self.is_moving(transfer).then_some(Event::OpenData { transfer }));
            }
            Message::Browse { request } => {
                if self.their_browses.len() >= MAX_OPEN_BROWSES {
                    return Err(ControlError::Flood);
                }
                self.their_browses.push_back(request);
                return Ok(Some(Event::Browsed { request }));
            }
            Message::Shelf(shelf) => {
                let Some(at) = self.browses.iter().position(|request| *request == shelf.request) else {
                    return Err(ControlError::Unexpected(kind));
                };
                self.browses.remove(at);
                return Ok(Some(Event::Shelf(shelf)));
            }
            Message::Take(take) => return self.on_take(take),
            Message::Waiting { waits } => return Ok(Some(Event::Waiting(waits))),
            message @ (Message::CompareAsk
            | Message::CompareCommit { .. }
            | Message::CompareReveal { .. }
            | Message::CompareStop { .. }) => {
                let comparison = self.comparison.as_mut().ok_or(ControlError::Unexpected(kind))?;
                let (event, answer) = comparison.receive(&message)?;
                if let Some(answer) = answer {
                    self.reply(&answer)?;
                }
                return Ok(event.map(Event::Compare));
            }
            _ => return Err(ControlError::Unexpected(kind)),
        }
        Ok(None)
    }

    fn on_pong(&mut self, token: u64) -> Option<Event> {
        let (asked, transfers) = self.asked.take()?;
        if asked == token {
            return Some(Event::Heard(transfers));
        }
        // Only the last of several pings need be answered: that one may have been overtaken, and is asked again.
        self.said.extend(transfers);
        None
    }

    fn is_moving(&self, transfer: TransferId) -> bool {
        matches!(self.open.get(&transfer), Some(Open::Moving { .. }))
    }

    fn on_offer(&mut self, offer: Offer) -> Result<Option<Event>, ControlError> {
        let transfer = offer.transfer;
        // It crossed with the Cancel that ends it.
        if offer.again && self.withdrawn.contains(transfer) && !self.open.contains_key(&transfer) {
            return Ok(None);
        }
        if offer.for_take {
            return self.on_offer_for_take(offer);
        }
        let known = match self.open.get(&transfer) {
            // It lost sight of what came of it: the question is open again, and so is consent.
            Some(Open::Waiting { end: End::Receiving, .. } | Open::Text { end: End::Receiving, .. }) => offer.again,
            Some(Open::Moving { consent, .. }) if consent.end() == End::Receiving => offer.again,
            Some(_) => false,
            None => offer.again || !self.ended.contains(transfer),
        };
        if !known {
            return Err(ControlError::Duplicate(transfer));
        }
        if !self.has_room(End::Receiving, &offer) {
            self.reply(&Message::Answer { transfer, answer: Answer::Decline(DeclineReason::Busy) })?;
            let reason = CancelReason::Busy;
            return Ok(self.end(transfer).map(|_| Event::Cancelled { transfer, reason }));
        }
        Ok(Some(self.ask(offer)))
    }

    fn on_offer_for_take(&mut self, offer: Offer) -> Result<Option<Event>, ControlError> {
        let transfer = offer.transfer;
        match self.open.get(&transfer) {
            _ if offer.is_text() => Err(ControlError::NoSuchTransfer(Kind::Offer, transfer)),
            Some(Open::Taking) => Ok(Some(self.ask(offer))),
            // Our answer was lost with an older connection.
            Some(Open::Waiting { end: End::Receiving, offer: before }) if offer.again && before.for_take => {
                Ok(Some(self.ask(offer)))
            }
            Some(Open::Moving { consent, .. })
                if offer.again && consent.end() == End::Receiving && consent.offer().for_take =>
            {
                Ok(Some(self.ask(offer)))
            }
            // Nobody here wants it any more, and they can't know.
            None if offer.again => {
                self.reply(&Message::Cancel { transfer, reason: CancelReason::Unknown })?;
                self.ended.insert(transfer);
                Ok(None)
            }
            // Our cancel and their offer crossed.
            None if self.ended.contains(transfer) => Ok(None),
            _ => Err(ControlError::NoSuchTransfer(Kind::Offer, transfer)),
        }
    }

    fn ask(&mut self, offer: Offer) -> Event {
        let offer = Arc::new(offer);
        self.open.insert(offer.transfer, Open::Waiting { end: End::Receiving, offer: Arc::clone(&offer) });
        Event::Offered(offer)
    }

    fn on_answer(&mut self, transfer: TransferId, answer: Answer) -> Result<Option<Event>, ControlError> {
        let offer = match self.open.get(&transfer) {
            Some(Open::Waiting { end: End::Giving, offer }) => Arc::clone(offer),
            // Our cancel and their answer crossed.
            None if self.ended.contains(transfer) => return Ok(None),
            _ => return Err(ControlError::NoSuchTransfer(Kind::Answer, transfer)),
        };
        let answer = match answer {
            Answer::Decline(reason) => {
                self.end(transfer);
                Answer::Decline(reason)
            }
            Answer::Accept(accept) => {
                let consent = Consent::new(End::Giving, Arc::clone(&offer), Arc::new(accept.clone()))
                    .map_err(|_| ControlError::DoesNotFit(transfer))?;
                let open = if offer.is_text() {
                    Open::Text { end: End::Giving, offer, crossed: false }
                } else {
                    Open::Moving { consent, connected: false }
                };
                self.open.insert(transfer, open);
                Answer::Accept(accept)
            }
        };
        Ok(Some(Event::Answered { transfer, answer }))
    }

    fn on_thumbnails(&mut self, thumbnails: Thumbnails) -> Result<Option<Event>, ControlError> {
        let offer = match self.open.get(&thumbnails.transfer) {
            Some(Open::Waiting { end: End::Receiving, offer }) => offer,
            Some(Open::Moving { consent, .. }) if consent.end() == End::Receiving => consent.offer(),
            // They may come after its end; then nobody looks at them.
            _ => return Ok(None),
        };
        if thumbnails.pictures.iter().any(|thumbnail| thumbnail.item as usize >= offer.items.len()) {
            return Err(ControlError::DoesNotFit(thumbnails.transfer));
        }
        Ok(Some(Event::Thumbnails(thumbnails)))
    }

    fn on_text(&mut self, transfer: TransferId, text: String) -> Result<Option<Event>, ControlError> {
        match self.open.get_mut(&transfer) {
            Some(Open::Text { end: End::Receiving, offer, crossed: crossed @ false }) => {
                if text.len() as u64 != offer.bytes() {
                    return Err(ControlError::DoesNotFit(transfer));
                }
                *crossed = true;
                Ok(Some(Event::Text { transfer, text }))
            }
            Some(Open::Waiting { end: End::Receiving, .. }) => Err(ControlError::BeforeConsent(transfer)),
            None if self.ended.contains(transfer) => Ok(None),
            _ => Err(ControlError::NoSuchTransfer(Kind::Text, transfer)),
        }
    }

    fn on_text_saved(&mut self, transfer: TransferId) -> Result<Option<Event>, ControlError> {
        match self.open.get(&transfer) {
            Some(Open::Text { end: End::Giving, crossed: true, .. }) => {
                self.end(transfer);
                Ok(Some(Event::TextSaved { transfer }))
            }
            None if self.ended.contains(transfer) => Ok(None),
            _ => Err(ControlError::NoSuchTransfer(Kind::TextSaved, transfer)),
        }
    }

    fn on_take(&mut self, take: Take) -> Result<Option<Event>, ControlError> {
        let transfer = take.transfer;
        match self.open.get(&transfer) {
            None if take.again || !self.ended.contains(transfer) => {}
            Some(Open::Taken) if take.again => {}
            // It crossed with the offer that answers it.
            Some(Open::Waiting { end: End::Giving, offer }) if take.again && offer.for_take => return Ok(None),
            Some(Open::Moving { consent, .. })
                if take.again && consent.end() == End::Giving && consent.offer().for_take =>
            {
                return Ok(None);
            }
            _ => return Err(ControlError::Duplicate(transfer)),
        }
        if self.open.len() >= MAX_OPEN_TRANSFERS {
            self.reply(&Message::Cancel { transfer, reason: CancelReason::Busy })?;
            return Ok(None);
        }
        self.open.insert(transfer, Open::Taken);
        Ok(Some(Event::Taken(take)))
    }

    /// Something the engine needn't know of. A side that asks on without reading our answers is cut off.
    fn reply(&mut self, message: &Message) -> Result<(), ControlError> {
        use super::CantSend;
        match self.outbox.push(message) {
            Err(CantSend::Busy) => Err(ControlError::Flood),
            _ => Ok(()),
        }
    }
}
