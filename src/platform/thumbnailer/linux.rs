//! The desktop's thumbnailers, run inside bubblewrap.
//!
//! What they are is in files that packages install (`/usr/share/thumbnailers/*.thumbnailer`: a program, its arguments, and
//! for which media types), the same that GNOME's, Cinnamon's, MATE's and Xfce's file managers go by. They parse files from
//! outside and are written in C, so they see nothing but the system's own files and the one file, both to be read only;
//! they have no network, no other process in sight, a filter on the kernel's calls, and bounds of time, memory and output.
//! What they make leaves through a pipe. Where bubblewrap is missing, or the kernel does not let it do all of this, they
//! are not run: bounds of memory alone would leave a program that was taken over with everything this person may do.
#![forbid(unsafe_code)]

use std::{
    env,
    ffi::{OsStr, OsString},
    fs,
    io::Write as _,
    os::unix::ffi::{OsStrExt as _, OsStringExt as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Instant,
};

use super::{ThumbnailerError, Wanted, written_by};

/// Where programs are looked for: only what the system installed is seen inside.
const PROGRAMS: [&str; 3] = ["/usr/local/bin", "/usr/bin", "/bin"];

/// Where descriptions are looked for if nothing else is said, as the base directory specification has it.
const DATA: &str = "/usr/local/share:/usr/share";

/// A description is a few lines.
const MAX_DESCRIPTION: u64 = 64 << 10;

/// Descriptions that are read; a desktop with everything installed has some thirty.
const MAX_DESCRIPTIONS: usize = 500;

/// Of address space, for each process in there: evince shows a page of pictures with 500 MiB.
const MAX_MEMORY: u64 = 2 << 30;

/// Of processor time, for each process in there.
const CPU_SECONDS: u64 = 10;

/// What all in there may write, in bytes; it lies in memory.
const MAX_WRITTEN: u64 = 128 << 20;

/// The first that is written once everything is locked: without it no program was run.
const LOCKED: u8 = b'L';

/// Where things are inside.
const INPUT: &str = "/input/file";
const OUTPUT: &str = "/tmp/preview.png";

pub(super) fn small_picture(wanted: Wanted<'_>, cancelled: &dyn Fn() -> bool) -> Result<Vec<u8>, ThumbnailerError> {
    let deadline = Instant::now() + wanted.within;
    let mut result = Err(ThumbnailerError::NoProgram);
    for command in thumbnailers(wanted.media_types) {
        result = run(&command, &wanted, deadline, cancelled);
        // Another may do better with this file, but not without time and not without locks.
        if result != Err(ThumbnailerError::NothingMade) {
            break;
        }
    }
    result
}

/// The command lines for these media types, the best first.
fn thumbnailers(media_types: &[&str]) -> Vec<Vec<String>> {
    let data = env::var_os("XDG_DATA_DIRS").filter(|dirs| !dirs.is_empty()).unwrap_or_else(|| DATA.into());
    let mut files: Vec<PathBuf> = env::split_paths(&data)
        .filter(|dir| dir.is_absolute())
        .filter_map(|dir| fs::read_dir(dir.join("thumbnailers")).ok())
        .flat_map(|dir| {
            let mut names: Vec<_> = dir.flatten().map(|entry| entry.path()).take(MAX_DESCRIPTIONS).collect();
            names.sort();
            names
        })
        .filter(|path| path.extension() == Some(OsStr::new("thumbnailer")))
        .collect();
    files.truncate(MAX_DESCRIPTIONS);
    let described: Vec<_> = files.iter().filter_map(|path| Description::read(path)).collect();
    let mut commands = Vec::new();
    for media_type in media_types {
        for description in &described {
            if description.media_types.iter().any(|known| known == media_type)
                && !commands.contains(&description.command)
            {
                commands.push(description.command.clone());
            }
        }
    }
    commands
}

/// What a `.thumbnailer` file says.
#[derive(Debug, PartialEq, Eq)]
struct Description {
    command: Vec<String>,
    media_types: Vec<String>,
}

impl Description {
    /// `None` if it makes no sense, or its program is not where it would be seen inside.
    fn read(path: &Path) -> Option<Self> {
        if fs::metadata(path).ok()?.len() > MAX_DESCRIPTION {
            return None;
        }
        let description = Self::parse(&fs::read_to_string(path).ok()?)?;
        program(description.command.first()?)?;
        Some(description)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines().map(str::trim).skip_while(|line| *line != "[Thumbnailer Entry]").skip(1);
        let (mut command, mut media_types) = (None, Vec::new());
        for line in lines.by_ref().take_while(|line| !line.starts_with('[')) {
            let Some((key, value)) = line.split_once('=') else { continue };
            match (key.trim_end(), value.trim_start()) {
                ("Exec", value) => command = words(value),
                ("TryExec", value) => _ = program(value)?,
                ("MimeType", value) => {
                    media_types = value.split(';').filter(|kind| !kind.is_empty()).map(str::to_owned).collect();
                }
                _ => {}
            }
        }
        Some(Self { command: command.filter(|command| !command.is_empty())?, media_types })
    }
}

/// The words of a command line, split and quoted as a shell does it. `None` if a quote has no end.
fn words(line: &str) -> Option<Vec<String>> {
    let (mut words, mut word) = (Vec::new(), None::<String>);
    let mut rest = line.chars();
    while let Some(char) = rest.next() {
        match char {
            ' ' | '\t' => words.extend(word.take()),
            '\'' => loop {
                match rest.next()? {
                    '\'' => break,
                    char => word.get_or_insert_default().push(char),
                }
            },
            '"' => {
                word.get_or_insert_default();
                loop {
                    match rest.next()? {
                        '"' => break,
                        '\\' => word.get_or_insert_default().push(rest.next()?),
                        char => word.get_or_insert_default().push(char),
                    }
                }
            }
            '\\' => word.get_or_insert_default().push(rest.next()?),
            char => word.get_or_insert_default().push(char),
        }
    }
    words.extend(word);
    Some(words)
}

/// A program that the system installed.
fn program(name: &str) -> Option<PathBuf> {
    if name.is_empty() {
        return None;
    }
    if Path::new(name).is_absolute() {
        let path = PathBuf::from(name);
        let seen = ["/usr", "/bin"].iter().any(|root| path.starts_with(root));
        return (seen && path.is_file()).then_some(path);
    }
    (!name.contains('/')).then_some(PROGRAMS)?.iter().map(|dir| Path::new(dir).join(name)).find(|path| path.is_file())
}

/// A thumbnailer's words with what they stand for put in.
fn filled_in(command: &[String], ending: &str, side: u32) -> Vec<String> {
    let input = format!("{INPUT}.{ending}");
    let filled = |word: &String| {
        let (mut filled, mut rest) = (String::new(), word.chars());
        while let Some(char) = rest.next() {
            match (char, if char == '%' { rest.next() } else { None }) {
                ('%', Some('i')) => filled.push_str(&input),
                ('%', Some('u')) => filled.push_str(&format!("file://{input}")),
                ('%', Some('o')) => filled.push_str(OUTPUT),
                ('%', Some('s')) => filled.push_str(&side.to_string()),
                ('%', Some(other)) => filled.push(other),
                ('%', None) => {}
                (char, _) => filled.push(char),
            }
        }
        filled
    };
    let mut words: Vec<String> = command.iter().map(filled).collect();
    // Left to itself it gives the small picture inside the file, however small that is.
    if words.first().is_some_and(|program| Path::new(program).file_name() == Some(OsStr::new("heif-thumbnailer"))) {
        words.insert(1, "-p".to_owned());
    }
    words
}

fn run(
    command: &[String],
    wanted: &Wanted<'_>,
    deadline: Instant,
    cancelled: &dyn Fn() -> bool,
) -> Result<Vec<u8>, ThumbnailerError> {
    let (Some(prlimit), Some(bwrap)) = (program("prlimit"), program("bwrap")) else {
        return Err(ThumbnailerError::NotConfined);
    };
    let filter = kernel_calls::filter().ok_or(ThumbnailerError::NotConfined)?;
    let path = fs::canonicalize(wanted.path).map_err(|_| ThumbnailerError::NothingMade)?;
    let mut child = Command::new(prlimit)
        .args([format!("--as={MAX_MEMORY}"), format!("--cpu={CPU_SECONDS}"), format!("--fsize={MAX_WRITTEN}")])
        .args([OsStr::new("--core=0"), OsStr::new("--"), bwrap.as_os_str()])
        .args(locks())
        .args([OsStr::new("--ro-bind"), path.as_os_str(), OsStr::new(&format!("{INPUT}.{}", wanted.ending))])
        // What it prints is for nobody; what it made goes where it printed, behind the word that the locks hold.
        .args(["--", "/bin/sh", "-c", r#"printf L; "$@" </dev/null >/dev/null 2>&1; exec cat "$0" </dev/null"#, OUTPUT])
        .args(filled_in(command, wanted.ending, wanted.side))
        .env_clear()
        .envs(environment())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| {
            log::debug!("no thumbnailer: {error}");
            ThumbnailerError::NotConfined
        })?;
    if let Some(mut stdin) = child.stdin.take() {
        // It fits into a pipe. One that does not take it has ended, which shows below.
        stdin.write_all(&filter).ok();
    }
    let made = written_by(child, deadline, cancelled).and_then(|mut written| {
        if written.first() != Some(&LOCKED) {
            return Err(ThumbnailerError::NotConfined);
        }
        written.remove(0);
        if written.is_empty() { Err(ThumbnailerError::NothingMade) } else { Ok(written) }
    });
    if let Err(error) = made {
        log::debug!("{command:?}: {error}");
    }
    made
}

/// Nothing of this person's, nothing of the network, nothing to write but what is gone with it.
fn locks() -> Vec<OsString> {
    let mut locks: Vec<OsString> = [
        "--unshare-all",
        // Said once more: with the above alone a kernel that refuses this is put up with.
        "--unshare-user",
        "--disable-userns",
        "--die-with-parent",
        "--new-session",
        "--cap-drop",
        "ALL",
        "--seccomp",
        "0",
        "--proc",
        "/proc",
        "--dev",
        "/dev",
        "--ro-bind",
        "/usr",
        "/usr",
        "--chdir",
        "/",
    ]
    .map(OsString::from)
    .into();
    let mut lock = |words: &[&OsStr]| locks.extend(words.iter().map(OsString::from));
    for name in ["bin", "lib", "lib32", "lib64", "sbin"] {
        let path = Path::new("/").join(name);
        match fs::read_link(&path) {
            Ok(target) => lock(&["--symlink".as_ref(), target.as_os_str(), path.as_os_str()]),
            Err(_) => lock(&["--ro-bind-try".as_ref(), path.as_os_str(), path.as_os_str()]),
        }
    }
    for path in ["/etc/ld.so.cache", "/etc/alternatives", "/etc/fonts", "/var/cache/fontconfig"] {
        lock(&["--ro-bind-try".as_ref(), path.as_ref(), path.as_ref()]);
    }
    let room = MAX_WRITTEN.to_string();
    for path in ["/tmp", "/dev/shm"] {
        lock(&["--size".as_ref(), room.as_ref(), "--tmpfs".as_ref(), path.as_ref()]);
    }
    locks
}

fn environment() -> Vec<(&'static str, OsString)> {
    let mut environment: Vec<(&str, OsString)> = vec![
        ("PATH", PROGRAMS.join(":").into()),
        ("HOME", "/tmp".into()),
        ("XDG_CACHE_HOME", "/tmp".into()),
        ("XDG_RUNTIME_DIR", "/tmp".into()),
        ("GIO_USE_VFS", "local".into()),
    ];
    // Which forms Chinese characters take depends on it.
    if let Some(language) = env::var_os("LANG").filter(|language| language.len() < 100) {
        environment.push(("LANG", OsString::from_vec(language.as_bytes().to_vec())));
    }
    environment
}

/// What no thumbnailer needs of the kernel, and where it had its holes.
mod kernel_calls {
    use seccompiler::{BpfProgram, SeccompAction, SeccompFilter};

    const REFUSED: &[libc::c_long] = &[
        libc::SYS_acct,
        libc::SYS_add_key,
        libc::SYS_bpf,
        libc::SYS_delete_module,
        libc::SYS_finit_module,
        libc::SYS_fsconfig,
        libc::SYS_fsmount,
        libc::SYS_fsopen,
        libc::SYS_init_module,
        libc::SYS_io_uring_enter,
        libc::SYS_io_uring_register,
        libc::SYS_io_uring_setup,
        libc::SYS_kexec_load,
        libc::SYS_keyctl,
        libc::SYS_lookup_dcookie,
        libc::SYS_mbind,
        libc::SYS_migrate_pages,
        libc::SYS_mount,
        libc::SYS_mount_setattr,
        libc::SYS_move_mount,
        libc::SYS_move_pages,
        libc::SYS_open_by_handle_at,
        libc::SYS_open_tree,
        libc::SYS_perf_event_open,
        libc::SYS_personality,
        libc::SYS_pivot_root,
        libc::SYS_process_vm_readv,
        libc::SYS_process_vm_writev,
        libc::SYS_ptrace,
        libc::SYS_quotactl,
        libc::SYS_reboot,
        libc::SYS_request_key,
        libc::SYS_setns,
        libc::SYS_swapoff,
        libc::SYS_swapon,
        libc::SYS_syslog,
        libc::SYS_umount2,
        libc::SYS_unshare,
        libc::SYS_userfaultfd,
        libc::SYS_vhangup,
    ];

    /// On x86-64 each call has a second number, of the ABI with pointers of 32 bits.
    #[cfg(target_arch = "x86_64")]
    const SECOND_NUMBER: libc::c_long = 0x4000_0000;

    /// As bubblewrap reads it: the kernel's instructions one behind the other.
    pub(super) fn filter() -> Option<Vec<u8>> {
        let refused = REFUSED.iter().copied();
        #[cfg(target_arch = "x86_64")]
        let refused = refused.clone().chain(refused.map(|call| call | SECOND_NUMBER));
        let filter = SeccompFilter::new(
            refused.map(|call| (call, Vec::new())).collect(),
            SeccompAction::Allow,
            SeccompAction::Errno(libc::EPERM.cast_unsigned()),
            std::env::consts::ARCH.try_into().ok()?,
        );
        let program: BpfProgram = filter.ok()?.try_into().ok()?;
        let bytes = |step: &seccompiler::sock_filter| {
            let [a, b] = step.code.to_ne_bytes();
            let [e, f, g, h] = step.k.to_ne_bytes();
            [a, b, step.jt, step.jf, e, f, g, h]
        };
        Some(program.iter().flat_map(bytes).collect())
    }
}

#[cfg(test)]
mod tests;
