//! The charts of a cell's page: its curves beside its twin's, what of its memory is in use, and
//! what it consists of.

use serde::Serialize;

use super::names;
use super::overview::{Overview, typical_curve_of};
use super::series::PlotRequest;
use crate::analyse::summary::{CellSummary, Curve};
use crate::render::chart::{self, Axis, Chart, Line};
use crate::render::format;

const RSS: &str = "rss";
const HEAP: &str = "heap";
/// What the server held for the workload: no part of the workload's own memory.
const SERVER: &str = "server_anon";
/// What is held, what of it is in use, and what is held elsewhere for it.
const TRUTHS: [&str; 5] = [RSS, HEAP, "python_heap", "retained", SERVER];
/// What RSS consists of.
const PARTS: [&str; 4] = [RSS, "anon", "pss", "uss"];

const IN_USE: &str = "Lines are RSS; the areas below them are live heap: allocated and not freed.";
const RETAINED: &str = "Retained is anonymous memory less live heap: what was freed and not given \
                        back, the allocator's own, stacks and static data.";

#[derive(Serialize)]
pub(super) struct ChartView {
    heading: String,
    legend: Vec<LegendView>,
    svg: String,
    /// What the script draws in its place: see `templates/scripts/plot.js`.
    plot: String,
    /// How to read it.
    caption: Option<&'static str>,
}

#[derive(Serialize)]
pub(super) struct LegendView {
    pub(super) name: String,
    pub(super) swatch: String,
    pub(super) href: Option<String>,
}

/// A curve in a chart.
struct Drawn<'a> {
    cell: &'a CellSummary,
    name: String,
    look: usize,
    curve: &'a Curve,
    /// The curve up to which the chart is filled.
    area: Option<&'a Curve>,
    /// Whether its highest point has a label.
    labelled: bool,
    href: Option<String>,
}

/// The charts of `cell`, the most important first.
pub(super) fn charts(all: &Overview<'_>, cell: &CellSummary) -> Vec<ChartView> {
    let charts = [
        against_twin(all, cell, RSS, "RSS"),
        truths(cell),
        against_twin(all, cell, SERVER, "Server memory"),
        parts(cell),
        repeats(cell),
    ];
    charts.into_iter().flatten().collect()
}

/// The cell's curve of `metric` with that of the cell that it is compared with below it.
fn against_twin(
    all: &Overview<'_>,
    cell: &CellSummary,
    metric: &str,
    name: &str,
) -> Option<ChartView> {
    let own = whole(all, cell, metric)?;
    let twin = cell.twin.as_ref().and_then(|twin| all.cell(twin));
    let other = twin.and_then(|twin| {
        let href = Some(format!("../{}", names::cell_page(&twin.cell.id)));
        Some(Drawn { href, ..whole(all, twin, metric)? })
    });
    let marks = &own.curve.marks;
    let has_heap = own.area.is_some_and(|area| area.metric == HEAP);
    let what = if has_heap { format!("{name} and live heap") } else { name.to_owned() };
    let heading = if other.is_some() { format!("{what}, with its twin's") } else { what };
    let curves: Vec<_> = other.into_iter().chain([own]).collect();
    draw(&heading, &curves, marks, has_heap.then_some(IN_USE))
}

/// A cell's curve of `metric`, filled up to live heap if that is a part of it.
fn whole<'a>(all: &Overview<'_>, cell: &'a CellSummary, metric: &str) -> Option<Drawn<'a>> {
    let curve = typical_curve_of(cell, metric)?;
    let heap = typical_curve_of(cell, HEAP).filter(|_| metric == RSS);
    Some(Drawn {
        cell,
        name: cell.cell.id.to_string(),
        look: all.look(cell),
        curve,
        area: heap.or(Some(curve)),
        labelled: true,
        href: None,
    })
}

