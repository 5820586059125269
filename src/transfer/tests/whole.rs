//! What goes right.

use std::time::{Duration, SystemTime};

use super::*;

#[tokio::test]
async fn a_file_arrives_whole_with_its_time_and_without_a_trace_of_ours() {
    let place = tempfile::tempdir().unwrap();
    let (source, into) = (place.path().join("photo.jpg"), place.path().join("into"));
    let content = noise(1, 3_000_001);
    write(&source, &content);
    let yesterday = SystemTime::now() - Duration::from_secs(86_400);
    std::fs::File::options().write(true).open(&source).unwrap().set_modified(yesterday).unwrap();
    let went = run(&agreed(&[&source], None), &into, tcp().await).await;
    assert_eq!(went.sent.unwrap(), Outcome { saved: vec![0], failed: vec![], files: 1, bytes: 3_000_001 });
    assert_eq!(went.received.unwrap(), Outcome { saved: vec![0], failed: vec![], files: 1, bytes: 3_000_001 });
    assert_eq!(went.delivered, [Delivered::Saved { items: vec![0] }]);
    assert_eq!(went.saved.len(), 1);
    assert_eq!((&went.saved[0].path, went.saved[0].kind), (&into.join("photo.jpg"), ItemKind::File));
    assert_eq!(tree(&into), BTreeMap::from([("photo.jpg".to_owned(), content)]));
    let kept = std::fs::metadata(into.join("photo.jpg")).unwrap();
    assert_eq!(kept.modified().unwrap(), yesterday);
    for progress in [went.sending, went.receiving] {
        assert_eq!((progress.bytes(), progress.files(), progress.finishing()), (3_000_001, 1, true));
        assert_eq!(progress.items(), BTreeMap::from([(0, 3_000_001)]));
    }
}

#[tokio::test]
#[cfg(unix)]
async fn what_arrives_is_not_executable_and_marked_as_coming_from_outside() {
    use std::os::unix::fs::PermissionsExt as _;

    let place = tempfile::tempdir().unwrap();
    let (folder, into) = (place.path().join("scripts"), place.path().join("into"));
    for file in ["run.sh", "big.sh"] {
        write(&folder.join(file), &noise(1, if file == "big.sh" { 200_000 } else { 20 }));
        std::fs::set_permissions(folder.join(file), std::fs::Permissions::from_mode(0o777)).unwrap();
    }
    let run_sh = folder.join("run.sh");
    hand_over(&agreed(&[&folder, &run_sh], None), &into).await.received.unwrap();
    for file in ["scripts/run.sh", "scripts/big.sh", "run.sh"] {
        let path = into.join(file);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o111, 0);
        #[cfg(target_os = "linux")]
        if let Ok(mark) = xattr::get(&path, "user.xdg.origin.url") {
            assert!(mark.is_some(), "{file}");
        }
    }
}

#[tokio::test]
async fn folders_keep_their_structure_their_times_and_their_empty_folders() {
    let place = tempfile::tempdir().unwrap();
    let (source, into) = (place.path().join("Holiday"), place.path().join("into"));
    write(&source.join("a/b/c/deep.txt"), b"deep");
    write(&source.join("a/z.bin"), &noise(2, 300_000));
    write(&source.join("a/b.txt"), b"");
    write(&source.join(".hidden/.config"), b"kept");
    std::fs::create_dir_all(source.join("empty/inside")).unwrap();
    write(&source.join("照片/猫.png"), &noise(3, 70_000));
    let before = tree(&source);
    let old = SystemTime::now() - Duration::from_secs(1_000_000);
    for folder in ["a", "empty/inside", ""] {
        std::fs::File::open(source.join(folder)).unwrap().set_modified(old).unwrap();
    }
    let went = run(&agreed(&[&source], None), &into, tcp().await).await;
    assert_eq!(went.sent.unwrap().files, 5);
    assert_eq!(went.received.unwrap().saved, [0]);
    assert_eq!(tree(&into.join("Holiday")), before);
    assert_eq!(std::fs::read_dir(&into).unwrap().count(), 1);
    for folder in ["a", "empty/inside", ""] {
        assert_eq!(std::fs::metadata(into.join("Holiday").join(folder)).unwrap().modified().unwrap(), old, "{folder}");
    }
    assert_eq!((went.saved[0].kind, went.saved[0].files), (ItemKind::Folder, 5));
}

