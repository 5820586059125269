//! Two hosts, each a network namespace of its own joined by a virtual cable, so that real broadcasts and groups cross.
//!
//! The outer test starts this test program again inside a new namespace, which starts it once more in another. Nothing
//! outside of these is touched. Where namespaces aren't allowed the outer test says so and passes: the whole-program
//! tests insist on them.

use std::{
    io::{BufRead, BufReader, Read as _},
    net::{IpAddr, SocketAddr},
    process::{Child, Command, Stdio},
};

use super::*;

/// Nobody says it twice within this except after a start or a change.
const BETWEEN_HEARTBEATS: Duration = Duration::from_secs(3);

const INSIDE: &str = "FANTAIL_TEST_INSIDE_NAMESPACE";

#[test]
fn two_hosts_find_each_other_by_either_family_when_a_cable_is_plugged_in_pulled_out_and_in_again() {
    let Some(mut unshare) = namespace() else {
        eprintln!("skipped: no network namespaces are allowed here");
        return;
    };
    let output = again(&mut unshare, "nearby::tests::namespace::first_host").output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "runs inside of a namespace, started by the test above"]
async fn first_host() {
    if std::env::var_os(INSIDE).is_none() {
        return;
    }
    ip("link set lo up");
    let (nearby, mut heard) = start(wide(1_001));
    listens(&nearby).await;
    assert_eq!(nearby.addresses(), [], "no network yet, and loopback is none");

    let mut unshare = Command::new("unshare");
    let mut other = again(unshare.arg("-n"), "nearby::tests::namespace::second_host")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut other_says = BufReader::new(other.stdout.take().unwrap());
    wait_for_line(&mut other_says, "ready");

    // Plugged in.
    ip("link add cable-a type veth peer name cable-b");
    ip(&format!("link set cable-b netns {}", other.id()));
    ip("addr add 10.77.0.1/24 dev cable-a");
    ip("link set cable-a up");
    tokio::task::block_in_place(|| wait_for_line(&mut other_says, "plugged in"));
    let plugged = Instant::now();
    let by_v4 = |hint: &Hint| hint.address == "10.77.0.2:1002".parse().unwrap();
    let by_v6 =
        |hint: &Hint| matches!(hint.address, SocketAddr::V6(a) if a.ip().is_unicast_link_local() && a.scope_id() != 0);
    hears(&mut heard, by_v4).await;
    assert!(plugged.elapsed() < FOUND_WITHIN, "{:?}", plugged.elapsed());
    hears(&mut heard, by_v6).await;
    assert_eq!(nearby.addresses(), ["10.77.0.1:1001".parse().unwrap()]);
    tokio::task::block_in_place(|| wait_for_line(&mut other_says, "heard by both"));

    // Pulled out.
    ip("link set cable-a down");
    let mut status = nearby.status();
    timeout(PATIENCE, status.wait_for(|status| status.addresses.is_empty())).await.unwrap().unwrap();
    while heard.try_recv().is_ok() {}

    // And in again, beside a network that leads nowhere and takes nothing.
    ip("link add broken type veth peer name nowhere");
    ip("link set nowhere up");
    ip("link set broken multicast off");
    ip("addr add 10.78.0.1/24 dev broken");
    ip("link set broken up");
    ip("link set cable-a up");
    let plugged = Instant::now();
    hears(&mut heard, by_v4).await;
    assert!(plugged.elapsed() < FOUND_WITHIN, "{:?}", plugged.elapsed());

    // Out for a moment only, when the other one has long said all it has to say: nobody who reads the networks once a
    // second would notice.
    let mut said = Instant::now();
    while said.elapsed() < BETWEEN_HEARTBEATS {
        said = Instant::now();
        hears(&mut heard, by_v4).await;
    }
    ip("link set cable-a down");
    ip("link set cable-a up");
    let plugged = Instant::now();
    hears(&mut heard, by_v4).await;
    assert!(plugged.elapsed() < FOUND_WITHIN, "{:?}", plugged.elapsed());

    // Another network number: what still says the old one is off-link now, by IPv6 it is still here.
    ip("addr del 10.77.0.1/24 dev cable-a");
    ip("addr add 10.99.0.1/24 dev cable-a");
    let moved = |status: &Status| status.addresses.contains(&"10.99.0.1:1001".parse().unwrap());
    timeout(PATIENCE, status.wait_for(moved)).await.unwrap().unwrap();
    while heard.try_recv().is_ok() {}
    let hint = next(&mut heard).await;
    assert!(by_v6(&hint), "{hint:?}");

    drop(other.stdin.take());
    assert!(wait(&mut other), "the other host failed");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "runs inside of a namespace, started by the test above"]
async fn second_host() {
    if std::env::var_os(INSIDE).is_none() {
        return;
    }
    ip("link set lo up");
    let (nearby, mut heard) = start(wide(1_002));
    listens(&nearby).await;
    println!("\nready");
    let begun = Instant::now();
    while !std::path::Path::new("/proc/self/net/dev_snmp6/cable-b").exists() {
        assert!(begun.elapsed() < PATIENCE, "no cable came");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    ip("addr add 10.77.0.2/24 dev cable-b");
    ip("link set cable-b up");
    println!("\nplugged in");
    hears(&mut heard, |hint| hint.address == "10.77.0.1:1001".parse().unwrap()).await;
    hears(&mut heard, |hint| hint.address.is_ipv6()).await;
    assert!(nearby.addresses().iter().all(|address| address.ip() == IpAddr::from([10, 77, 0, 2])));
    println!("\nheard by both");
    tokio::task::block_in_place(|| std::io::stdin().read_to_end(&mut Vec::new()).unwrap());
}

fn wide(port: u16) -> NearbyConfig {
    NearbyConfig { loopback_only: false, ..config(DISCOVERY_PORT, port) }
}

async fn hears(heard: &mut mpsc::Receiver<Hint>, which: impl Fn(&Hint) -> bool) {
    let mut others = Vec::new();
    let waiting = async {
        loop {
            let hint = heard.recv().await.unwrap();
            if which(&hint) {
                return;
            }
            others.push(hint.address);
        }
    };
    let found = timeout(PATIENCE, waiting).await;
    assert!(found.is_ok(), "never heard, but others were: {others:?}");
}

/// A command that runs another one in a namespace of its own, if that is allowed.
fn namespace() -> Option<Command> {
    ["-rn", "-n"].into_iter().find_map(|how| {
        let works = Command::new("unshare").args([how, "ip", "link", "set", "lo", "up"]).output();
        works.is_ok_and(|output| output.status.success()).then(|| {
            let mut command = Command::new("unshare");
            command.arg(how);
            command
        })
    })
}

/// This test program once more, for one test.
fn again<'a>(command: &'a mut Command, test: &str) -> &'a mut Command {
    command.arg(std::env::current_exe().unwrap()).args(["--exact", test, "--ignored", "--nocapture"]).env(INSIDE, "1")
}

fn ip(arguments: &str) {
    let output = Command::new("ip").args(arguments.split(' ')).output().unwrap();
    assert!(output.status.success(), "ip {arguments}: {}", String::from_utf8_lossy(&output.stderr));
}

fn wait_for_line(from: &mut impl BufRead, wanted: &str) {
    for line in from.by_ref().lines() {
        if line.unwrap() == wanted {
            return;
        }
    }
    panic!("it ended without saying {wanted:?}");
}

fn wait(child: &mut Child) -> bool {
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status.success();
        }
        if begun.elapsed() > PATIENCE {
            child.kill().unwrap();
            return false;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}
