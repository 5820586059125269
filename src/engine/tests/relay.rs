//! A wire in the middle of a connection: it can be slow to begin, hold back what is sent, or be cut.

use std::{
    io::{Read as _, Write as _},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

pub struct Relay {
    pub port: u16,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    /// Both ends of each connection, oldest first.
    connections: Mutex<Vec<[TcpStream; 2]>>,
    holding: AtomicBool,
    ended: AtomicBool,
}

impl Relay {
    /// Every connection to it goes on to `port`, after a `delay` in which nothing is passed on.
    pub fn to(port: u16, delay: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let relay = Self { port: listener.local_addr().unwrap().port(), shared: Arc::default() };
        let shared = relay.shared.clone();
        start(move || {
            for near in listener.incoming().map_while(Result::ok) {
                if shared.ended.load(Ordering::Acquire) {
                    return;
                }
                let Ok(far) = TcpStream::connect(("127.0.0.1", port)) else { continue };
                shared.connections.lock().unwrap().push([near.try_clone().unwrap(), far.try_clone().unwrap()]);
                for (from, to) in [(near.try_clone().unwrap(), far.try_clone().unwrap()), (far, near)] {
                    to.set_nodelay(true).unwrap();
                    let shared = shared.clone();
                    start(move || {
                        thread::sleep(delay);
                        pass(from, to, &shared);
                    });
                }
            }
        });
        relay
    }

    /// What is sent from now on stays in the wire.
    pub fn hold(&self) {
        self.shared.holding.store(true, Ordering::Release);
    }

    /// Cuts the first connection; what was held back is lost with it, and later connections are passed on.
    pub fn cut_first(&self) {
        let first = &self.shared.connections.lock().unwrap()[0];
        first.iter().for_each(|end| drop(end.shutdown(Shutdown::Both)));
        self.shared.holding.store(false, Ordering::Release);
    }

    pub fn connections(&self) -> usize {
        self.shared.connections.lock().unwrap().len()
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::Release);
        TcpStream::connect(("127.0.0.1", self.port)).ok();
    }
}

fn start(work: impl FnOnce() + Send + 'static) {
    thread::Builder::new().name("relay".into()).spawn(work).unwrap();
}

fn pass(mut from: TcpStream, mut to: TcpStream, shared: &Shared) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        while shared.holding.load(Ordering::Acquire) {
            thread::sleep(Duration::from_millis(1));
        }
        if to.write_all(&buffer[..length]).is_err() {
            break;
        }
    }
    to.shutdown(Shutdown::Both).ok();
}
