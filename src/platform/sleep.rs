//! The computer doesn't fall asleep by itself while something moves. Whoever shuts the lid or chooses "sleep" is obeyed.
//!
//! A thread of its own asks the system, since that may take its time; where it can't be asked, nothing happens.

use std::thread;

#[cfg_attr(all(unix, not(target_os = "macos")), path = "sleep/linux.rs")]
#[cfg_attr(windows, path = "sleep/windows.rs")]
#[cfg_attr(target_os = "macos", path = "sleep/macos.rs")]
mod system;

/// Keeps the computer awake on demand; lets go when it is dropped. The thread begins with the first demand.
#[derive(Debug, Default)]
pub struct Awake {
    wishes: Option<flume::Sender<bool>>,
    /// What the thread was told last.
    told: bool,
}

impl Awake {
    /// From now on the computer is kept awake, or no longer. To be said again from time to time: while the system is
    /// slow to answer, a wish may be lost.
    pub fn keep(&mut self, awake: bool) {
        if self.told == awake {
            return;
        }
        let wishes = match &self.wishes {
            Some(wishes) => wishes,
            None => self.wishes.insert(start()),
        };
        match wishes.try_send(awake) {
            Ok(()) => self.told = awake,
            Err(flume::TrySendError::Full(_)) => {}
            Err(flume::TrySendError::Disconnected(_)) => self.told = awake,
        }
    }
}

fn start() -> flume::Sender<bool> {
    let (sender, wishes) = flume::bounded(1);
    let work = move || {
        let mut hold = None;
        while let Ok(awake) = wishes.recv() {
            // What was held goes first, so that there is never more than one.
            drop(hold.take());
            if awake {
                hold = system::hold().map_err(|error| log::info!("the computer may fall asleep: {error}")).ok();
            }
        }
    };
    if let Err(error) = thread::Builder::new().name("fantail-awake".to_owned()).spawn(work) {
        log::info!("the computer may fall asleep: {error}");
    }
    sender
}
