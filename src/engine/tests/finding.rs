use super::{puppet::Puppet, *};
use crate::protocol::message::{ByeReason, Message};

#[test]
fn two_computers_see_each_other_within_two_seconds_of_starting() {
    let net = Net::new();
    let one = net.computer("Studio Mac");
    let begin = Instant::now();
    let other = net.computer("Office PC");
    assert_eq!(one.sees(&other).name, "Office PC");
    let seen = other.sees(&one);
    assert_eq!((seen.name.as_str(), seen.new, seen.verified), ("Studio Mac", true, false));
    assert!(begin.elapsed() < Duration::from_secs(2), "{:?}", begin.elapsed());
}

#[test]
fn twenty_computers_all_see_each_other() {
    let net = Net::new();
    let all: Vec<Machine> = (0..20).map(|n| net.computer(&format!("Computer {n}"))).collect();
    for one in &all {
        one.until("everybody else", |snapshot| {
            let reachable = |computer: &&Computer| computer.presence == Presence::Reachable;
            (snapshot.computers.iter().filter(reachable).count() == 19).then_some(())
        });
        assert!(one.client.snapshot().computers.iter().all(|computer| computer.fingerprint != one.id()));
    }
}

#[test]
fn a_computer_that_keeps_another_connection_is_not_shown_as_gone_until_that_one_is_late() {
    let net = Net::new();
    let one = net.computer("Studio Mac");
    let other = Puppet::new("Office PC");
    let presence =
        |snapshot: &Snapshot| Some(snapshot.computers.iter().find(|one| one.fingerprint == other.id)?.presence);
    let reachable = |snapshot: &Snapshot| (presence(snapshot) == Some(Presence::Reachable)).then_some(());

    let mut first = other.dial(&one);
    one.until("the other", reachable);
    first.say(&Message::Bye(ByeReason::Duplicate));
    first.hears_bye(ByeReason::Done);
    let watched = Instant::now();
    while watched.elapsed() < Duration::from_millis(300) {
        assert_eq!(presence(&one.client.snapshot()), Some(Presence::Reachable));
        one.client.wait(Duration::from_millis(50));
    }
    let second = other.dial(&one);
    one.until("the other on its second connection", reachable);
    drop(second);

    let mut third = other.dial(&one);
    one.until("the other on its third connection", reachable);
    third.say(&Message::Bye(ByeReason::Duplicate));
    one.until("the other to be gone, since nothing came", |snapshot| {
        (presence(snapshot) == Some(Presence::Away)).then_some(())
    });
}

#[test]
fn a_computer_that_says_goodbye_goes_dim_at_once() {
    let (one, mut other) = friends();
    let id = other.id();
    assert!(other.shut_down());
    let begin = Instant::now();
    one.until("the other to be away", |snapshot| {
        snapshot
            .computers
            .iter()
            .find(|computer| computer.fingerprint == id && computer.presence == Presence::Away)
            .map(drop)
    });
    assert!(begin.elapsed() < Duration::from_secs(1), "{:?}", begin.elapsed());
}

#[test]
fn a_hidden_computer_is_found_by_nobody_and_lets_no_stranger_in() {
    let net = Net::new();
    let one = net.computer("Studio Mac");
    let hidden = net.computer("Hidden");
    let settings = Settings { visibility: Visibility::Hidden, ..Settings::default() };
    assert!(matches!(hidden.ask(Command::ChangeSettings(settings)), Ok(Reply::Done)));
    // From the moment on when it was hidden: a third one that comes now.
    let third = net.computer("Third");
    one.sees(&third);
    let whom = format!("127.0.0.1:{}", hidden.client.snapshot().me.port);
    let found = third.ask(Command::Resolve { whom, new: true, within: Duration::from_secs(1) });
    assert!(matches!(found, Err(Problem::NotFound { .. })), "{found:?}");
    assert!(!hidden.client.snapshot().computers.iter().any(|computer| computer.fingerprint == third.id()));
}

