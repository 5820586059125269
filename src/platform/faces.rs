//! The faces of letters that are installed.

use std::{
    path::PathBuf,
    sync::{Mutex, OnceLock, PoisonError},
};

use fontique::{Collection, CollectionOptions, SourceCache, SourceCacheOptions, SourceKind};
use serde::{Deserialize, Serialize};

/// Simplified Chinese faces, best first; what is not installed is skipped.
pub const SIMPLIFIED: &[&str] = &[
    "Microsoft YaHei UI",
    "Microsoft YaHei",
    "PingFang SC",
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "Droid Sans Fallback",
    "SimSun",
];

/// Where one lies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Face {
    pub path: PathBuf,
    /// In a file of several.
    pub index: u32,
}

/// The system's fonts, looked through once.
pub fn system() -> &'static Mutex<(Collection, SourceCache)> {
    static SYSTEM: OnceLock<Mutex<(Collection, SourceCache)>> = OnceLock::new();
    SYSTEM.get_or_init(|| {
        let options = CollectionOptions { shared: false, system_fonts: true };
        Mutex::new((Collection::new(options), SourceCache::new(SourceCacheOptions::default())))
    })
}

/// The best one for Chinese.
#[must_use]
pub fn chinese() -> Option<Face> {
    let mut system = system().lock().unwrap_or_else(PoisonError::into_inner);
    let (collection, _) = &mut *system;
    SIMPLIFIED.iter().find_map(|name| {
        let family = collection.family_by_name(name)?;
        let font = family.default_font()?;
        match font.source().kind() {
            SourceKind::Path(path) => Some(Face { path: path.to_path_buf(), index: font.index() }),
            SourceKind::Memory(_) => None,
        }
    })
}
