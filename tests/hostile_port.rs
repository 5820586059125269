//! Whatever comes to the port, the program stays small and serves those who speak its language.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr, reason = "a test")]

mod receiver;

use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpStream},
    sync::Arc,
    time::{Duration, Instant},
};

use fantail::{
    engine::api::State,
    protocol::{
        Fingerprint, TransferId,
        frame::{Decoder, Stage},
        message::{Answer, DeviceKind, Features, Hello, Item, ItemKind, Message, Offer, Role, VERSION},
    },
    trust::{CONTROL_ALPN, Identity, client_config},
};
use receiver::{Honest, Receiver};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned, pki_types::ServerName};

/// Handshake and Hello have three seconds; with room for a busy machine.
const CLOSED_WITHIN: Duration = Duration::from_secs(8);

/// More than everything that is said to a stranger before the connection is closed.
const BOUNDED_ANSWER: usize = 4096;

/// Reads until the other side closes. At most so many bytes, within so long.
fn answer(stream: &mut impl Read) -> usize {
    let begin = Instant::now();
    let (mut total, mut buffer) = (0, [0; 1024]);
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => total += read,
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
                panic!("still open after {:?}", begin.elapsed())
            }
            Err(_) => break,
        }
        assert!(total <= BOUNDED_ANSWER && begin.elapsed() < CLOSED_WITHIN, "{total} bytes in {:?}", begin.elapsed());
    }
    total
}

fn knock(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(CLOSED_WITHIN)).unwrap();
    stream
}

fn secure(address: SocketAddr, config: Arc<ClientConfig>) -> StreamOwned<ClientConnection, TcpStream> {
    let name = ServerName::try_from("fantail.invalid").unwrap();
    StreamOwned::new(ClientConnection::new(config, name).unwrap(), knock(address))
}

/// One who has an identity of their own and speaks our protocol's TLS.
fn insider(receiver: &Receiver) -> StreamOwned<ClientConnection, TcpStream> {
    insider_of(receiver.address, receiver.fingerprint)
}

fn insider_of(address: SocketAddr, fingerprint: Fingerprint) -> StreamOwned<ClientConnection, TcpStream> {
    let home = tempfile::tempdir().unwrap();
    let identity = Identity::load_or_create(home.path(), None).unwrap().identity;
    secure(address, client_config(&identity, Some(fingerprint), CONTROL_ALPN).unwrap())
}

fn say(stream: &mut impl Write, message: &Message) {
    let frame = message.encode();
    stream.write_all(&frame.header()).unwrap();
    stream.write_all(&frame.payload).unwrap();
    stream.flush().unwrap();
}

fn hello() -> Message {
    Message::Hello(Hello {
        version: VERSION,
        features: Features::NONE,
        name: "Hostile".into(),
        kind: DeviceKind::Computer,
        port: 0,
        role: Role::Control,
        software: String::new(),
    })
}

