//! What was pasted lies here as long as something names it, and no longer.

use super::*;

/// Folders with these names are removed last: when it is gone, the others were looked at.
const LAST: &str = "ffffffffffffffffffffffffffffffff";
const OTHER: &str = "0123456789abcdef0123456789abcdef";

/// Sends one to `to`, and says where it lies.
fn paste(machine: &Machine, to: &Machine, content: &[u8]) -> (Arc<Entry>, PathBuf) {
    let thing = Thing::Pasted { name: "Pasted picture.png".into(), png: content.into() };
    let sent = machine.send(&[to], Outgoing::Parcel(Parcel { things: vec![thing], ..Parcel::default() }))[0];
    let entry = machine.until_state(to, sent, &State::Saved);
    let path = path_of(&entry);
    assert_eq!(fs::read(&path).unwrap(), content);
    (entry, path)
}

fn path_of(entry: &Entry) -> PathBuf {
    let Body::Items { items, .. } = &entry.body else { panic!("{entry:?}") };
    items[0].path.clone().unwrap()
}

#[track_caller]
fn remove(machine: &Machine, seq: i64) {
    assert!(matches!(machine.ask(Command::RemoveEntry { seq }), Ok(Reply::Done)));
}

fn pasted(machine: &Machine) -> PathBuf {
    machine.config.home.private_dir().join("pasted")
}

fn lie_in(folder: &Path) -> usize {
    fs::read_dir(folder).unwrap().count()
}

/// As an earlier process left it, before it sent it or before its entry was removed.
fn leave(machine: &Machine, name: &str) -> PathBuf {
    let path = pasted(machine).join(name).join("0/Pasted picture.png");
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, "left").unwrap();
    path
}

/// Starts it once more, and waits until it has looked at all that lies there.
fn start_again_and_clean(machine: &mut Machine) {
    let last = leave(machine, LAST);
    machine.start_again();
    let folder = last.ancestors().nth(2).unwrap();
    machine.until("what nothing names to go", |_| (!folder.exists()).then_some(()));
}

#[test]
fn a_pasted_picture_goes_with_its_entry_its_conversation_or_its_computer() {
    let (one, other) = friends();
    let (entry, first) = paste(&one, &other, b"first");
    let (_, second) = paste(&one, &other, b"second");
    remove(&one, entry.seq);
    assert!(!first.exists());
    assert!(second.exists(), "that of the other entry stays");
    assert_eq!(lie_in(&pasted(&one)), 1);
    assert!(matches!(one.ask(Command::RemoveConversation { with: other.id() }), Ok(Reply::Done)));
    assert_eq!(lie_in(&pasted(&one)), 0);
    paste(&one, &other, b"third");
    assert!(matches!(one.ask(Command::Forget { with: other.id() }), Ok(Reply::Done)));
    assert_eq!(lie_in(&pasted(&one)), 0);
}

#[test]
fn a_pasted_picture_stays_while_another_entry_names_it() {
    let net = Net::new();
    let (one, other, third) = (net.computer("Studio Mac"), net.computer("Office PC"), net.computer("Laptop"));
    for recipient in [&other, &third] {
        recipient.always_accepts(&one);
        one.sees(recipient);
    }
    let (entry, path) = paste(&one, &other, b"picture");
    // Sent on, it is in another group.
    let again = one.send_paths(&third, &[&path]);
    let again = one.until_state(&third, again, &State::Saved);
    assert_ne!(entry.group, again.group);
    remove(&one, entry.seq);
    assert_eq!(fs::read(&path).unwrap(), b"picture");
    remove(&one, again.seq);
    assert!(!path.exists());
}

#[test]
fn a_pasted_picture_stays_while_it_is_on_the_shelf() {
    let (one, other) = friends();
    let (entry, path) = paste(&one, &other, b"picture");
    let put_out = one.ask(Command::ShelfAdd { paths: vec![path.clone()], audience: Audience::All });
    let Ok(Reply::Shelf(shelf)) = put_out else { panic!("{put_out:?}") };
    let ShelfItem { id, .. } = shelf[0];
    remove(&one, entry.seq);
    assert!(path.exists());
    let (entry, _) = paste(&one, &other, b"another");
    assert!(matches!(one.ask(Command::ShelfRemove { ids: vec![id] }), Ok(Reply::Shelf(_))));
    remove(&one, entry.seq);
    assert!(path.exists(), "only what an entry named that is removed is looked at, until the next start");
    let mut one = one;
    assert!(one.shut_down());
    start_again_and_clean(&mut one);
    assert_eq!(lie_in(&pasted(&one)), 0);
}

