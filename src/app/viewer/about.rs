//! What is known of the file of a picture, beside it.

use egui::{Frame, Label, Margin, Rect, RichText, ScrollArea, Ui, UiBuilder};

use super::{Open, wish::Wish};
use crate::{
    app::{
        design::{self, Palette, space},
        icons,
        previews::{About, Previews},
        widgets::{self, Button, Kind},
    },
    i18n::Texts,
    pictures::Size,
};

impl Open {
    pub(super) fn draw_about(
        &self,
        ui: &mut Ui,
        previews: &mut Previews,
        texts: &Texts,
        panel: Rect,
        wishes: &mut Vec<Wish>,
    ) {
        let palette = Palette::of(ui);
        let shown = self.gallery.shown();
        let About { bytes, details } = previews.about(&shown.path, self.place);
        ui.painter().rect_filled(panel, 0.0, palette.card);
        ui.painter().vline(panel.left() + 0.5, panel.y_range(), design::hairline(palette));
        // Nothing behind it is meant by a click here.
        ui.interact(panel, ui.scope_id().with("panel"), egui::Sense::click_and_drag());
        let mut child = ui.new_child(UiBuilder::new().max_rect(panel).id_salt("about"));
        ScrollArea::vertical().auto_shrink(false).show(&mut child, |ui| {
            Frame::new().inner_margin(Margin::same(space::L as i8)).show(ui, |ui| {
                ui.set_width(ui.available_width());
                ui.spacing_mut().item_spacing.y = 0.0;
                ui.label(RichText::new(texts.viewer_about()).font(design::title()).color(palette.text));
                row(ui, texts.viewer_about_name(), &shown.name);
                if let Some(Size { width, height }) = previews.size_of(&shown.path) {
                    row(ui, texts.viewer_about_pixels(), &dimensions(width, height));
                }
                if let Some(bytes) = bytes {
                    row(ui, texts.viewer_about_size(), &texts.size(bytes));
                }
                let Some(details) = details else { return };
                row(ui, texts.viewer_about_kind(), details.format.name());
                if let Some(pages) = details.pages {
                    row(ui, texts.viewer_about_pages(), &texts.viewer_first_of(pages.into()));
                }
                if let Some((year, month, day, hour, minute, _)) = details.taken {
                    row(ui, texts.viewer_about_taken(), &texts.noted(year, month, day, hour, minute));
                }
                if let Some(camera) = &details.camera {
                    row(ui, texts.viewer_about_camera(), camera);
                }
                if let Some((north, east)) = details.place {
                    row(ui, texts.viewer_about_place(), &coordinates(north, east));
                    ui.add_space(space::S);
                    if Button::new(Kind::Quiet, texts.viewer_copy_place()).icon(icons::COPY).show(ui).clicked() {
                        wishes.push(Wish::CopyPlace);
                    }
                } else if details.has_place {
                    heading(ui, texts.viewer_about_place());
                    ui.add_space(space::XS);
                    if Button::new(Kind::Quiet, texts.viewer_show_place()).icon(icons::EYE).show(ui).clicked() {
                        wishes.push(Wish::Place);
                    }
                }
            });
        });
    }
}

/// "6000 × 4000 (24 MP)", the latter from a megapixel on.
fn dimensions(width: u32, height: u32) -> String {
    let mega = f64::from(width) * f64::from(height) / 1e6;
    match mega {
        10.0.. => format!("{width} × {height} ({mega:.0} MP)"),
        1.0.. => format!("{width} × {height} ({mega:.1} MP)"),
        _ => format!("{width} × {height}"),
    }
}

/// As every map understands it; five digits are a metre.
pub(super) fn coordinates(north: f64, east: f64) -> String {
    format!("{north:.5}, {east:.5}")
}

fn heading(ui: &mut Ui, name: &str) {
    ui.add_space(space::M);
    widgets::secondary(ui, name);
}

fn row(ui: &mut Ui, name: &str, value: &str) {
    heading(ui, name);
    let text = RichText::new(value).font(design::body()).color(Palette::of(ui).text);
    ui.add(Label::new(text).wrap());
}
