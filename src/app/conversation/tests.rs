//! The conversation by its accessible names, as a person meets it with or without eyes.

use std::sync::Arc;

use egui::{Event, ImeEvent, Key, Modifiers, Vec2, accesskit::Role, vec2};
use egui_kittest::{
    Harness,
    kittest::{NodeT as _, Queryable as _},
};

use super::{samples::*, testing::*, text::laid_out};
use crate::{
    app::{
        actions::Action,
        model::{Chip, ChipKind, Search},
    },
    engine::api::Phase,
    pictures::bare::Telling,
    protocol::{Fingerprint, limits::MAX_TEXT},
    store::model::{Body, Direction, Entry, Form, Item, ItemState, Problem, State},
};

/// 2027-01-15, noon.
const NOON: i64 = 1_800_014_400_000;
const MINUTE: i64 = 60_000;

mod acting;
mod composing;
mod files;
mod scrolling;
mod searching;
mod told;
mod waiting;

type Window<'a> = Harness<'a, Room>;

fn actions(window: &mut Window<'_>) -> Vec<Action> {
    std::mem::take(&mut window.state_mut().actions)
}

/// The one action of its kind.
fn only<T>(window: &mut Window<'_>, pick: impl Fn(&Action) -> Option<T>) -> T {
    let actions = actions(window);
    let mut picked: Vec<T> = actions.iter().filter_map(&pick).collect();
    assert_eq!(picked.len(), 1, "{actions:?}");
    picked.remove(0)
}

fn fixture(name: &str) -> std::path::PathBuf {
    std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/pictures").join(name)
}

/// Steps until it holds, a quarter of a second of the window's time each.
fn until(window: &mut Window<'_>, holds: impl Fn(&Window<'_>) -> bool) {
    let end = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while !holds(window) {
        assert!(std::time::Instant::now() < end, "not within 20 s");
        std::thread::sleep(std::time::Duration::from_millis(5));
        window.step();
    }
}

fn composer(window: &Window<'_>) -> String {
    window.state().draft.text.clone()
}

fn write(window: &mut Window<'_>, text: &str) {
    window.get_by_label("Message").focus();
    window.run();
    window.event(Event::Text(text.into()));
    window.run();
}

fn many(seqs: std::ops::Range<i64>) -> Vec<Arc<Entry>> {
    seqs.map(|seq| {
        let text = format!("number {seq} {}", "with some more words ".repeat(seq.unsigned_abs() as usize % 9));
        let (text, at) = (text.trim_end(), NOON + seq * MINUTE);
        if seq % 3 == 0 { sent(seq, at, text) } else { received(seq, at, text) }
    })
    .collect()
}

fn scroll(window: &mut Window<'_>, by: f32) {
    window.hover_at(egui::pos2(300.0, 200.0));
    let delta = vec2(0.0, by);
    let wheel = |phase| Event::MouseWheel {
        unit: egui::MouseWheelUnit::Point,
        delta,
        modifiers: Modifiers::NONE,
        phase,
        source: egui::MouseWheelSource::Wheel,
    };
    window.event(wheel(egui::TouchPhase::Move));
    window.run();
}

/// Where an entry with this text is, if it is drawn.
fn top_of(window: &Window<'_>, text: &str) -> Option<f32> {
    window.query_by_label(text).map(|node| node.rect().top())
}

fn text_of(entry: &Entry) -> String {
    let Body::Text(text) = &entry.body else { panic!("a text") };
    text.clone()
}

#[test]
fn everything_has_a_name_in_chinese_too_and_fits_into_the_smallest_window() {
    let mut entries = vec![
        received(1, NOON, "早上好"),
        entry(
            2,
            NOON,
            Direction::Received,
            items(vec![file(0, "二零二六年全家在海边度假的照片合集最终版.zip", 9)]),
            State::Saved,
        ),
        entry(3, NOON, Direction::Sent, Body::Text("在吗？".into()), State::Stopped(Problem::NoAnswer)),
    ];
    entries.push(entry(4, NOON, Direction::Sent, items(vec![folder(0, "照片", 5_000, 12)]), State::Declined));
    let window = Room::new(entries).language("zh-CN").harness_of(Vec2::new(400.0, 700.0));
    assert_eq!(window.query_all_by_label("再次发送").count(), 2);
    for node in window.query_all_by_role(Role::Label) {
        let rect = node.rect();
        assert!(rect.left() >= 0.0 && rect.right() <= 400.0, "{node:?} lies at {rect:?}");
    }
    window.get_by_label_contains(" · “Office PC”拒绝了");
}