#[tokio::test]
async fn five_thousand_small_files_arrive_all() {
    let place = tempfile::tempdir().unwrap();
    let (source, into) = (place.path().join("many"), place.path().join("into"));
    for n in 0..5_000_u64 {
        write(&source.join(format!("{}/{n}.txt", n % 50)), &noise(n, (n % 900) as usize));
    }
    let went = run(&agreed(&[&source], None), &into, tcp().await).await;
    assert_eq!(went.sent.unwrap().files, 5_000);
    assert_eq!(went.receiving.files(), 5_000);
    assert_eq!(tree(&into.join("many")), tree(&source));
}

#[tokio::test]
async fn a_thousand_files_chosen_by_hand_arrive_and_are_told_in_groups() {
    let place = tempfile::tempdir().unwrap();
    let (source, into) = (place.path().join("many"), place.path().join("into"));
    let paths: Vec<_> = (0..1_000).map(|n| source.join(format!("{n:04}.txt"))).collect();
    for (n, path) in paths.iter().enumerate() {
        write(path, &noise(n as u64, 100 + n));
    }
    let paths: Vec<&Path> = paths.iter().map(PathBuf::as_path).collect();
    let went = run(&agreed(&paths, None), &into, tcp().await).await;
    assert_eq!(went.sent.unwrap().saved, (0..1_000).collect::<Vec<_>>());
    assert_eq!(tree(&into), tree(&source));
    assert!(went.delivered.len() < 500, "{} groups", went.delivered.len());
}

#[tokio::test]
async fn only_accepted_items_cross() {
    let place = tempfile::tempdir().unwrap();
    let into = place.path().join("into");
    let paths: Vec<_> = (0..5).map(|n| place.path().join(format!("{n}.txt"))).collect();
    paths.iter().for_each(|path| write(path, b"content"));
    let paths: Vec<&Path> = paths.iter().map(PathBuf::as_path).collect();
    let went = hand_over(&agreed(&paths, Some(&[1, 4])), &into).await;
    assert_eq!(went.sent.unwrap().saved, [1, 4]);
    assert_eq!(tree(&into).into_keys().collect::<Vec<_>>(), ["1.txt", "4.txt"]);
    assert_eq!(went.receiving.items(), BTreeMap::from([(1, 7), (4, 7)]));
}

#[tokio::test]
async fn what_is_there_already_stays_and_the_new_one_is_numbered() {
    let place = tempfile::tempdir().unwrap();
    let (source, into) = (place.path().join("source"), place.path().join("into"));
    write(&source.join("photo.jpg"), b"new");
    write(&source.join("folder/inner"), b"new");
    write(&into.join("photo.jpg"), b"old");
    write(&into.join("photo (2).jpg"), b"old too");
    write(&into.join("folder/inner"), b"old");
    let (photo, folder) = (source.join("photo.jpg"), source.join("folder"));
    let went = hand_over(&agreed(&[&photo, &folder], None), &into).await;
    assert_eq!(went.received.unwrap().saved, [0, 1]);
    let expected = [
        ("folder (2)/", ""),
        ("folder (2)/inner", "new"),
        ("folder/", ""),
        ("folder/inner", "old"),
        ("photo (2).jpg", "old too"),
        ("photo (3).jpg", "new"),
        ("photo.jpg", "old"),
    ];
    assert_eq!(tree(&into), expected.map(|(name, text)| (name.to_owned(), text.into())).into());
    let mut paths: Vec<_> = went.saved.iter().map(|item| item.path.clone()).collect();
    paths.sort();
    assert_eq!(paths, [into.join("folder (2)"), into.join("photo (3).jpg")]);
}

#[tokio::test]
async fn two_of_one_name_from_different_folders_both_arrive() {
    let place = tempfile::tempdir().unwrap();
    let into = place.path().join("into");
    let (one, other) = (place.path().join("one/a.txt"), place.path().join("other/a.txt"));
    write(&one, b"one");
    write(&other, b"other");
    hand_over(&agreed(&[&one, &other], None), &into).await.received.unwrap();
    let expected = [("a (2).txt".to_owned(), b"other".to_vec()), ("a.txt".to_owned(), b"one".to_vec())];
    assert_eq!(tree(&into), expected.into());
}

