//! What was ended here until the other side has heard of it.
//!
//! What is written into a connection may never arrive, and nothing says so at once. So an end is in the store before it is
//! said, is said again on each new connection, and leaves the store when a question that was written behind it is answered.

use super::{
    hub::Hub,
    transfer::{Key, Side},
};
use crate::{
    protocol::{Fingerprint, TransferId, control::Control},
    store::MAX_WITHDRAWN,
};

impl Hub {
    /// The other side is to hear that this one ended a transfer, whenever that is.
    pub fn withdraw(&mut self, key: Key) {
        // Nobody hears of what was never offered.
        if self.transfers.get(&key).is_none_or(|one| matches!(one.side, Side::Out { offered: false, .. })) {
            return;
        }
        if !self.withdrawn.contains(&key) {
            self.withdrawn.push_back(key);
        }
        if self.withdrawn.len() > MAX_WITHDRAWN {
            self.withdrawn.pop_front();
        }
        self.library.write("what was ended", move |store| store.withdraw(&key.0, &key.1));
        self.mention(key.0, |control| control.withdraw(key.1));
    }

    /// A connection stands: first of all the other side hears what it may not have heard on an earlier one.
    pub fn tell_withdrawn(&mut self, with: Fingerprint) {
        let transfers: Vec<TransferId> = self.withdrawn.iter().filter(|key| key.0 == with).map(|key| key.1).collect();
        for transfer in transfers {
            self.mention(with, |control| control.withdraw(transfer));
        }
    }

    /// Once a second, so that what was said is not only read there but written down when it is forgotten here.
    pub fn ask_whether_heard(&mut self) {
        self.links.values_mut().map(|link| &mut link.control).for_each(Control::ask_whether_heard);
    }

    /// It has heard that these were ended here.
    pub fn withdrawal_heard(&mut self, with: Fingerprint, transfers: Vec<TransferId>) {
        self.withdrawn.retain(|key| key.0 != with || !transfers.contains(&key.1));
        self.library.write("what was heard", move |store| store.forget_withdrawn(&with, &transfers));
    }
}
