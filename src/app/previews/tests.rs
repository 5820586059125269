use std::{path::PathBuf, time::Instant};

use super::*;

fn frame(ctx: &Context, previews: &mut Previews, draw: &[PathBuf], points: f32) {
    let input = egui::RawInput { max_texture_side: Some(8192), ..egui::RawInput::default() };
    let mut output = ctx.run_ui(input, |ui| {
        previews.logic(ui.ctx());
        for path in draw {
            previews.preview(ui.ctx(), path, Vec2::splat(points));
        }
    });
    // Nobody paints here.
    output.textures_delta.clear();
}

fn ready(previews: &Previews, path: &Path) -> bool {
    previews.slots.get(&Key::file(path, Place::Conversation)).is_some_and(|slot| slot.shown.is_some())
}

fn until(mut done: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed().as_secs() < 60, "not within a minute");
        std::thread::sleep(Duration::from_millis(3));
    }
}

#[test]
fn textures_out_of_sight_go_when_there_is_no_room_and_those_in_sight_stay() {
    let dir = tempfile::tempdir().unwrap();
    let paths: Vec<PathBuf> = (0..10).map(|at| dir.path().join(format!("{at}.png"))).collect();
    for path in &paths {
        image::GrayImage::new(1600, 1600).save(path).unwrap();
    }
    let ctx = Context::default();
    let mut previews = Previews::new(&ctx);
    for path in &paths {
        until(|| {
            frame(&ctx, &mut previews, std::slice::from_ref(path), 1600.0);
            ready(&previews, path)
        });
    }
    for _ in 0..4 {
        frame(&ctx, &mut previews, &paths[9..], 1600.0);
    }
    assert!(previews.bytes() <= ROOM, "{}", previews.bytes());
    assert!(!ready(&previews, &paths[0]) && ready(&previews, &paths[9]));
    assert!(previews.asked.is_empty(), "nothing is waited for any more");
}

#[test]
fn one_file_in_two_places_of_different_size_is_made_ready_once_for_the_larger() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("twice.png");
    image::GrayImage::new(1000, 1000).save(&path).unwrap();
    let ctx = Context::default();
    let mut previews = Previews::new(&ctx);
    let both = |previews: &mut Previews| {
        let mut output = ctx.run_ui(egui::RawInput { max_texture_side: Some(8192), ..Default::default() }, |ui| {
            previews.logic(ui.ctx());
            previews.preview(ui.ctx(), &path, Vec2::splat(60.0));
            previews.preview(ui.ctx(), &path, Vec2::splat(400.0));
        });
        output.textures_delta.clear();
    };
    let size = |previews: &Previews| {
        let slot = previews.slots.get(&Key::file(&path, Place::Conversation))?;
        slot.loading.is_none().then_some(())?;
        Some(slot.shown.as_ref()?.size)
    };
    until(|| {
        both(&mut previews);
        size(&previews) == Some(Size::new(400, 400))
    });
    for _ in 0..5 {
        both(&mut previews);
        assert_eq!(size(&previews), Some(Size::new(400, 400)), "it stays, and nothing is asked anew");
    }
}

#[test]
fn what_left_sight_is_taken_back_from_the_queue() {
    let dir = tempfile::tempdir().unwrap();
    let paths: Vec<PathBuf> = (0..40).map(|at| dir.path().join(format!("{at}.png"))).collect();
    for path in &paths {
        image::GrayImage::new(900, 900).save(path).unwrap();
    }
    let ctx = Context::default();
    let mut previews = Previews::new(&ctx);
    frame(&ctx, &mut previews, &paths, 300.0);
    assert!(previews.asked.len() >= 40);
    for _ in 0..5 {
        frame(&ctx, &mut previews, &[], 300.0);
    }
    assert!(previews.asked.is_empty());
}

#[test]
fn a_photo_is_asked_for_before_its_proportions_are_known_and_made_ready_once() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("photo.png");
    image::GrayImage::new(1800, 1200).save(&path).unwrap();
    let ctx = Context::default();
    let mut previews = Previews::new(&ctx);
    let key = Key::file(&path, Place::Conversation);
    let draw = |previews: &mut Previews, place: Vec2| {
        let mut output = ctx.run_ui(egui::RawInput { max_texture_side: Some(8192), ..Default::default() }, |ui| {
            previews.logic(ui.ctx());
            previews.preview(ui.ctx(), &path, place);
        });
        output.textures_delta.clear();
    };
    let guessed = egui::vec2(300.0, 225.0);
    draw(&mut previews, guessed);
    let slot = &previews.slots[&key];
    assert!(slot.sizing.is_some() && slot.loading.is_some(), "both are asked for at first sight");
    until(|| {
        draw(&mut previews, guessed);
        ready(&previews, &path)
    });
    for _ in 0..5 {
        draw(&mut previews, egui::vec2(300.0, 200.0));
        assert!(previews.slots[&key].loading.is_none(), "it is sharp in its true place too");
    }
}
