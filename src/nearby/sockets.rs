//! Listening on the shared port, and speaking on each network.
//!
//! Listening is one socket per address family, joined to the group on every network: a broadcast is handed to every
//! socket on the port, so one socket per network would read everything as many times. Speaking is one socket per address
//! on a port of its own, so that each datagram leaves by the network it is meant for with that network's own source
//! address, that a network that fails disturbs no other, and that speaking works even when the shared port is taken.

use std::{
    collections::BTreeSet,
    io,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6},
};

use socket2::{Domain, InterfaceIndexOrAddress, Protocol, Socket, Type};
use tokio::net::UdpSocket;

use super::links::{LOOPBACK_BROADCAST, Link, Links};

/// LocalSend's groups, on purpose: an own group would gain nothing (both share the port, and broadcasts reach both), while
/// a network or a device that lets these through lets us through too (some phones hear nothing outside 224.0.0.0/24), and
/// the LocalSend side of this program joins them anyway. Our datagrams are nothing to LocalSend's parser.
pub(super) const GROUP_V4: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 167);
/// Link-local scope.
pub(super) const GROUP_V6: Ipv6Addr = Ipv6Addr::new(0xff12, 0, 0, 0, 0, 0, 0xfd3a, 0xe420);

/// Never past the first router.
const HOPS: u32 = 1;

/// Listens to one address family.
#[derive(Debug)]
pub(super) struct Ear {
    socket: UdpSocket,
    v4: bool,
    joined: BTreeSet<Membership>,
    /// Told in the log once each.
    refused: BTreeSet<Membership>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Membership {
    Index(u32),
    Address(Ipv4Addr),
}

impl Ear {
    /// Shares the port with whoever else is there and shares too. Must be called within the runtime.
    pub(super) fn open_v4(port: u16, loopback_only: bool) -> io::Result<Self> {
        let socket = shared(Domain::IPV4)?;
        // On Linux a socket may be bound to a broadcast address, and then hears only what was sent there.
        let bind_to =
            if loopback_only && cfg!(target_os = "linux") { LOOPBACK_BROADCAST } else { Ipv4Addr::UNSPECIFIED };
        // On Windows it is the receiving socket that says whether it hears its own machine.
        socket.set_multicast_loop_v4(true).ok();
        Self::listen(socket, SocketAddrV4::new(bind_to, port).into(), true)
    }

    pub(super) fn open_v6(port: u16) -> io::Result<Self> {
        let socket = shared(Domain::IPV6)?;
        socket.set_only_v6(true)?;
        socket.set_multicast_loop_v6(true).ok();
        Self::listen(socket, SocketAddrV6::new(Ipv6Addr::UNSPECIFIED, port, 0, 0).into(), false)
    }

    fn listen(socket: Socket, address: SocketAddr, v4: bool) -> io::Result<Self> {
        socket.bind(&address.into())?;
        let socket = UdpSocket::from_std(socket.into())?;
        Ok(Self { socket, v4, joined: BTreeSet::new(), refused: BTreeSet::new() })
    }

    /// Joins the group on networks that are new and leaves it on those that are gone. One that refuses stops no other;
    /// it is tried again the next time.
    pub(super) fn follow(&mut self, links: &Links) {
        let wanted: BTreeSet<_> = links.links.iter().filter_map(|link| self.membership(link)).collect();
        for &gone in self.joined.difference(&wanted) {
            // Fails when the interface itself is gone; then the membership is too.
            self.leave(gone).ok();
        }
        self.refused.retain(|refused| wanted.contains(refused));
        self.joined.retain(|joined| wanted.contains(joined));
        for new in wanted {
            if self.joined.contains(&new) {
                continue;
            }
            match self.join(new) {
                Ok(()) => {
                    self.refused.remove(&new);
                    self.joined.insert(new);
                }
                Err(error) => {
                    if self.refused.insert(new) {
                        log::info!("no group on a network ({new:?}): {error}");
                    }
                }
            }
        }
    }

    fn membership(&self, link: &Link) -> Option<Membership> {
        match link {
            // Linux' loopback has no groups; its broadcast reaches everybody.
            Link::V4 { .. } if link.is_loopback() && cfg!(target_os = "linux") => None,
            Link::V4 { ip, index, .. } if self.v4 => Some(index.map_or(Membership::Address(*ip), Membership::Index)),
            Link::V6 { index, .. } if !self.v4 => Some(Membership::Index(*index)),
            _ => None,
        }
    }

    fn join(&self, on: Membership) -> io::Result<()> {
        let socket = socket2::SockRef::from(&self.socket);
        match on {
            Membership::Index(index) if !self.v4 => socket.join_multicast_v6(&GROUP_V6, index),
            Membership::Index(index) => socket.join_multicast_v4_n(&GROUP_V4, &InterfaceIndexOrAddress::Index(index)),
            Membership::Address(ip) => socket.join_multicast_v4(&GROUP_V4, &ip),
        }
    }

    fn leave(&self, on: Membership) -> io::Result<()> {
        let socket = socket2::SockRef::from(&self.socket);
        match on {
            Membership::Index(index) if !self.v4 => socket.leave_multicast_v6(&GROUP_V6, index),
            Membership::Index(index) => socket.leave_multicast_v4_n(&GROUP_V4, &InterfaceIndexOrAddress::Index(index)),
            Membership::Address(ip) => socket.leave_multicast_v4(&GROUP_V4, &ip),
        }
    }

