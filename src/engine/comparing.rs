//! Comparing: one short code on both screens, one comparison at a time.
//!
//! Either person begins; the other side's screen shows the same code without anybody doing anything there. What the
//! other person says of it is theirs: a click here verifies that computer here, and says nothing about what happened
//! there.

use tokio::time::{Duration, Instant};

use super::{
    api::{self, Millis, Problem, Receive, Reply, Rule},
    clients::Asker,
    hub::Hub,
    library::unknown,
    transfers::REACH_WITHIN,
};
use crate::protocol::{
    Fingerprint,
    compare::{Code, Event, NONCE_LEN},
    control::CantSend,
    message::{ByeReason, CompareEnd},
};

/// Runs with one computer within [`HOUR`]: each is one guess for whoever stands between.
const MAX_RUNS: usize = 3;

/// Runs within [`HOUR`] that strangers may begin, all together: enough for a room that meets, too few to pester.
const MAX_OF_STRANGERS: usize = 12;

const HOUR: Duration = Duration::from_secs(60 * 60);

/// Runs that are remembered; the oldest is forgotten.
const MAX_REMEMBERED: usize = 256;

/// From the first word to the code: nobody has to do anything for it.
const RUN_WITHIN: Duration = Duration::from_secs(10);

/// A connection that has just come may still be replaced by its twin, which was dialled at the same moment.
const SETTLED: Duration = Duration::from_millis(300);

/// A code that this person wanted is shown for so long: time to walk over to the other screen.
const SHOWN: Duration = Duration::from_secs(10 * 60);

/// One that the other person wanted, and what a compared computer asks meanwhile.
const SHOWN_FOR_THEM: Duration = Duration::from_secs(3 * 60);

/// How long is said that the other person's came to nothing.
const FAILED_FOR_THEM: Duration = Duration::from_secs(60);

/// What is compared now, and what was.
#[derive(Debug, Default)]
pub(super) struct Comparing {
    now: Option<One>,
    count: u64,
    runs: Vec<Run>,
}

#[derive(Debug)]
struct One {
    number: u64,
    with: Fingerprint,
    /// By this person.
    begun_here: bool,
    stage: Stage,
    until: Instant,
}

#[derive(Debug)]
enum Stage {
    /// It is being looked for, or has just come: begins then.
    Reaching {
        begin: Option<Instant>,
    },
    /// We asked the other side to begin.
    Asking,
    Running,
    Code(Code),
    Failed(Problem),
}

impl One {
    fn is_under_way(&self) -> bool {
        matches!(self.stage, Stage::Reaching { .. } | Stage::Asking | Stage::Running)
    }

    fn is_live(&self) -> bool {
        !matches!(self.stage, Stage::Failed(_))
    }
}

/// A run in which one side was committed.
#[derive(Debug, Clone, Copy)]
struct Run {
    with: Fingerprint,
    at: Instant,
    /// By a stranger.
    pushed: bool,
}

impl Comparing {
    /// `before`: what this person began when the program ran before.
    pub fn new(before: Vec<(Fingerprint, Millis)>) -> Self {
        let (now, here) = (Instant::now(), super::now());
        let runs = before.into_iter().filter_map(|(with, at)| {
            let ago = u64::try_from(here.0.checked_sub(at.0)?).ok()?;
            let at = now.checked_sub(Duration::from_millis(ago).min(HOUR))?;
            Some(Run { with, at, pushed: false })
        });
        Self { runs: runs.collect(), ..Self::default() }
    }

    /// When something is to be done about it.
    pub fn due(&self) -> Option<Instant> {
        let one = self.now.as_ref()?;
        let begin = if let Stage::Reaching { begin } = one.stage { begin } else { None };
        Some(begin.map_or(one.until, |begin| begin.min(one.until)))
    }

    /// Whom to look for.
    pub fn sought(&self) -> Option<Fingerprint> {
        self.now.as_ref().filter(|one| matches!(one.stage, Stage::Reaching { begin: None })).map(|one| one.with)
    }

    fn is_too_often(&mut self, with: Fingerprint, pushes: bool) -> bool {
        let now = Instant::now();
        self.runs.retain(|run| now.duration_since(run.at) < HOUR);
        let with_it = self.runs.iter().filter(|run| run.with == with).count();
        let pushed = self.runs.iter().filter(|run| run.pushed).count();
        with_it >= MAX_RUNS || (pushes && pushed >= MAX_OF_STRANGERS)
    }

    fn count(&mut self, with: Fingerprint, pushed: bool) {
        self.runs.push(Run { with, at: Instant::now(), pushed });
        let surplus = self.runs.len().saturating_sub(MAX_REMEMBERED);
        self.runs.drain(..surplus);
    }

    fn set(&mut self, with: Fingerprint, begun_here: bool) {
        self.count += 1;
        let until = Instant::now() + REACH_WITHIN;
        let stage = Stage::Reaching { begin: None };
        self.now = Some(One { number: self.count, with, begun_here, stage, until });
    }

    /// The one with this computer.
    fn with(&mut self, with: Fingerprint) -> Option<&mut One> {
        self.now.as_mut().filter(|one| one.with == with)
    }
}

