//! Where one writes: chips of what is ready to be sent, the text, and the buttons for files, pictures and folders.

use std::{sync::Arc, time::Duration};

use egui::{
    CornerRadius, Event, Frame, Galley, Id, ImeEvent, Key, KeyboardShortcut, Modifiers, Rect, Response, RichText,
    ScrollArea, Sense, StrokeKind, TextBuffer, TextEdit, Ui, UiBuilder, Vec2, WidgetInfo,
    accesskit::Role,
    pos2,
    scroll_area::ScrollBarVisibility,
    text::{CCursor, LayoutJob, TextFormat, TextWrapping},
    text_selection::CCursorRange,
    vec2,
};

use super::{chips, choices, names, pane, text::LINE_HEIGHT};
use crate::{
    app::{
        Scene,
        actions::Action,
        design::{self, Palette, radius, size, space},
        icons, widgets,
    },
    engine::api::{Direction, Phase, Running},
    protocol::limits::MAX_TEXT,
};

/// A longer text is not edited but carried: laying it out at every key would take longer than a frame.
pub const EDITABLE: usize = 16 * 1024;

/// The field grows up to so many lines; then it scrolls.
const LINES: f32 = 6.0;

/// Narrower than this it has no room for a button for each kind of thing.
const NARROW: f32 = 440.0;

/// A longer name is shortened in a sentence. In characters.
const LONGEST_NAME: f32 = 40.0;

/// What takes less is not worth saying. In seconds.
const MOMENT: f64 = 0.4;

/// Between the field's edge and what is in it.
const INSET: f32 = 6.0;

/// Around the words, so that one line is as high as the buttons beside it.
const AROUND: Vec2 = vec2(space::S, (size::TARGET - LINE_HEIGHT) / 2.0);

#[derive(Debug, Default)]
pub struct Composer {
    /// Something is being typed through an input method and not yet in the text for good.
    composing: bool,
    focus: bool,
    /// And behind the last word.
    at_end: bool,
}

/// What the list above should do.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Asked {
    /// Turn pages: -1 up, 1 down.
    pub page: f32,
}

impl Composer {
    /// The next frame puts the cursor here.
    pub fn focus(&mut self) {
        self.focus = true;
    }

    /// The next frame puts the cursor here, behind what was put in from elsewhere.
    pub fn focus_at_end(&mut self) {
        self.focus = true;
        self.at_end = true;
    }

