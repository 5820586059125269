//! How the model's types lie in columns.

use std::path::{Path, PathBuf};

use rusqlite::{
    Result, Row, ToSql,
    types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, Value, ValueRef},
};

use super::model::{
    Audience, DeviceKind, Direction, Form, Hold, ItemKind, ItemState, Problem, Rule, State, Theme, Visibility,
};
use crate::{
    platform::path_bytes,
    protocol::{Fingerprint, TransferId},
};

/// Where a name from outside is cut, in bytes. Four times what a file system allows for one component.
const MAX_NAME: usize = 1020;

/// A problem is a code and a name or two; a longer one is cut down to its first words. In bytes of JSON.
const MAX_PROBLEM: usize = 8 * 1024;

/// An enum without fields as a small number. The numbers are on disk: never reuse one.
macro_rules! numbered {
    ($type:ident: $fallback:ident, $($variant:ident = $number:literal),+) => {
        impl ToSql for $type {
            fn to_sql(&self) -> Result<ToSqlOutput<'_>> {
                Ok(match self { $(Self::$variant => $number,)+ }.into())
            }
        }
        impl FromSql for $type {
            fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
                Ok(match value.as_i64()? { $($number => Self::$variant,)+ _ => Self::$fallback })
            }
        }
    };
}

numbered!(DeviceKind: Computer, Computer = 0i64, Phone = 1i64, Browser = 2i64);
numbered!(Rule: Ask, Ask = 0i64, Accept = 1i64, Block = 2i64);
numbered!(Direction: Received, Sent = 0i64, Received = 1i64);
numbered!(ItemKind: File, File = 0i64, Folder = 1i64, Text = 2i64);
numbered!(Audience: Verified, Verified = 0i64, Known = 1i64, Ask = 2i64, All = 3i64);
numbered!(Theme: System, System = 0i64, Light = 1i64, Dark = 2i64);
numbered!(Visibility: Hidden, Everyone = 0i64, KnownOnly = 1i64, Hidden = 2i64);

impl ToSql for Fingerprint {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>> {
        Ok(self.0.as_slice().into())
    }
}

impl FromSql for Fingerprint {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        <[u8; 32]>::column_result(value).map(Self)
    }
}

impl ToSql for TransferId {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>> {
        Ok(self.0.as_slice().into())
    }
}

impl FromSql for TransferId {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        <[u8; 16]>::column_result(value).map(Self)
    }
}

/// A bit for each choice.
const WITHOUT_METADATA: i64 = 1;
const SMALLER: i64 = 2;

impl ToSql for Form {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>> {
        let bit = |chosen: bool, bit: i64| if chosen { bit } else { 0 };
        Ok((bit(self.without_metadata, WITHOUT_METADATA) | bit(self.smaller, SMALLER)).into())
    }
}

impl FromSql for Form {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let bits = value.as_i64()?;
        Ok(Self { without_metadata: bits & WITHOUT_METADATA != 0, smaller: bits & SMALLER != 0 })
    }
}

/// A path: text where it is Unicode, the system's own bytes where not.
pub(super) struct PathColumn(pub PathBuf);

impl FromSql for PathColumn {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        match value {
            ValueRef::Text(_) => value.as_str().map(|text| Self(text.into())),
            ValueRef::Blob(bytes) => Ok(Self(path_bytes::from_bytes(bytes))),
            _ => Err(FromSqlError::InvalidType),
        }
    }
}

pub(super) fn path_value(path: &Path) -> Value {
    match path.to_str() {
        Some(text) => Value::Text(text.to_owned()),
        None => Value::Blob(path_bytes::to_bytes(path)),
    }
}

pub(super) fn optional_path(row: &Row<'_>, column: &str) -> Result<Option<PathBuf>> {
    Ok(row.get::<_, Option<PathColumn>>(column)?.map(|path| path.0))
}

