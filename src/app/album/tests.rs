use std::{path::PathBuf, time::Instant};

use egui_kittest::{Harness, kittest::Queryable as _};

use super::*;
use crate::{app::fonts, i18n::Language, pictures, store::model::ItemState};

struct Room {
    previews: Option<Previews>,
    texts: Texts,
    items: Vec<Item>,
    last: Option<AlbumResponse>,
    opened: Vec<usize>,
}

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/pictures").join(name)
}

fn item(index: u32, name: &str) -> Item {
    Item {
        index,
        kind: ItemKind::File,
        name: name.to_owned(),
        size: 1,
        files: 1,
        path: Some(fixture(name)),
        thumbhash: None,
        rendition: None,
        state: ItemState::Saved,
    }
}

fn harness<'a>(items: Vec<Item>, pixels_per_point: f32) -> Harness<'a, Room> {
    let texts = Texts::new(Language::for_tag("en").unwrap());
    let language = texts.language();
    let room = Room { previews: None, texts, items, last: None, opened: Vec::new() };
    Harness::builder()
        .with_size(vec2(700.0, 900.0))
        .with_pixels_per_point(pixels_per_point)
        .with_max_steps(40)
        .with_context_setup(move |ctx| {
            fonts::install(ctx, language);
            design::install(ctx);
        })
        .build_ui_state(
            |ui, room: &mut Room| {
                let Room { previews, texts, items, last, opened } = room;
                let previews = previews.get_or_insert_with(|| Previews::new(ui.ctx()));
                previews.logic(ui.ctx());
                let items: Vec<&Item> = items.iter().filter(|item| is_picture(previews, item)).collect();
                let response = show(ui, previews, texts, &items, &Thumbnails::default(), 640.0);
                opened.extend(response.open);
                *last = Some(response);
            },
            room,
        )
}

/// Pictures come from other threads.
fn until(harness: &mut Harness<'_, Room>, done: impl Fn(&Harness<'_, Room>) -> bool) {
    let begun = Instant::now();
    while !done(harness) {
        assert!(begun.elapsed().as_secs() < 20, "not within 20 s");
        std::thread::sleep(std::time::Duration::from_millis(5));
        harness.step();
    }
    harness.run();
}

fn size_now(harness: &Harness<'_, Room>) -> Vec2 {
    harness.state().last.as_ref().unwrap().rect.size()
}

#[test]
fn a_picture_is_told_by_name_and_size_and_opens_when_clicked() {
    let mut harness = harness(vec![item(0, "small-inside.jpg")], 1.0);
    until(&mut harness, |harness| harness.query_by_label("Picture small-inside.jpg, 480 by 320").is_some());
    assert_eq!(size_now(&harness), vec2(420.0, 280.0));
    harness.get_by_label("Picture small-inside.jpg, 480 by 320").click();
    harness.run();
    assert_eq!(harness.state().opened, [0]);
}

#[test]
fn at_two_hundred_percent_a_picture_still_has_its_own_pixels() {
    let mut harness = harness(vec![item(0, "small-inside.jpg")], 2.0);
    until(&mut harness, |harness| harness.query_by_label("Picture small-inside.jpg, 480 by 320").is_some());
    assert_eq!(size_now(&harness), vec2(240.0, 160.0));
}

#[test]
fn a_dozen_pictures_show_nine_and_say_how_many_more_there_are() {
    let names = ["quadrants.png", "small-inside.jpg", "orientation-6.jpg", "half.png"];
    let items = (0..12).map(|at| item(at, names[at as usize % names.len()])).collect();
    let mut harness = harness(items, 1.0);
    until(&mut harness, |harness| harness.query_all_by_label_contains("Picture ").count() == 9);
    assert_eq!(harness.query_all_by_label("Picture quadrants.png, 24 by 16").count(), 3);
    assert_eq!(size_now(&harness).x, 420.0);
    // The last one is reached by keyboard too.
    let last = harness.query_all_by_label_contains("Picture ").last().unwrap();
    last.focus();
    harness.run();
    assert_eq!(harness.state().last.as_ref().unwrap().hovered, Some(8));
    harness.key_press(egui::Key::Enter);
    harness.run();
    assert_eq!(harness.state().opened, [8]);
}

#[test]
fn a_picture_that_comes_is_shown_whole_in_its_own_proportions() {
    let whole = fixture("small-inside.jpg");
    let hash = pictures::thumbhash_of(&whole, Instant::now() + std::time::Duration::from_secs(20));
    let coming = Item { path: None, thumbhash: hash, ..item(0, "small-inside.jpg") };
    let mut harness = harness(vec![coming], 1.0);
    harness.run();
    harness.get_by_label("Picture small-inside.jpg");
    assert_eq!(size_now(&harness), vec2(420.0, 300.0), "seven to five is what its hash says");
    harness.state_mut().items[0].path = Some(whole);
    until(&mut harness, |harness| harness.query_by_label("Picture small-inside.jpg, 480 by 320").is_some());
    assert_eq!(size_now(&harness), vec2(420.0, 280.0), "three to two is what it is");
}

#[test]
fn a_file_that_is_no_picture_inside_is_not_drawn_as_one() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("liar.png");
    std::fs::write(&path, "not a picture").unwrap();
    let liar = Item { path: Some(path), ..item(0, "liar.png") };
    let mut harness = harness(vec![liar.clone()], 1.0);
    until(&mut harness, |harness| !is_picture(harness.state().previews.as_ref().unwrap(), &liar));
    assert!(harness.query_by_label_contains("liar.png").is_none());
}
