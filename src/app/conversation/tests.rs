//! The conversation by its accessible names, as a person meets it with or without eyes.

use std::sync::Arc;

use egui::{Event, ImeEvent, Key, Modifiers, Vec2, accesskit::Role, vec2};
use egui_kittest::{Harness, kittest::Queryable as _};

use super::{samples::*, testing::*, text::laid_out};
use crate::{
    app::{
        actions::Action,
        model::{Chip, ChipKind, Search},
    },
    engine::api::Phase,
    protocol::{Fingerprint, limits::MAX_TEXT},
    store::model::{Body, Direction, Entry, Item, ItemState, Problem, State},
};

/// 2027-01-15, noon.
const NOON: i64 = 1_800_014_400_000;
const MINUTE: i64 = 60_000;

mod waiting;

type Window<'a> = Harness<'a, Room>;

fn actions(window: &mut Window<'_>) -> Vec<Action> {
    std::mem::take(&mut window.state_mut().actions)
}

/// The one action of its kind.
fn only<T>(window: &mut Window<'_>, pick: impl Fn(&Action) -> Option<T>) -> T {
    let actions = actions(window);
    let mut picked: Vec<T> = actions.iter().filter_map(&pick).collect();
    assert_eq!(picked.len(), 1, "{actions:?}");
    picked.remove(0)
}

fn fixture(name: &str) -> std::path::PathBuf {
    std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/pictures").join(name)
}

/// Steps until it holds, a quarter of a second of the window's time each.
fn until(window: &mut Window<'_>, holds: impl Fn(&Window<'_>) -> bool) {
    let end = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while !holds(window) {
        assert!(std::time::Instant::now() < end, "not within 20 s");
        std::thread::sleep(std::time::Duration::from_millis(5));
        window.step();
    }
}

fn composer(window: &Window<'_>) -> String {
    window.state().draft.text.clone()
}

fn write(window: &mut Window<'_>, text: &str) {
    window.get_by_label("Message").focus();
    window.run();
    window.event(Event::Text(text.into()));
    window.run();
}

fn many(seqs: std::ops::Range<i64>) -> Vec<Arc<Entry>> {
    seqs.map(|seq| {
        let text = format!("number {seq} {}", "with some more words ".repeat(seq.unsigned_abs() as usize % 9));
        let (text, at) = (text.trim_end(), NOON + seq * MINUTE);
        if seq % 3 == 0 { sent(seq, at, text) } else { received(seq, at, text) }
    })
    .collect()
}

fn scroll(window: &mut Window<'_>, by: f32) {
    window.hover_at(egui::pos2(300.0, 200.0));
    let delta = vec2(0.0, by);
    let wheel = |phase| Event::MouseWheel {
        unit: egui::MouseWheelUnit::Point,
        delta,
        modifiers: Modifiers::NONE,
        phase,
        source: egui::MouseWheelSource::Wheel,
    };
    window.event(wheel(egui::TouchPhase::Move));
    window.run();
}

/// Where an entry with this text is, if it is drawn.
fn top_of(window: &Window<'_>, text: &str) -> Option<f32> {
    window.query_by_label(text).map(|node| node.rect().top())
}

fn text_of(entry: &Entry) -> String {
    let Body::Text(text) = &entry.body else { panic!("a text") };
    text.clone()
}

#[test]
fn every_entry_is_read_as_one_sentence_with_who_when_what_and_how_it_stands() {
    let entries = [
        received(1, NOON, "Did the pictures arrive?"),
        sent(2, NOON + MINUTE, "收到了，谢谢！"),
        entry(3, NOON, Direction::Received, items(vec![file(0, "report.pdf", 6_100_000)]), State::Saved),
    ];
    let window = Room::new(entries).harness();
    let time = |window: &Window<'_>, at| window.state().texts.time_of_day(crate::store::model::Millis(at));
    window.get_by_label(&format!("Office PC, {}: Did the pictures arrive?", time(&window, NOON)));
    window.get_by_label(&format!("You, {}: 收到了，谢谢！. Delivered", time(&window, NOON + MINUTE)));
    window.get_by_label(&format!("Office PC, {}: report.pdf, 6.1\u{a0}MB. Saved", time(&window, NOON)));
    window.get_by_role_and_label(Role::Label, "Did the pictures arrive?");
    window.get_by_role_and_label(Role::Label, "收到了，谢谢！");
}

