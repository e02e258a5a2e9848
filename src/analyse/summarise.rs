//! From any number of runs to one summary of the matrix as it stands.

mod since;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use indexmap::IndexMap;
use rayon::prelude::*;

use super::change;
use super::compare::{CellSide, Standard, compare_cell};
use super::comparison::CellComparison;
use super::noise::NoiseFloors;
use super::output::{self, Output};
use super::summary::{CellSummary, Curve, EarlierResult, PassResult, Readings, Statistic, Summary};
use crate::collect::record::{AttemptRecord, CellResults, RunManifest, RunRecord};
use crate::config::Rule;
use crate::measurement::Directions;
use crate::outcome::Outcome;
use crate::plan::{Cell, CellId, Pass};

/// Curves that the grid can draw.
pub const IN_GRID: [&str; 3] = ["rss", "heap", "server_anon"];

/// Where the curves of attempts come from. Asked from several threads.
pub trait CurveSource: Sync {
    /// What an attempt's readings are known by: another text as soon as they change. `None` if it
    /// has none.
    fn key(&self, run: &str, cell: &CellId, attempt: u32) -> Option<String>;

    /// All its curves, with at most [`PAGE`](crate::measurement::curves::PAGE) points each.
    fn curves(&self, run: &str, cell: &CellId, attempt: u32) -> Vec<Curve>;

    /// The same curves, without points but for those [`IN_GRID`], which have at most
    /// [`GRID`](crate::measurement::curves::GRID), and for the ends of the
    /// [`PROGRESS`](crate::measurement::curves::PROGRESS).
    fn sketch(&self, run: &str, cell: &CellId, attempt: u32) -> Vec<Curve>;
}

/// What a summary is made from.
pub struct SummaryInput<'a> {
    /// The matrix's cells, in its order. What runs have of other cells is left out.
    pub cells: &'a [Cell],
    /// The axes and their values, in matrix order.
    pub axes: &'a IndexMap<String, Vec<String>>,
    /// The axis along which twins differ, and its baseline value.
    pub baseline: Option<(&'a str, &'a str)>,
    /// Which way metrics are better.
    pub directions: &'a Directions,
    /// Whether twins must write the same bytes.
    pub same_output: bool,
    /// The rules by which a cell is judged against its twin.
    pub rules: &'a [Rule],
    /// What is normal on machines, by their ids, as far as that was measured.
    pub noise: &'a HashMap<String, NoiseFloors>,
    /// Runs, newest first.
    pub runs: &'a [RunRecord],
    /// Where curves come from; of each cell one attempt's are asked for.
    pub curves: &'a dyn CurveSource,
}

/// For each cell its newest result that was not interrupted (an interrupted one only if there is
/// no other), with its figures and how they differ from its twin's.
#[must_use]
pub fn summarise(input: &SummaryInput<'_>) -> Summary {
    let mut cells: Vec<_> = input.cells.par_iter().map(|cell| newest(input, cell)).collect();
    let manifests: HashMap<_, _> =
        input.runs.iter().map(|run| (run.manifest.run.as_str(), &run.manifest)).collect();
    if input.same_output {
        condemn_wrong_output(&mut cells, input.baseline, &manifests);
    }
    if let Some((axis, value)) = input.baseline {
        compare_with_twins(input, &mut cells, (axis, value), &manifests);
    }
    let used: HashSet<_> = cells.iter().filter_map(|cell| cell.run.as_deref()).collect();
    let runs = input.runs.iter().map(|run| &run.manifest);
    let runs = runs.filter(|run| used.contains(run.run.as_str())).cloned().map(Arc::new).collect();
    let baseline = input.baseline.map(|(axis, value)| (axis.to_owned(), value.to_owned()));
    Summary { axes: input.axes.clone(), baseline, runs, cells }
}

/// A cell's results in a run, and how it ended there.
type Result<'a> = (&'a RunManifest, Outcome, &'a CellResults);

/// A cell's results in every run that has any, newest first.
fn results<'a>(runs: &'a [RunRecord], id: &CellId) -> Vec<Result<'a>> {
    let found = runs.iter().filter_map(|run| Some((&run.manifest, run.cells.get(id)?)));
    let found =
        found.filter(|(_, results)| results.record.is_some() || !results.attempts.is_empty());
    found
        .map(|(run, results)| {
            let outcome =
                results.record.as_ref().map_or(Outcome::Interrupted, |record| record.outcome);
            (run, outcome, results)
        })
        .collect()
}

