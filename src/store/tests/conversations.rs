//! What is written into conversations, and read out of them.

use std::path::Path;

use super::*;
use crate::protocol::limits::MAX_TEXT;

#[test]
fn what_was_written_is_there_after_a_restart() {
    let home = Home::new();
    let mut store = home.open_with_mei();
    let first = store.append(text(1, "你好, Mei 🎉")).unwrap();
    let second = store.append(files(2, &["holiday.jpg", "照片.png"], State::Saved)).unwrap();
    drop(store);

    let store = home.open();
    let page = store.page(&MEI, PageAt::End, 10).unwrap();
    assert_eq!(page.entries, [second.clone(), first.clone()]);
    assert_eq!((page.before, page.after), (0, 0));
    assert_eq!(store.entry(first.seq).unwrap().as_ref(), Some(&first));
    assert_eq!(store.entry_of(&MEI, &transfer(2)).unwrap().as_ref(), Some(&second));
    assert_eq!(store.entry_of(&MEI, &transfer(3)).unwrap(), None);
    assert_eq!(store.revision().unwrap(), second.revision);
}

#[test]
fn what_is_written_together_is_there_as_a_whole_or_not_at_all() {
    let home = Home::new();
    let mut store = home.open_with_mei();
    let before = store.revision().unwrap();
    let refused = store.together(|store| {
        store.upsert_seen(&DAD, &seen("Dad's PC", Millis(2)))?;
        store.append(NewEntry { with: DAD, ..text(1, "not kept") })?;
        assert!(store.computer(&DAD)?.is_some(), "what was written before it is read");
        // A computer that isn't there.
        store.append(NewEntry { with: Fingerprint([9; 32]), ..text(2, "refused") })
    });
    assert!(refused.is_err());
    assert_eq!((store.computer(&DAD).unwrap(), store.revision().unwrap()), (None, before));

    let kept = store.together(|store| {
        store.upsert_seen(&DAD, &seen("Dad's PC", Millis(2)))?;
        store.append(NewEntry { with: DAD, ..text(1, "kept") })
    });
    drop(store);
    let store = home.open();
    assert_eq!(store.page(&DAD, PageAt::End, 10).unwrap().entries, [kept.unwrap()]);
    assert!(store.computer(&DAD).unwrap().is_some());
}

#[test]
fn any_stretch_of_a_conversation_is_read_and_what_lies_around_it_is_counted() {
    let home = Home::new();
    let mut store = home.open_with_mei();
    store.upsert_seen(&DAD, &seen("Dad's PC", Millis(1))).unwrap();
    // Mei's entries are the odd ones, 1 to 199.
    for number in 0..100 {
        store.append(text(number, "x")).unwrap();
        store.append(NewEntry { with: DAD, ..text(number, "y") }).unwrap();
    }
    let read = |at| {
        let Page { entries, before, after } = store.page(&MEI, at, 10).unwrap();
        let ends = entries.last().zip(entries.first()).map(|(first, last)| (first.seq, last.seq));
        assert!(entries.is_sorted_by_key(|entry| -entry.seq));
        (before, ends, entries.len(), after)
    };
    assert_eq!(read(PageAt::End), (90, Some((181, 199)), 10, 0));
    assert_eq!(read(PageAt::Before(181)), (80, Some((161, 179)), 10, 10));
    assert_eq!(read(PageAt::After(179)), (90, Some((181, 199)), 10, 0));
    assert_eq!(read(PageAt::Around(101)), (45, Some((91, 109)), 10, 45));
    assert_eq!(read(PageAt::Place(50)), read(PageAt::Around(101)), "the one with 50 before it");
    assert_eq!(read(PageAt::Place(0)), (0, Some((1, 9)), 5, 95));
    assert_eq!(read(PageAt::Place(u64::MAX)), (90, Some((181, 199)), 10, 0), "no place is beyond the last");
    assert_eq!(read(PageAt::Before(1)), (0, None, 0, 100));
    assert_eq!(read(PageAt::After(199)), (100, None, 0, 0));
}