#[test]
fn each_way_a_sending_ends_is_said_in_words() {
    let ends = [
        (State::Saved, "Saved on Office PC"),
        (State::Waiting, "Waiting for Office PC to answer"),
        (State::Declined, "Office PC declined"),
        (State::Cancelled { here: true }, "You cancelled it"),
        (State::Cancelled { here: false }, "Office PC cancelled it"),
        (State::Stopped(Problem::DiskFull { here: false }), "Stopped: the other computer’s disk is full"),
        (State::Stopped(Problem::ComputerGone), "Stopped: the connection to the other computer was lost"),
    ];
    for (state, sentence) in ends {
        let body = items(vec![file(0, "a.zip", 5)]);
        let window = Room::new([entry(1, NOON, Direction::Sent, body, state.clone())]).harness();
        let said = window.query_all_by_label_contains(sentence).count();
        assert!(said > 0, "{state:?}: {sentence}");
    }
}

#[test]
fn a_folder_that_came_without_some_of_its_files_says_how_many_and_why_the_first() {
    let problem = Problem::SourceUnreadable { name: "day 1/a.jpg".into() };
    let place = tempfile::tempdir().unwrap();
    let state = ItemState::SavedWithout { count: 2, problem };
    let trip = Item { state, path: Some(place.path().into()), ..folder(0, "trip", 9, 4) };
    let window = Room::new([entry(1, NOON, Direction::Received, items(vec![trip.clone()]), State::Saved)]).harness();
    for said in ["12:00 · Saved, without 2 files", "Saved, without 2 files · day 1/a.jpg can’t be read"] {
        assert!(window.query_all_by_label_contains(said).count() > 0, "{said}");
    }

    let sent = entry(1, NOON, Direction::Sent, items(vec![trip]), State::Saved);
    let window = Room::new([sent]).language("zh-CN").harness();
    assert!(window.query_all_by_label_contains(" · 已保存到“Office PC”，缺少 2 个文件").count() > 0);
}

#[test]
fn what_moves_says_how_far_how_fast_and_how_long_and_can_be_cancelled() {
    let pending = Item { state: ItemState::Pending, ..file(0, "film.mp4", 1_000) };
    let moving = entry(1, NOON, Direction::Sent, items(vec![pending]), State::Running);
    let mut room = Room::new([moving.clone()]);
    room.run(vec![running(&moving, Phase::Moving, 637, 1_000)]);
    let mut window = room.harness();
    window.get_by_label_contains(" · Sending 63\u{a0}% · 84.0\u{a0}MB/s · 12\u{a0}s left");
    window.get_by_label("Cancel").click();
    window.run();
    let transfer = only(&mut window, |action| match action {
        Action::Cancel { with, transfer } if *with == OFFICE => Some(*transfer),
        _ => None,
    });
    assert_eq!(transfer, moving.transfer);

    let mut done = (*moving).clone();
    done.state = State::Saved;
    window.state_mut().put(Arc::new(done));
    window.state_mut().run(Vec::new());
    window.run();
    window.get_by_label_contains(" · Saved on Office PC");
    assert!(window.query_by_label("Cancel").is_none());
}

#[test]
fn what_was_declined_or_stopped_can_be_sent_again() {
    for state in [State::Declined, State::Stopped(Problem::NotReachable), State::Cancelled { here: false }] {
        let mut window = Room::new([entry(1, NOON, Direction::Sent, Body::Text("hello?".into()), state)]).harness();
        window.get_by_label("Send again").click();
        window.run();
        let again = only(&mut window, |action| match action {
            Action::SendAgain(entry) => Some(entry.seq),
            _ => None,
        });
        assert_eq!(again, 1);
    }
}

#[test]
fn a_link_is_opened_only_when_clicked_and_shows_where_it_leads() {
    let text = "look at https://example.org/photos，很漂亮";
    let mut window = Room::new([received(1, NOON, text)]).harness();
    assert!(actions(&mut window).is_empty());
    window.get_by_role_and_label(Role::Link, "https://example.org/photos").click();
    window.run();
    let target = only(&mut window, |action| match action {
        Action::OpenLink(target) => Some(target.clone()),
        _ => None,
    });
    assert_eq!(target, "https://example.org/photos");
}

