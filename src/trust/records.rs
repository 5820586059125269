//! TLS 1.3's protection of records (RFC 8446, section 5) for connections that carry files, with the keys of a handshake
//! that rustls made and goes on to update.
//!
//! rustls hands every byte it opens over in a buffer of its own, from which it must be copied; here records are opened
//! where they were read, one close behind the other, and sealed where they are written from. ARCHITECTURE.md has the
//! measurement that justifies it.

use std::io::IoSlice;

use ring::aead::{
    AES_128_GCM, AES_256_GCM, Aad, Algorithm, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey,
};
use rustls::{
    ConnectionTrafficSecrets, ExtractedSecrets, client::ClientConnectionData, kernel::KernelConnection,
    server::ServerConnectionData,
};

/// Before each record: its type, a version that means nothing any more, and the length of what follows.
const HEADER_LEN: usize = 5;
/// Plaintext of one record (RFC 8446, section 5.1).
pub const MAX_PLAIN: usize = 1 << 14;
/// The tag of every cipher of TLS 1.3 that we offer.
const TAG_LEN: usize = 16;
/// The real content type, behind the plaintext.
const TYPE_LEN: usize = 1;
/// What may follow a header (RFC 8446, section 5.2).
const MAX_SEALED: usize = MAX_PLAIN + 256;
/// The longest record there is.
pub const MAX_RECORD: usize = HEADER_LEN + MAX_SEALED;
/// What sealing adds to the bytes of one record.
pub const OVERHEAD: usize = HEADER_LEN + TYPE_LEN + TAG_LEN;

/// Records that one key may seal: AES-GCM stays safe for 2^24.5 of full length (RFC 8446, section 5.5).
const RECORDS_PER_KEY: u64 = 1 << 24;

const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;
const APPLICATION_DATA: u8 = 23;

/// The one alert that is no failure.
const CLOSE_NOTIFY: u8 = 0;
const WARNING: u8 = 1;

const NEW_SESSION_TICKET: u8 = 4;
const KEY_UPDATE: u8 = 24;
/// A KeyUpdate that asks for none in return.
const KEY_UPDATE_MESSAGE: [u8; 5] = [KEY_UPDATE, 0, 0, 1, 0];

/// Why no more records can be opened or sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    #[error("a record is longer or shorter than allowed, or of a kind that doesn't belong here")]
    Malformed,
    #[error("a record was changed or made by somebody else")]
    NotAuthentic,
    #[error("the other side reported a failure of TLS ({0})")]
    Alert(u8),
    #[error("new keys could not be made")]
    Keys,
}

/// What was in a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opened {
    /// So many bytes, which begin what was handed over.
    Data(usize),
    /// Nothing for whoever reads: the other side changed its keys, say.
    Nothing,
    /// Nothing more comes.
    End,
}

/// The length of the record that begins `bytes`, as soon as its header is there.
///
/// # Errors
/// [`RecordError::Malformed`] when there is no such record after a handshake.
pub fn record_len(bytes: &[u8]) -> Result<Option<usize>, RecordError> {
    let Some(&[kind, _, _, high, low]) = bytes.first_chunk::<HEADER_LEN>() else { return Ok(None) };
    let sealed = usize::from(u16::from_be_bytes([high, low]));
    if kind == APPLICATION_DATA && (TYPE_LEN + TAG_LEN..=MAX_SEALED).contains(&sealed) {
        Ok(Some(HEADER_LEN + sealed))
    } else {
        Err(RecordError::Malformed)
    }
}

/// Both directions of one connection after its handshake.
#[derive(Debug)]
pub struct Records {
    open: Half,
    seal: Half,
    schedule: Schedule,
    records_per_key: u64,
    /// The other side asked for new keys of ours.
    update_due: bool,
}

impl Records {
    /// From what rustls gives at the end of a handshake.
    ///
    /// # Errors
    /// [`RecordError::Keys`] for a cipher that TLS 1.3 doesn't have.
    pub fn new(secrets: ExtractedSecrets, schedule: Schedule) -> Result<Self, RecordError> {
        Ok(Self {
            open: Half::new(secrets.rx)?,
            seal: Half::new(secrets.tx)?,
            schedule,
            records_per_key: RECORDS_PER_KEY,
            update_due: false,
        })
    }

