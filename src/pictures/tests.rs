//! With files that other programs made: `tests/fixtures/pictures/make.py` says which and how.

use std::{
    path::PathBuf,
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant, SystemTime},
};

use super::*;

const LARGE: Wanted = Wanted::Within(Size::new(1000, 1000));
const RED: [u8; 4] = [255, 0, 0, 255];
const GREEN: [u8; 4] = [0, 128, 0, 255];
const BLUE: [u8; 4] = [0, 0, 255, 255];
const WHITE: [u8; 4] = [255, 255, 255, 255];

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/pictures").join(name)
}

fn bytes_of(name: &str) -> Vec<u8> {
    std::fs::read(fixture(name)).unwrap()
}

fn decoded(name: &str) -> Picture {
    decode_file(&fixture(name), LARGE).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The colour at a place given in parts of the size.
fn at(frame: &Frame, x: f32, y: f32) -> [u8; 4] {
    let (x, y) = ((frame.size.width as f32 * x) as usize, (frame.size.height as f32 * y) as usize);
    frame.rgba.as_chunks::<4>().0[y * frame.size.width as usize + x]
}

fn far(a: [u8; 4], b: [u8; 4]) -> u8 {
    a.iter().zip(b).map(|(a, b)| a.abs_diff(b)).max().unwrap()
}

fn assert_upright(name: &str, frame: &Frame, tolerance: u8) {
    for (x, y, colour) in [(0.25, 0.25, RED), (0.75, 0.25, GREEN), (0.25, 0.75, BLUE), (0.75, 0.75, WHITE)] {
        let seen = at(frame, x, y);
        assert!(far(seen, colour) <= tolerance, "{name} at {x} {y}: {seen:?} instead of {colour:?}");
    }
}

#[test]
fn every_format_is_known_by_content_and_shows_its_colours() {
    for (name, format, tolerance) in [
        ("quadrants.png", Format::Png, 0),
        ("palette.png", Format::Png, 0),
        ("sixteen.png", Format::Png, 0),
        ("interlaced.png", Format::Png, 0),
        ("quadrants.jpg", Format::Jpeg, 4),
        ("progressive.jpg", Format::Jpeg, 4),
        ("quadrants.gif", Format::Gif, 0),
        ("quadrants.webp", Format::WebP, 0),
        ("lossy.webp", Format::WebP, 12),
        ("quadrants.bmp", Format::Bmp, 0),
        ("quadrants.tif", Format::Tiff, 0),
        ("quadrants.qoi", Format::Qoi, 0),
        ("bmp-inside.ico", Format::Ico, 0),
        ("png-inside.ico", Format::Ico, 0),
    ] {
        let bytes = bytes_of(name);
        assert_eq!(sniff(&bytes[..16]), Some(format), "{name}");
        let picture = decode_bytes(&bytes, LARGE).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(picture.format, format, "{name}");
        assert_eq!(picture.frames.len(), 1, "{name}");
        assert_upright(name, &picture.frames[0], tolerance);
        let size = if name == "png-inside.ico" { Size::new(48, 48) } else { Size::new(24, 16) };
        assert_eq!(picture.original, size, "{name}");
        assert_eq!(picture.size(), size, "{name}: never enlarged");
        assert_eq!(dimensions_of(&fixture(name)), Ok((format, size)), "{name}");
    }
}

#[test]
fn a_wrong_name_does_not_matter() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("holiday.jpg");
    std::fs::write(&path, bytes_of("quadrants.png")).unwrap();
    assert_eq!(decode_file(&path, LARGE).unwrap().format, Format::Png);
    std::fs::write(&path, "Dear Mei, this is not a picture at all").unwrap();
    assert_eq!(decode_file(&path, LARGE), Err(PictureError::NotAPicture));
}

#[test]
fn each_exif_orientation_is_set_upright() {
    for orientation in 1..=8 {
        let name = format!("orientation-{orientation}.jpg");
        let picture = decoded(&name);
        assert_eq!(picture.original, Size::new(24, 16), "{name}");
        assert_eq!(dimensions_of(&fixture(&name)), Ok((Format::Jpeg, Size::new(24, 16))));
        assert_upright(&name, &picture.frames[0], 4);
    }
    for name in ["orientation-6.png", "orientation-6.webp", "orientation-6.tif"] {
        let picture = decoded(name);
        assert_eq!(picture.original, Size::new(24, 16), "{name}");
        assert_upright(name, &picture.frames[0], 0);
    }
}

