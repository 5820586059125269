//! What a name may be on the wire, and how any name becomes one.
//!
//! These rules keep a name from being a path; what a system's disk refuses beyond that (reserved names, trailing dots)
//! is handled where files are made, what misleads eyes where names are shown.

use std::fmt;

use unicode_normalization::{UnicodeNormalization as _, is_nfc};

use super::limits::{MAX_COMPUTER_NAME, MAX_DEPTH, MAX_NAME, MAX_PATH};

/// Why a name can't be on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    #[error("a name is empty")]
    Empty,
    #[error("a name is `.` or `..`")]
    Dots,
    #[error("a name contains a separator or a control character")]
    Forbidden,
    #[error("a name or path is too long or too deep")]
    TooLong,
}

/// Checks one component from the wire and gives it in NFC.
///
/// A sender sends NFC already; normalising once more costs nothing for those and forgives newer Unicode tables.
pub fn component(name: &str) -> Result<String, NameError> {
    let name = if is_nfc(name) { name.to_owned() } else { name.nfc().collect() };
    check(&name)?;
    Ok(name)
}

/// What a local name is called on the wire: NFC, what is forbidden replaced by `_`, cut to its bound before the
/// extension. The same for a name that is fine already.
pub fn to_wire(name: &str) -> String {
    let name: String = name.nfc().map(|c| if is_forbidden(c) { '_' } else { c }).collect();
    let name = shorten(name, MAX_NAME);
    match name.as_str() {
        "" | "." => "_".to_owned(),
        ".." => "__".to_owned(),
        _ => name,
    }
}

fn check(name: &str) -> Result<(), NameError> {
    match name {
        "" => Err(NameError::Empty),
        "." | ".." => Err(NameError::Dots),
        _ if name.len() > MAX_NAME => Err(NameError::TooLong),
        _ if name.chars().any(is_forbidden) => Err(NameError::Forbidden),
        _ => Ok(()),
    }
}

fn is_forbidden(c: char) -> bool {
    matches!(c, '/' | '\\') || c.is_control()
}

/// Cuts at a character's border, keeping an extension of up to 16 bytes.
fn shorten(mut name: String, max: usize) -> String {
    if name.len() <= max {
        return name;
    }
    let extension = name.rfind('.').filter(|dot| *dot > 0 && name.len() - dot <= 16).map(|dot| name.split_off(dot));
    let extension = extension.unwrap_or_default();
    name.truncate(name.floor_char_boundary(max - extension.len()));
    name + &extension
}

/// A path below an item: checked components, `/` between them. Empty means the item itself.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct RelativePath(String);

impl RelativePath {
    /// The item itself.
    pub fn itself() -> Self {
        Self::default()
    }

    /// Reads a path from the wire.
    ///
    /// # Errors
    /// When a component isn't allowed, or there are too many of them, or too long together.
    pub fn from_wire(path: &str) -> Result<Self, NameError> {
        if path.is_empty() {
            return Ok(Self::default());
        }
        if path.len() > MAX_PATH {
            return Err(NameError::TooLong);
        }
        let mut checked = String::with_capacity(path.len());
        for (depth, part) in path.split('/').enumerate() {
            if depth >= MAX_DEPTH {
                return Err(NameError::TooLong);
            }
            if depth > 0 {
                checked.push('/');
            }
            if is_nfc(part) {
                check(part)?;
                checked.push_str(part);
            } else {
                checked.push_str(&component(part)?);
            }
        }
        if checked.len() > MAX_PATH {
            return Err(NameError::TooLong);
        }
        Ok(Self(checked))
    }

    /// This path with one more component, of any local name (see [`to_wire`]).
    ///
    /// # Errors
    /// [`NameError::TooLong`] when it would be too deep or too long.
    pub fn join(&self, local_name: &str) -> Result<Self, NameError> {
        let name = to_wire(local_name);
        let path = if self.0.is_empty() { name } else { format!("{}/{name}", self.0) };
        if path.len() > MAX_PATH || path.split('/').count() > MAX_DEPTH {
            return Err(NameError::TooLong);
        }
        Ok(Self(path))
    }

    pub fn is_itself(&self) -> bool {
        self.0.is_empty()
    }

