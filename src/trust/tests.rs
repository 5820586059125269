use std::{fs, path::Path, sync::Arc};

use rustls::{ClientConfig, ClientConnection, ServerConfig, ServerConnection, pki_types::ServerName};

use super::*;

fn load(dir: &Path, machine: Option<&str>) -> Loaded {
    Identity::load_or_create(dir, machine).expect("an identity")
}

/// Runs a handshake in memory, byte for byte as it would cross a socket.
fn handshake(
    client: Arc<ClientConfig>,
    server: Arc<ServerConfig>,
) -> Result<(ClientConnection, ServerConnection), rustls::Error> {
    let mut client = ClientConnection::new(client, ServerName::try_from("fantail").expect("a name")).expect("a client");
    let mut server = ServerConnection::new(server).expect("a server");
    for _flight in 0..6 {
        let mut bytes = Vec::new();
        client.write_tls(&mut bytes).expect("memory takes everything");
        server.read_tls(&mut bytes.as_slice()).expect("memory gives everything");
        server.process_new_packets()?;
        bytes.clear();
        server.write_tls(&mut bytes).expect("memory takes everything");
        client.read_tls(&mut bytes.as_slice()).expect("memory gives everything");
        client.process_new_packets()?;
    }
    assert!(!client.is_handshaking() && !server.is_handshaking(), "six flights are enough");
    Ok((client, server))
}

#[test]
fn two_computers_shake_hands_and_each_knows_the_other() {
    let (mei, office) = (Identity::generate().expect("a key"), Identity::generate().expect("a key"));
    let client = client_config(&mei, Some(office.fingerprint()), CONTROL_ALPN).expect("a configuration");
    let (client, server) = handshake(client, server_config(&office).expect("a configuration")).expect("a handshake");
    assert_eq!(peer_fingerprint(client.peer_certificates()), Some(office.fingerprint()));
    assert_eq!(peer_fingerprint(server.peer_certificates()), Some(mei.fingerprint()));
    assert_eq!(client.alpn_protocol(), Some(CONTROL_ALPN));
    assert_eq!(client.protocol_version(), Some(rustls::ProtocolVersion::TLSv1_3));
}

#[test]
fn another_computer_than_the_expected_one_is_refused() {
    let [mei, office, other] = std::array::from_fn(|_| Identity::generate().expect("a key"));
    let client = client_config(&mei, Some(other.fingerprint()), CONTROL_ALPN).expect("a configuration");
    handshake(client, server_config(&office).expect("a configuration")).expect_err("it is not the expected computer");
}

/// Shows one identity's certificate but holds another's key.
#[derive(Debug)]
struct Thief(Arc<rustls::sign::CertifiedKey>);

impl Thief {
    fn new(shows: &Identity, holds: &Identity) -> Arc<Self> {
        let key = rustls::crypto::ring::sign::any_ecdsa_type(&holds.key()).expect("a key");
        Arc::new(Self(Arc::new(rustls::sign::CertifiedKey::new(vec![shows.certificate()], key))))
    }
}

impl rustls::client::ResolvesClientCert for Thief {
    fn resolve(&self, _: &[&[u8]], _: &[rustls::SignatureScheme]) -> Option<Arc<rustls::sign::CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }

    fn has_certs(&self) -> bool {
        true
    }
}

