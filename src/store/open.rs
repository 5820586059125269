//! Opening: schema, leftovers of a crash, and what can't be read set aside.

use std::{
    ffi::OsString,
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
};

use rusqlite::{Connection, TransactionBehavior, config::DbConfig};

use super::{
    BUSY_FOR, Store, StoreError,
    columns::{problem_text, state_columns},
    model::{Problem, State},
    next_revision,
    schema::{APPLICATION_ID, STEPS},
    unfinished::held_away,
};
use crate::platform::private;

/// Names tried for a file that is set aside: more on one day would be a fault of another kind.
const MAX_ASIDE: u32 = 1_000;

/// Prepared statements kept, in number: all that there are in this room.
const STATEMENTS: usize = 64;

/// The store, and what was found while opening it.
#[derive(Debug)]
pub struct Opened {
    pub store: Store,
    /// The database that was there could not be read, or is from a newer version. It lies there now, and a fresh one
    /// was begun.
    pub set_aside: Option<PathBuf>,
}

impl Store {
    /// Opens the database, making it and its folder where they are missing. What was under way when the program last
    /// ended without a goodbye is [`State::Held`] afterwards, or [`State::Stopped`] if it can't be gone on with.
    ///
    /// # Errors
    /// The folder can't be written to, the disk is full, or another process is at it and it can't be read.
    pub fn open(path: &Path) -> Result<Opened, StoreError> {
        Self::open_reading(path, |_| Ok(())).map(|(opened, ())| opened)
    }

    /// The same, with what is needed of it from the beginning: a database in which that can't be read is set aside too.
    ///
    /// # Errors
    /// As those of [`Store::open`], and of `read` on a fresh database.
    pub fn open_reading<T>(
        path: &Path,
        read: impl Fn(&Self) -> Result<T, StoreError>,
    ) -> Result<(Opened, T), StoreError> {
        if let Some(folder) = path.parent() {
            private::make_folder(folder)?;
        }
        let lock_path = beside(path, "-open");
        private::make_file(&lock_path)?;
        let in_use = File::options().read(true).write(true).open(&lock_path)?;
        let alone = lock_alone(&in_use)?;

        let suspicion = beside(path, "-suspect");
        let attempt = |in_use: File| -> Result<(Self, T), (Unusable, File)> {
            let connection = match open_checked(path, &suspicion, alone) {
                Ok(connection) => connection,
                Err(error) => return Err((error, in_use)),
            };
            let changed = connection.total_changes();
            let store = Self { connection, suspicion: suspicion.clone(), refusal: None, changed, in_use };
            match read(&store) {
                Ok(found) => Ok((store, found)),
                Err(error) => Err((error.into(), store.in_use)),
            }
        };
        let mut set_aside = None;
        let (store, found) = match attempt(in_use) {
            Ok(opened) => opened,
            Err((Unusable::Replaceable(error), in_use)) if alone => {
                log::warn!("the database is set aside: {error}");
                set_aside = Some(move_aside(path)?);
                attempt(in_use).map_err(|(error, _)| error.into_error())?
            }
            Err((error, _)) => return Err(error.into_error()),
        };
        if alone {
            // From now on others may join.
            store.in_use.lock_shared().or_else(without_locks)?;
        }
        Ok((Opened { store, set_aside }, found))
    }
}

/// Why a database can't be used as it is.
enum Unusable {
    /// Damaged, newer, or not ours: a fresh one can take its place.
    Replaceable(StoreError),
    Other(StoreError),
}

impl Unusable {
    fn into_error(self) -> StoreError {
        match self {
            Self::Replaceable(error) | Self::Other(error) => error,
        }
    }
}

impl<E: Into<StoreError>> From<E> for Unusable {
    fn from(error: E) -> Self {
        match error.into() {
            damaged @ StoreError::Damaged(_) => Self::Replaceable(damaged),
            other => Self::Other(other),
        }
    }
}

fn open_checked(path: &Path, suspicion: &Path, alone: bool) -> Result<Connection, Unusable> {
    // A journal that is still there was not closed: a crash, or another process at work.
    let crashed = alone && fs::metadata(beside(path, "-wal")).is_ok_and(|wal| wal.len() > 0);
    private::make_file(path)?;
    let mut connection = Connection::open(path)?;
    connection.busy_timeout(BUSY_FOR)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.set_transaction_behavior(TransactionBehavior::Immediate);
    // A database that somebody tampered with must not run code of its own.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    let _mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    // With WAL each commit is on the disk before it returns: what a person was told is kept stays kept.
    connection.pragma_update(None, "synchronous", "FULL")?;

    migrate(&mut connection)?;
    if alone {
        let suspect = suspicion.exists();
        if crashed || suspect {
            check_pages(&connection)?;
        }
        settle(&mut connection)?;
        if suspect {
            fs::remove_file(suspicion)?;
        }
    }
    Ok(connection)
}

