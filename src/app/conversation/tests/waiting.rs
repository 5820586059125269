//! What waits for a computer that is away.

use super::*;
use crate::{
    engine::api::{Presence, Queued, Resting, Snapshot},
    store::model::Hold,
};

/// Three texts that wait for Office PC, in the order of their numbers.
fn room() -> Room {
    let held =
        |seq: i64, words: &str| entry(seq, NOON, Direction::Sent, Body::Text(words.into()), State::Held(Hold::Queued));
    let entries = [held(1, "first"), held(2, "second"), held(3, "third")];
    let queue = entries.iter().map(|entry| Queued { with: OFFICE, transfer: entry.transfer }).collect();
    let mut room = Room::new(entries);
    change(&mut room, |snapshot| {
        snapshot.computers[0].presence = Presence::Away;
        snapshot.queue = queue;
    });
    room
}

fn change(room: &mut Room, change: impl FnOnce(&mut Snapshot)) {
    let mut snapshot = (*room.model.snapshot).clone();
    change(&mut snapshot);
    room.model.snapshot = Arc::new(snapshot);
}

#[test]
fn what_waits_says_for_whom_and_where_it_stands() {
    let window = room().harness();
    window.get_by_label_contains("12:00 · Will be sent when Office PC is back · 2 of 3");
    assert_eq!(window.query_all_by_label("Cancel").count(), 3);

    let mut alone = room();
    change(&mut alone, |snapshot| snapshot.queue.truncate(1));
    let window = alone.harness();
    assert!(window.query_by_label_contains("1 of 1").is_none());
}

#[test]
fn what_is_looked_for_where_nobody_is_waits_already() {
    let mut room = room();
    room.put(entry(4, NOON, Direction::Sent, Body::Text("fourth".into()), State::Waiting));
    let fourth = room.model.conversation(OFFICE).unwrap().get(4).unwrap().clone();
    room.run(vec![running(&fourth, Phase::Preparing, 0, 6)]);
    let window = room.harness();
    window.get_by_label_contains(": fourth. Will be sent when Office PC is back");
}

#[test]
fn what_waits_is_moved_by_a_button_in_the_menu_and_by_the_keyboard() {
    let mut window = room().harness();
    let sooner = |action: &Action| match action {
        Action::Sooner { with: OFFICE, transfer, first } => Some((*transfer, *first)),
        _ => None,
    };
    let third = window.state().model.conversation(OFFICE).unwrap().get(3).unwrap().transfer;
    window.get_by_role_and_label(Role::ListItem, &spoken(3)).focus();
    window.run();
    window.get_by_label("Send earlier").click();
    window.run();
    assert_eq!(actions(&mut window).iter().find_map(sooner), Some((third, false)));
    window.get_by_label("More").click();
    window.run();
    window.get_by_label("Send first").click();
    window.run();
    assert_eq!(actions(&mut window).iter().find_map(sooner), Some((third, true)));

    window.get_by_role_and_label(Role::ListItem, &spoken(3)).focus();
    window.run();
    // Both keys within one frame.
    let (key, modifiers) = (Key::ArrowUp, Modifiers::ALT);
    window.event(Event::Key { key, physical_key: None, pressed: true, repeat: false, modifiers });
    window.run();
    assert_eq!(actions(&mut window).iter().find_map(sooner), Some((third, false)));

    assert!(window.get_by_role_and_label(Role::ListItem, &spoken(3)).is_focused(), "the keyboard stays where it is");

    // The first has nobody before it.
    window.get_by_role_and_label(Role::ListItem, &spoken(1)).focus();
    window.run();
    assert!(window.query_by_label("Send earlier").is_none());
}

#[test]
fn what_moves_is_paused_and_what_was_paused_here_is_continued() {
    let of = |state| entry(1, NOON, Direction::Sent, items(vec![file(0, "film.mkv", 100)]), state);
    let mut moving = Room::new([of(State::Running)]);
    moving.run(vec![running(&of(State::Running), Phase::Moving, 40, 100)]);
    let mut window = moving.harness();
    window.get_by_label("Pause").click();
    window.run();
    let paused = |action: &Action| matches!(action, Action::Pause { with: OFFICE, .. }).then_some(());
    only(&mut window, paused);

    let mut window = Room::new([of(State::Held(Hold::Paused { here: true }))]).harness();
    window.get_by_label_contains("12:00 · Paused");
    window.get_by_label("Cancel");
    window.get_by_label("Continue").click();
    window.run();
    let goes_on = |action: &Action| matches!(action, Action::Continue { with: OFFICE, .. }).then_some(());
    only(&mut window, goes_on);

    let window = Room::new([of(State::Held(Hold::Paused { here: false }))]).harness();
    window.get_by_label_contains("12:00 · Paused by Office PC");
    assert!(window.query_by_label("Continue").is_none() && window.query_by_label("Pause").is_none());
    window.get_by_label("Cancel");
}

