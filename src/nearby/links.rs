//! The networks this computer is on at this moment.

use std::{
    collections::BTreeSet,
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use if_addrs::{IfAddr, IfOperStatus, Interface};

/// One address of one interface by which others on its network can be spoken to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Link {
    V4 {
        ip: Ipv4Addr,
        mask: u32,
        /// Of its own network; none on one that has none.
        broadcast: Option<Ipv4Addr>,
        index: Option<u32>,
        /// The system's name of the interface.
        name: String,
    },
    /// A link-local address; its index is the scope id.
    V6 { ip: Ipv6Addr, index: u32, name: String },
}

/// More networks than a computer has, and a bound for what a broken one reports.
pub(super) const MAX_LINKS: usize = 64;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Links {
    /// In a fixed order, each once.
    pub links: BTreeSet<Link>,
    /// Where others could reach this computer: IPv4, then IPv6 beyond the link.
    pub addresses: BTreeSet<IpAddr>,
}

impl Links {
    /// Asks the system. Takes well under a millisecond on Unix, longer on Windows.
    pub(super) fn read(loopback_only: bool) -> io::Result<Self> {
        Ok(Self::of(&if_addrs::get_if_addrs()?, loopback_only))
    }

    fn of(interfaces: &[Interface], loopback_only: bool) -> Self {
        let mut all = Self::default();
        for interface in interfaces.iter().filter(|interface| is_usable(interface, loopback_only)) {
            let loopback = interface.is_loopback();
            if loopback == loopback_only && !interface.is_link_local_v6() && all.addresses.len() < MAX_LINKS {
                all.addresses.insert(interface.ip());
            }
            if let Some(link) = Link::of(interface)
                && all.links.len() < MAX_LINKS
            {
                all.links.insert(link);
            }
        }
        all
    }

    /// Whether a datagram from there came from one of these networks and not through a router. Anybody on the same
    /// network can forge that; nobody outside should.
    pub(super) fn has(&self, source: SocketAddr) -> bool {
        self.links.iter().any(|link| link.has(source))
    }

    /// Own addresses with a port.
    pub(super) fn sockets(&self, port: u16) -> Vec<SocketAddr> {
        self.addresses.iter().map(|&ip| SocketAddr::new(ip, port)).collect()
    }
}

impl Link {
    fn of(interface: &Interface) -> Option<Self> {
        let name = interface.name.clone();
        match &interface.addr {
            IfAddr::V4(v4) if v4.ip.is_unspecified() || v4.ip.is_multicast() => None,
            IfAddr::V4(v4) => {
                // An address whose network isn't told is alone on it.
                let mask = if v4.netmask.is_unspecified() { u32::MAX } else { v4.netmask.to_bits() };
                // /31 and /32 have none. Often it isn't told, though the system knows it.
                let computed = (mask.count_zeros() >= 2).then(|| Ipv4Addr::from_bits(v4.ip.to_bits() | !mask));
                let told = v4.broadcast.filter(|told| !told.is_unspecified() && *told != v4.ip);
                let broadcast =
                    if v4.ip.is_loopback() { Some(LOOPBACK_BROADCAST) } else { computed.and(told.or(computed)) };
                Some(Self::V4 { ip: v4.ip, mask, broadcast, index: interface.index, name })
            }
            IfAddr::V6(v6) if v6.is_link_local() => {
                // BSD systems, macOS among them, hide the scope in the second group of what they list.
                let [first, _, rest @ ..] = v6.ip.segments();
                let [c, d, e, f, g, h] = rest;
                let ip = Ipv6Addr::new(first, 0, c, d, e, f, g, h);
                Some(Self::V6 { ip, index: interface.index?, name })
            }
            IfAddr::V6(_) => None,
        }
    }

    fn has(&self, source: SocketAddr) -> bool {
        match (self, source) {
            (Self::V4 { ip, mask, broadcast, .. }, SocketAddr::V4(source)) => {
                let source = source.ip();
                ip.to_bits() & mask == source.to_bits() & mask
                    && !source.is_unspecified()
                    && !source.is_multicast()
                    && Some(*source) != *broadcast
            }
            (Self::V6 { index, .. }, SocketAddr::V6(source)) => {
                source.ip().is_unicast_link_local() && source.scope_id() == *index
            }
            _ => false,
        }
    }

    pub(super) fn is_loopback(&self) -> bool {
        matches!(self, Self::V4 { ip, .. } if ip.is_loopback())
    }
}

/// Reaches every socket on the port on this machine, where a unicast datagram reaches only one of those sharing it.
pub(super) const LOOPBACK_BROADCAST: Ipv4Addr = Ipv4Addr::new(127, 255, 255, 255);

fn is_usable(interface: &Interface, loopback_only: bool) -> bool {
    // No cable, or switched off.
    interface.oper_status == IfOperStatus::Up
        // A tunnel leads to one other place, not to a room full of computers; announcing into it tells others' networks.
        && !interface.is_p2p()
        // Apple's direct radio links between its own devices: no other program hears there.
        && !["awdl", "llw"].iter().any(|radio| interface.name.starts_with(radio))
        && (interface.is_loopback() || !loopback_only)
}

trait IsLinkLocalV6 {
    fn is_link_local_v6(&self) -> bool;
}

impl IsLinkLocalV6 for Interface {
    fn is_link_local_v6(&self) -> bool {
        matches!(&self.addr, IfAddr::V6(v6) if v6.is_link_local())
    }
}

#[cfg(test)]
mod tests {
    use if_addrs::{Ifv4Addr, Ifv6Addr};

    use super::*;

