//! A bus with something like logind and a desktop's session on it, which note who keeps the computer awake.

use std::{
    io::{BufRead as _, BufReader, Read as _},
    process::{Command as Process, Stdio},
};

use zbus::zvariant::OwnedFd;

use super::{
    resuming::{MIB, until_moved, wired},
    *,
};

const INSIDE: &str = "FANTAIL_TEST_SYSTEM_BUS";

/// Runs the test once more with a system bus of its own. True inside.
fn enter(test: &str) -> bool {
    if std::env::var_os(INSIDE).is_some() {
        return true;
    }
    let mut bus = Process::new("dbus-daemon")
        .args(["--session", "--nofork", "--print-address=1"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("dbus-daemon is needed for this test");
    let mut address = String::new();
    BufReader::new(bus.stdout.take().unwrap()).read_line(&mut address).unwrap();
    let output = Process::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(INSIDE, "1")
        .env("DBUS_SYSTEM_BUS_ADDRESS", address.trim())
        .env("DBUS_SESSION_BUS_ADDRESS", address.trim())
        .output();
    bus.kill().ok();
    bus.wait().ok();
    let output = output.unwrap();
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success() && said.contains("1 passed"), "inside: {said}");
    false
}

/// What somebody asked of it, and what is closed when they let go.
type Lock = ([String; 4], std::io::PipeReader);

struct Logind {
    locks: flume::Sender<Lock>,
}

#[zbus::interface(name = "org.freedesktop.login1.Manager")]
impl Logind {
    fn inhibit(&self, what: String, who: String, why: String, mode: String) -> OwnedFd {
        let (held, lock) = std::io::pipe().unwrap();
        self.locks.send(([what, who, why, mode], held)).unwrap();
        OwnedFd::from(std::os::fd::OwnedFd::from(lock))
    }
}

/// Who asked the desktop, under which name on the bus.
struct Session {
    asked: flume::Sender<(String, u32, zbus::names::OwnedUniqueName)>,
}

#[allow(clippy::needless_pass_by_value, reason = "as it is handed over")]
#[zbus::interface(name = "org.gnome.SessionManager")]
impl Session {
    fn inhibit(
        &self,
        who: String,
        _window: u32,
        _why: String,
        what: u32,
        #[zbus(header)] header: zbus::message::Header<'_>,
    ) -> u32 {
        self.asked.send((who, what, header.sender().unwrap().to_owned().into())).unwrap();
        1
    }
}

/// Waits until somebody lets go.
fn until_released(mut held: std::io::PipeReader) {
    let (done, ended) = flume::bounded(1);
    let read = move || done.send(held.read(&mut [0]).unwrap()).ok();
    std::thread::Builder::new().spawn(read).unwrap();
    assert_eq!(ended.recv_timeout(LONG), Ok(0), "it is still held");
}

#[test]
fn the_computer_is_kept_awake_while_bytes_move_and_no_longer() {
    if !enter("engine::tests::awake::the_computer_is_kept_awake_while_bytes_move_and_no_longer") {
        return;
    }
    let (locks, held) = flume::bounded(10);
    let (asked, asking) = flume::bounded(10);
    let bus = zbus::blocking::connection::Builder::system()
        .and_then(|builder| builder.name("org.freedesktop.login1"))
        .and_then(|builder| builder.serve_at("/org/freedesktop/login1", Logind { locks }))
        .and_then(|builder| builder.name("org.gnome.SessionManager"))
        .and_then(|builder| builder.serve_at("/org/gnome/SessionManager", Session { asked }))
        .and_then(zbus::blocking::connection::Builder::build)
        .unwrap();
    let (one, mut other, _cable) = wired(20 * MIB);
    // What is done at once is not worth it.
    let small = one.send_paths(&other, &[&one.file("small.bin", noise(100_000))]);
    other.until_state(&one, small, &State::Saved);
    let sent = one.send_paths(&other, &[&one.file("film.mkv", noise(110 * MIB as usize))]);
    until_moved(&other, MIB);
    assert!(held.is_empty(), "for a small file");
    let take = || held.recv_timeout(LONG).expect("nobody keeps it awake");
    let both = [take(), take()];
    for (words, _) in &both {
        assert_eq!(words[0], "idle", "a person who suspends would be refused");
        assert_eq!((words[1].as_str(), words[3].as_str()), ("Fantail", "block"));
        assert!(!words[2].is_empty());
    }
    let take_session = || asking.recv_timeout(LONG).expect("nobody tells the desktop");
    let sessions = [take_session(), take_session()];
    for (who, what, _) in &sessions {
        assert_eq!((who.as_str(), *what), ("Fantail", 8), "idleness alone");
    }
    // Nothing moves while the other is away.
    other.shut_down();
    one.until_state(&other, sent, &State::Held(Hold::Away));
    both.into_iter().for_each(|(_, held)| until_released(held));
    let names = zbus::blocking::fdo::DBusProxy::new(&bus).unwrap();
    for (_, _, name) in sessions {
        let is_there = || names.name_has_owner(name.clone().into()).unwrap();
        one.until("the desktop to be let go", |_| (!is_there()).then_some(()));
    }
    assert!(held.is_empty());
    other.start_again();
    let both = [take(), take()];
    one.until_state(&other, sent, &State::Saved);
    both.into_iter().for_each(|(_, held)| until_released(held));
    assert!(held.is_empty(), "it was asked twice for one transfer");
}
