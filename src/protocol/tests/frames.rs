use bytes::BufMut as _;

use super::*;
use crate::protocol::frame::{HEADER_LEN, KINDS, Kind, MAX_UNKNOWN};

fn control() -> Decoder {
    let mut decoder = Decoder::new();
    decoder.enter(Stage::Control);
    decoder
}

fn header(length: u32, kind: u8) -> Vec<u8> {
    [&length.to_be_bytes()[..], &[kind]].concat()
}

#[test]
fn no_kind_is_longer_than_its_length_field_can_say_and_every_number_is_its_own() {
    for kind in KINDS {
        assert!(kind.max_len() <= 2 * 1024 * 1024, "{kind:?}");
        assert_eq!(Kind::from_byte(kind as u8), Some(kind));
    }
    assert_eq!((0..=255).filter_map(Kind::from_byte).count(), KINDS.len());
}

#[test]
fn a_length_beyond_its_kinds_bound_is_refused_by_its_header_alone_and_reserves_nothing() {
    for kind in KINDS {
        let stage = [Stage::Hello, Stage::Control, Stage::DataIn, Stage::DataOut].into_iter().find(|s| s.allows(kind));
        for length in [kind.max_len() as u32 + 1, u32::MAX] {
            let mut decoder = Decoder::new();
            decoder.enter(stage.unwrap());
            decoder.push(&header(length, kind as u8));
            let error = Err(FrameError::TooLong { kind: kind as u8, length, max: kind.max_len() });
            assert_eq!(decoder.frame(), error);
            assert!(decoder.space().remaining_mut() <= 64 * 1024);
            assert_eq!(decoder.frame(), error, "it says the same again");
        }
    }
}

#[test]
fn a_long_frame_on_a_control_connection_takes_memory_only_as_it_arrives() {
    let mut decoder = control();
    decoder.push(&header(Kind::Text.max_len() as u32, Kind::Text as u8));
    assert_eq!(decoder.frame(), Ok(None));
    let space = decoder.space();
    assert!(space.remaining_mut() <= 64 * 1024 && space.get_ref().capacity() < 200 * 1024);
}

#[test]
fn unknown_kinds_are_skipped_without_being_kept_except_before_the_hello() {
    let mut stream = header(MAX_UNKNOWN as u32, 0xEE);
    stream.resize(HEADER_LEN + MAX_UNKNOWN, 7);
    Message::Browse { request: 5 }.encode().into_wire();
    let browse = Message::Browse { request: 5 }.encode();
    let mut decoder = control();
    for piece in stream.chunks(1000) {
        decoder.push(piece);
        assert_eq!(decoder.frame(), Ok(None));
    }
    assert!(decoder.is_between_frames());
    let mut bytes = BytesMut::new();
    browse.encode(&mut bytes);
    decoder.push(&bytes);
    assert_eq!(decoder.frame(), Ok(Some(browse)));

    let mut decoder = Decoder::new();
    decoder.push(&header(0, 0xEE));
    assert_eq!(decoder.frame(), Err(FrameError::NotExpected { kind: 0xEE, stage: Stage::Hello }));
    let mut decoder = control();
    decoder.push(&header(MAX_UNKNOWN as u32 + 1, 0xEE));
    assert!(matches!(decoder.frame(), Err(FrameError::TooLong { .. })));
}

#[test]
fn file_data_has_no_place_on_a_control_connection_nor_a_second_hello_anywhere() {
    for (stage, kind) in [
        (Stage::Control, Kind::Chunk),
        (Stage::Control, Kind::Entry),
        (Stage::Control, Kind::Saved),
        (Stage::Control, Kind::Hello),
        (Stage::DataIn, Kind::Hello),
        (Stage::DataIn, Kind::Saved),
        (Stage::DataIn, Kind::Offer),
        (Stage::DataOut, Kind::Chunk),
        (Stage::Hello, Kind::Offer),
        (Stage::Hello, Kind::Chunk),
    ] {
        let mut decoder = Decoder::new();
        decoder.enter(stage);
        decoder.push(&header(1, kind as u8));
        assert_eq!(decoder.frame(), Err(FrameError::NotExpected { kind: kind as u8, stage }));
    }
}

#[test]
fn what_follows_the_hello_waits_until_it_is_known_what_it_is() {
    let mut bytes = BytesMut::new();
    Message::Bye(message::ByeReason::Busy).encode().encode(&mut bytes);
    Message::Chunk(Bytes::from_static(b"data")).encode().encode(&mut bytes);
    let mut decoder = Decoder::new();
    decoder.push(&bytes);
    assert_eq!(decoder.frame().unwrap().unwrap().kind, Kind::Bye);
    decoder.enter(Stage::DataIn);
    assert_eq!(decoder.frame().unwrap().unwrap().payload, "data");
}

#[test]
fn a_chunk_that_is_read_into_the_decoder_is_not_copied_on_its_way_out() {
    let chunk = vec![9; limits::MAX_CHUNK];
    let mut stream = BytesMut::new();
    for _ in 0..3 {
        Message::Chunk(Bytes::from(chunk.clone())).encode().encode(&mut stream);
    }
    let mut stream = stream.freeze();
    let mut decoder = Decoder::new();
    decoder.enter(Stage::DataIn);
    let mut chunks = 0;
    while chunks < 3 {
        // As `read_buf` of a TLS stream does: a record of 16 KiB at a time.
        let mut space = decoder.space();
        let piece = stream.split_to(stream.len().min(16 * 1024).min(space.remaining_mut()));
        space.put_slice(&piece);
        let buffer = space.into_inner().as_ptr_range();
        while let Some(frame) = decoder.frame().unwrap() {
            assert_eq!(frame.payload, chunk);
            assert_eq!(frame.payload.as_ptr(), buffer.start.wrapping_add(HEADER_LEN), "it lies where it was read");
            chunks += 1;
        }
    }
    assert!(decoder.is_between_frames());
}

fn frames() -> impl Strategy<Value = Vec<Frame>> {
    let known: Vec<Kind> = KINDS.into_iter().filter(|kind| Stage::Control.allows(*kind)).collect();
    let frame = (proptest::sample::select(known), proptest::collection::vec(any::<u8>(), 0..300))
        .prop_map(|(kind, payload)| Frame { kind, payload: payload.into() });
    proptest::collection::vec(frame, 0..12)
}

proptest! {
    #[test]
    fn frames_come_out_as_they_went_in_however_the_stream_is_cut(frames in frames(), cuts in Cuts::random()) {
        for cuts in [cuts, Cuts::Whole, Cuts::SingleBytes] {
            let mut pipe = Pipe::new(Stage::Control, cuts);
            frames.iter().for_each(|frame| pipe.write(frame));
            let mut out = Vec::new();
            while let Some(more) = pipe.deliver() {
                out.extend(more.unwrap());
            }
            prop_assert_eq!(&out, &frames);
            prop_assert!(pipe.decoder.is_between_frames());
        }
    }
}
