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
fn a_pasted_picture_that_is_not_to_be_sent_after_all_gives_its_memory_back() {
    let mut png = std::io::Cursor::new(Vec::new());
    image::RgbImage::new(300, 300).write_to(&mut png, image::ImageFormat::Png).unwrap();
    let png: Arc<[u8]> = png.into_inner().into();
    let ctx = Context::default();
    let mut previews = Previews::new(&ctx);
    until(|| {
        let mut output = ctx.run_ui(egui::RawInput { max_texture_side: Some(8192), ..Default::default() }, |ui| {
            previews.logic(ui.ctx());
            previews.pasted(ui.ctx(), 7, &png, Vec2::splat(60.0));
        });
        output.textures_delta.clear();
        previews.bytes() > 0
    });
    previews.forget_pasted(7);
    assert_eq!(previews.bytes(), 0);
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

#[test]
fn a_picture_is_made_anew_when_the_display_becomes_finer() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("photo.png");
    image::GrayImage::new(1800, 1200).save(&path).unwrap();
    let ctx = Context::default();
    let mut previews = Previews::new(&ctx);
    for (scale, side) in [(1.0, 300), (1.5, 450), (2.0, 600), (3.0, 900)] {
        ctx.set_pixels_per_point(scale);
        until(|| {
            frame(&ctx, &mut previews, std::slice::from_ref(&path), 300.0);
            let shown = previews.slots[&Key::file(&path, Place::Conversation)].shown.as_ref();
            // Square places, so the shorter side is as long as they are.
            shown.is_some_and(|shown| shown.size.height == side)
        });
    }
}

/// A photograph with a small one of another colour inside, as cameras put it there.
fn photo_with_a_small_one_inside() -> Vec<u8> {
    let jpeg = |width, height, colour| {
        let mut bytes = std::io::Cursor::new(Vec::new());
        let image = image::RgbImage::from_pixel(width, height, image::Rgb(colour));
        image.write_to(&mut bytes, image::ImageFormat::Jpeg).unwrap();
        bytes.into_inner()
    };
    let (large, small) = (jpeg(2400, 1800, [200, 40, 40]), jpeg(160, 120, [40, 200, 40]));
    let field = |tag: u16, value: u32| [&tag.to_le_bytes()[..], &[4, 0, 1, 0, 0, 0], &value.to_le_bytes()].concat();
    // A directory without anything, and behind it the one of the small picture.
    let head = [&b"II*\0\x08\0\0\0\0\0\x0e\0\0\0\x02\0"[..], &field(0x201, 44), &field(0x202, small.len() as u32)];
    let tiff = [&head.concat()[..], &[0; 4], &small].concat();
    assert_eq!(tiff.len() - small.len(), 44);
    let length = (2 + 6 + tiff.len() as u16).to_be_bytes();
    [&large[..2], &[0xff, 0xe1], &length, b"Exif\0\0", &tiff, &large[2..]].concat()
}

#[test]
fn the_small_picture_inside_a_photo_stands_for_it_until_it_is_ready() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("photo.jpg");
    std::fs::write(&path, photo_with_a_small_one_inside()).unwrap();
    let ctx = Context::default();
    let mut previews = Previews::new(&ctx);
    let key = Key::file(&path, Place::Conversation);
    until(|| {
        frame(&ctx, &mut previews, std::slice::from_ref(&path), 300.0);
        previews.slots[&key].sizing.is_none()
    });
    let (_, aspect) = previews.stand_in(&ctx, Some(&path), None, None, Vec2::splat(300.0)).expect("a small picture");
    assert!((aspect - 4.0 / 3.0).abs() < 0.01, "{aspect}");
    until(|| {
        frame(&ctx, &mut previews, std::slice::from_ref(&path), 300.0);
        ready(&previews, &path)
    });
    for _ in 0..4 {
        frame(&ctx, &mut previews, &[], 300.0);
    }
    assert!(previews.slots[&key].small.is_none(), "out of sight it takes no room");
}

#[test]
fn memory_stays_bounded_while_many_pictures_pass() {
    let dir = tempfile::tempdir().unwrap();
    let path = |at: usize| dir.path().join(format!("{at}.png"));
    image::GrayImage::new(700, 700).save(path(0)).unwrap();
    (1..120).for_each(|at| std::fs::hard_link(path(0), path(at)).unwrap());
    let ctx = Context::default();
    let mut previews = Previews::new(&ctx);
    for at in (0..120).step_by(5) {
        let screen: Vec<_> = (at..at + 5).map(path).collect();
        until(|| {
            frame(&ctx, &mut previews, &screen, 600.0);
            screen.iter().all(|path| ready(&previews, path))
        });
        assert!(previews.bytes() <= ROOM + 6 * 600 * 600 * 4, "{} bytes at {at}", previews.bytes());
    }
}
