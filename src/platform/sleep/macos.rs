//! caffeinate(8), which comes with the system. It ends with this process, however that ends.
#![forbid(unsafe_code)]

use std::{
    io,
    process::{Child, Command, Stdio},
};

/// Dropping it lets go.
#[derive(Debug)]
pub(super) struct Hold(Child);

pub(super) fn hold() -> io::Result<Hold> {
    let this = std::process::id().to_string();
    let mut caffeinate = Command::new("/usr/bin/caffeinate");
    caffeinate.args(["-i", "-s", "-w", &this]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    caffeinate.spawn().map(Hold)
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}
