//! The question at a terminal, on a real one: `script` gives the program a pseudo-terminal.

use std::{
    fs,
    io::{Read as _, Write as _},
    process::{Child, ChildStdin, Stdio},
    thread,
    time::Instant,
};

use crate::lan::{Computer, Ended, Lan, PATIENCE};

/// What a person would type, and see.
struct Terminal {
    child: Option<Child>,
    keys: ChildStdin,
    bytes: flume::Receiver<Vec<u8>>,
    seen: String,
    /// How far it was read.
    read: usize,
}

impl Terminal {
    fn open(computer: &Computer<'_>, words: &str) -> Self {
        let command = computer.command(&[]);
        let program = command.get_program().to_owned();
        let mut script = std::process::Command::new("script");
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => script.env(name, value),
                None => script.env_remove(name),
            };
        }
        script.args(["--quiet", "--flush", "--return", "--command"]);
        script.arg(format!("exec '{}' {words}", program.to_str().unwrap())).arg("/dev/null");
        script.current_dir(computer.lan.dir.path()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = script.spawn().unwrap();
        let (keys, mut screen) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let (sender, bytes) = flume::bounded(10_000);
        let read = move || {
            let mut part = [0; 4096];
            while let Ok(length @ 1..) = screen.read(&mut part) {
                sender.send(part[..length].to_vec()).ok();
            }
        };
        thread::Builder::new().name("screen".into()).spawn(read).unwrap();
        Self { child: Some(child), keys, bytes, seen: String::new(), read: 0 }
    }

    fn type_in(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    /// Waits for these words to appear after those that were waited for before; gives what came until then.
    #[track_caller]
    fn until(&mut self, words: &str) -> String {
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some(at) = self.seen[self.read..].find(words) {
                let end = self.read + at + words.len();
                let came = self.seen[self.read..end].to_owned();
                self.read = end;
                return came;
            }
            match self.bytes.recv_deadline(until) {
                Ok(bytes) => self.seen += std::str::from_utf8(&bytes).unwrap(),
                Err(_) => panic!("no {words:?} in {:?}", &self.seen[self.read..]),
            }
        }
    }

    /// It comes to its end by itself. Everything that was on the screen.
    fn end(mut self, code: i32) -> String {
        Ended::of(self.child.take().unwrap(), &["script"]).with_code(code);
        for bytes in self.bytes.iter() {
            self.seen += std::str::from_utf8(&bytes).unwrap();
        }
        std::mem::take(&mut self.seen)
    }

    /// `fantail receive`, ready; where it can be reached.
    fn receive(computer: &Computer<'_>) -> (Self, String) {
        let mut terminal = Self::open(computer, "receive --port 0");
        terminal.until("(port ");
        let port = terminal.until(")");
        (terminal, format!("127.0.0.1:{}", port.trim_end_matches(')')))
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().ok();
            child.wait().ok();
        }
    }
}

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
    assert_eq!(stopped.event("stopped")["code"], "computer-gone");
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
