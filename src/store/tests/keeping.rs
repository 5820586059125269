//! Computers, shelf and settings.

use std::path::Path;

use super::*;

#[test]
fn a_known_computer_keeps_its_addresses_newest_first_and_a_bounded_number_of_them() {
    let home = Home::new();
    let mut store = home.open_with_mei();
    let address = |n: u8| std::net::SocketAddr::from(([192, 168, 1, n], 53317));
    let scoped = "[fe80::1%3]:53317".parse().unwrap();
    for n in 0..20 {
        store
            .upsert_seen(
                &MEI,
                &Seen { kind: DeviceKind::Phone, addresses: vec![address(n)], ..seen("Mei", Millis(100)) },
            )
            .unwrap();
    }
    assert!(
        store
            .note_seen(
                &MEI,
                &Seen { kind: DeviceKind::Phone, addresses: vec![scoped, address(15)], ..seen("Mei 2", Millis(50)) }
            )
            .unwrap()
    );
    drop(store);
    let mei = home.open().computer(&MEI).unwrap().unwrap();
    let rest = [19, 18, 17, 16, 14, 13].map(address);
    assert_eq!(mei.addresses, [&[scoped, address(15)], &rest[..]].concat());
    assert_eq!((mei.name.as_str(), mei.kind), ("Mei 2", DeviceKind::Phone));
    assert_eq!((mei.first_seen, mei.last_seen), (Millis(1), Millis(100)));
}

#[test]
fn a_stranger_enters_only_by_an_act_and_leaves_without_a_trace() {
    let home = Home::new();
    let mut store = home.open();
    assert!(!store.note_seen(&MEI, &seen("Mei", Millis(1))).unwrap());
    assert!(!store.set_rule(&MEI, Rule::Accept).unwrap());
    assert!(matches!(store.append(text(1, "hello")), Err(StoreError::UnknownComputer)));
    assert_eq!(store.computers().unwrap(), []);

    let address = std::net::SocketAddr::from(([10, 0, 0, 1], 1));
    store.upsert_seen(&MEI, &Seen { addresses: vec![address], ..seen("Mei", Millis(5)) }).unwrap();
    assert!(store.set_rule(&MEI, Rule::Accept).unwrap());
    assert!(store.rename(&MEI, Some("My sister")).unwrap());
    assert!(store.confirm(&MEI).unwrap());
    assert!(store.set_verified(&MEI, true).unwrap());
    assert!(store.set_folder(&MEI, Some(Path::new("/photos"))).unwrap());
    let seq = store.append(text(1, "hello")).unwrap().seq;
    let mei = store.computer(&MEI).unwrap().unwrap();
    assert_eq!((mei.rule, mei.given_name.as_deref()), (Rule::Accept, Some("My sister")));
    assert_eq!((mei.confirmed, mei.verified, mei.folder), (true, true, Some("/photos".into())));

    let known = store.revision().unwrap();
    assert!(store.forget(&MEI).unwrap());
    assert!(!store.forget(&MEI).unwrap());
    assert_eq!(store.computers().unwrap(), []);
    assert_eq!(store.changes(known, 10).unwrap().removed, [seq]);
    assert!(found(&store, "hello").is_empty());
    store.upsert_seen(&MEI, &seen("Mei", Millis(9))).unwrap();
    let again = store.computer(&MEI).unwrap().unwrap();
    assert_eq!((again.rule, again.addresses.len(), again.verified), (Rule::Ask, 0, false));
}

#[test]
fn a_queue_keeps_the_order_it_was_given_and_passes_by_what_is_over() {
    let home = Home::new();
    let mut store = home.open_with_mei();
    let held = State::Held(Hold::Queued);
    for n in 1..=3 {
        let new = NewEntry { direction: Direction::Sent, state: held.clone(), ..text(n, "later") };
        store.append_going(new, &Going { offer: vec![1], ..Going::default() }).unwrap();
    }
    let order = |store: &Store| -> Vec<(TransferId, State)> {
        store.unfinished().unwrap().into_iter().map(|one| (one.entry.transfer, one.entry.state)).collect()
    };
    store.set_places(&MEI, &[(transfer(3), 1), (transfer(1), 2), (transfer(2), 3), (transfer(9), 4)]).unwrap();
    store.update_state(&MEI, &transfer(1), &State::Cancelled { here: true }).unwrap();
    store.set_places(&MEI, &[(transfer(1), 0)]).unwrap();
    // News of one leaves it where it is.
    assert!(store.keep_going(&MEI, &transfer(3), &Going { offered: true, ..Going::default() }).unwrap());
    drop(store);
    let mut store = home.open();
    assert_eq!(order(&store), [(transfer(3), held.clone()), (transfer(2), held.clone())]);
    store.update_state(&MEI, &transfer(3), &State::Held(Hold::Turn)).unwrap();
    assert_eq!(order(&store)[0].1, State::Held(Hold::Turn));
}

