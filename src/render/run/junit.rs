//! A run's result as a test report: a test case for each cell. It is red if and only if the run is
//! incomplete.

use std::time::Duration;

use quick_junit::{Property, TestCase, TestSuite};

use super::{Options, wording};
use crate::analyse::summary::{CellSummary, Summary};
use crate::error::Result;
use crate::outcome::Outcome;
use crate::render::junit::{self, Kind, case, text};
use crate::render::{facts, format};

/// The document.
///
/// # Errors
/// None that is known; what quick-junit says if there is one.
pub(super) fn render(run: &str, summary: &Summary, options: &Options) -> Result<String> {
    // Readers tell a case from the same one of another day by these names.
    let mut suite = TestSuite::new("memgrid run");
    suite.add_property(Property::new("run", text(run)));
    if let Some(manifest) = summary.run(run) {
        suite.timestamp = manifest.started.to_string().parse().ok();
        let facts = facts::of_run(manifest).into_iter();
        suite.add_properties(facts.map(|it| Property::new(text(&it.name), text(&it.value))));
    }
    suite.add_test_cases(summary.cells.iter().map(|it| cell(it, options.strict)));
    junit::document("memgrid run", suite)
}

fn cell(cell: &CellSummary, strict: bool) -> TestCase {
    let kind = match cell.outcome {
        Some(Outcome::Ok) => Kind::Success,
        _ if !wording::is_incomplete(cell, strict) => Kind::Skipped,
        Some(Outcome::Failed | Outcome::TimedOut | Outcome::OverLimit | Outcome::WrongOutput) => {
            Kind::Failure
        }
        _ => Kind::Error,
    };
    let reason = cell.reason.as_deref().unwrap_or("it never ran");
    let mut case = case(cell.cell.id.as_str(), kind, wording::outcome(cell), reason);
    let help = cell.help.as_ref().map(|help| format!("\ntry: {help}")).unwrap_or_default();
    if kind == Kind::Success {
        case.set_system_out(text(&figures(cell)));
    } else {
        case.status.set_description(text(&format!("{reason}{help}")));
    }
    let time = cell.metrics.get("wall_time").map(|time| time.median);
    case.time = time.and_then(|time| Duration::try_from_secs_f64(time).ok());
    case
}

fn figures(cell: &CellSummary) -> String {
    let lines = cell.metrics.iter().map(|(name, figure)| {
        let change = cell.changes.get(name).map(|it| format!(", {}", wording::change(it)));
        let value = format::value(&figure.unit, figure.median);
        format!("{}: {value}{}\n", format::metric(name), change.unwrap_or_default())
    });
    lines.collect()
}

#[cfg(test)]
mod tests;
