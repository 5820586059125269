//! What is going to be sent: the sources walked, in a fixed order, each with the stamp it had.

use std::{
    ffi::{OsStr, OsString},
    io,
    ops::{ControlFlow, Range},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use crate::{
    platform::files::{self, Folder, Kind, Listed, Moment, Stamp},
    protocol::{
        limits::{self, MAX_DEPTH, MAX_OFFER_ITEMS},
        message,
    },
    store::model::{ItemKind, Problem},
    transfer::names,
};

/// Files, folders and what is skipped, of one transfer. About 128 bytes are held for each, so 128 MiB at the very most.
const MAX_ENTRIES: usize = limits::MAX_ENTRIES as usize;

/// Everything that one transfer will carry.
#[derive(Debug, Default)]
pub struct Plan {
    items: Vec<Source>,
    nodes: Vec<Node>,
    files: u64,
    bytes: u64,
    missing: Vec<(PathBuf, Problem)>,
}

/// One thing that was handed over: a file, or a folder with all that is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Its number in the offer.
    pub index: u32,
    /// [`ItemKind::File`] or [`ItemKind::Folder`].
    pub kind: ItemKind,
    /// As it is offered: the name of the link, where a link was handed over.
    pub name: String,
    /// Where it lies, absolute.
    pub path: PathBuf,
    /// In bytes, a folder's files together.
    pub size: u64,
    /// Files inside, for a folder.
    pub files: u64,
    pub modified: Moment,
    nodes: Range<usize>,
}

/// One file or folder of an item, or something of it that can't be handed over. Depth first: a folder comes before what
/// is in it, and all of that before whatever comes next.
#[derive(Debug)]
pub(super) struct Node {
    pub what: What,
    /// 0 for the item itself.
    pub depth: u16,
    /// On this disk; empty for the item itself.
    pub name: Box<OsStr>,
    pub stamp: Stamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    File,
    Folder,
    /// A link, a device, or folders deeper than `MAX_DEPTH`.
    NotAFile,
    /// A folder that can't be opened.
    Unreadable,
    /// Not there any more, when its transfer went on.
    Gone,
}

/// A source that was offered before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offered {
    pub path: PathBuf,
    pub item: message::Item,
    /// It is looked at again; otherwise it only keeps its number.
    pub wanted: bool,
}

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    #[error("nothing to send")]
    Nothing,
    /// The first of the paths that can't be sent, when none can.
    #[error("the file is gone")]
    Gone { name: String },
    #[error("the file can't be read")]
    Unreadable { name: String },
    #[error("more than {limit} at once")]
    TooMuch { limit: usize },
    #[error("no thread for reading")]
    Thread(#[source] io::Error),
    #[error("cancelled")]
    Cancelled,
}

impl PlanError {
    /// What to tell this person.
    #[must_use]
    pub fn problem(&self) -> Problem {
        match self {
            Self::Nothing => Problem::NothingToSend,
            Self::Gone { name } => Problem::SourceGone { name: name.clone() },
            Self::Unreadable { name } => Problem::SourceUnreadable { name: name.clone() },
            Self::TooMuch { limit } => Problem::TooMuch { limit: *limit as u64 },
            Self::Thread(error) => Problem::System { message: error.to_string() },
            Self::Cancelled => Problem::Closed,
        }
    }
}

impl Plan {
    /// Walks the sources on a thread of its own. Dropping the future ends the walk.
    ///
    /// # Errors
    /// See [`PlanError`].
    pub async fn walk(paths: Vec<PathBuf>) -> Result<Self, PlanError> {
        let stop = StopOnDrop::default();
        let flag = Arc::clone(&stop.0);
        let (done, result) = tokio::sync::oneshot::channel();
        std::thread::Builder::new()
            .name("fantail-walk".to_owned())
            .spawn(move || done.send(Self::of(&paths, &flag)).ok())
            .map_err(PlanError::Thread)?;
        result.await.unwrap_or(Err(PlanError::Cancelled))
    }

    /// Walks the sources here and now, until `stop` is set. Paths are taken in their order, the same one only once;
    /// those that can't be sent are in [`Self::missing`], unless none can.
    ///
    /// # Errors
    /// See [`PlanError`].
    pub fn of(paths: &[PathBuf], stop: &AtomicBool) -> Result<Self, PlanError> {
        let mut plan = Self::default();
        let mut seen = std::collections::HashSet::new();
        for path in paths {
            if !seen.insert(path) {
                continue;
            }
            if plan.items.len() == MAX_OFFER_ITEMS {
                return Err(PlanError::TooMuch { limit: MAX_OFFER_ITEMS });
            }
            match plan.add(path, stop) {
                Err(error @ (PlanError::Gone { .. } | PlanError::Unreadable { .. })) => {
                    plan.missing.push((path.clone(), error.problem()));
                    if paths.len() == 1 {
                        return Err(error);
                    }
                }
                other => other?,
            }
        }
        match (plan.items.is_empty(), plan.missing.first()) {
            (false, _) => Ok(plan),
            (true, Some((_, Problem::SourceUnreadable { name }))) => Err(PlanError::Unreadable { name: name.clone() }),
            (true, Some((_, Problem::SourceGone { name }))) => Err(PlanError::Gone { name: name.clone() }),
            (true, _) => Err(PlanError::Nothing),
        }
    }

