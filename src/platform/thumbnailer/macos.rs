//! Quick Look, through the program that comes with macOS. What reads the file runs in Quick Look's own sandbox.
#![forbid(unsafe_code)]

use std::{
    fs::{self, File},
    io::Read as _,
    process::{Command, Stdio},
    time::Instant,
};

use super::{MAX_BYTES, ThumbnailerError, Wanted, written_by};

pub(super) fn small_picture(wanted: Wanted<'_>, cancelled: &dyn Fn() -> bool) -> Result<Vec<u8>, ThumbnailerError> {
    let deadline = Instant::now() + wanted.within;
    let folder = tempfile::tempdir().map_err(|_| ThumbnailerError::NothingMade)?;
    let path = fs::canonicalize(wanted.path).map_err(|_| ThumbnailerError::NothingMade)?;
    let child = Command::new("/usr/bin/qlmanage")
        .args(["-t", "-s", &wanted.side.to_string(), "-o"])
        .arg(folder.path())
        .arg(&path)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|_| ThumbnailerError::NoProgram)?;
    // What it prints is about its work; the picture is the only file in the folder.
    match written_by(child, deadline, cancelled) {
        Ok(_) | Err(ThumbnailerError::NothingMade) => {}
        Err(error) => return Err(error),
    }
    let nothing = |_| ThumbnailerError::NothingMade;
    let made = fs::read_dir(folder.path()).map_err(nothing)?.flatten().next().ok_or(ThumbnailerError::NothingMade)?;
    let mut bytes = Vec::new();
    File::open(made.path()).map_err(nothing)?.take(MAX_BYTES).read_to_end(&mut bytes).map_err(nothing)?;
    if bytes.is_empty() { Err(ThumbnailerError::NothingMade) } else { Ok(bytes) }
}
