//! Whether something is there already: digests of whole items, and what came earlier held against one.
//!
//! A file's digest is its BLAKE3. A folder's is the BLAKE3 of the digests of what is directly in it, in ascending order;
//! each is the BLAKE3 of a byte (1 a file, 2 a folder), the length of its name (4 bytes, big-endian), that name as a
//! receiver would give it, and its own digest. So a folder whose names had to be changed when it was received is still
//! the same. What can't be handed over is left out. Blocks.

use std::{
    convert::Infallible,
    ffi::OsStr,
    fs::File,
    io::Read as _,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
};

use super::{
    names::{self, Taken},
    plan::{Plan, Source, What},
};
use crate::{
    platform::files::{self, Kind, Stamp},
    store::model::ItemKind,
};

/// Of a whole item.
pub type Digest = [u8; blake3::OUT_LEN];

/// Bytes read at a time.
const CHUNK: usize = 256 * 1024;

/// Something that came from the same computer earlier and may be the same as what is offered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Before {
    pub path: PathBuf,
    /// When it was saved: its digest, and what tells that it was not touched since.
    pub known: Option<(Digest, Stamp)>,
}

impl Before {
    /// Whether something of this kind and size is still there. Doesn't look into it.
    #[must_use]
    pub fn is_there(&self, kind: ItemKind, size: u64) -> bool {
        match files::look(&self.path) {
            Ok((Kind::File, stamp)) => kind == ItemKind::File && stamp.size == size,
            Ok((Kind::Folder, _)) => kind == ItemKind::Folder,
            Ok((Kind::Link | Kind::Special, _)) | Err(_) => false,
        }
    }

    /// Whether what is there now has this digest. What was touched since it was saved is read, and so is everything where
    /// that can't be told.
    #[must_use]
    pub fn is_still(&self, kind: ItemKind, size: u64, digest: &Digest, stop: &AtomicBool) -> bool {
        if !self.is_there(kind, size) {
            return false;
        }
        if let (Some((known, saved)), Ok((_, now))) = (self.known, files::look(&self.path))
            && files::STAMPS_TELL_EVERY_CHANGE
            && is_same(&now, &saved)
        {
            return known == *digest;
        }
        // What it made of it since is nobody's business.
        if self.known.is_some_and(|(known, _)| known != *digest) {
            return false;
        }
        let Ok(plan) = Plan::of(std::slice::from_ref(&self.path), stop) else { return false };
        let Some(source) = plan.items().first().filter(|source| source.kind == kind && source.size == size) else {
            return false;
        };
        digest_of(&plan, source, stop).is_some_and(|now| now == *digest)
    }
}

/// `None` when something of it can't be read, isn't what it was when the plan was made, or `stop` was set.
#[must_use]
pub fn digest_of(plan: &Plan, item: &Source, stop: &AtomicBool) -> Option<Digest> {
    let nodes = plan.nodes(item);
    if item.kind == ItemKind::File {
        return hash_file(&item.path, &nodes.first().filter(|node| node.what == What::File)?.stamp, stop);
    }
    // The item itself first; `place` is where the last of them lies.
    let mut levels: Vec<Level> = Vec::new();
    let mut place = item.path.clone();
    for node in nodes {
        let depth = usize::from(node.depth);
        while levels.len() > depth.max(1) {
            Level::close(&mut levels);
            place.pop();
        }
        let is_folder = node.what == What::Folder;
        let name = match levels.last_mut().filter(|_| depth > 0) {
            Some(above) => above.name_for(&node.name, is_folder)?,
            None => String::new(),
        };
        match node.what {
            What::Folder => {
                if depth > 0 {
                    place.push(&*node.name);
                }
                levels.push(Level { name, ..Level::default() });
            }
            What::File => {
                let content = hash_file(&place.join(&*node.name), &node.stamp, stop)?;
                levels.last_mut()?.add(FILE, &name, &content);
            }
            What::NotAFile => {}
            What::Unreadable | What::Gone => return None,
        }
    }
    while levels.len() > 1 {
        Level::close(&mut levels);
    }
    Some(levels.pop()?.digest())
}

const FILE: u8 = 1;
const FOLDER: u8 = 2;

/// A folder that is being gone through. Some 40 bytes for each name in it, of which there are at most a million.
#[derive(Default)]
struct Level {
    name: String,
    taken: Taken,
    inside: Vec<Digest>,
}

impl Level {
    /// The name that it has, or will have, where it was received.
    fn name_for(&mut self, name: &OsStr, is_folder: bool) -> Option<String> {
        let name = names::native(&names::to_wire(name), names::Place::Inside);
        self.taken.take(&name, is_folder, |_| Ok::<_, Infallible>(true)).unwrap_or_default()
    }

