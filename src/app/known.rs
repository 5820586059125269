//! The known computers: all of them in a list, and one with everything that is kept about it and can be decided.

use egui::{Align, CornerRadius, Layout, Rect, RichText, Sense, Ui, Vec2, WidgetInfo, accesskit::Role, pos2, vec2};

use super::{
    Scene,
    actions::{Action, Then},
    avatar,
    design::{self, Palette, radius, size, space},
    dialogs::{self, Next},
    header, icons, settings,
    widgets::{self, Button, Kind},
};
use crate::{
    engine::api::{Computer, Presence, Rule},
    i18n::Texts,
    protocol::Fingerprint,
};

/// One computer, as this person looks at it.
#[derive(Debug)]
pub struct AboutView {
    pub who: Fingerprint,
    /// As it is typed.
    name: String,
    key_shown: bool,
}

impl AboutView {
    #[must_use]
    pub fn new(who: Fingerprint, name: String) -> Self {
        Self { who, name, key_shown: false }
    }
}

/// Draws the list.
pub fn list(ui: &mut Ui, scene: &mut Scene<'_>) -> Next {
    let snapshot = scene.model.snapshot.clone();
    let known: Vec<&Computer> = snapshot.computers.iter().filter(|computer| !computer.new).collect();
    if known.is_empty() {
        dialogs::explain(ui, scene.texts.known_empty());
    }
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        for computer in known {
            if line(ui, scene.texts, computer) {
                scene.actions.push(Action::ShowAbout(computer.fingerprint));
            }
        }
    });
    dialogs::buttons(ui, scene, None)
}

fn line(ui: &mut Ui, texts: &Texts, computer: &Computer) -> bool {
    let palette = Palette::of(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), size::ROW), Sense::click());
    let sure = if computer.verified { texts.verified() } else { texts.not_verified() };
    let note = format!("{sure} · {}", rule_word(texts, computer.rule));
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("{}, {note}", computer.name)));
    widgets::follow_focus(ui, &response);
    let corner = CornerRadius::same(radius::CONTROL);
    let over = widgets::hover_amount(ui, &response);
    ui.painter().rect_filled(rect, corner, palette.hover.gamma_multiply(over));
    let picture = Rect::from_center_size(
        pos2(rect.left() + space::S + size::AVATAR / 2.0, rect.center().y),
        Vec2::splat(size::AVATAR),
    );
    let look = avatar::Look { away: computer.presence == Presence::Away, progress: None };
    avatar::paint(ui.painter(), picture, &computer.fingerprint, look);
    let left = picture.right() + space::M;
    let mark = match (computer.impostor_of, computer.verified) {
        (Some(_), _) => Some((icons::SHIELD_WARNING, palette.bad)),
        (None, true) => Some((icons::SEAL_CHECK, palette.accent)),
        (None, false) => None,
    };
    let room = rect.right() - space::S - left - if mark.is_some() { size::ICON_SMALL + space::XS } else { 0.0 };
    let name = widgets::one_line(ui, &computer.name, design::body(), palette.text, room);
    let note = widgets::one_line(ui, &note, design::small(), palette.secondary, rect.right() - space::S - left);
    let top = rect.center().y - (name.size().y + note.size().y) / 2.0;
    if let Some((icon, color)) = mark {
        let at = pos2(left + name.size().x + space::XS + size::ICON_SMALL / 2.0, top + name.size().y / 2.0);
        icons::paint(ui.painter(), at, icon, size::ICON_SMALL, color);
    }
    let below = top + name.size().y;
    ui.painter().galley(pos2(left, top), name, palette.text);
    ui.painter().galley(pos2(left, below), note, palette.secondary);
    widgets::focus(ui, &response, radius::CONTROL);
    response.clicked()
}

fn rule_word(texts: &Texts, rule: Rule) -> &str {
    match rule {
        Rule::Ask => texts.menu_ask(),
        Rule::Accept => texts.menu_accept(),
        Rule::Block => texts.list_blocked(),
    }
}

/// Draws one of them.
pub fn about(ui: &mut Ui, view: &mut AboutView, scene: &mut Scene<'_>) -> Next {
    let snapshot = scene.model.snapshot.clone();
    // Forgotten, or a stranger that left.
    let Some(computer) = snapshot.computers.iter().find(|computer| computer.fingerprint == view.who) else {
        return Next::Close;
    };
    ui.spacing_mut().item_spacing = vec2(space::S, space::XS);
    sure(ui, scene, computer);
    if !computer.new {
        settings::heading(ui, scene.texts.rename_field());
        let field = widgets::field(ui, &mut view.name, scene.texts.rename_field(), &computer.name);
        dialogs::truncate(&mut view.name);
        if field.lost_focus() {
            leave(view, scene);
        }
    }
    rules(ui, scene, computer);
    if !computer.new {
        folder(ui, scene, computer);
    }
    key(ui, view, scene, computer);
    let mut next = Next::Stay;
    dialogs::row(ui, |ui| {
        if dialogs::focused_first(ui, Button::new(Kind::Primary, scene.texts.done())) {
            leave(view, scene);
            next = Next::Close;
        }
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            if !computer.new
                && Button::new(Kind::Flat, scene.texts.menu_forget()).icon(icons::TRASH).flush().show(ui).clicked()
            {
                scene.actions.push(Action::AskForget(computer.fingerprint));
            }
        });
    });
    next
}

