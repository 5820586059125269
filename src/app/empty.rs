//! What the window says where there is no conversation to show: one drawing, one line, one thing to do.

use egui::{Align, Layout, Popup, PopupCloseBehavior, RichText, Ui, UiBuilder, vec2};

use super::{
    Scene,
    design::{self, Palette, space},
    drawings::{self, Drawing},
    icons, list,
    widgets::{Button, Kind},
};

const DRAWING: f32 = 220.0;
/// In less height than this the words have the room for themselves.
const DRAWING_FROM: f32 = 320.0;
/// Lines are no longer than this, so that they read as a small paragraph.
const TEXT: f32 = 380.0;

pub fn show(ui: &mut Ui, scene: &mut Scene<'_>) {
    // A question is in front of it.
    if !scene.model.snapshot.asks.is_empty() {
        return;
    }
    let texts = scene.texts;
    let ready = scene.model.snapshot.me.fingerprint.is_some();
    let nobody = scene.model.snapshot.computers.is_empty();
    let (drawing, title, line) = if nobody {
        (Drawing::NobodyHere, texts.empty_title(), texts.empty_explain())
    } else if scene.model.can_drop {
        (Drawing::ChooseComputer, texts.choose_title(), texts.choose_explain())
    } else {
        (Drawing::ChooseComputer, texts.choose_title(), "")
    };
    let title = if ready { title } else { texts.starting() };
    let palette = Palette::of(ui);
    let room = ui.available_rect_before_wrap();
    let drawn = room.height() > DRAWING_FROM;
    let height = 190.0 + if drawn { DRAWING * 0.6 } else { -space::XL };
    let top = (room.center().y - height / 2.0).max(room.top() + space::L);
    let place = egui::Rect::from_min_max(egui::pos2(room.left(), top), room.max);
    let mut ui = ui.new_child(UiBuilder::new().max_rect(place).layout(Layout::top_down(Align::Center)));
    let ui = &mut ui;
    ui.spacing_mut().item_spacing = vec2(space::S, space::S);
    if drawn {
        drawings::show(ui, drawing, DRAWING.min(room.width() - space::XL));
        ui.add_space(space::M);
    }
    ui.label(RichText::new(title).font(design::title()).color(palette.text));
    if !line.is_empty() {
        ui.scope(|ui| {
            ui.set_max_width(TEXT.min(room.width() - 2.0 * space::XL));
            ui.with_layout(Layout::top_down(Align::Center), |ui| {
                let text = RichText::new(line).font(design::body()).color(palette.secondary);
                ui.add(egui::Label::new(text).wrap().halign(Align::Center));
            });
        });
    }
    if nobody && ready {
        ui.add_space(space::M);
        let help = Button::new(Kind::Quiet, texts.empty_help()).icon(icons::QUESTION).show(ui);
        Popup::from_toggle_button_response(&help)
            .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
            .width(340.0)
            .accessible_name(texts.help_title())
            .show(|ui| list::help(ui, scene));
    }
}
