use std::net::Ipv4Addr;

use rustls::pki_types::ServerName;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::*;
use crate::trust::{DATA_ALPN, Identity, client_config, server_config};

async fn wire() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let (dialled, accepted) = tokio::join!(TcpStream::connect(address), listener.accept());
    (dialled.unwrap(), accepted.unwrap().0)
}

fn client(identity: &Identity) -> UnbufferedClientConnection {
    let config = client_config(identity, None, DATA_ALPN).unwrap();
    UnbufferedClientConnection::new(config, name()).unwrap()
}

fn server(identity: &Identity) -> UnbufferedServerConnection {
    UnbufferedServerConnection::new(server_config(identity).unwrap()).unwrap()
}

fn name() -> ServerName<'static> {
    ServerName::try_from("fantail").unwrap()
}

async fn pair() -> (DataStream, DataStream) {
    let (mei, office) = (Identity::generate().unwrap(), Identity::generate().unwrap());
    let (ours, theirs) = wire().await;
    let (ours, theirs) =
        tokio::join!(shake(ours, client(&mei), Vec::new()), shake(theirs, server(&office), Vec::new()));
    (ours.unwrap().into_stream().unwrap(), theirs.unwrap().into_stream().unwrap())
}

fn words(length: usize) -> Vec<u8> {
    (0..length as u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 11) as u8).collect()
}

#[tokio::test]
async fn megabytes_cross_in_both_directions_at_once() {
    let (ours, theirs) = pair().await;
    let (mut ours, mut theirs) = (tokio::io::split(ours), tokio::io::split(theirs));
    let news = words(5_000_003);
    let say = async |out: &mut tokio::io::WriteHalf<DataStream>| {
        for piece in news.chunks(700_001) {
            out.write_all(piece).await.unwrap();
        }
        out.shutdown().await.unwrap();
    };
    let hear = async |from: &mut tokio::io::ReadHalf<DataStream>| {
        let mut heard = Vec::new();
        from.read_to_end(&mut heard).await.unwrap();
        assert!(heard == news, "{} bytes of {}", heard.len(), news.len());
    };
    tokio::join!(say(&mut ours.1), hear(&mut theirs.0), say(&mut theirs.1), hear(&mut ours.0));
}

#[tokio::test]
async fn small_pieces_read_into_small_buffers_come_whole() {
    let (mut ours, mut theirs) = pair().await;
    let news = words(20_000);
    let say = async {
        for piece in news.chunks(333) {
            ours.write_all(piece).await.unwrap();
            ours.flush().await.unwrap();
        }
    };
    let hear = async {
        let mut heard = Vec::new();
        let mut piece = [0; 100];
        while heard.len() < news.len() {
            let count = theirs.read(&mut piece).await.unwrap();
            assert!(count > 0, "it ended after {} bytes", heard.len());
            heard.extend_from_slice(&piece[..count]);
        }
        assert!(heard == news);
    };
    tokio::join!(say, hear);
}

#[tokio::test]
async fn what_is_said_at_once_behind_the_handshake_is_heard() {
    let (mei, office) = (Identity::generate().unwrap(), Identity::generate().unwrap());
    let (ours, theirs) = wire().await;
    let news = words(50_000);
    // On one thread the other side looks again only when all of this is in its socket.
    let say = async {
        let mut stream = shake(ours, client(&mei), Vec::new()).await.unwrap().into_stream().unwrap();
        stream.write_all(&news).await.unwrap();
        stream.flush().await.unwrap();
        stream
    };
    let hear = async {
        let shaken = shake(theirs, server(&office), Vec::new()).await.unwrap();
        assert!(!shaken.plain.is_empty() || !shaken.sealed.is_empty(), "nothing came with the handshake");
        let mut stream = shaken.into_stream().unwrap();
        let mut heard = vec![0; news.len()];
        stream.read_exact(&mut heard).await.unwrap();
        assert!(heard == news);
    };
    let _ = tokio::join!(say, hear);
}

#[tokio::test]
async fn it_is_tls_to_others() {
    let (mei, office) = (Identity::generate().unwrap(), Identity::generate().unwrap());
    let news = words(100_000);
    let (ours, theirs) = wire().await;
    let here = async {
        let mut stream = shake(ours, client(&mei), Vec::new()).await.unwrap().into_stream().unwrap();
        stream.write_all(&news).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut heard = Vec::new();
        stream.read_to_end(&mut heard).await.unwrap();
        assert!(heard == news);
    };
    let there = async {
        let mut stream = TlsAcceptor::from(server_config(&office).unwrap()).accept(theirs).await.unwrap();
        let mut heard = Vec::new();
        stream.read_to_end(&mut heard).await.unwrap();
        assert!(heard == news);
        stream.write_all(&news).await.unwrap();
        stream.shutdown().await.unwrap();
    };
    tokio::join!(here, there);
}