    /// Opens the one whole record that begins at `at` and ends `bytes`. What was in it then begins `bytes`, so that it
    /// follows what was opened before without being copied; what stood there is lost.
    ///
    /// # Errors
    /// See [`RecordError`]; the connection can't go on.
    pub fn open(&mut self, bytes: &mut [u8], at: usize) -> Result<Opened, RecordError> {
        let record = bytes.get(at..).unwrap_or_default();
        let header = *record.first_chunk::<HEADER_LEN>().ok_or(RecordError::Malformed)?;
        if record_len(record)? != Some(record.len()) {
            return Err(RecordError::Malformed);
        }
        let padded = self.open.open(&header, bytes, at + HEADER_LEN)?;
        let end = padded.iter().rposition(|byte| *byte != 0).ok_or(RecordError::Malformed)?;
        if end > MAX_PLAIN {
            return Err(RecordError::Malformed);
        }
        match padded[end] {
            APPLICATION_DATA => Ok(Opened::Data(end)),
            ALERT => match padded[..end] {
                [_, CLOSE_NOTIFY] => Ok(Opened::End),
                [_, alert] => Err(RecordError::Alert(alert)),
                _ => Err(RecordError::Malformed),
            },
            HANDSHAKE => {
                let messages = padded[..end].to_vec();
                self.handshake(&messages).map(|()| Opened::Nothing)
            }
            _ => Err(RecordError::Malformed),
        }
    }

    /// Whole messages only: none that may come here is long enough to need a second record.
    fn handshake(&mut self, mut messages: &[u8]) -> Result<(), RecordError> {
        if messages.is_empty() {
            return Err(RecordError::Malformed);
        }
        while let Some((&[kind, a, b, c], rest)) = messages.split_first_chunk() {
            let length = u32::from_be_bytes([0, a, b, c]) as usize;
            let (body, rest) = rest.split_at_checked(length).ok_or(RecordError::Malformed)?;
            match (kind, body) {
                // The old keys end with this message, so nothing may follow it in its record.
                (KEY_UPDATE, &[asks @ (0 | 1)]) if rest.is_empty() => {
                    self.open = Half::new(self.schedule.update_rx()?)?;
                    self.update_due |= asks == 1;
                }
                // Nothing here is ever resumed.
                (NEW_SESSION_TICKET, _) => {}
                _ => return Err(RecordError::Malformed),
            }
            messages = rest;
        }
        if messages.is_empty() { Ok(()) } else { Err(RecordError::Malformed) }
    }

    /// Seals from `slices` what fits into `most` bytes behind `out`, and tells how many bytes of them that was.
    ///
    /// # Errors
    /// See [`RecordError`]; the connection can't go on.
    pub fn seal(&mut self, slices: &[IoSlice<'_>], out: &mut Vec<u8>, most: usize) -> Result<usize, RecordError> {
        let end = out.len() + most;
        let mut taken = 0;
        let mut slices = slices.iter().map(|slice| &**slice).filter(|slice| !slice.is_empty());
        let mut slice: &[u8] = slices.next().unwrap_or_default();
        while !slice.is_empty() && out.len() + OVERHEAD < end {
            if self.update_due || self.seal.sequence >= self.records_per_key {
                self.update(out)?;
            }
            let begin = self.begin(out);
            let mut room = MAX_PLAIN.min(end.saturating_sub(out.len() + TYPE_LEN + TAG_LEN));
            while room > 0 && !slice.is_empty() {
                let (now, later) = slice.split_at(room.min(slice.len()));
                out.extend_from_slice(now);
                taken += now.len();
                room -= now.len();
                slice = if later.is_empty() { slices.next().unwrap_or_default() } else { later };
            }
            self.finish(APPLICATION_DATA, out, begin)?;
        }
        Ok(taken)
    }

    /// Appends the record that says that nothing more comes.
    ///
    /// # Errors
    /// See [`RecordError`].
    pub fn close(&mut self, out: &mut Vec<u8>) -> Result<(), RecordError> {
        self.message(ALERT, &[WARNING, CLOSE_NOTIFY], out)
    }

    /// Takes new keys for what is sealed from here on, and says so with the old ones.
    fn update(&mut self, out: &mut Vec<u8>) -> Result<(), RecordError> {
        self.message(HANDSHAKE, &KEY_UPDATE_MESSAGE, out)?;
        self.seal = Half::new(self.schedule.update_tx()?)?;
        self.update_due = false;
        Ok(())
    }

    fn message(&mut self, kind: u8, content: &[u8], out: &mut Vec<u8>) -> Result<(), RecordError> {
        let begin = self.begin(out);
        out.extend_from_slice(content);
        self.finish(kind, out, begin)
    }

    /// Where the record begins whose plaintext is appended next.
    fn begin(&self, out: &mut Vec<u8>) -> usize {
        let begin = out.len();
        out.extend_from_slice(&[APPLICATION_DATA, 3, 3, 0, 0]);
        begin
    }

    fn finish(&mut self, kind: u8, out: &mut Vec<u8>, begin: usize) -> Result<(), RecordError> {
        out.push(kind);
        let sealed = u16::try_from(out.len() - begin - HEADER_LEN + TAG_LEN).map_err(|_| RecordError::Malformed)?;
        let (header, plain) = out[begin..].split_at_mut(HEADER_LEN);
        header[3..].copy_from_slice(&sealed.to_be_bytes());
        let tag = self.seal.seal(header, plain)?;
        out.extend_from_slice(&tag);
        Ok(())
    }
}

/// One direction: a key, and the number of the next record.
struct Half {
    key: LessSafeKey,
    iv: [u8; NONCE_LEN],
    sequence: u64,
}

impl Half {
    fn new((sequence, secrets): (u64, ConnectionTrafficSecrets)) -> Result<Self, RecordError> {
        let (algorithm, key, iv): (&'static Algorithm, _, _) = match &secrets {
            ConnectionTrafficSecrets::Aes128Gcm { key, iv } => (&AES_128_GCM, key, iv),
            ConnectionTrafficSecrets::Aes256Gcm { key, iv } => (&AES_256_GCM, key, iv),
            ConnectionTrafficSecrets::Chacha20Poly1305 { key, iv } => (&CHACHA20_POLY1305, key, iv),
            _ => return Err(RecordError::Keys),
        };
        let key = UnboundKey::new(algorithm, key.as_ref()).map_err(|_| RecordError::Keys)?;
        let iv = iv.as_ref().try_into().map_err(|_| RecordError::Keys)?;
        Ok(Self { key: LessSafeKey::new(key), iv, sequence })
    }

