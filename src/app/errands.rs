//! Small things done off the window's thread, each on a thread of its own for as long as it takes: looking at what was
//! dropped, writing a copy somewhere, getting a picture ready for the clipboard.

use std::{
    fs,
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{dialogs::shown_name, model::ChipKind};
use crate::{
    pictures::{Size, Wanted, bare::Telling, decode_file},
    platform::{bin, reveal},
};

/// Results that may wait for the next frame; a thread waits until there is room.
const RESULTS: usize = 16;
/// Threads at once. Opening a hundred files by mistake must not make a hundred threads.
const AT_ONCE: usize = 8;

/// As much of a file as tells what it is.
const HEAD: u64 = 1024;

/// Names that are tried for one copy.
const MOST_NAMES: u32 = 10_000;

/// What came of an errand.
#[derive(Debug)]
pub enum Done {
    /// What the paths are, for the composer of those who were chosen then.
    Looked {
        key: Vec<crate::protocol::Fingerprint>,
        found: Vec<(String, ChipKind)>,
        unreadable: usize,
    },
    SavedAs {
        name: String,
    },
    SavedAll {
        count: u64,
        folder: String,
    },
    Picture {
        rgba: Arc<[u8]>,
        width: u32,
        height: u32,
    },
    /// In the bin, or still where it was.
    Binned {
        path: PathBuf,
        result: Result<(), bin::BinError>,
    },
    Opened(reveal::Outcome),
    Failed(String),
}

#[derive(Debug)]
pub struct Errands {
    ctx: egui::Context,
    sender: flume::Sender<Done>,
    results: flume::Receiver<Done>,
    running: Arc<()>,
}

impl Errands {
    #[must_use]
    pub fn new(ctx: &egui::Context) -> Self {
        let (sender, results) = flume::bounded(RESULTS);
        Self { ctx: ctx.clone(), sender, results, running: Arc::new(()) }
    }

    pub fn poll(&self) -> Option<Done> {
        self.results.try_recv().ok()
    }

    /// What the paths are and how large.
    pub fn look(&self, key: Vec<crate::protocol::Fingerprint>, paths: Vec<PathBuf>) {
        self.go("look", move || {
            let count = paths.len();
            let found: Vec<_> = paths.into_iter().filter_map(look_at).collect();
            let unreadable = count - found.len();
            Done::Looked { key, found, unreadable }
        });
    }

    /// A copy of a file where this person picked a place; what lies there is replaced, as the dialog has asked.
    pub fn save_copy(&self, from: PathBuf, to: PathBuf) {
        self.go("save", move || saved(&to, copy(&from, &to)));
    }

    /// Copies into a folder this person picked, beside whatever lies there.
    pub fn save_all(&self, from: Vec<PathBuf>, folder: PathBuf) {
        self.go("save", move || {
            let copied = from.iter().try_for_each(|from| copy_into(from, &folder));
            let (count, name) = (from.len() as u64, shown_name(&folder));
            copied.map_or_else(|error| Done::Failed(error.to_string()), |()| Done::SavedAll { count, folder: name })
        });
    }

    pub fn save_text(&self, text: String, to: PathBuf) {
        self.go("save", move || saved(&to, write_beside(&to, |file| file.write_all(text.as_bytes()))));
    }

    pub fn move_to_bin(&self, path: PathBuf) {
        self.go("bin", move || Done::Binned { result: bin::move_to_bin(&path), path });
    }

    /// Decodes a picture for the clipboard, upright and in its own size.
    pub fn load_picture(&self, path: PathBuf) {
        let whole = Wanted::Whole;
        self.go("picture", move || match decode_file(&path, whole).map(|picture| picture.frames.into_iter().next()) {
            Ok(Some(frame)) => {
                let Size { width, height } = frame.size;
                Done::Picture { rgba: frame.straight_rgba().into(), width, height }
            }
            Ok(None) => Done::Failed(String::new()),
            Err(error) => Done::Failed(error.to_string()),
        });
    }

    /// For [`reveal`]'s answers, which come on a thread of its own.
    pub fn opener(&self) -> impl FnOnce(reveal::Outcome) + Send + 'static {
        let (sender, ctx) = (self.sender.clone(), self.ctx.clone());
        move |outcome| {
            sender.send(Done::Opened(outcome)).ok();
            ctx.request_repaint_of(egui::ViewportId::ROOT);
        }
    }

    fn go(&self, name: &str, job: impl FnOnce() -> Done + Send + 'static) {
        let ticket = self.running.clone();
        if Arc::strong_count(&ticket) > AT_ONCE + 1 {
            self.sender.try_send(Done::Failed(String::new())).ok();
            return;
        }
        let (sender, ctx) = (self.sender.clone(), self.ctx.clone());
        let started = std::thread::Builder::new().name(name.to_owned()).spawn(move || {
            let done = job();
            drop(ticket);
            sender.send(done).ok();
            ctx.request_repaint_of(egui::ViewportId::ROOT);
        });
        if let Err(error) = started {
            log::warn!("no thread for an errand: {error}");
        }
    }
}

