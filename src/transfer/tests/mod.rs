//! Both ends against each other, on real files, over memory and over TCP.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::mpsc,
};

use super::*;
use crate::{
    protocol::{
        Fingerprint, Ranges, TransferId,
        consent::{Consent, End},
        message::{Accept, Offer},
    },
    store::model::{ItemKind, Problem},
};

mod broken;
mod hostile;
mod resume;
mod whole;

pub(super) const PEER: Fingerprint = Fingerprint([9; 32]);
pub(super) const TRANSFER: TransferId = TransferId([4; 16]);

/// Nothing here takes nearly as long; a standstill must end the test.
const WITHIN: Duration = Duration::from_secs(60);

/// What both sides know of one transfer.
pub(super) struct Agreed {
    pub plan: Arc<Plan>,
    pub consent: Consent,
}

impl Agreed {
    /// What is given, for the first time.
    pub fn sending(&self, progress: &Arc<Progress>, events: mpsc::Sender<Delivered>) -> Sending {
        Sending {
            plan: Arc::clone(&self.plan),
            consent: self.consent.clone(),
            progress: Arc::clone(progress),
            hashed: Arc::default(),
            may_grow: false,
            events,
        }
    }
}

pub(super) fn agreed(paths: &[&Path], accepted: Option<&[u32]>) -> Agreed {
    let paths: Vec<PathBuf> = paths.iter().map(|path| path.to_path_buf()).collect();
    let plan = Plan::of(&paths, &AtomicBool::new(false)).unwrap();
    let items = plan.offered();
    let accepted = match accepted {
        Some(items) => Ranges::from_numbers(items.iter().copied()),
        None => Ranges::all(items.len() as u32),
    };
    let consent = consent(items, accepted);
    Agreed { plan: Arc::new(plan), consent }
}

pub(super) fn consent(items: Vec<crate::protocol::message::Item>, accepted: Ranges) -> Consent {
    let offer = Offer { transfer: TRANSFER, items, for_take: false, again: false };
    let accept = Accept { items: accepted, resume: Vec::new(), known: Ranges::default() };
    Consent::new(End::Receiving, Arc::new(offer), Arc::new(accept)).unwrap()
}

/// How a transfer went, on both sides.
#[derive(Debug)]
pub(super) struct Went {
    pub sent: Result<Outcome, TransferError>,
    pub received: Result<Outcome, TransferError>,
    pub delivered: Vec<Delivered>,
    pub saved: Vec<SavedItem>,
    pub failed: Vec<(u32, Problem)>,
    pub sending: Arc<Progress>,
    pub receiving: Arc<Progress>,
}

/// Runs both ends over the two ends of a stream.
pub(super) async fn run<S>(agreed: &Agreed, into: &Path, streams: (S, S)) -> Went
where
    S: AsyncRead + AsyncWrite + Send + 'static,
{
    attempt(agreed, into, streams, None, Arc::default()).await
}

/// The same, going on with what earlier attempts left.
pub(super) async fn attempt<S>(
    agreed: &Agreed,
    into: &Path,
    streams: (S, S),
    kept: Option<Kept>,
    hashed: Arc<Hashed>,
) -> Went
where
    S: AsyncRead + AsyncWrite + Send + 'static,
{
    let folder = ReceiveFolder::open(into).unwrap();
    let items = agreed.consent.offer().items.len();
    let (sending, receiving) = (Arc::new(Progress::new(items)), Arc::new(Progress::new(items)));
    let (deliver, mut delivered) = mpsc::channel(4);
    let (tell, mut told) = mpsc::channel(4);
    let send = send(Framed::new(streams.0), Sending { hashed, ..agreed.sending(&sending, deliver) });
    let receive = receive(
        Framed::new(streams.1),
        Receiving {
            with: PEER,
            consent: agreed.consent.clone(),
            into: folder,
            kept,
            progress: Arc::clone(&receiving),
            events: tell,
        },
    );
    let collect = async {
        let mut all = Vec::new();
        while let Some(event) = delivered.recv().await {
            all.push(event);
        }
        all
    };
    let acknowledge = async {
        let (mut saved, mut failed) = (Vec::new(), Vec::new());
        while let Some(event) = told.recv().await {
            match event {
                Received::Saved { items, acknowledge } => {
                    assert!(items.iter().all(|item| item.path.exists()), "told before it is there");
                    saved.extend(items);
                    acknowledge.send(Ok(())).ok();
                }
                Received::Failed { item, problem } => failed.push((item, problem)),
            }
        }
        (saved, failed)
    };
    let both = async { tokio::join!(send, receive, collect, acknowledge) };
    let (sent, received, delivered, (saved, failed)) = tokio::time::timeout(WITHIN, both).await.expect("a standstill");
    Went { sent, received, delivered, saved, failed, sending, receiving }
}

/// Runs both ends over memory, in pieces of an odd size.
pub(super) async fn hand_over(agreed: &Agreed, into: &Path) -> Went {
    run(agreed, into, tokio::io::duplex(10_007)).await
}

pub(super) async fn tcp() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (dialled, accepted) =
        tokio::join!(TcpStream::connect(listener.local_addr().unwrap()), async { listener.accept().await });
    (dialled.unwrap(), accepted.unwrap().0)
}

/// Everything below a folder: paths with contents, folders with a slash at the end.
pub(super) fn tree(root: &Path) -> BTreeMap<String, Vec<u8>> {
    fn walk(folder: &Path, prefix: &str, all: &mut BTreeMap<String, Vec<u8>>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if entry.file_type().unwrap().is_dir() {
                walk(&entry.path(), &format!("{name}/"), all);
                all.insert(name + "/", Vec::new());
            } else {
                all.insert(name, std::fs::read(entry.path()).unwrap());
            }
        }
    }
    let mut all = BTreeMap::new();
    walk(root, "", &mut all);
    all
}

/// Bytes that no two files share and no compression removes.
pub(super) fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    blake3::Hasher::new().update(&seed.to_le_bytes()).finalize_xof().fill(&mut bytes);
    bytes
}

pub(super) fn write(path: &Path, content: &[u8]) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, content).unwrap();
}
