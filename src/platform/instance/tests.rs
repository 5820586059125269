use super::*;

fn home() -> (tempfile::TempDir, Home) {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::below(dir.path().join("home"));
    (dir, home)
}

fn first(home: &Home) -> Listener {
    match claim(home).unwrap() {
        Claim::First(listener) => listener,
        Claim::Running(_) => panic!("somebody else runs"),
    }
}

#[test]
fn the_second_one_reaches_the_first_and_they_talk_both_ways() {
    let (_dir, home) = home();
    let listener = first(&home);
    let server = thread::Builder::new()
        .spawn(move || {
            let mut stream = listener.accept().unwrap();
            let mut said = [0; 5];
            stream.read_exact(&mut said).unwrap();
            stream.write_all(b"yes?").unwrap();
            said
        })
        .unwrap();
    let Claim::Running(mut stream) = claim(&home).unwrap() else { panic!("two are first") };
    stream.write_all(b"hello").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert_eq!((answer.as_str(), &server.join().unwrap()), ("yes?", b"hello"));
}

#[test]
fn asking_whether_one_runs_neither_becomes_it_nor_leaves_anything_behind() {
    let (_dir, home) = home();
    assert!(running(&home).is_none());
    assert!(!home.private_dir().exists());
    let listener = first(&home);
    assert!(running(&home).is_some());
    drop(listener);
    assert!(running(&home).is_none());
}

#[test]
fn when_the_first_one_ends_the_next_becomes_the_first() {
    let (_dir, home) = home();
    drop(first(&home));
    drop(first(&home));
}

#[test]
fn two_homes_do_not_know_each_other() {
    let (_a, one) = home();
    let (_b, other) = home();
    let _one = first(&one);
    let _other = first(&other);
}

#[test]
fn what_a_killed_one_left_behind_is_not_in_the_way() {
    let (_dir, home) = home();
    let listener = first(&home);
    let (told, address) = (listener.told.clone(), listener.socket.address());
    drop(listener);
    // As after a kill: the files are there, nobody holds the lock, nobody listens.
    std::fs::write(&told, &address).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::{ffi::OsStrExt as _, net::UnixListener};
        drop(UnixListener::bind(std::ffi::OsStr::from_bytes(&address)).unwrap());
    }
    assert!(running(&home).is_none());
    let _listener = first(&home);
    assert!(running(&home).is_some());
}

#[test]
fn one_that_holds_the_lock_and_never_answers_is_reported_in_bounded_time() {
    let (_dir, home) = home();
    let lock = Places::of(&home).unwrap().try_lock().unwrap().unwrap();
    let before = Instant::now();
    assert!(matches!(claim(&home), Err(InstanceError::Silent)));
    assert!(before.elapsed() < PATIENCE + Duration::from_secs(2));
    drop(lock);
}

#[test]
fn a_listener_can_be_stopped_while_it_waits() {
    let (_dir, home) = home();
    let listener = first(&home);
    let stopper = listener.stopper();
    let waiting = thread::Builder::new().spawn(move || listener.accept().is_none()).unwrap();
    stopper.stop();
    assert!(waiting.join().unwrap());
}

#[test]
fn a_deep_home_has_a_socket_too() {
    let dir = tempfile::tempdir().unwrap();
    let mut deep = dir.path().to_path_buf();
    (0..12).for_each(|_| deep.push("a-rather-long-folder-name"));
    let home = Home::below(deep);
    let _listener = first(&home);
    assert!(running(&home).is_some());
}

#[cfg(unix)]
#[test]
fn nobody_else_can_reach_the_socket() {
    use std::os::unix::{ffi::OsStrExt as _, fs::PermissionsExt as _};

    let (_dir, home) = home();
    let listener = first(&home);
    let address = listener.socket.address();
    let socket = Path::new(std::ffi::OsStr::from_bytes(&address));
    let rights = |path: &Path| std::fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(rights(socket), 0o600);
    assert_eq!(rights(socket.parent().unwrap()), 0o700);
    assert_eq!(rights(&listener.told), 0o600);
    assert!(address.len() < 100, "{}", address.len());
}
