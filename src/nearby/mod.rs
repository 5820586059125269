//! Who is out there.
#![forbid(unsafe_code)]

pub mod announcement;

use std::net::SocketAddr;

use tokio::sync::{mpsc, watch};

use crate::protocol::Fingerprint;

/// UDP, shared with whatever else listens there.
pub const DISCOVERY_PORT: u16 = 53317;

/// What is announced, and where.
#[derive(Clone, Debug)]
pub struct NearbyConfig {
    /// The TCP port that others shall dial.
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
    #[error("started outside of the engine")]
    NoRuntime,
}

/// Runs until it is dropped.
#[derive(Debug)]
pub struct Nearby {
    status: watch::Receiver<Status>,
}

impl Nearby {
    /// Starts announcing and listening on the tokio runtime it is called in. Hints that find no room are dropped: they
    /// come again with the next heartbeat.
    pub fn start(_config: NearbyConfig, _hints: mpsc::Sender<Hint>) -> Result<Self, NearbyError> {
        Ok(Self { status: watch::channel(Status::default()).1 })
    }

    /// Announces again now (at most once a second), if visible.
    pub fn announce_now(&self) {}

    /// Whether this computer announces itself; it always listens.
    pub fn set_visible(&self, _visible: bool) {}

    /// Where this computer can be reached.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.status.borrow().addresses.clone()
    }

    /// The newest status and a way to wait for the next.
    pub fn status(&self) -> watch::Receiver<Status> {
        self.status.clone()
    }
}