    /// Walks what was offered before, on a thread of its own, each source keeping its number and its name. What isn't
    /// there any more, or is of another kind now, is told when its turn comes.
    ///
    /// # Errors
    /// See [`PlanError`].
    pub async fn walk_again(sources: Vec<Offered>) -> Result<Self, PlanError> {
        let stop = StopOnDrop::default();
        let flag = Arc::clone(&stop.0);
        let (done, result) = tokio::sync::oneshot::channel();
        std::thread::Builder::new()
            .name("fantail-walk".to_owned())
            .spawn(move || done.send(Self::again(&sources, &flag)).ok())
            .map_err(PlanError::Thread)?;
        result.await.unwrap_or(Err(PlanError::Cancelled))
    }

    fn again(sources: &[Offered], stop: &AtomicBool) -> Result<Self, PlanError> {
        let mut plan = Self::default();
        for Offered { path, item, wanted } in sources {
            let (nodes, files, bytes) = (plan.nodes.len(), plan.files, plan.bytes);
            let walked = if *wanted { plan.add(path, stop) } else { Err(PlanError::Nothing) };
            let kind = if item.kind == message::ItemKind::File { ItemKind::File } else { ItemKind::Folder };
            match walked {
                Ok(()) if plan.items.last().is_some_and(|source| source.kind == kind) => {
                    if let Some(source) = plan.items.last_mut() {
                        source.name.clone_from(&item.name);
                    }
                    continue;
                }
                Ok(()) => drop(plan.items.pop()),
                Err(PlanError::Nothing | PlanError::Gone { .. } | PlanError::Unreadable { .. }) => {}
                Err(error) => return Err(error),
            }
            plan.nodes.truncate(nodes);
            (plan.files, plan.bytes) = (files, bytes);
            plan.push(Node { what: What::Gone, depth: 0, name: OsString::new().into(), stamp: Stamp::default() })?;
            let modified = item.modified.unwrap_or(message::Time { seconds: 0, nanos: 0 });
            plan.items.push(Source {
                index: u32::try_from(plan.items.len()).unwrap_or(u32::MAX),
                kind,
                name: item.name.clone(),
                path: path.clone(),
                size: item.size,
                files: if kind == ItemKind::File { 0 } else { item.files },
                modified: Moment { seconds: modified.seconds, nanoseconds: modified.nanos },
                nodes: nodes..plan.nodes.len(),
            });
        }
        Ok(plan)
    }

    /// Tells whether an item's sources are the same as another time: every name, size and time, and which file it is.
    /// Devices are left out, since their numbers may change when a computer starts.
    #[must_use]
    pub fn digest(&self, item: &Source) -> [u8; 32] {
        digest(self.nodes(item).iter().map(|node| (node, node.stamp)))
    }

    /// The same but for one file, and for the folders' own times, which change with the files in them.
    #[must_use]
    pub fn digest_without(&self, item: &Source, entry: u32) -> [u8; 32] {
        digest(self.nodes(item).iter().zip(0..).map(|(node, number)| {
            let may_differ = number == entry || node.what == What::Folder;
            (node, if may_differ { Stamp::default() } else { node.stamp })
        }))
    }

    /// Whether the item was found where it was.
    #[must_use]
    pub fn is_there(&self, item: &Source) -> bool {
        self.nodes(item).first().is_some_and(|node| node.what != What::Gone)
    }

    /// In the order of the offer; an item's index is its place here.
    #[must_use]
    pub fn items(&self) -> &[Source] {
        &self.items
    }

    /// The items as they are offered, still without pictures.
    #[must_use]
    pub fn offered(&self) -> Vec<message::Item> {
        let offered = |item: &Source| message::Item {
            kind: if item.kind == ItemKind::File { message::ItemKind::File } else { message::ItemKind::Folder },
            name: item.name.clone(),
            size: item.size,
            files: if item.kind == ItemKind::File { 1 } else { item.files },
            modified: Some(message::Time { seconds: item.modified.seconds, nanos: item.modified.nanoseconds }),
            thumbhash: None,
            version: 0,
            digest: None,
        };
        self.items.iter().map(offered).collect()
    }

    /// Files in all items.
    #[must_use]
    pub fn files(&self) -> u64 {
        self.files
    }

    /// Bytes of all files.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Paths that can't be sent, and why.
    #[must_use]
    pub fn missing(&self) -> &[(PathBuf, Problem)] {
        &self.missing
    }

