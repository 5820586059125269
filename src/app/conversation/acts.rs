//! What can be done with an entry: the small buttons beside it, and the same with words in its menu.

use std::{path::PathBuf, sync::Arc};

use egui::{CornerRadius, CursorIcon, Id, Popup, Rect, Response, Sense, Ui, Vec2, WidgetInfo, accesskit::Role, vec2};

use super::{
    Stage,
    entry::Shown,
    excerpt,
    status::{Rest, Status},
};
use crate::{
    app::{
        actions::Action,
        album,
        design::{self, Palette, size, space},
        icons,
    },
    store::model::{Body, Direction, Entry, Hold, Item, ItemKind, ItemState},
};

/// One thing to do.
#[derive(Clone, Debug)]
pub struct Act {
    pub icon: &'static str,
    pub label: String,
    pub action: Action,
    /// Stands beside the entry when there is room; the others are in the menu only.
    pub at_hand: bool,
}

impl Act {
    fn new(icon: &'static str, label: &str, action: Action) -> Self {
        Self { icon, label: label.to_owned(), action, at_hand: true }
    }

    fn menu_only(self) -> Self {
        Self { at_hand: false, ..self }
    }
}

/// Everything that can be done with an entry now, the most usual first.
pub fn of_entry(stage: &Stage<'_>, shown: &Shown, status: &Status) -> Vec<Act> {
    let entry = &shown.entry;
    let mut acts = flow(stage, shown, status);
    acts.extend(match &entry.body {
        Body::Text(text) => of_text(stage, text),
        Body::Items { items, .. } => match &items[..] {
            [item] => of_item(stage, entry, item),
            several => of_several(stage, entry, several),
        },
    });
    acts.extend(ends(stage, shown, status));
    acts
}

/// What changes when a whole entry goes on.
pub fn flow(stage: &Stage<'_>, shown: &Shown, status: &Status) -> Vec<Act> {
    let Shown { entry, recipients } = shown;
    let texts = stage.texts;
    match status {
        Status::Resting(Rest { line: Some((2.., _)), .. }) if recipients.is_empty() => {
            let sooner = |first| Action::Sooner { with: entry.with, transfer: entry.transfer, first };
            vec![
                Act::new(icons::CARET_UP, texts.entry_sooner(), sooner(false)),
                Act::new(icons::ARROW_UP, texts.entry_first(), sooner(true)).menu_only(),
            ]
        }
        _ => pause_or_continue(stage, entry, status)
            .filter(|_| recipients.is_empty())
            .map(Act::menu_only)
            .into_iter()
            .collect(),
    }
}

/// The small button in the line below.
pub fn pause_or_continue(stage: &Stage<'_>, entry: &Entry, status: &Status) -> Option<Act> {
    let Entry { with, transfer, .. } = *entry;
    match status {
        Status::Moving(_) => Some(Act::new(icons::PAUSE, stage.texts.entry_pause(), Action::Pause { with, transfer })),
        Status::Resting(Rest { hold: Hold::Paused { here: true }, .. }) => {
            Some(Act::new(icons::PLAY, stage.texts.entry_continue(), Action::Continue { with, transfer }))
        }
        _ => None,
    }
}

/// What ends, begins again or takes away a whole entry; in menus only.
pub fn ends(stage: &Stage<'_>, shown: &Shown, status: &Status) -> Vec<Act> {
    let entry = &shown.entry;
    if !shown.recipients.is_empty() {
        // Each computer's line has its own button.
        return Vec::new();
    }
    let mut acts: Vec<Act> = to_end_or_begin(stage, entry, status).into_iter().map(Act::menu_only).collect();
    if *status == Status::AlreadyThere && entry.direction == Direction::Sent {
        let copy = Act::new(icons::COPY, stage.texts.entry_again_copy(), Action::SendCopy(entry.clone()));
        acts.push(copy.menu_only());
    }
    if !status.is_open() {
        let remove = Act::new(icons::X_CIRCLE, stage.texts.entry_remove(), Action::RemoveEntry { seq: entry.seq });
        acts.push(remove.menu_only());
    }
    acts
}

