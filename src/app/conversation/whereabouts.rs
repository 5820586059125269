//! Whether files are still where they were, and how texts among them begin: asked on a thread of its own, because a
//! sleeping disk or a lost network share answers late.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use egui::ViewportId;

use super::{beginning, kinds};

/// The first lines of a text.
pub type Beginning = Arc<[String]>;

/// A file in sight is looked for again after this, in seconds.
const AGAIN_AFTER: f64 = 10.0;

/// More questions than are in sight at once; what doesn't fit is asked in a later frame.
const WAITING: usize = 64;

/// Files remembered; far more than are in sight.
const REMEMBERED: usize = 2_000;

/// What is known of files, and who finds out.
#[derive(Debug, Default)]
pub struct Whereabouts {
    known: HashMap<PathBuf, Known>,
    scout: Option<Scout>,
    now: f64,
}

#[derive(Clone, Debug)]
struct Known {
    found: Found,
    asked: f64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Found {
    gone: bool,
    beginning: Option<Beginning>,
}

#[derive(Debug)]
struct Scout {
    /// With what was known so far.
    ask: flume::Sender<(PathBuf, Found)>,
    found: flume::Receiver<(PathBuf, Found)>,
}

impl Whereabouts {
    /// Takes in what was found. Once a frame.
    pub fn logic(&mut self, ctx: &egui::Context) {
        self.now = ctx.input(|input| input.time);
        if self.scout.is_none() {
            self.scout = Scout::start(ctx.clone());
        }
        if self.known.len() > REMEMBERED {
            self.known.clear();
        }
        for (path, found) in self.scout.iter().flat_map(|scout| scout.found.try_iter()) {
            if let Some(known) = self.known.get_mut(&path) {
                known.found = found;
            }
        }
    }

    /// It was just moved away from here.
    pub fn moved_away(&mut self, path: &Path) {
        self.known.insert(path.to_owned(), Known { found: Found { gone: true, beginning: None }, asked: self.now });
    }

    /// Whether it is known to be gone.
    pub fn is_gone(&self, path: &Path) -> bool {
        self.known.get(path).is_some_and(|known| known.found.gone)
    }

    /// [`Self::is_gone`], and has it looked for again if that is long ago. For what is in sight.
    pub fn look_for(&mut self, path: &Path) -> bool {
        let now = self.now;
        let known = self.known.get(path);
        let gone = known.is_some_and(|known| known.found.gone);
        if known.is_some_and(|known| now - known.asked <= AGAIN_AFTER) {
            return gone;
        }
        let found = known.map(|known| known.found.clone()).unwrap_or_default();
        let question = (path.to_owned(), found.clone());
        if self.scout.as_ref().is_some_and(|scout| scout.ask.try_send(question).is_ok()) {
            self.known.insert(path.to_owned(), Known { found, asked: now });
        }
        gone
    }

    /// The first lines of a text, once they were read.
    pub fn beginning(&self, path: &Path) -> Option<Beginning> {
        self.known.get(path)?.found.beginning.clone()
    }
}

impl Scout {
    /// `None` if no thread can be had; then every file counts as there.
    fn start(ctx: egui::Context) -> Option<Self> {
        let (ask, asked) = flume::bounded::<(PathBuf, Found)>(WAITING);
        let (tell, found) = flume::bounded(WAITING);
        let scout = std::thread::Builder::new().name("whereabouts".into()).spawn(move || {
            for (path, before) in asked {
                let found = look(&path);
                let is_news = found != before;
                if tell.send((path, found)).is_err() {
                    return;
                }
                if is_news {
                    ctx.request_repaint_of(ViewportId::ROOT);
                }
            }
        });
        scout.map(|_| Self { ask, found }).inspect_err(|error| log::warn!("files are not looked for: {error}")).ok()
    }
}

fn look(path: &Path) -> Found {
    // Only what is certainly not there counts as gone, not what can't be looked at.
    let gone = matches!(path.try_exists(), Ok(false));
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beginning = if kinds::may_be_text(&name) { beginning::read(path) } else { None };
    Found { gone, beginning: beginning.map(Beginning::from) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_was_deleted_is_noticed_and_one_that_is_there_is_not_missed() {
        let folder = tempfile::tempdir().unwrap();
        let there = folder.path().join("there.txt");
        std::fs::write(&there, "x").unwrap();
        let gone = folder.path().join("gone.txt");
        let ctx = egui::Context::default();
        let mut whereabouts = Whereabouts::default();
        whereabouts.logic(&ctx);
        assert!(!whereabouts.look_for(&gone), "nothing is claimed before it is known");
        whereabouts.look_for(&there);
        let until = std::time::Instant::now() + std::time::Duration::from_secs(5);
        while !whereabouts.is_gone(&gone) && std::time::Instant::now() < until {
            std::thread::sleep(std::time::Duration::from_millis(5));
            whereabouts.logic(&ctx);
        }
        assert!(whereabouts.is_gone(&gone) && !whereabouts.is_gone(&there));
    }
}
