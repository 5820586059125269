//! What people feel of many and of large pictures.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    thread,
    time::{Duration, Instant},
};

use fantail::{
    pictures::{Previews, Request, Size, Source, Wanted},
    platform::home::Home,
    protocol::{Fingerprint, TransferId},
    store::{
        NewEntry, Store,
        model::{Body, DeviceKind, Direction, GroupId, Item, ItemKind, ItemState, Millis, Rule, Seen, State},
    },
    trust::Identity,
};

use super::{
    Bench, LOOK_EVERY, PATIENCE, Seat, fantail, find_window_process, mb, motions,
    network::{Host, Running},
    resident,
    screen::{PREVIEW_WIDTH, Reference},
    table::progress,
};

const ARRIVING: usize = 200;
const CONVERSATION: usize = 10_000;

/// Sends without a window, to one that takes everything from it.
struct Sender<'h> {
    host: &'h Host,
    home: tempfile::TempDir,
    to: Fingerprint,
}

/// A window that knows the sender and takes everything from it.
fn seat_for_sender(host: &Host, fineness: u32) -> (Seat<'_>, Sender<'_>) {
    let home = tempfile::tempdir().expect("a temporary folder");
    let from = fingerprint(&Home::below(home.path()));
    let mut to = None;
    let seat = Seat::furnished(
        host,
        "Office PC",
        fineness,
        tempfile::tempdir().expect("a temporary folder"),
        |places, store| {
            knows(store, &from, "Mei's laptop");
            to = Some(fingerprint(places));
        },
    );
    let to = to.expect("the window has an identity");
    let mut store = Store::open(&Home::below(home.path()).database).expect("a new database").store;
    knows(&mut store, &to, "Office PC");
    (seat, Sender { host, home, to })
}

fn fingerprint(home: &Home) -> Fingerprint {
    home.create().expect("private folders");
    let machine = fantail::platform::computer::machine_id();
    Identity::load_or_create(&home.identity, machine.as_deref()).expect("an identity").identity.fingerprint()
}

fn knows(store: &mut Store, who: &Fingerprint, name: &str) {
    store
        .upsert_seen(
            who,
            &Seen { name: name.to_owned(), kind: DeviceKind::Computer, addresses: Vec::new(), at: Millis(1) },
        )
        .expect("it can be written");
    store.set_rule(who, Rule::Accept).expect("it can be written");
}

impl Sender<'_> {
    fn send(&self, paths: &[PathBuf]) -> Running {
        let mut command = self.host.command(fantail());
        command.args(["send", "--to", &self.to.to_string()]).args(paths);
        command.env("FANTAIL_HOME", self.home.path()).env("FANTAIL_NAME", "Mei's laptop");
        // Standard output is for tables.
        command.stdout(Stdio::null());
        Running::start("send", &mut command)
    }
}

/// A 24-megapixel JPEG of some 6 MB as cameras make it, each number in other colours.
fn photo(folder: &Path, number: usize) -> PathBuf {
    let path = folder.join(format!("photo-{number}.jpg"));
    let status = Command::new("convert")
        .arg("/usr/share/backgrounds/mate/abstract/Elephants_5640x3172.jpg")
        .args(["-resize", "6000x4000!", "-modulate", &format!("100,100,{}", (number * 24) % 200)])
        .args(["-sampling-factor", "4:2:0", "-quality", "86"])
        .arg(&path)
        .status();
    assert!(status.is_ok_and(|status| status.success()), "ImageMagick and the package mate-backgrounds are needed");
    path
}

