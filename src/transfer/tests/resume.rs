//! Going on where an earlier attempt stopped.

use std::sync::atomic::{AtomicU64, Ordering};

use tokio::io::DuplexStream;

use super::{broken::cut_after, *};
use crate::protocol::limits::RESUME_GROUP;

/// One transfer with all its attempts, each in a connection of its own.
struct Resumed {
    plan: Arc<Plan>,
    items: Vec<crate::protocol::message::Item>,
    into: PathBuf,
    hashed: Arc<Hashed>,
    told: Vec<u32>,
}

impl Resumed {
    fn new(sources: &[&Path], into: &Path) -> Self {
        let Agreed { plan, consent } = agreed(sources, None);
        let items = consent.offer().items.clone();
        Self { plan, items, into: into.to_owned(), hashed: Arc::default(), told: Vec::new() }
    }

    /// The same sources, walked anew by another process.
    fn giver_restarts(&mut self, sources: &[&Path]) {
        let Self { into, told, .. } = std::mem::replace(self, Self::new(sources, Path::new("")));
        (self.into, self.told) = (into, told);
    }

    fn kept(&self) -> Kept {
        let all = Ranges::all(self.items.len() as u32);
        let told = Ranges::from_numbers(self.told.iter().copied());
        ReceiveFolder::open(&self.into).unwrap().kept(PEER, TRANSFER, &self.items, &all, told).unwrap()
    }

    /// Until the connection is cut after so many bytes, or the end. How it went, and how many bytes crossed.
    async fn attempt(&mut self, cut: Option<u64>) -> (Went, u64) {
        let kept = self.kept();
        let accept = Accept {
            items: Ranges::all(self.items.len() as u32),
            resume: kept.resume(&self.items),
            known: Ranges::default(),
        };
        let offer = Offer { transfer: TRANSFER, items: self.items.clone(), for_take: false, again: true };
        let consent = Consent::new(End::Receiving, Arc::new(offer), Arc::new(accept)).unwrap();
        let agreed = Agreed { plan: Arc::clone(&self.plan), consent };
        let (one, proxy_one) = tokio::io::duplex(100_000);
        let (other, proxy_other) = tokio::io::duplex(100_000);
        let (counted, counter) = Counted::new(proxy_one);
        let cable = tokio::spawn(cut_after(counted, proxy_other, cut.unwrap_or(u64::MAX)));
        let went = attempt(&agreed, &self.into, (one, other), Some(kept), Arc::clone(&self.hashed)).await;
        cable.await.unwrap();
        self.told.extend(went.saved.iter().map(|item| item.index));
        assert_eq!(went.sent.is_ok(), went.received.is_ok(), "{went:?}");
        (went, counter.load(Ordering::Relaxed))
    }

    /// Without being cut.
    async fn finish(&mut self) -> (Went, u64) {
        let (went, crossed) = self.attempt(None).await;
        let all: Vec<u32> = (0..self.items.len() as u32).collect();
        assert_eq!(went.sent.as_ref().unwrap().saved, all);
        assert_eq!(went.received.as_ref().unwrap().saved, all);
        for progress in [&went.sending, &went.receiving] {
            assert_eq!(progress.bytes(), self.plan.bytes());
            assert_eq!(progress.files(), self.plan.files());
        }
        assert!(!self.into.join(".fantail").exists());
        (went, crossed)
    }
}

/// A stream that counts what is read from it.
struct Counted {
    inner: DuplexStream,
    count: Arc<AtomicU64>,
}

impl Counted {
    fn new(inner: DuplexStream) -> (Self, Arc<AtomicU64>) {
        let count = Arc::new(AtomicU64::new(0));
        (Self { inner, count: Arc::clone(&count) }, count)
    }
}

impl AsyncRead for Counted {
    fn poll_read(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
        buf: &mut tokio::io::ReadBuf<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        let before = buf.filled().len();
        let poll = std::pin::Pin::new(&mut self.inner).poll_read(cx, buf);
        self.count.fetch_add((buf.filled().len() - before) as u64, Ordering::Relaxed);
        poll
    }
}

impl AsyncWrite for Counted {
    fn poll_write(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
        buf: &[u8],
    ) -> std::task::Poll<std::io::Result<usize>> {
        std::pin::Pin::new(&mut self.inner).poll_write(cx, buf)
    }

