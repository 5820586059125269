//! What is said to whoever looks for a fault: on stderr, one line each.

use std::io::{self, Write};

use crate::transfer::names;

/// This program's warnings and its libraries' errors; `RUST_LOG` asks for more. Called once, before anything is said.
pub fn start_log() {
    let chosen = env_logger::Env::default().default_filter_or("error,fantail=warn");
    env_logger::Builder::from_env(chosen)
        .format(|out, record| {
            let time = out.timestamp();
            let (level, style) = (record.level(), out.default_level_style(record.level()));
            write!(out, "[{time} {style}{level:<5}{style:#} {}] ", record.target())?;
            write_message(out, &record.args().to_string())
        })
        .init();
}

/// Messages may hold names and errors from outside, and stderr is mostly a terminal.
fn write_message(out: &mut impl Write, message: &str) -> io::Result<()> {
    writeln!(out, "{}", names::shown(message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_from_outside_in_the_log_is_one_line_that_commands_no_terminal() {
        let mut line = Vec::new();
        write_message(&mut line, "no room for a\u{1b}]0;x\u{7}\u{202e}gpj.exe\nERROR all is lost").expect("memory");
        let line = String::from_utf8(line).expect("text");
        assert_eq!(line.matches('\n').count(), 1, "more than one line: {line:?}");
        assert!(line.ends_with('\n') && !line.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{line:?}");
    }
}
