//! One code on two screens, and those who would like it to be wrong.

use super::{puppet::Puppet, *};
use crate::protocol::{
    compare::{Code, NONCE_LEN},
    message::{ByeReason, CompareEnd, Message},
};

impl Machine {
    fn compares(&self, with: Fingerprint) {
        let reply = self.ask(Command::Compare { with });
        assert!(matches!(reply, Ok(Reply::Comparing { .. })), "{reply:?}");
    }

    fn stage(&self, what: &str, is: impl Fn(&ComparisonStage) -> bool) -> Comparison {
        self.until(what, |snapshot| snapshot.comparison.clone().filter(|comparison| is(&comparison.stage)))
    }

    fn code(&self) -> Code {
        let shown = self.stage("a code", |stage| matches!(stage, ComparisonStage::Code(_)));
        let ComparisonStage::Code(code) = shown.stage else { unreachable!() };
        code
    }

    fn failure(&self) -> Problem {
        let shown = self.stage("a failure", |stage| matches!(stage, ComparisonStage::Failed(_)));
        let ComparisonStage::Failed(problem) = shown.stage else { unreachable!() };
        problem
    }

    fn ends_comparing(&self, with: Fingerprint) {
        assert!(matches!(self.ask(Command::EndCompare { with }), Ok(Reply::Done)));
        self.until("nothing to compare", |snapshot| snapshot.comparison.is_none().then_some(()));
    }

    fn meets(&self, puppet: &Puppet) {
        self.until("the other", |snapshot| {
            let there = |computer: &Computer| computer.fingerprint == puppet.id;
            snapshot.computers.iter().any(there).then_some(())
        });
    }
}

const OURS: [u8; NONCE_LEN] = [7; NONCE_LEN];

#[test]
fn both_screens_show_the_same_code_whoever_begins_and_the_other_need_do_nothing() {
    let (one, other) = pair();
    for (here, there) in [(&one, &other), (&other, &one)] {
        here.compares(there.id());
        assert_eq!(here.code(), there.code());
        let (ours, theirs) = (here.client.snapshot().comparison.clone(), there.client.snapshot().comparison.clone());
        let (ours, theirs) = (ours.unwrap(), theirs.unwrap());
        assert_eq!((ours.begun_here, ours.with, ours.name), (true, there.id(), there.config.name.clone().unwrap()));
        assert_eq!((theirs.begun_here, theirs.with, theirs.stranger), (false, here.id(), true));
        // What is closed here stays on the other screen until it is closed there.
        here.ends_comparing(there.id());
        assert!(matches!(there.client.snapshot().comparison, Some(Comparison { stage: ComparisonStage::Code(_), .. })));
        there.ends_comparing(here.id());
    }
    // Nobody became known by it.
    for machine in [&one, &other] {
        assert!(machine.client.snapshot().computers.iter().all(|computer| computer.new && !computer.verified));
    }
}

#[test]
fn both_may_begin_at_once_and_each_time_the_code_is_another() {
    let (one, other) = pair();
    let ids = [
        one.client.send(Command::Compare { with: other.id() }),
        other.client.send(Command::Compare { with: one.id() }),
    ];
    assert!(ids.iter().all(Result::is_ok));
    let first = one.code();
    other.until("the same code", |snapshot| match &snapshot.comparison {
        Some(Comparison { stage: ComparisonStage::Code(code), .. }) => (*code == first).then_some(()),
        _ => None,
    });
    one.ends_comparing(other.id());
    other.ends_comparing(one.id());
    one.compares(other.id());
    assert_ne!(one.code(), first);
}

#[test]
fn a_code_that_may_have_left_the_other_screen_is_not_shown_again_but_made_anew_on_both() {
    let (one, other) = pair();
    one.compares(other.id());
    let first = one.code();
    assert_eq!(other.code(), first);
    one.ends_comparing(other.id());
    other.compares(one.id());
    let is_new = |snapshot: &Snapshot| match &snapshot.comparison {
        Some(Comparison { stage: ComparisonStage::Code(code), .. }) => Some(*code).filter(|code| *code != first),
        _ => None,
    };
    assert_eq!(one.until("a new code", is_new), other.until("a new code", is_new));
}