pub fn last_byte(bench: &Bench, host: &Host) {
    for (fineness, wanted) in [(1_u16, 150.0), (2, 300.0)] {
        let (seat, sender) = seat_for_sender(host, fineness.into());
        let photos: Vec<PathBuf> = (0..bench.pick(10, 2)).map(|number| photo(sender.home.path(), number)).collect();
        let width = PREVIEW_WIDTH * f32::from(fineness);
        let whole = [0, 0, 1280 * fineness, 900 * fineness];
        seat.desktop.click_at(seat.tile("Mei's laptop").center());
        let mut part = whole;
        let mut times = Vec::new();
        for (run, photo) in photos.iter().enumerate() {
            let reference = Reference::of(photo);
            let arrived = seat.home.path().join("Received").join(photo.file_name().expect("it has a name"));
            let _sending = sender.send(std::slice::from_ref(photo));
            let begun = Instant::now();
            while !arrived.exists() {
                assert!(begun.elapsed() < PATIENCE, "{} does not arrive", photo.display());
                thread::sleep(LOOK_EVERY);
            }
            let there = Instant::now();
            while seat.screen.find(&reference, width, part).is_none() {
                assert!(
                    there.elapsed() < PATIENCE,
                    "{}: {}",
                    photo.display(),
                    seat.desktop.screenshot("late").display()
                );
                thread::sleep(LOOK_EVERY);
            }
            let seen = there.elapsed();
            thread::sleep(Duration::from_secs(1));
            if run > 0 {
                times.push(seen);
            }
            // From the second on it rests at the end of the list, where the next one will be: there is less to look at.
            if run > 0
                && let Some([left, top]) = seat.screen.find(&reference, width, whole)
            {
                let [width, height] = [width as u16, (width / 1.5) as u16];
                part = [left.saturating_sub(8), top.saturating_sub(8), width + 16, height + 16];
            }
        }
        let what = format!("from the last byte of 24 megapixels to the preview, at {} %", 100 * fineness);
        let measured = bench.section(&what, &mut times);
        bench.median_within(&what, wanted, measured);
    }
}

/// The viewer as people use it: a click on a preview, then the key for all pixels.
pub fn full_view(bench: &Bench, host: &Host) {
    /// Where the newest picture lies once the list is full, and the one picture before.
    const NEWEST: (i32, i32) = (505, 496);
    const ONLY: (i32, i32) = (505, 250);
    let (seat, sender) = seat_for_sender(host, 1);
    seat.desktop.click_at(seat.tile("Mei's laptop").center());
    let (mut fitted, mut sharp) = (Vec::new(), Vec::new());
    for number in 0..bench.pick(9, 2) {
        let photo = photo(sender.home.path(), number);
        let arrived = seat.home.path().join("Received").join(photo.file_name().expect("it has a name"));
        let _sending = sender.send(std::slice::from_ref(&photo));
        let begun = Instant::now();
        while !arrived.exists() {
            assert!(begun.elapsed() < PATIENCE, "{} does not arrive", photo.display());
            thread::sleep(LOOK_EVERY);
        }
        // What goes on after it was shown, and the mouse that moves there, are no part of it.
        seat.screen.move_pointer(if number == 0 { ONLY } else { NEWEST });
        thread::sleep(Duration::from_secs(2));
        let open = settled(&seat, |seat| seat.screen.click());
        thread::sleep(Duration::from_secs(1));
        let all = settled(&seat, |seat| seat.desktop.key("1"));
        progress(&format!("fitted after {open:.0?}, all pixels after {all:.0?}"));
        if number > 0 {
            fitted.push(open);
            sharp.push(all);
        }
        if number == 1 {
            progress(&seat.desktop.screenshot("bench-full-view").display().to_string());
        }
        seat.desktop.key("Escape");
        thread::sleep(Duration::from_secs(1));
    }
    let what = "from the click on a preview of 24 megapixels to the picture that fills the window, sharp";
    let measured = bench.section(what, &mut fitted);
    bench.median_within(what, 500.0, measured);
    let what = "from the key for all pixels of 24 megapixels until they are sharp";
    let measured = bench.section(what, &mut sharp);
    bench.median_within(what, 500.0, measured);
}

/// How long after `act` the middle of the window changes for the last time: then nothing is blurred any more.
fn settled(seat: &Seat<'_>, act: impl FnOnce(&Seat<'_>)) -> Duration {
    /// Longer than anything here takes.
    const QUIET: Duration = Duration::from_millis(1500);
    /// Away from bars and from the pointer.
    const COLUMN: i32 = 300;
    let mut last = seat.screen.column(COLUMN);
    let begun = Instant::now();
    let mut changed = None;
    act(seat);
    loop {
        let now = seat.screen.column(COLUMN);
        if now != last {
            (changed, last) = (Some(begun.elapsed()), now);
        }
        if begun.elapsed() > changed.unwrap_or_default() + QUIET {
            return changed.unwrap_or_else(|| {
                panic!("nothing was seen of it: {}", seat.desktop.screenshot("bench-failed").display())
            });
        }
        thread::sleep(LOOK_EVERY);
    }
}