    pub(super) fn nodes(&self, item: &Source) -> &[Node] {
        self.nodes.get(item.nodes.clone()).unwrap_or_default()
    }

    fn add(&mut self, path: &Path, stop: &AtomicBool) -> Result<(), PlanError> {
        let failed = |error: io::Error| failed(path, &error);
        let mut path = std::path::absolute(path).map_err(failed)?;
        if path.file_name().is_none() {
            path = files::canonical(&path).map_err(failed)?;
        }
        // Of a whole disk, where nothing has a name.
        let name = path.file_name().map_or_else(|| "Disk".to_owned(), names::to_wire);
        let (mut kind, mut stamp) = files::look(&path).map_err(failed)?;
        if kind == Kind::Link {
            // What this person points at is meant; links further down are not followed.
            path = files::canonical(&path).map_err(failed)?;
            (kind, stamp) = files::look(&path).map_err(failed)?;
        }
        let start = self.nodes.len();
        let (files, bytes) = (self.files, self.bytes);
        let what = match kind {
            Kind::File => What::File,
            Kind::Folder => What::Folder,
            Kind::Link | Kind::Special => return Err(PlanError::Unreadable { name }),
        };
        self.push(Node { what, depth: 0, name: OsString::new().into(), stamp })?;
        if what == What::Folder {
            self.enter(&Folder::open(&path).map_err(failed)?, 1, stop)?;
        }
        self.items.push(Source {
            index: u32::try_from(self.items.len()).unwrap_or(u32::MAX),
            kind: if what == What::File { ItemKind::File } else { ItemKind::Folder },
            name,
            path,
            size: self.bytes - bytes,
            files: if what == What::File { 0 } else { self.files - files },
            modified: stamp.modified,
            nodes: start..self.nodes.len(),
        });
        Ok(())
    }

    fn enter(&mut self, folder: &Folder, depth: u16, stop: &AtomicBool) -> Result<(), PlanError> {
        let mut listed: Vec<Listed> = Vec::new();
        let room = MAX_ENTRIES - self.nodes.len();
        let mut visit = |entry: Listed| {
            listed.push(entry);
            if listed.len() > room || stop.load(Ordering::Relaxed) {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        };
        let whole = folder.list(&mut visit);
        if stop.load(Ordering::Relaxed) {
            return Err(PlanError::Cancelled);
        }
        if whole.is_err() {
            // Said in its place, so that the other side hears of it too; what could be listed still goes.
            self.push(Node { what: What::Unreadable, depth, name: OsStr::new("…").into(), stamp: Stamp::default() })?;
        }
        listed.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        for Listed { name, kind, stamp } in listed {
            match kind {
                // Partials of this program.
                Kind::Folder if name == super::folder::PARTIALS => {}
                Kind::Folder if usize::from(depth) < MAX_DEPTH => {
                    let opened = folder.folder(&name);
                    let what = if opened.is_ok() { What::Folder } else { What::Unreadable };
                    self.push(Node { what, depth, name: name.into(), stamp })?;
                    if let Ok(opened) = opened {
                        self.enter(&opened, depth + 1, stop)?;
                    }
                }
                Kind::File => self.push(Node { what: What::File, depth, name: name.into(), stamp })?,
                Kind::Folder | Kind::Link | Kind::Special => {
                    self.push(Node { what: What::NotAFile, depth, name: name.into(), stamp })?;
                }
            }
        }
        Ok(())
    }

    fn push(&mut self, node: Node) -> Result<(), PlanError> {
        if self.nodes.len() == MAX_ENTRIES {
            return Err(PlanError::TooMuch { limit: MAX_ENTRIES });
        }
        if node.what == What::File {
            self.files += 1;
            self.bytes = self.bytes.saturating_add(node.stamp.size);
        }
        self.nodes.push(node);
        Ok(())
    }
}

fn digest<'a>(nodes: impl Iterator<Item = (&'a Node, Stamp)>) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    for (Node { what, depth, name, .. }, stamp) in nodes {
        let name = crate::platform::path_bytes::to_bytes(Path::new(name));
        hasher.update(&[*what as u8]).update(&depth.to_le_bytes());
        hasher.update(&(name.len() as u64).to_le_bytes()).update(&name);
        hasher.update(&stamp.size.to_le_bytes()).update(&stamp.inode.to_le_bytes());
        for Moment { seconds, nanoseconds } in [stamp.modified, stamp.changed] {
            hasher.update(&seconds.to_le_bytes()).update(&nanoseconds.to_le_bytes());
        }
    }
    *hasher.finalize().as_bytes()
}

fn failed(path: &Path, error: &io::Error) -> PlanError {
    let name = names::to_wire(path.file_name().unwrap_or(path.as_os_str()));
    match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => PlanError::Gone { name },
        _ => PlanError::Unreadable { name },
    }
}

/// Tells the threads that work for a future that it is gone.
#[derive(Debug, Default)]
pub struct StopOnDrop(pub Arc<AtomicBool>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests;
