use super::*;
use crate::protocol::message::ByeReason;

#[test]
fn nothing_of_a_stranger_reaches_the_disk_before_a_yes() {
    let (one, other) = pair();
    let sent = one.send_paths(&other, &[&one.file("holiday.jpg", noise(100_000))]);
    let ask = other.question();
    assert_eq!((ask.name.as_str(), ask.stranger, ask.files, ask.bytes), ("Studio Mac", true, 1, 100_000));
    assert_eq!(ask.items[0].name, "holiday.jpg");
    assert!(ask.until.is_some());
    one.until("it to wait", |snapshot| snapshot.transfers.iter().find(|one| one.phase == Phase::Waiting).map(drop));
    assert!(!other.config.home.received.exists(), "no folder, no file");
    assert!(other.client.snapshot().computers[0].new);
    other.answer(&ask, ACCEPT);
    one.until_state(&other, sent, &State::Saved);
    assert!(fs::read(other.received("holiday.jpg")).unwrap() == noise(100_000));
    other.until("a known computer", |snapshot| (!snapshot.computers[0].new).then_some(()));
}

#[test]
fn no_is_no_and_the_sender_hears_it() {
    let (one, other) = pair();
    let sent = one.send_paths(&other, &[&one.file("a", "a")]);
    let ask = other.question();
    other.answer(&ask, Decision::Decline);
    one.until_state(&other, sent, &State::Declined);
    other.until("no question", |snapshot| snapshot.asks.is_empty().then_some(()));
    assert!(!other.config.home.received.exists());
}

#[test]
fn some_of_it_can_be_chosen_and_another_folder() {
    let (one, other) = pair();
    let paths: Vec<PathBuf> = ["a", "b", "c"].iter().map(|name| one.file(name, name)).collect();
    let sent = one.send(&[&other], Outgoing::paths(paths))[0];
    let ask = other.question();
    let into = other.home.path().join("elsewhere");
    other.answer(&ask, Decision::Accept { items: Some(vec![0, 2]), into: Some(into.clone()), always: false });
    let entry = one.until_state(&other, sent, &State::Saved);
    let Body::Items { items, .. } = &entry.body else { panic!("{entry:?}") };
    let states: Vec<_> = items.iter().map(|item| &item.state).collect();
    assert_eq!(states, [&ItemState::Saved, &ItemState::LeftOut, &ItemState::Saved]);
    other.until_state(&one, sent, &State::Saved);
    let mut there: Vec<_> = fs::read_dir(into).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    there.retain(|name| name != ".fantail");
    there.sort();
    assert_eq!(there, ["a", "c"]);
}

#[test]
fn a_strangers_question_goes_away_and_the_sender_hears_that_nobody_answered() {
    let net = Net::new();
    let one = net.computer("One");
    let other = net.computer_with("Other", |_| {}, Some(Duration::from_millis(300)));
    one.sees(&other);
    let sent = one.send_paths(&other, &[&one.file("a", "a")]);
    other.question();
    one.until_state(&other, sent, &State::Stopped(Problem::NoAnswer));
    other.until("the question to go", |snapshot| snapshot.asks.is_empty().then_some(()));
}

#[test]
fn a_question_goes_away_when_its_asker_changes_their_mind() {
    let (one, other) = pair();
    let sent = one.send_paths(&other, &[&one.file("a", "a")]);
    other.question();
    assert!(matches!(one.ask(Command::Cancel { with: other.id(), transfer: sent }), Ok(Reply::Done)));
    other.until("the question to go", |snapshot| snapshot.asks.is_empty().then_some(()));
    one.until_state(&other, sent, &State::Cancelled { here: true });
}

#[test]
fn strangers_can_be_hidden_for_a_while() {
    let (one, other) = pair();
    assert!(matches!(other.ask(Command::HideStrangers { during: Duration::from_secs(3600) }), Ok(Reply::Done)));
    let sent = one.send_text(&other, "anybody?");
    one.until_state(&other, sent, &State::Stopped(Problem::NoAnswer));
    assert!(other.client.snapshot().asks.is_empty());
}