pub fn many(bench: &Bench, host: &Host) {
    let (seat, sender) = seat_for_sender(host, 1);
    let kinds: Vec<Vec<u8>> =
        (0..8).map(|number| fs::read(photo(sender.home.path(), number)).expect("it can be read")).collect();
    let folder = tempfile::tempdir_in("/dev/shm").expect("memory to send from");
    let arriving = bench.pick(ARRIVING, 10);
    let photos: Vec<PathBuf> = (0..arriving)
        .map(|number| {
            let path = folder.path().join(format!("holiday-{number}.jpg"));
            let mut file = fs::File::create(&path).expect("it can be written");
            file.write_all(&kinds[number % kinds.len()]).expect("it can be written");
            // What follows the end of a picture makes it another file.
            file.write_all(&number.to_le_bytes()).expect("it can be written");
            path
        })
        .collect();
    let stays = |name: &str, home: &Path| {
        let mut staying = host.command(fantail());
        staying.arg("receive").env("FANTAIL_HOME", home).env("FANTAIL_NAME", name);
        Running::start("receive", &mut staying)
    };
    // The sender stays between its sends, or tiles would change their places under the pointer.
    let _sender = stays("Mei's laptop", sender.home.path());
    // Two whose tiles the pointer moves between: the sender's is the chosen one, which has the same colour all the time.
    let _others = ["Third", "Fourth"].map(|name| stays(name, &sender.home.path().join(name)));
    let tiles = ["Third", "Fourth"].map(|name| seat.tile(name));
    seat.desktop.click_at(seat.tile("Mei's laptop").center());
    thread::sleep(Duration::from_secs(3));
    let process = find_window_process(&fantail());
    let idle = resident(&process);
    let (most, most_with, ended) = (AtomicU64::new(0), AtomicU64::new(0), AtomicBool::new(false));
    let begun = Instant::now();
    let mut times = thread::scope(|scope| {
        thread::Builder::new()
            .spawn_scoped(scope, || {
                while !ended.load(Ordering::Relaxed) {
                    let own = resident(&process);
                    most.fetch_max(own, Ordering::Relaxed);
                    most_with.fetch_max(own + of_children(&process), Ordering::Relaxed);
                    thread::sleep(Duration::from_millis(50));
                }
            })
            .expect("a thread");
        // Ten to an album, so that nearly all are in sight for a moment.
        let mut sends = photos.chunks(10);
        let mut sending = sends.next().map(|photos| sender.send(photos));
        let times = motions(&seat, &tiles, |_| {
            if sending.as_mut().is_some_and(|sending| !sending.is_running()) {
                sending = sends.next().map(|photos| sender.send(photos));
            }
            sending.is_some()
        });
        ended.store(true, Ordering::Relaxed);
        times
    });
    let took = begun.elapsed();
    let bytes: u64 = photos.iter().filter_map(|path| fs::metadata(path).ok()).map(|metadata| metadata.len()).sum();
    bench.on_time("from a motion to the pixel it changes, while 200 pictures of 24 megapixels arrive", &mut times);
    let (own, all) = (most.into_inner().saturating_sub(idle), most_with.into_inner().saturating_sub(idle));
    bench.report.note(&format!(
        "{arriving} pictures, {:.0} MB, in {took:.1?}. Above idle ({:.0} MB) the window took {:.0} MB at most.",
        mb(bytes),
        mb(idle),
        mb(own)
    ));
    let measured = format!("{:.0} MB", mb(all));
    bench.report.verdict("memory above idle meanwhile, with its decoders", "≤ 300 MB", measured, mb(all) <= 300.0);
    progress(&seat.desktop.screenshot("bench-many-pictures").display().to_string());
}

