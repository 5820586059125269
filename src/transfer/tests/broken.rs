//! What goes wrong without anybody's ill will: sources that change, disks that are full, cables that are pulled.

use std::io::Write as _;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};

use super::*;
#[cfg(target_os = "linux")]
use crate::platform::files::small_disk::enter;

#[tokio::test]
async fn files_that_vanish_or_grow_are_skipped_and_those_that_changed_arrive_as_they_are() {
    let place = tempfile::tempdir().unwrap();
    let (source, into) = (place.path().join("source"), place.path().join("into"));
    for name in ["a gone", "b changed", "c fine", "d replaced", "e large shorter", "f large grown", "g large fine"] {
        write(&source.join(name), &noise(1, if name.contains("large") { 400_000 } else { 100 }));
    }
    let agreed = agreed(&[&source], None);
    std::fs::remove_file(source.join("a gone")).unwrap();
    std::fs::write(source.join("b changed"), noise(2, 100)).unwrap();
    std::fs::write(source.join("new"), noise(1, 100)).unwrap();
    std::fs::rename(source.join("new"), source.join("d replaced")).unwrap();
    std::fs::File::options().write(true).open(source.join("e large shorter")).unwrap().set_len(90).unwrap();
    // By more than the others became shorter.
    let mut grown = std::fs::File::options().append(true).open(source.join("f large grown")).unwrap();
    grown.write_all(&noise(3, 500_000)).unwrap();
    let went = run(&agreed, &into, tcp().await).await;
    assert_eq!(went.sent.unwrap().saved, [0]);
    let gone = Delivered::LeftOut { item: 0, problem: Problem::SourceGone { name: "source/a gone".to_owned() } };
    let grown = Problem::SourceChanged { name: "source/f large grown".to_owned() };
    assert_eq!(went.delivered[..2], [gone, Delivered::LeftOut { item: 0, problem: grown }]);
    let left_out = &went.saved[0].left_out;
    assert_eq!((left_out.len(), went.saved[0].left_out_count), (2, 2));
    assert_eq!(left_out[0], Problem::SourceGone { name: "a gone".to_owned() });
    let mut now = tree(&source);
    now.retain(|name, _| name != "f large grown" && name != "new");
    let arrived = tree(&into);
    assert_eq!(arrived.len(), now.len() + 1);
    for (name, content) in now {
        assert!(arrived[&format!("source/{name}")] == content, "{name} is as it was when it was sent");
    }
}

#[tokio::test]
async fn a_single_file_that_grew_is_its_items_failure_on_both_sides() {
    let place = tempfile::tempdir().unwrap();
    let into = place.path().join("into");
    let (one, other, third) = (place.path().join("one"), place.path().join("other"), place.path().join("third"));
    write(&one, &noise(1, 200_000));
    write(&other, b"other");
    write(&third, b"third");
    let agreed = agreed(&[&one, &other, &third], None);
    std::fs::write(&one, noise(2, 200_001)).unwrap();
    std::fs::remove_file(&third).unwrap();
    let went = hand_over(&agreed, &into).await;
    let expected =
        [(0, Problem::SourceChanged { name: "one".to_owned() }), (2, Problem::SourceGone { name: "third".to_owned() })];
    let sent = went.sent.unwrap();
    assert_eq!((sent.saved.as_slice(), sent.failed.as_slice()), ([1].as_slice(), expected.as_slice()));
    assert_eq!(went.failed, expected);
    assert_eq!(went.received.unwrap().saved, [1]);
    assert_eq!(tree(&into).into_keys().collect::<Vec<_>>(), ["other"]);
}

/// Lets so many bytes of the first stream through to the second and then cuts both.
pub(super) async fn cut_after(mut from: impl AsyncRead + AsyncWrite + Unpin, mut to: DuplexStream, bytes: u64) {
    let mut left = bytes;
    let mut buffer = vec![0; 4096];
    let mut back = vec![0; 4096];
    while left > 0 {
        tokio::select! {
            read = from.read(&mut buffer[..(4096.min(left)) as usize]) => match read {
                Ok(0) | Err(_) => return,
                Ok(read) => {
                    left -= read as u64;
                    if to.write_all(&buffer[..read]).await.is_err() { return }
                }
            },
            read = to.read(&mut back) => match read {
                Ok(0) | Err(_) => return,
                Ok(read) => if from.write_all(&back[..read]).await.is_err() { return },
            },
        }
    }
}

