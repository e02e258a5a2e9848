//! One cell on both sides: its metrics, and the worst of what they say.

use indexmap::{IndexMap, IndexSet};

use super::pair::{Found, Pair};
use super::{CompareInput, growth, judge};
use crate::analyse::comparison::{CellComparison, MetricComparison, Verdict};
use crate::analyse::noise::NoiseFloors;
use crate::collect::record::AttemptRecord;
use crate::config::Rule;
use crate::outcome::Outcome;

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
    let (before, after) = (measured(&pair.before), measured(&pair.after));
    let outcomes = (pair.before.outcome(), pair.after.outcome());
    let ended = ended(outcomes);
    let obstacle = ended.as_deref().or(obstacle);
    let question = |name| judge::Question {
        cell: pair.after.id,
        name,
        rule: Rule::find(input.rules, pair.after.id, name),
        obstacle,
        floors,
    };
    let names: IndexSet<&String> =
        after.iter().chain(&before).flat_map(|it| it.metrics()).map(|(name, _)| name).collect();
    let mut doubtful = false;
    let metrics: IndexMap<_, _> = names
        .into_iter()
        .map(|name| {
            let judgement = judge::judge(&question(name), &before, &after);
            doubtful |= judgement.doubtful;
            (name.clone(), judgement.metric)
        })
        .collect();
    let (verdict, reason) = match obstacle {
        Some(why) => (Verdict::NotComparable, why.to_owned()),
        None => worst(&metrics),
    };
    let cell = CellComparison {
        id: pair.after.id.clone(),
        before: pair.before.id.clone(),
        outcomes,
        verdict,
        reason,
        metrics,
        growth: growth::growth(&before, &after),
        confirmed: input.confirmed.contains(pair.after.id),
    };
    Judged { cell, expected: pair.expected, doubtful }
}

/// The attempts that figures are from.
fn measured<'a>(found: &Found<'a>) -> Vec<&'a AttemptRecord> {
    let attempts = found.results.map(|results| results.attempts.as_slice()).unwrap_or_default();
    attempts.iter().filter(|it| !it.warmup && it.outcome == Outcome::Ok).collect()
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
