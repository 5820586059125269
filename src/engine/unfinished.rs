//! Connections that have not yet said who they are: few, and the oldest makes room.
//!
//! An honest computer is done in some milliseconds, so it is never the oldest for long; silence is.

use std::{
    collections::VecDeque,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::oneshot;

/// In all: each may hold a TLS handshake of some tens of kilobytes.
const MAX: usize = 96;

/// From one address: a household behind one router, or a test with many on one machine.
const MAX_PER_ADDRESS: usize = 48;

/// The list of them.
#[derive(Debug, Clone, Default)]
pub(super) struct Unfinished(Arc<Mutex<List>>);

#[derive(Debug, Default)]
struct List {
    next: u64,
    waiting: VecDeque<Waiting>,
}

#[derive(Debug)]
struct Waiting {
    id: u64,
    from: IpAddr,
    /// Dropped with it, which ends the connection's task.
    _lease: oneshot::Sender<()>,
}

/// A place in the list, given back when it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    list: Unfinished,
    id: u64,
    ended: oneshot::Receiver<()>,
}

impl Unfinished {
    /// A place for a new arrival. The oldest one of its address, or of all, loses its own if there are too many.
    pub fn enter(&self, from: IpAddr) -> Place {
        let from = from.to_canonical();
        let (lease, ended) = oneshot::channel();
        let mut list = self.lock();
        let of_this = list.waiting.iter().filter(|waiting| waiting.from == from).count();
        if of_this >= MAX_PER_ADDRESS
            && let Some(oldest) = list.waiting.iter().position(|waiting| waiting.from == from)
        {
            list.waiting.remove(oldest);
        } else if list.waiting.len() >= MAX {
            list.waiting.pop_front();
        }
        let id = list.next;
        list.next += 1;
        list.waiting.push_back(Waiting { id, from, _lease: lease });
        Place { list: self.clone(), id, ended }
    }

    fn lock(&self) -> MutexGuard<'_, List> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Returns when the place was lost.
    pub async fn lost(&mut self) {
        (&mut self.ended).await.ok();
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut list = self.list.lock();
        if let Ok(at) = list.waiting.binary_search_by_key(&self.id, |waiting| waiting.id) {
            list.waiting.remove(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    fn address(last: u8) -> IpAddr {
        Ipv4Addr::new(10, 0, 0, last).into()
    }

    async fn is_lost(place: &mut Place) -> bool {
        tokio::select! { biased; () = place.lost() => true, () = std::future::ready(()) => false }
    }

    #[tokio::test]
    async fn a_crowd_from_one_address_pushes_out_its_own_oldest() {
        let unfinished = Unfinished::default();
        let mut honest = unfinished.enter(address(2));
        let mut crowd: Vec<Place> = (0..MAX_PER_ADDRESS).map(|_| unfinished.enter(address(1))).collect();
        assert!(!is_lost(&mut crowd[0]).await);
        crowd.push(unfinished.enter(address(1)));
        assert!(is_lost(&mut crowd[0]).await);
        assert!(!is_lost(&mut crowd[1]).await);
        assert!(!is_lost(&mut honest).await, "another address keeps its place");
    }

    #[tokio::test]
    async fn a_crowd_from_everywhere_is_bounded_too() {
        let unfinished = Unfinished::default();
        let mut crowd: Vec<Place> = (0..=MAX as u8).map(|n| unfinished.enter(address(n))).collect();
        assert!(is_lost(&mut crowd[0]).await);
        assert!(!is_lost(&mut crowd[1]).await);
        assert_eq!(unfinished.lock().waiting.len(), MAX);
        drop(crowd);
        assert_eq!(unfinished.lock().waiting.len(), 0, "places are given back");
    }
}
