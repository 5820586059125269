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
    let visible: String =
        name.nfc().map(|c| if c.is_whitespace() { ' ' } else { c }).filter(|c| !is_invisible(*c)).collect();
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