fn newest(input: &SummaryInput<'_>, cell: &Cell) -> CellSummary {
    let mut results = results(input.runs, &cell.id);
    let whole = results.iter().position(|(_, outcome, _)| *outcome != Outcome::Interrupted);
    if results.is_empty() {
        return never_ran(cell);
    }
    let passes = passes(input, &results);
    let (run, outcome, chosen) = results.remove(whole.unwrap_or(0));
    let older = &results[whole.unwrap_or(0)..];
    let record = chosen.record.as_ref();
    let readings = measured(&chosen.attempts).filter_map(|attempt| {
        let key = input.curves.key(&run.run, &cell.id, attempt.number)?;
        Some(Readings { attempt: attempt.number, key })
    });
    let mut summary = CellSummary {
        cell: cell.clone(),
        outcome: Some(outcome),
        reason: record.map_or_else(
            || Some("the run was ended before this cell was complete".into()),
            |record| record.reason.clone(),
        ),
        help: record.and_then(|record| record.help.clone()),
        run: Some(run.run.clone()),
        measured: Some(run.started),
        metrics: figures(&chosen.attempts),
        unavailable: unavailable(&chosen.attempts),
        twin: None,
        changes: IndexMap::new(),
        comparison: None,
        output_digest: Output::new(cell, outcome, &chosen.attempts).digest().map(str::to_owned),
        attempts: chosen.attempts.clone(),
        readings: readings.collect(),
        curves: Vec::new(),
        since: since::since(input, cell, (run, outcome, chosen), older),
        earlier: results.iter().copied().map(earlier).collect(),
        passes,
    };
    let sketches = summary.by_typicality().into_iter();
    let mut sketches = sketches.map(|attempt| input.curves.sketch(&run.run, &cell.id, attempt));
    summary.curves = sketches.find(|curves| !curves.is_empty()).unwrap_or_default();
    summary
}

fn never_ran(cell: &Cell) -> CellSummary {
    CellSummary {
        cell: cell.clone(),
        outcome: None,
        reason: None,
        help: None,
        run: None,
        measured: None,
        metrics: IndexMap::new(),
        unavailable: IndexMap::new(),
        twin: None,
        changes: IndexMap::new(),
        comparison: None,
        output_digest: None,
        attempts: Vec::new(),
        readings: Vec::new(),
        curves: Vec::new(),
        earlier: Vec::new(),
        since: None,
        passes: Vec::new(),
    }
}

/// The newest pass of each kind.
fn passes(input: &SummaryInput<'_>, results: &[Result<'_>]) -> Vec<PassResult> {
    let newest = |pass: Pass| {
        let mut made = results.iter().flat_map(|(run, _, results)| {
            results.passes.iter().rev().map(move |attempt| (&run.run, attempt))
        });
        let (run, attempt) = made.find(|(_, attempt)| attempt.pass == Some(pass))?;
        Some(PassResult {
            pass,
            run: run.clone(),
            attempt: attempt.clone(),
            readings: input.curves.key(run, &attempt.cell, attempt.number),
            curves: Vec::new(),
        })
    };
    Pass::ALL.into_iter().filter_map(newest).collect()
}

fn earlier((run, outcome, results): Result<'_>) -> EarlierResult {
    EarlierResult {
        run: run.run.clone(),
        measured: run.started,
        outcome,
        reason: results.record.as_ref().and_then(|record| record.reason.clone()),
        metrics: figures(&results.attempts),
        attempts: results.attempts.clone(),
    }
}

/// Attempts that count: no warm-ups.
fn measured(attempts: &[AttemptRecord]) -> impl Iterator<Item = &AttemptRecord> {
    attempts.iter().filter(|attempt| !attempt.warmup)
}

/// Figures over the measured attempts that succeeded.
fn figures(attempts: &[AttemptRecord]) -> IndexMap<String, Statistic> {
    let ok = || measured(attempts).filter(|attempt| attempt.outcome == Outcome::Ok);
    let names: IndexMap<_, _> = ok().flat_map(AttemptRecord::metrics).collect();
    let statistic = |(name, metric): (&String, &crate::measurement::Metric)| {
        let values = ok().filter_map(|attempt| attempt.metric(name)?.value);
        let statistic = Statistic::of(metric.unit.clone(), metric.scope, values)?;
        Some((name.clone(), statistic))
    };
    names.into_iter().filter_map(statistic).collect()
}