#[tokio::test]
async fn a_connection_that_was_cut_or_tampered_with_is_no_end() {
    let (ours, mut theirs) = pair().await;
    drop(ours);
    let mut heard = Vec::new();
    let error = theirs.read_to_end(&mut heard).await.unwrap_err();
    assert!(matches!(error.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset), "{error:?}");

    let (mut ours, mut theirs) = pair().await;
    ours.write_all(b"a picture").await.unwrap();
    ours.flush().await.unwrap();
    // Somebody on the way says something too.
    ours.tcp.write_all(&[23, 3, 3, 0, 30]).await.unwrap();
    ours.tcp.write_all(&[0; 30]).await.unwrap();
    let mut heard = [0; 9];
    theirs.read_exact(&mut heard).await.unwrap();
    assert_eq!(&heard, b"a picture");
    for _again in 0..2 {
        let error = theirs.read(&mut heard).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData, "{error:?}");
    }
}

#[tokio::test]
async fn whoever_has_much_room_gets_all_that_is_authentic_and_nothing_else() {
    let (mut ours, mut theirs) = pair().await;
    let news = words(100_003);
    ours.write_all(&news).await.unwrap();
    ours.flush().await.unwrap();
    // Somebody on the way says something too, with what looks like a record behind it.
    ours.tcp.write_all(&[23, 3, 3, 0, 30]).await.unwrap();
    ours.tcp.write_all(&[7; 100]).await.unwrap();
    let mut heard = Vec::with_capacity(10 * ROOMY);
    while heard.len() < news.len() {
        assert!(theirs.read_buf(&mut heard).await.unwrap() > 0, "it ended after {} bytes", heard.len());
    }
    assert!(heard == news, "{} bytes of {}", heard.len(), news.len());
    for _again in 0..2 {
        let error = theirs.read_buf(&mut heard).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData, "{error:?}");
    }
    assert_eq!(heard.len(), news.len());

    // Cut off inside a record.
    let (mut ours, mut theirs) = pair().await;
    ours.write_all(&news).await.unwrap();
    ours.flush().await.unwrap();
    ours.tcp.write_all(&[23, 3, 3, 0, 30, 1, 2, 3]).await.unwrap();
    drop(ours);
    heard.clear();
    let error = loop {
        match theirs.read_buf(&mut heard).await {
            Ok(count) => assert!(count > 0, "it is no end"),
            Err(error) => break error,
        }
    };
    assert!(matches!(error.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset), "{error:?}");
    assert!(heard == news, "{} bytes of {}", heard.len(), news.len());
}

#[tokio::test]
async fn a_handshake_that_fails_or_ends_early_comes_to_nothing() {
    let office = Identity::generate().unwrap();
    for words in [&b"GET / HTTP/1.1\r\n\r\n"[..], b"", b"\x16\x03\x01\x00\x05\x01"] {
        let (mut ours, theirs) = wire().await;
        ours.write_all(words).await.unwrap();
        ours.shutdown().await.unwrap();
        let failed = shake(theirs, server(&office), Vec::new()).await;
        assert!(failed.is_err(), "{words:?}");
    }
}

#[tokio::test]
async fn whoever_is_refused_in_the_handshake_hears_why() {
    use rustls::{AlertDescription, Error};

    let said = |error: io::Error| match error.get_ref().and_then(|error| error.downcast_ref::<Error>()) {
        Some(Error::AlertReceived(alert)) => *alert,
        _ => panic!("it only sees that {error:?}"),
    };
    let (mei, office) = (Identity::generate().unwrap(), Identity::generate().unwrap());

    // It is not whom this one looks for.
    let (ours, theirs) = wire().await;
    let config = client_config(&mei, Some(mei.fingerprint()), DATA_ALPN).unwrap();
    let ours = shake(ours, UnbufferedClientConnection::new(config, name()).unwrap(), Vec::new());
    let theirs = TlsAcceptor::from(server_config(&office).unwrap()).accept(theirs);
    let (ours, theirs) = tokio::join!(ours, theirs);
    assert_eq!(ours.map(drop).unwrap_err().kind(), io::ErrorKind::InvalidData);
    assert_eq!(said(theirs.map(drop).unwrap_err()), AlertDescription::AccessDenied);

    // It doesn't show who it is, and has spoken on.
    let (ours, theirs) = wire().await;
    let mut config = rustls::ClientConfig::clone(&client_config(&mei, None, DATA_ALPN).unwrap());
    config.client_auth_cert_resolver = std::sync::Arc::new(Nobody);
    let dialling = async {
        let mut tls = tokio_rustls::TlsConnector::from(std::sync::Arc::new(config)).connect(name(), theirs).await?;
        tls.write_all(&words(100_000)).await?;
        tls.read_u8().await
    };
    let (ours, theirs) = tokio::join!(shake(ours, server(&office), Vec::new()), dialling);
    assert_eq!(ours.map(drop).unwrap_err().kind(), io::ErrorKind::InvalidData);
    assert_eq!(said(theirs.unwrap_err()), AlertDescription::CertificateRequired);
}

/// Has no certificate to show.
#[derive(Debug)]
struct Nobody;

impl rustls::client::ResolvesClientCert for Nobody {
    fn resolve(
        &self,
        _hints: &[&[u8]],
        _schemes: &[rustls::SignatureScheme],
    ) -> Option<std::sync::Arc<rustls::sign::CertifiedKey>> {
        None
    }

    fn has_certs(&self) -> bool {
        false
    }
}
