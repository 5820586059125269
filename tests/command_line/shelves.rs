//! What others may take.

use std::fs;

use crate::lan::Lan;

#[test]
fn things_on_the_shelf_are_listed_and_taken_by_those_they_are_for() {
    let lan = Lan::new();
    let (mei, office) = (lan.computer("Mei"), lan.computer("Office"));
    lan.file("cat.jpg", b"a cat");
    lan.file("album/1.jpg", b"one");
    lan.file("secret.txt", b"secret");
    let added = mei.run(&["shelf", "add", "--json", "cat.jpg", "album", "--for", "all"]).with_code(0).json();
    assert_eq!(added.len(), 2);
    assert_eq!((added[0]["name"].as_str(), added[0]["for"].as_str()), (Some("cat.jpg"), Some("all")));
    mei.run(&["shelf", "add", "secret.txt"]).with_code(0);
    assert_eq!(mei.run(&["shelf", "list", "--json"]).with_code(0).json().len(), 3);

    let receiving = mei.receive(&[]);
    let from = receiving.address();
    let offered = office.run(&["take", "--from", &from, "--list", "--json"]).with_code(0).json();
    let names: Vec<&str> = offered.iter().map(|item| item["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["cat.jpg", "album"]);

    let cat = offered[0]["id"].to_string();
    let taken = office.run(&["take", "--json", "--from", &from, "--into", "taken", &cat]).with_code(0);
    let place = lan.dir.path().join("taken/cat.jpg");
    assert_eq!(taken.event("saved")["path"], place.to_str().unwrap());
    assert_eq!(fs::read(place).unwrap(), b"a cat");
    assert!(!lan.dir.path().join("taken/album").exists());

    office.run(&["take", "--from", &from]).with_code(0);
    assert_eq!(fs::read(office.received("album/1.jpg")).unwrap(), b"one");
    assert!(!office.received("secret.txt").exists());

    // While it runs, too.
    mei.run(&["shelf", "remove", &cat]).with_code(0);
    let gone = office.run(&["take", "--json", "--from", &from, &cat]).with_code(1);
    assert_eq!(gone.event("stopped")["code"], "not-on-shelf");
    mei.run(&["shelf", "remove", &cat]).with_code(1);
}