/// Cancel while it goes on, send again when it failed: what the line below offers in words.
pub fn to_end_or_begin(stage: &Stage<'_>, entry: &Arc<Entry>, status: &Status) -> Option<Act> {
    let texts = stage.texts;
    if status.is_open() {
        let cancel = Action::Cancel { with: entry.with, transfer: entry.transfer };
        return Some(Act::new(icons::X, texts.entry_cancel(), cancel));
    }
    let again = status.is_failure() && entry.direction == Direction::Sent;
    again.then(|| Act::new(icons::ARROW_CLOCKWISE, texts.entry_again(), Action::SendAgain(entry.clone())))
}

fn of_text(stage: &Stage<'_>, text: &str) -> Vec<Act> {
    let texts = stage.texts;
    // Made anew each frame for the entry under the pointer alone, so a megabyte is not copied for nothing.
    let mut acts = vec![Act::new(icons::COPY, texts.entry_copy_text(), Action::CopyText(text.to_owned()))];
    if excerpt::excerpt(text).1 {
        acts.push(Act::new(icons::FLOPPY_DISK, texts.text_save(), Action::SaveText(text.to_owned())).menu_only());
    }
    acts
}

/// What can be done with one item that lies on this computer.
pub fn of_item(stage: &Stage<'_>, entry: &Entry, item: &Item) -> Vec<Act> {
    let texts = stage.texts;
    let Some(path) = here(entry, item).filter(|path| !stage.is_gone(path)) else { return Vec::new() };
    let reveal = Act::new(icons::FOLDER_OPEN, texts.entry_show(), Action::ShowInFolder(path.clone()));
    let open = Act::new(icons::ARROW_SQUARE_OUT, texts.entry_open(), Action::Open(path.clone()));
    let copy_file = Act::new(icons::COPY, texts.entry_copy(), Action::CopyFiles(vec![path.clone()]));
    let save = Act::new(icons::FLOPPY_DISK, texts.entry_save(), Action::SaveAs(path.clone()));
    if item.kind == ItemKind::Folder {
        return vec![open, reveal, copy_file.menu_only()];
    }
    // As in the viewer: not while somebody waits for it.
    let bin = (item.state != ItemState::Pending)
        .then(|| Act::new(icons::TRASH, texts.viewer_bin(), Action::MoveToBin(path.clone())).menu_only());
    if album::is_picture(stage.previews, item) {
        let copy = Act::new(icons::COPY, texts.entry_copy(), Action::CopyPicture(path.clone()));
        return [copy, save, reveal, open.menu_only()].into_iter().chain(bin).collect();
    }
    [open, reveal, copy_file.menu_only(), save.menu_only()].into_iter().chain(bin).collect()
}

fn of_several(stage: &Stage<'_>, entry: &Entry, items: &[Item]) -> Vec<Act> {
    let texts = stage.texts;
    let paths: Vec<PathBuf> = items.iter().filter_map(|item| here(entry, item)).collect();
    let Some(first) = paths.first().cloned() else { return Vec::new() };
    let is_file = |item: &&Item| item.kind == ItemKind::File;
    let files: Vec<PathBuf> = items.iter().filter(is_file).filter_map(|item| here(entry, item)).collect();
    let mut acts = Vec::with_capacity(3);
    if files.len() > 1 {
        acts.push(Act::new(icons::FLOPPY_DISK, texts.entry_save_all(), Action::SaveAll(files)));
    }
    acts.push(Act::new(icons::FOLDER_OPEN, texts.entry_show(), Action::ShowInFolder(first)));
    acts.push(Act::new(icons::COPY, texts.entry_copy_files(), Action::CopyFiles(paths)));
    acts
}

/// Where an item lies on this computer: what was sent, or what has been saved.
pub fn here(entry: &Entry, item: &Item) -> Option<PathBuf> {
    let there = entry.direction == Direction::Sent || item.state.is_saved();
    item.path.clone().filter(|_| there)
}

