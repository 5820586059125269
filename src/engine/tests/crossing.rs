//! Pauses that cross with offers and answers on the wire, and connections that break between two steps.

use super::{
    puppet::{Puppet, Wire},
    *,
};
use crate::protocol::{
    Ranges,
    message::{Accept, Answer, DeclineReason, Item as WireItem, ItemKind as WireKind, Message, Offer},
};

const HERE: State = State::Held(Hold::Paused { here: true });
const THERE: State = State::Held(Hold::Paused { here: false });
const T: TransferId = TransferId([5; 16]);

fn offer(size: u64, again: bool) -> Message {
    let (kind, name) = (WireKind::File, "film.mkv".to_owned());
    let item = WireItem { kind, name, size, files: 1, modified: None, thumbhash: None, version: 0, digest: None };
    Message::Offer(Offer { transfer: T, items: vec![item], for_take: false, again })
}

fn accept(transfer: TransferId) -> Message {
    let accept = Accept { items: Ranges::all(1), resume: vec![], known: Ranges::default() };
    Message::Answer { transfer, answer: Answer::Accept(accept) }
}

fn decline(reason: DeclineReason) -> Message {
    Message::Answer { transfer: T, answer: Answer::Decline(reason) }
}

impl Wire<'_> {
    #[track_caller]
    fn hears_offer(&mut self) -> Offer {
        match self.hear() {
            Some(Message::Offer(offer)) => offer,
            other => panic!("no offer but {other:?}"),
        }
    }

    /// All that was said to it.
    #[track_caller]
    fn has_been_read(&mut self) {
        self.say(&Message::Browse { request: 1 });
        let heard = self.hear();
        let Some(Message::Shelf(_)) = heard else { panic!("no shelf but {heard:?}") };
    }

    #[track_caller]
    fn hears_yes(&mut self) {
        let heard = self.hear();
        let Some(Message::Answer { answer: Answer::Accept(_), .. }) = heard else { panic!("no yes but {heard:?}") };
    }
}

/// As the window shows it.
#[track_caller]
fn until_held(machine: &Machine, with: Fingerprint, transfer: TransferId, state: &State) {
    let until = Instant::now() + LONG;
    loop {
        let Ok(Reply::Page { entries, .. }) = machine.ask(Command::Page { with, at: PageAt::End, limit: 9 }) else {
            panic!("no page")
        };
        let found = entries.iter().find(|entry| entry.transfer == transfer).map(|entry| entry.state.clone());
        if found.as_ref() == Some(state) {
            return;
        }
        assert!(Instant::now() < until, "it stays {found:?}, not {state:?}");
        machine.client.wait(Duration::from_millis(20));
    }
}

fn command(machine: &Machine, command: Command) {
    let result = machine.ask(command);
    assert!(matches!(result, Ok(Reply::Done)), "{result:?}");
}

/// It knows the puppet, and the puppet hears what it offers.
fn offered<'p>(one: &Machine, puppet: &'p Puppet) -> (Wire<'p>, TransferId) {
    let mut wire = puppet.be_dialled(one);
    one.until("it to be there", |snapshot| {
        snapshot.computers.iter().find(|computer| computer.fingerprint == puppet.id).map(drop)
    });
    let what = Outgoing::paths(vec![one.file("film.mkv", noise(10))]);
    one.client.send(Command::Send { to: vec![puppet.id], what, keep: true }).unwrap();
    let transfer = wire.hears_offer().transfer;
    (wire, transfer)
}

/// Its person has agreed to a file of ten bytes that the puppet gives.
fn agreed<'p>(other: &Machine, puppet: &'p Puppet) -> Wire<'p> {
    let mut wire = puppet.dial(other);
    wire.say(&offer(10, false));
    other.accept_next();
    wire.hears_yes();
    until_held(other, puppet.id, T, &State::Running);
    wire
}

/// The giver's file grew; it is a new question.
fn asked_again(other: &Machine, wire: &mut Wire<'_>) -> Ask {
    wire.say(&offer(20, true));
    other.until("a question about more", |snapshot| snapshot.asks.iter().find(|ask| ask.bytes == 20).cloned())
}

#[test]
fn what_a_person_paused_stays_so_when_it_crosses_with_an_offer_of_more() {
    let other = Net::new().computer("Office PC");
    let puppet = Puppet::new("Mei");
    let mut wire = agreed(&other, &puppet);
    command(&other, Command::SetRule { with: puppet.id, rule: Rule::Accept });
    command(&other, Command::Pause { with: puppet.id, transfer: T });
    // Not read yet by the giver, whose file grew.
    wire.say(&offer(20, true));
    assert_eq!(wire.hear(), Some(Message::Pause { transfer: T }));
    assert_eq!(wire.hear(), Some(decline(DeclineReason::Busy)), "it must be answered, and not by going on");
    assert_eq!(wire.hear(), Some(Message::Pause { transfer: T }));
    until_held(&other, puppet.id, T, &HERE);
    command(&other, Command::Continue { with: puppet.id, transfer: T });
    assert_eq!(wire.hear(), Some(Message::Continue { transfer: T }));
    wire.say(&offer(20, true));
    wire.hears_yes();
}

