//! "Saved" means on the disk: the system calls of a receiving computer, watched by strace, in their real order.
//!
//! The test runs itself again under strace as the receiving end (the `receiving_end` test below, which does nothing
//! otherwise) and is the giving end over real TCP. No TLS, so that what is said on the wire can be read.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "helpers of tests fail as tests do; clippy knows only functions marked as tests"
)]
#![cfg(target_os = "linux")]

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use fantail::{
    protocol::{
        Fingerprint, Ranges, TransferId,
        consent::{Consent, End},
        frame::{Decoder, Stage},
        message::{Accept, Message, Offer},
    },
    transfer::{Framed, Plan, Progress, ReceiveFolder, Received, Receiving, Sending, receive, send},
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::mpsc,
};

const WITHIN: Duration = Duration::from_secs(120);

#[test]
fn a_file_is_flushed_then_named_then_its_folder_is_flushed_then_it_is_told_as_saved() {
    let Some(calls) = watch(|source| std::fs::write(source.join("photo.jpg"), vec![7; 700_000]).unwrap()) else {
        return;
    };
    let [renamed] = calls.renames().try_into().expect("one item");
    let flushed = calls.first(|call| call.name == "fsync" && call.path.ends_with("/0"));
    assert!(calls.last_write_below("/.fantail/").is_before(flushed), "bytes are written after the flush\n{calls:?}");
    assert!(flushed.is_before(renamed), "named before it was flushed\n{calls:?}");
    calls.check_told();
}

#[test]
fn a_batch_of_files_is_flushed_at_once_then_named_then_the_folder_is_flushed_then_they_are_told_as_saved() {
    let files = 400;
    let Some(calls) = watch(|source| {
        (0..files).for_each(|n| std::fs::write(source.join(format!("{n:03}.txt")), vec![1; 100 + n]).unwrap());
    }) else {
        return;
    };
    let renames = calls.renames();
    assert_eq!(renames.len(), files);
    for renamed in &renames {
        let partial = format!("/{}", renamed.from);
        let written = calls.last(|call| call.name == "write" && call.path.ends_with(&partial) && call.is_partial());
        let flushed = |call: &Call| {
            let this = call.name == "fsync" && call.path.ends_with(&partial) || call.name == "syncfs";
            this && written.is_before(call) && call.is_before(renamed)
        };
        assert!(calls.0.iter().any(flushed), "{} was named before it was flushed", renamed.to);
    }
    let flushes = |name: &str| calls.0.iter().filter(|call| call.name == name).count();
    assert!(flushes("syncfs") > 0, "the file system was never flushed as a whole");
    assert!(flushes("fsync") + flushes("syncfs") < files / 2, "flushed one by one");
    calls.check_told();
}

#[test]
fn a_folder_is_flushed_at_once_then_appears_whole_then_its_parent_is_flushed_then_it_is_told_as_saved() {
    let Some(calls) = watch(|source| {
        let folder = source.join("folder");
        std::fs::create_dir_all(folder.join("inner/empty")).unwrap();
        (0..300).for_each(|n| std::fs::write(folder.join(format!("inner/{n}")), vec![1; n]).unwrap());
        std::fs::write(folder.join("large"), vec![2; 900_000]).unwrap();
    }) else {
        return;
    };
    let [renamed] = calls.renames().try_into().expect("one item");
    let flushed = calls.first(|call| call.name == "syncfs");
    assert!(calls.last_write_below("/.fantail/").is_before(flushed), "bytes are written after the flush\n{calls:?}");
    assert!(flushed.is_before(renamed), "named before it was flushed\n{calls:?}");
    assert_eq!(renamed.to, "folder");
    calls.check_told();
}