/// Both kinds of truth on one timeline.
fn truths(cell: &CellSummary) -> Option<ChartView> {
    typical_curve_of(cell, HEAP)?;
    let mut curves = of_metrics(cell, &TRUTHS);
    for drawn in &mut curves {
        drawn.area = Some(drawn.curve).filter(|curve| curve.metric == HEAP);
    }
    let marks = &curves.first()?.curve.marks;
    draw("What is held, and what is in use", &curves, marks, Some(RETAINED))
}

/// What the cell's memory consists of.
fn parts(cell: &CellSummary) -> Option<ChartView> {
    let curves = of_metrics(cell, &PARTS);
    let marks = &curves.first()?.curve.marks;
    (curves.len() > 1).then(|| draw("What it consists of", &curves, marks, None)).flatten()
}

/// The typical attempt's curves of those `metrics` that it has, each with its own look.
fn of_metrics<'a>(cell: &'a CellSummary, metrics: &[&str]) -> Vec<Drawn<'a>> {
    let drawn = |(look, metric): (usize, &&str)| {
        let (name, curve) = (format::metric(metric), typical_curve_of(cell, metric)?);
        Some(Drawn { cell, name, look: look + 1, curve, area: None, labelled: false, href: None })
    };
    metrics.iter().enumerate().filter_map(drawn).collect()
}

/// All measured attempts, if there are several.
fn repeats(cell: &CellSummary) -> Option<ChartView> {
    let curves: Vec<_> = cell
        .curves
        .iter()
        .filter(|curve| curve.metric == RSS && !curve.points.is_empty())
        .enumerate()
        .map(|(position, curve)| Drawn {
            cell,
            name: format!("attempt {}", curve.attempt),
            look: position % 6 + 1,
            curve,
            area: None,
            labelled: false,
            href: None,
        })
        .collect();
    (curves.len() > 1).then(|| draw("RSS in each attempt", &curves, &[], None)).flatten()
}

fn draw(
    heading: &str,
    curves: &[Drawn<'_>],
    marks: &[(f64, String)],
    caption: Option<&'static str>,
) -> Option<ChartView> {
    let shown = || curves.iter().flat_map(|drawn| [Some(drawn.curve), drawn.area]).flatten();
    let most = |value: fn(&(f64, f64)) -> f64| {
        shown().flat_map(|curve| &curve.points).map(value).fold(0.0, f64::max)
    };
    let (x, y) = (Axis::seconds(most(|point| point.0), 5), Axis::bytes(most(|point| point.1), 5));
    let highest = |curve: &Curve| curve.points.iter().map(|point| point.1).reduce(f64::max);
    let peaks = curves.iter().filter_map(|drawn| {
        Some(format!("{} up to {}", drawn.name, format::bytes(highest(drawn.curve)?)))
    });
    let title = format!("{heading}: {}", peaks.collect::<Vec<_>>().join(", "));
    let legend = curves.iter().map(|drawn| LegendView {
        name: drawn.name.clone(),
        swatch: chart::swatch(drawn.look),
        href: drawn.href.clone(),
    });
    let lines: Vec<_> = curves
        .iter()
        .map(|drawn| Line {
            look: drawn.look,
            points: &drawn.curve.points,
            area: drawn.area.map(|curve| curve.points.as_slice()),
            peak: highest(drawn.curve).filter(|_| drawn.labelled).map(format::bytes),
        })
        .collect();
    let svg =
        chart::render(&Chart { class: "large", title: &title, x: &x, y: &y, lines: &lines, marks });
    (!lines.is_empty()).then(|| ChartView {
        heading: heading.to_owned(),
        legend: legend.collect(),
        svg,
        plot: plot(curves),
        caption,
    })
}

/// The same chart, as the script is told to draw it.
fn plot(curves: &[Drawn<'_>]) -> String {
    let area = |drawn: &Drawn<'_>| Some((drawn.curve.metric.clone(), drawn.area?.metric.clone()));
    let request = PlotRequest {
        cells: curves.iter().map(|drawn| names::cell_stem(&drawn.cell.cell.id)).collect(),
        layers: Some(curves.iter().map(|drawn| drawn.curve.metric.clone()).collect()),
        areas: curves.iter().filter_map(area).collect(),
    };
    request.to_json()
}
