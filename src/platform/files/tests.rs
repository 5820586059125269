use std::{ffi::OsStr, io::Write as _, ops::ControlFlow, path::Path};

use super::*;

fn folder() -> (tempfile::TempDir, Folder) {
    let place = tempfile::tempdir().unwrap();
    let folder = Folder::open(place.path()).unwrap();
    (place, folder)
}

fn write(folder: &Folder, name: &str, content: &[u8]) {
    folder.create_file(name.as_ref()).unwrap().write_all(content).unwrap();
}

fn read(folder: &Folder, name: &str) -> Vec<u8> {
    std::fs::read(folder.path().join(name)).unwrap()
}

#[test]
fn renaming_moves_a_file_and_never_replaces_one() {
    let (_place, folder) = folder();
    write(&folder, "new", b"new");
    write(&folder, "old", b"old");
    let error = folder.rename_new("new".as_ref(), &folder, "old".as_ref()).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
    assert_eq!(read(&folder, "old"), b"old");
    folder.rename_new("new".as_ref(), &folder, "free".as_ref()).unwrap();
    assert_eq!(read(&folder, "free"), b"new");
    assert!(!folder.contains("new".as_ref()).unwrap());
}

#[test]
#[cfg(unix)]
fn renaming_without_the_systems_flag_does_not_replace_either() {
    let exists = |result: io::Result<()>| assert_eq!(result.unwrap_err().kind(), io::ErrorKind::AlreadyExists);
    for linked in [true, false] {
        let (_place, folder) = folder();
        write(&folder, "new", b"new");
        write(&folder, "old", b"old");
        write(&folder, "empty", b"");
        let rename = |from: &str, to: &str| unix::rename_new_without_the_flag((&folder, from), (&folder, to), linked);
        exists(rename("new", "old"));
        exists(rename("new", "empty"));
        rename("new", "free").unwrap();
        assert_eq!((read(&folder, "old"), read(&folder, "free")), (b"old".to_vec(), b"new".to_vec()));
        assert!(!folder.contains("new".as_ref()).unwrap());
        assert_eq!(rename("gone", "unused").unwrap_err().kind(), io::ErrorKind::NotFound);
        assert!(!folder.contains("unused".as_ref()).unwrap(), "a name that nothing got is held");
    }
    let (_place, folder) = folder();
    write(&folder, "old", b"old");
    folder.create_folder("a".as_ref(), false).unwrap();
    write(&folder.folder("a".as_ref()).unwrap(), "inner", b"1");
    folder.create_folder("b".as_ref(), false).unwrap();
    let rename = |from: &str, to: &str| unix::rename_new_without_the_flag((&folder, from), (&folder, to), true);
    exists(rename("a", "b"));
    exists(rename("a", "old"));
    rename("a", "c").unwrap();
    assert_eq!(read(&folder, "c/inner"), b"1");
}

#[test]
fn a_name_that_leads_elsewhere_is_refused() {
    let (_place, folder) = folder();
    for name in ["", ".", "..", "a/b", "/etc", "../x", "a\0b"] {
        let name = OsStr::new(name);
        assert!(folder.create_file(name).is_err(), "{name:?}");
        assert!(folder.create_folder(name, true).is_err(), "{name:?}");
        assert!(folder.folder(name).is_err(), "{name:?}");
        assert!(folder.remove_file(name).is_err(), "{name:?}");
        assert!(folder.remove_folder(name).is_err(), "{name:?}");
    }
}

