//! Payloads written to harm.

use super::*;
use crate::protocol::{frame::Kind, limits::MAX_OFFER_ITEMS, message::MessageError, wire};
use prost::Message as _;

fn decode(kind: Kind, payload: Vec<u8>) -> Result<Message, MessageError> {
    assert!(payload.len() <= kind.max_len(), "the frame would not get this far");
    Message::decode(Frame { kind, payload: payload.into() })
}

fn wire_offer(items: Vec<wire::Item>) -> Vec<u8> {
    wire::Offer { transfer: Bytes::from(vec![1; 16]), items, ..Default::default() }.encode_to_vec()
}

fn wire_file(name: &str, size: u64) -> wire::Item {
    wire::Item { kind: wire::ItemKind::File.into(), name: name.to_owned(), size, files: 1, ..Default::default() }
}

#[test]
fn two_bytes_that_stand_for_a_hundred_in_memory_are_counted_before_they_are_decoded() {
    // As many empty items, pictures, shelf items and files as their frames hold.
    for (kind, field) in
        [(Kind::Offer, 2), (Kind::Answer, 3), (Kind::Thumbnails, 2), (Kind::Shelf, 2), (Kind::Batch, 1)]
    {
        let bomb = [field << 3 | 2, 0].repeat(kind.max_len() / 2);
        assert_eq!(decode(kind, bomb), Err(MessageError::OutOfBounds(kind, "too many in one message")));
    }
}

#[test]
fn groups_nested_without_end_do_not_overflow_the_stack() {
    for kind in [Kind::Hello, Kind::Offer, Kind::Batch, Kind::Text, Kind::Answer] {
        let nested = vec![0x7B; kind.max_len()];
        assert_eq!(decode(kind, nested), Err(MessageError::Malformed(kind)));
    }
}

#[test]
fn an_offer_of_names_that_are_paths_is_refused() {
    for name in ["../x", "/etc/passwd", "a/b", "..", "", "C:\\x", "x\0"] {
        assert!(matches!(
            decode(Kind::Offer, wire_offer(vec![wire_file(name, 1)])),
            Err(MessageError::Name(Kind::Offer, _))
        ));
    }
}

#[test]
fn sums_that_overflow_and_counts_beyond_the_bound_are_refused() {
    for items in [
        vec![],
        vec![wire_file("a", u64::MAX), wire_file("b", 2)],
        vec![wire_file("a", limits::MAX_TRANSFER_BYTES + 1)],
        vec![wire_file("a", 1); MAX_OFFER_ITEMS + 1],
        vec![wire::Item { kind: wire::ItemKind::Folder.into(), files: u64::MAX, ..wire_file("a", 1) }; 2],
        vec![wire::Item { thumbhash: Bytes::from(vec![1; 41]), ..wire_file("a", 1) }],
        vec![wire::Item { kind: wire::ItemKind::Text.into(), size: limits::MAX_TEXT as u64 + 1, ..Default::default() }],
        vec![wire::Item { kind: wire::ItemKind::Text.into(), size: 1, ..Default::default() }, wire_file("a", 1)],
    ] {
        assert!(matches!(decode(Kind::Offer, wire_offer(items)), Err(MessageError::OutOfBounds(Kind::Offer, _))));
    }
}

#[test]
fn ids_and_hashes_have_their_one_length() {
    for len in [0, 1, 15, 17, 32] {
        let transfer = Bytes::from(vec![1; len]);
        let text = wire::Text { transfer: transfer.clone(), text: "hi".to_owned() }.encode_to_vec();
        assert!(matches!(decode(Kind::Text, text), Err(MessageError::OutOfBounds(..))));
        let cancel = wire::Cancel { transfer, reason: 0 }.encode_to_vec();
        assert!(matches!(decode(Kind::Cancel, cancel), Err(MessageError::OutOfBounds(..))));
        if len != 32 {
            let end = wire::EntryEnd { blake3: Bytes::from(vec![1; len]) }.encode_to_vec();
            assert!(matches!(decode(Kind::EntryEnd, end), Err(MessageError::OutOfBounds(..))));
        }
    }
}

#[test]
fn what_is_newer_than_us_is_tolerated() {
    use message::{Answer, ByeReason, DeclineReason};
    // An unknown reason, an unknown kind of item, and fields of the future.
    assert_eq!(decode(Kind::Bye, vec![0x08, 0x63]), Ok(Message::Bye(ByeReason::Unknown)));
    let mut answer =
        wire::Answer { transfer: Bytes::from(vec![1; 16]), declined: 99, ..Default::default() }.encode_to_vec();
    answer.extend([0xF8, 0x07, 0x01, 0xFA, 0x07, 0x02, b'h', b'i']);
    let declined = Answer::Decline(DeclineReason::Unknown);
    assert_eq!(decode(Kind::Answer, answer), Ok(Message::Answer { transfer: id(1), answer: declined }));
    let item = wire::Item { kind: 77, name: "a/b".to_owned(), ..Default::default() };
    let Ok(Message::Offer(offer)) = decode(Kind::Offer, wire_offer(vec![item])) else { panic!("it is an offer") };
    assert_eq!((offer.items[0].kind, offer.items[0].name.as_str()), (ItemKind::Unknown, ""));
}

#[test]
fn an_empty_payload_is_a_message_only_where_nothing_is_needed() {
    let valid = frame::KINDS.into_iter().filter(|kind| decode(*kind, Vec::new()).is_ok()).collect::<Vec<_>>();
    use Kind::{Browse, Bye, CompareAsk, CompareStop, End, Failed, Ping, Pong, Saved, Shelf, Skipped, Waiting};
    assert_eq!(valid, [Ping, Pong, Bye, Browse, Shelf, CompareAsk, CompareStop, Waiting, Skipped, End, Saved, Failed]);
}
