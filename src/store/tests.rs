//! On real files.

use std::{
    fs,
    io::{Read as _, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use super::{
    model::{
        Audience, Body, DeviceKind, Direction, GroupId, Item, ItemKind, ItemState, Millis, Problem, Rule, Settings,
        ShelfItem, State, Theme, Visibility,
    },
    *,
};
use crate::protocol::{Fingerprint, TransferId, limits::MAX_TEXT};

const MEI: Fingerprint = Fingerprint([1; 32]);
const DAD: Fingerprint = Fingerprint([2; 32]);

struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("deep/er/fantail.db")
    }

    fn open(&self) -> Store {
        let opened = Store::open(&self.path()).unwrap();
        assert_eq!(opened.set_aside, None);
        opened.store
    }

    /// With Mei in it.
    fn open_with_mei(&self) -> Store {
        let mut store = self.open();
        store.upsert_seen(&MEI, "Mei's laptop", DeviceKind::Computer, &[], Millis(1)).unwrap();
        store
    }
}

fn transfer(number: u64) -> TransferId {
    let mut id = [0; 16];
    id[..8].copy_from_slice(&number.to_le_bytes());
    TransferId(id)
}

fn text(number: u64, text: &str) -> NewEntry {
    NewEntry {
        with: MEI,
        transfer: transfer(number),
        group: GroupId([3; 16]),
        direction: Direction::Received,
        at: Millis(number as i64),
        body: Body::Text(text.to_owned()),
        state: State::Saved,
    }
}

fn item(index: u32, name: &str) -> Item {
    Item {
        index,
        kind: ItemKind::File,
        name: name.to_owned(),
        size: 7,
        files: 0,
        path: None,
        thumbhash: Some(vec![9; 25]),
        state: ItemState::Pending,
    }
}

fn files(number: u64, names: &[&str], state: State) -> NewEntry {
    let items: Vec<Item> = names.iter().enumerate().map(|(index, name)| item(index as u32, name)).collect();
    let body = Body::Items { files: items.len() as u64, bytes: 7 * items.len() as u64, items };
    NewEntry { body, state, ..text(number, "") }
}

fn put_out(path: &Path, size: u64, audience: Audience) -> ShelfItem {
    ShelfItem {
        id: 0,
        path: path.to_owned(),
        name: "cat.jpg".to_owned(),
        kind: ItemKind::File,
        size,
        files: 1,
        modified: Millis(size as i64),
        audience,
    }
}

fn found(store: &Store, query: &str) -> Vec<i64> {
    store.search(query, None, 100).unwrap().into_iter().map(|entry| entry.seq).collect()
}

#[test]
fn what_was_written_is_there_after_a_restart() {
    let home = Home::new();
    let mut store = home.open_with_mei();
    let first = store.append(text(1, "你好, Mei 🎉")).unwrap();
    let second = store.append(files(2, &["holiday.jpg", "照片.png"], State::Saved)).unwrap();
    drop(store);

    let store = home.open();
    let page = store.page(&MEI, None, 10).unwrap();
    assert_eq!(page.entries, [second.clone(), first.clone()]);
    assert!(!page.more);
    assert_eq!(store.entry(first.seq).unwrap().as_ref(), Some(&first));
    assert_eq!(store.entry_of(&MEI, &transfer(2)).unwrap().as_ref(), Some(&second));
    assert_eq!(store.entry_of(&MEI, &transfer(3)).unwrap(), None);
    assert_eq!(store.revision().unwrap(), second.revision);
}

#[test]
fn what_a_crash_left_under_way_is_stopped_at_the_next_start_and_told_as_a_change() {
    let home = Home::new();
    let mut store = home.open_with_mei();
    store.append(files(1, &["a"], State::Running)).unwrap();
    store.append(files(2, &["b"], State::Waiting)).unwrap();
    store.append(files(3, &["c"], State::Declined)).unwrap();
    let before = store.revision().unwrap();
    drop(store);

    let store = home.open();
    let states: Vec<State> = store.page(&MEI, None, 10).unwrap().entries.into_iter().map(|e| e.state).collect();
    assert_eq!(states, [State::Declined, State::Stopped(Problem::Closed), State::Stopped(Problem::Closed)]);
    assert_eq!(store.changes(before, 10).unwrap().entries.len(), 2);
}

