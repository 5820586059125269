//! Finding texts and names, and how long it takes in large conversations.

use std::time::{Duration, Instant};

use super::*;
use crate::protocol::limits::MAX_TEXT;

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
    let newest = store.page(&MEI, PageAt::End, 50).unwrap();
    let middle = store.page(&MEI, PageAt::Before(50_000), 50).unwrap();
    assert_eq!((newest.entries[0].seq, newest.before, middle.entries[0].seq), (100_000, 99_950, 49_999));
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
