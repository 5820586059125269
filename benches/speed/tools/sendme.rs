//! sendme: iroh's blobs over QUIC, directly and without relays.

use std::{path::PathBuf, time::Instant};

use super::{Job, Moved, Tool, fresh_port, installed};
use crate::process::{Outcome, Program};

pub struct Sendme;

fn program() -> PathBuf {
    installed().join("bin/sendme")
}

impl Tool for Sendme {
    fn name(&self) -> String {
        "sendme (QUIC)".into()
    }

    fn programs(&self) -> Vec<PathBuf> {
        vec![program()]
    }

    /// The sender hashes everything, gives out a ticket and serves; the receiver fetches.
    fn carry(&self, job: &Job<'_>) -> Outcome<Moved> {
        let began = Instant::now();
        let mut sending = job.stage.at_sender(program());
        // It keeps its own copy's index in the current folder.
        let address = format!("{}:{}", job.stage.address, fresh_port());
        sending
            .args(["send", "--relay", "disabled", "--no-progress", "--magic-ipv4-addr", &address])
            .arg(&job.source.path)
            .current_dir(job.stage.scratch);
        let sender = Program::start_talking("sendme sending", &mut sending, job.stage.logs)?;
        let ticket = sender.line("its ticket", |line| {
            line.text.split_whitespace().find(|word| word.starts_with("blob")).map(str::to_owned)
        })?;
        let mut receiving = job.stage.at_receiver(program());
        receiving.args(["receive", "--relay", "disabled", "--no-progress", &ticket]).current_dir(job.into);
        let mut receiver = Program::start("sendme receiving", &mut receiving, job.stage.logs)?;
        let mut sender = sender;
        receiver.wait(&mut [&mut sender])?;
        let wall = began.elapsed();
        let receiver = receiver.end()?;
        Ok(Moved { wall, sender: sender.stop(), receiver })
    }
}
