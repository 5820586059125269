//! The card that asks: somebody wants to send something, or to take something.
//!
//! One card at a time. A card that has just appeared doesn't take clicks for a moment, so that a click meant for the one
//! before it, or for what lay under it, is not an answer.

use std::{collections::BTreeSet, path::PathBuf, time::Duration};

use egui::{Align, Align2, Area, Layout, Order, Rect, RichText, ScrollArea, Sense, Ui, accesskit::Role, pos2, vec2};

use super::{
    Scene,
    actions::{Action, Then},
    avatar,
    design::{self, Palette, radius, size, space},
    header, icons,
    widgets::{self, Button, Kind},
};
use crate::{
    engine::api::{Ask, Decision, Item, ItemKind},
    i18n::Texts,
    pictures::name_suggests_picture,
    protocol::{Fingerprint, TransferId},
};

/// So many seconds a new card ignores clicks.
const SETTLE: f64 = 0.5;
/// So many seconds an answer is waited for before another may be given.
const ANSWERING: f64 = 2.0;
/// How long "Hide strangers for an hour" lasts.
const HIDE: Duration = Duration::from_secs(60 * 60);
/// Pictures shown in a row.
const IN_A_ROW: usize = 4;
/// Rows of a verified computer's pictures.
const ROWS: usize = 3;
/// How high a row is that is alone, and one of several.
const PICTURE_HEIGHT: f32 = 84.0;
const LOWER_HEIGHT: f32 = 64.0;
/// Lines of single things shown while choosing, before it scrolls.
const LIST_HEIGHT: f32 = 168.0;
const WIDTH: f32 = 440.0;
/// Less height than an ordinary card needs.
const LOW: f32 = 300.0;

/// What this person has set on the card that is shown.
#[derive(Debug, Default)]
pub struct AskView {
    shown: Option<(Fingerprint, TransferId)>,
    /// egui's clock, in seconds.
    since: f64,
    /// When an answer was given; the card goes when the engine has taken it.
    answered: Option<f64>,
    /// Items left out while choosing.
    choosing: Option<BTreeSet<u32>>,
    /// Where it goes instead of the usual folder.
    pub into: Option<PathBuf>,
}

impl AskView {
    /// The folder that was picked for the card, if that card is still the one shown.
    pub fn set_folder(&mut self, with: Fingerprint, transfer: TransferId, folder: PathBuf) {
        if self.shown == Some((with, transfer)) {
            self.into = Some(folder);
        }
    }

    fn turn_to(&mut self, ask: &Ask, now: f64) {
        let key = (ask.with, ask.transfer);
        if self.shown != Some(key) {
            *self = Self { shown: Some(key), since: now, ..Self::default() };
        }
    }
}

/// Draws the card over the upper part of `place`, if somebody asks.
pub fn show(ui: &Ui, view: &mut AskView, scene: &mut Scene<'_>, place: Rect) {
    let snapshot = scene.model.snapshot.clone();
    let Some(ask) = next(&snapshot.asks, view, scene.model.shown()) else {
        view.shown = None;
        return;
    };
    let now = ui.input(|input| input.time);
    view.turn_to(ask, now);
    let answering = view.answered.is_some_and(|at| now - at < ANSWERING);
    let settled = now - view.since >= SETTLE && !answering;
    let palette = Palette::of(ui);
    let width = WIDTH.min(place.width() - 2.0 * space::M);
    let name = ask_title(scene.texts, ask);
    Area::new(ui.scope_id().with("ask"))
        .order(Order::Middle)
        .pivot(Align2::CENTER_TOP)
        .fixed_pos(pos2(place.center().x, place.top() + space::M))
        .constrain_to(place)
        .role(Role::AlertDialog)
        .accessible_name(name)
        .show(ui.ctx(), |ui| {
            let frame = widgets::card(ui).shadow(design::float_shadow(palette));
            frame.show(ui, |ui| {
                ui.set_width(width - 2.0 * space::L);
                ui.spacing_mut().item_spacing = vec2(space::S, space::M);
                // Tests and screen readers see the buttons at once; only pressing them waits.
                let mut actions = std::mem::take(scene.actions);
                let before = actions.len();
                let mut inner = Scene {
                    model: scene.model,
                    texts: scene.texts,
                    previews: scene.previews,
                    draft: scene.draft,
                    actions: &mut actions,
                };
                let room = place.height() - 2.0 * (space::M + space::L);
                // Not the height it had in the last frame: the window may have grown.
                ui.set_max_height(room);
                ScrollArea::vertical().max_height(room.max(size::ROW)).auto_shrink([false, true]).show(ui, |ui| {
                    card(ui, view, &mut inner, ask, (snapshot.asks.len(), room < LOW));
                });
                if !settled {
                    actions.truncate(before);
                } else if actions[before..].iter().any(|action| matches!(action, Action::Answer { .. })) {
                    view.answered = Some(now);
                }
                *scene.actions = actions;
            });
        });
}

