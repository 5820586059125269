//! A peer whose every word a test chooses, over real TLS.

use std::net::SocketAddr;

use tokio::{
    net::{TcpListener, TcpStream},
    runtime::Runtime,
};

use super::*;
use crate::{
    engine::door::{Arrival, Door, DoorError},
    protocol::{
        compare::Ends,
        frame::Stage,
        message::{ByeReason, DeviceKind as WireKind, Features, Hello, Message, Role, VERSION},
    },
    trust::Identity,
};

pub(super) struct Puppet {
    runtime: Runtime,
    door: Door,
    pub id: Fingerprint,
    listener: TcpListener,
}

/// A control connection with an engine.
pub(super) struct Wire<'p> {
    puppet: &'p Puppet,
    arrival: Arrival,
}

impl Puppet {
    pub fn new(name: &str) -> Self {
        let identity = Identity::generate().unwrap();
        let id = identity.fingerprint();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let hello = Hello {
            version: VERSION,
            features: Features::COMPARE
                | Features::SHELF
                | Features::THUMBNAILS
                | Features::WAITING
                | Features::RESUME
                | Features::PAUSE
                | Features::KNOWN,
            name: name.to_owned(),
            kind: WireKind::Computer,
            port: listener.local_addr().unwrap().port(),
            role: Role::Control,
            software: String::new(),
        };
        Self { runtime, door: Door::new(identity, hello).unwrap(), id, listener }
    }

    /// Where an engine can dial it.
    pub fn address(&self) -> SocketAddr {
        self.listener.local_addr().unwrap()
    }

    /// Dials an engine.
    pub fn dial(&self, machine: &Machine) -> Wire<'_> {
        let remote = SocketAddr::from(([127, 0, 0, 1], machine.client.snapshot().me.port));
        let arrival = self.runtime.block_on(self.door.knock(remote, None, Role::Control)).unwrap();
        self.up(arrival)
    }

    /// Dials an engine that may not want it: what it says, or `None` where it closes without a handshake.
    pub fn knock(&self, machine: &Machine) -> Option<ByeReason> {
        let remote = SocketAddr::from(([127, 0, 0, 1], machine.client.snapshot().me.port));
        match self.in_time(self.door.knock(remote, None, Role::Control)) {
            Err(DoorError::Bye(reason)) => Some(reason),
            Err(DoorError::Tls(_) | DoorError::Closed(_)) => None,
            other => panic!("{other:?}"),
        }
    }

    /// Lets an engine in that dials for control; what comes for data is closed, and what was given up is passed over.
    pub fn answer(&self) -> Wire<'_> {
        let arrival = self.in_time(async {
            loop {
                let (tcp, remote): (TcpStream, SocketAddr) = self.listener.accept().await.unwrap();
                match self.door.answer(tcp, remote).await {
                    Ok(arrival) if arrival.hello.role == Role::Control => return arrival,
                    Ok(_) => {}
                    Err(error) => log::debug!("not answered: {error}"),
                }
            }
        });
        self.up(arrival)
    }

    /// An engine is told to look for it, and it lets the engine in.
    pub fn be_dialled(&self, machine: &Machine) -> Wire<'_> {
        let whom = self.address().to_string();
        let within = Duration::from_secs(9);
        let asked = machine.client.send(Command::Resolve { whom, new: true, within });
        asked.unwrap();
        self.answer()
    }

    fn in_time<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(async { tokio::time::timeout(LONG, work).await.expect("the engine does nothing") })
    }

    fn up(&self, mut arrival: Arrival) -> Wire<'_> {
        arrival.connection.reader.enter(Stage::Control);
        Wire { puppet: self, arrival }
    }
}

impl Wire<'_> {
    pub fn say(&mut self, message: &Message) {
        self.arrival.connection.writer.push(message.encode());
        // An engine that has hung up meanwhile shows itself in what it said last.
        self.puppet.runtime.block_on(self.arrival.connection.writer.flush()).ok();
    }

    /// The next word that isn't about liveness; `None` when the engine has closed.
    pub fn hear(&mut self) -> Option<Message> {
        self.puppet.in_time(async {
            loop {
                let frame = self.arrival.connection.reader.next().await.ok()??;
                match Message::decode(frame).unwrap() {
                    Message::Ping { token } => {
                        self.arrival.connection.writer.push(Message::Pong { token }.encode());
                        self.arrival.connection.writer.flush().await.ok();
                    }
                    Message::Pong { .. } => {}
                    other => return Some(other),
                }
            }
        })
    }

    /// The connection was closed by the engine with this reason.
    #[track_caller]
    pub fn hears_bye(&mut self, reason: ByeReason) {
        assert_eq!(self.hear(), Some(Message::Bye(reason)));
    }

    /// As both ends see this connection.
    pub fn ends(&self) -> Ends {
        let (ours, theirs) = (self.puppet.id, self.arrival.with);
        let (dialler, acceptor) = if self.arrival.dialled { (ours, theirs) } else { (theirs, ours) };
        Ends { dialler, acceptor, exporter: self.arrival.exporter.unwrap() }
    }
}
