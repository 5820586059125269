//! What one side may make the other hold.

use std::time::Instant;

use super::*;
use crate::protocol::{
    control::{CantSend, Control, ControlError, Event},
    limits::{MAX_OPEN_TRANSFERS, MAX_WAITING_ITEMS, MAX_WAITING_OFFERS},
    message::{Answer, DeclineReason, Take},
};

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
