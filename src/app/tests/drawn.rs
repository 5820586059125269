//! What is there to see, at all sizes, in both themes and languages.

use egui::accesskit::Role;
use egui_kittest::kittest::NodeT as _;

use super::{super::actions::Action, *};
use crate::engine::api::{Notice, Theme};

#[test]
fn every_computer_is_listed_with_what_it_is_and_how_it_is() {
    let mut all = snapshot();
    all.computers.push(Computer { presence: Presence::Away, ..computer(Fingerprint([5; 32]), "Old laptop") });
    all.transfers.push(running(STUDIO, TransferId([3; 16])));
    let (harness, _) = window(all);
    for name in [
        "Office PC, Computer, Verified, On this network, 2 new items",
        "Studio Mac, Computer, Sending 63\u{a0}%",
        "爸爸的电脑, Computer, New here",
        "Old laptop, Computer, Away",
        "Mei’s laptop, this computer",
        "Nearby",
        "Seen before",
    ] {
        harness.get_by_label(name);
    }
}

#[test]
fn with_nobody_there_it_says_what_to_do() {
    let (mut harness, _) = window(Snapshot { computers: Vec::new(), ..snapshot() });
    assert!(shows(&harness, "Nobody here yet"));
    click(&mut harness, "What can I do?");
    assert!(shows(&harness, "Both must be on the same network"));
    assert!(shows(&harness, "192.168.1.20"));
}

#[test]
fn a_question_asked_by_somebody_with_the_name_of_another_is_said_loudly() {
    let mut all = snapshot();
    let double = Fingerprint([6; 32]);
    all.computers.push(Computer { impostor_of: Some(OFFICE), new: true, ..computer(double, "Office PC") });
    let (mut harness, _) = window(all);
    click(&mut harness, "Office PC, Computer, This is not the Office PC you know");
    assert!(shows(&harness, "Another computer calls itself Office PC"));
}

#[test]
fn the_window_is_light_or_dark_as_chosen() {
    for (theme, dark) in [(Theme::Light, false), (Theme::Dark, true)] {
        let (mut harness, desk) = window(snapshot());
        desk.publish(|all| all.settings.theme = theme);
        harness.run();
        assert_eq!(harness.ctx.global_style().visuals.dark_mode, dark);
    }
}

#[test]
fn without_motion_nothing_is_animated() {
    let mut all = snapshot();
    all.settings.reduced_motion = true;
    let (harness, _) = window(all);
    assert_eq!(harness.ctx.global_style().animation_time, 0.0);
}

/// Everything with a name that lies beside the window, rather than in it. Up and down there are scroll areas.
fn beside(harness: &Harness<'_, App>, width: f32) -> Vec<String> {
    let inside = -1.0..=width + 1.0;
    let named = harness.query_all_by(|node| !node.is_hidden() && (node.label().is_some() || node.value().is_some()));
    named
        .filter_map(|node| {
            let node = node.accesskit_node();
            let bounds = node.bounding_box()?;
            let out = !inside.contains(&(bounds.x0 as f32)) || !inside.contains(&(bounds.x1 as f32));
            out.then(|| format!("{:?} {:?}: {bounds:?}", node.label(), node.value()))
        })
        .collect()
}

#[test]
fn nothing_lies_outside_the_window_at_any_width_in_any_language() {
    for language in ["en", "zh-CN"] {
        for size in [[420.0, 500.0], [700.0, 500.0], [1920.0, 1080.0]] {
            for count in [0_u8, 2, 40] {
                let mut all = snapshot();
                all.settings.language = Some(language.into());
                all.computers = (0..count)
                    .map(|n| computer(Fingerprint([n + 10; 32]), &format!("A computer with quite a long name {n}")))
                    .collect();
                if let Some(first) = all.computers.first() {
                    all.asks.push(Ask { stranger: true, ..ask(first.fingerprint, &first.name) });
                    all.notices.push(Notice::FolderNotWritable { folder: "/mnt/usb/with/a/long/path/photos".into() });
                }
                let (mut harness, _) = window_of(size, all);
                let what = format!("{language} {size:?} {count}");
                assert_eq!(beside(&harness, size[0]), Vec::<String>::new(), "{what}");
                if count > 0 {
                    harness.get_all_by_label_contains("quite a long name 0, ").next().unwrap().click();
                    harness.run();
                    assert_eq!(beside(&harness, size[0]), Vec::<String>::new(), "{what}, chosen");
                }
                harness.state_mut().actions.push(super::super::actions::Action::ShowSettings);
                harness.run();
                assert_eq!(beside(&harness, size[0]), Vec::<String>::new(), "{what}, settings");
            }
        }
    }
}

