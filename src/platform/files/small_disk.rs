//! A small file system for one test, in a mount namespace that nobody else is in.
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "helpers of tests fail as tests do; clippy knows only modules that are for tests alone"
)]

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::Command,
};

/// Where it is mounted, in the process inside.
const PLACE: &str = "FANTAIL_TEST_SMALL_DISK";

/// Runs `test` (its whole path) once more, in a process that has a file system of its own with these `options` of tmpfs.
/// There it tells where that lies; here, after a good end, nothing is left to do. Fails where that isn't allowed, unless
/// the run is told to skip.
pub fn enter(test: &str, options: &str) -> Option<PathBuf> {
    if let Some(place) = std::env::var_os(PLACE) {
        return Some(place.into());
    }
    let place = tempfile::tempdir().unwrap();
    let script = "mount -t tmpfs -o \"$1\" fantail-test \"$2\" && shift 2 && exec \"$@\"";
    let run = |how: &str| {
        Command::new("unshare")
            .args([how, "sh", "-c", script, "sh", options])
            .arg(place.path())
            .arg(std::env::current_exe().unwrap())
            .args(["--exact", test, "--nocapture"])
            .env(PLACE, place.path())
            .output()
    };
    let is_allowed = |how: &&str| {
        let tried = Command::new("unshare").args([how, "sh", "-c", "mount -t tmpfs none /tmp"]).output();
        tried.is_ok_and(|output| output.status.success())
    };
    let Some(how) = ["-m", "-Urm"].into_iter().find(is_allowed) else {
        let why = "no mount namespace is allowed here (not root, and no user namespaces): no full disk was tried";
        assert!(std::env::var_os("FANTAIL_TEST_ALLOW_SKIP").is_some(), "{why}");
        eprintln!("SKIPPED: {why}");
        return None;
    };
    let output = run(how).unwrap();
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success() && said.contains("1 passed"), "inside: {said}");
    None
}

/// Something that takes room until it is removed.
pub struct Ballast(PathBuf);

impl Ballast {
    /// All the room there is.
    pub fn all(disk: &Path) -> Self {
        let path = disk.join("ballast");
        let mut file = fs::File::create(&path).unwrap();
        let block = [1; 4096];
        while file.write_all(&block).is_ok() {}
        Self(path)
    }

    /// All the files there can be.
    pub fn of_files(disk: &Path) -> Self {
        let path = disk.join("ballast");
        fs::create_dir(&path).unwrap();
        let mut n = 0;
        while fs::File::create(path.join(n.to_string())).is_ok() {
            n += 1;
        }
        Self(path)
    }

    pub fn remove(self) {
        if self.0.is_dir() { fs::remove_dir_all(&self.0) } else { fs::remove_file(&self.0) }.unwrap();
    }
}
