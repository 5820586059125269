//! What is ready to be sent besides words: dropped, pasted or picked.

use std::sync::Arc;

use egui::{Color32, CornerRadius, Galley, Id, Pos2, Rect, Sense, Ui, Vec2, WidgetInfo, accesskit::Role, pos2, vec2};

use super::{acts, kinds, names, text::SMALL_LINE_HEIGHT};
use crate::{
    app::{
        Scene,
        actions::Action,
        design::{self, Palette, size, space},
        icons,
        model::{Chip, ChipKind},
        previews::Preview,
        widgets,
    },
    pictures::{self, bare::Telling},
};

const HEIGHT: f32 = 44.0;
const PICTURE: f32 = 36.0;
const GAP: f32 = 6.0;
const NAME: f32 = 150.0;

/// More are counted, not shown: the composer must not push the conversation away.
const SHOWN: usize = 12;

#[derive(Debug)]
pub struct Laid {
    chips: Vec<(usize, Face, Rect)>,
    more: Option<(Arc<Galley>, Rect)>,
    pub height: f32,
}

#[derive(Debug)]
struct Face {
    name: Arc<Galley>,
    note: Option<Arc<Galley>>,
}

impl Laid {
    /// Lays them out in rows of this width, from the top left corner.
    pub fn new(ui: &Ui, scene: &Scene<'_>, width: f32) -> Self {
        let palette = Palette::of(ui);
        let mut chips = Vec::new();
        let mut at = Pos2::ZERO;
        let mut place = |wanted: f32| {
            let wanted = wanted.min(width);
            if at.x > 0.0 && at.x + wanted > width {
                at = pos2(0.0, at.y + HEIGHT + GAP);
            }
            let rect = Rect::from_min_size(at, vec2(wanted, HEIGHT));
            at.x += wanted + GAP;
            rect
        };
        for (number, chip) in scene.draft.chips.iter().take(SHOWN).enumerate() {
            let line = |text: &str| widgets::one_line(ui, text, design::small(), palette.text, f32::INFINITY);
            let name = line(&names::elide(&chip.name, NAME, |text| line(text).size().x));
            let color = if stays(scene, chip) { palette.warn } else { palette.secondary };
            let note = note(scene, chip).map(|note| super::text::small(ui, note, color));
            let words = name.size().x.max(note.as_ref().map_or(0.0, |note| note.size().x));
            let rect = place(4.0 + PICTURE + space::S + words + size::TARGET);
            chips.push((number, Face { name, note }, rect));
        }
        let hidden = scene.draft.chips.len().saturating_sub(SHOWN);
        let more = (hidden > 0).then(|| {
            let words = super::text::small(ui, scene.texts.and_more(hidden as u64), palette.secondary);
            let rect = place(words.size().x + 2.0 * space::S);
            (words, rect)
        });
        let last = more.as_ref().map(|(_, rect)| *rect).or_else(|| chips.last().map(|(_, _, rect)| *rect));
        let height = last.map_or(0.0, |rect| rect.bottom() + GAP);
        Self { chips, more, height }
    }

    pub fn show(&self, ui: &mut Ui, scene: &mut Scene<'_>, origin: Pos2) {
        let palette = Palette::of(ui);
        for (number, face, rect) in &self.chips {
            let chip = scene.draft.chips[*number].clone();
            show_chip(ui, scene, &chip, face, rect.translate(origin.to_vec2()));
        }
        if let Some((words, rect)) = &self.more {
            let rect = rect.translate(origin.to_vec2());
            let at = pos2(rect.left() + space::S, rect.center().y - words.size().y / 2.0);
            let said = ui.interact(rect, Id::unique("more chips"), Sense::hover());
            said.widget_info(|| WidgetInfo::labeled(Role::Label, true, words.text()));
            ui.painter().galley(at, words.clone(), palette.secondary);
        }
    }
}

