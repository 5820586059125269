//! Two hosts without windows: found by real broadcasts, sent to in both directions.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{
    blake3_of,
    network::{Host, Network, Running, said, wait_for},
};

/// A computer on a host: its own home and name.
struct Computer<'h> {
    host: &'h Host,
    name: &'static str,
    home: tempfile::TempDir,
}

impl<'h> Computer<'h> {
    fn new(host: &'h Host, name: &'static str) -> Self {
        let home = tempfile::Builder::new().prefix("fantail-home-").tempdir().expect("a temporary folder");
        Self { host, name, home }
    }

    fn fantail(&self, arguments: &[&str]) -> Command {
        let mut command = self.host.command(crate::program());
        command.args(arguments).env("FANTAIL_HOME", self.home.path()).env("FANTAIL_NAME", self.name);
        command
    }

    fn received(&self) -> std::path::PathBuf {
        self.home.path().join("Received")
    }

    /// `fantail receive --json …`, ready when the first line is out or the port answers.
    fn receive(&self, arguments: &[&str]) -> Running {
        let mut all = vec!["receive", "--json"];
        all.extend(arguments);
        Running::start("receive", self.fantail(&all).stdout(Stdio::piped()).stderr(Stdio::inherit()))
    }

    fn nearby(&self, seconds: &str) -> Vec<Value> {
        let output = self.fantail(&["nearby", "--json", "--for", seconds]).output().expect("nearby starts");
        json_lines(&output.stdout)
    }

    fn send(&self, arguments: &[&str]) -> std::process::Output {
        let mut all = vec!["send", "--json"];
        all.extend(arguments);
        self.fantail(&all).output().expect("send starts")
    }
}

