//! The yardstick: bare TCP from file to file in two processes, flushed, with nothing on top. This program runs itself again for
//! each end.

use std::{
    fs::File,
    io::{self, Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    path::PathBuf,
    time::Instant,
};

use socket2::{Domain, SockRef, Socket, Type};

use crate::process::Outcome;

/// The first word of a command line that means one of these ends.
pub const ROLE: &str = "role";

/// How one end moves bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Buffers {
    /// For one read and one write, in bytes.
    pub piece: usize,
    /// What the kernel is asked for, in bytes; none leaves it to its own tuning.
    pub socket: Option<usize>,
}

impl std::fmt::Display for Buffers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} KiB", self.piece >> 10)?;
        match self.socket {
            Some(bytes) => write!(f, ", sockets {} KiB", bytes >> 10),
            None => Ok(()),
        }
    }
}

/// The words for the sending end: from a file, or so many bytes out of memory.
pub fn send_words(address: &str, from: &str, buffers: Buffers) -> [String; 6] {
    words("send", address, from, buffers)
}

/// The words for the receiving end: into a file, or `-` for nowhere, and how many seconds it took onto stdout.
pub fn receive_words(address: &str, into: &str, buffers: Buffers) -> [String; 6] {
    words("receive", address, into, buffers)
}

fn words(end: &str, address: &str, file: &str, buffers: Buffers) -> [String; 6] {
    let socket = buffers.socket.unwrap_or(0).to_string();
    [ROLE.into(), end.into(), address.into(), file.into(), buffers.piece.to_string(), socket]
}

/// This program again.
pub fn myself() -> Outcome<PathBuf> {
    std::env::current_exe().map_err(|error| format!("this program's own path: {error}"))
}

/// Is one end, to its end.
///
/// # Errors
/// The words are not those of an end, or the file or the network fails.
pub fn be(words: &[String]) -> io::Result<()> {
    let [end, address, file, piece, socket] = words else { return Err(io::ErrorKind::InvalidInput.into()) };
    let number = |word: &str| word.parse::<usize>().map_err(|_| io::Error::from(io::ErrorKind::InvalidInput));
    let (mut piece, socket) = (vec![0; number(piece)?], number(socket)?);
    if end == "send" {
        let target: SocketAddr = address.parse().map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
        let kernel = Socket::new(Domain::for_address(target), Type::STREAM, None)?;
        if socket > 0 {
            // Before connecting: the window's scale is agreed on then.
            kernel.set_send_buffer_size(socket)?;
        }
        kernel.connect(&target.into())?;
        let mut stream = TcpStream::from(kernel);
        match file.parse::<u64>() {
            Ok(bytes) => send_memory(&mut stream, bytes, &piece)?,
            Err(_) => copy(&mut File::open(file)?, &mut stream, &mut piece)?,
        }
        stream.shutdown(Shutdown::Write)?;
        // The other end closes when it has everything.
        stream.read(&mut piece).map(drop)
    } else {
        let listener = TcpListener::bind(address)?;
        if socket > 0 {
            SockRef::from(&listener).set_recv_buffer_size(socket)?;
        }
        let (mut stream, _) = listener.accept()?;
        match file.as_str() {
            "-" => {
                let began = Instant::now();
                copy(&mut stream, &mut io::sink(), &mut piece)?;
                writeln!(io::stdout(), "{}", began.elapsed().as_secs_f64())
            }
            path => {
                let mut file = File::create(path)?;
                copy(&mut stream, &mut file, &mut piece)?;
                // As everybody who says that something is saved; in memory it costs nothing.
                file.sync_all()
            }
        }
    }
}

fn copy(from: &mut impl Read, to: &mut impl Write, piece: &mut [u8]) -> io::Result<()> {
    loop {
        match from.read(piece)? {
            0 => return Ok(()),
            got => to.write_all(&piece[..got])?,
        }
    }
}

/// The same piece again and again, as iperf3 does.
fn send_memory(to: &mut impl Write, mut bytes: u64, piece: &[u8]) -> io::Result<()> {
    while bytes > 0 {
        let now = bytes.min(piece.len() as u64);
        to.write_all(&piece[..now as usize])?;
        bytes -= now;
    }
    Ok(())
}
