//! Being sure: the code that both screens show, in a dialog of its own or, when the other person began, on a calm card.

use egui::{Align, Align2, Area, Layout, Order, Rect, RichText, Sense, Ui, WidgetInfo, accesskit::Role, pos2, vec2};

use super::{
    App, Scene,
    actions::{Action, Then},
    avatar,
    design::{self, Palette, size, space},
    dialogs::{self, Dialog, Next},
    icons,
    model::Purpose,
    widgets::{self, Button, Kind},
};
use crate::{
    engine::api::{Code, Command, Comparison, ComparisonStage, Decision, Problem, Rule},
    i18n::Texts,
    protocol::Fingerprint,
};

/// So many seconds a new code ignores clicks: one that was meant for what was there before says nothing about it.
const SETTLE: f64 = 0.5;

const WIDTH: f32 = 440.0;

/// The picture above the waiting line.
const FACE: f32 = 56.0;

/// One comparison, as this person goes through it.
#[derive(Debug)]
pub struct CompareView {
    pub who: Fingerprint,
    /// What it is for; taken when they match.
    pub then: Then,
    page: Page,
    settled: Settled,
}

#[derive(Debug, PartialEq)]
enum Page {
    /// The engine has not said which one it is.
    Asked,
    Watched {
        number: u64,
        /// It was in a snapshot.
        seen: bool,
    },
    Failed(Problem),
    Differs,
}

/// Since when a code is on the screen.
#[derive(Debug, Default)]
struct Settled {
    code: Option<Code>,
    /// By egui's clock, in seconds.
    since: f64,
}

impl Settled {
    /// Whether a click is about this code.
    fn on(&mut self, ui: &Ui, code: Code) -> bool {
        let now = ui.input(|input| input.time);
        if self.code != Some(code) {
            *self = Self { code: Some(code), since: now };
        }
        now - self.since >= SETTLE
    }
}

impl CompareView {
    #[must_use]
    pub fn new(who: Fingerprint, then: Then) -> Self {
        Self { who, then, page: Page::Asked, settled: Settled::default() }
    }

    /// They differed already, on the card.
    fn differs(who: Fingerprint) -> Self {
        Self { page: Page::Differs, ..Self::new(who, Then::Nothing) }
    }

    /// What the engine says to the wish to compare.
    pub(super) fn answered(&mut self, answer: Result<u64, Problem>) {
        if self.page == Page::Asked {
            self.page = match answer {
                Ok(number) => Page::Watched { number, seen: false },
                Err(problem) => Page::Failed(problem),
            };
        }
    }

    #[must_use]
    pub fn title(&self, scene: &Scene<'_>) -> String {
        let name = scene.model.name(self.who);
        match self.page {
            Page::Differs => scene.texts.compare_differ_title().to_owned(),
            _ => scene.texts.compare_title(&name),
        }
    }
}

/// Draws the dialog's content.
pub fn show(ui: &mut Ui, view: &mut CompareView, scene: &mut Scene<'_>) -> Next {
    let snapshot = scene.model.snapshot.clone();
    let stage = match &mut view.page {
        Page::Asked => ComparisonStage::UnderWay,
        Page::Failed(problem) => ComparisonStage::Failed(problem.clone()),
        Page::Differs => return differs(ui, view, scene),
        Page::Watched { number, seen } => match &snapshot.comparison {
            // The other person may begin anew, with a new code on both screens.
            Some(comparison) if comparison.with == view.who && comparison.number >= *number => {
                (*number, *seen) = (comparison.number, true);
                comparison.stage.clone()
            }
            // Shown long enough, or forgotten with the computer.
            _ if *seen => return Next::Close,
            _ => ComparisonStage::UnderWay,
        },
    };
    match stage {
        ComparisonStage::UnderWay => under_way(ui, view, scene),
        ComparisonStage::Code(code) => compared(ui, view, scene, code),
        ComparisonStage::Failed(problem) => failed(ui, view, scene, &problem),
    }
}

fn under_way(ui: &mut Ui, view: &CompareView, scene: &mut Scene<'_>) -> Next {
    let texts = scene.texts;
    let name = scene.model.name(view.who);
    ui.vertical_centered(|ui| {
        avatar::show(ui, FACE, &view.who, avatar::Look::default());
    });
    ui.horizontal(|ui| {
        ui.add(egui::Spinner::new().size(size::ICON_SMALL).color(Palette::of(ui).accent));
        widgets::secondary(ui, texts.compare_waiting(&name));
    });
    let mut next = Next::Stay;
    dialogs::row(ui, |ui| {
        if dialogs::focused_first(ui, Button::new(Kind::Quiet, texts.cancel())) {
            next = Next::Close;
        }
    });
    next
}

