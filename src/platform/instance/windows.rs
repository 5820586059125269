//! A port on loopback, and a secret that only this account can read.

use std::{
    io::{self, Read as _, Write as _},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    path::Path,
    time::Duration,
};

use ring::rand::{SecureRandom as _, SystemRandom};

pub(super) type Socket = TcpStream;

const SECRET: usize = 32;

/// The other program sends it at once.
const SECRET_PATIENCE: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(super) struct ListeningSocket {
    socket: TcpListener,
    port: u16,
    secret: [u8; SECRET],
}

impl ListeningSocket {
    pub(super) fn open(_: &Path) -> io::Result<Self> {
        let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = socket.local_addr()?.port();
        let mut secret = [0; SECRET];
        SystemRandom::new().fill(&mut secret).map_err(|_| io::Error::other("the system has no randomness"))?;
        Ok(Self { socket, port, secret })
    }

    /// The port, then the secret.
    pub(super) fn address(&self) -> Vec<u8> {
        [&self.port.to_be_bytes()[..], &self.secret].concat()
    }

    pub(super) fn accept(&self) -> io::Result<Socket> {
        let (mut socket, _) = self.socket.accept()?;
        socket.set_read_timeout(Some(SECRET_PATIENCE))?;
        let mut said = [0; SECRET];
        socket.read_exact(&mut said)?;
        // In the same time wherever they differ.
        let differences = said.iter().zip(&self.secret).fold(0, |sum, (a, b)| sum | (a ^ b));
        if differences != 0 {
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, "a stranger spoke at this program's port"));
        }
        socket.set_read_timeout(None)?;
        socket.set_nodelay(true)?;
        Ok(socket)
    }

    pub(super) fn remove(&self) {}
}

pub(super) fn connect(address: &[u8]) -> io::Result<Socket> {
    let (port, secret) = address.split_first_chunk::<2>().ok_or(io::ErrorKind::InvalidData)?;
    let place = SocketAddr::from((Ipv4Addr::LOCALHOST, u16::from_be_bytes(*port)));
    let mut socket = TcpStream::connect_timeout(&place, SECRET_PATIENCE)?;
    socket.write_all(secret)?;
    socket.set_nodelay(true)?;
    Ok(socket)
}
