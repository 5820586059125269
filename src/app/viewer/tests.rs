use std::time::Instant;

use egui_kittest::{Harness, kittest::Queryable as _};

use egui::{Event, Key, Modifiers};

use super::{stage::MARGIN, *};
use crate::{
    app::{design, fonts, previews::Preview},
    i18n::Language,
};

struct Room {
    previews: Option<Previews>,
    texts: Texts,
    viewer: Viewer,
    actions: Vec<ViewerAction>,
}

fn shown(name: &str) -> Shown {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/pictures").join(name);
    Shown { seq: 1, path, name: name.to_owned(), thumbhash: None, settled: true }
}

/// Three pictures, the second one open and there.
fn harness<'a>() -> Harness<'a, Room> {
    let texts = Texts::new(Language::for_tag("en").unwrap());
    let language = texts.language();
    let mut viewer = Viewer::default();
    viewer.open(Gallery::new(vec![shown("quadrants.png"), shown("small-inside.jpg"), shown("moving.gif")], 1).unwrap());
    let mut harness = Harness::builder()
        .with_size(vec2(900.0, 640.0))
        .with_max_steps(40)
        .with_context_setup(move |ctx| {
            fonts::install(ctx, language);
            design::install(ctx);
        })
        .build_ui_state(
            |ui, room: &mut Room| {
                let Room { previews, texts, viewer, actions } = room;
                let previews = previews.get_or_insert_with(|| {
                    let mut previews = Previews::new(ui.ctx());
                    // Otherwise the animation goes on for ever, and so would the test.
                    previews.set_reduced_motion(true);
                    previews
                });
                previews.logic(ui.ctx());
                let _ = ui.button("Behind it");
                actions.extend(viewer.show(ui.ctx(), previews, texts));
            },
            Room { previews: None, texts, viewer, actions: Vec::new() },
        );
    until(&mut harness, "Picture small-inside.jpg, 480 by 320");
    harness
}

fn until(harness: &mut Harness<'_, Room>, label: &str) {
    let begun = Instant::now();
    while harness.query_by_label(label).is_none() {
        assert!(begun.elapsed().as_secs() < 20, "{label}: not within 20 s");
        std::thread::sleep(std::time::Duration::from_millis(5));
        harness.step();
    }
    harness.run();
}

fn look<'a>(harness: &'a Harness<'_, Room>) -> &'a Look {
    &harness.state().viewer.open.as_ref().unwrap().look
}

#[test]
fn arrows_and_buttons_go_through_the_pictures_and_stop_at_the_ends() {
    let mut harness = harness();
    harness.key_press(Key::ArrowRight);
    harness.run();
    until(&mut harness, "Picture moving.gif, 24 by 16");
    assert!(harness.query_by_label("Next").is_none(), "the last one");
    harness.key_press(Key::ArrowRight);
    harness.run();
    harness.get_by_label("Picture moving.gif, 24 by 16");
    harness.key_press(Key::Home);
    harness.run();
    until(&mut harness, "Picture quadrants.png, 24 by 16");
    assert!(harness.query_by_label("Previous").is_none(), "the first one");
    harness.get_by_label("Next").click();
    harness.run();
    harness.get_by_label("Picture small-inside.jpg, 480 by 320");
}

#[test]
fn a_picture_that_arrives_is_reached_by_next_and_the_one_that_is_looked_at_stays() {
    let mut harness = harness();
    let gallery = Gallery::new(vec![shown("small-inside.jpg")], 0).unwrap();
    harness.state_mut().viewer.open(gallery.of_conversation(Fingerprint([1; 32]), None, None));
    until(&mut harness, "Picture small-inside.jpg, 480 by 320");
    assert!(harness.query_by_label("Next").is_none());
    assert_eq!(harness.state().viewer.with(), Some(Fingerprint([1; 32])));
    harness.state_mut().viewer.join(2, vec![Shown { seq: 2, ..shown("quadrants.png") }]);
    harness.run();
    harness.get_by_label("Picture small-inside.jpg, 480 by 320");
    harness.get_by_label("Next").click();
    harness.run();
    until(&mut harness, "Picture quadrants.png, 24 by 16");
}

#[test]
fn a_right_click_on_the_picture_offers_what_can_be_done_with_it() {
    let mut harness = harness();
    harness.get_by_label("Picture small-inside.jpg, 480 by 320").click_secondary();
    harness.run();
    let end = |label: &str| harness.get_by_label(label).rect().right();
    assert_eq!(end("Copy file"), end("Open with another program"), "their keys stand in a column");
    harness.get_by_label("Move to the bin").click();
    harness.run();
    assert_eq!(harness.state().actions, [ViewerAction::Bin(shown("small-inside.jpg").path)]);
}

