//! A command with everything that depends on where it was typed already looked up, so that another process of this
//! program can carry it out just as well.

use std::{
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::args;
use crate::{
    platform::path_bytes,
    protocol::limits::{MAX_OFFER_ITEMS, MAX_TEXT},
    store::model::{Audience, Form},
};

/// What a command asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "command", rename_all = "kebab-case")]
pub enum Request {
    Nearby {
        seconds: u32,
    },
    Send {
        to: Vec<String>,
        paths: Vec<KeptPath>,
        text: Option<String>,
        new: bool,
        queue: bool,
        copy: bool,
        form: Form,
        wait: u32,
    },
    ShelfList,
    ShelfAdd {
        paths: Vec<KeptPath>,
        audience: Audience,
    },
    ShelfRemove {
        items: Vec<u64>,
    },
    Take {
        from: String,
        items: Vec<u64>,
        into: Option<KeptPath>,
    },
    TakeList {
        from: String,
    },
    Compare {
        with: String,
        new: bool,
        /// Verifies without asking.
        yes: bool,
        /// Somebody at a terminal can be asked.
        asks: bool,
    },
    KnownList,
    Known {
        act: KnownAct,
        whom: Vec<String>,
    },
    KnownRename {
        whom: String,
        name: String,
    },
    /// Shows the window, with these ready to be sent.
    Show {
        paths: Vec<KeptPath>,
    },
    /// Only says who is running: for `receive`, which can't be handed over.
    Who,
}

/// What becomes of a known computer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KnownAct {
    Verify,
    Accept,
    Ask,
    Block,
    Forget,
}

/// What was typed makes no sense here: exit code 2.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UsageError {
    #[error("there is no file or folder at {}", .0.display())]
    NoSuchPath(PathBuf),
    #[error("the current folder is gone")]
    NoCurrentFolder(#[source] io::Error),
    #[error("the text can't be read from stdin: {0}")]
    Stdin(#[source] io::Error),
    #[error("the text on stdin is not UTF-8")]
    NotText,
    #[error("there is no text")]
    NoText,
    #[error("a text has at most {MAX_TEXT} bytes; send it as a file")]
    LongText,
    #[error("at most {MAX_OFFER_ITEMS} files and folders go at once; put them into a folder")]
    ManyPaths,
    #[error("{0} is not a number from 0 to 65535")]
    Port(&'static str),
    #[error("a path and a command don't go together; a file that is called like a command needs ./")]
    PathAndCommand,
}

impl Request {
    /// `None`: it isn't one that can be handed over (`receive`).
    pub fn from_command(command: args::Command) -> Result<Option<Self>, UsageError> {
        Ok(Some(match command {
            args::Command::Receive(_) => return Ok(None),
            args::Command::Nearby { seconds } => Self::Nearby { seconds },
            args::Command::Send(args::Send { paths, to, text, new, queue, copy, without_metadata, smaller, wait }) => {
                let text = match text {
                    Some(dash) if dash == "-" => Some(text_from(io::stdin().lock())?),
                    other => other,
                };
                match &text {
                    Some(text) if text.is_empty() => return Err(UsageError::NoText),
                    Some(text) if text.len() > MAX_TEXT => return Err(UsageError::LongText),
                    _ => {}
                }
                let form = Form { without_metadata, smaller };
                Self::Send { to, paths: existing(&paths)?, text, new, queue, copy, form, wait }
            }
            args::Command::Shelf { act: args::Shelf::List } => Self::ShelfList,
            args::Command::Shelf { act: args::Shelf::Add { paths, audience } } => {
                Self::ShelfAdd { paths: existing(&paths)?, audience: audience.into() }
            }
            args::Command::Shelf { act: args::Shelf::Remove { items } } => Self::ShelfRemove { items },
            args::Command::Take(args::Take { from, list: true, .. }) => Self::TakeList { from },
            args::Command::Take(args::Take { from, items, into, .. }) => {
                Self::Take { from, items, into: into.as_deref().map(absolute).transpose()?.map(KeptPath) }
            }
            args::Command::Compare(args::Compare { with, yes, new }) => Self::Compare { with, new, yes, asks: false },
            args::Command::Known { act: None | Some(args::Known::List) } => Self::KnownList,
            args::Command::Known { act: Some(args::Known::Verify(those)) } => known(KnownAct::Verify, those),
            args::Command::Known { act: Some(args::Known::Accept(those)) } => known(KnownAct::Accept, those),
            args::Command::Known { act: Some(args::Known::Ask(those)) } => known(KnownAct::Ask, those),
            args::Command::Known { act: Some(args::Known::Block(those)) } => known(KnownAct::Block, those),
            args::Command::Known { act: Some(args::Known::Forget(those)) } => known(KnownAct::Forget, those),
            args::Command::Known { act: Some(args::Known::Rename { whom, name }) } => Self::KnownRename { whom, name },
        }))
    }
}

fn known(act: KnownAct, those: args::Those) -> Request {
    Request::Known { act, whom: those.whom }
}

/// Absolute, and there.
pub(super) fn existing(paths: &[PathBuf]) -> Result<Vec<KeptPath>, UsageError> {
    if paths.len() > MAX_OFFER_ITEMS {
        return Err(UsageError::ManyPaths);
    }
    paths
        .iter()
        .map(|path| match path.metadata() {
            Ok(_) => absolute(path).map(KeptPath),
            Err(_) => Err(UsageError::NoSuchPath(path.clone())),
        })
        .collect()
}

/// From the folder the person is in; links are not followed.
pub(super) fn absolute(path: &Path) -> Result<PathBuf, UsageError> {
    std::path::absolute(path).map_err(UsageError::NoCurrentFolder)
}

fn text_from(input: impl io::Read) -> Result<String, UsageError> {
    let mut bytes = Vec::new();
    // One more than allowed, to notice that there is more.
    input.take(MAX_TEXT as u64 + 1).read_to_end(&mut bytes).map_err(UsageError::Stdin)?;
    if bytes.len() > MAX_TEXT {
        return Err(UsageError::LongText);
    }
    let mut text = String::from_utf8(bytes).map_err(|_| UsageError::NotText)?;
    // What `echo` adds is not part of the message.
    if text.ends_with('\n') {
        text.pop();
    }
    Ok(text)
}

/// A path that survives JSON: text where it is Unicode, the system's bytes where not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptPath(pub PathBuf);

impl Serialize for KeptPath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.to_str() {
            Some(text) => serializer.serialize_str(text),
            None => serializer.collect_seq(path_bytes::to_bytes(&self.0)),
        }
    }
}

