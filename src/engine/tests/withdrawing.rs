//! Ends that the other side hears of late: said into a connection that is dead already, or while it was away.

use super::{
    relay::Relay,
    resuming::{MIB, plug, until_moved, wired},
    *,
};
use crate::store::Store;

/// In its middle.
fn under_way() -> (Machine, Machine, Relay, TransferId) {
    let (one, other, cable) = wired(20 * MIB);
    let sent = one.send_paths(&other, &[&one.file("film.mkv", noise(90 * MIB as usize))]);
    until_moved(&other, 20 * MIB);
    (one, other, cable, sent)
}

/// It ended on the other side, and nothing is left of it here.
#[track_caller]
fn is_over_at(receiver: &Machine, giver: &Machine, sent: TransferId) {
    receiver.until_state(giver, sent, &State::Cancelled { here: false });
    let left = receiver.received(".fantail");
    receiver.until("partials to go", |_| (!left.exists()).then_some(()));
    assert!(!receiver.received("film.mkv").exists());
}

/// What a computer has still to say, as its store has it.
fn untold(machine: &Machine) -> usize {
    Store::open(&machine.config.home.database).unwrap().store.withdrawn().unwrap().len()
}

/// Nothing is to be said to anybody any more.
#[track_caller]
fn until_told(machine: &Machine) {
    machine.until("the other to have heard it", |_| (untold(machine) == 0).then_some(()));
}

#[test]
fn what_is_cancelled_into_a_dead_connection_ends_there_when_another_stands() {
    for by_giver in [true, false] {
        let (one, other, cable, sent) = under_way();
        let (who, whom) = if by_giver { (&one, &other) } else { (&other, &one) };
        cable.hold();
        assert!(matches!(who.ask(Command::Cancel { with: whom.id(), transfer: sent }), Ok(Reply::Done)));
        who.until_state(whom, sent, &State::Cancelled { here: true });
        assert_eq!(untold(who), 1, "it is not known to be heard");
        cable.cut();
        whom.until_state(who, sent, &State::Cancelled { here: false });
        if by_giver {
            is_over_at(&other, &one, sent);
        }
        until_told(who);
    }
}

#[test]
fn what_is_forgotten_while_both_are_away_ends_on_the_other_side_all_the_same() {
    for by_giver in [true, false] {
        let (mut one, mut other, cable, sent) = under_way();
        one.shut_down();
        other.shut_down();
        let (who, whom) = if by_giver { (&mut one, &other) } else { (&mut other, &one) };
        who.start_again();
        let with = whom.client.snapshot().me.fingerprint.unwrap();
        assert!(matches!(who.ask(Command::Forget { with }), Ok(Reply::Done)));
        who.shut_down();
        assert_eq!(untold(who), 1);
        one.start_again();
        other.start_again();
        plug(&one, &cable);
        if by_giver {
            is_over_at(&other, &one, sent);
        } else {
            one.until_state(&other, sent, &State::Cancelled { here: false });
        }
        until_told(if by_giver { &one } else { &other });
    }
}

#[test]
fn what_was_told_before_the_last_process_ended_is_told_again_and_does_no_harm() {
    let (mut one, other, cable, sent) = under_way();
    assert!(matches!(one.ask(Command::Cancel { with: other.id(), transfer: sent }), Ok(Reply::Done)));
    is_over_at(&other, &one, sent);
    one.shut_down();
    Store::open(&one.config.home.database).unwrap().store.withdraw(&other.id(), &sent).unwrap();
    one.start_again();
    plug(&one, &cable);
    until_told(&one);
    other.until_state(&one, sent, &State::Cancelled { here: false });
    let text = one.send_text(&other, "still friends");
    one.until_state(&other, text, &State::Saved);
}
