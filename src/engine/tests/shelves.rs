use super::*;

fn offered(taker: &Machine, owner: &Machine) -> Vec<OfferedItem> {
    match taker.ask(Command::Browse { with: owner.id() }) {
        Ok(Reply::Offered { items, .. }) => items,
        other => panic!("{other:?}"),
    }
}

fn put_out(owner: &Machine, path: &Path, audience: Audience) -> Vec<ShelfItem> {
    match owner.ask(Command::ShelfAdd { paths: vec![path.to_path_buf()], audience }) {
        Ok(Reply::Shelf(items)) => items,
        other => panic!("{other:?}"),
    }
}

fn take(taker: &Machine, owner: &Machine, items: &[u64]) -> TransferId {
    match taker.ask(Command::Take { with: owner.id(), items: items.to_vec(), into: None }) {
        Ok(Reply::Sent { transfers, .. }) => transfers[0].1,
        other => panic!("{other:?}"),
    }
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
    let Ok(Reply::Sent { transfers, .. }) = taker.ask(Command::Take { with: owner.id(), items: Vec::new(), into })
    else {
        panic!("it was not begun")
    };
    let ended = taker.until("its end", |_| {
        let Ok(Reply::Page { entries, .. }) = taker.ask(Command::Page { with: owner.id(), before: None, limit: 9 })
        else {
            panic!("no conversation")
        };
        entries.first().filter(|entry| entry.transfer == transfers[0].1).cloned()
    });
    let State::Stopped(Problem::FolderNotWritable { here: true, .. }) = ended.state else { panic!("{ended:?}") };
}
