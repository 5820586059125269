//! The computers this person has dealt with.

use std::{net::SocketAddr, path::Path};

use rusqlite::{Connection, OptionalExtension as _, Row};

use super::{
    Store, StoreError,
    columns::{optional_path, path_value, short},
    entries::remove_where,
    model::{KnownComputer, MAX_ADDRESSES, Millis, Rule, Seen},
};
use crate::protocol::Fingerprint;

impl Store {
    /// All of them, the one seen last first.
    pub fn computers(&self) -> Result<Vec<KnownComputer>, StoreError> {
        self.read(|connection| {
            let mut computers: Vec<KnownComputer> = connection
                .prepare_cached("SELECT * FROM computers ORDER BY last_seen DESC, fingerprint")?
                .query_map([], computer_from)?
                .collect::<Result<_, _>>()?;
            computers.iter_mut().try_for_each(|computer| read_addresses(connection, computer))?;
            Ok(computers)
        })
    }

    /// `None`: a stranger.
    pub fn computer(&self, fingerprint: &Fingerprint) -> Result<Option<KnownComputer>, StoreError> {
        self.read(|connection| {
            let mut computer = connection
                .prepare_cached("SELECT * FROM computers WHERE fingerprint = ?")?
                .query_row([fingerprint], computer_from)
                .optional()?;
            computer.iter_mut().try_for_each(|computer| read_addresses(connection, computer))?;
            Ok(computer)
        })
    }

    /// Adds a computer by this person's act (sent to it, accepted something from it, gave it a rule), or brings a known
    /// one up to date. Where it answered before is kept behind where it does now, up to [`MAX_ADDRESSES`]. For computers
    /// that are merely around use [`note_seen`](Self::note_seen).
    pub fn upsert_seen(&mut self, fingerprint: &Fingerprint, seen: &Seen) -> Result<(), StoreError> {
        let Seen { name, kind, addresses, at } = seen;
        self.write(|transaction| {
            transaction
                .prepare_cached(
                    "INSERT INTO computers (fingerprint, name, kind, first_seen, last_seen) VALUES (?1, ?2, ?3, ?4, ?4)
                     ON CONFLICT DO UPDATE SET name = ?2, kind = ?3, last_seen = max(last_seen, ?4), taker = NULL",
                )?
                .execute((fingerprint, short(name), kind, at.0))?;
            write_addresses(transaction, fingerprint, addresses)
        })
    }

    /// Brings a known computer up to date after it was met; false and nothing done for a stranger.
    pub fn note_seen(&mut self, fingerprint: &Fingerprint, seen: &Seen) -> Result<bool, StoreError> {
        let Seen { name, kind, addresses, at } = seen;
        self.write(|transaction| {
            let known = transaction
                .prepare_cached(
                    "UPDATE computers SET name = ?2, kind = ?3, last_seen = max(last_seen, ?4) WHERE fingerprint = ?1",
                )?
                .execute((fingerprint, short(name), kind, at.0))?;
            if known > 0 {
                write_addresses(transaction, fingerprint, addresses)?;
            }
            Ok(known > 0)
        })
    }

    /// What happens to its offers. False for a stranger.
    pub fn set_rule(&mut self, fingerprint: &Fingerprint, rule: Rule) -> Result<bool, StoreError> {
        self.set("UPDATE computers SET rule = ?2, taker = NULL WHERE fingerprint = ?1", (fingerprint, rule))
    }

    /// The name this person gives it; `None` takes it back. False for a stranger.
    pub fn rename(&mut self, fingerprint: &Fingerprint, given_name: Option<&str>) -> Result<bool, StoreError> {
        let given_name = given_name.map(short);
        self.set("UPDATE computers SET given_name = ?2, taker = NULL WHERE fingerprint = ?1", (fingerprint, given_name))
    }

    /// This person said that sending to it is right. False for a stranger.
    pub fn confirm(&mut self, fingerprint: &Fingerprint) -> Result<bool, StoreError> {
        self.set("UPDATE computers SET confirmed = 1, taker = NULL WHERE fingerprint = ?1", [fingerprint])
    }

    /// Compared by people, or no longer. False for a stranger.
    pub fn set_verified(&mut self, fingerprint: &Fingerprint, verified: bool) -> Result<bool, StoreError> {
        self.set("UPDATE computers SET verified = ?2, taker = NULL WHERE fingerprint = ?1", (fingerprint, verified))
    }

    /// Where its things go; `None`: the usual folder. False for a stranger.
    pub fn set_folder(&mut self, fingerprint: &Fingerprint, folder: Option<&Path>) -> Result<bool, StoreError> {
        let folder = folder.map(path_value);
        self.set("UPDATE computers SET folder = ?2, taker = NULL WHERE fingerprint = ?1", (fingerprint, folder))
    }

    /// Its conversation, rules and addresses go; files stay. False for a stranger.
    pub fn forget(&mut self, fingerprint: &Fingerprint) -> Result<bool, StoreError> {
        self.write(|transaction| {
            remove_where(transaction, "computer = ?", [fingerprint])?;
            Ok(transaction.execute("DELETE FROM computers WHERE fingerprint = ?", [fingerprint])? > 0)
        })
    }

    fn set(&mut self, statement: &str, values: impl rusqlite::Params) -> Result<bool, StoreError> {
        self.write(|transaction| Ok(transaction.prepare_cached(statement)?.execute(values)? > 0))
    }
}

fn computer_from(row: &Row<'_>) -> rusqlite::Result<KnownComputer> {
    Ok(KnownComputer {
        fingerprint: row.get("fingerprint")?,
        name: row.get("name")?,
        given_name: row.get("given_name")?,
        kind: row.get("kind")?,
        verified: row.get("verified")?,
        rule: row.get("rule")?,
        folder: optional_path(row, "folder")?,
        confirmed: row.get("confirmed")?,
        first_seen: Millis(row.get("first_seen")?),
        last_seen: Millis(row.get("last_seen")?),
        taker: row.get::<_, Option<i64>>("taker")?.is_some(),
        addresses: Vec::new(),
    })
}

fn read_addresses(connection: &Connection, computer: &mut KnownComputer) -> Result<(), StoreError> {
    computer.addresses = addresses(connection, &computer.fingerprint)?;
    Ok(())
}

fn addresses(connection: &Connection, fingerprint: &Fingerprint) -> Result<Vec<SocketAddr>, StoreError> {
    let texts: Vec<String> = connection
        .prepare_cached("SELECT address FROM addresses WHERE computer = ? ORDER BY place")?
        .query_map([fingerprint], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    Ok(texts.iter().filter_map(|text| text.parse().ok()).collect())
}

pub(super) fn write_addresses(
    connection: &Connection,
    fingerprint: &Fingerprint,
    newest: &[SocketAddr],
) -> Result<(), StoreError> {
    let before = addresses(connection, fingerprint)?;
    let mut after: Vec<SocketAddr> = Vec::with_capacity(MAX_ADDRESSES);
    for address in newest.iter().chain(&before) {
        if after.len() < MAX_ADDRESSES && !after.contains(address) {
            after.push(*address);
        }
    }
    if after == before {
        return Ok(());
    }
    connection.prepare_cached("DELETE FROM addresses WHERE computer = ?")?.execute([fingerprint])?;
    let mut insert = connection.prepare_cached("INSERT INTO addresses VALUES (?, ?, ?)")?;
    for (place, address) in after.iter().enumerate() {
        insert.execute((fingerprint, place as i64, address.to_string()))?;
    }
    Ok(())
}
