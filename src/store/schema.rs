//! The tables, version by version. A released step is never edited: a change is a new step.

/// One step for each version; `PRAGMA user_version` counts how many were made.
pub(super) const STEPS: &[&str] = &[FIRST, COMPARISONS, UNFINISHED, CONTENTS];

/// In the database's header ("Ftl1"), so that another program's database is not taken for ours.
pub(super) const APPLICATION_ID: i32 = 0x4674_6c31;

/// `taker` orders computers that entered by taking from the shelf, by their last take; NULL is there by this person's act.
/// `WITHOUT ROWID` where the key is the row; partial indexes for the few rows that are asked for at each start.
/// Paths are blobs where they are not text: a path need not be Unicode.
const FIRST: &str = "
CREATE TABLE computers (
    fingerprint BLOB PRIMARY KEY NOT NULL CHECK (length(fingerprint) = 32),
    name TEXT NOT NULL,
    given_name TEXT,
    kind INTEGER NOT NULL,
    verified INTEGER NOT NULL DEFAULT 0,
    rule INTEGER NOT NULL DEFAULT 0,
    folder,
    confirmed INTEGER NOT NULL DEFAULT 0,
    first_seen INTEGER NOT NULL,
    last_seen INTEGER NOT NULL,
    taker INTEGER
) WITHOUT ROWID;

CREATE TABLE addresses (
    computer BLOB NOT NULL REFERENCES computers (fingerprint) ON DELETE CASCADE,
    place INTEGER NOT NULL,
    address TEXT NOT NULL,
    PRIMARY KEY (computer, place)
) WITHOUT ROWID;

CREATE TABLE entries (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    revision INTEGER NOT NULL,
    computer BLOB NOT NULL REFERENCES computers (fingerprint) ON DELETE CASCADE,
    transfer BLOB NOT NULL CHECK (length(transfer) = 16),
    grp BLOB NOT NULL CHECK (length(grp) = 16),
    direction INTEGER NOT NULL,
    at INTEGER NOT NULL,
    state INTEGER NOT NULL,
    problem TEXT,
    read INTEGER NOT NULL,
    files INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    text TEXT
);
CREATE UNIQUE INDEX entries_by_revision ON entries (revision);
CREATE UNIQUE INDEX entries_by_transfer ON entries (computer, transfer);
CREATE INDEX entries_by_computer ON entries (computer, seq);
CREATE INDEX entries_unread ON entries (computer, seq) WHERE read = 0;
CREATE INDEX entries_unfinished ON entries (seq) WHERE state IN (0, 1);

CREATE TABLE items (
    entry INTEGER NOT NULL REFERENCES entries (seq) ON DELETE CASCADE,
    place INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    name TEXT NOT NULL,
    size INTEGER NOT NULL,
    files INTEGER NOT NULL,
    path,
    thumbhash BLOB,
    rendition,
    form INTEGER NOT NULL,
    state INTEGER NOT NULL,
    problem TEXT,
    PRIMARY KEY (entry, place)
) WITHOUT ROWID;

CREATE TABLE removed (
    revision INTEGER PRIMARY KEY,
    seq INTEGER NOT NULL
);

CREATE TABLE counters (name TEXT PRIMARY KEY NOT NULL, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO counters VALUES ('revision', 0);

CREATE TABLE shelf (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    path NOT NULL UNIQUE,
    name TEXT NOT NULL,
    kind INTEGER NOT NULL,
    size INTEGER NOT NULL,
    files INTEGER NOT NULL,
    modified INTEGER NOT NULL,
    audience INTEGER NOT NULL
);

CREATE TABLE settings (name TEXT PRIMARY KEY NOT NULL, value NOT NULL) WITHOUT ROWID;

CREATE VIRTUAL TABLE words USING fts5 (
    text, content = '', contentless_delete = 1, tokenize = 'trigram remove_diacritics 1'
);
";

/// Without a reference to a computer: one may be compared before it is known.
const COMPARISONS: &str = "
CREATE TABLE comparisons (
    computer BLOB NOT NULL CHECK (length(computer) = 32),
    at INTEGER NOT NULL
);
";

/// What is needed to go on with a transfer in another process. The offer is in the wire's own form; `folder` and
/// `accepted` (numbers of items) are of what is received, `digests` (one for each item) of what is sent.
/// What was withdrawn has no reference to a computer: one that was forgotten has to hear of it all the same.
const UNFINISHED: &str = "
CREATE TABLE unfinished (
    entry INTEGER PRIMARY KEY NOT NULL REFERENCES entries (seq) ON DELETE CASCADE,
    place INTEGER NOT NULL,
    offered INTEGER NOT NULL,
    consented INTEGER NOT NULL,
    offer BLOB NOT NULL,
    digests BLOB NOT NULL,
    accepted BLOB NOT NULL,
    folder
);

CREATE TABLE withdrawn (
    place INTEGER PRIMARY KEY,
    computer BLOB NOT NULL CHECK (length(computer) = 32),
    transfer BLOB NOT NULL CHECK (length(transfer) = 16),
    UNIQUE (computer, transfer)
);
";

/// What was received file by file: its digest, and what tells that it was not touched since.
const CONTENTS: &str = "
CREATE TABLE contents (
    entry INTEGER NOT NULL REFERENCES entries (seq) ON DELETE CASCADE,
    place INTEGER NOT NULL,
    digest BLOB NOT NULL CHECK (length(digest) = 32),
    stamp BLOB NOT NULL,
    PRIMARY KEY (entry, place)
) WITHOUT ROWID;
CREATE INDEX items_by_size ON items (size);
";
