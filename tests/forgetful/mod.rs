//! A disk that forgets: a file system in memory on which everybody sees what was written, named or removed, and of which
//! a power cut leaves only what was flushed.
//!
//! It promises no more than POSIX does. `fsync` of a file keeps its bytes, not its name; `fsync` of a folder keeps what
//! was done to its names, in their order (and with a rename both its ends). Of everything else the cut keeps a part by
//! chance: some names, some blocks, some of those torn between two sectors.
//!
//! It can also be made read-only while somebody writes to it, as a real one becomes when it fails.

#![allow(dead_code, reason = "each test uses its part")]

pub mod dice;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    ffi::{OsStr, OsString},
    path::Path,
    sync::{Arc, Mutex, MutexGuard},
    time::{Duration, SystemTime},
};

use fuser::{
    AccessFlags, BackgroundSession, Config, Errno, FileAttr, FileHandle, FileType, Filesystem, FopenFlags, Generation,
    INodeNo, LockOwner, MountOption, OpenAccMode, OpenFlags, RenameFlags, ReplyAttr, ReplyCreate, ReplyData,
    ReplyDirectory, ReplyEmpty, ReplyEntry, ReplyOpen, ReplyStatfs, ReplyWrite, Request, TimeOrNow, WriteFlags,
};

use dice::Dice;

const BLOCK: usize = 4096;
/// What a disk writes whole or not at all.
const SECTOR: usize = 512;
const ROOT: u64 = 1;
/// The kernel may remember names and sizes as long as it likes: nobody else changes them.
const REMEMBERED: Duration = Duration::from_secs(60);
/// Blocks that are said to be free.
const ROOM: u64 = 1 << 20;

/// Whether flushes are heeded. One that ignores them proves that the tests see what is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flushes {
    Heeded,
    Ignored,
}

/// Of what was not flushed, so many in a hundred are there after a cut all the same.
#[derive(Clone, Copy, Debug)]
pub struct Luck {
    pub names: u32,
    pub blocks: u32,
}

/// The disk, before or after a cut.
#[derive(Clone)]
pub struct Disk(Arc<Mutex<State>>);

struct State {
    nodes: BTreeMap<u64, Node>,
    /// What was done to names and not flushed yet, in order.
    changes: Vec<Vec<Edit>>,
    next: u64,
    flushes: Flushes,
    read_only: bool,
    /// The power is off: nothing is answered but errors.
    off: bool,
}

#[derive(Clone)]
struct Node {
    what: What,
    mode: u16,
    modified: SystemTime,
}

#[derive(Clone)]
enum What {
    File { now: Content, kept: Content, dirty: BTreeSet<u64> },
    Folder { now: Names, kept: Names },
}

type Names = BTreeMap<OsString, u64>;

/// The name of a folder leads there from now on; to nothing, if it was removed.
#[derive(Clone)]
struct Edit {
    folder: u64,
    name: OsString,
    to: Option<u64>,
}

/// Blocks that are not there are zeros.
#[derive(Clone, Default)]
struct Content {
    size: u64,
    blocks: HashMap<u64, Arc<[u8; BLOCK]>>,
}

impl Disk {
    pub fn new(flushes: Flushes) -> Self {
        let root = Node::folder(0o755);
        let nodes = BTreeMap::from([(ROOT, root)]);
        Self(Arc::new(Mutex::new(State {
            nodes,
            changes: Vec::new(),
            next: ROOT + 1,
            flushes,
            read_only: false,
            off: false,
        })))
    }

    /// Mounts it; it is unmounted when the session is dropped.
    pub fn mount(&self, at: &Path) -> BackgroundSession {
        let mut config = Config::default();
        config.mount_options = vec![MountOption::FSName("forgetful".to_owned()), MountOption::NoAtime];
        fuser::spawn_mount(self.clone(), at, &config).unwrap_or_else(|error| {
            panic!("no disk that forgets: it needs /dev/fuse, and root or fusermount3 (package fuse3): {error}")
        })
    }

    /// The power fails: nothing more happens on this disk, `kill` ends who works there, and what is left is returned.
    pub fn cut(&self, dice: &mut Dice, luck: Luck, kill: impl FnOnce()) -> Self {
        let mut state = self.lock();
        let left = state.left(dice, luck);
        kill();
        state.off = true;
        Self(Arc::new(Mutex::new(left)))
    }

    pub fn set_flushes(&self, flushes: Flushes) {
        self.lock().flushes = flushes;
    }

