//! Who goes first when the processors are busy: the window, not the transfer.
#![forbid(unsafe_code)]

/// Steps of niceness: a thread of the window's then gets three times the time of one of these, and where nobody else
/// wants a processor these have all of it (sched(7)).
#[cfg(target_os = "linux")]
const NICER: i32 = 5;

/// From here on this thread, and those it starts, let others go first. Only Linux counts niceness by thread; elsewhere
/// nothing happens.
pub fn let_others_go_first() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::nice(NICER) {
        log::debug!("the thread's priority stays as it is: {error}");
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn only_this_thread_and_those_it_starts_are_nicer() {
        // The 19th field of stat(5) of a thread.
        let niceness = || -> i32 {
            let stat = std::fs::read_to_string("/proc/thread-self/stat").unwrap();
            let after_name = stat.rsplit(')').next().unwrap();
            after_name.split_whitespace().nth(16).unwrap().parse().unwrap()
        };
        let before = niceness();
        let inside = std::thread::scope(|scope| {
            let work = || {
                let_others_go_first();
                std::thread::scope(|scope| (niceness(), scope.spawn(niceness).join().unwrap()))
            };
            scope.spawn(work).join().unwrap()
        });
        assert_eq!((inside, niceness()), ((before + NICER, before + NICER), before));
    }
}