/// Bytes of the processes that this one started, what they share divided among them.
fn of_children(process: &str) -> u64 {
    let children = fs::read_dir(format!("/proc/{process}/task"))
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
    let children: Vec<String> =
        children.flat_map(|line| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>()).collect();
    let share = |child: &String| {
        let text = fs::read_to_string(format!("/proc/{child}/smaps_rollup")).ok()?;
        let line = text.lines().find(|line| line.starts_with("Pss:"))?;
        line.split_whitespace().nth(1)?.parse::<u64>().ok()
    };
    children.iter().filter_map(share).sum::<u64>() * 1024
}

pub fn scroll(bench: &Bench, host: &Host) {
    let folder = tempfile::tempdir_in("/dev/shm").expect("memory for pictures");
    let number = bench.pick(CONVERSATION, 400);
    let photos = conversation_of_photos(folder.path(), number);
    let who = Fingerprint([7; 32]);
    let mut previews = None;
    let seat = Seat::furnished(
        host,
        "Office PC",
        1,
        tempfile::tempdir_in(folder.path()).expect("a folder"),
        |places, store| {
            knows(store, &who, "Mei's laptop");
            for (number, path) in photos.iter().enumerate() {
                store.append(received(who, number, path)).expect("it can be written");
            }
            store.mark_read(&who).expect("it can be written");
            let begun = Instant::now();
            keep_previews(&places.previews, &photos);
            progress(&format!("{number} previews made in {:.1?}", begun.elapsed()));
            previews = Some(places.previews.clone());
        },
    );
    let previews = previews.expect("a folder");
    let kept = || fs::read_dir(&previews).into_iter().flatten().flatten().count();
    let kept_before = kept();
    let process = find_window_process(&fantail());
    let tile = seat.tile("Mei's laptop");
    let reference = Reference::of(&photos[number - 1]);
    let opened = Instant::now();
    seat.desktop.click_at(tile.center());
    while !seat.screen.shows(&reference) {
        assert!(opened.elapsed() < PATIENCE, "{}", seat.desktop.screenshot("bench-failed").display());
        thread::sleep(LOOK_EVERY);
    }
    let opened = opened.elapsed();
    thread::sleep(Duration::from_secs(1));
    // Through the middle of received pictures, which lie left.
    const COLUMN: i32 = 400;
    seat.screen.move_pointer((COLUMN + 100, 400));
    let (mut times, mut most, mut last) = (Vec::new(), 0, seat.screen.column(COLUMN));
    let (begun, mut changed, mut turned) = (Instant::now(), Instant::now(), Instant::now());
    while begun.elapsed() < Duration::from_secs(bench.pick(20, 2)) {
        // As fast as fingers on a pad: something moves in every frame.
        if turned.elapsed() > Duration::from_millis(12) {
            turned = Instant::now();
            seat.screen.turn_wheel(true);
        }
        let now = seat.screen.column(COLUMN);
        if now != last {
            times.push(changed.elapsed());
            (changed, last) = (Instant::now(), now);
        }
        if times.len().is_multiple_of(50) {
            most = most.max(resident(&process));
        }
        thread::sleep(LOOK_EVERY);
    }
    let rate = times.len() as f64 / begun.elapsed().as_secs_f64();
    let late = times.iter().filter(|time| **time > super::LATE).count();
    assert_eq!(kept(), kept_before, "all previews were there before");
    let what = format!("from frame to frame while a conversation of {number} pictures is scrolled");
    bench.section(&what, &mut times);
    bench.report.note(&format!(
        "{late} of {} frames came later than {} ms. Opened, and its pictures seen, in {opened:.0?}.",
        times.len(),
        super::LATE.as_millis()
    ));
    let measured = format!("{rate:.1} a second");
    bench.report.verdict("frames while 10,000 pictures are scrolled", "≥ 60 a second", measured, rate >= 59.0);
    let measured = format!("{:.0} MB", mb(most));
    bench.report.verdict("resident memory meanwhile", "≤ 250 MB", measured, mb(most) <= 250.0);
    progress(&seat.desktop.screenshot("bench-scroll").display().to_string());
}

