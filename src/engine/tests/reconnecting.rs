use super::{relay::Relay, *};

/// Two that nothing joins but a wire, through which the first has dialled the second.
fn wired() -> (Machine, Machine, Relay) {
    wired_by(|port| Relay::to(port, Duration::ZERO))
}

fn wired_by(wire: impl FnOnce(u16) -> Relay) -> (Machine, Machine, Relay) {
    let (one, other) = (Net::new().computer("Studio Mac"), Net::new().computer("Office PC"));
    let wire = wire(other.client.snapshot().me.port);
    let whom = format!("127.0.0.1:{}", wire.port);
    assert!(matches!(one.ask(Command::Resolve { whom, new: true, within: LONG }), Ok(Reply::Resolved(_))));
    other.sees(&one);
    (one, other, wire)
}

/// Cuts the control connection, and waits for another.
fn cut(wire: &Relay, one: &Machine, other: &Machine) {
    wire.cut_first();
    let id = other.id();
    let begin = Instant::now();
    let is_there = |computer: &Computer| computer.fingerprint == id && computer.presence == Presence::Reachable;
    // They may find each other again before anybody looks.
    while one.client.snapshot().computers.iter().any(is_there) && begin.elapsed() < Duration::from_secs(1) {
        one.client.wait(Duration::from_millis(10));
    }
    one.sees(other);
    other.sees(one);
    assert!(begin.elapsed() < Duration::from_secs(5), "{:?}", begin.elapsed());
}

#[test]
fn a_question_stands_while_its_connection_is_replaced_and_its_answer_counts() {
    let (one, other, wire) = wired();
    let sent = one.send_paths(&other, &[&one.file("holiday.jpg", noise(10_000))]);
    let ask = other.question();
    cut(&wire, &one, &other);
    let asks = other.client.snapshot().asks.clone();
    assert_eq!(asks.iter().map(|ask| ask.transfer).collect::<Vec<_>>(), [sent], "asked once");
    other.answer(&ask, ACCEPT);
    one.until_state(&other, sent, &State::Saved);
    assert!(fs::read(other.received("holiday.jpg")).unwrap() == noise(10_000));
    assert_eq!(other.conversation(&one).len(), 1);
}

#[test]
fn an_answer_given_while_there_is_no_connection_counts_when_it_is_back() {
    let (one, other, wire) = wired();
    let sent = one.send_paths(&other, &[&one.file("holiday.jpg", noise(10_000))]);
    let ask = other.question();
    wire.hold();
    other.answer(&ask, ACCEPT);
    other.until("the folder to be opened", |_| other.config.home.received.exists().then_some(()));
    cut(&wire, &one, &other);
    one.until_state(&other, sent, &State::Saved);
    assert!(fs::read(other.received("holiday.jpg")).unwrap() == noise(10_000));
}

#[test]
fn a_text_that_was_lost_with_its_connection_arrives_once_on_the_next() {
    let (one, other, wire) = wired();
    other.always_accepts(&one);
    wire.hold();
    let sent = one.send_text(&other, "still here?");
    one.until("it to be under way", |snapshot| {
        snapshot.transfers.iter().find(|running| running.phase == Phase::Waiting).map(drop)
    });
    cut(&wire, &one, &other);
    one.until_state(&other, sent, &State::Saved);
    other.until_state(&one, sent, &State::Saved);
    assert_eq!(other.conversation(&one).len(), 1);
}

#[test]
fn what_moves_goes_on_while_its_control_connection_is_replaced() {
    // For three seconds, so that it is seen while it moves.
    let (one, other, wire) = wired_by(|port| Relay::slow(port, 10_000_000));
    other.always_accepts(&one);
    let sent = one.send_paths(&other, &[&one.file("large", noise(30_000_000))]);
    other.until("it to move", |snapshot| snapshot.transfers.iter().find(|one| one.bytes > 0).map(drop));
    wire.hold();
    assert!(wire.connections() >= 2, "the second one is for the data");
    cut(&wire, &one, &other);
    one.until_state(&other, sent, &State::Saved);
    other.until_state(&one, sent, &State::Saved);
    assert!(fs::read(other.received("large")).unwrap() == noise(30_000_000));
}

#[test]
fn a_take_that_waits_for_its_owner_survives_too_and_goes_away_with_the_taker() {
    let (owner, mut taker, wire) = wired();
    let paths = vec![owner.file("maybe.txt", "m")];
    assert!(matches!(owner.ask(Command::ShelfAdd { paths, audience: Audience::Ask }), Ok(Reply::Shelf(_))));
    let take = |taker: &Machine| super::shelves::take(taker, &owner, &[]);
    let taken = take(&taker);
    let ask = owner.question();
    cut(&wire, &owner, &taker);
    assert_eq!(owner.client.snapshot().asks.len(), 1, "asked once");
    owner.answer(&ask, ACCEPT);
    taker.until_state(&owner, taken, &State::Saved);
    take(&taker);
    owner.question();
    taker.shut_down();
    owner.until("no question", |snapshot| snapshot.asks.is_empty().then_some(()));
}
