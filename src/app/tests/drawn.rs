//! What is there to see, at all sizes, in both themes and languages.

use egui_kittest::kittest::NodeT as _;

use super::*;
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
