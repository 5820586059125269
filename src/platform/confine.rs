//! A process gives up everything that its task does not need, for good.
//!
//! On Linux a filter in the kernel (seccomp) lets through only what reading, computing (with threads) and writing take: no
//! file can be opened, nothing connected, no program or other process started. On every Unix memory and processor time are
//! bounded, and on Windows also what it may start and touch of the desktop (see `confine/windows.rs`). Where there is less,
//! less is given up: what stays is a process of its own, which the one that started it ends in time.

#[cfg(windows)]
mod windows;

use std::{fs::File, io};

/// What the process may still use.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Bytes of address space, on Windows of memory itself; what is in use already included.
    pub memory: u64,
    /// Of processor time, from the start of the process on.
    pub cpu_seconds: u64,
}

/// Confines this process, which must have one thread.
pub fn confine(bounds: Bounds) {
    #[cfg(unix)]
    bound(bounds);
    #[cfg(windows)]
    if let Err(error) = windows::bound(bounds) {
        log::debug!("the system bounds nothing: {error}");
    }
    #[cfg(target_os = "linux")]
    if let Err(error) = filter_system_calls() {
        log::debug!("the kernel filters no system calls: {error}");
    }
}

/// Standard input, which can be sought in if it is a file.
///
/// # Errors
/// There is none.
pub fn stdin_as_file() -> io::Result<File> {
    #[cfg(unix)]
    let owned = std::os::fd::AsFd::as_fd(&io::stdin()).try_clone_to_owned()?;
    #[cfg(windows)]
    let owned = std::os::windows::io::AsHandle::as_handle(&io::stdin()).try_clone_to_owned()?;
    Ok(File::from(owned))
}

#[cfg(unix)]
fn bound(Bounds { memory, cpu_seconds }: Bounds) {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let bounds = [
        (Resource::As, memory),
        (Resource::Cpu, cpu_seconds),
        // What is written is a pipe's; a picture of the process when it dies is for nobody.
        (Resource::Fsize, 0),
        (Resource::Core, 0),
        (Resource::Nofile, 0),
    ];
    for (resource, most) in bounds {
        if let Err(error) = setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) }) {
            log::debug!("{resource:?} stays unbounded: {error}");
        }
    }
}

/// Everything else fails with EPERM: a library that asks in vain goes on without.
#[cfg(target_os = "linux")]
fn filter_system_calls() -> Result<(), seccompiler::Error> {
    use seccompiler::{SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompRule};

    // Reading and seeking the input and writing the result; memory; time; threads; ending.
    const NEEDED: [libc::c_long; 33] = [
        libc::SYS_read,
        libc::SYS_readv,
        libc::SYS_pread64,
        libc::SYS_lseek,
        libc::SYS_write,
        libc::SYS_writev,
        libc::SYS_close,
        libc::SYS_fstat,
        libc::SYS_mmap,
        libc::SYS_munmap,
        libc::SYS_mremap,
        libc::SYS_mprotect,
        libc::SYS_madvise,
        libc::SYS_brk,
        libc::SYS_futex,
        libc::SYS_sched_yield,
        libc::SYS_sched_getaffinity,
        libc::SYS_getrandom,
        libc::SYS_clock_gettime,
        libc::SYS_clock_nanosleep,
        libc::SYS_nanosleep,
        libc::SYS_rt_sigaction,
        libc::SYS_rt_sigprocmask,
        libc::SYS_rt_sigreturn,
        libc::SYS_sigaltstack,
        libc::SYS_restart_syscall,
        libc::SYS_gettid,
        libc::SYS_getpid,
        libc::SYS_set_robust_list,
        libc::SYS_rseq,
        libc::SYS_clone3,
        libc::SYS_exit,
        libc::SYS_exit_group,
    ];
    // What it would make lies in memory, where a filter can't look. Told that it isn't there, the C library calls `clone`.
    let unknown = SeccompAction::Errno(libc::ENOSYS.cast_unsigned());
    filter(vec![(libc::SYS_clone3, Vec::new())], SeccompAction::Allow, unknown)?;

    let thread = u64::from(libc::CLONE_THREAD.cast_unsigned());
    let is_thread = SeccompCondition::new(0, SeccompCmpArgLen::Qword, SeccompCmpOp::MaskedEq(thread), thread)?;
    let clone = (libc::SYS_clone, vec![SeccompRule::new(vec![is_thread])?]);
    let rules = NEEDED.into_iter().map(|call| (call, Vec::new())).chain([clone]).collect();
    filter(rules, SeccompAction::Errno(libc::EPERM.cast_unsigned()), SeccompAction::Allow)
}

/// Filters stay in force one behind the other, and the one that refuses counts.
#[cfg(target_os = "linux")]
fn filter(
    rules: Vec<(libc::c_long, Vec<seccompiler::SeccompRule>)>,
    others: seccompiler::SeccompAction,
    these: seccompiler::SeccompAction,
) -> Result<(), seccompiler::Error> {
    let rules = rules.into_iter().collect();
    let filter = seccompiler::SeccompFilter::new(rules, others, these, std::env::consts::ARCH.try_into()?)?;
    let program: seccompiler::BpfProgram = filter.try_into()?;
    seccompiler::apply_filter(&program)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::{process::Command, thread};

    use super::*;

    #[test]
    fn behind_the_filter_threads_start_and_programs_files_and_connections_do_not() {
        // It holds for the thread that sets it, and for those it starts.
        let (threads, program, file, connection) = thread::Builder::new()
            .spawn(|| {
                filter_system_calls().unwrap();
                let thread = thread::Builder::new().spawn(|| File::open("/etc/passwd").is_err());
                let threads = thread.map(|thread| thread.join().unwrap());
                (
                    threads,
                    Command::new("true").spawn().map(drop),
                    File::open("/etc/passwd").map(drop),
                    std::net::UdpSocket::bind("127.0.0.1:0").map(drop),
                )
            })
            .unwrap()
            .join()
            .unwrap();
        assert!(matches!(threads, Ok(true)), "a thread starts, and opens nothing: {threads:?}");
        for refused in [program, file, connection] {
            assert_eq!(refused.unwrap_err().kind(), io::ErrorKind::PermissionDenied);
        }
    }
}
