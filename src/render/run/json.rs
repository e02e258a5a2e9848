//! What `memgrid run --format json` prints.

use indexmap::IndexMap;
use serde::Serialize;

use crate::analyse::ranking::Ranking;
use crate::analyse::summary::{CellSummary, Change, PassResult, Statistic, Summary};
use crate::measurement::{AllocationLines, Metric, is_objects};
use crate::outcome::Outcome;
use crate::plan::{CellId, Pass};
use crate::render::document;

/// The document: a run, and the cells that it measured.
#[derive(Debug, Serialize)]
struct Document<'a> {
    run: &'a str,
    cells: Vec<Entry<'a>>,
    #[serde(skip_serializing_if = "<[Ranking]>::is_empty")]
    rankings: &'a [Ranking],
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
    #[serde(skip_serializing_if = "Vec::is_empty")]
    passes: Vec<PassEntry<'a>>,
}

/// What a pass over a cell found.
#[derive(Debug, Serialize)]
struct PassEntry<'a> {
    pass: Pass,
    run: &'a str,
    outcome: Outcome,
    reason: Option<&'a str>,
    /// Those of classes' instances.
    metrics: IndexMap<&'a str, &'a Metric>,
    lines: Option<&'a AllocationLines>,
}

impl<'a> From<&'a PassResult> for PassEntry<'a> {
    fn from(found: &'a PassResult) -> Self {
        let attempt = &found.attempt;
        let result = attempt.result.as_ref();
        let metrics = result.iter().flat_map(|result| &result.metrics);
        Self {
            pass: found.pass,
            run: &found.run,
            outcome: attempt.outcome,
            reason: attempt.reason.as_deref(),
            metrics: metrics
                .filter(|(name, _)| is_objects(name))
                .map(|(name, metric)| (name.as_str(), metric))
                .collect(),
            lines: result.and_then(|result| result.lines.as_ref()),
        }
    }
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
            passes: cell.passes.iter().map(PassEntry::from).collect(),
        }
    }
}

/// The results of one run's cells, as one JSON document that ends with a newline.
///
/// # Errors
/// None that is known; what serde says if there is one.
pub(super) fn document(
    run: &str,
    summary: &Summary,
    rankings: &[Ranking],
) -> Result<String, serde_json::Error> {
    let cells = summary.cells.iter().map(Entry::from).collect();
    document::json(&Document { run, cells, rankings })
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::analyse::sample::Sample;

    #[test]
    fn it_says_what_the_table_says() {
        let mut sample = Sample::default_matrix();
        let (reason, help) = ("no server", Some("memgrid setup"));
        sample.end(0, "mysql/json/patched", Outcome::Unavailable, reason, help);
        let text = document("the-run", &sample.summary(), &[]).unwrap();
        let json: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(json["run"], "the-run");
        let cells = json["cells"].as_array().unwrap();
        let cell = |id: &str| cells.iter().find(|cell| cell["id"] == id).unwrap();
        assert_eq!(cells.len(), 18);
        let patched = cell("sqlite/json/patched");
        assert_eq!(patched["outcome"], "ok");
        assert_eq!(patched["axes"]["format"], "json");
        let peak = &patched["metrics"]["peak_rss"];
        assert_eq!((&peak["unit"], &peak["count"]), (&"B".into(), &1.into()));
        assert!((peak["median"].as_f64().unwrap() / 1024.0 / 1024.0 - 51.6).abs() < 1e-9);
        assert_eq!(patched["metrics"]["wall_time"]["unit"], "s");
        assert!(patched["change"]["peak_rss"]["ratio"].as_f64().unwrap() < 0.5);
        assert_eq!(patched["output_digest"], cell("sqlite/json/unpatched")["output_digest"]);
        let absent = cell("mysql/json/patched");
        assert_eq!(
            (&absent["outcome"], &absent["reason"]),
            (&"unavailable".into(), &reason.into())
        );
        assert_eq!(
            (&absent["help"], &absent["output_digest"]),
            (&"memgrid setup".into(), &Value::Null)
        );
    }
}
