//! The page that opens first: the whole matrix at a glance, then every cell, then the runs.

use indexmap::{IndexMap, IndexSet};
use serde::Serialize;

use super::attribution::{self, AttributionNote};
use super::field::{Scales, SectionView};
use super::headline::{self, ValueView};
use super::overview::{Overview, typical_curve_of};
use super::since::SinceView;
use super::verdict::VerdictView;
use super::view::{self, ChangeView, OutcomeCount, OutcomeView, RunView};
use super::{Material, figures, grid, names, ranking, series, since};
use crate::analyse::IN_GRID;
use crate::analyse::summary::{CellSummary, Summary};
use crate::collect::record::StateRecord;
use crate::outcome::Outcome;
use crate::render::facts::Fact;
use crate::render::{chart, format};

/// With more fields than this they are drawn smaller, and without axes.
const MANY_FIELDS: usize = 40;

#[derive(Serialize)]
pub(super) struct IndexView {
    root: &'static str,
    subject: Option<String>,
    axes: Vec<String>,
    count: usize,
    facts: Vec<Fact>,
    outcomes: Vec<OutcomeCount>,
    values: Vec<ValueView>,
    /// What changed since the run before.
    since: Option<SinceView>,
    /// The look of the baseline's curves.
    baseline_swatch: String,
    unit: &'static str,
    has_charts: bool,
    has_columns: bool,
    has_areas: bool,
    /// All axes with their values, as JSON for the script.
    all_axes: String,
    /// The metrics that the table can show, as JSON for the script.
    metrics: String,
    /// Curves that the grid can draw, as JSON: their names, and what people call them.
    curves: String,
    has_heap: bool,
    has_server: bool,
    has_reasons: bool,
    dense: bool,
    sections: Vec<SectionView>,
    /// The axes along which the grid can be laid out, with their values, as JSON for the script.
    grid_axes: String,
    baseline: Option<String>,
    cells: Vec<CellRow>,
    states: Vec<StateLink>,
    runs: Vec<RunView>,
    /// The run that all results are from, if it is one.
    only_run: Option<String>,
    /// Axes whose values can be looked at as competitors.
    ranked_axes: Vec<ranking::Choice>,
    rankings: Vec<ranking::RankingPart>,
    /// What the patches of each series do, in short.
    attribution: Vec<AttributionNote>,
}

#[derive(Serialize)]
struct CellRow {
    /// The id's parts: a line may break between them.
    parts: Vec<String>,
    /// The position of its value on each of all axes, as the script reads it.
    at: String,
    verdict: Option<VerdictView>,
    href: String,
    outcome: OutcomeView,
    reason: Option<String>,
    peak: Option<String>,
    change: Option<ChangeView>,
    heap: Option<String>,
    heap_change: Option<ChangeView>,
    server: Option<String>,
    time: Option<String>,
    run: Option<String>,
    measured: Option<String>,
    sort: SortKeys,
}

/// What the table's columns of figures are sorted by.
#[derive(Serialize)]
struct SortKeys {
    peak: Option<String>,
    change: Option<String>,
    heap: Option<String>,
    heap_change: Option<String>,
    server: Option<String>,
    time: Option<String>,
}

#[derive(Serialize)]
struct StateLink {
    name: String,
    href: String,
    description: Option<String>,
    patches: usize,
}

