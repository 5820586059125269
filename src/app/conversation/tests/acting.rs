//! What can be done with an entry, by mouse and by keyboard.

use super::*;

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
    let (album, card) = (
        window.get_by_label("Picture beach.jpg, 480 by 320").rect(),
        window.get_by_label_contains("notes.txt, Text · 9"),
    );
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
