//! From a [`Config`] to a running hub.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::Arc,
    time::{Duration, SystemTime},
};

use tokio::{
    sync::{Semaphore, mpsc, watch},
    task::JoinSet,
    time::Instant,
};

use super::{
    StartError,
    api::{Config, Me, Notice, Receive, Settings, Visibility},
    asking::PATIENCE,
    asks::Asks,
    attempts::Attempts,
    clients::{Clients, Request},
    comparing::Comparing,
    data::MAX_SENDING,
    door::Door,
    hub::{Ears, HINTS, Hub, INBOX},
    library::{Found, Library},
    listener::{self, Sockets},
    snapshot::{Pace, View},
    thumbnails::Checks,
    transfer::Key,
    waiting::Waiting,
    waits::Waits,
};
use crate::{
    nearby::{Nearby, NearbyConfig, Status},
    platform::{computer, sleep::Awake},
    protocol::message::{DeviceKind, Features, Hello, Role, VERSION},
    transfer::ReceiveFolder,
    trust::{Fresh, Identity, Loaded},
};

/// What an engine is made of.
#[derive(Debug)]
pub(super) struct Parts {
    pub config: Config,
    pub clients: Arc<Clients>,
    pub view: Arc<View>,
    pub requests: flume::Receiver<Request>,
    pub stopped: flume::Receiver<Duration>,
    /// How long a stranger's question stands; tests are in a hurry.
    pub patience: Option<Duration>,
}

/// Starts everything, says so (or why not) through `ready`, and works until told to stop.
pub(super) async fn run(parts: Parts, ready: &flume::Sender<Result<(), StartError>>) {
    match start(parts).await {
        Ok((mut hub, ears)) => {
            hub.publish(Instant::now());
            ready.try_send(Ok(())).ok();
            hub.run(ears).await;
        }
        Err(error) => drop(ready.try_send(Err(error))),
    }
}

async fn start(parts: Parts) -> Result<(Hub, Ears), StartError> {
    let Parts { config, clients, view, requests, stopped, patience } = parts;
    // The database opens on its own thread while the identity is read or made here.
    let (library, opening, done) = Library::start(config.home.database.clone()).map_err(StartError::Thread)?;
    let Loaded { identity, fresh, .. } =
        Identity::load_or_create(&config.home.identity, computer::machine_id().as_deref())
            .map_err(StartError::Identity)?;
    let own_name = computer::name();
    let Sockets { port, sockets } = listener::open(config.port, config.loopback_only)?;
    let Found { set_aside, start } = opening
        .await
        .map_err(|_| StartError::Ended)?
        .map_err(|source| StartError::Store { folder: config.home.private_dir().to_path_buf(), source })?;

    let myself = identity.fingerprint();
    let mut features = Features::SHELF | Features::COMPARE | Features::RESUME | Features::PAUSE | Features::KNOWN;
    if matches!(config.receive, Receive::Ask { .. }) {
        features = features | Features::THUMBNAILS | Features::WAITING;
    }
    let hello = Hello {
        version: VERSION,
        features,
        name: String::new(),
        kind: DeviceKind::Computer,
        port,
        role: Role::Control,
        software: concat!("fantail ", env!("CARGO_PKG_VERSION")).to_owned(),
    };
    let door = Arc::new(Door::new(identity, hello).map_err(StartError::Tls)?);
    let (inbox, messages) = mpsc::channel(INBOX);
    let (hint, hints) = mpsc::channel(HINTS);
    let nearby = Nearby::start(
        NearbyConfig {
            port,
            discovery_port: config.discovery_port,
            fingerprint: myself,
            loopback_only: config.loopback_only,
            visible: start.settings.visibility == Visibility::Everyone,
        },
        hint,
    );
    let nearby = nearby.inspect_err(|error| log::error!("nobody can be found: {error}")).ok();
    let status = nearby.as_ref().map_or_else(|| watch::channel(Status::default()).1, Nearby::status);

    let me = Me { fingerprint: Some(myself), port, ..Me::default() };
    let mut hub = Hub {
        config,
        myself,
        own_name,
        me,
        settings: Settings::default(),
        notices: Vec::new(),
        patience: patience.unwrap_or(PATIENCE),
        known: start.known.into_iter().map(|known| (known.fingerprint, known)).collect(),
        present: BTreeMap::new(),
        links: BTreeMap::new(),
        left_controls: BTreeMap::new(),
        next_link: 0,
        door,
        nearby,
        deaf_since: None,
        heard: std::collections::HashMap::new(),
        late: std::collections::HashSet::new(),
        attempts: Attempts::default(),
        refused: Waits::default(),
        dialling: 0,
        sought: Vec::new(),
        next_sought: 0,
        transfers: BTreeMap::new(),
        withdrawn: start.withdrawn.into(),
        asks: Asks::default(),
        unasked: std::collections::HashSet::new(),
        early: BTreeMap::new(),
        next_sample: None,
        sending: Arc::new(Semaphore::new(MAX_SENDING)),
        next_turn: None,
        renditions: std::collections::BTreeSet::new(),
        awake: Awake::default(),
        moving_since: None,
        browses: Vec::new(),
        takes: BTreeMap::new(),
        pending_takes: BTreeMap::new(),
        comparing: Comparing::new(start.comparisons),
        thumbnail_checks: Checks::default(),
        waiting: Waiting::default(),
        library,
        digest: start.digest,
        pace: Pace::default(),
        view,
        clients,
        inbox,
    };
    if let Some(path) = set_aside {
        hub.notice(Notice::StoreSetAside { path });
    }
    if matches!(fresh, Some(Fresh::OtherMachine | Fresh::Damaged)) {
        hub.notice(Notice::NewIdentity);
    }
    hub.apply_settings(start.settings);
    hub.restore(start.unfinished);
    hub.clean_renditions();
    hub.clean_pasted();
    clean(hub.me.folder.clone(), hub.transfers.keys().copied().collect());
    hub.nearby_changed();
    // Only now, since whoever comes in is held against the gate.
    let listening: JoinSet<()> = listener::serve(sockets, &hub.door, &hub.inbox);
    Ok((hub, Ears { inbox: messages, done, hints, nearby: status, requests, stopped, listening }))
}

/// Partials that belong to nothing any more. What still rests is gone on with some day, or ended by a person.
fn clean(folder: PathBuf, rest: Vec<Key>) {
    tokio::task::spawn_blocking(move || {
        if folder.exists()
            && let Err(error) = ReceiveFolder::open(&folder).and_then(|folder| folder.clean(SystemTime::now(), &rest))
        {
            log::warn!("old partials could not be removed: {error}");
        }
    });
}
