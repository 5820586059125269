//! The same content again: what came from a computer earlier needn't cross once more.

use super::{
    puppet::{Puppet, Wire},
    shelves::{put_out, take},
    *,
};
use crate::protocol::{
    Ranges,
    message::{Accept, Answer, ByeReason, Item as WireItem, ItemKind as WireKind, Message, Offer},
};

fn items_of(entry: &Entry) -> &[Item] {
    let Body::Items { items, .. } = &entry.body else { panic!("{entry:?}") };
    items
}

/// Both screens say of each item that it is saved, or that it was there already.
#[track_caller]
fn both_say(one: &Machine, other: &Machine, sent: TransferId, states: &[ItemState]) -> Vec<PathBuf> {
    let there = one.until_state(other, sent, &State::Saved);
    let here = other.until_state(one, sent, &State::Saved);
    for entry in [&there, &here] {
        let found: Vec<ItemState> = items_of(entry).iter().map(|item| item.state.clone()).collect();
        assert_eq!(found, states, "{entry:?}");
    }
    items_of(&here).iter().map(|item| item.path.clone().unwrap()).collect()
}

fn names_in(other: &Machine) -> Vec<String> {
    let entries = fs::read_dir(&other.config.home.received).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

const SAVED: ItemState = ItemState::Saved;
const ALREADY: ItemState = ItemState::AlreadyThere;

#[cfg(target_os = "linux")]
#[test]
fn what_was_sent_before_crosses_no_second_time_and_both_screens_point_at_what_is_there() {
    use super::resuming::{MIB, wired};

    let (mut one, mut other, cable) = wired(200 * MIB);
    let film = one.file("film.mkv", noise(20 * MIB as usize));
    one.file("trip/day 1/a.bin", noise(3_000_000));
    one.file("trip/b.txt", "b");
    let trip = one.home.path().join("desk/trip");
    fs::create_dir(trip.join("empty")).unwrap();
    let first = one.send_paths(&other, &[&film, &trip]);
    both_say(&one, &other, first, &[SAVED, SAVED]);
    for restart in [false, true] {
        if restart {
            one.shut_down();
            other.shut_down();
            one.start_again();
            other.start_again();
        }
        let crossed = cable.crossed();
        let new = one.file("new.txt", format!("new {restart}"));
        let again = one.send_paths(&other, &[&trip, &new, &film]);
        let places = both_say(&one, &other, again, &[ALREADY, SAVED, ALREADY]);
        assert_eq!([&places[0], &places[2]], [&other.received("trip"), &other.received("film.mkv")]);
        assert!(cable.crossed() - crossed < 100_000, "{} bytes crossed", cable.crossed() - crossed);
    }
    assert_eq!(names_in(&other), ["film.mkv", "new (2).txt", "new.txt", "trip"], "no second copy");
}

#[cfg(target_os = "linux")]
#[test]
fn what_was_there_already_and_changed_before_the_rest_goes_on_is_told_as_saved() {
    use super::resuming::{MIB, until_moved, wired};

    let (one, mut other, _cable) = wired(30 * MIB);
    let notes = one.file("notes.txt", "as they were");
    both_say(&one, &other, one.send_paths(&other, &[&notes]), &[SAVED]);
    let film = one.file("film.mkv", noise(90 * MIB as usize));
    let sent = one.send_paths(&other, &[&notes, &film]);
    until_moved(&other, 20 * MIB);
    one.until_entry(&other, sent, |entry| items_of(entry)[0].state == ALREADY);
    other.shut_down();
    one.until_state(&other, sent, &State::Held(Hold::Away));
    // Nothing of this size came before.
    fs::write(&notes, "as they are").unwrap();
    other.start_again();
    let places = both_say(&one, &other, sent, &[SAVED, SAVED]);
    assert_eq!(fs::read_to_string(&places[0]).unwrap(), "as they are");
}

#[test]
fn what_was_deleted_or_changed_there_comes_anew_and_what_was_only_touched_does_not() {
    let (one, other) = friends();
    let names = ["changed.bin", "deleted.bin", "moved.bin", "touched.bin"];
    let paths: Vec<PathBuf> = names.iter().zip(1..).map(|(name, n)| one.file(name, noise(100_000 + n))).collect();
    let paths: Vec<&Path> = paths.iter().map(PathBuf::as_path).collect();
    both_say(&one, &other, one.send_paths(&other, &paths), &[SAVED, SAVED, SAVED, SAVED]);
    let mut content = fs::read(other.received("changed.bin")).unwrap();
    content[70_000] ^= 1;
    fs::write(other.received("changed.bin"), &content).unwrap();
    fs::remove_file(other.received("deleted.bin")).unwrap();
    fs::rename(other.received("moved.bin"), other.received("elsewhere.bin")).unwrap();
    let touched = fs::File::options().write(true).open(other.received("touched.bin")).unwrap();
    touched.set_modified(std::time::UNIX_EPOCH).unwrap();
    both_say(&one, &other, one.send_paths(&other, &paths), &[SAVED, SAVED, SAVED, ALREADY]);
    let there = ["changed (2).bin", "changed.bin", "deleted.bin", "elsewhere.bin", "moved.bin", "touched.bin"];
    assert_eq!(names_in(&other), there);
    assert!(fs::read(other.received("changed.bin")).unwrap() == content, "what this person changed stays");
    assert!(fs::read(other.received("changed (2).bin")).unwrap() == noise(100_001));
    // Another content of the same size is another thing.
    let path = one.file("touched.bin", &noise(200_000)[..100_004]);
    both_say(&one, &other, one.send_paths(&other, &[&path]), &[SAVED]);
}

#[test]
fn what_is_empty_comes_no_second_time_under_its_name() {
    let (one, other) = friends();
    one.file("only/__init__.py", "");
    let only = one.home.path().join("desk/only");
    let paths = [one.file("empty.txt", ""), only.clone()];
    let paths: Vec<&Path> = paths.iter().map(PathBuf::as_path).collect();
    both_say(&one, &other, one.send_paths(&other, &paths), &[SAVED, SAVED]);
    both_say(&one, &other, one.send_paths(&other, &paths), &[ALREADY, ALREADY]);
    assert_eq!(names_in(&other), ["empty.txt", "only"]);
    both_say(&one, &other, one.send_paths(&other, &[&one.file("another.txt", "")]), &[SAVED]);
    one.file("only/second.py", "");
    both_say(&one, &other, one.send_paths(&other, &[&only]), &[SAVED]);
    assert_eq!(names_in(&other), ["another.txt", "empty.txt", "only", "only (2)"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_folder_whose_names_were_changed_when_it_came_comes_no_second_time() {
    let (one, other) = friends();
    for name in ["at 12:30", "at 12_", "at 120", "CON", "A.txt", "a.txt", "cafe\u{301}", "what?/when?"] {
        one.file(&format!("odd/{name}"), name);
    }
    let odd = one.home.path().join("desk/odd");
    both_say(&one, &other, one.send_paths(&other, &[&odd]), &[SAVED]);
    let there = ["at 12_30", "at 12_", "at 120", "_CON", "A.txt", "a (2).txt", "caf\u{e9}", "what_/when_"];
    for name in there {
        assert!(other.received("odd").join(name).exists(), "{name}");
    }
    both_say(&one, &other, one.send_paths(&other, &[&odd]), &[ALREADY]);
    assert_eq!(names_in(&other), ["odd"]);
}

#[test]
fn a_copy_comes_when_it_is_asked_for() {
    let (one, other) = friends();
    let path = one.file("note.txt", "the same");
    both_say(&one, &other, one.send_paths(&other, &[&path]), &[SAVED]);
    let copy = one.send(&[&other], copies(&[&path]))[0];
    both_say(&one, &other, copy, &[SAVED]);
    assert_eq!(names_in(&other), ["note (2).txt", "note.txt"]);
}

#[test]
fn what_was_taken_before_is_there_for_the_next_take() {
    let (owner, taker) = pair();
    put_out(&owner, &owner.file("slides.pdf", noise(300_000)), Audience::All);
    let first = take(&taker, &owner, &[]);
    both_say(&owner, &taker, first, &[SAVED]);
    let again = take(&taker, &owner, &[]);
    assert_eq!(both_say(&owner, &taker, again, &[ALREADY]), [taker.received("slides.pdf")]);
    assert_eq!(names_in(&taker), ["slides.pdf"]);
}

#[test]
fn what_came_from_another_computer_is_no_reason_not_to_send() {
    let net = Net::new();
    let (one, another, other) = (net.computer("Studio Mac"), net.computer("Mei"), net.computer("Office PC"));
    for sender in [&one, &another] {
        other.always_accepts(sender);
        sender.sees(&other);
    }
    for sender in [&one, &another] {
        let path = sender.file("report.pdf", noise(200_000));
        both_say(sender, &other, sender.send_paths(&other, &[&path]), &[SAVED]);
    }
    assert_eq!(names_in(&other), ["report (2).pdf", "report.pdf"]);
}

fn item(size: u64, digest: Option<[u8; 32]>) -> WireItem {
    let (kind, name) = (WireKind::File, "guess".to_owned());
    WireItem { kind, name, size, files: 1, modified: None, thumbhash: None, version: 0, digest }
}

fn offer(id: u8, items: Vec<WireItem>, again: bool) -> Message {
    Message::Offer(Offer { transfer: TransferId([id; 16]), items, for_take: false, again })
}

#[track_caller]
fn hears_answer(wire: &mut Wire<'_>) -> Accept {
    match wire.hear() {
        Some(Message::Answer { answer: Answer::Accept(accept), .. }) => accept,
        other => panic!("{other:?}"),
    }
}

#[test]
fn guessing_digests_of_what_others_sent_tells_nothing() {
    let net = Net::new();
    let into = |config: &mut Config| config.receive = Receive::All { into: None };
    let (honest, other) = (net.computer("Studio Mac"), net.computer_with("Office PC", into, None));
    honest.sees(&other);
    let secret = noise(5_000);
    let sent = honest.send_paths(&other, &[&honest.file("secret.txt", &secret)]);
    other.until_state(&honest, sent, &State::Saved);
    fs::write(other.received("mine.txt"), noise(6_000)).unwrap();

    let puppet = Puppet::new("Mallory");
    let mut wire = puppet.dial(&other);
    let guess = |content: &[u8]| item(content.len() as u64, Some(*blake3::hash(content).as_bytes()));
    let guesses = || vec![guess(&secret), guess(&noise(6_000)), guess(b"never")];
    let sizes = [5_000, 6_000, 5].map(|size| item(size, None)).to_vec();
    wire.say(&offer(1, sizes, false));
    let accept = hears_answer(&mut wire);
    assert_eq!((accept.known, accept.resume), (Ranges::default(), vec![]), "it says what others sent");
    wire.say(&offer(1, guesses(), true));
    let accept = hears_answer(&mut wire);
    assert_eq!((accept.known, accept.resume), (Ranges::default(), vec![]), "a guess is confirmed");
    // Nor with the first words.
    wire.say(&offer(2, guesses(), false));
    let accept = hears_answer(&mut wire);
    assert_eq!((accept.known, accept.resume), (Ranges::default(), vec![]), "a guess is confirmed");
}

#[test]
fn a_receiver_hears_digests_of_what_it_agreed_to_only_and_only_once() {
    let net = Net::new();
    let one = net.computer("Studio Mac");
    let puppet = Puppet::new("Mallory");
    let mut wire = puppet.be_dialled(&one);
    one.until("it to be there", |snapshot| {
        snapshot.computers.iter().find(|computer| computer.fingerprint == puppet.id).map(drop)
    });
    let (first, second) = (one.file("first.bin", noise(100_000)), one.file("second.bin", noise(100_001)));
    let what = Outgoing::paths(vec![first, second]);
    one.client.send(Command::Send { to: vec![puppet.id], what, keep: false }).unwrap();
    let Some(Message::Offer(offer)) = wire.hear() else { panic!("no offer") };
    assert!(offer.items.iter().all(|item| item.digest.is_none()), "digests before consent");
    let transfer = offer.transfer;
    let answer = |items: &[u32], known: &[u32]| {
        let ranges = |numbers: &[u32]| Ranges::from_numbers(numbers.iter().copied());
        let accept = Accept { items: ranges(items), resume: vec![], known: ranges(known) };
        Message::Answer { transfer, answer: Answer::Accept(accept) }
    };
    wire.say(&answer(&[0], &[0]));
    let Some(Message::Offer(offer)) = wire.hear() else { panic!("not offered with digests") };
    let digests: Vec<_> = offer.items.iter().map(|item| item.digest).collect();
    assert_eq!(digests, [Some(*blake3::hash(&noise(100_000)).as_bytes()), None]);
    // What was told is not asked for again, and what wasn't agreed to not at all.
    wire.say(&answer(&[0], &[0]));
    one.until("the data to be awaited", |snapshot| {
        snapshot.transfers.iter().find(|running| running.phase == Phase::Preparing).map(drop)
    });
    wire.say(&Message::Answer {
        transfer: TransferId([9; 16]),
        answer: Answer::Accept(Accept { items: Ranges::all(1), resume: vec![], known: Ranges::from_numbers([5]) }),
    });
    wire.hears_bye(ByeReason::Misbehaved);
}
