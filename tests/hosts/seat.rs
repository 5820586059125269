//! A person's computer: a desktop with Fantail's window open on it.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    desktop::{Desktop, Node, PATIENCE},
    network::{Host, said, wait_for},
};

/// Real photographs: Debian's package mate-backgrounds.
const PHOTOS: &str = "/usr/share/backgrounds/mate/nature";

/// The window's size at 100 %, leaving room beside it for the program that is dragged from.
const WINDOW: (u32, u32) = (1000, 720);
const SCREEN: (u32, u32) = (1280, 900);

/// Where other programs are dragged from, in parts of the window's size.
const SOURCE: (i32, i32) = (1060, 300);
const SOURCE_MIDDLE: (i32, i32) = (1140, 360);

pub struct Seat<'h> {
    pub desktop: Desktop<'h>,
    pub home: tempfile::TempDir,
    scale: i32,
}

impl<'h> Seat<'h> {
    pub fn take(host: &'h Host, name: &str) -> Self {
        Self::at_scale(host, name, 1)
    }

    /// With everything so many times as large, on a screen and in a window so many times as large.
    pub fn at_scale(host: &'h Host, name: &str, scale: u32) -> Self {
        let mut desktop = Desktop::start(host, SCREEN.0 * scale, SCREEN.1 * scale);
        let home = tempfile::Builder::new().prefix("fantail-home-").tempdir().expect("a temporary folder");
        let mut fantail = desktop.command(crate::program());
        fantail.env("FANTAIL_HOME", home.path()).env("FANTAIL_NAME", name);
        fantail.env("WINIT_X11_SCALE_FACTOR", scale.to_string());
        desktop.start_program("fantail", &mut fantail);
        desktop.resize("Fantail", WINDOW.0 * scale, WINDOW.1 * scale);
        Self { desktop, home, scale: scale as i32 }
    }

    pub fn received(&self) -> PathBuf {
        self.home.path().join("Received")
    }

    /// A photograph of this person's own, under this name.
    pub fn photo(&self, original: &str, name: &str) -> PathBuf {
        let (from, to) = (Path::new(PHOTOS).join(original), self.home.path().join(name));
        std::fs::copy(&from, &to)
            .unwrap_or_else(|error| panic!("{} (package mate-backgrounds): {error}", from.display()));
        to
    }

    /// The tile of a computer in the list, which is there now.
    pub fn tile(&self, name: &str) -> Node {
        self.desktop.find(&format!("{name}'s tile"), |node| is_tile(node, name) && !node.name.contains("Away"))
    }

    pub fn composer(&self) -> Node {
        self.desktop.find("the composer", is_composer)
    }

    /// Drags files from another program that stands beside the window.
    pub fn drag_in(&mut self, files: &[&Path], to: (i32, i32), before_letting_go: impl FnOnce(&Desktop<'_>)) {
        let at = |place: (i32, i32)| (place.0 * self.scale, place.1 * self.scale);
        self.desktop.start_drag_source(at(SOURCE), files);
        // The other program's window is as large at any scale.
        let (x, y) = at(SOURCE);
        let middle = (x + SOURCE_MIDDLE.0 - SOURCE.0, y + SOURCE_MIDDLE.1 - SOURCE.1);
        self.desktop.drag(middle, to, before_letting_go);
    }

    /// Waits for a file that was received and compares it with what was sent.
    pub fn has_received(&self, name: &str, original: &Path) {
        let saved = self.received().join(name);
        wait_for(&format!("{name} on the disk"), PATIENCE, || saved.exists().then_some(()));
        assert_eq!(crate::blake3_of(&saved), crate::blake3_of(original), "{name}, byte for byte");
    }

    /// A command handed over to the open window.
    pub fn tell(&self, arguments: &[&str]) {
        let mut command = self.desktop.command(crate::program());
        let output = command.args(arguments).env("FANTAIL_HOME", self.home.path()).output().expect("it starts");
        assert!(output.status.success(), "fantail {}: {}", arguments.join(" "), said(&output));
    }
}

pub fn is_tile(node: &Node, name: &str) -> bool {
    node.role == "list item" && node.name.starts_with(&format!("{name}, "))
}

pub fn is_composer(node: &Node) -> bool {
    node.role == "entry" && node.name == "Message"
}

/// The words of an entry's line, or of the entry itself.
pub fn says(words: &str) -> impl Fn(&Node) -> bool {
    move |node| node.words().contains(words)
}

/// Mean difference per channel, 0 to 1, below which two pictures show the same to the eye; another photo of the same
/// package differs by more than 0.2.
pub const ALIKE: f64 = 0.06;

/// How much what is on the screen at this place differs from the photo, scaled to the same size.
pub fn difference(desktop: &Desktop<'_>, node: &Node, photo: &Path) -> f64 {
    let [x, y, width, height] = node.place.expect("it has a place");
    let screen = desktop.screenshot("preview");
    // Without the rounded corners.
    let inset = 16;
    let crop = format!("{}x{}+{}+{}", width - 2 * inset, height - 2 * inset, x + inset, y + inset);
    let inner = format!("{}x{}+{inset}+{inset}", width - 2 * inset, height - 2 * inset);
    let output = Command::new("convert")
        .arg("(")
        .arg(&screen)
        .args(["-crop", &crop, "+repage", ")", "("])
        .arg(photo)
        // A place of whole points may cut a row of pixels off.
        .args(["-resize", &format!("{width}x{height}^"), "-gravity", "center", "-extent", &format!("{width}x{height}")])
        .args(["-gravity", "northwest", "-crop", &inner, "+repage", ")"])
        .args(["-colorspace", "sRGB", "-metric", "MAE", "-compare", "-format", "%[distortion]", "info:"])
        .output()
        .expect("ImageMagick is installed");
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    text.parse().unwrap_or_else(|_| panic!("no difference in {text:?}: {}", said(&output)))
}
