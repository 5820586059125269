//! The shelf: what this person has put out, and who gets it.
//!
//! The store is asked each time: another command on this home may have put something out a moment ago.

use std::{path::PathBuf, sync::Arc};

use tokio::time::Instant;

use super::{
    api::{
        Audience, GroupId, Item, ItemKind, ItemState, KnownComputer, Millis, Problem, Receive, Reply, Rule, ShelfItem,
    },
    asking::Question,
    clients::Asker,
    hub::{Hub, Message},
    ids::random,
    prepare::Prepared,
    renditions::Origins,
    sending::Batch,
    transfer::{Cargo, Key, Side, Stage, Transfer},
    transfers::{GRACE, MAX_TRANSFERS},
};
use crate::{
    protocol::{
        Fingerprint,
        limits::MAX_OFFER_ITEMS,
        message::{
            CancelReason, Item as WireItem, ItemKind as WireKind, Shelf, ShelfItem as WireShelfItem, Take, Time,
        },
    },
    store::StoreError,
    transfer::{Plan, Source},
};

/// Takes of others that wait for this person or for the disk.
const MAX_TAKES: usize = 64;

/// A take that this person is asked about.
#[derive(Debug)]
pub(super) struct PendingTake {
    /// What needs no question: given whatever the answer is.
    free: Vec<ShelfItem>,
    /// What the question is about.
    asked: Vec<ShelfItem>,
    /// Nothing was asked for by name.
    everything: bool,
}

impl Hub {
    /// Puts things out, as they are now.
    pub fn shelf_add(&mut self, from: Asker, paths: Vec<PathBuf>, audience: Audience) {
        let hub = self.inbox.clone();
        tokio::spawn(async move {
            let plan = Plan::walk(paths).await.map_err(|error| error.problem());
            hub.send(Message::ShelfPlanned(from, audience, plan)).await.ok();
        });
    }

    pub fn shelf_planned(&mut self, from: Asker, audience: Audience, plan: Result<Plan, Problem>) {
        let plan = match plan {
            Ok(plan) => plan,
            Err(problem) => return from.reply(Err(problem)),
        };
        if let Some((_, problem)) = plan.missing().first() {
            return from.reply(Err(problem.clone()));
        }
        self.library.answer(from, move |store| {
            for source in plan.items() {
                store.shelf_add(&on_shelf(source, audience))?;
            }
            Ok(Reply::Shelf(store.shelf()?))
        });
    }

    pub fn shelf_remove(&mut self, from: Asker, ids: Vec<u64>) {
        self.library.post(
            move |store| {
                let mut removed = ids.is_empty();
                for id in ids {
                    removed |= store.shelf_remove(id)?;
                }
                Ok::<_, StoreError>((removed, store.shelf()?))
            },
            move |_, result| match result {
                Ok((true, shelf)) => from.reply(Ok(Reply::Shelf(shelf))),
                Ok((false, _)) => from.reply(Err(Problem::NotOnShelf)),
                Err(error) => from.reply(Err(error.problem())),
            },
        );
    }

    /// Somebody wants to see what is there for them.
    pub fn browsed(&mut self, with: Fingerprint, request: u32) {
        if self.config.receive == Receive::Nothing {
            return self.mention(with, |control| control.shelf(Shelf { request, items: Vec::new(), more: false }));
        }
        self.library.post(
            move |store| Ok::<_, StoreError>((store.shelf()?, store.computer(&with)?)),
            move |hub, result| {
                let (shelf, known) = result.unwrap_or_default();
                let visible = shelf.iter().filter(|item| may_see(item.audience, known.as_ref()));
                let items = visible.take(MAX_OFFER_ITEMS).map(wire_shelf_item).collect();
                hub.mention(with, |control| control.shelf(Shelf { request, items, more: false }));
            },
        );
    }

    /// Somebody takes.
    pub fn take_asked(&mut self, with: Fingerprint, take: Take) {
        let key = (with, take.transfer);
        if self.is_taken_again(key) {
            return;
        }
        if self.transfers.len() >= MAX_TRANSFERS
            || self.pending_takes.len() >= MAX_TAKES
            || self.transfers.contains_key(&key)
        {
            return self.refuse_take(with, take.transfer, CancelReason::Busy);
        }
        if self.config.receive == Receive::Nothing {
            return self.refuse_take(with, take.transfer, CancelReason::NotOnShelf);
        }
        self.library.post(
            move |store| Ok::<_, StoreError>((store.shelf()?, store.computer(&with)?)),
            move |hub, result| {
                if hub.is_taken_again(key) {
                    return;
                }
                let (shelf, known) = result.unwrap_or_default();
                let everything = take.items.is_empty();
                let wanted = |item: &ShelfItem| everything || take.items.contains(&item.id);
                let visible = shelf.into_iter().filter(|item| wanted(item) && may_see(item.audience, known.as_ref()));
                let items: Vec<ShelfItem> = visible.take(MAX_OFFER_ITEMS).collect();
                if items.is_empty() || items.len() < take.items.len() {
                    return hub.refuse_take(with, take.transfer, CancelReason::NotOnShelf);
                }
                let (asked, free): (Vec<_>, Vec<_>) =
                    items.into_iter().partition(|item| item.audience == Audience::Ask);
                if asked.is_empty() {
                    return hub.give(key, free, everything);
                }
                let question = question(&asked);
                hub.pending_takes.insert(key, PendingTake { free, asked, everything });
                if matches!(hub.config.receive, Receive::Ask { .. }) {
                    hub.put_question(key, known.as_ref(), question);
                } else {
                    hub.deny_take(key, CancelReason::Declined);
                }
            },
        );
    }