fn compared(ui: &mut Ui, view: &mut CompareView, scene: &mut Scene<'_>, code: Code) -> Next {
    let texts = scene.texts;
    let name = scene.model.name(view.who);
    dialogs::explain(ui, &texts.compare_explain(&name));
    ui.add_space(space::S);
    draw_code(ui, texts, code, size::PICTOGRAM);
    let settled = view.settled.on(ui, code);
    let mut same = None;
    let mut next = Next::Stay;
    dialogs::row(ui, |ui| {
        if widgets::primary(ui, texts.compare_match()).clicked() {
            same = Some(true);
        }
        if widgets::quiet(ui, texts.compare_differ()).clicked() {
            same = Some(false);
        }
        // Pressing Enter without having looked says nothing.
        if dialogs::focused_first(ui, Button::new(Kind::Flat, texts.cancel())) {
            next = Next::Close;
        }
    });
    match same.filter(|_| settled) {
        Some(true) => {
            let then = std::mem::replace(&mut view.then, Then::Nothing);
            scene.actions.push(Action::Compared { with: view.who, same: true, then });
            Next::Close
        }
        Some(false) => {
            scene.actions.push(Action::Compared { with: view.who, same: false, then: Then::Nothing });
            view.page = Page::Differs;
            Next::Stay
        }
        None => next,
    }
}

fn failed(ui: &mut Ui, view: &mut CompareView, scene: &mut Scene<'_>, problem: &Problem) -> Next {
    let texts = scene.texts;
    dialogs::problem(ui, &texts.problem_sentence(problem));
    if might_be_meant(problem) {
        dialogs::explain(ui, texts.compare_broke_explain());
    }
    let mut next = Next::Stay;
    dialogs::row(ui, |ui| {
        let again = !matches!(problem, Problem::ComparedTooOften { .. } | Problem::Unsupported);
        if again && widgets::quiet(ui, texts.compare_again()).clicked() {
            view.page = Page::Asked;
            scene.actions.push(Action::CompareAgain(view.who));
        }
        if dialogs::focused_first(ui, Button::new(Kind::Quiet, texts.close())) {
            next = Next::Close;
        }
    });
    next
}

/// Who stands between and does not like the code would make it end like this.
fn might_be_meant(problem: &Problem) -> bool {
    matches!(problem, Problem::CompareBroke | Problem::Misbehaved | Problem::CompareClosed)
}

fn differs(ui: &mut Ui, view: &CompareView, scene: &mut Scene<'_>) -> Next {
    let texts = scene.texts;
    dialogs::problem(ui, texts.compare_differ_explain());
    let block = Action::SetRule { with: view.who, rule: Rule::Block };
    let mut next = Next::Stay;
    dialogs::row(ui, |ui| {
        if Button::new(Kind::Danger, texts.block_go()).show(ui).clicked() {
            scene.actions.push(block);
            next = Next::Close;
        }
        if dialogs::focused_first(ui, Button::new(Kind::Quiet, texts.close())) {
            next = Next::Close;
        }
    });
    next
}

/// Four pictures with their names, and the digits below.
fn draw_code(ui: &mut Ui, texts: &Texts, code: Code, height: f32) {
    let palette = Palette::of(ui);
    let name_height = size::SMALL * 1.5;
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), height * 1.25 + name_height), Sense::hover());
    let pictures: Vec<(u8, &str)> = code.pictures().collect();
    let wide = rect.width() / pictures.len() as f32;
    for (place, (number, picture)) in pictures.into_iter().enumerate() {
        let name = texts.emoji_name(number.into());
        let column = Rect::from_min_size(rect.min + vec2(wide * place as f32, 0.0), vec2(wide, rect.height()));
        let response = ui.interact(column, ui.scope_id().with(("picture", place)), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &name));
        let at = pos2(column.center().x, column.top() + height * 0.625);
        ui.painter().text(at, Align2::CENTER_CENTER, picture, egui::FontId::proportional(height), palette.text);
        let line = widgets::one_line(ui, &name, design::small(), palette.secondary, wide - space::XS);
        let left = column.center().x - line.size().x / 2.0;
        ui.painter().galley(pos2(left, column.bottom() - name_height), line, palette.secondary);
    }
    let digits = RichText::new(code.digits()).font(design::code()).color(palette.text);
    ui.vertical_centered(|ui| ui.label(digits));
}

/// The card's memory between frames.
#[derive(Debug, Default)]
pub struct CompareCard {
    settled: Settled,
    /// The one this person is done with; the engine hears of it a moment later.
    done: Option<u64>,
}