#[test]
fn a_turned_picture_fits_into_what_was_wanted_after_turning() {
    let picture = decode_file(&fixture("orientation-6.jpg"), Wanted::Within(Size::new(12, 100))).unwrap();
    assert_eq!(picture.size(), Size::new(12, 8));
    assert_upright("small", &picture.frames[0], 40);
}

#[test]
fn display_p3_becomes_the_srgb_that_littlecms_computes() {
    for name in ["p3.jpg", "p3.png", "p3.webp", "p3.tif"] {
        let seen = at(&decoded(name).frames[0], 0.5, 0.5);
        assert!(far(seen, [214, 104, 84, 255]) <= 3, "{name}: {seen:?}");
    }
}

#[test]
fn a_grey_profile_is_applied() {
    // 55 of linear light is 128 in sRGB.
    let seen = at(&decoded("linear-grey.png").frames[0], 0.5, 0.5);
    assert!(far(seen, [128, 128, 128, 255]) <= 2, "{seen:?}");
}

#[test]
fn a_broken_profile_does_not_lose_the_picture() {
    assert_eq!(at(&decoded("broken-profile.png").frames[0], 0.5, 0.5), [200, 110, 90, 255]);
}

#[test]
fn cmyk_shows_red_as_red_and_cyan_as_cyan() {
    let frame = &decoded("cmyk.jpg").frames[0];
    let (red, cyan) = (at(frame, 0.25, 0.5), at(frame, 0.75, 0.5));
    assert!(red[0] > 200 && red[1] < 60 && red[2] < 60, "{red:?}");
    assert!(cyan[0] < 60 && cyan[1] > 120 && cyan[2] > 120, "{cyan:?}");
}

#[test]
fn animations_have_their_frames_and_delays() {
    for (name, last) in [("moving.gif", 100), ("moving.webp", 300), ("moving.png", 300)] {
        let picture = decoded(name);
        assert!(!picture.shortened, "{name}");
        let delays: Vec<_> = picture.frames.iter().map(|frame| frame.delay.as_millis()).collect();
        assert_eq!(delays, [100, 200, last], "{name}: no delay at all is shown as 100 ms");
        for (frame, colour) in picture.frames.iter().zip([RED, GREEN, BLUE]) {
            assert!(far(at(frame, 0.5, 0.5), colour) <= 1, "{name}: {:?}", at(frame, 0.5, 0.5));
        }
        let still = decode_file(&fixture(name), Wanted::Still(Size::new(100, 100))).unwrap();
        assert_eq!(still.frames.len(), 1, "{name}");
        assert!(far(at(&still.frames[0], 0.5, 0.5), RED) <= 1, "{name}");
    }
}

#[test]
fn an_animation_beyond_its_budget_loses_size_and_then_its_end_not_its_beginning() {
    const ROOM: usize = 1_000_000;
    let frame = || Ok((vec![200_u8; 100 * 100 * 4], Duration::from_millis(50)));
    let collected = |count| {
        let frames = std::iter::repeat_with(frame).take(count);
        let (frames, shortened) =
            animation::collect(Size::new(100, 100), Size::new(100, 100), ROOM, frames, &|| false).unwrap();
        assert!(frames.iter().map(|frame| frame.rgba.len()).sum::<usize>() <= ROOM);
        assert!(frames.iter().all(|frame| frame.size == frames[0].size));
        (frames.len(), frames[0].size.width, shortened)
    };
    assert_eq!(collected(25), (25, 100, false));
    assert_eq!(collected(40), (40, 70, false));
    assert_eq!(collected(90), (90, 49, false));
    let (frames, width, shortened) = collected(200);
    assert!((90..200).contains(&frames) && width == 49 && shortened, "{frames} {width}");
}

#[test]
fn half_invisible_pixels_come_with_alpha_multiplied_in() {
    let frame = &decoded("half.png").frames[0];
    assert_eq!(at(frame, 0.25, 0.5), [128, 0, 0, 128]);
    assert_eq!(at(frame, 0.75, 0.5), [0, 0, 0, 0]);
}

#[test]
fn pictures_are_scaled_down_to_what_is_wanted_and_keep_their_proportions() {
    let picture = decode_file(&fixture("quadrants.png"), Wanted::Within(Size::new(12, 12))).unwrap();
    assert_eq!((picture.size(), picture.original), (Size::new(12, 8), Size::new(24, 16)));
    assert_upright("small", &picture.frames[0], 3);
}

/// Changes the size that a small file claims to have.
fn claims(name: &str, patch: impl Fn(&mut Vec<u8>)) -> Vec<u8> {
    let mut bytes = bytes_of(name);
    patch(&mut bytes);
    bytes
}

