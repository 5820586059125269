//! A desktop on a host: an X server, a window manager, simulated hands, and eyes.
//!
//! Things are found by their accessible names, as an assistive tool finds them, and used with the mouse and the keyboard
//! at the place where they really are.

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use crate::network::{Host, Running, wait_for};

/// Long enough for a busy machine; what takes this long is a failure.
pub const PATIENCE: Duration = Duration::from_secs(30);

pub struct Desktop<'h> {
    host: &'h Host,
    display: String,
    bus: String,
    folder: tempfile::TempDir,
    // In the order in which they end: programs before the servers they talk to.
    programs: Vec<Running>,
    _manager: Running,
    _bus: Running,
    _server: Running,
}

/// A thing on the screen, as assistive tools see it.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct Node {
    pub role: String,
    pub name: String,
    #[serde(default, rename = "box")]
    pub place: Option<[i32; 4]>,
    #[serde(default)]
    pub text: Option<String>,
    /// The keyboard is there.
    #[serde(default)]
    pub focused: bool,
}

impl Node {
    pub fn center(&self) -> (i32, i32) {
        let [x, y, width, height] = self.place.expect("it has a place on the screen");
        (x + width / 2, y + height / 2)
    }

    fn is_visible(&self) -> bool {
        self.place.is_some_and(|[.., width, height]| width > 0 && height > 0)
    }

    /// Its name, or the text it holds.
    pub fn words(&self) -> &str {
        if self.name.is_empty() { self.text.as_deref().unwrap_or_default() } else { &self.name }
    }
}

impl<'h> Desktop<'h> {
    pub fn start(host: &'h Host, width: u32, height: u32) -> Self {
        let folder = tempfile::Builder::new().prefix("fantail-desktop-").tempdir().expect("a temporary folder");
        let mut server = Running::start(
            "Xvfb",
            host.command("Xvfb")
                .args(["-displayfd", "1", "-nolisten", "tcp", "-screen", "0", &format!("{width}x{height}x24")])
                .stdout(Stdio::piped())
                .stderr(Stdio::null()),
        );
        let display = format!(":{}", first_line(&mut server));
        let mut bus = Running::start(
            "dbus-daemon",
            host.command("dbus-daemon")
                .args(["--session", "--nofork", "--print-address=1"])
                .env("DISPLAY", &display)
                .env("XDG_RUNTIME_DIR", folder.path())
                .stdout(Stdio::piped())
                .stderr(Stdio::null()),
        );
        let address = first_line(&mut bus);
        let manager = Running::start(
            "openbox",
            host.command("openbox").env("DISPLAY", &display).stdout(Stdio::null()).stderr(Stdio::null()),
        );
        let desktop = Self {
            host,
            display,
            bus: address,
            folder,
            programs: Vec::new(),
            _manager: manager,
            _bus: bus,
            _server: server,
        };
        desktop.run("/usr/bin/python3", &[&script("accessible.py"), "switch-on"]);
        desktop
    }