#[tokio::test]
async fn a_connection_cut_anywhere_leaves_nothing_half_and_nothing_changed() {
    let place = tempfile::tempdir().unwrap();
    let source = place.path().join("source");
    let items = ["a.bin", "folder", "z.bin"].map(|name| source.join(name));
    write(&items[0], &noise(1, 300_000));
    write(&items[1].join("one"), &noise(2, 100));
    write(&items[1].join("two"), &noise(3, 100_000));
    write(&items[2], &noise(4, 200_000));
    let agreed = agreed(&items.each_ref().map(PathBuf::as_path), None);
    let mut all = tree(&source);
    all.retain(|name, _| !name.contains('/') || name.starts_with("folder/"));
    let total = 600_000;
    let mut partly = 0;
    for n in 0..40_u64 {
        // Spread over the whole, denser where frames begin and end.
        let cut = if n < 20 { n * total / 20 + n } else { [0, 1, 4, 5, 6, 40, 300_060, 300_200][n as usize % 8] + n };
        let into = place.path().join(format!("into {n}"));
        write(&into.join("a.bin"), b"mine");
        let (one, proxy_one) = tokio::io::duplex(5_000);
        let (other, proxy_other) = tokio::io::duplex(5_000);
        let cable = tokio::spawn(cut_after(proxy_one, proxy_other, cut));
        let went = run(&agreed, &into, (one, other)).await;
        cable.await.unwrap();
        assert_eq!(went.received.unwrap_err().problem(), Problem::ComputerGone, "cut after {cut}");
        assert_eq!(went.sent.unwrap_err().problem(), Problem::ComputerGone, "cut after {cut}");
        assert_eq!(std::fs::read(into.join("a.bin")).unwrap(), b"mine");
        let mut arrived = tree(&into);
        arrived.retain(|name, _| !name.starts_with(".fantail") && name != "a.bin");
        partly += usize::from(!arrived.is_empty());
        for (name, content) in arrived {
            let original = name.replace("a (2).bin", "a.bin");
            assert!(all[&original] == content, "{name} is not whole, cut after {cut}");
        }
        if went.saved.iter().any(|item| item.kind == ItemKind::Folder) {
            assert!(into.join("folder/one").exists() && into.join("folder/two").exists());
        } else {
            assert!(!into.join("folder").exists(), "half a folder, cut after {cut}");
        }
        let folder = ReceiveFolder::open(&into).unwrap();
        folder.discard(PEER, TRANSFER).unwrap();
        assert!(!into.join(".fantail").exists());
    }
    assert!(partly > 5, "some cuts come late enough to leave whole items: {partly}");
}

