//! `fantail compare`

use crate::{
    cli::{
        line::{CompareLine, CompareNews, Exit, Line},
        session::{Failure, Session, unexpected},
    },
    engine::api::{Command, Comparison, ComparisonStage, Problem, Reply, Snapshot},
    protocol::Fingerprint,
};

/// Shows the code; with `yes`, or when the person says so, the computer is verified from then on.
pub(super) fn compare(
    session: &mut Session<'_>,
    with: &str,
    new: bool,
    yes: bool,
    asks: bool,
) -> Result<Exit, Failure> {
    let with = session.whom(with, new)?.fingerprint;
    let Reply::Comparing { number } = session.call(&Command::Compare { with })? else { return Err(unexpected()) };
    let result = watched(session, with, number, yes, asks);
    if result.is_err() || yes || asks {
        // It is over here; where a window shows it, the person there still can look.
        session.call_last(&Command::EndCompare { with }).ok();
    }
    result
}

fn watched(
    session: &mut Session<'_>,
    with: Fingerprint,
    mut number: u64,
    yes: bool,
    asks: bool,
) -> Result<Exit, Failure> {
    let mut shown = None;
    loop {
        let snapshot = session.wait()?;
        let comparison = match &snapshot.comparison {
            // The other person may begin anew, with a new code on both screens.
            Some(comparison) if comparison.with == with && comparison.number >= number => comparison,
            // Not published yet.
            None if shown.is_none() => continue,
            Some(older) if older.number < number => continue,
            _ => return Err(Problem::CompareBroke.into()),
        };
        number = comparison.number;
        let code = match &comparison.stage {
            ComparisonStage::UnderWay => continue,
            ComparisonStage::Failed(problem) => return Err(problem.clone().into()),
            ComparisonStage::Code(code) => *code,
        };
        if shown.replace(code) != Some(code) {
            session.say(line(comparison, code_news(comparison, asks && !yes)));
        }
        let same = if yes { Some(true) } else { session.answer() };
        match same {
            Some(same) => {
                session.call(&Command::Verify { with: comparison.with, verified: same })?;
                session.say(line(comparison, if same { CompareNews::Verified } else { CompareNews::Differs }));
                return Ok(if same { Exit::Done } else { Exit::Declined });
            }
            None if asks => {}
            None => return Ok(Exit::Done),
        }
    }
}

/// Tells what others begin to compare while this process is there for something else.
#[derive(Debug, Default)]
pub(super) struct Watch(Option<Comparison>);

impl Watch {
    /// What has not been told.
    pub fn news(&mut self, snapshot: &Snapshot) -> Option<Line> {
        let comparison = snapshot.comparison.as_ref().filter(|comparison| !comparison.begun_here)?;
        if self.0.as_ref() == Some(comparison) {
            return None;
        }
        self.0 = Some(comparison.clone());
        match &comparison.stage {
            ComparisonStage::UnderWay => None,
            ComparisonStage::Code(_) => Some(line(comparison, code_news(comparison, false))),
            ComparisonStage::Failed(problem) => Some(line(comparison, CompareNews::Failed(problem.clone()))),
        }
    }
}

fn code_news(comparison: &Comparison, asks: bool) -> CompareNews {
    let ComparisonStage::Code(code) = &comparison.stage else { return CompareNews::Failed(Problem::CompareBroke) };
    CompareNews::Code {
        digits: code.digits(),
        pictures: code.pictures().map(|(number, _)| number).collect(),
        pushed: !comparison.begun_here,
        asks,
    }
}

fn line(comparison: &Comparison, news: CompareNews) -> Line {
    let (name, fingerprint) = (comparison.name.clone(), comparison.with.to_string());
    Line::Compare(CompareLine { name, fingerprint, news })
}