/// The one that is on screen stays; then that of the shown conversation; then the oldest.
fn next<'a>(asks: &'a [Ask], view: &AskView, shown: Option<Fingerprint>) -> Option<&'a Ask> {
    let of = |key: (Fingerprint, TransferId)| asks.iter().find(|ask| (ask.with, ask.transfer) == key);
    view.shown.and_then(of).or_else(|| asks.iter().find(|ask| Some(ask.with) == shown)).or_else(|| asks.first())
}

/// `low`: there is no height for everything, so that the answers come before what scrolls.
fn card(ui: &mut Ui, view: &mut AskView, scene: &mut Scene<'_>, ask: &Ask, (waiting, low): (usize, bool)) {
    head(ui, scene, ask);
    if let Some(known) = ask.impostor_of {
        let palette = Palette::of(ui);
        let name = scene.model.name(known);
        let title = scene.texts.ask_impostor(&name);
        let note = scene.texts.impostor_note(&name);
        header::banner(ui, palette.bad_tint, (icons::SHIELD_WARNING, palette.bad), Some(&title), &note);
    } else if ask.stranger {
        widgets::secondary(ui, scene.texts.ask_stranger());
    }
    if low {
        answers(ui, view, scene, ask);
    }
    pictures(ui, scene, ask);
    things(ui, view, scene, ask);
    if !low {
        answers(ui, view, scene, ask);
    }
    foot(ui, scene, ask, waiting);
}

fn head(ui: &mut Ui, scene: &Scene<'_>, ask: &Ask) {
    let palette = Palette::of(ui);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::M;
        avatar::show(ui, size::AVATAR, &ask.with, avatar::Look::default());
        ui.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            let title = RichText::new(ask_title(scene.texts, ask)).font(design::body()).color(palette.text);
            ui.add(egui::Label::new(title).wrap());
            let sure = if ask.verified { scene.texts.verified() } else { scene.texts.not_verified() };
            let size = scene.texts.size(ask.bytes);
            widgets::secondary(ui, format!("{size} · {sure}"));
        });
    });
}

/// "Office PC wants to send you 3 pictures".
fn ask_title(texts: &Texts, ask: &Ask) -> String {
    let what = what(texts, &ask.items, ask.files);
    if ask.takes { texts.ask_takes(&ask.name, &what) } else { texts.ask_gives(&ask.name, &what) }
}

/// "3 pictures", "holiday.jpg", "2 folders", "12 files", "a message".
#[must_use]
pub fn what(texts: &Texts, items: &[Item], files: u64) -> String {
    let count = items.len() as u64;
    let all = |wanted: fn(&Item) -> bool| items.iter().all(wanted);
    match items {
        [] => texts.files(files),
        [one] if one.kind == ItemKind::Text => texts.a_message().to_lowercase(),
        [one] => one.name.clone(),
        _ if all(|item| {
            item.kind == ItemKind::File && (item.thumbhash.is_some() || name_suggests_picture(&item.name))
        }) =>
        {
            texts.pictures(count)
        }
        _ if all(|item| item.kind == ItemKind::Folder) => texts.folders(count),
        _ if all(|item| item.kind == ItemKind::File) => texts.files(count),
        _ => texts.items(count),
    }
}