    /// From now on nothing can be changed on it, also by whoever has a file open; or it can again.
    pub fn set_read_only(&self, read_only: bool) {
        self.lock().read_only = read_only;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    fn live(&self) -> Result<MutexGuard<'_, State>, Errno> {
        let state = self.lock();
        if state.off { Err(Errno::EIO) } else { Ok(state) }
    }

    fn writable(&self) -> Result<MutexGuard<'_, State>, Errno> {
        let state = self.live()?;
        if state.read_only { Err(Errno::EROFS) } else { Ok(state) }
    }
}

impl State {
    /// What a cut leaves: as it was flushed, and some of the rest.
    fn left(&self, dice: &mut Dice, luck: Luck) -> Self {
        let mut nodes = self.nodes.clone();
        let mut lost: HashSet<(u64, OsString)> = HashSet::new();
        for change in &self.changes {
            let names = change.iter().map(|edit| (edit.folder, edit.name.clone()));
            // What was built upon something lost is lost too.
            if dice.chance(luck.names) && names.clone().all(|name| !lost.contains(&name)) {
                keep(&mut nodes, change);
            } else {
                lost.extend(names);
            }
        }
        for node in nodes.values_mut() {
            match &mut node.what {
                What::Folder { now, kept } => now.clone_from(kept),
                What::File { now, kept, dirty } => {
                    let left = kept.torn(now, dirty, dice, luck.blocks);
                    dirty.clear();
                    (*now, *kept) = (left.clone(), left);
                }
            }
        }
        let mut reached = BTreeSet::from([ROOT]);
        let mut folders = vec![ROOT];
        while let Some(folder) = folders.pop() {
            let Some(What::Folder { kept, .. }) = nodes.get(&folder).map(|node| &node.what) else { continue };
            folders.extend(kept.values().filter(|inside| reached.insert(**inside)));
        }
        nodes.retain(|number, _| reached.contains(number));
        Self { nodes, changes: Vec::new(), next: self.next, flushes: self.flushes, read_only: false, off: false }
    }

    fn node(&mut self, number: INodeNo) -> Result<&mut Node, Errno> {
        self.nodes.get_mut(&number.0).ok_or(Errno::ENOENT)
    }

    fn names(&self, folder: INodeNo) -> Result<&Names, Errno> {
        match self.nodes.get(&folder.0).map(|node| &node.what) {
            Some(What::Folder { now, .. }) => Ok(now),
            Some(What::File { .. }) => Err(Errno::ENOTDIR),
            None => Err(Errno::ENOENT),
        }
    }

    fn find(&self, folder: INodeNo, name: &OsStr) -> Result<u64, Errno> {
        self.names(folder)?.get(name).copied().ok_or(Errno::ENOENT)
    }

    fn file(&mut self, number: INodeNo) -> Result<(&mut Content, &mut BTreeSet<u64>), Errno> {
        let node = self.node(number)?;
        node.modified = SystemTime::now();
        match &mut node.what {
            What::File { now, dirty, .. } => Ok((now, dirty)),
            What::Folder { .. } => Err(Errno::EISDIR),
        }
    }

    fn is_empty_folder(&self, number: u64) -> Option<bool> {
        match &self.nodes.get(&number)?.what {
            What::Folder { now, .. } => Some(now.is_empty()),
            What::File { .. } => None,
        }
    }

    /// Does it for all to see, and remembers that it isn't flushed.
    fn change(&mut self, change: Vec<Edit>) {
        for Edit { folder, name, to } in &change {
            let Some(node) = self.nodes.get_mut(folder) else { continue };
            node.modified = SystemTime::now();
            if let What::Folder { now, .. } = &mut node.what {
                set(now, name, *to);
            }
        }
        self.changes.push(change);
    }

    fn add(&mut self, folder: INodeNo, name: &OsStr, node: Node) -> Result<FileAttr, Errno> {
        if self.names(folder)?.contains_key(name) {
            return Err(Errno::EEXIST);
        }
        let number = self.next;
        self.next += 1;
        self.nodes.insert(number, node);
        self.change(vec![Edit { folder: folder.0, name: name.to_owned(), to: Some(number) }]);
        self.attributes(INodeNo(number))
    }

