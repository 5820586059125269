//! Two hosts with real windows: a photo dragged with the mouse from one to the other, seen there, answered in Chinese.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    blake3_of,
    desktop::{Desktop, Node, PATIENCE},
    network::{Host, Network, wait_for},
};

/// A real photograph: Debian's package mate-backgrounds.
const PHOTO: &str = "/usr/share/backgrounds/mate/nature/LadyBird.jpg";

/// The window's size in these tests, leaving room beside it for the program that is dragged from.
const WINDOW: (u32, u32) = (1000, 720);
const SCREEN: (u32, u32) = (1280, 900);

/// A person's computer: a desktop with Fantail's window open on it.
struct Seat<'h> {
    desktop: Desktop<'h>,
    home: tempfile::TempDir,
}

impl<'h> Seat<'h> {
    fn take(host: &'h Host, name: &str) -> Self {
        let mut desktop = Desktop::start(host, SCREEN.0, SCREEN.1);
        let home = tempfile::Builder::new().prefix("fantail-home-").tempdir().expect("a temporary folder");
        let mut fantail = desktop.command(crate::program());
        fantail.env("FANTAIL_HOME", home.path()).env("FANTAIL_NAME", name);
        desktop.start_program("fantail", &mut fantail);
        desktop.resize("Fantail", WINDOW.0, WINDOW.1);
        Self { desktop, home }
    }

    fn received(&self) -> PathBuf {
        self.home.path().join("Received")
    }

    /// The tile of a computer in the list.
    fn tile(&self, name: &str) -> Node {
        self.desktop.find(&format!("{name}'s tile"), |node| node.role == "list item" && node.name.starts_with(name))
    }
}

#[test]
fn a_photo_dragged_onto_a_computer_is_seen_there_and_answered_in_chinese() {
    let Some(network) = Network::new(2) else { return };
    let mut mei = Seat::take(&network.hosts[0], "Mei's laptop");
    let office = Seat::take(&network.hosts[1], "Office PC");
    let photo = mei.home.path().join("ladybird.jpg");
    std::fs::copy(PHOTO, &photo).unwrap_or_else(|error| panic!("{PHOTO} (package mate-backgrounds): {error}"));

    // A real program to drag from stands beside Mei's window.
    mei.desktop.start_drag_source((1060, 300), &[&photo]);
    let tile = mei.tile("Office PC");
    mei.desktop.screenshot("windows-1-nearby");
    mei.desktop.drag((1140, 360), tile.center(), |desktop| {
        desktop.screenshot("windows-2-dragging");
    });
    // Nobody sent to Office PC before.
    mei.desktop.find("the question whether it is the right one", |node| node.words().contains("right one"));
    mei.desktop.screenshot("windows-3-first-time");
    mei.desktop.click("Send");

    office.desktop.find("the question", |node| node.words().contains("ladybird.jpg"));
    office.desktop.screenshot("windows-4-asked");
    assert!(!office.received().join("ladybird.jpg").exists(), "nothing is on the disk before the answer");
    office.desktop.click("Accept");

    let saved = office.received().join("ladybird.jpg");
    wait_for("the photo on Office PC's disk", PATIENCE, || saved.exists().then_some(()));
    assert_eq!(blake3_of(&saved), blake3_of(&photo), "byte for byte");
    mei.desktop.find("that it is saved there", |node| node.words().contains("Saved on Office PC"));

    // The conversation opens with a click on Mei's tile, and the photo itself is there to see.
    office.desktop.click_at(office.tile("Mei's laptop").center());
    let preview = office.desktop.find("the picture", |node| node.name.contains("ladybird.jpg") && is_large(node));
    let likeness = wait_for("the photo's pixels in the window", PATIENCE, || {
        let likeness = difference(&office.desktop, &preview, &photo);
        (likeness < ALIKE).then_some(likeness)
    });
    println!("the preview differs from the photo by {likeness:.3}");
    office.desktop.screenshot("windows-5-seen");

    // A Chinese sentence back.
    let mut office = office;
    let sentence = "谢谢，照片很漂亮！";
    office.desktop.copy(sentence);
    office.desktop.click_at(composer(&office).center());
    office.desktop.key("ctrl+v");
    office.desktop.find("the pasted sentence", |node| {
        node.role == "entry" && node.text.as_ref().is_some_and(|text| text.contains(sentence))
    });
    office.desktop.key("Return");
    // Office PC never sent anything to Mei either.
    office.desktop.find("the question whether it is the right one", |node| node.words().contains("right one"));
    office.desktop.click("Send");
    mei.desktop.click_at(mei.tile("Office PC").center());
    mei.desktop.find("the answer", |node| node.words().contains(sentence));
    mei.desktop.screenshot("windows-6-answered");
    office.desktop.screenshot("windows-7-answered-there");
}

fn composer(seat: &Seat<'_>) -> Node {
    seat.desktop.find("the composer", |node| node.role == "entry" && node.name == "Message")
}

fn is_large(node: &Node) -> bool {
    node.place.is_some_and(|[.., width, height]| width > 150 && height > 90)
}

/// Mean difference per channel, 0 to 1, below which two pictures show the same to the eye; another photo of the same
/// package differs by more than 0.2.
const ALIKE: f64 = 0.06;

/// How much what is on the screen at this place differs from the photo, scaled to the same size.
fn difference(desktop: &Desktop<'_>, node: &Node, photo: &Path) -> f64 {
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
        // The preview fills its place, which may cut a little off two sides.
        .args(["-resize", &format!("{width}x{height}^"), "-gravity", "center", "-extent", &format!("{width}x{height}")])
        .args(["-gravity", "northwest", "-crop", &inner, "+repage", ")"])
        .args(["-colorspace", "sRGB", "-metric", "MAE", "-compare", "-format", "%[distortion]", "info:"])
        .output()
        .expect("ImageMagick is installed");
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    text.parse().unwrap_or_else(|_| panic!("no difference in {text:?}: {}", crate::network::said(&output)))
}