pub(super) fn view(all: &Overview<'_>, material: &Material) -> IndexView {
    let summary = all.summary;
    let arranged = grid::arrange(summary, &all.fields);
    let dense = all.fields.len() > MANY_FIELDS;
    let scales = Scales::new(&arranged, dense);
    let sections: Vec<_> =
        arranged.iter().map(|section| SectionView::new(all, section, &scales)).collect();
    let axes = grid::cell_axes(summary);
    let cells: Vec<_> = summary.cells.iter().map(|cell| cell_row(cell, &axes)).collect();
    let has = |metric| summary.cells.iter().any(|cell| cell.metrics.contains_key(metric));
    IndexView {
        root: "",
        subject: view::subject(summary),
        axes: summary.axes.keys().cloned().collect(),
        count: summary.cells.len(),
        facts: headline::facts(summary),
        outcomes: outcomes(summary),
        values: headline::values(all),
        since: since::view(all, material),
        baseline_swatch: chart::swatch(0),
        unit: scales.memory.unit,
        has_charts: sections.iter().any(SectionView::has_charts),
        has_columns: sections.iter().any(SectionView::has_columns),
        has_areas: summary.cells.iter().any(|cell| typical_curve_of(cell, "heap").is_some()),
        all_axes: serde_json::to_string(&axes.iter().collect::<Vec<_>>()).unwrap_or_default(),
        metrics: figures::choices(summary),
        curves: series::choices(&all.summary.cells, Some(&IN_GRID)),
        has_heap: has("peak_heap"),
        has_server: has("peak_server"),
        has_reasons: cells.iter().any(|cell| cell.reason.is_some()),
        dense,
        sections,
        grid_axes: serde_json::to_string(&all.axes.iter().collect::<Vec<_>>()).unwrap_or_default(),
        baseline: summary.baseline.as_ref().map(|(_, value)| value.clone()),
        cells,
        states: states(all),
        runs: summary.runs.iter().map(|run| RunView::new(run, "")).collect(),
        only_run: only_run(summary),
        ranked_axes: ranking::choices(&material.rankings, "", None),
        rankings: material.featured.iter().map(ranking::on_index).collect(),
        attribution: material.attribution.as_ref().map(attribution::notes).unwrap_or_default(),
    }
}

fn only_run(summary: &Summary) -> Option<String> {
    let runs: IndexSet<&String> =
        summary.cells.iter().filter_map(|cell| cell.run.as_ref()).collect();
    runs.first().filter(|_| runs.len() == 1).map(|run| (*run).clone())
}

fn outcomes(summary: &Summary) -> Vec<OutcomeCount> {
    let kinds = Outcome::ALL.into_iter().map(Some).chain([None]);
    kinds
        .map(|outcome| {
            let count = summary.cells.iter().filter(|cell| cell.outcome == outcome).count();
            OutcomeCount::new(outcome, count as u64)
        })
        .filter(|entry| entry.count > 0)
        .collect()
}

fn cell_row(cell: &CellSummary, axes: &IndexMap<&str, IndexSet<&str>>) -> CellRow {
    CellRow {
        at: grid::positions(axes, |axis| cell.cell.value(axis)),
        parts: cell.cell.id.as_str().split('/').map(str::to_owned).collect(),
        verdict: cell.comparison.as_ref().map(VerdictView::of),
        href: names::cell_page(&cell.cell.id),
        outcome: OutcomeView::new(cell.outcome),
        reason: cell.reason.clone().filter(|_| cell.outcome != Some(Outcome::Ok)),
        peak: view::figure(cell, "peak_rss"),
        change: ChangeView::new(cell, "peak_rss"),
        heap: view::figure(cell, "peak_heap"),
        heap_change: ChangeView::new(cell, "peak_heap"),
        server: view::figure(cell, "peak_server"),
        time: view::figure(cell, "wall_time"),
        run: cell.run.clone(),
        measured: cell.measured.map(format::timestamp),
        sort: sort_keys(cell),
    }
}

fn sort_keys(cell: &CellSummary) -> SortKeys {
    let figure = |metric| cell.metrics.get(metric).map(|figure| figure.median.to_string());
    let compared = |metric| cell.comparison.as_ref()?.metrics.get(metric);
    let change = |metric| Some(((compared(metric)?.ratio? * 1e4).round() / 1e4).to_string());
    SortKeys {
        peak: figure("peak_rss"),
        change: change("peak_rss"),
        heap: figure("peak_heap"),
        heap_change: change("peak_heap"),
        server: figure("peak_server"),
        time: figure("wall_time"),
    }
}

fn states(all: &Overview<'_>) -> Vec<StateLink> {
    let link = |(name, (_, record)): (&&str, &(_, &StateRecord))| StateLink {
        name: (*name).to_owned(),
        href: names::state_page(name),
        description: record.description.clone(),
        patches: record.sources.values().map(|source| source.patches.len()).sum(),
    };
    all.states.iter().map(link).collect()
}
