//! Names: from this disk to the wire, from the wire to a disk, and to eyes.
//!
//! One function for each destination. A name from outside never reaches a path but through [`native`], and never a
//! window or a terminal but through [`shown`] or [`shown_text`].

use std::{
    borrow::Cow,
    collections::HashSet,
    ffi::OsStr,
    fmt::Write as _,
    hash::{BuildHasher as _, RandomState},
};

use unicode_normalization::{UnicodeNormalization as _, is_nfc};

pub use crate::protocol::limits::MAX_NAME;
use crate::protocol::names as wire;

/// What encrypted home folders (eCryptfs) take: tried when [`MAX_NAME`] was too long after all.
pub const SHORT_NAME: usize = 140;

/// A longer one is no extension but a name with a dot in it.
const MAX_EXTENSION: usize = 16;

/// Where a name will stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Directly in the receive folder, beside what this person keeps there: hidden names, which programs read on their
    /// own (`.bashrc`, `.ssh`), and this program's `.fantail` lose their dot.
    Top,
    /// Inside a folder that came with it, whose structure is kept.
    Inside,
}

/// A name from the wire as a single, harmless component of a path, the same on every system: what is received may lie
/// on a disk that is carried to another.
///
/// Never empty, never `.` or `..`, at most [`MAX_NAME`] bytes, in NFC; no separators, control characters, direction
/// overrides or invisible characters, nothing that Windows reads as a device or a stream, no dot or space at its end.
/// Doing it twice changes nothing.
#[must_use]
pub fn native(wire: &str, place: Place) -> String {
    let mut name: String = wire.nfc().collect();
    name = without_invisible(&name);
    name = name
        .chars()
        .map(|c| match c {
            '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|' => '_',
            c if c.is_control() || is_line_break(c) => '_',
            c => c,
        })
        .collect();
    let mut name = name.trim_start().to_owned();
    if place == Place::Top && name.starts_with('.') {
        name.replace_range(..1, "_");
    }
    trim_end(&mut name);
    if is_reserved(&name) {
        name.insert(0, '_');
    }
    name = shortened(&name, MAX_NAME, Extension::Kept);
    trim_end(&mut name);
    if name.is_empty() { "_".to_owned() } else { name }
}

/// The `n`th file of that name: `photo.jpg` becomes `photo (2).jpg`. At most [`MAX_NAME`] bytes if `name` is.
#[must_use]
pub fn numbered(name: &str, n: u32) -> String {
    number(name, n, MAX_NAME, Extension::Kept)
}

/// The `n`th folder of that name: `v1.2` becomes `v1.2 (2)`.
#[must_use]
pub fn numbered_folder(name: &str, n: u32) -> String {
    number(name, n, MAX_NAME, Extension::None)
}

/// A name for the wire from one of this disk. What isn't UTF-8 keeps what can be read of it.
#[must_use]
pub fn to_wire(name: &OsStr) -> String {
    wire::to_wire(&name.to_string_lossy())
}

/// A name as it may be shown on one line, in a window or a terminal: control characters, line breaks, direction
/// overrides and invisible characters are made visible.
#[must_use]
pub fn shown(name: &str) -> Cow<'_, str> {
    visible(name, |_| false)
}

/// The same for a text of several lines: line breaks and tabs stay, and so do the joiners that scripts and emoji need.
#[must_use]
pub fn shown_text(text: &str) -> Cow<'_, str> {
    visible(text, |c| matches!(c, '\n' | '\t'))
}

/// The names given in one folder so far, so that no two of them differ only in case or in how accents are written:
/// other systems would hold them to be one.
///
/// Eight bytes a name, since a folder can hold a million.
#[derive(Debug, Default)]
pub struct Taken {
    hashes: HashSet<u64>,
    state: RandomState,
}

impl Taken {
    /// Takes the name, or the first numbered form of it that is free. `free` has the last word (does the disk have it?).
    ///
    /// # Errors
    /// Those of `free`; `None` when thousands of numbered forms are taken.
    pub fn take<E>(
        &mut self,
        name: &str,
        is_folder: bool,
        mut free: impl FnMut(&str) -> Result<bool, E>,
    ) -> Result<Option<String>, E> {
        for n in 1..=MAX_NUMBER {
            let candidate = candidate(name, is_folder, n);
            if self.is_free(&candidate) && free(&candidate)? {
                self.insert(&candidate);
                return Ok(Some(candidate.into_owned()));
            }
        }
        Ok(None)
    }

    /// A name that is given already.
    pub fn hold(&mut self, name: &str) {
        self.insert(name);
    }

    fn is_free(&self, name: &str) -> bool {
        !self.hashes.contains(&self.hash(name))
    }

    fn insert(&mut self, name: &str) {
        self.hashes.insert(self.hash(name));
    }

    fn hash(&self, name: &str) -> u64 {
        self.state.hash_one(folded(name))
    }
}

/// Numbered forms that are tried before giving up.
pub const MAX_NUMBER: u32 = 100_000;

/// The name itself for 1, the numbered form from 2 on.
#[must_use]
pub fn candidate(name: &str, is_folder: bool, n: u32) -> Cow<'_, str> {
    match (n, is_folder) {
        (..=1, _) => Cow::Borrowed(name),
        (_, true) => Cow::Owned(numbered_folder(name, n)),
        (_, false) => Cow::Owned(numbered(name, n)),
    }
}

/// The same name cut to [`SHORT_NAME`] bytes.
#[must_use]
pub fn cut_short(name: &str, is_folder: bool) -> String {
    let mut name = shortened(name, SHORT_NAME, if is_folder { Extension::None } else { Extension::Kept });
    trim_end(&mut name);
    if name.is_empty() { "_".to_owned() } else { name }
}

