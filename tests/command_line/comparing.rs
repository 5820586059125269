//! Being sure from a terminal: the same code on both ends, and what a yes and a no to it mean.

use serde_json::Value;

use crate::lan::{Computer, Lan};
#[cfg(target_os = "linux")]
use crate::{lan::WindowLike, screen::Terminal};

fn known(computer: &Computer<'_>) -> Value {
    let listed = computer.run(&["known", "--json"]).with_code(0).json();
    assert_eq!(listed.len(), 1, "{listed:?}");
    listed[0].clone()
}

#[test]
fn both_sides_say_the_same_code_and_yes_verifies_here_alone() {
    let lan = Lan::new();
    let (mei, office) = (lan.computer("Mei"), lan.computer("Office"));
    let receiving = mei.receive(&[]);
    let to = receiving.address();
    let looked = office.run(&["compare", "--json", "--with", &to]).with_code(0);
    let (ours, theirs) = (looked.event("code"), receiving.event("code"));
    for what in ["digits", "emoji", "names"] {
        assert_eq!(ours[what], theirs[what], "{what}");
    }
    assert_eq!(ours["digits"].as_str().map(str::len), Some(6));
    assert_eq!((ours["emoji"].as_array().map(Vec::len), ours["name"].as_str()), (Some(4), Some("Mei")));
    assert_eq!((ours["pushed"].as_bool(), theirs["pushed"].as_bool()), (Some(false), Some(true)));
    assert_eq!(ours["fingerprint"], receiving.fingerprint());
    assert_eq!(office.run(&["known"]).with_code(0).out, "", "looking makes nobody known");

    let sure = office.run(&["compare", "--yes", "--with", &to]).with_code(0);
    let code = receiving.event("code");
    let digits = code["digits"].as_str().unwrap();
    let shown = format!("Mei: {} {}\n", &digits[..3], &digits[3..]);
    assert!(sure.out.starts_with(&shown), "{shown} in {}", sure.out);
    for name in code["names"].as_array().unwrap() {
        assert!(sure.out.contains(name.as_str().unwrap()), "{name} in {}", sure.out);
    }
    assert!(sure.out.ends_with("Mei: Verified\n"), "{}", sure.out);
    assert_eq!(known(&office)["verified"], true);
    assert_eq!(mei.run(&["known"]).with_code(0).out, "", "and nothing happened there");

    mei.run(&["known", "verify", "--json", "Nobody of that name"]).with_code(3);
    office.run(&["compare", "--json", "--with", "Mei"]).with_code(0);
    // Here and there three an hour are enough, also for commands that begin anew each time.
    let often = office.run(&["compare", "--json", "--with", "Mei"]).with_code(1);
    assert_eq!(often.event("error")["code"], "compared-too-often");
}

#[cfg(target_os = "linux")]
#[test]
fn a_person_at_a_terminal_is_asked_and_their_no_takes_trust_away() {
    let lan = Lan::new();
    let (mei, office) = (lan.computer("Mei"), lan.computer("Office"));
    // The office has a window open, so that the question goes from its process to this terminal and back.
    let window = WindowLike::open(&lan, "Office");
    let receiving = mei.receive(&[]);
    let terminal = || {
        let terminal = Terminal::open(&office, &format!("compare --with {}", receiving.address()));
        receiving.event("code");
        terminal
    };
    let mut asked = terminal();
    for answer in ["what?\n", "y\n"] {
        asked.until("The same on both screens? y/n ");
        asked.type_in(answer);
    }
    asked.until("Mei: Verified");
    asked.end(0);
    assert_eq!(known(&office)["verified"], true);
    office.run(&["known", "accept", "Mei"]).with_code(0);
    let mut asked = terminal();
    asked.until("The same on both screens? y/n ");
    asked.type_in("n\n");
    asked.until("The codes differ");
    asked.end(4);
    let mei = known(&office);
    assert_eq!((mei["verified"].as_bool(), mei["rule"].as_str()), (Some(false), Some("ask")));
    drop(window);
}

#[test]
fn where_nobody_looks_or_nobody_is_there_is_said() {
    let lan = Lan::new();
    let office = lan.computer("Office");
    office.run(&["compare", "--with", "Mei"]).with_code(3);
    let mut looking = lan.computer("Mei").command(&["nearby", "--for", "20", "--port", "0"]).spawn().unwrap();
    // It is there, but only looks around.
    let ended = office.run(&["compare", "--json", "--new", "--with", "Mei"]).with_code(4);
    assert_eq!(ended.event("error")["code"], "nobody-looks");
    looking.kill().unwrap();
    looking.wait().unwrap();
}
