//! A cell's page over runs: a chart for each figure that matters, the values as a table, and what
//! changed between the runs.

use serde::Serialize;

use super::earlier::{self, Choices};
use super::overview::Overview;
use super::source_change::SourceView;
use super::view::{ChangeView, OutcomeView};
use super::{Past, names, series};
use crate::analyse::summary::Statistic;
use crate::analyse::trend::{Step, Trend};
use crate::measurement::Unit;
use crate::plan::CellId;
use crate::render::chart::{Axis, Dot, trend as draw};
use crate::render::format;
use crate::render::trend::SourceHistory;

/// How a cell went.
#[derive(Clone, Debug, Default, Serialize)]
pub struct CellTrends {
    /// One for each metric that matters, over the same runs. The first is the one whose changes are
    /// shown.
    pub trends: Vec<Trend>,
    /// One for each other metric.
    pub others: Vec<Trend>,
    /// What changed between the runs.
    pub changes: Vec<SourceHistory>,
}

#[derive(Serialize)]
pub(super) struct TrendView {
    root: &'static str,
    id: String,
    cell: String,
    runs: usize,
    #[serde(flatten)]
    linked: Linked,
    charts: Vec<ChartView>,
    others: Vec<ChartView>,
    columns: Vec<String>,
    rows: Vec<RowView>,
    changes: Vec<SourceView>,
    command: String,
}

/// What the page shows and leads to beside the cell's trends.
#[derive(Serialize)]
pub(super) struct Linked {
    /// Curves that can be drawn, as JSON: their names, and what people call them.
    curves: String,
    /// The cell's runs whose curves can be drawn over each other, as JSON, if there are several.
    choices: Option<String>,
    /// Where each step's run is described, oldest first.
    hrefs: Vec<String>,
}

impl Linked {
    pub(super) fn new(all: &Overview<'_>, past: &Past, cell: &CellId, trends: &CellTrends) -> Self {
        let newest = all.cell(cell).filter(|cell| !cell.curves.is_empty());
        let several = newest.filter(|cell| earlier::drawn(cell).next().is_some());
        let steps = trends.trends.first().map_or(&[][..], |trend| &trend.steps);
        Self {
            curves: series::choices(newest, None),
            choices: several.map(|cell| Choices::of(past, std::iter::once(cell)).to_json()),
            hrefs: steps.iter().map(|step| all.run_href(&step.run, "../")).collect(),
        }
    }
}

#[derive(Serialize)]
struct ChartView {
    heading: String,
    svg: String,
}

#[derive(Serialize)]
struct RowView {
    run: String,
    href: String,
    name: Option<String>,
    began: String,
    outcome: OutcomeView,
    figures: Vec<Option<String>>,
    change: Option<ChangeView>,
    revisions: Vec<String>,
}

pub(super) fn view(cell: &CellId, all: &CellTrends, linked: Linked) -> TrendView {
    let steps = all.trends.first().map_or(&[][..], |trend| &trend.steps);
    TrendView {
        root: "../",
        id: cell.to_string(),
        cell: format!("../{}", names::cell_page(cell)),
        runs: steps.len(),
        charts: all.trends.iter().filter_map(chart).collect(),
        others: all.others.iter().filter_map(chart).collect(),
        columns: all.trends.iter().map(|trend| format::metric(&trend.metric)).collect(),
        // The newest first, as in all tables of runs.
        rows: (0..steps.len()).rev().map(|position| row(all, &linked, position)).collect(),
        changes: all.changes.iter().rev().map(SourceView::new).collect(),
        linked,
        command: format::shell(["memgrid", "history", "trend", cell.as_str()]),
    }
}

fn chart(trend: &Trend) -> Option<ChartView> {
    let (_, newest) = trend.measured().next_back()?;
    let most = trend.measured().map(|(_, figure)| figure.max).fold(0.0, f64::max);
    let y = match newest.unit {
        Unit::Bytes => Axis::bytes(most, 5),
        Unit::Seconds => Axis::seconds(most * 1.05, 5),
        Unit::Count | Unit::Other(_) => Axis::numbers(most, 5),
    };
    let heading = format::metric(&trend.metric);
    let title = format!("{heading} over {} runs of {}", trend.steps.len(), trend.cell);
    let dots: Vec<Dot> = trend.steps.iter().map(dot).collect();
    Some(ChartView { heading, svg: draw::render(&title, &y, &dots) })
}

fn dot(step: &Step) -> Dot {
    let what = step.figure.as_ref().map_or_else(|| OutcomeView::new(step.outcome).word, shown);
    Dot {
        title: format!("{}: {what}", step.run),
        date: step.started.strftime("%Y-%m-%d").to_string(),
        values: step.figure.as_ref().map(|figure| (figure.min, figure.median, figure.max)),
    }
}

fn shown(figure: &Statistic) -> String {
    format::value(&figure.unit, figure.median)
}

fn row(all: &CellTrends, linked: &Linked, position: usize) -> RowView {
    let step = &all.trends[0].steps[position];
    let unit = step.figure.as_ref().map(|figure| &figure.unit);
    RowView {
        run: step.run.clone(),
        href: linked.hrefs[position].clone(),
        name: step.name.clone(),
        began: format::timestamp(step.started),
        outcome: OutcomeView::new(step.outcome),
        figures: all
            .trends
            .iter()
            .map(|trend| trend.steps.get(position)?.figure.as_ref().map(shown))
            .collect(),
        change: step.change.as_ref().zip(unit).map(|(change, unit)| ChangeView::of(change, unit)),
        revisions: step.sources.values().map(|source| source.label().to_owned()).collect(),
    }
}
