//! Being asked to end: Ctrl+C, or the system's polite request.
#![forbid(unsafe_code)]

use std::{io, thread};

/// Calls `then` each time this process is asked to end, on a thread of its own. From now on the process no longer ends
/// by itself.
pub fn on_interrupt(then: impl FnMut() + Send + 'static) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    thread::Builder::new().name("fantail-signals".into()).spawn(move || runtime.block_on(listen(then)))?;
    Ok(())
}

#[cfg(unix)]
async fn listen(mut then: impl FnMut()) {
    use tokio::signal::unix::{SignalKind, signal};

    let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
    let [Ok(mut interrupt), Ok(mut terminate), Ok(mut hangup)] = kinds.map(signal) else {
        log::warn!("the system does not tell when it wants this program to end");
        return;
    };
    loop {
        let asked = tokio::select! {
            asked = interrupt.recv() => asked,
            asked = terminate.recv() => asked,
            asked = hangup.recv() => asked,
        };
        if asked.is_none() {
            return;
        }
        then();
    }
}

#[cfg(not(unix))]
async fn listen(mut then: impl FnMut()) {
    while tokio::signal::ctrl_c().await.is_ok() {
        then();
    }
}