fn look_at(path: PathBuf) -> Option<(String, ChipKind)> {
    let meta = fs::metadata(&path).ok()?;
    let name = shown_name(&path);
    let kind = if meta.is_dir() {
        ChipKind::Folder { path }
    } else {
        // Of something else than a file nothing may be read: a pipe would wait for its other end.
        let head = if meta.is_file() { head(&path) } else { Vec::new() };
        ChipKind::File { telling: Telling::of(&head, &name), size: meta.len(), path }
    };
    Some((name, kind))
}

/// The first kilobyte, which tells what a file is; nothing of one that can't be read.
fn head(path: &Path) -> Vec<u8> {
    let mut head = Vec::new();
    let read = fs::File::open(path).and_then(|file| file.take(HEAD).read_to_end(&mut head));
    if let Err(error) = read {
        log::debug!("{} can't be looked into: {error}", path.display());
    }
    head
}

fn saved(to: &Path, result: io::Result<()>) -> Done {
    match result {
        Ok(()) => Done::SavedAs { name: shown_name(to) },
        Err(error) => Done::Failed(error.to_string()),
    }
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let mut source = fs::File::open(from)?;
    write_beside(to, |file| io::copy(&mut source, file).map(drop))
}

/// A copy under the same name, or the next one that is free: nothing there is replaced.
fn copy_into(from: &Path, folder: &Path) -> io::Result<()> {
    let name = shown_name(from);
    let (stem, ending) = match name.rsplit_once('.') {
        Some((stem, ending)) if !stem.is_empty() => (stem, format!(".{ending}")),
        _ => (name.as_str(), String::new()),
    };
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    io::copy(&mut fs::File::open(from)?, file.as_file_mut())?;
    file.as_file().sync_all()?;
    for number in 1..=MOST_NAMES {
        let name = if number == 1 { name.clone() } else { format!("{stem} ({number}){ending}") };
        match file.persist_noclobber(folder.join(name)) {
            Ok(_) => return Ok(()),
            Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => file = error.file,
            Err(error) => return Err(error.error),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// Writes beside the target and moves it there when it is whole, so that no half file ever bears the name.
fn write_beside(to: &Path, write: impl FnOnce(&mut fs::File) -> io::Result<()>) -> io::Result<()> {
    let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    write(file.as_file_mut())?;
    file.as_file().sync_all()?;
    file.persist(to).map(drop).map_err(|error| error.error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_whole_and_replaces_what_was_chosen_to_be_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let (from, to) = (dir.path().join("a.txt"), dir.path().join("b.txt"));
        fs::write(&from, "new").unwrap();
        fs::write(&to, "old and longer").unwrap();
        copy(&from, &to).unwrap();
        assert_eq!(fs::read_to_string(&to).unwrap(), "new");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 2, "nothing is left beside it");
    }

    #[test]
    fn all_of_an_album_is_saved_beside_what_lies_there_and_nothing_is_replaced() {
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let file = |name: &str| from.path().join(name);
        fs::write(file("a.jpg"), "mine").unwrap();
        fs::write(file("b"), "another").unwrap();
        fs::write(to.path().join("a.jpg"), "there before").unwrap();
        for name in ["a.jpg", "b", "b"] {
            copy_into(&file(name), to.path()).unwrap();
        }
        let read = |name: &str| fs::read_to_string(to.path().join(name)).unwrap();
        assert_eq!((read("a.jpg").as_str(), read("a (2).jpg").as_str()), ("there before", "mine"));
        assert_eq!((read("b").as_str(), read("b (2)").as_str()), ("another", "another"));
        assert_eq!(fs::read_dir(to.path()).unwrap().count(), 4, "nothing else is left there");
    }

    #[test]
    fn a_copy_of_what_is_not_there_leaves_what_was_there_alone() {
        let dir = tempfile::tempdir().unwrap();
        let to = dir.path().join("b.txt");
        fs::write(&to, "old").unwrap();
        assert!(copy(&dir.path().join("gone"), &to).is_err());
        assert_eq!(fs::read_to_string(&to).unwrap(), "old");
    }

    #[test]
    fn what_is_dropped_is_told_apart_and_what_is_gone_is_counted() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("holiday.jpg");
        fs::write(&file, [0; 10]).unwrap();
        let what = ChipKind::File { path: file.clone(), size: 10, telling: Telling::Lasting };
        assert_eq!(look_at(file), Some(("holiday.jpg".into(), what)), "named like a picture, and none inside");
        assert!(matches!(look_at(dir.path().into()), Some((_, ChipKind::Folder { .. }))));
        assert_eq!(look_at(dir.path().join("gone")), None);
    }
}
