use std::{
    net::{Ipv4Addr, UdpSocket},
    time::{Duration, Instant},
};

use socket2::{Domain, Socket, Type};
use tokio::{sync::mpsc, time::timeout};

use super::{announcement::Announcement, *};

#[cfg(target_os = "linux")]
mod namespace;

const PATIENCE: Duration = Duration::from_secs(10);

/// What is promised.
const FOUND_WITHIN: Duration = Duration::from_secs(2);

const OTHER: Announcement = Announcement { port: 4_711, instance: 7, fingerprint: Fingerprint([7; 32]) };

/// A port nobody uses at this moment.
fn free_port() -> u16 {
    UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap().local_addr().unwrap().port()
}

fn config(discovery_port: u16, port: u16) -> NearbyConfig {
    let fingerprint = Fingerprint([port.to_be_bytes()[1]; 32]);
    NearbyConfig { port, discovery_port, fingerprint, loopback_only: true, visible: true }
}

fn start(config: NearbyConfig) -> (Nearby, mpsc::Receiver<Hint>) {
    let (hints, heard) = mpsc::channel(1_000);
    (Nearby::start(config, hints).unwrap(), heard)
}

async fn next(heard: &mut mpsc::Receiver<Hint>) -> Hint {
    timeout(PATIENCE, heard.recv()).await.expect("nothing was heard").unwrap()
}

async fn listens(nearby: &Nearby) {
    timeout(PATIENCE, nearby.status().wait_for(|status| status.listening)).await.expect("it never listened").unwrap();
}

/// Another program at the same port that shares it, as LocalSend does.
fn another_program(port: u16) -> UdpSocket {
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, None).unwrap();
    socket.set_reuse_address(true).unwrap();
    #[cfg(unix)]
    socket.set_reuse_port(true).unwrap();
    socket.bind(&std::net::SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, port).into()).unwrap();
    let socket: UdpSocket = socket.into();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket
}

/// Says something on loopback as another program would, from an address of its own.
fn say(port: u16, from: [u8; 4], datagram: &[u8]) {
    let socket = UdpSocket::bind((Ipv4Addr::from(from), 0)).unwrap();
    socket.set_broadcast(true).unwrap();
    socket.send_to(datagram, (Ipv4Addr::new(127, 255, 255, 255), port)).unwrap();
}

#[tokio::test]
async fn two_on_one_machine_find_each_other_within_two_seconds_and_never_themselves() {
    let port = free_port();
    let (_one, mut heard_by_one) = start(config(port, 1_001));
    let (_two, mut heard_by_two) = start(config(port, 1_002));
    let begun = Instant::now();
    let hint = next(&mut heard_by_one).await;
    assert_eq!(hint, Hint { address: "127.0.0.1:1002".parse().unwrap(), fingerprint: Some(Fingerprint([0xEA; 32])) });
    assert_eq!(next(&mut heard_by_two).await.address, "127.0.0.1:1001".parse().unwrap());
    assert!(begun.elapsed() < FOUND_WITHIN, "{:?}", begun.elapsed());
    // The whole burst: nobody ever heard itself.
    for _ in 0..2 {
        assert_eq!(next(&mut heard_by_one).await.address.port(), 1_002);
        assert_eq!(next(&mut heard_by_two).await.address.port(), 1_001);
    }
}

#[tokio::test]
async fn one_that_starts_later_is_heard_at_once_by_one_that_long_runs() {
    let port = free_port();
    let (one, mut heard) = start(config(port, 1_001));
    listens(&one).await;
    let begun = Instant::now();
    let (_two, _heard) = start(config(port, 1_002));
    assert_eq!(next(&mut heard).await.address.port(), 1_002);
    assert!(begun.elapsed() < FOUND_WITHIN, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn they_find_each_other_beside_a_program_that_shares_the_port_and_it_still_hears_everything() {
    let port = free_port();
    let other = another_program(port);
    let (_one, mut heard_by_one) = start(config(port, 1_001));
    let (_two, mut heard_by_two) = start(config(port, 1_002));
    assert_eq!(next(&mut heard_by_one).await.address.port(), 1_002);
    assert_eq!(next(&mut heard_by_two).await.address.port(), 1_001);
    assert!([1_001, 1_002].contains(&spawn_recv(&other).await.port));
}

#[tokio::test]
async fn a_program_that_keeps_the_port_for_itself_is_told_of_and_does_not_stop_the_announcing() {
    let port = free_port();
    let selfish = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, port)).unwrap();
    selfish.set_read_timeout(Some(PATIENCE)).unwrap();
    let (nearby, mut heard) = start(config(port, 1_001));
    assert_eq!(spawn_recv(&selfish).await.port, 1_001);
    assert!(!nearby.status().borrow().listening);
    // And once it ends, others are heard again.
    drop(selfish);
    listens(&nearby).await;
    say(port, [127, 0, 0, 1], &OTHER.encode());
    assert_eq!(next(&mut heard).await.address.port(), OTHER.port);
}