    /// From the item's inside outwards to the name itself; none for the item itself.
    pub fn components(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.0.split('/').filter(|part| !part.is_empty())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RelativePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for RelativePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// A computer's name as it may be shown: one line, nothing invisible, at most 64 characters. May come out empty.
pub fn computer_name(name: &str) -> String {
    const SHOWN: usize = 64;
    let mut visible = String::new();
    for c in name.nfc() {
        match c {
            c if c.is_whitespace() => visible.push(' '),
            // Joins emoji to one picture; beside letters it would only hide.
            '\u{200d}' if visible.chars().next_back().is_some_and(|before| before >= '\u{2600}') => visible.push(c),
            c if is_invisible(c) => {}
            c => visible.push(c),
        }
    }
    // What was taken out may have stood between a letter and its accent.
    let visible: String = visible.nfc().collect();
    let mut clean = String::new();
    for word in visible.split_whitespace() {
        if !clean.is_empty() {
            clean.push(' ');
        }
        clean.push_str(word);
    }
    let end = clean.char_indices().nth(SHOWN).map_or(clean.len(), |(at, _)| at);
    clean.truncate(end.min(clean.floor_char_boundary(MAX_COMPUTER_NAME)));
    clean.trim_end().to_owned()
}

/// Controls, and what changes direction or has no width: a name made of these would lie.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn no_component_is_a_path_or_a_trick() {
        for (name, why) in [
            ("", NameError::Empty),
            (".", NameError::Dots),
            ("..", NameError::Dots),
            ("a/b", NameError::Forbidden),
            ("a\\b", NameError::Forbidden),
            ("a\0", NameError::Forbidden),
            ("a\nb", NameError::Forbidden),
            ("\u{1b}[2J", NameError::Forbidden),
            ("\u{9b}2J", NameError::Forbidden),
            (&"x".repeat(256), NameError::TooLong),
            (&"é".repeat(128), NameError::TooLong),
        ] {
            assert_eq!(component(name), Err(why), "{name:?}");
        }
        for name in ["a", "...", " ", "x.tar.gz", "照片 (2).jpg", "👩‍👩‍👧.png", "-rf", "CON", &"x".repeat(255)]
        {
            assert_eq!(component(name).as_deref(), Ok(name));
        }
    }

    #[test]
    fn a_name_from_a_mac_arrives_composed() {
        assert_eq!(component("Cafe\u{301}.txt").as_deref(), Ok("Café.txt"));
        assert_eq!(
            RelativePath::from_wire("Cafe\u{301}/e\u{301}").map(|path| path.to_string()).as_deref(),
            Ok("Café/é")
        );
    }

    #[test]
    fn a_path_has_no_empty_dotted_or_endless_parts() {
        for path in ["/", "/a", "a/", "a//b", "../a", "a/../b", "a/./b", "a\\b", &"a/".repeat(64), &["a"; 65].join("/")]
        {
            RelativePath::from_wire(path).unwrap_err();
        }
        assert_eq!(RelativePath::from_wire(&vec!["x".repeat(255); 17].join("/")), Err(NameError::TooLong));
        let path = RelativePath::from_wire("a/b c/d").unwrap();
        assert_eq!(path.components().collect::<Vec<_>>(), ["a", "b c", "d"]);
        assert!(RelativePath::from_wire("").unwrap().is_itself());
        RelativePath::from_wire(&["a"; 64].join("/")).unwrap();
    }

    #[test]
    fn a_long_name_keeps_its_extension() {
        let name = to_wire(&format!("{}.jpeg", "照".repeat(200)));
        assert!(name.len() <= 255 && name.starts_with("照照") && name.ends_with("照.jpeg"), "{name}");
    }

    #[test]
    fn a_computers_name_is_one_visible_line() {
        assert_eq!(computer_name("  Mei's\tlaptop\r\n "), "Mei's laptop");
        assert_eq!(computer_name("Office\u{202e}CP\u{200b} \u{1b}[31mPC"), "OfficeCP [31mPC");
        assert_eq!(computer_name("Mei 👩\u{200d}💻"), "Mei 👩\u{200d}💻");
        assert_eq!(computer_name("a\u{200d}b"), "ab");
        assert_eq!(computer_name(&"字".repeat(500)).chars().count(), 64);
        assert_eq!(computer_name("\u{200b}\n"), "");
    }

    proptest! {
        #[test]
        fn any_local_name_becomes_one_that_crosses_unchanged(name in any::<String>()) {
            let wire = to_wire(&name);
            prop_assert_eq!(component(&wire), Ok(wire.clone()));
            prop_assert_eq!(to_wire(&wire), wire);
        }

        #[test]
        fn what_is_read_as_a_path_is_read_as_the_same_again(path in "[a-cé./\\\\\u{301}]{0,12}") {
            if let Ok(read) = RelativePath::from_wire(&path) {
                prop_assert_eq!(RelativePath::from_wire(read.as_str()), Ok(read.clone()));
                prop_assert!(read.components().all(|part| component(part).is_ok()));
            }
        }

        #[test]
        fn cleaning_a_computers_name_twice_changes_nothing(name in any::<String>()) {
            let clean = computer_name(&name);
            prop_assert_eq!(computer_name(&clean), clean.clone());
            prop_assert!(clean.len() <= MAX_COMPUTER_NAME);
        }
    }
}
