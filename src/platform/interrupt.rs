//! Being asked to end: by Ctrl+C, or by the system's polite request.
#![forbid(unsafe_code)]

use std::{io, thread};

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// This person, by Ctrl+C.
    Person,
    /// The system, at a logout or restart, or a terminal that was closed: nobody said that what runs is not wanted any more.
    System,
}

/// Calls `then` each time this process is asked to end, on a thread of its own. From now on the process no longer ends
/// by itself.
pub fn on_interrupt(then: impl FnMut(Asked) + Send + 'static) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    thread::Builder::new().name("fantail-signals".into()).spawn(move || runtime.block_on(listen(then)))?;
    Ok(())
}

#[cfg(unix)]
async fn listen(mut then: impl FnMut(Asked)) {
    use tokio::signal::unix::{SignalKind, signal};

    let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
    let [Ok(mut interrupt), Ok(mut terminate), Ok(mut hangup)] = kinds.map(signal) else {
        log::warn!("the system does not tell when it wants this program to end");
        return;
    };
    loop {
        let asked = tokio::select! {
            asked = interrupt.recv() => asked.map(|()| Asked::Person),
            asked = terminate.recv() => asked.map(|()| Asked::System),
            asked = hangup.recv() => asked.map(|()| Asked::System),
        };
        let Some(asked) = asked else { return };
        then(asked);
    }
}

#[cfg(not(unix))]
async fn listen(mut then: impl FnMut(Asked)) {
    while tokio::signal::ctrl_c().await.is_ok() {
        then(Asked::Person);
    }
}