    /// The next datagram. Cancel-safe.
    pub(super) async fn hear(&self, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.socket.recv_from(buffer).await
    }
}

fn shared(domain: Domain) -> io::Result<Socket> {
    let socket = Socket::new(domain, Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_nonblocking(true)?;
    socket.set_reuse_address(true)?;
    #[cfg(unix)]
    socket.set_reuse_port(true)?;
    Ok(socket)
}

/// Speaks on one network.
#[derive(Debug)]
pub(super) struct Mouth {
    socket: Socket,
    to: Vec<Destination>,
}

#[derive(Debug)]
struct Destination {
    address: SocketAddr,
    /// The last time it was not reached.
    failing: bool,
}

impl Mouth {
    /// Fails for an IPv6 address that is still being checked by the system; a moment later it works.
    pub(super) fn open(link: &Link, port: u16) -> io::Result<Self> {
        match link {
            Link::V4 { ip, broadcast, index, name, .. } => {
                let socket = plain(Domain::IPV4)?;
                if !link.is_loopback() {
                    stay_on(&socket, name, *index, true);
                }
                socket.bind(&SocketAddrV4::new(*ip, 0).into())?;
                socket.set_ttl_v4(HOPS)?;
                let mut to = Vec::new();
                // Linux' loopback has no groups, other systems' has no broadcast. Where one of the two is refused, the
                // other one still serves.
                let group_is_useful = !(link.is_loopback() && cfg!(target_os = "linux"));
                if group_is_useful && speak_to_group_v4(&socket, *ip).is_ok() {
                    to.push(SocketAddrV4::new(GROUP_V4, port).into());
                }
                if let Some(broadcast) = broadcast
                    && socket.set_broadcast(true).is_ok()
                {
                    to.push(SocketAddrV4::new(*broadcast, port).into());
                }
                Ok(Self::new(socket, to))
            }
            Link::V6 { ip, index, name } => {
                let socket = plain(Domain::IPV6)?;
                socket.set_only_v6(true)?;
                stay_on(&socket, name, Some(*index), false);
                socket.bind(&SocketAddrV6::new(*ip, 0, 0, *index).into())?;
                socket.set_multicast_if_v6(*index)?;
                socket.set_multicast_hops_v6(HOPS)?;
                socket.set_multicast_loop_v6(true)?;
                Ok(Self::new(socket, vec![SocketAddrV6::new(GROUP_V6, port, 0, *index).into()]))
            }
        }
    }

    fn new(socket: Socket, to: Vec<SocketAddr>) -> Self {
        let to = to.into_iter().map(|address| Destination { address, failing: false }).collect();
        Self { socket, to }
    }

    /// Says it to everybody on this network.
    pub(super) fn say(&mut self, datagram: &[u8]) {
        self.to.iter_mut().for_each(|to| to.reach(&self.socket, datagram));
    }

    /// Says it once more where that failed the last time: an address or a route may have come only now.
    pub(super) fn say_again(&mut self, datagram: &[u8]) {
        self.to.iter_mut().filter(|to| to.failing).for_each(|to| to.reach(&self.socket, datagram));
    }
}

impl Destination {
    /// A failure is told in the log once until it works again.
    fn reach(&mut self, socket: &Socket, datagram: &[u8]) {
        let failing = match socket.send_to(datagram, &self.address.into()) {
            Ok(_) => false,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => false,
            Err(error) => {
                if !self.failing {
                    log::info!("announcing failed: {error}: {}", self.address);
                }
                true
            }
        };
        self.failing = failing;
    }
}

fn speak_to_group_v4(socket: &Socket, ip: Ipv4Addr) -> io::Result<()> {
    socket.set_multicast_if_v4(&ip)?;
    socket.set_multicast_ttl_v4(HOPS)?;
    socket.set_multicast_loop_v4(true)
}

fn plain(domain: Domain) -> io::Result<Socket> {
    let socket = Socket::new(domain, Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_nonblocking(true)?;
    // Nobody has a reason to answer there, and nothing is read; let a flood find no room. The system rounds this up.
    socket.set_recv_buffer_size(1).ok();
    Ok(socket)
}

/// Keeps datagrams on this interface even if the routes say otherwise (a VPN that takes all, two networks with the same
/// numbers). Where the system doesn't allow it, the routes decide.
fn stay_on(socket: &Socket, name: &str, index: Option<u32>, v4: bool) {
    #[cfg(target_os = "linux")]
    let kept = {
        let _ = (index, v4);
        socket.bind_device(Some(name.as_bytes()))
    };
    #[cfg(target_os = "macos")]
    let kept = {
        let _ = name;
        let index = index.and_then(std::num::NonZeroU32::new);
        if v4 { socket.bind_device_by_index_v4(index) } else { socket.bind_device_by_index_v6(index) }
    };
    #[cfg(not(any(target_os = "linux", target_os = "macos")))]
    let kept: io::Result<()> = {
        let _ = (socket, name, index, v4);
        Ok(())
    };
    if let Err(error) = kept {
        log::debug!("announcements are not kept to an interface: {error}");
    }
}