/// The sizes in points that small windows and large zooms give: 700 × 500 and 420 × 400, at 100 % and 200 %.
const SMALL: [[f32; 2]; 3] = [[700.0, 500.0], [420.0, 400.0], [350.0, 250.0]];

/// Every question there is, with names as long as they get.
fn dialogs(who: Fingerprint) -> Vec<Action> {
    let paths: Vec<PathBuf> =
        (0..30).map(|n| format!("/home/mei/a rather long name of a picture {n}.jpg").into()).collect();
    vec![
        Action::ShowSettings,
        Action::AskAdd,
        Action::ShowHelp,
        Action::AskRename(who),
        Action::AskForget(who),
        Action::AskBlock(who),
        Action::AskClear(who),
        Action::AskWhom(paths.clone()),
        Action::SendPaths { to: vec![who, OFFICE, STUDIO, DAD], paths },
    ]
}

/// Where the question lies that is in front of everything.
fn dialog_of(harness: &Harness<'_, App>) -> Option<egui::Rect> {
    harness.ctx.memory(|memory| memory.area_rect(memory.top_modal_layer()?.id))
}

/// Where the asking card lies, the one thing between the window and what is in front of everything.
fn card_of(harness: &Harness<'_, App>) -> Option<egui::Rect> {
    harness.ctx.memory(|memory| {
        let layers = memory.areas().visible_layer_ids();
        memory.area_rect(layers.iter().find(|layer| layer.order == egui::Order::Middle)?.id)
    })
}

#[test]
fn every_question_fits_into_every_window_and_its_buttons_can_be_reached() {
    for language in ["en", "zh-CN"] {
        for size in SMALL {
            let screen = egui::Rect::from_min_size(egui::Pos2::ZERO, size.into()).expand(0.5);
            let mut all = snapshot();
            all.settings.language = Some(language.into());
            let long = Fingerprint([77; 32]);
            let name = "The computer with the remarkably long name in the attic room 阁楼上的电脑";
            all.computers.push(Computer { new: true, confirmed: false, ..computer(long, name) });
            for action in dialogs(long) {
                let what = format!("{language} {size:?} {action:?}");
                let (mut harness, _) = window_of(size, all.clone());
                let rects = |harness: &Harness<'_, App>| -> Vec<egui::Rect> {
                    harness.query_all_by_role(Role::Label).map(|node| node.rect()).collect()
                };
                let behind = rects(&harness);
                harness.state_mut().actions.push(action);
                harness.run();
                let dialog = dialog_of(&harness).unwrap();
                assert!(screen.contains_rect(dialog), "{what}: {dialog}");
                let mut words = rects(&harness);
                words.retain(|rect| dialog.contains_rect(*rect) && !behind.contains(rect));
                words.sort_by(|a, b| a.top().total_cmp(&b.top()));
                if let [title, rest @ ..] = &words[..] {
                    assert!(
                        rest.iter().all(|rect| rect.top() >= title.bottom() - 1.0),
                        "{what}: {rest:?} over {title}"
                    );
                }
                // Walking through it by keyboard, everything comes into sight once.
                let mut reached = Vec::new();
                for _ in 0..40 {
                    harness.key_press(egui::Key::Tab);
                    harness.run();
                    let Some(focused) = harness.query_by(|node| node.is_focused()) else { continue };
                    let rect = focused.rect();
                    assert!(dialog.contains_rect(rect.shrink(1.0)), "{what}: {focused:?} at {rect} of {dialog}");
                    reached.push(rect);
                }
                assert!(!reached.is_empty(), "{what}");
            }
        }
    }
}

#[test]
fn the_asking_card_fits_into_every_window_and_can_be_answered() {
    for language in ["en", "zh-CN"] {
        for size in SMALL {
            let screen = egui::Rect::from_min_size(egui::Pos2::ZERO, size.into()).expand(0.5);
            let mut all = snapshot();
            all.settings.language = Some(language.into());
            let items = (0..40).map(|index| {
                let ask = ask(DAD, "爸爸的电脑");
                Item { index, name: format!("a rather long name of a picture {index}.jpg"), ..ask.items[0].clone() }
            });
            all.asks.push(Ask {
                stranger: true,
                impostor_of: Some(OFFICE),
                items: items.collect(),
                ..ask(DAD, "The computer with the remarkably long name in the attic room 阁楼上的电脑")
            });
            let (mut harness, desk) = window_of(size, all);
            let what = format!("{language} {size:?}");
            let card = card_of(&harness).unwrap();
            assert!(screen.contains_rect(card), "{what}: {card}");
            harness.run_steps(4);
            let accept = if language == "en" { "Accept" } else { "接收" };
            harness.get_by_label(accept).focus();
            harness.run();
            let button = harness.get_by_label(accept).rect();
            assert!(card.contains_rect(button.shrink(1.0)), "{what}: {button} of {card}");
            harness.key_press(egui::Key::Enter);
            harness.run_steps(2);
            assert!(desk.told().iter().any(|command| matches!(command, Command::Answer { .. })), "{what}");
        }
    }
}