/// A name that was typed holds also when the dialog is left from its field.
pub fn leave(view: &AboutView, scene: &mut Scene<'_>) {
    let Some(computer) = scene.model.computer(view.who).filter(|computer| !computer.new) else { return };
    let name = view.name.trim();
    if name != computer.name {
        let name = Some(name.to_owned()).filter(|name| !name.is_empty());
        scene.actions.push(Action::Rename { with: view.who, name });
    }
}

/// Whether it is the right one, since when it is known, and the way to be surer.
fn sure(ui: &mut Ui, scene: &mut Scene<'_>, computer: &Computer) {
    let texts = scene.texts;
    let palette = Palette::of(ui);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::M;
        let look = avatar::Look { away: computer.presence == Presence::Away, progress: None };
        avatar::show(ui, size::AVATAR, &computer.fingerprint, look);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let can = computer.rule != Rule::Block;
            if can && widgets::quiet(ui, texts.menu_compare()).clicked() {
                scene.actions.push(Action::Compare { with: computer.fingerprint, then: Then::Nothing });
            }
            ui.with_layout(Layout::top_down(Align::Min), |ui| {
                ui.spacing_mut().item_spacing.y = 2.0;
                let words = if computer.verified { texts.about_verified() } else { texts.about_met() };
                ui.horizontal(|ui| {
                    ui.spacing_mut().item_spacing.x = space::XS;
                    if computer.verified {
                        let (rect, _) = ui.allocate_exact_size(Vec2::splat(size::ICON_SMALL), Sense::hover());
                        icons::paint(ui.painter(), rect.center(), icons::SEAL_CHECK, size::ICON_SMALL, palette.accent);
                    }
                    ui.label(RichText::new(words).font(design::body()).color(palette.text));
                });
                if let Some(first) = computer.first_seen {
                    widgets::secondary(ui, texts.about_first_seen(&texts.when(first)));
                }
                if let Some(last) = computer.last_seen {
                    let when = match computer.presence {
                        Presence::Away => texts.about_last_seen(&texts.when(last)),
                        _ => texts.header_reachable().to_owned(),
                    };
                    widgets::secondary(ui, when);
                }
            });
        });
    });
    if let Some(known) = computer.impostor_of {
        let name = scene.model.name(known);
        let (title, note) = (texts.impostor_title(&name), texts.impostor_note(&name));
        header::banner(ui, palette.bad_tint, (icons::SHIELD_WARNING, palette.bad), Some(&title), &note);
    }
}

fn rules(ui: &mut Ui, scene: &mut Scene<'_>, computer: &Computer) {
    let texts = scene.texts;
    let with = computer.fingerprint;
    settings::heading(ui, texts.about_rule());
    let choices =
        [(Rule::Ask, texts.rule_ask()), (Rule::Accept, texts.rule_accept()), (Rule::Block, texts.rule_block())];
    match widgets::segments(ui, texts.about_rule(), computer.rule, &choices) {
        // What may come unasked must come from whom this person is sure of.
        Some(Rule::Accept) if !computer.verified => {
            let then = Then::Accept { transfer: None, items: None, into: None };
            scene.actions.push(Action::Compare { with, then });
        }
        Some(Rule::Block) => scene.actions.push(Action::AskBlock(with)),
        Some(rule) => scene.actions.push(Action::SetRule { with, rule }),
        None => {}
    }
    if !computer.verified && computer.rule != Rule::Block {
        widgets::secondary(ui, texts.about_rule_explain());
    }
}

fn folder(ui: &mut Ui, scene: &mut Scene<'_>, computer: &Computer) {
    let texts = scene.texts;
    settings::heading(ui, texts.about_folder());
    let usual = scene.model.snapshot.me.folder.clone();
    let path = computer.folder.clone().unwrap_or(usual);
    if settings::folder_line(ui, texts, &path) {
        scene.actions.push(Action::PickFolderOf(computer.fingerprint));
    }
    if computer.folder.is_some() && settings::usual_folder(ui, texts) {
        scene.actions.push(Action::SetFolder { with: computer.fingerprint, folder: None });
    }
}

/// Long and of no use but to those who want it, so only when asked for.
fn key(ui: &mut Ui, view: &mut AboutView, scene: &mut Scene<'_>, computer: &Computer) {
    let texts = scene.texts;
    let palette = Palette::of(ui);
    ui.add_space(space::S);
    if !view.key_shown {
        view.key_shown = Button::new(Kind::Flat, texts.about_key_show()).icon(icons::LOCK).flush().show(ui).clicked();
        return;
    }
    settings::heading(ui, texts.settings_fingerprint());
    let whole = computer.fingerprint.to_string();
    ui.horizontal(|ui| {
        let lines: Vec<String> = whole.as_bytes().chunks(32).map(grouped).collect();
        let text = RichText::new(lines.join("\n")).font(design::small()).color(palette.text);
        let words = ui.label(text);
        words.widget_info(|| WidgetInfo::labeled(Role::Label, true, &whole));
        if widgets::icon_button(ui, icons::COPY, texts.menu_copy_fingerprint()).clicked() {
            scene.actions.push(Action::CopyText(whole.clone()));
        }
    });
}

/// In fours, as one reads them aloud.
fn grouped(digits: &[u8]) -> String {
    let fours: Vec<String> =
        digits.chunks(4).map(|four| four.iter().map(|digit| char::from(*digit)).collect()).collect();
    fours.join(" ")
}
