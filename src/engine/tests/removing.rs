//! What is taken out of a conversation leaves nothing behind but the files.

use super::*;
use crate::pictures::{Previews, Request, Size, Source, Wanted};

/// As the window shows it: its preview is kept.
fn show(machine: &Machine, path: &Path) {
    let pool = Previews::start(|| {}).unwrap();
    pool.keep_in(machine.config.home.previews.clone());
    let before = kept(machine);
    let wanted = Wanted::Covering(Size::new(20, 20));
    let _ticket = pool.request(Request { source: Source::File(path.to_owned()), wanted, turns: 0, known: None });
    let until = Instant::now() + LONG;
    while kept(machine) == before {
        assert!(Instant::now() < until, "no preview of {} is kept", path.display());
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn kept(machine: &Machine) -> usize {
    let files = fs::read_dir(&machine.config.home.previews).into_iter().flatten().flatten();
    // One that is still written has no name yet.
    files.filter(|file| !file.file_name().to_string_lossy().starts_with('.')).count()
}

#[test]
fn previews_go_with_their_entry_their_conversation_and_their_computer() {
    let (one, other) = friends();
    let pictures = ["cat.png", "dog.png", "owl.png"].map(|name| {
        let mut bytes = std::io::Cursor::new(Vec::new());
        image::GrayImage::new(80, 60).write_to(&mut bytes, image::ImageFormat::Png).unwrap();
        one.file(name, bytes.into_inner())
    });
    let send = |path: &PathBuf| {
        let sent = one.send_paths(&other, &[path]);
        let entry = one.until_state(&other, sent, &State::Saved);
        show(&one, path);
        entry.seq
    };
    let removed = send(&pictures[0]);
    send(&pictures[1]);
    assert_eq!(kept(&one), 2);
    assert!(matches!(one.ask(Command::RemoveEntry { seq: removed }), Ok(Reply::Done)));
    assert_eq!(kept(&one), 1, "that of the other entry stays");
    assert!(matches!(one.ask(Command::RemoveConversation { with: other.id() }), Ok(Reply::Done)));
    assert_eq!(kept(&one), 0);
    send(&pictures[2]);
    assert!(matches!(one.ask(Command::Forget { with: other.id() }), Ok(Reply::Done)));
    assert_eq!(kept(&one), 0);
    assert!(pictures.iter().all(|path| path.exists()), "the files stay");
}
