//! Who is there, and who is meant by a name, an address or a fingerprint.

use crate::lan::Lan;

#[test]
fn computers_on_one_network_are_listed_with_what_is_known_of_them() {
    let lan = Lan::new();
    let mei = lan.computer("Mei's laptop").receive(&[]);
    let listed = lan.computer("Office").run(&["nearby", "--json", "--for", "3"]).with_code(0);
    let lines = listed.json();
    assert_eq!(lines.len(), 1, "{}", listed.out);
    assert_eq!(lines[0]["name"], "Mei's laptop");
    assert_eq!(lines[0]["fingerprint"], mei.fingerprint());
    assert_eq!(lines[0]["port"], mei.ready["port"]);
    assert_eq!(lines[0]["kind"], "computer");
    assert_eq!(lines[0]["addresses"][0], "127.0.0.1");
    for (what, expected) in [("verified", false), ("reachable", true), ("new", true)] {
        assert_eq!(lines[0][what], expected, "{what}");
    }
    let for_people = lan.computer("Office").run(&["nearby", "--for", "3"]).with_code(0);
    assert!(for_people.out.contains("Mei's laptop") && for_people.out.contains(mei.fingerprint()));
}

#[test]
fn nobody_found_is_code_3_and_one_sentence() {
    let lan = Lan::new();
    lan.file("a.txt", b"hello");
    let office = lan.computer("Office");
    let nobody = office.run(&["send", "--to", "Zoe", "a.txt"]).with_code(3);
    assert_eq!(
        (nobody.err.as_str(), nobody.out.as_str()),
        ("fantail: No known computer is called Zoe; --new means others too\n", "")
    );
    // A port that nobody listens on any more.
    let refusing = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let refused = office.run(&["send", "--json", "--to", &refusing.to_string(), "a.txt"]).with_code(3);
    let code = &refused.event("error")["code"];
    assert!(code == "not-found" || code == "not-reachable", "{code}");
}

#[test]
fn a_stranger_is_meant_by_name_only_when_said_so() {
    let lan = Lan::new();
    let _receiving = lan.computer("Mei").receive(&["--accept", "all"]);
    let office = lan.computer("Office");
    office.run(&["send", "--to", "Mei", "--text", "hi"]).with_code(3);
    office.run(&["send", "--to", "Mei", "--new", "--text", "hi"]).with_code(0);
    // Having met gives nothing; a rule does.
    office.run(&["send", "--to", "Mei", "--text", "hi again"]).with_code(3);
    office.run(&["known", "accept", "Mei"]).with_code(0);
    office.run(&["send", "--to", "Mei", "--text", "hi again"]).with_code(0);
}

#[test]
fn a_known_computer_that_is_away_hides_no_stranger_of_its_name_who_is_meant_too() {
    let lan = Lan::new();
    let office = lan.computer("Office");
    let known = lan.computer("Namesake").receive(&["--accept", "all"]);
    office.run(&["send", "--to", &known.address(), "--text", "hi"]).with_code(0);
    office.run(&["known", "accept", known.fingerprint()]).with_code(0);
    let known = known.fingerprint().to_owned();
    let stranger = lan.computer("Namesake").receive(&["--accept", "all", "--home", "namesake"]);
    let both = office.run(&["send", "--json", "--to", "Namesake", "--new", "--text", "hi"]).with_code(1);
    let told = both.event("error")["fingerprints"].clone();
    let mut told: Vec<&str> = told.as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect();
    let mut expected = [known.as_str(), stranger.fingerprint()];
    told.sort_unstable();
    expected.sort_unstable();
    assert_eq!(told, expected);
}

#[test]
fn two_of_one_name_are_told_apart_by_their_fingerprints() {
    // A name that no other test uses: their computers may come by at a port that was theirs.
    let lan = Lan::new();
    let one = lan.computer("Twin").receive(&["--accept", "all"]);
    let other = lan.computer("Twin").receive(&["--accept", "all", "--home", "twin"]);
    let office = lan.computer("Office");
    let both = office.run(&["send", "--json", "--to", "Twin", "--new", "--text", "hi"]).with_code(1);
    let error = both.event("error");
    assert_eq!(error["code"], "ambiguous");
    let mut told: Vec<&str> = error["fingerprints"].as_array().unwrap().iter().map(|f| f.as_str().unwrap()).collect();
    let mut expected = [one.fingerprint(), other.fingerprint()];
    told.sort_unstable();
    expected.sort_unstable();
    assert_eq!(told, expected);
    office.run(&["send", "--to", other.fingerprint(), "--text", "hi"]).with_code(0);
    assert_eq!(other.event("text")["text"], "hi");
}