impl Hub {
    /// This person wants to compare.
    pub fn compare(&mut self, from: Asker, with: Fingerprint) {
        let result = self.begin_comparing(with);
        self.pace.touch();
        from.reply(result.map(|()| Reply::Comparing { number: self.comparing.count }));
    }

    fn begin_comparing(&mut self, with: Fingerprint) -> Result<(), Problem> {
        if !self.known.contains_key(&with) && !self.present.contains_key(&with) {
            return Err(unknown(with));
        }
        if self.is_blocked(with) {
            return Err(Problem::NotReachable);
        }
        match self.comparing.now.as_mut().filter(|one| one.is_live()) {
            // The other person was quicker, or this one asked twice.
            Some(one) if one.with == with && one.is_under_way() => {
                one.begun_here = true;
                return Ok(());
            }
            // A code that stands may not be on the other screen any more: there is a new one.
            Some(one) if one.begun_here && one.with != with => return Err(Problem::Busy),
            _ => {}
        }
        if self.comparing.is_too_often(with, false) {
            return Err(Problem::ComparedTooOften { here: true });
        }
        self.drop_comparison(CompareEnd::Busy);
        self.asks.keep(with, SHOWN_FOR_THEM, Instant::now().into_std(), super::now());
        self.comparing.set(with, true);
        if self.links.contains_key(&with) {
            self.run_comparison(with);
        } else {
            self.seek(with);
        }
        Ok(())
    }

    /// This person has seen enough, or changed their mind.
    pub fn end_comparing(&mut self, from: Asker, with: Fingerprint) {
        if self.comparing.with(with).is_some() {
            self.drop_comparison(CompareEnd::Person);
        }
        from.reply(Ok(Reply::Done));
    }

    /// It is not shown any more, and ends if it is under way.
    fn drop_comparison(&mut self, reason: CompareEnd) {
        if let Some(one) = self.comparing.now.take() {
            if one.is_under_way() {
                self.mention(one.with, |control| control.stop_comparing(reason));
            }
            self.pace.touch();
        }
    }

    /// Nothing is compared with one that may not come in any more, or isn't known.
    pub fn forget_comparison(&mut self, with: Fingerprint) {
        if self.comparing.with(with).is_some() {
            self.drop_comparison(CompareEnd::Person);
        }
    }

    /// A connection stands.
    pub fn resume_comparison(&mut self, with: Fingerprint) {
        if let Some(One { stage: Stage::Reaching { begin }, until, .. }) = self.comparing.with(with) {
            let at = Instant::now() + SETTLED;
            *begin = Some(at);
            *until = (*until).max(at + RUN_WITHIN);
        }
    }

    /// A connection ended. What was under way on it is not begun again by itself: it may have been ended by somebody
    /// who did not like the code.
    pub fn lose_comparison(&mut self, with: Fingerprint, reason: ByeReason) {
        match self.comparing.with(with) {
            Some(One { stage: Stage::Asking | Stage::Running, .. }) => self.fail_comparison(match reason {
                ByeReason::Misbehaved => Problem::Misbehaved,
                _ => Problem::CompareBroke,
            }),
            Some(One { stage: Stage::Reaching { begin }, .. }) => *begin = None,
            _ => {}
        }
    }

    /// What the other side says.
    pub fn compare_said(&mut self, with: Fingerprint, event: Event) {
        match event {
            Event::Asked | Event::Committed => match self.may_compare(with) {
                Ok(()) => self.run_comparison(with),
                Err(end) => self.mention(with, |control| control.stop_comparing(end)),
            },
            Event::Code(code) => {
                if let Some(one) = self.comparing.with(with) {
                    one.stage = Stage::Code(code);
                    one.until = Instant::now() + if one.begun_here { SHOWN } else { SHOWN_FOR_THEM };
                }
            }
            Event::Stopped(end) => {
                if self.comparing.with(with).is_some_and(|one| one.is_under_way()) {
                    self.fail_comparison(problem_of(end));
                }
            }
        }
        self.pace.touch();
    }

    /// Whether the other person may have a code shown here. If so, there is a place for it.
    fn may_compare(&mut self, with: Fingerprint) -> Result<(), CompareEnd> {
        let wanted = self.comparing.with(with).is_some_and(|one| one.begun_here && one.is_under_way());
        let stranger = self.is_stranger(&with);
        if self.comparing.is_too_often(with, stranger && !wanted) {
            if wanted {
                self.fail_comparison(Problem::ComparedTooOften { here: true });
            }
            return Err(CompareEnd::TooOften);
        }
        if wanted {
            return Ok(());
        }
        let hidden = stranger && self.asks.strangers_hidden(Instant::now().into_std());
        if hidden || self.config.receive == Receive::Nothing {
            return Err(CompareEnd::Nobody);
        }
        if self.comparing.now.as_ref().is_some_and(|one| one.with != with && one.is_live()) {
            return Err(CompareEnd::Busy);
        }
        // Whoever looked at an older code of this one is shown the new one.
        let begun_here = self.comparing.with(with).is_some_and(|one| one.begun_here && one.is_live());
        self.comparing.set(with, begun_here);
        Ok(())
    }

