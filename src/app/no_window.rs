//! The small window of a program that can't start: why, and what to do. Whoever started it from a menu has no terminal.

use egui::{Align, CentralPanel, Frame, Key, Label, Layout, RichText, Ui, ViewportCommand, vec2};

use super::{
    RunError,
    design::{self, Palette, space},
    drawings::{self, Drawing},
    fonts,
    run::options,
    widgets::{Button, Kind},
};
use crate::{i18n::Texts, platform::windowing};

/// As large as the words need.
const SIZE: [f32; 2] = [480.0, 420.0];

const DRAWING: f32 = 200.0;

/// Shows a sentence until a person closes the window.
///
/// # Errors
/// There is no display, or it takes no window.
pub fn show_why_not(sentence: String) -> Result<(), RunError> {
    if !windowing::has_display() {
        return Err(RunError::NoDisplay);
    }
    fonts::warm_up();
    let window = move |creation: &eframe::CreationContext<'_>| {
        let texts = Texts::for_setting(None);
        design::install(&creation.egui_ctx);
        fonts::install(&creation.egui_ctx, texts.language());
        Ok(Box::new(WhyNot { texts, sentence }) as Box<dyn eframe::App>)
    };
    eframe::run_native("Fantail", options(SIZE, true), Box::new(window))
        .map_err(|error| RunError::Window(error.to_string()))
}

struct WhyNot {
    texts: Texts,
    sentence: String,
}

impl eframe::App for WhyNot {
    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        if self.draw(ui) {
            ui.ctx().send_viewport_cmd(ViewportCommand::Close);
        }
    }
}

impl WhyNot {
    /// True when it was read.
    fn draw(&self, ui: &mut Ui) -> bool {
        let palette = Palette::of(ui);
        let frame = Frame::new().fill(palette.conversation).inner_margin(space::L);
        let closed = CentralPanel::no_frame().frame(frame).show(ui, |ui| {
            ui.spacing_mut().item_spacing = vec2(space::S, space::M);
            ui.with_layout(Layout::top_down(Align::Center), |ui| {
                drawings::show(ui, Drawing::Trouble, DRAWING);
                ui.label(RichText::new(self.texts.start_title()).font(design::title()).color(palette.text));
                let sentence = RichText::new(&self.sentence).font(design::body()).color(palette.secondary);
                ui.add(Label::new(sentence).wrap().halign(Align::Center));
                Button::new(Kind::Primary, self.texts.quit_go()).show(ui).clicked()
            })
            .inner
        });
        closed.inner || ui.input(|input| input.key_pressed(Key::Escape) || input.key_pressed(Key::Enter))
    }
}

#[cfg(test)]
mod tests {
    use egui_kittest::{Harness, kittest::Queryable as _};

    use super::*;
    use crate::i18n::Language;

    #[test]
    fn a_window_that_can_not_be_says_why_in_both_languages_and_goes_when_it_was_read() {
        for (tag, quit) in [("en", "Quit"), ("zh-CN", "退出")] {
            let texts = Texts::new(Language::for_tag(tag).unwrap());
            let language = texts.language();
            let sentence = texts.start_not_writable("/home/mei/.local/share/fantail");
            let shown = WhyNot { texts, sentence: sentence.clone() };
            let mut harness = Harness::builder()
                .with_size(egui::Vec2::from(SIZE))
                .with_context_setup(move |ctx| {
                    fonts::install(ctx, language);
                    design::install(ctx);
                })
                .build_ui_state(move |ui, closed: &mut bool| *closed |= shown.draw(ui), false);
            harness.run();
            let screen = harness.ctx.content_rect();
            assert!(screen.contains_rect(harness.get_by_label(&sentence).rect()), "{tag}: all of it can be read");
            let button = harness.get_by_label(quit);
            assert!(screen.contains_rect(button.rect()), "{tag}");
            button.click();
            harness.run();
            assert!(*harness.state(), "{tag}: it goes");
        }
    }
}
