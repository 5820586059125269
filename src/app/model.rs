//! What the window knows: the newest snapshot, the conversations' entries kept up to date, and what this person is in the
//! middle of.
//!
//! Only [`super::App`] writes here, between frames; what draws reads it.

mod conversation;

use std::{collections::HashMap, path::PathBuf, sync::Arc};

pub use self::conversation::{Conversation, LOADED};
use super::actions::ViewerTarget;
use crate::{
    engine::api::{
        Command, CommandId, Computer, Form, Notice, Outgoing, PageAt, Presence, Queued, Running, Snapshot, Towards,
    },
    pictures::{bare::Telling, name_suggests_picture},
    protocol::{Fingerprint, TransferId},
    store::model::Entry,
};

/// Entries asked for at a time: more than a tall window shows.
pub const PAGE: usize = 60;
/// Changes asked for at a time.
pub const CHANGES: usize = 500;
/// Found entries shown at most.
pub const FOUND: usize = 100;

#[derive(Debug, Default)]
pub struct Model {
    pub snapshot: Arc<Snapshot>,
    /// Those chosen in the list, in the order of choosing. One: its conversation is shown.
    pub chosen: Vec<Fingerprint>,
    /// Where a Shift click counts from.
    pub anchor: Option<Fingerprint>,
    pub conversations: HashMap<Fingerprint, Conversation>,
    pub search: Option<Search>,
    pub viewer: Option<ViewerTarget>,
    /// Whether the system can be dropped from (not on native Wayland), so that nothing is promised in vain.
    pub can_drop: bool,
    /// Up to which revision the conversations are known.
    pub revision: i64,
    pub(super) pending: HashMap<CommandId, Pending>,
    /// What was read. What is over and comes again is shown again.
    pub(super) dismissed: Vec<Note>,
    /// The engine has ended by itself.
    pub ended: bool,
}

/// What stays over the conversation until it is dismissed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    FontsMissing,
    Engine(Notice),
}

/// A command whose reply has not come, and what to do with it.
#[derive(Debug)]
pub(super) struct Pending {
    pub purpose: Purpose,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Purpose {
    /// Nothing to do but to say why, if it fails.
    Plain,
    /// Nothing to say even then.
    Quiet,
    Changes,
    Page {
        with: Fingerprint,
        at: PageAt,
    },
    /// For the viewer.
    Pictures(Towards),
    /// What was looked for, and where.
    Found {
        text: String,
        with: Option<Fingerprint>,
    },
    Resolve,
    /// Whether this may be moved to the bin.
    Bin(PathBuf),
    Compare(Fingerprint),
    Send {
        to: Vec<Fingerprint>,
        /// Comes back into the composer if it can't be sent.
        what: Outgoing,
        /// The sentence under which it can be taken back.
        undo: Option<String>,
    },
}

/// What is looked for, and what was found.
#[derive(Clone, Debug, Default)]
pub struct Search {
    pub text: String,
    pub with: Option<Fingerprint>,
    /// Newest first; `None` until the answer has come.
    pub found: Option<Vec<Arc<Entry>>>,
}

/// What the composer holds for those chosen.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    pub text: String,
    pub chips: Vec<Chip>,
    /// How its pictures go.
    pub form: Form,
}

impl Draft {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.chips.is_empty() && self.text.trim().is_empty()
    }

    /// The first chip that can't go as this person wants it to, without its metadata.
    #[must_use]
    pub fn keeps_metadata(&self) -> Option<&Chip> {
        self.chips.iter().find(|chip| self.form.without_metadata && chip.telling() == Telling::Lasting)
    }
}

/// A thing that is ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chip {
    /// Unique in the window.
    pub id: u64,
    pub name: String,
    pub what: ChipKind,
}

impl Chip {
    /// What it says beside what it shows. Of a folder nobody knows.
    #[must_use]
    pub fn telling(&self) -> Telling {
        match self.what {
            ChipKind::File { telling, .. } => telling,
            ChipKind::Folder { .. } => Telling::Lasting,
            ChipKind::Picture { .. } => Telling::Nothing,
        }
    }

