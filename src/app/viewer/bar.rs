//! The viewer's buttons: above the picture, at its sides, and below what moves.

use egui::{
    Align, Align2, CornerRadius, Frame, Layout, Popup, Pos2, Rect, Response, Sense, Ui, UiBuilder, Vec2, WidgetInfo,
    accesskit::Role, pos2, vec2,
};

use super::{
    BAR, Open,
    wish::{Wish, key_of},
};
use crate::{
    app::{
        design::{self, Palette, size, space},
        icons,
        previews::Motion,
        widgets,
    },
    i18n::Texts,
};

/// Below these widths some buttons are left to the menu and the keys.
const SMALL: f32 = 640.0;
const TINY: f32 = 400.0;

/// Wide enough for every line of the menu with its key, so that the keys stand in a column.
const MENU: f32 = 328.0;

/// Room for "100 %".
const PERCENT: f32 = 52.0;

impl Open {
    pub(super) fn draw_bar(&self, ui: &mut Ui, texts: &Texts, bar: Rect, wishes: &mut Vec<Wish>) {
        let palette = Palette::of(ui);
        let inner = bar.shrink2(vec2(space::L, (BAR - size::TARGET) / 2.0));
        let layout = Layout::right_to_left(Align::Center);
        let mut row = ui.new_child(UiBuilder::new().max_rect(inner).layout(layout).id_salt("bar"));
        row.spacing_mut().item_spacing.x = 0.0;
        let (small, tiny) = (bar.width() < SMALL, bar.width() < TINY);
        button(&mut row, icons::X, texts.viewer_close(), Wish::Close, wishes);
        row.add_space(space::S);
        let more = widgets::icon_button(&mut row, icons::DOTS_THREE, texts.viewer_more());
        self.menu(&row, Popup::menu(&more).gap(space::XS), tiny, texts, wishes);
        button(&mut row, icons::INFO, texts.viewer_about(), Wish::About, wishes);
        row.add_space(space::S);
        if !tiny {
            button(&mut row, icons::DOWNLOAD_SIMPLE, texts.entry_save(), Wish::Save, wishes);
            button(&mut row, icons::COPY, texts.viewer_copy(), Wish::Copy, wishes);
            row.add_space(space::S);
        }
        button(&mut row, icons::ARROW_CLOCKWISE, texts.viewer_rotate_right(), Wish::RotateRight, wishes);
        if !small {
            let icon = icons::ARROW_COUNTER_CLOCKWISE;
            button(&mut row, icon, texts.viewer_rotate_left(), Wish::RotateLeft, wishes);
        }
        if !tiny {
            row.add_space(space::S);
            button(&mut row, icons::FRAME_CORNERS, texts.viewer_actual(), Wish::Actual, wishes);
            button(&mut row, icons::ARROWS_IN, texts.viewer_fit(), Wish::Fit, wishes);
        }
        button(&mut row, icons::MAGNIFYING_GLASS_PLUS, texts.viewer_zoom_in(), Wish::ZoomIn, wishes);
        if let Some(percent) = self.look.percent()
            && !small
        {
            let (place, _) = row.allocate_exact_size(vec2(PERCENT, size::TARGET), Sense::hover());
            let text = format!("{percent} %");
            row.painter().text(place.center(), Align2::CENTER_CENTER, text, design::small(), palette.secondary);
        }
        button(&mut row, icons::MAGNIFYING_GLASS_MINUS, texts.viewer_zoom_out(), Wish::ZoomOut, wishes);

        let left = Rect::from_min_max(inner.min, pos2(row.min_rect().left() - space::M, inner.bottom()));
        if left.width() > 60.0 {
            self.title(ui, texts, left);
        }
    }

    fn title(&self, ui: &Ui, texts: &Texts, left: Rect) {
        let palette = Palette::of(ui);
        let name = &self.gallery.shown().name;
        let of = self.gallery.place().map(|(at, count)| texts.viewer_of(at, count));
        let title = widgets::one_line(ui, name, design::body(), palette.text, left.width());
        let height = title.size().y;
        match of {
            None => ui.painter().galley(pos2(left.left(), left.center().y - height / 2.0), title, palette.text),
            Some(of) => {
                let below = widgets::one_line(ui, &of, design::small(), palette.secondary, left.width());
                let top = left.center().y - (height + below.size().y) / 2.0;
                ui.painter().galley(pos2(left.left(), top), title, palette.text);
                ui.painter().galley(pos2(left.left(), top + height), below, palette.secondary);
            }
        }
    }

    /// By right click on the picture: everything that is done with it.
    pub(super) fn context_menu(&self, ui: &Ui, picture: &Response, texts: &Texts, wishes: &mut Vec<Wish>) {
        self.menu(ui, Popup::context_menu(picture), true, texts, wishes);
    }

