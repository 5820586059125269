use std::convert::Infallible;

use proptest::prelude::*;

use super::*;

fn top(name: &str) -> String {
    native(name, Place::Top)
}

fn inside(name: &str) -> String {
    native(name, Place::Inside)
}

#[test]
fn ordinary_names_of_all_languages_stay_as_they_are() {
    for name in [
        "photo.jpg",
        "照片 2026.png",
        "Ünïcödé – draft (3).tar.gz",
        "日本語.txt",
        "한국어",
        "👨‍👩‍👧.png",
        "❤️‍🔥.gif",
        "1️⃣.txt",
        "می‌خواهم.pdf",
        "क्‍ष",
        "שלום.doc",
        "a b  c.txt",
        "résumé",
        "com10.txt",
        "console.log",
        "nullable",
    ] {
        assert_eq!(top(name), name);
        assert_eq!(inside(name), name);
        assert_eq!(shown(name), name);
    }
}

#[test]
fn nothing_leads_out_of_the_folder() {
    assert_eq!(top(".."), "_");
    assert_eq!(inside(".."), "_");
    assert_eq!(inside("."), "_");
    assert_eq!(inside(""), "_");
    assert_eq!(top("../../etc/passwd"), "_._.._etc_passwd");
    assert_eq!(inside("C:\\Windows\\evil.dll"), "C__Windows_evil.dll");
    assert_eq!(inside("/etc/passwd"), "_etc_passwd");
    assert_eq!(inside("a\0b"), "a_b");
}

#[test]
fn hidden_names_lose_their_dot_in_the_receive_folder_only() {
    assert_eq!(top(".bashrc"), "_bashrc");
    assert_eq!(top(".ssh"), "_ssh");
    assert_eq!(top(".fantail"), "_fantail");
    assert_eq!(top("\u{200B}.bashrc"), "_bashrc");
    assert_eq!(top(" .bashrc"), "_bashrc");
    assert_eq!(top("...x"), "_..x");
    assert_eq!(inside(".gitignore"), ".gitignore");
}

#[test]
fn windows_devices_streams_and_trailing_dots_are_defused() {
    for name in ["CON", "nul", "NUL.txt", "com1", "LPT9.tar.gz", "Aux .x", "COM¹", "conin$", "prn."] {
        let safe = inside(name);
        assert!(safe.starts_with('_'), "{name} became {safe}");
    }
    assert_eq!(inside("photo.jpg:Zone.Identifier"), "photo.jpg_Zone.Identifier");
    assert_eq!(inside("evil.exe. . ."), "evil.exe");
    assert_eq!(inside("what? \"a\" <b> | *"), "what_ _a_ _b_ _ _");
    assert_eq!(inside("name\u{3000}"), "name");
}

#[test]
fn direction_and_invisible_characters_go_from_names_on_disk() {
    assert_eq!(inside("photo\u{202E}gpj.exe"), "photogpj.exe");
    assert_eq!(inside("a\u{200B}b\u{FEFF}c\u{2060}d\u{00AD}e"), "abcde");
    assert_eq!(inside("a\u{200D}b.txt"), "ab.txt");
    assert_eq!(inside("a\u{1b}[31mb\r\n"), "a_[31mb__");
    assert_eq!(inside("a\u{2028}b"), "a_b");
    assert_eq!(inside("\u{202E}"), "_");
}

#[test]
fn accents_are_written_in_one_way() {
    assert_eq!(inside("Cafe\u{301}.txt"), "Café.txt");
    // Nothing invisible keeps a letter and its accent apart.
    assert_eq!(inside("Cafe\u{200B}\u{301}.txt"), "Café.txt");
}

#[test]
fn long_names_are_cut_and_keep_their_extension() {
    let long = format!("{}.jpeg", "漢".repeat(200));
    let safe = inside(&long);
    assert!(safe.len() <= MAX_NAME && safe.len() > MAX_NAME - 3, "{}", safe.len());
    assert!(safe.ends_with("漢.jpeg"));
    assert_eq!(inside(&"x".repeat(300)).len(), MAX_NAME);
    let short = cut_short(&long, false);
    assert!(short.len() <= SHORT_NAME && short.ends_with(".jpeg"));
}

#[test]
fn a_cut_name_does_not_end_with_what_joined_its_next_character() {
    let family = "👩\u{200D}".repeat(100);
    for safe in [inside(&family), inside(&format!("{family}.png")), numbered(&inside(&family), 2)] {
        assert!(
            safe.starts_with("👩\u{200D}👩") && !safe.contains("\u{200D}.") && !safe.contains("\u{200D} "),
            "{safe:?}"
        );
        assert!(!safe.ends_with('\u{200D}'), "{safe:?}");
    }
}

#[test]
fn a_joiner_beside_a_space_or_a_line_break_joins_nothing() {
    assert_eq!(inside("é\u{200D}\u{2028}x"), "é_x");
    assert_eq!(inside("x\u{3000}\u{200D}é\u{200D}\u{3000}"), "x\u{3000}é");
}

#[test]
fn numbers_go_before_the_extension() {
    assert_eq!(numbered("photo.jpg", 2), "photo (2).jpg");
    assert_eq!(numbered("archive.tar.gz", 3), "archive (3).tar.gz");
    assert_eq!(numbered("README", 2), "README (2)");
    assert_eq!(numbered(".gitignore", 2), ".gitignore (2)");
    assert_eq!(numbered("Dr. No and others", 2), "Dr. No and others (2)");
    assert_eq!(numbered_folder("v1.2", 2), "v1.2 (2)");
    let long = numbered(&format!("{}.jpg", "é".repeat(125)), 99_999);
    assert!(long.len() <= MAX_NAME && long.ends_with("é (99999).jpg"), "{long}");
}

