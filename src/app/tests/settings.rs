//! What this person can choose.

use super::*;
use crate::engine::api::Visibility;

fn open(harness: &mut Harness<'_, App>) {
    click(harness, "Mei’s laptop, this computer");
    click(harness, "Settings…");
}

fn kept(desk: &Desk) -> Settings {
    let told = desk.told();
    let found = told.iter().rev().find_map(|command| match command {
        Command::ChangeSettings(settings) => Some(settings.clone()),
        _ => None,
    });
    found.unwrap_or_else(|| panic!("no settings among {told:?}"))
}

#[test]
fn the_language_changes_at_once_and_back() {
    let (mut harness, desk) = window(snapshot());
    open(&mut harness);
    click(&mut harness, "Language: 简体中文");
    assert_eq!(kept(&desk).language.as_deref(), Some("zh-CN"));
    harness.run();
    assert!(shows(&harness, "附近") && !shows(&harness, "Nearby"));
    assert!(shows(&harness, "Office PC, 电脑, 已核对, 在此网络中, 2 条未读"));

    click(&mut harness, "语言: English");
    harness.run();
    assert_eq!(kept(&desk).language.as_deref(), Some("en"));
    assert!(shows(&harness, "Nearby") && !shows(&harness, "附近"));
}

#[test]
fn theme_visibility_and_motion_are_kept_together() {
    let (mut harness, desk) = window(snapshot());
    open(&mut harness);
    click(&mut harness, "Appearance: Dark");
    click(&mut harness, "Who can see this computer: Hidden");
    click(&mut harness, "Reduce motion");
    let settings = kept(&desk);
    assert_eq!(settings.theme, crate::engine::api::Theme::Dark);
    assert_eq!(settings.visibility, Visibility::Hidden);
    assert!(settings.reduced_motion);
    assert!(harness.ctx.global_style().visuals.dark_mode);
    assert!(shows(&harness, "Nobody sees it; you can still send"));
}

#[test]
fn a_name_holds_when_the_dialog_is_left() {
    let (mut harness, desk) = window(snapshot());
    open(&mut harness);
    harness.get_by_role_and_label(egui::accesskit::Role::TextInput, "Name of this computer").focus();
    harness.run();
    harness.get_by_role_and_label(egui::accesskit::Role::TextInput, "Name of this computer").type_text(" 2");
    harness.run();
    harness.get_by_label("Done").click();
    harness.run();
    assert_eq!(kept(&desk).name.as_deref(), Some("Mei’s laptop 2"));
    assert!(!shows(&harness, "Reduce motion"));
}

#[test]
fn the_address_says_its_port_once_and_only_if_it_is_not_the_usual_one() {
    for (port, address) in [(40_001, "192.168.1.20:40001"), (53_317, "192.168.1.20")] {
        let mut all = snapshot();
        all.me.port = port;
        let (mut harness, _) = window(all);
        open(&mut harness);
        harness.get_by_label(&format!("This computer’s address is {address}"));
        assert!(!shows(&harness, "Port"));
    }
}
