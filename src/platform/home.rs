//! Where everything of this program's lies.

use std::path::PathBuf;

/// The places of one installation. With `--home DIR` all are below it; without, they are the system's own places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    /// Key, certificate and the machine's mark; owner-only.
    pub identity: PathBuf,
    /// `fantail.db`.
    pub database: PathBuf,
    /// Where received things go unless a setting says otherwise.
    pub received: PathBuf,
    /// Given by `--home` or `FANTAIL_HOME`.
    pub custom: bool,
}