/// The buttons beside an entry: those at hand as far as they fit, and the menu with all of them.
///
/// `free` is the place beside the bubble. Gives back the ids drawn, so that focus inside can be noticed.
pub fn show_beside(
    ui: &Ui,
    stage: &mut Stage<'_>,
    id: Id,
    bubble: Rect,
    free: Rect,
    right: bool,
    acts: &[Act],
) -> Vec<Id> {
    let fits = (free.width() / size::TARGET) as usize;
    let floats = fits == 0;
    let at_hand: Vec<&Act> = acts.iter().filter(|act| act.at_hand).take(if floats { 1 } else { fits - 1 }).collect();
    let count = at_hand.len() + 1;
    let extent = vec2(size::TARGET * count as f32, size::TARGET);
    let rect = if floats {
        // No room beside it: on its upper corner, in front.
        let corner = if right { bubble.left_top() } else { bubble.right_top() - vec2(extent.x, 0.0) };
        Rect::from_min_size(corner + vec2(if right { space::XS } else { -space::XS }, space::XS), extent)
    } else if right {
        Rect::from_min_size(free.right_center() - vec2(extent.x, extent.y / 2.0), extent)
    } else {
        Rect::from_min_size(free.left_center() - vec2(0.0, extent.y / 2.0), extent)
    };
    let palette = Palette::of(ui);
    if floats {
        let radius = CornerRadius::same(design::radius::CONTROL);
        ui.painter().add(design::float_shadow(palette).as_shape(rect, radius));
        ui.painter().rect_filled(rect, radius, palette.card);
    }
    let place = |number: usize| {
        // On the right side the nearest to the bubble comes first as well.
        let column = if right && !floats { count - 1 - number } else { number };
        Rect::from_min_size(rect.min + vec2(size::TARGET * column as f32, 0.0), Vec2::splat(size::TARGET))
    };
    let mut ids = Vec::with_capacity(count);
    for (number, act) in at_hand.iter().enumerate() {
        let response = button(ui, place(number), id.with(("act", number)), act.icon, &act.label);
        ids.push(response.id);
        if response.clicked() {
            stage.actions.push(act.action.clone());
        }
    }
    let more = button(ui, place(count - 1), more_id(id), icons::DOTS_THREE, stage.texts.more());
    ids.push(more.id);
    Popup::menu(&more).show(|ui| menu(ui, stage, acts));
    ids
}

/// The id of the open menu of an entry's last button.
pub fn menu_id(entry: Id) -> Id {
    // As `Popup` makes it from the button's.
    more_id(entry).with("popup")
}

fn more_id(entry: Id) -> Id {
    entry.with("more")
}

/// All of them with words.
pub fn menu(ui: &mut Ui, stage: &mut Stage<'_>, acts: &[Act]) {
    crate::app::widgets::menu(ui);
    for act in acts {
        if crate::app::widgets::menu_item(ui, act.icon, &act.label).clicked() {
            stage.actions.push(act.action.clone());
        }
    }
}

/// A quiet icon in a place of its own.
pub fn button(ui: &Ui, rect: Rect, id: Id, icon: &str, label: &str) -> Response {
    let response = ui.interact(rect, id, Sense::click()).on_hover_cursor(CursorIcon::PointingHand);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), label));
    let palette = Palette::of(ui);
    let face = rect.shrink(2.0);
    if response.is_pointer_button_down_on() {
        ui.painter().rect_filled(face, design::radius::CONTROL, palette.pressed);
    } else if response.hovered() {
        ui.painter().rect_filled(face, design::radius::CONTROL, palette.hover);
    }
    if response.has_focus() {
        let ring = design::focus_ring(palette);
        ui.painter().rect_stroke(face, design::radius::CONTROL, ring, egui::StrokeKind::Inside);
    }
    let color = if response.hovered() { palette.text } else { palette.secondary };
    icons::paint(ui.painter(), rect.center(), icon, size::ICON, color);
    response.on_hover_text(label)
}