#[test]
fn a_click_here_verifies_it_here_and_only_here() {
    let (one, other) = pair();
    one.compares(other.id());
    one.code();
    assert!(matches!(one.ask(Command::Verify { with: other.id(), verified: true }), Ok(Reply::Done)));
    one.until("a verified one", |snapshot| {
        snapshot.computers.iter().any(|computer| computer.verified && !computer.new).then_some(())
    });
    assert!(!other.sees(&one).verified);
    // It lasts, and can be taken back, with what was allowed because of it.
    one.always_accepts(&other);
    assert!(matches!(one.ask(Command::Verify { with: other.id(), verified: false }), Ok(Reply::Done)));
    one.until("an unverified one that is asked about", |snapshot| {
        let computer = snapshot.computers.iter().find(|computer| computer.fingerprint == other.id())?;
        (!computer.verified && computer.rule == Rule::Ask).then_some(())
    });
    // "They differ" about a stranger makes nobody known.
    assert!(matches!(other.ask(Command::Verify { with: one.id(), verified: false }), Ok(Reply::Done)));
    assert!(other.sees(&one).new);
}

#[test]
fn three_an_hour_are_enough_on_both_sides_and_a_restart_does_not_forget_them() {
    let (mut one, other) = pair();
    for _ in 0..3 {
        one.compares(other.id());
        assert_eq!(one.code(), other.code());
        one.ends_comparing(other.id());
        other.ends_comparing(one.id());
    }
    let often = |machine: &Machine, with: &Machine| match machine.ask(Command::Compare { with: with.id() }) {
        Err(problem) => assert_eq!(problem, Problem::ComparedTooOften { here: true }),
        other => panic!("{other:?}"),
    };
    often(&one, &other);
    often(&other, &one);
    one.shut_down();
    one.start_again();
    one.sees(&other);
    often(&one, &other);
}

#[test]
fn one_that_knows_of_no_limit_is_refused_the_fourth_before_anything_is_revealed_to_it() {
    let machine = Net::new().computer("Office PC");
    let puppet = Puppet::new("Pushy");
    let mut wire = puppet.dial(&machine);
    for run in 1..=3 {
        let commitment = wire.ends().commitment(&OURS);
        wire.say(&Message::CompareCommit { run, commitment });
        assert!(matches!(wire.hear(), Some(Message::CompareReveal { .. })));
        wire.say(&Message::CompareStop { run, reason: CompareEnd::Person });
        machine.stage("the end of it", |stage| *stage == ComparisonStage::Failed(Problem::CompareClosed));
        machine.ends_comparing(puppet.id);
    }
    wire.say(&Message::CompareCommit { run: 4, commitment: [0; 32] });
    assert_eq!(wire.hear(), Some(Message::CompareStop { run: 4, reason: CompareEnd::TooOften }));
    assert_eq!(machine.client.snapshot().comparison, None);
}

#[test]
fn a_machine_in_the_middle_is_seen_because_the_codes_differ() {
    let net = Net::new();
    let (mei, office) = (net.computer("Mei"), Net::new().computer("Office PC"));
    // To Mei it is called like the office, to the office like Mei, and it plays both parts by the rules.
    let (as_office, as_mei) = (Puppet::new("Office PC"), Puppet::new("Mei"));
    let mut with_mei = as_office.be_dialled(&mei);
    let mut with_office = as_mei.dial(&office);
    mei.meets(&as_office);
    mei.compares(as_office.id);

    // Mei commits; before it answers, it has the office reveal a nonce, to use that as its own.
    assert!(matches!(with_mei.hear(), Some(Message::CompareCommit { run: 1, .. })));
    let commitment = with_office.ends().commitment(&OURS);
    with_office.say(&Message::CompareCommit { run: 1, commitment });
    let Some(Message::CompareReveal { nonce: of_office, .. }) = with_office.hear() else { panic!() };
    with_mei.say(&Message::CompareReveal { run: 1, nonce: of_office });
    let Some(Message::CompareReveal { nonce: of_mei, .. }) = with_mei.hear() else { panic!() };
    with_office.say(&Message::CompareReveal { run: 1, nonce: OURS });
    let (on_mei, on_office) = (mei.code(), office.code());
    assert_ne!(on_mei, on_office);
    assert_ne!(on_mei.digits(), on_office.digits());
    assert_ne!(on_mei.pictures().collect::<Vec<_>>(), on_office.pictures().collect::<Vec<_>>());
    // It knows both codes, and that is all it can do with them.
    assert_eq!(with_mei.ends().code(&of_mei, &of_office), on_mei);
    assert_eq!(with_office.ends().code(&OURS, &of_office), on_office);
    // Neither screen calls anything verified, and passing Mei's own words on is noticed at once.
    mei.ends_comparing(as_office.id);
    mei.compares(as_office.id);
    let Some(commit) = with_mei.hear() else { panic!() };
    with_office.say(&commit);
    let Some(reveal @ Message::CompareReveal { .. }) = with_office.hear() else { panic!() };
    with_mei.say(&reveal);
    let Some(reveal) = with_mei.hear() else { panic!() };
    with_office.say(&reveal);
    with_office.hears_bye(ByeReason::Misbehaved);
    assert_eq!(office.failure(), Problem::Misbehaved);
}

