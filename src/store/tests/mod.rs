//! On real files.

mod conversations;
mod keeping;
mod opening;
mod searching;

use std::path::{Path, PathBuf};

use super::{
    model::{
        Audience, Body, DeviceKind, Direction, GroupId, Hold, Item, ItemKind, ItemState, Millis, PageAt, Problem, Rule,
        Seen, Settings, ShelfItem, State, Theme, Towards, Visibility,
    },
    *,
};
use crate::protocol::{Fingerprint, TransferId};

const MEI: Fingerprint = Fingerprint([1; 32]);
const DAD: Fingerprint = Fingerprint([2; 32]);

struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("deep/er/fantail.db")
    }

    fn open(&self) -> Store {
        let opened = Store::open(&self.path()).unwrap();
        assert_eq!(opened.set_aside, None);
        opened.store
    }

    /// With Mei in it.
    fn open_with_mei(&self) -> Store {
        let mut store = self.open();
        store.upsert_seen(&MEI, &seen("Mei's laptop", Millis(1))).unwrap();
        store
    }
}

fn seen(name: &str, at: Millis) -> Seen {
    Seen { name: name.to_owned(), kind: DeviceKind::Computer, addresses: Vec::new(), at }
}

fn transfer(number: u64) -> TransferId {
    let mut id = [0; 16];
    id[..8].copy_from_slice(&number.to_le_bytes());
    TransferId(id)
}

fn text(number: u64, text: &str) -> NewEntry {
    NewEntry {
        with: MEI,
        transfer: transfer(number),
        group: GroupId([3; 16]),
        direction: Direction::Received,
        at: Millis(number as i64),
        body: Body::Text(text.to_owned()),
        state: State::Saved,
    }
}

fn item(index: u32, name: &str) -> Item {
    Item {
        index,
        kind: ItemKind::File,
        name: name.to_owned(),
        size: 7,
        files: 0,
        path: None,
        thumbhash: Some(vec![9; 25]),
        rendition: None,
        state: ItemState::Pending,
    }
}

fn files(number: u64, names: &[&str], state: State) -> NewEntry {
    let items: Vec<Item> = names.iter().enumerate().map(|(index, name)| item(index as u32, name)).collect();
    let body = Body::Items { files: items.len() as u64, bytes: 7 * items.len() as u64, items };
    NewEntry { body, state, ..text(number, "") }
}

fn put_out(path: &Path, size: u64, audience: Audience) -> ShelfItem {
    ShelfItem {
        id: 0,
        path: path.to_owned(),
        name: "cat.jpg".to_owned(),
        kind: ItemKind::File,
        size,
        files: 1,
        modified: Millis(size as i64),
        audience,
    }
}

fn found(store: &Store, query: &str) -> Vec<i64> {
    store.search(query, None, 100).unwrap().into_iter().map(|entry| entry.seq).collect()
}
