//! Pictures that go without what they say, or smaller: copies are sent, and nothing of them stays.

use image::{ExtendedColorType, ImageEncoder as _, codecs::jpeg::JpegEncoder};

use super::*;
use crate::pictures::{Frame, Size, Wanted, decode_bytes};

const BARE: Form = Form { without_metadata: true, smaller: false };
const SMALL: Form = Form { without_metadata: false, smaller: true };
const BOTH: Form = Form { without_metadata: true, smaller: true };

const SECRET: &[u8] = b"Secretcity";

/// A photograph taken on its side, which says where.
fn photograph() -> Vec<u8> {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/pictures/orientation-6.jpg");
    telling(&fs::read(fixture).unwrap())
}

/// The same JPEG with a place in its XMP and its comment.
fn telling(jpeg: &[u8]) -> Vec<u8> {
    let mut told = jpeg[..2].to_vec();
    let xmp = [b"http://ns.adobe.com/xap/1.0/\0", SECRET].concat();
    for (marker, content) in [(0xe1, &xmp[..]), (0xfe, SECRET)] {
        told.extend_from_slice(&[0xff, marker, 0, content.len() as u8 + 2]);
        told.extend_from_slice(content);
    }
    told.extend_from_slice(&jpeg[2..]);
    told
}

fn large_photograph(width: u32, height: u32) -> Vec<u8> {
    let mut jpeg = Vec::new();
    let pixels = noise((width * height * 3) as usize);
    let encoder = JpegEncoder::new_with_quality(&mut jpeg, 95);
    encoder.write_image(&pixels, width, height, ExtendedColorType::Rgb8).unwrap();
    telling(&jpeg)
}

fn in_form(form: Form, paths: &[&Path]) -> Outgoing {
    let things = paths.iter().map(|path| Thing::Path(path.to_path_buf())).collect();
    Outgoing::Parcel(Parcel { things, form, copies: false })
}

fn says(bytes: &[u8]) -> bool {
    bytes.windows(SECRET.len()).any(|window| window == SECRET)
}

fn shown(bytes: &[u8]) -> Frame {
    decode_bytes(bytes, Wanted::Still(Size::new(4096, 4096))).unwrap().frames.remove(0)
}

/// How many files lie in the folder of copies.
fn copies_of(machine: &Machine) -> usize {
    fn count(folder: &Path) -> usize {
        let below = fs::read_dir(folder).into_iter().flatten().flatten();
        below.map(|entry| if entry.path().is_dir() { count(&entry.path()) } else { 1 }).sum()
    }
    count(&machine.config.home.private_dir().join("renditions"))
}

