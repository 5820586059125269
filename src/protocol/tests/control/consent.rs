//! What needs consent, and what an answer may say.

use std::time::Instant;

use super::*;
use crate::protocol::{
    control::{CantSend, Control, ControlError, Event, NoData},
    frame::Kind,
    message::{Accept, Answer, CancelReason, DeclineReason, Features, Hello, Take, Thumbnails},
};

#[test]
fn no_data_connection_is_joined_before_consent_nor_after_the_end_nor_twice() {
    let mut pair = Pair::new(&Cuts::Whole);
    let given = offer(id(1), vec![file("a", 1)]);
    pair.ends[MEI].offer(given.clone()).unwrap();
    pair.quiet();
    assert_eq!(pair.ends[MEI].connect_data(id(1)).unwrap_err(), NoData::NotYet);
    assert_eq!(pair.ends[OFFICE].connect_data(id(1)).unwrap_err(), NoData::No);
    assert_eq!(pair.ends[OFFICE].connect_data(id(9)).unwrap_err(), NoData::No);

    pair.ends[OFFICE].accept(id(1), all(&given)).unwrap();
    pair.quiet();
    for end in [MEI, OFFICE] {
        pair.ends[end].connect_data(id(1)).unwrap();
        assert_eq!(pair.ends[end].connect_data(id(1)).unwrap_err(), NoData::No, "it has one");
        pair.ends[end].data_closed(id(1));
        pair.ends[end].connect_data(id(1)).unwrap();
    }
    pair.ends[MEI].cancel(id(1), CancelReason::Person).unwrap();
    let events = pair.quiet();
    assert_eq!(events[OFFICE], [Event::Cancelled { transfer: id(1), reason: CancelReason::Person }]);
    for end in [MEI, OFFICE] {
        assert_eq!(pair.ends[end].connect_data(id(1)).unwrap_err(), NoData::No);
    }
}

#[test]
fn only_what_was_offered_can_be_accepted() {
    let mut pair = Pair::new(&Cuts::Whole);
    let mut unknown = file("?", 1);
    unknown.kind = ItemKind::Unknown;
    pair.ends[MEI].offer(offer(id(1), vec![file("a", 1), unknown])).unwrap();
    pair.quiet();
    for items in [Ranges::default(), Ranges::all(2), Ranges::all(3), Ranges::from_numbers([1])] {
        let accept = Accept { items, resume: Vec::new(), known: Ranges::default() };
        assert_eq!(pair.ends[OFFICE].accept(id(1), accept.clone()), Err(CantSend::OutOfBounds));
        if !accept.items.is_empty() {
            let answer = Message::Answer { transfer: id(1), answer: Answer::Accept(accept) };
            let mut mei = Control::new(&hello(), pair.now);
            mei.offer(offer(id(1), vec![file("a", 1)])).unwrap();
            let error = mei.receive(answer.encode(), pair.now);
            let fits = matches!(error, Ok(Some(_)));
            assert!(!fits, "{error:?}");
        }
    }
    pair.ends[OFFICE]
        .accept(id(1), Accept { items: Ranges::all(1), resume: Vec::new(), known: Ranges::default() })
        .unwrap();
}

#[test]
fn a_text_comes_only_after_consent_and_only_as_long_as_it_was_said_to_be() {
    let now = Instant::now();
    let text = |text: &str| Message::Text { transfer: id(1), text: text.to_owned() }.encode();
    let mut office = Control::new(&hello(), now);
    assert_eq!(office.receive(text("hi"), now).unwrap_err(), ControlError::NoSuchTransfer(Kind::Text, id(1)));
    office.receive(Message::Offer(offer(id(1), vec![text_item(2)])).encode(), now).unwrap();
    assert_eq!(office.receive(text("hi"), now).unwrap_err(), ControlError::BeforeConsent(id(1)));
    office.accept(id(1), Accept { items: Ranges::all(1), resume: vec![], known: Ranges::default() }).unwrap();
    assert_eq!(office.connect_data(id(1)).unwrap_err(), NoData::No, "a text has no data connection");
    assert_eq!(office.receive(text("longer"), now).unwrap_err(), ControlError::DoesNotFit(id(1)));
    office.receive(text("hi"), now).unwrap();
    assert_eq!(office.receive(text("hi"), now).unwrap_err(), ControlError::NoSuchTransfer(Kind::Text, id(1)));
}

