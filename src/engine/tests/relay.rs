//! A wire in the middle of a connection: it can be slow, hold back what is sent, or be cut.

use std::{
    io::{Read as _, Write as _},
    net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
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
    /// What crossed towards the computer behind it.
    crossed: AtomicU64,
    holding: AtomicBool,
    /// Speeds are for earlier.
    unbounded: AtomicBool,
    ended: AtomicBool,
}

/// Which way a thread passes bytes on.
#[derive(Clone, Copy)]
enum Way {
    /// Towards the computer behind it; at most so many bytes a second.
    There(Option<u64>),
    Back,
}

impl Relay {
    /// Every connection to it goes on to `port`, after a `delay` in which nothing is passed on.
    pub fn to(port: u16, delay: Duration) -> Self {
        Self::start(port, delay, None)
    }

    /// At most `speed` bytes a second cross towards `port`, from an address at which nobody listens: the computer there
    /// can't dial back past it.
    pub fn slow(port: u16, speed: u64) -> Self {
        Self::start(port, Duration::ZERO, Some(speed))
    }

    fn start(port: u16, delay: Duration, speed: Option<u64>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let relay = Self { port: listener.local_addr().unwrap().port(), shared: Arc::default() };
        let shared = relay.shared.clone();
        let origin = Ipv4Addr::new(127, 0, 0, if speed.is_some() { 2 } else { 1 });
        spawn(move || {
            for near in listener.incoming().map_while(Result::ok) {
                if shared.ended.load(Ordering::Acquire) {
                    return;
                }
                let Ok(far) = connect(origin, port) else { continue };
                shared.connections.lock().unwrap().push([near.try_clone().unwrap(), far.try_clone().unwrap()]);
                let there = (near.try_clone().unwrap(), far.try_clone().unwrap(), Way::There(speed));
                for (from, to, way) in [there, (far, near, Way::Back)] {
                    to.set_nodelay(true).unwrap();
                    let shared = shared.clone();
                    spawn(move || {
                        thread::sleep(delay);
                        pass(from, to, way, &shared);
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

    /// From now on as fast as can be.
    pub fn hurry(&self) {
        self.shared.unbounded.store(true, Ordering::Release);
    }

    /// Cuts the first connection; what was held back is lost with it, and later connections are passed on.
    pub fn cut_first(&self) {
        cut(&self.shared.connections.lock().unwrap()[0]);
        self.shared.holding.store(false, Ordering::Release);
    }

    /// Cuts all connections; what was held back is lost with them, and later ones are passed on.
    pub fn cut(&self) {
        self.shared.connections.lock().unwrap().drain(..).for_each(|ends| cut(&ends));
        self.shared.holding.store(false, Ordering::Release);
    }

    pub fn connections(&self) -> usize {
        self.shared.connections.lock().unwrap().len()
    }

    /// Bytes that crossed towards the computer behind it.
    pub fn crossed(&self) -> u64 {
        self.shared.crossed.load(Ordering::Relaxed)
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::Release);
        TcpStream::connect(("127.0.0.1", self.port)).ok();
    }
}

fn spawn(work: impl FnOnce() + Send + 'static) {
    thread::Builder::new().name("relay".into()).spawn(work).unwrap();
}

fn connect(origin: Ipv4Addr, port: u16) -> std::io::Result<TcpStream> {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None)?;
    socket.bind(&SocketAddr::from((origin, 0)).into())?;
    socket.connect(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)).into())?;
    Ok(socket.into())
}

fn cut(ends: &[TcpStream; 2]) {
    ends.iter().for_each(|end| drop(end.shutdown(Shutdown::Both)));
}

fn pass(mut from: TcpStream, mut to: TcpStream, way: Way, shared: &Shared) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        while shared.holding.load(Ordering::Acquire) {
            thread::sleep(Duration::from_millis(1));
        }
        if to.write_all(&buffer[..length]).is_err() {
            break;
        }
        if let Way::There(speed) = way {
            shared.crossed.fetch_add(length as u64, Ordering::Relaxed);
            if let Some(speed) = speed.filter(|_| !shared.unbounded.load(Ordering::Acquire)) {
                thread::sleep(Duration::from_secs_f64(length as f64 / speed as f64));
            }
        }
    }
    for end in [&to, &from] {
        end.shutdown(Shutdown::Both).ok();
    }
}
