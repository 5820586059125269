//! A long cable between two hosts: every packet is held back for a while, in both directions, in this process.
//!
//! The kernel's own `netem` is not in every kernel. Here each host gets a TUN device whose other end this process holds;
//! packets keep their order, as they do on one path. TCP hands over segments of up to 64 KiB in one piece, with the
//! header that says how they would be cut (`IFF_VNET_HDR`), and the other side takes them in so: otherwise two system
//! calls for every 1,500 bytes would be the limit.

use std::{
    fs::{File, OpenOptions},
    io::{Read as _, Write as _},
    process::Command,
    thread,
    time::{Duration, Instant},
};

use rustix::ioctl;

use crate::{network::Host, process::Outcome};

/// How long each packet takes.
#[derive(Clone, Copy, Debug)]
pub struct Delay {
    pub mean: Duration,
    /// At most so much more or less.
    pub jitter: Duration,
}

/// For so long the jitter stays the same. Drawn anew for each packet, with the order kept, the longest of many would
/// hold back all the others, and nothing would vary.
const JITTER_LASTS: Duration = Duration::from_millis(20);

/// What may be under way in one direction, in bytes: more than any TCP window here.
const UNDER_WAY: usize = 128 << 20;

/// The largest packet with its header.
const LARGEST: usize = (64 << 10) + 64;

/// The addresses of the two ends.
pub const NEAR: &str = "10.78.0.1";
pub const FAR: &str = "10.78.0.2";

/// Puts the line between two hosts and pulls their other cables. It works until this process ends.
pub fn lay(near: &Host, far: &Host, delay: Delay) -> Outcome<()> {
    let (one, other) = (Tun::open("near0")?, Tun::open("far0")?);
    for (host, device, own, peer) in [(near, "near0", NEAR, FAR), (far, "far0", FAR, NEAR)] {
        ip(&["link", "set", device, "netns", host.namespace()])?;
        let inside = |words: &[&str]| ip(&[&["-n", host.namespace()], words].concat());
        inside(&["addr", "add", own, "peer", peer, "dev", device])?;
        inside(&["link", "set", device, "txqueuelen", "10000", "up"])?;
        host.cable(false);
    }
    let both = |device: &Tun| device.0.try_clone().map_err(|error| error.to_string());
    carry("there", both(&one)?, both(&other)?, delay)?;
    carry("back", other.0, one.0, delay)
}

fn ip(words: &[&str]) -> Outcome<()> {
    let output = Command::new("ip").args(words).output().map_err(|error| format!("ip: {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    if output.status.success() { Ok(()) } else { Err(format!("ip {}: {}", words.join(" "), said.trim())) }
}

/// One direction: a thread that takes packets in and notes when they are due, and one that lets them out then.
fn carry(name: &str, mut from: File, mut to: File, delay: Delay) -> Outcome<()> {
    let (sender, due) = flume::bounded::<(Instant, Vec<u8>)>(UNDER_WAY / 1500);
    let mut dice = Dice(name.len() as u64);
    let take = move || {
        let mut packet = vec![0; LARGEST];
        let (mut drawn, mut now) = (Instant::now(), delay.mean);
        while let Ok(length) = from.read(&mut packet) {
            let arrived = Instant::now();
            if arrived.duration_since(drawn) >= JITTER_LASTS {
                drawn = arrived;
                now = delay.mean + (delay.jitter * 2).mul_f64(dice.throw()) - delay.jitter;
            }
            // A full line loses what comes, as a full router does.
            sender.try_send((arrived + now, packet[..length].to_vec())).ok();
        }
    };
    let give = move || {
        let mut last = Instant::now();
        for (at, packet) in due {
            // Never before the one ahead of it.
            last = last.max(at);
            thread::sleep(last.saturating_duration_since(Instant::now()));
            // An end that is gone takes nothing.
            to.write_all(&packet).ok();
        }
    };
    for (part, work) in [("take", Box::new(take) as Box<dyn FnOnce() + Send>), ("give", Box::new(give))] {
        thread::Builder::new().name(format!("{name}-{part}")).spawn(work).map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// Numbers that vary and are the same in every run (xorshift; nothing depends on their quality).
struct Dice(u64);

impl Dice {
    /// Between 0 and 1.
    fn throw(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// The end of a TUN device that a program holds.
struct Tun(File);

/// `struct ifreq` of netdevice(7), as far as TUNSETIFF reads it.
#[repr(C)]
struct Request {
    name: [u8; 16],
    flags: u16,
    rest: [u8; 22],
}

impl Tun {
    /// Makes the device, with packets that need not be cut or checksummed yet.
    fn open(name: &str) -> Outcome<Self> {
        // linux/if_tun.h
        const IFF_TUN: u16 = 0x0001;
        const IFF_NO_PI: u16 = 0x1000;
        const IFF_VNET_HDR: u16 = 0x4000;
        const TUNSETIFF: ioctl::Opcode = ioctl::opcode::write::<i32>(b'T', 202);
        const TUNSETOFFLOAD: ioctl::Opcode = ioctl::opcode::write::<u32>(b'T', 208);
        const TUN_F_CSUM: usize = 0x01;
        const TUN_F_TSO4: usize = 0x02;
        const TUN_F_TSO6: usize = 0x04;

        let file = OpenOptions::new().read(true).write(true).open("/dev/net/tun");
        let file = file.map_err(|error| format!("/dev/net/tun: {error}"))?;
        let mut request = Request { name: [0; 16], flags: IFF_TUN | IFF_NO_PI | IFF_VNET_HDR, rest: [0; 22] };
        request.name[..name.len()].copy_from_slice(name.as_bytes());
        // SAFETY: TUNSETIFF reads and writes one `struct ifreq`, whose layout and size `Request` has.
        #[allow(unsafe_code, reason = "the kernel offers TUN devices through ioctl alone")]
        let made = unsafe { ioctl::ioctl(&file, ioctl::Updater::<TUNSETIFF, Request>::new(&mut request)) };
        made.map_err(|error| format!("TUNSETIFF: {error}"))?;
        let offload = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6;
        // SAFETY: TUNSETOFFLOAD takes a number and touches no memory of ours.
        #[allow(unsafe_code, reason = "as above")]
        let set = unsafe { ioctl::ioctl(&file, ioctl::IntegerSetter::<TUNSETOFFLOAD>::new_usize(offload)) };
        set.map_err(|error| format!("TUNSETOFFLOAD: {error}"))?;
        Ok(Self(file))
    }
}
