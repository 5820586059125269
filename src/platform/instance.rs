//! One running window per home, and the way to reach it.
//!
//! A lock on a file in the home says who is first; the system lets go of it when its holder ends in whatever way, so
//! nothing stale is ever in the way. The first one listens on a socket, and writes beside the lock how to reach it.
//! Only the same account can: the files are owner-only, and each end checks who the other is.
//!
//! - Unix: a socket file (0600) in a private folder with a short path, because socket paths are limited to about 100
//!   bytes; both ends check the other's account where the system tells it.
//! - Windows: a port on loopback and a secret, which is the first thing said; both are in a file that only this account
//!   can read.
#![forbid(unsafe_code)]

use std::{
    fs::{File, OpenOptions},
    io::{self, Read, Write},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use super::{home::Home, private::make_folder};

#[cfg(test)]
mod tests;
#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
use unix as system;
#[cfg(windows)]
use windows as system;

/// Who is first.
#[derive(Debug)]
pub enum Claim {
    /// Nobody else runs with this home, and nobody can while the listener lives.
    First(Listener),
    /// One runs already; this reaches it.
    Running(Stream),
}

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InstanceError {
    /// The home's folder or its lock can't be made.
    #[error("cannot use the folder of this program: {source}: {}", path.display())]
    Home { path: PathBuf, source: io::Error },
    /// Another holds the lock but does not answer: it is starting, ending, stuck, or runs on another computer that
    /// shares this folder.
    #[error("another Fantail with this home is running but does not answer")]
    Silent,
    #[error("cannot listen for other windows: {0}")]
    Listen(io::Error),
}

/// Becomes the one for this home, or reaches the one that is. Waits up to [`PATIENCE`] for one that is just starting or
/// ending.
pub fn claim(home: &Home) -> Result<Claim, InstanceError> {
    let places = Places::of(home)?;
    let until = Instant::now() + PATIENCE;
    loop {
        if let Some(lock) = places.try_lock()? {
            return Listener::start(&places, lock).map(Claim::First);
        }
        if let Some(stream) = places.reach() {
            return Ok(Claim::Running(stream));
        }
        if Instant::now() >= until {
            return Err(InstanceError::Silent);
        }
        thread::sleep(POLL);
    }
}

/// Reaches the one that runs with this home, if there is one, without becoming it. Makes nothing on the disk.
pub fn running(home: &Home) -> Option<Stream> {
    Places::named(home).reach()
}

/// How long one that holds the lock may take to answer: enough to start listening, or to end.
pub const PATIENCE: Duration = Duration::from_secs(3);

/// Between two tries.
const POLL: Duration = Duration::from_millis(20);

/// One conversation with the other program of this account: blocking, ordered bytes. Cloning shares the conversation.
#[derive(Debug)]
pub struct Stream(system::Socket);

impl Stream {
    /// Reading fails with `WouldBlock` or `TimedOut` after so long; `None` waits for ever. Zero is refused.
    pub fn set_read_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        self.0.set_read_timeout(timeout)
    }

    /// The same for writing.
    pub fn set_write_timeout(&self, timeout: Option<Duration>) -> io::Result<()> {
        self.0.set_write_timeout(timeout)
    }

    /// For reading on one thread and writing on another.
    pub fn try_clone(&self) -> io::Result<Self> {
        self.0.try_clone().map(Self)
    }

    /// Ends both directions; a reader on another thread sees the end.
    pub fn shutdown(&self) {
        self.0.shutdown(std::net::Shutdown::Both).ok();
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.read(buffer)
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Holds the home, and waits for other programs of this account that use it.
#[derive(Debug)]
pub struct Listener {
    socket: system::ListeningSocket,
    stopper: Stopper,
    /// Where the address is told; removed at the end.
    told: PathBuf,
    /// Let go last.
    _lock: File,
}

impl Listener {
    fn start(places: &Places, lock: File) -> Result<Self, InstanceError> {
        let socket = system::ListeningSocket::open(&places.told).map_err(InstanceError::Listen)?;
        let address = socket.address();
        let stopper = Stopper { stopped: Arc::new(AtomicBool::new(false)), address: address.clone().into() };
        let listener = Self { socket, stopper, told: places.told.clone(), _lock: lock };
        tell(&places.told, &address).map_err(InstanceError::Listen)?;
        Ok(listener)
    }

    /// Waits for the next one; `None` once it was stopped. Blocks, so it belongs on a thread of its own.
    pub fn accept(&self) -> Option<Stream> {
        loop {
            let next = self.socket.accept();
            if self.stopper.stopped.load(Ordering::Acquire) {
                return None;
            }
            match next {
                Ok(socket) => return Some(Stream(socket)),
                // Another account, a wrong secret, or gone again.
                Err(error) if error.kind() == io::ErrorKind::PermissionDenied => log::warn!("{error}"),
                Err(error) => {
                    // Out of file descriptors, most likely: a moment later it may work.
                    log::debug!("no conversation came about: {error}");
                    thread::sleep(POLL);
                }
            }
        }
    }

    /// Stops [`Self::accept`] from another thread.
    pub fn stopper(&self) -> Stopper {
        self.stopper.clone()
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        std::fs::remove_file(&self.told).ok();
        self.socket.remove();
    }
}

/// Stops a listener.
#[derive(Clone, Debug)]
pub struct Stopper {
    stopped: Arc<AtomicBool>,
    address: Arc<[u8]>,
}

impl Stopper {
    /// The listener's `accept` returns `None` from now on, also the one that waits just now.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Release);
        // Wakes the one that waits.
        system::connect(&self.address).ok();
    }
}

/// The two files in the home.
struct Places {
    lock: PathBuf,
    /// How the socket is reached.
    told: PathBuf,
}

impl Places {
    fn named(home: &Home) -> Self {
        let dir = home.private_dir();
        Self { lock: dir.join("running.lock"), told: dir.join("running") }
    }

    fn of(home: &Home) -> Result<Self, InstanceError> {
        let dir = home.private_dir();
        make_folder(dir).map_err(|source| InstanceError::Home { path: dir.to_path_buf(), source })?;
        Ok(Self::named(home))
    }

    /// The lock, unless another holds it.
    fn try_lock(&self) -> Result<Option<File>, InstanceError> {
        let failed = |source| InstanceError::Home { path: self.lock.clone(), source };
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&self.lock).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(std::fs::TryLockError::WouldBlock) => Ok(None),
            Err(std::fs::TryLockError::Error(source)) => Err(failed(source)),
        }
    }

    fn reach(&self) -> Option<Stream> {
        let address = read_small(&self.told)?;
        system::connect(&address).ok().map(Stream)
    }
}

/// Writes the address for others in one step, so that nobody reads half of it.
fn tell(told: &Path, address: &[u8]) -> io::Result<()> {
    let dir = told.parent().ok_or(io::ErrorKind::InvalidInput)?;
    // Made 0600.
    let mut file = tempfile::NamedTempFile::new_in(dir)?;
    file.write_all(address)?;
    file.persist(told)?;
    Ok(())
}

fn read_small(path: &Path) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    // Longer than any socket's path.
    File::open(path).ok()?.take(4096).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}