fn patch(bytes: &mut [u8], at: usize, new: &[u8]) {
    bytes[at..at + new.len()].copy_from_slice(new);
}

#[test]
fn small_files_that_claim_to_be_huge_are_refused_at_once() {
    let jpeg = claims("quadrants.jpg", |bytes| {
        let sof = bytes.windows(2).position(|w| w == [0xff, 0xc0]).unwrap();
        patch(bytes, sof + 5, &[0xff, 0xdc, 0xff, 0xdc]);
    });
    let bombs = [
        ("jpeg", jpeg),
        ("png", bytes_of("bomb.png")),
        ("webp", bytes_of("bomb.webp")),
        ("gif", claims("quadrants.gif", |bytes| patch(bytes, 6, &[0xff; 4]))),
        ("bmp", claims("quadrants.bmp", |bytes| patch(bytes, 18, &[0xff, 0xff, 0, 0, 0xff, 0xff, 0, 0]))),
        ("qoi", claims("quadrants.qoi", |bytes| patch(bytes, 4, &[0, 0, 0xff, 0xff, 0, 0, 0xff, 0xff]))),
        ("ico", {
            let mut ico = b"\0\0\x01\0\x01\0\0\0\0\0\x01\0\x20\0".to_vec();
            let png = bytes_of("bomb.png");
            ico.extend((png.len() as u32).to_le_bytes());
            ico.extend(22_u32.to_le_bytes());
            ico.extend(png);
            ico
        }),
    ];
    for (name, bytes) in bombs {
        let begun = Instant::now();
        let result = decode_bytes(&bytes, LARGE).map(|picture| picture.original);
        // The QOI decoder has a bound of its own, and says so by its own error.
        let refused = if name == "qoi" { PictureError::Damaged } else { PictureError::TooLarge };
        assert_eq!(result, Err(refused), "{name}");
        assert!(begun.elapsed() < Duration::from_millis(500), "{name}: {:?}", begun.elapsed());
    }
}

#[test]
fn every_cut_of_every_file_gives_a_picture_or_an_error() {
    for entry in std::fs::read_dir(fixture("")).unwrap() {
        let path = entry.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        if bytes.len() > 2000 {
            continue;
        }
        for len in 0..bytes.len() {
            match decode_bytes(&bytes[..len], LARGE) {
                Ok(picture) => assert!(!picture.frames.is_empty()),
                Err(error) => assert!(
                    matches!(error, PictureError::Damaged | PictureError::NotAPicture | PictureError::TooLarge),
                    "{}: {error:?}",
                    path.display()
                ),
            }
        }
    }
}

#[test]
fn every_flipped_byte_gives_a_picture_or_an_error() {
    for name in ["quadrants.jpg", "moving.gif", "moving.webp", "moving.png", "quadrants.tif", "bmp-inside.ico"] {
        let bytes = bytes_of(name);
        for at in 0..bytes.len() {
            let mut bytes = bytes.clone();
            bytes[at] ^= 0xff;
            if let Ok(picture) = decode_bytes(&bytes, LARGE) {
                assert!(picture.byte_size() <= limits::MAX_FRAMES_BYTES, "{name} with byte {at} flipped");
            }
        }
    }
}

#[test]
fn what_is_no_file_is_told_apart() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(decode_file(&dir.path().join("nothing.png"), LARGE), Err(PictureError::Gone));
    assert_eq!(decode_file(dir.path(), LARGE), Err(PictureError::NotAPicture));
}

#[test]
fn the_blur_for_an_offer_is_upright_and_small_and_refused_after_the_deadline() {
    let soon = || Instant::now() + Duration::from_secs(5);
    let hash = thumbhash_of(&fixture("orientation-6.jpg"), soon()).unwrap();
    assert!(hash.len() <= crate::protocol::limits::MAX_THUMBHASH);
    let (size, rgba) = thumbhash::decode(&hash).unwrap();
    assert!(size.width > size.height, "{size:?}");
    let red = &rgba[(size.height as usize / 4 * size.width as usize + size.width as usize / 4) * 4..][..3];
    assert!(red[0] > 150 && red[1] < 110 && red[2] < 110, "{red:?}");
    assert_eq!(thumbhash_of(&fixture("orientation-6.jpg"), Instant::now()), None);
    assert_eq!(thumbhash_of(&fixture("make.py"), soon()), None);
    assert_eq!(thumbhash_of(&fixture("bomb.webp"), soon()), None);
}