#[test]
fn what_a_person_agrees_to_while_its_giver_has_paused_it_rests_and_says_so() {
    let other = Net::new().computer("Office PC");
    let puppet = Puppet::new("Mei");
    let mut wire = agreed(&other, &puppet);
    let ask = asked_again(&other, &mut wire);
    wire.say(&Message::Pause { transfer: T });
    // Read before the answer is given.
    wire.has_been_read();
    other.answer(&ask, ACCEPT);
    wire.hears_yes();
    until_held(&other, puppet.id, T, &THERE);
    wire.say(&Message::Continue { transfer: T });
    wire.say(&offer(20, true));
    wire.hears_yes();
}

#[test]
fn a_question_outlives_a_pause_of_its_giver() {
    let other = Net::new().computer("Office PC");
    let puppet = Puppet::new("Mei");
    let mut wire = agreed(&other, &puppet);
    let ask = asked_again(&other, &mut wire);
    wire.say(&Message::Pause { transfer: T });
    wire.say(&Message::Continue { transfer: T });
    wire.has_been_read();
    other.answer(&ask, ACCEPT);
    wire.hears_yes();
    until_held(&other, puppet.id, T, &State::Running);
}

#[test]
fn a_giver_takes_no_late_answer_for_one_to_its_next_offer() {
    let one = Net::new().computer("Studio Mac");
    let puppet = Puppet::new("Mei");
    let (wire, transfer) = offered(&one, &puppet);
    // The answer is lost with its connection.
    drop(wire);
    let mut wire = puppet.dial(&one);
    assert!(wire.hears_offer().again);
    // Paused and continued before the offer is read there.
    wire.say(&Message::Pause { transfer });
    until_held(&one, puppet.id, transfer, &THERE);
    wire.say(&Message::Continue { transfer });
    until_held(&one, puppet.id, transfer, &State::Waiting);
    wire.say(&accept(transfer));
    assert!(wire.hears_offer().again, "its sources are looked at anew");
    wire.say(&accept(transfer));
    until_held(&one, puppet.id, transfer, &State::Running);
    // And while it is paused.
    wire.say(&Message::Pause { transfer });
    until_held(&one, puppet.id, transfer, &THERE);
    wire.say(&Message::Continue { transfer });
    assert!(wire.hears_offer().again);
    wire.say(&Message::Pause { transfer });
    wire.say(&accept(transfer));
    until_held(&one, puppet.id, transfer, &THERE);
    wire.say(&Message::Continue { transfer });
    assert!(wire.hears_offer().again);
}

#[test]
fn a_no_counts_also_while_what_it_is_about_is_paused() {
    let one = Net::new().computer("Studio Mac");
    let puppet = Puppet::new("Mei");
    let (wire, transfer) = offered(&one, &puppet);
    drop(wire);
    let mut wire = puppet.dial(&one);
    wire.hears_offer();
    wire.say(&Message::Pause { transfer });
    let busy = Message::Answer { transfer, answer: Answer::Decline(DeclineReason::Busy) };
    wire.say(&busy);
    until_held(&one, puppet.id, transfer, &THERE);
    wire.say(&Message::Continue { transfer });
    wire.hears_offer();
    wire.say(&Message::Pause { transfer });
    wire.say(&Message::Answer { transfer, answer: Answer::Decline(DeclineReason::Person) });
    until_held(&one, puppet.id, transfer, &State::Declined);
}

#[test]
fn a_data_connection_that_was_to_come_when_the_control_connection_broke_is_asked_for_on_the_next() {
    let one = Net::new().computer("Studio Mac");
    let puppet = Puppet::new("Mei");
    let (wire, transfer) = offered(&one, &puppet);
    drop(wire);
    // The puppet is to dial it, and doesn't.
    let mut wire = puppet.dial(&one);
    wire.hears_offer();
    wire.say(&accept(transfer));
    until_held(&one, puppet.id, transfer, &State::Running);
    drop(wire);
    let begin = Instant::now();
    let mut wire = puppet.dial(&one);
    let offer = wire.hears_offer();
    assert!(offer.again && offer.transfer == transfer);
    assert!(begin.elapsed() < Duration::from_secs(5), "only after {:?}", begin.elapsed());
}

#[test]
fn a_hidden_computer_looks_for_the_giver_of_what_its_person_continues() {
    let mut other = Net::new().computer("Office PC");
    let puppet = Puppet::new("Mei");
    let mut wire = agreed(&other, &puppet);
    command(&other, Command::Pause { with: puppet.id, transfer: T });
    until_held(&other, puppet.id, T, &HERE);
    command(&other, Command::ChangeSettings(Settings { visibility: Visibility::Hidden, ..Settings::default() }));
    for is_remembered in [false, true] {
        drop(wire);
        if is_remembered {
            command(&other, Command::Pause { with: puppet.id, transfer: T });
            other.shut_down();
            other.start_again();
        }
        other.until("nobody to be there", |snapshot| {
            let is_there = |computer: &Computer| computer.presence == Presence::Reachable;
            (!snapshot.computers.iter().any(is_there)).then_some(())
        });
        command(&other, Command::Continue { with: puppet.id, transfer: T });
        wire = puppet.answer();
        wire.say(&offer(10, true));
        wire.hears_yes();
        // It has to look again and again, not only once.
        drop(wire);
        wire = puppet.answer();
        wire.say(&offer(10, true));
        wire.hears_yes();
    }
}
