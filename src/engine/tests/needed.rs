//! A file that is still to be sent, or is on the shelf, is known as that before somebody takes it away.

use super::*;

fn needs(machine: &Machine, path: &Path) -> Option<Need> {
    match machine.ask(Command::Needed { path: path.to_owned() }) {
        Ok(Reply::Needed(need)) => need,
        other => panic!("no answer: {other:?}"),
    }
}

#[test]
fn what_came_from_one_computer_and_waits_for_another_is_needed_until_it_is_sent() {
    let net = Net::new();
    let (mut one, other, mut third) = (net.computer("Studio Mac"), net.computer("Office PC"), net.computer("Laptop"));
    one.always_accepts(&other);
    third.always_accepts(&one);
    one.sees(&third);
    other.sees(&one);
    let came = other.send_paths(&one, &[&other.file("cat.png", "cat")]);
    other.until_state(&one, came, &State::Saved);
    let path = one.received("cat.png");
    assert_eq!(needs(&one, &path), None, "its own entry is over");
    third.shut_down();
    let sent = one.send_paths(&third, &[&path]);
    one.until_state(&third, sent, &State::Held(Hold::Queued));
    assert_eq!(needs(&one, &path), Some(Need::ToSend { with: third.id() }));
    assert_eq!(needs(&one, &path.with_file_name("cat")), None);
    assert!(one.shut_down());
    one.start_again();
    assert_eq!(needs(&one, &path), Some(Need::ToSend { with: third.id() }), "after a restart too");
    third.start_again();
    one.until_state(&third, sent, &State::Saved);
    assert_eq!(needs(&one, &path), None);
}

#[test]
fn what_lies_in_a_folder_that_waits_or_is_on_the_shelf_is_needed_and_no_longer_when_that_is_over() {
    let (one, mut other) = friends();
    let path = one.file("trip/day 1/beach.jpg", "beach");
    let trip = one.home.path().join("desk/trip");
    other.shut_down();
    let sent = one.send_paths(&other, &[&trip]);
    one.until_state(&other, sent, &State::Held(Hold::Queued));
    assert_eq!(needs(&one, &path), Some(Need::ToSend { with: other.id() }));
    assert!(matches!(one.ask(Command::Cancel { with: other.id(), transfer: sent }), Ok(Reply::Done)));
    assert_eq!(needs(&one, &path), None);
    let put_out = one.ask(Command::ShelfAdd { paths: vec![trip], audience: Audience::All });
    let Ok(Reply::Shelf(shelf)) = put_out else { panic!("{put_out:?}") };
    assert_eq!(needs(&one, &path), Some(Need::OnShelf));
    assert!(matches!(one.ask(Command::ShelfRemove { ids: vec![shelf[0].id] }), Ok(Reply::Shelf(_))));
    assert_eq!(needs(&one, &path), None);
}
