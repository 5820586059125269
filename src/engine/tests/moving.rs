use super::*;

#[test]
fn a_file_arrives_byte_for_byte_and_both_screens_say_saved() {
    let (one, other) = friends();
    let content = noise(6_000_000);
    let path = one.file("holiday.jpg", &content);
    let begin = Instant::now();
    let sent = one.send_paths(&other, &[&path]);
    other.until_state(&one, sent, &State::Saved);
    eprintln!("6 MB: {:?}", begin.elapsed());
    let entry = one.until_state(&other, sent, &State::Saved);
    let Body::Items { items, files, bytes } = &entry.body else { panic!("{entry:?}") };
    assert_eq!((items.len(), *files, *bytes, &items[0].state), (1, 1, 6_000_000, &ItemState::Saved));
    assert_eq!(items[0].path.as_deref(), Some(path.as_path()));

    let got = other.until_state(&one, sent, &State::Saved);
    let Body::Items { items, .. } = &got.body else { panic!("{got:?}") };
    assert_eq!(items[0].path.as_deref(), Some(other.received("holiday.jpg").as_path()));
    assert!(fs::read(other.received("holiday.jpg")).unwrap() == content);
}

#[test]
fn a_folder_arrives_with_its_structure() {
    let (one, other) = friends();
    one.file("trip/day 1/a.txt", "a");
    one.file("trip/day 2/deep/b.txt", "b");
    let trip = one.file("trip/c.txt", "c").parent().unwrap().to_path_buf();
    fs::create_dir(trip.join("empty")).unwrap();
    let sent = one.send_paths(&other, &[&trip]);
    other.until_state(&one, sent, &State::Saved);
    let got = other.received("trip");
    assert_eq!(fs::read_to_string(got.join("day 2/deep/b.txt")).unwrap(), "b");
    assert_eq!(fs::read_to_string(got.join("c.txt")).unwrap(), "c");
    assert!(got.join("empty").is_dir());
}

#[test]
fn a_pasted_picture_arrives_though_it_never_was_a_file() {
    let (one, other) = friends();
    let png: Arc<[u8]> = noise(10_000).into();
    let thing = Thing::Pasted { name: "Pasted picture.png".into(), png: png.clone() };
    let pasted = Outgoing::Parcel(Parcel { things: vec![thing], ..Parcel::default() });
    let sent = one.send(&[&other], pasted)[0];
    other.until_state(&one, sent, &State::Saved);
    assert_eq!(fs::read(other.received("Pasted picture.png")).unwrap(), png[..]);
}

#[test]
fn several_transfers_run_at_once_in_both_directions() {
    let (one, other) = friends();
    let sizes = [3_000_000, 1, 0, 70_000, 2_000_000];
    let mut sent = Vec::new();
    for (n, size) in sizes.iter().enumerate() {
        sent.push((&one, &other, one.send_paths(&other, &[&one.file(&format!("there {n}"), noise(*size))])));
        sent.push((&other, &one, other.send_paths(&one, &[&other.file(&format!("back {n}"), noise(*size))])));
    }
    for (from, to, transfer) in sent {
        from.until_state(to, transfer, &State::Saved);
        to.until_state(from, transfer, &State::Saved);
    }
    for (n, size) in sizes.iter().enumerate() {
        assert!(fs::read(other.received(&format!("there {n}"))).unwrap() == noise(*size));
        assert!(fs::read(one.received(&format!("back {n}"))).unwrap() == noise(*size));
    }
}

#[test]
fn the_sender_cancels_and_both_screens_say_so() {
    let (one, other) = friends();
    let sent = one.send_paths(&other, &[&one.file("large", noise(300_000_000))]);
    other.until("it to move", |snapshot| snapshot.transfers.iter().find(|one| one.phase == Phase::Moving).map(drop));
    let cancelled = one.ask(Command::Cancel { with: other.id(), transfer: sent });
    assert!(matches!(cancelled, Ok(Reply::Done)), "{cancelled:?}");
    one.until_state(&other, sent, &State::Cancelled { here: true });
    other.until_state(&one, sent, &State::Cancelled { here: false });
    assert!(!other.received("large").exists(), "nothing half under its final name");
}

