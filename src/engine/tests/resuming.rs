//! Breaks of every kind, and going on after them.

use super::{relay::Relay, *};

/// Two that know each other and are connected by a cable alone: they don't hear each other, and `other` can't dial.
pub(super) fn wired(speed: u64) -> (Machine, Machine, Relay) {
    wired_into(speed, None)
}

/// The same, `other` receiving into this folder.
pub(super) fn wired_into(speed: u64, received: Option<PathBuf>) -> (Machine, Machine, Relay) {
    let one = Net::new().computer("Studio Mac");
    let receive_into = |config: &mut Config| config.home.received = received.unwrap_or(config.home.received.clone());
    let other = Net::new().computer_with("Office PC", receive_into, None);
    let cable = Relay::slow(other.client.snapshot().me.port, speed);
    plug(&one, &cable);
    one.always_accepts(&other);
    other.always_accepts(&one);
    (one, other, cable)
}

pub(super) fn plug(one: &Machine, cable: &Relay) {
    let whom = format!("127.0.0.1:{}", cable.port);
    let found = one.ask(Command::Resolve { whom, new: true, within: Duration::from_secs(5) });
    assert!(matches!(&found, Ok(Reply::Resolved(found)) if found.len() == 1), "{found:?}");
}

pub(super) fn until_moved(machine: &Machine, bytes: u64) {
    machine.until("it to move", |snapshot| snapshot.transfers.iter().find(|one| one.bytes > bytes).map(drop));
}

pub(super) const MIB: u64 = 1024 * 1024;

#[test]
fn a_cable_that_is_pulled_and_plugged_in_costs_nothing_that_had_arrived() {
    let (one, other, cable) = wired(25 * MIB);
    let content = noise(100 * MIB as usize);
    let path = one.file("film.mkv", &content);
    let sent = one.send_paths(&other, &[&path]);
    until_moved(&other, 40 * MIB);
    cable.cut();
    one.until("it to have stopped", |snapshot| snapshot.transfers.iter().all(|one| one.bytes == 0).then_some(()));
    one.until_state(&other, sent, &State::Saved);
    other.until_state(&one, sent, &State::Saved);
    assert!(fs::read(other.received("film.mkv")).unwrap() == content);
    let again = cable.crossed().saturating_sub(content.len() as u64);
    assert!(again < 30 * MIB, "{} MiB crossed twice", again / MIB);
    assert!(!other.received(".fantail").exists() && !other.received("film (2).mkv").exists());
    assert_eq!(other.conversation(&one).len(), 1, "one entry, not two");
}

fn fill(one: &Machine) -> PathBuf {
    for n in 0..60 {
        one.file(&format!("trip/CON/{n:02}.bin"), noise(50_000 + n));
        one.file(&format!("trip/day:1/deep/{n:02}.bin"), noise(60_000 + n));
        one.file(&format!("trip/Day:1/{n:02}.bin"), noise(70_000 + n));
    }
    one.home.path().join("desk/trip")
}

pub(super) fn files_below(folder: &Path) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            all.extend(files_below(&entry.path()));
        } else {
            all.push(fs::read(entry.path()).unwrap());
        }
    }
    all.sort();
    all
}

#[test]
fn a_folder_goes_on_in_its_middle_and_is_made_once() {
    let (one, other, cable) = wired(2 * MIB);
    let trip = fill(&one);
    let sent = one.send_paths(&other, &[&trip]);
    for part in [2, 5] {
        until_moved(&other, part * MIB);
        cable.cut();
        // The break itself may be over before anybody looks.
        one.until("new connections for control and data", |_| (cable.connections() >= 2).then_some(()));
    }
    one.until_state(&other, sent, &State::Saved);
    other.until_state(&one, sent, &State::Saved);
    assert!(files_below(&other.received("trip")) == files_below(&trip));
    let mut names: Vec<_> =
        fs::read_dir(other.received("trip")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["Day_1", "_CON", "day_1 (2)"], "as in one go");
    let again = cable.crossed().saturating_sub(11 * MIB);
    assert!(again < 6 * MIB, "{again} bytes crossed twice");
}

#[test]
fn either_program_that_ends_and_is_started_again_goes_on() {
    for who in ["giver", "receiver", "both"] {
        let (mut one, mut other, cable) = wired(25 * MIB);
        let content = noise(90 * MIB as usize);
        let path = one.file("film.mkv", &content);
        one.file("second.txt", "second");
        let second = one.home.path().join("desk/second.txt");
        let sent = one.send_paths(&other, &[&second, &path]);
        until_moved(&other, 50 * MIB);
        if who != "receiver" {
            assert!(one.shut_down());
        }
        if who != "giver" {
            assert!(other.shut_down());
        }
        for machine in [(&one, &other), (&other, &one)] {
            if machine.0.engine.is_some() {
                let held = machine.0.until_state(machine.1, sent, &State::Held(Hold::Away));
                assert_eq!(held.group, machine.0.entry(machine.1, sent).unwrap().group);
            }
        }
        if one.engine.is_none() {
            one.start_again();
        }
        if other.engine.is_none() {
            other.start_again();
        }
        // They find each other by what they remember.
        one.until_state(&other, sent, &State::Saved);
        let entry = other.until_state(&one, sent, &State::Saved);
        let Body::Items { items, .. } = &entry.body else { panic!("{entry:?}") };
        assert!(items.iter().all(|item| item.state == ItemState::Saved), "{who}: {items:?}");
        assert!(fs::read(other.received("film.mkv")).unwrap() == content, "{who}");
        let mut names: Vec<_> =
            fs::read_dir(&other.config.home.received).unwrap().map(|e| e.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["film.mkv", "second.txt"], "{who}");
        assert_eq!(one.conversation(&other).len(), 1);
        let again = cable.crossed().saturating_sub(content.len() as u64);
        assert!(again < 35 * MIB, "{who}: {} MiB crossed twice", again / MIB);
    }
}