    /// A command that will run on this desktop.
    pub fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = self.host.command(program);
        command
            .env("DISPLAY", &self.display)
            .env("DBUS_SESSION_BUS_ADDRESS", &self.bus)
            .env("XDG_RUNTIME_DIR", self.folder.path())
            .env("HOME", self.folder.path())
            .env("LANG", "C.UTF-8")
            .env_remove("WAYLAND_DISPLAY");
        command
    }

    /// Starts a program and leaves it running until the desktop ends.
    pub fn start_program(&mut self, name: &str, command: &mut Command) {
        self.programs.push(Running::start(name, command));
    }

    /// A window of another program at this place, from which the files can be dragged.
    pub fn start_drag_source(&mut self, at: (i32, i32), files: &[&Path]) {
        let mut command = self.command("/usr/bin/python3");
        command.arg(script("drag_source.py")).args([at.0.to_string(), at.1.to_string()]).args(files);
        let mut source = Running::start(
            "drag source",
            // Its own accessibility bridge complains at every look.
            command.env("GDK_BACKEND", "x11").env("NO_AT_BRIDGE", "1").stdout(Stdio::piped()),
        );
        assert_eq!(first_line(&mut source), "ready");
        self.programs.push(source);
    }

    /// Everything on the screen now.
    pub fn nodes(&self) -> Vec<Node> {
        let output = self.run("/usr/bin/python3", &[&script("accessible.py")]);
        output.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// Waits until something visible satisfies this; of several it is the last, which lies on top.
    pub fn find(&self, what: &str, matches: impl Fn(&Node) -> bool) -> Node {
        let mut last = Vec::new();
        let deadline = std::time::Instant::now() + PATIENCE;
        loop {
            let nodes = self.nodes();
            if let Some(node) = nodes.iter().rfind(|node| node.is_visible() && matches(node)) {
                return node.clone();
            }
            last.clone_from(&nodes);
            if std::time::Instant::now() > deadline {
                let picture = self.screenshot(&failed());
                let seen: Vec<_> =
                    last.iter().map(|node| format!("{}: {} {:?}", node.role, node.words(), node.place)).collect();
                let hand = self.run("xdotool", &["getmouselocation"]);
                panic!("{what} is not on the screen ({}), hand at {hand}{}", picture.display(), seen.join("\n"));
            }
        }
    }

    /// Waits for a button of exactly this name and clicks it.
    pub fn click(&self, name: &str) {
        let button =
            self.find(&format!("the button {name:?}"), |node| node.name == name && node.role.contains("button"));
        self.click_at(button.center());
    }

    /// Clicks a button until it is gone: one that has just appeared takes no click for a moment.
    pub fn click_away(&self, name: &str) {
        self.click(name);
        wait_for(&format!("the button {name:?} gone"), PATIENCE, || {
            let there = self.nodes().into_iter().rfind(|node| node.name == name && node.role.contains("button"));
            there
                .is_none_or(|button| {
                    self.click_at(button.center());
                    false
                })
                .then_some(())
        });
    }

    pub fn click_at(&self, (x, y): (i32, i32)) {
        self.hands(&["mousemove", &x.to_string(), &y.to_string()]);
        std::thread::sleep(HAND_MOVES);
        self.hands(&["click", "1"]);
    }

    /// Presses here, moves over in steps as a hand does, rests, and lets go.
    pub fn drag(&self, from: (i32, i32), to: (i32, i32), before_letting_go: impl FnOnce(&Self)) {
        self.hands(&["mousemove", &from.0.to_string(), &from.1.to_string()]);
        std::thread::sleep(HAND_MOVES);
        self.hands(&["mousedown", "1"]);
        const STEPS: i32 = 20;
        for step in 1..=STEPS {
            let x = from.0 + (to.0 - from.0) * step / STEPS;
            let y = from.1 + (to.1 - from.1) * step / STEPS;
            self.hands(&["mousemove", &x.to_string(), &y.to_string()]);
            std::thread::sleep(HAND_MOVES);
        }
        std::thread::sleep(HAND_RESTS);
        before_letting_go(self);
        self.hands(&["mouseup", "1"]);
    }

    /// Clicks while a key is held.
    pub fn click_holding(&self, key: &str, at: (i32, i32)) {
        self.hands(&["keydown", key]);
        self.click_at(at);
        self.hands(&["keyup", key]);
    }

    pub fn key(&self, key: &str) {
        self.hands(&["key", key]);
    }

    /// Types as fast as a quick typist.
    pub fn write(&self, text: &str) {
        self.hands(&["type", "--delay", "30", text]);
    }

    /// Presses a key until the keyboard is at what satisfies this, as somebody without a mouse does.
    pub fn walk(&self, key: &str, what: &str, reached: impl Fn(&Node) -> bool) -> Node {
        /// More than there is in any window here.
        const STEPS: usize = 60;
        let mut met = Vec::new();
        for _ in 0..STEPS {
            self.key(key);
            std::thread::sleep(HAND_MOVES);
            let Some(here) = self.nodes().into_iter().rfind(|node| node.focused) else { continue };
            if reached(&here) {
                return here;
            }
            met.push(format!("{}: {}", here.role, here.words()));
        }
        let picture = self.screenshot(&failed());
        panic!("{key} doesn't lead to {what} ({}), only to:\n{}", picture.display(), met.join("\n"));
    }

    /// Puts a text on the clipboard, as another program's Copy does.
    pub fn copy(&mut self, text: &str) {
        self.offer("UTF8_STRING", text.as_bytes());
    }

    /// Puts a picture on the clipboard, as a program for screenshots does.
    pub fn copy_png(&mut self, png: &Path) {
        let bytes = std::fs::read(png).unwrap_or_else(|error| panic!("{}: {error}", png.display()));
        self.offer("image/png", &bytes);
    }

    fn offer(&mut self, form: &str, bytes: &[u8]) {
        use std::io::Write as _;
        let mut command = self.command("xclip");
        command.args(["-selection", "clipboard", "-target", form, "-quiet", "-in"]);
        let mut clipboard = Running::start("xclip", command.stdin(Stdio::piped()).stderr(Stdio::null()));
        clipboard.child.stdin.take().and_then(|mut input| input.write_all(bytes).ok()).expect("xclip reads");
        self.programs.push(clipboard);
        std::thread::sleep(HAND_RESTS);
    }

    /// Puts files on the clipboard in all the forms a file manager offers them in.
    pub fn copy_files(&mut self, files: &[&Path]) {
        let mut command = self.command("/usr/bin/python3");
        command.arg(script("clipboard_files.py")).args(files);
        let mut owner = Running::start(
            "file manager",
            command.env("GDK_BACKEND", "x11").env("NO_AT_BRIDGE", "1").stdout(Stdio::piped()),
        );
        assert_eq!(first_line(&mut owner), "ready");
        self.programs.push(owner);
    }

    /// Gives the window of this title this size, at the screen's upper left corner.
    pub fn resize(&self, title: &str, width: u32, height: u32) {
        let window = self.window(title);
        self.hands(&["windowmove", &window, "0", "0"]);
        self.hands(&["windowsize", "--sync", &window, &width.to_string(), &height.to_string()]);
        self.hands(&["windowactivate", "--sync", &window]);
    }

    /// What this X server is called, for clients of it.
    #[allow(dead_code, reason = "used by the benchmarks, which share this file")]
    pub fn display(&self) -> &str {
        &self.display
    }

    /// Waits for the visible window of this title.
    pub fn window(&self, title: &str) -> String {
        wait_for(&format!("a window called {title}"), PATIENCE, || {
            let output = self.command("xdotool").args(["search", "--onlyvisible", "--name", title]).output().ok()?;
            Some(String::from_utf8_lossy(&output.stdout).lines().next()?.to_owned())
        })
    }

    /// Waits until no window of this title is there any more.
    pub fn gone(&self, title: &str) {
        wait_for(&format!("no window called {title}"), PATIENCE, || {
            let output = self.command("xdotool").args(["search", "--onlyvisible", "--name", title]).output().ok()?;
            output.stdout.is_empty().then_some(())
        });
    }

    /// Takes a picture of the whole screen and keeps it under this name.
    pub fn screenshot(&self, name: &str) -> PathBuf {
        let path = screenshots().join(format!("{name}.png"));
        self.run("import", &["-window", "root", &path.to_string_lossy()]);
        path
    }

    fn hands(&self, arguments: &[&str]) {
        self.run("xdotool", arguments);
    }

    fn run(&self, program: &str, arguments: &[&str]) -> String {
        let output = self.command(program).args(arguments).output().unwrap_or_else(|e| panic!("{program}: {e}"));
        assert!(output.status.success(), "{program} {}: {}", arguments.join(" "), crate::network::said(&output));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

/// A hand needs time to move, or programs see a jump instead of a drag.
const HAND_MOVES: Duration = Duration::from_millis(50);
/// Before letting go, so that the target has said that it takes the drop.
const HAND_RESTS: Duration = Duration::from_millis(500);

/// Where screenshots are kept for people to look at.
fn screenshots() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/screenshots");
    std::fs::create_dir_all(&folder).expect("the folder for screenshots can be made");
    folder
}

/// How the last picture of a test that fails is called.
fn failed() -> String {
    format!("failed-{}", std::thread::current().name().unwrap_or_default().replace("::", "-"))
}

fn script(name: &str) -> String {
    format!("{}/tests/hosts/{name}", env!("CARGO_MANIFEST_DIR"))
}

fn first_line(program: &mut Running) -> String {
    let output = program.child.stdout.take().expect("its output is read");
    let mut line = String::new();
    BufReader::new(output).read_line(&mut line).expect("it says something");
    line.trim().to_owned()
}
