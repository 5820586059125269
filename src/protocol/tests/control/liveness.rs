//! Signs of life.

use std::time::{Duration, Instant};

use super::*;
use crate::protocol::{
    control::{Control, Silent},
    frame::Kind,
    limits::{DEAD_AFTER, PING_AFTER},
};

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
