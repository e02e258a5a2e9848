//! Reports as three readers see them: quick-junit's own, another one's, and an XML parser.

use proptest::prelude::*;
use quick_junit::Report;

use super::*;
use crate::analyse::comparison::sample;
use crate::outcome::Outcome;

fn report(comparison: &Comparison) -> String {
    render(comparison, &Options::default()).unwrap()
}

fn read(comparison: &Comparison) -> Vec<junit_parser::TestCase> {
    let suites = junit_parser::from_reader(report(comparison).as_bytes()).unwrap();
    suites.suites.into_iter().flat_map(|suite| suite.cases).collect()
}

fn find<'a>(cases: &'a [junit_parser::TestCase], id: &str) -> &'a junit_parser::TestCase {
    cases.iter().find(|case| case.original_name == id).unwrap()
}

#[test]
fn a_night_reads_well() {
    insta::assert_snapshot!(report(&sample::night()));
}

#[test]
fn another_reader_sees_each_cell_for_what_it_is() {
    let cases = read(&sample::night());
    assert_eq!(cases.len(), 12 + 2 + 1);
    let regressed = find(&cases, "sqlite/yaml/patched");
    let failure = regressed.status.failure_as_ref();
    assert!(failure.message.starts_with("regressed: peak RSS rose"), "{failure:?}");
    assert!(failure.text.contains("52.4 → 392 MiB, +648% (+647…+650%)"), "{failure:?}");
    assert_eq!(regressed.classname.as_deref(), Some("memgrid.sqlite.yaml"));
    assert!((regressed.time - 2.1).abs() < 1e-9);
    assert!(find(&cases, "mysql/json/patched").status.is_skipped());
    assert!(find(&cases, "mysql/yaml/unpatched").status.is_error());
    assert_eq!(find(&cases, "mysql/yaml/patched").status.error_as_ref().error_type, "failed");
    assert!(find(&cases, "sqlite/csv/patched").status.is_skipped(), "it is new");
    assert!(find(&cases, "sqlite/xml/patched").status.is_error(), "it is gone");
    assert!(find(&cases, "mysql/json/unpatched").status.is_success());
    assert!(find(&cases, "gate").status.is_failure());
}

#[test]
fn a_quiet_night_is_green() {
    assert!(read(&sample::quiet_night()).iter().all(|case| case.status.is_success()));
}

#[test]
fn what_the_gate_does_not_mind_is_skipped_and_not_green() {
    let mut night = sample::night();
    (night.gate, night.reasons) = (Gate::Passed, Vec::new());
    night.cells.retain(|cell| cell.verdict != Verdict::Regressed);
    let cases = read(&night);
    for id in ["mysql/yaml/patched", "mysql/yaml/unpatched", "sqlite/xml/patched"] {
        assert!(find(&cases, id).status.is_skipped(), "{id}");
    }
}

#[test]
fn nothing_compared_is_red() {
    let mut night = sample::quiet_night();
    night.cells.clear();
    (night.gate, night.reasons) = (Gate::Incomplete, vec!["nothing was compared".to_owned()]);
    let cases = read(&night);
    assert_eq!(cases.len(), 1);
    assert_eq!(cases[0].status.error_as_ref().text.trim(), "nothing was compared");
}

/// What a reader may find of a text: line ends and spaces at the ends are the XML's.
fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn every_report_can_be_read(comparison in sample::any()) {
        let xml = report(&comparison);
        let document = roxmltree::Document::parse(&xml);
        prop_assert!(document.is_ok(), "{:?}\n{}", document, xml);
        let again = Report::deserialize_from_str(&xml);
        prop_assert!(again.is_ok(), "{:?}\n{}", again, xml);
        let again = again.unwrap();
        let cases = &again.test_suites[0].test_cases;
        let ids = comparison.cells.iter().map(|cell| cell.id.as_str());
        let ids = ids.chain(comparison.unpaired.iter().map(|cell| cell.id.as_str())).chain(["gate"]);
        let ids: Vec<_> = ids.map(|id| squeezed(&text(id))).collect();
        let read: Vec<_> = cases.iter().map(|case| squeezed(&case.name)).collect();
        prop_assert_eq!(read, ids);
        let red = again.failures + again.errors > 0;
        let regressed = comparison.cells.iter().any(|cell| {
            cell.verdict == Verdict::Regressed && cell.outcomes == (Some(Outcome::Ok), Some(Outcome::Ok))
        });
        prop_assert_eq!(red, comparison.gate != Gate::Passed || regressed);
        prop_assert!(junit_parser::from_reader(xml.as_bytes()).is_ok(), "{}", xml);
    }
}
