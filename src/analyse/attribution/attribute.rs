//! From a run with a series to what each of its patches contributes.

use indexmap::{IndexMap, IndexSet};
use rayon::prelude::*;

use super::interaction::interactions;
use super::purpose::purpose;
use super::*;
use crate::analyse::comparison::CellComparison;
use crate::analyse::noise::NoiseFloors;
use crate::analyse::{CellSide, Standard, compare_cell};
use crate::collect::record::{CellResults, RunRecord};
use crate::config::{Limit, Rule, STATE_AXIS};
use crate::measurement::Directions;
use crate::plan::Cell;
use crate::statistics::{CONFIDENCE, contrast_interval};

/// What is attributed, and by what it is judged.
#[derive(Clone, Copy, Debug)]
pub struct AttributionInput<'a> {
    /// The run, whose manifest says which state has which patches.
    pub run: &'a RunRecord,
    /// Its cells, in matrix order.
    pub cells: &'a [Cell],
    /// The gate's rules; the last one that is for a cell and a metric says what matters.
    pub rules: &'a [Rule],
    /// Which way metrics are better.
    pub directions: &'a Directions,
    /// What is normal on this machine, if that was measured.
    pub noise: Option<&'a NoiseFloors>,
}

/// Attributes. Nothing in `input` makes it fail: what can't be told is part of what is found. A run
/// without a series has an attribution without any.
#[must_use]
pub fn attribute(input: &AttributionInput<'_>) -> Attribution {
    let manifest = &input.run.manifest;
    let unusable = input.noise.and_then(|floors| floors.obstacle(manifest));
    let noise = input.noise.filter(|_| unusable.is_none());
    let input = AttributionInput { noise, ..*input };
    let series = manifest.series.iter().map(|(state, record)| of_series(&input, state, record));
    let note = |why| format!("the calibration of this machine is not used: it was {why}");
    Attribution {
        schema: SCHEMA,
        run: manifest.run.clone(),
        name: manifest.name.clone(),
        started: manifest.started,
        series: series.collect(),
        notes: unusable.map(note).into_iter().collect(),
    }
}

fn of_series(
    input: &AttributionInput<'_>,
    state: &str,
    record: &SeriesRecord,
) -> SeriesAttribution {
    let groups = groups(input.cells, record);
    let groups: Vec<Group> =
        groups.into_par_iter().map(|cells| of_group(input, record, &cells)).collect();
    let patches = record.patches.iter().enumerate().map(|(index, patch)| PatchAttribution {
        label: patch.label.clone(),
        source: patch.source.clone(),
        file: patch.name.clone(),
        purpose: purpose(&groups, index),
    });
    SeriesAttribution {
        state: state.to_owned(),
        kind: record.kind,
        patches: patches.collect(),
        unapplied: unapplied(&groups, record),
        groups,
    }
}

/// Cells of the series' states by what they have in common, in matrix order.
fn groups<'a>(cells: &'a [Cell], record: &SeriesRecord) -> Vec<IndexMap<&'a str, &'a Cell>> {
    let mut groups: IndexMap<_, IndexMap<&str, &Cell>> = IndexMap::new();
    for cell in cells {
        let Some(state) = cell.state().filter(|state| record.states.contains_key(*state)) else {
            continue;
        };
        groups.entry(cell.twin_key(STATE_AXIS)).or_default().insert(state, cell);
    }
    // Where none of the series' own states is, it was excluded.
    let has_patch =
        |state: &&str| record.states.get(*state).is_some_and(|having| !having.is_empty());
    groups.into_values().filter(|group| group.keys().any(has_patch)).collect()
}

/// A group of cells while it is looked at.
pub(super) struct Members<'a> {
    input: &'a AttributionInput<'a>,
    cells: &'a IndexMap<&'a str, &'a Cell>,
}

