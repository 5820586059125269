//! Transfers that somebody pauses.

use super::{
    relay::Relay,
    resuming::{MIB, until_moved, wired},
    *,
};

const HERE: State = State::Held(Hold::Paused { here: true });
const THERE: State = State::Held(Hold::Paused { here: false });

fn pause(machine: &Machine, with: &Machine, transfer: TransferId) {
    let paused = machine.ask(Command::Pause { with: with.id(), transfer });
    assert!(matches!(paused, Ok(Reply::Done)), "{paused:?}");
}

fn go_on(machine: &Machine, with: &Machine, transfer: TransferId) {
    let goes_on = machine.ask(Command::Continue { with: with.id(), transfer });
    assert!(matches!(goes_on, Ok(Reply::Done)), "{goes_on:?}");
}

/// A transfer of 90 MB from one to the other, in its middle.
fn under_way() -> (Machine, Machine, Relay, TransferId, Vec<u8>) {
    let (one, other, cable) = wired(30 * MIB);
    let content = noise(90 * MIB as usize);
    let path = one.file("film.mkv", &content);
    let sent = one.send_paths(&other, &[&path]);
    until_moved(&other, 20 * MIB);
    (one, other, cable, sent, content)
}

#[test]
fn either_side_pauses_both_say_who_and_other_things_pass() {
    for by_giver in [true, false] {
        let (one, other, cable, sent, content) = under_way();
        let (who, whom) = if by_giver { (&one, &other) } else { (&other, &one) };
        pause(who, whom, sent);
        who.until_state(whom, sent, &HERE);
        whom.until_state(who, sent, &THERE);
        // What was on its way is over.
        let text = one.send_text(&other, "a moment");
        one.until_state(&other, text, &State::Saved);
        let small = one.send_paths(&other, &[&one.file("small", "small")]);
        one.until_state(&other, small, &State::Saved);
        let crossed = cable.crossed();
        let back = other.send_text(&one, "no hurry");
        other.until_state(&one, back, &State::Saved);
        assert!(cable.crossed() - crossed < MIB, "it moves although it is paused");
        let rests =
            |snapshot: &Snapshot| snapshot.transfers.iter().all(|running| running.transfer != sent).then_some(());
        one.until("it to rest", rests);
        for machine in [&one, &other] {
            let resting = |snapshot: &Snapshot| snapshot.resting.iter().find(|it| it.transfer == sent).copied();
            let Resting { bytes, total, .. } = machine.until("how far it was", resting);
            assert!((20 * MIB..total).contains(&bytes) && total == content.len() as u64, "{bytes} of {total}");
        }
        assert_eq!(
            (who.entry(whom, sent).unwrap().state.clone(), whom.entry(who, sent).unwrap().state.clone()),
            (HERE, THERE)
        );
        // It is not the other's to continue.
        let refused = whom.ask(Command::Continue { with: who.id(), transfer: sent });
        assert!(matches!(refused, Err(Problem::NotFound { .. })), "{refused:?}");
        go_on(who, whom, sent);
        one.until_state(&other, sent, &State::Saved);
        other.until_state(&one, sent, &State::Saved);
        assert!(fs::read(other.received("film.mkv")).unwrap() == content);
        let again = cable.crossed().saturating_sub(content.len() as u64);
        assert!(again < 25 * MIB, "{} MiB crossed twice", again / MIB);
    }
}

