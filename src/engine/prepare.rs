//! What goes into an offer, read from the disk: the plan, and soft blurs of its first pictures for whoever is asked.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use tokio::time::Instant;

use super::{
    api::{Item, ItemKind, ItemState, Problem, Rendition},
    renditions::{Origin, Origins},
    thumbnails::Makings,
};
use crate::{
    pictures::{name_suggests_picture, thumbhash_of},
    protocol::{
        Ranges,
        limits::MAX_OFFER_ITEMS,
        message::{Accept, Item as WireItem, NOT_COMPARED, Resume},
    },
    transfer::{Grown, Offered, Plan, Source, digest_of, names},
};

/// Blurs are made for the first pictures only: a card shows no more.
const MAX_BLURS: usize = 12;

/// And only while nobody notices the wait; what isn't ready then goes without.
const BLURS_WITHIN: Duration = Duration::from_millis(300);

/// What is going to be offered.
#[derive(Debug)]
pub(super) struct Prepared {
    pub plan: Arc<Plan>,
    /// As the wire has them.
    pub items: Vec<WireItem>,
    /// What tells whether each is still what it was.
    pub digests: Vec<[u8; 32]>,
    pub thumbnails: Makings,
    /// Which of the sources were made for this.
    pub origins: Origins,
}

/// What was offered, without the walk through it: to be walked again when it goes on.
#[derive(Debug)]
pub(super) struct Stored {
    pub sources: Vec<Offered>,
    pub digests: Vec<[u8; 32]>,
    pub origins: Origins,
    /// A file of which nothing counts at the other side: it alone may differ.
    pub grown: Option<Grown>,
}

/// Why what rested doesn't go on.
#[derive(Debug)]
pub(super) enum Unprepared {
    /// Some of it can't be reached now.
    Away,
    /// Nothing of it can be sent any more.
    Never(Problem),
}

impl Prepared {
    pub fn new(plan: Plan, origins: Origins) -> Self {
        let digests = plan.items().iter().map(|source| plan.digest(source)).collect();
        Self { items: plan.offered(), digests, thumbnails: Makings::of(&plan), plan: plan.into(), origins }
    }

    /// Walks the sources, and with `blurred` looks at the pictures among them.
    pub async fn read(paths: Vec<PathBuf>, blurred: bool, origins: Origins) -> Result<Self, Problem> {
        let plan = Plan::walk(paths).await.map_err(|error| error.problem())?;
        let mut prepared = Self::new(plan, origins);
        if blurred {
            for (index, blur) in blurs_of(prepared.plan.items()).await {
                if let Some(item) = prepared.items.get_mut(index as usize) {
                    item.thumbhash = Some(blur.into());
                }
            }
        }
        Ok(prepared)
    }

    /// Walks what rested, whether it was `offered` or not. It has to rest on while some of it is away.
    pub async fn of_rested(stored: &Stored, offered: bool, blurred: bool) -> Result<Self, Unprepared> {
        let paths = || stored.sources.iter().map(|source| source.path.clone()).collect();
        // Nobody knows yet what it was, if it wasn't offered.
        let walked = if offered {
            Self::again(stored).await
        } else {
            Self::read(paths(), blurred, stored.origins.clone()).await
        };
        let lacking: Vec<PathBuf> = match &walked {
            Ok(walked) => {
                let gone = walked.plan.items().iter().zip(&stored.sources);
                let gone = gone.filter(|(source, before)| before.wanted && !walked.plan.is_there(source));
                let gone = gone.map(|(source, _)| source.path.clone());
                gone.chain(walked.plan.missing().iter().map(|(path, _)| path.clone())).collect()
            }
            Err(Problem::SourceGone { .. } | Problem::SourceUnreadable { .. }) => paths(),
            Err(_) => Vec::new(),
        };
        let look = move || lacking.iter().any(|path| is_away(path));
        match tokio::task::spawn_blocking(look).await {
            Ok(true) => Err(Unprepared::Away),
            Ok(false) => walked.map_err(Unprepared::Never),
            Err(_) => Err(Unprepared::Never(Problem::Closed)),
        }
    }

    /// Walks what was offered before. What isn't the same any more is another version of its item.
    async fn again(stored: &Stored) -> Result<Self, Problem> {
        let plan = Plan::walk_again(stored.sources.clone()).await.map_err(|error| error.problem())?;
        let mut prepared = Self::new(plan, stored.origins.clone());
        let before = stored.sources.iter().zip(&stored.digests);
        let now = prepared.plan.items().iter().zip(&mut prepared.items).zip(&mut prepared.digests);
        for ((source, (item, digest)), (Offered { item: old, .. }, old_digest)) in
            now.map(|((source, item), digest)| (source, (item, digest))).zip(before)
        {
            item.thumbhash.clone_from(&old.thumbhash);
            item.version = old.version;
            item.digest = old.digest.filter(|digest| *digest == NOT_COMPARED);
            if !prepared.plan.is_there(source) {
                *digest = *old_digest;
            } else if digest != old_digest {
                let is_same_but_one = stored.grown.is_some_and(|Grown { item, entry, rest }| {
                    item == source.index && prepared.plan.digest_without(source, entry) == rest
                });
                item.version = old.version.wrapping_add(u32::from(!is_same_but_one));
            }
        }
        Ok(prepared)
    }

