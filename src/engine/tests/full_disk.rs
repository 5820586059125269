//! Disks that are full before or become full on the way. Each test has a small file system of its own.

use std::{collections::BTreeSet, os::unix::fs::MetadataExt as _};

use super::{
    resuming::{MIB, files_below, until_moved, wired_into},
    *,
};
use crate::platform::files::small_disk::{Ballast, enter};

const HERE: State = State::Held(Hold::DiskFull { here: true });
const THERE: State = State::Held(Hold::DiskFull { here: false });

/// Names in the receive folder that a person sees.
fn visible(other: &Machine) -> Vec<String> {
    let entries = fs::read_dir(&other.config.home.received).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|name| name != ".fantail" && name != "ballast");
    names.sort();
    names
}

/// Of files of the sizes that are sent.
fn inodes_below(folder: &Path) -> BTreeSet<u64> {
    let mut all = BTreeSet::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let about = entry.metadata().unwrap();
        if about.is_dir() {
            all.extend(inodes_below(&entry.path()));
        } else if about.len() >= 10_000 && entry.file_name() != "journal" {
            all.insert(about.ino());
        }
    }
    all
}

#[test]
fn a_disk_that_fills_up_holds_a_file_and_it_goes_on_by_itself_when_there_is_room() {
    let test =
        "engine::tests::full_disk::a_disk_that_fills_up_holds_a_file_and_it_goes_on_by_itself_when_there_is_room";
    let Some(disk) = enter(test, "size=100m") else { return };
    let (mut one, mut other, cable) = wired_into(25 * MIB, Some(disk.clone()));
    let content = noise(80 * MIB as usize);
    let (first, film) = (one.file("first.txt", "first"), one.file("film.mkv", &content));
    let sent = one.send_paths(&other, &[&first, &film]);
    until_moved(&other, 40 * MIB);
    let ballast = Ballast::all(&disk);
    one.until_state(&other, sent, &THERE);
    let held = other.until_state(&one, sent, &HERE);
    assert_eq!(visible(&other), ["first.txt"], "what was complete is there, and nothing half");
    let Body::Items { items, .. } = &held.body else { panic!("{held:?}") };
    assert_eq!([&items[0].state, &items[1].state], [&ItemState::Saved, &ItemState::Pending]);
    // It asks again and again, and nobody sees anything of that.
    for machine in [&one, &other] {
        machine.until("it to rest", |snapshot| snapshot.transfers.is_empty().then_some(()));
    }
    let until = Instant::now() + Duration::from_secs(3);
    while Instant::now() < until {
        for machine in [&one, &other] {
            assert_eq!(machine.client.snapshot().transfers, [], "it flickers");
            machine.client.wait(Duration::from_millis(20));
        }
    }
    // Also after a restart of both.
    one.shut_down();
    other.shut_down();
    one.start_again();
    other.start_again();
    one.until_state(&other, sent, &THERE);
    other.until_state(&one, sent, &HERE);
    assert!(cable.crossed() < 64 * MIB, "it is sent in vain: {} MiB", cable.crossed() / MIB);
    ballast.remove();
    one.until_state(&other, sent, &State::Saved);
    other.until_state(&one, sent, &State::Saved);
    assert!(fs::read(other.received("film.mkv")).unwrap() == content);
    assert_eq!(visible(&other), ["film.mkv", "first.txt"]);
    let again = cable.crossed().saturating_sub(content.len() as u64);
    assert!(again < 30 * MIB, "{} MiB crossed twice", again / MIB);
}

#[test]
fn a_folder_of_many_small_files_waits_for_room_too_and_is_made_once() {
    let test = "engine::tests::full_disk::a_folder_of_many_small_files_waits_for_room_too_and_is_made_once";
    let Some(disk) = enter(test, "size=100m,nr_inodes=1500") else { return };
    let (one, other, _cable) = wired_into(2 * MIB, Some(disk.clone()));
    for n in 0..600 {
        one.file(&format!("trip/day {}/{n}.bin", n % 5), noise(10_000 + n));
    }
    let trip = one.home.path().join("desk/trip");
    let sent = one.send_paths(&other, &[&trip]);
    until_moved(&other, 3 * MIB);
    let ballast = Ballast::of_files(&disk);
    one.until_state(&other, sent, &THERE);
    other.until_state(&one, sent, &HERE);
    assert_eq!(visible(&other), [""; 0], "half a folder");
    let there = inodes_below(&disk.join(".fantail"));
    assert!(there.len() > 250, "{} files are there", there.len());
    ballast.remove();
    one.until_state(&other, sent, &State::Saved);
    other.until_state(&one, sent, &State::Saved);
    assert!(files_below(&other.received("trip")) == files_below(&trip));
    assert_eq!(visible(&other), ["trip"]);
    let now = inodes_below(&other.received("trip"));
    assert_eq!(now.len(), 600);
    assert_eq!(there.difference(&now).count(), 0, "what was there when the disk was full is kept, not made anew");
}

