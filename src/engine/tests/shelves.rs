use super::{puppet::Puppet, relay::Relay, *};
use crate::protocol::message::{
    Answer, ByeReason, CancelReason, Item as WireItem, ItemKind as WireKind, Message, Offer, Take,
};
use crate::store::MAX_TAKERS;

/// So many moments of a take, each so much later than the one before, are tried for a collision of connections.
const COLLISIONS: u32 = 40;
const COLLISION_STEP: Duration = Duration::from_millis(2);

fn offered(taker: &Machine, owner: &Machine) -> Vec<OfferedItem> {
    match taker.ask(Command::Browse { with: owner.id() }) {
        Ok(Reply::Offered { items, .. }) => items,
        other => panic!("{other:?}"),
    }
}

pub(super) fn put_out(owner: &Machine, path: &Path, audience: Audience) -> Vec<ShelfItem> {
    match owner.ask(Command::ShelfAdd { paths: vec![path.to_path_buf()], audience }) {
        Ok(Reply::Shelf(items)) => items,
        other => panic!("{other:?}"),
    }
}

pub(super) fn take(taker: &Machine, owner: &Machine, items: &[u64]) -> TransferId {
    take_listed(taker, owner.id(), items, offered(taker, owner))
}

fn take_listed(taker: &Machine, with: Fingerprint, items: &[u64], listed: Vec<OfferedItem>) -> TransferId {
    match taker.ask(Command::Take { with, items: items.to_vec(), listed, into: None }) {
        Ok(Reply::Sent { transfers, .. }) => transfers[0].1,
        other => panic!("{other:?}"),
    }
}

fn listed(id: u64, name: &str, size: u64) -> OfferedItem {
    OfferedItem { id, kind: ItemKind::File, name: name.to_owned(), size, files: 1 }
}

#[test]
fn what_is_put_out_for_all_is_seen_and_taken_and_the_take_is_shown() {
    let (owner, taker) = pair();
    let folder = owner.file("slides/one.txt", "1").parent().unwrap().to_path_buf();
    put_out(&owner, &folder, Audience::All);
    put_out(&owner, &owner.file("secret.txt", "s"), Audience::Verified);
    put_out(&owner, &owner.file("for known.txt", "k"), Audience::Known);
    let items = offered(&taker, &owner);
    let seen: Vec<_> = items.iter().map(|item| (item.name.as_str(), item.kind, item.files)).collect();
    assert_eq!(seen, [("slides", ItemKind::Folder, 1)]);
    let taken = take(&taker, &owner, &[items[0].id]);
    taker.until_state(&owner, taken, &State::Saved);
    assert_eq!(fs::read_to_string(taker.received("slides/one.txt")).unwrap(), "1");
    let entry = owner.until_state(&taker, taken, &State::Saved);
    assert_eq!(entry.direction, Direction::Sent);
    assert!(owner.client.snapshot().asks.is_empty() && taker.client.snapshot().asks.is_empty());
}

#[test]
fn a_thing_to_be_asked_about_is_given_after_a_yes_only() {
    let (owner, taker) = pair();
    put_out(&owner, &owner.file("maybe.txt", "m"), Audience::Ask);
    let taken = take(&taker, &owner, &[]);
    let ask = owner.question();
    assert_eq!((ask.takes, ask.items[0].name.as_str()), (true, "maybe.txt"));
    owner.answer(&ask, Decision::Decline);
    taker.until_state(&owner, taken, &State::Declined);
    owner.until("no question", |snapshot| snapshot.asks.is_empty().then_some(()));
    let again = take(&taker, &owner, &[]);
    owner.accept_next();
    taker.until_state(&owner, again, &State::Saved);
    assert_eq!(fs::read_to_string(taker.received("maybe.txt")).unwrap(), "m");
}

