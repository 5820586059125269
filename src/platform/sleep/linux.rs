//! logind's inhibitor locks, held as long as their file descriptor is open
//! (<https://systemd.io/INHIBITOR_LOCKS/>); without logind, the desktop's own (`org.freedesktop.PowerManagement`).
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

/// Dropping it lets go.
#[derive(Debug)]
pub(super) enum Hold {
    Logind(#[expect(dead_code, reason = "it holds by being open")] OwnedFd),
    /// Ends with the connection.
    Desktop(#[expect(dead_code, reason = "it holds by being open")] Connection),
}

pub(super) fn hold() -> zbus::Result<Hold> {
    // Who isn't at this computer may keep it from falling asleep when idle, but not from being put to sleep.
    let logind = logind("sleep:idle").or_else(|_| logind("idle"));
    logind.or_else(|error| {
        log::debug!("logind: {error}");
        desktop()
    })
}

fn logind(what: &str) -> zbus::Result<Hold> {
    let connection = Builder::system()?.method_timeout(PATIENCE).build()?;
    let reply = connection.call_method(
        Some("org.freedesktop.login1"),
        "/org/freedesktop/login1",
        Some("org.freedesktop.login1.Manager"),
        "Inhibit",
        &(what, WHO, WHY, "block"),
    )?;
    Ok(Hold::Logind(reply.body().deserialize()?))
}

fn desktop() -> zbus::Result<Hold> {
    let connection = Builder::session()?.method_timeout(PATIENCE).build()?;
    connection.call_method(
        Some("org.freedesktop.PowerManagement"),
        "/org/freedesktop/PowerManagement/Inhibit",
        Some("org.freedesktop.PowerManagement.Inhibit"),
        "Inhibit",
        &(WHO, WHY),
    )?;
    Ok(Hold::Desktop(connection))
}
