//! Reaching a computer at one of its addresses: a new one is tried every quarter of a second, or at once when the last
//! one failed, and the first that answers as the right computer wins.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use tokio::task::JoinSet;

use super::door::{Arrival, Door, DoorError};
use crate::protocol::{Fingerprint, message::Role};

/// Happy Eyeballs' delay (RFC 8305): a local network answers long before.
const NEXT_AFTER: Duration = Duration::from_millis(250);

/// Tried at once, at most; the best come first.
pub(super) const MAX_ADDRESSES: usize = 16;

/// Tries `addresses` in their order.
///
/// # Errors
/// That of the address which came furthest: being refused says more than silence.
pub(super) async fn reach(
    door: Arc<Door>,
    addresses: Vec<SocketAddr>,
    expected: Option<Fingerprint>,
    role: Role,
) -> Result<Arrival, DoorError> {
    let mut addresses = addresses.into_iter().take(MAX_ADDRESSES);
    let mut tries = JoinSet::new();
    let mut furthest = None;
    loop {
        let more = match addresses.next() {
            Some(address) => {
                let door = door.clone();
                tries.spawn(async move { door.knock(address, expected, role).await });
                addresses.len() > 0
            }
            None => false,
        };
        let wait = async {
            if more {
                tokio::time::sleep(NEXT_AFTER).await;
            } else {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            next = tries.join_next() => match next {
                Some(Ok(Ok(arrival))) => return Ok(arrival),
                Some(Ok(Err(error))) => {
                    if furthest.as_ref().is_none_or(|furthest| rank(&error) > rank(furthest)) {
                        furthest = Some(error);
                    }
                    if tries.is_empty() && !more {
                        break;
                    }
                }
                Some(Err(_)) => {}
                None => break,
            },
            () = wait => {}
        }
    }
    Err(furthest.unwrap_or(DoorError::TimedOut))
}

fn rank(error: &DoorError) -> u8 {
    match error {
        DoorError::Unreachable(_) | DoorError::TimedOut => 0,
        DoorError::Tls(_) | DoorError::NotOurs | DoorError::Myself => 1,
        DoorError::Closed(_) | DoorError::Misbehaved | DoorError::NotAdmitted => 2,
        DoorError::Bye(_) => 3,
    }
}
