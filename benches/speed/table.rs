//! What is printed: Markdown on stdout, as it becomes known; what goes on meanwhile on stderr.

use std::cell::RefCell;

/// What was asked for and what was measured.
#[derive(Debug)]
struct Verdict {
    what: String,
    wanted: String,
    measured: String,
    held: Option<bool>,
}

#[derive(Debug)]
pub struct Report {
    /// A smoke run prints nothing: its figures mean nothing.
    prints: bool,
    verdicts: RefCell<Vec<Verdict>>,
}

impl Report {
    pub fn new(prints: bool) -> Self {
        Self { prints, verdicts: RefCell::default() }
    }

    pub fn heading(&self, text: &str) {
        if self.prints {
            println!("\n## {text}\n");
        }
    }

    pub fn note(&self, text: &str) {
        if self.prints {
            println!("{text}\n");
        }
    }

    pub fn table(&self, head: &[&str], rows: &[Vec<String>]) {
        if !self.prints {
            return;
        }
        println!("| {} |", head.join(" | "));
        println!("|{}", "---|".repeat(head.len()));
        for row in rows {
            println!("| {} |", row.join(" | "));
        }
        println!();
    }

    /// Kept for the table at the end.
    pub fn verdict(&self, what: impl Into<String>, wanted: impl Into<String>, measured: impl Into<String>, held: bool) {
        let (what, wanted, measured) = (what.into(), wanted.into(), measured.into());
        self.verdicts.borrow_mut().push(Verdict { what, wanted, measured, held: Some(held) });
    }

    /// What could not be measured here, and why.
    pub fn unknown(&self, what: impl Into<String>, wanted: impl Into<String>, why: impl Into<String>) {
        let (what, wanted, measured) = (what.into(), wanted.into(), why.into());
        self.verdicts.borrow_mut().push(Verdict { what, wanted, measured, held: None });
    }

    pub fn conclude(&self, heading: &str) {
        let rows: Vec<Vec<String>> = self
            .verdicts
            .borrow()
            .iter()
            .map(|verdict| {
                let held = match verdict.held {
                    Some(true) => "yes",
                    Some(false) => "**no**",
                    None => "not measured",
                };
                vec![verdict.what.clone(), verdict.wanted.clone(), verdict.measured.clone(), held.to_owned()]
            })
            .collect();
        if !rows.is_empty() {
            self.heading(heading);
            self.table(&["what", "wanted", "measured", "held"], &rows);
        }
    }
}

pub fn progress(text: &str) {
    eprintln!("  {text}");
}
