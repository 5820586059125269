//! Names made to harm, which the wire allows: they end up harmless, and nothing that exists changes.

use std::os::unix::fs::symlink;

use fantail::protocol::message::{EntryKind, Message};

use crate::{
    Siege,
    villain::{Villain, all_saved, file, file_item, folder_item, id, raw_entry, raw_offer},
};

/// Sends these files, one item each, and hears that all are saved.
fn send_files(siege: &Siege, names: &[&str]) {
    let villain = Villain::new();
    let mut control = villain.control(siege.receiver.address, siege.receiver.fingerprint);
    control.offer_accepted(id(1), names.iter().map(|name| file_item(name, 4)).collect());
    let mut data = villain.data(siege.receiver.address, siege.receiver.fingerprint, id(1));
    for item in 0..names.len() as u32 {
        for message in file(item, 0, "", b"evil") {
            data.say(&message);
        }
    }
    let count = names.len() as u64;
    data.say(&Message::End { files: count, bytes: 4 * count });
    data.hear_until("that all is saved", all_saved);
}

#[test]
fn names_made_to_harm_lie_harmless_in_the_receive_folder() {
    let mut siege = Siege::begin();
    let pairs = [
        (".bashrc", "_bashrc"),
        (".fantail", "_fantail"),
        ("CON", "_CON"),
        ("nul.txt", "_nul.txt"),
        ("a:b", "a_b"),
        ("evil.exe. . .", "evil.exe"),
        ("photo\u{202E}gpj.exe", "photogpj.exe"),
        ("in\u{200B}visible", "invisible"),
        ("-rf", "-rf"),
        ("$(reboot)", "$(reboot)"),
        ("<b>x", "_b_x"),
        ("autorun.inf", "autorun.inf"),
        ("desktop.ini", "desktop.ini"),
    ];
    let (wire, saved): (Vec<_>, Vec<_>) = pairs.into_iter().unzip();
    send_files(&siege, &wire);
    siege.expect(saved);
    siege.stands("harmful names");
    for name in ["photogpj.exe", "-rf", "$(reboot)"] {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(siege.receiver.received(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o111, 0, "{name} could be run");
    }
}

#[test]
fn names_that_are_one_on_some_systems_are_all_kept() {
    let mut siege = Siege::begin();
    // Composed and decomposed; the wire's form is composed, whatever was said.
    send_files(&siege, &["caf\u{E9}", "cafe\u{301}", "same.txt", "same.txt"]);
    siege.expect(["caf\u{E9}", "caf\u{E9} (2)", "same.txt", "same (2).txt"]);
    siege.stands("clashing names");

    let villain = Villain::new();
    let mut control = villain.control(siege.receiver.address, siege.receiver.fingerprint);
    control.offer_accepted(id(1), vec![folder_item("f", 4, 16)]);
    let mut data = villain.data(siege.receiver.address, siege.receiver.fingerprint, id(1));
    for (entry, name) in (1..).zip(["Photo.jpg", "photo.jpg", "sub/a", "SUB/a"]) {
        for message in file(0, entry, name, b"evil") {
            data.say(&message);
        }
    }
    data.say(&Message::End { files: 4, bytes: 16 });
    data.hear_until("that all is saved", all_saved);
    siege.expect(["f/Photo.jpg", "f/photo (2).jpg", "f/sub/a", "f/SUB (2)/a"]);
    siege.stands("names that differ in case");
}

#[test]
fn names_that_nobody_can_say_end_the_connection() {
    let mut siege = Siege::begin();
    let long = "n".repeat(256);
    let endless = "n".repeat(5_000);
    let names: Vec<&[u8]> = vec![
        b"",
        b".",
        b"..",
        b"a/b",
        b"../x",
        b"/etc/passwd",
        b"a\\b",
        b"a\0b",
        b"a\nb",
        b"\x1b]0;x\x07",
        b"\xFF\xFE",
        long.as_bytes(),
        endless.as_bytes(),
    ];
    for name in names {
        let why = String::from_utf8_lossy(name).into_owned();
        let mut line = Villain::new().control(siege.receiver.address, siege.receiver.fingerprint);
        line.frame(0x10, &raw_offer(&[1; 16], name, 4));
        line.expect_cut_off(&why);
    }
    siege.stands("names that are none");
}

#[test]
fn links_laid_in_the_way_lead_nowhere() {
    let mut siege = Siege::begin();
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("target"), "untouched").unwrap();
    let received = siege.receiver.received("");
    symlink(outside.path(), received.join("folder")).unwrap();
    symlink(outside.path().join("target"), received.join("file")).unwrap();
    symlink(outside.path().join("not there"), received.join("dangling")).unwrap();
    siege.expect(["folder", "file", "dangling"]);

    send_files(&siege, &["file", "dangling", "folder"]);
    siege.expect(["file (2)", "dangling (2)", "folder (2)"]);

    let villain = Villain::new();
    let mut control = villain.control(siege.receiver.address, siege.receiver.fingerprint);
    control.offer_accepted(id(2), vec![folder_item("folder", 1, 4)]);
    let mut data = villain.data(siege.receiver.address, siege.receiver.fingerprint, id(2));
    // A kind of entry there is none of, as a link would be.
    data.frame(0x40, &raw_entry(0, 1, b"link", EntryKind::Folder as u8 + 2, 0));
    data.expect_cut_off("an entry that is neither file nor folder");
    siege.stands("links");

    let mut control = villain.control(siege.receiver.address, siege.receiver.fingerprint);
    control.offer_accepted(id(3), vec![folder_item("folder", 1, 4)]);
    let mut data = villain.data(siege.receiver.address, siege.receiver.fingerprint, id(3));
    for message in file(0, 1, "target", b"evil") {
        data.say(&message);
    }
    data.say(&Message::End { files: 1, bytes: 4 });
    data.hear_until("that all is saved", all_saved);
    siege.expect(["folder (3)/target"]);
    siege.stands("a folder named like a link");
    assert_eq!(std::fs::read(outside.path().join("target")).unwrap(), b"untouched");
    assert_eq!(std::fs::read_dir(outside.path()).unwrap().count(), 1);
}

#[test]
fn a_folder_for_partials_that_is_a_link_is_not_used() {
    let siege = Siege::begin();
    let outside = tempfile::tempdir().unwrap();
    symlink(outside.path(), siege.receiver.received(".fantail")).unwrap();
    let mut line = Villain::new().control(siege.receiver.address, siege.receiver.fingerprint);
    line.say(&Message::Offer(fantail::protocol::message::Offer {
        transfer: id(1),
        items: vec![file_item("a", 4)],
        for_take: false,
        again: false,
    }));
    let declined = line.hear_until("an answer", |message| match message {
        Message::Answer { answer, .. } => Some(answer.clone()),
        _ => None,
    });
    use fantail::protocol::message::{Answer, DeclineReason};
    assert_eq!(declined, Answer::Decline(DeclineReason::FolderNotWritable));
    assert_eq!(std::fs::read_dir(outside.path()).unwrap().count(), 0);
}
