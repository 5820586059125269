//! The window, by its accessible names.

mod bin;
mod chosen;
mod drawn;
mod drops;
mod long;
mod questions;
mod search;
mod settings;
mod sure;
mod two;

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use egui_kittest::{Harness, HarnessBuilder, kittest::Queryable as _};

use super::{App, Link};
use crate::{
    engine::{
        Busy,
        api::{
            Ask, Body, Command, CommandId, Computer, DeviceKind, Direction, Entry, Event, GroupId, Item, ItemKind,
            ItemState, Me, Millis, Need, Phase, Presence, Reply, Rule, Running, Settings, Snapshot, State,
        },
    },
    protocol::{Fingerprint, TransferId},
};

/// Stands for the engine where only drawing is looked at: says what the snapshot holds, notes what it is told.
#[derive(Clone, Default)]
struct Desk(Arc<Mutex<Inside>>);

#[derive(Default)]
struct Inside {
    snapshot: Arc<Snapshot>,
    commands: Vec<Command>,
    events: Vec<Event>,
    /// Every command fails.
    busy: bool,
    /// What changed since any revision.
    changed: Vec<Arc<Entry>>,
    /// Those who know that something waits.
    waited_for: Vec<Fingerprint>,
    /// What every search finds.
    found: Vec<Arc<Entry>>,
    /// What needs every file.
    need: Option<Need>,
}

impl Desk {
    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().unwrap()
    }

    /// The commands since the last look, without the window's own questions.
    fn told(&self) -> Vec<Command> {
        let asks = |command: &Command| {
            use Command::{Changes, MarkRead, Page, Waiting};
            matches!(command, Page { .. } | Changes { .. } | MarkRead { .. } | Waiting { .. })
        };
        std::mem::take(&mut self.inside().commands).into_iter().filter(|command| !asks(command)).collect()
    }

    fn publish(&self, change: impl FnOnce(&mut Snapshot)) {
        let mut inside = self.inside();
        let mut snapshot = (*inside.snapshot).clone();
        change(&mut snapshot);
        inside.snapshot = Arc::new(snapshot);
    }
}

impl Link for Desk {
    fn send(&self, command: Command) -> Result<CommandId, Busy> {
        let mut inside = self.inside();
        if inside.busy {
            return Err(Busy);
        }
        let id = CommandId(inside.commands.len() as u64 + 1_000 * inside.events.len() as u64);
        let reply = match &command {
            Command::Page { with, .. } => Reply::Page { with: *with, entries: Vec::new(), before: 0, after: 0 },
            Command::Changes { since, .. } => {
                let entries = std::mem::take(&mut inside.changed);
                Reply::Changes { removed: Vec::new(), up_to: since + entries.len() as i64, entries }
            }
            Command::Waiting { to } => {
                inside.waited_for.clone_from(to);
                Reply::Done
            }
            Command::Search { .. } => Reply::Found { entries: inside.found.clone() },
            Command::Send { to, .. } => Reply::Sent {
                group: GroupId([1; 16]),
                transfers: to.iter().map(|&with| (with, TransferId([9; 16]))).collect(),
                again: Vec::new(),
            },
            Command::Needed { .. } => Reply::Needed(inside.need),
            Command::Compare { .. } => Reply::Comparing { number: 1 },
            Command::ChangeSettings(settings) => {
                let mut snapshot = (*inside.snapshot).clone();
                snapshot.settings = settings.clone();
                inside.snapshot = Arc::new(snapshot);
                Reply::Done
            }
            _ => Reply::Done,
        };
        inside.commands.push(command);
        inside.events.push(Event::Replied { id, result: Ok(reply) });
        Ok(id)
    }

    fn events(&self) -> Vec<Event> {
        std::mem::take(&mut self.inside().events)
    }

    fn snapshot(&self) -> Arc<Snapshot> {
        self.inside().snapshot.clone()
    }
}

const OFFICE: Fingerprint = Fingerprint([2; 32]);
const STUDIO: Fingerprint = Fingerprint([3; 32]);
const DAD: Fingerprint = Fingerprint([4; 32]);

