//! A comparison for programs. `docs/comparison.schema.json` describes every key; a key is never
//! left out, and what there is none of is null.

use indexmap::IndexMap;
use serde::Serialize;

use crate::analyse::comparison::{
    CellComparison, Comparison, Gate, Growth, Interval, MetricComparison, Noise, Side, Slope,
    Unpaired, Verdict,
};
use crate::analyse::summary::Statistic;
use crate::config::{Limit, Rule};
use crate::error::{Error, Result};
use crate::measurement::{Better, Scope, Unit};
use crate::outcome::Outcome;
use crate::plan::CellId;
use crate::render::document;

/// The document.
///
/// # Errors
/// When a rule's limit is no finite number, which JSON can't say.
pub(super) fn render(comparison: &Comparison) -> Result<String> {
    for rule in &comparison.rules {
        if !rule.limit.amount().is_finite() {
            return Err(Error::usage(format!("the limit of the rule `{rule}` is not a number"))
                .hint("give it one, such as `peak_rss>3%`"));
        }
    }
    let document = Document::from(comparison);
    document::json(&document)
        .map_err(|error| Error::bug("a comparison can't be written as JSON").because(error))
}

#[derive(Serialize)]
struct Document<'a> {
    schema: u32,
    before: SideEntry<'a>,
    after: SideEntry<'a>,
    gate: Gate,
    reasons: &'a [String],
    notes: &'a [String],
    rules: Vec<RuleEntry<'a>>,
    cells: Vec<CellEntry<'a>>,
    unpaired: Vec<UnpairedEntry<'a>>,
}

#[derive(Serialize)]
struct SideEntry<'a> {
    label: &'a str,
    run: &'a str,
    name: Option<&'a str>,
    started: String,
    axis: Option<&'a str>,
    value: Option<&'a str>,
    revisions: &'a IndexMap<String, IndexMap<String, String>>,
}

#[derive(Serialize)]
struct RuleEntry<'a> {
    rule: String,
    cells: Option<&'a str>,
    metric: &'a str,
    limit: &'a Limit,
}

#[derive(Serialize)]
struct CellEntry<'a> {
    id: &'a CellId,
    before: &'a CellId,
    outcome: OutcomeEntry,
    verdict: Verdict,
    reason: &'a str,
    confirmed: bool,
    metrics: IndexMap<&'a str, MetricEntry<'a>>,
    growth: IndexMap<&'a str, GrowthEntry<'a>>,
}

#[derive(Serialize)]
struct OutcomeEntry {
    before: Option<Outcome>,
    after: Option<Outcome>,
}

#[derive(Serialize)]
struct MetricEntry<'a> {
    unit: &'a Unit,
    scope: Scope,
    better: Option<Better>,
    before: Option<&'a Statistic>,
    after: Option<&'a Statistic>,
    ratio: Option<f64>,
    difference: Option<f64>,
    interval: Option<Interval>,
    p_value: Option<f64>,
    noise: Option<&'a Noise>,
    rule: Option<String>,
    beyond_limit: bool,
    verdict: Verdict,
    reason: &'a str,
}

#[derive(Serialize)]
struct GrowthEntry<'a> {
    before: Option<&'a Slope>,
    after: Option<&'a Slope>,
}

#[derive(Serialize)]
struct UnpairedEntry<'a> {
    id: &'a CellId,
    side: &'static str,
    outcome: Option<Outcome>,
}

/// JSON has no NaN and no infinity: what isn't finite is none.
fn finite(number: Option<f64>) -> Option<f64> {
    number.filter(|number| number.is_finite())
}

fn all_finite<const N: usize>(numbers: [f64; N]) -> bool {
    numbers.iter().all(|number| number.is_finite())
}

impl<'a> From<&'a Comparison> for Document<'a> {
    fn from(comparison: &'a Comparison) -> Self {
        Self {
            schema: comparison.schema,
            before: (&comparison.before).into(),
            after: (&comparison.after).into(),
            gate: comparison.gate,
            reasons: &comparison.reasons,
            notes: &comparison.notes,
            rules: comparison.rules.iter().map(RuleEntry::from).collect(),
            cells: comparison.cells.iter().map(CellEntry::from).collect(),
            unpaired: comparison.unpaired.iter().map(UnpairedEntry::from).collect(),
        }
    }
}

impl<'a> From<&'a Side> for SideEntry<'a> {
    fn from(side: &'a Side) -> Self {
        let (axis, value) =
            side.value.as_ref().map(|(axis, value)| (axis.as_str(), value.as_str())).unzip();
        Self {
            label: &side.label,
            run: &side.run,
            name: side.name.as_deref(),
            started: side.started.to_string(),
            axis,
            value,
            revisions: &side.revisions,
        }
    }
}

impl<'a> From<&'a Rule> for RuleEntry<'a> {
    fn from(rule: &'a Rule) -> Self {
        let Rule { cells, metric, limit } = rule;
        Self { rule: rule.to_string(), cells: cells.as_deref(), metric, limit }
    }
}

impl<'a> From<&'a CellComparison> for CellEntry<'a> {
    fn from(cell: &'a CellComparison) -> Self {
        let (before, after) = cell.outcomes;
        Self {
            id: &cell.id,
            before: &cell.before,
            outcome: OutcomeEntry { before, after },
            verdict: cell.verdict,
            reason: &cell.reason,
            confirmed: cell.confirmed,
            metrics: cell
                .metrics
                .iter()
                .map(|(name, metric)| (name.as_str(), metric.into()))
                .collect(),
            growth: cell
                .growth
                .iter()
                .map(|(name, growth)| (name.as_str(), growth.into()))
                .collect(),
        }
    }
}

impl<'a> From<&'a MetricComparison> for MetricEntry<'a> {
    fn from(metric: &'a MetricComparison) -> Self {
        let known = |it: &&Statistic| all_finite([it.median, it.min, it.max, it.mean]);
        Self {
            unit: &metric.unit,
            scope: metric.scope,
            better: metric.better,
            before: metric.before.as_ref().filter(known),
            after: metric.after.as_ref().filter(known),
            ratio: finite(metric.ratio),
            difference: finite(metric.difference),
            interval: metric.interval.filter(|it| all_finite([it.low, it.high, it.confidence])),
            p_value: finite(metric.p_value),
            noise: metric.noise.as_ref().filter(|noise| noise.size.amount().is_finite()),
            rule: metric.rule.as_ref().map(ToString::to_string),
            beyond_limit: metric.beyond_limit,
            verdict: metric.verdict,
            reason: &metric.reason,
        }
    }
}

impl<'a> From<&'a Growth> for GrowthEntry<'a> {
    fn from(growth: &'a Growth) -> Self {
        let known = |slope: &&Slope| slope.bytes_per_row.is_finite();
        Self {
            before: growth.before.as_ref().filter(known),
            after: growth.after.as_ref().filter(known),
        }
    }
}

impl<'a> From<&'a Unpaired> for UnpairedEntry<'a> {
    fn from(cell: &'a Unpaired) -> Self {
        let side = if cell.after { "after" } else { "before" };
        Self { id: &cell.id, side, outcome: cell.outcome }
    }
}

#[cfg(test)]
mod tests;
