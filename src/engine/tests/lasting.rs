use super::*;

#[test]
fn it_ends_within_a_second_and_what_was_under_way_says_that_it_will_go_on() {
    let (one, mut other) = friends();
    let sent = one.send_paths(&other, &[&one.file("large", noise(300_000_000))]);
    other.until("it to move", |snapshot| snapshot.transfers.iter().find(|one| one.phase == Phase::Moving).map(drop));
    let begin = Instant::now();
    assert!(other.shut_down());
    assert!(begin.elapsed() < Duration::from_secs(1), "{:?}", begin.elapsed());
    one.until_state(&other, sent, &State::Held(Hold::Away));
    assert!(matches!(other.client.wait_event(LONG), Some(Event::Ended)));
    assert!(!other.received("large").exists());
    other.start_again();
    other.until_state(&one, sent, &State::Saved);
    one.until_state(&other, sent, &State::Saved);
}

#[test]
fn a_conversation_is_there_again_after_a_restart_and_so_is_the_computer() {
    let (one, mut other) = friends();
    let sent = one.send_text(&other, "remember me");
    other.until_state(&one, sent, &State::Saved);
    let id = other.id();
    assert!(other.shut_down());
    other.start_again();
    assert_eq!(other.id(), id, "the same identity");
    assert_eq!(other.conversation(&one)[0].body, Body::Text("remember me".into()));
    let seen = other.sees(&one);
    assert_eq!((seen.new, seen.rule, seen.unread), (false, Rule::Accept, 1));
    one.sees(&other);
    let back = other.send_text(&one, "I do");
    one.until_state(&other, back, &State::Saved);
    assert!(matches!(other.ask(Command::MarkRead { with: one.id() }), Ok(Reply::Done)));
    other.until("nothing unread", |snapshot| snapshot.computers.iter().all(|one| one.unread == 0).then_some(()));
}

#[test]
fn it_starts_at_once_where_the_known_computers_can_not_be_read_and_says_what_it_set_aside() {
    let (one, mut other) = friends();
    other.shut_down();
    let database = rusqlite::Connection::open(&other.config.home.database).unwrap();
    database.execute_batch("UPDATE computers SET first_seen = 'yesterday'").unwrap();
    database.close().unwrap();
    other.start_again();
    let aside = other.until("a notice", |snapshot| {
        snapshot.notices.iter().find_map(|notice| match notice {
            Notice::StoreSetAside { path } => Some(path.clone()),
            _ => None,
        })
    });
    assert!(aside.exists());
    let seen = other.sees(&one);
    assert!(seen.new && seen.rule == Rule::Ask, "what it was allowed went with it: {seen:?}");
}

#[test]
fn a_recipient_that_is_not_there_is_looked_for_and_then_said_to_be_out_of_reach() {
    let (one, mut other) = friends();
    other.shut_down();
    let what = Outgoing::Text("are you there?".into());
    let Ok(Reply::Sent { transfers, .. }) = one.ask(Command::Send { to: vec![other.id()], what, keep: false }) else {
        panic!("not sent")
    };
    let running = one.until("it to be looked for", |snapshot| snapshot.transfers.first().cloned());
    assert_eq!(running.phase, Phase::Preparing);
    one.until_state(&other, transfers[0].1, &State::Stopped(Problem::NotReachable));
}

#[test]
fn a_recipient_that_comes_while_it_is_looked_for_gets_it() {
    let (one, mut other) = friends();
    other.shut_down();
    let sent = one.send_text(&other, "are you there?");
    other.start_again();
    one.until_state(&other, sent, &State::Saved);
    other.until_state(&one, sent, &State::Saved);
}

#[test]
fn a_forgotten_computer_is_a_stranger_again() {
    let (one, other) = friends();
    one.send_text(&other, "x");
    assert!(matches!(one.ask(Command::Forget { with: other.id() }), Ok(Reply::Done)));
    one.until("a stranger", |snapshot| snapshot.computers.iter().all(|computer| computer.new).then_some(()));
    assert!(one.conversation(&other).is_empty());
}

#[test]
fn a_demanded_port_that_is_taken_is_an_error_and_the_default_gives_way() {
    let net = Net::new();
    let one = net.computer("One");
    let home = tempfile::tempdir().unwrap();
    let config =
        Config { home: Home::below(home.path()), port: Some(one.client.snapshot().me.port), ..one.config.clone() };
    assert!(matches!(Engine::start(config.clone()), Err(super::super::StartError::Port { .. })));
    let first = Engine::start(Config { port: None, ..config.clone() }).unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let second = Engine::start(Config { port: None, home: Home::below(elsewhere.path()), ..config }).unwrap();
    let (first, second) = (first.client(|| {}).snapshot().me.port, second.client(|| {}).snapshot().me.port);
    assert!(first != second && first != 0 && second != 0);
}

#[test]
fn a_cloned_disk_is_a_stranger_to_those_who_knew_the_original_and_its_person_is_told() {
    let (one, mut other) = friends();
    let id = other.id();
    other.shut_down();
    // What a clone finds beside its key: the mark of the machine that made it.
    fs::write(other.config.home.identity.join("machine"), "the mark of another machine").unwrap();
    other.start_again();
    assert_ne!(other.id(), id, "this machine has no id of its own by which a clone could be told");
    other.until("the notice", |snapshot| snapshot.notices.contains(&Notice::NewIdentity).then_some(()));
    let seen = one.sees(&other);
    assert_eq!((seen.new, seen.rule, seen.impostor_of), (true, Rule::Ask, Some(id)));
}

#[test]
fn a_database_that_was_set_aside_takes_every_allowance_with_it() {
    let (one, mut other) = friends();
    assert!(matches!(other.ask(Command::Verify { with: one.id(), verified: true }), Ok(Reply::Done)));
    let id = other.id();
    other.shut_down();
    fs::write(&other.config.home.database, "not a database any more").unwrap();
    other.start_again();
    assert_eq!(other.id(), id, "the key lies elsewhere");
    other.until("the notice", |snapshot| {
        snapshot.notices.iter().any(|notice| matches!(notice, Notice::StoreSetAside { .. })).then_some(())
    });
    let seen = other.sees(&one);
    assert_eq!((seen.new, seen.verified, seen.rule), (true, false, Rule::Ask));
    let sent = one.send_text(&other, "still friends?");
    let ask = other.question();
    assert!(ask.stranger, "it is asked about like anybody");
    other.answer(&ask, Decision::Decline);
    one.until_state(&other, sent, &State::Declined);
}