/// Draws what another person began over the upper part of `place`; only where nothing else asks.
pub fn card(ui: &Ui, card: &mut CompareCard, scene: &mut Scene<'_>, place: Rect) {
    let snapshot = scene.model.snapshot.clone();
    let Some(comparison) = &snapshot.comparison else { return };
    let done = card.done == Some(comparison.number);
    if done || !snapshot.asks.is_empty() || comparison.stage == ComparisonStage::UnderWay {
        return;
    }
    let palette = Palette::of(ui);
    let width = WIDTH.min(place.width() - 2.0 * space::M);
    let title = if comparison.begun_here {
        scene.texts.compare_title(&comparison.name)
    } else {
        scene.texts.compare_asked(&comparison.name)
    };
    Area::new(ui.scope_id().with("comparison"))
        .order(Order::Middle)
        .pivot(Align2::CENTER_TOP)
        .fixed_pos(pos2(place.center().x, place.top() + space::M))
        .constrain_to(place)
        .role(Role::Dialog)
        .accessible_name(title.clone())
        .show(ui.ctx(), |ui| {
            widgets::card(ui).shadow(design::float_shadow(palette)).show(ui, |ui| {
                ui.set_width(width - 2.0 * space::L);
                ui.spacing_mut().item_spacing = vec2(space::S, space::M);
                card_head(ui, scene, comparison, &title);
                match &comparison.stage {
                    ComparisonStage::UnderWay => {}
                    ComparisonStage::Code(code) => card_code(ui, card, scene, comparison, *code),
                    ComparisonStage::Failed(problem) => {
                        dialogs::problem(ui, &scene.texts.problem_sentence(problem));
                        if might_be_meant(problem) {
                            widgets::secondary(ui, scene.texts.compare_broke_explain());
                        }
                    }
                }
            });
        });
}

fn card_head(ui: &mut Ui, scene: &mut Scene<'_>, comparison: &Comparison, title: &str) {
    let palette = Palette::of(ui);
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = space::M;
        avatar::show(ui, size::AVATAR, &comparison.with, avatar::Look::default());
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            if widgets::icon_button(ui, icons::X, scene.texts.close()).clicked() {
                scene.actions.push(Action::EndCompare(comparison.with));
            }
            ui.with_layout(Layout::top_down(Align::Min), |ui| {
                ui.spacing_mut().item_spacing.y = 2.0;
                let title = RichText::new(title).font(design::body()).color(palette.text);
                ui.add(egui::Label::new(title).wrap());
                if comparison.stranger {
                    widgets::secondary(ui, scene.texts.stranger_note());
                }
                widgets::secondary(ui, scene.texts.compare_asked_explain());
            });
        });
    });
}

fn card_code(ui: &mut Ui, card: &mut CompareCard, scene: &mut Scene<'_>, comparison: &Comparison, code: Code) {
    let texts = scene.texts;
    draw_code(ui, texts, code, size::PICTOGRAM_SMALL);
    let settled = card.settled.on(ui, code);
    let mut same = None;
    ui.horizontal(|ui| {
        if widgets::primary(ui, texts.compare_match()).clicked() {
            same = Some(true);
        }
        if widgets::quiet(ui, texts.compare_differ()).clicked() {
            same = Some(false);
        }
    });
    if let Some(same) = same.filter(|_| settled) {
        scene.actions.push(Action::Compared { with: comparison.with, same, then: Then::Nothing });
        if !same {
            scene.actions.push(Action::ShowDiffers(comparison.with));
        }
    }
}

impl App {
    /// Opens the dialog and asks the engine for a code.
    pub(super) fn compare(&mut self, with: Fingerprint, then: Then) {
        self.open(Dialog::Compare(Box::new(CompareView::new(with, then))));
        self.compare_again(with);
    }

    pub(super) fn compare_again(&mut self, with: Fingerprint) {
        self.command(Command::Compare { with }, Purpose::Compare(with));
    }

    /// The engine has answered; a dialog that was closed meanwhile wants nothing any more.
    pub(super) fn compare_answered(&mut self, with: Fingerprint, answer: Result<u64, Problem>) {
        match &mut self.dialog {
            Some(Dialog::Compare(view)) if view.who == with => view.answered(answer),
            _ => self.end_comparing(with),
        }
    }

    /// It isn't shown any more here, and stopped if it is under way.
    pub(super) fn end_comparing(&mut self, with: Fingerprint) {
        let shown = self.model.snapshot.comparison.as_ref().filter(|comparison| comparison.with == with);
        self.comparison.done = shown.map(|comparison| comparison.number);
        self.command(Command::EndCompare { with }, Purpose::Quiet);
    }

    pub(super) fn show_differs(&mut self, with: Fingerprint) {
        self.open(Dialog::Compare(Box::new(CompareView::differs(with))));
    }

    /// This person has looked at both screens.
    pub(super) fn compared(&mut self, with: Fingerprint, same: bool, then: Then) {
        self.command(Command::Verify { with, verified: same }, Purpose::Plain);
        self.end_comparing(with);
        if !same {
            return;
        }
        self.toasts.say(self.texts.compare_matched(&self.model.name(with)));
        match then {
            Then::Nothing => {}
            Then::Send { to, what, undo } => self.send_now(&to, what, undo.as_deref()),
            Then::Accept { transfer, items, into } => {
                let waits =
                    |transfer| self.model.snapshot.asks.iter().any(|ask| ask.with == with && ask.transfer == transfer);
                // What was asked meanwhile may have gone away; the rule is wanted all the same.
                match transfer.filter(|transfer| waits(*transfer)) {
                    Some(transfer) => {
                        let decision = Decision::Accept { items, into, always: true };
                        self.command(Command::Answer { with, transfer, decision }, Purpose::Plain);
                    }
                    None => self.command(Command::SetRule { with, rule: Rule::Accept }, Purpose::Plain),
                }
            }
        }
    }
}
