//! With programs that try everything, in the same locks as real thumbnailers; those are run by `tests/small_pictures.rs`.

use std::{fs, time::Duration};

use super::*;

fn strings(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// What `script` makes of a file that says "Dear Mei".
fn made_by(script: &str, within: Duration) -> Result<Vec<u8>, ThumbnailerError> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("letter with 'quotes'.txt");
    fs::write(&path, "Dear Mei").unwrap();
    let wanted = Wanted { path: &path, media_types: &[], ending: "txt", side: 77, within };
    run(&strings(&["sh", "-c", script, "%i", "%o", "%s", "%u"]), &wanted, Instant::now() + within, &|| false)
}

const LONG: Duration = Duration::from_secs(20);

#[test]
fn a_description_is_read_as_its_packages_mean_it() {
    let text = "# one\n[Thumbnailer Entry]\nTryExec=sh\nExec=/bin/sh -s %s \"a b\" 'c\\d' e\\ f %u\nMimeType=image/a;image/b;\n\n[Other]\nExec=no\n";
    let description = Description::parse(text).unwrap();
    assert_eq!(description.command, strings(&["/bin/sh", "-s", "%s", "a b", "c\\d", "e f", "%u"]));
    assert_eq!(description.media_types, ["image/a", "image/b"]);
    assert_eq!(Description::parse(&text.replace("TryExec=sh", "TryExec=no-such-program")), None);
    assert_eq!(Description::parse(&text.replace("'c", "c")), None, "a quote without an end");
    assert_eq!(Description::parse("[Thumbnailer Entry]\nMimeType=image/a;\n"), None);
}

#[test]
fn only_what_the_system_installed_is_a_program() {
    assert!(program("sh").is_some() && program("/usr/bin/env").is_some());
    for name in ["", "no-such-program", "/tmp/sh", "../bin/sh", "/etc/passwd", "/home/mei/bin/sh"] {
        assert_eq!(program(name), None, "{name}");
    }
}

#[test]
fn a_command_gets_what_it_asks_for_and_percent_signs_stay() {
    let filled = filled_in(&strings(&["x", "%i", "%u", "-o%o", "%s", "100%%", "%"]), "pdf", 77);
    let input = "/input/file.pdf";
    assert_eq!(filled, strings(&["x", input, "file:///input/file.pdf", "-o/tmp/preview.png", "77", "100%", ""]));
}

#[test]
fn a_thumbnailer_reads_the_one_file_and_what_it_makes_comes_back() {
    let made = made_by(r#"cat "$0" > "$1"; echo "$2 $3" >> "$1""#, LONG).unwrap();
    assert_eq!(String::from_utf8_lossy(&made), "Dear Mei77 file:///input/file.txt\n");
}

#[test]
fn a_thumbnailer_that_was_taken_over_sees_nothing_reaches_nobody_and_leaves_nothing() {
    let outside = tempfile::tempdir().unwrap();
    let secret = outside.path().join("secret");
    fs::write(&secret, "a key").unwrap();
    let script = format!(
        r#"exec > "$1" 2>&1 < /dev/null
        cat {secret} && echo READ
        echo more > {outside}/left && echo WROTE-OUTSIDE
        echo more >> "$0" && echo WROTE-INPUT
        echo more > /usr/left && echo WROTE-SYSTEM
        ls -A /home /root /etc/passwd 2>/dev/null | grep . && echo SAW-HOMES
        ls /proc | grep -c '^[0-9]' | grep -vx '[1-9]' && echo SAW-PROCESSES
        python3 -c 'import socket; socket.create_connection(("127.0.0.1", {port}), 2)' && echo CONNECTED
        ls /sys/class/net 2>/dev/null | grep . && echo SAW-NETWORKS
        unshare -U true && echo NEW-NAMESPACE
        unshare -m true && echo NEW-MOUNTS
        python3 -c 'import ctypes; l = ctypes.CDLL(None, use_errno=True); exit(l.ptrace(0, 0, 0, 0) != 0)' && echo TRACED
        grep -E '^(CapEff|CapBnd):' /proc/self/status | grep -v ':[[:space:]]*0*$' && echo MIGHTY
        env | grep FANTAIL && echo SAW-ENVIRONMENT
        grep -q 'Seccomp:.*2' /proc/self/status && grep -q 'NoNewPrivs:.*1' /proc/self/status && echo filtered
        ulimit -v; ulimit -t; ulimit -c"#,
        secret = secret.display(),
        outside = outside.path().display(),
        port = {
            // Somebody does listen.
            let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            let port = listener.local_addr().unwrap().port();
            std::mem::forget(listener);
            port
        },
    );
    let said = String::from_utf8(made_by(&script, LONG).unwrap()).unwrap();
    for broken in ["READ", "WROTE-", "SAW-", "CONNECTED", "NEW-", "TRACED", "MIGHTY", "a key"] {
        assert!(!said.contains(broken), "{broken}: {said}");
    }
    assert!(said.ends_with("filtered\n2097152\n10\n0\n"), "{said}");
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 1);
}

