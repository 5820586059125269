//! Frames over any stream of bytes: what control and data connections speak.

use std::{collections::VecDeque, io, io::IoSlice};

use bytes::{Buf as _, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadHalf, WriteHalf};

use crate::protocol::frame::{Decoder, Frame, FrameError, Stage};

/// A stream of frames in both directions.
///
/// Both halves can be used at the same time (`reader` and `writer` borrow apart), and everything here is cancel-safe:
/// a future that is dropped loses no byte of either direction.
#[derive(Debug)]
pub struct Framed<S> {
    pub reader: FrameReader<S>,
    pub writer: FrameWriter<S>,
}

impl<S: AsyncRead + AsyncWrite> Framed<S> {
    /// Over a stream on which nothing was read or written yet; the Hello comes first.
    pub fn new(stream: S) -> Self {
        let (read, write) = tokio::io::split(stream);
        Self {
            reader: FrameReader { stream: read, decoder: Decoder::new() },
            writer: FrameWriter { stream: write, queue: VecDeque::new(), small: BytesMut::new(), queued: 0 },
        }
    }

    /// The halves, for a task each.
    pub fn split(self) -> (FrameReader<S>, FrameWriter<S>) {
        (self.reader, self.writer)
    }
}

/// Why no more frames come.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    #[error("the connection failed")]
    Io(#[from] io::Error),
    /// Closed in the middle of a frame.
    #[error("the connection was cut off")]
    CutOff,
    #[error("not what the protocol says")]
    Frame(#[from] FrameError),
}

/// The incoming half.
#[derive(Debug)]
pub struct FrameReader<S> {
    stream: ReadHalf<S>,
    decoder: Decoder,
}

impl<S: AsyncRead> FrameReader<S> {
    /// The next frame; `None` when the other side has closed between two frames. Holds at most one frame of its kind's
    /// greatest length.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub async fn next(&mut self) -> Result<Option<Frame>, ReadError> {
        loop {
            if let Some(frame) = self.decoder.frame()? {
                return Ok(Some(frame));
            }
            if self.stream.read_buf(&mut self.decoder.space()).await? == 0 {
                return if self.decoder.is_between_frames() { Ok(None) } else { Err(ReadError::CutOff) };
            }
        }
    }

    /// From the next frame on, the kinds of this stage may come: after the Hello.
    pub fn enter(&mut self, stage: Stage) {
        self.decoder.enter(stage);
    }
}

/// Frames up to this length are gathered into one write; larger ones go as they are, without being copied.
const SMALL: usize = 4 * 1024;

/// Gathered frames are cut into pieces of about this: two TLS records.
const GATHERED: usize = 32 * 1024;

/// Slices of one vectored write.
const SLICES: usize = 16;

/// The outgoing half.
#[derive(Debug)]
pub struct FrameWriter<S> {
    stream: WriteHalf<S>,
    queue: VecDeque<Bytes>,
    /// Small frames behind the queue.
    small: BytesMut,
    queued: usize,
}

impl<S: AsyncWrite> FrameWriter<S> {
    /// Queues a frame; [`Self::flush`] writes it. The queue is bounded by whoever fills it: see [`Self::queued`].
    pub fn push(&mut self, frame: Frame) {
        self.queued += frame.wire_len();
        if frame.payload.len() <= SMALL {
            frame.encode(&mut self.small);
            if self.small.len() >= GATHERED {
                self.seal();
            }
        } else {
            self.small.extend_from_slice(&frame.header());
            self.seal();
            self.queue.push_back(frame.payload);
        }
    }

    /// Bytes that are queued.
    pub fn queued(&self) -> usize {
        self.queued
    }

    /// Hands everything that is queued to the stream and flushes that. A flush that was dropped half-way is taken up by
    /// the next.
    ///
    /// # Errors
    /// Those of the stream; the connection can't go on.
    pub async fn flush(&mut self) -> io::Result<()> {
        self.write().await?;
        self.stream.flush().await
    }

