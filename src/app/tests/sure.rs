//! Being sure: the code on the screen and what a person says of it, known computers, and one that pretends.

use super::{super::actions::Action, *};
use crate::engine::api::{Code, Comparison, ComparisonStage, Decision, Outgoing, Problem};

/// Butterfly, Key, Dog, Robot.
fn code() -> Code {
    Code::of(48_213, [5, 38, 0, 63])
}

fn comparison(with: Fingerprint, name: &str, stage: ComparisonStage) -> Comparison {
    Comparison { number: 1, with, name: name.into(), stranger: false, begun_here: true, stage }
}

fn show(desk: &Desk, harness: &mut Harness<'_, App>, stage: ComparisonStage, with: Fingerprint, name: &str) {
    desk.publish(|all| all.comparison = Some(comparison(with, name, stage)));
    // Until a click counts.
    harness.run_steps(6);
}

/// The dialog with Studio Mac is open and shows the code.
fn comparing() -> (Harness<'static, App>, Desk) {
    let (mut harness, desk) = window(snapshot());
    harness.state_mut().actions.push(Action::Compare { with: STUDIO, then: super::super::actions::Then::Nothing });
    harness.run_steps(3);
    assert!(matches!(desk.told()[..], [Command::Compare { with: STUDIO }]));
    assert!(shows(&harness, "Waiting for Studio Mac…"));
    show(&desk, &mut harness, ComparisonStage::Code(code()), STUDIO, "Studio Mac");
    (harness, desk)
}

fn press(harness: &mut Harness<'_, App>, name: &str) {
    harness.get_by_label(name).click();
    harness.run_steps(4);
}

#[test]
fn the_code_is_shown_with_names_and_they_match_verifies_that_one() {
    let (mut harness, desk) = comparing();
    for name in ["Compare with Studio Mac", "Butterfly", "Key", "Dog", "Robot", "048 213"] {
        assert!(shows(&harness, name), "{name}");
    }
    press(&mut harness, "They match");
    assert!(matches!(
        desk.told()[..],
        [
            Command::EndCompare { .. },
            Command::Verify { with: STUDIO, verified: true },
            Command::EndCompare { with: STUDIO }
        ]
    ));
    assert!(!shows(&harness, "048 213") && shows(&harness, "Studio Mac is verified now"));
}

#[test]
fn they_differ_verifies_nothing_and_says_what_to_do() {
    let (mut harness, desk) = comparing();
    press(&mut harness, "They differ");
    assert!(matches!(
        desk.told()[..],
        [Command::Verify { with: STUDIO, verified: false }, Command::EndCompare { with: STUDIO }]
    ));
    assert!(shows(&harness, "The codes differ") && shows(&harness, "Send nothing to it"));
    press(&mut harness, "Block");
    assert!(matches!(desk.told().last(), Some(Command::SetRule { with: STUDIO, rule: Rule::Block })));
}

#[test]
fn escape_and_cancel_say_nothing_about_the_code() {
    for leave in [true, false] {
        let (mut harness, desk) = comparing();
        if leave {
            harness.key_press(egui::Key::Escape);
            harness.run_steps(4);
        } else {
            press(&mut harness, "Cancel");
        }
        assert!(matches!(desk.told()[..], [Command::EndCompare { with: STUDIO }]));
        assert!(!shows(&harness, "048 213"));
    }
}

#[test]
fn enter_pressed_without_looking_verifies_nothing() {
    let (mut harness, desk) = comparing();
    harness.key_press(egui::Key::Enter);
    harness.run_steps(4);
    assert!(!desk.told().iter().any(|command| matches!(command, Command::Verify { .. })));
}

#[test]
fn a_click_in_the_moment_the_code_appears_is_not_about_it() {
    let (mut harness, desk) = unrun(Harness::builder().with_step_dt(0.02).with_size([1080.0, 720.0]), snapshot());
    harness.run_steps(3);
    harness.state_mut().actions.push(Action::Compare { with: STUDIO, then: super::super::actions::Then::Nothing });
    harness.run_steps(3);
    let shown = comparison(STUDIO, "Studio Mac", ComparisonStage::Code(code()));
    desk.publish(|all| all.comparison = Some(shown));
    harness.run_steps(3);
    desk.told();
    harness.get_by_label("They match").click_accesskit();
    harness.run_steps(2);
    assert!(desk.told().is_empty());
    harness.run_steps(30);
    harness.get_by_label("They match").click_accesskit();
    harness.run_steps(2);
    assert!(desk.told().iter().any(|command| matches!(command, Command::Verify { verified: true, .. })));
}

