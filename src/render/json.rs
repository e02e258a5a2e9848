//! What `memgrid run --format json` prints.

use indexmap::IndexMap;
use serde::Serialize;

use crate::analyse::summary::{CellSummary, Change, Statistic, Summary};
use crate::outcome::Outcome;
use crate::plan::CellId;

/// The document: a run, and the cells that it measured.
#[derive(Debug, Serialize)]
struct Document<'a> {
    run: &'a str,
    cells: Vec<Entry<'a>>,
}

#[derive(Debug, Serialize)]
struct Entry<'a> {
    id: &'a CellId,
    outcome: Option<Outcome>,
    axes: &'a IndexMap<String, String>,
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    extra: &'a IndexMap<String, String>,
    run: Option<&'a str>,
    metrics: &'a IndexMap<String, Statistic>,
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    unavailable: &'a IndexMap<String, String>,
    twin: Option<&'a CellId>,
    change: &'a IndexMap<String, Change>,
    output_digest: Option<&'a str>,
    reason: Option<&'a str>,
    help: Option<&'a str>,
}

impl<'a> From<&'a CellSummary> for Entry<'a> {
    fn from(cell: &'a CellSummary) -> Self {
        Self {
            id: &cell.cell.id,
            outcome: cell.outcome,
            axes: &cell.cell.axes,
            extra: &cell.cell.extra,
            run: cell.run.as_deref(),
            metrics: &cell.metrics,
            unavailable: &cell.unavailable,
            twin: cell.twin.as_ref(),
            change: &cell.changes,
            output_digest: cell.output_digest.as_deref(),
            reason: cell.reason.as_deref(),
            help: cell.help.as_deref(),
        }
    }
}

/// The results of one run's cells (those for which `shown` holds), as one JSON document that
/// ends with a newline.
///
/// # Errors
/// None that is known; what serde says if there is one.
pub fn document(
    run: &str,
    summary: &Summary,
    shown: impl Fn(&CellSummary) -> bool,
) -> Result<String, serde_json::Error> {
    let cells = summary.cells.iter().filter(|cell| shown(cell)).map(Entry::from).collect();
    let mut text = serde_json::to_string_pretty(&Document { run, cells })?;
    text.push('\n');
    Ok(text)
}
