//! A comparison as a test report: a test case for each cell, and one for the gate.
//!
//! A report must be red if and only if the gate didn't pass. A cell that regressed is a failure.
//! One that could not be compared is an error as long as the gate didn't pass, and skipped if it did, since
//! then the gate doesn't mind; and the gate is a test case of its own, so that a report in which no
//! cell is red can't look green if nothing was compared.

use std::time::Duration;

use quick_junit::{
    NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite, XmlString,
};

use super::{Options, wording};
use crate::analyse::comparison::{CellComparison, Comparison, Gate, Unpaired, Verdict};
use crate::error::{Error, Result};
use crate::measurement::Unit;
use crate::render::format;

/// What every class name begins with.
const ROOT: &str = "memgrid";

/// How a test case ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Success,
    Skipped,
    Error,
    Failure,
}

/// The document.
///
/// # Errors
/// None that is known; what quick-junit says if there is one.
pub(super) fn render(comparison: &Comparison, options: &Options) -> Result<String> {
    let mut report = Report::new("memgrid compare");
    report.add_test_suite(suite(comparison, options));
    report
        .to_string()
        .map_err(|error| Error::bug("a comparison can't be written as JUnit").because(error))
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
    let reason = wording::unpaired(cell);
    case(cell.id.as_str(), not_compared(gate), "only on one side", &reason)
}

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
    let mut case = TestCase::new("gate", status(kind, said, &wording::counts(comparison)));
    case.set_classname(ROOT);
    if kind == Kind::Success {
        case.set_system_out(text(&wording::counts(comparison)));
    } else {
        case.status.set_description(text(&comparison.reasons.join("\n")));
    }
    case
}

fn case(id: &str, kind: Kind, what: &str, why: &str) -> TestCase {
    let mut case = TestCase::new(text(id), status(kind, what, why));
    case.set_classname(class(id));
    case
}

fn status(kind: Kind, what: &str, why: &str) -> TestCaseStatus {
    let mut status = match kind {
        Kind::Success => return TestCaseStatus::success(),
        Kind::Skipped => TestCaseStatus::skipped(),
        Kind::Error => TestCaseStatus::non_success(NonSuccessKind::Error),
        Kind::Failure => TestCaseStatus::non_success(NonSuccessKind::Failure),
    };
    status.set_type(what).set_message(text(&format!("{what}: {why}")));
    status
}

/// `memgrid.sqlite.json` for `sqlite/json/patched`: readers show a tree of what points part.
fn class(id: &str) -> XmlString {
    let values = id.rsplit_once('/').map_or("", |(values, _)| values);
    let values = values.split('/').filter(|value| !value.is_empty());
    let parts = std::iter::once(ROOT.to_owned()).chain(values.map(|value| value.replace('.', "_")));
    text(&parts.collect::<Vec<_>>().join("."))
}

/// Text that XML can hold. quick-junit leaves out most of what it can't, silently; this shows it.
fn text(text: &str) -> XmlString {
    XmlString::new(format::visible(text).replace(['\u{fffe}', '\u{ffff}'], "␦"))
}

#[cfg(test)]
mod tests;