impl<'a> Members<'a> {
    fn results(&self, state: &str) -> Option<&'a CellResults> {
        self.input.run.cells.get(&self.cells.get(state)?.id)
    }

    fn side(&self, state: &str) -> Option<CellSide<'a>> {
        let id = &self.cells.get(state)?.id;
        let results = self.results(state);
        let attempts = results.map(|it| it.attempts.as_slice()).unwrap_or_default();
        Some(CellSide { id, outcome: outcome(results), attempts })
    }

    fn compare(&self, without: &str, with: &str) -> Option<CellComparison> {
        let AttributionInput { rules, directions, noise: floors, .. } = *self.input;
        let standard = Standard { rules, directions, obstacle: None, floors };
        Some(compare_cell(&standard, &self.side(without)?, &self.side(with)?))
    }

    /// The measured values of a metric in a state.
    pub(super) fn values(&self, state: &str, metric: &str) -> Vec<f64> {
        let attempts = self.results(state).map(|it| it.attempts.as_slice()).unwrap_or_default();
        let measured = attempts.iter().filter(|it| !it.warmup && it.outcome == Outcome::Ok);
        let values = measured.filter_map(|attempt| attempt.metric(metric)?.value);
        values.filter(|value| value.is_finite()).collect()
    }

    /// An amount that is `sign × Σ weight × median` over states, with its interval. States whose
    /// weights cancel out say nothing.
    pub(super) fn contrast(
        &self,
        metric: &str,
        weights: &IndexMap<&str, f64>,
        sign: f64,
        value: f64,
    ) -> Amount {
        let groups: Vec<(f64, Vec<f64>)> = weights
            .iter()
            .filter(|(_, weight)| **weight != 0.0)
            .map(|(state, weight)| (sign * weight, self.values(state, metric)))
            .collect();
        let groups: Vec<(f64, &[f64])> = groups.iter().map(|(w, it)| (*w, it.as_slice())).collect();
        let interval = contrast_interval(&groups).map(|(low, high)| Interval {
            low,
            high,
            confidence: CONFIDENCE,
        });
        Amount { value, interval }
    }
}

fn outcome(results: Option<&CellResults>) -> Option<Outcome> {
    let results = results?;
    match &results.record {
        Some(record) => Some(record.outcome),
        None => (!results.attempts.is_empty()).then_some(Outcome::Interrupted),
    }
}

fn of_group(
    input: &AttributionInput<'_>,
    record: &SeriesRecord,
    cells: &IndexMap<&str, &Cell>,
) -> Group {
    let members = Members { input, cells };
    let values: IndexMap<String, String> = cells
        .values()
        .next()
        .map(|cell| cell.twin_key(STATE_AXIS))
        .unwrap_or_default()
        .into_iter()
        .map(|(axis, value)| (axis.to_owned(), value.to_owned()))
        .collect();
    let state = |name: &String| {
        let results = members.results(name);
        let state = GroupState {
            cell: cells.get(name.as_str()).map(|cell| cell.id.clone()),
            outcome: outcome(results),
            reason: results.and_then(|it| it.record.as_ref()?.reason.clone()),
        };
        (name.clone(), state)
    };
    Group {
        id: values.values().map(String::as_str).collect::<Vec<_>>().join("/"),
        states: record.states.keys().map(state).collect(),
        metrics: metrics(&members, record),
        values,
    }
}

/// The comparisons that a series consists of: the whole, and each patch's step.
struct Steps<'a> {
    whole: Step<'a>,
    patches: Vec<Step<'a>>,
}

struct Step<'a> {
    without: &'a str,
    with: &'a str,
    /// `None` if the run has not both cells.
    comparison: Option<CellComparison>,
}

fn metrics(members: &Members<'_>, record: &SeriesRecord) -> IndexMap<String, MetricAttribution> {
    let step = |(without, with)| Step { without, with, comparison: members.compare(without, with) };
    let patches: Option<Vec<_>> =
        (0..record.patches.len()).map(|index| record.step(index).map(step)).collect();
    let Some((whole, patches)) = record.whole().map(step).zip(patches) else {
        return IndexMap::new();
    };
    let steps = Steps { whole, patches };
    let all = steps.patches.iter().chain([&steps.whole]);
    let names: IndexSet<&String> =
        all.filter_map(|step| step.comparison.as_ref()).flat_map(|it| it.metrics.keys()).collect();
    let of = |name: &String| Some((name.clone(), of_metric(name, members, record, &steps)?));
    names.into_iter().filter_map(of).collect()
}

