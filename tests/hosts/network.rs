//! Virtual hosts: network namespaces, each with one cable into a common switch.

use std::{
    path::Path,
    process::{Child, Command, Output, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

/// A switch and the hosts on it. All of it goes away on drop.
pub struct Network {
    switch: String,
    pub hosts: Vec<Host>,
}

/// One host: `10.77.0.N/24` and `fd77::N/64` on `eth0`, and loopback.
pub struct Host {
    namespace: String,
    port: String,
    switch: String,
}

/// A program that runs on a host; ended on drop, by its id.
pub struct Running {
    pub child: Child,
    name: String,
}

impl Network {
    /// `None` where the machine allows no namespaces and the run was told that skipping is fine; then the test has to
    /// return. As an ordinary user the calling test is run again, alone, inside a user namespace, and this returns
    /// `None` in the outer one when the inner one passed.
    pub fn new(hosts: usize) -> Option<Self> {
        if !rustix::process::geteuid().is_root() {
            run_this_test_again_in_a_user_namespace();
            return None;
        }
        static COUNTER: AtomicU32 = AtomicU32::new(0);
        let prefix = format!("fantail-{}-{}", std::process::id(), COUNTER.fetch_add(1, Ordering::Relaxed));
        let switch = format!("{prefix}-switch");
        if let Err(why) = try_ip(&["netns", "add", &switch]) {
            assert!(
                std::env::var_os("FANTAIL_TEST_ALLOW_SKIP").is_some(),
                "no network namespaces here ({why}); run tests/run --allow-skip to go on without these tests"
            );
            eprintln!("skipped: no network namespaces here ({why})");
            return None;
        }
        let mut network = Self { switch: switch.clone(), hosts: Vec::new() };
        ip(&["-n", &switch, "link", "add", "switch", "type", "bridge"]);
        ip(&["-n", &switch, "link", "set", "switch", "up"]);
        for number in 1..=hosts {
            network.plug_in(&prefix, number);
        }
        Some(network)
    }

    fn plug_in(&mut self, prefix: &str, number: usize) {
        let (namespace, port) = (format!("{prefix}-{number}"), format!("port{number}"));
        ip(&["netns", "add", &namespace]);
        let host = Host { namespace: namespace.clone(), port: port.clone(), switch: self.switch.clone() };
        // Held from here on, so that a failing step below still cleans up.
        self.hosts.push(host);
        ip(&["link", "add", "eth0", "netns", &namespace, "type", "veth", "peer", "name", &port, "netns", &self.switch]);
        ip(&["-n", &self.switch, "link", "set", &port, "master", "switch", "up"]);
        ip(&["-n", &namespace, "link", "set", "lo", "up"]);
        ip(&[
            "-n",
            &namespace,
            "addr",
            "add",
            &format!("10.77.0.{number}/24"),
            "broadcast",
            "10.77.0.255",
            "dev",
            "eth0",
        ]);
        ip(&["-n", &namespace, "addr", "add", &format!("fd77::{number}/64"), "dev", "eth0", "nodad"]);
        ip(&["-n", &namespace, "link", "set", "eth0", "up"]);
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        for namespace in self.hosts.iter().map(|host| &host.namespace).chain([&self.switch]) {
            try_ip(&["netns", "del", namespace]).ok();
        }
    }
}

impl Host {
    /// A command that will run on this host.
    pub fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.namespace]).arg(program.as_ref());
        command.stdin(Stdio::null());
        command
    }

    /// What `ip` knows it by.
    #[allow(dead_code, reason = "used by the benchmarks, which share this file")]
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// Pulls the cable or plugs it in again.
    pub fn cable(&self, plugged_in: bool) {
        for port in [&self.port, &self.other_port()] {
            let link = ["-n", &self.switch, "link", "set", port, if plugged_in { "up" } else { "down" }];
            // The second one may not be there.
            try_ip(&link).unwrap_or_else(|why| assert!(*port != self.port, "ip {}: {why}", link.join(" ")));
        }
    }

    /// `ip` on this host.
    #[allow(dead_code, reason = "not used by the benchmarks, which share this file")]
    pub fn ip(&self, arguments: &[&str]) -> Result<(), String> {
        try_ip(&[&["-n", &self.namespace], arguments].concat())
    }

    /// How large a packet on this device may be, also on the switch's side.
    #[allow(dead_code, reason = "not used by the benchmarks, which share this file")]
    pub fn packet_size(&self, device: &str, bytes: u32) {
        let port = if device == "eth0" { self.port.clone() } else { self.other_port() };
        ip(&["-n", &self.switch, "link", "set", &port, "mtu", &bytes.to_string()]);
        ip(&["-n", &self.namespace, "link", "set", device, "mtu", &bytes.to_string()]);
    }

    /// A second cable into the same switch, if there is none yet; in any case this device is up afterwards.
    #[allow(dead_code, reason = "not used by the benchmarks, which share this file")]
    pub fn plug_in_another(&self, device: &str) {
        if self.ip(&["link", "show", device]).is_err() {
            let (namespace, switch, port) = (&self.namespace, &self.switch, &self.other_port());
            ip(&["link", "add", device, "netns", namespace, "type", "veth", "peer", "name", port, "netns", switch]);
            ip(&["-n", switch, "link", "set", port, "master", "switch", "up"]);
        }
        ip(&["-n", &self.namespace, "link", "set", device, "up"]);
    }

    fn other_port(&self) -> String {
        format!("{}b", self.port)
    }
}