#[test]
fn a_nonce_chosen_after_the_others_was_seen_is_caught_and_shown_as_failed() {
    let machine = Net::new().computer("Office PC");
    let puppet = Puppet::new("Mallory");
    let mut wire = puppet.dial(&machine);
    let ends = wire.ends();
    wire.say(&Message::CompareCommit { run: 1, commitment: ends.commitment(&OURS) });
    let Some(Message::CompareReveal { nonce: seen, .. }) = wire.hear() else { panic!() };
    let wanted = (0u8..).map(|first| [first; NONCE_LEN]).find(|nonce| ends.code(nonce, &seen).digits().as_str() < "5");
    wire.say(&Message::CompareReveal { run: 1, nonce: wanted.unwrap() });
    wire.hears_bye(ByeReason::Misbehaved);
    assert_eq!(machine.failure(), Problem::Misbehaved);
}

#[test]
fn breaking_off_after_the_commitment_is_shown_as_failed_and_not_repeated_by_itself() {
    let net = Net::new();
    let machine = net.computer("Office PC");
    let puppet = Puppet::new("Mallory");
    // As the one who dialled: it sees the machine's nonce, doesn't like the code, and goes.
    let mut wire = puppet.dial(&machine);
    wire.say(&Message::CompareCommit { run: 1, commitment: wire.ends().commitment(&OURS) });
    assert!(matches!(wire.hear(), Some(Message::CompareReveal { .. })));
    drop(wire);
    assert_eq!(machine.failure(), Problem::CompareBroke);
    machine.ends_comparing(puppet.id);

    // As the one who was dialled: it goes while the person here waits for the code.
    let mut wire = puppet.be_dialled(&machine);
    machine.meets(&puppet);
    machine.compares(puppet.id);
    assert!(matches!(wire.hear(), Some(Message::CompareCommit { .. })));
    drop(wire);
    assert_eq!(machine.failure(), Problem::CompareBroke);
    // It comes back, and nothing begins.
    let mut wire = puppet.dial(&machine);
    wire.say(&Message::Browse { request: 1 });
    assert!(matches!(wire.hear(), Some(Message::Shelf(_))), "no commitment before it");
    assert_eq!(machine.failure(), Problem::CompareBroke);
}

#[test]
fn a_side_that_does_not_go_on_is_not_waited_for() {
    let machine = Net::new().computer("Office PC");
    let puppet = Puppet::new("Sleepy");
    let mut wire = puppet.dial(&machine);
    wire.say(&Message::CompareCommit { run: 1, commitment: [1; 32] });
    assert!(matches!(wire.hear(), Some(Message::CompareReveal { .. })));
    assert_eq!(wire.hear(), Some(Message::CompareStop { run: 1, reason: CompareEnd::Late }));
    assert_eq!(machine.failure(), Problem::CompareBroke);
}

#[test]
fn an_old_commitment_said_again_on_a_new_connection_is_caught() {
    let machine = Net::new().computer("Office PC");
    let puppet = Puppet::new("Parrot");
    let mut wire = puppet.dial(&machine);
    let old = Message::CompareCommit { run: 1, commitment: wire.ends().commitment(&OURS) };
    wire.say(&old);
    assert!(matches!(wire.hear(), Some(Message::CompareReveal { .. })));
    wire.say(&Message::CompareReveal { run: 1, nonce: OURS });
    machine.code();
    machine.ends_comparing(puppet.id);
    // The same run once more is none.
    wire.say(&old);
    wire.hears_bye(ByeReason::Misbehaved);

    let mut wire = puppet.dial(&machine);
    wire.say(&old);
    assert!(matches!(wire.hear(), Some(Message::CompareReveal { .. })));
    wire.say(&Message::CompareReveal { run: 1, nonce: OURS });
    wire.hears_bye(ByeReason::Misbehaved);
    assert_eq!(machine.failure(), Problem::Misbehaved);
}

