//! Sources that change while they are sent.

use super::{
    resuming::{MIB, until_moved, wired},
    *,
};

/// How a file is changed, and what it is then.
type Change = (&'static str, fn(&Path, Vec<u8>) -> Vec<u8>);

const CHANGES: [Change; 5] = [
    ("it grows", |path, mut content| {
        content.extend(noise(3_000_000));
        fs::write(path, &content).unwrap();
        content
    }),
    ("it becomes shorter", |path, mut content| {
        content.truncate(content.len() / 2 + 7);
        fs::File::options().write(true).open(path).unwrap().set_len(content.len() as u64).unwrap();
        content
    }),
    ("it is replaced as editors do", |path, mut content| {
        content.reverse();
        let new = path.with_extension("new");
        fs::write(&new, &content).unwrap();
        fs::rename(new, path).unwrap();
        content
    }),
    ("it is replaced by a larger one as editors do", |path, mut content| {
        content.reverse();
        content.push(1);
        let new = path.with_extension("new");
        fs::write(&new, &content).unwrap();
        fs::rename(new, path).unwrap();
        content
    }),
    ("it is written anew with the same size", |path, mut content| {
        content.iter_mut().for_each(|byte| *byte ^= 0x55);
        fs::write(path, &content).unwrap();
        content
    }),
];

fn is_saved_whole(entry: &Entry) -> bool {
    let Body::Items { items, .. } = &entry.body else { panic!("{entry:?}") };
    entry.state == State::Saved && items.iter().all(|item| item.state == ItemState::Saved)
}

#[test]
fn a_file_that_changes_while_it_is_sent_is_sent_anew_by_itself() {
    for (what, change) in CHANGES {
        let (one, other, _cable) = wired(40 * MIB);
        let content = noise(60 * MIB as usize);
        let (first, film) = (one.file("first.txt", "first"), one.file("film.mkv", &content));
        let sent = one.send_paths(&other, &[&first, &film]);
        until_moved(&other, 20 * MIB);
        let now = change(&film, content);
        for (machine, with) in [(&one, &other), (&other, &one)] {
            let entry = machine.until_state(with, sent, &State::Saved);
            assert!(is_saved_whole(&entry), "{what}: {entry:?}");
        }
        assert!(fs::read(other.received("film.mkv")).unwrap() == now, "{what}");
        let mut names: Vec<_> =
            fs::read_dir(&other.config.home.received).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["film.mkv", "first.txt"], "{what}");
        assert_eq!(other.conversation(&one).len(), 1, "{what}");
    }
}

#[test]
fn a_file_in_a_folder_that_changes_while_it_is_sent_is_sent_anew_and_the_rest_only_once() {
    for (what, change) in CHANGES {
        let (one, other, cable) = wired(40 * MIB);
        let content = noise(40 * MIB as usize);
        one.file("trip/1.bin", noise(30 * MIB as usize));
        let film = one.file("trip/2.mkv", &content);
        one.file("trip/3.txt", "three");
        let sent = one.send_paths(&other, &[&one.home.path().join("desk/trip")]);
        until_moved(&other, 45 * MIB);
        let now = change(&film, content);
        for (machine, with) in [(&one, &other), (&other, &one)] {
            let entry = machine.until_state(with, sent, &State::Saved);
            assert!(is_saved_whole(&entry), "{what}: {entry:?}");
        }
        assert!(fs::read(other.received("trip/2.mkv")).unwrap() == now, "{what}");
        assert!(fs::read(other.received("trip/1.bin")).unwrap() == noise(30 * MIB as usize), "{what}");
        assert_eq!(fs::read_dir(other.received("trip")).unwrap().count(), 3, "{what}");
        assert!(cable.crossed() < 125 * MIB, "{what}: {} MiB crossed", cable.crossed() / MIB);
    }
}

#[test]
fn a_log_that_grows_and_grows_is_told_as_changing_and_everything_else_arrives() {
    let (one, other) = friends();
    let log = one.file("server.log", noise(200_000));
    let (before, after) = (one.file("before.txt", "before"), one.file("later.txt", "later"));
    one.file("logs/server.log", noise(200_000));
    one.file("logs/still.txt", "still");
    let logs = one.home.path().join("desk/logs");
    let (stop, stopped) = flume::bounded::<()>(0);
    let paths = [log.clone(), logs.join("server.log")];
    let writing = std::thread::Builder::new().spawn(move || {
        while stopped.recv_timeout(Duration::from_millis(5)) == Err(flume::RecvTimeoutError::Timeout) {
            for path in &paths {
                let mut file = fs::File::options().append(true).open(path).unwrap();
                std::io::Write::write_all(&mut file, b"something happened\n").unwrap();
            }
        }
    });
    let sent = one.send_paths(&other, &[&before, &log, &logs, &after]);
    for (machine, with) in [(&one, &other), (&other, &one)] {
        let entry = machine.until_state(with, sent, &State::Saved);
        let Body::Items { items, .. } = &entry.body else { panic!("{entry:?}") };
        let changed = |name: &str| Problem::SourceChanged { name: name.to_owned() };
        assert_eq!(items[0].state, ItemState::Saved);
        assert_eq!(items[1].state, ItemState::Failed(changed("server.log")));
        let ItemState::SavedWithout { count: 1, problem: Problem::SourceChanged { .. } } = &items[2].state else {
            panic!("{:?}", items[2])
        };
        assert_eq!(items[3].state, ItemState::Saved);
    }
    drop(stop);
    writing.unwrap().join().unwrap();
    let mut names: Vec<_> =
        fs::read_dir(&other.config.home.received).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["before.txt", "later.txt", "logs"], "nothing twice, nothing half");
    assert_eq!(fs::read(other.received("logs/still.txt")).unwrap(), b"still");
    assert_eq!(fs::read_dir(other.received("logs")).unwrap().count(), 1);
}