#[test]
fn keys_zoom_fit_and_turn() {
    let mut harness = harness();
    assert_eq!(look(&harness).percent(), Some(100));
    harness.key_press(Key::Plus);
    harness.run();
    assert_eq!(look(&harness).percent(), Some(125));
    harness.key_press(Key::Minus);
    harness.run();
    assert_eq!(look(&harness).percent(), Some(100));
    harness.get_by_label("Zoom in").click();
    harness.run();
    harness.key_press(Key::Num0);
    harness.run();
    assert!(look(&harness).is_fitted());
    harness.key_press(Key::R);
    harness.run();
    assert!(look(&harness).lies());
    harness.key_press_modifiers(Modifiers::SHIFT, Key::R);
    harness.run();
    assert!(!look(&harness).lies());
}

#[test]
fn arrows_move_what_is_larger_than_the_window_and_turn_the_page_again_once_it_fits() {
    let mut harness = harness();
    let left = |harness: &Harness<'_, Room>| look(harness).rect(egui::Pos2::ZERO).unwrap().left();
    for _ in 0..6 {
        harness.key_press(Key::Plus);
        harness.run();
    }
    assert!(look(&harness).can_pan());
    let before = left(&harness);
    harness.key_press(Key::ArrowRight);
    harness.run();
    harness.get_by_label("Picture small-inside.jpg, 480 by 320");
    assert!(left(&harness) < before - 50.0, "what lies further right comes into view");
    harness.key_press(Key::ArrowLeft);
    harness.run();
    assert!((left(&harness) - before).abs() < 1.0);
    harness.key_press(Key::PageDown);
    harness.run();
    until(&mut harness, "Picture moving.gif, 24 by 16");
    harness.key_press(Key::PageUp);
    harness.run();
    harness.key_press(Key::ArrowLeft);
    harness.run();
    until(&mut harness, "Picture quadrants.png, 24 by 16");
}

#[test]
fn a_turned_picture_is_fitted_anew_and_stays_whole() {
    let mut harness = harness();
    // 480 by 320 on its side is less high than the stage; in a lower window it is not.
    harness.set_size(vec2(900.0, 440.0));
    harness.run();
    let size = |harness: &Harness<'_, Room>| look(harness).rect(egui::Pos2::ZERO).unwrap().size();
    assert_eq!(size(&harness), vec2(480.0, 320.0));
    harness.key_press(Key::R);
    harness.run();
    let room = 440.0 - BAR - 2.0 * MARGIN;
    assert!((size(&harness).y - room).abs() < 0.5 && (size(&harness).x - room / 1.5).abs() < 0.5, "{}", size(&harness));
    harness.key_press(Key::Num1);
    harness.run();
    assert_eq!((size(&harness), look(&harness).percent()), (vec2(320.0, 480.0), Some(100)));
    harness.key_press(Key::Num0);
    harness.run();
    assert!(look(&harness).is_fitted());
}

#[test]
fn copying_saving_and_showing_name_the_picture_that_is_seen() {
    let mut harness = harness();
    harness.key_press_modifiers(Modifiers::COMMAND, Key::S);
    harness.run();
    harness.event(Event::Copy);
    harness.run();
    harness.get_by_label("More").click();
    harness.run();
    harness.get_by_label("Show in folder").click();
    harness.run();
    let Shown { path, name, .. } = shown("small-inside.jpg");
    assert_eq!(
        harness.state().actions,
        [
            ViewerAction::SaveAs { path: path.clone(), name },
            ViewerAction::Copy(path.clone()),
            ViewerAction::Reveal(path),
        ]
    );
}

#[test]
fn escape_and_the_button_close_it() {
    let mut harness = harness();
    harness.key_press(Key::Escape);
    harness.run();
    assert!(!harness.state().viewer.is_open());
    harness.state_mut().viewer.open(Gallery::new(vec![shown("quadrants.png")], 0).unwrap());
    until(&mut harness, "Picture quadrants.png, 24 by 16");
    harness.get_by_label("Close the viewer").click();
    harness.run();
    assert!(!harness.state().viewer.is_open());
}