    fn rename(&mut self, from: (INodeNo, &OsStr), to: (INodeNo, &OsStr), flags: RenameFlags) -> Result<(), Errno> {
        if flags.difference(RenameFlags::RENAME_NOREPLACE) != RenameFlags::empty() {
            return Err(Errno::EINVAL);
        }
        let moved = self.find(from.0, from.1)?;
        if let Ok(replaced) = self.find(to.0, to.1) {
            if flags.contains(RenameFlags::RENAME_NOREPLACE) {
                return Err(Errno::EEXIST);
            }
            if self.is_empty_folder(replaced) == Some(false) {
                return Err(Errno::ENOTEMPTY);
            }
        }
        let edit = |(folder, name): (INodeNo, &OsStr), to| Edit { folder: folder.0, name: name.to_owned(), to };
        self.change(vec![edit(from, None), edit(to, Some(moved))]);
        Ok(())
    }

    fn flush_file(&mut self, number: INodeNo) -> Result<(), Errno> {
        let ignored = self.flushes == Flushes::Ignored;
        if let What::File { now, kept, dirty } = &mut self.node(number)?.what
            && !ignored
        {
            kept.size = now.size;
            for block in std::mem::take(dirty) {
                match now.blocks.get(&block) {
                    Some(bytes) => drop(kept.blocks.insert(block, Arc::clone(bytes))),
                    None => drop(kept.blocks.remove(&block)),
                }
            }
        }
        Ok(())
    }

    /// What was done to the folder's names is kept, and what that was built upon.
    fn flush_folder(&mut self, number: INodeNo) {
        if self.flushes == Flushes::Ignored {
            return;
        }
        let mut folders = HashSet::from([number.0]);
        let mut flushed = vec![false; self.changes.len()];
        for (change, flushed) in self.changes.iter().zip(&mut flushed).rev() {
            if change.iter().any(|edit| folders.contains(&edit.folder)) {
                *flushed = true;
                folders.extend(change.iter().map(|edit| edit.folder));
            }
        }
        let changes = std::mem::take(&mut self.changes);
        for (change, flushed) in changes.into_iter().zip(flushed) {
            if flushed {
                keep(&mut self.nodes, &change);
            } else {
                self.changes.push(change);
            }
        }
    }

    fn attributes(&mut self, number: INodeNo) -> Result<FileAttr, Errno> {
        let node = self.node(number)?;
        let (kind, size) = match &node.what {
            What::File { now, .. } => (FileType::RegularFile, now.size),
            What::Folder { .. } => (FileType::Directory, BLOCK as u64),
        };
        let time = node.modified;
        let owner = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
        Ok(FileAttr {
            ino: number,
            size,
            blocks: size.div_ceil(SECTOR as u64),
            atime: time,
            mtime: time,
            ctime: time,
            crtime: time,
            kind,
            perm: node.mode,
            nlink: 1,
            uid: owner.0,
            gid: owner.1,
            rdev: 0,
            blksize: BLOCK as u32,
            flags: 0,
        })
    }
}

fn set(names: &mut Names, name: &OsStr, to: Option<u64>) {
    match to {
        Some(number) => drop(names.insert(name.to_owned(), number)),
        None => drop(names.remove(name)),
    }
}

fn keep(nodes: &mut BTreeMap<u64, Node>, change: &[Edit]) {
    for Edit { folder, name, to } in change {
        if let Some(What::Folder { kept, .. }) = nodes.get_mut(folder).map(|node| &mut node.what) {
            set(kept, name, *to);
        }
    }
}

impl Node {
    fn file(mode: u32) -> Self {
        let (now, kept, dirty) = Default::default();
        Self { what: What::File { now, kept, dirty }, mode: mode as u16 & 0o777, modified: SystemTime::now() }
    }

    fn folder(mode: u32) -> Self {
        let (now, kept) = Default::default();
        Self { what: What::Folder { now, kept }, mode: mode as u16 & 0o777, modified: SystemTime::now() }
    }
}

impl Content {
    fn read(&self, from: u64, length: u64) -> Vec<u8> {
        let end = from.saturating_add(length).min(self.size);
        let mut bytes = Vec::with_capacity(end.saturating_sub(from) as usize);
        let mut at = from;
        while at < end {
            let (number, inside) = (at / BLOCK as u64, (at % BLOCK as u64) as usize);
            let count = (BLOCK - inside).min((end - at) as usize);
            match self.blocks.get(&number) {
                Some(block) => bytes.extend_from_slice(&block[inside..inside + count]),
                None => bytes.resize(bytes.len() + count, 0),
            }
            at += count as u64;
        }
        bytes
    }

    fn write(&mut self, at: u64, mut bytes: &[u8], dirty: &mut BTreeSet<u64>) {
        let mut at = at;
        while !bytes.is_empty() {
            let (number, inside) = (at / BLOCK as u64, (at % BLOCK as u64) as usize);
            let count = (BLOCK - inside).min(bytes.len());
            let (now, rest) = bytes.split_at(count);
            let block = self.blocks.entry(number).or_insert_with(|| Arc::new([0; BLOCK]));
            Arc::make_mut(block)[inside..inside + count].copy_from_slice(now);
            dirty.insert(number);
            (at, bytes) = (at + count as u64, rest);
        }
        self.size = self.size.max(at);
    }