#[test]
fn a_second_program_at_the_same_database_does_not_stop_what_the_first_is_doing() {
    let home = Home::new();
    let mut first = home.open_with_mei();
    first.append(files(1, &["a"], State::Running)).unwrap();
    let mut second = home.open();
    assert_eq!(second.entry_of(&MEI, &transfer(1)).unwrap().unwrap().state, State::Running);
    second.append(text(2, "from the second")).unwrap();
    assert!(first.update_state(&MEI, &transfer(1), &State::Saved).unwrap());
    assert_eq!(first.page(&MEI, None, 10).unwrap().entries.len(), 2);
    let third = second.append(text(3, "again")).unwrap();
    assert_eq!(first.revision().unwrap(), third.revision);
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
    assert_eq!(store.page(&MEI, None, 10).unwrap(), Page::default());
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
    store.upsert_seen(&DAD, "Dad's PC", DeviceKind::Computer, &[], Millis(1)).unwrap();
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
fn chinese_is_found_by_one_character_or_several_and_names_by_any_part() {
    let home = Home::new();
    let mut store = home.open_with_mei();
    let hello = store.append(text(1, "你好,照片收到了,谢谢!")).unwrap().seq;
    let photos = store.append(files(2, &["Holiday in Ürümqi.JPG", "家庭照片.png"], State::Saved)).unwrap().seq;
    let quoted = store.append(text(3, "she said \"yes\" OR NOT * 100% under_score")).unwrap().seq;

    assert_eq!(found(&store, "照"), [photos, hello]);
    assert_eq!(found(&store, "照片"), [photos, hello]);
    assert_eq!(found(&store, "照片收到"), [hello]);
    assert_eq!(found(&store, "家庭照 png"), [photos]);
    assert!(found(&store, "家庭照 收").is_empty());
    assert_eq!(found(&store, "oliday jp"), [photos]);
    assert_eq!(found(&store, "URUMQI"), [photos]);
    assert_eq!(found(&store, "ür"), [photos]);
    assert_eq!(found(&store, "u\u{308}rümqi"), [photos]);
    assert_eq!(found(&store, "\"yes\""), [quoted]);
    assert_eq!(found(&store, "100%"), [quoted]);
    assert!(found(&store, "1%").is_empty());
    assert_eq!(found(&store, "NOT"), [quoted]);
    assert!(found(&store, "zebra").is_empty());
    assert!(found(&store, " \0 ").is_empty());
    assert_eq!(store.search("照片", Some(&DAD), 10).unwrap(), []);
    assert_eq!(store.search("照片收", Some(&DAD), 10).unwrap(), []);
    assert_eq!(store.search("照片", Some(&MEI), 1).unwrap().len(), 1);
    assert_eq!(store.search(&"x".repeat(1_000_000), None, 10).unwrap(), []);
}

#[test]
fn a_known_computer_keeps_its_addresses_newest_first_and_a_bounded_number_of_them() {
    let home = Home::new();
    let mut store = home.open_with_mei();
    let address = |n: u8| std::net::SocketAddr::from(([192, 168, 1, n], 53317));
    let scoped = "[fe80::1%3]:53317".parse().unwrap();
    for n in 0..20 {
        store.upsert_seen(&MEI, "Mei", DeviceKind::Phone, &[address(n)], Millis(100)).unwrap();
    }
    assert!(store.note_seen(&MEI, "Mei 2", DeviceKind::Phone, &[scoped, address(15)], Millis(50)).unwrap());
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
    assert!(!store.note_seen(&MEI, "Mei", DeviceKind::Computer, &[], Millis(1)).unwrap());
    assert!(!store.set_rule(&MEI, Rule::Accept).unwrap());
    assert!(matches!(store.append(text(1, "hello")), Err(StoreError::UnknownComputer)));
    assert_eq!(store.computers().unwrap(), []);

    let address = std::net::SocketAddr::from(([10, 0, 0, 1], 1));
    store.upsert_seen(&MEI, "Mei", DeviceKind::Computer, &[address], Millis(5)).unwrap();
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
    store.upsert_seen(&MEI, "Mei", DeviceKind::Computer, &[], Millis(9)).unwrap();
    let again = store.computer(&MEI).unwrap().unwrap();
    assert_eq!((again.rule, again.addresses.len(), again.verified), (Rule::Ask, 0, false));
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
    };
    store.save_settings(&settings).unwrap();
    drop(store);
    let mut store = home.open();
    assert_eq!(store.settings().unwrap(), settings);
    store.save_settings(&Settings::default()).unwrap();
    assert_eq!(store.settings().unwrap(), Settings::default());
}

#[cfg(unix)]
#[test]
fn only_its_owner_can_read_the_database() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = Home::new();
    let mut store = home.open_with_mei();
    store.append(text(1, "secret")).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let path = home.path();
    for file in fs::read_dir(path.parent().unwrap()).unwrap() {
        assert_eq!(mode(&file.unwrap().path()), 0o600);
    }
    assert_eq!(mode(path.parent().unwrap()), 0o700);
    drop(store);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    home.open();
    assert_eq!(mode(&path), 0o600);
}

#[test]
fn a_file_that_is_no_database_is_set_aside_whole_and_a_fresh_one_begun() {
    let home = Home::new();
    let path = home.path();
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    for round in 0..2 {
        let rubbish = format!("rubbish {round} ").repeat(1000);
        fs::write(&path, &rubbish).unwrap();
        let opened = Store::open(&path).unwrap();
        let aside = opened.set_aside.unwrap();
        assert_eq!(fs::read_to_string(&aside).unwrap(), rubbish);
        assert!(aside.to_string_lossy().contains("fantail.db.20"), "{}", aside.display());
        assert_eq!(opened.store.computers().unwrap(), []);
    }
}

