//! Showing and opening things with the system's own programs.
//!
//! Nothing here makes the caller wait: each call works on a short thread of its own and tells the outcome from there.
#![forbid(unsafe_code)]

use std::{
    io,
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use super::runnable;

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// Opened with the program that the system has for it.
    Opened,
    /// Shown in its folder.
    Revealed,
    /// It could run as a program, so it was shown in its folder instead of being opened.
    RevealedInstead,
}

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RevealError {
    /// It was moved or deleted.
    #[error("it is not there any more: {}", .0.display())]
    Gone(PathBuf),
    /// Only links to web pages and mail addresses are opened.
    #[error("this link is not opened")]
    LinkRefused,
    #[error("the system's program could not be started: {0}")]
    Failed(String),
    /// Several are being opened already.
    #[error("too much is being opened at once")]
    Busy,
}

pub type Outcome = Result<Shown, RevealError>;

/// Shows the file or folder in the system's file manager, selected where the system can.
pub fn reveal(path: impl Into<PathBuf>, then: impl FnOnce(Outcome) + Send + 'static) {
    let path = path.into();
    on_a_thread(then, move || reveal_now(&path).map(|()| Shown::Revealed));
}

/// Opens the file or folder with the system's program for it, as a double click would, unless it could run as a program
/// ([`runnable`] says what that is and why); then it is revealed instead.
pub fn open(path: impl Into<PathBuf>, then: impl FnOnce(Outcome) + Send + 'static) {
    let path = path.into();
    on_a_thread(then, move || {
        // What is judged is what is opened: links are followed before.
        let path = existing(&path)?;
        if runnable::could_run(&path) {
            return reveal_now(&path).map(|()| Shown::RevealedInstead);
        }
        opener::open(plain(path)).map(|()| Shown::Opened).map_err(|error| RevealError::Failed(error.to_string()))
    });
}

/// Opens a web page or starts a mail. Other kinds of links are refused: they can start any program.
pub fn open_link(link: &str, then: impl FnOnce(Outcome) + Send + 'static) {
    let link = is_safe_link(link).then(|| link.to_owned());
    on_a_thread(then, move || {
        let link = link.ok_or(RevealError::LinkRefused)?;
        opener::open_browser(link).map(|()| Shown::Opened).map_err(|error| RevealError::Failed(error.to_string()))
    });
}

/// Whether a link may be opened: `http:`, `https:` or `mailto:` with something behind it, of bounded length, without
/// blanks and control characters (which could end it early for another program).
pub fn is_safe_link(link: &str) -> bool {
    let lower = link.get(..8.min(link.len())).unwrap_or_default().to_ascii_lowercase();
    let rest = ["http://", "https://", "mailto:"].iter().find_map(|scheme| {
        // `get` because the eight bytes may cut a character of what follows.
        lower.starts_with(scheme).then(|| &link[scheme.len()..])
    });
    link.len() <= MAX_LINK
        && rest.is_some_and(|rest| rest.starts_with(|c: char| c.is_alphanumeric() || c == '['))
        && !link.chars().any(|c| c.is_whitespace() || c.is_control() || matches!(c, '"' | '<' | '>' | '\\' | '`'))
}

/// The longest address that browsers take; in bytes.
const MAX_LINK: usize = 8 * 1024;

/// Threads at once: a file manager that hangs must not collect them.
const AT_ONCE: usize = 8;

fn on_a_thread<T: FnOnce(Outcome) + Send + 'static>(then: T, work: impl FnOnce() -> Outcome + Send + 'static) {
    static RUNNING: AtomicUsize = AtomicUsize::new(0);

    struct Slot;
    impl Drop for Slot {
        fn drop(&mut self) {
            RUNNING.fetch_sub(1, Ordering::Relaxed);
        }
    }

    let before = RUNNING.fetch_add(1, Ordering::Relaxed);
    let slot = Slot;
    if before >= AT_ONCE {
        drop(slot);
        then(Err(RevealError::Busy));
        return;
    }
    // The callback goes to the thread by a channel, so that it is still here if no thread can be had.
    let (give, take) = flume::bounded::<T>(1);
    let run = move || {
        if let Ok(then) = take.recv() {
            let outcome = work();
            drop(slot);
            if let Err(error) = &outcome {
                log::warn!("{error}");
            }
            then(outcome);
        }
    };
    match thread::Builder::new().name("fantail-reveal".to_owned()).spawn(run) {
        Ok(_) => give.send(then).unwrap_or_default(),
        Err(error) => then(Err(RevealError::Failed(error.to_string()))),
    }
}

fn existing(path: &Path) -> Result<PathBuf, RevealError> {
    path.canonicalize().map_err(|error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => RevealError::Gone(path.to_path_buf()),
        _ => RevealError::Failed(error.to_string()),
    })
}

/// Windows writes canonical paths in a way that some programs don't take: `\\?\C:\…` for `C:\…`.
fn plain(path: PathBuf) -> PathBuf {
    /// Longer ones need the other way of writing.
    const MAX: usize = 240;
    let short = path.to_str().and_then(|text| text.strip_prefix(r"\\?\")).filter(|rest| {
        let drive = rest.as_bytes();
        drive.len() > 2 && drive.len() < MAX && drive[0].is_ascii_alphabetic() && &drive[1..3] == br":\"
    });
    short.map(PathBuf::from).unwrap_or(path)
}

fn reveal_now(path: &Path) -> Result<(), RevealError> {
    // Not canonical: the person knows the place by its own name.
    let path = std::path::absolute(path).map_err(|error| RevealError::Failed(error.to_string()))?;
    if path.symlink_metadata().is_err() {
        return Err(RevealError::Gone(path));
    }
    select_in_file_manager(&path)
}

