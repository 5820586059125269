//! The person at this process's terminal.

use std::{
    cell::RefCell,
    io::{self, BufRead as _, IsTerminal as _, Read as _},
    rc::Rc,
};

use super::{commands::Person, print::Printer};
use crate::{engine::api::Ask, transfer::names::shown};

/// Longer lines than any answer are cut. In bytes.
const MAX_ANSWER: u64 = 1024;

/// Names of this many items stand in a question.
const NAMED: usize = 5;

/// Asks on stderr and reads y or n from stdin.
pub(super) struct Terminal {
    printer: Rc<RefCell<Printer>>,
    lines: flume::Receiver<String>,
    question: String,
}

impl Terminal {
    /// Somebody reads stderr and can type.
    pub fn can_ask() -> bool {
        io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    /// `None` where nobody can answer: stdin or stderr is not a terminal.
    pub fn of_this_process(printer: Rc<RefCell<Printer>>) -> Option<Self> {
        if !Self::can_ask() {
            return None;
        }
        // One line waits at most: what is typed before a question belongs to none.
        let (sender, lines) = flume::bounded(1);
        let reader = move || {
            let mut stdin = io::stdin().lock();
            loop {
                let mut line = String::new();
                match (&mut stdin).take(MAX_ANSWER).read_line(&mut line) {
                    Ok(read) if read > 0 => {
                        if sender.send(line).is_err() {
                            return;
                        }
                    }
                    _ => return,
                }
            }
        };
        // Blocked in reading until the process ends.
        std::thread::Builder::new().name("fantail-terminal".into()).spawn(reader).ok()?;
        Some(Self { printer, lines, question: String::new() })
    }

    /// Whether the code is the same on both screens.
    pub fn ask_whether_same(&mut self) {
        self.question = self.printer.borrow().texts().cli_same().to_owned();
        self.lines.drain().for_each(drop);
        self.prompt();
    }

    /// What was answered, if anything.
    pub fn said(&mut self) -> Option<Said> {
        match self.lines.try_recv() {
            Ok(line) => {
                self.printer.borrow_mut().answered();
                match line.trim().to_lowercase().as_str() {
                    "y" | "yes" | "是" | "好" => Some(Said::Yes),
                    "n" | "no" | "否" | "不" => Some(Said::No),
                    _ => {
                        self.prompt();
                        None
                    }
                }
            }
            Err(flume::TryRecvError::Empty) => None,
            Err(flume::TryRecvError::Disconnected) => Some(Said::Gone),
        }
    }

    fn prompt(&self) {
        self.printer.borrow_mut().prompt(&self.question).ok();
    }
}

/// What a person says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said {
    Yes,
    No,
    /// The terminal is closed: nobody will answer any more.
    Gone,
}

impl Person for Terminal {
    fn ask(&mut self, ask: &Ask) {
        self.lines.drain().for_each(drop);
        let printer = self.printer.borrow();
        let texts = printer.texts();
        let mut what: Vec<String> = ask.items.iter().take(NAMED).map(|item| shown(&item.name).into_owned()).collect();
        if ask.items.len() > NAMED {
            what.push(texts.and_more((ask.items.len() - NAMED) as u64));
        }
        let what = format!("{} ({})", texts.list(what.iter().map(String::as_str)), texts.size(ask.bytes));
        let name = shown(&ask.name);
        let question = if ask.takes { texts.ask_takes(&name, &what) } else { texts.ask_gives(&name, &what) };
        self.question = format!("{question}. {}", texts.cli_accept());
        drop(printer);
        self.prompt();
    }

    fn answer(&mut self) -> Option<bool> {
        self.said().map(|said| said == Said::Yes)
    }

    fn withdrawn(&mut self) {
        self.printer.borrow_mut().withdraw().ok();
    }
}
