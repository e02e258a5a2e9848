//! One cell on both sides: its metrics, and the worst of what they say.

use indexmap::{IndexMap, IndexSet};

use super::pair::Pair;
use super::{CompareInput, growth, judge};
use crate::analyse::comparison::{CellComparison, MetricComparison, Verdict};
use crate::analyse::noise::NoiseFloors;
use crate::collect::record::AttemptRecord;
use crate::config::Rule;
use crate::measurement::Directions;
use crate::outcome::Outcome;
use crate::plan::CellId;

/// A cell on one side, wherever its attempts are from.
#[derive(Clone, Copy, Debug)]
pub struct CellSide<'a> {
    /// The cell.
    pub id: &'a CellId,
    /// How it ended; `None` if it never ran.
    pub outcome: Option<Outcome>,
    /// Its attempts, warm-ups and failed ones included.
    pub attempts: &'a [AttemptRecord],
}

/// By what a cell is judged.
#[derive(Clone, Copy, Debug)]
pub struct Standard<'a> {
    /// The gate's rules; the last one that is for a cell and a metric counts.
    pub rules: &'a [Rule],
    /// Which way metrics are better.
    pub directions: &'a Directions,
    /// Why the two sides can't be compared whatever became of the cell.
    pub obstacle: Option<&'a str>,
    /// What is normal on the machine, if that was measured and holds for these runs.
    pub floors: Option<&'a NoiseFloors>,
}

/// A cell, and what the gate has to know beside it.
pub(super) struct Judged {
    pub(super) cell: CellComparison,
    /// Whether it should be compared.
    pub(super) expected: bool,
    /// Whether a metric became worse than its rule allows, with too few repeats to tell.
    pub(super) doubtful: bool,
}

pub(super) fn compare(
    input: &CompareInput<'_>,
    pair: &Pair<'_>,
    obstacle: Option<&str>,
    floors: Option<&NoiseFloors>,
) -> Judged {
    let standard = Standard { rules: input.rules, directions: input.directions, obstacle, floors };
    let (cell, doubtful) = judge_sides(&standard, &pair.before.side(), &pair.after.side());
    let confirmed = input.confirmed.contains(pair.after.id);
    Judged { cell: CellComparison { confirmed, ..cell }, expected: pair.expected, doubtful }
}

/// One cell on two sides, as [`compare`](super::compare) judges each of its cells.
#[must_use]
pub fn compare_cell(
    standard: &Standard<'_>,
    before: &CellSide<'_>,
    after: &CellSide<'_>,
) -> CellComparison {
    judge_sides(standard, before, after).0
}

/// The comparison, and whether it is doubtful.
fn judge_sides(
    standard: &Standard<'_>,
    before_side: &CellSide<'_>,
    after_side: &CellSide<'_>,
) -> (CellComparison, bool) {
    let (before, after) = (measured(before_side), measured(after_side));
    let outcomes = (before_side.outcome, after_side.outcome);
    let ended = ended(outcomes);
    let obstacle = ended.as_deref().or(standard.obstacle);
    let question = |name| judge::Question {
        cell: after_side.id,
        name,
        rule: Rule::find(standard.rules, after_side.id, name),
        obstacle,
        floors: standard.floors,
        directions: standard.directions,
    };
    let names: IndexSet<&String> =
        after.iter().chain(&before).flat_map(|it| it.metrics()).map(|(name, _)| name).collect();
    let mut doubtful = false;
    let metrics: IndexMap<_, _> = names
        .into_iter()
        .map(|name| {
            let judgement = judge(&question(name), &before, &after);
            doubtful |= judgement.doubtful;
            (name.clone(), judgement.metric)
        })
        .collect();
    let (verdict, reason) = match obstacle {
        Some(why) => (Verdict::NotComparable, why.to_owned()),
        None => worst(&metrics),
    };
    let cell = CellComparison {
        id: after_side.id.clone(),
        before: before_side.id.clone(),
        outcomes,
        verdict,
        reason,
        metrics,
        growth: growth::growth(&before, &after),
        confirmed: false,
    };
    (cell, doubtful)
}

/// The attempts that figures are from.
fn measured<'a>(side: &CellSide<'a>) -> Vec<&'a AttemptRecord> {
    side.attempts.iter().filter(|it| !it.warmup && it.outcome == Outcome::Ok).collect()
}

/// Why there is nothing to compare; `None` if both sides ended well.
fn ended(outcomes: (Option<Outcome>, Option<Outcome>)) -> Option<String> {
    let how = |outcome: Option<Outcome>| outcome.map_or("it never ran", Outcome::as_str);
    match outcomes {
        (Some(Outcome::Ok), Some(Outcome::Ok)) => None,
        (None, None) => Some("it never ran on either side".to_owned()),
        (before, after) if before == after => Some(format!("{} on both sides", how(after))),
        (before, Some(Outcome::Ok)) => Some(format!("{} before", how(before))),
        (Some(Outcome::Ok), after) => Some(format!("{} on the judged side", how(after))),
        (before, after) => {
            Some(format!("{} before, {} on the judged side", how(before), how(after)))
        }
    }
}

/// The worst verdict among the metrics that a rule names, and what each of those with it says.
fn worst(metrics: &IndexMap<String, MetricComparison>) -> (Verdict, String) {
    let ruled = || metrics.iter().filter(|(_, metric)| metric.rule.is_some());
    let Some(worst) = ruled().map(|(_, metric)| metric.verdict).max() else {
        return (Verdict::NotJudged, "no rule names a metric that it has".to_owned());
    };
    let saying = ruled().filter(|(_, metric)| metric.verdict == worst);
    let reasons: Vec<_> =
        saying.map(|(name, metric)| format!("{name} {}", metric.reason)).collect();
    (worst, reasons.join("; "))
}
