//! What a person agreed to: without one of these there is no data connection.

use std::sync::Arc;

use super::{
    TransferId,
    limits::RESUME_GROUP,
    message::{Accept, ItemKind, Offer, Resume},
};

/// Which end of a transfer this side is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum End {
    Giving,
    Receiving,
}

/// An offer of files and folders together with a matching acceptance. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consent {
    end: End,
    offer: Arc<Offer>,
    accept: Arc<Accept>,
}

/// An acceptance that doesn't fit its offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the acceptance names items that aren't offered or of no known kind")]
pub struct DoesNotFit;

impl Consent {
    /// # Errors
    /// When an accepted item isn't in the offer, or is of a kind nobody here knows.
    pub fn new(end: End, offer: Arc<Offer>, accept: Arc<Accept>) -> Result<Self, DoesNotFit> {
        let fits = accept.check().is_ok()
            && accept
                .items
                .iter()
                .all(|index| offer.items.get(index as usize).is_some_and(|item| item.kind != ItemKind::Unknown));
        if fits { Ok(Self { end, offer, accept }) } else { Err(DoesNotFit) }
    }

    pub fn end(&self) -> End {
        self.end
    }

    pub fn transfer(&self) -> TransferId {
        self.offer.transfer
    }

    pub fn offer(&self) -> &Arc<Offer> {
        &self.offer
    }

    pub fn accept(&self) -> &Arc<Accept> {
        &self.accept
    }

    /// Files of the accepted items.
    pub fn files(&self) -> u64 {
        self.accepted().map(|item| item.files).sum()
    }

    /// Bytes of the accepted items.
    pub fn bytes(&self) -> u64 {
        self.accepted().map(|item| item.size).sum()
    }

    /// What is already there of an item.
    pub fn resume(&self, item: u32) -> Option<&Resume> {
        let resume = &self.accept.resume;
        resume.binary_search_by_key(&item, |resume| resume.item).ok().and_then(|at| resume.get(at))
    }

    /// The byte a file may go on from at most; 0 when nothing is there.
    pub fn resume_from(&self, item: u32, entry: u32) -> u64 {
        let resume = self.resume(item).filter(|resume| resume.entry == entry);
        resume.map_or(0, |resume| (resume.groups.len() / blake3::OUT_LEN) as u64 * RESUME_GROUP)
    }

    fn accepted(&self) -> impl Iterator<Item = &super::message::Item> {
        self.accept.items.iter().filter_map(|index| self.offer.items.get(index as usize))
    }
}
