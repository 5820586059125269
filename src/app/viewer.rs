//! A picture over the whole window.
//!
//! It appears at once from what the conversation shows already (its blur or its small picture), becomes sharp in the
//! window's own pixels, and gets all of its pixels in tiles when somebody looks closer.

mod look;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use egui::{
    Align, Align2, Color32, Context, CursorIcon, Event, EventFilter, Id, Key, Layout, Mesh, Modal, Modifiers, Painter,
    Pos2, Rect, Response, Sense, TextureId, Ui, UiBuilder, Vec2, WidgetInfo, accesskit::Role, pos2, vec2,
};

use self::look::Look;
use super::{
    design::{self, Palette, size, space},
    icons,
    previews::{Preview, Previews},
    widgets,
};
use crate::{i18n::Texts, pictures::Size};

/// Height of the bar above the picture.
const BAR: f32 = 56.0;

/// Around a fitted picture.
const MARGIN: f32 = 16.0;

/// One press of + or −.
const STEP: f32 = 1.25;

/// One press of an arrow key moves a picture that is larger than the window by so much of the window.
const PAN: f32 = 0.15;

/// A notch of a mouse wheel is about 50 points of scrolling.
const SCROLLED: f32 = 240.0;

/// The viewer, closed at first.
#[derive(Debug, Default)]
pub struct Viewer {
    open: Option<Open>,
    /// What gets the keyboard back now that it is closed.
    gives_back: Option<Id>,
}

/// A picture that can be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    pub path: PathBuf,
    /// As people call it.
    pub name: String,
    pub thumbhash: Option<Vec<u8>>,
}

/// What the person asked the viewer for; performed by the window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ViewerAction {
    /// Put the picture's pixels on the clipboard.
    Copy(PathBuf),
    /// Ask where to, and write a copy of the file there.
    SaveAs { path: PathBuf, name: String },
    /// Show the file in the system's file manager.
    Reveal(PathBuf),
}

#[derive(Debug)]
struct Open {
    pictures: Vec<Shown>,
    at: usize,
    look: Look,
    /// The picture has the keyboard's focus from the start.
    focused: bool,
    /// What had the keyboard before, and gets it back.
    before: Option<Id>,
}

/// What a key or button means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wish {
    /// An arrow key, right and down positive: moves what is larger than the window, turns the page otherwise.
    Arrow(i8, i8),
    Previous,
    Next,
    First,
    Last,
    ZoomIn,
    ZoomOut,
    Fit,
    Actual,
    RotateLeft,
    RotateRight,
    Copy,
    Save,
    Reveal,
    Close,
}

impl Viewer {
    /// Opens at `pictures[at]`; the others are reached by next and previous.
    pub fn open(&mut self, pictures: Vec<Shown>, at: usize) {
        if at < pictures.len() {
            self.open = Some(Open { pictures, at, look: Look::default(), focused: false, before: None });
        }
    }

    #[must_use]
    pub fn is_open(&self) -> bool {
        self.open.is_some()
    }

    pub fn close(&mut self) {
        self.open = None;
    }

    /// Draws it over everything while it is open. Call last.
    pub fn show(&mut self, ctx: &Context, previews: &mut Previews, texts: &Texts) -> Vec<ViewerAction> {
        let Some(open) = &mut self.open else {
            // Not in the frame in which it closed: nothing behind it could have the keyboard then.
            if let Some(behind) = self.gives_back.take() {
                ctx.memory_mut(|memory| memory.request_focus(behind));
            }
            return Vec::new();
        };
        if !open.focused {
            // Now: what lies behind loses the keyboard as soon as something lies before it.
            open.before = ctx.memory(egui::Memory::focused);
        }
        let mut wishes = keys(ctx);
        let screen = ctx.content_rect();
        let area = Modal::default_area(Id::unique("viewer"))
            .anchor(Align2::LEFT_TOP, Vec2::ZERO)
            .accessible_name(texts.viewer_name());
        // A picture is looked at on dark, whatever the theme.
        let dark = Palette::for_dark(true);
        Modal::new(Id::unique("viewer")).area(area).frame(egui::Frame::NONE).backdrop_color(dark.list).show(
            ctx,
            |ui| {
                ui.style_mut().visuals = ui.ctx().style_of(egui::Theme::Dark).visuals.clone();
                ui.set_min_size(screen.size());
                open.draw(ui, previews, texts, screen, &mut wishes);
            },
        );
        let mut actions = Vec::new();
        let mut close = false;
        for wish in wishes {
            close |= wish == Wish::Close;
            actions.extend(open.fulfil(wish, ctx, previews));
        }
        if close {
            self.gives_back = open.before;
            self.open = None;
            previews.forget_tiles();
            ctx.request_repaint();
        }
        actions
    }
}