#[test]
fn entries_with_files_that_are_wanted_are_found_nearest_first_among_all_others() {
    let home = Home::new();
    let mut store = home.open_with_mei();
    let lying = |number, names: &[&str]| {
        let mut entry = files(number, names, State::Saved);
        let Body::Items { items, .. } = &mut entry.body else { panic!("files became text") };
        items.iter_mut().for_each(|item| item.path = Some(Path::new("/home/mei").join(&item.name)));
        entry
    };
    for number in 0..60 {
        match number % 3 {
            0 => store.append(text(number, "x.jpg")).unwrap(),
            1 => store.append(lying(number, &["a.jpg", "b.txt", "c.jpg"])).unwrap(),
            _ => store.append(lying(number, &["b.txt"])).unwrap(),
        };
    }
    // Nothing of it is here yet.
    store.append(files(60, &["coming.jpg"], State::Running)).unwrap();
    let find = |towards, limit| -> Vec<i64> {
        let found = store.nearest_with_file(&MEI, towards, limit, |name, _| name.ends_with(".jpg")).unwrap();
        found.iter().map(|entry| entry.seq).collect()
    };
    let all: Vec<i64> = (0..20).map(|number| 3 * number + 2).collect();
    let newest_first: Vec<i64> = all.iter().rev().copied().collect();
    assert_eq!(find(Towards::Older(i64::MAX), 100), newest_first);
    assert_eq!(find(Towards::Newer(i64::MIN), 3), all[..3]);
    assert_eq!(find(Towards::Older(all[5]), 2), [all[4], all[3]]);
    assert_eq!(find(Towards::Newer(all[5]), 2), [all[6], all[7]]);
    assert!(find(Towards::Older(all[0]), 2).is_empty());
    let page = store.nearest_with_file(&MEI, Towards::Newer(0), 1, |_, _| true).unwrap();
    assert_eq!(page, [store.entry(all[0]).unwrap().unwrap()], "with all its items");
}

#[test]
fn states_and_places_of_items_change_together_with_the_revision() {
    let home = Home::new();
    let mut store = home.open_with_mei();
    let entry = store.append(files(1, &["a", "b", "c"], State::Running)).unwrap();
    let saved = Path::new("/home/mei/Downloads/Fantail/a (2)");
    assert!(store.update_item(&MEI, &transfer(1), 0, ItemState::Saved, Some(saved)).unwrap());
    let gone = ItemState::Failed(Problem::SourceGone { name: "b".to_owned() });
    let incomplete =
        ItemState::SavedWithout { count: 3, problem: Problem::SourceUnreadable { name: "c/d".to_owned() } };
    let updates = [
        ItemUpdate { index: 1, state: gone.clone(), path: None },
        ItemUpdate { index: 0, state: ItemState::Saved, path: None },
        ItemUpdate { index: 2, state: incomplete.clone(), path: None },
    ];
    assert!(store.update_items(&MEI, &transfer(1), &updates).unwrap());
    assert!(!store.update_item(&MEI, &transfer(1), 9, ItemState::Saved, None).unwrap());
    assert!(!store.update_item(&MEI, &transfer(9), 0, ItemState::Saved, None).unwrap());
    assert!(store.update_state(&MEI, &transfer(1), &State::Cancelled { here: false }).unwrap());
    drop(store);

    let store = home.open();
    let now = store.entry(entry.seq).unwrap().unwrap();
    assert_eq!(now.state, State::Cancelled { here: false });
    let Body::Items { items, .. } = &now.body else { panic!("items became text") };
    assert_eq!((items[0].state.clone(), items[0].path.as_deref()), (ItemState::Saved, Some(saved)));
    assert_eq!(items[1].state, gone);
    assert_eq!(items[2].state, incomplete);
    assert_eq!(now.revision, entry.revision + 3);
}

#[cfg(target_os = "linux")]
#[test]
fn a_path_that_is_not_unicode_comes_back_as_it_was() {
    use std::os::unix::ffi::OsStrExt as _;
    let path = Path::new(std::ffi::OsStr::from_bytes(b"/tmp/caf\xe9.jpg"));
    let home = Home::new();
    let mut store = home.open_with_mei();
    let added = store.shelf_add(&put_out(path, 1, Audience::All)).unwrap();
    assert_eq!(added.path, path);
    assert_eq!(store.shelf().unwrap()[0].path, path);
    store.append(files(1, &["a"], State::Running)).unwrap();
    store.update_item(&MEI, &transfer(1), 0, ItemState::Saved, Some(path)).unwrap();
    let Body::Items { items, .. } = store.entry_of(&MEI, &transfer(1)).unwrap().unwrap().body else { panic!() };
    assert_eq!(items[0].path.as_deref(), Some(path));
}

#[test]
fn a_reader_that_asks_for_changes_sees_each_one_and_what_is_gone() {
    let home = Home::new();
    let mut store = home.open_with_mei();
    let kept = store.append(text(1, "kept")).unwrap();
    let gone = store.append(text(2, "gone")).unwrap();
    let known = store.revision().unwrap();

    store.append(text(3, "new")).unwrap();
    store.update_state(&MEI, &transfer(1), &State::Declined).unwrap();
    assert!(store.remove_entry(gone.seq).unwrap());
    assert!(!store.remove_entry(gone.seq).unwrap());

    let all = store.changes(known, 10).unwrap();
    assert_eq!(all.entries.iter().map(|e| e.transfer).collect::<Vec<_>>(), [transfer(3), transfer(1)]);
    assert_eq!(all.removed, [gone.seq]);
    assert_eq!(all.up_to, store.revision().unwrap());
    assert_eq!(store.changes(all.up_to, 10).unwrap(), Changes { up_to: all.up_to, ..Changes::default() });

    // The same in steps of one.
    let (mut since, mut entries, mut removed) = (known, Vec::new(), Vec::new());
    for _ in 0..3 {
        let step = store.changes(since, 1).unwrap();
        assert_eq!(step.entries.len() + step.removed.len(), 1);
        entries.extend(step.entries.iter().map(|entry| entry.seq));
        removed.extend(step.removed);
        since = step.up_to;
    }
    assert_eq!(since, all.up_to);
    assert_eq!((entries.len(), entries[1], removed), (2, kept.seq, vec![gone.seq]));
    assert!(found(&store, "gone").is_empty());
}

