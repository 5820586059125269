//! The datagram by which a computer says that it is there: section 2 of `PROTOCOL.md`.
//!
//! Fixed fields rather than Protocol Buffers: it is read before anything is known about who sent it, and 48 bytes that
//! never move are the smallest parser there can be. Its first byte is never valid UTF-8, so that no reader of text or
//! JSON on the shared port can mistake it.
#![forbid(unsafe_code)]

use crate::protocol::Fingerprint;

/// The longest datagram that is read; the rest of what IP could carry is a flood's, not ours. In bytes.
pub const MAX_LEN: usize = 256;

/// The part that every version has; what is sent now. In bytes.
pub const LEN: usize = 48;

const MARK: [u8; 4] = *b"\xFAntl";

const VERSION: u8 = 1;

/// What a computer says about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Announcement {
    /// TCP, never 0.
    pub port: u16,
    /// Random for each start of the program.
    pub instance: u64,
    pub fingerprint: Fingerprint,
}

impl Announcement {
    /// The datagram.
    pub fn encode(&self) -> [u8; LEN] {
        let Self { port, instance, fingerprint } = self;
        let mut bytes = [0; LEN];
        bytes[..4].copy_from_slice(&MARK);
        bytes[4] = VERSION;
        bytes[6..8].copy_from_slice(&port.to_be_bytes());
        bytes[8..16].copy_from_slice(&instance.to_be_bytes());
        bytes[16..].copy_from_slice(&fingerprint.0);
        bytes
    }

    /// Reads a datagram from outside; `None` is anything that is not an announcement.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        if bytes.len() > MAX_LEN {
            return None;
        }
        let (mark, rest) = bytes.split_first_chunk::<4>()?;
        let (&[version, _reserved], rest) = rest.split_first_chunk::<2>()?;
        let (port, rest) = rest.split_first_chunk::<2>()?;
        let (instance, rest) = rest.split_first_chunk::<8>()?;
        let (fingerprint, _later) = rest.split_first_chunk::<32>()?;
        let port = u16::from_be_bytes(*port);
        (*mark == MARK && version >= 1 && port != 0).then(|| Self {
            port,
            instance: u64::from_be_bytes(*instance),
            fingerprint: Fingerprint(*fingerprint),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What version 1 sent on the day it was made; it is understood for ever.
    const GOLDEN: [u8; LEN] = [
        0xFA, b'n', b't', b'l', 1, 0, 0xD0, 0x45, 1, 2, 3, 4, 5, 6, 7, 8, //
        0x10, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0x19, 0x1A, 0x1B, 0x1C, 0x1D, 0x1E, 0x1F, //
        0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27, 0x28, 0x29, 0x2A, 0x2B, 0x2C, 0x2D, 0x2E, 0x2F,
    ];

    fn golden() -> Announcement {
        let fingerprint = Fingerprint(std::array::from_fn(|i| 0x10 + i as u8));
        Announcement { port: 53317, instance: 0x0102_0304_0506_0708, fingerprint }
    }

    #[test]
    fn version_1_reads_and_writes_the_golden_bytes() {
        assert_eq!(golden().encode(), GOLDEN);
        assert_eq!(Announcement::decode(&GOLDEN), Some(golden()));
        let hex: String = GOLDEN.iter().map(|byte| format!("{byte:02X}")).collect();
        assert!(include_str!("../../PROTOCOL.md").contains(&hex), "PROTOCOL.md lists it");
    }

    #[test]
    fn a_later_version_with_more_to_say_is_understood() {
        let mut later = GOLDEN.to_vec();
        later[4] = 200;
        later[5] = 0xFF;
        later.resize(MAX_LEN, 7);
        assert_eq!(Announcement::decode(&later), Some(golden()));
    }

    #[test]
    fn whatever_is_not_an_announcement_is_ignored() {
        let changed = |at: usize, to: u8| {
            let mut bytes = GOLDEN.to_vec();
            bytes[at] = to;
            bytes
        };
        let mut no_port = GOLDEN.to_vec();
        no_port[6..8].fill(0);
        let mut too_long = GOLDEN.to_vec();
        too_long.resize(MAX_LEN + 1, 0);
        for bytes in [changed(0, b'{'), changed(3, 0), changed(4, 0), no_port, too_long] {
            assert_eq!(Announcement::decode(&bytes), None, "{bytes:?}");
        }
        for length in 0..LEN {
            assert_eq!(Announcement::decode(&GOLDEN[..length]), None, "{length} bytes");
        }
    }

    #[test]
    fn readers_of_json_on_the_same_port_refuse_ours_and_we_refuse_theirs() {
        assert!(String::from_utf8(GOLDEN.to_vec()).is_err());
        assert!(serde_json::from_slice::<serde_json::Value>(&GOLDEN).is_err());
        let theirs = br#"{"alias":"Nice Orange","version":"2.1","fingerprint":"ab","port":53317,"announce":true}"#;
        assert_eq!(Announcement::decode(theirs), None);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(port in 1u16.., instance: u64, fingerprint: [u8; 32]) {
            let announcement = Announcement { port, instance, fingerprint: Fingerprint(fingerprint) };
            prop_assert_eq!(Announcement::decode(&announcement.encode()), Some(announcement));
        }

        #[test]
        fn reading_anything_is_safe_and_what_is_read_is_what_was_there(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            check(&bytes);
        }

        #[test]
        fn reading_what_begins_rightly_is_safe_too(rest in prop::collection::vec(any::<u8>(), 0..300)) {
            check(&[&MARK[..], &rest].concat());
        }
    }

    fn check(bytes: &[u8]) {
        if let Some(read) = Announcement::decode(bytes) {
            let mut same = bytes[..LEN].to_vec();
            same[4] = VERSION;
            same[5] = 0;
            assert_eq!(read.encode()[..], same[..]);
        }
    }
}