    /// `covered`: what is typed is meant for something that lies over the conversation.
    pub fn show(&mut self, ui: &mut Ui, scene: &mut Scene<'_>, covered: bool) -> Asked {
        let id = Id::unique(("composer", &scene.model.chosen));
        let room = ui.available_width();
        let margin = design::column_margin(room);
        let width = (room - 2.0 * margin).min(pane::WIDEST).floor();
        let left = ui.max_rect().left() + ((room - width) / 2.0).floor();
        let long = scene.draft.text.len() > EDITABLE;
        let mut asked = Asked::default();
        let settled = self.watch_input_method(ui, id);
        if !covered {
            self.typed_elsewhere(ui, scene, id);
        }
        if !covered && ui.memory(|memory| memory.has_focus(id)) {
            take_long_paste(ui, scene);
            asked.page = pages(ui);
            if settled && enter(ui) {
                send(scene);
            }
            if scene.draft.text.is_empty() && !scene.draft.chips.is_empty() && settled && backspace(ui) {
                scene.actions.extend(scene.draft.chips.last().map(|chip| Action::Detach { chip: chip.id }));
            }
        }

        // Where it is narrow one button opens what the three would do.
        let folded = width < NARROW;
        let buttons = if folded { size::TARGET } else { 3.0 * size::TARGET };
        let text_room = (width - 2.0 * INSET - buttons - size::TARGET - space::XS - 2.0 * AROUND.x).max(40.0);
        let text_height = if long {
            2.0 * LINE_HEIGHT
        } else {
            let rows = galley(ui, &scene.draft.text, text_room).rows.len() as f32;
            rows.min(LINES) * LINE_HEIGHT
        };
        let chips = chips::Laid::new(ui, scene, width - 2.0 * INSET);
        let row_height = (text_height + 2.0 * AROUND.y).max(size::TARGET);
        let choices = choices::Laid::new(ui, scene, width - 2.0 * INSET);
        let height = chips.height + choices.height + row_height + 2.0 * INSET;

        ui.spacing_mut().item_spacing.y = 0.0;
        ui.add_space(space::S);
        preparing(ui, scene, left, width);
        warning(ui, scene, left, width);
        let (outer, _) = ui.allocate_exact_size(vec2(room, height + space::L), Sense::hover());
        let field = Rect::from_min_size(pos2(left, outer.top()), vec2(width, height));
        let palette = Palette::of(ui);
        let corner = CornerRadius::same(radius::CARD);
        ui.painter().rect(field, corner, palette.field, design::hairline(palette), StrokeKind::Inside);
        let inner = field.shrink(INSET);
        chips.show(ui, scene, inner.min);
        choices.show(ui, scene, inner.min + vec2(0.0, chips.height));

        let row = Rect::from_min_max(pos2(inner.left(), inner.bottom() - row_height), inner.max);
        let foot = row.bottom() - size::TARGET;
        attach_buttons(ui, scene, Rect::from_min_size(pos2(row.left(), foot), vec2(buttons, size::TARGET)), folded);
        let text_at = Rect::from_min_max(
            pos2(row.left() + buttons, row.top()),
            pos2(row.right() - size::TARGET - space::XS, row.bottom()),
        );
        let response = if long { carried(ui, scene, id, text_at) } else { edited(ui, scene, id, text_at, text_height) };
        // What lies over it keeps the keyboard until it is gone.
        if !covered && std::mem::take(&mut self.focus) {
            response.request_focus();
            if std::mem::take(&mut self.at_end) {
                cursor_to_end(ui, id, &scene.draft.text);
            }
        }
        if response.has_focus() {
            ui.painter().rect_stroke(field, corner, design::focus_ring(palette), StrokeKind::Inside);
        }
        send_button(ui, scene, Rect::from_min_size(pos2(row.right() - size::TARGET, foot), Vec2::splat(size::TARGET)));
        asked
    }

    /// Follows the input method. Returns whether keys mean what they say: not while something is being composed, nor in
    /// the frame that ends it, whose Enter chose a candidate.
    fn watch_input_method(&mut self, ui: &Ui, id: Id) -> bool {
        let was = self.composing;
        if !ui.memory(|memory| memory.has_focus(id)) {
            self.composing = false;
        }
        let mut touched = false;
        ui.input(|input| {
            for event in &input.events {
                match event {
                    Event::Ime(ImeEvent::Preedit { text, .. }) => {
                        touched |= !text.is_empty();
                        self.composing = !text.is_empty();
                    }
                    Event::Ime(ImeEvent::Commit(text)) => {
                        touched |= !text.is_empty();
                        self.composing = false;
                    }
                    _ => {}
                }
            }
        });
        !(was || touched || self.composing)
    }

    /// Who types without having clicked into the field means it all the same.
    fn typed_elsewhere(&mut self, ui: &Ui, scene: &mut Scene<'_>, id: Id) {
        let idle = ui.memory(|memory| memory.focused().is_none() && memory.top_modal_layer().is_none());
        if !idle || egui::Popup::is_any_open(ui.ctx()) || scene.draft.text.len() > EDITABLE {
            return;
        }
        let typed: String = ui.input(|input| {
            let command = input.modifiers.command || input.modifiers.alt;
            let texts = input.events.iter().filter_map(|event| match event {
                Event::Text(text) if !command && text.chars().all(|c| !c.is_control()) => Some(text.as_str()),
                _ => None,
            });
            texts.collect()
        });
        if !typed.trim().is_empty() {
            scene.draft.text.push_str(&typed);
            cursor_to_end(ui, id, &scene.draft.text);
            self.focus = true;
        }
    }
}

