//! Comparing: two honest ends, and those who would like to stand between.

use super::*;
use crate::protocol::{
    compare::{Code, CompareError, Comparison, Ends, Event, NONCE_LEN, TABLE, UnderWay},
    frame::Kind,
    message::{CompareEnd, MessageError},
};

const PROTOCOL_MD: &str = include_str!("../../../PROTOCOL.md");

/// 32 bytes that count up from this one.
fn counting(from: u8) -> [u8; 32] {
    std::array::from_fn(|place| from.wrapping_add(place as u8))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Computed by another program from another library, after the text of PROTOCOL.md.
#[test]
fn the_code_is_the_one_that_others_compute() {
    let vectors = [
        (
            [0x00, 0x20, 0x40, 0x60, 0x80],
            "5c952cac0a2faec6e50e744eadf89904ea726699f1058d7968ecdcdb4e5fbafd",
            "625 508",
            [21, 43, 51, 3],
        ),
        (
            [0x20, 0x00, 0x40, 0x60, 0x80],
            "52e98c822101a3b43edeed7914976a22ab7c29f931dfe5e3c9a7690b0ec32ed4",
            "364 324",
            [59, 4, 38, 50],
        ),
        (
            [0x00, 0x20, 0x40, 0x60, 0x81],
            "5c952cac0a2faec6e50e744eadf89904ea726699f1058d7968ecdcdb4e5fbafd",
            "907 876",
            [7, 44, 37, 47],
        ),
        (
            [0x00, 0x20, 0x41, 0x60, 0x80],
            "a454f5e7860d4102ae0ad8981eb66cb73d6e8c3efad62eecebe2e2aaf7a5fb32",
            "516 008",
            [54, 38, 5, 29],
        ),
    ];
    for ([dialler, acceptor, exporter, first, second], commitment, digits, pictures) in vectors {
        let ends = Ends {
            dialler: Fingerprint(counting(dialler)),
            acceptor: Fingerprint(counting(acceptor)),
            exporter: counting(exporter),
        };
        let code = ends.code(&counting(first), &counting(second));
        assert_eq!(hex(&ends.commitment(&counting(first))), commitment);
        assert_eq!(code.digits(), digits);
        assert_eq!(code.pictures().map(|(number, _)| number).collect::<Vec<_>>(), pictures);
        let shown: String = code.pictures().map(|(_, picture)| picture).collect();
        let row = format!(
            "| `{dialler:02x}` | `{acceptor:02x}` | `{exporter:02x}` | `{first:02x}` | `{second:02x}` | `{commitment}` | {digits} | {shown} |"
        );
        assert!(PROTOCOL_MD.contains(&row), "missing in PROTOCOL.md: {row}");
    }
    let zeros = Ends { dialler: Fingerprint([0; 32]), acceptor: Fingerprint([0xff; 32]), exporter: [0; 32] };
    assert_eq!(zeros.code(&[0; 32], &[0xff; 32]).digits(), "596 564");
}

#[test]
fn six_digits_are_six_digits_also_when_they_begin_with_zeros() {
    assert_eq!(Code::of(7_854, [0; 4]).digits(), "007 854");
    assert_eq!(Code::of(0, [0; 4]).digits(), "000 000");
    assert_eq!(Code::of(999_999, [0; 4]).digits(), "999 999");
}

#[test]
fn the_pictures_are_sixty_four_single_characters_and_protocol_md_lists_them() {
    let mut seen = std::collections::BTreeSet::new();
    for (number, picture) in TABLE.iter().enumerate() {
        assert_eq!(picture.chars().count(), 1, "no joiners, no variation selectors: {picture}");
        assert!(seen.insert(picture), "twice: {picture}");
        assert!(PROTOCOL_MD.contains(&format!("{number} {picture} ")), "missing in PROTOCOL.md: {number} {picture}");
    }
    assert_eq!(seen.len(), 64);
}

const MEI: Fingerprint = Fingerprint([1; 32]);
const OFFICE: Fingerprint = Fingerprint([2; 32]);
const MALLORY: Fingerprint = Fingerprint([66; 32]);

fn ends(dialler: Fingerprint, acceptor: Fingerprint, exporter: u8) -> Ends {
    Ends { dialler, acceptor, exporter: [exporter; 32] }
}

/// Dialler and acceptor of one connection.
fn pair(ends: Ends) -> [Comparison; 2] {
    [Comparison::new(ends, true), Comparison::new(ends, false)]
}

/// Hands messages over until both are silent; both go on by themselves. What each came to.
fn talk(pair: &mut [Comparison; 2], first: Option<Message>, from: usize) -> [Vec<Event>; 2] {
    let mut events = [Vec::new(), Vec::new()];
    let mut waiting: Vec<(usize, Message)> = first.into_iter().map(|message| (1 - from, message)).collect();
    while let Some((to, message)) = waiting.pop() {
        let (event, answer) = pair[to].receive(&message).unwrap();
        let more = match event {
            Some(Event::Asked | Event::Committed) => pair[to].begin([to as u8 + 7; NONCE_LEN]).unwrap(),
            _ => None,
        };
        events[to].extend(event);
        waiting.extend(answer.into_iter().chain(more).map(|message| (1 - to, message)));
    }
    events
}

fn code_of(events: &[Event]) -> Option<Code> {
    events.iter().find_map(|event| match event {
        Event::Code(code) => Some(*code),
        _ => None,
    })
}

#[test]
fn whoever_begins_both_screens_show_the_same_code_and_each_time_another() {
    let mut codes = Vec::new();
    for from in [0, 1] {
        let mut pair = pair(ends(MEI, OFFICE, 9));
        for run in 1..4 {
            let first = pair[from].begin([100 + run; NONCE_LEN]).unwrap();
            let events = talk(&mut pair, first, from);
            let [one, other] = [0, 1].map(|end| code_of(&events[end]).unwrap());
            assert_eq!(one, other);
            codes.push(one.digits());
        }
    }
    // The dialler's nonces are its own in the first three runs and the same ones in the others.
    codes.sort();
    codes.dedup();
    assert_eq!(codes.len(), 4, "{codes:?}");
}

#[test]
fn both_may_begin_at_the_same_moment() {
    let mut pair = pair(ends(MEI, OFFICE, 9));
    let commit = pair[0].begin([1; NONCE_LEN]).unwrap();
    let ask = pair[1].begin([2; NONCE_LEN]).unwrap().unwrap();
    assert_eq!(pair[0].receive(&ask), Ok((None, None)));
    let events = talk(&mut pair, commit, 0);
    assert_eq!(code_of(&events[0]).unwrap(), code_of(&events[1]).unwrap());
    assert_eq!(pair[0].begin([1; NONCE_LEN]).map(|message| message.is_some()), Ok(true), "and again");
    assert_eq!(pair[0].begin([1; NONCE_LEN]), Err(UnderWay), "one at a time");
}

#[test]
fn who_stands_between_makes_two_screens_differ_even_with_the_same_nonces_on_both() {
    // Mei dialled Mallory, who passes for the office, and Mallory dialled the office, passing for Mei.
    let mut with_mei = Comparison::new(ends(MEI, MALLORY, 1), true);
    let mut with_office = Comparison::new(ends(MALLORY, OFFICE, 2), false);
    let (mei, office) = ([11; NONCE_LEN], [22; NONCE_LEN]);
    let commit = with_mei.begin(mei).unwrap().unwrap();
    assert!(matches!(commit, Message::CompareCommit { run: 1, .. }));
    // The commitment is about Mei's own connection, so Mallory needs one of its own; suppose it knew Mei's nonce.
    let forged = Message::CompareCommit { run: 1, commitment: ends(MALLORY, OFFICE, 2).commitment(&mei) };
    with_office.receive(&forged).unwrap();
    with_office.begin(office).unwrap();
    let (Some(Event::Code(on_office)), _) =
        with_office.receive(&Message::CompareReveal { run: 1, nonce: mei }).unwrap()
    else {
        panic!()
    };
    let (Some(Event::Code(on_mei)), _) = with_mei.receive(&Message::CompareReveal { run: 1, nonce: office }).unwrap()
    else {
        panic!()
    };
    assert_ne!(on_mei, on_office);
    assert_ne!(on_mei.digits(), on_office.digits());
    // Without the exporter and with one identity on both sides it still differs: the roles' names are in it.
    let (one, other) = (ends(MALLORY, OFFICE, 0), ends(OFFICE, MALLORY, 0));
    assert_ne!(one.code(&mei, &office), other.code(&mei, &office));
}

#[test]
fn a_nonce_that_is_chosen_after_the_others_was_seen_is_not_the_one_that_was_committed_to() {
    let connection = ends(MALLORY, OFFICE, 2);
    let mut office = Comparison::new(connection, false);
    office.receive(&Message::CompareCommit { run: 1, commitment: connection.commitment(&[1; 32]) }).unwrap();
    let Some(Message::CompareReveal { nonce: seen, .. }) = office.begin([22; NONCE_LEN]).unwrap() else { panic!() };
    // Enough tries to make the code begin as Mallory likes.
    let fits = (0u32..).map(|try_| [&[0; 28][..], &try_.to_be_bytes()].concat().try_into().unwrap());
    let chosen = fits.into_iter().find(|nonce| connection.code(nonce, &seen).digits().starts_with("00")).unwrap();
    let reveal = Message::CompareReveal { run: 1, nonce: chosen };
    assert_eq!(office.receive(&reveal), Err(CompareError::NotCommitted));
}

#[test]
fn an_old_commitment_with_its_nonce_is_worth_nothing_on_another_connection() {
    // What Mei said to the office yesterday, word for word.
    let yesterday = ends(MEI, OFFICE, 1);
    let nonce = [5; NONCE_LEN];
    let commit = Message::CompareCommit { run: 1, commitment: yesterday.commitment(&nonce) };
    let reveal = Message::CompareReveal { run: 1, nonce };
    let mut office = Comparison::new(ends(MEI, OFFICE, 2), false);
    office.receive(&commit).unwrap();
    office.begin([6; NONCE_LEN]).unwrap();
    assert_eq!(office.receive(&reveal), Err(CompareError::NotCommitted));

    // And on the same connection a run has its number once.
    let mut office = Comparison::new(yesterday, false);
    office.receive(&commit).unwrap();
    office.begin([6; NONCE_LEN]).unwrap();
    office.receive(&reveal).unwrap();
    assert_eq!(office.receive(&commit), Err(CompareError::Unexpected));
    assert_eq!(office.receive(&reveal), Err(CompareError::Unexpected));
}

#[test]
fn our_own_words_said_back_to_us_come_to_nothing() {
    let connection = ends(MEI, OFFICE, 3);
    let mut mei = Comparison::new(connection, true);
    let commit = mei.begin([5; NONCE_LEN]).unwrap().unwrap();
    assert_eq!(mei.receive(&commit), Err(CompareError::Unexpected));

    let mut office = Comparison::new(connection, false);
    let ask = office.begin([5; NONCE_LEN]).unwrap().unwrap();
    assert_eq!(office.receive(&ask), Err(CompareError::Unexpected));
    office.receive(&Message::CompareCommit { run: 1, commitment: [0; 32] }).unwrap();
    let reveal = office.begin([6; NONCE_LEN]).unwrap().unwrap();
    assert_eq!(office.receive(&reveal), Err(CompareError::NotCommitted));
}

#[test]
fn what_comes_out_of_order_ends_the_connection() {
    let commit = |run| Message::CompareCommit { run, commitment: [1; 32] };
    let reveal = |run| Message::CompareReveal { run, nonce: [1; NONCE_LEN] };
    let stop = |run| Message::CompareStop { run, reason: CompareEnd::Person };
    let connection = ends(MEI, OFFICE, 3);
    let fresh = |dialled| Comparison::new(connection, dialled);
    for message in [commit(1), reveal(1), stop(1)] {
        assert_eq!(fresh(true).receive(&message), Err(CompareError::Unexpected), "{message:?}");
    }
    for message in [Message::CompareAsk, reveal(1), stop(1)] {
        assert_eq!(fresh(false).receive(&message), Err(CompareError::Unexpected), "{message:?}");
    }
    // A second commitment before the first is answered, and one whose number doesn't grow.
    let mut office = fresh(false);
    office.receive(&commit(3)).unwrap();
    assert_eq!(office.receive(&commit(4)), Err(CompareError::Unexpected));
    office.stop(CompareEnd::Busy).unwrap();
    assert_eq!(office.receive(&commit(3)), Err(CompareError::Unexpected));
    // The nonce of another run.
    let mut mei = fresh(true);
    mei.begin([5; NONCE_LEN]).unwrap();
    assert_eq!(mei.receive(&reveal(2)), Err(CompareError::Unexpected));
    // Nothing else is its business.
    assert_eq!(mei.receive(&Message::Ping { token: 1 }), Err(CompareError::Unexpected));
}

#[test]
fn a_run_that_is_stopped_is_told_once_and_what_crosses_is_nobodys_fault() {
    // The dialler stops while the other's nonce is on its way.
    let mut pair = pair(ends(MEI, OFFICE, 3));
    let commit = pair[0].begin([5; NONCE_LEN]).unwrap().unwrap();
    pair[1].receive(&commit).unwrap();
    let reveal = pair[1].begin([6; NONCE_LEN]).unwrap().unwrap();
    let stop = pair[0].stop(CompareEnd::Person).unwrap();
    assert_eq!(pair[0].receive(&reveal), Ok((None, None)));
    assert_eq!(pair[1].receive(&stop), Ok((Some(Event::Stopped(CompareEnd::Person)), None)));
    // Both stop.
    let commit = pair[0].begin([5; NONCE_LEN]).unwrap().unwrap();
    pair[1].receive(&commit).unwrap();
    let (one, other) = (pair[0].stop(CompareEnd::Late).unwrap(), pair[1].stop(CompareEnd::Late).unwrap());
    assert_eq!(pair[0].receive(&other), Ok((None, None)));
    assert_eq!(pair[1].receive(&one), Ok((None, None)));
    // What was asked for is refused; what was withdrawn doesn't begin, and can be wanted again meanwhile.
    let ask = pair[1].begin([6; NONCE_LEN]).unwrap().unwrap();
    assert_eq!(pair[0].receive(&ask), Ok((Some(Event::Asked), None)));
    let no = pair[0].stop(CompareEnd::Nobody).unwrap();
    assert_eq!(pair[1].receive(&no), Ok((Some(Event::Stopped(CompareEnd::Nobody)), None)));
    let ask = pair[1].begin([6; NONCE_LEN]).unwrap().unwrap();
    assert_eq!(pair[1].stop(CompareEnd::Person), None);
    pair[0].receive(&ask).unwrap();
    let commit = pair[0].begin([5; NONCE_LEN]).unwrap().unwrap();
    let (event, stop) = pair[1].receive(&commit).unwrap();
    assert_eq!(event, None, "nobody wants it any more");
    assert_eq!(pair[0].receive(&stop.unwrap()), Ok((Some(Event::Stopped(CompareEnd::Person)), None)));
    // And then all goes well.
    let first = pair[1].begin([6; NONCE_LEN]).unwrap();
    let events = talk(&mut pair, first, 1);
    assert_eq!(code_of(&events[0]).unwrap(), code_of(&events[1]).unwrap());
}

#[test]
fn nonces_and_commitments_of_other_lengths_and_runs_without_a_number_are_refused() {
    use prost::Message as _;
    let decode = |kind, payload: Vec<u8>| Message::decode(Frame { kind, payload: payload.into() });
    for length in [0, 31, 33, 900] {
        let bytes = Bytes::from(vec![1; length]);
        let commit = wire::CompareCommit { run: 1, commitment: bytes.clone() }.encode_to_vec();
        let reveal = wire::CompareReveal { run: 1, nonce: bytes }.encode_to_vec();
        for (kind, payload) in [(Kind::CompareCommit, commit), (Kind::CompareReveal, reveal)] {
            assert!(matches!(decode(kind, payload), Err(MessageError::OutOfBounds(..))), "{kind:?} {length}");
        }
    }
    let unnumbered = wire::CompareCommit { run: 0, commitment: Bytes::from(vec![1; 32]) }.encode_to_vec();
    assert!(decode(Kind::CompareCommit, unnumbered).is_err());
    // Beyond the bound they are refused by the header alone.
    for kind in [Kind::CompareAsk, Kind::CompareCommit, Kind::CompareReveal, Kind::CompareStop] {
        let mut decoder = Decoder::new();
        decoder.enter(Stage::Control);
        decoder.push(&[0, 0, 4, 1, kind as u8]);
        assert!(matches!(decoder.frame(), Err(FrameError::TooLong { length: 1025, .. })));
    }
}

proptest! {
    /// Whatever comes in whatever order: a code is only ever shown that both sides' nonces are in, and no run has two.
    #[test]
    fn no_order_of_messages_shows_a_code_without_a_commitment(
        dialled: bool,
        steps in proptest::collection::vec((0u8..7, 1u32..4), 0..40),
    ) {
        let connection = ends(MEI, OFFICE, 3);
        let mut comparison = Comparison::new(connection, dialled);
        let mut shown = 0;
        let mut committed = 0;
        for (step, run) in steps {
            let message = match step {
                0 => {
                    committed += usize::from(comparison.commits() && comparison.begin([9; NONCE_LEN]).is_ok());
                    continue;
                }
                1 => {
                    comparison.stop(CompareEnd::Person);
                    continue;
                }
                2 => Message::CompareAsk,
                3 => Message::CompareCommit { run, commitment: connection.commitment(&[4; NONCE_LEN]) },
                4 => Message::CompareReveal { run, nonce: [4; NONCE_LEN] },
                5 => Message::CompareReveal { run, nonce: [5; NONCE_LEN] },
                _ => Message::CompareStop { run, reason: CompareEnd::Unknown },
            };
            match comparison.receive(&message) {
                Ok((Some(Event::Code(_)), _)) => shown += 1,
                Ok(_) => {}
                Err(_) => return Ok(()),
            }
            prop_assert!(shown <= committed);
        }
    }
}
