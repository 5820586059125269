//! Which window system there is, and what it can do.
//!
//! winit's Wayland backend delivers no dropped files, its X11 backend does, and every Wayland desktop with XWayland
//! hands drags across. So on such a desktop XWayland is preferred; the price is a window scaled by the compositor on some
//! fractionally scaled screens. `FANTAIL_WAYLAND=1` keeps to Wayland.
#![forbid(unsafe_code)]

use winit::event_loop::EventLoopBuilder;

/// Whether a window can be shown at all: whether there is a display to show it on.
pub fn has_display() -> bool {
    backend().is_some()
}

/// Whether files dragged onto the window arrive, so that the window may promise it.
pub fn drops_work() -> bool {
    backend().is_some_and(|backend| backend != Backend::Wayland)
}

/// To be called on the event loop's builder before the window is made; it makes the window system the one that
/// [`drops_work`] speaks of.
pub fn prepare<T: 'static>(builder: &mut EventLoopBuilder<T>) {
    #[cfg(all(unix, not(target_os = "macos")))]
    match backend() {
        Some(Backend::X11) => {
            winit::platform::x11::EventLoopBuilderExtX11::with_x11(builder);
        }
        Some(Backend::Wayland) => {
            winit::platform::wayland::EventLoopBuilderExtWayland::with_wayland(builder);
        }
        _ => {}
    }
    #[cfg(not(all(unix, not(target_os = "macos"))))]
    let _ = builder;
}

/// Keeps to Wayland where XWayland would be preferred, when it is `1`.
pub const KEEP_WAYLAND: &str = "FANTAIL_WAYLAND";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(dead_code, reason = "each system has only some of them")]
enum Backend {
    X11,
    Wayland,
    /// The one that Windows or macOS has.
    Own,
}

#[cfg(all(unix, not(target_os = "macos")))]
fn backend() -> Option<Backend> {
    use std::sync::OnceLock;

    // The environment doesn't change, and the X server is asked only once.
    static BACKEND: OnceLock<Option<Backend>> = OnceLock::new();
    *BACKEND.get_or_init(|| {
        let given = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let wayland = given("WAYLAND_DISPLAY") || given("WAYLAND_SOCKET");
        let keep_wayland = std::env::var_os(KEEP_WAYLAND).is_some_and(|value| value == "1");
        choose(wayland, given("DISPLAY"), keep_wayland, || x11rb::connect(None).is_ok())
    })
}

#[cfg(not(all(unix, not(target_os = "macos"))))]
fn backend() -> Option<Backend> {
    Some(Backend::Own)
}

/// `x11_answers` is asked only where the answer matters: a DISPLAY may be left over from a session without XWayland.
#[cfg(all(unix, not(target_os = "macos")))]
fn choose(wayland: bool, x11: bool, keep_wayland: bool, x11_answers: impl FnOnce() -> bool) -> Option<Backend> {
    match (wayland, x11) {
        (false, false) => None,
        (false, true) => Some(Backend::X11),
        (true, true) if !keep_wayland && x11_answers() => Some(Backend::X11),
        (true, _) => Some(Backend::Wayland),
    }
}

#[cfg(all(test, unix, not(target_os = "macos")))]
mod tests {
    use super::*;

    #[test]
    fn xwayland_is_preferred_where_it_answers_because_drops_arrive_there() {
        assert_eq!(choose(true, true, false, || true), Some(Backend::X11));
        assert_eq!(choose(true, true, false, || false), Some(Backend::Wayland));
        assert_eq!(choose(true, false, false, || unreachable!()), Some(Backend::Wayland));
    }

    #[test]
    fn a_person_who_wants_wayland_keeps_it() {
        assert_eq!(choose(true, true, true, || true), Some(Backend::Wayland));
    }

    #[test]
    fn without_any_display_there_is_no_window() {
        assert_eq!(choose(false, false, false, || unreachable!()), None);
        assert_eq!(choose(false, true, true, || unreachable!()), Some(Backend::X11));
    }
}
