//! Pictures and files as they lie on the disk, or don't.

use super::*;

#[test]
fn a_file_that_was_moved_away_tells_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("letter.txt");
    std::fs::write(&path, "x").unwrap();
    let item = Item { path: Some(path.clone()), ..file(0, "letter.txt", 1) };
    let body = items(vec![item]);
    let mut window = Room::new([entry(1, NOON, Direction::Received, body, State::Saved)]).harness();
    window.get_by_role_and_label(Role::Button, "letter.txt, Text · 1\u{a0}B").click();
    window.run();
    let opened = only(&mut window, |action| match action {
        Action::Open(path) => Some(path.clone()),
        _ => None,
    });
    assert_eq!(opened, path);
    std::fs::remove_file(&path).unwrap();
    let was = format!("it was at {}", path.display());
    // It is looked for again after a while; each step is a quarter of a second.
    let noticed = (0..400).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(2));
        window.step();
        window.query_by_label_contains(&was).is_some()
    });
    assert!(noticed);
    assert!(
        window.query_by_role_and_label(Role::Button, "letter.txt, Text · 1\u{a0}B").is_none(),
        "it can't be opened any more"
    );
}

#[test]
fn a_picture_that_could_not_be_shown_is_shown_once_it_can_be() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("beach.jpg");
    std::fs::write(&path, b"half of it").unwrap();
    let body = items(vec![Item { path: Some(path.clone()), ..file(0, "beach.jpg", 9) }]);
    let mut window = Room::new([entry(1, NOON, Direction::Received, body, State::Saved)]).harness();
    let card =
        |window: &Window<'_>| window.query_by_role_and_label(Role::Button, "beach.jpg, Picture · 9\u{a0}B").is_some();
    until(&mut window, card);
    std::fs::copy(fixture("small-inside.jpg"), &path).unwrap();
    until(&mut window, |window| window.query_by_label("Picture beach.jpg, 480 by 320").is_some());
    std::fs::remove_file(&path).unwrap();
}

#[test]
fn many_files_show_a_few_and_the_rest_when_wanted() {
    let all = (0..40).map(|number| file(number, &format!("scan {number}.pdf"), 10)).collect();
    let mut window =
        Room::new([entry(1, NOON, Direction::Sent, items(all), State::Saved)]).harness_of(vec2(760.0, 3_000.0));
    assert!(window.query_by_label_contains("scan 30.pdf").is_none());
    window.get_by_label("and 35 more").click();
    window.run();
    window.get_by_label_contains("scan 30.pdf");
}

#[test]
fn a_text_shows_its_first_lines_and_code_in_a_face_of_one_width() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name);
    std::fs::write(place("letter.txt"), "\nDear Mei,\nthe pictures are from Sunday\n").unwrap();
    std::fs::write(place("main.rs"), "fn main() {\n\tprintln!(\"hi\");\n}\n").unwrap();
    std::fs::write(place("song.txt"), [0xff, 0, 1, 2]).unwrap();
    let item = |index, name: &str| Item { path: Some(place(name)), ..file(index, name, 40) };
    let body = items(vec![item(0, "letter.txt"), item(1, "main.rs"), item(2, "song.txt")]);
    let mut window = Room::new([entry(1, NOON, Direction::Received, body, State::Saved)]).harness();
    let drawn = |window: &Window<'_>, wanted: &str| {
        window.output().shapes.iter().find_map(|clipped| match &clipped.shape {
            egui::Shape::Text(text) if text.galley.text() == wanted => {
                Some(text.galley.job.sections[0].format.font_id.family.clone())
            }
            _ => None,
        })
    };
    until(&mut window, |window| drawn(window, "the pictures are from Sunday") == Some(egui::FontFamily::Proportional));
    until(&mut window, |window| drawn(window, "    println!(\"hi\");") == Some(crate::app::fonts::fixed()));
    assert_eq!(drawn(&window, "Dear Mei,"), Some(egui::FontFamily::Proportional));
    window.get_by_label("main.rs, Source code · 40\u{a0}B");
}