#[test]
fn names_that_other_systems_hold_to_be_one_are_numbered() {
    let mut taken = Taken::default();
    let mut take = |name: &str| taken.take(name, false, |_| Ok::<_, Infallible>(true)).unwrap().unwrap();
    assert_eq!(take("Photo.jpg"), "Photo.jpg");
    assert_eq!(take("photo.JPG"), "photo (2).JPG");
    assert_eq!(take("PHOTO.jpg"), "PHOTO (3).jpg");
    assert_eq!(take("Straße"), "Straße");
    assert_eq!(take("STRASSE"), "STRASSE (2)");
    assert_eq!(take("CAFÉ"), "CAFÉ");
    assert_eq!(take("cafe\u{301}"), "cafe\u{301} (2)");
}

#[test]
fn the_disk_has_the_last_word_about_a_free_name() {
    let mut taken = Taken::default();
    let name = taken.take("a.txt", false, |name| Ok::<_, Infallible>(name == "a (4).txt")).unwrap();
    assert_eq!(name.as_deref(), Some("a (4).txt"));
    assert_eq!(taken.take("b", true, |_| Err("disk")), Err("disk"));
}

#[test]
fn names_from_this_disk_fit_the_wire() {
    assert_eq!(to_wire(OsStr::new("Cafe\u{301}")), "Café");
    assert_eq!(to_wire(OsStr::new("a\\b")), "a_b");
    assert_eq!(to_wire(OsStr::new("..")), "__");
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt as _;
        assert_eq!(to_wire(OsStr::from_bytes(b"caf\xe9.txt")), "caf\u{FFFD}.txt");
        let long = to_wire(OsStr::from_bytes(&[0xFF; 255]));
        assert!(long.len() <= MAX_NAME && !long.is_empty());
    }
}

#[test]
fn what_could_fool_eyes_or_a_terminal_is_made_visible() {
    assert_eq!(shown("a\u{1b}[2Jb"), "a␛[2Jb");
    assert_eq!(shown("a\r\n\tb\x7f"), "a␍␊␉b␡");
    assert_eq!(shown("photo\u{202E}gpj.exe"), "photo‹U+202E›gpj.exe");
    assert_eq!(shown("a\u{200B}b\u{9b}"), "a‹U+200B›b‹U+009B›");
    assert_eq!(shown("a\u{200D}b"), "a‹U+200D›b");
    assert_eq!(shown_text("two\nlines\tand\u{1b}\u{202E}"), "two\nlines\tand␛‹U+202E›");
    assert!(matches!(shown_text("你好\n👨‍👩‍👧"), Cow::Owned(text) if text == "你好\n👨‍👩‍👧"));
}

proptest! {
    #[test]
    fn a_native_name_is_always_safe(wire in ".{0,300}", top in any::<bool>()) {
        let place = if top { Place::Top } else { Place::Inside };
        let name = native(&wire, place);
        prop_assert!(!name.is_empty() && name.len() <= MAX_NAME);
        prop_assert!(name != "." && name != "..");
        prop_assert!(!name.contains(['/', '\\', ':', '\0', '*', '?', '"', '<', '>', '|']));
        prop_assert!(!name.chars().any(|c| c.is_control() || is_bidi(c) || is_invisible(c)));
        prop_assert!(!name.ends_with(['.', ' ']));
        prop_assert!(!is_reserved(&name));
        prop_assert!(is_nfc(&name));
        prop_assert!(!(top && name.starts_with('.')));
        prop_assert_eq!(native(&name, place), name.clone(), "twice is once");
        let mut path = std::path::Path::new(&name).components();
        prop_assert!(matches!(path.next(), Some(std::path::Component::Normal(only)) if only == name.as_str()));
        prop_assert!(path.next().is_none());
    }

    #[test]
    fn awkward_names_are_safe_too(
        wire in "[.a/\\\\: \u{200D}\u{FE0F}\u{301}\u{202E}❤e\u{0}\u{1b}conCON1\u{1100}\u{1161}]{0,40}", top in any::<bool>()
    ) {
        let place = if top { Place::Top } else { Place::Inside };
        let name = native(&wire, place);
        prop_assert!(!name.is_empty() && name.len() <= MAX_NAME);
        prop_assert!(!name.contains(['/', '\\', ':', '\0']));
        prop_assert!(!name.ends_with(['.', ' ']) && !is_reserved(&name) && is_nfc(&name));
        prop_assert_eq!(native(&name, place), name.clone(), "twice is once");
    }

    #[test]
    fn a_numbered_name_stays_within_bounds_and_safe(wire in ".{0,300}", n in 2..100_000_u32) {
        let name = native(&wire, Place::Inside);
        let second = numbered(&name, n);
        prop_assert!(second.len() <= MAX_NAME);
        prop_assert_ne!(&second, &name);
        prop_assert!(!second.contains(['/', '\\', ':', '\0']));
    }

    #[test]
    fn what_is_shown_has_nothing_to_act_on_a_terminal(text in ".{0,200}") {
        let acts = |c: char| c.is_control() || is_line_break(c) || is_bidi(c) || is_invisible(c);
        prop_assert!(!shown(&text).chars().any(acts));
        prop_assert!(!shown_text(&text).chars().any(|c| acts(c) && c != '\n' && c != '\t'));
    }

    #[test]
    fn every_wire_name_is_acceptable_on_the_wire(name in ".{0,300}") {
        let wire = to_wire(OsStr::new(&name));
        prop_assert!(!wire.is_empty() && wire.len() <= MAX_NAME && is_nfc(&wire));
        prop_assert!(wire != "." && wire != ".." && !wire.contains(['/', '\\', '\0']));
    }
}