#[test]
#[cfg(unix)]
fn links_are_never_followed() {
    use std::os::unix::fs::symlink;

    let (_place, folder) = folder();
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("file"), "outside").unwrap();
    symlink(outside.path(), folder.path().join("folder")).unwrap();
    symlink(outside.path().join("file"), folder.path().join("file")).unwrap();
    symlink(outside.path().join("nothing"), folder.path().join("dangling")).unwrap();
    assert!(folder.folder("folder".as_ref()).is_err());
    assert!(folder.file("file".as_ref()).is_err());
    assert!(open_plain(&folder.path().join("file")).is_err());
    for name in ["file", "dangling"] {
        assert_eq!(folder.create_file(name.as_ref()).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        write(&folder, "mine", b"mine");
        let error = folder.rename_new("mine".as_ref(), &folder, name.as_ref()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        assert!(folder.contains(name.as_ref()).unwrap());
        folder.remove_file("mine".as_ref()).unwrap();
    }
    assert!(!outside.path().join("nothing").exists());
    assert_eq!(std::fs::read(outside.path().join("file")).unwrap(), b"outside");
}

#[test]
#[cfg(unix)]
fn a_pipe_is_refused_at_once_instead_of_waited_for() {
    let (_place, folder) = folder();
    let pipe = folder.path().join("pipe");
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, rustix::fs::Mode::RWXU, 0).unwrap();
    assert!(open_plain(&pipe).is_err());
    assert!(folder.file("pipe".as_ref()).is_err());
    assert_eq!(look(&pipe).unwrap().0, Kind::Special);
}

#[test]
fn a_listing_tells_kinds_and_stamps() {
    let (_place, folder) = folder();
    write(&folder, "file", b"12345");
    folder.create_folder("sub".as_ref(), true).unwrap();
    let mut listed = Vec::new();
    folder
        .list(&mut |entry| {
            listed.push(entry);
            ControlFlow::Continue(())
        })
        .unwrap();
    listed.sort_by(|a, b| a.name.cmp(&b.name));
    assert_eq!(listed.iter().map(|entry| entry.kind).collect::<Vec<_>>(), [Kind::File, Kind::Folder]);
    let (_, opened) = open_plain(&folder.path().join("file")).unwrap();
    assert_eq!(listed[0].stamp, opened, "both ways of asking give the same answer");
    assert_eq!(opened.size, 5);
}

#[test]
#[cfg(unix)]
fn new_files_are_not_executable_and_private_folders_are_private() {
    use std::os::unix::fs::PermissionsExt as _;

    let (_place, folder) = folder();
    write(&folder, "file", b"#!/bin/sh");
    folder.create_folder("private".as_ref(), true).unwrap();
    let mode = |name: &str| std::fs::metadata(folder.path().join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("file") & 0o111, 0);
    assert_eq!(mode("private"), 0o700);
}

#[test]
#[cfg(target_os = "linux")]
fn what_came_from_outside_is_marked_where_the_file_system_can() {
    let (_place, folder) = folder();
    let file = folder.create_file("file".as_ref()).unwrap();
    folder.mark_from_outside("file".as_ref(), &file);
    match xattr::get(folder.path().join("file"), "user.xdg.origin.url") {
        Ok(mark) => assert_eq!(mark.as_deref(), Some(b"fantail:".as_slice())),
        Err(error) => assert_eq!(error.raw_os_error(), Some(rustix::io::Errno::OPNOTSUPP.raw_os_error())),
    }
}

#[test]
fn everything_can_be_flushed_and_there_is_space() {
    let (_place, folder) = folder();
    let file = folder.create_file("file".as_ref()).unwrap();
    flush_file(&file).unwrap();
    folder.flush().unwrap();
    folder.flush_file_system().unwrap();
    assert!(folder.room().unwrap().free > 0);
    flush_file(&folder.file("file".as_ref()).unwrap()).unwrap();
}

#[test]
fn times_are_kept_also_before_1970() {
    for millis in [0, 1, -1, 999, -1001, 1_700_000_000_123, -62_135_596_800_000] {
        let moment = Moment::from_millis(millis);
        assert_eq!(moment.as_millis(), millis);
        assert_eq!(Moment::from(moment.as_system_time().unwrap()), moment);
    }
    let place = tempfile::tempdir().unwrap();
    let folder = Folder::open(place.path()).unwrap();
    let moment = Moment::from_millis(-86_400_500);
    folder.set_modified(moment).unwrap();
    assert_eq!(folder.stamp().unwrap().modified.as_millis(), moment.as_millis());
}

#[test]
fn a_folder_that_is_not_there_or_no_folder_is_an_error() {
    let place = tempfile::NamedTempFile::new().unwrap();
    assert!(Folder::open(place.path()).is_err());
    assert_eq!(Folder::open(Path::new("/nowhere/at/all")).unwrap_err().kind(), io::ErrorKind::NotFound);
}
