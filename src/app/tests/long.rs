//! A conversation of a hundred thousand entries, with the real engine and its real store: it opens, and one gets
//! anywhere in it, while the window loads what is in view and near and waits for nothing.
//!
//! `FANTAIL_TEST_HOME=DIR` leaves that store in a folder, to open the real window on it.

use std::{cell::RefCell, rc::Rc};

use egui::{Key, Modifiers, Rect, Vec2, accesskit::Role, pos2};
use egui_kittest::kittest::NodeT as _;

use super::{
    super::{
        actions::{Action, ViewerTarget},
        design::size::LIST,
        model::{LOADED, PAGE},
    },
    two::{Side, side_of},
    *,
};
use crate::{
    engine::Client,
    store::{NewEntry, Store, model::Seen},
};

const ENTRIES: u64 = 100_000;

/// On the screen, with what is just outside of it.
const ROWS: usize = 60;

/// The engine's own client; counts what the window asks for, and can be slow.
struct Watched {
    client: Client,
    watch: Rc<RefCell<Watch>>,
}

#[derive(Default)]
struct Watch {
    pages: usize,
    rows: usize,
    /// Nothing is answered, as if the disk slept.
    asleep: bool,
}

impl Link for Watched {
    fn send(&self, command: Command) -> Result<CommandId, Busy> {
        self.watch.borrow_mut().pages += usize::from(matches!(command, Command::Page { .. }));
        self.client.send(command)
    }

    fn events(&self) -> Vec<Event> {
        let mut watch = self.watch.borrow_mut();
        if watch.asleep {
            return Vec::new();
        }
        let events: Vec<Event> = self.client.try_events().collect();
        for event in &events {
            if let Event::Replied { result: Ok(Reply::Page { entries, .. }), .. } = event {
                assert!(entries.len() <= PAGE);
                watch.rows += entries.len();
            }
        }
        events
    }

    fn snapshot(&self) -> Arc<Snapshot> {
        self.client.snapshot()
    }
}

/// Entry number `number` of the conversation, 1 to [`ENTRIES`]: texts short and long, pictures, files, folders, in both
/// directions and with every kind of end.
fn nth(number: u64) -> NewEntry {
    let pictures = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/pictures");
    let item = |index: u32, name: &str, kind| Item {
        index,
        kind,
        name: name.into(),
        size: 1_000 + number,
        files: if kind == ItemKind::Folder { 12 } else { 1 },
        path: Some(pictures.join(name)),
        thumbhash: None,
        rendition: None,
        state: ItemState::Saved,
    };
    let of = |items: Vec<Item>| Body::Items {
        files: items.iter().map(|item| item.files).sum(),
        bytes: items.iter().map(|item| item.size).sum(),
        items,
    };
    let body = match number % 20 {
        3 => of(vec![item(0, "small-inside.jpg", ItemKind::File)]),
        7 => of(["p3.jpg", "quadrants.png", "moving.gif"]
            .iter()
            .zip(0..)
            .map(|(name, index)| item(index, name, ItemKind::File))
            .collect()),
        11 => of(vec![item(0, &format!("report {number}.pdf"), ItemKind::File)]),
        15 => of(vec![item(0, &format!("海边 {number}"), ItemKind::Folder)]),
        19 => Body::Text(format!(
            "message {number}\n{}",
            "a longer one, over several lines, as people write them\n".repeat(12)
        )),
        5 => Body::Text(format!("消息 {number}：明天几点到？我们在海边等你")),
        _ => Body::Text(format!("message {number}")),
    };
    let state = match number % 50 {
        11 => State::Declined,
        15 => State::Cancelled { here: false },
        31 => State::Stopped(crate::engine::api::Problem::NotReachable),
        _ => State::Saved,
    };
    let mut id = [0; 16];
    id[..8].copy_from_slice(&number.to_le_bytes());
    NewEntry {
        with: OFFICE,
        transfer: TransferId(id),
        group: GroupId(id),
        direction: if number.is_multiple_of(3) { Direction::Sent } else { Direction::Received },
        at: Millis(1_700_000_000_000 + number as i64 * 600_000),
        body,
        state,
    }
}

struct Long {
    side: Side,
    watch: Rc<RefCell<Watch>>,
    _home: Option<tempfile::TempDir>,
}