#[test]
fn where_there_is_little_room_nothing_lies_over_anything_else() {
    for size in SMALL {
        let (mut harness, _) = window_of(size, snapshot());
        let below = |harness: &Harness<'_, App>, upper: &str, lower: &str| {
            let nodes = [upper, lower].map(|name| harness.query_all_by_label_contains(name).next());
            let [Some(upper), Some(lower)] = nodes else { return };
            assert!(upper.rect().bottom() <= lower.rect().top() + 0.5, "{size:?}: {upper:?} over {lower:?}");
        };
        below(&harness, "Choose a computer", "drop pictures");
        harness.get_by_label("Add a computer…").focus();
        harness.run();
        assert!(harness.get_by_label("Add a computer…").rect().bottom() <= size[1]);
        harness.state_mut().actions.push(Action::Choose(OFFICE));
        harness.run();
        below(&harness, "Nothing here yet", "Message");
        below(&harness, "Write something, or drop", "Message");
        assert!(harness.get_by_label("Message").rect().bottom() <= size[1]);
        assert!(harness.get_by_label("Send").rect().left() >= harness.get_by_label("Message").rect().right());
    }
}

#[test]
fn what_the_buttons_for_files_do_is_in_a_menu_where_there_is_no_room_for_them() {
    let (mut harness, _) = window_of([350.0, 400.0], snapshot());
    click(&mut harness, "Office PC, ");
    assert!(!shows(&harness, "Add pictures…"));
    click(&mut harness, "Add something");
    for name in ["Add files…", "Add pictures…", "Add a folder…"] {
        harness.get_by_role_and_label(Role::MenuItem, name);
    }
}

#[test]
fn known_computers_stand_before_strangers_and_the_chosen_one_is_in_sight() {
    let mut all = snapshot();
    let strangers =
        (0..40).map(|n| Computer { new: true, ..computer(Fingerprint([n + 100; 32]), &format!("A stranger {n}")) });
    all.computers = strangers.chain(all.computers).collect();
    let (mut harness, _) = window(all);
    let top = |harness: &Harness<'_, App>, name: &str| harness.get_by_label_contains(name).rect().top();
    assert!(top(&harness, "Office PC, ") < top(&harness, "A stranger 0, "));
    assert!(top(&harness, "A stranger 39, ") > 720.0);
    harness.state_mut().actions.push(Action::Choose(Fingerprint([139; 32])));
    harness.run();
    let row = harness.get_all_by_label_contains("A stranger 39, ").next().unwrap().rect();
    assert!(row.top() > 64.0 && row.bottom() < 640.0, "{row}");
}

#[test]
fn the_list_folds_and_becomes_a_screen_of_its_own() {
    let list_width = |size| {
        let (harness, _) = window_of(size, snapshot());
        harness.get_by_label_contains("Office PC, ").rect().width()
    };
    assert!(list_width([1080.0, 720.0]) > 200.0);
    assert!(list_width([700.0, 500.0]) < 80.0);
    assert!(list_width([420.0, 500.0]) > 400.0);

    let (mut harness, _) = window_of([420.0, 500.0], snapshot());
    click(&mut harness, "Office PC, ");
    assert!(!shows(&harness, "Studio Mac"));
    click(&mut harness, "Back");
    assert!(shows(&harness, "Studio Mac"));
}

#[test]
fn with_nobody_there_every_window_says_what_to_do() {
    for size in [[1080.0, 720.0], [700.0, 500.0], [420.0, 600.0]] {
        let nobody = Snapshot { computers: Vec::new(), ..snapshot() };
        let (mut harness, _) = window_of(size, nobody);
        click(&mut harness, "What can I do?");
        assert!(shows(&harness, "Fantail must be open on the other computer"), "{size:?}");
    }
}

#[test]
fn an_idle_window_draws_nothing() {
    let (mut harness, _) = window(snapshot());
    harness.run();
    harness.step();
    let delay = harness.output().viewport_output[&egui::ViewportId::ROOT].repaint_delay;
    assert_eq!(delay, Duration::MAX, "woken by {:?}", harness.ctx.repaint_causes());

    click(&mut harness, "Office PC, ");
    harness.run();
    harness.step();
    let delay = harness.output().viewport_output[&egui::ViewportId::ROOT].repaint_delay;
    assert_eq!(delay, Duration::MAX, "woken by {:?} with a conversation", harness.ctx.repaint_causes());
}
