//! magic-wormhole (Python), with a mailbox server of its own on this machine.

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use super::{Job, Moved, Stage, Tool, fresh_port, python};
use crate::process::{Outcome, Program};

pub struct Wormhole;

impl Tool for Wormhole {
    fn name(&self) -> String {
        "magic-wormhole (Python)".into()
    }

    fn programs(&self) -> Vec<PathBuf> {
        vec![python("wormhole"), python("twist")]
    }

    fn carry(&self, job: &Job<'_>) -> Outcome<Moved> {
        let port = fresh_port();
        let mut serving = job.stage.at_sender(python("twist"));
        serving.args(["wormhole-mailbox", "--port", &format!("tcp:{port}:interface=127.0.0.1")]);
        serving.current_dir(job.stage.scratch);
        let mut mailbox = Program::start("wormhole mailbox", &mut serving, job.stage.logs)?;
        mailbox.listens(port)?;

        const CODE: &str = "1-fast-pigeon";
        let began = Instant::now();
        let path = job.source.path.display().to_string();
        let sender = start(&job.stage, port, "sending", &["send", "--hide-progress", "--code", CODE, &path])?;
        let into = job.into.display().to_string();
        let words = ["receive", "--hide-progress", "--accept-file", "-o", &into, CODE];
        let mut receiver = start(&job.stage, port, "receiving", &words)?;
        let mut sender = sender;
        receiver.wait(&mut [&mut sender])?;
        sender.wait(&mut [])?;
        let wall: Duration = began.elapsed();
        Ok(Moved { wall, sender: sender.end()?, receiver: receiver.end()? })
    }
}

fn start(stage: &Stage<'_>, mailbox: u16, end: &str, words: &[&str]) -> Outcome<Program> {
    let mut command = stage.at_sender(python("wormhole"));
    // No relay is asked: both are here.
    command.args(["--relay-url", &format!("ws://127.0.0.1:{mailbox}/v1"), "--transit-helper", "tcp:127.0.0.1:9"]);
    command.args(words);
    Program::start(&format!("wormhole {end}"), &mut command, stage.logs)
}
