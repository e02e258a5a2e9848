//! The report as another reader sees it.

use super::*;
use crate::analyse::sample::Sample;

fn read(sample: &Sample, strict: bool) -> Vec<junit_parser::TestCase> {
    let options = Options { strict, ..Options::default() };
    let xml = render(&sample.runs[0].manifest.run, &sample.summary(), &options).unwrap();
    roxmltree::Document::parse(&xml).unwrap();
    let suites = junit_parser::from_reader(xml.as_bytes()).unwrap();
    let properties = &suites.suites[0].properties.vec;
    assert_eq!(properties[0], ("run".to_owned(), "20261121-221530-3f9a".to_owned()));
    assert!(properties.iter().any(|(name, _)| name == "machine"), "{properties:?}");
    suites.suites.into_iter().flat_map(|suite| suite.cases).collect()
}

#[test]
fn each_cell_is_seen_for_what_it_is() {
    let mut sample = Sample::default_matrix();
    sample.end(
        0,
        "mysql/json/patched",
        Outcome::Unavailable,
        "no \u{1b}server",
        Some("memgrid setup"),
    );
    sample.end(0, "sqlite/xml/patched", Outcome::Failed, "exit status 1", None);
    sample.end(0, "sqlite/yaml/patched", Outcome::PatchFailed, "hunk 1", None);
    let cases = read(&sample, false);
    let find = |id: &str| cases.iter().find(|case| case.original_name == id).unwrap();
    assert_eq!(cases.len(), 18);
    let ok = find("sqlite/json/patched");
    assert!(ok.status.is_success() && (ok.time - 2.1).abs() < 1e-9);
    assert!(ok.system_out.as_ref().unwrap().contains("peak RSS: 51.6 MiB, ▼ −57%"));
    assert_eq!(find("sqlite/xml/patched").status.failure_as_ref().message, "failed: exit status 1");
    assert_eq!(find("sqlite/yaml/patched").status.error_as_ref().error_type, "patch-failed");
    assert!(find("mysql/json/patched").status.is_skipped());
    let strict = read(&sample, true);
    let strict = strict.iter().find(|case| case.original_name == "mysql/json/patched").unwrap();
    assert!(strict.status.error_as_ref().text.contains("no ␛server\ntry: memgrid setup"));
}