    fn add(&mut self, kind: u8, name: &str, content: &Digest) {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&[kind]).update(&u32::try_from(name.len()).unwrap_or(u32::MAX).to_be_bytes());
        self.inside.push(*hasher.update(name.as_bytes()).update(content).finalize().as_bytes());
    }

    fn digest(mut self) -> Digest {
        // Names that were changed may stand in another order than those they were made of.
        self.inside.sort_unstable();
        *blake3::hash(self.inside.as_flattened()).as_bytes()
    }

    /// The last of them is complete.
    fn close(levels: &mut Vec<Self>) {
        if let Some(mut level) = levels.pop()
            && let Some(above) = levels.last_mut()
        {
            let name = std::mem::take(&mut level.name);
            above.add(FOLDER, &name, &level.digest());
        }
    }
}

fn hash_file(path: &Path, stamp: &Stamp, stop: &AtomicBool) -> Option<Digest> {
    let (mut file, now) = files::open_plain(path).ok()?;
    if now != *stamp {
        return None;
    }
    let mut hasher = blake3::Hasher::new();
    let mut buffer = vec![0; CHUNK.min(usize::try_from(stamp.size).unwrap_or(CHUNK)).max(1)];
    while !stop.load(Ordering::Relaxed) {
        match file.read(&mut buffer).ok()? {
            0 => return is_unchanged(&file, stamp).then(|| *hasher.finalize().as_bytes()),
            read => hasher.update(buffer.get(..read)?),
        };
    }
    None
}

/// Devices are left out, since their numbers may change when a computer starts.
fn is_same(one: &Stamp, other: &Stamp) -> bool {
    Stamp { device: 0, ..*one } == Stamp { device: 0, ..*other }
}

fn is_unchanged(file: &File, stamp: &Stamp) -> bool {
    file.metadata().is_ok_and(|now| Stamp::of(&now) == *stamp)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(path: &Path) -> Option<Digest> {
        let plan = Plan::of(&[path.to_owned()], &AtomicBool::new(false)).unwrap();
        digest_of(&plan, &plan.items()[0], &AtomicBool::new(false))
    }

    fn write(path: &Path, content: &[u8]) {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    #[test]
    fn a_folders_digest_tells_names_contents_and_empty_folders_and_not_when_and_where() {
        let place = tempfile::tempdir().unwrap();
        let make = |name: &str, change: fn(&Path)| {
            let folder = place.path().join(name).join("trip");
            write(&folder.join("a/1"), b"one");
            write(&folder.join("a/b/2"), b"two");
            write(&folder.join("c"), b"");
            change(&folder);
            digest(&folder).unwrap()
        };
        let first = make("first", |_| {});
        assert_eq!(make("second", |_| {}), first);
        let changes: [fn(&Path); 5] = [
            |folder| write(&folder.join("a/1"), b"One"),
            |folder| std::fs::rename(folder.join("c"), folder.join("d")).unwrap(),
            |folder| std::fs::create_dir(folder.join("e")).unwrap(),
            |folder| std::fs::rename(folder.join("a/b/2"), folder.join("a/2")).unwrap(),
            |folder| std::fs::remove_file(folder.join("c")).unwrap(),
        ];
        for (number, change) in changes.into_iter().enumerate() {
            assert_ne!(make(&format!("changed {number}"), change), first, "change {number} is not seen");
        }
    }

    #[test]
    fn the_layout_is_the_one_that_is_written_down() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("f");
        write(&folder.join("é/x"), b"hi");
        write(&folder.join("y"), b"ho");
        let hash = |parts: &[&[u8]]| *blake3::hash(&parts.concat()).as_bytes();
        let x = hash(&[&[1, 0, 0, 0, 1, b'x'], &hash(&[b"hi"])]);
        let y = hash(&[&[1, 0, 0, 0, 1, b'y'], &hash(&[b"ho"])]);
        let e = hash(&[&[2, 0, 0, 0, 2, 0xc3, 0xa9], &hash(&[&x])]);
        assert_eq!(digest(&folder).unwrap(), hash(&[e.min(y).as_slice(), e.max(y).as_slice()]));
    }

    #[test]
    fn what_was_touched_is_read_again_and_what_was_changed_or_is_gone_is_not_the_same() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("a");
        write(&path, b"content");
        let (of, stop) = (*blake3::hash(b"content").as_bytes(), AtomicBool::new(false));
        let before = Before { path: path.clone(), known: Some((of, files::look(&path).unwrap().1)) };
        let is_still = |before: &Before| before.is_still(ItemKind::File, 7, &of, &stop);
        assert!(is_still(&before));
        assert!(!before.is_still(ItemKind::File, 7, &[1; 32], &stop));
        File::options().write(true).open(&path).unwrap().set_modified(std::time::UNIX_EPOCH).unwrap();
        assert!(is_still(&before), "touched, but the same");
        assert!(is_still(&Before { known: None, ..before.clone() }));
        write(&path, b"Content");
        assert!(!is_still(&before), "changed");
        std::fs::remove_file(&path).unwrap();
        assert!(!is_still(&before), "gone");
        #[cfg(unix)]
        {
            write(&place.path().join("elsewhere"), b"content");
            std::os::unix::fs::symlink(place.path().join("elsewhere"), &path).unwrap();
            assert!(!is_still(&before), "a link is not what was saved");
        }
    }
}
