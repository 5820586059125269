//! The one task that owns what is known and decides.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;

use super::{
    StartError,
    api::{Config, Me, Problem, Snapshot},
    clients::{Clients, Request},
    listener,
    snapshot::{Pace, View},
};

/// What the hub is made of.
#[derive(Debug)]
pub(super) struct Parts {
    pub config: Config,
    pub clients: Arc<Clients>,
    pub view: Arc<View>,
    pub requests: flume::Receiver<Request>,
    pub stopped: flume::Receiver<Duration>,
}

pub(super) async fn run(parts: Parts, ready: &flume::Sender<Result<(), StartError>>) {
    let Parts { config, clients, view, requests, stopped } = parts;
    let sockets = match listener::open(config.port, config.loopback_only) {
        Ok(sockets) => sockets,
        Err(error) => {
            ready.try_send(Err(error)).ok();
            return;
        }
    };
    let mut pace = Pace::default();
    let me = Me {
        fingerprint: None,
        name: config.name.clone().unwrap_or_default(),
        port: sockets.port,
        addresses: Vec::new(),
        folder: config.home.received.clone(),
    };
    view.store(Snapshot { me: me.clone(), ..Snapshot::default() });
    ready.try_send(Ok(())).ok();
    loop {
        let due = pace.due();
        tokio::select! {
            _ = stopped.recv_async() => return,
            Ok(request) = requests.recv_async() => {
                request.from.reply(Err(Problem::Unsupported));
                pace.touch();
            }
            () = tokio::time::sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {
                view.store(Snapshot { me: me.clone(), ..Snapshot::default() });
                pace.published(Instant::now());
                clients.wake();
            }
        }
    }
}