#[test]
fn enter_sends_and_shift_enter_begins_a_new_line() {
    let mut window = Room::new([]).harness();
    write(&mut window, "one");
    window.key_press_modifiers(Modifiers::SHIFT, Key::Enter);
    window.run();
    window.event(Event::Text("two".into()));
    window.run();
    assert_eq!(composer(&window), "one\ntwo");
    assert!(actions(&mut window).is_empty());
    window.key_press(Key::Enter);
    window.run();
    only(&mut window, |action| matches!(action, Action::SendDraft).then_some(()));
    assert_eq!(composer(&window), "one\ntwo", "taking the text away is done by who sends it");
}

#[test]
fn nothing_is_sent_while_an_input_method_composes() {
    let mut window = Room::new([]).harness();
    write(&mut window, "");
    let preedit = |text: &str| Event::Ime(ImeEvent::Preedit { text: text.into(), active_range_chars: None });
    window.event(preedit("ni hao"));
    window.run();
    window.key_press(Key::Enter);
    window.run();
    assert!(actions(&mut window).is_empty(), "Enter belongs to the input method");
    // Both in one frame, as a slow one gathers them.
    let key = |pressed| Event::Key {
        key: Key::Enter,
        physical_key: None,
        pressed,
        repeat: false,
        modifiers: Modifiers::NONE,
    };
    window.input_mut().events.extend([Event::Ime(ImeEvent::Commit("你好".into())), key(true), key(false)]);
    window.step();
    assert!(actions(&mut window).is_empty(), "the Enter that chose a candidate does not send");
    window.run();
    assert_eq!(composer(&window), "你好");
    window.key_press(Key::Enter);
    window.run();
    only(&mut window, |action| matches!(action, Action::SendDraft).then_some(()));
}

#[test]
fn nothing_empty_is_sent() {
    let mut window = Room::new([]).harness();
    write(&mut window, "  ");
    window.key_press(Key::Enter);
    window.run();
    assert!(actions(&mut window).is_empty());
}

#[test]
fn typing_without_having_clicked_anywhere_goes_into_the_message() {
    let mut window = Room::new([received(1, NOON, "hi")]).harness();
    window.event(Event::Text("h".into()));
    window.run();
    window.event(Event::Text("ello".into()));
    window.run();
    assert_eq!(composer(&window), "hello");
}

#[test]
fn what_is_ready_to_be_sent_is_shown_and_can_be_taken_away() {
    let mut room = Room::new([]);
    room.draft.chips = vec![
        Chip { id: 7, name: "plan.pdf".into(), what: ChipKind::File { path: "/x/plan.pdf".into(), size: 1_200_000 } },
        Chip { id: 8, name: "海边".into(), what: ChipKind::Folder { path: "/x/海边".into() } },
    ];
    let mut window = room.harness();
    window.get_by_label("plan.pdf, 1.2\u{a0}MB");
    window.get_by_label("海边");
    window.get_by_label("Remove plan.pdf").click();
    window.run();
    let detach = |action: &Action| match action {
        Action::Detach { chip } => Some(*chip),
        _ => None,
    };
    assert_eq!(only(&mut window, detach), 7);
    window.get_by_label("Message").focus();
    window.run();
    window.key_press(Key::Backspace);
    window.run();
    assert_eq!(only(&mut window, detach), 8, "Backspace in an empty message takes the last one");
    window.get_by_label("Send").click();
    window.run();
    only(&mut window, |action| matches!(action, Action::SendDraft).then_some(()));
}

#[test]
fn a_pasted_picture_is_seen_before_it_is_sent() {
    let png: Arc<[u8]> = std::fs::read(fixture("quadrants.png")).unwrap().into();
    let mut room = Room::new([]);
    room.draft.chips =
        vec![Chip { id: 7, name: "Pasted picture".into(), what: ChipKind::Picture { png, width: 24, height: 16 } }];
    let mut window = room.harness();
    let chip = window.get_by_label("Pasted picture, 24 × 16").rect();
    // What is drawn with a texture that isn't the one of letters.
    let drawn = |window: &Window<'_>| {
        let pictures = window.output().shapes.iter().filter_map(|clipped| match &clipped.shape {
            egui::Shape::Rect(rect) => rect.brush.as_ref().map(|_| rect.rect),
            _ => None,
        });
        pictures.filter(|rect| chip.contains_rect(*rect)).map(|rect| rect.size()).next()
    };
    until(&mut window, |window| drawn(window) == Some(vec2(36.0, 36.0)));
}