#[test]
fn what_needs_no_question_is_given_whatever_the_answer_is_and_at_the_latest_when_nobody_answers() {
    let net = Net::new();
    let owner = net.computer_with("Owner", |_| {}, Some(Duration::from_secs(2)));
    let taker = net.computer("Taker");
    taker.sees(&owner);
    owner.sees(&taker);
    // Known: questions of known computers usually stand as long as it takes.
    owner.always_accepts(&taker);
    put_out(&owner, &owner.file("free.txt", "f"), Audience::All);
    put_out(&owner, &owner.file("a.txt", "a"), Audience::Ask);
    put_out(&owner, &owner.file("b.txt", "b"), Audience::Ask);
    let names = |entry: &Entry| match &entry.body {
        Body::Items { items, .. } => items.iter().map(|item| item.name.clone()).collect::<Vec<_>>(),
        other => panic!("{other:?}"),
    };
    let some = Decision::Accept { items: Some(vec![1]), into: None, always: false };
    for (answer, expected) in [
        (Some(Decision::Decline), &["free.txt"][..]),
        (Some(some), &["free.txt", "b.txt"]),
        (None, &["free.txt"]),
        (Some(ACCEPT), &["free.txt", "a.txt", "b.txt"]),
    ] {
        let taken = take(&taker, &owner, &[]);
        let ask = owner.question();
        let asked: Vec<_> = ask.items.iter().map(|item| item.name.as_str()).collect();
        assert_eq!((asked, ask.files, ask.bytes), (vec!["a.txt", "b.txt"], 2, 2));
        assert!(ask.until.is_some());
        if let Some(answer) = answer {
            owner.answer(&ask, answer);
        }
        let entry = taker.until_state(&owner, taken, &State::Saved);
        assert_eq!(names(&entry), expected);
        owner.until("no question", |snapshot| snapshot.asks.is_empty().then_some(()));
    }
}

#[test]
fn a_blocked_taker_gets_nothing_at_all() {
    let (owner, taker) = pair();
    put_out(&owner, &owner.file("free.txt", "f"), Audience::All);
    put_out(&owner, &owner.file("maybe.txt", "m"), Audience::Ask);
    let taken = take(&taker, &owner, &[]);
    owner.answer(&owner.question(), Decision::Block);
    taker.until_entry(&owner, taken, |entry| matches!(entry.state, State::Declined | State::Stopped(Problem::Refused)));
    assert!(!taker.received("free.txt").exists());
}

#[test]
fn of_everything_what_is_no_longer_as_it_was_put_out_is_left_out() {
    let (owner, taker) = pair();
    put_out(&owner, &owner.file("same.txt", "same"), Audience::All);
    let changed = owner.file("changed.txt", "x");
    let gone = owner.file("gone.txt", "x");
    put_out(&owner, &changed, Audience::All);
    put_out(&owner, &gone, Audience::All);
    fs::write(changed, "y and more").unwrap();
    fs::remove_file(gone).unwrap();
    let taken = take(&taker, &owner, &[]);
    taker.until_state(&owner, taken, &State::Saved);
    assert!(taker.received("same.txt").exists() && !taker.received("changed.txt").exists());
}

#[test]
fn what_is_taken_while_another_connection_replaces_the_first_arrives_whenever_that_happens() {
    for round in 0..COLLISIONS {
        // Each on a network of its own: they meet because both dial, one of them through a slow wire.
        let (owner, taker) = (Net::new().computer("Owner"), Net::new().computer("Taker"));
        put_out(&owner, &owner.file("slides.txt", "s"), Audience::All);
        let port = |machine: &Machine| machine.client.snapshot().me.port;
        let (smaller, greater) = if owner.id() < taker.id() { (&owner, &taker) } else { (&taker, &owner) };
        // The one dialled by the greater stays.
        let wire = Relay::to(port(smaller), COLLISION_STEP * round);
        for (one, port) in [(greater, wire.port), (smaller, port(greater))] {
            let whom = format!("127.0.0.1:{port}");
            one.client.send(Command::Resolve { whom, new: true, within: LONG }).unwrap();
        }
        taker.sees(&owner);
        // Without a look before, which would take its own time.
        let taken = take_listed(&taker, owner.id(), &[], vec![listed(1, "slides.txt", 1)]);
        let entry = taker.until_entry(&owner, taken, |entry| entry.state != State::Running);
        assert_eq!(entry.state, State::Saved, "round {round}");
        owner.until_state(&taker, taken, &State::Saved);
    }
}

