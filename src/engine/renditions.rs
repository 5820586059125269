//! What goes in the place of pictures: copies without their metadata, or smaller ones, made before anything is offered.
//!
//! They lie below the database's folder, in a folder for each sending, until all its transfers are over. Those that wait
//! are in the store with the paths of theirs; whatever else is found there at a start is removed.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    ffi::OsString,
    fs::{self, File},
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    api::{Form, GroupId, Problem},
    hub::Hub,
    transfer::{Cargo, Side},
};
use crate::{
    pictures::{
        Smaller,
        bare::{Telling, bare},
        smaller,
    },
    platform::{files, home::create_private_dir},
    protocol::TransferId,
    transfer::names,
};

/// Below the folder of the database.
const FOLDER: &str = "renditions";

/// Bytes of all of them together: a thousand large photographs. What waits longer than that fits is to be sent as it is.
const MOST: u64 = 8 << 30;

/// Of a picture whose metadata is taken out, since all of it is held in memory for a moment: as much as is decoded too.
const MAX_FILE: u64 = 400 << 20;

/// Enough to tell what a file is.
const HEAD: u64 = 1024;

/// Where those that were made come from, by their own paths.
pub(super) type Origins = Arc<BTreeMap<PathBuf, Origin>>;

/// What a rendition was made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Origin {
    pub path: PathBuf,
    pub form: Form,
}

/// A sending's own folder, removed when this is dropped: until it is in the queue nobody else knows of it.
#[derive(Debug)]
pub(super) struct Unsent {
    all: PathBuf,
    own: PathBuf,
    kept: bool,
}

impl Unsent {
    pub fn new(all: PathBuf, group: GroupId) -> Self {
        let own = all.join(folder_name(group));
        Self { all, own, kept: false }
    }

    /// Makes them one after the other: each takes a processor for itself. What has to be sent as it is stays in its place.
    pub async fn make(&self, paths: Vec<PathBuf>, form: Form) -> Result<(Vec<PathBuf>, Origins), Problem> {
        let (all, own) = (self.all.clone(), self.own.clone());
        let mut room = apart(move || {
            create_private_dir(&own).map_err(|error| trouble(&error))?;
            Ok(MOST.saturating_sub(size_of(&all)))
        })
        .await?;
        let (mut sources, mut origins) = (Vec::with_capacity(paths.len()), BTreeMap::new());
        for (number, path) in paths.into_iter().enumerate() {
            let (from, folder) = (path.clone(), self.own.join(number.to_string()));
            let Some((made, bytes)) = apart(move || rendition(&from, &folder, form, room)).await? else {
                sources.push(path);
                continue;
            };
            room -= bytes;
            sources.push(made.clone());
            origins.insert(made, Origin { path, form });
        }
        Ok((sources, origins.into()))
    }

    fn keep(mut self) {
        self.kept = true;
    }
}

impl Drop for Unsent {
    fn drop(&mut self) {
        if !self.kept {
            remove(&self.own);
        }
    }
}

impl Hub {
    pub fn renditions_folder(&self) -> PathBuf {
        self.config.home.private_dir().join(FOLDER)
    }

    /// What was made for a sending stays until its transfers are over; unless none was begun.
    pub fn hold_renditions(&mut self, group: GroupId, unsent: Unsent) {
        if self.transfers.values().any(|transfer| transfer.group == group) {
            self.renditions.insert(group);
            unsent.keep();
        }
    }

    /// One of its transfers is over, maybe the last.
    pub fn drop_renditions(&mut self, group: GroupId) {
        let needed = |hub: &Self| hub.transfers.values().any(|transfer| transfer.group == group);
        if needed(self) || !self.renditions.remove(&group) {
            return;
        }
        let folder = self.renditions_folder().join(folder_name(group));
        // Behind what the store is told: what isn't over there is gone on with after a crash.
        self.library.post(|_| (), move |_, ()| drop(tokio::task::spawn_blocking(move || remove(&folder))));
    }

    /// What the last process left there that nothing needs any more.
    pub fn clean_renditions(&mut self) {
        let needs =
            |side: &Side| matches!(side, Side::Out { cargo: Cargo::Stored(stored), .. } if !stored.origins.is_empty());
        let needing = self.transfers.values().filter(|transfer| needs(&transfer.side));
        self.renditions = needing.map(|transfer| transfer.group).collect();
        let kept: Vec<OsString> = self.renditions.iter().map(|group| folder_name(*group).into()).collect();
        let all = self.renditions_folder();
        tokio::task::spawn_blocking(move || {
            let Ok(found) = fs::read_dir(all) else { return };
            found.flatten().filter(|entry| !kept.contains(&entry.file_name())).for_each(|entry| remove(&entry.path()));
        });
    }
}

