//! The secure connections that carry files. rustls shakes hands, then [`Records`] protects what is said: a megabyte
//! crosses in four calls of the kernel, is copied once where it is sealed, and is opened where it is to lie.
//!
//! Control connections stay with rustls altogether: they carry little, and comparing needs its exporter.

use std::{
    io::{self, IoSlice},
    ops::Range,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::BufMut as _;
use rustls::{
    client::{ClientConnectionData, UnbufferedClientConnection},
    server::{ServerConnectionData, UnbufferedServerConnection},
    unbuffered::{ConnectionState, EncodeError, EncodeTlsData, UnbufferedStatus},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf},
    net::TcpStream,
};

use super::{LAST_WORDS, socket::widen};
use crate::trust::{MAX_RECORD, Opened, RecordError, Records, Schedule, record_len};

/// Whoever has room for so much reads from the kernel at once what fits there, and records are opened there.
const ROOMY: usize = 64 * 1024;

/// Read from the kernel at once for whoever has less room. With [`WRITE`] what one data connection holds beyond its
/// frames.
const READ: usize = 64 * 1024;

/// Sealed at once, and handed to the kernel at once: a whole frame of the chunks that files are read in, so that none
/// goes in two pieces, of which the second would be tiny.
const WRITE: usize = (256 + 1) * 1024;

/// Read at once while shaking hands: more than any of its messages has.
const FLIGHT: usize = 4 * 1024;

/// An end of a handshake, as rustls has it when it owns no buffers.
pub(super) trait Handshake {
    type Data;

    fn process<'c, 'i>(&'c mut self, incoming: &'i mut [u8]) -> UnbufferedStatus<'c, 'i, Self::Data>;

    /// Something is to be sent.
    fn has_words(&self) -> bool;

    /// Once the handshake is done.
    fn into_records(self) -> io::Result<Records>;
}

impl Handshake for UnbufferedClientConnection {
    type Data = ClientConnectionData;

    fn process<'c, 'i>(&'c mut self, incoming: &'i mut [u8]) -> UnbufferedStatus<'c, 'i, Self::Data> {
        self.process_tls_records(incoming)
    }

    fn has_words(&self) -> bool {
        self.wants_write()
    }

    fn into_records(self) -> io::Result<Records> {
        let (secrets, connection) = self.dangerous_into_kernel_connection().map_err(invalid)?;
        Records::new(secrets, Schedule::Client(connection)).map_err(invalid)
    }
}

impl Handshake for UnbufferedServerConnection {
    type Data = ServerConnectionData;

    fn process<'c, 'i>(&'c mut self, incoming: &'i mut [u8]) -> UnbufferedStatus<'c, 'i, Self::Data> {
        self.process_tls_records(incoming)
    }

    fn has_words(&self) -> bool {
        self.wants_write()
    }

    fn into_records(self) -> io::Result<Records> {
        let (secrets, connection) = self.dangerous_into_kernel_connection().map_err(invalid)?;
        Records::new(secrets, Schedule::Server(connection)).map_err(invalid)
    }
}

/// A connection whose handshake is done. Who is at the other end is for the caller to check before it goes on.
#[derive(Debug)]
pub(super) struct Shaken<C> {
    pub tls: C,
    tcp: TcpStream,
    /// What came behind the handshake: opened, and not yet.
    plain: Vec<u8>,
    sealed: Vec<u8>,
}