#[test]
fn a_computer_that_only_the_known_see_is_reached_by_them_and_by_no_stranger() {
    let net = Net::new();
    let (one, shy) = (net.computer("Studio Mac"), net.computer("Shy"));
    shy.always_accepts(&one);
    let settings = Settings { visibility: Visibility::KnownOnly, ..Settings::default() };
    assert!(matches!(shy.ask(Command::ChangeSettings(settings)), Ok(Reply::Done)));
    let third = net.computer("Third");
    one.sees(&third);
    let whom = format!("127.0.0.1:{}", shy.client.snapshot().me.port);
    let look = |machine: &Machine| {
        machine.ask(Command::Resolve { whom: whom.clone(), new: true, within: Duration::from_secs(1) })
    };
    assert!(matches!(look(&third), Err(Problem::NotFound { .. })));
    assert!(matches!(look(&one), Ok(Reply::Resolved(_))));
    let sent = one.send_text(&shy, "Hello!");
    one.until_state(&shy, sent, &State::Saved);
    assert!(!shy.client.snapshot().computers.iter().any(|computer| computer.fingerprint == third.id()));
}

#[test]
fn a_stranger_with_the_name_of_a_known_computer_is_shown_as_an_impostor() {
    let net = Net::new();
    let (one, office) = (net.computer("Studio Mac"), net.computer("Office PC"));
    one.always_accepts(&office);
    let false_office = net.computer("office pc");
    let seen = one.sees(&false_office);
    assert_eq!((seen.new, seen.impostor_of), (true, Some(office.id())));
    assert_eq!(one.sees(&office).impostor_of, None);
}

#[test]
fn whom_a_person_means_is_found_by_name_address_and_fingerprint() {
    let (one, other) = pair();
    let whom = |whom: &str, new| {
        one.ask(Command::Resolve { whom: whom.to_owned(), new, within: Duration::from_secs(5) }).map(
            |reply| match reply {
                Reply::Resolved(found) => found.iter().map(|computer| computer.fingerprint).collect::<Vec<_>>(),
                other => panic!("{other:?}"),
            },
        )
    };
    let port = other.client.snapshot().me.port;
    assert_eq!(whom(&other.id().to_string(), false), Ok(vec![other.id()]));
    assert_eq!(whom(&format!("127.0.0.1:{port}"), false), Ok(vec![other.id()]));
    assert_eq!(whom("OFFICE PC", true), Ok(vec![other.id()]));
    assert!(matches!(whom("Office PC", false), Err(Problem::NotKnown { .. })), "a stranger's name needs to be meant");
    other.always_accepts(&one);
    let text = one.send_text(&other, "hello");
    one.until_state(&other, text, &State::Saved);
    assert!(matches!(whom("Office PC", false), Err(Problem::NotKnown { .. })), "having met gives nothing");
    one.always_accepts(&other);
    assert_eq!(whom("office pc", false), Ok(vec![other.id()]));
    assert!(matches!(whom("127.0.0.1:1", false), Err(Problem::NotFound { .. })));
}

#[test]
fn a_name_that_two_computers_bear_is_not_guessed_at() {
    let net = Net::new();
    let (one, a, b) = (net.computer("Studio Mac"), net.computer("Twin"), net.computer("Twin"));
    one.sees(&a);
    one.sees(&b);
    let found = one.ask(Command::Resolve { whom: "twin".into(), new: true, within: Duration::from_secs(1) });
    let Err(Problem::Ambiguous { mut fingerprints }) = found else { panic!("{found:?}") };
    let mut twins = vec![a.id().to_string(), b.id().to_string()];
    fingerprints.sort();
    twins.sort();
    assert_eq!(fingerprints, twins);
}

#[test]
fn one_that_bears_a_known_name_is_somebody_else_until_it_is_compared_or_named() {
    let net = Net::new();
    let (one, office) = (net.computer("One"), net.computer("Office PC"));
    one.sees(&office);
    assert!(matches!(one.ask(Command::Verify { with: office.id(), verified: true }), Ok(Reply::Done)));
    let false_office = net.computer("office  pc");
    let pretends = |snapshot: &Snapshot| {
        let it = snapshot.computers.iter().find(|computer| computer.fingerprint == false_office.id())?;
        (it.impostor_of == Some(office.id())).then_some(it.new)
    };
    assert!(one.until("a stranger with a known name", pretends));
    // Having dealt with it makes it no better.
    one.always_accepts(&false_office);
    one.until("a known one with that name", |snapshot| pretends(snapshot).filter(|new| !new));
    let own_name = Command::Rename { with: false_office.id(), name: Some("The other office".into()) };
    assert!(matches!(one.ask(own_name), Ok(Reply::Done)));
    one.until("nobody who pretends", |snapshot| {
        snapshot.computers.iter().all(|computer| computer.impostor_of.is_none()).then_some(())
    });
}