    /// Its connection was replaced by another, on which the taker asks for the same once more: goes on with what the
    /// first asking began. False if there is nothing to go on with.
    fn is_taken_again(&mut self, key: Key) -> bool {
        let Some(transfer) = self.transfers.get(&key) else { return self.pending_takes.contains_key(&key) };
        if !matches!(transfer.side, Side::Out { for_take: true, .. }) {
            return false;
        }
        if matches!(transfer.stage, Stage::Waiting | Stage::Reaching { .. }) {
            self.offer_or_reach(key);
        }
        true
    }

    /// This person says yes to a take; `chosen` are places in the question, `None` is all of it.
    pub fn grant_take(&mut self, key: Key, chosen: Option<&[u32]>, always: bool) {
        if always {
            self.set_rule(key.0, Rule::Accept, |_, _| {});
        }
        let Some(PendingTake { free, asked, everything }) = self.pending_takes.remove(&key) else { return };
        let is_chosen = |place: u32| chosen.is_none_or(|chosen| chosen.contains(&place));
        let granted = asked.into_iter().zip(0..).filter(|(_, place)| is_chosen(*place)).map(|(item, _)| item);
        // A yes is an act: it is no longer one that only took what is there for all.
        let seen = self.seen(key.0);
        self.library.write("whom something was given", move |store| store.upsert_seen(&key.0, &seen));
        self.give_or_refuse(key, free.into_iter().chain(granted).collect(), everything, CancelReason::Declined);
    }

    /// No to what was asked about, or no answer.
    pub fn deny_take(&mut self, key: Key, reason: CancelReason) {
        let Some(PendingTake { free, everything, .. }) = self.pending_takes.remove(&key) else { return };
        self.give_or_refuse(key, free, everything, reason);
    }

    /// Questions of those who are gone and did not come back go away too.
    pub fn drop_left_takes(&mut self, now: Instant) {
        let is_left = |with: &Fingerprint| {
            let gone = self.present.get(with).and_then(|present| present.gone);
            !self.links.contains_key(with) && gone.is_none_or(|gone| now.duration_since(gone) > GRACE)
        };
        let left: Vec<Key> = self.pending_takes.keys().filter(|(with, _)| is_left(with)).copied().collect();
        for key in left {
            self.pending_takes.remove(&key);
            self.asks.remove(key.0, key.1);
            self.pace.touch();
        }
    }

    /// The taker changed its mind.
    pub fn peer_cancelled(&mut self, key: Key, reason: CancelReason) {
        self.pending_takes.remove(&key);
        if self.asks.remove(key.0, key.1).is_some() {
            self.pace.touch();
        }
        self.cancelled(key, reason);
    }

    fn give_or_refuse(&mut self, key: Key, items: Vec<ShelfItem>, everything: bool, reason: CancelReason) {
        if items.is_empty() {
            self.refuse_take(key.0, key.1, reason);
        } else {
            self.give(key, items, everything);
        }
    }

    /// Reads what is to be given and, if it is still what was put out, offers it.
    fn give(&mut self, key: Key, items: Vec<ShelfItem>, everything: bool) {
        let side = Side::Out { cargo: Cargo::Planned, offered: false, for_take: true, consented: false };
        let group = GroupId(random());
        let mut transfer = Transfer::new(group, Stage::Preparing, side);
        let hub = self.inbox.clone();
        let batch = Batch { from: None, group, keys: vec![key], again: Vec::new(), copies: false, unsent: None };
        let task = tokio::spawn(async move {
            let prepared =
                plan_unchanged(items, everything).await.map(|plan| Arc::new(Prepared::new(plan, Origins::default())));
            hub.send(Message::Prepared(batch, prepared)).await.ok();
        });
        transfer.work.add(task.abort_handle());
        self.transfers.insert(key, transfer);
        self.pace.touch();
    }
}

/// Whether a computer may know that the thing is there.
fn may_see(audience: Audience, known: Option<&KnownComputer>) -> bool {
    match audience {
        Audience::Verified => known.is_some_and(|known| known.verified),
        Audience::Known => known.is_some_and(|known| known.verified || known.rule == Rule::Accept),
        Audience::Ask | Audience::All => true,
    }
}