#[test]
fn a_thousand_chips_leave_room_for_the_conversation() {
    let mut room = Room::new([received(1, NOON, "still here")]);
    let chip = |id| Chip { id, name: format!("{id}.txt"), what: ChipKind::File { path: "/x".into(), size: id } };
    room.draft.chips = (0..1_000).map(chip).collect();
    let window = room.harness();
    window.get_by_label("and 988 more");
    window.get_by_role_and_label(Role::Label, "still here");
}

#[test]
fn the_three_pickers_are_asked_for() {
    let mut window = Room::new([]).harness();
    for name in ["Add files…", "Add pictures…", "Add a folder…"] {
        window.get_by_label(name).click();
        window.run();
    }
    let actions = actions(&mut window);
    assert!(matches!(actions[..], [Action::PickFiles, Action::PickPictures, Action::PickFolder]), "{actions:?}");
}

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
fn a_megabyte_pasted_into_the_message_is_carried_without_being_laid_out() {
    let mut window = Room::new([]).harness();
    write(&mut window, "look: ");
    window.event(Event::Paste("字".repeat(300_000)));
    window.run();
    assert_eq!(composer(&window).len(), 900_006);
    window.get_by_label_contains("A message · 900\u{a0}KB");
    window.key_press(Key::Enter);
    window.run();
    only(&mut window, |action| matches!(action, Action::SendDraft).then_some(()));
    window.get_by_label("Remove A message").click();
    window.run();
    assert_eq!(composer(&window), "");
}

#[test]
fn a_text_beyond_the_bound_is_refused_with_a_sentence() {
    let mut room = Room::new([]);
    room.draft.text = "x".repeat(MAX_TEXT + 1);
    let mut window = room.harness();
    window.get_by_label_contains("too long to send as text");
    window.get_by_label_contains("A message ·").focus();
    window.run();
    window.key_press(Key::Enter);
    window.run();
    assert!(actions(&mut window).is_empty());
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
fn a_file_that_was_moved_away_tells_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("letter.txt");
    std::fs::write(&path, "x").unwrap();
    let item = Item { path: Some(path.clone()), ..file(0, "letter.txt", 1) };
    let body = items(vec![item]);
    let mut window = Room::new([entry(1, NOON, Direction::Received, body, State::Saved)]).harness();
    window.get_by_role_and_label(Role::Button, "letter.txt, 1\u{a0}B").click();
    window.run();
    let opened = only(&mut window, |action| match action {
        Action::Open(path) => Some(path.clone()),
        _ => None,
    });
    assert_eq!(opened, path);
    std::fs::remove_file(&path).unwrap();
    let was = format!("it was at {}", path.display());
    // It is looked for again after a while; each step is a quarter of a second.
    let noticed = (0..400).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(2));
        window.step();
        window.query_by_label_contains(&was).is_some()
    });
    assert!(noticed);
    assert!(
        window.query_by_role_and_label(Role::Button, "letter.txt, 1\u{a0}B").is_none(),
        "it can't be opened any more"
    );
}

#[test]
fn a_picture_that_could_not_be_shown_is_shown_once_it_can_be() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("beach.jpg");
    std::fs::write(&path, b"half of it").unwrap();
    let body = items(vec![Item { path: Some(path.clone()), ..file(0, "beach.jpg", 9) }]);
    let mut window = Room::new([entry(1, NOON, Direction::Received, body, State::Saved)]).harness();
    let card = |window: &Window<'_>| window.query_by_role_and_label(Role::Button, "beach.jpg, 9\u{a0}B").is_some();
    until(&mut window, card);
    std::fs::copy(fixture("small-inside.jpg"), &path).unwrap();
    until(&mut window, |window| window.query_by_label("Picture beach.jpg, 480 by 320").is_some());
    std::fs::remove_file(&path).unwrap();
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

