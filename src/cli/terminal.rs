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
    /// `None` where nobody can answer: stdin or stderr is not a terminal.
    pub fn of_this_process(printer: Rc<RefCell<Printer>>) -> Option<Self> {
        if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
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

    fn prompt(&self) {
        let mut printer = self.printer.borrow_mut();
        let text = format!("{}. {}", self.question, printer.texts().cli_accept());
        printer.prompt(&text).ok();
    }
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
        self.question = if ask.takes { texts.ask_takes(&name, &what) } else { texts.ask_gives(&name, &what) };
        drop(printer);
        self.prompt();
    }

    fn answer(&mut self) -> Option<bool> {
        match self.lines.try_recv() {
            Ok(line) => {
                self.printer.borrow_mut().answered();
                match line.trim().to_lowercase().as_str() {
                    "y" | "yes" | "是" | "好" => Some(true),
                    "n" | "no" | "否" | "不" => Some(false),
                    _ => {
                        self.prompt();
                        None
                    }
                }
            }
            Err(flume::TryRecvError::Empty) => None,
            // The terminal is closed: nobody will answer any more.
            Err(flume::TryRecvError::Disconnected) => Some(false),
        }
    }

    fn withdrawn(&mut self) {
        self.printer.borrow_mut().withdraw().ok();
    }
}
