//! Offers that are made again, and connections that take the place of others.

use super::*;
use crate::protocol::{
    control::{CantSend, Control, ControlError, Event, NoData},
    frame::Kind,
    message::{CancelReason, DeclineReason, Take},
};

#[test]
fn an_id_in_use_or_used_is_refused_unless_it_is_the_same_offer_again() {
    let mut pair = Pair::new(&Cuts::Whole);
    let given = offer(id(1), vec![file("a", 1)]);
    pair.ends[MEI].offer(given.clone()).unwrap();
    assert_eq!(pair.ends[MEI].offer(given.clone()), Err(CantSend::OutOfBounds));
    pair.quiet();
    let now = pair.now;
    let receive = |end: &mut Control, message: Message| end.receive(message.encode(), now);
    // The same side once more, and the other side with our id.
    for end in [MEI, OFFICE] {
        let error = receive(&mut pair.ends[end], Message::Offer(given.clone())).unwrap_err();
        assert_eq!(error, ControlError::Duplicate(id(1)));
        let error = receive(&mut pair.ends[end], Message::Take(Take { transfer: id(1), items: vec![], again: false }))
            .unwrap_err();
        assert_eq!(error, ControlError::Duplicate(id(1)));
    }
    pair.ends[OFFICE].decline(id(1), DeclineReason::Person).unwrap();
    pair.quiet();
    assert_eq!(
        receive(&mut pair.ends[OFFICE], Message::Offer(given.clone())).unwrap_err(),
        ControlError::Duplicate(id(1))
    );
    let again = Offer { again: true, ..given };
    pair.ends[MEI].offer(again.clone()).unwrap();
    assert_eq!(pair.quiet()[OFFICE], [Event::Offered(Arc::new(again))]);
}

#[test]
fn an_offer_made_again_takes_consent_back_until_it_is_given_again() {
    let mut pair = Pair::new(&Cuts::Whole);
    let given = offer(id(1), vec![file("a", 1)]);
    pair.ends[MEI].offer(given.clone()).unwrap();
    pair.quiet();
    pair.ends[OFFICE].accept(id(1), all(&given)).unwrap();
    pair.ends[OFFICE].connect_data(id(1)).unwrap();
    // Mei's program was restarted: it knows nothing of the answer.
    let again = Offer { again: true, ..offer(id(1), vec![file("a", 9_999)]) };
    let event = pair.ends[OFFICE].receive(Message::Offer(again).encode(), pair.now).unwrap();
    assert!(matches!(event, Some(Event::Offered(_))));
    pair.ends[OFFICE].data_closed(id(1));
    assert_eq!(pair.ends[OFFICE].connect_data(id(1)).unwrap_err(), NoData::No);
}

#[test]
fn what_is_offered_again_while_its_end_is_on_the_way_is_no_question() {
    let mut pair = Pair::new(&Cuts::Whole);
    // Left by an earlier connection, and ended meanwhile.
    pair.ends[OFFICE].withdraw(id(1)).unwrap();
    pair.ends[MEI].offer(Offer { again: true, ..offer(id(1), vec![file("a", 1)]) }).unwrap();
    let events = pair.quiet();
    assert_eq!(events[OFFICE], []);
    assert_eq!(events[MEI], [Event::Cancelled { transfer: id(1), reason: CancelReason::Person }]);
}

#[test]
fn what_was_withdrawn_counts_as_heard_only_when_what_was_asked_behind_it_is_answered() {
    let mut pair = Pair::new(&Cuts::Whole);
    pair.ends[OFFICE].ask_whether_heard();
    assert_eq!(pair.ends[OFFICE].poll_transmit(), None, "there is nothing to ask about");
    pair.ends[OFFICE].withdraw(id(1)).unwrap();
    assert_eq!(pair.quiet()[OFFICE], [], "nobody was asked yet");
    pair.ends[OFFICE].ask_whether_heard();
    pair.ends[OFFICE].withdraw(id(2)).unwrap();
    assert_eq!(pair.quiet()[OFFICE], [Event::Heard(vec![id(1)])], "the second came after the question");
    // A sign of life is asked for meanwhile, and only the last of both is answered.
    pair.ends[OFFICE].ask_whether_heard();
    let lost: Vec<Kind> = std::iter::from_fn(|| pair.ends[OFFICE].poll_transmit()).map(|frame| frame.kind).collect();
    assert_eq!(lost, [Kind::Ping]);
    let now = pair.now;
    assert_eq!(pair.ends[OFFICE].receive(Message::Pong { token: 1 }.encode(), now), Ok(None));
    pair.ends[OFFICE].ask_whether_heard();
    assert_eq!(pair.quiet()[OFFICE], [Event::Heard(vec![id(2)])]);
}

#[test]
fn an_offer_is_not_made_again_before_it_is_answered() {
    let mut pair = Pair::new(&Cuts::Whole);
    let again = Offer { again: true, ..offer(id(1), vec![file("a", 1)]) };
    pair.ends[MEI].offer(again.clone()).unwrap();
    assert_eq!(pair.ends[MEI].offer(again.clone()), Err(CantSend::Busy), "whose would the answer be?");
    pair.quiet();
    assert!(pair.ends[MEI].awaits_answer(id(1)) && pair.ends[OFFICE].owes_answer(id(1)));
    pair.ends[OFFICE].accept(id(1), all(&again)).unwrap();
    pair.quiet();
    assert!(!pair.ends[MEI].awaits_answer(id(1)) && !pair.ends[OFFICE].owes_answer(id(1)));
    assert_eq!(pair.ends[MEI].offer(again), Ok(()));
}

#[test]
fn a_connection_that_replaces_another_goes_on_with_what_was_agreed() {
    let mut pair = Pair::new(&Cuts::Whole);
    let given = offer(id(1), vec![file("a", 1)]);
    pair.ends[MEI].offer(given.clone()).unwrap();
    pair.ends[MEI].offer(offer(id(2), vec![file("b", 1)])).unwrap();
    pair.quiet();
    pair.ends[OFFICE].accept(id(1), all(&given)).unwrap();
    pair.ends[OFFICE].take(Take { transfer: id(3), items: vec![], again: false }).unwrap();
    pair.quiet();
    let older = std::mem::replace(&mut pair, Pair::new(&Cuts::Whole));
    let [mei, office] = older.ends;
    pair.ends[MEI].take_over(mei);
    pair.ends[OFFICE].take_over(office);
    for end in [MEI, OFFICE] {
        pair.ends[end].connect_data(id(1)).unwrap();
    }
    pair.ends[MEI].offer(Offer { again: true, ..offer(id(2), vec![file("b", 1)]) }).unwrap();
    let take = Take { transfer: id(3), items: vec![], again: false };
    assert_eq!(pair.ends[OFFICE].take(take.clone()), Err(CantSend::OutOfBounds), "it was asked for before");
    pair.ends[OFFICE].take(Take { again: true, ..take.clone() }).unwrap();
    let events = pair.quiet();
    assert!(matches!(&events[OFFICE][..], [Event::Offered(offer)] if offer.again), "{events:?}");
    assert_eq!(events[MEI], [Event::Taken(Take { again: true, ..take })]);
}