fn computer(fingerprint: Fingerprint, name: &str) -> Computer {
    Computer {
        fingerprint,
        name: name.into(),
        kind: DeviceKind::Computer,
        verified: false,
        rule: Rule::Ask,
        confirmed: true,
        new: false,
        presence: Presence::Reachable,
        addresses: vec!["192.168.1.7:53317".parse().unwrap()],
        port: 53317,
        unread: 0,
        first_seen: None,
        last_seen: None,
        folder: None,
        impostor_of: None,
        waits: false,
    }
}

/// Office PC (verified), Studio Mac, and Dad's PC, which nobody here has dealt with.
fn snapshot() -> Snapshot {
    Snapshot {
        me: Me {
            fingerprint: Some(Fingerprint([1; 32])),
            name: "Mei’s laptop".into(),
            port: 53317,
            addresses: vec!["192.168.1.20:53317".parse().unwrap()],
            folder: "/home/mei/Downloads/Fantail".into(),
        },
        computers: vec![
            Computer { verified: true, unread: 2, ..computer(OFFICE, "Office PC") },
            computer(STUDIO, "Studio Mac"),
            Computer { new: true, confirmed: false, ..computer(DAD, "爸爸的电脑") },
        ],
        settings: Settings { language: Some("en".into()), ..Settings::default() },
        ..Snapshot::default()
    }
}

fn ask(with: Fingerprint, name: &str) -> Ask {
    let item = |index, name: &str| Item {
        index,
        kind: ItemKind::File,
        name: name.into(),
        size: 6_100_000,
        files: 1,
        path: None,
        thumbhash: None,
        rendition: None,
        state: ItemState::Pending,
    };
    Ask {
        with,
        name: name.into(),
        kind: DeviceKind::Computer,
        transfer: TransferId([7; 16]),
        verified: false,
        stranger: false,
        impostor_of: None,
        takes: false,
        items: vec![item(0, "holiday.jpg"), item(1, "海边日落.png")],
        files: 2,
        bytes: 12_200_000,
        until: None,
        thumbnails: Arc::default(),
    }
}

fn running(with: Fingerprint, transfer: TransferId) -> Running {
    Running {
        with,
        transfer,
        group: GroupId([1; 16]),
        direction: Direction::Sent,
        phase: Phase::Moving,
        bytes: 63,
        total: 100,
        files: 0,
        files_total: 1,
        speed: 84_000_000,
        left: Some(Duration::from_secs(12)),
        items: BTreeMap::new(),
        thumbnails: Arc::default(),
    }
}

/// An entry that this computer sent, and that is done.
fn entry(with: Fingerprint, transfer: TransferId, body: Body) -> Arc<Entry> {
    Arc::new(Entry {
        seq: 1,
        revision: 1,
        with,
        transfer,
        group: GroupId([1; 16]),
        direction: Direction::Sent,
        at: Millis(1_800_000_000_000),
        body,
        state: State::Saved,
        read: true,
    })
}

/// A window of this size over a snapshot.
fn window_of(size: [f32; 2], snapshot: Snapshot) -> (Harness<'static, App>, Desk) {
    let (mut harness, desk) = unrun(Harness::builder().with_size(size), snapshot);
    harness.run();
    (harness, desk)
}

fn unrun(builder: HarnessBuilder<App>, snapshot: Snapshot) -> (Harness<'static, App>, Desk) {
    let desk = Desk::default();
    desk.inside().snapshot = Arc::new(snapshot);
    let link = desk.clone();
    let harness = builder.with_max_steps(24).build_eframe(|creation| {
        let (_, requests) = flume::bounded(1);
        App::new(&creation.egui_ctx, Box::new(link), requests)
    });
    (harness, desk)
}

fn window(snapshot: Snapshot) -> (Harness<'static, App>, Desk) {
    window_of([1080.0, 720.0], snapshot)
}

/// Clicks what bears a name that contains this.
fn click(harness: &mut Harness<'_, App>, name: &str) {
    harness.get_by_label_contains(name).click();
    harness.run();
}

fn shows(harness: &Harness<'_, App>, name: &str) -> bool {
    harness.query_all_by_label_contains(name).next().is_some()
}

/// A file dropped from another program.
#[derive(Debug)]
struct Dropped(PathBuf);

impl egui::DroppedFile for Dropped {
    fn path(&self) -> &std::path::Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        Err("the window must not read it".into())
    }
}
