//! The charts of a cell's page: its curves beside its twin's, what of its memory is in use, and
//! what it consists of.

use serde::Serialize;

use super::names;
use super::overview::{HEADLINE, Overview, typical_curve_of};
use super::series::PlotRequest;
use crate::analyse::summary::{CellSummary, Curve};
use crate::render::chart::{self, Axis, Chart, Line, Peak};
use crate::render::format;

const RSS: &str = "rss";
/// The highest RSS since the sample before.
const RSS_PEAK: &str = "rss_peak";
const HEAP: &str = "heap";
/// What the server held for the workload: no part of the workload's own memory.
const SERVER: &str = "server_anon";
/// What is held, what of it is in use, and what is held elsewhere for it.
const TRUTHS: [&str; 5] = [RSS, HEAP, "python_heap", "retained", SERVER];
/// What RSS consists of.
const PARTS: [&str; 4] = [RSS, "anon", "pss", "uss"];

const IN_USE: &str = "Lines are RSS; the areas below them are live heap: allocated and not freed.";
const EXACT: &str = "A dot above its line is the peak, which was between two samples.";
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
    caption: Option<String>,
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
    /// Its highest, if that is to have a label.
    peak: Option<Peak>,
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
        peak: peak(cell, curve),
        href: None,
    })
}

/// The highest that was found in the attempt of `curve`: of RSS the kernel keeps it, and the samples
/// tell when it was; of anything else it is the highest point.
fn peak(cell: &CellSummary, curve: &Curve) -> Option<Peak> {
    let drawn = Peak::of(&curve.points, format::bytes)?;
    let found = || {
        let attempt = cell.attempts.iter().find(|attempt| attempt.number == curve.attempt)?;
        let value = attempt.metric(HEADLINE)?.value?;
        let told = typical_curve_of(cell, RSS_PEAK)?;
        let (time, _) = Peak::of(&told.points, format::bytes)?.at;
        (value > drawn.at.1).then(|| Peak { at: (time, value), label: format::bytes(value) })
    };
    let found = if curve.metric == RSS { found() } else { None };
    found.or(Some(drawn))
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
        Some(Drawn { cell, name, look: look + 1, curve, area: None, peak: None, href: None })
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
            peak: None,
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
    let highest = |curve: &Curve| curve.points.iter().map(|point| point.1).reduce(f64::max);
    let top = |drawn: &Drawn<'_>| match &drawn.peak {
        Some(peak) => Some(peak.at.1),
        None => highest(drawn.curve),
    };
    let longest = curves.iter().flat_map(|drawn| &drawn.curve.points).map(|point| point.0);
    let areas = curves.iter().filter_map(|drawn| drawn.area).filter_map(highest);
    let most = curves.iter().filter_map(top).chain(areas).fold(0.0, f64::max);
    let (x, y) = (Axis::seconds(longest.fold(0.0, f64::max), 5), Axis::bytes(most, 5));
    let peaks = curves
        .iter()
        .filter_map(|drawn| Some(format!("{} up to {}", drawn.name, format::bytes(top(drawn)?))));
    let title = format!("{heading}: {}", peaks.collect::<Vec<_>>().join(", "));
    let is_above = |drawn: &Drawn<'_>| {
        drawn.peak.as_ref().is_some_and(|peak| peak.is_above(&drawn.curve.points, y.end))
    };
    let exact = curves.iter().any(is_above).then_some(EXACT);
    let caption: Vec<_> = caption.into_iter().chain(exact).collect();
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
            peak: drawn.peak.clone(),
        })
        .collect();
    let svg =
        chart::render(&Chart { class: "large", title: &title, x: &x, y: &y, lines: &lines, marks });
    (!lines.is_empty()).then(|| ChartView {
        heading: heading.to_owned(),
        legend: legend.collect(),
        svg,
        plot: plot(curves),
        caption: (!caption.is_empty()).then(|| caption.join(" ")),
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
