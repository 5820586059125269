//! Two windows over two real engines on loopback.

use std::{path::Path, time::Instant};

use super::{super::actions::Action, *};
use crate::{
    engine::{
        Client, Engine,
        api::{Config, Receive},
    },
    platform::home::Home,
};

/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

pub(super) struct Side {
    pub harness: Harness<'static, App>,
    received: PathBuf,
    // Ends before its folder goes.
    engine: Option<Engine>,
    _home: Option<tempfile::TempDir>,
}

impl Drop for Side {
    fn drop(&mut self) {
        self.engine.take().map(|engine| engine.shutdown(Duration::from_secs(1)));
    }
}

fn side(name: &str, discovery_port: u16) -> Side {
    let dir = tempfile::tempdir().unwrap();
    let mut side = side_of(name, discovery_port, dir.path(), |client| Box::new(client));
    side._home = Some(dir);
    side
}

/// In a folder that is kept by who asks.
pub(super) fn side_of(
    name: &str,
    discovery_port: u16,
    dir: &Path,
    link: impl FnOnce(Client) -> Box<dyn Link> + 'static,
) -> Side {
    let home = Home::below(dir);
    home.create().unwrap();
    let received = home.received.clone();
    let engine = Engine::start(Config {
        home,
        name: Some(name.into()),
        port: Some(0),
        discovery_port,
        loopback_only: true,
        beside_window: true,
        receive: Receive::Ask { into: None },
    })
    .unwrap();
    let client = engine.client(|| {});
    let harness = Harness::builder().with_size([900.0, 640.0]).with_max_steps(24).build_eframe(|creation| {
        let (_, requests) = flume::bounded(1);
        App::new(&creation.egui_ctx, link(client), requests)
    });
    let mut side = Side { harness, received, engine: Some(engine), _home: None };
    let settings = Settings { language: Some("en".into()), ..Settings::default() };
    side.harness.state_mut().actions.push(Action::ChangeSettings(settings));
    side
}

impl Side {
    pub fn until(&mut self, what: &str, mut holds: impl FnMut(&mut Self) -> bool) {
        let end = Instant::now() + PATIENCE;
        loop {
            self.harness.step();
            if holds(self) {
                return;
            }
            assert!(Instant::now() < end, "waited in vain: {what}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    pub fn until_shown(&mut self, name: &str) {
        self.until(name, |side| shows(&side.harness, name));
    }

    pub fn click(&mut self, name: &str) {
        self.until_shown(name);
        self.harness.get_all_by_label_contains(name).last().unwrap().click();
        self.harness.run_steps(2);
    }
}

/// A free UDP port, so that no other Fantail on this machine is met.
pub(super) fn free_port() -> u16 {
    std::net::UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[test]
fn a_picture_is_dropped_asked_for_accepted_and_answered_in_chinese() {
    let port = free_port();
    let mut mei = side("Mei’s laptop", port);
    let mut office = side("Office PC", port);
    let source = tempfile::tempdir().unwrap();
    let file = source.path().join("花园.txt");
    std::fs::write(&file, b"not really a garden").unwrap();

    mei.until_shown("Office PC, Computer");
    office.until_shown("Mei’s laptop, Computer");
    let who = mei.harness.state().model.snapshot.computers[0].fingerprint;
    mei.harness.state_mut().actions.push(Action::SendPaths { to: vec![who], paths: vec![file] });
    mei.until_shown("First time: is this the right one?");
    mei.harness.get_all_by_label("Send").last().unwrap().click();
    mei.harness.run_steps(2);

    office.until_shown("Mei’s laptop wants to send you 花园.txt");
    office.harness.run_steps(4);
    office.harness.get_by_label("Accept").click();
    let arrived = office.received.join("花园.txt");
    office.until("the file", |_| arrived.exists());
    assert_eq!(std::fs::read(&arrived).unwrap(), b"not really a garden");
    mei.until_shown("Saved on Office PC");

    office.click("Mei’s laptop, Computer");
    office.harness.state_mut().draft().text = "太漂亮了".into();
    office.harness.state_mut().actions.push(Action::SendDraft);
    office.until_shown("First time: is this the right one?");
    office.harness.get_all_by_label("Send").last().unwrap().click();
    office.harness.run_steps(2);
    mei.until_shown("太漂亮了");
}
