//! Entries to test and to look at.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc, time::Duration};

use crate::{
    engine::api::{Phase, Running},
    protocol::{Fingerprint, TransferId},
    store::model::{Body, Direction, Entry, GroupId, Item, ItemKind, ItemState, Millis, State},
};

pub const OFFICE: Fingerprint = Fingerprint([7; 32]);

pub fn entry(seq: i64, at: i64, direction: Direction, body: Body, state: State) -> Arc<Entry> {
    let mut id = [0; 16];
    id[..8].copy_from_slice(&seq.to_le_bytes());
    Arc::new(Entry {
        seq,
        revision: seq,
        with: OFFICE,
        transfer: TransferId(id),
        group: GroupId(id),
        direction,
        at: Millis(at),
        body,
        state,
        read: true,
    })
}

pub fn received(seq: i64, at: i64, text: &str) -> Arc<Entry> {
    entry(seq, at, Direction::Received, Body::Text(text.to_owned()), State::Saved)
}

pub fn sent(seq: i64, at: i64, text: &str) -> Arc<Entry> {
    entry(seq, at, Direction::Sent, Body::Text(text.to_owned()), State::Saved)
}

pub fn file(index: u32, name: &str, size: u64) -> Item {
    Item {
        index,
        kind: ItemKind::File,
        name: name.to_owned(),
        size,
        files: 1,
        path: Some(PathBuf::from("/home/mei/Downloads/Fantail").join(name)),
        thumbhash: None,
        rendition: None,
        state: ItemState::Saved,
    }
}

pub fn folder(index: u32, name: &str, size: u64, files: u64) -> Item {
    Item { kind: ItemKind::Folder, files, ..file(index, name, size) }
}

pub fn items(items: Vec<Item>) -> Body {
    let files = items.iter().map(|item| item.files).sum();
    let bytes = items.iter().map(|item| item.size).sum();
    Body::Items { items, files, bytes }
}

pub fn running(entry: &Entry, phase: Phase, bytes: u64, total: u64) -> Running {
    Running {
        with: entry.with,
        transfer: entry.transfer,
        group: entry.group,
        direction: entry.direction,
        phase,
        bytes,
        total,
        files: 0,
        files_total: 1,
        speed: 84_000_000,
        left: Some(Duration::from_secs(12)),
        items: BTreeMap::from([(0, bytes)]),
        thumbnails: Arc::default(),
    }
}
