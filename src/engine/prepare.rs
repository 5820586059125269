//! What goes into an offer, read from the disk: the plan, and soft blurs of its first pictures for whoever is asked.

use std::{collections::BTreeMap, path::PathBuf, time::Duration};

use tokio::time::Instant;

use super::api::{Item, ItemKind, ItemState, Problem};
use crate::{
    pictures::{name_suggests_picture, thumbhash_of},
    protocol::{
        limits::MAX_OFFER_ITEMS,
        message::{Item as WireItem, ItemKind as WireKind, Time},
    },
    transfer::{Plan, Source, names},
};

/// Blurs are made for the first pictures only: a card shows no more.
const MAX_BLURS: usize = 12;

/// And only while nobody notices the wait; what isn't ready then goes without.
const BLURS_WITHIN: Duration = Duration::from_millis(300);

/// What is going to be offered.
#[derive(Debug)]
pub(super) struct Prepared {
    pub plan: std::sync::Arc<Plan>,
    /// ThumbHashes by item.
    blurs: BTreeMap<u32, Vec<u8>>,
}

impl Prepared {
    pub fn new(plan: Plan) -> Self {
        Self { plan: plan.into(), blurs: BTreeMap::new() }
    }

    /// Walks the sources, and with `blurred` looks at the pictures among them.
    pub async fn read(paths: Vec<PathBuf>, blurred: bool) -> Result<Self, Problem> {
        let mut prepared = Self::new(Plan::walk(paths).await.map_err(|error| error.problem())?);
        if blurred {
            prepared.blurs = blurs_of(prepared.plan.items()).await;
        }
        Ok(prepared)
    }

    /// As the wire has them.
    pub fn wire_items(&self) -> Vec<WireItem> {
        let item = |source: &Source| WireItem {
            kind: if source.kind == ItemKind::Folder { WireKind::Folder } else { WireKind::File },
            name: source.name.clone(),
            size: source.size,
            files: source.files.max(u64::from(source.kind == ItemKind::File)),
            modified: Some(Time { seconds: source.modified.seconds, nanos: source.modified.nanoseconds }),
            thumbhash: self.blurs.get(&source.index).map(|blur| blur.clone().into()),
        };
        self.plan.items().iter().map(item).collect()
    }

    /// As the conversation has them: those that go, then those that can't, with the reason.
    pub fn shown_items(&self) -> Vec<Item> {
        let going = self.plan.items().iter().map(|source| Item {
            index: source.index,
            kind: source.kind,
            name: source.name.clone(),
            size: source.size,
            files: source.files,
            path: Some(source.path.clone()),
            thumbhash: self.blurs.get(&source.index).cloned(),
            state: ItemState::Pending,
        });
        let numbers = self.plan.items().len() as u32..;
        let missing = self.plan.missing().iter().zip(numbers).map(|((path, problem), index)| Item {
            index,
            kind: ItemKind::File,
            name: names::to_wire(path.file_name().unwrap_or(path.as_os_str())),
            size: 0,
            files: 0,
            path: Some(path.clone()),
            thumbhash: None,
            state: ItemState::Failed(problem.clone()),
        });
        going.chain(missing).take(MAX_OFFER_ITEMS).collect()
    }
}

async fn blurs_of(items: &[Source]) -> BTreeMap<u32, Vec<u8>> {
    let is_picture = |source: &&Source| source.kind == ItemKind::File && name_suggests_picture(&source.name);
    let pictures: Vec<(u32, PathBuf)> =
        items.iter().filter(is_picture).take(MAX_BLURS).map(|source| (source.index, source.path.clone())).collect();
    let mut blurs = BTreeMap::new();
    if pictures.is_empty() {
        return blurs;
    }
    let deadline = Instant::now() + BLURS_WITHIN;
    let (made, ready) = flume::bounded(MAX_BLURS);
    // One that takes too long ends by itself, with nobody listening any more.
    tokio::task::spawn_blocking(move || {
        for (index, path) in pictures {
            if made.is_disconnected() {
                return;
            }
            if let Some(blur) = thumbhash_of(&path, deadline.into_std()) {
                made.send((index, blur)).ok();
            }
        }
    });
    while let Ok(Ok((index, blur))) = tokio::time::timeout_at(deadline, ready.recv_async()).await {
        blurs.insert(index, blur);
    }
    blurs
}