#[test]
fn what_was_ended_here_while_the_other_was_away_is_heard_there_when_it_is_back() {
    for by_giver in [true, false] {
        let (mut one, mut other, _cable) = wired(20 * MIB);
        let path = one.file("film.mkv", noise(90 * MIB as usize));
        let sent = one.send_paths(&other, &[&path]);
        until_moved(&other, 5 * MIB);
        let (here, away) = if by_giver { (&mut one, &mut other) } else { (&mut other, &mut one) };
        away.shut_down();
        here.until_state(away, sent, &State::Held(Hold::Away));
        assert!(matches!(here.ask(Command::Cancel { with: away.id(), transfer: sent }), Ok(Reply::Done)));
        here.until_state(away, sent, &State::Cancelled { here: true });
        away.start_again();
        away.until_state(here, sent, &State::Cancelled { here: false });
        let left = other.received(".fantail");
        other.until("partials to go", |_| (!left.exists()).then_some(()));
        assert!(!other.received("film.mkv").exists());
    }
}

#[test]
fn a_source_that_changed_meanwhile_begins_anew_and_a_larger_one_is_a_new_question() {
    for larger in [false, true] {
        let (mut one, other, _cable) = wired(25 * MIB);
        assert!(matches!(other.ask(Command::SetRule { with: one.id(), rule: Rule::Ask }), Ok(Reply::Done)));
        let path = one.file("film.mkv", noise(90 * MIB as usize));
        let sent = one.send_paths(&other, &[&path]);
        other.accept_next();
        until_moved(&other, 40 * MIB);
        one.shut_down();
        let mut content = noise(90 * MIB as usize);
        content[0] ^= 1;
        if larger {
            content.push(7);
        }
        fs::write(&path, &content).unwrap();
        one.start_again();
        if larger {
            let ask = other.question();
            assert_eq!((ask.transfer, ask.bytes), (sent, content.len() as u64));
            other.answer(&ask, ACCEPT);
        }
        one.until_state(&other, sent, &State::Saved);
        let entry = other.until_state(&one, sent, &State::Saved);
        let Body::Items { bytes, .. } = &entry.body else { panic!("{entry:?}") };
        assert_eq!(*bytes, content.len() as u64);
        assert!(fs::read(other.received("film.mkv")).unwrap() == content);
        assert_eq!(other.conversation(&one).len(), 1);
    }
}

#[test]
fn what_was_saved_already_and_changed_before_the_rest_goes_on_comes_as_it_is_now_too() {
    let (mut one, other, _cable) = wired(25 * MIB);
    let notes = one.file("notes.txt", "as they were");
    let film = one.file("film.mkv", noise(90 * MIB as usize));
    let sent = one.send_paths(&other, &[&notes, &film]);
    until_moved(&other, 40 * MIB);
    other.until("the notes to be saved", |_| other.received("notes.txt").exists().then_some(()));
    one.shut_down();
    fs::write(&notes, "as they are.").unwrap();
    one.start_again();
    one.until_state(&other, sent, &State::Saved);
    other.until_state(&one, sent, &State::Saved);
    assert_eq!(fs::read_to_string(other.received("notes.txt")).unwrap(), "as they were", "nothing existing changes");
    assert_eq!(fs::read_to_string(other.received("notes (2).txt")).unwrap(), "as they are.");
    assert!(fs::read(other.received("film.mkv")).unwrap() == noise(90 * MIB as usize));
}

#[test]
fn a_text_that_was_not_confirmed_goes_again_and_arrives_once() {
    let (mut one, mut other) = friends();
    other.shut_down();
    let sent = one.send_text(&other, "are you there?");
    one.shut_down();
    one.start_again();
    one.until_state(&other, sent, &State::Held(Hold::Queued));
    other.start_again();
    one.until_state(&other, sent, &State::Saved);
    other.until_state(&one, sent, &State::Saved);
    one.shut_down();
    one.start_again();
    one.sees(&other);
    assert_eq!(other.conversation(&one).len(), 1);
}

#[test]
fn what_is_offered_once_more_after_its_end_comes_no_second_time_whenever_the_receiver_ends() {
    let (mut one, mut other, _cable) = wired(4096);
    other.shut_down();
    let sent = one.send_paths(&other, &[&one.file("note.txt", "note"), &one.file("list.txt", "list")]);
    one.until_state(&other, sent, &State::Held(Hold::Queued));
    one.shut_down();
    let (database, before) = (one.config.home.database.clone(), one.home.path().join("before"));
    fs::copy(&database, &before).unwrap();
    one.start_again();
    other.start_again();
    one.until_state(&other, sent, &State::Saved);
    other.until_state(&one, sent, &State::Saved);
    // As if the giver had ended before it heard that.
    one.shut_down();
    fs::copy(&before, &database).unwrap();
    one.start_again();
    other.until_state(&one, sent, &State::Running);
    other.shut_down();
    other.start_again();
    one.until_state(&other, sent, &State::Saved);
    other.until_state(&one, sent, &State::Saved);
    assert_eq!(fs::read_dir(other.received("")).unwrap().count(), 2, "something came twice");
}
