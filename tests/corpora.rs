//! The fuzz targets' properties over their corpora, and over random and damaged inputs, on stable Rust.

#![allow(clippy::expect_used, clippy::print_stdout)]

use std::{fs, path::Path};

use proptest::prelude::*;

#[path = "../fuzz/properties.rs"]
mod properties;

/// The seeds of a target, with their names.
fn corpus(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let seeds: Vec<_> = fs::read_dir(&folder)
        .expect("a corpus for each target")
        .map(|entry| {
            let entry = entry.expect("a readable corpus");
            (entry.file_name().to_string_lossy().into_owned(), fs::read(entry.path()).expect("a readable seed"))
        })
        .collect();
    assert!(!seeds.is_empty(), "{target} has no seeds");
    seeds
}

/// Every seed as it is, cut off at every place, and with every byte changed.
fn every_seed_and_its_damaged_copies(target: &str, property: fn(&[u8])) {
    for (name, seed) in corpus(target) {
        println!("{target}/{name}");
        property(&seed);
        for at in 0..seed.len().min(2_000) {
            property(&seed[..at]);
            for flip in [0x01, 0x80, 0xFF] {
                let mut damaged = seed.clone();
                damaged[at] ^= flip;
                property(&damaged);
            }
        }
    }
}

macro_rules! targets {
    ($($target:ident: $seeds:ident, $random:ident;)+) => {$(
        #[test]
        fn $seeds() {
            every_seed_and_its_damaged_copies(stringify!($target), properties::$target);
        }

        proptest! {
            #[test]
            fn $random(data in proptest::collection::vec(any::<u8>(), 0..300)) {
                properties::$target(&data);
            }
        }
    )+};
}

targets! {
    frames: frames_hold_over_their_corpus, frames_hold_over_random_bytes;
    messages: messages_hold_over_their_corpus, messages_hold_over_random_bytes;
    names: names_hold_over_their_corpus, names_hold_over_random_bytes;
    announcements: announcements_hold_over_their_corpus, announcements_hold_over_random_bytes;
    control: control_connections_hold_over_their_corpus, control_connections_hold_over_random_bytes;
    thumbhashes: thumbhashes_hold_over_their_corpus, thumbhashes_hold_over_random_bytes;
    data: data_connections_hold_over_their_corpus, data_connections_hold_over_random_bytes;
    texts: texts_hold_over_their_corpus, texts_hold_over_random_bytes;
    pictures: pictures_hold_over_their_corpus, pictures_hold_over_random_bytes;
    bares: bared_pictures_hold_over_their_corpus, bared_pictures_hold_over_random_bytes;
    requests: requests_of_other_terminals_hold_over_their_corpus, requests_of_other_terminals_hold_over_random_bytes;
    journals: journals_hold_over_their_corpus, journals_hold_over_random_bytes;
    hellos: greetings_of_tls_hold_over_their_corpus, greetings_of_tls_hold_over_random_bytes;
    records: records_hold_over_their_corpus, records_hold_over_random_bytes;
}

#[cfg(target_os = "linux")]
targets! {
    netlink: words_of_the_kernel_hold_over_their_corpus, words_of_the_kernel_hold_over_random_bytes;
}
