//! `fantail nearby`

use std::time::{Duration, Instant};

use crate::{
    cli::{
        line::{ComputerLine, Exit, Kind, Line, Nothing},
        session::{Failure, Session},
    },
    engine::api::{Command, Computer, DeviceKind, Presence},
};

/// Looks for so long, then lists who is here.
pub(super) fn nearby(session: &mut Session<'_>, seconds: u32) -> Result<Exit, Failure> {
    session.ready()?;
    session.call(&Command::Refresh)?;
    let until = Instant::now() + Duration::from_secs(seconds.into());
    let mut snapshot = session.client.snapshot();
    while Instant::now() < until {
        snapshot = session.wait()?;
    }
    let here: Vec<&Computer> =
        snapshot.computers.iter().filter(|computer| computer.presence != Presence::Away).collect();
    if here.is_empty() {
        session.say(Line::Nothing(Nothing::Nearby));
    }
    for computer in here {
        session.say(Line::Computer(line(computer)));
    }
    Ok(Exit::Done)
}

fn line(computer: &Computer) -> ComputerLine {
    ComputerLine {
        name: computer.name.clone(),
        fingerprint: computer.fingerprint.to_string(),
        addresses: addresses(&computer.addresses),
        port: computer.port,
        kind: match computer.kind {
            DeviceKind::Computer => Kind::Computer,
            DeviceKind::Phone => Kind::Phone,
            DeviceKind::Browser => Kind::Browser,
        },
        verified: computer.verified,
        reachable: computer.presence == Presence::Reachable,
        new: computer.new,
    }
}

/// Each once: it may have answered on several ports.
fn addresses(all: &[std::net::SocketAddr]) -> Vec<String> {
    let mut addresses: Vec<String> = Vec::new();
    for address in all.iter().map(address) {
        if !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    addresses
}

/// Without the port, with the zone.
fn address(address: &std::net::SocketAddr) -> String {
    match address {
        std::net::SocketAddr::V6(v6) if v6.scope_id() != 0 => format!("{}%{}", v6.ip(), v6.scope_id()),
        other => other.ip().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_keeps_its_zone_and_loses_its_port() {
        for (given, expected) in [
            ("192.168.1.5:53317", "192.168.1.5"),
            ("[fe80::1%3]:53317", "fe80::1%3"),
            ("[2001:db8::1]:1", "2001:db8::1"),
        ] {
            assert_eq!(address(&given.parse().unwrap()), expected);
        }
    }
}