    #[must_use]
    pub fn is_picture(&self) -> bool {
        match self.what {
            ChipKind::File { .. } => self.telling() == Telling::Removable || name_suggests_picture(&self.name),
            ChipKind::Folder { .. } => false,
            ChipKind::Picture { .. } => true,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChipKind {
    File {
        path: PathBuf,
        size: u64,
        telling: Telling,
    },
    Folder {
        path: PathBuf,
    },
    /// Pasted; has no file.
    Picture {
        png: Arc<[u8]>,
        width: u32,
        height: u32,
    },
}

impl Model {
    #[must_use]
    pub fn computer(&self, who: Fingerprint) -> Option<&Computer> {
        self.snapshot.computers.iter().find(|computer| computer.fingerprint == who)
    }

    /// As the list shows them: those nearby, known ones before strangers, then those seen before.
    #[must_use]
    pub fn listed(&self) -> Vec<&Computer> {
        let mut listed: Vec<_> = self.snapshot.computers.iter().collect();
        listed.sort_by_key(|computer| (computer.presence == Presence::Away, computer.new));
        listed
    }

    /// How it is called here; a short piece of its fingerprint when it is not listed any more.
    #[must_use]
    pub fn name(&self, who: Fingerprint) -> String {
        self.computer(who).map_or_else(|| who.to_string()[..8].to_owned(), |computer| computer.name.clone())
    }

    /// The one whose conversation is shown, when exactly one is chosen.
    #[must_use]
    pub fn shown(&self) -> Option<Fingerprint> {
        match self.chosen[..] {
            [one] => Some(one),
            _ => None,
        }
    }

    #[must_use]
    pub fn conversation(&self, with: Fingerprint) -> Option<&Conversation> {
        self.conversations.get(&with)
    }

    #[must_use]
    pub fn running(&self, with: Fingerprint, transfer: TransferId) -> Option<&Running> {
        self.snapshot.transfers.iter().find(|running| running.with == with && running.transfer == transfer)
    }

    /// Which of those that wait for a computer this one is, from 1, and how many they are.
    #[must_use]
    pub fn in_line(&self, with: Fingerprint, transfer: TransferId) -> Option<(usize, usize)> {
        let mut queue = self.queue_for(with);
        let before = queue.by_ref().position(|queued| queued.transfer == transfer)?;
        Some((before + 1, before + 1 + queue.count()))
    }

    /// What waits to be sent to a computer, the first first.
    pub fn queue_for(&self, with: Fingerprint) -> impl Iterator<Item = &Queued> {
        self.snapshot.queue.iter().filter(move |queued| queued.with == with)
    }

    /// How far something was that rests, 0 to 1.
    #[must_use]
    pub fn rests_at(&self, entry: &Entry) -> Option<f32> {
        let mut resting = self.snapshot.resting.iter();
        let it = resting.find(|it| it.with == entry.with && it.transfer == entry.transfer)?;
        Some(part(it.bytes, it.total))
    }

    /// Everything under way with a computer.
    pub fn running_with(&self, with: Fingerprint) -> impl Iterator<Item = &Running> {
        self.snapshot.transfers.iter().filter(move |running| running.with == with)
    }

    #[must_use]
    pub fn is_away(&self, who: Fingerprint) -> bool {
        self.computer(who).is_none_or(|computer| computer.presence == Presence::Away)
    }

    /// Takes what `Changes` brought into the conversations that are loaded.
    pub(super) fn take_changes(&mut self, entries: Vec<Arc<Entry>>, removed: &[i64], up_to: i64) {
        for entry in entries {
            // One that isn't loaded gets its page when it is looked at.
            if let Some(conversation) = self.conversations.get_mut(&entry.with).filter(|known| known.loaded) {
                conversation.take_change(entry);
            }
        }
        for conversation in self.conversations.values_mut() {
            removed.iter().for_each(|&seq| conversation.remove(seq));
        }
        self.revision = self.revision.max(up_to);
    }

    /// The commands that bring the window up to date with the snapshot, none of which is on its way already.
    pub(super) fn wanted(&mut self) -> Vec<(Command, Purpose)> {
        let mut wanted = Vec::new();
        let asked = |model: &Self, purpose: &Purpose| model.pending.values().any(|pending| pending.purpose == *purpose);
        if self.snapshot.revision > self.revision && !asked(self, &Purpose::Changes) {
            wanted.push((Command::Changes { since: self.revision, limit: CHANGES }, Purpose::Changes));
        }
        for with in self.chosen.clone() {
            let conversation = self.conversations.entry(with).or_default();
            if !conversation.loaded && !conversation.loading {
                conversation.loading = true;
                let at = PageAt::End;
                wanted.push((Command::Page { with, at, limit: PAGE }, Purpose::Page { with, at }));
            }
        }
        wanted
    }

    /// What was asked for is not on its way any more.
    pub(super) fn failed(&mut self, purpose: &Purpose) {
        if let Purpose::Page { with, .. } = purpose
            && let Some(conversation) = self.conversations.get_mut(with)
        {
            conversation.loading = false;
        }
    }
}

/// 0 to 1; nothing at all counts as not begun.
#[must_use]
pub fn part(done: u64, total: u64) -> f32 {
    if total == 0 { 0.0 } else { (done as f64 / total as f64).clamp(0.0, 1.0) as f32 }
}
