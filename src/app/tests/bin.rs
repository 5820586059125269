//! Moving files to the bin.

use super::{super::actions::Action, *};

#[test]
fn a_file_that_something_still_needs_stays_and_the_window_says_for_what() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cat.png");
    std::fs::write(&path, "cat").unwrap();
    for (need, said) in [
        (Need::ToSend { with: STUDIO }, "cat.png is still to be sent to Studio Mac, so it stays where it is"),
        (Need::OnShelf, "cat.png is on your shelf, so it stays where it is"),
    ] {
        let (mut harness, desk) = window(snapshot());
        desk.inside().need = Some(need);
        harness.state_mut().actions.push(Action::MoveToBin(path.clone()));
        harness.run_steps(4);
        assert!(matches!(&desk.told()[..], [Command::Needed { path: asked }] if *asked == path));
        assert!(shows(&harness, said), "{said}");
        assert!(path.exists());
    }
}

#[test]
fn a_file_that_nothing_needs_goes_there() {
    let folder = tempfile::tempdir().unwrap();
    // What isn't there needs no bin of the system to be seen trying.
    let path = folder.path().join("cat.png");
    let (mut harness, _desk) = window(snapshot());
    harness.state_mut().actions.push(Action::MoveToBin(path));
    let until = std::time::Instant::now() + Duration::from_secs(20);
    while !shows(&harness, "cat.png") {
        assert!(std::time::Instant::now() < until, "nothing is said of it");
        std::thread::sleep(Duration::from_millis(5));
        harness.step();
    }
}