/// Pictures as soft colours: nothing of a stranger's picture itself is shown before consent. From a verified computer
/// what came of the pictures themselves; their places are there before they are, so that nothing moves under the pointer.
fn pictures(ui: &mut Ui, scene: &mut Scene<'_>, ask: &Ask) {
    let is_picture = |item: &&Item| {
        let named = ask.verified && !ask.takes && item.kind == ItemKind::File && name_suggests_picture(&item.name);
        item.thumbhash.is_some() || named
    };
    let all: Vec<&Item> = ask.items.iter().filter(is_picture).collect();
    let shown = all.len().min(if ask.verified { ROWS * IN_A_ROW } else { IN_A_ROW });
    let rows = shown.div_ceil(IN_A_ROW);
    if rows == 0 {
        return;
    }
    let palette = Palette::of(ui);
    let gap = 3.0;
    let height = if rows == 1 { PICTURE_HEIGHT } else { LOWER_HEIGHT };
    let whole = vec2(ui.available_width(), (height + gap) * rows as f32 - gap);
    let (rect, _) = ui.allocate_exact_size(whole, Sense::hover());
    let in_a_row = shown.min(IN_A_ROW);
    let width = (rect.width() - gap * (in_a_row - 1) as f32) / in_a_row as f32;
    for (index, item) in all.iter().take(shown).enumerate() {
        let (row, column) = (index / IN_A_ROW, index % IN_A_ROW);
        let corner = rect.min + vec2((width + gap) * column as f32, (height + gap) * row as f32);
        let place = Rect::from_min_size(corner, vec2(width, height));
        let round = egui::CornerRadius::same(radius::CONTROL);
        let thumbnail = ask.thumbnails.get(&item.index);
        match scene.previews.stand_in(ui.ctx(), None, thumbnail, item.thumbhash.as_deref(), place.size()) {
            Some((texture, aspect)) => {
                let uv = cover(aspect, place.width() / place.height());
                let mesh =
                    egui::epaint::RectShape::filled(place, round, egui::Color32::WHITE).with_texture(texture, uv);
                ui.painter().add(mesh);
            }
            None => {
                ui.painter().rect_filled(place, round, palette.hover);
            }
        }
        if thumbnail.is_some() {
            let name = scene.texts.picture_of(&item.name);
            let response = ui.interact(place, ui.scope_id().with(("picture", item.index)), Sense::hover());
            response.widget_info(|| egui::WidgetInfo::labeled(Role::Image, true, &name));
        }
        if index + 1 == shown && all.len() > shown {
            ui.painter().rect_filled(place, round, palette.scrim);
            let more = format!("+{}", all.len() - shown);
            ui.painter().text(place.center(), Align2::CENTER_CENTER, more, design::title(), palette.on_scrim);
        }
    }
}

/// The part of a picture that fills a place of another shape.
fn cover(aspect: f32, wanted: f32) -> Rect {
    let part = if aspect > wanted { vec2(wanted / aspect, 1.0) } else { vec2(1.0, aspect / wanted) };
    Rect::from_center_size(pos2(0.5, 0.5), part)
}

/// The names, as many as are worth a look; or all of them with a mark each.
fn things(ui: &mut Ui, view: &mut AskView, scene: &Scene<'_>, ask: &Ask) {
    let palette = Palette::of(ui);
    if let Some(left_out) = &mut view.choosing {
        ScrollArea::vertical().max_height(LIST_HEIGHT).auto_shrink([false, true]).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            for item in &ask.items {
                let mut on = !left_out.contains(&item.index);
                if choice(ui, scene.texts, item, &mut on) {
                    if on {
                        left_out.remove(&item.index)
                    } else {
                        left_out.insert(item.index)
                    };
                }
            }
        });
        return;
    }
    if ask.items.len() < 2 {
        return;
    }
    const NAMED: usize = 3;
    ui.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        for item in ask.items.iter().take(NAMED) {
            let line = widgets::one_line(ui, &item.name, design::small(), palette.text, ui.available_width());
            ui.label(line);
        }
        if ask.items.len() > NAMED {
            widgets::secondary(ui, scene.texts.and_more((ask.items.len() - NAMED) as u64));
        }
    });
}