#[test]
fn a_pause_outlives_every_restart_and_ends_only_by_whoever_made_it() {
    for (by_giver, both) in [(true, false), (false, false), (true, true)] {
        let (mut one, mut other, _cable, sent, content) = under_way();
        if by_giver {
            pause(&one, &other, sent);
        } else {
            pause(&other, &one, sent);
        }
        if both {
            one.until_state(&other, sent, &HERE);
            other.until_state(&one, sent, &THERE);
            pause(&other, &one, sent);
        }
        for restart in ["giver", "receiver"] {
            let machine = if restart == "giver" { &mut one } else { &mut other };
            machine.shut_down();
            machine.start_again();
            one.sees(&other);
            other.sees(&one);
            // Time enough to go on.
            let text = one.send_text(&other, restart);
            one.until_state(&other, text, &State::Saved);
            let (giver, receiver) = match (by_giver, both) {
                (_, true) => (HERE, HERE),
                (true, _) => (HERE, THERE),
                (false, _) => (THERE, HERE),
            };
            one.until_state(&other, sent, &giver);
            other.until_state(&one, sent, &receiver);
        }
        let (first, second) = if by_giver { (&one, &other) } else { (&other, &one) };
        go_on(first, second, sent);
        if both {
            first.until_state(second, sent, &THERE);
            go_on(second, first, sent);
        }
        one.until_state(&other, sent, &State::Saved);
        other.until_state(&one, sent, &State::Saved);
        assert!(fs::read(other.received("film.mkv")).unwrap() == content);
    }
}

#[test]
fn what_is_paused_can_be_cancelled_by_either_side() {
    for by_giver in [true, false] {
        let (one, other, _cable, sent, _) = under_way();
        pause(&one, &other, sent);
        other.until_state(&one, sent, &THERE);
        let (who, whom) = if by_giver { (&one, &other) } else { (&other, &one) };
        assert!(matches!(who.ask(Command::Cancel { with: whom.id(), transfer: sent }), Ok(Reply::Done)));
        who.until_state(whom, sent, &State::Cancelled { here: true });
        whom.until_state(who, sent, &State::Cancelled { here: false });
        let left = other.received(".fantail");
        other.until("partials to go", |_| (!left.exists()).then_some(()));
        assert!(!other.received("film.mkv").exists());
    }
}

#[test]
fn what_is_paused_is_not_sent_after_its_conversation_was_cleared() {
    let (one, other, _cable, sent, _content) = under_way();
    pause(&other, &one, sent);
    one.until_state(&other, sent, &State::Held(Hold::Paused { here: false }));
    assert!(matches!(one.ask(Command::RemoveConversation { with: other.id() }), Ok(Reply::Done)));
    other.until_state(&one, sent, &State::Cancelled { here: false });
    one.until("nothing to move or rest", |snapshot| snapshot.transfers.is_empty().then_some(()));
    assert!(one.conversation(&other).is_empty());
}

#[test]
fn what_rests_is_not_received_after_its_conversation_was_cleared_whether_its_giver_is_there_or_not() {
    for is_there in [true, false] {
        let (mut one, other, _cable, sent, _content) = under_way();
        pause(&other, &one, sent);
        one.until_state(&other, sent, &THERE);
        if !is_there {
            one.shut_down();
        }
        assert!(matches!(other.ask(Command::RemoveConversation { with: one.id() }), Ok(Reply::Done)));
        let left = other.received(".fantail");
        other.until("partials to go", |_| (!left.exists()).then_some(()));
        if !is_there {
            one.start_again();
        }
        one.until_state(&other, sent, &State::Cancelled { here: false });
        // What is sent now comes behind whatever there is to say about it.
        let text = one.send_text(&other, "something new");
        other.until_state(&one, text, &State::Saved);
        assert_eq!(other.conversation(&one).len(), 1, "{:?}", other.conversation(&one));
        assert!(!other.received("film.mkv").exists() && !left.exists());
    }
}

#[test]
fn a_pause_that_ends_while_the_other_is_away_is_over_when_it_is_back() {
    for by_giver in [true, false] {
        let (mut one, mut other, _cable, sent, content) = under_way();
        let (who, whom) = if by_giver { (&mut one, &mut other) } else { (&mut other, &mut one) };
        pause(who, whom, sent);
        whom.until_state(who, sent, &THERE);
        whom.shut_down();
        go_on(who, whom, sent);
        who.until_state(whom, sent, &State::Held(Hold::Away));
        whom.start_again();
        one.until_state(&other, sent, &State::Saved);
        other.until_state(&one, sent, &State::Saved);
        assert!(fs::read(other.received("film.mkv")).unwrap() == content);
    }
}
