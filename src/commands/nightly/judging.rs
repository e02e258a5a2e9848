//! What a night is found to be.

use crate::analyse::comparison::{Comparison, Gate, Verdict};
use crate::analyse::summary::Summary;
use crate::cli::Global;
use crate::collect::RunDir;
use crate::collect::night::{Night, NightVerdict};
use crate::error::Result;
use crate::outcome::Outcome;

use super::super::compare::{Asked, Sides, judge as compare, judge_and_confirm};
use super::super::conclusion;
use super::super::job::Surroundings;
use super::super::project::Project;
use super::NightlyArgs;
use super::baseline::{self, Baseline};

/// A night, and what it was compared with.
pub(super) struct Judged {
    pub(super) night: Night,
    /// Its run's id.
    pub(super) run: String,
    /// `None` if there was nothing to compare it with.
    pub(super) comparison: Option<Comparison>,
}

impl Judged {
    /// Incomplete where what was to be installed is not there.
    pub(super) fn unless(mut self, installed: bool) -> Self {
        if !installed && self.night.verdict == NightVerdict::Passed {
            self.night.verdict = NightVerdict::Incomplete;
            self.night.reasons.push("what was to be installed is still missing".to_owned());
        }
        self
    }

    /// The verdict in a sentence.
    pub(super) fn sentence(&self) -> String {
        let run = &self.run;
        let with = self.comparison.as_ref().map(|comparison| comparison.before.label.as_str());
        match (self.night.verdict, with) {
            (NightVerdict::Passed, None) => format!(
                "Run {run} is the first good night: there was nothing to compare it with, and the next is compared with it."
            ),
            (NightVerdict::Passed, Some(with)) => {
                format!("Run {run} passed, compared with {with}.")
            }
            (NightVerdict::Regressed, with) => {
                format!("Run {run} is worse than {}.", with.unwrap_or("before"))
            }
            (NightVerdict::Incomplete, _) => {
                format!("Run {run} is incomplete: later nights are not compared with it.")
            }
        }
    }
}

/// Compares tonight's `run` with the baseline, which is measured again where it has to be.
///
/// # Errors
/// On an interrupt, or when the two can't be held against each other at all.
pub(super) fn judge(
    global: &Global,
    args: &NightlyArgs,
    project: &Project,
    run: &RunDir,
    summary: &Summary,
    baseline: Option<Baseline>,
    around: &Surroundings,
) -> Result<Judged> {
    let lacks = lacks(summary, args.measure.strict);
    let Some(baseline) = baseline else {
        let verdict =
            if lacks.is_empty() { NightVerdict::Passed } else { NightVerdict::Incomplete };
        let night = Night::new(verdict, None, lacks);
        return Ok(Judged { night, run: run.id().to_owned(), comparison: None });
    };
    let tonight = run.read_manifest()?;
    let baseline = baseline::comparable(baseline, &tonight, project, around)?;
    let label = tonight.name.as_deref().unwrap_or(run.id());
    let id = baseline.manifest.run.clone();
    let tonight = RunDir::at(run.path())?;
    let mut sides = Sides::of_runs((baseline.run, &baseline.label), (tonight, label))?;
    let asked = Asked {
        selection: args.measure.selection.to_selection(),
        fail_on: args.fail_on.clone(),
        strict: args.measure.strict,
    };
    let comparison = match args.confirm {
        0 => compare(project, &sides, &asked)?,
        repeats => judge_and_confirm(global, project, &mut sides, &asked, repeats, around)?,
    };
    let mut reasons = comparison.reasons.clone();
    let verdict = match comparison.gate {
        Gate::Regressed => NightVerdict::Regressed,
        Gate::Passed if lacks.is_empty() => NightVerdict::Passed,
        Gate::Passed | Gate::Incomplete => NightVerdict::Incomplete,
    };
    if comparison.gate == Gate::Passed {
        reasons.extend(lacks);
    }
    let worse = comparison.cells.iter().filter(|cell| cell.verdict == Verdict::Regressed);
    let regressed = worse.map(|cell| cell.id.clone()).collect();
    let night = Night { regressed, ..Night::new(verdict, Some(id), reasons) };
    Ok(Judged { night, run: run.id().to_owned(), comparison: Some(comparison) })
}

/// What a night lacks to be a measure for others, in a sentence each.
fn lacks(summary: &Summary, strict: bool) -> Vec<String> {
    let ok = summary.cells.iter().filter(|cell| cell.outcome == Some(Outcome::Ok)).count();
    if ok == 0 {
        return vec!["no cell was measured".to_owned()];
    }
    if !conclusion::is_incomplete(summary, strict) {
        return Vec::new();
    }
    let is_missing = |outcome: Option<Outcome>| outcome.is_none_or(|it| it.is_incomplete(strict));
    let missing = summary.cells.iter().filter(|cell| is_missing(cell.outcome));
    missing
        .map(|cell| {
            let outcome = cell.outcome.map_or("not measured", Outcome::as_str);
            let reason = cell.reason.as_ref().and_then(|reason| reason.lines().next());
            let reason = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
            format!("{} is {outcome}{reason}", cell.cell.id)
        })
        .collect()
}