fn choice(ui: &mut Ui, texts: &Texts, item: &Item, on: &mut bool) -> bool {
    let palette = Palette::of(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), size::TARGET), Sense::click());
    if response.clicked() {
        *on = !*on;
    }
    let is_on = *on;
    let name = texts.ask_take_item(&item.name);
    response.widget_info(|| egui::WidgetInfo::selected(Role::CheckBox, true, is_on, &name));
    widgets::follow_focus(ui, &response);
    let over = widgets::hover_amount(ui, &response);
    let corner = egui::CornerRadius::same(radius::CONTROL);
    ui.painter().rect_filled(rect, corner, palette.hover.gamma_multiply(over));
    let (icon, color) = if is_on { (icons::CHECK_SQUARE, palette.accent) } else { (icons::SQUARE, palette.secondary) };
    let middle = rect.center().y;
    icons::paint(ui.painter(), pos2(rect.left() + space::S + size::ICON / 2.0, middle), icon, size::ICON, color);
    let size_text = widgets::one_line(ui, &texts.size(item.size), design::small(), palette.secondary, 90.0);
    let right = rect.right() - space::S - size_text.size().x;
    ui.painter().galley(pos2(right, middle - size_text.size().y / 2.0), size_text, palette.secondary);
    let left = rect.left() + space::S + size::ICON + space::S;
    let name = widgets::one_line(ui, &item.name, design::body(), palette.text, right - left - space::S);
    ui.painter().galley(pos2(left, middle - name.size().y / 2.0), name, palette.text);
    widgets::focus(ui, &response, radius::CONTROL);
    response.clicked()
}

fn answers(ui: &mut Ui, view: &mut AskView, scene: &mut Scene<'_>, ask: &Ask) {
    let texts = scene.texts;
    let taken: Option<Vec<u32>> = view
        .choosing
        .as_ref()
        .map(|left_out| ask.items.iter().map(|item| item.index).filter(|index| !left_out.contains(index)).collect());
    let mut decision = None;
    let label = match &taken {
        Some(some) if some.len() < ask.items.len() => texts.ask_accept_some(some.len() as u64),
        _ => texts.ask_accept().to_owned(),
    };
    let none = taken.as_ref().is_some_and(Vec::is_empty);
    let items = taken.filter(|some| some.len() < ask.items.len());
    ui.horizontal(|ui| {
        ui.add_enabled_ui(!none, |ui| {
            if widgets::primary(ui, &label).clicked() {
                let (items, into) = (items.clone(), view.into.clone());
                decision = Some(Decision::Accept { items, into, always: false });
            }
        });
        if widgets::quiet(ui, texts.ask_decline()).clicked() {
            decision = Some(Decision::Decline);
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if widgets::icon_button(ui, icons::PROHIBIT, texts.ask_block()).clicked() {
                decision = Some(Decision::Block);
            }
        });
    });
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(space::M, 0.0);
        if !ask.takes && link(ui, icons::TRAY_ARROW_DOWN, texts.ask_always()) {
            let (items, into) = (items.clone(), view.into.clone());
            if ask.verified {
                decision = Some(Decision::Accept { items, into, always: true });
            } else {
                // Only what was compared may come without asking.
                let then = Then::Accept { transfer: Some(ask.transfer), items, into };
                scene.actions.push(Action::Compare { with: ask.with, then });
            }
        }
        let files = ask.items.iter().any(|item| item.kind != ItemKind::Text);
        if !ask.takes && files && link(ui, icons::FOLDER_OPEN, texts.ask_folder()) {
            scene.actions.push(Action::PickAskFolder { with: ask.with, transfer: ask.transfer });
        }
        if ask.items.len() > 1 {
            let label = if view.choosing.is_some() { texts.ask_choose_less() } else { texts.ask_choose() };
            if link(ui, icons::CHECK_SQUARE, label) {
                view.choosing = if view.choosing.is_some() { None } else { Some(BTreeSet::new()) };
            }
        }
    });
    if let Some(decision) = decision {
        scene.actions.push(Action::Answer { with: ask.with, transfer: ask.transfer, decision });
    }
    if let Some(into) = &view.into {
        widgets::secondary(ui, format!("{} {}", texts.ask_into(), into.display()));
    }
}

fn link(ui: &mut Ui, icon: &str, label: &str) -> bool {
    Button::new(Kind::Flat, label).icon(icon).flush().show(ui).clicked()
}

fn foot(ui: &mut Ui, scene: &mut Scene<'_>, ask: &Ask, waiting: usize) {
    let texts = scene.texts;
    if !ask.stranger && waiting < 2 {
        return;
    }
    widgets::rule(ui);
    ui.horizontal(|ui| {
        if ask.stranger && link(ui, icons::BELL_SLASH, texts.ask_hide()) {
            scene.actions.push(Action::HideStrangers(HIDE));
        }
        if waiting > 1 {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                widgets::secondary(ui, texts.ask_more_waiting(waiting as u64 - 1));
            });
        }
    });
}
