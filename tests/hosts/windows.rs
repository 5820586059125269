//! Two hosts with real windows: a photo dragged with the mouse from one to the other, seen there, answered in Chinese.

use crate::{
    desktop::{Node, PATIENCE},
    network::{Network, wait_for},
    seat::{ALIKE, Seat, difference, says},
};

#[test]
fn a_photo_dragged_onto_a_computer_is_seen_there_and_answered_in_chinese() {
    let Some(network) = Network::new(2) else { return };
    let mut mei = Seat::take(&network.hosts[0], "Mei's laptop");
    let office = Seat::take(&network.hosts[1], "Office PC");
    let photo = mei.photo("LadyBird.jpg", "ladybird.jpg");

    // A real program to drag from stands beside Mei's window.
    let tile = mei.tile("Office PC");
    mei.desktop.screenshot("windows-1-nearby");
    mei.drag_in(&[&photo], tile.center(), |desktop| {
        desktop.screenshot("windows-2-dragging");
    });
    // Nobody sent to Office PC before.
    mei.desktop.find("the question whether it is the right one", says("right one"));
    mei.desktop.screenshot("windows-3-first-time");
    mei.desktop.click("Send");

    office.desktop.find("the question", says("ladybird.jpg"));
    office.desktop.screenshot("windows-4-asked");
    assert!(!office.received().join("ladybird.jpg").exists(), "nothing is on the disk before the answer");
    office.desktop.click_away("Accept");

    office.has_received("ladybird.jpg", &photo);
    mei.desktop.find("that it is saved there", says("Saved on Office PC"));

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
    office.desktop.click_at(office.composer().center());
    office.desktop.key("ctrl+v");
    office.desktop.find("the pasted sentence", |node| {
        node.role == "entry" && node.text.as_ref().is_some_and(|text| text.contains(sentence))
    });
    office.desktop.key("Return");
    // Office PC never sent anything to Mei either.
    office.desktop.find("the question whether it is the right one", says("right one"));
    office.desktop.click("Send");
    mei.desktop.click_at(mei.tile("Office PC").center());
    mei.desktop.find("the answer", says(sentence));
    mei.desktop.screenshot("windows-6-answered");
    office.desktop.screenshot("windows-7-answered-there");
}

fn is_large(node: &Node) -> bool {
    node.place.is_some_and(|[.., width, height]| width > 150 && height > 90)
}
