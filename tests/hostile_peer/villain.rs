//! A computer that speaks the protocol wrongly on purpose: real TLS with a key of its own, and whatever frames a test
//! wants, in any order.

use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    thread,
    time::{Duration, Instant},
};

use fantail::{
    protocol::{
        Fingerprint, Ranges, TransferId,
        frame::{Decoder, Stage},
        message::{
            Answer, DeviceKind, Entry, EntryKind, Features, Hello, Item, ItemKind, Message, Offer, Role, Saved, VERSION,
        },
        names::RelativePath,
    },
    trust::{CONTROL_ALPN, DATA_ALPN, Identity, client_config, server_config},
};
use rustls::{ClientConnection, ServerConnection, StreamOwned, pki_types::ServerName};

/// Whoever is asked something answers within this, also on a busy machine with a slow disk: a million files
/// take their time before they are saved.
pub const PATIENCE: Duration = Duration::from_secs(300);

/// Whoever breaks the rules is cut off within this.
const CUT_OFF_WITHIN: Duration = Duration::from_secs(25);

pub struct Villain {
    identity: Identity,
}

impl Villain {
    /// With a new key: a stranger.
    pub fn new() -> Self {
        Self { identity: Identity::generate().unwrap() }
    }

    pub fn fingerprint(&self) -> Fingerprint {
        self.identity.fingerprint()
    }

    /// TLS stands, nothing is said.
    pub fn knock(&self, address: SocketAddr, expected: Fingerprint) -> Line {
        self.dial(address, expected, CONTROL_ALPN)
    }

    /// A connection that is named one kind and greets as the other.
    pub fn disguised(&self, address: SocketAddr, expected: Fingerprint, role: Role) -> Line {
        let alpn = if matches!(role, Role::Control) { DATA_ALPN } else { CONTROL_ALPN };
        let mut line = self.dial(address, expected, alpn);
        line.say(&hello(role, 0));
        line
    }

    fn dial(&self, address: SocketAddr, expected: Fingerprint, alpn: &'static [u8]) -> Line {
        let config = client_config(&self.identity, Some(expected), alpn).unwrap();
        let name = ServerName::try_from("fantail.invalid").unwrap();
        let stream = patient(TcpStream::connect(address).unwrap());
        Line::new(Box::new(StreamOwned::new(ClientConnection::new(config, name).unwrap(), stream)), Stage::Control)
    }

    /// A control connection after both Hellos.
    pub fn control(&self, address: SocketAddr, expected: Fingerprint) -> Line {
        let mut line = self.knock(address, expected);
        line.say(&hello(Role::Control, 0));
        let answer = line.hear();
        assert!(matches!(answer, Some(Message::Hello(_))), "{answer:?}");
        line
    }

    /// A data connection that has said Hello and heard nothing yet.
    pub fn data(&self, address: SocketAddr, expected: Fingerprint, transfer: TransferId) -> Line {
        let mut line = self.dial(address, expected, DATA_ALPN);
        line.stage = Stage::DataOut;
        line.say(&hello(Role::Data { transfer }, 0));
        line
    }

    /// Takes the next connection on `listener` as the side that was dialled, and answers its Hello.
    pub fn answer(&self, listener: &TcpListener) -> (Line, Role) {
        let (stream, _) = listener.accept().unwrap();
        let connection = ServerConnection::new(server_config(&self.identity).unwrap()).unwrap();
        let mut line = Line::new(Box::new(StreamOwned::new(connection, patient(stream))), Stage::Control);
        let Some(Message::Hello(theirs)) = line.hear() else { panic!("no greeting") };
        if matches!(theirs.role, Role::Data { .. }) {
            line.decoder.enter(Stage::DataIn);
        }
        line.say(&hello(theirs.role, listener.local_addr().unwrap().port()));
        (line, theirs.role)
    }
}