#[test]
fn a_comparison_that_fails_says_why_and_is_begun_again_only_by_hand() {
    let (mut harness, desk) = window(snapshot());
    harness.state_mut().actions.push(Action::Compare { with: STUDIO, then: super::super::actions::Then::Nothing });
    harness.run_steps(3);
    show(&desk, &mut harness, ComparisonStage::Failed(Problem::CompareBroke), STUDIO, "Studio Mac");
    assert!(shows(&harness, "The comparison broke off") && shows(&harness, "compare on another network"));
    assert!(matches!(desk.told()[..], [Command::Compare { .. }]), "once");
    press(&mut harness, "Try again");
    assert!(matches!(desk.told()[..], [Command::Compare { with: STUDIO }]));
}

#[test]
fn the_first_sending_can_be_compared_first_and_goes_when_they_match() {
    for matches in [true, false] {
        let (mut harness, desk) = window(snapshot());
        click(&mut harness, "爸爸的电脑, ");
        harness.state_mut().draft().text = "你好".into();
        harness.state_mut().actions.push(Action::SendDraft);
        harness.run();
        press(&mut harness, "Compare");
        assert!(matches!(desk.told()[..], [Command::Compare { with: DAD }]));
        show(&desk, &mut harness, ComparisonStage::Code(code()), DAD, "爸爸的电脑");
        press(&mut harness, if matches { "They match" } else { "Cancel" });
        let told = desk.told();
        let sent = told.iter().position(|command| {
            matches!(command, Command::Send { to, what: Outgoing::Text(text), .. } if *to == [DAD] && text == "你好")
        });
        let verified = told.iter().position(|command| matches!(command, Command::Verify { verified: true, .. }));
        if matches {
            assert!(verified.is_some() && verified < sent, "{told:?}");
            assert!(harness.state_mut().draft().is_empty());
        } else {
            assert_eq!((sent, verified), (None, None));
            assert_eq!(harness.state_mut().draft().text, "你好", "what was written is still there");
        }
    }
}

#[test]
fn always_accepting_an_unverified_computer_compares_it_first() {
    let mut all = snapshot();
    all.asks.push(ask(STUDIO, "Studio Mac"));
    let (mut harness, desk) = window(all);
    harness.run_steps(4);
    press(&mut harness, "Always accept from this computer");
    assert!(matches!(desk.told()[..], [Command::Compare { with: STUDIO }]), "nothing is accepted yet");
    show(&desk, &mut harness, ComparisonStage::Code(code()), STUDIO, "Studio Mac");
    press(&mut harness, "They match");
    let told = desk.told();
    let verify = told.iter().position(|command| matches!(command, Command::Verify { verified: true, .. }));
    let answer = told.iter().position(|command| {
        matches!(command, Command::Answer { with: STUDIO, decision: Decision::Accept { always: true, .. }, .. })
    });
    assert!(verify.is_some() && verify < answer, "{told:?}");
}

#[test]
fn what_the_other_person_began_is_shown_on_a_card_that_waits_its_turn() {
    let mut all = snapshot();
    let theirs = Comparison {
        begun_here: false,
        stranger: true,
        ..comparison(DAD, "爸爸的电脑", ComparisonStage::Code(code()))
    };
    all.comparison = Some(theirs.clone());
    all.asks.push(ask(STUDIO, "Studio Mac"));
    let (mut harness, desk) = window(all);
    assert!(!shows(&harness, "048 213"), "somebody asks already");
    desk.publish(|all| all.asks.clear());
    harness.run_steps(6);
    assert!(shows(&harness, "爸爸的电脑 wants to compare") && shows(&harness, "048 213"));
    press(&mut harness, "They match");
    assert!(matches!(
        desk.told()[..],
        [Command::Verify { with: DAD, verified: true }, Command::EndCompare { with: DAD }]
    ));

    desk.publish(|all| all.comparison = Some(Comparison { number: 2, ..theirs.clone() }));
    harness.run_steps(6);
    press(&mut harness, "They differ");
    assert!(matches!(desk.told().first(), Some(Command::Verify { with: DAD, verified: false })));
    assert!(shows(&harness, "The codes differ"));
    press(&mut harness, "Close");

    let failed = ComparisonStage::Failed(Problem::CompareBroke);
    desk.publish(|all| all.comparison = Some(Comparison { number: 3, stage: failed, ..theirs }));
    desk.told();
    harness.run_steps(6);
    assert!(shows(&harness, "The comparison broke off"));
    press(&mut harness, "Close");
    assert!(matches!(desk.told()[..], [Command::EndCompare { with: DAD }]));
}

