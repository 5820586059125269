//! Linux: what the kernel says about links and addresses (rtnetlink(7)), read.

use std::collections::HashMap;

/// `RTM_NEWLINK` and `RTM_DELLINK` of `linux/rtnetlink.h`.
const NEW_LINK: u16 = 16;
const DELETED_LINK: u16 = 17;

/// `IFF_RUNNING` of `linux/if.h`: there is a cable and somebody at its other end.
const RUNNING: u32 = 0x40;

/// `IFLA_CARRIER_CHANGES` of `linux/if_link.h`: how often the cable came or went.
const CARRIER_CHANGES: u16 = 35;

/// Links remembered; more than a computer full of containers has.
pub const MAX_LINKS: usize = 4_096;

/// How often each link's cable came or went, by the link's number.
#[derive(Debug, Default)]
pub struct Carriers(HashMap<u32, u32>);

impl Carriers {
    /// Takes one datagram of the kernel. True: a link was interrupted, and is back.
    pub fn told(&mut self, datagram: &[u8]) -> bool {
        let mut interrupted = false;
        for (kind, body) in parts(datagram, HEADER) {
            let Some(link) = LinkNews::read(body) else { continue };
            match kind {
                NEW_LINK if link.running => {
                    if self.0.len() >= MAX_LINKS {
                        self.0.clear();
                    }
                    // One of which nothing was told yet counts as interrupted: once too often is better than never.
                    if self.0.insert(link.index, link.changes) != Some(link.changes) {
                        interrupted = true;
                    }
                }
                DELETED_LINK => {
                    self.0.remove(&link.index);
                }
                _ => {}
            }
        }
        interrupted
    }

    /// How many links are remembered: at most [`MAX_LINKS`].
    pub fn links(&self) -> usize {
        self.0.len()
    }
}

struct LinkNews {
    index: u32,
    running: bool,
    changes: u32,
}

impl LinkNews {
    /// A `struct ifinfomsg` (family, type, index, flags, change mask) and attributes.
    fn read(body: &[u8]) -> Option<Self> {
        let (_family_and_type, rest) = body.split_first_chunk::<4>()?;
        let (index, rest) = rest.split_first_chunk::<4>()?;
        let (flags, rest) = rest.split_first_chunk::<4>()?;
        let (_mask, attributes) = rest.split_first_chunk::<4>()?;
        let changes = parts(attributes, ATTRIBUTE).find(|(kind, _)| *kind == CARRIER_CHANGES);
        let changes = changes.and_then(|(_, value)| value.first_chunk::<4>().copied());
        Some(Self {
            index: u32::from_ne_bytes(*index),
            running: u32::from_ne_bytes(*flags) & RUNNING != 0,
            changes: changes.map_or(0, u32::from_ne_bytes),
        })
    }
}

/// How a part says its length and kind.
#[derive(Clone, Copy)]
struct Layout {
    /// Bytes of the length, at the beginning; the kind's two follow.
    length: usize,
    /// Bytes before the part's content.
    header: usize,
}

/// `struct nlmsghdr`.
const HEADER: Layout = Layout { length: 4, header: 16 };

/// `struct rtattr`.
const ATTRIBUTE: Layout = Layout { length: 2, header: 4 };

/// The parts of a datagram or of a message, each with its kind; each begins at a multiple of four.
fn parts(mut bytes: &[u8], layout: Layout) -> impl Iterator<Item = (u16, &[u8])> {
    std::iter::from_fn(move || {
        let length = match layout.length {
            4 => u32::from_ne_bytes(*bytes.first_chunk()?) as usize,
            _ => usize::from(u16::from_ne_bytes(*bytes.first_chunk()?)),
        };
        let kind = u16::from_ne_bytes(*bytes.get(layout.length..)?.first_chunk()?);
        let content = bytes.get(layout.header..length)?;
        bytes = bytes.get(length.next_multiple_of(4)..).unwrap_or_default();
        Some((kind, content))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
        let length = (4 + value.len()) as u16;
        let mut bytes = [&length.to_ne_bytes()[..], &kind.to_ne_bytes(), value].concat();
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    }

    fn message(kind: u16, index: u32, flags: u32, changes: u32) -> Vec<u8> {
        let name = attribute(3, b"eth0\0");
        let changes = attribute(CARRIER_CHANGES, &changes.to_ne_bytes());
        let body = [&[0; 4][..], &index.to_ne_bytes(), &flags.to_ne_bytes(), &[0; 4], &name, &changes].concat();
        let length = (16 + body.len()) as u32;
        [&length.to_ne_bytes()[..], &kind.to_ne_bytes(), &[0; 10], &body].concat()
    }

    #[test]
    fn a_cable_that_was_out_between_two_messages_is_noticed_and_other_news_of_a_link_are_not_taken_for_it() {
        let mut carriers = Carriers::default();
        assert!(carriers.told(&message(NEW_LINK, 2, RUNNING, 1)), "the first word of it");
        assert!(!carriers.told(&message(NEW_LINK, 2, RUNNING, 1)), "a new MTU, a scan for Wi-Fi");
        assert!(carriers.told(&message(NEW_LINK, 2, RUNNING, 3)));
        assert!(!carriers.told(&message(NEW_LINK, 2, 0, 4)), "nobody can be told now");
        let both = [message(NEW_LINK, 3, 0, 1), message(NEW_LINK, 2, RUNNING, 5)].concat();
        assert!(carriers.told(&both), "the second of two");
        assert!(!carriers.told(&message(DELETED_LINK, 2, 0, 5)));
        assert!(carriers.0.is_empty());
    }

    proptest! {
        #[test]
        fn reading_anything_ends(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            Carriers::default().told(&bytes);
            let lengths = [&100u32.to_ne_bytes()[..], &NEW_LINK.to_ne_bytes(), &bytes].concat();
            Carriers::default().told(&lengths);
        }
    }
}
