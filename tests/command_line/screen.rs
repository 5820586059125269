//! A real terminal: `script` gives the program one.

use std::{
    io::{Read as _, Write as _},
    process::{Child, ChildStdin, Stdio},
    thread,
    time::Instant,
};

use crate::lan::{Computer, Ended, PATIENCE};

/// What a person would type, and see.
pub struct Terminal {
    child: Option<Child>,
    keys: ChildStdin,
    bytes: flume::Receiver<Vec<u8>>,
    seen: String,
    /// How far it was read.
    read: usize,
}

impl Terminal {
    pub fn open(computer: &Computer<'_>, words: &str) -> Self {
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

    pub fn type_in(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    /// Waits for these words to appear after those that were waited for before; gives what came until then.
    #[track_caller]
    pub fn until(&mut self, words: &str) -> String {
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
    pub fn end(mut self, code: i32) -> String {
        Ended::of(self.child.take().unwrap(), &["script"]).with_code(code);
        for bytes in self.bytes.iter() {
            self.seen += std::str::from_utf8(&bytes).unwrap();
        }
        std::mem::take(&mut self.seen)
    }

    /// `fantail receive`, ready; where it can be reached.
    pub fn receive(computer: &Computer<'_>) -> (Self, String) {
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
