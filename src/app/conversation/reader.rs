//! A long text in a place of its own: every piece is laid out only while it is visible.

use std::{ops::Range, sync::Arc};

use egui::{Frame, Id, Key, Modal, Ui, pos2};

use super::{
    excerpt,
    list::{Jump, List},
    rows::RowKey,
    scroll,
    text::{self, LINE_HEIGHT},
};
use crate::{
    app::{
        actions::Action,
        design::{self, Palette, radius, size, space},
        icons, widgets,
    },
    i18n::Texts,
    store::model::{Body, Entry},
};

/// Lines longer than this are tiring to read.
const WIDEST: f32 = 720.0;

/// The open text.
#[derive(Debug)]
pub struct Reader {
    entry: Arc<Entry>,
    pieces: Vec<Range<usize>>,
    list: List,
    offset: f32,
    width: f32,
}

impl Reader {
    pub fn new(entry: Arc<Entry>) -> Self {
        let pieces = match &entry.body {
            Body::Text(text) => excerpt::pieces(text),
            Body::Items { .. } => Vec::new(),
        };
        let mut list = List::default();
        list.jump(Jump::Start);
        Self { entry, pieces, list, offset: 0.0, width: 0.0 }
    }

    /// Draws it over everything. Returns false when it was closed.
    pub fn show(&mut self, ctx: &egui::Context, texts: &Texts, actions: &mut Vec<Action>) -> bool {
        let window = ctx.content_rect().size();
        let width = (window.x - 2.0 * space::XL).clamp(200.0, WIDEST);
        let height = (window.y - 4.0 * space::XL).max(160.0);
        let mut open = true;
        let dark = ctx.global_style().visuals.dark_mode;
        let palette = Palette::for_dark(dark);
        let frame = Frame::new()
            .fill(palette.card)
            .stroke(design::hairline(palette))
            .shadow(design::float_shadow(palette))
            .corner_radius(radius::CARD)
            .inner_margin(space::XL);
        let modal = Modal::new(Id::unique("long text")).frame(frame).show(ctx, |ui| {
            ui.set_width(width - 2.0 * space::XL);
            ui.set_height(height);
            open = self.head(ui, texts, actions);
            ui.add_space(space::M);
            self.body(ui, actions);
        });
        open && !modal.should_close()
    }

    fn head(&self, ui: &mut Ui, texts: &Texts, actions: &mut Vec<Action>) -> bool {
        let Body::Text(text) = &self.entry.body else { return false };
        let mut open = true;
        ui.horizontal(|ui| {
            let left = ui.available_width();
            let title = format!("{} · {}", texts.compose_field(), texts.size(text.len() as u64));
            let words =
                widgets::one_line(ui, &title, design::body(), Palette::of(ui).secondary, left - 4.0 * size::TARGET);
            ui.add(egui::Label::new(words).selectable(false));
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                ui.spacing_mut().item_spacing.x = space::XS;
                open = !widgets::icon_button(ui, icons::X, texts.close()).clicked();
                if widgets::icon_button(ui, icons::FLOPPY_DISK, texts.text_save()).clicked() {
                    actions.push(Action::SaveText(text.clone()));
                }
                if widgets::icon_button(ui, icons::COPY, texts.entry_copy_text()).clicked() {
                    actions.push(Action::CopyText(text.clone()));
                }
            });
        });
        open
    }

    fn body(&mut self, ui: &mut Ui, actions: &mut Vec<Action>) {
        let Self { entry, pieces, list, offset, width } = self;
        let Body::Text(text) = &entry.body else { return };
        let view = ui.available_height();
        let room = ui.available_width() - space::M;
        if (room - *width).abs() > 0.5 {
            *width = room;
            // As many lines as Latin text of this length takes; what is visible is measured.
            let guess = |at: usize| (pieces[at].len() as f32 * 7.6 / room).ceil().max(1.0) * LINE_HEIGHT;
            list.set_rows((0..pieces.len() as i64).map(RowKey::Entry), guess);
        }
        keys(ui, list, view);
        let mut laid = Vec::new();
        let placed = list.place(view, |at| {
            let piece = text::Laid::piece(ui, &text[pieces[at].clone()], room);
            let height = piece.size().y;
            laid.push((at, piece));
            height
        });
        laid.retain(|(at, _)| placed.rows.contains(at));
        scroll::show(ui, "long text", list, offset, &placed, view, |ui, list, origin| {
            for (at, piece) in &laid {
                let id = Id::unique(("piece of a long text", entry.seq, *at));
                let (_, link) = piece.show(ui, id, pos2(origin.x, origin.y + list.top(*at)));
                actions.extend(link.map(Action::OpenLink));
            }
        });
    }
}

/// Pages and ends by keyboard.
pub fn keys(ui: &Ui, list: &mut List, view: f32) {
    /// What stays visible when a page is turned.
    const OVERLAP: f32 = 48.0;
    const STEP: f32 = 2.0 * text::LINE_HEIGHT;
    let page = (view - OVERLAP).max(STEP);
    let moves = [
        (Key::Home, Jump::Start),
        (Key::End, Jump::End),
        (Key::PageUp, Jump::By(-page)),
        (Key::PageDown, Jump::By(page)),
        (Key::ArrowUp, Jump::By(-STEP)),
        (Key::ArrowDown, Jump::By(STEP)),
    ];
    for (key, jump) in moves {
        if ui.input_mut(|input| input.consume_key(egui::Modifiers::NONE, key)) {
            list.jump(jump);
        }
    }
}