#[test]
fn a_thumbnailer_that_takes_too_long_is_ended_with_all_its_children() {
    // So long, and no other program sleeps so long.
    let mark = format!("{}.25", 1000 + std::process::id());
    let begun = Instant::now();
    let made = made_by(&format!("(trap '' TERM HUP; sleep {mark}) & sleep {mark}"), Duration::from_millis(500));
    assert_eq!(made, Err(ThumbnailerError::TooLong));
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    let sleeping = || {
        fs::read_dir("/proc").unwrap().flatten().any(|entry| {
            fs::read(entry.path().join("cmdline"))
                .is_ok_and(|words| words.split(|byte| *byte == 0).any(|word| word == mark.as_bytes()))
        })
    };
    let until = Instant::now() + LONG;
    while sleeping() {
        assert!(Instant::now() < until, "one of them sleeps on");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Runs the test of this name alone once more, by `program`, which changes the circumstances.
fn once_more(test: &str, program: &[&str], exe: &Path) {
    let name = format!("{}::{test}", module_path!().split_once("::").unwrap().1);
    let mut command = Command::new(program[0]);
    command.args(&program[1..]).arg(exe).args([name.as_str(), "--exact", "--nocapture"]).env(AGAIN, "1");
    let output = command.output().unwrap();
    let said = [output.stdout, output.stderr].map(|said| String::from_utf8_lossy(&said).into_owned()).concat();
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

/// Said to a test that runs once more.
const AGAIN: &str = "FANTAIL_TEST_AGAIN";

#[test]
fn where_the_kernel_gives_no_namespaces_no_thumbnailer_is_run() {
    if env::var_os(AGAIN).is_none() {
        let forbid = r#"echo 0 > /proc/sys/user/max_user_namespaces && exec "$0" "$@""#;
        let test = "where_the_kernel_gives_no_namespaces_no_thumbnailer_is_run";
        once_more(test, &["unshare", "-Ur", "sh", "-c", forbid], &env::current_exe().unwrap());
        return;
    }
    let outside = tempfile::tempdir().unwrap();
    let mark = outside.path().join("it ran");
    let made = made_by(&format!(r#"cat "$0" > "$1"; touch '{}'"#, mark.display()), LONG);
    assert_eq!(made, Err(ThumbnailerError::NotConfined), "and it says so");
    assert!(!mark.exists(), "it was run without its locks");
}

#[test]
fn an_ordinary_user_has_small_pictures_made_as_well() {
    // Who runs the tests may be one already.
    // The owner of a process's own folder in /proc is who it runs as.
    let root = fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0);
    if root && env::var_os(AGAIN).is_none() {
        // Where anybody may run it from.
        let place = tempfile::Builder::new().permissions(std::os::unix::fs::PermissionsExt::from_mode(0o755)).tempdir();
        let exe = place.as_ref().unwrap().path().join("tests");
        fs::copy(env::current_exe().unwrap(), &exe).unwrap();
        let nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
        once_more("an_ordinary_user_has_small_pictures_made_as_well", &nobody, &exe);
        return;
    }
    assert!(!root, "it still is root");
    assert_eq!(made_by(r#"cat "$0" > "$1""#, LONG).as_deref(), Ok(&b"Dear Mei"[..]));
}

#[test]
fn one_that_is_not_wanted_any_more_is_ended() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("letter");
    fs::write(&path, "Dear Mei").unwrap();
    let wanted = Wanted { path: &path, media_types: &[], ending: "txt", side: 77, within: LONG };
    let made = run(&strings(&["sleep", "1000"]), &wanted, Instant::now() + LONG, &|| true);
    assert_eq!(made, Err(ThumbnailerError::Cancelled));
}

#[test]
fn what_is_made_and_what_it_takes_to_make_it_is_bounded() {
    let much = |script| made_by(script, LONG);
    assert_eq!(much("head -c 30000000 /dev/zero > \"$1\""), Err(ThumbnailerError::NothingMade));
    let written = much("yes > /tmp/other; n=$(wc -c < /tmp/other); rm /tmp/other; echo $n > \"$1\"").unwrap();
    let written: u64 = str::from_utf8(&written).unwrap().trim().parse().unwrap();
    assert!((1 << 20..=MAX_WRITTEN).contains(&written), "{written} bytes");
    let memory = "python3 -c 'bytes(3 << 30)' && echo much > \"$1\"";
    assert_eq!(much(memory), Err(ThumbnailerError::NothingMade));
    assert_eq!(much("exit 1"), Err(ThumbnailerError::NothingMade));
    assert_eq!(much(": > \"$1\""), Err(ThumbnailerError::NothingMade));
}