#[test]
fn our_own_words_said_back_and_words_out_of_turn_end_the_connection() {
    let machine = Net::new().computer("Office PC");
    let puppet = Puppet::new("Mirror");
    let mut wire = puppet.be_dialled(&machine);
    machine.meets(&puppet);
    machine.compares(puppet.id);
    let Some(commit @ Message::CompareCommit { .. }) = wire.hear() else { panic!() };
    wire.say(&commit);
    wire.hears_bye(ByeReason::Misbehaved);
    assert_eq!(machine.failure(), Problem::Misbehaved);
    machine.ends_comparing(puppet.id);

    for rude in [
        Message::CompareReveal { run: 1, nonce: OURS },
        Message::CompareStop { run: 1, reason: CompareEnd::Person },
        Message::CompareAsk,
    ] {
        let mut wire = puppet.dial(&machine);
        wire.say(&rude);
        wire.hears_bye(ByeReason::Misbehaved);
        assert_eq!(machine.client.snapshot().comparison, None, "{rude:?}");
    }
}

#[test]
fn one_at_a_time_and_what_this_person_wants_goes_first() {
    let net = Net::new();
    let (one, other) = (net.computer("One"), net.computer("Other"));
    one.sees(&other);
    let puppet = Puppet::new("Third");
    let mut wire = puppet.dial(&one);
    let commit =
        |wire: &super::puppet::Wire<'_>, run| Message::CompareCommit { run, commitment: wire.ends().commitment(&OURS) };
    one.compares(other.id());
    one.code();
    wire.say(&commit(&wire, 1));
    assert_eq!(wire.hear(), Some(Message::CompareStop { run: 1, reason: CompareEnd::Busy }));
    assert_eq!(one.client.snapshot().comparison.as_ref().unwrap().with, other.id());
    // What somebody else began makes room for what this person begins.
    one.ends_comparing(other.id());
    other.ends_comparing(one.id());
    wire.say(&commit(&wire, 2));
    assert!(matches!(wire.hear(), Some(Message::CompareReveal { .. })));
    one.compares(other.id());
    assert_eq!(wire.hear(), Some(Message::CompareStop { run: 2, reason: CompareEnd::Busy }));
    assert_eq!(one.code(), other.code());
}

#[test]
fn nobody_is_bothered_who_hides_strangers_or_has_no_screen() {
    let net = Net::new();
    let hiding = net.computer("Hiding");
    let headless = net.computer_with("Headless", |config| config.receive = Receive::Nothing, None);
    assert!(matches!(hiding.ask(Command::HideStrangers { during: LONG }), Ok(Reply::Done)));
    let one = net.computer("One");
    for other in [&hiding, &headless] {
        one.sees(other);
        one.compares(other.id());
        assert_eq!(one.failure(), Problem::NobodyLooks);
        assert_eq!(other.client.snapshot().comparison, None);
        one.ends_comparing(other.id());
    }
    // Where a person waits for this very comparison it goes on without a window.
    headless.compares(one.id());
    assert_eq!(headless.code(), one.code());
}

#[test]
fn blocking_ends_a_comparison_and_a_blocked_computer_begins_none() {
    let (one, other) = pair();
    one.compares(other.id());
    one.code();
    assert!(matches!(one.ask(Command::SetRule { with: other.id(), rule: Rule::Block }), Ok(Reply::Done)));
    one.until("nothing to compare", |snapshot| snapshot.comparison.is_none().then_some(()));
    assert!(matches!(one.ask(Command::Compare { with: other.id() }), Err(Problem::NotReachable)));
}

#[test]
fn a_computer_that_is_away_is_looked_for_and_one_that_nobody_knows_is_not() {
    let (one, mut other) = friends();
    other.shut_down();
    one.until("it to be away", |snapshot| (snapshot.computers[0].presence == Presence::Away).then_some(()));
    one.compares(other.id());
    one.stage("it to be looked for", |stage| *stage == ComparisonStage::UnderWay);
    other.start_again();
    assert_eq!(one.code(), other.code());
    let nobody = Fingerprint([9; 32]);
    assert!(matches!(one.ask(Command::Compare { with: nobody }), Err(Problem::NotFound { .. })));
}
