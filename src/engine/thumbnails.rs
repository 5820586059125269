//! Real small pictures of what is offered, to and from computers that this person verified.
//!
//! The giver makes them after the question is asked, one after the other; the receiver decodes each once, bounded, before
//! it is shown, and never puts one on the disk.

use std::{path::PathBuf, sync::Arc, time::Duration};

use bytes::Bytes;
use tokio::sync::{OnceCell, Semaphore};

use super::{
    api::{Ask, ItemKind, Thumbnail, Thumbnails},
    hub::{Hub, Message},
    transfer::{Cargo, Key, Side, Transfer},
};
use crate::{
    pictures::{name_suggests_picture, thumbnail_from, thumbnail_of},
    protocol::{
        Fingerprint,
        limits::MAX_THUMBNAILS,
        message::{self, ItemKind as WireKind},
    },
    transfer::Plan,
};

/// A picture that isn't small within this is passed over; a hundred megapixels are.
const MADE_WITHIN: Duration = Duration::from_secs(4);

/// Bytes of all that are held, as they came: forty offers full of them.
const ROOM: usize = 8 * 1024 * 1024;

/// Decoded at once. Others wait, and hold no more than [`ROOM`].
const DECODED_AT_ONCE: usize = 1;

/// The small pictures of a plan, each made when it is first wanted, for all recipients together.
#[derive(Debug, Default)]
pub(super) struct Makings(Vec<Making>);

#[derive(Debug)]
struct Making {
    index: u32,
    path: PathBuf,
    made: OnceCell<Option<Bytes>>,
}

impl Makings {
    /// Of the first pictures, by their names.
    pub fn of(plan: &Plan) -> Self {
        let pictures =
            plan.items().iter().filter(|item| item.kind == ItemKind::File && name_suggests_picture(&item.name));
        let making = |item: &crate::transfer::Source| Making {
            index: item.index,
            path: item.path.clone(),
            made: OnceCell::new(),
        };
        Self(pictures.take(MAX_THUMBNAILS).map(making).collect())
    }
}

impl Making {
    async fn made(&self) -> Option<Bytes> {
        let make = || async {
            let path = self.path.clone();
            let made = move || thumbnail_of(&path, std::time::Instant::now() + MADE_WITHIN);
            tokio::task::spawn_blocking(made).await.ok().flatten().map(Bytes::from)
        };
        self.made.get_or_init(make).await.clone()
    }
}

/// What came with an offer, and what of it can be shown.
#[derive(Debug, Default)]
pub(super) struct Held {
    /// Looked at or about to be, damaged ones included: no more than [`MAX_THUMBNAILS`].
    taken: usize,
    bytes: usize,
    pub shown: Thumbnails,
}

/// For the checks of all.
#[derive(Debug)]
pub(super) struct Checks {
    places: Arc<Semaphore>,
    next: u64,
}

impl Default for Checks {
    fn default() -> Self {
        Self { places: Arc::new(Semaphore::new(DECODED_AT_ONCE)), next: 0 }
    }
}

impl Hub {
    /// An offer went out and may be asked about: its pictures follow, if this person verified whom it went to.
    pub fn make_thumbnails(&mut self, key: Key) {
        // Where no person is asked, nobody looks at them before the pictures themselves are there.
        if !self.is_verified(key.0) || self.unasked.contains(&key.0) {
            return;
        }
        let Some(transfer) = self.transfers.get_mut(&key) else { return };
        let Side::Out { cargo: Cargo::Files(prepared), for_take: false, consented: false, .. } = &transfer.side else {
            return;
        };
        let (prepared, hub) = (prepared.clone(), self.inbox.clone());
        let task = tokio::spawn(async move {
            for making in &prepared.thumbnails.0 {
                if let Some(picture) = making.made().await
                    && hub.send(Message::ThumbnailMade(key, making.index, picture)).await.is_err()
                {
                    return;
                }
            }
        });
        transfer.work.add(task.abort_handle());
    }

    /// It goes, if somebody may still look at it.
    pub fn thumbnail_made(&mut self, key: Key, item: u32, picture: Bytes) {
        if self.transfers.contains_key(&key) && self.is_verified(key.0) {
            let pictures = vec![message::Thumbnail { item, picture }];
            self.mention(key.0, |control| control.thumbnails(message::Thumbnails { transfer: key.1, pictures }));
        }
    }

    /// Some came. From a computer that isn't verified here they are not even looked at.
    pub fn thumbnails_arrived(&mut self, with: Fingerprint, thumbnails: message::Thumbnails) {
        let key = (with, thumbnails.transfer);
        let held: usize = self.transfers.values().map(|transfer| transfer.thumbnails.bytes).sum();
        let mut room = ROOM.saturating_sub(held);
        if !self.is_verified(with) {
            return;
        }
        let Some(Transfer { side: Side::In { offer, .. }, thumbnails: held, attempt, .. }) =
            self.transfers.get_mut(&key)
        else {
            return;
        };
        let attempt = *attempt;
        let mut pictures = Vec::new();
        for message::Thumbnail { item, picture } in thumbnails.pictures {
            let is_file = offer.items.get(item as usize).is_some_and(|item| item.kind == WireKind::File);
            if !is_file || held.taken == MAX_THUMBNAILS || picture.len() > room {
                continue;
            }
            held.taken += 1;
            held.bytes += picture.len();
            room -= picture.len();
            // Not the whole frame it came in.
            pictures.push((item, Arc::<[u8]>::from(&picture[..])));
        }
        if pictures.is_empty() {
            return;
        }
        let (hub, places) = (self.inbox.clone(), self.thumbnail_checks.places.clone());
        let task = tokio::spawn(async move {
            let Ok(place) = places.acquire_owned().await else { return };
            let check = move || {
                let good = pictures.into_iter().filter(|(_, picture)| thumbnail_from(picture).is_some()).collect();
                drop(place);
                good
            };
            let Ok(good) = tokio::task::spawn_blocking(check).await else { return };
            hub.send(Message::ThumbnailsChecked(key, attempt, good)).await.ok();
        });
        if let Some(transfer) = self.transfers.get_mut(&key) {
            transfer.work.add(task.abort_handle());
        }
    }

    /// These are pictures.
    pub fn thumbnails_checked(&mut self, key: Key, attempt: u32, good: Vec<(u32, Arc<[u8]>)>) {
        let Some(transfer) = self.transfers.get_mut(&key).filter(|transfer| transfer.attempt == attempt) else {
            return;
        };
        let shown = Arc::make_mut(&mut transfer.thumbnails.shown);
        for (item, encoded) in good {
            self.thumbnail_checks.next += 1;
            shown.entry(item).or_insert(Thumbnail { number: self.thumbnail_checks.next, encoded });
        }
        self.pace.touch();
    }

    /// A question with what there is to show of it.
    pub fn with_thumbnails(&self, ask: &Ask) -> Ask {
        let transfer = self.transfers.get(&(ask.with, ask.transfer));
        let thumbnails = transfer.map(|transfer| transfer.thumbnails.shown.clone()).unwrap_or_default();
        Ask { thumbnails, ..ask.clone() }
    }

    fn is_verified(&self, with: Fingerprint) -> bool {
        self.known.get(&with).is_some_and(|known| known.verified)
    }
}
