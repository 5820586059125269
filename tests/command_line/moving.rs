//! Things that are sent and received, and what both ends say of them.

use std::{collections::BTreeMap, fs, path::Path};

use serde_json::Value;

use crate::lan::{Ended, Lan, PATIENCE};

#[test]
fn a_text_a_file_and_a_folder_arrive_whole_and_both_sides_say_so() {
    let lan = Lan::new();
    let (mei, office) = (lan.computer("Mei"), lan.computer("Office"));
    let photo: Vec<u8> = (0..3_000_000u32).map(|n| (n.wrapping_mul(n) >> 5) as u8).collect();
    let path = lan.file("照片.jpg", &photo);
    lan.file("folder/deep/note.txt", b"note");
    fs::create_dir_all(lan.dir.path().join("folder/empty")).unwrap();

    let receiving = mei.receive(&["--accept", "all"]);
    let words = ["send", "--json", "--to", "Mei", "--new", "--text", "你好", "照片.jpg", "folder"];
    let sent = office.run(&words).with_code(0);

    let text = receiving.event("text");
    assert_eq!((text["text"].as_str(), text["from"].as_str()), (Some("你好"), Some("Office")));
    let saved = [receiving.event("saved"), receiving.event("saved")];
    let file = saved.iter().find(|line| line["name"] == "照片.jpg").unwrap();
    assert_eq!(file["path"], mei.received("照片.jpg").to_str().unwrap());
    assert_eq!((file["bytes"].as_u64(), file["from"].as_str()), (Some(3_000_000), Some("Office")));
    assert!(fs::read(mei.received("照片.jpg")).unwrap() == photo);
    assert_eq!(fs::read(mei.received("folder/deep/note.txt")).unwrap(), b"note");
    assert!(mei.received("folder/empty").is_dir());

    let lines = sent.json();
    let saved: Vec<&Value> = lines.iter().filter(|line| line["event"] == "saved").collect();
    assert_eq!(saved.len(), 3, "{}", sent.out);
    for line in saved {
        assert_eq!((line["to"].as_str(), line["fingerprint"].as_str()), (Some("Mei"), Some(receiving.fingerprint())));
        assert_eq!(line["transfer"].as_str().unwrap().len(), 32);
    }
    let file = lines.iter().find(|line| line["name"] == "照片.jpg").unwrap();
    assert_eq!(file["path"], path.to_str().unwrap());
}

#[test]
fn nothing_that_is_there_is_overwritten() {
    let lan = Lan::new();
    let (mei, office) = (lan.computer("Mei"), lan.computer("Office"));
    let receiving = mei.receive(&["--accept", "all"]);
    for content in ["one", "two"] {
        lan.file("a.txt", content.as_bytes());
        office.run(&["send", "--to", &receiving.address(), "a.txt"]).with_code(0);
    }
    assert_eq!(fs::read(mei.received("a.txt")).unwrap(), b"one");
    assert_eq!(fs::read(mei.received("a (2).txt")).unwrap(), b"two");
}

#[test]
fn receiving_once_into_a_folder_ends_after_the_first_thing_is_saved() {
    let lan = Lan::new();
    lan.file("a.txt", b"hello");
    let receiving = lan.computer("Mei").receive(&["--accept", "all", "--once", "--into", "new/folder"]);
    assert_eq!(receiving.ready["path"], lan.dir.path().join("new/folder").to_str().unwrap());
    let to = receiving.fingerprint().to_lowercase();
    lan.computer("Office").run(&["send", "--to", &to, "a.txt"]).with_code(0);
    let saved = receiving.event("saved");
    let place = lan.dir.path().join("new/folder/a.txt");
    assert_eq!(saved["path"], place.to_str().unwrap());
    assert_eq!(fs::read(place).unwrap(), b"hello");
    receiving.end().with_code(0);
}

#[test]
fn text_comes_from_stdin_when_asked_for() {
    let lan = Lan::new();
    let receiving = lan.computer("Mei").receive(&["--accept", "all"]);
    let input = lan.file("input", b"first line\nsecond line\n");
    let words = ["send", "--to", &receiving.address(), "--text", "-"];
    let child = lan.computer("Office").command(&words).stdin(fs::File::open(input).unwrap()).spawn().unwrap();
    let ended = Ended::of(child, &words).with_code(0);
    assert_eq!(ended.out, "Saved on Mei\n");
    assert_eq!(receiving.event("text")["text"], "first line\nsecond line");
}

