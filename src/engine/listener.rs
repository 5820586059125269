//! The one TCP port, on IPv4 and IPv6.
//!
//! One task per socket accepts; each arrival gets a short task of its own, which ends when it has been handed to the
//! hub, when its time is over, or when its place is needed (see [`Unfinished`]).

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use socket2::{Domain, Protocol, Socket, Type};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::mpsc,
    task::JoinSet,
};

use super::{
    StartError,
    door::Door,
    hub::Message,
    unfinished::{Place, Unfinished},
};

/// Where others look when they know nothing but an address.
pub const DEFAULT_PORT: u16 = 53317;

/// Free ports are tried so often until one is free on both IPv4 and IPv6.
const FREE_PORT_TRIES: u32 = 16;

/// Arrivals that the system keeps until they are accepted.
const BACKLOG: i32 = 256;

/// After a failed accept: long enough not to spin, short enough not to be noticed.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// The sockets and their common port.
#[derive(Debug)]
pub(super) struct Sockets {
    pub port: u16,
    pub sockets: Vec<TcpListener>,
}

/// Opens `port`; `None` is the default port, or any free one when that is taken. A system without IPv6 is served on
/// IPv4 alone, and the other way round.
pub(super) fn open(port: Option<u16>, loopback_only: bool) -> Result<Sockets, StartError> {
    let wanted = port.unwrap_or(DEFAULT_PORT);
    let mut result = open_both(wanted, loopback_only);
    if result.is_err() && port.is_none() {
        result = open_both(0, loopback_only);
    }
    result.map_err(|source| StartError::Port { port: wanted, source })
}

/// Accepts on all sockets until the set is dropped.
pub(super) fn serve(sockets: Vec<TcpListener>, door: &Arc<Door>, hub: &mpsc::Sender<Message>) -> JoinSet<()> {
    let unfinished = Unfinished::default();
    let mut tasks = JoinSet::new();
    for socket in sockets {
        tasks.spawn(accept(socket, door.clone(), hub.clone(), unfinished.clone()));
    }
    tasks
}

async fn accept(socket: TcpListener, door: Arc<Door>, hub: mpsc::Sender<Message>, unfinished: Unfinished) {
    // Dropped with this task, and all that is under way with it.
    let mut arriving = JoinSet::new();
    loop {
        while arriving.try_join_next().is_some() {}
        match socket.accept().await {
            Ok((tcp, remote)) => {
                let place = unfinished.enter(remote.ip());
                arriving.spawn(admit(tcp, remote, door.clone(), hub.clone(), place));
            }
            Err(error) => {
                // No free file descriptor, or a connection that is gone again already.
                log::debug!("accepting failed: {error}");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

async fn admit(tcp: TcpStream, remote: SocketAddr, door: Arc<Door>, hub: mpsc::Sender<Message>, mut place: Place) {
    let arriving = async {
        match door.answer(tcp, remote).await {
            Ok(arrival) => hub.send(Message::Arrived(Box::new(arrival))).await.unwrap_or_default(),
            Err(error) => log::debug!("a connection came to nothing: {error}: {remote}"),
        }
    };
    tokio::select! {
        () = arriving => {}
        () = place.lost() => log::debug!("too many unfinished connections; the oldest was dropped: {remote}"),
    }
}

fn open_both(port: u16, loopback_only: bool) -> io::Result<Sockets> {
    let (v4, v6): (IpAddr, IpAddr) = if loopback_only {
        (Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into())
    } else {
        (Ipv4Addr::UNSPECIFIED.into(), Ipv6Addr::UNSPECIFIED.into())
    };
    for _ in 0..FREE_PORT_TRIES {
        let first = match open_one((v4, port).into()) {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => return Err(error),
            other => other,
        };
        let chosen = match &first {
            Ok(socket) => socket.local_addr()?.port(),
            Err(_) => port,
        };
        let second = open_one((v6, chosen).into());
        match (first, second) {
            (Ok(first), Ok(second)) => return Ok(Sockets { port: chosen, sockets: vec![first, second] }),
            (Ok(_), Err(error)) if error.kind() == io::ErrorKind::AddrInUse => {
                if port != 0 {
                    return Err(error);
                }
            }
            (Ok(one), Err(_)) | (Err(_), Ok(one)) => {
                return Ok(Sockets { port: one.local_addr()?.port(), sockets: vec![one] });
            }
            (Err(error), Err(_)) => return Err(error),
        }
    }
    Err(io::ErrorKind::AddrInUse.into())
}

fn open_one(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    // On Windows this would let another program take the port over; elsewhere it only skips the wait after a restart.
    #[cfg(not(windows))]
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}
