//! The summary with what every page looks up in it, looked up once.

use std::collections::{HashMap, HashSet};

use indexmap::{IndexMap, IndexSet};

use super::grid::{self, Field};
use super::names;
use crate::analyse::behind::{self, Behind};
use crate::analyse::comparison::Verdict;
use crate::analyse::summary::{CellSummary, Curve, Summary};
use crate::collect::record::{RunManifest, StateRecord};
use crate::config::STATE_AXIS;
use crate::plan::CellId;

/// The metric that a field's large figure is of.
pub(super) const HEADLINE: &str = "peak_rss";
/// What is drawn when only one thing can be drawn.
const DRAWN: &str = "rss";

/// A summary, ready to be asked.
pub(super) struct Overview<'a> {
    pub(super) summary: &'a Summary,
    /// Values of the axis along which twins differ, the baseline's first.
    pub(super) twin_values: IndexSet<&'a str>,
    /// Twins by what they share.
    pub(super) fields: Vec<Field<'a>>,
    /// States that have a page: those that the runs know and that the matrix still has.
    pub(super) states: IndexMap<&'a str, (&'a RunManifest, &'a StateRecord)>,
    /// The names of states that have a page, in whichever part of the summary they are known.
    pub(super) state_pages: IndexSet<&'a str>,
    /// Axes along which fields are laid out, with all values that occur.
    pub(super) axes: IndexMap<&'a str, IndexSet<&'a str>>,
    /// Runs that have a page.
    runs: HashSet<&'a str>,
    cells: HashMap<&'a CellId, (&'a CellSummary, usize)>,
    extremes: Vec<(&'a CellId, &'static str)>,
    behind: HashMap<&'a CellId, Behind>,
}

impl<'a> Overview<'a> {
    pub(super) fn new(summary: &'a Summary) -> Self {
        let fields = grid::fields(summary);
        let places = fields.iter().enumerate().flat_map(|(place, field)| {
            field.cells.iter().map(move |cell| (&cell.cell.id, (*cell, place)))
        });
        let states = states(summary);
        Self {
            summary,
            twin_values: twin_values(summary),
            state_pages: states.keys().copied().collect(),
            states,
            axes: grid::axes(summary),
            runs: HashSet::new(),
            cells: places.collect(),
            extremes: extremes(summary),
            behind: behind(summary),
            fields,
        }
    }

    /// A part of it, as a page is made from: what `part` holds, with the looks and the pages that
    /// the whole has.
    pub(super) fn part<'b>(&self, part: &'b Summary) -> Overview<'b>
    where
        'a: 'b,
    {
        Overview {
            twin_values: self.twin_values.clone(),
            state_pages: self.state_pages.clone(),
            ..Overview::new(part)
        }
    }

    /// The same, where `runs` have pages.
    pub(super) fn linking(self, runs: impl Iterator<Item = &'a str>) -> Self {
        Self { runs: runs.collect(), ..self }
    }

    /// The cell of this id.
    pub(super) fn cell(&self, id: &CellId) -> Option<&'a CellSummary> {
        self.cells.get(id).map(|(cell, _)| *cell)
    }

    /// A cell's field: itself and its twins, the baseline's first.
    pub(super) fn twins(&self, id: &CellId) -> &[&'a CellSummary] {
        self.cells.get(id).map_or(&[], |(_, place)| &self.fields[*place].cells)
    }

    /// A field's position on each of the grid's axes, such as `0,2`; `-` on one that it isn't on.
    pub(super) fn place(&self, field: &Field<'_>) -> String {
        grid::positions(&self.axes, |axis| field.value(axis))
    }

    /// `best` or `worst`, if no other cell's headline changed as much.
    pub(super) fn extreme(&self, cell: &CellSummary) -> Option<&'static str> {
        self.extremes.iter().find(|(id, _)| **id == cell.cell.id).map(|(_, word)| *word)
    }

    /// What stayed of a cell's headline, if that is much more than in the cells beside it.
    pub(super) fn behind(&self, cell: &CellSummary) -> Option<Behind> {
        self.behind.get(&cell.cell.id).copied()
    }

    /// The look of a cell's curve: 0 for the baseline, and the same in all fields.
    pub(super) fn look(&self, cell: &CellSummary) -> usize {
        let axis = self.summary.baseline.as_ref().map(|(axis, _)| axis);
        let value = axis.and_then(|axis| cell.cell.axes.get(axis));
        value.and_then(|value| self.twin_values.get_index_of(value.as_str())).unwrap_or(1)
    }

    /// A run's page, or its manifest if it has none; `root` leads to the reports folder.
    pub(super) fn run_href(&self, run: &str, root: &str) -> String {
        if self.runs.contains(run) {
            format!("{root}{}", names::run_page(run))
        } else {
            format!("{root}{}/manifest.json", names::url(&format!("runs/{run}")))
        }
    }

    /// What tells a cell from its twins: its value on their axis, or its id.
    pub(super) fn short_name(&self, cell: &'a CellSummary) -> &'a str {
        let own = self.summary.baseline.as_ref().and_then(|(axis, _)| cell.cell.value(axis));
        own.unwrap_or(cell.cell.id.as_str())
    }
}

