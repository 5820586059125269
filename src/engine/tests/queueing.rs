//! What waits for a computer that is away, and in which order it goes.

use super::*;

/// The other's conversation with one, oldest first, in words.
fn arrived(other: &Machine, one: &Machine) -> Vec<String> {
    let mut entries = other.conversation(one);
    entries.reverse();
    entries.iter().map(|entry| words(&entry.body)).collect()
}

fn words(body: &Body) -> String {
    match body {
        Body::Text(text) => text.clone(),
        Body::Items { items, .. } => items[0].name.clone(),
    }
}

#[track_caller]
fn until_queued(one: &Machine, other: &Machine, transfers: &[TransferId]) {
    for transfer in transfers {
        one.until_state(other, *transfer, &State::Held(Hold::Queued));
    }
}

fn sooner(one: &Machine, other: &Machine, transfer: TransferId, first: bool) {
    let moved = one.ask(Command::Sooner { with: other.id(), transfer, first });
    assert!(matches!(moved, Ok(Reply::Done)), "{moved:?}");
}

#[track_caller]
fn until_queue(one: &Machine, expected: &[TransferId]) {
    one.until("this queue", |snapshot| {
        let is_so = snapshot.queue.iter().map(|queued| queued.transfer).eq(expected.iter().copied());
        is_so.then_some(())
    });
}

#[test]
fn what_is_sent_to_a_computer_that_is_away_goes_in_its_order_when_both_are_back() {
    let (mut one, mut other) = friends();
    other.shut_down();
    let mut sent = vec![];
    for n in 0..3 {
        sent.push(one.send_text(&other, &format!("text {n}")));
        sent.push(one.send_paths(&other, &[&one.file(&format!("file {n}"), noise(200_000 + n))]));
    }
    until_queued(&one, &other, &sent);
    until_queue(&one, &sent);
    // Neither program is the same process as before.
    one.shut_down();
    other.start_again();
    one.start_again();
    for sent in &sent {
        one.until_state(&other, *sent, &State::Saved);
        other.until_state(&one, *sent, &State::Saved);
    }
    let arrived = arrived(&other, &one);
    for kind in ["text", "file"] {
        let of_kind: Vec<_> = arrived.iter().filter(|words| words.starts_with(kind)).collect();
        assert_eq!(of_kind, [0, 1, 2].map(|n| format!("{kind} {n}")).iter().collect::<Vec<_>>());
    }
    for n in 0..3 {
        assert!(fs::read(other.received(&format!("file {n}"))).unwrap() == noise(200_000 + n));
    }
    until_queue(&one, &[]);
}

#[test]
fn a_person_moves_what_waits_and_the_order_outlives_the_program() {
    let (mut one, mut other) = friends();
    other.shut_down();
    let sent = ["a", "b", "c", "d"].map(|text| one.send_text(&other, text));
    until_queued(&one, &other, &sent);
    sooner(&one, &other, sent[3], true);
    sooner(&one, &other, sent[2], false);
    sooner(&one, &other, sent[3], false);
    until_queue(&one, &[sent[3], sent[0], sent[2], sent[1]]);
    one.shut_down();
    one.start_again();
    until_queue(&one, &[sent[3], sent[0], sent[2], sent[1]]);
    other.start_again();
    for sent in sent {
        one.until_state(&other, sent, &State::Saved);
    }
    assert_eq!(arrived(&other, &one), ["d", "a", "c", "b"]);
}

#[test]
fn what_is_cancelled_before_its_computer_is_back_is_never_heard_of_there() {
    let (one, mut other) = friends();
    other.shut_down();
    let (never, sent) = (one.send_text(&other, "never"), one.send_text(&other, "always"));
    until_queued(&one, &other, &[never, sent]);
    assert!(matches!(one.ask(Command::Cancel { with: other.id(), transfer: never }), Ok(Reply::Done)));
    one.until_state(&other, never, &State::Cancelled { here: true });
    other.start_again();
    one.until_state(&other, sent, &State::Saved);
    assert_eq!(arrived(&other, &one), ["always"]);
    let gone = one.ask(Command::Sooner { with: other.id(), transfer: never, first: true });
    assert!(matches!(gone, Err(Problem::NotFound { .. })), "{gone:?}");
}

