use std::time::{Duration, Instant};

use super::*;
use crate::protocol::{
    consent::End,
    control::{CantSend, Control, ControlError, Event, NoData, Silent},
    frame::Kind,
    limits::{DEAD_AFTER, MAX_OPEN_TRANSFERS, MAX_WAITING_ITEMS, MAX_WAITING_OFFERS, PING_AFTER},
    message::{
        Accept, Answer, ByeReason, CancelReason, DeclineReason, DeviceKind, Features, Hello, Role, Shelf, ShelfItem,
        Take, Thumbnail, Thumbnails,
    },
};

fn hello() -> Hello {
    Hello {
        version: 1,
        features: Features::SHELF | Features::PAUSE | Features::THUMBNAILS,
        name: "Mei's laptop".to_owned(),
        kind: DeviceKind::Computer,
        port: 53317,
        role: Role::Control,
        software: String::new(),
    }
}

fn all(offer: &Offer) -> Accept {
    Accept { items: Ranges::all(offer.items.len() as u32), resume: Vec::new(), known: Ranges::default() }
}

/// Two ends and the wires between them.
struct Pair {
    ends: [Control; 2],
    pipes: [Pipe; 2],
    now: Instant,
}

const MEI: usize = 0;
const OFFICE: usize = 1;

impl Pair {
    fn new(cuts: &Cuts) -> Self {
        let now = Instant::now();
        let pipes = [0, 1].map(|_| Pipe::new(Stage::Control, cuts.clone()));
        Self { ends: [0, 1].map(|_| Control::new(&hello(), now)), pipes, now }
    }

    /// Lets both speak until both are silent; what happened at each, in order.
    fn run(&mut self, mut on: impl FnMut(&mut Control, usize, &Event)) -> Result<[Vec<Event>; 2], ControlError> {
        let mut events = [Vec::new(), Vec::new()];
        loop {
            let mut busy = false;
            for from in [MEI, OFFICE] {
                let to = 1 - from;
                while let Some(frame) = self.ends[from].poll_transmit() {
                    self.pipes[from].write(&frame);
                }
                let Some(frames) = self.pipes[from].deliver() else { continue };
                busy = true;
                for frame in frames.expect("honest frames") {
                    if let Some(event) = self.ends[to].receive(frame, self.now)? {
                        on(&mut self.ends[to], to, &event);
                        events[to].push(event);
                    }
                }
            }
            if !busy {
                return Ok(events);
            }
        }
    }

    fn quiet(&mut self) -> [Vec<Event>; 2] {
        self.run(|_, _, _| {}).expect("an honest conversation")
    }
}