#[test]
fn the_keyboard_goes_back_to_where_it_was() {
    let mut harness = harness();
    harness.key_press(Key::Escape);
    harness.run();
    harness.get_by_label("Behind it").focus();
    harness.run();
    harness.state_mut().viewer.open(Gallery::new(vec![shown("quadrants.png")], 0).unwrap());
    until(&mut harness, "Picture quadrants.png, 24 by 16");
    assert!(!harness.get_by_label("Behind it").is_focused());
    harness.key_press(Key::Escape);
    harness.run();
    assert!(harness.get_by_label("Behind it").is_focused());
}

#[test]
fn a_file_that_vanished_says_so_instead_of_staying_empty() {
    let mut harness = harness();
    harness.state_mut().viewer.open(Gallery::new(vec![shown("vanished.png"), shown("quadrants.png")], 0).unwrap());
    until(&mut harness, "Picture vanished.png");
    harness.key_press(Key::ArrowRight);
    harness.run();
    until(&mut harness, "Picture quadrants.png, 24 by 16");
}

#[test]
fn everything_in_the_menu_names_the_picture_that_is_seen() {
    let mut harness = harness();
    for label in ["Copy file", "Open with another program", "Move to the bin"] {
        harness.get_by_label("More").click();
        harness.run();
        harness.get_by_label(label).click();
        harness.run();
    }
    harness.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::C);
    harness.run();
    harness.key_press_modifiers(Modifiers::COMMAND, Key::O);
    harness.run();
    harness.key_press(Key::Delete);
    harness.run();
    let path = shown("small-inside.jpg").path;
    let each =
        [ViewerAction::CopyFile(path.clone()), ViewerAction::Open(path.clone()), ViewerAction::Bin(path.clone())];
    assert_eq!(harness.state().actions, [each.clone(), each].concat());
}

#[test]
fn what_is_still_being_sent_is_not_moved_to_the_bin() {
    let mut harness = harness();
    let waiting = Shown { settled: false, ..shown("quadrants.png") };
    harness.state_mut().viewer.open(Gallery::new(vec![waiting], 0).unwrap());
    until(&mut harness, "Picture quadrants.png, 24 by 16");
    harness.key_press(Key::Delete);
    harness.run();
    harness.get_by_label("More").click();
    harness.run();
    assert!(harness.query_by_label("Move to the bin").is_none());
    assert!(harness.state().actions.is_empty());
}

#[test]
fn the_next_picture_takes_the_place_of_one_that_went_and_the_last_one_closes_the_viewer() {
    let mut harness = harness();
    let remove = |harness: &mut Harness<'_, Room>, name: &str| {
        let Room { viewer, previews, .. } = harness.state_mut();
        viewer.remove(&shown(name).path, previews.as_mut().unwrap());
        harness.run();
    };
    remove(&mut harness, "small-inside.jpg");
    until(&mut harness, "Picture moving.gif, 24 by 16");
    // Before the one that is seen: that stays.
    remove(&mut harness, "quadrants.png");
    harness.get_by_label("Picture moving.gif, 24 by 16");
    remove(&mut harness, "moving.gif");
    assert!(!harness.state().viewer.is_open());
}

#[test]
fn what_moves_is_stopped_stepped_through_and_set_going_again() {
    let mut harness = harness();
    harness.state_mut().viewer.open(Gallery::new(vec![shown("moving.gif")], 0).unwrap());
    until(&mut harness, "Picture moving.gif, 24 by 16");
    let motion = |harness: &Harness<'_, Room>| {
        let previews = harness.state().previews.as_ref().unwrap();
        previews.motion(&shown("moving.gif").path).unwrap()
    };
    until(&mut harness, "Play");
    assert!(!motion(&harness).playing, "motion is reduced");
    let count = motion(&harness).count as u64;
    let label = |at: u64| format!("Frame {at} of {count}");
    harness.get_by_label(&label(1));
    harness.get_by_label("Next frame").click();
    harness.run();
    harness.get_by_label(&label(2));
    harness.key_press(Key::Comma);
    harness.run();
    harness.key_press(Key::Comma);
    harness.run();
    harness.get_by_label(&label(count));
    harness.key_press(Key::Space);
    harness.step();
    harness.step();
    harness.get_by_label("Pause");
    let before = motion(&harness).at;
    let begun = Instant::now();
    while motion(&harness).at == before {
        assert!(begun.elapsed().as_secs() < 20, "it does not move");
        harness.step();
    }
    harness.get_by_label("Pause").click();
    harness.run();
    harness.get_by_label("Play");
}

