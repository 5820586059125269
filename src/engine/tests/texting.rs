use super::*;

#[test]
fn texts_cross_both_ways_between_computers_that_know_each_other() {
    let (one, other) = friends();
    let sent = one.send_text(&other, "照片收到了吗？ 📷");
    let entry = one.until_state(&other, sent, &State::Saved);
    assert_eq!((entry.direction, entry.read), (Direction::Sent, true));
    let got = other.until_state(&one, sent, &State::Saved);
    assert_eq!(got.body, Body::Text("照片收到了吗？ 📷".into()));
    assert_eq!((got.direction, got.read), (Direction::Received, false));
    other.until("an unread one", |snapshot| snapshot.computers.iter().find(|one| one.unread == 1).map(drop));

    let back = other.send_text(&one, "Yes!");
    other.until_state(&one, back, &State::Saved);
    assert_eq!(one.until_state(&other, back, &State::Saved).body, Body::Text("Yes!".into()));
}

#[test]
fn a_short_text_takes_milliseconds() {
    let (one, other) = friends();
    let times: Vec<Duration> = (0..20)
        .map(|n| {
            let begin = Instant::now();
            let sent = one.send_text(&other, &format!("{n}: {}", "x".repeat(96)));
            one.until("its end", |snapshot| {
                snapshot.transfers.iter().all(|running| running.transfer != sent).then_some(())
            });
            let time = begin.elapsed();
            one.until_state(&other, sent, &State::Saved);
            time
        })
        .collect();
    let best = times.iter().min().unwrap();
    eprintln!("texts: {times:?}");
    assert!(*best < Duration::from_millis(150), "{times:?}");
}

#[test]
fn a_strangers_text_is_asked_about_like_everything_else() {
    let (one, other) = pair();
    let sent = one.send_text(&other, "Hello?");
    let ask = other.question();
    assert_eq!((ask.with, ask.stranger, ask.items[0].kind, ask.bytes), (one.id(), true, ItemKind::Text, 6));
    assert_eq!(other.client.snapshot().revision, 0, "a stranger is not in the store");
    assert!(other.client.snapshot().computers[0].new);
    other.answer(&ask, ACCEPT);
    one.until_state(&other, sent, &State::Saved);
    assert_eq!(other.until_state(&one, sent, &State::Saved).body, Body::Text("Hello?".into()));
    // Whom one wrote to may answer unasked.
    let answer = other.send_text(&one, "There!");
    one.until_state(&other, answer, &State::Saved);
}

#[test]
fn the_longest_text_crosses_and_a_longer_one_is_refused() {
    let (one, other) = friends();
    let text = "é".repeat(512 * 1024);
    let sent = one.send_text(&other, &text);
    assert_eq!(other.until_state(&one, sent, &State::Saved).body, Body::Text(text.clone()));
    let to = vec![other.id()];
    let more = one.ask(Command::Send { to, what: Outgoing::Text(text + "!"), keep: true });
    assert_eq!(more.err(), Some(Problem::TooMuch { limit: 1024 * 1024 }));
}

#[test]
fn a_text_to_three_at_once_is_one_group_with_a_state_for_each() {
    let net = Net::new();
    let one = net.computer("One");
    let others = [net.computer("A"), net.computer("B"), net.computer("C")];
    for other in &others {
        other.always_accepts(&one);
        one.sees(other);
    }
    let sent = one.send(&[&others[0], &others[1], &others[2]], Outgoing::Text("to all".into()));
    let mut groups: Vec<GroupId> = others
        .iter()
        .zip(&sent)
        .map(|(other, sent)| {
            other.until_state(&one, *sent, &State::Saved);
            one.until_state(other, *sent, &State::Saved).group
        })
        .collect();
    groups.dedup();
    assert_eq!(groups.len(), 1);
}

#[test]
fn having_met_gives_nothing_also_no_text_unasked() {
    let (one, other) = pair();
    let file = one.send_paths(&other, &[&one.file("a", "a")]);
    other.accept_next();
    one.until_state(&other, file, &State::Saved);
    let text = one.send_text(&other, "unasked");
    let ask =
        other.until("the text's question", |snapshot| snapshot.asks.iter().find(|ask| ask.transfer == text).cloned());
    assert!(!ask.stranger, "it is known by now");
    assert!(other.entry(&one, text).is_none(), "not in the store before the answer");
    other.answer(&ask, ACCEPT);
    one.until_state(&other, text, &State::Saved);
}