fn attach_buttons(ui: &mut Ui, scene: &mut Scene<'_>, rect: Rect, folded: bool) {
    let texts = scene.texts;
    let kinds = [
        (icons::PAPERCLIP, texts.add_files(), Action::PickFiles),
        (icons::IMAGE, texts.add_pictures(), Action::PickPictures),
        (icons::FOLDER, texts.add_folder(), Action::PickFolder),
    ];
    let layout = egui::Layout::left_to_right(egui::Align::Center);
    let mut child = ui.new_child(UiBuilder::new().max_rect(rect).id_salt("attach").layout(layout));
    child.spacing_mut().item_spacing = Vec2::ZERO;
    if folded {
        let button = widgets::icon_button(&mut child, icons::PLUS, texts.attach());
        egui::Popup::menu(&button).gap(space::S).show(|ui| {
            widgets::menu(ui);
            for (icon, name, action) in kinds {
                if widgets::menu_item(ui, icon, name).clicked() {
                    scene.actions.push(action);
                }
            }
        });
        return;
    }
    for (icon, name, action) in kinds {
        if widgets::icon_button(&mut child, icon, name).clicked() {
            scene.actions.push(action);
        }
    }
}

fn cursor_to_end(ui: &Ui, id: Id, text: &str) {
    let end = CCursor::end_of_str(text);
    let mut state = egui::text_edit::TextEditState::load(ui.ctx(), id).unwrap_or_default();
    state.cursor.set_char_range(Some(CCursorRange::one(end)));
    state.store(ui.ctx(), id);
}

/// Sends what is there, unless it can't go so.
fn send(scene: &mut Scene<'_>) {
    if is_ready(scene) {
        scene.actions.push(Action::SendDraft);
    }
}

fn is_ready(scene: &Scene<'_>) -> bool {
    let draft = &scene.draft;
    !draft.is_empty() && draft.text.len() <= MAX_TEXT && draft.keeps_metadata().is_none()
}

/// Takes Enter (and Ctrl+Enter) away from the field; Shift+Enter is left to it as a new line.
fn enter(ui: &Ui) -> bool {
    let mut pressed = false;
    ui.input_mut(|input| {
        input.events.retain(|event| {
            let Event::Key { key: Key::Enter, pressed: true, repeat, modifiers, .. } = event else { return true };
            if modifiers.shift || modifiers.alt {
                return true;
            }
            // Held down it would send again what is not yet taken away.
            pressed |= !repeat;
            false
        });
    });
    pressed
}

fn backspace(ui: &Ui) -> bool {
    ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Backspace))
}

fn pages(ui: &Ui) -> f32 {
    let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
    f32::from(u8::from(pressed(Key::PageDown))) - f32::from(u8::from(pressed(Key::PageUp)))
}

/// A pasted text that makes the whole too long to edit is put at the end without being laid out.
fn take_long_paste(ui: &Ui, scene: &mut Scene<'_>) {
    let text = &mut scene.draft.text;
    ui.input_mut(|input| {
        input.events.retain(|event| match event {
            Event::Paste(pasted) if text.len() + pasted.len() > EDITABLE => {
                // A little more than can be sent, so that the sentence about it is true and memory stays bounded.
                let room = (2 * MAX_TEXT).saturating_sub(text.len());
                text.push_str(&pasted[..pasted.floor_char_boundary(room)]);
                false
            }
            _ => true,
        });
    });
}

fn galley(ui: &Ui, text: &str, width: f32) -> Arc<Galley> {
    let format =
        TextFormat { line_height: Some(LINE_HEIGHT), ..TextFormat::simple(design::body(), Palette::of(ui).text) };
    let mut job = LayoutJob::single_section(text.to_owned(), format);
    job.keep_trailing_whitespace = true;
    job.wrap = TextWrapping::wrap_at_width(width);
    ui.fonts_mut(|fonts| fonts.layout_job(job))
}

