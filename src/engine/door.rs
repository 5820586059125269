//! Both ends of a fresh connection until each knows who the other is: TLS, then one Hello each way.
//!
//! Whoever arrives is let in by [`Gate`]; whoever was dialled is whom we wanted. What comes out is an [`Arrival`],
//! handed to the hub.

use std::{
    collections::HashSet,
    io,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
    time::Instant,
};

use rustls::{
    CommonState,
    client::UnbufferedClientConnection,
    pki_types::ServerName,
    server::{Accepted, Acceptor, UnbufferedServerConnection},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_rustls::{StartHandshake, TlsConnector};

use super::{
    api::{Problem, Visibility},
    secure::shake,
    stream::Stream,
    waits::Waits,
};
use crate::{
    protocol::{
        Fingerprint,
        compare::EXPORTER_LEN,
        limits::HANDSHAKE_WITHIN,
        meet::{self, GreetError},
        message::{ByeReason, Hello, Message, Role},
    },
    transfer::framed::{Framed, ReadError},
    trust::{self, CONTROL_ALPN, DATA_ALPN, Identity, TlsError},
};

/// Every connection between Fantails.
pub(super) type Connection = Framed<Stream>;

/// First byte of a TLS record that begins a handshake. Nothing that speaks HTTP begins so.
const TLS_HANDSHAKE: u8 = 0x16;

/// A connection whose other end has proven who it is and said Hello.
#[derive(Debug)]
pub(super) struct Arrival {
    /// Both Hellos are over; what comes next is still to be said to its reader.
    pub connection: Connection,
    pub with: Fingerprint,
    pub hello: Hello,
    pub remote: SocketAddr,
    /// By us.
    pub dialled: bool,
    /// What comparing binds its code to. Only control connections have one.
    pub exporter: Option<[u8; EXPORTER_LEN]>,
}

/// Why no connection came of it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(super) enum DoorError {
    #[error("nothing answers there")]
    Unreachable(#[source] io::Error),
    #[error("no answer in time")]
    TimedOut,
    #[error("the secure connection failed")]
    Tls(#[source] io::Error),
    #[error("it speaks something else")]
    NotOurs,
    #[error("it is this computer itself")]
    Myself,
    #[error("not let in")]
    NotAdmitted,
    #[error("it said goodbye: {0:?}")]
    Bye(ByeReason),
    #[error("it broke the rules")]
    Misbehaved,
    #[error("it closed the connection")]
    Closed(#[source] io::Error),
}

impl DoorError {
    /// The sentence for a person who waits, if there is a better one than "not reachable".
    pub fn problem(&self) -> Option<Problem> {
        match self {
            Self::Bye(ByeReason::Refused) => Some(Problem::Refused),
            Self::Bye(ByeReason::Incompatible) => Some(Problem::Incompatible),
            Self::Bye(ByeReason::Busy) => Some(Problem::Busy),
            _ => None,
        }
    }
}

/// Who may come in. Kept up to date by the hub.
#[derive(Debug, Default, Clone)]
pub(super) struct Gate {
    pub visibility: Visibility,
    pub known: HashSet<Fingerprint>,
    pub blocked: HashSet<Fingerprint>,
}

impl Gate {
    /// Blocked keys never, strangers only while everybody sees this computer.
    pub fn admits(&self, with: &Fingerprint) -> bool {
        !self.blocked.contains(with) && (self.visibility == Visibility::Everyone || self.known.contains(with))
    }
}

/// Everything that is needed to open or be opened.
#[derive(Debug)]
pub(super) struct Door {
    identity: Identity,
    server: Arc<rustls::ServerConfig>,
    gate: RwLock<Gate>,
    /// Addresses that blocked keys came from.
    waits: Mutex<Waits<IpAddr>>,
    hello: Mutex<Hello>,
}

impl Door {
    pub fn new(identity: Identity, hello: Hello) -> Result<Self, TlsError> {
        let server = trust::server_config(&identity)?;
        Ok(Self { identity, server, gate: RwLock::default(), waits: Mutex::default(), hello: Mutex::new(hello) })
    }

    pub fn set_gate(&self, gate: Gate) {
        let mut current = self.gate.write().unwrap_or_else(PoisonError::into_inner);
        // It isn't known which address was whose: an unblocked computer needn't wait.
        if !current.blocked.is_subset(&gate.blocked) {
            self.waits().end_all();
        }
        *current = gate;
    }

    fn waits(&self) -> MutexGuard<'_, Waits<IpAddr>> {
        self.waits.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn set_name(&self, name: &str) {
        self.hello.lock().unwrap_or_else(PoisonError::into_inner).name = name.to_owned();
    }

    /// Lets somebody in who knocked, within [`HANDSHAKE_WITHIN`].
    pub async fn answer(&self, tcp: TcpStream, remote: SocketAddr) -> Result<Arrival, DoorError> {
        in_time(self.answering(tcp, remote)).await
    }

    /// Knocks at `remote`, within twice [`HANDSHAKE_WITHIN`]. Whoever opens must be `expected`, if that is known.
    pub async fn knock(
        &self,
        remote: SocketAddr,
        expected: Option<Fingerprint>,
        role: Role,
    ) -> Result<Arrival, DoorError> {
        let tcp = in_time(async { TcpStream::connect(remote).await.map_err(DoorError::Unreachable) }).await?;
        in_time(self.knocking(tcp, remote, expected, role)).await
    }

    async fn answering(&self, mut tcp: TcpStream, remote: SocketAddr) -> Result<Arrival, DoorError> {
        let from = remote.ip().to_canonical();
        if self.waits().waits(&from, Instant::now()) {
            return Err(DoorError::NotAdmitted);
        }
        tcp.set_nodelay(true).map_err(DoorError::Closed)?;
        let mut first = [0];
        if tcp.peek(&mut first).await.map_err(DoorError::Closed)? == 0 || first != [TLS_HANDSHAKE] {
            // Here a gateway for browsers will take over.
            return Err(DoorError::NotOurs);
        }
        let (accepted, read) = client_hello(&mut tcp).await?;
        let Some(alpn) = trust::spoken(&accepted.client_hello()) else {
            // And here, for those who speak HTTP over TLS.
            return Err(DoorError::NotOurs);
        };
        let (mut connection, with, exporter) = if alpn == CONTROL_ALPN {
            let start = StartHandshake::from_parts(accepted, tcp);
            let tls = start.into_stream(self.server.clone()).await.map_err(DoorError::Tls)?;
            let (with, exporter) = (peer_of(tls.get_ref().1, alpn)?, exported(tls.get_ref().1)?);
            (Framed::new(Stream::Control(Box::new(tls.into()))), with, Some(exporter))
        } else {
            let tls = UnbufferedServerConnection::new(self.server.clone()).map_err(no_tls)?;
            let shaken = shake(tcp, tls, read).await.map_err(DoorError::Tls)?;
            let with = peer_of(&shaken.tls, alpn)?;
            (Framed::new(Stream::Data(Box::new(shaken.into_stream().map_err(DoorError::Tls)?))), with, None)
        };
        if with == self.identity.fingerprint() {
            return Err(DoorError::Myself);
        }
        let (admitted, blocked) = {
            let gate = self.gate.read().unwrap_or_else(PoisonError::into_inner);
            (gate.admits(&with), gate.blocked.contains(&with))
        };
        if blocked {
            self.waits().begin(from, Instant::now());
        }
        if !admitted {
            goodbye(&mut connection, ByeReason::Refused).await.ok();
            return Err(DoorError::NotAdmitted);
        }
        let hello = listen(&mut connection).await?;
        if matches!(hello.role, Role::Control) != exporter.is_some() {
            return Err(DoorError::Misbehaved);
        }
        say(&mut connection, &self.own_hello(hello.role)).await?;
        Ok(Arrival { connection, with, hello, remote, dialled: false, exporter })
    }

    async fn knocking(
        &self,
        tcp: TcpStream,
        remote: SocketAddr,
        expected: Option<Fingerprint>,
        role: Role,
    ) -> Result<Arrival, DoorError> {
        tcp.set_nodelay(true).map_err(DoorError::Closed)?;
        let alpn = match role {
            Role::Control => CONTROL_ALPN,
            Role::Data { .. } => DATA_ALPN,
        };
        let config = trust::client_config(&self.identity, expected, alpn).map_err(no_tls)?;
        let (mut connection, with, exporter) = match role {
            Role::Control => {
                let tls = TlsConnector::from(config).connect(nameless(), tcp).await.map_err(DoorError::Tls)?;
                let (with, exporter) = (peer_of(tls.get_ref().1, alpn)?, exported(tls.get_ref().1)?);
                (Framed::new(Stream::Control(Box::new(tls.into()))), with, Some(exporter))
            }
            Role::Data { .. } => {
                let tls = UnbufferedClientConnection::new(config, nameless()).map_err(no_tls)?;
                let shaken = shake(tcp, tls, Vec::new()).await.map_err(DoorError::Tls)?;
                let with = peer_of(&shaken.tls, alpn)?;
                (Framed::new(Stream::Data(Box::new(shaken.into_stream().map_err(DoorError::Tls)?))), with, None)
            }
        };
        if with == self.identity.fingerprint() {
            return Err(DoorError::Myself);
        }
        say(&mut connection, &self.own_hello(role)).await?;
        let hello = listen(&mut connection).await?;
        if hello.role != role {
            return Err(DoorError::Misbehaved);
        }
        Ok(Arrival { connection, with, hello, remote, dialled: true, exporter })
    }

    fn own_hello(&self, role: Role) -> Message {
        let hello = self.hello.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Message::Hello(Hello { role, ..hello })
    }
}

/// Reads what whoever dialled says first, and gives it read and as it came.
async fn client_hello(tcp: &mut TcpStream) -> Result<(Accepted, Vec<u8>), DoorError> {
    let mut acceptor = Acceptor::default();
    let mut read = Vec::new();
    loop {
        let begin = read.len();
        if tcp.read_buf(&mut read).await.map_err(DoorError::Closed)? == 0 {
            return Err(DoorError::Closed(io::ErrorKind::UnexpectedEof.into()));
        }
        let mut rest = &read[begin..];
        while !rest.is_empty() {
            acceptor.read_tls(&mut rest).map_err(DoorError::Tls)?;
        }
        match acceptor.accept() {
            Ok(Some(accepted)) => return Ok((accepted, read)),
            Ok(None) => {}
            Err((error, mut alert)) => {
                let mut words = Vec::new();
                alert.write_all(&mut words).map_err(DoorError::Tls)?;
                tcp.write_all(&words).await.map_err(DoorError::Closed)?;
                return Err(no_tls(error));
            }
        }
    }
}

/// Says why, and closes.
pub(super) async fn goodbye(connection: &mut Connection, reason: ByeReason) -> io::Result<()> {
    connection.writer.push(Message::Bye(reason).encode());
    connection.writer.close().await
}

/// Writes one message at once.
async fn say(connection: &mut Connection, message: &Message) -> Result<(), DoorError> {
    connection.writer.push(message.encode());
    connection.writer.flush().await.map_err(DoorError::Closed)
}

/// Waits for the other's Hello.
async fn listen(connection: &mut Connection) -> Result<Hello, DoorError> {
    let frame = connection.reader.next().await.map_err(|error| match error {
        ReadError::Io(error) => DoorError::Closed(error),
        ReadError::CutOff => DoorError::Closed(io::ErrorKind::UnexpectedEof.into()),
        _ => DoorError::Misbehaved,
    })?;
    let Some(frame) = frame else { return Err(DoorError::Closed(io::ErrorKind::UnexpectedEof.into())) };
    meet::greeting(frame).map_err(|error| match error {
        GreetError::Bye(reason) => DoorError::Bye(reason),
        _ => DoorError::Misbehaved,
    })
}

/// Who it is, if it speaks what we do.
fn peer_of(tls: &CommonState, alpn: &[u8]) -> Result<Fingerprint, DoorError> {
    let speaks = tls.alpn_protocol() == Some(alpn);
    trust::peer_fingerprint(tls.peer_certificates()).filter(|_| speaks).ok_or(DoorError::NotOurs)
}

fn exported<S>(tls: &rustls::ConnectionCommon<S>) -> Result<[u8; EXPORTER_LEN], DoorError> {
    trust::exporter(tls).map_err(no_tls)
}

fn no_tls(error: impl std::error::Error + Send + Sync + 'static) -> DoorError {
    DoorError::Tls(io::Error::other(error))
}

/// rustls wants a name; ours is neither sent nor checked.
fn nameless() -> ServerName<'static> {
    ServerName::IpAddress(std::net::Ipv4Addr::UNSPECIFIED.into())
}

async fn in_time<T>(work: impl Future<Output = Result<T, DoorError>>) -> Result<T, DoorError> {
    tokio::time::timeout(HANDSHAKE_WITHIN, work).await.unwrap_or(Err(DoorError::TimedOut))
}

#[cfg(test)]
mod tests {
    use tokio::{io::AsyncReadExt as _, net::TcpListener};
    use tokio_rustls::TlsAcceptor;

    use super::*;
    use crate::protocol::message::{DeviceKind, Features, VERSION};

    fn door() -> Door {
        let hello = Hello {
            version: VERSION,
            features: Features::NONE,
            name: "Office PC".into(),
            kind: DeviceKind::Computer,
            port: 0,
            role: Role::Control,
            software: String::new(),
        };
        Door::new(Identity::generate().unwrap(), hello).unwrap()
    }

    #[tokio::test]
    async fn who_does_not_agree_to_speak_what_we_do_is_told_nothing_even_if_it_is_whom_we_look_for() {
        let office = Identity::generate().unwrap();
        let mut config = rustls::ServerConfig::clone(&trust::server_config(&office).unwrap());
        config.alpn_protocols.clear();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let door = door();
        let knocking = door.knock(address, Some(office.fingerprint()), Role::Control);
        let answering = async {
            let (tcp, _) = listener.accept().await.unwrap();
            let mut tls = TlsAcceptor::from(Arc::new(config)).accept(tcp).await.unwrap();
            let mut heard = Vec::new();
            tls.read_to_end(&mut heard).await.ok();
            heard
        };
        let (result, heard) = tokio::join!(knocking, answering);
        assert!(matches!(result, Err(DoorError::NotOurs)), "{result:?}");
        assert!(heard.is_empty(), "{heard:?}");
    }
}
