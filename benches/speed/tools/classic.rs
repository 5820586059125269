//! What a Linux distribution brings: nc, socat, rsync, ssh and tar; and the bare TCP that all are held against.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::Command,
};

use super::{Job, Moved, Stage, Tool, Until, fresh_port, measure};
use crate::{
    process::{Outcome, Program},
    tcp::{self, Buffers},
};

/// Bare TCP, file to file.
pub struct Bare(pub Buffers);

impl Tool for Bare {
    fn name(&self) -> String {
        format!("bare TCP ({})", self.0)
    }

    fn programs(&self) -> Vec<PathBuf> {
        Vec::new()
    }

    fn carry(&self, job: &Job<'_>) -> Outcome<Moved> {
        let target = self.arrives(job);
        carry_bare(&job.stage, &job.source.path.display().to_string(), &target.display().to_string(), self.0)
    }
}

/// Bare TCP out of memory into nowhere, as iperf3 does it, in bytes a second: like its, without what starting costs.
pub fn bare_without_files(stage: &Stage<'_>, bytes: u64, buffers: Buffers) -> Outcome<f64> {
    let port = fresh_port();
    let myself = tcp::myself()?;
    let mut receiving = stage.at_receiver(&myself);
    receiving.args(tcp::receive_words(&format!("0.0.0.0:{port}"), "-", buffers));
    let mut receiver = Program::start_talking("bare TCP receiving", &mut receiving, stage.logs)?;
    receiver.listens(port)?;
    let mut sending = stage.at_sender(&myself);
    sending.args(tcp::send_words(&format!("{}:{port}", stage.address), &bytes.to_string(), buffers));
    Program::start("bare TCP sending", &mut sending, stage.logs)?.end()?;
    let seconds: f64 = receiver.line("how long it took", |line| line.text.parse().ok())?;
    receiver.end()?;
    Ok(bytes as f64 / seconds)
}

fn carry_bare(stage: &Stage<'_>, from: &str, into: &str, buffers: Buffers) -> Outcome<Moved> {
    let port = fresh_port();
    let myself = tcp::myself()?;
    let mut receiving = stage.at_receiver(&myself);
    receiving.args(tcp::receive_words(&format!("0.0.0.0:{port}"), into, buffers));
    let mut receiver = Program::start("bare TCP receiving", &mut receiving, stage.logs)?;
    receiver.listens(port)?;
    let mut sending = stage.at_sender(&myself);
    sending.args(tcp::send_words(&format!("{}:{port}", stage.address), from, buffers));
    measure("bare TCP", receiver, &mut sending, stage, Until::BothEnd)
}

/// What iperf3 gets for so many bytes, in bytes a second.
pub fn iperf3(stage: &Stage<'_>, bytes: u64, piece: usize) -> Outcome<f64> {
    let port = fresh_port().to_string();
    let mut serving = stage.at_receiver("iperf3");
    serving.args(["-s", "-1", "-p", &port]);
    let mut server = Program::start("iperf3 serving", &mut serving, stage.logs)?;
    server.listens(port.parse().unwrap_or_default())?;
    let mut client = stage.at_sender("iperf3");
    client.args(["-c", stage.address, "-p", &port, "-J", "-n", &bytes.to_string(), "-l", &piece.to_string()]);
    let output = client.stdout(std::process::Stdio::piped()).output().map_err(|error| format!("iperf3: {error}"))?;
    let report: serde_json::Value =
        serde_json::from_slice(&output.stdout).map_err(|error| format!("iperf3: {error}"))?;
    if let Some(error) = report["error"].as_str() {
        return Err(format!("iperf3: {error}"));
    }
    let rate = report["end"]["sum_received"]["bits_per_second"].as_f64().ok_or("iperf3 reports no rate")?;
    Ok(rate / 8.0)
}

/// OpenBSD's nc: no buffer to choose.
pub struct Netcat;

impl Tool for Netcat {
    fn name(&self) -> String {
        "nc".into()
    }

    fn programs(&self) -> Vec<PathBuf> {
        vec!["nc".into()]
    }

