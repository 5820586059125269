//! This computer's key and certificate: made once, kept beside each other, never rebuilt.
//!
//! The folder holds `identity.pem` (key and certificate in one file, so that one rename makes both appear) and `machine`
//! (a hash of the machine's own id, so that a cloned disk is noticed).

use std::{
    ffi::OsStr,
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
};

use ring::digest;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, pem::PemObject as _};

use super::tls::fingerprint_of;
use crate::{
    platform::{
        files::{Folder, flush_file},
        home::create_private_dir,
    },
    protocol::Fingerprint,
};

const IDENTITY: &str = "identity.pem";
const MACHINE: &str = "machine";

/// A key and a certificate of a P-256 key take 1 KiB; anything much larger isn't ours.
const MAX_FILE: u64 = 64 * 1024;

/// From before computers to after us: the certificate's dates are not checked, and must not make others refuse it.
const VALID_YEARS: (i32, i32) = (1975, 4096);

/// Each failed try means that another start was quicker, and the next one finds what it made.
const MAX_TRIES: u32 = 10;

/// So many identities can be set aside before something else is wrong.
const MAX_SET_ASIDE: u32 = 1_000;

/// Who this computer is, with the proof.
#[derive(Debug)]
pub struct Identity {
    fingerprint: Fingerprint,
    certificate: CertificateDer<'static>,
    key: PrivatePkcs8KeyDer<'static>,
}

#[derive(Debug)]
pub struct Loaded {
    pub identity: Identity,
    /// Why a new identity was made, if one was.
    pub fresh: Option<Fresh>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fresh {
    FirstStart,
    /// The one that lay there belongs to another machine: this disk was cloned. It was set aside.
    OtherMachine,
    /// The one that lay there can't be read. It was set aside.
    Damaged,
}

/// Without an identity nobody can be spoken to.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IdentityError {
    #[error("the identity can't be read or written: {source}: {}", path.display())]
    Io { path: PathBuf, source: io::Error },
    #[error("no key can be made: {0}")]
    Key(#[from] rcgen::Error),
}

impl Identity {
    /// Loads the identity kept in `dir`, or makes one. `machine_id` is the machine's own id where it has one; only its
    /// hash is kept. Two that do this at the same moment come out with the same identity.
    pub fn load_or_create(dir: &Path, machine_id: Option<&str>) -> Result<Loaded, IdentityError> {
        let io_error = |source| IdentityError::Io { path: dir.to_path_buf(), source };
        create_private_dir(dir).map_err(io_error)?;
        let folder = Folder::open(dir).map_err(io_error)?;
        let machine = machine_id.map(mark_of);
        for _ in 0..MAX_TRIES {
            let kept = read(&folder, IDENTITY).map_err(io_error)?;
            let fresh = match &kept {
                None => Fresh::FirstStart,
                Some(bytes) => match Self::from_pem(bytes) {
                    None => Fresh::Damaged,
                    Some(identity) => {
                        let kept = read(&folder, MACHINE).map_err(io_error)?;
                        // Where either is unknown nothing speaks against it: never lose an identity for a lost mark.
                        match (&machine, kept) {
                            (Some(machine), Some(kept)) if kept != machine.as_bytes() => Fresh::OtherMachine,
                            _ => return Ok(Loaded { identity, fresh: None }),
                        }
                    }
                },
            };
            if let Some(bytes) = kept
                && !set_aside(&folder, IDENTITY, &bytes).map_err(io_error)?
            {
                continue;
            }
            // The mark first: an identity without its mark would be taken for this machine's on any clone.
            keep_mark(dir, &folder, machine.as_deref()).map_err(io_error)?;
            let identity = Self::generate()?;
            match write(dir, &folder, IDENTITY, identity.to_pem().as_bytes()) {
                Ok(()) => return Ok(Loaded { identity, fresh: Some(fresh) }),
                // Another start was quicker: its identity is this one's too.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(io_error(error)),
            }
        }
        Err(io_error(io::Error::other("another program makes identities here all the time")))
    }