    /// Says the next word of a run: the commitment, the nonce, or only that one is wanted.
    fn run_comparison(&mut self, with: Fingerprint) {
        let Some(link) = self.links.get(&with) else { return };
        let commits = link.control.compare_commits();
        let said = match nonce() {
            Some(nonce) => self.speak(with, |control| control.compare(nonce)),
            None => return self.fail_comparison(Problem::System { message: "no random numbers".into() }),
        };
        match said {
            Ok(()) => {
                let stranger = self.is_stranger(&with);
                let Some(one) = self.comparing.with(with) else { return };
                one.stage = if commits { Stage::Running } else { Stage::Asking };
                one.until = Instant::now() + RUN_WITHIN;
                let begun_here = one.begun_here;
                if commits {
                    self.comparing.count(with, stranger && !begun_here);
                    // What strangers begin stays out of the store.
                    if begun_here {
                        let at = super::now();
                        let hour_ago = Millis(at.0 - HOUR.as_millis() as i64);
                        self.library.write("a comparison", move |store| store.note_comparison(&with, at, hour_ago));
                    }
                }
            }
            Err(CantSend::Unsupported) => self.fail_comparison(Problem::Unsupported),
            Err(CantSend::Busy) => self.fail_comparison(Problem::Busy),
            Err(_) => self.fail_comparison(Problem::CompareBroke),
        }
        self.pace.touch();
    }

    fn fail_comparison(&mut self, problem: Problem) {
        if let Some(one) = &mut self.comparing.now {
            one.stage = Stage::Failed(problem);
            one.until = Instant::now() + if one.begun_here { SHOWN } else { FAILED_FOR_THEM };
            self.pace.touch();
        }
    }

    /// Its time has come.
    pub fn overdue_comparison(&mut self, now: Instant) {
        let Some(one) = &self.comparing.now else { return };
        let with = one.with;
        match &one.stage {
            Stage::Reaching { begin: Some(begin) } if *begin <= now => self.run_comparison(with),
            _ if one.until > now => {}
            Stage::Reaching { .. } => self.fail_comparison(Problem::NotReachable),
            Stage::Asking | Stage::Running => {
                self.mention(with, |control| control.stop_comparing(CompareEnd::Late));
                self.fail_comparison(Problem::CompareBroke);
            }
            Stage::Code(_) | Stage::Failed(_) => self.drop_comparison(CompareEnd::Person),
        }
    }

    /// As it is shown.
    pub fn comparison(&self) -> Option<api::Comparison> {
        let One { number, with, begun_here, stage, .. } = self.comparing.now.as_ref()?;
        let known = self.known.get(with);
        let name = match known.and_then(|known| known.given_name.clone()) {
            Some(name) => name,
            None => self.seen(*with).name,
        };
        Some(api::Comparison {
            number: *number,
            with: *with,
            name,
            stranger: known.is_none(),
            begun_here: *begun_here,
            stage: match stage {
                Stage::Reaching { .. } | Stage::Asking | Stage::Running => api::ComparisonStage::UnderWay,
                Stage::Code(code) => api::ComparisonStage::Code(*code),
                Stage::Failed(problem) => api::ComparisonStage::Failed(problem.clone()),
            },
        })
    }

    /// This person is sure of it, or no longer. Without being sure nothing of it is accepted unasked.
    pub fn command_verify(&mut self, from: Asker, with: Fingerprint, verified: bool) {
        let known = self.known.contains_key(&with);
        if !known && !self.present.contains_key(&with) {
            return from.reply(Err(unknown(with)));
        }
        if !known && !verified {
            return from.reply(Ok(Reply::Done));
        }
        let seen = self.seen(with);
        self.library.post(
            move |store| {
                store.together(|store| {
                    let before = store.computer(&with)?;
                    if before.is_none() {
                        store.upsert_seen(&with, &seen)?;
                    }
                    store.set_verified(&with, verified)?;
                    if !verified && before.is_some_and(|known| known.rule == Rule::Accept) {
                        store.set_rule(&with, Rule::Ask)?;
                    }
                    store.computer(&with)
                })
            },
            move |hub, result| {
                let result = result.map(|known| hub.learn(known)).map_err(|error| error.problem());
                from.reply(result.map(|()| Reply::Done));
            },
        );
    }
}

fn problem_of(end: CompareEnd) -> Problem {
    match end {
        CompareEnd::Person => Problem::CompareClosed,
        CompareEnd::Busy => Problem::Busy,
        CompareEnd::TooOften => Problem::ComparedTooOften { here: false },
        CompareEnd::Nobody => Problem::NobodyLooks,
        CompareEnd::Late | CompareEnd::Unknown => Problem::CompareBroke,
    }
}

fn nonce() -> Option<[u8; NONCE_LEN]> {
    use ring::rand::SecureRandom as _;
    let mut nonce = [0; NONCE_LEN];
    ring::rand::SystemRandom::new().fill(&mut nonce).ok().map(|()| nonce)
}