#[test]
fn cancelling_what_waits_for_room_leaves_nothing_behind() {
    let test = "engine::tests::full_disk::cancelling_what_waits_for_room_leaves_nothing_behind";
    let Some(disk) = enter(test, "size=80m") else { return };
    for by_giver in [true, false] {
        let (one, other, _cable) = wired_into(25 * MIB, Some(disk.clone()));
        let sent = one.send_paths(&other, &[&one.file("film.mkv", noise(60 * MIB as usize))]);
        until_moved(&other, 20 * MIB);
        let ballast = Ballast::all(&disk);
        one.until_state(&other, sent, &THERE);
        other.until_state(&one, sent, &HERE);
        let (here, there) = if by_giver { (&one, &other) } else { (&other, &one) };
        assert!(matches!(here.ask(Command::Cancel { with: there.id(), transfer: sent }), Ok(Reply::Done)));
        here.until_state(there, sent, &State::Cancelled { here: true });
        there.until_state(here, sent, &State::Cancelled { here: false });
        ballast.remove();
        other.until("the disk to be empty", |_| fs::read_dir(&disk).unwrap().next().is_none().then_some(()));
    }
}

#[test]
fn what_can_not_fit_into_the_folder_that_is_chosen_is_refused_before_a_byte_is_sent() {
    let test =
        "engine::tests::full_disk::what_can_not_fit_into_the_folder_that_is_chosen_is_refused_before_a_byte_is_sent";
    let Some(disk) = enter(test, "size=20m") else { return };
    let (one, other) = pair();
    let sent = one.send_paths(&other, &[&one.file("film.mkv", noise(20 * MIB as usize))]);
    let ask = other.question();
    other.answer(&ask, Decision::Accept { items: None, into: Some(disk.join("videos")), always: false });
    one.until_state(&other, sent, &State::Stopped(Problem::DiskFull { here: false }));
    other.until_state(&one, sent, &State::Stopped(Problem::DiskFull { here: true }));
    let partials = disk.join("videos/.fantail");
    other.until("nothing to lie there", |_| (!partials.exists()).then_some(()));
    assert_eq!(files_below(&disk).len(), 0);
    assert!(!other.received("film.mkv").exists());
}

#[test]
fn a_text_that_the_database_has_no_room_for_is_not_told_as_saved_and_arrives_once_there_is_room() {
    let test = "engine::tests::full_disk::\
                a_text_that_the_database_has_no_room_for_is_not_told_as_saved_and_arrives_once_there_is_room";
    let Some(disk) = enter(test, "size=16m") else { return };
    let net = Net::new();
    let on_disk = |config: &mut Config| config.home.database = disk.join("data/fantail.db");
    let (one, other) = (net.computer("Studio Mac"), net.computer_with("Office PC", on_disk, None));
    other.always_accepts(&one);
    one.sees(&other);
    let ballast = Ballast::all(&disk);
    // Nothing has shown that yet: the text is agreed to.
    assert_eq!(other.client.snapshot().notices, []);
    let text = "a long one ".repeat(20_000);
    let sent = one.send_text(&other, &text);
    other.until("the notice", |snapshot| snapshot.notices.contains(&Notice::StoreRefuses(Refusal::Full)).then_some(()));
    one.until_state(&other, sent, &THERE);
    assert_eq!(other.client.snapshot().notices, [Notice::StoreRefuses(Refusal::Full)], "it is as full as before");
    assert_eq!(other.conversation(&one), []);
    ballast.remove();
    one.until_state(&other, sent, &State::Saved);
    assert_eq!(other.until_state(&one, sent, &State::Saved).body, Body::Text(text));
    assert_eq!(other.conversation(&one).len(), 1);
    other.until("the notice to go", |snapshot| snapshot.notices.is_empty().then_some(()));
}