#[test]
fn details_say_what_the_file_is_and_the_place_only_when_asked() {
    let mut harness = harness();
    harness.state_mut().viewer.open(Gallery::new(vec![shown("taken.jpg"), shown("quadrants.png")], 0).unwrap());
    until(&mut harness, "Picture taken.jpg, 48 by 32");
    assert!(harness.query_by_label("JPEG").is_none());
    harness.key_press(Key::I);
    harness.run();
    until(&mut harness, "JPEG");
    harness.get_by_label("48 × 32");
    harness.get_by_label("14 July 2026, 18:03");
    harness.get_by_label("Pigeon Loft Camera");
    let size = std::fs::metadata(shown("taken.jpg").path).unwrap().len();
    let size = harness.state().texts.size(size);
    harness.get_by_label(&size);
    assert!(harness.query_by_label("52.50000, 13.41000").is_none(), "nobody asked for it");
    harness.get_by_label("Show place").click();
    harness.run();
    until(&mut harness, "52.50000, 13.41000");
    harness.get_by_label("Copy place").click();
    harness.run();
    assert_eq!(harness.state().actions, [ViewerAction::CopyText("52.50000, 13.41000".into())]);
    // Not for the next one, nor again for this one.
    harness.key_press(Key::PageDown);
    harness.run();
    until(&mut harness, "PNG");
    harness.key_press(Key::PageUp);
    harness.run();
    until(&mut harness, "Show place");
}

#[test]
fn next_is_beside_the_details_in_a_small_window_too() {
    let mut harness = harness();
    harness.set_size(vec2(700.0, 500.0));
    harness.state_mut().viewer.open(Gallery::new(vec![shown("taken.jpg"), shown("quadrants.png")], 0).unwrap());
    until(&mut harness, "Picture taken.jpg, 48 by 32");
    harness.key_press(Key::I);
    harness.run();
    until(&mut harness, "JPEG");
    harness.get_by_label("Next").click();
    harness.run();
    until(&mut harness, "Picture quadrants.png, 24 by 16");
}

#[test]
fn buttons_say_their_keys_in_their_tooltips() {
    let mut harness = harness();
    for (name, tip) in
        [("Save as…", "Save as… (Ctrl+S)"), ("Rotate left", "Rotate left (Shift+R)"), ("Details", "Details (I)")]
    {
        harness.get_by_label(name).hover();
        until(&mut harness, tip);
    }
}

#[test]
fn looked_at_closely_a_picture_is_drawn_from_all_its_pixels() {
    let mut harness = harness();
    for _ in 0..12 {
        harness.key_press(Key::Plus);
        harness.run();
    }
    let path = shown("small-inside.jpg").path;
    let begun = Instant::now();
    loop {
        harness.step();
        let seen = look(&harness).seen(Rect::from_min_size(egui::Pos2::ZERO, vec2(900.0, 640.0))).unwrap();
        let ctx = harness.ctx.clone();
        if !harness.state_mut().previews.as_mut().unwrap().tiles(&ctx, &path, seen).is_empty() {
            break;
        }
        assert!(begun.elapsed().as_secs() < 20, "no tiles within 20 s");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    assert!(look(&harness).percent().unwrap() > 1000);
}

#[test]
fn a_picture_beyond_all_bounds_says_that_it_is_too_large() {
    let mut harness = harness();
    harness.state_mut().viewer.open(Gallery::new(vec![shown("bomb.png")], 0).unwrap());
    until(&mut harness, "This picture is too large to be shown here");
}

#[test]
fn a_turned_picture_stays_turned_for_itself_alone_and_in_the_conversation() {
    let mut harness = harness();
    harness.key_press(Key::R);
    harness.run();
    harness.key_press(Key::PageDown);
    harness.run();
    assert_eq!(look(&harness).turns(), 0, "another picture");
    harness.key_press(Key::PageUp);
    harness.run();
    assert_eq!(look(&harness).turns(), 1);
    let (path, ctx) = (shown("small-inside.jpg").path, harness.ctx.clone());
    let begun = Instant::now();
    loop {
        let previews = harness.state_mut().previews.as_mut().unwrap();
        if let Preview::Ready { original, .. } = previews.preview(&ctx, &path, vec2(100.0, 100.0)) {
            assert_eq!((original.width, original.height), (320, 480));
            break;
        }
        assert!(begun.elapsed().as_secs() < 20, "no preview within 20 s");
        std::thread::sleep(std::time::Duration::from_millis(5));
        harness.step();
    }
    let previews = harness.state_mut().previews.as_mut().unwrap();
    let kept = previews.turned_to_keep().unwrap();
    previews.remember_turned(&kept);
    assert_eq!(previews.turns(&path), 1);
}
