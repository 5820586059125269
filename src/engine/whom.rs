//! What a person may write to mean a computer, and what is similar enough to be mistaken for it.

use std::net::{IpAddr, Ipv6Addr, SocketAddr, SocketAddrV6};

use unicode_normalization::UnicodeNormalization as _;

use super::listener::DEFAULT_PORT;
use crate::protocol::Fingerprint;

/// What `WHOM` says by its form alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Whom {
    Fingerprint(Fingerprint),
    Address(SocketAddr),
    /// The name of a computer, or a DNS name with an optional port.
    Name(String),
}

impl Whom {
    /// `zone` turns the name of a network interface into its number.
    pub fn parse(text: &str, zone: impl Fn(&str) -> Option<u32>) -> Self {
        let text = text.trim();
        if let Ok(fingerprint) = text.parse() {
            return Self::Fingerprint(fingerprint);
        }
        match address(text, zone) {
            Some(address) => Self::Address(address),
            None => Self::Name(text.to_owned()),
        }
    }
}

/// A DNS name and its port, if `text` can be one.
pub(super) fn dns_name(text: &str) -> Option<(&str, u16)> {
    let (name, port) = match text.rsplit_once(':') {
        Some((name, port)) => (name, port.parse().ok().filter(|port| *port != 0)?),
        None => (text, DEFAULT_PORT),
    };
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    (!name.is_empty() && name.len() <= 253 && name.bytes().all(plain)).then_some((name, port))
}

/// Names that people would take for the same one.
pub(super) fn same_name(one: &str, other: &str) -> bool {
    folded(one) == folded(other)
}

fn folded(name: &str) -> String {
    name.nfkc().flat_map(char::to_lowercase).filter(|c| !c.is_whitespace()).collect()
}

fn address(text: &str, zone: impl Fn(&str) -> Option<u32>) -> Option<SocketAddr> {
    if let Ok(ip) = text.parse::<IpAddr>() {
        return Some(SocketAddr::new(ip, DEFAULT_PORT));
    }
    if let Some(inner) = text.strip_prefix('[') {
        let (inside, after) = inner.split_once(']')?;
        let port = match after {
            "" => DEFAULT_PORT,
            _ => after.strip_prefix(':')?.parse().ok()?,
        };
        return v6(inside, port, zone);
    }
    text.parse().ok().or_else(|| v6(text, DEFAULT_PORT, zone))
}

fn v6(text: &str, port: u16, zone: impl Fn(&str) -> Option<u32>) -> Option<SocketAddr> {
    let (ip, scope) = match text.split_once('%') {
        None => (text, 0),
        Some((ip, name)) => (ip, name.parse().ok().or_else(|| zone(name))?),
    };
    Some(SocketAddrV6::new(ip.parse::<Ipv6Addr>().ok()?, port, 0, scope).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Whom {
        Whom::parse(text, |name| (name == "eth0").then_some(7))
    }

    fn at(text: &str) -> Whom {
        Whom::Address(text.parse().unwrap())
    }

    #[test]
    fn every_way_to_write_an_address_is_understood() {
        assert_eq!(parse("192.168.1.5"), at("192.168.1.5:53317"));
        assert_eq!(parse(" 192.168.1.5:80 "), at("192.168.1.5:80"));
        assert_eq!(parse("fe80::1"), at("[fe80::1]:53317"));
        assert_eq!(parse("[fe80::1]"), at("[fe80::1]:53317"));
        assert_eq!(
            parse("[fe80::1%eth0]:80"),
            Whom::Address(SocketAddrV6::new("fe80::1".parse().unwrap(), 80, 0, 7).into())
        );
        assert_eq!(
            parse("fe80::1%3"),
            Whom::Address(SocketAddrV6::new("fe80::1".parse().unwrap(), 53317, 0, 3).into())
        );
    }

    #[test]
    fn a_fingerprint_is_understood_and_the_rest_is_a_name() {
        assert_eq!(parse(&"ab".repeat(32)), Whom::Fingerprint(Fingerprint([0xab; 32])));
        for name in ["Mei's laptop", "办公室", "10.0.0", "[fe80::1%nowhere]:80", "[::1]:99999", "a:b:c"] {
            assert_eq!(parse(name), Whom::Name(name.to_owned()));
        }
    }

    #[test]
    fn only_what_can_be_a_dns_name_is_looked_up() {
        assert_eq!(dns_name("office.local"), Some(("office.local", 53317)));
        assert_eq!(dns_name("office:80"), Some(("office", 80)));
        for no in ["", "Mei's laptop", "办公室", "a b", "x:0", "x:y"] {
            assert_eq!(dns_name(no), None, "{no}");
        }
    }

    #[test]
    fn names_that_look_alike_count_as_the_same() {
        assert!(same_name("Office PC", "office  pc"));
        assert!(same_name("ｏｆｆｉｃｅ", "office"));
        assert!(!same_name("Office PC", "Office PC 2"));
    }
}
