//! What a computer learns before this person said that it is the right one: that something waits.

use super::{puppet::Puppet, *};
use crate::protocol::message::{ByeReason, Message};

fn waits(snapshot: &Snapshot, with: Fingerprint) -> bool {
    snapshot.computers.iter().any(|computer| computer.fingerprint == with && computer.waits)
}

fn say(machine: &Machine, to: &[Fingerprint]) {
    assert!(matches!(machine.ask(Command::Waiting { to: to.to_vec() }), Ok(Reply::Done)));
}

#[test]
fn that_something_waits_is_shown_until_it_is_withdrawn_and_nothing_else_of_it() {
    let (one, other) = pair();
    say(&one, &[other.id()]);
    other.until("something to wait", |snapshot| waits(snapshot, one.id()).then_some(()));
    let snapshot = other.client.snapshot();
    assert!(snapshot.asks.is_empty() && snapshot.transfers.is_empty() && snapshot.computers[0].new);
    assert!(!other.config.home.received.exists() && other.conversation(&one).is_empty());
    say(&one, &[]);
    other.until("nothing to wait", |snapshot| (!waits(snapshot, one.id())).then_some(()));
    // And then it comes.
    let sent = one.send_text(&other, "Hello!");
    other.accept_next();
    one.until_state(&other, sent, &State::Saved);
}

#[test]
fn not_a_word_more_goes_over_the_wire_and_a_connection_that_comes_later_hears_it_too() {
    let net = Net::new();
    let machine = net.computer("Studio Mac");
    let (there, late) = (Puppet::new("There"), Puppet::new("Late"));
    let mut wire = there.dial(&machine);
    machine.until("it", |snapshot| snapshot.computers.iter().find(|one| one.fingerprint == there.id).map(drop));
    say(&machine, &[there.id, late.id]);
    let mut later = late.dial(&machine);
    for wire in [&mut wire, &mut later] {
        assert_eq!(wire.hear(), Some(Message::Waiting { waits: true }));
    }
    say(&machine, &[]);
    for wire in [&mut wire, &mut later] {
        assert_eq!(wire.hear(), Some(Message::Waiting { waits: false }));
    }
}

#[test]
fn a_stranger_is_shown_to_wait_once_a_minute_whatever_it_says_and_so_is_its_address() {
    let net = Net::new();
    let machine = net.computer("Office PC");
    let (first, second) = (Puppet::new("Pushy"), Puppet::new("Pushy too"));
    let (mut from, mut also) = (first.dial(&machine), second.dial(&machine));
    from.say(&Message::Waiting { waits: true });
    machine.until("something to wait", |snapshot| waits(snapshot, first.id).then_some(()));
    from.say(&Message::Waiting { waits: false });
    machine.until("nothing to wait", |snapshot| (!waits(snapshot, first.id)).then_some(()));
    for _ in 0..20_000 {
        from.say(&Message::Waiting { waits: true });
    }
    also.say(&Message::Waiting { waits: true });
    for from in [&mut from, &mut also] {
        // Whoever is answered was heard.
        from.say(&Message::Browse { request: 1 });
        assert!(matches!(from.hear(), Some(Message::Shelf(_))));
    }
    let honest = net.computer("Studio Mac");
    honest.sees(&machine);
    let sent = honest.send_text(&machine, "Hello!");
    machine.accept_next();
    honest.until_state(&machine, sent, &State::Saved);
    let snapshot = machine.client.snapshot();
    assert!(!waits(&snapshot, first.id) && !waits(&snapshot, second.id));
    let strangers = |who: &Fingerprint| snapshot.computers.iter().any(|one| one.fingerprint == *who && one.new);
    assert!(strangers(&first.id) && strangers(&second.id), "nothing of them is stored");
}

#[test]
fn neither_hidden_strangers_nor_blocked_computers_are_shown_to_wait() {
    let net = Net::new();
    let machine = net.computer("Office PC");
    let (stranger, known) = (Puppet::new("Stranger"), Puppet::new("Known"));
    let (mut from, mut from_known) = (stranger.dial(&machine), known.dial(&machine));
    let verify = Command::Verify { with: known.id, verified: true };
    machine.until("it", |snapshot| snapshot.computers.iter().find(|one| one.fingerprint == known.id).map(drop));
    assert!(matches!(machine.ask(verify), Ok(Reply::Done)));
    let hour = Duration::from_secs(3600);
    assert!(matches!(machine.ask(Command::HideStrangers { during: hour }), Ok(Reply::Done)));
    from.say(&Message::Waiting { waits: true });
    from.say(&Message::Browse { request: 1 });
    assert!(matches!(from.hear(), Some(Message::Shelf(_))));
    from_known.say(&Message::Waiting { waits: true });
    machine.until("the known one to wait", |snapshot| waits(snapshot, known.id).then_some(()));
    assert!(!waits(&machine.client.snapshot(), stranger.id));
    let block = Command::SetRule { with: known.id, rule: Rule::Block };
    assert!(matches!(machine.ask(block), Ok(Reply::Done)));
    from_known.hears_bye(ByeReason::Refused);
    machine.until("nothing to wait", |snapshot| (!waits(snapshot, known.id)).then_some(()));
}
