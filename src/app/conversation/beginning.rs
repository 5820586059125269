//! The first lines of a text file, to be shown on its card.

use std::{fs::File, io::Read as _, path::Path};

/// Bytes that are read, whatever the file's size: more than the lines that are shown hold.
const READ: u64 = 4096;

/// Lines that are shown, and how much of each is laid out.
const LINES: usize = 6;
const LINE: usize = 160;

/// Columns that a tab goes on to.
const TAB: usize = 4;

/// The first lines of the text at `path`, without empty ones at the start and the end; `None` if it is no text: it has
/// control characters, or is neither UTF-8 nor marked as UTF-16. Blocks.
pub fn read(path: &Path) -> Option<Vec<String>> {
    // Opening a pipe would wait for its other end.
    if !path.metadata().ok()?.is_file() {
        return None;
    }
    let mut head = Vec::new();
    File::open(path).ok()?.take(READ).read_to_end(&mut head).ok()?;
    lines(&text(&head)?)
}

fn text(head: &[u8]) -> Option<String> {
    let wide = |bytes: &[u8], read: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes.as_chunks::<2>().0.iter().map(|pair| read(*pair)).collect();
        // The last character may be cut in two.
        let whole = units.len() - usize::from(units.last().is_some_and(|unit| (0xd800..0xdc00).contains(unit)));
        String::from_utf16(&units[..whole]).ok()
    };
    match head {
        [0xff, 0xfe, rest @ ..] => wide(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => wide(rest, u16::from_be_bytes),
        [0xef, 0xbb, 0xbf, rest @ ..] => narrow(rest),
        rest => narrow(rest),
    }
}

fn narrow(bytes: &[u8]) -> Option<String> {
    let valid = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        // The last character may be cut.
        Err(error) if error.error_len().is_none() && bytes.len() as u64 == READ => {
            std::str::from_utf8(&bytes[..error.valid_up_to()]).ok()?
        }
        Err(_) => return None,
    };
    Some(valid.to_owned())
}

fn lines(text: &str) -> Option<Vec<String>> {
    let is_text = |c: char| !c.is_control() || matches!(c, '\n' | '\r' | '\t' | '\u{c}');
    if !text.chars().all(is_text) {
        return None;
    }
    let mut lines: Vec<String> =
        text.lines().skip_while(|line| line.trim().is_empty()).take(LINES).map(shown).collect();
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    (!lines.is_empty()).then_some(lines)
}

/// A line as it is drawn: tabs as room, and nothing that would turn or hide what follows it.
fn shown(line: &str) -> String {
    let mut shown = String::new();
    let mut column = 0;
    for c in line.trim_end().chars().take(LINE) {
        match c {
            '\t' => {
                let room = TAB - column % TAB;
                shown.extend(std::iter::repeat_n(' ', room));
                column += room;
            }
            '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{c}' => {}
            c => {
                shown.push(c);
                column += 1;
            }
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(bytes: &[u8]) -> Option<Vec<String>> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        std::fs::write(&path, bytes).unwrap();
        read(&path)
    }

    #[test]
    fn the_first_lines_of_a_text_are_read_whatever_its_encoding_says_it_is() {
        let expected = Some(vec!["Dear Mei,".to_owned(), "    今天很好".to_owned()]);
        let text = "\n\nDear Mei,\n\t今天很好\n\n";
        assert_eq!(of(text.as_bytes()), expected);
        assert_eq!(of(&[b"\xef\xbb\xbf", text.as_bytes()].concat()), expected);
        let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(of(&[b"\xff\xfe", &wide[..]].concat()), expected);
        let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(of(&[b"\xfe\xff", &wide[..]].concat()), expected);
    }

    #[test]
    fn what_is_no_text_shows_nothing() {
        for bytes in [&b"\x7fELF\x02\x01\x01\0"[..], b"caf\xe9 in another encoding", b"\x1b[31mred", b"", b"\n\n"] {
            assert_eq!(of(bytes), None, "{bytes:?}");
        }
    }

    #[test]
    fn of_a_long_text_little_is_read_and_no_character_is_torn() {
        let lines = of("字".repeat(1_000_000).as_bytes()).unwrap();
        assert_eq!(lines, ["字".repeat(LINE)]);
        assert_eq!(of(&b"line\n".repeat(1_000_000)).unwrap().len(), LINES);
    }

    #[test]
    fn a_text_that_turns_what_follows_it_is_shown_as_it_lies() {
        assert_eq!(of("a\u{202e}gpj.exe".as_bytes()).unwrap(), ["agpj.exe"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_under_the_name_of_a_text_is_not_waited_for() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(read(dir.path()), None);
        assert_eq!(read(Path::new("/dev/zero")), None);
    }
}
