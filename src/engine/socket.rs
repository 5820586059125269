//! What is asked of the kernel for the sockets of connections. ARCHITECTURE.md says what each option was measured to do;
//! what isn't mentioned there is left to the kernel's own tuning.

use tokio::net::TcpStream;

/// Asked for as the send buffer of a connection that carries files; Linux takes twice that, half of it for its own
/// administration, and no more than its administrator allows.
#[cfg(target_os = "linux")]
const SEND_BUFFER: usize = 8 << 20;

/// More that hasn't left yet is not taken by the kernel: what waits there for long is out of the processor's cache when
/// its turn comes, and is counted as sent. So much lasts for 10 ms at 100 MB/s, in which more can be handed over.
#[cfg(target_os = "linux")]
const UNSENT: u32 = 1 << 20;

/// Has the kernel keep more under way than its own tuning would ever do, where it allows that, and less waiting to be. What
/// is under way fills distance times rate: 4 MiB, the usual end of that tuning, are 100 MB/s with 40 ms there and back.
pub(super) fn widen(tcp: &TcpStream) {
    #[cfg(target_os = "linux")]
    {
        let socket = socket2::SockRef::from(tcp);
        let wider = wider(limit("/proc/sys/net/core/wmem_max"), limit("/proc/sys/net/ipv4/tcp_wmem"));
        let set = wider.map_or(Ok(()), |bytes| socket.set_send_buffer_size(bytes));
        if let Err(error) = set.and_then(|()| socket.set_tcp_notsent_lowat(UNSENT)) {
            log::debug!("a socket stays as it is: {error}");
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = tcp;
}

/// The last number in a file of the kernel's settings.
#[cfg(target_os = "linux")]
fn limit(path: &str) -> Option<usize> {
    std::fs::read_to_string(path).ok()?.split_whitespace().last()?.parse().ok()
}

/// What to ask for: a size that is set is never tuned any more, so nothing where that would end below what tuning may
/// reach (tcp(7)), as with most systems' settings.
#[cfg(target_os = "linux")]
fn wider(most_asked: Option<usize>, most_tuned: Option<usize>) -> Option<usize> {
    let bytes = SEND_BUFFER.min(most_asked?);
    (bytes * 2 > most_tuned?).then_some(bytes)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    const MIB: usize = 1 << 20;

    #[test]
    fn a_size_is_asked_for_only_where_it_is_more_than_the_kernels_own_tuning_gives() {
        assert_eq!(wider(Some(212_992), Some(4 * MIB)), None, "as most systems are set up");
        assert_eq!(wider(Some(4 * MIB), Some(4 * MIB)), Some(4 * MIB));
        assert_eq!(wider(Some(64 * MIB), Some(4 * MIB)), Some(SEND_BUFFER), "no more than what is of use");
        assert_eq!(wider(Some(64 * MIB), Some(64 * MIB)), None);
        assert_eq!((wider(None, Some(MIB)), wider(Some(MIB), None)), (None, None), "nobody says");
    }
}
