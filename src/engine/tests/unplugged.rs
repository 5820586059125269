//! A receive folder that can't be written to for a while, such as one on a disk that is taken away.

use super::{
    resuming::{MIB, until_moved, wired},
    *,
};

const HERE: State = State::Held(Hold::FolderNotWritable { here: true });
const THERE: State = State::Held(Hold::FolderNotWritable { here: false });

/// What is told of the folder, and what is shown as running.
fn shown(machine: &Machine) -> (bool, usize) {
    let snapshot = machine.client.snapshot();
    let told = snapshot.notices.iter().any(|notice| matches!(notice, Notice::FolderNotWritable { .. }));
    (told, snapshot.transfers.len())
}

#[test]
fn a_disk_that_is_taken_away_holds_a_file_and_it_goes_on_where_it_was_when_the_disk_is_back() {
    let (mut one, mut other, cable) = wired(25 * MIB);
    let content = noise(80 * MIB as usize);
    let sent = one.send_paths(&other, &[&one.file("film.mkv", &content)]);
    until_moved(&other, 40 * MIB);
    let (place, away) = (other.received(""), other.home.path().join("away"));
    fs::rename(&place, &away).unwrap();
    // Not even root can make a folder of it.
    fs::write(other.config.home.received.as_path(), "").unwrap();
    cable.cut();
    one.until_state(&other, sent, &THERE);
    other.until_state(&one, sent, &HERE);
    other.until("a notice, and nothing that moves", |_| (shown(&other) == (true, 0)).then_some(()));
    one.shut_down();
    other.shut_down();
    one.start_again();
    other.start_again();
    other.until("the same notice", |_| (shown(&other) == (true, 0)).then_some(()));
    one.until_state(&other, sent, &THERE);
    other.until_state(&one, sent, &HERE);
    assert_eq!(fs::read_dir(&away).unwrap().count(), 1, "nothing half is visible");
    fs::remove_file(other.config.home.received.as_path()).unwrap();
    fs::rename(&away, other.config.home.received.as_path()).unwrap();
    one.until_state(&other, sent, &State::Saved);
    other.until_state(&one, sent, &State::Saved);
    other.until("the notice to go", |_| (shown(&other) == (false, 0)).then_some(()));
    assert!(fs::read(other.received("film.mkv")).unwrap() == content);
    assert_eq!(fs::read_dir(other.received("")).unwrap().count(), 1, "and nothing else");
    let again = cable.crossed().saturating_sub(content.len() as u64);
    assert!(again < 30 * MIB, "{} MiB crossed twice", again / MIB);
}
