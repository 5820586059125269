use std::io::{BufRead as _, BufReader, Write as _};

use super::*;
use crate::{
    cli::exchange::{MAX_LINE, VERSION},
    engine::{
        Engine,
        api::{Config, Receive},
    },
    platform::{
        home::Home,
        instance::{self, Claim},
    },
};

/// In the order in which it ends.
struct Door {
    serving: Option<Serving>,
    _engine: Engine,
    home: Home,
    _dir: tempfile::TempDir,
}

impl Door {
    fn open(role: Role) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::below(dir.path());
        let Ok(Claim::First(listener)) = instance::claim(&home) else { panic!("a fresh home is free") };
        let config = Config {
            home: home.clone(),
            name: Some("Office".into()),
            port: Some(0),
            // Nobody else listens on a port that the system hands out for this moment.
            discovery_port: std::net::UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port(),
            loopback_only: true,
            beside_window: false,
            receive: Receive::Nothing,
        };
        let engine = Engine::start(config).unwrap();
        let serving = Some(serve_as(role, listener, engine.handle(), |_| {}).unwrap());
        Self { serving, _engine: engine, home, _dir: dir }
    }

    fn knock(&self) -> Stream {
        instance::running(&self.home).unwrap()
    }

    /// All that is said to these bytes until the conversation is over.
    fn said_to(&self, bytes: &[u8]) -> Vec<Said> {
        let mut stream = self.knock();
        // Cut short where it is turned away.
        stream.write_all(bytes).ok();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let lines = BufReader::new(stream).lines();
        lines.map_while(Result::ok).map(|line| serde_json::from_str(&line).unwrap()).collect()
    }
}

#[test]
fn a_request_is_accepted_and_answered_to_its_end() {
    let door = Door::open(Role::Window);
    let mut lines = Vec::new();
    let handed = hand_over(
        &door.knock(),
        &Request::ShelfList,
        &Stop::default(),
        |_| {},
        |line| lines.push(line.clone()),
        || None,
    );
    assert_eq!(handed, Handed::Done { role: Role::Window, exit: Exit::Done });
    assert_eq!(lines, []);
    let handed = hand_over(
        &door.knock(),
        &Request::ShelfRemove { items: vec![7] },
        &Stop::default(),
        |_| {},
        |line| {
            lines.push(line.clone());
        },
        || None,
    );
    assert_eq!(handed, Handed::Done { role: Role::Window, exit: Exit::Failed });
    assert_eq!(lines, [Line::Error(Problem::NotOnShelf)]);
}

#[test]
fn a_request_of_another_version_or_none_at_all_is_turned_away_and_the_next_is_served() {
    let door = Door::open(Role::Window);
    for request in
        [&br#"{"version":99,"request":{"command":"who"}}"#[..], br#"{"version":1,"request":{"command":"dance"}}"#]
    {
        let said = door.said_to(&[request, b"\n"].concat());
        assert!(
            matches!(
                said[..],
                [Said::Accepted { .. }, Said::Line(Line::Error(Problem::Incompatible)), Said::End(Exit::Failed)]
            ),
            "{said:?}"
        );
    }
    assert!(door.said_to(b"GET / HTTP/1.1\r\n\r\n").is_empty());
    assert!(door.said_to(&vec![b'['; MAX_LINE + 10]).is_empty());
    let handed = hand_over(&door.knock(), &Request::Who, &Stop::default(), |_| {}, |_| {}, || None);
    assert_eq!(handed, Handed::Done { role: Role::Window, exit: Exit::Done });
}

#[test]
fn only_a_window_can_be_shown() {
    let show = Request::Show { paths: Vec::new() };
    for (role, exit) in [(Role::Window, Exit::Done), (Role::Receive, Exit::Failed), (Role::Command, Exit::Failed)] {
        let door = Door::open(role);
        let handed = hand_over(&door.knock(), &show, &Stop::default(), |_| {}, |_| {}, || None);
        assert_eq!(handed, Handed::Done { role, exit });
    }
}

#[test]
fn a_terminal_that_goes_away_ends_its_command_and_a_door_that_closes_ends_them_all() {
    let mut door = Door::open(Role::Window);
    let request = serde_json::json!({ "version": VERSION, "request": Request::Nearby { seconds: 600 } });
    let begin = || {
        let mut stream = door.knock();
        stream.write_all(format!("{request}\n").as_bytes()).unwrap();
        let mut first = String::new();
        BufReader::new(stream.try_clone().unwrap()).read_line(&mut first).unwrap();
        assert!(first.contains("accepted"), "{first}");
        stream
    };
    let shared = door.serving.as_ref().unwrap().shared.clone();
    let until = Instant::now() + Duration::from_secs(20);
    begin().shutdown();
    while *shared.running() > 0 {
        assert!(Instant::now() < until, "it looks around for ten minutes, for nobody");
        thread::sleep(TICK);
    }
    let _staying = begin();
    let started = Instant::now();
    drop(door.serving.take());
    assert!(started.elapsed() < LAST_WORDS);
    assert_eq!(*shared.running(), 0);
    assert!(instance::running(&door.home).is_none());
}