impl Open {
    fn fulfil(&mut self, wish: Wish, ctx: &Context, previews: &mut Previews) -> Option<ViewerAction> {
        let last = self.pictures.len() - 1;
        let wish = match wish {
            Wish::Arrow(x, y) if self.look.can_pan() => {
                self.look.pan_by_parts(-PAN * vec2(x.into(), y.into()));
                ctx.request_repaint();
                return None;
            }
            Wish::Arrow(x, y) if x + y < 0 => Wish::Previous,
            Wish::Arrow(..) => Wish::Next,
            other => other,
        };
        let at = match wish {
            Wish::Previous => self.at.saturating_sub(1),
            Wish::Next => (self.at + 1).min(last),
            Wish::First => 0,
            Wish::Last => last,
            _ => self.at,
        };
        if at != self.at {
            self.at = at;
            self.look = Look::default();
            previews.forget_tiles();
            ctx.request_repaint();
        }
        let Shown { path, name, .. } = &self.pictures[self.at];
        match wish {
            Wish::ZoomIn => self.look.zoom(STEP, Vec2::ZERO),
            Wish::ZoomOut => self.look.zoom(1.0 / STEP, Vec2::ZERO),
            Wish::Fit => self.look.fit(),
            Wish::Actual => self.look.actual(Vec2::ZERO),
            Wish::RotateLeft => self.look.turn(-1),
            Wish::RotateRight => self.look.turn(1),
            Wish::Copy => return Some(ViewerAction::Copy(path.clone())),
            Wish::Save => return Some(ViewerAction::SaveAs { path: path.clone(), name: name.clone() }),
            Wish::Reveal => return Some(ViewerAction::Reveal(path.clone())),
            Wish::Arrow(..) | Wish::Previous | Wish::Next | Wish::First | Wish::Last | Wish::Close => {}
        }
        ctx.request_repaint();
        None
    }

    fn draw(&mut self, ui: &mut Ui, previews: &mut Previews, texts: &Texts, screen: Rect, wishes: &mut Vec<Wish>) {
        let bar = Rect::from_min_max(screen.min, pos2(screen.right(), screen.top() + BAR));
        let stage = Rect::from_min_max(pos2(screen.left(), bar.bottom()), screen.max);
        self.draw_picture(ui, previews, texts, stage, wishes);
        self.draw_bar(ui, texts, bar, wishes);
        if self.at > 0 {
            let at = pos2(stage.left() + space::L + size::TARGET / 2.0, stage.center().y);
            side_button(ui, at, icons::CARET_LEFT, texts.viewer_previous(), Wish::Previous, wishes);
        }
        if self.at + 1 < self.pictures.len() {
            let at = pos2(stage.right() - space::L - size::TARGET / 2.0, stage.center().y);
            side_button(ui, at, icons::CARET_RIGHT, texts.viewer_next(), Wish::Next, wishes);
        }
    }

