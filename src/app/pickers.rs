//! The system's file dialogs, one at a time, never waited for by the window.
//!
//! A dialog is a future that a thread of its own waits for. The system's part may hang or never come; after a while in
//! which this window kept the keyboard a line says so, and another may be tried.

use std::{
    future::Future,
    path::PathBuf,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    thread::Thread,
    time::{Duration, Instant},
};

use rfd::AsyncFileDialog;

use crate::protocol::{Fingerprint, TransferId};

/// A dialog that has not taken the keyboard from this window for so long is not coming.
const PATIENCE: Duration = Duration::from_secs(6);

/// What a dialog is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    Files,
    Pictures,
    Folder,
    ReceiveFolder,
    AskFolder {
        with: Fingerprint,
        transfer: TransferId,
    },
    /// Where a computer's things go.
    FolderOf(Fingerprint),
    SaveFile(PathBuf),
    SaveAll(Vec<PathBuf>),
    SaveText(String),
}

/// What to put into the dialog.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub purpose: Purpose,
    pub title: String,
    /// The name of the group of picture endings.
    pub pictures: String,
    /// For saving: the name that is proposed.
    pub name: String,
    pub folder: Option<PathBuf>,
}

/// What became of a dialog.
#[derive(Debug)]
pub enum Picked {
    Paths(Purpose, Vec<PathBuf>),
    /// The system has not shown it.
    NoAnswer,
}

/// What a dialog returned; empty is "cancel", which Linux and others say differently.
type Answer = Vec<PathBuf>;
type Waiting = Pin<Box<dyn Future<Output = Answer> + Send>>;

#[derive(Debug, Default)]
pub struct Pickers {
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    purpose: Purpose,
    since: Instant,
    /// It took the keyboard from this window: it is there, and a person may take their time.
    seen: bool,
    answer: flume::Receiver<Answer>,
}

/// Why a dialog was not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotOpened {
    /// One is open already.
    Busy,
    /// The system gave no thread.
    Failed,
}

impl Pickers {
    /// Opens a dialog. On the window's thread, as macOS wants it.
    pub fn open(&mut self, wanted: Wanted, frame: &eframe::Frame, ctx: &egui::Context) -> Result<(), NotOpened> {
        if self.open.is_some() {
            return Err(NotOpened::Busy);
        }
        let purpose = wanted.purpose.clone();
        let future = dialog(wanted, frame);
        let (sender, answer) = flume::bounded(1);
        let ctx = ctx.clone();
        std::thread::Builder::new()
            .name("file-dialog".into())
            .spawn(move || {
                sender.try_send(block_on(future)).ok();
                ctx.request_repaint_of(egui::ViewportId::ROOT);
            })
            .map_err(|_| NotOpened::Failed)?;
        self.open = Some(Open { purpose, since: Instant::now(), seen: false, answer });
        Ok(())
    }

    /// Takes what was picked. Call it every frame.
    pub fn poll(&mut self, ctx: &egui::Context) -> Option<Picked> {
        let open = self.open.as_mut()?;
        match open.answer.try_recv() {
            Ok(paths) => {
                let purpose = open.purpose.clone();
                self.open = None;
                return Some(Picked::Paths(purpose, paths));
            }
            Err(flume::TryRecvError::Disconnected) => {
                self.open = None;
                return None;
            }
            Err(flume::TryRecvError::Empty) => {}
        }
        open.seen |= !ctx.input(|input| input.focused);
        if open.seen {
            return None;
        }
        let waited = open.since.elapsed();
        if waited < PATIENCE {
            ctx.request_repaint_after(PATIENCE - waited);
            return None;
        }
        // Its thread may spin until the program ends; whatever it still brings is not listened to.
        self.open = None;
        Some(Picked::NoAnswer)
    }
}

fn dialog(wanted: Wanted, frame: &eframe::Frame) -> Waiting {
    let Wanted { purpose, title, pictures, name, folder } = wanted;
    let mut dialog = AsyncFileDialog::new().set_title(title);
    if raw_window_handle(frame) {
        dialog = dialog.set_parent(frame);
    }
    if let Some(folder) = folder {
        dialog = dialog.set_directory(folder);
    }
    match purpose {
        Purpose::Files => several(dialog.pick_files()),
        Purpose::Pictures => several(dialog.add_filter(pictures, PICTURES).pick_files()),
        Purpose::Folder => several(dialog.pick_folders()),
        Purpose::ReceiveFolder | Purpose::AskFolder { .. } | Purpose::FolderOf(_) | Purpose::SaveAll(_) => {
            one(dialog.pick_folder())
        }
        // No filter: on Windows the ending would be doubled, on macOS the field greyed out.
        Purpose::SaveFile(_) | Purpose::SaveText(_) => one(dialog.set_file_name(name).save_file()),
    }
}

/// Endings a picture file may have, in the picker for pictures.
const PICTURES: &[&str] = &[
    "png", "jpg", "jpeg", "jfif", "gif", "webp", "bmp", "tif", "tiff", "ico", "qoi", "heic", "heif", "avif", "jxl",
    "PNG", "JPG", "JPEG", "GIF", "WEBP", "BMP", "TIF", "TIFF", "HEIC",
];

fn raw_window_handle(frame: &eframe::Frame) -> bool {
    use winit::raw_window_handle::{HasDisplayHandle as _, HasWindowHandle as _};
    frame.window_handle().is_ok() && frame.display_handle().is_ok()
}

fn several(future: impl Future<Output = Option<Vec<rfd::FileHandle>>> + Send + 'static) -> Waiting {
    Box::pin(async { future.await.unwrap_or_default().iter().map(|file| file.path().to_path_buf()).collect() })
}

fn one(future: impl Future<Output = Option<rfd::FileHandle>> + Send + 'static) -> Waiting {
    Box::pin(async { future.await.iter().map(|file| file.path().to_path_buf()).collect() })
}

/// Waits for a future on this thread.
fn block_on<T>(future: impl Future<Output = T>) -> T {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(value) => return value,
            Poll::Pending => std::thread::park(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_future_that_is_woken_from_another_thread_is_waited_for() {
        let (sender, receiver) = flume::bounded(1);
        let thread = std::thread::Builder::new().spawn(move || {
            std::thread::sleep(Duration::from_millis(5));
            sender.send(7).unwrap();
        });
        assert_eq!(block_on(async { receiver.recv_async().await.unwrap() }), 7);
        thread.unwrap().join().unwrap();
    }
}
