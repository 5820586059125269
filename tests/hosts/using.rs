//! Real windows used in other ways than by a drag: pasting, the keyboard alone, several recipients, closing, a large scale.

use std::{
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use crate::{
    desktop::{Desktop, Node, PATIENCE},
    network::{Network, Running, said, wait_for},
    seat::{Seat, is_composer, is_tile, says},
};

/// Goodbyes take a second at most; a busy machine some more.
const ENDS_WITHIN: Duration = Duration::from_secs(3);

/// Whoever says nothing is missed only after this long.
const GOODBYE_WITHIN: Duration = Duration::from_secs(5);

#[test]
fn what_is_pasted_arrives_and_the_keyboard_alone_is_enough_to_answer() {
    let Some(network) = Network::new(2) else { return };
    let mut mei = Seat::take(&network.hosts[0], "Mei's laptop");
    let office = Seat::take(&network.hosts[1], "Office PC");
    pasted(&mut mei, &office);
    answered_by_keyboard(&office, &mei);
}

/// Text, a picture and copied files, each pasted with Ctrl+V and sent with Enter.
fn pasted(mei: &mut Seat<'_>, office: &Seat<'_>) {
    mei.desktop.click_at(mei.tile("Office PC").center());
    mei.composer();
    mei.desktop.copy("Grüße aus dem Garten 🌻");
    mei.desktop.key("ctrl+v");
    mei.desktop.find("the pasted text", |node| is_composer(node) && holds(node, "Grüße aus dem Garten 🌻"));
    mei.desktop.key("Return");
    mei.desktop.find("the question whether it is the right one", says("right one"));
    mei.desktop.click("Send");
    office.desktop.find("the question", says("wants to send you a message"));
    office.desktop.walk("Tab", "the button to accept", |node| node.name == "Accept");
    office.desktop.key("Return");
    mei.desktop.find("that it is there", says("Delivered"));
    // From now on without being asked each time.
    office.tell(&["known", "accept", "Mei's laptop"]);

    let png = mei.home.path().join("screenshot.png");
    convert(&[&mei.photo("Dune.jpg", "dune.jpg").to_string_lossy(), "-resize", "640x400!"], &png);
    mei.desktop.copy_png(&png);
    mei.desktop.key("ctrl+v");
    mei.desktop.find("the pasted picture", says("640 × 400"));
    mei.desktop.screenshot("using-1-pasted-picture");
    mei.desktop.key("Return");
    let saved = wait_for("the picture on Office PC's disk", PATIENCE, || the_only_picture(&office.received()));
    assert_eq!(differing_pixels(&saved, &png), 0, "pixel for pixel");

    let (one, other) = (mei.home.path().join("plan.txt"), mei.photo("Wood.jpg", "Holz & Wolle 木.jpg"));
    std::fs::write(&one, "first the roof, then the garden").expect("the file can be written");
    mei.desktop.copy_files(&[&one, &other]);
    mei.desktop.key("ctrl+v");
    mei.desktop.find("both files", |node| node.name.starts_with("Holz & Wolle 木.jpg, "));
    mei.desktop.find("both files", |node| node.name.starts_with("plan.txt, "));
    mei.desktop.screenshot("using-2-pasted-files");
    mei.desktop.key("Return");
    office.has_received("plan.txt", &one);
    office.has_received("Holz & Wolle 木.jpg", &other);
}

/// Nobody touches a mouse: the list, the composer, the question, the asking card, the conversation and the viewer.
fn answered_by_keyboard(office: &Seat<'_>, mei: &Seat<'_>) {
    office.desktop.walk("Tab", "Mei's tile", |node| is_tile(node, "Mei's laptop"));
    office.desktop.key("Return");
    office.desktop.find("the cursor in the composer", |node| is_composer(node) && node.focused);
    office.desktop.write("Thank you, beautiful!");
    office.desktop.key("Return");
    office.desktop.find("the question whether it is the right one", says("right one"));
    office.desktop.walk("Tab", "the button to send", |node| node.role.contains("button") && node.name == "Send");
    office.desktop.key("Return");

    office.desktop.find("that it is there", says("Delivered"));
    mei.desktop.find("the answer", says("Thank you, beautiful!"));

    // Back from the composer into the conversation, up to the photo, into the viewer and out again.
    office.desktop.find("the cursor in the composer", |node| is_composer(node) && node.focused);
    office
        .desktop
        .walk("shift+Tab", "the newest entry", |node| node.role == "list item" && !is_tile(node, "Mei's laptop"));
    let photo = |node: &Node| node.role == "list item" && node.name.contains("Holz & Wolle 木.jpg");
    office.desktop.walk("Up", "the entry with the photo", photo);
    office.desktop.screenshot("using-3-walked-by-keyboard");
    office.desktop.key("Return");
    office.desktop.find("the viewer", |node| node.name == "Close the viewer");
    office.desktop.screenshot("using-4-viewer");
    office.desktop.key("Escape");
    office.desktop.find("the keyboard where it was", |node| node.focused && photo(node));
}

#[test]
fn two_who_are_chosen_both_get_a_photo_and_closing_meanwhile_asks() {
    let Some(network) = Network::new(3) else { return };
    let mut mei = Seat::take(&network.hosts[0], "Mei's laptop");
    let office = Seat::take(&network.hosts[1], "Office PC");
    let studio_home = tempfile::tempdir().expect("a temporary folder");
    let mut studio = network.hosts[2].command(crate::program());
    studio
        .args(["receive", "--accept", "all"])
        .env("FANTAIL_HOME", studio_home.path())
        .env("FANTAIL_NAME", "Studio Mac");
    let _studio = Running::start("receive", studio.stdout(Stdio::null()));

    mei.desktop.click_at(mei.tile("Office PC").center());
    mei.desktop.click_holding("ctrl", mei.tile("Studio Mac").center());
    mei.desktop.find("that it goes to both", says("Send to 2 computers"));
    let photo = mei.photo("Storm.jpg", "storm.jpg");
    let conversation = mei.composer().center();
    mei.drag_in(&[&photo], (conversation.0, conversation.1 - 200), |desktop| {
        desktop.screenshot("using-5-dragging-to-two");
    });
    mei.desktop.find("the photo in the composer", |node| node.name.starts_with("storm.jpg, "));
    // The other program had the keyboard.
    mei.desktop.click_at(mei.composer().center());
    mei.desktop.key("Return");
    mei.desktop.find("the question whether they are the right ones", says("right one"));
    mei.desktop.click("Send");

    office.desktop.find("the question", says("storm.jpg"));
    mei.desktop.find("that the one has it", says("Saved on Studio Mac"));
    mei.desktop.find("that the other hasn't answered", says("Waiting for Office PC to answer"));
    mei.desktop.screenshot("using-6-one-of-two");

    // Closing now would leave Office PC without it.
    mei.desktop.key("alt+F4");
    mei.desktop.find("the question whether to quit", says("Quit while things are moving?"));
    mei.desktop.screenshot("using-7-closing-asks");
    mei.desktop.click("Keep going");
    office.desktop.click_away("Accept");
    mei.desktop.find("that the other has it too", says("Saved on Office PC"));
    mei.desktop.screenshot("using-8-both");
    office.has_received("storm.jpg", &photo);
    assert_eq!(crate::blake3_of(&studio_home.path().join("Received/storm.jpg")), crate::blake3_of(&photo));

    // With nothing moving it just closes.
    mei.desktop.key("alt+F4");
    mei.desktop.gone("Fantail");
}

#[test]
fn a_window_that_the_system_ends_asks_nothing_and_says_goodbye() {
    let Some(network) = Network::new(2) else { return };
    let mut mei = Seat::take(&network.hosts[0], "Mei's laptop");
    let office = Desktop::start(&network.hosts[1], 1080, 720);
    let home = tempfile::tempdir().expect("a temporary folder");
    let mut command = office.command(crate::program());
    command.env("FANTAIL_HOME", home.path()).env("FANTAIL_NAME", "Office PC");
    let mut window = Running::start("fantail", &mut command);
    mei.desktop.click_at(mei.tile("Office PC").center());
    office.find("Mei's tile", |node| is_tile(node, "Mei's laptop"));
    // Something is under way, about which a hand that closes it would be asked.
    let photo = mei.photo("Storm.jpg", "storm.jpg");
    mei.desktop.copy_files(&[&photo]);
    mei.desktop.key("ctrl+v");
    mei.desktop.find("the photo in the composer", |node| node.name.starts_with("storm.jpg, "));
    mei.desktop.key("Return");
    mei.desktop.find("the question whether it is the right one", says("right one"));
    mei.desktop.click("Send");
    office.find("the question", says("storm.jpg"));

    let asked = Instant::now();
    let asked_to_end = Command::new("kill").args(["-TERM", &window.id().to_string()]).status();
    assert!(asked_to_end.is_ok_and(|status| status.success()));
    assert_eq!(window.wait(ENDS_WITHIN), 0, "it ends by itself, as a close does");
    println!("ended after {:?}", asked.elapsed());
    let away = |node: &Node| is_tile(node, "Office PC") && node.name.contains("Away");
    wait_for("that Office PC is away", GOODBYE_WITHIN, || mei.desktop.nodes().iter().any(away).then_some(()));
}

#[test]
fn at_two_hundred_percent_a_photo_is_dropped_onto_the_tile_one_sees() {
    let Some(network) = Network::new(3) else { return };
    let mut mei = Seat::at_scale(&network.hosts[0], "Mei's laptop", 2);
    let homes = [1, 2].map(|host| {
        let home = tempfile::tempdir().expect("a temporary folder");
        let mut receive = network.hosts[host].command(crate::program());
        let name = if host == 1 { "Office PC" } else { "Studio Mac" };
        receive.args(["receive", "--accept", "all"]).env("FANTAIL_HOME", home.path()).env("FANTAIL_NAME", name);
        (Running::start("receive", receive.stdout(Stdio::null())), home)
    });
    mei.tile("Office PC");
    let tile = mei.tile("Studio Mac");
    let photo = mei.photo("TwoWings.jpg", "two wings.jpg");
    mei.drag_in(&[&photo], tile.center(), |desktop| {
        desktop.find("who it would go to", says("Send to Studio Mac"));
        desktop.screenshot("using-9-at-two-hundred-percent");
    });
    mei.desktop.find("the question whether it is the right one", says("right one"));
    mei.desktop.click("Send");
    mei.desktop.find("that it is there", says("Saved on Studio Mac"));
    let [(_, office), (_, studio)] = &homes;
    assert_eq!(crate::blake3_of(&studio.path().join("Received/two wings.jpg")), crate::blake3_of(&photo));
    assert!(!office.path().join("Received/two wings.jpg").exists(), "the other one got nothing");
}

fn holds(node: &Node, text: &str) -> bool {
    node.text.as_ref().is_some_and(|there| there.contains(text))
}

fn the_only_picture(folder: &Path) -> Option<std::path::PathBuf> {
    let files = std::fs::read_dir(folder).ok()?.filter_map(|entry| Some(entry.ok()?.path()));
    files.into_iter().find(|path| path.extension().is_some_and(|extension| extension == "png"))
}

fn convert(arguments: &[&str], to: &Path) {
    let output = Command::new("convert").args(arguments).arg(to).output().expect("ImageMagick is installed");
    assert!(output.status.success(), "{}", said(&output));
}

/// How many pixels of two pictures of one size differ.
fn differing_pixels(one: &Path, other: &Path) -> u64 {
    let output = Command::new("compare").args(["-metric", "AE"]).arg(one).arg(other).arg("null:").output();
    let output = output.expect("ImageMagick is installed");
    let text = String::from_utf8_lossy(&output.stderr);
    text.trim().parse().unwrap_or_else(|_| panic!("no number in {text:?}"))
}