    fn carry(&self, job: &Job<'_>) -> Outcome<Moved> {
        let port = fresh_port();
        let target = File::create(self.arrives(job)).map_err(|error| error.to_string())?;
        let mut receiving = job.stage.at_receiver("nc");
        receiving.args(["-l", "0.0.0.0", &port.to_string()]).stdout(target);
        let mut receiver = Program::start("nc receiving", &mut receiving, job.stage.logs)?;
        receiver.listens(port)?;
        let source = File::open(&job.source.path).map_err(|error| error.to_string())?;
        let mut sending = job.stage.at_sender("nc");
        sending.args(["-N", job.stage.address, &port.to_string()]).stdin(source);
        measure("nc", receiver, &mut sending, &job.stage, Until::BothEnd)
    }
}

/// socat with this buffer, in bytes.
pub struct Socat(pub usize);

impl Tool for Socat {
    fn name(&self) -> String {
        format!("socat ({} KiB)", self.0 >> 10)
    }

    fn programs(&self) -> Vec<PathBuf> {
        vec!["socat".into()]
    }

    fn carry(&self, job: &Job<'_>) -> Outcome<Moved> {
        let port = fresh_port();
        let buffer = self.0.to_string();
        let mut receiving = job.stage.at_receiver("socat");
        let target = format!("OPEN:{},creat,trunc", self.arrives(job).display());
        receiving.args(["-u", "-b", &buffer, &format!("TCP-LISTEN:{port}"), &target]);
        let mut receiver = Program::start("socat receiving", &mut receiving, job.stage.logs)?;
        receiver.listens(port)?;
        let mut sending = job.stage.at_sender("socat");
        let source = format!("OPEN:{},rdonly", job.source.path.display());
        sending.args(["-u", "-b", &buffer, &source, &format!("TCP:{}:{port}", job.stage.address)]);
        measure("socat", receiver, &mut sending, &job.stage, Until::BothEnd)
    }
}

/// A folder as one tar stream through nc.
pub struct TarNetcat;

impl Tool for TarNetcat {
    fn name(&self) -> String {
        "tar through nc".into()
    }

    fn programs(&self) -> Vec<PathBuf> {
        vec!["tar".into(), "nc".into()]
    }

    fn carry(&self, job: &Job<'_>) -> Outcome<Moved> {
        let port = fresh_port();
        let mut receiving = job.stage.at_receiver("sh");
        receiving.args(["-c", "nc -l 0.0.0.0 \"$0\" | tar -x -C \"$1\"", &port.to_string()]).arg(job.into);
        let mut receiver = Program::start("tar receiving", &mut receiving, job.stage.logs)?;
        receiver.listens(port)?;
        let mut sending = job.stage.at_sender("sh");
        sending.args(["-c", "tar -c -C \"$2\" \"$3\" | nc -N \"$0\" \"$1\"", job.stage.address, &port.to_string()]);
        sending.arg(parent(&job.source.path)).arg(job.source.name());
        measure("tar", receiver, &mut sending, &job.stage, Until::BothEnd)
    }
}

/// rsync to its own daemon: nothing is encrypted.
pub struct RsyncDaemon;

impl Tool for RsyncDaemon {
    fn name(&self) -> String {
        "rsync daemon (not encrypted)".into()
    }

    fn programs(&self) -> Vec<PathBuf> {
        vec!["rsync".into()]
    }

    fn carry(&self, job: &Job<'_>) -> Outcome<Moved> {
        let port = fresh_port();
        let settings = job.stage.scratch.join(format!("rsyncd-{port}.conf"));
        let text =
            format!("use chroot = no\nuid = 0\ngid = 0\n[bench]\npath = {}\nread only = no\n", job.into.display());
        fs::write(&settings, text).map_err(|error| error.to_string())?;
        let mut serving = job.stage.at_receiver("rsync");
        serving.args(["--daemon", "--no-detach", "--port", &port.to_string(), "--config"]).arg(&settings);
        let mut server = Program::start("rsync daemon", &mut serving, job.stage.logs)?;
        server.listens(port)?;
        let mut sending = job.stage.at_sender("rsync");
        sending.args(["-rt", "--whole-file"]).arg(&job.source.path);
        sending.arg(format!("rsync://{}:{port}/bench/", job.stage.address));
        measure("rsync", server, &mut sending, &job.stage, Until::SenderEnds)
    }
}

