//! Where the pointer is while something is dragged over the window from another program.
//!
//! During such a drag neither winit nor egui reports a pointer position on any system, so the window system is asked
//! itself. Wayland tells nobody. XWayland knows the pointer while the drag comes from another X11 program; during a drag
//! from a Wayland program it still tells where the pointer was before, which may be over the wrong computer's tile. It has
//! not seen the button go down then, so a position counts only while a button is held, or was a moment ago.
//!
//! Unsafe code is allowed here for the two systems whose call takes a raw window: Windows (`ScreenToClient`) and macOS
//! (the view behind the handle). The handle is borrowed for the length of the call, so the window is alive.

use winit::raw_window_handle::{HasWindowHandle, RawWindowHandle};

/// A place in physical pixels, from the upper left corner of the window's content. Negative or beyond the window's size
/// when the pointer is outside.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Position {
    pub x: f32,
    pub y: f32,
}

/// Asks the window system. Keeps what it needs for asking (on X11 a connection of its own), so make one and keep it.
#[derive(Debug, Default)]
pub struct PointerProbe {
    system: system::Probe,
}

impl PointerProbe {
    /// The pointer's place over this window, or `None` where the system doesn't tell: then a drop is meant for the window,
    /// and nothing smaller. Meant to be called once a frame while files hover and when they are dropped; never waits longer
    /// than a few milliseconds.
    pub fn position(&mut self, window: &dyn HasWindowHandle) -> Option<Position> {
        let handle = window.window_handle().ok()?;
        self.system.position(handle.as_raw())
    }
}

#[cfg(all(unix, not(target_os = "macos")))]
mod system {
    #![forbid(unsafe_code)]

    use std::{
        thread,
        time::{Duration, Instant},
    };

    use x11rb::{
        errors::ReplyError,
        protocol::xproto::{ConnectionExt as _, KeyButMask},
        rust_connection::RustConnection,
    };

    use super::{Position, RawWindowHandle};

    /// A local X server answers in well under a millisecond. One that doesn't is not waited for: the frame matters more
    /// than the newest place, and the last one is good enough for so long.
    const PATIENCE: Duration = Duration::from_millis(4);

    /// From letting the button go to the files being there: they are fetched from the other program in between.
    const AFTER_RELEASE: Duration = Duration::from_secs(2);

    type Window = u32;

    /// Asks on a thread of its own, with a connection of its own, because waiting for an X server has no time limit. Both
    /// end with the probe.
    #[derive(Debug, Default)]
    pub(super) struct Probe {
        thread: Option<Asker>,
        /// The thread or its connection could not be had, or is lost: not tried again.
        failed: bool,
        last: Option<Answer>,
        held: Option<Instant>,
    }

    #[derive(Debug)]
    struct Asker {
        questions: flume::Sender<Window>,
        answers: flume::Receiver<Answer>,
        waiting: bool,
    }

    #[derive(Clone, Copy, Debug)]
    struct Answer {
        about: Window,
        position: Option<Position>,
        /// Any of the pointer's buttons.
        held: bool,
    }

    impl Probe {
        pub(super) fn position(&mut self, handle: RawWindowHandle) -> Option<Position> {
            let window = match handle {
                RawWindowHandle::Xlib(handle) => Window::try_from(handle.window).ok()?,
                RawWindowHandle::Xcb(handle) => handle.window.get(),
                _ => return None,
            };
            if self.failed || self.ask(window).is_none() {
                *self = Self { failed: true, ..Self::default() };
                return None;
            }
            let meant = self.held.is_some_and(|held| held.elapsed() < AFTER_RELEASE);
            self.last.filter(|answer| meant && answer.about == window).and_then(|answer| answer.position)
        }

        /// `None`: there is nobody to ask any more.
        fn ask(&mut self, window: Window) -> Option<()> {
            let asker = match &mut self.thread {
                Some(asker) => asker,
                none => none.insert(Asker::start()?),
            };
            if !asker.waiting {
                asker.questions.try_send(window).ok()?;
                asker.waiting = true;
            }
            match asker.answers.recv_timeout(PATIENCE) {
                Ok(answer) => {
                    asker.waiting = false;
                    self.last = Some(answer);
                    if answer.held {
                        self.held = Some(Instant::now());
                    }
                    Some(())
                }
                Err(flume::RecvTimeoutError::Timeout) => Some(()),
                Err(flume::RecvTimeoutError::Disconnected) => None,
            }
        }
    }