impl<'de> Deserialize<'de> for KeptPath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Either {
            Text(PathBuf),
            Bytes(Vec<u8>),
        }
        Ok(Self(match Either::deserialize(deserializer)? {
            Either::Text(path) => path,
            Either::Bytes(bytes) => path_bytes::from_bytes(&bytes),
        }))
    }
}

pub(super) fn paths(kept: Vec<KeptPath>) -> Vec<PathBuf> {
    kept.into_iter().map(|path| path.0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_stdin_loses_only_the_line_end_that_echo_adds() {
        assert_eq!(text_from(&b"hello\n"[..]).unwrap(), "hello");
        assert_eq!(text_from(&b"two\n\n"[..]).unwrap(), "two\n");
        assert!(matches!(text_from(&b"\xff"[..]), Err(UsageError::NotText)));
        assert!(matches!(text_from(io::repeat(b'x')), Err(UsageError::LongText)));
    }

    #[test]
    fn a_path_that_is_not_there_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let there = dir.path().join("there");
        std::fs::write(&there, b"").unwrap();
        assert_eq!(existing(std::slice::from_ref(&there)).unwrap(), [KeptPath(there.clone())]);
        let gone = dir.path().join("gone");
        let error = existing(&[there, gone.clone()]).unwrap_err();
        assert!(error.to_string().contains(gone.to_str().unwrap()));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_path_that_is_not_unicode_survives_being_handed_over() {
        use std::os::unix::ffi::OsStrExt as _;
        for bytes in [&b"/tmp/caf\xe9"[..], "/tmp/café 照片".as_bytes()] {
            let path = KeptPath(PathBuf::from(std::ffi::OsStr::from_bytes(bytes)));
            let request = Request::Show { paths: vec![path] };
            let line = serde_json::to_string(&request).unwrap();
            assert_eq!(serde_json::from_str::<Request>(&line).unwrap(), request);
        }
    }
}
