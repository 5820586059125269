//! Opening a database: after a crash, a second time, damaged, or none at all.

use std::{
    fs,
    io::{Read as _, Seek as _, SeekFrom, Write as _},
    path::Path,
};

use super::*;

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
    let states: Vec<State> = store.page(&MEI, PageAt::End, 10).unwrap().entries.into_iter().map(|e| e.state).collect();
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
    assert_eq!(first.page(&MEI, PageAt::End, 10).unwrap().entries.len(), 2);
    let third = second.append(text(3, "again")).unwrap();
    assert_eq!(first.revision().unwrap(), third.revision);
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
        assert!(matches!(opened.store.page(&MEI, PageAt::End, 1000), Err(StoreError::Damaged(_))));
        drop(opened.store);
        let again = Store::open(&home.path()).unwrap();
        assert!(again.set_aside.is_some());
        drop(again.store);
        home.open();
    }
}

#[test]
fn a_database_is_set_aside_where_what_is_needed_from_the_beginning_can_not_be_read() {
    for column in [None, Some("UPDATE computers SET first_seen = 'yesterday'")] {
        let home = Home::new();
        drop(home.open_with_mei());
        let connection = Connection::open(home.path()).unwrap();
        match column {
            Some(nonsense) => connection.execute_batch(nonsense).unwrap(),
            None => overwrite_root_page(connection, &home.path(), "computers"),
        }
        let (opened, computers) = Store::open_reading(&home.path(), Store::computers).unwrap();
        assert!(opened.set_aside.unwrap().exists());
        assert_eq!(computers, []);
        drop(opened.store);
        home.open();
    }
}

/// With bytes that mean nothing, where the database was closed cleanly.
fn overwrite_root_page(connection: Connection, path: &Path, table: &str) {
    let size: u64 = connection.pragma_query_value(None, "page_size", |row| row.get::<_, u32>(0)).unwrap().into();
    let root: u64 = connection
        .query_row("SELECT rootpage FROM sqlite_schema WHERE name = ?", [table], |row| row.get::<_, u32>(0))
        .unwrap()
        .into();
    connection.close().unwrap();
    assert!(!path.with_file_name("fantail.db-wal").exists(), "it was not closed cleanly");
    let mut file = fs::OpenOptions::new().write(true).open(path).unwrap();
    file.seek(SeekFrom::Start((root - 1) * size)).unwrap();
    let mut noise = vec![0; size as usize];
    blake3::Hasher::new().update(table.as_bytes()).finalize_xof().fill(&mut noise);
    file.write_all(&noise).unwrap();
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