impl rustls::server::ResolvesServerCert for Thief {
    fn resolve(&self, _: rustls::server::ClientHello<'_>) -> Option<Arc<rustls::sign::CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}

#[test]
fn anothers_certificate_without_its_key_is_refused_on_both_sides() {
    let [mei, office, thief] = std::array::from_fn(|_| Identity::generate().expect("a key"));

    let mut client = ClientConfig::clone(&client_config(&thief, None, CONTROL_ALPN).expect("a configuration"));
    client.client_auth_cert_resolver = Thief::new(&mei, &thief);
    handshake(Arc::new(client), server_config(&office).expect("a configuration")).expect_err("the key is missing");

    let mut server = ServerConfig::clone(&server_config(&thief).expect("a configuration"));
    server.cert_resolver = Thief::new(&office, &thief);
    let client = client_config(&mei, Some(office.fingerprint()), CONTROL_ALPN).expect("a configuration");
    handshake(client, Arc::new(server)).expect_err("the key is missing");
}

#[test]
fn nobody_gets_in_without_a_certificate() {
    let (mei, office) = (Identity::generate().expect("a key"), Identity::generate().expect("a key"));
    #[derive(Debug)]
    struct Nothing;
    impl rustls::client::ResolvesClientCert for Nothing {
        fn resolve(&self, _: &[&[u8]], _: &[rustls::SignatureScheme]) -> Option<Arc<rustls::sign::CertifiedKey>> {
            None
        }
        fn has_certs(&self) -> bool {
            false
        }
    }
    let mut client = ClientConfig::clone(&client_config(&mei, None, CONTROL_ALPN).expect("a configuration"));
    client.client_auth_cert_resolver = Arc::new(Nothing);
    handshake(Arc::new(client), server_config(&office).expect("a configuration"))
        .expect_err("a certificate is required");
}

#[test]
fn the_server_gives_no_tickets_so_that_blocking_acts_at_once() {
    let (mei, office) = (Identity::generate().expect("a key"), Identity::generate().expect("a key"));
    let client = client_config(&mei, None, CONTROL_ALPN).expect("a configuration");
    let (client, _server) = handshake(client, server_config(&office).expect("a configuration")).expect("a handshake");
    assert_eq!(client.tls13_tickets_received(), 0);
}

#[test]
fn an_identity_is_made_once_and_is_the_same_ever_after() {
    let dir = tempfile::tempdir().expect("a folder");
    let first = load(dir.path(), Some("machine a"));
    assert_eq!(first.fresh, Some(Fresh::FirstStart));
    for machine in [Some("machine a"), None] {
        let again = load(dir.path(), machine);
        assert_eq!((again.identity.fingerprint(), again.fresh), (first.identity.fingerprint(), None));
    }
    let files: Vec<_> = fs::read_dir(dir.path()).expect("a folder").flatten().map(|entry| entry.file_name()).collect();
    assert_eq!(files.len(), 2, "nothing temporary is left: {files:?}");
}

/// What `count` starts at the same moment come out with.
fn at_once(count: usize, dir: &Path) -> Vec<Loaded> {
    let barrier = std::sync::Barrier::new(count);
    std::thread::scope(|scope| {
        let start = || {
            barrier.wait();
            load(dir, Some("machine a"))
        };
        let starts: Vec<_> = (0..count).map(|_| scope.spawn(start)).collect();
        starts.into_iter().map(|start| start.join().expect("it ends")).collect()
    })
}

#[test]
fn first_starts_at_the_same_moment_come_out_with_one_identity() {
    for _ in 0..20 {
        let dir = tempfile::tempdir().expect("a folder");
        let all = at_once(4, dir.path());
        let kept = load(dir.path(), Some("machine a")).identity.fingerprint();
        assert!(all.iter().all(|loaded| loaded.identity.fingerprint() == kept));
        assert_eq!(all.iter().filter(|loaded| loaded.fresh == Some(Fresh::FirstStart)).count(), 1);
        let files: Vec<_> =
            fs::read_dir(dir.path()).expect("a folder").flatten().map(|file| file.file_name()).collect();
        assert_eq!(files.len(), 2, "nothing temporary is left: {files:?}");
    }
}

#[test]
fn two_starts_that_find_a_damaged_identity_set_it_aside_once_and_agree_on_the_new_one() {
    for _ in 0..20 {
        let dir = tempfile::tempdir().expect("a folder");
        fs::write(dir.path().join("identity.pem"), "damaged").expect("it can be written");
        let both = at_once(2, dir.path());
        let kept = load(dir.path(), Some("machine a")).identity.fingerprint();
        assert!(both.iter().all(|loaded| loaded.identity.fingerprint() == kept));
        assert_eq!(fs::read(dir.path().join("identity.pem.old-1")).expect("it is set aside"), b"damaged");
        assert!(!dir.path().join("identity.pem.old-2").exists());
    }
}

#[test]
fn a_cloned_disk_gets_an_identity_of_its_own_and_the_old_one_is_set_aside() {
    let dir = tempfile::tempdir().expect("a folder");
    let first = load(dir.path(), Some("machine a"));
    let kept = fs::read(dir.path().join("identity.pem")).expect("it is there");
    let clone = load(dir.path(), Some("machine b"));
    assert_eq!(clone.fresh, Some(Fresh::OtherMachine));
    assert_ne!(clone.identity.fingerprint(), first.identity.fingerprint());
    assert_eq!(fs::read(dir.path().join("identity.pem.old-1")).expect("it is set aside"), kept);
    assert_eq!(load(dir.path(), Some("machine b")).fresh, None, "it is made once");
}

#[test]
fn a_damaged_identity_is_set_aside_and_not_deleted() {
    let dir = tempfile::tempdir().expect("a folder");
    load(dir.path(), None);
    for (number, damage) in [b"".as_slice(), b"-----BEGIN CERTIFICATE-----\n", &[0xFF; 100_000]].into_iter().enumerate()
    {
        fs::write(dir.path().join("identity.pem"), damage).expect("it can be written");
        assert_eq!(load(dir.path(), None).fresh, Some(Fresh::Damaged));
        let aside = dir.path().join(format!("identity.pem.old-{}", number + 1));
        assert_eq!(fs::read(aside).expect("it is set aside"), damage);
    }
}

#[test]
fn a_key_that_is_not_the_certificates_counts_as_damaged() {
    let (one, two) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    load(one.path(), None);
    load(two.path(), None);
    let text = |dir: &Path| fs::read_to_string(dir.join("identity.pem")).expect("it is there");
    let (first, second) = (text(one.path()), text(two.path()));
    let cut = |text: &str| text.find("-----BEGIN CERTIFICATE").expect("a certificate");
    let mixed = first[..cut(&first)].to_owned() + &second[cut(&second)..];
    fs::write(one.path().join("identity.pem"), mixed).expect("it can be written");
    assert_eq!(load(one.path(), None).fresh, Some(Fresh::Damaged));
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_read_the_key() {
    use std::os::unix::fs::PermissionsExt as _;

    let dir = tempfile::tempdir().expect("a folder");
    let inside = dir.path().join("identity");
    load(&inside, Some("machine a"));
    let mode = |path: &Path| fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
    assert_eq!(mode(&inside), 0o700);
    assert_eq!(mode(&inside.join("identity.pem")), 0o600);
}
