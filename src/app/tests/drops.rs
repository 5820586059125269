//! Things dragged in from another program.

use egui::Pos2;

use super::{super::actions::Action, *};
use crate::engine::api::{Outgoing, Queued};

fn hover(harness: &mut Harness<'_, App>, at: Pos2) {
    harness.state_mut().drops.fix_pointer(Some(at));
    let path = Some("/home/mei/holiday.jpg".into());
    harness.input_mut().hovered_files = vec![egui::HoveredFile { path, ..Default::default() }];
    harness.step();
    harness.step();
}

fn let_go(harness: &mut Harness<'_, App>, paths: &[&str]) {
    harness.input_mut().hovered_files.clear();
    // One event each, one frame after the other.
    for path in paths {
        harness.input_mut().dropped_files = vec![Arc::new(Dropped(path.into()))];
        harness.step();
        harness.input_mut().dropped_files.clear();
    }
    harness.run();
}

#[test]
fn a_drop_onto_a_tile_is_sent_there_at_once_and_can_be_taken_back() {
    let (mut harness, desk) = window(snapshot());
    let tile = harness.get_by_label_contains("Studio Mac, ").rect();
    hover(&mut harness, tile.center());
    assert!(shows(&harness, "Send to Studio Mac"));
    assert_eq!(harness.state().drops.lit(), Some(STUDIO));

    let_go(&mut harness, &["/home/mei/holiday.jpg"]);
    let told = desk.told();
    assert!(
        matches!(&told[..], [Command::Send { to, what, .. }]
            if *to == [STUDIO] && *what == Outgoing::paths(vec!["/home/mei/holiday.jpg".into()])),
        "{told:?}"
    );

    desk.publish(|all| all.transfers.push(running(STUDIO, TransferId([9; 16]))));
    harness.run_steps(2);
    assert!(shows(&harness, "Sending holiday.jpg to Studio Mac"));
    harness.get_by_label("Undo").click();
    harness.run_steps(2);
    assert!(matches!(desk.told()[..], [Command::Cancel { with: STUDIO, transfer: TransferId(id) }] if id == [9; 16]));
}

#[test]
fn a_drop_onto_a_computer_that_is_away_waits_for_it_and_says_so() {
    let mut all = snapshot();
    all.computers[1].presence = Presence::Away;
    let (mut harness, desk) = window(all);
    let tile = harness.get_by_label_contains("Studio Mac, ").rect();
    hover(&mut harness, tile.center());
    let_go(&mut harness, &["/home/mei/holiday.jpg"]);
    let told = desk.told();
    assert!(matches!(&told[..], [Command::Send { to, keep: true, .. }] if *to == [STUDIO]), "{told:?}");
    assert!(shows(&harness, "holiday.jpg will be sent when Studio Mac is back"));
    desk.publish(|all| all.queue.push(Queued { with: STUDIO, transfer: TransferId([9; 16]) }));
    harness.run_steps(2);
    assert!(shows(&harness, "Away · 1 waiting"));
}

#[test]
fn what_is_done_is_not_said_to_be_under_way() {
    let (mut harness, desk) = window(snapshot());
    harness
        .state_mut()
        .actions
        .push(Action::SendPaths { to: vec![STUDIO], paths: vec!["/home/mei/holiday.jpg".into()] });
    harness.run_steps(4);
    assert!(shows(&harness, "Sending holiday.jpg to Studio Mac"), "said before a snapshot knows of it");
    desk.publish(|all| all.transfers.push(running(STUDIO, TransferId([9; 16]))));
    harness.run_steps(4);
    assert!(shows(&harness, "Sending holiday.jpg to Studio Mac"));
    desk.publish(|all| all.transfers.clear());
    harness.run_steps(4);
    assert!(!shows(&harness, "Sending holiday.jpg to Studio Mac"));
}

#[test]
fn what_was_done_before_anybody_saw_it_run_is_not_said_to_be_under_way_either() {
    let (mut harness, desk) = window(snapshot());
    desk.inside().changed = vec![entry(STUDIO, TransferId([9; 16]), Body::Text("in a blink".into()))];
    harness
        .state_mut()
        .actions
        .push(Action::SendPaths { to: vec![STUDIO], paths: vec!["/home/mei/holiday.jpg".into()] });
    harness.run_steps(4);
    assert!(shows(&harness, "Sending holiday.jpg to Studio Mac"));
    desk.publish(|all| all.revision = 1);
    harness.run_steps(4);
    assert!(!shows(&harness, "Sending holiday.jpg to Studio Mac"));
}

#[test]
fn files_of_one_drop_that_come_in_two_frames_are_sent_together() {
    let (mut harness, desk) = window(snapshot());
    let tile = harness.get_by_label_contains("Studio Mac, ").rect();
    hover(&mut harness, tile.center());
    harness.input_mut().predicted_dt = 0.01;
    harness.input_mut().hovered_files.clear();
    for path in ["/a.jpg", "/b.jpg"] {
        harness.state_mut().drops.fix_pointer(None);
        harness.input_mut().dropped_files.push(Arc::new(Dropped(path.into())));
    }
    harness.run();
    let told = desk.told();
    assert!(
        matches!(&told[..], [Command::Send { what: Outgoing::Parcel(parcel), .. }] if parcel.things.len() == 2),
        "{told:?}"
    );
}

#[test]
fn a_drop_with_nobody_chosen_asks_to_whom() {
    let (mut harness, desk) = window(snapshot());
    hover(&mut harness, egui::pos2(700.0, 400.0));
    assert!(shows(&harness, "Let go to choose who gets it"));
    let_go(&mut harness, &["/home/mei/holiday.jpg"]);
    assert!(shows(&harness, "Send holiday.jpg to"));
    assert!(desk.told().is_empty());

    // The one in the dialog, which is drawn after the one in the list.
    harness.get_all_by_label_contains("Studio Mac, ").last().unwrap().click();
    harness.run();
    assert!(matches!(&desk.told()[..], [Command::Send { to, .. }] if *to == [STUDIO]));
}

#[test]
fn a_drop_into_the_conversation_waits_in_the_composer() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("notes.txt");
    std::fs::write(&file, "hello").unwrap();
    let (mut harness, desk) = window(snapshot());
    click(&mut harness, "Studio Mac, ");
    hover(&mut harness, egui::pos2(700.0, 400.0));
    assert!(shows(&harness, "Add to the message to Studio Mac"));
    let_go(&mut harness, &[file.to_str().unwrap()]);
    for _ in 0..200 {
        harness.step();
        if !harness.state_mut().draft().chips.is_empty() {
            break;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(harness.state_mut().draft().chips.first().map(|chip| chip.name.as_str()), Some("notes.txt"));
    assert!(desk.told().is_empty(), "nothing is sent before Enter");
}

#[test]
fn a_drop_elsewhere_does_nothing() {
    let (mut harness, desk) = window(snapshot());
    click(&mut harness, "Studio Mac, ");
    hover(&mut harness, egui::pos2(100.0, 20.0));
    assert!(shows(&harness, "Letting go here does nothing"));
    let_go(&mut harness, &["/home/mei/holiday.jpg"]);
    assert!(desk.told().is_empty());
    assert!(harness.state_mut().draft().is_empty());
}