    fn set_size(&mut self, size: u64, dirty: &mut BTreeSet<u64>) {
        let first_gone = size.div_ceil(BLOCK as u64);
        let gone: Vec<u64> = self.blocks.keys().copied().filter(|number| *number >= first_gone).collect();
        for number in gone {
            self.blocks.remove(&number);
            dirty.insert(number);
        }
        let inside = (size % BLOCK as u64) as usize;
        if let Some(block) = self.blocks.get_mut(&(size / BLOCK as u64)).filter(|_| inside > 0) {
            Arc::make_mut(block)[inside..].fill(0);
            dirty.insert(size / BLOCK as u64);
        }
        self.size = size;
    }

    /// This content with some of what was written later, by chance.
    fn torn(&self, now: &Self, dirty: &BTreeSet<u64>, dice: &mut Dice, chance: u32) -> Self {
        let mut left = self.clone();
        for number in dirty {
            let new = now.blocks.get(number).map_or([0; BLOCK], |block| **block);
            let sectors = match dice.below(4) {
                0 => dice.below((BLOCK / SECTOR) as u32) as usize,
                _ => BLOCK / SECTOR,
            };
            if dice.chance(chance) {
                let block = left.blocks.entry(*number).or_insert_with(|| Arc::new([0; BLOCK]));
                Arc::make_mut(block)[..sectors * SECTOR].copy_from_slice(&new[..sectors * SECTOR]);
            }
        }
        if dice.chance(chance) {
            left.size = now.size;
        }
        left
    }
}

/// Answers with what `$work` comes to, or with its error.
macro_rules! answer {
    ($reply:ident, $work:expr, $value:pat => $good:expr) => {
        match $work {
            Ok($value) => $good,
            Err(error) => $reply.error(error),
        }
    };
}

#[allow(clippy::too_many_arguments, reason = "the kernel's own")]
impl Filesystem for Disk {
    fn lookup(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEntry) {
        let find = || {
            let mut state = self.live()?;
            let number = state.find(parent, name)?;
            state.attributes(INodeNo(number))
        };
        answer!(reply, find(), found => reply.entry(&REMEMBERED, &found, Generation(0)));
    }

    fn getattr(&self, _: &Request, number: INodeNo, _: Option<FileHandle>, reply: ReplyAttr) {
        answer!(reply, self.live().and_then(|mut state| state.attributes(number)), found => reply.attr(&REMEMBERED, &found));
    }

    fn setattr(
        &self,
        _: &Request,
        number: INodeNo,
        mode: Option<u32>,
        _: Option<u32>,
        _: Option<u32>,
        size: Option<u64>,
        _: Option<TimeOrNow>,
        modified: Option<TimeOrNow>,
        _: Option<SystemTime>,
        _: Option<FileHandle>,
        _: Option<SystemTime>,
        _: Option<SystemTime>,
        _: Option<SystemTime>,
        _: Option<fuser::BsdFileFlags>,
        reply: ReplyAttr,
    ) {
        let set = || {
            let mut state = self.writable()?;
            if let Some(size) = size {
                let (content, dirty) = state.file(number)?;
                content.set_size(size, dirty);
            }
            let node = state.node(number)?;
            if let Some(mode) = mode {
                node.mode = mode as u16 & 0o777;
            }
            match modified {
                Some(TimeOrNow::SpecificTime(time)) => node.modified = time,
                Some(TimeOrNow::Now) => node.modified = SystemTime::now(),
                None => {}
            }
            state.attributes(number)
        };
        answer!(reply, set(), found => reply.attr(&REMEMBERED, &found));
    }

    fn mkdir(&self, _: &Request, parent: INodeNo, name: &OsStr, mode: u32, umask: u32, reply: ReplyEntry) {
        let add = || self.writable()?.add(parent, name, Node::folder(mode & !umask));
        answer!(reply, add(), made => reply.entry(&REMEMBERED, &made, Generation(0)));
    }

    fn create(&self, _: &Request, parent: INodeNo, name: &OsStr, mode: u32, umask: u32, _: i32, reply: ReplyCreate) {
        let add = || self.writable()?.add(parent, name, Node::file(mode & !umask));
        answer!(reply, add(), made => {
            reply.created(&REMEMBERED, &made, Generation(0), FileHandle(0), FopenFlags::empty());
        });
    }