fn json_lines(bytes: &[u8]) -> Vec<Value> {
    String::from_utf8_lossy(bytes).lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

fn has_name(line: &Value, name: &str) -> bool {
    line["name"] == name
}

#[test]
fn computers_on_one_network_find_each_other_by_broadcast_and_send_both_ways() {
    let Some(network) = Network::new(2) else { return };
    let (mei, office) =
        (Computer::new(&network.hosts[0], "Mei's laptop"), Computer::new(&network.hosts[1], "Office PC"));

    let file = mei.home.path().join("notes 笔记.txt");
    std::fs::write(&file, "a fantail is a pigeon\n".repeat(100_000)).expect("the file can be written");

    for (from, to) in [(&mei, &office), (&office, &mei)] {
        let mut receiving = to.receive(&["--accept", "all", "--once"]);
        let found = wait_for("the other computer in the list", Duration::from_secs(10), || {
            from.nearby("2").into_iter().find(|line| has_name(line, to.name))
        });
        assert_eq!(found["reachable"], true, "it answered a handshake: {found}");
        assert_eq!(found["verified"], false);
        assert_eq!(found["new"], true, "nobody has dealt with it yet: {found}");

        let fingerprint = found["fingerprint"].as_str().expect("a fingerprint");
        let output = from.send(&["--to", fingerprint, &file.to_string_lossy()]);
        assert_eq!(output.status.code(), Some(0), "{}", said(&output));
        assert!(
            json_lines(&output.stdout).iter().any(|line| line["event"] == "saved"),
            "the sender is told that it is saved: {}",
            said(&output)
        );
        assert_eq!(receiving.wait(Duration::from_secs(10)), 0, "--once ends after the first offer");
        let saved = to.received().join("notes 笔记.txt");
        assert_eq!(blake3_of(&saved), blake3_of(&file));

        // Known now on both sides: the other direction starts from strangers again.
        for computer in [from, to] {
            std::fs::remove_dir_all(computer.home.path().join("Received")).ok();
            std::fs::remove_file(computer.home.path().join("fantail.db")).ok();
            std::fs::remove_file(computer.home.path().join("fantail.db-wal")).ok();
            std::fs::remove_file(computer.home.path().join("fantail.db-shm")).ok();
        }
    }
}

#[test]
fn a_computer_is_found_within_two_seconds_of_starting() {
    let Some(network) = Network::new(2) else { return };
    let (mei, office) =
        (Computer::new(&network.hosts[0], "Mei's laptop"), Computer::new(&network.hosts[1], "Office PC"));
    let _receiving = office.receive(&[]);
    // Three looks of two seconds each, since the first one races with the other program's own start.
    let seen = (0..3).any(|_| mei.nearby("2").iter().any(|line| has_name(line, "Office PC")));
    assert!(seen, "two seconds are enough to find a running computer");
}

#[test]
fn beside_a_program_that_holds_the_discovery_port_computers_still_find_each_other() {
    let Some(network) = Network::new(2) else { return };
    let (mei, office) =
        (Computer::new(&network.hosts[0], "Mei's laptop"), Computer::new(&network.hosts[1], "Office PC"));
    // Another program that shares the port as LocalSend does, and holds TCP 53317 as well.
    let occupier = "import socket,time\n\
        u=socket.socket(socket.AF_INET,socket.SOCK_DGRAM)\n\
        u.setsockopt(socket.SOL_SOCKET,socket.SO_REUSEADDR,1);u.setsockopt(socket.SOL_SOCKET,socket.SO_REUSEPORT,1)\n\
        u.bind(('0.0.0.0',53317))\n\
        t=socket.socket();t.bind(('0.0.0.0',53317));t.listen()\n\
        print('ready',flush=True);time.sleep(600)";
    let mut command = office.host.command("python3");
    let mut other = Running::start("another program", command.args(["-c", occupier]).stdout(Stdio::piped()));
    let mut line = String::new();
    BufReader::new(other.child.stdout.take().expect("piped")).read_line(&mut line).expect("it is ready");

    let _receiving = office.receive(&[]);
    wait_for("Office PC in the list", Duration::from_secs(10), || {
        mei.nearby("2").into_iter().find(|line| has_name(line, "Office PC"))
    });
}

#[test]
fn two_on_one_host_see_each_other() {
    let Some(network) = Network::new(1) else { return };
    let (mei, office) =
        (Computer::new(&network.hosts[0], "Mei's laptop"), Computer::new(&network.hosts[0], "Office PC"));
    let _receiving = office.receive(&[]);
    let found = wait_for("Office PC in the list", Duration::from_secs(10), || {
        mei.nearby("2").into_iter().find(|line| has_name(line, "Office PC"))
    });
    assert_ne!(found["port"], 0);
    assert!(!mei.nearby("1").iter().any(|line| has_name(line, "Mei's laptop")), "nobody lists itself");
}

#[test]
fn a_cable_that_comes_back_brings_the_computer_back() {
    let Some(network) = Network::new(2) else { return };
    let (mei, office) =
        (Computer::new(&network.hosts[0], "Mei's laptop"), Computer::new(&network.hosts[1], "Office PC"));
    office.host.cable(false);
    let _receiving = office.receive(&[]);
    assert!(mei.nearby("2").is_empty(), "nobody is there with the cable out");
    let plugged_in = Instant::now();
    office.host.cable(true);
    wait_for("Office PC in the list", Duration::from_secs(15), || {
        mei.nearby("2").into_iter().find(|line| has_name(line, "Office PC"))
    });
    assert!(plugged_in.elapsed() < Duration::from_secs(15));
}

#[test]
fn three_send_to_one_at_once_and_every_byte_is_right() {
    let Some(network) = Network::new(4) else { return };
    let office = Computer::new(&network.hosts[3], "Office PC");
    let _receiving = office.receive(&["--accept", "all"]);
    let senders: Vec<_> = ["Ann", "Ben", "Cho"]
        .into_iter()
        .zip(&network.hosts)
        .map(|(name, host)| {
            let computer = Computer::new(host, name);
            let folder = computer.home.path().join("pictures");
            std::fs::create_dir_all(folder.join("empty")).expect("a folder");
            for number in 0..50 {
                let bytes: Vec<u8> = (0..40_000u32).map(|i| (i * 31 + number * 7) as u8 ^ name.as_bytes()[0]).collect();
                std::fs::write(folder.join(format!("{number}.bin")), bytes).expect("a file");
            }
            computer
        })
        .collect();
    let to = wait_for("Office PC in the list", Duration::from_secs(10), || {
        let found = senders[0].nearby("2").into_iter().find(|line| has_name(line, "Office PC"))?;
        Some(found["fingerprint"].as_str()?.to_owned())
    });
    let mut sending: Vec<_> = senders
        .iter()
        .map(|sender| {
            let folder = sender.home.path().join("pictures");
            let mut command = sender.fantail(&["send", "--to", &to, &folder.to_string_lossy()]);
            Running::start(sender.name, &mut command)
        })
        .collect();
    for one in &mut sending {
        assert_eq!(one.wait(Duration::from_secs(60)), 0, "each sender ends with everything saved");
    }
    let mut arrived: Vec<_> = ["pictures", "pictures (2)", "pictures (3)"]
        .iter()
        .map(|name| hashes_below(&office.received().join(name)))
        .collect();
    let mut sent: Vec<_> = senders.iter().map(|s| hashes_below(&s.home.path().join("pictures"))).collect();
    arrived.sort();
    sent.sort();
    assert_eq!(arrived, sent, "three folders of one name lie beside each other, each complete");
}

/// Relative names and hashes of everything below, empty folders included.
fn hashes_below(folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(at) = open.pop() {
        for entry in std::fs::read_dir(&at).unwrap_or_else(|error| panic!("{}: {error}", at.display())) {
            let path = entry.expect("an entry").path();
            let name = path.strip_prefix(folder).expect("below").to_string_lossy().into_owned();
            if path.is_dir() {
                found.push((name, "folder".to_owned()));
                open.push(path);
            } else {
                found.push((name, blake3_of(&path)));
            }
        }
    }
    found.sort();
    found
}

/// The words of the texts and files that arrive, as they come.
fn arrivals(receiving: &mut Running) -> impl Iterator<Item = String> + use<> {
    let lines = BufReader::new(receiving.child.stdout.take().expect("piped")).lines();
    let events = lines.map_while(|line| serde_json::from_str::<Value>(&line.ok()?).ok());
    events.filter_map(|event| match event["event"].as_str()? {
        "text" => Some(event["text"].as_str()?.to_owned()),
        "saved" if event["item"].is_u64() => Some(event["name"].as_str()?.to_owned()),
        _ => None,
    })
}

#[test]
fn what_is_kept_for_a_computer_that_is_off_arrives_in_its_order_when_both_are_on() {
    let Some(network) = Network::new(2) else { return };
    let (mei, office) =
        (Computer::new(&network.hosts[0], "Mei's laptop"), Computer::new(&network.hosts[1], "Office PC"));
    let mut receiving = office.receive(&["--accept", "all", "--once"]);
    let to = wait_for("Office PC in the list", Duration::from_secs(10), || {
        let found = mei.nearby("2").into_iter().find(|line| has_name(line, "Office PC"))?;
        Some(found["fingerprint"].as_str()?.to_owned())
    });
    let met = mei.send(&["--to", &to, "--text", "hello"]);
    assert_eq!(met.status.code(), Some(0), "{}", said(&met));
    assert_eq!(receiving.wait(Duration::from_secs(10)), 0);
    let keep = |words: &[&str]| {
        let kept = mei.send(&[&["--queue", "--to", &to], words].concat());
        assert_eq!(kept.status.code(), Some(5), "{}", said(&kept));
        let stopped = json_lines(&kept.stdout).into_iter().find(|line| line["event"] == "stopped");
        assert_eq!(stopped.expect("it says so")["code"], "queued", "{}", said(&kept));
    };

    // Mei's own program is not the same process either: each command ends.
    let file = mei.home.path().join("plan 计划.txt");
    std::fs::write(&file, "first the roof\n".repeat(100_000)).expect("the file can be written");
    for text in ["one", "two", "three"] {
        keep(&["--text", text]);
    }
    keep(&[&file.to_string_lossy()]);
    let sending = mei.receive(&[]);
    let mut receiving = office.receive(&["--accept", "all"]);
    let mut arrived: Vec<String> = arrivals(&mut receiving).take(4).collect();
    // Files have a lane of their own.
    arrived.retain(|name| name != "plan 计划.txt");
    assert_eq!(arrived, ["one", "two", "three"]);
    assert_eq!(blake3_of(&office.received().join("plan 计划.txt")), blake3_of(&file));

    // And while a process of Mei's stays, as her window would.
    drop(receiving);
    for text in ["four", "five"] {
        keep(&["--text", text]);
    }
    let mut receiving = office.receive(&["--accept", "all"]);
    // Ended before Mei's side heard of it, the file is offered again; the process of now then says that it is saved.
    let arrived = arrivals(&mut receiving).filter(|name| name != "plan 计划.txt").take(2);
    assert_eq!(arrived.collect::<Vec<_>>(), ["four", "five"]);
    let plan = ("plan 计划.txt".to_owned(), blake3_of(&file));
    // What is offered again has its place for partials until it turns out to be there.
    wait_for("one copy and nothing beside it", Duration::from_secs(10), || {
        (hashes_below(&office.received()) == [plan.clone()]).then_some(())
    });
    drop(sending);
}
