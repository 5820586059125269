//! A [`List`] inside egui's scroll area: wheel, bar and touch are egui's, what stays where is the list's.

use egui::{AsIdSalt, Pos2, ScrollArea, Ui};

use super::list::{List, Placed};

/// Shows what was placed in a view of this height; `draw` is given where the list begins on the screen.
pub fn show(
    ui: &mut Ui,
    id_salt: impl AsIdSalt,
    list: &mut List,
    offset: &mut f32,
    placed: &Placed,
    view: f32,
    draw: impl FnOnce(&mut Ui, &mut List, Pos2),
) {
    let scrolled = ui.scope(|ui| {
        // The spring at the ends knows last frame's end only: it would pull back what has just grown.
        ui.spacing_mut().scroll.kinetic.rubber_band = false;
        let area = ScrollArea::vertical().id_salt(id_salt).auto_shrink(false).animated(false);
        let moved = (placed.offset - *offset).abs() > 0.01;
        let area = if moved { area.vertical_scroll_offset(placed.offset) } else { area };
        area.show_viewport(ui, |ui, _| {
            let origin = ui.max_rect().min;
            ui.set_height(placed.total);
            draw(ui, list, origin);
        })
    });
    *offset = scrolled.inner.state.clamped_offset().y;
    list.scrolled(*offset, view);
}