#[test]
fn the_keyboard_walks_from_entry_to_entry_and_reaches_what_can_be_done() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.pdf");
    std::fs::write(&path, "x").unwrap();
    let body = items(vec![Item { path: Some(path), ..file(0, "a.pdf", 1) }]);
    let entries = [received(1, NOON, "one"), entry(2, NOON, Direction::Received, body, State::Saved)];
    let mut window = Room::new(entries).harness();
    window.get_by_label_contains(": one").focus();
    window.run();
    window.key_press(Key::ArrowDown);
    window.run();
    assert!(window.get_by_label_contains(": a.pdf").is_focused());
    window.get_by_label("Show in folder").click();
    window.run();
    only(&mut window, |action| matches!(action, Action::ShowInFolder(_)).then_some(()));
    window.get_by_label_contains(": a.pdf").focus();
    window.run();
    for _ in 0..3 {
        window.key_press(Key::Tab);
        window.run();
    }
    assert!(window.get_by_label("Show in folder").is_focused() || window.get_by_label("More").is_focused());
}

#[test]
fn enter_on_an_entry_with_files_and_pictures_looks_at_the_first_picture() {
    let picture = Item { path: Some(fixture("small-inside.jpg")), ..file(1, "beach.jpg", 9) };
    let notes = Item { path: Some(fixture("small-inside.jpg")), ..file(0, "notes.txt", 9) };
    let body = items(vec![notes, picture]);
    let mut window = Room::new([entry(1, NOON, Direction::Received, body, State::Saved)]).harness();
    until(&mut window, |window| window.query_by_label("Picture beach.jpg, 480 by 320").is_some());
    window.get_by_label_contains(": notes.txt, beach.jpg").focus();
    window.run();
    window.key_press(Key::Enter);
    window.run();
    let looked_at = only(&mut window, |action| match action {
        Action::View(target) => Some(target.item),
        _ => None,
    });
    assert_eq!(looked_at, 1);
    let (album, card) =
        (window.get_by_label("Picture beach.jpg, 480 by 320").rect(), window.get_by_label_contains("notes.txt, 9"));
    assert_eq!(album.width(), card.rect().width(), "one under the other");
}

#[test]
fn the_menu_of_an_entry_copies_and_removes_it() {
    let mut window = Room::new([received(1, NOON, "keep this")]).harness();
    window.get_by_role_and_label(Role::Label, "keep this").click_secondary();
    window.run();
    window.get_by_role_and_label(Role::MenuItem, "Copy text").click();
    window.run();
    let copied = only(&mut window, |action| match action {
        Action::CopyText(text) => Some(text.clone()),
        _ => None,
    });
    assert_eq!(copied, "keep this");
    window.get_by_role_and_label(Role::Label, "keep this").click_secondary();
    window.run();
    window.get_by_label("Remove from the conversation").click();
    window.run();
    only(&mut window, |action| matches!(action, Action::RemoveEntry { seq: 1 }).then_some(()));
}

#[test]
fn a_part_of_a_text_can_be_selected_and_copied() {
    let mut window = Room::new([received(1, NOON, "selectable words")]).harness();
    let rect = window.get_by_role_and_label(Role::Label, "selectable words").rect();
    window.drag_at(rect.left_center() + vec2(1.0, 0.0));
    window.run();
    window.hover_at(rect.right_center() - vec2(1.0, 0.0));
    window.run();
    window.drop_at(rect.right_center() - vec2(1.0, 0.0));
    window.event(Event::Copy);
    window.step();
    let copied = window.output().platform_output.commands.iter().find_map(|command| match command {
        egui::OutputCommand::CopyText(text) => Some(text.clone()),
        _ => None,
    });
    assert_eq!(copied.as_deref(), Some("selectable words"));
}

#[test]
fn many_files_show_a_few_and_the_rest_when_wanted() {
    let all = (0..40).map(|number| file(number, &format!("scan {number}.pdf"), 10)).collect();
    let mut window =
        Room::new([entry(1, NOON, Direction::Sent, items(all), State::Saved)]).harness_of(vec2(760.0, 3_000.0));
    assert!(window.query_by_label_contains("scan 30.pdf").is_none());
    window.get_by_label("and 35 more").click();
    window.run();
    window.get_by_label_contains("scan 30.pdf");
}

