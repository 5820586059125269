//! What needs a desktop, tried on an X server and a session bus of its own.
//!
//! The outer tests start these, and this test program again with them, because they are named by the environment of the
//! whole process. Where their programs are not installed they say so and pass.

use std::{
    io::{BufRead as _, BufReader},
    num::NonZeroU32,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use winit::raw_window_handle::{RawWindowHandle, XcbWindowHandle};
use x11rb::{
    connection::Connection as _,
    protocol::xproto::{ConnectionExt as _, CreateWindowAux, WindowClass},
    wrapper::ConnectionExt as _,
};

use super::{
    clipboard::{Clipboard, ClipboardError, Copied, Pasted},
    pointer::{PointerProbe, Position},
    reveal::{self, Shown},
};

const INSIDE: &str = "FANTAIL_TEST_INSIDE_DISPLAY";
const PATIENCE: Duration = Duration::from_secs(20);

#[test]
fn on_an_x_server_the_pointer_is_found_and_the_clipboard_keeps_what_it_is_given() {
    let Some((server, display)) = Server::start().filter(|_| Command::new("xdotool").arg("version").output().is_ok())
    else {
        eprintln!("skipped: Xvfb or xdotool is not installed here");
        return;
    };
    for test in ["pointer_inside", "clipboard_inside"] {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.env(INSIDE, server.0.id().to_string()).env("DISPLAY", &display);
        passes(command.env_remove("WAYLAND_DISPLAY").env_remove("XAUTHORITY"), test);
    }
}

#[test]
fn a_file_manager_is_asked_to_show_the_very_file() {
    if Command::new("dbus-run-session").arg("--version").output().is_err() {
        eprintln!("skipped: dbus-run-session is not installed here");
        return;
    }
    let mut command = Command::new("dbus-run-session");
    command.arg("--").arg(std::env::current_exe().unwrap()).env(INSIDE, "1");
    passes(&mut command, "file_manager_inside");
}

/// Runs one of the tests below.
fn passes(command: &mut Command, test: &str) {
    command.args(["--exact", &format!("platform::desktop_tests::{test}"), "--ignored", "--nocapture"]);
    let output = command.output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(output.status.success() && said.contains("1 passed"), "{test}: {said}");
}

#[test]
#[ignore = "needs the display of the test above"]
fn pointer_inside() {
    let Ok(server) = std::env::var(INSIDE) else { return };
    let (connection, screen) = x11rb::connect(None).unwrap();
    let root = connection.setup().roots[screen].root;
    let window = connection.generate_id().unwrap();
    let class = WindowClass::INPUT_OUTPUT;
    connection.create_window(0, window, root, 100, 50, 400, 300, 0, class, 0, &CreateWindowAux::new()).unwrap();
    connection.map_window(window).unwrap();
    let move_to = |x, y| {
        connection.warp_pointer(x11rb::NONE, root, 0, 0, 0, 0, x, y).unwrap();
        connection.sync().unwrap();
    };
    let handle = RawWindowHandle::Xcb(XcbWindowHandle::new(NonZeroU32::new(window).unwrap()));
    let mut probe = PointerProbe::default();

    move_to(130, 90);
    assert_eq!(
        settled(&mut probe, handle),
        None,
        "as during a drag from a Wayland program: the button is not down here"
    );

    button("mousedown");
    // The first answers may come later than a frame waits.
    let begun = Instant::now();
    while probe.position_over(handle) != Some(Position { x: 30.0, y: 40.0 }) {
        assert!(begun.elapsed() < PATIENCE);
    }
    move_to(10, 20);
    assert_eq!(settled(&mut probe, handle), Some(Position { x: -90.0, y: -30.0 }), "outside");

    // A server that is stuck doesn't hold the window up, and is asked again once it moves.
    let server = rustix::process::Pid::from_raw(server.parse().unwrap()).unwrap();
    rustix::process::kill_process(server, rustix::process::Signal::STOP).unwrap();
    let begun = Instant::now();
    (0..10)
        .for_each(|_| assert_eq!(probe.position_over(handle), Some(Position { x: -90.0, y: -30.0 }), "the last one"));
    let waited = begun.elapsed();
    rustix::process::kill_process(server, rustix::process::Signal::CONT).unwrap();
    assert!(waited < Duration::from_millis(500), "{waited:?} for ten frames");
    move_to(101, 52);
    assert_eq!(settled(&mut probe, handle), Some(Position { x: 1.0, y: 2.0 }));

    button("mouseup");
    assert_eq!(settled(&mut probe, handle), Some(Position { x: 1.0, y: 2.0 }), "when the drop is there");

    // A window that is gone, and then another one.
    connection.destroy_window(window).unwrap();
    connection.sync().unwrap();
    assert_eq!(settled(&mut probe, handle), None);
    let handle = RawWindowHandle::Xcb(XcbWindowHandle::new(NonZeroU32::new(root).unwrap()));
    assert_eq!(settled(&mut probe, handle), Some(Position { x: 101.0, y: 52.0 }));
}

fn button(what: &str) {
    assert!(Command::new("xdotool").args([what, "1"]).status().unwrap().success());
}

/// The answer to a question asked after now.
fn settled(probe: &mut PointerProbe, handle: RawWindowHandle) -> Option<Position> {
    (0..5).map(|_| probe.position_over(handle)).last().flatten()
}

#[test]
#[ignore = "needs the display of the test above"]
fn clipboard_inside() {
    if std::env::var_os(INSIDE).is_none() {
        return;
    }
    let clipboard = Clipboard::start().unwrap();
    assert!(matches!(read(&clipboard), Err(ClipboardError::Empty)));

    write(&clipboard, Copied::Text("你好, pigeon 🕊".to_owned()));
    assert_eq!(read(&clipboard).unwrap(), Pasted::Text("你好, pigeon 🕊".to_owned()));

    let dir = tempfile::tempdir().unwrap();
    let files: Vec<PathBuf> = ["照片 1.jpg", "b.txt"].iter().map(|name| dir.path().join(name)).collect();
    files.iter().for_each(|file| std::fs::write(file, b"x").unwrap());
    write(&clipboard, Copied::Files(files.clone()));
    assert_eq!(read(&clipboard).unwrap(), Pasted::Files(files));

    let rgba: Vec<u8> = (0..20 * 10 * 4).map(|i| if i % 4 == 3 { 255 } else { i as u8 }).collect();
    write(&clipboard, Copied::Picture { rgba: rgba.clone().into(), width: 20, height: 10 });
    let Ok(Pasted::Picture { png, width: 20, height: 10 }) = read(&clipboard) else { panic!("no picture") };
    assert_eq!(image::load_from_memory(&png).unwrap().into_rgba8().into_raw(), rgba);
}

#[test]
#[ignore = "needs the session bus of the test above"]
fn file_manager_inside() {
    if std::env::var_os(INSIDE).is_none() {
        return;
    }
    let (asked, asks) = flume::bounded(1);
    let name = "org.freedesktop.FileManager1";
    let _manager = zbus::blocking::connection::Builder::session()
        .and_then(|builder| builder.name(name))
        .and_then(|builder| builder.serve_at("/org/freedesktop/FileManager1", FileManager { asked }))
        .and_then(zbus::blocking::connection::Builder::build)
        .unwrap();

    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("a photo.jpg");
    std::fs::write(&file, b"x").unwrap();
    let (answer, answered) = flume::bounded(1);
    reveal::reveal(&file, move |outcome| answer.send(outcome).unwrap());
    assert_eq!(answered.recv_timeout(PATIENCE).unwrap().unwrap(), Shown::Revealed);
    let expected = format!("file://{}", file.display()).replace(' ', "%20");
    assert_eq!(asks.try_recv().unwrap(), [expected]);

    // A script is shown, not run.
    let script = dir.path().join("run.sh");
    std::fs::write(&script, b"#!/bin/sh\n").unwrap();
    let (answer, answered) = flume::bounded(1);
    reveal::open(&script, move |outcome| answer.send(outcome).unwrap());
    assert_eq!(answered.recv_timeout(PATIENCE).unwrap().unwrap(), Shown::RevealedInstead);
    assert!(asks.try_recv().unwrap()[0].ends_with("/run.sh"));
}

struct FileManager {
    asked: flume::Sender<Vec<String>>,
}

#[zbus::interface(name = "org.freedesktop.FileManager1")]
impl FileManager {
    fn show_items(&self, uris: Vec<String>, _startup_id: &str) {
        self.asked.send(uris).unwrap();
    }
}

fn read(clipboard: &Clipboard) -> Result<Pasted, ClipboardError> {
    let (answer, answered) = flume::bounded(1);
    clipboard.read(move |result| answer.send(result).unwrap());
    answered.recv_timeout(PATIENCE).unwrap()
}

fn write(clipboard: &Clipboard, what: Copied) {
    let (answer, answered) = flume::bounded(1);
    clipboard.write(what, move |result| answer.send(result).unwrap());
    answered.recv_timeout(PATIENCE).unwrap().unwrap();
}

struct Server(Child);

impl Server {
    /// On the first free display, whose name it tells.
    fn start() -> Option<(Self, String)> {
        let mut command = Command::new("Xvfb");
        command.args(["-displayfd", "1", "-screen", "0", "800x600x24", "-nolisten", "tcp"]);
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().ok()?;
        let mut server = Self(child);
        let mut display = String::new();
        BufReader::new(server.0.stdout.take().unwrap()).read_line(&mut display).unwrap();
        Some((server, format!(":{}", display.trim())))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}
