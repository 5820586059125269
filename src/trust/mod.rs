//! Who computers really are: this one's key and certificate, and the TLS configurations that check others'.
//!
//! There is no authority and there are no names: a computer is its certificate, known by the certificate's SHA-256
//! ([`Fingerprint`](crate::protocol::Fingerprint)). The handshake proves that the other side holds the certificate's key;
//! what that computer may do is decided elsewhere.
#![forbid(unsafe_code)]

mod identity;
#[cfg(test)]
mod tests;
mod tls;

pub use identity::{Fresh, Identity, IdentityError, Loaded};
pub use tls::{
    FANTAIL_ALPN, TlsError, client_config, exporter, fingerprint_of, is_for_fantail, peer_fingerprint, server_config,
};