    fn v4(name: &str, ip: &str, prefix: u8, broadcast: Option<&str>) -> Interface {
        let mask = u32::MAX.checked_shl(32 - u32::from(prefix)).unwrap_or(0);
        interface(
            name,
            IfAddr::V4(Ifv4Addr {
                ip: ip.parse().unwrap(),
                netmask: Ipv4Addr::from_bits(mask),
                prefixlen: prefix,
                broadcast: broadcast.map(|text| text.parse().unwrap()),
            }),
        )
    }

    fn v6(name: &str, ip: &str) -> Interface {
        let netmask = "ffff:ffff:ffff:ffff::".parse().unwrap();
        interface(name, IfAddr::V6(Ifv6Addr { ip: ip.parse().unwrap(), netmask, prefixlen: 64, broadcast: None }))
    }

    fn interface(name: &str, addr: IfAddr) -> Interface {
        Interface {
            name: name.to_owned(),
            addr,
            index: Some(name.len() as u32),
            oper_status: IfOperStatus::Up,
            is_p2p: false,
            #[cfg(windows)]
            adapter_name: String::new(),
        }
    }

    fn broadcasts(links: &Links) -> Vec<String> {
        links
            .links
            .iter()
            .filter_map(|link| match link {
                Link::V4 { broadcast, .. } => broadcast.map(|ip| ip.to_string()),
                Link::V6 { .. } => None,
            })
            .collect()
    }

    #[test]
    fn each_network_has_its_own_broadcast_address_told_or_not() {
        let links = Links::of(
            &[
                v4("eth0", "192.168.1.7", 24, Some("192.168.1.255")),
                v4("eth1", "10.1.2.3", 20, None),
                v4("eth2", "10.9.9.9", 24, Some("0.0.0.0")),
                v4("ptp", "10.8.8.8", 31, None),
                v4("lo", "127.0.0.1", 8, None),
            ],
            false,
        );
        assert_eq!(broadcasts(&links), ["10.1.15.255", "10.9.9.255", "127.255.255.255", "192.168.1.255"]);
    }

    #[test]
    fn only_sources_on_these_networks_are_heard() {
        let links = Links::of(&[v4("eth0", "192.168.1.7", 24, None), v6("wlan0", "fe80::1")], false);
        for (source, expected) in [
            ("192.168.1.200:1", true),
            ("192.168.1.7:1", true),
            ("192.168.2.200:1", false),
            ("192.168.1.255:1", false),
            ("0.0.0.0:1", false),
            ("127.0.0.1:1", false),
            ("[fe80::2%5]:1", true),
            ("[fe80::2%6]:1", false),
            ("[2001:db8::1]:1", false),
            ("[::ffff:192.168.1.200]:1", false),
        ] {
            assert_eq!(links.has(source.parse().unwrap()), expected, "{source}");
        }
    }

    #[test]
    fn an_address_without_a_network_hears_nobody_else() {
        let mut alone = v4("eth0", "192.168.1.7", 24, None);
        let IfAddr::V4(address) = &mut alone.addr else { panic!() };
        address.netmask = Ipv4Addr::UNSPECIFIED;
        let links = Links::of(&[alone], false);
        assert!(!links.has("192.168.1.8:1".parse().unwrap()));
        assert!(!links.has("8.8.8.8:1".parse().unwrap()));
    }

    #[test]
    fn tunnels_and_links_without_a_cable_are_left_alone() {
        let mut tunnel = v4("tun0", "10.8.0.2", 24, None);
        tunnel.is_p2p = true;
        let mut unplugged = v4("eth0", "192.168.1.7", 24, None);
        unplugged.oper_status = IfOperStatus::Unknown;
        let links = Links::of(&[tunnel, unplugged, v6("awdl0", "fe80::3")], false);
        assert_eq!(links, Links::default());
    }

    #[test]
    fn on_loopback_alone_nothing_else_is_used_or_told() {
        let links = Links::of(&[v4("eth0", "192.168.1.7", 24, None), v4("lo", "127.0.0.1", 8, None)], true);
        assert_eq!(links.links.len(), 1);
        assert_eq!(links.sockets(7), ["127.0.0.1:7".parse().unwrap()]);
    }

    #[test]
    fn addresses_that_only_mean_something_on_their_link_are_not_told() {
        let all = [v4("eth0", "192.168.1.7", 24, None), v6("eth0", "fe80::1"), v6("eth0", "2001:db8::7")];
        let links = Links::of(&all, false);
        let told: Vec<_> = links.sockets(7).iter().map(SocketAddr::to_string).collect();
        assert_eq!(told, ["192.168.1.7:7", "[2001:db8::7]:7"]);
    }

    #[test]
    fn a_scope_hidden_in_a_link_local_address_is_taken_out() {
        let links = Links::of(&[v6("en0", "fe80:4::1")], false);
        let expected = Link::V6 { ip: "fe80::1".parse().unwrap(), index: 3, name: "en0".to_owned() };
        assert!(links.links.contains(&expected), "{links:?}");
    }

    #[test]
    fn a_thousand_interfaces_are_bounded() {
        let many: Vec<_> = (0..1_000u32)
            .map(|i| v4("veth", &Ipv4Addr::from_bits(0x0A00_0001 + (i << 8)).to_string(), 24, None))
            .collect();
        let links = Links::of(&many, false);
        assert_eq!((links.links.len(), links.addresses.len()), (MAX_LINKS, MAX_LINKS));
    }

    #[test]
    fn the_real_computer_has_loopback() {
        let links = Links::read(true).unwrap();
        assert!(links.has("127.0.0.1:1".parse().unwrap()), "{links:?}");
    }
}
