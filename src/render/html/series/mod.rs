//! The readings behind the charts, as scripts: a page that was opened from disk may load those,
//! and nothing else. `templates/scripts/data.js` takes them in.
//!
//! ```text
//! reports/assets/series/<name>.js          every curve of every measured attempt
//! reports/assets/series/<name>.small.js    what the grid draws: a few curves of one attempt
//! reports/assets/series/<name>~<run>.js    every curve of an earlier result, see `earlier`
//! ```

mod coded;
pub(super) mod extents;

use indexmap::{IndexMap, IndexSet};
use serde::Serialize;

use super::names;
use super::overview::Overview;
use crate::analyse::IN_GRID;
use crate::analyse::summary::{CellSummary, Curve};
use crate::error::{Error, Result};
use crate::measurement::curves::{GRID, PAGE, PROGRESS, TICKS, straight, thin};
use crate::plan::CellId;
use crate::render::format;
use coded::Numbers;

/// Points that the curves of a metric have together if there are several attempts, and the fewest
/// that one of them has. The script draws them as a band of 300 columns.
const TOGETHER: usize = 2 * PAGE;
const FEWEST: usize = 300;

/// One cell, as `memgrid.add` takes it.
#[derive(Serialize)]
struct CellSeries<'a> {
    file: String,
    id: &'a str,
    /// What tells it from its twins.
    name: &'a str,
    look: usize,
    /// Bytes that an attempt may hold.
    limit: Option<u64>,
    /// What people call its curves.
    labels: IndexMap<&'a str, String>,
    attempts: Vec<AttemptSeries<'a>>,
}

#[derive(Serialize)]
struct AttemptSeries<'a> {
    number: u32,
    /// Milliseconds since exec, and the name.
    marks: Vec<(f64, &'a str)>,
    /// Rows done.
    progress: Readings,
    series: IndexMap<&'a str, Readings>,
}

/// A curve: moments in ticks since exec, and values.
#[derive(Serialize)]
struct Readings {
    t: Numbers,
    v: Numbers,
}

/// What the script draws in the place of a static chart; `templates/scripts/plot.js` reads it.
#[derive(Debug, Default, Serialize)]
pub(super) struct PlotRequest {
    /// Names of the cells' files.
    pub(super) cells: IndexSet<String>,
    /// Curves of each; `None` for the one that the reader chooses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) layers: Option<IndexSet<String>>,
    /// For a curve that is filled, the curve up to which it is.
    pub(super) areas: IndexMap<String, String>,
}

