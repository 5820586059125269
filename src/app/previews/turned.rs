//! How this person turned pictures: remembered for each, also after a restart.

use std::path::{Path, PathBuf};

/// So many are remembered, those turned last.
const MOST: usize = 500;

#[derive(Debug, Default)]
pub(super) struct Turned {
    /// Quarter turns clockwise, 1 to 3; turned last is last.
    pictures: Vec<(PathBuf, u8)>,
    /// There is something that was not kept yet.
    changed: bool,
}

impl Turned {
    /// What [`Turned::take_changed`] gave; anything else is nothing.
    pub(super) fn kept(text: &str) -> Self {
        let mut pictures: Vec<(PathBuf, u8)> = serde_json::from_str(text).unwrap_or_default();
        pictures.retain(|(_, turns)| (1..4).contains(turns));
        pictures.truncate(MOST);
        Self { pictures, changed: false }
    }

    /// As it is kept, if it changed since it was last asked for. A path that isn't Unicode is remembered until the window
    /// closes.
    pub(super) fn take_changed(&mut self) -> Option<String> {
        std::mem::take(&mut self.changed).then(|| {
            let pictures: Vec<_> = self.pictures.iter().filter(|(path, _)| path.to_str().is_some()).collect();
            serde_json::to_string(&pictures).unwrap_or_default()
        })
    }

    pub(super) fn of(&self, path: &Path) -> u8 {
        self.pictures.iter().find(|(there, _)| there == path).map_or(0, |(_, turns)| *turns)
    }

    pub(super) fn set(&mut self, path: &Path, turns: u8) {
        self.pictures.retain(|(there, _)| there != path);
        if self.pictures.len() >= MOST {
            self.pictures.remove(0);
        }
        if !turns.is_multiple_of(4) {
            self.pictures.push((path.to_owned(), turns % 4));
        }
        self.changed = true;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_turned_is_the_same_after_it_was_kept_and_nonsense_is_nothing() {
        let mut turned = Turned::default();
        assert_eq!(turned.take_changed(), None);
        turned.set(Path::new("/a.jpg"), 1);
        turned.set(Path::new("/b.jpg"), 3);
        turned.set(Path::new("/a.jpg"), 4);
        let again = Turned::kept(&turned.take_changed().unwrap());
        assert_eq!((again.of(Path::new("/a.jpg")), again.of(Path::new("/b.jpg"))), (0, 3));
        assert_eq!(Turned::kept("[[\"/a\", 9], 1]").of(Path::new("/a")), 0);
        assert_eq!(Turned::kept("[[\"/a\", 9]]").of(Path::new("/a")), 0);
    }

    #[test]
    fn only_so_many_are_remembered() {
        let mut turned = Turned::default();
        for number in 0..MOST + 1 {
            turned.set(&PathBuf::from(format!("/{number}")), 1);
        }
        assert_eq!((turned.pictures.len(), turned.of(Path::new("/0")), turned.of(Path::new("/1"))), (MOST, 0, 1));
    }
}
