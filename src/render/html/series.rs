//! The readings behind the charts, as scripts: a page that was opened from disk may load those,
//! and nothing else. `templates/scripts/data.js` takes them in.
//!
//! ```text
//! reports/assets/series/<name>.js          every curve of every measured attempt
//! reports/assets/series/<name>.small.js    what the grid draws: a few curves of one attempt
//! reports/assets/series/<name>~<run>.js    every curve of an earlier result, see `earlier`
//! ```

use indexmap::{IndexMap, IndexSet};
use serde::Serialize;

use super::names;
use super::overview::Overview;
use crate::analyse::summary::{CellSummary, Curve};
use crate::error::{Error, Result};
use crate::measurement::curves::{GRID, PROGRESS, thin};
use crate::plan::CellId;
use crate::render::format;

/// Curves that the grid can draw.
pub(super) const SMALL: [&str; 3] = ["rss", "heap", "server_anon"];

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
    attempts: Vec<AttemptSeries<'a>>,
}

#[derive(Serialize)]
struct AttemptSeries<'a> {
    number: u32,
    /// Milliseconds since exec, and the name.
    marks: Vec<(f64, &'a str)>,
    /// Milliseconds since exec, and rows done.
    progress: Vec<(f64, f64)>,
    series: IndexMap<&'a str, Readings>,
}

/// A curve: milliseconds since exec, and values.
#[derive(Serialize)]
struct Readings {
    label: String,
    unit: &'static str,
    t: Vec<f64>,
    v: Vec<f64>,
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
    let mut attempts: IndexMap<u32, Vec<&Curve>> = IndexMap::new();
    for curve in curves {
        attempts.entry(curve.attempt).or_default().push(curve);
    }
    written(&CellSeries {
        file: file.to_owned(),
        id: cell.as_str(),
        name: cell.as_str(),
        look: 0,
        limit: None,
        attempts: attempts.iter().map(|(number, curves)| attempt(*number, curves, false)).collect(),
    })
}

/// The script with a cell's readings.
///
/// # Errors
/// None that a summary can cause.
pub(super) fn script(all: &Overview<'_>, cell: &CellSummary, small: bool) -> Result<String> {
    let mut attempts: IndexMap<u32, Vec<&Curve>> = IndexMap::new();
    let typical = cell.typical_attempt();
    let wanted = |curve: &&Curve| {
        !small
            || (Some(curve.attempt) == typical
                && (SMALL.contains(&curve.metric.as_str()) || curve.metric == PROGRESS))
    };
    for curve in cell.curves.iter().filter(wanted) {
        attempts.entry(curve.attempt).or_default().push(curve);
    }
    let series = CellSeries {
        file: file(cell, small),
        id: cell.cell.id.as_str(),
        name: all.short_name(cell),
        look: all.look(cell),
        limit: cell
            .run
            .as_deref()
            .and_then(|run| all.summary.run(run))
            .and_then(|run| run.measure.memory_limit),
        attempts: attempts.iter().map(|(number, curves)| attempt(*number, curves, small)).collect(),
    };
    written(&series)
}

fn written(series: &CellSeries<'_>) -> Result<String> {
    let json = serde_json::to_string(series)
        .map_err(|error| Error::bug("a cell's readings can't be serialised").because(error))?;
    Ok(format!("memgrid.add({json});\n"))
}

fn attempt<'a>(number: u32, curves: &[&'a Curve], small: bool) -> AttemptSeries<'a> {
    let limit = if small { GRID } else { usize::MAX };
    let marks = curves.first().map(|curve| curve.marks.as_slice()).unwrap_or_default();
    let progress = curves.iter().find(|curve| curve.metric == PROGRESS);
    let shown = curves.iter().filter(|curve| curve.metric != PROGRESS);
    AttemptSeries {
        number,
        marks: marks.iter().map(|(time, name)| (milliseconds(*time), name.as_str())).collect(),
        progress: progress.map(|curve| steps(&curve.points)).unwrap_or_default(),
        series: shown
            .map(|curve| {
                (curve.metric.as_str(), readings(&curve.metric, &thin(&curve.points, limit)))
            })
            .collect(),
    }
}

fn readings(metric: &str, points: &[(f64, f64)]) -> Readings {
    Readings {
        label: format::metric(metric),
        unit: "B",
        t: points.iter().map(|(time, _)| milliseconds(*time)).collect(),
        v: points.iter().map(|(_, value)| value.round()).collect(),
    }
}

/// The moments at which the number of rows changed: a line through them says how far the work
/// was in between.
fn steps(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let mut steps: Vec<(f64, f64)> = Vec::new();
    for (time, rows) in points {
        if steps.last().is_none_or(|(_, before)| before < rows) {
            steps.push((milliseconds(*time), *rows));
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
        assert_eq!(steps(&points), [(100.0, 0.0), (300.0, 100.0), (500.0, 250.0)]);
    }

    #[test]
    fn readings_are_short_numbers() {
        let readings = readings("rss", &[(0.012_345, 1024.4), (1.0, 2048.0)]);
        assert_eq!(readings.t, [12.3, 1000.0]);
        assert_eq!(readings.v, [1024.0, 2048.0]);
    }
}