fn edited(ui: &mut Ui, scene: &mut Scene<'_>, id: Id, rect: Rect, text_height: f32) -> Response {
    let (model, texts) = (scene.model, scene.texts);
    let away = model.shown().filter(|who| model.is_away(*who));
    let hint = match away {
        Some(who) => texts.compose_hint_away(&model.name(who)),
        None if model.can_drop => texts.compose_hint().to_owned(),
        None => texts.compose_hint_plain().to_owned(),
    };
    let secondary = Palette::of(ui).secondary;
    let place = rect.shrink2(AROUND);
    let line = |text: &str| widgets::one_line(ui, text, design::body(), secondary, place.width());
    let mut hint = line(&hint);
    if hint.elided && away.is_none() {
        hint = line(texts.compose_hint_plain());
    }
    let mut child = ui.new_child(UiBuilder::new().max_rect(place).id_salt("compose"));
    let text: &mut String = &mut scene.draft.text;
    let empty = text.is_empty();
    child.spacing_mut().scroll.fade.strength = 0.0;
    // A line of another font may be a hair higher than the field: nothing to scroll.
    let scrolls = text_height + LINE_HEIGHT > LINES * LINE_HEIGHT;
    let bar = if scrolls { ScrollBarVisibility::VisibleWhenNeeded } else { ScrollBarVisibility::AlwaysHidden };
    let response = ScrollArea::vertical()
        .id_salt(id)
        .scroll_bar_visibility(bar)
        .max_height(text_height)
        .min_scrolled_height(text_height)
        .show(&mut child, |ui| {
            let mut layouter = |ui: &Ui, text: &dyn TextBuffer, width: f32| galley(ui, text.as_str(), width);
            TextEdit::multiline(text)
                .id(id)
                .frame(Frame::NONE)
                .margin(Vec2::ZERO)
                .desired_rows(1)
                .desired_width(f32::INFINITY)
                .return_key(KeyboardShortcut::new(Modifiers::SHIFT, Key::Enter))
                .layouter(&mut layouter)
                .show(ui)
                .response
                .response
        })
        .inner;
    if empty {
        // Beside the cursor, not under it.
        let at = pos2(place.left() + 2.0, place.center().y - hint.size().y / 2.0);
        ui.painter().galley(at, hint.clone(), secondary);
    }
    let (value, hint) = (scene.draft.text.clone(), hint.text().to_owned());
    response.widget_info(|| {
        let mut info = WidgetInfo::text_edit(true, "", &value, &hint);
        info.label = Some(texts.compose_field().to_owned());
        info
    });
    response
}

/// A text too long to edit, as a thing: what it is, how long, and a way to let go of it.
fn carried(ui: &Ui, scene: &mut Scene<'_>, id: Id, rect: Rect) -> Response {
    let texts = scene.texts;
    let palette = Palette::of(ui);
    let response = ui.interact(rect, id, Sense::click());
    let title = format!("{} · {}", texts.a_message(), texts.size(scene.draft.text.len() as u64));
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("{}: {title}", texts.compose_field())));
    let room = rect.width() - 2.0 * AROUND.x - size::TARGET;
    let beginning = &scene.draft.text[..scene.draft.text.floor_char_boundary(200)];
    let beginning = beginning.split_whitespace().collect::<Vec<_>>().join(" ");
    let first = widgets::one_line(ui, &beginning, design::body(), palette.text, room);
    let second = widgets::one_line(ui, &title, design::small(), palette.secondary, room);
    let at = rect.min + AROUND;
    ui.painter().galley(at, first, palette.text);
    ui.painter().galley(at + vec2(0.0, LINE_HEIGHT), second, palette.secondary);
    let remove = Rect::from_min_size(pos2(rect.right() - size::TARGET, rect.top()), Vec2::splat(size::TARGET));
    let label = texts.remove_chip(texts.a_message());
    if super::acts::button(ui, remove, id.with("remove"), icons::X, &label).clicked() {
        scene.draft.text.clear();
        ui.memory_mut(|memory| memory.request_focus(id));
    }
    response
}