#[test]
fn the_receiver_cancels_and_both_screens_say_so() {
    let (one, other) = friends();
    let sent = one.send_paths(&other, &[&one.file("large", noise(300_000_000))]);
    other.until("it to move", |snapshot| snapshot.transfers.iter().find(|one| one.phase == Phase::Moving).map(drop));
    assert!(matches!(other.ask(Command::Cancel { with: one.id(), transfer: sent }), Ok(Reply::Done)));
    other.until_state(&one, sent, &State::Cancelled { here: true });
    one.until_state(&other, sent, &State::Cancelled { here: false });
    assert!(!other.received("large").exists());
}

#[test]
fn progress_is_shown_while_it_moves_and_at_most_ten_times_a_second() {
    let (one, other) = friends();
    let woken = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let count = woken.clone();
    let _watching = other.engine.as_ref().unwrap().client(move || {
        count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    });
    let begin = Instant::now();
    let sent = one.send_paths(&other, &[&one.file("large", noise(200_000_000))]);
    let mut seen = Vec::new();
    other.until("its end", |snapshot| match snapshot.transfers.first() {
        Some(running) => {
            assert_eq!((running.transfer, running.total, running.files_total), (sent, 200_000_000, 1));
            seen.push(running.bytes);
            None
        }
        None if seen.is_empty() => None,
        None => Some(()),
    });
    other.until_state(&one, sent, &State::Saved);
    assert!(seen.iter().any(|bytes| (1..200_000_000).contains(bytes)), "{seen:?}");
    let most = 12 + 10 * begin.elapsed().as_secs() as usize + 10;
    assert!(woken.load(std::sync::atomic::Ordering::Relaxed) <= most, "{woken:?} in {:?}", begin.elapsed());
}

#[test]
fn what_can_not_be_sent_is_said_and_the_rest_goes() {
    let (one, other) = friends();
    let there = one.file("there.txt", "here I am");
    let gone = one.home.path().join("desk/gone.txt");
    let to = vec![other.id()];
    let nothing = one.ask(Command::Send { to, what: Outgoing::paths(vec![gone.clone()]), keep: true });
    assert_eq!(nothing.err(), Some(Problem::SourceGone { name: "gone.txt".into() }));
    let sent = one.send_paths(&other, &[&gone, &there]);
    other.until_state(&one, sent, &State::Saved);
    let entry = one.until_state(&other, sent, &State::Saved);
    let Body::Items { items, .. } = &entry.body else { panic!("{entry:?}") };
    let states: Vec<_> = items.iter().map(|item| (item.name.as_str(), &item.state)).collect();
    let problem = Problem::SourceGone { name: "gone.txt".into() };
    assert_eq!(states, [("there.txt", &ItemState::Saved), ("gone.txt", &ItemState::Failed(problem))]);
}

#[cfg(unix)]
#[test]
fn a_folder_that_can_not_be_written_to_is_said_on_both_screens() {
    use std::os::unix::fs::symlink;
    let (one, other) = friends();
    fs::create_dir_all(other.config.home.received.parent().unwrap()).unwrap();
    // A link into nowhere can't be made a folder, not even by root.
    symlink("/proc/nowhere/at/all", &other.config.home.received).unwrap();
    let sent = one.send_paths(&other, &[&one.file("note.txt", "x")]);
    one.until_state(&other, sent, &State::Stopped(Problem::FolderNotWritable { here: false, folder: None }));
    other.until("the notice", |snapshot| {
        snapshot.notices.iter().find(|notice| matches!(notice, Notice::FolderNotWritable { .. })).map(drop)
    });
    other.until_entry(&one, sent, |entry| {
        matches!(entry.state, State::Stopped(Problem::FolderNotWritable { here: true, .. }))
    });
}

#[cfg(unix)]
#[test]
fn a_folder_that_arrives_without_some_of_its_files_is_saved_and_both_screens_say_without_how_many() {
    let (one, other) = friends();
    one.file("trip/photo.jpg", noise(10_000));
    let folder = one.home.path().join("desk/trip");
    for link in ["link", "other link"] {
        std::os::unix::fs::symlink("nowhere", folder.join(link)).unwrap();
    }
    let sent = one.send_paths(&other, &[&folder]);
    for (machine, with) in [(&one, &other), (&other, &one)] {
        let entry = machine.until_state(with, sent, &State::Saved);
        let Body::Items { items, .. } = &entry.body else { panic!("{entry:?}") };
        let ItemState::SavedWithout { count: 2, problem: Problem::NotAFile { name } } = &items[0].state else {
            panic!("nothing tells that two are missing: {entry:?}")
        };
        assert!(name.ends_with("link"), "{name}");
    }
    assert!(fs::read(other.received("trip").join("photo.jpg")).unwrap() == noise(10_000), "the rest is there");
}
