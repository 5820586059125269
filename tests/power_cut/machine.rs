//! A computer whose power can be cut: its disk, with the home folder of a program on it.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use fuser::BackgroundSession;

use crate::forgetful::{Disk, Flushes, Luck, dice::Dice};

/// Of the disk below a real file system; only what is written takes memory.
const SIZE: u64 = 1 << 30;

/// What lies between the program and the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileSystem {
    /// Nothing: what POSIX promises, and not more.
    Strict,
    /// The one that most computers with Linux have, with the kernel's own cache above it.
    Ext4,
}

pub struct Machine {
    file_system: FileSystem,
    disk: Disk,
    place: tempfile::TempDir,
    on: Option<Mounted>,
}

impl Machine {
    /// Switched on. `None` where this user may not mount a file system and the run was told that skipping is fine.
    pub fn new(file_system: FileSystem) -> Option<Self> {
        if file_system == FileSystem::Ext4 && !rustix::process::geteuid().is_root() {
            assert!(
                std::env::var_os("FANTAIL_TEST_ALLOW_SKIP").is_some(),
                "only root can mount ext4; tests/run --allow-skip goes on without this test"
            );
            eprintln!("SKIPPED: only root can mount ext4");
            return None;
        }
        let place = tempfile::tempdir().unwrap();
        let disk = Disk::new(Flushes::Heeded);
        for folder in ["disk", "mount"] {
            std::fs::create_dir(place.path().join(folder)).unwrap();
        }
        let mut machine = Self { file_system, disk, place, on: None };
        if file_system == FileSystem::Ext4 {
            machine.format();
        }
        machine.switch_on();
        Some(machine)
    }

    pub fn switch_on(&mut self) {
        let mut mounted = Mounted { session: None, above: None };
        if self.file_system == FileSystem::Ext4 {
            mounted.session = Some(self.disk.mount(&self.place.path().join("disk")));
            let image = self.place.path().join("disk/image");
            run(Command::new("mount").args(["-t", "ext4", "-o", "loop,noatime"]).arg(image).arg(self.mount()));
            mounted.above = Some(self.mount());
        } else {
            mounted.session = Some(self.disk.mount(&self.mount()));
        }
        self.on = Some(mounted);
    }

    /// Of the program.
    pub fn home(&self) -> PathBuf {
        self.mount().join("home")
    }

    /// The power fails, and `kill` ends the program.
    pub fn cut(&mut self, dice: &mut Dice, luck: Luck, kill: impl FnOnce()) {
        self.disk = self.disk.cut(dice, luck, kill);
    }

    /// What is left is seen by [`Self::switch_on`]; call this when the program is gone.
    pub fn switch_off(&mut self) {
        self.on = None;
    }

    /// From now on the disk says that it flushed, and didn't.
    pub fn ignore_flushes(&self) {
        self.disk.set_flushes(Flushes::Ignored);
    }

    /// Puts something there that stays.
    pub fn put(&self, path: &Path, bytes: &[u8]) {
        let folder = path.parent().unwrap();
        std::fs::create_dir_all(folder).unwrap();
        std::fs::write(path, bytes).unwrap();
        std::fs::File::open(path).unwrap().sync_all().unwrap();
        for folder in folder.ancestors().take_while(|folder| folder.starts_with(self.mount())) {
            std::fs::File::open(folder).unwrap().sync_all().unwrap();
        }
    }

    fn mount(&self) -> PathBuf {
        self.place.path().join("mount")
    }

    fn format(&self) {
        let session = self.disk.mount(&self.place.path().join("disk"));
        let image = self.place.path().join("disk/image");
        let file = std::fs::File::create(&image).unwrap();
        file.set_len(SIZE).unwrap();
        let lazily = "lazy_itable_init=0,lazy_journal_init=0,nodiscard";
        run(Command::new("mkfs.ext4").args(["-q", "-F", "-E", lazily]).arg(&image));
        file.sync_all().unwrap();
        std::fs::File::open(image.parent().unwrap()).unwrap().sync_all().unwrap();
        drop(file);
        session.umount_and_join().unwrap();
    }
}

/// Unmounted on drop, the upper one first.
struct Mounted {
    session: Option<BackgroundSession>,
    above: Option<PathBuf>,
}

impl Drop for Mounted {
    fn drop(&mut self) {
        if let Some(above) = &self.above {
            // Of a disk that is off it can't be said whether that worked.
            Command::new("umount").arg(above).output().ok();
        }
        if let Some(session) = self.session.take() {
            session.umount_and_join().ok();
        }
    }
}

fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