#[test]
fn what_was_ended_here_is_kept_until_it_was_heard_also_of_who_was_forgotten_and_within_bounds() {
    let home = Home::new();
    let mut store = home.open_with_mei();
    store.withdraw(&MEI, &transfer(0)).unwrap();
    store.withdraw(&MEI, &transfer(0)).unwrap();
    store.withdraw(&DAD, &transfer(0)).unwrap();
    store.forget(&MEI).unwrap();
    drop(store);
    let mut store = home.open();
    assert_eq!(store.withdrawn().unwrap(), [(MEI, transfer(0)), (DAD, transfer(0))]);
    store.forget_withdrawn(&DAD, &[transfer(0), transfer(7)]).unwrap();
    assert_eq!(store.withdrawn().unwrap(), [(MEI, transfer(0))]);
    for n in 1..=MAX_WITHDRAWN as u64 {
        store.withdraw(&DAD, &transfer(n)).unwrap();
    }
    let all = store.withdrawn().unwrap();
    assert_eq!((all.len(), all[0]), (MAX_WITHDRAWN, (DAD, transfer(1))), "the oldest goes first");
}

#[test]
fn who_only_takes_is_kept_within_bounds_and_whom_this_person_dealt_with_is_not_pushed_out() {
    let home = Home::new();
    let mut store = home.open_with_mei();
    let who = |n: usize| Fingerprint([n as u8 + 10; 32]);
    let taken = |store: &mut Store, with: Fingerprint, n: u64| {
        let gone = store.note_taker(&with, &seen("Taker", Millis(1))).unwrap();
        store.append(NewEntry { with, direction: Direction::Sent, ..text(n, "taken") }).unwrap();
        gone
    };
    // Known before, and dealt with after a take.
    assert_eq!(taken(&mut store, MEI, 1), []);
    assert_eq!(taken(&mut store, DAD, 1), []);
    assert!(store.computer(&DAD).unwrap().unwrap().taker && !store.computer(&MEI).unwrap().unwrap().taker);
    assert!(store.set_rule(&DAD, Rule::Block).unwrap());
    for n in 0..MAX_TAKERS {
        assert_eq!(taken(&mut store, who(n), 1), []);
    }
    // The first takes once more, so the second is the oldest.
    assert_eq!(taken(&mut store, who(0), 2), []);
    assert_eq!(taken(&mut store, who(MAX_TAKERS), 1), [who(1)]);
    assert_eq!(store.computer(&who(1)).unwrap(), None);
    assert_eq!(store.entry_of(&who(1), &transfer(1)).unwrap(), None);
    assert!(!store.computer(&DAD).unwrap().unwrap().taker);
    for n in 3..2 * MAX_TAKES as u64 {
        taken(&mut store, who(0), n);
    }
    let takes = store.computers().unwrap().into_iter().filter(|computer| computer.taker);
    let takes: usize =
        takes.map(|computer| store.page(&computer.fingerprint, PageAt::End, 1000).unwrap().entries.len()).sum();
    assert_eq!(takes, MAX_TAKES);
    for with in [MEI, DAD] {
        assert!(store.entry_of(&with, &transfer(1)).unwrap().is_some());
    }
}

#[test]
fn the_shelf_keeps_one_place_per_path_and_never_uses_an_id_again() {
    let home = Home::new();
    let mut store = home.open();
    let path = Path::new("/photos/cat.jpg");
    let cat = store.shelf_add(&put_out(path, 5, Audience::Verified)).unwrap();
    let same = store.shelf_add(&put_out(path, 6, Audience::All)).unwrap();
    assert_eq!((same.id, same.size, same.modified, same.audience), (cat.id, 6, Millis(6), Audience::All));
    assert_eq!(store.shelf().unwrap(), std::slice::from_ref(&same));
    assert_eq!(store.shelf_item(cat.id).unwrap(), Some(same));
    assert!(store.shelf_remove(cat.id).unwrap());
    assert!(!store.shelf_remove(cat.id).unwrap());
    let next = store.shelf_add(&put_out(path, 5, Audience::Ask)).unwrap();
    assert_ne!(next.id, cat.id);
    assert_eq!(store.shelf_item(u64::MAX).unwrap(), None);
}

#[test]
fn settings_are_kept_and_taken_back() {
    let home = Home::new();
    let mut store = home.open();
    assert_eq!(store.settings().unwrap(), Settings::default());
    let settings = Settings {
        name: Some("Office PC".to_owned()),
        language: Some("zh-CN".to_owned()),
        folder: Some("/data/in".into()),
        theme: Theme::Dark,
        visibility: Visibility::KnownOnly,
        reduced_motion: true,
        zoom: Some(1.5),
        window: Some("800x600".to_owned()),
        turned: Some("[]".to_owned()),
    };
    store.save_settings(&settings).unwrap();
    drop(store);
    let mut store = home.open();
    assert_eq!(store.settings().unwrap(), settings);
    store.save_settings(&Settings::default()).unwrap();
    assert_eq!(store.settings().unwrap(), Settings::default());
}
