//! What waits for a computer that is away.

use super::*;
use crate::{
    engine::api::{Presence, Queued, Snapshot},
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