#[test]
fn a_pause_is_told_of_what_an_earlier_connection_left_or_was_declined_for_now_and_of_nothing_nobody_agreed_to() {
    let now = Instant::now();
    let mut office = Control::new(&hello(), now);
    let said = |office: &mut Control, message: Message| office.receive(message.encode(), now).unwrap();
    let left = said(&mut office, Message::Pause { transfer: id(9) });
    assert_eq!(left, Some(Event::Paused { transfer: id(9) }));
    assert_eq!(said(&mut office, Message::Continue { transfer: id(9) }), Some(Event::Continued { transfer: id(9) }));
    assert_eq!(office.pause(id(9)), Ok(()));

    let asked = offer(id(1), vec![file("a.png", 7)]);
    office.receive(Message::Offer(asked.clone()).encode(), now).unwrap();
    assert_eq!(said(&mut office, Message::Pause { transfer: id(1) }), None, "nobody agreed to it yet");
    assert_eq!(office.pause(id(1)), Err(CantSend::NoSuchTransfer));
    office.accept(id(1), all(&asked)).unwrap();
    assert_eq!(office.pause(id(1)), Ok(()));
    // It is larger now, and the pause stands.
    let more = Offer { again: true, ..offer(id(1), vec![file("a.png", 8)]) };
    office.receive(Message::Offer(more).encode(), now).unwrap();
    office.decline(id(1), DeclineReason::Busy).unwrap();
    assert_eq!(office.pause(id(1)), Ok(()));
    assert_eq!(said(&mut office, Message::Continue { transfer: id(1) }), Some(Event::Continued { transfer: id(1) }));

    let old = Hello { features: Features::SHELF, ..hello() };
    assert_eq!(Control::new(&old, now).pause(id(9)), Err(CantSend::Unsupported));
}

#[test]
fn features_the_other_side_lacks_are_not_used_on_it() {
    let mut control = Control::new(&Hello { features: Features::NONE, ..hello() }, Instant::now());
    assert_eq!(control.browse(), Err(CantSend::Unsupported));
    assert_eq!(control.take(Take { transfer: id(1), items: vec![], again: false }), Err(CantSend::Unsupported));
    control.offer(offer(id(1), vec![file("a", 1)])).unwrap();
    let none = Thumbnails { transfer: id(1), pictures: vec![] };
    assert_eq!(control.thumbnails(none), Err(CantSend::Unsupported));
    assert_eq!(control.waiting(true), Err(CantSend::Unsupported));
}

#[test]
fn what_crosses_on_the_wire_is_nobodys_fault() {
    // An answer and a cancel.
    let mut pair = Pair::new(&Cuts::Whole);
    let given = offer(id(1), vec![file("a", 1)]);
    pair.ends[MEI].offer(given.clone()).unwrap();
    pair.quiet();
    pair.ends[MEI].cancel(id(1), CancelReason::NoAnswer).unwrap();
    pair.ends[OFFICE].accept(id(1), all(&given)).unwrap();
    let events = pair.quiet();
    assert_eq!(events, [vec![], vec![Event::Cancelled { transfer: id(1), reason: CancelReason::NoAnswer }]]);

    // Two cancels.
    pair.ends[MEI].offer(offer(id(2), vec![file("a", 1)])).unwrap();
    pair.quiet();
    pair.ends[MEI].cancel(id(2), CancelReason::Person).unwrap();
    pair.ends[OFFICE].cancel(id(2), CancelReason::Person).unwrap();
    assert_eq!(pair.quiet(), [vec![], vec![]]);

    // The cancel of a take and the offer that answers it.
    pair.ends[OFFICE].take(Take { transfer: id(3), items: vec![], again: false }).unwrap();
    pair.quiet();
    pair.ends[MEI].offer(Offer { for_take: true, ..offer(id(3), vec![file("a", 1)]) }).unwrap();
    pair.ends[OFFICE].cancel(id(3), CancelReason::Person).unwrap();
    let events = pair.quiet();
    assert_eq!(events, [vec![Event::Cancelled { transfer: id(3), reason: CancelReason::Person }], vec![]]);

    // A text and its cancel.
    pair.ends[MEI].offer(offer(id(4), vec![text_item(2)])).unwrap();
    pair.quiet();
    pair.ends[OFFICE]
        .accept(id(4), Accept { items: Ranges::all(1), resume: vec![], known: Ranges::default() })
        .unwrap();
    pair.quiet();
    pair.ends[OFFICE].cancel(id(4), CancelReason::Failed).unwrap();
    pair.ends[MEI].text(id(4), "hi".to_owned()).unwrap();
    pair.quiet();
}