impl Long {
    fn open() -> Self {
        let (dir, home) = match std::env::var_os("FANTAIL_TEST_HOME") {
            Some(dir) => (PathBuf::from(dir), None),
            None => {
                let home = tempfile::tempdir().unwrap();
                (home.path().to_owned(), Some(home))
            }
        };
        let place = crate::platform::home::Home::below(&dir);
        place.create().unwrap();
        let mut store = Store::open(&place.database).unwrap().store;
        store
            .upsert_seen(
                &OFFICE,
                &Seen {
                    name: "Office PC".to_owned(),
                    kind: DeviceKind::Computer,
                    addresses: Vec::new(),
                    at: Millis(1),
                },
            )
            .unwrap();
        store.append_all((1..=ENTRIES).map(nth)).unwrap();
        store.mark_read(&OFFICE).unwrap();
        drop(store);

        let watch = Rc::new(RefCell::new(Watch::default()));
        let side = side_of("Mei’s laptop", super::two::free_port(), &dir, {
            let watch = watch.clone();
            |client| Box::new(Watched { client, watch })
        });
        Self { side, watch, _home: home }
    }

    /// Steps until it holds; in each frame little is laid out, and little is kept.
    fn until(&mut self, what: &str, holds: impl Fn(&Harness<'static, App>) -> bool) {
        self.side.until(what, |side| {
            let drawn = side.harness.query_all_by_role(Role::ListItem).count();
            let kept = side.harness.state().model.conversation(OFFICE).map_or(0, |all| all.len());
            assert!(drawn < ROWS && kept <= 2 * LOADED, "{drawn} drawn, {kept} kept, on the way to {what}");
            holds(&side.harness)
        });
    }

    fn until_in_view(&mut self, number: u64) {
        let said = said(number);
        self.until(&said.clone(), |harness| in_view(harness, &said));
    }

    /// The entry in view that is nearest to the beginning.
    fn first_in_view(&self) -> i64 {
        let harness = &self.side.harness;
        let conversation = harness.state().model.conversation(OFFICE).unwrap();
        let shown = conversation.entries().find(|entry| in_view(harness, &said(entry.seq.unsigned_abs())));
        shown.map_or(0, |entry| entry.seq)
    }

    fn press(&mut self, key: Key) {
        self.side.harness.key_press(key);
        self.side.harness.step();
    }

    /// The keyboard goes to an entry in view.
    fn focus_entry(&mut self) {
        let harness = &mut self.side.harness;
        harness.query_all_by_role(Role::ListItem).find(|node| node.rect().left() > LIST).unwrap().focus();
        harness.step();
    }

    /// Where the list's scroll bar is.
    fn bar(&self) -> Rect {
        let mut bars = self.side.harness.query_all_by_role(Role::ScrollBar).map(|node| node.rect());
        bars.find(|bar| bar.left() > LIST).unwrap()
    }

    fn pages(&self) -> usize {
        self.watch.borrow().pages
    }

    /// How many pages were asked for meanwhile.
    fn pages_of(&mut self, work: impl FnOnce(&mut Self)) -> usize {
        let before = self.pages();
        work(self);
        self.pages() - before
    }
}

/// Words that only this entry has, for one that is a plain text.
fn said(number: u64) -> String {
    format!(": message {number}")
}

fn in_view(harness: &Harness<'static, App>, said: &str) -> bool {
    let screen = Rect::from_min_size(pos2(0.0, 0.0), Vec2::new(900.0, 640.0));
    let exactly = |label: &str| {
        label.find(said).is_some_and(|at| !label[at + said.len()..].starts_with(|c: char| c.is_ascii_digit()))
    };
    let mut named = harness.query_all_by_role(Role::ListItem);
    named.any(|node| {
        node.accesskit_node().label().is_some_and(|label: String| exactly(&label)) && screen.intersects(node.rect())
    })
}

#[test]
fn a_hundred_thousand_entries_open_with_one_page_and_any_of_them_is_reached_with_few() {
    let mut long = Long::open();
    let opened = long.pages_of(|long| {
        long.side.click("Office PC, Computer");
        long.until_in_view(ENTRIES);
    });
    assert!(opened <= 2, "{opened} pages to open it");

    let home = long.pages_of(|long| {
        long.focus_entry();
        long.press(Key::Home);
        long.until_in_view(1);
    });
    assert!(home <= 3, "{home} pages to its beginning");
    let end = long.pages_of(|long| {
        long.focus_entry();
        long.press(Key::End);
        long.until_in_view(ENTRIES);
    });
    assert!(end <= 3, "{end} pages back to its end");

    // Page after page, as somebody reads.
    let read = long.pages_of(|long| {
        long.focus_entry();
        for _ in 0..100 {
            let before = long.first_in_view();
            long.press(Key::PageUp);
            long.until("what is above", |harness| {
                let conversation = harness.state().model.conversation(OFFICE).unwrap();
                !conversation.loading && harness.query_all_by_role(Role::ListItem).count() > 3
            });
            assert!(long.first_in_view() <= before, "it goes up");
        }
    });
    let passed = ENTRIES as i64 - long.first_in_view();
    assert!(passed > 300, "only {passed} were passed");
    assert!(read <= passed as usize / PAGE + 20, "{read} pages for {passed} entries");

    let found = long.pages_of(|long| {
        long.side.harness.key_press_modifiers(Modifiers::COMMAND, Key::F);
        long.side.harness.step();
        long.side.harness.get_by_label("Search").focus();
        long.side.harness.step();
        long.side.harness.event(egui::Event::Text("message 54321".into()));
        long.side.until_shown(": message 54321");
        long.side.harness.query_all_by_label_contains(": message 54321").next().unwrap().click();
        long.until_in_view(54_321);
    });
    assert!(found <= 3, "{found} pages to what was found");

    let rows = long.watch.borrow().rows;
    assert!(rows < ENTRIES as usize / 20, "{rows} entries were read in all");
}

#[test]
fn the_bar_is_dragged_from_the_end_of_a_hundred_thousand_entries_to_their_beginning() {
    let mut long = Long::open();
    long.side.click("Office PC, Computer");
    long.until_in_view(ENTRIES);
    long.side.harness.run_steps(8);
    let bar = long.bar().shrink(3.0);
    let dragged = long.pages_of(|long| {
        let harness = &mut long.side.harness;
        harness.hover_at(bar.center_bottom());
        harness.step();
        harness.drag_at(bar.center_bottom());
        harness.step();
        for step in 0..=60 {
            let harness = &mut long.side.harness;
            let y = egui::lerp(bar.bottom()..=bar.top() - 20.0, step as f32 / 60.0);
            harness.hover_at(pos2(bar.center().x, y));
            harness.step();
            if step == 30 {
                long.until("the middle", |harness| {
                    let ends = harness.state().model.conversation(OFFICE).and_then(|all| all.ends());
                    let loaded = ends.is_some_and(|(first, last)| first > 30_000 && last < 70_000);
                    loaded && harness.query_all_by_role(Role::ListItem).count() > 3
                });
            }
        }
        long.side.harness.drop_at(pos2(bar.center().x, bar.top() - 20.0));
        long.until_in_view(1);
    });
    assert!(dragged < 80, "{dragged} pages for 60 places of the bar");
}

#[test]
fn the_window_does_not_wait_for_a_store_that_sleeps() {
    let mut long = Long::open();
    long.side.click("Office PC, Computer");
    long.until_in_view(ENTRIES);
    long.watch.borrow_mut().asleep = true;
    long.focus_entry();
    let asked = long.pages_of(|long| {
        long.press(Key::Home);
        long.side.harness.run_steps(20);
    });
    assert_eq!(asked, 1, "it asks once, and draws on");
    long.side.harness.get_by_label("Message").focus();
    long.side.harness.step();
    long.side.harness.event(egui::Event::Text("still there?".into()));
    long.side.harness.step();
    assert_eq!(long.side.harness.state_mut().draft().text, "still there?");
    long.watch.borrow_mut().asleep = false;
    long.until_in_view(1);
}

#[test]
fn from_the_newest_picture_one_gets_to_the_oldest_of_a_hundred_thousand_entries_and_past_what_is_loaded() {
    let mut long = Long::open();
    long.side.click("Office PC, Computer");
    long.until_in_view(ENTRIES);
    let seq = |harness: &Harness<'static, App>| harness.state().viewer.shown().map(|shown| shown.seq);
    let newest = ViewerTarget { with: OFFICE, seq: 99_987, item: 2 };
    long.side.harness.state_mut().actions.push(Action::View(newest));
    long.until("the viewer", |harness| seq(harness) == Some(99_987));
    // Of each 20 entries one has three pictures, and one has one.
    let (first, _) = long.side.harness.state().model.conversation(OFFICE).unwrap().ends().unwrap();
    let mut before = 99_987;
    for step in 0..80 {
        let now = (99_987 - 20 * (step / 4)) - if step % 4 == 3 { 4 } else { 0 };
        long.until("the next older one", |harness| seq(harness) == Some(now));
        assert!(now <= before);
        before = now;
        long.press(Key::PageUp);
    }
    assert!(before < first - 100, "{before} is loaded from {first} on");
    long.press(Key::Home);
    long.until("the first", |harness| seq(harness) == Some(3));
    assert!(long.side.harness.query_by_label("Previous").is_none(), "there is none before it");
    long.press(Key::PageDown);
    long.until("the second", |harness| seq(harness) == Some(7));
    long.press(Key::End);
    long.until("the last", |harness| seq(harness) == Some(99_987));
    assert!(long.side.harness.query_by_label("Next").is_none(), "there is none after it");
}