#[test]
fn what_went_to_several_tells_the_state_of_each() {
    let studio = Fingerprint([9; 32]);
    let to = |seq, with, state| {
        let entry = sent(seq, NOON, "lunch?");
        let group = crate::store::model::GroupId([3; 16]);
        Arc::new(Entry { with, state, group, ..(*entry).clone() })
    };
    let mut room = Room::new([to(1, OFFICE, State::Saved), received(3, NOON, "only from the office")]);
    room.meet(computer(studio, "Studio Mac"));
    room.load(studio, [to(2, studio, State::Stopped(Problem::NotReachable))], 0);
    room.model.chosen = vec![OFFICE, studio];
    let window = room.harness();
    assert_eq!(window.query_all_by_role_and_label(Role::Label, "lunch?").count(), 1, "it is shown once");
    window.get_by_label_contains("Office PC: Delivered");
    window.get_by_label_contains("Studio Mac: Stopped: the other computer can’t be reached right now");
    assert!(window.query_by_label_contains("only from the office").is_none());
}

#[test]
fn words_are_looked_for_and_lead_to_the_entry() {
    let mut window = Room::new(many(0..300)).harness();
    window.key_press_modifiers(Modifiers::COMMAND, Key::F);
    window.run();
    window.get_by_label("Search").focus();
    window.run();
    window.event(Event::Text("number 7".into()));
    window.run();
    let text = actions(&mut window).into_iter().rev().find_map(|action| match action {
        Action::Search { text, with: Some(OFFICE) } => Some(text),
        _ => None,
    });
    assert_eq!(text.as_deref(), Some("number 7"));
    let found = many(7..8);
    window.state_mut().model.search = Some(Search { text: "number 7".into(), with: Some(OFFICE), found: Some(found) });
    window.run();
    window.get_by_label_contains("Office PC, ").click();
    window.run();
    let top = top_of(&window, &text_of(&many(7..8)[0])).unwrap();
    assert!((0.0..600.0).contains(&top), "{top}");
    assert!(window.query_by_label("Search").is_none(), "the search has done its work");
}

#[test]
fn what_was_not_found_is_said_and_escape_leads_back() {
    let mut window = Room::new(many(0..5)).harness();
    window.key_press_modifiers(Modifiers::COMMAND, Key::F);
    window.run();
    window.event(Event::Text("nowhere".into()));
    window.run();
    window.state_mut().model.search = Some(Search { text: "nowhere".into(), with: None, found: Some(Vec::new()) });
    window.run();
    window.get_by_label("Nothing found for “nowhere”");
    window.key_press(Key::Escape);
    window.run();
    window.get_by_role_and_label(Role::Label, &text_of(&many(4..5)[0]));
}

#[test]
fn an_empty_conversation_says_what_to_do() {
    let window = Room::new([]).harness();
    window.get_by_label("Nothing here yet");
    window.get_by_label("Write something, or drop pictures and files here");
}

#[test]
fn everything_has_a_name_in_chinese_too_and_fits_into_the_smallest_window() {
    let mut entries = vec![
        received(1, NOON, "早上好"),
        entry(
            2,
            NOON,
            Direction::Received,
            items(vec![file(0, "二零二六年全家在海边度假的照片合集最终版.zip", 9)]),
            State::Saved,
        ),
        entry(3, NOON, Direction::Sent, Body::Text("在吗？".into()), State::Stopped(Problem::NoAnswer)),
    ];
    entries.push(entry(4, NOON, Direction::Sent, items(vec![folder(0, "照片", 5_000, 12)]), State::Declined));
    let window = Room::new(entries).language("zh-CN").harness_of(Vec2::new(400.0, 700.0));
    assert_eq!(window.query_all_by_label("再次发送").count(), 2);
    for node in window.query_all_by_role(Role::Label) {
        let rect = node.rect();
        assert!(rect.left() >= 0.0 && rect.right() <= 400.0, "{node:?} lies at {rect:?}");
    }
    window.get_by_label_contains(" · “Office PC”拒绝了");
}
