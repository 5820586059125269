//! A job with bounds, which holds this process until it ends.
//!
//! Unsafe code: jobs have no safe wrapper in the standard library, and those elsewhere know neither the bound on time
//! nor that on processes. What is handed over is one plain structure of our own, and handles that are ours.
#![allow(unsafe_code)]

use std::{ffi::c_void, io, mem, ptr};

use windows_sys::Win32::{
    Foundation::{CloseHandle, HANDLE},
    System::{
        JobObjects::{
            AssignProcessToJobObject, CreateJobObjectW, JOB_OBJECT_LIMIT_ACTIVE_PROCESS,
            JOB_OBJECT_LIMIT_DIE_ON_UNHANDLED_EXCEPTION, JOB_OBJECT_LIMIT_PROCESS_MEMORY,
            JOB_OBJECT_LIMIT_PROCESS_TIME, JOB_OBJECT_UILIMIT_DESKTOP, JOB_OBJECT_UILIMIT_DISPLAYSETTINGS,
            JOB_OBJECT_UILIMIT_EXITWINDOWS, JOB_OBJECT_UILIMIT_GLOBALATOMS, JOB_OBJECT_UILIMIT_HANDLES,
            JOB_OBJECT_UILIMIT_READCLIPBOARD, JOB_OBJECT_UILIMIT_SYSTEMPARAMETERS, JOB_OBJECT_UILIMIT_WRITECLIPBOARD,
            JOBOBJECT_BASIC_UI_RESTRICTIONS, JOBOBJECT_EXTENDED_LIMIT_INFORMATION, JOBOBJECTINFOCLASS,
            JobObjectBasicUIRestrictions, JobObjectExtendedLimitInformation, SetInformationJobObject,
        },
        Threading::GetCurrentProcess,
    },
};

use super::Bounds;

/// The system counts processor time in steps of 100 ns.
const STEPS_A_SECOND: u64 = 10_000_000;

/// From here on this process starts no other, takes no more memory (committed bytes, not addresses) and time than it may,
/// and reaches neither clipboard nor desktop. Ending it is the system's part: a job whose bound on time is passed ends.
///
/// # Errors
/// The system's, where this process lies in a job already that allows none within.
pub(super) fn bound(Bounds { memory, cpu_seconds }: Bounds) -> io::Result<()> {
    let mut limits = JOBOBJECT_EXTENDED_LIMIT_INFORMATION::default();
    limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_ACTIVE_PROCESS
        | JOB_OBJECT_LIMIT_PROCESS_TIME
        | JOB_OBJECT_LIMIT_PROCESS_MEMORY
        // One that crashes ends, without a window that says so.
        | JOB_OBJECT_LIMIT_DIE_ON_UNHANDLED_EXCEPTION;
    limits.BasicLimitInformation.ActiveProcessLimit = 1;
    limits.BasicLimitInformation.PerProcessUserTimeLimit = (cpu_seconds * STEPS_A_SECOND).cast_signed();
    limits.ProcessMemoryLimit = usize::try_from(memory).unwrap_or(usize::MAX);

    let untouchable = JOBOBJECT_BASIC_UI_RESTRICTIONS {
        UIRestrictionsClass: JOB_OBJECT_UILIMIT_DESKTOP
            | JOB_OBJECT_UILIMIT_DISPLAYSETTINGS
            | JOB_OBJECT_UILIMIT_EXITWINDOWS
            | JOB_OBJECT_UILIMIT_GLOBALATOMS
            | JOB_OBJECT_UILIMIT_HANDLES
            | JOB_OBJECT_UILIMIT_READCLIPBOARD
            | JOB_OBJECT_UILIMIT_SYSTEMPARAMETERS
            | JOB_OBJECT_UILIMIT_WRITECLIPBOARD,
    };

    let job = Job::new()?;
    job.set(JobObjectExtendedLimitInformation, &limits)?;
    job.set(JobObjectBasicUIRestrictions, &untouchable)?;
    job.enter()
}

/// It lasts as long as a process is in it, whoever holds its handle.
struct Job(HANDLE);

impl Job {
    fn new() -> io::Result<Self> {
        // SAFETY: neither attributes nor a name.
        let job = unsafe { CreateJobObjectW(ptr::null(), ptr::null()) };
        if job.is_null() { Err(io::Error::last_os_error()) } else { Ok(Self(job)) }
    }

    /// `class` names the structure `T`.
    fn set<T>(&self, class: JOBOBJECTINFOCLASS, information: &T) -> io::Result<()> {
        let length = u32::try_from(mem::size_of::<T>()).map_err(io::Error::other)?;
        // SAFETY: the structure outlives the call, which reads `length` bytes of it.
        done(unsafe { SetInformationJobObject(self.0, class, (&raw const *information).cast::<c_void>(), length) })
    }

    fn enter(&self) -> io::Result<()> {
        // SAFETY: both handles are valid; the process's own needs no closing.
        done(unsafe { AssignProcessToJobObject(self.0, GetCurrentProcess()) })
    }
}

impl Drop for Job {
    fn drop(&mut self) {
        // SAFETY: made above, closed once.
        unsafe { CloseHandle(self.0) };
    }
}

fn done(result: i32) -> io::Result<()> {
    if result == 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}
