//! The page that opens first: the whole matrix at a glance, then every cell, then the runs.

use jiff::Timestamp;
use serde::Serialize;

use super::field::{Scales, SectionView};
use super::overview::{Overview, typical_curve_of};
use super::view::{self, ChangeView, OutcomeView, RunView};
use super::{grid, names, series};
use crate::analyse::summary::{CellSummary, Summary};
use crate::collect::record::StateRecord;
use crate::outcome::Outcome;
use crate::render::facts::{self, Fact};
use crate::render::{chart, format};

/// With more fields than this they are drawn smaller and without numbers at their axes.
const MANY_FIELDS: usize = 40;

#[derive(Serialize)]
pub(super) struct IndexView {
    root: &'static str,
    subject: Option<String>,
    axes: Vec<String>,
    count: usize,
    facts: Vec<Fact>,
    outcomes: Vec<Count>,
    verdicts: Vec<Verdict>,
    legend: Vec<Legend>,
    unit: &'static str,
    has_charts: bool,
    has_columns: bool,
    has_areas: bool,
    /// Curves that the grid can draw, as JSON: their names, and what people call them.
    curves: String,
    has_heap: bool,
    has_server: bool,
    dense: bool,
    sections: Vec<SectionView>,
    baseline: Option<String>,
    cells: Vec<CellRow>,
    states: Vec<StateLink>,
    runs: Vec<RunView>,
}

#[derive(Serialize)]
struct Count {
    outcome: OutcomeView,
    count: usize,
}

/// What one value of the twins' axis does, over all fields.
#[derive(Serialize)]
struct Verdict {
    value: String,
    look: usize,
    less: usize,
    same: usize,
    more: usize,
    /// Cells that could not be compared, or have no figure.
    without: usize,
    most: Option<Extreme>,
    least: Option<Extreme>,
}

#[derive(Serialize)]
struct Extreme {
    id: String,
    href: String,
    change: String,
}

#[derive(Serialize)]
struct Legend {
    name: String,
    swatch: String,
}

#[derive(Serialize)]
struct CellRow {
    /// The id's parts: a line may break between them.
    parts: Vec<String>,
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

pub(super) fn view(all: &Overview<'_>) -> IndexView {
    let summary = all.summary;
    let arranged = grid::arrange(summary, &all.fields);
    let scales = Scales::new(&arranged);
    let sections: Vec<_> =
        arranged.iter().map(|section| SectionView::new(all, section, &scales)).collect();
    let has = |metric| summary.cells.iter().any(|cell| cell.metrics.contains_key(metric));
    IndexView {
        root: "",
        subject: view::subject(summary),
        axes: summary.axes.keys().cloned().collect(),
        count: summary.cells.len(),
        facts: facts(summary),
        outcomes: outcomes(summary),
        verdicts: verdicts(all),
        legend: legend(all),
        unit: scales.memory.unit,
        has_charts: sections.iter().any(SectionView::has_charts),
        has_columns: sections.iter().any(SectionView::has_columns),
        has_areas: summary.cells.iter().any(|cell| typical_curve_of(cell, "heap").is_some()),
        curves: series::choices(all, Some(&series::SMALL)),
        has_heap: has("peak_heap"),
        has_server: has("peak_server"),
        dense: all.fields.len() > MANY_FIELDS,
        sections,
        baseline: summary.baseline.as_ref().map(|(_, value)| value.clone()),
        cells: summary.cells.iter().map(cell_row).collect(),
        states: states(all),
        runs: summary.runs.iter().map(|run| RunView::new(run, "")).collect(),
    }
}

fn facts(summary: &Summary) -> Vec<Fact> {
    let Some(run) = summary.runs.first() else { return Vec::new() };
    let mut facts = vec![
        Fact::new("measured", measured(summary, &run.run, run.started)),
        Fact::new("machine", facts::machine(run)),
        Fact::new("versions", facts::versions(run)),
    ];
    facts.extend(facts::dataset(run).map(|rows| Fact::new("dataset", rows)));
    facts
}

fn measured(summary: &Summary, run: &str, started: Timestamp) -> String {
    let runs = match summary.runs.len() {
        1 => format!("run {run}"),
        several => format!("newest of {several} runs: {run}"),
    };
    format!("{}, {runs}", format::timestamp(started))
}

fn outcomes(summary: &Summary) -> Vec<Count> {
    let kinds = Outcome::ALL.into_iter().map(Some).chain([None]);
    kinds
        .map(|outcome| {
            let count = summary.cells.iter().filter(|cell| cell.outcome == outcome).count();
            Count { outcome: OutcomeView::new(outcome), count }
        })
        .filter(|entry| entry.count > 0)
        .collect()
}

fn verdicts(all: &Overview<'_>) -> Vec<Verdict> {
    let summary = all.summary;
    let Some((axis, baseline)) = &summary.baseline else { return Vec::new() };
    if summary.runs.is_empty() {
        return Vec::new();
    }
    let verdict = |(look, value): (usize, &&str)| {
        let cells = || summary.cells.iter().filter(|cell| cell.cell.value(axis) == Some(*value));
        let mut ratios: Vec<_> =
            cells().filter_map(|cell| Some((cell.changes.get("peak_rss")?.ratio?, cell))).collect();
        ratios.sort_by(|one, other| one.0.total_cmp(&other.0));
        let count = |direction| {
            ratios.iter().filter(|(ratio, _)| format::Direction::of(*ratio) == direction).count()
        };
        let extreme = |(ratio, cell): &(f64, &CellSummary)| Extreme {
            id: cell.cell.id.to_string(),
            href: names::cell_page(&cell.cell.id),
            change: format::change(*ratio),
        };
        Verdict {
            value: (*value).to_owned(),
            look,
            less: count(format::Direction::Less),
            same: count(format::Direction::Same),
            more: count(format::Direction::More),
            without: cells().count() - ratios.len(),
            most: ratios.first().map(extreme),
            least: ratios.last().filter(|_| ratios.len() > 1).map(extreme),
        }
    };
    all.twin_values
        .iter()
        .enumerate()
        .filter(|(_, value)| *value != baseline)
        .map(verdict)
        .collect()
}

fn legend(all: &Overview<'_>) -> Vec<Legend> {
    all.twin_values
        .iter()
        .enumerate()
        .map(|(look, name)| Legend { name: (*name).to_owned(), swatch: chart::swatch(look) })
        .collect()
}

fn cell_row(cell: &CellSummary) -> CellRow {
    CellRow {
        parts: cell.cell.id.as_str().split('/').map(str::to_owned).collect(),
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
    let change = |metric| Some(cell.changes.get(metric)?.ratio?.to_string());
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
