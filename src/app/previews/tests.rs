use std::time::Instant;

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
    previews.slots.get(&(path.to_owned(), Place::Conversation)).is_some_and(|slot| slot.shown.is_some())
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
fn what_left_sight_is_taken_back_from_the_queue() {
    let dir = tempfile::tempdir().unwrap();
    let paths: Vec<PathBuf> = (0..40).map(|at| dir.path().join(format!("{at}.png"))).collect();
    for path in &paths {
        image::GrayImage::new(900, 900).save(path).unwrap();
    }
    let ctx = Context::default();
    let mut previews = Previews::new(&ctx);
    frame(&ctx, &mut previews, &paths, 300.0);
    assert!(previews.asked.len() > 40);
    for _ in 0..5 {
        frame(&ctx, &mut previews, &[], 300.0);
    }
    assert!(previews.asked.is_empty());
}