/// How many different photographs a long conversation is made of.
const KINDS: usize = 40;

/// Few different photographs under many names.
fn conversation_of_photos(folder: &Path, number: usize) -> Vec<PathBuf> {
    // Scaled down once.
    let base = folder.join("base.png");
    let scaled = Command::new("convert")
        .arg("/usr/share/backgrounds/mate/abstract/Elephants_5640x3172.jpg")
        .args(["-resize", "1600x1200!", "-quality", "10"])
        .arg(&base)
        .status();
    assert!(scaled.is_ok_and(|status| status.success()), "ImageMagick and mate-backgrounds are needed");
    let kinds: Vec<PathBuf> = (0..KINDS)
        .map(|number| {
            let path = folder.join(format!("kind-{number}.jpg"));
            let turned = format!("100,100,{}", number * 5);
            let status =
                Command::new("convert").arg(&base).args(["-modulate", &turned, "-quality", "85"]).arg(&path).status();
            assert!(status.is_ok_and(|status| status.success()), "ImageMagick and mate-backgrounds are needed");
            path
        })
        .collect();
    let name = |number: usize| folder.join(format!("photo-{number}.jpg"));
    for number in 0..number {
        fs::hard_link(&kinds[number % KINDS], name(number)).expect("another name");
    }
    (0..number).map(name).collect()
}

fn received(with: Fingerprint, number: usize, path: &Path) -> NewEntry {
    let mut id = [0; 16];
    id[..8].copy_from_slice(&(number as u64).to_le_bytes());
    let size = fs::metadata(path).map_or(0, |metadata| metadata.len());
    let item = Item {
        index: 0,
        kind: ItemKind::File,
        name: format!("photo-{number}.jpg"),
        size,
        files: 1,
        path: Some(path.to_owned()),
        thumbhash: None,
        rendition: None,
        state: ItemState::Saved,
    };
    NewEntry {
        with,
        transfer: TransferId(id),
        group: GroupId(id),
        direction: Direction::Received,
        at: Millis(1_790_000_000_000 + number as i64 * 60_000),
        body: Body::Items { items: vec![item], files: 1, bytes: size },
        state: State::Saved,
    }
}

/// As large as the conversation shows them: one of each kind is made, the others are other names of it.
fn keep_previews(folder: &Path, photos: &[PathBuf]) {
    let pool = Previews::start(|| {}).expect("threads");
    pool.keep_in(folder.to_owned());
    let wanted = Wanted::Covering(Size::new(PREVIEW_WIDTH as u32, PREVIEW_WIDTH as u32 * 3 / 4));
    let kept = || -> Vec<String> {
        let files = fs::read_dir(folder).into_iter().flatten().flatten();
        files.map(|file| file.file_name().to_string_lossy().into_owned()).collect()
    };
    for (number, photo) in photos.iter().take(KINDS).enumerate() {
        let source = Source::File(photo.clone());
        let _ticket = pool.request(Request { source, wanted, turns: 0, known: None });
        let begun = Instant::now();
        // It is written after it was told.
        while pool.try_finished().is_some() || kept().iter().filter(|name| !name.starts_with('.')).count() <= number {
            assert!(begun.elapsed() < PATIENCE, "no preview of {} is kept", photo.display());
            thread::sleep(LOOK_EVERY);
        }
    }
    // A preview is named by where its original lies, then by the original's state, which all names of one file share.
    let place = |path: &Path| {
        let mut digest = [0; 16];
        blake3::Hasher::new().update(path.as_os_str().as_encoded_bytes()).finalize_xof().fill(&mut digest);
        format!("{:032x}", u128::from_be_bytes(digest))
    };
    let kept = kept();
    for (kind, first) in photos.iter().take(KINDS).enumerate() {
        let name = kept.iter().find(|name| name.starts_with(&place(first))).expect("its preview is named by its place");
        for other in photos.iter().skip(kind + KINDS).step_by(KINDS) {
            let other = name.replacen(&place(first), &place(other), 1);
            fs::hard_link(folder.join(name), folder.join(other)).expect("another name");
        }
    }
}
