//! Each metric's figures over all cells, as scripts that the table of all cells loads when a reader
//! asks for that metric: the page that opens first need not hold them.
//!
//! ```text
//! reports/assets/figures/<metric>.js    memgrid.addFigures("<metric>", […])
//! ```

use indexmap::IndexSet;
use serde::Serialize;

use super::names;
use super::overview::{HEADLINE, Overview};
use super::view::ChangeView;
use crate::analyse::summary::{CellSummary, Summary};
use crate::error::{Error, Result};
use crate::render::format;

/// A metric that the table can show.
#[derive(Serialize)]
struct MetricView<'a> {
    name: &'a str,
    label: String,
    /// Its file in assets/figures, without the ending; none for what the page holds.
    file: Option<String>,
}

/// One cell's figure, in the table's order of cells; as `templates/scripts/figures.js` reads it.
#[derive(Serialize)]
struct FigureRow {
    text: String,
    value: f64,
    change: Option<ChangeRow>,
}

#[derive(Serialize)]
struct ChangeRow {
    #[serde(flatten)]
    view: ChangeView,
    ratio: Option<f64>,
}

/// The metrics that any cell has beside the one that the page holds.
pub(super) fn metrics(summary: &Summary) -> IndexSet<&str> {
    let names = summary.cells.iter().flat_map(|cell| cell.metrics.keys());
    names.map(String::as_str).filter(|name| *name != HEADLINE).collect()
}

/// The metrics to choose from, as JSON.
pub(super) fn choices(summary: &Summary) -> String {
    let own = MetricView { name: HEADLINE, label: format::metric(HEADLINE), file: None };
    let others = metrics(summary).into_iter().map(|name| MetricView {
        name,
        label: format::metric(name),
        file: Some(names::metric_stem(name)),
    });
    let all: Vec<_> = std::iter::once(own).chain(others).collect();
    // Texts and their lists can always be written as JSON.
    serde_json::to_string(&all).unwrap_or_default()
}

/// The path of a metric's figures, relative to the reports folder.
pub(super) fn path(metric: &str) -> String {
    format!("assets/figures/{}.js", names::metric_stem(metric))
}

/// The script with a metric's figures.
///
/// # Errors
/// None that a summary can cause.
pub(super) fn script(all: &Overview<'_>, metric: &str) -> Result<String> {
    let rows: Vec<_> = all.summary.cells.iter().map(|cell| row(cell, metric)).collect();
    let json = |value: serde_json::Result<String>| {
        value.map_err(|error| Error::bug("a metric's figures can't be serialised").because(error))
    };
    let (name, rows) = (json(serde_json::to_string(metric))?, json(serde_json::to_string(&rows))?);
    Ok(format!("memgrid.addFigures({name}, {rows});\n"))
}

fn row(cell: &CellSummary, metric: &str) -> Option<FigureRow> {
    let figure = cell.metrics.get(metric)?;
    let compared = cell.comparison.as_ref().and_then(|cells| cells.metrics.get(metric));
    let change = ChangeView::new(cell, metric);
    Some(FigureRow {
        text: format::value(&figure.unit, figure.median),
        value: figure.median,
        change: change.map(|view| ChangeRow { view, ratio: compared.and_then(|it| it.ratio) }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analyse::sample::Sample;

    #[test]
    fn every_other_metric_has_a_row_for_each_cell() {
        let summary = Sample::default_matrix().summary();
        let metrics = metrics(&summary);
        assert!(metrics.contains("wall_time") && !metrics.contains(HEADLINE));
        let script = script(&Overview::new(&summary), "wall_time").unwrap();
        let rows = script.strip_prefix("memgrid.addFigures(\"wall_time\", ").unwrap();
        let rows: serde_json::Value =
            serde_json::from_str(rows.strip_suffix(");\n").unwrap()).unwrap();
        assert_eq!(rows.as_array().unwrap().len(), 18);
        assert_eq!(rows[0]["text"], "2.1 s");
        assert_eq!(rows[0]["change"], serde_json::Value::Null, "the baseline has no change");
        assert_eq!(rows[1]["change"]["verdict"], "unchanged");
        let server = super::script(&Overview::new(&summary), "peak_server").unwrap();
        assert!(server.contains("[null,null,"), "SQLite has no server");
    }
}
