//! TLS 1.3 between two computers that know each other by certificate alone.

use std::sync::Arc;

use ring::digest;
use rustls::{
    CipherSuite, ClientConfig, DigitallySignedStruct, DistinguishedName, ServerConfig, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, WebPkiSupportedAlgorithms, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime},
    server::{
        ClientHello, NoServerSessionStorage,
        danger::{ClientCertVerified, ClientCertVerifier},
    },
};

use super::Identity;
use crate::protocol::{
    Fingerprint,
    compare::{EXPORTER_LABEL, EXPORTER_LEN},
};

/// What a control connection is called in a ClientHello.
pub const CONTROL_ALPN: &[u8] = b"fantail/1";
/// And a data connection. Anything else on the port is somebody else's.
pub const DATA_ALPN: &[u8] = b"fantail-data/1";

/// A certificate of ours has some 350 bytes; LocalSend's RSA ones have 800. More than this is not looked at.
const MAX_CERTIFICATE: usize = 8 * 1024;

/// TLS could not be set up from this identity.
#[derive(Debug, thiserror::Error)]
#[error("TLS can't be set up: {0}")]
pub struct TlsError(#[from] rustls::Error);

/// Which of ours this is for; only then the handshake goes on.
pub fn spoken(hello: &ClientHello<'_>) -> Option<&'static [u8]> {
    let speaks = |alpn: &&[u8]| hello.alpn().is_some_and(|mut names| names.any(|name| name == *alpn));
    [CONTROL_ALPN, DATA_ALPN].into_iter().find(speaks)
}

/// The SHA-256 of a certificate's DER.
pub fn fingerprint_of(certificate: &CertificateDer<'_>) -> Fingerprint {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(digest::digest(&digest::SHA256, certificate).as_ref());
    Fingerprint(bytes)
}

/// Who is at the other end, once the handshake is done; `None` before, or when more than one certificate was shown.
pub fn peer_fingerprint(certificates: Option<&[CertificateDer<'_>]>) -> Option<Fingerprint> {
    match certificates {
        Some([certificate]) => Some(fingerprint_of(certificate)),
        _ => None,
    }
}

/// What comparing binds its code to: the same at both ends of one connection, and nowhere else.
pub fn exporter<S>(tls: &rustls::ConnectionCommon<S>) -> Result<[u8; EXPORTER_LEN], TlsError> {
    Ok(tls.export_keying_material([0; EXPORTER_LEN], EXPORTER_LABEL, None)?)
}

/// For the side that was dialled: TLS 1.3, [`CONTROL_ALPN`] or [`DATA_ALPN`], a certificate is required and any will do.
///
/// No tickets, no resumption and no early data: blocking and forgetting a computer must act at once.
pub fn server_config(identity: &Identity) -> Result<Arc<ServerConfig>, TlsError> {
    let provider = provider();
    let verifier = Arc::new(Pinned { expected: None, algorithms: provider.signature_verification_algorithms });
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_client_cert_verifier(verifier)
        .with_single_cert(vec![identity.certificate()], identity.key())?;
    config.alpn_protocols = vec![CONTROL_ALPN.to_vec(), DATA_ALPN.to_vec()];
    // For `records`.
    config.enable_secret_extraction = true;
    // The dialler's order counts, which is best for it; on a board without AES this side's is best for both.
    config.ignore_client_order = !aes_is_fast();
    config.send_tls13_tickets = 0;
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.max_early_data_size = 0;
    Ok(Arc::new(config))
}

/// For the side that dials, with [`CONTROL_ALPN`] or [`DATA_ALPN`]. With `expected` any other computer is refused during
/// the handshake.
pub fn client_config(
    identity: &Identity,
    expected: Option<Fingerprint>,
    alpn: &'static [u8],
) -> Result<Arc<ClientConfig>, TlsError> {
    client_config_of(provider(), identity, expected, alpn)
}

/// With these ciphers, in their order.
pub(super) fn client_config_of(
    provider: Arc<CryptoProvider>,
    identity: &Identity,
    expected: Option<Fingerprint>,
    alpn: &'static [u8],
) -> Result<Arc<ClientConfig>, TlsError> {
    let verifier = Arc::new(Pinned { expected, algorithms: provider.signature_verification_algorithms });
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_client_auth_cert(vec![identity.certificate()], identity.key())?;
    config.alpn_protocols = vec![alpn.to_vec()];
    // For `records`.
    config.enable_secret_extraction = true;
    config.resumption = rustls::client::Resumption::disabled();
    config.enable_early_data = false;
    // There are no names here, and one would tell listeners whom we look for.
    config.enable_sni = false;
    Ok(Arc::new(config))
}

fn provider() -> Arc<CryptoProvider> {
    let mut provider = rustls::crypto::ring::default_provider();
    provider.cipher_suites.sort_by_key(|suite| rank(suite.suite(), aes_is_fast()));
    Arc::new(provider)
}

/// AES-128 first where AES is in hardware: it is the fastest by far, and 128 bits are plenty. ChaCha20 first on small
/// boards without it, where AES crawls.
fn rank(suite: CipherSuite, aes_is_fast: bool) -> u8 {
    match suite {
        CipherSuite::TLS13_CHACHA20_POLY1305_SHA256 if !aes_is_fast => 0,
        CipherSuite::TLS13_AES_128_GCM_SHA256 => 1,
        CipherSuite::TLS13_AES_256_GCM_SHA384 => 2,
        _ => 3,
    }
}

fn aes_is_fast() -> bool {
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    return std::arch::is_x86_feature_detected!("aes") && std::arch::is_x86_feature_detected!("pclmulqdq");
    #[cfg(target_arch = "aarch64")]
    return std::arch::is_aarch64_feature_detected!("aes") && std::arch::is_aarch64_feature_detected!("pmull");
    #[cfg(not(any(target_arch = "x86", target_arch = "x86_64", target_arch = "aarch64")))]
    return false;
}

/// Ignores dates and names, compares the fingerprint where one is expected, and lets the provider check the handshake's
/// signature: a certificate shown without its key is worth nothing.
#[derive(Debug)]
struct Pinned {
    expected: Option<Fingerprint>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl Pinned {
    fn check(&self, certificate: &CertificateDer<'_>, others: &[CertificateDer<'_>]) -> Result<(), rustls::Error> {
        use rustls::CertificateError::ApplicationVerificationFailure;

        if certificate.len() > MAX_CERTIFICATE || !others.is_empty() {
            return Err(rustls::CertificateError::BadEncoding.into());
        }
        match self.expected {
            Some(expected) if fingerprint_of(certificate) != expected => Err(ApplicationVerificationFailure.into()),
            _ => Ok(()),
        }
    }

    fn check_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }
}

/// TLS 1.2 is not offered, so this is never asked; the answer is no.
fn no_tls12() -> Result<HandshakeSignatureValid, rustls::Error> {
    Err(rustls::PeerIncompatible::Tls13RequiredForQuic.into())
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        self.check(certificate, others).map(|()| ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        no_tls12()
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.check_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

impl ClientCertVerifier for Pinned {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        certificate: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        self.check(certificate, others).map(|()| ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        no_tls12()
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.check_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cipher_that_is_fastest_here_comes_first() {
        use CipherSuite::{
            TLS13_AES_128_GCM_SHA256 as AES_128, TLS13_AES_256_GCM_SHA384 as AES_256,
            TLS13_CHACHA20_POLY1305_SHA256 as CHACHA,
        };
        let order = |fast: bool| {
            let mut suites = [AES_256, AES_128, CHACHA];
            suites.sort_by_key(|suite| rank(*suite, fast));
            suites
        };
        assert_eq!(order(true), [AES_128, AES_256, CHACHA]);
        assert_eq!(order(false), [CHACHA, AES_128, AES_256]);
    }
}