fn folder_name(group: GroupId) -> String {
    TransferId(group.0).to_string()
}

async fn apart<T: Send + 'static>(job: impl FnOnce() -> Result<T, Problem> + Send + 'static) -> Result<T, Problem> {
    tokio::task::spawn_blocking(job).await.unwrap_or(Err(Problem::Closed))
}

/// Makes what goes in the place of `path` in a new `folder`, and says how large it is. `None`: it goes as it is.
fn rendition(path: &Path, folder: &Path, form: Form, room: u64) -> Result<Option<(PathBuf, u64)>, Problem> {
    let file_name = path.file_name().unwrap_or(path.as_os_str());
    let name = names::to_wire(file_name);
    let is_whole = |kind: fs::FileType| kind.is_dir() && form.without_metadata;
    let looked = match fs::symlink_metadata(path) {
        Ok(found) if is_whole(found.file_type()) => return Err(Problem::KeepsMetadata { name }),
        // The walk says what is to be said of links.
        Ok(found) if !found.is_file() => return Ok(None),
        Ok(found) => head(path).map(|head| (head, found)),
        Err(error) => Err(error),
    };
    let (head, found) = match looked {
        Ok(looked) => looked,
        // It is told as missing, and does not go as it is should it come back.
        Err(_) if form.without_metadata => return Ok(Some((folder.join(file_name), 0))),
        Err(_) => return Ok(None),
    };
    let telling = Telling::of(&head, &name);
    if form.without_metadata && telling == Telling::Lasting {
        return Err(Problem::KeepsMetadata { name });
    }
    // What can't be decoded is sent as it is, or at least without what it says.
    let small = if form.smaller { smaller(path).unwrap_or_default() } else { None };
    let mut whole = Vec::new();
    let (to, pieces) = if let Some(Smaller { bytes, extension }) = small {
        (folder.join(with_extension(file_name, extension)), vec![Cow::Owned(bytes)])
    } else if form.without_metadata && telling == Telling::Removable {
        if found.len() > MAX_FILE {
            return Err(Problem::KeepsMetadata { name });
        }
        let read = File::open(path).and_then(|file| file.take(MAX_FILE).read_to_end(&mut whole));
        read.map_err(|_| Problem::SourceUnreadable { name: name.clone() })?;
        let pieces = bare(&whole).map_err(|_| Problem::KeepsMetadata { name })?;
        (folder.join(file_name), pieces)
    } else {
        return Ok(None);
    };
    let bytes = pieces.iter().map(|piece| piece.len() as u64).sum();
    if bytes > room {
        return Err(Problem::RenditionsFull { limit: MOST });
    }
    write(folder, &to, &pieces, found.modified().ok()).map_err(|error| trouble(&error))?;
    Ok(Some((to, bytes)))
}

fn head(path: &Path) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    File::open(path)?.take(HEAD).read_to_end(&mut head)?;
    Ok(head)
}

/// The same name with the ending of what it is now.
fn with_extension(name: &std::ffi::OsStr, extension: &str) -> OsString {
    let has = Path::new(name).extension().unwrap_or_default().to_ascii_lowercase();
    if has == extension || extension == "jpg" && (has == "jpeg" || has == "jpe" || has == "jfif") {
        return name.to_owned();
    }
    Path::new(name).with_extension(extension).into()
}

/// On the disk when this returns: what the store says of it must be true after a power cut.
fn write(
    folder: &Path,
    to: &Path,
    pieces: &[Cow<'_, [u8]>],
    modified: Option<std::time::SystemTime>,
) -> io::Result<()> {
    // The folder above is there, unless nobody wants this any more.
    fs::create_dir(folder)?;
    let mut file = File::create_new(to)?;
    pieces.iter().try_for_each(|piece| file.write_all(piece))?;
    if let Some(modified) = modified {
        file.set_modified(modified)?;
    }
    file.sync_all()
}

fn trouble(error: &io::Error) -> Problem {
    if files::is_full(error) {
        Problem::DiskFull { here: true }
    } else {
        Problem::System { message: error.to_string() }
    }
}

/// Bytes of all files two levels below.
fn size_of(folder: &Path) -> u64 {
    let below = |folder: PathBuf| fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let files = below(folder.to_path_buf()).flat_map(below).flat_map(below);
    files.filter_map(|file| Some(file.metadata().ok()?.len())).sum()
}

fn remove(folder: &Path) {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            log::warn!("copies of pictures could not be removed: {error}");
        }
        _ => {}
    }
}