    /// Hands everything that is queued to the stream, which may still hold some of it: for many frames in a row. The end
    /// needs a [`Self::flush`]. As that, it can be dropped and taken up again.
    ///
    /// # Errors
    /// Those of the stream; the connection can't go on.
    pub async fn write(&mut self) -> io::Result<()> {
        self.seal();
        while self.queued > 0 {
            let mut slices = [IoSlice::new(&[]); SLICES];
            let mut count = 0;
            for (slice, piece) in slices.iter_mut().zip(&self.queue) {
                *slice = IoSlice::new(piece);
                count += 1;
            }
            let mut written = self.stream.write_vectored(&slices[..count]).await?;
            if written == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
            self.queued = self.queued.saturating_sub(written);
            while let Some(first) = self.queue.front_mut().filter(|_| written > 0) {
                let step = written.min(first.len());
                first.advance(step);
                written -= step;
                if first.is_empty() {
                    self.queue.pop_front();
                }
            }
        }
        Ok(())
    }

    /// Writes what is queued and says that nothing more comes.
    ///
    /// # Errors
    /// Those of the stream.
    pub async fn close(&mut self) -> io::Result<()> {
        self.flush().await?;
        self.stream.shutdown().await
    }

    fn seal(&mut self) {
        if !self.small.is_empty() {
            self.queue.push_back(self.small.split().freeze());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::protocol::frame::Kind;

    fn frame(kind: Kind, payload: impl Into<Bytes>) -> Frame {
        Frame { kind, payload: payload.into() }
    }

    fn data(reader: &mut FrameReader<tokio::io::DuplexStream>) {
        reader.enter(Stage::DataIn);
    }

    #[tokio::test]
    async fn frames_of_all_sizes_arrive_in_order_however_narrow_the_stream() {
        for width in [1, 7, 4096, 1 << 20] {
            let (one, other) = tokio::io::duplex(width);
            let (mut one, mut other) = (Framed::new(one), Framed::new(other));
            data(&mut other.reader);
            let sizes = [0, 1, 4095, 4096, 4097, 100_000, 3, 2, 300_000, 0];
            let frames: Vec<_> =
                sizes.iter().enumerate().map(|(n, &size)| frame(Kind::Chunk, vec![n as u8; size])).collect();
            let expected = frames.clone();
            let send = async {
                for frame in frames {
                    one.writer.push(frame);
                    one.writer.write().await.unwrap();
                }
                one.writer.close().await.unwrap();
            };
            let receive = async {
                for frame in expected {
                    assert_eq!(other.reader.next().await.unwrap(), Some(frame));
                }
                assert_eq!(other.reader.next().await.unwrap(), None);
            };
            tokio::join!(send, receive);
            assert_eq!(one.writer.queued(), 0);
        }
    }

    #[tokio::test]
    async fn reads_and_flushes_that_are_dropped_lose_nothing() {
        let (one, other) = tokio::io::duplex(100);
        let (mut one, mut other) = (Framed::new(one), Framed::new(other));
        data(&mut other.reader);
        let payload: Vec<u8> = (0..50_000_u32).map(|n| n as u8).collect();
        one.writer.push(frame(Kind::Chunk, payload.clone()));
        one.writer.push(frame(Kind::End, &b""[..]));
        let mut got = Vec::new();
        while got.len() < 2 {
            // Both futures are dropped over and over, most of them half-way.
            let write = async {
                one.writer.flush().await.unwrap();
                std::future::pending::<()>().await;
            };
            tokio::select! {
                biased;
                () = async { for _ in 0..3 { tokio::task::yield_now().await } } => {}
                () = write => {}
                frame = other.reader.next() => got.push(frame.unwrap().unwrap()),
            }
        }
        assert_eq!(got, [frame(Kind::Chunk, payload), frame(Kind::End, &b""[..])]);
    }

    #[tokio::test]
    async fn a_connection_cut_in_the_middle_of_a_frame_is_told_from_a_closed_one() {
        let (mut one, other) = tokio::io::duplex(100);
        let mut other = Framed::new(other);
        data(&mut other.reader);
        one.write_all(&[0, 0, 0, 9, Kind::Chunk as u8, 1, 2]).await.unwrap();
        drop(one);
        assert!(matches!(other.reader.next().await, Err(ReadError::CutOff)));
    }

    #[tokio::test]
    async fn a_length_beyond_its_kinds_bound_is_refused_before_its_bytes_come() {
        let (mut one, other) = tokio::io::duplex(100);
        let mut other = Framed::new(other);
        data(&mut other.reader);
        one.write_all(&[0xFF, 0xFF, 0xFF, 0xFF, Kind::Chunk as u8]).await.unwrap();
        let next = tokio::time::timeout(Duration::from_secs(5), other.reader.next()).await.unwrap();
        assert!(matches!(next, Err(ReadError::Frame(FrameError::TooLong { .. }))));
    }
}