#[test]
fn what_waits_goes_with_its_conversation() {
    let (one, mut other) = friends();
    other.shut_down();
    let never = one.send_text(&other, "never");
    until_queued(&one, &other, &[never]);
    assert!(matches!(one.ask(Command::RemoveConversation { with: other.id() }), Ok(Reply::Done)));
    until_queue(&one, &[]);
    other.start_again();
    let sent = one.send_text(&other, "always");
    one.until_state(&other, sent, &State::Saved);
    assert_eq!(arrived(&other, &one), ["always"]);
}

#[test]
fn somebody_else_at_its_address_gets_nothing_of_what_waits() {
    let (one, mut other) = friends();
    let port = other.client.snapshot().me.port;
    let id = other.id();
    other.shut_down();
    let sent = one.send_text(&other, "for her eyes alone");
    until_queued(&one, &other, &[sent]);
    // On the same port, with a key of its own.
    let net = Net { port: one.config.discovery_port };
    let thief = net.computer_with("Office PC", |config| config.port = Some(port), None);
    one.sees(&thief);
    thief.sees(&one);
    let proof = one.send_text(&thief, "something else");
    thief.accept_next();
    one.until_state(&thief, proof, &State::Saved);
    assert_eq!(arrived(&thief, &one), ["something else"]);
    assert_eq!(one.client.snapshot().queue, [Queued { with: id, transfer: sent }]);
    let mut thief = thief;
    thief.shut_down();
    other.start_again();
    one.until_state(&other, sent, &State::Saved);
}

#[test]
fn sources_are_looked_at_again_when_their_time_has_come() {
    let (one, mut other) = friends();
    other.shut_down();
    let (gone, changed, also_gone) = (one.file("gone", "x"), one.file("changed", "before"), one.file("also", "y"));
    let lost = one.send_paths(&other, &[&gone]);
    let sent = one.send_paths(&other, &[&changed, &also_gone]);
    until_queued(&one, &other, &[lost, sent]);
    fs::remove_file(&gone).unwrap();
    fs::remove_file(&also_gone).unwrap();
    fs::write(&changed, "and after, which is longer").unwrap();
    other.start_again();
    let entry = one.until_entry(&other, lost, |entry| matches!(entry.state, State::Stopped(_)));
    assert!(matches!(&entry.state, State::Stopped(Problem::SourceGone { .. })), "{entry:?}");
    let entry = one.until_state(&other, sent, &State::Saved);
    let Body::Items { items, bytes, .. } = &entry.body else { panic!("{entry:?}") };
    let problem = Problem::SourceGone { name: "also".into() };
    assert_eq!((items[0].size, *bytes, &items[0].state), (26, 26, &ItemState::Saved), "as large as it is now");
    assert_eq!((items[1].name.as_str(), &items[1].state), ("also", &ItemState::Failed(problem)));
    assert_eq!(fs::read(other.received("changed")).unwrap(), b"and after, which is longer");
    assert_eq!(arrived(&other, &one), ["changed"]);
}

#[test]
fn the_queue_has_an_end_and_says_so() {
    let (one, mut other) = friends();
    other.shut_down();
    for n in 0..100 {
        one.send_text(&other, &n.to_string());
    }
    let what = Outgoing::Text("one more".into());
    one.until("all of it to wait", |snapshot| (snapshot.queue.len() == 100).then_some(()));
    let refused = one.ask(Command::Send { to: vec![other.id()], what, keep: true });
    assert_eq!(refused.err(), Some(Problem::QueueFull { limit: 100 }));
    other.start_again();
    let last = one.until("room again", |snapshot| (snapshot.queue.len() < 50).then(|| one.send_text(&other, "more")));
    one.until_state(&other, last, &State::Saved);
    let all: Vec<String> = (0..100).map(|n| n.to_string()).chain(["more".into()]).collect();
    other.until("all of it", |_| (one.client.snapshot().queue.is_empty()).then_some(()));
    let Ok(Reply::Page { entries, .. }) = other.ask(Command::Page { with: one.id(), at: PageAt::End, limit: 200 })
    else {
        panic!("no page")
    };
    assert_eq!(entries.iter().rev().map(|entry| words(&entry.body)).collect::<Vec<_>>(), all);
}