fn open_folder_of(path: &Path) -> Result<(), RevealError> {
    let folder = path.parent().unwrap_or(path);
    opener::open(folder).map_err(|error| RevealError::Failed(error.to_string()))
}

/// The file manager's own interface; where there is none, the folder is opened without selecting anything in it.
#[cfg(all(unix, not(target_os = "macos")))]
fn select_in_file_manager(path: &Path) -> Result<(), RevealError> {
    let asked = (|| -> zbus::Result<()> {
        let connection =
            zbus::blocking::connection::Builder::session()?.method_timeout(FILE_MANAGER_PATIENCE).build()?;
        connection.call_method(
            Some("org.freedesktop.FileManager1"),
            "/org/freedesktop/FileManager1",
            Some("org.freedesktop.FileManager1"),
            "ShowItems",
            &(&[file_uri(path)][..], ""),
        )?;
        Ok(())
    })();
    asked.or_else(|error| {
        log::info!("no file manager shows a single file: {error}");
        open_folder_of(path)
    })
}

/// A file manager that has to be started first needs a moment.
#[cfg(all(unix, not(target_os = "macos")))]
const FILE_MANAGER_PATIENCE: std::time::Duration = std::time::Duration::from_secs(10);

/// `file:///…` with everything but the plainest characters escaped.
#[cfg(all(unix, not(target_os = "macos")))]
fn file_uri(path: &Path) -> String {
    use std::{fmt::Write as _, os::unix::ffi::OsStrExt as _};

    let mut uri = String::from("file://");
    for &byte in path.as_os_str().as_bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' | b'~' => uri.push(byte.into()),
            _ => write!(uri, "%{byte:02X}").unwrap_or_default(),
        }
    }
    uri
}

#[cfg(target_os = "macos")]
fn select_in_file_manager(path: &Path) -> Result<(), RevealError> {
    match std::process::Command::new("/usr/bin/open").arg("-R").arg(path).status() {
        Ok(status) if status.success() => Ok(()),
        _ => open_folder_of(path),
    }
}

#[cfg(windows)]
fn select_in_file_manager(path: &Path) -> Result<(), RevealError> {
    use std::os::windows::process::CommandExt as _;

    // Explorer reads its command line itself: the quotes belong around the path alone. A path on Windows has no quotes.
    let mut argument = std::ffi::OsString::from("/select,\"");
    argument.push(path);
    argument.push("\"");
    // It returns 1 even when all went well, so its status says nothing.
    match std::process::Command::new("explorer.exe").raw_arg(argument).spawn() {
        Ok(mut explorer) => {
            explorer.wait().ok();
            Ok(())
        }
        Err(_) => open_folder_of(path),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn links_to_pages_and_mail_are_opened() {
        for link in [
            "https://example.org",
            "HTTP://example.org/a?b=c#d",
            "https://例子.中国/路",
            "mailto:mei@example.org",
            "http://[::1]:80/",
        ] {
            assert!(is_safe_link(link), "{link}");
        }
    }

    #[test]
    fn links_that_could_start_programs_or_break_out_are_refused() {
        for link in [
            "",
            "http://",
            "https:",
            "file:///etc/passwd",
            "javascript:alert(1)",
            "ms-msdt:/id",
            "smb://server/share",
            "vscode://x",
            "http:/example.org",
            " https://example.org",
            "https://example.org\nx",
            "https://example.org/ --flag",
            "https://a\"b",
            "https://-flag",
            "\u{202e}https://example.org",
            "日本語日本",
        ] {
            assert!(!is_safe_link(link), "{link:?}");
        }
        assert!(!is_safe_link(&format!("https://{}", "a".repeat(MAX_LINK))));
    }

    #[test]
    fn what_is_not_there_is_said_to_be_gone_without_waiting() {
        let dir = tempfile::tempdir().unwrap();
        let missing = dir.path().join("photo.jpg");
        let (answer, answered) = flume::bounded(2);
        let other = answer.clone();
        open(missing.clone(), move |outcome| answer.send(outcome).unwrap());
        reveal(missing, move |outcome| other.send(outcome).unwrap());
        for _ in 0..2 {
            let outcome = answered.recv_timeout(Duration::from_secs(10)).unwrap();
            assert!(matches!(outcome, Err(RevealError::Gone(_))), "{outcome:?}");
        }
    }

    #[test]
    fn a_refused_link_is_answered() {
        let (answer, answered) = flume::bounded(1);
        open_link("file:///etc/passwd", move |outcome| answer.send(outcome).unwrap());
        let outcome = answered.recv_timeout(Duration::from_secs(10)).unwrap();
        assert!(matches!(outcome, Err(RevealError::LinkRefused)), "{outcome:?}");
    }

    #[test]
    fn paths_are_written_so_that_programs_take_them() {
        for (path, expected) in [
            (r"\\?\C:\Users\Mei\photo.jpg", r"C:\Users\Mei\photo.jpg"),
            (r"\\?\UNC\server\share\photo.jpg", r"\\?\UNC\server\share\photo.jpg"),
            (r"\\?\Volume{1}\photo.jpg", r"\\?\Volume{1}\photo.jpg"),
            ("/home/mei/照片.jpg", "/home/mei/照片.jpg"),
        ] {
            assert_eq!(plain(PathBuf::from(path)), PathBuf::from(expected));
        }
    }

    #[cfg(all(unix, not(target_os = "macos")))]
    #[test]
    fn any_path_can_be_named_to_a_file_manager() {
        assert_eq!(file_uri(Path::new("/a b/ä%#?.jpg")), "file:///a%20b/%C3%A4%25%23%3F.jpg");
    }
}