#[tokio::test]
async fn an_invisible_one_says_nothing_but_hears() {
    let port = free_port();
    let listener = another_program(port);
    let (nearby, mut heard) = start(NearbyConfig { visible: false, ..config(port, 1_001) });
    listens(&nearby).await;
    nearby.announce_now();
    say(port, [127, 0, 0, 1], &OTHER.encode());
    assert_eq!(next(&mut heard).await.address.port(), OTHER.port);
    // The only datagram was the other's. After becoming visible there is one of its own.
    assert_eq!(spawn_recv(&listener).await.port, OTHER.port);
    listener.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    assert!(listener.recv(&mut [0; 512]).is_err(), "it announced itself");
    listener.set_read_timeout(Some(PATIENCE)).unwrap();
    nearby.set_visible(true);
    let said = spawn_recv(&listener).await;
    assert_eq!(said.port, 1_001);
}

async fn spawn_recv(socket: &UdpSocket) -> Announcement {
    let socket = socket.try_clone().unwrap();
    tokio::task::spawn_blocking(move || {
        let mut buffer = [0; 512];
        let length = socket.recv(&mut buffer).unwrap();
        Announcement::decode(&buffer[..length]).unwrap()
    })
    .await
    .unwrap()
}

#[tokio::test]
async fn nonsense_on_the_port_is_ignored_and_the_next_one_is_still_heard() {
    let port = free_port();
    let (nearby, mut heard) = start(config(port, 1_001));
    listens(&nearby).await;
    let mut too_long = OTHER.encode().to_vec();
    too_long.resize(9_000, 0);
    for nonsense in [&b""[..], b"{\"alias\":\"x\"}", &OTHER.encode()[..47], &[0xFF; 1_400], &too_long] {
        say(port, [127, 0, 0, 1], nonsense);
    }
    say(port, [127, 0, 0, 1], &OTHER.encode());
    assert_eq!(next(&mut heard).await.address, "127.0.0.1:4711".parse().unwrap());
    assert!(heard.try_recv().is_err());
}

#[tokio::test]
async fn a_flood_is_bounded_and_somebody_else_is_heard_soon_after() {
    const DATAGRAMS: u64 = 50_000;
    let port = free_port();
    let (nearby, mut heard) = start(config(port, 1_001));
    listens(&nearby).await;
    let begun = Instant::now();
    tokio::task::spawn_blocking(move || {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        socket.set_broadcast(true).unwrap();
        for instance in 0..DATAGRAMS {
            let datagram = Announcement { instance, ..OTHER }.encode();
            socket.send_to(&datagram, (Ipv4Addr::new(127, 255, 255, 255), port)).unwrap();
        }
    })
    .await
    .unwrap();
    // Somebody else on the same network says it every second, as a person pressing "refresh" would.
    let honest = Announcement { port: 4_712, ..OTHER };
    let found = timeout(PATIENCE, async {
        let mut hints = 0;
        loop {
            say(port, [127, 0, 0, 2], &honest.encode());
            while let Ok(Some(hint)) = timeout(Duration::from_millis(500), heard.recv()).await {
                if hint.address == "127.0.0.2:4712".parse().unwrap() {
                    return hints;
                }
                hints += 1;
            }
        }
    });
    let hints = found.await.expect("the honest one was never heard");
    // The burst of one source, and what came back in the meantime.
    let bound = 32 + 4 * (begun.elapsed().as_secs() + 1);
    assert!(hints <= bound, "{hints} hints of {DATAGRAMS} datagrams, {bound} allowed");
}

#[tokio::test]
async fn nothing_more_is_said_once_it_is_dropped() {
    let port = free_port();
    let listener = another_program(port);
    let (nearby, heard) = start(config(port, 1_001));
    spawn_recv(&listener).await;
    drop((nearby, heard));
    tokio::task::yield_now().await;
    listener.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    // Perhaps one was on its way.
    while listener.recv(&mut [0; 512]).is_ok() {}
    listener.set_read_timeout(Some(Duration::from_millis(1_500))).unwrap();
    assert!(listener.recv(&mut [0; 512]).is_err());
}

#[test]
fn outside_of_a_runtime_it_says_so() {
    let (hints, _heard) = mpsc::channel(1);
    assert!(matches!(Nearby::start(config(1, 1), hints), Err(NearbyError::NoRuntime)));
}
