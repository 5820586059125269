//! What is kept for a computer that is away.

use std::time::{Duration, Instant};

use crate::lan::{Computer, Lan, PATIENCE, Receiving, WindowLike};

/// Office deals with Mei and gives her a rule, so that she can be meant by her name while she is away.
fn acquainted(office: &Computer<'_>, mei: &Computer<'_>) {
    let receiving = mei.receive(&["--accept", "all"]);
    office.run(&["send", "--to", &receiving.address(), "--text", "hello"]).with_code(0);
    office.run(&["known", "accept", receiving.fingerprint()]).with_code(0);
}

/// In the order of their arrival.
fn arrivals(receiving: &Receiving, count: usize) -> Vec<String> {
    let mut words = Vec::new();
    while words.len() < count {
        let line = receiving.lines.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("only these: {words:?}"));
        match line["event"].as_str() {
            Some("text") => words.push(line["text"].as_str().unwrap().to_owned()),
            Some("saved") if line["item"].is_u64() => words.push(line["name"].as_str().unwrap().to_owned()),
            _ => {}
        }
    }
    words
}

#[test]
fn what_several_commands_keep_goes_in_their_order_once_a_process_stays() {
    let lan = Lan::new();
    let (mei, office) = (lan.computer("Mei"), lan.computer("Office"));
    acquainted(&office, &mei);
    lan.file("a.txt", b"a");

    let away = office.run(&["send", "--to", "Mei", "--text", "lost"]).with_code(3);
    assert_eq!(away.err.lines().count(), 1, "{}", away.err);
    for n in 0..2 {
        let begun = Instant::now();
        let kept = office.run(&["send", "--queue", "--to", "Mei", "--text", &format!("kept {n}")]).with_code(5);
        assert_eq!(kept.err.trim_end().lines().count(), 1, "one sentence: {}", kept.err);
        assert!(kept.err.contains("Mei"), "{}", kept.err);
        let took = begun.elapsed();
        assert!(took < Duration::from_secs(8), "as long as somebody is looked for who is to be there: {took:?}");
    }
    let kept = ["once", "and once more"].map(|_| {
        let kept = office.run(&["send", "--json", "--queue", "--to", "Mei", "a.txt"]).with_code(5);
        let stopped = kept.event("stopped");
        assert_eq!((&stopped["code"], &stopped["to"]), (&"queued".into(), &"Mei".into()));
        stopped["transfer"].clone()
    });
    assert_eq!(kept[0], kept[1], "it waits already");

    let receiving = mei.receive(&["--accept", "all"]);
    let _sending = office.receive(&[]);
    let mut arrived = arrivals(&receiving, 3);
    let at = arrived.iter().position(|name| name == "a.txt").unwrap();
    arrived.remove(at);
    assert_eq!(arrived, ["kept 0", "kept 1"]);
    assert_eq!(std::fs::read(mei.received("a.txt")).unwrap(), b"a");
    office.run(&["send", "--to", "Mei", "--text", "that was all"]).with_code(0);
    assert_eq!(arrivals(&receiving, 1), ["that was all"]);
}

#[test]
fn a_command_that_keeps_is_handed_to_the_window_which_sends_it_later() {
    let lan = Lan::new();
    let (mei, office) = (lan.computer("Mei"), lan.computer("Office"));
    acquainted(&office, &mei);
    let window = WindowLike::open(&lan, "Office");
    let kept = office.run(&["send", "--queue", "--to", "Mei", "--text", "from afar"]).with_code(5);
    assert_eq!(kept.err.trim_end().lines().count(), 1, "{}", kept.err);
    let receiving = mei.receive(&["--accept", "all"]);
    assert_eq!(arrivals(&receiving, 1), ["from afar"]);
    drop(window);
}

#[test]
fn nothing_is_kept_for_somebody_never_met() {
    let lan = Lan::new();
    let office = lan.computer("Office");
    for whom in ["Mei", "127.0.0.1:9", &"AB".repeat(32)] {
        let refused = office.run(&["send", "--queue", "--to", whom, "--text", "hello"]).with_code(3);
        assert_eq!(refused.err.lines().count(), 1, "{}", refused.err);
    }
    let engine = WindowLike::open(&lan, "Office");
    let client = engine.engine.client(|| {});
    client.wait(Duration::from_millis(200));
    assert!(client.snapshot().queue.is_empty() && client.snapshot().revision == 0);
}