/// Of what was under way are 0 and 1: an index and the leftovers of a crash are found by them.
pub(super) fn state_columns(state: &State) -> (i64, Option<String>) {
    match state {
        State::Waiting => (0, None),
        State::Running => (1, None),
        State::Saved => (2, None),
        State::Declined => (3, None),
        State::Cancelled { here: true } => (4, None),
        State::Cancelled { here: false } => (5, None),
        State::Stopped(problem) => (6, Some(problem_text(problem))),
        State::Held(Hold::Away) => (7, None),
        State::Held(Hold::Paused { here: true }) => (8, None),
        State::Held(Hold::Paused { here: false }) => (9, None),
        State::Held(Hold::DiskFull { here: true }) => (10, None),
        State::Held(Hold::DiskFull { here: false }) => (11, None),
        State::Held(Hold::Queued) => (12, None),
        State::Held(Hold::Turn) => (13, None),
        State::Held(Hold::FolderNotWritable { here: true }) => (14, None),
        State::Held(Hold::FolderNotWritable { here: false }) => (15, None),
        State::Held(Hold::SourceAway) => (16, None),
    }
}

pub(super) fn state_from(row: &Row<'_>) -> Result<State> {
    Ok(match row.get::<_, i64>("state")? {
        0 => State::Waiting,
        1 => State::Running,
        2 => State::Saved,
        3 => State::Declined,
        4 => State::Cancelled { here: true },
        5 => State::Cancelled { here: false },
        7 => State::Held(Hold::Away),
        8 => State::Held(Hold::Paused { here: true }),
        9 => State::Held(Hold::Paused { here: false }),
        10 => State::Held(Hold::DiskFull { here: true }),
        11 => State::Held(Hold::DiskFull { here: false }),
        12 => State::Held(Hold::Queued),
        13 => State::Held(Hold::Turn),
        14 => State::Held(Hold::FolderNotWritable { here: true }),
        15 => State::Held(Hold::FolderNotWritable { here: false }),
        16 => State::Held(Hold::SourceAway),
        _ => State::Stopped(problem_from(row)?),
    })
}

pub(super) fn item_state_columns(state: &ItemState) -> (i64, Option<String>) {
    match state {
        ItemState::Pending => (0, None),
        ItemState::Saved => (1, None),
        ItemState::LeftOut => (2, None),
        ItemState::AlreadyThere => (5, None),
        ItemState::Failed(problem) => (3, Some(problem_text(problem))),
        ItemState::SavedWithout { count, problem } => (4, Some(without_text(*count, problem))),
    }
}

pub(super) fn item_state_from(row: &Row<'_>) -> Result<ItemState> {
    Ok(match row.get::<_, i64>("state")? {
        0 => ItemState::Pending,
        1 => ItemState::Saved,
        2 => ItemState::LeftOut,
        4 => without_from(row)?,
        5 => ItemState::AlreadyThere,
        _ => ItemState::Failed(problem_from(row)?),
    })
}

pub(super) fn problem_text(problem: &Problem) -> String {
    match serde_json::to_string(problem) {
        Ok(text) if text.len() <= MAX_PROBLEM => text,
        // Only the words in it can be that long; the code alone still tells what happened.
        _ => r#"{"code":"system","message":"…"}"#.to_owned(),
    }
}

fn problem_from(row: &Row<'_>) -> Result<Problem> {
    let text: Option<String> = row.get("problem")?;
    let text = text.unwrap_or_default();
    Ok(serde_json::from_str(&text).unwrap_or(Problem::System { message: text }))
}

/// A problem with a number beside it: a reader of problems alone still finds its own.
#[derive(serde::Serialize, serde::Deserialize)]
struct Without {
    count: u64,
    #[serde(flatten)]
    problem: Problem,
}

fn without_text(count: u64, problem: &Problem) -> String {
    match serde_json::to_string(&Without { count, problem: problem.clone() }) {
        Ok(text) if text.len() <= MAX_PROBLEM => text,
        _ => format!(r#"{{"count":{count},"code":"system","message":"…"}}"#),
    }
}

fn without_from(row: &Row<'_>) -> Result<ItemState> {
    let text: Option<String> = row.get("problem")?;
    let text = text.unwrap_or_default();
    Ok(match serde_json::from_str(&text) {
        Ok(Without { count, problem }) => ItemState::SavedWithout { count, problem },
        Err(_) => ItemState::SavedWithout { count: 1, problem: Problem::System { message: text } },
    })
}

/// Sizes are below 2⁶³ everywhere else too: files can't be longer.
pub(super) fn size_column(size: u64) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}

pub(super) fn size_from(row: &Row<'_>, column: &str) -> Result<u64> {
    Ok(u64::try_from(row.get::<_, i64>(column)?).unwrap_or(0))
}

/// A name from outside, cut to what a name may be.
pub(super) fn short(name: &str) -> &str {
    &name[..name.floor_char_boundary(MAX_NAME)]
}