fn of_metric(
    name: &str,
    members: &Members<'_>,
    record: &SeriesRecord,
    steps: &Steps<'_>,
) -> Option<MetricAttribution> {
    let found = steps.patches.iter().chain([&steps.whole]);
    let shape = found.filter_map(|step| step.comparison.as_ref()?.metrics.get(name)).next()?;
    let (unit, scope) = (shape.unit.clone(), shape.scope);
    let total = contribution(name, members, &steps.whole);
    let whole = total.amount.map(|amount| amount.value);
    let whole = whole.filter(|whole| total.verdict == Verdict::Improved && *whole != 0.0);
    let with_share = |step: &Step<'_>| {
        let contribution = contribution(name, members, step);
        let share = whole.zip(contribution.amount).map(|(whole, it)| it.value / whole);
        Contribution { share, ..contribution }
    };
    let patches: Vec<Contribution> = steps.patches.iter().map(with_share).collect();
    let noise = |step: &Step<'_>| noise(name, step);
    let noises: Vec<Option<f64>> = steps.patches.iter().map(noise).collect();
    let metric = MetricAttribution {
        remainder: remainder(name, members, &total, &patches),
        interactions: Vec::new(),
        total: Contribution { share: whole.map(|_| 1.0), ..total },
        unit,
        scope,
        patches,
    };
    let noises = (noise(&steps.whole), noises.as_slice());
    Some(MetricAttribution {
        interactions: interactions(name, members, record, &metric, noises),
        ..metric
    })
}

fn contribution(name: &str, members: &Members<'_>, step: &Step<'_>) -> Contribution {
    let metric = step.comparison.as_ref().and_then(|it| it.metrics.get(name));
    let weights = IndexMap::from([(step.without, 1.0), (step.with, -1.0)]);
    let difference = metric.and_then(|it| it.difference);
    let amount = difference.map(|it| members.contrast(name, &weights, 1.0, -it));
    let missing = || match &step.comparison {
        None => "the run has not both cells".to_owned(),
        Some(comparison) => comparison.reason.clone(),
    };
    Contribution {
        without: step.without.to_owned(),
        with: step.with.to_owned(),
        before: metric.and_then(|it| it.before.clone()),
        after: metric.and_then(|it| it.after.clone()),
        amount,
        ratio: metric.and_then(|it| it.ratio),
        share: None,
        verdict: metric.map_or(Verdict::NotComparable, |it| it.verdict),
        reason: metric.map_or_else(missing, |it| it.reason.clone()),
    }
}

/// How far the two medians of a step may be apart when nothing changed, in the unit.
fn noise(name: &str, step: &Step<'_>) -> Option<f64> {
    let metric = step.comparison.as_ref()?.metrics.get(name)?;
    let larger = metric.before.as_ref()?.median.abs().max(metric.after.as_ref()?.median.abs());
    Some(match &metric.noise.as_ref()?.size {
        Limit::Absolute { value, .. } => *value,
        // A ratio of 1 + share, seen from the larger of the two.
        Limit::Relative(share) => larger * share / (1.0 + share),
    })
}

fn remainder(
    name: &str,
    members: &Members<'_>,
    total: &Contribution,
    patches: &[Contribution],
) -> Option<Amount> {
    let sum: Option<f64> = patches.iter().map(|it| Some(it.amount?.value)).sum();
    let value = total.amount?.value - sum?;
    // Each state's weight in `total − Σ patches`; those that cancel out say nothing.
    let mut weights: IndexMap<&str, f64> = IndexMap::new();
    for (contribution, sign) in patches.iter().map(|it| (it, -1.0)).chain([(total, 1.0)]) {
        *weights.entry(&contribution.without).or_default() += sign;
        *weights.entry(&contribution.with).or_default() -= sign;
    }
    Some(members.contrast(name, &weights, 1.0, value))
}

/// States whose patches don't apply, each once, with what they lack.
fn unapplied(groups: &[Group], record: &SeriesRecord) -> Vec<Unapplied> {
    let failed = |(state, having): (&String, &Vec<usize>)| {
        let mut cells = groups.iter().filter_map(|group| group.states.get(state));
        let cell = cells.find(|cell| cell.outcome == Some(Outcome::PatchFailed))?;
        let reason = cell.reason.clone().unwrap_or_default();
        let lacks = |(index, patch): (usize, &SeriesPatchRecord)| {
            (!having.contains(&index)).then(|| patch.label.clone())
        };
        // A reason begins with the name of the patch that it is about.
        let is_about = |patch: &&SeriesPatchRecord| reason.starts_with(&format!("{}:", patch.name));
        Some(Unapplied {
            state: state.clone(),
            absent: record.patches.iter().enumerate().filter_map(lacks).collect(),
            patch: record.patches.iter().find(is_about).map(|patch| patch.label.clone()),
            reason,
        })
    };
    record.states.iter().filter_map(failed).collect()
}
