//! How the pictures that are ready go: beside their chips, off unless somebody switches it on.

use std::sync::Arc;

use egui::{CornerRadius, CursorIcon, Galley, Id, Pos2, Rect, Sense, Ui, WidgetInfo, accesskit::Role, pos2, vec2};

use crate::{
    app::{
        Scene,
        actions::Action,
        design::{self, Palette, size, space},
        icons, widgets,
    },
    engine::api::Form,
};

/// From the left edge of the mark to the words.
const MARK: f32 = size::ICON_SMALL + space::S;

#[derive(Debug)]
pub struct Laid {
    choices: Vec<(Choice, Arc<Galley>, Rect)>,
    pub height: f32,
}

#[derive(Clone, Copy, Debug)]
enum Choice {
    WithoutMetadata,
    Smaller,
}

impl Choice {
    fn of(self, form: &mut Form) -> &mut bool {
        match self {
            Self::WithoutMetadata => &mut form.without_metadata,
            Self::Smaller => &mut form.smaller,
        }
    }
}

impl Laid {
    /// Lays them out in rows of this width, from the top left corner; nothing where there are no pictures.
    pub fn new(ui: &Ui, scene: &Scene<'_>, width: f32) -> Self {
        let draft = &scene.draft;
        let chosen = !draft.form.is_as_it_is() && !draft.chips.is_empty();
        if !chosen && !draft.chips.iter().any(|chip| chip.is_picture()) {
            return Self { choices: Vec::new(), height: 0.0 };
        }
        let palette = Palette::of(ui);
        let mut at = Pos2::ZERO;
        let mut choices = Vec::new();
        let words = [
            (Choice::WithoutMetadata, scene.texts.form_without_metadata()),
            (Choice::Smaller, scene.texts.form_smaller()),
        ];
        for (choice, words) in words {
            let room = width - MARK - 2.0 * space::S;
            let words = widgets::one_line(ui, words, design::small(), palette.text, room);
            let wanted = words.size().x + MARK + 2.0 * space::S;
            if at.x > 0.0 && at.x + wanted > width {
                at = pos2(0.0, at.y + size::TARGET);
            }
            choices.push((choice, words, Rect::from_min_size(at, vec2(wanted, size::TARGET))));
            at.x += wanted + space::XS;
        }
        Self { choices, height: at.y + size::TARGET }
    }

    pub fn show(&self, ui: &Ui, scene: &mut Scene<'_>, origin: Pos2) {
        let palette = Palette::of(ui);
        for (choice, words, rect) in &self.choices {
            let rect = rect.translate(origin.to_vec2());
            let mut form = scene.draft.form;
            let on = *choice.of(&mut form);
            let (label, explain) = match choice {
                Choice::WithoutMetadata => {
                    (scene.texts.form_without_metadata(), scene.texts.form_without_metadata_explain())
                }
                Choice::Smaller => (scene.texts.form_smaller(), scene.texts.form_smaller_explain()),
            };
            let id = Id::unique(("form", label));
            let response = ui.interact(rect, id, Sense::click()).on_hover_cursor(CursorIcon::PointingHand);
            response.widget_info(|| WidgetInfo::selected(Role::CheckBox, ui.is_enabled(), on, label));
            let over = widgets::hover_amount(ui, &response);
            let corner = CornerRadius::same(design::radius::CONTROL);
            ui.painter().rect_filled(rect.shrink2(vec2(0.0, 3.0)), corner, palette.hover.gamma_multiply(over));
            let (icon, color) =
                if on { (icons::CHECK_SQUARE, palette.accent) } else { (icons::SQUARE, palette.secondary) };
            let mark = pos2(rect.left() + space::S + size::ICON_SMALL / 2.0, rect.center().y);
            icons::paint(ui.painter(), mark, icon, size::ICON_SMALL + 2.0, color);
            let at = pos2(rect.left() + space::S + MARK, rect.center().y - words.size().y / 2.0);
            let ink = if on { palette.text } else { palette.secondary };
            ui.painter().galley_with_override_text_color(at, words.clone(), ink);
            widgets::focus(ui, &response, design::radius::CONTROL);
            if response.clicked() {
                *choice.of(&mut form) = !on;
                scene.actions.push(Action::SetForm(form));
            }
            response.on_hover_text(explain);
        }
    }
}