#[test]
fn several_computers_get_the_same_thing_and_each_says_for_itself() {
    let lan = Lan::new();
    lan.file("a.txt", b"hello");
    let (mei, dad) = (lan.computer("Mei"), lan.computer("Dad"));
    let (to_mei, to_dad) = (mei.receive(&["--accept", "all"]), dad.receive(&[]));
    let words = ["send", "--json", "--to", &to_mei.address(), "--to", &to_dad.address(), "a.txt"];
    let sent = lan.computer("Office").run(&words).with_code(4);
    assert_eq!(sent.event("saved")["to"], "Mei");
    assert_eq!(sent.event("declined")["to"], "Dad");
    assert!(mei.received("a.txt").exists() && !dad.received("a.txt").exists());
}

#[test]
fn line_by_line_a_transfer_is_told_in_the_order_in_which_it_happens() {
    let lan = Lan::new();
    let receiving = lan.computer("Mei").receive(&["--accept", "all"]);
    // Holes cost no disk; the last item ends the transfer.
    for (name, size) in [("first", 150_000_000), ("last", 150_000_000)] {
        lan.file(name, b"");
        fs::File::options().write(true).open(lan.dir.path().join(name)).unwrap().set_len(size).unwrap();
    }
    let words = ["send", "--json", "--to", &receiving.address(), "--text", "hello", "first", "last"];
    let sent = lan.computer("Office").run(&words).with_code(0).json();
    let mut came: Vec<Value> = Vec::new();
    while came.iter().filter(|line| line["event"] == "saved" || line["event"] == "text").count() < 3 {
        came.push(receiving.lines.recv_timeout(PATIENCE).unwrap());
    }
    receiving.interrupt();
    came.extend(receiving.lines.iter());
    receiving.end().with_code(0);

    for (lines, text) in [(sent, "saved"), (came, "text")] {
        let mut transfers: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
        for line in &lines {
            let transfer = line["transfer"].as_str().unwrap_or_else(|| panic!("{line}"));
            assert!(transfer.len() == 32 && line["fingerprint"].as_str().unwrap().len() == 64, "{line}");
            transfers.entry(transfer).or_default().push(line);
        }
        assert_eq!(transfers.len(), 2);
        for lines in transfers.values() {
            let events: Vec<&str> = lines.iter().map(|line| line["event"].as_str().unwrap()).collect();
            let ends = events.iter().filter(|event| **event != "waiting" && **event != "progress").count();
            if lines.iter().any(|line| line["item"].is_null() && line["event"] == text) {
                assert_eq!((ends, events.last()), (1, Some(&text)), "{events:?}");
                continue;
            }
            assert!(events.contains(&"progress"), "{events:?}");
            assert_eq!((ends, events.last()), (2, Some(&"saved")), "{events:?}");
            assert!(events.iter().rposition(|event| *event == "waiting").is_none_or(|at| at == 0), "{events:?}");
            let told = lines.iter().filter(|line| line["event"] == "progress");
            let bytes: Vec<u64> = told.clone().map(|line| line["bytes"].as_u64().unwrap()).collect();
            assert!(bytes.is_sorted() && told.clone().all(|line| line["total"] == 300_000_000), "{bytes:?}");
        }
    }
}

#[cfg(unix)]
#[test]
fn a_name_made_to_command_a_terminal_is_only_shown() {
    let lan = Lan::new();
    let evil = "\u{1b}]0;owned\u{7}x\u{202e}gpj.txt";
    lan.file(evil, b"hello");
    let receiving = lan.computer("Mei").receive(&["--accept", "all"]);
    let sent = lan.computer("Office").run(&["send", "--to", &receiving.address(), evil]).with_code(0);
    let harmful = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
    assert!(sent.out.contains("gpj.txt") && !sent.out.contains(harmful), "{:?}", sent.out);
    let saved = receiving.event("saved");
    let place = Path::new(saved["path"].as_str().unwrap());
    assert!(!place.file_name().unwrap().to_str().unwrap().contains(harmful));
    assert_eq!(fs::read(place).unwrap(), b"hello");
}

#[test]
fn sending_again_what_is_there_says_so_and_a_copy_comes_when_it_is_asked_for() {
    let lan = Lan::new();
    lan.file("a.txt", b"hello");
    let (mei, office) = (lan.computer("Mei"), lan.computer("Office"));
    let receiving = mei.receive(&["--accept", "all"]);
    let to = receiving.address();
    office.run(&["send", "--to", &to, "a.txt"]).with_code(0);
    let path = receiving.event("saved")["path"].clone();
    let again = office.run(&["send", "--to", &to, "a.txt"]).with_code(0);
    assert_eq!(again.out, "Already there: Mei has it from you: a.txt\n");
    let saved = receiving.event("saved");
    assert_eq!((&saved["path"], &saved["already"]), (&path, &Value::Bool(true)));
    let again = office.run(&["send", "--json", "--to", &to, "a.txt"]).with_code(0);
    assert_eq!(again.event("saved")["already"], true);
    assert!(!mei.received("a (2).txt").exists(), "a second copy");
    office.run(&["send", "--copy", "--to", &to, "a.txt"]).with_code(0);
    assert_eq!(fs::read(mei.received("a (2).txt")).unwrap(), b"hello");
}

