//! The system's own word that a network came, went or was interrupted.
//!
//! Reading the networks every second would find most of it too, but up to a second late, and never a cable that was out
//! for less than that: everything looks as before then, while whoever was plugged in meanwhile has heard nothing.
//! Where a system doesn't tell, reading every second is all there is.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
pub mod netlink;

#[cfg(target_os = "linux")]
use linux::Kernel;

/// What was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "nobody tells there"))]
pub(super) enum Change {
    /// The networks should be read again.
    Look,
    /// And an announcement may be news on them even if they look as they did: one was interrupted, and is back.
    Interrupted,
}

#[derive(Debug)]
pub(super) struct Changes {
    #[cfg(target_os = "linux")]
    kernel: Option<Kernel>,
}

impl Changes {
    /// Must be called within the runtime. Loopback alone never changes.
    pub(super) fn open(loopback_only: bool) -> Self {
        #[cfg(target_os = "linux")]
        let open = || Kernel::open().inspect_err(|error| log::info!("changes of networks are not told: {error}")).ok();
        #[cfg(not(target_os = "linux"))]
        let _ = loopback_only;
        Self {
            #[cfg(target_os = "linux")]
            kernel: if loopback_only { None } else { open() },
        }
    }

    /// Waits for the next one; for ever where none is told. Cancel-safe.
    pub(super) async fn next(&mut self) -> Change {
        #[cfg(target_os = "linux")]
        if let Some(kernel) = &mut self.kernel {
            match kernel.next().await {
                Ok(change) => return change,
                Err(error) => {
                    log::warn!("changes of networks are no longer told: {error}");
                    self.kernel = None;
                }
            }
        }
        std::future::pending().await
    }
}
