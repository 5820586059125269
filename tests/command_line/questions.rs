//! What a person at a terminal is asked.

use std::fs;

use crate::{
    lan::{Ended, Lan},
    screen::Terminal,
};

#[test]
fn at_a_terminal_yes_saves_no_declines_and_anything_else_is_asked_again() {
    let lan = Lan::new();
    lan.file("a.txt", b"hello");
    let (mei, office) = (lan.computer("Mei"), lan.computer("Office"));
    let (mut terminal, to) = Terminal::receive(&mei);
    let send = || office.command(&["send", "--to", &to, "a.txt"]).spawn().unwrap();

    let declined = send();
    terminal.until("Office wants to send you a.txt (5");
    terminal.until("y/n ");
    terminal.type_in("n\n");
    Ended::of(declined, &["send"]).with_code(4);
    assert!(!mei.received("a.txt").exists());

    let accepted = send();
    terminal.until("Office wants to send you a.txt (5");
    terminal.until("y/n ");
    terminal.type_in("perhaps\n");
    terminal.until("y/n ");
    assert!(!mei.received("a.txt").exists(), "nothing is on the disk before the answer");
    terminal.type_in("y\n");
    Ended::of(accepted, &["send"]).with_code(0);
    terminal.until("From Office: ");
    assert_eq!(fs::read(mei.received("a.txt")).unwrap(), b"hello");

    terminal.type_in("\u{3}");
    terminal.end(0);
}

#[test]
fn a_question_shows_names_that_are_made_to_command_the_terminal() {
    let lan = Lan::new();
    let evil = "\u{1b}]0;owned\u{7}x\u{202e}\ngpj.txt";
    lan.file(evil, b"hello");
    let (mut terminal, to) = Terminal::receive(&lan.computer("Mei"));
    let office = lan.computer("Off\u{1b}[2Jice");
    let sending = office.command(&["send", "--to", &to, evil]).spawn().unwrap();
    terminal.until("gpj.txt");
    terminal.until("y/n ");
    terminal.type_in("y\n");
    Ended::of(sending, &["send"]).with_code(0);
    terminal.until("gpj.txt");
    terminal.type_in("\u{3}");
    // The program's own way of writing over its progress.
    let screen = terminal.end(0).replace("\r\u{1b}[K", "");
    let harmful = |c: char| (c.is_control() && !matches!(c, '\r' | '\n')) || c == '\u{202e}';
    assert!(!screen.contains(harmful), "{screen:?}");
    assert!(!screen.contains("\ngpj.txt"), "{screen:?}");
}

#[test]
fn ctrl_c_at_the_question_ends_both_programs() {
    let lan = Lan::new();
    lan.file("a.txt", b"hello");
    let mei = lan.computer("Mei");
    let (mut terminal, to) = Terminal::receive(&mei);
    let words = ["send", "--json", "--to", &to, "a.txt"];
    let sending = lan.computer("Office").command(&words).spawn().unwrap();
    terminal.until("y/n ");
    terminal.type_in("\u{3}");
    let screen = terminal.end(0);
    assert!(screen.ends_with('\n'), "the shell's next line begins at its left edge: {screen:?}");
    let stopped = Ended::of(sending, &words).with_code(5);
    assert_eq!(stopped.event("stopped")["code"], "held");
    assert!(!mei.received("a.txt").exists());
}

#[test]
fn an_offer_that_is_withdrawn_takes_its_question_with_it() {
    let lan = Lan::new();
    lan.file("a.txt", b"hello");
    let (mut terminal, to) = Terminal::receive(&lan.computer("Mei"));
    let words = ["send", "--to", &to, "--wait", "1", "a.txt"];
    lan.computer("Office").run(&words).with_code(4);
    terminal.until("y/n ");
    let came = terminal.until("offered any more");
    assert!(came.starts_with(['\r', '\n']), "{came:?}");
    // A late answer belongs to no question.
    terminal.type_in("y\n");
    terminal.type_in("\u{3}");
    terminal.end(0);
}
