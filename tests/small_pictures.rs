//! What this program has no decoder for is shown by the system: with the real program, and the thumbnailers that desktops
//! install.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

use std::{
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use fantail::pictures::{self, Foreign, Format, Frame, Outcome, PictureError, Previews, Request, Size, Source, Wanted};

const RED: [u8; 3] = [255, 0, 0];
const GREEN: [u8; 3] = [0, 128, 0];
const BLUE: [u8; 3] = [0, 0, 255];
const WHITE: [u8; 3] = [255, 255, 255];

fn with_the_real_program() {
    pictures::decode_apart(PathBuf::from(env!("CARGO_BIN_EXE_fantail")));
    for program in
        ["bwrap", "prlimit", "heif-thumbnailer", "ffmpegthumbnailer", "evince-thumbnailer", "gdk-pixbuf-thumbnailer"]
    {
        let there = ["/usr/bin", "/bin"].iter().any(|dir| PathBuf::from(dir).join(program).exists());
        assert!(there, "{program} is missing; tests/run installs what the tests need");
    }
}

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/foreign").join(name)
}

fn assert_upright(name: &str, frame: &Frame, tolerance: u8) {
    let Size { width, height } = frame.size;
    for (x, y, colour) in [(1, 1, RED), (3, 1, GREEN), (1, 3, BLUE), (3, 3, WHITE)] {
        let seen = &frame.rgba[((height * y / 4 * width + width * x / 4) * 4) as usize..][..3];
        let far = seen.iter().zip(colour).map(|(a, b)| a.abs_diff(b)).max().unwrap();
        assert!(far <= tolerance, "{name} at {x}/4 {y}/4: {seen:?} instead of {colour:?}");
    }
}

#[test]
fn pictures_documents_and_films_that_the_system_knows_are_shown_upright_in_their_colours() {
    with_the_real_program();
    for (name, kind, tolerance) in [
        ("quadrants.avif", Foreign::Avif, 6),
        // Stored lying on its side, and says so.
        ("turned.avif", Foreign::Avif, 6),
        ("quadrants.heic", Foreign::Heif, 6),
        // A kind that the decoder of TIFF doesn't read.
        ("palette.tif", Foreign::Tiff, 6),
        ("quadrants.pdf", Foreign::Pdf, 6),
        ("quadrants.mp4", Foreign::Mp4, 40),
        ("quadrants.webm", Foreign::WebM, 40),
    ] {
        let wanted = Wanted::Within(Size::new(32, 32));
        let picture = pictures::decode_file(&fixture(name), wanted).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!((picture.format, picture.size()), (Format::Foreign(kind), Size::new(32, 24)), "{name}");
        assert_upright(name, &picture.frames[0], tolerance);
        assert_eq!(pictures::dimensions_of(&fixture(name)), Ok((picture.format, picture.original)), "{name}");
        let blur = pictures::thumbhash_of(&fixture(name), Instant::now() + Duration::from_secs(20));
        assert!(blur.is_some_and(|blur| !blur.is_empty()), "{name} has a blur");
    }
}

#[test]
fn a_photograph_with_a_small_picture_inside_is_shown_sharp_and_with_its_own_size() {
    with_the_real_program();
    // Its small picture has 32 pixels.
    let picture = pictures::decode_file(&fixture("small-inside.avif"), Wanted::Within(Size::new(160, 160))).unwrap();
    assert_eq!((picture.size(), picture.original), (Size::new(160, 120), Size::new(320, 240)));
    assert_upright("small-inside.avif", &picture.frames[0], 6);
}

#[test]
fn a_kind_that_the_system_does_not_know_and_a_damaged_file_say_so_and_a_wrong_name_does_not_matter() {
    with_the_real_program();
    let dir = tempfile::tempdir().unwrap();
    let tried = |name: &str, bytes: &[u8]| {
        let path = dir.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        pictures::decode_file(&path, Wanted::Still(Size::new(32, 32)))
    };
    let avif = std::fs::read(fixture("turned.avif")).unwrap();
    assert_upright("renamed", &tried("film.mp4", &avif).unwrap().frames[0], 6);
    assert_eq!(tried("half.avif", &avif[..avif.len() / 2]), Err(PictureError::NeedsSystem(Foreign::Avif)));
    let unknown = b"FUJIFILMCCD-RAW 0201FF393103X-T4";
    assert_eq!(tried("photo.raf", unknown), Err(PictureError::NeedsSystem(Foreign::Raf)));
    let png = std::fs::read(fixture("../pictures/quadrants.png")).unwrap();
    assert_eq!(tried("drawing.pdf", &png).unwrap().format, Format::Png, "nobody but the decoder is asked");
}

#[test]
fn films_hold_up_no_photograph() {
    with_the_real_program();
    let dir = tempfile::tempdir().unwrap();
    let previews = Arc::new(Previews::start(|| {}).unwrap());
    let wanted = Wanted::Still(Size::new(32, 32));
    let ask = |path: PathBuf| previews.request(Request { source: Source::File(path), wanted, turns: 0, known: None });
    // Each is another file for whoever keeps what was made.
    let films: Vec<_> = (0..6)
        .map(|number| {
            let path = dir.path().join(format!("{number}.webm"));
            std::fs::copy(fixture("quadrants.webm"), &path).unwrap();
            ask(path)
        })
        .collect();
    // All of them are where they wait for the system.
    let until = Instant::now() + Duration::from_secs(60);
    while previews.waiting() > 0 {
        assert!(Instant::now() < until);
        std::thread::sleep(Duration::from_millis(2));
    }
    let photograph = ask(fixture("../pictures/quadrants.jpg"));
    let mut order = Vec::new();
    while order.len() < films.len() + 1 {
        assert!(Instant::now() < until, "{order:?}");
        match previews.try_finished() {
            Some(finished) => {
                assert!(matches!(finished.result, Ok(Outcome::Picture(_))), "{:?}", finished.result);
                order.push(finished.id);
            }
            None => std::thread::sleep(Duration::from_millis(2)),
        }
    }
    let at = order.iter().position(|id| *id == photograph.id()).unwrap();
    assert!(at < films.len() - 1, "the photograph came after {at} films of {}", films.len());
}
