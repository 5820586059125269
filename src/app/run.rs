//! Opening the window: the engine before it, the engine's end after it.

use std::{
    path::PathBuf,
    sync::{Arc, OnceLock},
    time::Duration,
};

use super::{App, drawings, fonts};
use crate::{
    engine::{Engine, StartError, api::Config},
    platform::{interrupt::on_interrupt, memory, windowing},
};

/// How long goodbyes may take when the window closes.
const GOODBYE: Duration = Duration::from_secs(1);
/// The least window: one screen of list or conversation.
const LEAST: [f32; 2] = [420.0, 400.0];
/// The first window.
const FIRST: [f32; 2] = [1080.0, 720.0];
/// Requests from outside that may wait for the window.
const REQUESTS: usize = 16;
/// What the desktop entry and the icon are called.
const APP_ID: &str = "io.github.fantail.Fantail";

/// How to open the window.
#[derive(Debug)]
pub struct Options {
    pub config: Config,
    /// Ready to be sent, as from "Open with".
    pub paths: Vec<PathBuf>,
}

/// Why there is no window.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// There is no display. The command line works without one.
    #[error("there is no display to open a window on; `fantail --help` lists what works without")]
    NoDisplay,
    #[error(transparent)]
    Engine(#[from] StartError),
    #[error("the window could not be opened: {0}")]
    Window(String),
}

/// Opens the window and returns when it is closed.
///
/// `serve` is told how to bring the window to the front with paths ready for sending (for other starts of the program),
/// and what it returns is kept until the window is closed.
///
/// # Errors
/// See [`RunError`].
pub fn run<S>(options: Options, serve: impl FnOnce(&Engine, Show) -> S) -> Result<(), RunError> {
    if !windowing::has_display() {
        return Err(RunError::NoDisplay);
    }
    memory::give_back_large_pieces();
    fonts::warm_up();
    let previews = options.config.home.previews.clone();
    let engine = Engine::start(options.config)?;
    let ctx: Arc<OnceLock<egui::Context>> = Arc::default();
    let (sender, requests) = flume::bounded(REQUESTS);
    if !options.paths.is_empty() {
        sender.try_send(Request::Show(options.paths)).ok();
    }
    end_when_asked(ctx.clone(), sender.clone());
    let serving = serve(&engine, Show { ctx: ctx.clone(), sender });

    let settings = engine.client(|| {}).snapshot().settings.clone();
    let native = native_options(settings.window.as_deref());
    let client_of = |ctx: &egui::Context| {
        let ctx = ctx.clone();
        engine.client(move || ctx.request_repaint_of(egui::ViewportId::ROOT))
    };
    let opened = eframe::run_native(
        "Fantail",
        native,
        Box::new(|creation| {
            ctx.set(creation.egui_ctx.clone()).ok();
            let link = Box::new(client_of(&creation.egui_ctx));
            let app = App::new(&creation.egui_ctx, link, requests);
            app.previews.keep_in(previews);
            Ok(Box::new(app))
        }),
    );
    drop(serving);
    engine.shutdown(GOODBYE);
    opened.map_err(|error| RunError::Window(error.to_string()))
}

/// What is asked of the window by something else than a hand.
#[derive(Debug)]
pub enum Request {
    /// To come to the front, with paths ready to be sent.
    Show(Vec<PathBuf>),
    /// To close, without a question: the system or a terminal ends this program.
    End,
}

/// Closes the window as a person would, so that the others are told.
fn end_when_asked(ctx: Arc<OnceLock<egui::Context>>, sender: flume::Sender<Request>) {
    let listening = on_interrupt(move |_| {
        // On a thread of its own, which may wait until there is room.
        sender.send(Request::End).ok();
        wake(&ctx);
    });
    if let Err(error) = listening {
        log::warn!("the window will not notice when the system ends it: {error}");
    }
}

/// Brings the window to the front. May be called from any thread; doesn't wait.
#[derive(Clone, Debug)]
pub struct Show {
    ctx: Arc<OnceLock<egui::Context>>,
    sender: flume::Sender<Request>,
}

impl Show {
    /// With paths ready to be sent, or none.
    pub fn show(&self, paths: Vec<PathBuf>) {
        self.sender.try_send(Request::Show(paths)).ok();
        wake(&self.ctx);
    }
}

/// The window looks at what was asked of it; before there is one, it will by itself.
fn wake(ctx: &OnceLock<egui::Context>) {
    if let Some(ctx) = ctx.get() {
        ctx.request_repaint_of(egui::ViewportId::ROOT);
    }
}

fn native_options(window: Option<&str>) -> eframe::NativeOptions {
    options(window.and_then(parse_size).unwrap_or(FIRST), window.is_none())
}

/// What this program's windows have in common.
pub(super) fn options(size: [f32; 2], centered: bool) -> eframe::NativeOptions {
    let viewport = egui::ViewportBuilder::default()
        .with_title("Fantail")
        .with_app_id(APP_ID)
        .with_icon(drawings::window_icon())
        .with_inner_size(size)
        .with_min_inner_size(LEAST)
        .with_drag_and_drop(true);
    eframe::NativeOptions {
        viewport,
        renderer: eframe::Renderer::Glow,
        event_loop_builder: Some(Box::new(windowing::prepare)),
        centered,
        // Fonts come from `fonts`, with the language this person chose.
        system_font_fallback: false,
        clipboard_shortcuts: false,
        ..eframe::NativeOptions::default()
    }
}

/// "1080 720", as [`size_text`] writes it.
fn parse_size(text: &str) -> Option<[f32; 2]> {
    let (width, height) = text.split_once(' ')?;
    let size = [width.parse().ok()?, height.parse().ok()?];
    let sane = |side: f32, least: f32| side.is_finite() && (least..=10_000.0).contains(&side);
    (sane(size[0], LEAST[0]) && sane(size[1], LEAST[1])).then_some(size)
}

/// How [`crate::store::model::Settings::window`] says the window's size.
#[must_use]
pub(super) fn size_text(size: egui::Vec2) -> String {
    format!("{:.0} {:.0}", size.x, size.y)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_comes_back_in_the_size_it_had() {
        assert_eq!(parse_size(&size_text(egui::vec2(900.4, 640.0))), Some([900.0, 640.0]));
        for nonsense in ["", "900", "10 10", "NaN 700", "900 1e9", "a b"] {
            assert_eq!(parse_size(nonsense), None, "{nonsense}");
        }
    }
}