#[test]
fn four_go_at_once_the_others_wait_and_a_text_passes_them_all() {
    let (one, other) = friends();
    assert!(matches!(other.ask(Command::SetRule { with: one.id(), rule: Rule::Ask }), Ok(Reply::Done)));
    let sent: Vec<TransferId> =
        (0..6).map(|n| one.send_paths(&other, &[&one.file(&format!("{n}"), noise(1000 + n))])).collect();
    other.until("four questions", |snapshot| (snapshot.asks.len() == 4).then_some(()));
    for transfer in &sent[4..] {
        one.until_state(&other, *transfer, &State::Held(Hold::Turn));
    }
    until_queue(&one, &sent[4..]);
    // They know each other's words.
    let written = other.send_text(&one, "what is all this?");
    other.until_state(&one, written, &State::Saved);
    let text = one.send_text(&other, "pictures");
    one.until_state(&other, text, &State::Saved);
    let asks = other.client.snapshot().asks.clone();
    assert_eq!(asks.iter().map(|ask| ask.transfer).collect::<Vec<_>>(), sent[..4]);
    other.answer(&asks[1], Decision::Decline);
    for transfer in [4, 0, 2, 3, 5].map(|n| sent[n]) {
        let of_it = |snapshot: &Snapshot| snapshot.asks.iter().find(|ask| ask.transfer == transfer).cloned();
        other.answer(&other.until("its question", of_it), ACCEPT);
        one.until_state(&other, transfer, &State::Saved);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn sixteen_send_at_once_to_all_together_and_the_others_follow() {
    use super::{relay::Relay, resuming::plug};

    /// Bytes of each: so slowly it takes two minutes, much longer than twenty connections.
    const LARGE: usize = 36_000_000;

    let one = Net::new().computer("Studio Mac");
    let wired = |n: u32| {
        let other = Net::new().computer(&format!("Office PC {n}"));
        let cable = Relay::slow(other.client.snapshot().me.port, 300_000);
        plug(&one, &cable);
        one.always_accepts(&other);
        other.always_accepts(&one);
        (other, cable)
    };
    let others: Vec<_> = (0..5).map(wired).collect();
    let mut sent = Vec::new();
    for (other, _cable) in &others {
        for n in 0..4 {
            sent.push((other, one.send_paths(other, &[&one.file(&format!("{n}.bin"), noise(LARGE + n))])));
        }
    }
    let moving = |snapshot: &Snapshot| snapshot.transfers.iter().filter(|one| one.bytes > 0).count();
    one.until("twenty to have their connections, of which sixteen move", |snapshot| {
        assert!(moving(snapshot) <= 16, "{:#?}", snapshot.transfers);
        (snapshot.transfers.len() == 20 && moving(snapshot) == 16).then_some(())
    });
    let until = Instant::now() + Duration::from_secs(1);
    while Instant::now() < until {
        let snapshot = one.client.snapshot();
        assert_eq!((snapshot.transfers.len(), moving(&snapshot)), (20, 16), "{:#?}", snapshot.transfers);
        one.client.wait(Duration::from_millis(20));
    }
    others.iter().for_each(|(_, cable)| cable.hurry());
    for (other, transfer) in sent {
        one.until_state(other, transfer, &State::Saved);
    }
    for (other, _cable) in &others {
        assert!((0..4).all(|n| fs::read(other.received(&format!("{n}.bin"))).unwrap() == noise(LARGE + n)));
    }
}

#[test]
fn a_hidden_computer_still_looks_for_those_it_has_something_for() {
    let (mut one, mut other) = friends();
    other.shut_down();
    let sent = one.send_text(&other, "psst");
    until_queued(&one, &other, &[sent]);
    let hidden = Settings { visibility: Visibility::Hidden, ..Settings::default() };
    assert!(matches!(one.ask(Command::ChangeSettings(hidden)), Ok(Reply::Done)));
    one.shut_down();
    one.start_again();
    other.start_again();
    one.until_state(&other, sent, &State::Saved);
}
