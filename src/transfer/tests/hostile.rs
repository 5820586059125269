//! What goes wrong with ill will: a giving side that lies.

use tokio::io::DuplexStream;

use super::*;
use crate::protocol::{
    frame::Frame,
    message::{Entry, EntryKind, Item, ItemKind as Offered, Message, Saved},
    names::RelativePath,
};

fn item(kind: Offered, name: &str, size: u64, files: u64) -> Item {
    Item { kind, name: name.to_owned(), size, files, modified: None, thumbhash: None, version: 0, digest: None }
}

fn entry(path: &str, kind: EntryKind, size: u64) -> Message {
    Message::Entry(Entry {
        item: 0,
        entry: 0,
        path: RelativePath::from_wire(path).unwrap(),
        kind,
        size,
        modified: None,
        from: 0,
    })
}

/// Numbers the entries and gives them to an honest receiver, byte for byte as they are.
async fn receive_these(
    items: Vec<Item>,
    messages: Vec<Message>,
    into: &Path,
) -> (Result<Outcome, TransferError>, Vec<Frame>) {
    let count = items.len();
    let consent = consent(items, Ranges::all(count as u32));
    let (one, other) = tokio::io::duplex(1 << 20);
    let (tell, mut told) = mpsc::channel(4);
    let receiving = Receiving {
        with: PEER,
        consent,
        into: ReceiveFolder::open(into).unwrap(),
        kept: None,
        progress: Arc::new(Progress::new(count)),
        events: tell,
    };
    let attack = async {
        let mut framed: Framed<DuplexStream> = Framed::new(one);
        framed.reader.enter(crate::protocol::frame::Stage::DataOut);
        let mut numbers = BTreeMap::new();
        for mut message in messages {
            if let Message::Entry(entry) = &mut message {
                let number: &mut u32 = numbers.entry(entry.item).or_default();
                entry.entry = *number;
                *number += 1;
            }
            framed.writer.push(message.encode());
            if framed.writer.flush().await.is_err() {
                break;
            }
        }
        let mut heard = Vec::new();
        while let Ok(Some(frame)) = framed.reader.next().await {
            let ends =
                matches!(Message::decode(frame.clone()), Ok(Message::Saved(Saved { all: true, .. }) | Message::Bye(_)));
            heard.push(frame);
            if ends {
                break;
            }
        }
        heard
    };
    let acknowledge = async {
        while let Some(event) = told.recv().await {
            if let Received::Saved { acknowledge, .. } = event {
                acknowledge.send(Ok(())).ok();
            }
        }
    };
    let both = async { tokio::join!(receive(Framed::new(other), receiving), attack, acknowledge) };
    let (received, heard, ()) = tokio::time::timeout(WITHIN, both).await.expect("a standstill");
    (received, heard)
}

fn file(path: &str, content: &[u8]) -> [Message; 3] {
    [
        entry(path, EntryKind::File, content.len() as u64),
        Message::Chunk(content.to_vec().into()),
        Message::EntryEnd { blake3: *blake3::hash(content).as_bytes() },
    ]
}

#[tokio::test]
async fn names_made_to_harm_end_up_harmless_inside_the_receive_folder() {
    let place = tempfile::tempdir().unwrap();
    let into = place.path().join("into");
    let hostile = [".bashrc", "CON", "a:b", "x. . .", "photo\u{202E}gpj.exe", "..hidden", "~", "-rf"];
    let mut messages = vec![entry("", EntryKind::Folder, 0)];
    for name in hostile {
        messages.extend(file(name, b"evil"));
    }
    messages.push(Message::End { files: hostile.len() as u64, bytes: 4 * hostile.len() as u64 });
    let items = vec![item(Offered::Folder, ".ssh", 1_000, 100)];
    let (received, _) = receive_these(items, messages, &into).await;
    assert_eq!(received.unwrap().saved, [0]);
    let names = tree(&into).into_keys().collect::<Vec<_>>();
    let expected = [
        "_ssh/",
        "_ssh/-rf",
        "_ssh/..hidden",
        "_ssh/.bashrc",
        "_ssh/_CON",
        "_ssh/a_b",
        "_ssh/photogpj.exe",
        "_ssh/x",
        "_ssh/~",
    ];
    assert_eq!(names, expected);
    assert_eq!(std::fs::read_dir(place.path()).unwrap().count(), 1);
}

#[tokio::test]
async fn a_file_below_a_file_or_twice_of_one_name_harms_nothing() {
    let place = tempfile::tempdir().unwrap();
    let into = place.path().join("into");
    let mut messages = vec![entry("", EntryKind::Folder, 0)];
    messages.extend(file("a", b"one"));
    messages.extend(file("a/b", b"two"));
    messages.extend(file("a", b"three"));
    messages.push(Message::End { files: 3, bytes: 11 });
    let items = vec![item(Offered::Folder, "f", 1_000, 100)];
    receive_these(items, messages, &into).await.0.unwrap();
    assert_eq!(tree(&into).into_keys().collect::<Vec<_>>(), ["f/", "f/a", "f/a (2)/", "f/a (2)/b", "f/a (3)"]);
}

