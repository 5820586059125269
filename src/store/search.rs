//! Finding texts and file names.
//!
//! The index is of *trigrams*, three characters that follow each other, because Chinese and Japanese have no spaces
//! between words. A word of one or two characters (most Chinese words) is not in it; then conversations are read from
//! the newest entry back until enough is found or [`LONGEST`] is over.

use std::time::{Duration, Instant};

use rusqlite::Connection;
use unicode_normalization::UnicodeNormalization as _;

use super::{
    MAX_PAGE, Store, StoreError,
    model::{Body, Entry},
    reading::entry,
};
use crate::protocol::Fingerprint;

/// A person waits for the result while typing.
const LONGEST: Duration = Duration::from_millis(400);

/// More of a query is ignored: nobody types it. In characters and in words.
const MAX_QUERY: usize = 256;
const MAX_WORDS: usize = 16;

/// Characters of an index term.
const TRIGRAM: usize = 3;

impl Store {
    /// Entries that contain all the words of `query` (parts of words too, in any case), newest first, at most `limit`
    /// (1 to [`MAX_PAGE`]). With one computer or, for `None`, with all. An empty query finds nothing.
    pub fn search(&self, query: &str, with: Option<&Fingerprint>, limit: usize) -> Result<Vec<Entry>, StoreError> {
        let limit = limit.clamp(1, MAX_PAGE);
        let words = query_words(query);
        let (long, short): (Vec<&String>, Vec<&String>) =
            words.iter().partition(|word| word.chars().count() >= TRIGRAM);
        self.read(|connection| {
            let seqs = match (long.is_empty(), short.is_empty()) {
                (true, true) => return Ok(Vec::new()),
                (false, _) => by_index(connection, &long, &short, with, limit)?,
                (true, false) => by_reading(connection, &short, with, limit)?,
            };
            seqs.into_iter().filter_map(|seq| entry(connection, seq).transpose()).collect()
        })
    }
}

/// What of an entry can be found: its text, or the names of its items, one a line.
pub(super) fn words_of(body: &Body) -> String {
    match body {
        Body::Text(text) => text.nfc().collect(),
        Body::Items { items, .. } => {
            let names: Vec<&str> = items.iter().map(|item| item.name.as_str()).collect();
            names.join("\n").nfc().collect()
        }
    }
}

fn query_words(query: &str) -> Vec<String> {
    let bounded: String = query.nfc().filter(|c| *c != '\0').take(MAX_QUERY).collect();
    bounded.split_whitespace().take(MAX_WORDS).map(str::to_lowercase).collect()
}

fn by_index(
    connection: &Connection,
    long: &[&String],
    short: &[&String],
    with: Option<&Fingerprint>,
    limit: usize,
) -> Result<Vec<i64>, StoreError> {
    let phrases: Vec<String> = long.iter().map(|word| format!("\"{}\"", word.replace('"', "\"\""))).collect();
    let mut statement = connection.prepare_cached(
        "SELECT e.seq, e.computer, e.text FROM words JOIN entries e ON e.seq = words.rowid
         WHERE words MATCH ? ORDER BY words.rowid DESC",
    )?;
    let rows = statement.query([phrases.join(" ")])?;
    collect(connection, rows, short, with, limit)
}

fn by_reading(
    connection: &Connection,
    short: &[&String],
    with: Option<&Fingerprint>,
    limit: usize,
) -> Result<Vec<i64>, StoreError> {
    match with {
        Some(computer) => {
            let mut statement = connection
                .prepare_cached("SELECT seq, computer, text FROM entries WHERE computer = ? ORDER BY seq DESC")?;
            let rows = statement.query([computer])?;
            collect(connection, rows, short, with, limit)
        }
        None => {
            let mut statement =
                connection.prepare_cached("SELECT seq, computer, text FROM entries ORDER BY seq DESC")?;
            let rows = statement.query([])?;
            collect(connection, rows, short, with, limit)
        }
    }
}

/// Goes through candidates (number, computer, text), newest first, until there are enough or the time is over.
fn collect(
    connection: &Connection,
    mut rows: rusqlite::Rows<'_>,
    words: &[&String],
    with: Option<&Fingerprint>,
    limit: usize,
) -> Result<Vec<i64>, StoreError> {
    let started = Instant::now();
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let seq: i64 = row.get(0)?;
        let theirs = with.is_none_or(|with| row.get_ref(1).is_ok_and(|column| column.as_bytes() == Ok(&with.0)));
        let matches = theirs
            && match row.get_ref(2)?.as_str_or_null() {
                Ok(Some(text)) => contains_all(text, words),
                _ if words.is_empty() => true,
                _ => contains_all(&names(connection, seq)?, words),
            };
        if matches {
            found.push(seq);
        }
        if found.len() >= limit || started.elapsed() > LONGEST {
            break;
        }
    }
    Ok(found)
}

fn names(connection: &Connection, seq: i64) -> Result<String, StoreError> {
    let mut statement = connection.prepare_cached("SELECT name FROM items WHERE entry = ?")?;
    let names: Vec<String> = statement.query_map([seq], |row| row.get(0))?.collect::<Result<_, _>>()?;
    Ok(names.join("\n"))
}

/// `words` are in lower case.
fn contains_all(text: &str, words: &[&String]) -> bool {
    if words.is_empty() {
        return true;
    }
    let text = text.to_lowercase();
    words.iter().all(|word| text.contains(word.as_str()))
}
