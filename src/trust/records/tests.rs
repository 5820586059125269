mod shaken;

use std::{
    io::{Read as _, Write as _},
    sync::Arc,
};

use proptest::prelude::*;
use rustls::{
    ServerConfig, ServerConnection,
    crypto::{
        CryptoProvider,
        ring::cipher_suite::{TLS13_AES_128_GCM_SHA256, TLS13_AES_256_GCM_SHA384, TLS13_CHACHA20_POLY1305_SHA256},
    },
};
use shaken::shaken;

use super::*;
use crate::trust::{DATA_ALPN, Identity, server_config, tls::client_config_of};

/// A handshake of ours, as the side that dials, with rustls as it is everywhere else: what the two understand of each
/// other afterwards, any implementation of TLS 1.3 does.
struct Pair {
    ours: Records,
    theirs: ServerConnection,
}

impl Pair {
    fn new() -> Self {
        Self::with(rustls::crypto::ring::default_provider(), |_| {})
    }

    fn with(provider: CryptoProvider, change: impl FnOnce(&mut ServerConfig)) -> Self {
        let (mei, office) = (Identity::generate().unwrap(), Identity::generate().unwrap());
        let client = client_config_of(Arc::new(provider), &mei, Some(office.fingerprint()), DATA_ALPN).unwrap();
        let mut server = ServerConfig::clone(&server_config(&office).unwrap());
        change(&mut server);
        let (ours, theirs) = shaken(client, Arc::new(server));
        let (secrets, connection) = ours.dangerous_into_kernel_connection().unwrap();
        Self { ours: Records::new(secrets, Schedule::Client(connection)).unwrap(), theirs }
    }

    /// What they hear of what we say.
    fn say(&mut self, words: &[u8]) -> Vec<u8> {
        let mut sealed = Vec::new();
        let taken = self.ours.seal(&[IoSlice::new(words)], &mut sealed, usize::MAX / 2).unwrap();
        assert_eq!(taken, words.len());
        self.heard(&sealed)
    }

    fn heard(&mut self, mut sealed: &[u8]) -> Vec<u8> {
        let mut heard = Vec::new();
        while !sealed.is_empty() {
            self.theirs.read_tls(&mut sealed).unwrap();
            let state = self.theirs.process_new_packets().unwrap();
            let begin = heard.len();
            heard.resize(begin + state.plaintext_bytes_to_read(), 0);
            self.theirs.reader().read_exact(&mut heard[begin..]).unwrap();
        }
        heard
    }

    /// The records they have for us.
    fn theirs(&mut self) -> Vec<u8> {
        let mut sealed = Vec::new();
        while self.theirs.wants_write() {
            self.theirs.write_tls(&mut sealed).unwrap();
        }
        sealed
    }

    /// What we hear of what they say.
    fn hear(&mut self, words: &[u8]) -> Result<Vec<u8>, RecordError> {
        let mut heard = Vec::new();
        // rustls keeps no more than this.
        for piece in words.chunks(32 * 1024) {
            self.theirs.writer().write_all(piece).unwrap();
            let mut sealed = self.theirs();
            heard.extend(open_all(&mut self.ours, &mut sealed)?);
        }
        Ok(heard)
    }
}

fn open_all(records: &mut Records, mut sealed: &mut [u8]) -> Result<Vec<u8>, RecordError> {
    let mut heard = Vec::new();
    while let Some(length) = record_len(sealed)? {
        let (record, rest) = sealed.split_at_mut(length);
        if let Opened::Data(length) = records.open(record, 0)? {
            heard.extend_from_slice(&record[..length]);
        }
        sealed = rest;
    }
    Ok(heard)
}

fn words(length: usize) -> Vec<u8> {
    (0..length as u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 11) as u8).collect()
}

#[test]
fn rustls_reads_what_we_seal_and_we_what_it_seals_with_every_cipher() {
    for suite in [TLS13_AES_128_GCM_SHA256, TLS13_AES_256_GCM_SHA384, TLS13_CHACHA20_POLY1305_SHA256] {
        let mut provider = rustls::crypto::ring::default_provider();
        provider.cipher_suites = vec![suite];
        let mut pair = Pair::with(provider, |_| {});
        assert_eq!(pair.theirs.negotiated_cipher_suite().map(|suite| suite.suite()), Some(suite.suite()));
        for length in [1, 2, 16_383, 16_384, 16_385, 300_000] {
            assert!(pair.say(&words(length)) == words(length), "{length} bytes, sealed here");
            assert!(pair.hear(&words(length)).unwrap() == words(length), "{length} bytes, sealed there");
        }
    }
}