    /// The next record's nonce: its number in the vector's last bytes (RFC 8446, section 5.3). No number comes twice.
    fn nonce(&mut self) -> Result<Nonce, RecordError> {
        let mut nonce = self.iv;
        for (byte, number) in nonce[NONCE_LEN - size_of::<u64>()..].iter_mut().zip(self.sequence.to_be_bytes()) {
            *byte ^= number;
        }
        self.sequence = self.sequence.checked_add(1).ok_or(RecordError::Keys)?;
        Ok(Nonce::assume_unique_for_key(nonce))
    }

    fn open<'b>(&mut self, header: &[u8], bytes: &'b mut [u8], sealed: usize) -> Result<&'b [u8], RecordError> {
        let nonce = self.nonce()?;
        let plain = self.key.open_within(nonce, Aad::from(header), bytes, sealed..);
        plain.map(|plain| &*plain).map_err(|_| RecordError::NotAuthentic)
    }

    fn seal(&mut self, header: &[u8], plain: &mut [u8]) -> Result<[u8; TAG_LEN], RecordError> {
        let nonce = self.nonce()?;
        let tag = self.key.seal_in_place_separate_tag(nonce, Aad::from(header), plain);
        let tag = tag.map_err(|_| RecordError::Keys)?;
        tag.as_ref().try_into().map_err(|_| RecordError::Keys)
    }
}

impl std::fmt::Debug for Half {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Nothing that could help to read what was sent.
        f.debug_struct("Half").field("sequence", &self.sequence).finish_non_exhaustive()
    }
}

/// rustls' part after the handshake: the keys that follow the first ones.
pub enum Schedule {
    Client(KernelConnection<ClientConnectionData>),
    Server(KernelConnection<ServerConnectionData>),
}

impl Schedule {
    fn update_rx(&mut self) -> Result<(u64, ConnectionTrafficSecrets), RecordError> {
        match self {
            Self::Client(connection) => connection.update_rx_secret(),
            Self::Server(connection) => connection.update_rx_secret(),
        }
        .map_err(|_| RecordError::Keys)
    }

    fn update_tx(&mut self) -> Result<(u64, ConnectionTrafficSecrets), RecordError> {
        match self {
            Self::Client(connection) => connection.update_tx_secret(),
            Self::Server(connection) => connection.update_tx_secret(),
        }
        .map_err(|_| RecordError::Keys)
    }
}

impl std::fmt::Debug for Schedule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Schedule")
    }
}

#[cfg(test)]
mod tests;