fn patient(stream: TcpStream) -> TcpStream {
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

trait Stream: Read + Write + Send {}
impl<T: Read + Write + Send> Stream for T {}

/// One connection.
pub struct Line {
    stream: Box<dyn Stream>,
    decoder: Decoder,
    /// What may come after the Hello.
    stage: Stage,
}

impl Line {
    fn new(stream: Box<dyn Stream>, stage: Stage) -> Self {
        Self { stream, decoder: Decoder::new(), stage }
    }

    /// Says it. Whether it is heard is another matter: the other side may have closed already.
    pub fn say(&mut self, message: &Message) -> bool {
        let frame = message.encode();
        let mut bytes = frame.header().to_vec();
        bytes.extend_from_slice(&frame.payload);
        self.raw(&bytes)
    }

    /// A frame of any kind with any payload.
    pub fn frame(&mut self, kind: u8, payload: &[u8]) -> bool {
        let mut bytes = (payload.len() as u32).to_be_bytes().to_vec();
        bytes.push(kind);
        bytes.extend_from_slice(payload);
        self.raw(&bytes)
    }

    pub fn raw(&mut self, bytes: &[u8]) -> bool {
        self.stream.write_all(bytes).and_then(|()| self.stream.flush()).is_ok()
    }

    /// The next message, whatever it is; `None` when the other side closed.
    pub fn hear(&mut self) -> Option<Message> {
        let begin = Instant::now();
        loop {
            if let Some(frame) = self.decoder.frame().expect("an honest side keeps to the rules") {
                let message = Message::decode(frame).expect("an honest side says what can be read");
                if matches!(message, Message::Hello(_)) {
                    self.decoder.enter(self.stage);
                }
                return Some(message);
            }
            let mut buffer = [0; 16 * 1024];
            match self.stream.read(&mut buffer) {
                Ok(0) => return None,
                Ok(read) => self.decoder.push(&buffer[..read]),
                Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
                    panic!("silence for {:?}", begin.elapsed())
                }
                Err(_) => return None,
            }
        }
    }

    /// The next message for which `wanted` has an answer. Pings are answered on the way.
    pub fn hear_until<T>(&mut self, what: &str, wanted: impl Fn(&Message) -> Option<T>) -> T {
        let begin = Instant::now();
        loop {
            assert!(begin.elapsed() < PATIENCE, "never heard: {what}");
            let message = self.hear().unwrap_or_else(|| panic!("closed instead of: {what}"));
            if let Some(it) = wanted(&message) {
                return it;
            }
            match message {
                Message::Ping { token } => drop(self.say(&Message::Pong { token })),
                Message::Bye(reason) => panic!("{reason:?} instead of: {what}"),
                _ => {}
            }
        }
    }

    /// Keeps the connection alive, so that only what the test does ends it; until this is dropped.
    pub fn kept_alive(mut self) -> flume::Sender<()> {
        let (stay, ended) = flume::bounded(1);
        let pinging = move || {
            while let Err(flume::RecvTimeoutError::Timeout) = ended.recv_timeout(Duration::from_secs(1)) {
                if !self.say(&Message::Ping { token: 0 }) {
                    return;
                }
            }
        };
        thread::Builder::new().name("villain".into()).spawn(pinging).unwrap();
        stay
    }

    /// Waits for the last word, or for the end without one; what is said until then is dropped.
    pub fn expect_cut_off(mut self, why: &str) {
        let begin = Instant::now();
        while !matches!(self.hear(), None | Some(Message::Bye(_))) {
            assert!(begin.elapsed() < CUT_OFF_WITHIN, "not cut off: {why}");
        }
    }

    /// Offers and hears that it is accepted.
    pub fn offer_accepted(&mut self, transfer: TransferId, items: Vec<Item>) {
        let count = items.len() as u32;
        self.say(&Message::Offer(Offer { transfer, items, for_take: false, again: false }));
        let accepted = self.hear_until("the answer to an offer", |message| match message {
            Message::Answer { transfer: of, answer } if *of == transfer => Some(answer.clone()),
            _ => None,
        });
        assert!(matches!(accepted, Answer::Accept(accept) if accept.items == Ranges::all(count)));
    }
}

/// The receiver's last word, for [`Line::hear_until`].
pub fn all_saved(message: &Message) -> Option<()> {
    matches!(message, Message::Saved(Saved { all: true, .. })).then_some(())
}

pub fn hello(role: Role, port: u16) -> Message {
    Message::Hello(Hello {
        version: VERSION,
        features: Features::RESUME,
        name: "Villain".into(),
        kind: DeviceKind::Computer,
        port,
        role,
        software: String::new(),
    })
}

pub fn id(n: u8) -> TransferId {
    TransferId([n; 16])
}

pub fn file_item(name: &str, size: u64) -> Item {
    Item {
        kind: ItemKind::File,
        name: name.into(),
        size,
        files: 1,
        modified: None,
        thumbhash: None,
        version: 0,
        digest: None,
    }
}

pub fn folder_item(name: &str, files: u64, size: u64) -> Item {
    Item {
        kind: ItemKind::Folder,
        name: name.into(),
        size,
        files,
        modified: None,
        thumbhash: None,
        version: 0,
        digest: None,
    }
}

pub fn text_item(size: u64) -> Item {
    Item {
        kind: ItemKind::Text,
        name: String::new(),
        size,
        files: 0,
        modified: None,
        thumbhash: None,
        version: 0,
        digest: None,
    }
}

/// The frames of one whole file.
pub fn file(item: u32, entry: u32, path: &str, content: &[u8]) -> [Message; 3] {
    [
        Message::Entry(Entry {
            item,
            entry,
            path: RelativePath::from_wire(path).unwrap(),
            kind: EntryKind::File,
            size: content.len() as u64,
            modified: None,
            from: 0,
        }),
        Message::Chunk(content.to_vec().into()),
        Message::EntryEnd { blake3: *blake3::hash(content).as_bytes() },
    ]
}

/// An `Entry` as bytes, so that its path may be what no honest side can say.
pub fn raw_entry(item: u32, entry: u32, path: &[u8], kind: u8, size: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    number(&mut bytes, 1, item.into());
    number(&mut bytes, 2, entry.into());
    blob(&mut bytes, 3, path);
    number(&mut bytes, 4, kind.into());
    number(&mut bytes, 5, size);
    bytes
}

/// An `Offer` of one file as bytes.
pub fn raw_offer(transfer: &[u8], name: &[u8], size: u64) -> Vec<u8> {
    let mut item = Vec::new();
    number(&mut item, 1, 1);
    blob(&mut item, 2, name);
    number(&mut item, 3, size);
    let mut bytes = Vec::new();
    blob(&mut bytes, 1, transfer);
    blob(&mut bytes, 2, &item);
    bytes
}

fn number(bytes: &mut Vec<u8>, field: u8, value: u64) {
    bytes.push(field << 3);
    varint(bytes, value);
}

fn blob(bytes: &mut Vec<u8>, field: u8, value: &[u8]) {
    bytes.push(field << 3 | 2);
    varint(bytes, value.len() as u64);
    bytes.extend_from_slice(value);
}

fn varint(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}
