//! What is sent lies on a disk that is away when it goes on.

use super::{
    resuming::{MIB, until_moved, wired},
    *,
};

#[test]
fn a_film_goes_on_when_its_disk_is_back() {
    let (mut one, other, cable) = wired(25 * MIB);
    let content = noise(60 * MIB as usize);
    let film = one.file("usb/film", &content);
    let (usb, drawer) = (one.home.path().join("desk/usb"), one.home.path().join("desk/drawer"));
    let sent = one.send_paths(&other, &[&film]);
    until_moved(&other, 30 * MIB);
    assert!(one.shut_down());
    fs::rename(&usb, &drawer).unwrap();
    one.start_again();
    one.until_state(&other, sent, &State::Held(Hold::SourceAway));
    assert!(!other.received("film").exists());
    fs::rename(&drawer, &usb).unwrap();
    one.until_state(&other, sent, &State::Saved);
    assert!(fs::read(other.received("film")).unwrap() == content);
    let again = cable.crossed().saturating_sub(content.len() as u64);
    assert!(again < 25 * MIB, "{} MiB crossed twice", again / MIB);
}

#[test]
fn what_waits_in_the_queue_waits_for_its_disk_too_and_what_was_deleted_ends() {
    let (one, mut other) = friends();
    other.shut_down();
    let (song, gone) = (one.file("usb/song", "la"), one.file("gone", "x"));
    let (usb, drawer) = (one.home.path().join("desk/usb"), one.home.path().join("desk/drawer"));
    let sent = one.send_paths(&other, &[&song]);
    let lost = one.send_paths(&other, &[&gone]);
    for sent in [sent, lost] {
        one.until_state(&other, sent, &State::Held(Hold::Queued));
    }
    fs::rename(&usb, &drawer).unwrap();
    fs::remove_file(&gone).unwrap();
    other.start_again();
    one.until_state(&other, sent, &State::Held(Hold::SourceAway));
    one.until_state(&other, lost, &State::Stopped(Problem::SourceGone { name: "gone".into() }));
    let again = one.send_text(&other, "it is in the drawer");
    one.until_state(&other, again, &State::Saved);
    fs::rename(&drawer, &usb).unwrap();
    one.until_state(&other, sent, &State::Saved);
    assert_eq!(fs::read_to_string(other.received("song")).unwrap(), "la");
}
