//! Enums, which tolerate values of the future, and what little else is shared.

use crate::protocol::{
    message::{ByeReason, CancelReason, CompareEnd, DeclineReason, DeviceKind, Fault, ItemKind, Time},
    wire,
};

/// Both ways between an enum of ours and the wire's; prost has read unknown values as the wire's 0 already.
macro_rules! same_variants {
    ($($name:ident { $($variant:ident),+ $(,)? })+) => {$(
        impl From<wire::$name> for $name {
            fn from(value: wire::$name) -> Self {
                match value { $(wire::$name::$variant => Self::$variant),+ }
            }
        }

        impl From<$name> for wire::$name {
            fn from(value: $name) -> Self {
                match value { $($name::$variant => Self::$variant),+ }
            }
        }
    )+};
}

same_variants! {
    DeviceKind { Computer, Phone, Browser }
    ByeReason {
        Unknown, Closing, Duplicate, Refused, Idle, Misbehaved, Incompatible, NoSuchTransfer, Busy, Done,
    }
    ItemKind { Unknown, File, Folder, Text }
    DeclineReason { Unknown, Person, Busy, NotReceiving, DiskFull, FolderNotWritable, Unsupported, NoAnswer }
    CompareEnd { Unknown, Person, Busy, TooOften, Nobody, Late }
    CancelReason { Unknown, Person, Closing, NoAnswer, NotOnShelf, Busy, Failed, Declined }
    Fault { Unknown, Gone, Unreadable, Changed, Damaged, DiskFull, FolderNotWritable, NotAFile, NotPossible }
}

/// A time that makes no sense is no reason to lose a file.
pub(super) fn time_from_wire(time: Option<wire::Time>) -> Option<Time> {
    let wire::Time { seconds, nanos } = time?;
    (nanos < 1_000_000_000).then_some(Time { seconds, nanos })
}

pub(super) fn time_to_wire(time: Option<Time>) -> Option<wire::Time> {
    time.map(|Time { seconds, nanos }| wire::Time { seconds, nanos })
}