#[test]
fn what_is_no_greeting_of_ours_is_closed_at_once() {
    let receiver = Receiver::start();
    let random: Vec<u8> = (0..100_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    for words in [
        &b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"[..],
        &b"\0"[..],
        &random[..],
        // A TLS record that says it is longer than one may be.
        &b"\x16\x03\x01\xFF\xFF\x01"[..],
        // A handshake message of 16 MiB.
        &b"\x16\x03\x01\x00\x08\x01\xFF\xFF\xFF\x03\x03\0\0"[..],
    ] {
        let mut stream = knock(receiver.address);
        stream.write_all(words).ok();
        answer(&mut stream);
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    for alpn in [vec![], vec![b"h2".to_vec(), b"http/1.1".to_vec()]] {
        let mut config = ClientConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(RootCertStore::empty())
            .with_no_client_auth();
        config.alpn_protocols = alpn;
        let mut stream = secure(receiver.address, Arc::new(config));
        stream.write_all(b"GET / HTTP/1.1\r\n\r\n").ok();
        assert_eq!(answer(&mut stream), 0);
    }
    serves(&receiver, "after it all");
}

#[test]
fn one_who_breaks_the_rules_inside_is_cut_off() {
    let receiver = Receiver::start();
    // A first frame that says it is 4 GiB long, of a known kind and of none.
    for kind in [0x01, 0x41, 0xEE] {
        let mut stream = insider(&receiver);
        stream.write_all(&[0xFF, 0xFF, 0xFF, 0xFF, kind]).unwrap();
        stream.flush().unwrap();
        answer(&mut stream);
    }
    // Half a frame, then silence.
    let mut stream = insider(&receiver);
    stream.write_all(&[0, 0, 0, 100, 0x01, 1, 2, 3]).unwrap();
    stream.flush().unwrap();
    answer(&mut stream);
    // A good greeting, then what may not follow it.
    let offer =
        Message::Offer(Offer { transfer: TransferId([1; 16]), items: Vec::new(), for_take: false, again: false });
    let chunk = Message::Chunk(vec![0; 100].into());
    for (n, after) in [hello(), chunk, offer].into_iter().enumerate() {
        let mut stream = insider(&receiver);
        say(&mut stream, &hello());
        say(&mut stream, &after);
        assert!(answer(&mut stream) < BOUNDED_ANSWER, "{n}");
    }
    let mut stream = insider(&receiver);
    say(&mut stream, &hello());
    stream.write_all(&[0x7F, 0xFF, 0xFF, 0xFF, 0x10]).unwrap();
    stream.flush().unwrap();
    answer(&mut stream);
    serves(&receiver, "after it all");
}

#[test]
fn an_offer_that_changes_after_it_was_asked_about_is_not_what_is_agreed_to() {
    let receiver = Receiver::start();
    let victim = Honest::asking(&receiver);
    let mut stream = insider_of(victim.address(), victim.fingerprint());
    let offer = |name: &str, again| {
        let item = Item {
            kind: ItemKind::File,
            name: name.into(),
            size: 1,
            files: 1,
            modified: None,
            thumbhash: None,
            version: 0,
            digest: None,
        };
        Message::Offer(Offer { transfer: TransferId([7; 16]), items: vec![item], for_take: false, again })
    };
    say(&mut stream, &hello());
    say(&mut stream, &offer("holiday.jpg", false));
    let until = Instant::now() + receiver::LONG;
    while victim.client.snapshot().asks.is_empty() {
        assert!(Instant::now() < until, "never asked");
        victim.client.wait(Duration::from_millis(20));
    }
    say(&mut stream, &offer("something else.exe", true));
    let mut decoder = Decoder::new();
    let answer = loop {
        match decoder.frame().unwrap().map(Message::decode) {
            Some(Ok(Message::Hello(_))) => decoder.enter(Stage::Control),
            Some(Ok(Message::Answer { answer, .. })) => break answer,
            Some(_) => {}
            None => {
                let mut buffer = [0; 1024];
                let read = stream.read(&mut buffer).unwrap();
                assert!(read > 0, "closed without an answer");
                decoder.push(&buffer[..read]);
            }
        }
    };
    assert!(matches!(answer, Answer::Decline(_)), "{answer:?}");
    while !victim.client.snapshot().asks.is_empty() {
        assert!(Instant::now() < until, "the question stays");
        victim.client.wait(Duration::from_millis(20));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn five_hundred_silent_connections_cost_little_and_an_honest_computer_is_served_meanwhile() {
    let receiver = Receiver::start();
    serves(&receiver, "warming up");
    let before = receiver.memory();
    let mut most = before;
    let mut silent = Vec::new();
    for n in 0..500 {
        let mut stream = knock(receiver.address);
        match n % 3 {
            // Half a TLS greeting.
            1 => stream.write_all(b"\x16\x03\x01\x02\x00\x01\x00\x01\xFC\x03\x03").unwrap(),
            2 => stream.write_all(b"\x16").unwrap(),
            _ => {}
        }
        silent.push(stream);
        most = most.max(receiver.memory());
    }
    let begin = Instant::now();
    serves(&receiver, "meanwhile");
    eprintln!("served in {:?}", begin.elapsed());
    most = most.max(receiver.memory());
    let more = most.saturating_sub(before);
    eprintln!("{} KiB before, {} KiB more at most", before / 1024, more / 1024);
    assert!(more < 16 * 1024 * 1024, "{more} bytes more");
    for stream in &mut silent {
        assert_eq!(answer(stream), 0);
    }
}

/// A new computer comes, is let in, and its file is saved.
fn serves(receiver: &Receiver, name: &str) {
    let honest = Honest::near(receiver);
    let path = honest.file(name, name.as_bytes());
    let transfer = honest.send(receiver, &path);
    assert_eq!(honest.end_of(receiver, transfer), State::Saved);
    assert_eq!(std::fs::read(receiver.received(name)).unwrap(), name.as_bytes());
}