    /// All of it comes, whatever is there already.
    #[must_use]
    pub fn not_compared(mut self) -> Self {
        self.items.iter_mut().for_each(|item| item.digest = Some(NOT_COMPARED));
        self
    }

    /// What the other side wants to compare and was not told yet.
    pub fn asked(&self, accept: &Accept) -> Ranges {
        let is_new = |index: &u32| self.items.get(*index as usize).is_some_and(|item| item.digest.is_none());
        Ranges::from_numbers(accept.known.iter().filter(is_new))
    }

    /// What the other side found to be there, by the digests it was told.
    pub fn found(&self, accept: &Accept) -> Ranges {
        let is_told = |item: &u32| {
            let item = self.items.get(*item as usize);
            item.is_some_and(|item| item.digest.is_some_and(|digest| digest != NOT_COMPARED))
        };
        Ranges::from_numbers(named(accept).filter(is_told))
    }

    /// Reads these items. Blocks.
    pub fn with_digests(&self, asked: &Ranges, stop: &AtomicBool) -> Self {
        let mut items = self.items.clone();
        for source in self.plan.items().iter().filter(|source| asked.contains(source.index)) {
            if let Some(item) = items.get_mut(source.index as usize) {
                item.digest = Some(digest_of(&self.plan, source, stop).unwrap_or(NOT_COMPARED));
            }
        }
        // Pictures were shown with the question.
        let (plan, digests, origins) = (self.plan.clone(), self.digests.clone(), self.origins.clone());
        Self { plan, items, digests, thumbnails: Makings::default(), origins }
    }

    /// All but the plan, which may be large.
    pub fn stored(&self) -> Stored {
        let sources = self.plan.items().iter().zip(&self.items);
        let offered = |(source, item): (&Source, &WireItem)| Offered {
            path: source.path.clone(),
            item: item.clone(),
            wanted: self.plan.is_there(source),
        };
        Stored {
            sources: sources.map(offered).collect(),
            digests: self.digests.clone(),
            origins: self.origins.clone(),
            grown: None,
        }
    }

    /// As the conversation has them: those that go, then those that can't, with the reason.
    pub fn shown_items(&self) -> Vec<Item> {
        let going = self.plan.items().iter().map(|source| Item {
            index: source.index,
            kind: source.kind,
            name: source.name.clone(),
            size: source.size,
            files: source.files,
            path: Some(self.shown_path(&source.path)),
            thumbhash: self.blur_of(source.index),
            rendition: self.rendition(&source.path),
            state: ItemState::Pending,
        });
        let numbers = self.plan.items().len() as u32..;
        let missing = self.plan.missing().iter().zip(numbers).map(|((path, problem), index)| Item {
            index,
            kind: ItemKind::File,
            name: names::to_wire(path.file_name().unwrap_or(path.as_os_str())),
            size: 0,
            files: 0,
            path: Some(self.shown_path(path)),
            thumbhash: None,
            rendition: self.rendition(path),
            state: ItemState::Failed(problem.clone()),
        });
        going.chain(missing).take(MAX_OFFER_ITEMS).collect()
    }

    /// Where this person has it.
    fn shown_path(&self, path: &Path) -> PathBuf {
        self.origins.get(path).map_or(path, |origin| &origin.path).to_path_buf()
    }

    fn rendition(&self, path: &Path) -> Option<Rendition> {
        self.origins.get(path).map(|Origin { form, .. }| Rendition { path: path.to_path_buf(), form: *form })
    }

    fn blur_of(&self, index: u32) -> Option<Vec<u8>> {
        self.items.get(index as usize)?.thumbhash.as_ref().map(|blur| blur.to_vec())
    }
}

/// Items of which the other side says that something is saved, and nothing half.
pub(super) fn named(accept: &Accept) -> impl Iterator<Item = u32> {
    let is_saved = |resume: &&Resume| resume.groups.is_empty() && !resume.saved.is_empty();
    accept.resume.iter().filter(is_saved).map(|resume| resume.item)
}

/// Whether a source that was there is away with the disk or folder it lies on, or can't be read. One that is missing in
/// a folder that is there was moved or deleted. Blocks.
fn is_away(path: &Path) -> bool {
    match fs::symlink_metadata(path) {
        Ok(_) => false,
        Err(error) if error.kind() != io::ErrorKind::NotFound => true,
        Err(_) => path.parent().is_some_and(|folder| fs::read_dir(folder).is_err()),
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