/// What exiftool says of the groups of metadata in a file, without what describes the file itself.
fn told_by(path: &Path) -> String {
    let words = ["-s", "-G", "-a", "-u", "--File:all", "--ExifTool:all", "--Composite:all", "--JFIF:all"];
    // `tests/run` installs it.
    let said = std::process::Command::new("exiftool").args(words).arg(path).output().unwrap();
    String::from_utf8(said.stdout).unwrap()
}

fn pixels(path: &Path) -> image::RgbaImage {
    image::open(path).unwrap().into_rgba8()
}

fn fixture(lan: &Lan, name: &str) -> std::path::PathBuf {
    let bytes = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/pictures").join(name)).unwrap();
    lan.file(name, &bytes)
}

#[test]
fn a_photograph_goes_without_what_it_says_and_with_every_pixel() {
    let lan = Lan::new();
    let (mei, office) = (lan.computer("Mei"), lan.computer("Office"));
    let own = fixture(&lan, "taken.jpg");
    let before = (fs::read(&own).unwrap(), told_by(&own));
    for word in ["GPSLatitude", "DateTimeOriginal", "Model"] {
        assert!(before.1.contains(word), "the picture says no {word}: {}", before.1);
    }
    let receiving = mei.receive(&["--accept", "all"]);
    office.run(&["send", "--to", &receiving.address(), "--without-metadata", "taken.jpg"]).with_code(0);
    let arrived = mei.received("taken.jpg");
    let said = told_by(&arrived);
    for word in ["GPS", "Date", "Model", "Make", "XMP", "IPTC"] {
        assert!(!said.contains(word), "{said}");
    }
    assert!(pixels(&arrived) == pixels(&own), "other pixels");
    assert!((fs::read(&own).unwrap(), told_by(&own)) == before, "this person's own picture is as it was");
}

#[test]
fn a_large_picture_goes_smaller_and_a_small_one_and_other_files_as_they_are() {
    let lan = Lan::new();
    let (mei, office) = (lan.computer("Mei"), lan.computer("Office"));
    let large = image::RgbImage::from_fn(3_000, 2_000, |x, y| image::Rgb([(x / 12) as u8, (y / 8) as u8, 90]));
    large.save(lan.dir.path().join("beach.jpg")).unwrap();
    let small = fs::read(fixture(&lan, "quadrants.jpg")).unwrap();
    lan.file("notes.txt", b"notes");
    let receiving = mei.receive(&["--accept", "all"]);
    let words = ["send", "--to", &receiving.address(), "--smaller", "beach.jpg", "quadrants.jpg", "notes.txt"];
    office.run(&words).with_code(0);
    let arrived = pixels(&mei.received("beach.jpg"));
    assert_eq!(arrived.dimensions(), (2_048, 1_365));
    for (x, y) in [(100, 100), (1_024, 700), (2_000, 1_300)] {
        let [red, green, blue, _] = arrived.get_pixel(x, y).0;
        let wanted = [(x * 3_000 / 2_048 / 12) as u8, (y * 2_000 / 1_365 / 8) as u8, 90];
        let far = [red, green, blue].iter().zip(wanted).map(|(a, b)| a.abs_diff(b)).max().unwrap();
        assert!(far <= 8, "{red} {green} {blue} instead of {wanted:?} at {x}, {y}");
    }
    assert!(fs::read(mei.received("quadrants.jpg")).unwrap() == small);
    assert_eq!(fs::read(mei.received("notes.txt")).unwrap(), b"notes");
}

#[test]
fn a_tiff_is_not_sent_without_its_metadata_and_nothing_else_of_that_sending() {
    let lan = Lan::new();
    let (mei, office) = (lan.computer("Mei"), lan.computer("Office"));
    for name in ["taken.jpg", "quadrants.tif"] {
        fixture(&lan, name);
    }
    let receiving = mei.receive(&["--accept", "all"]);
    let words = ["send", "--to", &receiving.address(), "--without-metadata", "taken.jpg", "quadrants.tif"];
    let refused = office.run(&words).with_code(1);
    assert_eq!(refused.err.trim_end(), "fantail: quadrants.tif can’t be sent without location and camera data");
    assert!(!mei.received("taken.jpg").exists() && !mei.received("quadrants.tif").exists());
}
