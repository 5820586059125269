//! What people compare: six digits and four pictures, made of everything two ends of one connection agree on.

use ring::{digest, hkdf};

use crate::protocol::Fingerprint;

/// A nonce: chosen at random by each end for each run.
pub const NONCE_LEN: usize = 32;

/// What TLS exports of the connection (RFC 8446 §7.5), in bytes.
pub const EXPORTER_LEN: usize = 32;

/// The label under which it is exported, without a context.
pub const EXPORTER_LABEL: &[u8] = b"EXPORTER-Fantail-Compare-1";

/// Pictures shown at once.
pub const PICTURES: usize = 4;

/// Written out so that no byte of another protocol, or of another use of these values, means the same here.
const COMMITMENT: &[u8] = b"fantail compare commitment 1";
const SALT: &[u8] = b"fantail compare code 1";
const DIALLER: &[u8] = b"dialler";
const ACCEPTOR: &[u8] = b"acceptor";

/// Six digits.
const DIGITS: u64 = 1_000_000;

/// What both ends know of their connection, each for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ends {
    /// Who dialled it, as its certificate says.
    pub dialler: Fingerprint,
    pub acceptor: Fingerprint,
    /// Exported from its TLS session under [`EXPORTER_LABEL`].
    pub exporter: [u8; EXPORTER_LEN],
}

impl Ends {
    /// What the dialler says before it knows the other's nonce, so that it can't choose its own to fit.
    #[must_use]
    pub fn commitment(&self, nonce: &[u8; NONCE_LEN]) -> [u8; digest::SHA256_OUTPUT_LEN] {
        let mut hash = digest::Context::new(&digest::SHA256);
        let parts: [&[u8]; 7] =
            [COMMITMENT, DIALLER, &self.dialler.0, ACCEPTOR, &self.acceptor.0, &self.exporter, nonce];
        parts.iter().for_each(|part| hash.update(part));
        let mut commitment = [0; digest::SHA256_OUTPUT_LEN];
        commitment.copy_from_slice(hash.finish().as_ref());
        commitment
    }

    /// The code of one run: the same at both ends, and another one for anybody who stands between.
    #[must_use]
    pub fn code(&self, dialler: &[u8; NONCE_LEN], acceptor: &[u8; NONCE_LEN]) -> Code {
        let secret = [self.exporter, *dialler, *acceptor].concat();
        let key = hkdf::Salt::new(hkdf::HKDF_SHA256, SALT).extract(&secret);
        let info: [&[u8]; 4] = [DIALLER, &self.dialler.0, ACCEPTOR, &self.acceptor.0];
        let mut bytes = [0; Output::LEN];
        // Expanding fails only for lengths beyond 255 hashes.
        if let Ok(output) = key.expand(&info, Output) {
            output.fill(&mut bytes).ok();
        }
        let [digits @ .., a, b, c] = bytes;
        let pictures = u32::from_be_bytes([0, a, b, c]);
        Code {
            digits: (u64::from_be_bytes(digits) % DIGITS) as u32,
            pictures: std::array::from_fn(|place| (pictures >> (18 - 6 * place) & 63) as u8),
        }
    }
}

/// Eight bytes for the digits, three for four pictures of six bits each.
struct Output;

impl Output {
    const LEN: usize = 11;
}

impl hkdf::KeyType for Output {
    fn len(&self) -> usize {
        Self::LEN
    }
}

/// What both screens show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code {
    /// Below a million.
    digits: u32,
    /// Places in [`TABLE`].
    pictures: [u8; PICTURES],
}

impl Code {
    /// "048 213".
    #[must_use]
    pub fn digits(&self) -> String {
        format!("{:03} {:03}", self.digits / 1000, self.digits % 1000)
    }

    /// Each with its number in [`TABLE`], which is also that of its name.
    pub fn pictures(&self) -> impl Iterator<Item = (u8, &'static str)> + use<> {
        self.pictures.into_iter().map(|number| (number, TABLE[usize::from(number)]))
    }

    /// Any that can be, for tests of what shows it.
    #[cfg(test)]
    pub(crate) fn of(digits: u32, pictures: [u8; PICTURES]) -> Self {
        Self { digits, pictures }
    }
}

/// The pictures by their number; part of the contract. Each is one character that is drawn in colours without a
/// variation selector, old enough for every system, and like no other here in shape or name.
pub const TABLE: [&str; 64] = [
    "🐶", "🐱", "🐘", "🐢", "🐙", "🦋", "🐧", "🐟", "🐝", "🐓", "🐌", "🐍", "🐸", "🐷", "🐪", "🦀", //
    "🌵", "🌲", "🌻", "🍄", "🍎", "🍌", "🍇", "🍒", "🍍", "🥕", "🍕", "🍩", "🎂", "🍦", "🌈", "🌙", //
    "⭐", "🔥", "⚡", "⛄", "🌍", "🌋", "🔑", "🔔", "💡", "🔨", "📕", "🎁", "🎈", "☔", "⌛", "⏰", //
    "📷", "🎧", "🎸", "🥁", "⚓", "🚗", "🚲", "🚂", "⛵", "🚀", "🏠", "⚽", "🏆", "👑", "👓", "🤖",
];
