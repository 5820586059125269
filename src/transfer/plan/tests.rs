use super::*;

fn plan(paths: &[&Path]) -> Result<Plan, PlanError> {
    let paths: Vec<_> = paths.iter().map(|path| path.to_path_buf()).collect();
    Plan::of(&paths, &AtomicBool::new(false))
}

fn outline(plan: &Plan, item: usize) -> Vec<String> {
    let nodes = plan.nodes(&plan.items()[item]).iter();
    nodes.map(|node| format!("{} {:?} {}", node.depth, node.what, node.name.display())).collect()
}

#[test]
fn files_and_folders_are_walked_depth_first_in_the_order_of_their_names() {
    let place = tempfile::tempdir().unwrap();
    let root = place.path().join("root");
    std::fs::create_dir_all(root.join("b/empty")).unwrap();
    std::fs::write(root.join("b/two"), "22").unwrap();
    std::fs::write(root.join("a"), "1").unwrap();
    std::fs::write(root.join("ç"), "333").unwrap();
    let file = place.path().join("file.txt");
    std::fs::write(&file, "4444").unwrap();
    let plan = plan(&[&root, &file, &root]).unwrap();
    assert_eq!(outline(&plan, 0), ["0 Folder ", "1 File a", "1 Folder b", "2 Folder empty", "2 File two", "1 File ç"]);
    assert_eq!(outline(&plan, 1), ["0 File "]);
    assert_eq!((plan.items().len(), plan.files(), plan.bytes()), (2, 4, 10));
    let [folder, single] = plan.items() else { panic!("two items") };
    assert_eq!((folder.kind, folder.name.as_str(), folder.size, folder.files), (ItemKind::Folder, "root", 6, 3));
    assert_eq!((single.kind, single.name.as_str(), single.size, single.files), (ItemKind::File, "file.txt", 4, 0));
}

#[test]
#[cfg(unix)]
fn a_link_handed_over_is_followed_and_links_inside_are_skipped() {
    use std::os::unix::fs::symlink;

    let place = tempfile::tempdir().unwrap();
    let secret = place.path().join("secret");
    std::fs::create_dir(&secret).unwrap();
    std::fs::write(secret.join("key"), "key").unwrap();
    let folder = place.path().join("folder");
    std::fs::create_dir(&folder).unwrap();
    symlink(&secret, folder.join("to-folder")).unwrap();
    symlink(secret.join("key"), folder.join("to-file")).unwrap();
    symlink(&folder, folder.join("round")).unwrap();
    let link = place.path().join("link");
    symlink(&folder, &link).unwrap();
    let dangling = place.path().join("dangling");
    symlink("nothing", &dangling).unwrap();

    let plan = plan(&[&link, &dangling]).unwrap();
    assert_eq!(plan.items()[0].name, "link");
    assert_eq!(outline(&plan, 0), ["0 Folder ", "1 NotAFile round", "1 NotAFile to-file", "1 NotAFile to-folder"]);
    assert_eq!(plan.files(), 0);
    assert_eq!(plan.missing(), [(dangling, Problem::SourceGone { name: "dangling".to_owned() })]);
}

#[test]
#[cfg(unix)]
fn pipes_are_skipped_and_names_that_are_not_utf_8_are_kept() {
    use std::os::unix::ffi::OsStrExt as _;

    let place = tempfile::tempdir().unwrap();
    let pipe = place.path().join("pipe");
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, rustix::fs::Mode::RWXU, 0).unwrap();
    let odd = OsStr::from_bytes(b"caf\xe9");
    std::fs::write(place.path().join(odd), "x").unwrap();
    let whole = plan(&[place.path()]).unwrap();
    assert_eq!(whole.nodes(&whole.items()[0])[1].name.as_ref(), odd);
    assert_eq!(whole.nodes(&whole.items()[0])[2].what, What::NotAFile);
    assert!(matches!(plan(&[&pipe]), Err(PlanError::Unreadable { .. })));
}

#[test]
fn what_is_not_there_is_told_by_name() {
    let nothing = plan(&[]).unwrap_err();
    assert_eq!(nothing.problem(), Problem::NothingToSend);
    let gone = plan(&[Path::new("/nowhere/holiday.jpg"), Path::new("/nowhere/b")]).unwrap_err();
    assert_eq!(gone.problem(), Problem::SourceGone { name: "holiday.jpg".to_owned() });
}

#[test]
fn more_items_than_an_offer_holds_are_refused() {
    let place = tempfile::tempdir().unwrap();
    let paths: Vec<_> = (0..=MAX_OFFER_ITEMS).map(|n| place.path().join(n.to_string())).collect();
    paths.iter().for_each(|path| std::fs::write(path, "").unwrap());
    let error = Plan::of(&paths, &AtomicBool::new(false)).unwrap_err();
    assert_eq!(error.problem(), Problem::TooMuch { limit: 1000 });
    assert_eq!(Plan::of(&paths[1..], &AtomicBool::new(false)).unwrap().items().len(), MAX_OFFER_ITEMS);
}

#[test]
fn very_deep_folders_end_in_a_note() {
    let place = tempfile::tempdir().unwrap();
    let mut path = place.path().to_owned();
    for _ in 0..MAX_DEPTH + 20 {
        path.push("d");
    }
    std::fs::create_dir_all(&path).unwrap();
    let plan = plan(&[place.path()]).unwrap();
    let last = plan.nodes(&plan.items()[0]).last().unwrap();
    assert_eq!((last.what, usize::from(last.depth)), (What::NotAFile, MAX_DEPTH));
}

#[test]
fn ten_thousand_files_are_walked_in_a_moment() {
    let place = tempfile::tempdir().unwrap();
    for n in 0..10_000 {
        let folder = place.path().join(format!("{}", n % 100));
        if n < 100 {
            std::fs::create_dir(&folder).unwrap();
        }
        std::fs::write(folder.join(format!("file {n}")), "content").unwrap();
    }
    let walk = || {
        let start = std::time::Instant::now();
        let plan = plan(&[place.path()]).unwrap();
        assert_eq!((plan.files(), plan.bytes()), (10_000, 70_000));
        start.elapsed()
    };
    // The best of a few: a busy neighbour is not what is measured.
    let best = (0..5).map(|_| walk()).min().unwrap();
    assert!(best.as_millis() < 300, "{best:?}");
}

#[tokio::test]
async fn a_walk_whose_future_is_dropped_ends() {
    let place = tempfile::tempdir().unwrap();
    assert_eq!(Plan::walk(vec![place.path().to_owned()]).await.unwrap().items().len(), 1);
    let error = Plan::of(&[place.path().to_owned()], &AtomicBool::new(true)).unwrap_err();
    assert_eq!(error.problem(), Problem::Closed);
    let stop = StopOnDrop::default();
    let flag = Arc::clone(&stop.0);
    drop(stop);
    assert!(flag.load(Ordering::Relaxed));
}
