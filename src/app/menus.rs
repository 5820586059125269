//! What can be done with a computer, as a menu: by right click in the list, or behind the dots of its conversation.

use egui::Ui;

use super::{
    Scene,
    actions::{Action, Then},
    icons, widgets,
};
use crate::engine::api::{Computer, Rule};

pub fn computer(ui: &mut Ui, scene: &mut Scene<'_>, computer: &Computer) {
    let texts = scene.texts;
    let with = computer.fingerprint;
    widgets::menu(ui);
    if computer.rule != Rule::Block && widgets::menu_item(ui, icons::SHIELD_CHECK, texts.menu_compare()).clicked() {
        scene.actions.push(Action::Compare { with, then: Then::Nothing });
    }
    if widgets::menu_item(ui, icons::INFO, texts.menu_about()).clicked() {
        scene.actions.push(Action::ShowAbout(with));
    }
    separator(ui);
    if !computer.new && widgets::menu_item(ui, icons::PENCIL_SIMPLE, texts.menu_rename()).clicked() {
        scene.actions.push(Action::AskRename(with));
    }
    if let Some(address) = computer.addresses.first()
        && widgets::menu_item(ui, icons::COPY, texts.menu_copy_address()).clicked()
    {
        scene.actions.push(Action::CopyText(address.to_string()));
    }
    if widgets::menu_item(ui, icons::COPY, texts.menu_copy_fingerprint()).clicked() {
        scene.actions.push(Action::CopyText(with.to_string()));
    }
    separator(ui);
    if computer.rule == Rule::Block {
        if widgets::menu_item(ui, icons::CHECK_CIRCLE, texts.menu_unblock()).clicked() {
            scene.actions.push(Action::SetRule { with, rule: Rule::Ask });
        }
    } else {
        // Accepting without asking is only for those that were verified.
        if computer.verified || computer.rule == Rule::Accept {
            for (rule, icon, label) in [
                (Rule::Ask, icons::HAND_PALM, texts.menu_ask()),
                (Rule::Accept, icons::TRAY_ARROW_DOWN, texts.menu_accept()),
            ] {
                let on = computer.rule == rule;
                if widgets::menu_choice(ui, icon, label, on).clicked() && !on {
                    scene.actions.push(Action::SetRule { with, rule });
                }
            }
        }
        if widgets::menu_item(ui, icons::PROHIBIT, texts.menu_block()).clicked() {
            scene.actions.push(Action::AskBlock(with));
        }
    }
    if !computer.new {
        separator(ui);
        if widgets::menu_item(ui, icons::X_CIRCLE, texts.menu_clear()).clicked() {
            scene.actions.push(Action::AskClear(with));
        }
        if widgets::menu_item(ui, icons::TRASH, texts.menu_forget()).clicked() {
            scene.actions.push(Action::AskForget(with));
        }
    }
}

fn separator(ui: &mut Ui) {
    ui.add_space(super::design::space::XS);
    widgets::rule(ui);
    ui.add_space(super::design::space::XS);
}
