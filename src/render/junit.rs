//! Test reports, in the form that JUnit made common and CI systems read.

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite, XmlString};

use super::format;
use crate::error::{Error, Result};

/// What every class name begins with.
const ROOT: &str = "memgrid";

/// How a test case ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Success,
    Skipped,
    Error,
    Failure,
}

/// A report of one suite.
///
/// # Errors
/// None that is known; what quick-junit says if there is one.
pub(super) fn document(name: &str, suite: TestSuite) -> Result<String> {
    let mut report = Report::new(name);
    report.add_test_suite(suite);
    report
        .to_string()
        .map_err(|error| Error::bug("a test report can't be written as JUnit").because(error))
}

/// The case of a cell: `what` became of it in a word or two, and `why`, unless it is a success.
pub(super) fn case(id: &str, kind: Kind, what: &str, why: &str) -> TestCase {
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
pub(super) fn text(text: &str) -> XmlString {
    XmlString::new(format::visible(text).replace(['\u{fffe}', '\u{ffff}'], "␦"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_a_tree() {
        assert_eq!(class("sqlite/json/patched").as_str(), "memgrid.sqlite.json");
        assert_eq!(class("5.2/patched").as_str(), "memgrid.5_2");
        assert_eq!(class("patched").as_str(), "memgrid");
    }
}