    fn unlink(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        let remove = || {
            let mut state = self.writable()?;
            state.find(parent, name)?;
            state.change(vec![Edit { folder: parent.0, name: name.to_owned(), to: None }]);
            Ok(())
        };
        answer!(reply, remove(), () => reply.ok());
    }

    fn rmdir(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        let remove = || {
            let mut state = self.writable()?;
            let number = state.find(parent, name)?;
            if state.is_empty_folder(number) != Some(true) {
                return Err(Errno::ENOTEMPTY);
            }
            state.change(vec![Edit { folder: parent.0, name: name.to_owned(), to: None }]);
            Ok(())
        };
        answer!(reply, remove(), () => reply.ok());
    }

    fn rename(
        &self,
        _: &Request,
        parent: INodeNo,
        name: &OsStr,
        new_parent: INodeNo,
        new_name: &OsStr,
        flags: RenameFlags,
        reply: ReplyEmpty,
    ) {
        let rename = || self.writable()?.rename((parent, name), (new_parent, new_name), flags);
        answer!(reply, rename(), () => reply.ok());
    }

    fn access(&self, _: &Request, _: INodeNo, wanted: AccessFlags, reply: ReplyEmpty) {
        let access = || if wanted.contains(AccessFlags::W_OK) { self.writable() } else { self.live() };
        answer!(reply, access(), _ => reply.ok());
    }

    fn open(&self, _: &Request, _: INodeNo, flags: OpenFlags, reply: ReplyOpen) {
        let open = || if flags.acc_mode() == OpenAccMode::O_RDONLY { self.live() } else { self.writable() };
        answer!(reply, open(), _ => reply.opened(FileHandle(0), FopenFlags::FOPEN_KEEP_CACHE));
    }

    fn read(
        &self,
        _: &Request,
        number: INodeNo,
        _: FileHandle,
        from: u64,
        length: u32,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyData,
    ) {
        let read = || match &self.live()?.node(number)?.what {
            What::File { now, .. } => Ok(now.read(from, u64::from(length))),
            What::Folder { .. } => Err(Errno::EISDIR),
        };
        answer!(reply, read(), bytes => reply.data(&bytes));
    }

    fn write(
        &self,
        _: &Request,
        number: INodeNo,
        _: FileHandle,
        at: u64,
        bytes: &[u8],
        _: WriteFlags,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyWrite,
    ) {
        let write = || {
            let mut state = self.writable()?;
            let (content, dirty) = state.file(number)?;
            content.write(at, bytes, dirty);
            Ok(())
        };
        answer!(reply, write(), () => reply.written(bytes.len() as u32));
    }

    fn flush(&self, _: &Request, _: INodeNo, _: FileHandle, _: LockOwner, reply: ReplyEmpty) {
        reply.ok();
    }

    fn fsync(&self, _: &Request, number: INodeNo, _: FileHandle, _: bool, reply: ReplyEmpty) {
        answer!(reply, self.live().and_then(|mut state| state.flush_file(number)), () => reply.ok());
    }

    fn fsyncdir(&self, _: &Request, number: INodeNo, _: FileHandle, _: bool, reply: ReplyEmpty) {
        let flush = || {
            self.live()?.flush_folder(number);
            Ok(())
        };
        answer!(reply, flush(), () => reply.ok());
    }

    fn readdir(&self, _: &Request, number: INodeNo, _: FileHandle, from: u64, mut reply: ReplyDirectory) {
        let list = || {
            let state = self.live()?;
            let kind = |number: &u64| match state.is_empty_folder(*number) {
                Some(_) => FileType::Directory,
                None => FileType::RegularFile,
            };
            let dots = [".", ".."].map(|dot| (OsString::from(dot), number.0, FileType::Directory));
            let names = state.names(number)?.iter().map(|(name, inside)| (name.clone(), *inside, kind(inside)));
            Ok(dots.into_iter().chain(names).collect::<Vec<_>>())
        };
        answer!(reply, list(), all => {
            for (index, (name, inside, kind)) in all.into_iter().enumerate().skip(from as usize) {
                if reply.add(INodeNo(inside), index as u64 + 1, kind, name) {
                    break;
                }
            }
            reply.ok();
        });
    }

    fn statfs(&self, _: &Request, _: INodeNo, reply: ReplyStatfs) {
        reply.statfs(ROOM, ROOM, ROOM, ROOM, ROOM, BLOCK as u32, 255, BLOCK as u32);
    }
}
