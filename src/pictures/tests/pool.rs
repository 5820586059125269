//! The pool of threads that makes pictures ready.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant, SystemTime},
};

use super::*;

fn wait_for(pool: &Previews) -> Finished {
    let begun = Instant::now();
    loop {
        if let Some(finished) = pool.try_finished() {
            return finished;
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "nothing came");
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn file(name: &str, wanted: Wanted) -> Request {
    Request { source: Source::File(fixture(name)), wanted, turns: 0, known: None }
}

#[test]
fn the_pool_makes_pictures_ready_and_wakes_after_each() {
    let woken: Arc<AtomicUsize> = Arc::default();
    let pool = Previews::start({
        let woken = Arc::clone(&woken);
        move || {
            woken.fetch_add(1, Ordering::SeqCst);
        }
    })
    .unwrap();
    let one = pool.request(file("quadrants.png", LARGE));
    let finished = wait_for(&pool);
    assert_eq!(finished.id, one.id());
    assert!(matches!(finished.result, Ok(Outcome::Picture(_))));
    let stamp = finished.stamp.unwrap();

    let again = pool.request(Request { known: Some(stamp), ..file("quadrants.png", LARGE) });
    let finished = wait_for(&pool);
    assert_eq!(finished.id, again.id());
    assert!(matches!(finished.result, Ok(Outcome::Unchanged)));

    let older = Stamp { modified: Some(SystemTime::UNIX_EPOCH), ..stamp };
    let _changed = pool.request(Request { known: Some(older), ..file("quadrants.png", Wanted::Size) });
    assert!(matches!(wait_for(&pool).result, Ok(Outcome::Size(Format::Png, Size { width: 24, height: 16 }, None))));
    // Waking follows sending, so the last one may be a moment behind.
    let begun = Instant::now();
    while woken.load(Ordering::SeqCst) < 3 {
        assert!(begun.elapsed() < Duration::from_secs(5));
        std::thread::yield_now();
    }
}

#[test]
fn the_pool_holds_no_more_than_its_bound_and_sends_the_oldest_back() {
    let pool = Previews::start(|| {}).unwrap();
    let tickets: Vec<_> = (0..2000).map(|_| pool.request(file("quadrants.png", LARGE))).collect();
    assert!(pool.waiting() <= limits::MAX_WAITING);
    // Nobody takes results: the threads wait too.
    std::thread::sleep(Duration::from_millis(100));
    assert!(pool.waiting() > 0);
    let mut postponed = 0;
    let newest = tickets.last().unwrap().id();
    let mut seen_newest = false;
    let begun = Instant::now();
    while pool.waiting() > 0 || !seen_newest {
        assert!(begun.elapsed() < Duration::from_secs(30));
        let finished = wait_for(&pool);
        postponed += usize::from(matches!(finished.result, Err(PictureError::Postponed)));
        seen_newest |= finished.id == newest;
    }
    assert!(postponed > 0);
}

#[test]
fn a_dropped_ticket_takes_its_request_back() {
    let pool = Previews::start(|| {}).unwrap();
    let kept = pool.request(file("quadrants.png", LARGE));
    for _ in 0..200 {
        drop(pool.request(file("p3.tif", LARGE)));
    }
    let last = pool.request(file("quadrants.jpg", LARGE));
    let mut seen = Vec::new();
    while !(seen.contains(&kept.id()) && seen.contains(&last.id())) {
        seen.push(wait_for(&pool).id);
    }
    assert!(seen.len() < 20, "{} results", seen.len());
}