/// Metrics that no measured attempt has, with the reason that one of them gives.
fn unavailable(attempts: &[AttemptRecord]) -> IndexMap<String, String> {
    let metrics = || measured(attempts).flat_map(AttemptRecord::metrics);
    let had: HashSet<_> =
        metrics().filter(|(_, metric)| metric.value.is_some()).map(|(name, _)| name).collect();
    metrics()
        .filter(|(name, _)| !had.contains(name))
        .filter_map(|(name, metric)| Some((name.clone(), metric.unavailable.clone()?)))
        .collect()
}

/// Twins may be from different runs; their output is only held against each other if both runs
/// fed the same rows to the same workload.
fn condemn_wrong_output(
    cells: &mut [CellSummary],
    baseline: Option<(&str, &str)>,
    manifests: &HashMap<&str, &RunManifest>,
) {
    let mut alike: IndexMap<_, Vec<Output<'_>>> = IndexMap::new();
    for cell in cells.iter() {
        let Some(run) = cell.run.as_deref().and_then(|run| manifests.get(run)) else { continue };
        let Some(outcome) = cell.outcome else { continue };
        let rows = run.dataset.as_ref().map(|data| data.fingerprint.as_str());
        let output = Output::new(&cell.cell, outcome, &cell.attempts);
        alike.entry((rows, run.workload_sha256.as_str())).or_default().push(output);
    }
    let verdicts: Vec<_> =
        alike.values().flat_map(|outputs| output::check(outputs, baseline)).collect();
    for (id, reason) in verdicts {
        if let Some(cell) = cells.iter_mut().find(|cell| cell.cell.id == id) {
            cell.outcome = Some(Outcome::WrongOutput);
            cell.reason = Some(reason);
        }
    }
}

fn compare_with_twins(
    input: &SummaryInput<'_>,
    cells: &mut [CellSummary],
    (axis, value): (&str, &str),
    manifests: &HashMap<&str, &RunManifest>,
) {
    let in_baseline = |cell: &&CellSummary| cell.cell.value(axis) == Some(value);
    let twins: HashMap<_, _> =
        cells.iter().filter(in_baseline).map(|cell| (cell.cell.twin_key(axis), cell)).collect();
    let compared: Vec<_> = cells
        .par_iter()
        .map(|cell| {
            let other = cell.cell.value(axis).is_some_and(|own| own != value);
            let twin = twins.get(&cell.cell.twin_key(axis)).filter(|_| other)?;
            let obstacle = obstacle(twin, cell, manifests);
            let changes = change::changes(
                &twin.metrics,
                &cell.metrics,
                obstacle.as_deref(),
                input.directions,
            );
            let judged = judge(input, (twin, cell), obstacle.as_deref(), manifests);
            Some((twin.cell.id.clone(), changes, judged))
        })
        .collect();
    for (cell, compared) in cells.iter_mut().zip(compared) {
        if let Some((twin, changes, judged)) = compared {
            cell.twin = Some(twin);
            cell.changes = changes;
            cell.comparison = Some(judged);
        }
    }
}

/// Why a cell can't be compared with its twin; `None` if it can.
fn obstacle(
    twin: &CellSummary,
    cell: &CellSummary,
    manifests: &HashMap<&str, &RunManifest>,
) -> Option<String> {
    if cell.outcome == Some(Outcome::WrongOutput) {
        return Some("its output is wrong".to_owned());
    }
    let manifest = |cell: &CellSummary| manifests.get(cell.run.as_deref()?).copied();
    change::obstacle(manifest(twin)?, manifest(cell)?)
}

/// What `memgrid compare` would say of the two.
fn judge(
    input: &SummaryInput<'_>,
    (twin, cell): (&CellSummary, &CellSummary),
    obstacle: Option<&str>,
    manifests: &HashMap<&str, &RunManifest>,
) -> CellComparison {
    let run = cell.run.as_deref().and_then(|run| manifests.get(run));
    let floors = run.and_then(|run| floors(input, run));
    let standard = Standard { rules: input.rules, directions: input.directions, obstacle, floors };
    compare_cell(&standard, &side(twin), &side(cell))
}

/// What is normal on the run's machine, if that was measured and holds for the run.
fn floors<'a>(input: &SummaryInput<'a>, run: &RunManifest) -> Option<&'a NoiseFloors> {
    input.noise.get(&run.machine.id).filter(|floors| floors.obstacle(run).is_none())
}

fn side(cell: &CellSummary) -> CellSide<'_> {
    CellSide { id: &cell.cell.id, outcome: cell.outcome, attempts: &cell.attempts }
}

#[cfg(test)]
mod tests;