/// Brings the schema up to this version, in one transaction.
fn migrate(connection: &mut Connection) -> Result<(), Unusable> {
    let transaction = connection.transaction()?;
    let version: usize = transaction.pragma_query_value(None, "user_version", |row| row.get::<_, u32>(0))? as usize;
    let id: i32 = transaction.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let tables: i64 = transaction.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    let ours = id == APPLICATION_ID || (version == 0 && tables == 0);
    if !ours {
        return Err(Unusable::Replaceable(StoreError::Failed("the file is another program's database".into())));
    }
    if version > STEPS.len() {
        return Err(Unusable::Replaceable(StoreError::Failed("the database is from a newer version".into())));
    }
    if version < STEPS.len() {
        for step in &STEPS[version..] {
            transaction.execute_batch(step)?;
        }
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", STEPS.len() as u32)?;
    }
    Ok(transaction.commit()?)
}

/// Reads every page. Takes a second per few hundred MB, so only after something went wrong.
fn check_pages(connection: &Connection) -> Result<(), Unusable> {
    let verdict: String = connection.query_row("PRAGMA quick_check (1)", [], |row| row.get(0))?;
    if verdict == "ok" { Ok(()) } else { Err(Unusable::Replaceable(StoreError::Damaged(verdict.into()))) }
}

/// Nobody works at anything and nobody remembers a revision: what can be gone on with waits for that, what can't is
/// over, and what was removed is forgotten.
fn settle(connection: &mut Connection) -> Result<(), Unusable> {
    let transaction = connection.transaction()?;
    let under_way: Vec<(i64, bool)> = transaction
        .prepare(
            "SELECT seq, EXISTS (SELECT 1 FROM unfinished WHERE entry = seq) FROM entries
             WHERE state IN (0, 1) ORDER BY seq",
        )?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    let closed = (state_columns(&State::Stopped(Problem::Closed)).0, Some(problem_text(&Problem::Closed)));
    for (seq, goes_on) in under_way {
        let revision = next_revision(&transaction)?;
        let (state, problem) = if goes_on { (held_away(), None) } else { closed.clone() };
        transaction
            .prepare_cached("UPDATE entries SET state = ?, problem = ?, revision = ? WHERE seq = ?")?
            .execute((state, problem, revision, seq))?;
    }
    transaction.execute("DELETE FROM removed", [])?;
    Ok(transaction.commit()?)
}

/// True if no other process has it open. Where the file system has no locks, one process is assumed.
fn lock_alone(file: &File) -> Result<bool, StoreError> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => {
            file.lock_shared().or_else(without_locks)?;
            Ok(false)
        }
        Err(TryLockError::Error(error)) => without_locks(error).map(|()| true).map_err(StoreError::from),
    }
}

fn without_locks(error: io::Error) -> io::Result<()> {
    if error.kind() == io::ErrorKind::Unsupported { Ok(()) } else { Err(error) }
}

/// Moves the database and its journal to a free name with the date. Only with nobody else at it.
fn move_aside(path: &Path) -> Result<PathBuf, StoreError> {
    let today = jiff::Zoned::now().strftime("%Y-%m-%d").to_string();
    for number in 1..=MAX_ASIDE {
        let suffix = if number == 1 { format!(".{today}") } else { format!(".{today}-{number}") };
        let aside = beside(path, &suffix);
        let parts = ["", "-wal", "-shm"];
        if parts.iter().any(|part| beside(&aside, part).symlink_metadata().is_ok()) {
            continue;
        }
        // The journal first: without it the database would still be whole under its own name.
        for part in parts.iter().rev() {
            match fs::rename(beside(path, part), beside(&aside, part)) {
                Err(error) if error.kind() == io::ErrorKind::NotFound && !part.is_empty() => {}
                moved => moved?,
            }
        }
        return Ok(aside);
    }
    Err(StoreError::File(io::ErrorKind::AlreadyExists.into()))
}

/// Whether a database that was set aside lies beside this one, or may: it names files, too.
///
/// # Errors
/// The folder can't be read.
pub fn lies_aside(path: &Path) -> io::Result<bool> {
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { return Ok(false) };
    let begin = [name.as_encoded_bytes(), b"."].concat();
    let mut found = fs::read_dir(folder)?;
    found.try_fold(false, |before, entry| Ok(before || entry?.file_name().as_encoded_bytes().starts_with(&begin)))
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}