/// Equal for names that some file system holds to be the same.
fn folded(name: &str) -> String {
    if name.is_ascii() {
        return name.to_ascii_lowercase();
    }
    name.nfd().flat_map(char::to_uppercase).flat_map(char::to_lowercase).nfc().collect()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Extension {
    Kept,
    None,
}

/// Stem and extension with its dot; `.tar.gz` and the like are one.
fn split(name: &str) -> (&str, &str) {
    let Some(dot) = name.rfind('.').filter(|&dot| dot > 0) else { return (name, "") };
    let (stem, extension) = name.split_at(dot);
    if extension.len() < 2 || extension.len() > MAX_EXTENSION || extension.contains(char::is_whitespace) {
        return (name, "");
    }
    match stem.rfind('.').filter(|&dot| dot > 0) {
        Some(tar) if stem[tar..].eq_ignore_ascii_case(".tar") => name.split_at(tar),
        _ => (stem, extension),
    }
}

fn number(name: &str, n: u32, limit: usize, extension: Extension) -> String {
    let (stem, extension) = if extension == Extension::Kept { split(name) } else { (name, "") };
    let number = format!(" ({n})");
    let stem = prefix(stem, limit.saturating_sub(number.len() + extension.len()));
    format!("{stem}{number}{extension}")
}

fn shortened(name: &str, limit: usize, extension: Extension) -> String {
    if name.len() <= limit {
        return name.to_owned();
    }
    let (stem, extension) = if extension == Extension::Kept { split(name) } else { (name, "") };
    format!("{}{extension}", prefix(stem, limit.saturating_sub(extension.len())))
}

/// As much of the start as fits, never half a character, nor at its end what joined it to the next one.
fn prefix(text: &str, limit: usize) -> &str {
    text[..text.floor_char_boundary(limit)].trim_end_matches(|c: char| c.is_whitespace() || matches!(c, ZWNJ | ZWJ))
}

fn trim_end(name: &mut String) {
    let kept = name.trim_end_matches(|c: char| c == '.' || c.is_whitespace()).len();
    name.truncate(kept);
}

/// Devices on Windows, whatever extension follows.
fn is_reserved(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or(name).trim_end();
    let upper = stem.to_uppercase();
    match upper.as_str() {
        "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$" | "CLOCK$" => true,
        other => {
            let mut rest = other.strip_prefix("COM").or_else(|| other.strip_prefix("LPT")).unwrap_or("").chars();
            matches!((rest.next(), rest.next()), (Some('0'..='9' | '¹' | '²' | '³'), None))
        }
    }
}

fn is_line_break(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}')
}

/// Characters that change the direction of what stands around them.
fn is_bidi(c: char) -> bool {
    matches!(c, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{206F}')
}

/// Characters that are not seen.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{00AD}' | '\u{034F}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}'
        | '\u{200B}' | '\u{2060}'..='\u{2065}' | '\u{3164}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}'
        | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}

const ZWNJ: char = '\u{200C}';
const ZWJ: char = '\u{200D}';

/// Characters that join or vary what stands beside them: family emoji, Persian and Indic words, keycaps.
fn is_joiner(c: char) -> bool {
    matches!(c, ZWNJ | ZWJ | '\u{FE00}'..='\u{FE0F}')
}

/// A joiner has something to join.
fn joins(before: Option<char>, joiner: char, after: Option<char>) -> bool {
    let of_a_script = |c: char| {
        !(c.is_ascii() || c.is_control() || c.is_whitespace() || is_joiner(c) || is_bidi(c) || is_invisible(c))
    };
    match joiner {
        // A variation selector belongs to what stands before it.
        '\u{FE00}'..='\u{FE0F}' => before.is_some_and(|c| of_a_script(c) || matches!(c, '0'..='9' | '#' | '*')),
        // A joiner also follows a variation selector: ❤️‍🔥.
        _ => before.is_some_and(|c| of_a_script(c) || c == '\u{FE0F}') && after.is_some_and(of_a_script),
    }
}

fn without_invisible(name: &str) -> String {
    let mut kept = String::with_capacity(name.len());
    let mut rest = name.chars().filter(|&c| !is_bidi(c) && !is_invisible(c)).peekable();
    let mut before = None;
    while let Some(c) = rest.next() {
        if is_joiner(c) && !joins(before, c, rest.peek().copied()) {
            continue;
        }
        kept.push(c);
        before = Some(c);
    }
    // What was taken out may have stood between a letter and its accent.
    if is_nfc(&kept) { kept } else { kept.nfc().collect() }
}

fn visible(text: &str, stays: impl Fn(char) -> bool) -> Cow<'_, str> {
    let harmless =
        |c: char| stays(c) || !(c.is_control() || is_line_break(c) || is_bidi(c) || is_invisible(c) || is_joiner(c));
    if text.chars().all(harmless) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text.chars().peekable();
    let mut before = None;
    while let Some(c) = rest.next() {
        match c {
            c if harmless(c) || (is_joiner(c) && joins(before, c, rest.peek().copied())) => out.push(c),
            // The pictures of the control characters: ␀ ␛ ␊ ␡.
            '\0'..='\x1F' => out.push(char::from_u32(0x2400 + u32::from(c)).unwrap_or('\u{FFFD}')),
            '\x7F' => out.push('\u{2421}'),
            // Writing to a string cannot fail.
            c => write!(out, "‹U+{:04X}›", u32::from(c)).unwrap_or_default(),
        }
        before = Some(c);
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests;