    impl Asker {
        fn start() -> Option<Self> {
            let (questions, asked) = flume::bounded(1);
            let (answer, answers) = flume::bounded(1);
            let run = move || {
                if let Err(error) = serve(&asked, &answer) {
                    log::warn!("the X server does not tell where the pointer is: {error}");
                }
            };
            thread::Builder::new().name("fantail-pointer".to_owned()).spawn(run).ok()?;
            Some(Self { questions, answers, waiting: false })
        }
    }

    fn serve(
        asked: &flume::Receiver<Window>,
        answer: &flume::Sender<Answer>,
    ) -> Result<(), Box<dyn std::error::Error>> {
        let (connection, _): (RustConnection, usize) = x11rb::connect(None)?;
        while let Ok(about) = asked.recv() {
            let found = match connection.query_pointer(about)?.reply() {
                Ok(place) => {
                    let position = Position { x: place.win_x.into(), y: place.win_y.into() };
                    Answer { about, position: place.same_screen.then_some(position), held: any_button(place.mask) }
                }
                // That window is gone.
                Err(ReplyError::X11Error(_)) => Answer { about, position: None, held: false },
                Err(ReplyError::ConnectionError(error)) => return Err(error.into()),
            };
            if answer.send(found).is_err() {
                break;
            }
        }
        Ok(())
    }

    fn any_button(mask: KeyButMask) -> bool {
        let buttons =
            [KeyButMask::BUTTON1, KeyButMask::BUTTON2, KeyButMask::BUTTON3, KeyButMask::BUTTON4, KeyButMask::BUTTON5];
        buttons.into_iter().any(|button| mask.contains(button))
    }
}

#[cfg(windows)]
mod system {
    use windows_sys::Win32::{
        Foundation::{HWND, POINT},
        Graphics::Gdi::ScreenToClient,
        UI::WindowsAndMessaging::GetCursorPos,
    };

    use super::{Position, RawWindowHandle};

    #[derive(Debug, Default)]
    pub(super) struct Probe;

    impl Probe {
        #[allow(unsafe_code)]
        #[allow(clippy::unused_self, reason = "other systems keep a connection")]
        pub(super) fn position(&mut self, handle: RawWindowHandle) -> Option<Position> {
            let RawWindowHandle::Win32(handle) = handle else { return None };
            let window = handle.hwnd.get() as HWND;
            let mut point = POINT { x: 0, y: 0 };
            // SAFETY: both calls write into `point`, which outlives them; a window that is gone makes the second one
            // return 0.
            let known = unsafe { GetCursorPos(&raw mut point) != 0 && ScreenToClient(window, &raw mut point) != 0 };
            known.then_some(Position { x: point.x as f32, y: point.y as f32 })
        }
    }
}

#[cfg(target_os = "macos")]
mod system {
    use objc2_app_kit::{NSEvent, NSView};

    use super::{Position, RawWindowHandle};

    #[derive(Debug, Default)]
    pub(super) struct Probe;

    impl Probe {
        #[allow(unsafe_code)]
        #[allow(clippy::unused_self, reason = "other systems keep a connection")]
        pub(super) fn position(&mut self, handle: RawWindowHandle) -> Option<Position> {
            let RawWindowHandle::AppKit(handle) = handle else { return None };
            // SAFETY: the handle was borrowed from a living window by the caller and names its NSView; AppKit handles
            // are given out on the main thread only.
            let view: &NSView = unsafe { handle.ns_view.cast::<NSView>().as_ref() };
            let window = view.window()?;
            let mut point = view.convertPoint_fromView(window.convertPointFromScreen(NSEvent::mouseLocation()), None);
            if !view.isFlipped() {
                point.y = view.bounds().size.height - point.y;
            }
            let scale = window.backingScaleFactor();
            Some(Position { x: (point.x * scale) as f32, y: (point.y * scale) as f32 })
        }
    }
}

#[cfg(test)]
impl PointerProbe {
    /// For tests that have a window but no handle of winit's.
    pub(super) fn position_over(&mut self, window: RawWindowHandle) -> Option<Position> {
        self.system.position(window)
    }
}

#[cfg(test)]
mod tests {
    use winit::raw_window_handle::{HandleError, WindowHandle};

    use super::*;

    struct NoWindow;

    impl HasWindowHandle for NoWindow {
        fn window_handle(&self) -> Result<WindowHandle<'_>, HandleError> {
            Err(HandleError::Unavailable)
        }
    }

    #[test]
    fn without_a_window_nothing_is_known() {
        assert_eq!(PointerProbe::default().position(&NoWindow), None);
    }
}
