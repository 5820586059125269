use std::{cell::RefCell, rc::Rc};

use serde_json::Value;

use super::*;
use crate::{
    cli::{
        line::{NoticeLine, OfferedLine, TransferEvent},
        request::KeptPath,
    },
    i18n::Language,
    store::model::Problem,
};

#[derive(Clone, Default)]
struct Shared(Rc<RefCell<Vec<u8>>>);

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What goes to stdout and to stderr.
fn printed(json: bool, line: &Line) -> (String, String) {
    printed_by(json, |printer| printer.line(line).unwrap())
}

fn printed_by(json: bool, print: impl FnOnce(&mut Printer)) -> (String, String) {
    let (out, errors) = (Shared::default(), Shared::default());
    let mut printer = Printer {
        texts: Texts::new(Language::for_tag("en").unwrap()),
        json,
        out: Box::new(out.clone()),
        errors: Box::new(errors.clone()),
        out_is_terminal: true,
        errors_is_terminal: false,
        open: Open::Nothing,
    };
    print(&mut printer);
    drop(printer);
    let text = |shared: Shared| String::from_utf8(shared.0.take()).unwrap();
    (text(out), text(errors))
}

fn news(event: TransferEvent) -> TransferLine {
    TransferLine {
        event,
        transfer: "0a".repeat(16),
        item: None,
        name: None,
        path: None,
        bytes: None,
        total: None,
        speed: None,
        left: None,
        text: None,
        from: Some("Mei\u{1b}[31m".into()),
        to: None,
        fingerprint: "AB".repeat(32),
        missing: None,
        already: false,
        reason: None,
    }
}

#[test]
fn nothing_that_comes_from_outside_commands_the_terminal() {
    let evil = "a\u{1b}]0;x\u{7}\u{9b}31m\u{202e}gpj.exe\nb";
    let transfers = [
        TransferLine { text: Some(evil.into()), ..news(TransferEvent::Text) },
        TransferLine { name: Some(evil.into()), ..news(TransferEvent::Saved) },
        TransferLine { name: Some(evil.into()), to: Some(evil.into()), ..news(TransferEvent::Declined) },
        TransferLine {
            reason: Some(Reason::Problem(Problem::System { message: evil.into() })),
            ..news(TransferEvent::Stopped)
        },
    ];
    let mut lines: Vec<Line> = transfers.into_iter().map(|line| Line::Transfer(Box::new(line))).collect();
    lines.push(Line::Offered(OfferedLine { id: 1, name: evil.into(), bytes: 1, files: 1 }));
    for line in &lines {
        for json in [false, true] {
            let (out, errors) = printed(json, line);
            let all = out + &errors;
            assert!(!all.is_empty());
            let harmful = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
            assert!(!all.contains(harmful), "{all:?}");
            if json {
                serde_json::from_str::<Value>(&all).unwrap();
            }
        }
    }
}

#[test]
fn a_question_is_shown_again_below_what_is_said_before_its_answer() {
    let saved = Line::Transfer(Box::new(TransferLine { name: Some("a.jpg".into()), ..news(TransferEvent::Saved) }));
    let (out, errors) = printed_by(false, |printer| {
        printer.prompt("Accept?").unwrap();
        printer.line(&saved).unwrap();
        printer.answered();
        printer.line(&saved).unwrap();
    });
    assert_eq!((out.lines().count(), errors.as_str()), (2, "Accept? \nAccept? "));
}

#[test]
fn a_saved_item_is_one_json_object_with_its_place() {
    let line = Line::Transfer(Box::new(TransferLine {
        item: Some(0),
        name: Some("照片.png".into()),
        path: Some(KeptPath("/in/照片.png".into())),
        bytes: Some(7),
        from: Some("Mei".into()),
        ..news(TransferEvent::Saved)
    }));
    let (out, errors) = printed(true, &line);
    let expected = json!({
        "event": "saved", "transfer": "0a".repeat(16), "item": 0, "name": "照片.png", "path": "/in/照片.png",
        "bytes": 7, "from": "Mei", "fingerprint": "AB".repeat(32),
    });
    assert_eq!(serde_json::from_str::<Value>(&out).unwrap(), expected);
    assert_eq!(errors, "");
    assert_eq!(printed(false, &line).0, "From Mei: /in/照片.png\n");
}

