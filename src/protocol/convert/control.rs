//! Messages of greeting and of the control connection.

use bytes::Bytes;

use super::{
    Checked, Refusal, digest, ensure,
    enums::{time_from_wire, time_to_wire},
    id_from_wire, id_to_wire,
};
use crate::protocol::{
    TransferId,
    limits::{
        MAX_COMPUTER_NAME, MAX_ENTRIES, MAX_OFFER_ITEMS, MAX_RESUME_GROUPS, MAX_TEXT, MAX_THUMBHASH, MAX_THUMBNAIL,
        MAX_TRANSFER_BYTES,
    },
    message::{
        Accept, Answer, Features, Hello, Item, ItemKind, Offer, Resume, Role, Shelf, ShelfItem, Thumbnail, Thumbnails,
    },
    names,
    ranges::Ranges,
    wire,
};

impl Hello {
    pub(super) fn from_wire(hello: &wire::Hello) -> Checked<Self> {
        ensure(hello.version >= 1, "version 0")?;
        ensure(hello.name.len() <= MAX_COMPUTER_NAME, "a computer's name")?;
        ensure(hello.software.len() <= MAX_COMPUTER_NAME, "a program's name")?;
        let role = if hello.data_for.is_empty() {
            Role::Control
        } else {
            Role::Data { transfer: id_from_wire(&hello.data_for)? }
        };
        Ok(Self {
            version: hello.version,
            features: Features(hello.features),
            name: names::computer_name(&hello.name),
            kind: hello.kind().into(),
            port: u16::try_from(hello.port).map_err(|_| Refusal::Bounds("a port"))?,
            role,
            software: names::computer_name(&hello.software),
        })
    }

    pub(super) fn to_wire(&self) -> wire::Hello {
        wire::Hello {
            version: self.version,
            features: self.features.0,
            name: names::computer_name(&self.name),
            kind: wire::DeviceKind::from(self.kind).into(),
            port: self.port.into(),
            data_for: match self.role {
                Role::Control => Bytes::new(),
                Role::Data { transfer } => id_to_wire(transfer),
            },
            software: names::computer_name(&self.software),
        }
    }
}

impl Offer {
    /// Whether it may be on the wire: what [`super::MessageError`] would be about on the other side.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(in crate::protocol) fn check(&self) -> Checked<()> {
        ensure((1..=MAX_OFFER_ITEMS).contains(&self.items.len()), "the number of items")?;
        let mut bytes: u64 = 0;
        let mut files: u64 = 0;
        for item in &self.items {
            item.check()?;
            bytes = bytes.saturating_add(item.size);
            files = files.saturating_add(item.files);
        }
        ensure(bytes <= MAX_TRANSFER_BYTES, "the sum of sizes")?;
        ensure(files <= MAX_ENTRIES, "the number of files")?;
        ensure(!self.is_text() || self.items.len() == 1, "a text is alone in its offer")
    }

    pub(super) fn from_wire(offer: wire::Offer) -> Checked<Self> {
        let offer = Self {
            transfer: id_from_wire(&offer.transfer)?,
            items: offer.items.into_iter().map(Item::from_wire).collect::<Checked<_>>()?,
            for_take: offer.for_take,
            again: offer.again,
        };
        offer.check()?;
        Ok(offer)
    }

    pub(super) fn to_wire(&self) -> wire::Offer {
        wire::Offer {
            transfer: id_to_wire(self.transfer),
            items: self.items.iter().map(Item::to_wire).collect(),
            for_take: self.for_take,
            again: self.again,
        }
    }
}

impl Item {
    pub(in crate::protocol) fn check(&self) -> Checked<()> {
        match self.kind {
            ItemKind::File => {
                ensure(self.files == 1, "a file is one file")?;
                names::component(&self.name)?;
            }
            ItemKind::Folder => {
                names::component(&self.name)?;
            }
            ItemKind::Text => {
                ensure(self.files == 0 && self.name.is_empty(), "a text is no file")?;
                ensure((1..=MAX_TEXT as u64).contains(&self.size), "a text's length")?;
            }
            ItemKind::Unknown => {}
        }
        ensure(self.digest.is_none() || self.kind != ItemKind::Text, "a text's digest")?;
        let hash = self.thumbhash.as_ref().map_or(1, Bytes::len);
        ensure((1..=MAX_THUMBHASH).contains(&hash), "a thumbhash's length")
    }

    fn from_wire(item: wire::Item) -> Checked<Self> {
        let kind = item.kind().into();
        // The count of a single file says nothing, a thing of the future may be called anything.
        let files = match kind {
            ItemKind::File => 1,
            ItemKind::Text => 0,
            ItemKind::Folder | ItemKind::Unknown => item.files,
        };
        let name = match kind {
            ItemKind::File | ItemKind::Folder => names::component(&item.name)?,
            ItemKind::Text => item.name,
            ItemKind::Unknown => names::component(&item.name).unwrap_or_default(),
        };
        Ok(Self {
            kind,
            name,
            size: item.size,
            files,
            modified: time_from_wire(item.modified),
            thumbhash: (!item.thumbhash.is_empty()).then(|| detached(&item.thumbhash)),
            version: item.version,
            digest: if item.digest.is_empty() { None } else { Some(digest(&item.digest)?) },
        })
    }

    fn to_wire(&self) -> wire::Item {
        wire::Item {
            kind: wire::ItemKind::from(self.kind).into(),
            name: self.name.clone(),
            size: self.size,
            files: self.files,
            modified: time_to_wire(self.modified),
            thumbhash: self.thumbhash.clone().unwrap_or_default(),
            version: self.version,
            digest: self.digest.map(|digest| Bytes::copy_from_slice(&digest)).unwrap_or_default(),
        }
    }
}