#[test]
fn all_pictures_of_an_album_can_be_saved_at_once() {
    let path = |name: &str| std::path::PathBuf::from("/home/mei").join(name);
    let item = |index, name: &str| Item { path: Some(path(name)), ..file(index, name, 9) };
    let trip = Item { path: Some(path("trip")), ..folder(2, "trip", 9, 4) };
    let body = items(vec![item(0, "a.pdf"), item(1, "b.pdf"), trip]);
    let mut window = Room::new([entry(1, NOON, Direction::Received, body, State::Saved)]).harness();
    window.get_by_label_contains(": a.pdf, b.pdf").focus();
    window.run();
    window.get_by_label("Save all…").click();
    window.run();
    let saved = only(&mut window, |action| match action {
        Action::SaveAll(paths) => Some(paths.clone()),
        _ => None,
    });
    assert_eq!(saved, [path("a.pdf"), path("b.pdf")], "a folder is opened and copied as one");
}

#[test]
fn what_only_the_system_could_show_says_that_it_cannot() {
    // No system has a program for this camera's pictures that makes one of nothing but their first bytes.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("beach.raf");
    std::fs::write(&path, b"FUJIFILMCCD-RAW 0201FF393103X-T4").unwrap();
    let body = items(vec![Item { path: Some(path), ..file(0, "beach.raf", 32) }]);
    let mut window = Room::new([entry(1, NOON, Direction::Received, body, State::Saved)]).harness();
    let said = "beach.raf, Picture · 32\u{a0}B · this computer can’t show what is inside";
    until(&mut window, |window| window.query_by_role_and_label(Role::Button, said).is_some());
}

/// `tests/small_pictures.rs` has the system make them.
#[test]
fn a_document_shows_its_first_page_on_its_card_and_opens_with_the_systems_program() {
    // A picture under a document's name: the pool doesn't go by names.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("plan.pdf");
    std::fs::copy(fixture("small-inside.jpg"), &path).unwrap();
    let body = items(vec![Item { path: Some(path.clone()), ..file(0, "plan.pdf", 9) }]);
    let mut window = Room::new([entry(1, NOON, Direction::Received, body, State::Saved)]).harness();
    let card = "plan.pdf, PDF document · 9\u{a0}B";
    let height = |window: &Window<'_>| window.get_by_role_and_label(Role::Button, card).rect().height();
    // A row without it is less than half as high.
    until(&mut window, |window| height(window) > 150.0);
    window.get_by_role_and_label(Role::Button, card).click();
    window.run();
    let opened = only(&mut window, |action| match action {
        Action::Open(path) => Some(path.clone()),
        _ => None,
    });
    assert_eq!(opened, path);
}

#[test]
fn what_was_saved_can_be_moved_to_the_bin_from_its_card_and_what_waits_to_be_sent_can_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("letter.pdf");
    std::fs::write(&path, "x").unwrap();
    let of = |state| items(vec![Item { path: Some(path.clone()), state, ..file(0, "letter.pdf", 1) }]);
    let card = |window: &mut Window<'_>| {
        window.get_by_label_contains("letter.pdf, PDF document").click_secondary();
        window.run();
    };
    let saved = entry(1, NOON, Direction::Received, of(ItemState::Saved), State::Saved);
    let mut window = Room::new([saved]).harness();
    card(&mut window);
    window.get_by_label("Move to the bin").click();
    window.run();
    let binned = only(&mut window, |action| match action {
        Action::MoveToBin(path) => Some(path.clone()),
        _ => None,
    });
    assert_eq!(binned, path);
    let waiting = entry(1, NOON, Direction::Sent, of(ItemState::Pending), State::Waiting);
    let mut window = Room::new([waiting]).harness();
    card(&mut window);
    window.get_by_label("Show in folder");
    assert!(window.query_by_label("Move to the bin").is_none());
}
