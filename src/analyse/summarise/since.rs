//! What became of a cell since an earlier run.

use super::{Result, SummaryInput, change, floors, measured};
use crate::analyse::compare::{Question, judge};
use crate::analyse::summary::Since;
use crate::collect::record::AttemptRecord;
use crate::config::Rule;
use crate::outcome::Outcome;
use crate::plan::Cell;

const PEAK: &str = "peak_rss";

/// The peak against that of the newest of the `older` results that ended `ok`; `None` if either has
/// none.
pub(super) fn since(
    input: &SummaryInput<'_>,
    cell: &Cell,
    (run, outcome, results): Result<'_>,
    older: &[Result<'_>],
) -> Option<Since> {
    let (before, _, earlier) = older.iter().find(|(_, outcome, _)| *outcome == Outcome::Ok)?;
    if outcome != Outcome::Ok {
        return None;
    }
    let obstacle = change::obstacle(before, run);
    let question = Question {
        cell: &cell.id,
        name: PEAK,
        rule: Rule::find(input.rules, &cell.id, PEAK),
        obstacle: obstacle.as_deref(),
        floors: floors(input, run),
        directions: input.directions,
    };
    let (one, other) = (having(&earlier.attempts), having(&results.attempts));
    if one.is_empty() || other.is_empty() {
        return None;
    }
    let peak = judge(&question, &one, &other).metric;
    Some(Since { run: before.run.clone(), peak })
}

/// Measured attempts that ended `ok` and have a peak.
fn having(attempts: &[AttemptRecord]) -> Vec<&AttemptRecord> {
    let ok = measured(attempts).filter(|attempt| attempt.outcome == Outcome::Ok);
    ok.filter(|attempt| attempt.metric(PEAK).is_some()).collect()
}
