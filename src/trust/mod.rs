//! Who computers really are: this one's key and certificate, and the TLS configurations that check others'.
//!
//! There is no authority and there are no names: a computer is its certificate, known by the certificate's SHA-256
//! ([`Fingerprint`](crate::protocol::Fingerprint)). The handshake proves that the other side holds the certificate's key;
//! what that computer may do is decided elsewhere.
#![forbid(unsafe_code)]

mod identity;
mod records;
#[cfg(test)]
mod tests;
mod tls;

pub use identity::{Fresh, Identity, IdentityError, Loaded};
pub use records::{MAX_RECORD, Opened, RecordError, Records, Schedule, record_len};
pub use tls::{
    CONTROL_ALPN, DATA_ALPN, TlsError, client_config, exporter, fingerprint_of, peer_fingerprint, server_config, spoken,
};
