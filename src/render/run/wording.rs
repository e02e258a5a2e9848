//! What all formats say alike of a run.

use indexmap::IndexMap;

use crate::analyse::summary::{CellSummary, Change, Summary};
use crate::outcome::Outcome;
use crate::render::format;

/// What stands beside RSS where it is known: columns with their metrics.
const BESIDE: [(&str, &str); 2] = [("live heap", "peak_heap"), ("server", "peak_server")];

/// Of the columns that stand beside RSS, and of the declared metrics, those of which something is
/// known: name and metric.
pub(super) fn beside(summary: &Summary, declared: &[String]) -> Vec<(String, String)> {
    let known = |metric: &str| summary.cells.iter().any(|cell| cell.metrics.contains_key(metric));
    let fixed = BESIDE.into_iter().map(|(name, metric)| (name.to_owned(), metric.to_owned()));
    let declared = declared.iter().map(|metric| (format::metric(metric), metric.clone()));
    fixed.chain(declared).filter(|(_, metric)| known(metric)).collect()
}

/// A cell's figure, or a dash.
pub(super) fn figure(cell: &CellSummary, metric: &str) -> String {
    let figure = cell.metrics.get(metric);
    figure.map_or_else(
        || "–".to_owned(),
        |it| format::visible(&format::value(&it.unit, it.median)).into_owned(),
    )
}

/// How it ended, as a word.
pub(super) fn outcome(cell: &CellSummary) -> &'static str {
    cell.outcome.map_or("not run", Outcome::as_str)
}

/// Whether the run lacks something because of this cell.
pub(super) fn is_incomplete(cell: &CellSummary, strict: bool) -> bool {
    cell.outcome.is_none_or(|outcome| outcome.is_incomplete(strict))
}

/// `▼ −57%`.
pub(super) fn change(change: &Change) -> String {
    let Some(ratio) = change.ratio else { return "not comparable".to_owned() };
    format!("{} {}", format::Direction::of(ratio).sign(), format::change(ratio))
}

/// `18 cells: 16 ok, 2 failed`.
pub(super) fn counts(summary: &Summary) -> String {
    let mut counts: IndexMap<&str, usize> = IndexMap::new();
    for cell in &summary.cells {
        *counts.entry(outcome(cell)).or_default() += 1;
    }
    let listed: Vec<_> = counts.iter().map(|(word, count)| format!("{count} {word}")).collect();
    let cells = format::cells(summary.cells.len());
    if listed.is_empty() { cells } else { format!("{cells}: {}", listed.join(", ")) }
}

/// Cells of which the same is to be said.
pub(super) struct Finding<'a> {
    /// In a word or two.
    pub(super) what: &'static str,
    /// What happened.
    pub(super) reason: &'a str,
    /// A command that would help.
    pub(super) help: Option<&'a str>,
    /// The cells' ids.
    pub(super) cells: Vec<&'a str>,
}

/// Why cells are not `ok` or not comparable: each distinct reason once.
pub(super) fn findings(summary: &Summary) -> Vec<Finding<'_>> {
    let mut found: IndexMap<(&'static str, &str, Option<&str>), Vec<&str>> = IndexMap::new();
    for cell in &summary.cells {
        let change = cell.changes.get("peak_rss");
        let key = match (cell.outcome, cell.reason.as_deref()) {
            (Some(Outcome::Ok), _) => change
                .and_then(|change| change.not_comparable.as_deref())
                .map(|why| ("not comparable", why, None)),
            (Some(_), Some(reason)) => Some((outcome(cell), reason, cell.help.as_deref())),
            _ => None,
        };
        if let Some(key) = key {
            found.entry(key).or_default().push(cell.cell.id.as_str());
        }
    }
    let finding = |((what, reason, help), cells)| Finding { what, reason, help, cells };
    found.into_iter().map(finding).collect()
}