    /// A new one, kept nowhere.
    pub fn generate() -> Result<Self, IdentityError> {
        let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256)?;
        let mut parameters = rcgen::CertificateParams::new(Vec::new())?;
        parameters.not_before = rcgen::date_time_ymd(VALID_YEARS.0, 1, 1);
        parameters.not_after = rcgen::date_time_ymd(VALID_YEARS.1, 1, 1);
        parameters.distinguished_name = rcgen::DistinguishedName::new();
        // The same for everybody: a name in it would tell every neighbour who this is before any handshake ends.
        parameters.distinguished_name.push(rcgen::DnType::CommonName, "Fantail");
        let certificate = parameters.self_signed(&key)?;
        let certificate = certificate.der().clone();
        Ok(Self { fingerprint: fingerprint_of(&certificate), certificate, key: key.serialize_der().into() })
    }

    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    pub(super) fn certificate(&self) -> CertificateDer<'static> {
        self.certificate.clone()
    }

    pub(super) fn key(&self) -> PrivateKeyDer<'static> {
        PrivateKeyDer::Pkcs8(self.key.clone_key())
    }

    fn from_pem(bytes: &[u8]) -> Option<Self> {
        let certificate = CertificateDer::from_pem_slice(bytes).ok()?;
        let key = PrivatePkcs8KeyDer::from_pem_slice(bytes).ok()?;
        // A key that is not this certificate's would fail at every handshake, in words nobody understands.
        let pair = rcgen::KeyPair::from_pkcs8_der_and_sign_algo(&key, &rcgen::PKCS_ECDSA_P256_SHA256).ok()?;
        let belongs = certificate.windows(pair.public_key_raw().len()).any(|part| part == pair.public_key_raw());
        belongs.then(|| Self { fingerprint: fingerprint_of(&certificate), certificate, key })
    }

    fn to_pem(&self) -> String {
        let block = |label: &str, der: &[u8]| {
            let mut text = format!("-----BEGIN {label}-----\n");
            for line in base64(der).as_bytes().chunks(64) {
                text.extend(line.iter().map(|byte| char::from(*byte)));
                text.push('\n');
            }
            text + &format!("-----END {label}-----\n")
        };
        block("PRIVATE KEY", self.key.secret_pkcs8_der()) + &block("CERTIFICATE", &self.certificate)
    }
}

/// RFC 4648 §4.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().fold(0u32, |group, byte| group << 8 | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let digit = DIGITS[(group >> (18 - 6 * place) & 63) as usize];
            text.push(if place <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    text
}

/// Not the id itself: other programs use it as a secret.
fn mark_of(machine_id: &str) -> String {
    let mut hash = digest::Context::new(&digest::SHA256);
    hash.update(b"fantail machine mark 1\0");
    hash.update(machine_id.as_bytes());
    hash.finish().as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn read(folder: &Folder, name: &str) -> io::Result<Option<Vec<u8>>> {
    let file = match folder.file(OsStr::new(name)) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut bytes = Vec::new();
    file.take(MAX_FILE).read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

/// Makes the mark of this machine the one that is kept.
fn keep_mark(dir: &Path, folder: &Folder, machine: Option<&str>) -> io::Result<()> {
    let kept = read(folder, MACHINE)?;
    if kept.as_deref() == machine.map(str::as_bytes) {
        return Ok(());
    }
    if let Some(kept) = kept {
        set_aside(folder, MACHINE, &kept)?;
    }
    match machine.map(|machine| write(dir, folder, MACHINE, machine.as_bytes())) {
        // By another start, which is on the same machine.
        Some(Err(error)) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other.unwrap_or(Ok(())),
    }
}

/// Complete and flushed before it has its name, which must be free. Nobody but this user can read it.
fn write(dir: &Path, folder: &Folder, name: &str, bytes: &[u8]) -> io::Result<()> {
    // Closed to others by itself, though the folder is already.
    let mut file = tempfile::Builder::new().prefix(".new-").tempfile_in(dir)?;
    file.write_all(bytes)?;
    flush_file(file.as_file())?;
    file.persist_noclobber(dir.join(name)).map_err(|error| error.error)?;
    folder.flush()
}

/// Renames what was read to the first free `name.old-N`. False if another start has put something else there meanwhile:
/// then that stays.
fn set_aside(folder: &Folder, name: &str, read_before: &[u8]) -> io::Result<bool> {
    for number in 1..=MAX_SET_ASIDE {
        let aside = format!("{name}.old-{number}");
        match folder.rename_new(OsStr::new(name), folder, OsStr::new(&aside)) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
            Err(error) => return Err(error),
            Ok(()) if read(folder, &aside)?.as_deref() == Some(read_before) => return Ok(true),
            Ok(()) => {
                folder.rename_new(OsStr::new(&aside), folder, OsStr::new(name))?;
                return Ok(false);
            }
        }
    }
    Err(io::Error::other("too many identities were set aside here"))
}
