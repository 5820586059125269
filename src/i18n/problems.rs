//! One plain sentence for every way something can go wrong.

use super::Texts;
use crate::store::model::{Hold, Problem};

impl Texts {
    /// Lower-case and without a full stop: it stands after a colon or a dash ("Stopped: …").
    #[must_use]
    pub fn problem(&self, problem: &Problem) -> String {
        match problem {
            Problem::ComputerGone => self.problem_computer_gone().into(),
            Problem::NotReachable => self.problem_not_reachable().into(),
            Problem::NoAnswer => self.problem_no_answer().into(),
            Problem::Refused => self.problem_refused().into(),
            Problem::DiskFull { here: true } => self.problem_disk_full_here().into(),
            Problem::DiskFull { here: false } => self.problem_disk_full_there().into(),
            Problem::FolderNotWritable { here: true, folder: Some(folder) } => self.problem_folder_here(folder),
            Problem::FolderNotWritable { here: true, folder: None } => self.problem_folder_here_unnamed().into(),
            Problem::FolderNotWritable { here: false, .. } => self.problem_folder_there().into(),
            Problem::SourceChanged { name } => self.problem_source_changed(name),
            Problem::SourceGone { name } => self.problem_source_gone(name),
            Problem::SourceUnreadable { name } => self.problem_source_unreadable(name),
            Problem::NotAFile { name } => self.problem_not_a_file(name),
            Problem::Damaged { name } => self.problem_damaged(name),
            Problem::KeepsMetadata { name } => self.problem_keeps_metadata(name),
            Problem::RenditionsFull { limit } => self.problem_renditions_full(&self.size(*limit)),
            Problem::Misbehaved => self.problem_misbehaved().into(),
            Problem::Incompatible => self.problem_incompatible().into(),
            Problem::NothingToSend => self.problem_nothing().into(),
            Problem::TooMuch { limit } => self.problem_too_much(*limit),
            Problem::NotFound { whom } => self.problem_not_found(whom),
            Problem::NotKnown { whom } => self.problem_not_known(whom),
            Problem::Ambiguous { fingerprints } => self.problem_ambiguous(fingerprints.len() as u64),
            Problem::Closed => self.problem_closed().into(),
            Problem::NotOnShelf => self.problem_not_on_shelf().into(),
            Problem::ShelfChanged => self.problem_shelf_changed().into(),
            Problem::Unsupported => self.problem_unsupported().into(),
            Problem::QueueFull { limit } => self.problem_queue_full(*limit),
            Problem::Busy => self.problem_busy().into(),
            Problem::CompareBroke => self.problem_compare_broke().into(),
            Problem::CompareClosed => self.problem_compare_closed().into(),
            Problem::ComparedTooOften { here: true } => self.problem_compare_often().into(),
            Problem::ComparedTooOften { here: false } => self.problem_compare_often_there().into(),
            Problem::NobodyLooks => self.problem_nobody_looks().into(),
            Problem::System { message } => self.problem_system(message),
            #[allow(unreachable_patterns)]
            _ => self.problem_other().into(),
        }
    }

    /// What a transfer with the computer of that name waits for; a sentence of its own.
    #[must_use]
    pub fn held(&self, hold: Hold, name: &str) -> String {
        match hold {
            Hold::Away => self.state_held_away(name),
            Hold::Queued => self.state_held_queued(name),
            Hold::Turn => self.state_held_turn().into(),
            Hold::Paused { here: true } => self.state_held_paused_here().into(),
            Hold::Paused { here: false } => self.state_held_paused_there(name),
            Hold::DiskFull { here: true } => self.state_held_disk_full_here().into(),
            Hold::DiskFull { here: false } => self.state_held_disk_full_there(name),
            Hold::FolderNotWritable { here: true } => self.state_held_folder_here().into(),
            Hold::FolderNotWritable { here: false } => self.state_held_folder_there(name),
            Hold::SourceAway => self.state_held_source_away().into(),
        }
    }

    /// [`Self::problem`] as a sentence of its own: begins with a capital letter where the language has them.
    #[must_use]
    pub fn problem_sentence(&self, problem: &Problem) -> String {
        let text = self.problem(problem);
        // A file is called what it is called.
        let begins_with_a_name = match problem {
            Problem::SourceChanged { name }
            | Problem::SourceGone { name }
            | Problem::SourceUnreadable { name }
            | Problem::Damaged { name }
            | Problem::KeepsMetadata { name }
            | Problem::NotKnown { whom: name }
            | Problem::NotFound { whom: name } => !name.is_empty() && text.starts_with(name.as_str()),
            _ => false,
        };
        if begins_with_a_name {
            return text;
        }
        let mut characters = text.chars();
        characters.next().map(|first| first.to_uppercase().chain(characters).collect()).unwrap_or_default()
    }
}
