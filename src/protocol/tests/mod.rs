//! Both ends driven against each other, whatever TCP does to the stream between them.

mod compare;
mod control;
mod data;
mod frames;
mod golden;
mod hostile;
mod messages;
mod taking;

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use proptest::prelude::*;

use super::{
    frame::{Decoder, Frame, FrameError, Stage},
    message::{Item, ItemKind, Message, Offer},
    *,
};

/// How TCP cuts a stream.
#[derive(Clone, Debug)]
enum Cuts {
    Whole,
    SingleBytes,
    /// One cut at this place of the stream.
    At(usize),
    /// Pieces of these lengths, again and again.
    Pieces(Vec<usize>),
}

impl Cuts {
    fn random() -> impl Strategy<Value = Self> {
        proptest::collection::vec(1usize..200, 1..20).prop_map(Self::Pieces)
    }
}

/// One direction of a connection: frames go in, come out as bytes cut anyhow, and are frames again.
#[derive(Debug)]
struct Pipe {
    cuts: Cuts,
    passed: usize,
    pieces: usize,
    waiting: BytesMut,
    decoder: Decoder,
}

impl Pipe {
    fn new(stage: Stage, cuts: Cuts) -> Self {
        let mut decoder = Decoder::new();
        decoder.enter(stage);
        Self { cuts, passed: 0, pieces: 0, waiting: BytesMut::new(), decoder }
    }

    fn write(&mut self, frame: &Frame) {
        frame.encode(&mut self.waiting);
    }

    /// Delivers the next piece, and gives the frames that are whole by it. `None`: nothing was waiting.
    fn deliver(&mut self) -> Option<Result<Vec<Frame>, FrameError>> {
        if self.waiting.is_empty() {
            return None;
        }
        let wanted = match &self.cuts {
            Cuts::Whole => self.waiting.len(),
            Cuts::SingleBytes => 1,
            Cuts::At(at) if self.passed < *at => at - self.passed,
            Cuts::At(_) => self.waiting.len(),
            Cuts::Pieces(lengths) => lengths[self.pieces % lengths.len()],
        };
        let piece = self.waiting.split_to(wanted.min(self.waiting.len()));
        self.passed += piece.len();
        self.pieces += 1;
        self.decoder.push(&piece);
        let mut frames = Vec::new();
        loop {
            match self.decoder.frame() {
                Ok(Some(frame)) => frames.push(frame),
                Ok(None) => return Some(Ok(frames)),
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

fn id(byte: u8) -> TransferId {
    TransferId([byte; 16])
}

fn file(name: &str, size: u64) -> Item {
    Item {
        kind: ItemKind::File,
        name: name.to_owned(),
        size,
        files: 1,
        modified: None,
        thumbhash: None,
        version: 0,
        digest: None,
    }
}

fn folder(name: &str, size: u64, files: u64) -> Item {
    Item { kind: ItemKind::Folder, files, ..file(name, size) }
}

fn text_item(size: u64) -> Item {
    Item { kind: ItemKind::Text, files: 0, ..file("", size) }
}

fn offer(transfer: TransferId, items: Vec<Item>) -> Offer {
    Offer { transfer, items, for_take: false, again: false }
}