/// What stayed of the baseline's headline, if the two can be compared.
pub(super) fn ratio(cell: &CellSummary) -> Option<f64> {
    cell.comparison.as_ref()?.metrics.get(HEADLINE)?.ratio
}

/// The curve that stands for a cell: RSS of its typical attempt.
pub(super) fn typical_curve(cell: &CellSummary) -> Option<&Curve> {
    typical_curve_of(cell, DRAWN)
}

/// The same attempt's curve of another metric.
pub(super) fn typical_curve_of<'a>(cell: &'a CellSummary, metric: &str) -> Option<&'a Curve> {
    let attempt = cell.typical_attempt()?;
    let mut curves = cell.curves.iter().filter(|curve| curve.metric == metric);
    curves.find(|curve| curve.attempt == attempt && !curve.points.is_empty())
}

fn twin_values(summary: &Summary) -> IndexSet<&str> {
    let Some((axis, baseline)) = &summary.baseline else { return IndexSet::new() };
    let known = summary.axes.get(axis).into_iter().flatten();
    let seen = summary.cells.iter().filter_map(|cell| cell.cell.axes.get(axis));
    std::iter::once(baseline).chain(known).chain(seen).map(String::as_str).collect()
}

/// Each state as the newest run that knows it has it.
fn states<'a>(summary: &'a Summary) -> IndexMap<&'a str, (&'a RunManifest, &'a StateRecord)> {
    let wanted: IndexSet<&str> =
        summary.cells.iter().filter_map(|cell| cell.cell.value(STATE_AXIS)).collect();
    let known = |run: &'a RunManifest, name| run.states.get(name).or_else(|| run.refused.get(name));
    let runs = || summary.runs.iter().map(AsRef::as_ref);
    let newest = |name| runs().find_map(|run| Some((name, (run, known(run, name)?))));
    wanted.into_iter().filter_map(newest).collect()
}

/// Cells that the change left behind; what regressed is told as such.
fn behind(summary: &Summary) -> HashMap<&CellId, Behind> {
    let Some((axis, _)) = &summary.baseline else { return HashMap::new() };
    let mut found = behind::behind(&summary.cells, HEADLINE, axis);
    let regressed = |cell: &&CellSummary| {
        let judged = cell.comparison.as_ref().and_then(|it| it.metrics.get(HEADLINE));
        judged.is_some_and(|it| it.verdict == Verdict::Regressed)
    };
    for cell in summary.cells.iter().filter(regressed) {
        found.remove(&cell.cell.id);
    }
    found
}

/// The cell that improved most, and the one that regressed most.
fn extremes(summary: &Summary) -> Vec<(&CellId, &'static str)> {
    let changed = |verdict, word: &'static str, factor: f64| {
        let judged = summary.cells.iter().filter_map(|cell| {
            let metric = cell.comparison.as_ref()?.metrics.get(HEADLINE)?;
            Some((&cell.cell.id, metric.ratio.filter(|_| metric.verdict == verdict)? * factor))
        });
        judged.min_by(|one, other| one.1.total_cmp(&other.1)).map(|(id, _)| (id, word))
    };
    let best = changed(Verdict::Improved, "best", 1.0);
    best.into_iter().chain(changed(Verdict::Regressed, "worst", -1.0)).collect()
}