#[test]
fn a_blocked_computer_gets_nothing_through_and_is_told_so() {
    let (one, other) = pair();
    let sent = one.send_text(&other, "hello");
    let ask = other.question();
    other.answer(&ask, Decision::Block);
    one.until_entry(&other, sent, |entry| {
        entry.state == State::Declined || entry.state == State::Stopped(Problem::Refused)
    });
    let id = one.id();
    other.until("it to be away", |snapshot| {
        let blocked = snapshot.computers.iter().find(|computer| computer.fingerprint == id)?;
        (blocked.rule == Rule::Block && blocked.presence != Presence::Reachable).then_some(())
    });
    let again = one.send_text(&other, "hello?");
    one.until_state(&other, again, &State::Stopped(Problem::Refused));
    assert!(other.client.snapshot().asks.is_empty());
    // And taken back:
    assert!(matches!(other.ask(Command::SetRule { with: id, rule: Rule::Ask }), Ok(Reply::Done)));
    let third = one.send_text(&other, "now?");
    other.accept_next();
    other.until_state(&one, third, &State::Saved);
}

#[test]
fn the_address_of_a_blocked_key_gets_no_second_handshake_until_it_is_unblocked() {
    let machine = Net::new().computer("Office PC");
    let puppet = super::puppet::Puppet::new("Pest");
    let mut wire = puppet.dial(&machine);
    machine.until("it", |snapshot| (snapshot.computers.len() == 1).then_some(()));
    let rule = |rule| machine.ask(Command::SetRule { with: puppet.id, rule });
    assert!(matches!(rule(Rule::Block), Ok(Reply::Done)));
    wire.hears_bye(ByeReason::Refused);
    assert_eq!(puppet.knock(&machine), Some(ByeReason::Refused), "it is told once");
    assert_eq!(puppet.knock(&machine), None);
    assert_eq!(puppet.knock(&machine), None);
    assert!(matches!(rule(Rule::Ask), Ok(Reply::Done)));
    puppet.dial(&machine);
}

#[test]
fn always_from_this_computer_asks_no_more() {
    let (one, other) = pair();
    one.send_paths(&other, &[&one.file("a", "a")]);
    let ask = other.question();
    other.answer(&ask, Decision::Accept { items: None, into: None, always: true });
    let next = one.send_paths(&other, &[&one.file("b", "b")]);
    one.until_state(&other, next, &State::Saved);
    assert!(other.received("b").exists());
}

#[test]
fn a_program_that_takes_nothing_declines_and_one_that_takes_all_does_not_ask() {
    let net = Net::new();
    let one = net.computer("One");
    let closed = net.computer_with("Closed", |config| config.receive = Receive::Nothing, None);
    let known = net.computer_with("Known only", |config| config.receive = Receive::Known { into: None }, None);
    let into = tempfile::tempdir().unwrap();
    let folder = into.path().to_path_buf();
    let open = net.computer_with("Open", |config| config.receive = Receive::All { into: Some(folder) }, None);
    for other in [&closed, &known, &open] {
        one.sees(other);
    }
    let path = one.file("a.txt", "a");
    let sent = one.send(&[&closed, &known, &open], Outgoing::paths(vec![path]));
    one.until_state(&closed, sent[0], &State::Declined);
    one.until_state(&known, sent[1], &State::Declined);
    one.until_state(&open, sent[2], &State::Saved);
    assert_eq!(fs::read_to_string(into.path().join("a.txt")).unwrap(), "a");
}

#[test]
fn a_rule_answers_the_question_that_stands() {
    let (one, other) = pair();
    let sent = one.send_paths(&other, &[&one.file("a", "a")]);
    other.question();
    other.always_accepts(&one);
    one.until_state(&other, sent, &State::Saved);
    other.until("no question", |snapshot| snapshot.asks.is_empty().then_some(()));
    assert!(other.received("a").exists());
}