fn question(items: &[ShelfItem]) -> Question {
    let shown = items.iter().zip(0..).map(|(item, index)| Item {
        index,
        kind: item.kind,
        name: item.name.clone(),
        size: item.size,
        files: item.files,
        path: Some(item.path.clone()),
        thumbhash: None,
        rendition: None,
        state: ItemState::Pending,
    });
    let files = |item: &ShelfItem| if item.kind == ItemKind::File { 1 } else { item.files };
    Question {
        takes: true,
        items: shown.collect(),
        files: items.iter().map(files).sum(),
        bytes: items.iter().map(|item| item.size).sum(),
    }
}

fn on_shelf(source: &Source, audience: Audience) -> ShelfItem {
    ShelfItem {
        id: 0,
        path: source.path.clone(),
        name: source.name.clone(),
        kind: source.kind,
        size: source.size,
        files: source.files,
        modified: Millis(source.modified.as_millis()),
        audience,
    }
}

/// Only what is still exactly what was put out: same place, not a link by now, same size and time. Where everything was
/// asked for, the rest of it is given without what isn't.
async fn plan_unchanged(mut items: Vec<ShelfItem>, everything: bool) -> Result<Plan, Problem> {
    loop {
        let paths: Vec<PathBuf> = items.iter().map(|item| item.path.clone()).collect();
        let plan = Plan::walk(paths).await.map_err(|_| Problem::NotOnShelf)?;
        let count = items.len();
        items.retain(|item| is_unchanged(item, &plan));
        match items.len() == count && plan.missing().is_empty() {
            true => return Ok(plan),
            false if everything && (1..count).contains(&items.len()) => {}
            false => return Err(Problem::NotOnShelf),
        }
    }
}

fn is_unchanged(item: &ShelfItem, plan: &Plan) -> bool {
    let same = |source: &Source| {
        on_shelf(source, item.audience) == ShelfItem { id: 0, name: source.name.clone(), ..item.clone() }
    };
    plan.items().iter().any(same)
}

fn wire_shelf_item(item: &ShelfItem) -> WireShelfItem {
    let ShelfItem { id, path: _, name, kind, size, files, modified, audience: _ } = item;
    let is_file = *kind == ItemKind::File;
    WireShelfItem {
        id: *id,
        item: WireItem {
            kind: if is_file { WireKind::File } else { WireKind::Folder },
            name: name.clone(),
            size: *size,
            files: if is_file { 1 } else { *files },
            modified: Some(Time {
                seconds: modified.0.div_euclid(1000),
                nanos: modified.0.rem_euclid(1000) as u32 * 1_000_000,
            }),
            thumbhash: None,
            version: 0,
            digest: None,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::api::DeviceKind;

    fn known(verified: bool, rule: Rule) -> KnownComputer {
        KnownComputer {
            fingerprint: Fingerprint([1; 32]),
            name: String::new(),
            given_name: None,
            kind: DeviceKind::Computer,
            verified,
            rule,
            folder: None,
            confirmed: true,
            first_seen: Millis(0),
            last_seen: Millis(0),
            taker: false,
            addresses: Vec::new(),
        }
    }

    #[test]
    fn each_audience_sees_what_is_meant_for_it_and_having_met_gives_nothing() {
        let (met, ruled, verified) = (known(false, Rule::Ask), known(false, Rule::Accept), known(true, Rule::Ask));
        for (audience, who) in [
            (Audience::Verified, [false, false, false, true]),
            (Audience::Known, [false, false, true, true]),
            (Audience::Ask, [true; 4]),
            (Audience::All, [true; 4]),
        ] {
            let seen = [None, Some(&met), Some(&ruled), Some(&verified)].map(|known| may_see(audience, known));
            assert_eq!(seen, who, "{audience:?}");
        }
    }

    #[tokio::test]
    async fn a_thing_that_changed_since_it_was_put_out_is_not_given() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list.txt");
        std::fs::write(&path, "milk").unwrap();
        let plan = Plan::walk(vec![path.clone()]).await.unwrap();
        let item = on_shelf(&plan.items()[0], Audience::All);
        assert!(plan_unchanged(vec![item.clone()], false).await.is_ok());
        std::fs::write(&path, "milk and honey").unwrap();
        assert_eq!(plan_unchanged(vec![item.clone()], false).await.err(), Some(Problem::NotOnShelf));
        std::fs::remove_file(&path).unwrap();
        assert_eq!(plan_unchanged(vec![item], false).await.err(), Some(Problem::NotOnShelf));
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_thing_that_became_a_link_is_not_given() {
        let folder = tempfile::tempdir().unwrap();
        let (path, secret) = (folder.path().join("list.txt"), folder.path().join("secret"));
        std::fs::write(&path, "milk").unwrap();
        let plan = Plan::walk(vec![path.clone()]).await.unwrap();
        let item = on_shelf(&plan.items()[0], Audience::All);
        std::fs::rename(&path, &secret).unwrap();
        std::os::unix::fs::symlink(&secret, &path).unwrap();
        assert_eq!(plan_unchanged(vec![item], false).await.err(), Some(Problem::NotOnShelf));
    }
}