/// The receiving end, when a test above runs it.
#[test]
fn receiving_end() {
    let Ok(port) = std::env::var("FANTAIL_TEST_DURABILITY_PORT") else { return };
    let place = PathBuf::from(std::env::var_os("FANTAIL_TEST_DURABILITY_PLACE").unwrap());
    runtime().block_on(async {
        let (_, consent) = agreed(&place.join("source"));
        let stream = TcpStream::connect(("127.0.0.1", port.parse().unwrap())).await.unwrap();
        let (events, mut saved) = mpsc::channel(4);
        let receiving = Receiving {
            with: Fingerprint([1; 32]),
            progress: Arc::new(Progress::new(consent.offer().items.len())),
            consent,
            into: ReceiveFolder::open(&place.join("into")).unwrap(),
            kept: None,
            events,
        };
        let acknowledge = async {
            while let Some(Received::Saved { acknowledge, .. }) = saved.recv().await {
                acknowledge.send(Ok(())).unwrap();
            }
        };
        let both = async { tokio::join!(receive(Framed::new(stream), receiving), acknowledge) };
        tokio::time::timeout(WITHIN, both).await.unwrap().0.unwrap();
    });
}

/// Sends what `fill` puts into a folder to this program under strace, and tells that one's system calls. `None` where
/// strace can't run and that is allowed.
fn watch(fill: impl FnOnce(&Path)) -> Option<Calls> {
    let place = tempfile::tempdir().unwrap();
    let (source, into, log) = (place.path().join("source"), place.path().join("into"), place.path().join("log"));
    std::fs::create_dir(&source).unwrap();
    std::fs::create_dir(&into).unwrap();
    fill(&source);
    let sent = runtime().block_on(async {
        let (plan, consent) = agreed(&source);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut strace = Command::new("strace")
            .args(["-f", "-y", "-x", "-s", "65536", "-o"])
            .arg(&log)
            .args(["-e", "trace=fsync,fdatasync,syncfs,rename,renameat,renameat2,write,pwrite64,writev,sendto,sendmsg"])
            .arg(std::env::current_exe().unwrap())
            .args(["--exact", "receiving_end", "--nocapture"])
            .env("FANTAIL_TEST_DURABILITY_PORT", listener.local_addr().unwrap().port().to_string())
            .env("FANTAIL_TEST_DURABILITY_PLACE", place.path())
            .stdout(Stdio::null())
            .spawn()
            .map_err(|error| format!("strace: {error}"))?;
        let accepted = tokio::time::timeout(WITHIN, listener.accept()).await;
        let Ok(Ok((stream, _))) = accepted else { return Err("nobody connected: may strace run here?".to_owned()) };
        let (events, mut delivered) = mpsc::channel(4);
        let progress = Arc::new(Progress::new(consent.offer().items.len()));
        let expected: Vec<u32> = consent.accept().items.iter().collect();
        let sending = Sending { plan, consent, progress, hashed: Arc::default(), may_grow: false, events };
        let listen = async { while delivered.recv().await.is_some() {} };
        let both = async { tokio::join!(send(Framed::new(stream), sending), listen) };
        let sent = tokio::time::timeout(WITHIN, both).await.unwrap().0.unwrap();
        assert_eq!(sent.saved, expected);
        assert!(strace.wait().unwrap().success());
        Ok(())
    });
    match sent {
        Err(why) if std::env::var_os("FANTAIL_TEST_ALLOW_SKIP").is_some() => {
            eprintln!("SKIPPED: {why}");
            None
        }
        result => {
            result.unwrap();
            Some(Calls::read(&std::fs::read_to_string(log).unwrap()))
        }
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// Both ends come to the same from the same sources.
fn agreed(source: &Path) -> (Arc<Plan>, Consent) {
    let mut paths: Vec<_> = std::fs::read_dir(source).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let plan = Plan::of(&paths, &AtomicBool::new(false)).unwrap();
    let items = plan.offered();
    let accept = Accept { items: Ranges::all(items.len() as u32), resume: Vec::new(), known: Ranges::default() };
    let offer = Offer { transfer: TransferId([3; 16]), items, for_take: false, again: false };
    (Arc::new(plan), Consent::new(End::Receiving, Arc::new(offer), Arc::new(accept)).unwrap())
}

/// One system call, from the line it began at to the one it was done at.
#[derive(Debug)]
struct Call {
    name: String,
    began: usize,
    done: usize,
    /// Of its first argument, a file descriptor.
    path: String,
    /// A rename's names.
    from: String,
    to: String,
    bytes: Vec<u8>,
}

impl Call {
    fn is_before(&self, other: &Self) -> bool {
        self.done < other.began
    }

    fn is_partial(&self) -> bool {
        self.path.contains("/.fantail/")
    }
}

#[derive(Debug)]
struct Calls(Vec<Call>);

impl Calls {
    fn read(log: &str) -> Self {
        let mut calls = Vec::new();
        let mut unfinished: HashMap<&str, (usize, String)> = HashMap::new();
        for (line, text) in log.lines().enumerate() {
            let (thread, text) = text.split_once(char::is_whitespace).unwrap();
            let text = text.trim_start();
            if let Some(begun) = text.strip_suffix(" <unfinished ...>") {
                unfinished.insert(thread, (line, begun.to_owned()));
            } else if let Some((_, rest)) = text.strip_prefix("<... ").and_then(|text| text.split_once("resumed>")) {
                if let Some((began, begun)) = unfinished.remove(thread) {
                    calls.extend(Call::read(&(begun + rest), began, line));
                }
            } else {
                calls.extend(Call::read(text, line, line));
            }
        }
        Self(calls)
    }

    fn first(&self, is: impl Fn(&Call) -> bool) -> &Call {
        self.0.iter().find(|call| is(call)).unwrap_or_else(|| panic!("no such call in {self:#?}"))
    }

    fn last(&self, is: impl Fn(&Call) -> bool) -> &Call {
        self.0.iter().rev().find(|call| is(call)).unwrap_or_else(|| panic!("no such call in {self:#?}"))
    }

    fn last_write_below(&self, folder: &str) -> &Call {
        self.last(|call| call.name.contains("write") && call.path.contains(folder))
    }

    /// Items given their names.
    fn renames(&self) -> Vec<&Call> {
        self.0.iter().filter(|call| call.name.starts_with("rename") && call.is_partial()).collect()
    }

    /// Each item is told as saved only after its rename and then a flush of the receive folder.
    fn check_told(&self) {
        let (mut decoder, mut told) = (Decoder::new(), 0);
        decoder.enter(Stage::DataOut);
        for call in self.0.iter().filter(|call| call.path.contains("socket:") || call.path.contains("TCP:")) {
            decoder.push(&call.bytes);
            while let Some(frame) = decoder.frame().unwrap() {
                let Ok(Message::Saved(saved)) = Message::decode(frame) else { panic!("not a receipt") };
                for item in saved.items.iter() {
                    let item = item.to_string();
                    let renames = self.renames();
                    let renamed = renames.iter().find(|rename| rename.from == item).expect("told without a name");
                    let flushed = |flush: &&Call| {
                        flush.name == "fsync" && flush.path.ends_with("/into") && renamed.is_before(flush)
                    };
                    let flushed = self.0.iter().find(flushed).expect("the folder was not flushed");
                    assert!(flushed.is_before(call), "item {item} was told before its folder was flushed");
                    told += 1;
                }
            }
        }
        assert_eq!(told, self.renames().len(), "every item is told once");
    }
}

impl Call {
    /// Such as `fsync(5</tmp/x>) = 0`. What failed is left out.
    fn read(text: &str, began: usize, done: usize) -> Option<Self> {
        let (name, rest) = text.split_once('(')?;
        let (arguments, result) = rest.rsplit_once(" = ")?;
        if result.starts_with('-') {
            return None;
        }
        let path = arguments.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map_or("", |(path, _)| path);
        let quoted: Vec<Vec<u8>> = arguments.split('"').skip(1).step_by(2).map(unescape).collect();
        let text =
            |n: usize| quoted.get(n).map(|bytes| String::from_utf8_lossy(bytes).into_owned()).unwrap_or_default();
        let (from, to) = if name.starts_with("rename") { (text(0), text(1)) } else { Default::default() };
        let bytes = quoted.concat();
        Some(Self { name: name.to_owned(), began, done, path: path.to_owned(), from, to, bytes })
    }
}

/// From strace's `\x00` and C escapes; a quotation mark never occurs in what these tests send.
fn unescape(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'\\' => match rest.next() {
                Some(b'x') => {
                    let digits = [rest.next().unwrap(), rest.next().unwrap()];
                    u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
                }
                Some(b'n') => b'\n',
                Some(b't') => b'\t',
                Some(b'r') => b'\r',
                Some(b'v') => 0x0B,
                Some(b'f') => 0x0C,
                Some(other) => other,
                None => break,
            },
            byte => byte,
        });
    }
    bytes
}
