//! Sending again what isn't over.

use super::{
    resuming::{MIB, until_moved, wired},
    *,
};

/// What both have after the same was sent twice: one entry, and one file of these bytes.
#[track_caller]
fn came_once(one: &Machine, other: &Machine, sent: TransferId, name: &str, content: &[u8]) {
    one.until_state(other, sent, &State::Saved);
    other.until_state(one, sent, &State::Saved);
    assert_eq!((one.conversation(other).len(), other.conversation(one).len()), (1, 1), "entries");
    let names: Vec<_> = fs::read_dir(&other.config.home.received).unwrap().map(|it| it.unwrap().file_name()).collect();
    assert_eq!(names, [name]);
    assert!(fs::read(other.received(name)).unwrap() == content);
}

#[test]
fn what_is_sent_again_while_it_moves_or_rests_is_one_transfer() {
    let (mut one, other, cable) = wired(25 * MIB);
    let content = noise(80 * MIB as usize);
    let film = one.file("film.mkv", &content);
    let sent = one.send_paths(&other, &[&film]);
    until_moved(&other, 20 * MIB);
    assert_eq!(one.send_paths(&other, &[&film]), sent, "while it moves");
    until_moved(&other, 30 * MIB);
    let paused = one.ask(Command::Pause { with: other.id(), transfer: sent });
    assert!(matches!(paused, Ok(Reply::Done)), "{paused:?}");
    one.until_state(&other, sent, &State::Held(Hold::Paused { here: true }));
    assert_eq!(one.send_paths(&other, &[&film]), sent, "while it is paused");
    until_moved(&other, 40 * MIB);
    assert!(one.shut_down());
    one.start_again();
    assert_eq!(one.send_paths(&other, &[&film]), sent, "while it rests");
    came_once(&one, &other, sent, "film.mkv", &content);
    let again = cable.crossed().saturating_sub(content.len() as u64);
    assert!(again < 40 * MIB, "{} MiB crossed twice", again / MIB);
}

#[test]
fn what_waits_for_a_computer_that_is_away_waits_once_however_often_it_is_sent() {
    let (mut one, mut other) = friends();
    other.shut_down();
    let (a, b) = (one.file("a", "x"), one.file("b", "y"));
    let sent = one.send_paths(&other, &[&a]);
    one.until_state(&other, sent, &State::Held(Hold::Queued));
    assert_eq!(one.send_paths(&other, &[&a]), sent);
    // Said anew, for whoever waits to hear it.
    one.until_state(&other, sent, &State::Waiting);
    one.until_state(&other, sent, &State::Held(Hold::Queued));
    let album = one.send_paths(&other, &[&a, &b]);
    assert_ne!(album, sent, "more than that");
    one.until_state(&other, album, &State::Held(Hold::Queued));
    assert_eq!(one.send_paths(&other, &[&b, &a]), album, "in another order");
    assert!(one.shut_down());
    one.start_again();
    assert_eq!(one.send_paths(&other, &[&a]), sent, "after a restart");
    let copy = one.send(&[&other], copies(&[&a]))[0];
    assert!(copy != sent && copy != album, "a copy was asked for");
    let texts = [one.send_text(&other, "ho"), one.send_text(&other, "ho")];
    assert_ne!(texts[0], texts[1], "said twice is meant twice");
    other.start_again();
    for sent in [sent, album, copy, texts[0], texts[1]] {
        one.until_state(&other, sent, &State::Saved);
    }
    assert_eq!(other.conversation(&one).len(), 5);
}

#[test]
fn what_was_changed_since_it_began_to_move_is_sent_as_it_is_now() {
    let (one, other, _cable) = wired(10 * MIB);
    let (note, film) = (one.file("note", "before"), one.file("film.mkv", noise(40 * MIB as usize)));
    let sent = one.send_paths(&other, &[&note, &film]);
    other.until("the note to be there", |_| other.received("note").exists().then_some(()));
    fs::write(&note, "after it was read").unwrap();
    let again = one.send_paths(&other, &[&note, &film]);
    assert_ne!(again, sent);
    one.until_state(&other, again, &State::Saved);
    assert_eq!(fs::read_to_string(other.received("note (2)")).unwrap(), "after it was read");
}
