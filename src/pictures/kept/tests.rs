use std::{sync::Arc, time::Instant};

use super::*;
use crate::pictures::{Finished, Outcome, Previews, Request, Source};

const PLACE: Wanted = Wanted::Covering(Size::new(60, 45));

/// A folder with a photo in it, and one for previews.
struct Desk {
    dir: tempfile::TempDir,
}

impl Desk {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    fn kept(&self) -> PathBuf {
        self.dir.path().join("a/previews")
    }

    fn photo(&self, name: &str, shade: u8) -> PathBuf {
        let path = self.dir.path().join(name);
        image::RgbImage::from_pixel(400, 300, image::Rgb([shade, 100, 100])).save(&path).unwrap();
        path
    }

    fn names(&self) -> Vec<String> {
        let files = fs::read_dir(self.kept()).into_iter().flatten();
        files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect()
    }

    /// As a window that was just started asks.
    fn ask(&self, path: &Path, wanted: Wanted) -> Result<Outcome, PictureError> {
        let pool = Previews::start(|| {}).unwrap();
        pool.keep_in(self.kept());
        let _ticket = pool.request(Request { source: Source::File(path.to_owned()), wanted, turns: 0, known: None });
        until(|| pool.try_finished().map(|Finished { result, .. }| result))
    }

    fn preview(&self, path: &Path) -> Picture {
        match self.ask(path, PLACE) {
            Ok(Outcome::Picture(picture)) => picture,
            other => panic!("{other:?}"),
        }
    }

    /// Shows it and waits until it is kept.
    fn shown(&self, path: &Path) -> Picture {
        let before = self.names().len();
        let picture = self.preview(path);
        until(|| (self.names().iter().filter(|name| from_name(name).is_some()).count() > before).then_some(()));
        picture
    }

    /// What tells a kept preview from one that is made anew: its first pixel is painted over, with the right digest.
    fn paint_over(&self) {
        for name in self.names() {
            let (_, entry) = from_name(&name).unwrap();
            let size = entry.made;
            let rgba = [0, 255, 0, 255].repeat((size.width * size.height) as usize);
            let bytes = encoded(entry.format, &Frame { size, rgba, delay: Duration::ZERO }).unwrap();
            fs::write(self.kept().join(name), [&blake3::hash(&bytes).as_bytes()[..], &bytes].concat()).unwrap();
        }
    }
}

fn until<T>(mut look: impl FnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(begun.elapsed().as_secs() < 60, "not within a minute");
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn is_green(picture: &Picture) -> bool {
    let pixel = &picture.frames[0].rgba[..3];
    pixel[1] > 200 && pixel[0] < 60
}

#[test]
fn a_preview_is_found_again_by_the_next_window_with_its_size_and_its_colours() {
    let desk = Desk::new();
    for name in ["photo.jpg", "drawing.png"] {
        let path = desk.photo(name, 200);
        let first = desk.shown(&path);
        let again = desk.preview(&path);
        assert_eq!((again.format, again.original, again.size()), (first.format, Size::new(400, 300), first.size()));
        let off = again.frames[0].rgba.iter().zip(&first.frames[0].rgba).map(|(a, b)| a.abs_diff(*b)).max();
        assert!(off <= Some(if name.ends_with("png") { 0 } else { 4 }), "{name}: {off:?}");
        desk.paint_over();
        assert!(is_green(&desk.preview(&path)), "{name} was decoded anew");
        assert!(matches!(desk.ask(&path, Wanted::Size), Ok(Outcome::Size(_, Size { width: 400, height: 300 }, None))));
    }
}

#[test]
fn a_file_that_was_changed_or_replaced_gets_a_new_preview() {
    let desk = Desk::new();
    let path = desk.photo("photo.png", 200);
    desk.shown(&path);
    desk.paint_over();
    let other = desk.photo("other.png", 10);
    let times = fs::metadata(&path).unwrap().modified().unwrap();
    File::options().append(true).open(&other).unwrap().set_modified(times).unwrap();
    fs::rename(&other, &path).unwrap();
    let shown = desk.preview(&path);
    assert!(!is_green(&shown) && shown.frames[0].rgba[0] == 10, "{:?}", &shown.frames[0].rgba[..4]);
}

#[test]
fn another_size_is_made_anew_and_a_slightly_larger_one_is_taken() {
    let desk = Desk::new();
    let path = desk.photo("photo.png", 200);
    desk.shown(&path);
    desk.paint_over();
    for (side, is_kept) in [(60, true), (55, true), (45, false), (64, false), (120, false)] {
        let wanted = Wanted::Covering(Size::new(side, side * 3 / 4));
        let Ok(Outcome::Picture(picture)) = desk.ask(&path, wanted) else { panic!("no picture of {side}") };
        assert_eq!(is_green(&picture), is_kept, "{side} wide");
    }
}

#[test]
fn a_damaged_one_costs_only_a_new_decode() {
    let desk = Desk::new();
    let path = desk.photo("photo.jpg", 200);
    let first = desk.shown(&path);
    let file = desk.kept().join(&desk.names()[0]);
    let whole = fs::read(&file).unwrap();
    for damage in [Vec::new(), whole[..whole.len() / 2].to_vec(), [&whole[..40], &[1; 9], &whole[49..]].concat()] {
        fs::write(&file, damage).unwrap();
        assert_eq!(desk.preview(&path).frames, first.frames, "as it was decoded");
        until(|| (fs::read(&file).ok().as_ref() == Some(&whole)).then_some(()));
    }
}

#[cfg(unix)]
#[test]
fn only_its_owner_can_read_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let desk = Desk::new();
    desk.shown(&desk.photo("photo.jpg", 200));
    let rights = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(rights(&desk.kept()), 0o700);
    assert_eq!(rights(&desk.kept().join(&desk.names()[0])), 0o600);
}