impl PlotRequest {
    /// As JSON, for an attribute.
    pub(super) fn to_json(&self) -> String {
        // Texts and their lists can always be written as JSON.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// Curves that any of `cells` has, for the reader to choose from, as JSON: their names, and what people
/// call them. `among` names those that may be offered.
pub(super) fn choices<'a>(
    cells: impl IntoIterator<Item = &'a CellSummary>,
    among: Option<&[&str]>,
) -> String {
    let curves = cells.into_iter().flat_map(|cell| &cell.curves);
    let metrics: IndexSet<&str> = curves.map(|curve| curve.metric.as_str()).collect();
    let offered = metrics
        .into_iter()
        .filter(|metric| *metric != PROGRESS && among.is_none_or(|among| among.contains(metric)));
    let named: Vec<_> = offered.map(|metric| (metric, format::metric(metric))).collect();
    serde_json::to_string(&named).unwrap_or_default()
}

/// The path of a cell's readings, relative to the reports folder.
pub(super) fn path(cell: &CellSummary, small: bool) -> String {
    format!("assets/series/{}.js", file(cell, small))
}

fn file(cell: &CellSummary, small: bool) -> String {
    let stem = names::cell_stem(&cell.cell.id);
    if small { format!("{stem}.small") } else { stem }
}

/// The script with the curves of a cell in an earlier run.
///
/// # Errors
/// None that curves can cause.
pub(super) fn earlier_script(file: &str, cell: &CellId, curves: &[Curve]) -> Result<String> {
    let blank = CellSeries {
        file: file.to_owned(),
        id: cell.as_str(),
        name: cell.as_str(),
        look: 0,
        limit: None,
        labels: IndexMap::new(),
        attempts: Vec::new(),
    };
    written(&blank.with(curves, usize::MAX))
}

/// The script with a cell's readings.
///
/// # Errors
/// None that a summary can cause.
pub(super) fn script(all: &Overview<'_>, cell: &CellSummary, small: bool) -> Result<String> {
    let typical = cell.typical_attempt();
    let wanted = |curve: &&Curve| {
        !small
            || (Some(curve.attempt) == typical
                && (IN_GRID.contains(&curve.metric.as_str()) || curve.metric == PROGRESS))
    };
    let limit = if small { GRID } else { points_of_each(cell) };
    let run = cell.run.as_deref().and_then(|run| all.summary.run(run));
    let blank = CellSeries {
        file: file(cell, small),
        id: cell.cell.id.as_str(),
        name: all.short_name(cell),
        look: all.look(cell),
        limit: run.and_then(|run| run.measure.memory_limit),
        labels: IndexMap::new(),
        attempts: Vec::new(),
    };
    written(&blank.with(cell.curves.iter().filter(wanted), limit))
}

/// Points of a curve, so that those of many attempts stay bounded together.
pub(super) fn points_of_each(cell: &CellSummary) -> usize {
    (TOGETHER / cell.readings.len().max(1)).clamp(FEWEST, PAGE)
}

impl<'a> CellSeries<'a> {
    /// The same with the curves of attempts, each with at most `limit` points.
    fn with(mut self, curves: impl IntoIterator<Item = &'a Curve>, limit: usize) -> Self {
        let mut attempts: IndexMap<u32, AttemptSeries<'_>> = IndexMap::new();
        for curve in curves {
            let marks = || curve.marks.iter().map(|(t, name)| (milliseconds(*t), name.as_str()));
            let attempt = attempts.entry(curve.attempt).or_insert_with(|| AttemptSeries {
                number: curve.attempt,
                marks: marks().collect(),
                progress: readings(&[]),
                series: IndexMap::new(),
            });
            let mut points = straight(thin(&curve.points, limit));
            if curve.metric == PROGRESS {
                attempt.progress = readings(&steps(&points));
                continue;
            }
            points.iter_mut().for_each(|(_, value)| *value = value.round());
            attempt.series.insert(&curve.metric, readings(&points));
            self.labels.entry(&curve.metric).or_insert_with(|| format::metric(&curve.metric));
        }
        self.attempts = attempts.into_values().collect();
        self
    }
}

fn written(series: &CellSeries<'_>) -> Result<String> {
    let json = serde_json::to_string(series)
        .map_err(|error| Error::bug("a cell's readings can't be serialised").because(error))?;
    Ok(format!("memgrid.add({json});\n"))
}

fn readings(points: &[(f64, f64)]) -> Readings {
    Readings {
        t: Numbers::of(points.iter().map(|(time, _)| (time * TICKS).round()).collect()),
        v: Numbers::of(points.iter().map(|(_, value)| *value).collect()),
    }
}

/// The moments at which the number of rows changed: a line through them says how far the work
/// was in between.
fn steps(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let mut steps: Vec<(f64, f64)> = Vec::new();
    for (time, rows) in points {
        if steps.last().is_none_or(|(_, before)| before < rows) {
            steps.push((*time, *rows));
        }
    }
    steps
}

/// To a tenth: ten times as fine as the fastest sampling.
fn milliseconds(seconds: f64) -> f64 {
    (seconds * 10_000.0).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_told_when_they_change() {
        let points = [(0.1, 0.0), (0.2, 0.0), (0.3, 100.0), (0.4, 100.0), (0.5, 250.0)];
        assert_eq!(steps(&points), [(0.1, 0.0), (0.3, 100.0), (0.5, 250.0)]);
    }

    #[test]
    fn readings_are_short() {
        let readings = readings(&[(0.012_345, 4096.0), (1.0, 12_288.0)]);
        let json = serde_json::to_string(&readings).unwrap();
        assert_eq!(json, r#"{"t":[1,"2HqpT"],"v":[4096,"CE"]}"#);
    }
}