/// Shakes hands. `incoming` was read from the other side already.
///
/// # Errors
/// Those of the connection, and `InvalidData` when the handshake fails; the other side is told why.
pub(super) async fn shake<C: Handshake>(
    mut tcp: TcpStream,
    mut tls: C,
    mut incoming: Vec<u8>,
) -> io::Result<Shaken<C>> {
    let mut outgoing = Vec::new();
    let mut plain = Vec::new();
    loop {
        let UnbufferedStatus { discard, state } = tls.process(&mut incoming);
        let mut wants_more = false;
        let state = match state {
            Ok(state) => state,
            Err(error) => {
                let told = tokio::time::timeout(LAST_WORDS, say_why(tcp, tls, outgoing)).await;
                log::debug!("a handshake failed: {error}; told: {told:?}");
                return Err(invalid(error));
            }
        };
        match state {
            ConnectionState::EncodeTlsData(state) => encode(state, &mut outgoing)?,
            ConnectionState::TransmitTlsData(state) => {
                tcp.write_all(&outgoing).await?;
                outgoing.clear();
                state.done();
            }
            ConnectionState::BlockedHandshake => wants_more = true,
            // The other side spoke at once, and its words came with the end of the handshake.
            ConnectionState::ReadTraffic(mut state) => {
                while let Some(record) = state.next_record() {
                    plain.extend_from_slice(record.map_err(invalid)?.payload);
                }
            }
            ConnectionState::WriteTraffic(_) => {
                incoming.drain(..discard);
                return Ok(Shaken { tls, tcp, plain, sealed: incoming });
            }
            _ => return Err(io::ErrorKind::UnexpectedEof.into()),
        }
        incoming.drain(..discard);
        if wants_more && tcp.read_buf(&mut (&mut incoming).limit(FLIGHT)).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}

fn encode<D>(mut state: EncodeTlsData<'_, D>, outgoing: &mut Vec<u8>) -> io::Result<()> {
    let begin = outgoing.len();
    if let Err(EncodeError::InsufficientSize(needs)) = state.encode(&mut []) {
        outgoing.resize(begin + needs.required_size, 0);
        let written = state.encode(&mut outgoing[begin..]).map_err(invalid)?;
        outgoing.truncate(begin + written);
    }
    Ok(())
}

/// Sends what rustls has to say about a handshake that failed, and closes.
async fn say_why<C: Handshake>(mut tcp: TcpStream, mut tls: C, mut outgoing: Vec<u8>) -> io::Result<()> {
    // Only as long as there is something: it would look at what came once more.
    while tls.has_words()
        && let Ok(ConnectionState::EncodeTlsData(state)) = tls.process(&mut []).state
    {
        encode(state, &mut outgoing)?;
    }
    tcp.write_all(&outgoing).await?;
    tcp.shutdown().await?;
    // What is still on its way here must not meet a closed socket: the other side would hear nothing but that.
    let mut unheard = [0; FLIGHT];
    while tcp.read(&mut unheard).await? > 0 {}
    Ok(())
}

impl<C: Handshake> Shaken<C> {
    /// # Errors
    /// `InvalidData` when rustls gives no keys for what was agreed on.
    pub fn into_stream(self) -> io::Result<DataStream> {
        let Self { tls, tcp, plain, sealed } = self;
        widen(&tcp);
        // What was opened already stands before what was not.
        let used = plain.len() + sealed.len();
        let mut buffer = vec![0; READ.max(used + MAX_RECORD)];
        buffer[..plain.len()].copy_from_slice(&plain);
        buffer[plain.len()..used].copy_from_slice(&sealed);
        Ok(DataStream {
            tcp,
            records: tls.into_records()?,
            incoming: Incoming { buffer, plain: 0..plain.len(), sealed: plain.len()..used },
            ended: None,
            outgoing: Vec::new(),
            sent: 0,
            closing: false,
        })
    }
}

/// The stream of bytes that a data connection is, once both sides are known to each other.
#[derive(Debug)]
pub(super) struct DataStream {
    tcp: TcpStream,
    records: Records,
    incoming: Incoming,
    /// Nothing more can be read: because it was said so, or why.
    ended: Option<Result<(), RecordError>>,
    /// Sealed, for the kernel; the first [`Self::sent`] bytes it has already.
    outgoing: Vec<u8>,
    sent: usize,
    closing: bool,
}

/// What was read, opened and not yet, one behind the other.
#[derive(Debug)]
struct Incoming {
    buffer: Vec<u8>,
    plain: Range<usize>,
    sealed: Range<usize>,
}

impl Incoming {
    /// The whole record that comes next, taken from what is sealed.
    fn record(&mut self) -> Result<Option<Range<usize>>, RecordError> {
        let Some(length) = record_len(&self.buffer[self.sealed.clone()])?.filter(|length| *length <= self.sealed.len())
        else {
            return Ok(None);
        };
        let begin = self.sealed.start;
        self.sealed.start += length;
        Ok(Some(begin..begin + length))
    }

    /// The beginning of a record, instead of what was there.
    fn keep(&mut self, sealed: &[u8]) {
        self.buffer[..sealed.len()].copy_from_slice(sealed);
        self.sealed = 0..sealed.len();
    }

    /// Where to read to, at least a record's length: what is sealed, less than one, moves to the front.
    fn space(&mut self) -> &mut [u8] {
        self.buffer.copy_within(self.sealed.clone(), 0);
        self.sealed = 0..self.sealed.len();
        &mut self.buffer[self.sealed.end..]
    }
}

impl DataStream {
    /// Opens the next record; `false` when it isn't there as a whole.
    fn open(&mut self) -> Result<bool, RecordError> {
        let Some(record) = self.incoming.record()? else { return Ok(false) };
        match self.records.open(&mut self.incoming.buffer[record.clone()], 0)? {
            Opened::Data(length) => self.incoming.plain = record.start..record.start + length,
            Opened::Nothing => {}
            Opened::End => self.ended = Some(Ok(())),
        }
        Ok(true)
    }

    /// Reads from the kernel, for a reader with little room.
    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut space = ReadBuf::new(self.incoming.space());
        ready!(Pin::new(&mut self.tcp).poll_read(cx, &mut space))?;
        let read = space.filled().len();
        self.incoming.sealed.end += read;
        Poll::Ready(if read == 0 { Err(cut_off()) } else { Ok(()) })
    }

    /// Reads from the kernel to where it is to lie, and opens it there. No whole record may be left from before.
    fn poll_read_roomy(&mut self, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let begin = into.filled().len();
        into.put_slice(&self.incoming.buffer[self.incoming.sealed.clone()]);
        let before = into.filled().len();
        let polled = Pin::new(&mut self.tcp).poll_read(cx, into);
        if !matches!(polled, Poll::Ready(Ok(()))) || into.filled().len() == before {
            into.set_filled(begin);
            return polled.map(|read| read.and_then(|()| Err(cut_off())));
        }
        let bytes = &mut into.filled_mut()[begin..];
        let (mut plain, mut sealed) = (0, 0);
        while self.ended.is_none() {
            let length = match record_len(&bytes[sealed..]) {
                Ok(Some(length)) if length <= bytes.len() - sealed => length,
                Ok(_) => break,
                Err(error) => {
                    self.ended = Some(Err(error));
                    break;
                }
            };
            match self.records.open(&mut bytes[plain..sealed + length], sealed - plain) {
                Ok(Opened::Data(count)) => plain += count,
                Ok(Opened::Nothing) => {}
                Ok(Opened::End) => self.ended = Some(Ok(())),
                Err(error) => self.ended = Some(Err(error)),
            }
            sealed += length;
        }
        if self.ended.is_none() {
            self.incoming.keep(&bytes[sealed..]);
        }
        // Only what was found authentic counts.
        into.set_filled(begin + plain);
        Poll::Ready(Ok(()))
    }

    /// Hands what is sealed to the kernel, all of it.
    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.sent < self.outgoing.len() {
            let sent = ready!(Pin::new(&mut self.tcp).poll_write(cx, &self.outgoing[self.sent..]))?;
            if sent == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.sent += sent;
        }
        self.outgoing.clear();
        self.sent = 0;
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for DataStream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = into.filled().len();
        loop {
            let incoming = &mut this.incoming;
            let count = incoming.plain.len().min(into.remaining());
            into.put_slice(&incoming.buffer[incoming.plain.start..incoming.plain.start + count]);
            incoming.plain.start += count;
            if into.remaining() == 0 {
                return Poll::Ready(Ok(()));
            }
            let something = into.filled().len() > before;
            match this.ended {
                Some(Err(error)) if !something => return Poll::Ready(Err(invalid(error))),
                Some(_) => return Poll::Ready(Ok(())),
                None => {}
            }
            match this.open() {
                Ok(true) => {}
                Ok(false) if something => return Poll::Ready(Ok(())),
                Ok(false) if into.remaining() >= ROOMY => ready!(this.poll_read_roomy(cx, into))?,
                Ok(false) => ready!(this.poll_fill(cx))?,
                Err(error) => this.ended = Some(Err(error)),
            }
        }
    }
}

impl AsyncWrite for DataStream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        ready!(this.poll_send(cx))?;
        let taken = this.records.seal(slices, &mut this.outgoing, WRITE).map_err(invalid)?;
        // What doesn't go now goes with the next write or flush.
        match this.poll_send(cx) {
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            _ => Poll::Ready(Ok(taken)),
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().poll_send(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if !this.closing {
            this.closing = true;
            this.records.close(&mut this.outgoing).map_err(invalid)?;
        }
        ready!(this.poll_send(cx))?;
        Pin::new(&mut this.tcp).poll_shutdown(cx)
    }
}

/// Whoever has said all says so.
fn cut_off() -> io::Error {
    io::ErrorKind::UnexpectedEof.into()
}

fn invalid(error: impl std::error::Error + Send + Sync + 'static) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

#[cfg(test)]
mod tests;