    fn poll_flush(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        std::pin::Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        std::pin::Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

#[tokio::test]
async fn a_large_file_goes_on_after_the_last_whole_group_also_when_the_giver_forgot_its_hashes() {
    let place = tempfile::tempdir().unwrap();
    let (source, into) = (place.path().join("film.mkv"), place.path().join("into"));
    let content = noise(1, 5 * RESUME_GROUP as usize + 12_345);
    write(&source, &content);
    let mut transfer = Resumed::new(&[&source], &into);
    transfer.attempt(Some(2 * RESUME_GROUP + 5_000_000)).await.0.sent.unwrap_err();
    assert_eq!(tree(&into).into_keys().filter(|name| !name.starts_with(".fantail")).count(), 0);
    let (_, crossed) = transfer.attempt(Some(RESUME_GROUP + 1_000_000)).await;
    assert_eq!(crossed, RESUME_GROUP + 1_000_000);
    transfer.giver_restarts(&[&source]);
    let (_, crossed) = transfer.finish().await;
    let rest = content.len() as u64 - 3 * RESUME_GROUP;
    assert!((rest..rest + 10_000).contains(&crossed), "{crossed} crossed for {rest}");
    assert!(std::fs::read(into.join("film.mkv")).unwrap() == content);
}

#[tokio::test]
async fn a_beginning_that_is_not_the_givers_is_not_built_upon() {
    let place = tempfile::tempdir().unwrap();
    let (source, into) = (place.path().join("film.mkv"), place.path().join("into"));
    let mut content = noise(1, 4 * RESUME_GROUP as usize);
    write(&source, &content);
    let mut transfer = Resumed::new(&[&source], &into);
    transfer.attempt(Some(3 * RESUME_GROUP + 100_000)).await.0.sent.unwrap_err();
    // Another content, of which the receiver isn't told: the second group differs.
    content[RESUME_GROUP as usize + 5] ^= 1;
    write(&source, &content);
    transfer.giver_restarts(&[&source]);
    let (_, crossed) = transfer.finish().await;
    assert!(crossed > 3 * RESUME_GROUP, "{crossed}");
    assert!(std::fs::read(into.join("film.mkv")).unwrap() == content);
}

/// Folders whose names are made safe or numbered, small and large files, empty ones.
fn fill(source: &Path) {
    for n in 0..40 {
        write(&source.join(format!("a/{n:02}.txt")), &noise(n, 3_000));
        write(&source.join(format!("CON/deep:er/{n:02}.txt")), &noise(100 + n, 2_000));
    }
    for (n, name) in ["Case/x.bin", "case/x.bin", "case/y/z.bin", "z-last.bin"].iter().enumerate() {
        write(&source.join(name), &noise(1_000 + n as u64, 150_000));
    }
    std::fs::create_dir_all(source.join("empty/inside")).unwrap();
}

#[tokio::test]
async fn a_folder_cut_anywhere_goes_on_in_the_folders_that_were_made_and_nothing_comes_twice() {
    let place = tempfile::tempdir().unwrap();
    let source = place.path().join("trip");
    fill(&source);
    let whole = place.path().join("whole");
    let went = hand_over(&agreed(&[&source], None), &whole).await;
    let (expected, total) = (tree(&whole), went.sending.bytes());
    for n in (1..30).step_by(3) {
        let into = place.path().join(format!("into {n}"));
        let mut transfer = Resumed::new(&[&source], &into);
        let mut crossed = 0;
        let mut attempts = 0;
        loop {
            attempts += 1;
            // Later cuts let more through than the largest file.
            let cut = if attempts < 3 { total * n / 30 + n } else { 200_000 + n * 10_000 };
            let (went, more) = transfer.attempt(Some(cut)).await;
            crossed += more;
            if went.sent.is_ok() {
                break;
            }
            assert!(!into.join("trip").exists(), "half a folder");
            assert!(attempts < 40);
            if attempts % 2 == 0 {
                transfer.giver_restarts(&[&source]);
            }
        }
        assert!(tree(&into) == expected, "cut after {n}/30: {:#?}", tree(&into).keys());
        // Of each attempt at most a batch or a file of 150 kB comes again.
        assert!(crossed < total + 60_000 + attempts * 500_000, "{crossed} crossed in {attempts} attempts for {total}");
    }
}

#[tokio::test]
async fn several_items_cut_anywhere_arrive_once_each() {
    let place = tempfile::tempdir().unwrap();
    let source = place.path().join("source");
    fill(&source.join("trip"));
    let names = ["a.bin", "b.bin", "trip", "z.bin"];
    let sources: Vec<PathBuf> = names.iter().map(|name| source.join(name)).collect();
    for (n, path) in [0, 1, 3].into_iter().map(|n| (n, &sources[n])) {
        write(path, &noise(n as u64, 200_000));
    }
    let sources: Vec<&Path> = sources.iter().map(PathBuf::as_path).collect();
    for cut in [1, 1_000, 199_000, 201_000, 350_000, 405_000, 500_000, 900_000, 1_300_000] {
        let into = place.path().join(format!("into {cut}"));
        write(&into.join("b.bin"), b"mine");
        let mut transfer = Resumed::new(&sources, &into);
        transfer.attempt(Some(cut)).await.0.sent.unwrap_err();
        transfer.attempt(Some(100_000)).await.0.sent.unwrap_err();
        transfer.finish().await;
        let mut arrived: Vec<_> = std::fs::read_dir(&into).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        arrived.sort();
        assert_eq!(arrived, ["a.bin", "b (2).bin", "b.bin", "trip", "z.bin"], "cut after {cut}");
        assert!(std::fs::read(into.join("b (2).bin")).unwrap() == noise(1, 200_000));
    }
}

#[tokio::test]
async fn what_lies_there_without_having_been_flushed_or_was_changed_comes_again() {
    let place = tempfile::tempdir().unwrap();
    let (source, into) = (place.path().join("trip"), place.path().join("into"));
    fill(&source);
    let mut transfer = Resumed::new(&[&source], &into);
    transfer.attempt(Some(390_000)).await.0.sent.unwrap_err();
    let partials = std::fs::read_dir(into.join(".fantail")).unwrap().next().unwrap().unwrap().path();
    let item = partials.join("0");
    assert!(item.join("a/39.txt").exists(), "it came far enough: {:?}", tree(&item).keys());
    std::fs::write(item.join("a/38.txt"), "shorter").unwrap();
    std::fs::remove_file(item.join("a/37.txt")).unwrap();
    std::fs::write(item.join("a/never written down"), "left by a crash").unwrap();
    std::fs::write(partials.join("7"), "left by a crash").unwrap();
    // The end of the journal is torn.
    let journal = std::fs::File::options().append(true).open(partials.join("journal")).unwrap();
    std::io::Write::write_all(&mut &journal, &[9, 0, 0, 0, 1]).unwrap();
    transfer.finish().await;
    assert!(tree(&into.join("trip/a")) == tree(&source.join("a")));
    assert!(tree(&into.join("trip/empty")) == tree(&source.join("empty")));
}

#[tokio::test]
async fn an_item_that_got_its_name_before_anybody_could_be_told_is_found_and_not_received_again() {
    let place = tempfile::tempdir().unwrap();
    let (source, into) = (place.path().join("source"), place.path().join("into"));
    fill(&source.join("trip"));
    write(&source.join("a.bin"), &noise(1, 300_000));
    write(&into.join("a.bin"), b"mine");
    let (file, folder) = (source.join("a.bin"), source.join("trip"));
    let mut transfer = Resumed::new(&[&file, &folder], &into);
    let (_, crossed) = transfer.finish().await;
    let total = transfer.plan.bytes();
    assert!(crossed > total);
    // As after a crash in that moment: the journal is there, the store knows of nothing.
    let into = place.path().join("crashed");
    write(&into.join("a.bin"), b"mine");
    let mut transfer = Resumed { into: into.clone(), told: Vec::new(), ..transfer };
    let (one, other) = tokio::io::duplex(10_000);
    let kept = transfer.kept();
    let agreed = agreed(&[&file, &folder], None);
    let (deliver, _delivered) = mpsc::channel(4);
    let (tell, told) = mpsc::channel(4);
    drop(told);
    let progress = Arc::new(Progress::new(2));
    let sending = agreed.sending(&progress, deliver);
    let receiving = Receiving {
        with: PEER,
        consent: agreed.consent,
        into: ReceiveFolder::open(&into).unwrap(),
        kept: Some(kept),
        progress,
        events: tell,
    };
    let (sent, received) = tokio::join!(send(Framed::new(one), sending), receive(Framed::new(other), receiving));
    assert!(sent.is_err() && received.is_err());
    assert!(std::fs::read(into.join("a (2).bin")).unwrap() == noise(1, 300_000), "named, but not told");
    // An attempt that ends before it can tell forgets nothing.
    drop(transfer.kept());
    let (went, crossed) = transfer.finish().await;
    assert!(crossed < total, "{crossed} of {total}");
    assert_eq!(went.saved.iter().map(|item| item.index).collect::<Vec<_>>(), [0, 1]);
    assert_eq!(went.saved[0].path, into.join("a (2).bin"));
    assert!(!into.join("a (3).bin").exists() && !into.join("trip (2)").exists());
    assert!(tree(&into.join("trip/a")) == tree(&folder.join("a")));
}

#[tokio::test]
async fn everything_saved_and_told_but_the_last_word_lost_needs_no_byte_more() {
    let place = tempfile::tempdir().unwrap();
    let (source, into) = (place.path().join("trip"), place.path().join("into"));
    fill(&source);
    let mut transfer = Resumed::new(&[&source], &into);
    transfer.finish().await;
    assert_eq!(transfer.told, [0]);
    let (went, crossed) = transfer.finish().await;
    assert!(crossed < 100 && went.saved.is_empty(), "{crossed}");
    assert!(!into.join("trip (2)").exists());
}

#[tokio::test]
async fn another_version_of_an_item_begins_anew() {
    let place = tempfile::tempdir().unwrap();
    let (source, into) = (place.path().join("trip"), place.path().join("into"));
    fill(&source);
    let mut transfer = Resumed::new(&[&source], &into);
    transfer.attempt(Some(300_000)).await.0.sent.unwrap_err();
    std::fs::rename(source.join("a/05.txt"), source.join("a/new.txt")).unwrap();
    transfer.giver_restarts(&[&source]);
    transfer.items[0].version = 1;
    assert_eq!(transfer.kept().resume(&transfer.items), []);
    transfer.finish().await;
    assert!(tree(&into.join("trip/a")) == tree(&source.join("a")));
}