#[test]
fn what_is_not_for_this_computer_or_has_changed_is_not_given() {
    let (owner, taker) = pair();
    let path = owner.file("list.txt", "milk");
    let id = put_out(&owner, &path, Audience::Verified)[0].id;
    let not_on_shelf = State::Stopped(Problem::NotOnShelf);
    let taken = take(&taker, &owner, &[id]);
    taker.until_state(&owner, taken, &not_on_shelf);
    put_out(&owner, &path, Audience::All);
    fs::write(&path, "milk and honey").unwrap();
    let taken = take(&taker, &owner, &[id]);
    taker.until_state(&owner, taken, &not_on_shelf);
    assert!(!taker.received("list.txt").exists());
    assert!(matches!(owner.ask(Command::ShelfRemove { ids: vec![id] }), Ok(Reply::Shelf(rest)) if rest.is_empty()));
    assert!(offered(&taker, &owner).is_empty());
}

#[cfg(unix)]
#[test]
fn a_take_that_can_not_be_saved_comes_to_an_end_that_says_why() {
    let (owner, taker) = pair();
    put_out(&owner, &owner.file("slides.txt", "1"), Audience::All);
    // Not to be made, not even by root.
    let into = Some(PathBuf::from("/proc/nowhere"));
    let (with, items, listed) = (owner.id(), Vec::new(), offered(&taker, &owner));
    let Ok(Reply::Sent { transfers, .. }) = taker.ask(Command::Take { with, items, listed, into }) else {
        panic!("it was not begun")
    };
    let ended = taker.until("its end", |_| {
        let Ok(Reply::Page { entries, .. }) = taker.ask(Command::Page { with: owner.id(), at: PageAt::End, limit: 9 })
        else {
            panic!("no conversation")
        };
        entries.first().filter(|entry| entry.transfer == transfers[0].1).cloned()
    });
    let State::Stopped(Problem::FolderNotWritable { here: true, .. }) = ended.state else { panic!("{ended:?}") };
}

#[test]
fn strangers_that_take_are_shown_but_few_are_kept_and_they_stay_strangers() {
    let owner = Net::new().computer("Owner");
    put_out(&owner, &owner.file("sheet.txt", "s"), Audience::All);
    let shown = |id: Fingerprint| {
        move |snapshot: &Snapshot| snapshot.computers.iter().any(|one| one.fingerprint == id && !one.new)
    };
    let mut all = Vec::new();
    for n in 0..MAX_TAKERS + 3 {
        let puppet = Puppet::new("Taker");
        let mut wire = puppet.dial(&owner);
        let transfer = TransferId([n as u8; 16]);
        wire.say(&Message::Take(Take { transfer, items: Vec::new(), again: false }));
        let heard = wire.hear();
        let Some(Message::Offer(Offer { for_take: true, .. })) = heard else { panic!("{n}: {heard:?}") };
        owner.until("the take to be shown", |snapshot| shown(puppet.id)(snapshot).then_some(()));
        all.push(puppet);
    }
    let kept = |snapshot: &Snapshot| all.iter().filter(|puppet| shown(puppet.id)(snapshot)).count();
    assert_eq!(kept(&owner.client.snapshot()), MAX_TAKERS);
    assert!(!shown(all[0].id)(&owner.client.snapshot()), "the oldest goes first");
    // One that took is asked about like any stranger, and not let in where only the known are.
    let last = all.last().unwrap();
    let mut wire = last.dial(&owner);
    let offer = Offer {
        transfer: TransferId([200; 16]),
        items: vec![wire_item(WireKind::File, "gift.txt", 1, 1)],
        for_take: false,
        again: false,
    };
    wire.say(&Message::Offer(offer));
    assert!(owner.question().stranger);
    let settings = Settings { visibility: Visibility::KnownOnly, ..Settings::default() };
    assert!(matches!(owner.ask(Command::ChangeSettings(settings)), Ok(Reply::Done)));
    let mut heard = wire.hear();
    // What it took is offered again first where its connection was made anew quickly enough.
    if let Some(Message::Offer(Offer { for_take: true, again: true, .. })) = heard {
        heard = wire.hear();
    }
    assert_eq!(heard, Some(Message::Bye(ByeReason::Closing)));
    assert_eq!(last.knock(&owner), Some(ByeReason::Refused));
}

