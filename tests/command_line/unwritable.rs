//! A folder of the program's own that takes nothing: write-protected, or on a disk that is full.

use std::{
    fs,
    process::{Command, Stdio},
};

use super::lan::{Computer, Ended, Lan};

/// Runs it where its home is a small disk, on which `before` was done last; `$0` is the home.
fn run_on_a_disk(computer: &Computer<'_>, before: &str, language: &str, words: &[&str]) -> Ended {
    let home = computer.home();
    fs::create_dir_all(&home).unwrap();
    let program = computer.command(words);
    // The disk holds what lay in the home before.
    let script = format!(
        "cp -a \"$0\" \"$0.before\" && mount -t tmpfs -o size=1m none \"$0\" && cp -a \"$0.before/.\" \"$0\" \
         && {before} && exec \"$@\""
    );
    let is_allowed = |how: &&str| {
        let tried = Command::new("unshare").args([how, "sh", "-c", "mount -t tmpfs none /tmp"]).output();
        tried.is_ok_and(|output| output.status.success())
    };
    let how = ["-m", "-Urm"].into_iter().find(is_allowed).unwrap();
    let mut inside = Command::new("unshare");
    inside.args([how, "sh", "-c", &script]).arg(&home).arg(program.get_program()).args(program.get_args());
    for (name, value) in program.get_envs() {
        match value {
            Some(value) => inside.env(name, value),
            None => inside.env_remove(name),
        };
    }
    inside
        .env("LANGUAGE", language)
        .env("LC_ALL", format!("{language}.UTF-8"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let ended = Ended::of(inside.spawn().unwrap(), words);
    fs::remove_dir_all(home.with_added_extension("before")).unwrap();
    ended
}

const READ_ONLY: &str = "mount -o remount,ro \"$0\"";
/// Only what is there can be changed; nothing can be made.
const FULL: &str = "{ cat /dev/zero > \"$0/ballast\" 2> /dev/null || true; }";
const DATABASE_READ_ONLY: &str = "mount --bind \"$0/fantail.db\" \"$0/fantail.db\" \
     && mount -o remount,bind,ro \"$0/fantail.db\"";

#[test]
fn a_home_that_can_not_be_written_to_is_told_in_one_sentence_in_both_languages_and_nothing_is_lost() {
    let lan = Lan::new();
    let mei = lan.computer("Mei");
    // It was used before.
    mei.run(&["known"]).with_code(0);
    let identity = fs::read(mei.home().join("identity/identity.pem")).unwrap();
    let folder = mei.home();
    let folder = folder.to_str().unwrap();
    for before in [READ_ONLY, DATABASE_READ_ONLY] {
        for words in [&["receive", "--port", "0"][..], &["known"], &["send", "--to", "Office PC", "--text", "hi"]] {
            for (language, sentence) in
                [("en_US", "Fantail can’t write into its own folder"), ("zh_CN", "Fantail 无法写入自己的文件夹")]
            {
                let ended = run_on_a_disk(&mei, before, language, words).with_code(1);
                let said = format!("{}{}", ended.out, ended.err);
                assert!(said.contains(sentence) && said.contains(folder), "{before} {words:?}: {said}");
                assert_eq!(said.trim().lines().count(), 1, "{before} {words:?}: {said}");
                assert!(!said.contains("os error") && !said.contains("database"), "{before} {words:?}: {said}");
            }
        }
    }
    let json = run_on_a_disk(&mei, READ_ONLY, "en_US", &["known", "--json"]).with_code(1);
    let line: serde_json::Value = serde_json::from_str(json.out.trim()).unwrap();
    assert_eq!((&line["event"], &line["code"]), (&"error".into(), &"failed".into()), "{line}");
    assert_eq!(fs::read(mei.home().join("identity/identity.pem")).unwrap(), identity, "who this is stays");
    mei.run(&["known"]).with_code(0);
}

#[test]
fn a_first_start_on_a_full_disk_says_that_it_is_full() {
    let lan = Lan::new();
    let mei = lan.computer("Mei");
    let ended = run_on_a_disk(&mei, FULL, "en_US", &["known"]).with_code(1);
    assert!(ended.err.contains("is full; make room"), "{}", ended.err);
    assert_eq!(ended.err.trim().lines().count(), 1, "{}", ended.err);
}
