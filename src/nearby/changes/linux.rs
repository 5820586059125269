//! Linux: the kernel's messages about links and addresses (rtnetlink(7)), from a socket.

use std::io;

use rustix::{
    io::Errno,
    net::{AddressFamily, SocketFlags, SocketType, bind, netlink::SocketAddrNetlink, socket_with},
};
use tokio::net::UdpSocket;

use super::{Change, netlink::Carriers};

/// `RTMGRP_LINK`, `RTMGRP_IPV4_IFADDR` and `RTMGRP_IPV6_IFADDR` of `linux/rtnetlink.h`.
const GROUPS: u32 = 0x1 | 0x10 | 0x100;

/// More than the kernel puts into one datagram about a link, which is a page or two.
const BUFFER: usize = 32 * 1024;

#[derive(Debug)]
pub(super) struct Kernel {
    /// A netlink socket in truth: what tokio does with one of its own is right for every socket of datagrams.
    socket: UdpSocket,
    buffer: Vec<u8>,
    carriers: Carriers,
}

impl Kernel {
    pub(super) fn open() -> io::Result<Self> {
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        // No protocol is NETLINK_ROUTE.
        let socket = socket_with(AddressFamily::NETLINK, SocketType::DGRAM, flags, None)?;
        bind(&socket, &SocketAddrNetlink::new(0, GROUPS))?;
        let socket = UdpSocket::from_std(socket.into())?;
        Ok(Self { socket, buffer: vec![0; BUFFER], carriers: Carriers::default() })
    }

    pub(super) async fn next(&mut self) -> io::Result<Change> {
        match self.socket.recv(&mut self.buffer).await {
            Ok(length) if self.carriers.told(&self.buffer[..length]) => Ok(Change::Interrupted),
            Ok(_) => Ok(Change::Look),
            // More was to tell than there was room for: anything may have happened.
            Err(error) if Errno::from_io_error(&error) == Some(Errno::NOBUFS) => Ok(Change::Interrupted),
            Err(error) => Err(error),
        }
    }
}
