//! A comparison as a test report: a test case for each cell, and one for the gate.
//!
//! A report must be red if and only if the gate didn't pass. A cell that regressed is a failure.
//! One that could not be compared is an error as long as the gate didn't pass, and skipped if it did, since
//! then the gate doesn't mind; and the gate is a test case of its own, so that a report in which no
//! cell is red can't look green if nothing was compared.

use std::time::Duration;

use quick_junit::{Property, TestCase, TestSuite};

use super::{Options, wording};
use crate::analyse::comparison::{CellComparison, Comparison, Gate, Unpaired, Verdict};
use crate::error::Result;
use crate::measurement::Unit;
use crate::outcome::Outcome;
use crate::render::format;
use crate::render::junit::{self, Kind, case, text};

/// The document.
///
/// # Errors
/// None that is known; what quick-junit says if there is one.
pub(super) fn render(comparison: &Comparison, options: &Options) -> Result<String> {
    junit::document("memgrid compare", suite(comparison, options))
}

fn suite(comparison: &Comparison, options: &Options) -> TestSuite {
    let metrics = wording::shown_metrics(comparison, options);
    let mut suite = TestSuite::new(text(&wording::title(comparison)));
    suite.timestamp = comparison.after.started.to_string().parse().ok();
    for (name, fact) in wording::facts(comparison) {
        suite.add_property(Property::new(text(&name), text(&fact)));
    }
    let gate = comparison.gate;
    suite.add_test_cases(comparison.cells.iter().map(|it| cell(it, gate, &metrics)));
    suite.add_test_cases(comparison.unpaired.iter().map(|it| unpaired(it, gate)));
    suite.add_test_case(gate_case(comparison));
    suite
}

fn cell(cell: &CellComparison, gate: Gate, metrics: &[&str]) -> TestCase {
    let kind = match cell.verdict {
        _ if cell.outcomes == NEVER_THERE => Kind::Skipped,
        _ if wording::failed(cell) => not_compared(gate),
        Verdict::Improved | Verdict::Unchanged => Kind::Success,
        Verdict::Inconclusive | Verdict::NotJudged => Kind::Skipped,
        Verdict::NotComparable => not_compared(gate),
        Verdict::Regressed => Kind::Failure,
    };
    let mut case = case(cell.id.as_str(), kind, &wording::judged(cell), &cell.reason);
    let shown = metrics.iter().filter_map(|name| Some((*name, cell.metrics.get(*name)?)));
    let figures =
        shown.map(|(name, it)| format!("{}: {}\n", format::metric(name), wording::figure(it)));
    let lines: String = figures.collect();
    if kind == Kind::Success {
        case.set_system_out(text(&lines));
    } else {
        case.status.set_description(text(&format!("{}\n{lines}", cell.reason)));
    }
    if let Some(time) = wall_time(cell) {
        case.set_time(time);
    }
    case
}

/// What one attempt took on the judged side.
fn wall_time(cell: &CellComparison) -> Option<Duration> {
    let time = cell.metrics.get("wall_time").filter(|time| time.unit == Unit::Seconds)?;
    Duration::try_from_secs_f64(time.after.as_ref()?.median).ok()
}

fn unpaired(cell: &Unpaired, gate: Gate) -> TestCase {
    // A new cell has nothing to be worse than.
    let is_new = cell.after && cell.outcome == Some(Outcome::Ok);
    let kind = if is_new { Kind::Skipped } else { not_compared(gate) };
    case(cell.id.as_str(), kind, "only on one side", &wording::unpaired(cell))
}

/// On both sides something was missing that the cell needs.
const NEVER_THERE: (Option<Outcome>, Option<Outcome>) =
    (Some(Outcome::Unavailable), Some(Outcome::Unavailable));

fn not_compared(gate: Gate) -> Kind {
    match gate {
        Gate::Passed => Kind::Skipped,
        Gate::Regressed | Gate::Incomplete => Kind::Error,
    }
}

fn gate_case(comparison: &Comparison) -> TestCase {
    let kind = match comparison.gate {
        Gate::Passed => Kind::Success,
        Gate::Regressed => Kind::Failure,
        Gate::Incomplete => Kind::Error,
    };
    let said = wording::gate(comparison.gate);
    let mut case = case("gate", kind, said, &wording::counts(comparison));
    if kind == Kind::Success {
        case.set_system_out(text(&wording::counts(comparison)));
    } else {
        let said: Vec<_> = comparison.reasons.iter().chain(&comparison.notes).cloned().collect();
        case.status.set_description(text(&said.join("\n")));
    }
    case
}

#[cfg(test)]
mod tests;