/// The name of an entry.
fn spoken(seq: i64) -> String {
    let what = ["first", "second", "third"][seq as usize - 1];
    format!("You, 12:00: {what}. Will be sent when Office PC is back · {seq} of 3")
}

/// The bar below the only entry: its colour, and how much of its width is filled.
fn bar(window: &Window<'_>) -> Option<(egui::Color32, f32)> {
    let bars: Vec<_> = window
        .output()
        .shapes
        .iter()
        .filter_map(|clipped| match &clipped.shape {
            egui::Shape::Rect(rect) if rect.rect.height() == crate::app::conversation::entry::BAR => Some(rect),
            _ => None,
        })
        .collect();
    match bars[..] {
        [] => None,
        [whole, done] => Some((done.fill, done.rect.width() / whole.rect.width())),
        _ => panic!("{} bars", bars.len()),
    }
}

#[test]
fn what_rests_shows_how_far_it_is_and_what_never_moved_shows_nothing() {
    let of = |hold| entry(1, NOON, Direction::Sent, items(vec![file(0, "film.mkv", 100)]), State::Held(hold));
    let pending = |hold| {
        let mut entry = (*of(hold)).clone();
        let Body::Items { items, .. } = &mut entry.body else { unreachable!() };
        items[0].state = ItemState::Pending;
        Arc::new(entry)
    };
    let mut moving = Room::new([of(Hold::Turn)]);
    moving.run(vec![running(&of(Hold::Turn), Phase::Moving, 40, 100)]);
    let moving = bar(&moving.harness()).unwrap();
    for (hold, said) in [
        (Hold::Paused { here: true }, "12:00 · Paused · 40\u{a0}%"),
        (Hold::Paused { here: false }, "12:00 · Paused by Office PC · 40\u{a0}%"),
        (Hold::Away, "12:00 · Stopped, will go on when Office PC is back · 40\u{a0}%"),
        (Hold::DiskFull { here: false }, "goes on when there is room · 40\u{a0}%"),
        (Hold::Turn, "12:00 · Waits for its turn · 40\u{a0}%"),
    ] {
        let mut room = Room::new([pending(hold)]);
        let transfer = pending(hold).transfer;
        change(&mut room, |snapshot| {
            snapshot.resting = vec![Resting { with: OFFICE, transfer, bytes: 40, total: 100 }];
        });
        let window = room.harness();
        assert!(window.query_all_by_label_contains(said).count() > 0, "{said}");
        let (color, part) = bar(&window).expect("a bar");
        assert!((part - 0.4).abs() < 0.01 && (moving.1 - 0.4).abs() < 0.01, "{part}");
        assert_ne!(color, moving.0, "at rest it is not as loud as what moves");
    }

    let window = Room::new([pending(Hold::Queued)]).harness();
    window.get_by_label_contains("12:00 · Will be sent when Office PC is back");
    assert_eq!(bar(&window), None);
}

#[test]
fn what_of_a_folder_is_saved_is_known_also_after_a_restart() {
    let there = file(0, "one.jpg", 60);
    let coming = Item { state: ItemState::Pending, path: None, ..file(1, "two.jpg", 40) };
    let held = State::Held(Hold::Paused { here: true });
    let window = Room::new([entry(1, NOON, Direction::Received, items(vec![there, coming]), held)]).harness();
    assert!(window.query_all_by_label_contains("Paused · 60\u{a0}%").count() > 0);
    assert!(bar(&window).is_some_and(|(_, part)| (part - 0.6).abs() < 0.01));
}

#[test]
fn what_was_there_already_says_so_and_can_be_sent_as_a_copy() {
    let path = Some(fixture("quadrants.png"));
    let item = Item { state: ItemState::AlreadyThere, path, ..file(0, "plan.pdf", 100) };
    let there = |direction| entry(1, NOON, direction, items(vec![item.clone()]), State::Saved);
    let mut window = Room::new([there(Direction::Sent)]).harness();
    window.get_by_label_contains("12:00 · Already there: Office PC has it from you");
    window.get_by_label_contains("plan.pdf, PDF document · 100\u{a0}B · already there");
    window
        .get_by_role_and_label(
            Role::ListItem,
            "You, 12:00: plan.pdf, 100\u{a0}B. Already there: Office PC has it from you",
        )
        .focus();
    window.run();
    window.get_by_label("More").click();
    window.run();
    let lines: Vec<_> = window.query_all_by_role(Role::MenuItem).map(|line| line.rect()).collect();
    assert!(lines.iter().all(|line| line.width() < 300.0), "a menu is as wide as its words: {lines:?}");
    window.get_by_label("Send again as a copy").click();
    window.run();
    let copied = only(&mut window, |action| match action {
        Action::SendCopy(entry) => Some(entry.seq),
        _ => None,
    });
    assert_eq!(copied, 1);

    let mut window = Room::new([there(Direction::Received)]).harness();
    window.get_by_role(Role::ListItem).focus();
    window.run();
    window.get_by_label("More").click();
    window.run();
    assert!(window.query_by_label("Send again as a copy").is_none(), "what came can't be sent again");
}