/// A copy of its own, so that 25 bytes that live long don't keep the whole frame alive.
fn detached(bytes: &Bytes) -> Bytes {
    Bytes::copy_from_slice(bytes)
}

impl Answer {
    pub(super) fn from_wire(answer: wire::Answer) -> Checked<Self> {
        if answer.accepted.is_empty() {
            return Ok(Self::Decline(answer.declined().into()));
        }
        let accept = Accept {
            items: Ranges::from_pairs(&answer.accepted, MAX_OFFER_ITEMS as u32)?,
            resume: answer.resume.into_iter().map(Resume::from_wire).collect::<Checked<_>>()?,
            known: Ranges::from_pairs(&answer.known, MAX_OFFER_ITEMS as u32)?,
        };
        accept.check()?;
        Ok(Self::Accept(accept))
    }

    pub(super) fn to_wire(&self, transfer: TransferId) -> wire::Answer {
        let mut answer = wire::Answer { transfer: id_to_wire(transfer), ..Default::default() };
        match self {
            Self::Accept(accept) => {
                answer.accepted = accept.items.to_pairs();
                answer.resume = accept.resume.iter().map(Resume::to_wire).collect();
                answer.known = accept.known.to_pairs();
            }
            Self::Decline(reason) => answer.set_declined((*reason).into()),
        }
        answer
    }
}

impl Accept {
    pub(in crate::protocol) fn check(&self) -> Checked<()> {
        ensure(!self.items.is_empty(), "nothing accepted")?;
        ensure(self.items.end() as usize <= MAX_OFFER_ITEMS, "items accepted")?;
        ensure(self.known.iter().all(|item| self.items.contains(item)), "items known")?;
        let mut groups = 0;
        let mut next = 0;
        for resume in &self.resume {
            ensure(resume.item >= next && self.items.contains(resume.item), "an item to go on with")?;
            next = resume.item + 1;
            ensure(resume.groups.len().is_multiple_of(blake3::OUT_LEN), "chaining values")?;
            ensure(u64::from(resume.saved.end()) <= MAX_ENTRIES, "entries saved")?;
            // A million entries with gaps would outgrow the frame and what the sender keeps.
            ensure(resume.saved.as_slice().len() <= MAX_OFFER_ITEMS, "ranges of entries saved")?;
            groups += resume.groups.len();
        }
        ensure(groups <= MAX_RESUME_GROUPS, "chaining values in all")
    }
}

impl Resume {
    fn from_wire(resume: wire::Resume) -> Checked<Self> {
        Ok(Self {
            item: resume.item,
            saved: Ranges::from_pairs(&resume.saved, MAX_ENTRIES as u32)?,
            entry: resume.entry,
            groups: resume.groups,
        })
    }

    fn to_wire(&self) -> wire::Resume {
        let Self { item, saved, entry, groups } = self;
        wire::Resume { item: *item, saved: saved.to_pairs(), entry: *entry, groups: groups.clone() }
    }
}

impl Thumbnails {
    pub(super) fn from_wire(thumbnails: wire::Thumbnails) -> Checked<Self> {
        let pictures = thumbnails.pictures.into_iter().map(|wire::Thumbnail { item, picture }| {
            ensure((1..=MAX_THUMBNAIL).contains(&picture.len()), "a thumbnail's length")?;
            Ok(Thumbnail { item, picture })
        });
        Ok(Self { transfer: id_from_wire(&thumbnails.transfer)?, pictures: pictures.collect::<Checked<_>>()? })
    }

    pub(super) fn to_wire(&self) -> wire::Thumbnails {
        let pictures = self.pictures.iter();
        wire::Thumbnails {
            transfer: id_to_wire(self.transfer),
            pictures: pictures
                .map(|Thumbnail { item, picture }| wire::Thumbnail { item: *item, picture: picture.clone() })
                .collect(),
        }
    }
}

impl Shelf {
    /// As [`Offer::check`].
    ///
    /// # Errors
    /// What is wrong with it.
    pub(in crate::protocol) fn check(&self) -> Checked<()> {
        ensure(self.items.len() <= MAX_OFFER_ITEMS, "the number of items")?;
        self.items.iter().try_for_each(|ShelfItem { item, .. }| {
            ensure(item.kind != ItemKind::Text, "a text on the shelf")?;
            ensure(item.size <= MAX_TRANSFER_BYTES && item.files <= MAX_ENTRIES, "an item's size")?;
            item.check()
        })
    }

    pub(super) fn from_wire(shelf: wire::Shelf) -> Checked<Self> {
        let items = shelf.items.into_iter().map(|item| {
            let wire::ShelfItem { id, kind, name, size, files, modified, thumbhash } = item;
            Ok(ShelfItem {
                id,
                item: Item::from_wire(wire::Item {
                    kind,
                    name,
                    size,
                    files,
                    modified,
                    thumbhash,
                    version: 0,
                    digest: Bytes::new(),
                })?,
            })
        });
        let shelf = Self { request: shelf.request, items: items.collect::<Checked<_>>()?, more: shelf.more };
        shelf.check()?;
        Ok(shelf)
    }

    pub(super) fn to_wire(&self) -> wire::Shelf {
        let items = self.items.iter().map(|ShelfItem { id, item }| {
            let wire::Item { kind, name, size, files, modified, thumbhash, .. } = item.to_wire();
            wire::ShelfItem { id: *id, kind, name, size, files, modified, thumbhash }
        });
        wire::Shelf { request: self.request, items: items.collect(), more: self.more }
    }
}