#[tokio::test]
async fn a_wrong_hash_is_damage_and_nothing_of_it_is_kept() {
    let place = tempfile::tempdir().unwrap();
    let into = place.path().join("into");
    let [begin, chunk, _] = file("", b"content");
    let wrong = Message::EntryEnd { blake3: [1; 32] };
    let messages = vec![begin, chunk, wrong, Message::End { files: 1, bytes: 7 }];
    let (received, heard) = receive_these(vec![item(Offered::File, "a.txt", 7, 1)], messages, &into).await;
    let failed = [(0, Problem::Damaged { name: "a.txt".to_owned() })];
    assert_eq!(received.unwrap(), Outcome { failed: failed.to_vec(), ..Outcome::default() });
    assert!(heard.iter().any(|frame| matches!(
        Message::decode(frame.clone()),
        Ok(Message::Failed(failed)) if failed.item == Some(0) && failed.fault == crate::protocol::message::Fault::Damaged
    )));
    assert_eq!(tree(&into).len(), 0);
}

#[tokio::test]
async fn one_damaged_file_of_a_folder_keeps_the_folder_away_and_the_rest_goes_on() {
    let place = tempfile::tempdir().unwrap();
    let into = place.path().join("into");
    let mut messages = vec![entry("", EntryKind::Folder, 0)];
    messages.extend(file("sub/good", b"good"));
    let [begin, chunk, _] = file("sub/bad", b"bad!");
    messages.extend([begin, chunk, Message::EntryEnd { blake3: [1; 32] }]);
    messages.extend(file("sub/later", b"late"));
    let of_second = |message: Message| match message {
        Message::Entry(entry) => Message::Entry(Entry { item: 1, ..entry }),
        other => other,
    };
    messages.push(of_second(entry("", EntryKind::Folder, 0)));
    messages.extend(file("fine", b"fine").map(of_second));
    messages.push(Message::End { files: 4, bytes: 16 });
    let items = vec![item(Offered::Folder, "f", 1_000, 100), item(Offered::Folder, "g", 4, 1)];
    let (received, _) = receive_these(items, messages, &into).await;
    let outcome = received.unwrap();
    assert_eq!((outcome.saved.as_slice(), outcome.failed.len()), ([1].as_slice(), 1));
    assert_eq!(tree(&into).into_keys().collect::<Vec<_>>(), ["g/", "g/fine"]);
}

#[tokio::test]
async fn whoever_breaks_the_rules_is_sent_away_and_leaves_nothing() {
    let place = tempfile::tempdir().unwrap();
    let into = place.path().join("into");
    let [begin, chunk, end] = file("", b"content");
    let folder = || entry("", EntryKind::Folder, 0);
    let finish = || Message::End { files: 1, bytes: 7 };
    let attempts: Vec<(Offered, Vec<Message>)> = vec![
        // More bytes than the file has, or than were offered.
        (Offered::File, vec![begin.clone(), chunk.clone(), chunk.clone()]),
        (Offered::File, vec![entry("", EntryKind::File, 1 << 40)]),
        // Fewer bytes.
        (Offered::File, vec![begin.clone(), end.clone()]),
        // Bytes of no file; an end of no file; a file inside a file.
        (Offered::File, vec![chunk.clone()]),
        (Offered::File, vec![end.clone()]),
        (Offered::Folder, vec![folder(), file("a", b"1")[0].clone(), file("b", b"2")[0].clone()]),
        // Another kind than was offered; a path below a file.
        (Offered::File, vec![folder(), finish()]),
        (Offered::File, vec![entry("x", EntryKind::File, 7)]),
        // The end before everything came, or in the middle.
        (Offered::File, vec![Message::End { files: 0, bytes: 0 }]),
        (Offered::File, vec![begin.clone(), chunk.clone(), finish()]),
        // Messages of the other direction and of other connections.
        (Offered::File, vec![Message::Saved(Saved { all: true, ..Saved::default() })]),
        (Offered::File, vec![Message::Ping { token: 1 }]),
    ];
    for (n, (kind, messages)) in attempts.into_iter().enumerate() {
        let (received, heard) = receive_these(vec![item(kind, "a", 7, 1)], messages, &into).await;
        assert_eq!(received.unwrap_err().problem(), Problem::Misbehaved, "attempt {n}");
        let last = heard.last().map(|frame| Message::decode(frame.clone()));
        assert_eq!(last, Some(Ok(Message::Bye(crate::protocol::message::ByeReason::Misbehaved))), "attempt {n}");
        let left: Vec<_> = tree(&into).into_keys().filter(|name| !name.starts_with(".fantail")).collect();
        assert!(left.is_empty(), "attempt {n}: {left:?}");
    }
}

#[tokio::test]
async fn a_receiver_that_says_saved_too_early_or_forgets_items_is_not_believed() {
    let place = tempfile::tempdir().unwrap();
    let source = place.path().join("a.txt");
    write(&source, &noise(1, 100_000));
    for early in [true, false] {
        let agreed = agreed(&[&source], None);
        let (one, other) = tokio::io::duplex(1_000);
        let (deliver, mut delivered) = mpsc::channel(4);
        let sending = agreed.sending(&Arc::new(Progress::new(1)), deliver);
        let lie = async {
            let mut framed: Framed<DuplexStream> = Framed::new(other);
            framed.reader.enter(crate::protocol::frame::Stage::DataIn);
            let mut heard_all = early;
            while !heard_all {
                let frame = framed.reader.next().await.unwrap().unwrap();
                heard_all = frame.kind == crate::protocol::frame::Kind::End;
            }
            framed.writer.push(Message::Saved(Saved { all: true, ..Saved::default() }).encode());
            framed.writer.flush().await.unwrap();
            while let Ok(Some(_)) = framed.reader.next().await {}
        };
        let both = async { tokio::join!(send(Framed::new(one), sending), lie) };
        let (sent, ()) = tokio::time::timeout(WITHIN, both).await.expect("a standstill");
        assert_eq!(sent.unwrap_err().problem(), Problem::Misbehaved);
        assert!(delivered.recv().await.is_none());
    }
}