#[test]
fn a_removed_conversation_is_gone_but_its_computer_stays() {
    let home = Home::new();
    let mut store = home.open_with_mei();
    for number in 0..20 {
        store.append(files(number, &["holiday.jpg"], State::Saved)).unwrap();
    }
    let known = store.revision().unwrap();
    assert_eq!(store.remove_conversation(&MEI).unwrap(), 20);
    assert_eq!(store.page(&MEI, PageAt::End, 10).unwrap(), Page::default());
    assert_eq!(store.changes(known, 100).unwrap().removed.len(), 20);
    assert_eq!(store.unread().unwrap().len(), 0);
    assert!(found(&store, "holiday").is_empty());
    assert!(store.computer(&MEI).unwrap().is_some());
    // Numbers are never used again.
    let next = store.append(text(100, "again")).unwrap();
    assert_eq!(next.seq, 21);
}

#[test]
fn unread_ones_are_counted_per_computer_until_they_are_read() {
    let home = Home::new();
    let mut store = home.open_with_mei();
    store.upsert_seen(&DAD, &seen("Dad's PC", Millis(1))).unwrap();
    store.append(text(1, "one")).unwrap();
    store.append(text(2, "two")).unwrap();
    store.append(NewEntry { with: DAD, ..text(1, "three") }).unwrap();
    store.append(NewEntry { with: DAD, direction: Direction::Sent, ..text(2, "mine") }).unwrap();
    assert_eq!(store.unread().unwrap().into_iter().collect::<Vec<_>>(), [(MEI, 2), (DAD, 1)]);
    let known = store.revision().unwrap();
    assert!(store.mark_read(&MEI).unwrap());
    assert!(!store.mark_read(&MEI).unwrap());
    assert_eq!(store.unread().unwrap().into_iter().collect::<Vec<_>>(), [(DAD, 1)]);
    assert!(store.changes(known, 10).unwrap().entries.iter().all(|entry| entry.read));
}

#[test]
fn what_comes_from_outside_is_bounded_and_a_transfer_id_counts_once() {
    let home = Home::new();
    let mut store = home.open_with_mei();
    let long = "x".repeat(MAX_TEXT + 1);
    assert!(matches!(store.append(text(1, &long)), Err(StoreError::TooMuch { limit: MAX_TEXT })));
    store.append(text(1, &long[1..])).unwrap();
    assert!(matches!(store.append(text(1, "again")), Err(StoreError::AlreadyThere)));
    let many = vec!["a"; 1001];
    assert!(matches!(store.append(files(2, &many, State::Waiting)), Err(StoreError::TooMuch { limit: 1000 })));

    let mut new = files(2, &[&"长".repeat(1000)], State::Stopped(Problem::System { message: "y".repeat(20_000) }));
    let Body::Items { items, .. } = &mut new.body else { panic!() };
    items[0].thumbhash = Some(vec![0; 41]);
    let seq = store.append(new).unwrap().seq;
    let entry = store.entry(seq).unwrap().unwrap();
    let Body::Items { items, .. } = &entry.body else { panic!() };
    assert_eq!(items[0].name, "长".repeat(340));
    assert_eq!(items[0].thumbhash, None);
    assert!(matches!(entry.state, State::Stopped(Problem::System { message }) if message.len() < 100));
}

#[test]
fn the_paths_of_an_entry_and_of_a_conversation_are_told_each_once() {
    let home = Home::new();
    let mut store = home.open_with_mei();
    let lying = |number, names: &[&str]| {
        let mut new = files(number, names, State::Saved);
        let Body::Items { items, .. } = &mut new.body else { panic!("{new:?}") };
        items.iter_mut().for_each(|item| item.path = Some(Path::new("/received").join(&item.name)));
        new
    };
    let entry = store.append(lying(1, &["holiday.jpg", "照片.png"])).unwrap();
    store.append(lying(2, &["holiday.jpg"])).unwrap();
    store.append(files(3, &["declined.jpg"], State::Declined)).unwrap();
    store.append(text(4, "words lie nowhere")).unwrap();
    let lies = ["/received/holiday.jpg", "/received/照片.png"].map(std::path::PathBuf::from);
    for of in [Paths::OfEntry(entry.seq), Paths::With(MEI)] {
        let mut told = store.paths(of).unwrap();
        told.sort();
        assert_eq!(told, lies, "{of:?}");
    }
    assert!(store.paths(Paths::With(DAD)).unwrap().is_empty());
}
