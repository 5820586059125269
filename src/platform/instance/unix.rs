//! A socket file in a folder that only this account can enter.

use std::{
    ffi::{OsStr, OsString},
    io,
    os::unix::{
        ffi::OsStrExt as _,
        fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _},
        net::{UnixListener, UnixStream},
    },
    path::{Path, PathBuf},
};

pub(super) type Socket = UnixStream;

#[derive(Debug)]
pub(super) struct ListeningSocket {
    socket: UnixListener,
    path: PathBuf,
}

impl ListeningSocket {
    /// A socket whose name follows from the file that will tell it, so that one left behind is replaced.
    pub(super) fn open(told: &Path) -> io::Result<Self> {
        let name: OsString = blake3::hash(told.as_os_str().as_bytes()).to_hex()[..16].to_owned().into();
        let path = short_private_dir()?.join(name);
        // Whoever left it there is gone: the lock is ours.
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let socket = UnixListener::bind(&path)?;
        // Before this nobody else could enter the folder either.
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
        Ok(Self { socket, path })
    }

    pub(super) fn address(&self) -> Vec<u8> {
        self.path.as_os_str().as_bytes().to_vec()
    }

    pub(super) fn accept(&self) -> io::Result<Socket> {
        let (socket, _) = self.socket.accept()?;
        check_account(&socket)?;
        Ok(socket)
    }

    pub(super) fn remove(&self) {
        std::fs::remove_file(&self.path).ok();
    }
}

pub(super) fn connect(address: &[u8]) -> io::Result<Socket> {
    let socket = UnixStream::connect(OsStr::from_bytes(address))?;
    check_account(&socket)?;
    Ok(socket)
}

/// Both ends must belong to this account.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn check_account(socket: &Socket) -> io::Result<()> {
    let other = rustix::net::sockopt::socket_peercred(socket)?.uid;
    if other == rustix::process::geteuid() {
        return Ok(());
    }
    Err(io::Error::new(io::ErrorKind::PermissionDenied, "another account spoke at this program's socket"))
}

/// Elsewhere the rights of the socket and its folder keep other accounts out.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn check_account(_: &Socket) -> io::Result<()> {
    Ok(())
}

/// A folder that only this account can enter, with a path short enough to leave room for a socket's name.
fn short_private_dir() -> io::Result<PathBuf> {
    if let Some(runtime) = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from)
        && runtime.is_absolute()
        && runtime.as_os_str().len() <= MAX_DIR
        && let Ok(dir) = private(&runtime.join("fantail"))
    {
        return Ok(dir);
    }
    private(Path::new(&format!("/tmp/fantail-{}", rustix::process::geteuid().as_raw())))
}

/// The system's limit is 104 on macOS and 108 on Linux; minus "/fantail/" and a name of 16.
const MAX_DIR: usize = 78;

/// Makes the folder, or makes sure that nobody else put it there or can enter it.
fn private(dir: &Path) -> io::Result<PathBuf> {
    match std::fs::DirBuilder::new().mode(0o700).create(dir) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    let about = dir.symlink_metadata()?;
    if !about.is_dir() || about.uid() != rustix::process::geteuid().as_raw() {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "the folder for sockets is somebody else's"));
    }
    if about.mode() & 0o077 != 0 {
        std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o700))?;
    }
    Ok(dir.to_path_buf())
}