#[test]
fn a_folder_that_is_saved_without_some_of_its_files_says_so_in_the_same_breath() {
    let line = Line::Transfer(Box::new(TransferLine {
        name: Some("trip".into()),
        path: Some(KeptPath("/in/trip".into())),
        from: Some("Mei".into()),
        missing: Some(2),
        reason: Some(Reason::Problem(Problem::SourceGone { name: "day 1/a.jpg".into() })),
        ..news(TransferEvent::Saved)
    }));
    let (out, errors) = printed(false, &line);
    assert_eq!(out, "From Mei: /in/trip, without 2 files\n");
    assert_eq!(errors, "trip: day 1/a.jpg was moved or deleted before it was sent\n");
    let value: Value = serde_json::from_str(&printed(true, &line).0).unwrap();
    assert_eq!((value["event"].as_str(), value["missing"].as_u64()), (Some("saved"), Some(2)));
    assert_eq!(value["code"], "source-gone");
    assert_eq!(value["message"], "day 1/a.jpg was moved or deleted before it was sent");
}

#[cfg(target_os = "linux")]
#[test]
fn a_path_that_is_not_unicode_is_readable_and_nothing_of_it_is_lost() {
    use std::os::unix::ffi::OsStrExt as _;
    let path = std::path::PathBuf::from(std::ffi::OsStr::from_bytes(b"/in/caf\xe9.jpg"));
    let name = Some("caf\u{fffd}.jpg".into());
    let line = TransferLine { name, path: Some(KeptPath(path)), ..news(TransferEvent::Saved) };
    let value: Value = serde_json::from_str(&printed(true, &Line::Transfer(Box::new(line))).0).unwrap();
    assert_eq!(value["path"], "/in/caf\u{fffd}.jpg");
    assert_eq!(value["path_bytes"], "2f696e2f636166e92e6a7067");
    let line = TransferLine { path: Some(KeptPath("/in/café.jpg".into())), ..news(TransferEvent::Saved) };
    let value: Value = serde_json::from_str(&printed(true, &Line::Transfer(Box::new(line))).0).unwrap();
    assert_eq!((value["path"].as_str(), value.get("path_bytes")), (Some("/in/café.jpg"), None));
}

#[test]
fn a_notice_is_one_sentence_for_people_and_an_event_for_programs() {
    for notice in [
        NoticeLine::StoreSetAside { path: KeptPath("/data/fantail.db.1".into()) },
        NoticeLine::NewIdentity,
        NoticeLine::StoreFull,
        NoticeLine::StoreNotWritable,
        NoticeLine::FolderNotWritable { path: KeptPath("/in".into()) },
        NoticeLine::SharedIdentity { name: "Mei".into(), fingerprint: "AB".repeat(32) },
        NoticeLine::DiscoveryUnavailable,
    ] {
        let line = Line::Notice(notice);
        let (out, errors) = printed(false, &line);
        assert_eq!((out.as_str(), errors.lines().count(), errors.contains(". ")), ("", 1, false), "{errors}");
        let (out, errors) = printed(true, &line);
        let value: Value = serde_json::from_str(&out).unwrap();
        assert_eq!((value["event"].as_str(), errors.as_str()), (Some("notice"), ""));
        assert!(value["code"].is_string() && value["message"].is_string(), "{out}");
    }
}

#[test]
fn an_error_has_a_code_for_programs_and_a_sentence_for_people() {
    let line = Line::Error(Problem::NotFound { whom: "Zoe".into() });
    let (out, _) = printed(true, &line);
    let value: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((value["event"].as_str(), value["code"].as_str()), (Some("error"), Some("not-found")));
    assert_eq!(printed(false, &line).1, "fantail: Nobody called Zoe was found\n");
    let several = Line::Error(Problem::Ambiguous { fingerprints: vec!["AA".into(), "BB".into()] });
    assert!(printed(false, &several).1.ends_with("\n  AA\n  BB\n"));
    let value: Value = serde_json::from_str(&printed(true, &several).0).unwrap();
    assert_eq!(value["fingerprints"], json!(["AA", "BB"]));
}