fn wire_item(kind: WireKind, name: &str, size: u64, files: u64) -> WireItem {
    WireItem { kind, name: name.to_owned(), size, files, modified: None, thumbhash: None, version: 0, digest: None }
}

#[test]
fn an_owner_gives_no_more_than_was_listed_and_asked_for() {
    let taker = Net::new().computer("Taker");
    let puppet = Puppet::new("Owner");
    let mut wire = puppet.dial(&taker);
    taker.until("the owner", |snapshot| {
        snapshot.computers.iter().find(|computer| computer.fingerprint == puppet.id).map(drop)
    });
    let shelf = vec![
        listed(8, "other.txt", 99),
        listed(9, "list.txt", 10),
        OfferedItem { id: 7, kind: ItemKind::Folder, name: "trip".to_owned(), size: 10, files: 2 },
    ];
    let file = wire_item(WireKind::File, "list.txt", 10, 1);
    let trip = wire_item(WireKind::Folder, "trip", 10, 2);
    let mut offer = |ids: &[u64], items: &[WireItem]| {
        let transfer = take_listed(&taker, puppet.id, ids, shelf.clone());
        assert_eq!(wire.hear(), Some(Message::Take(Take { transfer, items: ids.to_vec(), again: false })));
        wire.say(&Message::Offer(Offer { transfer, items: items.to_vec(), for_take: true, again: false }));
        (transfer, wire.hear())
    };
    let folders: Vec<WireItem> =
        (0..1000).map(|n| wire_item(WireKind::Folder, &n.to_string(), 1 << 40, 1000)).collect();
    for (ids, items) in [
        (&[9][..], &folders[..]),
        (&[], &folders),
        // One more, also if it is the same once more or another of those that were listed.
        (&[9], &[file.clone(), file.clone()]),
        (&[9], &[file.clone(), wire_item(WireKind::File, "other.txt", 99, 1)]),
        (&[9], &[wire_item(WireKind::File, "other.txt", 10, 1)]),
        (&[9], &[wire_item(WireKind::Folder, "list.txt", 10, 1)]),
        (&[9], &[wire_item(WireKind::File, "list.txt", 11, 1)]),
        (&[7], &[wire_item(WireKind::Folder, "trip", 10, 3)]),
        // Asked for, but never listed.
        (&[5], std::slice::from_ref(&file)),
    ] {
        let (transfer, heard) = offer(ids, items);
        assert_eq!(heard, Some(Message::Cancel { transfer, reason: CancelReason::NotOnShelf }), "{ids:?}");
        taker.until("its end", |_| {
            let at = PageAt::End;
            let page = taker.ask(Command::Page { with: puppet.id, at, limit: 9 });
            let Ok(Reply::Page { entries, .. }) = page else { panic!("{page:?}") };
            let entry = entries.iter().find(|entry| entry.transfer == transfer)?;
            (entry.state == State::Stopped(Problem::ShelfChanged)).then_some(())
        });
    }
    assert!(!taker.received(".fantail").exists() && !taker.received("list.txt").exists());
    for (ids, items) in
        [(&[9][..], &[file.clone()][..]), (&[7], std::slice::from_ref(&trip)), (&[], &[trip.clone(), file.clone()])]
    {
        let (transfer, heard) = offer(ids, items);
        let Some(Message::Answer { transfer: of, answer: Answer::Accept(_) }) = heard else { panic!("{heard:?}") };
        assert_eq!(of, transfer);
    }
}
