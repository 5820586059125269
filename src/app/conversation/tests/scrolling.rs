//! What is laid out, what stays where it is, and what is new.

use super::*;

#[test]
fn a_megabyte_of_text_costs_no_more_layout_than_a_screenful() {
    let long = "a line of a log that somebody pasted\n".repeat(28_000);
    assert!(long.len() > 1_000_000);
    laid_out::take();
    let mut window = Room::new([received(1, NOON, &long)]).harness();
    laid_out::take();
    window.step();
    let per_frame = laid_out::take();
    assert!((1..10_000).contains(&per_frame), "{per_frame} bytes were laid out");

    window.get_by_label("Show all of it").click();
    window.run();
    laid_out::take();
    window.step();
    let per_frame = laid_out::take();
    assert!((1..40_000).contains(&per_frame), "{per_frame} bytes were laid out in the reader");
    for _ in 0..3 {
        window.key_press(Key::End);
        window.run();
    }
    laid_out::take();
    window.step();
    assert!((1..40_000).contains(&laid_out::take()), "also at its end");
    window.get_all_by_label("Save as a file…").last().unwrap().click();
    window.run();
    let saved = only(&mut window, |action| match action {
        Action::SaveText(text) => Some(text.len()),
        _ => None,
    });
    assert_eq!(saved, long.len());
    window.key_press(Key::Escape);
    window.run();
    assert!(window.query_by_label("Show all of it").is_some(), "Escape leads back to the list");
}

#[test]
fn of_ten_thousand_entries_only_the_visible_ones_are_laid_out() {
    let mut window = Room::new(many(0..10_000)).harness();
    window.get_by_label(&text_of(&many(9_999..10_000)[0]));
    laid_out::take();
    window.step();
    let per_frame = laid_out::take();
    assert!((1..8_000).contains(&per_frame), "{per_frame} bytes were laid out");
    assert!(window.query_all_by_role(Role::ListItem).count() < 40);
    window.get_by_label("Message").focus();
    window.run();
    for _ in 0..30 {
        window.key_press(Key::PageUp);
        window.run();
    }
    laid_out::take();
    window.step();
    assert!((1..8_000).contains(&laid_out::take()), "also far up");
}

#[test]
fn what_one_reads_stays_where_it_is_when_older_and_newer_entries_arrive() {
    let mut room = Room::new([]);
    room.model.conversations.clear();
    room.load(OFFICE, many(500..700), 500);
    let mut window = room.harness();
    scroll(&mut window, 3_000.0);
    let seen = (500..700)
        .map(|seq| text_of(&many(seq..seq + 1)[0]))
        .find(|text| top_of(&window, text).is_some_and(|top| top > 60.0));
    let seen = seen.unwrap();
    let before = top_of(&window, &seen).unwrap();
    window.state_mut().load(OFFICE, many(400..500), 400);
    window.run();
    assert!((top_of(&window, &seen).unwrap() - before).abs() < 1.0, "older ones came");
    window.state_mut().put(received(800, NOON + 800 * MINUTE, "newest"));
    window.run();
    assert!((top_of(&window, &seen).unwrap() - before).abs() < 1.0, "a newer one came");
    assert!(top_of(&window, "newest").is_none());
    window.get_by_label("To the newest").click();
    window.run();
    assert!(top_of(&window, "newest").is_some());
}

#[test]
fn at_the_end_new_entries_come_into_view() {
    let mut window = Room::new(many(0..100)).harness();
    window.state_mut().put(received(200, NOON + 200 * MINUTE, "newest"));
    window.run();
    let bottom = window.get_by_role_and_label(Role::Label, "newest").rect().bottom();
    assert!(bottom < 560.0, "{bottom}");
}

#[test]
fn what_was_sent_comes_into_view_wherever_one_was() {
    let mut window = Room::new(many(0..100)).harness();
    scroll(&mut window, 4_000.0);
    window.state_mut().put(sent(200, NOON + 200 * MINUTE, "mine"));
    window.run();
    window.get_by_role_and_label(Role::Label, "mine");
}

#[test]
fn older_entries_are_asked_for_near_the_top_and_not_while_they_are_on_their_way() {
    let mut room = Room::new([]);
    room.model.conversations.clear();
    room.load(OFFICE, many(500..600), 500);
    let mut window = room.harness();
    let asks = |window: &mut Window<'_>| {
        actions(window).iter().filter(|action| matches!(action, Action::Load { with: OFFICE, .. })).count()
    };
    assert_eq!(asks(&mut window), 0);
    scroll(&mut window, 100_000.0);
    assert!(asks(&mut window) > 0);
    window.state_mut().model.conversations.get_mut(&OFFICE).unwrap().loading = true;
    window.run();
    assert_eq!(asks(&mut window), 0);
}

#[test]
fn what_is_new_stands_below_a_line_and_is_seen_once_the_end_is_in_view() {
    let unread = |entry: Arc<Entry>| Arc::new(Entry { read: false, ..(*entry).clone() });
    let mut entries = many(0..60);
    entries.extend(many(60..90).into_iter().map(unread));
    let mut window = Room::new(entries).harness();
    let line = window.get_by_label("New").rect();
    assert!(line.top() < 400.0, "it opens where the new ones begin");
    let marks = |window: &mut Window<'_>| {
        actions(window).iter().filter(|action| matches!(action, Action::MarkRead(who) if *who == OFFICE)).count()
    };
    assert_eq!(marks(&mut window), 0);
    window.get_by_label("To the newest").click();
    window.run();
    assert_eq!(marks(&mut window), 1);
    window.run();
    assert_eq!(marks(&mut window), 0, "once is enough");
}

#[test]
fn what_one_reads_stays_where_it_is_when_a_picture_takes_its_true_proportions() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("beach.jpg");
    std::fs::copy(fixture("small-inside.jpg"), &path).unwrap();
    let hash = crate::pictures::thumbhash_of(&path, std::time::Instant::now() + std::time::Duration::from_secs(20));
    let picture = |path| {
        let body = items(vec![Item { path, thumbhash: hash.clone(), ..file(0, "beach.jpg", 9) }]);
        entry(60, NOON + 60 * MINUTE, Direction::Received, body, State::Saved)
    };
    let mut entries = many(0..60);
    entries.push(picture(None));
    entries.extend(many(61..120));
    let mut window = Room::new(entries).harness();
    let height =
        |window: &Window<'_>| window.query_by_label_contains("Picture beach.jpg").map(|node| node.rect().height());
    // Up to where the picture's lower end is in sight, with what is read below it.
    while height(&window).is_none() {
        scroll(&mut window, 60.0);
    }
    let below = text_of(&many(61..62)[0]);
    let before = top_of(&window, &below).unwrap();
    assert_eq!(height(&window), Some(300.0));
    window.state_mut().put(Arc::new(Entry { revision: 1_000, ..(*picture(Some(path))).clone() }));
    until(&mut window, |window| window.query_by_label("Picture beach.jpg, 480 by 320").is_some());
    assert_eq!(height(&window), Some(280.0));
    assert!((top_of(&window, &below).unwrap() - before).abs() < 1.0, "{before}");
}