#[test]
fn the_small_picture_inside_a_photograph_is_taken_if_its_shape_is_right() {
    let middle_of = |name: &str| {
        let hash = thumbhash_of(&fixture(name), Instant::now() + Duration::from_secs(20)).unwrap();
        let (size, rgba) = thumbhash::decode(&hash).unwrap();
        assert!(size.width > size.height, "{name}: upright");
        let at = (size.height as usize / 4 * size.width as usize + size.width as usize / 4) * 4;
        (rgba[at], rgba[at + 2])
    };
    // The small one is grey, so a test can tell.
    let (red, blue) = middle_of("small-inside.jpg");
    assert!(red.abs_diff(blue) < 12, "{red} {blue}");
    let (red, blue) = middle_of("wrong-small-inside.jpg");
    assert!(red > 150 && blue < 100, "{red} {blue}");
}

fn wait_for(pool: &Previews) -> Finished {
    let begun = Instant::now();
    loop {
        if let Some(finished) = pool.try_finished() {
            return finished;
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "nothing came");
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn file(name: &str, wanted: Wanted) -> Request {
    Request { source: Source::File(fixture(name)), wanted, known: None }
}

#[test]
fn the_pool_makes_pictures_ready_and_wakes_after_each() {
    let woken: Arc<AtomicUsize> = Arc::default();
    let pool = Previews::start({
        let woken = Arc::clone(&woken);
        move || {
            woken.fetch_add(1, Ordering::SeqCst);
        }
    })
    .unwrap();
    let one = pool.request(file("quadrants.png", LARGE));
    let finished = wait_for(&pool);
    assert_eq!(finished.id, one.id());
    assert!(matches!(finished.result, Ok(Outcome::Picture(_))));
    let stamp = finished.stamp.unwrap();

    let again = pool.request(Request { known: Some(stamp), ..file("quadrants.png", LARGE) });
    let finished = wait_for(&pool);
    assert_eq!(finished.id, again.id());
    assert!(matches!(finished.result, Ok(Outcome::Unchanged)));

    let older = Stamp { modified: Some(SystemTime::UNIX_EPOCH), ..stamp };
    let _changed = pool.request(Request { known: Some(older), ..file("quadrants.png", Wanted::Size) });
    assert!(matches!(wait_for(&pool).result, Ok(Outcome::Size(Format::Png, Size { width: 24, height: 16 }))));
    // Waking follows sending, so the last one may be a moment behind.
    let begun = Instant::now();
    while woken.load(Ordering::SeqCst) < 3 {
        assert!(begun.elapsed() < Duration::from_secs(5));
        std::thread::yield_now();
    }
}

#[test]
fn the_pool_holds_no_more_than_its_bound_and_sends_the_oldest_back() {
    let pool = Previews::start(|| {}).unwrap();
    let tickets: Vec<_> = (0..2000).map(|_| pool.request(file("quadrants.png", LARGE))).collect();
    assert!(pool.waiting() <= limits::MAX_WAITING);
    // Nobody takes results: the threads wait too.
    std::thread::sleep(Duration::from_millis(100));
    assert!(pool.waiting() > 0);
    let mut postponed = 0;
    let newest = tickets.last().unwrap().id();
    let mut seen_newest = false;
    let begun = Instant::now();
    while pool.waiting() > 0 || !seen_newest {
        assert!(begun.elapsed() < Duration::from_secs(30));
        let finished = wait_for(&pool);
        postponed += usize::from(matches!(finished.result, Err(PictureError::Postponed)));
        seen_newest |= finished.id == newest;
    }
    assert!(postponed > 0);
}

#[test]
fn a_dropped_ticket_takes_its_request_back() {
    let pool = Previews::start(|| {}).unwrap();
    let kept = pool.request(file("quadrants.png", LARGE));
    for _ in 0..200 {
        drop(pool.request(file("p3.tif", LARGE)));
    }
    let last = pool.request(file("quadrants.jpg", LARGE));
    let mut seen = Vec::new();
    while !(seen.contains(&kept.id()) && seen.contains(&last.id())) {
        seen.push(wait_for(&pool).id);
    }
    assert!(seen.len() < 20, "{} results", seen.len());
}

#[test]
fn a_panic_in_a_decoder_costs_one_preview() {
    let result = decode::contained(|| -> Result<(), PictureError> { panic!("as decoders do") });
    assert_eq!(result, Err(PictureError::Damaged));
}

/// `cargo test --release --lib pictures:: -- --ignored --nocapture` with `FANTAIL_PHOTO` naming a large JPEG.
#[test]
#[ignore = "measures; needs a large photograph and a release build"]
fn measure_a_large_photograph() {
    let path = PathBuf::from(std::env::var_os("FANTAIL_PHOTO").expect("FANTAIL_PHOTO names a picture"));
    println!("{:?}", dimensions_of(&path));
    for wanted in [
        Wanted::Size,
        Wanted::Within(Size::new(420, 420)),
        Wanted::Within(Size::new(840, 840)),
        Wanted::Within(Size::new(4096, 4096)),
    ] {
        let request = Request { source: Source::File(path.clone()), wanted, known: None };
        let begun = Instant::now();
        let result = decode::answer(&request, &|| false).1;
        println!("{wanted:?}: {:?}, {}", begun.elapsed(), result.is_ok());
    }
    let begun = Instant::now();
    let hash = thumbhash_of(&path, begun + Duration::from_secs(10));
    println!("thumbhash: {:?}, {:?}", begun.elapsed(), hash.map(|hash| hash.len()));
}

#[test]
fn a_thumbnail_is_upright_small_in_bytes_and_holds_nothing_but_pixels() {
    let later = || Instant::now() + Duration::from_secs(20);
    let upright = thumbnail_of(&fixture("orientation-6.jpg"), later()).unwrap();
    assert_eq!(sniff(&upright), Some(Format::Jpeg));
    assert!(bytes_of("orientation-6.jpg").windows(4).any(|four| four == b"Exif"));
    assert!(!upright.windows(4).any(|four| four == b"Exif" || four == b"ICC_"), "metadata is left out");
    let (small, whole) =
        (thumbnail_from(&upright).unwrap(), decode_file(&fixture("orientation-6.jpg"), LARGE).unwrap());
    assert_eq!(small.size, whole.size());
    let difference = |(a, b): (&u8, &u8)| u64::from(a.abs_diff(*b));
    let apart: u64 = small.rgba.iter().zip(&whole.frames[0].rgba).map(difference).sum();
    assert!(apart < 8 * small.rgba.len() as u64, "the same picture: {apart}");

    let seen_through = thumbnail_of(&fixture("half.png"), later()).unwrap();
    assert_eq!(sniff(&seen_through), Some(Format::Png));
    assert!(thumbnail_from(&seen_through).unwrap().rgba.iter().skip(3).step_by(4).any(|alpha| *alpha < 255));

    // Noise is the worst there is.
    let dir = tempfile::tempdir().unwrap();
    for (name, color) in [("opaque.png", image::ColorType::Rgb8), ("seen-through.png", image::ColorType::Rgba8)] {
        let path = dir.path().join(name);
        let mut pixels = vec![0; 900 * 500 * usize::from(color.bytes_per_pixel())];
        blake3::Hasher::new().finalize_xof().fill(&mut pixels);
        image::save_buffer(&path, &pixels, 900, 500, color).unwrap();
        let bytes = thumbnail_of(&path, later()).unwrap();
        assert!(bytes.len() <= crate::protocol::limits::MAX_THUMBNAIL, "{name}: {}", bytes.len());
        let small = thumbnail_from(&bytes).unwrap();
        assert!((small.size.aspect() - 1.8).abs() < 0.1 && small.size.height >= 20, "{name}: {:?}", small.size);
    }
    assert_eq!(thumbnail_of(&fixture("orientation-6.jpg"), Instant::now()), None, "there is no time");
    assert_eq!(thumbnail_of(&fixture("make.py"), later()), None);
}

#[test]
fn of_others_only_small_still_pictures_in_two_formats_are_taken() {
    for name in ["quadrants.gif", "quadrants.webp", "quadrants.bmp", "bomb.png", "make.py"] {
        assert!(thumbnail_from(&bytes_of(name)).is_none(), "{name}");
    }
    assert!(thumbnail_from(&bytes_of("moving.png")).is_some(), "its first frame");
    let large = |width, height| {
        let mut png = Vec::new();
        let image = image::RgbImage::new(width, height);
        image.write_to(&mut std::io::Cursor::new(&mut png), image::ImageFormat::Png).unwrap();
        png
    };
    assert!(thumbnail_from(&large(512, 512)).is_some());
    assert!(thumbnail_from(&large(513, 1)).is_none() && thumbnail_from(&large(1, 513)).is_none());
    let mut padded = large(8, 8);
    padded.resize(crate::protocol::limits::MAX_THUMBNAIL + 1, 0);
    assert!(thumbnail_from(&padded).is_none());
}