#[test]
fn what_is_forgotten_is_gone_and_the_others_stay() {
    let desk = Desk::new();
    forget_previews(&desk.kept(), &[desk.dir.path().join("never kept")]).unwrap();
    let paths = [desk.photo("one.jpg", 200), desk.photo("two.jpg", 100), desk.photo("three.jpg", 50)];
    paths.iter().for_each(|path| drop(desk.shown(path)));
    forget_previews(&desk.kept(), &paths[..2]).unwrap();
    let left: Vec<_> = desk.names().iter().map(|name| from_name(name).unwrap().0.place).collect();
    assert_eq!(left, [short(&path_bytes::to_bytes(&paths[2]))]);
}

#[test]
fn a_window_that_is_open_shows_what_was_forgotten_without_it() {
    let desk = Desk::new();
    let path = desk.photo("photo.png", 200);
    let pool = Arc::new(Previews::start(|| {}).unwrap());
    pool.keep_in(desk.kept());
    for _ in 0..2 {
        let request = Request { source: Source::File(path.clone()), wanted: PLACE, turns: 0, known: None };
        let _ticket = pool.request(request);
        let result = until(|| pool.try_finished()).result;
        assert!(matches!(result, Ok(Outcome::Picture(_))), "{result:?}");
        until(|| desk.names().iter().any(|name| from_name(name).is_some()).then_some(()));
        forget_previews(&desk.kept(), std::slice::from_ref(&path)).unwrap();
    }
}

#[test]
fn the_longest_unused_go_when_there_is_too_much() {
    let dir = tempfile::tempdir().unwrap();
    let mut index = Index::default();
    let day = Duration::from_secs(86_400);
    let names: Vec<String> = (0..20_u8)
        .map(|number| {
            let key = Key { place: [number; 16], state: [0; 16] };
            let entry = Entry {
                format: Format::Jpeg,
                original: Size::new(40, 30),
                made: Size::new(4, 3),
                bytes: MAX_KEPT_BYTES / 16,
                // The tenth was used last, all others in their order.
                used: SystemTime::UNIX_EPOCH + day * if number == 10 { 99 } else { number.into() },
            };
            fs::write(dir.path().join(name(key, &entry)), b"").unwrap();
            index.add(key, entry);
            name(key, &entry)
        })
        .collect();
    index.make_room(dir.path());
    assert!(index.bytes <= MAX_KEPT_BYTES, "{}", index.bytes);
    let stays = |number: usize| dir.path().join(&names[number]).exists();
    let gone: Vec<usize> = (0..20).filter(|number| !stays(*number)).collect();
    assert_eq!(gone, [0, 1, 2, 3, 4, 5], "the oldest six make room");
    assert_eq!(index.bytes, (MAX_KEPT_BYTES / 16) * 14);
}

#[test]
fn names_are_read_back_and_everything_else_is_no_preview() {
    let key = Key { place: [0; 16], state: [0xfe; 16] };
    let entry = Entry {
        format: Format::WebP,
        original: Size::new(6000, 4000),
        made: Size::new(420, 280),
        bytes: 0,
        used: SystemTime::UNIX_EPOCH,
    };
    let name = name(key, &entry);
    let (read, back) = from_name(&name).unwrap();
    assert_eq!((read, back.format, back.original, back.made), (key, entry.format, entry.original, entry.made));
    for other in [".tmpAbc", "", "fantail.db", &name[1..], &format!("{name}-x"), &name.replace("WebP", "Word")] {
        assert!(from_name(other).is_none(), "{other}");
    }
}
