//! What people feel of many and of large pictures.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::Command,
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
        model::{Body, DeviceKind, Direction, GroupId, Item, ItemKind, ItemState, Millis, Rule, State},
    },
    trust::Identity,
};

use super::{
    LOOK_EVERY, PATIENCE, Seat, fantail, find_window_process, mb, motions,
    network::{Host, Running},
    report, resident,
    screen::{PREVIEW_WIDTH, Reference},
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
    store.upsert_seen(who, name, DeviceKind::Computer, &[], Millis(1)).expect("it can be written");
    store.set_rule(who, Rule::Accept).expect("it can be written");
}

impl Sender<'_> {
    fn send(&self, paths: &[PathBuf]) -> Running {
        let mut command = self.host.command(fantail());
        command.args(["send", "--to", &self.to.to_string()]).args(paths);
        command.env("FANTAIL_HOME", self.home.path()).env("FANTAIL_NAME", "Mei's laptop");
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

pub fn last_byte(host: &Host) {
    for fineness in [1_u16, 2] {
        let (seat, sender) = seat_for_sender(host, fineness.into());
        let photos: Vec<PathBuf> = (0..10).map(|number| photo(sender.home.path(), number)).collect();
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
            if run > 1 {
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
        report(&format!("last byte of 24 megapixels to visible preview at {} %", 100 * fineness), &mut times);
    }
}

pub fn many(host: &Host) {
    let (seat, sender) = seat_for_sender(host, 1);
    let kinds: Vec<Vec<u8>> =
        (0..8).map(|number| fs::read(photo(sender.home.path(), number)).expect("it can be read")).collect();
    let folder = tempfile::tempdir_in("/dev/shm").expect("memory to send from");
    let photos: Vec<PathBuf> = (0..ARRIVING)
        .map(|number| {
            let path = folder.path().join(format!("holiday-{number}.jpg"));
            let mut file = fs::File::create(&path).expect("it can be written");
            file.write_all(&kinds[number % kinds.len()]).expect("it can be written");
            // What follows the end of a picture makes it another file.
            file.write_all(&number.to_le_bytes()).expect("it can be written");
            path
        })
        .collect();
    let mut third = host.command(fantail());
    third.arg("receive").env("FANTAIL_HOME", sender.home.path().join("third")).env("FANTAIL_NAME", "Third");
    let _third = Running::start("receive", &mut third);
    let tiles = [seat.tile("Mei's laptop"), seat.tile("Third")];
    seat.desktop.click_at(tiles[0].center());
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
    println!("many pictures: {ARRIVING} of 24 megapixels, {:.0} MB in {took:.1?}", mb(bytes));
    println!(
        "many pictures: above idle ({:.0} MB) the window takes {:.0} MB at most, with its decoders {:.0} MB",
        mb(idle),
        mb(most.into_inner().saturating_sub(idle)),
        mb(most_with.into_inner().saturating_sub(idle))
    );
    report("posted motion to changed pixel while pictures arrive", &mut times);
    println!("{}", seat.desktop.screenshot("bench-many-pictures").display());
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

pub fn scroll(host: &Host) {
    let folder = tempfile::tempdir_in("/dev/shm").expect("memory for pictures");
    let photos = conversation_of_photos(folder.path());
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
            println!("scroll: {CONVERSATION} previews made in {:.1?}", begun.elapsed());
            previews = Some(places.previews.clone());
        },
    );
    let kept = fs::read_dir(previews.expect("a folder")).into_iter().flatten().flatten();
    let kept: u64 = kept.filter_map(|file| file.metadata().ok()).map(|metadata| metadata.len()).sum();
    let process = find_window_process(&fantail());
    let tile = seat.tile("Mei's laptop");
    let reference = Reference::of(&photos[CONVERSATION - 1]);
    let opened = Instant::now();
    seat.desktop.click_at(tile.center());
    while !seat.screen.shows(&reference) {
        assert!(opened.elapsed() < PATIENCE, "{}", seat.desktop.screenshot("bench-failed").display());
        thread::sleep(LOOK_EVERY);
    }
    println!("scroll: opened with its pictures in {:.0?}, with {:.0} MB of previews kept", opened.elapsed(), mb(kept));
    thread::sleep(Duration::from_secs(1));
    // Through the middle of received pictures, which lie left.
    const COLUMN: i32 = 400;
    seat.screen.move_pointer((COLUMN + 100, 400));
    let (mut times, mut most, mut last) = (Vec::new(), 0, seat.screen.column(COLUMN));
    let (begun, mut changed, mut turned) = (Instant::now(), Instant::now(), Instant::now());
    while begun.elapsed() < Duration::from_secs(20) {
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
    let late = |millis: u64| times.iter().filter(|time| **time > Duration::from_millis(millis)).count();
    println!(
        "scroll: {:.1} frames a second; {} of {} later than 17 ms, {} than 33 ms; {:.0} MB resident at most",
        times.len() as f64 / begun.elapsed().as_secs_f64(),
        late(17),
        times.len(),
        late(33),
        mb(most)
    );
    report("from frame to frame while scrolling", &mut times);
    println!("{}", seat.desktop.screenshot("bench-scroll").display());
}

/// Forty different photographs under ten thousand names.
fn conversation_of_photos(folder: &Path) -> Vec<PathBuf> {
    const KINDS: usize = 40;
    let kinds: Vec<PathBuf> = (0..KINDS)
        .map(|number| {
            let path = folder.join(format!("kind-{number}.jpg"));
            let turned = format!("100,100,{}", number * 5);
            let status = Command::new("convert")
                .arg("/usr/share/backgrounds/mate/abstract/Elephants_5640x3172.jpg")
                .args(["-resize", "1600x1200!", "-modulate", &turned, "-quality", "85"])
                .arg(&path)
                .status();
            assert!(status.is_ok_and(|status| status.success()), "ImageMagick and mate-backgrounds are needed");
            path
        })
        .collect();
    let name = |number: usize| folder.join(format!("photo-{number}.jpg"));
    for number in 0..CONVERSATION {
        fs::hard_link(&kinds[number % KINDS], name(number)).expect("another name");
    }
    (0..CONVERSATION).map(name).collect()
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

/// As large as the conversation shows them.
fn keep_previews(folder: &Path, photos: &[PathBuf]) {
    let pool = Previews::start(|| {}).expect("threads");
    pool.keep_in(folder.to_owned());
    let wanted = Wanted::Covering(Size::new(PREVIEW_WIDTH as u32, PREVIEW_WIDTH as u32 * 3 / 4));
    for photos in photos.chunks(100) {
        let source = |path: &PathBuf| Source::File(path.clone());
        let tickets: Vec<_> = photos
            .iter()
            .map(|path| pool.request(Request { source: source(path), wanted, turns: 0, known: None }))
            .collect();
        for _ in &tickets {
            while pool.try_finished().is_none() {
                thread::sleep(LOOK_EVERY);
            }
        }
    }
    // The last ones are written after they were told.
    thread::sleep(Duration::from_secs(1));
}
