//! Writing: the keys, input methods, what is ready to be sent.

use super::*;

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
        Chip {
            id: 7,
            name: "plan.pdf".into(),
            what: ChipKind::File { path: "/x/plan.pdf".into(), size: 1_200_000, telling: Telling::Nothing },
        },
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
fn pictures_can_go_without_what_they_say_and_smaller_and_both_is_off_at_first() {
    let mut room = Room::new([]);
    let what = ChipKind::File { path: fixture("quadrants.jpg"), size: 700, telling: Telling::Removable };
    room.draft.chips = vec![Chip { id: 7, name: "beach.jpg".into(), what }];
    let mut window = room.harness();
    for (name, expected) in [
        ("Without location and camera data", Form { without_metadata: true, smaller: false }),
        ("Smaller pictures", Form { without_metadata: false, smaller: true }),
    ] {
        let choice = window.get_by_role_and_label(Role::CheckBox, name);
        assert_eq!(choice.accesskit_node().toggled(), Some(egui::accesskit::Toggled::False), "{name} is off");
        choice.click();
        window.run();
        let set = |action: &Action| match action {
            Action::SetForm(form) => Some(*form),
            _ => None,
        };
        assert_eq!(only(&mut window, set), expected);
    }
}

#[test]
fn documents_alone_offer_no_choice_for_pictures() {
    let mut room = Room::new([]);
    let what = ChipKind::File { path: "/x/plan.pdf".into(), size: 9, telling: Telling::Nothing };
    room.draft.chips = vec![Chip { id: 7, name: "plan.pdf".into(), what }];
    let window = room.harness();
    assert!(window.query_by_role(Role::CheckBox).is_none());
}

#[test]
fn what_cannot_go_without_its_data_says_so_and_nothing_is_sent_until_it_is_gone_or_the_choice_is_off() {
    let mut room = Room::new([]);
    let film = ChipKind::File { path: "/x/film.mp4".into(), size: 9_000_000, telling: Telling::Lasting };
    room.draft.chips = vec![
        Chip { id: 7, name: "film.mp4".into(), what: film },
        Chip { id: 8, name: "trip".into(), what: ChipKind::Folder { path: "/x/trip".into() } },
    ];
    room.draft.form.without_metadata = true;
    let mut window = room.harness();
    window.get_by_label("film.mp4, Can’t go without its data");
    window.get_by_label("trip, Folders go as they are");
    window.get_by_label_contains("film.mp4 can’t be sent without location and camera data");
    window.get_by_label("Message").focus();
    window.run();
    window.key_press(Key::Enter);
    window.run();
    window.get_by_label("Send").click();
    window.run();
    assert!(actions(&mut window).is_empty());
    window.state_mut().draft.form.without_metadata = false;
    window.run();
    window.get_by_label("Message").focus();
    window.run();
    window.key_press(Key::Enter);
    window.run();
    only(&mut window, |action| matches!(action, Action::SendDraft).then_some(()));
}

#[test]
fn what_takes_a_while_to_be_made_ready_is_seen_and_can_be_cancelled() {
    let mut room = Room::new([]);
    let coming = sent(9, NOON, "not in the conversation yet");
    let transfer = coming.transfer;
    room.run(vec![running(&coming, Phase::Preparing, 0, 0)]);
    let mut window = room.harness();
    until(&mut window, |window| window.query_by_label("Getting ready…").is_some());
    window.get_by_label("Cancel").click();
    window.run();
    let cancelled = |action: &Action| match action {
        Action::Cancel { transfer, .. } => Some(*transfer),
        _ => None,
    };
    assert_eq!(only(&mut window, cancelled), transfer);
}

#[test]
fn a_thousand_chips_leave_room_for_the_conversation() {
    let mut room = Room::new([received(1, NOON, "still here")]);
    let chip = |id| Chip {
        id,
        name: format!("{id}.txt"),
        what: ChipKind::File { path: "/x".into(), size: id, telling: Telling::Nothing },
    };
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