#[test]
fn records_are_opened_one_close_behind_the_other_with_every_cipher() {
    for suite in [TLS13_AES_128_GCM_SHA256, TLS13_AES_256_GCM_SHA384, TLS13_CHACHA20_POLY1305_SHA256] {
        let mut provider = rustls::crypto::ring::default_provider();
        provider.cipher_suites = vec![suite];
        let mut pair = Pair::with(provider, |_| {});
        let (mut sealed, mut said) = (b"before".to_vec(), b"before".to_vec());
        for length in [1, 15, 16, 17, 16_384, 100, 16_383] {
            pair.theirs.writer().write_all(&words(length)).unwrap();
            sealed.extend(pair.theirs());
            said.extend(words(length));
        }
        let (mut plain, mut next) = (b"before".len(), b"before".len());
        while let Some(length) = record_len(&sealed[next..]).unwrap() {
            let opened = pair.ours.open(&mut sealed[plain..next + length], next - plain).unwrap();
            let Opened::Data(count) = opened else { panic!("{opened:?}") };
            (plain, next) = (plain + count, next + length);
        }
        assert!(sealed[..plain] == said, "{:?}", suite.suite());
    }
}

#[test]
fn records_are_filled_from_many_pieces_and_never_beyond_the_room_there_is() {
    let mut pair = Pair::new();
    let all = words(40_000);
    let (first, rest) = all.split_at(5);
    let (second, third) = rest.split_at(20_000);
    for room in [OVERHEAD, OVERHEAD + 1, 1_000, 16_384 + OVERHEAD, 16_385 + 2 * OVERHEAD, 100_000] {
        let slices = [first, &[], second, third].map(IoSlice::new);
        let mut sealed = b"before".to_vec();
        let taken = pair.ours.seal(&slices, &mut sealed, room).unwrap();
        assert!(sealed.len() <= room + b"before".len(), "{} bytes in a room of {room}", sealed.len());
        assert_eq!(taken > 0, room > OVERHEAD, "{taken} of {room}");
        assert!(pair.heard(&sealed[b"before".len()..]) == all[..taken]);
    }
}

#[test]
fn a_record_that_was_changed_anywhere_is_refused() {
    for at in 0..OVERHEAD + b"a picture".len() {
        let mut pair = Pair::new();
        pair.theirs.writer().write_all(b"a picture").unwrap();
        let mut sealed = pair.theirs();
        sealed[at] ^= 0x40;
        let refused = pair.ours.open(&mut sealed, 0);
        assert!(matches!(refused, Err(RecordError::NotAuthentic | RecordError::Malformed)), "byte {at}: {refused:?}");
    }
}

#[test]
fn records_that_come_twice_or_in_another_order_or_from_another_connection_are_refused() {
    let record = |pair: &mut Pair, words: &[u8]| {
        pair.theirs.writer().write_all(words).unwrap();
        pair.theirs()
    };
    let mut pair = Pair::new();
    let first = record(&mut pair, b"first");
    assert_eq!(pair.ours.open(&mut first.clone(), 0), Ok(Opened::Data(5)));
    assert_eq!(pair.ours.open(&mut first.clone(), 0), Err(RecordError::NotAuthentic), "a second time");

    let mut pair = Pair::new();
    let (_first, mut second) = (record(&mut pair, b"first"), record(&mut pair, b"second"));
    assert_eq!(pair.ours.open(&mut second, 0), Err(RecordError::NotAuthentic), "before the first");

    let mut other = record(&mut Pair::new(), b"first");
    assert_eq!(Pair::new().ours.open(&mut other, 0), Err(RecordError::NotAuthentic), "another connection's");
}

#[test]
fn the_end_is_told_from_being_cut_off() {
    let mut pair = Pair::new();
    pair.theirs.send_close_notify();
    let mut end = pair.theirs();
    assert_eq!(pair.ours.open(&mut end, 0), Ok(Opened::End));

    let mut sealed = Vec::new();
    pair.ours.close(&mut sealed).unwrap();
    pair.theirs.read_tls(&mut sealed.as_slice()).unwrap();
    assert!(pair.theirs.process_new_packets().unwrap().peer_has_closed());
}

#[test]
fn new_keys_of_either_side_are_followed() {
    let mut pair = Pair::new();
    for round in 0..3 {
        pair.theirs.refresh_traffic_keys().unwrap();
        let news = words(1_000 + round);
        assert!(pair.hear(&news).unwrap() == news, "after their new keys, round {round}");
        assert!(pair.say(&news) == news, "round {round}");
    }
}

#[test]
fn a_key_is_not_used_for_more_records_than_it_is_good_for() {
    let mut pair = Pair::new();
    pair.ours.records_per_key = 3;
    for round in 0..10 {
        let news = words(100 + round);
        assert!(pair.say(&news) == news, "round {round}");
        assert!(pair.ours.seal.sequence <= 3, "{} records with one key", pair.ours.seal.sequence);
    }
}