impl Running {
    pub fn start(name: &str, command: &mut Command) -> Self {
        let child = command.spawn().unwrap_or_else(|error| panic!("{name} doesn't start: {error}"));
        Self { child, name: name.to_owned() }
    }

    #[allow(dead_code, reason = "used by the benchmarks, which share this file")]
    pub fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// The process's number.
    #[allow(dead_code, reason = "the benchmarks, which share this file, need it not")]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for the end and gives the exit code.
    pub fn wait(&mut self, within: Duration) -> i32 {
        let until = Instant::now() + within;
        loop {
            if let Ok(Some(status)) = self.child.try_wait() {
                return status.code().unwrap_or(-1);
            }
            assert!(Instant::now() < until, "{} did not end within {within:?}", self.name);
            std::thread::sleep(POLL);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Between two looks at something that is being waited for.
pub const POLL: Duration = Duration::from_millis(50);

/// Looks until there is something to see; `what` says in the failure what was missing.
pub fn wait_for<T>(what: &str, within: Duration, mut look: impl FnMut() -> Option<T>) -> T {
    let until = Instant::now() + within;
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(Instant::now() < until, "not within {within:?}: {what}");
        std::thread::sleep(POLL);
    }
}

/// What a finished command wrote, for failures.
pub fn said(output: &Output) -> String {
    format!(
        "{}\n--- stdout\n{}\n--- stderr\n{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

fn ip(arguments: &[&str]) {
    try_ip(arguments).unwrap_or_else(|why| panic!("ip {}: {why}", arguments.join(" ")));
}

fn try_ip(arguments: &[&str]) -> Result<(), String> {
    let output =
        Command::new("ip").args(arguments).output().map_err(|error| format!("iproute2 is missing: {error}"))?;
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()) }
}

/// Maps this user to root inside a new user, network and mount namespace, with an empty /run for `ip netns`.
fn run_this_test_again_in_a_user_namespace() {
    let test = std::thread::current().name().expect("tests run on threads of their name").to_owned();
    let myself = std::env::current_exe().expect("a running test has a path");
    let status = Command::new("unshare")
        .args(["--user", "--map-root-user", "--net", "--mount", "sh", "-c"])
        .arg("mount -t tmpfs tmpfs /run && exec \"$0\" --exact \"$1\" --nocapture")
        .arg(myself)
        .arg(&test)
        .status();
    let works = status.as_ref().is_ok_and(std::process::ExitStatus::success);
    assert!(
        works || std::env::var_os("FANTAIL_TEST_ALLOW_SKIP").is_some(),
        "{test} needs root or user namespaces, or it failed inside one ({status:?}); \
         tests/run --allow-skip goes on without these tests"
    );
}
