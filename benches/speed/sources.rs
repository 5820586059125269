//! What is sent, and whether it arrived whole.

use std::{
    fs::{self, File},
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
};

use crate::process::Outcome;

/// Made and read in pieces of this size.
const PIECE: usize = 1 << 20;

/// Files in one folder: as a camera or a program would have them, and no folder becomes slow to list.
const FILES_IN_FOLDER: usize = 1000;

/// A file or a folder to send.
#[derive(Clone, Debug)]
pub struct Source {
    pub path: PathBuf,
    pub bytes: u64,
    pub files: usize,
    content: Content,
}

impl Source {
    /// One file that no compression makes smaller.
    pub fn file(path: &Path, bytes: u64) -> Outcome<Self> {
        fill(path, bytes, 1)?;
        Self::of(path, bytes, 1)
    }

    /// A folder of so many files of one size, a thousand in each folder below it.
    pub fn folder(path: &Path, files: usize, each: u64) -> Outcome<Self> {
        for number in 0..files {
            let folder = path.join(format!("{:03}", number / FILES_IN_FOLDER));
            if number % FILES_IN_FOLDER == 0 {
                fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
            }
            fill(&folder.join(format!("{number:06}.jpg")), each, number as u64)?;
        }
        Self::of(path, files as u64 * each, files)
    }

    fn of(path: &Path, bytes: u64, files: usize) -> Outcome<Self> {
        Ok(Self { path: path.to_owned(), bytes, files, content: content(path)? })
    }

    /// What it is called, also where it arrives.
    pub fn name(&self) -> &str {
        self.path.file_name().and_then(|name| name.to_str()).unwrap_or_default()
    }

    /// Every file below it, or itself.
    pub fn all_files(&self) -> Vec<PathBuf> {
        let mut all = Vec::new();
        collect(&self.path, &mut all);
        all
    }

    /// Whether this is the same, byte for byte and name for name; flattened, by the names without their folders.
    pub fn check(&self, arrived: &Path, flattened: bool) -> Outcome<()> {
        let arrived = content(arrived)?;
        let same = if flattened { arrived.flat == self.content.flat } else { arrived.whole == self.content.whole };
        if same { Ok(()) } else { Err("what arrived differs from what was sent".into()) }
    }
}

/// A single file, or all below a folder, by two kinds of names.
#[derive(Clone, Debug)]
struct Content {
    /// With the names of folders.
    whole: blake3::Hash,
    /// Without them.
    flat: blake3::Hash,
}

impl Drop for Source {
    fn drop(&mut self) {
        clear(&self.path);
    }
}

/// Removes a file or folder with all in it.
pub fn clear(path: &Path) {
    let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    removed.ok();
}

/// Bytes of a generator (BLAKE3's own output), other ones for each seed.
fn fill(path: &Path, bytes: u64, seed: u64) -> Outcome<()> {
    let write = || -> io::Result<()> {
        let mut file = File::create(path)?;
        let mut content = blake3::Hasher::new().update(&seed.to_le_bytes()).finalize_xof();
        let mut piece = vec![0; PIECE.min(bytes as usize)];
        let mut left = bytes;
        while left > 0 {
            let now = left.min(PIECE as u64) as usize;
            content.fill(&mut piece[..now]);
            file.write_all(&piece[..now])?;
            left -= now as u64;
        }
        Ok(())
    };
    write().map_err(|error| format!("{}: {error}", path.display()))
}

fn content(path: &Path) -> Outcome<Content> {
    let mut all = Vec::new();
    collect(path, &mut all);
    let (mut whole, mut flat) = (blake3::Hasher::new(), blake3::Hasher::new());
    for file in all {
        let content = hash(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        // A single file may be called otherwise.
        if let Some(name) = file.strip_prefix(path).ok().filter(|name| !name.as_os_str().is_empty()) {
            whole.update(name.as_os_str().as_encoded_bytes());
            flat.update(name.file_name().unwrap_or_default().as_encoded_bytes());
        }
        whole.update(content.as_bytes());
        flat.update(content.as_bytes());
    }
    Ok(Content { whole: whole.finalize(), flat: flat.finalize() })
}

/// Sorted, so that two folders with the same in them give the same list.
fn collect(path: &Path, into: &mut Vec<PathBuf>) {
    if !path.is_dir() {
        into.push(path.to_owned());
        return;
    }
    let mut entries: Vec<PathBuf> =
        fs::read_dir(path).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    entries.sort();
    for entry in entries {
        collect(&entry, into);
    }
}

fn hash(path: &Path) -> io::Result<blake3::Hash> {
    let mut file = File::open(path)?;
    let mut hasher = blake3::Hasher::new();
    let mut piece = vec![0; PIECE];
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(hasher.finalize()),
            got => hasher.update(&piece[..got]),
        };
    }
}

/// Has the file system below write what it holds back.
pub fn flush(folder: &Path) -> Outcome<()> {
    let file = File::open(folder).map_err(|error| error.to_string())?;
    rustix::fs::syncfs(file).map_err(|error| error.to_string())
}