#[track_caller]
fn until_no_copies(machine: &Machine) {
    let until = Instant::now() + LONG;
    while copies_of(machine) > 0 {
        assert!(Instant::now() < until, "{} copies stay", copies_of(machine));
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_photograph_arrives_without_its_place_with_the_same_pixels_upright_and_under_its_name() {
    let (one, other) = friends();
    let before = photograph();
    let path = one.file("beach.jpg", &before);
    let notes = one.file("notes.txt", "as it is");
    let sent = one.send(&[&other], in_form(BARE, &[&path, &notes]))[0];
    other.until_state(&one, sent, &State::Saved);
    let entry = one.until_state(&other, sent, &State::Saved);

    let after = fs::read(other.received("beach.jpg")).unwrap();
    assert!(says(&before) && !says(&after));
    assert_eq!(shown(&after), shown(&before), "the same pixels, the same side up");
    assert_eq!(fs::read_to_string(other.received("notes.txt")).unwrap(), "as it is");
    assert_eq!(fs::read(&path).unwrap(), before, "the original is as it was");
    let Body::Items { items, .. } = &entry.body else { panic!("{entry:?}") };
    assert_eq!(items[0].path.as_ref(), Some(&path), "this person's own is shown");
    assert_eq!((items[0].size, items[1].rendition.as_ref()), (after.len() as u64, None));
    until_no_copies(&one);
}

#[test]
fn a_large_photograph_arrives_smaller_and_a_small_one_as_it_is() {
    let (one, other) = friends();
    let large = one.file("large.JPG", large_photograph(2400, 1600));
    let small = one.file("small.jpg", photograph());
    let sent = one.send(&[&other], in_form(SMALL, &[&large, &small]))[0];
    other.until_state(&one, sent, &State::Saved);
    let arrived = fs::read(other.received("large.JPG")).unwrap();
    assert_eq!(shown(&arrived).size, Size::new(2048, 1365));
    assert!((arrived.len() as u64) < large.metadata().unwrap().len());
    assert!(!says(&arrived));
    assert_eq!(fs::read(other.received("small.jpg")).unwrap(), photograph());
    let sent = one.send(&[&other], in_form(BOTH, &[&small]))[0];
    other.until_state(&one, sent, &State::Saved);
    assert!(!says(&fs::read(other.received("small (2).jpg")).unwrap()), "both were chosen");
    until_no_copies(&one);
}

#[test]
fn what_cannot_go_without_its_data_is_not_sent_at_all() {
    let (one, other) = friends();
    let photograph = one.file("beach.jpg", photograph());
    let film = one.file("film.mp4", b"\0\0\0\x18ftypmp42 and where it was taken");
    let folder = one.file("trip/beach.jpg", "x").parent().unwrap().to_path_buf();
    let damaged = one.file("damaged.jpg", b"\xff\xd8\xff\xe1\xff\xffExif");
    for (path, name) in [(&film, "film.mp4"), (&folder, "trip"), (&damaged, "damaged.jpg")] {
        let what = in_form(BARE, &[&photograph, path]);
        let refused = one.ask(Command::Send { to: vec![other.id()], what, keep: true });
        assert!(matches!(&refused, Err(Problem::KeepsMetadata { name: is }) if is == name), "{refused:?}");
    }
    assert!(one.conversation(&other).is_empty() && other.conversation(&one).is_empty());
    until_no_copies(&one);
}

#[test]
fn what_waits_in_the_queue_finds_its_copies_after_a_restart_and_leaves_none() {
    let (mut one, mut other) = friends();
    other.shut_down();
    let path = one.file("beach.jpg", photograph());
    let sent = one.send(&[&other], in_form(BARE, &[&path]))[0];
    one.until_state(&other, sent, &State::Held(Hold::Queued));
    assert!(one.shut_down());
    // Of a process that was killed while it made some.
    let orphan = one.config.home.private_dir().join("renditions/0123456789abcdef/0");
    fs::create_dir_all(&orphan).unwrap();
    fs::write(orphan.join("old.jpg"), "x").unwrap();
    // What is sent was decided when it was sent.
    fs::remove_file(&path).unwrap();
    one.start_again();
    one.until_state(&other, sent, &State::Held(Hold::Queued));
    let until = Instant::now() + LONG;
    while copies_of(&one) != 1 {
        assert!(Instant::now() < until, "the orphan stays, or what is needed went: {}", copies_of(&one));
        std::thread::sleep(Duration::from_millis(10));
    }
    other.start_again();
    other.until_state(&one, sent, &State::Saved);
    let arrived = fs::read(other.received("beach.jpg")).unwrap();
    assert_eq!((says(&arrived), shown(&arrived)), (false, shown(&photograph())));
    until_no_copies(&one);
}

#[test]
fn copies_of_what_is_cancelled_go_once_nobody_waits_for_them() {
    let net = Net::new();
    let (one, mut other, mut third) = (net.computer("Studio Mac"), net.computer("Office PC"), net.computer("Laptop"));
    for away in [&mut other, &mut third] {
        one.sees(away);
        away.shut_down();
    }
    let path = one.file("beach.jpg", photograph());
    let sent = one.send(&[&other, &third], in_form(BARE, &[&path]));
    for (whom, transfer) in [(&other, sent[0]), (&third, sent[1])] {
        one.until_state(whom, transfer, &State::Held(Hold::Queued));
        assert_eq!(copies_of(&one), 1, "one for both");
        let cancelled = one.ask(Command::Cancel { with: whom.id(), transfer });
        assert!(matches!(cancelled, Ok(Reply::Done)), "{cancelled:?}");
        one.until_state(whom, transfer, &State::Cancelled { here: true });
    }
    until_no_copies(&one);
}

#[test]
fn the_same_in_the_same_form_goes_on_with_what_waits_and_in_another_form_is_another() {
    let (one, mut other) = friends();
    other.shut_down();
    let path = one.file("beach.jpg", photograph());
    let sent = one.send(&[&other], in_form(BARE, &[&path]))[0];
    one.until_state(&other, sent, &State::Held(Hold::Queued));
    assert_eq!(one.send(&[&other], in_form(BARE, &[&path])), [sent]);
    assert_ne!(one.send_paths(&other, &[&path]), sent);
    one.until("both to wait", |snapshot| (snapshot.queue.len() == 2).then_some(()));
    let until = Instant::now() + LONG;
    while copies_of(&one) != 1 {
        assert!(Instant::now() < until, "{} copies", copies_of(&one));
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn pictures_that_were_pasted_and_files_go_together_in_their_order() {
    let (one, other) = friends();
    let path = one.file("beach.jpg", photograph());
    let png: Arc<[u8]> = noise(1_000).into();
    let pasted = || Thing::Pasted { name: "Pasted picture.png".into(), png: png.clone() };
    let things = vec![pasted(), Thing::Path(path), pasted()];
    let sent = one.send(&[&other], Outgoing::Parcel(Parcel { things, ..Parcel::default() }))[0];
    let entry = other.until_state(&one, sent, &State::Saved);
    let Body::Items { items, .. } = &entry.body else { panic!("{entry:?}") };
    let names: Vec<&str> = items.iter().map(|item| item.name.as_str()).collect();
    assert_eq!(names, ["Pasted picture.png", "beach.jpg", "Pasted picture.png"]);
    assert_eq!(fs::read(other.received("Pasted picture (2).png")).unwrap(), png[..]);
}