#[tokio::test]
#[cfg(target_os = "linux")]
async fn names_that_other_systems_hold_to_be_one_are_told_apart() {
    let place = tempfile::tempdir().unwrap();
    let (source, into) = (place.path().join("source"), place.path().join("into"));
    for (n, name) in ["A.txt", "a.txt", "caf\u{e9}", "cafe\u{301}", "X/1", "x/2"].iter().enumerate() {
        write(&source.join(name), n.to_string().as_bytes());
    }
    hand_over(&agreed(&[&source], None), &into).await.received.unwrap();
    let arrived = tree(&into.join("source"));
    let names: Vec<_> = arrived.keys().map(String::as_str).collect();
    assert_eq!(names, ["A.txt", "X/", "X/1", "a (2).txt", "caf\u{e9}", "caf\u{e9} (2)", "x (2)/", "x (2)/2"]);
    assert_eq!(arrived["a (2).txt"], b"1");
}

#[tokio::test]
async fn empty_files_and_an_empty_folder_arrive() {
    let place = tempfile::tempdir().unwrap();
    let into = place.path().join("into");
    let (file, folder) = (place.path().join("empty.txt"), place.path().join("nothing in here"));
    write(&file, b"");
    std::fs::create_dir(&folder).unwrap();
    let went = hand_over(&agreed(&[&file, &folder], None), &into).await;
    assert_eq!(went.sent.unwrap(), Outcome { saved: vec![0, 1], failed: vec![], files: 1, bytes: 0 });
    assert_eq!(tree(&into).into_keys().collect::<Vec<_>>(), ["empty.txt", "nothing in here/"]);
}

#[tokio::test]
async fn several_transfers_into_one_folder_at_once_do_not_meet() {
    let place = tempfile::tempdir().unwrap();
    let into = place.path().join("into");
    let sources: Vec<_> = (0..4).map(|n| place.path().join(format!("{n}/same.bin"))).collect();
    for (n, source) in sources.iter().enumerate() {
        write(source, &noise(n as u64, 500_000));
    }
    let mut runs = tokio::task::JoinSet::new();
    for (n, source) in sources.into_iter().enumerate() {
        let into = into.clone();
        runs.spawn(async move {
            let mut agreed = agreed(&[&source], None);
            let offer = Offer { transfer: TransferId([n as u8; 16]), ..(**agreed.consent.offer()).clone() };
            agreed.consent =
                Consent::new(End::Receiving, Arc::new(offer), Arc::clone(agreed.consent.accept())).unwrap();
            run(&agreed, &into, tcp().await).await.received.unwrap()
        });
    }
    runs.join_all().await;
    let arrived = tree(&into);
    assert_eq!(arrived.keys().collect::<Vec<_>>(), ["same (2).bin", "same (3).bin", "same (4).bin", "same.bin"]);
    let mut contents: Vec<_> = arrived.into_values().collect();
    let mut expected: Vec<_> = (0..4).map(|n| noise(n, 500_000)).collect();
    contents.sort();
    expected.sort();
    assert!(contents == expected);
}

#[tokio::test]
async fn nothing_is_told_as_saved_before_it_is_acknowledged_here() {
    let place = tempfile::tempdir().unwrap();
    let (source, into) = (place.path().join("a.txt"), place.path().join("into"));
    write(&source, b"content");
    let agreed = agreed(&[&source], None);
    let (one, other) = tokio::io::duplex(10_000);
    let (deliver, mut delivered) = mpsc::channel(4);
    let (tell, mut told) = mpsc::channel(4);
    let progress = Arc::new(Progress::new(1));
    let giving = tokio::spawn(send(Framed::new(one), agreed.sending(&progress, deliver)));
    let into = ReceiveFolder::open(&into).unwrap();
    let taking = tokio::spawn(receive(
        Framed::new(other),
        Receiving { with: PEER, consent: agreed.consent, into, kept: None, progress, events: tell },
    ));
    let Some(Received::Saved { acknowledge, .. }) = told.recv().await else { panic!("not saved") };
    let early = tokio::time::timeout(Duration::from_millis(200), delivered.recv()).await;
    assert!(early.is_err(), "told before it was acknowledged: {early:?}");
    acknowledge.send(Ok(())).unwrap();
    assert_eq!(delivered.recv().await, Some(Delivered::Saved { items: vec![0] }));
    taking.await.unwrap().unwrap();
    giving.await.unwrap().unwrap();
}