    fn draw_picture(
        &mut self,
        ui: &mut Ui,
        previews: &mut Previews,
        texts: &Texts,
        stage: Rect,
        wishes: &mut Vec<Wish>,
    ) {
        let shown = self.pictures[self.at].clone();
        let room = stage.shrink(MARGIN).size();
        let upright = if self.look.lies() { vec2(room.y, room.x) } else { room };
        let preview = previews.fitted(ui.ctx(), &shown.path, upright);
        // Not before this one is there: what is asked for last is made ready first.
        if matches!(preview, Preview::Ready { .. }) {
            for near in [self.at.checked_sub(1), Some(self.at + 1)].into_iter().flatten() {
                if let Some(near) = self.pictures.get(near) {
                    previews.prefetch(ui.ctx(), &near.path, room);
                }
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
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, &name));
        if !self.focused {
            self.focused = true;
            response.request_focus();
        }
        if response.has_focus() {
            let arrows = EventFilter { horizontal_arrows: true, vertical_arrows: true, ..EventFilter::default() };
            ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, arrows));
        }

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
                    && let Some(tiles) = previews.tiles(&shown.path)
                {
                    for tile in tiles {
                        paint_part(&painter, look, stage.center(), tile.texture(), tile.part, tile.uv);
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

    fn draw_bar(&self, ui: &mut Ui, texts: &Texts, bar: Rect, wishes: &mut Vec<Wish>) {
        let palette = Palette::of(ui);
        let inner = bar.shrink2(vec2(space::L, (BAR - size::TARGET) / 2.0));
        let layout = Layout::right_to_left(Align::Center);
        let mut row = ui.new_child(UiBuilder::new().max_rect(inner).layout(layout).id_salt("bar"));
        row.spacing_mut().item_spacing.x = 0.0;
        let small = bar.width() < 620.0;
        // Keys and the pointer do what has no button then.
        let tiny = bar.width() < 400.0;
        let mut button = |ui: &mut Ui, icon: &str, name: &str, wish: Wish| {
            if widgets::icon_button(ui, icon, name).clicked() {
                wishes.push(wish);
            }
        };
        button(&mut row, icons::X, texts.viewer_close(), Wish::Close);
        row.add_space(space::S);
        if !tiny {
            button(&mut row, icons::FOLDER_OPEN, texts.entry_show(), Wish::Reveal);
        }
        button(&mut row, icons::DOWNLOAD_SIMPLE, texts.entry_save(), Wish::Save);
        button(&mut row, icons::COPY, texts.viewer_copy(), Wish::Copy);
        row.add_space(space::S);
        button(&mut row, icons::ARROW_CLOCKWISE, texts.viewer_rotate_right(), Wish::RotateRight);
        if !small {
            button(&mut row, icons::ARROW_COUNTER_CLOCKWISE, texts.viewer_rotate_left(), Wish::RotateLeft);
        }
        if !tiny {
            row.add_space(space::S);
            button(&mut row, icons::FRAME_CORNERS, texts.viewer_actual(), Wish::Actual);
            button(&mut row, icons::ARROWS_IN, texts.viewer_fit(), Wish::Fit);
        }
        button(&mut row, icons::MAGNIFYING_GLASS_PLUS, texts.viewer_zoom_in(), Wish::ZoomIn);
        if let Some(percent) = self.look.percent()
            && !small
        {
            let (place, _) = row.allocate_exact_size(vec2(52.0, size::TARGET), Sense::hover());
            let text = format!("{percent} %");
            row.painter().text(place.center(), Align2::CENTER_CENTER, text, design::small(), palette.secondary);
        }
        button(&mut row, icons::MAGNIFYING_GLASS_MINUS, texts.viewer_zoom_out(), Wish::ZoomOut);

        let left = Rect::from_min_max(inner.min, pos2(row.min_rect().left() - space::M, inner.bottom()));
        if left.width() > 60.0 {
            let name = &self.pictures[self.at].name;
            let of = (self.pictures.len() > 1).then(|| texts.viewer_of(self.at as u64 + 1, self.pictures.len() as u64));
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
    }
}

/// Before the size is known: the shape of the blur, large enough to fill the window.
fn assumed(aspect: f32) -> Size {
    const LONGER: f32 = 4000.0;
    Size::new((LONGER * aspect.min(1.0)) as u32, (LONGER / aspect.max(1.0)) as u32)
}

fn draw_nothing(ui: &Ui, texts: &Texts, stage: Rect, preview: &Preview) {
    if matches!(preview, Preview::Failed(_)) {
        let palette = Palette::of(ui);
        icons::paint(ui.painter(), stage.center() - vec2(0.0, 24.0), icons::IMAGE, 40.0, palette.secondary);
        let at = stage.center() + vec2(0.0, 16.0);
        ui.painter().text(at, Align2::CENTER_CENTER, texts.picture_broken(), design::body(), palette.secondary);
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

/// A round button over the picture.
fn side_button(ui: &mut Ui, at: Pos2, icon: &str, name: &str, wish: Wish, wishes: &mut Vec<Wish>) {
    let rect = Rect::from_center_size(at, Vec2::splat(size::TARGET));
    let palette = Palette::of(ui);
    ui.painter().circle_filled(at, size::TARGET / 2.0, palette.scrim);
    let mut child = ui.new_child(UiBuilder::new().max_rect(rect).id_salt(name));
    if widgets::icon_button_colored(&mut child, icon, name, palette.on_scrim).clicked() {
        wishes.push(wish);
    }
}

/// Takes the viewer's keys from the input before anything else sees them.
fn keys(ctx: &Context) -> Vec<Wish> {
    const KEYS: [(Modifiers, Key, Wish); 19] = [
        (Modifiers::COMMAND, Key::C, Wish::Copy),
        (Modifiers::COMMAND, Key::S, Wish::Save),
        (Modifiers::SHIFT, Key::R, Wish::RotateLeft),
        (Modifiers::NONE, Key::R, Wish::RotateRight),
        (Modifiers::NONE, Key::ArrowLeft, Wish::Arrow(-1, 0)),
        (Modifiers::NONE, Key::ArrowRight, Wish::Arrow(1, 0)),
        (Modifiers::NONE, Key::ArrowUp, Wish::Arrow(0, -1)),
        (Modifiers::NONE, Key::ArrowDown, Wish::Arrow(0, 1)),
        (Modifiers::NONE, Key::PageUp, Wish::Previous),
        (Modifiers::NONE, Key::PageDown, Wish::Next),
        (Modifiers::NONE, Key::Home, Wish::First),
        (Modifiers::NONE, Key::End, Wish::Last),
        (Modifiers::SHIFT, Key::Plus, Wish::ZoomIn),
        (Modifiers::NONE, Key::Plus, Wish::ZoomIn),
        (Modifiers::NONE, Key::Equals, Wish::ZoomIn),
        (Modifiers::NONE, Key::Minus, Wish::ZoomOut),
        (Modifiers::NONE, Key::Num0, Wish::Fit),
        (Modifiers::NONE, Key::Num1, Wish::Actual),
        (Modifiers::NONE, Key::Escape, Wish::Close),
    ];
    ctx.input_mut(|input| {
        let mut wishes: Vec<Wish> = KEYS
            .into_iter()
            .filter(|(modifiers, key, _)| input.consume_key(*modifiers, *key))
            .map(|(_, _, wish)| wish)
            .collect();
        // Ctrl+C arrives as what it means.
        let copies = input.events.iter().filter(|event| matches!(event, Event::Copy)).count();
        if copies > 0 {
            input.events.retain(|event| !matches!(event, Event::Copy));
            wishes.push(Wish::Copy);
        }
        wishes
    })
}
