//! The first moments of a connection: greetings, and which of two connections stays.

use std::time::{Duration, Instant};

use super::{
    Fingerprint,
    frame::{Frame, Kind},
    limits::SAME_MOMENT,
    message::{ByeReason, Hello, Message, MessageError},
};

/// Why a connection ends before it began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GreetError {
    #[error(transparent)]
    Message(#[from] MessageError),
    #[error("the first frame is {0:?}, not a hello")]
    NotHello(Kind),
    #[error("it said goodbye instead of hello: {0:?}")]
    Bye(ByeReason),
    #[error("the answer is about another connection than the one dialled")]
    OtherRole,
}

/// Reads the first frame of a connection that was accepted. Its role says which [`super::frame::Stage`] comes next.
///
/// # Errors
/// When it is anything but a valid Hello.
pub fn greeting(frame: Frame) -> Result<Hello, GreetError> {
    let kind = frame.kind;
    match Message::decode(frame)? {
        Message::Hello(hello) => Ok(hello),
        Message::Bye(reason) => Err(GreetError::Bye(reason)),
        _ => Err(GreetError::NotHello(kind)),
    }
}

/// Reads the first frame of a connection that was dialled with the greeting `ours`.
///
/// # Errors
/// When it is anything but a valid Hello of the same role.
pub fn greeting_back(ours: &Hello, frame: Frame) -> Result<Hello, GreetError> {
    let theirs = greeting(frame)?;
    if theirs.role == ours.role { Ok(theirs) } else { Err(GreetError::OtherRole) }
}

/// One of two control connections of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stays {
    /// The one that stood already; the newcomer gets [`ByeReason::Duplicate`].
    Standing,
    /// The newcomer; the other gets [`ByeReason::Duplicate`], and its [`super::control::Control`] is handed on by
    /// [`super::control::Control::take_over`].
    Newcomer,
}

/// Which of two control connections of one pair stays.
///
/// Dialled at the same moment, the one *dialled by the greater fingerprint* stays, so that both sides choose the same.
/// A newcomer to one that stood for longer than [`SAME_MOMENT`] always stays: its dialler has lost the other. So does
/// one by the same dialler.
pub fn which_stays(
    ours: Fingerprint,
    theirs: Fingerprint,
    standing_dialled_by_us: bool,
    standing_since: Instant,
    newcomer_dialled_by_us: bool,
    now: Instant,
) -> Stays {
    let age: Duration = now.saturating_duration_since(standing_since);
    if standing_dialled_by_us == newcomer_dialled_by_us || age > SAME_MOMENT {
        return Stays::Newcomer;
    }
    if newcomer_dialled_by_us == (ours > theirs) { Stays::Newcomer } else { Stays::Standing }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_keep_the_connection_dialled_by_the_greater_whichever_they_saw_first() {
        let (small, great) = (Fingerprint([1; 32]), Fingerprint([2; 32]));
        let now = Instant::now();
        // The connection is named by who dialled it; each side may have seen either first.
        assert_eq!(which_stays(great, small, true, now, false, now), Stays::Standing);
        assert_eq!(which_stays(great, small, false, now, true, now), Stays::Newcomer);
        assert_eq!(which_stays(small, great, true, now, false, now), Stays::Newcomer);
        assert_eq!(which_stays(small, great, false, now, true, now), Stays::Standing);
    }

    #[test]
    fn a_computer_that_comes_back_replaces_the_connection_it_has_lost() {
        let (small, great) = (Fingerprint([1; 32]), Fingerprint([2; 32]));
        let since = Instant::now();
        let later = since + SAME_MOMENT + Duration::from_millis(1);
        assert_eq!(which_stays(great, small, true, since, false, later), Stays::Newcomer);
        assert_eq!(which_stays(great, small, false, since, false, since), Stays::Newcomer);
    }
}