/// Why it can't be sent.
fn warning(ui: &mut Ui, scene: &Scene<'_>, left: f32, width: f32) {
    let why = if scene.draft.text.len() > MAX_TEXT {
        scene.texts.text_too_long().to_owned()
    } else if let Some(chip) = scene.draft.keeps_metadata() {
        scene.texts.compose_keeps_metadata(&names::elide(&chip.name, LONGEST_NAME, |text| text.chars().count() as f32))
    } else {
        return;
    };
    let palette = Palette::of(ui);
    let rect = Rect::from_min_size(pos2(left, ui.cursor().top()), vec2(width, LINE_HEIGHT));
    ui.scope_builder(UiBuilder::new().max_rect(rect), |ui| {
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing.x = space::XS;
            ui.label(icons::text(icons::WARNING, size::ICON_SMALL).color(palette.warn));
            ui.label(RichText::new(why).font(design::small()).color(palette.warn));
        });
    });
    ui.add_space(space::XS);
}

/// What is being made ready before it stands in the conversation, once that takes longer than a moment.
fn preparing(ui: &mut Ui, scene: &mut Scene<'_>, left: f32, width: f32) {
    let model = scene.model;
    let is_new = |running: &&Running| {
        let known = model.conversation(running.with);
        let begins = running.phase == Phase::Preparing && running.direction == Direction::Sent;
        begins && known.is_some_and(|it| !it.entries().any(|entry| entry.transfer == running.transfer))
    };
    let mut all = model.chosen.iter().flat_map(|who| model.running_with(*who)).filter(is_new);
    let first = all.next();
    let since_id = Id::unique("preparing since");
    let Some(first) = first else { return ui.data_mut(|data| data.remove::<f64>(since_id)) };
    let now = ui.input(|input| input.time);
    let since = ui.data_mut(|data| *data.get_temp_mut_or(since_id, now));
    if now - since < MOMENT {
        return ui.ctx().request_repaint_after(Duration::from_secs_f64(MOMENT));
    }
    let cancel = Action::Cancel { with: first.with, transfer: first.transfer };
    let palette = Palette::of(ui);
    let rect = Rect::from_min_size(pos2(left, ui.cursor().top()), vec2(width, size::TARGET));
    ui.scope_builder(UiBuilder::new().max_rect(rect), |ui| {
        ui.horizontal_centered(|ui| {
            ui.spacing_mut().item_spacing.x = space::XS;
            ui.label(icons::text(icons::CLOCK, size::ICON_SMALL).color(palette.secondary));
            ui.label(RichText::new(scene.texts.state_preparing()).font(design::small()).color(palette.secondary));
            if widgets::quiet(ui, scene.texts.cancel()).clicked() {
                scene.actions.push(cancel);
            }
        });
    });
}

fn send_button(ui: &Ui, scene: &mut Scene<'_>, rect: Rect) {
    let palette = Palette::of(ui);
    let ready = is_ready(scene);
    let sense = if ready { Sense::click() } else { Sense::hover() };
    let response = ui.interact(rect, Id::unique(("send", &scene.model.chosen)), sense);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, ready, scene.texts.send()));
    let over = if ready { widgets::hover_amount(ui, &response) } else { 0.0 };
    let shown = ui.ctx().animate_bool_with_time(
        response.id.with("ready"),
        ready,
        design::motion::time(ui, design::motion::QUICK),
    );
    let fill = palette.accent.lerp_to_gamma(palette.accent_hover, over).gamma_multiply(shown);
    ui.painter().circle_filled(rect.center(), rect.width() / 2.0, fill);
    let ink = palette.secondary.lerp_to_gamma(palette.on_accent, shown);
    icons::paint(ui.painter(), rect.center(), icons::PAPER_PLANE_RIGHT, size::ICON, ink);
    widgets::focus_around(ui, &response, (size::TARGET / 2.0) as u8);
    if response.on_hover_text(scene.texts.send()).clicked() {
        send(scene);
    }
}
