//! What this person chose, one row each; what was never chosen has no row.

use rusqlite::{
    Connection, OptionalExtension as _, ToSql,
    types::{FromSql, Value},
};

use super::{
    Store, StoreError,
    columns::{PathColumn, path_value},
    model::Settings,
};

impl Store {
    pub fn settings(&self) -> Result<Settings, StoreError> {
        self.read(|connection| {
            Ok(Settings {
                name: get(connection, "name")?,
                language: get(connection, "language")?,
                folder: get::<PathColumn>(connection, "folder")?.map(|path| path.0),
                theme: get(connection, "theme")?.unwrap_or_default(),
                visibility: get(connection, "visibility")?.unwrap_or_default(),
                reduced_motion: get(connection, "reduced_motion")?.unwrap_or_default(),
                zoom: get(connection, "zoom")?,
                window: get(connection, "window")?,
                turned: get(connection, "turned")?,
            })
        })
    }

    pub fn save_settings(&mut self, settings: &Settings) -> Result<(), StoreError> {
        let Settings { name, language, folder, theme, visibility, reduced_motion, zoom, window, turned } = settings;
        self.write(|transaction| {
            set(transaction, "name", name)?;
            set(transaction, "language", language)?;
            set(transaction, "folder", &folder.as_deref().map(path_value))?;
            set(transaction, "theme", &Some(theme))?;
            set(transaction, "visibility", &Some(visibility))?;
            set(transaction, "reduced_motion", &Some(reduced_motion))?;
            set(transaction, "zoom", zoom)?;
            set(transaction, "window", window)?;
            set(transaction, "turned", turned)
        })
    }
}

/// A value of another type than expected counts as never chosen.
fn get<T: FromSql>(connection: &Connection, name: &str) -> Result<Option<T>, StoreError> {
    let value: Option<Value> = connection
        .prepare_cached("SELECT value FROM settings WHERE name = ?")?
        .query_row([name], |row| row.get(0))
        .optional()?;
    Ok(value.and_then(|value| T::column_result((&value).into()).ok()))
}

fn set(connection: &Connection, name: &str, value: &Option<impl ToSql>) -> Result<(), StoreError> {
    match value {
        Some(value) => connection
            .prepare_cached("INSERT INTO settings VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = ?2")?
            .execute((name, value))?,
        None => connection.prepare_cached("DELETE FROM settings WHERE name = ?")?.execute([name])?,
    };
    Ok(())
}
