//! The picture itself: drawn, and moved by the pointer.

use egui::{
    Color32, CursorIcon, EventFilter, Label, Mesh, Painter, Pos2, Rect, Response, RichText, Sense, TextureId, Ui, Vec2,
    WidgetInfo, accesskit::Role, pos2, vec2,
};

use super::{Open, gallery::Step, look::Look, wish::Wish};
use crate::{
    app::{
        design::{self, Palette},
        icons,
        previews::{Preview, Previews},
    },
    i18n::Texts,
    pictures::{PictureError, Size},
};

/// Around a fitted picture.
pub(super) const MARGIN: f32 = 16.0;

/// A notch of a mouse wheel is about 50 points of scrolling.
const SCROLLED: f32 = 240.0;

impl Open {
    pub(super) fn draw_picture(
        &mut self,
        ui: &mut Ui,
        previews: &mut Previews,
        texts: &Texts,
        stage: Rect,
        wishes: &mut Vec<Wish>,
    ) {
        let shown = self.gallery.shown().clone();
        let room = stage.shrink(MARGIN).size();
        let upright = if self.look.lies() { vec2(room.y, room.x) } else { room };
        let preview = previews.fitted(ui.ctx(), &shown.path, upright);
        // Not before this one is there: what is asked for last is made ready first.
        if matches!(preview, Preview::Ready { .. }) {
            for near in [Step::Previous, Step::Next].into_iter().filter_map(|step| self.gallery.near(step)) {
                previews.prefetch(ui.ctx(), &near.path, room);
            }
        }

        let response = ui.interact(stage, ui.scope_id().with("picture"), Sense::click_and_drag());
        let original = match preview {
            Preview::Ready { original, .. } => Some(original),
            Preview::Loading(original) => original,
            Preview::Failed(_) => None,
        };
        let name = match original {
            Some(Size { width, height }) => texts.picture_sized(&shown.name, width, height),
            None => texts.picture_of(&shown.name),
        };
        self.picture = Some(response.id);
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &name));
        if !self.focused {
            self.focused = true;
            response.request_focus();
        }
        if response.has_focus() {
            let arrows = EventFilter { horizontal_arrows: true, vertical_arrows: true, ..EventFilter::default() };
            ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, arrows));
        }

        self.context_menu(ui, &response, texts, wishes);

        let blur = shown.thumbhash.as_deref().and_then(|hash| previews.blur(ui.ctx(), hash));
        let Some(whole) = original.or_else(|| blur.map(|(_, aspect)| assumed(aspect))) else {
            self.look.forget();
            draw_nothing(ui, texts, stage, &preview);
            return;
        };
        self.look.frame(vec2(whole.width as f32, whole.height as f32), room, ui.ctx().pixels_per_point());
        self.handle_pointer(ui, stage, &response, wishes);

        let painter = ui.painter().with_clip_rect(stage);
        let all = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
        let look = &self.look;
        match (preview, blur) {
            (Preview::Ready { texture, animated, .. }, _) => {
                paint_part(&painter, look, stage.center(), texture, all, all);
                if !animated
                    && look.is_closer()
                    && let Some(seen) = look.seen(stage)
                {
                    for tile in previews.tiles(ui.ctx(), &shown.path, seen) {
                        paint_part(&painter, look, stage.center(), tile.texture, tile.part, tile.uv);
                    }
                }
            }
            (_, Some((texture, _))) => paint_part(&painter, look, stage.center(), texture, all, all),
            (preview, None) => draw_nothing(ui, texts, stage, &preview),
        }
    }

    fn handle_pointer(&mut self, ui: &Ui, stage: Rect, response: &Response, wishes: &mut Vec<Wish>) {
        let pointer = ui.input(|input| input.pointer.hover_pos()).filter(|pointer| stage.contains(*pointer));
        let from_middle = pointer.map_or(Vec2::ZERO, |pointer| pointer - stage.center());
        if response.contains_pointer() {
            let factor = ui.input(|input| input.zoom_delta() * (input.smooth_scroll_delta().y / SCROLLED).exp());
            if (factor - 1.0).abs() > 1e-4 {
                self.look.zoom(factor, from_middle);
            }
        }
        if response.dragged() {
            self.look.pan(response.drag_delta());
        }
        let on_picture = self.look.rect(stage.center()).is_some_and(|rect| pointer.is_some_and(|at| rect.contains(at)));
        if response.double_clicked() && on_picture {
            if self.look.is_fitted() {
                self.look.actual(from_middle);
            } else {
                self.look.fit();
            }
        } else if response.clicked() && pointer.is_some() && !on_picture {
            wishes.push(Wish::Close);
        }
        if self.look.can_pan() {
            let icon = if response.dragged() { CursorIcon::Grabbing } else { CursorIcon::Grab };
            response.clone().on_hover_cursor(icon);
        }
    }
}

/// Before the size is known: the shape of the blur, large enough to fill the window.
fn assumed(aspect: f32) -> Size {
    const LONGER: f32 = 4000.0;
    Size::new((LONGER * aspect.min(1.0)) as u32, (LONGER / aspect.max(1.0)) as u32)
}

fn draw_nothing(ui: &mut Ui, texts: &Texts, stage: Rect, preview: &Preview) {
    if let Preview::Failed(error) = preview {
        let palette = Palette::of(ui);
        icons::paint(ui.painter(), stage.center() - vec2(0.0, 24.0), icons::IMAGE, 40.0, palette.secondary);
        let at = stage.center() + vec2(0.0, 16.0);
        let text = match error {
            PictureError::TooLarge => texts.viewer_too_large(),
            PictureError::Gone => texts.viewer_gone(),
            _ => texts.picture_broken(),
        };
        let line = RichText::new(text).font(design::body()).color(palette.secondary);
        ui.put(Rect::from_center_size(at, vec2(stage.width(), 24.0)), Label::new(line).selectable(false));
    }
}

/// `part` of the picture (0 to 1) from `uv` of a texture, zoomed, moved and turned.
fn paint_part(painter: &Painter, look: &Look, center: Pos2, texture: TextureId, part: Rect, uv: Rect) {
    let mut mesh = Mesh::with_texture(texture);
    for (corner, uv) in [
        (part.left_top(), uv.left_top()),
        (part.right_top(), uv.right_top()),
        (part.right_bottom(), uv.right_bottom()),
        (part.left_bottom(), uv.left_bottom()),
    ] {
        let Some(pos) = look.place(corner, center) else { return };
        mesh.vertices.push(egui::epaint::Vertex { pos, uv, color: Color32::WHITE });
    }
    mesh.add_triangle(0, 1, 2);
    mesh.add_triangle(0, 2, 3);
    painter.add(mesh);
}
