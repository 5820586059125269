//! The computer counts as used: logind's inhibitor lock on idleness, held as long as its file descriptor is open
//! (<https://systemd.io/INHIBITOR_LOCKS/>), and the same of the desktop, which often puts the computer to sleep by itself.
//! Nothing here keeps a person from suspending: a lock on sleep would make `systemctl suspend` refuse.
#![forbid(unsafe_code)]

use std::time::Duration;

use zbus::{
    blocking::{Connection, connection::Builder},
    zvariant::OwnedFd,
};

/// A service that doesn't answer in this time is none.
const PATIENCE: Duration = Duration::from_secs(5);

const WHO: &str = "Fantail";
const WHY: &str = "Something is being sent or received";

/// Of `org.gnome.SessionManager`: the session counts as used.
const IDLE: u32 = 8;

/// Where the window would stand; it holds without one too.
const NO_WINDOW: u32 = 0;

/// Dropping it lets go.
#[derive(Debug)]
#[expect(dead_code, reason = "it holds by being open")]
pub(super) struct Hold {
    logind: Option<OwnedFd>,
    /// Ends with the connection.
    desktop: Option<Connection>,
}

pub(super) fn hold() -> zbus::Result<Hold> {
    match (logind(), desktop()) {
        (Err(error), Err(_)) => Err(error),
        (logind, desktop) => Ok(Hold { logind: logind.ok(), desktop: desktop.ok() }),
    }
}

fn logind() -> zbus::Result<OwnedFd> {
    let connection = Builder::system()?.method_timeout(PATIENCE).build()?;
    let reply = connection.call_method(
        Some("org.freedesktop.login1"),
        "/org/freedesktop/login1",
        Some("org.freedesktop.login1.Manager"),
        "Inhibit",
        &("idle", WHO, WHY, "block"),
    )?;
    reply.body().deserialize()
}

/// KDE and Xfce have the first, and leave the screen to itself; GNOME, Cinnamon and MATE the second.
fn desktop() -> zbus::Result<Connection> {
    let connection = Builder::session()?.method_timeout(PATIENCE).build()?;
    let power = "org.freedesktop.PowerManagement.Inhibit";
    let held = connection.call_method(
        Some("org.freedesktop.PowerManagement"),
        "/org/freedesktop/PowerManagement/Inhibit",
        Some(power),
        "Inhibit",
        &(WHO, WHY),
    );
    held.or_else(|_| {
        let session = "org.gnome.SessionManager";
        let words = (WHO, NO_WINDOW, WHY, IDLE);
        connection.call_method(Some(session), "/org/gnome/SessionManager", Some(session), "Inhibit", &words)
    })?;
    Ok(connection)
}