#[test]
fn a_known_computer_shows_what_is_kept_of_it_and_its_key_on_demand() {
    let (mut harness, desk) = window(snapshot());
    click(&mut harness, "Mei’s laptop, this computer");
    click(&mut harness, "Settings…");
    click(&mut harness, "Known computers…");
    assert!(shows(&harness, "Office PC, Verified · Ask before receiving"));
    assert!(shows(&harness, "Studio Mac, Not compared yet"));
    press(&mut harness, "Office PC, Verified · Ask before receiving");
    assert!(shows(&harness, "Verified by comparing"));
    let key = OFFICE.to_string();
    assert!(!shows(&harness, &key));
    press(&mut harness, "Show its fingerprint");
    assert!(shows(&harness, &key));
    press(&mut harness, "When it sends something: Always accept");
    assert!(matches!(desk.told()[..], [Command::SetRule { with: OFFICE, rule: Rule::Accept }]));
}

#[test]
fn a_computer_that_was_only_met_is_accepted_without_asking_only_after_comparing() {
    let (mut harness, desk) = window(snapshot());
    harness.state_mut().actions.push(Action::ShowAbout(STUDIO));
    harness.run_steps(4);
    assert!(shows(&harness, "Only met, not compared yet"));
    press(&mut harness, "When it sends something: Always accept");
    assert!(matches!(desk.told()[..], [Command::Compare { with: STUDIO }]));
    show(&desk, &mut harness, ComparisonStage::Code(code()), STUDIO, "Studio Mac");
    press(&mut harness, "They match");
    assert!(matches!(desk.told().last(), Some(Command::SetRule { with: STUDIO, rule: Rule::Accept })));
}

#[test]
fn a_name_and_a_folder_of_its_own_are_kept() {
    let mut all = snapshot();
    all.computers[1].folder = Some("/home/mei/Studio".into());
    let (mut harness, desk) = window(all);
    harness.state_mut().actions.push(Action::ShowAbout(STUDIO));
    harness.run_steps(4);
    assert!(shows(&harness, "/home/mei/Studio"));
    press(&mut harness, "Use the usual folder");
    assert!(matches!(desk.told()[..], [Command::SetFolder { with: STUDIO, folder: None }]));
    let field = "Name shown on this computer";
    harness.get_by_role_and_label(egui::accesskit::Role::TextInput, field).focus();
    harness.run_steps(2);
    harness.get_by_role_and_label(egui::accesskit::Role::TextInput, field).type_text(" 2");
    harness.run_steps(2);
    press(&mut harness, "Done");
    assert!(desk.told().iter().any(
        |command| matches!(command, Command::Rename { with: STUDIO, name: Some(name) } if name == "Studio Mac 2")
    ));
}

#[test]
fn one_that_bears_a_known_name_is_shown_as_somebody_else_wherever_it_matters() {
    let mut all = snapshot();
    all.computers[2] =
        Computer { new: true, confirmed: false, impostor_of: Some(OFFICE), ..computer(DAD, "Office PC") };
    let warning = "This is not the Office PC you know";
    let (mut harness, _) = window(all.clone());
    assert!(shows(&harness, &format!("Office PC, Computer, {warning}")), "in the list");
    click(&mut harness, warning);
    assert!(harness.query_all_by_label_contains(warning).count() > 1, "above the conversation");
    harness.state_mut().draft().text = "hello".into();
    harness.state_mut().actions.push(Action::SendDraft);
    harness.run_steps(4);
    assert!(harness.query_all_by_label_contains(warning).count() > 2, "before the first sending");
    all.asks.push(Ask { stranger: true, impostor_of: Some(OFFICE), ..ask(DAD, "Office PC") });
    let (harness, _) = window(all);
    assert!(shows(&harness, &format!("{warning}. ")), "when it asks");
}

#[test]
fn the_pictures_have_names_in_every_language_and_no_two_the_same() {
    for tag in ["en", "zh-CN"] {
        let texts = crate::i18n::Texts::new(crate::i18n::Language::for_tag(tag).unwrap());
        let names: std::collections::BTreeSet<String> = (0..64).map(|number| texts.emoji_name(number)).collect();
        assert_eq!(names.len(), 64, "{tag}");
        assert!(names.iter().all(|name| !name.is_empty() && name.chars().count() <= 12));
    }
}

#[test]
fn everything_of_it_fits_a_small_window_in_chinese() {
    let mut all = snapshot();
    all.settings.language = Some("zh-CN".into());
    let (mut harness, desk) = window_of([420.0, 500.0], all);
    harness.state_mut().actions.push(Action::Compare { with: DAD, then: super::super::actions::Then::Nothing });
    harness.run_steps(3);
    show(&desk, &mut harness, ComparisonStage::Code(code()), DAD, "爸爸的电脑");
    for name in ["蝴蝶", "钥匙", "狗", "机器人", "048 213", "两边相同", "两边不同"] {
        let node = harness.get_by_label(name);
        let place = node.rect();
        assert!(place.left() >= 0.0 && place.right() <= 420.0 && place.bottom() <= 500.0, "{name}: {place:?}");
    }
}
