//! The two ends between the engine and those who command it: several clients at once, each with its own bounded queue
//! of events.

use std::{
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use super::{
    api::{Command, CommandId, Event, Problem, Reply, Snapshot},
    snapshot::View,
};

/// Commands of one client that may wait for their reply. Since every command has one reply, its queue of events, one
/// longer for [`Event::Ended`], can never overflow.
const UNANSWERED: usize = 256;

/// Too many commands wait; a moment later it works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too much at once")]
pub struct Busy;

/// A command on its way to the hub.
#[derive(Debug)]
pub(super) struct Request {
    pub from: Asker,
    pub command: Command,
}

/// Whom the reply to one command goes to.
#[derive(Clone)]
pub(super) struct Asker {
    slot: Arc<Slot>,
    id: CommandId,
}

impl fmt::Debug for Asker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.id.fmt(f)
    }
}

impl Asker {
    pub fn reply(self, result: Result<Reply, Problem>) {
        self.slot.tell(Event::Replied { id: self.id, result });
    }
}

/// What the engine holds of one client.
struct Slot {
    events: flume::Sender<Event>,
    bell: flume::Sender<()>,
    wake: Box<dyn Fn() + Send + Sync>,
    unanswered: AtomicUsize,
}

impl Slot {
    fn tell(&self, event: Event) {
        // Full cannot be (see UNANSWERED); disconnected means that nobody listens any more.
        self.events.try_send(event).ok();
        self.ring();
    }

    fn ring(&self) {
        self.bell.try_send(()).ok();
        (self.wake)();
    }
}

/// Everybody who commands this engine.
#[derive(Default)]
pub(super) struct Clients {
    slots: Mutex<Vec<Arc<Slot>>>,
}

impl fmt::Debug for Clients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clients").field("count", &self.lock().len()).finish()
    }
}

impl Clients {
    /// A newer snapshot is there.
    pub fn wake(&self) {
        for slot in self.lock().clone() {
            slot.ring();
        }
    }

    pub fn end(&self) {
        for slot in self.lock().clone() {
            slot.tell(Event::Ended);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Slot>>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A pair of hands on an engine. Never waits unless it says so.
pub struct Client {
    slot: Arc<Slot>,
    clients: Arc<Clients>,
    commands: flume::Sender<Request>,
    events: flume::Receiver<Event>,
    bell: flume::Receiver<()>,
    view: Arc<View>,
    next: AtomicU64,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}

impl Client {
    pub(super) fn new(
        clients: &Arc<Clients>,
        commands: flume::Sender<Request>,
        view: Arc<View>,
        wake: impl Fn() + Send + Sync + 'static,
    ) -> Self {
        let (sender, events) = flume::bounded(UNANSWERED + 1);
        let (ring, bell) = flume::bounded(1);
        let slot =
            Arc::new(Slot { events: sender, bell: ring, wake: Box::new(wake), unanswered: AtomicUsize::default() });
        clients.lock().push(slot.clone());
        Self { slot, clients: clients.clone(), commands, events, bell, view, next: AtomicU64::new(1) }
    }

    /// Queues a command. Its reply comes as [`Event::Replied`] with the same id.
    pub fn send(&self, command: Command) -> Result<CommandId, Busy> {
        if self.slot.unanswered.fetch_add(1, Ordering::Relaxed) >= UNANSWERED {
            self.slot.unanswered.fetch_sub(1, Ordering::Relaxed);
            return Err(Busy);
        }
        let id = CommandId(self.next.fetch_add(1, Ordering::Relaxed));
        let request = Request { from: Asker { slot: self.slot.clone(), id }, command };
        self.commands.try_send(request).map(|()| id).map_err(|_| {
            self.slot.unanswered.fetch_sub(1, Ordering::Relaxed);
            Busy
        })
    }

    /// The events that are there, oldest first. Doesn't wait.
    pub fn try_events(&self) -> impl Iterator<Item = Event> + '_ {
        self.events.try_iter().map(|event| self.took(event))
    }

    /// Waits for the next event. Not for the window's thread.
    pub fn wait_event(&self, timeout: Duration) -> Option<Event> {
        self.events.recv_timeout(timeout).ok().map(|event| self.took(event))
    }

    /// Waits until there is an event or a newer snapshot. `false` when the time ran out. Not for the window's thread.
    pub fn wait(&self, timeout: Duration) -> bool {
        self.bell.recv_timeout(timeout).is_ok()
    }

    /// Everything that can be drawn now.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.view.load()
    }

    fn took(&self, event: Event) -> Event {
        if matches!(event, Event::Replied { .. }) {
            self.slot.unanswered.fetch_sub(1, Ordering::Relaxed);
        }
        event
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.clients.lock().retain(|slot| !Arc::ptr_eq(slot, &self.slot));
    }
}