#[test]
fn a_pasted_picture_that_waits_to_be_sent_on_stays_and_arrives_after_a_restart() {
    let net = Net::new();
    let (mut one, other, mut third) = (net.computer("Studio Mac"), net.computer("Office PC"), net.computer("Laptop"));
    for recipient in [&other, &third] {
        recipient.always_accepts(&one);
        one.sees(recipient);
    }
    let (entry, path) = paste(&one, &other, b"picture");
    third.shut_down();
    let waiting = one.send_paths(&third, &[&path]);
    one.until_state(&third, waiting, &State::Held(Hold::Queued));
    remove(&one, entry.seq);
    assert!(path.exists());
    assert!(one.shut_down());
    start_again_and_clean(&mut one);
    assert!(path.exists());
    third.start_again();
    third.until_state(&one, waiting, &State::Saved);
    assert_eq!(fs::read(third.received("Pasted picture.png")).unwrap(), b"picture");
    let sent = one.until_state(&third, waiting, &State::Saved);
    remove(&one, sent.seq);
    assert_eq!(lie_in(&pasted(&one)), 0);
}

#[test]
fn a_start_removes_what_was_never_sent_and_nothing_that_is_named_or_that_somebody_put_there() {
    let (mut one, other) = friends();
    let (_, named) = paste(&one, &other, b"picture");
    assert!(one.shut_down());
    let orphan = leave(&one, OTHER);
    let with_more = leave(&one, &OTHER.replace('0', "1"));
    fs::write(with_more.with_file_name("edited.png"), "by hand").unwrap();
    let another = pasted(&one).join("mine/0/notes.txt");
    fs::create_dir_all(another.parent().unwrap()).unwrap();
    fs::write(&another, "mine").unwrap();
    start_again_and_clean(&mut one);
    assert!(!orphan.parent().unwrap().parent().unwrap().exists());
    assert_eq!(fs::read(&named).unwrap(), b"picture");
    assert!(with_more.exists() && with_more.with_file_name("edited.png").exists() && another.exists());
}

#[cfg(unix)]
#[test]
fn a_link_in_the_way_leads_to_nothing_that_is_removed() {
    use std::os::unix::fs::symlink;
    let mut one = Net::new().computer("Studio Mac");
    assert!(one.shut_down());
    let away = one.home.path().join("away");
    let kept = away.join(OTHER).join("0/Pasted picture.png");
    fs::create_dir_all(kept.parent().unwrap()).unwrap();
    fs::write(&kept, "away").unwrap();
    let place = pasted(&one);
    fs::create_dir_all(place.join(OTHER.replace('0', "1"))).unwrap();
    // In the place of a sending's folder, of a picture's, and of a picture.
    symlink(away.join(OTHER), place.join(OTHER)).unwrap();
    symlink(away.join(OTHER).join("0"), place.join(OTHER.replace('0', "1")).join("0")).unwrap();
    let picture = leave(&one, &OTHER.replace('0', "2"));
    fs::remove_file(&picture).unwrap();
    symlink(&kept, &picture).unwrap();
    start_again_and_clean(&mut one);
    assert_eq!(fs::read(&kept).unwrap(), b"away");
    assert!(place.join(OTHER).is_symlink() && picture.is_symlink());

    // In the place of all.
    assert!(one.shut_down());
    fs::remove_dir_all(&place).unwrap();
    symlink(&away, &place).unwrap();
    one.start_again();
    let with = Fingerprint([9; 32]);
    assert!(matches!(one.ask(Command::RemoveConversation { with }), Ok(Reply::Done)));
    assert_eq!(fs::read(&kept).unwrap(), b"away");
}

#[test]
fn nothing_goes_while_a_database_that_was_set_aside_may_name_it() {
    let (mut one, mut other) = friends();
    let (_, named) = paste(&one, &other, b"named in what is set aside");
    assert!(one.shut_down());
    other.shut_down();
    let database = one.config.home.database.clone();
    let whole = fs::read(&database).unwrap();
    fs::write(&database, "rubbish ".repeat(1000)).unwrap();
    one.start_again();
    let aside = one.until("the notice", |snapshot| {
        snapshot.notices.iter().find_map(|notice| match notice {
            Notice::StoreSetAside { path } => Some(path.clone()),
            _ => None,
        })
    });
    other.start_again();
    other.always_accepts(&one);
    one.sees(&other);
    let (entry, path) = paste(&one, &other, b"new");
    remove(&one, entry.seq);
    assert!(path.exists() && named.exists());
    // Also after another start.
    assert!(one.shut_down());
    one.start_again();
    one.sees(&other);
    let (entry, _) = paste(&one, &other, b"newer");
    remove(&one, entry.seq);
    assert!(path.exists() && named.exists());

    // The other way about: what was set aside is the database again.
    assert!(one.shut_down());
    for part in ["", "-wal", "-shm"] {
        let mut file = database.clone().into_os_string();
        file.push(part);
        fs::remove_file(file).ok();
    }
    fs::remove_file(&aside).unwrap();
    fs::write(&database, whole).unwrap();
    start_again_and_clean(&mut one);
    assert!(!path.exists());
    assert_eq!(fs::read(&named).unwrap(), b"named in what is set aside");
}
