//! Programs that speak LocalSend's protocol. The official app has no command line; these are its clones, and a library.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use super::{Job, Moved, Tool, Until, fresh_port, installed, measure, python};
use crate::{
    process::{Outcome, Program},
    sources,
};

/// localsend-ts (Node.js), which carries single files.
pub struct LocalsendTs;

impl LocalsendTs {
    fn program() -> PathBuf {
        installed().join("node/node_modules/.bin/localsend")
    }

    fn once(job: &Job<'_>) -> Outcome<Moved> {
        let port = fresh_port();
        let mut receiving = job.stage.at_receiver(Self::program());
        receiving.args(["receive", "--autoAccept", "--port", &port.to_string(), "--saveDir"]).arg(job.into);
        let mut receiver = Program::start("localsend-ts receiving", &mut receiving, job.stage.logs)?;
        receiver.listens(port)?;
        let mut sending = job.stage.at_sender(Self::program());
        sending.args(["send", job.stage.address]).arg(&job.source.path).args(["--port", &port.to_string()]);
        measure("localsend-ts", receiver, &mut sending, &job.stage, Until::SenderEnds)
    }
}

impl Tool for LocalsendTs {
    fn name(&self) -> String {
        "localsend-ts, HTTP (Node.js, not encrypted)".into()
    }

    fn programs(&self) -> Vec<PathBuf> {
        vec!["node".into(), Self::program()]
    }

    /// Most sends of large files by 0.1.2 fail, for a speed computed out of no milliseconds. One that doesn't is
    /// measured, if there is one.
    fn carry(&self, job: &Job<'_>) -> Outcome<Moved> {
        const TRIES: usize = 10;
        let mut outcome = Self::once(job);
        for _ in 1..TRIES {
            if outcome.is_ok() {
                break;
            }
            sources::clear(&self.arrives(job));
            outcome = Self::once(job);
        }
        outcome
    }
}

/// localsendd (Python): a daemon at each end. A folder is given to it as its files.
pub struct Localsendd;

/// Where LocalSend listens; localsendd sends to no other port of an address.
const PORT: u16 = 53317;

impl Tool for Localsendd {
    fn name(&self) -> String {
        "localsendd, HTTPS (Python)".into()
    }

    fn programs(&self) -> Vec<PathBuf> {
        vec![python("localsendd"), python("localsendctl")]
    }

    fn flattens(&self) -> bool {
        true
    }

    fn carry(&self, job: &Job<'_>) -> Outcome<Moved> {
        let own = tempfile::tempdir_in(job.stage.scratch).map_err(|error| error.to_string())?;
        let daemon = |end: &str, port: u16, into: PathBuf| {
            let mut command = job.stage.at_sender(python("localsendd"));
            command.args(["--unattended", "--alias", end, "--port", &port.to_string(), "--download-dir"]).arg(into);
            command.arg("--socket").arg(own.path().join(format!("{end}.socket")));
            // Its own key and settings, not this user's.
            command.env("HOME", own.path().join(end)).env("XDG_CONFIG_HOME", own.path().join(end));
            fs::create_dir_all(own.path().join(end)).map_err(|error| error.to_string())?;
            let mut program = Program::start(&format!("localsendd {end}"), &mut command, job.stage.logs)?;
            program.listens(port)?;
            Ok::<_, String>(program)
        };
        let receiver = daemon("receiver", PORT, job.into.to_owned())?;
        let mut sender = daemon("sender", fresh_port(), own.path().join("nothing"))?;
        sender.count_from_here();
        let mut sending = job.stage.at_sender(python("localsendctl"));
        sending.arg("--socket").arg(own.path().join("sender.socket"));
        sending.args(["send", "--wait", "--quiet", "--to", job.stage.address]).args(job.source.all_files());
        let moved = measure("localsendd", receiver, &mut sending, &job.stage, Until::SenderEnds)?;
        // The command only asks; the daemon sends.
        Ok(Moved { sender: sender.stop(), ..moved })
    }
}

/// The LocalSend library of the Rust registry in a program of a few lines (`benches/localsend_library`), HTTP.
pub struct Library;

impl Library {
    fn program() -> PathBuf {
        installed().join("bin/localsend-library")
    }
}

impl Tool for Library {
    fn name(&self) -> String {
        "LocalSend library, HTTP (not encrypted)".into()
    }

    fn programs(&self) -> Vec<PathBuf> {
        vec![Self::program()]
    }

    fn flattens(&self) -> bool {
        true
    }

    fn carry(&self, job: &Job<'_>) -> Outcome<Moved> {
        let port = fresh_port();
        let mut receiving = job.stage.at_receiver(Self::program());
        receiving.args(["receive", &port.to_string()]).arg(job.into);
        // The library asks with a dialog; this one says yes at once.
        let path = std::env::var("PATH").unwrap_or_default();
        receiving.env("PATH", format!("{}:{path}", says_yes(job.stage.scratch)?.display()));
        receiving.env_remove("XDG_CURRENT_DESKTOP");
        let mut receiver = Program::start("localsend library receiving", &mut receiving, job.stage.logs)?;
        receiver.listens(port)?;
        let mut sending = job.stage.at_sender(Self::program());
        sending.args(["send", job.stage.address, &port.to_string()]).args(job.source.all_files());
        measure("localsend library", receiver, &mut sending, &job.stage, Until::SenderEnds)
    }
}

/// A folder with a `zenity` that has the answer already.
fn says_yes(scratch: &Path) -> Outcome<PathBuf> {
    let folder = scratch.join("says-yes");
    let program = folder.join("zenity");
    let make = || {
        fs::create_dir_all(&folder)?;
        fs::write(&program, "#!/bin/sh\nexit 0\n")?;
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755))
    };
    make().map_err(|error: std::io::Error| error.to_string())?;
    Ok(folder)
}
