//! Drawings (SVG).

use std::{
    io::Write as _,
    time::{Duration, Instant},
};

use flate2::{Compression, write::GzEncoder};

use super::*;

fn drawing(text: &str) -> Result<Picture, PictureError> {
    decode_bytes(text.as_bytes(), Wanted::Within(Size::new(600, 600)))
}

#[test]
fn a_drawing_is_as_sharp_as_it_is_shown_large() {
    let picture = decode_file(&fixture("quadrants.svg"), Wanted::Within(Size::new(600, 600))).unwrap();
    assert_eq!((picture.format, picture.size()), (Format::Svg, Size::new(600, 400)));
    assert_eq!(picture.original, Size::new(1024, 683), "small as it says it is, a side of a screen");
    assert_upright("quadrants.svg", &picture.frames[0], 0);
    // At the edges of the quadrants there is nothing in between.
    for (x, y) in [(299, 199), (300, 199), (299, 200), (300, 200)] {
        let seen = picture.frames[0].rgba.as_chunks::<4>().0[y * 600 + x];
        assert!([RED, GREEN, BLUE, WHITE].contains(&seen), "{x} {y}: {seen:?}");
    }
}

/// As `gzip` does it.
fn packed(text: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(text).unwrap();
    packed.finish().unwrap()
}

#[test]
fn a_packed_drawing_is_the_same_drawing() {
    let plain = std::fs::read(fixture("quadrants.svg")).unwrap();
    let wanted = Wanted::Within(Size::new(60, 60));
    let [plain, unpacked] = [&plain, &packed(&plain)].map(|bytes| decode_bytes(bytes, wanted).unwrap());
    assert_eq!((unpacked.format, unpacked.original), (Format::Svg, plain.original));
    assert_eq!(unpacked.frames[0].rgba, plain.frames[0].rgba);
}

#[test]
fn what_is_packed_is_unpacked_within_bounds_and_only_if_it_is_a_drawing() {
    let wanted = Wanted::Within(Size::new(60, 60));
    let mut bomb = b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'>".to_vec();
    bomb.resize(bomb.len() + 4 * limits::MAX_DRAWING_BYTES as usize, b' ');
    assert_eq!(decode_bytes(&packed(&bomb), wanted).unwrap_err(), PictureError::TooLarge);
    let mut cut = packed(&std::fs::read(fixture("quadrants.svg")).unwrap());
    cut.truncate(cut.len() - 9);
    assert_eq!(decode_bytes(&cut, wanted).unwrap_err(), PictureError::Damaged);
    assert_eq!(decode_bytes(&packed(b"letters"), wanted).unwrap_err(), PictureError::NotAPicture);
}

#[test]
fn a_picture_inside_that_says_it_is_larger_than_any_is_left_out_and_the_rest_is_drawn() {
    // It says 21 × 1,815,365,699 pixels, and was found by fuzzing.
    let drawn = drawing(
        "<svg xmlns='http://www.w3.org/2000/svg' width='24' height='16'><rect width='24' height='16' fill='#f00'/>\
         <image width='24' height='16' href='data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAABVsNEhDlEgVGDhqJBjAwMhFPSfyIS2\
         +Dz2qhBdDQIAJNdBJw00CNTAAAAAElFTkSuQmCC'/></svg>",
    );
    assert_eq!(at(&drawn.unwrap().frames[0], 0.5, 0.5), RED);
}

#[test]
fn a_drawing_shows_its_text_whatever_face_it_asks_for() {
    let text = |family: &str| {
        let text = format!(
            "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 60 20'><text y='15' font-family='{family}'>Fantail</text></svg>"
        );
        drawing(&text).unwrap().frames[0].rgba.iter().skip(3).step_by(4).filter(|alpha| **alpha > 0).count()
    };
    assert!(text("Comic Sans MS") > 1000);
    assert_eq!(text("Comic Sans MS"), text("monospace"));
}

#[test]
fn a_drawing_shows_its_chinese_in_its_chinese_forms() {
    let Some((bytes, index)) = faces::held() else {
        assert_eq!(crate::platform::faces::chinese(), None, "there is a face, and it is not held");
        return;
    };
    assert!(!bytes.is_empty());
    let shown = |text: &str| {
        let text =
            format!("<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 60 20'><text y='15'>{text}</text></svg>");
        drawing(&text).unwrap().frames.remove(0).rgba
    };
    let painted = |rgba: &[u8]| rgba.iter().skip(3).step_by(4).filter(|alpha| **alpha > 0).count();
    let (spread, nothing) = (shown("开屏"), shown("\u{f0000}\u{f0001}"));
    assert!(painted(&spread) > 1000, "{} pixels of face {index}", painted(&spread));
    assert_ne!(spread, nothing, "not boxes in the place of letters");
    assert_ne!(shown("开"), shown("屏"));
    // Beside each other, each in its own face.
    assert!(painted(&shown("Fan开屏")) > painted(&spread));
}

#[test]
fn a_drawing_looks_at_nothing_but_itself() {
    let dir = tempfile::tempdir().unwrap();
    let outside = dir.path().join("outside.png");
    std::fs::copy(fixture("quadrants.png"), &outside).unwrap();
    let inside = b"\x89PNG\r\n\x1a\n";
    assert!(bytes_of("quadrants.png").starts_with(inside));
    for href in
        [outside.to_str().unwrap().to_owned(), format!("file://{}", outside.display()), "http://127.0.0.1/".into()]
    {
        let text = format!(
            "<svg xmlns='http://www.w3.org/2000/svg' xmlns:xlink='http://www.w3.org/1999/xlink' width='24' height='16'><image width='24' height='16' xlink:href='{href}'/></svg>"
        );
        assert!(drawing(&text).unwrap().frames[0].rgba.iter().all(|byte| *byte == 0), "{href} is shown");
    }
    // What lies in the file itself is its own, and shown.
    let frame = &decoded("picture-inside.svg").frames[0];
    assert_upright("picture-inside.svg", frame, 8);
    let entity = "<?xml version='1.0'?><!DOCTYPE svg [<!ENTITY out SYSTEM 'file:///etc/passwd'>]><svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><text>&out;</text></svg>";
    assert_eq!(drawing(entity).err(), Some(PictureError::Damaged));
}

#[test]
fn drawings_that_unfold_without_end_are_refused_at_once() {
    let laughs: String = (1..30).map(|n| format!("<!ENTITY l{n} '&l{0};&l{0};'>", n - 1)).collect();
    let uses: String =
        (1..40).map(|n| format!("<g id='g{n}'><use href='#g{0}'/><use href='#g{0}'/></g>", n - 1)).collect();
    let bombs = [
        format!(
            "<!DOCTYPE svg [<!ENTITY l0 'ha'>{laughs}]><svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><text>&l29;</text></svg>"
        ),
        format!(
            "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><g id='g0'><path d='M0 0h9v9z'/></g>{uses}</svg>"
        ),
        format!(
            "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'>{}</svg>",
            "<g/>".repeat(limits::MAX_DRAWING_NODES as usize)
        ),
        "<svg xmlns='http://www.w3.org/2000/svg' width='0' height='9'/>".into(),
    ];
    for bomb in bombs {
        let begun = Instant::now();
        let result = drawing(&bomb);
        let head: String = bomb.chars().take(80).collect();
        assert!(matches!(result, Err(PictureError::Damaged | PictureError::TooLarge)), "{head}: {result:?}");
        assert!(begun.elapsed() < Duration::from_secs(10), "{head}: {:?}", begun.elapsed());
    }
}