    /// A popup has the theme's colours, whatever lies under it; this one has those of `ui`.
    fn menu(&self, ui: &Ui, popup: Popup<'_>, with_buttons: bool, texts: &Texts, wishes: &mut Vec<Wish>) {
        let dark = ui.style().clone();
        popup.frame(Frame::popup(&dark)).show(|ui| {
            ui.style_mut().visuals = dark.visuals.clone();
            self.menu_lines(ui, with_buttons, texts, wishes);
        });
    }

    /// What has no button of its own, and what the two buttons do that a small window hasn't.
    fn menu_lines(&self, ui: &mut Ui, with_buttons: bool, texts: &Texts, wishes: &mut Vec<Wish>) {
        widgets::menu(ui);
        ui.set_width(MENU);
        let mut line = |ui: &mut Ui, icon: &str, label: &str, wish: Wish| {
            let key = key_of(ui.ctx(), wish).unwrap_or_default();
            let response = widgets::menu_item_keyed(ui, icon, label, &key);
            announce(ui, &response, &key);
            if response.clicked() {
                wishes.push(wish);
            }
        };
        if with_buttons {
            line(ui, icons::COPY, texts.viewer_copy(), Wish::Copy);
            line(ui, icons::DOWNLOAD_SIMPLE, texts.entry_save(), Wish::Save);
        }
        line(ui, icons::FILES, texts.viewer_copy_file(), Wish::CopyFile);
        line(ui, icons::ARROW_SQUARE_OUT, texts.viewer_open(), Wish::Open);
        line(ui, icons::FOLDER_OPEN, texts.entry_show(), Wish::Reveal);
        if self.gallery.shown().settled {
            line(ui, icons::TRASH, texts.viewer_bin(), Wish::Bin);
        }
    }
}

/// A button whose tooltip also says its key.
fn button(ui: &mut Ui, icon: &str, name: &str, wish: Wish, wishes: &mut Vec<Wish>) {
    let color = Palette::of(ui).secondary;
    if keyed(ui, icon, name, color, wish).clicked() {
        wishes.push(wish);
    }
}

fn keyed(ui: &mut Ui, icon: &str, name: &str, color: egui::Color32, wish: Wish) -> Response {
    let key = key_of(ui.ctx(), wish);
    let tip = key.as_ref().map_or_else(|| name.to_owned(), |key| format!("{name} ({key})"));
    let response = widgets::icon_button_tipped(ui, icon, name, color, &tip);
    if let Some(key) = key {
        announce(ui, &response, &key);
    }
    response
}

/// Says the key to those who listen.
fn announce(ui: &Ui, response: &Response, key: &str) {
    ui.ctx().accesskit_node_builder(response.id, |node| node.set_keyboard_shortcut(key));
}

/// A round button over the picture.
pub(super) fn side_button(ui: &mut Ui, at: Pos2, icon: &str, name: &str, wish: Wish, wishes: &mut Vec<Wish>) {
    let rect = Rect::from_center_size(at, Vec2::splat(size::TARGET));
    let palette = Palette::of(ui);
    ui.painter().circle_filled(at, size::TARGET / 2.0, palette.scrim);
    let mut child = ui.new_child(UiBuilder::new().max_rect(rect).id_salt(name));
    if keyed(&mut child, icon, name, palette.on_scrim, wish).clicked() {
        wishes.push(wish);
    }
}

/// Stops, goes on and steps through what moves.
pub(super) fn motion(ui: &mut Ui, texts: &Texts, stage: Rect, motion: Motion, wishes: &mut Vec<Wish>) {
    let palette = Palette::of(ui);
    let spoken = texts.viewer_frame(motion.at as u64 + 1, motion.count as u64);
    let width = 3.0 * size::TARGET + 2.0 * PERCENT;
    let center = pos2(stage.center().x, stage.bottom() - space::L - size::TARGET / 2.0);
    let rect = Rect::from_center_size(center, vec2(width.min(stage.width()), size::TARGET));
    ui.painter().rect_filled(rect, CornerRadius::same((size::TARGET / 2.0) as u8), palette.scrim);
    let layout = Layout::left_to_right(Align::Center);
    let mut row = ui.new_child(UiBuilder::new().max_rect(rect).layout(layout).id_salt("motion"));
    row.spacing_mut().item_spacing.x = 0.0;
    let (icon, name) =
        if motion.playing { (icons::PAUSE, texts.viewer_pause()) } else { (icons::PLAY, texts.viewer_play()) };
    let color = palette.on_scrim;
    for (icon, name, wish) in [
        (icon, name, Wish::Play),
        (icons::CARET_LEFT, texts.viewer_step_back(), Wish::StepBack),
        (icons::CARET_RIGHT, texts.viewer_step_on(), Wish::StepOn),
    ] {
        if keyed(&mut row, icon, name, color, wish).clicked() {
            wishes.push(wish);
        }
    }
    let (place, count) = row.allocate_exact_size(vec2(2.0 * PERCENT, size::TARGET), Sense::hover());
    count.widget_info(|| WidgetInfo::labeled(Role::Label, true, &spoken));
    let text = format!("{} / {}", motion.at + 1, motion.count);
    row.painter().text(place.center(), Align2::CENTER_CENTER, text, design::small(), color);
}
