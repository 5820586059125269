//! Who is out there: this computer says by UDP that it is there, and hears others say it.
//!
//! - [`announcement`]: the datagram.
//! - `links`: the networks this computer is on at this moment, read again every second.
//! - [`changes`]: the system's own word that a network came, went or was interrupted, where it gives it.
//! - `sockets`: listening on the shared port, speaking on each network.
//! - `limits`: how much anybody may make this computer do.
//! - `task`: the one task that joins these. It runs on the engine's runtime until [`Nearby`] is dropped.
//!
//! A datagram is only a [`Hint`]: whoever starts this dials its source, and only the handshake tells who is there. No
//! datagram is answered by a datagram, and leaving is told on connections, not here. Typed and remembered addresses need
//! no datagram: the engine dials them as it dials hints.
#![forbid(unsafe_code)]

pub mod announcement;
pub mod changes;
mod limits;
mod links;
mod sockets;
mod task;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;

use ring::rand::{SecureRandom as _, SystemRandom};
use tokio::{
    runtime::Handle,
    sync::{mpsc, watch},
    task::AbortHandle,
};

use crate::protocol::Fingerprint;

/// UDP, shared with whatever else listens there.
pub const DISCOVERY_PORT: u16 = 53317;

/// What is announced, and where.
#[derive(Clone, Debug)]
pub struct NearbyConfig {
    /// The TCP port that others shall dial; not 0.
    pub port: u16,
    /// UDP; [`DISCOVERY_PORT`] outside tests.
    pub discovery_port: u16,
    pub fingerprint: Fingerprint,
    /// Speaks and listens on loopback alone.
    pub loopback_only: bool,
    /// Whether this computer announces itself from the start.
    pub visible: bool,
}

/// Somebody may be there. Only dialling tells who: neither the address nor the fingerprint is to be believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Hint {
    /// Where the datagram came from (on-link, scope id kept), with the TCP port it told.
    pub address: SocketAddr,
    /// Only good for leaving out a needless dial.
    pub fingerprint: Option<Fingerprint>,
}

/// What can be said about finding others at this moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// Others can be heard. Otherwise another program keeps the port for itself: announcing still works, so others may
    /// still find this computer and dial it. Tried again every few seconds.
    pub listening: bool,
    /// Where this computer can be reached: its own addresses with the announced port. A change is a change of network.
    pub addresses: Vec<SocketAddr>,
}

#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NearbyError {
    #[error("the system gives no random numbers")]
    NoRandomness,
    /// A programming error: there is no runtime here to run on.
    #[error("the search for others was started outside of the engine")]
    NoRuntime,
}

/// Runs until it is dropped.
#[derive(Debug)]
pub struct Nearby {
    wishes: watch::Sender<Wishes>,
    status: watch::Receiver<Status>,
    task: AbortHandle,
}

/// What the rest of the program wants at this moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Wishes {
    visible: bool,
    /// Grows with every wish to announce again.
    again: u64,
}

impl Nearby {
    /// Starts announcing and listening on the tokio runtime it is called in. A socket that can't be opened is no error
    /// (see [`Status`]); it is tried again. Hints that find no room are dropped: they come again with the next heartbeat.
    pub fn start(config: NearbyConfig, hints: mpsc::Sender<Hint>) -> Result<Self, NearbyError> {
        let runtime = Handle::try_current().map_err(|_| NearbyError::NoRuntime)?;
        let mut instance = [0; 8];
        SystemRandom::new().fill(&mut instance).map_err(|_| NearbyError::NoRandomness)?;
        let (wishes, wished) = watch::channel(Wishes { visible: config.visible, again: 0 });
        let (tell, status) = watch::channel(Status::default());
        let task = task::Task::new(config, u64::from_ne_bytes(instance), hints, tell);
        let task = runtime.spawn(task.run(wished)).abort_handle();
        Ok(Self { wishes, status, task })
    }

    /// Announces again, now or (if it just did) a second after the last time. Nothing while invisible.
    pub fn announce_now(&self) {
        self.wishes.send_modify(|wishes| wishes.again += 1);
    }

    /// Whether this computer announces itself; it always listens. Becoming visible announces at once.
    pub fn set_visible(&self, visible: bool) {
        self.wishes.send_if_modified(|wishes| std::mem::replace(&mut wishes.visible, visible) != visible);
    }

    /// Where this computer can be reached.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.status.borrow().addresses.clone()
    }

    /// The newest status and a way to wait for the next.
    pub fn status(&self) -> watch::Receiver<Status> {
        self.status.clone()
    }
}

impl Drop for Nearby {
    fn drop(&mut self) {
        self.task.abort();
    }
}