#[test]
fn whoever_asks_for_new_keys_of_ours_gets_them_with_what_is_said_next() {
    let mut pair = Pair::new();
    let before = pair.ours.seal.sequence;
    assert!(pair.say(b"before") == b"before");
    pair.ours.handshake(&[KEY_UPDATE, 0, 0, 1, 1]).unwrap();
    assert!(pair.say(b"after") == b"after");
    assert_eq!(pair.ours.seal.sequence, 1, "a new key begins anew, the old one had sealed {before}");
    assert!(pair.say(b"and on") == b"and on");
}

#[test]
fn tickets_are_ignored_and_other_messages_of_a_handshake_refused() {
    let mut pair = Pair::with(rustls::crypto::ring::default_provider(), |server| {
        server.send_tls13_tickets = 2;
        server.session_storage = rustls::server::ServerSessionMemoryCache::new(2);
    });
    assert!(pair.hear(b"behind two tickets").unwrap() == b"behind two tickets");
    for messages in [
        &[][..],
        // A ClientHello, a truncated KeyUpdate, one of another length, one with a value there isn't, one with something
        // behind it, and the beginning of a header.
        &[1, 0, 0, 0],
        &[KEY_UPDATE, 0, 0, 1],
        &[KEY_UPDATE, 0, 0, 2, 0, 0],
        &[KEY_UPDATE, 0, 0, 1, 2],
        &[KEY_UPDATE, 0, 0, 1, 0, KEY_UPDATE, 0, 0, 1, 0],
        &[NEW_SESSION_TICKET, 0, 0, 0, 4, 0],
    ] {
        assert_eq!(pair.ours.handshake(messages), Err(RecordError::Malformed), "{messages:?}");
    }
}

#[test]
fn what_is_inside_a_record_keeps_its_rules() {
    let inside = |plain: &[u8]| {
        let mut pair = Pair::new();
        let mut other = Pair::new();
        // The same key at both ends, so that anything can be sealed.
        std::mem::swap(&mut pair.ours.open, &mut other.ours.seal);
        other.ours.seal.key = pair.ours.open.key.clone();
        other.ours.seal.iv = pair.ours.open.iv;
        other.ours.seal.sequence = pair.ours.open.sequence;
        let mut record = vec![APPLICATION_DATA, 3, 3];
        record.extend_from_slice(&((plain.len() + TAG_LEN) as u16).to_be_bytes());
        let mut sealed = plain.to_vec();
        let tag = other.ours.seal.seal(&record, &mut sealed).unwrap();
        record.extend_from_slice(&sealed);
        record.extend_from_slice(&tag);
        pair.ours.open(&mut record, 0)
    };
    let padded = |length: usize, kind: u8, padding: usize| {
        let mut plain = vec![7; length];
        plain.push(kind);
        plain.extend(vec![0; padding]);
        inside(&plain)
    };
    assert_eq!(padded(10, APPLICATION_DATA, 0), Ok(Opened::Data(10)));
    assert_eq!(padded(10, APPLICATION_DATA, 100), Ok(Opened::Data(10)), "padding is no data");
    assert_eq!(padded(0, APPLICATION_DATA, 0), Ok(Opened::Data(0)));
    assert_eq!(padded(MAX_PLAIN, APPLICATION_DATA, 0), Ok(Opened::Data(MAX_PLAIN)));
    assert_eq!(padded(MAX_PLAIN + 1, APPLICATION_DATA, 0), Err(RecordError::Malformed), "longer than a record may be");
    assert_eq!(inside(&[0; 20]), Err(RecordError::Malformed), "nothing but padding");
    assert_eq!(padded(1, 20, 0), Err(RecordError::Malformed), "a change of ciphers behind the handshake");
    assert_eq!(inside(&[2, 20, ALERT]), Err(RecordError::Alert(20)));
    assert_eq!(inside(&[1, 0, ALERT]), Ok(Opened::End));
    assert_eq!(inside(&[1, ALERT]), Err(RecordError::Malformed));
}

#[test]
fn what_is_kept_of_keys_is_not_printed() {
    let pair = Pair::new();
    let printed = format!("{:?}", pair.ours);
    let iv = format!("{:?}", pair.ours.seal.iv);
    assert!(!printed.contains(iv.trim_matches(['[', ']'])), "{printed}");
}

proptest! {
    #[test]
    fn a_header_says_a_length_that_may_be_or_is_refused(bytes in proptest::collection::vec(any::<u8>(), 0..8)) {
        match record_len(&bytes) {
            Ok(None) => prop_assert!(bytes.len() < HEADER_LEN),
            Ok(Some(length)) => prop_assert!(length > OVERHEAD - 1 && length <= MAX_RECORD),
            Err(error) => prop_assert_eq!(error, RecordError::Malformed),
        }
    }
}
