//! What waits to be written, within bounds.

use std::collections::VecDeque;

use super::CantSend;
use crate::protocol::{
    frame::Frame,
    limits::{MAX_QUEUED_BYTES, MAX_QUEUED_FRAMES},
    message::Message,
};

#[derive(Debug, Default)]
pub(super) struct Outbox {
    queue: VecDeque<Frame>,
    bytes: usize,
    /// Liveness never waits behind the queue, and of many pings only the last is answered.
    ping: Option<u64>,
    pong: Option<u64>,
    closing: bool,
}

impl Outbox {
    pub(super) fn push(&mut self, message: &Message) -> Result<(), CantSend> {
        if self.closing {
            return Err(CantSend::Closing);
        }
        let frame = message.encode();
        if frame.payload.len() > frame.kind.max_len() {
            return Err(CantSend::OutOfBounds);
        }
        if self.queue.len() >= MAX_QUEUED_FRAMES || self.bytes + frame.wire_len() > MAX_QUEUED_BYTES {
            return Err(CantSend::Busy);
        }
        self.bytes += frame.wire_len();
        self.queue.push_back(frame);
        Ok(())
    }

    pub(super) fn ping(&mut self, token: u64) {
        self.ping = Some(token);
    }

    pub(super) fn pong(&mut self, token: u64) {
        self.pong = Some(token);
    }

    /// A last frame; nothing is taken after it.
    pub(super) fn close(&mut self, message: &Message) {
        if !self.closing {
            self.closing = true;
            let frame = message.encode();
            self.bytes += frame.wire_len();
            self.queue.push_back(frame);
        }
    }

    pub(super) fn pop(&mut self) -> Option<Frame> {
        if let Some(token) = self.pong.take().filter(|_| !self.said_bye()) {
            return Some(Message::Pong { token }.encode());
        }
        if let Some(token) = self.ping.take().filter(|_| !self.said_bye()) {
            return Some(Message::Ping { token }.encode());
        }
        let frame = self.queue.pop_front()?;
        self.bytes -= frame.wire_len();
        Some(frame)
    }

    pub(super) fn is_backed_up(&self) -> bool {
        self.bytes > MAX_QUEUED_BYTES / 2 || self.queue.len() > MAX_QUEUED_FRAMES / 2
    }

    /// Bye is the last frame of a connection.
    fn said_bye(&self) -> bool {
        self.closing && self.queue.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{frame::Kind, message::ByeReason};

    #[test]
    fn a_flood_of_pings_is_answered_once_and_before_anything_else() {
        let mut outbox = Outbox::default();
        outbox.push(&Message::Browse { request: 1 }).unwrap();
        for token in 0..100_000 {
            outbox.pong(token);
        }
        let kinds: Vec<Kind> = std::iter::from_fn(|| outbox.pop()).map(|frame| frame.kind).collect();
        assert_eq!(kinds, [Kind::Pong, Kind::Browse]);
    }

    #[test]
    fn nothing_follows_a_bye() {
        let mut outbox = Outbox::default();
        outbox.close(&Message::Bye(ByeReason::Closing));
        assert_eq!(outbox.push(&Message::Browse { request: 1 }), Err(CantSend::Closing));
        assert_eq!(outbox.pop().map(|frame| frame.kind), Some(Kind::Bye));
        outbox.pong(1);
        assert_eq!(outbox.pop(), None);
    }
}
