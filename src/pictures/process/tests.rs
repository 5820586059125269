use std::{fs, os::unix::fs::PermissionsExt as _};

use super::*;

/// A program that answers whatever it is asked so.
struct Liar {
    folder: tempfile::TempDir,
}

impl Liar {
    fn new(script: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("decoder");
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
        Self { folder }
    }

    fn asked(&self, cancelled: &dyn Fn() -> bool) -> Result<Outcome, PictureError> {
        let wanted = Wanted::Still(Size::new(100, 100));
        decoded_by(&self.folder.path().join("decoder"), Input::Bytes(b"a picture"), wanted, cancelled)
    }
}

#[test]
fn a_decoder_that_was_taken_over_costs_one_preview_whatever_it_says() {
    let picture = |frames: &str| {
        format!(
            r#"echo '{{"Picture":{{"format":"Png","original":{{"width":1,"height":1}},"shortened":false,"frames":[{frames}]}}}}'"#
        )
    };
    let frame = |width: u64, height: u64| {
        format!(r#"{{"size":{{"width":{width},"height":{height}}},"delay":{{"secs":0,"nanos":0}}}}"#)
    };
    let honest = Liar::new(&format!("cat > /dev/null; {}; printf 'abcd'", picture(&frame(1, 1))));
    let Ok(Outcome::Picture(shown)) = honest.asked(&|| false) else { panic!("the true one is believed") };
    assert_eq!((shown.size(), &shown.frames[0].rgba[..]), (Size::new(1, 1), &b"abcd"[..]));

    for lie in [
        String::new(),
        "exit 1".into(),
        "kill -SEGV $$".into(),
        "echo nonsense".into(),
        // A line without an end.
        "head -c 1000000 /dev/zero".into(),
        r#"echo '{"Size":["Png",{"width":0,"height":9}]}'"#.into(),
        r#"echo '{"Size":["Png",{"width":4000000000,"height":4000000000}]}'"#.into(),
        picture(""),
        picture(&frame(0, 7)),
        // More than there may be, and fewer pixels than were said.
        picture(&frame(4_000_000_000, 4_000_000_000)),
        picture(&frame(4_096, 4_097)),
        picture(&frame(300, 300)),
        picture(&[frame(4_096, 4_096), frame(4_096, 4_096)].join(",")),
        picture(&vec![frame(1, 1); 601].join(",")),
        picture(&[frame(2, 2), frame(3, 3)].join(",")),
    ] {
        let result = Liar::new(&lie).asked(&|| false);
        assert!(matches!(result, Err(PictureError::Damaged)), "{lie}: {result:?}");
    }
}

#[test]
fn one_that_never_answers_is_ended_when_its_picture_is_not_wanted_any_more() {
    let liar = Liar::new(r#"echo $$ > "$0.id"; exec sleep 1000"#);
    let id = liar.folder.path().join("decoder.id");
    let result = liar.asked(&|| fs::read_to_string(&id).is_ok_and(|id| id.ends_with('\n')));
    assert!(matches!(result, Err(PictureError::Cancelled)), "{result:?}");
    let process = Path::new("/proc").join(fs::read_to_string(&id).unwrap().trim());
    assert!(!process.exists(), "it is still there");
}

#[test]
fn a_program_that_is_not_there_costs_one_preview() {
    let result = decoded_by(Path::new("/nowhere"), Input::Bytes(b""), Wanted::Size, &|| false);
    assert!(matches!(result, Err(PictureError::Unreadable)), "{result:?}");
}