/// A conversation with everything in it, each step following from what arrived.
fn conversation(cuts: &Cuts) -> ([Vec<Event>; 2], usize) {
    const SENTENCE: &str = "照片很好看！";
    let mut pair = Pair::new(cuts);
    let mei = &mut pair.ends[MEI];
    mei.offer(offer(id(1), vec![text_item(SENTENCE.len() as u64)])).unwrap();
    mei.offer(offer(id(2), vec![file("holiday.jpg", 6_000_000), folder("Trip", 10, 2)])).unwrap();
    mei.thumbnails(Thumbnails {
        transfer: id(2),
        pictures: vec![Thumbnail { item: 0, picture: Bytes::from_static(b"jpeg") }],
    })
    .unwrap();
    mei.offer(offer(id(3), vec![file("no.txt", 1)])).unwrap();
    let events = pair
        .run(|end, at, event| match (at, event) {
            (OFFICE, Event::Offered(offer)) if offer.transfer == id(3) => {
                end.decline(id(3), DeclineReason::Person).unwrap();
                end.browse().unwrap();
            }
            (OFFICE, Event::Offered(offer)) if offer.transfer == id(2) => {}
            (OFFICE, Event::Thumbnails(_)) => {
                end.accept(id(2), Accept { items: Ranges::all(2), resume: Vec::new(), known: Ranges::default() })
                    .unwrap();
            }
            (_, Event::Offered(offer)) => end.accept(offer.transfer, all(offer)).unwrap(),
            (MEI, Event::Answered { transfer, .. }) if *transfer == id(1) => {
                end.text(id(1), SENTENCE.to_owned()).unwrap();
            }
            (OFFICE, Event::Text { transfer, text }) => {
                assert_eq!(text, SENTENCE);
                end.text_saved(*transfer).unwrap();
            }
            (MEI, Event::Answered { transfer, .. }) if *transfer == id(2) => {
                assert_eq!(end.connect_data(id(2)).unwrap().end(), End::Giving);
                end.pause(id(2)).unwrap();
                end.unpause(id(2)).unwrap();
                end.ask_for_data(id(2)).unwrap();
            }
            (MEI, Event::Browsed { request }) => {
                let items = vec![ShelfItem { id: 9, item: file("shelf.png", 77) }];
                end.shelf(Shelf { request: *request, items, more: false }).unwrap();
            }
            (OFFICE, Event::Shelf(shelf)) => {
                end.take(Take { transfer: id(4), items: vec![shelf.items[0].id], again: false }).unwrap();
            }
            (MEI, Event::Taken(take)) => {
                end.offer(Offer { for_take: true, ..offer(take.transfer, vec![file("shelf.png", 77)]) }).unwrap();
            }
            (MEI, Event::Answered { transfer, .. }) if *transfer == id(4) => {
                end.cancel(id(4), CancelReason::Person).unwrap();
            }
            (OFFICE, Event::Cancelled { .. }) => end.bye(ByeReason::Closing),
            _ => {}
        })
        .unwrap();
    (events, pair.pipes[MEI].passed + pair.pipes[OFFICE].passed)
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
fn a_whole_conversation_goes_its_way() {
    let (events, _) = conversation(&Cuts::Whole);
    let told = |at: usize| events[at].iter().map(|event| format!("{event:?}")).collect::<Vec<_>>().join("\n");
    assert!(matches!(events[MEI].last(), Some(Event::Bye(ByeReason::Closing))), "{}", told(MEI));
    assert!(events[MEI].contains(&Event::TextSaved { transfer: id(1) }), "{}", told(MEI));
    assert!(events[OFFICE].contains(&Event::Paused { transfer: id(2) }), "{}", told(OFFICE));
    assert!(events[OFFICE].contains(&Event::OpenData { transfer: id(2) }), "{}", told(OFFICE));
    assert_eq!(events.map(|events| events.len()), [8, 11]);
}

#[test]
fn it_goes_the_same_way_wherever_the_stream_is_cut() {
    let (events, bytes) = conversation(&Cuts::Whole);
    assert_eq!(conversation(&Cuts::SingleBytes).0, events);
    for cut in 0..bytes {
        assert_eq!(conversation(&Cuts::At(cut)).0, events, "cut at {cut}");
    }
}

proptest! {
    #[test]
    fn it_goes_the_same_way_with_cuts_anywhere(cuts in Cuts::random()) {
        prop_assert_eq!(conversation(&cuts).0, conversation(&Cuts::Whole).0);
    }
}

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
fn more_offers_than_may_wait_are_declined_as_busy_and_not_asked_about() {
    let mut pair = Pair::new(&Cuts::Whole);
    for number in 0..MAX_WAITING_OFFERS as u8 {
        pair.ends[MEI].offer(offer(id(number), vec![file("a", 1)])).unwrap();
    }
    assert_eq!(pair.ends[MEI].offer(offer(id(200), vec![file("a", 1)])), Err(CantSend::Busy));
    assert_eq!(pair.quiet()[OFFICE].len(), MAX_WAITING_OFFERS);
    // One that doesn't count.
    let rude = Message::Offer(offer(id(201), vec![file("a", 1)])).encode();
    assert_eq!(pair.ends[OFFICE].receive(rude, pair.now), Ok(None));
    let answer = Message::decode(pair.ends[OFFICE].poll_transmit().unwrap()).unwrap();
    assert_eq!(answer, Message::Answer { transfer: id(201), answer: Answer::Decline(DeclineReason::Busy) });

    // The items of all that wait are bounded too.
    let mut pair = Pair::new(&Cuts::Whole);
    for number in 0..(MAX_WAITING_ITEMS / 1000) as u8 {
        pair.ends[MEI].offer(offer(id(number), vec![file("a", 1); 1000])).unwrap();
    }
    assert_eq!(pair.ends[MEI].offer(offer(id(200), vec![file("a", 1)])), Err(CantSend::Busy));
}

#[test]
fn a_side_that_asks_without_end_and_never_reads_is_cut_off_within_bounds() {
    let now = Instant::now();
    let mut office = Control::new(&hello(), now);
    let mut refused = None;
    for number in 0..10_000u32 {
        let mut transfer = [0; 16];
        transfer[..4].copy_from_slice(&number.to_be_bytes());
        let take = Message::Take(Take { transfer: TransferId(transfer), items: vec![], again: false });
        match office.receive(take.encode(), now) {
            Ok(event) => assert_eq!(event.is_some(), (number as usize) < MAX_OPEN_TRANSFERS),
            Err(error) => {
                refused = Some((error, number));
                break;
            }
        }
    }
    let (error, number) = refused.unwrap();
    assert_eq!(error, ControlError::Flood);
    assert!(number < 2_000);
    let mut office = Control::new(&hello(), now);
    let browse = |request| Message::Browse { request }.encode();
    let refused = (0..100).map(|request| office.receive(browse(request), now)).find(Result::is_err).unwrap();
    assert_eq!(refused, Err(ControlError::Flood));
}

#[test]
fn texts_that_nobody_reads_fill_the_queue_to_its_bound_and_no_further() {
    let mut pair = Pair::new(&Cuts::Whole);
    let text = "x".repeat(limits::MAX_TEXT);
    for number in 0..8 {
        pair.ends[MEI].offer(offer(id(number), vec![text_item(text.len() as u64)])).unwrap();
    }
    pair.run(|end, at, event| {
        if let (OFFICE, Event::Offered(offer)) = (at, event) {
            end.accept(offer.transfer, all(offer)).unwrap();
        }
    })
    .unwrap();
    assert!(!pair.ends[MEI].is_backed_up());
    let sent: Vec<_> = (0..8).map(|number| pair.ends[MEI].text(id(number), text.clone())).collect();
    assert_eq!(sent[..3], [Ok(()); 3]);
    assert_eq!(sent[4..], [Err(CantSend::Busy); 4]);
    assert!(pair.ends[MEI].is_backed_up());
    pair.quiet();
    for number in 4..7 {
        pair.ends[MEI].text(id(number), text.clone()).unwrap();
    }
}

#[test]
fn a_silent_side_is_asked_after_four_seconds_and_gone_after_ten() {
    let mut pair = Pair::new(&Cuts::Whole);
    let start = pair.now;
    let mut control = Control::new(&hello(), start);
    assert_eq!(control.poll_timeout(), start + PING_AFTER);
    control.handle_timeout(start + PING_AFTER - Duration::from_millis(1)).unwrap();
    assert_eq!(control.poll_transmit(), None);
    control.handle_timeout(start + PING_AFTER).unwrap();
    assert_eq!(control.poll_transmit().map(|frame| frame.kind), Some(Kind::Ping));
    control.handle_timeout(start + PING_AFTER).unwrap();
    assert_eq!(control.poll_transmit(), None, "asked once");
    assert_eq!(control.poll_timeout(), start + DEAD_AFTER);
    assert_eq!(control.handle_timeout(start + DEAD_AFTER), Err(Silent));

    // Two that live keep each other for hours, with one ping each four seconds.
    let mut pings = 0;
    while pair.now < start + Duration::from_secs(3600) {
        pair.now = pair.ends[MEI].poll_timeout().min(pair.ends[OFFICE].poll_timeout());
        for end in [MEI, OFFICE] {
            pair.ends[end].handle_timeout(pair.now).unwrap();
        }
        pair.quiet();
        pings += 1;
    }
    assert!(pings <= 901, "{pings}");
}

#[test]
fn bytes_of_a_frame_that_is_not_whole_yet_are_a_sign_of_life() {
    let start = Instant::now();
    let mut control = Control::new(&hello(), start);
    for second in 1..60 {
        let now = start + Duration::from_secs(second);
        control.heard(now);
        control.handle_timeout(now).unwrap();
    }
    assert_eq!(control.poll_transmit(), None);
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
