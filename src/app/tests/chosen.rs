//! Choosing one computer, or several.

use egui::Modifiers;

use super::*;
use crate::engine::api::Outgoing;

fn chosen(harness: &Harness<'_, App>) -> Vec<Fingerprint> {
    harness.state().model.chosen.clone()
}

#[test]
fn a_click_shows_the_conversation() {
    let (mut harness, _) = window(snapshot());
    click(&mut harness, "Studio Mac, ");
    assert_eq!(chosen(&harness), [STUDIO]);
    harness.get_by_label("Studio Mac, Not compared yet · On this network");
}

#[test]
fn control_click_chooses_several_and_one_less_again() {
    let (mut harness, _) = window(snapshot());
    click(&mut harness, "Studio Mac, ");
    harness.get_by_label_contains("Office PC, ").click_modifiers(Modifiers::COMMAND);
    harness.run();
    assert_eq!(chosen(&harness), [STUDIO, OFFICE]);
    assert!(shows(&harness, "Send to 2 computers, Studio Mac and Office PC"));

    // The check marks do the same without a keyboard.
    click(&mut harness, "Don’t choose this one: Studio Mac");
    assert_eq!(chosen(&harness), [OFFICE]);
}

#[test]
fn shift_click_chooses_from_here_to_there() {
    let (mut harness, _) = window(snapshot());
    click(&mut harness, "Office PC, ");
    harness.get_by_label_contains("爸爸的电脑, ").click_modifiers(Modifiers::SHIFT);
    harness.run();
    assert_eq!(chosen(&harness), [OFFICE, STUDIO, DAD]);
}

#[test]
fn what_is_written_goes_to_all_who_are_chosen() {
    let (mut harness, desk) = window(snapshot());
    click(&mut harness, "Studio Mac, ");
    harness.state_mut().draft().text = "hello".into();
    harness.get_by_label_contains("Office PC, ").click_modifiers(Modifiers::COMMAND);
    harness.run();
    assert_eq!(harness.state_mut().draft().text, "hello", "choosing one more takes the draft along");
    harness.state_mut().actions.push(super::super::actions::Action::SendDraft);
    harness.run();
    let told = desk.told();
    assert!(
        matches!(&told[..], [Command::Send { to, what: Outgoing::Text(text), .. }] if *to == [STUDIO, OFFICE] && text == "hello"),
        "{told:?}"
    );
    assert!(harness.state_mut().draft().is_empty());
}

#[test]
fn what_could_not_be_sent_is_back_in_the_composer() {
    let (mut harness, desk) = window(snapshot());
    click(&mut harness, "Studio Mac, ");
    harness.state_mut().draft().text = "hello".into();
    desk.inside().busy = true;
    harness.state_mut().actions.push(super::super::actions::Action::SendDraft);
    harness.run();
    assert_eq!(harness.state_mut().draft().text, "hello");
    assert!(shows(&harness, "too much is going on right now"));
}

#[test]
fn a_computer_that_was_forgotten_is_not_chosen_any_more() {
    let (mut harness, desk) = window(snapshot());
    click(&mut harness, "Studio Mac, ");
    desk.publish(|all| all.computers.retain(|computer| computer.fingerprint != STUDIO));
    harness.run();
    assert_eq!(chosen(&harness), []);
    assert!(shows(&harness, "Choose a computer"));
}

#[test]
fn the_menu_forgets_after_asking() {
    let (mut harness, desk) = window(snapshot());
    harness.get_by_label_contains("Studio Mac, ").click_secondary();
    harness.run();
    click(&mut harness, "Forget this computer…");
    assert!(shows(&harness, "Files you received stay where they are"));
    harness.get_by_label("Forget").click();
    harness.run();
    assert!(matches!(desk.told()[..], [Command::Forget { with: STUDIO }]));
}

#[test]
fn accepting_without_asking_is_only_offered_for_a_verified_computer() {
    for (name, offered) in [("Office PC, ", true), ("Studio Mac, ", false)] {
        let (mut harness, _) = window(snapshot());
        harness.get_by_label_contains(name).click_secondary();
        harness.run();
        assert_eq!(shows(&harness, "Always accept"), offered, "{name}");
    }
}