#[tokio::test]
async fn a_dropped_transfer_ends_its_threads_and_can_be_discarded() {
    let place = tempfile::tempdir().unwrap();
    let (source, into) = (place.path().join("large"), place.path().join("into"));
    write(&source, &noise(1, 5_000_000));
    let agreed = agreed(&[&source], None);
    let (one, other) = tokio::io::duplex(1_000);
    let (deliver, _delivered) = mpsc::channel(4);
    let (tell, _told) = mpsc::channel(4);
    let progress = Arc::new(Progress::new(1));
    let folder = ReceiveFolder::open(&into).unwrap();
    let sending = agreed.sending(&progress, deliver);
    let giving = tokio::spawn(send(Framed::new(one), sending));
    // Begun before anything comes, as the engine does it.
    let items = &agreed.consent.offer().items;
    let kept = folder.kept(PEER, TRANSFER, items, &agreed.consent.accept().items, Ranges::default()).unwrap();
    let receiving = Receiving {
        with: PEER,
        consent: agreed.consent,
        into: folder.clone(),
        kept: Some(kept),
        progress: Arc::clone(&progress),
        events: tell,
    };
    let taking = tokio::spawn(receive(Framed::new(other), receiving));
    while progress.bytes() < 600_000 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    giving.abort();
    taking.abort();
    assert!(taking.await.unwrap_err().is_cancelled());
    tokio::task::spawn_blocking(move || folder.discard(PEER, TRANSFER).unwrap()).await.unwrap();
    assert_eq!(std::fs::read_dir(&into).unwrap().count(), 0);
    drop(giving.await);
    let until = std::time::Instant::now() + Duration::from_secs(5);
    while Arc::strong_count(&agreed.plan) > 1 {
        assert!(std::time::Instant::now() < until, "the reading thread still holds the plan");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn when_nobody_writes_down_what_is_saved_it_is_not_told_as_saved() {
    let place = tempfile::tempdir().unwrap();
    let (source, into) = (place.path().join("a.txt"), place.path().join("into"));
    write(&source, b"content");
    let agreed = agreed(&[&source], None);
    let (one, other) = tokio::io::duplex(10_000);
    let (deliver, mut delivered) = mpsc::channel(4);
    let (tell, mut told) = mpsc::channel(4);
    let progress = Arc::new(Progress::new(1));
    let into = ReceiveFolder::open(&into).unwrap();
    let sending = agreed.sending(&progress, deliver);
    let giving = tokio::spawn(send(Framed::new(one), sending));
    let receiving = Receiving { with: PEER, consent: agreed.consent, into, kept: None, progress, events: tell };
    let taking = tokio::spawn(receive(Framed::new(other), receiving));
    let Some(Received::Saved { acknowledge, .. }) = told.recv().await else { panic!("not saved") };
    drop(acknowledge);
    assert!(matches!(taking.await.unwrap(), Err(TransferError::NobodyListens)));
    assert_eq!(giving.await.unwrap().unwrap_err().problem(), Problem::ComputerGone);
    assert_eq!(delivered.recv().await, None);
}

#[tokio::test]
#[cfg(unix)]
async fn a_folder_that_can_not_be_written_to_is_told_on_both_sides() {
    let place = tempfile::tempdir().unwrap();
    let (source, into) = (place.path().join("a.txt"), place.path().join("into"));
    write(&source, b"content");
    std::fs::create_dir(&into).unwrap();
    // Stronger than permissions, which don't stop root: something else is in the way of our partials.
    std::fs::write(into.join(".fantail"), "not a folder").unwrap();
    let went = hand_over(&agreed(&[&source], None), &into).await;
    let folder = Some(into.display().to_string());
    assert_eq!(went.received.unwrap_err().problem(), Problem::FolderNotWritable { here: true, folder });
    assert_eq!(went.sent.unwrap_err().problem(), Problem::FolderNotWritable { here: false, folder: None });
    assert_eq!(tree(&into).into_keys().collect::<Vec<_>>(), [".fantail"]);
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn what_does_not_fit_is_refused_before_it_is_written() {
    let test = "transfer::tests::broken::what_does_not_fit_is_refused_before_it_is_written";
    let Some(into) = enter(test, "size=2m") else { return };
    let place = tempfile::tempdir().unwrap();
    let source = place.path().join("large");
    write(&source, &noise(1, 3_000_000));
    let went = run(&agreed(&[&source], None), &into, tcp().await).await;
    assert_eq!(went.received.unwrap_err().problem(), Problem::DiskFull { here: true });
    assert_eq!(went.sent.unwrap_err().problem(), Problem::DiskFull { here: false });
    assert_eq!(tree(&into).len(), 0);
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn a_disk_that_fills_up_on_the_way_keeps_what_is_there_and_shows_nothing_half() {
    let test = "transfer::tests::broken::a_disk_that_fills_up_on_the_way_keeps_what_is_there_and_shows_nothing_half";
    // Few files instead of few bytes, of which folders take some: that shows only on the way.
    let Some(into) = enter(test, "size=8m,nr_inodes=100") else { return };
    let place = tempfile::tempdir().unwrap();
    let (first, many) = (place.path().join("first"), place.path().join("many"));
    write(&first, b"fits");
    (0..300).for_each(|n| std::fs::create_dir_all(many.join(n.to_string())).unwrap());
    let agreed = agreed(&[&first, &many], None);
    let went = run(&agreed, &into, tcp().await).await;
    assert_eq!(went.received.unwrap_err().problem(), Problem::DiskFull { here: true });
    assert_eq!(went.sent.unwrap_err().problem(), Problem::DiskFull { here: false });
    assert_eq!(went.saved.len(), 1);
    assert_eq!(went.delivered.first(), Some(&Delivered::Saved { items: vec![0] }), "{:?}", went.delivered);
    let is_visible = |name: &String| !name.starts_with(".fantail");
    assert_eq!(tree(&into).into_keys().filter(is_visible).collect::<Vec<_>>(), ["first"]);
    std::fs::remove_file(into.join("first")).unwrap();
    let (items, accepted) = (&agreed.consent.offer().items, &agreed.consent.accept().items);
    let folder = ReceiveFolder::open(&into).unwrap();
    let kept = folder.kept(PEER, TRANSFER, items, accepted, Ranges::from_numbers([0])).unwrap();
    let saved = kept.resume(items).pop().unwrap().saved.iter().count();
    assert!((50..100).contains(&saved), "{saved} of what was there is kept");
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn a_receive_folder_on_a_read_only_disk_is_told() {
    let test = "transfer::tests::broken::a_receive_folder_on_a_read_only_disk_is_told";
    let Some(into) = enter(test, "size=1m,ro") else { return };
    let place = tempfile::tempdir().unwrap();
    let source = place.path().join("a.txt");
    write(&source, b"content");
    let went = hand_over(&agreed(&[&source], None), &into).await;
    assert!(matches!(went.received.unwrap_err().problem(), Problem::FolderNotWritable { here: true, .. }));
    assert!(matches!(went.sent.unwrap_err().problem(), Problem::FolderNotWritable { here: false, .. }));
}
