//! Pipes that hold more.
#![forbid(unsafe_code)]

use std::process::ChildStdout;

/// What anybody may have of one pipe (`/proc/sys/fs/pipe-max-size`), where 64 KiB is usual: two processes change places
/// sixteen times less often while a picture goes through.
#[cfg(target_os = "linux")]
const LARGE: usize = 1 << 20;

/// Has as much of what a program says wait for its reader as the system allows.
pub fn widen(said: &ChildStdout) {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::pipe::fcntl_setpipe_size(said, LARGE) {
        log::debug!("the pipe stays as it is: {error}");
    }
    #[cfg(not(target_os = "linux"))]
    let _ = said;
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::{
        process::{Command, Stdio},
        thread,
        time::{Duration, Instant},
    };

    use super::*;

    #[test]
    fn a_program_that_says_much_needs_not_wait_for_its_reader() {
        let mut command = Command::new("sh");
        command.args(["-c", "read go; head -c 900000 /dev/zero"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        widen(child.stdout.as_ref().unwrap());
        drop(child.stdin.take());
        let begun = Instant::now();
        while child.try_wait().unwrap().is_none() {
            assert!(begun.elapsed() < Duration::from_secs(20), "it waits for somebody to read");
            thread::sleep(Duration::from_millis(5));
        }
    }
}
