//! Pictures are decoded in a process of their own: the real program, started as the window starts it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use fantail::pictures::{self, Format, PictureError, Size, Wanted};

/// All tests here decode with the real program.
fn with_the_real_program() {
    pictures::decode_apart(PathBuf::from(env!("CARGO_BIN_EXE_fantail")));
}

fn fixtures() -> impl Iterator<Item = PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/pictures");
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file())
}

#[test]
fn a_picture_is_the_same_from_a_file_and_from_memory_and_says_its_size_first() {
    with_the_real_program();
    let mut seen = 0;
    for path in fixtures() {
        let Ok((format, size)) = pictures::dimensions_of(&path) else { continue };
        let wanted = Wanted::Within(Size::new(64, 64));
        let picture =
            pictures::decode_file(&path, wanted).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert_eq!((picture.format, picture.original), (format, size), "{}", path.display());
        assert_eq!(picture.size(), size.fitted_into(Size::new(64, 64)), "{}", path.display());
        assert_eq!(Ok(picture), pictures::decode_bytes(&fs::read(&path).unwrap(), wanted), "{}", path.display());
        seen += 1;
    }
    assert!(seen > 3, "only {seen} fixtures are pictures");
}

#[test]
fn a_blur_comes_from_the_process_ready_made() {
    with_the_real_program();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/pictures/quadrants.jpg");
    let blur = pictures::thumbhash_of(&path, Instant::now() + Duration::from_secs(20)).expect("a blur");
    let (size, rgba) = pictures::thumbhash::decode(&blur).expect("a picture");
    let corner = |x: u32, y: u32| &rgba[((y * size.width + x) * 4) as usize..][..3];
    let (red, blue) = (corner(0, 0), corner(0, size.height - 1));
    assert!(red[0] > 150 && red[2] < 120 && blue[2] > 150 && blue[0] < 120, "red {red:?}, blue {blue:?}");
    assert_eq!(pictures::thumbhash_of(&path, Instant::now() - Duration::from_millis(1)), None, "too late");
}

#[test]
fn the_chinese_in_a_drawing_is_shown_by_a_process_that_opens_no_file() {
    with_the_real_program();
    let painted = |text: &str| {
        let drawing =
            format!("<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 60 20'><text y='15'>{text}</text></svg>");
        let picture = pictures::decode_bytes(drawing.as_bytes(), Wanted::Within(Size::new(600, 600))).unwrap();
        picture.frames[0].rgba.iter().skip(3).step_by(4).filter(|alpha| **alpha > 0).count()
    };
    assert!(painted("Fantail") > 1000);
    // Where the tests run there is a Chinese face (`tests/run`).
    assert!(painted("开屏") > 1000, "{} pixels", painted("开屏"));
    assert_ne!(painted("开屏"), painted("扇尾"), "boxes in the place of letters");
}

#[test]
fn what_is_no_picture_or_a_damaged_or_a_huge_one_says_so_through_the_process() {
    with_the_real_program();
    let size = |bytes: &[u8]| pictures::dimensions_of_bytes(bytes).err();
    assert_eq!(size(b"Dear Mei, see you at three"), Some(PictureError::NotAPicture));
    assert_eq!(size(b"\x89PNG\r\n\x1a\nand then nothing"), Some(PictureError::Damaged));
    let huge = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/pictures/bomb.png");
    assert_eq!(pictures::dimensions_of(&huge).err(), Some(PictureError::TooLarge));
    assert_eq!(pictures::dimensions_of(Path::new("/nowhere.png")).err(), Some(PictureError::Gone));
}

#[test]
fn a_picture_that_fills_a_screen_comes_whole() {
    with_the_real_program();
    let side = 4000_u32;
    let row: Vec<u8> = (0..side).flat_map(|x| [(x % 251) as u8, 7, 200]).collect();
    let mut bmp = Vec::new();
    let mut encoder = image::codecs::bmp::BmpEncoder::new(&mut bmp);
    encoder.encode(&row.repeat(side as usize), side, side, image::ExtendedColorType::Rgb8).unwrap();
    let picture = pictures::decode_bytes(&bmp, Wanted::Still(Size::new(side, side))).unwrap();
    assert_eq!((picture.format, picture.size()), (Format::Bmp, Size::new(side, side)));
    let pixel = |x: u32, y: u32| &picture.frames[0].rgba[((y * side + x) * 4) as usize..][..4];
    for at in [0, 1, 250, 251, 1999, 3999] {
        assert_eq!(pixel(at, 3999 - at), [(at % 251) as u8, 7, 200, 255], "at {at}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn the_process_may_open_nothing_connect_nowhere_and_use_only_so_much() {
    let order = r#"{"wanted":"Size","length":16,"is_file":false}"#;
    let mut child = Command::new(env!("CARGO_BIN_EXE_fantail"))
        .args(["--decode-picture", order])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // It waits for its input, confined.
    let read = |name: &str| fs::read_to_string(format!("/proc/{}/{name}", child.id())).unwrap();
    let until = Instant::now() + Duration::from_secs(20);
    while !read("status").contains("Seccomp:\t2") {
        assert!(Instant::now() < until, "no filter was set: {}", read("status"));
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(read("status").contains("NoNewPrivs:\t1") && read("status").contains("Threads:\t1"), "{}", read("status"));
    let limits = read("limits");
    let bound = |name: &str| {
        let line = limits.lines().find(|line| line.starts_with(name)).unwrap();
        line[name.len()..].split_whitespace().next().unwrap().to_owned()
    };
    assert_eq!((bound("Max open files"), bound("Max file size")), ("0".into(), "0".into()), "{limits}");
    assert_eq!(bound("Max cpu time"), "4", "{limits}");
    assert!(bound("Max address space").parse::<u64>().unwrap() <= 2 << 30, "{limits}");
    child.stdin.take().unwrap().write_all(b"0123456789abcdef").unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{:?}", output.status);
    assert_eq!(output.stdout, b"{\"Error\":\"NotAPicture\"}\n");
}
