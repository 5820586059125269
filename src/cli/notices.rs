//! What the engine wants this person to read once.

use super::{
    line::{Line, NoticeLine},
    request::KeptPath,
    session::name_of,
};
use crate::engine::api::{Notice, Refusal, Snapshot};

/// Which notices were told.
#[derive(Debug, Default)]
pub(super) struct Told(Vec<Notice>);

impl Told {
    /// Those that have not been told, as lines; from now on they are.
    pub fn fresh(&mut self, snapshot: &Snapshot) -> Vec<Line> {
        let fresh: Vec<&Notice> = snapshot.notices.iter().filter(|notice| !self.0.contains(notice)).collect();
        let lines = fresh.iter().map(|notice| Line::Notice(line(notice, snapshot))).collect();
        self.0.extend(fresh.into_iter().cloned());
        lines
    }
}

fn line(notice: &Notice, snapshot: &Snapshot) -> NoticeLine {
    match notice {
        Notice::StoreSetAside { path } => NoticeLine::StoreSetAside { path: KeptPath(path.clone()) },
        Notice::StoreRefuses(Refusal::Full) => NoticeLine::StoreFull,
        Notice::StoreRefuses(Refusal::NotWritable) => NoticeLine::StoreNotWritable,
        Notice::NewIdentity => NoticeLine::NewIdentity,
        Notice::FolderNotWritable { folder } => NoticeLine::FolderNotWritable { path: KeptPath(folder.clone()) },
        Notice::SharedIdentity { with } => {
            NoticeLine::SharedIdentity { name: name_of(snapshot, with), fingerprint: with.to_string() }
        }
        Notice::DiscoveryUnavailable => NoticeLine::DiscoveryUnavailable,
    }
}