fn show_chip(ui: &Ui, scene: &mut Scene<'_>, chip: &Chip, face: &Face, rect: Rect) {
    let palette = Palette::of(ui);
    let id = Id::unique(("chip", chip.id));
    let said = ui.interact(rect, id, Sense::hover());
    let note = face.note.as_ref().map(|note| note.text().to_owned());
    let sentence = note.map_or_else(|| chip.name.clone(), |note| format!("{}, {note}", chip.name));
    said.widget_info(|| WidgetInfo::labeled(Role::Label, true, &sentence));
    ui.painter().rect_filled(rect, CornerRadius::same(10), palette.hover);
    let tile = Rect::from_min_size(rect.min + vec2(4.0, 4.0), Vec2::splat(PICTURE));
    picture(ui, scene, chip, tile);
    let words = face.name.size().y + face.note.as_ref().map_or(0.0, |_| SMALL_LINE_HEIGHT);
    let at = pos2(tile.right() + space::S, rect.center().y - words / 2.0);
    ui.painter().galley(at, face.name.clone(), palette.text);
    if let Some(note) = &face.note {
        ui.painter().galley(at + vec2(0.0, face.name.size().y), note.clone(), palette.secondary);
    }
    if face.name.text() != chip.name {
        said.on_hover_text(&chip.name);
    }
    let middle = pos2(rect.right() - size::TARGET / 2.0, rect.center().y);
    let remove = Rect::from_center_size(middle, Vec2::splat(size::TARGET));
    let label = scene.texts.remove_chip(&chip.name);
    if acts::button(ui, remove, id.with("remove"), icons::X, &label).clicked() {
        scene.actions.push(Action::Detach { chip: chip.id });
    }
}

/// A small preview, or the icon of its kind.
fn picture(ui: &Ui, scene: &mut Scene<'_>, chip: &Chip, tile: Rect) {
    let palette = Palette::of(ui);
    let corner = CornerRadius::same(design::radius::CONTROL);
    let preview = match &chip.what {
        ChipKind::File { path, .. } if pictures::name_suggests_picture(&chip.name) => {
            Some(scene.previews.preview(ui.ctx(), path, tile.size()))
        }
        ChipKind::Picture { png, .. } => Some(scene.previews.pasted(ui.ctx(), chip.id, png, tile.size())),
        _ => None,
    };
    if let Some(Preview::Ready { texture, original, .. }) = preview {
        // Its middle, filling the tile.
        let aspect = original.aspect();
        let part = if aspect > 1.0 { vec2(1.0 / aspect, 1.0) } else { vec2(1.0, aspect) };
        let uv = Rect::from_center_size(pos2(0.5, 0.5), part);
        let mut shape = egui::epaint::RectShape::filled(tile, corner, Color32::WHITE);
        shape.brush = Some(Arc::new(egui::epaint::Brush { fill_texture_id: texture, uv }));
        ui.painter().add(shape);
        return;
    }
    let icon = match &chip.what {
        ChipKind::Folder { .. } => icons::FOLDER,
        ChipKind::Picture { .. } => icons::IMAGE,
        ChipKind::File { .. } => kinds::icon_of_name(&chip.name),
    };
    ui.painter().rect_filled(tile, corner, palette.accent.gamma_multiply(0.12));
    icons::paint(ui.painter(), tile.center(), icon, size::ICON, palette.accent);
}

/// What it says can't be taken out of it, though somebody wants that.
fn stays(scene: &Scene<'_>, chip: &Chip) -> bool {
    scene.draft.form.without_metadata && chip.telling() == Telling::Lasting
}

fn note(scene: &Scene<'_>, chip: &Chip) -> Option<String> {
    match &chip.what {
        ChipKind::Folder { .. } if stays(scene, chip) => Some(scene.texts.chip_folder_keeps().to_owned()),
        _ if stays(scene, chip) => Some(scene.texts.chip_keeps().to_owned()),
        ChipKind::File { size, .. } => Some(scene.texts.size(*size)),
        ChipKind::Folder { .. } => None,
        ChipKind::Picture { width, height, .. } => Some(format!("{width} × {height}")),
    }
}
