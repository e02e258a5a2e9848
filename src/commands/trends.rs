//! Trends with the commits between their runs: for the terminal and for the index.

use indexmap::{IndexMap, IndexSet};

use crate::analyse::trend::{SourceChange, Trend};
use crate::error::Result;
use crate::history::History;
use crate::measurement::Directions;
use crate::plan::CellId;
use crate::prepare::cache::Cache;
use crate::prepare::source::{Between, ChangeLog};
use crate::render::html::{CellTrends, Past};
use crate::render::trend::{Lying, SourceHistory};

use super::project::Project;

/// Runs that the index lists.
const LISTED: u32 = 200;
/// Runs that it draws.
const DRAWN: u32 = 60;
/// Commits that it lists of a change.
const COMMITS: usize = 10;
/// The metrics that it draws first, and then those that the matrix declares, as far as a cell has
/// them; changes are shown of the first.
const METRICS: [&str; 4] = ["peak_rss", "peak_heap", "peak_server", "wall_time"];
/// With more cells than this it draws no others: each is a question to the history.
const MANY_CELLS: usize = 200;

/// What the index shows of the past. Cells of one run have no trend.
pub(super) fn past(project: &Project, history: &mut History, cache: &Cache) -> Result<Past> {
    let (runs, count) = (history.runs(LISTED)?, history.count()?);
    let mut trends = IndexMap::new();
    if count > 1 {
        let mut log = ChangeLog::new(cache, COMMITS);
        let directions = project.config.directions();
        let cells: Vec<CellId> = project.cells.iter().map(|cell| cell.id.clone()).collect();
        let others = cells.len() <= MANY_CELLS;
        for cell in history.with_past(&cells)? {
            let of_cell = cell_trends(&cell, others, &directions, history, &mut log)?;
            if of_cell.trends.first().is_some_and(|trend| trend.steps.len() > 1) {
                trends.insert(cell, of_cell);
            }
        }
    }
    Ok(Past { runs, count, trends })
}

fn cell_trends(
    cell: &CellId,
    others: bool,
    directions: &Directions,
    history: &mut History,
    log: &mut ChangeLog<'_>,
) -> Result<CellTrends> {
    let known = history.metrics(cell)?;
    let wanted: IndexSet<&str> = METRICS.into_iter().chain(directions.declared()).collect();
    let is_first = |name: &String| wanted.contains(name.as_str());
    let first = wanted.iter().copied().filter(|metric| known.iter().any(|name| name == metric));
    let mut trend = |metric: &str| -> Result<Option<Trend>> {
        let points = history.trend(cell, metric, DRAWN)?;
        let trend = Trend::new(cell.clone(), metric, &points, directions);
        let is_measured = trend.measured().next().is_some();
        Ok(is_measured.then_some(trend))
    };
    let trends: Vec<_> =
        first.filter_map(|metric| trend(metric).transpose()).collect::<Result<_>>()?;
    let others = known.iter().filter(|name| others && !is_first(name));
    let others = others.filter_map(|metric| trend(metric).transpose()).collect::<Result<_>>()?;
    let changes = trends.first().map(|trend| changes(trend, log)).unwrap_or_default();
    Ok(CellTrends { trends, others, changes })
}

/// What changed between a trend's runs.
pub(super) fn changes(trend: &Trend, log: &mut ChangeLog<'_>) -> Vec<SourceHistory> {
    let mut changes = Vec::new();
    for step in &trend.steps {
        for (source, change) in &step.changed {
            changes.push(history(&step.run, source, change, log));
        }
    }
    changes
}

fn history(
    run: &str,
    source: &str,
    change: &SourceChange,
    log: &mut ChangeLog<'_>,
) -> SourceHistory {
    let SourceChange { since, before, after } = change;
    let between = match (&before.revision, &after.revision) {
        (Some(from), Some(to)) if before.origin == after.origin && from != to => {
            Some(log.between(&after.origin, from, to))
        }
        _ => None,
    };
    let (commits, unknown) = match between {
        Some(Between::Commits { added, gone }) => (Some(Lying { added, gone }), None),
        Some(Between::Unknown(why)) => (None, Some(why)),
        None => (None, None),
    };
    SourceHistory {
        run: run.to_owned(),
        since: since.clone(),
        source: source.to_owned(),
        before: before.clone(),
        after: after.clone(),
        commits,
        unknown,
    }
}