#[test]
fn a_database_of_a_newer_version_or_another_program_is_set_aside() {
    for change in ["PRAGMA user_version = 99", "PRAGMA application_id = 7"] {
        let home = Home::new();
        drop(home.open_with_mei());
        Connection::open(home.path()).unwrap().execute_batch(change).unwrap();
        let opened = Store::open(&home.path()).unwrap();
        let aside = Connection::open(opened.set_aside.unwrap()).unwrap();
        let names: String = aside.query_row("SELECT name FROM computers", [], |row| row.get(0)).unwrap();
        assert_eq!(names, "Mei's laptop");
        assert_eq!(opened.store.computers().unwrap(), []);
        drop(opened.store);
        home.open();
    }
}

#[test]
fn damage_inside_is_noticed_at_the_latest_at_the_start_after_it_showed_itself() {
    let home = Home::new();
    let mut store = home.open_with_mei();
    for number in 0..500 {
        store.append(text(number, &format!("{number} {}", "words ".repeat(50)))).unwrap();
    }
    drop(store);
    // Everything but the first pages, which hold the schema.
    let mut file = fs::OpenOptions::new().read(true).write(true).open(home.path()).unwrap();
    let length = file.metadata().unwrap().len();
    file.seek(SeekFrom::Start(40 * 4096)).unwrap();
    let mut rest = Vec::new();
    file.read_to_end(&mut rest).unwrap();
    assert!(rest.len() as u64 > length / 2);
    file.seek(SeekFrom::Start(40 * 4096)).unwrap();
    file.write_all(&vec![0xA5; rest.len()]).unwrap();
    drop(file);

    let opened = Store::open(&home.path()).unwrap();
    if opened.set_aside.is_none() {
        assert!(matches!(opened.store.page(&MEI, None, 1000), Err(StoreError::Damaged(_))));
        drop(opened.store);
        let again = Store::open(&home.path()).unwrap();
        assert!(again.set_aside.is_some());
        drop(again.store);
        home.open();
    }
}

#[test]
fn what_was_written_before_a_kill_is_there_though_nobody_closed_it() {
    let home = Home::new();
    let mut store = home.open_with_mei();
    store.append(text(1, "promised")).unwrap();
    // As after a kill: the files as they lie on the disk at this moment, the journal not folded in.
    let copy = Home::new();
    fs::create_dir_all(copy.path().parent().unwrap()).unwrap();
    for part in ["", "-wal"] {
        let name = format!("fantail.db{part}");
        fs::copy(home.path().with_file_name(&name), copy.path().with_file_name(&name)).unwrap();
    }
    assert_eq!(found(&copy.open(), "promised").len(), 1);
}

#[test]
fn a_conversation_of_a_hundred_thousand_entries_opens_at_once() {
    let home = Home::new();
    let mut store = home.open_with_mei();
    // The same rows `append` makes, in one transaction: a hundred thousand waits for the disk are not the subject.
    store
        .write(|transaction| {
            transaction.execute_batch(
                "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)
                 INSERT INTO entries
                 SELECT i, i, (SELECT fingerprint FROM computers), CAST(printf('%016d', i) AS BLOB), zeroblob(16), 1, i,
                        2, NULL, i < 99900, 0, 0, printf('message %d 第%d条', i, i) FROM n;
                 INSERT INTO words (rowid, text) SELECT seq, text FROM entries;
                 UPDATE counters SET value = 100000;",
            )?;
            Ok(())
        })
        .unwrap();
    drop(store);

    let started = Instant::now();
    let store = home.open();
    assert_eq!(store.unread().unwrap()[&MEI], 101);
    let newest = store.page(&MEI, None, 50).unwrap();
    let middle = store.page(&MEI, Some(50_000), 50).unwrap();
    assert_eq!((newest.entries[0].seq, newest.more, middle.entries[0].seq), (100_000, true, 49_999));
    assert_eq!(store.changes(99_990, 100).unwrap().entries.len(), 10);
    let opened = started.elapsed();

    let started = Instant::now();
    assert_eq!(found(&store, "message 77777"), [77_777]);
    assert_eq!(found(&store, "第7"), Vec::from_iter((79_900..=79_999).rev()));
    let searched = started.elapsed();
    println!("opened in {opened:?}, searched in {searched:?}");
    assert!(opened < Duration::from_millis(500), "{opened:?}");
    assert!(searched < Duration::from_secs(2), "{searched:?}");
}

#[test]
fn a_megabyte_of_text_is_kept_and_found_in_a_moment() {
    let home = Home::new();
    let mut store = home.open_with_mei();
    let long: String = (0..)
        .map(|n| format!("字{n} "))
        .scan(0, |length, word| {
            *length += word.len();
            (*length < MAX_TEXT - 10).then_some(word)
        })
        .collect::<String>()
        + "needle";
    let started = Instant::now();
    let seq = store.append(text(1, &long)).unwrap().seq;
    assert_eq!(found(&store, "needle"), [seq]);
    assert_eq!(found(&store, "字9"), [seq]);
    println!("a megabyte kept and found in {:?}", started.elapsed());
    assert!(started.elapsed() < Duration::from_secs(5));
}