/// What goes through ssh, with the cipher that is fastest where AES is in hardware.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThroughSsh {
    Rsync,
    /// And everything flushed at the end.
    RsyncFlushed,
    Tar,
    Scp,
}

const CIPHER: &str = "aes128-gcm@openssh.com";

impl Tool for ThroughSsh {
    fn name(&self) -> String {
        match self {
            Self::Rsync => "rsync over ssh (AES-128-GCM)",
            Self::RsyncFlushed => "rsync over ssh (AES-128-GCM), then syncfs",
            Self::Tar => "tar over ssh (AES-128-GCM)",
            Self::Scp => "scp (AES-128-GCM)",
        }
        .into()
    }

    fn programs(&self) -> Vec<PathBuf> {
        let own = match self {
            Self::Rsync | Self::RsyncFlushed => "rsync",
            Self::Tar => "tar",
            Self::Scp => "scp",
        };
        vec!["/usr/sbin/sshd".into(), "ssh".into(), own.into()]
    }

    fn carry(&self, job: &Job<'_>) -> Outcome<Moved> {
        let (server, port, key) = sshd(&job.stage)?;
        let options = format!(
            "-F none -c {CIPHER} -i {} -o IdentitiesOnly=yes -o StrictHostKeyChecking=no \
             -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -o BatchMode=yes",
            key.display()
        );
        let (address, into) = (job.stage.address, job.into.display());
        let (from, name) = (parent(&job.source.path).display().to_string(), job.source.name());
        let rsync = format!("rsync -rt --whole-file -e 'ssh {options} -p {port}' {from}/{name} {address}:{into}/");
        let words = match self {
            Self::Rsync => rsync,
            Self::RsyncFlushed => format!("{rsync} && ssh {options} -p {port} {address} sync -f {into}"),
            Self::Tar => format!("tar -c -C {from} {name} | ssh {options} -p {port} {address} tar -x -C {into}"),
            Self::Scp => format!("scp -q -r {options} -P {port} {from}/{name} {address}:{into}/"),
        };
        let mut sending = job.stage.at_sender("sh");
        sending.args(["-c", &words]);
        measure("ssh", server, &mut sending, &job.stage, Until::SenderEnds)
    }
}

/// A server with keys of its own that lets in nobody else.
fn sshd(stage: &Stage<'_>) -> Outcome<(Program, u16, PathBuf)> {
    let folder = stage.scratch.join("ssh");
    let key = folder.join("key");
    if !key.exists() {
        fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
        // Where the server wants to be jailed in before somebody has logged in.
        fs::create_dir_all("/run/sshd").ok();
        for name in ["host", "key"] {
            let made = Command::new("ssh-keygen")
                .args(["-q", "-t", "ed25519", "-N", "", "-f"])
                .arg(folder.join(name))
                .status();
            if !made.is_ok_and(|status| status.success()) {
                return Err("ssh-keygen makes no key".into());
            }
        }
    }
    let port = fresh_port();
    let settings = folder.join(format!("sshd-{port}.conf"));
    let text = format!(
        "Port {port}\nHostKey {0}/host\nAuthorizedKeysFile {0}/key.pub\nStrictModes no\nPermitRootLogin yes\n\
         UsePAM no\nPidFile none\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n\
         Subsystem sftp internal-sftp\n",
        folder.display()
    );
    fs::write(&settings, text).map_err(|error| error.to_string())?;
    let mut serving = stage.at_receiver("/usr/sbin/sshd");
    serving.args(["-D", "-e", "-f"]).arg(&settings);
    let mut server = Program::start("sshd", &mut serving, stage.logs)?;
    server.listens(port)?;
    Ok((server, port, key))
}

fn parent(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new("/"))
}
