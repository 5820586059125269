//! Programs that speak LocalSend's protocol. The official app has no command line; these are its clones, and a library.

use std::path::PathBuf;

use super::{Job, Moved, Tool, Until, fresh_port, installed, measure, python};
use crate::process::{Outcome, Program};

/// localsend-rs, which carries single files.
pub struct LocalsendRs {
    pub https: bool,
}

impl Tool for LocalsendRs {
    fn name(&self) -> String {
        if self.https { "localsend-rs, HTTPS" } else { "localsend-rs, HTTP (not encrypted)" }.into()
    }

    fn programs(&self) -> Vec<PathBuf> {
        vec![installed().join("bin/localsend-rs")]
    }

    fn carry(&self, job: &Job<'_>) -> Outcome<Moved> {
        let port = fresh_port();
        let program = installed().join("bin/localsend-rs");
        let mut receiving = job.stage.at_receiver(&program);
        receiving.args(["receive", "--auto-accept", "-p", &port.to_string(), "-d"]).arg(job.into);
        if !self.https {
            receiving.arg("--no-https");
        }
        let mut receiver = Program::start("localsend-rs receiving", &mut receiving, job.stage.logs)?;
        receiver.listens(port)?;
        let mut sending = job.stage.at_sender(&program);
        sending.args(["send", &format!("{}:{port}", job.stage.address)]).arg(&job.source.path);
        measure("localsend-rs", receiver, &mut sending, &job.stage, Until::SenderEnds)
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

    fn arrives(&self, job: &Job<'_>) -> PathBuf {
        if job.source.files == 1 { job.into.join(job.source.name()) } else { job.into.to_owned() }
    }

    fn carry(&self, job: &Job<'_>) -> Outcome<Moved> {
        let own = tempfile::tempdir_in(job.stage.scratch).map_err(|error| error.to_string())?;
        let daemon = |end: &str, port: u16, into: PathBuf| {
            let mut command = job.stage.at_sender(python("localsendd"));
            command.args(["--unattended", "--alias", end, "--port", &port.to_string(), "--download-dir"]).arg(into);
            command.arg("--socket").arg(own.path().join(format!("{end}.socket")));
            // Its own key and settings, not this user's.
            command.env("HOME", own.path().join(end)).env("XDG_CONFIG_HOME", own.path().join(end));
            std::fs::create_dir_all(own.path().join(end)).map_err(|error| error.to_string())?;
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

    fn arrives(&self, job: &Job<'_>) -> PathBuf {
        if job.source.files == 1 { job.into.join(job.source.name()) } else { job.into.to_owned() }
    }

    fn carry(&self, job: &Job<'_>) -> Outcome<Moved> {
        let port = fresh_port();
        let mut receiving = job.stage.at_receiver(Self::program());
        receiving.args(["receive", &port.to_string()]).arg(job.into);
        let mut receiver = Program::start("localsend library receiving", &mut receiving, job.stage.logs)?;
        receiver.listens(port)?;
        let mut sending = job.stage.at_sender(Self::program());
        sending.args(["send", job.stage.address, &port.to_string()]).args(job.source.all_files());
        measure("localsend library", receiver, &mut sending, &job.stage, Until::SenderEnds)
    }
}
