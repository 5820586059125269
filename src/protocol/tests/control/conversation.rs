//! A whole conversation, however its stream is cut.

use super::*;
use crate::protocol::{
    consent::End,
    control::Event,
    message::{Accept, ByeReason, CancelReason, DeclineReason, Shelf, ShelfItem, Take, Thumbnail, Thumbnails},
};

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
